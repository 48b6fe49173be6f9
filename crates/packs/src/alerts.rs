//! Clusters, outbreaks and events: so many cases, in so many days, in one place; and the reports
//! that the law of the day wants of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use fangxian_base::{Date, plus_days};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assessment::{Reason, ReportDue, ValueUsed};
use crate::compile::disease::{Disease, Threshold};
use crate::compile::other::Law;
use crate::fact::Approval;
use crate::schema::Reported;
use crate::text::Text;

/// What an alert is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// Cases that somebody has to look at.
    #[default]
    Cluster,
    /// An outbreak or epidemic in the sense of the law on infectious diseases.
    Outbreak,
    /// An event that is reported as a public health emergency.
    Event,
}

/// Where cases occurred together. A question about one never answers for another.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A class, a ward, a workshop.
    Group,
    /// A school, hospital, factory, compound or village.
    #[default]
    Institution,
    /// A town or street.
    Town,
    /// A county or district.
    County,
    /// A city.
    City,
}

/// Which people a threshold counts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Cases of every class.
    #[default]
    Cases,
    /// Confirmed cases.
    Confirmed,
    /// Suspected cases.
    Suspected,
    /// People who are ill and no case yet.
    Ill,
    /// Cases in hospital.
    Hospitalised,
    /// Deaths.
    Deaths,
}

/// Since when a case is the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FirstOf {
    /// Ever, as far as the counts go back.
    Ever,
    /// Since 1 January.
    Year,
}

/// People of one place with the same day of onset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DayCount {
    /// Cases of every class; at least the confirmed and the suspected together.
    pub cases: u32,
    /// Confirmed cases.
    pub confirmed: u32,
    /// Suspected cases.
    pub suspected: u32,
    /// People who are ill and no case yet.
    pub ill: u32,
    /// Cases in hospital.
    pub hospitalised: u32,
    /// Deaths.
    pub deaths: u32,
}

impl DayCount {
    /// How many of them a threshold counts.
    pub fn of(self, counted: Counted) -> u64 {
        let both = self.confirmed.saturating_add(self.suspected);
        u64::from(match counted {
            Counted::Cases => self.cases.max(both),
            Counted::Confirmed => self.confirmed,
            Counted::Suspected => self.suspected,
            Counted::Ill => self.ill,
            Counted::Hospitalised => self.hospitalised,
            Counted::Deaths => self.deaths,
        })
    }
}

/// Cases of a disease in one place, and the day asked about.
#[derive(Debug, Clone, Copy)]
pub struct AlertQuestion<'a> {
    /// Disease pack.
    pub disease: &'a str,
    /// What kind of place it is.
    pub unit: Unit,
    /// Where it lies; empty: nowhere with an overlay.
    pub region: &'a str,
    /// Its people, by day of onset.
    pub days: &'a BTreeMap<Date, DayCount>,
    /// Approvals on record: they say how the disease is managed.
    pub approvals: &'a [Approval],
    /// The day.
    pub on: Date,
    /// Only what had been published by this day counts.
    pub as_of: Date,
}

/// A threshold that cases have reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlertRaised {
    /// `pack/rule`.
    pub rule: String,
    /// What it is, in words.
    pub text: Text,
    /// What it is.
    pub kind: AlertKind,
    /// Cases in the window with the most cases.
    pub cases: u64,
    /// First day of that window.
    #[schemars(with = "String")]
    pub from: Date,
    /// Its last day.
    #[schemars(with = "String")]
    pub to: Date,
    /// The last day on which it is told when no further case comes.
    #[schemars(with = "String")]
    pub until: Date,
    /// Which people were counted.
    pub counts: Counted,
    /// Hours to the first report that it calls for, by plan or law.
    pub within_hours: Option<i64>,
    /// The reports that the law of the day wants, the shortest clock first.
    pub reports: Vec<ReportDue>,
    /// Why the law wants them.
    pub reasons: Vec<Reason>,
    /// The values that were read.
    pub values: Vec<Arc<ValueUsed>>,
    /// Sources.
    pub cites: Vec<String>,
}

/// The days in which so many cases lie.
struct Window {
    cases: u64,
    from: Date,
    to: Date,
    until: Date,
}

/// The window with the most cases that still runs on the day, where it holds what the rule wants.
fn window(
    question: &AlertQuestion<'_>,
    rule: &Threshold,
    limit: i64,
    besides: Option<i64>,
    length: i64,
) -> Option<Window> {
    let (on, days) = (question.on, question.days);
    let sum = |counted: Counted, from: Date, to: Date| -> u64 {
        let within = days.range(from..=to.max(from));
        within.map(|(_, count)| count.of(counted)).sum()
    };
    let enough = |number: u64, wanted: i64| i64::try_from(number).unwrap_or(i64::MAX) >= wanted;
    if let Some(first) = rule.first {
        let since = match first {
            FirstOf::Ever => Date::MIN,
            FirstOf::Year => on.first_of_year(),
        };
        let (day, _) = days
            .range(since..=on)
            .find(|(_, count)| count.of(rule.counts) > 0)?;
        let cases = sum(rule.counts, *day, on);
        let fresh = *day > plus_days(on, -length) && enough(cases, limit);
        let until = plus_days(*day, length - 1);
        return fresh.then_some(Window {
            cases,
            from: *day,
            to: on,
            until,
        });
    }
    let reached: Vec<(u64, Date, Date)> = days
        .keys()
        .filter(|end| **end <= on && **end > plus_days(on, -length))
        .map(|end| (plus_days(*end, 1 - length), *end))
        .filter(|(from, to)| {
            let others = rule.besides.map(|(counted, _)| sum(counted, *from, *to));
            others.is_none_or(|others| besides.is_some_and(|wanted| enough(others, wanted)))
        })
        .map(|(from, to)| (sum(rule.counts, from, to), from, to))
        .filter(|(cases, ..)| enough(*cases, limit))
        .collect();
    let until = reached
        .iter()
        .map(|(.., to)| plus_days(*to, length - 1))
        .max()?;
    reached
        .into_iter()
        .max_by_key(|(cases, ..)| *cases)
        .map(|(cases, from, to)| Window {
            cases,
            from,
            to,
            until,
        })
}

/// Every threshold of the disease that the cases reach in a window that still runs on the day.
pub fn raised(laws: &[Law], disease: &Disease, question: &AlertQuestion<'_>) -> Vec<AlertRaised> {
    let (on, as_of) = (question.on, question.as_of);
    let Some(edition) = disease.edition(on, as_of) else {
        return Vec::new();
    };
    let values_on = disease
        .editions
        .get(edition)
        .map_or(on, |e| on.min(e.until));
    let managed = crate::law::managed(disease, on, as_of, question.approvals);
    let mut all = Vec::new();
    for rule in disease
        .alerts
        .iter()
        .filter(|rule| rule.unit == question.unit && rule.head.applies(edition, on))
    {
        let series = |id: crate::compile::rules::ValueId| disease.rules.values.get(id.0);
        let (Some(cases), Some(days)) = (series(rule.cases), series(rule.days)) else {
            continue;
        };
        let (Some(limit), Some(length)) = (cases.whole(values_on), days.days(values_on)) else {
            continue;
        };
        let besides = rule.besides.and_then(|(_, id)| series(id));
        let others = besides.and_then(|series| series.whole(values_on));
        let Some(found) = window(question, rule, limit, others, length) else {
            continue;
        };
        let wanted: &[Reported] = match rule.kind {
            AlertKind::Cluster => &[],
            AlertKind::Outbreak => &[Reported::Outbreak],
            AlertKind::Event => &[Reported::Event],
        };
        let in_force = laws.iter().filter(|law| law.holds(on, as_of));
        let mut due: Vec<(ReportDue, Reason)> = in_force
            .flat_map(|law| {
                let reports = |of: &Reported| law.reports(*of, managed, None, on);
                wanted.iter().flat_map(reports)
            })
            .collect();
        due.sort_by_key(|(report, _)| report.within_hours);
        let (reports, reasons): (Vec<ReportDue>, Vec<Reason>) = due.into_iter().unzip();
        let within = rule.within.and_then(series);
        let own = within.and_then(|series| series.whole(values_on));
        let law = reports.first().map(|report| report.within_hours);
        all.push(AlertRaised {
            rule: rule.head.id.clone(),
            text: rule.head.text.clone(),
            kind: rule.kind,
            cases: found.cases,
            from: found.from,
            to: found.to,
            until: found.until,
            counts: rule.counts,
            within_hours: own.into_iter().chain(law).min(),
            reports,
            reasons,
            values: [Some(cases), besides, Some(days), within]
                .into_iter()
                .flatten()
                .filter_map(|s| s.used(values_on))
                .collect(),
            cites: rule.head.cites.clone(),
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Library;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn asked(days: &BTreeMap<Date, DayCount>, on: &str) -> Vec<AlertRaised> {
        let on = day(on);
        Library::shipped().unwrap().alerts(&AlertQuestion {
            disease: "norovirus",
            region: "",
            unit: Unit::Institution,
            days,
            approvals: &[],
            on,
            as_of: on,
        })
    }

    #[test]
    fn an_alert_is_told_until_the_day_on_which_it_is_over_without_a_further_case() {
        let cases = |cases| DayCount {
            cases,
            ..DayCount::default()
        };
        let days = BTreeMap::from([(day("2026-05-04"), cases(6)), (day("2026-05-06"), cases(4))]);
        let raised = asked(&days, "2026-05-07");
        assert_eq!(raised.len(), 1);
        let alert = &raised[0];
        assert_eq!((alert.cases, alert.counts), (10, Counted::Cases));
        assert_eq!(
            (alert.from, alert.to),
            (day("2026-04-30"), day("2026-05-06"))
        );
        assert_eq!(alert.until, day("2026-05-12"));
        assert_eq!(asked(&days, "2026-05-12").len(), 1);
        assert!(asked(&days, "2026-05-13").is_empty());
        let mut days = days;
        days.insert(day("2026-05-08"), cases(5));
        let longer = &asked(&days, "2026-05-10")[0];
        assert_eq!((longer.cases, longer.to), (15, day("2026-05-08")));
        days.insert(day("2026-05-12"), cases(2));
        let longer = &asked(&days, "2026-05-12")[0];
        assert_eq!((longer.cases, longer.to), (15, day("2026-05-08")));
        assert_eq!(
            longer.until,
            day("2026-05-18"),
            "eleven in the week to the twelfth"
        );
    }
}
