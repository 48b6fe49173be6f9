//! The door and the file, on both engines: kept once, matched, undone, and never read untraced.

use std::sync::Arc;

use fangxian_authz::{Action, Actor, AreaPath, Grant, Purpose, Role};
use fangxian_base::{CommandId, UnitId, UserId, Zone};
use fangxian_domain::intake::Channel;
use fangxian_domain::units::UnitKind;
use fangxian_packs::Library;
use fangxian_store::testing::{Place, each_place, tree};

use super::*;
use crate::people::Search;
use crate::{Kind, Settings};

pub(super) fn app(place: &Place) -> App {
    let settings = Settings {
        zone: Zone::china(),
        city: "demo".into(),
    };
    let clock = Arc::clone(&place.clock) as Arc<dyn fangxian_base::Clock>;
    let packs = Arc::new(Library::shipped().unwrap());
    let store = place.open();
    tree(&store);
    let app = App::new(store, packs, Arc::clone(&clock), settings)
        .unwrap()
        .with_wall(clock);
    app.first_start().unwrap();
    app
}

pub(super) fn staff(role: Role, kind: UnitKind, area: &str) -> Who {
    Who::staff(Actor {
        user: UserId::new(),
        unit: UnitId::new(),
        unit_kind: kind,
        grants: vec![Grant::new(role, area.parse::<AreaPath>().unwrap())],
    })
}

fn envelope(command: CommandId) -> Envelope {
    Envelope {
        command,
        channel: Channel::SelfReport,
        response: String::new(),
        original: b"as received".to_vec(),
    }
}

pub(super) fn signal(name: &str, phone: &str) -> Signal {
    Signal {
        name: name.into(),
        phone: phone.into(),
        symptoms: vec!["fever".into()],
        area_code: "990101001001".into(),
        ..Signal::default()
    }
}

pub(super) fn send(app: &App, signal: &Signal) -> Submitted {
    app.submit(&Who::public(), envelope(CommandId::new()), signal)
        .unwrap()
}

#[test]
fn the_same_report_twice_is_one_record_with_one_receipt() {
    each_place(|place| {
        let app = app(place);
        let command = CommandId::new();
        let report = signal("王小明", "19900000001");
        let first = app
            .submit(&Who::public(), envelope(command), &report)
            .unwrap();
        let again = app
            .submit(&Who::public(), envelope(command), &report)
            .unwrap();
        assert_eq!(first, again);
        let desk = staff(Role::Desk, UnitKind::Headquarters, "a.");
        assert_eq!(app.inbox(&desk, &InboxFilter::default()).unwrap().total, 1);
        let seen = app.receipt(&first.receipt.to_lowercase()).unwrap();
        assert_eq!(seen.receipt, first.receipt);
        assert_eq!(
            app.receipt("BBBB-BBBB-BBBC").unwrap_err().kind,
            Kind::Invalid
        );
    });
}

#[test]
fn phone_and_name_are_one_person_and_the_merge_can_be_undone() {
    each_place(|place| {
        let app = app(place);
        send(&app, &signal("王小明", "19900000001"));
        let second = send(&app, &signal("王 小明", "199 0000 0001"));
        assert!(
            !second.matched,
            "the public door does not tell who is known"
        );
        let desk = staff(Role::Desk, UnitKind::Headquarters, "a.");
        let search = Search {
            q: "小明".into(),
            purpose: Purpose::Intake.code().into(),
        };
        let hits = app.people_search(&desk, &search).unwrap().hits;
        assert_eq!(hits.len(), 1);
        let file = app.person_file(&desk, hits[0].person, "intake").unwrap();
        assert_eq!(file.sources.len(), 2);
        let link = file.links.iter().find(|link| link.stands).unwrap();
        assert_eq!(link.basis, "phone+name");
        app.people_unmerge(&desk, CommandId::new(), file.person, link.id)
            .unwrap();
        assert_eq!(app.people_search(&desk, &search).unwrap().hits.len(), 2);
        // New facts on both sides, then together again: nothing was rewritten.
        let again = app.people_search(&desk, &search).unwrap().hits;
        app.people_merge(&desk, CommandId::new(), (again[0].person, again[1].person))
            .unwrap();
        let file = app.person_file(&desk, again[0].person, "intake").unwrap();
        assert_eq!(file.sources.len(), 2);
    });
}

#[test]
fn a_doubtful_double_waits_for_somebody_and_is_decided_once() {
    each_place(|place| {
        let app = app(place);
        let mut report = signal("李雷", "19900000002");
        report.document_number = "990101198001010014".into();
        send(&app, &report);
        report.name = "韩梅".into();
        send(&app, &report);
        let desk = staff(Role::Desk, UnitKind::Headquarters, "a.");
        let pairs = app.pairs(&desk, None).unwrap().rows;
        assert_eq!(pairs.len(), 1);
        assert!(
            pairs[0].a.document_number.contains('*'),
            "the number is not shown whole"
        );
        app.pair_decide(&desk, CommandId::new(), pairs[0].id, false)
            .unwrap();
        let late = app
            .pair_decide(&desk, CommandId::new(), pairs[0].id, true)
            .unwrap_err();
        assert_eq!(late.kind, Kind::Stale);
        assert!(app.pairs(&desk, None).unwrap().rows.is_empty());
    });
}

#[test]
fn a_reader_elsewhere_finds_nobody_and_a_file_is_not_read_without_purpose() {
    each_place(|place| {
        let app = app(place);
        send(&app, &signal("王小明", "19900000001"));
        let search = Search {
            q: "王小明".into(),
            purpose: "intake".into(),
        };
        let desk = staff(Role::Desk, UnitKind::Headquarters, "a.");
        let person = app.people_search(&desk, &search).unwrap().hits[0].person;
        let elsewhere = staff(Role::Desk, UnitKind::Township, "a.02.");
        assert!(
            app.people_search(&elsewhere, &search)
                .unwrap()
                .hits
                .is_empty()
        );
        let error = app.person_file(&elsewhere, person, "intake").unwrap_err();
        assert!(matches!(error.kind, Kind::NotFound | Kind::Forbidden));
        assert_eq!(
            app.person_file(&desk, person, "").unwrap_err().kind,
            Kind::Invalid
        );
        let admin = staff(Role::Admin, UnitKind::Headquarters, "a.");
        assert!(app.person_file(&admin, person, "administration").is_err());
    });
}

#[test]
fn every_reading_stands_in_the_file() {
    each_place(|place| {
        let app = app(place);
        send(&app, &signal("王小明", "19900000001"));
        let search = Search {
            q: "0001".into(),
            purpose: "intake".into(),
        };
        let desk = staff(Role::Desk, UnitKind::Headquarters, "a.");
        let person = app.people_search(&desk, &search).unwrap().hits[0].person;
        app.person_file(&desk, person, "intake").unwrap();
        let reads = || {
            let file = app.person_file(&desk, person, "intake").unwrap();
            let looks = file.readings.looks.into_iter();
            looks
                .map(|one| {
                    let each = one.each.iter();
                    let of = each.filter(|r| r.action == Action::PeopleRead.code());
                    (one.purpose.clone(), of.count())
                })
                .collect::<Vec<_>>()
        };
        // The first reading; a reading is committed after its page was made.
        assert_eq!(reads(), [("intake".to_owned(), 1)]);
        assert_eq!(reads(), [("intake".to_owned(), 2)]);
        app.person_file(&desk, person, "assessment").unwrap();
        let both = [("assessment".to_owned(), 1), ("intake".to_owned(), 3)];
        assert_eq!(reads(), both, "one line for a day, a unit and a purpose");
    });
}

#[test]
fn a_number_is_shown_in_full_only_where_it_is_asked_for_with_a_need() {
    each_place(|place| {
        let app = app(place);
        let mut report = signal("李雷", "19900000002");
        report.document_number = "990101198001010014".into();
        let typed = Envelope {
            original: br#"{"document_number":"99010119800101 0014"}"#.to_vec(),
            ..envelope(CommandId::new())
        };
        app.submit(&Who::public(), typed, &report).unwrap();
        let search = Search {
            q: "990101198001010014".into(),
            purpose: "intake".into(),
        };
        let desk = staff(Role::Desk, UnitKind::Headquarters, "a.");
        let person = app.people_search(&desk, &search).unwrap().hits[0].person;
        let file = app.person_file(&desk, person, "intake").unwrap();
        assert_eq!(file.identity.document_number, "9901**********0014");
        let record = app.record(&desk, file.sources[0].record).unwrap();
        assert_eq!(
            record.original,
            r#"{"document_number":"9901***********0014"}"#
        );
        let assessor = staff(Role::Assessor, UnitKind::CdcInstitution, "a.");
        let full = |who, why, need| app.person_documents(who, person, why, need);
        let card = ("statutory_report", "report_card");
        assert!(full(&desk, card.0, card.1).is_err());
        for (why, need) in [("", "report_card"), (card.0, ""), ("appeal", "report_card")] {
            let error = full(&assessor, why, need).unwrap_err();
            assert_eq!(error.kind, Kind::Invalid, "{why} {need}");
        }
        let shown = full(&assessor, card.0, card.1).unwrap();
        assert_eq!(shown.documents.len(), 1);
        assert_eq!(shown.documents[0].number, "990101198001010014");
        assert!(shown.documents[0].public);
        let looks = app.person_file(&desk, person, "intake").unwrap().readings;
        let said = |one: &crate::people::Looks| {
            one.each
                .iter()
                .any(|r| r.action == Action::PeopleDocument.code())
        };
        assert!(looks.looks.iter().any(said), "the person sees who looked");
    });
}

#[test]
fn a_post_that_may_not_ask_for_a_number_cannot_send_one() {
    each_place(|place| {
        let app = app(place);
        let lead = staff(Role::Lead, UnitKind::Community, "a.");
        let mut report = signal("王小明", "19900000001");
        report.document_number = "990101198001010014".into();
        let envelope = Envelope {
            channel: Channel::StaffForm,
            ..envelope(CommandId::new())
        };
        match app.submit(&lead, envelope.clone(), &report) {
            Err(error) => assert!(error.kind == Kind::Forbidden || error.kind == Kind::Invalid),
            Ok(_) => panic!("taken"),
        }
        assert!(!app.may_ask_document(&lead));
    });
}

#[test]
fn named_contacts_get_files_of_their_own() {
    each_place(|place| {
        let app = app(place);
        let mut report = signal("王小明", "19900000001");
        report.contacts = vec![
            NamedContact {
                name: "王小红".into(),
                setting: "household".into(),
                ..Default::default()
            },
            NamedContact {
                phone: "19900000009".into(),
                ..Default::default()
            },
        ];
        send(&app, &report);
        let desk = staff(Role::Desk, UnitKind::Headquarters, "a.");
        let all = app
            .inbox(
                &desk,
                &InboxFilter {
                    state: "all".into(),
                    ..InboxFilter::default()
                },
            )
            .unwrap();
        assert_eq!(all.total, 3);
        let open = app.inbox(&desk, &InboxFilter::default()).unwrap();
        assert_eq!(open.total, 1, "contacts are looked at through their case");
    });
}

#[test]
fn a_stranger_at_the_public_door_moves_no_file() {
    each_place(|place| {
        let app = app(place);
        let desk = staff(Role::Desk, UnitKind::Headquarters, "a.");
        let report = signal("王小明", "19900000001");
        let told = Envelope {
            channel: Channel::StaffForm,
            ..envelope(CommandId::new())
        };
        app.submit(&Who::cli(), told, &report).unwrap();
        let elsewhere = Signal {
            area_code: "990101002001".into(),
            ..report
        };
        send(&app, &elsewhere);
        let search = Search {
            q: "王小明".into(),
            purpose: "intake".into(),
        };
        let hits = app.people_search(&desk, &search).unwrap().hits;
        assert_eq!(hits.len(), 1, "one person, by phone and name");
        assert_eq!(hits[0].area.as_ref().unwrap().zh, "社区0");
    });
}

pub(super) fn desk() -> Who {
    staff(Role::Desk, UnitKind::Headquarters, "a.")
}

pub(super) fn by_staff(app: &App, signal: &Signal) -> Submitted {
    let envelope = Envelope {
        channel: Channel::StaffForm,
        ..envelope(CommandId::new())
    };
    app.submit(&Who::cli(), envelope, signal).unwrap()
}

fn file_of(app: &App, q: &str) -> crate::people::FileView {
    let search = Search {
        q: q.into(),
        purpose: "intake".into(),
    };
    let hits = app.people_search(&desk(), &search).unwrap().hits;
    assert_eq!(hits.len(), 1, "one person");
    app.person_file(&desk(), hits[0].person, "intake").unwrap()
}

#[test]
fn what_a_stranger_says_fills_only_what_nobody_said_and_is_shown_beside_it() {
    each_place(|place| {
        let app = app(place);
        let mut known = signal("王小明", "19900000001");
        known.address = "示范路 1 号".into();
        by_staff(&app, &known);
        let told = Signal {
            address: "别处 9 号".into(),
            workplace: "示范小学".into(),
            ..signal("王小明", "19900000001")
        };
        send(&app, &told);
        let file = file_of(&app, "王小明");
        assert_eq!(file.identity.address, "示范路 1 号");
        assert_eq!(file.identity.workplace, "示范小学");
        let disputed = ("address".to_owned(), "别处 9 号".to_owned());
        assert_eq!(file.disputed, [disputed]);
    });
}

#[test]
fn whoever_the_public_names_as_a_contact_is_not_moved() {
    each_place(|place| {
        let app = app(place);
        by_staff(&app, &signal("王小明", "19900000001"));
        let mut report = signal("李雷", "19900000002");
        report.contacts = vec![NamedContact {
            name: "王小明".into(),
            phone: "19900000001".into(),
            area_code: "990101002001".into(),
            ..NamedContact::default()
        }];
        send(&app, &report);
        assert_eq!(file_of(&app, "王小明").area.unwrap().zh, "社区0");
    });
}

#[test]
fn two_numbers_are_not_joined_through_a_record_without_one() {
    each_place(|place| {
        let app = app(place);
        let numbered = |number: &str| Signal {
            document_number: number.into(),
            ..signal("王小明", "19900000001")
        };
        by_staff(&app, &numbered("990101198001010014"));
        by_staff(&app, &signal("王小明", "19900000001"));
        let third = by_staff(&app, &numbered("99010120000229002X"));
        assert!(!third.matched && third.queued);
    });
}

#[test]
fn one_phone_in_a_dormitory_hides_nobody() {
    each_place(|place| {
        let app = app(place);
        for n in 0..25 {
            by_staff(&app, &signal(&format!("同学{n}"), "19900000001"));
        }
        by_staff(&app, &signal("王小明", "19900000001"));
        let again = by_staff(&app, &signal("王小明", "19900000001"));
        assert!(again.matched);
    });
}

#[test]
fn an_old_number_finds_the_file_of_the_current_one() {
    each_place(|place| {
        let app = app(place);
        let numbered = |number: &str| Signal {
            document_number: number.into(),
            ..signal("王小明", "")
        };
        by_staff(&app, &numbered("11010519491231002X"));
        assert!(by_staff(&app, &numbered("110105491231002")).matched);
        assert_eq!(file_of(&app, "110105491231002").sources.len(), 2);
    });
}

#[test]
fn what_came_in_is_read_from_one_key_to_the_next() {
    each_place(|place| {
        let app = app(place);
        for n in 0..51 {
            send(&app, &signal("王小明", &format!("199000001{n:02}")));
        }
        let mut filter = InboxFilter {
            state: "all".into(),
            ..InboxFilter::default()
        };
        let first = app.inbox(&desk(), &filter).unwrap();
        assert_eq!((first.rows.len(), first.total, first.pages), (50, 51, 1));
        // What comes in meanwhile moves nothing to another page.
        send(&app, &signal("李小红", "19900000999"));
        filter.before = first.next;
        let second = app.inbox(&desk(), &filter).unwrap();
        assert_eq!((second.rows.len(), second.next), (1, None));
        let shown = first.rows.iter().chain(&second.rows);
        let shown: std::collections::BTreeSet<_> = shown.map(|row| row.id).collect();
        assert_eq!(shown.len(), 51, "each once");
        // Open work is listed by urgency, page by page.
        filter = InboxFilter {
            page: 2,
            ..InboxFilter::default()
        };
        let open = app.inbox(&desk(), &filter).unwrap();
        assert_eq!((open.rows.len(), open.pages, open.next), (2, 2, None));
    });
}

#[test]
fn the_inbox_takes_no_page_or_state_that_cannot_be() {
    each_place(|place| {
        let app = app(place);
        let far = InboxFilter {
            page: i64::MAX,
            ..InboxFilter::default()
        };
        assert!(app.inbox(&desk(), &far).unwrap().rows.is_empty());
        let odd = InboxFilter {
            state: "王小明".into(),
            ..InboxFilter::default()
        };
        let error = app.inbox(&desk(), &odd).unwrap_err();
        assert_eq!(
            (error.kind, error.fields[0].field.as_str()),
            (Kind::Invalid, "state")
        );
    });
}

#[test]
fn a_case_that_leads_nowhere_is_said_and_not_dropped() {
    each_place(|place| {
        let app = app(place);
        let mut report = signal("王小明", "19900000001");
        report.contact_of = "张三".into();
        let error = app
            .submit(&Who::public(), envelope(CommandId::new()), &report)
            .unwrap_err();
        assert_eq!(error.fields[0].field, "contact_of");
    });
}
