//! Tables of text in, tables of cells out: the plain form in which a method is called by name.

use std::fmt;

use fangxian_base::Date;

/// A table as it was read: named columns, rows of text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table of these columns and rows; short rows are filled with empty cells.
    pub fn new(columns: Vec<String>, mut rows: Vec<Vec<String>>) -> Self {
        for row in &mut rows {
            row.resize(columns.len(), String::new());
        }
        Self { columns, rows }
    }

    /// The names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }

    /// The position of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }

    /// The rows whose cell in `column` is `value`, as a table.
    #[must_use]
    pub fn filtered(&self, column: usize, value: &str) -> Self {
        let hit = |row: &&Vec<String>| row.get(column).is_some_and(|cell| cell == value);
        Self {
            columns: self.columns.clone(),
            rows: self.rows.iter().filter(hit).cloned().collect(),
        }
    }
}

/// One cell of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing to say here.
    Missing,
    /// A number, which may be infinite.
    Number(f64),
    /// A name, a date, a list.
    Text(String),
}

impl Cell {
    /// A flag as 1 or 0.
    pub fn flag(flag: bool) -> Self {
        Self::Number(if flag { 1.0 } else { 0.0 })
    }

    /// A whole number.
    pub fn whole(n: usize) -> Self {
        Self::Number(n as f64)
    }

    /// A number, or missing where there is none or it is not one.
    pub fn maybe(value: Option<f64>) -> Self {
        value.map_or(Self::Missing, Self::from)
    }
}

impl From<f64> for Cell {
    /// `NaN` is a missing value here; a method that means it says so in text.
    fn from(value: f64) -> Self {
        if value.is_nan() {
            Self::Missing
        } else {
            Self::Number(value)
        }
    }
}

impl From<&str> for Cell {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Cell {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "NA"),
            Self::Number(n) if n.is_infinite() => {
                write!(f, "{}", if *n > 0.0 { "Inf" } else { "-Inf" })
            }
            Self::Number(n) if n.is_nan() => write!(f, "NaN"),
            Self::Number(n) => write!(f, "{n}"),
            Self::Text(text) => write!(f, "{text}"),
        }
    }
}

/// What a result table looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetSpec {
    /// Its name among the tables of the method.
    pub name: &'static str,
    /// Its columns. A name in braces stands for the text of that parameter.
    pub columns: &'static [&'static str],
    /// Made only for asked values of this column (intermediate values of a fit, for instance).
    pub on_request: Option<&'static str>,
}

/// A result table.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// What it looks like.
    pub spec: &'static SheetSpec,
    /// Its rows, each as long as the columns.
    pub rows: Vec<Vec<Cell>>,
}

/// The number that a cell of text holds, with the spellings of infinity; nothing for a missing cell.
pub fn parse_number(text: &str) -> Option<f64> {
    match text.trim() {
        "Inf" | "inf" | "Infinity" => Some(f64::INFINITY),
        "-Inf" | "-inf" | "-Infinity" => Some(f64::NEG_INFINITY),
        "NaN" | "nan" => Some(f64::NAN),
        other => other.parse().ok(),
    }
}

/// Whether a cell of an input says that there is no value.
pub fn is_missing(text: &str) -> bool {
    matches!(text.trim(), "" | "NA" | "N/A" | "null")
}

/// The date that a cell of text holds: year, month and day with dashes or strokes between, zeros in front or not.
pub fn parse_date(text: &str) -> Option<Date> {
    let text = text.trim();
    let by = if text.contains('/') { '/' } else { '-' };
    let mut parts = text.splitn(3, by);
    let year = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    Date::new(year, month, parts.next()?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_both_spellings_and_nothing_else_is() {
        assert_eq!(parse_date("2001/1/9"), parse_date("2001-01-09"));
        assert!(parse_date("2001/1/9").is_some());
        for text in ["2001", "2001-13-01", "2020-02-30", "", "1/2", "x/y/z", "-1"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
    }
}
