//! One way to speak to two databases.
//!
//! Statements are written once, with `$1` placeholders and the common subset of SQL. [`Tx`] is what
//! every query function takes: an open transaction on either engine. Nothing outside this crate
//! sees SQL, and nothing here decides anything.

mod later;
mod postgres;
mod sqlite;
mod value;

pub(crate) use later::{Insert, Waiting};
pub(crate) use postgres::{PgConn, PgPool};
pub(crate) use sqlite::{SqliteDb, Step, WriteJob};
pub(crate) use value::{FromVal, Row, Val, vals};

/// A database said no, or answered in an unexpected shape.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The embedded database failed.
    #[error("embedded database")]
    Sqlite(#[source] rusqlite::Error),
    /// The server failed.
    #[error("database server")]
    Postgres(#[source] ::postgres::Error),
    /// A column held something else than the program expects.
    #[error("column {position} does not hold {wanted}")]
    Shape {
        /// Position in the row, from 0.
        position: usize,
        /// What was expected there.
        wanted: &'static str,
    },
    /// A stored text could not be read back.
    #[error("stored {what} cannot be read back")]
    Stored {
        /// What kind of value it was.
        what: &'static str,
    },
    /// A key is missing or was destroyed, or a ciphertext was altered.
    #[error("{0}")]
    Crypt(#[from] crate::keys::CryptError),
    /// Too many commands are waiting already.
    #[error("too many commands are waiting")]
    Overloaded,
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// The database cannot be reached, or is shutting down.
    #[error("the database cannot be reached")]
    Unavailable,
}

impl DbError {
    /// Whether a unique rule was broken, and so the same thing exists already.
    pub fn is_duplicate(&self) -> bool {
        match self {
            Self::Sqlite(rusqlite::Error::SqliteFailure(e, _)) => {
                e.code == rusqlite::ErrorCode::ConstraintViolation
                    && (e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE
                        || e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
            }
            Self::Postgres(e) => e.code() == Some(&::postgres::error::SqlState::UNIQUE_VIOLATION),
            _ => false,
        }
    }

    /// Whether the same command may succeed when tried again as it is.
    pub(crate) fn is_retryable(&self) -> bool {
        use ::postgres::error::SqlState;
        match self {
            Self::Postgres(e) => {
                matches!(
                    e.code(),
                    Some(
                        &SqlState::T_R_SERIALIZATION_FAILURE
                            | &SqlState::T_R_DEADLOCK_DETECTED
                            | &SqlState::UNIQUE_VIOLATION
                            | &SqlState::ADMIN_SHUTDOWN
                            | &SqlState::CRASH_SHUTDOWN
                    )
                ) || e.is_closed()
            }
            _ => false,
        }
    }

    /// Whether it failed for a reason that goes away by itself: a lost connection, a server that
    /// restarts, transactions that kept colliding, a statement that took too long.
    pub fn is_transient(&self) -> bool {
        use ::postgres::error::SqlState;
        match self {
            Self::Overloaded | Self::Unavailable => true,
            Self::Sqlite(e) => matches!(
                e.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
            ),
            Self::Postgres(e) => {
                e.is_closed()
                    || e.code().is_none()
                        && std::error::Error::source(e)
                            .is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
                    || matches!(
                        e.code(),
                        Some(
                            &SqlState::T_R_SERIALIZATION_FAILURE
                                | &SqlState::T_R_DEADLOCK_DETECTED
                                | &SqlState::ADMIN_SHUTDOWN
                                | &SqlState::CRASH_SHUTDOWN
                                | &SqlState::CANNOT_CONNECT_NOW
                                | &SqlState::TOO_MANY_CONNECTIONS
                                | &SqlState::QUERY_CANCELED
                                | &SqlState::LOCK_NOT_AVAILABLE
                                | &SqlState::READ_ONLY_SQL_TRANSACTION
                        )
                    )
            }
            Self::Shape { .. } | Self::Stored { .. } | Self::Crypt(_) | Self::DiskFull => false,
        }
    }

    /// Whether the server ended the connection, now or while nobody used it.
    pub(crate) fn is_farewell(&self) -> bool {
        use ::postgres::error::SqlState;
        match self {
            Self::Postgres(e) => {
                e.is_closed()
                    || matches!(
                        e.code(),
                        Some(&SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN)
                    )
            }
            _ => false,
        }
    }

    pub(crate) fn sqlite(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull,
            _ => Self::Sqlite(error),
        }
    }

    pub(crate) fn postgres(error: ::postgres::Error) -> Self {
        use ::postgres::error::SqlState;
        match error.code() {
            Some(&SqlState::DISK_FULL) => Self::DiskFull,
            _ => Self::Postgres(error),
        }
    }
}

/// Which of the two engines is underneath; the few real differences ask it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, compiled in.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

enum Inner<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(&'c mut PgConn),
}

/// An open transaction on either engine.
pub struct Tx<'c> {
    inner: Inner<'c>,
    pub(crate) context: TxContext<'c>,
}

/// What travels with a transaction: the keys, the time it began, and the audit entry in the making.
pub(crate) struct TxContext<'c> {
    pub(crate) keys: &'c crate::keys::Keys,
    pub(crate) now: fangxian_base::Instant,
    /// The last place in the sealed order that was known when it began.
    pub(crate) sealed: i64,
    pub(crate) entry: Option<crate::audit::PendingEntry>,
    /// Record keys unwrapped in this transaction.
    pub(crate) record_keys: std::collections::BTreeMap<fangxian_base::RecordId, crate::keys::Key>,
    /// Responses of records looked at in this transaction.
    pub(crate) record_responses:
        std::collections::BTreeMap<fangxian_base::RecordId, fangxian_base::ResponseId>,
    /// What it remembers of what it wrote or read.
    pub(crate) memory: crate::arrivals::Memory,
    /// Rows that are not written yet.
    pub(crate) waiting: Waiting,
}

impl<'c> TxContext<'c> {
    pub(crate) fn new(
        keys: &'c crate::keys::Keys,
        now: fangxian_base::Instant,
        sealed: i64,
    ) -> Self {
        Self {
            keys,
            now,
            sealed,
            entry: None,
            record_keys: std::collections::BTreeMap::new(),
            record_responses: std::collections::BTreeMap::new(),
            memory: crate::arrivals::Memory::default(),
            waiting: Waiting::default(),
        }
    }
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx")
            .field("engine", &self.engine())
            .finish_non_exhaustive()
    }
}

impl<'c> Tx<'c> {
    pub(crate) fn on_sqlite(conn: &'c rusqlite::Connection, context: TxContext<'c>) -> Self {
        Self {
            inner: Inner::Sqlite(conn),
            context,
        }
    }

    pub(crate) fn on_postgres(conn: &'c mut PgConn, context: TxContext<'c>) -> Self {
        Self {
            inner: Inner::Postgres(conn),
            context,
        }
    }

    /// Which engine this transaction runs on.
    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// The moment the transaction began: the "recorded at" of everything it writes.
    pub fn now(&self) -> fangxian_base::Instant {
        self.context.now
    }

    /// The last place in the sealed order known when the transaction began: it sees at least that.
    /// Reading the place from the table would let every command collide with the sealer.
    pub fn sealed(&self) -> i64 {
        self.context.sealed
    }

    /// Runs a statement; answers how many rows it touched.
    pub(crate) fn exec(&mut self, sql: &str, values: &[Val]) -> Result<u64, DbError> {
        self.settle()?;
        self.exec_now(sql, values)
    }

    /// The same without waiting for what waits.
    fn exec_now(&mut self, sql: &str, values: &[Val]) -> Result<u64, DbError> {
        match &mut self.inner {
            Inner::Sqlite(conn) => sqlite::exec(conn, sql, values),
            Inner::Postgres(conn) => conn.exec(sql, values),
        }
    }

    /// Runs several statements without parameters.
    pub(crate) fn script(&mut self, sql: &str) -> Result<(), DbError> {
        self.settle()?;
        match &mut self.inner {
            Inner::Sqlite(conn) => conn.execute_batch(sql).map_err(DbError::sqlite),
            Inner::Postgres(conn) => conn.script(sql),
        }
    }

    /// All rows of a query.
    pub(crate) fn rows(&mut self, sql: &str, values: &[Val]) -> Result<Vec<Row>, DbError> {
        self.settle()?;
        self.rows_aside(sql, values)
    }

    /// All rows of a query that what waits does not concern.
    pub(crate) fn rows_aside(&mut self, sql: &str, values: &[Val]) -> Result<Vec<Row>, DbError> {
        match &mut self.inner {
            Inner::Sqlite(conn) => sqlite::rows(conn, sql, values),
            Inner::Postgres(conn) => conn.rows(sql, values),
        }
    }

    /// The first row of a query, if it has one.
    pub(crate) fn row(&mut self, sql: &str, values: &[Val]) -> Result<Option<Row>, DbError> {
        Ok(self.rows(sql, values)?.into_iter().next())
    }

    /// The single value of a query that always answers one row, such as a count.
    pub(crate) fn value<T: FromVal>(&mut self, sql: &str, values: &[Val]) -> Result<T, DbError> {
        self.row(sql, values)?
            .ok_or(DbError::Shape {
                position: 0,
                wanted: "a row",
            })
            .and_then(|row| row.get(0))
    }
}
