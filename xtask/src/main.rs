//! Tasks of this repository that are longer than one line: the checks that CI runs, and helpers.
//!
//! Depends on no product crate, so that it builds when nothing else does. Must not decide anything
//! about the product. Start at `steps` for `cargo xtask test`, at `tidy` for the house rules.
#![expect(clippy::print_stdout, reason = "a command-line tool speaks on stdout")]
#![expect(
    clippy::disallowed_methods,
    reason = "`cli` and `xtask` are where the environment is read"
)]

mod browser;
mod layers;
mod licences;
mod long;
mod metadata;
mod postgres;
mod run;
mod spdx;
mod steps;
mod tidy;
mod times;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a task answers: a value, or a sentence for the person who ran it.
type Outcome<T> = Result<T, String>;

const HELP: &str = "\
cargo xtask <task>

  test          everything CI runs; ends with `N passed, N failed`
                  --list            name the steps and stop
                  --only STEP       one step (repeatable)
                  --skip-browser    leave the journeys out
                  --write-times     write the measured times into docs/testing.md
  long          the slow suites: tests named `long_…`, and the random kills
  tidy          the house rules that a program can check
  layers        which crate may use which
  licences      licences, banned crates and sources of what we depend on
  screenshots   every page at three widths in both languages, into e2e/shots
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root();
    let outcome = match words.as_slice() {
        ["test", flags @ ..] => steps::Options::parse(flags).and_then(|o| steps::test(&root, &o)),
        ["long"] => long::run(&root),
        ["tidy"] => tidy::run(&root),
        ["layers"] => layers::run(&root),
        ["licences" | "licenses"] => licences::run(&root),
        ["screenshots"] => browser::screenshots(&root),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            return if words.is_empty() {
                ExitCode::from(2)
            } else {
                ExitCode::SUCCESS
            };
        }
        other => {
            println!("no such task: `{}`\n\n{HELP}", other.join(" "));
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            if !why.is_empty() {
                println!("xtask: {why}");
            }
            ExitCode::FAILURE
        }
    }
}

/// The repository: the folder above this package.
fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}
