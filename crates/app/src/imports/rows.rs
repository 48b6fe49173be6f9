//! One row of a list becomes one record: who it is, where, and which facts it carries.
//!
//! Lists come from authorities and hospitals, so what they say of a class counts as an official
//! notice; who handed the list in stands with every record.

use std::collections::BTreeMap;

use fangxian_base::{AreaId, CommandId, Date, ImportId, RecordId, Sensitive};
use fangxian_domain::intake::Channel;
use fangxian_interop::linelist::{
    CaseClass, CaseOutcome, Field, Kind as ListKind, Outcome, RawRow, Row, Table, TestResult,
    When as ListWhen,
};
use fangxian_store::facts::{NewFact, When};
use fangxian_store::imports::{Counts, Import, import_row_insert};
use fangxian_store::records::{token_find, token_insert};
use fangxian_store::{Author, Tx, places};
use sha2::{Digest, Sha256};

use super::remark;
use crate::assess::{Rules, assess_person};
use crate::intake::{Identity, Keep, keep};
use crate::{AppError, Result};

/// Adds two sets of counts.
pub(super) fn sum(a: Counts, b: Counts) -> Counts {
    Counts {
        read: a.read + b.read,
        accepted: a.accepted + b.accepted,
        matched: a.matched + b.matched,
        queued: a.queued + b.queued,
        rejected: a.rejected + b.rejected,
        warned: a.warned + b.warned,
    }
}

/// Counts as a receipt keeps them.
pub(super) fn pack(c: Counts) -> [i64; 6] {
    [
        c.read, c.accepted, c.matched, c.queued, c.rejected, c.warned,
    ]
}

/// Reads [`pack`] back.
pub(super) fn unpack([read, accepted, matched, queued, rejected, warned]: [i64; 6]) -> Counts {
    Counts {
        read,
        accepted,
        matched,
        queued,
        rejected,
        warned,
    }
}

/// The command of a batch: always the same for the same batch, so that going on after a kill
/// repeats nothing.
pub(super) fn batch_command(import: ImportId, number: u64) -> CommandId {
    let mut hash = Sha256::new();
    hash.update(import.uuid().as_bytes());
    hash.update(number.to_be_bytes());
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    CommandId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Finds areas by the names that lists use.
#[derive(Debug)]
pub(crate) struct PlaceIndex {
    /// Name in Chinese and English → areas of that name, with their level and parent.
    by_name: BTreeMap<String, Vec<(i64, AreaId, Option<AreaId>)>>,
    parents: BTreeMap<AreaId, Option<AreaId>>,
}

impl PlaceIndex {
    /// Reads all areas.
    pub(crate) fn load(tx: &mut Tx<'_>) -> Result<Self> {
        let mut by_name: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let mut parents = BTreeMap::new();
        for area in places::area_list(tx, &[fangxian_store::AreaRange::everywhere()], None)? {
            parents.insert(area.id, area.parent);
            for name in [area.code, area.name_zh, area.name_en] {
                by_name
                    .entry(name)
                    .or_default()
                    .push((area.level, area.id, area.parent));
            }
        }
        Ok(Self { by_name, parents })
    }

    fn below(&self, area: AreaId, ancestor: AreaId) -> bool {
        let mut at = Some(area);
        while let Some(here) = at {
            if here == ancestor {
                return true;
            }
            at = self.parents.get(&here).copied().flatten();
        }
        false
    }

    /// The lowest area that these names, from the top down, name without contradiction. A name
    /// that two areas share decides nothing by itself.
    pub(crate) fn find(&self, names: &[Option<&str>]) -> Option<AreaId> {
        let mut found: Option<AreaId> = None;
        for name in names.iter().flatten() {
            let Some(areas) = self.by_name.get(name.trim()) else {
                continue;
            };
            let fits: Vec<AreaId> = areas
                .iter()
                .map(|(_, id, _)| *id)
                .filter(|id| found.is_none_or(|above| self.below(*id, above)))
                .collect();
            if let [one] = fits.as_slice() {
                found = Some(*one);
            }
        }
        found
    }
}

fn text(row: &Row, field: Field) -> Option<&str> {
    row.text(field).map(Sensitive::expose).map(String::as_str)
}

/// Who a row is about.
fn identity(row: &Row, import: &Import, kind: ListKind) -> Identity {
    let number = match kind {
        ListKind::Linelist | ListKind::Movements => text(row, Field::CaseNumber),
        ListKind::Contacts => text(row, Field::ToCase),
    };
    let address: Vec<&str> = [Field::Province, Field::City, Field::County, Field::Township]
        .into_iter()
        .chain([Field::Community, Field::Address])
        .filter_map(|field| text(row, field))
        .collect();
    Identity {
        name: row.name().map(Sensitive::into_inner),
        sex: row.sex().map(|sex| sex.code().to_owned()),
        birth_date: row.birth_date().map(Sensitive::into_inner),
        age: row.age().map(|age| age.low_years().to_string()),
        document: row.document().map(|document| {
            (
                document.kind().code().to_owned(),
                document.number().expose().clone(),
            )
        }),
        phone: row.phone().map(|phone| phone.expose().clone()),
        address: (!address.is_empty()).then(|| address.join(" ")),
        workplace: text(row, Field::Workplace).map(str::to_owned),
        case_number: number.map(|number| (import.source.clone(), number.to_owned())),
    }
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

/// The facts that a case row carries.
fn case_facts(row: &Row) -> Vec<NewFact> {
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
    // A list that gives the day of confirmation and no class column lists confirmed cases.
    let confirmed = row.when(Field::ConfirmedOn);
    let class = row
        .class()
        .or_else(|| confirmed.map(|_| CaseClass::Confirmed));
    if let Some(class) = class {
        let on = confirmed.or(row.when(Field::ReportedOn));
        add(
            NewFact::new("classification_notified", when(on), "official")
                .with("class", class_code(class))
                .with("by", "health_authority"),
        );
    }
    if let Some(result) = row.test_result() {
        let result = match result {
            TestResult::Positive => "positive",
            TestResult::Negative => "negative",
            TestResult::Indeterminate => "unclear",
        };
        let on = row.when(Field::SampledOn).or(row.when(Field::TestedOn));
        add(NewFact::new("test", when(on), "laboratory")
            .with("kind", "pcr")
            .with("result", result));
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
        for (word, code) in SYMPTOM_WORDS {
            if symptoms.to_lowercase().contains(word) {
                facts.push(
                    NewFact::new("symptom", when(row.when(Field::Onset)), "official")
                        .with("name", code)
                        .with("present", true),
                );
            }
        }
        facts.push(NewFact::new("note", When::Unknown, "official").with("text", symptoms));
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

fn contact_facts(row: &Row, case: Option<RecordId>) -> Vec<NewFact> {
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
    let mut facts = case_facts(row);
    facts.push(fact);
    facts
}

fn movement_facts(row: &Row) -> Vec<NewFact> {
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

/// The day on which the list's sender had reported the row.
fn reported_on(row: &Row) -> Option<Date> {
    row.when(Field::ReportedOn).and_then(|when| when.day())
}

/// Takes one row in; a rejected one is noted, an identical one is not kept twice.
pub(super) fn take_row(
    tx: &mut Tx<'_>,
    rules: &Rules,
    import: &Import,
    author: Author,
    places: &PlaceIndex,
    (outcome, original): &Parsed,
) -> Result<Counts> {
    let mut counts = Counts {
        read: 1,
        ..Counts::default()
    };
    let remarks: Vec<_> = outcome.findings().iter().map(remark).collect();
    let findings = serde_json::to_string(&remarks).map_err(AppError::internal)?;
    let row_no = i64::from(outcome.row().number);
    let (Outcome::Accepted(row, _) | Outcome::Rejected(row, _)) = outcome;
    if !outcome.is_accepted() {
        import_row_insert(tx, import.id, row_no, "rejected", &findings, None)?;
        counts.rejected = 1;
        return Ok(counts);
    }
    counts.accepted = 1;
    let kind = ListKind::from_code(&import.kind).ok_or_else(AppError::not_found)?;
    let digest = row_digest(import, original);
    let record = if let Some(before) = token_find(tx, "row", &digest, 1)?.first() {
        counts.matched = 1;
        *before
    } else {
        let identity = identity(row, import, kind);
        let facts = match kind {
            ListKind::Linelist => case_facts(row),
            ListKind::Contacts => {
                let case =
                    text(row, Field::FromCase).map(|number| format!("{}#{number}", import.source));
                let case = match case {
                    Some(case) => token_find(tx, "case_number", &case, 1)?.first().copied(),
                    None => None,
                };
                contact_facts(row, case)
            }
            ListKind::Movements => movement_facts(row),
        };
        let names = [
            Field::City,
            Field::County,
            Field::Township,
            Field::Community,
        ]
        .map(|field| text(row, field));
        let (record, matched) = keep(
            tx,
            &Keep {
                response: import.response,
                channel: Channel::LineList,
                author,
                unit: None,
                area: places.find(&names),
                import: Some((import.id, row_no)),
                receipt: None,
                confined: false,
                reported_on: reported_on(row),
                original,
                identity: &identity,
                facts: &facts,
            },
        )?;
        token_insert(tx, record, "row", &digest)?;
        assess_person(rules, tx, matched.person, None)?;
        counts.matched = i64::from(matched.linked);
        counts.queued = i64::from(matched.queued);
        record
    };
    if !remarks.is_empty() {
        counts.warned = 1;
        import_row_insert(tx, import.id, row_no, "accepted", &findings, Some(record))?;
    }
    Ok(counts)
}

/// A row as read, and its cells as received.
pub(super) type Parsed = (Outcome, Vec<u8>);

/// The cells of a row under their headers, as received.
pub(super) fn original(table: &Table, raw: RawRow<'_>) -> Vec<u8> {
    let cells: Vec<(&str, &str)> = table
        .header
        .iter()
        .map(String::as_str)
        .zip(raw.cells())
        .filter(|(_, cell)| !cell.is_empty())
        .collect();
    serde_json::to_vec(&cells).unwrap_or_default()
}

fn row_digest(import: &Import, original: &[u8]) -> String {
    let mut hash = Sha256::new();
    for part in [&import.kind, &import.source] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(import.response.uuid().as_bytes());
    hash.update(original);
    super::hex(&hash.finalize())
}
