//! What must hold of every page: one heading, a language, names for everything that is filled in.

use axum::http::StatusCode;

use super::support::{Town, nowhere};
use crate::endpoint::{Access, Method};
use crate::pages::REGISTRY;

/// Everything between `<tag` and `>` for each such element.
fn elements<'a>(html: &'a str, tag: &str) -> Vec<&'a str> {
    let open = format!("<{tag}");
    html.match_indices(&open)
        .map(|(at, _)| &html[at + open.len()..])
        .filter(|rest| rest.starts_with([' ', '>']))
        .map(|rest| rest.split('>').next().unwrap())
        .collect()
}

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element
        .split(&format!(" {name}=\""))
        .nth(1)?
        .split('"')
        .next()
}

/// What a person with a screen reader would stumble over.
pub fn faults(html: &str, lang: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if elements(html, "h1").len() != 1 {
        faults.push(format!("{} main headings", elements(html, "h1").len()));
    }
    if attribute(elements(html, "html")[0], "lang") != Some(lang) {
        faults.push("not in the language asked for".to_owned());
    }
    for tag in ["input", "select", "textarea"] {
        for element in elements(html, tag) {
            let kind = attribute(element, "type").unwrap_or("text");
            if kind == "hidden" || kind == "checkbox" || kind == "radio" {
                continue;
            }
            let id = attribute(element, "id").unwrap_or("");
            if !html.contains(&format!("<label for=\"{id}\"")) {
                faults.push(format!("no label: <{tag}{element}>"));
            }
        }
    }
    let mut ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    ids.sort_unstable();
    faults.extend(
        ids.windows(2)
            .filter(|pair| pair[0] == pair[1])
            .map(|pair| format!("id {} twice", pair[0])),
    );
    if html.contains(" style=") || html.contains(" onclick=") {
        faults.push("style or script inside the page".to_owned());
    }
    for form in html.split("<form method=\"post\"").skip(1) {
        if !form
            .split("</form>")
            .next()
            .unwrap()
            .contains("name=\"form_token\"")
        {
            faults.push("a form without its token".to_owned());
        }
    }
    faults
}

#[tokio::test]
async fn every_page_reads_well_in_both_languages() {
    let town = Town::new();
    for one in REGISTRY
        .iter()
        .filter(|one| one.method == Method::Get && one.gives.is_none())
    {
        let mut browser = match one.access {
            Access::Public => town.stranger(),
            Access::Session => town.browser("desk").await,
            Access::Staff(action) => town.whoever_may(action).await.1,
        };
        for lang in ["zh-CN", "en"] {
            let got = browser
                .get(&format!("{}?lang={lang}", nowhere(one.path)))
                .await;
            let expected = if one.path.contains('{') || one.path == "/setup" {
                [StatusCode::OK, StatusCode::NOT_FOUND]
            } else {
                [StatusCode::OK, StatusCode::OK]
            };
            assert!(
                expected.contains(&got.status),
                "{}: {} {}",
                one.name,
                got.status,
                got.text
            );
            assert_eq!(
                faults(&got.text, lang),
                Vec::<String>::new(),
                "{}",
                one.name
            );
        }
    }
}

#[tokio::test]
async fn the_language_is_remembered() {
    let town = Town::new();
    let mut visitor = town.stranger();
    assert!(
        visitor
            .get("/")
            .await
            .text
            .contains("<html lang=\"zh-CN\">")
    );
    assert!(
        visitor
            .get("/?lang=en")
            .await
            .text
            .contains("<html lang=\"en\">")
    );
    assert!(
        visitor
            .get("/report")
            .await
            .text
            .contains("<html lang=\"en\">")
    );
}

#[tokio::test]
async fn a_form_that_does_not_hold_comes_back_as_it_was_filled_in() {
    let town = Town::new();
    let mut visitor = town.stranger();
    let page = visitor.get("/report").await.text;
    let token = page
        .split("name=\"form_token\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let fields = [
        ("form_token", token.as_str()),
        ("name", "王<小>明"),
        ("phone", "12"),
        ("symptoms", "fever"),
        ("symptoms", "cough"),
    ];
    let got = visitor.post_bare("/report", &fields).await;
    assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", got.text);
    assert!(
        got.text.contains("value=\"王&lt;小&gt;明\""),
        "what was typed is there"
    );
    assert!(
        got.text.contains("value=\"fever\" checked")
            && got.text.contains("value=\"cough\" checked")
    );
    assert!(
        got.text.contains("id=\"report-submit--phone--error\"")
            && got.text.contains("aria-invalid=\"true\"")
    );
    assert!(
        got.text.contains("href=\"#report-submit--phone\""),
        "the summary leads to the field"
    );
    assert_eq!(faults(&got.text, "zh-CN"), Vec::<String>::new());
}

#[tokio::test]
async fn a_page_from_nowhere_says_so_in_its_own_way() {
    let town = Town::new();
    let got = town.stranger().get("/nowhere").await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
    assert_eq!(faults(&got.text, "zh-CN"), Vec::<String>::new());
    let got = town.stranger().api("GET", "/nowhere", None).await;
    assert_eq!(got.json()["code"], "NOT-FOUND");
}
