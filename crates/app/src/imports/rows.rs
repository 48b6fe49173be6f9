//! One row of a list becomes one record: who it is, where, and which facts it carries.
//!
//! Lists come from authorities and hospitals, so what they say of a class counts as an official
//! notice; who handed the list in stands with every record.

use std::collections::BTreeMap;

use fangxian_base::{CommandId, Date, ImportId, RecordId, Sensitive};
use fangxian_domain::intake::Channel;
use fangxian_interop::linelist::{
    CaseClass, CaseOutcome, Field, Kind as ListKind, Mapping, Outcome, RawRow, Row, Table,
    TestResult, When as ListWhen,
};
use fangxian_store::facts::{NewFact, When};
use fangxian_store::imports::{Counts, Import, import_row_insert};
use fangxian_store::records::{token_find, token_insert};
use fangxian_store::responses::response_fetch;
use fangxian_store::{Author, Tx};
use sha2::{Digest, Sha256};

use super::places::PlaceIndex;
use super::sources::{AWAITS, Source, settle_waiting, source_of, without_case};
use super::{notice, remark};
use crate::assess::{Rules, assess_listed};
use crate::intake::{DISEASE, Identity, Keep, Matched, keep};
use crate::linkage::Matching;
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

/// What is the same for all rows of a file.
#[derive(Debug)]
pub(crate) struct Reading {
    places: PlaceIndex,
    /// What the column of results says was tested; `None`: it does not say.
    test_kind: Option<&'static str>,
    /// Whether a column gives the class of each case.
    class_column: bool,
    /// The disease of the response; empty: routine surveillance.
    disease: String,
}

impl Reading {
    pub(crate) fn load(tx: &mut Tx<'_>, import: &Import, mapping: &Mapping) -> Result<Self> {
        let column = |field| {
            mapping
                .column_of(field)
                .map(|column| column.column.as_str())
        };
        Ok(Self {
            places: PlaceIndex::load(tx)?,
            test_kind: column(Field::TestResult).and_then(test_kind),
            class_column: column(Field::Class).is_some(),
            disease: response_fetch(tx, import.response)?
                .map(|response| response.disease)
                .unwrap_or_default(),
        })
    }
}

/// What a header says was tested, by the vocabulary's codes.
fn test_kind(header: &str) -> Option<&'static str> {
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

/// The disease that a row names. What there are no rules for is kept as the list says it, so that
/// its cases count for no other.
fn disease_of(rules: &Rules, row: &Row) -> Option<String> {
    let said = text(row, Field::Disease)?;
    Some(rules.names().named_in(said).unwrap_or(said).to_owned())
}

/// The facts that a case row carries.
fn case_facts(row: &Row, reading: &Reading, disease: Option<&str>) -> Vec<NewFact> {
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
                .with("by", "health_authority"),
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
        add(of_disease(match reading.test_kind {
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

fn contact_facts(
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

/// Takes one row in; a rejected one is noted, the same row of an earlier file is not kept twice.
pub(super) fn take_row(
    tx: &mut Tx<'_>,
    rules: &Rules,
    import: &Import,
    author: Author,
    reading: &Reading,
    parsed: &Parsed,
) -> Result<Counts> {
    let mut counts = Counts {
        read: 1,
        ..Counts::default()
    };
    let outcome = &parsed.outcome;
    let mut remarks: Vec<_> = outcome.findings().iter().map(remark).collect();
    let number = outcome.row().number;
    let row_no = i64::from(number);
    let written =
        |remarks: &[super::Remark]| serde_json::to_string(remarks).map_err(AppError::internal);
    let (Outcome::Accepted(row, _) | Outcome::Rejected(row, _)) = outcome;
    if !outcome.is_accepted() {
        let findings = written(&remarks)?;
        import_row_insert(tx, import.id, row_no, "rejected", &findings, None)?;
        counts.rejected = 1;
        return Ok(counts);
    }
    counts.accepted = 1;
    let disease = disease_of(rules, row);
    if disease
        .as_ref()
        .is_some_and(|named| *named != reading.disease)
        && !reading.disease.is_empty()
    {
        remarks.push(notice(
            Some(number),
            Some(Field::Disease),
            "OTHER_DISEASE",
            (
                "疾病名称与响应的病种不同，病例分类和检测在该响应中不计",
                "请把这一行放到该病种的名单里导入",
            ),
            (
                "the disease is not that of the response: class and tests do not count in it",
                "import this row with a list of that disease",
            ),
        ));
    }
    let digest = row_digest(import, parsed);
    let record = if let Some(before) = token_find(tx, "row", &digest, 1)?.first() {
        counts.matched = 1;
        *before
    } else {
        let (record, matched) = keep_row(
            tx,
            rules.matching(),
            (import, author),
            reading,
            (row, parsed, disease.as_deref()),
            &mut remarks,
        )?;
        token_insert(tx, record, "row", &digest)?;
        tracing::trace_span!(target: "phase", "assessment")
            .in_scope(|| assess_listed(rules, tx, matched.person, record))?;
        counts.matched = i64::from(matched.linked);
        counts.queued = i64::from(matched.queued);
        if let Some(own) = identity(row, import, kind_of(import)?).case_number {
            settle_waiting(tx, rules, author, &own)?;
        }
        record
    };
    counts.warned = i64::from(!remarks.is_empty());
    if counts.warned > 0 || counts.matched > 0 {
        let findings = written(&remarks)?;
        import_row_insert(tx, import.id, row_no, "accepted", &findings, Some(record))?;
    }
    Ok(counts)
}

fn kind_of(import: &Import) -> Result<ListKind> {
    ListKind::from_code(&import.kind).ok_or_else(AppError::not_found)
}

/// Keeps a row as a record; what is odd about it is added to the remarks.
fn keep_row(
    tx: &mut Tx<'_>,
    matching: &Matching,
    (import, author): (&Import, Author),
    reading: &Reading,
    (row, parsed, disease): (&Row, &Parsed, Option<&str>),
    remarks: &mut Vec<super::Remark>,
) -> Result<(RecordId, Matched)> {
    let kind = kind_of(import)?;
    let identity = identity(row, import, kind);
    let mut awaited = None;
    let facts = match kind {
        ListKind::Linelist => case_facts(row, reading, disease),
        ListKind::Contacts => {
            let wanted =
                text(row, Field::FromCase).map(|number| format!("{}#{number}", import.source));
            let source = match &wanted {
                Some(number) => source_of(tx, number)?,
                None => Source::Unknown,
            };
            let case = match source {
                Source::Known(case) => Some(case),
                Source::Unknown | Source::Several => None,
            };
            if let (Some(number), None) = (wanted, case) {
                let several = matches!(source, Source::Several);
                remarks.push(without_case(row.number, several));
                awaited = Some(number);
            }
            contact_facts(row, case, reading, disease)
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
        matching,
        &Keep {
            response: import.response,
            channel: Channel::LineList,
            author,
            unit: None,
            area: reading.places.find(&names),
            import: Some((import.id, i64::from(row.number))),
            receipt: None,
            confined: false,
            reported_on: reported_on(row),
            original: &parsed.original,
            identity: &identity,
            facts: &facts,
        },
    )?;
    if let Some(number) = awaited {
        token_insert(tx, record, AWAITS, &number)?;
    }
    Ok((record, matched))
}

/// A row as read, and its cells as received.
#[derive(Debug)]
pub(super) struct Parsed {
    pub outcome: Outcome,
    pub original: Vec<u8>,
    /// How many rows above it are the same cell by cell: each of them is somebody.
    pub nth: u32,
}

/// Counts rows that are the same cell by cell.
#[derive(Debug, Default)]
pub(super) struct Repeats(BTreeMap<[u8; 32], u32>);

impl Repeats {
    /// How many such rows there were before.
    pub fn nth(&mut self, original: &[u8]) -> u32 {
        let count = self.0.entry(Sha256::digest(original).into()).or_default();
        let before = *count;
        *count = before.saturating_add(1);
        before
    }
}

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

/// A digest over a row's cells and its place among rows that are the same: the same row in a
/// corrected file is the same record, two equal rows of one file are two.
fn row_digest(import: &Import, parsed: &Parsed) -> String {
    let mut hash = Sha256::new();
    for part in [&import.kind, &import.source] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(import.response.uuid().as_bytes());
    hash.update(&parsed.original);
    if parsed.nth > 0 {
        hash.update([0]);
        hash.update(parsed.nth.to_be_bytes());
    }
    super::hex(&hash.finalize())
}
