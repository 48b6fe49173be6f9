//! `fangxian bench regrade`: a change of one number of a pack put to many made-up persons, beside the
//! whole assessment of each of them under both sets of rules, one after the other.

use std::num::NonZeroUsize;
use std::time::Instant;

use fangxian_base::{Date, plus_days};
use fangxian_packs::{
    Evidence, Fact, Input, Library, Outcome, Person, Regrading, regrade, shipped_files,
};
use serde::Serialize;

use super::import::{forget_peak, peak};
use crate::args::RegradeMeasured;
use crate::out::{self, Ended, Failed};
use crate::trace::bench::machine;

/// The number that changes: contacts count from so many days before onset.
const LINE: &str = "- { from: 2020-02-21, value: 2, cites: [plan-5, plan-9], label: official }";
/// What stands there instead.
const CHANGED: (&str, &str) = ("value: 2", "value: 4");
/// The peer asks one person of so many.
const PEER_OF: u64 = 10;

#[derive(Serialize)]
struct Measured {
    machine: String,
    change: String,
    on: Date,
    threads: usize,
    persons: u64,
    facts: u64,
    changed: u64,
    more_restricted: u64,
    less_restricted: u64,
    seconds: f64,
    cpu_seconds: f64,
    making_persons_cpu_seconds: f64,
    peak_memory_mb: Option<f64>,
    memory_before_mb: Option<f64>,
    peer: &'static str,
    peer_persons: u64,
    peer_cpu_seconds: f64,
    cpu_times_less_than_peer: f64,
    same_changes_as_peer: bool,
}

/// Measures, and prints what came of it.
pub fn run(args: &RegradeMeasured) -> Result<Ended, Failed> {
    let old = Library::shipped()?;
    let new = changed()?;
    let on: Date = Date::constant(2022, 7, 12);
    let asked = Regrading {
        disease: "covid-19",
        city: "wuchang",
        region: "",
        approvals: &[],
        on,
        as_of: on,
    };
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let people = || People::new(args, on);

    let began = cpu()?;
    let made: usize = people().map(|person| person.facts.len()).sum();
    let making = cpu()? - began;
    std::hint::black_box(made);

    forget_peak();
    let memory_before = peak();
    let (began, wall) = (cpu()?, Instant::now());
    // Of the list of changes, which goes on to whoever decides, the peer needs the first part.
    let peer_persons = args.persons / PEER_OF;
    let mut first: Vec<u64> = Vec::new();
    let count = regrade(&old, &new, &asked, people(), threads, |change| {
        if change.key < peer_persons {
            first.push(change.key);
        }
    });
    let (seconds, used) = (wall.elapsed().as_secs_f64(), cpu()? - began);
    let peak_memory = peak();

    let take = usize::try_from(peer_persons).unwrap_or(usize::MAX);
    let began = cpu()?;
    let theirs = one_by_one(&old, &new, &asked, people().take(take));
    let peer = cpu()? - began;
    let same = theirs == first;
    let own_share = (used - making) / real(args.persons);
    let making_share = making / real(args.persons);
    let peer_share = peer / real(peer_persons) - making_share;
    out::json(&Measured {
        machine: machine(),
        change: format!("{LINE}: {} → {}", CHANGED.0, CHANGED.1),
        on,
        threads: threads.get(),
        persons: count.persons,
        facts: count.facts,
        changed: count.changed,
        more_restricted: count.more_restricted,
        less_restricted: count.less_restricted,
        seconds,
        cpu_seconds: used,
        making_persons_cpu_seconds: making,
        peak_memory_mb: peak_memory,
        memory_before_mb: memory_before,
        peer: "both packs assessed in full, with reasons, person by person",
        peer_persons,
        peer_cpu_seconds: peer,
        cpu_times_less_than_peer: peer_share / own_share,
        same_changes_as_peer: same,
    })?;
    Ok(if same { Ended::Done } else { Ended::Finding })
}

/// The shipped packs with one number changed.
fn changed() -> Result<Library, Failed> {
    let mut files = shipped_files();
    // With its old examples the changed pack would not load.
    files.retain(|(file, _)| !file.starts_with("diseases/covid-19/examples"));
    let pack = files.iter_mut().find(|(_, text)| text.contains(LINE));
    let Some((_, text)) = pack else {
        return Err(Failed::new(
            "the number that is to change stands in no pack",
        ));
    };
    *text = text.replacen(LINE, &LINE.replace(CHANGED.0, CHANGED.1), 1);
    let loaded = Library::from_files(files);
    loaded.library.ok_or_else(|| {
        loaded.findings.iter().for_each(out::note);
        Failed::new("the changed packs do not load")
    })
}

/// What the peer does: whose answers differ.
fn one_by_one(
    old: &Library,
    new: &Library,
    asked: &Regrading<'_>,
    people: impl Iterator<Item = Person<u64>>,
) -> Vec<u64> {
    let answer = |library: &Library, facts: &[Fact]| {
        Outcome::of(&library.assess(&Input {
            disease: asked.disease,
            city: asked.city,
            region: asked.region,
            facts,
            approvals: asked.approvals,
            on: asked.on,
            as_of: asked.as_of,
        }))
    };
    people
        .filter(|person| answer(old, &person.facts) != answer(new, &person.facts))
        .map(|person| person.key)
        .collect()
}

/// Made-up persons, one after the other, so that none is kept.
struct People {
    next: u64,
    persons: u64,
    facts: u64,
    seed: u64,
    on: Date,
}

impl People {
    const fn new(args: &RegradeMeasured, on: Date) -> Self {
        Self {
            next: 0,
            persons: args.persons,
            facts: args.facts,
            seed: args.seed,
            on,
        }
    }
}

impl Iterator for People {
    type Item = Person<u64>;

    fn next(&mut self) -> Option<Person<u64>> {
        let key = self.next;
        if key >= self.persons {
            return None;
        }
        self.next += 1;
        // So many that all of them together have the number asked for.
        let upto = |key: u64| u128::from(key) * u128::from(self.facts) / u128::from(self.persons);
        let many = upto(key + 1) - upto(key);
        let mut mix = self.seed ^ key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let facts = (0..many).map(|n| a_fact(n == 0, &mut mix, self.on));
        Some(Person {
            key,
            facts: facts.collect(),
        })
    }
}

/// A number below `of`, and the next state: a linear congruence with its high bits.
fn pick(mix: &mut u64, of: u64) -> u64 {
    *mix = mix
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*mix >> 33) % of
}

fn one<'w>(mix: &mut u64, words: &[&'w str]) -> &'w str {
    let at = usize::try_from(pick(mix, words.len() as u64)).unwrap_or_default();
    words.get(at).copied().unwrap_or_default()
}

/// A fact of the days before; the first of one person in three is a contact with a case.
fn a_fact(first: bool, mix: &mut u64, on: Date) -> Fact {
    let back = i64::try_from(pick(mix, 14)).unwrap_or_default();
    let day = Some(plus_days(on, -back));
    let kind = if first {
        pick(mix, 3)
    } else {
        1 + pick(mix, 6)
    };
    let id = format!("{:x}", *mix >> 16);
    match kind {
        0 => {
            let onset = i64::try_from(pick(mix, 6)).unwrap_or_default();
            Fact::new(id, "contact", day)
                .with(
                    "with",
                    one(
                        mix,
                        &["confirmed", "confirmed", "suspected", "asymptomatic"],
                    ),
                )
                .with("case_onset", plus_days(on, -onset))
                .with("protected", pick(mix, 4) == 0)
                .known_by(Evidence::Official)
        }
        1 => Fact::new(id, "symptom", day)
            .with(
                "name",
                one(mix, &["fever", "cough", "sore_throat", "breathless"]),
            )
            .with("present", pick(mix, 3) > 0)
            .known_by(Evidence::Declared),
        2 => Fact::new(id, "test", day)
            .with("kind", "pcr")
            .with(
                "result",
                one(mix, &["negative", "negative", "negative", "positive"]),
            )
            .known_by(Evidence::Laboratory),
        3 => Fact::new(id, "vaccination", day)
            .with("any", true)
            .known_by(Evidence::Register),
        4 => Fact::new(id, "onset", day).known_by(Evidence::Declared),
        5 => Fact::new(id, "stay", day)
            .with("place", "community_with_cases")
            .known_by(Evidence::Register),
        _ => Fact::new(id, "visit", day).known_by(Evidence::Observed),
    }
}

/// CPU seconds of this process, ended threads included, in hundredths.
fn cpu() -> Result<f64, Failed> {
    let unreadable = || {
        Failed::new("CPU seconds cannot be read from `/proc/self/stat`")
            .hint("this measurement needs Linux")
    };
    let text = std::fs::read_to_string("/proc/self/stat").map_err(|_why| unreadable())?;
    // The name of the program, which may hold spaces, ends with the last bracket; user and system
    // time are the twelfth and thirteenth field after it.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: Vec<u32> = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    match ticks.as_slice() {
        [user, system] => Ok(f64::from(user + system) / 100.0),
        _ => Err(unreadable()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn real(count: u64) -> f64 {
    count as f64
}
