//! Responses: opened, approved, closed by one, destroyed by another.

use fangxian_app::Kind;
use fangxian_app::responses::{ApprovalInput, ConfirmInput, EndInput, ResponseInput};
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

fn class_a() -> ApprovalInput {
    ApprovalInput {
        kind: "managed_as_class_a".into(),
        organ: "state_council".into(),
        document_no: "示范〔2025〕1号".into(),
        from_on: "2025-01-16".into(),
        until_on: String::new(),
    }
}

fn says(decision: &str) -> ConfirmInput {
    ConfirmInput {
        decision: decision.into(),
    }
}

#[test]
fn an_approval_counts_once_a_second_person_confirmed_it_and_ends_with_a_reason() {
    each_house(|house| {
        let (_, _, duty) = house.staff("duty1", "duty", house.areas.district);
        let (_, _, second) = house.staff("duty2", "duty", house.areas.district);
        let app = &house.app;
        let id = app
            .response_open(&duty, CommandId::new(), &input("flu-2025-01"))
            .unwrap();
        let view = || {
            let list = app.response_list(&duty).unwrap();
            list.into_iter().find(|one| one.id == id).unwrap()
        };
        let confirm = |who, proposed, what: &str| {
            app.response_confirm(who, CommandId::new(), proposed, &says(what))
        };
        let proposed = app
            .response_approve(&duty, CommandId::new(), id, &class_a())
            .unwrap();
        assert!(view().approvals.is_empty(), "one person alone");
        assert!(view().proposed[0].own);
        let alone = confirm(&duty, proposed, "confirm").unwrap_err();
        assert_eq!(alone.kind, Kind::Forbidden);
        assert!(alone.text.en.contains("whoever proposed"), "{alone}");
        let cli = fangxian_app::Who::cli();
        assert!(confirm(&cli, proposed, "confirm").is_err(), "no person");
        let unclear = confirm(&second, proposed, "maybe").unwrap_err();
        assert_eq!(fields(&unclear), ["decision"]);
        confirm(&second, proposed, "confirm").unwrap();
        let again = confirm(&second, proposed, "refuse").unwrap_err();
        assert_eq!(again.code, "DECIDED");
        let (seen, waiting) = (view().approvals, view().proposed);
        assert_eq!((seen.len(), waiting.len()), (1, 0));
        assert_eq!(seen[0].organ_name.zh, "国务院");

        let refused = app
            .response_approve(&duty, CommandId::new(), id, &class_a())
            .unwrap();
        confirm(&second, refused, "refuse").unwrap();
        assert_eq!((view().approvals.len(), view().proposed.len()), (1, 0));

        let end = |last_on: &str, reason: &str| {
            let input = EndInput {
                last_on: last_on.into(),
                reason: reason.into(),
            };
            app.response_end_approval(&second, CommandId::new(), seen[0].id, &input)
        };
        assert_eq!(
            fields(&end("soon", " ").unwrap_err()),
            ["last_on", "reason"]
        );
        assert_eq!(
            fields(&end("2025-01-14", "误").unwrap_err()),
            ["last_on"],
            "before it began"
        );
        end("2025-02-01", "国务院撤销批准").unwrap();
        assert_eq!(
            fields(&end("2025-02-01", "再").unwrap_err()),
            ["last_on"],
            "not earlier"
        );
        let seen = view().approvals;
        assert_eq!(
            seen[0].until_on.map(|day| day.to_string()).as_deref(),
            Some("2025-02-01")
        );
        assert_eq!(seen[0].ended_reason.as_deref(), Some("国务院撤销批准"));
        house.app.upkeep_once(house.app.now());
        assert!(fangxian_store::audit::verify(&house.store).unwrap().holds());
        fangxian_store::testing::approval_ends_rewrite(&house.store);
        assert!(!fangxian_store::audit::verify(&house.store).unwrap().holds());
    });
}

#[test]
fn an_approval_names_a_kind_of_the_packs_and_an_organ_that_can_give_it() {
    each_house(|house| {
        let (_, _, duty) = house.staff("duty1", "duty", house.areas.district);
        let app = &house.app;
        let open = |code: &str, disease: &str| {
            let input = ResponseInput {
                disease: disease.into(),
                ..input(code)
            };
            app.response_open(&duty, CommandId::new(), &input).unwrap()
        };
        let (flu, noro) = (
            open("flu-1", "novel-influenza"),
            open("noro-1", "norovirus"),
        );
        let tried = |id, change: &dyn Fn(&mut ApprovalInput)| {
            let mut input = class_a();
            change(&mut input);
            app.response_approve(&duty, CommandId::new(), id, &input)
        };
        let wrong = |id, change: &dyn Fn(&mut ApprovalInput)| {
            let error = tried(id, change).unwrap_err();
            fields(&error).join(" ")
        };
        assert_eq!(
            wrong(noro, &|_| ()),
            "kind",
            "norovirus is not on that list"
        );
        assert_eq!(wrong(flu, &|i| i.kind = "anything".into()), "kind");
        assert_eq!(wrong(flu, &|i| i.organ = "国务院".into()), "organ");
        assert_eq!(
            wrong(flu, &|i| i.organ = "county_government".into()),
            "organ"
        );
        assert_eq!(wrong(flu, &|i| i.document_no = " ".into()), "document_no");
        assert_eq!(wrong(flu, &|i| i.from_on = "16.1.".into()), "from_on");
        assert_eq!(
            wrong(flu, &|i| i.until_on = "2025-01-01".into()),
            "until_on"
        );
        let government = |input: &mut ApprovalInput| {
            input.kind = "response_active".into();
            input.organ = "county_government".into();
        };
        tried(noro, &government).unwrap();
        let hospital = unit(&house.store, house.areas.district, UnitKind::Hospital);
        let (_, _, doctor) = house.staff_of(hospital, "organ9", "organ", house.areas.district);
        let error = app
            .response_approve(&doctor, CommandId::new(), flu, &class_a())
            .unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden);
    });
}

#[test]
fn g16_what_one_closed_another_destroys_and_then_it_is_gone() {
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
