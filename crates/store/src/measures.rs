//! Measures on persons, from the proposal before an organ to the end. There is no way to insert one
//! without the review that proposed it. Content and reasons are sealed under the record.

use fangxian_base::{
    AreaId, Date, Instant, MeasureId, PersonId, RecordId, ResponseId, ReviewId, UnitId, UserId,
};
use fangxian_domain::measures::{MeasureState, ServedHow};

use crate::AreaRange;
use crate::arrivals::Written;
use crate::db::{DbError, Row, Tx, Val, vals};
use crate::keys::CryptError;
use crate::records::{open_under, seal_under};
use crate::scopes::{Columns, Scope, Wanted};

/// A measure about to stand before its organ.
#[derive(Debug)]
pub struct NewMeasure<'a> {
    /// Its id.
    pub id: MeasureId,
    /// The confirmed review that proposed it.
    pub review: ReviewId,
    /// For which response.
    pub response: ResponseId,
    /// On whom.
    pub person: PersonId,
    /// The record it rests on.
    pub record: RecordId,
    /// Where the person is.
    pub area: Option<AreaId>,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// Number in the catalogue, such as `M03`.
    pub kind: &'a str,
    /// The pathway that proposed it, `pack/rule`.
    pub rule: &'a str,
    /// First and last day as proposed, as text: the same text is the same proposal.
    pub term: &'a str,
    /// The law pack.
    pub regime: &'a str,
    /// The article, in Chinese.
    pub article: &'a str,
    /// Codes of the organs that may decide it, separated by blanks.
    pub organs: &'a str,
    /// First day.
    pub starts_on: Date,
    /// Last day, or the day on which it is looked at again.
    pub ends_on: Date,
    /// The whole proposal.
    pub content: &'a [u8],
}

/// A measure as stored, without what is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Its id.
    pub id: MeasureId,
    /// For which response.
    pub response: ResponseId,
    /// On whom, today.
    pub person: PersonId,
    /// The record it rests on.
    pub record: RecordId,
    /// The review that proposed it.
    pub review: Option<ReviewId>,
    /// Where the person is.
    pub area: Option<AreaId>,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// Number in the catalogue.
    pub kind: String,
    /// The pathway that proposed it.
    pub rule: String,
    /// First and last day as proposed, as text.
    pub term: String,
    /// The law pack.
    pub regime: String,
    /// The article, in Chinese.
    pub article: String,
    /// Codes of the organs that may decide it, separated by blanks.
    pub organs: String,
    /// Where it stands.
    pub state: MeasureState,
    /// When it was proposed.
    pub proposed_at: Instant,
    /// The unit that decided or refused it.
    pub organ_unit: Option<UnitId>,
    /// Who decided or refused it.
    pub decided_by: Option<UserId>,
    /// When.
    pub decided_at: Option<Instant>,
    /// Number of the decision's document.
    pub document_no: Option<String>,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub ends_on: Date,
    /// When the notice reached the person.
    pub served_at: Option<Instant>,
    /// How it was served.
    pub served_how: Option<ServedHow>,
    /// Who served it.
    pub served_by: Option<UserId>,
    /// Who lifted it.
    pub lifted_by: Option<UserId>,
    /// When it was lifted.
    pub lifted_at: Option<Instant>,
    /// Why it stands before its organ to be lifted, as a code.
    pub lift_why: Option<String>,
    /// Since when.
    pub lift_asked_at: Option<Instant>,
    /// The code printed on the notice; none before the decision.
    pub appeal_code: Option<String>,
    /// Since when it rests until an appeal is answered.
    pub suspended_at: Option<Instant>,
    /// Since when a limit held the decision; it stays after another organ confirmed it.
    pub held_at: Option<Instant>,
    /// When another organ confirmed or refused it.
    pub ruled_at: Option<Instant>,
    /// Who did.
    pub ruled_by: Option<UserId>,
    /// The version for edits.
    pub version: i64,
}

const MEASURE_COLUMNS: &str = "m.id, m.response_id, p.person_id, m.record_id, m.review_id, \
     m.area_id, m.confined, m.kind, m.rule, m.term, m.regime, m.article, m.organs, m.state, \
     m.proposed_at, m.organ_unit_id, m.decided_by, m.decided_at, m.document_no, m.starts_on, \
     m.ends_on, m.served_at, m.lifted_by, m.lifted_at, m.lift_why, m.lift_asked_at, m.version, \
     m.appeal_code, m.suspended_at, m.served_how, m.served_by, m.held_at, m.ruled_at, \
     m.ruled_by";
/// Nothing of a destroyed response is shown.
pub(crate) const MEASURE_FROM: &str = "measure m JOIN record_person p ON p.record_id = m.record_id \
     JOIN response o ON o.id = m.response_id AND o.destroyed_at IS NULL";
pub(crate) const SCOPED: Columns<'static> = Columns {
    area: "m.area_id",
    response: "m.response_id",
    confined: "m.confined",
    assignee: "",
    unit: "",
};

fn measure_from(row: &Row) -> Result<Measure, DbError> {
    Ok(Measure {
        id: row.get(0)?,
        response: row.get(1)?,
        person: row.get(2)?,
        record: row.get(3)?,
        review: row.get(4)?,
        area: row.get(5)?,
        confined: row.get(6)?,
        kind: row.get(7)?,
        rule: row.get(8)?,
        term: row.get(9)?,
        regime: row.get(10)?,
        article: row.get(11)?,
        organs: row.get(12)?,
        state: MeasureState::from_code(&row.get::<String>(13)?).ok_or(DbError::Stored {
            what: "measure state",
        })?,
        proposed_at: row.get(14)?,
        organ_unit: row.get(15)?,
        decided_by: row.get(16)?,
        decided_at: row.get(17)?,
        document_no: row.get(18)?,
        starts_on: row.get(19)?,
        ends_on: row.get(20)?,
        served_at: row.get(21)?,
        lifted_by: row.get(22)?,
        lifted_at: row.get(23)?,
        lift_why: row.get(24)?,
        lift_asked_at: row.get(25)?,
        version: row.get(26)?,
        appeal_code: row.get(27)?,
        suspended_at: row.get(28)?,
        served_how: row
            .get::<Option<String>>(29)?
            .and_then(|code| ServedHow::from_code(&code)),
        served_by: row.get(30)?,
        held_at: row.get(31)?,
        ruled_at: row.get(32)?,
        ruled_by: row.get(33)?,
    })
}

/// Where a sealed column of a measure belongs.
pub(crate) fn place(column: &str, id: MeasureId) -> String {
    format!("measure|{column}|{id}")
}

/// Puts a measure before its organ.
pub fn measure_insert(tx: &mut Tx<'_>, new: &NewMeasure<'_>) -> Result<(), DbError> {
    tx.wrote(new.record, Written::Measure);
    let content = seal_under(tx, new.record, &place("content", new.id), new.content)?;
    let now = tx.now();
    tx.exec(
        "INSERT INTO measure (id, response_id, person_id, record_id, review_id, area_id, confined,
             kind, rule, term, regime, article, organs, state, proposed_at, starts_on, ends_on,
             content_sealed, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
             1)",
        &vals![
            new.id,
            new.response,
            new.person,
            new.record,
            new.review,
            new.area,
            new.confined,
            new.kind,
            new.rule,
            new.term,
            new.regime,
            new.article,
            new.organs,
            MeasureState::Proposed.code(),
            now,
            new.starts_on,
            new.ends_on,
            content
        ],
    )?;
    tx.note("measure", new.id);
    Ok(())
}

/// One measure.
pub fn measure_fetch(tx: &mut Tx<'_>, id: MeasureId) -> Result<Option<Measure>, DbError> {
    tx.row(
        &format!("SELECT {MEASURE_COLUMNS} FROM {MEASURE_FROM} WHERE m.id = $1"),
        &vals![id],
    )?
    .map(|row| measure_from(&row))
    .transpose()
}

/// All measures of a person, newest first.
pub fn measure_list_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Measure>, DbError> {
    if tx.is_stranger_without(person, Written::Measure) {
        return Ok(Vec::new());
    }
    tx.rows(
        &format!(
            "SELECT {MEASURE_COLUMNS} FROM {MEASURE_FROM} WHERE p.person_id = $1
             ORDER BY m.proposed_at DESC, m.id DESC"
        ),
        &vals![person],
    )?
    .iter()
    .map(measure_from)
    .collect()
}

/// The measures that a review led to.
pub fn measure_list_by_review(tx: &mut Tx<'_>, review: ReviewId) -> Result<Vec<Measure>, DbError> {
    tx.rows(
        &format!(
            "SELECT {MEASURE_COLUMNS} FROM {MEASURE_FROM} WHERE m.review_id = $1 ORDER BY m.id"
        ),
        &vals![review],
    )?
    .iter()
    .map(measure_from)
    .collect()
}

/// What is sealed in a measure.
#[derive(Debug, Clone, Default)]
pub struct MeasureContent {
    /// The proposal.
    pub proposal: Option<Vec<u8>>,
    /// Why it was decided or refused so.
    pub reason: Option<String>,
    /// Why it was lifted.
    pub lift_reason: Option<String>,
    /// Who witnessed that the person would not sign.
    pub witness: Option<String>,
    /// Why another organ confirmed or refused it.
    pub ruling: Option<String>,
}

/// What is sealed in a measure; nothing of what was destroyed.
pub fn measure_content(tx: &mut Tx<'_>, measure: &Measure) -> Result<MeasureContent, DbError> {
    let row = tx.row(
        "SELECT content_sealed, reason_sealed, lift_reason_sealed, witness_sealed, ruling_sealed
         FROM measure WHERE id = $1",
        &vals![measure.id],
    )?;
    let Some(row) = row else {
        return Ok(MeasureContent::default());
    };
    let mut open = |at: usize, column: &str| match row.get::<Option<Vec<u8>>>(at)? {
        Some(sealed) => open_under(tx, measure.record, &place(column, measure.id), &sealed),
        None => Ok(None),
    };
    let text = |plain: Option<Vec<u8>>| plain.map(|b| String::from_utf8_lossy(&b).into_owned());
    Ok(MeasureContent {
        proposal: open(0, "content")?,
        reason: text(open(1, "reason")?),
        lift_reason: text(open(2, "lift_reason")?),
        witness: text(open(3, "witness")?),
        ruling: text(open(4, "ruling")?),
    })
}

/// What a decision about a measure writes.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// Who decided.
    pub by: UserId,
    /// For which unit.
    pub unit: UnitId,
    /// Number of the document.
    pub document_no: Option<&'a str>,
    /// First and last day.
    pub term: (Date, Date),
    /// Why, in the decider's words.
    pub reason: Option<&'a str>,
    /// The code by which the person names the measure; none when it is refused.
    pub appeal_code: Option<&'a str>,
}

/// One change of a measure.
#[derive(Debug, Clone, Copy)]
pub enum MeasureChange<'a> {
    /// Decided or refused by its organ.
    Decide(Decision<'a>),
    /// The notice was served: by whom, how, and who witnessed a refusal to sign.
    Serve(UserId, ServedHow, Option<&'a str>),
    /// Lifted by its organ, with the reason.
    Lift(UserId, &'a str),
    /// Ran out.
    RunOut,
}

/// Writes a change and the state that it leads to; answers whether the measure was at `version`.
pub fn measure_move(
    tx: &mut Tx<'_>,
    measure: &Measure,
    version: i64,
    to: MeasureState,
    change: MeasureChange<'_>,
) -> Result<bool, DbError> {
    let id = measure.id;
    tx.note("measure", id);
    tx.detail("measure_state", to.code());
    let now = tx.now();
    let seal = |tx: &mut Tx<'_>, column: &str, text: &str| {
        seal_under(tx, measure.record, &place(column, id), text.as_bytes())
    };
    let touched = match change {
        MeasureChange::Decide(decision) => {
            let reason = decision
                .reason
                .map(|text| seal(tx, "reason", text))
                .transpose()?;
            tx.exec(
                "UPDATE measure SET state = $3, decided_by = $4, organ_unit_id = $5,
                     decided_at = $6, document_no = $7, starts_on = $8, ends_on = $9,
                     reason_sealed = $10, appeal_code = $11, version = version + 1
                 WHERE id = $1 AND version = $2",
                &vals![
                    id,
                    version,
                    to.code(),
                    decision.by,
                    decision.unit,
                    now,
                    decision.document_no,
                    decision.term.0,
                    decision.term.1,
                    reason,
                    decision.appeal_code
                ],
            )?
        }
        MeasureChange::Serve(by, how, witness) => {
            let witness = witness.map(|name| seal(tx, "witness", name)).transpose()?;
            tx.detail("served_how", how.code());
            tx.exec(
                "UPDATE measure SET state = $3, served_at = $4, served_by = $5, served_how = $6,
                     witness_sealed = $7, version = version + 1 WHERE id = $1 AND version = $2",
                &vals![id, version, to.code(), now, by, how.code(), witness],
            )?
        }
        MeasureChange::Lift(by, reason) => {
            // Nobody stays bound because a key is gone: the reason is left out then.
            let reason = match seal(tx, "lift_reason", reason) {
                Err(DbError::Crypt(CryptError::Destroyed)) => None,
                sealed => Some(sealed?),
            };
            tx.exec(
                "UPDATE measure SET state = $3, lifted_by = $4, lifted_at = $5,
                     lift_reason_sealed = $6, version = version + 1
                 WHERE id = $1 AND version = $2",
                &vals![id, version, to.code(), by, now, reason],
            )?
        }
        MeasureChange::RunOut => tx.exec(
            "UPDATE measure SET state = $3, version = version + 1
             WHERE id = $1 AND version = $2",
            &vals![id, version, to.code()],
        )?,
    };
    Ok(touched == 1)
}

/// Puts a running measure before its organ to be lifted, or takes that back; the state stays, and
/// so does the version, because nobody decided anything.
pub fn measure_ask_lift(
    tx: &mut Tx<'_>,
    measure: &Measure,
    why: Option<&str>,
) -> Result<(), DbError> {
    tx.note("measure", measure.id);
    tx.detail("lift_asked", why.unwrap_or("no"));
    let at = why.map(|_| tx.now());
    tx.exec(
        "UPDATE measure SET lift_why = $2, lift_asked_at = $3 WHERE id = $1",
        &vals![measure.id, why, at],
    )?;
    Ok(())
}

/// The decided measure that carries a code on its notice.
pub fn measure_by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Measure>, DbError> {
    tx.row(
        &format!("SELECT {MEASURE_COLUMNS} FROM {MEASURE_FROM} WHERE m.appeal_code = $1"),
        &vals![code],
    )?
    .map(|row| measure_from(&row))
    .transpose()
}

/// Lets a running measure rest until an appeal is answered, or ends the rest; answers whether the
/// measure was at `version`.
pub fn measure_suspend(
    tx: &mut Tx<'_>,
    measure: &Measure,
    version: i64,
    rests: bool,
) -> Result<bool, DbError> {
    tx.note("measure", measure.id);
    tx.detail("measure_rests", rests);
    let at = rests.then(|| tx.now());
    let touched = tx.exec(
        "UPDATE measure SET suspended_at = $3, version = version + 1
         WHERE id = $1 AND version = $2",
        &vals![measure.id, version, at],
    )?;
    Ok(touched == 1)
}

/// Which measures to list.
#[derive(Debug, Clone, Default)]
pub struct MeasureFilter {
    /// What the reader may see.
    pub scopes: Vec<Scope>,
    /// Only in these states; empty: all.
    pub states: Vec<MeasureState>,
    /// Only in and below this area.
    pub below: Option<AreaRange>,
    /// LIMIT: how many at most.
    pub limit: i64,
    /// How many to skip.
    pub offset: i64,
}

fn wanted(filter: &MeasureFilter) -> Wanted {
    let mut wanted = Wanted::seen(&[], &filter.scopes, SCOPED);
    wanted.states("m.state", filter.states.iter().map(|state| state.code()));
    wanted.below("m.area_id", filter.below.as_ref());
    wanted
}

/// Lists measures: first those that the law does not allow any more, then those that wait for a
/// decision or a lifting, then by their last day.
pub fn measure_list(tx: &mut Tx<'_>, filter: &MeasureFilter) -> Result<Vec<Measure>, DbError> {
    let wanted = wanted(filter);
    let select = format!(
        "SELECT {MEASURE_COLUMNS} FROM {MEASURE_FROM} WHERE {}
         ORDER BY CASE WHEN m.state IN ('proposed', 'held') THEN 1 WHEN m.lift_why = 'unlawful' THEN 0
             WHEN m.lift_why IS NOT NULL THEN 1 ELSE 2 END, m.ends_on, m.id",
        wanted.sql()
    );
    wanted
        .page(tx, &select, filter.limit, filter.offset)?
        .iter()
        .map(measure_from)
        .collect()
}

/// Counts what [`measure_list`] would list without its limit.
pub fn measure_count(tx: &mut Tx<'_>, filter: &MeasureFilter) -> Result<i64, DbError> {
    wanted(filter).count(tx, MEASURE_FROM)
}

fn open_where(tx: &mut Tx<'_>, condition: &str, values: &[Val]) -> Result<Vec<Measure>, DbError> {
    tx.rows(
        &format!(
            "SELECT {MEASURE_COLUMNS} FROM {MEASURE_FROM} JOIN response r ON r.id = m.response_id
             WHERE r.closed_at IS NULL AND {condition} ORDER BY m.ends_on, m.id LIMIT $2"
        ),
        values,
    )?
    .iter()
    .map(measure_from)
    .collect()
}

/// Open measures whose last day has passed, the oldest first.
pub fn measure_run_out(tx: &mut Tx<'_>, today: Date, limit: i64) -> Result<Vec<Measure>, DbError> {
    open_where(
        tx,
        "m.state IN ('proposed', 'held', 'decided', 'served') AND m.ends_on < $1",
        &vals![today, limit],
    )
}

/// Decided measures that have not ended before `day`, begin by it and do not rest, in the order of
/// their ids, after `after`.
pub fn measure_running(
    tx: &mut Tx<'_>,
    day: Date,
    limit: i64,
    after: Option<MeasureId>,
) -> Result<Vec<Measure>, DbError> {
    let after = after.unwrap_or(MeasureId::from_uuid(uuid::Uuid::nil()));
    tx.rows(
        &format!(
            "SELECT {MEASURE_COLUMNS} FROM {MEASURE_FROM} JOIN response r ON r.id = m.response_id
             WHERE r.closed_at IS NULL AND m.state IN ('decided', 'served')
             AND m.starts_on <= $1 AND m.ends_on >= $1 AND m.suspended_at IS NULL AND m.id > $3
             ORDER BY m.id LIMIT $2"
        ),
        &vals![day, limit, after],
    )?
    .iter()
    .map(measure_from)
    .collect()
}
