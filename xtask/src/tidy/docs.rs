//! Rules for documents: links and paths lead somewhere, both READMEs give the same commands, and the coverage
//! table has its rows.
//!
//! Must not judge prose.

use std::collections::BTreeSet;

use super::files::{Finding, SourceFile, Tree};

const COVERAGE: &str = "docs/coverage.tsv";
/// The systems that the reports name; the table has one row for each.
const SYSTEMS: usize = 299;
const STATES: [&str; 3] = ["works", "partly", "not yet"];
/// What both READMEs must tell a newcomer to type.
const COMMANDS: [&str; 2] = ["cargo run -- demo", "cargo xtask test"];

/// Relative links must lead to a file, and to a heading when they name one.
pub fn links(file: &SourceFile, tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in prose(&file.text) {
        for target in targets(text) {
            if ["http://", "https://", "mailto:"]
                .iter()
                .any(|scheme| target.starts_with(scheme))
            {
                continue;
            }
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let resolved = if path.is_empty() {
                Some(file.path.clone())
            } else {
                join(&file.path, path)
            };
            let Some(resolved) = resolved.filter(|path| tree.paths.contains(path)) else {
                findings.push(Finding::line(
                    &file.path,
                    line,
                    format!("`{target}` leads nowhere"),
                ));
                continue;
            };
            let known = |other: &SourceFile| headings(&other.text).contains(heading);
            if !heading.is_empty() && tree.get(&resolved).is_some_and(|other| !known(other)) {
                let what = format!("`{resolved}` has no heading `#{heading}`");
                findings.push(Finding::line(&file.path, line, what));
            }
        }
    }
    findings
}

/// A path of this repository in inline code must be there, unless it holds a placeholder.
pub fn paths(file: &SourceFile, tree: &Tree) -> Vec<Finding> {
    let gone = |path: &&str| {
        let whole = !path.contains(['<', '*', '…', ' ']);
        is_ours(path) && whole && !tree.paths.contains(path.trim_end_matches('/'))
    };
    prose(&file.text)
        .flat_map(|(line, text)| {
            text.split('`')
                .skip(1)
                .step_by(2)
                .map(move |path| (line, path))
        })
        .filter(|(_, path)| gone(path))
        .map(|(line, path)| Finding::line(&file.path, line, format!("`{path}` is not there")))
        .collect()
}

/// Lines outside fenced code, with inline code taken out of consideration by [`targets`].
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut code = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// What stands in the round brackets of `[text](target)`, outside inline code.
fn targets(line: &str) -> Vec<&str> {
    line.split('`')
        .step_by(2)
        .flat_map(|text| text.split("](").skip(1))
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target.trim()))
        .collect()
}

/// `link` as seen from the folder of `from`; nothing when it leaves the repository.
fn join(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.trim_end_matches('/').split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Headings as they appear in links: lower case, words joined by hyphens.
fn headings(text: &str) -> BTreeSet<String> {
    let slug = |heading: &str| {
        let kept = heading.trim().to_lowercase();
        let kept = kept
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    prose(text)
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(_, line)| slug(line.trim_start_matches('#')))
        .collect()
}

/// Both READMEs give the same commands in the same order, and among them the two that matter.
pub fn readmes(tree: &Tree) -> Vec<Finding> {
    let (english, chinese) = ("README.md", "README.zh-CN.md");
    let mut findings = Vec::new();
    let mut commands = |path: &str| {
        if let Some(file) = tree.get(path) {
            return commands_of(&file.text);
        }
        findings.push(Finding::file(path, "is missing"));
        Vec::new()
    };
    let (en, zh) = (commands(english), commands(chinese));
    for command in COMMANDS
        .iter()
        .filter(|command| !en.iter().any(|line| line == *command))
    {
        findings.push(Finding::file(english, format!("does not give `{command}`")));
    }
    for command in en.iter().filter(|command| !zh.contains(command)) {
        findings.push(Finding::file(chinese, format!("does not give `{command}`")));
    }
    for command in zh.iter().filter(|command| !en.contains(command)) {
        findings.push(Finding::file(english, format!("does not give `{command}`")));
    }
    if findings.is_empty() && en != zh {
        findings.push(Finding::file(
            chinese,
            "gives the commands in another order",
        ));
    }
    findings
}

fn commands_of(text: &str) -> Vec<String> {
    let mut code = false;
    let mut commands = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
            continue;
        }
        let command = line.split(" #").next().unwrap_or("").trim();
        if code && !command.is_empty() && !command.starts_with('#') {
            commands.push(command.to_owned());
        }
    }
    commands
}

/// One row per system, in order, with a known state; what works says where and what shows it.
pub fn coverage(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.get(COVERAGE) else {
        return vec![Finding::file(COVERAGE, "is missing")];
    };
    let mut findings = Vec::new();
    let mut say = |line: usize, what: String| findings.push(Finding::line(COVERAGE, line, what));
    let mut lines = file.text.lines();
    if lines.next() != Some("sys\tstate\twhere\tshown_by") {
        say(1, "the columns are sys, state, where, shown_by".to_owned());
    }
    let mut rows = 0;
    for (line, text) in (2..).zip(lines) {
        rows += 1;
        let fields: Vec<&str> = text.split('\t').collect();
        let [sys, state, places, shown_by] = fields.as_slice() else {
            say(line, format!("has {} columns, not 4", fields.len()));
            continue;
        };
        let expected = format!("SYS-{rows:03}");
        if *sys != expected {
            say(line, format!("is `{sys}` where `{expected}` stands"));
        }
        if !STATES.contains(state) {
            say(
                line,
                format!("`{state}` is not one of {}", STATES.join(", ")),
            );
        } else if *state != "not yet" && (places.is_empty() || shown_by.is_empty()) {
            say(
                line,
                format!("`{state}` needs a place and something that shows it"),
            );
        }
        for place in [places, shown_by]
            .iter()
            .flat_map(|p| p.split([',', ';']))
            .map(str::trim)
        {
            let path = place.split(['#', ':', ' ']).next().unwrap_or("");
            if is_ours(path) && !tree.paths.contains(path.trim_end_matches('/')) {
                say(line, format!("`{path}` is not there"));
            }
        }
    }
    if rows != SYSTEMS {
        findings.push(Finding::file(
            COVERAGE,
            format!("has {rows} rows, not {SYSTEMS}"),
        ));
    }
    findings
}

/// True for what can only be a path of this repository.
fn is_ours(path: &str) -> bool {
    ["crates/", "packs/", "docs/", "e2e/", "testdata/", "xtask/"]
        .iter()
        .any(|p| path.starts_with(p))
}

#[cfg(test)]
mod tests {
    use super::super::files::tree;
    use super::*;

    fn what(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.what).collect()
    }

    fn check_links(text: &str, expected: &[&str]) {
        let tree = tree(&[
            ("docs/a.md", text),
            ("docs/b.md", "# Two words, 两个词\n"),
            ("crates/store/README.md", ""),
        ]);
        let found = tree.get("docs/a.md").map(|file| what(links(file, &tree)));
        assert_eq!(found.as_deref().unwrap_or_default(), expected, "{text}");
    }

    #[test]
    fn a_link_leads_to_a_file_a_folder_or_a_heading() {
        check_links(
            "[b](b.md), [b](b.md#two-words-两个词), [s](../crates/store/)",
            &[],
        );
        check_links("[x](https://example.org) and `[not](a-link)`", &[]);
        check_links("[gone](c.md)", &["`c.md` leads nowhere"]);
        check_links("[out](../../x.md)", &["`../../x.md` leads nowhere"]);
        check_links("[b](b.md#three)", &["`docs/b.md` has no heading `#three`"]);
        check_links(
            "```\n[gone](c.md)\n```\n[gone](d.md)",
            &["`d.md` leads nowhere"],
        );
    }

    #[test]
    fn a_path_in_inline_code_is_there() {
        let text = "`crates/app/src/a.rs`, `crates/app/`, `crates/<name>/x`, `crates/gone`";
        let tree = tree(&[("docs/a.md", text), ("crates/app/src/a.rs", "")]);
        let found = tree.get("docs/a.md").map(|file| what(paths(file, &tree)));
        assert_eq!(found.unwrap_or_default(), ["`crates/gone` is not there"]);
    }

    #[test]
    fn both_readmes_give_the_same_commands() {
        let check = |en: &str, zh: &str, expected: &[&str]| {
            let tree = tree(&[("README.md", en), ("README.zh-CN.md", zh)]);
            assert_eq!(what(readmes(&tree)), expected);
        };
        let two = "```sh\ncargo run -- demo  # look\ncargo xtask test\n```\n";
        check(
            two,
            "```sh\ncargo run -- demo # 看一看\ncargo xtask test\n```\n",
            &[],
        );
        check(
            two,
            "```sh\ncargo run -- demo\n```\n",
            &["does not give `cargo xtask test`"],
        );
        check(
            two,
            &format!("{two}\n```\nls\n```\n"),
            &["does not give `ls`"],
        );
        check(
            two,
            "```\ncargo xtask test\ncargo run -- demo\n```\n",
            &["gives the commands in another order"],
        );
    }

    fn table(change: impl Fn(usize) -> Option<String>) -> Vec<String> {
        let mut text = "sys\tstate\twhere\tshown_by\n".to_owned();
        for n in 1..=SYSTEMS {
            text += &change(n).unwrap_or_else(|| format!("SYS-{n:03}\tnot yet\t\t\n"));
        }
        what(coverage(&tree(&[
            (COVERAGE, &text),
            ("crates/app/src/a.rs", ""),
        ])))
    }

    #[test]
    fn the_coverage_table_has_every_system_once_in_order() {
        assert_eq!(table(|_| None), [""; 0]);
        assert_eq!(
            table(|n| (n == SYSTEMS).then(String::new)),
            ["has 298 rows, not 299"]
        );
        let swapped = |n| (n == 2).then(|| "SYS-003\tnot yet\t\t\n".to_owned());
        assert_eq!(table(swapped), ["is `SYS-003` where `SYS-002` stands"]);
    }

    #[test]
    fn what_is_said_to_work_says_where_and_what_shows_it() {
        let first = |row: &str| {
            let row = format!("SYS-001\t{row}\n");
            table(move |n| (n == 1).then(|| row.clone()))
        };
        assert_eq!(first("works\tcrates/app/src/a.rs\ta test"), [""; 0]);
        assert_eq!(
            first("works\t\t"),
            ["`works` needs a place and something that shows it"]
        );
        assert_eq!(
            first("partly\tcrates/gone.rs\tx"),
            ["`crates/gone.rs` is not there"]
        );
        assert_eq!(
            first("done\tx\ty"),
            ["`done` is not one of works, partly, not yet"]
        );
        assert_eq!(first("not yet"), ["has 2 columns, not 4"]);
    }
}
