//! What the reproduction number and the dispersion `k` say about outbreaks: extinction, sizes, concentration.

use crate::answer::{Estimated, require};
use crate::call::{Call, Method, Mode, Params, Refused};
use crate::numbers::{density, discrete, gamma, roots};
use crate::table::{Cell, Sheet, SheetSpec};

/// Offspring: negative binomial with this mean and dispersion; Poisson when `k` is infinite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offspring {
    /// Mean number infected.
    pub r: f64,
    /// Dispersion: the smaller, the more uneven.
    pub k: f64,
}

impl Offspring {
    fn check(self) -> Estimated<Self> {
        require(
            self.r >= 0.0 && self.r.is_finite(),
            "R is negative or not a number",
        )?;
        require(self.k > 0.0, "k is not above 0")?;
        Ok(self)
    }

    /// The mean of `s` to the power of the number infected.
    fn generating(self, s: f64) -> f64 {
        let x = self.r * (1.0 - s);
        if self.k.is_infinite() {
            (-x).exp()
        } else {
            (-self.k * libm::log1p(x / self.k)).exp()
        }
    }

    fn chance(self, n: f64) -> f64 {
        if self.k.is_infinite() {
            density::poisson(n, self.r)
        } else {
            density::negative_binomial(n, self.k, self.r)
        }
    }
}

/// Where the reference program stops looking for a fixed point that is 1.
const PEER_SEARCH_END: f64 = 0.999;

/// The chance that an outbreak from `introductions` cases dies out by itself.
///
/// - Quantity: probability of extinction before depletion of susceptibles.
/// - Method: smallest fixed point of the generating function; `individual` is the share of people who infect nobody,
///   `population` the share by which everybody infects less.
/// - Units: probabilities.
/// - Interval: none.
/// - Assumes: cases infect independently; nothing changes while the outbreak is small.
/// - Do not use: for large outbreaks.
/// - Source: Lloyd-Smith and others 2005; Kucharski and others 2020.
/// - Differs from source: [`Mode::Published`] not. [`Mode::Peer`]: where control brings R from above 1 to 1 or less, the
///   search for the fixed point ends just below the certain extinction that it should find.
/// - Checked by: the reference folder `superspreading`.
pub fn extinction(
    offspring: Offspring,
    introductions: f64,
    individual: f64,
    population: f64,
    mode: Mode,
) -> Estimated<f64> {
    let offspring = offspring.check()?;
    let share = |x: f64| (0.0..=1.0).contains(&x);
    require(
        share(individual) && share(population),
        "a share of control is not between 0 and 1",
    )?;
    require(
        introductions >= 0.0,
        "the number of introductions is negative",
    )?;
    let left = Offspring {
        r: offspring.r * (1.0 - population),
        k: offspring.k,
    };
    let map = |s: f64| individual + (1.0 - individual) * left.generating(s);
    if left.r * (1.0 - individual) <= 1.0 {
        let searched = mode == Mode::Peer && offspring.r > 1.0;
        return Ok(if searched {
            PEER_SEARCH_END.powf(introductions)
        } else {
            1.0
        });
    }
    // Above the threshold the curve lies under the diagonal just below 1.
    let mut low_end = 1.0 - 1e-3;
    while map(low_end) >= low_end && low_end < 1.0 - 1e-12 {
        low_end = 1.0 - (1.0 - low_end) / 10.0;
    }
    let q = roots::bracketed(0.0, low_end, 1e-15, |s| map(s) - s).unwrap_or(1.0);
    Ok(q.powf(introductions))
}

/// The share of people who cause this share of transmission, or the share that the most infectious share causes.
///
/// - Quantity: concentration of transmission.
/// - Method: the individual reproduction number is gamma distributed with shape `k`; its weighted integral is a gamma
///   integral of shape `k + 1`.
/// - Units: shares.
/// - Interval: none.
/// - Assumes: offspring are Poisson around a gamma mean.
/// - Do not use: for Poisson offspring (`k` infinite) everybody is alike; the answer follows from counts.
/// - Source: Lloyd-Smith and others 2005.
/// - Differs from source: [`Mode::Published`] not. [`Mode::Peer`]: the least number infected by the most infectious is
///   sought to 1e-4, so that the share is off by up to 3e-5.
/// - Checked by: the reference folder `superspreading`.
pub fn concentration(
    offspring: Offspring,
    share: f64,
    by_people: bool,
    mode: Mode,
) -> Estimated<f64> {
    let offspring = offspring.check()?;
    require(
        (0.0..=1.0).contains(&share),
        "the share is not between 0 and 1",
    )?;
    let k = offspring.k;
    if by_people {
        // What the most infectious `share` of people cause.
        let cut = match mode {
            Mode::Published => gamma::quantile(1.0 - share, k),
            Mode::Peer => peer_cut(offspring, share),
        };
        return Ok(gamma::incomplete(k + 1.0, cut).1);
    }
    proportion_of_cases(offspring, share)
}

/// The cut as the reference program finds it: between 0 and 1, or as much further as needed, in units of R, to an accuracy
/// of the fourth root of the rounding error. In units of R over `k`.
fn peer_cut(offspring: Offspring, share: f64) -> f64 {
    let scale = offspring.r / offspring.k;
    let off = |x: f64| gamma::incomplete(offspring.k, x / scale).0 - (1.0 - share);
    let (mut high, mut more) = (1.0, 0.01);
    while off(high) < 0.0 && high < 1e9 {
        high += more;
        more *= 2.0;
    }
    roots::brent(0.0, high, f64::EPSILON.sqrt().sqrt(), off).map_or(f64::NAN, |x| x / scale)
}

/// The smallest share of cases that causes this share of transmission, with the last count shared linearly.
fn proportion_of_cases(offspring: Offspring, share: f64) -> Estimated<f64> {
    require(offspring.r > 0.0, "nobody infects anybody")?;
    let (mut caused, mut people) = (0.0, 0.0);
    // From the top: counts above `n` cause what is left of the mean.
    let below: Vec<f64> = {
        let mut list = Vec::new();
        let mut n = 0.0;
        let mut sum = 0.0;
        while sum < 1.0 - 1e-13 && n < 1e6 {
            let p = offspring.chance(n);
            list.push(p);
            sum += p;
            n += 1.0;
        }
        list
    };
    for (n, p) in below.iter().enumerate().rev() {
        let more = n as f64 * p / offspring.r;
        if caused + more >= share {
            let part = if more > 0.0 {
                (share - caused) / more
            } else {
                0.0
            };
            return Ok(people + p * part);
        }
        caused += more;
        people += p;
    }
    Ok(people)
}

/// The share of all transmission caused by people who infect at least `size` others.
pub fn share_in_clusters(offspring: Offspring, size: f64) -> Estimated<f64> {
    let offspring = offspring.check()?;
    require(offspring.r > 0.0, "nobody infects anybody")?;
    // n p(n) / R is the chance of n - 1 with dispersion k + 1 and mean R (k + 1) / k.
    let k = offspring.k;
    if k.is_infinite() {
        return Ok(1.0 - discrete::poisson_cdf(size - 2.0, offspring.r));
    }
    Ok(1.0 - discrete::negative_binomial_cdf(size - 2.0, k + 1.0, offspring.r * (k + 1.0) / k))
}

/// The chance that an outbreak from one case has `n` cases in all.
///
/// - Quantity: probability of a total size.
/// - Method: `n` cases infect `n - 1` in all; by the cycle lemma the chance is that of a sum, over `n`.
/// - Units: cases; probability.
/// - Interval: none.
/// - Assumes: as [`extinction`].
/// - Do not use: as [`extinction`].
/// - Source: Blumberg, Lloyd-Smith 2013.
/// - Differs from source: not.
/// - Checked by: the reference folder `superspreading`.
pub fn chain_size(offspring: Offspring, n: f64) -> Estimated<f64> {
    let offspring = offspring.check()?;
    require(n >= 1.0, "an outbreak has at least one case")?;
    let sum = if offspring.k.is_infinite() {
        density::poisson(n - 1.0, n * offspring.r)
    } else {
        density::negative_binomial(n - 1.0, n * offspring.k, n * offspring.r)
    };
    Ok(sum / n)
}

fn offspring(p: &Params) -> Result<Offspring, Refused> {
    Ok(Offspring {
        r: p.number("r")?,
        k: p.number("k")?,
    })
}

macro_rules! method {
    ($name:ident, $function:literal, $title:literal, $columns:expr, $run:ident) => {
        #[doc = $title]
        pub const $name: Method = Method {
            function: $function,
            title: $title,
            page: "superspreading",
            input: None,
            sheets: &[SheetSpec {
                name: $function,
                columns: $columns,
                on_request: None,
            }],
            run: |call| {
                let row = $run(call)?;
                Ok(vec![Sheet {
                    spec: &$name.sheets[0],
                    rows: vec![row],
                }])
            },
        };
    };
}

method!(
    PROBABILITY,
    "outbreak_probability",
    "Does an outbreak take off or die out?",
    &["probability_epidemic", "probability_extinct"],
    run_probability
);
method!(
    CONTAIN,
    "probability_contain",
    "Is an outbreak contained?",
    &["probability_contain"],
    run_contain
);
method!(
    CONCENTRATION,
    "proportion_transmission",
    "How concentrated is transmission?",
    &["proportion"],
    run_concentration
);
method!(
    CLUSTERS,
    "proportion_cluster_size",
    "How much transmission is in large clusters?",
    &["exact"],
    run_clusters
);
method!(
    CHAIN,
    "chain_size_pmf",
    "How likely is a total size of an outbreak?",
    &["p"],
    run_chain
);

fn run_probability(call: &Call<'_>) -> Result<Vec<Cell>, Refused> {
    let p = &call.params;
    let (n, individual) = (
        p.number_or("num_init", 1.0)?,
        p.number_or("ind_control", 0.0)?,
    );
    let q = extinction(
        offspring(p)?,
        n,
        individual,
        p.number_or("pop_control", 0.0)?,
        call.mode,
    )?;
    Ok(vec![(1.0 - q).into(), q.into()])
}

fn run_contain(call: &Call<'_>) -> Result<Vec<Cell>, Refused> {
    let p = &call.params;
    let q = extinction(
        offspring(p)?,
        p.number_or("num_init", 1.0)?,
        0.0,
        p.number_or("pop_control", 0.0)?,
        call.mode,
    )?;
    Ok(vec![q.into()])
}

fn run_concentration(call: &Call<'_>) -> Result<Vec<Cell>, Refused> {
    let p = &call.params;
    let by_people = p
        .one_of("method", &[("p_80", false), ("t_20", true)])?
        .unwrap_or(false);
    let share = p.number("prop_transmission")?;
    Ok(vec![Cell::maybe(
        concentration(offspring(p)?, share, by_people, call.mode).ok(),
    )])
}

fn run_clusters(call: &Call<'_>) -> Result<Vec<Cell>, Refused> {
    Ok(vec![
        share_in_clusters(
            offspring(&call.params)?,
            call.params.number("cluster_size")?,
        )?
        .into(),
    ])
}

fn run_chain(call: &Call<'_>) -> Result<Vec<Cell>, Refused> {
    Ok(vec![
        chain_size(offspring(&call.params)?, call.params.number("n")?)?.into(),
    ])
}
