//! Killed at random while it takes events: what was acknowledged answers, once.
//!
//! The test starts itself as the program to be killed: [`child`] writes and says on its output what was
//! acknowledged.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use fangxian_trace::{Case, Moment, Overlap, Person, Stream, Window};

use crate::folder::{Folder, RULES};
use crate::keeping::visit;
use crate::world::{FIRST, NOW};

const FOLDER: &str = "FANGXIAN_TRACE_CHILD";

#[expect(
    clippy::disallowed_methods,
    reason = "how long a test runs, and where its child writes, is told from outside"
)]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Person `n` with person 0, in one of three days; each person once.
fn event(n: u64) -> fangxian_trace::Event {
    visit(
        n,
        7,
        FIRST + u32::try_from(n % 3).unwrap() * 86_400,
        Some(600),
    )
}

#[test]
#[ignore = "child: the program that the kill test kills"]
fn child() {
    let Some(folder) = told(FOLDER) else { return };
    let (store, _) = fangxian_trace::Store::open(folder.as_ref(), RULES).unwrap();
    let first: u64 = told("FANGXIAN_TRACE_FIRST").unwrap().parse().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..2 {
            let store = &store;
            scope.spawn(move || {
                for batch in 0.. {
                    let from = first + thread * 1_000_000 + batch * 5;
                    let events: Vec<_> = (from..from + 5).map(event).collect();
                    store.ingest(&events, NOW).unwrap();
                    let mut out = std::io::stdout().lock();
                    writeln!(out, "acknowledged {from}").unwrap();
                    out.flush().unwrap();
                    drop(out);
                    if batch % 40 == 39 {
                        store.seal().unwrap();
                    }
                }
            });
        }
    });
}

#[test]
fn a_random_kill_loses_nothing_that_was_acknowledged() {
    let kills: u64 = told("FANGXIAN_TEST_KILLS")
        .and_then(|n| n.parse().ok())
        .unwrap_or(5);
    let folder = Folder::new();
    let mut acknowledged = BTreeSet::new();
    let mut moment: u64 = 88_172_645_463_325_252;
    for round in 0..kills {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .env("FANGXIAN_TRACE_FIRST", (1 + round * 2_000_000).to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let reader = std::thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            let number = |line: String| line.split_once("acknowledged ")?.1.parse::<u64>().ok();
            lines.filter_map(number).collect::<Vec<u64>>()
        });
        // xorshift: another moment in every round, the same moments in every run.
        moment ^= moment << 13;
        moment ^= moment >> 7;
        moment ^= moment << 17;
        std::thread::sleep(Duration::from_millis(60 + moment % 500));
        child.kill().unwrap();
        child.wait().unwrap();
        acknowledged.extend(reader.join().unwrap());
    }
    assert!(
        acknowledged.len() > 20,
        "only {} batches were acknowledged",
        acknowledged.len()
    );

    let (store, _) = folder.open();
    store
        .ingest(
            &(0..3)
                .map(|day| visit(0, 7, FIRST + day * 86_400, Some(600)))
                .collect::<Vec<_>>(),
            NOW,
        )
        .unwrap();
    let snapshot = store.snapshot();
    let case = Case {
        person: Person(0),
        window: Window::new(Moment(1), NOW),
    };
    let overlap = Overlap::of_seconds(std::num::NonZeroU32::MIN);
    let answer = snapshot.ask(Stream::Visits).contacts(&case, &overlap);
    let there: BTreeSet<u64> = answer.rows.iter().map(|c| c.person.0).collect();
    for n in acknowledged.iter().flat_map(|from| *from..from + 5) {
        assert!(
            there.contains(&n),
            "event {n} was acknowledged and is not there"
        );
    }
    assert!(
        answer.rows.iter().all(|c| c.overlaps == 1),
        "an event is there twice"
    );
    // Giving everything again changes nothing.
    let again: Vec<_> = acknowledged
        .iter()
        .flat_map(|from| *from..from + 5)
        .map(event)
        .collect();
    assert_eq!(
        store.ingest(&again, NOW).unwrap().repeated,
        again.len() as u64
    );
    assert_eq!(store.verify(true).unwrap(), []);
}
