//! What can go wrong around the files of the visit store.

use std::path::PathBuf;

use crate::index::segment::Damage;

/// A file operation or a file's content.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The system refused a file operation.
    #[error("cannot {what} `{path}`", path = path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A Parquet file could not be read or written.
    #[error("cannot {what} the record `{path}`", path = path.display())]
    Parquet {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the library said.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// A file of the record has not the columns it must have.
    #[error("the record `{path}` {what}", path = path.display())]
    Record {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A segment is damaged and was not made anew.
    #[error("the segment `{path}`: {damage}", path = path.display())]
    Segment {
        /// Which file.
        path: PathBuf,
        /// How.
        damage: Damage,
    },
    /// Something acknowledged in the log cannot be read; nothing was changed.
    #[error("the log `{path}` is damaged at byte {at}, before its end", path = path.display())]
    Log {
        /// Which file.
        path: PathBuf,
        /// Where.
        at: usize,
    },
    /// The list of files cannot be read; nothing was changed.
    #[error("the list of files `{path}` {what}", path = path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Both orders of a record are damaged.
    #[error("no sound copy of `{path}` is left", path = path.display())]
    Lost {
        /// One of the two.
        path: PathBuf,
    },
    /// Another process writes here.
    #[error("`{path}` is in use by another process", path = path.display())]
    InUse {
        /// The directory.
        path: PathBuf,
    },
    /// An earlier write failed; what the disk holds is unknown until the store is opened again.
    #[error("an earlier write failed; open the visit store again")]
    Poisoned,
    /// There are no numbers left for new people or places.
    #[error("no numbers are left for new people or places")]
    Full,
}
