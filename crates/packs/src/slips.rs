//! Slips that read well and mean something else: a mark in a text that nothing fills, a code of no
//! classification, a word that names two diseases, work for which nobody has a time, a source that
//! nobody says to have read, a rule called official that rests on its authors alone.

use std::collections::BTreeMap;

use crate::assessment::Label;
use crate::compile::Report;
use crate::compile::disease::{Disease, Head};
use crate::compile::other::City;
use crate::finding::{Finding, Severity, Spot, nearest};
use crate::schema::{DatedValue, DiseaseDoc, Name, SourceDoc};

/// The source that stands for the authors of a pack themselves.
const AUTHORS: &str = "ours";

/// Whether a text has the form of a code of ICD-10: a letter, two digits, and after a point up to two
/// more. Form alone: which disease a code means, only the classification says.
fn is_icd10(code: &str) -> bool {
    let (block, rest) = code.split_once('.').unwrap_or((code, "0"));
    let mut of_block = block.chars();
    block.len() == 3
        && of_block.next().is_some_and(|c| c.is_ascii_uppercase())
        && of_block.all(|c| c.is_ascii_digit())
        && (1..=2).contains(&rest.len())
        && rest.chars().all(|c| c.is_ascii_digit())
}

/// Whether a text has the form of a stem code of ICD-11: chapter, a letter, a digit, a digit or letter,
/// and after a point up to two more; the letters I and O do not occur.
fn is_icd11(code: &str) -> bool {
    let (stem, rest) = code.split_once('.').unwrap_or((code, "0"));
    let letter = |c: char| c.is_ascii_uppercase() && c != 'I' && c != 'O';
    let either = |c: char| letter(c) || c.is_ascii_digit();
    let fits: Vec<bool> = stem
        .chars()
        .enumerate()
        .map(|(place, c)| match place {
            1 => letter(c),
            2 => c.is_ascii_digit(),
            _ => either(c),
        })
        .collect();
    fits.len() == 4
        && fits.into_iter().all(|fits| fits)
        && (1..=2).contains(&rest.len())
        && rest.chars().all(either)
}

/// Codes and marks of one disease.
pub fn in_a_disease(report: &mut Report<'_>, doc: &DiseaseDoc, disease: &Disease) {
    let mut icd = |code: &Name, holds: bool, form: &str| {
        if !holds {
            let message = format!("`{}` is no code of {form}", code.value);
            let hint = "letters are capital, I and O occur in none of ICD-11, and the point comes before the last digits";
            report.error(code.spot(), "icd", message, hint.to_owned());
        }
    };
    icd(&doc.icd10, is_icd10(&doc.icd10.value), "ICD-10");
    icd(&doc.icd11, is_icd11(&doc.icd11.value), "ICD-11");
    for advice in &disease.advice {
        for mark in marks(&advice.head) {
            let known = || disease.rules.values.iter().map(|s| s.name.as_str());
            if !known().any(|name| name == mark) {
                let message = format!("`{{{mark}}}` in `{}` names no value", advice.head.id);
                let hint = match nearest(mark, known()) {
                    hint if hint.is_empty() => "a text may name values of its pack".to_owned(),
                    hint => hint,
                };
                report.error(
                    spot_of(report.text, mark, &advice.head),
                    "mark",
                    message,
                    hint,
                );
            }
        }
    }
    let classes = disease.classes.iter().map(|(_, head)| head);
    let contacts = disease.contacts.iter().map(|(_, head)| head);
    let others = disease.declines.iter().map(|(_, head)| head);
    let pathways = disease.pathways.iter().map(|rule| &rule.head);
    let timed = disease.reports.iter().chain(&disease.tasks);
    let alerts = disease.alerts.iter().map(|rule| &rule.head);
    let all = classes.chain(contacts).chain(others).chain(pathways);
    for head in all.chain(timed.map(|rule| &rule.head)).chain(alerts) {
        if let Some(mark) = marks(head).first() {
            let message = format!("`{{{mark}}}` in `{}` would be shown as it stands", head.id);
            let hint = "only the texts of advice are filled in".to_owned();
            report.error(spot_of(report.text, mark, head), "mark", message, hint);
        }
    }
}

/// Where a mark stands first; the rule, when its text is written in another way.
fn spot_of(text: &str, mark: &str, head: &Head) -> Spot {
    let mark = format!("{{{mark}}}");
    let place = |(index, line): (usize, &str)| {
        let before = line.get(..line.find(&mark)?)?;
        Some(Spot {
            line: index as u64 + 1,
            column: before.chars().count() as u64 + 1,
        })
    };
    text.lines()
        .enumerate()
        .find_map(place)
        .unwrap_or(head.spot)
}

/// The names between braces in the texts of a rule.
fn marks(head: &Head) -> Vec<&str> {
    let of = |text: &'_ str| -> Vec<(usize, usize)> {
        let opened = text.match_indices('{').map(|(at, _)| at + 1);
        let closed = |from: usize| text[from..].find('}').map(|length| (from, from + length));
        opened.filter_map(closed).collect()
    };
    let (zh, en) = (head.text.zh.as_str(), head.text.en.as_str());
    let zh = of(zh).into_iter().filter_map(|(from, to)| zh.get(from..to));
    let en = of(en).into_iter().filter_map(|(from, to)| en.get(from..to));
    let mut all: Vec<&str> = zh.chain(en).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A word names one disease: lists and files are read by these words.
pub fn between_diseases<'a>(
    packs: impl Iterator<Item = (&'a str, &'a DiseaseDoc, &'a Disease)> + Clone,
    findings: &mut Vec<Finding>,
) {
    for (file, doc, disease) in packs.clone() {
        for word in &doc.also_called {
            let named = word.value.to_lowercase();
            let also = |other: &Disease| {
                let titles = [&other.title.zh, &other.title.en];
                let mut words = titles.into_iter().chain(&other.also_called);
                words.any(|known| known.to_lowercase() == named)
            };
            let mut others = packs.clone().map(|(_, _, other)| other);
            let Some(other) = others.find(|other| other.id != disease.id && also(other)) else {
                continue;
            };
            let message = format!("`{}` names `{}` as well", word.value, other.id);
            let hint = "leave it to one of them, or write a longer word";
            add(
                findings,
                Severity::Error,
                file,
                word.spot(),
                "two-diseases",
                message,
                hint.to_owned(),
            );
        }
    }
}

/// Work has a time: its own, or that of some city.
pub fn tasks<'a>(
    packs: impl Iterator<Item = (&'a str, &'a Disease)>,
    cities: &[City],
    findings: &mut Vec<Finding>,
) {
    let known = || {
        let deadlines = cities.iter().flat_map(|city| &city.deadlines);
        deadlines.map(|deadline| deadline.task.as_str())
    };
    for (file, disease) in packs {
        for task in &disease.tasks {
            if task.within.is_some() || known().any(|kind| kind == task.task) {
                continue;
            }
            let message = format!("no city has a deadline for the task `{}`", task.task);
            let hint = match nearest(&task.task, known()) {
                hint if hint.is_empty() => "give it `within`, or a deadline in a city".to_owned(),
                hint => hint,
            };
            add(
                findings,
                Severity::Gap,
                file,
                task.head.spot,
                "no-deadline",
                message,
                hint,
            );
        }
    }
}

/// Of every source but the authors themselves it is said how its content is known.
pub fn sources(report: &mut Report<'_>, sources: &BTreeMap<String, SourceDoc>) {
    let silent = |(name, source): &(&String, &SourceDoc)| source.read.is_none() && *name != AUTHORS;
    for (name, _) in sources.iter().filter(silent) {
        let spot = report.spot_of_key(name);
        let message = format!("nobody says how it is known what `{name}` says");
        let hint = "add `read`: read in full, reported, or known to the field; a choice of the authors is called `ours`";
        report.add(Severity::Gap, spot, "unread", message, hint.to_owned());
    }
}

/// What rests on the authors alone is not official.
pub fn label(report: &mut Report<'_>, name: &str, dated: &DatedValue) {
    let alone = !dated.cites.is_empty() && dated.cites.iter().all(|cite| cite.value == AUTHORS);
    if alone && dated.label != Label::Ours {
        let message = format!("`{name}` rests on its authors alone");
        let hint = "write `label: ours`, or cite what says so".to_owned();
        report.error(dated.from.spot(), "label", message, hint);
    }
}

fn add(
    findings: &mut Vec<Finding>,
    severity: Severity,
    file: &str,
    spot: Spot,
    code: &'static str,
    message: String,
    hint: String,
) {
    findings.push(Finding {
        file: file.to_owned(),
        line: spot.line,
        column: spot.column,
        severity,
        code,
        message,
        hint,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_form_of_their_classification() {
        for good in ["A00", "A08.1", "U07.1", "B15"] {
            assert!(is_icd10(good), "{good}");
        }
        for bad in ["", "A0", "a00", "A08.", "A08.123", "1A00", "A0O", "A08.1 "] {
            assert!(!is_icd10(bad), "{bad}");
        }
        for good in ["1A00", "RA01.0", "1E31", "1B93.2", "1D2Z"] {
            assert!(is_icd11(good), "{good}");
        }
        for bad in [
            "", "1I00", "1AO0", "A08.1", "1a00", "1A00.", "1A000", "1.0e31",
        ] {
            assert!(!is_icd11(bad), "{bad}");
        }
    }
}
