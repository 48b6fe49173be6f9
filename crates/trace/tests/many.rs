//! What is asked for many cases at once is what is asked for each.

use std::collections::BTreeMap;

use fangxian_trace::ask::contacts::Scratch;
use fangxian_trace::ask::recolour::Facts;
use fangxian_trace::{Case, Event, How, Moment, Overlap, Person, Place, Sighting, Stream, Window};
use proptest::prelude::*;

use crate::folder::Folder;
use crate::world::{FIRST, NOW};

const DAY: u32 = 86_400;
const PEOPLE: u32 = 300;
/// Pseudonyms are in another order than the numbers that people get.
const fn pseudonym(n: u32) -> Person {
    Person((n as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// Numbers that follow from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, size: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(size)).unwrap()
    }
}

/// Most stays are at one place, often equally long, some of them twice, of more than a day or without an end.
fn stay(random: &mut Random) -> Sighting {
    let from = Moment(FIRST + random.below(4) * DAY + random.below(50) * 1_000);
    let seconds = match random.below(20) {
        0 => 100_000,
        1 => 0,
        _ => (1 + random.below(9)) * 1_800,
    };
    Sighting {
        person: pseudonym(random.below(PEOPLE)),
        place: Place(u64::from(random.below(10) / 8)),
        from,
        to: (random.below(10) > 0).then(|| from.plus(seconds)),
        how: How::Scan,
        confidence: 100,
    }
}

fn seen(stays: &[Sighting]) -> Vec<Event> {
    stays
        .iter()
        .map(|stay| Event::Seen(Stream::Visits, *stay))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 20, ..ProptestConfig::default() })]

    /// There are so many stays at the place which the cases have in common that it is made ready for all of them.
    #[test]
    fn points_of_many_cases_are_those_of_each(seed in any::<u64>(), shortest in 1_u32..8_000) {
        let random = &mut Random(seed);
        let (folder, stays) = (Folder::new(), (0..1_500).map(|_| stay(random)).collect::<Vec<_>>());
        let (store, _) = folder.open();
        store.ingest(&seen(&stays[..1_000]), NOW).unwrap();
        store.seal().unwrap();
        let mut later = seen(&stays[1_000..]);
        later.extend(stays.iter().step_by(31).map(|stay| Event::Withdrawn {
            stream: Stream::Visits,
            person: stay.person,
            place: stay.place,
            from: stay.from,
        }));
        later.extend((0..9).map(|n| Event::Same { person: pseudonym(n), as_person: pseudonym(n * 7 + 20) }));
        store.ingest(&later, NOW).unwrap();

        let snapshot = store.snapshot();
        let ask = snapshot.ask(Stream::Visits);
        let cases: Vec<Case> = (0..40).map(|n| {
            let from = Moment(FIRST + random.below(4 * DAY));
            Case { person: pseudonym(n * 8), window: Window::new(from, from.plus(random.below(3 * DAY))) }
        }).collect();
        let rule = Overlap::of_seconds(std::num::NonZeroU32::new(shortest).unwrap());
        let mut answers = Vec::new();
        ask.points_of_each(&cases, &rule, &mut Scratch::default(), |at, answer| answers.push((at, answer)));
        let each: Vec<_> = cases.iter().map(|case| ask.points(case, &rule)).enumerate().collect();
        prop_assert!(each.iter().any(|(_, answer)| answer.rows.iter().any(|point| point.visitors.len() > 100)));
        prop_assert_eq!(answers, each);
    }
}

/// Moments are told apart to the end of their range, also beyond 2038, where one of 32 bits begins to mean more.
#[test]
fn what_is_known_of_a_person_is_right_after_2038() {
    let late = Moment(3_000_000_000);
    let folder = Folder::new();
    let (store, _) = folder.open();
    let stay = |n: u32, from: Moment| Sighting {
        person: pseudonym(n),
        place: Place(1),
        from,
        to: Some(from.plus(600)),
        how: How::Scan,
        confidence: 100,
    };
    let stays: Vec<Sighting> = (0..4).map(|n| stay(n, late)).collect();
    store.ingest(&seen(&stays), late.plus(DAY)).unwrap();
    let snapshot = store.snapshot();
    let ask = snapshot.ask(Stream::Visits);
    let facts = Facts {
        tests: vec![
            (pseudonym(0), late, true),
            (pseudonym(0), late.minus(5), false),
            (pseudonym(1), Moment(5), true),
            (pseudonym(1), late.minus(7), false),
            (pseudonym(2), late.plus(DAY), true),
        ],
        exposures: vec![
            (pseudonym(0), late.plus(9), true),
            (pseudonym(1), late, false),
        ],
        risk_cells: vec![(Place(1), late.plus(100))],
    };
    let standings = ask.standings(&ask.number(&facts), late.plus(DAY));
    let known: BTreeMap<Person, _> = ask
        .everybody()
        .map(|(number, person)| (person, standings[number]))
        .collect();
    let of = |n: u32| known[&pseudonym(n)];
    assert_eq!(of(0).last_test(), Some((late, true)));
    assert_eq!(of(1).last_test(), Some((late.minus(7), false)));
    assert_eq!((of(2).last_test(), of(3).last_test()), (None, None));
    assert_eq!(
        (of(0).exposed, of(0).closely_exposed),
        (late.plus(9), late.plus(9))
    );
    assert_eq!((of(1).exposed, of(1).closely_exposed), (late, Moment(0)));
    assert_eq!((of(0).risk_seconds(), of(3).risk_seconds()), (500, 500));
}
