//! Lists on the command line, by the contract of `docs/cli.md`.

use std::path::PathBuf;

use crate::program::Home;

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
    });
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
