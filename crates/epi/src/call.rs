//! How a method is called by name: parameters, input tables, and what it says when it cannot be called so.
//!
//! The estimators themselves are plain functions; this is the form that the command line and the checks use.
//! Every parameter that is given must be asked for by the method: [`Params::unread`] names those that were not,
//! so that nothing is silently ignored.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use fangxian_base::Date;
use serde_json::{Map, Value};

use crate::answer::NotEstimated;
use crate::table::{Sheet, SheetSpec, Table, is_missing, parse_date, parse_number};

/// A method of the engine, as the registry knows it.
#[derive(Debug)]
pub struct Method {
    /// The name by which it is called.
    pub function: &'static str,
    /// One line that says what it answers.
    pub title: &'static str,
    /// Its page under `docs/methods`.
    pub page: &'static str,
    /// The role of its main input table; nothing when it needs parameters only.
    pub input: Option<&'static str>,
    /// The tables it makes.
    pub sheets: &'static [SheetSpec],
    /// Calls it.
    pub run: fn(&Call<'_>) -> Result<Vec<Sheet>, Refused>,
}

/// Which of two named forms of a method is meant where its best-known program departs from its paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// As published: the form to use.
    #[default]
    Published,
    /// As the program does it: the form to check against.
    Peer,
}

/// Why a method cannot be called like this.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A parameter that the method needs is not given.
    #[error("parameter `{0}` is missing")]
    NoParameter(String),
    /// A parameter has a value that the method does not know.
    #[error("parameter `{name}`: {why}")]
    BadParameter {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// An input table is not given.
    #[error("input `{0}` is missing")]
    NoInput(String),
    /// An input table lacks a column.
    #[error("input `{input}` has no column `{column}`")]
    NoColumn {
        /// The role of the table.
        input: String,
        /// The column.
        column: String,
    },
    /// A cell of an input cannot be read.
    #[error("input `{input}`, column `{column}`, row {row}: `{text}` is not {expected}")]
    BadCell {
        /// The role of the table.
        input: String,
        /// The column.
        column: String,
        /// The row, from 1, without the header.
        row: usize,
        /// What stands there.
        text: String,
        /// What should.
        expected: &'static str,
    },
    /// The whole call has no answer.
    #[error(transparent)]
    NotEstimated(#[from] NotEstimated),
}

/// One call of a method.
#[derive(Debug)]
pub struct Call<'a> {
    /// Parameters.
    pub params: Params,
    /// Input tables by role.
    pub inputs: &'a BTreeMap<String, Table>,
    /// Peer or published.
    pub mode: Mode,
    /// For sheets made on request: the values asked for, by sheet.
    pub wanted: BTreeMap<&'static str, BTreeSet<String>>,
    /// The seed of everything random.
    pub seed: u64,
}

impl<'a> Call<'a> {
    /// The input of this role.
    pub fn input(&self, role: &str) -> Result<Input<'a>, Refused> {
        let found = self.inputs.get_key_value(role);
        let (role, table) = found.ok_or_else(|| Refused::NoInput(role.to_owned()))?;
        Ok(Input {
            role,
            table: std::borrow::Cow::Borrowed(table),
        })
    }

    /// The rows of the input of this role whose column named like the parameter holds the parameter's text; all
    /// rows when the parameter is not given.
    pub fn selected(&self, role: &str, by: &str) -> Result<Input<'a>, Refused> {
        let input = self.input(role)?;
        match self.params.optional_text(by)? {
            None => Ok(input),
            Some(value) => {
                let column = input.position(by)?;
                let table = input.table.filtered(column, &value);
                Ok(Input {
                    role: input.role,
                    table: std::borrow::Cow::Owned(table),
                })
            }
        }
    }
}

/// An input table with its role, for messages.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    role: &'a str,
    table: std::borrow::Cow<'a, Table>,
}

impl Input<'_> {
    /// The rows.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The position of a column.
    pub fn position(&self, column: &str) -> Result<usize, Refused> {
        self.table
            .position(column)
            .ok_or_else(|| Refused::NoColumn {
                input: self.role.to_owned(),
                column: column.to_owned(),
            })
    }

    /// Whether the table has the column.
    pub fn has(&self, column: &str) -> bool {
        self.table.position(column).is_some()
    }

    /// The text of a column.
    pub fn texts(&self, column: &str) -> Result<Vec<&str>, Refused> {
        let at = self.position(column)?;
        Ok(self
            .table
            .rows()
            .iter()
            .map(|row| row[at].as_str())
            .collect())
    }

    /// The numbers of a column, nothing where the cell is missing.
    pub fn maybe_numbers(&self, column: &str) -> Result<Vec<Option<f64>>, Refused> {
        let read = |(row, text): (usize, &str)| match text {
            text if is_missing(text) => Ok(None),
            text => parse_number(text)
                .map(Some)
                .ok_or_else(|| self.bad(column, row, text, "a number")),
        };
        self.texts(column)?
            .into_iter()
            .enumerate()
            .map(read)
            .collect()
    }

    /// The numbers of a column, all of which must be there.
    pub fn numbers(&self, column: &str) -> Result<Vec<f64>, Refused> {
        let cells = self.maybe_numbers(column)?.into_iter().enumerate();
        cells
            .map(|(row, cell)| cell.ok_or_else(|| self.bad(column, row, "", "a number")))
            .collect()
    }

    /// The dates of a column, nothing where the cell is missing.
    pub fn maybe_dates(&self, column: &str) -> Result<Vec<Option<Date>>, Refused> {
        let read = |(row, text): (usize, &str)| match text {
            text if is_missing(text) => Ok(None),
            text => parse_date(text)
                .map(Some)
                .ok_or_else(|| self.bad(column, row, text, "a date like 2020-01-31")),
        };
        self.texts(column)?
            .into_iter()
            .enumerate()
            .map(read)
            .collect()
    }

    /// A refusal of the cell in this row, counted from 0.
    pub fn bad(&self, column: &str, row: usize, text: &str, expected: &'static str) -> Refused {
        Refused::BadCell {
            input: self.role.to_owned(),
            column: column.to_owned(),
            row: row + 1,
            text: text.to_owned(),
            expected,
        }
    }
}

/// The parameters of a call, which remember what was asked for.
#[derive(Debug, Clone, Default)]
pub struct Params {
    prefix: String,
    values: Map<String, Value>,
    read: Rc<RefCell<BTreeSet<String>>>,
}

impl Params {
    /// Parameters from an object.
    pub fn new(values: Map<String, Value>) -> Self {
        Self {
            prefix: String::new(),
            values,
            read: Rc::default(),
        }
    }

    fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// The value of a parameter, nothing when it is not given or null. Asking counts as reading.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.read.borrow_mut().insert(self.full(name));
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// Parameters that were given and never asked for, with dots for those inside others.
    pub fn unread(&self) -> Vec<String> {
        let read = self.read.borrow();
        let mut unread = Vec::new();
        for (name, value) in &self.values {
            if !read.contains(name) {
                unread.push(name.clone());
            } else if let Value::Object(inner) = value {
                let full = inner.keys().map(|key| format!("{name}.{key}"));
                unread.extend(full.filter(|full| !read.contains(full)));
            }
        }
        unread
    }

    fn bad(&self, name: &str, why: impl Into<String>) -> Refused {
        Refused::BadParameter {
            name: self.full(name),
            why: why.into(),
        }
    }

    fn needed<T>(&self, name: &str, found: Option<T>) -> Result<T, Refused> {
        found.ok_or_else(|| Refused::NoParameter(self.full(name)))
    }

    /// A refusal of the value of this parameter.
    pub fn refuse<T>(&self, name: &str, why: impl Into<String>) -> Result<T, Refused> {
        Err(self.bad(name, why))
    }

    /// A number that may be absent.
    pub fn optional_number(&self, name: &str) -> Result<Option<f64>, Refused> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        number_of(value)
            .map(Some)
            .ok_or_else(|| self.bad(name, "is not a number"))
    }

    /// A number.
    pub fn number(&self, name: &str) -> Result<f64, Refused> {
        let found = self.optional_number(name)?;
        self.needed(name, found)
    }

    /// A number, or `default` when absent.
    pub fn number_or(&self, name: &str, default: f64) -> Result<f64, Refused> {
        Ok(self.optional_number(name)?.unwrap_or(default))
    }

    /// A whole number that may be absent.
    pub fn optional_whole(&self, name: &str) -> Result<Option<usize>, Refused> {
        let Some(number) = self.optional_number(name)? else {
            return Ok(None);
        };
        let whole = crate::numbers::whole(number).filter(|n| *n as f64 == number);
        whole
            .map(Some)
            .ok_or_else(|| self.bad(name, "is not a whole number"))
    }

    /// A whole number.
    pub fn whole(&self, name: &str) -> Result<usize, Refused> {
        let found = self.optional_whole(name)?;
        self.needed(name, found)
    }

    /// A whole number, or `default` when absent.
    pub fn whole_or(&self, name: &str, default: usize) -> Result<usize, Refused> {
        Ok(self.optional_whole(name)?.unwrap_or(default))
    }

    /// Yes or no, or `default` when absent.
    pub fn flag_or(&self, name: &str, default: bool) -> Result<bool, Refused> {
        match self.value(name) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.bad(name, "is not true or false")),
        }
    }

    /// A text that may be absent; numbers are taken as written.
    pub fn optional_text(&self, name: &str) -> Result<Option<String>, Refused> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(self.bad(name, "is not a text")),
        }
    }

    /// A text.
    pub fn text(&self, name: &str) -> Result<String, Refused> {
        let found = self.optional_text(name)?;
        self.needed(name, found)
    }

    /// A text, or `default` when absent.
    pub fn text_or(&self, name: &str, default: &str) -> Result<String, Refused> {
        Ok(self
            .optional_text(name)?
            .unwrap_or_else(|| default.to_owned()))
    }

    /// What the text of a parameter stands for among these; nothing when it is absent.
    pub fn one_of<T: Copy>(&self, name: &str, known: &[(&str, T)]) -> Result<Option<T>, Refused> {
        let Some(text) = self.optional_text(name)? else {
            return Ok(None);
        };
        if let Some((_, meant)) = known.iter().find(|(known, _)| *known == text) {
            return Ok(Some(*meant));
        }
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        self.refuse(name, format!("is not one of {}", names.join(", ")))
    }

    /// A list of numbers that may be absent; a single number is a list of one.
    pub fn optional_numbers(&self, name: &str) -> Result<Option<Vec<f64>>, Refused> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let read = match value {
            Value::Array(values) => values.iter().map(number_of).collect(),
            single => number_of(single).map(|n| vec![n]),
        };
        read.map(Some)
            .ok_or_else(|| self.bad(name, "is not a list of numbers"))
    }

    /// A list of numbers.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, Refused> {
        let found = self.optional_numbers(name)?;
        self.needed(name, found)
    }

    /// A list of whole numbers.
    pub fn wholes(&self, name: &str) -> Result<Vec<usize>, Refused> {
        let whole = |n: &f64| {
            crate::numbers::whole(*n)
                .ok_or_else(|| self.bad(name, "is not a list of whole numbers"))
        };
        self.numbers(name)?.iter().map(whole).collect()
    }

    /// A list of texts, empty when absent.
    pub fn texts(&self, name: &str) -> Result<Vec<String>, Refused> {
        match self.value(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => {
                let text = |value: &Value| value.as_str().map(str::to_owned);
                let read: Option<Vec<String>> = values.iter().map(text).collect();
                read.ok_or_else(|| self.bad(name, "is not a list of texts"))
            }
            Some(_) => Err(self.bad(name, "is not a list of texts")),
        }
    }

    /// The parameters inside a parameter, when it is given.
    pub fn inner(&self, name: &str) -> Result<Option<Self>, Refused> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(values)) => Ok(Some(Self {
                prefix: format!("{}.", self.full(name)),
                values: values.clone(),
                read: Rc::clone(&self.read),
            })),
            Some(_) => Err(self.bad(name, "is not an object")),
        }
    }

    /// The parameters inside a parameter (none when it is not given) and these of its neighbours, as parameters of a
    /// method of their own: they keep their own account of what was asked for.
    pub fn taken_out(&self, name: &str, beside: &[&str]) -> Result<Self, Refused> {
        let mut values = match self.value(name) {
            None => Map::new(),
            Some(Value::Object(values)) => values.clone(),
            Some(_) => return Err(self.bad(name, "is not an object")),
        };
        for key in values.keys() {
            let full = self.full(&format!("{name}.{key}"));
            self.read.borrow_mut().insert(full);
        }
        for key in beside {
            if let Some(value) = self.value(key) {
                values.insert((*key).to_owned(), value.clone());
            }
        }
        Ok(Self::new(values))
    }

    /// First and last position of `range`, both counted from 1 and both included.
    pub fn range(&self, name: &str) -> Result<(usize, usize), Refused> {
        match self.wholes(name)?.as_slice() {
            [first, last] if *first >= 1 && first <= last => Ok((*first, *last)),
            _ => Err(self.bad(name, "is not [first, last] with first at least 1")),
        }
    }
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => parse_number(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
