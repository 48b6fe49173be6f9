//! From a report to facts: which kinds of the packs' vocabulary it fills, and with what evidence.
//!
//! How a fact is known follows from who said it, never from what the form claims: a resident
//! declares, a clinic finds, a laboratory measures, a CDC institution judges.

use fangxian_base::{Date, RecordId};
use fangxian_domain::units::UnitKind;
use fangxian_store::facts::{NewFact, When};

use super::Checked;

/// The attribute of a notified class or a test that says of which disease: a pack's id, or what a
/// list called it.
pub(crate) const DISEASE: &str = "disease";

/// Who is behind a report, as far as evidence goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    /// A resident.
    Declared,
    /// Staff who saw it, without being clinicians.
    Observed,
    /// A hospital or clinic.
    Clinical,
    /// A laboratory.
    Laboratory,
    /// A CDC institution or disease control authority, or a list issued by one.
    Official,
}

impl Evidence {
    /// By the kind of unit that speaks; nobody's unit: a resident.
    pub fn of(unit: Option<UnitKind>) -> Self {
        match unit {
            None => Self::Declared,
            Some(UnitKind::Hospital) => Self::Clinical,
            Some(UnitKind::Laboratory) => Self::Laboratory,
            Some(UnitKind::CdcInstitution | UnitKind::DiseaseControlAuthority) => Self::Official,
            Some(
                UnitKind::Headquarters
                | UnitKind::School
                | UnitKind::Township
                | UnitKind::Community
                | UnitKind::Government
                | UnitKind::Police
                | UnitKind::Other,
            ) => Self::Observed,
        }
    }

    /// The vocabulary's code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Observed => "observed",
            Self::Clinical => "clinical",
            Self::Laboratory => "laboratory",
            Self::Official => "official",
        }
    }

    /// Whether a diagnosis from here is a notified one; a resident's own word is not.
    const fn notifies(self) -> bool {
        matches!(self, Self::Clinical | Self::Laboratory | Self::Official)
    }

    const fn notified_by(self) -> &'static str {
        match self {
            Self::Official => "cdc_institution",
            _ => "hospital",
        }
    }
}

fn day(on: Option<Date>) -> When {
    on.map_or(When::Unknown, When::Day)
}

/// The facts that a report gives. `case` is the record of the person met, where it is known.
pub(crate) fn facts_of(
    checked: &Checked,
    evidence: Evidence,
    case: Option<RecordId>,
) -> Vec<NewFact> {
    let known = evidence.code();
    let mut facts = Vec::new();
    let mut add = |fact: NewFact| facts.push(fact);
    for symptom in &checked.symptoms {
        add(NewFact::new("symptom", day(checked.onset_on), known)
            .with("name", symptom.as_str())
            .with("present", true));
    }
    if let Some(degrees) = checked.temperature {
        add(NewFact::new("temperature", When::Unknown, known).with("celsius", degrees));
    }
    let mut dated = |kind: &str, on: Option<Date>| {
        if let Some(on) = on {
            add(NewFact::new(kind, When::Day(on), known));
        }
    };
    dated("onset", checked.onset_on);
    dated("visit", checked.visited_on);
    dated("admission", checked.hospitalised_on);
    dated("discharge", checked.discharged_on);
    dated("death", checked.died_on);
    if let Some(stay) = &checked.stay {
        let when = When::Range(stay.from, stay.until);
        add(NewFact::new("stay", when, known).with("place", stay.place.as_str()));
    }
    if let Some((what, on)) = &checked.animals {
        add(NewFact::new("animal_exposure", day(*on), known).with("what", what.as_str()));
    }
    if let Some(pneumonia) = checked.pneumonia {
        let on = checked
            .visited_on
            .or(checked.hospitalised_on)
            .or(checked.class_day());
        add(NewFact::new("imaging", day(on), known).with("pneumonia", pneumonia));
    }
    let of_disease = |fact: NewFact| match &checked.disease {
        Some(disease) => fact.with(DISEASE, disease.as_str()),
        None => fact,
    };
    if let Some(test) = &checked.test {
        add(of_disease(
            NewFact::new("test", day(test.sampled_on), known)
                .with("kind", test.kind.as_str())
                .with("result", test.result.as_str()),
        ));
    }
    if let Some((class, on)) = &checked.class {
        let kind = if evidence.notifies() {
            "classification_notified"
        } else {
            "said_class"
        };
        add(of_disease(
            NewFact::new(kind, day(*on), known)
                .with("class", class.as_str())
                .with("by", evidence.notified_by()),
        ));
    }
    if let Some(contact) = &checked.contact {
        let mut fact = NewFact::new("contact", When::Range(contact.from, contact.until), known);
        if let Some(case) = case {
            fact = fact.with("case_record", case.to_string());
        }
        if let Some(setting) = &contact.setting {
            fact = fact.with("setting", setting.as_str());
        }
        if let Some(protected) = contact.protected {
            fact = fact.with("protected", protected);
        }
        add(fact);
    }
    if let Some(note) = &checked.note {
        add(NewFact::new("note", When::Unknown, known).with("text", note.as_str()));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_residents_word_is_no_notified_diagnosis() {
        let checked = Checked {
            class: Some(("confirmed".into(), None)),
            ..Checked::default()
        };
        let kinds = |evidence| facts_of(&checked, evidence, None)[0].kind.clone();
        assert_eq!(kinds(Evidence::Declared), "said_class");
        assert_eq!(kinds(Evidence::Observed), "said_class");
        assert_eq!(kinds(Evidence::Clinical), "classification_notified");
        assert_eq!(kinds(Evidence::Official), "classification_notified");
    }

    #[test]
    fn a_symptom_carries_the_day_of_onset() {
        let on = "2026-01-03".parse().unwrap();
        let checked = Checked {
            symptoms: vec!["fever".into()],
            onset_on: Some(on),
            ..Checked::default()
        };
        let facts = facts_of(&checked, Evidence::Declared, None);
        assert_eq!(facts.len(), 2);
        assert!(
            facts
                .iter()
                .all(|f| f.when == When::Day(on) && f.evidence == "declared")
        );
    }
}
