//! What comes out: an answer for one person, with its reasons, and with what is missing.
//!
//! Everything here is a proposal. A measure exists only after its organ has decided it.

use std::sync::Arc;

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fact::{ApprovalKind, Evidence};
use crate::text::Text;
pub use crate::words::{
    CaseClass, ContactKind, Direction, Formality, Label, Managed, Organ, Place, Target,
};

/// The three answers. Unknown is never a silent no.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The facts meet the rule.
    Yes,
    /// The facts rule it out.
    No,
    /// A fact is missing, or the pack does not cover the day.
    Unknown,
}

impl Answer {
    /// For the page.
    pub fn text(self) -> Text {
        match self {
            Self::Yes => Text::new("是", "yes"),
            Self::No => Text::new("否", "no"),
            Self::Unknown => Text::new("尚不能判定", "not known"),
        }
    }
}

/// A number, or a list of day numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Quantity {
    /// Days, hours, people.
    Whole(i64),
    /// Degrees, Ct values.
    Decimal(f64),
    /// Numbers of days within a stage.
    List(Vec<i64>),
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Whole(n) => n.fmt(f),
            Self::Decimal(n) => n.fmt(f),
            Self::List(days) => {
                for (i, day) in days.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    day.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

/// A value that a rule read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ValueUsed {
    /// Its name in the pack.
    pub name: String,
    /// What it is.
    pub title: Text,
    /// The number.
    pub value: Quantity,
    /// Its unit.
    pub unit: String,
    /// First day it holds.
    #[schemars(with = "String")]
    pub from: Date,
    /// Keys into the pack's sources.
    pub cites: Vec<String>,
    /// Where it comes from.
    pub label: Label,
    /// The overlay that it comes from; none: the pack itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<Layer>,
}

/// The place whose own rule it is, and which way it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Layer {
    /// The overlay.
    pub pack: String,
    /// Its title.
    pub text: Text,
    /// The place.
    pub region: String,
    /// Stricter or looser than the layer above.
    pub direction: Direction,
    /// Who allows it, and on what basis.
    pub allowed_by: Text,
}

/// Why the answer is what it is: one rule that held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// `pack/rule`.
    pub rule: String,
    /// What the rule says.
    pub text: Text,
    /// The criteria that were met.
    pub because: Vec<Text>,
    /// Ids of the facts that met them.
    pub facts: Vec<String>,
    /// The values that were read.
    pub values: Vec<Arc<ValueUsed>>,
    /// Keys into the pack's sources.
    pub cites: Vec<String>,
}

/// A fact that would help to decide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// The rule that waits for it.
    pub rule: String,
    /// The criterion, in words.
    pub text: Text,
    /// Kind of the missing fact.
    pub kind: String,
    /// The attribute asked for, if one.
    pub attr: Option<String>,
    /// Whether part of the rule is already met, so that asking is worth while.
    pub near: bool,
}

/// What a day in a schedule is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// A sample is taken.
    Test,
    /// Temperature and symptoms are asked.
    HealthCheck,
}

impl StepKind {
    /// For the page.
    pub fn text(self) -> Text {
        match self {
            Self::Test => Text::new("采样检测", "sample"),
            Self::HealthCheck => Text::new("健康询问", "health check"),
        }
    }
}

/// One dated step of a stage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// The day.
    #[schemars(with = "String")]
    pub on: Date,
    /// The number of the day within its stage.
    pub day: i64,
    /// What is due.
    pub kind: StepKind,
}

/// One stage of a measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stage {
    /// What it is.
    pub text: Text,
    /// Where.
    pub place: Place,
    /// First day.
    #[schemars(with = "String")]
    pub start: Date,
    /// Last day; none when it ends by release.
    #[schemars(with = "Option<String>")]
    pub end: Option<Date>,
    /// What falls due inside.
    pub steps: Vec<Step>,
}

/// A measure that rules and law allow, waiting for its organ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasureDue {
    /// The pathway that proposes it, `pack/rule`.
    pub rule: String,
    /// Number in the catalogue of measures, such as `M03`.
    pub measure: String,
    /// What the law calls it.
    pub name: Text,
    /// What the pathway calls it.
    pub pathway: Text,
    /// The law pack.
    pub regime: String,
    /// The law's title.
    pub law: Text,
    /// Article.
    pub article: Text,
    /// Who may decide it.
    pub organs: Vec<Organ>,
    /// What must be done so that it is lawful.
    pub formalities: Vec<Formality>,
    /// Edition of the plan.
    pub edition: String,
    /// The event that days are counted from.
    #[schemars(with = "String")]
    pub anchor: Date,
    /// First day.
    #[schemars(with = "String")]
    pub start: Date,
    /// Last day; none when it ends by release.
    #[schemars(with = "Option<String>")]
    pub end: Option<Date>,
    /// The day it must be looked at again when it has no end.
    #[schemars(with = "Option<String>")]
    pub review_on: Option<Date>,
    /// The stages, in order.
    pub stages: Vec<Stage>,
    /// The limit of the term.
    pub term: Text,
    /// How to complain.
    pub remedy: Text,
    /// The article about complaints.
    pub remedy_article: Text,
}

/// Why a measure is not offered.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// No law of that day knows the measure.
    NoLaw,
    /// The law knows it, but not for a disease managed as this one is.
    DiseaseClass,
    /// A decision or approval is missing.
    Approval,
    /// The organ may not decide it.
    Organ,
    /// The facts it would rest on are not known well enough.
    Evidence,
    /// The plan in force does not provide for it.
    Plan,
}

impl RefusalKind {
    /// For the page.
    pub fn text(self) -> Text {
        match self {
            Self::NoLaw => Text::new("当日法律无依据", "no legal basis on that day"),
            Self::DiseaseClass => Text::new(
                "该病的管理类别不适用",
                "not for a disease managed like this one",
            ),
            Self::Approval => Text::new("缺少批准或决定", "an approval or decision is missing"),
            Self::Organ => Text::new("该机关无权决定", "the organ may not decide it"),
            Self::Evidence => Text::new("证据不足", "the evidence does not suffice"),
            Self::Plan => Text::new(
                "现行方案未规定",
                "the plan in force does not provide for it",
            ),
        }
    }
}

/// A measure that is not offered, why, and what would be needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// Rule that asked for it, or empty when a person asked.
    pub rule: String,
    /// Number in the catalogue.
    pub measure: String,
    /// What the law calls it.
    pub name: Text,
    /// Kind of obstacle.
    pub kind: RefusalKind,
    /// The law pack; empty when none knows the measure.
    pub regime: String,
    /// Article that stands against it.
    pub article: Text,
    /// Why.
    pub why: Text,
    /// What would be needed.
    pub needed: Text,
    /// Approvals that are not on record.
    pub approvals: Vec<ApprovalKind>,
    /// Facts (by id) that need better evidence, with the classes that would do.
    pub evidence: Vec<EvidenceNeeded>,
}

/// A fact that may not restrict anybody as it is known now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceNeeded {
    /// The fact's id.
    pub fact: String,
    /// How it is known.
    pub known: Evidence,
    /// What would do.
    pub needed: Vec<Evidence>,
}

/// Something the person is advised to do. Nobody is compelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Advice {
    /// `pack/rule`.
    pub rule: String,
    /// The advice.
    pub text: Text,
    /// Last day, if it has one.
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
    /// Days on which a sample is offered.
    #[schemars(with = "Vec<String>")]
    pub tests: Vec<Date>,
    /// Hours from the event it is counted from, where the rule counts in hours.
    pub hours: Option<i64>,
}

/// A statutory report. It runs on its own clock and nothing may hold it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportDue {
    /// `pack/rule`.
    pub rule: String,
    /// What is to be reported.
    pub text: Text,
    /// Hours from discovery.
    pub within_hours: i64,
    /// Law or plan and article.
    pub basis: Text,
}

/// Work that follows from the assessment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskDue {
    /// `pack/rule`.
    pub rule: String,
    /// Kind of task, such as `investigate` or `visit`.
    pub kind: String,
    /// What to do.
    pub text: Text,
    /// The day it is for.
    #[schemars(with = "String")]
    pub on: Date,
    /// Hours from opening; none when only the day counts.
    pub within_hours: Option<i64>,
    /// The level of the city pack that does it, if named.
    pub level: Option<String>,
}

/// A category of a scheme.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Category {
    /// Scheme.
    pub scheme: String,
    /// Category.
    pub category: String,
    /// Its name.
    pub text: Text,
    /// Where the scheme comes from.
    pub label: Label,
}

/// When and how it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Release {
    /// The pathway.
    pub rule: String,
    /// Last day by the calendar, if it is known.
    #[schemars(with = "Option<String>")]
    pub on: Option<Date>,
    /// Conditions that are met.
    pub met: Vec<Text>,
    /// Conditions that are not met, or not known.
    pub unmet: Vec<Text>,
    /// Whether everything is met on the day asked about.
    pub ready: bool,
}

/// An order in force that the rules of the day would end differently, or no longer carry at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Migration {
    /// Pathway.
    pub rule: String,
    /// Edition of the order.
    pub from_edition: String,
    /// Edition now in force.
    pub to_edition: String,
    /// End under the order.
    #[schemars(with = "Option<String>")]
    pub old_end: Option<Date>,
    /// End under the edition in force; none when it has none, or does not carry the order.
    #[schemars(with = "Option<String>")]
    pub new_end: Option<Date>,
    /// Whether the law of the day no longer allows it.
    pub lift_at_once: bool,
    /// What a named person has to decide.
    pub text: Text,
}

/// A pack, the edition used, and whether it covers the question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackUsed {
    /// Pack.
    pub pack: String,
    /// Edition.
    pub edition: String,
    /// Its title.
    pub text: Text,
    /// First day.
    #[schemars(with = "String")]
    pub from: Date,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Assessment {
    /// The disease asked about.
    pub disease: String,
    /// The day asked about.
    #[schemars(with = "String")]
    pub on: Date,
    /// Whether the person is a case: yes (see `class`), no, or not known.
    pub case: Answer,
    /// The class, when it is known.
    pub class: Option<CaseClass>,
    /// Whether the person is a contact: yes (see `contact_kind`), no, or not known.
    pub contact: Answer,
    /// The kind of contact, when it is known.
    pub contact_kind: Option<ContactKind>,
    /// How the disease is managed on the day, with the approvals on record.
    pub managed: Managed,
    /// Categories in the schemes of the city.
    pub categories: Vec<Category>,
    /// Measures waiting for their organ.
    pub measures_due: Vec<MeasureDue>,
    /// Measures that are not offered.
    pub refused: Vec<Refusal>,
    /// What the person is advised to do.
    pub advice: Vec<Advice>,
    /// Statutory reports.
    pub reports_due: Vec<ReportDue>,
    /// Work.
    pub tasks_due: Vec<TaskDue>,
    /// Ends.
    pub release: Vec<Release>,
    /// Orders that a change of edition touches.
    pub migrations: Vec<Migration>,
    /// The first later day on which the answer can change without a new fact.
    #[schemars(with = "Option<String>")]
    pub next_change_on: Option<Date>,
    /// Why.
    pub reasons: Vec<Reason>,
    /// What would help to decide.
    pub missing: Vec<Missing>,
    /// What the reader must know about the packs: days they do not cover, unknown facts.
    pub notices: Vec<Text>,
    /// Packs used.
    pub packs: Vec<PackUsed>,
}
