//! Small things done to files, each durable when it returns.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::TraceError;

/// Turns what the system says into an error that names the file.
pub(crate) fn failed(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> TraceError {
    let path = path.to_path_buf();
    move |source| TraceError::Io { what, path, source }
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, TraceError> {
    fs::read(path).map_err(failed("read", path))
}

/// Makes a file of its own name; fails when there is one.
pub(crate) fn create(path: &Path) -> Result<File, TraceError> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(failed("create", path))
}

/// Writes a new file and syncs it.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), TraceError> {
    let mut file = create(path)?;
    file.write_all(bytes).map_err(failed("write", path))?;
    file.sync_all().map_err(failed("sync", path))
}

/// Writes a file that can be made again at any time.
pub(crate) fn write_unsynced(path: &Path, bytes: &[u8]) -> Result<(), TraceError> {
    fs::write(path, bytes).map_err(failed("write", path))
}

/// Puts `bytes` in the place of a file, whole or not at all.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), TraceError> {
    let beside = path.with_extension("new");
    remove(&beside)?;
    write_new(&beside, bytes)?;
    fs::rename(&beside, path).map_err(failed("rename", &beside))?;
    sync_folder(path)
}

/// Makes the names in the folder of `path` durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), TraceError> {
    let folder = path.parent().unwrap_or(path);
    let file = File::open(folder).map_err(failed("open", folder))?;
    file.sync_all().map_err(failed("sync", folder))
}

/// Unlinks a file; one that is not there is fine.
pub(crate) fn remove(path: &Path) -> Result<(), TraceError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed("remove", path)(e)),
        _ => Ok(()),
    }
}

/// The files of a folder.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, TraceError> {
    let wrong = || failed("list", folder);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong())? {
        paths.push(entry.map_err(wrong())?.path());
    }
    Ok(paths)
}

/// Length and checksum of a file; nothing when it is not there.
pub(crate) fn sum(path: &Path) -> Result<Option<(u64, u32)>, TraceError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some((bytes.len() as u64, crc32fast::hash(&bytes)))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(failed("read", path)(e)),
    }
}

/// Makes a folder, and takes it for this process alone for as long as the file lives.
pub(crate) fn lock_folder(folder: &Path) -> Result<File, TraceError> {
    fs::create_dir_all(folder).map_err(failed("create", folder))?;
    let path = folder.join("lock");
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(failed("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(TraceError::InUse {
            path: folder.to_path_buf(),
        }),
        Err(fs::TryLockError::Error(e)) => Err(failed("lock", &path)(e)),
    }
}
