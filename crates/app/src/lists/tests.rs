//! A list that we wrote comes back through the door by itself and says the same, on both engines.

use std::collections::BTreeMap;

use fangxian_base::{CommandId, RecordId};
use fangxian_interop::linelist::Language;
use fangxian_store::facts::{fact_list, standing};
use fangxian_store::records::records_of_response;
use fangxian_store::responses::response_by_code;
use fangxian_store::testing::each_place;

use crate::imports::tests::{app, run};
use crate::imports::{ListFile, Report};
use crate::responses::ResponseInput;
use crate::{App, Who};

const CASES: &str = "病例编号,姓名,性别,出生日期,年龄,证件类型,证件号码,联系电话,现住详细地址,工作单位或学校,疾病名称,病例分类,发病日期,症状,暴露开始日期,暴露结束日期,暴露地点,抵达日期,首诊日期,入院日期,诊断日期,采样日期,核酸检测结果,转归,出院日期,死亡日期,报告日期\n\
    A1,王小明,男,1980-01-01,,居民身份证,990101198001010014,19900000001,建设路1号,第一中学,COVID-19,确诊病例,2025-01-03,发热、咳嗽，乏力3天,2025-01-01,2025-01-02,海鲜市场,2025-01-02,2025-01-04,2025-01-05,2025-01-06,2025-01-05,阳性,治愈,2025-01-15,,2025-01-07\n\
    A2,=李雷,男,,35,,,19900000002,-和平里2号,,,疑似病例,2025-01-02 to 2025-01-04,,,,,,,,,,,死亡,,,2025-01-07\n\
    A3,Anna Smith,女,1990-05-06,,护照,E12345678,,,,,无症状感染者,,,,,,,,,2025-01-08,? to 2025-01-07,阴性,,,2025-01-12,2025-01-13\n\
    A4,赵六,,,8,,,,\"大街3号, 4单元\",,流感,确诊病例,2025-01,fever,2025-01-01,,,,,,2025-01-08,2025-01-08,可疑,治愈,,,\n";

const CONTACTS: &str = "源病例,接触者编号,姓名,联系电话,接触方式,暴露开始日期,暴露结束日期,发病日期\n\
    A1,C1,韩梅,19900000011,household,2025-01-03,2025-01-05,\n\
    A2,C2,周七,19900000012,,,,2025-01-09\n\
    A1,A2,,19900000002,workplace,2025-01-03,2025-01-03,\n";

const MOVEMENTS: &str = "病例编号,姓名,时间,交通工具,车次,出发地,目的地,活动地点,活动内容\n\
    A1,王小明,2025-01-02,高铁,G1234,甲站,乙站,,\n\
    A1,王小明,2025-01-03,,,,,海鲜市场,买菜\n\
    A2,=李雷,2025-01-03 to 2025-01-04,,,,,超市,\n";

/// Where nothing but the numbers of a list say who somebody is.
const NUMBERED: &str = "case_id,sex,age,date_onset,outcome\n\
    1,male,40,2025-01-03,Recover\n2,female,30-39,2025-01-05,Death\n3,,,2025-01-07,\n";

fn open(app: &App, code: &str) {
    let input = ResponseInput {
        code: code.into(),
        title_zh: code.into(),
        title_en: code.into(),
        disease: "covid-19".into(),
        elsewhere: false,
    };
    app.response_open(&Who::cli(), CommandId::new(), &input)
        .unwrap();
}

fn file(kind: &str, response: &str, bytes: &[u8]) -> ListFile {
    ListFile {
        kind: kind.into(),
        file_name: format!("{kind}.csv"),
        source: "一医院".into(),
        response: response.into(),
        bytes: bytes.into(),
        mapping: String::new(),
    }
}

/// What each record of a response says: kind, when, evidence and attributes of every fact that
/// stands. Records of the same cells are counted; which record a contact names is told by its number.
fn said(app: &App, response: &str) -> BTreeMap<Vec<String>, usize> {
    app.read(|tx| {
        let response = response_by_code(tx, response)?.unwrap();
        let mut all = BTreeMap::new();
        for record in records_of_response(tx, response.id, None, i64::MAX)? {
            let facts = fact_list(tx, &[record.id])?;
            let mut lines = vec![format!("area {:?}", record.area)];
            lines.push(format!("reported {:?}", record.reported_on));
            for fact in standing(&facts) {
                let mut attrs = fact.attrs.clone().unwrap();
                if let Some(case) = attrs.get("case_record").and_then(|case| case.as_str()) {
                    let case: RecordId = case.parse().unwrap();
                    let number = crate::intake::identity_of(tx, &[case])?.case_number;
                    attrs.insert("case_record".into(), format!("{number:?}").into());
                }
                let attrs: BTreeMap<_, _> = attrs.into_iter().collect();
                lines.push(format!(
                    "{} {:?} {} {attrs:?}",
                    fact.kind, fact.when, fact.evidence
                ));
            }
            lines.sort();
            *all.entry(lines).or_default() += 1;
        }
        Ok(all)
    })
    .unwrap()
}

/// Both responses say the same; what differs is shown.
fn same(app: &App, one: &str, other: &str) {
    let (one, other) = (said(app, one), said(app, other));
    let only = |a: &BTreeMap<Vec<String>, usize>, b: &BTreeMap<Vec<String>, usize>| {
        let mut rows = a.clone();
        rows.retain(|record, count| b.get(record) != Some(count));
        rows
    };
    assert_eq!(only(&one, &other), only(&other, &one));
}

fn export(app: &App, kind: &str, response: &str, language: Language) -> Vec<u8> {
    let list = app
        .list_export(&Who::cli(), kind, response, language)
        .unwrap();
    assert_eq!(list.left_out, 0, "{kind}: {}", text(&list.bytes));
    list.bytes
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn whole(report: &Report, bytes: &[u8]) {
    let all: Vec<_> = report
        .rejections
        .iter()
        .map(|r| r.message.en.clone())
        .collect();
    assert_eq!(report.rejected, 0, "{all:?}\n{}", text(bytes));
    assert!(report.read > 0);
}

#[test]
fn what_we_export_comes_back_unchanged() {
    each_place(|place| {
        let app = app(place);
        for language in [Language::Zh, Language::En] {
            let (first, second) = match language {
                Language::En => ("first-en", "second-en"),
                Language::Zh | Language::Both => ("first-zh", "second-zh"),
            };
            open(&app, first);
            open(&app, second);
            let lists = [
                ("linelist", CASES),
                ("contacts", CONTACTS),
                ("movements", MOVEMENTS),
            ];
            for (kind, list) in lists {
                let bytes = list.as_bytes();
                whole(&run(&app, &file(kind, first, bytes)), bytes);
            }
            for (kind, _) in lists {
                let bytes = export(&app, kind, first, language);
                let again = ListFile {
                    // Under any name: the rows say which list they come from.
                    source: "导出".into(),
                    ..file(kind, second, &bytes)
                };
                whole(&run(&app, &again), &bytes);
                assert_eq!(
                    text(&export(&app, kind, second, language)),
                    text(&bytes),
                    "the second export of {kind} is the first"
                );
            }
            same(&app, second, first);
        }
    });
}

#[test]
fn a_list_of_numbers_alone_comes_back_too() {
    each_place(|place| {
        let app = app(place);
        open(&app, "first");
        open(&app, "second");
        let bytes = NUMBERED.as_bytes();
        whole(&run(&app, &file("linelist", "first", bytes)), bytes);
        // A list with names beside it: the columns are there, and empty for the others.
        let named = CASES.as_bytes();
        whole(&run(&app, &file("linelist", "first", named)), named);
        let exported = export(&app, "linelist", "first", Language::Zh);
        whole(
            &run(&app, &file("linelist", "second", &exported)),
            &exported,
        );
        same(&app, "second", "first");
    });
}

#[test]
fn a_formula_is_guarded_in_the_file_and_is_a_name_again_behind_the_door() {
    each_place(|place| {
        let app = app(place);
        open(&app, "first");
        let bytes = CASES.as_bytes();
        whole(&run(&app, &file("linelist", "first", bytes)), bytes);
        let exported = text(&export(&app, "linelist", "first", Language::Zh));
        assert!(exported.contains("'=李雷"), "{exported}");
        assert!(exported.contains("'-和平里2号"), "{exported}");
        let names: Vec<String> = said(&app, "first").into_keys().flatten().collect();
        assert!(names.iter().any(|line| line.contains("\"=李雷\"")));
    });
}

/// Days by which the program that reads the old export is later than the one that wrote it.
const A_YEAR: i64 = 370;

#[test]
fn an_export_of_a_year_ago_comes_back_unchanged() {
    each_place(|place| {
        let old = app(place);
        open(&old, "old");
        open(&old, "again");
        let lists = [
            ("linelist", CASES),
            ("contacts", CONTACTS),
            ("movements", MOVEMENTS),
        ];
        let folder =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/exports-2025");
        for (kind, list) in lists {
            let bytes = list.as_bytes();
            whole(&run(&old, &file(kind, "old", bytes)), bytes);
        }
        for (kind, _) in lists {
            let path = folder.join(format!("{kind}.csv"));
            let now = export(&old, kind, "old", Language::Zh);
            if std::env::var_os("FANGXIAN_BLESS").is_some() {
                std::fs::write(&path, &now).unwrap();
            }
            let kept = std::fs::read(&path).unwrap();
            assert_eq!(
                text(&kept),
                text(&now),
                "FANGXIAN_BLESS=1 writes {kind} anew"
            );
        }
        place.clock.advance_minutes(A_YEAR * 24 * 60);
        for (kind, _) in lists {
            let kept = std::fs::read(folder.join(format!("{kind}.csv"))).unwrap();
            whole(&run(&old, &file(kind, "again", &kept)), &kept);
        }
        same(&old, "again", "old");
    });
}
