//! The rules that must hold, one sentence each.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use common::{NOW, World, path, purposes};
use fangxian_authz::{About, Action, Actor, Authz, Denied, Grant, Kind, Purpose, Resource, Role};
use fangxian_domain::units::UnitKind;

static AUTHZ: LazyLock<Authz> = LazyLock::new(|| Authz::new().unwrap());

fn authz() -> &'static Authz {
    &AUTHZ
}

fn inside() -> About {
    About::new(path("a.03.12."))
}

fn ask(actor: &Actor, action: Action, thing: &Resource, purpose: Purpose) -> Result<(), Denied> {
    authz()
        .decide(actor, action, thing, Some(purpose), NOW)
        .map(drop)
}

fn cause(actor: &Actor, action: Action, thing: &Resource, purpose: Purpose) -> String {
    ask(actor, action, thing, purpose).map_or_else(|no| no.cause().to_owned(), |()| "ok".to_owned())
}

/// What somebody hands in: nothing is read and nothing decided by it.
const fn handed_in(action: Action) -> bool {
    matches!(action, Action::IntakeSubmit | Action::AppealsFile)
}

#[test]
fn a_personal_file_is_not_read_without_a_purpose() {
    let world = World::new();
    let desk = world.one(Role::Desk, UnitKind::CdcInstitution, "a.03.");
    let file = Resource::Person { about: inside() };
    let denied = authz()
        .decide(&desk, Action::PeopleRead, &file, None, NOW)
        .unwrap_err();
    assert_eq!(
        (denied.code(), denied.may_know()),
        ("purpose-missing", true)
    );
    let permit = authz()
        .decide(&desk, Action::PeopleRead, &file, Some(Purpose::Intake), NOW)
        .unwrap();
    assert_eq!(permit.policies(), ["desk-people"]);
    assert_eq!(permit.purpose(), Some(Purpose::Intake));
    assert_eq!(
        cause(&desk, Action::PeopleRead, &file, Purpose::Command),
        "purpose-people"
    );
}

#[test]
fn what_lies_outside_the_area_is_not_even_known() {
    let world = World::new();
    let desk = world.one(Role::Desk, UnitKind::CdcInstitution, "a.03.");
    let file = Resource::Person {
        about: About::new(path("a.031.")),
    };
    let denied = ask(&desk, Action::PeopleRead, &file, Purpose::Intake).unwrap_err();
    assert_eq!(
        (denied.cause(), denied.code(), denied.may_know()),
        ("area", "not-found", false)
    );
    assert_eq!(denied.to_string(), "`people.read` refused: not found");
}

#[test]
fn the_second_look_is_never_by_the_first_looker() {
    let world = World::new();
    let assessor = world.one(Role::Assessor, UnitKind::CdcInstitution, "a.");
    let look = |first_looker| Resource::Review {
        about: inside(),
        first_looker,
        second_looker: None,
    };
    let asked = |thing| {
        cause(
            &assessor,
            Action::ReviewsSecondLook,
            &thing,
            Purpose::Assessment,
        )
    };
    assert_eq!(asked(look(Some(world.other))), "ok");
    assert_eq!(asked(look(Some(world.me))), "second-look-by-another");
    assert_eq!(asked(look(None)), "second-look-needs-a-first");
    let returned = |thing| {
        cause(
            &assessor,
            Action::ReviewsReturn,
            &thing,
            Purpose::Assessment,
        )
    };
    assert_eq!(returned(look(Some(world.other))), "ok");
    assert_eq!(returned(look(Some(world.me))), "second-look-by-another");
    let elsewhere = world.one(Role::Assessor, UnitKind::Hospital, "a.");
    let thing = look(Some(world.other));
    assert_eq!(
        cause(
            &elsewhere,
            Action::ReviewsSecondLook,
            &thing,
            Purpose::Assessment
        ),
        "not-permitted"
    );
}

fn measure(world: &World, kinds: &[UnitKind], restricts_personal: bool) -> Resource {
    Resource::Measure {
        about: inside(),
        organ_kinds: kinds.iter().copied().collect(),
        restricts_personal,
        first_looker: Some(world.other),
        second_looker: None,
        decided_by: None,
        decider: None,
    }
}

#[test]
fn isolation_is_decided_by_a_hospital_or_the_cdc_and_by_nobody_else() {
    let world = World::new();
    let thing = measure(&world, &UnitKind::ALL, true);
    for kind in UnitKind::ALL {
        let organ = world.one(Role::Organ, kind, "a.");
        let allowed = ask(&organ, Action::MeasuresDecide, &thing, Purpose::MeasureWork).is_ok();
        let lawful = matches!(kind, UnitKind::Hospital | UnitKind::CdcInstitution);
        assert_eq!(allowed, lawful, "{kind}");
    }
}

#[test]
fn headquarters_township_and_community_decide_no_measure_at_all() {
    let world = World::new();
    let thing = measure(&world, &UnitKind::ALL, false);
    let decides = |kind: UnitKind| {
        let organ = world.one(Role::Organ, kind, "a.");
        ask(&organ, Action::MeasuresDecide, &thing, Purpose::MeasureWork).is_ok()
    };
    let able: BTreeSet<_> = UnitKind::ALL
        .into_iter()
        .filter(|kind| decides(*kind))
        .collect();
    assert_eq!(
        able,
        BTreeSet::from([
            UnitKind::Hospital,
            UnitKind::CdcInstitution,
            UnitKind::DiseaseControlAuthority,
            UnitKind::Government,
        ])
    );
}

#[test]
fn only_an_organ_that_the_law_names_for_the_measure_decides_it() {
    let world = World::new();
    let hospital = world.one(Role::Organ, UnitKind::Hospital, "a.");
    let thing = measure(&world, &[UnitKind::Government], false);
    assert_eq!(
        cause(
            &hospital,
            Action::MeasuresDecide,
            &thing,
            Purpose::MeasureWork
        ),
        "measure-organ"
    );
}

#[test]
fn whoever_looked_never_decides_the_measure() {
    let world = World::new();
    let organ = world.one(Role::Organ, UnitKind::Hospital, "a.");
    for looked in [(Some(world.me), None), (Some(world.other), Some(world.me))] {
        let mut thing = measure(&world, &[UnitKind::Hospital], true);
        if let Resource::Measure {
            first_looker,
            second_looker,
            ..
        } = &mut thing
        {
            (*first_looker, *second_looker) = looked;
        }
        assert_eq!(
            cause(&organ, Action::MeasuresDecide, &thing, Purpose::MeasureWork),
            "measure-not-by-looker"
        );
    }
}

#[test]
fn only_the_assignee_or_the_lead_of_the_area_feeds_a_task_back() {
    let world = World::new();
    for &role in Role::ALL {
        for assignee in [Some(world.me), Some(world.other), None] {
            let actor = world.one(role, UnitKind::Community, "a.03.");
            let thing = Resource::Task {
                about: inside(),
                assignee,
            };
            let allowed = ask(&actor, Action::TasksFeedback, &thing, Purpose::TaskWork).is_ok();
            if allowed {
                assert!(
                    role == Role::Lead || assignee == Some(world.me),
                    "{role} {assignee:?}"
                );
            }
        }
    }
    let away = world.one(Role::Lead, UnitKind::Township, "a.04.");
    let thing = Resource::Task {
        about: inside(),
        assignee: Some(world.other),
    };
    assert_eq!(
        cause(&away, Action::TasksFeedback, &thing, Purpose::TaskWork),
        "area"
    );
}

#[test]
fn a_sealed_disease_is_seen_only_at_the_cdc_and_by_the_unit_that_reported_it() {
    let world = World::new();
    let authz = authz();
    for &role in Role::ALL {
        for kind in [
            UnitKind::CdcInstitution,
            UnitKind::DiseaseControlAuthority,
            UnitKind::Headquarters,
            UnitKind::Hospital,
            UnitKind::Community,
        ] {
            let actor = world.one(role, kind, "a.");
            for action in common::actions() {
                let about = inside().sealed(true);
                let strange = world.strange(action.kind(), about.clone());
                if strange.about().is_none() || handed_in(action) {
                    continue;
                }
                for purpose in purposes() {
                    let cdc = kind == UnitKind::CdcInstitution
                        && matches!(role, Role::Assessor | Role::Organ);
                    let ok = authz.decide(&actor, action, &strange, purpose, NOW).is_ok();
                    assert!(!ok || cdc, "{role} at {kind}: {action}");
                    let own = world.own(action.kind(), about.clone());
                    let ok = authz.decide(&actor, action, &own, purpose, NOW).is_ok();
                    assert!(
                        !ok || cdc || role == Role::Reporter,
                        "{role} at {kind}: {action}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_administrator_never_touches_people_whatever_else_was_granted() {
    let world = World::new();
    let authz = authz();
    for &role in Role::ALL {
        let grants = [
            Grant::new(role, path("a.")),
            Grant::new(Role::Admin, path("a.")),
        ];
        let admin = world.actor(UnitKind::CdcInstitution, &grants);
        for action in common::actions().filter(|action| !handed_in(*action)) {
            let thing = world.own(action.kind(), inside());
            if thing.about().is_some() {
                for purpose in purposes() {
                    assert!(
                        authz.decide(&admin, action, &thing, purpose, NOW).is_err(),
                        "{action}"
                    );
                }
            }
        }
    }
}

#[test]
fn nobody_changes_the_own_account() {
    let world = World::new();
    let admin = world.one(Role::Admin, UnitKind::Headquarters, "a.");
    let own = Resource::Account {
        area: path("a.03."),
        user: Some(world.me),
    };
    assert_eq!(
        cause(&admin, Action::UsersUpdate, &own, Purpose::Administration),
        "own-account"
    );
}

#[test]
fn one_person_marks_a_statutory_report_as_sent_and_no_look_is_asked_for() {
    let world = World::new();
    let thing = Resource::Report {
        about: inside(),
        submitted_by: None,
        statutory: true,
    };
    for (role, kind) in [
        (Role::Desk, UnitKind::CdcInstitution),
        (Role::Assessor, UnitKind::CdcInstitution),
        (Role::Duty, UnitKind::Headquarters),
    ] {
        let actor = world.one(role, kind, "a.03.");
        assert_eq!(
            cause(
                &actor,
                Action::ReportsMarkSent,
                &thing,
                Purpose::StatutoryReport
            ),
            "ok"
        );
    }
}

#[test]
fn the_statutory_clock_takes_no_other_reports() {
    let world = World::new();
    let duty = world.one(Role::Duty, UnitKind::Headquarters, "a.03.");
    let thing = Resource::Report {
        about: inside(),
        submitted_by: None,
        statutory: false,
    };
    let asked = cause(
        &duty,
        Action::ReportsMarkSent,
        &thing,
        Purpose::StatutoryReport,
    );
    assert_eq!(asked, "report-statutory");
}

#[test]
fn a_grant_for_one_response_closes_no_other() {
    let world = World::new();
    let response = |which| Resource::Response {
        response: Some(which),
        area: path("a."),
        closed: false,
        closed_by: None,
        proposed_by: None,
    };
    let grant = Grant::new(Role::Duty, path("a.")).for_response(world.response);
    let duty = world.actor(UnitKind::Headquarters, &[grant]);
    let asked = |which| {
        cause(
            &duty,
            Action::ResponsesClose,
            &response(which),
            Purpose::Command,
        )
    };
    assert_eq!(asked(world.response), "ok");
    assert_eq!(asked(world.elsewhere), "response-of-the-grant-itself");
}

#[test]
fn a_grant_ends_at_its_moment() {
    let world = World::new();
    let authz = authz();
    let grant = Grant::new(Role::Desk, path("a.")).until(NOW);
    let desk = world.actor(UnitKind::CdcInstitution, &[grant]);
    let file = Resource::Person { about: inside() };
    let purpose = Some(Purpose::Intake);
    let before = fangxian_base::Instant::from_millis(NOW.millis() - 1);
    assert!(
        authz
            .decide(&desk, Action::PeopleRead, &file, purpose, before)
            .is_ok()
    );
    assert!(authz.may(&desk, Action::PeopleRead, before));
    let denied = authz
        .decide(&desk, Action::PeopleRead, &file, purpose, NOW)
        .unwrap_err();
    assert_eq!(denied.cause(), "grant-expired");
    assert!(!authz.may(&desk, Action::PeopleRead, NOW));
    let denied = authz
        .reach(&desk, Action::PeopleRead, purpose, NOW)
        .unwrap_err();
    assert_eq!(denied.code(), "grant-expired");
}

#[test]
fn a_grant_for_one_response_opens_no_other() {
    let world = World::new();
    let grant = Grant::new(Role::Desk, path("a.")).for_response(world.response);
    let desk = world.actor(UnitKind::CdcInstitution, &[grant]);
    let asked = |about| {
        cause(
            &desk,
            Action::PeopleRead,
            &Resource::Person { about },
            Purpose::Intake,
        )
    };
    assert_eq!(asked(inside().in_open(world.response)), "ok");
    assert_eq!(
        asked(inside().in_open(world.elsewhere)),
        "response-of-the-grant"
    );
    assert_eq!(asked(inside()), "response-of-the-grant");
    let mixed = inside().in_closed(world.response).in_open(world.elsewhere);
    assert_eq!(asked(mixed), "response-closed");
}

#[test]
fn after_a_response_is_closed_only_audit_and_destruction_remain() {
    let world = World::new();
    let authz = authz();
    for &role in Role::ALL {
        let actor = world.one(role, common::usual_unit(role), "a.");
        for action in common::actions().filter(|action| !handed_in(*action)) {
            let thing = world.own(action.kind(), inside().in_closed(world.response));
            if thing.about().is_some() {
                for purpose in purposes().filter(|purpose| *purpose != Some(Purpose::Audit)) {
                    assert!(
                        authz.decide(&actor, action, &thing, purpose, NOW).is_err(),
                        "{action}"
                    );
                }
            }
        }
    }
    let auditor = world.one(Role::Auditor, UnitKind::Government, "a.");
    let file = Resource::Person {
        about: inside().in_closed(world.response),
    };
    assert_eq!(
        cause(&auditor, Action::PeopleRead, &file, Purpose::Audit),
        "ok"
    );

    let organ = world.one(Role::Organ, UnitKind::Government, "a.");
    let response = |closed, closed_by| Resource::Response {
        response: Some(world.response),
        area: path("a."),
        closed,
        closed_by,
        proposed_by: None,
    };
    let asked = |thing| cause(&organ, Action::ResponsesDestroy, &thing, Purpose::Command);
    assert_eq!(asked(response(true, Some(world.other))), "ok");
    assert_eq!(
        asked(response(true, Some(world.me))),
        "destroy-not-by-closer"
    );
    assert_eq!(asked(response(false, None)), "destroy-only-closed");
}

#[test]
fn an_approval_is_confirmed_by_another_person_than_proposed_it() {
    let world = World::new();
    let asked = |who, proposed_by| {
        let thing = Resource::Response {
            response: Some(world.response),
            area: path("a."),
            closed: false,
            closed_by: None,
            proposed_by,
        };
        cause(who, Action::ResponsesConfirm, &thing, Purpose::Command)
    };
    let organ = world.one(Role::Organ, UnitKind::Government, "a.");
    let duty = world.one(Role::Duty, UnitKind::Headquarters, "a.");
    for who in [&organ, &duty] {
        assert_eq!(asked(who, Some(world.other)), "ok");
        assert_eq!(asked(who, Some(world.me)), "confirm-by-another");
        assert_eq!(asked(who, None), "confirm-by-another", "nothing to confirm");
    }
    let hospital = world.one(Role::Organ, UnitKind::Hospital, "a.");
    assert_ne!(asked(&hospital, Some(world.other)), "ok");
}

#[test]
fn only_police_and_those_who_fill_in_the_report_card_may_ask_for_an_id_number() {
    let world = World::new();
    let authz = authz();
    for kind in UnitKind::ALL {
        let any = Role::ALL
            .iter()
            .any(|&role| authz.may(&world.one(role, kind, "a.03."), Action::IdentityAsk, NOW));
        let may = matches!(
            kind,
            UnitKind::Police | UnitKind::Hospital | UnitKind::Laboratory | UnitKind::CdcInstitution
        );
        assert_eq!(any, may, "{kind}");
    }
}

#[test]
fn a_police_unit_reads_no_file_and_decides_nothing() {
    let world = World::new();
    let authz = authz();
    for &role in Role::ALL {
        let police = world.one(role, UnitKind::Police, "a.");
        for action in common::actions().filter(|action| !handed_in(*action)) {
            let thing = world.strange(action.kind(), inside());
            if thing.about().is_some() {
                for purpose in purposes() {
                    assert!(authz.decide(&police, action, &thing, purpose, NOW).is_err());
                }
            }
        }
    }
}

#[test]
fn anybody_who_reports_may_report_about_any_place_but_only_as_the_own_unit() {
    let world = World::new();
    let clinic = world.one(Role::Reporter, UnitKind::Hospital, "a.03.");
    let far = About::new(path("a.09."));
    let own = Resource::Intake {
        about: far.clone(),
        submitted_by: Some(world.mine),
    };
    let forged = Resource::Intake {
        about: far,
        submitted_by: Some(world.theirs),
    };
    assert_eq!(
        cause(&clinic, Action::IntakeSubmit, &own, Purpose::Intake),
        "ok"
    );
    assert_eq!(
        cause(&clinic, Action::IntakeSubmit, &forged, Purpose::Intake),
        "submit-for-own-unit"
    );
}

#[test]
fn a_source_with_a_token_submits_and_does_nothing_else() {
    let world = World::new();
    let source = world.one(Role::Integration, UnitKind::Other, "a.");
    let able: Vec<_> = common::actions()
        .filter(|action| authz().may(&source, *action, NOW))
        .collect();
    assert_eq!(able, [Action::IntakeSubmit]);
}

#[test]
fn nothing_is_allowed_without_a_grant_and_nothing_to_the_wrong_kind_of_thing() {
    let world = World::new();
    let nobody = world.actor(UnitKind::CdcInstitution, &[]);
    let desk = world.one(Role::Desk, UnitKind::CdcInstitution, "a.");
    for action in common::actions() {
        let thing = world.own(action.kind(), inside());
        assert_eq!(cause(&nobody, action, &thing, Purpose::Intake), "no-grant");
    }
    let task = world.own(Kind::Task, inside());
    assert_eq!(
        cause(&desk, Action::PeopleRead, &task, Purpose::Intake),
        "wrong-kind"
    );
}

#[test]
fn a_page_is_offered_only_purposes_that_can_be_allowed() {
    let world = World::new();
    let desk = world.one(Role::Desk, UnitKind::CdcInstitution, "a.03.");
    assert_eq!(
        authz().purposes(&desk, Action::PeopleRead, NOW),
        [Purpose::Intake, Purpose::Assessment, Purpose::Appeal]
    );
    let grid = world.one(Role::Grid, UnitKind::Community, "a.03.12.");
    assert_eq!(authz().purposes(&grid, Action::PeopleRead, NOW), []);
}

#[test]
fn the_rules_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    shared(authz());
}
