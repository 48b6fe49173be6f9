//! The facts that a row carries, by kind of list.

use fangxian_base::{RecordId, Sensitive};
use fangxian_interop::linelist::{
    CaseClass, CaseOutcome, Field, Row, TestResult, When as ListWhen,
};
use fangxian_store::facts::{NewFact, When};

use super::rows::Reading;
use crate::assess::Rules;
use crate::intake::{DISEASE, SYMPTOMS};

pub(super) fn text(row: &Row, field: Field) -> Option<&str> {
    row.text(field).map(Sensitive::expose).map(String::as_str)
}

/// What a header says was tested, by the vocabulary's codes.
pub(super) fn test_kind(header: &str) -> Option<&'static str> {
    let header = header.to_lowercase();
    let kinds = [
        ("核酸", "pcr"),
        ("pcr", "pcr"),
        ("抗原", "antigen"),
        ("antigen", "antigen"),
        ("测序", "genome"),
        ("genome", "genome"),
        ("igm", "igm"),
        ("igg", "igg"),
    ];
    let mut named = kinds.iter().filter(|(word, _)| header.contains(word));
    let kind = named.next().map(|(_, kind)| *kind)?;
    named.all(|(_, other)| *other == kind).then_some(kind)
}

fn when(list: Option<ListWhen>) -> When {
    match list {
        None => When::Unknown,
        Some(list) => match list.day() {
            Some(day) => When::Day(day),
            None => When::Range(list.earliest(), list.latest()),
        },
    }
}

fn class_code(class: CaseClass) -> &'static str {
    match class {
        CaseClass::Confirmed => "confirmed",
        CaseClass::ClinicallyDiagnosed | CaseClass::Probable => "clinically_diagnosed",
        CaseClass::Suspected => "suspected",
        CaseClass::Asymptomatic | CaseClass::Carrier => "asymptomatic",
        CaseClass::Excluded => "excluded",
    }
}

/// The disease that a row names. What there are no rules for is kept as the list says it, so that
/// its cases count for no other.
pub(super) fn disease_of(rules: &Rules, row: &Row) -> Option<String> {
    let said = text(row, Field::Disease)?;
    Some(rules.names().named_in(said).unwrap_or(said).to_owned())
}

/// The facts that a case row carries.
pub(super) fn case_facts(row: &Row, reading: &Reading, disease: Option<&str>) -> Vec<NewFact> {
    let mut facts = Vec::new();
    let mut add = |fact: NewFact| facts.push(fact);
    let dated = [
        (Field::Onset, "onset", "official"),
        (Field::FirstVisit, "visit", "official"),
        (Field::Hospitalised, "admission", "official"),
        (Field::Discharged, "discharge", "official"),
        (Field::Died, "death", "official"),
        (Field::Arrival, "arrival", "official"),
    ];
    for (field, kind, evidence) in dated {
        if row.when(field).is_some() {
            add(NewFact::new(kind, when(row.when(field)), evidence));
        }
    }
    let ended = row.when(Field::OutcomeOn);
    match row.outcome() {
        Some(CaseOutcome::Died) if row.when(Field::Died).is_none() => {
            add(NewFact::new("death", when(ended), "official"));
        }
        Some(CaseOutcome::Recovered) if row.when(Field::Discharged).is_none() => {
            add(NewFact::new("discharge", when(ended), "official"));
        }
        Some(
            CaseOutcome::Died
            | CaseOutcome::Recovered
            | CaseOutcome::UnderTreatment
            | CaseOutcome::Alive
            | CaseOutcome::LostToFollowUp,
        )
        | None => {}
    }
    let of_disease = |fact: NewFact| match disease {
        Some(disease) => fact.with(DISEASE, disease),
        None => fact,
    };
    // A list that gives the day of confirmation and no class column lists confirmed cases. A class
    // that cannot be read stays unknown; one of another disease counts in no other response.
    let confirmed = row.when(Field::ConfirmedOn);
    let class = row.class().or_else(|| {
        confirmed
            .filter(|_| !reading.class_column)
            .map(|_| CaseClass::Confirmed)
    });
    if let Some(class) = class {
        let on = confirmed.or(row.when(Field::ReportedOn));
        add(of_disease(
            NewFact::new("classification_notified", when(on), "official")
                .with("class", class_code(class))
                .with("by", notified_by(row)),
        ));
    }
    if let Some(result) = row.test_result() {
        let result = match result {
            TestResult::Positive => "positive",
            TestResult::Negative => "negative",
            TestResult::Indeterminate => "unclear",
        };
        let on = row.when(Field::SampledOn).or(row.when(Field::TestedOn));
        let test = NewFact::new("test", when(on), "laboratory").with("result", result);
        let kind = text(row, Field::TestKind).and_then(test_kind);
        add(of_disease(match kind.or(reading.test_kind) {
            Some(kind) => test.with("kind", kind),
            None => test,
        }));
    }
    stays(row, &mut facts);
    facts
}

fn stays(row: &Row, facts: &mut Vec<NewFact>) {
    let (begin, end) = (row.when(Field::ExposureBegin), row.when(Field::ExposureEnd));
    let place = text(row, Field::ExposurePlace);
    if place.is_some() || begin.is_some() || end.is_some() {
        let span = When::Range(
            begin.and_then(|w| w.earliest()),
            end.and_then(|w| w.latest()),
        );
        let fact = NewFact::new("stay", span, "official");
        facts.push(match place {
            Some(place) => fact.with("place", place),
            None => fact,
        });
    }
    if row.when(Field::Exposure).is_some() {
        facts.push(NewFact::new(
            "exposure",
            when(row.when(Field::Exposure)),
            "official",
        ));
    }
    if let Some(symptoms) = text(row, Field::Symptoms) {
        let onset = when(row.when(Field::Onset));
        for code in symptoms_in(symptoms) {
            facts.push(
                NewFact::new("symptom", onset, "official")
                    .with("name", code)
                    .with("present", true),
            );
        }
        if !nothing_but_symptoms(symptoms) {
            facts.push(NewFact::new("note", When::Unknown, "official").with("text", symptoms));
        }
    }
}

/// The symptoms that a text names, by the vocabulary's codes, as often as its words do.
pub(crate) fn symptoms_in(text: &str) -> Vec<&'static str> {
    if let Some(codes) = symptom_codes(text) {
        return codes;
    }
    let text = text.to_lowercase();
    let named = SYMPTOM_WORDS.iter().filter(|(word, _)| text.contains(word));
    named.map(|(_, code)| *code).collect()
}

/// Whether a text is a row of the vocabulary's own codes, as our exports write it: then it says
/// nothing else that would have to be kept.
fn nothing_but_symptoms(text: &str) -> bool {
    symptom_codes(text).is_some()
}

fn symptom_codes(text: &str) -> Option<Vec<&'static str>> {
    let known = |word: &str| SYMPTOMS.iter().find(|code| **code == word.trim()).copied();
    text.split('+').map(known).collect()
}

/// What a row says of how it is known, when that is less than a list counts for.
fn said(row: &Row) -> Option<&'static str> {
    let said = text(row, Field::Evidence)?;
    LESSER.iter().find(|code| **code == said.trim()).copied()
}

/// Evidence below that of a list.
const LESSER: [&str; 3] = ["declared", "observed", "clinical"];

/// What a row says is known from less than an office or a laboratory counts as no more than that.
/// No row can raise it.
pub(super) fn only_said(row: &Row, facts: &mut [NewFact]) {
    if let Some(lesser) = said(row) {
        for fact in facts {
            lesser.clone_into(&mut fact.evidence);
        }
    }
}

fn notified_by(row: &Row) -> &'static str {
    if said(row) == Some("clinical") {
        "hospital"
    } else {
        "health_authority"
    }
}

/// Words for symptoms in lists, and the vocabulary's codes.
const SYMPTOM_WORDS: [(&str, &str); 10] = [
    ("发热", "fever"),
    ("发烧", "fever"),
    ("fever", "fever"),
    ("咳", "cough"),
    ("cough", "cough"),
    ("咽", "sore_throat"),
    ("呼吸困难", "breathless"),
    ("呕吐", "vomiting"),
    ("腹泻", "diarrhoea"),
    ("diarr", "diarrhoea"),
];

pub(super) fn contact_facts(
    row: &Row,
    case: Option<RecordId>,
    reading: &Reading,
    disease: Option<&str>,
) -> Vec<NewFact> {
    let (begin, end) = (row.when(Field::ExposureBegin), row.when(Field::ExposureEnd));
    let exposed = row.when(Field::Exposure);
    let span = When::Range(
        begin.or(exposed).and_then(|w| w.earliest()),
        end.or(exposed).and_then(|w| w.latest()),
    );
    let mut fact = NewFact::new("contact", span, "official");
    if let Some(case) = case {
        fact = fact.with("case_record", case.to_string());
    }
    if let Some(setting) = text(row, Field::ExposureSetting) {
        fact = fact.with("setting", setting);
    }
    let mut facts = case_facts(row, reading, disease);
    facts.push(fact);
    facts
}

pub(super) fn movement_facts(row: &Row) -> Vec<NewFact> {
    let (begin, end) = (row.when(Field::EventBegin), row.when(Field::EventEnd));
    let moved = row.when(Field::MovedOn);
    let span = When::Range(
        begin.or(moved).and_then(|w| w.earliest()),
        end.or(moved).and_then(|w| w.latest()),
    );
    let mut facts = Vec::new();
    for field in [Field::Place, Field::Destination, Field::Origin] {
        if let Some(place) = text(row, field) {
            facts.push(NewFact::new("stay", span, "official").with("place", place));
        }
    }
    let ride: Vec<&str> = [Field::Transport, Field::Service]
        .into_iter()
        .filter_map(|f| text(row, f))
        .collect();
    if !ride.is_empty() {
        facts.push(NewFact::new("journey", span, "official").with("by", ride.join(" ")));
    }
    if let Some(event) = text(row, Field::Event) {
        facts.push(NewFact::new("note", span, "official").with("text", event));
    }
    facts
}
