//! What is sealed under the key of a record, and what was written on it for another response.

use fangxian_base::{RecordId, ResponseId};

use crate::db::{DbError, Tx, vals};
use crate::keys::{CryptError, Key};
use crate::scopes::padded;

/// The key of a record; none when it was destroyed, or its response is being destroyed.
fn record_key(tx: &mut Tx<'_>, record: RecordId) -> Result<Option<Key>, DbError> {
    key_where(tx, record, "o.destroyed_at IS NULL")
}

/// Lets values under a record whose response is being destroyed be opened in this transaction, for
/// what of other responses is to be kept.
pub(crate) fn open_doomed(tx: &mut Tx<'_>, record: RecordId) -> Result<(), DbError> {
    key_where(tx, record, "o.id = k.response_id").map(|_| ())
}

fn key_where(tx: &mut Tx<'_>, record: RecordId, condition: &str) -> Result<Option<Key>, DbError> {
    if let Some(key) = tx.context.record_keys.get(&record) {
        return Ok(Some(key.clone()));
    }
    let row = tx.row(
        &format!(
            "SELECT k.response_id, k.wrapped FROM record_key k
             JOIN response o ON o.id = k.response_id WHERE k.record_id = $1 AND {condition}"
        ),
        &vals![record],
    )?;
    let Some(row) = row else { return Ok(None) };
    let (response, wrapped): (ResponseId, Vec<u8>) = (row.get(0)?, row.get(1)?);
    unwrapped(tx, record, response, &wrapped)
}

fn unwrapped(
    tx: &mut Tx<'_>,
    record: RecordId,
    response: ResponseId,
    wrapped: &[u8],
) -> Result<Option<Key>, DbError> {
    match tx.context.keys.unwrap(response, record, wrapped) {
        Ok(key) => {
            tx.context.record_keys.insert(record, key.clone());
            Ok(Some(key))
        }
        Err(CryptError::Destroyed) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Gets the keys of several records at once, and the responses they were collected for; those that
/// were destroyed are left out.
pub(crate) fn keys_open(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<(), DbError> {
    let keys = &tx.context.record_keys;
    let missing = records.iter().copied().filter(|id| !keys.contains_key(id));
    let mut values = Vec::new();
    let ids = padded(missing, &mut values);
    if values.is_empty() {
        return Ok(());
    }
    let rows = tx.rows_aside(
        &format!(
            "SELECT k.record_id, k.response_id, k.wrapped FROM record_key k
             JOIN response o ON o.id = k.response_id
             WHERE k.record_id IN ({ids}) AND o.destroyed_at IS NULL"
        ),
        &values,
    )?;
    for row in &rows {
        let (record, response): (RecordId, ResponseId) = (row.get(0)?, row.get(1)?);
        unwrapped(tx, record, response, &row.get::<Vec<u8>>(2)?)?;
        tx.context.record_responses.insert(record, response);
    }
    Ok(())
}

/// Seals bytes under a record's key; `place` is `table|column|row`.
pub(crate) fn seal_under(
    tx: &mut Tx<'_>,
    record: RecordId,
    place: &str,
    plain: &[u8],
) -> Result<Vec<u8>, DbError> {
    let key = record_key(tx, record)?.ok_or(CryptError::Destroyed)?;
    Ok(key.seal(place, plain)?)
}

/// Opens what [`seal_under`] made; `None` when the key was destroyed or the value was emptied.
pub(crate) fn open_under(
    tx: &mut Tx<'_>,
    record: RecordId,
    place: &str,
    sealed: &[u8],
) -> Result<Option<Vec<u8>>, DbError> {
    if sealed.is_empty() {
        return Ok(None);
    }
    match record_key(tx, record)? {
        Some(key) => Ok(Some(key.open(place, sealed)?)),
        None => Ok(None),
    }
}

/// The response that a record was collected for.
fn response_of(tx: &mut Tx<'_>, record: RecordId) -> Result<Option<ResponseId>, DbError> {
    if let Some(response) = tx.context.record_responses.get(&record) {
        return Ok(Some(*response));
    }
    let row = tx.row(
        "SELECT response_id FROM record WHERE id = $1",
        &vals![record],
    )?;
    let response = row.map(|row| row.get(0)).transpose()?;
    if let Some(response) = response {
        tx.context.record_responses.insert(record, response);
    }
    Ok(response)
}

/// Seals what was written on a record for a response: under the record's key, and where that is
/// not the record's own response under that response's too, so that it goes when either goes.
pub(crate) fn seal_for(
    tx: &mut Tx<'_>,
    record: RecordId,
    response: ResponseId,
    place: &str,
    plain: &[u8],
) -> Result<Vec<u8>, DbError> {
    let sealed = seal_under(tx, record, place, plain)?;
    if response_of(tx, record)? == Some(response) {
        return Ok(sealed);
    }
    Ok(tx.context.keys.seal_for(response, place, &sealed)?)
}

/// Opens what [`seal_for`] made; `None` when the key was destroyed.
pub(crate) fn open_for(
    tx: &mut Tx<'_>,
    record: RecordId,
    response: ResponseId,
    place: &str,
    sealed: &[u8],
) -> Result<Option<Vec<u8>>, DbError> {
    if response_of(tx, record)? == Some(response) {
        return open_under(tx, record, place, sealed);
    }
    match tx.context.keys.open_for(response, place, sealed) {
        Ok(inner) => open_under(tx, record, place, &inner),
        Err(CryptError::Destroyed) => Ok(None),
        Err(e) => Err(e.into()),
    }
}
