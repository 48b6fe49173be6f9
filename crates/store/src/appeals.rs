//! Appeals against measures and requests to correct facts: filed, assigned, answered. What was said
//! stands in the record that an appeal came as; answer and relief are sealed under the same record.

use fangxian_base::{AppealId, AreaId, Instant, MeasureId, PersonId, RecordId, ResponseId, UserId};
use fangxian_domain::appeals::{AppealKind, AppealState};

use crate::AreaRange;
use crate::db::{DbError, Row, Tx, Val, vals};
use crate::measures::Measure;
use crate::records::{open_under, seal_under};
use crate::scopes::{Columns, Scope, Wanted};

/// An appeal about to be filed.
#[derive(Debug)]
pub struct NewAppeal {
    /// Its id.
    pub id: AppealId,
    /// The record that it came as.
    pub record: RecordId,
    /// The measure that it names; none while nobody has found it.
    pub measure: Option<MeasureId>,
    /// The response of the measure, or routine surveillance.
    pub response: ResponseId,
    /// Where the person is.
    pub area: Option<AreaId>,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// What is wanted.
    pub kind: AppealKind,
    /// Until when it is answered; none where the city gives no deadline.
    pub due_at: Option<Instant>,
    /// When the next level is asked.
    pub climb_at: Option<Instant>,
    /// The level of the tree that answers, from 0 at the top; negative above it.
    pub level: i64,
}

/// An appeal as stored, without what is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appeal {
    /// Its id.
    pub id: AppealId,
    /// The record that it came as.
    pub record: RecordId,
    /// The measure.
    pub measure: Option<MeasureId>,
    /// The response.
    pub response: ResponseId,
    /// Whose record it is, today.
    pub person: PersonId,
    /// Where the person is.
    pub area: Option<AreaId>,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// What is wanted.
    pub kind: AppealKind,
    /// Where it stands.
    pub state: AppealState,
    /// When it was filed.
    pub filed_at: Instant,
    /// Until when it is answered.
    pub due_at: Option<Instant>,
    /// When the next level is asked.
    pub climb_at: Option<Instant>,
    /// The level of the tree that answers.
    pub level: i64,
    /// How often the next level was asked.
    pub raised: i64,
    /// Who will answer.
    pub assignee: Option<UserId>,
    /// Who named them.
    pub assigned_by: Option<UserId>,
    /// When.
    pub assigned_at: Option<Instant>,
    /// Since when the measure rests.
    pub relief_at: Option<Instant>,
    /// Who let it rest.
    pub relief_by: Option<UserId>,
    /// When it was answered or taken back.
    pub answered_at: Option<Instant>,
    /// Who answered.
    pub answered_by: Option<UserId>,
    /// The version for edits.
    pub version: i64,
}

const APPEAL_COLUMNS: &str = "a.id, a.record_id, a.measure_id, a.response_id, p.person_id, \
     a.area_id, a.confined, a.kind, a.state, a.filed_at, a.due_at, a.climb_at, a.level, a.raised, \
     a.assignee_id, a.assigned_by, a.assigned_at, a.relief_at, a.relief_by, a.answered_at, \
     a.answered_by, a.version";
/// Nothing of a destroyed response is shown.
const APPEAL_FROM: &str = "appeal a JOIN record_person p ON p.record_id = a.record_id \
     JOIN response o ON o.id = a.response_id AND o.destroyed_at IS NULL";
const SCOPED: Columns<'static> = Columns {
    area: "a.area_id",
    response: "a.response_id",
    confined: "a.confined",
    assignee: "a.assignee_id",
    unit: "",
};

fn appeal_from(row: &Row) -> Result<Appeal, DbError> {
    Ok(Appeal {
        id: row.get(0)?,
        record: row.get(1)?,
        measure: row.get(2)?,
        response: row.get(3)?,
        person: row.get(4)?,
        area: row.get(5)?,
        confined: row.get(6)?,
        kind: AppealKind::from_code(&row.get::<String>(7)?).ok_or(DbError::Stored {
            what: "kind of appeal",
        })?,
        state: AppealState::from_code(&row.get::<String>(8)?).ok_or(DbError::Stored {
            what: "appeal state",
        })?,
        filed_at: row.get(9)?,
        due_at: row.get(10)?,
        climb_at: row.get(11)?,
        level: row.get(12)?,
        raised: row.get(13)?,
        assignee: row.get(14)?,
        assigned_by: row.get(15)?,
        assigned_at: row.get(16)?,
        relief_at: row.get(17)?,
        relief_by: row.get(18)?,
        answered_at: row.get(19)?,
        answered_by: row.get(20)?,
        version: row.get(21)?,
    })
}

fn place(column: &str, id: AppealId) -> String {
    format!("appeal|{column}|{id}")
}

/// Files an appeal.
pub fn appeal_insert(tx: &mut Tx<'_>, new: &NewAppeal) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        "INSERT INTO appeal (id, record_id, measure_id, response_id, area_id, confined, kind,
             state, filed_at, due_at, climb_at, level, raised, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 1)",
        &vals![
            new.id,
            new.record,
            new.measure,
            new.response,
            new.area,
            new.confined,
            new.kind.code(),
            AppealState::Filed.code(),
            now,
            new.due_at,
            new.climb_at,
            new.level
        ],
    )?;
    tx.note("appeal", new.id);
    tx.detail("appeal_kind", new.kind.code());
    Ok(())
}

fn one_where(tx: &mut Tx<'_>, condition: &str, value: Val) -> Result<Option<Appeal>, DbError> {
    tx.row(
        &format!("SELECT {APPEAL_COLUMNS} FROM {APPEAL_FROM} WHERE {condition}"),
        &[value],
    )?
    .map(|row| appeal_from(&row))
    .transpose()
}

/// One appeal.
pub fn appeal_fetch(tx: &mut Tx<'_>, id: AppealId) -> Result<Option<Appeal>, DbError> {
    one_where(tx, "a.id = $1", id.into())
}

/// The appeal that came as a record.
pub fn appeal_by_record(tx: &mut Tx<'_>, record: RecordId) -> Result<Option<Appeal>, DbError> {
    one_where(tx, "a.record_id = $1", record.into())
}

/// All appeals against a measure, the newest first.
pub fn appeal_list_of_measure(tx: &mut Tx<'_>, measure: MeasureId) -> Result<Vec<Appeal>, DbError> {
    tx.rows(
        &format!(
            "SELECT {APPEAL_COLUMNS} FROM {APPEAL_FROM} WHERE a.measure_id = $1
             ORDER BY a.filed_at DESC, a.id DESC"
        ),
        &vals![measure],
    )?
    .iter()
    .map(appeal_from)
    .collect()
}

/// What is sealed in an appeal: the answer, and why the measure rests.
pub fn appeal_words(
    tx: &mut Tx<'_>,
    appeal: &Appeal,
) -> Result<(Option<String>, Option<String>), DbError> {
    let row = tx.row(
        "SELECT answer_sealed, relief_sealed FROM appeal WHERE id = $1",
        &vals![appeal.id],
    )?;
    let Some(row) = row else {
        return Ok((None, None));
    };
    let mut open = |sealed: Option<Vec<u8>>, column: &str| match sealed {
        Some(sealed) => open_under(tx, appeal.record, &place(column, appeal.id), &sealed)
            .map(|plain| plain.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())),
        None => Ok(None),
    };
    Ok((open(row.get(0)?, "answer")?, open(row.get(1)?, "relief")?))
}

/// One change of an appeal.
#[derive(Debug, Clone, Copy)]
pub enum AppealChange<'a> {
    /// The measure that is meant was found.
    Match(&'a Measure),
    /// Somebody was named to answer.
    Assign(UserId, Option<UserId>),
    /// The measure rests until the answer, with the reason.
    Relieve(UserId, &'a str),
    /// Answered, with the reason.
    Answer(UserId, &'a str),
    /// Taken back.
    Withdraw,
    /// The next level was asked: which, and when the one above it is.
    Raise(i64, Option<Instant>),
}

/// Writes a change and the state that it leads to; answers whether the appeal was at `version`.
pub fn appeal_move(
    tx: &mut Tx<'_>,
    appeal: &Appeal,
    version: i64,
    to: AppealState,
    change: AppealChange<'_>,
) -> Result<bool, DbError> {
    let id = appeal.id;
    tx.note("appeal", id);
    tx.detail("appeal_state", to.code());
    let now = tx.now();
    let (set, mut values): (&str, Vec<Val>) = match change {
        AppealChange::Match(measure) => (
            "measure_id = $4, response_id = $5, area_id = $6, confined = $7",
            vals![measure.id, measure.response, measure.area, measure.confined].into(),
        ),
        AppealChange::Assign(to, by) => (
            "assignee_id = $4, assigned_by = $5, assigned_at = $6",
            vals![to, by, now].to_vec(),
        ),
        AppealChange::Relieve(by, why) => {
            let sealed = seal_under(tx, appeal.record, &place("relief", id), why.as_bytes())?;
            (
                "relief_at = $4, relief_by = $5, relief_sealed = $6",
                vals![now, by, sealed].to_vec(),
            )
        }
        AppealChange::Answer(by, why) => {
            let sealed = seal_under(tx, appeal.record, &place("answer", id), why.as_bytes())?;
            (
                "answered_at = $4, answered_by = $5, answer_sealed = $6, climb_at = NULL",
                vals![now, by, sealed].to_vec(),
            )
        }
        AppealChange::Withdraw => ("answered_at = $4, climb_at = NULL", vals![now].to_vec()),
        AppealChange::Raise(level, next) => (
            "raised = raised + 1, level = $4, climb_at = $5",
            vals![level, next].to_vec(),
        ),
    };
    let mut all: Vec<Val> = vals![id, version, to.code()].to_vec();
    all.append(&mut values);
    let touched = tx.exec(
        &format!(
            "UPDATE appeal SET state = $3, {set}, version = version + 1
             WHERE id = $1 AND version = $2"
        ),
        &all,
    )?;
    Ok(touched == 1)
}

/// Which appeals to list.
#[derive(Debug, Clone, Default)]
pub struct AppealFilter {
    /// What the reader may see.
    pub scopes: Vec<Scope>,
    /// Only in these states; empty: all.
    pub states: Vec<AppealState>,
    /// Only in and below this area.
    pub below: Option<AreaRange>,
    /// Only those whose time has passed at this moment.
    pub late_at: Option<Instant>,
    /// LIMIT: how many at most.
    pub limit: i64,
    /// How many to skip.
    pub offset: i64,
}

fn wanted(filter: &AppealFilter) -> Wanted {
    let mut wanted = Wanted::seen(&[], &filter.scopes, SCOPED);
    wanted.states("a.state", filter.states.iter().map(|state| state.code()));
    wanted.below("a.area_id", filter.below.as_ref());
    if let Some(moment) = filter.late_at {
        wanted.and_with("a.due_at < ?", moment);
    }
    wanted
}

/// Lists appeals: the open ones first, by what is due soonest, then the newest.
pub fn appeal_list(tx: &mut Tx<'_>, filter: &AppealFilter) -> Result<Vec<Appeal>, DbError> {
    let wanted = wanted(filter);
    let select = format!(
        "SELECT {APPEAL_COLUMNS} FROM {APPEAL_FROM} WHERE {}
         ORDER BY CASE WHEN a.state IN ('filed', 'assigned') THEN 0 ELSE 1 END,
             CASE WHEN a.state IN ('filed', 'assigned') THEN COALESCE(a.due_at, a.filed_at)
                 ELSE -a.filed_at END,
             a.id",
        wanted.sql()
    );
    wanted
        .page(tx, &select, filter.limit, filter.offset)?
        .iter()
        .map(appeal_from)
        .collect()
}

/// Counts what [`appeal_list`] would list without its limit.
pub fn appeal_count(tx: &mut Tx<'_>, filter: &AppealFilter) -> Result<i64, DbError> {
    wanted(filter).count(tx, APPEAL_FROM)
}

/// Open appeals whose time to ask the next level has come, the oldest first.
pub fn appeal_climb_due(tx: &mut Tx<'_>, now: Instant, limit: i64) -> Result<Vec<Appeal>, DbError> {
    tx.rows(
        &format!(
            "SELECT {APPEAL_COLUMNS} FROM {APPEAL_FROM}
             WHERE a.climb_at <= $1 AND a.state IN ('filed', 'assigned') AND o.closed_at IS NULL
             ORDER BY a.climb_at, a.id LIMIT $2"
        ),
        &vals![now, limit],
    )?
    .iter()
    .map(appeal_from)
    .collect()
}

/// Whether a correction of anything recorded about a person was written since a moment.
pub fn corrected_since(tx: &mut Tx<'_>, person: PersonId, since: Instant) -> Result<bool, DbError> {
    let found: i64 = tx.value(
        "SELECT COUNT(*) FROM fact f JOIN record_person p ON p.record_id = f.record_id
         WHERE p.person_id = $1 AND f.corrects IS NOT NULL AND f.recorded_at >= $2
         AND f.author LIKE 'user:%' AND f.kind <> 'measure_in_force'",
        &vals![person, since],
    )?;
    Ok(found > 0)
}
