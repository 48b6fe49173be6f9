//! The list of files that count. Replacing it is the only commit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files;
use crate::error::TraceError;
use crate::ids::{Area, Day, Stream};

const NAME: &str = "manifest.json";
const VERSION: u32 = 1;

/// A file with its length and checksum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub name: String,
    pub bytes: u64,
    pub crc: u32,
}

/// The files of one stream, day and area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Partition {
    /// The stream's index.
    pub stream: usize,
    pub day: u32,
    pub area: u32,
    pub rows: u64,
    pub by_person: Listed,
    pub by_place: Listed,
    pub segment: Listed,
}

impl Partition {
    pub(crate) fn key(&self) -> (usize, Day, Area) {
        (self.stream, Day(self.day), Area(self.area))
    }

    pub(crate) fn files(&self) -> [&Listed; 3] {
        [&self.by_person, &self.by_place, &self.segment]
    }
}

/// Everything that has to be known to open the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    version: u32,
    /// Goes into the names of new files, so that no name is ever used twice.
    pub next: u64,
    pub log: String,
    pub numbers: Option<Listed>,
    /// Days before this one are forgotten and refused.
    pub oldest_day: u32,
    pub partitions: Vec<Partition>,
    /// Pseudonyms told to be somebody else's, and whose.
    pub aliases: BTreeMap<u64, u64>,
    /// By stream: places with a longest assumed stay of their own.
    #[serde(default)]
    pub assumed: [BTreeMap<u64, u32>; 2],
    /// Erasures so far.
    pub erasures: u64,
    pub rules: StoredRules,
}

/// What was decided when the store was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredRules {
    pub imputed_seconds_max: u32,
    pub future_seconds_max: u32,
    pub ahead_seconds: i32,
}

impl Manifest {
    pub(crate) fn new(log: String, rules: StoredRules) -> Self {
        Self {
            version: VERSION,
            next: 1,
            log,
            numbers: None,
            oldest_day: 0,
            partitions: Vec::new(),
            aliases: BTreeMap::new(),
            assumed: [BTreeMap::new(), BTreeMap::new()],
            erasures: 0,
            rules,
        }
    }

    /// A name that was never used.
    pub(crate) fn name(&mut self, stem: &str, end: &str) -> String {
        self.next += 1;
        format!("{stem}-{}{end}", self.next)
    }

    pub(crate) fn stem(stream: Stream, day: Day, area: Area) -> String {
        format!("{}-{}-{}", stream.name(), day.0, area.0)
    }

    /// The list in a folder; nothing when there is none.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, TraceError> {
        let path = folder.join(NAME);
        if !path.exists() {
            return Ok(None);
        }
        let bytes = files::read(&path)?;
        let wrong = |what: String| TraceError::Manifest {
            path: path.clone(),
            what,
        };
        let text = String::from_utf8_lossy(&bytes);
        let (body, crc) = text
            .trim_end()
            .rsplit_once('\n')
            .ok_or_else(|| wrong("is cut short".to_owned()))?;
        if crc != checksum(body) {
            return Err(wrong("does not fit its checksum".to_owned()));
        }
        let manifest: Self =
            serde_json::from_str(body).map_err(|e| wrong(format!("does not read: {e}")))?;
        if manifest.version != VERSION {
            return Err(wrong(format!(
                "is of version {}, this program reads {VERSION}",
                manifest.version
            )));
        }
        Ok(Some(manifest))
    }

    /// Makes this the list that counts.
    pub(crate) fn commit(&self, folder: &Path) -> Result<(), TraceError> {
        let path = folder.join(NAME);
        let body = serde_json::to_string_pretty(self).map_err(|e| TraceError::Manifest {
            path: path.clone(),
            what: format!("cannot be written: {e}"),
        })?;
        files::replace(&path, format!("{body}\n{}\n", checksum(&body)).as_bytes())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let parts = self
            .partitions
            .iter()
            .flat_map(|p| p.files().map(|f| f.name.as_str()));
        let numbers = self.numbers.iter().map(|f| f.name.as_str());
        parts
            .chain(numbers)
            .chain([self.log.as_str(), NAME, "lock"])
    }

    /// Unlinks every file in the folder that the list does not name; which they were.
    pub(crate) fn sweep(&self, folder: &Path) -> Result<Vec<String>, TraceError> {
        let keep: std::collections::BTreeSet<&str> = self.names().collect();
        let mut gone: Vec<PathBuf> = files::list(folder)?;
        gone.retain(|path| {
            path.is_file()
                && path
                    .file_name()
                    .is_none_or(|n| !keep.contains(&*n.to_string_lossy()))
        });
        for path in &gone {
            files::remove(path)?;
        }
        let name = |path: &PathBuf| path.file_name().map(|n| n.to_string_lossy().into_owned());
        let mut names: Vec<String> = gone.iter().filter_map(name).collect();
        names.sort();
        Ok(names)
    }
}

fn checksum(body: &str) -> String {
    format!("crc32 {:08x}", crc32fast::hash(body.as_bytes()))
}
