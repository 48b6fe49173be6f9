//! Lists as they come: the published BETS list, the synthetic lists, and the shapes of other
//! published lists with invented content.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::BTreeMap;

use fangxian_base::{Date, Zone};
use fangxian_interop::linelist::{
    CaseClass, CaseOutcome, DiseaseNames, Encoding, Field, Kind, Language, Limits, Mapping,
    Outcome, Plan, Precision, Span, Table, propose_mapping, read_table, write_errors,
};
use jiff::civil::date;

const BETS: &[u8] = include_bytes!("../../../testdata/linelist-bets/cases.csv");
const GB: &[u8] = include_bytes!("../../../testdata/linelist-synthetic/cases-gb18030.csv");
const ENGLISH: &[u8] = include_bytes!("../../../testdata/linelist-synthetic/cases-english.csv");
const CONTACTS: &[u8] = include_bytes!("../../../testdata/linelist-synthetic/contacts.csv");
const MOVEMENTS: &[u8] = include_bytes!("../../../testdata/linelist-synthetic/movements.csv");
const MARCH: Date = date(2026, 3, 15);

/// What diseases are called, as the packs tell it.
fn names() -> DiseaseNames {
    DiseaseNames::new([
        ("covid-19".to_owned(), vec!["新冠", "新型冠状病毒", "COVID"]),
        ("norovirus".to_owned(), vec!["诺如", "norovirus"]),
        ("novel-influenza".to_owned(), vec!["禽流感", "H5N1", "H7N9"]),
    ])
}

fn table(bytes: &[u8]) -> Table {
    read_table(bytes, Limits::default()).unwrap()
}

fn outcomes(mapping: &Mapping, table: &Table, today: Date) -> Vec<Outcome> {
    let plan = Plan::new(mapping, table, today, &Zone::china());
    table.rows().map(|row| plan.parse_row(row)).collect()
}

fn read_all(kind: Kind, bytes: &[u8], today: Date) -> Vec<Outcome> {
    let table = table(bytes);
    outcomes(&propose_mapping(kind, &table, &names()), &table, today)
}

fn rejections(outcomes: &[Outcome]) -> Vec<(u32, &'static str, &'static str)> {
    outcomes
        .iter()
        .filter(|o| !o.is_accepted())
        .flat_map(Outcome::findings)
        .map(|f| (f.row.unwrap(), f.code(), f.field.unwrap().code()))
        .collect()
}

fn warnings(outcomes: &[Outcome]) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for finding in outcomes
        .iter()
        .filter(|o| o.is_accepted())
        .flat_map(Outcome::findings)
    {
        *counts.entry(finding.code()).or_default() += 1;
    }
    counts
}

fn fields(kind: Kind, bytes: &[u8]) -> Vec<(String, &'static str)> {
    propose_mapping(kind, &table(bytes), &names())
        .columns
        .into_iter()
        .filter_map(|c| Some((c.column, c.field?.code())))
        .collect()
}

#[test]
fn of_the_published_list_only_the_three_impossible_dates_are_rejected() {
    let table = table(BETS);
    let mut mapping = propose_mapping(Kind::Linelist, &table, &names());
    mapping.year = Some(2020);
    let outcomes = outcomes(&mapping, &table, date(2020, 3, 1));
    assert_eq!(outcomes.len(), 1460);
    assert_eq!(
        rejections(&outcomes),
        [
            (985, "date.impossible", "onset"),
            (1028, "date.impossible", "exposure_end"),
            (1210, "date.impossible", "hospitalised"),
        ]
    );
    let messages: Vec<String> = outcomes
        .iter()
        .filter(|o| !o.is_accepted())
        .map(|o| o.findings()[0].message().zh)
        .collect();
    assert_eq!(
        messages,
        ["2月30日不存在", "1月290日不存在", "2月31日不存在"]
    );
    assert_eq!(
        warnings(&outcomes),
        [
            ("date.out_of_order", 1),
            ("date.range_reversed", 2),
            ("date.unreadable", 2)
        ]
        .into()
    );
}

#[test]
fn the_published_list_is_read_cell_by_cell() {
    let table = table(BETS);
    let mut mapping = propose_mapping(Kind::Linelist, &table, &names());
    mapping.year = Some(2020);
    let outcomes = outcomes(&mapping, &table, date(2020, 3, 1));
    let row = |number: u32| {
        outcomes
            .iter()
            .map(Outcome::row)
            .find(|r| r.number == number)
            .unwrap()
    };
    let span = |number: u32, field: Field| row(number).when(field).unwrap().span;
    assert_eq!(
        row(2).text(Field::CaseNumber).unwrap().expose(),
        "HongKong-01"
    );
    assert_eq!(span(2, Field::Exposure), Span::Until(date(2020, 1, 21)));
    assert_eq!(
        span(3, Field::Exposure),
        Span::Range(date(2020, 1, 10), date(2020, 1, 19))
    );
    assert_eq!(span(8, Field::Exposure), Span::Until(date(2020, 1, 21)));
    assert_eq!(span(638, Field::Arrival), Span::Day(date(2020, 1, 30)));
    assert_eq!(span(21, Field::FirstVisit), Span::Until(date(2020, 2, 4)));
    assert_eq!(
        row(576).when(Field::FirstVisit).unwrap().precision,
        Precision::Month
    );
    assert!(row(219).when(Field::Exposure).unwrap().about);
    assert_eq!(span(1213, Field::Discharged), Span::Day(date(2020, 2, 29)));
    let december = outcomes
        .iter()
        .filter_map(|o| o.row().when(Field::ExposureBegin)?.day())
        .min();
    assert_eq!(december.unwrap().year(), 2019);
    assert_eq!(
        outcomes
            .iter()
            .filter(|o| o.row().when(Field::ConfirmedOn).is_some())
            .count(),
        1460
    );
    assert_eq!(
        outcomes
            .iter()
            .filter(|o| o.row().outcome() == Some(CaseOutcome::Died))
            .count(),
        4
    );
    assert_eq!(
        outcomes.iter().filter(|o| o.row().age().is_some()).count(),
        1459
    );
}

#[test]
fn a_missing_year_becomes_the_latest_that_fits_and_is_said() {
    let table = table(BETS);
    let mapping = propose_mapping(Kind::Linelist, &table, &names());
    for (today, first, last) in [
        (date(2020, 3, 1), "2019-12-01", "2020-02-29"),
        (date(2021, 3, 1), "2019-12-01", "2020-02-29"),
        (date(2026, 11, 21), "2023-12-01", "2024-02-29"),
    ] {
        let plan = Plan::new(&mapping, &table, today, &Zone::china());
        let said = plan
            .findings
            .iter()
            .find(|f| f.code() == "date.year_assumed")
            .unwrap();
        assert_eq!(
            said.message().en,
            format!("dates without a year were read as {first} to {last}")
        );
        assert_eq!(
            table
                .rows()
                .filter(|row| !plan.parse_row(*row).is_accepted())
                .count(),
            3
        );
    }
}

#[test]
fn a_gb_18030_list_with_mixed_dates_is_read_and_its_bad_rows_are_named() {
    let table = table(GB);
    assert_eq!((table.encoding, table.row_count()), (Encoding::Gb18030, 41));
    let mapping = propose_mapping(Kind::Linelist, &table, &names());
    let outcomes = outcomes(&mapping, &table, MARCH);
    assert_eq!(
        rejections(&outcomes),
        [
            (28, "identifier.check_digit", "document_number"),
            (29, "date.impossible", "onset"),
            (30, "date.future", "confirmed_on"),
            (31, "row.nobody_named", "name"),
            (32, "identifier.scientific", "document_number"),
            (33, "identifier.length", "document_number"),
            (34, "identifier.birth_date", "document_number"),
            (35, "date.impossible", "first_visit"),
        ]
    );
    for code in [
        "age.odd",
        "identifier.historical",
        "identifier.unchecked",
        "phone.shape",
        "row.repeated",
        "sex.unknown_word",
    ] {
        assert_eq!(warnings(&outcomes).get(code), Some(&1), "{code}");
    }
    let onsets = outcomes
        .iter()
        .filter_map(|o| o.row().when(Field::Onset)?.latest());
    assert!(
        onsets
            .clone()
            .all(|d| (date(2025, 12, 12)..=date(2026, 2, 1)).contains(&d))
    );
    assert_eq!(onsets.count(), 40);
    assert_eq!(
        mapping.column_of(Field::CaseNumber).unwrap().column,
        "病例编号"
    );
    assert!(
        outcomes
            .iter()
            .any(|o| o.row().name().is_some_and(|n| n.expose().starts_with('𠮷')))
    );
    assert!(
        outcomes
            .iter()
            .any(|o| o.row().class() == Some(CaseClass::ClinicallyDiagnosed))
    );
}

#[test]
fn an_english_list_with_the_day_first_is_read_and_its_bad_rows_are_named() {
    let outcomes = read_all(Kind::Linelist, ENGLISH, MARCH);
    assert_eq!(
        rejections(&outcomes),
        [
            (11, "date.impossible", "birth_date"),
            (12, "date.future", "sampled_on"),
            (13, "row.nobody_named", "family_name"),
        ]
    );
    assert_eq!(
        warnings(&outcomes),
        [("code.unknown_word", 1), ("row.repeated", 1)].into()
    );
    let row = outcomes[5].row();
    assert_eq!(
        row.when(Field::Onset).unwrap().span,
        Span::Range(date(2026, 1, 10), date(2026, 1, 19))
    );
    assert_eq!(
        outcomes[0].row().mobile().unwrap().number().expose(),
        "13900000001"
    );
}

#[test]
fn contacts_and_movements_are_read() {
    for (kind, bytes, rows) in [
        (Kind::Contacts, CONTACTS, 20),
        (Kind::Movements, MOVEMENTS, 15),
    ] {
        let outcomes = read_all(kind, bytes, MARCH);
        assert_eq!(
            (
                outcomes.len(),
                rejections(&outcomes).len(),
                warnings(&outcomes).len()
            ),
            (rows, 0, 0)
        );
    }
    let moved = read_all(Kind::Movements, MOVEMENTS, MARCH);
    let when = moved[0].row().when(Field::EventBegin).unwrap();
    assert_eq!(when.precision, Precision::Minute { hour: 9, minute: 0 });
}

#[test]
fn the_shapes_of_other_published_lists_are_recognised() {
    let mers = b"\"id\",\"age\",\"age_class\",\"sex\",\"place_infect\",\"reporting_ctry\",\"loc_hosp\",\"dt_onset\",\"dt_report\",\"week_report\",\"dt_start_exp\",\"dt_end_exp\",\"dt_diag\",\"outcome\",\"dt_death\"\n\
        \"X_1\",61,\"60-69\",\"M\",\"Abroad\",\"Nowhere\",\"General Hospital, Town\",2015-05-10,2015-05-18,\"2015_21\",2015-04-17,2015-05-03,2015-05-19,\"Alive\",NA\n";
    assert_eq!(
        fields(Kind::Linelist, mers)
            .into_iter()
            .map(|(_, f)| f)
            .collect::<Vec<_>>(),
        [
            "case_number",
            "age",
            "sex",
            "exposure_place",
            "hospital",
            "onset",
            "reported_on",
            "exposure_begin",
            "exposure_end",
            "confirmed_on",
            "outcome",
            "died",
        ]
    );
    let influenza = b"\"case_id\",\"date_of_onset\",\"date_of_hospitalisation\",\"date_of_outcome\",\"outcome\",\"gender\",\"age\",\"province\"\n\
        \"1\",2013-02-18,NA,2013-03-03,\"Death\",\"m\",\"80\",\"Somewhere\"\n";
    assert_eq!(
        fields(Kind::Linelist, influenza)
            .into_iter()
            .map(|(_, f)| f)
            .collect::<Vec<_>>(),
        [
            "case_number",
            "onset",
            "hospitalised",
            "outcome_on",
            "outcome",
            "sex",
            "age",
            "province",
        ]
    );
    let measles = b"\"case_ID\",\"infector\",\"date_of_prodrome\",\"date_of_rash\",\"date_of_death\",\"age\",\"gender\",\"family_ID\",\"class\",\"complications\"\n\
        1,5,1861-11-20,1861-11-24,NA,7,\"f\",4,\"preschool\",\"yes\"\n";
    assert_eq!(
        fields(Kind::Linelist, measles)
            .into_iter()
            .map(|(_, f)| f)
            .collect::<Vec<_>>(),
        ["case_number", "source_case", "onset", "died", "age", "sex",]
    );
    let chinese = "case_id,province,city,district,street,age,sex,hubei_resident,left_hubei_on,onset_on,confirmed_on,hospital,symptoms,close_contact_count,review_status\n\
        990000001,示范省,示范市,东区,,37,男,否,,2020-01-17,2020-01-21,定点医院,发热,8,已审核\n";
    assert_eq!(
        fields(Kind::Linelist, chinese.as_bytes())
            .into_iter()
            .map(|(_, f)| f)
            .collect::<Vec<_>>(),
        [
            "case_number",
            "province",
            "city",
            "county",
            "township",
            "age",
            "sex",
            "exposure_end",
            "onset",
            "confirmed_on",
            "hospital",
            "symptoms",
        ]
    );
    for (text, from, to) in [
        (
            "case_id,contact_case_id,contact_in_line_list\n1,2,1\n",
            "case_id",
            "contact_case_id",
        ),
        (
            "infector,case_id,source\na,b,other\n",
            "infector",
            "case_id",
        ),
        (
            "from,to,exposure,diff_dt_onset\na,b,Ward,10\n",
            "from",
            "to",
        ),
    ] {
        let mapping = propose_mapping(Kind::Contacts, &table(text.as_bytes()), &names());
        assert_eq!(mapping.column_of(Field::FromCase).unwrap().column, from);
        assert_eq!(mapping.column_of(Field::ToCase).unwrap().column, to);
    }
}

#[test]
fn columns_without_a_telling_header_are_known_by_what_stands_in_them() {
    let text = "a,b,c,发病\n990101198001010014,13800000001,男,1月3日\n99010120000229002X,13800000002,女,1月4日\n";
    assert_eq!(
        fields(Kind::Linelist, text.as_bytes()),
        [
            ("a".to_owned(), "document_number"),
            ("b".to_owned(), "phone"),
            ("c".to_owned(), "sex"),
            ("发病".to_owned(), "onset"),
        ]
    );
}

#[test]
fn an_error_file_comes_back_after_correction() {
    let table = table(GB);
    let mapping = propose_mapping(Kind::Linelist, &table, &names());
    let plan = Plan::new(&mapping, &table, MARCH, &Zone::china());
    let all: Vec<_> = table.rows().map(|row| (row, plan.parse_row(row))).collect();
    let bad = || {
        all.iter()
            .filter(|(_, o)| !o.is_accepted())
            .map(|(row, o)| (*row, o.findings()))
    };
    let file = write_errors(&table, bad(), Language::Zh);
    let text = String::from_utf8(file).unwrap();
    assert!(text.starts_with("\u{feff}序号,病例编号,"));
    assert!(
        text.lines()
            .nth(2)
            .unwrap()
            .contains("发病日期：2月30日不存在")
    );
    let corrected = text
        .replace("2月30日,", "2月3日,")
        .replace("2099年", "2026年")
        .replace("9.90101E+17", "");
    let again = read_all(Kind::Linelist, corrected.as_bytes(), MARCH);
    assert_eq!(again.len(), 8);
    assert_eq!(again.iter().filter(|o| o.is_accepted()).count(), 3);
    assert!(again.iter().all(|o| {
        o.row()
            .extras
            .iter()
            .all(|(name, _)| name != "reason" && name != "remedy")
    }));
}

#[test]
fn a_row_is_rejected_only_for_the_reasons_of_the_contract() {
    let check = |text: &str| {
        let outcomes = read_all(Kind::Linelist, text.as_bytes(), MARCH);
        rejections(&outcomes)
            .into_iter()
            .map(|(_, code, _)| code)
            .collect::<Vec<_>>()
    };
    // A running number is no name, number or phone.
    assert_eq!(
        check("编号,姓名,身份证号,电话,发病日期\n1,,,,2026-01-03\n"),
        ["row.nobody_named"]
    );
    assert_eq!(
        check("编号,姓名,身份证号,电话,发病日期\n1,,,12345,2026-01-03\n"),
        [""; 0]
    );
    // Without such columns nobody can be unnamed.
    assert_eq!(check("编号,年龄,发病日期\n,5,2026-01-03\n"), [""; 0]);
    assert_eq!(check("编号,年龄,发病日期\n1,500,不记得了\n"), [""; 0]);
    assert_eq!(
        check("编号,性别,发病日期,确诊日期\n1,?,2026-01-09,2026-01-03\n"),
        [""; 0]
    );
    assert_eq!(
        check("编号,证件号码,发病日期\n1,尚无,2026-03-15\n"),
        [""; 0]
    );
    assert_eq!(
        check("编号,证件号码,发病日期\n1,E12345678,2026-03-16\n"),
        ["date.future"]
    );
    assert_eq!(
        check("编号,身份证号,发病日期\n1,990101202612310017,2026-03-15\n"),
        ["identifier.check_digit"]
    );
    // Every reason is given, not only the first.
    assert_eq!(
        check("姓名,身份证号,发病日期\n某人,990101198001010015,2月30日\n"),
        ["identifier.check_digit", "date.impossible"]
    );
}

#[test]
fn a_number_under_the_wrong_heading_is_held_against_its_own_check() {
    let read = |text: &str| read_all(Kind::Linelist, text.as_bytes(), MARCH).remove(0);
    let right = read("护照号码,姓名\n990101198001010014,某人\n");
    assert_eq!(
        (
            right.is_accepted(),
            right.findings().len(),
            right.row().document().is_some()
        ),
        (true, 0, true)
    );
    assert!(!read("护照号码,姓名\n990101198001010015,某人\n").is_accepted());
    let permit = read("身份证号码,姓名\nH12345678,某人\n");
    assert_eq!((permit.is_accepted(), permit.findings().len()), (true, 0));
    let behind = read("证件号码,证件类型,姓名\n12345678,台胞证,某人\n");
    assert_eq!(
        behind.row().document().unwrap().kind().code(),
        "taiwan_travel_permit"
    );
    assert!(!read("证件号码,证件类型,姓名\n12345678,居民身份证,某人\n").is_accepted());
}

#[test]
fn neither_a_row_nor_a_finding_prints_a_person() {
    let outcomes = read_all(Kind::Linelist, GB, MARCH);
    let shown = format!("{outcomes:?}");
    for secret in ["990101", "1380000", "示一", "示范路"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[test]
fn a_number_that_only_counts_rows_is_no_case_number() {
    let field = |text: &str, column: &str| {
        let mapping = propose_mapping(Kind::Linelist, &table(text.as_bytes()), &names());
        let found = mapping.columns.iter().find(|c| c.column == column).unwrap();
        found.field
    };
    for header in ["序号", "No.", "index"] {
        let counting = format!("{header},姓名,性别\n1,王小明,男\n2,李雷,男\n3,韩梅,女\n");
        assert_eq!(field(&counting, header), None, "{header}");
    }
    // Numbers of the list's own stay what contacts and movements find their cases by.
    let own = "id,sex,age\n1,m,30\n2,f,31\n3,m,32\n";
    assert_eq!(field(own, "id"), Some(Field::CaseNumber));
    let numbered = "序号,姓名\n2026011,王小明\n2026044,李雷\n2026107,韩梅\n";
    assert_eq!(field(numbered, "序号"), Some(Field::CaseNumber));
}

#[test]
fn the_disease_of_a_list_is_proposed_where_the_list_says_it() {
    let disease =
        |text: &str| propose_mapping(Kind::Linelist, &table(text.as_bytes()), &names()).disease;
    let of = |text: &str| disease(text).map(|d| d.code);
    let column = "姓名,疾病名称\n王小明,新型冠状病毒感染\n李雷,新冠肺炎\n";
    assert_eq!(of(column).as_deref(), Some("covid-19"));
    assert!(disease(column).unwrap().confidence > 0.9);
    let several = "姓名,疾病名称\n王小明,新冠\n李雷,诺如病毒\n";
    assert_eq!(of(several), None);
    assert_eq!(of("姓名,发病日期\n王小明,2026-01-02\n"), None);
    assert_eq!(
        of("case,begin_wuhan,onset\nA-1,2020-01-02,2020-01-09\n").as_deref(),
        Some("covid-19")
    );
}
