//! Statutory report clocks: they start when a signal shows that something is reportable, or when an
//! outbreak or event is raised, and no look, measure or task can hold them. A late one stays in the
//! list.

use fangxian_base::{
    AlertId, AreaId, ImportId, Instant, PersonId, RecordId, ReportClockId, ResponseId, UnitId,
    UserId,
};
use uuid::Uuid;

use crate::AreaRange;
use crate::alerts::Alert;
use crate::arrivals::Written;
use crate::db::{DbError, Insert, Row, Tx, vals};
use crate::scopes::{Columns, Scope, Wanted};

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

/// The clock of an outbreak or event about to start, now.
#[derive(Debug)]
pub struct NewAlertClock<'a> {
    /// The alert that it reports.
    pub alert: &'a Alert,
    /// The rule that asks for it, `pack/rule`.
    pub rule: &'a str,
    /// Hours from the moment it was raised.
    pub hours: i64,
    /// Law and article: Chinese, then English, separated by a line break.
    pub basis: &'a str,
}

/// What a clock is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockOf {
    /// A person, today's, and the record that made it reportable.
    Person(PersonId, RecordId),
    /// An outbreak or event.
    Alert(AlertId),
}

/// A clock as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportClock {
    /// Its id.
    pub id: ReportClockId,
    /// For which response.
    pub response: ResponseId,
    /// What it is about.
    pub of: ClockOf,
    /// Where that is.
    pub area: Option<AreaId>,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// The disease pack.
    pub disease: String,
    /// The case class reported; empty for an outbreak or event.
    pub class: String,
    /// The rule that asks for it.
    pub rule: String,
    /// Hours from its start.
    pub hours: i64,
    /// Law and article: Chinese, then English, separated by a line break.
    pub basis: String,
    /// When the signal was received, or the event raised.
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
    /// When somebody judged that there is nothing to report, or nothing asked for it any more.
    pub ended_at: Option<Instant>,
    /// The import whose undoing ended it.
    pub ended_import: Option<ImportId>,
    /// The version for edits.
    pub version: i64,
}

const CLOCK_COLUMNS: &str = "k.id, k.response_id, k.person_id, k.record_id, k.area_id, \
     k.confined, k.disease, k.class, k.rule, k.hours, k.basis, k.started_at, k.due_at, \
     k.sent_at, k.sent_by, k.reference, k.unit_id, k.version, k.alert_id, k.ended_at, \
     k.ended_import_id";
/// The clocks of persons and those of alerts.
const CLOCK_FROM: &str = "(SELECT c.id, c.response_id, p.person_id, c.record_id, c.area_id, \
         c.confined, c.disease, c.class, c.rule, c.hours, c.basis, c.started_at, c.due_at, \
         c.sent_at, c.sent_by, c.reference, s.unit_id, c.version, NULL AS alert_id, \
         c.ended_at, c.ended_import_id \
     FROM report_clock c JOIN record_person p ON p.record_id = c.record_id \
         JOIN record s ON s.id = c.record_id \
     UNION ALL \
     SELECT c.id, c.response_id, NULL, NULL, c.area_id, c.confined, c.disease, '', c.rule, \
         c.hours, c.basis, c.started_at, c.due_at, c.sent_at, c.sent_by, c.reference, NULL, \
         c.version, c.alert_id, c.ended_at, NULL \
     FROM alert_clock c) k \
     JOIN response o ON o.id = k.response_id AND o.destroyed_at IS NULL";
const SCOPED: Columns<'static> = Columns {
    area: "k.area_id",
    response: "k.response_id",
    confined: "k.confined",
    assignee: "",
    unit: "k.unit_id",
};

fn clock_from(row: &Row) -> Result<ReportClock, DbError> {
    let of = match (row.get(2)?, row.get(3)?, row.get(18)?) {
        (Some(person), Some(record), None) => ClockOf::Person(person, record),
        (None, None, Some(alert)) => ClockOf::Alert(alert),
        _ => return Err(DbError::Stored { what: "clock" }),
    };
    Ok(ReportClock {
        id: row.get(0)?,
        response: row.get(1)?,
        of,
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
        ended_at: row.get(19)?,
        ended_import: row.get(20)?,
    })
}

const CLOCK: Insert = Insert {
    rank: 10,
    table: "report_clock",
    columns: "id, response_id, person_id, record_id, area_id, confined, disease, class, rule, \
         hours, basis, started_at, due_at, version",
    width: 14,
    tail: "",
};

/// Starts a clock, unless the same report about the same person runs or was sent already; one that
/// had ended starts anew. Answers the clock that started.
pub fn clock_insert(tx: &mut Tx<'_>, new: &NewClock<'_>) -> Result<Option<ReportClockId>, DbError> {
    let first = tx.is_stranger_without(new.person, Written::Clock);
    let known = if first {
        None
    } else {
        tx.row(
            "SELECT k.id, k.ended_at FROM record_person p CROSS JOIN report_clock k
             WHERE k.record_id = p.record_id AND p.person_id = $1 AND k.response_id = $2
                 AND k.class = $3 AND k.rule = $4
             ORDER BY CASE WHEN k.ended_at IS NULL THEN 0 ELSE 1 END, k.id LIMIT 1",
            &vals![new.person, new.response, new.class, new.rule],
        )?
    };
    tx.wrote(new.record, Written::Clock);
    let due_at = new.started_at.plus_hours(new.hours);
    if let Some(row) = known {
        let (id, ended_at): (ReportClockId, Option<Instant>) = (row.get(0)?, row.get(1)?);
        if ended_at.is_none() {
            return Ok(None);
        }
        tx.note("report_clock", id);
        tx.exec(
            "UPDATE report_clock SET record_id = $2, area_id = $3, confined = $4, hours = $5,
                 basis = $6, started_at = $7, due_at = $8, ended_at = NULL, ended_import_id = NULL,
                 version = version + 1 WHERE id = $1",
            &vals![
                id,
                new.record,
                new.area,
                new.confined,
                new.hours,
                new.basis,
                new.started_at,
                due_at
            ],
        )?;
        return Ok(Some(id));
    }
    let row = vals![
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
        due_at,
        1_i64
    ];
    tx.note("report_clock", new.id);
    if first {
        tx.later(&CLOCK, row);
        return Ok(Some(new.id));
    }
    let touched = tx.exec(
        "INSERT INTO report_clock (id, response_id, person_id, record_id, area_id, confined,
             disease, class, rule, hours, basis, started_at, due_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (person_id, response_id, class, rule) DO NOTHING",
        &row,
    )?;
    Ok((touched == 1).then_some(new.id))
}

/// Ends a clock that waits, because the import that it began with was undone and nothing asks for
/// the report any more.
pub fn clock_end(tx: &mut Tx<'_>, id: ReportClockId, import: ImportId) -> Result<(), DbError> {
    tx.note("report_clock", id);
    let now = tx.now();
    tx.exec(
        "UPDATE report_clock SET ended_at = $2, ended_import_id = $3, version = version + 1
         WHERE id = $1 AND sent_at IS NULL AND ended_at IS NULL",
        &vals![id, now, import],
    )?;
    Ok(())
}

/// Starts the clock of an outbreak or event, unless the same report of it runs or was sent already.
pub fn alert_clock_insert(tx: &mut Tx<'_>, new: &NewAlertClock<'_>) -> Result<(), DbError> {
    let known: i64 = tx.value(
        "SELECT COUNT(*) FROM alert_clock WHERE alert_id = $1 AND rule = $2 AND ended_at IS NULL",
        &vals![new.alert.id, new.rule],
    )?;
    if known > 0 {
        return Ok(());
    }
    let (id, now) = (ReportClockId::new(), tx.now());
    tx.exec(
        "INSERT INTO alert_clock (id, alert_id, response_id, area_id, confined, disease, rule, hours,
             basis, started_at, due_at, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)",
        &vals![
            id,
            new.alert.id,
            new.alert.response,
            new.alert.area,
            new.alert.confined,
            &new.alert.disease,
            new.rule,
            new.hours,
            new.basis,
            now,
            now.plus_hours(new.hours)
        ],
    )?;
    tx.note("report_clock", id);
    Ok(())
}

/// Ends the open clocks of an alert: with a number they were sent, without one somebody judged that
/// there is nothing to report.
pub fn alert_clocks_end(
    tx: &mut Tx<'_>,
    alert: AlertId,
    by: Option<UserId>,
    reference: Option<&str>,
) -> Result<(), DbError> {
    let now = tx.now();
    let open = "alert_id = $1 AND sent_at IS NULL AND ended_at IS NULL";
    match reference {
        Some(reference) => tx.exec(
            &format!(
                "UPDATE alert_clock SET sent_at = $2, sent_by = $3, reference = $4,
                     version = version + 1 WHERE {open}"
            ),
            &vals![alert, now, by, reference],
        )?,
        None => tx.exec(
            &format!("UPDATE alert_clock SET ended_at = $2, version = version + 1 WHERE {open}"),
            &vals![alert, now],
        )?,
    };
    Ok(())
}

fn clocks_where(tx: &mut Tx<'_>, column: &str, id: Uuid) -> Result<Vec<ReportClock>, DbError> {
    tx.rows(
        &format!(
            "SELECT {CLOCK_COLUMNS} FROM {CLOCK_FROM} WHERE k.{column} = $1
             ORDER BY k.started_at, k.id"
        ),
        &vals![id],
    )?
    .iter()
    .map(clock_from)
    .collect()
}

/// The clocks of an alert, the oldest first.
pub fn clock_list_of_alert(tx: &mut Tx<'_>, alert: AlertId) -> Result<Vec<ReportClock>, DbError> {
    clocks_where(tx, "alert_id", alert.uuid())
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
    clocks_where(tx, "person_id", person.uuid())
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
         WHERE id = $1 AND version = $2 AND sent_at IS NULL AND ended_at IS NULL",
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

fn wanted(filter: &ClockFilter) -> Wanted {
    let mut wanted = Wanted::seen(&[], &filter.scopes, SCOPED);
    wanted.below("k.area_id", filter.below.as_ref());
    if filter.open {
        wanted.and("k.sent_at IS NULL AND k.ended_at IS NULL");
    }
    if let Some(moment) = filter.late_at {
        wanted.and_with("k.due_at < COALESCE(k.sent_at, k.ended_at, ?)", moment);
    }
    wanted
}

/// Lists clocks: those to be sent first, by what is due soonest.
pub fn clock_list(tx: &mut Tx<'_>, filter: &ClockFilter) -> Result<Vec<ReportClock>, DbError> {
    let wanted = wanted(filter);
    let select = format!(
        "SELECT {CLOCK_COLUMNS} FROM {CLOCK_FROM} WHERE {}
         ORDER BY CASE WHEN k.sent_at IS NULL AND k.ended_at IS NULL THEN 0 ELSE 1 END,
             k.due_at, k.id",
        wanted.sql()
    );
    wanted
        .page(tx, &select, filter.limit, filter.offset)?
        .iter()
        .map(clock_from)
        .collect()
}

/// Counts what [`clock_list`] would list without its limit.
pub fn clock_count(tx: &mut Tx<'_>, filter: &ClockFilter) -> Result<i64, DbError> {
    wanted(filter).count(tx, CLOCK_FROM)
}
