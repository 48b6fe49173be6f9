//! Source records: one row for each thing that came in through the door, its key, its original as
//! received, and its search tokens. The original and all facts are sealed under the record's key.

mod sealing;
mod tokens;

use std::collections::BTreeMap;

use fangxian_base::{AreaId, Date, ImportId, Instant, PersonId, RecordId, ResponseId, UnitId};

use crate::db::{DbError, Insert, Row, Tx, Val, vals};
use crate::keys::Key;
use crate::scopes::{Columns, Scope, Wanted, padded};
use crate::{AreaRange, Author};

pub(crate) use sealing::{keys_open, open_doomed, open_for, open_under, seal_for, seal_under};
pub use tokens::{token_find, token_insert, token_persons, tokens_find, tokens_insert};

/// LIMIT: records or persons that one statement asks about.
pub(crate) const RECORDS_AT_ONCE: usize = 64;

/// A record about to be kept.
#[derive(Debug)]
pub struct NewRecord<'a> {
    /// Its id, made by the caller.
    pub id: RecordId,
    /// What it is collected for.
    pub response: ResponseId,
    /// The channel's code, such as `self_report`.
    pub channel: &'a str,
    /// When the sender says it was reported.
    pub reported_on: Option<Date>,
    /// Where it belongs, once known.
    pub area: Option<AreaId>,
    /// The unit that sent it.
    pub unit: Option<UnitId>,
    /// Who brought it.
    pub author: Author,
    /// The file and row it came with.
    pub import: Option<(ImportId, i64)>,
    /// The number given to whoever reported.
    pub receipt_code: Option<&'a str>,
    /// State in the inbox.
    pub state: RecordState,
    /// Until when somebody must have looked.
    pub due_at: Option<Instant>,
    /// Whether it belongs to a sealed disease.
    pub confined: bool,
    /// What was received, byte for byte.
    pub original: &'a [u8],
}

/// Where a record stands in the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordState {
    /// Nobody has looked yet.
    New,
    /// It is under assessment.
    InReview,
    /// It led somewhere and that is done, or it needed nothing.
    Handled,
    /// It is not about a person we can find, with a reason.
    Rejected,
    /// The list that it came with was undone: it can be read, and says nothing.
    Withdrawn,
}

impl RecordState {
    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InReview => "in_review",
            Self::Handled => "handled",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::New,
            Self::InReview,
            Self::Handled,
            Self::Rejected,
            Self::Withdrawn,
        ]
        .into_iter()
        .find(|state| state.code() == code)
    }
}

/// A stored record, without its original.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// What it was collected for.
    pub response: ResponseId,
    /// The channel's code.
    pub channel: String,
    /// When the program received it.
    pub received_at: Instant,
    /// When the sender says it was reported.
    pub reported_on: Option<Date>,
    /// Where it belongs.
    pub area: Option<AreaId>,
    /// The unit that sent it.
    pub unit: Option<UnitId>,
    /// Who brought it.
    pub author: String,
    /// The file it came with.
    pub import: Option<ImportId>,
    /// The row of that file.
    pub row_no: Option<i64>,
    /// The number given to whoever reported.
    pub receipt_code: Option<String>,
    /// State in the inbox.
    pub state: RecordState,
    /// Until when somebody must have looked.
    pub due_at: Option<Instant>,
    /// Whether it belongs to a sealed disease.
    pub confined: bool,
    /// The version for edits.
    pub version: i64,
    /// The person it belongs to.
    pub person: PersonId,
}

const RECORD_COLUMNS: &str = "r.id, r.response_id, r.channel, r.received_at, r.reported_on, \
     r.area_id, r.unit_id, r.author, r.import_id, r.row_no, r.receipt_code, r.state, r.due_at, \
     r.confined, r.version, p.person_id";

fn record_from(row: &Row) -> Result<Record, DbError> {
    Ok(Record {
        id: row.get(0)?,
        response: row.get(1)?,
        channel: row.get(2)?,
        received_at: row.get(3)?,
        reported_on: row.get(4)?,
        area: row.get(5)?,
        unit: row.get(6)?,
        author: row.get(7)?,
        import: row.get(8)?,
        row_no: row.get(9)?,
        receipt_code: row.get(10)?,
        state: RecordState::from_code(&row.get::<String>(11)?).ok_or(DbError::Stored {
            what: "record state",
        })?,
        due_at: row.get(12)?,
        confined: row.get(13)?,
        version: row.get(14)?,
        person: row.get(15)?,
    })
}

const RECORD: Insert = Insert {
    rank: 0,
    table: "record",
    columns: "id, response_id, channel, received_at, reported_on, area_id, unit_id, author, \
         import_id, row_no, receipt_code, state, due_at, confined, original_sealed, entry_id, version",
    width: 17,
    tail: "",
};
/// Where state and version stand in it.
const STATE: usize = 11;
const VERSION: usize = 16;
const RECORD_KEY: Insert = Insert {
    rank: 1,
    table: "record_key",
    columns: "record_id, response_id, wrapped",
    width: 3,
    tail: "",
};
const RECORD_PERSON: Insert = Insert {
    rank: 2,
    table: "record_person",
    columns: "record_id, person_id",
    width: 2,
    tail: "",
};
const PERSON: Insert = Insert {
    rank: 3,
    table: "person",
    columns: "id, area_id, confined, changed_at, version",
    width: 5,
    tail: "",
};

/// Keeps a record under a key of its own; it stands for a person by itself until it is linked.
pub fn record_insert(tx: &mut Tx<'_>, record: &NewRecord<'_>) -> Result<(), DbError> {
    let key = Key::new()?;
    let wrapped = tx.context.keys.wrap(record.response, record.id, &key)?;
    let place = format!("record|original|{}", record.id);
    let original = key.seal(&place, record.original)?;
    let (entry, now) = (tx.entry_id()?, tx.now());
    tx.later(
        &RECORD,
        vals![
            record.id,
            record.response,
            record.channel,
            now,
            record.reported_on,
            record.area,
            record.unit,
            record.author.code(),
            record.import.map(|(id, _)| id),
            record.import.map(|(_, row)| row),
            record.receipt_code,
            record.state.code(),
            record.due_at,
            record.confined,
            original,
            entry,
            1_i64
        ],
    );
    tx.later(&RECORD_KEY, vals![record.id, record.response, wrapped]);
    let person = PersonId::of_record(record.id);
    tx.later(&RECORD_PERSON, vals![record.id, person]);
    tx.later(
        &PERSON,
        vals![person, record.area, record.confined, now, 1_i64],
    );
    tx.context.record_keys.insert(record.id, key);
    tx.context
        .record_responses
        .insert(record.id, record.response);
    tx.note("record", record.id);
    tx.arrive(Record {
        id: record.id,
        response: record.response,
        channel: record.channel.to_owned(),
        received_at: now,
        reported_on: record.reported_on,
        area: record.area,
        unit: record.unit,
        author: record.author.code(),
        import: record.import.map(|(id, _)| id),
        row_no: record.import.map(|(_, row)| row),
        receipt_code: record.receipt_code.map(str::to_owned),
        state: record.state,
        due_at: record.due_at,
        confined: record.confined,
        version: 1,
        person,
    });
    Ok(())
}

/// One record.
pub fn record_fetch(tx: &mut Tx<'_>, id: RecordId) -> Result<Option<Record>, DbError> {
    if let Some(record) = tx.arrived(id) {
        return Ok(Some(record.clone()));
    }
    tx.row(
        &format!(
            "SELECT {RECORD_COLUMNS} FROM record r JOIN record_person p ON p.record_id = r.id
             WHERE r.id = $1"
        ),
        &vals![id],
    )?
    .map(|row| record_from(&row))
    .transpose()
}

/// The record that a receipt number was given for.
pub fn record_by_receipt(tx: &mut Tx<'_>, code: &str) -> Result<Option<Record>, DbError> {
    tx.row(
        &format!(
            "SELECT {RECORD_COLUMNS} FROM record r JOIN record_person p ON p.record_id = r.id
             WHERE r.receipt_code = $1"
        ),
        &vals![code],
    )?
    .map(|row| record_from(&row))
    .transpose()
}

/// What was received, byte for byte; `None` when its key was destroyed.
pub fn record_original(tx: &mut Tx<'_>, id: RecordId) -> Result<Option<Vec<u8>>, DbError> {
    let row = tx.row(
        "SELECT original_sealed FROM record WHERE id = $1",
        &vals![id],
    )?;
    let Some(row) = row else { return Ok(None) };
    let sealed: Vec<u8> = row.get(0)?;
    open_under(tx, id, &format!("record|original|{id}"), &sealed)
}

/// Moves a record to another state in the inbox; answers whether it was at `version`.
pub fn record_set_state(
    tx: &mut Tx<'_>,
    id: RecordId,
    state: RecordState,
    version: Option<i64>,
) -> Result<bool, DbError> {
    tx.note("record", id);
    tx.detail("record_state", state.code());
    if let Some(known) = tx.arrived(id).map(|record| record.version) {
        let fits = version.is_none_or(|version| version == known);
        let changes = [
            (STATE, Val::from(state.code())),
            (VERSION, Val::from(known + 1)),
        ];
        if fits && tx.change_waiting(&RECORD, id, &changes) {
            tx.arrived_in_state(id, state);
            return Ok(true);
        }
    }
    let touched = tx.exec(
        "UPDATE record SET state = $2, version = version + 1
         WHERE id = $1 AND version = COALESCE($3, version)",
        &vals![id, state.code(), version],
    )?;
    if touched == 1 {
        tx.arrived_in_state(id, state);
    }
    Ok(touched == 1)
}

/// Sets where a record belongs.
pub fn record_set_area(tx: &mut Tx<'_>, id: RecordId, area: AreaId) -> Result<(), DbError> {
    tx.note("record", id);
    tx.exec(
        "UPDATE record SET area_id = $2, version = version + 1 WHERE id = $1",
        &vals![id, area],
    )?;
    tx.arrived_otherwise(id);
    Ok(())
}

/// Where scopes look in a record.
pub(crate) const RECORD_SCOPE: Columns<'static> = Columns {
    area: "r.area_id",
    response: "r.response_id",
    confined: "r.confined",
    assignee: "",
    unit: "r.unit_id",
};

/// Which records of the inbox to list.
#[derive(Debug, Clone, Default)]
pub struct RecordFilter {
    /// Only in these states; empty: all.
    pub states: Vec<RecordState>,
    /// Only what the reader may see.
    pub scopes: Vec<Scope>,
    /// Only of this channel.
    pub channel: Option<String>,
    /// Only records older than this one, for the next page of what is listed newest first.
    pub before: Option<RecordId>,
    /// LIMIT: how many at most.
    pub limit: i64,
    /// How many to skip.
    pub offset: i64,
}

/// The condition that keeps a list inside the reader's areas; `column` is the area id column.
/// Rows without an area are seen by those whose range covers everything.
pub(crate) fn within(areas: &[AreaRange], column: &str, values: &mut Vec<Val>) -> String {
    if areas.iter().any(AreaRange::is_everywhere) {
        return "1 = 1".into();
    }
    if areas.is_empty() {
        return "1 = 0".into();
    }
    let mut ranges = Vec::new();
    for area in areas {
        values.push(area.from.as_str().into());
        values.push(area.to.as_str().into());
        let n = values.len();
        ranges.push(format!("(x.path >= ${} AND x.path < ${n})", n - 1));
    }
    format!(
        "{column} IN (SELECT x.id FROM area x WHERE {})",
        ranges.join(" OR ")
    )
}

fn wanted(filter: &RecordFilter, first: &[Val]) -> Wanted {
    let mut wanted = Wanted::seen(first, &filter.scopes, RECORD_SCOPE);
    wanted.states("r.state", filter.states.iter().map(|state| state.code()));
    if let Some(channel) = &filter.channel {
        wanted.and_with("r.channel = ?", channel.as_str());
    }
    if let Some(before) = filter.before {
        wanted.and_with("r.id < ?", before);
    }
    wanted
}

impl RecordFilter {
    /// Whether it asks for open work only. That is listed by urgency and can be skipped into; what
    /// may hold every record there ever was is listed by id, the newest first, page after page.
    pub fn is_queue(&self) -> bool {
        let open = |state: &RecordState| matches!(state, RecordState::New | RecordState::InReview);
        !self.states.is_empty() && self.states.iter().all(open)
    }
}

/// Lists records: open work with the most urgent first, anything else with the newest first.
pub fn record_list(tx: &mut Tx<'_>, filter: &RecordFilter) -> Result<Vec<Record>, DbError> {
    let wanted = wanted(filter, &[]);
    let order = if filter.is_queue() {
        "CASE WHEN r.state = 'new' THEN 0 ELSE 1 END,
             CASE WHEN r.state = 'new' THEN r.due_at END, r.received_at DESC, r.id DESC"
    } else {
        "r.id DESC"
    };
    let select = format!(
        "SELECT {RECORD_COLUMNS} FROM record r JOIN record_person p ON p.record_id = r.id
         WHERE {} ORDER BY {order}",
        wanted.sql()
    );
    wanted
        .page(tx, &select, filter.limit, filter.offset)?
        .iter()
        .map(record_from)
        .collect()
}

/// Counts what [`record_list`] would list without its limit, and stops counting at `most`.
pub fn record_count(tx: &mut Tx<'_>, filter: &RecordFilter, most: i64) -> Result<i64, DbError> {
    wanted(filter, &vals![most]).count_to_first(tx, "record r")
}

/// The first and the last record there is.
pub fn record_bounds(tx: &mut Tx<'_>) -> Result<Option<(RecordId, RecordId)>, DbError> {
    let ends = ["ASC", "DESC"].map(|order| {
        tx.row(
            &format!("SELECT id FROM record ORDER BY id {order} LIMIT 1"),
            &[],
        )?
        .map(|row| row.get(0))
        .transpose()
    });
    let [first, last] = ends;
    Ok(first?.zip(last?))
}

/// Records of a person, oldest first.
pub fn record_ids_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<RecordId>, DbError> {
    if tx.is_stranger(person) {
        return Ok(vec![person.first_record()]);
    }
    tx.rows(
        "SELECT record_id FROM record_person WHERE person_id = $1 ORDER BY record_id",
        &vals![person],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// The persons of several records.
pub fn persons_of(
    tx: &mut Tx<'_>,
    records: &[RecordId],
) -> Result<BTreeMap<RecordId, PersonId>, DbError> {
    let (mut persons, mut asked) = (BTreeMap::new(), Vec::new());
    for record in records {
        let alone = PersonId::of_record(*record);
        if tx.is_stranger(alone) {
            persons.insert(*record, alone);
        } else {
            asked.push(*record);
        }
    }
    for part in asked.chunks(RECORDS_AT_ONCE) {
        let mut values = Vec::new();
        let ids = padded(part.iter().copied(), &mut values);
        let rows = tx.rows_aside(
            &format!("SELECT record_id, person_id FROM record_person WHERE record_id IN ({ids})"),
            &values,
        )?;
        for row in &rows {
            persons.insert(row.get(0)?, row.get(1)?);
        }
    }
    Ok(persons)
}

/// The records of several persons, oldest first.
pub fn records_of(
    tx: &mut Tx<'_>,
    persons: &[PersonId],
) -> Result<Vec<(PersonId, RecordId)>, DbError> {
    let (mut records, mut asked) = (Vec::new(), Vec::new());
    for person in persons {
        if tx.is_stranger(*person) {
            records.push((*person, person.first_record()));
        } else {
            asked.push(*person);
        }
    }
    for part in asked.chunks(RECORDS_AT_ONCE) {
        let mut values = Vec::new();
        let ids = padded(part.iter().copied(), &mut values);
        let rows = tx.rows_aside(
            &format!("SELECT person_id, record_id FROM record_person WHERE person_id IN ({ids})"),
            &values,
        )?;
        for row in &rows {
            records.push((row.get(0)?, row.get(1)?));
        }
    }
    records.sort_by_key(|(_, record): &(PersonId, RecordId)| *record);
    Ok(records)
}

/// Records that were collected for a response and say something, oldest first; with `after`, those
/// that came after that one.
pub fn records_of_response(
    tx: &mut Tx<'_>,
    response: ResponseId,
    after: Option<RecordId>,
    limit: i64,
) -> Result<Vec<Record>, DbError> {
    let mut values = vals![response, limit].to_vec();
    let later = after.map_or("", |after| {
        values.push(after.into());
        " AND r.id > $3"
    });
    tx.rows(
        &format!(
            "SELECT {RECORD_COLUMNS} FROM record r JOIN record_person p ON p.record_id = r.id
             WHERE r.response_id = $1 AND r.state NOT IN ('withdrawn', 'rejected'){later}
             ORDER BY r.id LIMIT $2"
        ),
        &values,
    )?
    .iter()
    .map(record_from)
    .collect()
}

/// Destroys a single record's key and tokens: its original and facts can no longer be read.
///
/// The caller calls [`crate::Store::finish_destruction`] once this is committed.
pub fn record_destroy(tx: &mut Tx<'_>, record: RecordId) -> Result<(), DbError> {
    tx.note("record", record);
    crate::erase::erase_record(tx, record)
}

/// The newest records.
pub fn record_ids_newest(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<RecordId>, DbError> {
    tx.rows(
        "SELECT id FROM record ORDER BY id DESC LIMIT $1",
        &vals![limit],
    )?
    .iter()
    .map(|row| row.get(0))
    .collect()
}

/// Counts all records.
pub fn record_total(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.value("SELECT COUNT(*) FROM record", &[])
}
