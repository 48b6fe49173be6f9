//! `schemes/…`: how a place sorts persons. Colours are not part of it.

use std::collections::BTreeMap;

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{CondDoc, CriterionDoc, ExampleDoc, Name, SeriesDoc, SourceDoc};
use crate::assessment::Label;

/// A scheme of categories.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SchemeDoc {
    /// `scheme`.
    #[expect(dead_code, reason = "read before, to choose the type of the file")]
    kind: super::Kind,
    /// Id.
    pub id: Name,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// First day.
    pub from: Date,
    /// Last day.
    #[serde(default)]
    pub until: Option<Date>,
    /// The diseases it was made for; it sorts nobody in another.
    pub diseases: Vec<Name>,
    /// What the pack rests on.
    pub sources: BTreeMap<String, SourceDoc>,
    /// Every number.
    #[serde(default)]
    pub values: BTreeMap<String, SeriesDoc>,
    /// Questions about facts.
    #[serde(default)]
    pub criteria: BTreeMap<String, CriterionDoc>,
    /// The categories, first that holds counts.
    pub categories: Vec<CategoryDoc>,
    /// Examples.
    #[serde(default)]
    pub examples: Vec<ExampleDoc>,
}

/// One category.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryDoc {
    /// Id.
    pub id: Name,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Official, local or ours.
    pub label: Label,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
    /// Who belongs to it.
    pub when: CondDoc,
}
