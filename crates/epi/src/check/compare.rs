//! Compares the rows of one expected table with ours: the same keys, and cells within their rules.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::manifest::{Case, Entry};
use super::report::Failure;
use super::rows::{Surroundings, View};
use super::rules::{Outcome, key_text};
use super::run::{Runner, column_names, spec_of};
use super::told::Untold;
use crate::registry;
use crate::table::{Cell, Sheet};

/// One row of ours, by column.
type OurRow = BTreeMap<String, Cell>;

/// Compares one entry of the manifest.
pub(super) fn entry<'a>(runner: &mut Runner<'a>, view: &View<'a>) {
    let mut by_case: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for row in 0..view.table.rows().len() {
        by_case.entry(view.case_id(row)).or_default().push(row);
    }
    for (id, rows) in by_case {
        let Some(case) = runner.folder.manifest.case_of(&view.entry.file, &id) else {
            // Rows that the entry is not about need no case.
            let about = rows.iter().any(|row| view.selects(*row, &Map::new()));
            if !about && view.entry.other_rows.is_some() {
                continue;
            }
            runner.report.leave(
                format!("{}: case {id}", view.entry.file),
                "is not in the manifest",
            );
            continue;
        };
        let selected: Vec<usize> = rows
            .iter()
            .copied()
            .filter(|row| view.selects(*row, &case.params))
            .collect();
        if selected.is_empty() && view.entry.other_rows.is_some() {
            continue;
        }
        let Some(ours) = our_rows(runner, view, case, &rows) else {
            continue;
        };
        let untold = Untold::of(runner, view.entry, case);
        same_keys(runner, view, &rows, &selected, &ours, untold.as_ref());
        for (column, rule) in &view.entry.columns {
            if rule.partition {
                partition(runner, view, &selected, &ours, column);
            }
            cells(runner, view, case, &selected, &ours, column);
        }
    }
}

/// Our rows by key; nothing when the case could not be run or lacks a column, which is reported.
fn our_rows<'a>(
    runner: &mut Runner<'a>,
    view: &View<'a>,
    case: &'a Case,
    rows: &[usize],
) -> Option<BTreeMap<Vec<String>, OurRow>> {
    let entry = view.entry;
    let Some(method) = registry::find(&case.function) else {
        runner.report.leave(
            format!("case {}", case.id),
            format!("no method `{}`", case.function),
        );
        return None;
    };
    let Some(spec) = spec_of(method, entry, &case.params) else {
        let wanted: Vec<&str> = entry.columns.keys().map(String::as_str).collect();
        let what = format!("{} of case {}: {}", entry.file, case.id, wanted.join(", "));
        runner.report.leave(
            what,
            format!("`{}` makes no table with these columns", case.function),
        );
        return None;
    };
    let names = column_names(spec, &case.params);
    let rows_of = |sheets: &[Sheet]| -> Vec<OurRow> {
        let sheet = sheets.iter().find(|sheet| sheet.spec.name == spec.name);
        let as_map = |row: &Vec<Cell>| names.iter().cloned().zip(row.iter().cloned()).collect();
        sheet.map_or_else(Vec::new, |sheet| sheet.rows.iter().map(as_map).collect())
    };
    let mut ours = BTreeMap::new();
    if entry.row_params.is_empty() {
        let sheets = runner.tables(case)?;
        let mut found = rows_of(&sheets);
        keep_first(entry, &mut found);
        let id_row = rows.first().copied();
        for row in found {
            let part = |column: &String| match row.get(column) {
                Some(cell) => key_text(&cell.to_string()),
                // What names the case is the same in all its rows.
                None => id_row.map_or_else(String::new, |row| key_text(view.cell(row, column))),
            };
            let key: Vec<String> = entry.key.iter().map(part).collect();
            if ours.insert(key.clone(), row).is_some() {
                runner.report.failures.push(fault(
                    view,
                    &key,
                    None,
                    "one row",
                    "several",
                    "unique keys",
                ));
            }
        }
        return Some(ours);
    }
    for row in rows {
        let mut params: Map<String, Value> = case.params.clone();
        params.extend(view.arguments(*row));
        let shown = format!("{}, {}", case.id, view.key(*row).join(" "));
        if let Some(found) = runner
            .call(case, params, &shown)
            .and_then(|sheets| rows_of(&sheets).into_iter().next())
        {
            ours.insert(view.key(*row), found);
        }
    }
    Some(ours)
}

/// Leaves out rows beyond the n-th value of the column that `first` names.
fn keep_first(entry: &Entry, rows: &mut Vec<OurRow>) {
    let Some(first) = &entry.first else { return };
    let mut seen: Vec<String> = Vec::new();
    rows.retain(|row| {
        let value = row
            .get(&first.column)
            .map(|cell| key_text(&cell.to_string()))
            .unwrap_or_default();
        if !seen.contains(&value) {
            seen.push(value.clone());
        }
        seen.iter()
            .position(|known| *known == value)
            .is_some_and(|at| at < first.n)
    });
}

/// Both sides must have the same keys: every row that the entry is about is ours too, and ours are all in the table, but for
/// those that the draws decide.
fn same_keys(
    runner: &mut Runner<'_>,
    view: &View<'_>,
    rows: &[usize],
    selected: &[usize],
    ours: &BTreeMap<Vec<String>, OurRow>,
    untold: Option<&Untold>,
) {
    let keys = |rows: &[usize]| -> BTreeSet<Vec<String>> {
        rows.iter().map(|row| view.key(*row)).collect()
    };
    for key in keys(selected).iter().filter(|key| !ours.contains_key(*key)) {
        runner
            .report
            .failures
            .push(fault(view, key, None, "a row", "none", "the same keys"));
    }
    let expected = keys(rows);
    let surpassed = |key: &Vec<String>| untold.and_then(|u| u.chance(view.entry, key)) == Some(1.0);
    for key in expected.iter().filter(|key| surpassed(key)) {
        by_draws(runner, view, key, "the expected table only");
    }
    for key in ours.keys().filter(|key| !expected.contains(*key)) {
        if let Some(p) = untold.and_then(|untold| untold.chance(view.entry, key)) {
            // With a chance of 1 ours is not told either.
            if p < 1.0 {
                by_draws(runner, view, key, "ours only");
            }
            continue;
        }
        runner
            .report
            .failures
            .push(fault(view, key, None, "no row", "one", "the same keys"));
    }
}

/// Names a row that one side tells because of its draws.
fn by_draws(runner: &mut Runner<'_>, view: &View<'_>, key: &[String], side: &str) {
    if Untold::names_rows_of(view.entry) {
        let row = format!("{}: {}: {side}", view.entry.file, key.join(" | "));
        if !runner.report.by_draws.contains(&row) {
            runner.report.by_draws.push(row);
        }
    }
}

fn cells(
    runner: &mut Runner<'_>,
    view: &View<'_>,
    case: &Case,
    rows: &[usize],
    ours: &BTreeMap<Vec<String>, OurRow>,
    column: &str,
) {
    let Some(rule) = view.entry.columns.get(column) else {
        return;
    };
    let mut compared = 0;
    for row in rows {
        let key = view.key(*row);
        let Some(got) = ours.get(&key).and_then(|row| row.get(column)) else {
            continue;
        };
        let want = view.cell(*row, column);
        let around = Surroundings {
            view,
            row: *row,
            column,
            params: &case.params,
        };
        match rule.judge(want, view.missing(want), got, &around) {
            Outcome::Agrees => compared += 1,
            Outcome::NotJudged => {}
            Outcome::Differs(allowed) => {
                compared += 1;
                let found = fault(view, &key, Some(column), want, &got.to_string(), &allowed);
                runner.report.failures.push(found);
            }
            Outcome::Unusable(why) => {
                runner
                    .report
                    .leave(format!("{}: {column}", view.entry.file), why);
            }
        }
    }
    runner.report.count(&view.entry.file, column, compared);
}

/// The rows must be grouped alike; the names of the groups are free.
fn partition(
    runner: &mut Runner<'_>,
    view: &View<'_>,
    rows: &[usize],
    ours: &BTreeMap<Vec<String>, OurRow>,
    column: &str,
) {
    let (mut there, mut back): (BTreeMap<String, String>, BTreeMap<String, String>) =
        Default::default();
    for row in rows {
        let key = view.key(*row);
        let Some(got) = ours.get(&key).and_then(|row| row.get(column)) else {
            continue;
        };
        let (want, got) = (
            key_text(view.cell(*row, column)),
            key_text(&got.to_string()),
        );
        let forth = there.entry(want.clone()).or_insert_with(|| got.clone()) == &got;
        let home = back.entry(got.clone()).or_insert_with(|| want.clone()) == &want;
        if !(forth && home) {
            let found = fault(view, &key, Some(column), &want, &got, "the same grouping");
            runner.report.failures.push(found);
        }
    }
}

fn fault(
    view: &View<'_>,
    key: &[String],
    column: Option<&str>,
    want: &str,
    got: &str,
    allowed: &str,
) -> Failure {
    Failure {
        file: view.entry.file.clone(),
        key: key.join(" | "),
        column: column.map(str::to_owned),
        want: want.to_owned(),
        got: got.to_owned(),
        allowed: allowed.to_owned(),
    }
}
