//! The slow suites: tests named `long_…`, and the random kills and requests, many times over.
//!
//! Such tests carry `#[ignore = "long: why"]`, so that a plain `cargo test` passes them by. A kill test
//! has `random_kill` in its name, one of made-up requests `random_requests`; both run every time, and
//! read from the environment how many.

use std::path::Path;

use crate::run::{self, Totals};
use crate::{Outcome, postgres, steps};

/// How many kills a kill test does; a few when it is not set.
const KILLS: (&str, &str) = ("FANGXIAN_TEST_KILLS", "100");

/// How often everything that can be asked is asked anyhow; a few times when it is not set.
const ROUNDS: (&str, &str) = ("FANGXIAN_TEST_ROUNDS", "150");

/// Runs all kinds on SQLite and PostgreSQL. Finding none of a kind is an error.
pub fn run(root: &Path) -> Outcome<()> {
    let server = postgres::find()?;
    let mut totals = Totals::default();
    let mut wrong = Vec::new();
    for (what, filter, ignored) in [
        ("long", "long_", true),
        ("kills", "random_kill", false),
        ("requests", "random_requests", false),
    ] {
        println!("\n== {what}");
        let runner = steps::Runner::find();
        let (counted, outcome) = run::show(
            command(root, runner, filter, ignored)
                .env(postgres::VARIABLE, &server.url)
                .env(KILLS.0, KILLS.1)
                .env(ROUNDS.0, ROUNDS.1),
            runner.summary(),
        );
        totals.add(counted);
        if let Err(why) = outcome {
            wrong.push(format!("{what}: {why}"));
        } else if !counted.any() {
            wrong.push(format!("{what}: no test has `{filter}` in its name"));
        }
    }
    println!("\n{} passed, {} failed", totals.passed, totals.failed);
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("; "))
    }
}

fn command(
    root: &Path,
    runner: steps::Runner,
    filter: &str,
    ignored: bool,
) -> std::process::Command {
    let mut cargo = run::cargo(root);
    match runner {
        steps::Runner::Nextest => {
            cargo.args([
                "nextest",
                "run",
                "--workspace",
                "--locked",
                "--profile",
                "long",
            ]);
            cargo.args(["--no-fail-fast", "-E", &format!("test(/(^|::|_){filter}/)")]);
            if ignored {
                cargo.args(["--run-ignored", "only"]);
            }
        }
        steps::Runner::Cargo => {
            cargo.args([
                "test",
                "--workspace",
                "--locked",
                "--no-fail-fast",
                "--tests",
                "--",
            ]);
            if ignored {
                cargo.arg("--ignored");
            }
            cargo.arg(filter);
        }
    }
    cargo
}
