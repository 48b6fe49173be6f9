//! Criteria and conditions with every name looked up.

use std::collections::{BTreeMap, BTreeSet};

use super::Report;
use super::reach;
use super::series::{self, Series};
use super::vocabulary::{self, KindId, Vocabulary, fits};
use crate::assessment::{CaseClass, ContactKind};
use crate::fact::Value;
use crate::finding::Spot;
use crate::schema::{
    AttrDoc, AttrType, CondDoc, CriterionDoc, DuringDoc, MatchDoc, Name, SeriesDoc, SourceDoc,
};
use crate::text::Text;

/// The number of a value within its pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub usize);

/// The number of a criterion within its pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CriterionId(pub usize);

/// A condition.
#[derive(Debug, Clone)]
pub enum Node {
    /// Every one.
    All(Vec<Self>),
    /// At least one.
    Any(Vec<Self>),
    /// k of n.
    AtLeast(ValueId, Vec<Self>),
    /// Not.
    Not(Box<Self>),
    /// A criterion.
    Met(CriterionId),
    /// The class found.
    Class(Vec<CaseClass>),
    /// The contact found.
    Contact(Vec<ContactKind>),
    /// The place.
    Region(Vec<String>),
    /// What the plan foresees under one of these measures has run its course.
    Over(Vec<String>),
}

impl Node {
    /// A condition that never holds: the stand-in for what could not be looked up.
    pub const fn never() -> Self {
        Self::Any(Vec::new())
    }
}

/// An attribute of a kind of fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attr {
    /// Its place among the declared attributes of the kind.
    pub place: usize,
    /// Its name.
    pub name: String,
}

/// What an attribute must be.
#[derive(Debug, Clone)]
pub enum Match {
    /// One of these.
    OneOf(Vec<Value>),
    /// One of these codes; their places among the declared ones, one bit each.
    Codes(Vec<Value>, u64),
    /// At least this value.
    AtLeast(ValueId),
    /// Below this value.
    Below(ValueId),
    /// Anything that is known.
    Known,
}

/// A day that something is counted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// A date attribute of the fact itself.
    Attr(Attr),
    /// The earliest beginning of facts of a kind, or the earliest value of their date attribute.
    First(KindId, Option<Attr>),
    /// The latest end of facts of a kind, or the latest value of their date attribute.
    Last(KindId, Option<Attr>),
    /// The earliest beginning of the facts that meet a criterion.
    FirstMeeting(CriterionId),
    /// The latest day of the facts that meet a criterion, inside its window.
    LastMeeting(CriterionId),
    /// The day asked about.
    Today,
}

/// A window.
#[derive(Debug, Clone)]
pub struct During {
    /// Anchors of its start.
    pub start: Vec<Anchor>,
    /// Days before.
    pub days_before: Option<ValueId>,
    /// Days later.
    pub days_later: Option<ValueId>,
    /// Anchors of its end.
    pub end: Vec<Anchor>,
    /// Days after.
    pub days_after: Option<ValueId>,
}

/// A question about facts of one kind.
#[derive(Debug, Clone)]
pub struct FactTest {
    /// Kind.
    pub kind: KindId,
    /// Which of them.
    pub filter: Vec<(Attr, Match)>,
    /// Which of them not.
    pub unless: Vec<(Attr, Match)>,
    /// What must hold.
    pub is: Vec<(Attr, Match)>,
    /// Or this.
    pub or_is: Vec<(Attr, Match)>,
    /// Only what is later.
    pub later_than: Vec<Anchor>,
    /// When.
    pub during: Option<During>,
    /// How many, how far apart.
    pub count: Option<(ValueId, Option<ValueId>)>,
    /// Only the latest.
    pub latest: bool,
}

/// How a criterion is decided.
#[derive(Debug, Clone)]
pub enum Test {
    /// By facts.
    Facts(Box<FactTest>),
    /// By other criteria.
    When(Node),
}

/// A named criterion.
#[derive(Debug, Clone)]
pub struct Criterion {
    /// Name.
    pub name: String,
    /// For people.
    pub text: Text,
    /// How it is decided.
    pub test: Test,
    /// Whether it asks, directly or through others, for the class or the kind of contact found.
    pub asks_found: bool,
}

/// The values and criteria of a pack.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Values, by number.
    pub values: Vec<Series>,
    /// Criteria, by number.
    pub criteria: Vec<Criterion>,
}

/// Looks names up while a pack is compiled.
#[derive(Debug)]
pub struct Names<'v> {
    /// The declared facts.
    pub vocabulary: &'v Vocabulary,
    values: BTreeMap<String, ValueId>,
    units: Vec<String>,
    criteria: BTreeMap<String, CriterionId>,
    factual: BTreeSet<String>,
    /// Whether conditions are judged when the measures are known.
    pub after_measures: bool,
    /// Kinds and `kind.attr` that some criterion asks about.
    pub asked: BTreeSet<String>,
}

impl Names<'_> {
    /// A value by name; a finding when there is none.
    pub fn value(&mut self, report: &mut Report<'_>, name: &Name) -> ValueId {
        report.used.insert(format!("value {}", name.value));
        self.values.get(&name.value).copied().unwrap_or_else(|| {
            report.unknown("value", name, self.values.keys().map(String::as_str));
            ValueId(usize::MAX)
        })
    }

    /// A value that must be in days or hours.
    pub fn span(&mut self, report: &mut Report<'_>, name: &Name) -> ValueId {
        let id = self.value(report, name);
        if let Some(unit) = self.units.get(id.0)
            && !["days", "hours"].contains(&unit.as_str())
        {
            let message = format!("`{}` is in {unit}, a span of time is wanted", name.value);
            report.error(name.spot(), "unit", message, String::new());
        }
        id
    }

    /// A condition.
    pub fn node(&mut self, report: &mut Report<'_>, doc: &CondDoc) -> Node {
        match doc {
            CondDoc::All(parts) => {
                Node::All(parts.iter().map(|part| self.node(report, part)).collect())
            }
            CondDoc::Any(parts) => {
                Node::Any(parts.iter().map(|part| self.node(report, part)).collect())
            }
            CondDoc::AtLeast(part) => Node::AtLeast(
                self.value(report, &part.count),
                part.of.iter().map(|part| self.node(report, part)).collect(),
            ),
            CondDoc::Not(part) => Node::Not(Box::new(self.node(report, part))),
            CondDoc::Met(name) => {
                report.used.insert(format!("criterion {}", name.value));
                self.criteria.get(&name.value).copied().map_or_else(
                    || {
                        let known = self.criteria.keys().map(String::as_str);
                        report.unknown("criterion", name, known);
                        Node::never()
                    },
                    Node::Met,
                )
            }
            CondDoc::Class(classes) => Node::Class(classes.clone()),
            CondDoc::Contact(kinds) => Node::Contact(kinds.clone()),
            CondDoc::Region(regions) => Node::Region(regions.clone()),
            CondDoc::Over(measures) => {
                let spot = measures.first().map_or(Spot::FILE, Name::spot);
                if !self.after_measures {
                    let message = "`over` asks for measures, which come after this".to_owned();
                    let hint = "it belongs into the categories of a scheme".to_owned();
                    report.error(spot, "order", message, hint);
                }
                Node::Over(measures.iter().map(|name| name.value.clone()).collect())
            }
        }
    }

    /// A criterion that asks about facts; a finding when it does not.
    pub fn factual(&mut self, report: &mut Report<'_>, name: &Name) -> Option<CriterionId> {
        self.fact_criterion(report, name.spot(), &name.value)
    }

    fn fact_criterion(
        &self,
        report: &mut Report<'_>,
        spot: Spot,
        name: &str,
    ) -> Option<CriterionId> {
        report.used.insert(format!("criterion {name}"));
        let Some(id) = self.criteria.get(name).copied() else {
            let known = self.criteria.keys().map(String::as_str);
            let hint = crate::finding::nearest(name, known);
            let message = format!("unknown criterion `{name}`");
            report.error(spot, "unknown-name", message, hint);
            return None;
        };
        if !self.factual.contains(name) {
            let message = format!("`{name}` combines other criteria; no fact meets it by itself");
            let hint = "name a criterion that has a `fact`".to_owned();
            report.error(spot, "criterion", message, hint);
            return None;
        }
        Some(id)
    }

    /// An anchor outside a criterion, where there is no fact to take an attribute from.
    pub fn anchors(&mut self, report: &mut Report<'_>, names: &[Name]) -> Vec<Anchor> {
        names
            .iter()
            .filter_map(|name| self.anchor(report, name, None))
            .collect()
    }

    fn anchor(
        &mut self,
        report: &mut Report<'_>,
        name: &Name,
        own: Option<KindId>,
    ) -> Option<Anchor> {
        let spot = name.spot();
        if name.value == "today" {
            return Some(Anchor::Today);
        }
        let (form, rest) = name.value.split_once(':').unwrap_or(("", ""));
        match (form, own) {
            ("attr", Some(kind)) => {
                let attr = self.date_attr(report, spot, kind, rest)?;
                Some(Anchor::Attr(attr))
            }
            ("first-meeting", _) => self
                .fact_criterion(report, spot, rest)
                .map(Anchor::FirstMeeting),
            ("last-meeting", _) => self
                .fact_criterion(report, spot, rest)
                .map(Anchor::LastMeeting),
            ("first" | "last", _) => {
                let (kind_name, attr) = match rest.split_once('.') {
                    Some((kind, attr)) => (kind, Some(attr)),
                    None => (rest, None),
                };
                let Some(kind) = self.vocabulary.id(kind_name) else {
                    self.unknown_kind(report, spot, kind_name);
                    return None;
                };
                self.asked.insert(kind_name.to_owned());
                let attr = match attr {
                    Some(attr) => Some(self.date_attr(report, spot, kind, attr)?),
                    None => None,
                };
                Some(if form == "first" {
                    Anchor::First(kind, attr)
                } else {
                    Anchor::Last(kind, attr)
                })
            }
            _ => {
                let hint = "write `today`, `first:KIND`, `last:KIND.ATTR`, `last-meeting:CRITERION` or, inside a criterion, `attr:ATTR`";
                report.error(
                    spot,
                    "anchor",
                    format!("`{}` is no anchor", name.value),
                    hint.into(),
                );
                None
            }
        }
    }

    fn unknown_kind(&self, report: &mut Report<'_>, spot: Spot, name: &str) {
        let known = self.vocabulary.kinds.iter().map(|kind| kind.name.as_str());
        let hint = match crate::finding::nearest(name, known) {
            hint if hint.is_empty() => "declare it in facts.yaml".to_owned(),
            hint => hint,
        };
        report.error(
            spot,
            "undeclared-fact",
            format!("`{name}` is not in facts.yaml"),
            hint,
        );
    }

    fn date_attr(
        &mut self,
        report: &mut Report<'_>,
        spot: Spot,
        kind: KindId,
        attr: &str,
    ) -> Option<Attr> {
        let name = self
            .vocabulary
            .kind(kind)
            .map_or("", |kind| kind.name.as_str());
        self.asked.insert(format!("{name}.{attr}"));
        if let Some((place, doc)) = self.vocabulary.attr(kind, attr)
            && doc.kind == AttrType::Date
        {
            let name = attr.to_owned();
            return Some(Attr { place, name });
        }
        let message = format!("`{name}` has no date attribute `{attr}`");
        report.error(spot, "undeclared-fact", message, String::new());
        None
    }

    fn during(&mut self, report: &mut Report<'_>, doc: &DuringDoc, kind: KindId) -> During {
        let start = doc
            .start
            .iter()
            .filter_map(|name| self.anchor(report, name, Some(kind)))
            .collect();
        let end = doc
            .end
            .iter()
            .filter_map(|name| self.anchor(report, name, Some(kind)))
            .collect();
        During {
            start,
            days_before: doc.days_before.as_ref().map(|name| self.span(report, name)),
            days_later: doc.days_later.as_ref().map(|name| self.span(report, name)),
            end,
            days_after: doc.days_after.as_ref().map(|name| self.span(report, name)),
        }
    }

    fn matches(
        &mut self,
        report: &mut Report<'_>,
        kind: KindId,
        spot: Spot,
        docs: &BTreeMap<String, MatchDoc>,
    ) -> Vec<(Attr, Match)> {
        let kind_name = self
            .vocabulary
            .kind(kind)
            .map_or("", |kind| kind.name.as_str());
        let mut all = Vec::new();
        for (attr, doc) in docs {
            self.asked.insert(format!("{kind_name}.{attr}"));
            let Some((place, declared)) = self.vocabulary.attr(kind, attr) else {
                let message = format!("`{kind_name}` has no attribute `{attr}`");
                report.error(
                    spot,
                    "undeclared-fact",
                    message,
                    "declare it in facts.yaml".into(),
                );
                continue;
            };
            let name = attr.clone();
            let own = Attr { place, name };
            let wanted = match doc {
                MatchDoc::Exactly(value) => one_of(declared, vec![value.clone()]),
                MatchDoc::OneOf(values) => one_of(declared, values.clone()),
                MatchDoc::Compare(compare) => {
                    let (name, at_least) = match (&compare.at_least, &compare.below, compare.known)
                    {
                        (Some(name), None, false) => (name, true),
                        (None, Some(name), false) => (name, false),
                        (None, None, true) => {
                            all.push((own, Match::Known));
                            continue;
                        }
                        _ => {
                            let message =
                                format!("`{attr}` needs one of `at_least`, `below` and `known`");
                            report.error(spot, "comparison", message, String::new());
                            continue;
                        }
                    };
                    report.used.insert(format!("value {name}"));
                    let Some(id) = self.values.get(name).copied() else {
                        let hint =
                            crate::finding::nearest(name, self.values.keys().map(String::as_str));
                        report.error(
                            spot,
                            "unknown-name",
                            format!("unknown value `{name}`"),
                            hint,
                        );
                        continue;
                    };
                    if at_least {
                        Match::AtLeast(id)
                    } else {
                        Match::Below(id)
                    }
                }
            };
            if let Match::OneOf(values) | Match::Codes(values, _) = &wanted {
                for value in values.iter().filter(|value| !fits(declared, value)) {
                    let message = format!("`{kind_name}.{attr}` can never be `{value:?}`");
                    let hint = crate::finding::nearest(
                        match value {
                            Value::Code(code) => code,
                            Value::Bool(_) | Value::Number(_) | Value::Date(_) => "",
                        },
                        declared.codes.iter().map(String::as_str),
                    );
                    report.error(spot, "type", message, hint);
                }
            }
            all.push((own, wanted));
        }
        all
    }

    fn criterion(&mut self, report: &mut Report<'_>, name: &str, doc: &CriterionDoc) -> Test {
        let spot = report.spot_of_key(name);
        match (&doc.fact, &doc.when) {
            (Some(kind_name), None) => {
                let spot = kind_name.spot();
                let Some(kind) = self.vocabulary.id(&kind_name.value) else {
                    self.unknown_kind(report, spot, &kind_name.value);
                    return Test::When(Node::never());
                };
                self.asked.insert(kind_name.value.clone());
                Test::Facts(Box::new(FactTest {
                    kind,
                    filter: self.matches(report, kind, spot, &doc.filter),
                    unless: self.matches(report, kind, spot, &doc.unless),
                    is: self.matches(report, kind, spot, &doc.is),
                    or_is: self.matches(report, kind, spot, &doc.or_is),
                    later_than: self.anchors(report, &doc.later_than),
                    during: doc
                        .during
                        .as_ref()
                        .map(|during| self.during(report, during, kind)),
                    count: doc.count.as_ref().map(|count| {
                        let apart = count.days_apart.as_ref();
                        (
                            self.value(report, &count.at_least),
                            apart.map(|name| self.span(report, name)),
                        )
                    }),
                    latest: doc.latest,
                }))
            }
            (None, Some(when))
                if doc.filter.is_empty()
                    && doc.unless.is_empty()
                    && doc.is.is_empty()
                    && doc.or_is.is_empty()
                    && doc.later_than.is_empty()
                    && doc.during.is_none()
                    && doc.count.is_none()
                    && !doc.latest =>
            {
                Test::When(self.node(report, when))
            }
            _ => {
                let message = format!("`{name}` needs either `fact` with its questions or `when`");
                report.error(spot, "criterion", message, String::new());
                Test::When(Node::never())
            }
        }
    }
}

/// One of several values; codes by their places.
fn one_of(declared: &AttrDoc, values: Vec<Value>) -> Match {
    let places: Option<Vec<u8>> = values
        .iter()
        .map(|value| vocabulary::place_of(declared, value))
        .collect();
    match places {
        Some(places) => {
            let bits = places.iter().fold(0, |bits, place| bits | 1_u64 << place);
            Match::Codes(values, bits)
        }
        None => Match::OneOf(values),
    }
}

/// Compiles the values and criteria of a pack.
pub fn compile<'v>(
    report: &mut Report<'_>,
    vocabulary: &'v Vocabulary,
    values: &BTreeMap<String, SeriesDoc>,
    criteria: &BTreeMap<String, CriterionDoc>,
    sources: &BTreeMap<String, SourceDoc>,
) -> (Rules, Names<'v>) {
    let values = series::compile(report, values, sources);
    let mut names = Names {
        vocabulary,
        after_measures: false,
        values: values
            .iter()
            .enumerate()
            .map(|(i, s)| (s.name.clone(), ValueId(i)))
            .collect(),
        units: values.iter().map(|series| series.unit.clone()).collect(),
        criteria: criteria
            .keys()
            .enumerate()
            .map(|(i, n)| (n.clone(), CriterionId(i)))
            .collect(),
        factual: criteria
            .iter()
            .filter(|(_, doc)| doc.fact.is_some())
            .map(|(name, _)| name.clone())
            .collect(),
        asked: BTreeSet::new(),
    };
    let compiled: Vec<Criterion> = criteria
        .iter()
        .map(|(name, doc)| Criterion {
            name: name.clone(),
            text: Text::new(&doc.zh, &doc.en),
            test: names.criterion(report, name, doc),
            asks_found: false,
        })
        .collect();
    let mut rules = Rules {
        values,
        criteria: compiled,
    };
    reach::cut_cycles(report, &mut rules);
    reach::mark_found(&mut rules);
    (rules, names)
}
