//! `levels/…`: how an area, an event, a response or a person's code is graded from indicators.

use std::collections::BTreeMap;

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ExampleDoc, Name, SeriesDoc, SourceDoc};
use crate::assessment::Label;
use crate::text::Text;

/// A pack of levels.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelsDoc {
    /// `levels`.
    #[expect(dead_code, reason = "read before, to choose the type of the file")]
    kind: super::Kind,
    /// Id.
    pub id: Name,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// What is graded.
    pub of: Graded,
    /// First day.
    pub from: Date,
    /// Last day.
    #[serde(default)]
    pub until: Option<Date>,
    /// Off until two organs have recorded a local legal basis. Required of codes of persons.
    #[serde(default)]
    pub off_by_default: bool,
    /// What the pack rests on.
    pub sources: BTreeMap<String, SourceDoc>,
    /// Every number.
    #[serde(default)]
    pub values: BTreeMap<String, SeriesDoc>,
    /// What is measured.
    #[serde(default)]
    pub indicators: BTreeMap<String, IndicatorDoc>,
    /// The levels, the gravest first; the first that holds counts.
    pub levels: Vec<LevelRuleDoc>,
    /// Examples.
    #[serde(default)]
    pub examples: Vec<ExampleDoc>,
}

/// What is graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Graded {
    /// An area.
    Area,
    /// An event.
    Event,
    /// A warning or a response.
    Response,
    /// One person: a code.
    Person,
}

/// One thing that is measured.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndicatorDoc {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Whether nothing said means none; otherwise it means that it is not known.
    #[serde(default)]
    pub absent_is_none: bool,
}

/// One level.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LevelRuleDoc {
    /// Id.
    pub id: Name,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Its colour, where it has one.
    #[serde(default)]
    pub colour: Option<Text>,
    /// What it means for those concerned.
    #[serde(default)]
    pub means: Option<Text>,
    /// Official, local or ours.
    pub label: Label,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
    /// When it holds.
    pub when: LevelCond,
}

/// A condition over indicators.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LevelCond {
    /// Every one.
    All(Vec<Self>),
    /// At least one.
    Any(Vec<Self>),
    /// Not.
    Not(Box<Self>),
    /// An indicator that is a yes or no.
    Holds(Name),
    /// An indicator is at least a value of the pack.
    AtLeast(CompareIndicator),
    /// An indicator is more than a value of the pack.
    Above(CompareIndicator),
    /// The disease is one of these.
    Disease(Vec<String>),
    /// A measure of these is in force.
    Measure(Vec<Name>),
}

/// An indicator and the value that it is compared with.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareIndicator {
    /// The indicator.
    pub indicator: Name,
    /// A value of the pack.
    pub value: Name,
}
