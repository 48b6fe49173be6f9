//! Source records: one row for each thing that came in through the door, its key, its original as
//! received, and its search tokens. The original and all facts are sealed under the record's key.

mod tokens;

use fangxian_base::{AreaId, Date, ImportId, Instant, PersonId, RecordId, ResponseId, UnitId};

use crate::db::{DbError, Row, Tx, Val, vals};
use crate::keys::{CryptError, Key};
use crate::scopes::{Columns, Scope, Wanted};
use crate::{AreaRange, Author};

pub use tokens::{token_find, token_insert, token_persons, tokens_insert};

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

/// Keeps a record under a key of its own; it stands for a person by itself until it is linked.
pub fn record_insert(tx: &mut Tx<'_>, record: &NewRecord<'_>) -> Result<(), DbError> {
    let key = Key::new()?;
    let wrapped = tx.context.keys.wrap(record.response, record.id, &key)?;
    let place = format!("record|original|{}", record.id);
    let original = key.seal(&place, record.original)?;
    let (entry, now) = (tx.entry_id()?, tx.now());
    tx.exec(
        "INSERT INTO record (id, response_id, channel, received_at, reported_on, area_id, unit_id,
             author, import_id, row_no, receipt_code, state, due_at, confined, original_sealed,
             entry_id, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 1)",
        &vals![
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
            entry
        ],
    )?;
    tx.exec(
        "INSERT INTO record_key (record_id, response_id, wrapped) VALUES ($1, $2, $3)",
        &vals![record.id, record.response, wrapped],
    )?;
    let person = PersonId::of_record(record.id);
    tx.exec(
        "INSERT INTO record_person (record_id, person_id) VALUES ($1, $2)",
        &vals![record.id, person],
    )?;
    tx.exec(
        "INSERT INTO person (id, area_id, confined, changed_at, version)
         VALUES ($1, $2, $3, $4, 1)",
        &vals![person, record.area, record.confined, now],
    )?;
    tx.context.record_keys.insert(record.id, key);
    tx.context
        .record_responses
        .insert(record.id, record.response);
    tx.note("record", record.id);
    Ok(())
}

/// The key of a record; none when it was destroyed, or its response is being destroyed.
fn record_key(tx: &mut Tx<'_>, record: RecordId) -> Result<Option<Key>, DbError> {
    key_where(tx, record, "o.destroyed_at IS NULL")
}

/// Lets values under a record whose response is being destroyed be opened in this transaction, for
/// what of other responses is to be kept.
pub(crate) fn open_doomed(tx: &mut Tx<'_>, record: RecordId) -> Result<(), DbError> {
    key_where(tx, record, "o.id = k.response_id").map(|_| ())
}

fn key_where(tx: &mut Tx<'_>, record: RecordId, condition: &str) -> Result<Option<Key>, DbError> {
    if let Some(key) = tx.context.record_keys.get(&record) {
        return Ok(Some(key.clone()));
    }
    let row = tx.row(
        &format!(
            "SELECT k.response_id, k.wrapped FROM record_key k
             JOIN response o ON o.id = k.response_id WHERE k.record_id = $1 AND {condition}"
        ),
        &vals![record],
    )?;
    let Some(row) = row else { return Ok(None) };
    let (response, wrapped): (ResponseId, Vec<u8>) = (row.get(0)?, row.get(1)?);
    match tx.context.keys.unwrap(response, record, &wrapped) {
        Ok(key) => {
            tx.context.record_keys.insert(record, key.clone());
            Ok(Some(key))
        }
        Err(CryptError::Destroyed) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Seals bytes under a record's key; `place` is `table|column|row`.
pub(crate) fn seal_under(
    tx: &mut Tx<'_>,
    record: RecordId,
    place: &str,
    plain: &[u8],
) -> Result<Vec<u8>, DbError> {
    let key = record_key(tx, record)?.ok_or(CryptError::Destroyed)?;
    Ok(key.seal(place, plain)?)
}

/// Opens what [`seal_under`] made; `None` when the key was destroyed or the value was emptied.
pub(crate) fn open_under(
    tx: &mut Tx<'_>,
    record: RecordId,
    place: &str,
    sealed: &[u8],
) -> Result<Option<Vec<u8>>, DbError> {
    if sealed.is_empty() {
        return Ok(None);
    }
    match record_key(tx, record)? {
        Some(key) => Ok(Some(key.open(place, sealed)?)),
        None => Ok(None),
    }
}

/// The response that a record was collected for.
fn response_of(tx: &mut Tx<'_>, record: RecordId) -> Result<Option<ResponseId>, DbError> {
    if let Some(response) = tx.context.record_responses.get(&record) {
        return Ok(Some(*response));
    }
    let row = tx.row(
        "SELECT response_id FROM record WHERE id = $1",
        &vals![record],
    )?;
    let response = row.map(|row| row.get(0)).transpose()?;
    if let Some(response) = response {
        tx.context.record_responses.insert(record, response);
    }
    Ok(response)
}

/// Seals what was written on a record for a response: under the record's key, and where that is
/// not the record's own response under that response's too, so that it goes when either goes.
pub(crate) fn seal_for(
    tx: &mut Tx<'_>,
    record: RecordId,
    response: ResponseId,
    place: &str,
    plain: &[u8],
) -> Result<Vec<u8>, DbError> {
    let sealed = seal_under(tx, record, place, plain)?;
    if response_of(tx, record)? == Some(response) {
        return Ok(sealed);
    }
    Ok(tx.context.keys.seal_for(response, place, &sealed)?)
}

/// Opens what [`seal_for`] made; `None` when the key was destroyed.
pub(crate) fn open_for(
    tx: &mut Tx<'_>,
    record: RecordId,
    response: ResponseId,
    place: &str,
    sealed: &[u8],
) -> Result<Option<Vec<u8>>, DbError> {
    if response_of(tx, record)? == Some(response) {
        return open_under(tx, record, place, sealed);
    }
    match tx.context.keys.open_for(response, place, sealed) {
        Ok(inner) => open_under(tx, record, place, &inner),
        Err(CryptError::Destroyed) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// One record.
pub fn record_fetch(tx: &mut Tx<'_>, id: RecordId) -> Result<Option<Record>, DbError> {
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
    let touched = tx.exec(
        "UPDATE record SET state = $2, version = version + 1
         WHERE id = $1 AND version = COALESCE($3, version)",
        &vals![id, state.code(), version],
    )?;
    Ok(touched == 1)
}

/// Sets where a record belongs.
pub fn record_set_area(tx: &mut Tx<'_>, id: RecordId, area: AreaId) -> Result<(), DbError> {
    tx.note("record", id);
    tx.exec(
        "UPDATE record SET area_id = $2, version = version + 1 WHERE id = $1",
        &vals![id, area],
    )?;
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
    tx.rows(
        "SELECT record_id FROM record_person WHERE person_id = $1 ORDER BY record_id",
        &vals![person],
    )?
    .iter()
    .map(|row| row.get(0))
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
