//! `fangxian people`: questions about records. Measuring the matching belongs to scored matching.

use crate::args::{PeopleArgs, PeopleWhat};
use crate::out::{Ended, Failed};

/// Runs it.
pub fn run(args: &PeopleArgs) -> Result<Ended, Failed> {
    let PeopleWhat::LinkCheck(_) = &args.what;
    Err(Failed::not_yet("people link-check", "scored matching"))
}
