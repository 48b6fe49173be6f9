//! What a pack file may contain: the YAML as it is typed, before anything is looked up.
//!
//! Unknown keys, duplicate keys, anchors and includes are refused by the reader. Names that are
//! looked up later carry their place in the file.

mod city;
mod disease;
mod example;
mod facts;
mod law;
mod levels;
mod notifiable;
mod scheme;
mod values;

pub use city::{CityDoc, InForce, Level};
pub use disease::{Covers, DiseaseDoc, EditionDoc, PathwayDoc};
pub use example::{ClockCase, ExampleDoc, ExamplesDoc, Expect, ExpectMeasure, ExpectTask};
pub use facts::{Absence, AttrDoc, AttrType, FactKindDoc, FactsDoc, Privacy};
pub use law::{AbsentDoc, LawDoc, LawMeasureDoc, RemedyDoc, Reported};
pub use levels::{CompareIndicator, Graded, LevelCond, LevelsDoc};
pub use notifiable::NotifiableDoc;
pub use scheme::SchemeDoc;
pub use values::{CondDoc, CriterionDoc, DuringDoc, MatchDoc, SeriesDoc, SourceDoc};

use serde::Deserialize;
use serde_saphyr::Spanned;

/// A name that is looked up, with its place.
pub type Name = Spanned<String>;

/// What kind of file it is: the first thing that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The vocabulary of facts.
    Facts,
    /// One statute.
    Law,
    /// One disease.
    Disease,
    /// One scheme of person categories.
    Scheme,
    /// Levels of areas, events, responses, or a code.
    Levels,
    /// One city.
    City,
    /// The list of notifiable diseases.
    Notifiable,
    /// Examples of another pack.
    Examples,
}

/// The key that every file starts with.
#[derive(Debug, Deserialize)]
pub struct Head {
    /// The kind.
    pub kind: Kind,
}
