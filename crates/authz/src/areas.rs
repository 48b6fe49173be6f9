//! Area paths and the key ranges that stand for "this area and everything below it".

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The place of an area in today's division tree, such as `a.03.12.`: every level ends with a dot.
///
/// All paths of an installation begin with `a.`, the jurisdiction itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaPath(String);

/// The text is not an area path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not an area path such as `a.03.12.`")]
pub struct ParseAreaPathError(String);

impl AreaPath {
    /// The whole jurisdiction.
    pub fn root() -> Self {
        Self("a.".to_owned())
    }

    /// The path as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `other` is this area or lies in it.
    pub fn holds(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// The area directly below with this label (lower-case letters and digits).
    ///
    /// # Errors
    /// When the label is empty or holds anything else.
    pub fn child(&self, label: &str) -> Result<Self, ParseAreaPathError> {
        format!("{}{label}.", self.0).parse()
    }

    /// The areas above this one, the jurisdiction first; the area itself is not among them.
    pub fn above(&self) -> impl Iterator<Item = Self> + '_ {
        let last = self.0.len().saturating_sub(1);
        self.0
            .match_indices('.')
            .map(|(at, _)| at)
            .filter(move |at| *at < last)
            .filter_map(|at| self.0.get(..=at).map(|path| Self(path.to_owned())))
    }

    /// The range of keys that this area and everything in it occupy.
    pub fn prefix(&self) -> AreaPrefix {
        AreaPrefix(self.clone())
    }
}

impl FromStr for AreaPath {
    type Err = ParseAreaPathError;

    fn from_str(text: &str) -> Result<Self, ParseAreaPathError> {
        let plain = |label: &str| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        match text.strip_suffix('.') {
            Some(labels)
                if labels.split('.').all(plain) && labels.split('.').next() == Some("a") =>
            {
                Ok(Self(text.to_owned()))
            }
            Some(_) | None => Err(ParseAreaPathError(text.to_owned())),
        }
    }
}

impl fmt::Display for AreaPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An area and everything in it, as a range: `path >= lower AND path < upper`.
///
/// The range holds when paths compare byte by byte (`COLLATE "C"` in PostgreSQL).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaPrefix(AreaPath);

impl AreaPrefix {
    /// The area itself.
    pub const fn area(&self) -> &AreaPath {
        &self.0
    }

    /// The first key inside.
    pub fn lower(&self) -> &str {
        self.0.as_str()
    }

    /// The first key outside: the closing dot becomes the next character, a slash.
    pub fn upper(&self) -> String {
        let mut upper = self.0.0.clone();
        upper.pop();
        upper.push('/');
        upper
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> AreaPath {
        text.parse().unwrap()
    }

    #[test]
    fn a_range_holds_exactly_the_area_and_what_lies_in_it() {
        let range = path("a.03.").prefix();
        let inside = |p: &str| p >= range.lower() && p < range.upper().as_str();
        assert!(inside("a.03.") && inside("a.03.12.") && inside("a.03.zz.9."));
        assert!(!inside("a.") && !inside("a.02.") && !inside("a.031.") && !inside("a.04."));
    }

    #[test]
    fn the_areas_above_are_named_from_the_top() {
        let above: Vec<_> = path("a.03.12.").above().collect();
        assert_eq!(above, [path("a."), path("a.03.")]);
        assert_eq!(AreaPath::root().above().count(), 0);
    }

    #[test]
    fn only_whole_paths_are_read() {
        for wrong in ["", ".", "a", "a.03", "b.03.", "a..", "a.03/.", "a.03.A."] {
            assert!(wrong.parse::<AreaPath>().is_err(), "{wrong}");
        }
        assert_eq!(path("a.").child("03"), Ok(path("a.03.")));
        assert!(path("a.").child("0.3x%").is_err());
    }
}
