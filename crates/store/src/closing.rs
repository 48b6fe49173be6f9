//! What a response amounts to when its personal records go: counts that stay, and when it went.
//!
//! Counting is by class of data: a record is of the first class with a fact of one of its kinds, or
//! of the last, which has none. Start with [`count_all`].

use ed25519_dalek::{Signature, Verifier as _, VerifyingKey};
use fangxian_base::{Instant, ResponseId};

use crate::Store;
use crate::audit::{hex, unhex};
use crate::db::{DbError, Tx, Val, vals};

/// A class of data: which kinds of fact make a record be of it. The last has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataClass<'a> {
    /// Its id.
    pub id: &'a str,
    /// Kinds of fact.
    pub facts: Vec<&'a str>,
}

/// One number: of which figure, by what, how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The figure, such as `measures`.
    pub figure: String,
    /// What it is counted by, such as `M03/lifted`.
    pub name: String,
    /// How many.
    pub value: i64,
}

/// A condition on a record `r` that it is of the class at `index`, and its values; the first of them
/// is `$from`.
pub(crate) fn of_class(classes: &[DataClass<'_>], index: usize, from: usize) -> (String, Vec<Val>) {
    let mut values = Vec::new();
    let mut has = |class: &DataClass<'_>| {
        let marks: Vec<_> = class
            .facts
            .iter()
            .map(|kind| {
                values.push(Val::from(*kind));
                format!("${}", from + values.len() - 1)
            })
            .collect();
        format!(
            "EXISTS (SELECT 1 FROM fact f WHERE f.record_id = r.id AND f.response_id = r.response_id
                 AND f.withdraws = 0 AND f.kind IN ({})
                 AND NOT EXISTS (SELECT 1 FROM fact w WHERE w.record_id = f.record_id AND w.corrects = f.id))",
            marks.join(", ")
        )
    };
    let mut said: Vec<String> = Vec::new();
    for earlier in classes
        .iter()
        .take(index)
        .filter(|one| !one.facts.is_empty())
    {
        said.push(format!("NOT {}", has(earlier)));
    }
    if let Some(class) = classes.get(index).filter(|one| !one.facts.is_empty()) {
        said.push(has(class));
    }
    if said.is_empty() {
        said.push("1 = 1".to_owned());
    }
    (said.join(" AND "), values)
}

/// Records, and persons they are about, of each class whose key is there, in the order of the classes.
pub fn class_counts(
    tx: &mut Tx<'_>,
    response: ResponseId,
    classes: &[DataClass<'_>],
) -> Result<Vec<(i64, i64)>, DbError> {
    (0..classes.len())
        .map(|index| {
            let (condition, more) = of_class(classes, index, 2);
            let mut values = vals![response].to_vec();
            values.extend(more);
            let row = tx.row(
                &format!(
                    "SELECT COUNT(*), COUNT(DISTINCT p.person_id) FROM record_key k
                     JOIN record r ON r.id = k.record_id
                     LEFT JOIN record_person p ON p.record_id = r.id
                     WHERE k.response_id = $1 AND {condition}"
                ),
                &values,
            )?;
            row.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
        })
        .collect()
}

/// Figures that are counted by SQL as they stand: name, and a query for `$1`.
const FIGURES: [(&str, &str); 12] = [
    (
        "channels",
        "SELECT r.channel, COUNT(*) FROM record r WHERE r.response_id = $1 GROUP BY r.channel",
    ),
    (
        "facts",
        "SELECT f.kind, COUNT(*) FROM fact f WHERE f.response_id = $1 GROUP BY f.kind",
    ),
    (
        "cases",
        "SELECT a.class, COUNT(*) FROM assessment a
         WHERE a.response_id = $1 AND a.scheme = 'case' AND a.class IS NOT NULL GROUP BY a.class",
    ),
    (
        "categories",
        "SELECT a.scheme || '/' || a.category, COUNT(*) FROM assessment a
         WHERE a.response_id = $1 AND a.category IS NOT NULL GROUP BY a.scheme, a.category",
    ),
    (
        "cases_by_day",
        "SELECT a.counted_on, COUNT(*) FROM assessment a
         WHERE a.response_id = $1 AND a.scheme = 'case' AND a.counted_on IS NOT NULL
           AND a.class IS NOT NULL GROUP BY a.counted_on",
    ),
    (
        "deaths",
        "SELECT 'all', COUNT(*) FROM assessment a
         WHERE a.response_id = $1 AND a.scheme = 'case' AND a.died = 1",
    ),
    (
        "reviews",
        "SELECT v.state, COUNT(*) FROM review v WHERE v.response_id = $1 GROUP BY v.state",
    ),
    (
        "measures",
        "SELECT m.kind || '/' || m.state, COUNT(*) FROM measure m
         WHERE m.response_id = $1 GROUP BY m.kind, m.state",
    ),
    (
        "tasks",
        "SELECT t.kind || '/' || t.state, COUNT(*) FROM task t
         WHERE t.response_id = $1 GROUP BY t.kind, t.state",
    ),
    (
        "reports",
        "SELECT s.said, COUNT(*) FROM (SELECT CASE WHEN c.sent_at IS NULL THEN 'ended'
             WHEN c.sent_at > c.due_at THEN 'late' ELSE 'on_time' END AS said
         FROM report_clock c WHERE c.response_id = $1) s GROUP BY s.said",
    ),
    (
        "appeals",
        "SELECT a.kind || '/' || a.state, COUNT(*) FROM appeal a
         WHERE a.response_id = $1 GROUP BY a.kind, a.state",
    ),
    (
        "alerts",
        "SELECT a.kind, COUNT(*) FROM alert a WHERE a.response_id = $1 GROUP BY a.kind",
    ),
];

/// Cases by the area their file is kept in; few of them say where somebody lives.
const BY_AREA: &str = "SELECT x.code, COUNT(*) FROM assessment a
     JOIN person p ON p.id = a.person_id JOIN area x ON x.id = p.area_id
     WHERE a.response_id = $1 AND a.scheme = 'case' AND a.class IS NOT NULL GROUP BY x.code";
/// LIMIT: an area with fewer cases is counted among the others, lest its number tell of a person (ours).
const FEW: i64 = 5;

/// Counts what is about to go and writes the numbers down; `sizes` are those of [`class_counts`].
pub fn count_all(
    tx: &mut Tx<'_>,
    response: ResponseId,
    classes: &[DataClass<'_>],
    sizes: &[(i64, i64)],
) -> Result<(), DbError> {
    let mut counts: Vec<(&str, String, i64)> = Vec::new();
    for (class, (records, persons)) in classes.iter().zip(sizes.iter().copied()) {
        counts.push(("records", class.id.to_owned(), records));
        counts.push(("persons_by_class", class.id.to_owned(), persons));
    }
    let persons = tx.value(
        "SELECT COUNT(DISTINCT p.person_id) FROM record r
         JOIN record_person p ON p.record_id = r.id WHERE r.response_id = $1",
        &vals![response],
    )?;
    counts.push(("persons", "all".to_owned(), persons));
    for (figure, query) in FIGURES {
        for row in tx.rows(query, &vals![response])? {
            counts.push((figure, row.get(0)?, row.get(1)?));
        }
    }
    let mut others = 0;
    for row in tx.rows(BY_AREA, &vals![response])? {
        let (code, cases): (String, i64) = (row.get(0)?, row.get(1)?);
        if cases < FEW {
            others += cases;
        } else {
            counts.push(("cases_by_area", code, cases));
        }
    }
    // Few others are told apart from nobody: the smallest area that is named joins them.
    if others > 0 && others < FEW {
        let areas = counts.iter().enumerate();
        let areas = areas.filter(|(_, (figure, ..))| *figure == "cases_by_area");
        if let Some((index, _)) = areas.min_by_key(|(_, (.., cases))| *cases) {
            others += counts.remove(index).2;
        }
    }
    if others > 0 {
        counts.push(("cases_by_area", "others".to_owned(), others));
    }
    for (figure, name, value) in counts {
        tx.exec(
            "INSERT INTO response_count (response_id, figure, name, value) VALUES ($1, $2, $3, $4)",
            &vals![response, figure, name, value],
        )?;
    }
    Ok(())
}

/// What was counted when a response went; by figure and name.
pub fn count_list(tx: &mut Tx<'_>, response: ResponseId) -> Result<Vec<Count>, DbError> {
    tx.rows(
        "SELECT figure, name, value FROM response_count WHERE response_id = $1 ORDER BY figure, name",
        &vals![response],
    )?
    .iter()
    .map(|row| {
        Ok(Count {
            figure: row.get(0)?,
            name: row.get(1)?,
            value: row.get(2)?,
        })
    })
    .collect()
}

/// When the key of a response went, as noted beside the keys; none while that is under way.
pub fn gone_at(tx: &mut Tx<'_>, response: ResponseId) -> Result<Option<Instant>, DbError> {
    tx.row(
        "SELECT logged_at FROM erasure WHERE id = $1 AND logged_at IS NOT NULL",
        &vals![response],
    )?
    .map(|row| row.get(0))
    .transpose()
}

/// An entry of the audit trail that a certificate names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who did it, as [`crate::Author::code`] writes it.
    pub author: String,
    /// When.
    pub at: Instant,
    /// Its place in the chain; none until it is sealed.
    pub seal: Option<i64>,
    /// Its hash in the chain, as hex.
    pub hash: Option<String>,
}

/// The first entry about a response with an action.
pub fn entry_of(
    tx: &mut Tx<'_>,
    response: ResponseId,
    action: &str,
) -> Result<Option<Entry>, DbError> {
    tx.row(
        "SELECT author, at, seal, hash FROM audit_entry WHERE response_id = $1 AND action = $2
         ORDER BY id LIMIT 1",
        &vals![response, action],
    )?
    .map(|row| {
        let hash: Option<Vec<u8>> = row.get(3)?;
        Ok(Entry {
            author: row.get(0)?,
            at: row.get(1)?,
            seal: row.get(2)?,
            hash: hash.map(|hash| hex(&hash)),
        })
    })
    .transpose()
}

/// What is signed of a certificate: a mark, so that it is taken for nothing else, and the text.
pub fn certificate_signed(text: &str) -> String {
    format!("fangxian certificate\n{text}")
}

/// Whether a certificate was signed by the holder of a public key; signature and key are hex.
pub fn certified(text: &str, signature: &str, public_key: &str) -> bool {
    let key = unhex(public_key)
        .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
        .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    let signature = unhex(signature).and_then(|bytes| Signature::from_slice(&bytes).ok());
    let signed = certificate_signed(text);
    matches!((key, signature), (Some(key), Some(signature))
        if key.verify(signed.as_bytes(), &signature).is_ok())
}

impl Store {
    /// Signs a certificate with the key that signs the audit trail; answers signature and public key,
    /// as hex, of Ed25519 over [`certificate_signed`].
    pub fn certify(&self, text: &str) -> (String, String) {
        let signature = self.keys().sign(certificate_signed(text).as_bytes());
        (hex(&signature), hex(self.keys().verifying().as_bytes()))
    }
}
