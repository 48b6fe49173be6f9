//! What befalls the district: an imported cluster of novel influenza, norovirus in a primary school,
//! and everyday reports of residents. Events in the order of their time.
//!
//! Start with [`Scenario::generate`]; [`background`] alone gives later days.

mod background;
mod cluster;
mod school;

use fangxian_base::{Date, plus_days};
use serde::{Deserialize, Serialize};

use crate::delays::Delays;
use crate::district::District;
use crate::district::residents::Resident;
use crate::streams::Streams;

pub use background::background;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// A resident at the public door.
    Resident,
    /// The fever clinic, by the staff form.
    Clinic,
    /// The school, by the staff form.
    School,
    /// The laboratory, by the staff form.
    Laboratory,
}

/// For which response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Response {
    /// Everyday surveillance.
    Routine,
    /// The imported cluster.
    Influenza,
    /// The school.
    Norovirus,
}

/// Something that is told, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// A key that is this event's own under a seed.
    pub key: String,
    /// Minutes after the start day's midnight, local time.
    pub at_minute: i64,
    /// Who speaks.
    pub source: Source,
    /// For which response.
    pub response: Response,
    /// The key of an earlier event whose receipt stands in `contact_of`.
    pub contact_of: Option<String>,
    /// Whether the door has to refuse it.
    pub refused: bool,
    /// What is told, field by field as the forms have it.
    pub report: Report,
}

/// A report with the fields of the forms; empty ones are left out when it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    missing_docs,
    reason = "the fields are those of the forms, which document them"
)]
pub struct Report {
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sex: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub birth_date: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub document_number: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub area_code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub workplace: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub symptoms: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub temperature: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub onset_on: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub contact_of: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub contact_setting: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub contact_protected: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub contact_from: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub contact_until: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub visited_on: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hospitalised_on: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub class: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub class_on: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub animals: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub animals_on: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pneumonia: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub test: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub sample_on: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub result: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
}

/// Somebody whom the reported person met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fields are those of the forms, which document them"
)]
pub struct Contact {
    pub name: String,
    pub phone: String,
    pub address: String,
    pub area_code: String,
    pub setting: String,
    pub protected: String,
    pub from: String,
    pub until: String,
}

impl Report {
    /// A report that says who somebody is, without the document number.
    pub(crate) fn of(resident: &Resident) -> Self {
        let sex = match resident.sex {
            crate::person::Sex::Male => "male",
            crate::person::Sex::Female => "female",
        };
        Self {
            name: resident.name.clone(),
            sex: sex.to_owned(),
            birth_date: resident.birth.to_string(),
            phone: resident.phone.clone(),
            address: resident.address.clone(),
            area_code: resident.community().to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn ill(mut self, symptoms: &[&str], onset: Date) -> Self {
        self.symptoms = symptoms.iter().map(|code| (*code).to_owned()).collect();
        self.onset_on = onset.to_string();
        self
    }
}

/// Makes scenarios.
#[derive(Debug, Clone, Copy)]
pub struct Scenario;

impl Scenario {
    /// All events of the first days, in the order of their time.
    pub fn generate(district: &District, seed: u64, start: Date, days: i64) -> Vec<Event> {
        let streams = Streams::of(seed);
        let delays = Delays::read();
        let mut events = cluster::cluster(district, streams, &delays, start);
        events.extend(school::school(district, streams, start));
        events.retain(|event| event.at_minute < days * 24 * 60);
        events.extend(background(district, seed, start, days));
        in_order(&mut events);
        events
    }
}

fn in_order(events: &mut [Event]) {
    events.sort_by(|a, b| (a.at_minute, &a.key).cmp(&(b.at_minute, &b.key)));
}

/// The day of a minute.
fn day_of(start: Date, minute: i64) -> Date {
    plus_days(start, minute.div_euclid(24 * 60))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::person::id_number_holds;

    fn events() -> Vec<Event> {
        let district = District::generate(1, 6_000);
        Scenario::generate(&district, 1, Date::constant(2026, 3, 2), 5)
    }

    #[test]
    fn the_same_seed_tells_the_same_story() {
        assert_eq!(events(), events());
    }

    #[test]
    fn keys_are_unique_and_time_never_goes_back() {
        let events = events();
        let keys: BTreeSet<&str> = events.iter().map(|event| event.key.as_str()).collect();
        assert_eq!(keys.len(), events.len());
        assert!(events.is_sorted_by_key(|event| event.at_minute));
        assert!(
            events
                .iter()
                .all(|event| (0..5 * 24 * 60).contains(&event.at_minute))
        );
    }

    #[test]
    fn twenty_three_pupils_and_two_teachers_fall_ill_at_the_school() {
        let ill = events()
            .iter()
            .filter(|e| e.source == Source::School)
            .count();
        assert_eq!(ill, 25);
    }

    #[test]
    fn the_cluster_has_an_index_case_with_contacts_two_of_whom_fall_ill() {
        let events = events();
        let cluster: Vec<&Event> = events
            .iter()
            .filter(|e| e.response == Response::Influenza)
            .collect();
        let index = cluster[0];
        assert_eq!(index.report.animals, "live_bird_market");
        assert!(index.report.contacts.len() >= 6);
        let of: BTreeSet<&str> = cluster
            .iter()
            .filter(|event| event.contact_of.as_deref() == Some(index.key.as_str()))
            .map(|event| event.report.name.as_str())
            .collect();
        assert_eq!(of.len(), 2);
    }

    #[test]
    fn wrong_numbers_are_those_that_the_door_must_refuse() {
        let events = events();
        for event in &events {
            let number = &event.report.document_number;
            assert_eq!(
                event.refused,
                !number.is_empty() && !id_number_holds(number)
            );
        }
        assert!(events.iter().any(|event| event.refused));
        assert!(
            events
                .iter()
                .filter(|e| e.source == Source::Resident)
                .count()
                > 200
        );
    }

    #[test]
    fn nothing_is_told_before_it_happens() {
        let start = Date::constant(2026, 3, 2);
        for event in events() {
            let day = day_of(start, event.at_minute).to_string();
            let said = [
                &event.report.onset_on,
                &event.report.visited_on,
                &event.report.class_on,
                &event.report.sample_on,
            ];
            assert!(said.into_iter().all(|told| *told <= day), "{event:?}");
        }
    }
}
