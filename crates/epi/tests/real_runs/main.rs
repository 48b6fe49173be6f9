//! The engine on outbreaks that happened: what it would have told whom, and when. Each page of `docs/methods/real-runs`
//! holds what a run here computes; `FANGXIAN_BLESS=1` writes it anew. The data may not be passed on: they are looked for
//! in a folder `data` inside or beside the one that `FANGXIAN_EXTERNAL_DATA` names; without it nothing is run.

#![expect(clippy::print_stdout, reason = "a test says what it did not run")]
#![expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
#![expect(clippy::expect_used, reason = "a run without its result must fail")]

#[expect(dead_code, reason = "only tables are read here")]
#[path = "../reading/mod.rs"]
mod reading;

mod avian_influenza;
mod measles;
mod mers;
mod norovirus;
mod toxin;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use fangxian_base::{Date, days_between, plus_days};
use fangxian_epi::call::{Call, Mode, Params};
use fangxian_epi::picture::{self, Language};
use fangxian_epi::registry;
use fangxian_epi::table::{Cell, Sheet, Table, parse_date};
use serde_json::Value;

/// What a run computes for its page, and its picture.
struct Run {
    text: String,
    picture: String,
}

/// The folder of the data, when there is one.
fn data() -> Option<PathBuf> {
    let root = PathBuf::from(std::env::var_os("FANGXIAN_EXTERNAL_DATA")?);
    [root.join("data"), root.join("../data")]
        .into_iter()
        .find(|folder| folder.join("outbreaks").is_dir())
}

/// Compares the page with the run, or writes it.
fn page(name: &str, file: &str, run: impl Fn(&Table) -> Run) {
    const BEGIN: &str = "<!-- run:begin -->\n";
    const END: &str = "<!-- run:end -->\n";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/methods/real-runs");
    let place = folder.join(format!("{name}.md"));
    let text = std::fs::read_to_string(&place).expect("the page");
    let (before, rest) = text.split_once(BEGIN).expect("a mark");
    let (_, after) = rest.split_once(END).expect("a mark");
    let Some(data) = data() else {
        println!("{name}: not run, FANGXIAN_EXTERNAL_DATA names no folder with the data");
        return;
    };
    let table = reading::table(&data.join(file)).expect("the data");
    let found = run(&table);
    let now = format!("{before}{BEGIN}{}{END}{after}", found.text);
    let drawn = folder.join(format!("{name}.svg"));
    if std::env::var_os("FANGXIAN_BLESS").is_some() {
        std::fs::write(&place, &now).expect("the page");
        std::fs::write(&drawn, &found.picture).expect("the picture");
    }
    let written = std::fs::read_to_string(&place).expect("the page");
    assert_eq!(written, now, "FANGXIAN_BLESS=1 writes the page anew");
    assert_eq!(std::fs::read_to_string(&drawn).ok(), Some(found.picture));
}

#[test]
fn norovirus_in_a_school() {
    page(
        "norovirus",
        "outbreaks/norovirus_derbyshire_2001_school.csv",
        norovirus::run,
    );
}

#[test]
fn measles_in_a_village() {
    page(
        "measles",
        "outbreaks/measles_hagelloch_1861.csv",
        measles::run,
    );
}

#[test]
fn mers_in_hospitals() {
    page("mers", "outbreaks/mers_korea_2015_linelist.csv", |cases| {
        let folder = data().expect("the data");
        let links = reading::table(&folder.join("outbreaks/mers_korea_2015_contacts.csv"));
        mers::run(cases, &links.expect("the links"))
    });
}

#[test]
fn avian_influenza_at_markets() {
    page(
        "avian-influenza",
        "outbreaks/fluH7N9_china_2013.csv",
        avian_influenza::run,
    );
}

#[test]
fn toxin_in_sprouts() {
    page("toxin", "surveillance/husO104Hosp.csv", toxin::run);
}

/// Calls a method by name.
fn call(method: &str, inputs: &[(&str, &Table)], params: Value) -> Vec<Sheet> {
    let inputs: BTreeMap<String, Table> = inputs
        .iter()
        .map(|(role, table)| ((*role).to_owned(), (*table).clone()))
        .collect();
    let call = Call {
        params: Params::new(params.as_object().expect("an object").clone()),
        inputs: &inputs,
        mode: Mode::Published,
        wanted: BTreeMap::new(),
        seed: 1,
    };
    let sheets = (registry::find(method).expect("a method").run)(&call).expect("a result");
    assert_eq!(call.params.unread(), Vec::<String>::new());
    sheets
}

/// The first result table that has a column, by rows.
struct Result<'a> {
    sheet: &'a Sheet,
}

impl<'a> Result<'a> {
    fn with(sheets: &'a [Sheet], column: &str) -> Self {
        let has = |sheet: &&Sheet| sheet.spec.columns.contains(&column);
        let sheet = sheets.iter().find(has).expect("a table with the column");
        Self { sheet }
    }

    fn rows(&self) -> std::ops::Range<usize> {
        0..self.sheet.rows.len()
    }

    fn cell(&self, row: usize, column: &str) -> &Cell {
        let at = self.sheet.spec.columns.iter().position(|c| *c == column);
        &self.sheet.rows[row][at.expect("the column")]
    }

    fn number(&self, row: usize, column: &str) -> f64 {
        match self.cell(row, column) {
            Cell::Number(n) => *n,
            Cell::Missing | Cell::Text(_) => f64::NAN,
        }
    }

    fn text(&self, row: usize, column: &str) -> String {
        self.cell(row, column).to_string()
    }
}

fn drawn(method: &str, sheets: &[Sheet]) -> String {
    picture::of(method, sheets, Language::English).expect("a picture")
}

fn column<'a>(table: &'a Table, name: &str) -> Vec<&'a str> {
    let at = table.position(name).expect("the column");
    table.rows().iter().map(|row| row[at].as_str()).collect()
}

fn dates(table: &Table, name: &str) -> Vec<Option<Date>> {
    column(table, name).into_iter().map(parse_date).collect()
}

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

/// Counts of every day from `first` to `last`.
fn daily(dates: impl Iterator<Item = Date>, first: Date, last: Date) -> Vec<f64> {
    let place = |date: Date| usize::try_from(days_between(first, date)).ok();
    let mut counts = vec![0.0; place(last).expect("days in order") + 1];
    for date in dates {
        if let Some(count) = place(date).and_then(|at| counts.get_mut(at)) {
            *count += 1.0;
        }
    }
    counts
}

fn after(first: Date, days: usize) -> Date {
    plus_days(first, i64::try_from(days).expect("few days"))
}

fn made(columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Table {
    Table::new(
        columns.iter().map(|c| (*c).to_owned()).collect(),
        rows.collect(),
    )
}

/// Steps from 1 with their counts, under this name.
fn steps(name: &str, counts: &[f64]) -> Table {
    let row = |(at, n): (usize, &f64)| vec![(at + 1).to_string(), n.to_string()];
    made(&["t", name], counts.iter().enumerate().map(row))
}

/// A table of markdown.
struct Lines(String);

impl Lines {
    fn new(header: &[&str]) -> Self {
        Self(format!(
            "| {} |\n|{}\n",
            header.join(" | "),
            "---|".repeat(header.len())
        ))
    }

    fn add(&mut self, cells: &[String]) {
        let _ = writeln!(self.0, "| {} |", cells.join(" | "));
    }
}

/// What would have been told: when, whom, what.
fn told(list: &[(String, &str, String)]) -> String {
    let mut lines = Lines::new(&["when", "whom", "what"]);
    for (when, whom, what) in list {
        lines.add(&[when.clone(), (*whom).to_owned(), what.clone()]);
    }
    lines.0
}
