//! How one file is read under one mapping: what only the whole file can tell is settled here once,
//! then every row is parsed on its own.

use std::collections::BTreeMap;

use fangxian_base::{Date, Sensitive, Zone};
use fangxian_domain::identifiers::DocumentKind;

use super::codes::is_missing;
use super::dates::{Day, Order, Reading, Season, Settings, Style, Tally, YearRule, read};
use super::field::{Field, FieldType, Kind};
use super::headers::Header;
use super::mapping::{ColumnMapping, Mapping};
use super::problem::{Finding, Problem};
use super::propose::ours_from;
use super::repeats;
use super::row::{Outcome, Row};
use super::table::{RawRow, Table};

/// A mapping applied to a table.
#[derive(Debug)]
pub struct Plan {
    /// What was assumed about the file as a whole.
    pub findings: Vec<Finding>,
    pub(super) kind: Kind,
    pub(super) columns: Vec<Column>,
    pub(super) today: Date,
    pub(super) zone: Zone,
    pub(super) years: Option<YearRule>,
    repeated_rows: BTreeMap<u32, u32>,
    repeated_numbers: BTreeMap<u32, u32>,
}

/// One column of the file under the mapping.
#[derive(Debug)]
pub(super) struct Column {
    pub at: usize,
    pub name: String,
    pub field: Option<Field>,
    /// One of the two columns of our own error files.
    pub ours: bool,
    pub document: Option<DocumentKind>,
    pub style: Style,
}

impl Plan {
    /// Settles the order of day and month per column, the years of dates without one, and which
    /// rows are repeated. `today` and `zone` are those of the installation.
    pub fn new(mapping: &Mapping, table: &Table, today: Date, zone: &Zone) -> Self {
        let mut findings = Vec::new();
        let mut columns = columns(mapping, table, &mut findings);
        let years = settle_dates(mapping, table, &mut columns, today, &mut findings);
        let number = columns
            .iter()
            .find(|c| c.field == Some(Field::CaseNumber) && mapping.kind == Kind::Linelist);
        let repeated_numbers =
            number.map_or_else(BTreeMap::new, |c| repeats::in_column(table, c.at));
        Self {
            findings,
            kind: mapping.kind,
            columns,
            today,
            zone: zone.clone(),
            years,
            repeated_rows: repeats::whole_rows(table),
            repeated_numbers,
        }
    }

    /// The rule by which dates without a year got one.
    pub const fn years(&self) -> Option<YearRule> {
        self.years
    }

    /// Reads one row. Rejected are rows with a document number that fails its own check, with a
    /// date that cannot exist or lies after today, or, in a list that has any column of names,
    /// document numbers or phones, with none of them filled.
    pub fn parse_row<'r>(&'r self, raw: RawRow<'r>) -> Outcome {
        let mut reader = RowReader {
            plan: self,
            raw,
            row: Row {
                number: raw.number,
                extras: Vec::new(),
                values: BTreeMap::new(),
            },
            rejections: Vec::new(),
            warnings: Vec::new(),
        };
        for column in &self.columns {
            let cell = raw.cell(column.at);
            match column.field {
                Some(field) if !is_missing(cell) => reader.cell(column, field, cell),
                None if !cell.is_empty() && !column.ours => reader.extra(column, cell),
                Some(_) | None => {}
            }
        }
        reader.repeated();
        reader.check();
        let RowReader {
            row,
            rejections,
            warnings,
            ..
        } = reader;
        if rejections.is_empty() {
            Outcome::Accepted(row, warnings)
        } else {
            Outcome::Rejected(row, rejections)
        }
    }

    pub(super) fn settings(&self, column: &Column, field: Field) -> Settings<'_> {
        Settings {
            style: column.style,
            years: if field == Field::BirthDate {
                None
            } else {
                self.years
            },
            today: self.today,
            birth: field == Field::BirthDate,
            zone: &self.zone,
        }
    }
}

/// A row in the making.
#[derive(Debug)]
pub(super) struct RowReader<'p> {
    pub plan: &'p Plan,
    pub raw: RawRow<'p>,
    pub row: Row,
    pub rejections: Vec<Finding>,
    pub warnings: Vec<Finding>,
}

impl RowReader<'_> {
    pub fn extra(&mut self, column: &Column, cell: &str) {
        self.row
            .extras
            .push((column.name.clone(), Sensitive::new(cell.to_owned())));
    }

    pub fn finding(
        &self,
        column: Option<&Column>,
        field: Option<Field>,
        problem: Problem,
    ) -> Finding {
        Finding {
            row: Some(self.row.number),
            column: column.map(|c| c.name.clone()),
            field,
            problem,
        }
    }

    fn repeated(&mut self) {
        let number = self.row.number;
        let whole = self
            .plan
            .repeated_rows
            .get(&number)
            .map(|of| Problem::RowRepeated { of: *of });
        let same = || {
            self.plan
                .repeated_numbers
                .get(&number)
                .map(|of| Problem::NumberRepeated { of: *of })
        };
        if let Some(problem) = whole.or_else(same) {
            self.warnings.push(self.finding(None, None, problem));
        }
    }
}

fn columns(mapping: &Mapping, table: &Table, findings: &mut Vec<Finding>) -> Vec<Column> {
    let entry = |name: &str| mapping.columns.iter().find(|c| c.column == name);
    for ColumnMapping { column, field, .. } in &mapping.columns {
        if field.is_some() && !table.header.contains(column) {
            let problem = Problem::ColumnMissing;
            findings.push(Finding {
                row: None,
                column: Some(column.clone()),
                field: *field,
                problem,
            });
        }
    }
    let mut columns = Vec::with_capacity(table.header.len());
    for (at, name) in table.header.iter().enumerate() {
        let found = entry(name);
        let ours = at >= ours_from(&table.header);
        if found.and_then(|c| c.field).is_none() && !ours {
            let problem = Problem::ColumnUnmapped;
            findings.push(Finding {
                row: None,
                column: Some(name.clone()),
                field: None,
                problem,
            });
        }
        columns.push(Column {
            at,
            name: name.clone(),
            field: found.and_then(|c| c.field).filter(|_| !ours),
            ours,
            document: found.and_then(|c| c.document),
            style: Style {
                order: Order::MonthFirst,
                serials: false,
            },
        });
    }
    columns
}

/// Settles order and day counts of every date column, then the years.
fn settle_dates(
    mapping: &Mapping,
    table: &Table,
    columns: &mut [Column],
    today: Date,
    findings: &mut Vec<Finding>,
) -> Option<YearRule> {
    let is_date = |c: &Column| c.field.is_some_and(|f| f.field_type() == FieldType::Date);
    let tallies: Vec<Option<Tally>> = columns
        .iter()
        .map(|c| is_date(c).then(|| tally(table, c.at)))
        .collect();
    let elsewhere = tallies.iter().flatten().find_map(Tally::order);
    for (column, tally) in columns.iter_mut().zip(&tallies) {
        let Some(tally) = tally else { continue };
        column.style.serials = tally.clearly_dates();
        let given = mapping
            .columns
            .iter()
            .find(|c| c.column == column.name)
            .and_then(|c| c.order);
        let own = given.or_else(|| tally.order());
        column.style.order =
            own.or(elsewhere)
                .unwrap_or(if Header::new(&column.name).is_chinese() {
                    Order::MonthFirst
                } else {
                    Order::DayFirst
                });
        let problem = if given.is_some() {
            None
        } else if tally.mixed() {
            Some(Problem::OrderMixed)
        } else if own.is_none() && tally.open > 0 {
            Some(Problem::OrderAssumed {
                day_first: column.style.order == Order::DayFirst,
            })
        } else {
            None
        };
        if let Some(problem) = problem {
            findings.push(Finding {
                row: None,
                column: Some(column.name.clone()),
                field: column.field,
                problem,
            });
        }
    }
    let mut season = Season::default();
    for column in columns
        .iter()
        .filter(|c| is_date(c) && c.field != Some(Field::BirthDate))
    {
        for row in table.rows() {
            count(
                &read(row.cell(column.at)),
                column.style.order,
                today,
                &mut season,
            );
        }
    }
    let (rule, first, last) = season.settle(mapping.year, today)?;
    if mapping.year.is_none() {
        findings.push(Finding::on_file(Problem::YearAssumed { first, last }));
    }
    Some(rule)
}

fn tally(table: &Table, column: usize) -> Tally {
    let mut tally = Tally::default();
    for row in table.rows() {
        tally.add(&read(row.cell(column)));
    }
    tally
}

fn count(reading: &Reading, order: Order, today: Date, season: &mut Season) {
    for stamp in reading.stamps() {
        match stamp.day {
            Day::Open {
                first,
                second,
                year: None,
                ..
            } => {
                let (month, day) = if order == Order::DayFirst {
                    (second, first)
                } else {
                    (first, second)
                };
                // One of the two may only fit the other way round.
                if month <= 12 {
                    season.add_settled(month, day);
                } else {
                    season.add_settled(day, month);
                }
            }
            Day::Open { .. } | Day::Triple(..) | Day::Serial(_) => {}
            Day::Known { .. } => season.add(&stamp, today),
        }
    }
}
