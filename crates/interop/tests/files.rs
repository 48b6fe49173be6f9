//! Files rather than rows: what is no list, what is untidy, what goes out and comes back.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use fangxian_interop::linelist::{Finding, Limits, ReadError, Table, read_table, write_csv};

fn table(bytes: &[u8]) -> Table {
    read_table(bytes, Limits::default()).unwrap()
}

#[test]
fn a_cell_that_could_run_as_a_formula_is_defused_and_comes_back() {
    let cells = ["=1+1", "+86 138", "-5", "@x", "'=1", "plain", "a,b\"c"];
    let file = write_csv(["a", "b", "c", "d", "e", "f", "g"], [cells]);
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(text.contains("\r\n'=1+1,'+86 138,'-5,'@x,''=1,plain,\"a,b\"\"c\"\r\n"));
    assert!(table(&file).row(0).unwrap().cells().eq(cells));
}

#[test]
fn files_that_are_no_lists_are_refused_with_the_reason() {
    let read = |bytes: &[u8], limits: Limits| read_table(bytes, limits).map(|_| ()).unwrap_err();
    let limits = Limits::default();
    assert_eq!(read(b"", limits), ReadError::Empty);
    assert_eq!(read(b"\r\n\r\n ,, \n", limits), ReadError::Empty);
    assert!(matches!(
        read(b"PK\x03\x04xxxx", limits),
        ReadError::Damaged { .. }
    ));
    assert!(matches!(
        read(&[0xd0, 0xcf, 0x11, 0xe0, 0, 0], limits),
        ReadError::NotText { .. }
    ));
    assert_eq!(
        read(b"a,b\n1,2\n", Limits { bytes: 4, ..limits }),
        ReadError::TooLarge {
            found: 8,
            allowed: 4
        }
    );
    assert_eq!(
        read(b"a,b\n1,2\n3,4\n", Limits { rows: 1, ..limits }),
        ReadError::TooManyRows { allowed: 1 }
    );
    assert_eq!(
        read(
            b"a,b\n1,2\n",
            Limits {
                columns: 1,
                ..limits
            }
        ),
        ReadError::TooManyColumns { row: 1, allowed: 1 }
    );
    let long = format!("a,b\n1,\"{}\"\n", "x".repeat(1 << 20));
    assert_eq!(
        read(long.as_bytes(), limits),
        ReadError::CellTooLong {
            row: 2,
            allowed: 32_767
        }
    );
}

#[test]
fn untidy_files_are_read_and_what_was_untidy_is_said() {
    let codes = |text: &str| {
        table(text.as_bytes())
            .findings
            .iter()
            .map(Finding::code)
            .collect::<Vec<_>>()
    };
    assert_eq!(codes("a,b\n"), ["file.header_only"]);
    assert_eq!(codes("a,a,\n1,2,3\n"), ["header.repeated", "header.empty"]);
    assert_eq!(
        codes("a,b\n1\n1,2,3\n"),
        ["header.empty", "file.ragged_rows"]
    );
    assert_eq!(codes("a,b,,\n1,2,,\n"), [""; 0]);
    assert_eq!(
        codes("a,b\n1,2\na,b\n3,4\n,\n"),
        ["file.header_among_rows", "file.blank_rows"]
    );
    assert_eq!(
        codes("a,b\n\u{202e}1,\0\u{7}2\n"),
        ["file.control_characters"]
    );
    let open = table(b"a,b\n1,\"2\n3,4\n5,6\n");
    assert_eq!(
        (
            open.row_count(),
            open.findings[0].code(),
            open.findings[0].row
        ),
        (3, "file.quote_open", Some(2))
    );
    let told = table(b"sep=;\r\na;b\r\n1,5;2\r\n");
    assert_eq!(
        (
            told.delimiter,
            told.row(0).unwrap().number,
            told.row(0).unwrap().cell(0)
        ),
        (';', 3, "1,5")
    );
    let old_mac = table(b"a\tb\r1\t2\r3\t4");
    assert_eq!((old_mac.delimiter, old_mac.row_count()), ('\t', 2));
}

#[test]
fn pictures_archives_and_programs_are_no_lists() {
    let junk: Vec<u8> = (0..4_000u32)
        .map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap())
        .collect();
    let begun = |head: &[u8]| [head, junk.as_slice()].concat();
    for bytes in [
        begun(b"\x89PNG\r\n\x1a\n"),
        begun(b"\xff\xd8\xff\xe0"),
        begun(b"GIF89a"),
        begun(b"Rar!"),
        begun(b"\x7fELF"),
        begun(b"MZ"),
    ] {
        assert!(
            matches!(
                read_table(&bytes, Limits::default()),
                Err(ReadError::NotText { .. })
            ),
            "{:?}",
            bytes.get(..4)
        );
    }
    for text in [
        "<!DOCTYPE html><table><tr><td>姓名</td></tr></table>",
        "\n<?xml version=\"1.0\"?><姓名/>",
        "[{\"姓名\": \"王小明\"}, {\"姓名\": \"李四\"}]",
        "{\"姓名\": \"王小明\", \"电话\": \"13800138000\"}",
    ] {
        assert!(
            matches!(
                read_table(text.as_bytes(), Limits::default()),
                Err(ReadError::NotText { .. })
            ),
            "{text}"
        );
    }
    // One stray control character is not a picture.
    let text =
        "姓名,联系电话,发病日期\n王\u{7}小明,13800138000,2026-05-01\n李四,13800138001,2026-05-02\n";
    let text = format!(
        "{text}{}",
        text.lines().skip(2).collect::<Vec<_>>().join("\n")
    );
    assert!(read_table(text.as_bytes(), Limits::default()).is_ok());
}
