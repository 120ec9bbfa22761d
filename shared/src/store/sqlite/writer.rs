//! The writing thread. It owns the only connection that writes and commits in groups: whatever waits when it comes
//! round goes into one transaction, each job inside its own savepoint, and is answered after the commit.

use super::fields::{self, Slots};
use super::{DatabaseError, now_millis};
use rusqlite::{Connection, params};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Jobs that may wait; a sender beyond that waits itself.
pub(super) const WAITING: usize = 512;
/// Jobs of one transaction: bounds how long the first one waits for the last.
const GROUP: usize = 128;
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// Rows of one sweep: bounds how long commits wait for it.
const SWEEP_ROWS: usize = 500;

/// Answers the sender, once the fate of the transaction is known.
pub(super) type Reply = Box<dyn FnOnce(Result<(), Arc<rusqlite::Error>>) + Send>;
/// Runs inside the transaction, or learns why there is none.
pub(super) type Job = Box<dyn FnOnce(Result<&mut Session, Arc<rusqlite::Error>>) -> Reply + Send>;

/// What a job works with.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    /// Every slot of the file, also those another program declared: whoever writes a kind keeps all its entries.
    pub(super) slots: Slots,
    pub(super) last_slot: i64,
    /// A job failed half way: nothing of the running transaction may be committed.
    pub(super) spoiled: bool,
}

impl Session {
    /// All of `work` or nothing of it, for work that changes nothing before it has found all well. Should it fail later
    /// all the same (the disk is full), the whole transaction goes with it: rarer and cheaper than a savepoint for each
    /// job, which keeps a copy of every page that the job touches.
    pub(super) fn looking_first<T, E>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        let before = self.connection.total_changes();
        let outcome = work(self);
        self.spoiled |= outcome.is_err() && self.connection.total_changes() != before;
        outcome
    }

    /// All of `work` or nothing of it.
    pub(super) fn isolated<T, E: From<DatabaseError>>(
        &mut self,
        work: impl FnOnce(&mut Session) -> Result<T, E>,
    ) -> Result<T, E> {
        self.run("SAVEPOINT job")?;
        let outcome = work(self);
        if outcome.is_err() {
            self.run("ROLLBACK TO job")?;
        }
        self.run("RELEASE job")?;
        outcome
    }

    fn run(&self, sql: &str) -> Result<(), DatabaseError> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    fn begin(&mut self) -> Result<(), DatabaseError> {
        self.run("BEGIN IMMEDIATE")?;
        // Another process may have declared more since.
        let last: i64 = self
            .connection
            .prepare_cached("SELECT coalesce(max(number), 0) FROM slot")?
            .query_row([], |row| row.get(0))?;
        if last != self.last_slot {
            (self.slots, self.last_slot) = load_slots(&self.connection)?;
        }
        Ok(())
    }

    /// Removes a few records and messages whose time is over.
    fn sweep(&mut self) -> Result<usize, DatabaseError> {
        self.run("BEGIN IMMEDIATE")?;
        let outcome = self.sweep_now(now_millis());
        self.run(if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        outcome
    }

    /// The number of rows removed, at most [`SWEEP_ROWS`] of each sort.
    pub(super) fn sweep_now(&mut self, now: i64) -> Result<usize, DatabaseError> {
        let mut find = self.connection.prepare_cached(
            "SELECT n, tenant, kind, id, fields FROM document WHERE expires_at <= ?1 LIMIT ?2",
        )?;
        let expired = find
            .query_map(params![now, SWEEP_ROWS as i64], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })?
            .collect::<Result<Vec<(i64, String, String, String, Vec<u8>)>, _>>()?;
        let documents = expired.len();
        for (n, tenant, kind, id, packed) in expired {
            let slots = self.slots.get(&kind).map_or(&[][..], Vec::as_slice);
            super::batch::change_entries(
                &self.connection,
                &tenant,
                &id,
                n,
                &fields::entries(&packed, slots),
                &[],
            )?;
            self.connection.prepare_cached("DELETE FROM document WHERE n = ?1")?.execute([n])?;
        }
        const MESSAGES: &str =
            "DELETE FROM message WHERE n IN (SELECT n FROM message WHERE expires_at <= ?1 LIMIT ?2)";
        let messages = self.connection.prepare_cached(MESSAGES)?.execute(params![now, SWEEP_ROWS as i64])?;
        Ok(documents.max(messages))
    }
}

/// Runs until every sender is gone.
pub(super) fn run(mut session: Session, mut jobs: mpsc::Receiver<Job>) {
    let mut waiting = Vec::with_capacity(GROUP);
    let mut swept = Instant::now();
    while jobs.blocking_recv_many(&mut waiting, GROUP) > 0 {
        commit_group(&mut session, waiting.drain(..));
        if swept.elapsed() >= SWEEP_EVERY {
            match session.sweep() {
                // There may be more: go on after the next group.
                Ok(removed) if removed >= SWEEP_ROWS => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "could not remove expired records"),
            }
            swept = Instant::now();
        }
    }
}

fn commit_group(session: &mut Session, jobs: impl Iterator<Item = Job>) {
    let mut replies = Vec::with_capacity(GROUP);
    let mut failure = session.begin().err().map(DatabaseError::into_shared);
    if failure.is_some() {
        abandon(session);
    }
    for job in jobs {
        let access = failure.clone().map_or(Ok(&mut *session), Err);
        replies.push(job(access));
        // Some failures (a full disk) end the whole transaction; nothing may run outside one.
        if failure.is_none() && (session.spoiled || session.connection.is_autocommit()) {
            failure = Some(Arc::new(rusqlite::Error::ExecuteReturnedResults));
            abandon(session);
        }
    }
    if failure.is_none() {
        failure = session.run("COMMIT").err().map(DatabaseError::into_shared);
        if failure.is_some() {
            abandon(session);
        }
    }
    for reply in replies {
        reply(failure.clone().map_or(Ok(()), Err));
    }
}

fn abandon(session: &mut Session) {
    session.spoiled = false;
    if !session.connection.is_autocommit()
        && let Err(error) = session.run("ROLLBACK")
    {
        tracing::error!(%error, "could not roll back");
    }
}

pub(super) fn load_slots(connection: &Connection) -> Result<(Slots, i64), DatabaseError> {
    let mut slots: Slots = HashMap::new();
    let mut last = 0;
    let mut statement =
        connection.prepare_cached("SELECT number, kind, field, array FROM slot ORDER BY number")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let number: u16 = row.get(0)?;
        last = i64::from(number);
        slots.entry(row.get(1)?).or_default().push(fields::Slot {
            number,
            field: row.get(2)?,
            array: row.get(3)?,
        });
    }
    Ok((slots, last))
}
