//! The part of the story about limits: what one operator brings in and a looker let through is held
//! beyond the limit, shows on the screen, and another organ looks.

use axum::http::StatusCode;
use serde_json::json;

use super::story::{Story, rows, text};
use super::support::{Browser, Town};

/// Somebody whom the desk alone knows of, looked at twice and put before the organ; answers the
/// measure.
async fn proposed(desk: &mut Browser, assessor: &mut Browser, n: usize) -> String {
    let name = format!("凭空{n}");
    let said = json!({ "response": "flu-1", "name": name, "phone": format!("1350013500{n}"),
        "area_code": "990101001001", "class": "confirmed", "class_on": "2026-05-02",
        "hospitalised_on": "2026-05-02" });
    let given = desk.api("POST", "/inbox/new", Some(said)).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    for (step, states) in [("first", "first_look"), ("second", "second_look")] {
        let waiting = rows(assessor, &format!("/reviews?states={states}")).await;
        let review = waiting.iter().find(|row| row["name"] == name.as_str());
        let review = review.expect("a review");
        let look = json!({ "version": review["version"], "outcome": "confirm" });
        let path = format!("/reviews/{}/{step}", text(&review["id"]));
        let who = if step == "first" {
            &mut *desk
        } else {
            &mut *assessor
        };
        let got = who.api("POST", &path, Some(look)).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.text);
    }
    let proposed = rows(assessor, "/measures?states=proposed").await;
    let measure = proposed.iter().find(|row| row["name"] == name.as_str());
    text(&measure.expect("a measure")["id"]).to_owned()
}

/// The story has decided one measure without a link; four more fit, the next is held.
pub async fn holds(story: &mut Story<'_>, town: &Town) {
    let mut desk = town.browser("desk").await;
    let mut assessor = town.browser("assessor").await;
    let mut organ = town.browser("organ").await;
    let mut authority = town.browser("authority").await;
    let mut last = String::new();
    for n in 0..5 {
        last = proposed(&mut desk, &mut assessor, n).await;
        let path = format!("/measures/{last}");
        let row = organ.api("GET", &path, None).await.json()["row"].clone();
        let decision = json!({ "version": row["version"], "outcome": "decide",
            "document_no": format!("示疾控隔〔2026〕{}号", n + 10), "ends_on": row["ends_on"] });
        let got = organ
            .api("POST", &format!("{path}/decide"), Some(decision))
            .await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.text);
        let limits = got.json()["data"]["limits"].as_array().map(Vec::len);
        assert_eq!(limits, (n == 4).then_some(1), "{}", got.text);
    }
    let page = organ.get(&format!("/measures/{last}")).await;
    assert!(page.text.contains("等待另一机关复核"), "{}", page.text);
    let notice = organ.get(&format!("/measures/{last}/notice")).await;
    assert_eq!(notice.status, StatusCode::NOT_FOUND);
    let screen = authority.get("/desk").await;
    assert!(screen.text.contains("搁置 1 项"), "{}", screen.text);
    let screen = authority.api("GET", "/desk", None).await.json();
    assert_eq!(screen["command"]["held"][0]["count"], 1, "{screen}");
    let seen = authority
        .api("GET", &format!("/measures/{last}"), None)
        .await;
    let seen = json!({ "version": seen.json()["row"]["version"], "outcome": "confirm" });
    let path = format!("/measures/{last}/confirm");
    for who in [&mut organ, &mut desk] {
        let refused = who.api("POST", &path, Some(seen.clone())).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    }
    story
        .does(&mut authority, "measures.confirm", &last, seen)
        .await;
    let page = organ.get(&format!("/measures/{last}/notice")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
}
