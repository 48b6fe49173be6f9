//! Overlays: a province, city or county does otherwise than the layer above it. Each is laid over
//! the disease as its parent has it, so that a question about a place finds one disease pack, and
//! the direction that it declares is compared with the numbers it changes.

use std::collections::{BTreeMap, BTreeSet};

use fangxian_base::{Date, plus_days};

use super::Report;
use super::disease::{Disease, Head, LayerOver, Without};
use super::series::{Entry, Series, cites, entries};
use crate::assessment::{Direction, Label, Layer, Quantity};
use crate::finding::Spot;
use crate::schema::{Name, OtherValueDoc, OverlayDoc, SourceDoc, Toward, WithoutDoc};
use crate::text::Text;

/// An overlay, as pages show it.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// Id.
    pub id: String,
    /// Title.
    pub title: Text,
    /// The disease pack.
    pub over: String,
    /// The place.
    pub region: String,
    /// Sources.
    pub sources: BTreeMap<String, SourceDoc>,
    /// Values, with the words of the disease pack.
    pub rules: super::rules::Rules,
    /// Which way each value goes, and who allows it.
    pub changes: BTreeMap<String, (Direction, Text)>,
    /// Rules that do not hold.
    pub without: Vec<(Without, Direction, Text, Spot)>,
}

/// A disease as a place has it.
#[derive(Debug, Clone)]
pub struct Local {
    /// The place.
    pub region: String,
    /// The pack with everything from the province down to this place laid over it.
    pub disease: Disease,
}

/// The disease as a place has it: the innermost layer that the place lies in.
pub fn at<'l>(locals: &'l [Local], disease: &str, region: &str) -> Option<&'l Disease> {
    let here = |local: &&Local| local.disease.id == disease && lies_in(region, &local.region);
    let found = locals.iter().filter(here);
    found
        .max_by_key(|local| local.region.len())
        .map(|local| &local.disease)
}

/// Whether a place lies in another, by path.
pub fn lies_in(place: &str, region: &str) -> bool {
    place
        .strip_prefix(region)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// How many steps below the nation a place lies: province 1, city 2, county 3.
pub fn depth(region: &str) -> usize {
    region.matches('/').count()
}

/// Lays an overlay over what its place has so far. Outer places come first.
pub fn lay(
    report: &mut Report<'_>,
    doc: &OverlayDoc,
    diseases: &[Disease],
    locals: &mut Vec<Local>,
) -> Option<Overlay> {
    let known = diseases.iter().find(|disease| disease.id == doc.over.value);
    let Some(base) = known else {
        let ids = diseases.iter().map(|disease| disease.id.as_str());
        report.unknown("disease", &doc.over, ids);
        return None;
    };
    let region = doc.region.value.as_str();
    if !(1..=3).contains(&depth(region)) || region.split('/').any(str::is_empty) {
        let message = format!("`{region}` is no province, city or county");
        let hint = "write `cn/PROVINCE`, `cn/PROVINCE/CITY` or `cn/PROVINCE/CITY/COUNTY`; what holds everywhere stands in the disease pack".to_owned();
        report.error(doc.region.spot(), "region", message, hint);
        return None;
    }
    let parent = at(locals, &base.id, region).unwrap_or(base);
    let mut laid = Laying {
        report,
        doc,
        parent: parent.clone(),
        disease: parent.clone(),
        days: Vec::new(),
        series: Vec::new(),
    };
    for (name, value) in &doc.values {
        laid.value(name, value);
    }
    let without: Vec<_> = doc
        .without
        .iter()
        .filter_map(|rule| laid.without(rule))
        .collect();
    let (mut disease, series, days) = (laid.disease, laid.series, laid.days);
    for alert in &disease.alerts {
        super::build::threshold(report, &disease.rules, alert, Some(&doc.id.value));
    }
    let title = Text::new(&doc.zh, &doc.en);
    disease.layers.push(LayerOver {
        pack: doc.id.value.clone(),
        title: title.clone(),
        days,
        without: without
            .iter()
            .map(|(without, ..)| without.clone())
            .collect(),
    });
    match locals
        .iter_mut()
        .find(|l| l.region == region && l.disease.id == disease.id)
    {
        Some(local) => local.disease = disease,
        None => locals.push(Local {
            region: region.to_owned(),
            disease,
        }),
    }
    if doc.values.is_empty() && doc.without.is_empty() {
        let message = format!("`{}` changes nothing", doc.id.value);
        report.error(doc.id.spot(), "overlay", message, "take it out".to_owned());
    }
    let changes = doc.values.iter();
    let changes = changes.map(|(name, v)| (name.clone(), (v.direction, v.allowed_by.clone())));
    Some(Overlay {
        id: doc.id.value.clone(),
        title,
        over: doc.over.value.clone(),
        region: region.to_owned(),
        sources: doc.sources.clone(),
        rules: super::rules::Rules {
            values: series,
            criteria: Vec::new(),
        },
        changes: changes.collect(),
        without,
    })
}

struct Laying<'a, 't> {
    report: &'a mut Report<'t>,
    doc: &'a OverlayDoc,
    /// The disease as the layer above has it.
    parent: Disease,
    /// The same with what has been laid over it.
    disease: Disease,
    days: Vec<(Date, Date)>,
    series: Vec<Series>,
}

impl Laying<'_, '_> {
    fn value(&mut self, name: &str, doc: &OtherValueDoc) {
        let spot = self.report.spot_of_key(name);
        let mut own = entries(self.report, name, &doc.dated, &self.doc.sources);
        let mut above = self.parent.rules.values.iter().enumerate();
        let found = above.find(|(_, series)| series.name == name);
        let Some((index, series)) = found.map(|(index, series)| (index, series.clone())) else {
            let known = self
                .parent
                .rules
                .values
                .iter()
                .map(|series| series.name.as_str());
            let hint = match crate::finding::nearest(name, known) {
                hint if hint.is_empty() => "name a value of the disease pack".to_owned(),
                hint => hint,
            };
            let message = format!("`{}` has no value `{name}`", self.parent.id);
            self.report.error(spot, "unknown-name", message, hint);
            return;
        };
        let Some(stricter) = series.stricter else {
            let message = format!("`{name}` is the same in every place");
            let hint = format!(
                "the pack `{}` would have to say which way is stricter: `stricter: higher` or `lower`",
                self.parent.id
            );
            self.report.error(spot, "overlay", message, hint);
            return;
        };
        self.allowed(&doc.allowed_by, spot);
        for entry in &mut own {
            entry.layer = Some(self.layer(doc.direction, &doc.allowed_by));
            self.entry(&series, entry, stricter, doc.direction);
            self.days.push((entry.from, entry.until));
        }
        if let Some(mine) = self.disease.rules.values.get_mut(index) {
            self.series.push(Series {
                entries: own.clone(),
                ..mine.clone()
            });
            for entry in own {
                cover(&mut mine.entries, entry);
            }
        }
    }

    /// One dated entry against what the layer above has on each of its days.
    fn entry(&mut self, series: &Series, entry: &Entry, stricter: Toward, direction: Direction) {
        let (name, region) = (&series.name, &self.doc.region.value);
        let mut wrong = |code, message: String, hint: &str| {
            self.report
                .error(entry.spot, code, message, hint.to_owned());
        };
        if entry.label == Label::Official {
            let message = format!("`{name}`: a rule of a place is no national one");
            wrong("label", message, "write `label: local` or `label: ours`");
        }
        if !series.covers(entry.from, entry.until) {
            let message = format!("`{name}` has no value above on some of these days");
            wrong(
                "gap",
                message,
                "give it days on which the layer above has one",
            );
        }
        let above = series.entries.iter();
        for above in above.filter(|above| above.from <= entry.until && entry.from <= above.until) {
            let on = above.from.max(entry.from);
            if above
                .layer
                .as_ref()
                .is_some_and(|layer| layer.region == *region)
            {
                let message = format!("two overlays of `{region}` change `{name}` on {on}");
                wrong("overlay", message, "one place says a thing once");
                continue;
            }
            let (is, was) = (&entry.value, &above.value);
            let found = match compare(is, was) {
                Compared::Other => {
                    let message = format!("`{name}`: {is} is another kind of value than {was}");
                    wrong("type", message, "write it as the layer above does");
                    continue;
                }
                // Days of samples of which neither holds all of the other's: the declaration stands.
                Compared::Neither => continue,
                Compared::Same => {
                    let message = format!("`{name}` is {was} above from {on} already");
                    wrong("overlay", message, "a layer names only what it changes");
                    continue;
                }
                Compared::Higher if stricter == Toward::Higher => Direction::Stricter,
                Compared::Lower if stricter == Toward::Lower => Direction::Stricter,
                Compared::Higher | Compared::Lower => Direction::Looser,
            };
            if found != direction {
                let (found, declared) = (found.text(), direction.text());
                let (found, declared) = (&found.en, &declared.en);
                let message = format!(
                    "`{name}` is declared {declared} and is {found} than above from {on}: {is} instead of {was}"
                );
                wrong(
                    "direction",
                    message,
                    "declare what it is, or change the number",
                );
            }
        }
    }

    fn without(&mut self, doc: &WithoutDoc) -> Option<(Without, Direction, Text, Spot)> {
        let spot = doc.rule.spot();
        cites(self.report, &doc.cites, &self.doc.sources, spot);
        self.allowed(&doc.allowed_by, spot);
        let days = (doc.from, doc.until.unwrap_or(Date::MAX));
        if days.1 < days.0 {
            let message = format!("`{}` ends before it begins", doc.rule.value);
            self.report
                .error(spot, "time", message, "`until` is the last day".to_owned());
        }
        let rule = format!("{}/{}", self.parent.id, doc.rule.value);
        let Some((head, direction)) = optional(&mut self.disease, &rule) else {
            self.no_such_rule(&doc.rule, &rule);
            return None;
        };
        if head
            .off
            .iter()
            .any(|off| off.0 <= days.1 && days.0 <= off.1)
        {
            let message = format!("`{}` is taken out above already", doc.rule.value);
            let hint = "a layer names only what it changes".to_owned();
            self.report.error(spot, "overlay", message, hint);
        }
        head.off.push(days);
        let text = head.text.clone();
        if direction != doc.direction {
            let (is, declared) = (direction.text(), doc.direction.text());
            let (is, declared) = (&is.en, &declared.en);
            let message = format!(
                "`{}` is declared {declared}; without it the place is {is}",
                doc.rule.value
            );
            let hint = "declare what it is".to_owned();
            self.report.error(spot, "direction", message, hint);
        }
        let (word, place) = (doc.direction.text(), Text::new(&self.doc.zh, &self.doc.en));
        let without = Without {
            id: format!("{}/{}", self.doc.id.value, doc.rule.value),
            rule,
            text: Text::new(
                format!("{}（{}）：此处不适用“{}”", place.zh, word.zh, text.zh),
                format!(
                    "{} ({}): “{}” does not hold here",
                    place.en, word.en, text.en
                ),
            ),
            cites: doc.cites.iter().map(|cite| cite.value.clone()).collect(),
            days,
        };
        Some((without, doc.direction, doc.allowed_by.clone(), spot))
    }

    fn no_such_rule(&mut self, name: &Name, rule: &str) {
        let spot = name.spot();
        let heads = self.parent.heads();
        if heads.iter().any(|(head, _)| head.id == rule) {
            let message = format!("`{}` holds in every place", name.value);
            let hint = "definitions, reports and alerts are the same everywhere; a place may leave out pathways, advice, tasks and declines".to_owned();
            self.report.error(spot, "overlay", message, hint);
            return;
        }
        let known: BTreeSet<&str> = heads
            .iter()
            .filter_map(|(head, _)| Some(head.id.split_once('/')?.1))
            .collect();
        self.report.unknown("rule", name, known.into_iter());
    }

    fn allowed(&mut self, by: &Text, spot: Spot) {
        if by.zh.trim().is_empty() || by.en.trim().is_empty() {
            let message = "nobody is named who allows it".to_owned();
            let hint = "`allowed_by` names the organ and its basis, in both languages".to_owned();
            self.report.error(spot, "overlay", message, hint);
        }
    }

    fn layer(&self, direction: Direction, allowed_by: &Text) -> Layer {
        Layer {
            pack: self.doc.id.value.clone(),
            text: Text::new(&self.doc.zh, &self.doc.en),
            region: self.doc.region.value.clone(),
            direction,
            allowed_by: allowed_by.clone(),
        }
    }
}

/// A rule that a place may leave out, and which way that goes: less is done, save that what the
/// plan says is not to be done may be done.
fn optional<'d>(disease: &'d mut Disease, id: &str) -> Option<(&'d mut Head, Direction)> {
    let pathways = disease.pathways.iter_mut().map(|rule| &mut rule.head);
    let advice = disease.advice.iter_mut().map(|rule| &mut rule.head);
    let tasks = disease.tasks.iter_mut().map(|rule| &mut rule.head);
    let looser = pathways
        .chain(advice)
        .chain(tasks)
        .map(|head| (head, Direction::Looser));
    let declines = disease.declines.iter_mut();
    let stricter = declines.map(|(_, head)| (head, Direction::Stricter));
    looser.chain(stricter).find(|(head, _)| head.id == id)
}

enum Compared {
    Higher,
    Lower,
    Same,
    Neither,
    Other,
}

fn compare(is: &Quantity, was: &Quantity) -> Compared {
    match (number(is), number(was)) {
        (Some(is), Some(was)) if is > was => Compared::Higher,
        (Some(is), Some(was)) if is < was => Compared::Lower,
        (Some(_), Some(_)) => Compared::Same,
        (None, None) => {
            let (is, was) = (days(is), days(was));
            match (is.is_superset(&was), was.is_superset(&is)) {
                (true, true) => Compared::Same,
                (true, false) => Compared::Higher,
                (false, true) => Compared::Lower,
                (false, false) => Compared::Neither,
            }
        }
        (Some(_), None) | (None, Some(_)) => Compared::Other,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "days, hours and counts are small"
)]
fn number(value: &Quantity) -> Option<f64> {
    match value {
        Quantity::Whole(n) => Some(*n as f64),
        Quantity::Decimal(n) => Some(*n),
        Quantity::List(_) => None,
    }
}

fn days(value: &Quantity) -> BTreeSet<i64> {
    match value {
        Quantity::List(days) => days.iter().copied().collect(),
        Quantity::Whole(_) | Quantity::Decimal(_) => BTreeSet::new(),
    }
}

/// Puts an entry over others: what it covers of them goes, the rest stays.
fn cover(entries: &mut Vec<Entry>, over: Entry) {
    let mut all = Vec::with_capacity(entries.len() + 2);
    let cut = |entry: &Entry, from, until| Entry {
        from,
        until,
        ..entry.clone()
    };
    for entry in entries.drain(..) {
        if entry.from < over.from {
            let until = entry.until.min(plus_days(over.from, -1));
            all.push(cut(&entry, entry.from, until));
        }
        if over.until < entry.until {
            let from = entry.from.max(plus_days(over.until, 1));
            all.push(cut(&entry, from, entry.until));
        }
    }
    all.push(over);
    all.sort_by_key(|entry| entry.from);
    *entries = all;
}
