//! Checks the trail from end to end, offline: chain, signatures, heads told outside, and the rows
//! of facts, links and approvals.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use ed25519_dalek::{Signature, Verifier};
use fangxian_base::EntryId;
use serde::Serialize;
use uuid::Uuid;

use super::seal::{Head, chained, signed_text};
use super::{ENTRY_COLUMNS, Reference, hex, row_digest, unhex};
use crate::approvals::{APPROVAL_ROW, END_ROW};
use crate::db::{DbError, Row, Tx, vals};
use crate::facts::FACT_COLUMNS;
use crate::people::LINK_ROW;
use crate::store::Store;

/// LIMIT: entries read at a time.
const PAGE: i64 = 5_000;
/// LIMIT: how far away the place is looked for that a moved entry came from.
const NEAR: i64 = 50;
/// LIMIT: findings listed; more are counted.
const FINDINGS_MAX: usize = 100;

/// What kind of thing does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// An entry's content differs from what was sealed.
    EntryChanged,
    /// A place in the order is empty.
    EntryMissing,
    /// Entries stand in another order than they were sealed in.
    EntryReordered,
    /// The database ends before the last head told outside.
    TrailCut,
    /// A head's signature does not fit.
    SignatureWrong,
    /// Sealed entries that no signed head covers.
    TrailUnsigned,
    /// The file of heads outside the database is gone.
    HeadsMissing,
    /// A fact row differs from what its entry says.
    FactChanged,
    /// A fact that an entry speaks of is gone.
    FactMissing,
    /// A fact names an entry that does not exist or does not speak of it.
    FactUnaccounted,
    /// A link row differs from what its entry says.
    LinkChanged,
    /// A link that an entry speaks of is gone.
    LinkMissing,
    /// A link that no entry speaks of.
    LinkUnaccounted,
    /// An approval, or its early end, differs from what its entry says.
    ApprovalChanged,
    /// An approval, or its early end, that an entry speaks of is gone.
    ApprovalMissing,
    /// An approval, or an early end, that no entry speaks of.
    ApprovalUnaccounted,
}

/// One thing that does not hold.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// What kind.
    pub kind: FindingKind,
    /// The place in the order, where one is known.
    pub seal: Option<i64>,
    /// The id of the entry or row.
    pub id: Option<String>,
}

/// The answer of [`verify`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct VerifyReport {
    /// The last place in the sealed order.
    pub last_seal: i64,
    /// The last place whose head was told outside.
    pub told_up_to: i64,
    /// Entries not sealed yet.
    pub unsealed: i64,
    /// Entries checked.
    pub entries: i64,
    /// Fact rows checked.
    pub facts: i64,
    /// Links and approvals checked.
    pub rows: i64,
    /// What does not hold, first ones first.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub findings_total: usize,
}

impl VerifyReport {
    fn find(&mut self, kind: FindingKind, seal: Option<i64>, id: Option<String>) {
        self.findings_total += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(Finding { kind, seal, id });
        }
    }

    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.findings_total == 0
    }
}

/// Verifies the whole trail.
///
/// # Errors
/// When the database or the file of heads cannot be read.
pub fn verify(store: &Store) -> Result<VerifyReport, DbError> {
    let told = read_heads(store);
    let key = store.keys().verifying();
    let fits = |head: &Head| {
        unhex(&head.signature)
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .is_some_and(|signature| {
                key.verify(
                    signed_text(head.last_seal, &head.hash).as_bytes(),
                    &signature,
                )
                .is_ok()
            })
    };
    store.read(|tx| {
        let mut report = VerifyReport::default();
        let inside = batch_heads(tx)?;
        if told.is_empty() && !inside.is_empty() {
            report.find(FindingKind::HeadsMissing, None, None);
        }
        // What was told outside goes last: where both speak of a place, it is believed.
        let mut at_seal = BTreeMap::new();
        for head in inside.iter().chain(&told) {
            if fits(head) {
                at_seal.insert(head.last_seal, head.hash.clone());
            } else {
                report.find(FindingKind::SignatureWrong, Some(head.last_seal), None);
            }
        }
        report.told_up_to = told.iter().map(|head| head.last_seal).max().unwrap_or(0);
        check_chain(tx, &mut report, &at_seal)?;
        check_rows(tx, &mut report)?;
        report.unsealed = super::unsealed_count(tx)?;
        Ok(report)
    })
}

/// The heads as the database has them.
fn batch_heads(tx: &mut Tx<'_>) -> Result<Vec<Head>, DbError> {
    tx.rows(
        "SELECT last_seal, head, signature FROM seal_batch ORDER BY last_seal",
        &[],
    )?
    .iter()
    .map(|row| {
        Ok(Head {
            last_seal: row.get(0)?,
            hash: hex(&row.get::<Vec<u8>>(1)?),
            signature: hex(&row.get::<Vec<u8>>(2)?),
        })
    })
    .collect()
}

fn read_heads(store: &Store) -> Vec<Head> {
    let path = store.data_dir().join("audit").join("heads.jsonl");
    std::fs::read_to_string(path)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn check_chain(
    tx: &mut Tx<'_>,
    report: &mut VerifyReport,
    at_seal: &BTreeMap<i64, String>,
) -> Result<(), DbError> {
    let mut previous = vec![0_u8; 32];
    let mut expected = 0;
    loop {
        let rows = tx.rows(
            &format!(
                "SELECT {ENTRY_COLUMNS} FROM audit_entry WHERE seal > $1 ORDER BY seal LIMIT $2"
            ),
            &vals![expected, PAGE],
        )?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let seal: i64 = row.get(10)?;
            for gap in expected + 1..seal {
                report.find(FindingKind::EntryMissing, Some(gap), None);
            }
            let stored: Vec<u8> = row.get::<Option<Vec<u8>>>(11)?.unwrap_or_default();
            let id: EntryId = row.get(0)?;
            let after_gap = seal != expected + 1;
            if !after_gap && stored != chained(&previous, row, seal) {
                report.find(
                    which_change(row, seal, &stored, tx)?,
                    Some(seal),
                    Some(id.to_string()),
                );
            }
            if at_seal.get(&seal).is_some_and(|head| *head != hex(&stored)) {
                report.find(FindingKind::EntryChanged, Some(seal), Some(id.to_string()));
            }
            previous = stored;
            expected = seal;
            report.entries += 1;
        }
    }
    report.last_seal = expected;
    let signed = at_seal.last_key_value().map_or(0, |(&seal, _)| seal);
    match signed.cmp(&expected) {
        Ordering::Greater => report.find(FindingKind::TrailCut, Some(signed), None),
        Ordering::Less => report.find(FindingKind::TrailUnsigned, Some(signed + 1), None),
        Ordering::Equal => {}
    }
    Ok(())
}

/// An entry that fits another place nearby was moved; one that fits none was changed.
fn which_change(
    row: &Row,
    seal: i64,
    stored: &[u8],
    tx: &mut Tx<'_>,
) -> Result<FindingKind, DbError> {
    let near = tx.rows(
        "SELECT seal, hash FROM audit_entry WHERE seal BETWEEN $1 AND $2",
        &vals![seal - NEAR, seal + NEAR],
    )?;
    let mut places = Vec::new();
    let mut hashes = vec![vec![0_u8; 32], stored.to_vec()];
    for other in &near {
        places.push(other.get::<i64>(0)?);
        hashes.push(other.get::<Option<Vec<u8>>>(1)?.unwrap_or_default());
    }
    let fits = |place: i64| {
        hashes
            .iter()
            .any(|before| hashes.contains(&chained(before, row, place).to_vec()))
    };
    let moved = places.into_iter().filter(|place| *place != seal).any(fits);
    Ok(if moved {
        FindingKind::EntryReordered
    } else {
        FindingKind::EntryChanged
    })
}

/// Rows that are written once and never changed: each is named by an entry with its digest.
struct Kept {
    /// As references and tables call it.
    name: &'static str,
    columns: &'static str,
    /// Where the entry's id stands among the columns.
    entry: usize,
    changed: FindingKind,
    missing: FindingKind,
    unaccounted: FindingKind,
}

const KEPT: [Kept; 4] = [
    Kept {
        name: "fact",
        columns: FACT_COLUMNS,
        entry: crate::facts::ENTRY_COLUMN,
        changed: FindingKind::FactChanged,
        missing: FindingKind::FactMissing,
        unaccounted: FindingKind::FactUnaccounted,
    },
    Kept {
        name: "link",
        columns: LINK_ROW,
        entry: 7,
        changed: FindingKind::LinkChanged,
        missing: FindingKind::LinkMissing,
        unaccounted: FindingKind::LinkUnaccounted,
    },
    Kept {
        name: "approval",
        columns: APPROVAL_ROW,
        entry: 8,
        changed: FindingKind::ApprovalChanged,
        missing: FindingKind::ApprovalMissing,
        unaccounted: FindingKind::ApprovalUnaccounted,
    },
    Kept {
        name: "approval_end",
        columns: END_ROW,
        entry: 5,
        changed: FindingKind::ApprovalChanged,
        missing: FindingKind::ApprovalMissing,
        unaccounted: FindingKind::ApprovalUnaccounted,
    },
];

fn check_rows(tx: &mut Tx<'_>, report: &mut VerifyReport) -> Result<(), DbError> {
    let mut after = EntryId::from_uuid(Uuid::nil());
    let mut accounted: [HashSet<Uuid>; KEPT.len()] = Default::default();
    loop {
        let rows = tx.rows(
            "SELECT id, refs, salt FROM audit_entry WHERE id > $1 ORDER BY id LIMIT $2",
            &vals![after, PAGE],
        )?;
        let Some(last) = rows.last() else { break };
        after = last.get(0)?;
        for row in &rows {
            let text: String = row.get(1)?;
            if !KEPT.iter().any(|kept| text.contains(kept.name)) {
                continue;
            }
            let references: Vec<Reference> = serde_json::from_str(&text).unwrap_or_default();
            let salt: Vec<u8> = row.get(2)?;
            for (kept, accounted) in KEPT.iter().zip(&mut accounted) {
                for reference in references.iter().filter(|r| r.kind == kept.name) {
                    let Ok(id) = reference.id.parse::<Uuid>() else {
                        continue;
                    };
                    let first = accounted.insert(id);
                    // Links and approvals of older programs are named without a digest.
                    if reference.digest.is_some() {
                        check_row(tx, report, kept, reference, row.get(0)?, &salt)?;
                    } else if first {
                        check_there(tx, report, kept, reference, id)?;
                    }
                }
            }
        }
    }
    for (kept, accounted) in KEPT.iter().zip(&accounted) {
        find_strays(tx, report, kept, accounted)?;
    }
    Ok(())
}

/// Names every row that no entry speaks of.
fn find_strays(
    tx: &mut Tx<'_>,
    report: &mut VerifyReport,
    kept: &Kept,
    accounted: &HashSet<Uuid>,
) -> Result<(), DbError> {
    let mut after = Uuid::nil();
    loop {
        let rows = tx.rows(
            &format!(
                "SELECT id FROM {} WHERE id > $1 ORDER BY id LIMIT $2",
                kept.name
            ),
            &vals![after, PAGE],
        )?;
        let Some(last) = rows.last() else { break };
        after = last.get(0)?;
        for row in &rows {
            let id: Uuid = row.get(0)?;
            match kept.name {
                "fact" => report.facts += 1,
                _ => report.rows += 1,
            }
            if !accounted.contains(&id) {
                report.find(kept.unaccounted, None, Some(id.to_string()));
            }
        }
    }
    Ok(())
}

fn check_there(
    tx: &mut Tx<'_>,
    report: &mut VerifyReport,
    kept: &Kept,
    reference: &Reference,
    id: Uuid,
) -> Result<(), DbError> {
    let sql = format!("SELECT id FROM {} WHERE id = $1", kept.name);
    if tx.row(&sql, &vals![id])?.is_none() {
        report.find(kept.missing, None, Some(reference.id.clone()));
    }
    Ok(())
}

fn check_row(
    tx: &mut Tx<'_>,
    report: &mut VerifyReport,
    kept: &Kept,
    reference: &Reference,
    entry: EntryId,
    salt: &[u8],
) -> Result<(), DbError> {
    let Ok(id) = reference.id.parse::<Uuid>() else {
        return Ok(());
    };
    let row = tx.row(
        &format!("SELECT {} FROM {} WHERE id = $1", kept.columns, kept.name),
        &vals![id],
    )?;
    match row {
        None => report.find(kept.missing, None, Some(reference.id.clone())),
        Some(row) => {
            let same = reference.digest.as_deref() == Some(&hex(&row_digest(salt, &row.0)))
                && row.get::<EntryId>(kept.entry)? == entry;
            if !same {
                report.find(kept.changed, None, Some(reference.id.clone()));
            }
        }
    }
    Ok(())
}
