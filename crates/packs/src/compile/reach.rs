//! What rules lead to: the criteria and values that a condition reads, directly or through others,
//! and circles among them. Reads compiled rules; knows nothing of pack files.

use std::collections::BTreeSet;

use super::Report;
use super::rules::{Anchor, CriterionId, FactTest, Match, Node, Rules, Test, ValueId};

/// A criterion that leads back to itself can never be decided.
pub(super) fn cut_cycles(report: &mut Report<'_>, rules: &mut Rules) {
    for start in 0..rules.criteria.len() {
        let mut seen = BTreeSet::new();
        let mut open = vec![start];
        let mut circular = false;
        while let Some(next) = open.pop() {
            let mut direct = BTreeSet::new();
            match rules.criteria.get(next).map(|criterion| &criterion.test) {
                Some(Test::When(node)) => criteria_of(node, &mut direct),
                Some(Test::Facts(test)) => direct.extend(test.criteria()),
                None => {}
            }
            circular |= direct.contains(&CriterionId(start));
            open.extend(
                direct
                    .into_iter()
                    .filter(|id| seen.insert(*id))
                    .map(|id| id.0),
            );
        }
        if circular && let Some(criterion) = rules.criteria.get_mut(start) {
            criterion.test = Test::When(Node::never());
            let message = format!("criterion `{}` leads back to itself", criterion.name);
            let spot = report.spot_of_key(&criterion.name);
            report.error(spot, "cycle", message, String::new());
        }
    }
}

/// Marks the criteria whose answer depends on the class or the kind of contact that was found.
pub(super) fn mark_found(rules: &mut Rules) {
    // As often as criteria can be nested; no circle is left.
    for _ in 0..rules.criteria.len() {
        let marked: Vec<bool> = rules
            .criteria
            .iter()
            .map(|criterion| match &criterion.test {
                Test::When(node) => asks_found(rules, node),
                Test::Facts(_) => false,
            })
            .collect();
        let mut settled = true;
        for (criterion, asks) in rules.criteria.iter_mut().zip(marked) {
            settled &= criterion.asks_found == asks;
            criterion.asks_found = asks;
        }
        if settled {
            break;
        }
    }
}

fn asks_found(rules: &Rules, node: &Node) -> bool {
    match node {
        Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) => {
            parts.iter().any(|part| asks_found(rules, part))
        }
        Node::Not(part) => asks_found(rules, part),
        Node::Met(id) => rules.criteria.get(id.0).is_some_and(|c| c.asks_found),
        Node::Class(_) | Node::Contact(_) => true,
        Node::Region(_) | Node::Over(_) => false,
    }
}

/// The criteria that anchors name.
pub fn meetings<'a>(anchors: impl Iterator<Item = &'a Anchor>) -> Vec<CriterionId> {
    anchors
        .filter_map(|anchor| match anchor {
            Anchor::FirstMeeting(id) | Anchor::LastMeeting(id) => Some(*id),
            Anchor::Attr(_) | Anchor::First(..) | Anchor::Last(..) | Anchor::Today => None,
        })
        .collect()
}

/// The criteria that a condition names directly.
pub fn criteria_of(node: &Node, into: &mut BTreeSet<CriterionId>) {
    match node {
        Node::All(parts) | Node::Any(parts) | Node::AtLeast(_, parts) => {
            for part in parts {
                criteria_of(part, into);
            }
        }
        Node::Not(part) => criteria_of(part, into),
        Node::Met(id) => {
            into.insert(*id);
        }
        Node::Class(_) | Node::Contact(_) | Node::Region(_) | Node::Over(_) => {}
    }
}

impl Rules {
    /// Every value that a condition reads, directly or through its criteria.
    pub fn values_of(&self, node: &Node, into: &mut BTreeSet<ValueId>) {
        match node {
            Node::All(parts) | Node::Any(parts) => {
                for part in parts {
                    self.values_of(part, into);
                }
            }
            Node::AtLeast(count, parts) => {
                into.insert(*count);
                for part in parts {
                    self.values_of(part, into);
                }
            }
            Node::Not(part) => self.values_of(part, into),
            Node::Met(id) => match self.criteria.get(id.0).map(|criterion| &criterion.test) {
                Some(Test::When(node)) => self.values_of(node, into),
                Some(Test::Facts(test)) => {
                    into.extend(test.values());
                    for id in test.criteria() {
                        self.values_of(&Node::Met(id), into);
                    }
                }
                None => {}
            },
            Node::Class(_) | Node::Contact(_) | Node::Region(_) | Node::Over(_) => {}
        }
    }
}

impl FactTest {
    /// Every criterion that its anchors name.
    pub fn criteria(&self) -> Vec<CriterionId> {
        let during = self
            .during
            .iter()
            .flat_map(|d| d.start.iter().chain(&d.end));
        meetings(self.later_than.iter().chain(during))
    }

    /// Every value that the question reads.
    pub fn values(&self) -> Vec<ValueId> {
        let mut all: Vec<ValueId> = self
            .filter
            .iter()
            .chain(&self.unless)
            .chain(&self.is)
            .chain(&self.or_is)
            .filter_map(|(_, wanted)| match wanted {
                Match::AtLeast(id) | Match::Below(id) => Some(*id),
                Match::OneOf(_) | Match::Codes(..) | Match::Known => None,
            })
            .collect();
        if let Some(during) = &self.during {
            all.extend(during.days_before.iter().chain(&during.days_later));
            all.extend(during.days_after);
        }
        if let Some((count, apart)) = &self.count {
            all.push(*count);
            all.extend(apart);
        }
        all
    }
}
