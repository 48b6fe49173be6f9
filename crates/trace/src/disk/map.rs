//! Files as memory: the one module of the workspace that may say `unsafe`.
//!
//! Casting bytes to columns is left to `bytemuck`, which checks length and alignment.

use std::fs::File;
use std::path::Path;

use super::files::failed;
use crate::error::TraceError;
use crate::index::segment::Bytes;

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
