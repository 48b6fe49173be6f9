//! Lists: a file is kept as received, read under a mapping that is proposed and shown, previewed,
//! and taken in row by row. Nothing is lost: a rejected row stays in the error file and on the
//! list, a kill in the middle goes on where it stopped, and the same file twice is one import. An
//! import can be undone: what came with it is withdrawn.

mod corrected;
mod places;
mod remembered;
mod row_facts;
mod rows;
mod run;
mod sources;
#[cfg(test)]
pub(crate) mod tests;
mod undo;
#[cfg(test)]
mod undo_tests;
mod views;
mod work;

use std::collections::BTreeMap;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{CommandId, ImportId, Text};
pub use fangxian_interop::linelist::Language;
use fangxian_interop::linelist::{
    Field, Finding, Kind as ListKind, Limits, Mapping, MappingError, Plan, Table, propose_mapping,
    read_sheet, template, write_errors,
};
use fangxian_store::imports::{
    Import, NewImport, import_by_digest, import_classes, import_fetch, import_file, import_insert,
    import_list, import_reopen, import_rows,
};
use fangxian_store::{Tx, responses};
use sha2::{Digest, Sha256};

use crate::intake::response_for;
use crate::part::and_one;
use crate::responses::{ELSEWHERE, ROUTINE};
use crate::{App, AppError, Kind, Part, Result, Who, about, found};

pub use corrected::{ColumnInput, FieldView, with_columns};
pub(crate) use row_facts::symptoms_in;
pub(crate) use undo::why_undone;
pub use views::{
    ColumnView, DiseaseView, ListFile, Preview, RejectedRow, RejectedRows, Remark, Report,
    UndoPreview, UndoView,
};

/// LIMIT: remarks on accepted rows in a preview or a report; reasons of rejected rows are all there.
const WARNINGS_MAX: usize = 500;
/// LIMIT: the newest imports among which a source is looked for.
const SOURCES_MAX: i64 = 200;
/// LIMIT: imports on a page.
const LIST_MAX: usize = 50;

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

/// A remark of our own.
fn notice(
    row: Option<u32>,
    field: Option<Field>,
    code: &str,
    zh: (&str, &str),
    en: (&str, &str),
) -> Remark {
    Remark {
        row,
        column: None,
        field: field.map(|field| field.code().to_owned()),
        code: code.to_owned(),
        message: Text::new(zh.0, en.0),
        remedy: Text::new(zh.1, en.1),
    }
}

/// What is said of a list of cases for which no disease was given: nobody's rules were asked.
fn no_disease(kind: &str, response: Option<&responses::Response>) -> Option<Remark> {
    let asked = kind.trim() == ListKind::Linelist.code();
    let given = response.is_none_or(|response| !response.disease.is_empty());
    (asked && !given).then(|| {
        notice(
            None,
            None,
            "NO_DISEASE",
            (
                "没有指定病种，病例未按任何病种的规则分类",
                "请选择该病种的响应后重新导入；命令行用 --disease 或 --response 指定",
            ),
            (
                "no disease was given, so no class was computed",
                "choose a response to the disease and import again; on the command line give --disease PACK or --response CODE",
            ),
        )
    })
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

impl Prepared {
    /// The rows in their order, each with how many before it are the same.
    fn parsed(&self) -> impl Iterator<Item = rows::Parsed> {
        let mut repeats = rows::Repeats::default();
        self.table.rows().map(move |raw| {
            let original = rows::original(&self.table, raw);
            rows::Parsed {
                outcome: self.plan.parse_row(raw),
                nth: repeats.nth(&original),
                original,
            }
        })
    }
}

pub(crate) fn kind_of(code: &str) -> Result<ListKind> {
    ListKind::from_code(code.trim()).ok_or_else(|| {
        AppError::field(
            "kind",
            "请选择表格种类：病例、接触者或行程。",
            "Choose the kind of list: cases, contacts or movements.",
        )
    })
}

/// Says that a mapping does not hold.
fn unsound(why: MappingError) -> AppError {
    AppError::field(
        "mapping",
        "对应关系文件有误，请按提示改正，或留空使用系统建议。",
        &format!(
            "The mapping does not hold: {why}. Correct it, or leave it empty to use the proposal."
        ),
    )
    .because(why)
}

/// A mapping from its file form.
fn parsed(mapping: &str) -> Result<Mapping> {
    Mapping::parse(mapping).map_err(unsound)
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
    fn prepare(
        &self,
        (kind, source): (ListKind, &str),
        bytes: &[u8],
        mapping: &str,
    ) -> Result<Prepared> {
        let given = match mapping.trim() {
            "" => None,
            given => Some(parsed(given)?),
        };
        let sheet = given.as_ref().and_then(|mapping| mapping.sheet.as_deref());
        let table = read_sheet(bytes, sheet, Limits::default()).map_err(|e| {
            let mut error = AppError::field(
                "file",
                "文件无法读取为表格：请确认是 CSV 或 XLSX 文件、未损坏、未加密、未超限，工作表名称无误。",
                &format!("This cannot be read as a list: {e}. Save it as CSV or XLSX and try again."),
            );
            error.kind = Kind::Invalid;
            error.because(e)
        })?;
        let mapping = if let Some(given) = given {
            given
        } else {
            let proposed = propose_mapping(kind, &table, self.rules().names());
            self.as_last_time((kind, source), &table, proposed)?
        };
        // Remarks alone say nothing of anybody.
        let says = |field: Field| field != Field::Remarks;
        if !mapping.columns.iter().any(|c| c.field.is_some_and(says)) {
            return Err(AppError::field(
                "file",
                "没有一列能识别：第一行应为列名，如“姓名”“联系电话”“发病日期”。请核对是否选错文件，或下载空白填报表，或提供对应关系文件。",
                "No column is recognised: the first row should name them, such as name, phone, onset. Check that this is the right file, use an empty workbook from the page, or give a mapping.",
            ));
        }
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
        let of = (kind_of(&file.kind)?, file.source.as_str());
        let mut prepared = self.prepare(of, &file.bytes, &file.mapping)?;
        if file.mapping.trim().is_empty() && prepared.mapping.kind == ListKind::Linelist {
            let rules = self.rules();
            let named = || rules.names().in_file_name(&file.file_name);
            prepared.mapping.disease = prepared.mapping.disease.or_else(named);
        }
        let disease = self.disease_view(&prepared.mapping);
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
            list.extend(outcome.findings().iter().map(remark));
        }
        warnings.truncate(WARNINGS_MAX);
        let mapping = prepared.mapping.print();
        let key = digest(file, &prepared.mapping);
        let code = match file.response.trim() {
            "" => ROUTINE,
            code => code,
        };
        let (seen, response) = self.read(|tx| {
            let seen = import_by_digest(tx, &key)?.map(|import| import.id);
            Ok((seen, responses::response_by_code(tx, code)?))
        })?;
        let remarks = prepared
            .table
            .findings
            .iter()
            .chain(&prepared.plan.findings);
        Ok(Preview {
            encoding: prepared.table.encoding.name().to_owned(),
            columns: columns(&prepared.mapping),
            fields: corrected::fields(prepared.mapping.kind),
            mapping,
            read,
            accepted,
            warned,
            rejected: read - accepted,
            disease,
            file: no_disease(&file.kind, response.as_ref())
                .into_iter()
                .chain(remarks.map(remark))
                .collect(),
            rejections,
            warnings,
            seen,
        })
    }

    fn disease_view(&self, mapping: &Mapping) -> Option<DiseaseView> {
        let proposed = mapping.disease.as_ref()?;
        let packs = self.packs();
        let (_, title) = packs.diseases().find(|(id, _)| *id == proposed.code)?;
        Some(DiseaseView {
            code: proposed.code.clone(),
            title: crate::assess::words(title),
            confidence: proposed.confidence,
            why: text(proposed.why.clone()),
        })
    }

    /// The code of the only open response to a disease here; `None`: there is none, or several.
    ///
    /// # Errors
    /// What the store said.
    pub fn response_to(&self, disease: &str) -> Result<Option<String>> {
        let all = self.read(|tx| Ok(responses::response_list(tx)?))?;
        let mut open = all.into_iter().filter(|response| {
            response.disease == disease
                && response.closed_at.is_none()
                && response.region != ELSEWHERE
        });
        Ok(match (open.next(), open.next()) {
            (Some(one), None) => Some(one.code),
            _ => None,
        })
    }

    /// The code of the open response that the newest list of cases of a source was taken into:
    /// where its contacts and movements belong.
    ///
    /// # Errors
    /// What the store said.
    pub fn response_of_source(&self, source: &str) -> Result<Option<String>> {
        self.read(|tx| {
            for import in import_list(tx, None, SOURCES_MAX)? {
                if import.source == source.trim() && import.kind == ListKind::Linelist.code() {
                    let response = responses::response_fetch(tx, import.response)?;
                    let open = response.filter(|response| response.closed_at.is_none());
                    return Ok(open.map(|response| response.code));
                }
            }
            Ok(None)
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
        if file.source.trim().is_empty() {
            return Err(AppError::field(
                "source",
                "请填写来源简称（如某医院某月），否则两份名单的编号会混在一起。",
                "Give the source a short name, such as a hospital and a month; without one the numbers of two lists are mixed up.",
            ));
        }
        let of = (kind_of(&file.kind)?, file.source.as_str());
        let prepared = self.prepare(of, &file.bytes, &file.mapping)?;
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
                    // What had failed goes on; what is done is answered as it was.
                    let failed = before.state == "failed";
                    return Ok((before.id, !(failed && import_reopen(tx, before.id)?)));
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
            let response = responses::response_fetch(tx, import.response)?;
            report.warnings = no_disease(&import.kind, response.as_ref())
                .into_iter()
                .chain(remarks(tx, id, "accepted")?)
                .take(WARNINGS_MAX)
                .collect();
            report.classes = import_classes(tx, &import)?;
            report.columns = Mapping::parse(&import.mapping)
                .map(|m| columns(&m))
                .unwrap_or_default();
            Ok(report)
        })
    }

    /// Imports, newest first; with `before`, those older than that one.
    ///
    /// # Errors
    /// When the asker may not see them.
    pub fn imports(&self, who: &Who, before: Option<ImportId>) -> Result<Part<Report, ImportId>> {
        self.import_permit(who, Action::ImportRead)?;
        self.read(|tx| {
            let imports = import_list(tx, before, and_one(LIST_MAX))?;
            Part::cut(imports, LIST_MAX, |import| import.id).map(|import| report(tx, &import))
        })
    }

    /// An empty workbook for a kind of list, with drop-downs; what comes back filled maps by itself.
    ///
    /// # Errors
    /// When there is no such kind, or the asker may not import.
    pub fn import_template(&self, who: &Who, kind: &str, language: Language) -> Result<Vec<u8>> {
        self.import_permit(who, Action::ImportCreate)?;
        template(kind_of(kind)?, language).map_err(AppError::internal)
    }

    /// The rejected rows as they stood in the file, with reason and remedy: correct them there and
    /// import the file again. Rows are personal, so the reading leaves a trace.
    ///
    /// # Errors
    /// When there is no such import, its file was destroyed, or the asker may not.
    pub fn import_errors(&self, who: &Who, id: ImportId, language: Language) -> Result<Vec<u8>> {
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
        let of = (kind_of(&import.kind)?, import.source.as_str());
        let prepared = self.prepare(of, &bytes, &import.mapping)?;
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
        response_title: response
            .as_ref()
            .map(|response| Text::new(response.title_zh.as_str(), response.title_en.as_str()))
            .unwrap_or_default(),
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
        classes: BTreeMap::new(),
        failure: import
            .failure
            .as_deref()
            .and_then(|words| serde_json::from_str(words).ok()),
        undo: undo::undo_view(tx, import)?,
        rejections: Vec::new(),
        warnings: Vec::new(),
        repeated: false,
    })
}

fn remarks(tx: &mut Tx<'_>, id: ImportId, state: &str) -> Result<Vec<Remark>> {
    let mut remarks: Vec<Remark> = Vec::new();
    for row in import_rows(tx, id, state, i64::MAX)? {
        let found: Vec<Remark> = serde_json::from_str(&row.findings).map_err(AppError::internal)?;
        remarks.extend(found);
    }
    Ok(remarks)
}
