//! Importing a list: upload, proposed mapping and preview, run, report and error file.
//!
//! Between preview and run the file waits in memory, for a few files and a short time only; the
//! store keeps it sealed as soon as the import begins.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fangxian_app::imports::{
    ColumnInput, ColumnView, FieldView, Language, ListFile, Preview, RejectedRow, RejectedRows,
    Remark, Report, UndoPreview, with_columns,
};
use fangxian_app::{Action, App, AppError, Kind, Result};
use fangxian_base::{ImportId, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::inbox::{ResponseChoice, open_responses};
use crate::answer::{Done, Download, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint};
use crate::forms::Choice;
use crate::i18n::Lang;
use crate::shell::Shell;

/// LIMIT: files that wait between preview and run.
const WAITING_MAX: usize = 8;
/// LIMIT: how long one waits.
const WAITING: Duration = Duration::from_mins(30);

struct Waiting {
    owner: Option<UserId>,
    since: Instant,
    file: ListFile,
}

static TRAY: LazyLock<Mutex<BTreeMap<Uuid, Waiting>>> = LazyLock::new(Mutex::default);

fn put(owner: Option<UserId>, file: ListFile) -> Uuid {
    let mut tray = TRAY.lock().unwrap_or_else(PoisonError::into_inner);
    tray.retain(|_, one| one.since.elapsed() < WAITING);
    while tray.len() >= WAITING_MAX {
        // Ids sort by the time they were made: the oldest goes.
        tray.pop_first();
    }
    let id = Uuid::now_v7();
    tray.insert(
        id,
        Waiting {
            owner,
            since: Instant::now(),
            file,
        },
    );
    id
}

fn take(owner: Option<UserId>, id: &str) -> Result<ListFile> {
    let tray = TRAY.lock().unwrap_or_else(PoisonError::into_inner);
    let found = id.parse::<Uuid>().ok().and_then(|id| tray.get(&id));
    match found {
        Some(one) if one.owner == owner && one.since.elapsed() < WAITING => Ok(one.file.clone()),
        _ => Err(AppError::new(
            Kind::Conflict,
            "PREVIEW-GONE",
            "预览已过期，请重新上传文件。",
            "The preview is too old. Please upload the file again.",
        )),
    }
}

/// Imports so far, and the form for a new one.
#[derive(Debug, Serialize, JsonSchema)]
struct Imports {
    /// Imports, newest first.
    imports: Vec<Report>,
    /// What to give as `before` for the next page; none: this was the last.
    next: Option<ImportId>,
    /// Open responses.
    responses: Vec<ResponseChoice>,
    /// Whether the asker may import.
    may_create: bool,
    /// Rejected rows that nobody has dealt with.
    rejected: i64,
}

page!(Imports, "imports.html");

#[derive(Deserialize, JsonSchema)]
struct Before {
    /// Only imports older than this one: the next page.
    before: Option<ImportId>,
}

fn list(app: &App, ask: &Ask, input: Before) -> Result<Imports> {
    let part = app.imports(&ask.who, input.before)?;
    Ok(Imports {
        imports: part.rows,
        next: part.next,
        responses: open_responses(app, ask)?,
        may_create: app.may(&ask.who, Action::ImportCreate),
        rejected: app.import_rejected(&ask.who, 1)?.total,
    })
}

/// LIMIT: remarks drawn on one page; the interface and the error file have them all.
const DRAWN_MAX: usize = 500;

/// The first remarks, as many as a page can bear.
pub fn first(remarks: &[Remark]) -> &[Remark] {
    remarks.get(..DRAWN_MAX).unwrap_or(remarks)
}

/// Kinds of lists as choices.
pub fn kinds(s: &Shell) -> Vec<Choice> {
    ["linelist", "contacts", "movements"]
        .map(|kind| Choice::new(kind, s.code("import-kind", kind)))
        .to_vec()
}

#[derive(Deserialize, JsonSchema)]
struct Hand {
    /// `linelist`, `contacts` or `movements`.
    #[serde(default)]
    kind: String,
    /// The namespace of the list's own case numbers.
    #[serde(default)]
    source: String,
    /// Code of the response; empty: routine surveillance.
    #[serde(default)]
    response: String,
    /// A mapping in its file form; empty: the proposed one.
    #[serde(default)]
    mapping: String,
    /// What single columns mean, where the mapping says otherwise.
    #[serde(default)]
    columns: Vec<ColumnInput>,
    /// The preview to go on from, instead of a file.
    #[serde(default)]
    waiting: String,
    /// The file.
    #[serde(default)]
    #[schemars(extend("format" = "binary"))]
    #[expect(
        dead_code,
        reason = "tells the interface's readers; the file itself comes apart"
    )]
    file: Option<String>,
}

/// What a file would come to.
#[derive(Debug, Serialize, JsonSchema)]
struct PreviewPage {
    /// The preview.
    preview: Preview,
    /// The name of the file.
    file_name: String,
    /// Where the file waits.
    waiting: String,
}

page!(PreviewPage, "import-preview.html");

/// The mapping with what was said of single columns.
fn said(mapping: String, columns: &[ColumnInput]) -> Result<String> {
    if columns.is_empty() {
        return Ok(mapping);
    }
    with_columns(&mapping, columns)
}

fn handed(ask: &Ask, input: Hand) -> Result<ListFile> {
    let owner = ask.who.user();
    if !input.waiting.is_empty() {
        let file = take(owner, &input.waiting)?;
        return Ok(ListFile {
            mapping: said(input.mapping, &input.columns)?,
            ..file
        });
    }
    let Some(upload) = ask.files.iter().find(|one| one.field == "file") else {
        return Err(AppError::field(
            "file",
            "请选择要导入的文件。",
            "Choose the file to import.",
        ));
    };
    Ok(ListFile {
        kind: if input.kind.is_empty() {
            "linelist".to_owned()
        } else {
            input.kind
        },
        file_name: upload.name.clone(),
        source: input.source,
        response: input.response,
        bytes: Arc::from(upload.bytes.as_slice()),
        mapping: input.mapping,
    })
}

fn preview(app: &App, ask: &Ask, input: Hand) -> Result<PreviewPage> {
    let file = handed(ask, input)?;
    let preview = app.import_preview(&ask.who, &file)?;
    let file_name = file.file_name.clone();
    let kept = ListFile {
        mapping: preview.mapping.clone(),
        ..file
    };
    Ok(PreviewPage {
        preview,
        file_name,
        waiting: put(ask.who.user(), kept).to_string(),
    })
}

fn run(app: &App, ask: &Ask, input: Hand) -> Result<Done<ImportId>> {
    let mapping = input.mapping.clone();
    let mut file = handed(ask, input)?;
    if mapping.is_empty() && file.mapping.is_empty() && !ask.files.is_empty() {
        file.mapping = app.import_preview(&ask.who, &file)?.mapping;
    }
    let (id, before) = app.import_start(&ask.who, ask.command, &file)?;
    if !before {
        go_on(ask, id)?;
    }
    Ok(Done::then(format!("/imports/{id}"), id))
}

/// A long list outlives the request; a kill is made good when the program starts again, and what
/// cannot go on says so on the import.
fn go_on(ask: &Ask, id: ImportId) -> Result<()> {
    let app = ask.app.clone();
    std::thread::Builder::new()
        .name("import".to_owned())
        .spawn(move || {
            // Logged and kept with the import where it happened.
            let _ = app.import_run(id, |_| true);
        })
        .map(drop)
        .map_err(AppError::internal)
}

#[derive(Deserialize, JsonSchema)]
struct Which {
    /// The import.
    id: ImportId,
}

/// An import and what came of it.
#[derive(Debug, Serialize, JsonSchema)]
struct One {
    /// The import.
    #[serde(flatten)]
    report: Report,
    /// Whether the asker may let it go on.
    may_create: bool,
}

page!(One, "import.html");

fn one(app: &App, ask: &Ask, input: Which) -> Result<One> {
    Ok(One {
        report: app.import_report(&ask.who, input.id)?,
        may_create: app.may(&ask.who, Action::ImportCreate),
    })
}

fn resume(app: &App, ask: &Ask, input: Which) -> Result<Done<()>> {
    app.import_reopen(&ask.who, ask.command, input.id)?;
    go_on(ask, input.id)?;
    Ok(Done::then(format!("/imports/{}", input.id), ()))
}

fn cancel(app: &App, ask: &Ask, input: Which) -> Result<Done<()>> {
    app.import_cancel(&ask.who, ask.command, input.id)?;
    Ok(Done::then(format!("/imports/{}", input.id), ()))
}

/// What undoing an import would touch.
#[derive(Debug, Serialize, JsonSchema)]
struct UndoPage {
    /// The effects.
    preview: UndoPreview,
}

page!(UndoPage, "import-undo.html");

fn undo_preview(app: &App, ask: &Ask, input: Which) -> Result<UndoPage> {
    Ok(UndoPage {
        preview: app.import_undo_preview(&ask.who, input.id)?,
    })
}

#[derive(Deserialize, JsonSchema)]
struct UndoInput {
    /// The import.
    id: ImportId,
    /// Why it is undone.
    #[serde(default)]
    reason: String,
}

fn undo(app: &App, ask: &Ask, input: UndoInput) -> Result<Done<()>> {
    let id = input.id;
    app.import_undo(&ask.who, ask.command, id, &input.reason)?;
    let app = ask.app.clone();
    std::thread::Builder::new()
        .name("undo".to_owned())
        .spawn(move || {
            // Logged and kept with the import where it happened.
            let _ = app.import_undo_run(id, |_| {});
        })
        .map_err(AppError::internal)?;
    Ok(Done::then(format!("/imports/{id}"), ()))
}

#[derive(Deserialize, JsonSchema)]
struct Page {
    /// The page, from 1.
    #[serde(default)]
    page: i64,
}

/// Rejected rows that somebody has to deal with.
#[derive(Debug, Serialize, JsonSchema)]
struct Rejected {
    /// The rows.
    list: RejectedRows,
    /// Whether the asker may deal with them.
    may_create: bool,
}

page!(Rejected, "imports-rejected.html");

fn rejected(app: &App, ask: &Ask, input: Page) -> Result<Rejected> {
    Ok(Rejected {
        list: app.import_rejected(&ask.who, input.page)?,
        may_create: app.may(&ask.who, Action::ImportCreate),
    })
}

/// The rejected rows of a page as choices.
pub fn rejected_rows(s: &Shell, rows: &[RejectedRow]) -> Vec<Choice> {
    rows.iter()
        .map(|row| {
            let label = format!("{} · {} {}", row.file_name, s.t("import-row"), row.row);
            Choice::new(format!("{}/{}", row.import, row.row), label)
        })
        .collect()
}

/// What can become of a rejected row, as choices.
pub fn outcomes(s: &Shell) -> Vec<Choice> {
    ["corrected", "dismissed"]
        .map(|code| Choice::new(code, s.code("row-outcome", code)))
        .to_vec()
}

#[derive(Deserialize, JsonSchema)]
struct Decide {
    /// The import and the row: `ID/ROW`.
    #[serde(default)]
    which: String,
    /// `corrected` or `dismissed`.
    #[serde(default)]
    outcome: String,
    /// Why, or where the corrected row went.
    #[serde(default)]
    reason: String,
}

fn decide(app: &App, ask: &Ask, input: Decide) -> Result<Done<()>> {
    let which = input.which.split_once('/').and_then(|(import, row)| {
        let row: i64 = row.parse().ok()?;
        Some((import.parse::<ImportId>().ok()?, row))
    });
    let Some(which) = which else {
        return Err(AppError::field(
            "which",
            "请选择要处理的行。",
            "Choose the row.",
        ));
    };
    app.import_row_decide(&ask.who, ask.command, which, &input.outcome, &input.reason)?;
    Ok(Done::then("/imports/rejected".to_owned(), ()))
}

fn errors(app: &App, ask: &Ask, input: Which) -> Result<Download> {
    let bytes = app.import_errors(&ask.who, input.id, language(ask))?;
    Ok(Download {
        name: format!("errors-{}.csv", input.id),
        bytes,
    })
}

#[derive(Deserialize, JsonSchema)]
struct OfKind {
    /// `linelist`, `contacts` or `movements`; empty: `linelist`.
    #[serde(default)]
    kind: String,
}

fn template(app: &App, ask: &Ask, input: OfKind) -> Result<Download> {
    let kind = match input.kind.trim() {
        "" => "linelist",
        kind => kind,
    };
    Ok(Download {
        bytes: app.import_template(&ask.who, kind, language(ask))?,
        name: format!("{kind}.xlsx"),
    })
}

pub fn language(ask: &Ask) -> Language {
    match ask.lang {
        Lang::En => Language::En,
        Lang::Zh => Language::Zh,
    }
}

/// Where a remark belongs: row and column.
pub fn place(remark: &Remark) -> String {
    let row = remark.row.map(|row| row.to_string());
    [row, remark.column.clone()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}

/// What a column may mean as choices; the first: nothing.
pub fn meanings(s: &Shell, fields: &[FieldView]) -> Vec<Choice> {
    let none = Choice::new("", s.t("import-ignored"));
    let fields = fields
        .iter()
        .map(|field| Choice::new(field.code.clone(), s.text(&field.label)));
    std::iter::once(none).chain(fields).collect()
}

/// A column of a preview and the names of its controls.
#[derive(Debug)]
pub struct Named<'a> {
    /// The column.
    pub of: &'a ColumnView,
    /// The control that carries its header.
    pub name: String,
    /// The control that says what it means.
    pub field: String,
    /// What it is taken for; empty: for nothing.
    pub code: String,
    /// Why, and how sure that is.
    pub why: String,
}

/// The columns of a preview as controls.
pub fn named<'a>(s: &Shell, preview: &'a Preview) -> Vec<Named<'a>> {
    let columns = preview.columns.iter().enumerate();
    columns
        .map(|(at, of)| {
            let why = s.text(&of.why);
            Named {
                of,
                name: format!("columns[{at}].name"),
                field: format!("columns[{at}].field"),
                code: of.field.clone().unwrap_or_default(),
                why: match of.field {
                    Some(_) => format!("{} · {why}", percent(&of.confidence)),
                    None => why.to_owned(),
                },
            }
        })
        .collect()
}

/// How sure a proposal is, as a percentage.
pub fn percent(confidence: &f32) -> String {
    format!("{:.0} %", confidence * 100.0)
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let (read, create) = (
        Access::Staff(Action::ImportRead),
        Access::Staff(Action::ImportCreate),
    );
    vec![
        Endpoint::page("imports.list", "/imports", read, list),
        Endpoint::once(
            "imports.preview",
            "/imports/preview",
            create,
            "imports.list",
            preview,
        )
        .with_file()
        .untraced(),
        Endpoint::command("imports.run", "/imports", create, "imports.list", run).with_file(),
        Endpoint::page("imports.rejected", "/imports/rejected", read, rejected),
        Endpoint::command(
            "imports.decide",
            "/imports/rejected",
            create,
            "imports.rejected",
            decide,
        ),
        Endpoint::file(
            "imports.template",
            "/imports/template.xlsx",
            create,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            template,
        ),
        Endpoint::page("imports.view", "/imports/{id}", read, one),
        Endpoint::command(
            "imports.resume",
            "/imports/{id}/resume",
            create,
            "imports.view",
            resume,
        ),
        Endpoint::command(
            "imports.cancel",
            "/imports/{id}/cancel",
            create,
            "imports.view",
            cancel,
        ),
        Endpoint::page(
            "imports.undo_preview",
            "/imports/{id}/undo",
            create,
            undo_preview,
        ),
        Endpoint::command(
            "imports.undo",
            "/imports/{id}/undo",
            create,
            "imports.undo_preview",
            undo,
        ),
        Endpoint::file(
            "imports.errors",
            "/imports/{id}/errors.csv",
            read,
            "text/csv; charset=utf-8",
            errors,
        )
        .traced(),
    ]
}
