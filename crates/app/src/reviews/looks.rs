//! The first and the second look. A looker may take proposals out, choose the area and add a
//! standard visit or call; class and category are never typed. Two different people.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{AreaId, CommandId, ReviewId, Text, UserId};
use fangxian_domain::reviews::{LookRefused, ReviewMove, ReviewState, second_look_by};
use fangxian_domain::tasks::kinds;
use fangxian_store::Tx;
use fangxian_store::records::RecordState;
use fangxian_store::reviews::{
    Look, Review, ReviewChange, review_amend, review_content, review_fetch, review_move,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Confirmed, follow, resource};
use crate::assess::Rules;
use crate::assess::proposal::{Dropped, Proposal};
use crate::sight::{all_right, area_of_code, not_too_long, required, staff};
use crate::tasks::give::{Work, give};
use crate::{App, AppError, FieldError, Result, Who, found};

/// A measure or task that a looker takes out.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DropInput {
    /// The rule, as in the proposal.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// The first look, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FirstLookInput {
    /// The version seen.
    pub version: i64,
    /// `confirm` (as proposed), `amend`, `ask` (something is missing), `no_follow_up`, or
    /// `not_a_person` (nobody who can be found).
    pub outcome: String,
    /// With `amend`: what is taken out.
    pub drop: Vec<DropInput>,
    /// With `amend`: standard tasks added, `door_visit` or `phone_check`.
    pub add: Vec<String>,
    /// Division code of the area that the work goes to; empty: where the person is.
    pub area_code: String,
    /// Why; needed except to confirm. With `ask`: what is to be asked.
    pub reason: String,
}

/// The second look, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SecondLookInput {
    /// The version seen.
    pub version: i64,
    /// `confirm` (also that all is set aside, when the first looker proposed so), `amend`, or
    /// `return` to the first look.
    pub outcome: String,
    /// With `amend`: what is taken out besides what the first looker took out.
    pub drop: Vec<DropInput>,
    /// With `amend`: standard tasks added, `door_visit` or `phone_check`.
    pub add: Vec<String>,
    /// With `amend`: division code of the area that the work goes to; empty: as it is.
    pub area_code: String,
    /// Why; needed to return.
    pub reason: String,
}

/// What the first looker decided.
#[derive(Debug, Clone, PartialEq, Eq)]
enum First {
    PassOn {
        dropped: Vec<Dropped>,
        added: Vec<String>,
    },
    Ask(String),
    SetAside(RecordState),
}

impl First {
    fn outcome(&self) -> &'static str {
        match self {
            Self::PassOn { dropped, added } if dropped.is_empty() && added.is_empty() => {
                "confirmed"
            }
            Self::PassOn { .. } => "amended",
            Self::Ask(_) => "asked",
            Self::SetAside(_) => "set_aside",
        }
    }

    /// What binds somebody is set aside by two people only.
    const fn step(&self, binds: bool) -> ReviewMove {
        match self {
            Self::PassOn { .. } => ReviewMove::PassOn,
            Self::Ask(_) => ReviewMove::Ask,
            Self::SetAside(_) if binds => ReviewMove::ProposeSetAside,
            Self::SetAside(_) => ReviewMove::SetAside,
        }
    }
}

fn wrong_field(field: &str, zh: &str, en: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        text: Text::new(zh, en),
    }
}

/// Reads the first look; everything that does not hold is told at once.
fn check(input: &FirstLookInput) -> Result<First> {
    let mut wrong = Vec::new();
    not_too_long(&mut wrong, "reason", &input.reason);
    let reason = |wrong: &mut Vec<FieldError>| {
        required(
            wrong,
            "reason",
            &input.reason,
            "请写明理由。",
            "Please give the reason.",
        )
        .unwrap_or_default()
    };
    let first = match input.outcome.trim() {
        "confirm" => Some(First::PassOn {
            dropped: Vec::new(),
            added: Vec::new(),
        }),
        "amend" => {
            let (dropped, added) = amended(&mut wrong, &input.drop, &input.add, &input.area_code);
            Some(First::PassOn { dropped, added })
        }
        "ask" => Some(First::Ask(reason(&mut wrong))),
        "no_follow_up" => {
            reason(&mut wrong);
            Some(First::SetAside(RecordState::Handled))
        }
        "not_a_person" => {
            reason(&mut wrong);
            Some(First::SetAside(RecordState::Rejected))
        }
        _ => {
            wrong.push(wrong_field(
                "outcome",
                "请选择初核意见。",
                "Choose what comes of the look.",
            ));
            None
        }
    };
    all_right(wrong)?;
    first.ok_or_else(AppError::stale)
}

fn amended(
    wrong: &mut Vec<FieldError>,
    drop: &[DropInput],
    add: &[String],
    area_code: &str,
) -> (Vec<Dropped>, Vec<String>) {
    let mut dropped = Vec::new();
    for (i, item) in drop.iter().enumerate() {
        let field = format!("drop.{i}.reason");
        not_too_long(wrong, &field, &item.reason);
        let reason = required(
            wrong,
            &field,
            &item.reason,
            "请写明为何去掉这一项。",
            "Say why this is taken out.",
        );
        if let Some(reason) = reason {
            dropped.push(Dropped {
                rule: item.rule.trim().to_owned(),
                reason,
            });
        }
    }
    let mut added: Vec<String> = Vec::new();
    for kind in add {
        let kind = kind.trim();
        if ![kinds::DOOR_VISIT, kinds::PHONE_CHECK].contains(&kind) {
            wrong.push(wrong_field(
                "add",
                "只能增加标准的上门核查或电话核查。",
                "Only the standard door visit or phone check can be added.",
            ));
        } else if !added.iter().any(|known| known == kind) {
            added.push(kind.to_owned());
        }
    }
    if drop.is_empty() && add.is_empty() && area_code.trim().is_empty() {
        wrong.push(wrong_field(
            "outcome",
            "没有任何修改；如无修改请选“同意”。",
            "Nothing was changed; choose `confirm` if nothing is to be.",
        ));
    }
    (dropped, added)
}

/// Takes what a looker amended into the proposal; only what is proposed can be taken out.
fn amend(proposal: &mut Proposal, dropped: &[Dropped], added: &[String]) -> Result<()> {
    let known = |rule: &str| {
        let outcome = &proposal.assessment;
        outcome.measures_due.iter().any(|due| due.rule == rule)
            || outcome.tasks_due.iter().any(|due| due.rule == rule)
    };
    if dropped.iter().any(|item| !known(&item.rule)) {
        return Err(AppError::field(
            "drop",
            "所去掉的项目不在建议之中，请刷新页面。",
            "What is taken out is not part of the proposal; reload the page.",
        ));
    }
    for item in dropped {
        if !proposal.is_dropped(&item.rule) {
            proposal.dropped.push(item.clone());
        }
    }
    for kind in added {
        if !proposal.added.contains(kind) {
            proposal.added.push(kind.clone());
        }
    }
    Ok(())
}

pub(super) fn refused(reason: LookRefused) -> AppError {
    match reason {
        LookRefused::State => AppError::conflict(
            "REVIEW-STATE",
            "该条研判已不在这一步，请刷新查看。",
            "The review is not at this step any more; reload to see where it is.",
        ),
        LookRefused::NoFirst => AppError::conflict(
            "NO-FIRST-LOOK",
            "尚未初核，不能复核。",
            "Nobody has taken the first look yet.",
        ),
        LookRefused::SamePerson => AppError::conflict(
            "SAME-LOOKER",
            "初核与复核须由不同人员办理，请由另一位同事复核。",
            "Whoever took the first look cannot take the second; ask a colleague.",
        ),
    }
}

/// Loads a review inside a write and checks that it is what the looker saw.
fn at_version(tx: &mut Tx<'_>, id: ReviewId, version: i64) -> Result<Review> {
    let review = found(review_fetch(tx, id))?;
    if review.version == version {
        Ok(review)
    } else {
        Err(AppError::stale())
    }
}

fn destroyed() -> AppError {
    fangxian_store::DbError::Crypt(fangxian_store::keys::CryptError::Destroyed).into()
}

impl App {
    /// Takes the first look.
    ///
    /// # Errors
    /// When the looker may not, the input does not hold, or the review moved in the meantime.
    pub fn review_first_look(
        &self,
        who: &Who,
        command: CommandId,
        id: ReviewId,
        input: &FirstLookInput,
    ) -> Result<()> {
        let user = staff(who)?;
        let response = self.read(|tx| {
            let review = found(review_fetch(tx, id))?;
            let thing = resource(tx, &review)?;
            self.permit(who, Action::ReviewsFirstLook, &thing, Purpose::Assessment)?;
            Ok(review.response)
        })?;
        let first = check(input)?;
        let (rules, input) = (self.rules(), input.clone());
        self.write(
            who,
            command,
            Action::ReviewsFirstLook,
            Purpose::Assessment,
            Some(response),
            move |tx| first_look(&rules, tx, id, user, &input, &first),
        )
    }

    /// Takes the second look: agrees, so that tasks go out and measures stand before their organ;
    /// or gives it back to the first look with a reason.
    ///
    /// # Errors
    /// When the looker may not (the same person never takes both looks), the input does not hold,
    /// or the review moved in the meantime.
    pub fn review_second_look(
        &self,
        who: &Who,
        command: CommandId,
        id: ReviewId,
        input: &SecondLookInput,
    ) -> Result<Confirmed> {
        let user = staff(who)?;
        let (back, amends) = match input.outcome.trim() {
            "confirm" => (false, false),
            "amend" => (false, true),
            "return" => (true, false),
            _ => {
                return Err(AppError::field(
                    "outcome",
                    "请选择复核意见。",
                    "Choose what comes of the look.",
                ));
            }
        };
        let action = if back {
            Action::ReviewsReturn
        } else {
            Action::ReviewsSecondLook
        };
        let response = self.read(|tx| {
            let review = found(review_fetch(tx, id))?;
            let thing = resource(tx, &review)?;
            self.permit(who, action, &thing, Purpose::Assessment)?;
            Ok(review.response)
        })?;
        let mut wrong = Vec::new();
        not_too_long(&mut wrong, "reason", &input.reason);
        if back {
            let (zh, en) = ("请写明退回理由。", "Please say why it goes back.");
            required(&mut wrong, "reason", &input.reason, zh, en);
        }
        let changes =
            amends.then(|| amended(&mut wrong, &input.drop, &input.add, &input.area_code));
        all_right(wrong)?;
        let (rules, input) = (self.rules(), input.clone());
        let author = who.author();
        self.write(
            who,
            command,
            action,
            Purpose::Assessment,
            Some(response),
            move |tx| {
                let review = at_version(tx, id, input.version)?;
                second_look_by(review.first_by, user).map_err(refused)?;
                let reason = Some(input.reason.trim()).filter(|text| !text.is_empty());
                if back {
                    return give_back(tx, &review, user, reason);
                }
                if review.state != ReviewState::SecondLook {
                    return Err(refused(LookRefused::State));
                }
                let content = review_content(tx, &review)?;
                let mut proposal = Proposal::of(&content).ok_or_else(destroyed)?;
                let aside = proposal.aside.as_deref().and_then(RecordState::from_code);
                let Some((dropped, added)) = &changes else {
                    return match aside {
                        Some(state) => set_aside(tx, &review, state, user, reason),
                        None => follow::confirm(
                            &rules,
                            tx,
                            &review,
                            author,
                            user,
                            ("confirmed", reason),
                        ),
                    };
                };
                if aside.is_some() {
                    return Err(AppError::field(
                        "outcome",
                        "初核建议不再跟进，只能同意或退回初核。",
                        "The first looker proposes to set it aside: confirm that, or return it.",
                    ));
                }
                amend(&mut proposal, dropped, added)?;
                let area = match area_of_code(tx, "area_code", &input.area_code)? {
                    Some(area) => Some(area.id),
                    None => review.area,
                };
                review_amend(tx, &review, &proposal.bytes()?, area)?;
                let review = at_version(tx, id, input.version)?;
                follow::confirm(&rules, tx, &review, author, user, ("amended", reason))
            },
        )
    }
}

fn first_look(
    rules: &Rules,
    tx: &mut Tx<'_>,
    id: ReviewId,
    user: UserId,
    input: &FirstLookInput,
    first: &First,
) -> Result<()> {
    let review = at_version(tx, id, input.version)?;
    if !matches!(review.state, ReviewState::FirstLook | ReviewState::Asked) {
        return Err(refused(LookRefused::State));
    }
    let mut proposal = Proposal::of(&review_content(tx, &review)?).ok_or_else(destroyed)?;
    let binds = proposal.binds();
    let to = review
        .state
        .after(first.step(binds))
        .ok_or_else(|| refused(LookRefused::State))?;
    let area = match area_of_code(tx, "area_code", &input.area_code)? {
        Some(area) => Some(area.id),
        None => review.area,
    };
    match first {
        First::PassOn { dropped, added } => {
            // A first look begins anew, also after it was given back.
            (proposal.dropped, proposal.added) = (Vec::new(), Vec::new());
            proposal.aside = None;
            amend(&mut proposal, dropped, added)?;
        }
        First::Ask(what) => {
            proposal.asked = Some(what.clone());
            ask(rules, tx, &review, area, what, user)?;
        }
        First::SetAside(state) if binds => proposal.aside = Some(state.code().to_owned()),
        First::SetAside(state) => {
            set_records(tx, &review, *state)?;
        }
    }
    tx.detail("look", first.outcome());
    let bytes = proposal.bytes()?;
    let reason = Some(input.reason.trim()).filter(|text| !text.is_empty());
    let look = Look {
        by: user,
        outcome: first.outcome(),
        reason,
    };
    let change = ReviewChange::First {
        look,
        proposal: &bytes,
        area,
    };
    if review_move(tx, &review, input.version, to, change)? {
        Ok(())
    } else {
        Err(AppError::stale())
    }
}

/// The records of a person whose review ends without anything to follow, unless something else
/// about the person is open.
fn set_records(tx: &mut Tx<'_>, review: &Review, state: RecordState) -> Result<()> {
    let person = review.person;
    let reviews = fangxian_store::reviews::review_list_of(tx, person)?;
    let tasks = fangxian_store::tasks::task_list_of(tx, person)?;
    let measures = fangxian_store::measures::measure_list_of(tx, person)?;
    let open = reviews
        .iter()
        .any(|other| other.id != review.id && other.state.is_open())
        || tasks
            .iter()
            .any(|task| task.review != Some(review.id) && task.state.is_open())
        || measures.iter().any(|measure| measure.state.is_open());
    if !open {
        fangxian_store::assessments::records_after_review(tx, person, state)?;
    }
    Ok(())
}

/// The second person agrees that nothing has to follow.
fn set_aside(
    tx: &mut Tx<'_>,
    review: &Review,
    state: RecordState,
    user: UserId,
    reason: Option<&str>,
) -> Result<Confirmed> {
    let to = review
        .state
        .after(ReviewMove::ConfirmSetAside)
        .ok_or_else(|| refused(LookRefused::State))?;
    let look = Look {
        by: user,
        outcome: "set_aside",
        reason,
    };
    if !review_move(tx, review, review.version, to, ReviewChange::Second(look))? {
        return Err(AppError::stale());
    }
    set_records(tx, review, state)?;
    tx.detail("look", "set_aside");
    Ok(Confirmed::default())
}

/// Sends somebody to get what is missing.
fn ask(
    rules: &Rules,
    tx: &mut Tx<'_>,
    review: &Review,
    area: Option<AreaId>,
    what: &str,
    user: UserId,
) -> Result<()> {
    let text = Text::new(
        format!("补充核实：{what}"),
        format!("Please find out: {what}"),
    );
    give(
        rules,
        tx,
        &Work {
            review: Some(review.id),
            area,
            ..Work::of_review(
                review,
                kinds::ASK_FACTS,
                text,
                fangxian_store::Author::User(user),
            )
        },
    )?;
    Ok(())
}

fn give_back(
    tx: &mut Tx<'_>,
    review: &Review,
    user: UserId,
    reason: Option<&str>,
) -> Result<Confirmed> {
    let to: ReviewState = review
        .state
        .after(ReviewMove::Return)
        .ok_or_else(|| refused(LookRefused::State))?;
    let look = Look {
        by: user,
        outcome: "returned",
        reason,
    };
    if review_move(tx, review, review.version, to, ReviewChange::Second(look))? {
        tx.detail("look", "returned");
        Ok(Confirmed::default())
    } else {
        Err(AppError::stale())
    }
}
