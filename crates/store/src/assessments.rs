//! Assessments: one current row per person, response and scheme, with the day on which the answer
//! can change and the seal it saw. The whole outcome is sealed under the person's first record.
//!
//! The scheme [`CASE`] carries the class itself and the outcome. Rows are a projection of facts:
//! they can be made again at any time.

use fangxian_base::{Date, Instant, PersonId, RecordId, ResponseId};

use crate::arrivals::Written;
use crate::db::{DbError, Insert, Row, Tx, vals};
use crate::records::{open_under, seal_under};
use crate::responses::response_fetch;

/// The scheme code of the row that holds the case class and the whole outcome.
pub const CASE: &str = "case";

/// How a person counts where cases that occur together are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedAs {
    /// The day: of onset, or the first that stands for it.
    pub on: Date,
    /// The institution, as [`crate::alerts::place_code`] writes it.
    pub place: Option<String>,
    /// Ill, and no case yet.
    pub ill: bool,
    /// Was taken into hospital.
    pub hospitalised: bool,
    /// Has died.
    pub died: bool,
}

/// An assessment about to be kept.
#[derive(Debug)]
pub struct NewAssessment<'a> {
    /// Of whom.
    pub person: PersonId,
    /// For which response.
    pub response: ResponseId,
    /// The scheme, or [`CASE`].
    pub scheme: &'a str,
    /// The category in the scheme.
    pub category: Option<&'a str>,
    /// The case class.
    pub class: Option<&'a str>,
    /// The day the rules were applied to.
    pub on_day: Date,
    /// The last place in the sealed order that it saw.
    pub seal: i64,
    /// When the answer can change without a new fact.
    pub next_change_at: Option<Instant>,
    /// The pack and edition used.
    pub pack: &'a str,
    /// The outcome, for [`CASE`]; may be empty for the others.
    pub outcome: &'a [u8],
    /// The record under whose key it is sealed.
    pub sealed_under: RecordId,
    /// How the person counts, for [`CASE`]; none: not at all.
    pub counted: Option<&'a CountedAs>,
}

/// A current assessment, without its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssessmentRow {
    /// Of whom.
    pub person: PersonId,
    /// For which response.
    pub response: ResponseId,
    /// The scheme, or [`CASE`].
    pub scheme: String,
    /// The category in the scheme.
    pub category: Option<String>,
    /// The case class.
    pub class: Option<String>,
    /// The day the rules were applied to.
    pub on_day: Date,
    /// The last place in the sealed order that it saw.
    pub seal: i64,
    /// When the answer can change without a new fact.
    pub next_change_at: Option<Instant>,
    /// The pack and edition used.
    pub pack: String,
    /// The record under whose key the outcome is sealed.
    pub sealed_under: RecordId,
    /// When it was made.
    pub assessed_at: Instant,
}

const COLUMNS: &str = "person_id, response_id, scheme, category, class, on_day, seal, \
     next_change_at, pack, sealed_under, assessed_at";

fn row_from(row: &Row) -> Result<AssessmentRow, DbError> {
    Ok(AssessmentRow {
        person: row.get(0)?,
        response: row.get(1)?,
        scheme: row.get(2)?,
        category: row.get(3)?,
        class: row.get(4)?,
        on_day: row.get(5)?,
        seal: row.get(6)?,
        next_change_at: row.get(7)?,
        pack: row.get(8)?,
        sealed_under: row.get(9)?,
        assessed_at: row.get(10)?,
    })
}

fn place(person: PersonId, response: ResponseId, scheme: &str) -> String {
    format!("assessment|outcome|{person}/{response}/{scheme}")
}

const ASSESSMENT: Insert = Insert {
    rank: 8,
    table: "assessment",
    columns: "person_id, response_id, scheme, category, class, on_day, seal, next_change_at, pack, \
         outcome_sealed, sealed_under, assessed_at, counted_on, place, ill, hospitalised, died",
    width: 17,
    tail: "",
};

/// Keeps an assessment in the place of the one before.
pub fn assessment_put(tx: &mut Tx<'_>, new: &NewAssessment<'_>) -> Result<(), DbError> {
    let place = place(new.person, new.response, new.scheme);
    let sealed = seal_under(tx, new.sealed_under, &place, new.outcome)?;
    let now = tx.now();
    let row = vals![
        new.person,
        new.response,
        new.scheme,
        new.category,
        new.class,
        new.on_day,
        new.seal,
        new.next_change_at,
        new.pack,
        sealed,
        new.sealed_under,
        now,
        new.counted.map(|counted| counted.on),
        new.counted.and_then(|counted| counted.place.as_deref()),
        new.counted.map(|counted| counted.ill),
        new.counted.map(|counted| counted.hospitalised),
        new.counted.map(|counted| counted.died)
    ];
    let key = (new.person, new.response, new.scheme.to_owned());
    if tx.is_stranger(new.person) && tx.context.memory.assessed.insert(key) {
        tx.later(&ASSESSMENT, row);
    } else {
        tx.exec(
            "INSERT INTO assessment (person_id, response_id, scheme, category, class, on_day, seal,
                 next_change_at, pack, outcome_sealed, sealed_under, assessed_at, counted_on,
                 place, ill, hospitalised, died)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
             ON CONFLICT (person_id, response_id, scheme) DO UPDATE SET
                 category = excluded.category, class = excluded.class, on_day = excluded.on_day,
                 seal = excluded.seal, next_change_at = excluded.next_change_at,
                 pack = excluded.pack, outcome_sealed = excluded.outcome_sealed,
                 sealed_under = excluded.sealed_under, assessed_at = excluded.assessed_at,
                 counted_on = excluded.counted_on, place = excluded.place, ill = excluded.ill,
                 hospitalised = excluded.hospitalised, died = excluded.died",
            &row,
        )?;
    }
    tx.wrote(new.person.first_record(), Written::Assessment);
    if new.counted.is_some() {
        crate::alerts::due(tx, new.response)?;
    }
    Ok(())
}

/// Removes the rows of a person in a response, before new ones are put.
pub fn assessment_clear(
    tx: &mut Tx<'_>,
    person: PersonId,
    response: ResponseId,
) -> Result<(), DbError> {
    if tx.is_stranger_without(person, Written::Assessment) {
        return Ok(());
    }
    let counted: i64 = tx.value(
        "SELECT COUNT(*) FROM assessment
         WHERE person_id = $1 AND response_id = $2 AND counted_on IS NOT NULL",
        &vals![person, response],
    )?;
    if counted > 0 {
        crate::alerts::due(tx, response)?;
    }
    tx.exec(
        "DELETE FROM assessment WHERE person_id = $1 AND response_id = $2",
        &vals![person, response],
    )?;
    Ok(())
}

/// Removes rows that were made for persons whose records now belong to `person`.
pub fn assessment_clear_merged(
    tx: &mut Tx<'_>,
    person: PersonId,
    records: &[RecordId],
) -> Result<(), DbError> {
    // Whoever has one record was never joined with anybody.
    for record in records.iter().filter(|_| records.len() > 1) {
        tx.exec(
            "DELETE FROM assessment WHERE sealed_under = $1 AND person_id <> $2",
            &vals![*record, person],
        )?;
    }
    Ok(())
}

/// One current row.
pub fn assessment_fetch(
    tx: &mut Tx<'_>,
    person: PersonId,
    response: ResponseId,
    scheme: &str,
) -> Result<Option<AssessmentRow>, DbError> {
    if tx.is_stranger_without(person, Written::Assessment) {
        return Ok(None);
    }
    tx.row(
        &format!(
            "SELECT {COLUMNS} FROM assessment
             WHERE person_id = $1 AND response_id = $2 AND scheme = $3"
        ),
        &vals![person, response, scheme],
    )?
    .map(|row| row_from(&row))
    .transpose()
}

/// The current rows of a person.
pub fn assessment_list(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<AssessmentRow>, DbError> {
    if tx.is_stranger_without(person, Written::Assessment) {
        return Ok(Vec::new());
    }
    tx.rows(
        &format!(
            "SELECT {COLUMNS} FROM assessment WHERE person_id = $1 ORDER BY response_id, scheme"
        ),
        &vals![person],
    )?
    .iter()
    .map(row_from)
    .collect()
}

/// The whole outcome of a person in a response; `None` when there is none, or its key was
/// destroyed.
pub fn assessment_outcome(
    tx: &mut Tx<'_>,
    person: PersonId,
    response: ResponseId,
) -> Result<Option<Vec<u8>>, DbError> {
    let row = tx.row(
        "SELECT outcome_sealed, sealed_under FROM assessment
         WHERE person_id = $1 AND response_id = $2 AND scheme = $3",
        &vals![person, response, CASE],
    )?;
    let Some(row) = row else { return Ok(None) };
    let (sealed, under): (Vec<u8>, RecordId) = (row.get(0)?, row.get(1)?);
    open_under(tx, under, &place(person, response, CASE), &sealed)
}

/// Persons whose answer can change by now, the longest waiting first.
pub fn assessment_due(tx: &mut Tx<'_>, by: Instant, limit: i64) -> Result<Vec<PersonId>, DbError> {
    tx.rows(
        "SELECT a.person_id FROM assessment a JOIN response r ON r.id = a.response_id
         WHERE a.next_change_at <= $1 AND r.closed_at IS NULL
         GROUP BY a.person_id ORDER BY MIN(a.next_change_at), a.person_id LIMIT $2",
        &vals![by, limit],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Lets the rows of a person that are due by now wait.
pub fn assessment_postpone(
    tx: &mut Tx<'_>,
    person: PersonId,
    until: Instant,
) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        "UPDATE assessment SET next_change_at = $3 WHERE person_id = $1 AND next_change_at <= $2",
        &vals![person, now, until],
    )?;
    Ok(())
}

impl crate::Store {
    /// Lets a person wait whom no command could look at: what is due by now, and what is to be
    /// asked again.
    ///
    /// # Errors
    /// What the database said.
    pub fn assessment_put_off(&self, person: PersonId, until: Instant) -> Result<(), DbError> {
        self.upkeep(move |tx| {
            assessment_postpone(tx, person, until)?;
            tx.exec(
                "UPDATE ask_again SET at = $2 WHERE person_id = $1",
                &vals![person, until],
            )?;
            Ok(())
        })
    }
}

/// Lets the rules be asked again about a person, for a record that concerns them.
pub fn ask_again(tx: &mut Tx<'_>, person: PersonId, record: RecordId) -> Result<(), DbError> {
    let now = tx.now();
    tx.exec(
        "INSERT INTO ask_again (person_id, record_id, at) VALUES ($1, $2, $3)
         ON CONFLICT (person_id) DO NOTHING",
        &vals![person, record, now],
    )?;
    Ok(())
}

/// Who is to be asked about again by now, the longest waiting first.
pub fn ask_again_list(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<(PersonId, RecordId)>, DbError> {
    let now = tx.now();
    tx.rows(
        "SELECT person_id, record_id FROM ask_again WHERE at <= $2 ORDER BY at, person_id LIMIT $1",
        &vals![limit, now],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// A person was asked about again.
pub fn ask_again_done(tx: &mut Tx<'_>, person: PersonId) -> Result<(), DbError> {
    tx.exec("DELETE FROM ask_again WHERE person_id = $1", &vals![person])?;
    Ok(())
}

/// How many persons stand in each class in a response, by class code.
pub fn assessment_classes(
    tx: &mut Tx<'_>,
    response: ResponseId,
) -> Result<Vec<(String, i64)>, DbError> {
    tx.rows(
        "SELECT class, COUNT(*) FROM assessment
         WHERE response_id = $1 AND scheme = $2 AND class IS NOT NULL
         GROUP BY class ORDER BY class",
        &vals![response, CASE],
    )?
    .iter()
    .map(|row| Ok((row.get(0)?, row.get(1)?)))
    .collect()
}

/// The responses for which records of a person were collected.
pub fn response_ids_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<ResponseId>, DbError> {
    if let Some(record) = tx.stranger_record(person) {
        let says = record.state != crate::records::RecordState::Withdrawn;
        return Ok(says.then_some(record.response).into_iter().collect());
    }
    tx.rows(
        "SELECT DISTINCT r.response_id FROM record r JOIN record_person p ON p.record_id = r.id
         WHERE p.person_id = $1 AND r.state <> 'withdrawn' ORDER BY r.response_id",
        &vals![person],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// The first of these records under whose key something can still be sealed; `None` when all keys
/// were destroyed.
pub fn sealing_record(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<Option<RecordId>, DbError> {
    for record in records {
        match seal_under(tx, *record, "assessment|probe|", b"") {
            Ok(_) => return Ok(Some(*record)),
            Err(DbError::Crypt(crate::keys::CryptError::Destroyed)) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(None)
}

/// The record under which something about a response is sealed when `first` brought it: `first`
/// itself where it was collected for that response or for routine surveillance, else another record
/// of the person that was; `None` when there is none whose key is left. So the end of one response
/// takes nothing from another.
pub fn home_record(
    tx: &mut Tx<'_>,
    person: PersonId,
    response: ResponseId,
    first: RecordId,
) -> Result<Option<RecordId>, DbError> {
    if let Some(record) = tx.stranger_record(person).cloned() {
        let own = record.response == response;
        let home =
            own || response_fetch(tx, record.response)?.is_some_and(|of| of.disease.is_empty());
        return Ok(home.then_some(record.id));
    }
    let rows = tx.rows(
        "SELECT r.id FROM record_person p
         JOIN record r ON r.id = p.record_id
         JOIN record_key k ON k.record_id = r.id
         JOIN response o ON o.id = r.response_id
         WHERE p.person_id = $1 AND (r.response_id = $2 OR o.disease = '')
         ORDER BY CASE WHEN r.id = $3 THEN 0 WHEN r.response_id = $2 THEN 1 ELSE 2 END, r.id DESC",
        &vals![person, response, first],
    )?;
    let mut records = Vec::new();
    for row in &rows {
        records.push(row.get(0)?);
    }
    sealing_record(tx, &records)
}

/// Moves the records of a person that are under assessment to another state; answers how many.
pub fn records_after_review(
    tx: &mut Tx<'_>,
    person: PersonId,
    state: crate::records::RecordState,
) -> Result<u64, DbError> {
    tx.all_arrived_otherwise();
    tx.exec(
        "UPDATE record SET state = $2, version = version + 1 WHERE state = 'in_review'
         AND id IN (SELECT p.record_id FROM record_person p WHERE p.person_id = $1)",
        &vals![person, state.code()],
    )
}
