//! Decisions on persons as limits count them, and those that a limit holds until another organ has
//! looked. Everything stands in the row of the measure. Start with [`decision_count`].

use fangxian_base::{Date, ImportId, Instant, MeasureId, ResponseId, UnitId, UserId};
use fangxian_domain::measures::MeasureState;

use crate::AreaRange;
use crate::alerts::keyed;
use crate::db::{DbError, Tx, Val, vals};
use crate::measures::{MEASURE_FROM, Measure, SCOPED, place};
use crate::records::{seal_under, within};
use crate::scopes::{Scope, scoped};

/// Whose decisions are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountOf<'a> {
    /// Of an account.
    Account(UserId),
    /// Of a unit.
    Organ(UnitId),
    /// In a response.
    Response(ResponseId),
    /// On persons who came with a list.
    List(ImportId),
    /// That rest on the same facts, by [`evidence_code`].
    Evidence(&'a str),
}

/// How many decisions with or without a link were made since a moment; held ones count as well.
pub fn decision_count(
    tx: &mut Tx<'_>,
    of: CountOf<'_>,
    linked: bool,
    since: Instant,
) -> Result<i64, DbError> {
    let (column, value): (&str, Val) = match of {
        CountOf::Account(user) => ("decided_by", user.into()),
        CountOf::Organ(unit) => ("organ_unit_id", unit.into()),
        CountOf::Response(response) => ("response_id", response.into()),
        CountOf::List(list) => ("list_id", list.into()),
        CountOf::Evidence(code) => ("evidence", code.into()),
    };
    tx.value(
        &format!(
            "SELECT COUNT(*) FROM measure
             WHERE linked IS NOT NULL AND decided_at > $1 AND linked = $2 AND {column} = $3"
        ),
        &vals![since, linked, value],
    )
}

/// A keyed code of the facts that a decision rests on: the same facts give the same code, and
/// nothing is read from it.
pub fn evidence_code(tx: &Tx<'_>, facts: &str) -> String {
    keyed(tx, "evidence", facts)
}

/// What is counted of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Whether it has an epidemiological link.
    pub linked: bool,
    /// The list that the record came with.
    pub list: Option<ImportId>,
    /// The code of the facts.
    pub evidence: String,
}

/// Notes what is counted of a decision, and the limits that hold it, as rules of the city pack.
pub fn decision_counted(
    tx: &mut Tx<'_>,
    id: MeasureId,
    counted: &Counted,
    limits: &[String],
) -> Result<(), DbError> {
    let held = (!limits.is_empty()).then(|| limits.join(" "));
    let held_at = held.as_ref().map(|_| tx.now());
    if let Some(held) = &held {
        tx.detail("held_by", held.as_str());
    }
    tx.exec(
        "UPDATE measure SET linked = $2, list_id = $3, evidence = $4, held_at = $5,
             held_by_limits = $6 WHERE id = $1",
        &vals![
            id,
            counted.linked,
            counted.list,
            counted.evidence.as_str(),
            held_at,
            held
        ],
    )?;
    Ok(())
}

/// A decision that was held, as another organ reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Since when.
    pub held_at: Instant,
    /// By which limits, as rules of the city pack.
    pub limits: Vec<String>,
    /// Whether it has an epidemiological link.
    pub linked: bool,
    /// When another organ ruled on it.
    pub ruled_at: Option<Instant>,
    /// Who did.
    pub ruled_by: Option<UserId>,
    /// For which unit.
    pub ruled_unit: Option<UnitId>,
}

fn limits_of(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

/// How a decision was held; none when it never was.
pub fn hold_fetch(tx: &mut Tx<'_>, id: MeasureId) -> Result<Option<Hold>, DbError> {
    let row = tx.row(
        "SELECT held_at, held_by_limits, linked, ruled_at, ruled_by, ruled_unit_id
         FROM measure WHERE id = $1 AND held_at IS NOT NULL",
        &vals![id],
    )?;
    row.map(|row| {
        Ok(Hold {
            held_at: row.get(0)?,
            limits: limits_of(row.get(1)?),
            linked: row.get(2)?,
            ruled_at: row.get(3)?,
            ruled_by: row.get(4)?,
            ruled_unit: row.get(5)?,
        })
    })
    .transpose()
}

/// What another organ makes of a held decision.
#[derive(Debug, Clone, Copy)]
pub struct Ruling<'a> {
    /// Who.
    pub by: UserId,
    /// For which unit.
    pub unit: UnitId,
    /// The first day from which it binds; none when it is refused.
    pub starts_on: Option<Date>,
    /// The code on the notice; none when it is refused.
    pub appeal_code: Option<&'a str>,
    /// Why.
    pub reason: Option<&'a str>,
}

/// Writes what another organ made of a held decision; answers whether the measure was at its
/// version.
pub fn measure_rule(
    tx: &mut Tx<'_>,
    measure: &Measure,
    to: MeasureState,
    ruling: &Ruling<'_>,
) -> Result<bool, DbError> {
    let id = measure.id;
    tx.note("measure", id);
    tx.detail("measure_state", to.code());
    let now = tx.now();
    let reason = ruling
        .reason
        .map(|text| seal_under(tx, measure.record, &place("ruling", id), text.as_bytes()))
        .transpose()?;
    let starts_on = ruling.starts_on.unwrap_or(measure.starts_on);
    let touched = tx.exec(
        "UPDATE measure SET state = $3, ruled_at = $4, ruled_by = $5, ruled_unit_id = $6,
             ruling_sealed = $7, starts_on = $8, appeal_code = $9, version = version + 1
         WHERE id = $1 AND version = $2",
        &vals![
            id,
            measure.version,
            to.code(),
            now,
            ruling.by,
            ruling.unit,
            reason,
            starts_on,
            ruling.appeal_code
        ],
    )?;
    Ok(touched == 1)
}

/// Held decisions of one unit that the same limits hold; no names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldGroup {
    /// The unit that decided.
    pub unit: Option<UnitId>,
    /// The limits, as rules of the city pack.
    pub limits: Vec<String>,
    /// How many wait.
    pub count: i64,
    /// By how many accounts.
    pub accounts: i64,
    /// Since when the first waits.
    pub since: Instant,
}

/// What is held in and below an area and may be seen, the longest wait first.
pub fn held_groups(
    tx: &mut Tx<'_>,
    scopes: &[Scope],
    below: &AreaRange,
) -> Result<Vec<HeldGroup>, DbError> {
    let mut values = Vec::new();
    let seen = scoped(scopes, SCOPED, &mut values);
    let here = within(std::slice::from_ref(below), "m.area_id", &mut values);
    tx.rows(
        &format!(
            "SELECT m.organ_unit_id, m.held_by_limits, COUNT(*), COUNT(DISTINCT m.decided_by),
                 MIN(m.held_at)
             FROM {MEASURE_FROM} WHERE m.state = 'held' AND {seen} AND {here}
             GROUP BY m.organ_unit_id, m.held_by_limits
             ORDER BY MIN(m.held_at), m.held_by_limits"
        ),
        &values,
    )?
    .iter()
    .map(|row| {
        Ok(HeldGroup {
            unit: row.get(0)?,
            limits: limits_of(row.get(1)?),
            count: row.get(2)?,
            accounts: row.get(3)?,
            since: row.get(4)?,
        })
    })
    .collect()
}
