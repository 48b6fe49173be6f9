//! Pictures are well formed, say what they show in both languages, and carry the numbers of the tables.

use super::*;
use crate::table::SheetSpec;

fn sheet(columns: &'static [&'static str], rows: &[&[&str]]) -> Sheet {
    let cell = |text: &&str| match crate::table::parse_number(text) {
        Some(n) => Cell::from(n),
        None if *text == "NA" => Cell::Missing,
        None => Cell::from(*text),
    };
    let spec: &'static SheetSpec = Box::leak(Box::new(SheetSpec {
        name: "made for this test",
        columns,
        on_request: None,
    }));
    Sheet {
        spec,
        rows: rows
            .iter()
            .map(|row| row.iter().map(cell).collect())
            .collect(),
    }
}

/// The texts of all elements of a name; fails when the picture is not well formed.
fn texts<'a>(svg: &'a str, wanted: &str) -> Vec<&'a str> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = svg[at..].find('<').map(|start| at + start) {
        let end = start + svg[start..].find('>').expect("a tag ends");
        let tag = &svg[start + 1..end];
        assert!(
            !tag.contains('<') && tag.matches('"').count().is_multiple_of(2),
            "{tag}"
        );
        at = end + 1;
        if let Some(name) = tag.strip_prefix('/') {
            let (opened, from) = open.pop().expect("an open element");
            assert_eq!(opened, name);
            if name == wanted {
                found.push(&svg[from..start]);
            }
        } else if !tag.ends_with('/') {
            open.push((tag.split(' ').next().unwrap_or(tag), at));
        }
        if open.is_empty() {
            break;
        }
    }
    assert!(
        open.is_empty() && svg[at..].trim().is_empty(),
        "one element, closed"
    );
    assert!(svg.split('&').skip(1).all(|rest| {
        ["amp;", "lt;", "gt;", "quot;"]
            .iter()
            .any(|entity| rest.starts_with(entity))
    }));
    found
}

/// Draws in both languages; gives the English titles.
fn drawn(function: &str, sheets: &[Sheet]) -> Vec<String> {
    let draw = |language| of(function, sheets, language).expect("a picture");
    let (chinese, english) = (draw(Language::Chinese), draw(Language::English));
    assert_eq!(english, draw(Language::English), "the same bytes");
    assert!(chinese.contains("lang=\"zh-CN\"") && english.contains("lang=\"en\""));
    for svg in [&chinese, &english] {
        assert!(svg.contains("aria-labelledby=\"title desc\"") && !svg.contains("NaN"));
        assert_eq!(texts(svg, "desc").len(), 1);
    }
    assert_eq!(
        texts(&chinese, "title").len(),
        texts(&english, "title").len()
    );
    assert!(texts(&chinese, "title")[0].chars().any(|c| c > '\u{4e00}'));
    texts(&english, "title")
        .into_iter()
        .map(str::to_owned)
        .collect()
}

fn holds(titles: &[String], text: &str) {
    assert!(
        titles.iter().any(|title| title == text),
        "{text} in {titles:#?}"
    );
}

#[test]
fn an_epidemic_curve_carries_counts_bounds_and_alarms() {
    let columns = &["t", "observed", "upperbound", "alarm"];
    let rows: &[&[&str]] = &[
        &["1", "3", "NA", "NA"],
        &["2", "4", "6.25", "0"],
        &["3", "12", "6.75", "1"],
    ];
    let titles = drawn("farrington", &[sheet(columns, rows)]);
    assert_eq!(titles[0], "Epidemic curve and alarm bound");
    holds(&titles, "1, cases 3");
    holds(&titles, "3, cases 12, bound 6.75, alarm");
}

#[test]
fn a_nowcast_and_r_carry_their_intervals() {
    let columns = &[
        "date",
        "reported_so_far",
        "nowcast_median",
        "pi_lo",
        "pi_hi",
    ];
    let rows: &[&[&str]] = &[
        &["2011-06-01", "30", "33", "31", "38"],
        &["2011-06-02", "5", "41", "22", "71"],
    ];
    let titles = drawn("nowcast", &[sheet(columns, rows)]);
    holds(
        &titles,
        "2011-06-02, reported so far 5, nowcast median 41, prediction interval 22–71",
    );
    let columns = &["t_start", "t_end", "mean", "sd", "q0.025", "q0.975"];
    let rows: &[&[&str]] = &[
        &["2", "8", "1.4567891", "0.2", "1.1", "1.9"],
        &["3", "9", "NA", "NA", "NA", "NA"],
        &["4", "10", "0.00012", "0.1", "0", "0.001"],
    ];
    let titles = drawn("estimate_r", &[sheet(columns, rows)]);
    holds(&titles, "8, mean 1.457, 95 % interval 1.1–1.9");
    holds(&titles, "10, mean 0.00012, 95 % interval 0–0.001");
}

#[test]
fn chains_carry_links_and_names_that_need_care() {
    let intervals = sheet(
        &["from", "to", "onset_difference_days"],
        &[
            &["A<1>", "B&2", "5"],
            &["A<1>", "C", "NA"],
            &["C", "D", "-2"],
            &["X", "Y", "1"],
            &["Y", "X", "1"],
        ],
    );
    let titles = drawn("transmission_chains", &[intervals]);
    holds(&titles, "A&lt;1&gt; → B&amp;2, days between onsets 5");
    holds(&titles, "C → D, days between onsets -2");
    holds(&titles, "A&lt;1&gt; infected 2");
    let likely = sheet(
        &["id", "infector", "support"],
        &[&["1", "NA", "1"], &["2", "1", "0.75"]],
    );
    holds(
        &drawn("transmission_tree", &[likely]),
        "1 → 2, support 0.75",
    );
}

#[test]
fn a_map_carries_places_and_clusters() {
    let places = sheet(
        &["LOC_ID", "OBSERVED", "EXPECTED", "EAST", "NORTH"],
        &[&["a", "9", "2.5", "0", "0"], &["b", "0", "6.5", "10", "5"]],
    );
    let clusters = sheet(
        &[
            "cluster",
            "center",
            "radius_km",
            "p_value",
            "observed",
            "expected",
        ],
        &[&["1", "a", "NA", "0.001", "9", "2.5"]],
    );
    let members = sheet(&["cluster", "location"], &[&["1", "a"]]);
    let titles = drawn("scan", &[clusters, members, places]);
    holds(&titles, "b: cases 0, expected 6.5");
    holds(&titles, "1: a, cases 9, expected 2.5, p = 0.001");
}

#[test]
fn nothing_too_much_and_what_has_no_picture_are_told() {
    let columns = &["t", "observed", "upperbound", "alarm"];
    let draw = |function: &str, sheets: &[Sheet]| of(function, sheets, Language::English).err();
    assert_eq!(draw("ears", &[sheet(columns, &[])]), Some(NotDrawn::Empty));
    assert_eq!(draw("ears", &[]), Some(NotDrawn::Empty));
    assert_eq!(
        draw("ears", &[sheet(columns, &[&["1", "NA", "NA", "NA"]])]),
        Some(NotDrawn::Empty)
    );
    assert_eq!(draw("scan", &[]), Some(NotDrawn::Empty));
    assert_eq!(draw("transmission_chains", &[]), Some(NotDrawn::Empty));
    assert!(matches!(draw("seihrd", &[]), Some(NotDrawn::NoPicture(_))));
    let twice: Vec<&[&str]> = vec![&["1", "1", "1", "0"]; 2];
    assert_eq!(
        draw("ears", &[sheet(columns, &twice)]),
        Some(NotDrawn::Several)
    );
    let times: Vec<String> = (0..4_001).map(|t| t.to_string()).collect();
    let many: Vec<[&str; 4]> = times.iter().map(|t| [t.as_str(), "1", "1", "0"]).collect();
    let many: Vec<&[&str]> = many.iter().map(<[&str; 4]>::as_slice).collect();
    assert!(matches!(
        draw("ears", &[sheet(columns, &many)]),
        Some(NotDrawn::TooMuch { .. })
    ));
    // One place, one step, only zeros.
    assert_eq!(
        draw("ears", &[sheet(columns, &[&["1", "0", "0", "0"]])]),
        None
    );
    let place = sheet(
        &["LOC_ID", "OBSERVED", "EXPECTED", "EAST", "NORTH"],
        &[&["a", "0", "0", "1", "1"]],
    );
    assert_eq!(draw("scan", &[place]), None);
}
