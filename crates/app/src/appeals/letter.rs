//! The answer to an appeal as a letter on paper: what was asked, what was found and why, what
//! follows, and where to turn next. It is handed over or sent; the page without log-in shows none
//! of its words.

use std::fmt::Write as _;

use fangxian_base::{Date, Text, Zone};
use fangxian_domain::appeals::{AppealKind, AppealState};
use schemars::JsonSchema;
use serde::Serialize;

use super::AppealView;

/// A letter, as fields and as a text that can be printed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Letter {
    /// The heading.
    pub title: Text,
    /// The number under which the appeal was filed.
    pub document_no: String,
    /// The whole text.
    pub body: Text,
    /// Who answers: the unit at the foot.
    pub organ: Text,
    /// The day of the answer.
    #[schemars(with = "String")]
    pub signed_on: Date,
}

/// To whom: whoever filed, as they named themselves, or else whom the measure binds.
fn addressee(view: &AppealView) -> Text {
    let said = view.said.as_ref().map(|said| said.name.trim());
    let known = view.measure.as_ref().map(|measure| measure.name.trim());
    let named = [said, known].into_iter().flatten();
    match named.into_iter().find(|name| !name.is_empty()) {
        Some(name) => Text::new(name, name),
        None => Text::new("申诉人", "whoever filed the appeal"),
    }
}

/// What the appeal was about.
fn subject(view: &AppealView) -> Text {
    let title = view.row.measure_title.clone().unwrap_or_default();
    let number = view
        .measure
        .as_ref()
        .and_then(|measure| measure.document_no.clone())
        .unwrap_or_default();
    if view.row.kind == AppealKind::Fact.code() {
        Text::new(
            format!("就{}（文号：{number}）所依据的信息提出的更正请求", title.zh),
            format!(
                "your request to correct what \"{}\" (document {number}) rests on",
                title.en
            ),
        )
    } else {
        Text::new(
            format!("对{}（文号：{number}）提出的申诉", title.zh),
            format!("your appeal against \"{}\" (document {number})", title.en),
        )
    }
}

/// What was found, and what follows from it.
fn outcome(view: &AppealView, upheld: bool, zone: &Zone) -> Text {
    let fact = view.row.kind == AppealKind::Fact.code();
    let lifted = view.measure.as_ref().and_then(|measure| measure.lifted_at);
    match (upheld, fact, lifted) {
        (true, true, _) => Text::new(
            "您的请求成立，有关信息已经更正，并已据此重新研判。",
            "Your request is right. What was wrong has been put right, and the assessment was made anew.",
        ),
        (true, false, Some(at)) => Text::new(
            format!("您的申诉成立，该项措施已于 {} 解除。", zone.date(at)),
            format!(
                "Your appeal is right. The measure was lifted on {}.",
                zone.date(at)
            ),
        ),
        (true, false, None) => Text::new(
            "您的申诉成立，已提请作出决定的机关解除该项措施；解除后另行送达解除通知书。",
            "Your appeal is right. The organ that decided has been asked to lift the measure; you will get a notice of its own when it is lifted.",
        ),
        (false, true, _) => Text::new(
            "经核对，有关信息无误，不予更正。",
            "What is recorded was checked and is right; it is not changed.",
        ),
        (false, false, _) => Text::new(
            "经核对，您的申诉不成立，该项措施在其期限内继续执行。",
            "Your appeal was looked at and does not hold; the measure goes on within its term.",
        ),
    }
}

/// Where to turn next.
fn routes(view: &AppealView) -> Text {
    if view.routes.is_empty() {
        return Text::default();
    }
    let mut zh = "\n如不服本答复，可以：".to_owned();
    let mut en = "\nIf you do not agree with this answer, you can:".to_owned();
    for route in &view.routes {
        let until = route.until.map(|day| day.to_string());
        let last = until
            .as_ref()
            .map_or_else(String::new, |day| format!("，最迟 {day}"));
        let _ = write!(zh, "\n· {}（{}）{last}", route.text.zh, route.article.zh);
        let last = until.map_or_else(String::new, |day| format!(", by {day}"));
        let _ = write!(en, "\n· {} ({}){last}", route.text.en, route.article.en);
    }
    Text::new(zh, en)
}

/// The letter, once the appeal was answered; none before, and none for one that was taken back.
pub(super) fn letter(
    view: &AppealView,
    (number, unit): (&str, Text),
    zone: &Zone,
) -> Option<Letter> {
    let upheld = match AppealState::from_code(&view.row.state)? {
        AppealState::Upheld => true,
        AppealState::Refused => false,
        AppealState::Filed | AppealState::Assigned | AppealState::Withdrawn => return None,
    };
    let signed_on = zone.date(view.row.answered_at?);
    let (name, about, found) = (addressee(view), subject(view), outcome(view, upheld, zone));
    let (filed, next) = (zone.date(view.row.filed_at), routes(view));
    let why = view.answer.as_deref().unwrap_or_default().trim();
    let body = Text::new(
        format!(
            "{}：\n您于 {filed} {}收悉。\n{}\n理由：{}。{}",
            name.zh,
            about.zh,
            found.zh,
            why.trim_end_matches('。'),
            next.zh
        ),
        format!(
            "To {}:\nOn {filed} we received {}.\n{}\nWhy: {}.{}",
            name.en,
            about.en,
            found.en,
            why.trim_end_matches('.'),
            next.en
        ),
    );
    Some(Letter {
        title: Text::new("申诉答复书", "Answer to an appeal"),
        document_no: number.to_owned(),
        body,
        organ: unit,
        signed_on,
    })
}
