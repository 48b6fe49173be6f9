//! What a check found.

use std::collections::BTreeMap;

use serde::Serialize;

/// The result of checking one folder.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The name of the folder.
    pub method: String,
    /// Calls made.
    pub calls: usize,
    /// Cells compared, by file and column.
    pub compared: BTreeMap<String, BTreeMap<String, usize>>,
    /// Rows that one side tells and the other leaves out because of its draws, each named once.
    pub by_draws: Vec<String>,
    /// What lies outside its tolerance.
    pub failures: Vec<Failure>,
    /// What was not compared though the folder asks for it.
    pub not_compared: Vec<NotCompared>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything was compared and agrees.
    Agrees,
    /// Everything was compared and something differs.
    Differs,
    /// Something was not compared.
    Incomplete,
}

/// A cell, a row or a bar that does not hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failure {
    /// The expected file.
    pub file: String,
    /// The key of the row.
    pub key: String,
    /// The column, when it is about one.
    pub column: Option<String>,
    /// What was expected.
    pub want: String,
    /// What came out.
    pub got: String,
    /// What would have been right.
    pub allowed: String,
}

/// Something that was not compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotCompared {
    /// What: a case, a parameter, a file, a column.
    pub what: String,
    /// Why.
    pub why: String,
}

impl Report {
    /// The verdict; what was not compared weighs more than what differs, because it hides what else may.
    pub fn verdict(&self) -> Verdict {
        match (self.not_compared.is_empty(), self.failures.is_empty()) {
            (false, _) => Verdict::Incomplete,
            (true, false) => Verdict::Differs,
            (true, true) => Verdict::Agrees,
        }
    }

    /// All cells compared.
    pub fn cells(&self) -> usize {
        self.compared.values().flat_map(BTreeMap::values).sum()
    }

    pub(super) fn count(&mut self, file: &str, column: &str, cells: usize) {
        let columns = self.compared.entry(file.to_owned()).or_default();
        *columns.entry(column.to_owned()).or_default() += cells;
    }

    pub(super) fn leave(&mut self, what: impl Into<String>, why: impl Into<String>) {
        let left = NotCompared {
            what: what.into(),
            why: why.into(),
        };
        if !self.not_compared.contains(&left) {
            self.not_compared.push(left);
        }
    }
}
