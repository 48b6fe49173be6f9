//! Serves an installation in a temporary directory, to look at pages while writing them.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for the desk")]

use std::sync::Arc;

use fangxian_app::accounts::{AdminInput, GrantInput, UserInput};
use fangxian_app::{App, Settings, Who};
use fangxian_base::{Clock, CommandId, SystemClock, Zone};
use fangxian_packs::Library;
use fangxian_store::Store;
use fangxian_store::testing::Place;
use fangxian_web::Options;
use serde_json::{Value, json};

const PASSWORD: &str = "three green umbrellas";

fn places() -> String {
    let square = |x: f64, y: f64, w: f64| {
        json!({ "type": "Polygon", "coordinates": [[[x, y], [x + w, y + 0.01], [x + w, y + w], [x, y + w * 0.9], [x, y]]] })
    };
    let mut areas: Vec<Value> = vec![json!({ "code": "990101", "zh": "示范区", "en": "Demonstration District", "residents": 20000, "geometry": square(110.0, 30.0, 0.4) })];
    let towns = [("河湾街道", "Hewan"), ("青石镇", "Qingshi"), ("东园街道", "Dongyuan"), ("柳溪镇", "Liuxi")];
    for (n, (zh, en)) in towns.iter().enumerate() {
        let (x, y) = (110.0 + 0.2 * (n % 2) as f64, 30.0 + 0.2 * (n / 2) as f64);
        let code = format!("99010100{}", n + 1);
        areas.push(json!({ "code": code, "parent": "990101", "zh": zh, "en": en, "residents": 5000, "geometry": square(x, y, 0.2) }));
        for m in 0..4 {
            let (x, y) = (x + 0.1 * f64::from(m % 2), y + 0.1 * f64::from(m / 2));
            areas.push(json!({ "code": format!("{code}{:03}", m + 1), "parent": code, "zh": format!("{}第{}社区", &zh[..6], m + 1), "en": format!("{en} Community {}", m + 1), "residents": 1250, "geometry": square(x, y, 0.1) }));
        }
    }
    let units = json!([
        { "zh": "示范区疾病预防控制中心", "en": "District CDC", "kind": "cdc_institution", "area": "990101", "phone": "0990-6600100" },
        { "zh": "示范区防控指挥部", "en": "District headquarters", "kind": "headquarters", "area": "990101", "phone": "0990-6600000" },
        { "zh": "示范区人民医院", "en": "District hospital", "kind": "hospital", "area": "990101" },
        { "zh": "青石镇人民政府", "en": "Qingshi township", "kind": "township", "area": "990101002" },
        { "zh": "示范区疾病预防控制局", "en": "District disease control authority", "kind": "disease_control_authority", "area": "990101" }
    ]);
    json!({ "areas": areas, "units": units }).to_string()
}

fn main() {
    let place = Place::new(fangxian_store::Engine::Sqlite);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Arc::new(Store::open(&place.config(), clock.clone()).unwrap());
    let packs = Library::shipped().ok().or_else(|| Library::from_files(vec![]).library);
    let settings = Settings { zone: Zone::china(), city: "demo".into() };
    let app = Arc::new(App::new(store, Arc::new(packs.unwrap()), clock, settings).unwrap());
    println!("/setup/{}", app.setup_token().unwrap().unwrap());
    app.first_start().unwrap();
    app.places_import(&Who::cli(), CommandId::new(), &places()).unwrap();
    if std::env::args().nth(1).as_deref() != Some("empty") {
        let admin = AdminInput { login: "admin".into(), name: "管理员".into(), password: PASSWORD.into(), again: PASSWORD.into() };
        app.admin_create(CommandId::new(), &admin).unwrap();
        let units = app.unit_list(&Who::cli(), None).unwrap();
        let areas = app.area_list(&Who::cli(), None).unwrap();
        for (login, name, unit, roles, area) in [
            ("desk", "陈静", "District CDC", vec!["desk", "duty"], "990101"),
            ("assessor", "周明", "District CDC", vec!["assessor", "organ"], "990101"),
            ("duty", "林值班", "District headquarters", vec!["duty"], "990101"),
            ("lead", "赵乡长", "Qingshi township", vec!["lead"], "990101002"),
            ("grid", "孙网格", "Qingshi township", vec!["grid"], "990101002001"),
            ("gov", "何局长", "District disease control authority", vec!["organ", "auditor"], "990101"),
        ] {
            let unit = units.iter().find(|one| one.name.en == unit).unwrap();
            let area = areas.iter().find(|one| one.code == area).unwrap();
            let grants = roles.iter().map(|role| GrantInput { role: (*role).into(), area: area.id.to_string(), ..GrantInput::default() }).collect();
            let input = UserInput { login: login.into(), name: name.into(), unit: unit.id.to_string(), grants };
            let first = app.user_create(&Who::cli(), CommandId::new(), &input).unwrap().password.unwrap();
            let begun = app.log_in(login, &first, "").unwrap();
            let (who, _) = app.session_who(&begun.token).unwrap().unwrap();
            let change = fangxian_app::accounts::PasswordChange { old: first, new: PASSWORD.into(), again: PASSWORD.into() };
            app.change_password(&who, CommandId::new(), &begun.token, &change).unwrap();
        }
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:8931").await.unwrap();
        let options = Options { secure_cookies: false, log_ins_per_minute: 0, door_per_minute: 0, ..Options::default() };
        fangxian_web::serve(app, listener, options).await.unwrap();
    });
}
