//! What a pack file may contain: the YAML as it is typed, before anything is looked up.
//!
//! Unknown keys, duplicate keys, anchors and includes are refused by the reader. Names that are
//! looked up later carry their place in the file.

mod city;
mod confirmed;
mod disease;
mod example;
mod facts;
mod json;
mod law;
mod levels;
mod notifiable;
mod overlay;
mod retention;
mod scheme;
mod values;

pub use city::{CityDoc, InForce, Level, LimitDoc, LimitOf};
pub use confirmed::{ConfirmedCase, ConfirmedDoc};
pub use disease::{Covers, DiseaseDoc, EditionDoc, PathwayDoc};
pub use example::{
    ClockCase, DeadlineCase, ExampleDoc, ExamplesDoc, Expect, ExpectMeasure, ExpectTask, LimitCase,
};
pub use facts::{Absence, AttrDoc, AttrType, FactKindDoc, FactsDoc, Privacy};
pub use json::schema;
pub use law::{AbsentDoc, LawDoc, LawMeasureDoc, RemedyDoc, Reported};
pub use levels::{CompareIndicator, Graded, LevelCond, LevelsDoc};
pub use notifiable::NotifiableDoc;
pub use overlay::{OtherValueDoc, OverlayDoc, WithoutDoc};
pub use retention::RetentionDoc;
pub use scheme::SchemeDoc;
pub use values::{
    CondDoc, CriterionDoc, DatedValue, DuringDoc, MatchDoc, SeriesDoc, SourceDoc, Toward,
};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use crate::finding::Spot;

/// Something that is written in a file, with its place.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Spanned<T>", bound(deserialize = "T: Deserialize<'de>"))]
pub struct At<T> {
    /// What is written.
    pub value: T,
    /// Where.
    pub referenced: Location,
}

impl<T> From<Spanned<T>> for At<T> {
    fn from(spanned: Spanned<T>) -> Self {
        Self {
            value: spanned.value,
            referenced: spanned.referenced,
        }
    }
}

impl<T> At<T> {
    /// Its place, for a finding.
    pub fn spot(&self) -> Spot {
        Spot {
            line: self.referenced.line(),
            column: self.referenced.column(),
        }
    }
}

/// In the file it is only the thing itself.
impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// A name that is looked up, with its place.
pub type Name = At<String>;

/// What kind of file it is: the first thing that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
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
    /// What a place does otherwise.
    Overlay,
    /// One city.
    City,
    /// The list of notifiable diseases.
    Notifiable,
    /// What becomes of the data of a response when it is over.
    Retention,
    /// Examples of another pack.
    Examples,
    /// What persons have confirmed of another pack.
    Confirmed,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Facts,
        Self::Law,
        Self::Disease,
        Self::Scheme,
        Self::Levels,
        Self::Overlay,
        Self::City,
        Self::Notifiable,
        Self::Retention,
        Self::Examples,
        Self::Confirmed,
    ];

    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Law => "law",
            Self::Disease => "disease",
            Self::Scheme => "scheme",
            Self::Levels => "levels",
            Self::Overlay => "overlay",
            Self::City => "city",
            Self::Notifiable => "notifiable",
            Self::Retention => "retention",
            Self::Examples => "examples",
            Self::Confirmed => "confirmed",
        }
    }
}

/// The key that every file starts with.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Head {
    /// The kind.
    pub kind: Kind,
}
