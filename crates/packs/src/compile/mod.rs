//! From typed YAML to rules that can be evaluated: every name is looked up once, here.
//!
//! What cannot be looked up becomes a finding; the compiled form then holds a stand-in and the
//! pack does not load. Start with [`rules::Rules`].

pub mod build;
pub mod disease;
pub mod other;
pub mod overlay;
mod reach;
pub mod rules;
pub mod series;
pub mod vocabulary;

use std::collections::BTreeSet;

use crate::finding::{Finding, Severity, Spot, nearest};
use crate::schema::Name;

/// Collects findings of one file.
#[derive(Debug)]
pub struct Report<'a> {
    /// The file's name.
    pub file: &'a str,
    /// Its text, to find the line of a key.
    pub text: &'a str,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Rules, values and criteria that something refers to.
    pub used: BTreeSet<String>,
}

impl<'a> Report<'a> {
    /// An empty report.
    pub const fn new(file: &'a str, text: &'a str) -> Self {
        Self {
            file,
            text,
            findings: Vec::new(),
            used: BTreeSet::new(),
        }
    }

    /// Adds an error.
    pub fn error(&mut self, spot: Spot, code: &'static str, message: String, hint: String) {
        self.add(Severity::Error, spot, code, message, hint);
    }

    /// Adds a finding.
    pub fn add(
        &mut self,
        severity: Severity,
        spot: Spot,
        code: &'static str,
        message: String,
        hint: String,
    ) {
        let file = self.file.to_owned();
        self.findings.push(Finding {
            file,
            line: spot.line,
            column: spot.column,
            severity,
            code,
            message,
            hint,
        });
    }

    /// Adds "unknown name", with the nearest known one, or all when they are few.
    pub fn unknown<'k>(&mut self, what: &str, name: &Name, known: impl Iterator<Item = &'k str>) {
        let known: Vec<&str> = known.collect();
        let hint = match nearest(&name.value, known.iter().copied()) {
            hint if !hint.is_empty() => hint,
            _ if known.is_empty() => "declare it first".to_owned(),
            _ if known.len() <= 16 => format!("there are: {}", known.join(", ")),
            _ => String::new(),
        };
        let line = name.spot();
        self.error(
            line,
            "unknown-name",
            format!("unknown {what} `{}`", name.value),
            hint,
        );
    }

    /// The place where a mapping key stands first.
    pub fn spot_of_key(&self, key: &str) -> Spot {
        let at = |line: &str| {
            let word = line
                .trim_start()
                .trim_start_matches("- ")
                .trim_start_matches('{')
                .trim_start();
            let rest = word.strip_prefix(key)?;
            rest.starts_with(':')
                .then(|| line[..line.len() - word.len()].chars().count() as u64 + 1)
        };
        let found = self.text.lines().enumerate();
        found
            .filter_map(|(index, line)| Some((index as u64 + 1, at(line)?)))
            .map(|(line, column)| Spot { line, column })
            .next()
            .unwrap_or_default()
    }
}
