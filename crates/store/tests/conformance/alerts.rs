//! Alerts: who counts goes with the assessment, rows are brought up to date, what was said of them
//! is added, and of a destroyed response nothing says where it was.

use fangxian_base::{AlertId, Date, PersonId, RecordId, ResponseId};
use fangxian_domain::alerts::Outcome;
use fangxian_store::alerts::{
    Alert, AlertFilter, Count, NewAlert, acknowledgements, alert_acknowledge, alert_count,
    alert_fetch, alert_insert, alert_list, alert_recount, alert_running, counted, due_list,
    someone_at,
};
use fangxian_store::assessments::{
    CASE, CountedAs, NewAssessment, assessment_clear, assessment_put,
};
use fangxian_store::clocks::{
    ClockFilter, ClockOf, NewAlertClock, alert_clock_insert, alert_clocks_end, clock_list,
    clock_list_of_alert,
};
use fangxian_store::responses::{response_close, response_destroy, response_running};
use fangxian_store::testing::{
    BEGIN, command, each_engine, number, record, response, tree, unit, user,
};
use fangxian_store::{AreaRange, DbError, Scope, Store};

fn day(day: i8) -> Date {
    Date::constant(2026, 5, day)
}

fn assess(store: &Store, record: RecordId, response: ResponseId, counted: Option<CountedAs>) {
    store
        .write::<_, DbError, _>(command("intake.submit"), move |tx| {
            let person = PersonId::of_record(record);
            assessment_clear(tx, person, response)?;
            assessment_put(
                tx,
                &NewAssessment {
                    person,
                    response,
                    scheme: CASE,
                    category: None,
                    class: Some("confirmed"),
                    on_day: day(3),
                    seal: 0,
                    next_change_at: None,
                    pack: "norovirus@guide-2025",
                    outcome: b"{}",
                    sealed_under: record,
                    counted: counted.as_ref(),
                },
            )
        })
        .unwrap();
}

fn at(place: &str) -> CountedAs {
    CountedAs {
        on: day(2),
        place: Some(place.to_owned()),
        ill: false,
        hospitalised: false,
        died: false,
    }
}

#[test]
fn people_who_count_alike_are_counted_together_and_go_with_their_assessment() {
    each_engine(|store, clock| {
        let (tree, noro) = (tree(&store), response(&store, "norovirus"));
        let grid = Some(tree.grids[0]);
        let people: Vec<RecordId> = (0..3).map(|_| record(&store, noro, grid)).collect();
        for one in &people {
            assess(&store, *one, noro, Some(at("a")));
        }
        let read = |store: &Store| {
            store
                .read::<_, DbError>(|tx| {
                    Ok((
                        counted(tx, noro)?,
                        someone_at(tx, noro, "a")?,
                        due_list(tx, BEGIN)?,
                    ))
                })
                .unwrap()
        };
        let (alike, someone, due) = read(&store);
        assert_eq!(alike.len(), 1);
        assert_eq!(
            (alike[0].people, alike[0].area, alike[0].on),
            (3, grid, day(2))
        );
        assert_eq!(someone, Some(PersonId::of_record(people[0])));
        let times = due[0].1;
        assert_eq!(due, [(noro, times)]);
        // What was said again since is counted again.
        assess(&store, people[0], noro, Some(at("b")));
        store.alerts_counted(noro, times).unwrap();
        let (alike, _, due) = read(&store);
        assert_eq!(alike.len(), 2);
        assert!(due[0].1 > times);
        store.alerts_counted(noro, due[0].1).unwrap();
        clock.advance_minutes(1);
        assess(&store, people[0], noro, None);
        let (alike, _, due) = read(&store);
        assert_eq!(alike.iter().map(|one| one.people).sum::<i64>(), 2);
        assert!(due.is_empty(), "not yet settled");
        let later = store.read::<_, DbError>(|tx| due_list(tx, BEGIN.plus_minutes(1)));
        assert_eq!(
            later.unwrap().len(),
            1,
            "whoever counts no more is told as well"
        );
    });
}

fn count(cases: i64, content: &[u8]) -> Count<'_> {
    Count {
        cases,
        met: cases >= 20,
        from: day(1),
        to: day(7),
        until: day(13),
        content,
    }
}

fn raise(store: &Store, response: ResponseId, area: fangxian_base::AreaId) -> AlertId {
    let id = AlertId::new();
    store
        .write::<_, DbError, _>(command("alerts.raise"), move |tx| {
            alert_insert(
                tx,
                &NewAlert {
                    id,
                    response,
                    rule: "norovirus/event",
                    kind: "event",
                    unit: "institution",
                    place: "name/x",
                    area: Some(area),
                    confined: false,
                    count: count(20, "实验小学".as_bytes()),
                },
            )?;
            let alert = alert_fetch(tx, id)?.unwrap();
            for _ in 0..2 {
                alert_clock_insert(
                    tx,
                    &NewAlertClock {
                        alert: &alert,
                        rule: "idl-2025/report-outbreak",
                        hours: 2,
                        basis: "法\nlaw",
                    },
                )?;
            }
            Ok(())
        })
        .unwrap();
    id
}

fn fetch(store: &Store, id: AlertId) -> Option<Alert> {
    store.read::<_, DbError>(|tx| alert_fetch(tx, id)).unwrap()
}

fn everything() -> Scope {
    Scope {
        range: AreaRange::everywhere(),
        response: None,
        unit: None,
        assignee: None,
        confined: false,
        closed: false,
    }
}

fn wanted(open_on: Option<Date>, waiting: bool) -> AlertFilter {
    AlertFilter {
        scopes: vec![everything()],
        below: None,
        open_on,
        waiting,
        limit: 10,
        offset: 0,
    }
}

#[test]
fn an_alert_keeps_what_was_said_of_it_and_its_clock_is_among_the_reports() {
    each_engine(|store, clock| {
        let (tree, noro) = (tree(&store), response(&store, "norovirus"));
        let by = user(
            &store,
            unit(
                &store,
                tree.district,
                fangxian_domain::units::UnitKind::CdcInstitution,
            ),
            "cdc",
            &[],
        );
        let id = raise(&store, noro, tree.grids[0]);
        let alert = fetch(&store, id).unwrap();
        assert_eq!(alert.content.as_deref(), Some("实验小学".as_bytes()));
        assert_eq!(alert.due_at, Some(BEGIN.plus_hours(2)));
        let list = |open: Option<Date>, waiting: bool| {
            store
                .read::<_, DbError>(|tx| {
                    let filter = wanted(open, waiting);
                    assert_eq!(
                        alert_count(tx, &filter)?,
                        i64::try_from(alert_list(tx, &filter)?.len()).unwrap()
                    );
                    alert_list(tx, &filter)
                })
                .unwrap()
                .len()
        };
        assert_eq!((list(Some(day(20)), false), list(None, true)), (1, 1));
        let clocks = store
            .read::<_, DbError>(|tx| {
                let filter = ClockFilter {
                    scopes: vec![everything()],
                    below: Some(AreaRange::below("a.01.")),
                    open: true,
                    limit: 10,
                    ..ClockFilter::default()
                };
                clock_list(tx, &filter)
            })
            .unwrap();
        assert_eq!(clocks.len(), 1, "started once");
        assert_eq!(clocks[0].of, ClockOf::Alert(id));
        let running =
            |store: &Store| store.read::<_, DbError>(|tx| Ok(response_running(tx, noro)?.reports));
        assert_eq!(running(&store).unwrap(), 1);
        clock.advance_minutes(1);
        let said = move |version: i64, outcome: Outcome, words: &'static str| {
            let alert = alert.clone();
            move |tx: &mut fangxian_store::Tx<'_>| {
                let alert = alert_fetch(tx, alert.id)?.unwrap_or(alert.clone());
                alert_acknowledge(tx, &alert, version, Some(by), (outcome, words))
            }
        };
        let kept = store.write::<_, DbError, _>(
            command("alerts.acknowledge"),
            said(1, Outcome::NoEvent, "误报"),
        );
        assert!(kept.unwrap().value);
        let kept = store.write::<_, DbError, _>(
            command("alerts.acknowledge"),
            said(1, Outcome::Reported, "E-1"),
        );
        assert!(!kept.unwrap().value, "somebody was faster");
        assert_eq!((list(Some(day(13)), false), list(None, true)), (1, 0));
        assert_eq!(list(Some(day(14)), false), 0, "over");
        store
            .write::<_, DbError, _>(command("alerts.raise"), move |tx| {
                alert_clocks_end(tx, id, None, None)?;
                let alert = alert_fetch(tx, id)?.unwrap();
                alert_recount(tx, &alert, count(23, b"x"), false)?;
                alert_recount(tx, &alert, count(12, b"y"), false)
            })
            .unwrap();
        assert_eq!(running(&store).unwrap(), 0);
        assert_eq!(list(None, true), 0, "fewer than were judged");
        let (alert, said, clocks) = store
            .read::<_, DbError>(|tx| {
                let alert = alert_fetch(tx, id)?.unwrap();
                let said = acknowledgements(tx, &alert)?;
                Ok((alert, said, clock_list_of_alert(tx, id)?))
            })
            .unwrap();
        assert_eq!(
            (alert.cases, alert.met, alert.raised_at),
            (12, false, BEGIN)
        );
        assert_eq!(said[0].reason.as_deref(), Some("误报"));
        assert_eq!((said[0].cases, said[0].by), (20, Some(by)));
        assert!(clocks[0].ended_at.is_some() && clocks[0].sent_at.is_none());
    });
}

#[test]
fn of_a_destroyed_response_nothing_says_where_an_alert_was() {
    each_engine(|store, _| {
        let (tree, noro) = (tree(&store), response(&store, "norovirus"));
        let id = raise(&store, noro, tree.grids[0]);
        store
            .write::<_, DbError, _>(command("alerts.acknowledge"), move |tx| {
                let alert = alert_fetch(tx, id)?.unwrap();
                alert_acknowledge(tx, &alert, 1, None, (Outcome::NoEvent, "王小明家宴"))?;
                response_close(tx, noro, 1)?;
                response_destroy(tx, noro, 2)
            })
            .unwrap();
        store.finish_destruction().unwrap();
        assert!(fetch(&store, id).is_none());
        let running = store.read::<_, DbError>(|tx| alert_running(tx, noro, day(1)));
        assert!(running.unwrap().is_empty());
        let left = |sql: &str| number(&store, sql);
        assert_eq!(left("SELECT COUNT(*) FROM alert WHERE place <> ''"), 0);
        let reasons = "SELECT COUNT(*) FROM alert_acknowledgement WHERE reason_sealed IS NOT NULL";
        assert_eq!(left(reasons), 0);
        assert_eq!(
            left("SELECT COUNT(*) FROM alert WHERE cases = 20"),
            1,
            "counts stay"
        );
    });
}
