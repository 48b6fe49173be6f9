//! Log-in, locks, sessions, passwords, and who may keep accounts.

use std::sync::Arc;

use fangxian_app::Kind;
use fangxian_app::accounts::{PasswordChange, UserInput};
use fangxian_app::audit_trail::AuditQuery;
use fangxian_base::{Clock, CommandId, ManualClock};
use fangxian_domain::units::UnitKind;
use fangxian_store::DbError;
use fangxian_store::audit::{EntryFilter, entry_list};
use fangxian_store::testing::{BEGIN, count, dump, each_engine, unit};

use super::{PASSWORD, admin_input, app, each_house, enter, fields, user_input};

#[test]
fn the_first_administrator_is_made_once_however_many_ask_at_once() {
    each_engine(|store, clock| {
        let app = app(&store, &clock, &Arc::new(ManualClock::at(BEGIN)));
        let token = app.setup_token().unwrap().unwrap();
        assert_eq!(
            app.setup_token().unwrap().unwrap(),
            token,
            "one token in the life of a process"
        );
        let wrong = app
            .setup_admin("guess", CommandId::new(), &admin_input("boss"))
            .unwrap_err();
        assert_eq!(wrong.kind, Kind::NotFound);
        let made = std::thread::scope(|scope| {
            let askers: Vec<_> = (0..6)
                .map(|n| {
                    let (app, token) = (&app, &token);
                    scope.spawn(move || {
                        app.setup_admin(token, CommandId::new(), &admin_input(&format!("boss{n}")))
                    })
                })
                .collect();
            askers
                .into_iter()
                .flat_map(|asker| asker.join().unwrap())
                .count()
        });
        assert_eq!(made, 1);
        assert_eq!(count(&store, "account"), 1);
        assert_eq!(app.setup_token().unwrap(), None);
        let late = app
            .setup_admin(&token, CommandId::new(), &admin_input("late"))
            .unwrap_err();
        assert_eq!(late.kind, Kind::NotFound);
    });
}

#[test]
fn a_weak_password_is_told_with_its_field_and_kept_nowhere() {
    each_engine(|store, clock| {
        let app = app(&store, &clock, &Arc::new(ManualClock::at(BEGIN)));
        let mut input = admin_input("Root User");
        input.password = "1234567890".into();
        let error = app.admin_create(CommandId::new(), &input).unwrap_err();
        assert_eq!(fields(&error), ["login", "password", "again"]);
        assert_eq!(count(&store, "account"), 0);
    });
}

#[test]
fn one_answer_for_unknown_wrong_locked_and_disabled() {
    each_house(|house| {
        let (user, _, _) = house.staff("desk1", "desk", house.areas.district);
        let try_as = |login: &str, password: &str| {
            house
                .app
                .log_in(login, password, "192.0.2.9")
                .unwrap_err()
                .to_string()
        };
        let unknown = try_as("nobody", PASSWORD);
        for _ in 0..5 {
            assert_eq!(try_as("desk1", "wrong password"), unknown);
        }
        assert_eq!(try_as("desk1", PASSWORD), unknown, "locked");
        house.wall.advance_minutes(16);
        enter(&house.app, " DESK1 ", PASSWORD);
        let view = house.app.user_view(&house.admin, user).unwrap();
        house
            .app
            .user_disable(&house.admin, CommandId::new(), user, view.version, true)
            .unwrap();
        assert_eq!(try_as("desk1", PASSWORD), unknown, "disabled");
    });
}

#[test]
fn failed_log_ins_are_on_record_without_what_was_typed() {
    each_house(|house| {
        house
            .app
            .log_in("wang.xiaoming", "secret password", "192.0.2.7")
            .unwrap_err();
        let filter = EntryFilter {
            action: Some("sessions.refuse".into()),
            limit: 9,
            ..EntryFilter::default()
        };
        let entries: Vec<String> = house
            .store
            .read::<_, DbError>(|tx| entry_list(tx, &filter))
            .unwrap()
            .iter()
            .map(|entry| format!("{entry:?}"))
            .collect();
        assert_eq!(entries.len(), 1);
        for typed in ["wang", "secret", "192.0.2"] {
            assert!(!entries[0].contains(typed), "{entries:?}");
        }
        assert!(entries[0].contains("login"));
    });
}

#[test]
fn a_session_ends_when_idle_at_a_desk_but_not_in_the_field_and_always_after_half_a_day() {
    each_house(|house| {
        let (_, desk, _) = house.staff("desk1", "desk", house.areas.district);
        let (_, grid, _) = house.staff("grid1", "grid", house.areas.grids[0]);
        let alive = |token: &str| house.app.session_who(token).unwrap().is_some();
        for _ in 0..3 {
            house.wall.advance_minutes(25);
            assert!(alive(&desk.token), "in use");
        }
        house.wall.advance_minutes(31);
        assert!(!alive(&desk.token));
        assert!(alive(&grid.token));
        house.wall.advance_minutes(12 * 60);
        assert!(!alive(&grid.token));
        let report = house.app.upkeep_once(house.clock.now());
        assert_eq!(report.failed, Vec::<&str>::new());
        assert!(report.sessions >= 2);
        assert_eq!(count(&house.store, "session"), 0);
    });
}

#[test]
fn the_clock_of_a_demonstration_ends_no_session() {
    each_house(|house| {
        let (_, session, _) = house.staff("desk1", "desk", house.areas.district);
        house.clock.advance_minutes(60 * 24 * 20);
        assert!(house.app.session_who(&session.token).unwrap().is_some());
    });
}

#[test]
fn only_digests_of_tokens_and_passwords_are_stored() {
    each_house(|house| {
        let (_, session, _) = house.staff("desk1", "desk", house.areas.district);
        let all: String = ["session", "account", "audit_entry", "receipt", "api_token"]
            .iter()
            .flat_map(|table| dump(&house.store, table))
            .collect();
        assert!(!all.contains(&session.token));
        assert!(!all.contains(PASSWORD));
    });
}

#[test]
fn with_a_first_password_nothing_is_allowed_but_changing_it() {
    each_house(|house| {
        let input = user_input("duty1", house.office, "duty", house.areas.district);
        let command = CommandId::new();
        let made = house
            .app
            .user_create(&house.admin, command, &input)
            .unwrap();
        let again = house
            .app
            .user_create(&house.admin, command, &input)
            .unwrap();
        assert_eq!(
            (again.user, again.password),
            (made.user, None),
            "shown once"
        );
        let first = made.password.unwrap();
        let (session, who) = enter(&house.app, "duty1", &first);
        assert!(session.must_change);
        assert_eq!(
            house.app.response_list(&who).unwrap_err().kind,
            Kind::Forbidden
        );
        let mut change = PasswordChange {
            old: "x".into(),
            new: first.clone(),
            again: "y".into(),
        };
        let error = house
            .app
            .change_password(&who, CommandId::new(), &session.token, &change)
            .unwrap_err();
        assert_eq!(fields(&error), ["again", "old"]);
        change = PasswordChange {
            old: first.clone(),
            new: first.clone(),
            again: first.clone(),
        };
        let error = house
            .app
            .change_password(&who, CommandId::new(), &session.token, &change)
            .unwrap_err();
        assert_eq!(fields(&error), ["new"]);
        let (other, _) = enter(&house.app, "duty1", &first);
        change = PasswordChange {
            old: first,
            new: PASSWORD.into(),
            again: PASSWORD.into(),
        };
        house
            .app
            .change_password(&who, CommandId::new(), &session.token, &change)
            .unwrap();
        assert!(
            house.app.session_who(&other.token).unwrap().is_none(),
            "other sessions end"
        );
        let (who, info) = house.app.session_who(&session.token).unwrap().unwrap();
        assert!(!info.must_change);
        assert!(house.app.response_list(&who).is_ok());
    });
}

#[test]
fn logging_out_ends_the_session_and_a_reset_ends_all() {
    each_house(|house| {
        let (user, session, _) = house.staff("desk1", "desk", house.areas.district);
        let (other, _) = enter(&house.app, "desk1", PASSWORD);
        house.app.log_out(&session.token).unwrap();
        assert!(house.app.session_who(&session.token).unwrap().is_none());
        assert!(house.app.session_who(&other.token).unwrap().is_some());
        let reset = house
            .app
            .user_reset(&house.admin, CommandId::new(), user)
            .unwrap();
        assert!(house.app.session_who(&other.token).unwrap().is_none());
        assert!(house.app.log_in("desk1", PASSWORD, "").is_err());
        assert!(
            enter(&house.app, "desk1", &reset.password.unwrap())
                .0
                .must_change
        );
    });
}

#[test]
fn nobody_grants_to_the_own_account_or_outside_the_own_area() {
    each_house(|house| {
        let (_, _, township_admin) = house.staff("admin2", "admin", house.areas.townships[0]);
        let outside = user_input("x1", house.office, "desk", house.areas.townships[1]);
        let error = house
            .app
            .user_create(&township_admin, CommandId::new(), &outside)
            .unwrap_err();
        assert!(
            matches!(error.kind, Kind::NotFound | Kind::Forbidden),
            "the unit lies outside: {error}"
        );
        let own = house.admin.user().unwrap();
        let view = house.app.user_view(&house.admin, own).unwrap();
        let input = user_input("root", house.office, "assessor", house.areas.district);
        let error = house
            .app
            .user_update(&house.admin, CommandId::new(), own, view.version, &input)
            .unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden, "{error}");
        let error = house
            .app
            .user_disable(&house.admin, CommandId::new(), own, view.version, true)
            .unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden);
    });
}

#[test]
fn an_administrator_of_one_area_cannot_act_on_an_account_that_holds_more() {
    each_house(|house| {
        let (app, town) = (&house.app, house.areas.townships[0]);
        let office = unit(&house.store, town, UnitKind::Township);
        let (_, _, small) = house.staff("admin2", "admin", town);
        let make = |login: &str, area| {
            let input = user_input(login, office, "desk", area);
            app.user_create(&house.admin, CommandId::new(), &input)
                .unwrap()
                .user
        };
        let (wide, local) = (make("wide", house.areas.district), make("local", town));
        let strip = UserInput {
            grants: Vec::new(),
            ..user_input("", office, "desk", town)
        };
        let version = |user| app.user_view(&house.admin, user).unwrap().version;
        let all = |user| {
            [
                app.user_reset(&small, CommandId::new(), user).err(),
                app.api_token_create(&small, CommandId::new(), user, "x")
                    .err(),
                app.api_token_revoke(&small, CommandId::new(), user, "x")
                    .err(),
                app.user_update(&small, CommandId::new(), user, version(user), &strip)
                    .err(),
                app.user_disable(&small, CommandId::new(), user, version(user), true)
                    .err(),
            ]
        };
        let refused = all(wide);
        assert!(
            refused
                .iter()
                .all(|error| error.as_ref().is_some_and(|e| e.code == "WIDER-GRANTS")),
            "{refused:?}"
        );
        let view = app.user_view(&house.admin, wide).unwrap();
        assert_eq!((view.grants.len(), view.disabled_at), (1, None));
        let allowed = all(local);
        assert!(allowed.iter().all(Option::is_none), "{allowed:?}");
    });
}

#[test]
fn nobody_grants_for_longer_or_for_more_than_the_own_grant() {
    each_house(|house| {
        let (app, district) = (&house.app, house.areas.district);
        let routine = app.response_list(&house.admin).unwrap()[0].id;
        let (user, _, _) = house.staff("admin2", "admin", district);
        let limited = |response: &str, until: &str, role: &str| {
            let mut input = user_input("x1", house.office, role, district);
            input.grants[0].response = response.to_owned();
            input.grants[0].until = until.to_owned();
            input
        };
        let version = app.user_view(&house.admin, user).unwrap().version;
        let own = limited(&routine.to_string(), "2025-02-01", "admin");
        app.user_update(&house.admin, CommandId::new(), user, version, &own)
            .unwrap();
        let who = enter(app, "admin2", PASSWORD).1;
        let routine = routine.to_string();
        for (response, until) in [
            ("", "2025-01-31"),
            (routine.as_str(), ""),
            (&routine, "2025-02-02"),
        ] {
            let error = app
                .user_create(&who, CommandId::new(), &limited(response, until, "desk"))
                .unwrap_err();
            assert_eq!(fields(&error), ["grants"], "{response} {until}");
        }
        app.user_create(
            &who,
            CommandId::new(),
            &limited(&routine, "2025-02-01", "desk"),
        )
        .unwrap();
    });
}

#[test]
fn changing_an_account_needs_the_version_seen_and_grants_can_end() {
    each_house(|house| {
        let (user, _, _) = house.staff("duty1", "duty", house.areas.district);
        let view = house.app.user_view(&house.admin, user).unwrap();
        let mut input = user_input("", house.office, "duty", house.areas.district);
        input.grants[0].until = "2025-01-20".into();
        let update = |input| {
            house
                .app
                .user_update(&house.admin, CommandId::new(), user, view.version, input)
        };
        update(&input).unwrap();
        assert_eq!(update(&input).unwrap_err().kind, Kind::Stale);
        let (_, who) = enter(&house.app, "duty1", PASSWORD);
        assert!(house.app.response_list(&who).is_ok());
        house.clock.advance_minutes(60 * 24 * 10);
        assert!(house.app.response_list(&who).is_err(), "the grant ended");
        input.grants[0].until = "2025-01-20".into();
        input.grants[0].role = "king".into();
        let error = house
            .app
            .user_update(&house.admin, CommandId::new(), user, 9, &input)
            .unwrap_err();
        assert_eq!(fields(&error), ["grants[0].role", "grants[0].until"]);
    });
}

#[test]
fn a_login_is_taken_once() {
    each_house(|house| {
        let input = user_input("desk1", house.office, "desk", house.areas.district);
        house
            .app
            .user_create(&house.admin, CommandId::new(), &input)
            .unwrap();
        let error = house
            .app
            .user_create(&house.admin, CommandId::new(), &input)
            .unwrap_err();
        assert_eq!(fields(&error), ["login"]);
        assert_eq!(
            house.app.user_list(&house.admin, None).unwrap().rows.len(),
            2
        );
    });
}

#[test]
fn a_token_of_an_interface_holds_only_that_role_and_can_be_revoked() {
    each_house(|house| {
        let mut input = user_input("his1", house.office, "integration", house.areas.district);
        input.grants.push(
            user_input("", house.office, "duty", house.areas.district)
                .grants
                .remove(0),
        );
        let user = house
            .app
            .user_create(&house.admin, CommandId::new(), &input)
            .unwrap()
            .user;
        let token = house
            .app
            .api_token_create(&house.admin, CommandId::new(), user, "医院接口")
            .unwrap()
            .unwrap();
        let who = house.app.api_token_who(&token).unwrap().unwrap();
        assert_eq!(who.user(), Some(user));
        assert_eq!(who.actor().unwrap().grants.len(), 1);
        assert!(house.app.response_list(&who).is_err());
        assert!(house.app.api_token_who("fx_guess").unwrap().is_none());
        house
            .app
            .api_token_revoke(&house.admin, CommandId::new(), user, "医院接口")
            .unwrap();
        assert!(house.app.api_token_who(&token).unwrap().is_none());
        let listed = house.app.api_token_list(&house.admin, user).unwrap();
        assert!(listed[0].revoked_at.is_some());
    });
}

#[test]
fn the_trail_is_read_by_auditors_and_not_by_administrators() {
    each_house(|house| {
        let (_, _, auditor) = house.staff("audit1", "auditor", house.areas.district);
        assert!(
            house
                .app
                .audit_list(&house.admin, &AuditQuery::default())
                .is_err()
        );
        let page = house
            .app
            .audit_list(&auditor, &AuditQuery::default())
            .unwrap();
        assert!(
            page.entries
                .iter()
                .any(|e| e.action == "sessions.begin" && e.author_name.is_some())
        );
        let query = AuditQuery {
            action: "audit.read".into(),
            ..AuditQuery::default()
        };
        let page = house.app.audit_list(&auditor, &query).unwrap();
        assert_eq!(page.entries.len(), 1, "reading the trail is in the trail");
        house.app.upkeep_once(house.clock.now());
        assert!(house.app.audit_verify(&auditor).unwrap().holds());
    });
}
