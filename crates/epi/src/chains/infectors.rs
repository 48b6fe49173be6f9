//! Who is likely to have infected whom, from dates and, where there are any, sequences.

mod named;

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::numbers::density::ln_gamma;
use crate::numbers::random::Stream;

pub use named::METHOD;

/// LIMIT: cases; a round compares all pairs.
pub const CASES_MAX: usize = 2_000;

/// LIMIT: generations between a case and the one it comes from, those in between unseen.
const GENERATIONS_MAX: usize = 5;

/// The chance of a delay that the given distribution excludes: very unlikely, so that no date stops the search. Ours.
const EXCLUDED: f64 = 1e-9;

/// Prior of the share of cases that are seen, beta; that of the reference program.
const SEEN_PRIOR: (f64, f64) = (10.0, 1.0);

/// What is known of the cases.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outbreak {
    /// Day of the sample (or onset) of each case.
    pub days: Vec<i64>,
    /// Chance that a case infects another 1, 2, … days after it was infected; also taken for the delay to the sample.
    pub generation: Vec<f64>,
    /// Differences between sequences, case by case; nothing without sequences.
    pub differences: Option<Vec<Vec<f64>>>,
    /// Length of the sequences.
    pub sites: f64,
}

/// How the search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// Rounds.
    pub rounds: usize,
    /// Rounds at the start that are forgotten.
    pub forgotten: usize,
    /// Of the others every so many-th is kept.
    pub every: usize,
    /// Whether more cases than the first may come from outside.
    pub find_outside: bool,
    /// Seed.
    pub seed: u64,
}

/// What the search says of one case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Infector {
    /// The likeliest infector; nothing for a case that more likely than not came from outside.
    pub from: Option<usize>,
    /// Its posterior probability, or that of having come from outside.
    pub support: f64,
    /// Generations to it, the mean of those draws.
    pub generations: Option<f64>,
    /// Posterior probability of having come from outside.
    pub outside: f64,
}

/// The answer of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// One for each case.
    pub infectors: Vec<Infector>,
    /// Mean of the differences that one generation adds; nothing without sequences.
    pub mutations: Option<f64>,
    /// Mean share of cases that are seen.
    pub seen: f64,
}

/// Seeks who infected whom.
///
/// - Quantity: for each case the posterior probability of each earlier case as its infector, and of having come from outside.
/// - Method: draws of trees, infection days, differences per generation and shares of seen and outside cases, each from its
///   distribution given the others (Gibbs), and exchanges of a case with its infector (Metropolis). Delays follow the generation time, unseen generations a geometric distribution;
///   every site of a sequence changes with the same small chance in a generation.
/// - Units: days; differences between sequences.
/// - Interval: none; `support` is a probability.
/// - Assumes: one sample a case; infectors are infected before those whom they infect; the generation time is known and the
///   delay to the sample is alike.
/// - Do not use: as proof against a person. With dates only most infectors named are wrong.
/// - Source: Jombart and others 2014; Campbell and others 2018.
/// - Differs from source: coming from outside is one possible origin among the others, with any number of differences to the
///   nearest one infected before equally likely, instead of a test of outliers in a first run; a case is called outside from one half on.
/// - Checked by: the bars of the reference folder `transmission_tree_bayes`; recovery and coverage on simulated outbreaks.
pub fn seek(outbreak: &Outbreak, search: &Search) -> Estimated<Tree> {
    let mut state = State::new(outbreak, search)?;
    let mut draws = Stream::new(search.seed, "infectors", 0);
    let n = outbreak.days.len();
    // Column n is "outside".
    let mut votes = vec![vec![(0_usize, 0_usize); n + 1]; n];
    let (mut kept, mut mutations, mut seen) = (0_usize, 0.0, 0.0);
    for round in 0..search.rounds {
        for at in 0..n {
            state.draw_origin(at, &mut draws);
            state.change_places(at, &mut draws);
        }
        state.draw_rates(&mut draws);
        if round >= search.forgotten && (round - search.forgotten).is_multiple_of(search.every) {
            kept += 1;
            mutations += state.mutations;
            seen += state.seen;
            for (at, origin) in state.origins.iter().enumerate() {
                let (column, generations) = origin.map_or((n, 0), |(from, gap)| (from, gap));
                votes[at][column].0 += 1;
                votes[at][column].1 += generations;
            }
        }
    }
    let kept = kept as f64;
    let infector = |votes: &Vec<(usize, usize)>| {
        let outside = votes[n].0 as f64 / kept;
        // Of equal ones the first listed.
        let best = (0..n).fold(0, |best, at| {
            if votes[at].0 > votes[best].0 {
                at
            } else {
                best
            }
        });
        let from = (outside <= 0.5).then_some(best);
        Infector {
            from,
            support: from.map_or(outside, |from| votes[from].0 as f64 / kept),
            generations: from.map(|from| votes[from].1 as f64 / votes[from].0 as f64),
            outside,
        }
    };
    Ok(Tree {
        infectors: votes.iter().map(infector).collect(),
        mutations: outbreak.differences.as_ref().map(|_| mutations / kept),
        seen: seen / kept,
    })
}

/// Where a case comes from: a case and the generations to it, or outside.
type Origin = Option<(usize, usize)>;

struct State<'a> {
    outbreak: &'a Outbreak,
    find_outside: bool,
    /// The case that is always from outside.
    first: usize,
    /// By generations, from 1, and days, from 0: logarithm of the chance.
    delays: Vec<Vec<f64>>,
    sampling: Vec<f64>,
    /// Logarithm of the chance of any day of the study.
    day_ln: f64,
    /// The largest difference between two sequences.
    most: f64,
    infected: Vec<i64>,
    origins: Vec<Origin>,
    mutations: f64,
    seen: f64,
    outside: f64,
    weights: Vec<f64>,
}

impl<'a> State<'a> {
    fn new(outbreak: &'a Outbreak, search: &Search) -> Estimated<Self> {
        let n = outbreak.days.len();
        let delays = delays(&outbreak.generation)?;
        if n < 2 {
            return Err(NotEstimated::because(
                Why::TooLittle,
                "there are no two cases",
            ));
        }
        require(n <= CASES_MAX, "there are more than 2000 cases")?;
        require(
            search.every >= 1 && search.forgotten < search.rounds,
            "no round of the search is kept",
        )?;
        let differences = outbreak.differences.iter().flatten().flatten();
        require(
            differences.clone().all(|d| (0.0..1e7).contains(d)),
            "a difference between sequences is negative, missing or above ten million",
        )?;
        let most = differences.fold(0.0_f64, |most, d| most.max(*d));
        if let Some(table) = &outbreak.differences {
            let square = table.len() == n && table.iter().all(|row| row.len() == n);
            require(
                square,
                "the differences do not have a row and a column for each case",
            )?;
        }
        let earliest = outbreak.days.iter().copied().min().unwrap_or(0);
        let latest = outbreak.days.iter().copied().max().unwrap_or(0);
        require(
            outbreak.differences.is_none() || (outbreak.sites >= 1.0 && outbreak.sites < 1e12),
            "the length of the sequences is not a number from 1 on",
        )?;
        require(
            latest.saturating_sub(earliest) < 36_500,
            "the days span more than a century",
        )?;
        let reach = span_of(outbreak.generation.len());
        let span = (latest - earliest + reach) as f64;
        let first = outbreak
            .days
            .iter()
            .position(|day| *day == earliest)
            .unwrap_or(0);
        let likeliest = (1..delays[1].len()).fold(1, |best, day| {
            if delays[1][day] > delays[1][best] {
                day
            } else {
                best
            }
        });
        let start = earliest - reach;
        let infected = |(at, day): (usize, &i64)| match at == first {
            true => start,
            false => (day - span_of(likeliest)).max(start + 1),
        };
        Ok(Self {
            outbreak,
            find_outside: search.find_outside,
            first,
            sampling: delays[1].clone(),
            delays,
            day_ln: -span.ln(),
            most,
            infected: outbreak.days.iter().enumerate().map(infected).collect(),
            origins: (0..n)
                .map(|at| (at != first).then_some((first, 1)))
                .collect(),
            mutations: 1.0,
            seen: 0.9,
            outside: 0.1,
            weights: Vec::new(),
        })
    }

    fn delay(&self, generations: usize, days: i64) -> f64 {
        let day = usize::try_from(days).ok();
        let found = day
            .and_then(|day| self.delays[generations].get(day))
            .copied();
        found.unwrap_or(EXCLUDED.ln())
    }

    fn sampled(&self, at: usize, infected: i64) -> f64 {
        let day = usize::try_from(self.outbreak.days[at] - infected).ok();
        let found = day.and_then(|day| self.sampling.get(day)).copied();
        found.unwrap_or(EXCLUDED.ln())
    }

    /// Draws where a case comes from and when it was infected, given all others.
    fn draw_origin(&mut self, at: usize, draws: &mut Stream) {
        if at == self.first {
            self.draw_first_day(draws);
            return;
        }
        let n = self.origins.len();
        let mut weights = std::mem::take(&mut self.weights);
        weights.clear();
        let days = self.days_open(at);
        let infected = self.infected_by(at);
        let rates = self.rates();
        let others = self.others_from_outside(at);
        for day in days.clone() {
            let others: f64 = others.iter().map(|other| self.beside(at, day, other)).sum();
            let here = self.sampled(at, day) + self.passed_on(&infected, day) + others;
            for from in 0..n {
                let gap = day - self.infected[from];
                for (generations, rate) in (1..).zip(&rates) {
                    weights.push(match gap > 0 && from != at {
                        true => here + self.origin_ln(at, from, generations, gap, rate),
                        false => f64::NEG_INFINITY,
                    });
                }
            }
            weights.push(match self.find_outside {
                true => here + self.outside_ln(at, day),
                false => f64::NEG_INFINITY,
            });
        }
        if let Some(chosen) = pick(&mut weights, draws) {
            let of_a_day = n * GENERATIONS_MAX + 1;
            let (day, origin) = (chosen / of_a_day, chosen % of_a_day);
            self.infected[at] = days.start() + span_of(day);
            let (from, generations) = (origin / GENERATIONS_MAX, origin % GENERATIONS_MAX + 1);
            self.origins[at] = (from < n).then_some((from, generations));
        }
        self.weights = weights;
    }

    /// Draws the day on which the first case was infected: before all others.
    fn draw_first_day(&mut self, draws: &mut Stream) {
        let at = self.first;
        let infected = self.infected_by(at);
        let reach = span_of(self.sampling.len()) - 1;
        let others = self
            .infected
            .iter()
            .enumerate()
            .filter(|(case, _)| *case != at);
        let latest = others
            .map(|(_, day)| day - 1)
            .min()
            .unwrap_or(self.infected[at]);
        let low = (self.outbreak.days[at] - reach).min(self.infected[at]);
        let mut weights: Vec<f64> = (low..=latest)
            .map(|day| self.sampled(at, day) + self.passed_on(&infected, day))
            .collect();
        if let Some(chosen) = pick(&mut weights, draws) {
            self.infected[at] = low + span_of(chosen);
        }
    }

    /// The chance of the sequence of a case from outside that differs so much from the nearest one there was. Any number of
    /// differences is as likely, and so are all about sites^d / d! choices of sites.
    fn sequence_ln(&self, differences: f64) -> f64 {
        match self.outbreak.differences.is_some() {
            true => {
                ln_gamma(differences + 1.0)
                    - differences * self.outbreak.sites.ln()
                    - (self.most + 1.0).ln()
            }
            false => 0.0,
        }
    }

    /// Differences to the nearest sequence of those infected before a day, one case left out. What was infected later may
    /// come from the case itself and tells nothing.
    fn nearest(&self, at: usize, day: i64, left_out: usize) -> f64 {
        let Some(table) = &self.outbreak.differences else {
            return 0.0;
        };
        let before = self.infected.iter().enumerate();
        let before =
            before.filter(|(case, infected)| **infected < day && *case != at && *case != left_out);
        before
            .map(|(case, _)| table[at][case])
            .reduce(f64::min)
            .unwrap_or(self.most)
    }

    fn outside_ln(&self, at: usize, day: i64) -> f64 {
        self.outside.ln() + self.day_ln + self.sequence_ln(self.nearest(at, day, at))
    }

    /// The other cases from outside, with the day and the differences to the nearest sequence but that of `at`.
    fn others_from_outside(&self, at: usize) -> Vec<(usize, i64, f64)> {
        let outside = self
            .origins
            .iter()
            .enumerate()
            .filter(|(case, origin)| origin.is_none() && *case != at && *case != self.first);
        outside
            .map(|(case, _)| {
                let day = self.infected[case];
                (case, day, self.nearest(case, day, at))
            })
            .collect()
    }

    /// What it means for another case from outside that `at` is infected on this day.
    fn beside(&self, at: usize, day: i64, (other, infected, nearest): &(usize, i64, f64)) -> f64 {
        let table = self.outbreak.differences.as_ref();
        let own = table
            .filter(|_| day < *infected)
            .map(|table| table[*other][at]);
        self.sequence_ln(own.map_or(*nearest, |own| own.min(*nearest)))
    }

    /// The days on which a case may have been infected: those that the delay to its sample allows, after the first case,
    /// before it infected anybody; always with the day that it has now.
    fn days_open(&self, at: usize) -> std::ops::RangeInclusive<i64> {
        let now = self.infected[at];
        let sampled = self.outbreak.days[at];
        let reach = span_of(self.sampling.len()) - 1;
        let passed_on = self.infected_by(at).iter().map(|(_, day)| day - 1).min();
        let latest = passed_on.unwrap_or(sampled - 1).min(sampled - 1);
        let earliest = (sampled - reach).max(self.infected[self.first] + 1);
        earliest.min(now)..=latest.max(now)
    }

    /// The cases that come from a case: generations and day.
    fn infected_by(&self, at: usize) -> Vec<(usize, i64)> {
        let cases = self.origins.iter().zip(&self.infected);
        cases
            .filter_map(|(origin, day)| {
                origin
                    .filter(|(from, _)| *from == at)
                    .map(|(_, generations)| (generations, *day))
            })
            .collect()
    }

    fn passed_on(&self, infected: &[(usize, i64)], day: i64) -> f64 {
        infected
            .iter()
            .map(|(generations, other)| self.delay(*generations, other - day))
            .sum()
    }

    /// By generations: the logarithm of the chance that a site changes, and of all else that depends on them alone.
    fn rates(&self) -> Vec<(f64, f64)> {
        let inside = libm::log1p(-self.outside) - (self.origins.len() as f64 - 1.0).ln();
        let sequences = if self.outbreak.differences.is_some() {
            1.0
        } else {
            0.0
        };
        let rate = |generations: usize| {
            let mean = self.mutations * generations as f64;
            let unseen = (generations - 1) as f64 * libm::log1p(-self.seen) + self.seen.ln();
            (
                (mean / self.outbreak.sites).ln(),
                inside + unseen - sequences * mean,
            )
        };
        (1..=GENERATIONS_MAX).map(rate).collect()
    }

    fn origin_ln(
        &self,
        at: usize,
        from: usize,
        generations: usize,
        days: i64,
        rate: &(f64, f64),
    ) -> f64 {
        let table = self.outbreak.differences.as_ref();
        let changed = table.map_or(0.0, |table| table[at][from] * rate.0);
        self.delay(generations, days) + changed + rate.1
    }

    /// The part of the likelihood that one case brings.
    fn part(&self, at: usize, rates: &[(f64, f64)]) -> f64 {
        let day = self.infected[at];
        let origin = match self.origins[at] {
            _ if at == self.first => 0.0,
            None => self.outside_ln(at, day),
            Some((from, generations)) => {
                let days = day - self.infected[from];
                self.origin_ln(at, from, generations, days, &rates[generations - 1])
            }
        };
        origin + self.sampled(at, day)
    }

    /// Proposes that a case and its infector change places, with days, and with all whom they infected.
    fn change_places(&mut self, at: usize, draws: &mut Stream) {
        let Some((from, generations)) = self.origins[at].filter(|(from, _)| *from != self.first)
        else {
            return;
        };
        let rates = self.rates();
        let touched: Vec<usize> = (0..self.origins.len())
            .filter(|case| {
                let source = self.origins[*case].map(|(source, _)| source);
                *case == from || source.is_none() || [Some(at), Some(from)].contains(&source)
            })
            .collect();
        let all = |state: &Self| {
            touched
                .iter()
                .map(|case| state.part(*case, &rates))
                .sum::<f64>()
        };
        let before = all(self);
        let origins = self.origins.clone();
        for case in &touched {
            match &mut self.origins[*case] {
                Some((source, _)) if *source == at => *source = from,
                Some((source, _)) if *source == from => *source = at,
                _ => {}
            }
        }
        self.origins[at] = origins[from];
        self.origins[from] = Some((at, generations));
        self.infected.swap(at, from);
        if draws.unit().ln() > all(self) - before {
            self.origins = origins;
            self.infected.swap(at, from);
        }
    }

    /// Draws the rates given the tree: gamma and beta, as their priors are conjugate.
    fn draw_rates(&mut self, draws: &mut Stream) {
        let n = self.origins.len() as f64;
        let inside: Vec<(usize, usize, usize)> = self
            .origins
            .iter()
            .enumerate()
            .filter_map(|(at, origin)| origin.map(|(from, gap)| (at, from, gap)))
            .collect();
        let generations: f64 = inside.iter().map(|(_, _, gap)| *gap as f64).sum();
        let seen = inside.len() as f64;
        if let Some(table) = &self.outbreak.differences {
            let differences: f64 = inside.iter().map(|(at, from, _)| table[*at][*from]).sum();
            self.mutations = draws.gamma(1.0 + differences) / generations.max(1.0);
        }
        let mut beta = |a: f64, b: f64| {
            let (x, y) = (draws.gamma(a), draws.gamma(b));
            (x / (x + y)).clamp(1e-12, 1.0 - 1e-12)
        };
        self.seen = beta(SEEN_PRIOR.0 + seen, SEEN_PRIOR.1 + generations - seen);
        // The first case is from outside by definition and tells nothing of the share.
        let outside = n - 1.0 - seen;
        // Before anything is known one case more is expected from outside. Ours.
        self.outside = beta(1.0 + outside, n + seen);
    }
}

/// Logarithms of the delay over 1, 2, … generations; the first list is empty.
fn delays(generation: &[f64]) -> Estimated<Vec<Vec<f64>>> {
    let sum: f64 = generation.iter().sum();
    require(
        generation.iter().all(|w| *w >= 0.0 && w.is_finite()) && sum > 0.0,
        "the generation time has no positive chance, or a negative one",
    )?;
    require(
        generation.len() <= 1_000,
        "the generation time is longer than 1000 days",
    )?;
    let mut one = vec![0.0];
    one.extend(generation.iter().map(|w| w / sum));
    let mut all = vec![Vec::new(), one.clone()];
    for gap in 2..=GENERATIONS_MAX {
        let mut more = vec![0.0; (one.len() - 1) * gap + 1];
        for (i, a) in all[gap - 1].iter().enumerate() {
            for (j, b) in one.iter().enumerate() {
                more[i + j] += a * b;
            }
        }
        all.push(more);
    }
    for list in &mut all {
        for p in list {
            *p = p.max(EXCLUDED).ln();
        }
    }
    Ok(all)
}

/// A number of days.
fn span_of(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A position drawn by weights that are given as logarithms and used up; nothing when none is possible.
fn pick(weights: &mut [f64], draws: &mut Stream) -> Option<usize> {
    let top = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return None;
    }
    let mut total = 0.0;
    for weight in weights.iter_mut() {
        total += libm::exp(*weight - top);
        *weight = total;
    }
    let mark = draws.unit() * total;
    Some(
        weights
            .partition_point(|sum| *sum <= mark)
            .min(weights.len() - 1),
    )
}

#[cfg(test)]
mod tests;
