//! Who confirms a decision that a limit holds.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::collections::BTreeSet;

use common::{NOW, World, path};
use fangxian_authz::{About, Action, Actor, Authz, Purpose, Resource, Role};
use fangxian_domain::units::UnitKind;

fn cause(authz: &Authz, actor: &Actor, thing: &Resource) -> String {
    let purpose = Some(Purpose::MeasureWork);
    let answer = authz.decide(actor, Action::MeasuresConfirm, thing, purpose, NOW);
    answer.map_or_else(|no| no.cause().to_owned(), |_| "ok".to_owned())
}

fn held(world: &World, unit: fangxian_base::UnitId) -> Resource {
    Resource::Measure {
        about: About::new(path("a.03.12.")),
        organ_kinds: BTreeSet::from([UnitKind::CdcInstitution]),
        restricts_personal: true,
        first_looker: Some(world.other),
        second_looker: Some(world.other),
        decided_by: Some(unit),
        decider: Some(world.other),
    }
}

#[test]
fn a_held_decision_is_confirmed_by_an_organ_of_another_unit_and_by_nobody_else() {
    let (world, authz) = (World::new(), Authz::new().unwrap());
    for &role in Role::ALL {
        for kind in UnitKind::ALL {
            let actor = world.one(role, kind, "a.");
            let organ = matches!(
                kind,
                UnitKind::Hospital
                    | UnitKind::CdcInstitution
                    | UnitKind::DiseaseControlAuthority
                    | UnitKind::Government
            );
            let may = cause(&authz, &actor, &held(&world, world.theirs)) == "ok";
            assert_eq!(may, organ && role == Role::Organ, "{role} at {kind}");
            assert_ne!(cause(&authz, &actor, &held(&world, world.mine)), "ok");
        }
    }
    let organ = world.one(Role::Organ, UnitKind::CdcInstitution, "a.");
    let own = held(&world, world.mine);
    assert_eq!(cause(&authz, &organ, &own), "confirm-by-another-organ");
}

#[test]
fn whoever_looked_or_decided_does_not_confirm_from_another_unit_either() {
    let (world, authz) = (World::new(), Authz::new().unwrap());
    let organ = world.one(Role::Organ, UnitKind::Government, "a.");
    for part in 0..3 {
        let mut thing = held(&world, world.theirs);
        if let Resource::Measure {
            first_looker,
            second_looker,
            decider,
            ..
        } = &mut thing
        {
            for (n, who) in [first_looker, second_looker, decider]
                .into_iter()
                .enumerate()
            {
                if n == part {
                    *who = Some(world.me);
                }
            }
        }
        assert_eq!(
            cause(&authz, &organ, &thing),
            "confirm-not-by-those-who-took-part"
        );
    }
}
