//! What waits to leave or to be done: messages to the outside and background jobs.
//!
//! A row is written in the transaction that wants it, claimed under a lease, and ends as done or,
//! after too many attempts, as dead for somebody to look at. A worker that dies leaves a lease that
//! runs out. Who delivers, and how, is decided in `app`.

use fangxian_base::{Instant, JobId, MessageId, RecordId};

use crate::db::{DbError, Row, Tx, vals};
use crate::store::Store;

/// A claimed row belongs to its worker for so many minutes.
const LEASE_MINUTES: i64 = 5;
/// The first pause after a failure; each further one doubles it.
const PAUSE_MINUTES: i64 = 1;
/// LIMIT: the longest pause.
const PAUSE_MINUTES_MAX: i64 = 360;
/// LIMIT: attempts before a row is dead.
pub const ATTEMPTS_MAX: i64 = 10;

/// A message about to be queued. Its content is sealed under the record's key, so that destroying
/// the record also silences what was not sent yet.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// The record it concerns.
    pub record: RecordId,
    /// The channel's code, such as `log`.
    pub channel: &'a str,
    /// Which text it is.
    pub template: &'a str,
    /// Address and values, as the channel reads them.
    pub content: &'a [u8],
    /// When given, a message with the same key is queued only once.
    pub unique_key: Option<&'a str>,
}

/// A claimed message. `content` is `None` when its key was destroyed.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The record it concerns.
    pub record: RecordId,
    /// The channel's code.
    pub channel: String,
    /// Which text it is.
    pub template: String,
    /// Attempts so far, this one included.
    pub attempts: i64,
    /// Address and values.
    pub content: Option<Vec<u8>>,
}

/// Queues a message; answers nothing when its key was queued before.
pub fn message_insert(
    tx: &mut Tx<'_>,
    message: &NewMessage<'_>,
) -> Result<Option<MessageId>, DbError> {
    let id = MessageId::new();
    let place = format!("message|content|{id}");
    let sealed = crate::records::seal_under(tx, message.record, &place, message.content)?;
    let now = tx.now();
    let touched = tx.exec(
        "INSERT INTO message (id, record_id, channel, template, state, created_at, run_at, attempts,
             unique_key, content_sealed) VALUES ($1, $2, $3, $4, 'waiting', $5, $5, 0, $6, $7)
         ON CONFLICT (unique_key) DO NOTHING",
        &vals![
            id,
            message.record,
            message.channel,
            message.template,
            now,
            message.unique_key,
            sealed
        ],
    )?;
    tx.note("message", id);
    Ok((touched == 1).then_some(id))
}

/// A message or job as a list of what waits or failed shows it, without content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// The id, as text.
    pub id: String,
    /// `message` or `job`.
    pub what: &'static str,
    /// Template or kind.
    pub kind: String,
    /// `waiting`, `leased`, `done` or `dead`.
    pub state: String,
    /// When it is due next.
    pub run_at: Instant,
    /// Attempts so far.
    pub attempts: i64,
    /// What went wrong last.
    pub last_error: Option<String>,
}

fn queued(row: &Row, what: &'static str) -> Result<Queued, DbError> {
    Ok(Queued {
        id: row.get::<uuid::Uuid>(0)?.to_string(),
        what,
        kind: row.get(1)?,
        state: row.get(2)?,
        run_at: row.get(3)?,
        attempts: row.get(4)?,
        last_error: row.get(5)?,
    })
}

/// Messages and jobs that are not done: the dead first, then by when they are due.
pub fn queue_list(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Queued>, DbError> {
    let mut all = Vec::new();
    for (what, table, kind) in [("message", "message", "template"), ("job", "job", "kind")] {
        let rows = tx.rows(
            &format!(
                "SELECT id, {kind}, state, run_at, attempts, last_error FROM {table}
                 WHERE state <> 'done'
                 ORDER BY CASE WHEN state = 'dead' THEN 0 ELSE 1 END, run_at, id LIMIT $1"
            ),
            &vals![limit],
        )?;
        for row in &rows {
            all.push(queued(row, what)?);
        }
    }
    Ok(all)
}

/// How the queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct QueueState {
    /// Rows that wait or are being worked on.
    pub waiting: i64,
    /// Rows that were given up.
    pub dead: i64,
    /// When the oldest row that waits was due.
    pub oldest_due: Option<Instant>,
}

/// How messages and jobs stand together.
pub fn queue_state(tx: &mut Tx<'_>) -> Result<QueueState, DbError> {
    let mut state = QueueState::default();
    for table in ["message", "job"] {
        let count = |what: &str| format!("SELECT COUNT(*) FROM {table} WHERE state {what}");
        state.waiting += tx.value::<i64>(&count("IN ('waiting', 'leased')"), &[])?;
        state.dead += tx.value::<i64>(&count("= 'dead'"), &[])?;
        let oldest: Option<Instant> = tx.value(
            &format!("SELECT MIN(run_at) FROM {table} WHERE state IN ('waiting', 'leased')"),
            &[],
        )?;
        state.oldest_due = [state.oldest_due, oldest].into_iter().flatten().min();
    }
    Ok(state)
}

const DUE: &str =
    "((state = 'waiting' AND run_at <= $1) OR (state = 'leased' AND lease_until <= $1))";

fn pause(attempts: i64) -> i64 {
    (PAUSE_MINUTES << (attempts - 1).clamp(0, 12)).min(PAUSE_MINUTES_MAX)
}

impl Store {
    /// Claims messages that are due, oldest first, for a few minutes.
    ///
    /// # Errors
    /// What the database said.
    pub fn message_claim(&self, now: Instant, limit: i64) -> Result<Vec<Message>, DbError> {
        let due: i64 = self.read(|tx| {
            tx.value(
                &format!("SELECT COUNT(*) FROM message WHERE {DUE}"),
                &vals![now],
            )
        })?;
        if due == 0 {
            return Ok(Vec::new());
        }
        self.upkeep(move |tx| {
            let rows = tx.rows(
                &format!(
                    "SELECT id, record_id, channel, template, attempts, content_sealed FROM message
                     WHERE {DUE} ORDER BY run_at, id LIMIT $2"
                ),
                &vals![now, limit],
            )?;
            let mut claimed = Vec::new();
            for row in &rows {
                let (id, record): (MessageId, RecordId) = (row.get(0)?, row.get(1)?);
                let attempts = row.get::<i64>(4)? + 1;
                tx.exec(
                    "UPDATE message SET state = 'leased', lease_until = $2, attempts = $3
                     WHERE id = $1",
                    &vals![id, now.plus_minutes(LEASE_MINUTES), attempts],
                )?;
                let place = format!("message|content|{id}");
                let sealed: Vec<u8> = row.get(5)?;
                claimed.push(Message {
                    id,
                    record,
                    channel: row.get(2)?,
                    template: row.get(3)?,
                    attempts,
                    content: crate::records::open_under(tx, record, &place, &sealed)?,
                });
            }
            Ok(claimed)
        })
    }

    /// Notes that a message left.
    ///
    /// # Errors
    /// What the database said; the message will then leave again when its lease runs out.
    pub fn message_sent(&self, id: MessageId, now: Instant) -> Result<(), DbError> {
        self.upkeep(move |tx| {
            tx.exec(
                "UPDATE message SET state = 'done', sent_at = $2, lease_until = NULL,
                     last_error = NULL WHERE id = $1",
                &vals![id, now],
            )?;
            Ok(())
        })
    }

    /// Notes that a message did not leave: again after a pause, or never when `hopeless` or tried
    /// too often. `error` is a code or short text without personal values. Answers whether it is
    /// dead now.
    ///
    /// # Errors
    /// What the database said.
    pub fn message_failed(
        &self,
        message: &Message,
        error: &str,
        hopeless: bool,
        now: Instant,
    ) -> Result<bool, DbError> {
        let dead = hopeless || message.attempts >= ATTEMPTS_MAX;
        let (id, error) = (message.id, error.to_owned());
        let run_at = now.plus_minutes(pause(message.attempts));
        self.upkeep(move |tx| {
            tx.exec(
                "UPDATE message SET state = $2, run_at = $3, lease_until = NULL, last_error = $4
                 WHERE id = $1",
                &vals![id, if dead { "dead" } else { "waiting" }, run_at, &error],
            )?;
            Ok(dead)
        })
    }

    /// Begins a job that happens once for its key, such as once a night on however many nodes;
    /// nothing when it was begun before.
    ///
    /// # Errors
    /// What the database said.
    pub fn job_begin_once(&self, kind: &str, unique_key: &str) -> Result<Option<JobId>, DbError> {
        let known: i64 = self.read(|tx| {
            tx.value(
                "SELECT COUNT(*) FROM job WHERE unique_key = $1",
                &vals![unique_key],
            )
        })?;
        if known > 0 {
            return Ok(None);
        }
        let (kind, unique_key) = (kind.to_owned(), unique_key.to_owned());
        self.upkeep(move |tx| {
            let (id, now) = (JobId::new(), tx.now());
            let touched = tx.exec(
                "INSERT INTO job (id, kind, unique_key, state, run_at, attempts, lease_until,
                     payload) VALUES ($1, $2, $3, 'leased', $4, 1, $5, '{}')
                 ON CONFLICT (unique_key) DO NOTHING",
                &vals![id, &kind, &unique_key, now, now.plus_minutes(LEASE_MINUTES)],
            )?;
            Ok((touched == 1).then_some(id))
        })
    }

    /// Ends a job: done, or dead with what went wrong.
    ///
    /// # Errors
    /// What the database said.
    pub fn job_end(&self, id: JobId, error: Option<&str>) -> Result<(), DbError> {
        let error = error.map(str::to_owned);
        self.upkeep(move |tx| {
            let now = tx.now();
            let state = if error.is_some() { "dead" } else { "done" };
            tx.exec(
                "UPDATE job SET state = $2, finished_at = $3, lease_until = NULL, last_error = $4
                 WHERE id = $1",
                &vals![id, state, now, error.as_ref()],
            )?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::pause;

    #[test]
    fn pauses_double_up_to_a_limit() {
        assert_eq!((pause(1), pause(2), pause(5), pause(10)), (1, 2, 16, 360));
    }
}
