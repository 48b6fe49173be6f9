//! The trained model: five kinds of pair, the chance of each step under each kind, and what follows for a pair.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::levels::{self, Field, PHONE, Pattern, UNKNOWN};
use super::person::{Known, Person, Word};

/// What two records can be to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One person, living where they lived.
    Same,
    /// One person with another address and telephone.
    Moved,
    /// Two persons of one household.
    Household,
    /// Two persons of one household, born on one day.
    Twins,
    /// Two persons who have nothing to do with each other.
    Unrelated,
}

impl Kind {
    /// All kinds, in the order of the model.
    pub const ALL: [Self; 5] = [
        Self::Same,
        Self::Moved,
        Self::Household,
        Self::Twins,
        Self::Unrelated,
    ];

    /// Whether the two records are of one person.
    pub const fn is_match(self) -> bool {
        matches!(self, Self::Same | Self::Moved)
    }
}

/// One kind of pair in the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindModel {
    /// Which.
    pub kind: Kind,
    /// Its share of all possible pairs.
    pub share: f64,
    /// For each field, the chance of each step among pairs of this kind where both sides say something.
    pub chances: Vec<Vec<f64>>,
}

/// How often values of a field occur.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frequencies {
    /// Share of the values that occur at least [`Frequencies::TOLD`] times, by digest.
    pub common: BTreeMap<u64, f64>,
    /// Share given to all others.
    pub rare: f64,
    /// Chance that two values drawn at random are equal.
    pub chance: f64,
}

impl Frequencies {
    /// Rarer values are not kept: a model names nobody.
    pub const TOLD: u32 = 5;

    /// Logarithm of how often this value occurs over the chance of any two being equal.
    fn surprise(&self, key: u64) -> f64 {
        libm::log(self.common.get(&key).copied().unwrap_or(self.rare) / self.chance)
    }
}

/// A trained model. As JSON it can be kept and used for records that come later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Version of this form.
    pub version: u32,
    /// Records that it was learnt from.
    pub records: usize,
    /// Parts of the address that are compared.
    pub parts: usize,
    /// What is compared, in the order of the chances.
    pub fields: Vec<Field>,
    /// The kinds of pair.
    pub kinds: Vec<KindModel>,
    /// How often values occur, for fields where it matters; the last is the address as a whole.
    pub frequencies: BTreeMap<String, Frequencies>,
    /// From this probability on, a pair is linked without asking.
    pub automatic: f64,
    /// From this probability on, a pair is more likely right than wrong for the best balance of both errors.
    pub threshold: f64,
}

/// What the model says of a pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Natural logarithm of the odds that the two records are of one person.
    pub log_odds: f64,
    /// The most likely kind.
    pub kind: Kind,
}

impl Score {
    /// The probability that the two records are of one person.
    pub fn probability(&self) -> f64 {
        1.0 / (1.0 + libm::exp(-self.log_odds))
    }

    /// The log odds to base 2: the match weight of the literature, with the prior inside.
    pub fn weight(&self) -> f64 {
        self.log_odds / std::f64::consts::LN_2
    }
}

/// What one field says about a pair.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reason {
    /// The field.
    pub field: Field,
    /// The step on its ladder.
    pub step: &'static str,
    /// Evidence for one person, against the likeliest other reading, in bits.
    pub bits: f64,
}

/// A pair with the whole calculation: `start` and the bits of all reasons and `other` add up to `weight`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explained {
    /// Log odds to base 2.
    pub weight: f64,
    /// Probability of one person.
    pub probability: f64,
    /// How it is read if it is a match.
    pub for_match: Kind,
    /// How it is read if it is none.
    pub against: Kind,
    /// Bits from the shares of the two readings.
    pub start: f64,
    /// One line per field that both records tell.
    pub reasons: Vec<Reason>,
    /// What the less likely readings add.
    pub other: f64,
}

impl Explained {
    /// The weight in thousandths of a bit.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a weight is some hundred bits at most, and a float that is none becomes the nearest"
    )]
    pub fn thousandths(&self) -> i64 {
        (self.weight * 1000.0).round() as i64
    }
}

/// A person read for comparison under a model. Made by [`Scorer::prepare`]; of no use under another model.
#[derive(Debug, Clone)]
pub struct Prepared(pub(super) Known);

impl Prepared {
    /// Tokens of which two records of one person share at least one, with few exceptions: what to look up
    /// candidates by. Digests, the same on every machine and for every model of the same version.
    pub fn tokens(&self) -> Vec<u64> {
        super::tokens::of(&self.0)
    }
}

/// [`Prepared::tokens`] of somebody whom no model has read yet.
pub fn tokens(person: &Person) -> Vec<u64> {
    super::tokens::of(&Known::read(person))
}

/// The five log likelihoods of a pair, with shares; or what one field adds to them.
type Logs = [f64; 5];

impl Model {
    /// Version of the form in which models are kept, and of the tokens.
    pub const VERSION: u32 = 1;

    /// Name of the table of frequencies of a field.
    pub(super) fn table(field: Field) -> Option<String> {
        match field {
            Field::Family => Some("family".to_owned()),
            Field::Given => Some("given".to_owned()),
            Field::Phone => Some("phone".to_owned()),
            Field::Address(part) => Some(format!("address_{part}")),
            Field::Middle | Field::Birth | Field::Number | Field::Sex => None,
        }
    }

    /// Writes beside each value the logarithm of how often it occurs, over the chance of any two being equal.
    pub(super) fn share(&self, known: &mut Known) {
        let look = |field: Field, word: &mut Word| {
            let table = Self::table(field).and_then(|name| self.frequencies.get(&name));
            word.share = table.map_or(0.0, |table| table.surprise(word.key));
        };
        if let Some(name) = &mut known.family {
            look(Field::Family, &mut name.word);
        }
        if let Some(name) = &mut known.given {
            look(Field::Given, &mut name.word);
        }
        if let Some(word) = &mut known.phone {
            look(Field::Phone, word);
        }
        for (part, word) in (0_u8..).zip(&mut known.address) {
            if let Some(word) = word {
                look(Field::Address(part), word);
            }
        }
        if let (Some((key, share)), Some(table)) = (&mut known.home, self.frequencies.get("home")) {
            *share = table.surprise(*key);
        }
    }

    /// The same model for a store of more records than it was learnt from: whoever is met there is less likely the
    /// one who is looked for. For a smaller store nothing changes, so that few records make nobody sure.
    #[must_use]
    pub fn among(&self, records: usize) -> Self {
        let mut model = self.clone();
        if records <= self.records {
            return model;
        }
        let part = self.records as f64 / records as f64;
        let mut rest = 1.0;
        for kind in &mut model.kinds {
            if kind.kind == Kind::Unrelated {
                kind.share = rest;
            } else {
                kind.share *= part;
                rest -= kind.share;
            }
        }
        model
    }

    /// A model as it was kept. One of another version, or whose chances do not fit its fields, is refused.
    pub fn from_json(text: &str) -> Result<Self, BadModel> {
        let model: Self = serde_json::from_str(text)?;
        let fits = |kind: &KindModel| {
            kind.chances.len() == model.fields.len()
                && kind
                    .chances
                    .iter()
                    .zip(&model.fields)
                    .all(|(chances, field)| {
                        chances.len() == field.steps().len()
                            && chances.iter().all(|p| *p >= 0.0 && *p <= 1.0)
                    })
        };
        if model.version != Self::VERSION {
            return Err(BadModel::Version(model.version));
        }
        let kinds = model.kinds.iter().map(|kind| kind.kind).eq(Kind::ALL);
        if !kinds || model.fields != Field::all(model.parts) || !model.kinds.iter().all(fits) {
            return Err(BadModel::Shape);
        }
        Ok(model)
    }
}

/// Why a kept model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadModel {
    /// It is no JSON of a model.
    #[error("the linkage model cannot be read: {0}; train it again")]
    Json(#[from] serde_json::Error),
    /// It was made by another release.
    #[error("field `version` of the linkage model is {0}, this release reads {known}; train it again", known = Model::VERSION)]
    Version(u32),
    /// Its parts do not fit together.
    #[error("fields `kinds` and `fields` of the linkage model do not fit together; train it again")]
    Shape,
}

/// A model made ready to score many pairs.
#[derive(Debug)]
pub struct Scorer<'m> {
    model: &'m Model,
    shares: Logs,
    /// By field and step.
    steps: Vec<Vec<Logs>>,
}

impl<'m> Scorer<'m> {
    /// Makes the tables of logarithms.
    pub fn new(model: &'m Model) -> Self {
        let chance = |kind: usize, at: usize, step: usize| -> f64 {
            let chances = model.kinds.get(kind).and_then(|kind| kind.chances.get(at));
            libm::log(
                chances
                    .and_then(|chances| chances.get(step))
                    .copied()
                    .unwrap_or(1.0),
            )
        };
        let step = |at: usize, step: usize| std::array::from_fn(|kind| chance(kind, at, step));
        let field =
            |(at, field): (usize, &Field)| (0..field.steps().len()).map(|s| step(at, s)).collect();
        Self {
            model,
            shares: std::array::from_fn(|kind| {
                libm::log(model.kinds.get(kind).map_or(0.0, |kind| kind.share))
            }),
            steps: model.fields.iter().enumerate().map(field).collect(),
        }
    }

    /// Reads a person for comparison.
    pub fn prepare(&self, person: &Person) -> Prepared {
        let mut known = Known::read(person);
        self.model.share(&mut known);
        Prepared(known)
    }

    /// Compares two persons. Symmetric.
    pub fn score(&self, a: &Prepared, b: &Prepared) -> Score {
        let pattern = levels::compare(&a.0, &b.0, self.model.parts);
        Self::judge(&self.logs(pattern, &a.0, &b.0))
    }

    pub(super) fn judge(logs: &Logs) -> Score {
        let best = (0..5).fold(0, |best, at| if logs[at] > logs[best] { at } else { best });
        Score {
            log_odds: sum_of_logs(&logs[..2]) - sum_of_logs(&logs[2..]),
            kind: Kind::ALL[best],
        }
    }

    /// What a field adds. Kinds in which the shared value is shared by chance are helped by a common one and
    /// hurt by a rare one.
    fn field(&self, at: usize, step: u8, a: &Known) -> Logs {
        let mut logs = self.steps[at][usize::from(step)];
        let field = self.model.fields[at];
        if step == field.top() {
            let surprise = value(field, a).map_or(0.0, |word| word.share);
            logs[4] += surprise;
            match field {
                Field::Phone | Field::Address(_) => logs[1] += surprise,
                Field::Given => {
                    logs[2] += surprise;
                    logs[3] += surprise;
                }
                Field::Family | Field::Middle | Field::Birth | Field::Number | Field::Sex => {}
            }
        }
        logs
    }

    /// What the size of the shared home adds: most pairs of a large building are nobody's duplicates.
    fn home(a: &Known, b: &Known, pattern: Pattern) -> f64 {
        match (a.home, b.home) {
            (Some((x, share)), Some((y, _))) if x == y => share,
            _ if pattern.step(PHONE) == Field::Phone.top() => {
                a.phone.as_ref().map_or(0.0, |word| word.share)
            }
            _ => 0.0,
        }
    }

    pub(super) fn logs(&self, pattern: Pattern, a: &Known, b: &Known) -> Logs {
        let mut logs = self.shares;
        let home = Self::home(a, b, pattern);
        logs[2] += home;
        logs[3] += home;
        for at in 0..self.steps.len() {
            let step = pattern.step(at);
            if step != UNKNOWN {
                for (log, more) in logs.iter_mut().zip(self.field(at, step, a)) {
                    *log += more;
                }
            }
        }
        logs
    }

    /// Compares two persons and tells how the result comes about.
    pub fn explain(&self, a: &Prepared, b: &Prepared) -> Explained {
        let (a, b) = (&a.0, &b.0);
        let pattern = levels::compare(a, b, self.model.parts);
        let logs = self.logs(pattern, a, b);
        let score = Self::judge(&logs);
        let for_match = usize::from(logs[1] > logs[0]);
        let against = (3..5).fold(2, |best, at| if logs[at] > logs[best] { at } else { best });
        let bits = |logs: &Logs| (logs[for_match] - logs[against]) / std::f64::consts::LN_2;
        let told = (0..self.steps.len()).filter(|at| pattern.step(*at) != UNKNOWN);
        let reasons: Vec<Reason> = told
            .map(|at| {
                let (field, step) = (self.model.fields[at], pattern.step(at));
                Reason {
                    field,
                    step: field.steps()[usize::from(step)],
                    bits: bits(&self.field(at, step, a)),
                }
            })
            .collect();
        let from_fields: f64 = reasons.iter().map(|reason| reason.bits).sum();
        Explained {
            weight: score.weight(),
            probability: score.probability(),
            for_match: Kind::ALL[for_match],
            against: Kind::ALL[against],
            start: bits(&logs) - from_fields,
            reasons,
            other: score.weight() - bits(&logs),
        }
    }
}

fn value(field: Field, of: &Known) -> Option<&Word> {
    match field {
        Field::Family => of.family.as_ref().map(|name| &name.word),
        Field::Given => of.given.as_ref().map(|name| &name.word),
        Field::Phone => of.phone.as_ref(),
        Field::Address(part) => of.address.get(usize::from(part))?.as_ref(),
        Field::Middle | Field::Birth | Field::Number | Field::Sex => None,
    }
}

/// Logarithm of the sum of exponentials.
fn sum_of_logs(logs: &[f64]) -> f64 {
    let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + libm::log(logs.iter().map(|log| libm::exp(log - top)).sum())
}
