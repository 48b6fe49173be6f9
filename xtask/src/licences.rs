//! What we depend on: licences, banned crates and sources, as deny.toml states them.
//!
//! Uses `cargo deny` where it is installed. Without it the same file is read by a small reader that
//! knows lists of strings and `crate = "…"`; advisories are then not looked at, and it says so.

use std::fs;
use std::path::Path;

use crate::metadata::{self, Package};
use crate::tidy::Finding;
use crate::{Outcome, run, spdx};

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks licences, bans and sources; an error when anything is not allowed.
pub fn run(root: &Path) -> Outcome<()> {
    if run::which("cargo-deny").is_some() {
        let mut deny = run::cargo(root);
        deny.args(["deny", "--locked", "check", "licenses", "bans", "sources"]);
        return run::show(&mut deny, run::Summary::None).1;
    }
    println!(
        "    cargo-deny is not installed: licences, bans and sources by xtask, advisories not"
    );
    let read = |name: &str| {
        fs::read_to_string(root.join(name)).map_err(|error| format!("cannot read {name}: {error}"))
    };
    let (policy, lock) = (Policy::read(&read("deny.toml")?), read("Cargo.lock")?);
    let mut findings = locked(&policy, &lock);
    findings.extend(licensed(&policy, &metadata::everything(root)?));
    crate::tidy::report("licences", &findings)
}

/// What deny.toml allows and refuses.
#[derive(Debug, Default, PartialEq, Eq)]
struct Policy {
    licences: Vec<String>,
    banned: Vec<String>,
}

impl Policy {
    fn read(text: &str) -> Policy {
        let mut policy = Policy::default();
        let (mut section, mut list) = (String::new(), String::new());
        for line in text
            .lines()
            .map(|line| line.split('#').next().unwrap_or("").trim())
        {
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                (section, list) = (name.to_owned(), String::new());
                continue;
            }
            if let Some((key, _)) = line.split_once(" = [") {
                key.clone_into(&mut list);
            }
            match (section.as_str(), list.as_str()) {
                ("licenses", "allow") => policy.licences.extend(quoted(line)),
                ("bans", "deny") if line.contains("crate = ") => {
                    policy.banned.extend(quoted(line).into_iter().take(1));
                }
                _ => {}
            }
            if line.ends_with(']') {
                list.clear();
            }
        }
        policy
    }
}

/// Every `"…"` of a line.
fn quoted(line: &str) -> Vec<String> {
    line.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Banned names and foreign sources in the lock file, for every system, not only this one.
fn locked(policy: &Policy, lock: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut name = String::new();
    for (line, text) in (1..).zip(lock.lines()) {
        let value = quoted(text).into_iter().next().unwrap_or_default();
        if text.starts_with("name = ") {
            name = value;
            if policy.banned.contains(&name) {
                let what = format!("`{name}` is banned, deny.toml says why");
                findings.push(Finding::line("Cargo.lock", line, what));
            }
        } else if text.starts_with("source = ") && value != REGISTRY {
            let what = format!("`{name}` comes from `{value}`, not from crates.io");
            findings.push(Finding::line("Cargo.lock", line, what));
        }
    }
    findings
}

fn licensed(policy: &Policy, packages: &[Package]) -> Vec<Finding> {
    let refused = |package: &&Package| {
        let licence = package.licence.as_deref();
        !licence.is_some_and(|expression| spdx::allowed(expression, &policy.licences))
    };
    let finding = |package: &Package| {
        let licence = package.licence.as_deref().unwrap_or("no licence field");
        let what = format!("`{} {}` has {licence}", package.name, package.version);
        Finding::file("deny.toml", what)
    };
    packages.iter().filter(refused).map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = r#"
[licenses]
allow = [
  "MIT", # permissive
  "Apache-2.0",
]
[bans]
deny = [
  { crate = "openssl", reason = "C, and a second TLS" },
]
[sources]
unknown-registry = "deny"
"#;

    fn policy() -> Policy {
        Policy::read(DENY)
    }

    #[test]
    fn the_policy_is_read_with_comments_and_reasons_left_out() {
        assert_eq!(policy().licences, ["MIT", "Apache-2.0"]);
        assert_eq!(policy().banned, ["openssl"]);
    }

    #[test]
    fn a_banned_crate_and_a_foreign_source_are_named() {
        let lock = format!(
            "[[package]]\nname = \"serde\"\nsource = \"{REGISTRY}\"\n\n[[package]]\nname = \
             \"openssl\"\nsource = \"git+https://example.org/openssl\"\n"
        );
        let found: Vec<String> = locked(&policy(), &lock)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [
                "Cargo.lock:6: `openssl` is banned, deny.toml says why",
                "Cargo.lock:7: `openssl` comes from `git+https://example.org/openssl`, not from \
                 crates.io"
            ]
        );
    }

    #[test]
    fn a_licence_that_is_not_allowed_and_a_missing_one_are_named() {
        let package = |name: &str, licence: Option<&str>| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            folder: std::path::PathBuf::new(),
            licence: licence.map(str::to_owned),
            foreign: true,
            dependencies: Vec::new(),
        };
        let packages = [
            package("good", Some("MIT")),
            package("bad", Some("GPL-3.0-only")),
            package("none", None),
        ];
        let found: Vec<String> = licensed(&policy(), &packages)
            .into_iter()
            .map(|f| f.what)
            .collect();
        assert_eq!(
            found,
            [
                "`bad 1.0.0` has GPL-3.0-only",
                "`none 1.0.0` has no licence field"
            ]
        );
    }
}
