//! Bars: tables of quality to reach, not values to reproduce.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::manifest::{Bar, BarEntry, Case};
use super::report::Failure;
use super::rules::{key_text, text_of};
use super::run::{Runner, column_names};
use crate::numbers::summary::mean;
use crate::registry;
use crate::table::{Table, parse_number};

/// Values of a column, by what the rows are grouped by and by variant.
type Groups = BTreeMap<Vec<String>, BTreeMap<Vec<String>, Vec<f64>>>;

/// Compares our quality with one table of bars.
pub(super) fn entry<'a>(runner: &mut Runner<'a>, bar: &'a BarEntry) {
    let Some(table) = runner.folder.expected.get(&bar.file) else {
        runner.report.leave(bar.file.clone(), "could not be read");
        return;
    };
    let id = |row: &Vec<String>| {
        bar.naming.id(|column| {
            table
                .position(column)
                .and_then(|at| row.get(at))
                .map_or("", String::as_str)
        })
    };
    let cases: BTreeSet<String> = table.rows().iter().map(id).collect();
    for id_text in cases {
        let Some(case) = runner.folder.manifest.case_of(&bar.file, &id_text) else {
            runner.report.leave(
                format!("{}: case {id_text}", bar.file),
                "is not in the manifest",
            );
            continue;
        };
        let rows: Vec<Vec<String>> = table
            .rows()
            .iter()
            .filter(|row| id(row) == id_text)
            .cloned()
            .collect();
        let theirs = Table::new(table.columns().to_vec(), rows);
        if let Some(ours) = our_table(runner, bar, case, &theirs) {
            judge(runner, bar, case, &theirs, &ours);
        }
    }
}

/// Our table of the case, with the columns that name the case filled in.
fn our_table<'a>(
    runner: &mut Runner<'a>,
    bar: &BarEntry,
    case: &'a Case,
    theirs: &Table,
) -> Option<Table> {
    let Some(method) = registry::find(&case.function) else {
        runner.report.leave(
            format!("case {}", case.id),
            format!("no method `{}`", case.function),
        );
        return None;
    };
    let from_case = bar.naming.columns();
    let needed: Vec<&str> = bar
        .key
        .iter()
        .filter(|key| !from_case.contains(&key.as_str()))
        .chain(bar.columns.keys())
        .map(String::as_str)
        .collect();
    let spec = method.sheets.iter().find(|spec| {
        let names = column_names(spec, &case.params);
        needed
            .iter()
            .all(|column| names.iter().any(|name| name == column))
    });
    let Some(spec) = spec else {
        let what = format!("{} of case {}: {}", bar.file, case.id, needed.join(", "));
        runner.report.leave(
            what,
            format!("`{}` makes no table with these columns", case.function),
        );
        return None;
    };
    let sheets = runner.tables(case)?;
    let sheet = sheets
        .into_iter()
        .find(|sheet| sheet.spec.name == spec.name)?;
    let mut columns = column_names(spec, &case.params);
    let mut rows: Vec<Vec<String>> = sheet
        .rows
        .iter()
        .map(|row| row.iter().map(ToString::to_string).collect())
        .collect();
    for name in from_case {
        let value = theirs
            .position(name)
            .and_then(|at| theirs.rows().first()?.get(at))
            .cloned();
        if !columns.iter().any(|column| column == name) {
            columns.push(name.to_owned());
            for row in &mut rows {
                row.push(value.clone().unwrap_or_default());
            }
        }
    }
    Some(Table::new(columns, rows))
}

fn groups(table: &Table, by: &[String], over: &[String], column: &str) -> Groups {
    let mut groups = Groups::new();
    let at = table.position(column);
    for row in table.rows() {
        let text = |name: &String| {
            table
                .position(name)
                .map_or(String::new(), |at| key_text(&row[at]))
        };
        let value = at.and_then(|at| parse_number(&row[at]));
        let group = groups.entry(by.iter().map(text).collect()).or_default();
        group
            .entry(over.iter().map(text).collect())
            .or_default()
            .extend(value);
    }
    groups
}

fn judge(runner: &mut Runner<'_>, bar: &BarEntry, case: &Case, theirs: &Table, ours: &Table) {
    // Without a grouping every key is a group of its own.
    let by: Vec<String> = match bar.group_by.is_empty() {
        true => bar
            .key
            .iter()
            .filter(|key| !bar.over.contains(key) && !bar.average.contains(key))
            .cloned()
            .collect(),
        false => bar.group_by.clone(),
    };
    let mut chosen: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    let ordered = in_order(bar);
    for (column, rule) in ordered {
        let want = groups(theirs, &by, &bar.over, column);
        let got = groups(ours, &by, &bar.over, column);
        for (group, variants) in &want {
            let means = |variants: &BTreeMap<Vec<String>, Vec<f64>>| -> Vec<(Vec<String>, f64)> {
                let pairs = variants.iter().filter(|(_, values)| !values.is_empty());
                pairs
                    .map(|(variant, values)| (variant.clone(), mean(values)))
                    .collect()
            };
            let mine = got.get(group).map(means).unwrap_or_default();
            let lowest = |list: &[(Vec<String>, f64)]| {
                list.iter().min_by(|a, b| a.1.total_cmp(&b.1)).cloned()
            };
            let highest = |list: &[(Vec<String>, f64)]| {
                list.iter().max_by(|a, b| a.1.total_cmp(&b.1)).cloned()
            };
            let (limits, mine) = match rule {
                Bar::AtMost(value) => {
                    let best = lowest(&means(variants)).map(|(_, value)| value);
                    (
                        limit(value, best, &case.params).map(|high| (f64::NEG_INFINITY, high)),
                        lowest(&mine),
                    )
                }
                Bar::AtLeast(value) => {
                    let best = highest(&means(variants)).map(|(_, value)| value);
                    (
                        limit(value, best, &case.params).map(|low| (low, f64::INFINITY)),
                        highest(&mine),
                    )
                }
                Bar::Between([low, high]) => {
                    let picked = chosen.get(group);
                    let of_chosen = mine
                        .iter()
                        .find(|(variant, _)| picked.is_none_or(|p| p == variant))
                        .cloned();
                    (Some((*low, *high)), of_chosen)
                }
            };
            let (Some((low, high)), Some((variant, value))) = (limits, mine) else {
                let what = format!("{}: {column} of {}", bar.file, group.join(" | "));
                runner
                    .report
                    .leave(what, "there is no bar or no value of ours");
                continue;
            };
            chosen.entry(group.clone()).or_insert(variant);
            runner.report.count(&bar.file, column, 1);
            if !(value >= low && value <= high) {
                runner.report.failures.push(Failure {
                    file: bar.file.clone(),
                    key: group.join(" | "),
                    column: Some(column.clone()),
                    want: format!("{low} to {high}"),
                    got: value.to_string(),
                    allowed: "the bar".to_owned(),
                });
            }
        }
    }
}

/// Columns with a best value first, those that follow the chosen variant after them.
fn in_order(bar: &BarEntry) -> Vec<(&String, &Bar)> {
    let between = |rule: &Bar| matches!(rule, Bar::Between(_));
    let first = bar.columns.iter().filter(|(_, rule)| !between(rule));
    first
        .chain(bar.columns.iter().filter(|(_, rule)| between(rule)))
        .collect()
}

/// The number that a bar stands for. `true` and `"best"` are the best mean of the group: with one row in the group
/// that is the cell of the same key.
fn limit(value: &Value, best: Option<f64>, params: &Map<String, Value>) -> Option<f64> {
    match value {
        Value::Bool(true) => best,
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text == "best" => best,
        Value::String(text) => {
            let parameter = params.get(text.strip_prefix("param:")?)?;
            parse_number(&text_of(parameter))
        }
        Value::Null | Value::Bool(false) | Value::Array(_) | Value::Object(_) => None,
    }
}
