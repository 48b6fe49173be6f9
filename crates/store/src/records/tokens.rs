//! Search tokens: what a record can be found by, without being readable.

use std::fmt::Write;

use fangxian_base::{PersonId, RecordId};

use crate::db::{DbError, Insert, Tx, Val, vals};
use crate::scopes::{Columns, Scope, scoped};

/// Adds a search token for a normalised value of a kind (`document`, `phone`, `name`, …).
pub fn token_insert(
    tx: &mut Tx<'_>,
    record: RecordId,
    kind: &str,
    value: &str,
) -> Result<(), DbError> {
    tokens_insert(tx, record, &[(kind, value)])
}

const TOKEN: Insert = Insert {
    rank: 6,
    table: "token",
    columns: "token, kind, record_id",
    width: 3,
    tail: " ON CONFLICT DO NOTHING",
};

/// Adds several search tokens, of kind and value, at once.
pub fn tokens_insert(
    tx: &mut Tx<'_>,
    record: RecordId,
    tokens: &[(&str, &str)],
) -> Result<(), DbError> {
    for (kind, value) in tokens {
        let token = tx.context.keys.token(kind, value);
        tx.later(&TOKEN, vals![token, *kind, record]);
        tx.arrived_token(record, token);
    }
    if !tx.has_arrived(record) {
        // Nobody remembers them: what looks for them asks the table.
        tx.settle()?;
    }
    Ok(())
}

/// Records that carry a value and say something still, oldest first.
pub fn token_find(
    tx: &mut Tx<'_>,
    kind: &str,
    value: &str,
    limit: i64,
) -> Result<Vec<RecordId>, DbError> {
    tokens_find(tx, &[(kind, value)], limit)
}

/// Records that carry any of these values, of kind and value, and say something still: for one
/// value after the other the oldest, so many at most, and each record once.
pub fn tokens_find(
    tx: &mut Tx<'_>,
    asked: &[(&str, &str)],
    limit: i64,
) -> Result<Vec<RecordId>, DbError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut values = vec![Val::from(limit)];
    let (mut sql, mut rows) = (String::new(), Vec::new());
    for (nth, (kind, value)) in (0_i64..).zip(asked) {
        let token = tx.context.keys.token(kind, value);
        rows.extend(tx.token_arrivals(&token).map(|record| (nth, record)));
        if let Some(known) = tx.context.memory.ahead.with_token(&token, limit) {
            rows.extend(known.iter().map(|record| (nth, *record)));
            continue;
        }
        values.push(token.into());
        values.push((*kind).into());
        let union = if sql.is_empty() { "" } else { " UNION ALL " };
        let n = values.len();
        let _ = write!(
            sql,
            "{union}SELECT * FROM (SELECT {nth} AS nth, t.record_id FROM token t
             WHERE t.token = ${} AND t.kind = ${n} AND NOT EXISTS
                 (SELECT 1 FROM record r JOIN response o ON o.id = r.response_id
                  WHERE r.id = t.record_id
                      AND (o.destroyed_at IS NOT NULL OR r.state = 'withdrawn'))
             ORDER BY t.record_id LIMIT $1) t{nth}",
            n - 1
        );
    }
    if !sql.is_empty() {
        for row in tx.rows_aside(&sql, &values)? {
            rows.push((row.get(0)?, row.get(1)?));
        }
    }
    rows.sort_unstable();
    rows.dedup();
    let (mut found, mut last, mut of_last): (Vec<RecordId>, _, _) = (Vec::new(), 0, 0);
    for (nth, record) in rows {
        of_last = if nth == last { of_last + 1 } else { 1 };
        last = nth;
        if of_last <= limit && !found.contains(&record) {
            found.push(record);
        }
    }
    Ok(found)
}

/// Where scopes look in a person: its own place, and the response of any of its records.
const PERSON_SCOPE: Columns<'static> = Columns {
    area: "n.area_id",
    response: "r.response_id",
    confined: "n.confined",
    assignee: "",
    unit: "",
};

/// Persons inside the reader's scopes of whom one record carries all of these values of one kind,
/// in the order of their first such record.
pub fn token_persons(
    tx: &mut Tx<'_>,
    kind: &str,
    wanted: &[String],
    scopes: &[Scope],
    limit: i64,
) -> Result<Vec<PersonId>, DbError> {
    let mut values = vec![Val::from(kind)];
    let mut conditions = String::new();
    for value in wanted {
        values.push(tx.context.keys.token(kind, value).into());
        let _ = write!(
            conditions,
            " AND EXISTS (SELECT 1 FROM token t WHERE t.token = ${} AND t.kind = $1
                 AND t.record_id = e.record_id)",
            values.len()
        );
    }
    let Some(first) = values.get(1).cloned() else {
        return Ok(Vec::new());
    };
    values.push(first);
    let entry = values.len();
    let inside = scoped(scopes, PERSON_SCOPE, &mut values);
    values.push(limit.into());
    tx.rows(
        &format!(
            "SELECT p.person_id, MIN(w.received_at) FROM token e
                 JOIN record w ON w.id = e.record_id
                 JOIN response o ON o.id = w.response_id AND o.destroyed_at IS NULL
                 JOIN record_person p ON p.record_id = e.record_id
                 JOIN person n ON n.id = p.person_id
             WHERE e.token = ${entry} AND e.kind = $1{conditions} AND EXISTS (
                 SELECT 1 FROM record r JOIN record_person q ON q.record_id = r.id
                 WHERE q.person_id = p.person_id AND {inside})
             GROUP BY p.person_id ORDER BY 2, 1 LIMIT ${}",
            values.len()
        ),
        &values,
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}
