//! Reads files, looks names up, runs the examples. Nothing half-read is ever used: one error and
//! there is no library, only findings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use crate::compile::disease::Disease;
use crate::compile::overlay::{self, Local, Overlay};
use crate::compile::vocabulary::Vocabulary;
use crate::compile::{self, Report};
use crate::example::{self, ExampleResult, Reached};
use crate::finding::{Finding, Severity, Spot};
use crate::library::{Library, Loaded};
use crate::reading::read;
use crate::schema::{
    CityDoc, ConfirmedDoc, CriterionDoc, DiseaseDoc, ExampleDoc, ExamplesDoc, FactsDoc, Head, Kind,
    LawDoc, LevelsDoc, NotifiableDoc, OverlayDoc, RetentionDoc, SchemeDoc, SourceDoc,
};

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

/// One typed file.
#[derive(Debug)]
enum Doc {
    Facts(FactsDoc),
    Law(LawDoc),
    Disease(Box<DiseaseDoc>),
    Scheme(SchemeDoc),
    Levels(LevelsDoc),
    Overlay(OverlayDoc),
    City(CityDoc),
    Notifiable(NotifiableDoc),
    Retention(RetentionDoc),
    Examples(ExamplesDoc),
    Confirmed(ConfirmedDoc),
}

/// What came of reading one text.
#[derive(Debug)]
struct Parsed {
    text: String,
    doc: Option<Doc>,
    findings: Vec<Finding>,
}

/// Loads sets of files that differ little, such as a set and a change of it: a text that stayed
/// the same is read once.
#[derive(Debug, Default)]
pub struct Loader {
    known: BTreeMap<String, Arc<Parsed>>,
}

impl Loader {
    /// Packs from texts: pairs of file name and content.
    pub fn load(&mut self, files: &[(String, String)]) -> Loaded {
        let parsed = self.parse(files);
        let mut findings = Vec::new();
        let docs = Docs::of(&parsed, &mut findings);
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

    fn parse(&mut self, files: &[(String, String)]) -> Vec<(String, Arc<Parsed>)> {
        let mut all = Vec::with_capacity(files.len());
        for (file, text) in files {
            let known = self.known.get(file).filter(|known| known.text == *text);
            let parsed = known.map_or_else(|| Arc::new(parse(file, text)), Arc::clone);
            self.known.insert(file.clone(), Arc::clone(&parsed));
            all.push((file.clone(), parsed));
        }
        all
    }
}

/// The typed files by kind.
#[derive(Default)]
struct Docs<'f> {
    facts: Vec<(&'f str, &'f str, &'f FactsDoc)>,
    laws: Vec<(&'f str, &'f str, &'f LawDoc)>,
    diseases: Vec<(&'f str, &'f str, &'f DiseaseDoc)>,
    schemes: Vec<(&'f str, &'f str, &'f SchemeDoc)>,
    levels: Vec<(&'f str, &'f str, &'f LevelsDoc)>,
    overlays: Vec<(&'f str, &'f str, &'f OverlayDoc)>,
    cities: Vec<(&'f str, &'f str, &'f CityDoc)>,
    lists: Vec<(&'f str, &'f str, &'f NotifiableDoc)>,
    retention: Vec<(&'f str, &'f str, &'f RetentionDoc)>,
    examples: Vec<(&'f str, &'f ExamplesDoc)>,
    confirmed: Vec<(&'f str, &'f ConfirmedDoc)>,
}

impl<'f> Docs<'f> {
    fn of(parsed: &'f [(String, Arc<Parsed>)], findings: &mut Vec<Finding>) -> Self {
        let mut docs = Self::default();
        for (file, parsed) in parsed {
            findings.extend(parsed.findings.iter().cloned());
            let (file, text) = (file.as_str(), parsed.text.as_str());
            match &parsed.doc {
                Some(Doc::Facts(doc)) => docs.facts.push((file, text, doc)),
                Some(Doc::Law(doc)) => docs.laws.push((file, text, doc)),
                Some(Doc::Disease(doc)) => docs.diseases.push((file, text, doc.as_ref())),
                Some(Doc::Scheme(doc)) => docs.schemes.push((file, text, doc)),
                Some(Doc::Levels(doc)) => docs.levels.push((file, text, doc)),
                Some(Doc::Overlay(doc)) => docs.overlays.push((file, text, doc)),
                Some(Doc::City(doc)) => docs.cities.push((file, text, doc)),
                Some(Doc::Notifiable(doc)) => docs.lists.push((file, text, doc)),
                Some(Doc::Retention(doc)) => docs.retention.push((file, text, doc)),
                Some(Doc::Examples(doc)) => docs.examples.push((file, doc)),
                Some(Doc::Confirmed(doc)) => docs.confirmed.push((file, doc)),
                None => {}
            }
        }
        docs
    }
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
    let parsed = Loader::default().parse(files);
    let docs = Docs::of(&parsed, &mut findings);
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
    Loader::default().load(files)
}

fn parse(file: &str, text: &str) -> Parsed {
    let doc = read::<Head>(file, text).and_then(|head| match head.kind {
        Kind::Facts => read(file, text).map(Doc::Facts),
        Kind::Law => read(file, text).map(Doc::Law),
        Kind::Disease => read(file, text).map(|doc| Doc::Disease(Box::new(doc))),
        Kind::Scheme => read(file, text).map(Doc::Scheme),
        Kind::Levels => read(file, text).map(Doc::Levels),
        Kind::Overlay => read(file, text).map(Doc::Overlay),
        Kind::City => read(file, text).map(Doc::City),
        Kind::Notifiable => read(file, text).map(Doc::Notifiable),
        Kind::Retention => read(file, text).map(Doc::Retention),
        Kind::Examples => read(file, text).map(Doc::Examples),
        Kind::Confirmed => read(file, text).map(Doc::Confirmed),
    });
    let (doc, findings) = match doc {
        Ok(doc) => (Some(doc), Vec::new()),
        Err(finding) => (None, vec![finding]),
    };
    Parsed {
        text: text.to_owned(),
        doc,
        findings,
    }
}

fn compile_all(docs: &Docs<'_>, findings: &mut Vec<Finding>) -> (Library, BTreeSet<String>) {
    let mut vocabulary = Vocabulary::default();
    let mut asked = BTreeSet::new();
    for (index, (file, text, doc)) in docs.facts.iter().enumerate() {
        let mut report = Report::new(file, text);
        if index > 0 {
            report.error(
                Spot::FILE,
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
        report.error(
            Spot::FILE,
            "no-facts",
            "no file declares the facts".into(),
            hint,
        );
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
        crate::slips::in_a_disease(&mut report, doc, &disease);
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
    let (overlays, locals) = lay_over(docs, &diseases, findings);
    for (file, _, doc) in &docs.overlays {
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
    let mut levels = Vec::new();
    for (file, text, doc) in &docs.levels {
        let mut report = Report::new(file, text);
        levels.push(crate::levels::compile(&mut report, &vocabulary, doc));
        close(&mut report, &doc.values, &none, &doc.sources, findings);
        own(&doc.id.value, file, &doc.examples);
    }
    let mut cities = Vec::new();
    for (file, text, doc) in &docs.cities {
        let mut report = Report::new(file, text);
        cities.push(compile::other::city(&mut report, &vocabulary, doc));
        close(&mut report, &doc.values, &none, &doc.sources, findings);
        own(&doc.id.value, file, &doc.examples);
    }
    let packs = docs.diseases.iter().zip(&diseases);
    crate::slips::between_diseases(packs.map(|((file, _, doc), d)| (*file, *doc, d)), findings);
    crate::slips::tasks(
        docs.diseases.iter().map(|(file, ..)| *file).zip(&diseases),
        &cities,
        findings,
    );
    let mut notifiable = None;
    for (index, (file, text, doc)) in docs.lists.iter().enumerate() {
        let mut report = Report::new(file, text);
        if index > 0 {
            let message = format!("`{}` is a second list of notifiable diseases", doc.id.value);
            report.error(Spot::default(), "duplicate", message, String::new());
        }
        notifiable = Some(crate::notifiable::compile(&mut report, doc));
        close(&mut report, &none, &none, &doc.sources, findings);
    }
    let mut retention = None;
    for (index, (file, text, doc)) in docs.retention.iter().enumerate() {
        let mut report = Report::new(file, text);
        if index > 0 {
            let message = format!("`{}` is a second file of what is kept", doc.id.value);
            report.error(Spot::default(), "duplicate", message, String::new());
        }
        retention = Some(crate::retention::compile(&mut report, &vocabulary, doc));
        close(&mut report, &none, &none, &doc.sources, findings);
    }
    for (file, doc) in &docs.examples {
        own(&doc.of.value, file, &doc.examples);
    }
    crate::check::confirmed(&docs.confirmed, &diseases, findings);
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
    docs.levels
        .iter()
        .for_each(|(file, _, doc)| drop(at(&doc.id.value, file)));
    docs.overlays
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
            levels,
            overlays,
            locals,
            cities,
            notifiable,
            retention,
            examples,
            confirmed: docs
                .confirmed
                .iter()
                .map(|(_, doc)| (*doc).clone())
                .collect(),
            files,
        },
        asked,
    )
}

/// Lays the overlays over the diseases, the outer places first.
fn lay_over(
    docs: &Docs<'_>,
    diseases: &[Disease],
    findings: &mut Vec<Finding>,
) -> (Vec<Overlay>, Vec<Local>) {
    let mut order: Vec<_> = docs.overlays.iter().collect();
    order.sort_by_key(|(file, _, doc)| (overlay::depth(&doc.region.value), *file));
    let (mut overlays, mut locals) = (Vec::new(), Vec::new());
    for (file, text, doc) in order {
        let mut report = Report::new(file, text);
        overlays.extend(overlay::lay(&mut report, doc, diseases, &mut locals));
        let none: BTreeMap<String, CriterionDoc> = BTreeMap::new();
        close(&mut report, &none, &none, &doc.sources, findings);
    }
    (overlays, locals)
}

/// Ends the work on one file: what nothing refers to is an error, too.
fn close<V, C>(
    report: &mut Report<'_>,
    values: &BTreeMap<String, V>,
    criteria: &BTreeMap<String, C>,
    sources: &BTreeMap<String, SourceDoc>,
    findings: &mut Vec<Finding>,
) {
    crate::slips::sources(report, sources);
    let all = [
        ("value", values.keys().collect::<Vec<_>>()),
        ("criterion", criteria.keys().collect()),
        ("source", sources.keys().collect()),
    ];
    for (what, names) in all {
        for name in names {
            if !report.used.contains(&format!("{what} {name}")) {
                let line = report.spot_of_key(name);
                let message = format!("{what} `{name}` is used by no rule");
                report.error(line, "unused", message, "use it or take it out".into());
            }
        }
    }
    findings.append(&mut report.findings);
}
