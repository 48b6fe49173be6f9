//! The pages of `docs/methods`: every method has one that answers the same questions, and the results of the calls
//! they show are what the calls give. `FANGXIAN_BLESS=1` writes the results anew.

#![expect(clippy::expect_used, reason = "a test without its files must fail")]

#[expect(dead_code, reason = "only tables are read here")]
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use fangxian_epi::call::{Call, Mode, Params};
use fangxian_epi::registry::{self, METHODS};
use fangxian_epi::table::{Cell, Sheet};
use serde_json::{Map, Value};

const PARTS: [&str; 4] = [
    "**Question.**",
    "**Method.**",
    "**Checked by",
    "**Sources.**",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page(name: &str) -> PathBuf {
    root().join(format!("docs/methods/{name}.md"))
}

fn pages() -> BTreeSet<&'static str> {
    METHODS.iter().map(|method| method.page).collect()
}

#[test]
fn every_method_has_a_page_that_answers_the_same_questions_and_stands_in_the_index() {
    let index = std::fs::read_to_string(page("README")).expect("the index");
    let mut missing = Vec::new();
    for name in pages() {
        let text = std::fs::read_to_string(page(name)).unwrap_or_default();
        let parts = PARTS.into_iter().filter(|part| !text.contains(part));
        missing.extend(parts.map(|part| format!("{name}: {part}")));
        if !text.contains("**When not to use.**") && !text.contains("**Limits.**") {
            missing.push(format!("{name}: when not to use it"));
        }
        if !index.contains(&format!("]({name}.md)")) {
            missing.push(format!("{name}: its link in the index"));
        }
    }
    for method in METHODS {
        let text = std::fs::read_to_string(page(method.page)).unwrap_or_default();
        if !text.contains(&format!("`{}`", method.function)) {
            missing.push(format!("{}: the name `{}`", method.page, method.function));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Result tables, with the names of their columns.
type Made = Vec<(Vec<String>, Sheet)>;

/// The call that a line of a page shows, as the command line reads it.
fn called(line: &str) -> Result<Made, String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().expect("a word").push(other),
        }
    }
    let mut words = words.into_iter().skip(2);
    let name = words.next().unwrap_or_default();
    let method = registry::find(&name).ok_or("there is no such method")?;
    let (mut params, mut inputs, mut mode) = (Map::new(), BTreeMap::new(), Mode::Published);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--peer" => mode = Mode::Peer,
            "--input" => {
                let given = words.next().unwrap_or_default();
                let (role, file) = match given.split_once('=') {
                    Some((role, file)) => (role, file),
                    None => (method.input.unwrap_or_default(), given.as_str()),
                };
                let table = reading::table(&root().join(file)).ok_or("a table is not there")?;
                inputs.insert(role.to_owned(), table);
            }
            "--param" => {
                let given = words.next().unwrap_or_default();
                let (name, value) = given.split_once('=').ok_or("not name=value")?;
                let text = || Value::String(value.to_owned());
                let value = serde_json::from_str(value).unwrap_or_else(|_| text());
                params.insert(name.to_owned(), value);
            }
            _ => return Err(format!("`{word}` is not read here")),
        }
    }
    let call = Call {
        params: Params::new(params),
        inputs: &inputs,
        mode,
        wanted: BTreeMap::new(),
        seed: 1,
    };
    let sheets = (method.run)(&call).map_err(|why| why.to_string())?;
    match call.params.unread() {
        unread if unread.is_empty() => Ok(sheets
            .into_iter()
            .map(|s| (names(&s, &call.params), s))
            .collect()),
        unread => Err(format!("unread: {unread:?}")),
    }
}

/// The names of the columns; one in braces is the text of that parameter.
fn names(sheet: &Sheet, params: &Params) -> Vec<String> {
    let name = |column: &&str| {
        let parameter = column.strip_prefix('{').and_then(|c| c.strip_suffix('}'));
        let text = parameter.and_then(|p| params.optional_text(p).ok().flatten());
        text.unwrap_or_else(|| (*column).to_owned())
    };
    sheet.spec.columns.iter().map(name).collect()
}

/// A cell with four digits that count; flags and whole numbers as they are.
fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Number(n) if n.is_finite() && n.fract() != 0.0 => {
            let left = n.abs().log10().floor();
            let places = if left < -4.0 {
                return format!("{n:.3e}");
            } else {
                3.0 - left
            };
            let places = fangxian_epi::numbers::whole(places.max(0.0)).unwrap_or(0);
            format!("{n:.places$}")
        }
        other => other.to_string(),
    }
}

/// The result as the table below a call: the columns that its header names, the rows from the first to the last of the
/// old table, by their first cell; everything where there is no table yet.
fn table(made: &Made, old: &[&str]) -> Option<String> {
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim().trim_matches('|');
        inner
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    let wanted = old.first().map(|line| cells(line));
    let has = |own: &[String]| {
        wanted
            .as_ref()
            .is_none_or(|names| names.iter().all(|name| own.contains(name)))
    };
    let (own, sheet) = made
        .iter()
        .find(|(own, sheet)| !sheet.rows.is_empty() && has(own))?;
    let names = wanted.clone().unwrap_or_else(|| own.clone());
    let at: Vec<usize> = names
        .iter()
        .filter_map(|name| own.iter().position(|c| c == name))
        .collect();
    let listed: Vec<String> = old
        .iter()
        .skip(2)
        .filter_map(|l| cells(l).into_iter().next())
        .collect();
    let mut text = format!(
        "| {} |\n|{}\n",
        names.join(" | "),
        "---|".repeat(names.len())
    );
    for row in &sheet.rows {
        let row: Vec<String> = at.iter().map(|at| shown(&row[*at])).collect();
        if listed.is_empty() || listed.contains(&row[0]) {
            let _ = writeln!(text, "| {} |", row.join(" | "));
        }
    }
    Some(text)
}

/// The page with the results of its calls as they are now.
fn renewed(text: &str, wrong: &mut Vec<String>, calls: &mut usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        out.push_str(line);
        out.push('\n');
        at += 1;
        if !line.starts_with("fangxian epi ") {
            continue;
        }
        *calls += 1;
        let mut call = line.trim_end_matches('\\').trim_end().to_owned();
        while lines[at - 1].ends_with('\\') {
            let more = lines[at].trim().trim_end_matches('\\').trim_end();
            let _ = write!(call, " {more}");
            let _ = writeln!(out, "{}", lines[at]);
            at += 1;
        }
        // The end of the fence and an empty line.
        for line in &lines[at..at + 2] {
            let _ = writeln!(out, "{line}");
        }
        at += 2;
        let rows = lines[at..]
            .iter()
            .take_while(|line| line.starts_with('|'))
            .count();
        match called(&call).map(|made| table(&made, &lines[at..at + rows])) {
            Ok(Some(table)) => out.push_str(&table),
            Ok(None) => wrong.push(format!("{call}: no table has these columns")),
            Err(why) => wrong.push(format!("{call}: {why}")),
        }
        at += rows;
    }
    out
}

#[test]
fn the_calls_that_pages_show_give_what_they_say() {
    let bless = std::env::var_os("FANGXIAN_BLESS").is_some();
    let (mut wrong, mut calls) = (Vec::new(), 0);
    for name in pages() {
        let text = std::fs::read_to_string(page(name)).unwrap_or_default();
        let before = wrong.len();
        let now = renewed(&text, &mut wrong, &mut calls);
        if now != text && wrong.len() == before {
            if bless {
                std::fs::write(page(name), &now).expect("a page");
            } else {
                wrong.push(format!("{name}: the result is now\n{now}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(calls >= 20, "only {calls} calls were found");
}
