//! Lists, on both engines: proposed mapping, refused rows kept, the same file once, a stop resumed.

use std::sync::Arc;

use fangxian_base::{CommandId, Zone};
use fangxian_packs::Library;
use fangxian_store::testing::{Place, each_place, tree};

use super::*;
use crate::Settings;

const LIST: &str = "病例编号,姓名,性别,证件号码,联系电话,发病日期,确诊日期\n\
    1,王小明,男,990101198001010014,19900000001,2025-01-03,2025-01-05\n\
    2,李雷,男,990101198001010015,19900000002,2025-01-04,2025-01-05\n\
    3,韩梅,女,,19900000003,2025-02-30,2025-01-05\n\
    4,,,,,2025-01-04,2025-01-06\n\
    5,赵六,女,,19900000005,3-Jan,2025-01-05\n";

fn app(place: &Place) -> App {
    let settings = Settings {
        zone: Zone::china(),
        city: "demo".into(),
    };
    let clock = Arc::clone(&place.clock) as Arc<dyn fangxian_base::Clock>;
    let packs = Arc::new(Library::shipped().unwrap());
    let store = place.open();
    tree(&store);
    let app = App::new(store, packs, Arc::clone(&clock), settings)
        .unwrap()
        .with_wall(clock);
    app.first_start().unwrap();
    app
}

fn list(text: &str) -> ListFile {
    ListFile {
        kind: "linelist".into(),
        file_name: "cases.csv".into(),
        source: "test".into(),
        response: String::new(),
        bytes: text.as_bytes().into(),
        mapping: String::new(),
    }
}

fn run(app: &App, file: &ListFile) -> Report {
    let (id, _) = app
        .import_start(&Who::cli(), CommandId::new(), file)
        .unwrap();
    app.import_run(id, |_| true).unwrap();
    app.import_report(&Who::cli(), id).unwrap()
}

#[test]
fn rows_that_cannot_hold_are_refused_with_a_remedy_and_the_rest_is_taken() {
    each_place(|place| {
        let app = app(place);
        let preview = app.import_preview(&Who::cli(), &list(LIST)).unwrap();
        assert_eq!(
            (preview.read, preview.accepted, preview.rejected),
            (5, 2, 3)
        );
        let report = run(&app, &list(LIST));
        assert_eq!((report.read, report.accepted, report.rejected), (5, 2, 3));
        assert_eq!(report.state, "done");
        let rows: Vec<_> = report.rejections.iter().filter_map(|r| r.row).collect();
        assert_eq!(rows, [3, 4, 5]);
        assert!(
            report
                .rejections
                .iter()
                .all(|r| !r.remedy.zh.is_empty() && !r.remedy.en.is_empty())
        );
        let errors = app.import_errors(&Who::cli(), report.id, true).unwrap();
        assert_eq!(
            String::from_utf8(errors)
                .unwrap()
                .trim_end()
                .lines()
                .count(),
            4
        );
    });
}

#[test]
fn the_same_file_twice_is_one_import_and_a_corrected_one_adds_only_what_is_new() {
    each_place(|place| {
        let app = app(place);
        let first = run(&app, &list(LIST));
        let (again, seen) = app
            .import_start(&Who::cli(), CommandId::new(), &list(LIST))
            .unwrap();
        assert!(seen && again == first.id);
        let corrected = LIST.replace("990101198001010015", "");
        let report = run(&app, &list(&corrected));
        assert_eq!((report.accepted, report.rejected), (3, 2));
        assert_eq!(report.matched, 2, "rows taken before are the same records");
        let people = app.read(|tx| {
            Ok(fangxian_store::people::person_count(
                tx,
                &[fangxian_store::AreaRange::everywhere()],
            )?)
        });
        assert_eq!(people.unwrap(), 3);
    });
}

#[test]
fn an_import_that_stopped_goes_on_without_taking_a_row_twice() {
    each_place(|place| {
        let app = app(place);
        let mut text = String::from("姓名,联系电话\n");
        for n in 0..250 {
            text.push_str("测试");
            text.push_str(&n.to_string());
            text.push_str(",1990000");
            text.push_str(&(1_000 + n).to_string());
            text.push('\n');
        }
        let (id, _) = app
            .import_start(&Who::cli(), CommandId::new(), &list(&text))
            .unwrap();
        // A kill after the first batch: the receipt is there, the end is not.
        let import = app.read(|tx| found(import_fetch(tx, id))).unwrap();
        let prepared = app
            .prepare(ListKind::Linelist, text.as_bytes(), &import.mapping)
            .unwrap();
        let batch = prepared.table.rows().take(BATCH);
        let batch: Vec<_> = batch
            .map(|raw| {
                (
                    prepared.plan.parse_row(raw),
                    rows::original(&prepared.table, raw),
                )
            })
            .collect();
        let places = Arc::new(app.read(rows::PlaceIndex::load).unwrap());
        app.import_batch(&Arc::new(import), 0, Arc::new(batch), &places)
            .unwrap();
        assert_eq!(app.import_resume().unwrap(), 1);
        let report = app.import_report(&Who::cli(), id).unwrap();
        assert_eq!(
            (report.read, report.accepted, report.state.as_str()),
            (250, 250, "done")
        );
    });
}
