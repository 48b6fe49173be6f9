//! The log: to standard error, as text for people or JSON for machines.

use tracing_subscriber::EnvFilter;

use crate::config::Config;
use crate::out::Failed;

/// Starts the log.
pub fn start(config: &Config) -> Result<(), Failed> {
    let filter = EnvFilter::try_new(config.get("log"))
        .map_err(|e| Failed::new(format!("`log` is `{}`: {e}", config.get("log"))))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    if config.get("log_format") == "json" {
        log.json().init();
    } else {
        log.init();
    }
    Ok(())
}
