//! From typed YAML to rules that can be evaluated: every name is looked up once, here.
//!
//! What cannot be looked up becomes a finding; the compiled form then holds a stand-in and the
//! pack does not load. Start with [`rules::Rules`].

pub mod build;
pub mod disease;
pub mod other;
mod reach;
pub mod rules;
pub mod series;
pub mod vocabulary;

use std::collections::BTreeSet;

use crate::finding::{Finding, Severity, nearest};
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
    pub fn error(&mut self, line: u64, code: &'static str, message: String, hint: String) {
        self.add(Severity::Error, line, code, message, hint);
    }

    /// Adds a finding.
    pub fn add(
        &mut self,
        severity: Severity,
        line: u64,
        code: &'static str,
        message: String,
        hint: String,
    ) {
        let file = self.file.to_owned();
        self.findings.push(Finding {
            file,
            line,
            severity,
            code,
            message,
            hint,
        });
    }

    /// Adds "unknown name", with the nearest known one.
    pub fn unknown<'k>(&mut self, what: &str, name: &Name, known: impl Iterator<Item = &'k str>) {
        let hint = nearest(&name.value, known);
        let line = name.referenced.line();
        self.error(
            line,
            "unknown-name",
            format!("unknown {what} `{}`", name.value),
            hint,
        );
    }

    /// The line on which a mapping key stands first.
    pub fn line_of_key(&self, key: &str) -> u64 {
        let found = self.text.lines().position(|line| {
            let line = line
                .trim_start()
                .trim_start_matches("- ")
                .trim_start_matches('{')
                .trim_start();
            line.strip_prefix(key)
                .is_some_and(|rest| rest.starts_with(':'))
        });
        found.map_or(0, |i| i as u64 + 1)
    }
}
