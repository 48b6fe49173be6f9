//! Statutory reports run by themselves.

use fangxian_base::CommandId;
use fangxian_store::facts::{NewFact, When};

use super::{World, code, day, each_world, moment};
use crate::clocks::{ClocksFilter, SentInput};

fn case(world: &World) -> usize {
    let fact = NewFact::new(
        "classification_notified",
        When::Day(day("2026-05-03")),
        "clinical",
    )
    .with("class", "confirmed")
    .with("by", "hospital");
    let (.., assessed) = world.arrives(world.flu, vec![fact]);
    assessed[0].clocks.len()
}

#[test]
fn a_report_clock_starts_at_receipt_without_any_look() {
    each_world(|world| {
        world.approve();
        assert_eq!(case(world), 1);
        let page = world
            .app
            .clocks(&world.duty, &ClocksFilter::default())
            .unwrap();
        assert_eq!(
            page.rows[0].due_at,
            moment("2026-05-03T03:00:00Z"),
            "two hours, as class A"
        );
        assert_eq!(page.rows[0].minutes_left, Some(120));
        assert!(page.rows[0].basis.zh.contains("第四十五条"));
        assert_eq!(world.open_reviews(), 1, "nobody has looked yet");
    });
}

#[test]
fn without_the_approval_the_report_has_a_day() {
    each_world(|world| {
        case(world);
        let page = world
            .app
            .clocks(&world.duty, &ClocksFilter::default())
            .unwrap();
        assert_eq!(page.rows[0].hours, 24);
    });
}

#[test]
fn one_person_marks_a_report_as_sent_once_with_its_number() {
    each_world(|world| {
        world.approve();
        case(world);
        let row = world
            .app
            .clocks(&world.duty, &ClocksFilter::default())
            .unwrap()
            .rows
            .remove(0);
        let sent = |reference: &str| {
            let input = SentInput {
                version: row.version,
                reference: reference.into(),
            };
            world
                .app
                .clock_mark_sent(&world.duty, CommandId::new(), row.id, &input)
        };
        assert_eq!(code(sent(" ")), "INPUT");
        sent("NR-2026-000123").unwrap();
        assert_eq!(code(sent("NR-2026-000124")), "ALREADY-SENT");
        let all = ClocksFilter {
            all: true,
            ..ClocksFilter::default()
        };
        let page = world.app.clocks(&world.duty, &all).unwrap();
        assert_eq!(page.rows[0].reference.as_deref(), Some("NR-2026-000123"));
        assert!(!page.rows[0].late);
        assert_eq!(
            world
                .app
                .clocks(&world.duty, &ClocksFilter::default())
                .unwrap()
                .total,
            0
        );
    });
}

#[test]
fn a_late_report_stays_in_sight_also_after_it_was_sent() {
    each_world(|world| {
        world.approve();
        case(world);
        world.pass_minutes(121);
        let row = world
            .app
            .clocks(&world.duty, &ClocksFilter::default())
            .unwrap()
            .rows
            .remove(0);
        assert_eq!((row.late, row.minutes_left), (true, Some(-1)));
        let input = SentInput {
            version: row.version,
            reference: "NR-1".into(),
        };
        world
            .app
            .clock_mark_sent(&world.desk, CommandId::new(), row.id, &input)
            .unwrap();
        let late = ClocksFilter {
            late: true,
            ..ClocksFilter::default()
        };
        let page = world.app.clocks(&world.duty, &late).unwrap();
        assert_eq!((page.total, page.late), (1, 1));
        assert!(page.rows[0].late);
    });
}
