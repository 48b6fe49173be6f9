//! `fangxian bench trace`: the visit store beside DuckDB, in one run, as a table in Markdown.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fangxian_trace::bench::{
    Built, Index, PEER, Prepared, QUERIES, Size, World, build, make, run as ask, touched,
};
use fangxian_trace::{
    Case, Event, How, Moment, Overlap, Person, Place, Rules, Sighting, Store, Stream, Window,
};

use crate::out::{self, Ended, Failed};

/// CPU is measured until it has been used for so long.
const LONG_ENOUGH: f64 = 0.3;
const TELLERS: u64 = 64;
const LASTING: Duration = Duration::from_secs(2);
const FIRST: u32 = 1_767_196_800;

/// Measures the data of a folder, or data made for it, and prints the tables; a finding when the peer gives
/// other rows.
pub fn run(data: Option<&Path>, size: Size, alone: bool) -> Result<Ended, Failed> {
    let work = std::env::temp_dir().join(format!("fangxian-trace-{}", std::process::id()));
    std::fs::create_dir_all(&work)?;
    let ended = measure(data, size, alone, &work);
    std::fs::remove_dir_all(&work)?;
    ended
}

fn measure(data: Option<&Path>, size: Size, alone: bool, work: &Path) -> Result<Ended, Failed> {
    let made = work.join("data");
    let data = if let Some(data) = data {
        data.to_path_buf()
    } else {
        std::fs::create_dir_all(&made)?;
        make(&made, size)?;
        made
    };
    // Before anything else, so that the peer does not share the memory with us.
    let peer = if alone { None } else { peer(&data, work)? };
    let (indexed, built, seconds) = least_build(&data, &work.join("index"))?;
    let world = indexed.with_facts(&data)?;
    let prepared = world.prepare();
    let bandwidth = bandwidth()?;

    out::line(machine());
    out::line("");
    built_table(&built, seconds, &world, bandwidth)?;
    let agrees = questions(&prepared, peer.as_ref(), bandwidth)?;
    drop(prepared);
    drop(world);
    told(work)?;
    out::line("");
    out::line(format_args!(
        "Peak memory of this process: {} MB, files mapped and touched with it{}.",
        peak_mb(),
        peer.as_ref().map_or(String::new(), |p| format!(
            "; of {}: {} MB",
            p.version,
            p.peak_kib / 1_024
        )),
    ));
    Ok(if agrees { Ended::Done } else { Ended::Finding })
}

/// Builds the index three times; the last one, and the least CPU seconds, as with the questions.
fn least_build(data: &Path, folder: &Path) -> Result<(Index, Built, f64), Failed> {
    let mut least = f64::MAX;
    let mut once = || -> Result<(Index, Built), Failed> {
        std::fs::create_dir_all(folder)?;
        let begun = cpu()?;
        let built = build(data, folder)?;
        least = least.min(cpu()? - begun);
        Ok(built)
    };
    for _ in 0..2 {
        drop(once()?);
        std::fs::remove_dir_all(folder)?;
    }
    let (index, built) = once()?;
    Ok((index, built, least))
}

fn built_table(built: &Built, seconds: f64, world: &World, bandwidth: f64) -> Result<(), Failed> {
    let stays = real(built.stays);
    let mut started = 0;
    let mut wall = f64::MAX;
    for _ in 0..3 {
        let begun = Instant::now();
        started = world.start_again()?;
        wall = wall.min(begun.elapsed().as_secs_f64());
    }
    out::line("| what | |");
    out::line("|---|---|");
    out::line(format_args!(
        "| stays, both streams; segments | {}; {} |",
        built.stays, built.segments
    ));
    out::line(format_args!(
        "| build of both orders from Parquet, written and checked, one thread, least of three | {seconds:.2} CPU s, {:.1} million stays/s |",
        stays / seconds / 1e6
    ));
    out::line(format_args!(
        "| index without side columns | {:.2} bytes/stay |",
        real(built.bytes) / stays
    ));
    out::line(format_args!(
        "| start with {started} sealed stays, their files in the page cache | {wall:.3} s |"
    ));
    out::line(format_args!(
        "| memory bandwidth, one thread | {:.1} GB/s |",
        bandwidth / 1e9
    ));
    out::line("");
    Ok(())
}

/// Asks every question; whether the peer gave the same rows.
fn questions(prepared: &Prepared<'_>, peer: Option<&Peer>, bandwidth: f64) -> Result<bool, Failed> {
    let name = peer.map_or("DuckDB", |p| p.version.as_str());
    out::line(format_args!(
        "| question | rows | CPU s | {name}, CPU s | ratio | rows and facts read | times the bandwidth limit |"
    ));
    out::line("|---|---|---|---|---|---|---|");
    let mut agrees = true;
    for name in QUERIES {
        let mut result = fangxian_trace::bench::Result::default();
        let ours = least(|| result = ask(prepared, name).unwrap_or_default())?;
        let read = touched(prepared, name);
        let limit = read.map(|rows| ours / (real(rows) * 8.0 / bandwidth));
        let theirs = peer.and_then(|p| p.answers.get(name));
        let told = theirs.map(|(rows, checksum, seconds)| {
            let same = (*rows, *checksum) == (result.rows, result.checksum);
            agrees &= same;
            let ratio = if same {
                format!("{:.0}×", seconds / ours)
            } else {
                "differs".to_owned()
            };
            (format!("{seconds:.4}"), ratio)
        });
        let (seconds, ratio) = told.unwrap_or_else(|| ("–".to_owned(), "–".to_owned()));
        out::line(format_args!(
            "| {name} | {} | {} | {seconds} | {ratio} | {} | {} |",
            result.rows,
            significant(ours),
            read.map_or("–".to_owned(), |rows| rows.to_string()),
            limit.map_or("–".to_owned(), |times| format!("{times:.0}")),
        ));
    }
    out::line("");
    if peer.is_none() {
        out::line(
            "DuckDB was not asked: `python3 -c 'import duckdb'` fails, or `--alone` was given. \
             `pip install duckdb` brings it.",
        );
        out::line("");
    }
    Ok(agrees)
}

/// The least CPU seconds of one run of something, which is run until it was measured long enough.
pub fn least(mut work: impl FnMut()) -> Result<f64, Failed> {
    let (mut seconds, mut spent, mut times, mut inner) = (f64::MAX, 0.0, 0, 1_u32);
    while spent < LONG_ENOUGH || times < 3 {
        let begun = cpu()?;
        for _ in 0..inner {
            work();
        }
        let used = cpu()? - begun;
        // What is short is run many times, so that reading the clock does not count.
        if used < 1e-3 && inner < 1 << 16 {
            inner *= 4;
            continue;
        }
        (spent, times) = (spent + used, times + 1);
        seconds = seconds.min(used / f64::from(inner));
    }
    Ok(seconds)
}

/// Durable telling: in batches, one by one from many threads, and with questions at the same time.
fn told(work: &Path) -> Result<(), Failed> {
    let now = Moment(FIRST + 14 * 86_400);
    let (store, _) = Store::open(&work.join("store"), Rules::default())?;
    out::line("| durable telling, every event on disk before it is acknowledged | |");
    out::line("|---|---|");

    let (batches, size) = (100, 10_000);
    let (begun, begun_cpu) = (Instant::now(), cpu()?);
    for batch in 0..batches {
        let events: Vec<Event> = (0..size).map(|n| event(batch * size + n)).collect();
        store.ingest(&events, now)?;
    }
    let per_second = |count: u64, since: Instant| real(count) / since.elapsed().as_secs_f64();
    out::line(format_args!(
        "| batches of {size}, one caller | {:.0} events/s, {:.2} CPU s for {} |",
        per_second(batches * size, begun),
        cpu()? - begun_cpu,
        batches * size
    ));

    let (next, failed) = (AtomicU64::new(batches * size), AtomicBool::new(false));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..TELLERS {
            scope.spawn(|| {
                while begun.elapsed() < LASTING {
                    let events = [event(next.fetch_add(1, Ordering::Relaxed))];
                    if store.ingest(&events, now).is_err() {
                        failed.store(true, Ordering::Relaxed);
                        return;
                    }
                }
            });
        }
    });
    let single = next.load(Ordering::Relaxed) - batches * size;
    out::line(format_args!(
        "| one by one, {TELLERS} callers | {:.0} events/s |",
        per_second(single, begun)
    ));
    let begun = Instant::now();
    store.seal()?;
    out::line(format_args!(
        "| seal of {} stays | {:.2} s |",
        next.load(Ordering::Relaxed),
        begun.elapsed().as_secs_f64()
    ));
    beside(&store, &next, now)?;
    if failed.load(Ordering::Relaxed) {
        return Err(Failed::new(
            "the visit store refused an event of the measurement",
        ));
    }
    Ok(())
}

/// Questions on a window of 14 days, while batches come in.
fn beside(store: &Store, next: &AtomicU64, now: Moment) -> Result<(), Failed> {
    let window = Window::new(Moment(FIRST), now);
    let overlap = Overlap::of_seconds(NonZeroU32::new(900).unwrap_or(NonZeroU32::MIN));
    let done = AtomicBool::new(false);
    let begun = Instant::now();
    let (mut waits, told) = std::thread::scope(|scope| {
        let teller = scope.spawn(|| {
            let mut told = 0_u64;
            while !done.load(Ordering::Relaxed) {
                let first = next.fetch_add(1_000, Ordering::Relaxed);
                let events: Vec<Event> = (first..first + 1_000).map(event).collect();
                if store.ingest(&events, now).is_err() {
                    return None;
                }
                told += 1_000;
            }
            Some(told)
        });
        let mut waits = Vec::new();
        for person in (0..200_000).cycle() {
            if begun.elapsed() >= LASTING {
                break;
            }
            let asked = Instant::now();
            let snapshot = store.snapshot();
            let person = Person(person);
            let answer = snapshot
                .ask(Stream::Visits)
                .contacts(&Case { person, window }, &overlap);
            black_box(answer);
            waits.push(asked.elapsed());
        }
        done.store(true, Ordering::Relaxed);
        (waits, teller.join().ok().flatten())
    });
    let told =
        told.ok_or_else(|| Failed::new("the visit store took no events beside questions"))?;
    let seconds = begun.elapsed().as_secs_f64();
    waits.sort_unstable();
    let at = |share: usize| {
        let wait = waits.get((waits.len() * share / 100).min(waits.len().saturating_sub(1)));
        wait.map_or(0.0, |wait| wait.as_secs_f64() * 1e3)
    };
    out::line(format_args!(
        "| batches of 1000 and, at once, contacts of one person in 14 days | {:.0} events/s, {:.0} answers/s; \
         median {:.2} ms, 99 of 100 within {:.2} ms |",
        real(told) / seconds,
        real(waits.len() as u64) / seconds,
        at(50),
        at(99)
    ));
    Ok(())
}

/// The n-th made-up event: always the same one.
fn event(n: u64) -> Event {
    let mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ n.wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 29;
    let part = |shift: u32, size: u64| (mixed >> shift) % size;
    let from = u32::try_from(part(7, 13 * 86_400)).unwrap_or_default() + FIRST;
    let length = u32::try_from(part(23, 7_200)).unwrap_or_default() + 300;
    Event::Seen(
        Stream::Visits,
        Sighting {
            person: Person(part(11, 200_000)),
            place: Place(part(31, 50_000)),
            from: Moment(from),
            to: Some(Moment(from + length)),
            how: How::Scan,
            confidence: 100,
        },
    )
}

/// What the peer answered.
struct Peer {
    version: String,
    answers: BTreeMap<String, (u64, u64, f64)>,
    peak_kib: u64,
}

/// Asks the same questions of DuckDB, if there is one.
fn peer(data: &Path, work: &Path) -> Result<Option<Peer>, Failed> {
    let python = |arguments: &[&std::ffi::OsStr]| Command::new("python3").args(arguments).output();
    let there = python(&["-c".as_ref(), "import duckdb".as_ref()]);
    if !there.is_ok_and(|output| output.status.success()) {
        return Ok(None);
    }
    for (name, text) in PEER {
        std::fs::write(work.join(name), text)?;
    }
    let script = work.join("duck.py");
    let mut arguments = vec!["-B".as_ref(), script.as_os_str(), data.as_os_str()];
    arguments.extend(QUERIES.iter().map(std::ffi::OsStr::new));
    let output = python(&arguments)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().last().unwrap_or_default();
        return Err(Failed::new(format_args!("DuckDB did not answer: {last}"))
            .hint("`--alone` measures without it"));
    }
    let mut peer = Peer {
        version: "DuckDB".to_owned(),
        answers: BTreeMap::new(),
        peak_kib: 0,
    };
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        match fields[..] {
            ["duckdb", version] => peer.version = format!("DuckDB {version}"),
            ["peak", kib] => peer.peak_kib = kib.parse().unwrap_or_default(),
            [name, rows, checksum, seconds] => {
                let answer = (rows.parse(), checksum.parse(), seconds.parse());
                if let (Ok(rows), Ok(checksum), Ok(seconds)) = answer {
                    peer.answers
                        .insert(name.to_owned(), (rows, checksum, seconds));
                }
            }
            _ => {}
        }
    }
    Ok(Some(peer))
}

/// Bytes a second that one thread can add up, out of memory.
fn bandwidth() -> Result<f64, Failed> {
    let numbers = vec![1_u64; 1 << 25];
    let once = least(|| {
        black_box(numbers.iter().fold(0_u64, |sum, n| sum.wrapping_add(*n)));
    })?;
    Ok(real(numbers.len() as u64 * 8) / once)
}

/// CPU seconds of this process so far. Read where Linux says it to the nanosecond, for each thread that lives.
pub fn cpu() -> Result<f64, Failed> {
    // What the running thread used since the last tick of the clock counts only when it gives way; without that, the
    // least of many short runs is too little by up to a tick.
    std::thread::yield_now();
    let mut nanoseconds = 0_u64;
    let unreadable = || {
        Failed::new("CPU seconds cannot be read from `/proc/self/task`")
            .hint("this measurement needs Linux with scheduler statistics")
    };
    for task in std::fs::read_dir("/proc/self/task").map_err(|_why| unreadable())? {
        let Ok(text) = std::fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let first = text
            .split_whitespace()
            .next()
            .and_then(|n| n.parse::<u64>().ok());
        nanoseconds += first.ok_or_else(unreadable)?;
    }
    Ok(Duration::from_nanos(nanoseconds).as_secs_f64())
}

fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() / 1_024
}

pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    let model = model
        .and_then(|rest| rest.split_once(": "))
        .map_or("unknown", |(_, name)| name);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or("?");
    let debug = if cfg!(debug_assertions) {
        ", with debug assertions"
    } else {
        ""
    };
    format!("Machine: {cores} cores ({model}), load {load}{debug}.")
}

fn significant(seconds: f64) -> String {
    if seconds < 1e-3 {
        format!("{seconds:.6}")
    } else {
        format!("{seconds:.4}")
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn real(count: u64) -> f64 {
    count as f64
}
