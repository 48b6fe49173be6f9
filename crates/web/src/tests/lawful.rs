//! Measure × disease × organ through the doors: form and interface give the same answer as the law
//! packs, whoever asks, and a list brings no measure in.

use axum::http::StatusCode;
use fangxian_domain::units::UnitKind;
use fangxian_packs::{Approval, ApprovalKind, Organ, PermitRequest};
use serde_json::{Value, json};

use super::story::{rows, text};
use super::support::{Browser, Town};

/// One unit of every kind that decides anything, and three that do not: kind, name, log-in name.
const UNITS: [(UnitKind, &str, &str); 7] = [
    (UnitKind::Hospital, "General hospital", "law-hospital"),
    (UnitKind::CdcInstitution, "CDC", "law-cdc"),
    (
        UnitKind::DiseaseControlAuthority,
        "Authority",
        "law-authority",
    ),
    (
        UnitKind::Government,
        "District government",
        "law-government",
    ),
    (UnitKind::Headquarters, "Headquarters", "law-headquarters"),
    (UnitKind::Township, "Township", "law-township"),
    (UnitKind::Police, "Police post", "law-police"),
];

/// Diseases, how a case is put, and whether class A measures are approved: managed as class A by
/// law, class B, class C, approved and not.
const DISEASES: [(&str, bool); 6] = [
    ("cholera", false),
    ("sars", false),
    ("measles", false),
    ("hand-foot-mouth", false),
    ("novel-influenza", false),
    ("novel-influenza", true),
];

fn organs_of(kind: UnitKind) -> &'static [Organ] {
    match kind {
        UnitKind::Hospital => &[Organ::Hospital],
        UnitKind::CdcInstitution => &[Organ::CdcInstitution],
        UnitKind::DiseaseControlAuthority => &[Organ::CdcAuthority],
        UnitKind::Government => &[Organ::CountyGovernment, Organ::CityGovernment],
        _ => &[],
    }
}

/// Adds the units that the town lacks, with one member of staff each who decides for them.
fn staffed(town: &Town) {
    let more = json!({ "units": [
        { "zh": "区人民医院", "en": "General hospital", "kind": "hospital", "area": "990101" },
        { "zh": "区政府", "en": "District government", "kind": "government", "area": "990101" },
        { "zh": "派出所", "en": "Police post", "kind": "police", "area": "990101" },
    ] });
    super::support::aside(|| {
        let cli = fangxian_app::Who::cli();
        let command = fangxian_base::CommandId::new();
        town.app
            .places_import(&cli, command, &more.to_string())
            .unwrap();
        for (_, unit, login) in UNITS {
            town.staff(login, unit, &["organ"], "990101");
        }
    });
}

/// A confirmed case of a disease, looked at twice; the measures that stand before their organs.
async fn proposed(town: &Town, response: &str, n: usize) -> Vec<Value> {
    let mut desk = town.browser("desk").await;
    let mut assessor = town.browser("assessor").await;
    let name = format!("病例{n}");
    let said = json!({ "response": response, "name": name, "phone": format!("1350013500{n}"),
        "area_code": "990101001001", "class": "confirmed", "class_on": "2026-05-02",
        "hospitalised_on": "2026-05-02" });
    let given = desk.api("POST", "/inbox/new", Some(said)).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.text);
    for (step, states) in [("first", "first_look"), ("second", "second_look")] {
        let waiting = rows(&mut assessor, &format!("/reviews?states={states}")).await;
        let Some(review) = waiting.iter().find(|row| row["name"] == name.as_str()) else {
            return Vec::new();
        };
        let look = json!({ "version": review["version"], "outcome": "confirm" });
        let path = format!("/reviews/{}/{step}", text(&review["id"]));
        let who = if step == "first" {
            &mut desk
        } else {
            &mut assessor
        };
        let got = who.api("POST", &path, Some(look)).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.text);
    }
    let all = rows(&mut assessor, "/measures?states=proposed").await;
    all.into_iter()
        .filter(|row| row["name"] == name.as_str())
        .collect()
}

/// What the law packs say of a unit that wants to decide.
fn lawful(town: &Town, disease: &str, approved: bool, measure: &str, kind: UnitKind) -> bool {
    let on = town.app.today();
    let approvals = [Approval {
        kind: ApprovalKind::ManagedAsClassA,
        disease: Some(disease.to_owned()),
        from: on,
        until: None,
        reference: String::new(),
        by: String::new(),
    }];
    organs_of(kind).iter().any(|organ| {
        let request = PermitRequest {
            disease,
            measure,
            organ: Some(*organ),
            on,
            as_of: on,
            approvals: if approved { &approvals } else { &[] },
        };
        town.app.packs().permit(&request).is_ok()
    })
}

/// Lets everybody try by form and by interface, those first who may not; answers how many times it
/// was refused.
async fn tried(town: &Town, case: (&str, bool), measure: &Value) -> usize {
    let (disease, approved) = case;
    let (id, kind) = (text(&measure["id"]), text(&measure["kind"]));
    let may = |unit| lawful(town, disease, approved, kind, unit);
    let (able, unable): (Vec<_>, Vec<_>) = UNITS.iter().partition(|(unit, ..)| may(*unit));
    assert!(!able.is_empty(), "{disease} {kind}: nobody may decide");
    let path = format!("/measures/{id}");
    let decision = json!({ "version": measure["version"], "outcome": "decide",
        "document_no": "示疾控隔〔2026〕1号", "ends_on": measure["ends_on"] });
    let (mut refused, mut named) = (0, 0);
    for (_, unit, login) in &unable {
        let mut who = town.browser(login).await;
        let by_interface = who
            .api("POST", &format!("{path}/decide"), Some(decision.clone()))
            .await;
        let said = by_interface.json();
        let hidden = by_interface.status == StatusCode::NOT_FOUND;
        assert!(
            hidden || by_interface.status == StatusCode::FORBIDDEN,
            "{disease} {kind} {unit}: {}",
            by_interface.text
        );
        let by_form = decide_by_form(&mut who, &path, &decision).await;
        assert_eq!(by_form.status, by_interface.status, "{unit}");
        // A post that decides nothing anywhere is told so before anybody looks at the measure.
        if !hidden && town.may(login, fangxian_app::Action::MeasuresDecide) {
            let why = text(&said["message"]);
            assert!(why.contains("《") && why.contains('条'), "{unit}: {why}");
            assert!(by_form.text.contains(why), "{unit}: {}", by_form.text);
            named += 1;
        }
        refused += 2;
    }
    assert!(named > 0, "{disease} {kind}: nobody was told the article");
    let (_, unit, login) = able[0];
    let mut who = town.browser(login).await;
    let got = decide_by_form(&mut who, &path, &decision).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{unit}: {}", got.text);
    let now = who.api("GET", &path, None).await.json();
    assert!(["decided", "held"].contains(&text(&now["row"]["state"])));
    refused
}

async fn decide_by_form(who: &mut Browser, path: &str, decision: &Value) -> super::support::Got {
    let version = decision["version"].to_string();
    let (token, command) = (who.form_token.clone(), fangxian_base::CommandId::new());
    let command = command.to_string();
    let fields = [
        ("form_token", token.as_str()),
        ("command_id", command.as_str()),
        ("version", version.as_str()),
        ("outcome", "decide"),
        ("document_no", text(&decision["document_no"])),
        ("ends_on", text(&decision["ends_on"])),
    ];
    who.post_bare(&format!("{path}/decide"), &fields).await
}

#[test]
fn every_door_answers_as_the_law_does_whoever_decides_and_a_list_brings_no_measure() {
    Town::each(async |town| {
        town.until("2026-05-03T01:00:00Z");
        staffed(town);
        let mut authority = town.browser("authority").await;
        let mut second = town.browser("authority2").await;
        let (mut decided, mut refused) = (0, 0);
        for (n, (disease, approved)) in DISEASES.into_iter().enumerate() {
            let code = format!("law-{n}");
            let input = json!({ "code": code, "title_zh": code, "title_en": code,
                "disease": disease });
            let opened = authority.api("POST", "/responses", Some(input)).await;
            assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
            if approved {
                let approval = json!({ "kind": "managed_as_class_a", "organ": "state_council",
                    "document_no": "国〔2026〕1号", "from_on": "2026-05-03" });
                let path = format!("/responses/{}/approvals", text(&opened.json()["data"]));
                let got = authority.api("POST", &path, Some(approval)).await;
                let path = format!("/approvals/{}/confirm", text(&got.json()["data"]));
                let confirm = json!({ "decision": "confirm" });
                let got = second.api("POST", &path, Some(confirm)).await;
                assert_eq!(got.status, StatusCode::OK, "{}", got.text);
            }
            for measure in proposed(town, &code, n).await {
                refused += tried(town, (disease, approved), &measure).await;
                decided += 1;
            }
        }
        assert!(decided >= 3 && refused >= 30, "{decided}, {refused}");

        let before = rows(&mut authority, "/measures").await.len();
        let list = "姓名,联系电话,发病日期,措施,隔离决定,健康码颜色,人员类别\n\
            名单一,19911110001,2026-05-01,隔离治疗,示疾控隔〔2026〕9号,红码,确诊病例\n";
        let parts = [
            ("kind".to_owned(), None, "linelist".to_owned()),
            ("source".to_owned(), None, "一医院".to_owned()),
            ("response".to_owned(), None, "law-0".to_owned()),
            (
                "file".to_owned(),
                Some("list.csv".to_owned()),
                list.to_owned(),
            ),
        ];
        let mut desk = town.browser("desk").await;
        let seen = desk.upload("/imports/preview", &parts).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
        for column in ["措施", "隔离决定", "健康码颜色"] {
            assert!(seen.text.contains(column), "{column}: {}", seen.text);
        }
        let taken = desk.upload("/imports", &parts).await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
        super::story::taken_in(&mut desk, text(&taken.json()["data"]), 1).await;
        assert_eq!(rows(&mut authority, "/measures").await.len(), before);
    });
}
