//! Words for people, always in both languages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One text in Chinese and English. Pages show the reader's language; documents may show both.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Puts the two together.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
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
