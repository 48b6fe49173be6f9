//! The written notice to the person, made from the fields of the decision: what, why, by which
//! article, by whom, from when until when, and how to complain.
//!
//! Source: Infectious Diseases Law 2025, arts. 58 (written notice), 67 (lifting), 74 (complaint).

use std::fmt::Write as _;

use fangxian_base::{Date, Text, Zone, plus_days};
use fangxian_packs::{MeasureDue, Place};
use schemars::JsonSchema;
use serde::Serialize;

use super::MeasureRow;
use crate::assess::words;

/// One stage, as the notice tells it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NoticeStage {
    /// What it is.
    pub text: Text,
    /// Where.
    pub place: Text,
    /// First day.
    #[schemars(with = "String")]
    pub from: Date,
    /// Last day, where the calendar says it.
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
}

/// A notice, as fields and as a text that can be printed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Notice {
    /// The heading.
    pub title: Text,
    /// To whom.
    pub name: String,
    /// The number of the document.
    pub document_no: String,
    /// What is decided.
    pub measure: Text,
    /// Why: what the plan calls the person's situation, and the organ's own words.
    pub reason: Text,
    /// Law and article.
    pub basis: Text,
    /// Who decided.
    pub organ: Text,
    /// First day.
    #[schemars(with = "String")]
    pub starts_on: Date,
    /// Last day, or the day by which it is looked at again.
    #[schemars(with = "String")]
    pub ends_on: Date,
    /// The limit of the term by law.
    pub term: Text,
    /// The stages.
    pub stages: Vec<NoticeStage>,
    /// How to complain, with the article.
    pub remedy: Text,
    /// The code by which an appeal names the measure.
    pub appeal_code: Option<String>,
    /// The day of the decision, or of the release: the foot, under the organ.
    #[schemars(with = "String")]
    pub signed_on: Date,
    /// The whole text.
    pub body: Text,
}

/// Law and article of a proposed measure.
pub(super) fn basis(due: &MeasureDue) -> Text {
    Text::new(
        format!("{}{}", due.law.zh, due.article.zh),
        format!("{}, {}", due.law.en, due.article.en),
    )
}

fn place(place: Place) -> Text {
    words(&place.text())
}

/// What the plan calls the person's situation, and the organ's own words.
fn why(due: &MeasureDue, own: Option<&str>) -> Text {
    match own.map(str::trim).filter(|text| !text.is_empty()) {
        Some(own) => Text::new(
            format!("{}。{own}", due.pathway.zh),
            format!("{}. {own}", due.pathway.en),
        ),
        None => words(&due.pathway),
    }
}

fn stages(row: &MeasureRow, due: &MeasureDue) -> Vec<NoticeStage> {
    due.stages
        .iter()
        .map(|stage| NoticeStage {
            text: words(&stage.text),
            place: place(stage.place),
            from: stage.start.max(row.starts_on),
            until: stage.end.map(|end| end.min(row.ends_on)),
        })
        .filter(|stage| stage.until.is_none_or(|until| until >= stage.from))
        .collect()
}

/// The notice of a decided measure, as it was decided; none before the decision.
pub(super) fn render(
    row: &MeasureRow,
    due: &MeasureDue,
    reason: Option<&str>,
    zone: &Zone,
) -> Option<Notice> {
    // What is held, or was refused by another organ, binds nobody, so there is nothing to bring.
    if row.held_at.is_some() && row.appeal_code.is_none() {
        return None;
    }
    let title = Text::new(
        format!("{}告知书", due.name.zh),
        format!("Notice: {}", due.name.en),
    );
    let mut notice = Notice {
        title,
        name: row.name.clone(),
        document_no: row.document_no.clone()?,
        measure: words(&due.name),
        reason: why(due, reason),
        basis: basis(due),
        organ: row.organ.clone()?,
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        term: words(&due.term),
        stages: stages(row, due),
        remedy: Text::new(
            format!("{}（{}）", due.remedy.zh, due.remedy_article.zh),
            format!("{} ({})", due.remedy.en, due.remedy_article.en),
        ),
        appeal_code: row.appeal_code.clone(),
        signed_on: zone.date(row.ruled_at.or(row.decided_at)?),
        body: Text::default(),
    };
    notice.body = body(&notice);
    Some(notice)
}

/// The notice that a measure no longer binds: lifted by its organ, or its term is over.
pub(super) fn release(
    row: &MeasureRow,
    due: &MeasureDue,
    reason: Option<&str>,
    zone: &Zone,
) -> Option<Notice> {
    let (over_on, reason) = match (row.lifted_at, row.state.as_str()) {
        (Some(at), _) => (zone.date(at), why(due, reason)),
        (None, "ended") => (
            plus_days(row.ends_on, 1),
            Text::new("规定的期限已满", "its term is over"),
        ),
        (None, _) => return None,
    };
    let mut notice = render(row, due, None, zone)?;
    notice.title = Text::new(
        format!("解除{}通知书", due.name.zh),
        format!("Notice: end of {}", due.name.en),
    );
    notice.reason = reason;
    notice.signed_on = over_on;
    notice.body = release_body(&notice);
    Some(notice)
}

fn release_body(n: &Notice) -> Text {
    Text::new(
        format!(
            "{}：\n{}（文号：{}）决定的{}，现予解除。理由：{}。\n自解除之时起，您不再受该项措施约束。",
            n.name,
            n.organ.zh,
            n.document_no,
            n.measure.zh,
            n.reason.zh.trim_end_matches('。')
        ),
        format!(
            "To {}:\nThe measure \"{}\" decided by {} (document {}) is ended. Reason: {}.\nFrom this moment it no longer binds you.",
            n.name,
            n.measure.en,
            n.organ.en,
            n.document_no,
            n.reason.en.trim_end_matches('.')
        ),
    )
}

/// How to object here, without an account, with the code.
fn with_code(n: &Notice) -> Text {
    n.appeal_code.as_ref().map_or_else(Text::default, |code| {
        Text::new(
            format!("\n向本机关申诉或要求更正信息：申诉码 {code}，可在本系统首页“申诉与更正”凭码提出，也可拨打 12345 请工作人员代填；有明确的答复时限，可凭受理号查询进展。"),
            format!("\nTo object here or ask for a correction: appeal code {code}. Enter it on the page \"Appeal or correction\" of this site, or call 12345 and have it filled in for you; there is a time for the answer, and a number shows how far it has come."),
        )
    })
}

fn body(n: &Notice) -> Text {
    let (mut zh, mut en) = (String::new(), String::new());
    for stage in &n.stages {
        let until = stage
            .until
            .map_or_else(|| "解除".to_owned(), |day| day.to_string());
        let _ = write!(
            zh,
            "\n{}：{}，{} 至 {until}",
            stage.place.zh, stage.text.zh, stage.from
        );
        let until = stage
            .until
            .map_or_else(|| "release".to_owned(), |day| day.to_string());
        let _ = write!(
            en,
            "\n{}: {}, {} to {until}",
            stage.place.en, stage.text.en, stage.from
        );
    }
    let here = with_code(n);
    Text::new(
        format!(
            "{}：\n因{}，依据{}，{}决定对您采取{}（文号：{}），自 {} 起至 {} 止。{zh}\n期限：{}。\n如有异议：{}。{}",
            n.name,
            n.reason.zh.trim_end_matches('。'),
            n.basis.zh,
            n.organ.zh,
            n.measure.zh,
            n.document_no,
            n.starts_on,
            n.ends_on,
            n.term.zh,
            n.remedy.zh,
            here.zh
        ),
        format!(
            "To {}:\nBecause of: {}. On the basis of {}, {} has decided \"{}\" (document {}), from {} until {}.{en}\nTerm: {}.\nTo object: {}.{}",
            n.name,
            n.reason.en.trim_end_matches('.'),
            n.basis.en,
            n.organ.en,
            n.measure.en,
            n.document_no,
            n.starts_on,
            n.ends_on,
            n.term.en,
            n.remedy.en,
            here.en
        ),
    )
}
