//! The files that the checks look at, and what a check says about one.
//!
//! Reads every text file of the repository except what .gitignore names at the top. Must not judge.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use crate::Outcome;

/// Larger files are data, not text that somebody reads.
const SIZE_MAX: u64 = 2 * 1024 * 1024;

/// A text file with its path from the root, written with `/`.
#[derive(Debug, Clone)]
pub struct SourceFile {
    pub path: String,
    pub text: String,
}

impl SourceFile {
    pub fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case(extension))
    }
}

/// Something that does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub path: String,
    pub line: Option<usize>,
    pub what: String,
}

impl Finding {
    pub fn file(path: &str, what: impl Into<String>) -> Finding {
        Finding {
            path: path.to_owned(),
            line: None,
            what: what.into(),
        }
    }

    pub fn line(path: &str, line: usize, what: impl Into<String>) -> Finding {
        Finding {
            path: path.to_owned(),
            line: Some(line),
            what: what.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}:{line}: {}", self.path, self.what),
            None => write!(out, "{}: {}", self.path, self.what),
        }
    }
}

/// Prints the findings of a task; an error when there are any.
pub fn report(task: &str, findings: &[Finding]) -> Outcome<()> {
    for finding in findings {
        println!("    {finding}");
    }
    match findings.len() {
        0 => Ok(()),
        1 => Err(format!("{task}: one thing does not hold")),
        n => Err(format!("{task}: {n} things do not hold")),
    }
}

/// The repository as the checks see it.
#[derive(Debug)]
pub struct Tree {
    /// Text files, in order of path.
    pub files: Vec<SourceFile>,
    /// Every path, folders and binary files too.
    pub paths: BTreeSet<String>,
}

impl Tree {
    pub fn read(root: &Path) -> Outcome<Tree> {
        let ignore = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
        let ignored: BTreeSet<&str> = ignore
            .lines()
            .map(|line| line.trim().trim_matches('/'))
            .filter(|l| !l.is_empty())
            .collect();
        let mut tree = Tree {
            files: Vec::new(),
            paths: BTreeSet::new(),
        };
        tree.walk(root, "", &ignored)?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    pub fn get(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }

    fn walk(&mut self, root: &Path, prefix: &str, ignored: &BTreeSet<&str>) -> Outcome<()> {
        let folder = root.join(prefix);
        let wrong = |error| format!("cannot read {}: {error}", folder.display());
        for entry in fs::read_dir(&folder).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if prefix.is_empty() {
                name
            } else {
                format!("{prefix}/{name}")
            };
            if path == ".git" || ignored.contains(path.as_str()) {
                continue;
            }
            let kind = entry.metadata().map_err(wrong)?;
            self.paths.insert(path.clone());
            if kind.is_dir() {
                self.walk(root, &path, ignored)?;
            } else if kind.len() <= SIZE_MAX
                && let Ok(text) = fs::read_to_string(entry.path())
            {
                self.files.push(SourceFile { path, text });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub fn file(path: &str, text: &str) -> SourceFile {
    SourceFile {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
pub fn tree(files: &[(&str, &str)]) -> Tree {
    let mut paths = BTreeSet::new();
    for (path, _) in files {
        let mut path = *path;
        paths.insert(path.to_owned());
        while let Some((folder, _)) = path.rsplit_once('/') {
            paths.insert(folder.to_owned());
            path = folder;
        }
    }
    Tree {
        files: files.iter().map(|(path, text)| file(path, text)).collect(),
        paths,
    }
}
