//! Where a demonstration lives: a directory of its own with a marker, so that `--fresh` can remove
//! what a demonstration made and nothing else.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::args::DemoArgs;
use crate::config::Config;
use crate::out::{self, Failed};

/// The file that says that a demonstration made the directory.
const MARKER: &str = "demonstration.json";

/// What an earlier run was begun with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Marker {
    /// Seed of everything made up.
    pub seed: u64,
    /// Residents.
    pub residents: usize,
    /// The city pack.
    pub city: String,
}

/// The place of this run.
#[derive(Debug)]
pub struct Home {
    /// The configuration with the demonstration's directory.
    pub config: Config,
    /// How many residents.
    pub residents: usize,
    /// The city pack.
    pub city: String,
    /// Seed of everything made up.
    pub seed: u64,
    /// Held as long as the demonstration runs, so that a second one keeps away.
    _lock: File,
}

impl Home {
    /// Makes the directory ready, emptying it first when asked.
    ///
    /// # Errors
    /// When the directory holds something that no demonstration made.
    pub fn prepare(config: &Config, args: &DemoArgs) -> Result<Self, Failed> {
        let dir = if config.data_was_set() {
            config.data()
        } else {
            config.data().join("demo")
        };
        let before = lock(&dir)?;
        if args.fresh {
            forget(config, &dir)?;
        }
        drop(before);
        let marker = match read(&dir)? {
            Some(marker) => marker,
            None => begin(&dir, args)?,
        };
        let lock =
            lock(&dir)?.ok_or_else(|| Failed::new("the demonstration's directory is gone"))?;
        if (marker.seed, marker.residents) != (args.seed, args.residents) {
            out::note(format_args!(
                "Going on with the district that is there (seed {}, {} residents); --fresh begins anew.",
                marker.seed, marker.residents
            ));
        }
        Ok(Self {
            config: config.clone().with_data(&dir),
            residents: marker.residents,
            seed: marker.seed,
            city: marker.city,
            _lock: lock,
        })
    }
}

/// Takes hold of the marker; nothing when there is none.
fn lock(dir: &Path) -> Result<Option<File>, Failed> {
    let Ok(file) = File::open(dir.join(MARKER)) else {
        return Ok(None);
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(Failed::new(format!(
            "another demonstration is running in `{}`",
            dir.display()
        ))
        .hint("stop it first, or name another directory with --data")),
        Err(TryLockError::Error(e)) => Err(e.into()),
    }
}

fn read(dir: &Path) -> Result<Option<Marker>, Failed> {
    let path = dir.join(MARKER);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(serde_json::from_str(&text)?)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Failed::new(format!("`{}`: {e}", path.display()))),
    }
}

/// What lies in the directory besides what an operator may put there beforehand.
fn foreign(dir: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(dir).ok()?;
    entries
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.file_name().is_none_or(|name| name != "fangxian.toml"))
}

fn begin(dir: &Path, args: &DemoArgs) -> Result<Marker, Failed> {
    if let Some(there) = foreign(dir) {
        return Err(Failed::new(format!(
            "`{}` was not made by a demonstration",
            there.display()
        ))
        .hint("name an empty directory with --data or FANGXIAN_DATA"));
    }
    std::fs::create_dir_all(dir).map_err(|e| Failed::new(format!("`{}`: {e}", dir.display())))?;
    let marker = Marker {
        seed: args.seed,
        residents: args.residents,
        city: args.city.clone(),
    };
    std::fs::write(dir.join(MARKER), serde_json::to_vec_pretty(&marker)?)?;
    Ok(marker)
}

fn forget(config: &Config, dir: &Path) -> Result<(), Failed> {
    if config.database().is_some() {
        return Err(Failed::new("--fresh does not empty a PostgreSQL database")
            .hint("create an empty database and name that one, with an empty data directory"));
    }
    if read(dir)?.is_some() {
        std::fs::remove_dir_all(dir)
            .map_err(|e| Failed::new(format!("`{}`: {e}", dir.display())))?;
    } else if let Some(there) = foreign(dir) {
        return Err(Failed::new(format!(
            "`{}` was not made by a demonstration; nothing was removed",
            there.display()
        )));
    }
    Ok(())
}
