//! What becomes of a closed response: classes of data, exceptions, the certificate, and the end of
//! what was kept.

use fangxian_app::responses::{ConfirmInput, KeepInput, ResponseInput};
use fangxian_app::{Kind, Who};
use fangxian_base::{CommandId, PersonId, RecordId, ResponseId};
use fangxian_domain::units::UnitKind;
use fangxian_store::DbError;
use fangxian_store::closing::certified;
use fangxian_store::facts::{NewFact, When};
use fangxian_store::records::record_original;
use fangxian_store::responses::response_fetch;
use fangxian_store::testing::{count, fact, record, unit};

use super::{House, each_house, fields};

/// A response that one closed, with a case, a contact and somebody else's self-report.
struct Closed {
    id: ResponseId,
    case: RecordId,
    other: RecordId,
    closer: Who,
    second: Who,
    auditor: Who,
}

fn version(house: &House, id: ResponseId) -> i64 {
    let found = house.store.read::<_, DbError>(|tx| response_fetch(tx, id));
    found.unwrap().unwrap().version
}

fn closed(house: &House) -> Closed {
    let [closer, second] = ["organ1", "organ2"].map(|login| {
        let office = unit(&house.store, house.areas.district, UnitKind::Government);
        let made = house.staff_of(office, login, "organ", house.areas.district);
        made.2
    });
    let (_, _, auditor) = house.staff("audit1", "auditor", house.areas.district);
    let input = ResponseInput {
        code: "flu-2025-01".into(),
        title_zh: "新型流感聚集性疫情".into(),
        title_en: "Novel influenza cluster".into(),
        disease: "novel-influenza".into(),
        elsewhere: false,
    };
    let id = house
        .app
        .response_open(&closer, CommandId::new(), &input)
        .unwrap();
    let (case, other) = (
        record(&house.store, id, None),
        record(&house.store, id, None),
    );
    let notified = NewFact::new("classification_notified", When::Unknown, "clinical");
    fact(&house.store, case, id, notified.with("class", "confirmed"));
    let contact = NewFact::new("contact", When::Unknown, "declared");
    fact(&house.store, other, id, contact.with("with", "confirmed"));
    house
        .app
        .response_close(&closer, CommandId::new(), id, version(house, id))
        .unwrap();
    Closed {
        id,
        case,
        other,
        closer,
        second,
        auditor,
    }
}

fn keep(person: RecordId) -> KeepInput {
    KeepInput {
        person: PersonId::of_record(person).to_string(),
        why: "evidence".into(),
        until_on: "2026-01-01".into(),
        lawful: "行政诉讼已受理".into(),
        necessary: "涉案措施的依据".into(),
        secure: "仅法制科可查阅".into(),
        ..KeepInput::default()
    }
}

fn says(decision: &str) -> ConfirmInput {
    ConfirmInput {
        decision: decision.into(),
    }
}

fn key_there(house: &House, id: impl std::fmt::Display) -> bool {
    let keys = house.store.keys().dir().join("responses");
    keys.join(format!("{id}.key")).exists()
}

#[test]
fn g16_a_rule_and_two_persons_keep_copies_and_everything_else_is_gone() {
    each_house(|house| {
        let (app, of) = (&house.app, closed(&house));
        let view = || app.response_closing(&of.closer, of.id).unwrap();
        let sizes: Vec<_> = view()
            .classes
            .iter()
            .map(|class| (class.id.clone(), class.records, class.until.is_some()))
            .collect();
        assert_eq!(
            sizes,
            [
                ("case_report".to_owned(), 1, true),
                ("emergency".to_owned(), 1, false)
            ]
        );
        let kept = app
            .response_keep(&of.closer, CommandId::new(), of.id, &keep(of.other))
            .unwrap();
        assert!(view().kept[0].own);
        let destroy =
            |who: &Who| app.response_destroy(who, CommandId::new(), of.id, version(&house, of.id));
        assert_eq!(destroy(&of.second).unwrap_err().code, "KEEP-WAITS");
        let confirm = |who: &Who, what: &str| {
            app.response_confirm_keep(who, CommandId::new(), kept, &says(what))
        };
        let alone = confirm(&of.closer, "confirm").unwrap_err();
        assert_eq!(alone.kind, Kind::Forbidden);
        assert!(alone.text.en.contains("whoever proposed"), "{alone}");
        assert_eq!(fields(&confirm(&of.second, "").unwrap_err()), ["decision"]);
        confirm(&of.second, "confirm").unwrap();
        assert_eq!(confirm(&of.second, "refuse").unwrap_err().code, "DECIDED");
        let early = app.response_certificate(&of.closer, of.id).unwrap_err();
        assert_eq!(early.code, "NOT-DESTROYED");

        destroy(&of.second).unwrap();
        for record in [of.case, of.other] {
            let read = house
                .store
                .read::<_, DbError>(|tx| record_original(tx, record));
            assert_eq!(read.unwrap(), None);
        }
        assert_eq!(count(&house.store, "token"), 0);
        assert_eq!(count(&house.store, "record_key"), 0);
        assert!(!key_there(&house, of.id));

        let kept_now = view().kept;
        let copies: Vec<_> = kept_now
            .iter()
            .map(|one| (one.why.as_str(), one.copies))
            .collect();
        assert_eq!(copies, [("evidence", 1), ("rule", 1)]);
        let read = app.response_kept(&of.auditor, kept, None).unwrap();
        let says = read.copies.rows[0].says.clone().unwrap();
        assert_eq!(read.copies.rows[0].record, of.other);
        assert_eq!(says["original"], "姓名：王小明");
        assert_eq!(says["facts"][0]["kind"], "contact");
        assert!(says["facts"][0]["says"].to_string().contains("confirmed"));
        let (_, _, duty) = house.staff("duty1", "duty", house.areas.district);
        let denied = app.response_kept(&duty, kept, None).unwrap_err();
        assert!(matches!(denied.kind, Kind::Forbidden | Kind::NotFound));

        house.app.upkeep_once(house.app.now());
        let paper = app.response_certificate(&of.auditor, of.id).unwrap();
        assert!(certified(
            &paper.signed,
            &paper.signature,
            &paper.public_key
        ));
        let forged = paper.signed.replace("flu-2025-01", "flu-2025-02");
        assert!(!certified(&forged, &paper.signature, &paper.public_key));
        assert!(paper.certificate.destroyed.entry.is_some(), "sealed by now");
        assert_eq!(paper.certificate.destroyed.by.as_deref(), Some("张三"));
        let records = &paper.certificate.counts[0];
        assert_eq!(records.id, "records");
        assert_eq!(
            records.values,
            [("case_report".to_owned(), 1), ("emergency".to_owned(), 1)]
        );
        let late = app.response_keep(&of.closer, CommandId::new(), of.id, &keep(of.other));
        assert_eq!(late.unwrap_err().code, "DESTROYED");
        assert!(fangxian_store::audit::verify(&house.store).unwrap().holds());
    });
}

#[test]
fn what_was_kept_goes_with_its_key_when_its_last_day_is_over() {
    each_house(|house| {
        let (app, of) = (&house.app, closed(&house));
        let kept = app
            .response_keep(&of.closer, CommandId::new(), of.id, &keep(of.other))
            .unwrap();
        app.response_confirm_keep(&of.second, CommandId::new(), kept, &says("confirm"))
            .unwrap();
        app.response_destroy(&of.second, CommandId::new(), of.id, version(&house, of.id))
            .unwrap();
        assert!(key_there(&house, kept));
        let to = |day: &str| {
            let midnight = house.app.settings().zone.day_start(day.parse().unwrap());
            house.clock.advance_to(midnight.plus_hours(1));
            house.app.upkeep_once(house.app.now());
        };
        to("2026-01-01");
        assert!(key_there(&house, kept), "its last day is not over");
        to("2026-01-02");
        assert!(!key_there(&house, kept));
        assert!(
            house
                .store
                .keys()
                .destroyed()
                .responses
                .contains(&ResponseId::from_uuid(kept)),
            "an old copy of the keys cannot bring it back"
        );
        let list = app.response_closing(&of.closer, of.id).unwrap().kept;
        assert_eq!((list[0].state.as_str(), list[0].copies), ("over", 0));
        assert_eq!((list[1].state.as_str(), list[1].copies), ("confirmed", 1));
        assert!(fangxian_store::audit::verify(&house.store).unwrap().holds());
    });
}

#[test]
fn a_refused_exception_keeps_nothing_and_its_key_goes() {
    each_house(|house| {
        let (app, of) = (&house.app, closed(&house));
        let kept = app
            .response_keep(&of.closer, CommandId::new(), of.id, &keep(of.other))
            .unwrap();
        app.response_confirm_keep(&of.second, CommandId::new(), kept, &says("refuse"))
            .unwrap();
        assert!(!key_there(&house, kept));
        app.response_destroy(&of.second, CommandId::new(), of.id, version(&house, of.id))
            .unwrap();
        let list = app.response_closing(&of.closer, of.id).unwrap().kept;
        let states: Vec<_> = list
            .iter()
            .map(|one| (one.state.as_str(), one.copies))
            .collect();
        assert_eq!(states, [("refused", 0), ("confirmed", 1)]);
    });
}

#[test]
fn an_exception_names_what_why_until_when_and_is_assessed_three_times() {
    each_house(|house| {
        let (app, of) = (&house.app, closed(&house));
        let tried = |input: &KeepInput| {
            let asked = app.response_keep(&of.closer, CommandId::new(), of.id, input);
            fields(&asked.unwrap_err()).join(" ")
        };
        assert_eq!(
            tried(&KeepInput::default()),
            "class why until_on lawful necessary secure"
        );
        let good = keep(of.other);
        let wrong = |change: &dyn Fn(&mut KeepInput)| {
            let mut input = good.clone();
            change(&mut input);
            tried(&input)
        };
        assert_eq!(wrong(&|i| i.class = "emergency".into()), "person", "both");
        assert_eq!(wrong(&|i| i.person = "王小明".into()), "person");
        let stranger = PersonId::of_record(RecordId::new());
        assert_eq!(wrong(&|i| i.person = stranger.to_string()), "person");
        assert_eq!(
            wrong(&|i| (i.class, i.person) = ("anything".into(), String::new())),
            "class"
        );
        assert_eq!(wrong(&|i| i.why = "just in case".into()), "why");
        assert_eq!(
            wrong(&|i| i.until_on = "2024-01-01".into()),
            "until_on",
            "over"
        );
        assert_eq!(
            wrong(&|i| i.until_on = "2035-01-01".into()),
            "until_on",
            "too long"
        );
        assert_eq!(wrong(&|i| i.secure = " ".into()), "secure");
        let keys = std::fs::read_dir(house.store.keys().dir().join("responses"));
        assert_eq!(
            keys.unwrap().count(),
            2,
            "no key of a refused proposal is left"
        );
        let command = CommandId::new();
        let once = app
            .response_keep(&of.closer, command, of.id, &good)
            .unwrap();
        let again = app
            .response_keep(&of.closer, command, of.id, &good)
            .unwrap();
        assert_eq!(once, again);
        let keys = std::fs::read_dir(house.store.keys().dir().join("responses"));
        assert_eq!(keys.unwrap().count(), 3, "one key for a repeated command");
    });
}

#[test]
fn nothing_of_an_open_response_is_kept_apart() {
    each_house(|house| {
        let office = unit(&house.store, house.areas.district, UnitKind::Government);
        let organ = house
            .staff_of(office, "organ1", "organ", house.areas.district)
            .2;
        let input = ResponseInput {
            code: "flu-2025-01".into(),
            title_zh: "流感".into(),
            title_en: "Influenza".into(),
            disease: "novel-influenza".into(),
            elsewhere: false,
        };
        let app = &house.app;
        let id = app.response_open(&organ, CommandId::new(), &input).unwrap();
        let person = record(&house.store, id, None);
        let asked = app.response_keep(&organ, CommandId::new(), id, &keep(person));
        let refused = asked.unwrap_err();
        assert!(refused.text.en.contains("open response"), "{refused}");
    });
}
