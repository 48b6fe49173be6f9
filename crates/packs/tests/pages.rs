//! Packs as pages: everything that decides is on them, in both languages.

#![expect(clippy::expect_used, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use fangxian_packs::{Library, PackPage, Text};
use jiff::civil::date;

static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::shipped().expect("packs load"));

fn page(id: &str) -> PackPage {
    LIBRARY.page(id).expect("the pack is shipped")
}

#[test]
fn every_rule_and_value_that_examples_reach_is_on_a_page() {
    let mut shown = BTreeSet::new();
    for page in LIBRARY.pages() {
        for entry in page.sections.iter().flat_map(|section| &section.entries) {
            shown.insert(format!("{}/{}", page.id, entry.id));
            let days = entry
                .lines
                .iter()
                .flat_map(|line| line.text.en.split([' ', ',']));
            shown.extend(days.map(|day| format!("{}/{}@{day}", page.id, entry.id)));
        }
    }
    let missing: Vec<String> = LIBRARY
        .coverage()
        .into_iter()
        .map(|item| item.name)
        .filter(|name| !shown.contains(name))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn every_pack_of_the_overview_has_a_page_in_both_languages() {
    let packs = LIBRARY.overview(date(2026, 5, 1));
    assert_eq!(packs.len(), LIBRARY.pages().len());
    for pack in packs {
        let page = page(&pack.id);
        assert_eq!((page.kind, &page.title), (pack.kind, &pack.title));
        let (zh, en) = (page.markdown("zh"), page.markdown("en"));
        assert_eq!(zh.lines().count(), en.lines().count(), "{}", pack.id);
        let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(han(&zh), "{}", pack.id);
        for source in &pack.sources {
            assert!(
                en.contains(&format!("`{}`", source.key)),
                "{} {}",
                pack.id,
                source.key
            );
        }
        for section in &page.sections {
            assert!(!section.entries.is_empty(), "{} {}", pack.id, section.key);
            for entry in &section.entries {
                let lines = entry
                    .lines
                    .iter()
                    .map(|line| &line.text)
                    .chain([&entry.text]);
                for text in lines {
                    assert!(
                        !text.zh.trim().is_empty() && !text.en.trim().is_empty(),
                        "{} {}: {text:?}",
                        pack.id,
                        entry.id
                    );
                }
            }
        }
    }
}

#[test]
fn a_measure_stands_with_its_article_and_organ() {
    let markdown = page("covid-19").markdown("en");
    let lines: Vec<&str> = markdown
        .lines()
        .filter(|line| line.contains("decided by"))
        .collect();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("article") && line.contains("CDC institution")),
        "{lines:?}"
    );
    let law = page("idl-2025").markdown("zh");
    assert!(law.contains("决定机关"), "{law}");
}

#[test]
fn a_condition_is_an_outline() {
    let page = page("norovirus");
    let entry = page
        .sections
        .iter()
        .flat_map(|s| &s.entries)
        .find(|e| e.id == "confirmed");
    let entry = entry.expect("the definition");
    let outline: Vec<(usize, &str)> = entry
        .lines
        .iter()
        .skip_while(|line| line.text.en != "when")
        .map(|line| (line.depth, line.text.en.as_str()))
        .take(6)
        .collect();
    assert_eq!(
        outline,
        [
            (0, "when"),
            (1, "any of"),
            (2, "notified as confirmed"),
            (2, "all of"),
            (3, "norovirus PCR positive"),
            (3, "any of"),
        ]
    );
}

#[test]
fn text_of_a_pack_is_no_markup() {
    let mut page = page("norovirus");
    page.title = Text::new("诺如", "# a *b* [c](d)\n<e>");
    let markdown = page.markdown("en");
    assert!(
        markdown.starts_with("# \\# a \\*b\\* \\[c\\](d) \\<e\\>\n"),
        "{markdown}"
    );
}
