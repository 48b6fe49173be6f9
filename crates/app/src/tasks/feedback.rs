//! Feedback: what was found becomes a record with facts of its own, and the rules are asked again.
//! That is the loop.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, Date, RecordId, ReviewId, TaskId, Text, UserId};
use fangxian_domain::intake::Channel;
use fangxian_domain::measures::ServedHow;
use fangxian_domain::tasks::{TaskMove, TaskResult, closes_itself, kinds, results_of};
use fangxian_store::facts::{NewFact, When, fact_insert};
use fangxian_store::people::{Says, link_insert, person_fetch};
use fangxian_store::records::{NewRecord, RecordState, record_insert};
use fangxian_store::tasks::{NewStep, Task, task_fetch};
use fangxian_store::{Author, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::moves::{begin, close, finish};
use super::resource;
use crate::assess::{Rules, assess_person};
use crate::intake::{Evidence, SYMPTOMS};
use crate::sight::{all_right, not_too_long, staff};
use crate::{App, AppError, FieldError, Result, Who, found};

/// Feedback, as typed at the door: three taps suffice.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FeedbackInput {
    /// The version seen.
    pub version: i64,
    /// `well`, `symptoms`, `sampled`, `served`, `answered`, `not_found`, `refused_visit`,
    /// `moved_away`.
    pub result: String,
    /// Temperature in °C, when taken.
    pub temperature: String,
    /// Symptom codes; with `symptoms` at least one, or a temperature.
    pub symptoms: Vec<String>,
    /// Day of the first symptom, ISO, when told.
    pub onset_on: String,
    /// Day of the visit or call, ISO; empty: today.
    pub visited_on: String,
    /// How a notice was served: `signed`, `household`, `refused`; empty: `signed`.
    pub served_how: String,
    /// Who was there when the person would not sign.
    pub witness: String,
    /// Words, when something needs saying; never required.
    pub note: String,
}

/// What feedback led to. Codes and ids only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FedBack {
    /// The record that it became.
    pub record: RecordId,
    /// Whether the task is closed already, because a routine visit found the person well.
    pub closed: bool,
    /// Reviews that it opened or changed.
    pub reviews: Vec<ReviewId>,
}

/// Feedback that holds.
#[derive(Debug, Clone)]
struct Checked {
    result: TaskResult,
    temperature: Option<f64>,
    symptoms: Vec<String>,
    onset_on: Option<Date>,
    visited_on: Date,
    served_how: ServedHow,
    witness: Option<String>,
    note: Option<String>,
}

fn wrong(list: &mut Vec<FieldError>, field: &str, zh: &str, en: &str) {
    list.push(FieldError {
        field: field.to_owned(),
        text: Text::new(zh, en),
    });
}

fn day(list: &mut Vec<FieldError>, field: &str, typed: &str, today: Date) -> Option<Date> {
    let typed = typed.trim();
    if typed.is_empty() {
        return None;
    }
    match typed.parse::<Date>() {
        Ok(day) if day <= today && day >= fangxian_base::plus_days(today, -60) => Some(day),
        Ok(_) => {
            let (zh, en) = (
                "日期应在今天之前的两个月内，请核对。",
                "The day must lie within the last two months; please check it.",
            );
            wrong(list, field, zh, en);
            None
        }
        Err(_) => {
            let (zh, en) = ("日期请写成 2026-01-31。", "Write the day as 2026-01-31.");
            wrong(list, field, zh, en);
            None
        }
    }
}

fn check(input: &FeedbackInput, kind: &str, today: Date) -> Result<Checked> {
    let mut list = Vec::new();
    let result = TaskResult::from_code(input.result.trim());
    if result.is_none() {
        wrong(
            &mut list,
            "result",
            "请选择结果。",
            "Choose what was found.",
        );
    }
    if let Some(result) = result.filter(|result| !results_of(kind).contains(result)) {
        let fits = |text: fn(TaskResult) -> &'static str| -> Vec<&'static str> {
            results_of(kind).iter().copied().map(text).collect()
        };
        let (zh, en) = (
            fits(TaskResult::zh).join("、"),
            fits(TaskResult::en).join(", "),
        );
        wrong(
            &mut list,
            "result",
            &format!("“{}”不适用于这类任务，可选：{zh}。", result.zh()),
            &format!(
                "`{}` does not fit this kind of task; choose one of {en}.",
                result.en()
            ),
        );
    }
    let temperature = check_temperature(&mut list, &input.temperature);
    let symptoms = check_symptoms(&mut list, &input.symptoms);
    if result == Some(TaskResult::Symptoms) && symptoms.is_empty() && temperature.is_none() {
        let (zh, en) = (
            "请至少选择一项症状或填写体温。",
            "Choose a symptom, or give the temperature.",
        );
        wrong(&mut list, "symptoms", zh, en);
    }
    if result == Some(TaskResult::Well) && !symptoms.is_empty() {
        let (zh, en) = (
            "选了症状就不能选“正常”，请核对。",
            "Symptoms and `well` do not go together; please check.",
        );
        wrong(&mut list, "result", zh, en);
    }
    let onset_on = day(&mut list, "onset_on", &input.onset_on, today);
    let visited_on = day(&mut list, "visited_on", &input.visited_on, today);
    let (served_how, witness) = check_service(&mut list, result, input);
    not_too_long(&mut list, "note", &input.note);
    all_right(list)?;
    let result = result.ok_or_else(AppError::stale)?;
    Ok(Checked {
        result,
        temperature,
        symptoms,
        onset_on,
        visited_on: visited_on.unwrap_or(today),
        served_how,
        witness,
        note: Some(input.note.trim().to_owned()).filter(|text| !text.is_empty()),
    })
}

/// LIMIT: characters of a name.
const NAME_MAX: usize = 64;

/// How a notice was served; a refusal to sign needs a witness, anything else has none.
fn check_service(
    list: &mut Vec<FieldError>,
    result: Option<TaskResult>,
    input: &FeedbackInput,
) -> (ServedHow, Option<String>) {
    let typed = input.served_how.trim();
    let how = if typed.is_empty() {
        Some(ServedHow::Signed)
    } else {
        ServedHow::from_code(typed)
    };
    let served = result == Some(TaskResult::Served);
    let Some(how) = how else {
        let (zh, en) = (
            "请选择本人签收、家属签收或拒绝签收。",
            "Choose signed, signed by the household, or would not sign.",
        );
        wrong(list, "served_how", zh, en);
        return (ServedHow::Signed, None);
    };
    let witness = Some(input.witness.trim().to_owned()).filter(|name| !name.is_empty());
    if served && how.needs_witness() && witness.is_none() {
        let (zh, en) = (
            "拒绝签收的，请写明在场见证人。",
            "Where the person would not sign, name who was there.",
        );
        wrong(list, "witness", zh, en);
    }
    if input.witness.chars().count() > NAME_MAX {
        wrong(
            list,
            "witness",
            "太长了，请缩短。",
            "Too long; please shorten it.",
        );
    }
    (how, witness.filter(|_| served && how.needs_witness()))
}

fn check_temperature(list: &mut Vec<FieldError>, typed: &str) -> Option<f64> {
    let typed = typed.trim().trim_end_matches(['℃', 'C', 'c', '°', ' ']);
    let degrees = typed
        .parse::<f64>()
        .ok()
        .filter(|t| (34.0..=43.0).contains(t));
    if !typed.is_empty() && degrees.is_none() {
        let (zh, en) = (
            "体温请填 34 到 43 之间的数，如 36.8。",
            "Temperature in °C between 34 and 43, such as 36.8.",
        );
        wrong(list, "temperature", zh, en);
    }
    degrees
}

fn check_symptoms(list: &mut Vec<FieldError>, typed: &[String]) -> Vec<String> {
    let mut symptoms: Vec<String> = typed.iter().map(|code| code.trim().to_owned()).collect();
    if symptoms
        .iter()
        .any(|code| !SYMPTOMS.contains(&code.as_str()))
    {
        wrong(
            list,
            "symptoms",
            "有不认识的症状选项。",
            "Not one of the symptoms offered.",
        );
    }
    symptoms.sort();
    symptoms.dedup();
    symptoms
}

impl App {
    /// Feeds a task back. The same command sent twice is one feedback.
    ///
    /// # Errors
    /// When the asker is neither the assignee nor the lead, the input does not hold, or the task
    /// moved meanwhile.
    pub fn task_feed_back(
        &self,
        who: &Who,
        command: CommandId,
        id: TaskId,
        input: &FeedbackInput,
    ) -> Result<FedBack> {
        let user = staff(who)?;
        let (response, kind) = self.read(|tx| {
            let task = found(task_fetch(tx, id))?;
            let thing = resource(tx, &task)?;
            self.permit(who, Action::TasksFeedback, &thing, Purpose::TaskWork)?;
            Ok((task.response, task.kind))
        })?;
        let checked = check(input, &kind, self.today())?;
        let original = serde_json::to_vec(input).map_err(AppError::internal)?;
        let rules = self.rules();
        let version = input.version;
        let actor = who.actor().map(|actor| (actor.unit, actor.unit_kind));
        let evidence = Evidence::of(actor.map(|(_, kind)| kind));
        let unit = actor.map(|(unit, _)| unit);
        let purpose = Purpose::TaskWork;
        self.write(
            who,
            command,
            Action::TasksFeedback,
            purpose,
            Some(response),
            move |tx| {
                let done = Done {
                    id,
                    version,
                    user,
                    unit,
                    evidence,
                    checked: &checked,
                };
                done.run(&rules, tx, &original)
            },
        )
    }
}

/// One feedback on its way in.
struct Done<'a> {
    id: TaskId,
    version: i64,
    user: UserId,
    unit: Option<fangxian_base::UnitId>,
    evidence: Evidence,
    checked: &'a Checked,
}

impl Done<'_> {
    fn run(&self, rules: &Rules, tx: &mut Tx<'_>, original: &[u8]) -> Result<FedBack> {
        let author = Author::User(self.user);
        let mut task = begin(tx, self.id, self.version, TaskMove::Feedback)?;
        let result = self.checked.result;
        task.result = Some(result.code().to_owned());
        (task.done_by, task.done_at) = (Some(self.user), Some(tx.now()));
        (task.raised, task.climb_at, task.asked) = (None, None, None);
        let step = NewStep {
            to: Some(task.holder),
            result: Some(result.code()),
            note: self.checked.note.as_deref(),
            ..NewStep::new(author, "fed_back")
        };
        finish(tx, &task, &step)?;
        tx.detail("result", result.code());
        let record = self.keep(tx, &task, original)?;
        if let (kinds::SERVE_NOTICE, TaskResult::Served, Some(measure)) =
            (task.kind.as_str(), result, task.measure)
        {
            let how = (self.checked.served_how, self.checked.witness.as_deref());
            crate::measures::serve(tx, measure, self.user, how)?;
        }
        let person = found(fangxian_store::people::person_of(tx, record))?;
        let assessed = assess_person(rules, tx, person, Some(record))?;
        let mut closed = false;
        if closes_itself(&task.kind, result) {
            let mut task = begin(tx, self.id, self.version + 1, TaskMove::Close)?;
            let step = NewStep {
                result: Some("routine"),
                ..NewStep::new(Author::System, "closed")
            };
            close(tx, &mut task, &step)?;
            closed = true;
        }
        let reviews = assessed.into_iter().filter_map(|one| one.review).collect();
        Ok(FedBack {
            record,
            closed,
            reviews,
        })
    }

    /// The new record, its facts, and the link to the person whom the task is about.
    fn keep(&self, tx: &mut Tx<'_>, task: &Task, original: &[u8]) -> Result<RecordId> {
        let author = Author::User(self.user);
        let id = RecordId::new();
        let area = person_fetch(tx, task.person)?.and_then(|person| person.area);
        record_insert(
            tx,
            &NewRecord {
                id,
                response: task.response,
                channel: Channel::TaskFeedback.code(),
                reported_on: Some(self.checked.visited_on),
                area: area.or(Some(task.area)),
                unit: self.unit,
                author,
                import: None,
                receipt_code: None,
                state: RecordState::Handled,
                due_at: None,
                confined: task.confined,
                original,
            },
        )?;
        for fact in self.facts(task) {
            fact_insert(tx, id, task.response, author, &fact)?;
        }
        link_insert(tx, (task.record, id), Says::Same, "task", author, None)?;
        Ok(id)
    }

    fn facts(&self, task: &Task) -> Vec<NewFact> {
        let known = self.evidence.code();
        let on = When::Day(self.checked.visited_on);
        let mut result = NewFact::new("task_result", on, known)
            .with("kind", task.kind.as_str())
            .with("result", self.checked.result.code())
            .with("task", task.id.to_string());
        if let Some(note) = &self.checked.note {
            result = result.with("note", note.as_str());
        }
        let mut facts = vec![result];
        if let Some(degrees) = self.checked.temperature {
            facts.push(NewFact::new("temperature", on, known).with("celsius", degrees));
        }
        let since = self.checked.onset_on.map_or(on, When::Day);
        for symptom in &self.checked.symptoms {
            facts.push(
                NewFact::new("symptom", since, known)
                    .with("name", symptom.as_str())
                    .with("present", true),
            );
        }
        if let Some(onset) = self.checked.onset_on {
            facts.push(NewFact::new("onset", When::Day(onset), known));
        }
        facts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Date {
        "2026-01-20".parse().unwrap()
    }

    #[test]
    fn three_taps_are_enough() {
        let input = FeedbackInput {
            result: "well".into(),
            ..FeedbackInput::default()
        };
        let checked = check(&input, kinds::OBSERVE, today()).unwrap();
        assert_eq!(
            (checked.result, checked.visited_on),
            (TaskResult::Well, today())
        );
    }

    #[test]
    fn a_refusal_to_sign_needs_a_witness() {
        let mut input = FeedbackInput {
            result: "served".into(),
            served_how: "refused".into(),
            ..FeedbackInput::default()
        };
        let error = check(&input, kinds::SERVE_NOTICE, today()).unwrap_err();
        assert_eq!(error.fields[0].field, "witness");
        input.witness = "社区民警".into();
        let checked = check(&input, kinds::SERVE_NOTICE, today()).unwrap();
        assert_eq!(checked.witness.as_deref(), Some("社区民警"));
    }

    #[test]
    fn what_contradicts_itself_is_asked_again() {
        let input = FeedbackInput {
            result: "well".into(),
            symptoms: vec!["fever".into()],
            temperature: "98".into(),
            visited_on: "2026-01-21".into(),
            ..FeedbackInput::default()
        };
        let error = check(&input, kinds::OBSERVE, today()).unwrap_err();
        let fields: Vec<_> = error.fields.iter().map(|f| f.field.as_str()).collect();
        assert_eq!(fields, ["temperature", "result", "visited_on"]);
    }
}
