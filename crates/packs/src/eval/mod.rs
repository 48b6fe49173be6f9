//! The evaluator: three answers, every rule explained, every loop bounded by the pack and the
//! facts. Start with [`Deciding::answer`]; the parts of an assessment stand in their own modules.

pub mod assess;
mod duties;
mod leaf;
mod measures;
mod propose;

use std::cell::Cell;
use std::sync::Arc;

use fangxian_base::Date;

use crate::assessment::{Answer, CaseClass, ContactKind, Missing, Reason, ValueUsed};
use crate::compile::disease::Head;
use crate::compile::overlay::lies_in;
use crate::compile::rules::{Anchor, Attr, Criterion, CriterionId, Node, Rules, Test, ValueId};
use crate::compile::vocabulary::{Given, KindId, Vocabulary};
use crate::fact::{Fact, Value};
use crate::text::Text;

/// A fact that counts.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Its kind.
    pub kind: KindId,
    /// The fact.
    pub fact: &'a Fact,
    /// Where its attributes begin in [`Scope::given`].
    attrs: usize,
}

/// The facts that had happened by the day asked about, and the day.
#[derive(Debug)]
pub struct Scope<'a> {
    /// Declared facts.
    pub vocabulary: &'a Vocabulary,
    /// Facts by kind; of one kind as the caller ordered them.
    facts: Vec<Seen<'a>>,
    /// Their attributes, by declared place.
    given: Vec<Option<Given<'a>>>,
    /// The day.
    pub on: Date,
    /// The day whose values hold: the day asked about, or the last day of the edition that still
    /// holds because its successor had not been published.
    pub values_on: Date,
    /// The place.
    pub region: &'a str,
    /// The first later day on which an answer can change; [`Date::MAX`]: none.
    pub change: Cell<Date>,
}

impl<'a> Scope<'a> {
    /// Takes the facts that count; later and undeclared ones do not.
    pub fn new(vocabulary: &'a Vocabulary, facts: &'a [Fact], on: Date, region: &'a str) -> Self {
        let mut change = Date::MAX;
        let mut seen = Vec::with_capacity(facts.len());
        let mut given = Vec::with_capacity(facts.len() * 4);
        for fact in facts {
            let Some(kind) = vocabulary.id(&fact.kind) else {
                continue;
            };
            if let Some(from) = fact.from.filter(|from| *from > on) {
                change = change.min(from);
                continue;
            }
            let attrs = given.len();
            vocabulary.lay_out(kind, fact, &mut given);
            seen.push(Seen { kind, fact, attrs });
        }
        seen.sort_by_key(|seen| seen.kind);
        Self {
            vocabulary,
            facts: seen,
            given,
            on,
            values_on: on,
            region,
            change: Cell::new(change),
        }
    }

    /// The same, with only the facts that are known well enough to restrict somebody.
    pub fn strict(&self) -> Self {
        let firm = |seen: &Seen<'_>| self.firm(seen.kind, seen.fact);
        Self {
            vocabulary: self.vocabulary,
            facts: self.facts.iter().copied().filter(firm).collect(),
            given: self.given.clone(),
            on: self.on,
            values_on: self.values_on,
            region: self.region,
            change: Cell::new(Date::MAX),
        }
    }

    /// Whether a fact is known well enough to restrict somebody.
    pub fn firm(&self, kind: KindId, fact: &Fact) -> bool {
        let enough = self.vocabulary.restricts_with(kind);
        enough.is_empty() || enough.contains(&fact.evidence)
    }

    /// Facts of a kind.
    pub fn of(&self, kind: KindId) -> &[Seen<'a>] {
        let begin = self.facts.partition_point(|seen| seen.kind < kind);
        let rest = self.facts.get(begin..).unwrap_or_default();
        let length = rest.iter().take_while(|seen| seen.kind == kind).count();
        rest.get(..length).unwrap_or_default()
    }

    /// An attribute of a fact.
    pub fn attr(&self, seen: &Seen<'a>, attr: &Attr) -> Option<Given<'a>> {
        self.given.get(seen.attrs + attr.place).copied().flatten()
    }

    fn date(&self, seen: &Seen<'a>, attr: &Attr) -> Option<Date> {
        match self.attr(seen, attr)?.value {
            Value::Date(day) => Some(*day),
            Value::Bool(_) | Value::Number(_) | Value::Code(_) => None,
        }
    }

    /// The first anchor that is known.
    pub fn anchor(
        &self,
        rules: &Rules,
        anchors: &[Anchor],
        own: Option<&Seen<'a>>,
    ) -> Option<Date> {
        anchors
            .iter()
            .find_map(|anchor| self.day(rules, anchor, own))
    }

    /// The day of an anchor.
    pub fn day(&self, rules: &Rules, anchor: &Anchor, own: Option<&Seen<'a>>) -> Option<Date> {
        let meeting = |id: &CriterionId, first| match rules
            .criteria
            .get(id.0)
            .map(|criterion| &criterion.test)
        {
            Some(Test::Facts(test)) => leaf::day_of_meeting(rules, self, test, first),
            Some(Test::When(_)) | None => None,
        };
        match anchor {
            Anchor::Today => Some(self.on),
            Anchor::FirstMeeting(id) => meeting(id, true),
            Anchor::LastMeeting(id) => meeting(id, false),
            Anchor::Attr(attr) => own.and_then(|seen| self.date(seen, attr)),
            Anchor::First(kind, None) => self.of(*kind).iter().filter_map(|s| s.fact.from).min(),
            Anchor::First(kind, Some(attr)) => {
                let all = self.of(*kind).iter();
                all.filter_map(|seen| self.date(seen, attr)).min()
            }
            Anchor::Last(kind, None) => {
                let all = self.of(*kind).iter();
                all.filter_map(|seen| seen.fact.to.or(seen.fact.from)).max()
            }
            Anchor::Last(kind, Some(attr)) => {
                let all = self.of(*kind).iter();
                all.filter_map(|seen| self.date(seen, attr)).max()
            }
        }
    }

    /// The latest of the anchors that are known; where none is, the first one known of others.
    pub fn latest(&self, rules: &Rules, latest: &[Anchor], others: &[Anchor]) -> Option<Date> {
        latest
            .iter()
            .filter_map(|anchor| self.day(rules, anchor, None))
            .max()
            .or_else(|| self.anchor(rules, others, None))
    }

    /// Notes a later day on which an answer can change.
    pub fn may_change(&self, day: Date) {
        if day > self.on {
            self.change.set(self.change.get().min(day));
        }
    }
}

/// What has been found so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// Class.
    pub class: Option<CaseClass>,
    /// Contact.
    pub contact: Option<ContactKind>,
}

/// A rule that is still open.
#[derive(Debug, Clone, Copy)]
pub struct Open<'a> {
    /// `pack/rule`.
    pub rule: &'a str,
    /// Whether part of it is met already.
    pub near: bool,
    /// Where its entries begin in the list of what is missing; none of them is repeated.
    pub begin: usize,
}

/// One pack's rules put to one person's facts.
#[derive(Debug)]
pub struct Deciding<'a> {
    /// The pack's values and criteria.
    pub rules: &'a Rules,
    /// Facts and day.
    pub scope: &'a Scope<'a>,
    /// What has been found.
    pub found: Found,
    /// Measures whose calendar has run its course, once measures are known.
    pub over: &'a [String],
    known: Vec<Cell<Option<Answer>>>,
}

impl<'a> Deciding<'a> {
    /// Nothing decided yet.
    pub fn new(rules: &'a Rules, scope: &'a Scope<'a>, found: Found) -> Self {
        Self {
            rules,
            scope,
            found,
            over: &[],
            known: vec![Cell::new(None); rules.criteria.len()],
        }
    }

    /// Puts in what was found; what depends on it is decided anew.
    pub fn set(&mut self, found: Found) {
        self.found = found;
        let dependent = self.known.iter().zip(&self.rules.criteria);
        for (cell, _) in dependent.filter(|(_, criterion)| criterion.asks_found) {
            cell.set(None);
        }
    }

    /// The answer to a condition.
    pub fn answer(&self, node: &Node) -> Answer {
        match node {
            Node::All(parts) => {
                let mut all = Answer::Yes;
                for part in parts {
                    match self.answer(part) {
                        Answer::No => return Answer::No,
                        Answer::Unknown => all = Answer::Unknown,
                        Answer::Yes => {}
                    }
                }
                all
            }
            Node::Any(parts) => {
                let mut any = Answer::No;
                for part in parts {
                    match self.answer(part) {
                        Answer::Yes => return Answer::Yes,
                        Answer::Unknown => any = Answer::Unknown,
                        Answer::No => {}
                    }
                }
                any
            }
            Node::AtLeast(count, parts) => self.at_least(*count, parts),
            Node::Not(part) => match self.answer(part) {
                Answer::Yes => Answer::No,
                Answer::No => Answer::Yes,
                Answer::Unknown => Answer::Unknown,
            },
            Node::Met(id) => self.criterion(*id),
            Node::Class(classes) => yes_if(
                self.found
                    .class
                    .is_some_and(|class| classes.contains(&class)),
            ),
            Node::Contact(kinds) => {
                yes_if(self.found.contact.is_some_and(|kind| kinds.contains(&kind)))
            }
            Node::Region(_) if self.scope.region.is_empty() => Answer::Unknown,
            Node::Region(regions) => yes_if(
                regions
                    .iter()
                    .any(|region| lies_in(self.scope.region, region)),
            ),
            Node::Over(measures) => {
                yes_if(measures.iter().any(|measure| self.over.contains(measure)))
            }
        }
    }

    fn at_least(&self, count: ValueId, parts: &[Node]) -> Answer {
        let series = self.rules.values.get(count.0);
        let Some(wanted) = series.and_then(|series| series.whole(self.scope.values_on)) else {
            return Answer::Unknown;
        };
        let (mut yes, mut open) = (0_i64, 0_i64);
        for part in parts {
            match self.answer(part) {
                Answer::Yes => yes += 1,
                Answer::Unknown => open += 1,
                Answer::No => {}
            }
        }
        if yes >= wanted {
            Answer::Yes
        } else if yes + open >= wanted {
            Answer::Unknown
        } else {
            Answer::No
        }
    }

    fn criterion(&self, id: CriterionId) -> Answer {
        let Some(cell) = self.known.get(id.0) else {
            return Answer::Unknown;
        };
        if let Some(answer) = cell.get() {
            return answer;
        }
        let answer = match self
            .rules
            .criteria
            .get(id.0)
            .map(|criterion| &criterion.test)
        {
            Some(Test::When(node)) => self.answer(node),
            Some(Test::Facts(test)) => leaf::answer(self.rules, self.scope, test),
            None => Answer::Unknown,
        };
        cell.set(Some(answer));
        answer
    }

    /// The reason of a rule that holds.
    pub fn reason(&self, head: &Head) -> Reason {
        let mut reason = Reason {
            rule: head.id.clone(),
            text: head.text.clone(),
            because: Vec::new(),
            facts: Vec::new(),
            values: Vec::new(),
            cites: head.cites.clone(),
        };
        self.explain(&head.node, &mut reason);
        reason
    }

    /// Adds what made a condition hold.
    pub fn explain(&self, node: &Node, into: &mut Reason) {
        match node {
            Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) => {
                if let Node::AtLeast(count, _) = node {
                    self.value(*count, &mut into.values);
                }
                for part in parts.iter().filter(|part| self.answer(part) == Answer::Yes) {
                    self.explain(part, into);
                }
            }
            Node::Met(id) => {
                if let Some(criterion) = self.rules.criteria.get(id.0) {
                    match &criterion.test {
                        Test::When(node) => self.explain(node, into),
                        Test::Facts(test) => {
                            push(&mut into.because, criterion.text.clone());
                            leaf::meeting(self.rules, self.scope, test, |seen| {
                                if !into.facts.contains(&seen.fact.id) {
                                    into.facts.push(seen.fact.id.clone());
                                }
                            });
                            for id in test.values() {
                                self.value(id, &mut into.values);
                            }
                        }
                    }
                }
            }
            Node::Class(_) => {
                if let Some(class) = self.found.class {
                    push(&mut into.because, class.text());
                }
            }
            Node::Contact(_) => {
                if let Some(kind) = self.found.contact {
                    push(&mut into.because, kind.text());
                }
            }
            Node::Not(part) => {
                let mut read = std::collections::BTreeSet::new();
                self.rules.values_of(part, &mut read);
                for id in read {
                    self.value(id, &mut into.values);
                }
            }
            Node::Region(_) | Node::Over(_) => {}
        }
    }

    /// Adds a value to those that were read.
    pub fn value(&self, id: ValueId, into: &mut Vec<Arc<ValueUsed>>) {
        let used = self
            .rules
            .values
            .get(id.0)
            .and_then(|series| series.used(self.scope.values_on));
        if let Some(used) = used
            && !into
                .iter()
                .any(|known| known.name == used.name && known.from == used.from)
        {
            into.push(used);
        }
    }

    /// The facts that made a condition hold.
    pub fn grounds(&self, node: &Node, into: &mut Vec<(KindId, &'a Fact)>) {
        match node {
            Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) => {
                for part in parts.iter().filter(|part| self.answer(part) == Answer::Yes) {
                    self.grounds(part, into);
                }
            }
            Node::Met(id) => match self
                .rules
                .criteria
                .get(id.0)
                .map(|criterion| &criterion.test)
            {
                Some(Test::When(node)) => self.grounds(node, into),
                Some(Test::Facts(test)) => leaf::meeting(self.rules, self.scope, test, |seen| {
                    into.push((test.kind, seen.fact));
                }),
                None => {}
            },
            Node::Not(_) | Node::Class(_) | Node::Contact(_) | Node::Region(_) | Node::Over(_) => {}
        }
    }

    /// Adds the facts that would decide an open condition.
    pub fn missing(&self, open: &Open<'_>, node: &Node, into: &mut Vec<Missing>) {
        match node {
            Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) => {
                for part in parts
                    .iter()
                    .filter(|part| self.answer(part) == Answer::Unknown)
                {
                    self.missing(open, part, into);
                }
            }
            Node::Not(part) => self.missing(open, part, into),
            Node::Met(id) => {
                if let Some(criterion) = self.rules.criteria.get(id.0) {
                    self.missing_of(open, criterion, into);
                }
            }
            Node::Class(_) | Node::Contact(_) | Node::Region(_) | Node::Over(_) => {}
        }
    }

    fn missing_of(&self, open: &Open<'_>, criterion: &Criterion, into: &mut Vec<Missing>) {
        let test = match &criterion.test {
            Test::When(node) => return self.missing(open, node, into),
            Test::Facts(test) => test,
        };
        leaf::missing(self.rules, self.scope, test, |kind, attr| {
            let told = into.iter().skip(open.begin).any(|known| {
                known.kind == kind && known.attr.as_deref() == attr && known.text == criterion.text
            });
            if !told {
                into.push(Missing {
                    rule: open.rule.to_owned(),
                    text: criterion.text.clone(),
                    kind: kind.to_owned(),
                    attr: attr.map(str::to_owned),
                    near: open.near,
                });
            }
        });
    }

    /// Whether any part of a condition is met already.
    pub fn near(&self, node: &Node) -> bool {
        match node {
            Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) => {
                parts.iter().any(|part| self.near(part))
            }
            Node::Met(id) => match self
                .rules
                .criteria
                .get(id.0)
                .map(|criterion| &criterion.test)
            {
                Some(Test::When(node)) => self.near(node),
                Some(Test::Facts(_)) => self.criterion(*id) == Answer::Yes,
                None => false,
            },
            Node::Class(_) | Node::Contact(_) => self.answer(node) == Answer::Yes,
            Node::Not(_) | Node::Region(_) | Node::Over(_) => false,
        }
    }

    /// The text of a condition, for the list of conditions of release.
    pub fn words(&self, node: &Node) -> Text {
        let joined = |parts: &[Node], zh: &str, en: &str| {
            let words: Vec<Text> = parts.iter().map(|part| self.words(part)).collect();
            let list = |pick: fn(&Text) -> &str, by: &str| {
                words.iter().map(pick).collect::<Vec<_>>().join(by)
            };
            Text::new(list(|t| &t.zh, zh), list(|t| &t.en, en))
        };
        match node {
            Node::All(parts) | Node::AtLeast(_, parts) => joined(parts, "、", ", "),
            Node::Any(parts) => joined(parts, "或", " or "),
            Node::Not(part) => {
                let inner = self.words(part);
                Text::new(format!("非：{}", inner.zh), format!("not: {}", inner.en))
            }
            Node::Met(id) => self
                .rules
                .criteria
                .get(id.0)
                .map(|criterion| criterion.text.clone())
                .unwrap_or_default(),
            Node::Class(classes) => either(classes.iter().map(|class| class.text())),
            Node::Contact(kinds) => either(kinds.iter().map(|kind| kind.text())),
            Node::Region(names) | Node::Over(names) => {
                either(names.iter().map(|name| Text::new(name, name)))
            }
        }
    }
}

/// Several texts as alternatives.
fn either(texts: impl Iterator<Item = Text>) -> Text {
    let texts: Vec<Text> = texts.collect();
    let zh: Vec<&str> = texts.iter().map(|text| text.zh.as_str()).collect();
    let en: Vec<&str> = texts.iter().map(|text| text.en.as_str()).collect();
    Text::new(zh.join("或"), en.join(" or "))
}

fn push<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

const fn yes_if(holds: bool) -> Answer {
    if holds { Answer::Yes } else { Answer::No }
}
