//! The agreed layout: shipped packs keep to it, comments stay, what cannot be laid out is refused.

#![expect(clippy::expect_used, reason = "a test may stop")]

use fangxian_packs::{layout, layout_finding, shipped_files};

fn laid(text: &str) -> String {
    layout("a.yaml", text).expect("it can be laid out")
}

fn refused(text: &str) -> (u64, u64, String) {
    let finding = layout("a.yaml", text).expect_err("it cannot be laid out");
    assert!(!finding.hint.is_empty(), "{finding}");
    (finding.line, finding.column, finding.message)
}

#[test]
fn the_shipped_packs_keep_to_the_layout() {
    let findings: Vec<String> = shipped_files()
        .iter()
        .filter_map(|(file, text)| layout_finding(file, text))
        .map(|finding| finding.to_string())
        .collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn what_is_laid_out_stays_as_it_is() {
    for (file, text) in shipped_files() {
        // Empty lines, spaces at the ends of lines and inside braces.
        let wild = text.replace('\n', "   \n\n\n");
        let once = layout(&file, &wild.replace("{ ", "{    ")).expect("it can be laid out");
        assert_eq!(layout(&file, &once).expect("again"), once, "{file}");
        let words = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.is_empty());
            lines.map(str::to_owned).collect()
        };
        assert_eq!(words(&once), words(&text), "{file}");
    }
}

#[test]
fn keys_stand_in_the_order_of_the_language_and_comments_go_with_them() {
    let text = "\
# About the place.

# Its name.
zh: 示范区
kind: city   # what it is
values:
    # Hours.
    visit_hours: {unit: hours, zh: 时限,   en: 'hours', dated: [{label: ours, from: 2020-01-20,
        value: 12, cites: [ ours ]}]}
id: demo
deadlines:
- task: visit
  # Who does it.
  level: grid
  within: visit_hours



# The end.
";
    let wanted = "\
# About the place.

# Its name.
kind: city # what it is
id: demo
zh: 示范区
values:
  # Hours.
  visit_hours: { zh: 时限, en: \"hours\", unit: hours, dated: [{ from: 2020-01-20, value: 12, cites: [ours], label: ours }] }
deadlines:
  - task: visit
    # Who does it.
    level: grid
    within: visit_hours

# The end.
";
    assert_eq!(laid(text), wanted);
    assert_eq!(laid(wanted), wanted);
}

#[test]
fn names_that_authors_chose_stay_in_their_order() {
    let text = "kind: city\nsources:\n  z: { zh: 甲, en: a }\n  a: { zh: 乙, en: b }\n";
    assert_eq!(laid(text), text);
}

#[test]
fn a_hash_or_colon_inside_a_text_is_text() {
    let text = "kind: city\nzh: \"a # b: c\"\nen: people's # a remark\nregion: a:b#c\n";
    let wanted = "kind: city\nzh: \"a # b: c\"\nen: people's # a remark\nregion: a:b#c\n";
    assert_eq!(laid(text), wanted);
}

#[test]
fn what_the_layout_does_not_know_is_refused_with_its_place() {
    let (line, _, message) = refused("kind: city\nzh: |\n  text\n");
    assert_eq!((line, message.as_str()), (2, "a text over several lines"));
    let (line, ..) = refused("kind: city\nzh: some\n  text\n");
    assert_eq!(line, 2);
    let (line, ..) = refused("kind: city\nvalues: { a: 1,\n  # why\n  b: 2 }\n");
    assert_eq!(line, 2);
    let (line, ..) = refused("kind: city\nzh: &a text\n");
    assert_eq!(line, 2);
    let (line, ..) = refused("kind: city\n   zh: text\n");
    assert_eq!(line, 2);
    let (line, ..) = refused("kind: city\n--- \nkind: city\n");
    assert!(line > 0);
}

#[test]
fn a_finding_names_the_first_place_that_differs() {
    let finding = layout_finding("a.yaml", "kind: city\nid:   demo\n").expect("it differs");
    assert_eq!(
        (finding.line, finding.column, finding.code),
        (2, 5, "layout")
    );
    assert!(finding.message.contains("id: demo"), "{finding}");
}
