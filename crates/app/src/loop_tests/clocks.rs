//! Statutory reports run by themselves.

use fangxian_base::CommandId;
use fangxian_domain::intake::Channel;
use fangxian_store::facts::{NewFact, When};

use super::{World, code, day, each_world, moment};
use crate::clocks::{ClocksFilter, SentInput};
use crate::intake::{Envelope, Signal};
use crate::reviews::ReviewsFilter;

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
fn g17_a_late_report_stays_in_sight_also_after_it_was_sent() {
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

#[test]
fn a_confirmed_case_of_one_disease_is_no_case_of_another() {
    each_world(|world| {
        world.approve();
        let noro = fangxian_store::testing::response(&world.store, "norovirus");
        world.app.first_start().unwrap();
        let send = |disease: &str| {
            let signal = Signal {
                name: "王小明".into(),
                phone: "19900000001".into(),
                symptoms: vec!["vomiting".into()],
                disease: disease.into(),
                class: "confirmed".into(),
                class_on: "2026-05-03".into(),
                test: "pcr".into(),
                sample_on: "2026-05-03".into(),
                result: "positive".into(),
                ..Signal::default()
            };
            let envelope = Envelope {
                command: CommandId::new(),
                channel: Channel::StaffForm,
                response: String::new(),
                original: Vec::new(),
            };
            world.app.submit(&world.hospital, envelope, &signal)
        };
        let fields = |disease: &str| -> Vec<String> {
            let wrong = send(disease).unwrap_err().fields;
            wrong.into_iter().map(|one| one.field).collect()
        };
        assert_eq!(fields(""), ["disease"], "of which disease?");
        assert_eq!(fields("smallpox"), ["disease"]);
        send("norovirus").unwrap();
        let clocks = world
            .app
            .clocks(&world.duty, &ClocksFilter::default())
            .unwrap();
        assert!(clocks.rows.iter().all(|row| row.response == noro));
        assert!(!clocks.rows.is_empty());
        let reviews = world
            .app
            .reviews(&world.assessor, &ReviewsFilter::default())
            .unwrap();
        assert!(reviews.rows.iter().all(|row| row.response == noro));
        assert!(!reviews.rows.is_empty());
    });
}

#[test]
fn a_finding_that_names_no_disease_counts_only_where_it_was_collected() {
    each_world(|world| {
        world.approve();
        world.app.first_start().unwrap();
        let routine = world
            .app
            .read(|tx| Ok(fangxian_store::responses::response_by_code(tx, "routine")?))
            .unwrap()
            .unwrap();
        let fact = NewFact::new("classification_notified", When::Unknown, "clinical")
            .with("class", "confirmed")
            .with("by", "hospital");
        let (.., assessed) = world.arrives(routine.id, vec![fact]);
        assert!(assessed.is_empty(), "{assessed:?}");
        assert_eq!(case(world), 1);
    });
}

#[test]
fn a_wrong_finding_is_withdrawn_with_a_reason_and_judged_at_once() {
    each_world(|world| {
        world.approve();
        let fact = NewFact::new("classification_notified", When::Unknown, "clinical")
            .with("class", "confirmed")
            .with("by", "hospital");
        let (_, person, assessed) = world.arrives(world.flu, vec![fact]);
        assert_eq!(assessed[0].class.as_deref(), Some("confirmed"));
        let app = &world.app;
        let file = app.person_file(&world.desk, person, "intake").unwrap();
        let wrong = file
            .facts
            .iter()
            .find(|fact| fact.kind == "classification_notified")
            .unwrap();
        let correct = |value: &str, reason: &str| crate::people::CorrectInput {
            fact: wrong.id.to_string(),
            value: value.into(),
            reason: reason.into(),
            ..crate::people::CorrectInput::default()
        };
        let take =
            |who: &crate::Who, input| app.fact_correct(who, CommandId::new(), person, &input);
        assert!(take(&world.grid, correct("", "标本混淆")).is_err());
        let fields = take(&world.desk, correct("positive", ""))
            .unwrap_err()
            .fields;
        assert_eq!(fields.len(), 2, "{fields:?}");
        take(&world.desk, correct("", "标本混淆")).unwrap();
        let file = app.person_file(&world.desk, person, "intake").unwrap();
        assert!(file.statuses.iter().all(|status| status.class.is_none()));
        let old = file.facts.iter().find(|fact| fact.id == wrong.id).unwrap();
        assert!(old.replaced, "it stays readable");
        assert_eq!(file.facts.iter().filter(|fact| fact.withdraws).count(), 1);
        assert!(take(&world.desk, correct("", "标本混淆")).is_err());
    });
}
