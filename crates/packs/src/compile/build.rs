//! Builds a disease pack: looks every name of its file up, and checks that values cover editions.

use std::collections::{BTreeMap, BTreeSet};

use fangxian_base::{Date, plus_days};

use super::Report;
use super::disease::{
    AdviceRule, Disease, Edition, Head, Management, Pathway, Stage, Threshold, Timed,
};
use super::rules::{Names, Node, Rules};
use super::series::cites;
use super::vocabulary::Vocabulary;
use crate::assessment::Quantity;
use crate::finding::Spot;
use crate::schema::{CondDoc, Covers, DiseaseDoc, EditionDoc, Name, PathwayDoc, SourceDoc};
use crate::text::Text;

/// Builds heads.
struct Heads<'a> {
    pack: &'a str,
    editions: &'a [Edition],
    sources: &'a BTreeMap<String, SourceDoc>,
    ids: BTreeSet<String>,
}

impl Heads<'_> {
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts that every rule in the file has"
    )]
    fn head(
        &mut self,
        report: &mut Report<'_>,
        names: &mut Names<'_>,
        id: &Name,
        (zh, en): (&str, &str),
        sources: &[Name],
        editions: &[Name],
        when: Option<&CondDoc>,
    ) -> Head {
        let spot = id.spot();
        if !self.ids.insert(id.value.clone()) {
            let message = format!("`{}` is used for two rules", id.value);
            report.error(spot, "duplicate", message, String::new());
        }
        cites(report, sources, self.sources, spot);
        let mut bits = 0_u64;
        for name in editions {
            match self
                .editions
                .iter()
                .position(|edition| edition.id == name.value)
            {
                Some(index) if index < 64 => bits |= 1 << index,
                Some(_) => {
                    report.error(spot, "size", "more than 64 editions".into(), String::new());
                }
                None => {
                    let known = self.editions.iter().map(|edition| edition.id.as_str());
                    report.unknown("edition", name, known);
                }
            }
        }
        Head {
            id: format!("{}/{}", self.pack, id.value),
            text: Text::new(zh, en),
            cites: sources.iter().map(|cite| cite.value.clone()).collect(),
            editions: bits,
            days: (Date::MIN, Date::MAX),
            off: Vec::new(),
            node: when.map_or_else(Node::never, |when| names.node(report, when)),
            spot,
        }
    }
}

fn editions(
    report: &mut Report<'_>,
    docs: &[EditionDoc],
    sources: &BTreeMap<String, SourceDoc>,
) -> Vec<Edition> {
    let mut all: Vec<Edition> = Vec::with_capacity(docs.len());
    for (i, doc) in docs.iter().enumerate() {
        let spot = doc.id.spot();
        cites(report, &doc.cites, sources, spot);
        let next = docs.get(i + 1).map(|next| next.from);
        let until = doc
            .until
            .or_else(|| next.map(|next| plus_days(next, -1)))
            .unwrap_or(Date::MAX);
        if until < doc.from || next.is_some_and(|next| until >= next) {
            let message = format!("edition `{}` overlaps with the next", doc.id.value);
            report.error(
                spot,
                "time",
                message,
                "editions stand in order of time".into(),
            );
        }
        if next.is_some_and(|next| plus_days(until, 1) < next) {
            let message = format!("no edition holds between `{}` and the next", doc.id.value);
            report.error(
                spot,
                "time",
                message,
                "close the gap, if need be with `covers: none`".into(),
            );
        }
        if (doc.covers == Covers::Full) == doc.not_covered.is_some() {
            let message = format!(
                "edition `{}` must say what it does not cover, and only then",
                doc.id.value
            );
            report.error(spot, "coverage", message, "set `not_covered`".into());
        }
        all.push(Edition {
            id: doc.id.value.clone(),
            title: Text::new(&doc.zh, &doc.en),
            from: doc.from,
            until,
            published: doc.published,
            covers: doc.covers,
            not_covered: doc.not_covered.clone(),
        });
    }
    all
}

fn pathway(
    report: &mut Report<'_>,
    names: &mut Names<'_>,
    doc: &PathwayDoc,
    head: Head,
    advice: &BTreeSet<&str>,
) -> Pathway {
    if doc.stages.is_empty() {
        let message = format!("pathway `{}` has no stage", doc.id.value);
        report.error(head.spot, "stage", message, String::new());
    }
    let open = doc.stages.iter().any(|stage| stage.days.is_none());
    if open != doc.review_every.is_some() {
        let message = format!(
            "pathway `{}` has neither an end nor a review, or both",
            doc.id.value
        );
        report.error(
            head.spot,
            "end",
            message,
            "give every stage days, or set `review_every`".into(),
        );
    }
    if let Some(name) = &doc.instead
        && !advice.contains(name.value.as_str())
    {
        report.unknown("advice", name, advice.iter().copied());
    }
    if doc.least_days.is_some() && doc.review_every.is_none() {
        let message = format!("pathway `{}` has an end, and days before it", doc.id.value);
        let hint = "`least_days` is for pathways that end by release".to_owned();
        report.error(head.spot, "end", message, hint);
    }
    if doc.last_test.is_some() && doc.stages.iter().all(|stage| stage.tests.is_none()) {
        let message = format!("pathway `{}` has no sample in its calendar", doc.id.value);
        let hint = "`last_test` asks for a stage with `tests`".to_owned();
        report.error(head.spot, "stage", message, hint);
    }
    Pathway {
        measure: doc.measure.value.clone(),
        anchor_latest: names.anchors(report, &doc.anchor_latest),
        anchor: names.anchors(report, &doc.anchor),
        anchor_is_day: names.value(report, &doc.anchor_is_day),
        stages: doc
            .stages
            .iter()
            .map(|stage| Stage {
                text: Text::new(&stage.zh, &stage.en),
                place: stage.place,
                days: stage.days.as_ref().map(|name| names.span(report, name)),
                tests: stage.tests.as_ref().map(|name| names.value(report, name)),
                health_check: stage.health_check,
            })
            .collect(),
        review_every: doc
            .review_every
            .as_ref()
            .map(|name| names.span(report, name)),
        release: doc
            .release
            .iter()
            .map(|node| names.node(report, node))
            .collect(),
        least_days: doc.least_days.as_ref().map(|name| names.span(report, name)),
        last_test: doc.last_test.as_ref().and_then(|last| {
            let samples = names.value(report, &last.samples);
            names
                .factual(report, &last.met)
                .map(|criterion| (criterion, samples))
        }),
        instead: doc
            .instead
            .as_ref()
            .map(|name| format!("{}/{}", head_pack(&head), name.value)),
        head,
    }
}

fn head_pack(head: &Head) -> &str {
    head.id.split_once('/').map_or("", |(pack, _)| pack)
}

/// Compiles a disease pack; returns it with the facts that its criteria ask for.
pub fn disease(
    report: &mut Report<'_>,
    vocabulary: &Vocabulary,
    doc: &DiseaseDoc,
) -> (Disease, BTreeSet<String>) {
    let (rules, mut names) =
        super::rules::compile(report, vocabulary, &doc.values, &doc.criteria, &doc.sources);
    let editions = editions(report, &doc.editions, &doc.sources);
    let mut heads = Heads {
        pack: &doc.id.value,
        editions: &editions,
        sources: &doc.sources,
        ids: BTreeSet::new(),
    };
    let mut classes = Vec::new();
    for rule in &doc.classes {
        let words = (rule.zh.as_str(), rule.en.as_str());
        let mut head = heads.head(
            report,
            &mut names,
            &rule.id,
            words,
            &rule.cites,
            &rule.editions,
            Some(&rule.when),
        );
        head.days = (
            rule.from.unwrap_or(Date::MIN),
            rule.until.unwrap_or(Date::MAX),
        );
        classes.push((rule.class, head));
    }
    let mut contacts = Vec::new();
    for rule in &doc.contacts {
        let words = (rule.zh.as_str(), rule.en.as_str());
        let head = heads.head(
            report,
            &mut names,
            &rule.id,
            words,
            &rule.cites,
            &rule.editions,
            Some(&rule.when),
        );
        contacts.push((rule.contact, head));
    }
    let advice_ids: BTreeSet<&str> = doc.advice.iter().map(|a| a.id.value.as_str()).collect();
    let mut pathways = Vec::new();
    for rule in &doc.pathways {
        let words = (rule.zh.as_str(), rule.en.as_str());
        let mut head = heads.head(
            report,
            &mut names,
            &rule.id,
            words,
            &rule.cites,
            &rule.editions,
            Some(&rule.when),
        );
        head.days = (
            rule.from.unwrap_or(Date::MIN),
            rule.until.unwrap_or(Date::MAX),
        );
        pathways.push(pathway(report, &mut names, rule, head, &advice_ids));
    }
    let mut declines = Vec::new();
    for rule in &doc.declines {
        let words = (rule.zh.as_str(), rule.en.as_str());
        let head = heads.head(
            report,
            &mut names,
            &rule.id,
            words,
            &rule.cites,
            &rule.editions,
            Some(&rule.when),
        );
        declines.push((rule.measure.value.clone(), head));
    }
    let mut advice = Vec::new();
    for rule in &doc.advice {
        let words = (rule.zh.as_str(), rule.en.as_str());
        let mut head = heads.head(
            report,
            &mut names,
            &rule.id,
            words,
            &rule.cites,
            &rule.editions,
            rule.when.as_ref(),
        );
        head.days = (
            rule.from.unwrap_or(Date::MIN),
            rule.until.unwrap_or(Date::MAX),
        );
        advice.push(AdviceRule {
            head,
            by_itself: rule.when.is_some(),
            anchor_latest: names.anchors(report, &rule.anchor_latest),
            anchor: names.anchors(report, &rule.anchor),
            tests: rule.tests.as_ref().map(|name| names.value(report, name)),
            after: rule.after.as_ref().map(|name| names.span(report, name)),
            lasts: rule.lasts.as_ref().map(|name| names.span(report, name)),
        });
    }
    let mut reports = Vec::new();
    for rule in &doc.reports {
        let words = (rule.zh.as_str(), rule.en.as_str());
        let head = heads.head(
            report,
            &mut names,
            &rule.id,
            words,
            &rule.cites,
            &rule.editions,
            Some(&rule.when),
        );
        let within = Some(names.span(report, &rule.within));
        reports.push(Timed {
            head,
            task: String::new(),
            within,
        });
    }
    let mut tasks = Vec::new();
    for rule in &doc.tasks {
        let words = (rule.zh.as_str(), rule.en.as_str());
        let head = heads.head(
            report,
            &mut names,
            &rule.id,
            words,
            &rule.cites,
            &rule.editions,
            Some(&rule.when),
        );
        let within = rule.within.as_ref().map(|name| names.span(report, name));
        tasks.push(Timed {
            head,
            task: rule.task.value.clone(),
            within,
        });
    }
    let mut alerts = Vec::new();
    for rule in &doc.alerts {
        let words = (rule.zh.as_str(), rule.en.as_str());
        let head = heads.head(
            report,
            &mut names,
            &rule.id,
            words,
            &rule.cites,
            &rule.editions,
            None,
        );
        let cases = names.value(report, &rule.cases);
        let besides = rule
            .besides
            .as_ref()
            .map(|besides| (besides.counts, names.value(report, &besides.cases)));
        let alert = Threshold {
            head,
            kind: rule.is,
            unit: rule.unit,
            counts: rule.counts,
            cases,
            besides,
            first: rule.first,
            days: names.span(report, &rule.days),
            within: rule.within.as_ref().map(|name| names.span(report, name)),
        };
        threshold(report, &rules, &alert, None);
        alerts.push(alert);
    }
    let management = doc
        .management
        .iter()
        .map(|entry| {
            let spot = entry.cites.first().map_or_else(Spot::default, Name::spot);
            cites(report, &entry.cites, &doc.sources, spot);
            Management {
                from: entry.from,
                published: entry.published.unwrap_or(entry.from),
                managed: entry.managed,
                class_a_by_approval: entry.class_a_by_approval,
                text: Text::new(&entry.zh, &entry.en),
            }
        })
        .collect();
    let asked = std::mem::take(&mut names.asked);
    let disease = Disease {
        id: doc.id.value.clone(),
        title: Text::new(&doc.zh, &doc.en),
        also_called: doc.also_called.iter().map(|w| w.value.clone()).collect(),
        icd10: doc.icd10.value.clone(),
        icd11: doc.icd11.value.clone(),
        sealed: doc.sealed,
        sources: doc.sources.clone(),
        management,
        editions,
        rules,
        classes,
        contacts,
        pathways,
        declines,
        advice,
        reports,
        tasks,
        alerts,
        layers: Vec::new(),
    };
    check_values(report, &disease);
    (disease, asked)
}

/// An alert is not raised without any case: not by the pack itself, and not by one overlay.
pub fn threshold(report: &mut Report<'_>, rules: &Rules, alert: &Threshold, overlay: Option<&str>) {
    let read = [Some(alert.cases), alert.besides.map(|(_, id)| id)];
    let read = read.into_iter().flatten();
    let entries = read.flat_map(|id| rules.values.get(id.0).map_or(&[][..], |s| &s.entries));
    for entry in entries.filter(|e| e.layer.as_ref().map(|l| l.pack.as_str()) == overlay) {
        if matches!(entry.value, Quantity::Whole(number) if number < 1) {
            let id = alert.head.id.split_once('/').map_or("", |(_, id)| id);
            let message = format!("`{id}` would be raised without any case");
            let hint = "a threshold is one case or more".to_owned();
            report.error(entry.spot, "threshold", message, hint);
        }
    }
}

/// Every value that a rule reads must hold on every day of the rule's editions.
fn check_values(report: &mut Report<'_>, disease: &Disease) {
    for (head, values) in disease.heads() {
        for (index, edition) in disease.editions.iter().enumerate() {
            if head.editions & (1 << index.min(63)) == 0 {
                continue;
            }
            let from = edition.from.max(head.days.0);
            let until = edition.until.min(head.days.1);
            for id in &values {
                let Some(series) = disease.rules.values.get(id.0) else {
                    continue;
                };
                if from <= until && !series.covers(from, until) {
                    let message = format!(
                        "`{}` needs `{}` on every day of edition `{}`",
                        head.id, series.name, edition.id
                    );
                    report.error(
                        head.spot,
                        "gap",
                        message,
                        "add or extend a dated value".into(),
                    );
                }
            }
        }
    }
}
