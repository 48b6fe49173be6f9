//! Runs the cases of a folder and hands their tables to the comparisons.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::manifest::{Case, Entry, Manifest};
use super::report::Report;
use super::rows::View;
use super::{bars, compare};
use crate::call::{Call, Method, Mode, Params, Refused};
use crate::registry;
use crate::table::{Sheet, SheetSpec, Table};

/// The seed of everything random in a check.
const SEED: u64 = 1;

/// A folder with everything read.
#[derive(Debug)]
pub struct Folder {
    /// Its `check.json`.
    pub manifest: Manifest,
    /// Input tables by role.
    pub inputs: BTreeMap<String, Table>,
    /// Expected tables by file; one that could not be read is absent.
    pub expected: BTreeMap<String, Table>,
}

/// Runs every case and compares every table.
pub fn run(folder: &Folder) -> Report {
    let manifest = &folder.manifest;
    let mut report = Report {
        method: manifest.method.clone(),
        ..Report::default()
    };
    for mode in manifest.modes.iter().filter(|mode| *mode != "peer") {
        report.leave(format!("mode {mode}"), "is not known");
    }
    for (role, file) in manifest
        .inputs
        .iter()
        .filter(|(role, _)| !folder.inputs.contains_key(*role))
    {
        report.leave(
            format!("input {role}"),
            format!("`{file}` could not be read"),
        );
    }
    let mut runner = Runner {
        folder,
        report,
        answers: BTreeMap::new(),
    };
    runner.unaccounted();
    for entry in &manifest.compare {
        let Some(table) = folder.expected.get(&entry.file) else {
            runner.report.leave(entry.file.clone(), "could not be read");
            continue;
        };
        let view = View::new(table, entry, &manifest.missing);
        let absent = view.absent_columns();
        if !absent.is_empty() {
            runner.report.leave(
                format!("{}: {}", entry.file, absent.join(", ")),
                "no such column in the expected table",
            );
            continue;
        }
        compare::entry(&mut runner, &view);
    }
    for bar in &manifest.bars {
        bars::entry(&mut runner, bar);
    }
    runner.report
}

/// Calls one case of a folder by itself, with these parameters beside its own; nothing when it has no such case.
pub fn call(
    folder: &Folder,
    function: &str,
    case: &str,
    more: &Map<String, Value>,
) -> Option<Result<Vec<Sheet>, Refused>> {
    let cases = &folder.manifest.cases;
    let case = cases
        .iter()
        .find(|known| known.id == case && known.function == function)?;
    let method = registry::find(function)?;
    let mut params = case.params.clone();
    params.extend(more.clone());
    Some((method.run)(&Call {
        params: Params::new(params),
        inputs: &folder.inputs,
        mode: Mode::Peer,
        wanted: BTreeMap::new(),
        seed: SEED,
    }))
}

/// A folder being checked: what was run so far, and what was found.
pub(super) struct Runner<'a> {
    pub folder: &'a Folder,
    pub report: Report,
    /// Tables by function and case.
    answers: BTreeMap<(String, String), Option<Vec<Sheet>>>,
}

impl<'a> Runner<'a> {
    /// Names what the manifest lists and no entry compares: files of cases, cases, columns.
    fn unaccounted(&mut self) {
        let manifest = &self.folder.manifest;
        let named = manifest.expected_files();
        for case in &manifest.cases {
            for file in case
                .files
                .iter()
                .filter(|file| !named.contains(&file.as_str()))
            {
                self.report.leave(
                    format!("{file} of case {}", case.id),
                    "is neither compared nor a bar",
                );
            }
        }
        for file in named {
            let Some(table) = self.folder.expected.get(file) else {
                continue;
            };
            let entries: Vec<&Entry> = manifest
                .compare
                .iter()
                .filter(|entry| entry.file == file)
                .collect();
            let bars = manifest.bars.iter().any(|bar| bar.file == file);
            let mut known: BTreeSet<&str> = BTreeSet::new();
            let mut cases: BTreeSet<String> = BTreeSet::new();
            for entry in &entries {
                let view = View::new(table, entry, &manifest.missing);
                known.extend(
                    entry
                        .key
                        .iter()
                        .chain(entry.columns.keys())
                        .map(String::as_str),
                );
                known.extend(
                    entry
                        .given
                        .iter()
                        .chain(entry.skip_columns.keys())
                        .map(String::as_str),
                );
                known.extend(entry.naming.columns());
                for argument in entry.row_params.values() {
                    match argument {
                        super::manifest::Argument::Column(column)
                        | super::manifest::Argument::Split { column, .. } => {
                            known.extend([column.as_str()]);
                        }
                        super::manifest::Argument::Columns { columns } => {
                            known.extend(columns.iter().map(String::as_str));
                        }
                    }
                }
                cases.extend((0..table.rows().len()).map(|row| view.case_id(row)));
            }
            for bar in manifest.bars.iter().filter(|bar| bar.file == file) {
                let cell = |row: usize| {
                    bar.naming.id(|column| {
                        table
                            .position(column)
                            .map_or("", |at| table.rows()[row][at].as_str())
                    })
                };
                cases.extend((0..table.rows().len()).map(cell));
            }
            for column in table
                .columns()
                .iter()
                .filter(|column| !bars && !known.contains(column.as_str()))
            {
                self.report
                    .leave(format!("{file}: {column}"), "no entry compares this column");
            }
            let listed = manifest
                .cases
                .iter()
                .filter(|case| case.files.iter().any(|f| f == file));
            for case in listed.filter(|case| !cases.contains(&case.id)) {
                self.report.leave(
                    format!("case {} in {file}", case.id),
                    "has no row in the expected table",
                );
            }
        }
        for left in manifest
            .not_compared
            .iter()
            .filter(|left| self.folder.expected.contains_key(&left.file))
        {
            self.report.leave(
                left.file.clone(),
                "is said not to be compared and named for comparison",
            );
        }
    }

    /// The tables of a case, made at the first asking.
    pub fn tables(&mut self, case: &'a Case) -> Option<Vec<Sheet>> {
        let id = (case.function.clone(), case.id.clone());
        if let Some(answer) = self.answers.get(&id) {
            return answer.clone();
        }
        let answer = self.call(case, case.params.clone(), &case.id);
        self.answers.insert(id, answer.clone());
        answer
    }

    /// Calls the method of a case with these parameters; what hinders it is reported.
    pub fn call(
        &mut self,
        case: &'a Case,
        params: Map<String, Value>,
        shown: &str,
    ) -> Option<Vec<Sheet>> {
        let Some(method) = registry::find(&case.function) else {
            self.report.leave(
                format!("case {}", case.id),
                format!("no method `{}`", case.function),
            );
            return None;
        };
        let call = Call {
            params: Params::new(params),
            inputs: &self.folder.inputs,
            // Expected values come from a program; a method without quirks has one mode only.
            mode: Mode::Peer,
            wanted: self.wanted(method, case),
            seed: SEED,
        };
        self.report.calls += 1;
        match (method.run)(&call) {
            Ok(sheets) => {
                let unread = call.params.unread().into_iter();
                for name in unread.filter(|name| !self.folder.manifest.looked_up_by_bars(name)) {
                    self.report.leave(
                        format!("parameter {name} of {}", case.function),
                        "the method does not know it",
                    );
                }
                Some(sheets)
            }
            Err(why) => {
                self.report.leave(format!("case {shown}"), why.to_string());
                None
            }
        }
    }

    /// For each sheet made on request: the values that the expected tables of the case hold.
    fn wanted(&self, method: &Method, case: &Case) -> BTreeMap<&'static str, BTreeSet<String>> {
        let mut wanted: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        for entry in &self.folder.manifest.compare {
            let Some(table) = self.folder.expected.get(&entry.file) else {
                continue;
            };
            let Some((spec, column)) = spec_of(method, entry, &case.params)
                .and_then(|spec| Some((spec, column_name(spec.on_request?, &case.params))))
            else {
                continue;
            };
            let view = View::new(table, entry, &self.folder.manifest.missing);
            let rows = (0..table.rows().len()).filter(|row| view.case_id(*row) == case.id);
            let values = rows.map(|row| view.cell(row, &column).to_owned());
            wanted.entry(spec.name).or_default().extend(values);
        }
        wanted
    }
}

/// The first table of the method that has every column that the entry wants from us.
pub(super) fn spec_of<'m>(
    method: &'m Method,
    entry: &Entry,
    params: &Map<String, Value>,
) -> Option<&'m SheetSpec> {
    let from_case = entry.naming.columns();
    let arguments = !entry.row_params.is_empty();
    let keys = entry
        .key
        .iter()
        .filter(|key| !arguments && !from_case.contains(&key.as_str()));
    let needed: Vec<&str> = keys
        .chain(entry.columns.keys())
        .map(String::as_str)
        .collect();
    method.sheets.iter().find(|spec| {
        let names = column_names(spec, params);
        needed
            .iter()
            .all(|column| names.iter().any(|name| name == column))
    })
}

/// The columns of a table, those in braces replaced by the text of the parameter.
pub(super) fn column_names(spec: &SheetSpec, params: &Map<String, Value>) -> Vec<String> {
    spec.columns
        .iter()
        .map(|column| column_name(column, params))
        .collect()
}

fn column_name(column: &str, params: &Map<String, Value>) -> String {
    match column
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        Some(parameter) => params
            .get(parameter)
            .and_then(Value::as_str)
            .unwrap_or(parameter)
            .to_owned(),
        None => column.to_owned(),
    }
}
