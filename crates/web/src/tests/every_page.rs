//! Every page opened once, at the end of the story: who is shown, and what is on record of it.

use axum::http::StatusCode;
use fangxian_app::Action;

use super::story::{rows, text};
use super::support::{Browser, Town};
use crate::endpoint::{Access, Faces, Method};
use crate::pages::REGISTRY;

/// Names and telephones of people whom the story is about; only pages on record may show them.
const PERSONAL: [&str; 6] = [
    "王小明",
    "李四光",
    "赵六顺",
    "表格一",
    "13800138000",
    "13900139000",
];

/// Every page there is, opened by somebody who may: what is traced leaves the entry that its
/// permission names, and what is not traced shows nobody's name.
pub async fn every_page(town: &Town, measure: &str, import: &str, closed: &(String, String)) {
    let mut desk = town.browser("desk").await;
    let first = async |who: &mut Browser, path: &str| {
        let rows = rows(who, path).await;
        text(&rows[0]["id"]).to_owned()
    };
    let inbox = rows(&mut desk, "/inbox?state=all").await;
    let of = |name: &str| match name {
        "intake.view" => text(&inbox[0]["id"]).to_owned(),
        "people.view" => format!("{}?purpose=intake", text(&inbox[0]["person"])),
        "people.documents" => format!(
            "{}?purpose=statutory_report&need=report_card",
            text(&inbox[0]["person"])
        ),
        "measures.view" | "measures.notice" | "measures.release" => measure.to_owned(),
        "imports.view" | "imports.errors" | "imports.undo_preview" => import.to_owned(),
        "packs.view" => "norovirus".to_owned(),
        other => panic!("no example for {other}"),
    };
    let task = first(&mut desk, "/tasks?states=closed").await;
    let alert = first(&mut desk, "/alerts?all=on").await;
    let appeal = first(&mut desk, "/appeals").await;
    let answered = first(&mut desk, "/appeals?states=upheld").await;
    let review = first(&mut desk, "/reviews?states=confirmed").await;
    let mut admin = town.browser("admin1").await;
    let users = admin.api("GET", "/users", None).await.json();
    let user = text(&users["users"][0]["id"]).to_owned();
    for one in REGISTRY.iter().filter(|one| one.method == Method::Get) {
        let mut browser = match one.access {
            Access::Public => town.stranger(),
            Access::Session => town.browser("desk").await,
            Access::Staff(action) => town.whoever_may(action).await.1,
        };
        let path = if one.path.contains('{') {
            let (id, query) = match one.name {
                "tasks.view" => (task.clone(), String::new()),
                "reviews.view" => (review.clone(), String::new()),
                "alerts.view" => (alert.clone(), String::new()),
                "appeals.view" => (appeal.clone(), String::new()),
                "appeals.letter" => (answered.clone(), String::new()),
                "users.view" => (user.clone(), String::new()),
                "responses.closing" | "responses.kept" | "responses.certificate" => {
                    (closed.0.clone(), String::new())
                }
                name => {
                    let id = of(name);
                    match id.split_once('?') {
                        Some((id, query)) => (id.to_owned(), format!("?{query}")),
                        None => (id, String::new()),
                    }
                }
            };
            let path = one.path.replace("{id}", &id).replace("{kept}", &closed.1);
            format!("{path}{query}")
        } else if ["people.search", "people.export"].contains(&one.name) {
            format!("{}?q=%E7%8E%8B%E5%B0%8F%E6%98%8E&purpose=intake", one.path)
        } else {
            one.path.to_owned()
        };
        for face in [Faces::PageOnly, Faces::Both] {
            if face == Faces::Both && one.faces == Faces::PageOnly {
                continue;
            }
            let before = town.entries().len();
            let got = match face {
                Faces::PageOnly => browser.get(&path).await,
                Faces::Both => browser.api("GET", path.trim_end_matches('/'), None).await,
            };
            if one.name == "setup.page" {
                assert_eq!(got.status, StatusCode::NOT_FOUND);
                continue;
            }
            assert_eq!(got.status, StatusCode::OK, "{}: {}", one.name, got.text);
            let new = town.entries().split_off(before);
            if one.audited {
                let Access::Staff(action) = one.access else {
                    panic!("{} is traced and public", one.name)
                };
                // A page about one person may say so in the words of the file.
                let named = |(_, did): &(String, String)| {
                    did == action.code() || did == Action::PeopleRead.code()
                };
                assert!(new.iter().any(named), "{} left {new:?}", one.name);
            } else {
                assert_eq!(new, [], "{}", one.name);
                for name in PERSONAL {
                    assert!(!got.text.contains(name), "{} shows {name}", one.name);
                }
            }
        }
    }
}
