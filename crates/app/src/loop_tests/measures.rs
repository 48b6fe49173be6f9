//! Who decides, lifts and refuses, and what ends by itself.

use fangxian_base::{CommandId, MeasureId, PersonId, RecordId};
use fangxian_store::facts::{NewFact, When};

use super::path::decide;
use super::{World, code, day, each_world};
use crate::Who;
use crate::measures::{DecideInput, LiftInput, MeasuresFilter};
use crate::reviews::ReviewsFilter;

fn proposed(world: &World) -> MeasureId {
    world.approve();
    let (.., review) = world.close_contact();
    world.confirmed(review).measures[0]
}

fn version(world: &World, id: MeasureId) -> i64 {
    world
        .app
        .measure_read(&world.hospital, id)
        .unwrap()
        .row
        .version
}

fn decided(world: &World, by: &Who) -> MeasureId {
    let id = proposed(world);
    let input = decide(version(world, id), "2026-05-09");
    world
        .app
        .measure_decide(by, CommandId::new(), id, &input)
        .unwrap();
    id
}

#[test]
fn a_government_headquarters_or_committee_cannot_decide_an_observation() {
    each_world(|world| {
        let id = proposed(world);
        let input = decide(version(world, id), "2026-05-09");
        for who in [
            &world.government,
            &world.duty,
            &world.township,
            &world.desk,
            &world.grid,
        ] {
            let refused = world.app.measure_decide(who, CommandId::new(), id, &input);
            assert!(["FORBIDDEN", "NOT-FOUND"].contains(&code(refused)));
        }
        assert_eq!(
            world
                .app
                .measure_read(&world.hospital, id)
                .unwrap()
                .row
                .state,
            "proposed"
        );
    });
}

#[test]
fn whoever_looked_cannot_decide_even_as_an_organ() {
    each_world(|world| {
        world.approve();
        let (.., review) = world.close_contact();
        let input = crate::reviews::FirstLookInput {
            outcome: "confirm".into(),
            ..crate::reviews::FirstLookInput::default()
        };
        world.first_look(&world.desk, review, input).unwrap();
        let confirmed = world
            .second_look(&world.other_assessor, review, "confirm")
            .unwrap();
        let id = confirmed.measures[0];
        let input = decide(version(world, id), "2026-05-09");
        let refused = world
            .app
            .measure_decide(&world.other_assessor, CommandId::new(), id, &input);
        assert_eq!(code(refused), "FORBIDDEN");
        world
            .app
            .measure_decide(&world.cdc_organ, CommandId::new(), id, &input)
            .unwrap();
    });
}

#[test]
fn g13_a_decision_needs_a_number_and_an_end_inside_the_term() {
    each_world(|world| {
        let id = proposed(world);
        let version = version(world, id);
        let ask = |input: DecideInput| {
            let error = world
                .app
                .measure_decide(&world.hospital, CommandId::new(), id, &input)
                .unwrap_err();
            error
                .fields
                .into_iter()
                .map(|field| field.field)
                .collect::<Vec<_>>()
        };
        let empty = DecideInput {
            version,
            outcome: "decide".into(),
            ..DecideInput::default()
        };
        assert_eq!(ask(empty), ["document_no", "ends_on"]);
        assert_eq!(
            ask(decide(version, "2026-05-10")),
            ["ends_on"],
            "not longer than the plan"
        );
        let early = DecideInput {
            starts_on: "2026-05-02".into(),
            ..decide(version, "2026-05-09")
        };
        assert_eq!(ask(early), ["starts_on"]);
        let refuse = DecideInput {
            version,
            outcome: "refuse".into(),
            ..DecideInput::default()
        };
        assert_eq!(ask(refuse), ["reason"]);
    });
}

#[test]
fn a_refused_measure_binds_nobody_and_is_not_proposed_again() {
    each_world(|world| {
        let id = proposed(world);
        let input = DecideInput {
            version: version(world, id),
            outcome: "refuse".into(),
            reason: "居家条件具备，建议自我监测".into(),
            ..DecideInput::default()
        };
        world
            .app
            .measure_decide(&world.hospital, CommandId::new(), id, &input)
            .unwrap();
        let view = world.app.measure_read(&world.hospital, id).unwrap();
        assert_eq!(
            (view.row.state.as_str(), view.row.in_force),
            ("refused", false)
        );
        assert_eq!(view.reason.as_deref(), Some("居家条件具备，建议自我监测"));
        assert!(view.tasks.is_empty() && view.notice.is_none());
        world.app.day_sweep().unwrap();
        assert_eq!(world.open_reviews(), 0);
    });
}

#[test]
fn only_the_unit_that_decided_lifts_and_open_steps_are_called_off() {
    each_world(|world| {
        let id = decided(world, &world.hospital);
        let version = version(world, id);
        let input = LiftInput {
            version,
            reason: "病例排除".into(),
        };
        let other = world
            .app
            .measure_lift(&world.cdc_organ, CommandId::new(), id, &input);
        assert_eq!(code(other), "FORBIDDEN");
        let waiting = world.app.my_tasks(&world.grid).unwrap().tasks.len();
        assert_eq!(
            waiting, 4,
            "a visit, the notice, today's and tomorrow's question"
        );
        world
            .app
            .measure_lift(&world.hospital, CommandId::new(), id, &input)
            .unwrap();
        let view = world.app.measure_read(&world.hospital, id).unwrap();
        assert_eq!(view.row.state, "lifted");
        let release = view.release_notice.unwrap();
        assert!(release.title.zh.starts_with("解除") && release.body.zh.contains("病例排除"));
        let notice = view.notice.unwrap();
        assert!(!notice.body.zh.contains("病例排除"), "it stays as decided");
        assert!(view.tasks.iter().all(|task| task.state == "cancelled"));
        assert_eq!(world.app.my_tasks(&world.grid).unwrap().tasks.len(), 1);
        assert_eq!(world.app.day_sweep().unwrap().tasks, 0);
    });
}

#[test]
fn a_measure_is_lifted_also_when_the_record_it_came_from_was_destroyed() {
    each_world(|world| {
        let id = decided(world, &world.hospital);
        let input = LiftInput {
            version: version(world, id),
            reason: "病例排除".into(),
        };
        world
            .store
            .write::<_, crate::AppError, _>(
                fangxian_store::testing::command("responses.destroy"),
                move |tx| {
                    let measure = crate::found(fangxian_store::measures::measure_fetch(tx, id))?;
                    fangxian_store::records::record_destroy(tx, measure.record)?;
                    Ok(())
                },
            )
            .unwrap();
        world
            .app
            .measure_lift(&world.hospital, CommandId::new(), id, &input)
            .unwrap();
        let measure = world
            .app
            .read(|tx| crate::found(fangxian_store::measures::measure_fetch(tx, id)))
            .unwrap();
        assert_eq!(measure.state.code(), "lifted");
    });
}

#[test]
fn a_proposal_that_nobody_decides_lapses_with_its_term() {
    each_world(|world| {
        let id = proposed(world);
        world.pass_minutes(8 * 24 * 60);
        assert_eq!(world.app.day_sweep().unwrap().ended, 1);
        assert_eq!(
            world
                .app
                .measure_read(&world.hospital, id)
                .unwrap()
                .row
                .state,
            "lapsed"
        );
        assert_eq!(world.app.day_sweep().unwrap().ended, 0);
    });
}

#[test]
fn isolation_without_an_end_is_looked_at_again_on_its_day_of_review() {
    each_world(|world| {
        world.approve();
        let case = NewFact::new(
            "classification_notified",
            When::Day(day("2026-05-03")),
            "clinical",
        )
        .with("class", "confirmed")
        .with("by", "hospital");
        let (.., assessed) = world.arrives(world.flu, vec![case]);
        let first = world.confirmed(assessed[0].review.unwrap()).measures[0];
        let input = decide(version(world, first), "2026-05-05");
        world
            .app
            .measure_decide(&world.hospital, CommandId::new(), first, &input)
            .unwrap();
        world.app.day_sweep().unwrap();
        assert_eq!(
            world.open_reviews(),
            0,
            "nothing is asked again before the day"
        );
        world.pass_minutes(2 * 24 * 60);
        world.app.day_sweep().unwrap();
        assert_eq!(world.open_reviews(), 1);
        let page = world
            .app
            .reviews(&world.assessor, &ReviewsFilter::default())
            .unwrap();
        let renewed = world.confirmed(page.rows[0].id);
        assert_eq!(renewed.measures.len(), 1);
        let view = world
            .app
            .measure_read(&world.hospital, renewed.measures[0])
            .unwrap();
        assert_eq!(view.due.unwrap().review_on, Some(day("2026-05-07")));
        let all = world
            .app
            .measures(&world.hospital, &MeasuresFilter::default())
            .unwrap();
        assert_eq!(all.total, 2);
    });
}

/// The CDC institution judges anew: no contact after all.
fn judged_anew(world: &World, record: RecordId) {
    let facts = world
        .app
        .read(|tx| Ok(fangxian_store::facts::fact_list(tx, &[record])?))
        .unwrap();
    let judged = facts
        .iter()
        .find(|fact| fact.kind == "contact_judged")
        .unwrap();
    let anew = NewFact {
        corrects: Some(judged.id),
        ..NewFact::new("contact_judged", When::Day(day("2026-05-03")), "official")
            .with("kind", "none")
    };
    fangxian_store::testing::fact(&world.store, record, world.flu, anew);
}

fn asked_again(world: &World, person: PersonId, record: RecordId) {
    let rules = world.app.rules();
    world
        .store
        .write::<_, crate::AppError, _>(
            fangxian_store::testing::command("intake.submit"),
            move |tx| crate::assess::assess_person(&rules, tx, person, Some(record)),
        )
        .unwrap();
}

#[test]
fn what_todays_facts_do_not_propose_is_not_decided_and_lapses() {
    each_world(|world| {
        world.approve();
        let (record, person, review) = world.close_contact();
        let id = world.confirmed(review).measures[0];
        judged_anew(world, record);
        let input = decide(version(world, id), "2026-05-09");
        let app = &world.app;
        let taken = app.measure_decide(&world.hospital, CommandId::new(), id, &input);
        assert_eq!(code(taken), "NOT-PROPOSED-TODAY");
        asked_again(world, person, record);
        let view = app.measure_read(&world.hospital, id).unwrap();
        assert_eq!(view.row.state, "lapsed");
    });
}

#[test]
fn a_running_measure_that_nothing_asks_for_stands_before_its_organ_to_be_lifted() {
    each_world(|world| {
        world.approve();
        let (record, person, review) = world.close_contact();
        let id = world.confirmed(review).measures[0];
        let input = decide(version(world, id), "2026-05-09");
        let app = &world.app;
        app.measure_decide(&world.hospital, CommandId::new(), id, &input)
            .unwrap();
        asked_again(world, person, record);
        let view = app.measure_read(&world.hospital, id).unwrap();
        assert_eq!((view.row.lift_why, view.row.in_force), (None, true));
        judged_anew(world, record);
        asked_again(world, person, record);
        let list = app
            .measures(&world.hospital, &MeasuresFilter::default())
            .unwrap();
        let row = &list.rows[0];
        assert_eq!(row.lift_why.as_deref(), Some("unsupported"));
        assert!(
            row.in_force && row.lift_asked_at.is_some(),
            "a person lifts"
        );
        assert_eq!(row.name, "王小明");
        let input = LiftInput {
            version: row.version,
            reason: "经判定非密切接触者".into(),
        };
        app.measure_lift(&world.hospital, CommandId::new(), id, &input)
            .unwrap();
        let view = app.measure_read(&world.hospital, id).unwrap();
        assert_eq!(
            (view.row.state.as_str(), view.row.lift_why),
            ("lifted", None)
        );
        let notice = view.release_notice.unwrap();
        assert_eq!(notice.signed_on, app.today());
    });
}

#[test]
fn no_term_is_longer_than_the_approval_and_what_outlives_it_is_unlawful() {
    each_world(|world| {
        world.approve_until(Some(day("2026-05-06")));
        let (_, person, review) = world.close_contact();
        let id = world.confirmed(review).measures[0];
        let app = &world.app;
        let view = app.measure_read(&world.hospital, id).unwrap();
        assert_eq!(view.row.ends_on, day("2026-05-06"));
        let input = decide(view.row.version, "2026-05-09");
        let refused = app.measure_decide(&world.hospital, CommandId::new(), id, &input);
        assert_eq!(refused.unwrap_err().fields[0].field, "ends_on");
        let input = decide(view.row.version, "2026-05-06");
        app.measure_decide(&world.hospital, CommandId::new(), id, &input)
            .unwrap();
        let responses = app.response_list(&world.duty).unwrap();
        let flu = responses.iter().find(|one| one.id == world.flu).unwrap();
        let end = crate::responses::EndInput {
            last_on: "2026-05-04".into(),
            reason: "国务院撤销批准".into(),
        };
        app.response_end_approval(&world.duty, CommandId::new(), flu.approvals[0].id, &end)
            .unwrap();
        world.pass_minutes(2 * 24 * 60);
        app.day_sweep().unwrap();
        let rows = app
            .read(|tx| crate::measures::rows_of_person(tx, person, app.today()))
            .unwrap();
        assert_eq!(rows[0].lift_why.as_deref(), Some("unlawful"));
    });
}

#[test]
fn a_notice_is_not_well_and_an_observation_is_not_served() {
    each_world(|world| {
        decided(world, &world.hospital);
        let mine = world.app.my_tasks(&world.grid).unwrap();
        let mut tried = 0;
        for task in &mine.tasks {
            let result = match task.row.kind.as_str() {
                "serve_notice" => "well",
                "observe" => "served",
                _ => continue,
            };
            let input = super::path::feedback(task, result);
            let fed = world
                .app
                .task_feed_back(&world.grid, CommandId::new(), task.row.id, &input);
            assert_eq!(fed.unwrap_err().fields[0].field, "result");
            tried += 1;
        }
        assert!(tried > 1);
    });
}

#[test]
fn the_steps_of_a_measure_come_again_after_another_was_lifted() {
    each_world(|world| {
        let id = decided(world, &world.hospital);
        let open = |app: &crate::App| app.my_tasks(&world.grid).unwrap().tasks.len();
        let before = open(&world.app);
        fangxian_store::testing::tasks_call_off(&world.store, "observe");
        assert_eq!(open(&world.app), before - 2);
        assert_eq!(world.app.day_sweep().unwrap().tasks, 2);
        let input = LiftInput {
            version: version(world, id),
            reason: "病例排除".into(),
        };
        world
            .app
            .measure_lift(&world.hospital, CommandId::new(), id, &input)
            .unwrap();
        assert_eq!(fangxian_store::testing::tasks_in_the_way(&world.store), 0);
    });
}

#[test]
fn how_a_notice_was_served_stands_on_the_measure_with_the_witness() {
    each_world(|world| {
        let id = decided(world, &world.hospital);
        let mine = world.app.my_tasks(&world.grid).unwrap();
        let task = mine
            .tasks
            .iter()
            .find(|task| task.row.kind == "serve_notice");
        let task = task.unwrap();
        let mut input = super::path::feedback(task, "served");
        input.served_how = "refused".into();
        let feed = |input: &crate::tasks::FeedbackInput| {
            world
                .app
                .task_feed_back(&world.grid, CommandId::new(), task.row.id, input)
        };
        let refused = feed(&input).unwrap_err();
        assert_eq!(refused.fields[0].field, "witness");
        input.witness = "李社工".into();
        feed(&input).unwrap();
        let view = world.app.measure_read(&world.hospital, id).unwrap();
        assert_eq!(view.row.state, "served");
        assert_eq!(view.row.served_how.as_deref(), Some("refused"));
        assert_eq!(view.row.served_by.as_deref(), Some("grid"));
        assert_eq!(view.witness.as_deref(), Some("李社工"));
        world.pass_minutes(8 * 24 * 60);
        world.app.day_sweep().unwrap();
        let view = world.app.measure_read(&world.hospital, id).unwrap();
        let release = view.release_notice.unwrap();
        assert!(release.body.zh.contains("期限已满"), "{}", release.body.zh);
        assert_eq!(release.signed_on, day("2026-05-10"));
    });
}
