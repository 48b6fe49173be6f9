//! Tables from and to files.

use std::fs;
use std::path::Path;

use fangxian_epi::call::Params;
use fangxian_epi::table::{Sheet, Table};

use crate::out::{self, Failed};

/// LIMIT: the largest table that is read.
const SIZE_MAX: u64 = 512 * 1024 * 1024;

/// The text of a file.
pub fn text(path: &Path) -> Result<String, Failed> {
    let failed =
        |e: std::io::Error| Failed::new(format!("`{}` could not be read: {e}", path.display()));
    if fs::metadata(path).map_err(failed)?.len() > SIZE_MAX {
        return Err(Failed::new(format!("`{}` is too large", path.display())));
    }
    fs::read_to_string(path).map_err(failed)
}

/// A table from a CSV file with a header.
pub fn table(path: &Path) -> Result<Table, Failed> {
    let text = text(path)?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let failed = |e: csv::Error| Failed::new(format!("`{}` is not a table: {e}", path.display()));
    let columns = reader
        .headers()
        .map_err(failed)?
        .iter()
        .map(str::to_owned)
        .collect();
    let mut rows = Vec::new();
    for row in reader.records() {
        rows.push(row.map_err(failed)?.iter().map(str::to_owned).collect());
    }
    Ok(Table::new(columns, rows))
}

/// Writes a text to a file.
pub fn put(path: &Path, text: &str) -> Result<(), Failed> {
    fs::write(path, text)
        .map_err(|e| Failed::new(format!("`{}` could not be written: {e}", path.display())))
}

/// Writes the first table to a file, or to standard output without one; further ones beside it, with their names.
pub fn write(path: Option<&Path>, sheets: &[Sheet], params: Params) -> Result<(), Failed> {
    for (number, sheet) in sheets.iter().enumerate() {
        let text = as_csv(sheet, &params)?;
        match path {
            None => out::line(text.trim_end()),
            Some(path) => {
                let mut place = path.to_owned();
                if number > 0 {
                    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
                    place.set_file_name(format!("{stem}.{}.csv", sheet.spec.name));
                }
                put(&place, &text)?;
            }
        }
    }
    Ok(())
}

fn as_csv(sheet: &Sheet, params: &Params) -> Result<String, Failed> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let name = |column: &str| match column
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        Some(parameter) => params
            .value(parameter)
            .and_then(|v| v.as_str())
            .unwrap_or(parameter)
            .to_owned(),
        None => column.to_owned(),
    };
    writer.write_record(sheet.spec.columns.iter().map(|column| name(column)))?;
    for row in &sheet.rows {
        writer.write_record(row.iter().map(ToString::to_string))?;
    }
    let bytes = writer.into_inner().map_err(|e| Failed::new(e.error()))?;
    String::from_utf8(bytes).map_err(Failed::from)
}
