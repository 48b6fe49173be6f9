//! `fangxian audit verify`: works offline on the data directory.

use fangxian_base::SystemClock;
use fangxian_store::Store;
use fangxian_store::audit::verify;
use std::sync::Arc;

use crate::args::{AuditArgs, AuditWhat};
use crate::config::Config;
use crate::installation::store_config;
use crate::out::{self, Ended, Failed};

/// Runs it.
pub fn run(config: &Config, args: &AuditArgs) -> Result<Ended, Failed> {
    let AuditWhat::Verify(flag) = &args.what;
    let store = Store::open(&store_config(config), Arc::new(SystemClock))?;
    let report = verify(&store)?;
    if flag.json {
        out::json(&report)?;
    } else {
        out::line(format_args!("last sealed entry    {}", report.last_seal));
        out::line(format_args!("entries checked      {}", report.entries));
        out::line(format_args!("not sealed yet       {}", report.unsealed));
        out::line(format_args!("fact rows checked    {}", report.facts));
        for finding in &report.findings {
            let place = finding
                .seal
                .map_or_else(String::new, |seal| format!("at {seal} "));
            let id = finding.id.as_deref().unwrap_or("");
            out::line(format_args!(
                "DOES NOT HOLD        {:?} {place}{id}",
                finding.kind
            ));
        }
        if report.holds() {
            out::line("The trail holds.");
        } else {
            out::line(format_args!("{} findings.", report.findings_total));
        }
    }
    Ok(if report.holds() {
        Ended::Done
    } else {
        Ended::Finding
    })
}
