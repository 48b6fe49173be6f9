//! Words for people, always in both languages.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// One text in Chinese and English. Pages show the reader's language; documents may show both.
/// Cheap to clone: an answer repeats many texts of its packs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(Arc<Words>);

/// One text in Chinese and English. Pages show the reader's language; documents may show both.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Text")]
pub struct Words {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What is written is the two languages.
impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        Words::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Words::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Words::json_schema(generator)
    }
}

impl Deref for Text {
    type Target = Words;

    fn deref(&self) -> &Words {
        &self.0
    }
}

impl Text {
    /// Puts the two together.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self(Arc::new(Words {
            zh: zh.into(),
            en: en.into(),
        }))
    }

    /// The text in a language, by its code: anything but `en` reads Chinese.
    pub fn in_language(&self, code: &str) -> &str {
        if code.starts_with("en") {
            &self.en
        } else {
            &self.zh
        }
    }
}
