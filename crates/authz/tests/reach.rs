//! A row is in a list exactly when the rules allow that one row to be seen.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops where it fails"
)]

mod common;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use common::{NOW, World, path};
use fangxian_authz::{About, Action, Actor, Authz, Grant, Purpose, Resource, Role};
use fangxian_base::Instant;
use fangxian_domain::units::UnitKind;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

static AUTHZ: LazyLock<Authz> = LazyLock::new(|| Authz::new().unwrap());
static WORLD: LazyLock<World> = LazyLock::new(World::new);

const AREAS: [&str; 8] = [
    "a.",
    "a.03.",
    "a.03.12.",
    "a.03.12.007.",
    "a.031.",
    "a.04.",
    "a.04.01.",
    "a.1.",
];

fn shown() -> Vec<Action> {
    common::actions().filter(|action| action.shows()).collect()
}

fn grants() -> impl Strategy<Value = Vec<Grant>> {
    let grant = (
        select(Role::ALL),
        select(&AREAS[..]),
        select(vec![
            None,
            None,
            Some(WORLD.response),
            Some(WORLD.elsewhere),
        ]),
        select(vec![
            None,
            None,
            Some(NOW.plus_minutes(1)),
            Some(NOW),
            Some(NOW.plus_hours(-1)),
        ]),
    )
        .prop_map(|(role, area, response, until)| Grant {
            role,
            area: path(area),
            response,
            until,
        });
    prop::collection::vec(grant, 0..4)
}

fn actor() -> impl Strategy<Value = Actor> {
    let kind = prop_oneof![
        2 => Just(UnitKind::CdcInstitution),
        3 => select(&UnitKind::ALL[..]),
    ];
    (kind, grants()).prop_map(|(kind, grants)| WORLD.actor(kind, &grants))
}

fn about() -> impl Strategy<Value = About> {
    let responses = || subsequence(vec![WORLD.response, WORLD.elsewhere], 0..=2);
    (select(&AREAS[..]), any::<bool>(), responses(), responses()).prop_map(
        |(area, sealed, open, closed)| About {
            area: path(area),
            sealed,
            closed: closed
                .into_iter()
                .filter(|one| !open.contains(one))
                .collect(),
            open: open.into_iter().collect(),
        },
    )
}

/// A thing of the action's kind with everything that rules could look at left to chance.
fn thing(action: Action) -> impl Strategy<Value = Resource> {
    let user = || select(vec![None, Some(WORLD.me), Some(WORLD.other)]);
    let unit = || select(vec![None, Some(WORLD.mine), Some(WORLD.theirs)]);
    let kinds = subsequence(UnitKind::ALL.to_vec(), 0..=UnitKind::ALL.len());
    (about(), user(), user(), unit(), kinds, any::<bool>()).prop_map(
        move |(about, one, two, from, kinds, flag)| {
            let mut thing = WORLD.strange(action.kind(), about);
            match &mut thing {
                Resource::Intake { submitted_by, .. } => *submitted_by = from,
                Resource::Report {
                    submitted_by,
                    statutory,
                    ..
                } => {
                    (*submitted_by, *statutory) = (from, flag);
                }
                Resource::Review {
                    first_looker,
                    second_looker,
                    ..
                } => {
                    (*first_looker, *second_looker) = (one, two);
                }
                Resource::Measure {
                    organ_kinds,
                    restricts_personal,
                    first_looker,
                    second_looker,
                    decided_by,
                    decider,
                    ..
                } => {
                    *organ_kinds = BTreeSet::from_iter(kinds);
                    *restricts_personal = flag;
                    (*first_looker, *second_looker, *decided_by) = (one, two, from);
                    *decider = one;
                }
                Resource::Appeal {
                    took_part,
                    assignee,
                    decided_by,
                    ..
                } => {
                    *took_part = two.into_iter().collect();
                    (*assignee, *decided_by) = (one, from);
                }
                Resource::Task { assignee, .. } => *assignee = one,
                Resource::Response {
                    closed,
                    closed_by,
                    proposed_by,
                    ..
                } => {
                    (*closed, *closed_by, *proposed_by) = (flag, one, two);
                }
                Resource::Account { user, .. } => *user = one,
                Resource::Import { .. }
                | Resource::Person { .. }
                | Resource::Pair { .. }
                | Resource::Alert { .. }
                | Resource::Figures { .. }
                | Resource::Installation => {}
            }
            thing
        },
    )
}

fn question(
    actions: Vec<Action>,
) -> impl Strategy<Value = (Action, Resource, Option<Purpose>, Actor)> {
    let purpose = prop::option::weighted(0.9, select(Purpose::ALL));
    (select(actions), purpose, actor()).prop_flat_map(|(action, purpose, actor)| {
        (Just(action), thing(action), Just(purpose), Just(actor))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_row_is_in_the_list_exactly_when_it_may_be_seen(
        (action, thing, purpose, actor) in question(shown())
    ) {
        let allowed = AUTHZ.decide(&actor, action, &thing, purpose, NOW).is_ok();
        let listed = AUTHZ
            .reach(&actor, action, purpose, NOW)
            .is_ok_and(|reach| reach.contains(&thing));
        prop_assert_eq!(allowed, listed);
    }

    #[test]
    fn whatever_is_allowed_stands_in_the_menu(
        (action, thing, purpose, actor) in question(Action::ALL.to_vec())
    ) {
        if AUTHZ.decide(&actor, action, &thing, purpose, NOW).is_ok() {
            prop_assert!(AUTHZ.may(&actor, action, NOW));
            prop_assert!(purpose.is_none_or(|p| AUTHZ.purposes(&actor, action, NOW).contains(&p)));
        }
    }
}

#[test]
fn random_questions_are_allowed_often_enough_to_mean_something() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut allowed = 0;
    for _ in 0..1_000 {
        let (action, thing, purpose, actor) =
            question(shown()).new_tree(&mut runner).unwrap().current();
        allowed += u32::from(AUTHZ.decide(&actor, action, &thing, purpose, NOW).is_ok());
    }
    assert!(allowed >= 20, "{allowed} of 1,000");
}

#[test]
fn a_grid_worker_reaches_the_own_tasks_of_the_area_and_nothing_sealed_or_closed() {
    let grid = WORLD.one(Role::Grid, UnitKind::Community, "a.03.12.");
    let reach = AUTHZ
        .reach(&grid, Action::TasksList, Some(Purpose::TaskWork), NOW)
        .unwrap();
    let [part] = reach.parts() else {
        panic!("{reach:?}")
    };
    assert_eq!(
        (part.prefix.lower(), part.prefix.upper().as_str()),
        ("a.03.12.", "a.03.12/")
    );
    assert!(part.own_tasks_only && !part.own_unit_only && !part.sealed && !part.closed);
    assert_eq!(reach.permit().policies(), ["own-tasks"]);
    let denied = AUTHZ
        .reach(&grid, Action::PeopleSearch, Some(Purpose::Intake), NOW)
        .unwrap_err();
    assert_eq!((denied.code(), denied.may_know()), ("not-permitted", true));
}

#[test]
fn two_grants_make_two_parts_and_the_wider_swallows_the_narrower() {
    let grants = [
        Grant::new(Role::Lead, path("a.03.")),
        Grant::new(Role::Grid, path("a.03.12.")),
        Grant::new(Role::Grid, path("a.04.01.")),
    ];
    let lead = WORLD.actor(UnitKind::Township, &grants);
    let reach = AUTHZ
        .reach(&lead, Action::TasksList, Some(Purpose::TaskWork), NOW)
        .unwrap();
    let parts: Vec<_> = reach
        .parts()
        .iter()
        .map(|part| (part.prefix.lower(), part.own_tasks_only))
        .collect();
    assert_eq!(parts, [("a.03.", false), ("a.04.01.", true)]);
}

#[test]
#[ignore = "prints how long decisions take; run with --ignored --nocapture"]
fn how_long_decisions_take() {
    let grants = [
        Grant::new(Role::Desk, path("a.03.")),
        Grant::new(Role::Lead, path("a.04.")),
    ];
    let actor = WORLD.actor(UnitKind::CdcInstitution, &grants);
    let file = Resource::Person {
        about: About::new(path("a.03.12.007.")).in_open(WORLD.response),
    };
    let far = Resource::Person {
        about: About::new(path("a.09.")),
    };
    let purpose = Some(Purpose::Intake);
    let time = |what: &str, times: u32, run: &dyn Fn(&Authz)| {
        let authz = Authz::new().unwrap();
        let start = std::time::Instant::now();
        for _ in 0..times {
            run(&authz);
        }
        println!(
            "{what}: {:.1} µs",
            start.elapsed().as_secs_f64() * 1e6 / f64::from(times)
        );
    };
    let start = std::time::Instant::now();
    Authz::new().unwrap();
    println!(
        "load and validate: {:.1} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
    time("decide, allowed", 20_000, &|authz| {
        assert!(
            authz
                .decide(&actor, Action::PeopleRead, &file, purpose, NOW)
                .is_ok()
        );
    });
    time("decide, refused and hidden", 1_000, &|authz| {
        assert!(
            authz
                .decide(&actor, Action::PeopleRead, &far, purpose, NOW)
                .is_err()
        );
    });
    time("reach, first time", 1, &|authz| {
        assert!(
            authz
                .reach(&actor, Action::TasksList, Some(Purpose::TaskWork), NOW)
                .is_ok()
        );
    });
    time("reach, remembered", 20_000, &|authz| {
        assert!(
            authz
                .reach(&actor, Action::TasksList, Some(Purpose::TaskWork), NOW)
                .is_ok()
        );
    });
    time("menu of all actions, remembered", 1_000, &|authz| {
        for action in common::actions() {
            authz.may(&actor, action, Instant::from_millis(0));
        }
    });
}
