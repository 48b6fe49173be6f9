//! Alerts in the story: told, read, exported, acknowledged.

use serde_json::json;

use super::story::{Story, rows, text};
use super::support::{Browser, aside};

/// One confirmed case of novel influenza is an event: told, reported, acknowledged.
pub async fn alerts(story: &mut Story<'_>, desk: &mut Browser) {
    let swept = aside(|| story.town.app.alerts_sweep()).unwrap();
    assert!(swept.raised > 0, "{swept:?}");
    let screen = desk.api("GET", "/desk", None).await.json();
    let told = &screen["command"]["alerts"][0];
    assert_eq!(told["state"], "raised");
    assert!(screen["command"]["alerts_waiting"].as_i64() >= Some(1));
    let page = desk.get("/desk").await;
    assert!(
        page.text
            .contains(&format!("/alerts/{}", text(&told["id"])))
    );
    let list = rows(desk, "/alerts").await;
    let row = &list[0];
    assert_eq!(
        (&row["disease"], &row["kind"]),
        (&json!("novel-influenza"), &json!("event"))
    );
    let id = text(&row["id"]).to_owned();
    let due = rows(desk, "/reports").await;
    assert!(
        due.iter().any(|clock| clock["alert"] == *id),
        "among the reports"
    );
    let one = desk.api("GET", &format!("/alerts/{id}"), None).await.json();
    assert_eq!(one["grade"]["level"], "grade-2");
    let reported = json!({ "version": row["version"], "outcome": "reported", "reference": "E-1" });
    story.does(desk, "alerts.acknowledge", &id, reported).await;
    let one = desk.api("GET", &format!("/alerts/{id}"), None).await.json();
    assert_eq!(one["row"]["state"], "acknowledged");
    let sheet = desk.get("/alerts.csv").await;
    assert!(sheet.text.lines().count() > 1, "{}", sheet.text);
}
