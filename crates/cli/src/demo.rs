//! `fangxian demo`: a made-up district that lives. Being built.

use crate::args::DemoArgs;
use crate::config::Config;
use crate::out::{Ended, Failed};

/// Says that it is not there yet.
pub fn run(_: &Config, _: &DemoArgs) -> Result<Ended, Failed> {
    Err(Failed::not_yet("demo", "the living district"))
}
