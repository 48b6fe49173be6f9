//! The server engine: a small pool of connections, one transaction per command, serialisable, one
//! command after another; reading waits for nobody.
//!
//! The driver is the blocking one: use cases are plain functions on worker threads on both engines.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls, Statement};

use super::{DbError, Row, Val};

/// Connections kept open to the server by one node.
const CONNECTIONS: usize = 8;
/// LIMIT: how many callers may wait for a connection before newcomers are refused.
const WAITING_MAX: usize = 256;
/// LIMIT: how long one of them waits.
const WAIT: Duration = Duration::from_secs(10);
/// LIMIT: how long a lost peer goes unnoticed.
const PEER_LOST: Duration = Duration::from_secs(20);
/// LIMIT: how long one statement may take, how long a command waits for its turn, and how long a
/// transaction may stand idle.
const LIMITS: &str =
    "-c statement_timeout=60s -c lock_timeout=15s -c idle_in_transaction_session_timeout=120s";

pub(crate) struct PgConn {
    client: Client,
    prepared: HashMap<String, Statement>,
    /// Whether the transaction under way met a conflict that a repetition may solve.
    conflict: bool,
    /// Whether the server took leave of it.
    gone: bool,
}

pub(crate) struct PgPool {
    config: Config,
    state: Mutex<PoolState>,
    returned: Condvar,
}

struct PoolState {
    free: Vec<PgConn>,
    open: usize,
    waiting: usize,
}

impl PgPool {
    pub(crate) fn open(address: &str) -> Result<Self, DbError> {
        let mut config: Config = address.parse().map_err(DbError::postgres)?;
        // What the address itself asks for comes last and wins.
        let options = format!("{LIMITS} {}", config.get_options().unwrap_or_default());
        config
            .connect_timeout(Duration::from_secs(5))
            .tcp_user_timeout(PEER_LOST)
            .options(&options)
            .application_name("fangxian");
        let pool = Self {
            config,
            state: Mutex::new(PoolState {
                free: Vec::new(),
                open: 0,
                waiting: 0,
            }),
            returned: Condvar::new(),
        };
        // The first connection is made at once, so that a wrong address is told at the start.
        let conn = pool.connect()?;
        let mut state = pool.lock();
        state.free.push(conn);
        state.open = 1;
        drop(state);
        Ok(pool)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, PoolState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(&self) -> Result<PgConn, DbError> {
        let client = self.config.connect(NoTls).map_err(|e| {
            tracing::warn!(error = %fangxian_base::error_chain(&e), "no connection to the database server");
            DbError::Unavailable
        })?;
        Ok(PgConn {
            client,
            prepared: HashMap::new(),
            conflict: false,
            gone: false,
        })
    }

    /// Lends a connection to `begin`, which must do nothing that cannot be done twice, and then to
    /// `f`. When the connection turns out to have been closed while it lay in the pool, `begin` is
    /// tried once more on a new one. One that broke on the way is not kept.
    pub(crate) fn with_begun<B, T>(
        &self,
        begin: impl Fn(&mut PgConn) -> Result<B, DbError>,
        f: impl FnOnce(&mut PgConn, B) -> Result<T, DbError>,
    ) -> Result<T, DbError> {
        let mut lent = self.lend()?;
        let mut begun = begin(lent.conn()?);
        if begun.is_err() && lent.is_gone() {
            drop(lent);
            lent = self.lend()?;
            begun = begin(lent.conn()?);
        }
        f(lent.conn()?, begun?)
    }

    fn lend(&self) -> Result<Lent<'_>, DbError> {
        Ok(Lent {
            pool: self,
            conn: Some(self.take()?),
        })
    }

    fn take(&self) -> Result<PgConn, DbError> {
        let mut state = self.lock();
        if state.waiting >= WAITING_MAX {
            return Err(DbError::Overloaded);
        }
        state.waiting += 1;
        let until = std::time::Instant::now() + WAIT;
        loop {
            if let Some(conn) = state.free.pop() {
                state.waiting -= 1;
                return Ok(conn);
            }
            if state.open < CONNECTIONS {
                state.open += 1;
                state.waiting -= 1;
                drop(state);
                return self.connect().inspect_err(|_| {
                    self.lock().open -= 1;
                    // Somebody else who waits may try, and learn it as well.
                    self.returned.notify_one();
                });
            }
            let left = until.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                state.waiting -= 1;
                return Err(DbError::Overloaded);
            }
            state = self
                .returned
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

struct Lent<'p> {
    pool: &'p PgPool,
    conn: Option<PgConn>,
}

impl Lent<'_> {
    fn conn(&mut self) -> Result<&mut PgConn, DbError> {
        self.conn.as_mut().ok_or(DbError::Unavailable)
    }

    fn is_gone(&self) -> bool {
        self.conn.as_ref().is_none_or(PgConn::is_gone)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let Some(conn) = self.conn.take() else { return };
        let mut state = self.pool.lock();
        if conn.is_gone() {
            // Whatever closed it has closed the others that lie there as well.
            state.open -= 1 + state.free.len();
            state.free.clear();
        } else if std::thread::panicking() {
            state.open -= 1;
        } else {
            state.free.push(conn);
        }
        drop(state);
        self.pool.returned.notify_one();
    }
}

impl PgConn {
    fn statement(&mut self, sql: &str) -> Result<Statement, DbError> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let prepared = self.client.prepare(sql);
        let statement = prepared.map_err(|e| self.failed(e))?;
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(crate) fn exec(&mut self, sql: &str, values: &[Val]) -> Result<u64, DbError> {
        let statement = self.statement(sql)?;
        let ran = self.client.execute(&statement, &as_params(values));
        ran.map_err(|e| self.failed(e))
    }

    fn failed(&mut self, error: postgres::Error) -> DbError {
        let error = DbError::postgres(error);
        self.conflict |= error.is_retryable();
        self.gone |= error.is_farewell();
        error
    }

    /// Whether it can no longer be used.
    fn is_gone(&self) -> bool {
        self.gone || self.client.is_closed()
    }

    /// Whether something inside the transaction under way failed in a way worth repeating.
    pub(crate) fn failed_in_conflict(&self) -> bool {
        self.conflict
    }

    pub(crate) fn script(&mut self, sql: &str) -> Result<(), DbError> {
        self.conflict &= !sql.starts_with("BEGIN");
        let ran = self.client.batch_execute(sql);
        ran.map_err(|e| {
            let error = DbError::postgres(e);
            self.gone |= error.is_farewell();
            error
        })
    }

    pub(crate) fn rows(&mut self, sql: &str, values: &[Val]) -> Result<Vec<Row>, DbError> {
        let statement = self.statement(sql)?;
        let ran = self.client.query(&statement, &as_params(values));
        let rows = ran.map_err(|e| self.failed(e))?;
        rows.iter().map(cells).collect()
    }
}

fn as_params(values: &[Val]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|v| v as &(dyn ToSql + Sync)).collect()
}

fn cells(row: &postgres::Row) -> Result<Row, DbError> {
    let mut cells = Vec::with_capacity(row.len());
    for (position, column) in row.columns().iter().enumerate() {
        let cell = match *column.type_() {
            Type::INT8 => row
                .try_get::<_, Option<i64>>(position)
                .map(|v| v.map(Val::Int)),
            Type::INT4 => row
                .try_get::<_, Option<i32>>(position)
                .map(|v| v.map(|n| Val::Int(n.into()))),
            Type::BOOL => row
                .try_get::<_, Option<bool>>(position)
                .map(|v| v.map(|b| Val::Int(b.into()))),
            Type::FLOAT8 => row
                .try_get::<_, Option<f64>>(position)
                .map(|v| v.map(Val::Real)),
            Type::BYTEA => row
                .try_get::<_, Option<Vec<u8>>>(position)
                .map(|v| v.map(Val::Bytes)),
            Type::UUID => row
                .try_get::<_, Option<uuid::Uuid>>(position)
                .map(|v| v.map(Val::Uuid)),
            _ => row
                .try_get::<_, Option<String>>(position)
                .map(|v| v.map(Val::Text)),
        };
        cells.push(cell.map_err(DbError::postgres)?.unwrap_or(Val::Null));
    }
    Ok(Row(cells))
}

impl ToSql for Val {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut postgres::types::private::BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(v) if *ty == Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
            Self::Int(v) if *ty == Type::BOOL => (*v != 0).to_sql(ty, out),
            Self::Int(v) if *ty == Type::FLOAT8 => {
                #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
                let real = *v as f64;
                real.to_sql(ty, out)
            }
            Self::Int(v) => v.to_sql(ty, out),
            Self::Real(v) => v.to_sql(ty, out),
            Self::Text(v) => v.to_sql(ty, out),
            Self::Bytes(v) => v.to_sql(ty, out),
            Self::Uuid(v) => v.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
