//! Responses: opened, approved, closed by one, destroyed by another.

use fangxian_app::Kind;
use fangxian_app::responses::{ApprovalInput, ResponseInput};
use fangxian_base::{CommandId, PersonId, ResponseId, ReviewId};
use fangxian_domain::units::UnitKind;
use fangxian_store::DbError;
use fangxian_store::records::record_original;
use fangxian_store::responses::response_fetch;
use fangxian_store::reviews::{NewReview, review_insert};
use fangxian_store::testing::{command, count, record, unit};

use super::{House, each_house, fields};

fn input(code: &str) -> ResponseInput {
    ResponseInput {
        code: code.into(),
        title_zh: "新型流感聚集性疫情".into(),
        title_en: "Novel influenza cluster".into(),
        disease: "novel-influenza".into(),
        elsewhere: false,
    }
}

fn version(house: &House, id: ResponseId) -> i64 {
    house
        .store
        .read::<_, DbError>(|tx| response_fetch(tx, id))
        .unwrap()
        .unwrap()
        .version
}

#[test]
fn a_response_is_opened_with_its_key_and_a_repeated_command_opens_one() {
    each_house(|house| {
        let (_, _, duty) = house.staff("duty1", "duty", house.areas.district);
        let command = CommandId::new();
        let id = house
            .app
            .response_open(&duty, command, &input("flu-2025-01"))
            .unwrap();
        assert_eq!(
            house
                .app
                .response_open(&duty, command, &input("flu-2025-01"))
                .unwrap(),
            id
        );
        let error = house
            .app
            .response_open(&duty, CommandId::new(), &input("flu-2025-01"))
            .unwrap_err();
        assert_eq!(fields(&error), ["code"]);
        let keys = std::fs::read_dir(house.store.keys().dir().join("responses"))
            .unwrap()
            .count();
        assert_eq!(
            keys, 2,
            "routine and this one: no key of a refused or repeated command is left"
        );
        record(&house.store, id, None);
        let error = house
            .app
            .response_open(&duty, CommandId::new(), &ResponseInput::default())
            .unwrap_err();
        assert_eq!(fields(&error), ["code", "title_zh", "title_en", "disease"]);
    });
}

#[test]
fn an_approval_is_on_record_with_its_organ_and_days() {
    each_house(|house| {
        let (_, _, duty) = house.staff("duty1", "duty", house.areas.district);
        let id = house
            .app
            .response_open(&duty, CommandId::new(), &input("flu-2025-01"))
            .unwrap();
        let mut approval = ApprovalInput {
            kind: "managed_as_class_a".into(),
            organ: "国务院".into(),
            document_no: "示范〔2025〕1号".into(),
            from_on: "2025-01-16".into(),
            until_on: "2025-01-01".into(),
        };
        let error = house
            .app
            .response_approve(&duty, CommandId::new(), id, &approval)
            .unwrap_err();
        assert_eq!(fields(&error), ["until_on"]);
        approval.until_on = String::new();
        house
            .app
            .response_approve(&duty, CommandId::new(), id, &approval)
            .unwrap();
        let list = house.app.response_list(&duty).unwrap();
        let view = list.iter().find(|response| response.id == id).unwrap();
        assert_eq!(view.approvals[0].organ, "国务院");
    });
}

#[test]
fn what_one_closed_another_destroys_and_then_it_is_gone() {
    each_house(|house| {
        let (_, _, duty) = house.staff("duty1", "duty", house.areas.district);
        let id = house
            .app
            .response_open(&duty, CommandId::new(), &input("flu-2025-01"))
            .unwrap();
        let record = record(&house.store, id, None);
        let (app, v) = (&house.app, || version(&house, id));
        let [first, second] = ["organ1", "organ2"].map(|login| {
            let office = unit(&house.store, house.areas.district, UnitKind::Government);
            house
                .staff_of(office, login, "organ", house.areas.district)
                .2
        });
        let early = app
            .response_destroy(&first, CommandId::new(), id, v())
            .unwrap_err();
        assert!(early.text.en.contains("open response"), "{early}");
        app.response_close(&first, CommandId::new(), id, v())
            .unwrap();
        let same = app
            .response_destroy(&first, CommandId::new(), id, v())
            .unwrap_err();
        assert_eq!(same.kind, Kind::Forbidden);
        assert!(
            same.text.en.contains("whoever closed"),
            "refused for the right reason: {same}"
        );
        let none = app
            .response_destroy(&duty, CommandId::new(), id, v())
            .unwrap_err();
        assert_eq!(none.kind, Kind::Forbidden);
        app.response_destroy(&second, CommandId::new(), id, v())
            .unwrap();
        let original = house
            .store
            .read::<_, DbError>(|tx| record_original(tx, record))
            .unwrap();
        assert_eq!(original, None);
        assert_eq!(count(&house.store, "token"), 0);
        assert!(
            !house
                .store
                .keys()
                .dir()
                .join("responses")
                .join(format!("{id}.key"))
                .exists()
        );
        house.app.upkeep_once(house.app.now());
        assert!(fangxian_store::audit::verify(&house.store).unwrap().holds());
    });
}

#[test]
fn a_response_is_not_closed_over_open_work_and_says_what_is_open() {
    each_house(|house| {
        let (_, _, duty) = house.staff("duty1", "duty", house.areas.district);
        let id = house
            .app
            .response_open(&duty, CommandId::new(), &input("flu-2025-01"))
            .unwrap();
        let record = record(&house.store, id, None);
        house
            .store
            .write::<_, DbError, _>(command("reviews.first_look"), move |tx| {
                let new = NewReview {
                    id: ReviewId::new(),
                    response: id,
                    person: PersonId::of_record(record),
                    record,
                    area: None,
                    confined: false,
                    category: None,
                    digest: "",
                    proposal: b"{}",
                    due_at: tx.now(),
                };
                review_insert(tx, &new)
            })
            .unwrap();
        let v = version(&house, id);
        let error = house
            .app
            .response_close(&duty, CommandId::new(), id, v)
            .unwrap_err();
        assert_eq!(error.code, "STILL-RUNNING");
        assert!(error.text.en.contains("1 reviews"), "{error}");
        assert!(!error.text.en.contains("tasks"), "{error}");
    });
}

#[test]
fn routine_surveillance_is_there_from_the_beginning_and_has_no_end() {
    each_house(|house| {
        let routine = house.app.routine().unwrap();
        let cli = fangxian_app::Who::cli();
        let error = house
            .app
            .response_close(&cli, CommandId::new(), routine, 1)
            .unwrap_err();
        assert_eq!(error.kind, Kind::Conflict);
    });
}
