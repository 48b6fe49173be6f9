//! The part of the story about appeals: filed at the door and by staff, found, assigned, answered.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::story::{Story, rows, text};
use super::support::Browser;

/// The one appeal without an answer.
async fn open(who: &mut Browser) -> Value {
    let rows = rows(who, "/appeals").await;
    assert_eq!(rows.len(), 1);
    rows[0].clone()
}

/// Two appeals against a measure that runs: one is taken back, one is upheld; a third names no
/// notice. Answers the version of the measure for its lifting.
pub async fn appeals(
    story: &mut Story<'_>,
    visitor: &mut Browser,
    organ: &mut Browser,
    authority: &mut Browser,
    measure: &str,
) {
    let seen = organ
        .api("GET", &format!("/measures/{measure}"), None)
        .await
        .json();
    let code = text(&seen["row"]["appeal_code"]).to_owned();
    let said = json!({ "code": code, "kind": "measure", "words": "我没有接触过病例" });
    let given = story.does(visitor, "appeals.file", "", said.clone()).await;
    let number = text(&given["data"]["receipt"]).to_owned();
    let page = visitor.get(&format!("/receipt?number={number}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("/appeal/withdraw"), "{}", page.text);
    let back = json!({ "number": number });
    story.does(visitor, "appeals.withdraw", "", back).await;

    story.does(organ, "appeals.take", "", said).await;
    let appeal = open(authority).await;
    let id = text(&appeal["id"]).to_owned();
    let rest = json!({ "version": appeal["version"], "reason": "依据存疑" });
    story.does(organ, "appeals.relieve", &id, rest).await;
    let to = json!({ "version": open(authority).await["version"], "login": "authority" });
    story.does(organ, "appeals.assign", &id, to).await;
    let answer = json!({ "version": open(authority).await["version"], "outcome": "uphold",
        "reason": "经核对没有接触" });
    story.does(authority, "appeals.answer", &id, answer).await;

    let strange = fangxian_domain::intake::ReceiptCode::from_random([7; 16]).to_string();
    let said = json!({ "code": strange, "kind": "fact", "words": "电话登记错了" });
    let got = visitor.api("POST", "/appeal", Some(said)).await;
    assert_eq!(got.status, StatusCode::OK, "{}", got.text);
    let appeal = open(authority).await;
    let found = json!({ "version": appeal["version"], "measure": code });
    let id = text(&appeal["id"]).to_owned();
    story.does(authority, "appeals.match", &id, found).await;
    let page = authority.get(&format!("/appeals/{id}")).await;
    assert!(page.text.contains("电话登记错了"), "{}", page.text);
}
