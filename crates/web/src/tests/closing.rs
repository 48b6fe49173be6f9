//! The part of the story about the end of a response: closed by one, an exception proposed and
//! confirmed, destroyed by another, the certificate.

use axum::http::StatusCode;
use serde_json::json;

use super::story::{Story, text};
use super::support::Browser;

/// A response with one self-report; answers it, and what is kept of it.
pub async fn closing(
    story: &mut Story<'_>,
    desk: &mut Browser,
    authority: &mut Browser,
    destroyer: &mut Browser,
) -> (String, String) {
    // Work of the first one is still open, so it cannot be closed; one without work can.
    let opened = json!({ "code": "noro-2", "title_zh": "诺如", "title_en": "Norovirus",
        "disease": "norovirus" });
    story.does(authority, "responses.open", "", opened).await;
    let list = authority.api("GET", "/responses", None).await.json();
    let all = list["responses"].as_array().unwrap();
    let response = all.iter().find(|one| one["code"] == "noro-2").unwrap();
    let id = text(&response["id"]).to_owned();
    let said = json!({ "response": "noro-2", "name": "终止一", "phone": "13900079001" });
    let given = desk.api("POST", "/inbox/new", Some(said)).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    let seen = json!({ "version": response["version"] });
    story.does(authority, "responses.close", &id, seen).await;
    let keep = json!({ "class": "emergency", "why": "evidence", "until_on": "2027-01-01",
        "lawful": "案件已立案", "necessary": "证据", "secure": "法制科保管" });
    let kept = story.does(authority, "responses.keep", &id, keep).await;
    let kept = text(&kept["data"]).to_owned();
    let page = format!("/responses/{id}/closing");
    let own = authority.get(&page).await;
    assert!(own.text.contains("须由他人复核"), "{}", own.text);
    let both = format!("{id}|{kept}");
    let confirm = json!({ "decision": "confirm" });
    story
        .does(destroyer, "responses.confirm_keep", &both, confirm)
        .await;
    let early = format!("/responses/{id}/certificate");
    let early = destroyer.api("GET", &early, None).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "{}", early.text);
    let closed = destroyer.api("GET", &page, None).await.json();
    let seen = json!({ "version": closed["version"] });
    story.does(destroyer, "responses.destroy", &id, seen).await;
    (id, kept)
}
