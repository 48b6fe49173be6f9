//! `fangxian import`: a list in, a report out. The contract is in `docs/cli.md`.

use std::sync::Arc;

use fangxian_app::imports::{ColumnView, ListFile, Preview, Remark, Report};
use fangxian_app::responses::ResponseInput;
use fangxian_app::{App, Who};
use fangxian_base::CommandId;
use serde::Serialize;

use crate::args::{ImportArgs, ImportKind, ListArgs};
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
        })
        .collect()
}

/// Runs it.
pub fn run(config: &Config, args: &ImportArgs) -> Result<Ended, Failed> {
    let (kind, list) = match &args.kind {
        ImportKind::Linelist(list) => ("linelist", list),
        ImportKind::Contacts(list) => ("contacts", list),
        ImportKind::Movements(list) => ("movements", list),
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
        return untaken(list, &preview);
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
        let rows = app.import_errors(&Who::cli(), id, true)?;
        std::fs::write(path, rows)
            .map_err(|e| Failed::new(format!("`{}`: {e}", path.display())))?;
    }
    tell(list, &preview, &report)
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

fn columns(columns: &[ColumnView]) {
    for column in columns {
        let field = column.field.as_deref().unwrap_or("(kept as it is)");
        out::line(format_args!(
            "  {:<28} → {field:<20} {:>4.0} %  {}",
            column.column,
            f64::from(column.confidence) * 100.0,
            column.why.en
        ));
    }
}

fn lines(title: &str, remarks: &[Remark]) {
    if remarks.is_empty() {
        return;
    }
    out::line(title);
    for remark in remarks.iter().take(SHOWN) {
        let row = remark
            .row
            .map_or_else(|| "file".to_owned(), |row| format!("row {row}"));
        let column = remark.column.as_deref().unwrap_or("");
        out::line(format_args!(
            "  {row} {column}: {} {}",
            remark.message.en, remark.remedy.en
        ));
    }
    if remarks.len() > SHOWN {
        out::line(format_args!("  … and {} more", remarks.len() - SHOWN));
    }
}

/// Nobody said yes: shows what would happen.
fn untaken(list: &ListArgs, preview: &Preview) -> Result<Ended, Failed> {
    if list.json {
        out::json(&Json {
            read: preview.read,
            accepted: preview.accepted,
            matched: 0,
            queued: 0,
            rejected: preview.rejected,
            warned: preview.warned,
            mapping: &preview.columns,
            rejections: remarks(&preview.rejections),
            warnings: remarks(&preview.warnings),
            import: preview.seen.map(|id| id.to_string()),
            repeated: preview.seen.is_some(),
            taken: false,
        })?;
    } else {
        out::line(format_args!(
            "{}, {} rows. Proposed mapping:",
            preview.encoding, preview.read
        ));
        columns(&preview.columns);
        out::line("");
        out::line(&preview.mapping);
        lines("The file:", &preview.file);
        lines("Would be refused:", &preview.rejections);
        lines("Would be taken with a warning:", &preview.warnings);
        out::line(format_args!(
            "Would take {} rows and refuse {}.",
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
            mapping: &preview.columns,
            rejections: remarks(&preview.rejections),
            warnings: remarks(&preview.warnings),
            import: Some(report.id.to_string()),
            repeated: report.repeated,
            taken: true,
        })?;
        return Ok(Ended::Done);
    }
    columns(&preview.columns);
    lines("The file:", &preview.file);
    lines("Refused:", &report.rejections);
    lines("Taken with a warning:", &report.warnings);
    if report.repeated {
        out::line("This very file was imported before; this is what came of it then.");
    }
    out::line(format_args!(
        "{} rows read: {} taken ({} of known people, {} possible doubles to look at), {} refused.",
        report.read, report.accepted, report.matched, report.queued, report.rejected
    ));
    if report.rejected > 0 && list.errors.is_none() {
        out::line(
            "Refused rows are kept with the import; --errors FILE writes them with reason and remedy.",
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
