//! The house rules that a program can check. Each file holds a group of checks and their tests.
//!
//! Checks are pure: files in, findings out. Start at `all`.

mod all;
mod dependencies;
mod docs;
mod files;
mod fluent;
mod rust;
mod text;

pub use all::run;
pub use files::{Finding, report};
