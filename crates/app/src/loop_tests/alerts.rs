//! Cases that occur together are told, acknowledged, and over by themselves.

use fangxian_base::{AlertId, AreaId, CommandId, PersonId, RecordId, ResponseId, UnitId};
use fangxian_domain::units::UnitKind;
use fangxian_store::alerts::{alert_fetch, counted};
use fangxian_store::facts::{NewFact, When};
use fangxian_store::responses::{
    response_close, response_destroy, response_fetch, response_running,
};
use fangxian_store::testing;

use super::{World, code, day, each_world};
use crate::alerts::{AcknowledgeInput, AlertRow, AlertsFilter};
use crate::clocks::{ClockRow, ClocksFilter, SentInput};
use crate::intake::Identity;
use crate::{AppError, Who};

/// Where somebody works or learns, who handed it in, and where they live.
#[derive(Clone, Copy)]
struct At<'a> {
    work: &'a str,
    unit: Option<UnitId>,
    area: Option<AreaId>,
}

impl World {
    /// A clinically diagnosed case with its day of onset.
    fn case(&self, response: ResponseId, n: usize, onset: &str, at: At<'_>) -> PersonId {
        self.case_of(response, n, onset, at, "clinically_diagnosed")
    }

    fn case_of(
        &self,
        response: ResponseId,
        n: usize,
        onset: &str,
        at: At<'_>,
        class: &str,
    ) -> PersonId {
        let facts = vec![
            NewFact::new("onset", When::Day(day(onset)), "clinical"),
            NewFact::new("classification_notified", When::Day(day(onset)), "clinical")
                .with("class", class)
                .with("by", "hospital"),
        ];
        self.comes(response, n, at, facts).1
    }

    fn comes(
        &self,
        response: ResponseId,
        n: usize,
        at: At<'_>,
        facts: Vec<NewFact>,
    ) -> (RecordId, PersonId) {
        let identity = Identity {
            name: Some(format!("病例{n}")),
            phone: Some(format!("199{n:08}")),
            workplace: (!at.work.is_empty()).then(|| at.work.to_owned()),
            ..Identity::default()
        };
        let (record, person, _) = self.taken_in(response, (at.unit, at.area), identity, facts);
        (record, person)
    }

    /// Counts after what came in has settled; answers how many were raised and changed.
    fn counted(&self) -> (usize, usize) {
        self.pass_minutes(2);
        let swept = self.app.alerts_sweep().unwrap();
        (swept.raised, swept.changed)
    }

    fn alerts(&self) -> Vec<AlertRow> {
        let page = self.app.alerts(&self.duty, &AlertsFilter::default());
        page.unwrap().rows
    }

    fn of_rule(&self, rule: &str) -> AlertRow {
        let rows = self.alerts();
        let row = rows.iter().find(|row| row.rule == rule);
        row.unwrap_or_else(|| panic!("{rule} is not among {rows:?}"))
            .clone()
    }

    fn clocks_of(&self, id: AlertId) -> Vec<ClockRow> {
        self.app.alert_read(&self.duty, id).unwrap().clocks
    }

    fn says(&self, by: &Who, row: &AlertRow, outcome: &str, words: &str) -> crate::Result<()> {
        let input = AcknowledgeInput {
            version: row.version,
            outcome: outcome.into(),
            reference: words.into(),
            reason: words.into(),
        };
        self.app
            .alert_acknowledge(by, CommandId::new(), row.id, &input)
    }

    fn at_school(&self) -> At<'static> {
        At {
            work: "实验小学",
            unit: None,
            area: Some(self.tree.grids[0]),
        }
    }
}

const CLUSTER: &str = "norovirus/cluster";
const EVENT: &str = "norovirus/event";

fn noro(world: &World) -> ResponseId {
    testing::response(&world.store, "norovirus")
}

/// So many cases at the school, on two days.
fn outbreak(world: &World, response: ResponseId, from: usize, to: usize) -> Vec<PersonId> {
    (from..to)
        .map(|n| {
            let onset = if n % 2 == 0 {
                "2026-05-01"
            } else {
                "2026-05-02"
            };
            world.case(response, n, onset, world.at_school())
        })
        .collect()
}

#[test]
fn ten_cases_in_a_school_are_told_once_with_place_days_and_reasons() {
    each_world(|world| {
        let noro = noro(world);
        outbreak(world, noro, 0, 9);
        assert_eq!(world.counted(), (0, 0), "nine are no cluster");
        outbreak(world, noro, 9, 10);
        assert_eq!(
            world.counted(),
            (1, 0),
            "the school, not the community as well"
        );
        assert_eq!(world.counted(), (0, 0), "again at once changes nothing");
        let row = world.of_rule(CLUSTER);
        assert_eq!(world.alerts().len(), 1);
        assert_eq!((row.cases, row.most, row.met), (10, 10, true));
        assert_eq!(row.place.as_ref().unwrap().zh, "实验小学");
        let town = world
            .app
            .read(|tx| crate::sight::area_text(tx, Some(world.tree.townships[0])))
            .unwrap();
        assert_eq!(row.area, town, "not where one of them lives");
        assert_eq!(
            (row.kind.as_str(), row.state.as_str()),
            ("cluster", "raised")
        );
        assert_eq!((row.to, row.until), (day("2026-05-02"), day("2026-05-08")));
        assert_eq!(row.due_at, None, "a cluster has no statutory report");
        let view = world.app.alert_read(&world.duty, row.id).unwrap();
        let days: Vec<_> = view.days.iter().map(|one| (one.day, one.counted)).collect();
        assert_eq!(days, [(day("2026-05-01"), 5), (day("2026-05-02"), 5)]);
        assert_eq!(view.values.len(), 2);
        assert!(view.cites.contains(&"school-list".to_owned()));
        assert!(view.grade.is_none() && view.may_acknowledge);
        let shown = serde_json::to_string(&view).unwrap();
        assert!(
            !shown.contains("病例1") && !shown.contains("199000"),
            "{shown}"
        );
    });
}

#[test]
fn a_registered_school_that_reported_them_is_the_place_of_those_without_a_workplace() {
    each_world(|world| {
        let noro = noro(world);
        let school = testing::unit(&world.store, world.tree.communities[1], UnitKind::School);
        let at = |n: usize| At {
            work: "",
            unit: Some(school),
            area: Some(world.tree.grids[n % 2]),
        };
        for n in 0..10 {
            world.case(noro, n, "2026-05-02", at(n));
        }
        world.counted();
        let row = world.of_rule(CLUSTER);
        assert!(row.place.is_some());
        let here = world
            .app
            .read(|tx| crate::sight::area_text(tx, Some(world.tree.communities[1])))
            .unwrap();
        assert_eq!(row.area, here, "where the school stands");
    });
}

#[test]
fn an_event_starts_its_statutory_clock_when_it_is_raised() {
    each_world(|world| {
        let noro = noro(world);
        outbreak(world, noro, 0, 20);
        world.pass_minutes(30);
        world.counted();
        let row = world.of_rule(EVENT);
        let clocks = world.clocks_of(row.id);
        assert!(!clocks.is_empty());
        for clock in &clocks {
            assert_eq!(clock.started_at, row.raised_at);
            assert_eq!(clock.due_at, row.raised_at.plus_hours(2), "{clock:?}");
            assert_eq!((clock.person, clock.alert), (None, Some(row.id)));
        }
        assert_eq!(row.minutes_left, Some(120));
        let grade = world
            .app
            .alert_read(&world.duty, row.id)
            .unwrap()
            .grade
            .unwrap();
        assert_eq!(grade.level, None, "the plan grades no norovirus by cases");
        let listed = world
            .app
            .clocks(&world.duty, &ClocksFilter::default())
            .unwrap();
        let of_alert = |row: &&ClockRow| row.alert.is_some();
        let open = listed.rows.iter().filter(of_alert).count();
        let events = world
            .alerts()
            .iter()
            .filter(|row| row.due_at.is_some())
            .count();
        assert!(open >= events && events == 2, "event and outbreak");
        let text = listed
            .rows
            .iter()
            .find(of_alert)
            .unwrap()
            .alert_text
            .clone();
        assert!(text.unwrap().zh.contains("实验小学"));
        assert_eq!(
            world.alerts()[0].due_at,
            row.due_at,
            "the most urgent first"
        );
        let figures = world.app.figures(&world.duty, "").unwrap();
        assert_eq!(figures.area.clocks_open, listed.total);
        world.pass_minutes(121);
        let late = ClocksFilter {
            late: true,
            ..ClocksFilter::default()
        };
        let late = world.app.clocks(&world.duty, &late).unwrap();
        assert_eq!(late.rows.iter().filter(of_alert).count(), open);
    });
}

#[test]
fn a_reported_event_ends_its_clock_and_is_over_when_its_window_has_passed() {
    each_world(|world| {
        let noro = noro(world);
        outbreak(world, noro, 0, 20);
        world.counted();
        let row = world.of_rule(EVENT);
        assert_eq!(
            code(world.says(&world.duty, &row, "reported", " ")),
            "INPUT"
        );
        assert_eq!(code(world.says(&world.duty, &row, "done", "x")), "INPUT");
        world
            .says(&world.duty, &row, "reported", "E-2026-1")
            .unwrap();
        assert_eq!(
            code(world.says(&world.desk, &row, "no_event", "误报")),
            "ALREADY-ACKNOWLEDGED"
        );
        let view = world.app.alert_read(&world.duty, row.id).unwrap();
        assert_eq!(view.row.state, "acknowledged");
        assert!(!view.may_acknowledge && view.row.due_at.is_none());
        assert!(view.clocks.iter().all(|clock| {
            clock.reference.as_deref() == Some("E-2026-1") && clock.sent_by.is_some()
        }));
        let made = &view.acknowledgements[0];
        assert_eq!((made.outcome.as_str(), made.cases), ("reported", 20));
        assert!(made.by.is_some());
        // Further cases of what was reported start no second clock.
        outbreak(world, noro, 20, 23);
        assert_eq!(world.counted().0, 0);
        assert_eq!(world.of_rule(EVENT).cases, 23);
        assert_eq!(world.of_rule(EVENT).state, "acknowledged");
        world.pass_minutes(7 * 24 * 60);
        world.counted();
        assert!(world.alerts().iter().all(|one| one.rule != EVENT), "over");
        let all = AlertsFilter {
            all: true,
            ..AlertsFilter::default()
        };
        let rows = world.app.alerts(&world.duty, &all).unwrap().rows;
        let over = rows.iter().find(|one| one.rule == EVENT).unwrap();
        assert_eq!(over.state, "over");
        let unseen = rows.iter().find(|one| one.rule == CLUSTER).unwrap();
        assert_eq!(unseen.state, "raised", "nobody has acknowledged it");
    });
}

#[test]
fn what_was_judged_no_event_is_raised_again_when_more_cases_come() {
    each_world(|world| {
        let noro = noro(world);
        outbreak(world, noro, 0, 20);
        world.counted();
        let row = world.of_rule(EVENT);
        assert_eq!(code(world.says(&world.duty, &row, "no_event", "")), "INPUT");
        world
            .says(&world.duty, &row, "no_event", "同一批食物中毒，已另报")
            .unwrap();
        let view = world.app.alert_read(&world.duty, row.id).unwrap();
        assert_eq!(view.row.state, "acknowledged");
        assert!(view.clocks.iter().all(|clock| clock.ended_at.is_some()));
        let reason = view.acknowledgements[0].reason.as_deref();
        assert_eq!(reason, Some("同一批食物中毒，已另报"));
        world.pass_minutes(60);
        outbreak(world, noro, 20, 21);
        world.counted();
        let again = world.of_rule(EVENT);
        assert_eq!((again.id, again.state.as_str()), (row.id, "raised"));
        assert!(again.grown);
        assert_eq!(again.raised_at, row.raised_at, "it is the same alert");
        let clocks = world.clocks_of(row.id);
        let open: Vec<_> = clocks.iter().filter(|one| one.ended_at.is_none()).collect();
        assert_eq!(open.len() * 2, clocks.len());
        assert!(open.iter().all(|one| one.started_at == again.counted_at));
    });
}

#[test]
fn a_report_marked_in_the_list_of_reports_acknowledges_its_alert() {
    each_world(|world| {
        let noro = noro(world);
        outbreak(world, noro, 0, 20);
        world.counted();
        let row = world.of_rule(EVENT);
        let clock = world.clocks_of(row.id).remove(0);
        let input = SentInput {
            version: clock.version,
            reference: "E-2026-2".into(),
        };
        let app = &world.app;
        app.clock_mark_sent(&world.desk, CommandId::new(), clock.id, &input)
            .unwrap();
        assert_eq!(world.of_rule(EVENT).state, "acknowledged");
        let again = app.clock_mark_sent(&world.desk, CommandId::new(), clock.id, &input);
        assert_eq!(code(again), "ALREADY-SENT");
    });
}

#[test]
fn a_withdrawn_case_lowers_the_count_and_the_alert_stays_told() {
    each_world(|world| {
        let noro = noro(world);
        let people = outbreak(world, noro, 0, 10);
        world.counted();
        let raised = world.of_rule(CLUSTER);
        let file = world
            .app
            .person_file(&world.desk, people[0], "intake")
            .unwrap();
        let wrong = file
            .facts
            .iter()
            .find(|fact| fact.kind == "classification_notified")
            .unwrap();
        let input = crate::people::CorrectInput {
            fact: wrong.id.to_string(),
            reason: "标本混淆".into(),
            ..crate::people::CorrectInput::default()
        };
        world
            .app
            .fact_correct(&world.desk, CommandId::new(), people[0], &input)
            .unwrap();
        assert_eq!(world.counted(), (0, 1));
        let row = world.of_rule(CLUSTER);
        assert_eq!(row.id, raised.id);
        assert_eq!((row.cases, row.most, row.met), (9, 10, false));
        assert_eq!(row.until, raised.until, "still told");
        assert_eq!(world.counted(), (0, 0));
        // Another one makes it ten again: the same alert.
        outbreak(world, noro, 10, 11);
        assert_eq!(world.counted(), (0, 1));
        let row = world.of_rule(CLUSTER);
        assert_eq!((row.id, row.cases, row.met), (raised.id, 10, true));
    });
}

#[test]
fn a_late_case_counts_for_the_day_of_its_onset() {
    each_world(|world| {
        let noro = noro(world);
        for n in 0..10 {
            world.case(noro, n, "2026-04-20", world.at_school());
        }
        assert_eq!(world.counted(), (0, 0), "their week has passed");
        outbreak(world, noro, 10, 20);
        assert_eq!(world.counted(), (1, 0));
        world.case(noro, 20, "2026-04-30", world.at_school());
        assert_eq!(world.counted(), (0, 1));
        let row = world.of_rule(CLUSTER);
        assert_eq!(row.cases, 11);
        assert_eq!(
            row.until,
            day("2026-05-08"),
            "its window runs no longer for it"
        );
    });
}

#[test]
fn people_of_whom_nothing_is_known_are_no_cluster_but_one_may_be_an_event() {
    each_world(|world| {
        world.approve();
        let noro = noro(world);
        let nowhere = At {
            work: "退休",
            unit: None,
            area: None,
        };
        for n in 0..12 {
            world.case(noro, n, "2026-05-02", nowhere);
        }
        assert_eq!(world.counted(), (0, 0));
        world.case_of(world.flu, 20, "2026-05-02", nowhere, "confirmed");
        assert_eq!(world.counted(), (1, 0));
        let row = world.of_rule("novel-influenza/event");
        let grade = world
            .app
            .alert_read(&world.duty, row.id)
            .unwrap()
            .grade
            .unwrap();
        assert_eq!(grade.level.as_deref(), Some("grade-2"));
        assert!(grade.reason.is_some() && grade.means.is_some());
    });
}

#[test]
fn who_may_not_sees_no_alert_and_acknowledges_none() {
    each_world(|world| {
        let noro = noro(world);
        outbreak(world, noro, 0, 20);
        world.counted();
        let row = world.of_rule(EVENT);
        let app = &world.app;
        for who in [&world.grid, &Who::public()] {
            assert!(app.alerts(who, &AlertsFilter::default()).is_err());
            assert!(app.alert_read(who, row.id).is_err());
            assert!(world.says(who, &row, "reported", "E-1").is_err());
        }
        // The township reads what lies in it, and reports nothing.
        let seen = app
            .alerts(&world.township, &AlertsFilter::default())
            .unwrap();
        assert_eq!(seen.total, 3);
        assert!(
            !app.alert_read(&world.township, row.id)
                .unwrap()
                .may_acknowledge
        );
        assert!(
            world
                .says(&world.township, &row, "reported", "E-1")
                .is_err()
        );
        let desk = |who| app.command_view(who, "").map(|view| view.alerts.len());
        assert_eq!(desk(&world.duty).unwrap(), 3);
        let typed = app.command_view(&world.duty, "").unwrap();
        assert!(
            typed.alerts.iter().all(|row| row.place.is_none()),
            "typed by somebody"
        );
        assert_eq!(typed.alerts_waiting, 3);
    });
}

#[test]
fn nothing_is_told_of_a_response_that_is_closed_or_destroyed() {
    each_world(|world| {
        let noro = noro(world);
        outbreak(world, noro, 0, 20);
        world.counted();
        let ids: Vec<AlertId> = world.alerts().iter().map(|row| row.id).collect();
        let running = |world: &World| {
            world
                .app
                .read(|tx| Ok(response_running(tx, noro)?.reports))
                .unwrap()
        };
        let before = running(world);
        for row in world.alerts() {
            world.says(&world.duty, &row, "reported", "E-3").unwrap();
        }
        assert!(running(world) < before, "open reports keep a response open");
        let end = |destroy: bool| {
            world
                .store
                .write::<_, AppError, _>(testing::command("responses.close"), move |tx| {
                    let version = response_fetch(tx, noro)?.unwrap().version;
                    Ok(if destroy {
                        response_destroy(tx, noro, version)?
                    } else {
                        response_close(tx, noro, version)?
                    })
                })
                .unwrap()
                .value
        };
        assert!(end(false));
        world.pass_minutes(60);
        assert_eq!(world.counted(), (0, 0));
        assert!(world.alerts().is_empty());
        assert!(world.app.alert_read(&world.duty, ids[0]).is_err());
        assert!(end(true));
        world.app.finish_destruction().unwrap();
        let (people, alert) = world
            .app
            .read(|tx| Ok((counted(tx, noro)?, alert_fetch(tx, ids[0])?)))
            .unwrap();
        assert!(people.is_empty() && alert.is_none());
        assert_eq!(world.counted(), (0, 0));
    });
}
