//! The embedded queue, in the store's database.
//!
//! Messages come in the order in which they became visible (which for undelayed ones is the order of sending), so one
//! that keeps failing does not hold up the rest. They live seven days.

use super::{Delivery, MAX_MESSAGE_BYTES, Queue, QueueError};
use crate::BoxFuture;
use crate::store::now_millis;
use crate::store::sqlite::{Database, DatabaseError, Session};
use rusqlite::{Connection, params};
use std::sync::Arc;

const LIFETIME_MILLIS: i64 = 7 * 24 * 3600 * 1000;

/// [`Queue`] over a [`Database`].
pub struct SqliteQueue {
    database: Arc<Database>,
}

impl SqliteQueue {
    pub fn over(database: Arc<Database>) -> Self {
        Self { database }
    }
}

impl Queue for SqliteQueue {
    fn describe(&self) -> String {
        self.database.describe()
    }

    fn send<'a>(
        &'a self,
        queue: &'a str,
        text: &'a str,
        delay_seconds: u32,
    ) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move {
            if text.len() > MAX_MESSAGE_BYTES {
                return Err(QueueError::TooLarge(text.len()));
            }
            let (queue, text) = (queue.to_owned(), text.to_owned());
            self.database.write(move |session| send(session, &queue, &text, delay_seconds)).await
        })
    }

    fn receive<'a>(
        &'a self,
        queue: &'a str,
        max: u32,
        visibility_seconds: u32,
    ) -> BoxFuture<'a, Result<Vec<Delivery>, QueueError>> {
        Box::pin(async move {
            // Polling an empty queue must not cost a transaction.
            let name = queue.to_owned();
            let waiting = self.database.read_now(move |connection| visible(connection, &name, 1)).await?;
            if waiting.is_empty() {
                return Ok(Vec::new());
            }
            let name = queue.to_owned();
            self.database.write(move |session| receive(session, &name, max, visibility_seconds)).await
        })
    }

    fn delete<'a>(&'a self, queue: &'a str, delivery: &'a Delivery) -> BoxFuture<'a, Result<(), QueueError>> {
        Box::pin(async move {
            let (n, turn) = ours(delivery)?;
            let queue = queue.to_owned();
            self.database
                .write(move |session| {
                    const SQL: &str = "DELETE FROM message
                        WHERE n = ?1 AND queue = ?2 AND turn = ?3 AND visible_at > ?4 AND expires_at > ?4";
                    let deleted = session
                        .connection
                        .prepare_cached(SQL)
                        .and_then(|mut statement| statement.execute(params![n, queue, turn, now_millis()]))
                        .map_err(DatabaseError::from)?;
                    if deleted == 1 { Ok(()) } else { Err(QueueError::StaleReceipt) }
                })
                .await
        })
    }

    fn update<'a>(
        &'a self,
        queue: &'a str,
        delivery: &'a Delivery,
        visibility_seconds: u32,
    ) -> BoxFuture<'a, Result<Delivery, QueueError>> {
        Box::pin(async move {
            let (n, turn) = ours(delivery)?;
            let queue = queue.to_owned();
            self.database
                .write(move |session| {
                    const SQL: &str = "UPDATE message SET turn = turn + 1, visible_at = ?5
                        WHERE n = ?1 AND queue = ?2 AND turn = ?3 AND visible_at > ?4 AND expires_at > ?4";
                    let now = now_millis();
                    let until = now + i64::from(visibility_seconds) * 1000;
                    let updated = session
                        .connection
                        .prepare_cached(SQL)
                        .and_then(|mut statement| statement.execute(params![n, queue, turn, now, until]))
                        .map_err(DatabaseError::from)?;
                    if updated == 1 { Ok(()) } else { Err(QueueError::StaleReceipt) }
                })
                .await?;
            Ok(Delivery { receipt: (turn + 1).to_string(), ..delivery.clone() })
        })
    }

    fn len<'a>(&'a self, queue: &'a str) -> BoxFuture<'a, Result<u64, QueueError>> {
        Box::pin(async move {
            let queue = queue.to_owned();
            self.database.read_long(move |connection| Ok(count(connection, &queue)?)).await
        })
    }

    fn peek<'a>(&'a self, queue: &'a str, max: u32) -> BoxFuture<'a, Result<Vec<Delivery>, QueueError>> {
        Box::pin(async move {
            let queue = queue.to_owned();
            self.database.read_now(move |connection| visible(connection, &queue, max)).await
        })
    }
}

/// (row, turn) of a delivery. What we did not hand out is not ours.
fn ours(delivery: &Delivery) -> Result<(i64, i64), QueueError> {
    let n = delivery.id.parse().map_err(|_| QueueError::StaleReceipt)?;
    let turn = delivery.receipt.parse().map_err(|_| QueueError::StaleReceipt)?;
    Ok((n, turn))
}

fn send(session: &Session, queue: &str, text: &str, delay_seconds: u32) -> Result<(), QueueError> {
    let now = now_millis();
    session
        .connection
        .prepare_cached("INSERT INTO message (queue, text, visible_at, expires_at) VALUES (?1, ?2, ?3, ?4)")
        .and_then(|mut statement| {
            let visible_at = now + i64::from(delay_seconds) * 1000;
            statement.execute(params![queue, text, visible_at, now + LIFETIME_MILLIS])
        })
        .map_err(DatabaseError::from)?;
    Ok(())
}

fn receive(
    session: &Session,
    queue: &str,
    max: u32,
    visibility_seconds: u32,
) -> Result<Vec<Delivery>, QueueError> {
    let mut deliveries = visible(&session.connection, queue, max)?;
    let until = now_millis() + i64::from(visibility_seconds) * 1000;
    let take = |delivery: &mut Delivery| -> Result<(), DatabaseError> {
        const SQL: &str =
            "UPDATE message SET turn = turn + 1, dequeue_count = dequeue_count + 1, visible_at = ?2
            WHERE n = ?1 RETURNING turn, dequeue_count";
        let mut statement = session.connection.prepare_cached(SQL)?;
        let (turn, count) = statement.query_row(params![delivery.id, until], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?))
        })?;
        delivery.receipt = turn.to_string();
        delivery.dequeue_count = count;
        Ok(())
    };
    deliveries.iter_mut().try_for_each(take)?;
    Ok(deliveries)
}

const VISIBLE: &str = "SELECT n, text, dequeue_count FROM message
    WHERE queue = ?1 AND visible_at <= ?2 AND expires_at > ?2 ORDER BY visible_at, expires_at, n LIMIT ?3";

/// The first visible messages, without a receipt.
fn visible(connection: &Connection, queue: &str, max: u32) -> Result<Vec<Delivery>, QueueError> {
    let mut statement = connection.prepare_cached(VISIBLE).map_err(DatabaseError::from)?;
    let rows = statement
        .query_map(params![queue, now_millis(), max.clamp(1, 32)], |row| {
            Ok(Delivery {
                id: row.get::<_, i64>(0)?.to_string(),
                receipt: String::new(),
                text: row.get(1)?,
                dequeue_count: row.get(2)?,
            })
        })
        .map_err(DatabaseError::from)?;
    Ok(rows.collect::<Result<_, _>>().map_err(DatabaseError::from)?)
}

fn count(connection: &Connection, queue: &str) -> Result<u64, DatabaseError> {
    let mut statement =
        connection.prepare_cached("SELECT count(*) FROM message WHERE queue = ?1 AND expires_at > ?2")?;
    let count: i64 = statement.query_row(params![queue, now_millis()], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::conformance;
    use crate::store::sqlite::{Durability, Location};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_file_conforms() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.db");
        let database = Database::open(Location::File(path), &[], Durability::Power).unwrap();
        conformance::suite(async || Arc::new(SqliteQueue::over(database.clone())) as Arc<dyn Queue>).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn memory_conforms() {
        let database = Database::open(Location::Memory, &[], Durability::Process).unwrap();
        conformance::suite(async || Arc::new(SqliteQueue::over(database.clone())) as Arc<dyn Queue>).await;
    }

    #[tokio::test]
    async fn messages_live_seven_days() {
        let database = Database::open(Location::Memory, &[], Durability::Process).unwrap();
        let queue = SqliteQueue::over(database.clone());
        queue.send("q", "old", 0).await.unwrap();
        let age = |millis: i64| {
            let database = database.clone();
            async move {
                database
                    .write(move |session| {
                        session.connection.execute(
                            "UPDATE message SET visible_at = visible_at - ?1, expires_at = expires_at - ?1",
                            [millis],
                        )?;
                        Ok::<_, DatabaseError>(())
                    })
                    .await
                    .unwrap();
            }
        };
        age(LIFETIME_MILLIS - 60_000).await;
        assert_eq!(queue.peek("q", 1).await.unwrap().len(), 1);
        age(60_000).await;
        assert_eq!(queue.len("q").await.unwrap(), 0);
        assert!(queue.receive("q", 1, 1).await.unwrap().is_empty());
    }

    /// However many messages are hidden or in other queues, a look finds the first visible one at once.
    #[tokio::test]
    async fn looking_walks_the_index() {
        let database = Database::open(Location::Memory, &[], Durability::Process).unwrap();
        database
            .write(|session| {
                let sql = format!("EXPLAIN QUERY PLAN {VISIBLE}");
                let mut statement = session.connection.prepare(&sql)?;
                let steps: Vec<String> =
                    statement.query_map(params!["q", 0, 1], |row| row.get(3))?.collect::<Result<_, _>>()?;
                assert_eq!(steps, ["SEARCH message USING INDEX message_turn (queue=? AND visible_at<?)"]);
                Ok::<_, DatabaseError>(())
            })
            .await
            .unwrap();
    }
}
