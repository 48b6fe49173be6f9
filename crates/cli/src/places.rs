//! `fangxian areas import`: divisions and units from a JSON file.

use fangxian_app::Who;
use fangxian_base::CommandId;

use crate::args::{AreasArgs, AreasWhat};
use crate::config::Config;
use crate::installation;
use crate::out::{self, Ended, Failed};

/// Runs it.
pub fn run(config: &Config, args: &AreasArgs) -> Result<Ended, Failed> {
    let AreasWhat::Import { file } = &args.what;
    let text = std::fs::read_to_string(file)
        .map_err(|e| Failed::new(format!("`{}`: {e}", file.display())))?;
    let app = installation::open(config)?;
    let done = app.places_import(&Who::cli(), CommandId::new(), &text)?;
    app.store().seal()?;
    out::json(&done)?;
    Ok(Ended::Done)
}
