//! What is wrong with a pack: where, what, and what to do. A finding is not an error of the
//! program; a pack with findings of [`Severity::Error`] does not load.

use schemars::JsonSchema;
use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The packs do not load.
    Error,
    /// They load; `pack check` still fails.
    Gap,
}

/// One thing that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Finding {
    /// The file, as it was named to the loader.
    pub file: String,
    /// Line, from 1; 0 when it concerns the whole file.
    pub line: u64,
    /// Column, from 1; 0 when it concerns the whole line.
    pub column: u64,
    /// How bad.
    pub severity: Severity,
    /// A short stable name of the check.
    pub code: &'static str,
    /// What does not hold.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Gap => "gap",
        };
        write!(f, "{}:{}", self.file, self.line)?;
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        write!(f, ": {severity}[{}]: {}", self.code, self.message)?;
        if self.hint.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", self.hint)
        }
    }
}

/// A place in a file, from 1; 0 where it is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spot {
    /// Line.
    pub line: u64,
    /// Column.
    pub column: u64,
}

impl Spot {
    /// The file as a whole.
    pub const FILE: Self = Self { line: 0, column: 0 };
}

/// The known name nearest to `name`, for a hint.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(d, _)| *d <= 3)
        .min()
        .map_or_else(String::new, |(_, candidate)| {
            format!("did you mean `{candidate}`?")
        })
}

/// Edits between two short names.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, y) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(usize::MAX - 1);
            let left = row.get(j).copied().unwrap_or(usize::MAX - 1);
            let change = diagonal + usize::from(x != *y);
            diagonal = above;
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = change.min(above + 1).min(left + 1);
            }
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_gets_a_suggestion() {
        assert_eq!(
            nearest("feverr", ["cough", "fever"].into_iter()),
            "did you mean `fever`?"
        );
        assert_eq!(nearest("something", ["cough"].into_iter()), "");
    }
}
