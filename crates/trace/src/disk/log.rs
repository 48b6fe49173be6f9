//! The log: what was acknowledged since the last seal.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::files::{self, failed};
use crate::error::TraceError;
use crate::ids::Moment;
use crate::wire::{self, Entry, Frame, Rest};

const MAGIC: &[u8; 8] = b"FXTRLOG1";
/// More entries than this go to disk in several frames, so that none is longer than can be read.
const TOGETHER_MAX: usize = 1 << 20;
/// So many bytes of room stay from frame to frame.
const FRAME_KEPT: usize = 4 << 20;

/// An open log, at its end.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    sequence: u64,
    /// The last frame, and the room for the next.
    frame: Vec<u8>,
    /// A write or sync failed: what the disk holds is unknown.
    poisoned: bool,
}

impl Log {
    /// A new, empty log, durable with its name.
    pub(crate) fn create(path: &Path) -> Result<Self, TraceError> {
        files::write_new(path, MAGIC)?;
        files::sync_folder(path)?;
        let file = OpenOptions::new()
            .append(true)
            .open(path)
            .map_err(failed("open", path))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            sequence: 0,
            frame: Vec::new(),
            poisoned: false,
        })
    }

    /// Opens a log and reads its frames. A torn end is cut off; how many bytes it had is the last answer.
    ///
    /// # Errors
    /// When something acknowledged cannot be read. The file is left as it is.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<Frame>, u64), TraceError> {
        let bytes = files::read(path)?;
        let damaged = |at| TraceError::Log {
            path: path.to_path_buf(),
            at,
        };
        let body = bytes.strip_prefix(MAGIC).ok_or_else(|| damaged(0))?;
        let scan = wire::scan(body, 0);
        let whole = MAGIC.len() + scan.whole;
        let torn = match scan.rest {
            Rest::Nothing => 0,
            Rest::Torn(bytes) => bytes as u64,
            Rest::Damaged(at) => return Err(damaged(MAGIC.len() + at)),
        };
        let mut file = OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(failed("open", path))?;
        if torn > 0 {
            file.set_len(whole as u64).map_err(failed("cut", path))?;
            file.sync_all().map_err(failed("sync", path))?;
        }
        file.seek(SeekFrom::End(0))
            .map_err(failed("seek in", path))?;
        let sequence = scan.frames.len() as u64;
        Ok((
            Self {
                path: path.to_path_buf(),
                file,
                sequence,
                frame: Vec::new(),
                poisoned: false,
            },
            scan.frames,
            torn,
        ))
    }

    /// Whether nothing was logged since the last seal.
    pub(crate) const fn is_empty(&self) -> bool {
        self.sequence == 0
    }

    /// Takes nothing more until the store is opened again.
    pub(crate) const fn poison(&mut self) {
        self.poisoned = true;
    }

    /// Writes entries; all of them are on disk when this returns. A frame is written when the one before it
    /// is on disk, so that a fault of power tears one at most.
    pub(crate) fn append(
        &mut self,
        at: Moment,
        entries: impl Iterator<Item = Entry>,
    ) -> Result<(), TraceError> {
        if self.poisoned {
            return Err(TraceError::Poisoned);
        }
        // What stands on disk is unknown until the last frame is there.
        self.poisoned = true;
        let mut entries = entries.peekable();
        while entries.peek().is_some() {
            let together = entries.by_ref().take(TOGETHER_MAX);
            wire::encode(self.sequence, at, together, &mut self.frame);
            self.file
                .write_all(&self.frame)
                .map_err(failed("write", &self.path))?;
            self.file.sync_data().map_err(failed("sync", &self.path))?;
            self.sequence += 1;
        }
        // One large batch should not hold memory for ever.
        self.frame.shrink_to(FRAME_KEPT);
        self.poisoned = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Person;

    #[test]
    fn more_than_a_frame_can_hold_is_read_again() {
        let path = std::env::temp_dir().join(format!("fangxian-log-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let entries = vec![Entry::Erased(Person(7)); TOGETHER_MAX + 5];
        let mut log = Log::create(&path).unwrap();
        log.append(Moment(9), entries.iter().copied()).unwrap();
        log.append(Moment(10), entries[..2].iter().copied())
            .unwrap();
        drop(log);
        let (_, frames, torn) = Log::open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let counts: Vec<usize> = frames.iter().map(|f| f.entries.len()).collect();
        assert_eq!((counts, torn), (vec![TOGETHER_MAX, 5, 2], 0));
    }
}
