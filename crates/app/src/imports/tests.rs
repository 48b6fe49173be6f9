//! Lists, on both engines: proposed mapping, refused rows kept, the same file once, a stop resumed.

use std::sync::Arc;

use fangxian_base::{CommandId, Zone};
use fangxian_packs::Library;
use fangxian_store::testing::{Place, each_place, tree};

use super::run::BATCH;
use super::*;
use crate::Settings;

pub(super) const LIST: &str = "病例编号,姓名,性别,证件号码,联系电话,发病日期,确诊日期\n\
    1,王小明,男,990101198001010014,19900000001,2025-01-03,2025-01-05\n\
    2,李雷,男,990101198001010015,19900000002,2025-01-04,2025-01-05\n\
    3,韩梅,女,,19900000003,2025-02-30,2025-01-05\n\
    4,,,,,2025-01-04,2025-01-06\n\
    5,赵六,女,,19900000005,3-Jan,2025-01-05\n";

pub(crate) fn app(place: &Place) -> App {
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

pub(super) fn list(text: &str) -> ListFile {
    ListFile {
        kind: "linelist".into(),
        file_name: "cases.csv".into(),
        source: "test".into(),
        response: String::new(),
        bytes: text.as_bytes().into(),
        mapping: String::new(),
    }
}

pub(crate) fn run(app: &App, file: &ListFile) -> Report {
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
        let errors = app
            .import_errors(&Who::cli(), report.id, Language::En)
            .unwrap();
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
            .prepare((ListKind::Linelist, ""), text.as_bytes(), &import.mapping)
            .unwrap();
        let batch = prepared.parsed().take(BATCH).collect();
        let reading = app.read(|tx| rows::Reading::load(tx, &import, &prepared.mapping));
        let reading = Arc::new(reading.unwrap());
        app.import_batch(&Arc::new(import), 0, Arc::new(batch), &reading)
            .unwrap();
        assert_eq!(app.import_resume().unwrap(), 1);
        let report = app.import_report(&Who::cli(), id).unwrap();
        assert_eq!(
            (report.read, report.accepted, report.state.as_str()),
            (250, 250, "done")
        );
    });
}

pub(super) fn people(app: &App) -> i64 {
    let everywhere = [fangxian_store::AreaRange::everywhere()];
    let count = app.read(|tx| Ok(fangxian_store::people::person_count(tx, &everywhere)?));
    count.unwrap()
}

pub(super) fn named(source: &str, text: &str) -> ListFile {
    ListFile {
        source: source.into(),
        ..list(text)
    }
}

#[test]
fn two_lists_are_not_merged_by_their_row_numbers() {
    each_place(|place| {
        let app = app(place);
        run(
            &app,
            &named("a", "序号,姓名,性别\n1,王小明,男\n2,李雷,男\n"),
        );
        run(&app, &named("a", "序号,姓名,性别\n1,韩梅,女\n2,赵六,女\n"));
        assert_eq!(people(&app), 4);
        // Numbers of the list's own join, but not what contradicts them.
        run(
            &app,
            &named("b", "病例编号,姓名,性别\n7,孙七,男\n9,周八,男\n"),
        );
        let report = run(
            &app,
            &named("b", "病例编号,姓名,性别\n7,孙七,男\n9,吴九,女\n"),
        );
        assert_eq!((report.matched, report.queued), (1, 1));
        assert_eq!(people(&app), 7);
        let nameless = app.import_start(&Who::cli(), CommandId::new(), &named(" ", LIST));
        assert_eq!(nameless.unwrap_err().fields[0].field, "source");
    });
}

/// A response here, and a list of one case of today for it.
pub(super) fn outbreak(place: &Place, app: &App, elsewhere: bool) -> ListFile {
    place
        .clock
        .advance_to("2026-05-03T01:00:00Z".parse().unwrap());
    let input = crate::responses::ResponseInput {
        code: "flu".into(),
        title_zh: "禽流感".into(),
        title_en: "flu".into(),
        disease: "novel-influenza".into(),
        elsewhere,
    };
    app.response_open(&Who::cli(), CommandId::new(), &input)
        .unwrap();
    let today = app.today();
    ListFile {
        response: "flu".into(),
        ..list(&format!(
            "姓名,联系电话,发病日期,确诊日期\n王小明,19900000001,{today},{today}\n"
        ))
    }
}

pub(super) fn records(app: &App) -> Vec<fangxian_store::records::Record> {
    let filter = fangxian_store::records::RecordFilter {
        scopes: vec![fangxian_store::Scope {
            range: fangxian_store::AreaRange::everywhere(),
            response: None,
            unit: None,
            assignee: None,
            confined: true,
            closed: true,
        }],
        limit: 100,
        ..Default::default()
    };
    app.read(|tx| Ok(fangxian_store::records::record_list(tx, &filter)?))
        .unwrap()
}

#[test]
fn a_current_case_of_a_list_starts_its_clock_and_waits_for_its_looks() {
    each_place(|place| {
        let app = app(place);
        let file = outbreak(place, &app, false);
        let report = run(&app, &file);
        assert_eq!(report.classes, BTreeMap::from([("confirmed".into(), 1)]));
        let record = records(&app).remove(0);
        assert_eq!(record.state.code(), "in_review");
        let (clocks, reviews) = app
            .read(|tx| {
                let clocks = fangxian_store::clocks::clock_list_of(tx, record.person)?;
                let reviews = fangxian_store::reviews::review_list_of(tx, record.person)?;
                Ok((clocks.len(), reviews.len()))
            })
            .unwrap();
        assert!(clocks > 0 && reviews == 1);
    });
}

#[test]
fn a_list_of_cases_elsewhere_starts_nothing() {
    each_place(|place| {
        let app = app(place);
        let file = outbreak(place, &app, true);
        run(&app, &file);
        let record = records(&app).remove(0);
        assert_eq!(record.state.code(), "handled");
        let reviews =
            app.read(|tx| Ok(fangxian_store::reviews::review_list_of(tx, record.person)?));
        assert!(reviews.unwrap().is_empty());
    });
}

#[test]
fn an_import_that_cannot_go_on_says_why_and_holds_nobody_up() {
    each_place(|place| {
        let app = app(place);
        let file = outbreak(place, &app, false);
        let (id, _) = app
            .import_start(&Who::cli(), CommandId::new(), &file)
            .unwrap();
        let (other, _) = app
            .import_start(&Who::cli(), CommandId::new(), &list(LIST))
            .unwrap();
        let flu = app
            .response_list(&Who::cli())
            .unwrap()
            .into_iter()
            .find(|one| one.code == "flu")
            .unwrap();
        app.store()
            .write::<_, AppError, _>(
                fangxian_store::testing::command("responses.close"),
                move |tx| Ok(responses::response_close(tx, flu.id, flu.version)?),
            )
            .unwrap();
        assert_eq!(app.import_resume().unwrap(), 1, "the other one is done");
        let failed = app.import_report(&Who::cli(), id).unwrap();
        assert_eq!((failed.state.as_str(), failed.read), ("failed", 0));
        assert!(failed.failure.unwrap().zh.contains("已结束"));
        assert_eq!(app.import_report(&Who::cli(), other).unwrap().state, "done");
        let again = app.import_reopen(&Who::cli(), CommandId::new(), id);
        assert_eq!(again.unwrap_err().code, "RESPONSE-CLOSED");
    });
}

#[test]
fn equal_rows_of_an_anonymous_list_are_as_many_cases() {
    each_place(|place| {
        let app = app(place);
        let text = "性别,年龄,发病日期\n男,30,2025-01-03\n男,30,2025-01-03\n男,30,2025-01-03\n";
        let report = run(&app, &list(text));
        assert_eq!((report.accepted, report.matched), (3, 0));
        assert_eq!(people(&app), 3);
        let longer = format!("{text}女,31,2025-01-04\n");
        let report = run(&app, &list(&longer));
        assert_eq!((report.accepted, report.matched, people(&app)), (4, 3, 4));
    });
}

pub(super) fn facts(app: &App, kind: &str) -> Vec<serde_json::Map<String, serde_json::Value>> {
    let ids: Vec<_> = records(app).iter().map(|record| record.id).collect();
    let all = app.read(|tx| Ok(fangxian_store::facts::fact_list(tx, &ids)?));
    let all = all.unwrap();
    let standing = fangxian_store::facts::standing(&all);
    let of_kind = standing.into_iter().filter(|fact| fact.kind == kind);
    of_kind.map(|fact| fact.attrs.clone().unwrap()).collect()
}

#[test]
fn a_list_invents_neither_a_class_nor_a_test() {
    each_place(|place| {
        let app = app(place);
        run(
            &app,
            &list(
                "姓名,病例分类,确诊日期,检测结果\n王小明,待定中,2025-01-05,阳性\n李雷,确诊病例,2025-01-05,阴性\n",
            ),
        );
        let classes = facts(&app, "classification_notified");
        assert_eq!(classes.len(), 1, "an unreadable class is no confirmed case");
        let tests = facts(&app, "test");
        assert!(tests.len() == 2 && tests.iter().all(|test| !test.contains_key("kind")));
        run(&app, &named("n", "姓名,核酸检测结果\n韩梅,阳性\n"));
        assert!(
            facts(&app, "test")
                .iter()
                .any(|test| test.get("kind") == Some(&"pcr".into()))
        );
    });
}

#[test]
fn contacts_may_come_before_their_case() {
    each_place(|place| {
        let app = app(place);
        let contacts = ListFile {
            kind: "contacts".into(),
            ..list("病例编号,接触者姓名,联系电话,最后接触日期\nA1,李雷,19900000002,2025-01-03\n")
        };
        let report = run(&app, &contacts);
        let codes: Vec<_> = report.warnings.iter().map(|w| w.code.as_str()).collect();
        assert_eq!(codes, ["SOURCE_CASE_UNKNOWN"]);
        assert!(!facts(&app, "contact")[0].contains_key("case_record"));
        run(
            &app,
            &list("病例编号,姓名,发病日期\nA1,王小明,2025-01-03\n"),
        );
        let linked = facts(&app, "contact");
        assert!(linked.len() == 1 && linked[0].contains_key("case_record"));
    });
}

#[test]
fn rejected_rows_stand_on_a_work_list_until_somebody_deals_with_them() {
    each_place(|place| {
        let app = app(place);
        let report = run(&app, &list(LIST));
        let desk = desk(&app);
        let open = app.import_rejected(&desk, i64::MAX).unwrap();
        assert_eq!((open.total, open.rows.len()), (3, 0));
        let open = app.import_rejected(&desk, 1).unwrap();
        assert_eq!(open.rows[0].row, 3);
        assert!(!open.rows[0].remarks.is_empty());
        let decide = |outcome: &str, reason: &str| {
            app.import_row_decide(&desk, CommandId::new(), (report.id, 3), outcome, reason)
        };
        assert_eq!(decide("done", "x").unwrap_err().fields[0].field, "outcome");
        assert_eq!(
            decide("dismissed", " ").unwrap_err().fields[0].field,
            "reason"
        );
        decide("dismissed", "重复上报").unwrap();
        assert_eq!(decide("corrected", "已更正").unwrap_err().kind, Kind::Stale);
        assert_eq!(app.import_rejected(&desk, 1).unwrap().total, 2);
    });
}

pub(super) fn desk(app: &App) -> Who {
    use fangxian_authz::{Actor, AreaPath, Grant, Role};
    use fangxian_domain::units::UnitKind;
    let root = app
        .read(|tx| Ok(fangxian_store::places::area_root(tx)?))
        .unwrap();
    let unit =
        fangxian_store::testing::unit(app.store(), root.unwrap().id, UnitKind::CdcInstitution);
    Who::staff(Actor {
        user: fangxian_base::UserId::new(),
        unit,
        unit_kind: UnitKind::CdcInstitution,
        grants: vec![Grant::new(Role::Desk, "a.".parse::<AreaPath>().unwrap())],
    })
}

#[test]
fn a_list_without_a_disease_says_that_no_class_was_computed() {
    each_place(|place| {
        let app = app(place);
        let report = run(&app, &list(LIST));
        assert_eq!(report.classes, BTreeMap::from([("none".into(), 2)]));
        assert!(report.warnings.iter().any(|w| w.code == "NO_DISEASE"));
        let preview = app.import_preview(&Who::cli(), &list(LIST)).unwrap();
        assert_eq!(preview.file[0].code, "NO_DISEASE");
    });
}

#[test]
fn a_text_without_any_column_that_means_something_is_not_taken_in() {
    each_place(|place| {
        let app = app(place);
        for text in [
            "# Fangxian\n这是一份文件\n不是名单\n",
            "说明\n各单位请于今日上报。\n",
        ] {
            let wrong = list(text);
            let refused = app.import_preview(&Who::cli(), &wrong).unwrap_err();
            assert_eq!(refused.kind, Kind::Invalid);
            assert_eq!(refused.fields[0].field, "file");
        }
    });
}

#[test]
fn a_list_of_the_same_source_and_columns_is_read_as_last_time() {
    each_place(|place| {
        let app = app(place);
        let text = |name: &str| format!("姓名,联系电话,备用\n{name},19900000001,2025-01-03\n");
        let mapping = "kind = \"linelist\"\n[[column]]\nname = \"姓名\"\nfield = \"name\"\n\
            [[column]]\nname = \"联系电话\"\nfield = \"phone\"\n\
            [[column]]\nname = \"备用\"\nfield = \"onset\"\n";
        let field = |file: &ListFile| {
            let preview = app.import_preview(&Who::cli(), file).unwrap();
            let last = preview.columns.into_iter().next_back().unwrap();
            (last.field, last.why.en)
        };
        assert_eq!(field(&named("clinic", &text("王小明"))).0, None);
        let corrected = ListFile {
            mapping: mapping.into(),
            ..named("clinic", &text("王小明"))
        };
        run(&app, &corrected);
        let (again, why) = field(&named("clinic", &text("李雷")));
        assert_eq!(again.as_deref(), Some("onset"));
        assert!(why.contains("as last time"));
        assert_eq!(field(&named("other", &text("李雷"))).0, None);
        let wider = text("李雷").replace("备用", "备用二");
        assert_eq!(field(&named("clinic", &wider)).0, None);
        // What the command line takes without a look is read in the same way.
        let report = run(&app, &named("clinic", &text("韩梅")));
        assert_eq!(report.columns[2].field.as_deref(), Some("onset"));
    });
}
