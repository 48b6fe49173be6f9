//! Matching with a model, on both engines: linked with reasons, queued, left apart, taken back.

use std::sync::{Arc, PoisonError};

use fangxian_base::{CommandId, PersonId};
use fangxian_store::linkage::{LinkScore, score_fetch};
use fangxian_store::people::person_of;
use fangxian_store::testing::{each_place, lose_link_tokens};

use super::tests::{app, by_staff, desk, signal};
use super::*;
use crate::Kind;
use crate::people::PairView;

/// Somebody of whom much is known.
fn known() -> Signal {
    Signal {
        birth_date: "1986-05-07".into(),
        sex: "female".into(),
        address: "花园社区3栋1单元502室".into(),
        ..signal("李静", "19900000001")
    }
}

fn person(app: &App, record: RecordId) -> PersonId {
    app.read(|tx| Ok(person_of(tx, record)?)).unwrap().unwrap()
}

fn score(app: &App, a: RecordId, b: RecordId) -> Option<LinkScore> {
    app.read(|tx| Ok(score_fetch(tx, (a, b))?)).unwrap()
}

fn queue(app: &App) -> Vec<PairView> {
    app.pairs(&desk(), None).unwrap().rows
}

/// The same house with another model in force.
fn put(app: &App, matching: Matching) {
    *app.matching.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(matching);
}

#[test]
fn a_file_is_found_without_number_and_telephone_and_the_link_says_why_without_a_value() {
    each_place(|place| {
        let app = app(place);
        let first = by_staff(&app, &known());
        let again = by_staff(
            &app,
            &Signal {
                phone: String::new(),
                ..known()
            },
        );
        assert!(again.matched && !again.queued);
        assert_eq!(person(&app, again.record), person(&app, first.record));
        let told = score(&app, first.record, again.record).unwrap();
        assert!(told.weight > 13_000 && told.model.is_none());
        for said in ["family", "given", "birth", "address", "sex", "the same"] {
            assert!(told.reasons.contains(said), "{said}: {}", told.reasons);
        }
        for value in ["李", "静", "19900000001", "1986-05-07", "花园"] {
            assert!(!told.reasons.contains(value), "{value}");
        }
        let file = app
            .person_file(&desk(), person(&app, first.record), "intake")
            .unwrap();
        assert!(
            file.links
                .iter()
                .any(|link| link.stands && link.basis == "score")
        );
    });
}

#[test]
fn a_name_heard_wrongly_is_put_to_somebody() {
    each_place(|place| {
        let app = app(place);
        by_staff(&app, &known());
        let heard = Signal {
            name: "李婧".into(),
            ..known()
        };
        let heard = by_staff(&app, &heard);
        assert!(!heard.matched && heard.queued, "twins may be called so");
        let pairs = queue(&app);
        let told = pairs[0].told.as_ref().unwrap();
        let given = told.reasons.iter().find(|reason| reason.field == "given");
        assert_eq!(given.unwrap().step, "close");
    });
}

#[test]
fn a_household_is_not_one_person() {
    each_place(|place| {
        let app = app(place);
        let first = by_staff(&app, &known());
        let child = Signal {
            name: "李子涵".into(),
            birth_date: "2015-02-03".into(),
            sex: "male".into(),
            ..known()
        };
        let child = by_staff(&app, &child);
        assert!(!child.matched && !child.queued);
        assert_ne!(person(&app, child.record), person(&app, first.record));
    });
}

#[test]
fn two_numbers_are_two_persons_however_alike_they_are() {
    each_place(|place| {
        let app = app(place);
        let numbered = |number: &str| Signal {
            document_number: number.into(),
            ..known()
        };
        by_staff(&app, &numbered("990101198605070026"));
        let other = by_staff(&app, &numbered("990101198605070042"));
        assert!(!other.matched);
    });
}

/// A is like B, and whoever comes later is like both.
fn two_alike(app: &App) -> (Submitted, Submitted) {
    let a = by_staff(app, &known());
    // Nothing is known of the second but what two people can share.
    let b = by_staff(
        app,
        &Signal {
            address: String::new(),
            phone: "19900000002".into(),
            ..known()
        },
    );
    for pair in queue(app) {
        app.pair_decide(&desk(), CommandId::new(), pair.id, false)
            .unwrap();
    }
    assert_ne!(person(app, a.record), person(app, b.record));
    (a, b)
}

#[test]
fn where_two_come_into_question_somebody_is_asked_and_what_was_held_apart_stays_apart() {
    each_place(|place| {
        let app = app(place);
        let (a, b) = two_alike(&app);
        let both = Signal {
            phone: String::new(),
            address: String::new(),
            ..known()
        };
        let third = by_staff(&app, &both);
        assert!(!third.matched);
        let mut pairs = queue(&app);
        pairs.retain(|pair| pair.b_person == person(&app, third.record));
        assert_eq!(pairs.len(), 2, "one for each");
        app.pair_decide(&desk(), CommandId::new(), pairs[0].id, true)
            .unwrap();
        let error = app
            .pair_decide(&desk(), CommandId::new(), pairs[1].id, true)
            .unwrap_err();
        assert_eq!((error.kind, error.code), (Kind::Conflict, "HELD-APART"));
        assert_ne!(person(&app, a.record), person(&app, b.record));
    });
}

#[test]
fn a_decision_is_taken_back_as_easily_as_it_was_made() {
    each_place(|place| {
        let app = app(place);
        let first = by_staff(&app, &known());
        let doubtful = by_staff(
            &app,
            &Signal {
                document_number: "990101198605070026".into(),
                ..known()
            },
        );
        let other = by_staff(
            &app,
            &Signal {
                name: "张三".into(),
                document_number: "990101198605070026".into(),
                ..known()
            },
        );
        let next = app.pair_next(&desk(), None).unwrap();
        let pair = next.pair.unwrap();
        assert!(other.queued && next.waiting == 1);
        let told = pair.told.as_ref().unwrap();
        let sum: f64 = told.reasons.iter().map(|reason| reason.bits).sum();
        assert!((told.start + sum + told.other - told.weight).abs() < 1e-6);
        for same in [true, false] {
            app.pair_decide(&desk(), CommandId::new(), pair.id, same)
                .unwrap();
            let joined = person(&app, other.record) == person(&app, doubtful.record);
            assert_eq!(joined, same);
            assert!(app.pair_next(&desk(), None).unwrap().pair.is_none());
            app.pair_undo(&desk(), CommandId::new(), pair.id).unwrap();
            assert_ne!(person(&app, other.record), person(&app, doubtful.record));
            let again = app.pair_next(&desk(), None).unwrap().pair.unwrap();
            assert_eq!(again.id, pair.id);
        }
        let early = app.pair_undo(&desk(), CommandId::new(), pair.id);
        assert_eq!(early.unwrap_err().kind, Kind::Stale, "it waits already");
        assert_eq!(person(&app, first.record), person(&app, doubtful.record));
    });
}

#[test]
fn without_a_model_matching_is_exact() {
    each_place(|place| {
        let app = app(place);
        put(&app, Matching::default());
        let first = by_staff(&app, &known());
        let heard = Signal {
            name: "李婧".into(),
            ..known()
        };
        assert!(!by_staff(&app, &heard).matched);
        let again = by_staff(&app, &known());
        assert!(again.matched);
        assert!(score(&app, first.record, again.record).is_none());
    });
}

#[test]
fn older_records_are_found_once_the_job_has_been_there() {
    each_place(|place| {
        let app = app(place);
        by_staff(&app, &known());
        lose_link_tokens(app.store());
        let heard = |name: &str| Signal {
            name: name.into(),
            // Nothing that the exact rules look up.
            phone: String::new(),
            ..known()
        };
        let before = by_staff(&app, &heard("李婧"));
        assert!(!before.matched && !before.queued);
        while !app.linkage_models(&desk()).unwrap().complete {
            app.linkage_fill().unwrap();
        }
        let after = by_staff(&app, &heard("李菁"));
        assert!(after.matched || after.queued);
    });
}

#[test]
fn a_model_is_learnt_here_and_counts_when_somebody_has_released_it() {
    each_place(|place| {
        let (app, desk) = (app(place), desk());
        let early = app.linkage_ask(&desk, CommandId::new()).unwrap_err();
        assert_eq!(early.code, "TOO-FEW-RECORDS");
        let families = ["王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周"];
        let given = [
            "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇",
        ];
        for n in 0..520_usize {
            let name = [families[n % 10], given[n / 10 % 11], given[n / 7 % 11]].concat();
            let who = n % 400;
            let report = Signal {
                birth_date: format!("19{:02}-0{}-1{}", 40 + who % 60, 1 + who % 9, who % 7),
                address: format!("花园社区{}栋{}室", who % 40, 101 + who),
                ..signal(&name, &format!("1990000{who:04}"))
            };
            by_staff(&app, &report);
        }
        let command = CommandId::new();
        let job = app.linkage_ask(&desk, command).unwrap().unwrap();
        assert!(app.linkage_ask(&desk, command).unwrap().is_none(), "once");
        app.linkage_learn(&desk, job);
        let seen = app.linkage_models(&desk).unwrap();
        assert_eq!((seen.models.len(), seen.in_force), (1, None));
        assert_eq!((seen.models[0].id, seen.models[0].records), (job, 520));
        assert!(!seen.models[0].summary.near_doubtful.is_empty());
        app.linkage_release(&desk, CommandId::new(), job).unwrap();
        let seen = app.linkage_models(&desk).unwrap();
        assert_eq!(seen.in_force, Some(job));
        assert!(seen.models[0].released_at.is_some());
        let first = by_staff(&app, &known());
        let again = by_staff(&app, &known());
        let told = score(&app, first.record, again.record);
        assert_eq!(told.and_then(|told| told.model), Some(job));
    });
}
