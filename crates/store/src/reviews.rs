//! Reviews: an assessment's proposal on its way through two looks. The proposal and the reasons are
//! sealed under the record that brought it up. Start with [`review_insert`] and [`review_move`].

use fangxian_base::{AreaId, Instant, PersonId, RecordId, ResponseId, ReviewId, UserId};
use fangxian_domain::reviews::ReviewState;

use crate::arrivals::Written;
use crate::db::{DbError, Insert, Row, Tx, vals};
use crate::records::{open_under, seal_under};
use crate::scopes::{Columns, Scope, Wanted};

/// A proposal about to wait for its first look.
#[derive(Debug)]
pub struct NewReview<'a> {
    /// Its id.
    pub id: ReviewId,
    /// For which response.
    pub response: ResponseId,
    /// Whom it is about.
    pub person: PersonId,
    /// The record that brought it up.
    pub record: RecordId,
    /// Where the person is.
    pub area: Option<AreaId>,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// Class or kind of contact, as a code, for lists and counts.
    pub category: Option<&'a str>,
    /// What is proposed, as codes: the same text is the same proposal.
    pub digest: &'a str,
    /// The proposal.
    pub proposal: &'a [u8],
    /// Until when both looks should be done.
    pub due_at: Instant,
}

/// A review as stored, without what is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// For which response.
    pub response: ResponseId,
    /// Whom it is about, today.
    pub person: PersonId,
    /// The record that brought it up.
    pub record: RecordId,
    /// Where the person is.
    pub area: Option<AreaId>,
    /// Whether it concerns a sealed disease.
    pub confined: bool,
    /// Where it stands.
    pub state: ReviewState,
    /// Class or kind of contact.
    pub category: Option<String>,
    /// What is proposed, as codes.
    pub digest: String,
    /// When it was opened.
    pub opened_at: Instant,
    /// Until when both looks should be done.
    pub due_at: Instant,
    /// Who took the first look.
    pub first_by: Option<UserId>,
    /// When.
    pub first_at: Option<Instant>,
    /// What came of it, as a code.
    pub first_outcome: Option<String>,
    /// Who took the second look.
    pub second_by: Option<UserId>,
    /// When.
    pub second_at: Option<Instant>,
    /// What came of it, as a code.
    pub second_outcome: Option<String>,
    /// The version for edits.
    pub version: i64,
}

const REVIEW_COLUMNS: &str = "v.id, v.response_id, p.person_id, v.record_id, v.area_id, \
     v.confined, v.state, v.category, v.digest, v.opened_at, v.due_at, v.first_by, v.first_at, \
     v.first_outcome, v.second_by, v.second_at, v.second_outcome, v.version";
/// Nothing of a destroyed response is shown.
const REVIEW_FROM: &str = "review v JOIN record_person p ON p.record_id = v.record_id \
     JOIN response o ON o.id = v.response_id AND o.destroyed_at IS NULL";
/// The same of one person, from the person's records on: the engine must not begin with all reviews
/// of a response.
const OF_PERSON: &str = "record_person p CROSS JOIN review v \
     JOIN response o ON o.id = v.response_id AND o.destroyed_at IS NULL \
     WHERE v.record_id = p.record_id AND p.person_id = $1";
const SCOPED: Columns<'static> = Columns {
    area: "v.area_id",
    response: "v.response_id",
    confined: "v.confined",
    assignee: "",
    unit: "",
};

fn review_from(row: &Row) -> Result<Review, DbError> {
    Ok(Review {
        id: row.get(0)?,
        response: row.get(1)?,
        person: row.get(2)?,
        record: row.get(3)?,
        area: row.get(4)?,
        confined: row.get(5)?,
        state: ReviewState::from_code(&row.get::<String>(6)?).ok_or(DbError::Stored {
            what: "review state",
        })?,
        category: row.get(7)?,
        digest: row.get(8)?,
        opened_at: row.get(9)?,
        due_at: row.get(10)?,
        first_by: row.get(11)?,
        first_at: row.get(12)?,
        first_outcome: row.get(13)?,
        second_by: row.get(14)?,
        second_at: row.get(15)?,
        second_outcome: row.get(16)?,
        version: row.get(17)?,
    })
}

fn place(column: &str, id: ReviewId) -> String {
    format!("review|{column}|{id}")
}

const REVIEW: Insert = Insert {
    rank: 9,
    table: "review",
    columns: "id, response_id, person_id, record_id, area_id, confined, state, category, digest, \
         proposal_sealed, opened_at, due_at, version",
    width: 13,
    tail: "",
};

/// Opens a review at its first look.
pub fn review_insert(tx: &mut Tx<'_>, new: &NewReview<'_>) -> Result<(), DbError> {
    let sealed = seal_under(tx, new.record, &place("proposal", new.id), new.proposal)?;
    let now = tx.now();
    tx.later(
        &REVIEW,
        vals![
            new.id,
            new.response,
            new.person,
            new.record,
            new.area,
            new.confined,
            ReviewState::FirstLook.code(),
            new.category,
            new.digest,
            sealed,
            now,
            new.due_at,
            1_i64
        ],
    );
    tx.wrote(new.record, Written::Review);
    tx.note("review", new.id);
    Ok(())
}

/// One review.
pub fn review_fetch(tx: &mut Tx<'_>, id: ReviewId) -> Result<Option<Review>, DbError> {
    tx.row(
        &format!("SELECT {REVIEW_COLUMNS} FROM {REVIEW_FROM} WHERE v.id = $1"),
        &vals![id],
    )?
    .map(|row| review_from(&row))
    .transpose()
}

/// The newest review of a person in a response, open or not.
pub fn review_latest(
    tx: &mut Tx<'_>,
    person: PersonId,
    response: ResponseId,
) -> Result<Option<Review>, DbError> {
    if tx.is_stranger_without(person, Written::Review) {
        return Ok(None);
    }
    tx.row(
        &format!(
            "SELECT {REVIEW_COLUMNS} FROM {OF_PERSON} AND v.response_id = $2
             ORDER BY v.opened_at DESC, v.id DESC LIMIT 1"
        ),
        &vals![person, response],
    )?
    .map(|row| review_from(&row))
    .transpose()
}

/// All reviews of a person, newest first.
pub fn review_list_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<Review>, DbError> {
    if tx.is_stranger_without(person, Written::Review) {
        return Ok(Vec::new());
    }
    tx.rows(
        &format!(
            "SELECT {REVIEW_COLUMNS} FROM {OF_PERSON}
             ORDER BY v.opened_at DESC, v.id DESC"
        ),
        &vals![person],
    )?
    .iter()
    .map(review_from)
    .collect()
}

/// What is sealed in a review; `None` where nothing was written or the key was destroyed.
#[derive(Debug, Clone, Default)]
pub struct ReviewContent {
    /// The proposal.
    pub proposal: Option<Vec<u8>>,
    /// Why the first looker decided so.
    pub first_reason: Option<String>,
    /// Why the second looker decided so.
    pub second_reason: Option<String>,
}

/// Opens what is sealed in a review.
pub fn review_content(tx: &mut Tx<'_>, review: &Review) -> Result<ReviewContent, DbError> {
    let row = tx.row(
        "SELECT proposal_sealed, first_reason_sealed, second_reason_sealed
         FROM review WHERE id = $1",
        &vals![review.id],
    )?;
    let Some(row) = row else {
        return Ok(ReviewContent::default());
    };
    let mut open = |column: &str, sealed: Option<Vec<u8>>| match sealed {
        Some(sealed) => open_under(tx, review.record, &place(column, review.id), &sealed),
        None => Ok(None),
    };
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(ReviewContent {
        proposal: open("proposal", row.get(0)?)?,
        first_reason: open("first_reason", row.get(1)?)?.map(text),
        second_reason: open("second_reason", row.get(2)?)?.map(text),
    })
}

/// What a look leaves behind.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Who looked.
    pub by: UserId,
    /// What came of it, as a code.
    pub outcome: &'a str,
    /// Why, in the looker's words.
    pub reason: Option<&'a str>,
}

/// One change of a review.
#[derive(Debug, Clone, Copy)]
pub enum ReviewChange<'a> {
    /// The first look, with the proposal as it goes on and the area it is for.
    First {
        /// The look.
        look: Look<'a>,
        /// The proposal with what was dropped and added.
        proposal: &'a [u8],
        /// Where the work goes.
        area: Option<AreaId>,
    },
    /// The second look.
    Second(Look<'a>),
    /// New facts: another proposal, looks begin anew.
    Replace {
        /// The new proposal.
        proposal: &'a [u8],
        /// Its digest.
        digest: &'a str,
        /// Its class or kind of contact.
        category: Option<&'a str>,
    },
}

/// Puts a review under another record of the person; what was sealed in it must be written anew.
pub fn review_rehome(tx: &mut Tx<'_>, id: ReviewId, record: RecordId) -> Result<(), DbError> {
    tx.exec(
        "UPDATE review SET record_id = $2 WHERE id = $1",
        &vals![id, record],
    )?;
    Ok(())
}

/// Writes a change and the state that it leads to; answers whether the review was at `version`.
pub fn review_move(
    tx: &mut Tx<'_>,
    review: &Review,
    version: i64,
    to: ReviewState,
    change: ReviewChange<'_>,
) -> Result<bool, DbError> {
    let id = review.id;
    tx.note("review", id);
    tx.detail("review_state", to.code());
    let now = tx.now();
    let seal = |tx: &mut Tx<'_>, column: &str, bytes: &[u8]| {
        seal_under(tx, review.record, &place(column, id), bytes)
    };
    let touched =
        match change {
            ReviewChange::First {
                look,
                proposal,
                area,
            } => {
                let proposal = seal(tx, "proposal", proposal)?;
                let reason = look
                    .reason
                    .map(|text| seal(tx, "first_reason", text.as_bytes()))
                    .transpose()?;
                tx.exec(
                "UPDATE review SET state = $3, first_by = $4, first_at = $5, first_outcome = $6,
                     first_reason_sealed = $7, proposal_sealed = $8, area_id = $9,
                     version = version + 1
                 WHERE id = $1 AND version = $2",
                &vals![id, version, to.code(), look.by, now, look.outcome, reason, proposal, area],
            )?
            }
            ReviewChange::Second(look) => {
                let reason = look
                    .reason
                    .map(|text| seal(tx, "second_reason", text.as_bytes()))
                    .transpose()?;
                tx.exec(
                    "UPDATE review SET state = $3, second_by = $4, second_at = $5,
                     second_outcome = $6, second_reason_sealed = $7, version = version + 1
                 WHERE id = $1 AND version = $2",
                    &vals![id, version, to.code(), look.by, now, look.outcome, reason],
                )?
            }
            ReviewChange::Replace {
                proposal,
                digest,
                category,
            } => {
                let proposal = seal(tx, "proposal", proposal)?;
                tx.exec(
                "UPDATE review SET state = $3, proposal_sealed = $4, digest = $5, category = $6,
                     first_by = NULL, first_at = NULL, first_outcome = NULL,
                     first_reason_sealed = NULL, second_by = NULL, second_at = NULL,
                     second_outcome = NULL, second_reason_sealed = NULL, version = version + 1
                 WHERE id = $1 AND version = $2",
                &vals![id, version, to.code(), proposal, digest, category],
            )?
            }
        };
    Ok(touched == 1)
}

/// Writes what the second looker amended, before the look itself is written.
pub fn review_amend(
    tx: &mut Tx<'_>,
    review: &Review,
    proposal: &[u8],
    area: Option<AreaId>,
) -> Result<(), DbError> {
    let sealed = seal_under(tx, review.record, &place("proposal", review.id), proposal)?;
    tx.exec(
        "UPDATE review SET proposal_sealed = $3, area_id = $4 WHERE id = $1 AND version = $2",
        &vals![review.id, review.version, sealed, area],
    )?;
    Ok(())
}

/// Which reviews to list.
#[derive(Debug, Clone, Default)]
pub struct ReviewFilter {
    /// What the reader may see.
    pub scopes: Vec<Scope>,
    /// Only in these states; empty: all.
    pub states: Vec<ReviewState>,
    /// Only in and below this area.
    pub below: Option<crate::AreaRange>,
    /// Only those overdue at this moment.
    pub late_at: Option<Instant>,
    /// LIMIT: how many at most.
    pub limit: i64,
    /// How many to skip.
    pub offset: i64,
}

fn wanted(filter: &ReviewFilter) -> Wanted {
    let mut wanted = Wanted::seen(&[], &filter.scopes, SCOPED);
    wanted.states("v.state", filter.states.iter().map(|state| state.code()));
    wanted.below("v.area_id", filter.below.as_ref());
    if let Some(moment) = filter.late_at {
        wanted.and_with("v.due_at < ?", moment);
    }
    wanted
}

/// Lists reviews, the most urgent first.
pub fn review_list(tx: &mut Tx<'_>, filter: &ReviewFilter) -> Result<Vec<Review>, DbError> {
    let wanted = wanted(filter);
    let select = format!(
        "SELECT {REVIEW_COLUMNS} FROM {REVIEW_FROM} WHERE {}
         ORDER BY v.due_at, v.id",
        wanted.sql()
    );
    wanted
        .page(tx, &select, filter.limit, filter.offset)?
        .iter()
        .map(review_from)
        .collect()
}

/// Counts what [`review_list`] would list without its limit.
pub fn review_count(tx: &mut Tx<'_>, filter: &ReviewFilter) -> Result<i64, DbError> {
    wanted(filter).count(tx, REVIEW_FROM)
}
