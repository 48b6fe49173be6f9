//! The one way to write. A command carries an id made by whoever asks; its effects, its audit entry
//! and its receipt are committed together, and asking again gets the first answer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use fangxian_base::{CommandId, EntryId, Instant, ResponseId, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::audit::PendingEntry;
use crate::audit::hex;
use crate::db::{DbError, PgConn, Step, Tx, TxContext, WriteJob, vals};
use crate::keys::Keys;
use crate::store::{Backend, Store};

/// How often a command is tried again when the server reports a conflict between transactions.
const TRIES_MAX: u32 = 12;

/// How a command begins on the server: when its turn has come. Ids follow the time, so that all
/// commands read and write at the same end of every index, where the server cannot tell two from
/// each other: left to themselves, most that overlap are sent back, however little they share.
/// Taking the lock looks at nothing, so what a command sees begins after its turn has.
pub(crate) const IN_TURN: &str =
    "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE write_turn IN EXCLUSIVE MODE";

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Author {
    /// A member of staff, or an interface acting under an account.
    User(UserId),
    /// Somebody at the public door, without an account.
    Public,
    /// The program itself: clocks, sweeps, imports under way.
    System,
    /// Whoever runs the command line on the machine.
    Cli,
}

impl Author {
    /// The text stored with facts and audit entries.
    pub fn code(self) -> String {
        match self {
            Self::User(id) => format!("user:{id}"),
            Self::Public => "public".into(),
            Self::System => "system".into(),
            Self::Cli => "cli".into(),
        }
    }

    /// Reads [`Author::code`] back.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "public" => Some(Self::Public),
            "system" => Some(Self::System),
            "cli" => Some(Self::Cli),
            other => other.strip_prefix("user:")?.parse().ok().map(Self::User),
        }
    }

    /// The member of staff, when it is one.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(id) => Some(id),
            Self::Public | Self::System | Self::Cli => None,
        }
    }
}

/// What is asked, by whom, and why: the head of every write and of its audit entry.
#[derive(Debug, Clone)]
pub struct Command {
    /// Made by whoever asks; the same id twice is the same command.
    pub id: CommandId,
    /// Who asks.
    pub author: Author,
    /// The action's code, such as `people.merge`.
    pub action: &'static str,
    /// The purpose's code, such as `assessment`.
    pub purpose: &'static str,
    /// The response it belongs to, if one.
    pub response: Option<ResponseId>,
    /// A digest of what was typed, where somebody typed something: the same id with another one is
    /// another command. What is kept of it is made with a key.
    pub input: Option<[u8; 32]>,
}

/// The answer of a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    /// What the command answered.
    pub value: T,
    /// Whether this is the first answer given again, and nothing was done now.
    pub repeated: bool,
}

/// A write did not happen; nothing of it is in the database.
#[derive(Debug, thiserror::Error)]
pub enum WriteError<E> {
    /// The use case refused.
    #[error("refused")]
    Refused(E),
    /// The same command id was used before for another action, with other input or by somebody else.
    #[error("this command id was used for something else")]
    CommandReused,
    /// The database could not do it.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The use case panicked.
    #[error("the command failed inside the program")]
    Panicked,
}

/// What a command's function did, before the commit.
enum Done<T, E> {
    Fresh(T),
    Repeated(T),
    Failed(WriteError<E>),
}

struct Job<T, E, F> {
    command: Command,
    keys: std::sync::Arc<Keys>,
    now: Instant,
    sealed: i64,
    f: F,
    done: Option<Done<T, E>>,
    reply: SyncSender<Result<Written<T>, WriteError<E>>>,
}

impl<T, E, F> WriteJob for Job<T, E, F>
where
    T: Serialize + DeserializeOwned + Send,
    E: From<DbError> + Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
{
    fn run(&mut self, conn: &rusqlite::Connection) -> Step {
        let mut tx = Tx::on_sqlite(conn, TxContext::new(&self.keys, self.now, self.sealed));
        let done = perform(&mut tx, &self.command, &mut self.f);
        let step = match done {
            Done::Fresh(_) => Step::Keep,
            Done::Repeated(_) | Done::Failed(_) => Step::Undo,
        };
        self.done = Some(done);
        step
    }

    fn answer(self: Box<Self>, committed: Result<(), DbError>) {
        let answer = match (self.done, committed) {
            (Some(Done::Failed(e)), _) => Err(e),
            (_, Err(e)) => Err(WriteError::Db(e)),
            (Some(Done::Fresh(value)), Ok(())) => Ok(Written {
                value,
                repeated: false,
            }),
            (Some(Done::Repeated(value)), Ok(())) => Ok(Written {
                value,
                repeated: true,
            }),
            (None, Ok(())) => Err(WriteError::Panicked),
        };
        let _ = self.reply.send(answer);
    }
}

/// Receipt, use case, audit entry, new receipt: all inside the caller's transaction.
fn perform<T, E>(
    tx: &mut Tx<'_>,
    command: &Command,
    f: &mut impl FnMut(&mut Tx<'_>) -> Result<T, E>,
) -> Done<T, E>
where
    T: Serialize + DeserializeOwned,
    E: From<DbError>,
{
    match receipt(tx, command) {
        Ok(None) => {}
        Ok(Some(Receipt::Same(value))) => return Done::Repeated(value),
        Ok(Some(Receipt::Other)) => return Done::Failed(WriteError::CommandReused),
        Err(e) => return Done::Failed(WriteError::Db(e)),
    }
    let entry = match PendingEntry::begin(EntryId::new()) {
        Ok(entry) => entry,
        Err(e) => return Done::Failed(WriteError::Db(e.into())),
    };
    tx.context.entry = Some(entry);
    let value = match catch_unwind(AssertUnwindSafe(|| f(tx))) {
        Ok(Ok(value)) => value,
        Ok(Err(e)) => return Done::Failed(WriteError::Refused(e)),
        Err(_) => {
            tracing::error!(action = command.action, "a command panicked");
            return Done::Failed(WriteError::Panicked);
        }
    };
    match finish(tx, command, &value) {
        Ok(()) => Done::Fresh(value),
        Err(e) => Done::Failed(WriteError::Db(e)),
    }
}

enum Receipt<T> {
    Same(T),
    Other,
}

/// What is kept of the input: made with a key, so that nobody can try inputs until one fits.
fn kept_input(keys: &Keys, command: &Command) -> Option<Vec<u8>> {
    let input = command.input.as_ref()?;
    Some(keys.token("command_input", &hex(input)).to_vec())
}

fn receipt<T: DeserializeOwned>(
    tx: &mut Tx<'_>,
    command: &Command,
) -> Result<Option<Receipt<T>>, DbError> {
    let row = tx.row(
        "SELECT author, action, answer, input FROM receipt WHERE command_id = $1",
        &vals![command.id],
    )?;
    let Some(row) = row else { return Ok(None) };
    let keys = tx.context.keys;
    let (author, action): (String, String) = (row.get(0)?, row.get(1)?);
    let (given, kept) = (kept_input(keys, command), row.get::<Option<Vec<u8>>>(3)?);
    let other = given.is_some() && kept.is_some() && given != kept;
    if author != command.author.code() || action != command.action || other {
        return Ok(Some(Receipt::Other));
    }
    let answer: String = row.get(2)?;
    serde_json::from_str(&answer)
        .map(|value| Some(Receipt::Same(value)))
        .map_err(|_e: serde_json::Error| DbError::Stored { what: "receipt" })
}

fn finish<T: Serialize>(tx: &mut Tx<'_>, command: &Command, value: &T) -> Result<(), DbError> {
    tx.settle()?;
    if let Some(entry) = tx.context.entry.take() {
        entry.insert(tx, command)?;
    }
    let answer = serde_json::to_string(value)
        .map_err(|_e: serde_json::Error| DbError::Stored { what: "answer" })?;
    let (now, input) = (tx.now(), kept_input(tx.context.keys, command));
    tx.exec(
        "INSERT INTO receipt (command_id, author, action, answer, at, input)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &vals![
            command.id,
            command.author.code(),
            command.action,
            answer,
            now,
            input
        ],
    )?;
    Ok(())
}

/// How long to wait before a command is begun anew: longer each time, and not the same for all.
fn pause(tries: u32) -> std::time::Duration {
    let [spread] = crate::keys::random::<1>().unwrap_or([128]);
    let most = 4_000_u64 << tries.min(6);
    std::time::Duration::from_micros(500 + most * u64::from(spread) / 256)
}

impl Store {
    /// Runs a command once and durably: when this returns `Ok`, a kill loses nothing of it.
    ///
    /// `f` may run more than once (a server may ask to repeat a transaction) and must therefore do
    /// nothing but read and write through the transaction. What it returns is kept as the receipt
    /// and given again to whoever repeats the command, so it must hold no personal values.
    ///
    /// # Errors
    /// [`WriteError::Refused`] with the use case's own error; otherwise what the database said.
    pub fn write<T, E, F>(&self, command: Command, f: F) -> Result<Written<T>, WriteError<E>>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        match self.backend() {
            Backend::Sqlite(db) => {
                let (reply, answer): (_, Receiver<_>) = sync_channel(1);
                let job = Job {
                    command,
                    keys: self.keys_shared(),
                    now: self.now(),
                    sealed: self.sealed(),
                    f,
                    done: None,
                    reply,
                };
                db.submit(Box::new(job))?;
                answer
                    .recv()
                    .unwrap_or(Err(WriteError::Db(DbError::Unavailable)))
            }
            Backend::Postgres(_) => self.write_on_server(&command, f),
        }
    }

    fn write_on_server<T, E>(
        &self,
        command: &Command,
        mut f: impl FnMut(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<Written<T>, WriteError<E>>
    where
        T: Serialize + DeserializeOwned,
        E: From<DbError>,
    {
        let Backend::Postgres(pool) = self.backend() else {
            return Err(WriteError::Db(DbError::Unavailable));
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let mut retry = false;
            let (now, sealed) = (self.now(), self.sealed());
            let begin = |conn: &mut PgConn| conn.script(IN_TURN);
            let done = pool.with_begun(begin, |conn, ()| {
                let mut tx = Tx::on_postgres(conn, TxContext::new(self.keys(), now, sealed));
                let done = perform(&mut tx, command, &mut f);
                drop(tx);
                // A conflict inside the use case comes back as its own error type; the connection
                // remembers that there was one.
                let end = match &done {
                    Done::Fresh(_) => conn.script("COMMIT"),
                    Done::Repeated(_) => conn.script("ROLLBACK"),
                    Done::Failed(e) => {
                        retry = conn.failed_in_conflict();
                        if let WriteError::Db(e) = e {
                            retry |= e.is_retryable();
                        }
                        conn.script("ROLLBACK")
                    }
                };
                if let Err(e) = end {
                    let _ = conn.script("ROLLBACK");
                    // Whether a commit whose answer was lost took place, the receipt will say.
                    retry |= e.is_retryable();
                    if matches!(done, Done::Fresh(_)) {
                        return Err(e);
                    }
                }
                Ok(done)
            });
            if retry && tries < TRIES_MAX {
                self.count_retry();
                std::thread::sleep(pause(tries));
                continue;
            }
            return match done {
                Ok(Done::Fresh(value)) => Ok(Written {
                    value,
                    repeated: false,
                }),
                Ok(Done::Repeated(value)) => Ok(Written {
                    value,
                    repeated: true,
                }),
                Ok(Done::Failed(e)) => Err(e),
                Err(e) => Err(WriteError::Db(e)),
            };
        }
    }
}
