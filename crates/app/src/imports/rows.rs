//! One row of a list becomes one record: who it is, where, and which facts it carries.
//!
//! Lists come from authorities and hospitals, so what they say of a class counts as an official
//! notice; who handed the list in stands with every record.

use std::collections::BTreeMap;

use fangxian_base::{CommandId, Date, ImportId, RecordId, Sensitive};
use fangxian_domain::intake::Channel;
use fangxian_interop::linelist::{Field, Kind as ListKind, Mapping, Outcome, RawRow, Row, Table};
use fangxian_store::imports::{Counts, Import, import_row_insert};
use fangxian_store::records::{token_find, token_insert};
use fangxian_store::responses::response_fetch;
use fangxian_store::{Author, Tx};
use sha2::{Digest, Sha256};

use super::places::PlaceIndex;
use super::row_facts::{
    case_facts, contact_facts, disease_of, movement_facts, only_said, test_kind, text,
};
use super::sources::{AWAITS, Source, settle_waiting, source_of, without_case};
use super::{notice, remark};
use crate::assess::{Rules, assess_listed};
use crate::intake::{Identity, Keep, Matched, keep, look_ahead};
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
    pub(super) test_kind: Option<&'static str>,
    /// Whether a column gives the class of each case.
    pub(super) class_column: bool,
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

/// The list whose own numbers a row carries: the one it says it comes from, else the file's source.
fn space_of<'r>(row: &'r Row, import: &'r Import) -> &'r str {
    text(row, Field::ListSource).unwrap_or(&import.source)
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
        case_number: number.map(|number| (space_of(row, import).to_owned(), number.to_owned())),
    }
}

/// The day on which the list's sender had reported the row.
fn reported_on(row: &Row) -> Option<Date> {
    row.when(Field::ReportedOn).and_then(|when| when.day())
}

/// Asks at once what taking in these rows is going to ask one by one.
pub(super) fn look_up(
    tx: &mut Tx<'_>,
    rules: &Rules,
    import: &Import,
    batch: &[Parsed],
) -> Result<()> {
    let kind = kind_of(import)?;
    let accepted = batch.iter().filter(|parsed| parsed.outcome.is_accepted());
    let (mut identities, mut more) = (Vec::new(), Vec::new());
    for parsed in accepted {
        let row = parsed.outcome.row();
        let own = identity(row, import, kind);
        if let Some((space, number)) = &own.case_number {
            more.push((AWAITS, format!("{space}#{number}")));
        }
        identities.push(own);
        more.push(("row", row_digest(import, parsed)));
    }
    let identities: Vec<&Identity> = identities.iter().collect();
    look_ahead(tx, rules.matching(), &identities, &more)
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
        import_row_insert(tx, import.id, row_no, "rejected", &findings, None);
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
            rules,
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
        import_row_insert(tx, import.id, row_no, "accepted", &findings, Some(record));
    }
    Ok(counts)
}

fn kind_of(import: &Import) -> Result<ListKind> {
    ListKind::from_code(&import.kind).ok_or_else(AppError::not_found)
}

/// Keeps a row as a record; what is odd about it is added to the remarks.
fn keep_row(
    tx: &mut Tx<'_>,
    rules: &Rules,
    (import, author): (&Import, Author),
    reading: &Reading,
    (row, parsed, disease): (&Row, &Parsed, Option<&str>),
    remarks: &mut Vec<super::Remark>,
) -> Result<(RecordId, Matched)> {
    let kind = kind_of(import)?;
    let identity = identity(row, import, kind);
    let mut awaited = None;
    let mut facts = match kind {
        ListKind::Linelist => case_facts(row, reading, disease),
        ListKind::Contacts => {
            let wanted = text(row, Field::FromCase)
                .map(|number| format!("{}#{number}", space_of(row, import)));
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
    only_said(row, &mut facts);
    let names = [
        Field::City,
        Field::County,
        Field::Township,
        Field::Community,
    ]
    .map(|field| text(row, field));
    let (record, matched) = keep(
        tx,
        rules.matching(),
        &Keep {
            response: import.response,
            channel: Channel::LineList,
            author,
            unit: None,
            area: match text(row, Field::AreaCode) {
                Some(code) => reading.places.find(&[Some(code)]),
                None => reading.places.find(&names),
            },
            import: Some((import.id, i64::from(row.number))),
            receipt: None,
            confined: rules.packs().sealed(disease.unwrap_or(&reading.disease)),
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
