//! Answering: who will, what they found, and whether the measure rests until then. An appeal that is
//! found right puts the measure before its organ to be lifted; a fact is put right first, by the use
//! case that corrects facts. Nobody answers about what they took part in.

use fangxian_authz::{Action, Actor, Purpose, Resource};
use fangxian_base::{AppealId, CommandId, ResponseId, UserId};
use fangxian_domain::appeals::{AppealKind, AppealMove, may_answer};
use fangxian_domain::intake::ReceiptCode;
use fangxian_store::appeals::{Appeal, AppealChange, appeal_fetch, appeal_move, corrected_since};
use fangxian_store::measures::{Measure, measure_ask_lift, measure_by_code, measure_fetch};
use fangxian_store::people::{Says, link_insert};
use fangxian_store::{Author, Tx};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{measure_of, resource, took_part};
use crate::accounts::actor_by_login;
use crate::assess::Rules;
use crate::measures::rest;
use crate::sight::{all_right, not_too_long, required, staff};
use crate::{App, AppError, Result, Who, found};

/// The measure that an appeal means, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["version", "measure"]))]
pub struct MatchInput {
    /// The version seen.
    pub version: i64,
    /// The code on its notice, or its id.
    pub measure: String,
}

/// Who answers, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["version", "login"]))]
pub struct AssignInput {
    /// The version seen.
    pub version: i64,
    /// Log-in name of somebody who may answer and had no part in the measure.
    pub login: String,
}

/// An answer, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["version", "outcome", "reason"]))]
pub struct AnswerInput {
    /// The version seen.
    pub version: i64,
    /// `uphold` or `refuse`.
    pub outcome: String,
    /// Why, in words for whoever filed it.
    pub reason: String,
}

/// Letting the measure rest, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["version", "reason"]))]
pub struct ReliefInput {
    /// The version seen.
    pub version: i64,
    /// Why.
    pub reason: String,
}

fn wrong_state() -> AppError {
    AppError::conflict(
        "APPEAL-STATE",
        "该申诉已不在这一步，请刷新后查看。",
        "The appeal is not at this step any more; reload to see where it is.",
    )
}

/// An appeal at the version that was seen.
fn seen(tx: &mut Tx<'_>, id: AppealId, version: i64) -> Result<Appeal> {
    let appeal = found(appeal_fetch(tx, id))?;
    if appeal.version == version {
        Ok(appeal)
    } else {
        Err(AppError::stale())
    }
}

fn took_part_refused() -> AppError {
    AppError::conflict(
        "TOOK-PART",
        "参与研判、决定或解除该措施的人员不得答复申诉，请另行指定。",
        "Whoever took part in the measure cannot answer an appeal against it; name somebody else.",
    )
}

/// The rest of a measure ends with the appeal that it was for.
pub(super) fn rest_ends(
    rules: &Rules,
    tx: &mut Tx<'_>,
    appeal: &Appeal,
    author: Author,
) -> Result<()> {
    match measure_of(tx, appeal)? {
        Some(measure) if appeal.relief_at.is_some() => rest::end(rules, tx, &measure, author),
        Some(_) | None => Ok(()),
    }
}

impl App {
    /// The permit for an action on an appeal, and the response that it belongs to.
    fn appeal_permit(&self, who: &Who, action: Action, id: AppealId) -> Result<Option<ResponseId>> {
        self.read(|tx| {
            let appeal = found(appeal_fetch(tx, id))?;
            let measure = measure_of(tx, &appeal)?;
            let thing = resource(tx, &appeal, measure.as_ref())?;
            self.permit(who, action, &thing, Purpose::Appeal)?;
            Ok(Some(appeal.response))
        })
    }

    /// Says which measure an appeal means whose code led nowhere.
    ///
    /// # Errors
    /// When the appeal has its measure already, there is no such measure, or the asker may not.
    pub fn appeal_match(
        &self,
        who: &Who,
        command: CommandId,
        id: AppealId,
        input: &MatchInput,
    ) -> Result<()> {
        let (action, purpose) = (Action::AppealsAssign, Purpose::Appeal);
        let response = self.appeal_permit(who, action, id)?;
        let measure = self.measure_meant(who, &input.measure)?;
        let (author, version) = (who.author(), input.version);
        self.write(who, command, action, purpose, response, move |tx| {
            let appeal = seen(tx, id, version)?;
            if appeal.measure.is_some() || !appeal.state.is_open() {
                return Err(wrong_state());
            }
            let change = AppealChange::Match(&measure);
            if !appeal_move(tx, &appeal, version, appeal.state, change)? {
                return Err(AppError::stale());
            }
            let both = (measure.record, appeal.record);
            link_insert(tx, both, Says::Same, "appeal", author, None)?;
            Ok(())
        })
    }

    /// The measure that staff name; one that they may not see is not there.
    fn measure_meant(&self, who: &Who, typed: &str) -> Result<Measure> {
        let unknown = || {
            AppError::field(
                "measure",
                "没有这项措施，或不在您的查看范围内；请填写告知书上的申诉码。",
                "No such measure, or none that you may see; give the code on its notice.",
            )
        };
        self.read(|tx| {
            let measure = match (ReceiptCode::parse(typed), typed.trim().parse()) {
                (Some(code), _) => measure_by_code(tx, code.as_str())?,
                (None, Ok(id)) => measure_fetch(tx, id)?,
                (None, Err(_)) => None,
            };
            let measure = measure
                .filter(|measure| measure.decided_at.is_some())
                .ok_or_else(unknown)?;
            let thing = crate::measures::resource(tx, &measure)?;
            self.permit(who, Action::MeasuresList, &thing, Purpose::Appeal)
                .or_else(|_| self.permit(who, Action::MeasuresList, &thing, Purpose::Command))
                .ok()
                .ok_or_else(unknown)?;
            Ok(measure)
        })
    }

    /// Names who answers: somebody who may, and who neither looked at the assessment nor decided.
    ///
    /// # Errors
    /// When the colleague does not fit, the appeal was answered, or the asker may not.
    pub fn appeal_assign(
        &self,
        who: &Who,
        command: CommandId,
        id: AppealId,
        input: &AssignInput,
    ) -> Result<()> {
        let user = staff(who)?;
        let (action, purpose) = (Action::AppealsAssign, Purpose::Appeal);
        let response = self.appeal_permit(who, action, id)?;
        let answers = self.who_answers(id, &input.login)?;
        let version = input.version;
        self.write(who, command, action, purpose, response, move |tx| {
            let appeal = seen(tx, id, version)?;
            let to = appeal
                .state
                .after(AppealMove::Assign)
                .ok_or_else(wrong_state)?;
            let measure = measure_of(tx, &appeal)?;
            if !may_answer(&took_part(tx, measure.as_ref())?, answers) {
                return Err(took_part_refused());
            }
            let change = AppealChange::Assign(answers, Some(user));
            if !appeal_move(tx, &appeal, version, to, change)? {
                return Err(AppError::stale());
            }
            Ok(())
        })
    }

    /// The colleague of a log-in name, when they may answer.
    fn who_answers(&self, id: AppealId, login: &str) -> Result<UserId> {
        let unknown = || {
            AppError::field(
                "login",
                "没有这位同事，或其无权答复这件申诉。",
                "No such colleague, or they may not answer this appeal.",
            )
        };
        let now = self.now();
        self.read(|tx| {
            let actor: Actor = actor_by_login(tx, login)?.ok_or_else(unknown)?;
            let appeal = found(appeal_fetch(tx, id))?;
            let measure = measure_of(tx, &appeal)?;
            if !may_answer(&took_part(tx, measure.as_ref())?, actor.user) {
                return Err(took_part_refused());
            }
            let mut thing = resource(tx, &appeal, measure.as_ref())?;
            if let Resource::Appeal { assignee, .. } = &mut thing {
                *assignee = Some(actor.user);
            }
            let purpose = Some(Purpose::Appeal);
            self.authz
                .decide(&actor, Action::AppealsAnswer, &thing, purpose, now)
                .ok()
                .ok_or_else(unknown)?;
            Ok(actor.user)
        })
    }

    /// Answers an appeal. Found right, the measure stands before its organ to be lifted, which is
    /// asked at once; refused, a measure that rests binds again.
    ///
    /// # Errors
    /// When it was not assigned to the asker, no reason is given, or a fact was not put right yet.
    pub fn appeal_answer(
        &self,
        who: &Who,
        command: CommandId,
        id: AppealId,
        input: &AnswerInput,
    ) -> Result<()> {
        let user = staff(who)?;
        let (action, purpose) = (Action::AppealsAnswer, Purpose::Appeal);
        let response = self.appeal_permit(who, action, id)?;
        let mut wrong = Vec::new();
        let step = match input.outcome.trim() {
            "uphold" => AppealMove::Uphold,
            "refuse" => AppealMove::Refuse,
            _ => {
                let (zh, en) = ("请选择支持或不支持。", "Choose to uphold or to refuse.");
                required(&mut wrong, "outcome", "", zh, en);
                AppealMove::Refuse
            }
        };
        let (zh, en) = (
            "请写明理由，这些话会给申诉人看。",
            "Say why; whoever filed it will read this.",
        );
        required(&mut wrong, "reason", &input.reason, zh, en);
        not_too_long(&mut wrong, "reason", &input.reason);
        all_right(wrong)?;
        let (rules, version, reason) = (self.rules(), input.version, input.reason.clone());
        self.write(who, command, action, purpose, response, move |tx| {
            let appeal = seen(tx, id, version)?;
            let to = appeal.state.after(step).ok_or_else(wrong_state)?;
            let measure = measure_of(tx, &appeal)?;
            if !may_answer(&took_part(tx, measure.as_ref())?, user) {
                return Err(took_part_refused());
            }
            if step == AppealMove::Uphold {
                holds(tx, &appeal, measure.as_ref())?;
            }
            let change = AppealChange::Answer(user, reason.trim());
            if !appeal_move(tx, &appeal, version, to, change)? {
                return Err(AppError::stale());
            }
            match (step, appeal.kind, measure) {
                (AppealMove::Uphold, AppealKind::Measure, Some(measure)) => {
                    if measure.state.is_decided() {
                        measure_ask_lift(tx, &measure, Some("appeal"))?;
                    }
                    Ok(())
                }
                _ => rest_ends(&rules, tx, &appeal, Author::User(user)),
            }
        })
    }

    /// Lets the measure rest until the appeal is answered: a decision of the unit that decided it.
    ///
    /// # Errors
    /// When another unit decided it, it does not run or rests already, or no reason is given.
    pub fn appeal_relieve(
        &self,
        who: &Who,
        command: CommandId,
        id: AppealId,
        input: &ReliefInput,
    ) -> Result<()> {
        let user = staff(who)?;
        let (action, purpose) = (Action::AppealsRelieve, Purpose::Appeal);
        let response = self.appeal_permit(who, action, id)?;
        let mut wrong = Vec::new();
        let (zh, en) = ("请写明暂停的理由。", "Say why it is let rest.");
        required(&mut wrong, "reason", &input.reason, zh, en);
        not_too_long(&mut wrong, "reason", &input.reason);
        all_right(wrong)?;
        let (rules, version, reason) = (self.rules(), input.version, input.reason.clone());
        self.write(who, command, action, purpose, response, move |tx| {
            let appeal = seen(tx, id, version)?;
            let measure = measure_of(tx, &appeal)?.ok_or_else(wrong_state)?;
            let runs = measure.state.is_decided() && measure.suspended_at.is_none();
            if !appeal.state.is_open() || !runs {
                return Err(wrong_state());
            }
            let change = AppealChange::Relieve(user, reason.trim());
            if !appeal_move(tx, &appeal, version, appeal.state, change)? {
                return Err(AppError::stale());
            }
            rest::begin(&rules, tx, &measure, Author::User(user))
        })
    }
}

/// What must be so before an appeal is found right.
fn holds(tx: &mut Tx<'_>, appeal: &Appeal, measure: Option<&Measure>) -> Result<()> {
    if measure.is_none() {
        return Err(AppError::conflict(
            "NO-MEASURE",
            "还没有找到申诉所指的措施，请先补上，再作支持的答复。",
            "The measure that is meant was not found yet; say which it is before you uphold.",
        ));
    }
    if appeal.kind == AppealKind::Fact && !corrected_since(tx, appeal.person, appeal.filed_at)? {
        return Err(AppError::conflict(
            "CORRECT-FIRST",
            "请先在个人档案中更正或撤回该信息，再作支持的答复。",
            "Put the fact right in the file first, then uphold the request.",
        ));
    }
    Ok(())
}
