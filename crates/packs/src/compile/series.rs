//! Numbers over time: which value holds on a day.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use fangxian_base::{Date, plus_days};

use super::Report;
use crate::assessment::{Label, Layer, Quantity, ValueUsed};
use crate::finding::Spot;
use crate::schema::{DatedValue, Name, SeriesDoc, SourceDoc, Toward};
use crate::text::Text;

/// One value while it holds.
#[derive(Debug, Clone)]
pub struct Entry {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// First day as the pack says it, where an overlay covers the beginning.
    pub since: Date,
    /// The overlay that it comes from.
    pub layer: Option<Layer>,
    /// The number.
    pub value: Quantity,
    /// Sources.
    pub cites: Vec<String>,
    /// Where it comes from.
    pub label: Label,
    /// Remark.
    pub note: Option<String>,
    /// Its place in the file.
    pub spot: Spot,
    /// The entry as reasons show it, made when the first one asks.
    pub used: OnceLock<Arc<ValueUsed>>,
}

/// A named number.
#[derive(Debug, Clone)]
pub struct Series {
    /// Name in the pack.
    pub name: String,
    /// What it is.
    pub title: Text,
    /// Unit.
    pub unit: String,
    /// Which way is stricter.
    pub stricter: Option<Toward>,
    /// In order of time, without overlap.
    pub entries: Vec<Entry>,
}

impl Series {
    /// The index of the entry that holds on a day.
    pub fn at(&self, on: Date) -> Option<usize> {
        let next = self.entries.partition_point(|entry| entry.from <= on);
        let index = next.checked_sub(1)?;
        self.entries
            .get(index)
            .filter(|entry| on <= entry.until)
            .map(|_| index)
    }

    /// Whether a value holds on every day of a period.
    pub fn covers(&self, from: Date, until: Date) -> bool {
        let mut day = from;
        while let Some(entry) = self.at(day).and_then(|i| self.entries.get(i)) {
            if entry.until >= until {
                return true;
            }
            day = plus_days(entry.until, 1);
        }
        false
    }

    /// A whole number on a day.
    pub fn whole(&self, on: Date) -> Option<i64> {
        match self.entries.get(self.at(on)?)?.value {
            Quantity::Whole(n) => Some(n),
            Quantity::Decimal(_) | Quantity::List(_) => None,
        }
    }

    /// A number on a day, whole or not.
    pub fn number(&self, on: Date) -> Option<f64> {
        match self.entries.get(self.at(on)?)?.value {
            #[expect(
                clippy::cast_precision_loss,
                reason = "days, hours and counts are small"
            )]
            Quantity::Whole(n) => Some(n as f64),
            Quantity::Decimal(n) => Some(n),
            Quantity::List(_) => None,
        }
    }

    /// A list of days.
    pub fn list(&self, on: Date) -> &[i64] {
        match self
            .at(on)
            .and_then(|i| self.entries.get(i))
            .map(|entry| &entry.value)
        {
            Some(Quantity::List(days)) => days,
            Some(Quantity::Whole(_) | Quantity::Decimal(_)) | None => &[],
        }
    }

    /// In days, whatever the unit: hours are rounded up to whole days.
    pub fn days(&self, on: Date) -> Option<i64> {
        let n = self.whole(on)?;
        Some(if self.unit == "hours" {
            (n + 23).div_euclid(24)
        } else {
            n
        })
    }

    /// The value of a day, as a reason shows it.
    pub fn used(&self, on: Date) -> Option<Arc<ValueUsed>> {
        let entry = self.entries.get(self.at(on)?)?;
        let used = entry.used.get_or_init(|| {
            Arc::new(ValueUsed {
                name: self.name.clone(),
                title: self.title.clone(),
                value: entry.value.clone(),
                unit: self.unit.clone(),
                from: entry.since,
                cites: entry.cites.clone(),
                label: entry.label,
                layer: entry.layer.clone(),
            })
        });
        Some(Arc::clone(used))
    }
}

/// The units that values may have.
pub const UNITS: [&str; 14] = [
    "days",
    "hours",
    "day_number",
    "day_numbers",
    "people",
    "per_day",
    "signs",
    "samples",
    "cycles",
    "celsius",
    "minutes",
    "percent",
    "times",
    "areas",
];

/// Looks at every value of a pack.
pub fn compile(
    report: &mut Report<'_>,
    docs: &BTreeMap<String, SeriesDoc>,
    sources: &BTreeMap<String, SourceDoc>,
) -> Vec<Series> {
    let mut all = Vec::with_capacity(docs.len());
    for (name, doc) in docs {
        if !UNITS.contains(&doc.unit.value.as_str()) {
            report.unknown("unit", &doc.unit, UNITS.into_iter());
        }
        let entries = entries(report, name, &doc.dated, sources);
        all.push(Series {
            name: name.clone(),
            title: Text::new(&doc.zh, &doc.en),
            unit: doc.unit.value.clone(),
            stricter: doc.stricter,
            entries,
        });
    }
    all
}

/// Looks at the dated entries of one value.
pub fn entries(
    report: &mut Report<'_>,
    name: &str,
    docs: &[DatedValue],
    sources: &BTreeMap<String, SourceDoc>,
) -> Vec<Entry> {
    if docs.is_empty() {
        let spot = report.spot_of_key(name);
        report.error(
            spot,
            "no-value",
            format!("`{name}` has no value"),
            String::new(),
        );
    }
    let mut entries: Vec<Entry> = Vec::with_capacity(docs.len());
    for (i, dated) in docs.iter().enumerate() {
        let spot = dated.from.spot();
        cites(report, &dated.cites, sources, spot);
        crate::slips::label(report, name, dated);
        let next = docs.get(i + 1).map(|next| next.from.value);
        let until = match (dated.until, next) {
            (Some(until), Some(next)) if until >= next => {
                overlap(report, spot, name, next);
                until
            }
            (Some(until), _) => until,
            (None, Some(next)) => plus_days(next, -1),
            (None, None) => Date::MAX,
        };
        if until < dated.from.value {
            overlap(report, spot, name, dated.from.value);
        }
        entries.push(Entry {
            from: dated.from.value,
            until,
            since: dated.from.value,
            layer: None,
            value: dated.value.clone(),
            cites: dated.cites.iter().map(|cite| cite.value.clone()).collect(),
            label: dated.label,
            note: dated.note.clone(),
            spot,
            used: OnceLock::new(),
        });
    }
    entries
}

fn overlap(report: &mut Report<'_>, spot: Spot, name: &str, at: Date) {
    let message = format!("two values of `{name}` hold on {at}, or none ever does");
    report.error(
        spot,
        "time",
        message,
        "entries stand in order of time and end before the next begins".into(),
    );
}

/// Checks that every citation leads to a source.
pub fn cites(
    report: &mut Report<'_>,
    cites: &[Name],
    sources: &BTreeMap<String, SourceDoc>,
    spot: Spot,
) {
    if cites.is_empty() {
        let hint = "name a source, also where the number is ours".to_owned();
        report.error(spot, "uncited", "no citation".to_owned(), hint);
    }
    for cite in cites {
        report.used.insert(format!("source {}", cite.value));
        if !sources.contains_key(&cite.value) {
            report.unknown("source", cite, sources.keys().map(String::as_str));
        }
    }
}
