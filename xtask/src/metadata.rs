//! What `cargo metadata` says about the workspace, cut down to what the checks need.
//!
//! Reads only; must not judge. `layers`, `licences` and `tidy::dependencies` do the judging.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Outcome, run};

/// Why one package uses another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Normal,
    Build,
    Dev,
}

/// One line under `[dependencies]`, `[build-dependencies]` or `[dev-dependencies]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    pub name: String,
    pub kind: Kind,
}

/// One package: ours, or one we depend on.
#[derive(Debug, Clone)]
pub struct Package {
    pub name: String,
    pub version: String,
    pub folder: PathBuf,
    pub licence: Option<String>,
    /// False for packages of this repository.
    pub foreign: bool,
    pub dependencies: Vec<Dependency>,
}

/// The packages of this repository only; needs neither network nor a resolved graph.
pub fn workspace(root: &Path) -> Outcome<Vec<Package>> {
    packages(root, &["--no-deps", "--offline"])
}

/// Our packages and everything they pull in on this machine's kind of system.
pub fn everything(root: &Path) -> Outcome<Vec<Package>> {
    let rustc = run::read(std::process::Command::new("rustc").arg("-vV"))?;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or_else(|| "rustc does not name its host".to_owned())?;
    packages(root, &["--locked", "--filter-platform", host])
}

/// Where cargo puts what it builds.
pub fn target_directory(root: &Path) -> Outcome<PathBuf> {
    let value = call(root, &["--no-deps", "--offline"])?;
    let folder = value["target_directory"].as_str();
    folder
        .map(PathBuf::from)
        .ok_or_else(|| "cargo metadata names no target directory".to_owned())
}

fn packages(root: &Path, flags: &[&str]) -> Outcome<Vec<Package>> {
    let value = call(root, flags)?;
    let list = value["packages"].as_array();
    let list = list.ok_or_else(|| "cargo metadata lists no packages".to_owned())?;
    list.iter().map(package).collect()
}

fn call(root: &Path, flags: &[&str]) -> Outcome<Value> {
    let text = run::read(
        run::cargo(root)
            .args(["metadata", "--format-version", "1"])
            .args(flags),
    )?;
    serde_json::from_str(&text).map_err(|error| format!("cannot read cargo metadata: {error}"))
}

fn package(value: &Value) -> Outcome<Package> {
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let missing = |key: &str| format!("a package of cargo metadata has no `{key}`");
    let manifest = text("manifest_path").ok_or_else(|| missing("manifest_path"))?;
    let folder = Path::new(&manifest)
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default();
    let dependencies = value["dependencies"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    Ok(Package {
        name: text("name").ok_or_else(|| missing("name"))?,
        version: text("version").ok_or_else(|| missing("version"))?,
        folder,
        licence: text("license"),
        foreign: text("source").is_some(),
        dependencies: dependencies.iter().filter_map(dependency).collect(),
    })
}

fn dependency(value: &Value) -> Option<Dependency> {
    let kind = match value["kind"].as_str() {
        Some("dev") => Kind::Dev,
        Some("build") => Kind::Build,
        _ => Kind::Normal,
    };
    Some(Dependency {
        name: value["name"].as_str()?.to_owned(),
        kind,
    })
}
