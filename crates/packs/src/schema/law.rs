//! `law/…`: one statute: measures, deciders, formalities, clocks, remedy.

use std::collections::BTreeMap;

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ExampleDoc, Name, SeriesDoc, SourceDoc};
use crate::assessment::{CaseClass, Formality, Managed, Organ, Target};
use crate::fact::ApprovalKind;
use crate::text::Text;

/// A law pack.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LawDoc {
    /// `law`.
    #[expect(dead_code, reason = "read before, to choose the type of the file")]
    kind: super::Kind,
    /// Id.
    pub id: Name,
    /// Title in Chinese.
    pub zh: String,
    /// Title in English.
    pub en: String,
    /// Day of publication.
    pub published: Date,
    /// First day in force.
    pub from: Date,
    /// Last day in force.
    #[serde(default)]
    pub until: Option<Date>,
    /// What the pack rests on.
    pub sources: BTreeMap<String, SourceDoc>,
    /// Every number.
    #[serde(default)]
    pub values: BTreeMap<String, SeriesDoc>,
    /// How to complain.
    pub remedy: RemedyDoc,
    /// Measures.
    pub measures: Vec<LawMeasureDoc>,
    /// Measures of the catalogue that somebody may ask for and that stand in no law.
    #[serde(default)]
    pub absent: Vec<AbsentDoc>,
    /// Reporting clocks.
    #[serde(default)]
    pub clocks: Vec<ReportClockDoc>,
    /// Examples.
    #[serde(default)]
    pub examples: Vec<ExampleDoc>,
}

/// One measure under this statute.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LawMeasureDoc {
    /// Number in the catalogue.
    pub id: Name,
    /// Name.
    pub name: Text,
    /// Article.
    pub article: Text,
    /// What the article says, in our words.
    pub says: Text,
    /// Who may decide it.
    pub organs: Vec<Organ>,
    /// What it may be applied to.
    pub applies_to: Vec<Target>,
    /// Diseases it may be applied to, by how they are managed.
    pub managed: Vec<Managed>,
    /// Whether it restricts a person (and so needs evidence, notice, end and remedy).
    pub restricts: bool,
    /// Approvals that must be on record.
    #[serde(default)]
    pub needs: Vec<ApprovalKind>,
    /// What must be done.
    pub formalities: Vec<Formality>,
    /// The limit of the term.
    pub term: Text,
    /// The article that stands against it where it may not be applied.
    #[serde(default)]
    pub refused_by: Option<Text>,
    /// What would be needed to apply it after all.
    #[serde(default)]
    pub needed: Option<Text>,
    /// The same where it depends on how the disease is managed.
    #[serde(default)]
    pub needed_for: BTreeMap<Managed, Text>,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
}

/// A measure without a basis in law.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbsentDoc {
    /// Number in the catalogue.
    pub id: Name,
    /// Name.
    pub name: Text,
    /// What was looked for and not found.
    pub says: Text,
    /// What would be needed.
    pub needed: Text,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
}

/// How to complain.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemedyDoc {
    /// Article.
    pub article: Text,
    /// What it says, in our words.
    pub says: Text,
    /// Where somebody whose complaint was refused can turn next.
    #[serde(default)]
    pub routes: Vec<RouteDoc>,
}

/// A way to turn to somebody else.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteDoc {
    /// Id.
    pub id: Name,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Law and article.
    pub article: Text,
    /// Days from when the decision is known: a value of the pack.
    #[serde(default)]
    pub within: Option<Name>,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
}

/// What a statutory clock is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reported {
    /// One case.
    #[default]
    Case,
    /// An outbreak: an alert that is one.
    Outbreak,
    /// A public health emergency: an alert that is an event.
    Event,
}

/// A statutory clock.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportClockDoc {
    /// Id.
    pub id: Name,
    /// What is reported: a case, an outbreak or an event.
    #[serde(default)]
    pub of: Reported,
    /// Diseases, by how they are managed.
    pub managed: Vec<Managed>,
    /// Case classes that are reported; empty for all.
    #[serde(default)]
    pub classes: Vec<CaseClass>,
    /// Hours from discovery: a value of the pack.
    pub within: Name,
    /// Article.
    pub article: Text,
    /// What is reported, in Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
}
