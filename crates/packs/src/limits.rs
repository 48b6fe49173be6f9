//! Limits on how many decisions on persons come into force in a while; what goes beyond is held
//! until another organ looks. A limit only counts: whom a decision concerns it does not know.

use std::collections::BTreeSet;
use std::sync::Arc;

use fangxian_base::Date;
use jiff::ToSpan;
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::Serialize;

use crate::assessment::ValueUsed;
use crate::compile::Report;
use crate::compile::other::unique;
use crate::compile::rules::{Names, ValueId};
use crate::finding::Spot;
use crate::library::CityView;
use crate::schema::{LimitCase, LimitDoc, LimitOf};
use crate::text::Text;

/// Rules with the values that they read.
type ValuesRead = Vec<(String, Vec<Arc<ValueUsed>>)>;

/// A limit with its values looked up.
#[derive(Debug, Clone)]
pub struct LimitRule {
    /// `city/limit@id`.
    pub rule: String,
    /// Its place in the file.
    pub spot: Spot,
    /// What it says.
    pub text: Text,
    /// Of whom decisions are counted.
    pub of: Vec<LimitOf>,
    /// Which decisions are counted.
    pub linked: bool,
    /// Hours.
    pub within: ValueId,
    /// How many.
    pub at_most: ValueId,
    /// Hours of the day.
    pub night: Option<(ValueId, ValueId)>,
}

impl LimitRule {
    /// Every value that it reads.
    fn values(&self) -> impl Iterator<Item = ValueId> {
        let night = self.night.into_iter().flat_map(|(from, to)| [from, to]);
        [self.within, self.at_most].into_iter().chain(night)
    }
}

/// A limit as it stands on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Limit {
    /// `city/limit@id`.
    pub rule: String,
    /// What it says.
    pub text: Text,
    /// Of whom decisions are counted.
    pub of: Vec<LimitOf>,
    /// Whether those with an epidemiological link are counted, or those without.
    pub linked: bool,
    /// Decisions of so many hours are counted.
    pub hours: i64,
    /// So many may come into force.
    pub at_most: i64,
    /// The hours of the day at which it holds: first, and the one at which it is over.
    pub night: Option<(i64, i64)>,
}

impl Limit {
    /// Whether it holds at an hour of the day.
    pub fn holds_at(&self, hour: i64) -> bool {
        match self.night {
            None => true,
            Some((from, to)) if from <= to => (from..to).contains(&hour),
            Some((from, to)) => hour >= from || hour < to,
        }
    }

    /// Whether a decision is held, with so many counted before it.
    pub fn holds(&self, before: i64) -> bool {
        before >= self.at_most
    }
}

/// Looks up what a city pack says about limits.
pub(crate) fn compile(
    report: &mut Report<'_>,
    names: &mut Names<'_>,
    city: &str,
    docs: &[LimitDoc],
) -> Vec<LimitRule> {
    let mut ids = BTreeSet::new();
    let mut rules = Vec::new();
    for doc in docs {
        unique(report, &mut ids, &doc.id);
        if doc.of.is_empty() {
            let message = format!("`{}` counts the decisions of nobody", doc.id.value);
            let hint = "say whose in `of`".to_owned();
            report.error(doc.id.spot(), "target", message, hint);
        }
        let night = doc.night.as_ref();
        rules.push(LimitRule {
            rule: format!("{city}/limit@{}", doc.id.value),
            spot: doc.id.spot(),
            text: Text::new(&doc.zh, &doc.en),
            of: doc.of.clone(),
            linked: doc.linked,
            within: names.span(report, &doc.within),
            at_most: names.value(report, &doc.at_most),
            night: night.map(|night| {
                (
                    names.value(report, &night.from),
                    names.value(report, &night.to),
                )
            }),
        });
    }
    rules
}

impl CityView<'_> {
    /// The limits that stand on a day.
    pub fn limits_on(&self, on: Date) -> Vec<Limit> {
        let whole = |id: ValueId| self.0.rules.values.get(id.0)?.whole(on);
        let limits = self.0.limits.iter().filter_map(|limit| {
            let night = match limit.night {
                Some((from, to)) => Some((whole(from)?, whole(to)?)),
                None => None,
            };
            Some(Limit {
                rule: limit.rule.clone(),
                text: limit.text.clone(),
                of: limit.of.clone(),
                linked: limit.linked,
                hours: whole(limit.within)?,
                at_most: whole(limit.at_most)?,
                night,
            })
        });
        limits.collect()
    }

    /// Whether a decision of an example is held, with the rules that hold it and all values that
    /// were read.
    pub(crate) fn held(self, case: &LimitCase) -> (Vec<String>, ValuesRead) {
        let on = case.at.date();
        let (mut holding, mut read) = (Vec::new(), Vec::new());
        for limit in self.limits_on(on) {
            let asked = limit.linked == case.linked && limit.of.contains(&case.of);
            if !asked {
                continue;
            }
            let values = self.0.limits.iter().filter(|rule| rule.rule == limit.rule);
            let values = values
                .flat_map(LimitRule::values)
                .filter_map(|id| self.0.rules.values.get(id.0)?.used(on));
            read.push((limit.rule.clone(), values.collect()));
            let begins = case
                .at
                .saturating_sub(limit.hours.clamp(0, 100_000).hours());
            let counted = |(at, count): (&DateTime, &u32)| {
                (*at > begins && *at <= case.at).then_some(i64::from(*count))
            };
            let before: i64 = case.earlier.iter().filter_map(counted).sum();
            if limit.holds_at(i64::from(case.at.hour())) && limit.holds(before) {
                holding.push(limit.rule);
            }
        }
        (holding, read)
    }
}
