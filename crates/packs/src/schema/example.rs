//! Examples: given these facts, on this day, expect this, because of that rule.

use std::collections::BTreeMap;

use fangxian_base::Date;
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LimitOf, Name};
use crate::alerts::{DayCount, Unit};
use crate::assessment::{Managed, Organ, RefusalKind};
use crate::fact::{Approval, Fact};

/// A file of examples.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExamplesDoc {
    /// `examples`.
    #[expect(dead_code, reason = "read before, to choose the type of the file")]
    kind: super::Kind,
    /// The pack they belong to.
    pub of: Name,
    /// The examples.
    pub examples: Vec<ExampleDoc>,
}

/// One example.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExampleDoc {
    /// What it shows, as a sentence.
    pub name: Name,
    /// The agreed case that it holds, such as `G4`; docs/testing.md lists them.
    #[serde(default)]
    pub golden: Option<String>,
    /// Disease, where the pack is not one.
    #[serde(default)]
    pub disease: Option<String>,
    /// City.
    #[serde(default)]
    pub city: String,
    /// Place.
    #[serde(default)]
    pub region: String,
    /// The day.
    pub on: Date,
    /// Published by; the day itself when left out.
    #[serde(default)]
    pub as_of: Option<Date>,
    /// Approvals on record.
    #[serde(default)]
    pub approvals: Vec<Approval>,
    /// Facts.
    #[serde(default)]
    pub facts: Vec<Fact>,
    /// Cases in one institution.
    #[serde(default)]
    pub alert: Option<AlertCase>,
    /// An area, event, response or code to be graded; in examples of a pack of levels.
    #[serde(default)]
    pub level: Option<LevelCase>,
    /// A statutory clock.
    #[serde(default)]
    pub clock: Option<ClockCase>,
    /// A measure that somebody wants to decide.
    #[serde(default)]
    pub permit: Option<PermitCase>,
    /// A deadline of the city that hangs on no disease.
    #[serde(default)]
    pub deadline: Option<DeadlineCase>,
    /// A decision that a limit of the city may hold.
    #[serde(default)]
    pub limit: Option<LimitCase>,
    /// Last days of the ways that stand open after a refusal made known on the day; in examples of
    /// a law.
    #[serde(default)]
    pub routes: Option<BTreeMap<String, Date>>,
    /// What must come out of an assessment.
    #[serde(default)]
    pub expect: Option<Expect>,
    /// Rules (`pack/rule`) that must be among the reasons.
    #[serde(default)]
    pub because: Vec<Name>,
}

/// What must come out. A key that is left out is not looked at; a list that is given is complete.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// A class, `none` or `unknown`.
    pub class: Option<ExpectClass>,
    /// A kind of contact, `none` or `unknown`.
    pub contact: Option<ExpectContact>,
    /// How it is managed.
    pub managed: Option<Managed>,
    /// `scheme/category`.
    pub categories: Option<Vec<String>>,
    /// Measures.
    pub measures: Option<Vec<ExpectMeasure>>,
    /// Measures refused, with the kind of obstacle.
    pub refused: Option<Vec<ExpectRefusal>>,
    /// Advice.
    pub advice: Option<Vec<ExpectAdvice>>,
    /// Reports: rule, discovery, last moment.
    pub reports: Option<Vec<ExpectTask>>,
    /// Tasks: rule, opening, last moment.
    pub tasks: Option<Vec<ExpectTask>>,
    /// Whether release is due.
    pub released: Option<bool>,
    /// Pathways for which somebody has to decide about an order of an earlier edition.
    pub migrations: Option<Vec<String>>,
    /// Those of them that the law of the day no longer allows.
    pub lift_at_once: Option<Vec<String>>,
    /// The next day of change.
    pub next_change_on: Option<Date>,
    /// Kinds of facts missing that are near.
    pub missing: Option<Vec<String>>,
    /// Whether the pack says that it does not cover the day.
    pub not_covered: Option<bool>,
}

/// A class, none or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpectClass {
    Confirmed,
    ClinicallyDiagnosed,
    Suspected,
    Asymptomatic,
    Excluded,
    None,
    Unknown,
}

/// A kind of contact, none or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpectContact {
    Close,
    OfContact,
    General,
    None,
    Unknown,
}

/// A measure as it must come out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectMeasure {
    /// Number.
    pub measure: String,
    /// First day.
    #[serde(default)]
    pub start: Option<Date>,
    /// Last day.
    #[serde(default)]
    pub end: Option<Date>,
    /// Day of review.
    #[serde(default)]
    pub review_on: Option<Date>,
    /// Law pack.
    #[serde(default)]
    pub regime: Option<String>,
    /// Who may decide it.
    #[serde(default)]
    pub organs: Option<Vec<Organ>>,
    /// The stages.
    #[serde(default)]
    pub stages: Option<Vec<RunningStage>>,
}

/// A stage as it must come out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunningStage {
    /// First day.
    pub start: Date,
    /// Last day.
    #[serde(default)]
    pub end: Option<Date>,
    /// Days on which a sample is taken.
    #[serde(default)]
    pub tests: Vec<Date>,
}

/// A refusal as it must come out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectRefusal {
    /// Number.
    pub measure: String,
    /// Kind of obstacle.
    pub kind: RefusalKind,
}

/// Advice as it must come out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectAdvice {
    /// `pack/rule`.
    pub rule: String,
    /// Last day.
    #[serde(default)]
    pub until: Option<Date>,
    /// Days on which a sample is offered.
    #[serde(default)]
    pub tests: Option<Vec<Date>>,
    /// The moment it is counted from, where it counts in hours.
    #[serde(default)]
    pub opened: Option<DateTime>,
    /// The moment it ends.
    #[serde(default)]
    pub due: Option<DateTime>,
}

/// A clock as it must run.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectTask {
    /// `pack/rule`.
    pub rule: String,
    /// When it starts.
    #[serde(default)]
    pub opened: Option<DateTime>,
    /// When it runs out.
    #[serde(default)]
    pub due: Option<DateTime>,
}

/// Cases in one institution, and the alerts they must cause.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertCase {
    /// Where: `institution` when left out.
    #[serde(default)]
    pub unit: Unit,
    /// Days of onset with the number of cases, of whatever class.
    #[serde(default)]
    pub onsets: BTreeMap<Date, u32>,
    /// Days of onset with what is known of the cases.
    #[serde(default)]
    pub people: BTreeMap<Date, DayCount>,
    /// Statutory reports that the alerts must call for; complete.
    #[serde(default)]
    pub reports: Option<Vec<String>>,
    /// Alerts expected, by rule id; complete.
    pub expect: Vec<String>,
    /// When the alert was seen.
    #[serde(default)]
    pub found: Option<DateTime>,
    /// When the report that the first alert calls for must be out.
    #[serde(default)]
    pub due: Option<DateTime>,
}

/// Something to be graded.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelCase {
    /// What was measured; a yes is 1, a no is 0.
    #[serde(default)]
    pub indicators: BTreeMap<String, f64>,
    /// Measures in force on the person.
    #[serde(default)]
    pub measures: Vec<String>,
    /// A level, `none`, `unknown`, `off` or `not_in_force`.
    pub expect: String,
}

impl AlertCase {
    /// The counts of all days.
    pub fn days(&self) -> BTreeMap<Date, DayCount> {
        let mut days = self.people.clone();
        for (day, cases) in &self.onsets {
            days.entry(*day).or_default().cases = *cases;
        }
        days
    }
}

/// A statutory clock.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockCase {
    /// When the case was found.
    pub found: DateTime,
    /// When it was reported.
    pub reported: DateTime,
    /// Minutes late; 0 when in time.
    pub late_minutes: i64,
}

/// A measure that somebody wants to decide.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PermitCase {
    /// Number.
    pub measure: String,
    /// Who wants to decide.
    #[serde(default)]
    pub organ: Option<Organ>,
    /// The obstacle; none: allowed.
    #[serde(default)]
    pub refused: Option<RefusalKind>,
}

/// A deadline of the city that hangs on no disease.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadlineCase {
    /// Kind of work.
    pub task: String,
    /// Level that does it.
    pub level: String,
    /// When it starts.
    pub opened: DateTime,
    /// When it runs out.
    pub due: DateTime,
}

/// A decision on a person, and those before it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitCase {
    /// Of whom they are counted.
    pub of: LimitOf,
    /// Whether it has an epidemiological link.
    pub linked: bool,
    /// When it is made, on the day of the example.
    pub at: DateTime,
    /// Earlier ones of the same kind: moment and number.
    pub earlier: BTreeMap<DateTime, u32>,
    /// Whether it is held.
    pub held: bool,
}
