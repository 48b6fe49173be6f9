//! Lists: a file is kept as received, read under a mapping that is proposed and shown, previewed,
//! and taken in row by row. Nothing is lost: a rejected row stays in the error file and on the
//! list, a kill in the middle goes on where it stopped, and the same file twice is one import.

mod rows;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{CommandId, ImportId, Instant, Text};
use fangxian_interop::linelist::{
    Finding, Kind as ListKind, Language, Limits, Mapping, Plan, Table, propose_mapping, read_table,
    write_errors,
};
use fangxian_store::imports::{
    Counts, Import, NewImport, import_add, import_by_digest, import_fetch, import_file,
    import_finish, import_insert, import_list, import_rows, import_unfinished,
};
use fangxian_store::{Author, Tx, responses};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::intake::response_for;
use crate::{App, AppError, Kind, Result, Who, about, found};

/// Rows that share one command: one audit entry, one commit.
const BATCH: usize = 100;
/// LIMIT: findings shown in a preview or a report.
const FINDINGS_MAX: usize = 500;
/// LIMIT: imports listed.
const LIST_MAX: i64 = 200;

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
    /// Remarks on the file as a whole.
    pub file: Vec<Remark>,
    /// Why rows would not be taken, the first ones.
    pub rejections: Vec<Remark>,
    /// What is odd about rows that would be taken, the first ones.
    pub warnings: Vec<Remark>,
    /// The import, if exactly this was imported before.
    pub seen: Option<ImportId>,
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
    /// `running`, `done`, `cancelled` or `failed`.
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
    /// Why rows were not taken, the first ones.
    pub rejections: Vec<Remark>,
    /// What was odd about rows that were taken, the first ones.
    pub warnings: Vec<Remark>,
    /// Whether this answers a file that had been imported before.
    pub repeated: bool,
}

fn text(wording: fangxian_interop::linelist::Wording) -> Text {
    Text::new(wording.zh, wording.en)
}

pub(crate) fn remark(finding: &Finding) -> Remark {
    Remark {
        row: finding.row,
        column: finding.column.clone(),
        field: finding.field.map(|field| field.code().to_owned()),
        code: finding.code().to_owned(),
        message: text(finding.message()),
        remedy: text(finding.remedy()),
    }
}

fn columns(mapping: &Mapping) -> Vec<ColumnView> {
    mapping
        .columns
        .iter()
        .map(|column| ColumnView {
            column: column.column.clone(),
            field: column.field.map(|field| field.code().to_owned()),
            label: column.field.map(|field| text(field.label())),
            confidence: column.confidence,
            why: text(column.why.clone()),
        })
        .collect()
}

/// A file read under its mapping.
pub(crate) struct Prepared {
    pub table: Table,
    pub mapping: Mapping,
    pub plan: Plan,
}

fn kind_of(code: &str) -> Result<ListKind> {
    ListKind::from_code(code.trim()).ok_or_else(|| {
        AppError::field(
            "kind",
            "请选择表格种类：病例、接触者或行程。",
            "Choose the kind of list: cases, contacts or movements.",
        )
    })
}

/// A digest over the file and how it is read; words about the mapping do not count.
fn digest(file: &ListFile, mapping: &Mapping) -> String {
    let mut hash = Sha256::new();
    for part in [&file.kind, &file.source, &file.response] {
        hash.update(part.trim().as_bytes());
        hash.update([0]);
    }
    hash.update(format!("{:?}", mapping.year).as_bytes());
    for column in &mapping.columns {
        let read = (&column.column, column.field, column.document, column.order);
        hash.update(format!("{read:?}").as_bytes());
        hash.update([0]);
    }
    hash.update(&file.bytes);
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl App {
    fn prepare(&self, kind: ListKind, bytes: &[u8], mapping: &str) -> Result<Prepared> {
        let table = read_table(bytes, Limits::default()).map_err(|e| {
            let mut error = AppError::field(
                "file",
                "文件无法读取为表格：请确认是 CSV 文件、未损坏、未超限。",
                &format!("This cannot be read as a list: {e}. Save it as CSV and try again."),
            );
            error.kind = Kind::Invalid;
            error.because(e)
        })?;
        let mapping = if mapping.trim().is_empty() {
            propose_mapping(kind, &table)
        } else {
            Mapping::parse(mapping).map_err(|e| {
                AppError::field(
                    "mapping",
                    "对应关系文件有误，请按提示改正，或留空使用系统建议。",
                    &format!("The mapping does not hold: {e}. Correct it, or leave it empty to use the proposal."),
                )
                .because(e)
            })?
        };
        let plan = Plan::new(&mapping, &table, self.today(), &self.settings.zone);
        Ok(Prepared {
            table,
            mapping,
            plan,
        })
    }

    fn import_permit(&self, who: &Who, action: Action) -> Result<()> {
        let about = fangxian_authz::About::new(fangxian_authz::AreaPath::root());
        self.permit(who, action, &Resource::Import { about }, Purpose::Intake)
            .map(drop)
    }

    /// Reads a file without taking anything: mapping, counts, remarks.
    ///
    /// # Errors
    /// When the file cannot be read as a list, the mapping does not hold, or the asker may not.
    pub fn import_preview(&self, who: &Who, file: &ListFile) -> Result<Preview> {
        self.import_permit(who, Action::ImportCreate)?;
        let prepared = self.prepare(kind_of(&file.kind)?, &file.bytes, &file.mapping)?;
        let (mut rejections, mut warnings) = (Vec::new(), Vec::new());
        let (mut read, mut accepted, mut warned) = (0, 0, 0);
        for raw in prepared.table.rows() {
            read += 1;
            let outcome = prepared.plan.parse_row(raw);
            accepted += i64::from(outcome.is_accepted());
            warned += i64::from(outcome.is_accepted() && !outcome.findings().is_empty());
            let list = if outcome.is_accepted() {
                &mut warnings
            } else {
                &mut rejections
            };
            let room = FINDINGS_MAX.saturating_sub(list.len());
            list.extend(outcome.findings().iter().take(room).map(remark));
        }
        let mapping = prepared.mapping.print();
        let key = digest(file, &prepared.mapping);
        let seen = self.read(|tx| Ok(import_by_digest(tx, &key)?.map(|import| import.id)))?;
        let remarks = prepared
            .table
            .findings
            .iter()
            .chain(&prepared.plan.findings);
        Ok(Preview {
            encoding: prepared.table.encoding.name().to_owned(),
            columns: columns(&prepared.mapping),
            mapping,
            read,
            accepted,
            warned,
            rejected: read - accepted,
            file: remarks.map(remark).collect(),
            rejections,
            warnings,
            seen,
        })
    }

    /// Keeps a file and opens its import; [`App::import_run`] takes in its rows. The same file
    /// handed in again in the same way answers with the first import.
    ///
    /// # Errors
    /// As [`App::import_preview`], or when the response takes nothing more.
    pub fn import_start(
        &self,
        who: &Who,
        command: CommandId,
        file: &ListFile,
    ) -> Result<(ImportId, bool)> {
        self.import_permit(who, Action::ImportCreate)?;
        let prepared = self.prepare(kind_of(&file.kind)?, &file.bytes, &file.mapping)?;
        let mapping = prepared.mapping.print();
        let (key, file, author) = (digest(file, &prepared.mapping), file.clone(), who.author());
        self.write(
            who,
            command,
            Action::ImportCreate,
            Purpose::Intake,
            None,
            move |tx| {
                if let Some(before) = import_by_digest(tx, &key)? {
                    return Ok((before.id, true));
                }
                let response = response_for(tx, &file.response)?;
                let id = ImportId::new();
                import_insert(
                    tx,
                    &NewImport {
                        id,
                        response: response.id,
                        kind: file.kind.trim(),
                        file_name: &file.file_name,
                        source: file.source.trim(),
                        digest: &key,
                        file: &file.bytes,
                        mapping: &mapping,
                        author,
                    },
                )?;
                Ok((id, false))
            },
        )
    }

    /// Takes in the rows of an import, from where it stopped; `progress` hears of every batch and
    /// may stop it. Runs as the program itself: who handed the file in stands with every record.
    ///
    /// # Errors
    /// When the import is not there or its file was destroyed, or the store cannot keep rows now.
    pub fn import_run(&self, id: ImportId, mut progress: impl FnMut(Counts) -> bool) -> Result<()> {
        let (import, bytes) = self.read(|tx| {
            let import = found(import_fetch(tx, id))?;
            let bytes = import_file(tx, &import)?;
            Ok((import, bytes))
        })?;
        if import.state != "running" {
            return Ok(());
        }
        let bytes = bytes.ok_or_else(AppError::not_found)?;
        let prepared = self.prepare(kind_of(&import.kind)?, &bytes, &import.mapping)?;
        let import = Arc::new(import);
        let places = Arc::new(self.read(rows::PlaceIndex::load)?);
        let mut total = Counts::default();
        let mut rows = prepared.table.rows().map(|raw| {
            (
                prepared.plan.parse_row(raw),
                rows::original(&prepared.table, raw),
            )
        });
        for number in 0_u64.. {
            let batch: Arc<Vec<rows::Parsed>> = Arc::new(rows.by_ref().take(BATCH).collect());
            if batch.is_empty() {
                break;
            }
            let done = self.import_batch(&import, number, batch, &places)?;
            total = rows::sum(total, done);
            if !progress(total) {
                return self.import_end(id, "cancelled");
            }
        }
        self.import_end(id, "done")
    }

    fn import_batch(
        &self,
        import: &Arc<Import>,
        number: u64,
        batch: Arc<Vec<rows::Parsed>>,
        places: &Arc<rows::PlaceIndex>,
    ) -> Result<Counts> {
        let (import, places, rules) = (Arc::clone(import), Arc::clone(places), self.rules());
        let who = Who::system();
        let author = Author::from_code(&import.author).unwrap_or(Author::System);
        let command = rows::batch_command(import.id, number);
        let response = Some(import.response);
        let counts: [i64; 6] = self.write(
            &who,
            command,
            Action::ImportCreate,
            Purpose::Intake,
            response,
            move |tx| {
                tx.detail("batch", number);
                let mut counts = Counts::default();
                for row in batch.iter() {
                    let one = rows::take_row(tx, &rules, &import, author, &places, row)?;
                    counts = rows::sum(counts, one);
                }
                import_add(tx, import.id, counts)?;
                tx.detail("accepted", counts.accepted);
                tx.detail("rejected", counts.rejected);
                Ok(rows::pack(counts))
            },
        )?;
        Ok(rows::unpack(counts))
    }

    fn import_end(&self, id: ImportId, state: &'static str) -> Result<()> {
        let who = Who::system();
        self.write(
            &who,
            CommandId::new(),
            Action::ImportCreate,
            Purpose::Intake,
            None,
            move |tx| Ok(import_finish(tx, id, state)?),
        )
    }

    /// Goes on with every import that a kill or a restart left under way.
    ///
    /// # Errors
    /// As [`App::import_run`].
    pub fn import_resume(&self) -> Result<usize> {
        let open = self.read(|tx| Ok(import_unfinished(tx)?))?;
        for import in &open {
            self.import_run(import.id, |_| true)?;
        }
        Ok(open.len())
    }

    /// An import and what came of it.
    ///
    /// # Errors
    /// When there is none, or the asker may not see it.
    pub fn import_report(&self, who: &Who, id: ImportId) -> Result<Report> {
        self.read(|tx| {
            let import = found(import_fetch(tx, id))?;
            let about = about(tx, None, false, Some(import.response))?;
            self.permit(
                who,
                Action::ImportRead,
                &Resource::Import { about },
                Purpose::Intake,
            )?;
            let mut report = report(tx, &import)?;
            report.rejections = remarks(tx, id, "rejected")?;
            report.warnings = remarks(tx, id, "accepted")?;
            report.columns = Mapping::parse(&import.mapping)
                .map(|m| columns(&m))
                .unwrap_or_default();
            Ok(report)
        })
    }

    /// Imports, newest first.
    ///
    /// # Errors
    /// When the asker may not see them.
    pub fn imports(&self, who: &Who) -> Result<Vec<Report>> {
        self.import_permit(who, Action::ImportRead)?;
        self.read(|tx| {
            import_list(tx, LIST_MAX)?
                .iter()
                .map(|import| report(tx, import))
                .collect()
        })
    }

    /// The rejected rows as they stood in the file, with reason and remedy: correct them there and
    /// import the file again. Rows are personal, so the reading leaves a trace.
    ///
    /// # Errors
    /// When there is no such import, its file was destroyed, or the asker may not.
    pub fn import_errors(&self, who: &Who, id: ImportId, english: bool) -> Result<Vec<u8>> {
        let (import, bytes) = self.read(|tx| {
            let import = found(import_fetch(tx, id))?;
            let about = about(tx, None, false, Some(import.response))?;
            self.permit(
                who,
                Action::ImportRead,
                &Resource::Import { about },
                Purpose::Intake,
            )?;
            let bytes = import_file(tx, &import)?.ok_or_else(AppError::not_found)?;
            Ok((import, bytes))
        })?;
        let prepared = self.prepare(kind_of(&import.kind)?, &bytes, &import.mapping)?;
        let rejected: Vec<_> = prepared
            .table
            .rows()
            .map(|raw| (raw, prepared.plan.parse_row(raw)))
            .filter(|(_, outcome)| !outcome.is_accepted())
            .collect();
        self.show(
            who,
            Action::ImportRead,
            Purpose::Intake,
            vec![("import", id.to_string())],
            vec![("rows", rejected.len().into())],
        )?;
        let language = if english { Language::En } else { Language::Zh };
        let rows = rejected
            .iter()
            .map(|(raw, outcome)| (*raw, outcome.findings()));
        Ok(write_errors(&prepared.table, rows, language))
    }
}

fn report(tx: &mut Tx<'_>, import: &Import) -> Result<Report> {
    let response = responses::response_fetch(tx, import.response)?;
    Ok(Report {
        id: import.id,
        kind: import.kind.clone(),
        file_name: import.file_name.clone(),
        source: import.source.clone(),
        response: response.map(|response| response.code).unwrap_or_default(),
        state: import.state.clone(),
        created_at: import.created_at,
        finished_at: import.finished_at,
        read: import.counts.read,
        accepted: import.counts.accepted,
        matched: import.counts.matched,
        queued: import.counts.queued,
        rejected: import.counts.rejected,
        warned: import.counts.warned,
        columns: Vec::new(),
        rejections: Vec::new(),
        warnings: Vec::new(),
        repeated: false,
    })
}

fn remarks(tx: &mut Tx<'_>, id: ImportId, state: &str) -> Result<Vec<Remark>> {
    let mut remarks: Vec<Remark> = Vec::new();
    for row in import_rows(
        tx,
        id,
        state,
        i64::try_from(FINDINGS_MAX).unwrap_or(i64::MAX),
    )? {
        let found: Vec<Remark> = serde_json::from_str(&row.findings).map_err(AppError::internal)?;
        remarks.extend(found);
    }
    remarks.truncate(FINDINGS_MAX);
    Ok(remarks)
}
