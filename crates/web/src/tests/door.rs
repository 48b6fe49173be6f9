//! Two doors without an account: a form that is sent twice, and the first administrator.

use axum::http::StatusCode;

use super::support::{Browser, Town};

#[tokio::test]
async fn a_form_sent_twice_is_one_report() {
    let town = Town::new();
    let mut visitor = town.stranger();
    let page = visitor.get("/report").await.text;
    let value = |name: &str| {
        page.split(&format!("name=\"{name}\" value=\""))
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .to_owned()
    };
    let (token, command) = (value("form_token"), value("command_id"));
    let fields = [
        ("form_token", token.as_str()),
        ("command_id", command.as_str()),
        ("name", "王小明"),
        ("phone", "13800138000"),
    ];
    let first = visitor.post_bare("/report", &fields).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    let again = visitor.post_bare("/report", &fields).await;
    assert_eq!(first.location, again.location);
    assert_eq!(town.app.record_total().unwrap(), 1);
    let mut other = fields;
    other[2] = ("name", "李小红");
    let other = visitor.post_bare("/report", &other).await;
    assert_eq!(other.status, StatusCode::CONFLICT, "{}", other.text);
    assert_eq!(town.app.record_total().unwrap(), 1);
    let shown = visitor.get(&first.location).await;
    assert!(shown.text.contains("receipt-number"), "{}", shown.text);
}

#[tokio::test]
async fn the_first_administrator_is_made_once_with_the_printed_address() {
    let place = fangxian_store::testing::Place::new(fangxian_store::Engine::Sqlite);
    let clock: std::sync::Arc<dyn fangxian_base::Clock> = place.clock.clone();
    let packs = std::sync::Arc::new(fangxian_packs::Library::shipped().unwrap());
    let settings = fangxian_app::Settings {
        zone: fangxian_base::Zone::china(),
        city: "demo".into(),
    };
    let app = fangxian_app::App::new(place.open(), packs, clock, settings).unwrap();
    let app = std::sync::Arc::new(app);
    let options = crate::Options {
        secure_cookies: false,
        ..crate::Options::default()
    };
    let mut visitor = Browser::of(crate::router(app.clone(), options));
    let token = app.setup_token().unwrap().unwrap();
    assert_eq!(
        visitor.get("/setup?token=wrong").await.status,
        StatusCode::NOT_FOUND
    );
    let page = visitor.get(&format!("/setup?token={token}")).await.text;
    let form = page
        .split("name=\"form_token\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let password = "three green umbrellas";
    let fields = [
        ("form_token", form),
        ("token", token.as_str()),
        ("login", "admin"),
        ("name", "管理员"),
        ("password", password),
        ("again", password),
    ];
    let entries = || {
        let waiting = |tx: &mut fangxian_store::Tx<'_>| fangxian_store::audit::unsealed_count(tx);
        app.store().read(waiting).unwrap()
    };
    let before = entries();
    let got = visitor.post_bare("/setup", &fields).await;
    assert!(entries() > before, "it left no entry");
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text);
    assert!(app.log_in("admin", password, "").is_ok());
    assert_eq!(
        visitor.get(&format!("/setup?token={token}")).await.status,
        StatusCode::NOT_FOUND
    );
}
