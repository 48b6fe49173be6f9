//! What an assessment comes to, in codes: all that is decided about a person, without texts, reasons
//! and what is missing. Two sets of rules agree on a person when their outcomes are equal.

use std::fmt;

use fangxian_base::{Date, plus_days};
use schemars::JsonSchema;
use serde::Serialize;

use crate::assessment::{Answer, Assessment, CaseClass, ContactKind, Managed, RefusalKind};

/// A measure that waits for its organ, without words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MeasureSaid {
    /// The pathway, `pack/rule`.
    pub rule: String,
    /// Number in the catalogue.
    pub measure: String,
    /// The law pack.
    pub regime: String,
    /// First day.
    #[schemars(with = "String")]
    pub start: Date,
    /// Last day; none when it ends by release.
    #[schemars(with = "Option<String>")]
    pub end: Option<Date>,
    /// The day it must be looked at again when it has no end.
    #[schemars(with = "Option<String>")]
    pub review_on: Option<Date>,
}

/// What an assessment comes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Outcome {
    /// Whether the person is a case.
    pub case: Answer,
    /// The class.
    pub class: Option<CaseClass>,
    /// Whether the person is a contact.
    pub contact: Answer,
    /// The kind of contact.
    pub contact_kind: Option<ContactKind>,
    /// How the disease is managed.
    pub managed: Managed,
    /// `scheme/category`.
    pub categories: Vec<String>,
    /// Measures that wait for their organ.
    pub measures: Vec<MeasureSaid>,
    /// Measures that are not offered, and the obstacle.
    pub refused: Vec<(String, RefusalKind)>,
    /// Advice, `pack/rule`, and its last day.
    #[schemars(with = "Vec<(String, Option<String>)>")]
    pub advice: Vec<(String, Option<Date>)>,
    /// Reports, `pack/rule`, and hours from discovery.
    pub reports: Vec<(String, i64)>,
    /// Tasks, `pack/rule`, and hours from opening.
    pub tasks: Vec<(String, Option<i64>)>,
    /// Pathways whose conditions of release are met.
    pub released: Vec<String>,
    /// Orders that somebody has to decide about, and whether they are lifted at once.
    pub migrations: Vec<(String, bool)>,
    /// Whether the packs say that they do not cover everything.
    pub not_covered: bool,
}

impl Outcome {
    /// Takes it out of an assessment.
    pub fn of(is: &Assessment) -> Self {
        let measures = is.measures_due.iter().map(|due| MeasureSaid {
            rule: due.rule.clone(),
            measure: due.measure.clone(),
            regime: due.regime.clone(),
            start: due.start,
            end: due.end,
            review_on: due.review_on,
        });
        let categories = is.categories.iter();
        let refused = is.refused.iter();
        let advice = is.advice.iter();
        let reports = is.reports_due.iter();
        let tasks = is.tasks_due.iter();
        let released = is.release.iter().filter(|release| release.ready);
        let migrations = is.migrations.iter();
        Self {
            case: is.case,
            class: is.class,
            contact: is.contact,
            contact_kind: is.contact_kind,
            managed: is.managed,
            categories: categories
                .map(|c| format!("{}/{}", c.scheme, c.category))
                .collect(),
            measures: measures.collect(),
            refused: refused.map(|r| (r.measure.clone(), r.kind)).collect(),
            advice: advice.map(|a| (a.rule.clone(), a.until)).collect(),
            reports: reports.map(|r| (r.rule.clone(), r.within_hours)).collect(),
            tasks: tasks.map(|t| (t.rule.clone(), t.within_hours)).collect(),
            released: released.map(|r| r.rule.clone()).collect(),
            migrations: migrations
                .map(|m| (m.rule.clone(), m.lift_at_once))
                .collect(),
            not_covered: !is.notices.is_empty(),
        }
    }
}

impl Outcome {
    /// The same with every day so many days later.
    #[must_use]
    pub fn moved(&self, days: i64) -> Self {
        let later = |day: Date| plus_days(day, days);
        let mut moved = self.clone();
        for due in &mut moved.measures {
            due.start = later(due.start);
            due.end = due.end.map(later);
            due.review_on = due.review_on.map(later);
        }
        for (_, until) in &mut moved.advice {
            *until = until.map(later);
        }
        moved
    }
}

/// A code as packs write it.
fn code(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => code,
        Ok(_) | Err(_) => String::new(),
    }
}

/// One line in the words of the pack language, in an order that never changes.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = |found: Option<String>, answer: Answer| {
            found.unwrap_or_else(|| match answer {
                Answer::Unknown => "unknown".to_owned(),
                Answer::Yes | Answer::No => "none".to_owned(),
            })
        };
        let class = found(self.class.as_ref().map(code), self.case);
        let contact = found(self.contact_kind.as_ref().map(code), self.contact);
        write!(
            f,
            "class {class}, contact {contact}, managed {}",
            code(&self.managed)
        )?;
        let mut list = |name: &str, items: Vec<String>| {
            if items.is_empty() {
                Ok(())
            } else {
                write!(f, "; {name} {}", items.join(", "))
            }
        };
        let day = |day: &Option<Date>| day.map_or_else(String::new, |day| day.to_string());
        let hours = |hours: &i64| format!("within {hours} h");
        list("categories", self.categories.clone())?;
        let measures = self.measures.iter().map(|due| {
            let end = match (due.end, due.review_on) {
                (Some(end), _) => format!("to {end}"),
                (None, Some(review)) => format!("until released, review {review}"),
                (None, None) => "until released".to_owned(),
            };
            format!(
                "{} by {} from {} {end} ({})",
                due.measure, due.regime, due.start, due.rule
            )
        });
        list("measures", measures.collect())?;
        let refused = self.refused.iter();
        let refused = refused.map(|(measure, kind)| format!("{measure} {}", code(kind)));
        list("refused", refused.collect())?;
        let advice = self.advice.iter();
        let advice = advice.map(|(rule, until)| format!("{rule} to {}", day(until)));
        let advice = advice.map(|text| text.trim_end_matches(" to ").to_owned());
        list("advice", advice.collect())?;
        let reports = self.reports.iter();
        let reports = reports.map(|(rule, within)| format!("{rule} {}", hours(within)));
        list("reports", reports.collect())?;
        let tasks = self.tasks.iter().map(|(rule, within)| match within {
            Some(within) => format!("{rule} {}", hours(within)),
            None => rule.clone(),
        });
        list("tasks", tasks.collect())?;
        list("released", self.released.clone())?;
        let migrations = self.migrations.iter();
        let migrations = migrations.map(|(rule, at_once)| match at_once {
            true => format!("{rule} lifted at once"),
            false => rule.clone(),
        });
        list("orders to decide about", migrations.collect())?;
        if self.not_covered {
            f.write_str("; not everything covered")?;
        }
        Ok(())
    }
}
