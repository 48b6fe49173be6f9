//! The log: to standard error, as text for people or JSON for machines.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::bench::phases::{Phases, TARGET};
use crate::config::Config;
use crate::out::Failed;

/// Starts the log, and counting of phases where somebody measures them.
pub fn start(config: &Config, phases: Option<Phases>) -> Result<(), Failed> {
    let filter = EnvFilter::try_new(config.get("log"))
        .map_err(|e| Failed::new(format!("`log` is `{}`: {e}", config.get("log"))))?;
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(false);
    let log = if config.get("log_format") == "json" {
        log.json().boxed()
    } else {
        log.boxed()
    };
    let counted = phases
        .map(|phases| phases.with_filter(Targets::new().with_target(TARGET, LevelFilter::TRACE)));
    tracing_subscriber::registry()
        .with(log.with_filter(filter))
        .with(counted)
        .init();
    Ok(())
}
