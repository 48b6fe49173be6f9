//! `cities/…`: one place: its levels, what is in force there, its deadlines.

use std::collections::BTreeMap;

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ExampleDoc, Name, SeriesDoc, SourceDoc};

/// A city pack.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CityDoc {
    /// `city`.
    #[expect(dead_code, reason = "read before, to choose the type of the file")]
    kind: super::Kind,
    /// Id.
    pub id: Name,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Whether the place exists only for demonstration.
    pub fictional: bool,
    /// Path of the place, such as `cn/hubei/wuhan/wuchang`.
    pub region: String,
    /// Levels from the top to the doorstep.
    pub levels: Vec<Level>,
    /// What the pack rests on.
    pub sources: BTreeMap<String, SourceDoc>,
    /// Disease packs in force.
    pub diseases: Vec<InForce>,
    /// Schemes in force.
    #[serde(default)]
    pub schemes: Vec<InForce>,
    /// Every number.
    #[serde(default)]
    pub values: BTreeMap<String, SeriesDoc>,
    /// Deadlines of tasks.
    #[serde(default)]
    pub deadlines: Vec<Deadline>,
    /// Examples.
    #[serde(default)]
    pub examples: Vec<ExampleDoc>,
}

/// A level.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Id: city, county, township, community, grid.
    pub id: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// A pack that is in force here.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InForce {
    /// The pack.
    pub id: Name,
    /// First day.
    pub from: Date,
    /// Last day.
    #[serde(default)]
    pub until: Option<Date>,
}

/// A deadline of a kind of task at a level.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    /// Kind of task.
    pub task: Name,
    /// Level that does it.
    pub level: Name,
    /// Hours from opening: a value of the pack.
    pub within: Name,
}
