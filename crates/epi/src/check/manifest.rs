//! The `check.json` of a folder, read strictly: a key that is not known here is an error, not a silence.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::rules::Rule;

/// A manifest that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("check.json cannot be read: {0}")]
pub struct ManifestError(#[from] serde_json::Error);

/// What a folder wants compared.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The name of the folder.
    pub method: String,
    /// Role to file; `data:` stands for a file of the data folder.
    pub inputs: BTreeMap<String, String>,
    #[expect(
        dead_code,
        reason = "information for people; the cases below are made from it"
    )]
    cases_file: Option<String>,
    pub(super) cases: Vec<Case>,
    pub(super) compare: Vec<Entry>,
    pub(super) bars: Vec<BarEntry>,
    pub(super) not_compared: Vec<Left>,
    pub(super) missing: OneOrMany,
    pub(super) modes: Vec<String>,
    #[expect(dead_code, reason = "information for people; the rules say the same")]
    stochastic: Option<Value>,
    #[serde(default)]
    #[expect(dead_code, reason = "information for people")]
    note: Option<String>,
}

impl Manifest {
    /// Reads a manifest from its text.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        Ok(serde_json::from_str(text)?)
    }

    /// The result tables that it names, each once.
    pub fn expected_files(&self) -> Vec<&str> {
        let entries = self.compare.iter().map(|entry| entry.file.as_str());
        let mut files: Vec<&str> = entries
            .chain(self.bars.iter().map(|bar| bar.file.as_str()))
            .collect();
        files.sort_unstable();
        files.dedup();
        files
    }

    /// The case with this id that has rows in `file`.
    pub(super) fn case_of(&self, file: &str, id: &str) -> Option<&Case> {
        let here = |case: &&Case| case.id == id && case.files.iter().any(|f| f == file);
        self.cases.iter().find(here)
    }

    /// Whether a bar is the value of this parameter: then it is not for the method.
    pub(super) fn looked_up_by_bars(&self, name: &str) -> bool {
        let wanted = format!("param:{name}");
        self.bars
            .iter()
            .flat_map(|bar| bar.columns.values())
            .any(|bar| match bar {
                Bar::AtMost(value) | Bar::AtLeast(value) => value.as_str() == Some(&wanted),
                Bar::Between(_) => false,
            })
    }
}

/// One call of a method.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    #[serde(rename = "case")]
    pub id: String,
    pub function: String,
    pub files: Vec<String>,
    pub params: Map<String, Value>,
    #[serde(default)]
    #[expect(dead_code, reason = "a case that may be skipped is run like any other")]
    optional: bool,
}

/// A file that is neither input nor compared, and why.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Left {
    pub file: String,
    #[expect(dead_code, reason = "information for people")]
    why: String,
}

/// One text or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::One(one) => one == text,
            Self::Many(many) => many.iter().any(|one| one == text),
        }
    }
}

/// How the rows of a file name their case.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Naming {
    case: Option<String>,
    case_by: Option<Vec<String>>,
    case_suffix: Option<String>,
}

impl Naming {
    /// The columns that make up the id of the case.
    pub fn columns(&self) -> Vec<&str> {
        match (&self.case, &self.case_by) {
            (Some(_), _) => Vec::new(),
            (None, Some(columns)) => columns.iter().map(String::as_str).collect(),
            (None, None) => vec!["case"],
        }
    }

    /// The id of the case of a row, whose cells `cell` gives.
    pub fn id<'a>(&self, cell: impl Fn(&str) -> &'a str) -> String {
        let base = match &self.case {
            Some(id) => id.clone(),
            None => self
                .columns()
                .into_iter()
                .map(cell)
                .collect::<Vec<_>>()
                .join("|"),
        };
        base + self.case_suffix.as_deref().unwrap_or("")
    }
}

/// A table to reproduce.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Entry {
    pub file: String,
    pub key: Vec<String>,
    pub columns: BTreeMap<String, Rule>,
    #[serde(default)]
    pub rows: RowFilter,
    pub other_rows: Option<String>,
    #[serde(default)]
    pub row_params: BTreeMap<String, Argument>,
    #[serde(default)]
    pub given: Vec<String>,
    #[serde(default)]
    pub skip_columns: BTreeMap<String, String>,
    pub first: Option<First>,
    pub missing: Option<OneOrMany>,
    #[serde(flatten)]
    pub naming: Naming,
}

/// Which rows an entry is about.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum RowFilter {
    All(#[expect(dead_code, reason = "the only text there is: all")] String),
    Where(Vec<Condition>),
}

impl Default for RowFilter {
    fn default() -> Self {
        Self::All("all".to_owned())
    }
}

/// A condition on a row.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Condition {
    pub column: String,
    pub op: Op,
    #[serde(default)]
    pub value: Value,
}

/// The operators of conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Op {
    #[serde(rename = "==")]
    Equal,
    #[serde(rename = "!=")]
    NotEqual,
    #[serde(rename = ">")]
    Above,
    #[serde(rename = "<")]
    Below,
    #[serde(rename = "in")]
    In,
    #[serde(rename = "not_in")]
    NotIn,
    #[serde(rename = "finite")]
    Finite,
    #[serde(rename = "missing")]
    Missing,
    #[serde(rename = "not_missing")]
    NotMissing,
}

/// Where the argument of a call per row comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Argument {
    Column(String),
    Split { column: String, split: String },
    Columns { columns: Vec<String> },
}

/// Rows of ours beyond the n-th value of a column are ignored.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct First {
    pub column: String,
    pub n: usize,
}

/// A table of quality to reach.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct BarEntry {
    pub file: String,
    pub key: Vec<String>,
    pub columns: BTreeMap<String, Bar>,
    #[serde(default)]
    pub group_by: Vec<String>,
    #[serde(default)]
    pub over: Vec<String>,
    #[serde(default)]
    pub average: Vec<String>,
    #[serde(flatten)]
    pub naming: Naming,
}

/// What must be reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Bar {
    AtMost(Value),
    AtLeast(Value),
    Between([f64; 2]),
}
