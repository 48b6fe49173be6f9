//! Approvals in the story: proposed by one, confirmed by another, ended.

use axum::http::StatusCode;
use serde_json::json;

use super::story::{Story, text};
use super::support::Browser;

/// One person proposes an approval, which that person cannot confirm; another one does. One that
/// was put on record by mistake is ended.
pub async fn approvals(
    story: &mut Story<'_>,
    authority: &mut Browser,
    second: &mut Browser,
    response: &str,
) {
    for (number, kept) in [("国函〔2026〕1号", true), ("国函〔2026〕2号", false)] {
        let approval = json!({ "kind": "managed_as_class_a", "organ": "state_council",
            "document_no": number, "from_on": "2026-04-20" });
        let proposed = story
            .does(authority, "responses.approve", response, approval)
            .await;
        let id = text(&proposed["data"]).to_owned();
        let confirm = json!({ "decision": "confirm" });
        let path = format!("/approvals/{id}/confirm");
        let alone = authority.api("POST", &path, Some(confirm.clone())).await;
        assert_eq!(alone.status, StatusCode::FORBIDDEN, "{}", alone.text);
        story.does(second, "responses.confirm", &id, confirm).await;
        let list = authority.api("GET", "/responses", None).await.json();
        let rows = list["responses"].as_array().unwrap();
        let flu = rows.iter().find(|one| one["id"] == response).unwrap();
        let on_record = flu["approvals"].as_array().unwrap();
        let row = on_record.iter().find(|one| one["document_no"] == number);
        let row = text(&row.unwrap()["id"]).to_owned();
        if !kept {
            let end = json!({ "last_on": "2026-04-19", "reason": "登记有误" });
            story
                .does(authority, "responses.end_approval", &row, end)
                .await;
        }
    }
}
