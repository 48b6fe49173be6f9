//! Statutory report clocks: they start when a signal shows that something is reportable, and no
//! look, measure or task can hold them. A late one stays in the list.

use std::fmt::Write as _;

use fangxian_base::{
    AreaId, Instant, PersonId, RecordId, ReportClockId, ResponseId, UnitId, UserId,
};

use crate::AreaRange;
use crate::db::{DbError, Row, Tx, Val, vals};
use crate::records::within;
use crate::scopes::{Columns, Scope, scoped};

/// A clock about to start.
#[derive(Debug)]
pub struct NewClock<'a> {
    /// Its id.
    pub id: ReportClockId,
    /// For which response.
    pub response: ResponseId,
    /// About whom.
    pub person: PersonId,
    /// The record that made it reportable.
    pub record: RecordId,
    /// Where the person is.
    pub area: Option<AreaId>,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// The disease pack.
    pub disease: &'a str,
    /// The case class reported.
    pub class: &'a str,
    /// The rule that asks for it, `pack/rule`.
    pub rule: &'a str,
    /// Hours from receipt.
    pub hours: i64,
    /// Law and article: Chinese, then English, separated by a line break.
    pub basis: &'a str,
    /// When the signal was received.
    pub started_at: Instant,
}

/// A clock as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportClock {
    /// Its id.
    pub id: ReportClockId,
    /// For which response.
    pub response: ResponseId,
    /// About whom, today.
    pub person: PersonId,
    /// The record that made it reportable.
    pub record: RecordId,
    /// Where the person is.
    pub area: Option<AreaId>,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// The disease pack.
    pub disease: String,
    /// The case class reported.
    pub class: String,
    /// The rule that asks for it.
    pub rule: String,
    /// Hours from receipt.
    pub hours: i64,
    /// Law and article: Chinese, then English, separated by a line break.
    pub basis: String,
    /// When the signal was received.
    pub started_at: Instant,
    /// Until when it must be sent.
    pub due_at: Instant,
    /// When it was sent.
    pub sent_at: Option<Instant>,
    /// Who sent it.
    pub sent_by: Option<UserId>,
    /// The number that the national system gave.
    pub reference: Option<String>,
    /// The unit whose signal it was.
    pub unit: Option<UnitId>,
    /// The version for edits.
    pub version: i64,
}

const CLOCK_COLUMNS: &str = "k.id, k.response_id, p.person_id, k.record_id, k.area_id, \
     k.confined, k.disease, k.class, k.rule, k.hours, k.basis, k.started_at, k.due_at, \
     k.sent_at, k.sent_by, k.reference, s.unit_id, k.version";
const CLOCK_FROM: &str = "report_clock k JOIN record_person p ON p.record_id = k.record_id \
     JOIN record s ON s.id = k.record_id \
     JOIN response o ON o.id = k.response_id AND o.destroyed_at IS NULL";
const SCOPED: Columns<'static> = Columns {
    area: "k.area_id",
    response: "k.response_id",
    confined: "k.confined",
    assignee: "",
    unit: "s.unit_id",
};

fn clock_from(row: &Row) -> Result<ReportClock, DbError> {
    Ok(ReportClock {
        id: row.get(0)?,
        response: row.get(1)?,
        person: row.get(2)?,
        record: row.get(3)?,
        area: row.get(4)?,
        confined: row.get(5)?,
        disease: row.get(6)?,
        class: row.get(7)?,
        rule: row.get(8)?,
        hours: row.get(9)?,
        basis: row.get(10)?,
        started_at: row.get(11)?,
        due_at: row.get(12)?,
        sent_at: row.get(13)?,
        sent_by: row.get(14)?,
        reference: row.get(15)?,
        unit: row.get(16)?,
        version: row.get(17)?,
    })
}

/// Starts a clock, unless the same report about the same person runs or was sent already.
pub fn clock_insert(tx: &mut Tx<'_>, new: &NewClock<'_>) -> Result<bool, DbError> {
    let known: i64 = tx.value(
        "SELECT COUNT(*) FROM report_clock k JOIN record_person p ON p.record_id = k.record_id
         WHERE p.person_id = $1 AND k.response_id = $2 AND k.class = $3 AND k.rule = $4",
        &vals![new.person, new.response, new.class, new.rule],
    )?;
    if known > 0 {
        return Ok(false);
    }
    let due_at = new.started_at.plus_hours(new.hours);
    let touched = tx.exec(
        "INSERT INTO report_clock (id, response_id, person_id, record_id, area_id, confined,
             disease, class, rule, hours, basis, started_at, due_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)
         ON CONFLICT (person_id, response_id, class, rule) DO NOTHING",
        &vals![
            new.id,
            new.response,
            new.person,
            new.record,
            new.area,
            new.confined,
            new.disease,
            new.class,
            new.rule,
            new.hours,
            new.basis,
            new.started_at,
            due_at
        ],
    )?;
    tx.note("report_clock", new.id);
    Ok(touched == 1)
}

/// One clock.
pub fn clock_fetch(tx: &mut Tx<'_>, id: ReportClockId) -> Result<Option<ReportClock>, DbError> {
    tx.row(
        &format!("SELECT {CLOCK_COLUMNS} FROM {CLOCK_FROM} WHERE k.id = $1"),
        &vals![id],
    )?
    .map(|row| clock_from(&row))
    .transpose()
}

/// All clocks of a person, the oldest first.
pub fn clock_list_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<ReportClock>, DbError> {
    tx.rows(
        &format!(
            "SELECT {CLOCK_COLUMNS} FROM {CLOCK_FROM} WHERE p.person_id = $1
             ORDER BY k.started_at, k.id"
        ),
        &vals![person],
    )?
    .iter()
    .map(clock_from)
    .collect()
}

/// Records that the report was sent; answers whether it was still to be sent and at `version`.
pub fn clock_sent(
    tx: &mut Tx<'_>,
    id: ReportClockId,
    version: i64,
    by: Option<UserId>,
    reference: &str,
) -> Result<bool, DbError> {
    tx.note("report_clock", id);
    let now = tx.now();
    let touched = tx.exec(
        "UPDATE report_clock SET sent_at = $3, sent_by = $4, reference = $5, version = version + 1
         WHERE id = $1 AND version = $2 AND sent_at IS NULL",
        &vals![id, version, now, by, reference],
    )?;
    Ok(touched == 1)
}

/// Which clocks to list.
#[derive(Debug, Clone, Default)]
pub struct ClockFilter {
    /// What the reader may see.
    pub scopes: Vec<Scope>,
    /// Only in and below this area.
    pub below: Option<AreaRange>,
    /// Only those still to be sent.
    pub open: bool,
    /// Only those that were sent after their time, or stand open past it at this moment.
    pub late_at: Option<Instant>,
    /// LIMIT: how many at most.
    pub limit: i64,
    /// How many to skip.
    pub offset: i64,
}

fn condition(filter: &ClockFilter, values: &mut Vec<Val>) -> String {
    let mut sql = scoped(&filter.scopes, SCOPED, values);
    if let Some(below) = &filter.below {
        let inside = within(std::slice::from_ref(below), "k.area_id", values);
        let _ = write!(sql, " AND {inside}");
    }
    if filter.open {
        sql.push_str(" AND k.sent_at IS NULL");
    }
    if let Some(moment) = filter.late_at {
        values.push(moment.into());
        let _ = write!(
            sql,
            " AND k.due_at < COALESCE(k.sent_at, ${})",
            values.len()
        );
    }
    sql
}

/// Lists clocks: those to be sent first, by what is due soonest.
pub fn clock_list(tx: &mut Tx<'_>, filter: &ClockFilter) -> Result<Vec<ReportClock>, DbError> {
    let mut values = Vec::new();
    let condition = condition(filter, &mut values);
    values.push(filter.limit.into());
    values.push(filter.offset.into());
    let n = values.len();
    tx.rows(
        &format!(
            "SELECT {CLOCK_COLUMNS} FROM {CLOCK_FROM} WHERE {condition}
             ORDER BY CASE WHEN k.sent_at IS NULL THEN 0 ELSE 1 END, k.due_at, k.id
             LIMIT ${} OFFSET ${n}",
            n - 1
        ),
        &values,
    )?
    .iter()
    .map(clock_from)
    .collect()
}

/// Counts what [`clock_list`] would list without its limit.
pub fn clock_count(tx: &mut Tx<'_>, filter: &ClockFilter) -> Result<i64, DbError> {
    let mut values = Vec::new();
    let condition = condition(filter, &mut values);
    tx.value(
        &format!("SELECT COUNT(*) FROM {CLOCK_FROM} WHERE {condition}"),
        &values,
    )
}
