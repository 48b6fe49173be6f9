//! Killed at random while it writes: what was acknowledged is there, once, and the trail holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fangxian_base::CommandId;
use fangxian_store::testing::{count, destroy_response, response_named};

use crate::http::Connection;
use crate::program::Home;

/// Kills per engine: a few in CI, many in `cargo xtask long`.
#[expect(
    clippy::disallowed_methods,
    reason = "how long a test runs is told from outside"
)]
fn kills() -> u64 {
    std::env::var("FANGXIAN_TEST_KILLS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(5)
}

fn report(command: &str, n: u64) -> String {
    format!(
        "{{\"command_id\":\"{command}\",\"name\":\"断电{n}\",\"phone\":\"1990000{:04}\",\"symptoms\":[\"fever\"]}}",
        n % 10_000
    )
}

/// Sends one report; the receipt number, when it was acknowledged.
fn send(connection: &mut Connection, command: &str, n: u64) -> Option<String> {
    let headers = [("Content-Type", "application/json")];
    let answer = connection
        .send(
            "POST",
            "/api/v1/report",
            &headers,
            report(command, n).as_bytes(),
        )
        .ok()?;
    assert!(
        answer.status != 503 || answer.retry_after.is_some(),
        "refused without saying when"
    );
    if answer.status != 200 {
        return None;
    }
    let body: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
    body["data"]["receipt"].as_str().map(str::to_owned)
}

/// Another moment in every round, the same moments in every run (xorshift).
fn next_moment(moment: &mut u64) -> u64 {
    *moment ^= *moment << 13;
    *moment ^= *moment >> 7;
    *moment ^= *moment << 17;
    *moment
}

/// Every report that was sent, by command: its number, and its receipt if it was acknowledged.
type Sent = BTreeMap<String, (u64, Option<String>)>;

/// Waits until so many are acknowledged, a killed server's worth of patience at most.
fn wait_for(sent: &Mutex<Sent>, many: usize) {
    let begun = Instant::now();
    loop {
        let sent = sent.lock().unwrap();
        let acknowledged = sent
            .values()
            .filter(|(_, receipt)| receipt.is_some())
            .count();
        if acknowledged >= many {
            return;
        }
        drop(sent);
        assert!(begun.elapsed() < Duration::from_mins(1), "nothing goes on");
        std::thread::yield_now();
    }
}

#[test]
fn a_random_kill_loses_nothing_that_was_acknowledged_and_keeps_nothing_twice() {
    Home::each(|home| {
        let sent = Arc::new(Mutex::new(Sent::new()));
        let (mut moment, mut next, mut acknowledged) = (88_172_645_463_325_252, 0, 0);
        for _ in 0..kills() {
            let server = home.serve();
            let clients: Vec<_> = (0..4)
                .map(|_| {
                    next += 10_000;
                    let (address, first, sent) = (server.address, next, Arc::clone(&sent));
                    std::thread::spawn(move || {
                        let mut connection = Connection::new(address);
                        for n in first.. {
                            let command = CommandId::new().to_string();
                            sent.lock().unwrap().insert(command.clone(), (n, None));
                            let Some(receipt) = send(&mut connection, &command, n) else {
                                break;
                            };
                            sent.lock().unwrap().insert(command, (n, Some(receipt)));
                        }
                    })
                })
                .collect();
            // It is killed while it works: so many more were acknowledged, and others are under way.
            acknowledged += usize::try_from(5 + next_moment(&mut moment) % 40).unwrap();
            wait_for(&sent, acknowledged);
            server.kill();
            for client in clients {
                client.join().unwrap();
            }
            let sent = sent.lock().unwrap();
            acknowledged = sent
                .values()
                .filter(|(_, receipt)| receipt.is_some())
                .count();
        }
        let sent = sent.lock().unwrap();
        assert!(
            sent.len() > acknowledged,
            "no kill came while something was under way"
        );
        let server = home.serve();
        let mut connection = Connection::new(server.address);
        let mut receipts = BTreeSet::new();
        for (command, (n, receipt)) in sent.iter() {
            let again = send(&mut connection, command, *n).expect("it is taken now");
            if let Some(receipt) = receipt {
                assert_eq!(&again, receipt, "report {n} got another receipt");
            }
            assert!(receipts.insert(again), "report {n} shares its receipt");
        }
        server.kill();
        let (code, verified) = home.json(&["audit", "verify", "--json"]);
        assert_eq!(code, 0, "{verified}");
        // An identity and a symptom of every report, and not one more.
        assert_eq!(verified["facts"].as_u64(), Some(2 * sent.len() as u64));
    });
}

/// Starts an import and kills it a moment after it says that rows are taken in; whether it was
/// still running then.
fn killed_while_running(home: &Home, words: &[&str], wait: Duration) -> bool {
    let mut child = home
        .command(words)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    let goes = said
        .lines()
        .map_while(Result::ok)
        .any(|line| line.ends_with(" rows"));
    std::thread::sleep(wait);
    let running = goes && child.try_wait().unwrap().is_none();
    let _ = child.kill();
    running && child.wait().unwrap().code().is_none()
}

#[test]
fn an_import_under_random_kill_takes_every_row_once() {
    Home::each(|home| {
        let mut text = String::from("姓名,联系电话,发病日期\n");
        for n in 0..1_500 {
            writeln!(text, "表格{n},1991111{n:04},2025-01-0{}", n % 9 + 1).unwrap();
        }
        let list = home.file("list.csv", text.as_bytes());
        let words = [
            "import",
            "linelist",
            list.to_str().unwrap(),
            "--yes",
            "--json",
        ];
        let (mut moment, mut hits) = (7_046_029_254_386_353_131, 0);
        for _ in 0..kills() {
            let wait = Duration::from_millis(next_moment(&mut moment) % 60);
            hits += usize::from(killed_while_running(home, &words, wait));
        }
        assert!(hits > 0, "no kill hit a running import");
        let (code, report) = home.json(&words);
        assert_eq!(
            (code, report["read"].as_i64(), report["accepted"].as_i64()),
            (0, Some(1_500), Some(1_500))
        );
        let (code, verified) = home.json(&["audit", "verify", "--json"]);
        assert_eq!(code, 0, "{verified}");
        // An identity and an onset for every row, and not one more.
        assert_eq!(verified["facts"].as_i64(), Some(3_000));
    });
}

#[test]
fn a_destruction_under_random_kill_is_finished_and_leaves_nothing_to_read() {
    const ROWS: i64 = 4_000;
    Home::each(|home| {
        let mut text = String::from("姓名,联系电话,发病日期\n");
        for n in 0..ROWS {
            writeln!(text, "销毁{n},1992222{n:04},2020-02-0{}", n % 9 + 1).unwrap();
        }
        let list = home.file("新冠肺炎病例.csv", text.as_bytes());
        let words = [
            "import",
            "linelist",
            list.to_str().unwrap(),
            "--yes",
            "--json",
        ];
        let (code, report) = home.json(&words);
        assert_eq!((code, report["accepted"].as_i64()), (0, Some(ROWS)));
        assert_eq!(report["response"], "lists-covid-19");
        let kept = |home: &Home| {
            let store = home.store();
            (count(&store, "record_key"), count(&store, "token"))
        };
        let store = home.store();
        let id = response_named(&store, "lists-covid-19");
        destroy_response(&store, id);
        drop(store);
        // It was committed that it goes, and nothing was deleted yet.
        assert_eq!(kept(home).0, ROWS);
        let (mut moment, mut halfway, mut tries) = (1_442_695_040_888_963_407, 0, 0);
        while kept(home).0 > 0 {
            tries += 1;
            assert!(tries < 1_000, "it never ends");
            let before = kept(home).0;
            let server = home.serve();
            // Longer each time: how long a slice takes depends on the engine and the machine.
            let wait = next_moment(&mut moment) % (40 * tries);
            std::thread::sleep(Duration::from_millis(wait));
            server.kill();
            let after = kept(home).0;
            assert!(after <= before, "what was deleted is there again");
            halfway += u64::from(after > 0 && after < ROWS);
            if halfway >= kills() {
                break;
            }
        }
        assert!(halfway > 0, "no kill came in the middle");
        // Left alone, the next start finishes it.
        let server = home.serve();
        let begun = Instant::now();
        let (log, id) = (home.dir().join("keys/destroyed.log"), id.to_string());
        while !std::fs::read_to_string(&log).is_ok_and(|log| log.contains(&id)) {
            assert!(begun.elapsed() < Duration::from_mins(1), "nothing goes on");
            std::thread::sleep(Duration::from_millis(100));
        }
        server.kill();
        assert_eq!(kept(home), (0, 0));
        let (code, verified) = home.json(&["audit", "verify", "--json"]);
        assert_eq!(code, 0, "{verified}");
    });
}

#[test]
fn an_undoing_under_random_kill_withdraws_every_row_once() {
    const ROWS: i64 = 1_500;
    Home::each(|home| {
        let mut text = String::from("姓名,联系电话,发病日期\n");
        for n in 0..ROWS {
            writeln!(text, "错发{n},1993333{n:04},2025-01-0{}", n % 9 + 1).unwrap();
        }
        let list = home.file("wrong.csv", text.as_bytes());
        let taken = [
            "import",
            "linelist",
            list.to_str().unwrap(),
            "--yes",
            "--json",
        ];
        let (code, report) = home.json(&taken);
        assert_eq!((code, report["accepted"].as_i64()), (0, Some(ROWS)));
        let id = report["import"].as_str().unwrap().to_owned();
        let words = [
            "import",
            "undo",
            &id,
            "--reason",
            "发错了",
            "--yes",
            "--json",
        ];
        let (mut moment, mut hits) = (3_935_559_000_370_003_845, 0);
        for _ in 0..kills() {
            let wait = Duration::from_millis(next_moment(&mut moment) % 60);
            hits += usize::from(killed_while_running(home, &words, wait));
        }
        assert!(hits > 0, "no kill hit a running undoing");
        let (code, undone) = home.json(&words);
        assert_eq!((code, undone["state"].as_str()), (0, Some("undone")));
        let did = &undone["undo"];
        assert_eq!(
            (did["rows"].as_i64(), did["records"].as_i64()),
            (Some(ROWS), Some(ROWS))
        );
        let (code, verified) = home.json(&["audit", "verify", "--json"]);
        assert_eq!(code, 0, "{verified}");
        // An identity and an onset for every row, each withdrawn once.
        assert_eq!(verified["facts"].as_i64(), Some(4 * ROWS));
        let (code, again) = home.json(&taken);
        assert_eq!(
            (code, again["accepted"].as_i64(), again["matched"].as_i64()),
            (0, Some(ROWS), Some(0))
        );
    });
}
