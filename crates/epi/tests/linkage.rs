//! Record linkage on a made-up list with known truth, on nothing, and against a slow twin of the scorer.

#![expect(clippy::expect_used, reason = "a test without its files must fail")]

#[expect(dead_code, reason = "only tables are read here")]
mod reading;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fangxian_epi::linkage::levels::Field;
use fangxian_epi::linkage::task::{Task, tasks};
use fangxian_epi::linkage::{Kind, Model, Person, Scorer, Trained, train};
use fangxian_epi::table::Table;
use fangxian_epi::{NotEstimated, Why};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/linkage-synthetic")
}

fn manifest() -> String {
    std::fs::read_to_string(folder().join("link.json")).expect("a link.json")
}

fn task() -> Task {
    tasks(&manifest()).expect("tasks").remove(0)
}

fn list() -> (Task, Vec<Table>, Vec<Person>) {
    let task = task();
    let tables: Vec<Table> = task
        .files
        .iter()
        .map(|file| reading::table(&folder().join(file)).expect("a table"))
        .collect();
    let (people, split) = task.people(&tables).expect("people");
    assert_eq!(split, None);
    (task, tables, people)
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn person(
    name: &str,
    number: &str,
    birth: [u16; 3],
    sex: &str,
    phone: &str,
    address: &str,
) -> Person {
    Person {
        full_name: text(name),
        number: text(number),
        birth: (birth[0] > 0).then_some(birth),
        sex: text(sex),
        phone: text(phone),
        address: vec![text(address)],
        ..Person::default()
    }
}

fn why(people: &[Person], split: Option<usize>) -> Option<Why> {
    train(people, split, 1)
        .err()
        .as_ref()
        .map(NotEstimated::why)
}

#[test]
fn a_list_with_households_twins_and_slips_is_linked() {
    let (task, tables, people) = list();
    let trained = train(&people, None, 1).expect("a model");
    let truth = task.truth(&tables, None).expect("the truth");
    assert_eq!(truth.len(), task.true_pairs);
    let measured = Task::measure(&trained, &truth);
    let best = measured.best.expect("pairs");
    println!("{measured:?}");
    assert!(best.f1 >= 0.985, "{best:?}");
    assert!(measured.at_threshold.f1 >= best.f1 - 0.01);
    assert!(measured.automatic.precision >= 0.999 && measured.automatic.recall >= 0.55);
    assert!(trained.model.threshold < trained.model.automatic);
}

/// The model says the same for one pair as this: chances multiplied, no logarithms, no tables.
fn slow(model: &Model, steps: &BTreeMap<String, (usize, f64)>, home: f64) -> f64 {
    let mut sums = [0.0, 0.0];
    for kind in &model.kinds {
        let mut chance = kind.share;
        if matches!(kind.kind, Kind::Household | Kind::Twins) {
            chance *= home;
        }
        for (field, chances) in model.fields.iter().zip(&kind.chances) {
            let Some((step, surprise)) = steps.get(&format!("{field:?}")) else {
                continue;
            };
            chance *= chances[*step];
            let contact = matches!(field, Field::Phone | Field::Address(_));
            let by_chance = match kind.kind {
                Kind::Unrelated => true,
                Kind::Moved => contact,
                Kind::Household | Kind::Twins => *field == Field::Given,
                Kind::Same => false,
            };
            if by_chance {
                chance *= surprise;
            }
        }
        sums[usize::from(!kind.kind.is_match())] += chance;
    }
    sums[0] / (sums[0] + sums[1])
}

#[test]
fn the_scorer_agrees_with_its_slow_twin_and_its_explanation_adds_up() {
    let (_, _, people) = list();
    let Trained { model, pairs, .. } = train(&people, None, 1).expect("a model");
    let scorer = Scorer::new(&model);
    let mut seen = 0;
    for pair in pairs.iter().step_by(pairs.len() / 3000 + 1) {
        let (a, b) = (
            scorer.prepare(&people[pair.a]),
            scorer.prepare(&people[pair.b]),
        );
        assert_eq!(
            scorer.score(&a, &b),
            pair.score,
            "one record at a time gives the same"
        );
        assert!(
            (scorer.score(&b, &a).log_odds - pair.score.log_odds).abs() < 1e-9,
            "symmetric"
        );
        let told = scorer.explain(&a, &b);
        let sum: f64 = told.reasons.iter().map(|reason| reason.bits).sum();
        assert!((told.start + sum + told.other - pair.score.weight()).abs() < 1e-9);
        // Only where no shared value has a rarity of its own can the twin do without the tables.
        let tabled = |field: Field| {
            matches!(
                field,
                Field::Family | Field::Given | Field::Phone | Field::Address(_)
            )
        };
        if told
            .reasons
            .iter()
            .any(|reason| tabled(reason.field) && reason.step == "the same")
        {
            continue;
        }
        let step = |name: &str, field: Field| field.steps().iter().position(|step| *step == name);
        let steps = told
            .reasons
            .iter()
            .map(|reason| {
                (
                    format!("{:?}", reason.field),
                    (step(reason.step, reason.field).expect("a step"), 1.0),
                )
            })
            .collect();
        let twin = slow(&model, &steps, 1.0);
        assert!(
            (twin - pair.score.probability()).abs() < 1e-9,
            "{twin} {told:?}"
        );
        seen += 1;
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn rare_values_count_for_more_and_large_houses_for_less() {
    let (_, _, people) = list();
    let Trained { model, .. } = train(&people, None, 1).expect("a model");
    let table = |name: &str| &model.frequencies[name];
    let scorer = Scorer::new(&model);
    let weight = |name: &str| {
        let one = scorer.prepare(&person(name, "", [1970, 1, 1], "", "", ""));
        scorer.score(&one, &one).weight()
    };
    // 王 stands in the list many times, 鞠 never.
    assert!(weight("鞠芳") > weight("王芳"));
    let common = table("family").common.values().copied().fold(0.0, f64::max);
    assert!(common > table("family").rare);
}

#[test]
fn a_model_can_be_kept_and_the_same_seed_gives_the_same() {
    let (_, _, people) = list();
    let one = train(&people, None, 7).expect("a model");
    let two = train(&people, None, 7).expect("a model");
    assert_eq!(one.model, two.model);
    assert_eq!(one.pairs, two.pairs);
    let text = serde_json::to_string(&one.model).expect("text");
    let back = Model::from_json(&text).expect("a model");
    let (old, new) = (Scorer::new(&one.model), Scorer::new(&back));
    for pair in one.pairs.iter().step_by(50) {
        let (a, b) = (&people[pair.a], &people[pair.b]);
        let kept = new.score(&new.prepare(a), &new.prepare(b));
        let fresh = old.score(&old.prepare(a), &old.prepare(b));
        assert!((kept.log_odds - fresh.log_odds).abs() < 1e-9);
    }
    for name in ["王伟", "13800001111"] {
        assert!(!text.contains(name), "a model names nobody");
    }
    let old = text.replacen("\"version\":1", "\"version\":0", 1);
    assert!(
        Model::from_json(&old)
            .expect_err("another version")
            .to_string()
            .contains("`version`")
    );
    let cut = text.replacen("\"parts\":1", "\"parts\":2", 1);
    assert!(
        Model::from_json(&cut)
            .expect_err("another shape")
            .to_string()
            .contains("`kinds`")
    );
}

#[test]
fn among_more_people_the_same_agreement_says_less() {
    let (_, _, people) = list();
    let Trained { model, pairs, .. } = train(&people, None, 1).expect("a model");
    assert_eq!(model.records, people.len());
    assert_eq!(model.among(0), model, "few records make nobody sure");
    assert_eq!(model.among(people.len()), model);
    let larger = model.among(people.len() * 100);
    let shares: f64 = larger.kinds.iter().map(|kind| kind.share).sum();
    assert!((shares - 1.0).abs() < 1e-12);
    let (here, there) = (Scorer::new(&model), Scorer::new(&larger));
    for pair in pairs.iter().step_by(pairs.len() / 500 + 1) {
        let (a, b) = (&people[pair.a], &people[pair.b]);
        let here = here.score(&here.prepare(a), &here.prepare(b)).log_odds;
        let there = there.score(&there.prepare(a), &there.prepare(b)).log_odds;
        // Against strangers it falls by the logarithm of 100, and they are a little more; against a household, which
        // grows as little as a match, it stays.
        let strangers = larger.kinds[4].share / model.kinds[4].share;
        assert!(there <= here + 1e-9 && there >= here - (100.0 * strangers).ln() - 1e-9);
    }
}

#[test]
fn a_new_record_meets_its_candidates_by_tokens() {
    let (_, _, people) = list();
    let Trained { model, pairs, .. } = train(&people, None, 1).expect("a model");
    let scorer = Scorer::new(&model);
    for pair in pairs
        .iter()
        .filter(|pair| pair.score.probability() > model.automatic)
    {
        let (a, b) = (
            scorer.prepare(&people[pair.a]),
            scorer.prepare(&people[pair.b]),
        );
        let tokens = a.tokens();
        assert_eq!(
            tokens,
            fangxian_epi::linkage::tokens(&people[pair.a]),
            "with and without a model"
        );
        let shared = b.tokens().iter().filter(|t| tokens.contains(t)).count();
        assert!(shared > 1, "one shared token alone makes nobody sure");
    }
}

#[test]
fn what_people_are_to_each_other_is_told_apart() {
    let (_, _, people) = list();
    let Trained { model, .. } = train(&people, None, 1).expect("a model");
    let scorer = Scorer::new(&model);
    let score = |a: &Person, b: &Person| scorer.score(&scorer.prepare(a), &scorer.prepare(b));
    let link = |a: &Person, b: &Person| score(a, b).probability() >= model.threshold;
    let (phone, home) = ("13800001234", "东平路12号3栋1201室");
    let mother = person(
        "赵秀兰",
        "110105196205060027",
        [1962, 5, 6],
        "女",
        phone,
        home,
    );
    let twin = person(
        "赵明",
        "110105199003070014",
        [1990, 3, 7],
        "男",
        phone,
        home,
    );
    let other = person(
        "赵亮",
        "110105199003070030",
        [1990, 3, 7],
        "男",
        phone,
        home,
    );
    let newborn = person("赵宝", "", [2026, 2, 3], "女", phone, home);
    assert_eq!(score(&twin, &other).kind, Kind::Twins);
    assert!(!link(&mother, &newborn) && !link(&twin, &other) && !link(&mother, &twin));
    // Changed telephone; exchanged digits; fifteen digits; a name that sounds the same; a passport.
    let mut moved = twin.clone();
    moved.phone = text("19900005678");
    moved.number = text("110105199003070041");
    assert!(!link(&moved, &other));
    moved.number = text("110105199003070104");
    assert!(link(&moved, &twin));
    let old = person("赵秀兰", "110105620506002", [1962, 5, 6], "女", "", "");
    assert!(link(&old, &mother));
    let heard = person("赵绣兰", "", [1962, 6, 5], "女", phone, home);
    assert!(link(&heard, &mother));
    let abroad = person("ZHAO XIULAN", "E12345678", [1962, 5, 6], "女", phone, "");
    assert!(link(&abroad, &mother));
}

#[test]
fn nothing_and_next_to_nothing_is_answered_not_guessed() {
    let one = person("王伟", "", [1990, 1, 1], "男", "", "");
    assert_eq!(why(&[], None), Some(Why::TooLittle));
    assert_eq!(why(std::slice::from_ref(&one), None), Some(Why::TooLittle));
    assert_eq!(
        why(&[one.clone(), one.clone()], Some(2)),
        Some(Why::TooLittle)
    );
    let equal = train(&vec![one.clone(); 60], None, 1).expect("a model");
    assert_eq!(equal.pairs.len(), 60 * 59 / 2);
    assert!(
        equal
            .pairs
            .iter()
            .all(|pair| pair.score.log_odds.is_finite())
    );
    let crowd = train(&vec![one.clone(); 400], None, 1).expect("a model");
    assert!(
        crowd.pairs.is_empty() && crowd.crowded > 0,
        "said, not silent"
    );
    let blank = train(&vec![Person::default(); 9], None, 1).expect("a model");
    assert!(blank.pairs.is_empty());
    assert!(blank.model.automatic >= 0.999);
    let odd = Person {
        full_name: text("\u{202e}\u{0}  "),
        number: text("＊"),
        phone: text("无"),
        birth: Some([0, 99, 65535]),
        address: vec![None; 20],
        ..Person::default()
    };
    let odd = train(&[odd.clone(), odd, one], None, 1).expect("a model");
    assert!(odd.pairs.iter().all(|pair| pair.score.log_odds.is_finite()));
}

#[test]
fn a_task_that_does_not_hold_is_refused_with_what_to_do() {
    let (task, tables, _) = list();
    let refused = |from: &str, to: &str| {
        let text = manifest().replace(from, to);
        assert_ne!(text, manifest());
        let task = tasks(&text).expect("tasks").remove(0);
        match task.people(&tables) {
            Err(error) => error.to_string(),
            Ok(_) => task
                .truth(&tables, None)
                .expect_err("a refusal")
                .to_string(),
        }
    };
    assert!(refused("\"phone\": \"phone\"", "\"phone\": \"tel\"").contains("no column `tel`"));
    assert!(
        refused("\"phone\": \"phone\"", "\"phone\": \"person_id\"").contains("not for matching")
    );
    assert!(refused("\"dedupe\"", "\"link\"").contains("two files"));
    assert!(
        refused("\"same\": \"person_id\"", "\"same\": \"nobody\"").contains("no column `nobody`")
    );
    assert!(tasks("[{}]").is_err());
    let short = Table::new(vec!["name".to_owned()], Vec::new());
    assert!(task.people(&[short]).is_err());
}
