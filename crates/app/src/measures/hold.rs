//! A decision that a limit holds: another organ confirms it, and it binds from then on, or refuses
//! it with a reason. Until then it has no effect on anybody. The law, the facts and the term are
//! asked again as at the decision.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, Instant, MeasureId, Text, UnitId, UserId};
use fangxian_domain::intake::ReceiptCode;
use fangxian_domain::measures::MeasureMove;
use fangxian_store::holds::{Hold, Ruling, held_groups, hold_fetch, measure_rule};
use fangxian_store::measures::{Measure, measure_content, measure_fetch};
use fangxian_store::places::unit_fetch;
use fangxian_store::{AreaRange, Author, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::decide::{Checked, asked_now, in_force, not_a_looker, term, wrong_state};
use super::lawful::lawful;
use super::limits::limit_texts;
use super::{PURPOSES, due_of, resource};
use crate::assess::Rules;
use crate::sight::{all_right, not_too_long, required, staff, user_name};
use crate::{App, AppError, Result, Who, found, scopes};

/// What another organ says of a held decision, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["version", "outcome"]))]
pub struct ConfirmInput {
    /// The version seen.
    pub version: i64,
    /// `confirm` or `refuse`.
    pub outcome: String,
    /// Why; needed to refuse.
    pub reason: String,
}

/// How and why a decision was held, and what became of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HoldView {
    /// Since when.
    pub held_at: Instant,
    /// The limits that hold it.
    pub limits: Vec<Text>,
    /// Whether the person has an epidemiological link.
    pub linked: bool,
    /// When another organ confirmed or refused it.
    pub ruled_at: Option<Instant>,
    /// Who did.
    pub ruled_by: Option<String>,
    /// For which unit.
    pub ruled_unit: Option<Text>,
    /// Why.
    pub ruling: Option<String>,
}

/// Held decisions of one unit, for the command screen; counts, no names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct HeldRow {
    /// The unit that decided.
    pub unit: Option<Text>,
    /// Whether it is the reader's own unit, which cannot confirm them.
    pub own: bool,
    /// The limits that hold them.
    pub limits: Vec<Text>,
    /// How many wait.
    pub count: i64,
    /// By how many accounts they were decided.
    pub accounts: i64,
    /// Since when the first waits.
    pub since: Instant,
}

fn unit_text(tx: &mut Tx<'_>, unit: Option<UnitId>) -> Result<Option<Text>> {
    let Some(unit) = unit else { return Ok(None) };
    Ok(unit_fetch(tx, unit)?.map(|unit| Text::new(unit.name_zh, unit.name_en)))
}

/// The hold of a measure as a page shows it.
pub(super) fn view(
    rules: &Rules,
    tx: &mut Tx<'_>,
    measure: &Measure,
    ruling: Option<String>,
) -> Result<Option<HoldView>> {
    let Some(hold): Option<Hold> = hold_fetch(tx, measure.id)? else {
        return Ok(None);
    };
    Ok(Some(HoldView {
        held_at: hold.held_at,
        limits: limit_texts(rules, &hold.limits, rules.zone().date(hold.held_at)),
        linked: hold.linked,
        ruled_at: hold.ruled_at,
        ruled_by: user_name(tx, hold.ruled_by)?,
        ruled_unit: unit_text(tx, hold.ruled_unit)?,
        ruling,
    }))
}

/// Whether the outcome confirms, and the reason.
fn check(input: &ConfirmInput) -> Result<(bool, Option<String>)> {
    let mut wrong = Vec::new();
    not_too_long(&mut wrong, "reason", &input.reason);
    let confirms = match input.outcome.trim() {
        "confirm" => true,
        "refuse" => {
            let (zh, en) = ("请写明不予确认的理由。", "Say why it is refused.");
            required(&mut wrong, "reason", &input.reason, zh, en);
            false
        }
        _ => {
            let (zh, en) = ("请选择确认或不予确认。", "Choose to confirm or to refuse.");
            required(&mut wrong, "outcome", "", zh, en);
            false
        }
    };
    all_right(wrong)?;
    let reason = Some(input.reason.trim().to_owned()).filter(|text| !text.is_empty());
    Ok((confirms, reason))
}

impl App {
    /// Confirms or refuses, for another organ, a decision that a limit holds.
    ///
    /// # Errors
    /// When the asker's unit decided it, the asker took part in it, it is not held any more, or the
    /// law, the facts or the term of today do not carry it.
    pub fn measure_confirm(
        &self,
        who: &Who,
        command: CommandId,
        id: MeasureId,
        input: &ConfirmInput,
    ) -> Result<()> {
        let user = staff(who)?;
        let (action, purpose) = (Action::MeasuresConfirm, Purpose::MeasureWork);
        let response = self.read(|tx| {
            let measure = found(measure_fetch(tx, id))?;
            let thing = resource(tx, &measure)?;
            self.permit(who, action, &thing, purpose)?;
            Ok(measure.response)
        })?;
        let (confirms, reason) = check(input)?;
        let Some(unit) = who.actor().map(|actor| actor.unit) else {
            return Err(AppError::not_found());
        };
        let random = fangxian_store::random_bytes()?;
        let (rules, version) = (self.rules(), input.version);
        self.write(who, command, action, purpose, Some(response), move |tx| {
            let measure = found(measure_fetch(tx, id))?;
            if measure.version != version {
                return Err(AppError::stale());
            }
            another(tx, &measure, user, unit)?;
            let code = ReceiptCode::from_random(random);
            let ruling = Ruling {
                by: user,
                unit,
                starts_on: None,
                appeal_code: confirms.then_some(code.as_str()),
                reason: reason.as_deref(),
            };
            if confirms {
                confirm(&rules, tx, &measure, &ruling)
            } else {
                refuse(tx, &measure, &ruling)
            }
        })
    }

    /// What is held below an area, for whoever may see measures there: counts, no names.
    pub(crate) fn held_on_desk(&self, who: &Who, below: &AreaRange) -> Result<Vec<HeldRow>> {
        let Ok((reach, _)) = self.reach_for(who, Action::MeasuresList, &PURPOSES) else {
            return Ok(Vec::new());
        };
        let rules = self.rules();
        let mine = who.actor().map(|actor| actor.unit);
        self.read(|tx| {
            let groups = held_groups(tx, &scopes(&reach), below)?;
            let mut rows = Vec::new();
            for group in groups {
                rows.push(HeldRow {
                    unit: unit_text(tx, group.unit)?,
                    own: group.unit.is_some() && group.unit == mine,
                    limits: limit_texts(&rules, &group.limits, rules.zone().date(group.since)),
                    count: group.count,
                    accounts: group.accounts,
                    since: group.since,
                });
            }
            Ok(rows)
        })
    }
}

/// Whether it is another organ, and somebody who had no part in the decision.
fn another(tx: &mut Tx<'_>, measure: &Measure, user: UserId, unit: UnitId) -> Result<()> {
    not_a_looker(tx, measure, user)?;
    if measure.organ_unit == Some(unit) || measure.decided_by == Some(user) {
        return Err(AppError::conflict(
            "SAME-ORGAN",
            "超过限额的决定须由作出决定的单位以外的机关复核。",
            "A held decision is confirmed by another organ than the one that decided.",
        ));
    }
    Ok(())
}

fn confirm(rules: &Rules, tx: &mut Tx<'_>, measure: &Measure, ruling: &Ruling<'_>) -> Result<()> {
    let to = measure
        .state
        .after(MeasureMove::Confirm)
        .ok_or_else(wrong_state)?;
    let content = measure_content(tx, measure)?;
    let Some(due) = due_of(content.proposal.as_deref()) else {
        return Err(
            fangxian_store::DbError::Crypt(fangxian_store::keys::CryptError::Destroyed).into(),
        );
    };
    let decider = match measure.organ_unit {
        Some(unit) => found(unit_fetch(tx, unit))?,
        None => return Err(wrong_state()),
    };
    lawful(rules, tx, measure, decider.kind)?;
    let starts_on = measure.starts_on.max(rules.today(tx));
    let checked = Checked::again(starts_on, measure.ends_on);
    let now = asked_now(rules, tx, measure)?;
    let term = term(rules, tx, measure, &now, (&due, &checked));
    let (starts_on, _) = term.map_err(|error| {
        if error.fields.is_empty() {
            return error;
        }
        // The days are the decider's; whoever confirms can only refuse them.
        AppError::conflict(
            "TERM-CHANGED",
            "决定的期限按今天的事实、规则或批准已不能执行；请不予确认，由原机关重新决定。",
            "Today's facts, rules or approvals do not carry the term of this decision any more; refuse it, and its organ decides anew.",
        )
    })?;
    let ruling = Ruling {
        starts_on: Some(starts_on),
        ..*ruling
    };
    if !measure_rule(tx, measure, to, &ruling)? {
        return Err(AppError::stale());
    }
    let decided = found(measure_fetch(tx, measure.id))?;
    in_force(rules, tx, &decided, &due, Author::User(ruling.by))
}

fn refuse(tx: &mut Tx<'_>, measure: &Measure, ruling: &Ruling<'_>) -> Result<()> {
    // Only a decision that was held is refused here; a proposal is refused by its own organ.
    if measure.state.after(MeasureMove::Confirm).is_none() {
        return Err(wrong_state());
    }
    let to = measure
        .state
        .after(MeasureMove::Refuse)
        .ok_or_else(wrong_state)?;
    if !measure_rule(tx, measure, to, ruling)? {
        return Err(AppError::stale());
    }
    if let Some(review) = measure.review {
        crate::reviews::settle(tx, review)?;
    }
    Ok(())
}
