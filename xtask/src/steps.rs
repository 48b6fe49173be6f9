//! `cargo xtask test`: everything CI runs, step by step, with times and one line of totals.
//!
//! Stops at the first step that fails, still prints the summary. What a step needs and is missing is
//! found, started or installed by `postgres` and `browser`, which say so. Start at [`STEPS`].

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::metadata::Package;
use crate::run::{self, Summary, Totals};
use crate::{Outcome, browser, layers, licences, metadata, postgres, tidy, times};

/// One step of the run, in the order of [`STEPS`].
#[derive(Debug)]
pub struct Step {
    pub name: &'static str,
    pub what: &'static str,
    /// How long it may take from a fresh clone on two cores; going over is said, not punished.
    pub budget: Duration,
    run: fn(&mut Context<'_>) -> (Totals, Outcome<()>),
}

const fn step(
    name: &'static str,
    what: &'static str,
    seconds: u64,
    run: fn(&mut Context<'_>) -> (Totals, Outcome<()>),
) -> Step {
    Step {
        name,
        what,
        budget: Duration::from_secs(seconds),
        run,
    }
}

/// Cheap checks first: what is wrong is said early.
pub const STEPS: &[Step] = &[
    step(
        "toolchain",
        "the compiler is the pinned one; what else is installed",
        10,
        |c| quiet(toolchain(c)),
    ),
    step("format", "every file is formatted", 20, |c| {
        cargo(c, &["fmt", "--all", "--check"])
    }),
    step("tidy", "the house rules", 10, |c| quiet(tidy::run(c.root))),
    step("layers", "which crate uses which", 10, |c| {
        quiet(layers::run(c.root))
    }),
    step("licences", "licences, bans and sources", 60, |c| {
        quiet(licences::run(c.root))
    }),
    step("clippy", "no warning in any target", 600, |c| {
        let flags = [
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ];
        cargo(c, &[["clippy"].as_slice(), &flags].concat())
    }),
    step("build", "program and tests", 900, |c| {
        cargo(c, &["build", "--workspace", "--all-targets", "--locked"])
    }),
    step("tests-sqlite", "all tests, on SQLite", 300, sqlite),
    step(
        "tests-postgres",
        "the store and all above it, on PostgreSQL",
        300,
        on_postgres,
    ),
    step("doc-tests", "examples in the documentation", 120, |c| {
        let mut command = run::cargo(c.root);
        let counted = command.args(["test", "--doc", "--workspace", "--locked"]);
        run::show(counted, Summary::Libtest)
    }),
    step("journeys-sqlite", "browser journeys on SQLite", 180, |c| {
        browser::journeys(c.root, "sqlite", None)
    }),
    step(
        "journeys-postgres",
        "browser journeys on PostgreSQL",
        180,
        |c| match c.server() {
            Ok(url) => browser::journeys(c.root, "postgres", Some(&url)),
            Err(why) => (Totals::default(), Err(why)),
        },
    ),
];

/// What steps share.
struct Context<'a> {
    root: &'a Path,
    browser: bool,
    runner: Runner,
    server: Option<postgres::Server>,
}

impl Context<'_> {
    /// The address of the server, found or started at the first call.
    fn server(&mut self) -> Outcome<String> {
        let server = match self.server.take() {
            Some(server) => server,
            None => postgres::find()?,
        };
        Ok(self.server.insert(server).url.clone())
    }
}

/// Who runs the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    Nextest,
    Cargo,
}

impl Runner {
    pub fn find() -> Runner {
        if run::which("cargo-nextest").is_some() {
            return Runner::Nextest;
        }
        println!("    cargo-nextest is not installed: tests run with plain `cargo test`, slower");
        Runner::Cargo
    }

    pub fn summary(self) -> Summary {
        match self {
            Runner::Nextest => Summary::Nextest,
            Runner::Cargo => Summary::Libtest,
        }
    }

    fn command(self, root: &Path, packages: &[String]) -> Command {
        let mut command = run::cargo(root);
        match self {
            Runner::Nextest => command.args(["nextest", "run"]),
            Runner::Cargo => command.args(["test", "--lib", "--bins", "--tests"]),
        };
        command.args(["--locked", "--no-fail-fast"]);
        if packages.is_empty() {
            command.arg("--workspace");
        }
        for package in packages {
            command.args(["--package", package]);
        }
        command
    }
}

/// Flags of `cargo xtask test`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    list: bool,
    write_times: bool,
    skip_browser: bool,
    only: Vec<String>,
}

impl Options {
    pub fn parse(flags: &[&str]) -> Outcome<Options> {
        let mut options = Options::default();
        let mut flags = flags.iter();
        while let Some(flag) = flags.next() {
            match *flag {
                "--list" => options.list = true,
                "--write-times" => options.write_times = true,
                "--skip-browser" => options.skip_browser = true,
                "--only" => {
                    let name = flags
                        .next()
                        .ok_or_else(|| "--only needs a step".to_owned())?;
                    if !STEPS.iter().any(|step| step.name == *name) {
                        return Err(format!("no step is called `{name}`; --list names them"));
                    }
                    options.only.push((*name).to_owned());
                }
                other => return Err(format!("`cargo xtask test` has no flag `{other}`")),
            }
        }
        Ok(options)
    }

    fn wants(&self, step: &Step) -> bool {
        let asked = self.only.is_empty() || self.only.iter().any(|name| name == step.name);
        asked && !(self.skip_browser && step.name.starts_with("journeys"))
    }
}

/// Runs the steps that were asked for.
pub fn test(root: &Path, options: &Options) -> Outcome<()> {
    let steps: Vec<&Step> = STEPS.iter().filter(|step| options.wants(step)).collect();
    if options.list {
        for step in steps {
            println!("{:<18} {}", step.name, step.what);
        }
        return Ok(());
    }
    let browser = steps.iter().any(|step| step.name.starts_with("journeys"));
    let mut context = Context {
        root,
        browser,
        runner: Runner::find(),
        server: None,
    };
    let mut totals = Totals::default();
    let mut done = Vec::new();
    let mut failure = None;
    for (number, step) in (1..).zip(&steps) {
        println!("\n== {number}/{} {}: {}", steps.len(), step.name, step.what);
        let start = Instant::now();
        let (counted, outcome) = (step.run)(&mut context);
        let time = start.elapsed();
        totals.add(counted);
        done.push((step.name, time));
        let over = if time > step.budget {
            ", over its budget"
        } else {
            ""
        };
        println!(
            "   {} {}: {}{over}",
            word(&outcome),
            step.name,
            seconds(time)
        );
        if let Err(why) = outcome {
            // A step that breaks before or beside its tests is a failure too.
            totals.failed += u64::from(counted.failed == 0);
            failure = Some(format!("{}: {why}", step.name));
            break;
        }
    }
    if options.write_times {
        let sound = done.len() - usize::from(failure.is_some());
        times::write(root, done.get(..sound).unwrap_or_default())?;
    }
    summary(&steps, &done, failure.as_deref());
    println!("{} passed, {} failed", totals.passed, totals.failed);
    if failure.is_some() {
        Err(String::new())
    } else {
        Ok(())
    }
}

fn summary(steps: &[&Step], done: &[(&str, Duration)], failure: Option<&str>) {
    println!("\n== summary");
    for (at, step) in steps.iter().enumerate() {
        let last = at + 1 == done.len();
        match done.get(at) {
            Some((_, time)) if last && failure.is_some() => {
                println!("   FAILED  {:<18} {}", step.name, seconds(*time));
            }
            Some((_, time)) => println!("   ok      {:<18} {}", step.name, seconds(*time)),
            None => println!("   not run {}", step.name),
        }
    }
    let all: Duration = done.iter().map(|(_, time)| *time).sum();
    println!("   all     {:<18} {}", "", seconds(all));
    if let Some(why) = failure {
        println!("   {why}");
    }
}

fn word(outcome: &Outcome<()>) -> &'static str {
    if outcome.is_ok() { "ok" } else { "FAILED" }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn quiet(outcome: Outcome<()>) -> (Totals, Outcome<()>) {
    (Totals::default(), outcome)
}

fn cargo(context: &mut Context<'_>, arguments: &[&str]) -> (Totals, Outcome<()>) {
    run::show(run::cargo(context.root).args(arguments), Summary::None)
}

fn toolchain(context: &mut Context<'_>) -> Outcome<()> {
    let pinned = fs::read_to_string(context.root.join("rust-toolchain.toml"))
        .map_err(|error| format!("cannot read rust-toolchain.toml: {error}"))?;
    let pinned = pinned
        .lines()
        .find_map(|line| line.strip_prefix("channel = "));
    let pinned = pinned
        .ok_or("rust-toolchain.toml names no channel")?
        .trim_matches('"');
    let rustc = run::read(
        Command::new("rustc")
            .current_dir(context.root)
            .arg("--version"),
    )?;
    println!("    {}", rustc.trim());
    if !rustc.starts_with(&format!("rustc {pinned} ")) {
        return Err(format!(
            "the pinned toolchain is {pinned}; install it with rustup"
        ));
    }
    for program in ["cargo-nextest", "cargo-deny", "psql"] {
        let found = run::which(program);
        println!(
            "    {program}: {}",
            found.map_or("not installed", |_| "installed")
        );
    }
    if context.browser {
        let node = run::read(Command::new("node").arg("--version"));
        println!(
            "    node: {}",
            node.as_deref().map_or("not installed", str::trim)
        );
    }
    Ok(())
}

fn sqlite(context: &mut Context<'_>) -> (Totals, Outcome<()>) {
    let mut command = context.runner.command(context.root, &[]);
    run::show(
        command.env_remove(postgres::VARIABLE),
        context.runner.summary(),
    )
}

/// Runs the store and what stands on it with the address of a server. Passing without ever having
/// spoken to that server counts as failed.
fn on_postgres(context: &mut Context<'_>) -> (Totals, Outcome<()>) {
    let ready = context.server().and_then(|url| {
        let packages = above("fangxian-store", &metadata::workspace(context.root)?);
        Ok((postgres::sessions(&url)?, packages, url))
    });
    let (before, packages, url) = match ready {
        Ok(ready) => ready,
        Err(why) => return quiet(Err(why)),
    };
    let mut command = context.runner.command(context.root, &packages);
    let (totals, outcome) = run::show(
        command.env(postgres::VARIABLE, &url),
        context.runner.summary(),
    );
    let used = outcome.and_then(|()| {
        let opened = postgres::sessions(&url)?.saturating_sub(before + 1);
        if opened == 0 {
            return Err(format!("no test opened a session on {url}"));
        }
        println!("    the tests opened {opened} sessions on PostgreSQL");
        Ok(())
    });
    (totals, used)
}

/// `base` and every package of ours that uses it, directly or not, tests included.
fn above(base: &str, packages: &[Package]) -> Vec<String> {
    let mut found = BTreeSet::from([base.to_owned()]);
    loop {
        let uses =
            |package: &&Package| package.dependencies.iter().any(|d| found.contains(&d.name));
        let next: BTreeSet<String> = packages
            .iter()
            .filter(uses)
            .map(|package| package.name.clone())
            .collect();
        if next.is_subset(&found) {
            return found.into_iter().collect();
        }
        found.extend(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::{Dependency, Kind};

    #[test]
    fn flags_choose_steps() {
        let names = |flags: &[&str]| -> Outcome<Vec<&str>> {
            let options = Options::parse(flags)?;
            let wanted = STEPS.iter().filter(|step| options.wants(step));
            Ok(wanted.map(|step| step.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&[]).map(|n| n.len()), Ok(STEPS.len()));
        assert_eq!(
            names(&["--skip-browser"]).map(|n| n.len()),
            Ok(STEPS.len() - 2)
        );
        assert_eq!(
            names(&["--only", "tidy", "--only", "build"]),
            Ok(vec!["tidy", "build"])
        );
    }

    #[test]
    fn an_unknown_flag_or_step_is_refused() {
        for flags in [&["--fast"][..], &["--only"], &["--only", "tests"]] {
            assert!(Options::parse(flags).is_err(), "{flags:?}");
        }
    }

    #[test]
    fn the_packages_above_the_store_are_found_through_tests_too() {
        let package = |name: &str, uses: &str, kind| Package {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            folder: std::path::PathBuf::new(),
            licence: None,
            foreign: false,
            dependencies: vec![Dependency {
                name: uses.to_owned(),
                kind,
            }],
        };
        let packages = [
            package("cli", "web", Kind::Normal),
            package("web", "store", Kind::Dev),
            package("store", "base", Kind::Normal),
            package("packs", "base", Kind::Normal),
        ];
        assert_eq!(above("store", &packages), ["cli", "store", "web"]);
    }

    #[test]
    fn a_total_is_one_line_even_when_a_step_breaks() {
        assert_eq!(word(&Err(String::new())), "FAILED");
        assert_eq!(seconds(Duration::from_millis(1250)), "1.2 s");
    }
}
