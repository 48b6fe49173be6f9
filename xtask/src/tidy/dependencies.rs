//! Every outside library has a row that says why; none is listed and unused; lints are inherited.
//!
//! The table is docs/decisions/0002-dependencies.md. Whether a library is good is for its row to say.

use std::collections::BTreeSet;
use std::path::Path;

use super::files::{Finding, SourceFile, Tree};
use crate::metadata::Package;

const TABLE: &str = "docs/decisions/0002-dependencies.md";
const NPM_LOCK: &str = "e2e/package-lock.json";

/// Compares the root manifest, the crates' manifests, the table and the sources.
pub fn check(tree: &Tree, packages: &[Package], root: &Path) -> Vec<Finding> {
    let manifest = tree.get("Cargo.toml").map_or("", |file| file.text.as_str());
    let table = tree.get(TABLE).map_or("", |file| file.text.as_str());
    let listed = workspace_dependencies(manifest);
    let mut findings = rows(&listed, &rows_of(table));
    findings.extend(lock(tree));
    let ours: Vec<&Package> = packages.iter().filter(|package| !package.foreign).collect();
    for name in &listed {
        if !ours
            .iter()
            .any(|package| package.dependencies.iter().any(|d| d.name == *name))
        {
            findings.push(Finding::file(
                "Cargo.toml",
                format!("no crate uses `{name}`"),
            ));
        }
    }
    for package in ours {
        let folder = package.folder.strip_prefix(root).unwrap_or(&package.folder);
        let folder = folder.to_string_lossy().replace('\\', "/");
        let names: BTreeSet<&str> = package
            .dependencies
            .iter()
            .map(|d| d.name.as_str())
            .collect();
        findings.extend(crate_manifest(tree, &folder, &names));
    }
    findings
}

/// Names under `[workspace.dependencies]` that are not paths of this repository.
fn workspace_dependencies(manifest: &str) -> Vec<String> {
    manifest
        .lines()
        .skip_while(|line| line.trim() != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.contains("path = "))
        .filter_map(|line| {
            line.split_once(" = ")
                .map(|(name, _)| name.trim().to_owned())
        })
        .filter(|name| !name.starts_with('#'))
        .collect()
}

/// Names in the first column of the table, written as code.
fn rows_of(table: &str) -> Vec<String> {
    table
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split_once('`').map(|(name, _)| name.to_owned()))
        .collect()
}

fn rows(listed: &[String], rows: &[String]) -> Vec<Finding> {
    let missing = listed.iter().filter(|name| !rows.contains(name));
    let stale = rows.iter().filter(|name| !listed.contains(name));
    missing
        .map(|name| Finding::file(TABLE, format!("has no row for `{name}`")))
        .chain(stale.map(|name| {
            Finding::file(
                TABLE,
                format!("has a row for `{name}`, which Cargo.toml does not list"),
            )
        }))
        .collect()
}

/// The lock file of the journeys must not tie anybody to the registry it was made with.
fn lock(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.get(NPM_LOCK) else {
        return vec![Finding::file(NPM_LOCK, "is missing")];
    };
    let tied = (1..)
        .zip(file.text.lines())
        .filter(|(_, text)| text.contains("\"resolved\":"));
    tied.map(|(line, _)| Finding::line(NPM_LOCK, line, "records a registry; drop `resolved`"))
        .collect()
}

fn crate_manifest(tree: &Tree, folder: &str, names: &BTreeSet<&str>) -> Vec<Finding> {
    let manifest = format!("{folder}/Cargo.toml");
    let mut findings = Vec::new();
    let text = tree.get(&manifest).map_or("", |file| file.text.as_str());
    if !text.contains("[lints]\nworkspace = true") {
        findings.push(Finding::file(
            &manifest,
            "does not inherit the lints of the workspace",
        ));
    }
    let prefix = format!("{folder}/");
    let sources: Vec<&SourceFile> = tree
        .files
        .iter()
        .filter(|file| file.has_extension("rs") && file.path.starts_with(&prefix))
        .collect();
    for name in names {
        let word = name.replace('-', "_");
        if !sources.iter().any(|file| names_word(&file.text, &word)) {
            findings.push(Finding::file(
                &manifest,
                format!("lists `{name}` and never uses it"),
            ));
        }
    }
    findings
}

fn names_word(text: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|t| t.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

#[cfg(test)]
mod tests {
    use super::super::files::tree;
    use super::*;
    use crate::metadata::{Dependency, Kind};

    #[test]
    fn a_lock_file_that_names_a_registry_is_found() {
        let line = "  \"resolved\": \"https://registry.example.org/a.tgz\"";
        assert_eq!(lock(&tree(&[(NPM_LOCK, line)])).len(), 1);
        assert_eq!(lock(&tree(&[(NPM_LOCK, "{}")])), []);
        assert_eq!(lock(&tree(&[])).len(), 1);
    }

    fn found(table: &str, source: &str, manifest: &str) -> Vec<String> {
        let root = "[workspace.dependencies]\nfangxian-base = { path = \"crates/base\" }\n\n\
                    csv = \"1\"\n\n[workspace.lints.rust]\nunsafe_code = \"forbid\"\n";
        let tree = tree(&[
            ("Cargo.toml", root),
            (TABLE, table),
            (NPM_LOCK, "{}"),
            ("crates/a/Cargo.toml", manifest),
            ("crates/a/src/lib.rs", source),
        ]);
        let package = Package {
            name: "fangxian-a".to_owned(),
            version: "0.1.0".to_owned(),
            folder: Path::new("root/crates/a").to_path_buf(),
            licence: None,
            foreign: false,
            dependencies: vec![Dependency {
                name: "csv".to_owned(),
                kind: Kind::Normal,
            }],
        };
        check(&tree, &[package], Path::new("root"))
            .into_iter()
            .map(|f| f.what)
            .collect()
    }

    const ROW: &str = "| `csv` | reads lists |\n";
    const USE: &str = "//! A.\nuse csv::Reader;\n";
    const INHERITS: &str = "[lints]\nworkspace = true\n";

    #[test]
    fn a_library_needs_a_row_and_a_row_needs_its_library() {
        assert_eq!(found(ROW, USE, INHERITS), [""; 0]);
        assert_eq!(found("", USE, INHERITS), ["has no row for `csv`"]);
        assert_eq!(
            found(&format!("{ROW}| `gone` | x |\n"), USE, INHERITS),
            ["has a row for `gone`, which Cargo.toml does not list"]
        );
    }

    #[test]
    fn a_library_that_is_listed_is_used() {
        let unused = "//! A.\nuse csvish::Reader;\n";
        assert_eq!(
            found(ROW, unused, INHERITS),
            ["lists `csv` and never uses it"]
        );
    }

    #[test]
    fn every_crate_inherits_the_lints() {
        assert_eq!(
            found(ROW, USE, ""),
            ["does not inherit the lints of the workspace"]
        );
    }
}
