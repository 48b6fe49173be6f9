//! Proposes what each column means, from its header and from what stands in it.

use fangxian_domain::identifiers::{DocumentKind, Wording};

use super::disease::DiseaseNames;
use super::field::{Field, FieldType, Kind};
use super::headers::Header;
use super::mapping::{ColumnMapping, Mapping};
use super::profile::Profile;
use super::table::Table;

/// Proposals below this are not made: the column stays extra text.
const CONFIDENCE_MIN: f32 = 0.5;
/// Share of cells that must have a shape for the shape alone to name the field.
const SHAPE_SHARE: f32 = 0.8;

/// Of this many numbers of a running column …
const RUNNING_OF: usize = 10;
/// … this many follow the one before.
const RUNNING_MIN: usize = 9;

struct Candidate {
    column: usize,
    field: Field,
    confidence: f32,
    why: Wording,
}

/// Proposes a mapping for a list of this kind. Every column gets an entry; a field is given to the
/// column that fits it best. `names` are what the packs call their diseases.
pub fn propose_mapping(kind: Kind, table: &Table, names: &DiseaseNames) -> Mapping {
    let mut candidates = Vec::new();
    let mut counting = Vec::new();
    for (column, name) in table.header.iter().enumerate() {
        if column >= ours_from(&table.header) {
            break;
        }
        let profile = Profile::of(table, column);
        if counts_rows(table, column, name) {
            counting.push(column);
        }
        from_header(kind, column, name, &profile, &mut candidates);
        from_values(kind, column, &profile, &mut candidates);
    }
    // What only counts the rows of this file says nothing about whose row it is.
    candidates.retain(|c| c.field != Field::CaseNumber || !counting.contains(&c.column));
    candidates.sort_by(|a, b| {
        b.confidence
            .total_cmp(&a.confidence)
            .then(a.column.cmp(&b.column))
            .then(a.field.cmp(&b.field))
    });
    let ours = ours_from(&table.header);
    let mut columns: Vec<ColumnMapping> = table
        .header
        .iter()
        .enumerate()
        .map(|(at, name)| unmapped(name, at >= ours))
        .collect();
    for column in counting {
        columns[column].why = Wording::new(
            "只是行的序号，不能当作病例编号",
            "it only counts the rows and is no case number",
        );
    }
    let mut taken: Vec<Field> = Vec::new();
    for candidate in candidates {
        let free = candidate.field.joins() || !taken.contains(&candidate.field);
        if candidate.confidence < CONFIDENCE_MIN
            || columns[candidate.column].field.is_some()
            || !free
        {
            continue;
        }
        taken.push(candidate.field);
        let entry = &mut columns[candidate.column];
        entry.field = Some(candidate.field);
        entry.confidence = (candidate.confidence * 100.0).round() / 100.0;
        entry.why = candidate.why;
        if candidate.field == Field::DocumentNumber {
            entry.document = named_document(&entry.column);
        }
    }
    let disease = match kind {
        Kind::Linelist => super::disease::propose(names, table, &columns),
        Kind::Contacts | Kind::Movements => None,
    };
    Mapping {
        kind,
        sheet: table.sheet.clone(),
        year: None,
        disease,
        columns,
    }
}

/// Whether a column is the running number of the rows: its header is a word for such numbers, and
/// nearly every number is its predecessor and one.
fn counts_rows(table: &Table, column: usize, name: &str) -> bool {
    if !Header::new(name).is_running_number() {
        return false;
    }
    let mut last: Option<u64> = None;
    let (mut steps, mut ones) = (0_usize, 0_usize);
    for row in table.rows() {
        let cell = row.cell(column).trim().trim_end_matches(['.', '、']);
        if super::codes::is_missing(cell) {
            continue;
        }
        let cell = cell.strip_suffix(".0").unwrap_or(cell);
        let number = fangxian_domain::identifiers::normalise(cell).parse().ok();
        steps += 1;
        ones += usize::from(match (last, number) {
            (None, Some(first)) => first <= 1 || table.row_count() > 1,
            (Some(before), Some(number)) => number == before + 1,
            (_, None) => false,
        });
        last = number.or(last);
    }
    steps > 0 && ones * RUNNING_OF >= steps * RUNNING_MIN
}

/// Where the two columns begin that our own error files carry at the end; the width if there are
/// none.
pub(super) fn ours_from(header: &[String]) -> usize {
    match header {
        [rest @ .., reason, remedy] if reason == "reason" && remedy == "remedy" => rest.len(),
        all => all.len(),
    }
}

fn unmapped(name: &str, ours: bool) -> ColumnMapping {
    let why = if ours {
        Wording::new("错误文件自带的列", "a column of the error file")
    } else {
        Wording::new("没有相符的字段", "no field fits")
    };
    ColumnMapping {
        column: name.to_owned(),
        field: None,
        confidence: 0.0,
        why,
        document: None,
        order: None,
    }
}

fn from_header(kind: Kind, column: usize, name: &str, profile: &Profile, out: &mut Vec<Candidate>) {
    let header = Header::new(name);
    for (field, score) in header.fields() {
        if !field.fits(kind) {
            continue;
        }
        let fit = profile.fits(field.field_type());
        let score = if header.says_date() && field.field_type() != FieldType::Date {
            score * 0.7
        } else {
            score
        };
        // The cells must bear the header out, unless the header leaves no doubt by itself.
        let confidence = if fit >= 0.6 {
            score * (0.85 + 0.15 * fit)
        } else if leaves_no_doubt(field.field_type(), &header) {
            score * (0.55 + 0.2 * fit)
        } else {
            score * fit * 0.8
        };
        let label = field.label();
        let percent = (fit * 100.0).round();
        let why = if profile.filled == 0 {
            Wording::new(
                format!("列名与“{}”相符，该列为空", label.zh),
                format!("the header means {}; the column is empty", label.en),
            )
        } else if matches!(
            field.field_type(),
            FieldType::Text | FieldType::Number | FieldType::DocumentKind
        ) {
            Wording::new(
                format!("列名与“{}”相符", label.zh),
                format!("the header means {}", label.en),
            )
        } else {
            Wording::new(
                format!("列名与“{}”相符,{percent}%的内容符合", label.zh),
                format!(
                    "the header means {}, and {percent} % of the cells fit",
                    label.en
                ),
            )
        };
        out.push(Candidate {
            column,
            field,
            confidence,
            why,
        });
    }
}

/// Whether a header is enough even where its cells are badly written.
const fn leaves_no_doubt(field_type: FieldType, header: &Header) -> bool {
    match field_type {
        FieldType::DocumentNumber | FieldType::Phone | FieldType::Sex | FieldType::Age => true,
        FieldType::Date => header.says_date(),
        // A column that says it is the class but cannot be read must not pass for none at all.
        FieldType::Class => header.is_chinese(),
        FieldType::Text
        | FieldType::Number
        | FieldType::AgeUnit
        | FieldType::DocumentKind
        | FieldType::YesNo
        | FieldType::Outcome
        | FieldType::TestResult => false,
    }
}

fn from_values(kind: Kind, column: usize, profile: &Profile, out: &mut Vec<Candidate>) {
    if profile.filled == 0 {
        return;
    }
    let shapes = [
        (Field::DocumentNumber, profile.residents, 0.9),
        (Field::Phone, profile.mobiles, 0.85),
        (
            Field::Sex,
            if profile.numeric > 0.2 {
                0.0
            } else {
                profile.sexes
            },
            0.8,
        ),
    ];
    for (field, share, weight) in shapes {
        if share >= SHAPE_SHARE && field.fits(kind) {
            let percent = (share * 100.0).round();
            let label = field.label();
            let why = Wording::new(
                format!("{percent}%的内容具有“{}”的格式", label.zh),
                format!("{percent} % of the cells look like {}", label.en),
            );
            out.push(Candidate {
                column,
                field,
                confidence: share * weight,
                why,
            });
        }
    }
}

/// A header such as `身份证号` or `passport` says of which kind all numbers of the column are, in
/// the words of people: it may still hold permits, so only passports are read strictly as such.
fn named_document(header: &str) -> Option<DocumentKind> {
    let plain = super::codes::plain(header);
    match DocumentKind::from_words(&plain) {
        Some(kind @ (DocumentKind::ResidentId | DocumentKind::Passport))
            if !plain.contains("件号") =>
        {
            Some(kind)
        }
        _ => None,
    }
}
