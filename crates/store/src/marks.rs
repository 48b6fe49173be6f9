//! Whether the keys in a directory are those of a database. The database keeps a code made with each
//! key, which says nothing about it; a key is made only for a database that nothing was kept in yet.

use std::path::Path;

use ed25519_dalek::{Signature, Verifier};
use fangxian_base::ResponseId;

use crate::audit::{hex, signed_text};
use crate::db::{DbError, Tx, vals};
use crate::keys::{CryptError, Keys};
use crate::store::{OpenError, Store};

/// The keys for an opened database: those that are there, or new ones where nothing was kept yet.
/// Refuses when one is missing or belongs to another database; touches no file then.
pub(crate) fn keys_for(store: &Store, dir: &Path) -> Result<Keys, OpenError> {
    let (used, known) = store.read(|tx| {
        let used: i64 = tx.value("SELECT COUNT(*) FROM response", &[])?;
        let known: i64 = tx.value("SELECT COUNT(*) FROM key_mark", &[])?;
        Ok::<_, DbError>((used > 0, known > 0))
    })?;
    let (mut keys, missing) = Keys::look(dir)?;
    if !missing.is_empty() {
        if used || known {
            return Err(OpenError::KeysGone {
                path: dir.to_owned(),
                names: missing.join(", "),
            });
        }
        keys = Keys::make(dir)?;
    }
    if known {
        let other = store.read(|tx| strange(tx, &keys))?;
        if !other.is_empty() {
            return Err(differ(dir, &other.join(", ")));
        }
    }
    responses(store, &keys, dir)?;
    if !known {
        if used && !signed_here(store, &keys)? {
            return Err(differ(dir, "audit.key"));
        }
        let marks = keys.marks();
        store.upkeep(move |tx| {
            for (name, mark) in &marks {
                tx.exec(
                    "INSERT INTO key_mark (name, mark) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    &vals![*name, mark.to_vec()],
                )?;
            }
            Ok(())
        })?;
    }
    let other = store.read(|tx| strange(tx, &keys))?;
    if other.is_empty() {
        Ok(keys)
    } else {
        Err(differ(dir, &other.join(", ")))
    }
}

fn differ(dir: &Path, names: &str) -> OpenError {
    OpenError::KeysDiffer {
        path: dir.to_owned(),
        names: names.to_owned(),
    }
}

/// The names of keys that are not those the database was kept with.
pub(crate) fn strange(tx: &mut Tx<'_>, keys: &Keys) -> Result<Vec<&'static str>, DbError> {
    let mut other = Vec::new();
    for (name, mark) in keys.marks() {
        let row = tx.row("SELECT mark FROM key_mark WHERE name = $1", &vals![name])?;
        let stored: Option<Vec<u8>> = row.map(|row| row.get(0)).transpose()?;
        if stored.as_deref() != Some(mark.as_slice()) {
            other.push(name);
        }
    }
    Ok(other)
}

/// Whether the last head inside a database without marks was signed with this key.
fn signed_here(store: &Store, keys: &Keys) -> Result<bool, DbError> {
    let row = store.read(|tx| {
        tx.row(
            "SELECT last_seal, head, signature FROM seal_batch ORDER BY last_seal DESC LIMIT 1",
            &[],
        )
    })?;
    let Some(row) = row else { return Ok(true) };
    let (seal, head, signature): (i64, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let text = signed_text(seal, &hex(&head));
    Ok(Signature::from_slice(&signature)
        .is_ok_and(|signature| keys.verifying().verify(text.as_bytes(), &signature).is_ok()))
}

/// Every response whose records are kept needs its own key: without that of an open one the
/// program does not start, without that of a closed one it says so.
fn responses(store: &Store, keys: &Keys, dir: &Path) -> Result<(), OpenError> {
    let rows = store.read(|tx| {
        tx.rows(
            "SELECT o.id, o.closed_at FROM response o WHERE o.destroyed_at IS NULL
             AND EXISTS (SELECT 1 FROM record_key k WHERE k.response_id = o.id) ORDER BY o.id",
            &[],
        )
    })?;
    let (mut missing, mut other) = (Vec::new(), Vec::new());
    for row in &rows {
        let (id, closed): (ResponseId, Option<i64>) = (row.get(0)?, row.get(1)?);
        let names = match keys.has_response(id) {
            Ok(()) | Err(CryptError::Destroyed | CryptError::NoRandomness) => continue,
            Err(CryptError::Missing) => &mut missing,
            Err(CryptError::Altered) => &mut other,
        };
        if closed.is_some() {
            tracing::error!(response = %id, "the key of a closed response is missing or not its own; its records cannot be read");
        } else {
            names.push(format!("responses/{id}.key"));
        }
    }
    if !missing.is_empty() {
        return Err(OpenError::KeysGone {
            path: dir.to_owned(),
            names: missing.join(", "),
        });
    }
    if other.is_empty() {
        Ok(())
    } else {
        Err(differ(dir, &other.join(", ")))
    }
}
