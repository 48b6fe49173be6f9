//! The rows of an expected table: their case, their key, whether an entry is about them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::manifest::{Argument, Condition, Entry, Op, RowFilter};
use super::rules::{Around, key_text, same, text_of};
use crate::table::{Table, is_missing, parse_number};

/// An expected table as an entry sees it.
pub(super) struct View<'a> {
    pub table: &'a Table,
    pub entry: &'a Entry,
    pub default_missing: &'a super::manifest::OneOrMany,
    by_key: BTreeMap<Vec<String>, usize>,
}

impl<'a> View<'a> {
    pub fn new(
        table: &'a Table,
        entry: &'a Entry,
        default_missing: &'a super::manifest::OneOrMany,
    ) -> Self {
        let mut view = Self {
            table,
            entry,
            default_missing,
            by_key: BTreeMap::new(),
        };
        let keys = (0..table.rows().len())
            .map(|row| (view.key(row), row))
            .collect();
        view.by_key = keys;
        view
    }

    /// Columns that the entry names and the table lacks.
    pub fn absent_columns(&self) -> Vec<String> {
        let entry = self.entry;
        let mut names: Vec<&str> = entry.key.iter().map(String::as_str).collect();
        names.extend(entry.columns.keys().map(String::as_str));
        names.extend(entry.given.iter().map(String::as_str));
        names.extend(entry.skip_columns.keys().map(String::as_str));
        names.extend(entry.naming.columns());
        for argument in entry.row_params.values() {
            match argument {
                Argument::Column(column) | Argument::Split { column, .. } => names.push(column),
                Argument::Columns { columns } => names.extend(columns.iter().map(String::as_str)),
            }
        }
        let gone = |name: &&str| self.table.position(name).is_none();
        names.into_iter().filter(gone).map(str::to_owned).collect()
    }

    pub fn cell(&self, row: usize, column: &str) -> &'a str {
        let at = self.table.position(column);
        at.and_then(|at| self.table.rows()[row].get(at))
            .map_or("", String::as_str)
    }

    pub fn missing(&self, text: &str) -> bool {
        self.entry
            .missing
            .as_ref()
            .unwrap_or(self.default_missing)
            .holds(text)
    }

    pub fn key(&self, row: usize) -> Vec<String> {
        self.entry
            .key
            .iter()
            .map(|column| key_text(self.cell(row, column)))
            .collect()
    }

    pub fn row_of(&self, key: &[String]) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    pub fn case_id(&self, row: usize) -> String {
        self.entry.naming.id(|column| self.cell(row, column))
    }

    /// Whether the entry is about this row.
    pub fn selects(&self, row: usize, params: &Map<String, Value>) -> bool {
        match &self.entry.rows {
            RowFilter::All(_) => true,
            RowFilter::Where(conditions) => conditions.iter().all(|c| self.holds(c, row, params)),
        }
    }

    fn holds(&self, condition: &Condition, row: usize, params: &Map<String, Value>) -> bool {
        let text = match condition.column.strip_prefix("param:") {
            Some(name) => params
                .get(name)
                .filter(|value| !value.is_null())
                .map(text_of),
            None => Some(self.cell(row, &condition.column).to_owned()),
        };
        let text = text.filter(|text| !self.missing(text));
        let Some(text) = text else {
            return condition.op == Op::Missing;
        };
        let number = parse_number(&text);
        let limit = condition.value.as_f64();
        let listed = || match &condition.value {
            Value::Array(values) => values.iter().any(|value| text_of(value) == text),
            _ => false,
        };
        match condition.op {
            Op::Missing => false,
            Op::NotMissing => true,
            Op::Equal => same(&text_of(&condition.value), &text),
            Op::NotEqual => !same(&text_of(&condition.value), &text),
            Op::In => listed(),
            Op::NotIn => !listed(),
            Op::Finite => number.is_some_and(f64::is_finite),
            Op::Above => number
                .zip(limit)
                .is_some_and(|(number, limit)| number > limit),
            Op::Below => number
                .zip(limit)
                .is_some_and(|(number, limit)| number < limit),
        }
    }

    /// The parameters of the call that a row stands for.
    pub fn arguments(&self, row: usize) -> Map<String, Value> {
        let single = |text: &str| match text {
            text if self.missing(text) || is_missing(text) => Value::Null,
            text => number_as_written(text).map_or_else(|| text.into(), Value::Number),
        };
        let argument = |argument: &Argument| match argument {
            Argument::Column(column) => single(self.cell(row, column)),
            Argument::Split { column, split } => self
                .cell(row, column)
                .split(split.as_str())
                .map(single)
                .collect(),
            Argument::Columns { columns } => columns
                .iter()
                .map(|column| single(self.cell(row, column)))
                .collect(),
        };
        self.entry
            .row_params
            .iter()
            .map(|(name, from)| (name.clone(), argument(from)))
            .collect()
    }
}

/// The number that a text holds, when it is written as numbers are; one with zeros in front may be a name.
fn number_as_written(text: &str) -> Option<serde_json::Number> {
    let whole = text.parse::<i64>().ok().map(serde_json::Number::from);
    let number = || text.parse().ok().and_then(serde_json::Number::from_f64);
    whole
        .or_else(number)
        .filter(|number| number.to_string() == text)
}

/// What a rule may look up around one cell.
pub(super) struct Surroundings<'a> {
    pub view: &'a View<'a>,
    pub row: usize,
    pub column: &'a str,
    pub params: &'a Map<String, Value>,
}

impl Around for Surroundings<'_> {
    fn number(&self, name: &str) -> Option<f64> {
        match name.strip_prefix("param:") {
            Some(name) => self
                .params
                .get(name)
                .and_then(|value| parse_number(&text_of(value))),
            None => parse_number(self.view.cell(self.row, name)),
        }
    }

    fn sibling(&self, change: &BTreeMap<String, Value>) -> Option<f64> {
        let part = |column: &String| match change.get(column) {
            Some(value) => key_text(&text_of(value)),
            None => key_text(self.view.cell(self.row, column)),
        };
        let key: Vec<String> = self.view.entry.key.iter().map(part).collect();
        parse_number(self.view.cell(self.view.row_of(&key)?, self.column))
    }
}
