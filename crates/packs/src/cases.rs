//! Cases around every change of the rules: the same situation a day before a rule, a value or an
//! edition begins or after it ends, and on the day. A program makes them from the examples of the
//! pack; whether an outcome is right only a person can say, and what was said is kept beside the pack.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use fangxian_base::{Date, days_between, plus_days};
use jiff::ToSpan;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::assessment::Assessment;
use crate::compile::disease::Disease;
use crate::fact::{Approval, Fact, Input, Value};
use crate::library::Library;
use crate::load::Example;
use crate::schema::ConfirmedCase;

/// What is known of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum CaseState {
    /// Nobody has said that its outcome is right.
    Unconfirmed,
    /// Somebody has.
    Confirmed {
        /// Who.
        by: String,
        /// When.
        #[schemars(with = "String")]
        confirmed_on: Date,
    },
    /// Somebody has, of another outcome or another question.
    Changed {
        /// Who.
        by: String,
        /// When.
        #[schemars(with = "String")]
        confirmed_on: Date,
        /// The outcome that was confirmed.
        was: String,
    },
    /// Somebody has, of a case that is not made any more.
    Gone {
        /// Who.
        by: String,
        /// When.
        #[schemars(with = "String")]
        confirmed_on: Date,
    },
}

/// A situation on the day before a change of the rules, or on the day of the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Case {
    /// What `--confirm` calls it.
    pub id: String,
    /// The pack.
    pub pack: String,
    /// The example that the situation is taken from.
    pub example: String,
    /// The day of the change: the first day of what begins, the day after the last of what ends.
    #[schemars(with = "String")]
    pub change: Date,
    /// The day asked about: that day, or the one before.
    #[schemars(with = "String")]
    pub on: Date,
    /// What begins or ends, and makes the two days differ.
    pub about: Vec<String>,
    /// Digest of the question.
    pub asked: String,
    /// What comes out.
    pub outcome: String,
    /// What is known of it.
    #[serde(flatten)]
    pub state: CaseState,
}

/// Something that begins or ends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    on: Date,
    begins: bool,
    what: String,
    /// Whether a reason names it; an edition, a law or a class of management is known by its effect.
    named: bool,
}

/// Everything that begins or ends in a disease pack while one of its editions is in force, and in the
/// laws meanwhile.
fn turns(library: &Library, disease: &Disease) -> Vec<Turn> {
    let mut all = BTreeSet::new();
    let mut turn = |what: &str, from: Date, until: Date, named: bool| {
        let what = what.to_owned();
        if from > Date::MIN {
            let what = what.clone();
            all.insert(Turn {
                on: from,
                begins: true,
                what,
                named,
            });
        }
        if until < Date::MAX {
            let on = plus_days(until, 1);
            all.insert(Turn {
                on,
                begins: false,
                what,
                named,
            });
        }
    };
    for edition in &disease.editions {
        turn(
            &format!("{}@{}", disease.id, edition.id),
            edition.from,
            edition.until,
            false,
        );
    }
    for managed in &disease.management {
        turn(
            &format!("{} management", disease.id),
            managed.from,
            Date::MAX,
            false,
        );
    }
    for series in &disease.rules.values {
        for entry in &series.entries {
            let what = format!("{}/{}@{}", disease.id, series.name, entry.from);
            turn(&what, entry.from, entry.until, true);
        }
    }
    for (head, _) in disease.heads() {
        turn(&head.id, head.days.0, head.days.1, true);
    }
    for law in &library.laws {
        turn(&law.id, law.from, law.until, false);
    }
    let within = |on: Date| {
        disease
            .editions
            .first()
            .is_some_and(|first| first.from <= on)
    };
    all.into_iter().filter(|turn| within(turn.on)).collect()
}

/// A situation with its day.
#[derive(Debug, Clone, Serialize)]
struct Situation<'a> {
    disease: &'a str,
    city: &'a str,
    region: &'a str,
    on: Date,
    facts: Vec<Fact>,
    approvals: Vec<Approval>,
}

impl Situation<'_> {
    const fn input(&self) -> Input<'_> {
        Input {
            disease: self.disease,
            city: self.city,
            region: self.region,
            facts: self.facts.as_slice(),
            approvals: self.approvals.as_slice(),
            on: self.on,
            as_of: self.on,
        }
    }

    fn digest(&self) -> String {
        let text = serde_json::to_string(self).unwrap_or_default();
        let hash = Sha256::digest(text.as_bytes());
        hash.iter().take(8).fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// The situation of an example, moved to another day with everything in it.
fn moved<'a>(example: &'a Example, disease: &'a str, on: Date) -> Situation<'a> {
    let doc = &example.doc;
    let days = days_between(doc.on, on);
    let day = |day: Date| plus_days(day, days);
    let mut facts = doc.facts.clone();
    for fact in &mut facts {
        fact.from = fact.from.map(day);
        fact.to = fact.to.map(day);
        fact.at = fact.at.map(|at| at.saturating_add(days.days()));
        for value in fact.attrs.values_mut() {
            if let Value::Date(date) = value {
                *date = day(*date);
            }
        }
    }
    let mut approvals = doc.approvals.clone();
    for approval in &mut approvals {
        approval.from = day(approval.from);
        approval.until = approval.until.map(day);
    }
    Situation {
        disease,
        city: &doc.city,
        region: &doc.region,
        on,
        facts,
        approvals,
    }
}

/// Whether a rule or value is among the reasons.
fn names(is: &Assessment, what: &str) -> bool {
    is.reasons.iter().any(|reason| {
        let pack = reason.rule.split('/').next().unwrap_or_default();
        reason.rule == what
            || reason.values.iter().any(|value| {
                let pack = value.layer.as_ref().map_or(pack, |layer| &layer.pack);
                what == format!("{pack}/{}@{}", value.name, value.from)
            })
    })
}

impl Library {
    /// The cases around every change of the disease packs, with what persons have said of them. What
    /// no example of a pack shows to make a difference has none.
    pub fn cases(&self) -> Vec<Case> {
        let mut all = Vec::new();
        for disease in &self.diseases {
            let made = self.cases_of(disease);
            let confirmed: Vec<&ConfirmedCase> = self
                .confirmed
                .iter()
                .filter(|doc| doc.of.value == disease.id)
                .flat_map(|doc| &doc.cases)
                .collect();
            let key = |case: &Case| (case.on, case.example.clone());
            let known: BTreeSet<(Date, String)> = made.iter().map(key).collect();
            all.extend(made.into_iter().map(|case| told(case, &confirmed)));
            for gone in confirmed {
                if !known.contains(&(gone.on, gone.example.value.clone())) {
                    all.push(Case {
                        id: String::new(),
                        pack: disease.id.clone(),
                        example: gone.example.value.clone(),
                        change: gone.on,
                        on: gone.on,
                        about: Vec::new(),
                        asked: gone.asked.clone(),
                        outcome: gone.outcome.clone(),
                        state: CaseState::Gone {
                            by: gone.by.clone(),
                            confirmed_on: gone.confirmed_on,
                        },
                    });
                }
            }
        }
        all
    }

    fn cases_of(&self, disease: &Disease) -> Vec<Case> {
        let own = |example: &&Example| {
            let about = example.doc.disease.as_deref().unwrap_or(&example.pack);
            example.doc.expect.is_some() && about == disease.id
        };
        let examples: Vec<&Example> = self.examples.iter().filter(own).collect();
        let turns = turns(self, disease);
        let days: BTreeSet<Date> = turns.iter().map(|turn| turn.on).collect();
        let mut cases: Vec<Case> = Vec::new();
        for change in days {
            let mut open: Vec<&Turn> = turns.iter().filter(|turn| turn.on == change).collect();
            for example in &examples {
                let sides = [plus_days(change, -1), change];
                let sides = sides.map(|on| moved(example, &disease.id, on));
                let [before, after] = sides.each_ref().map(|side| self.outcome(&side.input()));
                if before.moved(1) == after {
                    continue;
                }
                let reasons = sides.each_ref().map(|side| self.assess(&side.input()));
                let shows = |turn: &Turn| {
                    let [before, after] = &reasons;
                    !turn.named || names(if turn.begins { after } else { before }, &turn.what)
                };
                let (shown, rest): (Vec<&Turn>, Vec<&Turn>) =
                    open.into_iter().partition(|turn| shows(turn));
                open = rest;
                if shown.is_empty() {
                    continue;
                }
                let about: Vec<String> = shown.iter().map(|turn| turn.what.clone()).collect();
                for (side, outcome) in sides.iter().zip([&before, &after]) {
                    let mut made = cases.iter_mut();
                    let same = |case: &&mut Case| {
                        case.on == side.on && case.example == example.doc.name.value
                    };
                    if let Some(case) = made.find(same) {
                        case.about.extend(about.iter().cloned());
                        continue;
                    }
                    let asked = side.digest();
                    cases.push(Case {
                        id: format!(
                            "{}@{}#{}",
                            disease.id,
                            side.on,
                            asked.get(..8).unwrap_or(&asked)
                        ),
                        pack: disease.id.clone(),
                        example: example.doc.name.value.clone(),
                        change,
                        on: side.on,
                        about: about.clone(),
                        asked,
                        outcome: outcome.to_string(),
                        state: CaseState::Unconfirmed,
                    });
                }
            }
        }
        cases
    }

    /// The file of a pack's confirmations with more of them, laid out; what was confirmed before of the
    /// same case is replaced.
    pub fn confirmations(&self, pack: &str, cases: &[&Case], by: &str, on: Date) -> String {
        let said = |example: &str, day: Date, asked: &str, outcome: &str, by: &str, on: Date| {
            let [example, asked, outcome, by] = [example, asked, outcome, by].map(quoted);
            format!(
                "  - {{ example: {example}, on: {day}, asked: {asked}, outcome: {outcome}, by: {by}, confirmed_on: {on} }}"
            )
        };
        let known = self.confirmed.iter().filter(|doc| doc.of.value == pack);
        let mut lines: Vec<((Date, String), String)> = known
            .flat_map(|doc| &doc.cases)
            .filter(|old| {
                let mut new = cases.iter();
                !new.any(|case| case.on == old.on && case.example == old.example.value)
            })
            .map(|old| {
                let name = &old.example.value;
                let line = said(
                    name,
                    old.on,
                    &old.asked,
                    &old.outcome,
                    &old.by,
                    old.confirmed_on,
                );
                ((old.on, name.clone()), line)
            })
            .chain(cases.iter().map(|case| {
                let line = said(&case.example, case.on, &case.asked, &case.outcome, by, on);
                ((case.on, case.example.clone()), line)
            }))
            .collect();
        lines.sort();
        lines.dedup_by(|a, b| a.0 == b.0);
        let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
        format!(
            "kind: confirmed\nof: {pack}\ncases:\n{}\n",
            lines.join("\n")
        )
    }

    /// Where the confirmations of a pack stand: beside the pack.
    pub fn confirmations_file(&self, pack: &str) -> String {
        match self.file_of(pack).rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/confirmed.yaml"),
            None => "confirmed.yaml".to_owned(),
        }
    }
}

/// A text in double quotes; what JSON escapes, YAML reads the same.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A case with what was said of it.
fn told(mut case: Case, confirmed: &[&ConfirmedCase]) -> Case {
    let mut said = confirmed.iter();
    if let Some(said) = said.find(|said| said.on == case.on && said.example.value == case.example) {
        let (by, confirmed_on) = (said.by.clone(), said.confirmed_on);
        case.state = if said.asked == case.asked && said.outcome == case.outcome {
            CaseState::Confirmed { by, confirmed_on }
        } else {
            let was = said.outcome.clone();
            CaseState::Changed {
                by,
                confirmed_on,
                was,
            }
        };
    }
    case
}
