//! What the law lets be decided, and the request to whoever may.

use fangxian_app::rulebook::LawQuestion;
use fangxian_domain::units::UnitKind;
use fangxian_store::testing::unit;

use super::{each_house, fields};

fn question(measure: &str) -> LawQuestion {
    LawQuestion {
        measure: measure.into(),
        disease: "cholera".into(),
        ..LawQuestion::default()
    }
}

#[test]
fn g14_a_government_that_wants_a_motorway_closed_gets_the_request_to_the_state_council() {
    each_house(|house| {
        let office = unit(&house.store, house.areas.district, UnitKind::Government);
        let government = house
            .staff_of(office, "gov1", "organ", house.areas.district)
            .2;
        house
            .clock
            .advance_to("2026-05-03T01:00:00Z".parse().unwrap());
        let asked = house.app.law_asked(&government, &question("M14")).unwrap();
        let answer = asked.answer.unwrap();
        assert!(answer.allowed && !answer.own);
        assert_eq!(answer.organs[0].zh, "国务院");
        let letter = answer.request.unwrap();
        assert!(letter.body.zh.starts_with("国务院："), "{}", letter.body.zh);
        for part in ["第六十六条第二款", "霍乱", "妥否，请批示"] {
            assert!(letter.body.zh.contains(part), "{part}: {}", letter.body.zh);
        }
        assert!(
            letter.body.en.contains("article 66(2)"),
            "{}",
            letter.body.en
        );
    });
}

#[test]
fn what_the_own_unit_may_decide_needs_no_request_and_what_nobody_may_has_none() {
    each_house(|house| {
        let cdc = unit(&house.store, house.areas.district, UnitKind::CdcInstitution);
        let cdc = house.staff_of(cdc, "cdc1", "organ", house.areas.district).2;
        let own = house.app.law_asked(&cdc, &question("M03")).unwrap().answer;
        let own = own.unwrap();
        assert!(own.allowed && own.own && own.request.is_none());
        let noro = LawQuestion {
            disease: "norovirus".into(),
            ..question("M14")
        };
        let refused = house.app.law_asked(&cdc, &noro).unwrap().answer.unwrap();
        assert!(!refused.allowed && refused.request.is_none());
        assert!(!refused.says.zh.is_empty() && refused.needed.is_some());
    });
}

#[test]
fn a_question_about_something_unknown_says_which_field() {
    each_house(|house| {
        let (_, _, duty) = house.staff("duty1", "duty", house.areas.district);
        let empty = house.app.law_asked(&duty, &LawQuestion::default()).unwrap();
        assert!(empty.answer.is_none() && empty.measures.len() > 20);
        let wrong = LawQuestion {
            measure: "M99".into(),
            ..LawQuestion::default()
        };
        let error = house.app.law_asked(&duty, &wrong).unwrap_err();
        assert_eq!(fields(&error), ["measure", "disease"]);
        let wrong = LawQuestion {
            response: "nothing".into(),
            ..question("M14")
        };
        assert_eq!(
            fields(&house.app.law_asked(&duty, &wrong).unwrap_err()),
            ["response"]
        );
    });
}
