//! Killed at random while it writes: what was acknowledged is there, once, and the trail holds.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fangxian_base::CommandId;

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

#[test]
fn a_random_kill_loses_nothing_that_was_acknowledged() {
    Home::each(|home| {
        let acknowledged = Arc::new(Mutex::new(BTreeMap::<String, (u64, String)>::new()));
        let mut moment: u64 = 88_172_645_463_325_252;
        let mut next = 0;
        for _ in 0..kills() {
            let server = home.serve();
            let clients: Vec<_> = (0..4)
                .map(|_| {
                    next += 10_000;
                    let (address, first) = (server.address, next);
                    let acknowledged = Arc::clone(&acknowledged);
                    std::thread::spawn(move || {
                        let mut connection = Connection::new(address);
                        for n in first.. {
                            let command = CommandId::new().to_string();
                            match send(&mut connection, &command, n) {
                                Some(receipt) => {
                                    acknowledged.lock().unwrap().insert(command, (n, receipt));
                                }
                                None => break,
                            }
                        }
                    })
                })
                .collect();
            // xorshift: another moment in every round, the same moments in every run.
            moment ^= moment << 13;
            moment ^= moment >> 7;
            moment ^= moment << 17;
            std::thread::sleep(Duration::from_millis(60 + moment % 500));
            server.kill();
            for client in clients {
                client.join().unwrap();
            }
        }
        let acknowledged = acknowledged.lock().unwrap();
        assert!(
            acknowledged.len() > 20,
            "only {} reports were acknowledged",
            acknowledged.len()
        );
        let server = home.serve();
        let mut connection = Connection::new(server.address);
        for (command, (n, receipt)) in acknowledged.iter() {
            let again = send(&mut connection, command, *n);
            assert_eq!(
                again.as_ref(),
                Some(receipt),
                "report {n} got another receipt"
            );
        }
        server.kill();
        let (code, verified) = home.json(&["audit", "verify", "--json"]);
        assert_eq!(code, 0, "{verified}");
        assert!(verified["facts"].as_i64().unwrap() > 0);
    });
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
        let mut moment: u64 = 7_046_029_254_386_353_131;
        for _ in 0..kills() {
            let mut child = home
                .command(&words)
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null())
                .spawn()
                .unwrap();
            moment ^= moment << 13;
            moment ^= moment >> 7;
            moment ^= moment << 17;
            std::thread::sleep(Duration::from_millis(40 + moment % 400));
            let _ = child.kill();
            child.wait().unwrap();
        }
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
