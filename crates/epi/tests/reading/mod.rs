//! Reads a folder with a `check.json` from disk, for tests.

#![expect(clippy::expect_used, reason = "a test without its files must fail")]

use std::collections::BTreeMap;
use std::path::Path;

use fangxian_epi::check::{Folder, Manifest};
use fangxian_epi::table::Table;

pub fn table(path: &Path) -> Option<Table> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_path(path)
        .ok()?;
    let columns = reader.headers().ok()?.iter().map(str::to_owned).collect();
    let rows: Result<Vec<Vec<String>>, csv::Error> = reader
        .records()
        .map(|row| row.map(|row| row.iter().map(str::to_owned).collect()))
        .collect();
    Some(Table::new(columns, rows.ok()?))
}

pub fn folder(path: &Path, data: Option<&Path>) -> Folder {
    let text = std::fs::read_to_string(path.join("check.json")).expect("a check.json");
    let manifest = Manifest::parse(&text).expect("a manifest");
    let place = |file: &str| match file.strip_prefix("data:") {
        Some(rest) => data.unwrap_or(path).join(rest),
        None => path.join(file),
    };
    let inputs: BTreeMap<String, Table> = manifest
        .inputs
        .iter()
        .filter_map(|(role, file)| Some((role.clone(), table(&place(file))?)))
        .collect();
    let expected = manifest
        .expected_files()
        .into_iter()
        .filter_map(|file| Some((file.to_owned(), table(&path.join(file))?)))
        .collect();
    Folder {
        inputs,
        expected,
        manifest,
    }
}
