//! What finds and explains records of one person: keyed tokens, models, and how a pair was scored.
//! What a token or a model is, `app` and its engine know.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use fangxian_base::{Instant, JobId, RecordId, UserId};
use uuid::Uuid;

use crate::db::{DbError, Insert, Row, Tx, Val, vals};
use crate::store::Store;
use crate::write::Author;

/// Tokens of a record in the form in which they are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkTokens(Vec<i64>);

impl LinkTokens {
    /// Keys tokens: the first eight bytes of each one's code under the search key.
    pub fn keyed(tx: &Tx<'_>, tokens: &[u64]) -> Self {
        let keyed = tokens.iter().map(|token| {
            let code = tx.context.keys.token("linkage", &format!("{token:016x}"));
            let (first, _) = code.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
            i64::from_be_bytes(*first)
        });
        Self(keyed.collect())
    }

    /// The keyed tokens.
    pub(crate) fn keys(&self) -> impl Iterator<Item = i64> {
        self.0.iter().copied()
    }
}

const LINK_TOKEN: Insert = Insert {
    rank: 7,
    table: "link_token",
    columns: "token, record_id",
    width: 2,
    tail: " ON CONFLICT DO NOTHING",
};

/// Gives a record its tokens.
pub fn link_token_insert(
    tx: &mut Tx<'_>,
    record: RecordId,
    tokens: &LinkTokens,
) -> Result<(), DbError> {
    if tokens.0.is_empty() {
        return Ok(());
    }
    for token in &tokens.0 {
        tx.later(&LINK_TOKEN, vals![*token, record]);
        tx.arrived_link_token(record, *token);
    }
    if !tx.has_arrived(record) {
        tx.settle()?;
    }
    Ok(())
}

/// Other records that share tokens with a record, for each of its tokens; a token that more than
/// `most` records have says too little and is left out.
pub fn link_token_shared(
    tx: &mut Tx<'_>,
    record: RecordId,
    tokens: &LinkTokens,
    most: i64,
) -> Result<Vec<Vec<RecordId>>, DbError> {
    if tokens.0.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = vals![record, most + 1].to_vec();
    let mut sql = String::new();
    let mut shared: BTreeMap<i64, BTreeSet<RecordId>> = BTreeMap::new();
    for token in &tokens.0 {
        if let Some(known) = tx.context.memory.ahead.link_tokens.get(token) {
            let others = known.iter().copied().filter(|other| *other != record);
            shared.entry(*token).or_default().extend(others);
            continue;
        }
        values.push((*token).into());
        let union = if sql.is_empty() { "" } else { " UNION ALL " };
        let n = values.len();
        let _ = write!(
            sql,
            "{union}SELECT * FROM (SELECT token, record_id FROM link_token
             WHERE token = ${n} AND record_id <> $1 LIMIT $2) t{n}"
        );
    }
    if !sql.is_empty() {
        for row in tx.rows_aside(&sql, &values)? {
            shared.entry(row.get(0)?).or_default().insert(row.get(1)?);
        }
    }
    for token in &tokens.0 {
        let arrivals = tx.link_token_arrivals(*token);
        let others: Vec<RecordId> = arrivals.filter(|other| *other != record).collect();
        if !others.is_empty() {
            shared.entry(*token).or_default().extend(others);
        }
    }
    let few = |holders: &BTreeSet<RecordId>| i64::try_from(holders.len()).is_ok_and(|n| n <= most);
    let holders = shared.into_values().filter(few);
    Ok(holders.map(|all| all.into_iter().collect()).collect())
}

impl Store {
    /// Gives the next `limit` records without tokens of this version their tokens, newest first;
    /// `tokens` says which. Answers whether all have them.
    ///
    /// # Errors
    /// What the database said; the next call goes on.
    pub fn link_token_fill<F>(
        &self,
        version: i64,
        limit: i64,
        mut tokens: F,
    ) -> Result<bool, DbError>
    where
        F: FnMut(&mut Tx<'_>, RecordId) -> Result<Vec<u64>, DbError> + Send + 'static,
    {
        let before = self.read(|tx| filled(tx, version))?;
        if before == Some(Uuid::nil()) {
            return Ok(true);
        }
        self.upkeep(move |tx| {
            let before = filled(tx, version)?.unwrap_or(Uuid::max());
            let records: Vec<RecordId> = tx
                .rows(
                    "SELECT id FROM record WHERE id < $1 ORDER BY id DESC LIMIT $2",
                    &vals![before, limit],
                )?
                .iter()
                .map(|row| row.get(0))
                .collect::<Result<_, DbError>>()?;
            for record in &records {
                let tokens = tokens(tx, *record)?;
                let tokens = LinkTokens::keyed(tx, &tokens);
                link_token_insert(tx, *record, &tokens)?;
            }
            let last = records.last().map_or(Uuid::nil(), |record| record.uuid());
            tx.exec(
                "INSERT INTO link_fill (version, before_id) VALUES ($1, $2)
                 ON CONFLICT (version) DO UPDATE SET before_id = excluded.before_id",
                &vals![version, last],
            )?;
            Ok(records.is_empty())
        })
    }
}

fn filled(tx: &mut Tx<'_>, version: i64) -> Result<Option<Uuid>, DbError> {
    tx.row(
        "SELECT before_id FROM link_fill WHERE version = $1",
        &vals![version],
    )?
    .map(|row| row.get(0))
    .transpose()
}

/// Whether every record has tokens of this version.
pub fn link_token_complete(tx: &mut Tx<'_>, version: i64) -> Result<bool, DbError> {
    Ok(filled(tx, version)? == Some(Uuid::nil()))
}

/// A model that was learnt here, without its content.
#[derive(Debug, Clone)]
pub struct LinkModel {
    /// The job that made it.
    pub id: JobId,
    /// The seed it was learnt with.
    pub seed: i64,
    /// Records that it was learnt from.
    pub records: i64,
    /// Who had it made, as [`Author::code`] writes it.
    pub made_by: String,
    /// When it was made.
    pub made_at: Instant,
    /// Who released it.
    pub released_by: Option<UserId>,
    /// When it was released last.
    pub released_at: Option<Instant>,
}

const MODEL_COLUMNS: &str = "id, seed, records, made_by, made_at, released_by, released_at";

fn model_from(row: &Row) -> Result<LinkModel, DbError> {
    Ok(LinkModel {
        id: row.get(0)?,
        seed: row.get(1)?,
        records: row.get(2)?,
        made_by: row.get(3)?,
        made_at: row.get(4)?,
        released_by: row.get(5)?,
        released_at: row.get(6)?,
    })
}

fn model_place(id: JobId) -> String {
    format!("link_model|model|{id}")
}

/// Keeps a model; it is in force when somebody releases it.
pub fn link_model_insert(
    tx: &mut Tx<'_>,
    id: JobId,
    (seed, records): (i64, i64),
    author: Author,
    model: &str,
) -> Result<(), DbError> {
    let sealed = tx
        .context
        .keys
        .seal_own(&model_place(id), model.as_bytes())?;
    let now = tx.now();
    tx.note("link_model", id);
    tx.exec(
        "INSERT INTO link_model (id, seed, records, model_sealed, made_by, made_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &vals![id, seed, records, sealed, author.code(), now],
    )?;
    Ok(())
}

/// The newest models.
pub fn link_model_list(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<LinkModel>, DbError> {
    tx.rows(
        &format!("SELECT {MODEL_COLUMNS} FROM link_model ORDER BY made_at DESC, id DESC LIMIT $1"),
        &vals![limit],
    )?
    .iter()
    .map(model_from)
    .collect()
}

/// The model that was released last.
pub fn link_model_in_force(tx: &mut Tx<'_>) -> Result<Option<LinkModel>, DbError> {
    tx.row(
        &format!(
            "SELECT {MODEL_COLUMNS} FROM link_model WHERE released_at IS NOT NULL
             ORDER BY released_at DESC, id DESC LIMIT 1"
        ),
        &[],
    )?
    .map(|row| model_from(&row))
    .transpose()
}

/// A model as it was kept.
pub fn link_model_text(tx: &mut Tx<'_>, id: JobId) -> Result<Option<String>, DbError> {
    let row = tx.row(
        "SELECT model_sealed FROM link_model WHERE id = $1",
        &vals![id],
    )?;
    let Some(row) = row else { return Ok(None) };
    let plain = tx
        .context
        .keys
        .open_own(&model_place(id), &row.get::<Vec<u8>>(0)?)?;
    String::from_utf8(plain)
        .map(Some)
        .map_err(|_e: std::string::FromUtf8Error| DbError::Stored { what: "model" })
}

/// Puts a model into force; answers whether it is there.
pub fn link_model_release(tx: &mut Tx<'_>, id: JobId, by: UserId) -> Result<bool, DbError> {
    tx.note("link_model", id);
    let now = tx.now();
    let touched = tx.exec(
        "UPDATE link_model SET released_by = $2, released_at = $3 WHERE id = $1",
        &vals![id, by, now],
    )?;
    Ok(touched == 1)
}

/// How two records were scored.
#[derive(Debug, Clone)]
pub struct LinkScore {
    /// The model; none: the shipped one.
    pub model: Option<JobId>,
    /// Thousandths of a bit.
    pub weight: i64,
    /// Fields with step and bits, as `app` writes them; no value.
    pub reasons: String,
}

/// Keeps how two records were scored, in place of what an earlier model said.
pub fn score_insert(
    tx: &mut Tx<'_>,
    (a, b): (RecordId, RecordId),
    score: &LinkScore,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        "INSERT INTO link_score (a, b, model_id, weight, reasons, at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (a, b) DO UPDATE SET model_id = excluded.model_id, weight = excluded.weight,
             reasons = excluded.reasons, at = excluded.at",
        &[
            Val::from(a.min(b)),
            a.max(b).into(),
            score.model.into(),
            score.weight.into(),
            score.reasons.as_str().into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// How two records were scored, where they were.
pub fn score_fetch(
    tx: &mut Tx<'_>,
    (a, b): (RecordId, RecordId),
) -> Result<Option<LinkScore>, DbError> {
    tx.row(
        "SELECT model_id, weight, reasons FROM link_score WHERE a = $1 AND b = $2",
        &vals![a.min(b), a.max(b)],
    )?
    .map(|row| {
        Ok(LinkScore {
            model: row.get(0)?,
            weight: row.get(1)?,
            reasons: row.get(2)?,
        })
    })
    .transpose()
}

/// Deletes how a record was scored against others.
pub(crate) fn score_forget(tx: &mut Tx<'_>, record: RecordId) -> Result<(), DbError> {
    for side in ["a", "b"] {
        let sql = format!("DELETE FROM link_score WHERE {side} = $1");
        tx.exec(&sql, &vals![record])?;
    }
    Ok(())
}
