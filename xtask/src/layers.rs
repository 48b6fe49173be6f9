//! Which crate may use which: the arrows of ARCHITECTURE.md as a table, compared with the manifests.
//!
//! A new crate needs a row here and a line in ARCHITECTURE.md. Must not allow an arrow because a
//! manifest already has it; the table is the decision (docs/decisions/0001-layout-and-arrows.md).

use std::collections::BTreeSet;
use std::path::Path;

use crate::metadata::{self, Kind, Package};
use crate::{Outcome, tidy::Finding};

/// A crate, how high it stands, and what it may use. Tests may use anything that stands lower.
struct Row {
    name: &'static str,
    height: u8,
    uses: &'static [&'static str],
}

const fn row(name: &'static str, height: u8, uses: &'static [&'static str]) -> Row {
    Row { name, height, uses }
}

const ARROWS: &[Row] = &[
    row("base", 0, &[]),
    row("domain", 1, &["base"]),
    row("packs", 1, &["base"]),
    row("trace", 1, &["base"]),
    row("epi", 1, &["base"]),
    row("store", 2, &["base", "domain"]),
    row("interop", 2, &["base", "domain"]),
    row("sim", 2, &["base", "domain"]),
    row("authz", 2, &["base", "domain"]),
    row(
        "app",
        3,
        &[
            "base", "domain", "packs", "epi", "store", "interop", "authz",
        ],
    ),
    row("web", 4, &["base", "domain", "app"]),
    row(
        "cli",
        5,
        &[
            "base", "domain", "packs", "epi", "trace", "store", "sim", "app", "web",
        ],
    ),
];

/// Outside things that have one owner: libraries only these crates may use outside tests.
const OWNERS: &[(&str, &[&str])] = &[
    ("askama", &["web"]),
    ("axum", &["web"]),
    ("cedar-policy", &["authz"]),
    ("cel", &["packs"]),
    ("clap", &["cli"]),
    ("hyper", &["web"]),
    ("hyper-util", &["web"]),
    ("memmap2", &["trace"]),
    ("parquet", &["trace"]),
    ("postgres", &["store"]),
    ("rand", &["sim"]),
    ("rusqlite", &["store"]),
    ("serde-saphyr", &["packs"]),
    ("tokio", &["web", "cli"]),
    ("tower-http", &["web"]),
];

/// Prints what breaks the arrows; an error when anything does.
pub fn run(root: &Path) -> Outcome<()> {
    let findings = check(&metadata::workspace(root)?);
    crate::tidy::report("layers", &findings)
}

fn check(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for package in packages {
        let folder = package
            .folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let place = format!("{folder}/Cargo.toml");
        if package.name == "xtask" {
            for used in package.dependencies.iter().filter_map(|d| ours(&d.name)) {
                findings.push(Finding::file(
                    &place,
                    format!("xtask must not use `{used}`"),
                ));
            }
            continue;
        }
        let Some(row) = ours(&package.name).and_then(find) else {
            let what = format!("`{}` has no row in xtask/src/layers.rs", package.name);
            findings.push(Finding::file(&place, what));
            continue;
        };
        if folder != row.name {
            let what = format!(
                "the folder of `{}` must be called `{}`",
                package.name, row.name
            );
            findings.push(Finding::file(&place, what));
        }
        seen.insert(row.name);
        for dependency in &package.dependencies {
            if let Some(what) = refuse(row, &dependency.name, dependency.kind) {
                findings.push(Finding::file(&place, what));
            }
        }
    }
    for row in ARROWS.iter().filter(|row| !seen.contains(row.name)) {
        let what = format!("the row `{}` stands for no crate", row.name);
        findings.push(Finding::file("xtask/src/layers.rs", what));
    }
    findings
}

fn refuse(row: &Row, dependency: &str, kind: Kind) -> Option<String> {
    let Some(used) = ours(dependency) else {
        let (_, owners) = OWNERS.iter().find(|(name, _)| *name == dependency)?;
        let foreign = kind != Kind::Dev && !owners.contains(&row.name);
        return foreign.then(|| {
            format!(
                "`{}` must not use `{dependency}`: it belongs to {}",
                row.name,
                owners.join(", ")
            )
        });
    };
    let allowed = match kind {
        Kind::Normal | Kind::Build => row.uses.contains(&used),
        Kind::Dev => find(used).is_some_and(|used| used.height < row.height),
    };
    if allowed {
        return None;
    }
    let may = if row.uses.is_empty() {
        "none of ours".to_owned()
    } else {
        row.uses.join(", ")
    };
    Some(match kind {
        Kind::Dev => format!(
            "tests of `{}` must not use `{used}`: it does not stand lower",
            row.name
        ),
        Kind::Normal | Kind::Build => {
            format!("`{}` must not use `{used}`; it may use {may}", row.name)
        }
    })
}

/// The short name of one of our packages: `fangxian-store` is `store`, `fangxian` is `cli`.
fn ours(package: &str) -> Option<&str> {
    if package == "fangxian" {
        return Some("cli");
    }
    package.strip_prefix("fangxian-")
}

fn find(name: &str) -> Option<&'static Row> {
    ARROWS.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Dependency;

    fn full(short: &str) -> String {
        if short == "cli" {
            "fangxian".to_owned()
        } else {
            format!("fangxian-{short}")
        }
    }

    fn sound() -> Vec<Package> {
        let package = |row: &Row| Package {
            name: full(row.name),
            version: "0.1.0".to_owned(),
            folder: Path::new("crates").join(row.name),
            licence: None,
            foreign: false,
            dependencies: row
                .uses
                .iter()
                .map(|used| Dependency {
                    name: full(used),
                    kind: Kind::Normal,
                })
                .collect(),
        };
        ARROWS.iter().map(package).collect()
    }

    fn with(short: &str, dependency: &str, kind: Kind) -> Vec<String> {
        let mut packages = sound();
        for package in packages.iter_mut().filter(|p| p.name == full(short)) {
            package.dependencies.push(Dependency {
                name: dependency.to_owned(),
                kind,
            });
        }
        check(&packages).into_iter().map(|f| f.what).collect()
    }

    #[test]
    fn the_table_itself_holds_and_points_down_only() {
        assert_eq!(check(&sound()), []);
        for row in ARROWS {
            for used in row.uses {
                assert!(
                    find(used).is_some_and(|u| u.height < row.height),
                    "{} → {used}",
                    row.name
                );
            }
        }
    }

    #[test]
    fn packs_may_not_use_domain() {
        let what = with("packs", "fangxian-domain", Kind::Normal);
        assert_eq!(what, ["`packs` must not use `domain`; it may use base"]);
    }

    #[test]
    fn only_the_binary_may_use_web_and_nothing_beside_the_store_may_use_it() {
        for below in ["app", "store", "packs", "domain"] {
            assert_eq!(
                with(below, "fangxian-web", Kind::Normal).len(),
                1,
                "{below}"
            );
        }
        for beside in ["authz", "packs", "sim", "interop"] {
            assert_eq!(
                with(beside, "fangxian-store", Kind::Normal).len(),
                1,
                "{beside}"
            );
            assert_eq!(
                with(beside, "fangxian-store", Kind::Build).len(),
                1,
                "{beside}"
            );
        }
    }

    #[test]
    fn tests_may_use_what_stands_lower_and_nothing_else() {
        assert_eq!(with("web", "fangxian-store", Kind::Dev), [""; 0]);
        assert_eq!(with("store", "fangxian-app", Kind::Dev).len(), 1);
        assert_eq!(with("store", "fangxian-sim", Kind::Dev).len(), 1);
    }

    #[test]
    fn an_outside_thing_has_one_owner_except_in_tests() {
        assert_eq!(with("app", "rusqlite", Kind::Normal).len(), 1);
        assert_eq!(with("app", "rusqlite", Kind::Dev), [""; 0]);
        assert_eq!(with("store", "rusqlite", Kind::Normal), [""; 0]);
    }

    #[test]
    fn a_crate_without_a_row_and_a_row_without_a_crate_are_named() {
        let mut packages = sound();
        packages[0].name = "fangxian-newcomer".to_owned();
        let what: Vec<String> = check(&packages).into_iter().map(|f| f.what).collect();
        assert_eq!(
            what,
            [
                "`fangxian-newcomer` has no row in xtask/src/layers.rs",
                "the row `base` stands for no crate"
            ]
        );
    }
}
