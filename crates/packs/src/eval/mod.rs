//! The evaluator: three answers, every rule explained, every loop bounded by the pack and the
//! facts. Start with [`Deciding::answer`]; the parts of an assessment stand in their own modules.

pub mod assess;
mod duties;
mod leaf;
mod measures;
mod propose;

use std::cell::{Cell, RefCell};

use fangxian_base::Date;

use crate::assessment::{Answer, CaseClass, ContactKind, Missing, Reason, ValueUsed};
use crate::compile::disease::Head;
use crate::compile::overlay::lies_in;
use crate::compile::rules::{Anchor, CriterionId, Node, Rules, Test, ValueId};
use crate::compile::vocabulary::{KindId, Vocabulary};
use crate::fact::{Fact, Value};
use crate::text::Text;

/// The facts that had happened by the day asked about, and the day.
#[derive(Debug)]
pub struct Scope<'a> {
    /// Declared facts.
    pub vocabulary: &'a Vocabulary,
    /// Facts with the number of their kind, as the caller ordered them.
    pub facts: Vec<(KindId, &'a Fact)>,
    /// The day.
    pub on: Date,
    /// The day whose values hold: the day asked about, or the last day of the edition that still
    /// holds because its successor had not been published.
    pub values_on: Date,
    /// The place.
    pub region: &'a str,
    /// Later days on which an answer can change.
    pub changes: RefCell<Vec<Date>>,
}

impl<'a> Scope<'a> {
    /// Takes the facts that count; later and undeclared ones do not.
    pub fn new(vocabulary: &'a Vocabulary, facts: &'a [Fact], on: Date, region: &'a str) -> Self {
        let mut changes = Vec::new();
        let facts = facts
            .iter()
            .filter_map(|fact| {
                let kind = vocabulary.id(&fact.kind)?;
                match fact.from {
                    Some(from) if from > on => {
                        changes.push(from);
                        None
                    }
                    Some(_) | None => Some((kind, fact)),
                }
            })
            .collect();
        Self {
            vocabulary,
            facts,
            on,
            values_on: on,
            region,
            changes: RefCell::new(changes),
        }
    }

    /// The same, with only the facts that are known well enough to restrict somebody.
    pub fn strict(&self) -> Self {
        Self {
            vocabulary: self.vocabulary,
            facts: self
                .facts
                .iter()
                .copied()
                .filter(|(kind, fact)| self.firm(*kind, fact))
                .collect(),
            on: self.on,
            values_on: self.values_on,
            region: self.region,
            changes: RefCell::new(Vec::new()),
        }
    }

    /// Whether a fact is known well enough to restrict somebody.
    pub fn firm(&self, kind: KindId, fact: &Fact) -> bool {
        let enough = self.vocabulary.restricts_with(kind);
        enough.is_empty() || enough.contains(&fact.evidence)
    }

    /// Facts of a kind.
    pub fn of(&self, kind: KindId) -> impl Iterator<Item = &'a Fact> + '_ {
        self.facts
            .iter()
            .filter(move |(k, _)| *k == kind)
            .map(|(_, fact)| *fact)
    }

    /// The first anchor that is known.
    pub fn anchor(&self, rules: &Rules, anchors: &[Anchor], own: Option<&Fact>) -> Option<Date> {
        let meeting = |id: CriterionId, first| match rules
            .criteria
            .get(id.0)
            .map(|criterion| &criterion.test)
        {
            Some(Test::Facts(test)) => leaf::day_of_meeting(rules, self, test, first),
            Some(Test::When(_)) | None => None,
        };
        anchors.iter().find_map(|anchor| match anchor {
            Anchor::Today => Some(self.on),
            Anchor::FirstMeeting(id) => meeting(*id, true),
            Anchor::LastMeeting(id) => meeting(*id, false),
            Anchor::Attr(attr) => own.and_then(|fact| date_of(fact, attr)),
            Anchor::First(kind, None) => self.of(*kind).filter_map(|fact| fact.from).min(),
            Anchor::First(kind, Some(attr)) => {
                self.of(*kind).filter_map(|fact| date_of(fact, attr)).min()
            }
            Anchor::Last(kind, None) => self
                .of(*kind)
                .filter_map(|fact| fact.to.or(fact.from))
                .max(),
            Anchor::Last(kind, Some(attr)) => {
                self.of(*kind).filter_map(|fact| date_of(fact, attr)).max()
            }
        })
    }

    /// The latest of the anchors that are known; where none is, the first one known of others.
    pub fn latest(&self, rules: &Rules, latest: &[Anchor], others: &[Anchor]) -> Option<Date> {
        latest
            .iter()
            .filter_map(|anchor| self.anchor(rules, std::slice::from_ref(anchor), None))
            .max()
            .or_else(|| self.anchor(rules, others, None))
    }

    /// Notes a later day on which an answer can change.
    pub fn may_change(&self, day: Date) {
        if day > self.on {
            self.changes.borrow_mut().push(day);
        }
    }
}

fn date_of(fact: &Fact, attr: &str) -> Option<Date> {
    match fact.attrs.get(attr) {
        Some(Value::Date(day)) => Some(*day),
        Some(Value::Bool(_) | Value::Number(_) | Value::Code(_)) | None => None,
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
        self.known.iter().for_each(|cell| cell.set(None));
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
                            for fact in leaf::meeting(self.rules, self.scope, test) {
                                push(&mut into.facts, fact.id.clone());
                            }
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
    pub fn value(&self, id: ValueId, into: &mut Vec<ValueUsed>) {
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
                Some(Test::Facts(test)) => into.extend(
                    leaf::meeting(self.rules, self.scope, test)
                        .into_iter()
                        .map(|f| (test.kind, f)),
                ),
                None => {}
            },
            Node::Not(_) | Node::Class(_) | Node::Contact(_) | Node::Region(_) | Node::Over(_) => {}
        }
    }

    /// Adds the facts that would decide an open condition.
    pub fn missing(&self, rule: &str, node: &Node, near: bool, into: &mut Vec<Missing>) {
        match node {
            Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) => {
                for part in parts
                    .iter()
                    .filter(|part| self.answer(part) == Answer::Unknown)
                {
                    self.missing(rule, part, near, into);
                }
            }
            Node::Not(part) => self.missing(rule, part, near, into),
            Node::Met(id) => {
                if let Some(criterion) = self.rules.criteria.get(id.0) {
                    match &criterion.test {
                        Test::When(node) => self.missing(rule, node, near, into),
                        Test::Facts(test) => {
                            for (kind, attr) in leaf::missing(self.rules, self.scope, test) {
                                let entry = Missing {
                                    rule: rule.to_owned(),
                                    text: criterion.text.clone(),
                                    kind,
                                    attr,
                                    near,
                                };
                                if !into.contains(&entry) {
                                    into.push(entry);
                                }
                            }
                        }
                    }
                }
            }
            Node::Class(_) | Node::Contact(_) | Node::Region(_) | Node::Over(_) => {}
        }
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
