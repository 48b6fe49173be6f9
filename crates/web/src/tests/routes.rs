//! What must hold of every endpoint: somebody may, strangers may not, forms are protected, the
//! document knows it, and it has words. The table of all is a golden file.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::support::{Town, nowhere};
use crate::endpoint::{Access, Endpoint, Faces, Method, key};
use crate::i18n::{Lang, find};
use crate::pages::REGISTRY;

fn commands() -> impl Iterator<Item = &'static Endpoint> {
    REGISTRY.iter().filter(|one| one.method == Method::Post)
}

#[test]
fn the_table_of_endpoints_is_the_one_that_was_agreed() {
    let mut table = String::from("endpoint | method | path | access | audited | faces | form\n");
    for one in REGISTRY.iter() {
        let access = match one.access {
            Access::Public => "public".to_owned(),
            Access::Session => "session".to_owned(),
            Access::Staff(action) => action.code().to_owned(),
        };
        let _ = writeln!(
            table,
            "{} | {:?} | {} | {access} | {} | {} | {}",
            one.name,
            one.method,
            one.path,
            if one.audited { "audited" } else { "-" },
            if one.faces == Faces::Both {
                "page and api"
            } else {
                "page"
            },
            one.form.unwrap_or("-"),
        );
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/endpoints.txt");
    let agreed = fs::read_to_string(&path).unwrap_or_default();
    if agreed != table {
        let seen = path.with_extension("new");
        fs::write(&seen, &table).unwrap();
        panic!(
            "the table changed: look at {} and make it {}",
            seen.display(),
            path.display()
        );
    }
}

#[test]
fn names_and_addresses_are_given_once_and_forms_have_a_page() {
    let (mut names, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for one in REGISTRY.iter() {
        assert!(names.insert(one.name), "{} twice", one.name);
        assert!(
            addresses.insert((one.method == Method::Get, one.path)),
            "{} twice",
            one.path
        );
        if one.method == Method::Post {
            let form = crate::pages::named(one.form.expect(one.name)).expect(one.name);
            assert_eq!(form.method, Method::Get, "{}", one.name);
            assert!(
                one.audited || one.name == "imports.preview",
                "{} leaves no trace",
                one.name
            );
        }
    }
}

#[test]
fn every_endpoint_has_words_in_both_languages() {
    let mut missing = BTreeSet::new();
    for one in REGISTRY.iter() {
        for lang in [Lang::Zh, Lang::En] {
            let mut keys = vec![key(one.name)];
            if one.method == Method::Post && !one.shows {
                keys.push(format!("{}-done", key(one.name)));
            }
            missing.extend(
                keys.into_iter()
                    .filter(|key| find(lang, key, &[]).is_none()),
            );
        }
    }
    assert!(missing.is_empty(), "no words for {missing:?}");
}

#[tokio::test]
async fn a_stranger_is_sent_to_log_in_or_told_so() {
    let town = Town::new();
    for one in REGISTRY.iter().filter(|one| one.access != Access::Public) {
        let path = nowhere(one.path);
        let mut stranger = town.stranger();
        let got = match one.method {
            Method::Get => stranger.get(&path).await,
            Method::Post => stranger.post_bare(&path, &[]).await,
        };
        assert_eq!(got.status, StatusCode::FOUND, "{}: {}", one.name, got.text);
        assert!(
            got.location.starts_with("/login?next="),
            "{}: {}",
            one.name,
            got.location
        );
        if one.faces == Faces::Both {
            let method = if one.method == Method::Get {
                "GET"
            } else {
                "POST"
            };
            let got = stranger.api(method, &path, None).await;
            assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{}", one.name);
            assert_eq!(got.json()["code"], "SIGNED-OUT", "{}", one.name);
        }
    }
}

#[tokio::test]
async fn a_command_without_its_form_token_or_from_another_site_is_refused() {
    let town = Town::new();
    for one in commands() {
        let path = nowhere(one.path);
        let mut browser = match one.access {
            Access::Public => town.stranger(),
            Access::Session => town.browser("desk").await,
            Access::Staff(action) => town.whoever_may(action).await.1,
        };
        let token = std::mem::take(&mut browser.form_token);
        let got = browser.post_bare(&path, &[]).await;
        assert_eq!(
            got.status,
            StatusCode::FORBIDDEN,
            "{}: {}",
            one.name,
            got.text
        );
        assert!(got.text.contains("FORM-TOKEN"), "{}", one.name);
        if one.faces == Faces::Both && one.access != Access::Public {
            let got = browser.api("POST", &path, Some(json!({}))).await;
            assert_eq!(
                (got.status, &got.json()["code"]),
                (StatusCode::FORBIDDEN, &json!("FORM-TOKEN")),
                "{}",
                one.name
            );
        }
        let request = Request::post(&path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", "https://elsewhere.test");
        let got = browser
            .send(request, Body::from(format!("form_token={token}")))
            .await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{}", one.name);
        assert!(got.text.contains("FORM-TOKEN"), "{}", one.name);
    }
}

#[tokio::test]
async fn whoever_may_not_is_refused_whatever_the_endpoint() {
    // Everybody with an account may look at divisions and rules.
    const EVERYBODY: [&str; 6] = [
        "areas.list",
        "law.ask",
        "areas.geojson",
        "areas.export",
        "packs.list",
        "packs.view",
    ];
    let town = Town::new();
    let mut nobody_refused: BTreeSet<&str> = BTreeSet::new();
    let mut people = Vec::new();
    for login in Town::logins() {
        people.push((login, town.browser(login).await));
    }
    for one in REGISTRY.iter() {
        let Access::Staff(action) = one.access else {
            continue;
        };
        nobody_refused.insert(one.name);
        for (login, browser) in &mut people {
            if town.may(login, action) {
                continue;
            }
            nobody_refused.remove(one.name);
            let path = nowhere(one.path);
            let token = browser.form_token.clone();
            let got = match one.method {
                Method::Get => browser.get(&path).await,
                Method::Post => browser.post_bare(&path, &[("form_token", &token)]).await,
            };
            assert_eq!(got.status, StatusCode::FORBIDDEN, "{login} {}", one.name);
            if one.faces == Faces::Both {
                let (method, body) = match one.method {
                    Method::Get => ("GET", None),
                    Method::Post => ("POST", Some(json!({}))),
                };
                let got = browser.api(method, &path, body).await;
                assert_eq!(got.status, StatusCode::FORBIDDEN, "{login} {}", one.name);
                assert_eq!(got.json()["code"], "FORBIDDEN", "{login} {}", one.name);
            }
        }
    }
    assert_eq!(nobody_refused, BTreeSet::from(EVERYBODY));
}

#[tokio::test]
async fn nothing_asked_wrongly_is_a_failure_of_ours() {
    let town = Town::new();
    let odd = [
        "",
        "x",
        "-1",
        "99999999999999999999",
        "\u{0}",
        "../..",
        "<b>",
        "%",
        "2026-13-45",
    ];
    for one in REGISTRY.iter() {
        let mut browser = match one.access {
            Access::Public => town.stranger(),
            Access::Session => town.browser("desk").await,
            Access::Staff(action) => town.whoever_may(action).await.1,
        };
        // Ending the session, or guessing its password until it is locked, would end the test.
        if ["sessions.end", "self.password"].contains(&one.name) {
            continue;
        }
        let mut schemas = schemars::SchemaGenerator::default();
        let schema = (one.input)(&mut schemas).to_value();
        let name = schema
            .pointer("/$ref")
            .and_then(Value::as_str)
            .and_then(|r| r.rsplit('/').next())
            .unwrap_or("");
        let fields: Vec<String> = schemas
            .definitions()
            .get(name)
            .and_then(|schema| {
                schema
                    .get("properties")?
                    .as_object()
                    .map(|fields| fields.keys().cloned().collect())
            })
            .unwrap_or_default();
        for value in odd {
            for wild in [false, true] {
                let path = if wild {
                    one.path.replace("{id}", "x").replace("{link}", "x")
                } else {
                    nowhere(one.path)
                };
                let got = match one.method {
                    Method::Get => {
                        let value = value.replace(['%', '\u{0}', '<', '>'], "%25");
                        let query = fields
                            .iter()
                            .map(|f| format!("{f}={value}"))
                            .collect::<Vec<_>>()
                            .join("&");
                        browser.get(&format!("{path}?{query}")).await
                    }
                    Method::Post if one.faces == Faces::Both => {
                        let body: Value = fields
                            .iter()
                            .map(|f| (f.clone(), json!(value)))
                            .collect::<serde_json::Map<_, _>>()
                            .into();
                        browser.api("POST", &path, Some(body)).await
                    }
                    Method::Post => continue,
                };
                assert!(
                    got.status.as_u16() < 500,
                    "{} with {value:?}: {}",
                    one.name,
                    got.text
                );
            }
        }
    }
}

#[tokio::test]
async fn the_document_has_an_entry_for_every_endpoint_and_its_references_lead_somewhere() {
    let town = Town::new();
    let got = town.stranger().get("/api/openapi.json").await;
    let document = got.json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut named = BTreeSet::new();
    for methods in document["paths"].as_object().unwrap().values() {
        for entry in methods.as_object().unwrap().values() {
            named.insert(entry["operationId"].as_str().unwrap().to_owned());
        }
    }
    for one in REGISTRY.iter().filter(|one| one.faces == Faces::Both) {
        assert!(named.contains(one.name), "{} has no entry", one.name);
    }
    for (at, _) in got.text.match_indices("\"$ref\": \"#") {
        let pointer = got.text[at + 9..].split('"').next().unwrap();
        assert!(
            document.pointer(&pointer[1..]).is_some(),
            "{pointer} leads nowhere"
        );
    }
}

#[tokio::test]
async fn a_program_is_told_what_it_misspelt_and_where() {
    let town = Town::new();
    let mut program = town.stranger();
    let mut told = async |input: Value| {
        let got = program.api("POST", "/report", Some(input)).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", got.text);
        let field = got.json()["fields"][0].clone();
        let text = |name: &str| field[name].as_str().unwrap().to_owned();
        (text("field"), text("message"))
    };
    let (field, message) = told(json!({ "name": "王小明", "phnoe": "13800138000" })).await;
    assert_eq!(field, "phnoe");
    assert!(message.contains("`phone`"), "{message}");
    let contacts = json!([{ "name": "x" }, { "name": { "family": "x" } }]);
    let (field, _) = told(json!({ "name": "王小明", "contacts": contacts })).await;
    assert_eq!(field, "contacts[1].name");
    let (field, _) = told(json!({ "name": "王\u{0}小明" })).await;
    assert_eq!(field, "name");
    // A browser that sends more than is asked for is not bothered with it.
    let got = program.get("/inbox?utm_source=x").await;
    assert_eq!(got.status, StatusCode::FOUND);
    for body in ["{", "[]", "\"x\""] {
        let request =
            Request::post("/api/v1/report?lang=en").header("content-type", "application/json");
        let got = program.send(request, Body::from(body)).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", got.text);
        assert!(
            got.text.contains("JSON object") && !got.text.contains("Reload"),
            "{}",
            got.text
        );
    }
    let document = program.get("/api/openapi.json").await.json();
    let body = &document["paths"]["/api/v1/inbox/new"]["post"]["requestBody"]["content"];
    let fields = &body["application/json"]["schema"]["properties"];
    assert!(fields["response"].is_object() && fields["command_id"].is_object());
}

#[tokio::test]
async fn every_answer_forbids_what_comes_from_elsewhere() {
    let town = Town::new();
    for path in ["/", "/nowhere", "/api/v1/nowhere", "/healthz", "/readyz"] {
        let got = town.stranger().get(path).await;
        let policy = got.headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("script-src 'self'") && !policy.contains("unsafe"),
            "{path}"
        );
        assert_eq!(got.headers["x-content-type-options"], "nosniff");
    }
    let page = town.stranger().get("/").await.text;
    let sheet = page
        .split("href=\"/static/app.")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let got = town.stranger().get(&format!("/static/app.{sheet}")).await;
    assert!(
        got.headers["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
}
