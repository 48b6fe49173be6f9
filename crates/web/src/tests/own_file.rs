//! The part of the story about the own file: a code from the counter, and a look with it.

use axum::http::StatusCode;
use serde_json::json;

use super::story::{Story, text};
use super::support::{Browser, Got};

/// The person under a measure gets a code and reads the notice in their file; a wrong code is
/// refused on the page that asked for it.
pub async fn own_file(
    story: &mut Story<'_>,
    visitor: &mut Browser,
    desk: &mut Browser,
    organ: &mut Browser,
    measure: &str,
) {
    let seen = organ
        .api("GET", &format!("/measures/{measure}"), None)
        .await
        .json();
    let person = text(&seen["row"]["person"]).to_owned();
    let input = json!({ "holder": "self", "checked": "document" });
    let given = story.does(desk, "people.give_code", &person, input).await;
    let code = text(&given["code"]).to_owned();
    let look = json!({ "code": code });
    let file = story.does(visitor, "own_file.read", "", look).await;
    let notice = &file["measures"][0]["notice"];
    assert_eq!(notice["document_no"], seen["row"]["document_no"]);
    let page = typed(visitor, &code).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.text.contains(text(&notice["document_no"])),
        "{}",
        page.text
    );
    let wrong = typed(visitor, "BBBB-BBBB-BBBB").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("查阅码不对"), "{}", wrong.text);
}

/// Sends the form as a browser does.
async fn typed(visitor: &mut Browser, code: &str) -> Got {
    let page = visitor.get("/my").await.text;
    let value = |name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
        rest.unwrap().split('"').next().unwrap().to_owned()
    };
    let (token, command) = (value("form_token"), value("command_id"));
    let fields = [
        ("form_token", token.as_str()),
        ("command_id", command.as_str()),
        ("code", code),
    ];
    visitor.post_bare("/my", &fields).await
}
