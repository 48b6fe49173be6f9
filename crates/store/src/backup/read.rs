//! Restoring: into an empty installation, all in one transaction, everything checked, and nothing
//! brought back that was destroyed since.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::{Signature, Verifier};
use fangxian_base::Clock;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::tables::{self, Table};
use super::write::signed;
use super::{BackupError, HEADS, MANIFEST, Manifest, Part, RestoreReport, SIGNATURE, keys};
use crate::Author;
use crate::audit::{head_seal, hex, unhex, verify};
use crate::db::{DbError, Tx, Val};
use crate::keys::write_durably;
use crate::store::{Store, StoreConfig};

/// Restores a backup into the empty installation that `config` names. `key_copy` is a copy of the
/// key directory, needed when the installation has no keys; keys that are there stay.
///
/// # Errors
/// When the backup is damaged or the installation is not empty: nothing was restored then.
pub fn restore(
    config: &StoreConfig,
    from: &Path,
    key_copy: Option<&Path>,
    clock: Arc<dyn Clock>,
) -> Result<RestoreReport, BackupError> {
    let (manifest, text) = read_manifest(from)?;
    check_files(from, &manifest)?;
    let key_dir = config
        .keys
        .clone()
        .unwrap_or_else(|| config.data.join("keys"));
    keys::ready(&key_dir, key_copy)?;
    let store = Store::open(config, clock)?;
    check_signature(&store, from, &text)?;
    let known = store.schema_version()?;
    if manifest.schema != known {
        return Err(BackupError::Schema {
            found: manifest.schema,
            known,
        });
    }
    let known_tables: HashMap<String, Table> = tables::all()
        .into_iter()
        .map(|table| (table.name.clone(), table))
        .collect();
    if manifest
        .tables
        .iter()
        .any(|part| !known_tables.contains_key(&part.name))
    {
        return Err(BackupError::Damaged(MANIFEST.to_owned()));
    }
    check_empty(&store)?;
    let rows = load(&store, from, &manifest)?;
    let lost_entries = restore_heads(&store, from, &manifest)?;
    // What was destroyed by the backup's own account, then by the log beside the keys.
    store.unlog_erasures()?;
    store.finish_destruction()?;
    let (responses_destroyed, records_destroyed) = store.replay_destruction()?;
    let verified = verify(&store)?;
    let detail = vec![
        ("last_seal", manifest.last_seal),
        ("lost_entries", lost_entries),
    ];
    store.tell(Author::Cli, "backup.restore", detail)?;
    store.seal()?;
    Ok(RestoreReport {
        rows,
        last_seal: manifest.last_seal,
        lost_entries,
        responses_destroyed,
        records_destroyed,
        verified,
    })
}

fn read_manifest(from: &Path) -> Result<(Manifest, Vec<u8>), BackupError> {
    let path = from.join(MANIFEST);
    let text = std::fs::read(&path).map_err(BackupError::file(&path))?;
    let manifest = serde_json::from_slice(&text).map_err(|e| BackupError::file(&path)(e.into()))?;
    Ok((manifest, text))
}

fn check_signature(store: &Store, from: &Path, manifest: &[u8]) -> Result<(), BackupError> {
    let path = from.join(SIGNATURE);
    let text = std::fs::read_to_string(&path).map_err(BackupError::file(&path))?;
    let fits = unhex(text.trim())
        .and_then(|bytes| Signature::from_slice(&bytes).ok())
        .is_some_and(|s| {
            store
                .keys()
                .verifying()
                .verify(&signed(manifest), &s)
                .is_ok()
        });
    if fits {
        Ok(())
    } else {
        Err(BackupError::Signature)
    }
}

/// Compares every file with the manifest before anything is opened.
fn check_files(from: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let heads = std::iter::once((&manifest.heads, HEADS.to_owned()));
    let parts = manifest
        .tables
        .iter()
        .map(|part| (part, format!("{}.jsonl", part.name)));
    for (part, name) in parts.chain(heads) {
        let path = from.join(&name);
        let mut file = BufReader::new(File::open(&path).map_err(BackupError::file(&path))?);
        let (mut hash, mut rows, mut line) = (Sha256::new(), 0, Vec::new());
        while file
            .read_until(b'\n', &mut line)
            .map_err(BackupError::file(&path))?
            > 0
        {
            hash.update(&line);
            rows += 1;
            line.clear();
        }
        if hex(&hash.finalize()) != part.sha256 || rows != part.rows {
            return Err(BackupError::Damaged(name));
        }
    }
    Ok(())
}

fn check_empty(store: &Store) -> Result<(), BackupError> {
    store.read(|tx| {
        for table in tables::all() {
            let empty = if table.name == "seal_state" {
                crate::audit::last_seal(tx)? == 0
            } else if table.name == "key_mark" {
                // Written when the database was made ready.
                true
            } else {
                tx.value::<i64>(&format!("SELECT COUNT(*) FROM {}", table.name), &[])? == 0
            };
            if !empty {
                return Err(BackupError::NotEmpty(table.name));
            }
        }
        Ok(())
    })
}

/// Loads all tables in one transaction, which is taken back when anything does not fit.
fn load(store: &Store, from: &Path, manifest: &Manifest) -> Result<i64, BackupError> {
    let (from, manifest) = (from.to_owned(), manifest.clone());
    let (tell, told) = std::sync::mpsc::channel();
    let done = store.upkeep(move |tx| {
        tx.exec("DELETE FROM seal_state", &[])?;
        tx.exec("DELETE FROM key_mark", &[])?;
        let mut rows = 0;
        for part in &manifest.tables {
            rows += load_table(tx, &from, part).map_err(|e| match e {
                BackupError::Db(e) => e,
                other => {
                    let _ = tell.send(other);
                    DbError::Stored { what: "backup" }
                }
            })?;
        }
        if !crate::marks::strange(tx, tx.context.keys)?.is_empty() {
            let _ = tell.send(BackupError::Signature);
            return Err(DbError::Stored { what: "backup" });
        }
        Ok(rows)
    });
    done.map_err(|e| told.try_recv().unwrap_or(BackupError::Db(e)))
}

fn load_table(tx: &mut Tx<'_>, from: &Path, part: &Part) -> Result<i64, BackupError> {
    let path = from.join(format!("{}.jsonl", part.name));
    let damaged = || BackupError::Damaged(format!("{}.jsonl", part.name));
    let there = tables::columns(tx, &part.name)?;
    if part.columns.iter().any(|column| !there.contains(column)) {
        return Err(damaged());
    }
    let places: Vec<String> = (1..=part.columns.len()).map(|n| format!("${n}")).collect();
    let sql = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        part.name,
        part.columns.join(", "),
        places.join(", ")
    );
    let file = BufReader::new(File::open(&path).map_err(BackupError::file(&path))?);
    let mut rows = 0;
    for line in file.lines() {
        let line = line.map_err(BackupError::file(&path))?;
        let cells: Vec<Value> =
            serde_json::from_str(&line).map_err(|_e: serde_json::Error| damaged())?;
        let values: Option<Vec<Val>> = cells.iter().map(tables::from_json).collect();
        let values = values
            .filter(|v| v.len() == part.columns.len())
            .ok_or_else(damaged)?;
        tx.exec(&sql, &values)?;
        rows += 1;
    }
    Ok(rows)
}

/// Puts the backup's heads into place. Heads that were told here before are kept beside them;
/// answers how many sealed entries they speak of that the backup does not have.
fn restore_heads(store: &Store, from: &Path, manifest: &Manifest) -> Result<i64, BackupError> {
    let path = store.data_dir().join("audit").join(HEADS);
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let told = known.lines().filter_map(head_seal).max().unwrap_or(0);
    if !known.is_empty() {
        let aside = path.with_file_name(format!("heads-before-{}.jsonl", store.now().millis()));
        write_durably(&aside, known.as_bytes()).map_err(BackupError::file(&aside))?;
    }
    let heads = from.join(HEADS);
    let bytes = std::fs::read(&heads).map_err(BackupError::file(&heads))?;
    write_durably(&path, &bytes).map_err(BackupError::file(&path))?;
    Ok((told - manifest.last_seal).max(0))
}
