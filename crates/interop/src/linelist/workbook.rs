//! A sheet of an XLSX workbook to a [`Table`]: values as a person sees them, never formulas or
//! macros. What a hostile file could make grow is bounded before anything is unpacked whole.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use calamine::{DataRef, Dimensions, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx};

use super::builder::TableBuilder;
use super::decode::Encoding;
use super::problem::{Finding, Problem};
use super::table::{Limits, ReadError, Table};

/// LIMIT: a workbook may unpack to so many times the bytes that a file may have.
const UNPACKED_TIMES: u64 = 4;
/// LIMIT: parts of a workbook.
const PARTS_MAX: usize = 10_000;
/// From here on a number in a cell may have lost digits; it is written as a spreadsheet shows it.
const EXACT_BELOW: f64 = 1e15;

type Book<'b> = Xlsx<Cursor<&'b [u8]>>;

/// Reads one sheet: the one named, else the visible one with most rows.
///
/// # Errors
/// When the file is no workbook, is damaged, has no such sheet, or passes a limit.
pub(super) fn read_workbook(
    bytes: &[u8],
    sheet: Option<&str>,
    limits: Limits,
) -> Result<Table, ReadError> {
    unpacks_within(bytes, &limits)?;
    let mut book: Book<'_> = Xlsx::new(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    let visible: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .collect();
    let sizes = sizes(&mut book, &visible)?;
    let chosen = match sheet {
        Some(wanted) => visible
            .iter()
            .position(|name| name == wanted)
            .ok_or_else(|| ReadError::NoSuchSheet {
                wanted: wanted.to_owned(),
                sheets: visible.join(", "),
            })?,
        // The first of those with most rows.
        None => (0..visible.len())
            .rev()
            .max_by_key(|at| sizes[*at])
            .ok_or(ReadError::Empty)?,
    };
    let name = &visible[chosen];
    let mut table = sheet_table(&mut book, name, limits)?;
    let others: Vec<&str> = (0..visible.len())
        .filter(|at| *at != chosen && sizes[*at] > 1)
        .map(|at| visible[at].as_str())
        .collect();
    if !others.is_empty() {
        table.findings.push(Finding::on_file(Problem::OtherSheets {
            read: name.clone(),
            others: others.join(", "),
        }));
    }
    table.sheet = Some(name.clone());
    Ok(table)
}

/// Unpacks every part into nothing, counting: what a part says of its own size may be a lie.
fn unpacks_within(bytes: &[u8], limits: &Limits) -> Result<(), ReadError> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    let allowed = (limits.bytes as u64).saturating_mul(UNPACKED_TIMES);
    if archive.len() > PARTS_MAX {
        return Err(ReadError::UnpacksTooLarge { allowed });
    }
    let mut left = allowed;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|e| damaged(&e))?;
        let found = std::io::copy(&mut part.take(left.saturating_add(1)), &mut std::io::sink())
            .map_err(|e| damaged(&e))?;
        left = left
            .checked_sub(found)
            .ok_or(ReadError::UnpacksTooLarge { allowed })?;
    }
    Ok(())
}

fn damaged(error: &dyn std::fmt::Display) -> ReadError {
    ReadError::Damaged {
        why: error.to_string(),
    }
}

/// Rows with content of each sheet.
fn sizes(book: &mut Book<'_>, names: &[String]) -> Result<Vec<usize>, ReadError> {
    if names.len() == 1 {
        return Ok(vec![1]);
    }
    let mut sizes = Vec::with_capacity(names.len());
    for name in names {
        let mut cells = book.worksheet_cells_reader(name).map_err(|e| damaged(&e))?;
        let (mut rows, mut last) = (0, None);
        while let Some(cell) = cells.next_cell().map_err(|e| damaged(&e))? {
            let (row, _) = cell.get_position();
            if !matches!(cell.get_value(), DataRef::Empty) && last != Some(row) {
                rows += 1;
                last = Some(row);
            }
        }
        sizes.push(rows);
    }
    Ok(sizes)
}

fn sheet_table(book: &mut Book<'_>, name: &str, limits: Limits) -> Result<Table, ReadError> {
    let merged = book
        .merge_cells_by_sheet_name(name)
        .map_err(|e| damaged(&e))?;
    let mut rows = Rows {
        builder: TableBuilder::new(Encoding::Xlsx, ',', limits),
        limits,
        below: Below::new(&merged, limits.columns),
        number: None,
        cells: Vec::new(),
    };
    let mut cells = book.worksheet_cells_reader(name).map_err(|e| damaged(&e))?;
    while let Some(cell) = cells.next_cell().map_err(|e| damaged(&e))? {
        let (row, column) = cell.get_position();
        let text = text_of(cell.get_value());
        if !text.is_empty() {
            rows.put(row, column, text)?;
        }
    }
    rows.emit()?;
    rows.builder.finish()
}

/// Cells on their way into rows.
struct Rows {
    builder: TableBuilder,
    limits: Limits,
    below: Below,
    /// The row in the making, from 0.
    number: Option<u32>,
    cells: Vec<String>,
}

impl Rows {
    fn put(&mut self, row: u32, column: u32, text: String) -> Result<(), ReadError> {
        match self.number {
            Some(number) if row == number => {}
            // Rows stand in their order; a file in which they do not was not written by a
            // spreadsheet.
            Some(number) if row < number => {
                return Err(damaged(&format!(
                    "row {} stands below row {}",
                    row + 1,
                    number + 1
                )));
            }
            Some(_) | None => {
                self.emit()?;
                self.number = Some(row);
            }
        }
        let at = column as usize;
        if at >= self.limits.columns {
            return Err(ReadError::TooManyColumns {
                row: row.saturating_add(1),
                allowed: self.limits.columns,
            });
        }
        if self.cells.len() <= at {
            self.cells.resize(at + 1, String::new());
        }
        self.cells[at] = text;
        Ok(())
    }

    fn emit(&mut self) -> Result<(), ReadError> {
        let Some(row) = self.number.take() else {
            return Ok(());
        };
        self.below.fill(row, &mut self.cells);
        let cells = std::mem::take(&mut self.cells);
        self.builder
            .push(row.saturating_add(1), cells.iter().map(String::as_str))
    }
}

/// What a merged cell says counts for every row that it spans.
struct Below {
    /// First row and column of a region of several rows, and its last row.
    regions: BTreeMap<(u32, u32), u32>,
    /// By column: the text that goes on, and its last row.
    going: BTreeMap<u32, (u32, String)>,
}

impl Below {
    fn new(merged: &[Dimensions], columns: usize) -> Self {
        let regions = merged
            .iter()
            .filter(|region| region.end.0 > region.start.0 && (region.start.1 as usize) < columns)
            .map(|region| (region.start, region.end.0))
            .collect();
        Self {
            regions,
            going: BTreeMap::new(),
        }
    }

    fn fill(&mut self, row: u32, cells: &mut Vec<String>) {
        if self.regions.is_empty() {
            return;
        }
        self.going.retain(|_, (last, _)| *last >= row);
        for (column, (_, text)) in &self.going {
            let at = *column as usize;
            if cells.len() <= at {
                cells.resize(at + 1, String::new());
            }
            if cells[at].is_empty() {
                cells[at].clone_from(text);
            }
        }
        for (column, text) in (0..).zip(&*cells) {
            if let Some(last) = self.regions.get(&(row, column))
                && !text.is_empty()
            {
                self.going.insert(column, (*last, text.clone()));
            }
        }
    }
}

/// The value as a person sees it.
fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::Bool(true) => "是".to_owned(),
        DataRef::Bool(false) => "否".to_owned(),
        DataRef::DateTime(time) => time_text(time),
        DataRef::Error(error) => error.to_string(),
    }
}

/// Fifteen digits, as a spreadsheet keeps them; longer whole numbers in the form that shows that
/// digits may be lost.
fn number_text(number: f64) -> String {
    let kept: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    if kept.abs() < EXACT_BELOW {
        format!("{kept}")
    } else {
        format!("{kept:E}").replacen('E', "E+", 1)
    }
}

/// A day, a time of day or both, to the second.
fn time_text(time: &ExcelDateTime) -> String {
    let serial = time.as_f64();
    if time.is_duration() || !serial.is_finite() {
        return number_text(serial);
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    // Times are fractions of a day, and may fall a hair short.
    let clock = u32::from(hour) * 3_600
        + u32::from(minute) * 60
        + u32::from(second)
        + u32::from(milli >= 500);
    let clock = clock.min(86_399);
    let (hour, minute, second) = (clock / 3_600, clock / 60 % 60, clock % 60);
    let of_day = if second == 0 {
        format!("{hour:02}:{minute:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}")
    };
    if (0.0..1.0).contains(&serial) {
        return of_day;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if clock == 0 {
        date
    } else {
        format!("{date} {of_day}")
    }
}
