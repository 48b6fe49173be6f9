//! The key directory, copied apart from the data, and taken back without undoing destruction.

use std::collections::BTreeSet;
use std::path::Path;

use super::BackupError;
use crate::keys::{restrict, write_durably};

const MASTER: &str = "master.key";
const DESTROYED: &str = "destroyed.log";
const FILES: [&str; 3] = [MASTER, "search.key", "audit.key"];

/// Copies the key directory into a new one. Keep it apart from the data, and make it anew after
/// each destruction: an old copy could bring back what was destroyed, if the log here is lost too.
///
/// # Errors
/// When the target exists or something cannot be read or written.
pub fn backup_keys(keys: &Path, to: &Path) -> Result<(), BackupError> {
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    std::fs::create_dir_all(to.join("responses")).map_err(BackupError::file(to))?;
    restrict(to, 0o700).map_err(BackupError::file(to))?;
    for name in FILES {
        copy(&keys.join(name), &to.join(name))?;
    }
    copy_responses(keys, to)?;
    if keys.join(DESTROYED).exists() {
        copy(&keys.join(DESTROYED), &to.join(DESTROYED))?;
    }
    Ok(())
}

/// Makes the key directory ready for a restore: its own keys if it has some, else the copy's. What
/// either of the two says is destroyed is destroyed.
pub(super) fn ready(keys: &Path, copy_of: Option<&Path>) -> Result<(), BackupError> {
    let here = keys.join(MASTER).exists();
    match (here, copy_of) {
        (false, None) => return Err(BackupError::NoKeys),
        (true, None) => return Ok(()),
        (false, Some(_)) => {}
        (true, Some(given)) => {
            let same = |name: &str| {
                let read = |path: &Path| std::fs::read(path).map_err(BackupError::file(path));
                Ok::<_, BackupError>(read(&keys.join(name))? == read(&given.join(name))?)
            };
            for name in FILES {
                if !same(name)? {
                    return Err(BackupError::OtherKeys(keys.to_owned()));
                }
            }
        }
    }
    let Some(given) = copy_of else { return Ok(()) };
    std::fs::create_dir_all(keys.join("responses")).map_err(BackupError::file(keys))?;
    restrict(keys, 0o700).map_err(BackupError::file(keys))?;
    // The log first: a kill after it still ends in destruction.
    merge_log(&given.join(DESTROYED), &keys.join(DESTROYED))?;
    copy_responses(given, keys)?;
    if !here {
        for name in FILES {
            copy(&given.join(name), &keys.join(name))?;
        }
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<(), BackupError> {
    let bytes = std::fs::read(from).map_err(BackupError::file(from))?;
    write_durably(to, &bytes).map_err(BackupError::file(to))
}

/// Copies the keys of responses that are not there yet.
fn copy_responses(from: &Path, to: &Path) -> Result<(), BackupError> {
    let dir = from.join("responses");
    for item in std::fs::read_dir(&dir).map_err(BackupError::file(&dir))? {
        let path = item.map_err(BackupError::file(&dir))?.path();
        let Some(name) = path.file_name() else {
            continue;
        };
        let target = to.join("responses").join(name);
        if path.extension().is_some_and(|ending| ending == "key") && !target.exists() {
            copy(&path, &target)?;
        }
    }
    Ok(())
}

fn merge_log(from: &Path, to: &Path) -> Result<(), BackupError> {
    let read = |path: &Path| match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(e) => Err(BackupError::file(path)(e)),
    };
    let (here, there) = (read(to)?, read(from)?);
    let mut lines: Vec<&str> = here.lines().collect();
    let known: BTreeSet<&str> = lines.iter().copied().collect();
    lines.extend(there.lines().filter(|line| !known.contains(line)));
    if lines.is_empty() {
        return Ok(());
    }
    let text = lines.join("\n") + "\n";
    write_durably(to, text.as_bytes()).map_err(BackupError::file(to))
}
