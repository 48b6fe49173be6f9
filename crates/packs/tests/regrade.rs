//! Re-grading says of everybody what two full assessments say, in order, on any number of threads,
//! and holds few people at a time.

#![expect(clippy::expect_used, reason = "a test may stop")]

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

use fangxian_packs::{
    Evidence, Fact, Input, Library, Outcome, Person, Regraded, Regrading, regrade, shipped_files,
};
use jiff::civil::date;

static OLD: LazyLock<Library> = LazyLock::new(|| Library::shipped().expect("packs load"));

/// The shipped packs with four days before onset instead of two.
static NEW: LazyLock<Library> = LazyLock::new(|| {
    let mut files = shipped_files();
    // With its old examples the changed pack would not load.
    files.retain(|(file, _)| !file.starts_with("diseases/covid-19/examples"));
    let line = "- { from: 2020-02-21, value: 2, cites: [plan-5, plan-9], label: official }";
    let pack = files.iter_mut().find(|(_, text)| text.contains(line));
    let (_, text) = pack.expect("the value stands in a pack");
    *text = text.replacen(line, &line.replace("value: 2", "value: 4"), 1);
    let loaded = Library::from_files(files);
    loaded.library.expect("the changed packs load")
});

const ASKED: Regrading<'_> = Regrading {
    disease: "covid-19",
    city: "wuchang",
    region: "",
    approvals: &[],
    on: date(2022, 7, 12),
    as_of: date(2022, 7, 12),
};

/// Made-up people: every third met a case, some days before its onset.
fn people(many: usize) -> impl Iterator<Item = Person<usize>> {
    (0..many).map(|key| {
        let day = |back: usize| {
            let back = i64::try_from(back).expect("a few days");
            fangxian_base::plus_days(date(2022, 7, 10), -back)
        };
        let met = Fact::new("c", "contact", Some(day(key % 11)))
            .with("with", "confirmed")
            .with("case_onset", day(key % 5))
            .with("protected", key % 7 == 0)
            .known_by(if key % 4 == 0 {
                Evidence::Declared
            } else {
                Evidence::Official
            });
        let mut facts = vec![
            Fact::new("f", "symptom", Some(day(key % 6)))
                .with("name", "fever")
                .with("present", key % 2 == 0)
                .known_by(Evidence::Declared),
            Fact::new("o", "onset", Some(day(key % 9))),
        ];
        if key % 3 == 0 {
            facts.push(met);
        }
        Person { key, facts }
    })
}

/// One after the other, by the whole assessment.
fn slowly(people: impl Iterator<Item = Person<usize>>) -> Vec<(usize, Outcome, Outcome)> {
    let ask = |library: &Library, facts: &[Fact]| {
        Outcome::of(&library.assess(&Input {
            disease: ASKED.disease,
            city: ASKED.city,
            region: ASKED.region,
            facts,
            approvals: ASKED.approvals,
            on: ASKED.on,
            as_of: ASKED.as_of,
        }))
    };
    people
        .map(|one| (one.key, ask(&OLD, &one.facts), ask(&NEW, &one.facts)))
        .filter(|(_, before, after)| before != after)
        .collect()
}

#[test]
fn on_any_number_of_threads_it_says_what_two_assessments_of_everybody_say() {
    let many = 5_000;
    let wanted = slowly(people(many));
    assert!(wanted.len() > 100, "{} changes", wanted.len());
    assert!(wanted.len() < many / 3, "{} changes", wanted.len());
    for threads in [1, 2, 3, 7] {
        let mut told: Vec<Regraded<usize>> = Vec::new();
        let threads = NonZeroUsize::new(threads).expect("some");
        let count = regrade(&OLD, &NEW, &ASKED, people(many), threads, |one| {
            told.push(one);
        });
        assert_eq!(count.persons, 5_000);
        assert_eq!(
            count.facts,
            people(many).map(|p| p.facts.len() as u64).sum::<u64>()
        );
        assert_eq!(count.changed, wanted.len() as u64);
        let restricted = |which| told.iter().filter(|one| one.restricted == which).count() as u64;
        assert_eq!(count.more_restricted, restricted(Some(true)));
        assert_eq!(count.less_restricted, restricted(Some(false)));
        assert!(count.more_restricted > 0, "nobody more is restricted");
        assert_eq!(count.less_restricted, 0, "longer windows let nobody go");
        let told: Vec<_> = told
            .into_iter()
            .map(|one| (one.key, one.before, one.after))
            .collect();
        assert!(told == wanted, "{threads} threads say something else");
    }
}

#[test]
fn the_same_rules_change_nobody() {
    let two = NonZeroUsize::new(2).expect("some");
    let count = regrade(&OLD, &OLD, &ASKED, people(3_000), two, |one| {
        panic!("{one:?}");
    });
    assert_eq!((count.persons, count.changed), (3_000, 0));
    let nobody = regrade(&OLD, &NEW, &ASKED, people(0), two, |_| {});
    assert_eq!(nobody.persons, 0);
}

#[test]
fn it_holds_few_people_at_a_time_however_many_come() {
    let (fetched, most, known) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let threads = NonZeroUsize::new(2).expect("some");
    let all = people(20_000).inspect(|_| fetched.set(fetched.get() + 1));
    regrade(&OLD, &NEW, &ASKED, all, threads, |one| {
        known.set(known.get() + 1);
        most.set(most.get().max(fetched.get() - one.key));
    });
    assert!(known.get() > 100);
    // What is judged, and what is fetched meanwhile.
    let held = 2 * 2 * 1024;
    assert!(most.get() <= held, "{} people at once", most.get());
}
