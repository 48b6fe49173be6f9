//! A disease pack with every name looked up.

use std::collections::{BTreeMap, BTreeSet};

use fangxian_base::{Date, plus_days};

use super::reach::meetings;
use super::rules::{Anchor, CriterionId, Node, Rules, ValueId};
use crate::alerts::{AlertKind, Counted, FirstOf, Unit};
use crate::assessment::{CaseClass, ContactKind, Managed, Place};
use crate::finding::Spot;
use crate::schema::{Covers, SourceDoc};
use crate::text::Text;

/// An edition while it is in force.
#[derive(Debug, Clone)]
pub struct Edition {
    /// Id.
    pub id: String,
    /// Title.
    pub title: Text,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Day of publication.
    pub published: Date,
    /// How much of it is carried.
    pub covers: Covers,
    /// What is not.
    pub not_covered: Option<Text>,
}

/// What every rule has.
#[derive(Debug, Clone)]
pub struct Head {
    /// `pack/rule`.
    pub id: String,
    /// What it says.
    pub text: Text,
    /// Sources.
    pub cites: Vec<String>,
    /// Editions it belongs to, one bit each.
    pub editions: u64,
    /// First and last day within them.
    pub days: (Date, Date),
    /// Days on which an overlay takes it out.
    pub off: Vec<(Date, Date)>,
    /// The condition.
    pub node: Node,
    /// Its place in the file.
    pub spot: Spot,
}

impl Head {
    /// Whether the rule holds in an edition on a day.
    pub fn applies(&self, edition: usize, on: Date) -> bool {
        self.foreseen(edition, on) && !self.off.iter().any(|(from, to)| *from <= on && on <= *to)
    }

    /// Whether the pack itself has it in an edition on a day, whatever a place does.
    pub fn foreseen(&self, edition: usize, on: Date) -> bool {
        self.editions & (1_u64 << edition.min(63)) != 0 && self.days.0 <= on && on <= self.days.1
    }
}

/// A stage.
#[derive(Debug, Clone)]
pub struct Stage {
    /// What it is.
    pub text: Text,
    /// Where.
    pub place: Place,
    /// How long.
    pub days: Option<ValueId>,
    /// Samples.
    pub tests: Option<ValueId>,
    /// Health asked daily.
    pub health_check: bool,
}

/// A pathway.
#[derive(Debug, Clone)]
pub struct Pathway {
    /// The rule.
    pub head: Head,
    /// Measure.
    pub measure: String,
    /// Counted from the latest of these.
    pub anchor_latest: Vec<Anchor>,
    /// Counted from, where none of those is known.
    pub anchor: Vec<Anchor>,
    /// Day 0 or 1.
    pub anchor_is_day: ValueId,
    /// Stages.
    pub stages: Vec<Stage>,
    /// Days between reviews.
    pub review_every: Option<ValueId>,
    /// Conditions of release.
    pub release: Vec<Node>,
    /// Days that must have passed before release.
    pub least_days: Option<ValueId>,
    /// What the last sample must show, and how often.
    pub last_test: Option<(CriterionId, ValueId)>,
    /// Advice given instead.
    pub instead: Option<String>,
}

/// Advice.
#[derive(Debug, Clone)]
pub struct AdviceRule {
    /// The rule.
    pub head: Head,
    /// Whether it stands by itself.
    pub by_itself: bool,
    /// Counted from the latest of these.
    pub anchor_latest: Vec<Anchor>,
    /// Counted from, where none of those is known.
    pub anchor: Vec<Anchor>,
    /// How long after it it begins.
    pub after: Option<ValueId>,
    /// Samples that are offered.
    pub tests: Option<ValueId>,
    /// How long.
    pub lasts: Option<ValueId>,
}

/// Work or a report.
#[derive(Debug, Clone)]
pub struct Timed {
    /// The rule.
    pub head: Head,
    /// Kind of task; empty for reports.
    pub task: String,
    /// Hours.
    pub within: Option<ValueId>,
}

/// A threshold.
#[derive(Debug, Clone)]
pub struct Threshold {
    /// The rule; its condition is not used.
    pub head: Head,
    /// Whether it is an outbreak or event, of which the law wants a report.
    pub kind: AlertKind,
    /// Where the cases occurred together.
    pub unit: Unit,
    /// Which cases count.
    pub counts: Counted,
    /// Cases.
    pub cases: ValueId,
    /// Others that must occur besides.
    pub besides: Option<(Counted, ValueId)>,
    /// Whether only the first counts.
    pub first: Option<FirstOf>,
    /// Days.
    pub days: ValueId,
    /// Hours to the report.
    pub within: Option<ValueId>,
}

/// How the disease is managed while it is.
#[derive(Debug, Clone)]
pub struct Management {
    /// First day.
    pub from: Date,
    /// Day of publication.
    pub published: Date,
    /// How.
    pub managed: Managed,
    /// Whether an approval raises it.
    pub class_a_by_approval: bool,
    /// What it rests on.
    pub text: Text,
}

/// A disease pack.
#[derive(Debug, Clone)]
pub struct Disease {
    /// Id.
    pub id: String,
    /// Name.
    pub title: Text,
    /// Other words that name it.
    pub also_called: Vec<String>,
    /// ICD-10.
    pub icd10: String,
    /// ICD-11.
    pub icd11: String,
    /// Kept in a compartment of its own.
    pub sealed: bool,
    /// Sources.
    pub sources: BTreeMap<String, SourceDoc>,
    /// Management over time.
    pub management: Vec<Management>,
    /// Editions in order of time.
    pub editions: Vec<Edition>,
    /// Values and criteria.
    pub rules: Rules,
    /// Case definitions.
    pub classes: Vec<(CaseClass, Head)>,
    /// Contact definitions.
    pub contacts: Vec<(ContactKind, Head)>,
    /// Pathways.
    pub pathways: Vec<Pathway>,
    /// What the plan does not provide for: measure and rule.
    pub declines: Vec<(String, Head)>,
    /// Advice.
    pub advice: Vec<AdviceRule>,
    /// Reports.
    pub reports: Vec<Timed>,
    /// Tasks.
    pub tasks: Vec<Timed>,
    /// Thresholds.
    pub alerts: Vec<Threshold>,
    /// What overlays change here, from the province inwards; empty: the pack as it is.
    pub layers: Vec<LayerOver>,
}

/// An overlay while it changes something.
#[derive(Debug, Clone)]
pub struct LayerOver {
    /// The overlay.
    pub pack: String,
    /// Its title.
    pub title: Text,
    /// When it changes a value.
    pub days: Vec<(Date, Date)>,
    /// What it takes out.
    pub without: Vec<Without>,
}

/// A rule that an overlay takes out.
#[derive(Debug, Clone)]
pub struct Without {
    /// `overlay/rule`.
    pub id: String,
    /// `pack/rule`: what it takes out.
    pub rule: String,
    /// What a reason says.
    pub text: Text,
    /// Sources.
    pub cites: Vec<String>,
    /// First and last day.
    pub days: (Date, Date),
}

impl Disease {
    /// The edition in force on a day, of those published by another.
    pub fn edition(&self, on: Date, as_of: Date) -> Option<usize> {
        let (index, edition) = self
            .editions
            .iter()
            .enumerate()
            .rev()
            .find(|(_, edition)| edition.from <= on && edition.published <= as_of)?;
        // An edition that later ones replaced still holds as long as those were not published.
        let replaced = self.editions.get(index + 1);
        let until = match replaced {
            Some(next) if edition.until == plus_days(next.from, -1) && next.published > as_of => {
                Date::MAX
            }
            Some(_) | None => edition.until,
        };
        (on <= until).then_some(index)
    }

    /// Every head of a rule, with the values that it reads.
    pub fn heads(&self) -> Vec<(&Head, BTreeSet<ValueId>)> {
        let read = |head: &Head| {
            let mut values = BTreeSet::new();
            self.rules.values_of(&head.node, &mut values);
            values
        };
        let mut all = Vec::new();
        for head in self.classes.iter().map(|(_, head)| head) {
            all.push((head, read(head)));
        }
        for head in self.contacts.iter().map(|(_, head)| head) {
            all.push((head, read(head)));
        }
        for head in self.declines.iter().map(|(_, head)| head) {
            all.push((head, read(head)));
        }
        for pathway in &self.pathways {
            let mut values = read(&pathway.head);
            values.insert(pathway.anchor_is_day);
            values.extend(pathway.review_every);
            for stage in &pathway.stages {
                values.extend(stage.days.iter().chain(&stage.tests));
            }
            for node in &pathway.release {
                self.rules.values_of(node, &mut values);
            }
            values.extend(pathway.least_days);
            if let Some((met, samples)) = pathway.last_test {
                values.insert(samples);
                self.rules.values_of(&Node::Met(met), &mut values);
            }
            let anchors = pathway.anchor_latest.iter().chain(&pathway.anchor);
            for id in meetings(anchors) {
                self.rules.values_of(&Node::Met(id), &mut values);
            }
            all.push((&pathway.head, values));
        }
        for advice in &self.advice {
            let mut values = read(&advice.head);
            values.extend(advice.lasts.iter().chain(&advice.after));
            values.extend(advice.tests);
            let anchors = advice.anchor_latest.iter().chain(&advice.anchor);
            for id in meetings(anchors) {
                self.rules.values_of(&Node::Met(id), &mut values);
            }
            all.push((&advice.head, values));
        }
        for timed in self.reports.iter().chain(&self.tasks) {
            let mut values = read(&timed.head);
            values.extend(timed.within);
            all.push((&timed.head, values));
        }
        for alert in &self.alerts {
            let besides = alert.besides.map(|(_, id)| id);
            let values = [Some(alert.cases), besides, Some(alert.days), alert.within];
            all.push((&alert.head, values.into_iter().flatten().collect()));
        }
        all
    }
}
