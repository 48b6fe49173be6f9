//! Lists on the command line, by the contract of `docs/cli.md`.

use std::path::PathBuf;

use crate::program::Home;

/// Rows of the real list that are taken: each gives the day on which the case was confirmed.
const BETS_CONFIRMED: i64 = 1_457;

fn testdata(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata")
        .join(name)
}

#[test]
fn the_real_list_becomes_cases_with_classes_and_every_refusal_says_why() {
    Home::each(|home| {
        let list = testdata("linelist-bets/cases.csv");
        let words = [
            "import",
            "linelist",
            list.to_str().unwrap(),
            "--source",
            "bets",
            "--disease",
            "covid-19",
            "--year",
            "2020",
            "--yes",
            "--json",
        ];
        let (code, report) = home.json(&words);
        assert_eq!(code, 0);
        assert_eq!(report["read"].as_i64(), Some(1_460));
        assert_eq!(report["accepted"].as_i64(), Some(1_457));
        assert_eq!(rows_of(&report, &["confirmed"]), BETS_CONFIRMED);
        assert_eq!(all_rows(&report), BETS_CONFIRMED);
        let refused = report["rejections"].as_array().unwrap();
        let rows: Vec<i64> = refused.iter().filter_map(|r| r["row"].as_i64()).collect();
        assert_eq!(
            rows,
            [985, 1_028, 1_210],
            "the three dates that do not exist"
        );
        assert!(
            refused
                .iter()
                .all(|r| !r["remedy"].as_str().unwrap().is_empty())
        );
        let (_, again) = home.json(&words);
        assert_eq!(again["repeated"].as_bool(), Some(true));
        assert_eq!(again["accepted"], report["accepted"]);
        assert_eq!(again["classes"], report["classes"]);
    });
}

#[test]
fn a_list_that_says_of_which_disease_it_is_gets_its_classes_by_itself() {
    Home::each(|home| {
        let list = testdata("linelist-bets/cases.csv");
        let list = list.to_str().unwrap();
        let words = [
            "import", "linelist", list, "--source", "bets", "--yes", "--json",
        ];
        let (code, report) = home.json(&words);
        assert_eq!(code, 0);
        assert_eq!(report["disease"]["code"].as_str(), Some("covid-19"));
        assert_eq!(report["response"].as_str(), Some("lists-covid-19"));
        assert_eq!(rows_of(&report, &["confirmed"]), BETS_CONFIRMED);
    });
}

#[test]
fn without_a_disease_it_is_said_that_no_class_was_computed_and_how_to_give_one() {
    Home::each(|home| {
        let list = testdata("linelist-synthetic/cases-gb18030.csv");
        let list = list.to_str().unwrap();
        let import = |words: &[&str]| {
            let all = [&["import", "linelist", list, "--yes", "--json"], words].concat();
            home.json(&all).1
        };
        let plain = import(&[]);
        assert_eq!((rows_of(&plain, &["none"]), all_rows(&plain)), (33, 33));
        let warning = &plain["warnings"][0];
        assert_eq!(warning["code"].as_str(), Some("NO_DISEASE"));
        assert!(warning["remedy"].as_str().unwrap().contains("--disease"));
        assert!(warning["remedy_zh"].as_str().unwrap().contains("--disease"));
        let given = import(&["--disease", "covid-19"]);
        assert_eq!(all_rows(&given), 33);
        let of = |class| rows_of(&given, &[class]);
        // Suspicions and clinical diagnoses are no classes of the plan in force on those days.
        assert_eq!(
            (of("confirmed"), of("asymptomatic"), of("none")),
            (25, 3, 5)
        );
        // Every rejected row is told, and each says what to do in both languages.
        let rejections = given["rejections"].as_array().unwrap();
        let rows: std::collections::BTreeSet<i64> = rejections
            .iter()
            .filter_map(|r| r["row"].as_i64())
            .collect();
        assert_eq!(rows.len(), 8);
    });
}

/// Rows of these classes.
fn rows_of(report: &serde_json::Value, classes: &[&str]) -> i64 {
    let all = classes
        .iter()
        .map(|class| report["classes"][class].as_i64());
    all.map(Option::unwrap_or_default).sum()
}

fn all_rows(report: &serde_json::Value) -> i64 {
    let all = report["classes"].as_object().unwrap().values();
    all.filter_map(serde_json::Value::as_i64).sum()
}

#[test]
fn without_a_yes_nothing_is_taken_and_the_mapping_is_shown() {
    Home::each(|home| {
        let list = testdata("linelist-synthetic/cases-gb18030.csv");
        let output = home.run(&["import", "linelist", list.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(shown.contains("kind = \"linelist\""), "{shown}");
        let (code, report) = home.json(&[
            "import",
            "linelist",
            list.to_str().unwrap(),
            "--yes",
            "--json",
        ]);
        assert_eq!(code, 0);
        assert_eq!(
            (report["read"].as_i64(), report["rejected"].as_i64()),
            (Some(41), Some(8))
        );
        assert_eq!(report["repeated"].as_bool(), Some(false));
    });
}

#[test]
fn a_workbook_is_taken_like_a_text_file() {
    use rust_xlsxwriter::{Format, Workbook};
    let mut book = Workbook::new();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = book.add_worksheet();
    for (column, name) in (0..).zip(["姓名", "性别", "联系电话", "发病日期", "病例分类"])
    {
        sheet.write_string(0, column, name).unwrap();
    }
    for (row, name) in (1..).zip(["示范甲", "示范乙", ""]) {
        sheet.write_string(row, 0, name).unwrap();
        sheet.write_string(row, 1, "女").unwrap();
        if !name.is_empty() {
            sheet
                .write_number(row, 2, 13_900_000_000_f64 + f64::from(row))
                .unwrap();
        }
        sheet
            .write_number_with_format(row, 3, 46_000_f64 + f64::from(row), &day)
            .unwrap();
        sheet.write_string(row, 4, "确诊病例").unwrap();
    }
    let bytes = book.save_to_buffer().unwrap();
    Home::each(|home| {
        let file = home.file("cases.xlsx", &bytes);
        let words = [
            "import",
            "linelist",
            file.to_str().unwrap(),
            "--yes",
            "--json",
        ];
        let (code, report) = home.json(&words);
        assert_eq!(code, 0);
        let count = |name: &str| report[name].as_i64();
        assert_eq!(
            (count("read"), count("accepted"), count("rejected")),
            (Some(3), Some(2), Some(1))
        );
        let again = home.json(&words).1;
        assert_eq!(again["repeated"].as_bool(), Some(true));
    });
}

#[test]
fn a_file_that_is_no_list_is_refused_without_harm() {
    Home::each(|home| {
        for (name, bytes) in [
            ("empty.csv", &b""[..]),
            ("zip.csv", &b"PK\x03\x04\0\0\0\0"[..]),
        ] {
            let file = home.file(name, bytes);
            let output = home.run(&[
                "import",
                "linelist",
                file.to_str().unwrap(),
                "--yes",
                "--json",
            ]);
            assert_eq!(output.status.code(), Some(2), "{name}");
            assert!(!output.stderr.is_empty());
        }
        assert_eq!(
            home.run(&["import", "linelist", "nowhere.csv"])
                .status
                .code(),
            Some(2)
        );
        assert_eq!(home.run(&["imprt"]).status.code(), Some(2));
    });
}
