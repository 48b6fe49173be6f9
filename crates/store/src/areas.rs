//! Places: the dated tree of divisions. Rows elsewhere hold an area id; the path lives here.

/// Part of the tree: all paths from `from` (inclusive) to `to` (exclusive).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AreaRange {
    /// The first path.
    pub from: String,
    /// The first path beyond.
    pub to: String,
}

/// The path of the whole jurisdiction; every other path begins with it.
pub const ROOT_PATH: &str = "a.";

impl AreaRange {
    /// Everything at and below a path such as `a.03.`.
    pub fn below(path: &str) -> Self {
        // Paths end in a dot; the next character after it bounds all that begin with the path.
        let to = format!("{}/", path.strip_suffix('.').unwrap_or(path));
        Self {
            from: path.to_owned(),
            to,
        }
    }

    /// The whole jurisdiction, what has no known place included.
    pub fn everywhere() -> Self {
        Self::below(ROOT_PATH)
    }

    /// Whether this is the whole jurisdiction.
    pub fn is_everywhere(&self) -> bool {
        self.from == ROOT_PATH
    }
}
