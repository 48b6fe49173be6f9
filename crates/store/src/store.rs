//! The store: a database of either engine, the keys, and the clock.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

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
        "the keys of this database are not in `{path}`: {names} missing; put the key directory back from its copy, nothing can be read without it. No file was made or changed there"
    )]
    KeysGone {
        /// The directory.
        path: PathBuf,
        /// The files that are missing.
        names: String,
    },
    /// The keys belong to another database.
    #[error(
        "the keys in `{path}` are not those of this database: {names} differs; name the right key directory, or put it back from its copy. No file was made or changed there"
    )]
    KeysDiffer {
        /// The directory.
        path: PathBuf,
        /// The files that differ.
        names: String,
    },
    /// A destruction that was begun before could not be finished.
    #[error("finishing a destruction")]
    Erase(#[source] Box<crate::EraseError>),
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
    /// The last place in the sealed order, as far as this program knows.
    sealed: AtomicI64,
    /// How often a command was begun anew because of another one.
    retries: AtomicU64,
    /// What of the chain was told to the outside.
    pub(crate) told: Mutex<Option<Told>>,
}

/// How far the file of heads goes, and how long it was then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told {
    pub(crate) last_seal: i64,
    pub(crate) length: u64,
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
        let (keys, _) = Keys::look(&dir)?;
        let backend = match &config.postgres {
            None => Backend::Sqlite(SqliteDb::open(&config.data.join("fangxian.db"))?),
            Some(address) => Backend::Postgres(Box::new(PgPool::open(address)?)),
        };
        let mut store = Self {
            backend,
            keys: Arc::new(keys),
            clock,
            data: config.data.clone(),
            sealed: AtomicI64::new(0),
            retries: AtomicU64::new(0),
            told: Mutex::new(None),
        };
        crate::schema::migrate(&store)?;
        store.keys = Arc::new(crate::marks::keys_for(&store, &dir)?);
        store.resume_destruction().map_err(|e| match e {
            crate::EraseError::Keys(e) => OpenError::Keys(e),
            other => OpenError::Erase(Box::new(other)),
        })?;
        store.knows_sealed(store.read(crate::audit::last_seal)?);
        Ok(store)
    }

    /// How often commands were begun anew since the start because another one got in their way.
    pub fn write_retries(&self) -> u64 {
        self.retries.load(Ordering::Relaxed)
    }

    pub(crate) fn count_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    /// The last place in the sealed order that this program knows of: commands see at least that.
    pub(crate) fn sealed(&self) -> i64 {
        self.sealed.load(Ordering::Acquire)
    }

    pub(crate) fn knows_sealed(&self, seal: i64) {
        self.sealed.fetch_max(seal, Ordering::AcqRel);
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

    fn context(&self) -> TxContext<'_> {
        TxContext::new(&self.keys, self.now(), self.sealed())
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
            Backend::Postgres(pool) => pool.with_begun(
                |conn| conn.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
                |conn, ()| {
                    answer = Some(f(&mut Tx::on_postgres(conn, self.context())));
                    conn.script("ROLLBACK")
                },
            ),
        };
        ran.map_err(E::from)?;
        answer.unwrap_or(Err(E::from(DbError::Unavailable)))
    }

    /// Runs upkeep that is not a command: schema, leases. No receipt, no audit entry.
    pub(crate) fn upkeep<T: Send + 'static>(
        &self,
        f: impl FnMut(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        self.upkeep_in(crate::write::IN_TURN, f)
    }

    /// The same in a transaction that begins so on the server.
    pub(crate) fn upkeep_in<T: Send + 'static>(
        &self,
        begin: &'static str,
        mut f: impl FnMut(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> Result<T, DbError> {
        match &self.backend {
            Backend::Sqlite(db) => {
                let (reply, answer) = std::sync::mpsc::sync_channel(1);
                let job = Upkeep {
                    keys: self.keys_shared(),
                    now: self.now(),
                    sealed: self.sealed(),
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
                    let ran = pool.with_begun(
                        |conn| conn.script(begin),
                        |conn, ()| {
                            let mut tx = Tx::on_postgres(conn, self.context());
                            let done = f(&mut tx).and_then(|value| tx.settle().map(|()| value));
                            drop(tx);
                            let done = done.and_then(|value| conn.script("COMMIT").map(|()| value));
                            if done.is_err() {
                                let _ = conn.script("ROLLBACK");
                            }
                            done
                        },
                    );
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
    sealed: i64,
    f: F,
    done: Option<Result<T, DbError>>,
    reply: std::sync::mpsc::SyncSender<Result<T, DbError>>,
}

impl<T: Send, F: FnMut(&mut Tx<'_>) -> Result<T, DbError> + Send> WriteJob for Upkeep<T, F> {
    fn run(&mut self, conn: &rusqlite::Connection) -> Step {
        let context = TxContext::new(&self.keys, self.now, self.sealed);
        let mut tx = Tx::on_sqlite(conn, context);
        let done = (self.f)(&mut tx).and_then(|value| tx.settle().map(|()| value));
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
