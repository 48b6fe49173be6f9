//! A file to a [`Table`]; delimited text here, workbooks in [`super::workbook`]. The reader is our own because rows must keep the numbers that a
//! spreadsheet shows, and because a stray quotation mark must not swallow the rest of a list.

use super::builder::TableBuilder;
use super::decode::decode;
use super::delimiter::sniff;
use super::problem::{Finding, Problem};
use super::table::{Limits, ReadError, Table};
use super::workbook::read_workbook;

/// Reads a list: a delimited text file in any of the encodings of [`super::Encoding`], separated by
/// comma, semicolon, tab or bar, with or without quotation marks; or an XLSX workbook, of which the
/// visible sheet with most rows is taken.
///
/// # Errors
/// When the file is empty, is neither, or passes a limit. Everything else is a finding.
pub fn read_table(bytes: &[u8], limits: Limits) -> Result<Table, ReadError> {
    read_sheet(bytes, None, limits)
}

/// As [`read_table`], with the sheet that a workbook is to be read from; text files have none, and
/// take no notice.
///
/// # Errors
/// As [`read_table`], and when the workbook has no such sheet.
pub fn read_sheet(bytes: &[u8], sheet: Option<&str>, limits: Limits) -> Result<Table, ReadError> {
    if bytes.len() > limits.bytes {
        return Err(ReadError::TooLarge {
            found: bytes.len(),
            allowed: limits.bytes,
        });
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return read_workbook(bytes, sheet, limits);
    }
    if let Some(what) = binary(bytes) {
        return Err(ReadError::NotText { what });
    }
    let decoded = decode(bytes);
    if let Some(what) = other_text(&decoded.text) {
        return Err(ReadError::NotText { what });
    }
    let (text, told) = separator_line(&decoded.text);
    let delimiter = told.unwrap_or_else(|| sniff(text));
    let mut builder = TableBuilder::new(decoded.encoding, delimiter, limits);
    if decoded.undecodable > 0 {
        builder.remark(Finding::on_file(Problem::Undecodable {
            count: decoded.undecodable,
        }));
    }
    let mut reader = Reader {
        text,
        delimiter,
        at: 0,
        closable: true,
        open_quotes: Vec::new(),
    };
    let mut number = u32::from(told.is_some());
    let mut cells = Vec::new();
    while reader.at < text.len() {
        number = number.saturating_add(1);
        cells.clear();
        reader.record(number, &limits, &mut cells)?;
        builder.push(number, cells.iter().map(AsRef::as_ref))?;
    }
    for row in reader.open_quotes {
        builder.remark(Finding {
            row: Some(row),
            column: None,
            field: None,
            problem: Problem::QuoteOpen,
        });
    }
    builder.finish()
}

/// How files of other kinds begin, and what they are.
const OTHERS: [(&[u8], &str); 7] = [
    (
        &[0xd0, 0xcf, 0x11, 0xe0],
        "an old spreadsheet (XLS) or one with a password",
    ),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"Rar!", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
];

fn binary(bytes: &[u8]) -> Option<&'static str> {
    let found = OTHERS.iter().find(|(begins, _)| bytes.starts_with(begins));
    found.map(|(_, what)| *what)
}

/// Control characters that no text has, so many and one in so many at least: not a text. `ours`: a
/// stray one in a cell is a finding, a file of them is a picture or a program that any character
/// set decodes.
const ODD: usize = 8;
/// See [`ODD`].
const ODD_ONE_IN: usize = 50;

fn no_text(text: &str) -> bool {
    let is_odd = |c: &char| c.is_control() && !"\t\r\n\u{b}\u{c}\u{1a}".contains(*c);
    let odd = text.chars().filter(is_odd).count();
    odd >= ODD && odd * ODD_ONE_IN >= text.chars().count()
}

/// What a text is that is no list.
fn other_text(text: &str) -> Option<&'static str> {
    let begins = |heads: &[&str]| heads.iter().any(|head| text.trim_start().starts_with(head));
    if no_text(text) {
        Some("a file of another kind")
    } else if begins(&["<"]) {
        Some("a web page or XML")
    } else if begins(&["{\"", "[{", "[["]) {
        Some("JSON")
    } else {
        None
    }
}

/// Spreadsheets write a first line such as `sep=;`.
fn separator_line(text: &str) -> (&str, Option<char>) {
    let mut chars = text
        .get(..4)
        .filter(|s| s.eq_ignore_ascii_case("sep="))
        .map_or("", |_| &text[4..])
        .chars();
    match chars.next() {
        Some(c @ (',' | ';' | '\t' | '|')) => {
            let rest = chars.as_str();
            match rest
                .strip_prefix("\r\n")
                .or_else(|| rest.strip_prefix('\n'))
            {
                Some(rest) => (rest, Some(c)),
                None => (text, None),
            }
        }
        _ => (text, None),
    }
}

struct Reader<'t> {
    text: &'t str,
    delimiter: char,
    at: usize,
    /// False once a quotation mark was followed to the end of the file without a closing one:
    /// then no later one closes either, and none needs to be followed again.
    closable: bool,
    open_quotes: Vec<u32>,
}

type Cell<'t> = std::borrow::Cow<'t, str>;

impl<'t> Reader<'t> {
    /// Reads one record into `cells` and leaves `at` behind its line end.
    fn record(
        &mut self,
        number: u32,
        limits: &Limits,
        cells: &mut Vec<Cell<'t>>,
    ) -> Result<(), ReadError> {
        loop {
            if cells.len() > limits.columns {
                return Err(ReadError::TooManyColumns {
                    row: number,
                    allowed: limits.columns,
                });
            }
            cells.push(self.cell(number));
            let rest = &self.text[self.at..];
            let mut chars = rest.chars();
            match chars.next() {
                Some(c) if c == self.delimiter => self.at += c.len_utf8(),
                Some('\r') if rest.starts_with("\r\n") => {
                    self.at += 2;
                    return Ok(());
                }
                Some(c) => {
                    self.at += c.len_utf8();
                    return Ok(());
                }
                None => return Ok(()),
            }
        }
    }

    fn cell(&mut self, number: u32) -> Cell<'t> {
        let rest = &self.text[self.at..];
        let blanks = rest.len() - rest.trim_start_matches(' ').len();
        if rest[blanks..].starts_with('"') {
            let begin = self.at + blanks + 1;
            let closed = if self.closable {
                self.quoted(begin)
            } else {
                None
            };
            if let Some(cell) = closed {
                return cell;
            }
            self.closable = false;
            if self.open_quotes.last() != Some(&number) {
                self.open_quotes.push(number);
            }
        }
        let end = rest
            .find([self.delimiter, '\n', '\r'])
            .unwrap_or(rest.len());
        self.at += end;
        Cell::Borrowed(&rest[..end])
    }

    /// The cell from behind an opening mark to the closing one; `None` when nothing closes it.
    fn quoted(&mut self, begin: usize) -> Option<Cell<'t>> {
        let mut out = Cell::Borrowed("");
        let mut from = begin;
        loop {
            let mark = from + self.text[from..].find('"')?;
            push(&mut out, &self.text[from..mark]);
            let after = &self.text[mark + 1..];
            if after.starts_with('"') {
                push(&mut out, "\"");
                from = mark + 2;
                continue;
            }
            let blanks = after.len() - after.trim_start_matches(' ').len();
            let next = after[blanks..].chars().next();
            if next.is_none_or(|c| c == self.delimiter || c == '\n' || c == '\r') {
                self.at = mark + 1 + blanks;
                return Some(out);
            }
            push(&mut out, "\"");
            from = mark + 1;
        }
    }
}

fn push<'t>(out: &mut Cell<'t>, part: &'t str) {
    if out.is_empty() {
        *out = Cell::Borrowed(part);
    } else if !part.is_empty() {
        out.to_mut().push_str(part);
    }
}
