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
    /// How many decisions on persons may come into force in a while before further ones are held.
    #[serde(default)]
    pub limits: Vec<LimitDoc>,
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

/// How many decisions on persons may come into force in a while; further ones are held until another
/// organ confirms them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitDoc {
    /// Id.
    pub id: Name,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Of whom decisions are counted; each by itself.
    pub of: Vec<LimitOf>,
    /// Whether those are counted that have an epidemiological link, or those that have none.
    pub linked: bool,
    /// Decisions of so many hours are counted: a value of the pack.
    pub within: Name,
    /// So many of them may come into force: a value of the pack.
    pub at_most: Name,
    /// It holds only at these hours of the day.
    #[serde(default)]
    pub night: Option<NightDoc>,
}

/// Hours of the day, over midnight where the first is later than the last.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NightDoc {
    /// The first hour: a value of the pack.
    pub from: Name,
    /// The hour at which it is over: a value of the pack.
    pub to: Name,
}

/// Of whom decisions are counted.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Deserialize,
    serde::Serialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LimitOf {
    /// Of the account that decides.
    Account,
    /// Of the unit that decides.
    Organ,
    /// Of the response.
    Response,
    /// Of the list that the persons came with.
    List,
    /// Of those that rest on the same facts, word for word.
    Evidence,
}
