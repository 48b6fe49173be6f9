//! `facts.yaml`: what a rule may ask about. A fact that is not declared here does not exist.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fact::Evidence;

/// The vocabulary.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactsDoc {
    /// `facts`.
    #[expect(dead_code, reason = "read before, to choose the type of the file")]
    kind: super::Kind,
    /// The kinds of fact.
    pub facts: BTreeMap<String, FactKindDoc>,
}

/// One kind of fact.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactKindDoc {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// How personal it is.
    pub privacy: Privacy,
    /// What it means that there is no such fact.
    pub absence: Absence,
    /// Whether a fact without a last day still goes on (a residence), rather than being one day.
    #[serde(default)]
    pub goes_on: bool,
    /// Ways of knowing that suffice to restrict somebody. Empty: it never restricts.
    #[serde(default)]
    pub restricts_with: Vec<Evidence>,
    /// Its attributes.
    #[serde(default)]
    pub attrs: BTreeMap<String, AttrDoc>,
    /// Why it is declared although no rule of these packs asks for it.
    #[serde(default)]
    pub recorded_for: Option<String>,
}

/// How personal a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    /// Health of a person.
    Health,
    /// Where a person was and whom they met.
    Whereabouts,
    /// Work done for or decided about a person.
    Care,
}

/// What it means that there is no such fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Absence {
    /// Nobody has asked yet.
    Unknown,
    /// It did not happen.
    No,
}

/// One attribute.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttrDoc {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: AttrType,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// The codes, where the type is `code`.
    #[serde(default)]
    pub codes: Vec<String>,
    /// The unit, where the type is `number`.
    #[serde(default)]
    pub unit: Option<String>,
    /// Why it is declared although no rule of these packs asks for it.
    #[serde(default)]
    pub recorded_for: Option<String>,
}

/// The types of attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttrType {
    /// Yes or no.
    Bool,
    /// A number with a unit.
    Number,
    /// A day.
    Date,
    /// One of the declared codes.
    Code,
    /// Free text that rules compare as a whole (a place, an edition).
    Text,
}
