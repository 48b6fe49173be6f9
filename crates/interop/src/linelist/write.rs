//! Rows to delimited text that a spreadsheet opens as it is and that our own reader takes back.

use std::collections::BTreeMap;

use fangxian_domain::identifiers::Wording;

use super::clean::starts_formula;
use super::field::{Field, Kind};
use super::problem::Finding;
use super::table::{RawRow, Table};

/// The language of reasons and remedies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Simplified Chinese.
    Zh,
    /// English.
    En,
    /// Both, side by side: for whoever is not known to read one.
    Both,
}

impl Language {
    /// Words of a code list: one language even for who reads both, so that they can be chosen.
    pub(super) fn one_of(self, wording: Wording) -> String {
        match self {
            Self::Zh | Self::Both => wording.zh,
            Self::En => wording.en,
        }
    }

    pub(super) fn of(self, wording: Wording) -> String {
        match self {
            Self::Zh => wording.zh,
            Self::En => wording.en,
            Self::Both => format!("{} / {}", wording.zh, wording.en),
        }
    }
}

/// UTF-8 with a byte order mark, commas, CR LF. Cells that a spreadsheet would take for a formula
/// get an apostrophe in front, which [`super::read_table`] takes away again.
pub fn write_csv<H, R, C>(header: H, rows: R) -> Vec<u8>
where
    H: IntoIterator,
    H::Item: AsRef<str>,
    R: IntoIterator,
    R::Item: IntoIterator<Item = C>,
    C: AsRef<str>,
{
    let mut out = String::from("\u{feff}");
    line(&mut out, header);
    for row in rows {
        line(&mut out, row);
    }
    out.into_bytes()
}

/// Rows of a kind of list under the names of their fields, in the order of the form; fields that no
/// row fills are left out. What comes back maps by itself.
pub fn write_list(kind: Kind, rows: &[BTreeMap<Field, String>], language: Language) -> Vec<u8> {
    let filled = |field: &Field| {
        rows.iter()
            .any(|row| row.get(field).is_some_and(|cell| !cell.is_empty()))
    };
    let fields: Vec<Field> = Field::ALL
        .iter()
        .copied()
        .filter(|field| field.fits(kind) && filled(field))
        .collect();
    let header = fields.iter().map(|field| language.one_of(field.label()));
    let cells = rows.iter().map(|row| {
        fields
            .iter()
            .map(|field| row.get(field).map_or("", String::as_str))
    });
    write_csv(header, cells)
}

/// The rejected rows as they stood in the file, with `reason` and `remedy` behind; after correction
/// the file is imported like any other.
pub fn write_errors<'t>(
    table: &Table,
    rejected: impl IntoIterator<Item = (RawRow<'t>, &'t [Finding])>,
    language: Language,
) -> Vec<u8> {
    let kept = super::propose::ours_from(&table.header);
    let header = table.header[..kept]
        .iter()
        .map(String::as_str)
        .chain(["reason", "remedy"]);
    let rows = rejected.into_iter().map(|(row, findings)| {
        let cells = (0..kept).map(move |column| row.cell(column).to_owned());
        let reasons = joined(
            findings
                .iter()
                .map(|f| place(f, language) + &language.of(f.message())),
            language,
        );
        let remedies = joined(findings.iter().map(|f| language.of(f.remedy())), language);
        cells.chain([reasons, remedies]).collect::<Vec<_>>()
    });
    write_csv(header, rows)
}

fn place(finding: &Finding, language: Language) -> String {
    match (&finding.column, language) {
        (None, _) => String::new(),
        (Some(column), Language::Zh) => format!("{column}："),
        (Some(column), Language::En | Language::Both) => format!("{column}: "),
    }
}

fn joined(parts: impl Iterator<Item = String>, language: Language) -> String {
    let mut seen: Vec<String> = Vec::new();
    for part in parts {
        if !seen.contains(&part) {
            seen.push(part);
        }
    }
    seen.join(match language {
        Language::Zh => "；",
        Language::En | Language::Both => "; ",
    })
}

fn line<I>(out: &mut String, cells: I)
where
    I: IntoIterator,
    I::Item: AsRef<str>,
{
    let start = out.len();
    for cell in cells {
        if out.len() > start {
            out.push(',');
        }
        push(out, cell.as_ref());
    }
    if out.len() == start {
        out.push_str("\"\"");
    }
    out.push_str("\r\n");
}

fn push(out: &mut String, cell: &str) {
    let guard = if starts_formula(cell.trim_start_matches('\'')) {
        "'"
    } else {
        ""
    };
    if cell.is_empty()
        || cell.contains([',', ';', '\t', '|', '"', '\n', '\r'])
        || cell.starts_with(' ')
        || cell.ends_with(' ')
    {
        out.push('"');
        out.push_str(guard);
        out.push_str(&cell.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(guard);
        out.push_str(cell);
    }
}
