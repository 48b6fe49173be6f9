//! Levels of areas, events and responses, and codes of persons: the first level whose condition
//! holds. What is not known is told, never taken for none; a code stays off until two organs have
//! recorded its legal basis, and each of its colours follows from a measure in force.

use std::collections::{BTreeMap, BTreeSet};

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::assessment::{Answer, Label, Reason};
use crate::compile::Report;
use crate::compile::rules::{Names, Rules, ValueId};
use crate::compile::series::cites;
use crate::compile::vocabulary::Vocabulary;
use crate::fact::{Approval, ApprovalKind};
use crate::finding::Spot;
use crate::schema::{CompareIndicator, Graded, LevelCond, LevelsDoc, Name, SourceDoc};
use crate::text::Text;

/// A pack of levels with every name looked up.
#[derive(Debug, Clone)]
pub struct Levels {
    /// Id.
    pub id: String,
    /// Title.
    pub title: Text,
    /// What is graded.
    pub of: Graded,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Whether it needs a local legal basis.
    pub off_by_default: bool,
    /// Sources.
    pub sources: BTreeMap<String, SourceDoc>,
    /// Values.
    pub rules: Rules,
    /// Indicators: name, words, whether nothing said means none.
    pub indicators: BTreeMap<String, (Text, bool)>,
    /// Levels, the severest first as written.
    pub steps: Vec<LevelRule>,
}

/// One level.
#[derive(Debug, Clone)]
pub struct LevelRule {
    /// `pack/level`.
    pub rule: String,
    /// Id.
    pub id: String,
    /// Its place in the file.
    pub spot: Spot,
    /// Name.
    pub text: Text,
    /// Colour.
    pub colour: Option<Text>,
    /// What it means.
    pub means: Option<Text>,
    /// Label.
    pub label: Label,
    /// Sources.
    pub cites: Vec<String>,
    pub(crate) node: Node,
}

/// A condition over indicators.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Holds(String),
    AtLeast(String, ValueId),
    Above(String, ValueId),
    Disease(Vec<String>),
    Measure(Vec<String>),
}

/// What a level is asked for.
#[derive(Debug, Clone, Copy)]
pub struct LevelQuestion<'a> {
    /// The pack.
    pub pack: &'a str,
    /// The disease; empty where none is meant.
    pub disease: &'a str,
    /// What was measured; a yes is 1, a no is 0.
    pub indicators: &'a BTreeMap<String, f64>,
    /// Measures in force on the person.
    pub measures: &'a [String],
    /// Approvals on record.
    pub approvals: &'a [Approval],
    /// The day.
    pub on: Date,
}

/// The level that was found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct LevelFound {
    /// What was graded.
    pub of: Graded,
    /// Id; none when no level holds, or when what is not known could make it a graver one.
    pub level: Option<String>,
    /// Name.
    pub text: Text,
    /// Colour.
    pub colour: Option<Text>,
    /// What it means.
    pub means: Option<Text>,
    /// Where the level comes from.
    pub label: Option<Label>,
    /// Why.
    pub reason: Option<Reason>,
    /// Indicators that are not known and could change the level.
    pub missing: Vec<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LevelRefused {
    /// No such pack.
    #[error("there is no pack of levels `{0}`")]
    Unknown(String),
    /// The pack is not in force on the day.
    #[error("`{pack}` is not in force on {on}")]
    NotInForce {
        /// The pack.
        pack: String,
        /// The day.
        on: Date,
    },
    /// It is off until two organs have recorded a local legal basis for it.
    #[error(
        "`{0}` is off: two organs must have recorded a local legal basis (approval `local_basis`, each with `by`)"
    )]
    Off(String),
}

struct Builder<'r, 't, 'n, 'v> {
    report: &'r mut Report<'t>,
    names: &'n mut Names<'v>,
    indicators: &'n BTreeMap<String, (Text, bool)>,
    used: BTreeSet<String>,
}

impl Builder<'_, '_, '_, '_> {
    fn indicator(&mut self, name: &Name) -> String {
        if !self.indicators.contains_key(&name.value) {
            let known = self.indicators.keys().map(String::as_str);
            self.report.unknown("indicator", name, known);
        }
        self.used.insert(name.value.clone());
        name.value.clone()
    }

    fn compare(&mut self, doc: &CompareIndicator) -> (String, ValueId) {
        let value = self.names.value(self.report, &doc.value);
        (self.indicator(&doc.indicator), value)
    }

    fn node(&mut self, doc: &LevelCond) -> Node {
        match doc {
            LevelCond::All(parts) => Node::All(parts.iter().map(|p| self.node(p)).collect()),
            LevelCond::Any(parts) => Node::Any(parts.iter().map(|p| self.node(p)).collect()),
            LevelCond::Not(part) => Node::Not(Box::new(self.node(part))),
            LevelCond::Holds(name) => Node::Holds(self.indicator(name)),
            LevelCond::AtLeast(doc) => {
                let (name, value) = self.compare(doc);
                Node::AtLeast(name, value)
            }
            LevelCond::Above(doc) => {
                let (name, value) = self.compare(doc);
                Node::Above(name, value)
            }
            LevelCond::Disease(ids) => Node::Disease(ids.clone()),
            LevelCond::Measure(ids) => {
                Node::Measure(ids.iter().map(|id| id.value.clone()).collect())
            }
        }
    }
}

fn asks_measure(node: &Node) -> bool {
    match node {
        Node::All(parts) => parts.iter().any(asks_measure),
        Node::Any(parts) => !parts.is_empty() && parts.iter().all(asks_measure),
        Node::Measure(_) => true,
        Node::Not(_) | Node::Holds(_) | Node::AtLeast(..) | Node::Above(..) | Node::Disease(_) => {
            false
        }
    }
}

/// Compiles a pack of levels.
pub fn compile(report: &mut Report<'_>, vocabulary: &Vocabulary, doc: &LevelsDoc) -> Levels {
    let none = BTreeMap::new();
    let (rules, mut names) =
        crate::compile::rules::compile(report, vocabulary, &doc.values, &none, &doc.sources);
    let indicators: BTreeMap<String, (Text, bool)> = doc
        .indicators
        .iter()
        .map(|(name, i)| (name.clone(), (Text::new(&i.zh, &i.en), i.absent_is_none)))
        .collect();
    if doc.of == Graded::Person && !doc.off_by_default {
        let message = format!(
            "`{}` gives people a code without being off by default",
            doc.id.value
        );
        let hint = "no national statute names a code: set `off_by_default: true`".to_owned();
        report.error(doc.id.spot(), "code", message, hint);
    }
    let mut ids = BTreeSet::new();
    let mut builder = Builder {
        report,
        names: &mut names,
        indicators: &indicators,
        used: BTreeSet::new(),
    };
    let mut levels = Vec::new();
    for (index, level) in doc.levels.iter().enumerate() {
        let spot = level.id.spot();
        if !ids.insert(level.id.value.clone()) {
            let message = format!("`{}` stands twice", level.id.value);
            builder
                .report
                .error(spot, "duplicate", message, String::new());
        }
        cites(builder.report, &level.cites, &doc.sources, spot);
        let node = builder.node(&level.when);
        let last = index + 1 == doc.levels.len();
        if doc.of == Graded::Person && !last && !asks_measure(&node) {
            let message = format!(
                "`{}` colours people without a measure in force",
                level.id.value
            );
            let hint = "every colour but the last asks for `measure: [...]`".to_owned();
            builder.report.error(spot, "code", message, hint);
        }
        levels.push(LevelRule {
            rule: format!("{}/{}", doc.id.value, level.id.value),
            id: level.id.value.clone(),
            spot,
            text: Text::new(&level.zh, &level.en),
            colour: level.colour.clone(),
            means: level.means.clone(),
            label: level.label,
            cites: level.cites.iter().map(|c| c.value.clone()).collect(),
            node,
        });
    }
    let used = builder.used;
    for name in indicators.keys().filter(|name| !used.contains(*name)) {
        let spot = report.spot_of_key(name);
        let message = format!("indicator `{name}` is used by no level");
        report.error(spot, "unused", message, "use it or take it out".into());
    }
    Levels {
        id: doc.id.value.clone(),
        title: Text::new(&doc.zh, &doc.en),
        of: doc.of,
        from: doc.from,
        until: doc.until.unwrap_or(Date::MAX),
        off_by_default: doc.off_by_default,
        sources: doc.sources.clone(),
        rules,
        indicators,
        steps: levels,
    }
}

impl Levels {
    /// A condition as an outline: how far in, and what it says.
    pub(crate) fn outline(&self, node: &Node, depth: usize, say: &mut dyn FnMut(usize, Text)) {
        let indicator = |name: &String| {
            let found = self.indicators.get(name).map(|(text, _)| text.clone());
            found.unwrap_or_else(|| Text::new(name, name))
        };
        let compared = |name: &String, sign: &str, value: ValueId| {
            let (what, series) = (indicator(name), self.rules.values.get(value.0));
            let limit = series.map_or_else(Text::default, |series| series.title.clone());
            Text::new(
                format!("{} {sign} {}", what.zh, limit.zh),
                format!("{} {sign} {}", what.en, limit.en),
            )
        };
        let (text, parts) = match node {
            Node::All(parts) => (Text::new("同时满足", "all of"), parts.as_slice()),
            Node::Any(parts) => (Text::new("满足任一项", "any of"), parts.as_slice()),
            Node::Not(part) => (Text::new("不满足", "not"), std::slice::from_ref(&**part)),
            Node::Holds(name) => (indicator(name), &[][..]),
            Node::AtLeast(name, value) => (compared(name, "≥", *value), &[][..]),
            Node::Above(name, value) => (compared(name, ">", *value), &[][..]),
            Node::Disease(ids) => {
                let ids = ids.join(", ");
                let text = Text::new(format!("病种：{ids}"), format!("the disease is {ids}"));
                (text, &[][..])
            }
            Node::Measure(ids) => {
                let ids = ids.join(", ");
                let zh = format!("正在执行的措施：{ids}");
                (Text::new(zh, format!("a measure in force: {ids}")), &[][..])
            }
        };
        say(depth, text);
        for part in parts {
            self.outline(part, depth + 1, say);
        }
    }
}

struct Asking<'a> {
    pack: &'a Levels,
    question: &'a LevelQuestion<'a>,
}

impl Asking<'_> {
    fn known(&self, name: &str) -> Option<f64> {
        let given = self.question.indicators.get(name).copied();
        let none = self
            .pack
            .indicators
            .get(name)
            .is_some_and(|(_, none)| *none);
        given.or_else(|| none.then_some(0.0))
    }

    fn compare(&self, name: &str, value: ValueId, holds: fn(f64, f64) -> bool) -> Answer {
        let series = self.pack.rules.values.get(value.0);
        let limit = series.and_then(|series| series.number(self.question.on));
        match (self.known(name), limit) {
            (Some(is), Some(limit)) => answer(holds(is, limit)),
            _ => Answer::Unknown,
        }
    }

    fn answer(&self, node: &Node) -> Answer {
        match node {
            Node::All(parts) => {
                parts
                    .iter()
                    .map(|part| self.answer(part))
                    .fold(Answer::Yes, |all, part| match (all, part) {
                        (Answer::No, _) | (_, Answer::No) => Answer::No,
                        (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
                        (Answer::Yes, Answer::Yes) => Answer::Yes,
                    })
            }
            Node::Any(parts) => {
                parts
                    .iter()
                    .map(|part| self.answer(part))
                    .fold(Answer::No, |any, part| match (any, part) {
                        (Answer::Yes, _) | (_, Answer::Yes) => Answer::Yes,
                        (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
                        (Answer::No, Answer::No) => Answer::No,
                    })
            }
            Node::Not(part) => match self.answer(part) {
                Answer::Yes => Answer::No,
                Answer::No => Answer::Yes,
                Answer::Unknown => Answer::Unknown,
            },
            Node::Holds(name) => self
                .known(name)
                .map_or(Answer::Unknown, |is| answer(is > 0.0)),
            Node::AtLeast(name, value) => self.compare(name, *value, |is, limit| is >= limit),
            Node::Above(name, value) => self.compare(name, *value, |is, limit| is > limit),
            Node::Disease(ids) => answer(ids.iter().any(|id| id == self.question.disease)),
            Node::Measure(ids) => answer(ids.iter().any(|id| self.question.measures.contains(id))),
        }
    }

    fn read(&self, node: &Node, reason: &mut Reason, missing: &mut Vec<String>) {
        match node {
            Node::All(parts) | Node::Any(parts) => {
                for part in parts {
                    self.read(part, reason, missing);
                }
            }
            Node::Not(part) => self.read(part, reason, missing),
            Node::Holds(name) => self.note(name, reason, missing),
            Node::AtLeast(name, value) | Node::Above(name, value) => {
                self.note(name, reason, missing);
                let series = self.pack.rules.values.get(value.0);
                let used = series.and_then(|series| series.used(self.question.on));
                if let Some(used) = used
                    && !reason.values.contains(&used)
                {
                    reason.values.push(used);
                }
            }
            Node::Disease(_) | Node::Measure(_) => {}
        }
    }

    fn note(&self, name: &str, reason: &mut Reason, missing: &mut Vec<String>) {
        if self.known(name).is_none() {
            if !missing.iter().any(|known| known == name) {
                missing.push(name.to_owned());
            }
        } else if let Some((text, _)) = self.pack.indicators.get(name)
            && !reason.because.contains(text)
        {
            reason.because.push(text.clone());
        }
    }
}

const fn answer(holds: bool) -> Answer {
    if holds { Answer::Yes } else { Answer::No }
}

/// Whether two organs have recorded a local legal basis.
fn switched_on(question: &LevelQuestion<'_>) -> bool {
    let on = question.on;
    let recorded = question.approvals.iter().filter(|approval| {
        approval.kind == ApprovalKind::LocalBasis
            && !approval.by.is_empty()
            && approval.from <= on
            && approval.until.is_none_or(|until| on <= until)
    });
    let organs: BTreeSet<&str> = recorded.map(|approval| approval.by.as_str()).collect();
    organs.len() >= 2
}

/// The level on a day.
///
/// # Errors
/// When the pack is not there, not in force, or off.
pub fn level(packs: &[Levels], question: &LevelQuestion<'_>) -> Result<LevelFound, LevelRefused> {
    let Some(pack) = packs.iter().find(|pack| pack.id == question.pack) else {
        return Err(LevelRefused::Unknown(question.pack.to_owned()));
    };
    if question.on < pack.from || question.on > pack.until {
        return Err(LevelRefused::NotInForce {
            pack: pack.id.clone(),
            on: question.on,
        });
    }
    if pack.off_by_default && !switched_on(question) {
        return Err(LevelRefused::Off(pack.id.clone()));
    }
    let asking = Asking { pack, question };
    let mut found = LevelFound {
        of: pack.of,
        level: None,
        text: Text::new("尚不能判定或不属于任何级别", "not known, or no level holds"),
        colour: None,
        means: None,
        label: None,
        reason: None,
        missing: Vec::new(),
    };
    for rule in &pack.steps {
        let mut reason = Reason {
            rule: rule.rule.clone(),
            text: rule.text.clone(),
            because: Vec::new(),
            facts: Vec::new(),
            values: Vec::new(),
            cites: rule.cites.clone(),
        };
        match asking.answer(&rule.node) {
            Answer::No => {}
            Answer::Unknown => asking.read(&rule.node, &mut reason, &mut found.missing),
            Answer::Yes => {
                asking.read(&rule.node, &mut reason, &mut Vec::new());
                if found.missing.is_empty() {
                    found.level = Some(rule.id.clone());
                    found.text = rule.text.clone();
                    found.colour.clone_from(&rule.colour);
                    found.means.clone_from(&rule.means);
                    found.label = Some(rule.label);
                    found.reason = Some(reason);
                }
                break;
            }
        }
    }
    Ok(found)
}
