//! `overlays/…`: what a province, city or county does otherwise than the layer above it.

use std::collections::BTreeMap;

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{DatedValue, ExampleDoc, Name, SourceDoc};
use crate::assessment::Direction;
use crate::text::Text;

/// An overlay.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OverlayDoc {
    /// `overlay`.
    #[expect(dead_code, reason = "read before, to choose the type of the file")]
    kind: super::Kind,
    /// Id.
    pub id: Name,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// The disease pack it lies over.
    pub over: Name,
    /// The place it holds for, with everything inside: `cn/PROVINCE`, `cn/PROVINCE/CITY` or
    /// `cn/PROVINCE/CITY/COUNTY`.
    pub region: Name,
    /// What it rests on.
    pub sources: BTreeMap<String, SourceDoc>,
    /// Values that are others here, by their name in the disease pack.
    #[serde(default)]
    pub values: BTreeMap<String, OtherValueDoc>,
    /// Rules that do not hold here.
    #[serde(default)]
    pub without: Vec<WithoutDoc>,
    /// Examples.
    #[serde(default)]
    pub examples: Vec<ExampleDoc>,
}

/// A value that is another here.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherValueDoc {
    /// Whether that is stricter or looser than the layer above.
    pub direction: Direction,
    /// Who allows it, and on what basis.
    pub allowed_by: Text,
    /// The values, in order of time.
    pub dated: Vec<DatedValue>,
}

/// A rule that does not hold here.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithoutDoc {
    /// Its id in the disease pack.
    pub rule: Name,
    /// Whether that is stricter or looser than the layer above.
    pub direction: Direction,
    /// Who allows it, and on what basis.
    pub allowed_by: Text,
    /// First day.
    pub from: Date,
    /// Last day.
    #[serde(default)]
    pub until: Option<Date>,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
}
