//! `fangxian import`: a list in, a report out. The contract is in `docs/cli.md`.

mod undo;

use std::collections::BTreeMap;
use std::sync::Arc;

use fangxian_app::imports::{ColumnView, DiseaseView, Language, ListFile, Preview, Remark, Report};
use fangxian_app::responses::ResponseInput;
use fangxian_app::{App, Who};
use fangxian_base::{CommandId, Text};
use serde::Serialize;

use crate::args::{ImportArgs, ImportKind, ListArgs, TemplateArgs};
use crate::config::Config;
use crate::installation;
use crate::out::{self, Ended, Failed};

/// Rows of remarks printed for people; all are in the error file and in `--json`.
const SHOWN: usize = 20;

#[derive(Serialize)]
struct Json<'a> {
    read: i64,
    accepted: i64,
    matched: i64,
    queued: i64,
    rejected: i64,
    warned: i64,
    classes: &'a BTreeMap<String, i64>,
    response: &'a str,
    disease: Option<&'a DiseaseView>,
    mapping: &'a [ColumnView],
    rejections: Vec<JsonRemark<'a>>,
    warnings: Vec<JsonRemark<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    import: Option<String>,
    repeated: bool,
    taken: bool,
}

#[derive(Serialize)]
struct JsonRemark<'a> {
    row: Option<u32>,
    column: Option<&'a str>,
    field: Option<&'a str>,
    code: &'a str,
    message: &'a str,
    remedy: &'a str,
    message_zh: &'a str,
    remedy_zh: &'a str,
}

fn remarks(remarks: &[Remark]) -> Vec<JsonRemark<'_>> {
    remarks
        .iter()
        .map(|remark| JsonRemark {
            row: remark.row,
            column: remark.column.as_deref(),
            field: remark.field.as_deref(),
            code: &remark.code,
            message: &remark.message.en,
            remedy: &remark.remedy.en,
            message_zh: &remark.message.zh,
            remedy_zh: &remark.remedy.zh,
        })
        .collect()
}

/// Runs it.
pub fn run(config: &Config, args: &ImportArgs) -> Result<Ended, Failed> {
    let (kind, list) = match &args.kind {
        ImportKind::Linelist(list) => ("linelist", list),
        ImportKind::Contacts(list) => ("contacts", list),
        ImportKind::Movements(list) => ("movements", list),
        ImportKind::Template(args) => return template(config, args),
        ImportKind::Undo(args) => return undo::run(config, args),
    };
    let bytes = std::fs::read(&list.file)
        .map_err(|e| Failed::new(format!("`{}`: {e}", list.file.display())))?;
    let app = installation::open(config)?;
    let mut file = ListFile {
        kind: kind.to_owned(),
        file_name: name_of(&list.file),
        source: list.source.clone().unwrap_or_else(|| stem_of(&list.file)),
        response: list.response.clone().unwrap_or_default(),
        bytes: Arc::from(bytes),
        mapping: mapping(list)?,
    };
    if let Some(disease) = &list.disease {
        file.response = response_of(&app, disease)?;
    }
    let mut preview = app.import_preview(&Who::cli(), &file)?;
    if let Some(year) = list.year {
        file.mapping = with_year(&preview.mapping, year);
        preview = app.import_preview(&Who::cli(), &file)?;
    }
    let taken = list.yes || list.mapping.is_some();
    if !taken {
        return untaken(list, &file, &preview);
    }
    if file.response.is_empty()
        && let Some(response) = found_response(&app, kind, &file, &preview)?
    {
        file.response = response;
        preview = app.import_preview(&Who::cli(), &file)?;
    }
    let (id, repeated) = app.import_start(&Who::cli(), CommandId::new(), &file)?;
    let total = preview.read;
    // Said at the first rows, so that somebody sees that it goes, and every two seconds then.
    let mut shown: Option<std::time::Instant> = None;
    app.import_run(id, |counts| {
        if shown.is_none_or(|at| at.elapsed().as_secs() >= 2) {
            shown = Some(std::time::Instant::now());
            out::note(format_args!("{} of {total} rows", counts.read));
        }
        true
    })?;
    app.store().seal()?;
    let mut report = app.import_report(&Who::cli(), id)?;
    report.repeated = repeated;
    if let Some(path) = &list.errors {
        let rows = app.import_errors(&Who::cli(), id, Language::Both)?;
        std::fs::write(path, rows)
            .map_err(|e| Failed::new(format!("`{}`: {e}", path.display())))?;
    }
    tell(list, &preview, &report)
}

fn template(config: &Config, args: &TemplateArgs) -> Result<Ended, Failed> {
    let language = if args.language == "en" {
        Language::En
    } else {
        Language::Zh
    };
    let app = installation::open(config)?;
    let bytes = app.import_template(&Who::cli(), &args.kind, language)?;
    std::fs::write(&args.out, bytes)
        .map_err(|e| Failed::new(format!("`{}`: {e}", args.out.display())))?;
    Ok(Ended::Done)
}

/// The response that a list belongs to when none was given: for cases, one to the disease that the
/// list is evidently about; for contacts and movements, that of their cases.
fn found_response(
    app: &App,
    kind: &str,
    file: &ListFile,
    preview: &Preview,
) -> Result<Option<String>, Failed> {
    if kind != "linelist" {
        return Ok(app.response_of_source(&file.source)?);
    }
    let Some(disease) = &preview.disease else {
        return Ok(None);
    };
    Ok(Some(match app.response_to(&disease.code)? {
        Some(code) => code,
        None => response_of(app, &disease.code)?,
    }))
}

fn name_of(path: &std::path::Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn stem_of(path: &std::path::Path) -> String {
    path.file_stem()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn mapping(list: &ListArgs) -> Result<String, Failed> {
    match &list.mapping {
        None => Ok(String::new()),
        Some(path) => std::fs::read_to_string(path)
            .map_err(|e| Failed::new(format!("mapping `{}`: {e}", path.display()))),
    }
}

/// The mapping with the year of dates that are written without one.
fn with_year(mapping: &str, year: i16) -> String {
    let mut lines: Vec<String> = mapping
        .lines()
        .filter(|line| !line.trim_start_matches(['#', ' ']).starts_with("year ="))
        .map(str::to_owned)
        .collect();
    lines.insert(1.min(lines.len()), format!("year = {year}"));
    lines.join("\n")
}

/// The response that keeps lists of cases elsewhere of one disease; opened when first needed.
fn response_of(app: &App, disease: &str) -> Result<String, Failed> {
    let Some((_, name)) = app.packs().diseases().find(|(id, _)| *id == disease) else {
        let known: Vec<&str> = app.packs().diseases().map(|(id, _)| id).collect();
        return Err(
            Failed::new(format!("no disease pack is called `{disease}`"))
                .hint(format!("known: {}", known.join(", "))),
        );
    };
    let code = format!("lists-{disease}");
    let open = app.response_list(&Who::cli())?;
    if !open.iter().any(|response| response.code == code) {
        let input = ResponseInput {
            code: code.clone(),
            title_zh: format!("{}：外地病例名单", name.zh),
            title_en: format!("{}: lists of cases elsewhere", name.en),
            disease: disease.to_owned(),
            elsewhere: true,
        };
        app.response_open(&Who::cli(), CommandId::new(), &input)?;
    }
    Ok(code)
}

/// Nobody said which language is read here: both, side by side.
fn both(text: &Text) -> String {
    format!("{} / {}", text.zh, text.en)
}

/// The disease that the list is taken to be about.
fn disease(preview: &Preview) {
    if let Some(disease) = &preview.disease {
        out::line(format_args!(
            "病种 / Disease: {} ({:.0} %  {})",
            disease.code,
            f64::from(disease.confidence) * 100.0,
            both(&disease.why)
        ));
    }
}

fn columns(columns: &[ColumnView]) {
    for column in columns {
        let field = column.field.as_deref().unwrap_or("(kept as it is)");
        out::line(format_args!(
            "  {:<28} → {field:<20} {:>4.0} %  {}",
            column.column,
            f64::from(column.confidence) * 100.0,
            both(&column.why)
        ));
    }
}

fn lines(title: &str, remarks: &[Remark]) {
    if remarks.is_empty() {
        return;
    }
    out::line(title);
    for remark in remarks.iter().take(SHOWN) {
        let row = remark.row.map_or_else(
            || "文件 / file".to_owned(),
            |row| format!("第{row}行 / row {row}"),
        );
        let column = remark.column.as_deref().unwrap_or("");
        out::line(format_args!(
            "  {row} {column}: {} → {}",
            both(&remark.message),
            both(&remark.remedy)
        ));
    }
    if remarks.len() > SHOWN {
        let more = remarks.len() - SHOWN;
        out::line(format_args!("  … 另有{more}条 / and {more} more"));
    }
}

/// Nobody said yes: shows what would happen.
fn untaken(list: &ListArgs, file: &ListFile, preview: &Preview) -> Result<Ended, Failed> {
    if list.json {
        out::json(&Json {
            read: preview.read,
            accepted: preview.accepted,
            matched: 0,
            queued: 0,
            rejected: preview.rejected,
            warned: preview.warned,
            classes: &BTreeMap::new(),
            response: &file.response,
            disease: preview.disease.as_ref(),
            mapping: &preview.columns,
            rejections: remarks(&preview.rejections),
            warnings: remarks(&preview.warnings),
            import: preview.seen.map(|id| id.to_string()),
            repeated: preview.seen.is_some(),
            taken: false,
        })?;
    } else {
        out::line(format_args!(
            "{0}，{1}行，建议的对应关系： / {0}, {1} rows. Proposed mapping:",
            preview.encoding, preview.read
        ));
        disease(preview);
        columns(&preview.columns);
        out::line("");
        out::line(&preview.mapping);
        lines("文件 / The file:", &preview.file);
        lines("将退回 / Would be refused:", &preview.rejections);
        lines(
            "将接收但有提示 / Would be taken with a warning:",
            &preview.warnings,
        );
        out::line(format_args!(
            "将接收{0}行，退回{1}行。 / Would take {0} rows and refuse {1}.",
            preview.accepted, preview.rejected
        ));
    }
    Err(Failed::new("nothing was taken yet")
        .hint("say --yes to take the proposed mapping, or keep it in a file, correct it and give it with --mapping"))
}

fn tell(list: &ListArgs, preview: &Preview, report: &Report) -> Result<Ended, Failed> {
    if list.json {
        out::json(&Json {
            read: report.read,
            accepted: report.accepted,
            matched: report.matched,
            queued: report.queued,
            rejected: report.rejected,
            warned: report.warned,
            classes: &report.classes,
            response: &report.response,
            disease: preview.disease.as_ref(),
            mapping: &preview.columns,
            rejections: remarks(&report.rejections),
            warnings: remarks(&report.warnings),
            import: Some(report.id.to_string()),
            repeated: report.repeated,
            taken: true,
        })?;
        return Ok(Ended::Done);
    }
    disease(preview);
    columns(&preview.columns);
    lines("文件 / The file:", &preview.file);
    lines("退回 / Refused:", &report.rejections);
    lines("接收但有提示 / Taken with a warning:", &report.warnings);
    if report.repeated {
        out::line(
            "这份文件以前导入过，以下是当时的结果。 / This very file was imported before; this is what came of it then.",
        );
    }
    out::line(format_args!(
        "读取{0}行：接收{1}行（其中{2}行归入已有档案，{3}行待判定重复），退回{4}行。 / {0} rows read: {1} taken ({2} of known people, {3} possible doubles to look at), {4} refused.",
        report.read, report.accepted, report.matched, report.queued, report.rejected
    ));
    let classes: Vec<String> = report
        .classes
        .iter()
        .map(|(class, rows)| format!("{class} {rows}"))
        .collect();
    if report.kind == "linelist" {
        out::line(format_args!(
            "响应 / Response: {}。分类 / Classes: {}",
            report.response,
            classes.join(", ")
        ));
    }
    if report.rejected > 0 && list.errors.is_none() {
        out::line(
            "退回的行留在待办清单上；--errors FILE 连同原因和改法写出。 / Refused rows are on the work list; --errors FILE writes them with reason and remedy.",
        );
    }
    Ok(Ended::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_given_by_hand_replaces_the_remark_about_it() {
        let text = "kind = \"linelist\"\n# year = 2020  (why)\n\n[[column]]\nname = \"x\"";
        let with = with_year(text, 2021);
        assert_eq!(
            with,
            "kind = \"linelist\"\nyear = 2021\n\n[[column]]\nname = \"x\""
        );
    }
}
