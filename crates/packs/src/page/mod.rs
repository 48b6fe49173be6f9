//! A pack as a page that people read: what it rests on, its values over time, its rules in words.
//!
//! Everything comes from the pack itself; [`PackPage::markdown`] writes it in one language. Pages
//! of diseases stand in [`disease`], those of the other kinds in [`other`].

mod disease;
mod markdown;
mod other;
mod parts;

use schemars::JsonSchema;
use serde::Serialize;

use crate::library::Library;
use crate::text::Text;

/// A pack as a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackPage {
    /// Id.
    pub id: String,
    /// `law`, `disease`, `scheme`, `levels`, `overlay` or `city`.
    pub kind: &'static str,
    /// The file it stands in.
    pub file: String,
    /// Title.
    pub title: Text,
    /// What it is, line by line.
    pub about: Vec<PageLine>,
    /// Its parts; those without entries are left out.
    pub sections: Vec<PageSection>,
}

/// A part of the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PageSection {
    /// The key of the pack that it shows, such as `values`.
    pub key: &'static str,
    /// Title.
    pub title: Text,
    /// Entries, in the order in which the pack tries them.
    pub entries: Vec<PageEntry>,
}

/// A rule, value, measure or source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PageEntry {
    /// Its id in the pack; empty where it has none.
    pub id: String,
    /// What it says.
    pub text: Text,
    /// What belongs to it.
    pub lines: Vec<PageLine>,
}

/// A line of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PageLine {
    /// How far in it stands: parts of a condition stand below it.
    pub depth: usize,
    /// What it says.
    pub text: Text,
}

impl Library {
    /// The pages of all packs: laws, diseases, schemes, levels, overlays, cities.
    pub fn pages(&self) -> Vec<PackPage> {
        let laws = self.laws.iter().map(|pack| other::law(self, pack));
        let diseases = self
            .diseases
            .iter()
            .map(|pack| disease::disease(self, pack));
        let schemes = self.schemes.iter().map(|pack| other::scheme(self, pack));
        let levels = self.levels.iter().map(|pack| other::levels(self, pack));
        let cities = self.cities.iter().map(|pack| other::city(self, pack));
        let overlays = self.overlays.iter().map(|pack| other::overlay(self, pack));
        let all = laws.chain(diseases).chain(schemes).chain(levels);
        all.chain(overlays).chain(cities).collect()
    }

    /// The page of one pack.
    pub fn page(&self, id: &str) -> Option<PackPage> {
        self.pages().into_iter().find(|page| page.id == id)
    }

    fn blank(&self, id: &str, kind: &'static str, title: &Text) -> PackPage {
        PackPage {
            id: id.to_owned(),
            kind,
            file: self.file_of(id).to_owned(),
            title: title.clone(),
            about: Vec::new(),
            sections: Vec::new(),
        }
    }
}

impl PackPage {
    fn say(&mut self, zh: impl Into<String>, en: impl Into<String>) {
        self.about.push(PageLine::new(Text::new(zh, en)));
    }

    fn section(&mut self, key: &'static str, zh: &str, en: &str, entries: Vec<PageEntry>) {
        if !entries.is_empty() {
            self.sections.push(PageSection {
                key,
                title: Text::new(zh, en),
                entries,
            });
        }
    }
}

impl PageEntry {
    fn new(id: &str, text: &Text) -> Self {
        Self {
            id: id.to_owned(),
            text: text.clone(),
            lines: Vec::new(),
        }
    }

    fn say(&mut self, zh: impl Into<String>, en: impl Into<String>) {
        self.lines.push(PageLine::new(Text::new(zh, en)));
    }
}

impl PageLine {
    const fn new(text: Text) -> Self {
        Self { depth: 0, text }
    }
}
