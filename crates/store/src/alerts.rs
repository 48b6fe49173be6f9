//! Alerts: how many people occurred together, one row for a rule and a place while its window runs,
//! and what named persons made of it. Where it happened, the days and the reasons are sealed under
//! the key of the response.
//!
//! Rows follow from counting and can only be brought up to date by it ([`alert_insert`],
//! [`alert_recount`]); acknowledgements are added and never changed.

use fangxian_base::{AlertId, AreaId, Date, Instant, PersonId, ResponseId, UserId};
use fangxian_domain::alerts::Outcome;
use uuid::Uuid;

use crate::AreaRange;
use crate::assessments::CASE;
use crate::audit::hex;
use crate::db::{DbError, Row, Tx, vals};
use crate::keys::CryptError;
use crate::scopes::{Columns, Scope, Wanted};

/// A keyed code of an institution's name: equal names give equal codes, and nothing is read from it.
pub fn place_code(tx: &Tx<'_>, name: &str) -> String {
    keyed(tx, "place", name)
}

/// A keyed code of a value of a kind.
pub(crate) fn keyed(tx: &Tx<'_>, kind: &'static str, value: &str) -> String {
    hex(&tx.context.keys.token(kind, value))
}

/// People who count alike: same day, place, area and class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alike {
    /// The day they count for.
    pub on: Date,
    /// The institution, as [`place_code`] writes it.
    pub place: Option<String>,
    /// The area they live in.
    pub area: Option<AreaId>,
    /// Whether a sealed disease is concerned.
    pub confined: bool,
    /// The case class.
    pub class: Option<String>,
    /// Ill, and no case yet.
    pub ill: bool,
    /// Were taken into hospital.
    pub hospitalised: bool,
    /// Have died.
    pub died: bool,
    /// How many.
    pub people: i64,
}

/// The people who count in a response, those alike together, in the order of their days.
pub fn counted(tx: &mut Tx<'_>, response: ResponseId) -> Result<Vec<Alike>, DbError> {
    tx.rows(
        "SELECT a.counted_on, a.place, p.area_id, p.confined, a.class, a.ill, a.hospitalised,
             a.died, COUNT(*)
         FROM assessment a JOIN person p ON p.id = a.person_id
         WHERE a.response_id = $1 AND a.scheme = $2 AND a.counted_on IS NOT NULL
         GROUP BY a.counted_on, a.place, p.area_id, p.confined, a.class, a.ill, a.hospitalised,
             a.died
         ORDER BY a.counted_on, a.place, p.area_id, a.class",
        &vals![response, CASE],
    )?
    .iter()
    .map(|row| {
        Ok(Alike {
            on: row.get(0)?,
            place: row.get(1)?,
            area: row.get(2)?,
            confined: row.get(3)?,
            class: row.get(4)?,
            ill: row.get(5)?,
            hospitalised: row.get(6)?,
            died: row.get(7)?,
            people: row.get(8)?,
        })
    })
    .collect()
}

/// Somebody who counts at a place, to learn what the place is called.
pub fn someone_at(
    tx: &mut Tx<'_>,
    response: ResponseId,
    place: &str,
) -> Result<Option<PersonId>, DbError> {
    tx.row(
        "SELECT person_id FROM assessment
         WHERE response_id = $1 AND scheme = $2 AND place = $3 AND counted_on IS NOT NULL
         ORDER BY person_id LIMIT 1",
        &vals![response, CASE, place],
    )?
    .map(|row| row.get(0))
    .transpose()
}

/// Says that cases are to be counted again.
pub(crate) fn due(tx: &mut Tx<'_>, response: ResponseId) -> Result<(), DbError> {
    if !tx.context.memory.alerts_due.insert(response) {
        return Ok(());
    }
    let now = tx.now();
    tx.exec(
        "INSERT INTO alert_due (response_id, at, times) VALUES ($1, $2, 1)
         ON CONFLICT (response_id) DO UPDATE SET times = alert_due.times + 1",
        &vals![response, now],
    )?;
    Ok(())
}

/// Responses in which cases are to be counted again since `by` or longer, and how often that was
/// said.
pub fn due_list(tx: &mut Tx<'_>, by: Instant) -> Result<Vec<(ResponseId, i64)>, DbError> {
    tx.rows(
        "SELECT response_id, times FROM alert_due WHERE at <= $1 ORDER BY at, response_id",
        &vals![by],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

impl crate::Store {
    /// Cases were counted, unless it was said again since.
    ///
    /// # Errors
    /// What the database said.
    pub fn alerts_counted(&self, response: ResponseId, times: i64) -> Result<(), DbError> {
        self.upkeep(move |tx| {
            tx.exec(
                "DELETE FROM alert_due WHERE response_id = $1 AND times = $2",
                &vals![response, times],
            )?;
            Ok(())
        })
    }
}

/// An alert about to be raised.
#[derive(Debug)]
pub struct NewAlert<'a> {
    /// Its id.
    pub id: AlertId,
    /// In which response.
    pub response: ResponseId,
    /// The rule, `pack/rule`.
    pub rule: &'a str,
    /// What it is: cluster, outbreak, event.
    pub kind: &'a str,
    /// What kind of place it is.
    pub unit: &'a str,
    /// What tells the place from others.
    pub place: &'a str,
    /// Where it is.
    pub area: Option<AreaId>,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// What was counted.
    pub count: Count<'a>,
}

/// What was counted at a place.
#[derive(Debug, Clone, Copy)]
pub struct Count<'a> {
    /// Cases in the window.
    pub cases: i64,
    /// Whether they still reach the threshold.
    pub met: bool,
    /// First day of the window.
    pub from: Date,
    /// Its last day.
    pub to: Date,
    /// The last day on which the alert is told without a further case.
    pub until: Date,
    /// Place, days and reasons; sealed.
    pub content: &'a [u8],
}

/// An acknowledgement as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// What was done.
    pub outcome: Outcome,
    /// The number of the report.
    pub reference: Option<String>,
    /// Why it is no event; none as well when the key was destroyed.
    pub reason: Option<String>,
    /// The cases counted at that time.
    pub cases: i64,
    /// Who.
    pub by: Option<UserId>,
    /// When.
    pub at: Instant,
}

/// An alert as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// In which response.
    pub response: ResponseId,
    /// The disease pack of the response.
    pub disease: String,
    /// The rule, `pack/rule`.
    pub rule: String,
    /// What it is.
    pub kind: String,
    /// What kind of place it is.
    pub unit: String,
    /// What tells the place from others.
    pub place: String,
    /// Where it is.
    pub area: Option<AreaId>,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// When it was raised.
    pub raised_at: Instant,
    /// When the counts changed last.
    pub counted_at: Instant,
    /// Cases in the window.
    pub cases: i64,
    /// The most that were counted at any time.
    pub most: i64,
    /// Whether they still reach the threshold.
    pub met: bool,
    /// First day of the window.
    pub from: Date,
    /// Its last day.
    pub to: Date,
    /// The last day on which it is told without a further case.
    pub until: Date,
    /// Place, days and reasons; none when the key was destroyed.
    pub content: Option<Vec<u8>>,
    /// The outcome of the last acknowledgement, and the cases counted then.
    pub acknowledged: Option<(Outcome, i64)>,
    /// Until when the first open statutory report must be sent.
    pub due_at: Option<Instant>,
    /// The version for edits.
    pub version: i64,
}

const COLUMNS: &str = "a.id, a.response_id, o.disease, a.rule, a.kind, a.unit, a.place, a.area_id, \
     a.confined, a.raised_at, a.counted_at, a.cases, a.most, a.met, a.from_on, a.to_on, \
     a.until_on, a.content_sealed, l.outcome, l.cases, a.version, \
     (SELECT MIN(k.due_at) FROM alert_clock k \
      WHERE k.alert_id = a.id AND k.sent_at IS NULL AND k.ended_at IS NULL) AS due_at";
const FROM: &str = "alert a JOIN response o ON o.id = a.response_id AND o.destroyed_at IS NULL \
     LEFT JOIN alert_acknowledgement l ON l.id = (SELECT y.id FROM alert_acknowledgement y \
         WHERE y.alert_id = a.id ORDER BY y.id DESC LIMIT 1)";
/// As `AlertState::of` says it.
const WAITING: &str = "(l.id IS NULL OR (l.outcome = 'no_event' AND l.cases < a.cases))";
const SCOPED: Columns<'static> = Columns {
    area: "a.area_id",
    response: "a.response_id",
    confined: "a.confined",
    assignee: "",
    unit: "",
};

fn outcome_of(code: &str) -> Result<Outcome, DbError> {
    Outcome::from_code(code).ok_or(DbError::Stored {
        what: "acknowledgement",
    })
}

fn place_of(id: AlertId) -> String {
    format!("alert|content|{id}")
}

/// Opens what was sealed for a response; none when its key was destroyed.
fn open(
    tx: &Tx<'_>,
    response: ResponseId,
    place: &str,
    sealed: &[u8],
) -> Result<Option<Vec<u8>>, DbError> {
    match tx.context.keys.open_for(response, place, sealed) {
        Ok(plain) => Ok(Some(plain)),
        Err(CryptError::Destroyed) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

fn alert_from(tx: &Tx<'_>, row: &Row) -> Result<Alert, DbError> {
    let (id, response): (AlertId, ResponseId) = (row.get(0)?, row.get(1)?);
    let sealed: Vec<u8> = row.get(17)?;
    let outcome: Option<String> = row.get(18)?;
    let seen: Option<i64> = row.get(19)?;
    let acknowledged = match (outcome, seen) {
        (Some(outcome), Some(seen)) => Some((outcome_of(&outcome)?, seen)),
        _ => None,
    };
    Ok(Alert {
        id,
        response,
        disease: row.get(2)?,
        rule: row.get(3)?,
        kind: row.get(4)?,
        unit: row.get(5)?,
        place: row.get(6)?,
        area: row.get(7)?,
        confined: row.get(8)?,
        raised_at: row.get(9)?,
        counted_at: row.get(10)?,
        cases: row.get(11)?,
        most: row.get(12)?,
        met: row.get(13)?,
        from: row.get(14)?,
        to: row.get(15)?,
        until: row.get(16)?,
        content: open(tx, response, &place_of(id), &sealed)?,
        acknowledged,
        version: row.get(20)?,
        due_at: row.get(21)?,
    })
}

fn seal(
    tx: &Tx<'_>,
    response: ResponseId,
    id: AlertId,
    content: &[u8],
) -> Result<Vec<u8>, DbError> {
    Ok(tx.context.keys.seal_for(response, &place_of(id), content)?)
}

/// Raises an alert.
pub fn alert_insert(tx: &mut Tx<'_>, new: &NewAlert<'_>) -> Result<(), DbError> {
    let sealed = seal(tx, new.response, new.id, new.count.content)?;
    let now = tx.now();
    tx.note("alert", new.id);
    tx.exec(
        "INSERT INTO alert (id, response_id, rule, kind, unit, place, area_id, confined, raised_at,
             counted_at, cases, most, met, from_on, to_on, until_on, content_sealed, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $10, $11, $12, $13, $14, $15, 1)",
        &vals![
            new.id,
            new.response,
            new.rule,
            new.kind,
            new.unit,
            new.place,
            new.area,
            new.confined,
            now,
            new.count.cases,
            new.count.met,
            new.count.from,
            new.count.to,
            new.count.until,
            sealed
        ],
    )?;
    Ok(())
}

/// Brings the counts of an alert up to date; when it was raised stays.
pub fn alert_recount(
    tx: &mut Tx<'_>,
    alert: &Alert,
    count: Count<'_>,
    confined: bool,
) -> Result<(), DbError> {
    let sealed = seal(tx, alert.response, alert.id, count.content)?;
    let now = tx.now();
    tx.note("alert", alert.id);
    tx.exec(
        "UPDATE alert SET cases = $2, most = $3, met = $4, from_on = $5, to_on = $6, until_on = $7,
             content_sealed = $8, counted_at = $9, confined = $10, version = version + 1
         WHERE id = $1",
        &vals![
            alert.id,
            count.cases,
            alert.most.max(count.cases),
            count.met,
            count.from,
            count.to,
            count.until,
            sealed,
            now,
            confined || alert.confined
        ],
    )?;
    Ok(())
}

/// One alert; none of a destroyed response.
pub fn alert_fetch(tx: &mut Tx<'_>, id: AlertId) -> Result<Option<Alert>, DbError> {
    let row = tx.row(
        &format!("SELECT {COLUMNS} FROM {FROM} WHERE a.id = $1"),
        &vals![id],
    )?;
    row.map(|row| alert_from(tx, &row)).transpose()
}

/// The alerts of a response whose window runs on a day.
pub fn alert_running(
    tx: &mut Tx<'_>,
    response: ResponseId,
    on: Date,
) -> Result<Vec<Alert>, DbError> {
    let rows = tx.rows(
        &format!(
            "SELECT {COLUMNS} FROM {FROM} WHERE a.response_id = $1 AND a.until_on >= $2 ORDER BY a.id"
        ),
        &vals![response, on],
    )?;
    rows.iter().map(|row| alert_from(tx, row)).collect()
}

/// Keeps what a named person made of an alert; answers whether it was at `version`.
pub fn alert_acknowledge(
    tx: &mut Tx<'_>,
    alert: &Alert,
    version: i64,
    by: Option<UserId>,
    (outcome, words): (Outcome, &str),
) -> Result<bool, DbError> {
    tx.note("alert", alert.id);
    let touched = tx.exec(
        "UPDATE alert SET version = version + 1 WHERE id = $1 AND version = $2",
        &vals![alert.id, version],
    )?;
    if touched == 0 {
        return Ok(false);
    }
    let id = Uuid::now_v7();
    let (reference, reason) = match outcome {
        Outcome::Reported => (Some(words), None),
        Outcome::NoEvent => {
            let place = format!("alert_acknowledgement|reason|{id}");
            let keys = &tx.context.keys;
            (
                None,
                Some(keys.seal_for(alert.response, &place, words.as_bytes())?),
            )
        }
    };
    let now = tx.now();
    tx.exec(
        "INSERT INTO alert_acknowledgement (id, alert_id, outcome, reference, reason_sealed, cases,
             user_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &vals![
            id,
            alert.id,
            outcome.code(),
            reference,
            reason,
            alert.cases,
            by,
            now
        ],
    )?;
    Ok(true)
}

/// What named persons made of an alert, the latest first.
pub fn acknowledgements(tx: &mut Tx<'_>, alert: &Alert) -> Result<Vec<Acknowledgement>, DbError> {
    let rows = tx.rows(
        "SELECT id, outcome, reference, reason_sealed, cases, user_id, at
         FROM alert_acknowledgement WHERE alert_id = $1 ORDER BY id DESC",
        &vals![alert.id],
    )?;
    rows.iter()
        .map(|row| {
            let id: Uuid = row.get(0)?;
            let sealed: Option<Vec<u8>> = row.get(3)?;
            let place = format!("alert_acknowledgement|reason|{id}");
            let reason = match sealed {
                Some(sealed) => open(tx, alert.response, &place, &sealed)?,
                None => None,
            };
            Ok(Acknowledgement {
                outcome: outcome_of(&row.get::<String>(1)?)?,
                reference: row.get(2)?,
                reason: reason.map(|plain| String::from_utf8_lossy(&plain).into_owned()),
                cases: row.get(4)?,
                by: row.get(5)?,
                at: row.get(6)?,
            })
        })
        .collect()
}

/// Which alerts to list.
#[derive(Debug, Clone)]
pub struct AlertFilter {
    /// What the reader may see.
    pub scopes: Vec<Scope>,
    /// Only in and below this area.
    pub below: Option<AreaRange>,
    /// Only those that nobody has acknowledged, or whose window runs on this day.
    pub open_on: Option<Date>,
    /// Only those that nobody has acknowledged.
    pub waiting: bool,
    /// LIMIT: how many at most.
    pub limit: i64,
    /// How many to skip.
    pub offset: i64,
}

fn wanted(filter: &AlertFilter) -> Wanted {
    let mut wanted = Wanted::seen(&[], &filter.scopes, SCOPED);
    wanted.below("a.area_id", filter.below.as_ref());
    if let Some(day) = filter.open_on {
        wanted.and_with(&format!("({WAITING} OR a.until_on >= ?)"), day);
    }
    if filter.waiting {
        wanted.and(WAITING);
    }
    wanted
}

/// Lists alerts by urgency: those that nobody has acknowledged, by what is due soonest, then the
/// newest.
pub fn alert_list(tx: &mut Tx<'_>, filter: &AlertFilter) -> Result<Vec<Alert>, DbError> {
    let wanted = wanted(filter);
    let select = format!(
        "SELECT * FROM (SELECT {COLUMNS}, CASE WHEN {WAITING} THEN 0 ELSE 1 END AS seen
             FROM {FROM} WHERE {}) q
         ORDER BY q.seen, CASE WHEN q.due_at IS NULL THEN 1 ELSE 0 END, q.due_at,
             q.raised_at DESC, q.id",
        wanted.sql()
    );
    let rows = wanted.page(tx, &select, filter.limit, filter.offset)?;
    rows.iter().map(|row| alert_from(tx, row)).collect()
}

/// Counts what [`alert_list`] would list without its limit.
pub fn alert_count(tx: &mut Tx<'_>, filter: &AlertFilter) -> Result<i64, DbError> {
    wanted(filter).count(tx, FROM)
}
