//! Rules for every text file: no hidden direction marks, no paths of one machine.
//!
//! Test data is kept as it came and only looked at for machine paths in its descriptions.

use super::files::{Finding, SourceFile};

/// Folders that stand on one machine only. Documents name places that every reader has.
const MACHINE: [&str; 4] = [
    concat!("/", "work/"),
    concat!("/", "root/"),
    concat!("/", "tmp/"),
    concat!("/", "home/"),
];

/// Reference material that is no part of the repository.
const OUTSIDE: [&str; 2] = [concat!("../", "shared"), concat!("work/", "shared")];

/// Checks one text file.
pub fn check(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let document = file.has_extension("md");
    let data = file.path.starts_with("testdata/") && !document;
    for (line, text) in (1..).zip(file.text.lines()) {
        let mut say = |what: String| findings.push(Finding::line(&file.path, line, what));
        if let Some(c) = text.chars().find(|c| is_direction_mark(*c))
            && !data
        {
            let code = u32::from(c);
            say(format!(
                "holds the direction mark U+{code:04X}; write it as an escape"
            ));
        }
        for outside in OUTSIDE.iter().filter(|outside| text.contains(**outside)) {
            say(format!(
                "names `{outside}`, which no reader of this repository has"
            ));
        }
        if document {
            for path in MACHINE.iter().filter(|path| names_path(text, path)) {
                say(format!("names `{path}`, a folder of one machine"));
            }
        }
    }
    findings
}

/// Characters that reorder what is shown: what a reviewer sees would not be what the compiler reads.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// True when `path` stands at the start of a path in the line, not in the middle of a longer one.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ':'))
    })
}

#[cfg(test)]
mod tests {
    use super::super::files::file;
    use super::*;

    fn check_one(path: &str, text: &str, expected: &[&str]) {
        let found: Vec<String> = check(&file(path, text))
            .into_iter()
            .map(|f| f.what)
            .collect();
        assert_eq!(found, expected, "{path}: {text:?}");
    }

    #[test]
    fn a_direction_mark_is_found_in_code_but_may_stand_in_test_data() {
        let text = "let name = \"\u{202e}\";";
        let what = "holds the direction mark U+202E; write it as an escape";
        check_one("crates/x/src/a.rs", text, &[what]);
        check_one("testdata/names.csv", text, &[]);
    }

    #[test]
    fn a_machine_path_is_found_in_documents_only_and_only_at_the_start_of_a_path() {
        let text = format!("see {}x", MACHINE[0]);
        let what = format!("names `{}`, a folder of one machine", MACHINE[0]);
        check_one("docs/a.md", &text, &[&what]);
        check_one("crates/x/src/a.rs", &text, &[]);
        check_one("docs/a.md", &format!("see docs{}x", MACHINE[0]), &[]);
    }

    #[test]
    fn reference_material_is_named_nowhere() {
        let text = format!("// {}/DESIGN", OUTSIDE[0]);
        let what = format!(
            "names `{}`, which no reader of this repository has",
            OUTSIDE[0]
        );
        check_one("crates/x/src/a.rs", &text, &[&what]);
    }
}
