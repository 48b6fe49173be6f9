//! One story through the whole program, by the interface: a report comes in, is judged twice, goes
//! out as work and comes back; and every command leaves an entry in the audit trail.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::support::{Browser, Town};
use crate::endpoint::{Access, Method};
use crate::pages::REGISTRY;

/// Commands that are told apart, and why.
const APART: [(&str, &str); 4] = [
    ("setup.create", "it needs an installation without accounts"),
    (
        "imports.decide",
        "needs a rejected row; told beside the use case",
    ),
    (
        "imports.resume",
        "needs an import that failed; told beside the use case",
    ),
    (
        "imports.cancel",
        "needs an import that runs; told beside the use case",
    ),
];

/// The story under way.
pub struct Story<'a> {
    pub town: &'a Town,
    told: BTreeSet<&'static str>,
}

impl Story<'_> {
    /// Gives a command by its name and checks that it left the entry that its permission names.
    pub async fn does(
        &mut self,
        who: &mut Browser,
        name: &'static str,
        id: &str,
        input: Value,
    ) -> Value {
        let path = crate::pages::named(name).expect(name).path;
        // Two ids of a path stand with a bar between them.
        let (id, kept) = id.split_once('|').unwrap_or((id, ""));
        let path = path.replacen("{id}", id, 1).replacen("{kept}", kept, 1);
        let before = self.town.entries().len();
        let got = who.api("POST", &path, Some(input)).await;
        assert_eq!(got.status, StatusCode::OK, "{name}: {}", got.text);
        self.left(name, before);
        got.json()
    }

    /// The same with a file.
    async fn hands_in(&mut self, who: &mut Browser, name: &'static str, list: &str) -> Value {
        let path = crate::pages::named(name).expect(name).path;
        let before = self.town.entries().len();
        let parts = [
            ("kind".to_owned(), None, "linelist".to_owned()),
            ("source".to_owned(), None, "hospital-may".to_owned()),
            (
                "file".to_owned(),
                Some("list.csv".to_owned()),
                list.to_owned(),
            ),
        ];
        let got = who.upload(path, &parts).await;
        assert_eq!(got.status, StatusCode::OK, "{name}: {}", got.text);
        self.left(name, before);
        got.json()
    }

    /// Notes that a command was told, once its entry is found among those since `before`.
    fn left(&mut self, name: &'static str, before: usize) {
        let endpoint = crate::pages::named(name).expect(name);
        let entries = self.town.entries();
        let new: Vec<&str> = entries[before..]
            .iter()
            .map(|(_, action)| action.as_str())
            .collect();
        match endpoint.access {
            _ if !endpoint.audited => assert_eq!(new, Vec::<&str>::new(), "{name}"),
            Access::Staff(action) => assert!(
                new.iter().any(|did| *did == action.code() || *did == name),
                "{name}: {new:?}"
            ),
            Access::Public | Access::Session => assert!(!new.is_empty(), "{name} left no entry"),
        }
        self.told.insert(name);
    }
}

pub async fn rows(who: &mut Browser, path: &str) -> Vec<Value> {
    let got = who.api("GET", path, None).await;
    assert_eq!(got.status, StatusCode::OK, "{path}: {}", got.text);
    got.json()["list"]["rows"].as_array().unwrap().clone()
}

pub fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("not a text: {value}"))
}

#[test]
fn a_report_becomes_work_and_comes_back_and_everything_leaves_a_trace() {
    Town::each(async |town| tell(town).await);
}

async fn tell(town: &Town) {
    // A day on which the packs know measures.
    town.until("2026-05-03T02:00:00Z");
    let mut story = Story {
        town,
        told: BTreeSet::new(),
    };
    let mut visitor = town.stranger();
    let mut desk = town.browser("desk").await;
    let mut assessor = town.browser("assessor").await;
    let mut authority = town.browser("authority").await;
    let mut lead = town.browser("lead").await;
    let mut grid = town.browser("grid").await;
    let mut admin = town.browser("admin1").await;
    let mut organ = town.browser("organ").await;
    let mut destroyer = town.browser("authority2").await;

    story
        .does(
            &mut authority,
            "responses.open",
            "",
            json!({
        "code": "noro-1", "title_zh": "诺如", "title_en": "Norovirus", "disease": "norovirus" }),
        )
        .await;
    let flu = json!({ "code": "flu-1", "title_zh": "流感", "title_en": "Flu", "disease": "novel-influenza" });
    let opened = story.does(&mut authority, "responses.open", "", flu).await;
    super::approvals::approvals(
        &mut story,
        &mut authority,
        &mut destroyer,
        text(&opened["data"]),
    )
    .await;

    let given = story
        .does(
            &mut visitor,
            "report.submit",
            "",
            json!({
        "name": "王小明", "phone": "13800138000", "area_code": "990101001001", "address": "一栋",
        "symptoms": ["vomiting", "diarrhoea"], "onset_on": "2026-05-02" }),
        )
        .await;
    let receipt = text(&given["data"]["receipt"]).to_owned();
    let got = visitor
        .api("GET", &format!("/receipt?number={receipt}"), None)
        .await;
    assert_eq!(got.json()["found"]["state"], "received");

    let given = story
        .does(
            &mut desk,
            "intake.submit",
            "",
            json!({
        "response": "noro-1", "name": "李四光", "phone": "13900139000", "area_code": "990101001001",
        "symptoms": ["vomiting", "diarrhoea"], "onset_on": "2026-05-02",
        "class": "confirmed", "class_on": "2026-05-02" }),
        )
        .await;
    let record = text(&given["data"]["record"]).to_owned();
    story
        .does(
            &mut desk,
            "intake.place",
            &record,
            json!({ "area_code": "990101001001" }),
        )
        .await;
    // Nothing speaks for a case: the desk sets it aside.
    let quiet = json!({ "name": "赵六顺", "phone": "13700137000" });
    story.does(&mut visitor, "report.submit", "", quiet).await;
    let inbox = rows(&mut desk, "/inbox").await;
    let quiet = |row: &&Value| row["name"] == "赵六顺";
    let public = inbox.iter().find(quiet).expect("the quiet report");
    let id = text(&public["id"]).to_owned();
    let view = desk.api("GET", &format!("/inbox/{id}"), None).await.json();
    let aside = json!({ "version": view["record"]["version"], "reason": "电话核实无事" });
    story.does(&mut desk, "intake.set_aside", &id, aside).await;
    people(&mut story, &mut visitor, &mut desk).await;
    let reviews = rows(&mut assessor, "/reviews").await;

    for review in &reviews {
        story.does(&mut desk, "reviews.first_look", text(&review["id"]), json!({
            "version": review["version"], "outcome": "amend", "add": ["door_visit"], "reason": "上门看看",
            "area_code": "990101001" })).await;
    }
    for review in rows(&mut assessor, "/reviews?states=second_look").await {
        story
            .does(
                &mut assessor,
                "reviews.second_look",
                text(&review["id"]),
                json!({
            "version": review["version"], "outcome": "confirm" }),
            )
            .await;
    }

    for clock in rows(&mut desk, "/reports").await.iter().take(1) {
        story
            .does(
                &mut desk,
                "reports.mark_sent",
                text(&clock["id"]),
                json!({
            "version": clock["version"], "reference": "R-1" }),
            )
            .await;
    }

    let screen = assessor.api("GET", "/desk", None).await.json();
    assert!(
        screen["command"]["last_day"].as_i64().unwrap() >= 2,
        "{screen}"
    );
    assert_eq!(
        screen["command"]["days"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()["count"],
        screen["command"]["last_day"]
    );

    work(&mut story, &mut lead, &mut grid, &mut desk).await;
    let measure = measures(&mut story, &mut desk, &mut assessor, &mut organ).await;
    let story = &mut story;
    super::appeals::appeals(story, &mut visitor, &mut organ, &mut authority, &measure).await;
    super::own_file::own_file(story, &mut visitor, &mut desk, &mut organ, &measure).await;
    lifted(story, &mut organ, &measure).await;
    super::alerts::alerts(story, &mut desk).await;
    let import = lists(story, &mut desk).await;
    models(story, &mut desk).await;
    accounts(story, &mut admin).await;
    super::holds::holds(story, town).await;
    let closed = super::closing::closing(story, &mut desk, &mut authority, &mut destroyer).await;
    super::every_page::every_page(town, &measure, &import, &closed).await;
    story
        .does(&mut authority, "audit.verify", "", json!({}))
        .await;
    story
        .does(
            &mut grid,
            "self.password",
            "",
            json!({
        "old": "three green umbrellas", "new": "four red bicycles", "again": "four red bicycles" }),
        )
        .await;
    story.does(&mut grid, "sessions.end", "", json!({})).await;
    let log_in = json!({ "username": "grid", "password": "four red bicycles" });
    story
        .does(&mut town.stranger(), "sessions.begin", "", log_in)
        .await;

    let known: BTreeSet<&str> = APART.iter().map(|(name, _)| *name).collect();
    let untold: BTreeSet<&str> = REGISTRY
        .iter()
        .filter(|one| one.method == Method::Post && !story.told.contains(one.name))
        .map(|one| one.name)
        .collect();
    assert_eq!(untold, known, "the story must tell every command");
}

async fn work(story: &mut Story<'_>, lead: &mut Browser, grid: &mut Browser, desk: &mut Browser) {
    let mut tasks = rows(lead, "/tasks").await;
    tasks.retain(|task| task["kind"] == "door_visit");
    assert!(!tasks.is_empty(), "a visit was given out");
    let id = text(&tasks[0]["id"]).to_owned();
    let version = async |who: &mut Browser| {
        who.api("GET", &format!("/tasks/{id}"), None).await.json()["task"]["row"]["version"].clone()
    };
    let seen = version(lead).await;
    story
        .does(
            lead,
            "tasks.hand_down",
            &id,
            json!({ "version": seen, "area_code": "990101001001" }),
        )
        .await;
    let seen = version(lead).await;
    story
        .does(
            lead,
            "tasks.hand_down",
            &id,
            json!({ "version": seen, "login": "grid" }),
        )
        .await;
    let mine = grid.api("GET", "/tasks/mine", None).await.json();
    assert_eq!(mine["tasks"].as_array().unwrap().len(), 1, "{mine}");
    let seen = version(grid).await;
    story
        .does(grid, "tasks.receive", &id, json!({ "version": seen }))
        .await;
    let seen = version(grid).await;
    story
        .does(
            grid,
            "tasks.ask_help",
            &id,
            json!({ "version": seen, "asks": "more_time" }),
        )
        .await;
    let seen = version(lead).await;
    let time = json!({ "version": seen, "hours": 24, "note": "可以" });
    story.does(lead, "tasks.grant_time", &id, time).await;
    let seen = version(grid).await;
    story
        .does(
            grid,
            "tasks.return",
            &id,
            json!({ "version": seen, "reason": "other", "note": "明天再去" }),
        )
        .await;
    let seen = version(lead).await;
    story
        .does(
            lead,
            "tasks.hand_down",
            &id,
            json!({ "version": seen, "area_code": "990101001001" }),
        )
        .await;
    let seen = version(lead).await;
    story
        .does(
            lead,
            "tasks.hand_down",
            &id,
            json!({ "version": seen, "login": "grid" }),
        )
        .await;
    let seen = version(grid).await;
    story
        .does(
            grid,
            "tasks.feed_back",
            &id,
            json!({ "version": seen, "result": "symptoms", "symptoms": ["vomiting"] }),
        )
        .await;
    let seen = version(desk).await;
    story
        .does(desk, "tasks.close", &id, json!({ "version": seen }))
        .await;
}

/// Two records of one person, two of which nobody knows, and the desk's word about both.
async fn people(story: &mut Story<'_>, visitor: &mut Browser, desk: &mut Browser) {
    let three = [
        ("周八", "13600136001"),
        ("周八", "13600136002"),
        ("孙七", "13600136003"),
    ];
    for (name, phone) in three {
        let report = json!({ "name": name, "phone": phone, "birth_date": "1990-01-01",
            "area_code": "990101001001", "symptoms": ["cough"] });
        story.does(visitor, "report.submit", "", report).await;
    }
    let pairs = desk.api("GET", "/pairs", None).await.json();
    let pair = &pairs["pair"];
    let (id, one) = (
        text(&pair["id"]).to_owned(),
        text(&pair["a_person"]).to_owned(),
    );
    story
        .does(desk, "pairs.decide", &id, json!({ "same": true }))
        .await;
    story.does(desk, "pairs.undo", &id, json!({})).await;
    story
        .does(desk, "pairs.decide", &id, json!({ "same": false }))
        .await;
    let other = rows(desk, "/inbox").await;
    let other = other.iter().find(|row| row["name"] == "孙七").unwrap();
    let with = json!({ "other": other["person"], "purpose": "intake" });
    story.does(desk, "people.merge", &one, with).await;
    let file = format!("/people/{one}?purpose=intake");
    let file = desk.api("GET", &file, None).await.json();
    let links = file["file"]["links"].as_array().unwrap();
    let by_hand = |link: &&Value| link["says"] == "same" && link["basis"] == "by_hand";
    let link = links.iter().find(by_hand).unwrap();
    let link = json!({ "link": link["id"], "purpose": "intake" });
    story.does(desk, "people.unmerge", &one, link).await;
    let file = format!("/people/{one}?purpose=intake");
    let file = desk.api("GET", &file, None).await.json();
    let facts = file["file"]["facts"].as_array().unwrap();
    let cough = facts.iter().find(|fact| fact["kind"] == "symptom").unwrap();
    let withdrawn = json!({ "fact": cough["id"], "reason": "本人说没有咳嗽", "purpose": "intake" });
    story.does(desk, "people.correct", &one, withdrawn).await;
}

/// A notified case of a disease that is managed strictly: isolated by the organ, and released.
async fn measures(
    story: &mut Story<'_>,
    desk: &mut Browser,
    assessor: &mut Browser,
    organ: &mut Browser,
) -> String {
    let notified = json!({ "response": "flu-1", "name": "李四光", "phone": "13900139001",
        "area_code": "990101001001", "class": "confirmed", "class_on": "2026-05-02",
        "hospitalised_on": "2026-05-02" });
    let given = story.does(desk, "intake.submit", "", notified).await;
    let record = &given["data"]["record"];
    let reviews = rows(assessor, "/reviews").await;
    let review = reviews.iter().find(|row| row["record"] == *record).unwrap();
    let id = text(&review["id"]).to_owned();
    let first = json!({ "version": review["version"], "outcome": "confirm" });
    story.does(desk, "reviews.first_look", &id, first).await;
    let reviews = rows(assessor, "/reviews?states=second_look").await;
    let review = reviews.iter().find(|row| row["id"] == *id).unwrap();
    let second = json!({ "version": review["version"], "outcome": "confirm" });
    story
        .does(assessor, "reviews.second_look", &id, second)
        .await;
    let proposed = rows(organ, "/measures").await;
    let measure = text(&proposed[0]["id"]).to_owned();
    let decision = json!({ "version": proposed[0]["version"], "outcome": "decide",
        "document_no": "示疾控隔〔2026〕1号", "ends_on": "2026-05-04" });
    story
        .does(organ, "measures.decide", &measure, decision)
        .await;
    measure
}

/// Its organ lifts it.
async fn lifted(story: &mut Story<'_>, organ: &mut Browser, measure: &str) {
    let seen = organ
        .api("GET", &format!("/measures/{measure}"), None)
        .await
        .json();
    let lift = json!({ "version": seen["row"]["version"], "reason": "两次检测阴性" });
    story.does(organ, "measures.lift", measure, lift).await;
}

/// A list is previewed and taken in.
async fn lists(story: &mut Story<'_>, desk: &mut Browser) -> String {
    let list =
        "姓名,联系电话,发病日期\n表格一,19911110001,2026-05-01\n表格二,19911110002,2026-13-01\n";
    story.hands_in(desk, "imports.preview", list).await;
    let taken = story.hands_in(desk, "imports.run", list).await;
    let id = text(&taken["data"]).to_owned();
    taken_in(desk, &id, 1).await;
    let wrong = "姓名,联系电话,发病日期\n错发一,19911110009,2026-05-01\n";
    let taken = story.hands_in(desk, "imports.run", wrong).await;
    let taken = text(&taken["data"]);
    taken_in(desk, taken, 1).await;
    let reason = json!({ "reason": "发错了名单" });
    story.does(desk, "imports.undo", taken, reason).await;
    until(desk, taken, |report| {
        report["state"] == "undone" && report["undo"]["records"] == 1
    })
    .await;
    id
}

/// Waits until an import has taken so many rows.
pub async fn taken_in(desk: &mut Browser, id: &str, rows: usize) {
    until(desk, id, |report| {
        report["state"] == "done" && report["accepted"] == rows
    })
    .await;
}

/// Waits until an import is so.
async fn until(desk: &mut Browser, id: &str, so: impl Fn(&Value) -> bool) {
    let path = format!("/imports/{id}");
    for _ in 0..2_000 {
        let report = desk.api("GET", &path, None).await.json();
        if so(&report) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the list never came so far");
}

/// A model of matching is learnt from a list and released.
async fn models(story: &mut Story<'_>, desk: &mut Browser) {
    let row = |n: usize| {
        let letter = |n: usize| "伟芳娜敏静丽强磊军洋".chars().nth(n % 10).unwrap();
        let day = format!("19{}-0{}-1{}", 50 + n % 40, 1 + n % 9, n % 7);
        let (one, other) = (letter(n / 3), letter(n / 7));
        format!("王{one}{other},199{:08},{day}\n", n / 2)
    };
    let list: String = (0..320).map(row).collect();
    let list = format!("姓名,联系电话,出生日期\n{list}");
    let taken = story.hands_in(desk, "imports.run", &list).await;
    taken_in(desk, text(&taken["data"]), 320).await;
    story.does(desk, "pairs.learn", "", json!({})).await;
    for _ in 0..2_000 {
        let seen = desk.api("GET", "/pairs/models", None).await.json();
        if let Some(id) = seen["models"][0]["id"].as_str() {
            story.does(desk, "pairs.release", id, json!({})).await;
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no model was learnt");
}

async fn accounts(story: &mut Story<'_>, admin: &mut Browser) {
    let units = admin.api("GET", "/users/new", None).await.json();
    let unit = units["units"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["kind"] == "cdc_institution")
        .unwrap()["id"]
        .clone();
    let made = story
        .does(
            admin,
            "users.create",
            "",
            json!({ "login": "new.one", "name": "新同事", "unit": unit }),
        )
        .await;
    let id = text(&made["user"]).to_owned();
    assert!(made["password"].is_string());
    story
        .does(
            admin,
            "users.update",
            &id,
            json!({ "version": 1, "name": "新同事", "unit": unit, "grants": [] }),
        )
        .await;
    story.does(admin, "users.reset", &id, json!({})).await;
    let user = admin.api("GET", &format!("/users/{id}"), None).await.json();
    for what in ["users.token", "users.revoke"] {
        let label = json!({ "label": "医院接口" });
        story.does(admin, what, &id, label).await;
    }
    story
        .does(
            admin,
            "users.disable",
            &id,
            json!({ "version": user["user"]["version"], "disabled": true }),
        )
        .await;
}
