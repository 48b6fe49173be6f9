//! `fangxian backup` and `fangxian restore`. Data and keys never go to the same place.

use std::sync::Arc;

use fangxian_base::SystemClock;
use fangxian_store::{Author, Store, backup as stored};

use crate::args::{BackupArgs, RestoreArgs};
use crate::config::Config;
use crate::installation::store_config;
use crate::out::{self, Ended, Failed};

/// Writes a backup, and apart from it a copy of the keys when asked.
pub fn backup(config: &Config, args: &BackupArgs) -> Result<Ended, Failed> {
    if let Some(keys) = &args.keys
        && (keys.starts_with(&args.to) || args.to.starts_with(keys))
    {
        return Err(Failed::new("keys and data would lie in one place")
            .hint("give a directory elsewhere; whoever has both can read everything"));
    }
    let store = Store::open(&store_config(config), Arc::new(SystemClock))?;
    let manifest = store.backup(&args.to, Author::Cli)?;
    let rows: i64 = manifest.tables.iter().map(|part| part.rows).sum();
    out::line(format_args!(
        "backup `{}`: {} tables, {rows} rows, sealed up to {}",
        args.to.display(),
        manifest.tables.len(),
        manifest.last_seal
    ));
    match &args.keys {
        Some(keys) => {
            stored::backup_keys(store.keys().dir(), keys)?;
            out::line(format_args!(
                "keys `{}`: keep them apart from the backup",
                keys.display()
            ));
        }
        None => out::note(
            "The keys are not in it, and without them nobody can read it: copy them with --keys.",
        ),
    }
    Ok(Ended::Done)
}

/// Restores a backup into an empty installation.
pub fn restore(config: &Config, args: &RestoreArgs) -> Result<Ended, Failed> {
    let clock = Arc::new(SystemClock);
    let report = stored::restore(
        &store_config(config),
        &args.from,
        args.keys.as_deref(),
        clock,
    )?;
    out::line(format_args!(
        "restored {} rows, sealed up to {}",
        report.rows, report.last_seal
    ));
    if report.responses_destroyed + report.records_destroyed > 0 {
        out::line(format_args!(
            "destroyed again: {} responses, {} single records",
            report.responses_destroyed, report.records_destroyed
        ));
    }
    if report.lost_entries > 0 {
        out::line(format_args!(
            "LOST: {} sealed entries that were told here are newer than the backup",
            report.lost_entries
        ));
    }
    for finding in &report.verified.findings {
        let place = finding
            .seal
            .map_or_else(String::new, |seal| format!(" at {seal}"));
        let id = finding.id.as_deref().unwrap_or("");
        out::line(format_args!(
            "DOES NOT HOLD: {:?}{place} {id}",
            finding.kind
        ));
    }
    if report.verified.holds() {
        out::line("The trail holds.");
        Ok(Ended::Done)
    } else {
        Ok(Ended::Finding)
    }
}
