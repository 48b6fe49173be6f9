//! `fangxian epi check DIR`: the methods against a folder of reference outputs.

use std::path::Path;

use fangxian_epi::check::{self, Folder, Manifest, Report, Verdict};

use super::files;
use crate::args::EpiCheck;
use crate::out::{self, Ended, Failed};

/// Failures that are printed one by one.
const SHOWN_MAX: usize = 20;

/// Reads a folder.
pub fn folder(dir: &Path, data: Option<&Path>) -> Result<Folder, Failed> {
    let manifest = Manifest::parse(&files::text(&dir.join("check.json"))?)?;
    let place = |file: &str| match (file.strip_prefix("data:"), data) {
        (Some(rest), Some(data)) => Some(data.join(rest)),
        (Some(_), None) => None,
        (None, _) => Some(dir.join(file)),
    };
    // What cannot be read is left out here and named by the check.
    let read = |file: &str| {
        place(file).and_then(|path| files::table(&path).map_err(|e| out::complain(&e)).ok())
    };
    let inputs = manifest
        .inputs
        .iter()
        .filter_map(|(role, file)| Some((role.clone(), read(file)?)))
        .collect();
    let expected = manifest
        .expected_files()
        .into_iter()
        .filter_map(|file| Some((file.to_owned(), read(file)?)))
        .collect();
    Ok(Folder {
        inputs,
        expected,
        manifest,
    })
}

/// Checks a folder; 1 out of tolerance, 2 when something was not compared.
pub fn run(args: &EpiCheck, data: Option<&Path>) -> Result<Ended, Failed> {
    let report = check::run(&folder(&args.dir, data)?);
    if args.json {
        out::json(
            &serde_json::json!({ "verdict": report.verdict(), "cells": report.cells(), "report": report }),
        )?;
    } else {
        print(&report);
    }
    match report.verdict() {
        Verdict::Agrees => Ok(Ended::Done),
        Verdict::Differs => Ok(Ended::Finding),
        Verdict::Incomplete => Ok(Ended::Incomplete),
    }
}

fn print(report: &Report) {
    for (file, columns) in &report.compared {
        for (column, cells) in columns {
            out::line(format_args!("{file}: {column}: {cells} compared"));
        }
    }
    for failure in report.failures.iter().take(SHOWN_MAX) {
        let column = failure.column.as_deref().unwrap_or("key");
        out::line(format_args!(
            "differs: {}: {}: {column}: want {}, got {}, allowed {}",
            failure.file, failure.key, failure.want, failure.got, failure.allowed
        ));
    }
    if report.failures.len() > SHOWN_MAX {
        out::line(format_args!(
            "… and {} more",
            report.failures.len() - SHOWN_MAX
        ));
    }
    for row in &report.by_draws {
        out::line(format_args!("told by one side's draws: {row}"));
    }
    for left in &report.not_compared {
        out::line(format_args!("not compared: {}: {}", left.what, left.why));
    }
    out::line(format_args!(
        "{}: {} calls, {} cells compared, {} differ, {} not compared",
        report.method,
        report.calls,
        report.cells(),
        report.failures.len(),
        report.not_compared.len()
    ));
}
