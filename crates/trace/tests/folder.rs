//! A directory of its own for each test.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use fangxian_trace::{Calendar, Opened, Rules, Store};

/// A directory that is gone with the test.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!(
            "fangxian-trace-test-{}-{number}",
            std::process::id()
        ));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn open(&self) -> (Store, Opened) {
        Store::open(&self.0, RULES).unwrap()
    }

    /// The files whose names end so, in order.
    pub fn files(&self, end: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.0)
            .unwrap()
            .map(|e| e.unwrap().path());
        let mut files: Vec<PathBuf> = entries
            .filter(|p| p.to_string_lossy().ends_with(end))
            .collect();
        files.sort();
        files
    }

    /// The log.
    pub fn log(&self) -> PathBuf {
        let entries = std::fs::read_dir(&self.0)
            .unwrap()
            .map(|e| e.unwrap().path());
        let is_log = |p: &PathBuf| {
            p.file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with("log-"))
        };
        entries
            .filter(is_log)
            .max_by_key(|p| p.metadata().unwrap().len())
            .unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The rules of every test: an unknown end is at most an hour off.
pub const RULES: Rules = Rules {
    imputed_seconds_max: 3_600,
    future_seconds_max: 600,
    calendar: Calendar::CHINA,
};
