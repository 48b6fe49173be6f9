//! Confirmations: a person has looked at a generated case and says that its outcome is right.

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Name;

/// A file of confirmations.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmedDoc {
    /// `confirmed`.
    #[expect(dead_code, reason = "read before, to choose the type of the file")]
    kind: super::Kind,
    /// The pack whose cases they are.
    pub of: Name,
    /// What was confirmed.
    pub cases: Vec<ConfirmedCase>,
}

/// One confirmed case.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmedCase {
    /// The example that the case was made from, by its name.
    pub example: Name,
    /// The day asked about.
    pub on: Date,
    /// Digest of the question as it was asked.
    pub asked: String,
    /// The outcome, as `pack coverage` shows it.
    pub outcome: String,
    /// Who confirmed it.
    pub by: String,
    /// On which day.
    pub confirmed_on: Date,
}
