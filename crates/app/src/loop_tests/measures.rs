//! Who decides, lifts and refuses, and what ends by itself.

use fangxian_base::{CommandId, MeasureId};
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
fn a_decision_needs_a_number_and_an_end_inside_the_term() {
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
        assert!(view.notice.unwrap().title.zh.starts_with("解除"));
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
