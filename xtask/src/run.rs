//! Starts other programs: shows their output as it comes and reads the test totals out of it.
//!
//! Must not know what is being run beyond the shape of three summaries (nextest, libtest, node).

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;

use crate::Outcome;

/// How many tests passed and failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub passed: u64,
    pub failed: u64,
}

impl Totals {
    pub fn add(&mut self, other: Totals) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    pub fn any(self) -> bool {
        self.passed + self.failed > 0
    }
}

/// Whose summary lines to count. Only one kind per run: nextest repeats the output of failed tests,
/// which holds libtest's own summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    None,
    Nextest,
    Libtest,
    Node,
}

impl Summary {
    /// Reads one line of output; anything but a summary counts nothing.
    pub fn read(self, line: &str) -> Totals {
        match self {
            Summary::None => Totals::default(),
            Summary::Nextest => nextest(line).unwrap_or_default(),
            Summary::Libtest => libtest(line).unwrap_or_default(),
            Summary::Node => node(line).unwrap_or_default(),
        }
    }
}

/// `Summary [ 0.1s] 3 tests run: 2 passed (1 slow), 1 timed out, 4 skipped`
fn nextest(line: &str) -> Option<Totals> {
    let line = line.trim_start();
    let (_, counts) = line.strip_prefix("Summary [")?.split_once(" run: ")?;
    let mut totals = Totals::default();
    let mut depth = 0_usize;
    let flat: String = counts
        .chars()
        .filter(|&c| {
            depth += usize::from(c == '(');
            let keep = depth == 0;
            depth -= usize::from(c == ')' && depth > 0);
            keep
        })
        .collect();
    for part in flat.split(',') {
        let (number, word) = part.trim().split_once(' ')?;
        let number: u64 = number.parse().ok()?;
        match word.trim() {
            "passed" => totals.passed += number,
            "skipped" => {}
            _ => totals.failed += number,
        }
    }
    Some(totals)
}

/// `test result: ok. 5 passed; 0 failed; 1 ignored; …`
fn libtest(line: &str) -> Option<Totals> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut numbers = counts.split("; ").map(|part| part.split(' ').next());
    let mut next = || numbers.next().flatten().and_then(|n| n.parse().ok());
    Some(Totals {
        passed: next()?,
        failed: next()?,
    })
}

/// `ℹ pass 3`, `ℹ fail 1`, `ℹ cancelled 0`; with `#` in place of the sign when the report is TAP.
fn node(line: &str) -> Option<Totals> {
    let rest = line
        .strip_prefix("ℹ ")
        .or_else(|| line.strip_prefix("# "))?;
    let (word, number) = rest.split_once(' ')?;
    let number: u64 = number.trim().parse().ok()?;
    match word {
        "pass" => Some(Totals {
            passed: number,
            failed: 0,
        }),
        "fail" | "cancelled" => Some(Totals {
            passed: 0,
            failed: number,
        }),
        _ => None,
    }
}

/// Runs `command`, passing its output on line by line. An error when it could not start or failed;
/// the totals come back either way.
pub fn show(command: &mut Command, summary: Summary) -> (Totals, Outcome<()>) {
    let name = describe(command);
    println!("    $ {name}");
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            return (
                Totals::default(),
                Err(format!("could not start `{name}`: {error}")),
            );
        }
    };
    let (sender, lines) = mpsc::channel();
    let readers = [
        child.stdout.take().map(|s| forward(s, sender.clone())),
        child.stderr.take().map(|s| forward(s, sender.clone())),
    ];
    drop(sender);
    let mut totals = Totals::default();
    for line in lines {
        totals.add(summary.read(&line));
        println!("{line}");
    }
    for reader in readers.into_iter().flatten() {
        let _ = reader.join();
    }
    let outcome = match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{name}` ended with {status}")),
        Err(error) => Err(format!("lost `{name}`: {error}")),
    };
    (totals, outcome)
}

fn forward(
    stream: impl Read + Send + 'static,
    sender: mpsc::Sender<String>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut line = Vec::new();
        while let Ok(1..) = reader.read_until(b'\n', &mut line) {
            let text = String::from_utf8_lossy(&line)
                .trim_end_matches(['\n', '\r'])
                .to_owned();
            if sender.send(text).is_err() {
                return;
            }
            line.clear();
        }
    })
}

/// Runs quietly and returns stdout; an error carries what was said on stderr.
pub fn read(command: &mut Command) -> Outcome<String> {
    let name = describe(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("could not start `{name}`: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "`{name}` ended with {}: {}",
        output.status,
        said.trim()
    ))
}

/// `cargo` as it was called, in the repository.
pub fn cargo(root: &Path) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root);
    command
}

/// The full path of a program, when it is on the search path.
pub fn which(program: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// True when this process may install packages.
pub fn is_root() -> bool {
    read(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// Installs Debian packages, saying which and why; refuses where that cannot work.
pub fn apt_install(packages: &[&str], why: &str) -> Outcome<()> {
    let list = packages.join(" ");
    if !is_root() || which("apt-get").is_none() {
        return Err(format!(
            "{why}; install {list} (Debian's names) and run again"
        ));
    }
    println!("    {why}: installing {list} with apt-get");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(arguments);
        read(&mut command)
    };
    let install: Vec<&str> = ["install", "-y", "--no-install-recommends"]
        .iter()
        .chain(packages)
        .copied()
        .collect();
    if apt(&install).is_ok() {
        return Ok(());
    }
    apt(&["update"])?;
    apt(&install).map(|_| ())
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let mut text = program.to_string_lossy().into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(passed: u64, failed: u64) -> Totals {
        Totals { passed, failed }
    }

    #[test]
    fn a_nextest_summary_counts_every_way_of_failing() {
        let line = "     Summary [   0.102s] 12/20 tests run: 9 passed (1 slow, 1 leaky), 1 failed, \
                    2 timed out, 3 skipped";
        assert_eq!(Summary::Nextest.read(line), totals(9, 3));
        let line = "     Summary [   0.102s] 1 test run: 1 passed, 0 skipped";
        assert_eq!(Summary::Nextest.read(line), totals(1, 0));
    }

    #[test]
    fn a_libtest_summary_is_counted_only_where_it_is_asked_for() {
        let line = "test result: FAILED. 5 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out";
        assert_eq!(Summary::Libtest.read(line), totals(5, 2));
        assert_eq!(Summary::Nextest.read(line), totals(0, 0));
        assert_eq!(Summary::None.read(line), totals(0, 0));
    }

    #[test]
    fn a_node_summary_counts_cancelled_tests_as_failed() {
        assert_eq!(Summary::Node.read("ℹ pass 3"), totals(3, 0));
        assert_eq!(Summary::Node.read("# fail 1"), totals(0, 1));
        assert_eq!(Summary::Node.read("ℹ cancelled 2"), totals(0, 2));
        assert_eq!(Summary::Node.read("ℹ suites 2"), totals(0, 0));
    }

    #[test]
    fn output_is_counted_and_a_bad_end_is_an_error() {
        let script = "echo 'test result: ok. 2 passed; 0 failed; 0 ignored'; exit 3";
        let (totals, outcome) = show(Command::new("sh").args(["-c", script]), Summary::Libtest);
        assert_eq!(
            totals,
            Totals {
                passed: 2,
                failed: 0
            }
        );
        assert!(outcome.is_err_and(|why| why.contains("exit status: 3")));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let why = read(&mut Command::new("no-such-program-here"));
        assert!(why.is_err_and(|why| why.contains("no-such-program-here")));
    }
}
