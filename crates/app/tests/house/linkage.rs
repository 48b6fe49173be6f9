//! The model that the program comes with, learnt from a city that does not exist, and its releases.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use fangxian_epi::linkage::task::Task;
use fangxian_epi::linkage::{Model, Person, Scorer, train};
use fangxian_sim::District;
use fangxian_sim::person::Sex;
use fangxian_sim::streams::{Stream, Streams};
use serde_json::{Value, json};

/// The city and what its people write twice follow from this.
const SEED: u64 = 2026;
const RESIDENTS: usize = 12_000;
/// Of a hundred residents so many are met again, and half of these once more.
const AGAIN: u32 = 35;

const SOUNDS: [(char, char); 10] = [
    ('伟', '玮'),
    ('静', '婧'),
    ('丽', '莉'),
    ('平', '萍'),
    ('英', '瑛'),
    ('华', '骅'),
    ('建', '健'),
    ('陈', '程'),
    ('刘', '柳'),
    ('张', '章'),
];

/// Two neighbouring characters exchanged.
fn exchanged(stream: &mut Stream, text: &str) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() > 1 {
        let at = stream.below(letters.len() - 1);
        letters.swap(at, at + 1);
    }
    letters.into_iter().collect()
}

/// The same person as somebody else writes it: by telephone little is said, on a list nearly all.
fn written(stream: &mut Stream, person: &Person) -> Person {
    let mut again = person.clone();
    let by_telephone = stream.percent(40);
    if by_telephone {
        (again.number, again.birth) = (None, None);
        if stream.percent(50) {
            again.sex = None;
        }
        if stream.percent(40) {
            again.address = vec![None];
        }
    }
    for _ in 0..stream.between(0, 2) {
        match stream.below(8) {
            0 => again.number = again.number.map(|text| exchanged(stream, &text)),
            1 => again.phone = again.phone.map(|text| exchanged(stream, &text)),
            2 => again.phone = Some(format!("199{:08}", stream.below(100_000_000))),
            3 => {
                let heard = |c| SOUNDS.iter().find(|(a, _)| *a == c).map_or(c, |(_, b)| *b);
                again.full_name = again
                    .full_name
                    .map(|name| name.chars().map(heard).collect());
            }
            4 => {
                if let Some([y, m, d]) = again.birth {
                    let slip = if d <= 12 {
                        [y, d, m]
                    } else {
                        [y, m, 29 - d % 20]
                    };
                    again.birth = Some(slip);
                }
            }
            5 => {
                let shorter =
                    |text: String| text.replace('单', "-").replace(['元', '栋', '室'], "");
                again.address = vec![again.address.remove(0).map(shorter)];
            }
            6 => {
                let longer = |text: String| format!("示范市 示范区 {text}");
                again.address = vec![again.address.remove(0).map(longer)];
            }
            _ => match stream.below(4) {
                0 => again.number = None,
                1 => again.birth = None,
                2 => again.phone = None,
                _ => again.address = vec![None],
            },
        }
    }
    again
}

/// Everybody in the city as they are written, some more than once, and which are one person.
fn city() -> (Vec<Person>, BTreeSet<(usize, usize)>) {
    let district = District::generate(SEED, RESIDENTS);
    let mut stream = Streams::of(SEED).named("written again");
    let mut records: Vec<(usize, Person)> = Vec::new();
    for (who, resident) in district.residents.iter().enumerate() {
        let birth = resident.birth;
        let number = |n: i16| u16::try_from(n).unwrap();
        let person = Person {
            full_name: Some(resident.name.clone()),
            birth: Some([
                number(birth.year()),
                number(birth.month().into()),
                number(birth.day().into()),
            ]),
            number: Some(resident.id_number.clone()),
            phone: Some(resident.phone.clone()),
            address: vec![Some(resident.address.clone())],
            sex: Some(match resident.sex {
                Sex::Male => "male".into(),
                Sex::Female => "female".into(),
            }),
            ..Person::default()
        };
        let first = written(&mut stream, &person);
        records.push((who, first));
        if stream.percent(AGAIN) {
            records.push((who, written(&mut stream, &person)));
            if stream.percent(50) {
                records.push((who, written(&mut stream, &person)));
            }
        }
    }
    stream.shuffle(&mut records);
    let mut one: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, (who, _)) in records.iter().enumerate() {
        one.entry(*who).or_default().push(at);
    }
    let mut truth = BTreeSet::new();
    for places in one.values() {
        for (i, a) in places.iter().enumerate() {
            truth.extend(places[i + 1..].iter().map(|b| (*a, *b)));
        }
    }
    (
        records.into_iter().map(|(_, person)| person).collect(),
        truth,
    )
}

fn shipped() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/linkage.json")
}

#[test]
fn the_shipped_model_is_what_the_city_teaches() {
    let (people, truth) = city();
    let trained = train(&people, None, SEED).unwrap();
    let measured = Task::measure(&trained, &truth);
    println!(
        "{} records, {} pairs of one person: {measured:?}",
        people.len(),
        truth.len()
    );
    println!("{} {}", trained.model.threshold, trained.model.automatic);
    assert!(measured.automatic.precision >= 0.999, "{measured:?}");
    assert!(measured.automatic.recall >= 0.55, "{measured:?}");
    let best = measured.best.unwrap().f1;
    assert!(
        best >= 0.96 && measured.at_threshold.f1 >= best - 0.01,
        "{measured:?}"
    );
    let mut text = serde_json::to_string(&json!({
        "what": "Model of matching that the program comes with. Ours: learnt from a synthetic city in which nobody exists.",
        "made_by": "crates/app/tests/house/linkage.rs",
        "seed": SEED,
        "residents": RESIDENTS,
        "model": trained.model,
    }))
    .unwrap();
    writeln!(text).unwrap();
    if std::env::var_os("FANGXIAN_BLESS").is_some() {
        std::fs::write(shipped(), &text).unwrap();
    }
    let kept = std::fs::read_to_string(shipped()).unwrap();
    assert!(
        kept == text,
        "FANGXIAN_BLESS=1 writes data/linkage.json anew"
    );
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let model = Model::from_json(&kept["model"].to_string()).unwrap();
    assert_eq!(model.records, people.len());
}

#[test]
fn a_telephone_and_a_name_make_one_person_and_a_telephone_alone_a_question() {
    let text = std::fs::read_to_string(shipped()).unwrap();
    let kept: Value = serde_json::from_str(&text).unwrap();
    let model = Model::from_json(&kept["model"].to_string()).unwrap();
    let scorer = Scorer::new(&model);
    let person = |name: &str, phone: &str, address: &str, birth: Option<[u16; 3]>| {
        let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        scorer.prepare(&Person {
            full_name: said(name),
            phone: said(phone),
            address: vec![said(address)],
            birth,
            ..Person::default()
        })
    };
    let known = person("王小明", "19900000001", "示范路1号", Some([1980, 1, 1]));
    let p = |other| scorer.explain(&known, &other).probability;
    let telephone = p(person("王小明", "19900000001", "", None));
    assert!(telephone >= model.automatic, "{telephone}");
    for (what, other) in [
        ("telephone alone", person("", "19900000001", "", None)),
        ("name alone", person("王小明", "", "", None)),
    ] {
        let p = p(other);
        assert!(p > 0.1 && p < model.automatic, "{what}: {p}");
    }
    let sister = p(person("王小红", "19900000001", "示范路1号", None));
    assert!(sister < model.threshold, "{sister}");
    let larger = model.among(100 * model.records);
    let scorer = Scorer::new(&larger);
    let name = scorer.explain(&known, &person("王小明", "", "", None));
    assert!(name.probability < model.threshold, "in a city {name:?}");
}
