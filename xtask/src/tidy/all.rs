//! Runs every check of `tidy` over the repository.

use std::path::Path;

use super::files::{Finding, Tree, report};
use super::{dependencies, docs, fluent, rust, text};
use crate::{Outcome, metadata, times};

/// Prints what breaks the house rules; an error when anything does.
pub fn run(root: &Path) -> Outcome<()> {
    let tree = Tree::read(root)?;
    let packages = metadata::workspace(root)?;
    let mut findings = Vec::new();
    for file in &tree.files {
        if file.has_extension("rs") {
            findings.extend(rust::check(file));
        }
        findings.extend(text::check(file));
        if file.has_extension("md") {
            findings.extend(docs::links(file, &tree));
            findings.extend(docs::paths(file, &tree));
        }
    }
    findings.extend(rust::lengths(&tree));
    findings.extend(docs::readmes(&tree));
    findings.extend(docs::coverage(&tree));
    findings.extend(fluent::check(&tree));
    findings.extend(dependencies::check(&tree, &packages, root));
    findings.extend(with(&tree, times::PAGE, times::check));
    report("tidy", &findings)
}

fn with(tree: &Tree, path: &str, check: fn(&str) -> Vec<Finding>) -> Vec<Finding> {
    match tree.get(path) {
        Some(file) => check(&file.text),
        None => vec![Finding::file(path, "is missing")],
    }
}
