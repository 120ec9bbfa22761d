//! The file and the ways into it: one writing thread, a few reading connections.
//!
//! Reads that walk a bounded, short stretch of an index run where they are called: they take some ten microseconds,
//! never wait for a lock (write-ahead log) and a hop to another thread would cost more than they do. Everything else
//! goes to a blocking thread. In memory there is one connection, so reads queue with the writes.

use super::fields::{self, Slots};
use super::writer::{self, Job, Reply, Session};
use crate::queue::QueueError;
use crate::store::{Indexes, StoreError};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};

const READERS: usize = 4;
/// How long to wait for another process that is writing.
const BUSY: Duration = Duration::from_secs(5);
const SCHEMA_VERSION: i64 = 2;

const SCHEMA: &str = "
CREATE TABLE document (
    n INTEGER PRIMARY KEY,
    tenant TEXT NOT NULL,
    root TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    etag TEXT NOT NULL,
    expires_at INTEGER,
    fields BLOB NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX document_key ON document (tenant, root, kind, id);
CREATE INDEX document_kind ON document (tenant, kind, id);
CREATE INDEX document_expiry ON document (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE slot (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    field TEXT NOT NULL,
    array INTEGER NOT NULL,
    UNIQUE (kind, field, array)
) STRICT;
CREATE TABLE entry (
    tenant TEXT NOT NULL,
    slot INTEGER NOT NULL,
    value BLOB NOT NULL,
    id TEXT NOT NULL,
    document INTEGER NOT NULL,
    PRIMARY KEY (tenant, slot, value, id, document)
) STRICT, WITHOUT ROWID;
CREATE TABLE message (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    text TEXT NOT NULL,
    visible_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    turn INTEGER NOT NULL DEFAULT 0,
    dequeue_count INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX message_turn ON message (queue, visible_at, expires_at);
CREATE INDEX message_expiry ON message (expires_at);
PRAGMA user_version = 2;
";

/// From version 1, which kept entries of `is_active`.
const UPGRADE: &str = "
DELETE FROM entry WHERE slot IN (SELECT number FROM slot WHERE field = 'is_active');
PRAGMA user_version = 2;
";

/// Where the data lives.
#[derive(Debug, Clone)]
pub enum Location {
    /// Made when missing, with its folder. Several processes may share it.
    File(PathBuf),
    /// Gone with the process.
    Memory,
}

/// What a commit that was answered survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, in any way. A power cut may undo the last commits.
    Process,
    /// A power cut, too; each group of commits waits for the disk.
    Power,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum DatabaseError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("the transaction was lost")]
    Lost(#[source] Arc<rusqlite::Error>),
    #[error("body is not a JSON object")]
    Body(#[from] serde_json::Error),
    #[error("cannot make the data folder")]
    Folder(#[source] std::io::Error),
    #[error("file format {0} is not ours")]
    Version(i64),
    #[error("more than 65535 declared members")]
    TooManySlots,
    #[error("the writing thread has stopped")]
    Stopped,
}

impl DatabaseError {
    pub(super) fn into_shared(self) -> Arc<rusqlite::Error> {
        match self {
            Self::Sqlite(error) => Arc::new(error),
            Self::Lost(error) => error,
            other => Arc::new(rusqlite::Error::ToSqlConversionFailure(Box::new(other))),
        }
    }
}

impl From<DatabaseError> for StoreError {
    fn from(error: DatabaseError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

impl From<DatabaseError> for QueueError {
    fn from(error: DatabaseError) -> Self {
        Self::Unavailable(Box::new(error))
    }
}

/// A database; the store and the queue share one.
pub struct Database {
    location: Location,
    indexes: Box<[Indexes]>,
    durability: Durability,
    /// Closed before the writer, whose connection tidies the log up when it is the last.
    idle: Mutex<Vec<Connection>>,
    readers: Semaphore,
    opened: OnceLock<Opened>,
    /// Held while opening.
    opening: Mutex<()>,
}

/// What there is of a database once it is open.
struct Opened {
    declared: Slots,
    /// Taken when closing, which ends the thread.
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Opened {
    /// Opens or makes the file. Newly declared members are indexed here, once; otherwise an existing file costs a few
    /// reads.
    fn new(location: &Location, indexes: &[Indexes], durability: Durability) -> Result<Self, DatabaseError> {
        let mut connection = match location {
            Location::File(path) => {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(DatabaseError::Folder)?;
                }
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
                Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?
            }
            Location::Memory => Connection::open_in_memory()?,
        };
        tune(&connection)?;
        connection.execute_batch(match durability {
            Durability::Process => "PRAGMA synchronous = NORMAL",
            Durability::Power => "PRAGMA synchronous = FULL",
        })?;
        // The writer alone: room for the pages of a group, some fifty a record, which would otherwise be written twice; and
        // a longer log, as each checkpoint waits for the disk. Nothing of it is taken before it is needed.
        connection.execute_batch("PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 4000")?;
        make_schema(&mut connection)?;
        let (mut slots, mut last_slot) = writer::load_slots(&connection)?;
        if !missing(&slots, indexes).is_empty() {
            (slots, last_slot) = declare(&mut connection, indexes)?;
        }
        let declared = only_declared(&slots, indexes);
        let session = Session { connection, slots, last_slot, spoiled: false };
        let (jobs, waiting) = mpsc::channel(writer::WAITING);
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .stack_size(512 * 1024)
            .spawn(move || writer::run(session, waiting))
            .map_err(DatabaseError::Folder)?;
        Ok(Self { declared, jobs: Some(jobs), thread: Some(thread) })
    }
}

impl Drop for Opened {
    /// Waits for the last commits, so that whoever opens the file next finds it closed.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writing thread panicked");
        }
    }
}

impl Database {
    /// Opens or makes it when it is first used; what cannot be opened is tried again with each use.
    pub fn at(location: Location, indexes: &[Indexes], durability: Durability) -> Arc<Self> {
        Arc::new(Self {
            location,
            indexes: indexes.into(),
            durability,
            opened: OnceLock::new(),
            opening: Mutex::default(),
            idle: Mutex::default(),
            readers: Semaphore::new(READERS),
        })
    }

    /// Opens or makes it.
    pub fn open(
        location: Location,
        indexes: &[Indexes],
        durability: Durability,
    ) -> Result<Arc<Self>, StoreError> {
        let database = Self::at(location, indexes, durability);
        database.make_ready()?;
        Ok(database)
    }

    /// Opens it now, if it is not open.
    pub fn make_ready(&self) -> Result<(), StoreError> {
        self.opened()?;
        Ok(())
    }

    fn opened(&self) -> Result<&Opened, DatabaseError> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let _one = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let opened = Opened::new(&self.location, &self.indexes, self.durability)?;
        Ok(self.opened.get_or_init(|| opened))
    }

    /// For the start-up banner.
    pub fn describe(&self) -> String {
        match &self.location {
            Location::File(path) => format!("SQLite {}", path.display()),
            Location::Memory => "SQLite in memory".into(),
        }
    }

    pub(super) fn declared(&self) -> Result<&Slots, DatabaseError> {
        Ok(&self.opened()?.declared)
    }

    /// Runs `work` in the next transaction: all of it or, when it fails, nothing. Returns after the commit.
    pub(crate) async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        self.transact(move |session| session.isolated(work)).await
    }

    /// As [`Self::write`], for work that sees to it itself that it leaves nothing behind when it fails.
    pub(super) async fn transact<T, E>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |session| {
            let outcome = match session {
                Ok(session) => work(session),
                Err(error) => Err(DatabaseError::Lost(error).into()),
            };
            let reply: Reply = Box::new(move |committed| {
                let outcome = match committed {
                    Ok(()) => outcome,
                    Err(error) => Err(DatabaseError::Lost(error).into()),
                };
                // Nobody may be waiting any more; the write stands all the same.
                drop(answer.send(outcome));
            });
            reply
        });
        let jobs = self.opened()?.jobs.as_ref().ok_or(DatabaseError::Stopped)?;
        jobs.send(job).await.map_err(|_| DatabaseError::Stopped)?;
        answered.await.map_err(|_| DatabaseError::Stopped)?
    }

    /// A read of some ten microseconds, on the calling thread.
    pub(crate) async fn read_now<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let Location::File(path) = &self.location else {
            return self.write(move |session| work(&session.connection)).await;
        };
        let _permit = self.readers.acquire().await.map_err(|_| DatabaseError::Stopped)?;
        let connection = self.reader(path)?;
        let outcome = work(&connection);
        self.put_back(connection);
        outcome
    }

    /// A read of unknown length, on a blocking thread.
    pub(crate) async fn read_long<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let Location::File(path) = &self.location else {
            return self.write(move |session| work(&session.connection)).await;
        };
        let _permit = self.readers.acquire().await.map_err(|_| DatabaseError::Stopped)?;
        let connection = self.reader(path)?;
        let (connection, outcome) = tokio::task::spawn_blocking(move || {
            let outcome = work(&connection);
            (connection, outcome)
        })
        .await
        .map_err(|_| DatabaseError::Stopped)?;
        self.put_back(connection);
        outcome
    }

    fn reader(&self, path: &Path) -> Result<Connection, DatabaseError> {
        if let Some(connection) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(connection);
        }
        self.opened()?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        tune(&connection)?;
        Ok(connection)
    }

    fn put_back(&self, connection: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}

/// Small caches: many function processes share one machine, and the operating system caches the file anyway.
fn tune(connection: &Connection) -> Result<(), DatabaseError> {
    connection.busy_timeout(BUSY)?;
    // Without this SQLite plans a statement anew whenever it is run with other values, which costs more than running it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(48);
    connection.execute_batch(
        "PRAGMA cache_size = -512; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = 16777216; PRAGMA secure_delete = FAST;",
    )?;
    Ok(())
}

fn make_schema(connection: &mut Connection) -> Result<(), DatabaseError> {
    let version = schema_version(connection)?;
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    // Kept by the file from here on; in memory there is no log. Another process may be at the same step.
    retry_busy(|| connection.execute_batch("PRAGMA journal_mode = WAL"))?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match schema_version(&transaction)? {
        0 => transaction.execute_batch(SCHEMA)?,
        1 => transaction.execute_batch(UPGRADE)?,
        SCHEMA_VERSION => {}
        other => return Err(DatabaseError::Version(other)),
    }
    transaction.commit()?;
    Ok(())
}

fn schema_version(connection: &Connection) -> Result<i64, DatabaseError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// The busy timeout does not cover the change of journal mode.
fn retry_busy(mut step: impl FnMut() -> rusqlite::Result<()>) -> rusqlite::Result<()> {
    let mut attempts = 0;
    loop {
        match step() {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) && attempts < 100 =>
            {
                attempts += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            outcome => return outcome,
        }
    }
}

/// (kind, member, is an array) declared but not numbered yet.
fn missing(slots: &Slots, indexes: &[Indexes]) -> Vec<(&'static str, &'static str, bool)> {
    let fields =
        indexes.iter().flat_map(|index| index.fields.iter().map(|field| (index.kind, *field, false)));
    let arrays = indexes.iter().flat_map(|index| index.arrays.iter().map(|field| (index.kind, *field, true)));
    let mut missing: Vec<_> = fields
        .chain(arrays)
        .filter(|(kind, field, array)| fields::find(slots, kind, field, *array).is_none())
        .collect();
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// Numbers what is new and indexes the records that are there.
fn declare(connection: &mut Connection, indexes: &[Indexes]) -> Result<(Slots, i64), DatabaseError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (before, last) = writer::load_slots(&transaction)?;
    let missing = missing(&before, indexes);
    u16::try_from(last + i64::try_from(missing.len()).unwrap_or(i64::MAX))
        .map_err(|_| DatabaseError::TooManySlots)?;
    for (kind, field, array) in &missing {
        transaction
            .prepare_cached("INSERT INTO slot (kind, field, array) VALUES (?1, ?2, ?3)")?
            .execute(params![kind, field, array])?;
    }
    let (slots, last) = writer::load_slots(&transaction)?;
    let mut kinds: Vec<_> = missing.iter().map(|(kind, ..)| *kind).collect();
    kinds.dedup();
    super::batch::index_again(&transaction, &kinds, &before, &slots)?;
    transaction.commit()?;
    Ok((slots, last))
}

fn only_declared(slots: &Slots, indexes: &[Indexes]) -> Slots {
    let mut declared = Slots::new();
    for index in indexes {
        for slot in slots.get(index.kind).into_iter().flatten() {
            let names = if slot.array { index.arrays } else { index.fields };
            if names.contains(&slot.field.as_str()) {
                declared.entry(index.kind.to_owned()).or_default().push(slot.clone());
            }
        }
    }
    declared
}
