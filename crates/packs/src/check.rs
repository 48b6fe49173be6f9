//! What must hold between packs, and of their examples: names that lead somewhere, facts that
//! somebody asks for, examples that come out, and no rule or value that no example reaches.

use std::collections::BTreeSet;

use crate::compile::disease::Disease;
use crate::example::{self, Reached};
use crate::finding::{Finding, Severity, Spot, nearest};
use crate::library::Library;
use crate::reachable::reachable;
use crate::schema::{ConfirmedDoc, InForce};

fn add(
    findings: &mut Vec<Finding>,
    severity: Severity,
    place: (&str, Spot),
    code: &'static str,
    message: String,
    hint: &str,
) {
    let (file, Spot { line, column }) = (place.0.to_owned(), place.1);
    findings.push(Finding {
        file,
        line,
        column,
        severity,
        code,
        message,
        hint: hint.to_owned(),
    });
}

/// Ids are unique, cities name packs that exist, rules name measures that some law knows.
pub fn names(library: &Library, findings: &mut Vec<Finding>) {
    let ids = || {
        let laws = library.laws.iter().map(|p| p.id.as_str());
        let diseases = library.diseases.iter().map(|p| p.id.as_str());
        let schemes = library.schemes.iter().map(|p| p.id.as_str());
        let levels = library.levels.iter().map(|p| p.id.as_str());
        laws.chain(diseases)
            .chain(schemes)
            .chain(levels)
            .chain(library.overlays.iter().map(|p| p.id.as_str()))
            .chain(library.cities.iter().map(|p| p.id.as_str()))
    };
    let mut seen = BTreeSet::new();
    for id in ids().filter(|id| !seen.insert(*id)) {
        add(
            findings,
            Severity::Error,
            (library.file_of(id), Spot::FILE),
            "duplicate",
            format!("two packs are called `{id}`"),
            "",
        );
    }
    for city in &library.cities {
        let mut known = |entries: &[InForce], what: &str, packs: Vec<&str>| {
            for entry in entries
                .iter()
                .filter(|entry| !packs.contains(&entry.id.value.as_str()))
            {
                let message = format!(
                    "city `{}` names an unknown {what} `{}`",
                    city.id, entry.id.value
                );
                let hint = nearest(&entry.id.value, packs.iter().copied());
                let place = (library.file_of(&city.id), entry.id.spot());
                add(
                    findings,
                    Severity::Error,
                    place,
                    "unknown-name",
                    message,
                    &hint,
                );
            }
        };
        known(
            &city.diseases,
            "disease",
            library.diseases.iter().map(|p| p.id.as_str()).collect(),
        );
        known(
            &city.schemes,
            "scheme",
            library.schemes.iter().map(|p| p.id.as_str()).collect(),
        );
    }
    for scheme in &library.schemes {
        let packs = || library.diseases.iter().map(|p| p.id.as_str());
        for named in &scheme.diseases {
            if !packs().any(|id| id == named.value) {
                let message = format!(
                    "scheme `{}` names an unknown disease `{}`",
                    scheme.id, named.value
                );
                let hint = nearest(&named.value, packs());
                let place = (library.file_of(&scheme.id), named.spot());
                add(
                    findings,
                    Severity::Error,
                    place,
                    "unknown-name",
                    message,
                    &hint,
                );
            }
        }
    }
    let measures: BTreeSet<&str> = library
        .laws
        .iter()
        .flat_map(|law| law.measures.iter().map(|measure| measure.id.value.as_str()))
        .collect();
    overlaps(library, findings);
    crate::notifiable::agree(library, findings);
    for disease in &library.diseases {
        let used = disease.pathways.iter().map(|p| (&p.measure, &p.head));
        let declined = disease
            .declines
            .iter()
            .map(|(measure, head)| (measure, head));
        for (measure, head) in used.chain(declined) {
            if !measures.contains(measure.as_str()) {
                let message = format!("no law knows the measure `{measure}`");
                let hint = nearest(measure, measures.iter().copied());
                add(
                    findings,
                    Severity::Error,
                    (library.file_of(&disease.id), head.spot),
                    "unknown-name",
                    message,
                    &hint,
                );
            }
        }
    }
    // Once for each file: a pack that cannot be read makes all its examples strangers.
    let mut strangers = BTreeSet::new();
    for example in &library.examples {
        let stranger = !ids().any(|id| id == example.pack);
        if stranger && strangers.insert((&example.file, &example.pack)) {
            let message = format!("examples of an unknown pack `{}`", example.pack);
            let place = (example.file.as_str(), Spot::FILE);
            add(
                findings,
                Severity::Error,
                place,
                "unknown-name",
                message,
                &nearest(&example.pack, ids()),
            );
        }
        for fact in &example.doc.facts {
            for objection in library.vocabulary.objections(fact) {
                let place = (example.file.as_str(), example.doc.name.spot());
                add(
                    findings,
                    Severity::Error,
                    place,
                    "undeclared-fact",
                    objection,
                    "see facts.yaml",
                );
            }
        }
    }
}

/// Confirmations are of a disease pack, once for each case, and by somebody.
pub fn confirmed(
    docs: &[(&str, &ConfirmedDoc)],
    diseases: &[Disease],
    findings: &mut Vec<Finding>,
) {
    for (file, doc) in docs {
        let known = || diseases.iter().map(|pack| pack.id.as_str());
        let mut wrong = |spot, code, message: String, hint: &str| {
            add(findings, Severity::Error, (file, spot), code, message, hint);
        };
        if !known().any(|id| id == doc.of.value) {
            let message = format!("confirmations of an unknown disease `{}`", doc.of.value);
            let hint = nearest(&doc.of.value, known());
            wrong(doc.of.spot(), "unknown-name", message, &hint);
        }
        let mut seen = BTreeSet::new();
        for case in &doc.cases {
            let spot = case.example.spot();
            if !seen.insert((case.on, &case.example.value)) {
                let message = format!("`{}` on {} is there twice", case.example.value, case.on);
                wrong(spot, "duplicate", message, "keep the later one");
            }
            if case.by.trim().is_empty() {
                let message = format!("nobody confirmed `{}`", case.example.value);
                wrong(
                    spot,
                    "nobody",
                    message,
                    "write who did, or take the case out",
                );
            }
        }
    }
}

/// On no day do two laws speak of the same measure.
fn overlaps(library: &Library, findings: &mut Vec<Finding>) {
    for (index, law) in library.laws.iter().enumerate() {
        for other in library.laws.iter().skip(index + 1) {
            if law.until < other.from || other.until < law.from {
                continue;
            }
            let ids = |law: &crate::compile::other::Law| -> BTreeSet<String> {
                law.measures
                    .iter()
                    .map(|measure| measure.id.value.clone())
                    .collect()
            };
            for measure in ids(law).intersection(&ids(other)) {
                let message = format!(
                    "`{}` and `{}` speak of `{measure}` on one day",
                    law.id, other.id
                );
                let place = (library.file_of(&other.id), Spot::FILE);
                add(
                    findings,
                    Severity::Error,
                    place,
                    "time",
                    message,
                    "end the older one before",
                );
            }
        }
    }
}

/// Facts and attributes that no rule asks for are not kept.
pub fn unused_facts(library: &Library, asked: &BTreeSet<String>, findings: &mut Vec<Finding>) {
    for kind in &library.vocabulary.kinds {
        let place = ("facts.yaml", Spot::FILE);
        if !asked.contains(&kind.name) && kind.doc.recorded_for.is_none() {
            let message = format!("no rule asks for `{}`", kind.name);
            let hint = "what nothing needs is not collected; or say `recorded_for`";
            add(
                findings,
                Severity::Error,
                place,
                "unused-fact",
                message,
                hint,
            );
        }
        for (attr, doc) in &kind.doc.attrs {
            let name = format!("{}.{attr}", kind.name);
            if !asked.contains(&name)
                && doc.recorded_for.is_none()
                && kind.doc.recorded_for.is_none()
            {
                let message = format!("no rule asks for `{name}`");
                let hint = "what nothing needs is not collected; or say `recorded_for`";
                add(
                    findings,
                    Severity::Error,
                    place,
                    "unused-fact",
                    message,
                    hint,
                );
            }
        }
    }
}

/// Runs the examples, then lists rules and values that none reaches.
pub fn examples(library: &Library, findings: &mut Vec<Finding>) {
    let mut reached = Reached::default();
    for example in &library.examples {
        let result = example::run(library, example, &mut reached);
        for failure in result.failures {
            let spot = Spot {
                line: result.line,
                column: 0,
            };
            let place = (example.file.as_str(), spot);
            let message = format!("example `{}`: {failure}", result.name);
            add(findings, Severity::Error, place, "example", message, "");
        }
    }
    unreached(library, &reached, findings);
}

/// Lists rules and values that no example reaches.
pub fn unreached(library: &Library, reached: &Reached, findings: &mut Vec<Finding>) {
    for item in reachable(library) {
        if !reached.contains(&item.name) {
            let pack = item.name.split('/').next().unwrap_or_default();
            let place = (library.file_of(pack), item.spot);
            let message = format!("no example reaches `{}`", item.name);
            let hint = "add an example whose outcome depends on it";
            add(findings, Severity::Gap, place, "no-example", message, hint);
        }
    }
}
