//! Persons: sets of records that link facts join. Merging and unmerging only add links; which
//! record belongs to which person is a projection that [`rebuild`] can make again from nothing.

use std::collections::{BTreeMap, BTreeSet};

use fangxian_base::{AreaId, Instant, LinkId, PairId, PersonId, RecordId, UserId};

use crate::db::{DbError, Row, Tx, Val, vals};
use crate::records::{RECORD_SCOPE, RECORDS_AT_ONCE, record_ids_of, within};
use crate::scopes::{Columns, Scope, padded, scoped};
use crate::{AreaRange, Author};

/// What a link says of two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// They are the same person.
    Same,
    /// They are different persons.
    Different,
}

impl Says {
    const fn code(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Different => "different",
        }
    }
}

/// A link as recorded.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// One record.
    pub a: RecordId,
    /// The other.
    pub b: RecordId,
    /// What it says of them.
    pub says: Says,
    /// Why: codes such as `document`, `phone+name`, `by_hand`.
    pub basis: String,
    /// Who said so.
    pub author: String,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// The link that it takes back.
    pub withdraws: Option<LinkId>,
}

fn link_from(row: &Row) -> Result<Link, DbError> {
    let says = match row.get::<String>(3)?.as_str() {
        "same" => Says::Same,
        "different" => Says::Different,
        _ => return Err(DbError::Stored { what: "link" }),
    };
    Ok(Link {
        id: row.get(0)?,
        a: row.get(1)?,
        b: row.get(2)?,
        says,
        basis: row.get(4)?,
        author: row.get(5)?,
        recorded_at: row.get(6)?,
        withdraws: row.get(7)?,
    })
}

const LINK_COLUMNS: &str = "id, a, b, says, basis, author, recorded_at, withdraws";

/// The whole row, as its digest is made.
pub(crate) const LINK_ROW: &str = "id, a, b, says, basis, author, recorded_at, entry_id, withdraws";

/// Records what somebody says of two records, and moves the persons they belong to.
pub fn link_insert(
    tx: &mut Tx<'_>,
    (a, b): (RecordId, RecordId),
    says: Says,
    basis: &str,
    author: Author,
    withdraws: Option<LinkId>,
) -> Result<LinkId, DbError> {
    let id = LinkId::new();
    let columns = [
        Val::from(id),
        a.min(b).into(),
        a.max(b).into(),
        says.code().into(),
        basis.into(),
        author.code().into(),
        tx.now().into(),
        tx.entry_id()?.into(),
        withdraws.into(),
    ];
    tx.exec(
        &format!("INSERT INTO link ({LINK_ROW}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
        &columns,
    )?;
    tx.note_row("link", id, &columns);
    tx.joined(a);
    tx.joined(b);
    project(tx, &[a, b])?;
    Ok(id)
}

/// All links that touch any of these records, in the order they were recorded.
pub fn link_list(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<Vec<Link>, DbError> {
    let mut links = BTreeMap::new();
    for part in records.chunks(RECORDS_AT_ONCE) {
        let mut values = Vec::new();
        let ids = padded(part.iter().copied(), &mut values);
        let rows = tx.rows(
            &format!(
                "SELECT {LINK_COLUMNS} FROM link WHERE a IN ({ids})
                 UNION SELECT {LINK_COLUMNS} FROM link WHERE b IN ({ids})"
            ),
            &values,
        )?;
        for row in &rows {
            let link = link_from(row)?;
            links.insert(link.id, link);
        }
    }
    Ok(links.into_values().collect())
}

/// Groups records by the links that stand: withdrawn links do not count, and of several links
/// between the same two records the last one does. The first record of a group names the person.
pub fn groups(records: &BTreeSet<RecordId>, links: &[Link]) -> BTreeMap<RecordId, PersonId> {
    let withdrawn: BTreeSet<LinkId> = links.iter().filter_map(|link| link.withdraws).collect();
    let mut last: BTreeMap<(RecordId, RecordId), &Link> = BTreeMap::new();
    for link in links {
        if link.withdraws.is_none() && !withdrawn.contains(&link.id) {
            last.insert((link.a, link.b), link);
        }
    }
    let mut root: BTreeMap<RecordId, RecordId> = records.iter().map(|r| (*r, *r)).collect();
    let find = |root: &BTreeMap<RecordId, RecordId>, mut at: RecordId| {
        while let Some(up) = root.get(&at)
            && *up != at
        {
            at = *up;
        }
        at
    };
    for ((a, b), link) in &last {
        if link.says == Says::Same && root.contains_key(a) && root.contains_key(b) {
            let (ra, rb) = (find(&root, *a), find(&root, *b));
            root.insert(ra.max(rb), ra.min(rb));
        }
    }
    records
        .iter()
        .map(|r| (*r, PersonId::of_record(find(&root, *r))))
        .collect()
}

/// Every record that can be reached from these by links of any kind, also withdrawn ones: the
/// neighbourhood whose persons may change.
fn neighbourhood(
    tx: &mut Tx<'_>,
    from: &[RecordId],
) -> Result<(BTreeSet<RecordId>, Vec<Link>), DbError> {
    let mut seen: BTreeSet<RecordId> = BTreeSet::new();
    let mut links: BTreeMap<LinkId, Link> = BTreeMap::new();
    let mut open: Vec<RecordId> = from.to_vec();
    while !open.is_empty() {
        let mut next = Vec::new();
        seen.extend(&open);
        for link in link_list(tx, &open)? {
            next.extend([link.a, link.b]);
            links.insert(link.id, link);
        }
        next.retain(|record| !seen.contains(record));
        next.sort_unstable();
        next.dedup();
        open = next;
    }
    Ok((seen, links.into_values().collect()))
}

/// Writes the persons of everything linked with these records. A person keeps the area that its
/// newest record with an area gives.
fn project(tx: &mut Tx<'_>, from: &[RecordId]) -> Result<(), DbError> {
    let (records, links) = neighbourhood(tx, from)?;
    let groups = groups(&records, &links);
    let mut of: BTreeMap<PersonId, Vec<RecordId>> = BTreeMap::new();
    for (record, person) in &groups {
        of.entry(*person).or_default().push(*record);
    }
    for (person, records) in &of {
        for part in records.chunks(RECORDS_AT_ONCE) {
            let mut values = vals![*person].to_vec();
            let ids = padded(part.iter().copied(), &mut values);
            tx.exec(
                &format!(
                    "UPDATE record_person SET person_id = $1
                     WHERE record_id IN ({ids}) AND person_id <> $1"
                ),
                &values,
            )?;
        }
    }
    let mut gone = Vec::new();
    for record in &records {
        let alone = PersonId::of_record(*record);
        if of.contains_key(&alone) {
            person_refresh(tx, alone)?;
        } else {
            gone.push(alone);
        }
        tx.note("person", alone);
    }
    for part in gone.chunks(RECORDS_AT_ONCE) {
        let mut values = Vec::new();
        let ids = padded(part.iter().copied(), &mut values);
        tx.exec(&format!("DELETE FROM person WHERE id IN ({ids})"), &values)?;
    }
    Ok(())
}

/// Brings a person's row up to date with its records. Whatever the public says, about themselves
/// or as a contact, says where somebody is only while nobody else has, and the first to say it
/// stands: a stranger must not move a file out of sight. What was withdrawn says it last of all.
pub fn person_refresh(tx: &mut Tx<'_>, person: PersonId) -> Result<(), DbError> {
    let area: Option<AreaId> = tx
        .row(
            "SELECT r.area_id FROM record r JOIN record_person p ON p.record_id = r.id
             WHERE p.person_id = $1 AND r.area_id IS NOT NULL
             ORDER BY CASE WHEN r.state = 'withdrawn' THEN 1 ELSE 0 END,
                 CASE WHEN r.author = 'public' THEN 1 ELSE 0 END,
                 CASE WHEN r.author = 'public' THEN NULL ELSE r.id END DESC, r.id LIMIT 1",
            &vals![person],
        )?
        .map(|row| row.get(0))
        .transpose()?;
    let confined: i64 = tx.value(
        "SELECT CAST(COALESCE(MAX(r.confined), 0) AS BIGINT) FROM record r
         JOIN record_person p ON p.record_id = r.id WHERE p.person_id = $1",
        &vals![person],
    )?;
    let now = tx.now();
    tx.exec(
        "INSERT INTO person (id, area_id, confined, changed_at, version) VALUES ($1, $2, $3, $4, 1)
         ON CONFLICT (id) DO UPDATE SET area_id = excluded.area_id, confined = excluded.confined,
             changed_at = excluded.changed_at, version = person.version + 1",
        &vals![person, area, confined, now],
    )?;
    Ok(())
}

/// The person that a record, or an older id of a person, stands for today.
pub fn person_of(tx: &mut Tx<'_>, record: RecordId) -> Result<Option<PersonId>, DbError> {
    let alone = PersonId::of_record(record);
    if tx.is_stranger(alone) {
        return Ok(Some(alone));
    }
    tx.rows_aside(
        "SELECT person_id FROM record_person WHERE record_id = $1",
        &vals![record],
    )?
    .first()
    .map(|row| row.get(0))
    .transpose()
}

/// A person's row.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// The id.
    pub id: PersonId,
    /// Where the person is, as far as known.
    pub area: Option<AreaId>,
    /// Whether all that is known belongs to a sealed disease.
    pub confined: bool,
    /// When something last changed.
    pub changed_at: Instant,
    /// The version for edits.
    pub version: i64,
}

/// One person.
pub fn person_fetch(tx: &mut Tx<'_>, id: PersonId) -> Result<Option<Person>, DbError> {
    if let Some(record) = tx.stranger_record(id) {
        return Ok(Some(Person {
            id,
            area: record.area,
            confined: record.confined,
            changed_at: record.received_at,
            version: 1,
        }));
    }
    tx.row(
        "SELECT id, area_id, confined, changed_at, version FROM person WHERE id = $1",
        &vals![id],
    )?
    .map(|row| {
        Ok(Person {
            id: row.get(0)?,
            area: row.get(1)?,
            confined: row.get(2)?,
            changed_at: row.get(3)?,
            version: row.get(4)?,
        })
    })
    .transpose()
}

/// Counts persons inside the reader's areas.
pub fn person_count(tx: &mut Tx<'_>, areas: &[AreaRange]) -> Result<i64, DbError> {
    let mut values = Vec::new();
    let condition = within(areas, "p.area_id", &mut values);
    tx.value(
        &format!("SELECT COUNT(*) FROM person p WHERE {condition}"),
        &values,
    )
}

/// Makes the whole projection again from records and links; answers how many rows differed.
pub fn rebuild(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    let mut records = BTreeSet::new();
    for row in tx.rows("SELECT id FROM record", &[])? {
        records.insert(row.get(0)?);
    }
    let mut links = Vec::new();
    for row in tx.rows(&format!("SELECT {LINK_COLUMNS} FROM link ORDER BY id"), &[])? {
        links.push(link_from(&row)?);
    }
    let groups = groups(&records, &links);
    let mut stored: BTreeMap<RecordId, PersonId> = BTreeMap::new();
    for row in tx.rows("SELECT record_id, person_id FROM record_person", &[])? {
        stored.insert(row.get(0)?, row.get(1)?);
    }
    let mut changed = 0;
    let mut touched: BTreeSet<PersonId> = BTreeSet::new();
    for (record, person) in &groups {
        let before = stored.get(record);
        if before == Some(person) {
            continue;
        }
        changed += 1;
        touched.extend(before);
        touched.insert(*person);
        tx.exec(
            "INSERT INTO record_person (record_id, person_id) VALUES ($1, $2)
             ON CONFLICT (record_id) DO UPDATE SET person_id = excluded.person_id",
            &vals![*record, *person],
        )?;
    }
    let wanted: BTreeSet<PersonId> = groups.values().copied().collect();
    let mut there: BTreeSet<PersonId> = BTreeSet::new();
    for row in tx.rows("SELECT id FROM person", &[])? {
        there.insert(row.get(0)?);
    }
    for stray in there.difference(&wanted) {
        changed += 1;
        tx.exec("DELETE FROM person WHERE id = $1", &vals![*stray])?;
    }
    for person in &wanted {
        let missing = !there.contains(person);
        changed += i64::from(missing);
        if missing || touched.contains(person) {
            person_refresh(tx, *person)?;
        }
    }
    Ok(changed)
}

/// Compares the projection with the links for the first records from `from` on; answers those that
/// differ: a cheap look, night by night, at whether [`rebuild`] is needed.
pub fn projection_differs(
    tx: &mut Tx<'_>,
    from: RecordId,
    limit: i64,
) -> Result<Vec<RecordId>, DbError> {
    let rows = tx.rows(
        "SELECT r.id, p.person_id FROM record r LEFT JOIN record_person p ON p.record_id = r.id
         WHERE r.id >= $1 ORDER BY r.id LIMIT $2",
        &vals![from, limit],
    )?;
    let mut differ = Vec::new();
    for row in &rows {
        let (record, stored): (RecordId, Option<PersonId>) = (row.get(0)?, row.get(1)?);
        let (records, links) = neighbourhood(tx, &[record])?;
        if groups(&records, &links).get(&record).copied() != stored {
            differ.push(record);
        }
    }
    Ok(differ)
}

/// Two records that may be the same person and wait for somebody to look.
#[derive(Debug, Clone)]
pub struct Pair {
    /// Its id.
    pub id: PairId,
    /// The older record.
    pub a: RecordId,
    /// The newer record.
    pub b: RecordId,
    /// What they share: codes such as `phone`, `name+birth_date`.
    pub basis: String,
    /// `open`, `same` or `different`.
    pub state: String,
    /// Since when it waits.
    pub created_at: Instant,
    /// Thousandths of a bit for one person; 0 where nothing was scored.
    pub weight: i64,
}

const PAIR_COLUMNS: &str = "q.id, q.a, q.b, q.basis, q.state, q.created_at, q.weight";

fn pair_from(row: &Row) -> Result<Pair, DbError> {
    Ok(Pair {
        id: row.get(0)?,
        a: row.get(1)?,
        b: row.get(2)?,
        basis: row.get(3)?,
        state: row.get(4)?,
        created_at: row.get(5)?,
        weight: row.get(6)?,
    })
}

/// Puts two records into the queue for the doubtful; a pair once decided does not come back.
pub fn pair_insert(
    tx: &mut Tx<'_>,
    a: RecordId,
    b: RecordId,
    basis: &str,
    weight: i64,
) -> Result<bool, DbError> {
    let now = tx.now();
    let touched = tx.exec(
        "INSERT INTO pair (id, a, b, basis, state, created_at, version, weight)
         VALUES ($1, $2, $3, $4, 'open', $5, 1, $6) ON CONFLICT (a, b) DO NOTHING",
        &vals![PairId::new(), a.min(b), a.max(b), basis, now, weight],
    )?;
    Ok(touched == 1)
}

/// Open pairs of which the reader may see both records, the likeliest first; with `after`, those
/// that come after that one, decided or not.
pub fn pair_list(
    tx: &mut Tx<'_>,
    scopes: &[Scope],
    after: Option<PairId>,
    limit: i64,
) -> Result<Vec<Pair>, DbError> {
    let mut values = Vec::new();
    let later = after.map_or_else(String::new, |after| {
        values.push(after.into());
        let n = values.len();
        format!(
            " AND EXISTS (SELECT 1 FROM pair l WHERE l.id = ${n}
                 AND (q.weight < l.weight OR q.weight = l.weight AND q.id > l.id))"
        )
    });
    let newer = scoped(scopes, RECORD_SCOPE, &mut values);
    let older = scoped(scopes, OLDER_SCOPE, &mut values);
    values.push(limit.into());
    tx.rows(
        &format!(
            "SELECT {PAIR_COLUMNS} FROM pair q JOIN record r ON r.id = q.b
                 JOIN record w ON w.id = q.a
             WHERE q.state = 'open'{later} AND ({newer}) AND ({older})
             ORDER BY q.weight DESC, q.id LIMIT ${}",
            values.len()
        ),
        &values,
    )?
    .iter()
    .map(pair_from)
    .collect()
}

/// Open pairs of one record of which the reader may see both, oldest first.
pub fn pair_list_of(
    tx: &mut Tx<'_>,
    record: RecordId,
    scopes: &[Scope],
    limit: i64,
) -> Result<Vec<Pair>, DbError> {
    let mut values = vals![record].to_vec();
    let newer = scoped(scopes, RECORD_SCOPE, &mut values);
    let older = scoped(scopes, OLDER_SCOPE, &mut values);
    values.push(limit.into());
    tx.rows(
        &format!(
            "SELECT {PAIR_COLUMNS} FROM pair q JOIN record r ON r.id = q.b
                 JOIN record w ON w.id = q.a
             WHERE (q.a = $1 OR q.b = $1) AND q.state = 'open' AND ({newer}) AND ({older})
             ORDER BY q.created_at, q.id LIMIT ${}",
            values.len()
        ),
        &values,
    )?
    .iter()
    .map(pair_from)
    .collect()
}

/// Where scopes look in the older record of a pair.
const OLDER_SCOPE: Columns<'static> = Columns {
    area: "w.area_id",
    response: "w.response_id",
    confined: "w.confined",
    assignee: "",
    unit: "w.unit_id",
};

/// One pair.
pub fn pair_fetch(tx: &mut Tx<'_>, id: PairId) -> Result<Option<Pair>, DbError> {
    tx.row(
        &format!("SELECT {PAIR_COLUMNS} FROM pair q WHERE q.id = $1"),
        &vals![id],
    )?
    .map(|row| pair_from(&row))
    .transpose()
}

/// How many open pairs there are of which the reader may see both records; stops counting at `most`.
pub fn pair_count(tx: &mut Tx<'_>, scopes: &[Scope], most: i64) -> Result<i64, DbError> {
    let mut values = vals![most].to_vec();
    let newer = scoped(scopes, RECORD_SCOPE, &mut values);
    let older = scoped(scopes, OLDER_SCOPE, &mut values);
    tx.value(
        &format!(
            "SELECT COUNT(*) FROM (SELECT 1 AS n FROM pair q JOIN record r ON r.id = q.b
                 JOIN record w ON w.id = q.a
             WHERE q.state = 'open' AND ({newer}) AND ({older}) LIMIT $1) counted"
        ),
        &values,
    )
}

/// Puts a decided pair back into the queue; answers whether it was decided.
pub fn pair_reopen(tx: &mut Tx<'_>, id: PairId) -> Result<bool, DbError> {
    tx.note("pair", id);
    let touched = tx.exec(
        "UPDATE pair SET state = 'open', decided_by = NULL, decided_at = NULL,
             version = version + 1 WHERE id = $1 AND state <> 'open'",
        &vals![id],
    )?;
    Ok(touched == 1)
}

/// Whether the last that was said of a record of one person and a record of another is that they
/// are different: whoever took a link back or decided a pair said so, and no score outweighs it.
pub fn held_apart(tx: &mut Tx<'_>, one: PersonId, other: PersonId) -> Result<bool, DbError> {
    let mine: BTreeSet<RecordId> = record_ids_of(tx, one)?.into_iter().collect();
    let theirs: BTreeSet<RecordId> = record_ids_of(tx, other)?.into_iter().collect();
    let mine_listed: Vec<RecordId> = mine.iter().copied().collect();
    let mut last: BTreeMap<(RecordId, RecordId), Says> = BTreeMap::new();
    for link in link_list(tx, &mine_listed)? {
        let across = mine.contains(&link.a) && theirs.contains(&link.b)
            || mine.contains(&link.b) && theirs.contains(&link.a);
        if across {
            last.insert((link.a, link.b), link.says);
        }
    }
    Ok(last.values().any(|says| *says == Says::Different))
}

/// Takes a pair off the queue; answers whether it was still open.
pub fn pair_decide(tx: &mut Tx<'_>, id: PairId, says: Says, by: UserId) -> Result<bool, DbError> {
    tx.note("pair", id);
    let now = tx.now();
    let touched = tx.exec(
        "UPDATE pair SET state = $2, decided_by = $3, decided_at = $4, version = version + 1
         WHERE id = $1 AND state = 'open'",
        &vals![id, says.code(), by, now],
    )?;
    Ok(touched == 1)
}
