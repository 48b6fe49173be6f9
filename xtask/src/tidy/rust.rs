//! Rules for Rust files: a module comment, a length, no unfinished code, SQL in one crate.
//!
//! Looks at text, not at syntax: cheap, and wrong only on purpose-built lines.

use std::collections::BTreeMap;

use super::files::{Finding, SourceFile, Tree};

/// No file is longer than this, unless it stands in [`LONG_FILES`].
const LINES_MAX: usize = 600;

/// Files that are longer for now: `path<TAB>lines<TAB>why`. The numbers may only shrink.
const LONG_FILES: &str = "xtask/long-files.tsv";

const TO_DO: &str = concat!("TO", "DO");
const UNFINISHED: [&str; 2] = [concat!("to", "do!"), concat!("unimple", "mented!")];

/// The one module that may make an exception to the lint against unsafe code.
const UNSAFE_MODULE: &str = "crates/trace/src/disk/map.rs";

/// Checks one Rust file.
pub fn check(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let first = file
        .text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("");
    if !first.starts_with("//!") {
        let what =
            "starts without a module comment (`//!`: responsibility, limits, where to start)";
        findings.push(Finding::line(&file.path, 1, what));
    }
    for (line, text) in (1..).zip(file.text.lines()) {
        if has_loose_end(text) {
            let what = format!("{TO_DO} without an issue number; write {TO_DO}(#12)");
            findings.push(Finding::line(&file.path, line, what));
        }
        for word in UNFINISHED
            .iter()
            .filter(|word| !is_comment(text) && text.contains(**word))
        {
            findings.push(Finding::line(
                &file.path,
                line,
                format!("`{word}` is a stub"),
            ));
        }
    }
    if file.path != UNSAFE_MODULE && !file.path.starts_with("xtask/") {
        findings.extend(unsafe_exceptions(file));
    }
    if !may_hold_sql(&file.path) {
        findings.extend(sql(file));
    }
    findings
}

fn has_loose_end(line: &str) -> bool {
    let numbered = |rest: &str| {
        rest.strip_prefix("(#")
            .is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
    };
    line.match_indices(TO_DO).any(|(at, word)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).unwrap_or("");
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        !before.is_some_and(inside) && !after.starts_with(inside) && !numbered(after)
    })
}

fn unsafe_exceptions(file: &SourceFile) -> Vec<Finding> {
    let lines = (1..).zip(file.text.lines());
    let found = lines.filter(|(_, text)| !is_comment(text) && text.contains("unsafe_code"));
    found
        .map(|(line, _)| {
            let what = format!("names the lint `unsafe_code`; only {UNSAFE_MODULE} may");
            Finding::line(&file.path, line, what)
        })
        .collect()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// The store is the one crate that speaks SQL. Tests of foreign formats may hold hostile text, those of
/// the visit store compare its answers with SQL, and
/// this program asks PostgreSQL whether it was used.
fn may_hold_sql(path: &str) -> bool {
    [
        "crates/store/",
        "crates/interop/tests/",
        "crates/trace/tests/",
        "xtask/",
    ]
    .iter()
    .any(|place| path.starts_with(place))
}

fn sql(file: &SourceFile) -> Vec<Finding> {
    let words: Vec<(usize, &str)> = (1..)
        .zip(file.text.lines())
        .filter(|(_, text)| !is_comment(text))
        .flat_map(|(line, text)| text.split_whitespace().map(move |word| (line, word)))
        .map(|(line, word)| {
            (
                line,
                word.trim_matches(['"', '(', ')', '\\', '#', 'r', ';']),
            )
        })
        .collect();
    let mut findings = Vec::new();
    for (at, (line, word)) in words.iter().enumerate() {
        let next = |n: usize| words.get(at + n).map_or("", |(_, word)| word);
        let found = match *word {
            "SELECT" => Some("SELECT"),
            "INSERT" if next(1) == "INTO" => Some("INSERT INTO"),
            "DELETE" if next(1) == "FROM" => Some("DELETE FROM"),
            "CREATE" if next(1) == "TABLE" => Some("CREATE TABLE"),
            "UPDATE" if next(2) == "SET" => Some("UPDATE … SET"),
            _ => None,
        };
        if let Some(found) = found {
            let what = format!("holds SQL (`{found}`); only crates/store may");
            findings.push(Finding::line(&file.path, *line, what));
        }
    }
    findings
}

/// Checks the length of every file that people read and write: Rust, templates, scripts, styles.
pub fn lengths(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let list = tree.get(LONG_FILES).map_or("", |file| file.text.as_str());
    let mut allowed = BTreeMap::new();
    for (line, text) in (1..)
        .zip(list.lines())
        .filter(|(_, text)| !text.starts_with('#'))
    {
        let fields: Vec<&str> = text.split('\t').collect();
        match fields.as_slice() {
            [path, lines, why] if !why.trim().is_empty() && lines.parse::<usize>().is_ok() => {
                allowed.insert(*path, lines.parse::<usize>().unwrap_or_default());
            }
            _ => findings.push(Finding::line(LONG_FILES, line, "is not `path, lines, why`")),
        }
    }
    for file in tree.files.iter().filter(|file| is_written_by_hand(file)) {
        let lines = file.text.lines().count();
        match allowed.remove(file.path.as_str()) {
            None if lines > LINES_MAX => {
                let what = format!("has {lines} lines, more than {LINES_MAX}; split it");
                findings.push(Finding::file(&file.path, what));
            }
            Some(_) if lines <= LINES_MAX => {
                let what = format!("is short enough now; take it out of {LONG_FILES}");
                findings.push(Finding::file(&file.path, what));
            }
            Some(most) if lines > most => {
                let what = format!("has grown to {lines} lines from {most} in {LONG_FILES}");
                findings.push(Finding::file(&file.path, what));
            }
            Some(most) if lines < most => {
                let what = format!("has shrunk to {lines} lines; write that into {LONG_FILES}");
                findings.push(Finding::file(&file.path, what));
            }
            None | Some(_) => {}
        }
    }
    findings.extend(
        allowed
            .into_keys()
            .map(|path| Finding::file(LONG_FILES, format!("names `{path}`, which is not there"))),
    );
    findings
}

fn is_written_by_hand(file: &SourceFile) -> bool {
    ["rs", "html", "css", "js", "mjs", "sql"]
        .iter()
        .any(|e| file.has_extension(e))
        && !file.path.starts_with("testdata/")
        && !file.path.contains("/vendor/")
}

#[cfg(test)]
mod tests {
    use super::super::files::{file, tree};
    use super::*;

    fn check_text(path: &str, text: &str, expected: &[&str]) {
        let text = format!("//! What it is.\n{text}");
        let found: Vec<String> = check(&file(path, &text))
            .into_iter()
            .map(|f| f.what)
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_file_without_a_module_comment_is_found() {
        assert_eq!(check(&file("crates/a/src/b.rs", "\n//! Good.\n")), []);
        for bad in ["", "use std::fs;\n//! Late.\n", "// Plain.\n"] {
            assert_eq!(check(&file("crates/a/src/b.rs", bad)).len(), 1, "{bad:?}");
        }
    }

    #[test]
    fn a_loose_end_needs_an_issue_number() {
        let what = format!("{TO_DO} without an issue number; write {TO_DO}(#12)");
        check_text("a.rs", &format!("// {TO_DO}: later"), &[&what]);
        check_text("a.rs", &format!("// {TO_DO}(#12): later"), &[]);
        check_text("a.rs", &format!("const MY_{TO_DO}S: u8 = 1;"), &[]);
    }

    #[test]
    fn only_one_module_may_be_unsafe() {
        let text = "#![allow(unsafe_code)]";
        let what = format!("names the lint `unsafe_code`; only {UNSAFE_MODULE} may");
        check_text("crates/store/src/a.rs", text, &[&what]);
        check_text(UNSAFE_MODULE, text, &[]);
    }

    #[test]
    fn a_stub_is_found_in_code_and_not_in_comments() {
        let stub = UNFINISHED[0];
        check_text(
            "a.rs",
            &format!("fn f() {{ {stub}() }}"),
            &[&format!("`{stub}` is a stub")],
        );
        check_text("a.rs", &format!("// never write {stub}"), &[]);
    }

    #[test]
    fn sql_is_found_outside_the_store_even_over_two_lines() {
        let only = |found: &str| format!("holds SQL (`{found}`); only crates/store may");
        let app = "crates/app/src/a.rs";
        check_text(app, "let q = \"SELECT id FROM fact\";", &[&only("SELECT")]);
        check_text(
            app,
            "let q = \"INSERT INTO fact\";",
            &[&only("INSERT INTO")],
        );
        check_text(
            app,
            "let q = \"UPDATE fact\n  SET x = 1\";",
            &[&only("UPDATE … SET")],
        );
        check_text(
            app,
            "// SELECT what you like\nlet select = \"Select one\";",
            &[],
        );
        check_text(
            "crates/store/src/a.rs",
            "let q = \"SELECT id FROM fact\";",
            &[],
        );
    }

    #[test]
    fn a_long_file_must_be_listed_and_its_number_may_only_shrink() {
        let long = "x\n".repeat(LINES_MAX + 10);
        let short = "x\n".repeat(LINES_MAX);
        let check = |text: &str, list: &str, expected: &[&str]| {
            let files = [("crates/a/src/b.rs", text), (LONG_FILES, list)];
            let found: Vec<String> = lengths(&tree(&files)).into_iter().map(|f| f.what).collect();
            assert_eq!(found, expected, "{list:?}");
        };
        check(&short, "", &[]);
        check(&long, "", &["has 610 lines, more than 600; split it"]);
        check(
            &long,
            "# path, lines, why\ncrates/a/src/b.rs\t610\ta table\n",
            &[],
        );
        check(
            &long,
            "crates/a/src/b.rs\t605\ta table\n",
            &["has grown to 610 lines from 605 in xtask/long-files.tsv"],
        );
        check(
            &long,
            "crates/a/src/b.rs\t700\ta table\n",
            &["has shrunk to 610 lines; write that into xtask/long-files.tsv"],
        );
        check(
            &short,
            "crates/a/src/b.rs\t610\ta table\n",
            &["is short enough now; take it out of xtask/long-files.tsv"],
        );
        check(
            &short,
            "gone.rs\t610\ta table\n",
            &["names `gone.rs`, which is not there"],
        );
        check(
            &short,
            "crates/a/src/b.rs\t610\t\n",
            &["is not `path, lines, why`"],
        );
    }
}
