//! What must hold for any input: no panic, nothing lost, nothing changed on the way out and back.
#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::fmt::Write;

use fangxian_base::Zone;
use fangxian_interop::linelist::{
    DiseaseNames, Kind, Limits, Mapping, Plan, propose_mapping, read_table, write_csv,
};
use jiff::civil::date;
use proptest::prelude::*;

fn run(bytes: &[u8]) {
    let Ok(table) = read_table(
        bytes,
        Limits {
            columns: 64,
            ..Limits::default()
        },
    ) else {
        return;
    };
    for kind in [Kind::Linelist, Kind::Contacts, Kind::Movements] {
        let mapping = propose_mapping(kind, &table, &names());
        let printed = Mapping::parse(&mapping.print()).expect("a printed mapping reads back");
        assert_eq!(printed.columns.len(), table.header.len());
        let plan = Plan::new(&mapping, &table, date(2026, 3, 15), &Zone::china());
        for row in table.rows() {
            let outcome = plan.parse_row(row);
            for finding in plan.findings.iter().chain(outcome.findings()) {
                assert!(!finding.message().zh.is_empty() && !finding.remedy().en.is_empty());
            }
        }
    }
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,4}[-/.年 ][0-9A-Za-z月]{1,4}[-/. ]?[0-9日?]{0,5}",
        "(\\? to )?[0-9]{1,3}-(Jan|Feb|Dec)( to (\\?|[0-9]{1,2}-Feb))?",
        "[0-9]{0,19}[Xx]?",
        "[=+@'\"-]{0,3}[a-z,;\t\n]{0,6}",
        "\\PC{0,12}",
        Just(String::new()),
    ]
}

/// What diseases are called, as the packs tell it.
fn names() -> DiseaseNames {
    DiseaseNames::new([
        ("covid-19".to_owned(), vec!["新冠", "新型冠状病毒", "COVID"]),
        ("norovirus".to_owned(), vec!["诺如", "norovirus"]),
        ("novel-influenza".to_owned(), vec!["禽流感", "H5N1", "H7N9"]),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        run(&bytes);
    }

    #[test]
    fn no_cells_make_the_parser_panic(rows in proptest::collection::vec(proptest::collection::vec(cell(), 8), 1..8)) {
        let header = ["姓名", "身份证号", "发病日期", "出生日期", "年龄", "电话", "dt_onset to", "outcome"];
        run(&write_csv(header, rows));
    }

    #[test]
    fn what_is_written_reads_back(rows in proptest::collection::vec(proptest::collection::vec(cell(), 3), 1..8)) {
        // The first reading takes out what is invisible; from then on nothing may change.
        let first = write_csv(["名,称", "b\"", "c"], &rows);
        let Ok(clean) = read_table(&first, Limits::default()) else { return Ok(()) };
        let second = write_csv(&clean.header, clean.rows().map(|row| row.cells().collect::<Vec<_>>()));
        let again = read_table(&second, Limits::default()).unwrap();
        prop_assert_eq!(&clean.header, &again.header);
        prop_assert!(clean.rows().map(|r| r.cells().collect::<Vec<_>>()).eq(again.rows().map(|r| r.cells().collect::<Vec<_>>())));
    }
}

#[test]
fn two_hundred_thousand_rows_are_read() {
    let mut text = String::from("病例编号,姓名,身份证号,电话,发病日期,确诊日期\n");
    for n in 0..200_000 {
        let (day, last) = (n % 19 + 1, n % 10);
        let _ = writeln!(
            text,
            "C{n},某{n},990101198001010014,13800000001,1月{day}日,2026-01-2{last}"
        );
    }
    let table = read_table(text.as_bytes(), Limits::default()).unwrap();
    let plan = Plan::new(
        &propose_mapping(Kind::Linelist, &table, &names()),
        &table,
        date(2026, 3, 15),
        &Zone::china(),
    );
    let accepted = table
        .rows()
        .filter(|row| plan.parse_row(*row).is_accepted())
        .count();
    assert_eq!(accepted, 200_000);
}
