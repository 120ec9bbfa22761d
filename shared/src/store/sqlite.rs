//! The embedded store: one SQLite file (or memory), shared with the embedded queue.
//!
//! Records are rows of `document`; every declared member of a record is also a row of `entry`, keyed
//! (tenant, slot, value, id), where a slot is a declared (kind, member). So the schema is the same however many
//! kinds are declared (a cold start does not grow with them), a write touches its own kind's entries only, and every
//! query walks one range of one index. See `fields` for how values are ordered and `scan` for how a query runs.
//!
//! Durability: a commit is answered after it is in the write-ahead log, so killing the process loses nothing. A power
//! cut may lose the last commits under [`Durability::Process`] (the file stays consistent), none under
//! [`Durability::Power`], which waits for the disk at every group of commits.

mod batch;
mod condition;
mod cursor;
mod database;
mod fields;
mod scan;
#[cfg(test)]
mod tests;
mod writer;

use super::{
    Batch, Body, Indexes, JsonItems, JsonPage, Key, Page, Query, Record, Store, StoreError, now_millis,
};
use crate::BoxFuture;
pub(crate) use database::DatabaseError;
pub use database::{Database, Durability, Location};
use rusqlite::{Connection, OptionalExtension, Row, params};
use scan::Scan;
use std::sync::Arc;
pub(crate) use writer::Session;

/// [`Store`] over a [`Database`].
pub struct Sqlite {
    database: Arc<Database>,
}

impl Sqlite {
    /// Opens or makes the database. Kinds that `indexes` leaves out can be read and listed by id only.
    pub fn open(location: Location, indexes: &[Indexes]) -> Result<Self, StoreError> {
        Ok(Self::over(Database::open(location, indexes, Durability::Process)?))
    }

    /// Over a database that a queue may share.
    pub fn over(database: Arc<Database>) -> Self {
        Self { database }
    }

    async fn scan<T: Send + 'static>(
        &self,
        query: Query,
        run: impl FnOnce(Scan, &Connection) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, StoreError> {
        query.trace();
        let scan = Scan::new(query, self.database.declared()?)?;
        if scan.is_short() {
            Ok(self.database.read_now(move |connection| run(scan, connection)).await?)
        } else {
            Ok(self.database.read_long(move |connection| run(scan, connection)).await?)
        }
    }
}

impl Store for Sqlite {
    fn describe(&self) -> String {
        self.database.describe()
    }

    fn get<'a>(&'a self, key: &'a Key) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move {
            let key = key.clone();
            self.database.read_now(|connection| get(connection, key)).await
        })
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            batch.check_size()?;
            if batch.writes.is_empty() {
                return Ok(());
            }
            self.database.transact(move |session| batch::apply(session, &batch)).await
        })
    }

    fn query(&self, query: Query) -> BoxFuture<'_, Result<Page, StoreError>> {
        Box::pin(self.scan(query, |scan, connection| {
            let mut records = Vec::with_capacity(scan.limit().min(128));
            let next = scan.run(connection, &mut |row, first| {
                records.push(record(row, first)?);
                Ok(())
            })?;
            Ok(Page { records, next })
        }))
    }

    fn json_page(&self, query: Query) -> BoxFuture<'_, Result<JsonPage, StoreError>> {
        Box::pin(self.scan(query, |scan, connection| {
            let mut items = JsonItems::new(scan.limit());
            let next = scan.run(connection, &mut |row, first| {
                items.push(body(row, first + 3)?);
                Ok(())
            })?;
            Ok(items.finish(next))
        }))
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.database
                .read_now(|connection| {
                    connection.prepare_cached("SELECT 1")?.query_row([], |_| Ok(()))?;
                    Ok::<_, DatabaseError>(())
                })
                .await
                .map_err(StoreError::from)
        })
    }
}

fn get(connection: &Connection, key: Key) -> Result<Option<Record>, StoreError> {
    const SQL: &str = "SELECT etag, CAST(body AS BLOB) FROM document
        WHERE tenant = ?1 AND root = ?2 AND kind = ?3 AND id = ?4 AND (expires_at IS NULL OR expires_at > ?5)";
    let mut statement = connection.prepare_cached(SQL).map_err(DatabaseError::from)?;
    let Key { tenant, root, kind, id } = key;
    let found = statement
        .query_row(params![tenant.as_str(), root, kind, id, now_millis()], |row| {
            Ok((row.get(0)?, Body::stored(body(row, 1)?)))
        })
        .optional()
        .map_err(DatabaseError::from)?;
    Ok(found.map(|(etag, body)| Record { root, id, etag, body }))
}

/// Reads (root, id, etag, body) from the columns that start at `first`.
fn record(row: &Row<'_>, first: usize) -> Result<Record, DatabaseError> {
    Ok(Record {
        root: row.get(first)?,
        id: row.get(first + 1)?,
        etag: row.get(first + 2)?,
        body: Body::stored(body(row, first + 3)?),
    })
}

/// A body, selected as a BLOB: a TEXT SQLite would copy, to end it with a zero.
fn body<'row>(row: &'row Row<'_>, column: usize) -> rusqlite::Result<&'row str> {
    let bytes = row.get_ref(column)?.as_blob()?;
    str::from_utf8(bytes).map_err(|error| rusqlite::Error::Utf8Error(column, error))
}
