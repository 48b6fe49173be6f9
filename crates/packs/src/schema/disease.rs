//! `diseases/…`: one disease, its editions, and what follows from them.

use std::collections::BTreeMap;

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{CondDoc, CriterionDoc, ExampleDoc, Name, SeriesDoc, SourceDoc};
use crate::alerts::{AlertKind, Counted, FirstOf, Unit};
use crate::assessment::{CaseClass, ContactKind, Managed, Place};
use crate::text::Text;

/// A disease pack.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DiseaseDoc {
    /// `disease`.
    #[expect(dead_code, reason = "read before, to choose the type of the file")]
    kind: super::Kind,
    /// Id.
    pub id: Name,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Other words that name it in lists and reports, wherever they stand in a text.
    #[serde(default)]
    pub also_called: Vec<Name>,
    /// ICD-10 code.
    pub icd10: Name,
    /// ICD-11 code.
    pub icd11: Name,
    /// Whether records live in a compartment that grid work and search do not see.
    pub sealed: bool,
    /// What the pack rests on.
    pub sources: BTreeMap<String, SourceDoc>,
    /// How the law manages the disease over time.
    pub management: Vec<ManagementDoc>,
    /// Editions of the plan, in order of time.
    pub editions: Vec<EditionDoc>,
    /// Every number.
    #[serde(default)]
    pub values: BTreeMap<String, SeriesDoc>,
    /// Questions about facts.
    #[serde(default)]
    pub criteria: BTreeMap<String, CriterionDoc>,
    /// Case definitions: the first that holds is the class.
    #[serde(default)]
    pub classes: Vec<ClassDoc>,
    /// Contact definitions: the first that holds is the kind.
    #[serde(default)]
    pub contacts: Vec<ContactDoc>,
    /// What is proposed for whom.
    #[serde(default)]
    pub pathways: Vec<PathwayDoc>,
    /// What the plan says is not to be done, although somebody may ask for it.
    #[serde(default)]
    pub declines: Vec<DeclineDoc>,
    /// Advice.
    #[serde(default)]
    pub advice: Vec<AdviceDoc>,
    /// Reports that the plan asks for beyond the law's own clocks.
    #[serde(default)]
    pub reports: Vec<ReportDoc>,
    /// Work.
    #[serde(default)]
    pub tasks: Vec<TaskDoc>,
    /// Clusters and events.
    #[serde(default)]
    pub alerts: Vec<AlertDoc>,
    /// Examples.
    #[serde(default)]
    pub examples: Vec<ExampleDoc>,
}

/// How the law manages the disease from a day on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ManagementDoc {
    /// First day.
    pub from: Date,
    /// Day of publication, when earlier than the first day.
    #[serde(default)]
    pub published: Option<Date>,
    /// How it is managed.
    pub managed: Managed,
    /// Whether an approval on record raises it to class A.
    #[serde(default)]
    pub class_a_by_approval: bool,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// How much of an edition the pack carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// Everything the pack's rules speak of.
    Full,
    /// Only what its rules say; the rest is unknown, and said to be.
    Partial,
    /// Nothing: every question is answered with unknown.
    None,
}

/// One edition of the plan.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditionDoc {
    /// Id.
    pub id: Name,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// First day.
    pub from: Date,
    /// Last day; without it the next edition ends it.
    #[serde(default)]
    pub until: Option<Date>,
    /// Day of publication.
    pub published: Date,
    /// How much of it the pack carries.
    pub covers: Covers,
    /// What is not carried; required unless everything is.
    #[serde(default)]
    pub not_covered: Option<Text>,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
}

/// A case definition.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassDoc {
    /// Id.
    pub id: Name,
    /// Class that it gives.
    pub class: CaseClass,
    /// Editions it belongs to.
    pub editions: Vec<Name>,
    /// First day within the editions.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day within the editions.
    #[serde(default)]
    pub until: Option<Date>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
    /// The condition.
    pub when: CondDoc,
}

/// A contact definition.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactDoc {
    /// Id.
    pub id: Name,
    /// Kind that it gives.
    pub contact: ContactKind,
    /// Editions it belongs to.
    pub editions: Vec<Name>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
    /// The condition.
    pub when: CondDoc,
}

/// What is proposed for somebody.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathwayDoc {
    /// Id.
    pub id: Name,
    /// Editions it belongs to.
    pub editions: Vec<Name>,
    /// First day within the editions.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day within the editions.
    #[serde(default)]
    pub until: Option<Date>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
    /// For whom.
    pub when: CondDoc,
    /// Measure in the catalogue.
    pub measure: Name,
    /// What days are counted from: the latest of those known.
    #[serde(default)]
    pub anchor_latest: Vec<Name>,
    /// What days are counted from where none of those is known; the first one known is taken.
    pub anchor: Vec<Name>,
    /// Whether the anchor is day 0 or day 1: a value of the pack.
    pub anchor_is_day: Name,
    /// The stages, in order.
    pub stages: Vec<StageDoc>,
    /// Days between reviews while there is no end: a value of the pack.
    #[serde(default)]
    pub review_every: Option<Name>,
    /// What must hold for release, besides the calendar.
    #[serde(default)]
    pub release: Vec<CondDoc>,
    /// Days that must have passed before release, where there is no end: a value of the pack.
    #[serde(default)]
    pub least_days: Option<Name>,
    /// What the last sample of the calendar must show.
    #[serde(default)]
    pub last_test: Option<LastTestDoc>,
    /// Advice that is given instead when the law refuses the measure.
    #[serde(default)]
    pub instead: Option<Name>,
}

/// What the last sample of the calendar must show before release.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastTestDoc {
    /// A criterion about facts.
    pub met: Name,
    /// How many of them, from the day of the last sample on: a value of the pack.
    pub samples: Name,
}

/// A stage.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageDoc {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Where.
    pub place: Place,
    /// How many days: a value of the pack. Without it the stage ends by release.
    #[serde(default)]
    pub days: Option<Name>,
    /// Days of the stage on which a sample is taken: a value of the pack.
    #[serde(default)]
    pub tests: Option<Name>,
    /// Whether health is asked every day.
    #[serde(default)]
    pub health_check: bool,
}

/// What the plan says is not to be done.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclineDoc {
    /// Id.
    pub id: Name,
    /// Editions it belongs to.
    pub editions: Vec<Name>,
    /// The measure that is not to be taken.
    pub measure: Name,
    /// Whom somebody might want to put under it.
    pub when: CondDoc,
    /// Why not, in Chinese.
    pub zh: String,
    /// Why not, in English.
    pub en: String,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
}

/// Advice.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdviceDoc {
    /// Id.
    pub id: Name,
    /// Editions it belongs to.
    pub editions: Vec<Name>,
    /// First day within the editions.
    #[serde(default)]
    pub from: Option<Date>,
    /// Last day within the editions.
    #[serde(default)]
    pub until: Option<Date>,
    /// In Chinese; `{name}` is replaced by the value of that name.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
    /// For whom; without it only where a pathway names it.
    #[serde(default)]
    pub when: Option<CondDoc>,
    /// The event it is counted from: the latest of those known.
    #[serde(default)]
    pub anchor_latest: Vec<Name>,
    /// The event it is counted from where none of those is known.
    #[serde(default)]
    pub anchor: Vec<Name>,
    /// How long after it the advice begins: a value of the pack, in days or hours.
    #[serde(default)]
    pub after: Option<Name>,
    /// Days of it on which a sample is offered: a value of the pack.
    #[serde(default)]
    pub tests: Option<Name>,
    /// How long it lasts from then: a value of the pack, in days or hours.
    #[serde(default)]
    pub lasts: Option<Name>,
}

/// A report that the plan asks for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportDoc {
    /// Id.
    pub id: Name,
    /// Editions it belongs to.
    pub editions: Vec<Name>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
    /// When.
    pub when: CondDoc,
    /// Hours from discovery: a value of the pack.
    pub within: Name,
}

/// Work that follows.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskDoc {
    /// Id.
    pub id: Name,
    /// Kind of task.
    pub task: Name,
    /// Editions it belongs to.
    pub editions: Vec<Name>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
    /// When.
    pub when: CondDoc,
    /// Hours from opening: a value of the pack. Without it the city's deadline holds.
    #[serde(default)]
    pub within: Option<Name>,
}

/// Others that must occur besides.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BesidesDoc {
    /// Which.
    pub counts: Counted,
    /// How many: a value of the pack.
    pub cases: Name,
}

/// So many cases in so many days in one place.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertDoc {
    /// Id.
    pub id: Name,
    /// Editions it belongs to.
    pub editions: Vec<Name>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
    /// What it is; of an outbreak or event the law wants a report.
    #[serde(default)]
    pub is: AlertKind,
    /// Where the cases must have occurred together.
    #[serde(default)]
    pub unit: Unit,
    /// Which cases count.
    #[serde(default)]
    pub counts: Counted,
    /// Number of cases: a value of the pack.
    pub cases: Name,
    /// Others that must occur in the same window.
    #[serde(default)]
    pub besides: Option<BesidesDoc>,
    /// Only the first counts: the first ever, or of the year.
    #[serde(default)]
    pub first: Option<FirstOf>,
    /// Length of the window in days: a value of the pack.
    pub days: Name,
    /// Hours to the report that it calls for: a value of the pack.
    #[serde(default)]
    pub within: Option<Name>,
}
