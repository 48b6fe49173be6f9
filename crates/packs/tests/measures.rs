//! What the law lets be decided, as one table: day × measure × how the disease is managed → the
//! organs that may decide, or what stands against it; without any approval and with all of them.
//!
//! A change of law shows as a change of `tests/golden/measures.txt`. After reading the difference
//! and agreeing with it, write it anew with
//! `FANGXIAN_BLESS=1 cargo test -p fangxian-packs --test measures`.

#![expect(clippy::expect_used, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use fangxian_packs::{Approval, ApprovalKind, Library, Organ, PermitRequest, RefusalKind};
use jiff::civil::{Date, date};

/// Days of the regimes, with what changed by then.
const DAYS: [(&str, Date); 4] = [
    ("the law of 2013", date(2020, 6, 1)),
    (
        "the law of 2025, two months before the emergency law",
        date(2025, 9, 15),
    ),
    (
        "its neighbour, the emergency law of 2025",
        date(2025, 11, 1),
    ),
    ("today", date(2026, 5, 1)),
];

/// How a disease is managed, and the one that stands for it.
const DISEASES: [(&str, &str); 6] = [
    ("A", "cholera"),
    ("B as A", "sars"),
    ("B", "measles"),
    ("B new", "novel-influenza"),
    ("C", "hand-foot-mouth"),
    ("none", "norovirus-like-and-new"),
];

const ORGANS: [(&str, Organ); 11] = [
    ("hospital", Organ::Hospital),
    ("cdc", Organ::CdcInstitution),
    ("cdc-authority", Organ::CdcAuthority),
    ("health-authority", Organ::HealthAuthority),
    ("county", Organ::CountyGovernment),
    ("city", Organ::CityGovernment),
    ("province", Organ::ProvincialGovernment),
    ("state-council", Organ::StateCouncil),
    ("police", Organ::Police),
    ("transport", Organ::TransportAuthority),
    ("customs", Organ::Customs),
];

fn approvals(disease: &str) -> Vec<Approval> {
    let approval = |kind| Approval {
        kind,
        disease: Some(disease.to_owned()),
        from: date(2020, 1, 1),
        until: None,
        reference: String::new(),
        by: String::new(),
    };
    ApprovalKind::ALL.into_iter().map(approval).collect()
}

fn obstacle(kind: RefusalKind) -> String {
    format!(
        "({})",
        serde_json::to_value(kind)
            .expect("a code")
            .as_str()
            .expect("a text")
    )
}

/// One cell: who may decide, or why nobody may. Every refusal says why in both languages, and where
/// the law knows the measure it names the article.
fn cell(
    library: &Library,
    measure: &str,
    disease: &str,
    on: Date,
    approvals: &[Approval],
) -> String {
    let asked = |organ| PermitRequest {
        disease,
        measure,
        organ: Some(organ),
        on,
        as_of: on,
        approvals,
    };
    let mut may = Vec::new();
    let mut against = BTreeSet::new();
    for (name, organ) in ORGANS {
        match library.permit(&asked(organ)) {
            Ok(permit) => {
                assert_eq!(permit.measure, measure);
                assert!(permit.organs.contains(&organ) && !permit.article.zh.is_empty());
                may.push(name);
            }
            Err(refusal) => {
                assert!(!refusal.why.zh.is_empty() && !refusal.why.en.is_empty());
                if refusal.kind != RefusalKind::NoLaw {
                    assert!(!refusal.article.zh.is_empty(), "{measure} {disease} {on}");
                }
                against.insert(obstacle(refusal.kind));
            }
        }
    }
    if may.is_empty() {
        let why: Vec<String> = against.into_iter().collect();
        why.join(" ")
    } else {
        may.join(" ")
    }
}

fn render() -> String {
    let library = Library::shipped().expect("the shipped packs");
    let mut out = String::from(
        "What the law lets be decided: measure by day and by how the disease is managed. Who may decide it; in brackets what\nstands against it, whoever asks. Made by crates/packs/tests/measures.rs.\n",
    );
    for (words, on) in DAYS {
        for with in [false, true] {
            let said = if with {
                "every approval on record"
            } else {
                "no approval on record"
            };
            let _ = write!(out, "\n{on}, {words}; {said}\n");
            for number in 1..=31 {
                let measure = format!("M{number:02}");
                let cells = DISEASES.map(|(_, disease)| {
                    let given = if with { approvals(disease) } else { Vec::new() };
                    cell(&library, &measure, disease, on, &given)
                });
                // Where several are alike, they are named together.
                let mut groups: Vec<(&String, Vec<&str>)> = Vec::new();
                for ((managed, _), cell) in DISEASES.iter().zip(&cells) {
                    match groups.iter_mut().find(|(one, _)| *one == cell) {
                        Some((_, alike)) => alike.push(managed),
                        None => groups.push((cell, vec![managed])),
                    }
                }
                let parts: Vec<String> = groups
                    .iter()
                    .map(|(cell, alike)| format!("{}: {cell}", alike.join(", ")))
                    .collect();
                let _ = writeln!(out, "  {measure}  {}", parts.join("; "));
            }
        }
    }
    out
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "blessing the table is asked for by variable"
)]
fn what_may_be_decided_is_as_in_the_golden_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/measures.txt");
    let new = render();
    if std::env::var("FANGXIAN_BLESS").is_ok() {
        std::fs::write(&file, &new).expect("written");
        return;
    }
    let old = std::fs::read_to_string(&file).unwrap_or_default();
    for (number, (is, was)) in new.lines().zip(old.lines()).enumerate() {
        assert_eq!(
            is,
            was,
            "line {}; if that is meant, bless the table",
            number + 1
        );
    }
    assert_eq!(new.lines().count(), old.lines().count());
}

#[test]
fn nobody_isolates_or_observes_outside_class_a_under_any_law() {
    let library = Library::shipped().expect("the shipped packs");
    for (_, on) in DAYS {
        for measure in ["M01", "M02", "M03", "M05"] {
            for (managed, disease) in DISEASES {
                let given = approvals(disease);
                let free = cell(&library, measure, disease, on, &[]);
                let approved = cell(&library, measure, disease, on, &given);
                let strict = ["A", "B as A"].contains(&managed);
                assert_eq!(
                    !free.starts_with('('),
                    strict,
                    "{on} {measure} {managed}: {free}"
                );
                if ["C", "none"].contains(&managed) {
                    assert!(
                        approved.starts_with('('),
                        "{on} {measure} {managed}: {approved}"
                    );
                }
                for who in ["county", "city", "province", "police"] {
                    let person = measure != "M05";
                    assert!(!(person && free.contains(who)), "{on} {measure} {managed}");
                }
            }
        }
    }
}
