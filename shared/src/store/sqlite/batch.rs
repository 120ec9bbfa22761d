//! Applying a batch: preconditions, the rows, their index entries.

use super::fields::{self, Slots};
use super::{DatabaseError, Session, now_millis};
use crate::store::{Batch, Change, Precondition, StoreError, Write};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashSet;
use std::sync::LazyLock;

/// The stored row that a write meets.
struct Present {
    n: i64,
    etag: String,
    expired: bool,
    packed: Vec<u8>,
}

/// All of the batch or nothing of it.
pub(super) fn apply(session: &mut Session, batch: &Batch) -> Result<(), StoreError> {
    let now = now_millis();
    let mut seen = HashSet::with_capacity(batch.writes.len());
    if !batch.writes.iter().all(|write| seen.insert((write.kind, &write.id))) {
        // A later write meets what an earlier one left.
        return session.isolated(|session| {
            batch.writes.iter().try_for_each(|write| {
                let present = check(&session.connection, batch, write, now)?;
                Ok(change(session, batch, write, present, now)?)
            })
        });
    }
    session.looking_first(|session| {
        let check = |write| check(&session.connection, batch, write, now);
        let present = batch.writes.iter().map(check).collect::<Result<Vec<_>, _>>()?;
        let mut writes = batch.writes.iter().zip(present);
        Ok(writes.try_for_each(|(write, present)| change(session, batch, write, present, now))?)
    })
}

/// The row that the write meets, when its precondition holds.
fn check(
    connection: &Connection,
    batch: &Batch,
    write: &Write,
    now: i64,
) -> Result<Option<Present>, StoreError> {
    let present = find(connection, batch, write, now)?;
    let etag = present.as_ref().filter(|row| !row.expired).map(|row| &row.etag);
    let holds = match &write.precondition {
        Precondition::Absent => etag.is_none(),
        Precondition::Match(expected) => etag == Some(expected),
        Precondition::None => true,
    };
    if holds { Ok(present) } else { Err(StoreError::Precondition { kind: write.kind, id: write.id.clone() }) }
}

fn find(
    connection: &Connection,
    batch: &Batch,
    write: &Write,
    now: i64,
) -> Result<Option<Present>, DatabaseError> {
    const SQL: &str = "SELECT n, etag, coalesce(expires_at <= ?5, 0), fields FROM document
        WHERE tenant = ?1 AND root = ?2 AND kind = ?3 AND id = ?4";
    let mut statement = connection.prepare_cached(SQL)?;
    let key = params![batch.tenant.as_str(), batch.root, write.kind, write.id, now];
    let present = statement
        .query_row(key, |row| {
            Ok(Present { n: row.get(0)?, etag: row.get(1)?, expired: row.get(2)?, packed: row.get(3)? })
        })
        .optional()?;
    Ok(present)
}

fn change(
    session: &Session,
    batch: &Batch,
    write: &Write,
    present: Option<Present>,
    now: i64,
) -> Result<(), DatabaseError> {
    let connection = &session.connection;
    let slots = session.slots.get(write.kind).map_or(&[][..], Vec::as_slice);
    let old = present.as_ref().map_or_else(Vec::new, |row| fields::entries(&row.packed, slots));
    let tenant = batch.tenant.as_str();
    match (&write.change, present) {
        (Change::Delete, None) => Ok(()),
        (Change::Delete, Some(row)) => {
            connection.prepare_cached("DELETE FROM document WHERE n = ?1")?.execute([row.n])?;
            change_entries(connection, tenant, &write.id, row.n, &old, &[])
        }
        (Change::Put { etag, body, ttl }, present) => {
            let packed = fields::extract(body.get(), slots)?;
            let expires_at = ttl.map(|seconds| now + i64::from(seconds) * 1000);
            let n = if let Some(row) = present {
                connection
                    .prepare_cached(
                        "UPDATE document SET etag = ?2, expires_at = ?3, fields = ?4, body = ?5 WHERE n = ?1",
                    )?
                    .execute(params![row.n, etag, expires_at, packed, body.get()])?;
                row.n
            } else {
                const SQL: &str =
                    "INSERT INTO document (tenant, root, kind, id, etag, expires_at, fields, body)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
                let values =
                    params![tenant, batch.root, write.kind, write.id, etag, expires_at, packed, body.get()];
                connection.prepare_cached(SQL)?.insert(values)?
            };
            change_entries(connection, tenant, &write.id, n, &old, &fields::entries(&packed, slots))
        }
    }
}

/// Entries added by one statement, at most: running a statement costs more than an entry does.
const AT_ONCE: usize = 16;

/// The statements that add 1, 2, … entries of one record.
static ADD: LazyLock<Vec<String>> = LazyLock::new(|| {
    let row = |entry: usize| format!("(?1, ?{}, ?{}, ?2, ?3)", 4 + 2 * entry, 5 + 2 * entry);
    (1..=AT_ONCE)
        .map(|count| {
            let rows: Vec<_> = (0..count).map(row).collect();
            // Entries are distinct; without a conflict to report SQLite keeps no journal of the statement.
            format!(
                "INSERT OR IGNORE INTO entry (tenant, slot, value, id, document) VALUES {}",
                rows.join(", ")
            )
        })
        .collect()
});

/// Brings the entries of a record from `old` to `new`, touching only those that differ.
pub(super) fn change_entries(
    connection: &Connection,
    tenant: &str,
    id: &str,
    n: i64,
    old: &[(u16, Vec<u8>)],
    new: &[(u16, Vec<u8>)],
) -> Result<(), DatabaseError> {
    for (slot, value) in old.iter().filter(|entry| !new.contains(entry)) {
        const SQL: &str =
            "DELETE FROM entry WHERE tenant = ?1 AND slot = ?2 AND value = ?3 AND id = ?4 AND document = ?5";
        connection.prepare_cached(SQL)?.execute(params![tenant, slot, value, id, n])?;
    }
    let added: Vec<_> = new.iter().filter(|entry| !old.contains(entry)).collect();
    for entries in added.chunks(AT_ONCE) {
        let mut statement = connection.prepare_cached(&ADD[entries.len() - 1])?;
        statement.raw_bind_parameter(1, tenant)?;
        statement.raw_bind_parameter(2, id)?;
        statement.raw_bind_parameter(3, n)?;
        for ((slot, value), at) in entries.iter().zip((4..).step_by(2)) {
            statement.raw_bind_parameter(at, slot)?;
            statement.raw_bind_parameter(at + 1, value)?;
        }
        statement.raw_execute()?;
    }
    Ok(())
}

/// Makes the entries of every record of the kinds, whose slots were `before` and are now `slots`.
pub(super) fn index_again(
    connection: &Connection,
    kinds: &[&str],
    before: &Slots,
    slots: &Slots,
) -> Result<(), DatabaseError> {
    let none = Vec::new();
    let mut next = connection
        .prepare("SELECT n, tenant, kind, id, fields, body FROM document WHERE n > ?1 ORDER BY n")?;
    let mut rows = next.query([0])?;
    while let Some(row) = rows.next()? {
        let kind: String = row.get(2)?;
        if !kinds.contains(&kind.as_str()) {
            continue;
        }
        let (n, tenant, id): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
        let (packed, body): (Vec<u8>, String) = (row.get(4)?, row.get(5)?);
        let old = fields::entries(&packed, before.get(&kind).unwrap_or(&none));
        let slots = slots.get(&kind).unwrap_or(&none);
        let packed = fields::extract(&body, slots)?;
        change_entries(connection, &tenant, &id, n, &old, &fields::entries(&packed, slots))?;
        connection
            .prepare_cached("UPDATE document SET fields = ?2 WHERE n = ?1")?
            .execute(params![n, packed])?;
    }
    Ok(())
}
