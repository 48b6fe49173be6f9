//! Filing: what somebody says is kept as it came, as a record of its own under a number, whether or
//! not the code is that of a notice; the answer is the same. A code that leads nowhere is no reason
//! to lose what was said: staff find the notice that is meant.

use std::collections::BTreeSet;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{AppealId, CommandId, RecordId, Text};
use fangxian_domain::appeals::{AppealKind, AppealMove};
use fangxian_domain::intake::{Channel, ReceiptCode};
use fangxian_store::appeals::{
    AppealChange, NewAppeal, appeal_by_record, appeal_insert, appeal_move,
};
use fangxian_store::measures::{Measure, measure_by_code};
use fangxian_store::people::{Says, link_insert};
use fangxian_store::records::{NewRecord, RecordState, record_by_receipt, record_insert};
use fangxian_store::responses::response_fetch;
use fangxian_store::{Author, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::rest_ends;
use crate::assess::Rules;
use crate::intake::{response_for, submit_about};
use crate::sight::{all_right, not_too_long, required};
use crate::{App, AppError, FieldError, Result, Who, found};

/// An appeal, as typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["code", "kind", "words"]))]
pub struct AppealInput {
    /// The code printed on the notice.
    pub code: String,
    /// `measure`: that the measure is lifted or changed; `fact`: that something recorded is put
    /// right.
    pub kind: String,
    /// What is wrong and what is wanted, in one's own words.
    pub words: String,
    /// By whom; may stay empty.
    pub name: String,
    /// Where they can be reached; may stay empty.
    pub phone: String,
}

/// The answer to whoever filed. Holds nothing personal, so it can be given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Filed {
    /// The number under which the state can be seen, in groups of four.
    pub receipt: String,
}

/// Taking an appeal back, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["number"]))]
pub struct WithdrawInput {
    /// The number that was given when it was filed.
    pub number: String,
}

/// An appeal that is not there yet, or is named by its number alone.
fn at_the_door(who: &Who) -> Resource {
    Resource::Appeal {
        about: submit_about(who),
        took_part: BTreeSet::new(),
        assignee: None,
        decided_by: None,
    }
}

/// LIMIT: characters of a name or a telephone number.
const SHORT_MAX: usize = 64;

fn check(input: &AppealInput) -> Result<(ReceiptCode, AppealKind)> {
    let mut wrong = Vec::new();
    let mut add = |field: &str, zh: &str, en: &str| {
        wrong.push(FieldError {
            field: field.to_owned(),
            text: Text::new(zh, en),
        });
    };
    let code = ReceiptCode::parse(&input.code);
    if code.is_none() {
        add(
            "code",
            "申诉码不对：应为 12 位字母和数字，请对照告知书逐位核对。",
            "Not an appeal code: it has 12 letters and digits; check it against the notice.",
        );
    }
    let kind = AppealKind::from_code(input.kind.trim());
    if kind.is_none() {
        add(
            "kind",
            "请选择对措施有异议，或要求更正信息。",
            "Choose whether you object to the measure or ask for a correction.",
        );
    }
    for (field, typed) in [("name", &input.name), ("phone", &input.phone)] {
        if typed.chars().count() > SHORT_MAX {
            add(field, "太长了，请缩短。", "Too long; please shorten it.");
        }
    }
    let (zh, en) = (
        "请写明哪里不对、希望怎么办。",
        "Say what is wrong and what you want.",
    );
    required(&mut wrong, "words", &input.words, zh, en);
    not_too_long(&mut wrong, "words", &input.words);
    all_right(wrong)?;
    match (code, kind) {
        (Some(code), Some(kind)) => Ok((code, kind)),
        (Some(_) | None, _) => Err(AppError::stale()),
    }
}

/// The level of the tree that answers first. It is the same for every code, so that the time given
/// says nothing of one.
const LEVEL: i64 = 0;

/// The first level from here up that the city gives a deadline for appeals, and its hours.
pub(super) fn hours_from(
    rules: &Rules,
    tx: &mut Tx<'_>,
    mut level: i64,
) -> Result<Option<(i64, i64)>> {
    let today = rules.today(tx);
    while rules.level(tx, level)?.is_some() {
        if let Some(hours) = rules.deadline_hours(tx, "appeal", level, today)? {
            return Ok(Some((level, hours)));
        }
        level -= 1;
    }
    Ok(None)
}

/// What is about to be kept.
struct Filing<'a> {
    author: Author,
    unit: Option<fangxian_base::UnitId>,
    code: &'a ReceiptCode,
    kind: AppealKind,
    receipt: &'a ReceiptCode,
    original: &'a [u8],
}

impl Filing<'_> {
    /// The measure that the code names, while something can still be done about it.
    fn measure(&self, tx: &mut Tx<'_>) -> Result<Option<Measure>> {
        let Some(measure) = measure_by_code(tx, self.code.as_str())? else {
            return Ok(None);
        };
        let response = found(response_fetch(tx, measure.response))?;
        Ok(response.closed_at.is_none().then_some(measure))
    }

    fn keep(&self, rules: &Rules, tx: &mut Tx<'_>) -> Result<()> {
        let measure = self.measure(tx)?;
        let measure = measure.as_ref();
        let response = match measure {
            Some(measure) => measure.response,
            None => response_for(tx, "")?.id,
        };
        let area = measure.and_then(|measure| measure.area);
        let confined = measure.is_some_and(|measure| measure.confined);
        let record = RecordId::new();
        record_insert(
            tx,
            &NewRecord {
                id: record,
                response,
                channel: Channel::Appeal.code(),
                reported_on: None,
                area,
                unit: self.unit,
                author: self.author,
                import: None,
                receipt_code: Some(self.receipt.as_str()),
                state: RecordState::Handled,
                due_at: None,
                confined,
                original: self.original,
            },
        )?;
        if let Some(measure) = measure {
            let both = (measure.record, record);
            link_insert(tx, both, Says::Same, "appeal", self.author, None)?;
        }
        let first = hours_from(rules, tx, LEVEL)?;
        let due_at = first.map(|(_, hours)| tx.now().plus_hours(hours));
        appeal_insert(
            tx,
            &NewAppeal {
                id: AppealId::new(),
                record,
                measure: measure.map(|measure| measure.id),
                response,
                area,
                confined,
                kind: self.kind,
                due_at,
                climb_at: due_at,
                level: first.map_or(LEVEL, |(level, _)| level),
            },
        )?;
        Ok(())
    }
}

impl App {
    /// Files an appeal: at the public door, or by a member of staff for the person. Whether the code
    /// is that of a notice shows nowhere in the answer.
    ///
    /// # Errors
    /// Fields that do not hold, no permission, or the store cannot keep it now.
    pub fn appeal_file(&self, who: &Who, command: CommandId, input: &AppealInput) -> Result<Filed> {
        let purpose = Purpose::Appeal;
        self.permit(who, Action::AppealsFile, &at_the_door(who), purpose)?;
        let (code, kind) = check(input)?;
        let original = serde_json::to_vec(input).map_err(AppError::internal)?;
        let random = fangxian_store::random_bytes()?;
        let (rules, author) = (self.rules(), who.author());
        let unit = who.actor().map(|actor| actor.unit);
        let action = Action::AppealsFile;
        self.write(who, command, action, purpose, None, move |tx| {
            let receipt = ReceiptCode::from_random(random);
            let filing = Filing {
                author,
                unit,
                code: &code,
                kind,
                receipt: &receipt,
                original: &original,
            };
            filing.keep(&rules, tx)?;
            Ok(Filed {
                receipt: receipt.to_string(),
            })
        })
    }

    /// Takes an appeal back, by the number it was filed under. A measure that rests until the answer
    /// rests no longer.
    ///
    /// # Errors
    /// When the number leads to no appeal, or it was answered.
    pub fn appeal_withdraw(
        &self,
        who: &Who,
        command: CommandId,
        input: &WithdrawInput,
    ) -> Result<Filed> {
        let unknown = || {
            AppError::field(
                "number",
                "这个号码下没有未答复的申诉，请核对。",
                "There is no appeal without an answer under this number; please check it.",
            )
        };
        let purpose = Purpose::Appeal;
        self.permit(who, Action::AppealsFile, &at_the_door(who), purpose)?;
        let code = ReceiptCode::parse(&input.number).ok_or_else(unknown)?;
        let (rules, author) = (self.rules(), who.author());
        let action = Action::AppealsFile;
        self.write(who, command, action, purpose, None, move |tx| {
            let record = record_by_receipt(tx, code.as_str())?.ok_or_else(unknown)?;
            let appeal = appeal_by_record(tx, record.id)?.ok_or_else(unknown)?;
            let to = appeal
                .state
                .after(AppealMove::Withdraw)
                .ok_or_else(unknown)?;
            if !appeal_move(tx, &appeal, appeal.version, to, AppealChange::Withdraw)? {
                return Err(AppError::stale());
            }
            rest_ends(&rules, tx, &appeal, author)?;
            Ok(Filed {
                receipt: code.to_string(),
            })
        })
    }
}
