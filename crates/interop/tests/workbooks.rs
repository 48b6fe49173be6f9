//! Workbooks as counties send them: titles, merged cells, several sheets, days as serial numbers,
//! numbers that lost digits; and files that mean harm.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::Write;

use fangxian_interop::linelist::{
    DiseaseNames, Field, Finding, Kind, Limits, Mapping, Outcome, Plan, ReadError, Table,
    propose_mapping, read_sheet, read_table,
};
use jiff::civil::date;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

fn table(book: &mut Workbook) -> Table {
    read_table(&book.save_to_buffer().unwrap(), Limits::default()).unwrap()
}

fn rows(table: &Table) -> Vec<Vec<&str>> {
    table.rows().map(|row| row.cells().collect()).collect()
}

fn write(sheet: &mut Worksheet, rows: &[&[&str]]) {
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            if !cell.is_empty() {
                sheet.write_string(row, column, *cell).unwrap();
            }
        }
    }
}

fn codes(table: &Table) -> Vec<&'static str> {
    table.findings.iter().map(Finding::code).collect()
}

#[test]
fn a_sheet_with_title_groups_and_merged_cells_is_read_as_people_see_it() {
    let mut book = Workbook::new();
    let plain = Format::new();
    let sheet = book.add_worksheet();
    sheet
        .merge_range(0, 0, 0, 5, "某市病例一览表", &plain)
        .unwrap();
    sheet.merge_range(1, 0, 2, 0, "编号", &plain).unwrap();
    sheet.merge_range(1, 1, 1, 2, "基本信息", &plain).unwrap();
    sheet.merge_range(1, 3, 1, 4, "发病", &plain).unwrap();
    sheet
        .merge_range(1, 5, 2, 5, "现住详细地址", &plain)
        .unwrap();
    for (column, name) in [(1, "姓名"), (2, "性别"), (3, "日期"), (4, "地点")] {
        sheet.write_string(2, column, name).unwrap();
    }
    for (row, name) in [(3, "张一"), (4, "张二"), (6, "李三")] {
        sheet.write_number(row, 0, row).unwrap();
        sheet.write_string(row, 1, name).unwrap();
        sheet.write_string(row, 2, "男").unwrap();
    }
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let fell_ill = ExcelDateTime::from_ymd(2020, 1, 23).unwrap();
    sheet
        .write_datetime_with_format(3, 3, &fell_ill, &day)
        .unwrap();
    sheet.merge_range(3, 5, 4, 5, "同一户", &plain).unwrap();
    let table = table(&mut book);
    assert_eq!(
        table.header,
        [
            "编号",
            "姓名",
            "性别",
            "发病日期",
            "发病地点",
            "现住详细地址"
        ]
    );
    assert_eq!(
        rows(&table),
        [
            vec!["3", "张一", "男", "2020-01-23", "", "同一户"],
            vec!["4", "张二", "男", "", "", "同一户"],
            vec!["6", "李三", "男"],
        ]
    );
    // The numbers are those that the spreadsheet shows, blank rows counted.
    let numbers: Vec<u32> = table.rows().map(|row| row.number).collect();
    assert_eq!(numbers, [4, 5, 7]);
    assert!(codes(&table).contains(&"header.two_rows"));
}

#[test]
fn days_and_times_are_read_in_both_calendars_of_spreadsheets() {
    let bytes = |flag: bool| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        write(
            sheet,
            &[&["姓名", "发病日期", "采样日期", "时刻"], &["张三"]],
        );
        for (column, serial, shown) in [
            (1, 43_853.0, "yyyy/m/d"),
            (2, 43_853.5, "yyyy-mm-dd hh:mm"),
            (3, 0.25, "hh:mm"),
        ] {
            let format = Format::new().set_num_format(shown);
            sheet
                .write_number_with_format(1, column, serial, &format)
                .unwrap();
        }
        let saved = book.save_to_buffer().unwrap();
        if flag { in_1904(&saved) } else { saved }
    };
    let read = |flag| read_table(&bytes(flag), Limits::default()).unwrap();
    assert_eq!(
        rows(&read(false)),
        [["张三", "2020-01-23", "2020-01-23 12:00", "06:00"]]
    );
    assert_eq!(
        rows(&read(true)),
        [["张三", "2024-01-24", "2024-01-24 12:00", "06:00"]]
    );
}

/// The same workbook with days counted from 1904, as old Macintosh files are.
fn in_1904(bytes: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let mut from = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut part = from.by_index(at).unwrap();
        let mut text = String::new();
        part.read_to_string(&mut text).unwrap();
        let text = text.replace("<workbookPr ", "<workbookPr date1904=\"1\" ");
        to.start_file(
            part.name().unwrap().into_owned(),
            zip::write::SimpleFileOptions::default(),
        )
        .unwrap();
        to.write_all(text.as_bytes()).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn an_identity_number_kept_as_a_number_is_refused_because_digits_are_lost() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    write(sheet, &[&["姓名", "身份证号", "联系电话", "体温"]]);
    sheet.write_string(1, 0, "张三").unwrap();
    sheet
        .write_number(1, 1, 990_101_199_003_074_575_f64)
        .unwrap();
    sheet.write_number(1, 2, 13_800_138_000_f64).unwrap();
    sheet.write_number(1, 3, 0.1 + 36.5 + 0.2).unwrap();
    let table = table(&mut book);
    assert_eq!(
        rows(&table),
        [["张三", "9.90101199003075E+17", "13800138000", "36.8"]]
    );
    let mapping = propose_mapping(Kind::Linelist, &table, &DiseaseNames::default());
    let zone = fangxian_base::Zone::china();
    let plan = Plan::new(&mapping, &table, date(2026, 1, 1), &zone);
    let Outcome::Rejected(_, findings) = plan.parse_row(table.row(0).unwrap()) else {
        unreachable!("a number that lost digits is refused");
    };
    assert!(
        findings
            .iter()
            .any(|f| f.field == Some(Field::DocumentNumber)),
        "{findings:?}"
    );
}

#[test]
fn the_sheet_with_most_rows_is_read_and_another_when_it_is_named() {
    let mut book = Workbook::new();
    write(
        book.add_worksheet().set_name("说明").unwrap(),
        &[&["填写说明", "见下"]],
    );
    write(
        book.add_worksheet().set_name("1月").unwrap(),
        &[&["姓名", "发病日期"], &["张一", "2020-01-23"]],
    );
    write(
        book.add_worksheet().set_name("2月").unwrap(),
        &[
            &["姓名", "发病日期"],
            &["张二", "2020-02-03"],
            &["张三", "2020-02-04"],
        ],
    );
    let hidden = book.add_worksheet().set_name("字典").unwrap();
    write(
        hidden,
        &[
            &["a", "b"],
            &["1", "2"],
            &["3", "4"],
            &["5", "6"],
            &["7", "8"],
        ],
    );
    hidden.set_hidden(true);
    let bytes = book.save_to_buffer().unwrap();
    let table = read_table(&bytes, Limits::default()).unwrap();
    assert_eq!(table.sheet.as_deref(), Some("2月"));
    assert_eq!(table.row_count(), 2);
    assert_eq!(codes(&table), ["file.other_sheets"]);
    let other = read_sheet(&bytes, Some("1月"), Limits::default()).unwrap();
    assert_eq!(rows(&other), [["张一", "2020-01-23"]]);
    // The mapping carries the sheet, so that correcting it is enough.
    let mapping = propose_mapping(Kind::Linelist, &other, &DiseaseNames::default());
    assert_eq!(
        Mapping::parse(&mapping.print()).unwrap().sheet.as_deref(),
        Some("1月")
    );
    assert!(matches!(
        read_sheet(&bytes, Some("3月"), Limits::default()),
        Err(ReadError::NoSuchSheet { .. })
    ));
}

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        to.start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        to.write_all(bytes).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_that_unpacks_beyond_measure_is_refused_before_it_is_read() {
    let bomb = archive(&[("xl/sharedStrings.xml", &vec![b' '; 1 << 20])]);
    let limits = Limits {
        bytes: 100_000,
        ..Limits::default()
    };
    assert!(bomb.len() < limits.bytes);
    assert_eq!(
        read_table(&bomb, limits).unwrap_err(),
        ReadError::UnpacksTooLarge { allowed: 400_000 }
    );
}

#[test]
fn an_archive_that_is_no_workbook_and_a_cut_one_are_refused() {
    let other = archive(&[("word/document.xml", b"<w/>")]);
    assert!(matches!(
        read_table(&other, Limits::default()),
        Err(ReadError::Damaged { .. })
    ));
    let mut book = Workbook::new();
    write(book.add_worksheet(), &[&["姓名", "性别"], &["张三", "男"]]);
    let whole = book.save_to_buffer().unwrap();
    for cut in (4..whole.len()).step_by(97) {
        assert!(
            read_table(&whole[..cut], Limits::default()).is_err(),
            "{cut}"
        );
    }
}

#[test]
fn a_cell_far_out_costs_nothing() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    write(sheet, &[&["姓名", "性别"], &["张三", "男"]]);
    sheet.write_string(1_048_575, 0, "李四").unwrap();
    let read = table(&mut book);
    assert_eq!(read.row(1).unwrap().number, 1_048_576);
    let mut wide = Workbook::new();
    wide.add_worksheet().write_string(0, 16_383, "x").unwrap();
    assert_eq!(
        read_table(&wide.save_to_buffer().unwrap(), Limits::default()).unwrap_err(),
        ReadError::TooManyColumns {
            row: 1,
            allowed: 512
        }
    );
}

#[test]
fn a_list_kept_as_a_workbook_reads_as_the_text_file() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/linelist-synthetic/cases-gb18030.csv"
    );
    let text = read_table(&std::fs::read(file).unwrap(), Limits::default()).unwrap();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    write(sheet, &[&["病例一览表"]]);
    for (column, name) in (0..).zip(&text.header) {
        sheet.write_string(1, column, name).unwrap();
    }
    for row in text.rows() {
        for (column, cell) in (0..).zip(row.cells()) {
            sheet.write_string(row.number - 1, column, cell).unwrap();
        }
    }
    let read = table(&mut book);
    assert_eq!(read.header, text.header);
    let outcomes = |table: &Table| -> Vec<(u32, bool)> {
        let mapping = propose_mapping(Kind::Linelist, table, &DiseaseNames::default());
        let plan = Plan::new(
            &mapping,
            table,
            date(2026, 3, 1),
            &fangxian_base::Zone::china(),
        );
        let taken = |row| plan.parse_row(row).is_accepted();
        table.rows().map(|row| (row.number, taken(row))).collect()
    };
    assert_eq!(outcomes(&read), outcomes(&text));
    assert!(outcomes(&read).iter().any(|(_, taken)| !taken));
}
