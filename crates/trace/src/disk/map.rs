//! Files as memory: the one module of the workspace that may say `unsafe`.
//!
//! Casting bytes to columns is left to `bytemuck`, which checks length and alignment.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::files::failed;
use crate::error::TraceError;
use crate::index::segment::{Bytes, Segment};

/// A file that is mapped read-only.
#[derive(Debug)]
pub(crate) struct Mapped(memmap2::Mmap);

impl Bytes for Mapped {
    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Maps a file that nobody changes any more.
#[expect(
    unsafe_code,
    reason = "mapping a file is unsafe as long as others may change it; see SAFETY"
)]
pub(crate) fn map(path: &Path) -> Result<Mapped, TraceError> {
    let file = File::open(path).map_err(failed("open", path))?;
    // SAFETY: the bytes must not change while they are mapped. Segments are written under a new name,
    // synced, and from then on only ever unlinked; the directory has one writer, which holds its lock.
    // Whoever may write to the directory from outside could still change or cut a file: then the bytes
    // read are wrong or the process ends with a signal. Every checksum is compared before the first use.
    let mapped = unsafe { memmap2::Mmap::map(&file) };
    mapped.map(Mapped).map_err(failed("map", path))
}

/// Maps a segment and compares its checksums.
pub(crate) fn segment(path: &Path) -> Result<Segment, TraceError> {
    Segment::open(Box::new(map(path)?)).map_err(|damage| TraceError::Segment {
        path: path.to_path_buf(),
        damage,
    })
}

/// As [`segment`] for many, on all cores: comparing checksums is most of a start.
pub(crate) fn segments(paths: &[PathBuf]) -> Vec<Result<Segment, TraceError>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = paths.len().div_ceil(cores).max(1);
    let mut opened = Vec::with_capacity(paths.len());
    std::thread::scope(|scope| {
        let each = |paths: &[PathBuf]| paths.iter().map(|p| segment(p)).collect::<Vec<_>>();
        let threads: Vec<_> = paths
            .chunks(share)
            .map(|paths| (paths, scope.spawn(move || each(paths))))
            .collect();
        for (paths, thread) in threads {
            // A thread that did not come back leaves its share to this one.
            opened.extend(thread.join().unwrap_or_else(|_| each(paths)));
        }
    });
    opened
}
