//! Work on its way through the levels.

use fangxian_base::{CommandId, TaskId};
use fangxian_domain::units::UnitKind;
use fangxian_store::testing;

use super::{World, code, each_world};
use crate::tasks::{
    CloseInput, FeedbackInput, HandDownInput, HelpInput, ReturnInput, TaskView, TasksFilter,
    TimeInput,
};
use crate::{Role, Who};

/// The visit to a contact in the first grid.
fn visit(world: &World) -> TaskId {
    let (.., review) = world.close_contact();
    world.confirmed(review).tasks[0]
}

/// The visit to a contact in an area where there is no single worker.
fn visit_in(world: &World, area: fangxian_base::AreaId) -> TaskId {
    let judged = fangxian_store::facts::NewFact::new(
        "contact_judged",
        fangxian_store::facts::When::Day(super::day("2026-05-03")),
        "official",
    )
    .with("kind", "close")
    .with("last_exposure", "2026-05-02");
    let (.., assessed) = world.arrives_in(world.flu, area, vec![judged]);
    world.confirmed(assessed[0].review.unwrap()).tasks[0]
}

fn read(world: &World, id: TaskId) -> TaskView {
    world.app.task_read(&world.township, id).unwrap()
}

fn version(world: &World, id: TaskId) -> i64 {
    read(world, id).row.version
}

#[test]
fn the_only_grid_worker_gets_the_task_on_the_phone_with_address_and_minutes() {
    each_world(|world| {
        let id = visit(world);
        let mine = world.app.my_tasks(&world.grid).unwrap();
        assert_eq!((mine.tasks.len(), mine.overdue), (1, 0));
        let task = &mine.tasks[0];
        assert_eq!((task.row.id, task.row.minutes_left), (id, 12 * 60));
        assert!(task.today && task.receipt_asked);
        assert_eq!(task.row.assignee.as_deref(), Some("grid"));
        world
            .app
            .task_receive(&world.grid, CommandId::new(), id, task.row.version)
            .unwrap();
        assert!(!world.app.my_tasks(&world.grid).unwrap().tasks[0].receipt_asked);
    });
}

#[test]
fn a_task_goes_down_level_by_level_and_the_sheet_says_who_held_it_how_long() {
    each_world(|world| {
        let id = visit_in(world, world.tree.townships[0]);
        let unasked = world
            .app
            .task_receive(&world.township, CommandId::new(), id, 1);
        assert_eq!(code(unasked), "RECEIPT-NOT-ASKED");
        let view = read(world, id);
        assert!(!view.receipt_asked && view.may_hand_down);
        assert_eq!(view.below.len(), 2);
        world.pass_minutes(10);
        let down = |who: &Who, code: &str| {
            let version = world.app.task_read(who, id).unwrap().row.version;
            let input = HandDownInput {
                version,
                area_code: code.into(),
                ..HandDownInput::default()
            };
            world.app.task_hand_down(who, CommandId::new(), id, &input)
        };
        assert_eq!(
            down(&world.township, "99010100100101").unwrap_err().fields[0].field,
            "area_code"
        );
        down(&world.township, "990101001001").unwrap();
        world.pass_minutes(20);
        down(&world.community, "99010100100101").unwrap();
        world.pass_minutes(30);
        let view = read(world, id);
        assert_eq!(view.row.assignee.as_deref(), Some("grid"));
        let held: Vec<_> = view
            .held
            .iter()
            .map(|held| (held.level, held.minutes, held.read_at.is_some()))
            .collect();
        assert_eq!(held, [(1, 10, true), (2, 20, true), (3, 30, false)]);
        assert_eq!(view.held[0].level_name.as_ref().unwrap().zh, "镇街");
    });
}

#[test]
fn a_wrong_address_goes_back_up_and_counts_against_the_source() {
    each_world(|world| {
        let id = visit(world);
        let none = ReturnInput {
            version: 1,
            ..ReturnInput::default()
        };
        let refused = world
            .app
            .task_return(&world.grid, CommandId::new(), id, &none);
        assert_eq!(refused.unwrap_err().fields[0].field, "reason");
        let input = ReturnInput {
            reason: "wrong_address".into(),
            ..none
        };
        world
            .app
            .task_return(&world.grid, CommandId::new(), id, &input)
            .unwrap();
        let view = read(world, id);
        assert_eq!(view.row.holder_id, world.tree.communities[0]);
        assert!(view.row.assignee.is_none());
        let person = view.row.person;
        let noted = world
            .app
            .read(|tx| crate::assess::facts_of_person(tx, person))
            .unwrap()
            .iter()
            .any(|fact| fact.kind == "wrong_address");
        assert!(noted);
        assert_eq!(world.app.my_tasks(&world.grid).unwrap().tasks.len(), 0);
        assert_eq!(world.app.my_tasks(&world.community).unwrap().tasks.len(), 1);
    });
}

#[test]
fn nobody_closes_the_own_feedback_and_a_reason_reopens() {
    each_world(|world| {
        let id = visit(world);
        let fed = FeedbackInput {
            version: version(world, id),
            result: "not_found".into(),
            ..FeedbackInput::default()
        };
        world
            .app
            .task_feed_back(&world.community, CommandId::new(), id, &fed)
            .unwrap();
        let close = CloseInput {
            version: version(world, id),
            ..CloseInput::default()
        };
        let own = world
            .app
            .task_close(&world.community, CommandId::new(), id, &close);
        assert_eq!(code(own), "OWN-FEEDBACK");
        let again = CloseInput {
            reopen: true,
            note: "晚上再去一次".into(),
            ..close
        };
        world
            .app
            .task_close(&world.township, CommandId::new(), id, &again)
            .unwrap();
        assert_eq!(read(world, id).row.state, "open");
        let fed = FeedbackInput {
            version: version(world, id),
            result: "well".into(),
            ..fed
        };
        world
            .app
            .task_feed_back(&world.grid, CommandId::new(), id, &fed)
            .unwrap();
        let close = CloseInput {
            version: version(world, id),
            ..CloseInput::default()
        };
        world
            .app
            .task_close(&world.desk, CommandId::new(), id, &close)
            .unwrap();
        assert_eq!(read(world, id).row.state, "closed");
    });
}

#[test]
fn somebody_who_saw_an_older_version_is_told_so_and_strangers_find_nothing() {
    each_world(|world| {
        let id = visit(world);
        let old = version(world, id);
        world
            .app
            .task_receive(&world.grid, CommandId::new(), id, old)
            .unwrap();
        let fed = FeedbackInput {
            version: old,
            result: "well".into(),
            ..FeedbackInput::default()
        };
        let stale = world
            .app
            .task_feed_back(&world.grid, CommandId::new(), id, &fed);
        assert_eq!(code(stale), "STALE");
        let top = world.tree.townships[1];
        let unit = testing::unit(&world.store, top, UnitKind::Township);
        let user = testing::user(&world.store, unit, "elsewhere", &[("lead", top)]);
        let stranger = super::who(
            &world.store,
            user,
            (unit, UnitKind::Township),
            &[(Role::Lead, top)],
        );
        assert_eq!(code(world.app.task_read(&stranger, id)), "NOT-FOUND");
        let page = world.app.tasks(&stranger, &TasksFilter::default()).unwrap();
        assert_eq!(page.total, 0);
    });
}

#[test]
fn what_is_late_climbs_exactly_once_a_step_up_to_the_top() {
    each_world(|world| {
        let id = visit(world);
        assert_eq!(world.app.overdue_sweep(100).unwrap().climbed, 0);
        world.pass_minutes(12 * 60 + 1);
        let above = [
            world.tree.communities[0],
            world.tree.townships[0],
            world.tree.district,
        ];
        for (step, area) in above.iter().enumerate() {
            assert_eq!(
                world.app.overdue_sweep(100).unwrap().climbed,
                1,
                "step {step}"
            );
            assert_eq!(
                world.app.overdue_sweep(100).unwrap().climbed,
                0,
                "the same moment again"
            );
            let raised = world
                .app
                .read(|tx| Ok(fangxian_store::tasks::task_fetch(tx, id)?.unwrap()))
                .unwrap();
            assert_eq!(raised.raised, Some(*area));
            assert_eq!(raised.climbs, i64::try_from(step).unwrap() + 1);
            world.pass_minutes(12 * 60 + 1);
        }
        for _ in 0..3 {
            world.pass_minutes(24 * 60);
            assert_eq!(
                world.app.overdue_sweep(100).unwrap().climbed,
                0,
                "nobody is above the top"
            );
        }
        let view = read(world, id);
        assert!(view.ask_help && view.row.overdue);
        assert_eq!((view.load.open, view.load.overdue), (1, 1));
        let climbed = view
            .steps
            .iter()
            .filter(|step| step.kind == "climbed")
            .count();
        assert_eq!(climbed, 3);
        let raised = TasksFilter {
            raised_to_me: true,
            ..TasksFilter::default()
        };
        assert_eq!(world.app.tasks(&world.township, &raised).unwrap().total, 0);
        assert_eq!(world.app.tasks(&world.desk, &raised).unwrap().total, 1);
    });
}

#[test]
fn help_asks_the_next_level_and_time_is_granted_above_only() {
    each_world(|world| {
        let id = visit(world);
        let asked = HelpInput {
            version: version(world, id),
            asks: "more_time".into(),
            note: "住户晚上才回家".into(),
        };
        world
            .app
            .task_ask_help(&world.grid, CommandId::new(), id, &asked)
            .unwrap();
        let raised = TasksFilter {
            raised_to_me: true,
            ..TasksFilter::default()
        };
        assert_eq!(world.app.tasks(&world.community, &raised).unwrap().total, 1);
        let time = TimeInput {
            version: version(world, id),
            hours: 24,
            ..TimeInput::default()
        };
        let own = world
            .app
            .task_grant_time(&world.grid, CommandId::new(), id, &time);
        assert!(["FORBIDDEN", "NOT-FOUND"].contains(&code(own)));
        world
            .app
            .task_grant_time(&world.community, CommandId::new(), id, &time)
            .unwrap();
        let view = read(world, id);
        assert_eq!((view.row.minutes_left, view.row.asked), (24 * 60, None));
        assert!(view.row.raised.is_none());
    });
}

#[test]
fn a_lead_hands_a_task_to_a_colleague_of_the_area_and_to_nobody_else() {
    each_world(|world| {
        let id = visit_in(world, world.tree.grids[1]);
        let hand = |login: &str| {
            let input = HandDownInput {
                version: version(world, id),
                login: login.into(),
                ..HandDownInput::default()
            };
            world
                .app
                .task_hand_down(&world.community, CommandId::new(), id, &input)
        };
        assert_eq!(hand("grid").unwrap_err().fields[0].field, "login");
        hand("community").unwrap();
        assert_eq!(read(world, id).row.assignee.as_deref(), Some("community"));
    });
}

#[test]
fn the_command_screen_counts_what_is_open_and_late_by_area() {
    each_world(|world| {
        world.approve();
        let (.., review) = world.close_contact();
        let counted = world.app.figures(&world.duty, "").unwrap();
        assert_eq!((counted.area.reviews, counted.area.open), (1, 0));
        world.confirmed(review);
        world.pass_minutes(12 * 60 + 1);
        world.app.overdue_sweep(100).unwrap();
        let counted = world.app.figures(&world.duty, "").unwrap();
        assert_eq!(counted.area.reviews, 0);
        assert_eq!(
            (counted.area.open, counted.area.overdue, counted.area.raised),
            (1, 1, 1)
        );
        assert_eq!(counted.area.measures_proposed, 1);
        let children: Vec<_> = counted.children.iter().map(|area| area.overdue).collect();
        assert_eq!(children, [1, 0]);
        let below = world.app.figures(&world.community, "990101001001").unwrap();
        assert_eq!(
            below
                .children
                .iter()
                .map(|area| area.open)
                .collect::<Vec<_>>(),
            [1, 0]
        );
        assert!(world.app.figures(&world.community, "").is_err());
    });
}
