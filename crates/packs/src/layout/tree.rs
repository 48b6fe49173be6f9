//! A pack file as it is written: every key, word and comment, without its spaces.

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    /// Comments and empty lines at the top, before the first blank line that follows them.
    pub head: Vec<String>,
    /// What the file says.
    pub root: Node,
    /// Comments after the last entry.
    pub tail: Vec<String>,
}

/// How a mapping or a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// One entry a line.
    Block,
    /// In braces or brackets on one line.
    Flow,
}

/// A part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// A word, number or quoted text as it is written; empty for nothing.
    Word(String),
    /// A mapping.
    Map(Style, Vec<Entry>),
    /// A list; its entries have no key.
    List(Style, Vec<Entry>),
}

/// An entry of a mapping or a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Comments above it; an empty text is an empty line.
    pub before: Vec<String>,
    /// Its key as it is written.
    pub key: String,
    /// What it holds.
    pub value: Node,
    /// The comment at the end of its line.
    pub remark: Option<String>,
}

impl Entry {
    /// An entry without comments.
    pub const fn new(key: String, value: Node) -> Self {
        Self {
            before: Vec::new(),
            key,
            value,
            remark: None,
        }
    }
}

impl Tree {
    /// Every comment, in order of the alphabet: keys move, words stay.
    pub fn remarks(&self) -> Vec<String> {
        let mut all: Vec<String> = self.head.iter().chain(&self.tail).cloned().collect();
        self.root.remarks(&mut all);
        all.retain(|line| !line.is_empty());
        all.sort();
        all
    }
}

impl Node {
    fn remarks(&self, into: &mut Vec<String>) {
        match self {
            Self::Word(_) => {}
            Self::Map(_, entries) | Self::List(_, entries) => {
                for entry in entries {
                    into.extend(entry.before.iter().chain(&entry.remark).cloned());
                    entry.value.remarks(into);
                }
            }
        }
    }
}
