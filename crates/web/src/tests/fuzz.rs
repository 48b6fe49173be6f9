//! Everything that the program's own document declares, asked in every way one can think of: by
//! everybody, with values that fit, nearly fit and do not, in a district where something has
//! happened. No answer is a failure of ours, each refusal says what is wrong in the same form, and
//! what is answered fits what is declared.
//!
//! The draws follow from a seed, so a failure comes again. `FANGXIAN_TEST_ROUNDS` makes it longer.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Map, Value, json};

use super::schema::{Dice, Words, made_up, misfits, object, odd_text};
use super::support::{Browser, Got, Town, aside, encode};

/// How often each is asked by whoever may.
#[expect(
    clippy::disallowed_methods,
    reason = "how long a test runs is told from outside"
)]
fn rounds() -> u64 {
    std::env::var("FANGXIAN_TEST_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(16)
}

/// These end the session or the account of whoever asks, and with it the test.
const NEVER: [&str; 2] = ["sessions.end", "self.password"];

/// Words that no answer holds, but that commands wait for.
const SAID: [(&str, &[&str]); 26] = [
    (
        "outcome",
        &[
            "confirm", "decide", "amend", "ask", "return", "uphold", "refuse",
        ],
    ),
    (
        "purpose",
        &["intake", "case_work", "task_work", "command", "audit"],
    ),
    ("result", &["symptoms", "well", "served", "not_found"]),
    ("name", &["王小明", "李四光", "赵六顺"]),
    ("phone", &["13800138000", "13900139000"]),
    ("sex", &["male", "female"]),
    ("birth_date", &["1990-01-01"]),
    ("reason", &["电话核实", "other"]),
    ("note", &["看过了"]),
    ("label", &["医院接口"]),
    ("document_no", &["示疾控〔2026〕1号"]),
    (
        "kind",
        &["linelist", "managed_as_class_a", "measure", "fact"],
    ),
    ("response", &["", "noro-1", "flu-1"]),
    ("document_kind", &["resident_id", "passport"]),
    ("asks", &["more_time", "hands"]),
    ("words", &["我没有接触过病例"]),
    ("code", &["BBBB-BBBB-BBBB", "990101"]),
    ("q", &["王小明", "13800138000", "李"]),
    ("role", &["desk", "grid", "integration"]),
    ("login", &["new.one", "grid", "authority", "x"]),
    ("disease", &["norovirus", "h1n1", "x"]),
    ("states", &["first_look", "second_look", "all"]),
    ("state", &["new", "all", "handled"]),
    ("class", &["suspected", "clinical", "confirmed"]),
    ("channel", &["self_report", "staff_form"]),
    (
        "area_code",
        &["990101", "990101001", "990101001001", "110000"],
    ),
];

/// What has been seen in answers: by field, and ids by noun.
#[derive(Default)]
struct Seen {
    fields: BTreeMap<String, Vec<Value>>,
    ids: BTreeMap<String, Vec<String>>,
    /// Those of other things beside them.
    others: Vec<String>,
    /// The version of a thing as it was last seen, by id.
    versions: BTreeMap<String, Value>,
}

impl Seen {
    fn keep(&mut self, noun: &str, name: &str, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.keep(noun, name, item)),
            Value::Object(fields) => {
                if let (Some(Value::String(id)), Some(seen)) =
                    (fields.get("id"), fields.get("version"))
                {
                    self.versions.insert(id.clone(), seen.clone());
                }
                for (name, inner) in fields {
                    // What is kept of a response stands in its page, and has ids of its own.
                    let noun = if name == "kept" { name } else { noun };
                    self.keep(noun, name, inner);
                }
            }
            Value::Null | Value::Bool(_) => {}
            Value::Number(_) | Value::String(_) => {
                if let Some(text) = value.as_str()
                    && (name == "id" || uuid::Uuid::parse_str(text).is_ok())
                {
                    let ids = match name {
                        "id" | "person" => self.ids.entry(noun.to_owned()).or_default(),
                        _ => &mut self.others,
                    };
                    if ids.len() < 100 && !ids.iter().any(|id| id == text) {
                        ids.push(text.to_owned());
                    }
                }
                let held = self.fields.entry(name.to_owned()).or_default();
                if held.len() < 40 && !held.contains(value) {
                    held.push(value.clone());
                }
            }
        }
    }

    /// An id of the noun, of another, or of nothing.
    fn id(&self, noun: &str, odd: usize, dice: &mut Dice) -> String {
        if dice.happens(odd) {
            return match dice.below(4) {
                0 => "%FF".to_owned(),
                1 => "%00".to_owned(),
                _ => encode(&odd_text(dice).chars().take(300).collect::<String>()),
            };
        }
        let own = self.ids.get(noun);
        match own.filter(|_| noun == "spare" || dice.happens(90)) {
            Some(ids) => dice.one_of(ids).clone(),
            None if noun != "spare" && !self.others.is_empty() => dice.one_of(&self.others).clone(),
            None => "01890000-0000-7000-8000-000000000000".to_owned(),
        }
    }
}

impl Words for Seen {
    fn known(&self, field: &str, dice: &mut Dice) -> Option<Value> {
        let said = SAID.iter().find(|(name, _)| *name == field);
        let held = self.fields.get(field).filter(|held| !held.is_empty());
        match (said, held) {
            (Some((_, said)), held) if held.is_none() || dice.happens(60) => {
                Some(json!(*dice.one_of(said)))
            }
            (_, Some(held)) => Some(dice.one_of(held).clone()),
            _ => None,
        }
    }
}

/// Something happens in the district, by the interface alone.
async fn fill(people: &mut BTreeMap<&'static str, Browser>) {
    let mut does = async |who: &str, path: &str, input: Value| {
        let got = people
            .get_mut(who)
            .unwrap()
            .api("POST", path, Some(input))
            .await;
        assert_eq!(got.status, StatusCode::OK, "{path}: {}", got.text);
        got.json()
    };
    for (code, disease) in [("noro-1", "norovirus"), ("flu-1", "novel-influenza")] {
        let opened =
            json!({ "code": code, "title_zh": "响应", "title_en": "Response", "disease": disease });
        let opened = does("authority", "/responses", opened).await;
        let approval = json!({ "kind": "response_active", "organ": "county_government",
            "document_no": "1", "from_on": "2026-04-20" });
        let path = format!("/responses/{}/approvals", opened["data"].as_str().unwrap());
        let proposed = does("authority", &path, approval.clone()).await;
        let path = format!("/approvals/{}/confirm", proposed["data"].as_str().unwrap());
        does("authority2", &path, json!({ "decision": "confirm" })).await;
        let approval = json!({ "kind": "managed_as_class_a", "organ": "state_council",
            "document_no": "2", "from_on": "2026-04-20" });
        let path = format!("/responses/{}/approvals", opened["data"].as_str().unwrap());
        if disease == "novel-influenza" {
            let proposed = does("authority", &path, approval).await;
            let path = format!("/approvals/{}/confirm", proposed["data"].as_str().unwrap());
            does("authority2", &path, json!({ "decision": "confirm" })).await;
        }
    }
    for (code, destroyed) in [("over-1", false), ("over-2", true)] {
        let opened = json!({ "code": code, "title_zh": "响应", "title_en": "Response",
            "disease": "norovirus" });
        let opened = does("authority", "/responses", opened).await;
        let path = format!("/responses/{}", opened["data"].as_str().unwrap());
        let said = json!({ "response": code, "name": "孙七", "phone": "13300133000" });
        does("desk", "/inbox/new", said).await;
        does(
            "authority",
            &format!("{path}/close"),
            json!({ "version": 1 }),
        )
        .await;
        let keep = json!({ "class": "emergency", "why": "evidence", "until_on": "2027-01-01",
            "lawful": "已立案", "necessary": "证据", "secure": "专人保管" });
        let kept = does("authority", &format!("{path}/kept"), keep).await;
        if destroyed {
            let kept = format!("{path}/kept/{}/confirm", kept["data"].as_str().unwrap());
            does("authority2", &kept, json!({ "decision": "confirm" })).await;
            does(
                "authority2",
                &format!("{path}/destroy"),
                json!({ "version": 2 }),
            )
            .await;
        }
    }
    for n in 0..3 {
        let report = json!({ "name": "王小明", "phone": format!("1380013800{n}"),
            "area_code": "990101001001", "symptoms": ["vomiting"], "onset_on": "2026-05-02",
            "contacts": [{ "name": "赵六", "phone": "13700137000" }] });
        does("nobody", "/report", report).await;
        let flu = json!({ "response": "flu-1", "name": "钱五", "phone": format!("1350013500{n}"),
            "area_code": "990101001001", "class": "confirmed", "class_on": "2026-05-02" });
        does("desk", "/inbox/new", flu).await;
        let notified = json!({ "response": "noro-1", "name": "李四", "phone": format!("1390013900{n}"),
            "area_code": "990101001001", "symptoms": ["vomiting", "diarrhoea"],
            "onset_on": "2026-05-02", "class": "confirmed", "class_on": "2026-05-02" });
        does("desk", "/inbox/new", notified).await;
    }
    let code = fangxian_domain::intake::ReceiptCode::from_random([5; 16]).to_string();
    let appeal = json!({ "code": code, "kind": "measure", "words": "我没有接触过病例" });
    does("nobody", "/appeal", appeal.clone()).await;
    does("nobody", "/appeal", appeal).await;
    let got = people.get_mut("assessor").unwrap();
    let reviews = got.api("GET", "/reviews", None).await.json();
    // Every fourth waits for its first look, every fourth of the others for its second.
    let waiting = |n: &usize| n % 4 == 3;
    for (n, review) in reviews["list"]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
    {
        if waiting(&n) {
            continue;
        }
        let id = review["id"].as_str().unwrap();
        let first = json!({ "version": review["version"], "outcome": "amend", "add": ["door_visit"],
            "reason": "上门看看", "area_code": "990101001" });
        let desk = people.get_mut("desk").unwrap();
        desk.api("POST", &format!("/reviews/{id}/first"), Some(first))
            .await;
    }
    let got = people.get_mut("assessor").unwrap();
    let reviews = got.api("GET", "/reviews?states=second_look", None).await;
    for (n, review) in reviews.json()["list"]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
    {
        if waiting(&n) {
            continue;
        }
        let id = review["id"].as_str().unwrap();
        let second = json!({ "version": review["version"], "outcome": "confirm" });
        got.api("POST", &format!("/reviews/{id}/second"), Some(second))
            .await;
    }
    let list = "姓名,联系电话,发病日期\n表格一,19911110001,2026-05-01\n";
    let parts = [
        (
            "file".to_owned(),
            Some("list.csv".to_owned()),
            list.to_owned(),
        ),
        ("source".to_owned(), None, "hospital-may".to_owned()),
    ];
    let got = people
        .get_mut("desk")
        .unwrap()
        .upload("/imports", &parts)
        .await;
    assert_eq!(got.status, StatusCode::OK, "{}", got.text);
}

struct Operation<'a> {
    name: &'a str,
    noun: &'a str,
    path: &'a str,
    get: bool,
    entry: &'a Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap();
        methods.iter().map(move |(method, entry)| Operation {
            name: entry["operationId"].as_str().unwrap(),
            noun: entry["tags"][0].as_str().unwrap(),
            path: path.strip_prefix("/api/v1").unwrap(),
            get: method == "get",
            entry,
        })
    });
    all.filter(|one| !NEVER.contains(&one.name)).collect()
}

impl Operation<'_> {
    fn body_schema(&self) -> Option<&Value> {
        let content = self.entry["requestBody"]["content"].as_object()?;
        content.values().next().map(|one| &one["schema"])
    }

    fn takes_file(&self) -> bool {
        self.entry["requestBody"]["content"]["multipart/form-data"].is_object()
    }

    /// Asks once and checks the answer.
    async fn ask(
        &self,
        document: &Value,
        who: &mut Browser,
        seen: &Seen,
        odd: usize,
        dice: &mut Dice,
    ) -> Got {
        let (mut path, mut version) = (self.path.to_owned(), None);
        let mut query = Vec::new();
        for one in self.entry["parameters"].as_array().unwrap() {
            let name = one["name"].as_str().unwrap();
            match one["in"].as_str().unwrap() {
                "path" => {
                    // An account that somebody works with stays as it is.
                    let noun = if self.noun == "users" && !self.get {
                        "spare"
                    } else if name == "kept" {
                        name
                    } else {
                        self.noun
                    };
                    let id = seen.id(noun, odd / 3, dice);
                    version = version.or_else(|| seen.versions.get(&id));
                    path = path.replace(&format!("{{{name}}}"), &id);
                }
                "query" if one["required"] == true || dice.happens(15 + odd) => {
                    let value = made_up(document, &one["schema"], name, seen, odd, dice);
                    let text = match value {
                        Value::String(text) => text,
                        other => other.to_string(),
                    };
                    let text: String = text.chars().take(2_000).collect();
                    query.push(format!("{name}={}", encode(&text)));
                }
                _ => {}
            }
        }
        if dice.happens(odd / 8) {
            query.push("umbrella=%00".to_owned());
        }
        let uri = format!("{path}?{}", query.join("&"));
        let body = self.body_schema().map(|schema| {
            let mut fields = object(document, schema, seen, odd, dice);
            if let (true, Some(version), true) = (odd < 20, version, fields.contains_key("version"))
            {
                fields.insert("version".to_owned(), version.clone());
            }
            // A first word of who asks is not taken for another's, and nobody is locked out.
            if self.name == "sessions.begin" {
                fields.insert("username".to_owned(), json!("nobody.here"));
            }
            if dice.happens(90) {
                fields.remove("command_id");
            }
            fields
        });
        let got = match body {
            None => who.api("GET", &uri, None).await,
            Some(fields) if self.takes_file() => who.upload(&uri, &parts(&fields, dice)).await,
            Some(fields) => {
                let bytes = match dice.below(if odd == 0 { 1_000 } else { 40 }) {
                    0 => "{\"name\": ".to_owned(),
                    1 => "[]".to_owned(),
                    2 => format!("{}1{}", "[".repeat(2_000), "]".repeat(2_000)),
                    3 => format!("{{\"name\": \"{}\"}}", "x".repeat(80_000)),
                    4 => "{\"name\": \"\\ud800\"}".to_owned(),
                    _ => Value::Object(fields).to_string(),
                };
                let request = Request::post(format!("/api/v1{uri}"))
                    .header("content-type", "application/json")
                    .header("x-form-token", &who.form_token);
                who.send(request, Body::from(bytes)).await
            }
        };
        self.check(document, &uri, &got);
        got
    }

    fn check(&self, document: &Value, uri: &str, got: &Got) {
        let status = got.status.as_u16();
        let uri: String = uri.chars().take(400).collect();
        let told = format!("{} {uri}: {status} {}", self.name, got.text);
        assert!(status < 500 && !got.status.is_redirection(), "{told}");
        let answers = &self.entry["responses"];
        let entry = &answers[got.status.as_str()];
        assert!(entry.is_object(), "not declared: {told}");
        let (media, content) = entry["content"].as_object().unwrap().iter().next().unwrap();
        let given = got.headers["content-type"].to_str().unwrap();
        assert_eq!(given, media, "{told}");
        if media == "application/json" {
            let wrong = misfits(document, &content["schema"], &got.json(), "$");
            assert_eq!(wrong, Vec::<String>::new(), "{told}");
        }
        if status != 200 {
            let problem = got.json();
            for part in ["code", "message", "op"] {
                assert!(
                    problem[part].as_str().is_some_and(|text| !text.is_empty()),
                    "{told}"
                );
            }
        }
    }
}

/// The fields of a form with a file; the file is a list, or anything.
fn parts(fields: &Map<String, Value>, dice: &mut Dice) -> Vec<(String, Option<String>, String)> {
    let mut parts: Vec<_> = fields
        .iter()
        .filter(|(name, _)| *name != "file" && *name != "waiting")
        .map(|(name, value)| {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), None, text)
        })
        .collect();
    let list = "姓名,联系电话,发病日期\n表格一,19911110001,2026-05-01\n";
    let file = match dice.below(4) {
        0 => odd_text(dice),
        1 => format!("{list}表\0格,1,2026-05-0\0\n=1+1,,99\n"),
        _ => list.to_owned(),
    };
    let name = if dice.happens(80) {
        "list.csv"
    } else {
        "a\u{202e}b"
    };
    parts.push(("file".to_owned(), Some(name.to_owned()), file));
    parts
}

#[test]
fn random_requests_are_answered_as_declared_whatever_is_sent() {
    Town::each(async |town| {
        town.until("2026-05-03T02:00:00Z");
        let mut people: BTreeMap<&'static str, Browser> = BTreeMap::new();
        people.insert("nobody", town.stranger());
        for login in Town::logins() {
            people.insert(login, town.browser(login).await);
        }
        fill(&mut people).await;
        aside(|| town.app.alerts_sweep()).unwrap();
        let document = town.stranger().get("/api/openapi.json").await.json();
        let operations = operations(&document);
        let mut seen = Seen::default();
        for one in operations
            .iter()
            .filter(|one| one.get && !one.path.contains('{'))
        {
            for who in people.values_mut() {
                let got = who.api("GET", one.path, None).await;
                if got.status == StatusCode::OK && got.headers["content-type"] == "application/json"
                {
                    seen.keep(one.noun, "", &got.json());
                }
            }
        }
        // What becomes of a response stands on a page of its own.
        for id in seen.ids["responses"].clone() {
            let page = format!("/responses/{id}/closing");
            let got = people.get_mut("authority").unwrap().api("GET", &page, None);
            seen.keep("responses", "", &got.await.json());
        }
        let spare = made_spare(people.get_mut("admin1").unwrap(), &seen).await;
        seen.ids.insert("spare".to_owned(), vec![spare]);
        let (mut answered, mut refused) = (BTreeSet::new(), BTreeSet::new());
        let mut dice = Dice::new(20_250_115);
        for _ in 0..rounds() {
            for one in &operations {
                for (login, who) in &mut people {
                    // Whoever may not is asked less often: there is one way to refuse.
                    if refused.contains(&(one.name, *login)) && !dice.happens(5) {
                        continue;
                    }
                    let odd = *dice.one_of(&[0, 0, 0, 20, 60]);
                    let got = one.ask(&document, who, &seen, odd, &mut dice).await;
                    if [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&got.status) {
                        refused.insert((one.name, *login));
                    }
                    if got.status == StatusCode::OK {
                        answered.insert((one.name, *login));
                        if got.headers["content-type"] == "application/json" {
                            seen.keep(one.noun, "", &got.json());
                        }
                    }
                }
            }
        }
        let reached: BTreeSet<&str> = answered.iter().map(|(name, _)| *name).collect();
        let never: Vec<&str> = operations
            .iter()
            .map(|one| one.name)
            .filter(|name| !reached.contains(name))
            .collect();
        // What nothing made up can satisfy says little; most must have been done at least once.
        assert!(
            never.len() * 5 < operations.len() * 2,
            "never done: {never:?}"
        );
        for one in operations
            .iter()
            .filter(|one| one.get && !one.path.contains('{'))
        {
            assert!(reached.contains(one.name), "{} was never shown", one.name);
        }
    });
}

/// An account that nobody works with.
async fn made_spare(admin: &mut Browser, seen: &Seen) -> String {
    let unit = seen.fields["unit"][0].clone();
    let input = json!({ "login": "spare", "name": "备用", "unit": unit });
    let got = admin.api("POST", "/users/new", Some(input)).await;
    assert_eq!(got.status, StatusCode::OK, "{}", got.text);
    got.json()["user"].as_str().unwrap().to_owned()
}
