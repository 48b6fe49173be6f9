//! Backup and restore: one portable form for both engines, so that a backup of the embedded
//! database can be restored on a server and the other way round.
//!
//! A backup is a directory: one `*.jsonl` file per table, the audit heads, and a signed manifest
//! with counts and SHA-256 digests, all from one snapshot. Sessions are left out; keys are never in
//! it and are copied apart ([`backup_keys`]). Start with [`Store::backup`] and [`restore`].

mod keys;
mod read;
mod tables;
mod write;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::audit::VerifyReport;
use crate::db::DbError;
use crate::erase::EraseError;
use crate::store::OpenError;

pub use keys::backup_keys;
pub use read::restore;

/// The version of this form.
const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
const SIGNATURE: &str = "manifest.sig";
const HEADS: &str = "heads.jsonl";

/// A backup or restore did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// A file cannot be read or written.
    #[error("`{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The place for the backup is taken.
    #[error("`{0}` exists already")]
    Exists(PathBuf),
    /// The installation to restore into holds something.
    #[error("the installation is not empty: table `{0}` has rows")]
    NotEmpty(String),
    /// A part of the backup is not what the manifest says.
    #[error("`{0}` is damaged: it is not what the manifest says")]
    Damaged(String),
    /// The manifest was not signed by the keys at hand.
    #[error(
        "the manifest was not signed with the audit key at hand: these are other keys, or the backup was altered"
    )]
    Signature,
    /// The backup was made by a program with other tables.
    #[error(
        "the backup has schema {found}, this program has {known}; restore with the program that made it"
    )]
    Schema {
        /// The schema of the backup.
        found: i64,
        /// The schema of this program.
        known: i64,
    },
    /// There are no keys here, and none were given.
    #[error("there are no keys here; give the copy of the key directory")]
    NoKeys,
    /// The keys given are not those that are here already.
    #[error("the key directory `{0}` holds other keys than the copy that was given")]
    OtherKeys(PathBuf),
    /// The installation cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed.
    #[error("database")]
    Db(#[from] DbError),
    /// Destructions could not be repeated.
    #[error(transparent)]
    Erase(#[from] EraseError),
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] crate::audit::HeadError),
    /// The audit entry about it could not be written.
    #[error("audit entry")]
    Entry,
}

impl BackupError {
    fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// What a backup consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the form.
    pub format: u32,
    /// The version of the program that made it.
    pub program: String,
    /// The version of the tables.
    pub schema: i64,
    /// When it was made (RFC 3339).
    pub made_at: fangxian_base::Instant,
    /// The last place in the sealed order.
    pub last_seal: i64,
    /// The tables, in the order in which they are restored.
    pub tables: Vec<Part>,
    /// The audit heads told outside.
    pub heads: Part,
}

/// One file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The table, or `heads`.
    pub name: String,
    /// The columns, in the order of the values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Rows.
    pub rows: i64,
    /// Hex of the file's SHA-256.
    pub sha256: String,
}

/// What a restore did.
#[derive(Debug, Clone, Serialize)]
pub struct RestoreReport {
    /// Rows restored, all tables together.
    pub rows: i64,
    /// The last place in the sealed order of the backup.
    pub last_seal: i64,
    /// Sealed entries that the heads kept here speak of and the backup does not have.
    pub lost_entries: i64,
    /// Responses that were destroyed again.
    pub responses_destroyed: usize,
    /// Single records that were destroyed again.
    pub records_destroyed: usize,
    /// The trail, verified after the restore.
    pub verified: VerifyReport,
}
