//! `fangxian trace …`: the visit store in the data directory, and its questions.
//!
//! Must not hold rules: every number that decides who is in an answer is an argument.

pub mod bench;
mod check;
mod ingest;
mod questions;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use fangxian_base::{Clock, SystemClock};
use fangxian_trace::{Moment, Person, Rules, Store};
use serde_json::json;

use crate::config::Config;
use crate::out::{self, Ended, Failed};

#[derive(Debug, Args)]
pub struct TraceArgs {
    #[command(subcommand)]
    what: TraceWhat,
}

#[derive(Debug, Subcommand)]
enum TraceWhat {
    /// Take in stays from a file of lines
    Ingest {
        /// The file; - for standard input
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Who was with somebody
    Contacts {
        #[command(flatten)]
        question: Question,
        /// Show the stays behind the pair with this one
        #[arg(long, value_name = "PERSON")]
        with: Option<u64>,
    },
    /// Contacts of close contacts
    Ring2 {
        #[command(flatten)]
        question: Question,
        /// Minutes with one of them, in all, that make a close contact
        #[arg(long, default_value_t = 240)]
        close_minutes: u32,
    },
    /// Who shared a cell where one of the two stayed long
    Companions {
        #[command(flatten)]
        question: Question,
        /// Minutes in the cell that one of the two has to reach
        #[arg(long, default_value_t = 1_800)]
        stay_minutes: u32,
    },
    /// Places where somebody stayed, with all visitors
    Points {
        #[command(flatten)]
        question: Question,
    },
    /// Which of several people met, and the places they have in common
    Overlap {
        #[command(flatten)]
        question: Question,
    },
    /// Erase somebody and print the receipt
    Erase {
        /// Whom
        person: u64,
        #[command(flatten)]
        common: Common,
    },
    /// Compare every file with its checksum and every index with its record
    Verify {
        /// Make anew what does not hold
        #[arg(long)]
        repair: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Move what waits from the log to the record and its index
    Seal(Common),
    /// Counts and bytes
    Stats(Common),
    /// Ask the questions of the trace benchmark
    BenchCheck {
        /// Made by crates/trace/benches/gen.py
        dir: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Common {
    /// Stays in grid cells instead of visits
    #[arg(long)]
    presence: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Question {
    /// Of whom
    #[arg(required = true)]
    people: Vec<u64>,
    /// First moment that counts
    #[arg(long, value_parser = moment)]
    from: Moment,
    /// First moment that no longer counts
    #[arg(long, value_parser = moment)]
    to: Moment,
    /// Minutes that one overlap has to last
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// Leave out places where more stays than this fall into one
    #[arg(long)]
    crowd: Option<u32>,
    #[command(flatten)]
    common: Common,
}

/// RFC 3339, or seconds since 1970.
fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(Moment(seconds));
    }
    match text.parse() {
        Ok(instant) => Ok(Moment::of(instant)),
        Err(e) => Err(fangxian_base::error_chain(
            &e as &fangxian_base::ParseInstantError,
        )),
    }
}

/// Runs the command.
pub fn run(config: &Config, args: &TraceArgs) -> Result<Ended, Failed> {
    match &args.what {
        TraceWhat::BenchCheck { dir } => check::run(dir),
        TraceWhat::Ingest { file, common } => ingest::run(&open(config)?, file, common),
        TraceWhat::Contacts { question, with } => {
            questions::contacts(&open(config)?, question, *with)
        }
        TraceWhat::Ring2 {
            question,
            close_minutes,
        } => questions::ring2(&open(config)?, question, *close_minutes),
        TraceWhat::Companions {
            question,
            stay_minutes,
        } => questions::companions(&open(config)?, question, *stay_minutes),
        TraceWhat::Points { question } => questions::points(&open(config)?, question),
        TraceWhat::Overlap { question } => questions::overlap(&open(config)?, question),
        TraceWhat::Erase { person, .. } => erase(&open(config)?, *person),
        TraceWhat::Verify { repair, .. } => verify(&open(config)?, *repair),
        TraceWhat::Seal(_) => {
            let store = open(config)?;
            let waited = store.waiting();
            store.seal()?;
            out::json(&json!({ "sealed": waited, "waiting": store.waiting() }))?;
            Ok(Ended::Done)
        }
        TraceWhat::Stats(_) => stats(&open(config)?),
    }
}

/// Opens the store; what was made anew is said on standard error.
fn open(config: &Config) -> Result<Store, Failed> {
    let (store, opened) = Store::open(&config.data().join("visits"), Rules::default())?;
    if opened.torn_bytes > 0 {
        out::note(format_args!(
            "cut {} bytes that were never acknowledged from the log",
            opened.torn_bytes
        ));
    }
    for file in &opened.rebuilt {
        out::note(format_args!("made anew: {file}"));
    }
    Ok(store)
}

fn now() -> Moment {
    Moment::of(SystemClock.now())
}

fn erase(store: &Store, person: u64) -> Result<Ended, Failed> {
    let receipt = store.erase(Person(person), now())?;
    out::json(&json!({
        "erasure": receipt.number,
        "at": receipt.at.to_string(),
        "visits": receipt.stays[0],
        "presence": receipt.stays[1],
        "pseudonyms": receipt.pseudonyms,
        "removed": receipt.removed,
        "written": receipt.written,
    }))?;
    Ok(Ended::Done)
}

fn verify(store: &Store, repair: bool) -> Result<Ended, Failed> {
    let faults = if repair {
        store.repair()?
    } else {
        store.verify(true)?
    };
    let rows: Vec<_> = faults
        .iter()
        .map(|f| json!({ "file": f.file, "what": f.what }))
        .collect();
    out::json(&json!({ "faults": rows, "repaired": repair }))?;
    Ok(if faults.is_empty() || repair {
        Ended::Done
    } else {
        Ended::Finding
    })
}

fn stats(store: &Store) -> Result<Ended, Failed> {
    let stats = store.stats();
    let streams = stats.streams.map(|s| {
        json!({
            "sealed": s.sealed, "waiting": s.waiting, "partitions": s.partitions, "places": s.places,
            "record_bytes": s.record_bytes, "index_bytes": s.index_bytes, "side_bytes": s.side_bytes,
        })
    });
    out::json(&json!({
        "visits": streams[0], "presence": streams[1], "people": stats.people,
        "erasures": stats.erasures, "oldest_day": stats.oldest_day,
    }))?;
    Ok(Ended::Done)
}
