//! Learning the model from records without knowing which belong together (Fellegi and Sunter 1969; EM after
//! Dempster, Laird and Rubin 1977, as Winkler 1988 used it), with five kinds of pair instead of two.

use std::collections::BTreeMap;

use crate::answer::{Estimated, NotEstimated, Why};
use crate::numbers::random::Stream;

use super::levels::{self, FIXED, Field, PARTS, Pattern, UNKNOWN};
use super::model::{Frequencies, Kind, KindModel, Model, Scorer};
use super::person::{Known, Person};
use super::{thresholds, tokens};

/// Pairs drawn at random to see how strangers agree.
const STRANGERS: usize = 500_000;
/// EM steps; it settles long before.
const STEPS: usize = 25;
/// After so many steps the random pairs are looked at again, to leave out those that belong together.
const AGAIN: usize = 6;
/// Pseudo-counts that keep an unseen step from being impossible.
const DOUBT: f64 = 1.0;

/// A pair of records with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Linked {
    /// Position of the first record.
    pub a: usize,
    /// Position of the second, which is larger.
    pub b: usize,
    /// What the model says.
    pub score: super::Score,
}

/// A trained model with the scores of all pairs that share a token.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The model.
    pub model: Model,
    /// The pairs.
    pub pairs: Vec<Linked>,
    /// Tokens that so many records share that pairs sharing no other one were not compared.
    pub crowded: usize,
}

/// Counts of patterns.
type Counted = Vec<(Pattern, f64)>;

/// Trains on records and scores every pair of them that shares a token.
///
/// - Quantity: for each pair, the log odds that both records are of one person.
/// - Method: a mixture of five kinds of pair (one person, one person moved, household, twins, strangers) with
///   independent fields inside each kind. How strangers agree is learnt from random pairs, the rest by EM on pairs
///   that share a token; equal values count by how rare they are (Winkler 2006).
/// - Assumes: fields are independent given the kind; a missing value says nothing.
/// - Do not use: with fewer than some hundred records and no model from elsewhere.
/// - Source: Fellegi and Sunter 1969; Winkler 1988, 2006.
/// - Differs from source: five kinds, not two; members of a household share address, telephone and family name
///   without being one person.
/// - Checked by: a slow twin, synthetic lists with known truth, `fangxian people link-check`.
///
/// `split` divides the records into two lists without duplicates to be found inside each: only pairs across are
/// made. The same records, split and seed give the same result.
pub fn train(people: &[Person], split: Option<usize>, seed: u64) -> Estimated<Trained> {
    if people.len() < 2 || split.is_some_and(|split| split == 0 || split >= people.len()) {
        return Err(NotEstimated::because(
            Why::TooLittle,
            "there are no two records to compare",
        ));
    }
    if u32::try_from(people.len()).is_err() {
        return Err(NotEstimated::because(
            Why::OutsideDomain,
            "there are more than 2^32 records",
        ));
    }
    let mut known: Vec<Known> = people.iter().map(Known::read).collect();
    let parts = people
        .iter()
        .map(|person| person.address.len())
        .max()
        .unwrap_or(0)
        .min(PARTS);
    let mut model = start(&known, parts);
    for known in &mut known {
        model.share(known);
    }
    let (pairs, crowded) = tokens::pairs(&known, split);
    let patterns = compared(&known, &pairs, parts);
    let met = counted(patterns.iter().copied());
    let mut stream = Stream::new(seed, "linkage strangers", 0);
    let n = known.len();
    let draw = |_| {
        if let Some(split) = split {
            return (stream.below(split), split + stream.below(n - split));
        }
        let a = stream.below(n);
        (a, (a + 1 + stream.below(n - 1)) % n)
    };
    let drawn: Vec<(u32, u32)> = (0..STRANGERS.min(n * 200))
        .map(draw)
        .map(|(a, b)| (u32::try_from(a).unwrap_or(0), u32::try_from(b).unwrap_or(0)))
        .collect();
    let strangers = counted(compared(&known, &drawn, parts).into_iter());
    let n = n as f64;
    let all = split.map_or(n * (n - 1.0) / 2.0, |split| {
        split as f64 * (n - split as f64)
    });
    learn(&mut model, &met, &strangers, all);
    let scorer = Scorer::new(&model);
    let judge = |((a, b), pattern): (&(u32, u32), &Pattern)| {
        let (a, b) = (*a as usize, *b as usize);
        Linked {
            a,
            b,
            score: Scorer::judge(&scorer.logs(*pattern, &known[a], &known[b])),
        }
    };
    let pairs: Vec<Linked> = pairs.iter().zip(&patterns).map(judge).collect();
    thresholds::learn(&mut model, &pairs);
    Ok(Trained {
        model,
        pairs,
        crowded,
    })
}

/// Compares pairs on two threads; the result does not depend on how they share the work.
fn compared(known: &[Known], pairs: &[(u32, u32)], parts: usize) -> Vec<Pattern> {
    let work = |pairs: &[(u32, u32)]| -> Vec<Pattern> {
        pairs
            .iter()
            .map(|(a, b)| levels::compare(&known[*a as usize], &known[*b as usize], parts))
            .collect()
    };
    let (first, second) = pairs.split_at(pairs.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| work(second));
        let mut patterns = work(first);
        patterns.extend(other.join().unwrap_or_default());
        patterns
    })
}

fn counted(patterns: impl Iterator<Item = Pattern>) -> Counted {
    let mut patterns: Vec<Pattern> = patterns.collect();
    patterns.sort_unstable();
    patterns
        .chunk_by(|a, b| a == b)
        .map(|same| (same[0], same.len() as f64))
        .collect()
}

/// How often each value occurs.
fn frequencies(values: impl Iterator<Item = u64>) -> Frequencies {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    let n = values.len().max(2) as f64;
    let mut found = Frequencies {
        common: BTreeMap::new(),
        rare: 1.0 / n,
        chance: 0.0,
    };
    let (mut rare, mut rare_pairs) = (0.0, 0.0);
    for same in values.chunk_by(|a, b| a == b) {
        let count = same.len() as f64;
        found.chance += count * (count - 1.0) / (n * (n - 1.0));
        if u32::try_from(same.len()).is_ok_and(|count| count < Frequencies::TOLD) {
            rare += count;
            rare_pairs += count * (count - 1.0);
        } else {
            found.common.insert(same[0], (count - 1.0) / n);
        }
    }
    if rare > 0.0 {
        found.rare = (rare_pairs / rare).max(0.5) / n;
    }
    found.chance = found.chance.max(0.5 / (n * n));
    found
}

/// The model before anything is learnt but frequencies: what everybody expects of duplicates and households.
fn start(known: &[Known], parts: usize) -> Model {
    let fields = Field::all(parts);
    let mut tables = BTreeMap::new();
    let mut put = |field: Field, values: &mut dyn Iterator<Item = u64>| {
        if let Some(name) = Model::table(field) {
            tables.insert(name, frequencies(values));
        }
    };
    put(
        Field::Family,
        &mut known
            .iter()
            .filter_map(|k| Some(k.family.as_ref()?.word.key)),
    );
    put(
        Field::Given,
        &mut known
            .iter()
            .filter_map(|k| Some(k.given.as_ref()?.word.key)),
    );
    put(
        Field::Phone,
        &mut known.iter().filter_map(|k| Some(k.phone.as_ref()?.key)),
    );
    for part in 0..parts {
        let values = known
            .iter()
            .filter_map(|k| Some(k.address.get(part)?.as_ref()?.key));
        put(fields[FIXED + part], &mut { values });
    }
    tables.insert(
        "home".to_owned(),
        frequencies(known.iter().filter_map(|k| Some(k.home?.0))),
    );
    // Strangers first: any step but the top, until the random pairs are seen.
    let even = |field: &Field| {
        let steps = field.steps().len();
        (0..steps)
            .map(|step| {
                if step == 0 {
                    0.9
                } else {
                    0.1 / (steps - 1) as f64
                }
            })
            .collect::<Vec<f64>>()
    };
    // A true value is written again as it was in most cases; what is left falls off with the distance.
    let kept = |field: &Field, kept: f64| {
        let steps = field.steps().len();
        let rest = |step: usize| {
            0.5 * (1.0 + step as f64) / (steps * (steps - 1) / 2).max(1) as f64
                + 0.5 / (steps - 1) as f64
        };
        (0..steps)
            .map(|step| {
                if step + 1 == steps {
                    kept
                } else {
                    (1.0 - kept) * rest(step)
                }
            })
            .collect::<Vec<f64>>()
    };
    let kinds = Kind::ALL.map(|kind| KindModel {
        kind,
        share: 0.0,
        chances: fields
            .iter()
            .map(|field| match (kind, field) {
                (Kind::Household | Kind::Twins, Field::Family) => kept(field, 0.7),
                (Kind::Twins, Field::Number) => vec![0.1, 0.85, 0.03, 0.02, 0.0, 0.0],
                (Kind::Same, _)
                | (Kind::Twins, Field::Birth)
                | (Kind::Household | Kind::Twins, Field::Phone | Field::Address(_)) => {
                    kept(field, 0.85)
                }
                (Kind::Moved, field) if !field.is_contact() => kept(field, 0.85),
                (Kind::Moved | Kind::Household | Kind::Twins | Kind::Unrelated, _) => even(field),
            })
            .collect(),
    });
    Model {
        version: Model::VERSION,
        records: known.len(),
        parts,
        fields,
        kinds: kinds.into(),
        frequencies: tables,
        automatic: 1.0,
        threshold: 0.5,
    }
}

/// Expected counts of kinds, and of steps by kind and field.
struct Sums {
    shares: [f64; 5],
    steps: Vec<Vec<Vec<f64>>>,
}

fn expected(model: &Model, counted: &Counted) -> Sums {
    let logs: Vec<Vec<Vec<f64>>> = model
        .kinds
        .iter()
        .map(|kind| {
            kind.chances
                .iter()
                .map(|c| c.iter().map(|p| libm::log(*p)).collect())
                .collect()
        })
        .collect();
    let zero = |kind: &Vec<Vec<f64>>| kind.iter().map(|field| vec![0.0; field.len()]).collect();
    let mut sums = Sums {
        shares: [0.0; 5],
        steps: logs.iter().map(zero).collect(),
    };
    let shares: Vec<f64> = model
        .kinds
        .iter()
        .map(|kind| libm::log(kind.share))
        .collect();
    for (pattern, count) in counted {
        let told: Vec<(usize, usize)> = (0..model.fields.len())
            .map(|at| (at, pattern.step(at)))
            .filter(|(_, step)| *step != UNKNOWN)
            .map(|(at, step)| (at, usize::from(step)))
            .collect();
        let mut of: [f64; 5] = [0.0; 5];
        for (kind, log) in of.iter_mut().enumerate() {
            *log = shares[kind]
                + told
                    .iter()
                    .map(|(at, step)| logs[kind][*at][*step])
                    .sum::<f64>();
        }
        let top = of.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = of.iter().map(|log| libm::exp(log - top)).sum();
        for kind in 0..5 {
            let part = count * libm::exp(of[kind] - top) / total;
            sums.shares[kind] += part;
            for (at, step) in &told {
                sums.steps[kind][*at][*step] += part;
            }
        }
    }
    sums
}

fn learn(model: &mut Model, met: &Counted, strangers: &Counted, all: f64) {
    let drawn: f64 = strangers.iter().map(|(_, count)| count).sum();
    // Half of the records met once more is a wild guess; EM forgets it within a few steps.
    let guess = (met.iter().map(|(_, count)| count).sum::<f64>() / 20.0).max(1.0) / all;
    for (kind, part) in model.kinds.iter_mut().zip([1.0, 0.1, 0.5, 0.02, 0.0]) {
        kind.share = (guess * part).min(0.2);
    }
    model.kinds[4].share = 1.0 - model.kinds[..4].iter().map(|kind| kind.share).sum::<f64>();
    let first = model
        .kinds
        .iter()
        .map(|kind| kind.chances.clone())
        .collect::<Vec<_>>();
    let mut strange = expected(model, strangers);
    for step in 0..STEPS {
        if step % AGAIN == AGAIN - 1 {
            strange = expected(model, strangers);
        }
        for (at, field) in model.fields.clone().into_iter().enumerate() {
            let table = Model::table(field).and_then(|name| model.frequencies.get(&name));
            let mut counts = strange.steps[4][at].clone();
            let top = usize::from(field.top());
            if let Some(table) = table {
                // The random pairs are few; the frequencies know the chance of equal values better.
                let rest: f64 = counts[..top].iter().sum();
                counts[top] = (rest * table.chance / (1.0 - table.chance).max(1e-6)).min(drawn);
            }
            model.kinds[4].chances[at] = normal(&counts, DOUBT, &[]);
        }
        copy_strangers(model);
        let sums = expected(model, met);
        for kind in 0..4 {
            model.kinds[kind].share = ((sums.shares[kind] + 0.1) / all).min(0.25);
        }
        model.kinds[4].share = 1.0 - model.kinds[..4].iter().map(|kind| kind.share).sum::<f64>();
        for (at, field) in model.fields.clone().into_iter().enumerate() {
            let add = |kinds: &[usize]| -> Vec<f64> {
                let steps = sums.steps[0][at].len();
                (0..steps)
                    .map(|step| kinds.iter().map(|kind| sums.steps[*kind][at][step]).sum())
                    .collect()
            };
            let mut put = |kinds: &[usize], counts: Vec<f64>| {
                let chances = normal(&counts, DOUBT, &first[kinds[0]][at]);
                for kind in kinds {
                    model.kinds[*kind].chances[at].clone_from(&chances);
                }
            };
            match field {
                Field::Phone | Field::Address(_) => put(&[0, 2, 3], add(&[0, 2, 3])),
                Field::Birth => put(&[0, 1, 3], add(&[0, 1, 3])),
                Field::Family | Field::Given => {
                    put(&[0, 1], add(&[0, 1]));
                    put(&[2, 3], add(&[2, 3]));
                }
                Field::Middle | Field::Sex | Field::Number => put(&[0, 1], add(&[0, 1])),
            }
        }
        copy_strangers(model);
    }
}

/// What is chance in other kinds than strangers is the chance of strangers.
fn copy_strangers(model: &mut Model) {
    for (at, field) in model.fields.iter().enumerate() {
        let chances = model.kinds[4].chances[at].clone();
        match field {
            Field::Phone | Field::Address(_) => model.kinds[1].chances[at] = chances,
            // Brothers and sisters often share a character; a whole name only by chance.
            Field::Given => hold(&mut model.kinds, at, &chances, 3),
            Field::Middle | Field::Sex => hold(&mut model.kinds, at, &chances, 0),
            Field::Birth => model.kinds[2].chances[at] = chances,
            Field::Number => {
                model.kinds[2].chances[at].clone_from(&chances);
                let twins = &mut model.kinds[3].chances[at];
                twins[4..].copy_from_slice(&chances[4..]);
            }
            Field::Family => {}
        }
    }
}

/// Gives the household kinds the chances of strangers from a step on, and scales the steps below to what is left.
fn hold(kinds: &mut [KindModel], at: usize, chances: &[f64], from: usize) {
    for kind in &mut kinds[2..4] {
        let own = &mut kind.chances[at];
        own[from..].copy_from_slice(&chances[from..]);
        let left = 1.0 - own[from..].iter().sum::<f64>();
        let below: f64 = own[..from].iter().sum();
        if below > 0.0 {
            own[..from]
                .iter_mut()
                .for_each(|chance| *chance *= left / below);
        }
    }
}

/// Counts as chances, with pseudo-counts spread like `like` or evenly.
fn normal(counts: &[f64], doubt: f64, like: &[f64]) -> Vec<f64> {
    let even = 1.0 / counts.len() as f64;
    let with: Vec<f64> = counts
        .iter()
        .enumerate()
        .map(|(step, count)| count + doubt * like.get(step).copied().unwrap_or(even).max(1e-3))
        .collect();
    let sum: f64 = with.iter().sum();
    with.iter().map(|count| count / sum).collect()
}
