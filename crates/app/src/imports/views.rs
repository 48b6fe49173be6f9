//! What pages and the command line see of lists: files, previews, reports, the work list.

use std::collections::BTreeMap;
use std::sync::Arc;

use fangxian_base::{ImportId, Instant, Text};
use schemars::JsonSchema;
use serde::Serialize;

/// A file as it was handed in.
#[derive(Debug, Clone)]
pub struct ListFile {
    /// `linelist`, `contacts` or `movements`.
    pub kind: String,
    /// The name it came with.
    pub file_name: String,
    /// The namespace of the list's own case numbers.
    pub source: String,
    /// Code of the response; empty: routine surveillance.
    pub response: String,
    /// The bytes.
    pub bytes: Arc<[u8]>,
    /// The mapping in its file form; empty: the proposed one.
    pub mapping: String,
}

/// How one column is understood.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ColumnView {
    /// The header.
    pub column: String,
    /// The field's code, if it means one.
    pub field: Option<String>,
    /// The field's name.
    pub label: Option<Text>,
    /// How sure the proposal is, from 0 to 1.
    pub confidence: f32,
    /// Why.
    pub why: Text,
}

/// The disease that a list is taken to be about.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DiseaseView {
    /// The id of the disease pack.
    pub code: String,
    /// Its name.
    pub title: Text,
    /// How sure the proposal is, from 0 to 1.
    pub confidence: f32,
    /// Why.
    pub why: Text,
}

/// A rejected row on the work list. Carries no cell: the row itself stands in the error file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RejectedRow {
    /// The import.
    pub import: ImportId,
    /// The name the file came with.
    pub file_name: String,
    /// Code of the response.
    pub response: String,
    /// The unit whose file it is; empty: handed in at the machine.
    pub unit: String,
    /// Since when it waits.
    pub since: Instant,
    /// The row's number in the file.
    pub row: i64,
    /// Why it was not taken.
    pub remarks: Vec<Remark>,
}

/// The rejected rows that nobody has dealt with.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RejectedRows {
    /// The rows of this page, the oldest first.
    pub rows: Vec<RejectedRow>,
    /// How many there are in all.
    pub total: i64,
    /// This page, from 1.
    pub page: i64,
    /// How many pages there are.
    pub pages: i64,
}

/// A remark on the file or a row; never carries a cell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize, JsonSchema)]
pub struct Remark {
    /// The row's number as a spreadsheet shows it; none: the whole file.
    pub row: Option<u32>,
    /// The column's header.
    pub column: Option<String>,
    /// The field's code.
    pub field: Option<String>,
    /// A stable code.
    pub code: String,
    /// What is wrong.
    pub message: Text,
    /// What to do.
    pub remedy: Text,
}

/// What a file would come to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Preview {
    /// The encoding found.
    pub encoding: String,
    /// The columns and what they are taken for.
    pub columns: Vec<ColumnView>,
    /// What a column may mean.
    pub fields: Vec<super::FieldView>,
    /// The mapping in its file form, to keep, edit and hand in again.
    pub mapping: String,
    /// Rows read.
    pub read: i64,
    /// Rows that would be taken.
    pub accepted: i64,
    /// Rows that would be taken with a warning.
    pub warned: i64,
    /// Rows that would not be taken.
    pub rejected: i64,
    /// The disease that the list is taken to be about.
    pub disease: Option<DiseaseView>,
    /// Remarks on the file as a whole.
    pub file: Vec<Remark>,
    /// Why rows would not be taken.
    pub rejections: Vec<Remark>,
    /// What is odd about rows that would be taken, the first ones.
    pub warnings: Vec<Remark>,
    /// The import, if exactly this was imported before.
    pub seen: Option<ImportId>,
}

/// The undoing of an import.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UndoView {
    /// Who asked for it: a name, or a word.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Why; empty when it was destroyed.
    pub reason: String,
    /// Rows dealt with so far.
    pub rows: i64,
    /// Records withdrawn so far; the others stand on another list as well.
    pub records: i64,
}

/// What undoing an import would touch. Reviews, measures and tasks are those of the people
/// concerned, in the response of the import.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UndoPreview {
    /// The import.
    pub import: ImportId,
    /// The name the file came with.
    pub file_name: String,
    /// The state of the import.
    pub state: String,
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
    /// Reviews that wait for a look.
    pub reviews: i64,
    /// Measures that are proposed: those that nothing asks for any more lapse.
    pub measures_proposed: i64,
    /// Measures that are decided: those that nothing asks for any more stand before their organ.
    pub measures_decided: i64,
    /// Tasks that are open; they stay.
    pub tasks: i64,
    /// Statutory reports that began with the list and wait: those that nothing asks for any more
    /// end.
    pub reports_open: i64,
    /// Statutory reports that began with the list and were sent: they are to be corrected where
    /// they were sent to.
    pub reports_sent: i64,
}

/// An import and what came of it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Report {
    /// The import.
    pub id: ImportId,
    /// `linelist`, `contacts` or `movements`.
    pub kind: String,
    /// The name the file came with.
    pub file_name: String,
    /// The namespace of its own case numbers.
    pub source: String,
    /// Code of the response.
    pub response: String,
    /// What the response is called.
    pub response_title: Text,
    /// `running`, `done`, `cancelled`, `failed`, `undoing` or `undone`.
    pub state: String,
    /// When it was handed in.
    pub created_at: Instant,
    /// When the last row was done.
    pub finished_at: Option<Instant>,
    /// Rows read so far.
    pub read: i64,
    /// Rows taken.
    pub accepted: i64,
    /// Of those, linked to somebody known before.
    pub matched: i64,
    /// Of those, with a possible double that waits for a look.
    pub queued: i64,
    /// Rows not taken.
    pub rejected: i64,
    /// Rows taken with a warning.
    pub warned: i64,
    /// How the columns were understood.
    pub columns: Vec<ColumnView>,
    /// Rows by the class that the rules of the response give today; `none`: no class.
    pub classes: BTreeMap<String, i64>,
    /// Why it, or its undoing, stopped.
    pub failure: Option<Text>,
    /// How far its undoing has come, once somebody asked for that.
    pub undo: Option<UndoView>,
    /// Why rows were not taken.
    pub rejections: Vec<Remark>,
    /// What was odd about rows that were taken, the first ones.
    pub warnings: Vec<Remark>,
    /// Whether this answers a file that had been imported before.
    pub repeated: bool,
}
