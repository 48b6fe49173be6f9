//! Index = plain loops = SQL, whatever happened to the store before.

use std::num::NonZeroU32;

use fangxian_trace::ask::companions::CompanionRule;
use fangxian_trace::{Case, Moment, Overlap, Person, Stream, Window};
use proptest::prelude::*;

use crate::folder::Folder;
use crate::sql::Sql;
use crate::world::{FIRST, NOW, PEOPLE, Step, World, steps};

fn overlap(seconds: u32) -> Overlap {
    Overlap::of_seconds(NonZeroU32::new(seconds).unwrap())
}

fn windows() -> impl Strategy<Value = Window> {
    let whole = Window::new(Moment(1), Moment(FIRST + 20 * 86_400));
    let hours = (0_u32..80, 0_u32..60).prop_map(|(from, length)| {
        Window::new(
            Moment(FIRST + from * 3_600),
            Moment(FIRST + (from + length) * 3_600),
        )
    });
    prop_oneof![1 => Just(whole), 3 => hours]
}

/// Lives through the steps; the store as it is then, in its folder.
fn live(steps: &[Step]) -> (Folder, fangxian_trace::Store, World) {
    let folder = Folder::new();
    let (mut store, _) = folder.open();
    let mut world = World::default();
    for step in steps {
        match step {
            Step::Tell(events) => {
                let done = store.ingest(events, NOW).unwrap();
                assert_eq!(done.refused, []);
                assert_eq!(
                    done.added + done.changed + done.repeated,
                    events.len() as u64
                );
                for event in events {
                    world.tell(event);
                }
            }
            Step::Seal => store.seal().unwrap(),
            Step::Reopen => {
                drop(store);
                store = folder.open().0;
            }
            Step::Erase(person) => {
                store.erase(*person, NOW).unwrap();
                world.erase(*person);
            }
        }
    }
    assert_eq!(store.verify(true).unwrap(), []);
    (folder, store, world)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_index_answers_as_plain_loops_and_sql_do(
        steps in steps(),
        window in windows(),
        shortest in prop_oneof![Just(1_u32), Just(900), 1_u32..4_000],
        long in 1_u64..200_000,
    ) {
        let (_folder, store, world) = live(&steps);
        let snapshot = store.snapshot();
        let ask = snapshot.ask(Stream::Visits);
        let sql = Sql::of(&world.stays());
        let cases: Vec<Case> = (0..PEOPLE).map(|p| Case { person: Person(p), window }).collect();
        for case in &cases {
            let answer = ask.contacts(case, &overlap(shortest));
            let expected = world.contacts(case, shortest);
            prop_assert_eq!(&answer.rows, &expected);
            prop_assert_eq!(&sql.contacts(world.who(case.person.0), window, shortest), &expected);
            for contact in &answer.rows {
                let meetings = ask.meetings(case.person, contact.person, window, &overlap(shortest));
                // The window cuts both sides alike, so the meetings add up to the contact.
                let seconds: u64 = meetings.iter().map(|m| u64::from(m.together.to.0 - m.together.from.0)).sum();
                prop_assert_eq!((meetings.len() as u64, seconds), (u64::from(contact.overlaps), contact.seconds));
            }

            let rule = CompanionRule { joint: overlap(shortest), stay_seconds_min: long };
            let rows = ask.companions(case, &rule).rows;
            let rows: Vec<_> = rows.into_iter().map(|r| (r.cell, r.contact, r.because)).collect();
            prop_assert_eq!(&rows, &world.companions(case, shortest, long));
            let who = world.who(case.person.0);
            prop_assert_eq!(&rows, &sql.companions(who, window, shortest, long));

            let points = ask.points(case, &overlap(shortest)).rows;
            let points: Vec<_> = points.into_iter().map(|p| (p.place, p.visitors)).collect();
            prop_assert_eq!(&points, &world.points(case, shortest));
            let flat: Vec<_> = points.iter().flat_map(|(p, v)| v.iter().map(|c| (*p, *c))).collect();
            prop_assert_eq!(&flat, &sql.points(who, window, shortest));
        }
        for count in [1, 3] {
            let cases = &cases[..count];
            let rows = ask.ring2(cases, &overlap(shortest), long).rows;
            let expected = world.ring2(cases, shortest, long);
            prop_assert_eq!(&rows, &expected);
            let people: Vec<u64> = cases.iter().map(|c| world.who(c.person.0)).collect();
            prop_assert_eq!(&sql.ring2(&people, window, shortest, long), &expected);
        }
        let pairs = ask.case_pairs(&cases, &overlap(shortest)).rows;
        let everybody: Vec<u64> = (0..PEOPLE).map(|p| world.who(p)).collect();
        let told: Vec<_> = pairs.iter().map(|p| (p.one, p.place, p.other)).collect();
        prop_assert_eq!(told, sql.pairs(&everybody, window, shortest));
        for pair in &pairs {
            let case = Case { person: pair.one, window };
            let with: Vec<_> = pairs.iter().filter(|p| p.one == pair.one && p.other.person == pair.other.person).collect();
            let contact = world.contacts(&case, shortest).into_iter().find(|c| c.person == pair.other.person);
            let seconds: u64 = with.iter().map(|p| p.other.seconds).sum();
            prop_assert_eq!(contact.map(|c| c.seconds), Some(seconds));
        }
        let found: u64 = pairs.iter().map(|p| p.other.seconds).sum();
        let each: u64 = (0..PEOPLE).filter(|p| world.who(*p) == *p)
            .flat_map(|p| world.contacts(&Case { person: Person(p), window }, shortest)).map(|c| c.seconds).sum();
        prop_assert_eq!(found * 2, each);
        let shared: Vec<_> = ask.shared_places(&cases, 2).rows.iter().map(|s| (s.place, s.cases)).collect();
        prop_assert_eq!(shared, world.shared(&cases, 2));
    }

    #[test]
    fn the_order_of_telling_changes_no_imputed_end(
        mut events in crate::world::events(),
        seed in any::<prop::sample::Index>(),
    ) {
        use fangxian_trace::Event;
        // Of one identity only one telling, and no withdrawal: what replaces what does depend on order.
        let mut known = std::collections::BTreeSet::new();
        events.retain(|event| match event {
            Event::Seen(_, s) => known.insert((s.person, s.place, s.from)),
            _ => false,
        });
        prop_assume!(!events.is_empty());
        let mut turned = events.clone();
        turned.rotate_left(seed.index(events.len()));
        turned.reverse();
        let answer = |events: &[Event]| {
            let (_folder, store, _) = live(&[Step::Tell(events.to_vec())]);
            let window = Window::new(Moment(1), NOW);
            let snapshot = store.snapshot();
            let ask = snapshot.ask(Stream::Visits);
            (0..PEOPLE).map(|p| ask.contacts(&Case { person: Person(p), window }, &overlap(1)).rows).collect::<Vec<_>>()
        };
        prop_assert_eq!(answer(&events), answer(&turned));
    }
}

#[test]
fn a_crowded_place_is_left_out_and_named() {
    let (_folder, store, _) = live(&[Step::Tell(
        (0..6).map(crate::keeping::at_the_market).collect(),
    )]);
    let snapshot = store.snapshot();
    let ask = snapshot.ask(Stream::Visits);
    let case = Case {
        person: Person(1),
        window: Window::new(Moment(1), NOW),
    };
    let rule = |crowd_max| Overlap {
        crowd_max,
        ..overlap(60)
    };
    let all = ask.contacts(&case, &rule(Some(6)));
    assert_eq!((all.rows.len(), all.crowds.len()), (5, 0));
    let left_out = ask.contacts(&case, &rule(Some(5)));
    assert_eq!(
        (
            left_out.rows.len(),
            left_out.crowds.len(),
            left_out.crowds[0].stays
        ),
        (0, 1, 6)
    );
    assert_eq!(
        ask.contacts(
            &Case {
                person: Person(99),
                ..case
            },
            &overlap(60)
        )
        .unknown,
        [Person(99)]
    );
}
