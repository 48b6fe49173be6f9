//! What somebody tells us, as typed: the one form behind the public page, the staff form and the
//! interface. Reading it is in `check`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A report as typed. Everything may be left empty except something to know the person by.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Signal {
    /// The person's name.
    pub name: String,
    /// `male`, `female` or empty.
    pub sex: String,
    /// Age in years, when the birth date is not known.
    pub age: String,
    /// Birth date, ISO.
    pub birth_date: String,
    /// Kind of document: `resident_id`, `passport`, …; empty: recognised from the number.
    pub document_kind: String,
    /// Document number. May always be declined.
    pub document_number: String,
    /// Mobile or landline number.
    pub phone: String,
    /// Address as people say it.
    pub address: String,
    /// Code of the division chosen from the list.
    pub area_code: String,
    /// Workplace or school.
    pub workplace: String,
    /// Symptom codes, such as `fever`, `cough`, `vomiting`.
    pub symptoms: Vec<String>,
    /// Highest temperature in °C.
    pub temperature: String,
    /// Day of the first symptom, ISO.
    pub onset_on: String,
    /// Where the person has been: a place in words.
    pub been_to: String,
    /// First day there.
    pub been_from: String,
    /// Last day there.
    pub been_until: String,
    /// Record or receipt of the case that the person met, when known.
    pub contact_of: String,
    /// How they met: `household`, `care`, `workplace`, `school`, `vehicle`, `other`.
    pub contact_setting: String,
    /// Whether both were effectively protected when they met: `yes`, `no` or empty.
    pub contact_protected: String,
    /// First day they met.
    pub contact_from: String,
    /// Last day they met.
    pub contact_until: String,
    /// First visit to a doctor for this.
    pub visited_on: String,
    /// Day of admission.
    pub hospitalised_on: String,
    /// The disease that the class is of and that was tested for, as a pack's id; needed with a
    /// class or a result, unless the response has a disease of its own.
    pub disease: String,
    /// Class as notified by a hospital or laboratory: `suspected`,
    /// `clinically_diagnosed`, `confirmed`, `asymptomatic`, `excluded`.
    pub class: String,
    /// Day of that finding.
    pub class_on: String,
    /// What animals the person was near: `live_bird_market`, `poultry`, `pigs`, `wild_birds`,
    /// `other`.
    pub animals: String,
    /// Day of that.
    pub animals_on: String,
    /// Whether imaging showed pneumonia: `yes`, `no` or empty.
    pub pneumonia: String,
    /// What was tested: `pcr`, `antigen`, `genome`, `igm`, `igg`; empty: `pcr`.
    pub test: String,
    /// Day a sample was taken.
    pub sample_on: String,
    /// Its result: `positive`, `negative`, `unclear`.
    pub result: String,
    /// Day of discharge.
    pub discharged_on: String,
    /// Day of death.
    pub died_on: String,
    /// Whether somebody reports for somebody else.
    pub for_other: bool,
    /// Anything else.
    pub note: String,
    /// People the person met.
    pub contacts: Vec<NamedContact>,
}

/// Somebody whom the reported person met.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NamedContact {
    /// Name.
    pub name: String,
    /// Phone.
    pub phone: String,
    /// Address.
    pub address: String,
    /// Code of the division.
    pub area_code: String,
    /// How they met; as in [`Signal::contact_setting`].
    pub setting: String,
    /// Whether both were effectively protected; as in [`Signal::contact_protected`].
    pub protected: String,
    /// First day they met.
    pub from: String,
    /// Last day they met.
    pub until: String,
}

/// Symptoms that the forms offer; the codes are those of the packs' vocabulary.
pub const SYMPTOMS: [&str; 7] = [
    "fever",
    "cough",
    "sore_throat",
    "breathless",
    "vomiting",
    "diarrhoea",
    "other",
];

/// Classes that a hospital or laboratory notifies; the codes are those of the packs' vocabulary.
pub const CLASSES: [&str; 5] = [
    "confirmed",
    "clinically_diagnosed",
    "suspected",
    "asymptomatic",
    "excluded",
];

/// Animals that matter for infections from animals.
pub const ANIMALS: [&str; 5] = ["live_bird_market", "poultry", "pigs", "wild_birds", "other"];

/// What laboratories test.
pub const TESTS: [&str; 5] = ["pcr", "antigen", "genome", "igm", "igg"];

/// Settings of a meeting.
pub const SETTINGS: [&str; 6] = [
    "household",
    "care",
    "workplace",
    "school",
    "vehicle",
    "other",
];
