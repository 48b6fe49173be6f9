//! `fangxian bench epi`: the engine beside the R packages that are installed, CPU seconds of one run.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use fangxian_epi::bench::reference::TIMED;
use fangxian_epi::bench::{CITY_JUDGED, City, Sum, Work};

use super::{check, files};
use crate::out::{self, Ended, Failed};
use crate::trace::bench::{least, machine};

/// The seed of what is made up.
const SEED: u64 = 1;

/// Sums may differ by this share: of a method with draws, and of estimates that the peer rounds to three digits after the
/// point, by more than of others.
const SAME: f64 = 1e-6;
const SAME_DRAWN: f64 = 0.02;
const SAME_ROUNDED: f64 = 2e-3;

/// What the peer does with the tables of a folder, by name of the work; every script writes version, seconds, count and sum.
const SCRIPTS: [(&str, &str); 6] = [
    ("farrington", include_str!("peer/farrington.R")),
    ("r", include_str!("peer/r.R")),
    ("r-named", include_str!("peer/r.R")),
    ("r-uncertain", include_str!("peer/r-uncertain.R")),
    ("delay", include_str!("peer/delay.R")),
    ("delay-lognormal", include_str!("peer/delay-lognormal.R")),
];

/// Measures all work; a finding when the peer comes to something else.
pub fn run(alone: bool, reference: Option<&Path>) -> Result<Ended, Failed> {
    let folder = std::env::temp_dir().join(format!("fangxian-epi-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let ended = measure(alone, reference, &folder);
    std::fs::remove_dir_all(&folder)?;
    ended
}

fn measure(alone: bool, reference: Option<&Path>, folder: &Path) -> Result<Ended, Failed> {
    out::line(machine());
    out::line("");
    out::line("| work | CPU s | peer | its CPU s | ratio |");
    out::line("|---|---|---|---|---|");
    let mut agrees = true;
    for work in Work::all(SEED) {
        let mut ours = Ok(Sum { count: 0, sum: 0.0 });
        let seconds = least(|| ours = work.run(SEED))?;
        let ours = ours?;
        let peer = if alone { None } else { peer(&work, folder)? };
        let (name, theirs, ratio) = match peer {
            None => ("–".to_owned(), "–".to_owned(), "–".to_owned()),
            Some(peer) => {
                let allowed = match work.name {
                    "r-uncertain" => SAME_DRAWN,
                    "delay" | "delay-lognormal" => SAME_ROUNDED,
                    _ => SAME,
                };
                let same = ours.count == peer.sum.count
                    && (ours.sum - peer.sum.sum).abs() <= allowed * peer.sum.sum.abs();
                agrees &= same;
                let ratio = if same {
                    format!("{:.0}×", peer.seconds / seconds)
                } else {
                    format!(
                        "differs: {} and {} numbers, sums {} and {}",
                        ours.count, peer.sum.count, ours.sum, peer.sum.sum
                    )
                };
                (peer.version, format!("{:.2}", peer.seconds), ratio)
            }
        };
        out::line(format_args!(
            "| {} | {seconds:.4} | {name} | {theirs} | {ratio} |",
            work.what
        ));
    }
    let (alarms, seconds, elapsed) = city_day()?;
    out::line(format_args!(
        "| a city's day: {CITY_JUDGED} series of five years of days, eleven detectors, {alarms} alarms; {elapsed:.1} s on {CITY_THREADS} threads | {seconds:.1} | – | – | – |"
    ));
    if let Some(dir) = reference {
        timings(dir)?;
    }
    if alone {
        return Ok(Ended::Done);
    }
    out::line("");
    out::line(
        "A peer that is not there reads –. On Debian: `apt install r-cran-surveillance r-cran-epiestim r-cran-coarsedatatools`.",
    );
    Ok(if agrees { Ended::Done } else { Ended::Finding })
}

/// Threads that judge a city's day.
const CITY_THREADS: usize = 2;

/// CPU seconds of this thread so far.
fn cpu_here() -> Result<f64, Failed> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let first = text.split_whitespace().next();
    let nanoseconds = first.and_then(|n| n.parse::<u64>().ok()).ok_or_else(|| {
        Failed::new("CPU seconds cannot be read from `/proc/thread-self`")
            .hint("this measurement needs Linux with scheduler statistics")
    })?;
    Ok(Duration::from_nanos(nanoseconds).as_secs_f64())
}

/// A city's day: alarms, CPU seconds and seconds.
fn city_day() -> Result<(usize, f64, f64), Failed> {
    let city = City::new(SEED);
    let share = |share: usize| -> Result<(usize, f64), Failed> {
        let before = cpu_here()?;
        let alarms = city.judge(share, CITY_THREADS);
        Ok((alarms, cpu_here()? - before))
    };
    let begun = Instant::now();
    let parts: Vec<Result<(usize, f64), Failed>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..CITY_THREADS)
            .map(|at| scope.spawn(move || share(at)))
            .collect();
        let joined = threads.into_iter().map(|thread| {
            let failed = |_| Failed::new("a thread that judges the city's day did not come back");
            thread.join().map_err(failed)?
        });
        joined.collect()
    });
    let elapsed = begun.elapsed().as_secs_f64();
    let (mut alarms, mut seconds) = (0, 0.0);
    for part in parts {
        let (more, used) = part?;
        alarms += more;
        seconds += used;
    }
    Ok((alarms, seconds, elapsed))
}

/// Rows of the input that reference programs were timed on, where the folder of reference folders tells how long they took.
fn timings(dir: &Path) -> Result<(), Failed> {
    let table = files::table(&dir.join("peer_timings.csv"))?;
    let column = |name: &str| {
        let missing = || Failed::new(format!("`peer_timings.csv` has no column `{name}`"));
        table.position(name).ok_or_else(missing)
    };
    let (method, workload) = (column("method")?, column("workload")?);
    let (name, theirs) = (column("peer")?, column("cpu_seconds_1_core")?);
    for timed in TIMED {
        let row = (table.rows().iter())
            .find(|row| (row[method].as_str(), row[workload].as_str()) == timed.timing);
        let place = dir.join(timed.folder);
        let Some((row, true)) = row.map(|row| (row, place.is_dir())) else {
            continue;
        };
        let Ok(theirs) = row[theirs].parse::<f64>() else {
            continue;
        };
        let folder = check::folder(&place, None)?;
        let mut ours = None;
        let seconds = least(|| ours = timed.run(&folder))?;
        let Some(rows) = ours else { continue };
        let rows = rows?;
        let (what, of) = timed.timing;
        let ratio = theirs / seconds;
        let places = usize::from(ratio < 10.0);
        out::line(format_args!(
            "| reference input: {what}, {of}; {rows} rows | {seconds:.4} | {}, reference timing | {theirs:.2} | {ratio:.places$}× |",
            row[name]
        ));
    }
    Ok(())
}

struct Peer {
    version: String,
    seconds: f64,
    sum: Sum,
}

/// Runs the peer on the tables of the work; nothing when it is not there.
fn peer(work: &Work, folder: &Path) -> Result<Option<Peer>, Failed> {
    let Some((_, script)) = SCRIPTS.iter().find(|(name, _)| *name == work.name) else {
        return Ok(None);
    };
    let mut text = String::new();
    for (number, table) in work.tables().enumerate() {
        if number == 0 {
            let _ = writeln!(text, "call,{}", table.columns().join(","));
        }
        for row in table.rows() {
            let _ = writeln!(text, "{number},{}", row.join(","));
        }
    }
    std::fs::write(folder.join("input.csv"), text)?;
    std::fs::write(folder.join("script.R"), script)?;
    let asked = Command::new("Rscript")
        .arg("--vanilla")
        .arg("script.R")
        .current_dir(folder)
        .output();
    let Ok(output) = asked else { return Ok(None) };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // A package that is not installed is no failure of the measurement.
        if said.contains("there is no package called") {
            return Ok(None);
        }
        return Err(Failed::new(format!(
            "the peer of `{}` failed: {said}",
            work.name
        )));
    }
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let fields: Vec<&str> = said.trim().split('\t').collect();
    let read = || match fields.as_slice() {
        [version, seconds, count, sum] => Some(Peer {
            version: (*version).to_owned(),
            seconds: seconds.parse().ok()?,
            sum: Sum {
                count: count.parse().ok()?,
                sum: sum.parse().ok()?,
            },
        }),
        _ => None,
    };
    let peer = read();
    peer.map(Some).ok_or_else(|| {
        Failed::new(format!(
            "the peer of `{}` said something else: {said}",
            work.name
        ))
    })
}
