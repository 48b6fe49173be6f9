//! Compares the methods with the reference outputs of the field's own software, as a `check.json` asks.
//!
//! Works on parsed tables; who reads the files is not its business. Results are values: what was compared, what
//! lies outside its tolerance, and what could not be compared and why. Nothing is known of any single folder:
//! methods are found by name, tables by their columns. Start with [`run`].

mod bars;
mod compare;
mod manifest;
mod report;
mod rows;
mod rules;
mod run;
mod told;

pub use manifest::{Manifest, ManifestError};
pub use report::{Failure, NotCompared, Report, Verdict};
pub use run::{Folder, call, run};
