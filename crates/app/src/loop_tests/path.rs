//! From a signal to a closed file.

use fangxian_base::CommandId;

use super::{World, day, each_world, moment};
use crate::measures::{DecideInput, MeasuresFilter};
use crate::tasks::{CloseInput, FeedbackInput, MyTask};
use crate::{AppError, Result};

pub(super) fn decide(version: i64, until: &str) -> DecideInput {
    DecideInput {
        version,
        outcome: "decide".into(),
        document_no: "示疾控隔〔2026〕1号".into(),
        ends_on: until.into(),
        ..DecideInput::default()
    }
}

pub(super) fn feedback(task: &MyTask, result: &str) -> FeedbackInput {
    FeedbackInput {
        version: task.row.version,
        result: result.into(),
        ..FeedbackInput::default()
    }
}

/// The grid worker does everything on the phone that is due today.
fn work_of_the_day(world: &World) -> Result<usize, AppError> {
    let mine = world.app.my_tasks(&world.grid)?;
    let mut done = 0;
    for task in mine.tasks.iter().filter(|task| task.today) {
        let result = if task.row.kind == "serve_notice" {
            "served"
        } else {
            "well"
        };
        let (id, input) = (task.row.id, feedback(task, result));
        let fed = world
            .app
            .task_feed_back(&world.grid, CommandId::new(), id, &input)?;
        if !fed.closed {
            let version = world.app.task_read(&world.community, id)?.row.version;
            let input = CloseInput {
                version,
                ..CloseInput::default()
            };
            world
                .app
                .task_close(&world.community, CommandId::new(), id, &input)?;
        }
        done += 1;
    }
    Ok(done)
}

#[test]
fn a_contact_is_looked_at_twice_observed_for_seven_days_and_the_file_is_closed() {
    each_world(|world| {
        world.approve();
        let (record, person, review) = world.close_contact();
        assert_eq!(world.state_of(record), "in_review");
        let view = world.app.review_read(&world.desk, review).unwrap();
        assert!(view.may_first && !view.may_second);
        let proposal = view.proposal.unwrap();
        assert_eq!(proposal.contact.as_deref(), Some("close"));
        assert_eq!((proposal.measures.len(), proposal.tasks.len()), (1, 1));

        let confirmed = world.confirmed(review);
        assert_eq!((confirmed.measures.len(), confirmed.tasks.len()), (1, 1));
        let measure = confirmed.measures[0];
        let before = world.app.measure_read(&world.hospital, measure).unwrap();
        assert_eq!(before.row.state, "proposed");
        assert!(before.may_decide && before.notice.is_none());
        let input = decide(before.row.version, "2026-05-09");
        world
            .app
            .measure_decide(&world.hospital, CommandId::new(), measure, &input)
            .unwrap();

        let decided = world.app.measure_read(&world.hospital, measure).unwrap();
        assert!(decided.row.in_force);
        let notice = decided.notice.unwrap();
        assert!(
            notice.body.zh.contains("示疾控隔〔2026〕1号") && notice.body.zh.contains("2026-05-09")
        );
        assert!(notice.body.en.contains("article"));

        let mut days = 0;
        while world
            .app
            .measure_read(&world.hospital, measure)
            .unwrap()
            .row
            .state
            != "ended"
        {
            assert!(days < 10, "the measure has to end by itself");
            world.app.day_sweep().unwrap();
            assert_eq!(
                world.app.day_sweep().unwrap().tasks,
                0,
                "a second sweep finds nothing new"
            );
            work_of_the_day(world).unwrap();
            world.pass_minutes(24 * 60);
            days += 1;
        }
        assert_eq!(days, 8);
        assert_eq!(world.app.today(), day("2026-05-11"));
        let left = world.app.my_tasks(&world.grid).unwrap();
        assert_eq!(left.tasks.len(), 0, "{left:?}");
        let observed = world
            .app
            .measure_read(&world.hospital, measure)
            .unwrap()
            .tasks;
        let visits = observed.iter().filter(|task| task.kind == "observe");
        assert!(visits.clone().all(|task| task.state == "closed"));
        assert_eq!(visits.count(), 7);
        assert_eq!(world.state_of(record), "handled");
        assert_eq!(world.open_reviews(), 0);
        let rows = world
            .app
            .read(|tx| crate::measures::rows_of_person(tx, person, world.app.today()))
            .unwrap();
        assert!(!rows[0].in_force);
    });
}

#[test]
fn symptoms_found_at_the_door_are_a_new_fact_and_open_a_new_review_and_a_report_clock() {
    each_world(|world| {
        world.approve();
        let contact = fangxian_store::facts::NewFact::new(
            "contact",
            fangxian_store::facts::When::Day(day("2026-05-02")),
            "official",
        )
        .with("with", "confirmed")
        .with("case_onset", "2026-05-02")
        .with("protected", false);
        let (_, person, assessed) = world.arrives(world.flu, vec![contact]);
        let review = assessed[0].review.unwrap();
        assert!(assessed[0].clocks.is_empty());
        world.confirmed(review);
        let mine = world.app.my_tasks(&world.grid).unwrap();
        assert_eq!(mine.tasks[0].address, "示范路 1 号");
        let input = FeedbackInput {
            symptoms: vec!["fever".into(), "cough".into()],
            temperature: "38.6".into(),
            onset_on: "2026-05-03".into(),
            ..feedback(&mine.tasks[0], "symptoms")
        };
        let id = mine.tasks[0].row.id;
        let command = CommandId::new();
        let fed = world
            .app
            .task_feed_back(&world.grid, command, id, &input)
            .unwrap();
        assert_eq!(fed.reviews.len(), 1);
        assert_ne!(fed.reviews[0], review);
        let again = world
            .app
            .task_feed_back(&world.grid, command, id, &input)
            .unwrap();
        assert_eq!(again, fed, "the same command twice is one feedback");

        let view = world
            .app
            .review_read(&world.assessor, fed.reviews[0])
            .unwrap();
        let proposal = view.proposal.unwrap();
        assert_eq!(proposal.class.as_deref(), Some("suspected"));
        assert_eq!(view.clocks.len(), 1);
        assert_eq!(view.clocks[0].due_at, moment("2026-05-03T03:00:00Z"));
        let statuses = world
            .app
            .read(|tx| crate::assess::statuses(tx, person))
            .unwrap();
        assert_eq!(statuses[0].class.as_deref(), Some("suspected"));
        let records = world
            .app
            .read(|tx| Ok(fangxian_store::records::record_ids_of(tx, person)?))
            .unwrap();
        assert_eq!(records.len(), 2);
    });
}

#[test]
fn the_passing_of_days_brings_the_answers_up_to_date_and_no_second_time() {
    each_world(|world| {
        world.approve();
        let (_, person, _) = world.close_contact();
        assert_eq!(world.app.reassess_due(100).unwrap(), 0);
        world.pass_minutes(8 * 24 * 60);
        assert_eq!(world.app.reassess_due(100).unwrap(), 1);
        assert_eq!(world.app.reassess_due(100).unwrap(), 0);
        let statuses = world
            .app
            .read(|tx| crate::assess::statuses(tx, person))
            .unwrap();
        assert_eq!(statuses[0].on, world.app.today());
        assert_eq!(statuses[0].contact.as_deref(), Some("close"));
    });
}

#[test]
fn a_destroyed_record_stops_no_sweep() {
    each_world(|world| {
        world.approve();
        let (record, _, review) = world.close_contact();
        let measure = world.confirmed(review).measures[0];
        let version = world
            .app
            .measure_read(&world.hospital, measure)
            .unwrap()
            .row
            .version;
        let input = decide(version, "2026-05-09");
        world
            .app
            .measure_decide(&world.hospital, CommandId::new(), measure, &input)
            .unwrap();
        world
            .store
            .write::<_, AppError, _>(
                fangxian_store::testing::command("responses.destroy"),
                move |tx| Ok(fangxian_store::records::record_destroy(tx, record)?),
            )
            .unwrap();
        world.pass_minutes(8 * 24 * 60);
        assert_eq!(world.app.day_sweep().unwrap().ended, 1);
        assert_eq!(world.app.reassess_due(100).unwrap(), 0);
        assert!(world.app.overdue_sweep(100).is_ok());
        let page = world
            .app
            .measures(&world.hospital, &MeasuresFilter::default())
            .unwrap();
        assert_eq!(page.total, 0);
    });
}

#[test]
fn two_files_of_one_person_become_one_review_and_nothing_is_proposed_twice() {
    each_world(|world| {
        world.approve();
        let (a, person, first) = world.close_contact();
        world.confirmed(first);
        let (b, _, second) = world.close_contact();
        let rules = world.app.rules();
        world
            .store
            .write::<_, AppError, _>(
                fangxian_store::testing::command("people.merge"),
                move |tx| {
                    let author = fangxian_store::Author::System;
                    let says = fangxian_store::people::Says::Same;
                    fangxian_store::people::link_insert(tx, (a, b), says, "by_hand", author, None)?;
                    crate::assess::assess_person(&rules, tx, person, None)
                },
            )
            .unwrap();
        let statuses = world
            .app
            .read(|tx| crate::assess::statuses(tx, person))
            .unwrap();
        assert_eq!(statuses.len(), 1);
        let view = world.app.review_read(&world.desk, second).unwrap();
        assert_eq!(view.row.person, person);
        let proposal = view.proposal.unwrap();
        assert!(!proposal.measures[0].is_new && !proposal.tasks[0].is_new);
        let confirmed = world.confirmed(second);
        assert!(confirmed.measures.is_empty() && confirmed.tasks.is_empty());
    });
}

#[test]
fn of_two_who_take_the_second_look_at_once_one_is_told_that_it_moved() {
    each_world(|world| {
        world.approve();
        let (.., review) = world.close_contact();
        let input = crate::reviews::FirstLookInput {
            outcome: "confirm".into(),
            ..crate::reviews::FirstLookInput::default()
        };
        world.first_look(&world.desk, review, input).unwrap();
        let input = crate::reviews::SecondLookInput {
            version: world.version_of_review(review),
            outcome: "confirm".into(),
            reason: String::new(),
            ..crate::reviews::SecondLookInput::default()
        };
        let look = |who: &crate::Who| {
            world
                .app
                .review_second_look(who, CommandId::new(), review, &input)
                .map_err(|e| e.code)
        };
        let both = std::thread::scope(|scope| {
            let other = scope.spawn(|| look(&world.other_assessor));
            [look(&world.assessor), other.join().unwrap()]
        });
        assert_eq!(
            both.iter().filter(|look| look.is_ok()).count(),
            1,
            "{both:?}"
        );
        assert!(
            both.iter()
                .any(|look| look.as_ref().is_err_and(|code| *code == "STALE"))
        );
        let page = world
            .app
            .measures(&world.hospital, &MeasuresFilter::default())
            .unwrap();
        assert_eq!(page.total, 1);
    });
}
