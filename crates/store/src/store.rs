//! The store: a database of either engine, the keys, and the clock.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fangxian_base::{Clock, Instant};

use crate::db::{DbError, Engine, PgPool, SqliteDb, Step, Tx, TxContext, WriteJob};
use crate::keys::{Keys, KeysError};

/// Where the data are.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The data directory: embedded database, keys, audit heads.
    pub data: PathBuf,
    /// The key directory, when it lies elsewhere (it should, in a city).
    pub keys: Option<PathBuf>,
    /// `postgres://…`, or nothing for the embedded database.
    pub postgres: Option<String>,
}

/// The store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The data directory cannot be made or read.
    #[error("data directory `{path}`")]
    Data {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The keys cannot be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database is in use, and its keys are not where they should be.
    #[error(
        "the keys of this database are not in `{path}`; put them back, nothing can be read without them"
    )]
    KeysGone {
        /// The directory.
        path: PathBuf,
    },
    /// The database cannot be opened.
    #[error("database")]
    Db(#[from] DbError),
    /// The database was made by a newer program.
    #[error(
        "the database has schema {found}, this program knows up to {known}; use a newer program"
    )]
    Newer {
        /// The schema version found.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
}

pub(crate) enum Backend {
    Sqlite(SqliteDb),
    Postgres(Box<PgPool>),
}

/// The opened store. Cheap to share behind an `Arc`; every call may block.
pub struct Store {
    backend: Backend,
    keys: Arc<Keys>,
    clock: Arc<dyn Clock>,
    data: PathBuf,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("data", &self.data)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store, making directory, keys and tables when they are not there.
    ///
    /// # Errors
    /// When the directory, the keys or the database cannot be used.
    pub fn open(config: &StoreConfig, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let fail = |source| OpenError::Data {
            path: config.data.clone(),
            source,
        };
        std::fs::create_dir_all(config.data.join("audit")).map_err(fail)?;
        let dir = config
            .keys
            .clone()
            .unwrap_or_else(|| config.data.join("keys"));
        let known = Keys::there(&dir);
        let keys = Keys::open(&dir)?;
        keys.finish_destruction()?;
        let backend = match &config.postgres {
            None => Backend::Sqlite(SqliteDb::open(&config.data.join("fangxian.db"))?),
            Some(address) => Backend::Postgres(Box::new(PgPool::open(address)?)),
        };
        let store = Self {
            backend,
            keys: Arc::new(keys),
            clock,
            data: config.data.clone(),
        };
        crate::schema::migrate(&store)?;
        let used: i64 = store.read(|tx| tx.value("SELECT COUNT(*) FROM response", &[]))?;
        if !known && used > 0 {
            Keys::unmake(&dir);
            return Err(OpenError::KeysGone { path: dir });
        }
        Ok(store)
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.backend
    }

    /// Which engine is underneath.
    pub fn engine(&self) -> Engine {
        match &self.backend {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// The version of the tables.
    ///
    /// # Errors
    /// When the database does not answer.
    pub fn schema_version(&self) -> Result<i64, DbError> {
        self.read(|tx| tx.value("SELECT MAX(version) FROM schema_version", &[]))
    }

    /// The keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn keys_shared(&self) -> Arc<Keys> {
        Arc::clone(&self.keys)
    }

    /// The data directory.
    pub fn data_dir(&self) -> &Path {
        &self.data
    }

    /// The present moment, by the store's clock.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(crate) fn on_server<T>(
        &self,
        f: impl FnOnce(&mut crate::db::PgConn) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        match &self.backend {
            Backend::Postgres(pool) => pool.with(f),
            Backend::Sqlite(_) => Err(DbError::Unavailable),
        }
    }

    fn context(&self) -> TxContext<'_> {
        TxContext {
            keys: &self.keys,
            now: self.now(),
            entry: None,
            record_keys: std::collections::BTreeMap::new(),
            record_responses: std::collections::BTreeMap::new(),
        }
    }

    /// Runs `f` on one consistent snapshot. Use cases that show names must commit a read entry
    /// before they hand the result out.
    ///
    /// # Errors
    /// What the database said, or what `f` answered.
    pub fn read<T, E: From<DbError>>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut answer = None;
        let ran = match &self.backend {
            Backend::Sqlite(db) => db.read(|conn| {
                answer = Some(f(&mut Tx::on_sqlite(conn, self.context())));
                Ok(())
            }),
            Backend::Postgres(pool) => pool.with(|conn| {
                conn.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
                answer = Some(f(&mut Tx::on_postgres(conn, self.context())));
                conn.script("ROLLBACK")
            }),
        };
        ran.map_err(E::from)?;
        answer.unwrap_or(Err(E::from(DbError::Unavailable)))
    }

    /// Runs upkeep that is not a command: schema, sealing, leases. No receipt, no audit entry.
    pub(crate) fn upkeep<T: Send + 'static>(
        &self,
        mut f: impl FnMut(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        match &self.backend {
            Backend::Sqlite(db) => {
                let (reply, answer) = std::sync::mpsc::sync_channel(1);
                let job = Upkeep {
                    keys: self.keys_shared(),
                    now: self.now(),
                    f,
                    done: None,
                    reply,
                };
                db.submit(Box::new(job))?;
                answer.recv().unwrap_or(Err(DbError::Unavailable))
            }
            Backend::Postgres(pool) => {
                let mut last = DbError::Unavailable;
                for _ in 0..8 {
                    let ran = pool.with(|conn| {
                        conn.script("BEGIN ISOLATION LEVEL SERIALIZABLE")?;
                        let done = f(&mut Tx::on_postgres(conn, self.context()));
                        let done = done.and_then(|value| conn.script("COMMIT").map(|()| value));
                        if done.is_err() {
                            let _ = conn.script("ROLLBACK");
                        }
                        done
                    });
                    match ran {
                        Err(e) if e.is_retryable() => last = e,
                        other => return other,
                    }
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                Err(last)
            }
        }
    }
}

struct Upkeep<T, F> {
    keys: Arc<Keys>,
    now: Instant,
    f: F,
    done: Option<Result<T, DbError>>,
    reply: std::sync::mpsc::SyncSender<Result<T, DbError>>,
}

impl<T: Send, F: FnMut(&mut Tx<'_>) -> Result<T, DbError> + Send> WriteJob for Upkeep<T, F> {
    fn run(&mut self, conn: &rusqlite::Connection) -> Step {
        let context = TxContext {
            keys: &self.keys,
            now: self.now,
            entry: None,
            record_keys: std::collections::BTreeMap::new(),
            record_responses: std::collections::BTreeMap::new(),
        };
        let done = (self.f)(&mut Tx::on_sqlite(conn, context));
        let step = if done.is_ok() { Step::Keep } else { Step::Undo };
        self.done = Some(done);
        step
    }

    fn answer(self: Box<Self>, committed: Result<(), DbError>) {
        let answer = match (self.done, committed) {
            (Some(Ok(value)), Ok(())) => Ok(value),
            (Some(Err(e)), _) | (_, Err(e)) => Err(e),
            (None, Ok(())) => Err(DbError::Unavailable),
        };
        let _ = self.reply.send(answer);
    }
}
