//! What becomes of the data of a response when it is over, by class of data and by day.

use std::collections::BTreeMap;

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Name, SourceDoc};
use crate::assessment::Label;
use crate::text::Text;

/// The classes of data.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionDoc {
    /// `retention`.
    #[expect(dead_code, reason = "read before, to choose the type of the file")]
    kind: super::Kind,
    /// Id.
    pub id: Name,
    /// In Chinese.
    #[expect(dead_code, reason = "for whoever reads the file")]
    zh: String,
    /// In English.
    #[expect(dead_code, reason = "for whoever reads the file")]
    en: String,
    /// What the rules rest on.
    pub sources: BTreeMap<String, SourceDoc>,
    /// The classes: a record is of the first that names a kind of its facts, or of the last, which
    /// names none.
    #[schemars(length(min = 1))]
    pub classes: Vec<DataClassDoc>,
    /// The longest that anything may be kept after an assessment of two persons, in years.
    pub at_most: AtMostDoc,
}

/// One class of data.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataClassDoc {
    /// Id.
    pub id: Name,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Kinds of fact that make a record be of this class.
    #[serde(default)]
    pub facts: Vec<Name>,
    /// What becomes of it over time; before the first day it is destroyed.
    #[serde(default)]
    pub dated: Vec<RetainedDoc>,
}

/// What becomes of a class from a day on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetainedDoc {
    /// First day.
    pub from: Date,
    /// For how many years after the response was closed it is kept; without it, it is destroyed.
    #[serde(default)]
    pub keep_years: Option<u32>,
    /// Why, in a sentence.
    pub says: Text,
    /// Whose rule it is.
    pub label: Label,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
}

/// The longest exception.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AtMostDoc {
    /// Years after the response was closed.
    pub years: u32,
    /// Whose rule it is.
    #[expect(dead_code, reason = "for whoever reads the file")]
    label: Label,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
}
