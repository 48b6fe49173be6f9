//! Clusters and events: so many cases, in so many days, in one institution.

use std::collections::BTreeMap;

use fangxian_base::{Date, plus_days};
use schemars::JsonSchema;
use serde::Serialize;

use crate::assessment::ValueUsed;
use crate::compile::disease::Disease;
use crate::text::Text;

/// A threshold that cases have reached.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AlertRaised {
    /// `pack/rule`.
    pub rule: String,
    /// What it is.
    pub text: Text,
    /// Cases in the window with the most cases.
    pub cases: u64,
    /// First day of that window.
    #[schemars(with = "String")]
    pub from: Date,
    /// Its last day.
    #[schemars(with = "String")]
    pub to: Date,
    /// Hours to the report that it calls for.
    pub within_hours: Option<i64>,
    /// The values that were read.
    pub values: Vec<ValueUsed>,
    /// Sources.
    pub cites: Vec<String>,
}

/// Every threshold of the disease that the cases reach in a window that still runs on the day.
pub fn raised(
    disease: &Disease,
    onsets: &BTreeMap<Date, u32>,
    on: Date,
    as_of: Date,
) -> Vec<AlertRaised> {
    let Some(edition) = disease.edition(on, as_of) else {
        return Vec::new();
    };
    let values_on = disease
        .editions
        .get(edition)
        .map_or(on, |e| on.min(e.until));
    let mut all = Vec::new();
    for rule in disease
        .alerts
        .iter()
        .filter(|rule| rule.head.applies(edition, on))
    {
        let series = |id: crate::compile::rules::ValueId| disease.rules.values.get(id.0);
        let (Some(cases), Some(days)) = (series(rule.cases), series(rule.days)) else {
            continue;
        };
        let (Some(limit), Some(length)) = (cases.whole(values_on), days.days(values_on)) else {
            continue;
        };
        let within = rule.within.and_then(series);
        let best = onsets
            .keys()
            .filter(|end| **end <= on && **end > plus_days(on, -length))
            .map(|end| {
                let from = plus_days(*end, 1 - length);
                let sum: u64 = onsets.range(from..=*end).map(|(_, n)| u64::from(*n)).sum();
                (sum, from, *end)
            })
            .max_by_key(|(sum, ..)| *sum);
        let Some((sum, from, to)) = best else {
            continue;
        };
        if i64::try_from(sum).unwrap_or(i64::MAX) < limit {
            continue;
        }
        let used = [Some(cases), Some(days), within];
        all.push(AlertRaised {
            rule: rule.head.id.clone(),
            text: rule.head.text.clone(),
            cases: sum,
            from,
            to,
            within_hours: within.and_then(|series| series.whole(values_on)),
            values: used
                .into_iter()
                .flatten()
                .filter_map(|s| s.used(values_on))
                .collect(),
            cites: rule.head.cites.clone(),
        });
    }
    all
}
