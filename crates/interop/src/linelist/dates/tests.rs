//! Dates as people write them, in a table.

use fangxian_base::{Date, Zone};
use jiff::civil::date;

use super::*;

const TODAY: Date = date(2026, 3, 15);

fn settings(order: Order, zone: &Zone) -> Settings<'_> {
    let years = Some(YearRule {
        year: 2020,
        turns_on: Some((12, 1)),
    });
    Settings {
        style: Style {
            order,
            serials: true,
        },
        years,
        today: TODAY,
        birth: false,
        zone,
    }
}

fn when(text: &str, order: Order) -> Result<Option<When>, DateError> {
    resolve(&read(text), &settings(order, &Zone::china()))
}

fn shown(text: &str, order: Order) -> String {
    match when(text, order) {
        Ok(None) => "missing".to_owned(),
        Ok(Some(When {
            span,
            precision,
            about,
        })) => {
            let span = match span {
                Span::Day(d) => d.to_string(),
                Span::Range(a, b) => format!("{a}..{b}"),
                Span::Until(d) => format!("..{d}"),
                Span::Since(d) => format!("{d}.."),
            };
            let more = match precision {
                Precision::Minute { hour, minute } => format!(" {hour:02}:{minute:02}"),
                Precision::Month => " month".to_owned(),
                Precision::Year => " year".to_owned(),
                Precision::Day | Precision::Range => String::new(),
            };
            format!("{span}{more}{}", if about { " about" } else { "" })
        }
        Err(DateError::Unreadable) => "unreadable".to_owned(),
        Err(DateError::Reversed) => "reversed".to_owned(),
        Err(DateError::Impossible { month, day, .. }) => format!("impossible {month}/{day}"),
    }
}

#[test]
fn single_dates_are_read_in_every_spelling() {
    for (text, expected) in [
        ("2020-01-03", "2020-01-03"),
        ("2020/1/3", "2020-01-03"),
        ("2020.1.3", "2020-01-03"),
        ("２０２０年１月３日", "2020-01-03"),
        ("2020 年 1 月 3 日", "2020-01-03"),
        ("20年1月3号", "2020-01-03"),
        ("1月3日", "2020-01-03"),
        ("12月30日", "2019-12-30"),
        ("3-Jan", "2020-01-03"),
        ("03Jan", "2020-01-03"),
        ("30-Dec", "2019-12-30"),
        ("23-Jan-2020", "2020-01-23"),
        ("23 January 2020", "2020-01-23"),
        ("January 23, 2020", "2020-01-23"),
        ("Jan 23rd", "2020-01-23"),
        ("23-Jan-20", "2020-01-23"),
        ("20200103", "2020-01-03"),
        ("43833", "2020-01-03"),
        ("43833.5", "2020-01-03"),
        ("1.20", "2020-01-20"),
        ("1/20", "2020-01-20"),
        ("2020-01-03 08:05", "2020-01-03 08:05"),
        ("2020-01-03T08:05:30", "2020-01-03 08:05"),
        ("2020/1/3 8:05:00 PM", "2020-01-03 20:05"),
        ("2020年1月3日8时", "2020-01-03 08:00"),
        ("1月3日下午3点20分", "2020-01-03 15:20"),
        ("20200103080500", "2020-01-03 08:05"),
        ("2020-01-22T16:00:00Z", "2020-01-23 00:00"),
        ("2020-01-23T00:30:00+08:00", "2020-01-23 00:30"),
        ("22-Jan?", "2020-01-22 about"),
        ("1月3日左右", "2020-01-03 about"),
        ("-Jan", "2020-01-01..2020-01-31 month"),
        ("2020年1月", "2020-01-01..2020-01-31 month"),
        ("2020-02", "2020-02-01..2020-02-29 month"),
        ("2020", "2020-01-01..2020-12-31 year"),
    ] {
        assert_eq!(shown(text, Order::MonthFirst), expected, "{text}");
    }
}

#[test]
fn ranges_may_be_open_at_either_end() {
    for (text, expected) in [
        ("10-Jan to 19-Jan", "2020-01-10..2020-01-19"),
        ("30-Dec to 5-Jan", "2019-12-30..2020-01-05"),
        ("? to 21-Jan", "..2020-01-21"),
        ("? to ? to 21-Jan", "..2020-01-21"),
        ("10-Jan to ?", "2020-01-10.."),
        ("?27-Jan to ?28-Jan", "2020-01-27..2020-01-28 about"),
        ("<= 4-Feb", "..2020-02-04"),
        ("1月10日至1月19日", "2020-01-10..2020-01-19"),
        ("1月10日-19日", "2020-01-10..2020-01-19"),
        ("1月10-19日", "2020-01-10..2020-01-19"),
        ("2020年1月10日—19日", "2020-01-10..2020-01-19"),
        ("2020.1.10-2020.1.19", "2020-01-10..2020-01-19"),
        ("2020-01-10~2020-01-19", "2020-01-10..2020-01-19"),
        ("2020-01-10 - 2020-01-19", "2020-01-10..2020-01-19"),
        ("2020-01-10/2020-01-19", "2020-01-10..2020-01-19"),
        ("2020-01-10-2020-01-19", "2020-01-10..2020-01-19"),
        ("1/10-1/19", "2020-01-10..2020-01-19"),
        ("10-19 Jan", "2020-01-10..2020-01-19"),
        ("1月20日前", "..2020-01-20"),
        ("1月20日以后", "2020-01-20.."),
        ("1月20日至今", "2020-01-20.."),
        ("至1月20日", "..2020-01-20"),
        ("since 3 Jan 2020", "2020-01-03.."),
        ("21-Jan to 10-Jan", "reversed"),
    ] {
        assert_eq!(shown(text, Order::MonthFirst), expected, "{text}");
    }
}

#[test]
fn what_says_nothing_what_cannot_be_and_what_is_no_date_are_told_apart() {
    for text in [
        "",
        "?",
        "NO",
        "NO to ?",
        "? to ",
        "不详",
        "N/A",
        "-",
        "无症状",
    ] {
        assert_eq!(shown(text, Order::MonthFirst), "missing", "{text}");
    }
    for (text, expected) in [
        ("30-Feb", "impossible 2/30"),
        ("290-Jan", "impossible 1/290"),
        ("2月30日", "impossible 2/30"),
        ("2021-02-29", "impossible 2/29"),
        ("2020-13-01", "impossible 13/1"),
        ("20200230", "impossible 2/30"),
        ("31/4/2020", "impossible 4/31"),
        ("10-Jan to 32-Jan", "impossible 1/32"),
    ] {
        assert_eq!(shown(text, Order::MonthFirst), expected, "{text}");
    }
    for text in [
        "abc",
        "18 to ?",
        "21-Jan & 23-Jan",
        "12",
        "123456789",
        "1e5",
        "2020-01-03 25:00",
        "张三 1月3日",
    ] {
        assert_eq!(shown(text, Order::MonthFirst), "unreadable", "{text}");
    }
}

#[test]
fn the_column_decides_whether_day_or_month_comes_first() {
    assert_eq!(shown("3/1/2020", Order::DayFirst), "2020-01-03");
    assert_eq!(shown("3/1/2020", Order::MonthFirst), "2020-03-01");
    assert_eq!(shown("25/1/2020", Order::MonthFirst), "2020-01-25");
    assert_eq!(shown("3/1/20", Order::DayFirst), "2020-01-03");
    assert_eq!(shown("20/1/3", Order::YearFirst), "2020-01-03");
    let mut tally = Tally::default();
    for text in ["3/1/2020", "4/1/2020", "25/1/2020"] {
        tally.add(&read(text));
    }
    assert_eq!(
        (tally.order(), tally.mixed(), tally.open),
        (Some(Order::DayFirst), false, 3)
    );
}

#[test]
fn day_counts_are_dates_only_in_a_column_of_dates() {
    let zone = Zone::china();
    let mut plain = settings(Order::MonthFirst, &zone);
    plain.style.serials = false;
    assert_eq!(resolve(&read("43833"), &plain), Err(DateError::Unreadable));
    let mut tally = Tally::default();
    for text in ["43833", "2020-01-04", "abc"] {
        tally.add(&read(text));
    }
    assert!(!tally.clearly_dates());
}

#[test]
fn years_of_two_digits_lie_in_the_past_for_birth_dates_only() {
    let zone = Zone::china();
    let mut birth = settings(Order::DayFirst, &zone);
    birth.birth = true;
    let year = |set: &Settings<'_>| {
        resolve(&read("3/1/49"), set)
            .unwrap()
            .unwrap()
            .day()
            .unwrap()
            .year()
    };
    assert_eq!(year(&birth), 1949);
    birth.birth = false;
    assert_eq!(year(&birth), 2049);
}

fn season(days: &[&str], today: Date) -> (i16, String, String) {
    let mut season = Season::default();
    for text in days {
        for stamp in read(text).stamps() {
            season.add(&stamp, today);
        }
    }
    let (rule, first, last) = season.settle(None, today).unwrap();
    (rule.year, first.to_string(), last.to_string())
}

#[test]
fn a_list_over_the_turn_of_the_year_stays_in_one_piece() {
    let said = |days: &[&str], today| {
        let (_, first, last) = season(days, today);
        format!("{first} {last}")
    };
    assert_eq!(
        said(&["28-Dec", "3-Jan", "20-Feb"], TODAY),
        "2025-12-28 2026-02-20"
    );
    assert_eq!(
        said(&["28-Dec", "3-Jan", "20-Feb"], date(2026, 2, 19)),
        "2024-12-28 2025-02-20"
    );
    assert_eq!(
        said(&["3-Jan", "20-Feb"], date(2026, 1, 31)),
        "2025-01-03 2025-02-20"
    );
    assert_eq!(
        said(&["10-Jan", "10-Aug"], date(2026, 9, 1)),
        "2026-01-10 2026-08-10"
    );
    // Two cells with 29 February show a leap year; one may be a slip.
    assert_eq!(
        said(&["3-Jan", "29-Feb", "29-Feb"], TODAY),
        "2024-01-03 2024-02-29"
    );
    assert_eq!(
        said(&["3-Jan", "29-Feb", "1-Mar"], TODAY),
        "2026-01-03 2026-03-01"
    );
    // Dates with a year keep the others near them.
    assert_eq!(
        said(&["2020-02-01", "20-Jan"], TODAY),
        "2020-01-20 2020-01-20"
    );
}
