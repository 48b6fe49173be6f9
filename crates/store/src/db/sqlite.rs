//! The embedded engine: WAL, one writer thread with group commit, a handful of readers.
//!
//! Writers hand the thread a job each; it runs what is waiting inside one transaction, every job in
//! a savepoint of its own, commits once with `synchronous=FULL`, and only then answers everybody.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{DbError, Row, Val};

/// LIMIT: commands that may wait for the writer before newcomers are refused.
const WAITING_MAX: usize = 2_048;
/// LIMIT: commands that share one commit.
const BATCH_MAX: usize = 500;
/// LIMIT: how long a batch may grow before it is committed.
const BATCH_MS_MAX: u128 = 5;
/// Connections kept for reading.
const READERS: usize = 4;

/// How a job ended inside its savepoint.
pub(crate) enum Step {
    /// Keep what it wrote.
    Keep,
    /// Undo what it wrote.
    Undo,
}

/// What the writer thread runs for one command.
pub(crate) trait WriteJob: Send {
    /// Runs inside the savepoint.
    fn run(&mut self, conn: &Connection) -> Step;
    /// Called once, after the commit (or its failure).
    fn answer(self: Box<Self>, committed: Result<(), DbError>);
}

pub(crate) struct SqliteDb {
    jobs: Option<SyncSender<Box<dyn WriteJob>>>,
    writer: Option<JoinHandle<()>>,
    readers: Mutex<Vec<Connection>>,
    returned: Condvar,
}

impl SqliteDb {
    pub(crate) fn open(path: &Path) -> Result<Self, DbError> {
        let writer = connect(path, false)?;
        let mut readers = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            readers.push(connect(path, true)?);
        }
        let (sender, receiver) = sync_channel(WAITING_MAX);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || write_loop(&writer, &receiver))
            .map_err(|_e: std::io::Error| DbError::Unavailable)?;
        Ok(Self {
            jobs: Some(sender),
            writer: Some(thread),
            readers: Mutex::new(readers),
            returned: Condvar::new(),
        })
    }

    /// Hands a job to the writer, or refuses when too many wait.
    pub(crate) fn submit(&self, job: Box<dyn WriteJob>) -> Result<(), DbError> {
        let Some(jobs) = &self.jobs else {
            return Err(DbError::Unavailable);
        };
        jobs.try_send(job).map_err(|e| match e {
            TrySendError::Full(_) => DbError::Overloaded,
            TrySendError::Disconnected(_) => DbError::Unavailable,
        })
    }

    /// Runs `f` in a read transaction: one snapshot for all its queries.
    pub(crate) fn read<T>(
        &self,
        f: impl FnOnce(&Connection) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let reader = {
            let mut free = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
            loop {
                if let Some(reader) = free.pop() {
                    break reader;
                }
                free = self
                    .returned
                    .wait(free)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        };
        let mut lent = Lent {
            db: self,
            reader: Some(reader),
        };
        let Some(conn) = lent.reader.as_mut() else {
            return Err(DbError::Unavailable);
        };
        let snapshot = conn.unchecked_transaction().map_err(DbError::sqlite)?;
        f(&snapshot)
    }
}

/// A reader on loan; it goes back also when the borrower panics.
struct Lent<'d> {
    db: &'d SqliteDb,
    reader: Option<Connection>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(reader) = self.reader.take() {
            self.db
                .readers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(reader);
            self.db.returned.notify_one();
        }
    }
}

impl Drop for SqliteDb {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn connect(path: &Path, read_only: bool) -> Result<Connection, DbError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(DbError::sqlite)?;
    conn.busy_timeout(Duration::from_secs(10))
        .map_err(DbError::sqlite)?;
    use_wal(&conn)?;
    // A plan must not hang on the values bound: otherwise the engine compiles a statement anew
    // each time one is bound beside a partial index.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(DbError::sqlite)?;
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 4000; PRAGMA secure_delete = ON;",
    )
    .map_err(DbError::sqlite)?;
    // Kibibytes of pages kept per connection; the system's own cache holds the rest.
    conn.execute_batch(if read_only {
        "PRAGMA cache_size = -2000"
    } else {
        "PRAGMA cache_size = -8000"
    })
    .map_err(DbError::sqlite)?;
    if read_only {
        conn.execute_batch("PRAGMA query_only = ON")
            .map_err(DbError::sqlite)?;
    }
    conn.set_prepared_statement_cache_capacity(256);
    Ok(conn)
}

/// Turns the write-ahead log on. On a new file only one program can, and the engine does not wait
/// for it by itself.
fn use_wal(conn: &Connection) -> Result<(), DbError> {
    let mut tries = 0;
    loop {
        match conn.execute_batch("PRAGMA journal_mode = WAL") {
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && tries < 200 => {
                tries += 1;
                std::thread::sleep(Duration::from_millis(20));
            }
            done => return done.map_err(DbError::sqlite),
        }
    }
}

fn write_loop(conn: &Connection, jobs: &Receiver<Box<dyn WriteJob>>) {
    while let Ok(first) = jobs.recv() {
        if let Err(e) = conn.execute_batch("BEGIN IMMEDIATE") {
            first.answer(Err(DbError::sqlite(e)));
            continue;
        }
        let began = std::time::Instant::now();
        let mut batch = Vec::new();
        let mut next = Some(first);
        let mut broken = None;
        while let Some(mut job) = next.take() {
            if let Err(e) = run_in_savepoint(conn, job.as_mut()) {
                broken = Some(e);
            }
            batch.push(job);
            if broken.is_none()
                && batch.len() < BATCH_MAX
                && began.elapsed().as_millis() < BATCH_MS_MAX
            {
                next = jobs.try_recv().ok();
            }
        }
        let committed = match broken {
            None => conn.execute_batch("COMMIT").map_err(DbError::sqlite),
            Some(e) => Err(e),
        };
        match committed {
            Ok(()) => batch.into_iter().for_each(|job| job.answer(Ok(()))),
            Err(e) => {
                if !conn.is_autocommit() {
                    let _ = conn.execute_batch("ROLLBACK");
                }
                tracing::error!(error = %fangxian_base::error_chain(&e), "a batch of commands was not committed");
                let full = matches!(e, DbError::DiskFull);
                for job in batch {
                    let answer = if full {
                        DbError::DiskFull
                    } else {
                        DbError::Unavailable
                    };
                    job.answer(Err(answer));
                }
            }
        }
    }
}

/// Runs one job; an error means that the whole transaction can no longer be trusted.
fn run_in_savepoint(conn: &Connection, job: &mut dyn WriteJob) -> Result<(), DbError> {
    conn.execute_batch("SAVEPOINT command")
        .map_err(DbError::sqlite)?;
    let step = job.run(conn);
    if conn.is_autocommit() {
        // The engine gave up the transaction by itself (disk full, IO error).
        return Err(DbError::DiskFull);
    }
    conn.execute_batch(match step {
        Step::Keep => "RELEASE command",
        Step::Undo => "ROLLBACK TO command; RELEASE command",
    })
    .map_err(DbError::sqlite)
}

/// SQLite numbers `$1` by first appearance; `?1` by its number, which is what we mean.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

impl rusqlite::ToSql for Val {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(v) => ValueRef::Integer(*v),
            Self::Real(v) => ValueRef::Real(*v),
            Self::Text(v) => ValueRef::Text(v.as_bytes()),
            Self::Bytes(v) => ValueRef::Blob(v),
            Self::Uuid(v) => ValueRef::Blob(v.as_bytes()),
        }))
    }
}

pub(crate) fn exec(conn: &Connection, sql: &str, values: &[Val]) -> Result<u64, DbError> {
    let mut statement = conn
        .prepare_cached(&numbered(sql))
        .map_err(DbError::sqlite)?;
    statement
        .execute(rusqlite::params_from_iter(values))
        .map(|n| n as u64)
        .map_err(DbError::sqlite)
}

pub(crate) fn rows(conn: &Connection, sql: &str, values: &[Val]) -> Result<Vec<Row>, DbError> {
    let mut statement = conn
        .prepare_cached(&numbered(sql))
        .map_err(DbError::sqlite)?;
    let columns = statement.column_count();
    let mut answer = statement
        .query(rusqlite::params_from_iter(values))
        .map_err(DbError::sqlite)?;
    let mut rows = Vec::new();
    while let Some(row) = answer.next().map_err(DbError::sqlite)? {
        let mut cells = Vec::with_capacity(columns);
        for position in 0..columns {
            cells.push(match row.get_ref(position).map_err(DbError::sqlite)? {
                ValueRef::Null => Val::Null,
                ValueRef::Integer(v) => Val::Int(v),
                ValueRef::Real(v) => Val::Real(v),
                ValueRef::Text(v) => Val::Text(String::from_utf8_lossy(v).into_owned()),
                ValueRef::Blob(v) => Val::Bytes(v.to_vec()),
            });
        }
        rows.push(Row(cells));
    }
    Ok(rows)
}
