//! Words in two languages, from the Fluent files in `locales/`.
//!
//! A missing word shows its key, never an empty page; tests hold that none is missing.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Simplified Chinese, the default.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The tag, as in `lang` attributes.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }

    /// The language of a tag such as `zh`, `zh-CN` or `en-GB`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Zh),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// The first language of an `Accept-Language` header that we speak.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut wanted: Vec<(f32, Self)> = header
            .split(',')
            .filter_map(|part| {
                let (tag, rest) = part.split_once(';').unwrap_or((part, "q=1"));
                let weight = rest.trim().strip_prefix("q=")?.parse().ok()?;
                Some((weight, Self::from_tag(tag.trim())?))
            })
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        wanted.first().map(|(_, lang)| *lang)
    }
}

/// The files, language by language; [`FILES`] names them for tests.
macro_rules! files {
    ($($name:literal)*) => {
        [$(($name, include_str!(concat!("../locales/zh-CN/", $name, ".ftl")),
            include_str!(concat!("../locales/en/", $name, ".ftl")))),*]
    };
}

const FILES: [(&str, &str, &str); 11] = files!["common" "door" "own" "categories" "work" "appeals" "alerts" "law" "closing" "admin" "codes"];

type Bundle = FluentBundle<FluentResource>;

static ZH: LazyLock<Bundle> = LazyLock::new(|| bundle(Lang::Zh));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle(Lang::En));

fn bundle(lang: Lang) -> Bundle {
    let locale = lang.tag().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![locale]);
    bundle.set_use_isolating(false);
    for (name, zh, en) in FILES {
        let text = if lang == Lang::Zh { zh } else { en };
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(kept, errors)| {
            tracing::error!(
                file = name,
                language = lang.tag(),
                count = errors.len(),
                "broken words"
            );
            kept
        });
        if bundle.add_resource(resource).is_err() {
            tracing::error!(file = name, language = lang.tag(), "a word is there twice");
        }
    }
    bundle
}

/// The word with this key, or nothing.
pub fn find(lang: Lang, key: &str, args: &[(&str, String)]) -> Option<String> {
    let bundle: &Bundle = match lang {
        Lang::Zh => &ZH,
        Lang::En => &EN,
    };
    let pattern = bundle.get_message(key)?.value()?;
    let mut values = FluentArgs::new();
    for (name, value) in args {
        match value.parse::<f64>() {
            // Only what counts is a number to Fluent (plurals); a year or an id stays as written.
            Ok(number) if *name == "count" => values.set((*name).to_owned(), number),
            _ => values.set((*name).to_owned(), Cow::<str>::Owned(value.clone())),
        }
    }
    let mut errors = Vec::new();
    Some(
        bundle
            .format_pattern(pattern, Some(&values), &mut errors)
            .into_owned(),
    )
}

/// The word with this key; the key itself when there is none.
pub fn word(lang: Lang, key: &str, args: &[(&str, String)]) -> String {
    find(lang, key, args).unwrap_or_else(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Key → variables, by a plain reading of the file.
    fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut found = BTreeMap::<String, BTreeSet<String>>::new();
        let mut current = String::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                current = line.split_once(" =").expect("key = words").0.to_owned();
                assert!(
                    found.insert(current.clone(), BTreeSet::new()).is_none(),
                    "{current} twice"
                );
            }
            for (_, rest) in line.match_indices('$').map(|(at, _)| line.split_at(at + 1)) {
                let name = rest
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next();
                found
                    .get_mut(&current)
                    .unwrap()
                    .insert(name.unwrap().to_owned());
            }
        }
        found
    }

    #[test]
    fn both_languages_have_the_same_words_with_the_same_variables() {
        for (name, zh, en) in FILES {
            let (zh, en) = (keys(zh), keys(en));
            let odd: Vec<_> = zh
                .iter()
                .filter(|(key, vars)| en.get(*key) != Some(vars))
                .collect();
            assert!(odd.is_empty(), "{name}: not the same in English: {odd:?}");
            let odd: Vec<_> = en.keys().filter(|key| !zh.contains_key(*key)).collect();
            assert!(odd.is_empty(), "{name}: missing in Chinese: {odd:?}");
        }
    }

    #[test]
    fn every_file_parses_and_no_word_is_there_twice() {
        let mut seen = BTreeSet::new();
        for (name, zh, en) in FILES {
            for text in [zh, en] {
                let parsed = FluentResource::try_new(text.to_owned());
                assert!(parsed.is_ok(), "{name}: {:?}", parsed.err().map(|(_, e)| e));
            }
            for key in keys(zh).into_keys() {
                assert!(seen.insert(key.clone()), "{key} stands in two files");
            }
        }
    }

    #[test]
    fn every_word_that_a_page_asks_for_exists() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut missing = BTreeSet::new();
        let mut folders = vec![root.join("templates"), root.join("src")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = fs::read_to_string(&path).unwrap();
                for start in [
                    "s.t(\"", "s.t1(\"", "s.t2(\"", "label(\"", "hint(\"", "Word(\"",
                ] {
                    for (at, _) in text.match_indices(start) {
                        let key = text[at + start.len()..].split('"').next().unwrap();
                        if find(Lang::Zh, key, &[]).is_none() {
                            missing.insert(key.to_owned());
                        }
                    }
                }
            }
        }
        assert!(missing.is_empty(), "no words for {missing:?}");
    }

    #[test]
    fn the_language_follows_the_browser() {
        assert_eq!(Lang::accepted("fr, en-GB;q=0.8, zh;q=0.9"), Some(Lang::Zh));
        assert_eq!(Lang::accepted("en-US,en;q=0.5"), Some(Lang::En));
        assert_eq!(Lang::accepted("*"), None);
    }
}
