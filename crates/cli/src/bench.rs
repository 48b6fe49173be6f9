//! `fangxian bench NAME`: measurements on this machine, in one run with their peer, as ratios.

mod import;
pub mod phases;
mod regrade;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::args::{BenchArgs, BenchWhat};
use crate::config;
use crate::http::Connection;
use crate::installation;
use crate::out::{self, Ended, Failed};

/// Runs a measurement and prints what came of it.
pub fn run(args: &BenchArgs, phases: &phases::Phases) -> Result<Ended, Failed> {
    match &args.what {
        BenchWhat::Intake { clients, seconds } => intake(*clients, Duration::from_secs(*seconds)),
        BenchWhat::Import(wanted) => import::run(wanted, phases),
        BenchWhat::Regrade(wanted) => regrade::run(wanted),
        BenchWhat::Epi { alone, reference } => crate::epi::bench::run(*alone, reference.as_deref()),
        BenchWhat::Trace(wanted) => {
            let size = fangxian_trace::bench::Size {
                events: wanted.events,
                people: wanted.people,
                seed: wanted.seed,
            };
            crate::trace::bench::run(wanted.dir.as_deref(), size, wanted.alone)
        }
    }
}

#[derive(Serialize)]
struct Measured {
    clients: usize,
    seconds: f64,
    reports_per_second: f64,
    acknowledged: u64,
    refused_with_retry_after: u64,
    failed: u64,
    median_ms: f64,
    p99_ms: f64,
    kept: i64,
    peer_answers_per_second: f64,
    reports_per_peer_answer: f64,
}

/// Durable self-reports on the embedded database, beside `/healthz` of the same server.
fn intake(clients: usize, lasting: Duration) -> Result<Ended, Failed> {
    let dir = std::env::temp_dir().join(format!("fangxian-bench-{}", std::process::id()));
    let config = config::built_in()?.with_data(&dir);
    let app = installation::open(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let options = fangxian_web::Options {
        secure_cookies: false,
        door_per_minute: 0,
        ..fangxian_web::Options::default()
    };
    runtime.spawn(fangxian_web::serve(Arc::clone(&app), listener, options));
    let upkeep = crate::serve::Upkeep::start(Arc::clone(&app))?;
    let peer = answers(address, clients, lasting.min(Duration::from_secs(3)));
    let load = self_reports(address, clients, lasting);
    upkeep.stop();
    let kept = app.record_total()?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    drop(app);
    std::fs::remove_dir_all(&dir)?;
    let rate = per_second(load.acknowledged, load.seconds);
    out::json(&Measured {
        clients,
        seconds: load.seconds,
        reports_per_second: rate,
        acknowledged: load.acknowledged,
        refused_with_retry_after: load.refused,
        failed: load.failed,
        median_ms: load.latency_ms.0,
        p99_ms: load.latency_ms.1,
        kept,
        peer_answers_per_second: peer,
        reports_per_peer_answer: rate / peer,
    })?;
    // What was acknowledged must be there; what was not may be (its answer was lost on the way).
    let lost = kept < i64::try_from(load.acknowledged).unwrap_or(i64::MAX);
    Ok(if lost || load.failed > 0 {
        Ended::Finding
    } else {
        Ended::Done
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a few seconds are far below 2^52"
)]
fn per_second(count: u64, seconds: f64) -> f64 {
    count as f64 / seconds
}

/// How often the same server answers when it has nothing to do.
fn answers(address: SocketAddr, clients: usize, lasting: Duration) -> f64 {
    let began = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            std::thread::spawn(move || {
                let mut connection = Connection::new(address);
                let mut answered = 0_u64;
                while began.elapsed() < lasting {
                    let answer = connection.send("GET", "/healthz", &[], b"");
                    answered += u64::from(answer.is_ok_and(|answer| answer.status == 200));
                }
                answered
            })
        })
        .collect();
    let answered: u64 = threads
        .into_iter()
        .filter_map(|thread| thread.join().ok())
        .sum();
    per_second(answered, began.elapsed().as_secs_f64())
}

/// What one run of clients came to.
#[derive(Debug, Default)]
pub struct Load {
    /// Reports acknowledged with a receipt.
    pub acknowledged: u64,
    /// Reports refused with 503 and `Retry-After`.
    pub refused: u64,
    /// Anything else.
    pub failed: u64,
    /// Seconds from first to last.
    pub seconds: f64,
    /// Milliseconds to an acknowledgement: median and 99th percentile.
    pub latency_ms: (f64, f64),
}

/// Sends self-reports from `clients` connections for a while.
pub fn self_reports(address: SocketAddr, clients: usize, lasting: Duration) -> Load {
    let (refused, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let began = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|client| {
            let (refused, failed) = (Arc::clone(&refused), Arc::clone(&failed));
            std::thread::spawn(move || {
                let mut connection = Connection::new(address);
                let mut waits = Vec::new();
                for n in 0_u64.. {
                    if began.elapsed() >= lasting {
                        break;
                    }
                    let body = report(client, n);
                    let sent = Instant::now();
                    let headers = [("Content-Type", "application/json")];
                    match connection.send("POST", "/api/v1/report", &headers, body.as_bytes()) {
                        Ok(answer) if answer.status == 200 && !answer.body.is_empty() => {
                            waits.push(sent.elapsed());
                        }
                        Ok(answer) if answer.status == 503 && answer.retry_after.is_some() => {
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                        Ok(_) | Err(_) => {
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
                waits
            })
        })
        .collect();
    let mut waits: Vec<Duration> = threads
        .into_iter()
        .filter_map(|thread| thread.join().ok())
        .flatten()
        .collect();
    waits.sort_unstable();
    let at = |share: usize| {
        waits
            .get(waits.len() * share / 100)
            .map_or(0.0, |wait| wait.as_secs_f64() * 1_000.0)
    };
    Load {
        acknowledged: waits.len() as u64,
        refused: refused.load(Ordering::Relaxed),
        failed: failed.load(Ordering::Relaxed),
        seconds: began.elapsed().as_secs_f64(),
        latency_ms: (at(50), at(99)),
    }
}

/// A report with what people usually fill in: some 4,600 names, so that names, birth dates and
/// houses meet again as they do in a city; telephones do not.
fn report(client: usize, n: u64) -> String {
    const FAMILY: [&str; 8] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄"];
    const GIVEN: [&str; 24] = [
        "伟", "芳", "娜", "敏", "静", "磊", "洋", "艳", "勇", "军", "杰", "娟", "涛", "明", "超",
        "霞", "平", "刚", "桂", "英", "华", "玉", "兰", "建",
    ];
    let mix = (n * 64 + client as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let pick = |bits: u32, of: u64| (mix >> bits) % of;
    let one = |list: &[&'static str], bits| {
        let at = usize::try_from(pick(bits, list.len() as u64)).unwrap_or_default();
        list.get(at).copied().unwrap_or_default()
    };
    format!(
        "{{\"name\":\"{}{}{}\",\"phone\":\"199{client:04}{:04}\",\"birth_date\":\"{}-{:02}-{:02}\",\
         \"address\":\"建设路{}号{}单元{}室\",\"symptoms\":[\"fever\",\"cough\"],\
         \"temperature\":\"38.2\"}}",
        one(&FAMILY, 8),
        one(&GIVEN, 13),
        one(&GIVEN, 3),
        n % 10_000,
        1940 + pick(20, 70),
        1 + pick(27, 12),
        1 + pick(31, 28),
        pick(36, 200),
        1 + pick(44, 4),
        101 + pick(47, 60)
    )
}
