//! Reads files, looks names up, runs the examples. Nothing half-read is ever used: one error and
//! there is no library, only findings.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::compile::vocabulary::Vocabulary;
use crate::compile::{self, Report};
use crate::example::{self, ExampleResult, Reached};
use crate::finding::{Finding, Severity};
use crate::library::{Library, Loaded};
use crate::schema::{
    CityDoc, CriterionDoc, DiseaseDoc, ExampleDoc, ExamplesDoc, FactsDoc, Head, Kind, LawDoc,
    SchemeDoc,
};

/// Files larger than this are refused.
const MAX_BYTES: usize = 1_000_000;

/// An example with the place it stands at.
#[derive(Debug, Clone)]
pub struct Example {
    /// The pack it belongs to.
    pub pack: String,
    /// The file.
    pub file: String,
    /// What it says.
    pub doc: ExampleDoc,
}

/// The typed files.
#[derive(Default)]
struct Docs<'f> {
    facts: Vec<(&'f str, &'f str, FactsDoc)>,
    laws: Vec<(&'f str, &'f str, LawDoc)>,
    diseases: Vec<(&'f str, &'f str, DiseaseDoc)>,
    schemes: Vec<(&'f str, &'f str, SchemeDoc)>,
    cities: Vec<(&'f str, &'f str, CityDoc)>,
    examples: Vec<(&'f str, ExamplesDoc)>,
}

/// What `pack test` prints.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TestRun {
    /// Examples with what did not come out.
    pub results: Vec<ExampleResult>,
    /// What keeps the packs from being tested, and rules and values without an example.
    pub findings: Vec<Finding>,
}

impl TestRun {
    /// Whether everything came out and nothing is without an example.
    pub fn holds(&self) -> bool {
        self.findings.is_empty() && self.results.iter().all(|result| result.failures.is_empty())
    }
}

/// Everything that does not hold in a set of pack files, by file and line. Empty: all is well.
pub fn check(files: &[(String, String)]) -> Vec<Finding> {
    load(files).findings
}

/// Runs the examples of a set of pack files, also when some fail.
pub fn test(files: &[(String, String)]) -> TestRun {
    let mut findings = Vec::new();
    let docs = parse(files, &mut findings);
    let (library, _) = compile_all(&docs, &mut findings);
    crate::check::names(&library, &mut findings);
    let broken = findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    let mut results = Vec::new();
    if !broken {
        let mut reached = Reached::default();
        results = library
            .examples
            .iter()
            .map(|e| example::run(&library, e, &mut reached))
            .collect();
        crate::check::unreached(&library, &reached, &mut findings);
    }
    TestRun { results, findings }
}

/// Reads a set of files.
pub fn load(files: &[(String, String)]) -> Loaded {
    let mut findings = Vec::new();
    let docs = parse(files, &mut findings);
    let (library, asked) = compile_all(&docs, &mut findings);
    crate::check::names(&library, &mut findings);
    crate::check::unused_facts(&library, &asked, &mut findings);
    let broken = findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    if !broken {
        // Examples mean something only when everything else holds.
        crate::check::examples(&library, &mut findings);
    }
    findings.sort();
    let usable = findings
        .iter()
        .all(|finding| finding.severity != Severity::Error);
    Loaded {
        library: usable.then_some(library),
        findings,
    }
}

fn parse<'f>(files: &'f [(String, String)], findings: &mut Vec<Finding>) -> Docs<'f> {
    let mut docs = Docs::default();
    for (file, text) in files {
        let (file, text) = (file.as_str(), text.as_str());
        let Some(head) = read::<Head>(file, text, findings) else {
            continue;
        };
        match head.kind {
            Kind::Facts => docs
                .facts
                .extend(read(file, text, findings).map(|doc| (file, text, doc))),
            Kind::Law => docs
                .laws
                .extend(read(file, text, findings).map(|doc| (file, text, doc))),
            Kind::Disease => {
                docs.diseases
                    .extend(read(file, text, findings).map(|doc| (file, text, doc)));
            }
            Kind::Scheme => docs
                .schemes
                .extend(read(file, text, findings).map(|doc| (file, text, doc))),
            Kind::City => docs
                .cities
                .extend(read(file, text, findings).map(|doc| (file, text, doc))),
            Kind::Examples => docs
                .examples
                .extend(read(file, text, findings).map(|doc| (file, doc))),
        }
    }
    docs
}

/// Reads one file as one type: no anchors, no merge keys, no duplicates, bounded.
fn read<T: DeserializeOwned>(file: &str, text: &str, findings: &mut Vec<Finding>) -> Option<T> {
    let mut error = |line, code, message, hint: &str| {
        let (file, hint) = (file.to_owned(), hint.to_owned());
        findings.push(Finding {
            file,
            line,
            severity: Severity::Error,
            code,
            message,
            hint,
        });
    };
    if text.len() > MAX_BYTES {
        error(
            0,
            "size",
            format!("longer than {MAX_BYTES} bytes"),
            "split the pack",
        );
        return None;
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_anchors: 0,
            max_aliases: 0,
            max_depth: 40,
            max_documents: 1,
        },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
        strict_booleans: true,
        with_snippet: false,
    };
    match serde_saphyr::from_str_with_options(text, options) {
        Ok(doc) => Some(doc),
        Err(cause) => {
            let line = cause.location().map_or(0, |place| place.line());
            let message = cause.without_snippet().to_string();
            error(
                line,
                "syntax",
                message,
                "see docs/packs.md for the keys of each file",
            );
            None
        }
    }
}

fn compile_all(docs: &Docs<'_>, findings: &mut Vec<Finding>) -> (Library, BTreeSet<String>) {
    let mut vocabulary = Vocabulary::default();
    let mut asked = BTreeSet::new();
    for (index, (file, text, doc)) in docs.facts.iter().enumerate() {
        let mut report = Report::new(file, text);
        if index > 0 {
            report.error(
                0,
                "duplicate",
                "a second vocabulary of facts".into(),
                String::new(),
            );
        }
        vocabulary = Vocabulary::new(doc, &mut report);
        findings.append(&mut report.findings);
    }
    if docs.facts.is_empty() {
        let mut report = Report::new("facts.yaml", "");
        let hint = "add a file with `kind: facts`".to_owned();
        report.error(0, "no-facts", "no file declares the facts".into(), hint);
        findings.append(&mut report.findings);
    }
    let none: BTreeMap<String, CriterionDoc> = BTreeMap::new();
    let mut examples = Vec::new();
    let mut own = |pack: &str, file: &str, list: &[ExampleDoc]| {
        examples.extend(list.iter().map(|doc| Example {
            pack: pack.to_owned(),
            file: file.to_owned(),
            doc: doc.clone(),
        }));
    };
    let mut laws = Vec::new();
    for (file, text, doc) in &docs.laws {
        let mut report = Report::new(file, text);
        laws.push(compile::other::law(&mut report, &vocabulary, doc));
        close(&mut report, &doc.values, &none, &doc.sources, findings);
        own(&doc.id.value, file, &doc.examples);
    }
    let mut diseases = Vec::new();
    for (file, text, doc) in &docs.diseases {
        let mut report = Report::new(file, text);
        let (disease, facts) = compile::build::disease(&mut report, &vocabulary, doc);
        diseases.push(disease);
        asked.extend(facts);
        close(
            &mut report,
            &doc.values,
            &doc.criteria,
            &doc.sources,
            findings,
        );
        own(&doc.id.value, file, &doc.examples);
    }
    let mut schemes = Vec::new();
    for (file, text, doc) in &docs.schemes {
        let mut report = Report::new(file, text);
        let (scheme, facts) = compile::other::scheme(&mut report, &vocabulary, doc);
        schemes.push(scheme);
        asked.extend(facts);
        close(
            &mut report,
            &doc.values,
            &doc.criteria,
            &doc.sources,
            findings,
        );
        own(&doc.id.value, file, &doc.examples);
    }
    let mut cities = Vec::new();
    for (file, text, doc) in &docs.cities {
        let mut report = Report::new(file, text);
        cities.push(compile::other::city(&mut report, &vocabulary, doc));
        close(&mut report, &doc.values, &none, &doc.sources, findings);
        own(&doc.id.value, file, &doc.examples);
    }
    for (file, doc) in &docs.examples {
        own(&doc.of.value, file, &doc.examples);
    }
    let mut files = BTreeMap::new();
    let mut at = |id: &str, file: &str| files.insert(id.to_owned(), file.to_owned());
    docs.laws
        .iter()
        .for_each(|(file, _, doc)| drop(at(&doc.id.value, file)));
    docs.diseases
        .iter()
        .for_each(|(file, _, doc)| drop(at(&doc.id.value, file)));
    docs.schemes
        .iter()
        .for_each(|(file, _, doc)| drop(at(&doc.id.value, file)));
    docs.cities
        .iter()
        .for_each(|(file, _, doc)| drop(at(&doc.id.value, file)));
    (
        Library {
            vocabulary,
            laws,
            diseases,
            schemes,
            cities,
            examples,
            files,
        },
        asked,
    )
}

/// Ends the work on one file: what nothing refers to is an error, too.
fn close<V, C, S>(
    report: &mut Report<'_>,
    values: &BTreeMap<String, V>,
    criteria: &BTreeMap<String, C>,
    sources: &BTreeMap<String, S>,
    findings: &mut Vec<Finding>,
) {
    let all = [
        ("value", values.keys().collect::<Vec<_>>()),
        ("criterion", criteria.keys().collect()),
        ("source", sources.keys().collect()),
    ];
    for (what, names) in all {
        for name in names {
            if !report.used.contains(&format!("{what} {name}")) {
                let line = report.line_of_key(name);
                let message = format!("{what} `{name}` is used by no rule");
                report.error(line, "unused", message, "use it or take it out".into());
            }
        }
    }
    findings.append(&mut report.findings);
}
