//! Responses: what facts, tasks and measures are collected for; purpose, retention and closing hang
//! on them. The key of a response is made before its row and destroyed after its row says so.

use fangxian_base::{Instant, ResponseId};

use crate::db::{DbError, Row, Tx, vals};

/// A response about to be opened; its key exists already ([`crate::keys::Keys::make_response`]).
#[derive(Debug, Clone)]
pub struct NewResponse<'a> {
    /// Its id.
    pub id: ResponseId,
    /// The code people use, unique, such as `routine`.
    pub code: &'a str,
    /// The title in Chinese.
    pub title_zh: &'a str,
    /// The title in English.
    pub title_en: &'a str,
    /// The disease pack; empty for routine surveillance.
    pub disease: &'a str,
    /// The region path, such as `cn/hubei/wuhan/wuchang`.
    pub region: &'a str,
}

/// A response as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Its id.
    pub id: ResponseId,
    /// The code people use.
    pub code: String,
    /// The title in Chinese.
    pub title_zh: String,
    /// The title in English.
    pub title_en: String,
    /// The disease pack; empty for routine surveillance.
    pub disease: String,
    /// The region path.
    pub region: String,
    /// When it was opened.
    pub opened_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// When its personal records were destroyed.
    pub destroyed_at: Option<Instant>,
    /// The version for edits.
    pub version: i64,
}

const RESPONSE_COLUMNS: &str = "id, code, title_zh, title_en, disease, region, opened_at, \
     closed_at, destroyed_at, version";

fn response_from(row: &Row) -> Result<Response, DbError> {
    Ok(Response {
        id: row.get(0)?,
        code: row.get(1)?,
        title_zh: row.get(2)?,
        title_en: row.get(3)?,
        disease: row.get(4)?,
        region: row.get(5)?,
        opened_at: row.get(6)?,
        closed_at: row.get(7)?,
        destroyed_at: row.get(8)?,
        version: row.get(9)?,
    })
}

/// Opens a response.
pub fn response_insert(tx: &mut Tx<'_>, response: &NewResponse<'_>) -> Result<(), DbError> {
    tx.context.memory.responses = None;
    let now = tx.now();
    tx.exec(
        "INSERT INTO response (id, code, title_zh, title_en, disease, region, opened_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1)",
        &vals![
            response.id,
            response.code,
            response.title_zh,
            response.title_en,
            response.disease,
            response.region,
            now
        ],
    )?;
    tx.note("response", response.id);
    Ok(())
}

/// One response.
pub fn response_fetch(tx: &mut Tx<'_>, id: ResponseId) -> Result<Option<Response>, DbError> {
    if let Some(all) = &tx.context.memory.responses {
        return Ok(all.iter().find(|response| response.id == id).cloned());
    }
    tx.row(
        &format!("SELECT {RESPONSE_COLUMNS} FROM response WHERE id = $1"),
        &vals![id],
    )?
    .map(|row| response_from(&row))
    .transpose()
}

/// The response with a code.
pub fn response_by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Response>, DbError> {
    tx.row(
        &format!("SELECT {RESPONSE_COLUMNS} FROM response WHERE code = $1"),
        &vals![code],
    )?
    .map(|row| response_from(&row))
    .transpose()
}

/// All responses: open ones first, then the newest.
pub fn response_list(tx: &mut Tx<'_>) -> Result<Vec<Response>, DbError> {
    if let Some(all) = &tx.context.memory.responses {
        return Ok(all.clone());
    }
    let all: Vec<Response> = tx
        .rows(
            &format!(
                "SELECT {RESPONSE_COLUMNS} FROM response
                 ORDER BY CASE WHEN closed_at IS NULL THEN 0 ELSE 1 END, opened_at DESC, id DESC"
            ),
            &[],
        )?
        .iter()
        .map(response_from)
        .collect::<Result<_, _>>()?;
    tx.context.memory.responses = Some(all.clone());
    Ok(all)
}

/// Closes a response; answers whether it was open and at `version`.
pub fn response_close(tx: &mut Tx<'_>, id: ResponseId, version: i64) -> Result<bool, DbError> {
    tx.context.memory.responses = None;
    tx.note("response", id);
    let now = tx.now();
    let touched = tx.exec(
        "UPDATE response SET closed_at = $2, version = version + 1
         WHERE id = $1 AND version = $3 AND closed_at IS NULL",
        &vals![id, now, version],
    )?;
    Ok(touched == 1)
}

/// Who closed a response, as [`crate::Author::code`] writes it, by the audit trail.
pub fn response_closed_by(tx: &mut Tx<'_>, id: ResponseId) -> Result<Option<String>, DbError> {
    tx.row(
        "SELECT author FROM audit_entry WHERE response_id = $1 AND action = 'responses.close'
         ORDER BY id DESC LIMIT 1",
        &vals![id],
    )?
    .map(|row| row.get(0))
    .transpose()
}

/// Says that the personal records of a closed response are to be destroyed; answers whether it was
/// closed, at `version` and not destroyed yet. What is destroyed goes in slices and then the key,
/// which is for the caller: [`crate::Store::finish_destruction`].
pub fn response_destroy(tx: &mut Tx<'_>, id: ResponseId, version: i64) -> Result<bool, DbError> {
    tx.context.memory.responses = None;
    tx.note("response", id);
    let now = tx.now();
    let touched = tx.exec(
        "UPDATE response SET destroyed_at = $2, version = version + 1
         WHERE id = $1 AND version = $3 AND closed_at IS NOT NULL AND destroyed_at IS NULL",
        &vals![id, now, version],
    )?;
    Ok(touched == 1)
}

/// What still runs for a response: nobody can go on with it once the response is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Running {
    /// Measures before or in force.
    pub measures: i64,
    /// Statutory reports not sent.
    pub reports: i64,
    /// Tasks not closed.
    pub tasks: i64,
    /// Reviews that wait for a look.
    pub reviews: i64,
    /// Lists that are being taken in, or undone.
    pub imports: i64,
    /// Appeals without an answer.
    pub appeals: i64,
}

impl Running {
    /// Whether nothing runs any more.
    pub fn is_over(&self) -> bool {
        *self == Self::default()
    }
}

/// What still runs for a response.
pub fn response_running(tx: &mut Tx<'_>, id: ResponseId) -> Result<Running, DbError> {
    let mut count = |table: &str, condition: &str| {
        tx.value(
            &format!("SELECT COUNT(*) FROM {table} WHERE response_id = $1 AND {condition}"),
            &vals![id],
        )
    };
    Ok(Running {
        measures: count(
            "measure",
            "state IN ('proposed', 'held', 'decided', 'served')",
        )?,
        reports: count("report_clock", "sent_at IS NULL AND ended_at IS NULL")?
            + count("alert_clock", "sent_at IS NULL AND ended_at IS NULL")?,
        tasks: count("task", "state IN ('open', 'received', 'done')")?,
        reviews: count("review", "state IN ('first_look', 'second_look', 'asked')")?,
        imports: count("import", "state IN ('running', 'undoing')")?,
        appeals: count("appeal", "state IN ('filed', 'assigned')")?,
    })
}
