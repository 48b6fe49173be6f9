//! The list of notifiable diseases: which class a disease is in, and how it is managed, by day.

use std::collections::BTreeMap;

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Name, SourceDoc};
use crate::assessment::Managed;

/// The list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotifiableDoc {
    /// `notifiable`.
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
    /// What the list rests on.
    pub sources: BTreeMap<String, SourceDoc>,
    /// The diseases.
    pub diseases: Vec<NotifiableDiseaseDoc>,
}

/// One disease of the list.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotifiableDiseaseDoc {
    /// Id.
    pub id: Name,
    /// The law's word for it.
    pub zh: String,
    /// In English.
    pub en: String,
    /// The disease of the list that it is a form of.
    #[serde(default)]
    pub form_of: Option<Name>,
    /// Whether its records live in a compartment that grid work and search do not see.
    #[serde(default)]
    pub sealed: bool,
    /// The packs that are about it.
    #[serde(default)]
    pub packs: Vec<Name>,
    /// Its class over time.
    pub dated: Vec<ListedDoc>,
}

/// The class of a disease from a day on.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedDoc {
    /// First day.
    pub from: Date,
    /// Last day; without it the next entry ends it.
    #[serde(default)]
    pub until: Option<Date>,
    /// Its class.
    pub class: Managed,
    /// How it is managed, where not as its class says.
    #[serde(default)]
    pub managed: Option<Managed>,
    /// Sources.
    #[schemars(length(min = 1))]
    pub cites: Vec<Name>,
}
