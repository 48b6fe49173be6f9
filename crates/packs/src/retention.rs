//! What becomes of the data of a response once it is over: destroyed, or kept for a time, by class
//! of data and by the law of the day on which the response was closed.

use std::collections::{BTreeMap, BTreeSet};

use fangxian_base::Date;

use crate::assessment::Label;
use crate::compile::Report;
use crate::compile::series::cites;
use crate::compile::vocabulary::Vocabulary;
use crate::finding::Spot;
use crate::schema::{Name, RetentionDoc, SourceDoc};
use crate::text::Text;

/// What becomes of a class of data of a response that is closed on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retained {
    /// Id of the class.
    pub class: String,
    /// What the class is.
    pub text: Text,
    /// Kinds of fact that make a record be of this class; empty for the last, which has the rest.
    pub facts: Vec<String>,
    /// The last day it is kept; none: it is destroyed with the response.
    pub until: Option<Date>,
    /// Why.
    pub says: Text,
    /// Whose rule it is; none: no rule of the day, so it is destroyed.
    pub label: Option<Label>,
    /// The sources, by their titles.
    pub sources: Vec<Text>,
}

/// The classes of data, looked up.
#[derive(Debug, Clone)]
pub struct Retention {
    classes: Vec<Class>,
    at_most_years: u32,
}

#[derive(Debug, Clone)]
struct Class {
    id: String,
    text: Text,
    facts: Vec<String>,
    dated: Vec<Dated>,
}

#[derive(Debug, Clone)]
struct Dated {
    from: Date,
    keep_years: Option<u32>,
    says: Text,
    label: Label,
    sources: Vec<Text>,
}

/// Looks up what the classes name.
pub fn compile(report: &mut Report<'_>, vocabulary: &Vocabulary, doc: &RetentionDoc) -> Retention {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let last = doc.classes.len().saturating_sub(1);
    let mut classes = Vec::new();
    for (index, class) in doc.classes.iter().enumerate() {
        let spot = class.id.spot();
        if class.facts.is_empty() != (index == last) {
            let message = format!(
                "`{}` must name kinds of fact unless it is the last",
                class.id.value
            );
            let hint = "every class but the last names `facts`; the last has the rest".to_owned();
            report.error(spot, "class", message, hint);
        }
        if classes
            .iter()
            .any(|known: &Class| known.id == class.id.value)
        {
            let message = format!("`{}` is listed twice", class.id.value);
            report.error(spot, "duplicate", message, String::new());
        }
        for fact in &class.facts {
            if vocabulary.id(&fact.value).is_none() {
                report.unknown(
                    "kind of fact",
                    fact,
                    vocabulary.kinds.iter().map(|kind| kind.name.as_str()),
                );
            }
            if !seen.insert(&fact.value) {
                let message = format!("`{}` stands in two classes", fact.value);
                report.error(fact.spot(), "duplicate", message, String::new());
            }
        }
        for pair in class.dated.windows(2) {
            if let [one, next] = pair
                && next.from <= one.from
            {
                let message = format!(
                    "the entries of `{}` are not in order of time",
                    class.id.value
                );
                report.error(
                    spot,
                    "time",
                    message,
                    "the earliest stands first".to_owned(),
                );
            }
        }
        let dated = class.dated.iter().map(|entry| {
            cites(report, &entry.cites, &doc.sources, spot);
            Dated {
                from: entry.from,
                keep_years: entry.keep_years,
                says: entry.says.clone(),
                label: entry.label,
                sources: titles(&entry.cites, &doc.sources),
            }
        });
        classes.push(Class {
            id: class.id.value.clone(),
            text: Text::new(&class.zh, &class.en),
            facts: class.facts.iter().map(|fact| fact.value.clone()).collect(),
            dated: dated.collect(),
        });
    }
    cites(report, &doc.at_most.cites, &doc.sources, Spot::FILE);
    Retention {
        classes,
        at_most_years: doc.at_most.years,
    }
}

fn titles(cites: &[Name], sources: &BTreeMap<String, SourceDoc>) -> Vec<Text> {
    let found = cites.iter().filter_map(|cite| sources.get(&cite.value));
    found
        .map(|source| Text::new(&source.zh, &source.en))
        .collect()
}

fn years_after(day: Date, years: u32) -> Date {
    jiff::Span::new()
        .try_years(years)
        .and_then(|span| day.checked_add(span))
        .unwrap_or(Date::MAX)
}

impl Retention {
    /// What becomes of each class, for a response that was closed on a day; the last class has what
    /// no other names.
    pub fn on(&self, closed: Date) -> Vec<Retained> {
        let classes = self.classes.iter();
        classes
            .map(|class| {
                let rule = class.dated.iter().rev().find(|entry| entry.from <= closed);
                Retained {
                    class: class.id.clone(),
                    text: class.text.clone(),
                    facts: class.facts.clone(),
                    until: rule
                        .and_then(|rule| rule.keep_years)
                        .map(|years| years_after(closed, years)),
                    says: rule.map_or_else(
                        || {
                            Text::new(
                                "当日没有保存的规定，随响应销毁",
                                "no rule of that day keeps it, so it goes with the response",
                            )
                        },
                        |rule| rule.says.clone(),
                    ),
                    label: rule.map(|rule| rule.label),
                    sources: rule.map_or_else(Vec::new, |rule| rule.sources.clone()),
                }
            })
            .collect()
    }

    /// The last day that an exception may run to, for a response that was closed on a day.
    pub fn at_most(&self, closed: Date) -> Date {
        years_after(closed, self.at_most_years)
    }
}
