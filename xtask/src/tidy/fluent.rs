//! The two languages of the pages have the same messages with the same variables.
//!
//! Reads Fluent files (`key = text`, indented continuation, `.attribute = text`, `{ $variable }`)
//! just far enough to compare them. Files are `crates/web/locales/<lang>.ftl` or `<lang>/*.ftl`.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{Finding, SourceFile, Tree};

const LOCALES: &str = "crates/web/locales";
const LANGUAGES: [&str; 2] = ["zh-CN", "en"];

/// Where a message stands and which variables it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Message {
    path: String,
    line: usize,
    variables: BTreeSet<String>,
}

type Messages = BTreeMap<String, Message>;

/// Compares the languages both ways.
pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let [zh, en] = LANGUAGES.map(|language| {
        let mut messages = Messages::new();
        for file in tree.files.iter().filter(|file| speaks(file, language)) {
            findings.extend(read(file, &mut messages));
        }
        if messages.is_empty() {
            findings.push(Finding::file(
                LOCALES,
                format!("has no messages in {language}"),
            ));
        }
        messages
    });
    findings.extend(missing(&zh, &en, "en"));
    findings.extend(missing(&en, &zh, "zh-CN"));
    for (key, message) in &zh {
        let Some(other) = en
            .get(key)
            .filter(|other| other.variables != message.variables)
        else {
            continue;
        };
        let list = |of: &Message| of.variables.iter().cloned().collect::<Vec<_>>().join(", ");
        let what = format!(
            "`{key}` uses ({}) in zh-CN and ({}) in en",
            list(message),
            list(other)
        );
        findings.push(Finding::line(&message.path, message.line, what));
    }
    findings
}

fn speaks(file: &SourceFile, language: &str) -> bool {
    let inside = file
        .path
        .strip_prefix(LOCALES)
        .and_then(|path| path.strip_prefix('/'));
    let Some(first) = inside.and_then(|path| path.split(['/', '.']).next()) else {
        return false;
    };
    file.has_extension("ftl") && first == language
}

fn missing(here: &Messages, there: &Messages, language: &str) -> Vec<Finding> {
    here.iter()
        .filter(|(key, _)| !there.contains_key(*key))
        .map(|(key, message)| {
            Finding::line(
                &message.path,
                message.line,
                format!("`{key}` is missing in {language}"),
            )
        })
        .collect()
}

fn read(file: &SourceFile, messages: &mut Messages) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut message = String::new();
    let mut current = String::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        let inner = text.trim_start();
        if inner.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, indented) = (key_of(inner), inner.len() < text.len());
        match (key, indented) {
            (Some(key), false) => {
                key.clone_into(&mut message);
                key.clone_into(&mut current);
            }
            (Some(key), true) if key.starts_with('.') => current = format!("{message}{key}"),
            (_, true) => {}
            (None, false) => {
                if !inner.starts_with('}') {
                    findings.push(Finding::line(&file.path, line, "is no Fluent message"));
                }
            }
        }
        let found = variables(text);
        let starts = (key.is_some() && !indented) || key.is_some_and(|k| k.starts_with('.'));
        if starts && messages.contains_key(&current) {
            findings.push(Finding::line(
                &file.path,
                line,
                format!("`{current}` stands twice"),
            ));
        }
        let entry = messages.entry(current.clone()).or_insert_with(|| Message {
            path: file.path.clone(),
            line,
            variables: BTreeSet::new(),
        });
        entry.variables.extend(found);
    }
    findings
}

/// The name before ` =` when the line starts a message, a term or an attribute.
fn key_of(line: &str) -> Option<&str> {
    let key = line.split_once('=')?.0.trim_end();
    let name = key.strip_prefix(['-', '.']).unwrap_or(key);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain)).then_some(key)
}

fn variables(text: &str) -> Vec<String> {
    let name = |rest: &str| {
        rest.chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            .collect::<String>()
    };
    text.split('$')
        .skip(1)
        .map(name)
        .filter(|name| !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::files::tree;
    use super::*;

    fn check_pair(zh: &str, en: &str, expected: &[&str]) {
        let files = [
            ("crates/web/locales/zh-CN/main.ftl", zh),
            ("crates/web/locales/en/main.ftl", en),
        ];
        let found: Vec<String> = check(&tree(&files)).into_iter().map(|f| f.what).collect();
        assert_eq!(found, expected, "{zh:?} {en:?}");
    }

    #[test]
    fn both_languages_have_the_same_messages() {
        check_pair("title = 防线\n", "# A comment\ntitle = Fangxian\n", &[]);
        check_pair(
            "title = 防线\nopen = 未结\n",
            "title = Fangxian\n",
            &["`open` is missing in en"],
        );
        check_pair(
            "title = 防线\n",
            "title = Fangxian\n-brand = F\n",
            &["`-brand` is missing in zh-CN"],
        );
        check_pair(
            "title = 防线\ntitle = 防\n",
            "title = Fangxian\n",
            &["`title` stands twice"],
        );
    }

    #[test]
    fn a_message_uses_the_same_variables_in_both_languages() {
        let en = "open = { $count ->\n    [one] one open\n   *[other] { $count } open\n}\n";
        check_pair("open = 未结 { $count } 件\n", en, &[]);
        check_pair(
            "open = 未结 { $n } 件\n",
            en,
            &["`open` uses (n) in zh-CN and (count) in en"],
        );
    }

    #[test]
    fn an_attribute_is_a_message_of_its_own() {
        check_pair(
            "name = 姓名\n    .hint = 写 { $x }\n",
            "name = Name\n    .hint = Write\n",
            &["`name.hint` uses (x) in zh-CN and () in en"],
        );
    }

    #[test]
    fn a_language_without_messages_and_a_stray_line_are_found() {
        check_pair(
            "",
            "",
            &["has no messages in zh-CN", "has no messages in en"],
        );
        check_pair("a = 1\nstray\n", "a = 1\n", &["is no Fluent message"]);
    }
}
