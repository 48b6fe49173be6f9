//! Withdrawing or correcting a fact from the file: a new fact names the old one and says why; the
//! rules are asked again at once. Nothing is overwritten.

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{CommandId, FactId, PersonId, Text};
use fangxian_store::facts::{NewFact, When, fact_insert, fact_list, standing};
use fangxian_store::records::{record_fetch, record_ids_of};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::assess::assess_person;
use crate::intake::{CLASSES, person_now};
use crate::sight::{all_right, not_too_long, required, staff};
use crate::{App, AppError, FieldError, Result, Who, about, found};

/// A correction, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CorrectInput {
    /// The fact.
    pub fact: String,
    /// What it should have said: a class for a notified class, a result for a test; empty: as it
    /// was.
    pub value: String,
    /// The day it should have named, ISO; empty: as it was.
    pub on: String,
    /// Why. With neither a value nor a day the fact is withdrawn.
    pub reason: String,
}

/// What the program itself records follows from its own commands and is not corrected by hand.
const OWN: [&str; 5] = [
    "identity",
    "measure_in_force",
    "measure_ended",
    "task_result",
    "wrong_address",
];

/// The attribute that a kind of fact can be corrected in, and its values.
fn field_of(kind: &str) -> Option<(&'static str, &'static [&'static str])> {
    match kind {
        "classification_notified" | "said_class" => Some(("class", &CLASSES)),
        "test" => Some(("result", &["positive", "negative", "unclear"])),
        _ => None,
    }
}

fn wrong(field: &str, zh: &str, en: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        text: Text::new(zh, en),
    }
}

impl App {
    /// Withdraws or corrects a fact of a file.
    ///
    /// # Errors
    /// When the asker may not, the fact does not stand any more or is the program's own, or the
    /// input does not hold.
    pub fn fact_correct(
        &self,
        who: &Who,
        command: CommandId,
        person: PersonId,
        input: &CorrectInput,
    ) -> Result<()> {
        staff(who)?;
        let gone = || {
            wrong(
                "fact",
                "该条记录已更正或撤回，请刷新。",
                "This fact does not stand any more; reload.",
            )
        };
        let Ok(id) = input.fact.trim().parse::<FactId>() else {
            return Err(AppError::invalid(vec![gone()]));
        };
        let old = self.read(|tx| {
            let person = person_now(tx, person)?;
            let row =
                self.person_permit(who, tx, person, Action::PeopleCorrect, Purpose::Intake)?;
            let records = record_ids_of(tx, person)?;
            let facts = fact_list(tx, &records)?;
            let old = standing(&facts)
                .into_iter()
                .find(|fact| fact.id == id)
                .cloned();
            let old = old.ok_or_else(|| AppError::invalid(vec![gone()]))?;
            let record = found(record_fetch(tx, old.record))?;
            let about = about(tx, row.area, record.confined, Some(old.response))?;
            let thing = Resource::Person { about };
            self.permit(who, Action::PeopleCorrect, &thing, Purpose::Intake)?;
            Ok(old)
        })?;
        let mut list = Vec::new();
        not_too_long(&mut list, "reason", &input.reason);
        let (zh, en) = (
            "请写明更正或撤回的理由。",
            "Say why it is corrected or withdrawn.",
        );
        let reason = required(&mut list, "reason", &input.reason, zh, en).unwrap_or_default();
        if OWN.contains(&old.kind.as_str()) {
            list.push(wrong(
                "fact",
                "系统自动记录的内容不能手工更正，请在相应的业务中办理。",
                "The program recorded this itself; change it where it came from.",
            ));
        }
        let value = input.value.trim();
        let field = field_of(&old.kind);
        match field {
            _ if value.is_empty() => {}
            Some((_, values)) if values.contains(&value) => {}
            Some((_, values)) => list.push(wrong(
                "value",
                &format!("不认识的选项；可选：{}。", values.join("、")),
                &format!("Not one of the choices: {}.", values.join(", ")),
            )),
            None => list.push(wrong(
                "value",
                "这类记录只能改日期或撤回。",
                "Only the day of this kind of fact can be corrected; or withdraw it.",
            )),
        }
        let on = match input.on.trim() {
            "" => None,
            typed => match typed.parse::<fangxian_base::Date>() {
                Ok(day) if day <= self.today() => Some(day),
                Ok(_) | Err(_) => {
                    list.push(wrong(
                        "on",
                        "日期请写成 2026-01-31，且不晚于今天。",
                        "Write the day as 2026-01-31, and not after today.",
                    ));
                    None
                }
            },
        };
        all_right(list)?;
        let withdraws = value.is_empty() && on.is_none();
        let mut new = NewFact {
            corrects: Some(old.id),
            withdraws,
            ..NewFact::new(&old.kind, old.when, &old.evidence)
        };
        if !withdraws {
            new.attrs = old.attrs.clone().unwrap_or_default();
            if let (Some((attr, _)), false) = (field, value.is_empty()) {
                new = new.with(attr, value);
            }
            if let Some(on) = on {
                new.when = When::Day(on);
            }
        }
        let new = new.with("reason", reason);
        let (author, rules) = (who.author(), self.rules());
        self.write(
            who,
            command,
            Action::PeopleCorrect,
            Purpose::Intake,
            Some(old.response),
            move |tx| {
                let person = person_now(tx, person)?;
                let records = record_ids_of(tx, person)?;
                let facts = fact_list(tx, &records)?;
                if !standing(&facts).iter().any(|fact| fact.id == old.id) {
                    return Err(AppError::stale());
                }
                fact_insert(tx, old.record, old.response, author, &new)?;
                tx.note("person", person);
                tx.note("fact", old.id);
                tx.detail(
                    "correction",
                    if withdraws { "withdrawn" } else { "corrected" },
                );
                assess_person(&rules, tx, person, Some(old.record))?;
                Ok(())
            },
        )
    }
}
