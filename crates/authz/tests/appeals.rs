//! Who answers an appeal, and who lets a measure rest.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use common::{NOW, World, path};
use fangxian_authz::{About, Action, Actor, Authz, Purpose, Resource, Role};
use fangxian_domain::units::UnitKind;

fn cause(actor: &Actor, action: Action, thing: &Resource) -> String {
    let answer = Authz::new()
        .unwrap()
        .decide(actor, action, thing, Some(Purpose::Appeal), NOW);
    answer.map_or_else(|no| no.cause().to_owned(), |_| "ok".to_owned())
}

#[test]
fn an_appeal_is_answered_by_the_person_named_who_had_no_part_in_the_measure() {
    let world = World::new();
    let organ = world.one(Role::Organ, UnitKind::Government, "a.");
    let appeal = |took_part: &[_], assignee, decided_by| Resource::Appeal {
        about: About::new(path("a.03.12.")),
        took_part: took_part.iter().copied().collect(),
        assignee,
        decided_by: Some(decided_by),
    };
    let answer = |thing: &Resource| cause(&organ, Action::AppealsAnswer, thing);
    let (me, other) = (world.me, world.other);
    assert_eq!(answer(&appeal(&[other], Some(me), world.theirs)), "ok");
    assert_eq!(
        answer(&appeal(&[other, me], Some(me), world.theirs)),
        "appeal-by-another"
    );
    for assignee in [None, Some(other)] {
        let thing = appeal(&[], assignee, world.theirs);
        assert_eq!(answer(&thing), "appeal-by-assignee");
    }
    let rest = |unit| {
        let thing = appeal(&[], None, unit);
        cause(&organ, Action::AppealsRelieve, &thing)
    };
    assert_eq!(rest(world.mine), "ok");
    assert_eq!(rest(world.theirs), "relief-by-deciding-organ");
}
