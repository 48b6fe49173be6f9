//! The parts that every kind of pack shares: sources, dated values, criteria, conditions.

use std::collections::BTreeMap;

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Name;
use crate::assessment::{CaseClass, ContactKind, Label, Quantity};
use crate::fact::Value;
use crate::text::Text;

/// A law, plan, notice or paper that values and rules rest on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceDoc {
    /// Title in Chinese.
    pub zh: String,
    /// Title in English.
    pub en: String,
    /// Day of publication, where known.
    #[serde(default)]
    pub published: Option<Date>,
    /// How sure the authors are that it says so: read, reported, or known to the field.
    #[serde(default)]
    pub read: Option<Text>,
}

/// A number over time.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesDoc {
    /// What it is, in Chinese.
    pub zh: String,
    /// What it is, in English.
    pub en: String,
    /// Unit: days, hours, people, samples, …
    #[schemars(extend("enum" = crate::compile::series::UNITS))]
    pub unit: Name,
    /// Which way is stricter. A value that does not say so is the same in every place.
    #[serde(default)]
    pub stricter: Option<Toward>,
    /// The values, in order of time.
    pub dated: Vec<DatedValue>,
}

/// Which way of a value is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Toward {
    /// A higher number, or more days.
    Higher,
    /// A lower number, or fewer days.
    Lower,
}

/// One value from its first day on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatedValue {
    /// First day.
    pub from: super::At<Date>,
    /// Last day; without it the next entry ends it.
    #[serde(default)]
    pub until: Option<Date>,
    /// The number, or the list of day numbers.
    pub value: Quantity,
    /// Keys into the sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
    /// Official, local or ours.
    pub label: Label,
    /// What a reader must know about it.
    #[serde(default)]
    pub note: Option<String>,
}

/// A named criterion: a question about facts, or a combination of other criteria.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionDoc {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Kind of fact that is asked about.
    #[serde(default)]
    pub fact: Option<Name>,
    /// Only the latest fact counts.
    #[serde(default)]
    pub latest: bool,
    /// Which facts of that kind are meant.
    #[serde(default, rename = "where")]
    pub filter: BTreeMap<String, MatchDoc>,
    /// Which of them are not meant after all; one that may be is meant.
    #[serde(default)]
    pub unless: BTreeMap<String, MatchDoc>,
    /// What must hold of one of them.
    #[serde(default)]
    pub is: BTreeMap<String, MatchDoc>,
    /// Or, instead of all of that, this.
    #[serde(default)]
    pub or_is: BTreeMap<String, MatchDoc>,
    /// Only what happened after this day is meant; that there is nothing is a no.
    #[serde(default)]
    pub later_than: Vec<Name>,
    /// When they must have happened.
    #[serde(default)]
    pub during: Option<DuringDoc>,
    /// How many of them, how far apart.
    #[serde(default)]
    pub count: Option<CountDoc>,
    /// Instead of `fact`: a combination.
    #[serde(default)]
    pub when: Option<CondDoc>,
}

/// What an attribute must be.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MatchDoc {
    /// Exactly this.
    Exactly(Value),
    /// One of several.
    OneOf(Vec<Value>),
    /// At least, or below, a value of the pack.
    Compare(CompareDoc),
}

/// A comparison with a value of the pack.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareDoc {
    /// At least this value.
    #[serde(default)]
    pub at_least: Option<String>,
    /// Less than this value.
    #[serde(default)]
    pub below: Option<String>,
    /// Known at all, whatever it is.
    #[serde(default)]
    pub known: bool,
}

/// A window in time, whole days, both ends included.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuringDoc {
    /// Anchor that the window starts from (`attr:…`, `first:…`, `last:…`, `first-meeting:…`,
    /// `last-meeting:…`, `today`); the first one known is taken.
    pub start: Vec<Name>,
    /// How many days earlier it starts: a value of the pack.
    #[serde(default)]
    pub days_before: Option<Name>,
    /// How many days later it starts: a value of the pack.
    #[serde(default)]
    pub days_later: Option<Name>,
    /// Anchor that the window ends at; none known: it is still open.
    #[serde(default)]
    pub end: Vec<Name>,
    /// How many days later than its end anchor it ends: a value of the pack.
    #[serde(default)]
    pub days_after: Option<Name>,
}

/// Several facts, in an unbroken run that reaches to the latest.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountDoc {
    /// How many: a value of the pack.
    pub at_least: Name,
    /// Days between one and the next: a value of the pack.
    #[serde(default)]
    pub days_apart: Option<Name>,
}

/// A condition.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CondDoc {
    /// Every one.
    All(Vec<Self>),
    /// At least one.
    Any(Vec<Self>),
    /// At least so many.
    AtLeast(AtLeastDoc),
    /// Not.
    Not(Box<Self>),
    /// A named criterion.
    Met(Name),
    /// The case class found is one of these.
    Class(Vec<CaseClass>),
    /// The kind of contact found is one of these.
    Contact(Vec<ContactKind>),
    /// The place lies in one of these.
    Region(Vec<String>),
    /// In a scheme: what the plan foresees under one of these measures has run its course.
    Over(Vec<Name>),
}

/// k of n.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AtLeastDoc {
    /// How many: a value of the pack.
    pub count: Name,
    /// Of these.
    pub of: Vec<CondDoc>,
}
