//! What the rules say of a person today, for the file: classes and categories with their reasons.

use fangxian_base::{Date, Instant, PersonId, ResponseId, Text};
use fangxian_packs::{
    Advice, Assessment, CaseClass, Category, ContactKind, Migration, Missing, PackUsed, Reason,
    Refusal, Release,
};
use fangxian_store::Tx;
use fangxian_store::assessments::{CASE, assessment_list, assessment_outcome};
use fangxian_store::responses::response_fetch;
use schemars::JsonSchema;
use serde::Serialize;

use super::{from_code, words};
use crate::Result;

/// Something that is not known, and what it would decide. The same question stands once, whatever
/// number of rules wait for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MissingView {
    /// Kind of the missing fact.
    pub kind: String,
    /// The attribute asked for, if one.
    pub attr: Option<String>,
    /// Whether part of a rule is already met, so that asking is worth while.
    pub near: bool,
    /// The criteria that it would decide, in words; those that are near come first.
    pub decides: Vec<Text>,
}

/// What is missing, each question once, the near ones first.
pub(crate) fn missing_views(missing: &[Missing]) -> Vec<MissingView> {
    let mut views: Vec<MissingView> = Vec::new();
    let (near, far): (Vec<_>, Vec<_>) = missing.iter().partition(|one| one.near);
    for one in near.into_iter().chain(far) {
        let text = words(&one.text);
        let same = |view: &&mut MissingView| view.kind == one.kind && view.attr == one.attr;
        match views.iter_mut().find(same) {
            Some(view) if view.decides.contains(&text) => {}
            Some(view) => view.decides.push(text),
            None => views.push(MissingView {
                kind: one.kind.clone(),
                attr: one.attr.clone(),
                near: one.near,
                decides: vec![text],
            }),
        }
    }
    views
}

/// What the rules of one response say of a person.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StatusView {
    /// The response.
    pub response: ResponseId,
    /// Its title.
    pub title: Text,
    /// The disease pack.
    pub disease: String,
    /// The case class, as a code.
    pub class: Option<String>,
    /// In words.
    pub class_text: Option<Text>,
    /// The kind of contact, as a code.
    pub contact: Option<String>,
    /// In words.
    pub contact_text: Option<Text>,
    /// Categories in the schemes of the city.
    pub categories: Vec<Category>,
    /// How the disease is managed by law on the day.
    pub managed: Option<Text>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What would help to decide.
    pub missing: Vec<MissingView>,
    /// What the person is advised to do; nobody is compelled by it.
    pub advice: Vec<Advice>,
    /// Measures that are not offered, with the article and what would be needed.
    pub refused: Vec<Refusal>,
    /// When measures end: criteria that are met and that are missing.
    pub release: Vec<Release>,
    /// Orders that another edition of the plan touches.
    pub migrations: Vec<Migration>,
    /// What the reader must know about the packs.
    pub notices: Vec<Text>,
    /// Packs used.
    pub packs: Vec<PackUsed>,
    /// The next day on which the answer can change without a new fact.
    #[schemars(with = "Option<String>")]
    pub next_change_on: Option<Date>,
    /// The day the rules were applied to.
    #[schemars(with = "String")]
    pub on: Date,
    /// When.
    pub assessed_at: Instant,
    /// Whether the reasons were destroyed with the response's key.
    pub destroyed: bool,
}

/// The current statuses of a person, by response.
pub(crate) fn statuses(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<StatusView>> {
    let mut all = Vec::new();
    for row in assessment_list(tx, person)? {
        if row.scheme != CASE {
            continue;
        }
        let Some(response) = response_fetch(tx, row.response)? else {
            continue;
        };
        let outcome: Option<Assessment> = assessment_outcome(tx, person, row.response)?
            .and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let destroyed = outcome.is_none();
        let class = row.class.as_deref().and_then(from_code::<CaseClass>);
        let contact = row.category.as_deref().and_then(from_code::<ContactKind>);
        let mut view = StatusView {
            response: row.response,
            title: Text::new(response.title_zh, response.title_en),
            disease: response.disease,
            class: row.class,
            class_text: class.map(|class| words(&class.text())),
            contact: row.category,
            contact_text: contact.map(|contact| words(&contact.text())),
            categories: Vec::new(),
            managed: None,
            reasons: Vec::new(),
            missing: Vec::new(),
            advice: Vec::new(),
            refused: Vec::new(),
            release: Vec::new(),
            migrations: Vec::new(),
            notices: Vec::new(),
            packs: Vec::new(),
            next_change_on: None,
            on: row.on_day,
            assessed_at: row.assessed_at,
            destroyed,
        };
        if let Some(outcome) = outcome {
            view.managed = Some(words(&outcome.managed.text()));
            view.categories = outcome.categories;
            view.reasons = outcome.reasons;
            view.missing = missing_views(&outcome.missing);
            view.advice = outcome.advice;
            view.refused = outcome.refused;
            view.release = outcome.release;
            view.migrations = outcome.migrations;
            view.notices = outcome.notices.iter().map(words).collect();
            view.packs = outcome.packs;
            view.next_change_on = outcome.next_change_on;
        }
        all.push(view);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(rule: &str, text: &str, kind: &str, near: bool) -> Missing {
        Missing {
            rule: rule.into(),
            text: fangxian_packs::Text::new(text, text),
            kind: kind.into(),
            attr: None,
            near,
        }
    }

    #[test]
    fn each_question_stands_once_and_the_near_ones_first() {
        let views = missing_views(&[
            missing("a", "fever", "symptom", false),
            missing("a", "link", "contact", false),
            missing("b", "link", "contact", true),
            missing("c", "cluster", "contact", false),
        ]);
        let short: Vec<_> = views
            .iter()
            .map(|one| (one.kind.as_str(), one.near, one.decides.len()))
            .collect();
        assert_eq!(short, [("contact", true, 2), ("symptom", false, 1)]);
    }
}
