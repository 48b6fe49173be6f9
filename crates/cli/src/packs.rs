//! `fangxian pack`: reads pack files, runs their examples, explains an outcome.

mod coverage;
mod tools;

use std::path::Path;

use fangxian_packs::{Library, shipped_files};
use serde::Serialize;

use crate::args::{DiffArgs, ExplainArgs, PackArgs, PackDir, PackWhat};
use crate::out::{self, Ended, Failed};

/// Runs it.
pub fn run(args: &PackArgs) -> Result<Ended, Failed> {
    match &args.what {
        PackWhat::Check(dir) => check(dir),
        PackWhat::Test(dir) => test(dir),
        PackWhat::Explain(args) => explain(args),
        PackWhat::Diff(args) => diff(args),
        PackWhat::Coverage(args) => coverage::run(args),
        PackWhat::Fmt(args) => tools::fmt(args),
        PackWhat::Docs(args) => tools::docs(args),
        PackWhat::Schema => tools::schema(),
    }
}

/// The pack files of a directory, or the shipped ones.
fn files(dir: Option<&Path>) -> Result<Vec<(String, String)>, Failed> {
    match dir {
        None => Ok(shipped_files()),
        Some(dir) => {
            let mut files = Vec::new();
            collect(dir, dir, &mut files)?;
            files.sort();
            if files.is_empty() {
                return Err(
                    Failed::new(format!("`{}` holds no pack file", dir.display()))
                        .hint("pack files end in .yaml"),
                );
            }
            Ok(files)
        }
    }
}

fn collect(root: &Path, dir: &Path, files: &mut Vec<(String, String)>) -> Result<(), Failed> {
    let unreadable =
        |path: &Path, e: std::io::Error| Failed::new(format!("`{}`: {e}", path.display()));
    for entry in std::fs::read_dir(dir).map_err(|e| unreadable(dir, e))? {
        let path = entry.map_err(|e| unreadable(dir, e))?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|ext| ext == "yaml") {
            let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .display()
                .to_string();
            files.push((name, text));
        }
    }
    Ok(())
}

fn check(dir: &PackDir) -> Result<Ended, Failed> {
    #[derive(Serialize)]
    struct Json<'a> {
        files: usize,
        findings: &'a [fangxian_packs::Finding],
    }
    let files = files(dir.dir.as_deref())?;
    let findings = fangxian_packs::check(&files);
    if dir.json {
        out::json(&Json {
            files: files.len(),
            findings: &findings,
        })?;
    } else {
        findings.iter().for_each(out::line);
        out::line(format_args!(
            "{} files, {} findings",
            files.len(),
            findings.len()
        ));
    }
    Ok(if findings.is_empty() {
        Ended::Done
    } else {
        Ended::Finding
    })
}

fn test(dir: &PackDir) -> Result<Ended, Failed> {
    #[derive(Serialize)]
    struct Json<'a> {
        examples: usize,
        failed: usize,
        results: &'a [fangxian_packs::ExampleResult],
        findings: &'a [fangxian_packs::Finding],
    }
    let files = files(dir.dir.as_deref())?;
    let run = fangxian_packs::test(&files);
    let failed = run
        .results
        .iter()
        .filter(|result| !result.failures.is_empty())
        .count();
    if dir.json {
        out::json(&Json {
            examples: run.results.len(),
            failed,
            results: &run.results,
            findings: &run.findings,
        })?;
    } else {
        for result in run
            .results
            .iter()
            .filter(|result| !result.failures.is_empty())
        {
            out::line(format_args!(
                "{}:{}: {}",
                result.file, result.line, result.name
            ));
            for failure in &result.failures {
                out::line(format_args!("    {failure}"));
            }
        }
        run.findings.iter().for_each(out::line);
        out::line(format_args!(
            "{} examples, {failed} failed, {} findings",
            run.results.len(),
            run.findings.len()
        ));
    }
    Ok(if run.holds() {
        Ended::Done
    } else {
        Ended::Finding
    })
}

/// What two versions say differently; findings, when they do.
fn diff(args: &DiffArgs) -> Result<Ended, Failed> {
    let (old, new) = (files(Some(&args.old))?, files(args.new.as_deref())?);
    let diff = fangxian_packs::diff(&old, &new).map_err(|findings| {
        findings.iter().for_each(out::note);
        Failed::new(format!(
            "{} findings: a set does not hold by itself",
            findings.len()
        ))
        .hint("mend it first: fangxian pack check DIR")
    })?;
    if args.json {
        out::json(&diff)?;
    } else {
        for change in &diff.changes {
            let side = |text: Option<&String>| text.map_or("–", String::as_str).to_owned();
            out::line(format_args!(
                "{}: {}: {} → {}",
                change.pack,
                change.path,
                side(change.before.as_ref()),
                side(change.after.as_ref())
            ));
        }
        for outcome in &diff.outcomes {
            out::line(format_args!(
                "{}:{}: {}",
                outcome.file, outcome.line, outcome.name
            ));
            for failure in &outcome.failures {
                out::line(format_args!("    {failure}"));
            }
        }
        for person in &diff.persons {
            out::line(format_args!("{}", person.key));
            out::line(format_args!("    before  {}", person.before));
            out::line(format_args!("    after   {}", person.after));
        }
        let restricted = |more| {
            let all = diff.persons.iter();
            all.filter(|person| person.restricted == Some(more)).count()
        };
        out::line(format_args!(
            "{} persons of examples are judged otherwise: {} more are restricted, {} no more",
            diff.persons.len(),
            restricted(true),
            restricted(false)
        ));
        out::line(format_args!(
            "{} entries differ; {} of {} outcomes change",
            diff.changes.len(),
            diff.outcomes.len(),
            diff.asked
        ));
    }
    Ok(if diff.changes.is_empty() {
        Ended::Done
    } else {
        Ended::Finding
    })
}

/// A question to the rules, as JSON.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    disease: String,
    #[serde(default)]
    city: String,
    #[serde(default)]
    region: String,
    on: fangxian_base::Date,
    facts: Vec<fangxian_packs::Fact>,
    #[serde(default)]
    approvals: Vec<fangxian_packs::Approval>,
}

fn explain(args: &ExplainArgs) -> Result<Ended, Failed> {
    let file = &args.file;
    let text = std::fs::read_to_string(file)
        .map_err(|e| Failed::new(format!("`{}`: {e}", file.display())))?;
    let question: Question = serde_json::from_str(&text).map_err(|e| {
        Failed::new(format!("`{}`: {e}", file.display())).hint(
            "a question is JSON with disease, on, facts, and optionally city, region, approvals",
        )
    })?;
    let loaded = Library::from_files(files(args.dir.as_deref())?);
    let Some(library) = loaded.library else {
        loaded.findings.iter().for_each(out::note);
        return Err(Failed::new(format!("{} findings", loaded.findings.len()))
            .hint("mend them first: fangxian pack check DIR"));
    };
    let assessment = library.assess(&fangxian_packs::Input {
        disease: &question.disease,
        city: &question.city,
        region: &question.region,
        facts: &question.facts,
        approvals: &question.approvals,
        on: question.on,
        as_of: question.on,
    });
    if args.json {
        out::json(&assessment)?;
    } else {
        out::line(fangxian_packs::explain(&assessment, "en"));
    }
    Ok(Ended::Done)
}
