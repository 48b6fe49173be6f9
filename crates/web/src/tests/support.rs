//! An installation for tests: a district, staff of every kind, and a browser that remembers.
//!
//! [`Town::new`] is on SQLite; [`Town::each`] runs a test on both databases.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use fangxian_app::accounts::{GrantInput, PasswordChange, UserInput};
use fangxian_app::{App, Settings, Who};
use fangxian_base::{Clock, CommandId, Zone};
use fangxian_packs::Library;
use fangxian_store::testing::Place;
use fangxian_store::{Engine, audit};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::Options;

const PASSWORD: &str = "three green umbrellas";

/// Staff: log-in name, unit, roles, area.
const STAFF: [(&str, &str, &[&str], &str); 9] = [
    ("admin1", "Administration unit", &["admin"], "990101"),
    ("desk", "CDC", &["desk", "duty"], "990101"),
    ("assessor", "CDC", &["assessor", "organ"], "990101"),
    ("authority", "Authority", &["organ", "auditor"], "990101"),
    ("organ", "CDC", &["organ"], "990101"),
    ("authority2", "Authority", &["organ"], "990101"),
    ("duty", "Headquarters", &["duty"], "990101"),
    ("lead", "Township", &["lead"], "990101001"),
    ("grid", "Township", &["grid"], "990101001001"),
];

/// An installation.
pub struct Town {
    place: Place,
    pub app: Arc<App>,
    pub router: Router,
    /// Who somebody is, by log-in name: asked for once, for passwords are slow to check.
    staff: std::sync::Mutex<BTreeMap<String, Who>>,
}

/// Runs what blocks beside the asynchronous test: the driver of PostgreSQL refuses to block inside.
pub fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| match scope.spawn(work).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// A browser, or a program, with its cookies.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    pub form_token: String,
}

/// An answer.
pub struct Got {
    pub status: StatusCode,
    pub location: String,
    pub headers: axum::http::HeaderMap,
    pub text: String,
}

impl Got {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }
}

fn places() -> String {
    json!({
        "areas": [
            { "code": "990101", "zh": "示范区", "en": "District", "residents": 20_000 },
            { "code": "990101001", "parent": "990101", "zh": "河湾街道", "en": "Hewan", "geometry": {
                "type": "Polygon", "coordinates": [[[110.0, 30.0], [110.1, 30.0], [110.1, 30.1], [110.0, 30.1], [110.0, 30.0]]] } },
            { "code": "990101001001", "parent": "990101001", "zh": "第一社区", "en": "First community" }
        ],
        "units": [
            { "zh": "管理办公室", "en": "Administration unit", "kind": "other", "area": "990101" },
            { "zh": "区疾控中心", "en": "CDC", "kind": "cdc_institution", "area": "990101" },
            { "zh": "区疾控局", "en": "Authority", "kind": "disease_control_authority", "area": "990101" },
            { "zh": "区指挥部", "en": "Headquarters", "kind": "headquarters", "area": "990101" },
            { "zh": "河湾街道办事处", "en": "Township", "kind": "township", "area": "990101001" }
        ]
    })
    .to_string()
}

impl Town {
    /// A new installation with its staff.
    pub fn new() -> Self {
        Self::with(Engine::Sqlite, Options::default())
    }

    /// Runs a test in a new installation on every engine there is.
    pub fn each(test: impl AsyncFn(&Self)) {
        let server = fangxian_store::testing::server().map(|_| Engine::Postgres);
        for engine in [Some(Engine::Sqlite), server].into_iter().flatten() {
            let town = Self::with(engine, Options::default());
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(test(&town));
            drop(runtime);
        }
    }

    /// A new installation with its staff, on an engine, reached in this way.
    pub fn with(engine: Engine, options: Options) -> Self {
        let place = Place::new(engine);
        let clock: Arc<dyn Clock> = place.clock.clone();
        let packs = Arc::new(Library::shipped().expect("the shipped packs"));
        let settings = Settings {
            zone: Zone::china(),
            city: "demo".into(),
        };
        let app = App::new(place.open(), packs, clock.clone(), settings)
            .unwrap()
            .with_wall(clock);
        let app = Arc::new(app);
        app.first_start().unwrap();
        app.places_import(&Who::cli(), CommandId::new(), &places())
            .unwrap();
        let options = Options {
            secure_cookies: false,
            ..options
        };
        let router = crate::router(app.clone(), options);
        let town = Self {
            place,
            app,
            router,
            staff: std::sync::Mutex::default(),
        };
        for (login, unit, roles, area) in STAFF {
            town.staff(login, unit, roles, area);
        }
        town
    }

    pub fn staff(&self, login: &str, unit: &str, roles: &[&str], area: &str) {
        let units = self.app.unit_list(&Who::cli(), None).unwrap();
        let unit = units
            .iter()
            .find(|one| one.name.en == unit)
            .unwrap()
            .id
            .to_string();
        let area = self
            .app
            .area_by_code(&Who::cli(), area)
            .unwrap()
            .id
            .to_string();
        let grant = |role: &&str| GrantInput {
            role: (*role).into(),
            area: area.clone(),
            ..GrantInput::default()
        };
        let grants = roles.iter().map(grant).collect();
        let input = UserInput {
            login: login.into(),
            name: login.into(),
            unit,
            grants,
        };
        let first = self
            .app
            .user_create(&Who::cli(), CommandId::new(), &input)
            .unwrap()
            .password
            .unwrap();
        let begun = self.app.log_in(login, &first, "").unwrap();
        let (who, _) = self.app.session_who(&begun.token).unwrap().unwrap();
        let change = PasswordChange {
            old: first,
            new: PASSWORD.into(),
            again: PASSWORD.into(),
        };
        self.app
            .change_password(&who, CommandId::new(), &begun.token, &change)
            .unwrap();
    }

    /// Somebody without an account.
    pub fn stranger(&self) -> Browser {
        Browser::of(self.router.clone())
    }

    /// A member of staff, logged in.
    pub async fn browser(&self, login: &str) -> Browser {
        let mut browser = self.stranger();
        let input = json!({ "username": login, "password": PASSWORD });
        let got = browser.api("POST", "/login", Some(input)).await;
        assert_eq!(got.status, StatusCode::OK, "{login}: {}", got.text);
        got.json()["data"]["form_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut browser.form_token);
        browser
    }

    /// Somebody who may do this somewhere.
    pub async fn whoever_may(&self, action: fangxian_app::Action) -> (&'static str, Browser) {
        for (login, ..) in STAFF {
            if self.may(login, action) {
                return (login, self.browser(login).await);
            }
        }
        panic!("nobody may {action}")
    }

    /// Whether somebody may do this somewhere.
    pub fn may(&self, login: &str, action: fangxian_app::Action) -> bool {
        let held = self.staff.lock().unwrap().get(login).cloned();
        let who = held.unwrap_or_else(|| {
            aside(|| {
                let begun = self.app.log_in(login, PASSWORD, "").unwrap();
                let who = self.app.session_who(&begun.token).unwrap().unwrap().0;
                self.staff
                    .lock()
                    .unwrap()
                    .insert(login.to_owned(), who.clone());
                who
            })
        });
        self.app.may(&who, action)
    }

    /// Lets time pass until this moment.
    pub fn until(&self, moment: &str) {
        self.place.clock.advance_to(moment.parse().unwrap());
    }

    /// Those who work here, by log-in name.
    pub fn logins() -> impl Iterator<Item = &'static str> {
        STAFF.iter().map(|(login, ..)| *login)
    }

    /// The entries of the audit trail, oldest first: who, what.
    pub fn entries(&self) -> Vec<(String, String)> {
        aside(|| {
            let filter = audit::EntryFilter {
                limit: i64::MAX,
                ..audit::EntryFilter::default()
            };
            let read = |tx: &mut fangxian_store::Tx<'_>| audit::entry_list(tx, &filter);
            let newest_first = self.app.store().read(read).unwrap();
            let entries = newest_first.into_iter().rev();
            entries.map(|one| (one.author, one.action)).collect()
        })
    }
}

impl Browser {
    /// A browser that knows nothing yet.
    pub fn of(router: Router) -> Self {
        Self {
            router,
            cookies: BTreeMap::new(),
            form_token: String::new(),
        }
    }

    /// Sends a request and keeps the cookies of the answer.
    pub async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Got {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        let request = request
            .header("host", "fangxian.test")
            .header("cookie", cookies.join("; "))
            .body(body)
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        for value in parts.headers.get_all("set-cookie") {
            let (pair, _) = value.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let text = String::from_utf8_lossy(&to_bytes(body, 64 << 20).await.unwrap()).into_owned();
        let location = parts
            .headers
            .get("location")
            .map_or("", |v| v.to_str().unwrap())
            .to_owned();
        Got {
            status: parts.status,
            location,
            headers: parts.headers,
            text,
        }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Got {
        self.send(Request::get(path), Body::empty()).await
    }

    /// Sends a form, without anything but these fields.
    pub async fn post_bare(&mut self, path: &str, fields: &[(&str, &str)]) -> Got {
        let body = fields
            .iter()
            .map(|(k, v)| format!("{k}={}", encode(v)))
            .collect::<Vec<_>>()
            .join("&");
        let request =
            Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request, Body::from(body)).await
    }

    /// Sends a form with files to the JSON interface: name, file name, text.
    pub async fn upload(&mut self, path: &str, parts: &[(String, Option<String>, String)]) -> Got {
        let quoted = |text: &str| text.replace(['"', '\r', '\n'], "_");
        let mut body = String::new();
        for (name, file, text) in parts {
            let file = file
                .as_deref()
                .map(|file| format!("; filename=\"{}\"", quoted(file)));
            let head = format!(
                "form-data; name=\"{}\"{}",
                quoted(name),
                file.unwrap_or_default()
            );
            for part in [
                "--edge\r\nContent-Disposition: ",
                &head,
                "\r\n\r\n",
                text,
                "\r\n",
            ] {
                body.push_str(part);
            }
        }
        body += "--edge--\r\n";
        let request = Request::post(format!("/api/v1{path}"))
            .header("content-type", "multipart/form-data; boundary=edge")
            .header("x-form-token", &self.form_token);
        self.send(request, Body::from(body)).await
    }

    /// Asks the JSON interface.
    pub async fn api(&mut self, method: &str, path: &str, body: Option<Value>) -> Got {
        let method: Method = method.parse().unwrap();
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("content-type", "application/json");
        if !self.form_token.is_empty() {
            request = request.header("x-form-token", &self.form_token);
        }
        let body = body.map_or_else(Body::empty, |value| Body::from(value.to_string()));
        self.send(request, body).await
    }
}

/// Everything but letters and digits as `%XX`.
pub fn encode(text: &str) -> String {
    text.bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
}

/// An endpoint's path with ids that stand for nothing.
pub fn nowhere(path: &str) -> String {
    path.split('/')
        .map(|part| {
            if part.starts_with('{') {
                "01890000-0000-7000-8000-000000000000"
            } else {
                part
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}
