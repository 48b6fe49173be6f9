//! Undoing an import, on both engines.

use std::collections::BTreeMap;
use std::fmt::Write;

use fangxian_base::{CommandId, ImportId};
use fangxian_store::clocks::clock_list_of;
use fangxian_store::facts::{fact_list, standing};
use fangxian_store::records::{Record, RecordState};
use fangxian_store::reviews::review_list_of;
use fangxian_store::testing::each_place;

use super::tests::{LIST, app, list, named, outbreak, people, records, run};
use super::*;

fn undo(app: &App, id: ImportId) -> Report {
    app.import_undo(&Who::cli(), CommandId::new(), id, "发错了名单")
        .unwrap();
    app.import_undo_run(id, |_| {}).unwrap();
    app.import_report(&Who::cli(), id).unwrap()
}

/// A list of so many people.
fn rows_of(rows: usize) -> String {
    let mut text = String::from("姓名,联系电话\n");
    for n in 0..rows {
        writeln!(text, "测试{n},1990000{:04}", 1_000 + n).unwrap();
    }
    text
}

/// How many facts of all records stand, and how many there are.
fn facts(app: &App) -> (usize, usize) {
    let ids: Vec<_> = records(app).iter().map(|record| record.id).collect();
    let all = app.read(|tx| Ok(fact_list(tx, &ids)?)).unwrap();
    (standing(&all).len(), all.len())
}

fn withdrawn(app: &App) -> usize {
    let all = records(app);
    let gone = all
        .iter()
        .filter(|record| record.state == RecordState::Withdrawn);
    gone.count()
}

#[test]
fn what_came_with_a_list_is_withdrawn_with_the_reason_and_the_file_can_come_again() {
    each_place(|place| {
        let app = app(place);
        let first = run(&app, &list(LIST));
        let (stood, _) = facts(&app);
        let preview = app.import_undo_preview(&Who::cli(), first.id).unwrap();
        assert_eq!(
            (preview.records, preview.people, preview.only_here),
            (2, 2, 2)
        );
        assert_eq!(usize::try_from(preview.facts).unwrap(), stood);
        let none = app.import_undo(&Who::cli(), CommandId::new(), first.id, " ");
        assert_eq!(none.unwrap_err().fields[0].field, "reason");
        let report = undo(&app, first.id);
        assert_eq!(report.state, "undone");
        let told = report.undo.unwrap();
        assert_eq!((told.rows, told.records), (2, 2));
        assert_eq!(told.reason, "发错了名单");
        assert_eq!(facts(&app), (0, 2 * stood));
        assert_eq!(withdrawn(&app), 2);
        assert_eq!(app.import_rejected(&Who::cli(), 1).unwrap().total, 0);
        // Once more does no harm.
        assert_eq!(undo(&app, first.id).undo.unwrap().records, 2);
        assert_eq!(facts(&app), (0, 2 * stood));
        let gone = app.import_undo_preview(&Who::cli(), first.id).unwrap();
        assert_eq!((gone.records, gone.facts), (0, 0));
        let again = run(&app, &list(LIST));
        assert!(again.id != first.id && again.accepted == 2 && again.matched == 0);
        assert_eq!(facts(&app), (stood, 3 * stood));
    });
}

#[test]
fn whoever_came_with_the_list_alone_is_shown_as_withdrawn() {
    each_place(|place| {
        let app = app(place);
        let first = run(&app, &list("姓名,联系电话\n王小明,19900000001\n"));
        undo(&app, first.id);
        let who = tests::desk(&app);
        let search = crate::people::Search {
            q: "王小明".into(),
            purpose: "intake".into(),
        };
        let found = app.people_search(&who, &search).unwrap();
        assert!(found.hits.len() == 1 && found.hits[0].withdrawn);
        let file = app
            .person_file(&who, found.hits[0].person, "intake")
            .unwrap();
        assert!(file.withdrawn && file.identity.name.is_empty());
        let name = ("name".to_owned(), "王小明".to_owned());
        let mut said = file.facts.iter().filter_map(|fact| fact.attrs.as_ref());
        assert!(
            said.any(|attrs| attrs.contains(&name)),
            "it can be read still"
        );
        run(&app, &named("right", "姓名,联系电话\n王小明,19900000001\n"));
        let found = app.people_search(&who, &search).unwrap();
        let stand: Vec<bool> = found.hits.iter().map(|hit| !hit.withdrawn).collect();
        assert!(stand.contains(&true) && stand.contains(&false));
    });
}

fn of(app: &App, record: &Record) -> (usize, usize, Option<String>) {
    app.read(|tx| {
        let clocks = clock_list_of(tx, record.person)?;
        let run = clocks.iter().filter(|clock| clock.ended_at.is_none());
        let run = run.count();
        let reviews = review_list_of(tx, record.person)?;
        let open = reviews.iter().filter(|one| one.state.is_open()).count();
        let class = fangxian_store::assessments::assessment_fetch(
            tx,
            record.person,
            record.response,
            fangxian_store::assessments::CASE,
        )?;
        Ok((run, open, class.and_then(|row| row.class)))
    })
    .unwrap()
}

#[test]
fn a_class_falls_its_review_closes_and_its_clock_ends_and_starts_anew() {
    each_place(|place| {
        let app = app(place);
        let file = outbreak(place, &app, false);
        let first = run(&app, &file);
        let record = records(&app).remove(0);
        let (clocks, open, class) = of(&app, &record);
        assert!(clocks > 0 && open == 1 && class.as_deref() == Some("confirmed"));
        let preview = app.import_undo_preview(&Who::cli(), first.id).unwrap();
        assert_eq!(usize::try_from(preview.reports_open).unwrap(), clocks);
        assert_eq!(preview.reviews, 1);
        let report = undo(&app, first.id);
        assert_eq!(of(&app, &record), (0, 0, None));
        assert_eq!(report.classes, BTreeMap::from([("none".into(), 1)]));
        let why = app
            .read(|tx| {
                let clock = clock_list_of(tx, record.person)?.remove(0);
                crate::clocks::row(tx, &clock)
            })
            .unwrap()
            .ended_why;
        assert_eq!(why.as_deref(), Some("发错了名单"));
        let again = run(&app, &file);
        assert_eq!(again.classes, BTreeMap::from([("confirmed".into(), 1)]));
        let new = records(&app);
        let new = new.iter().find(|one| one.state != RecordState::Withdrawn);
        let (clocks_again, open, _) = of(&app, new.unwrap());
        assert_eq!((clocks_again, open), (clocks, 1));
    });
}

#[test]
fn what_another_list_says_too_stays_until_that_is_undone() {
    each_place(|place| {
        let app = app(place);
        let text = "姓名,联系电话\n王小明,19900000001\n李雷,19900000002\n";
        let first = run(&app, &list(text));
        let longer = run(&app, &list(&format!("{text}韩梅,19900000003\n")));
        assert_eq!(longer.matched, 2);
        let preview = app.import_undo_preview(&Who::cli(), first.id).unwrap();
        assert_eq!((preview.records, preview.kept), (0, 2));
        let report = undo(&app, first.id);
        assert_eq!(
            report.undo.map(|undo| (undo.rows, undo.records)),
            Some((2, 0))
        );
        assert_eq!(withdrawn(&app), 0);
        let report = undo(&app, longer.id);
        assert_eq!(
            report.undo.map(|undo| (undo.rows, undo.records)),
            Some((3, 3))
        );
        assert_eq!((withdrawn(&app), people(&app)), (3, 3));
    });
}

#[test]
fn an_undoing_that_stopped_goes_on_and_one_of_a_running_import_stops_that() {
    each_place(|place| {
        let app = app(place);
        let text = rows_of(130);
        let (id, _) = app
            .import_start(&Who::cli(), CommandId::new(), &list(&text))
            .unwrap();
        // While it runs, somebody undoes it: no further batch is taken in.
        app.import_run(id, |_| {
            app.import_undo(&Who::cli(), CommandId::new(), id, "发错了")
                .is_ok()
        })
        .unwrap();
        let report = app.import_report(&Who::cli(), id).unwrap();
        assert_eq!((report.state.as_str(), report.read), ("undoing", 100));
        // A kill after the first slice.
        assert!(app.import_undo_slice(id).unwrap());
        assert_eq!(withdrawn(&app), usize::try_from(undo::SLICE).unwrap());
        assert_eq!(app.import_resume().unwrap(), 1);
        let report = app.import_report(&Who::cli(), id).unwrap();
        assert_eq!(report.state, "undone");
        assert_eq!(report.undo.map(|undo| undo.records), Some(100));
        assert_eq!(facts(&app).0, 0);
    });
}

#[test]
fn a_running_import_can_be_cancelled_and_what_is_over_cannot() {
    each_place(|place| {
        let app = app(place);
        let text = rows_of(130);
        let (id, _) = app
            .import_start(&Who::cli(), CommandId::new(), &list(&text))
            .unwrap();
        let cancel = |id| app.import_cancel(&Who::cli(), CommandId::new(), id);
        app.import_run(id, |_| cancel(id).is_ok()).unwrap();
        let report = app.import_report(&Who::cli(), id).unwrap();
        assert_eq!((report.state.as_str(), report.read), ("cancelled", 100));
        cancel(id).unwrap();
        let done = run(&app, &list("姓名\n王小明\n"));
        assert_eq!(cancel(done.id).unwrap_err().code, "IMPORT-OVER");
        // The rest comes with the same file: what was taken is known.
        let whole = run(&app, &list(&text));
        assert_eq!((whole.accepted, whole.matched), (130, 100));
    });
}

#[test]
fn contacts_find_the_corrected_case_when_the_list_of_their_case_was_undone() {
    each_place(|place| {
        let app = app(place);
        let cases = run(
            &app,
            &list("病例编号,姓名,发病日期\nA1,王小明,2025-01-03\n"),
        );
        let contacts = ListFile {
            kind: "contacts".into(),
            ..list("病例编号,接触者姓名,联系电话,最后接触日期\nA1,李雷,19900000002,2025-01-03\n")
        };
        run(&app, &contacts);
        undo(&app, cases.id);
        run(
            &app,
            &list("病例编号,姓名,发病日期\nA1,王小明,2025-01-05\n"),
        );
        let named: Vec<_> = tests::facts(&app, "contact")
            .into_iter()
            .filter_map(|attrs| attrs.get("case_record")?.as_str().map(str::to_owned))
            .collect();
        assert_eq!(named.len(), 1);
        let stands = records(&app)
            .iter()
            .any(|one| one.id.to_string() == named[0] && one.state != RecordState::Withdrawn);
        assert!(stands, "the contact names the case of the right list");
    });
}
