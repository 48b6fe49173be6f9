//! Appeals: filed with the code on the notice, answered in time by somebody who had no part in the
//! measure, and what becomes of the measure meanwhile and after.

use fangxian_authz::Role;
use fangxian_base::{AppealId, CommandId, MeasureId};
use fangxian_domain::intake::ReceiptCode;

use super::path::decide;
use super::{World, code, day, each_world};
use crate::Who;
use crate::appeals::{
    AnswerInput, AppealInput, AppealsFilter, AssignInput, MatchInput, ReliefInput, WithdrawInput,
};
use crate::measures::{LiftInput, MeasureRow};

fn decided(world: &World) -> MeasureRow {
    world.approve();
    let (.., review) = world.close_contact();
    let id = world.confirmed(review).measures[0];
    let version = row(world, id).version;
    let input = decide(version, "2026-05-09");
    world
        .app
        .measure_decide(&world.hospital, CommandId::new(), id, &input)
        .unwrap();
    row(world, id)
}

fn row(world: &World, id: MeasureId) -> MeasureRow {
    world.app.measure_read(&world.hospital, id).unwrap().row
}

fn words(code: &str, kind: &str) -> AppealInput {
    AppealInput {
        code: code.into(),
        kind: kind.into(),
        words: "我那天不在场".into(),
        ..AppealInput::default()
    }
}

/// Files at the public door; answers the number.
fn filed(world: &World, code: &str, kind: &str) -> String {
    world.app.first_start().unwrap();
    world
        .app
        .appeal_file(&Who::public(), CommandId::new(), &words(code, kind))
        .unwrap()
        .receipt
}

fn only(world: &World) -> (AppealId, i64) {
    let page = world
        .app
        .appeals(&world.government, &AppealsFilter::default())
        .unwrap();
    assert_eq!(page.rows.len(), 1);
    (page.rows[0].id, page.rows[0].version)
}

fn assign(world: &World, login: &str) -> crate::Result<()> {
    let (id, version) = only(world);
    let input = AssignInput {
        version,
        login: login.into(),
    };
    world
        .app
        .appeal_assign(&world.desk, CommandId::new(), id, &input)
}

fn answer(world: &World, by: &Who, outcome: &str) -> crate::Result<()> {
    let (id, version) = only(world);
    let input = AnswerInput {
        version,
        outcome: outcome.into(),
        reason: "经核对，当日确未到过该场所".into(),
    };
    world.app.appeal_answer(by, CommandId::new(), id, &input)
}

fn state(world: &World, receipt: &str) -> crate::appeals::AppealProgress {
    world.app.receipt(receipt).unwrap().appeal.unwrap()
}

#[test]
fn an_appeal_found_right_puts_the_measure_before_its_organ_which_lifts_it() {
    each_world(|world| {
        let measure = decided(world);
        let notice = world
            .app
            .measure_read(&world.hospital, measure.id)
            .unwrap()
            .notice
            .unwrap();
        let code = measure.appeal_code.unwrap();
        assert!(notice.body.zh.contains(&code) && notice.body.en.contains(&code));
        let receipt = filed(world, &code, "measure");
        assert_eq!(state(world, &receipt).state.code(), "filed");
        assign(world, "government").unwrap();
        assert!(row(world, measure.id).in_force, "an appeal stops nothing");
        answer(world, &world.government, "uphold").unwrap();
        let seen = row(world, measure.id);
        assert_eq!(seen.lift_why.as_deref(), Some("appeal"));
        assert!(seen.in_force, "its organ lifts it, nobody else");
        world.app.day_sweep().unwrap();
        assert_eq!(
            row(world, measure.id).lift_why.as_deref(),
            Some("appeal"),
            "asking the rules again does not take it back"
        );
        let lift = LiftInput {
            version: row(world, measure.id).version,
            reason: "申诉成立".into(),
        };
        world
            .app
            .measure_lift(&world.hospital, CommandId::new(), measure.id, &lift)
            .unwrap();
        let seen = state(world, &receipt);
        assert_eq!((seen.state.code(), seen.lifted), ("upheld", true));
        assert!(seen.routes.is_empty());
    });
}

#[test]
fn whoever_looked_or_decided_neither_answers_nor_is_named_to() {
    each_world(|world| {
        let measure = decided(world);
        filed(world, &measure.appeal_code.unwrap(), "measure");
        for login in ["assessor", "hospital"] {
            assert_eq!(code(assign(world, login)), "TOOK-PART", "{login}");
        }
        // The desk looked, and may answer nothing in any case; nobody is called so.
        for login in ["grid", "nobody"] {
            let refused = assign(world, login).unwrap_err();
            assert_eq!(refused.fields[0].field, "login", "{login}");
        }
        assign(world, "government").unwrap();
        for who in [
            &world.cdc_organ,
            &world.hospital,
            &world.assessor,
            &world.desk,
        ] {
            assert_eq!(code(answer(world, who, "refuse")), "FORBIDDEN");
        }
    });
}

#[test]
fn the_answer_at_the_door_does_not_tell_whether_a_code_is_that_of_a_notice() {
    each_world(|world| {
        let measure = decided(world);
        let known = filed(world, &measure.appeal_code.unwrap(), "measure");
        let strange = ReceiptCode::from_random([9; 16]).to_string();
        let unknown = filed(world, &strange, "measure");
        let mut both = [known, unknown].map(|number| {
            let view = world.app.receipt(&number).unwrap();
            serde_json::to_value(view).unwrap()
        });
        for view in &mut both {
            view["receipt"].take();
        }
        assert_eq!(both[0], both[1]);
        let slip = world
            .app
            .appeal_file(&Who::public(), CommandId::new(), &words("ABC", "x"));
        let fields: Vec<_> = slip
            .unwrap_err()
            .fields
            .into_iter()
            .map(|f| f.field)
            .collect();
        assert_eq!(fields, ["code", "kind"]);
    });
}

#[test]
fn what_was_filed_under_a_wrong_code_is_kept_and_finds_its_measure() {
    each_world(|world| {
        let measure = decided(world);
        let strange = ReceiptCode::from_random([9; 16]).to_string();
        let receipt = filed(world, &strange, "measure");
        let (id, version) = only(world);
        let view = world.app.appeal_read(&world.government, id).unwrap();
        assert!(view.measure.is_none());
        assert_eq!(view.said.unwrap().words, "我那天不在场");
        let nowhere = MatchInput {
            version,
            measure: strange,
        };
        let refused = world
            .app
            .appeal_match(&world.government, CommandId::new(), id, &nowhere);
        assert_eq!(refused.unwrap_err().fields[0].field, "measure");
        let found = MatchInput {
            version,
            measure: measure.appeal_code.unwrap(),
        };
        world
            .app
            .appeal_match(&world.government, CommandId::new(), id, &found)
            .unwrap();
        let view = world.app.appeal_read(&world.government, id).unwrap();
        assert_eq!(view.row.name, "王小明");
        assert_eq!(code(assign(world, "hospital")), "TOOK-PART");
        assign(world, "government").unwrap();
        answer(world, &world.government, "refuse").unwrap();
        assert_eq!(state(world, &receipt).state.code(), "refused");
    });
}

#[test]
fn a_refusal_says_where_to_turn_next_and_until_when() {
    each_world(|world| {
        let measure = decided(world);
        let receipt = filed(world, &measure.appeal_code.unwrap(), "measure");
        assign(world, "government").unwrap();
        answer(world, &world.government, "refuse").unwrap();
        let seen = state(world, &receipt);
        let routes: Vec<_> = seen
            .routes
            .iter()
            .map(|route| (route.id.as_str(), route.until.map(|day| day.to_string())))
            .collect();
        assert_eq!(
            routes,
            [
                ("reconsideration", Some("2026-07-02".to_owned())),
                ("court", None)
            ]
        );
        assert!(row(world, measure.id).lift_why.is_none());
        let letter = letters(world, "refused").remove(0).unwrap();
        assert_eq!(letter.document_no, receipt);
        for words in [
            "经核对，当日确未到过该场所",
            "2026-07-02",
            "示疾控隔〔2026〕1号",
        ] {
            assert!(letter.body.zh.contains(words), "{}", letter.body.zh);
        }
        assert!(letter.body.en.contains("2026-07-02"), "{}", letter.body.en);
        assert_eq!(letter.signed_on, day("2026-05-03"));
        assert!(!letter.organ.zh.is_empty());
    });
}

/// The letters of the appeals in a state.
fn letters(world: &World, state: &str) -> Vec<Option<crate::appeals::Letter>> {
    let filter = AppealsFilter {
        states: vec![state.into()],
        ..AppealsFilter::default()
    };
    let rows = world.app.appeals(&world.government, &filter).unwrap().rows;
    rows.iter()
        .map(|row| {
            world
                .app
                .appeal_read(&world.government, row.id)
                .unwrap()
                .letter
        })
        .collect()
}

#[test]
fn the_letter_says_whether_the_measure_was_lifted_and_there_is_none_before_the_answer() {
    each_world(|world| {
        let measure = decided(world);
        filed(world, &measure.appeal_code.unwrap(), "measure");
        assert!(letters(world, "filed")[0].is_none());
        assign(world, "government").unwrap();
        answer(world, &world.government, "uphold").unwrap();
        let before = letters(world, "upheld").remove(0).unwrap();
        assert!(
            before.body.zh.contains("提请作出决定的机关解除"),
            "{}",
            before.body.zh
        );
        let lift = LiftInput {
            version: row(world, measure.id).version,
            reason: "申诉成立".into(),
        };
        world
            .app
            .measure_lift(&world.hospital, CommandId::new(), measure.id, &lift)
            .unwrap();
        let after = letters(world, "upheld").remove(0).unwrap();
        assert!(
            after.body.zh.contains("已于 2026-05-03 解除"),
            "{}",
            after.body.zh
        );
        assert!(after.body.en.contains("lifted on 2026-05-03"));
    });
}

#[test]
fn an_appeal_that_nobody_answers_goes_to_the_next_level_once_and_stays_late() {
    each_world(|world| {
        let measure = decided(world);
        let receipt = filed(world, &measure.appeal_code.unwrap(), "measure");
        assert_eq!(world.app.appeals_sweep(10).unwrap().raised, 0);
        world.pass_minutes(24 * 60 + 1);
        assert_eq!(world.app.appeals_sweep(10).unwrap().raised, 1);
        assert_eq!(world.app.appeals_sweep(10).unwrap().raised, 0);
        let late = AppealsFilter {
            late: true,
            ..AppealsFilter::default()
        };
        let page = world.app.appeals(&world.government, &late).unwrap();
        assert_eq!((page.total, page.late, page.rows[0].raised), (1, 1, 1));
        let late_on = |who: &Who| world.app.command_view(who, "").unwrap().appeals_late;
        assert_eq!(late_on(&world.duty), Some(1));
        assert_eq!(
            late_on(&world.township),
            None,
            "who sees no appeal counts none"
        );
        assert!(state(world, &receipt).late);
        assign(world, "government").unwrap();
        answer(world, &world.government, "refuse").unwrap();
        world.pass_minutes(3 * 24 * 60);
        assert_eq!(world.app.appeals_sweep(10).unwrap().raised, 0);
        let all = AppealsFilter {
            states: vec!["refused".into()],
            ..AppealsFilter::default()
        };
        assert!(world.app.appeals(&world.government, &all).unwrap().rows[0].late);
    });
}

#[test]
fn a_measure_that_its_organ_lets_rest_binds_nobody_until_the_answer() {
    each_world(|world| {
        let measure = decided(world);
        let receipt = filed(world, &measure.appeal_code.unwrap(), "measure");
        let open = || world.app.my_tasks(&world.grid).unwrap().tasks.len();
        let before = open();
        let (id, version) = only(world);
        let input = ReliefInput {
            version,
            reason: "依据存疑，先行暂停".into(),
        };
        let relieve = |by: &Who| world.app.appeal_relieve(by, CommandId::new(), id, &input);
        assert_eq!(code(relieve(&world.cdc_organ)), "FORBIDDEN");
        relieve(&world.hospital).unwrap();
        let seen = row(world, measure.id);
        assert!(!seen.in_force && seen.suspended_at.is_some());
        assert!(state(world, &receipt).rests);
        assert_eq!(open(), before - 2, "the questions of today and tomorrow");
        assert_eq!(world.app.day_sweep().unwrap().tasks, 0);
        assign(world, "government").unwrap();
        answer(world, &world.government, "refuse").unwrap();
        let seen = row(world, measure.id);
        assert!(seen.in_force && seen.suspended_at.is_none());
        assert!(!state(world, &receipt).rests);
        assert_eq!(open(), before);
        assert_eq!(world.app.day_sweep().unwrap().ended, 0);
    });
}

#[test]
fn a_measure_that_rests_still_ends_with_its_term() {
    each_world(|world| {
        let measure = decided(world);
        filed(world, &measure.appeal_code.unwrap(), "measure");
        let (id, version) = only(world);
        let input = ReliefInput {
            version,
            reason: "依据存疑，先行暂停".into(),
        };
        world
            .app
            .appeal_relieve(&world.hospital, CommandId::new(), id, &input)
            .unwrap();
        world.pass_minutes(8 * 24 * 60);
        assert_eq!(world.app.day_sweep().unwrap().ended, 1);
        assert_eq!(row(world, measure.id).state, "ended");
    });
}

#[test]
fn a_correction_is_upheld_once_the_fact_was_put_right() {
    each_world(|world| {
        let measure = decided(world);
        filed(world, &measure.appeal_code.clone().unwrap(), "fact");
        assign(world, "government").unwrap();
        let refused = answer(world, &world.government, "uphold");
        assert_eq!(code(refused), "CORRECT-FIRST");
        let file = world
            .app
            .person_file(&world.desk, measure.person, "intake")
            .unwrap();
        let judged = file
            .facts
            .iter()
            .find(|fact| fact.kind == "contact_judged")
            .unwrap();
        let input = crate::people::CorrectInput {
            fact: judged.id.to_string(),
            reason: "当日不在场".into(),
            ..crate::people::CorrectInput::default()
        };
        world
            .app
            .fact_correct(&world.desk, CommandId::new(), measure.person, &input)
            .unwrap();
        answer(world, &world.government, "uphold").unwrap();
        let seen = row(world, measure.id);
        assert_eq!(seen.lift_why.as_deref(), Some("unsupported"));
    });
}

#[test]
fn whoever_filed_takes_it_back_and_the_rest_ends() {
    each_world(|world| {
        let measure = decided(world);
        let receipt = filed(world, &measure.appeal_code.unwrap(), "measure");
        let (id, version) = only(world);
        let input = ReliefInput {
            version,
            reason: "依据存疑，先行暂停".into(),
        };
        world
            .app
            .appeal_relieve(&world.hospital, CommandId::new(), id, &input)
            .unwrap();
        let number = WithdrawInput {
            number: receipt.clone(),
        };
        let back = |input: &WithdrawInput| {
            world
                .app
                .appeal_withdraw(&Who::public(), CommandId::new(), input)
        };
        back(&number).unwrap();
        assert!(row(world, measure.id).in_force);
        assert_eq!(state(world, &receipt).state.code(), "withdrawn");
        let again = back(&number).unwrap_err();
        assert_eq!(again.fields[0].field, "number");
    });
}

#[test]
fn staff_file_for_somebody_and_a_response_with_an_open_appeal_is_not_closed() {
    each_world(|world| {
        let measure = decided(world);
        world
            .app
            .appeal_file(
                &world.grid,
                CommandId::new(),
                &words(&measure.appeal_code.unwrap(), "measure"),
            )
            .unwrap();
        let running = world
            .app
            .read(|tx| Ok(fangxian_store::responses::response_running(tx, world.flu)?))
            .unwrap();
        assert_eq!(running.appeals, 1);
        let stranger = super::who(
            &world.store,
            fangxian_base::UserId::new(),
            (
                fangxian_base::UnitId::new(),
                fangxian_domain::units::UnitKind::Other,
            ),
            &[(Role::Integration, world.tree.district)],
        );
        let refused = world
            .app
            .appeal_file(&stranger, CommandId::new(), &words("", "measure"));
        assert_eq!(code(refused), "FORBIDDEN");
    });
}
