//! What a command with many records is going to ask is asked ahead, for all of them in a few
//! statements. The answers hold for that command alone; what it writes itself is remembered beside
//! them (`arrivals.rs`).

use std::collections::HashMap;
use std::fmt::Write;

use fangxian_base::RecordId;

use crate::db::{DbError, Tx, Val, vals};
use crate::facts::{Fact, fact_list_of_kind};
use crate::linkage::LinkTokens;

/// LIMIT: questions in one statement.
const AT_ONCE: usize = 128;

/// Answers, by what was asked.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    tokens: HashMap<[u8; 32], Vec<RecordId>>,
    /// So many were asked for at most.
    tokens_limit: usize,
    pub(crate) link_tokens: HashMap<i64, Vec<RecordId>>,
    /// Facts of one kind on records.
    pub(crate) facts: HashMap<RecordId, Vec<Fact>>,
    pub(crate) kind: Option<String>,
}

impl Ahead {
    /// The oldest records with a token, when it was asked for so many ahead.
    pub(crate) fn with_token(&self, token: &[u8; 32], limit: i64) -> Option<&[RecordId]> {
        let known = self.tokens.get(token)?;
        let enough = usize::try_from(limit).is_ok_and(|limit| limit <= self.tokens_limit);
        let whole = known.len() < self.tokens_limit;
        (enough || whole).then_some(known)
    }
}

/// Asks for the records that carry each of these values, of kind and value: the oldest, so many at
/// most. [`crate::records::tokens_find`] has the answers then, up to the same limit.
///
/// # Errors
/// What the database said.
pub fn tokens_ahead(tx: &mut Tx<'_>, asked: &[(&str, &str)], limit: i64) -> Result<(), DbError> {
    let ahead = &mut tx.context.memory.ahead;
    ahead.tokens.clear();
    ahead.tokens_limit = usize::try_from(limit).unwrap_or_default();
    let mut unknown: Vec<([u8; 32], &str)> = Vec::new();
    for (kind, value) in asked {
        let token = tx.context.keys.token(kind, value);
        let known = &mut tx.context.memory.ahead.tokens;
        if known.insert(token, Vec::new()).is_none() {
            unknown.push((token, kind));
        }
    }
    for part in unknown.chunks(AT_ONCE) {
        let mut values = vals![limit].to_vec();
        let mut sql = String::new();
        let asked = filled_up(
            part.iter()
                .map(|(token, kind)| (Val::from(*token), Val::from(*kind))),
        );
        for (nth, (token, kind)) in asked.into_iter().enumerate() {
            values.extend([token, kind]);
            let union = if nth == 0 { "" } else { " UNION ALL " };
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
        for row in tx.rows_aside(&sql, &values)? {
            let nth = usize::try_from(row.get::<i64>(0)?).unwrap_or(usize::MAX);
            if let Some((token, _)) = part.get(nth) {
                let known = &mut tx.context.memory.ahead.tokens;
                known.entry(*token).or_default().push(row.get(1)?);
            }
        }
    }
    Ok(())
}

/// Asks for the records that have each of these tokens of matching, so many at most.
/// [`crate::linkage::link_token_shared`] has the answers then, up to the same limit.
///
/// # Errors
/// What the database said.
pub fn link_tokens_ahead(tx: &mut Tx<'_>, tokens: &[LinkTokens], most: i64) -> Result<(), DbError> {
    let mut unknown = Vec::new();
    for token in tokens.iter().flat_map(LinkTokens::keys) {
        let known = &mut tx.context.memory.ahead.link_tokens;
        if known.insert(token, Vec::new()).is_none() {
            unknown.push(token);
        }
    }
    for part in unknown.chunks(AT_ONCE) {
        // One more than counts, and one that may be the record that asks.
        let mut values = vals![most + 2].to_vec();
        let mut sql = String::new();
        for token in filled_up(part.iter().map(|token| Val::from(*token))) {
            values.push(token);
            let union = if sql.is_empty() { "" } else { " UNION ALL " };
            let n = values.len();
            let _ = write!(
                sql,
                "{union}SELECT * FROM (SELECT token, record_id FROM link_token
                 WHERE token = ${n} LIMIT $1) t{n}"
            );
        }
        for row in tx.rows_aside(&sql, &values)? {
            let (token, record): (i64, RecordId) = (row.get(0)?, row.get(1)?);
            let known = &mut tx.context.memory.ahead.link_tokens;
            let holders = known.entry(token).or_default();
            if !holders.contains(&record) {
                holders.push(record);
            }
        }
    }
    Ok(())
}

/// Reads the facts of a kind on records; [`fact_list_of_kind`] has them then.
///
/// # Errors
/// What the database said.
pub fn facts_ahead(tx: &mut Tx<'_>, records: &[RecordId], kind: &str) -> Result<(), DbError> {
    let mut found: HashMap<RecordId, Vec<Fact>> = HashMap::new();
    for record in records.iter().filter(|record| !tx.has_arrived(**record)) {
        found.insert(*record, Vec::new());
    }
    for fact in fact_list_of_kind(tx, records, kind)? {
        if let Some(facts) = found.get_mut(&fact.record) {
            facts.push(fact);
        }
    }
    let ahead = &mut tx.context.memory.ahead;
    if ahead.kind.as_deref() != Some(kind) {
        ahead.facts.clear();
        ahead.kind = Some(kind.to_owned());
    }
    ahead.facts.extend(found);
    Ok(())
}

/// Filled up with the last one to a power of two, so that few statements are prepared.
fn filled_up<T: Clone>(asked: impl Iterator<Item = T>) -> Vec<T> {
    let mut asked: Vec<T> = asked.collect();
    if let Some(last) = asked.last().cloned() {
        asked.resize(asked.len().next_power_of_two(), last);
    }
    asked
}
