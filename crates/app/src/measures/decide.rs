//! The organ decides: its own unit, its own document, an end. The law of the day is asked with the
//! organ that decides; whoever looked at the assessment does not decide.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, Date, FactId, MeasureId, RecordId, Text, UnitId, UserId};
use fangxian_domain::intake::ReceiptCode;
use fangxian_domain::measures::{MeasureMove, may_decide};
use fangxian_domain::tasks::kinds;
use fangxian_domain::units::UnitKind;
use fangxian_packs::{Assessment, MeasureDue};
use fangxian_store::assessments::sealing_record;
use fangxian_store::facts::{NewFact, When, fact_insert, fact_list, standing};
use fangxian_store::holds::decision_counted;
use fangxian_store::measures::{
    Decision, Measure, MeasureChange, measure_content, measure_fetch, measure_move,
};
use fangxian_store::responses::{Response, response_fetch};
use fangxian_store::reviews::review_fetch;
use fangxian_store::tasks::task_list_by_measure;
use fangxian_store::{Author, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lawful::{lawful, not_the_organ};
use super::limits::{limit_texts, weigh};
use super::support::carried_until;
use super::{due_of, resource};
use crate::assess::{Rules, assess_person};
use crate::sight::{all_right, not_too_long, required, staff};
use crate::tasks::give::{Work, give};
use crate::tasks::moves::cancel;
use crate::{App, AppError, FieldError, Result, Who, found};

/// A decision, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DecideInput {
    /// The version seen.
    pub version: i64,
    /// `decide` or `refuse`.
    pub outcome: String,
    /// Number of the document; needed to decide.
    pub document_no: String,
    /// First day, ISO; empty: as proposed, but not before today.
    pub starts_on: String,
    /// Last day, ISO; needed to decide, and not later than the rules allow.
    pub ends_on: String,
    /// Why; needed to refuse.
    pub reason: String,
}

/// Lifting, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LiftInput {
    /// The version seen.
    pub version: i64,
    /// Why.
    pub reason: String,
}

/// A decision whose fields hold.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    decides: bool,
    document_no: String,
    starts_on: Option<Date>,
    ends_on: Option<Date>,
    reason: Option<String>,
}

impl Checked {
    /// A decision that was made before, looked at again with these days.
    pub fn again(starts_on: Date, ends_on: Date) -> Self {
        Self {
            decides: true,
            document_no: String::new(),
            starts_on: Some(starts_on),
            ends_on: Some(ends_on),
            reason: None,
        }
    }
}

fn day(wrong: &mut Vec<FieldError>, field: &str, typed: &str) -> Option<Date> {
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    let day = typed.parse::<Date>().ok();
    if day.is_none() {
        wrong.push(FieldError {
            field: field.to_owned(),
            text: Text::new("日期请写成 2026-01-31。", "Write the day as 2026-01-31."),
        });
    }
    day
}

fn check(input: &DecideInput) -> Result<Checked> {
    let mut wrong = Vec::new();
    not_too_long(&mut wrong, "reason", &input.reason);
    not_too_long(&mut wrong, "document_no", &input.document_no);
    let starts_on = day(&mut wrong, "starts_on", &input.starts_on);
    let ends_on = day(&mut wrong, "ends_on", &input.ends_on);
    let decides = match input.outcome.trim() {
        "decide" => {
            let (zh, en) = ("请填写决定书文号。", "Give the number of the document.");
            required(&mut wrong, "document_no", &input.document_no, zh, en);
            let (zh, en) = (
                "请填写截止日期或复核日期。",
                "Give the last day, or the day of review.",
            );
            required(&mut wrong, "ends_on", &input.ends_on, zh, en);
            true
        }
        "refuse" => {
            let (zh, en) = ("请写明不予采取的理由。", "Say why it is refused.");
            required(&mut wrong, "reason", &input.reason, zh, en);
            false
        }
        _ => {
            let (zh, en) = ("请选择决定或不予采取。", "Choose to decide or to refuse.");
            required(&mut wrong, "outcome", "", zh, en);
            false
        }
    };
    all_right(wrong)?;
    Ok(Checked {
        decides,
        document_no: input.document_no.trim().to_owned(),
        starts_on,
        ends_on,
        reason: Some(input.reason.trim().to_owned()).filter(|text| !text.is_empty()),
    })
}

pub(super) fn wrong_state() -> AppError {
    AppError::conflict(
        "MEASURE-STATE",
        "该措施已不在这一步，请刷新后查看。",
        "The measure is not at this step any more; reload to see where it is.",
    )
}

impl App {
    /// Decides or refuses a measure, for the asker's own unit. A decision beyond a limit of the city is
    /// held until another organ confirms it; then the answer names the limits.
    ///
    /// # Errors
    /// When the unit is not an organ that the law names, the asker took part in the looks, the law
    /// of today does not allow it, or the input does not hold.
    pub fn measure_decide(
        &self,
        who: &Who,
        command: CommandId,
        id: MeasureId,
        input: &DecideInput,
    ) -> Result<Option<HeldBy>> {
        let user = staff(who)?;
        let response = self.read(|tx| {
            let measure = found(measure_fetch(tx, id))?;
            let thing = resource(tx, &measure)?;
            match self.permit(who, Action::MeasuresDecide, &thing, Purpose::MeasureWork) {
                Ok(_) => Ok(measure.response),
                Err(error) => Err(not_the_organ(tx, who, &measure, error)?),
            }
        })?;
        let checked = check(input)?;
        let random = fangxian_store::random_bytes()?;
        let (rules, version) = (self.rules(), input.version);
        let Some((unit, kind)) = who.actor().map(|actor| (actor.unit, actor.unit_kind)) else {
            return Err(AppError::not_found());
        };
        let purpose = Purpose::MeasureWork;
        self.write(
            who,
            command,
            Action::MeasuresDecide,
            purpose,
            Some(response),
            move |tx| {
                let measure = found(measure_fetch(tx, id))?;
                if measure.version != version {
                    return Err(AppError::stale());
                }
                let code = ReceiptCode::from_random(random);
                let by = Organs {
                    user,
                    unit,
                    kind,
                    code: &code,
                };
                decide(&rules, tx, &measure, by, &checked)
            },
        )
    }

    /// Lifts a measure: only the unit that decided it.
    ///
    /// # Errors
    /// When another unit decided it, no reason is given, or it is not in force any more.
    pub fn measure_lift(
        &self,
        who: &Who,
        command: CommandId,
        id: MeasureId,
        input: &LiftInput,
    ) -> Result<()> {
        let user = staff(who)?;
        let response = self.read(|tx| {
            let measure = found(measure_fetch(tx, id))?;
            let thing = resource(tx, &measure)?;
            self.permit(who, Action::MeasuresLift, &thing, Purpose::MeasureWork)?;
            Ok(measure.response)
        })?;
        let mut wrong = Vec::new();
        not_too_long(&mut wrong, "reason", &input.reason);
        let (zh, en) = ("请写明解除理由。", "Say why it is lifted.");
        required(&mut wrong, "reason", &input.reason, zh, en);
        all_right(wrong)?;
        let (rules, input) = (self.rules(), input.clone());
        let purpose = Purpose::MeasureWork;
        self.write(
            who,
            command,
            Action::MeasuresLift,
            purpose,
            Some(response),
            move |tx| {
                let measure = found(measure_fetch(tx, id))?;
                if measure.version != input.version {
                    return Err(AppError::stale());
                }
                let to = measure
                    .state
                    .after(MeasureMove::Lift)
                    .ok_or_else(wrong_state)?;
                let change = MeasureChange::Lift(user, input.reason.trim());
                if !measure_move(tx, &measure, input.version, to, change)? {
                    return Err(AppError::stale());
                }
                ended(&rules, tx, &measure, Author::User(user), "lifted", None)
            },
        )
    }
}

/// That a decision was held, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HeldBy {
    /// The limits, in words.
    pub limits: Vec<Text>,
}

/// Who decides, and for whom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Organs<'a> {
    pub user: UserId,
    pub unit: UnitId,
    kind: UnitKind,
    /// By which the person can name the measure.
    code: &'a ReceiptCode,
}

fn decide(
    rules: &Rules,
    tx: &mut Tx<'_>,
    measure: &Measure,
    by: Organs<'_>,
    checked: &Checked,
) -> Result<Option<HeldBy>> {
    not_a_looker(tx, measure, by.user)?;
    let step = if checked.decides {
        MeasureMove::Decide
    } else {
        MeasureMove::Refuse
    };
    let to = measure.state.after(step).ok_or_else(wrong_state)?;
    let content = measure_content(tx, measure)?;
    let Some(due) = due_of(content.proposal.as_deref()) else {
        return Err(
            fangxian_store::DbError::Crypt(fangxian_store::keys::CryptError::Destroyed).into(),
        );
    };
    let (term, weighed) = if checked.decides {
        lawful(rules, tx, measure, by.kind)?;
        let now = asked_now(rules, tx, measure)?;
        let term = term(rules, tx, measure, &now, (&due, checked))?;
        let weighed = weigh(rules, tx, measure, (&now.0, &now.1), by)?;
        (term, Some(weighed))
    } else {
        ((measure.starts_on, measure.ends_on), None)
    };
    let held = weighed.as_ref().is_some_and(|one| !one.limits.is_empty());
    let to = if held {
        let held = measure.state.after(MeasureMove::Hold);
        held.ok_or_else(wrong_state)?
    } else {
        to
    };
    let decision = Decision {
        by: by.user,
        unit: by.unit,
        document_no: Some(checked.document_no.as_str()).filter(|_| checked.decides),
        term,
        reason: checked.reason.as_deref(),
        // What is held has no notice yet, and so no code.
        appeal_code: (checked.decides && !held).then_some(by.code.as_str()),
    };
    if !measure_move(
        tx,
        measure,
        measure.version,
        to,
        MeasureChange::Decide(decision),
    )? {
        return Err(AppError::stale());
    }
    let Some(weighed) = weighed else {
        if let Some(review) = measure.review {
            crate::reviews::settle(tx, review)?;
        }
        return Ok(None);
    };
    decision_counted(tx, measure.id, &weighed.counted, &weighed.limits)?;
    if held {
        let limits = limit_texts(rules, &weighed.limits, rules.today(tx));
        return Ok(Some(HeldBy { limits }));
    }
    let decided = found(measure_fetch(tx, measure.id))?;
    in_force(rules, tx, &decided, &due, Author::User(by.user))?;
    Ok(None)
}

/// The response of a measure, and what today's assessment says of the person in it.
pub(super) fn asked_now(
    rules: &Rules,
    tx: &mut Tx<'_>,
    measure: &Measure,
) -> Result<(Response, Assessment)> {
    let response = found(response_fetch(tx, measure.response))?;
    let outcome = crate::assess::outcome_now(rules, tx, measure.person, &response)?;
    Ok((response, outcome))
}

pub(super) fn not_a_looker(tx: &mut Tx<'_>, measure: &Measure, user: UserId) -> Result<()> {
    let review = match measure.review {
        Some(review) => Some(found(review_fetch(tx, review))?),
        None => None,
    };
    let (first, second) = review.map_or((None, None), |review| (review.first_by, review.second_by));
    if may_decide(first, second, user) {
        Ok(())
    } else {
        Err(AppError::conflict(
            "LOOKER-DECIDES",
            "初核、复核人员不得决定同一措施。",
            "Whoever looked at the assessment cannot decide the measure.",
        ))
    }
}

/// What today's assessment says of the measure: somebody who was excluded since the looks is not
/// isolated, and a term that the facts have shortened is not exceeded.
fn still_due<'a>(outcome: &'a Assessment, measure: &Measure) -> Result<&'a MeasureDue> {
    let mut due = outcome.measures_due.iter();
    due.find(|due| due.rule == measure.rule).ok_or_else(|| {
        AppError::conflict(
            "NOT-PROPOSED-TODAY",
            "按今天的事实和规则，已不再建议该措施，不能决定；请查看该人档案中的最新研判。",
            "By today's facts and rules the measure is not proposed any more and cannot be decided; see the latest assessment in the file.",
        )
    })
}

/// First and last day: not before today or the proposal, not after what the rules allow today, and
/// not longer than the law and the approvals that it rests on.
pub(super) fn term(
    rules: &Rules,
    tx: &mut Tx<'_>,
    measure: &Measure,
    (response, outcome): &(Response, Assessment),
    (due, checked): (&MeasureDue, &Checked),
) -> Result<(Date, Date)> {
    let today = rules.today(tx);
    let earliest = due.start.max(today);
    let starts = checked.starts_on.unwrap_or(earliest);
    let Some(ends) = checked.ends_on else {
        return Err(wrong_state());
    };
    if starts < earliest {
        return Err(AppError::field(
            "starts_on",
            &format!("开始日期不能早于 {earliest}。"),
            &format!("It cannot begin before {earliest}."),
        ));
    }
    if ends < starts {
        return Err(AppError::field(
            "ends_on",
            "截止日期早于开始日期，请核对。",
            "It ends before it begins; please check both days.",
        ));
    }
    let now = still_due(outcome, measure)?;
    let carried = carried_until(rules, tx, response, &measure.kind, (starts, ends))?;
    if carried.is_none_or(|last| last < ends) {
        let last = carried.map_or_else(|| "–".to_owned(), |last| last.to_string());
        return Err(AppError::field(
            "ends_on",
            &format!("所依据的批准或法律最晚到 {last}，期限不得超出。"),
            &format!(
                "The approval or the law that it rests on ends on {last}; the term may not go beyond."
            ),
        ));
    }
    let ends_of = |due: &MeasureDue| due.end.or(due.review_on);
    match ends_of(due).into_iter().chain(ends_of(now)).min() {
        Some(latest) if ends > latest => Err(AppError::field(
            "ends_on",
            &format!("不得超出规定期限，最晚为 {latest}。"),
            &format!("The term may not be exceeded; the last day is {latest}."),
        )),
        Some(_) | None => Ok((starts, ends)),
    }
}

/// That a measure binds the person from a day to its end.
pub(super) fn fact_in_force(
    tx: &mut Tx<'_>,
    measure: &Measure,
    from: Date,
    due: &MeasureDue,
    author: Author,
) -> Result<()> {
    let when = When::Range(Some(from), Some(measure.ends_on));
    let fact = NewFact::new("measure_in_force", when, "official")
        .with("measure", measure.kind.as_str())
        .with("edition", due.edition.as_str())
        .with("measure_id", measure.id.to_string());
    fact_insert(tx, measure.record, measure.response, author, &fact)?;
    Ok(())
}

/// A decided measure becomes a fact; its notice is brought to the person, its steps to the phones.
pub(super) fn in_force(
    rules: &Rules,
    tx: &mut Tx<'_>,
    measure: &Measure,
    due: &MeasureDue,
    author: Author,
) -> Result<()> {
    fact_in_force(tx, measure, measure.starts_on, due, author)?;
    let text = Text::new(
        format!("送达并说明：{}告知书", due.name.zh),
        format!("Bring and explain the notice: {}", due.name.en),
    );
    let key = format!("notice:{}", measure.id);
    let work = Work::of_measure(measure, kinds::SERVE_NOTICE, text, author);
    give(
        rules,
        tx,
        &Work {
            unique_key: Some(key),
            ..work
        },
    )?;
    super::daily::steps_of(rules, tx, measure, due, author)?;
    assess_person(rules, tx, measure.person, None)?;
    Ok(())
}

/// The fact that a measure binds the person is withdrawn; that it did, until today, is kept.
pub(super) fn out_of_force(
    rules: &Rules,
    tx: &mut Tx<'_>,
    measure: &Measure,
    author: Author,
    how: &str,
) -> Result<()> {
    let today = rules.today(tx);
    let known = fact_list(tx, &[measure.record])?;
    let id = measure.id.to_string();
    let is_it = |attrs: &serde_json::Map<String, serde_json::Value>| {
        attrs.get("measure_id").and_then(|value| value.as_str()) == Some(id.as_str())
    };
    let running: Option<FactId> = standing(&known)
        .into_iter()
        .find(|fact| fact.kind == "measure_in_force" && fact.attrs.as_ref().is_some_and(is_it))
        .map(|fact| fact.id);
    let readable = sealing_record(tx, &[measure.record])?.is_some();
    if let Some(running) = running.filter(|_| readable) {
        let gone = NewFact {
            corrects: Some(running),
            withdraws: true,
            ..NewFact::new("measure_in_force", When::Unknown, "official")
        };
        fact_insert(tx, measure.record, measure.response, author, &gone)?;
        let last = measure.ends_on.min(today).max(measure.starts_on);
        let was = When::Range(Some(measure.starts_on), Some(last));
        let past = NewFact::new("measure_ended", was, "official")
            .with("measure", measure.kind.as_str())
            .with("measure_id", measure.id.to_string())
            .with("how", how);
        fact_insert(tx, measure.record, measure.response, author, &past)?;
    }
    Ok(())
}

/// What follows when a measure no longer binds: the fact says so, open work is called off, and
/// what came of the review is settled if nothing else is open. With a `trigger`, what the rules
/// still ask for waits for its looks again.
pub(super) fn ended(
    rules: &Rules,
    tx: &mut Tx<'_>,
    measure: &Measure,
    author: Author,
    how: &str,
    trigger: Option<RecordId>,
) -> Result<()> {
    out_of_force(rules, tx, measure, author, how)?;
    for task in task_list_by_measure(tx, measure.id)? {
        if task.state.is_waiting() {
            cancel(tx, &task, author, how)?;
        }
    }
    assess_person(rules, tx, measure.person, trigger)?;
    if let Some(review) = measure.review {
        crate::reviews::settle(tx, review)?;
    }
    Ok(())
}
