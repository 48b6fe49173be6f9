//! Undoing an import: how far it has come, and withdrawing what a record of it said.

use fangxian_base::{EntryId, ImportId, Instant, PersonId, RecordId};

use super::Import;
use crate::assessments::sealing_record;
use crate::db::{DbError, Tx, Val, vals};
use crate::facts::{NewFact, When, fact_insert, fact_list, standing};
use crate::keys::CryptError;
use crate::people::person_refresh;
use crate::records::{Record, RecordState, record_set_state};
use crate::{Author, clocks};

/// The undoing of an import.
#[derive(Debug, Clone)]
pub struct Undo {
    /// Who asked for it, as [`Author::code`] writes it.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Why; `None` when its key was destroyed.
    pub reason: Option<String>,
    /// Rows dealt with so far.
    pub rows: i64,
    /// Records withdrawn so far; the others stand on another list as well.
    pub records: i64,
}

fn place(import: ImportId) -> String {
    format!("import|undo_reason|{import}")
}

/// Begins to undo an import, whether it runs or ended; answers whether it was not undone before.
pub fn undo_begin(
    tx: &mut Tx<'_>,
    import: &Import,
    reason: &str,
    author: Author,
) -> Result<bool, DbError> {
    let place = place(import.id);
    let sealed = tx
        .context
        .keys
        .seal_for(import.response, &place, reason.as_bytes())?;
    let now = tx.now();
    tx.note("import", import.id);
    tx.detail("import_state", "undoing");
    let touched = tx.exec(
        "UPDATE import SET state = 'undoing', finished_at = COALESCE(finished_at, $2),
             failure = NULL, undo_by = $3, undo_at = $2, undo_reason = $4, undo_row = NULL,
             version = version + 1
         WHERE id = $1 AND state IN ('running', 'done', 'cancelled', 'failed')",
        &vals![import.id, now, author.code(), sealed],
    )?;
    Ok(touched == 1)
}

/// The undoing of an import; `None` when nobody asked for it.
pub fn undo_fetch(tx: &mut Tx<'_>, import: &Import) -> Result<Option<Undo>, DbError> {
    let row = tx.row(
        "SELECT undo_by, undo_at, undo_reason, undo_rows, undo_records FROM import
         WHERE id = $1 AND undo_at IS NOT NULL",
        &vals![import.id],
    )?;
    let Some(row) = row else { return Ok(None) };
    let sealed: Vec<u8> = row.get(2)?;
    let place = place(import.id);
    let opened = tx.context.keys.open_for(import.response, &place, &sealed);
    let reason = match opened {
        Ok(plain) => Some(String::from_utf8_lossy(&plain).into_owned()),
        Err(CryptError::Destroyed) => None,
        Err(e) => return Err(e.into()),
    };
    Ok(Some(Undo {
        by: row.get(0)?,
        at: row.get(1)?,
        reason,
        rows: row.get(3)?,
        records: row.get(4)?,
    }))
}

/// The next rows to undo, each with the record that it became or was found to be.
pub fn undo_next(
    tx: &mut Tx<'_>,
    id: ImportId,
    limit: i64,
) -> Result<Vec<(i64, RecordId)>, DbError> {
    tx.rows(
        "SELECT row_no, record_id FROM (
             SELECT * FROM (SELECT r.row_no, r.id AS record_id FROM record r
                 JOIN import i ON i.id = r.import_id
                 WHERE r.import_id = $1 AND r.row_no > COALESCE(i.undo_row, -1)
                 ORDER BY r.row_no LIMIT $2) a
             UNION
             SELECT * FROM (SELECT w.row_no, w.record_id FROM import_row w
                 JOIN import i ON i.id = w.import_id
                 WHERE w.import_id = $1 AND w.row_no > COALESCE(i.undo_row, -1)
                     AND w.record_id IS NOT NULL
                 ORDER BY w.row_no LIMIT $2) b) t
         ORDER BY row_no LIMIT $2",
        &vals![id, limit],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// Notes how far the undoing has come, in the transaction that came so far.
pub fn undo_step(
    tx: &mut Tx<'_>,
    id: ImportId,
    last_row: i64,
    (rows, records): (i64, i64),
) -> Result<(), DbError> {
    tx.note("import", id);
    tx.exec(
        "UPDATE import SET undo_row = $2, undo_rows = undo_rows + $3,
             undo_records = undo_records + $4, failure = NULL, version = version + 1
         WHERE id = $1 AND state = 'undoing'",
        &vals![id, last_row, rows, records],
    )?;
    Ok(())
}

/// Nothing is left to withdraw.
pub fn undo_end(tx: &mut Tx<'_>, id: ImportId) -> Result<(), DbError> {
    tx.note("import", id);
    tx.detail("import_state", "undone");
    tx.exec(
        "UPDATE import SET state = 'undone', failure = NULL, version = version + 1
         WHERE id = $1 AND state = 'undoing'",
        &vals![id],
    )?;
    Ok(())
}

/// Leaves the reason why the undoing does not go on, in words for people.
pub fn undo_stopped(tx: &mut Tx<'_>, id: ImportId, why: &str) -> Result<(), DbError> {
    tx.note("import", id);
    tx.exec(
        "UPDATE import SET failure = $2, version = version + 1
         WHERE id = $1 AND state = 'undoing'",
        &vals![id, why],
    )?;
    Ok(())
}

/// A list other than `import` that stands and says what the record says.
const OTHER_LIST: &str = "EXISTS (SELECT 1 FROM import i
         WHERE i.id <> $1 AND i.id = r.import_id AND i.state NOT IN ('undoing', 'undone'))
     OR EXISTS (SELECT 1 FROM import_row w JOIN import i ON i.id = w.import_id
         WHERE w.record_id = r.id AND i.id <> $1 AND i.state NOT IN ('undoing', 'undone'))";

/// Whether another list that was not undone says the same row.
pub fn on_another_list(
    tx: &mut Tx<'_>,
    import: ImportId,
    record: RecordId,
) -> Result<bool, DbError> {
    let held: i64 = tx.value(
        &format!("SELECT COUNT(*) FROM record r WHERE r.id = $2 AND ({OTHER_LIST})"),
        &vals![import, record],
    )?;
    Ok(held > 0)
}

/// The condition that a fact `f` of a record `r` came with it, or corrects what did, and stands. What
/// organs and workers added to the record since is theirs.
const CAME_WITH: &str = "f.withdraws = 0 AND (f.entry_id = r.entry_id OR f.corrects IS NOT NULL)
     AND NOT EXISTS (SELECT 1 FROM fact c WHERE c.record_id = f.record_id AND c.corrects = f.id)";

/// Withdraws what came with a record and lets nobody be found by it: facts that name the withdrawn
/// ones and say why are added, pairs that wait for a look leave the queue. Links stay. Answers how
/// many facts were withdrawn; none when it was withdrawn before.
pub fn record_withdraw(
    tx: &mut Tx<'_>,
    record: &Record,
    author: Author,
    reason: &str,
) -> Result<usize, DbError> {
    if record.state == RecordState::Withdrawn {
        return Ok(0);
    }
    let entry = tx.value::<EntryId>(
        "SELECT entry_id FROM record WHERE id = $1",
        &vals![record.id],
    )?;
    let known = fact_list(tx, &[record.id])?;
    let came = standing(&known)
        .into_iter()
        .filter(|fact| fact.entry == entry || fact.corrects.is_some());
    let mut gone = Vec::new();
    if sealing_record(tx, &[record.id])?.is_some() {
        for fact in came {
            let withdrawal = NewFact {
                corrects: Some(fact.id),
                withdraws: true,
                ..NewFact::new(&fact.kind, When::Unknown, &fact.evidence)
            };
            gone.push((fact.response, withdrawal.with("reason", reason)));
        }
    }
    for (response, withdrawal) in &gone {
        fact_insert(tx, record.id, *response, author, withdrawal)?;
    }
    tx.exec(
        "UPDATE pair SET state = 'withdrawn', version = version + 1
         WHERE state = 'open' AND (a = $1 OR b = $1)",
        &vals![record.id],
    )?;
    tx.exec(
        "DELETE FROM link_token WHERE record_id = $1",
        &vals![record.id],
    )?;
    record_set_state(tx, record.id, RecordState::Withdrawn, None)?;
    tx.note("person", record.person);
    person_refresh(tx, record.person)?;
    Ok(gone.len())
}

/// The clocks that a record began and that still wait.
pub fn clocks_begun(tx: &mut Tx<'_>, record: &Record) -> Result<Vec<clocks::ReportClock>, DbError> {
    let all = clocks::clock_list_of(tx, record.person)?;
    let waits = |clock: &clocks::ReportClock| {
        clock.of == clocks::ClockOf::Person(record.person, record.id)
            && clock.sent_at.is_none()
            && clock.ended_at.is_none()
    };
    Ok(all.into_iter().filter(waits).collect())
}

/// The newest record of a person that was not withdrawn.
pub fn record_standing(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<RecordId>, DbError> {
    tx.row(
        "SELECT r.id FROM record r JOIN record_person p ON p.record_id = r.id
         WHERE p.person_id = $1 AND r.state <> 'withdrawn' ORDER BY r.id DESC LIMIT 1",
        &vals![person],
    )?
    .map(|row| row.get(0))
    .transpose()
}

/// Records on lists that name this one as the case they met.
pub fn listed_contacts(tx: &mut Tx<'_>, case: RecordId) -> Result<Vec<RecordId>, DbError> {
    tx.rows(
        "SELECT m.record_id FROM met m JOIN record r ON r.id = m.record_id
         WHERE m.case_record_id = $1 AND r.import_id IS NOT NULL AND r.state <> 'withdrawn'
         ORDER BY m.record_id",
        &vals![case],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// What undoing an import would touch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UndoEffect {
    /// Records that would be withdrawn.
    pub records: i64,
    /// Records that stay, since another list says the same row.
    pub kept: i64,
    /// Facts that would be withdrawn.
    pub facts: i64,
    /// People of whom something would be withdrawn.
    pub people: i64,
    /// Of those, people of whom nothing else is known.
    pub only_here: i64,
    /// Reviews of theirs in this response that wait for a look.
    pub reviews: i64,
    /// Measures of theirs in this response that are proposed.
    pub proposed: i64,
    /// Measures of theirs in this response that are decided and run.
    pub decided: i64,
    /// Tasks of theirs in this response that are open.
    pub tasks: i64,
    /// Statutory reports that began with the list and wait.
    pub reports_open: i64,
    /// Statutory reports that began with the list and were sent.
    pub reports_sent: i64,
}

/// Counts what undoing an import would touch; changes nothing.
pub fn undo_effect(tx: &mut Tx<'_>, import: &Import) -> Result<UndoEffect, DbError> {
    let all = "SELECT r.id, r.entry_id FROM record r WHERE r.state <> 'withdrawn' AND r.id IN
             (SELECT x.id FROM record x WHERE x.import_id = $1
              UNION SELECT w.record_id FROM import_row w
              WHERE w.import_id = $1 AND w.record_id IS NOT NULL)";
    let goes = format!("{all} AND NOT ({OTHER_LIST})");
    let people = format!(
        "SELECT DISTINCT p.person_id FROM ({goes}) r JOIN record_person p ON p.record_id = r.id"
    );
    let mut count = |sql: String, values: &[Val]| tx.value::<i64>(&sql, values);
    let only = vals![import.id];
    let both = vals![import.id, import.response];
    let of_people = |table: &str, states: &str| {
        format!(
            "SELECT COUNT(*) FROM {table} t JOIN record_person q ON q.record_id = t.record_id
             WHERE t.response_id = $2 AND t.state IN ({states})
                 AND q.person_id IN ({people})"
        )
    };
    let clocks = |condition: &str| {
        format!(
            "SELECT COUNT(*) FROM report_clock c WHERE {condition}
                 AND c.record_id IN (SELECT r.id FROM ({goes}) r)"
        )
    };
    let found = count(format!("SELECT COUNT(*) FROM ({all}) r"), &only)?;
    let records = count(format!("SELECT COUNT(*) FROM ({goes}) r"), &only)?;
    Ok(UndoEffect {
        records,
        kept: found - records,
        facts: count(
            format!(
                "SELECT COUNT(*) FROM ({goes}) r JOIN fact f ON f.record_id = r.id
                 WHERE {CAME_WITH}"
            ),
            &only,
        )?,
        people: count(format!("SELECT COUNT(*) FROM ({people}) n"), &only)?,
        only_here: count(
            format!(
                "SELECT COUNT(*) FROM ({people}) n WHERE NOT EXISTS
                     (SELECT 1 FROM record_person q JOIN record s ON s.id = q.record_id
                      WHERE q.person_id = n.person_id AND s.state <> 'withdrawn'
                          AND s.id NOT IN (SELECT g.id FROM ({goes}) g))"
            ),
            &only,
        )?,
        reviews: count(
            of_people("review", "'first_look', 'second_look', 'asked'"),
            &both,
        )?,
        proposed: count(of_people("measure", "'proposed', 'held'"), &both)?,
        decided: count(of_people("measure", "'decided', 'served'"), &both)?,
        tasks: count(of_people("task", "'open', 'received', 'done'"), &both)?,
        reports_open: count(clocks("c.sent_at IS NULL AND c.ended_at IS NULL"), &only)?,
        reports_sent: count(clocks("c.sent_at IS NOT NULL"), &only)?,
    })
}
