//! `fangxian bench epi`: the engine beside the R packages that are installed, CPU seconds of one run.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use fangxian_epi::bench::{CITY_JUDGED, City, Sum, Work};

use crate::out::{self, Ended, Failed};
use crate::trace::bench::{cpu, least, machine};

/// The seed of what is made up.
const SEED: u64 = 1;

/// Sums may differ by this share: a method with draws by more than one without.
const SAME: f64 = 1e-6;
const SAME_DRAWN: f64 = 0.02;

/// What the peer does with the tables of a folder, by name of the work; every script writes version, seconds, count and sum.
const SCRIPTS: [(&str, &str); 4] = [
    ("farrington", include_str!("peer/farrington.R")),
    ("r", include_str!("peer/r.R")),
    ("r-named", include_str!("peer/r.R")),
    ("r-uncertain", include_str!("peer/r-uncertain.R")),
];

/// Measures all work; a finding when the peer comes to something else.
pub fn run(alone: bool) -> Result<Ended, Failed> {
    let folder = std::env::temp_dir().join(format!("fangxian-epi-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let ended = measure(alone, &folder);
    std::fs::remove_dir_all(&folder)?;
    ended
}

fn measure(alone: bool, folder: &Path) -> Result<Ended, Failed> {
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
                let allowed = if work.name == "r-uncertain" {
                    SAME_DRAWN
                } else {
                    SAME
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
    let city = City::new(SEED);
    let before = cpu()?;
    let alarms = city.judge(0, 1);
    let seconds = cpu()? - before;
    out::line(format_args!(
        "| a city's day: {CITY_JUDGED} series of five years of days, eleven detectors, {alarms} alarms | {seconds:.1} | – | – | – |"
    ));
    if alone {
        return Ok(Ended::Done);
    }
    out::line("");
    out::line(
        "A peer that is not there reads –. On Debian: `apt install r-cran-surveillance r-cran-epiestim`.",
    );
    Ok(if agrees { Ended::Done } else { Ended::Finding })
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
