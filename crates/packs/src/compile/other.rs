//! Law, scheme and city packs with every name looked up.

use std::collections::{BTreeMap, BTreeSet};

use fangxian_base::Date;

use super::Report;
use super::rules::{Node, Rules, ValueId};
use super::series::cites;
use super::vocabulary::Vocabulary;
use crate::assessment::{CaseClass, Formality, Label, Managed, Reason, ReportDue};
use crate::finding::Spot;
use crate::limits::LimitRule;
use crate::schema::{
    AbsentDoc, CityDoc, InForce, LawDoc, LawMeasureDoc, Level, Name, RemedyDoc, Reported,
    SchemeDoc, SourceDoc,
};
use crate::text::Text;

/// A statute.
#[derive(Debug, Clone)]
pub struct Law {
    /// Id.
    pub id: String,
    /// Title.
    pub title: Text,
    /// Day of publication.
    pub published: Date,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Sources.
    pub sources: BTreeMap<String, SourceDoc>,
    /// Values.
    pub rules: Rules,
    /// Measures.
    pub measures: Vec<LawMeasureDoc>,
    /// Measures that stand in no law.
    pub absent: Vec<AbsentDoc>,
    /// Clocks.
    pub clocks: Vec<Clock>,
    /// Complaints.
    pub remedy: RemedyDoc,
    /// Where somebody whose complaint was refused can turn next.
    pub routes: Vec<Route>,
}

/// A statutory clock.
#[derive(Debug, Clone)]
pub struct Clock {
    /// `law/clock`.
    pub id: String,
    /// Its place in the file.
    pub spot: Spot,
    /// What is reported.
    pub of: Reported,
    /// Management.
    pub managed: Vec<Managed>,
    /// Case classes; empty for all.
    pub classes: Vec<CaseClass>,
    /// Hours.
    pub within: ValueId,
    /// Article.
    pub article: Text,
    /// What is reported.
    pub text: Text,
    /// Sources.
    pub cites: Vec<String>,
}

/// A way to turn to somebody else.
#[derive(Debug, Clone)]
pub struct Route {
    /// `law/id`.
    pub rule: String,
    /// Line in the file.
    pub spot: Spot,
    /// Its id.
    pub id: String,
    /// What can be done.
    pub text: Text,
    /// Law and article.
    pub article: Text,
    /// Days from when the decision is known.
    pub within: Option<ValueId>,
}

impl Law {
    /// The reports of one sort that it wants on a day, for a disease managed so: what, and why.
    pub fn reports(
        &self,
        of: Reported,
        managed: Managed,
        class: Option<CaseClass>,
        on: Date,
    ) -> Vec<(ReportDue, Reason)> {
        let asked = |clock: &&Clock| {
            let classes = &clock.classes;
            clock.of == of
                && clock.managed.contains(&managed)
                && (classes.is_empty() || class.is_some_and(|class| classes.contains(&class)))
        };
        let report = |clock: &Clock| {
            let series = self.rules.values.get(clock.within.0)?;
            let (within_hours, used) = (series.whole(on)?, series.used(on)?);
            let reason = Reason {
                rule: clock.id.clone(),
                text: clock.text.clone(),
                because: class.map(CaseClass::text).into_iter().collect(),
                facts: Vec::new(),
                values: vec![used],
                cites: clock.cites.clone(),
            };
            let basis = Text::new(
                format!("{}{}", self.title.zh, clock.article.zh),
                format!("{}, {}", self.title.en, clock.article.en),
            );
            let report = ReportDue {
                rule: clock.id.clone(),
                text: clock.text.clone(),
                within_hours,
                basis,
            };
            Some((report, reason))
        };
        self.clocks
            .iter()
            .filter(asked)
            .filter_map(report)
            .collect()
    }

    /// Whether it is in force on a day and was published by another.
    pub fn holds(&self, on: Date, as_of: Date) -> bool {
        self.published <= as_of && self.from <= on && on <= self.until
    }
}

/// Compiles a law pack.
pub fn law(report: &mut Report<'_>, vocabulary: &Vocabulary, doc: &LawDoc) -> Law {
    let none = BTreeMap::new();
    let (rules, mut names) =
        super::rules::compile(report, vocabulary, &doc.values, &none, &doc.sources);
    let mut ids = BTreeSet::new();
    for measure in &doc.measures {
        unique(report, &mut ids, &measure.id);
        cites(report, &measure.cites, &doc.sources, measure.id.spot());
        if measure.restricts && !measure.formalities.contains(&Formality::EndOrReview) {
            let message = format!(
                "`{}` restricts people without end or review",
                measure.id.value
            );
            let hint = "add `end_or_review` to its formalities".to_owned();
            report.error(measure.id.spot(), "end", message, hint);
        }
        if measure.applies_to.is_empty() {
            let message = format!("`{}` is applied to nothing", measure.id.value);
            let hint = "name it in `applies_to`".to_owned();
            report.error(measure.id.spot(), "target", message, hint);
        }
        if measure.organs.is_empty() {
            let message = format!("nobody may decide `{}`", measure.id.value);
            report.error(measure.id.spot(), "organ", message, String::new());
        }
    }
    for absent in &doc.absent {
        unique(report, &mut ids, &absent.id);
        let spot = absent.id.spot();
        cites(report, &absent.cites, &doc.sources, spot);
    }
    let clocks = doc
        .clocks
        .iter()
        .map(|clock| {
            unique(report, &mut ids, &clock.id);
            cites(report, &clock.cites, &doc.sources, clock.id.spot());
            Clock {
                id: format!("{}/{}", doc.id.value, clock.id.value),
                spot: clock.id.spot(),
                of: clock.of,
                managed: clock.managed.clone(),
                classes: clock.classes.clone(),
                within: names.span(report, &clock.within),
                article: clock.article.clone(),
                text: Text::new(&clock.zh, &clock.en),
                cites: clock.cites.iter().map(|cite| cite.value.clone()).collect(),
            }
        })
        .collect();
    let mut routes = Vec::new();
    for route in &doc.remedy.routes {
        unique(report, &mut ids, &route.id);
        cites(report, &route.cites, &doc.sources, route.id.spot());
        routes.push(Route {
            rule: format!("{}/{}", doc.id.value, route.id.value),
            spot: route.id.spot(),
            id: route.id.value.clone(),
            text: Text::new(&route.zh, &route.en),
            article: route.article.clone(),
            within: route.within.as_ref().map(|name| names.span(report, name)),
        });
    }
    Law {
        id: doc.id.value.clone(),
        title: Text::new(&doc.zh, &doc.en),
        published: doc.published,
        from: doc.from,
        until: doc.until.unwrap_or(Date::MAX),
        sources: doc.sources.clone(),
        rules,
        measures: doc.measures.clone(),
        absent: doc.absent.clone(),
        clocks,
        remedy: doc.remedy.clone(),
        routes,
    }
}

/// Says so when an id stands twice.
pub fn unique(report: &mut Report<'_>, ids: &mut BTreeSet<String>, id: &Name) {
    if !ids.insert(id.value.clone()) {
        let message = format!("`{}` stands twice", id.value);
        report.error(id.spot(), "duplicate", message, String::new());
    }
}

/// A scheme.
#[derive(Debug, Clone)]
pub struct Scheme {
    /// Id.
    pub id: String,
    /// Title.
    pub title: Text,
    /// The diseases it was made for.
    pub diseases: Vec<Name>,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Sources.
    pub sources: BTreeMap<String, SourceDoc>,
    /// Values and criteria.
    pub rules: Rules,
    /// Categories.
    pub categories: Vec<CategoryRule>,
}

impl Scheme {
    /// Whether it was made for a disease.
    pub fn sorts(&self, disease: &str) -> bool {
        self.diseases.iter().any(|named| named.value == disease)
    }
}

/// A category.
#[derive(Debug, Clone)]
pub struct CategoryRule {
    /// `scheme/category`.
    pub rule: String,
    /// Id.
    pub id: String,
    /// Its place in the file.
    pub spot: Spot,
    /// Name.
    pub text: Text,
    /// Label.
    pub label: Label,
    /// Sources.
    pub cites: Vec<String>,
    /// Who.
    pub node: Node,
}

/// Compiles a scheme; returns it with the facts that its criteria ask for.
pub fn scheme(
    report: &mut Report<'_>,
    vocabulary: &Vocabulary,
    doc: &SchemeDoc,
) -> (Scheme, BTreeSet<String>) {
    let (rules, mut names) =
        super::rules::compile(report, vocabulary, &doc.values, &doc.criteria, &doc.sources);
    names.after_measures = true;
    let mut ids = BTreeSet::new();
    let categories = doc
        .categories
        .iter()
        .map(|category| {
            unique(report, &mut ids, &category.id);
            let spot = category.id.spot();
            cites(report, &category.cites, &doc.sources, spot);
            CategoryRule {
                rule: format!("{}/{}", doc.id.value, category.id.value),
                id: category.id.value.clone(),
                spot,
                text: Text::new(&category.zh, &category.en),
                label: category.label,
                cites: category
                    .cites
                    .iter()
                    .map(|cite| cite.value.clone())
                    .collect(),
                node: names.node(report, &category.when),
            }
        })
        .collect();
    let mut named = BTreeSet::new();
    for disease in &doc.diseases {
        unique(report, &mut named, disease);
    }
    if doc.diseases.is_empty() {
        let message = format!("`{}` is made for no disease", doc.id.value);
        let hint = "name the packs it sorts people of in `diseases`".to_owned();
        report.error(doc.id.spot(), "disease", message, hint);
    }
    let scheme = Scheme {
        id: doc.id.value.clone(),
        title: Text::new(&doc.zh, &doc.en),
        diseases: doc.diseases.clone(),
        from: doc.from,
        until: doc.until.unwrap_or(Date::MAX),
        sources: doc.sources.clone(),
        rules,
        categories,
    };
    (scheme, names.asked)
}

/// A city.
#[derive(Debug, Clone)]
pub struct City {
    /// Id.
    pub id: String,
    /// Name.
    pub title: Text,
    /// Demonstration only.
    pub fictional: bool,
    /// Path.
    pub region: String,
    /// Levels, top first.
    pub levels: Vec<Level>,
    /// Sources.
    pub sources: BTreeMap<String, SourceDoc>,
    /// Diseases in force.
    pub diseases: Vec<InForce>,
    /// Schemes in force.
    pub schemes: Vec<InForce>,
    /// Values.
    pub rules: Rules,
    /// Deadlines.
    pub deadlines: Vec<DeadlineRule>,
    /// Limits.
    pub limits: Vec<LimitRule>,
}

/// A deadline.
#[derive(Debug, Clone)]
pub struct DeadlineRule {
    /// `city/task@level`.
    pub rule: String,
    /// Its place in the file.
    pub spot: Spot,
    /// Kind of task.
    pub task: String,
    /// Level.
    pub level: String,
    /// Hours.
    pub within: ValueId,
}

impl City {
    /// Whether a disease or scheme is in force on a day.
    pub fn in_force(list: &[InForce], id: &str, on: Date) -> bool {
        list.iter().any(|entry| {
            entry.id.value == id && entry.from <= on && entry.until.is_none_or(|until| on <= until)
        })
    }
}

/// Compiles a city pack.
pub fn city(report: &mut Report<'_>, vocabulary: &Vocabulary, doc: &CityDoc) -> City {
    let none = BTreeMap::new();
    let (rules, mut names) =
        super::rules::compile(report, vocabulary, &doc.values, &none, &doc.sources);
    let mut deadlines = Vec::new();
    for deadline in &doc.deadlines {
        if !doc
            .levels
            .iter()
            .any(|level| level.id == deadline.level.value)
        {
            report.unknown(
                "level",
                &deadline.level,
                doc.levels.iter().map(|l| l.id.as_str()),
            );
        }
        let (task, level) = (&deadline.task.value, &deadline.level.value);
        deadlines.push(DeadlineRule {
            rule: format!("{}/{task}@{level}", doc.id.value),
            spot: deadline.task.spot(),
            task: task.clone(),
            level: level.clone(),
            within: names.span(report, &deadline.within),
        });
    }
    let limits = crate::limits::compile(report, &mut names, &doc.id.value, &doc.limits);
    City {
        id: doc.id.value.clone(),
        title: Text::new(&doc.zh, &doc.en),
        fictional: doc.fictional,
        region: doc.region.clone(),
        levels: doc.levels.clone(),
        sources: doc.sources.clone(),
        diseases: doc.diseases.clone(),
        schemes: doc.schemes.clone(),
        rules,
        deadlines,
        limits,
    }
}
