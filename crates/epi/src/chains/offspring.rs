//! How many a case infects: mean and dispersion from counted offspring.

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::numbers::{density, roots};

/// The dispersion is sought between these; below or above it has no finite maximum.
const K_MIN: f64 = 1e-8;
const K_MAX: f64 = 1e5;

/// A fitted distribution of offspring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Mean number infected.
    pub r: f64,
    /// Standard error of the mean under the fitted distribution.
    pub r_error: f64,
    /// Dispersion; infinite when counts do not vary more than Poisson.
    pub k: f64,
    /// Its standard error; nothing for an infinite one.
    pub k_error: Option<f64>,
    /// Log likelihood of the negative binomial distribution.
    pub ln: f64,
    /// The same of a Poisson distribution.
    pub ln_poisson: f64,
    /// The same of a geometric one (`k` of 1).
    pub ln_geometric: f64,
}

impl Fit {
    /// Akaike's criterion of the negative binomial distribution.
    pub fn aic(&self) -> f64 {
        4.0 - 2.0 * self.ln
    }
}

/// Fits mean and dispersion of the number infected.
///
/// - Quantity: R (mean) and k (dispersion) of a negative binomial distribution.
/// - Method: maximum likelihood: R is the mean of the counts, k the root of the score.
/// - Units: persons infected by a case; k without unit.
/// - Interval: standard errors from the observed information; skewed for k, take them as a rough guide.
/// - Assumes: who infected whom is known; the last cases have had time to infect.
/// - Do not use: while infectors are missing for many cases: they count as infecting nobody.
/// - Source: Lloyd-Smith, Schreiber, Kopp, Getz 2005.
/// - Differs from source: not.
/// - Checked by: the reference folder `transmission_chains`; recovery on simulated counts.
pub fn fit(counts: &[f64]) -> Estimated<Fit> {
    require(
        counts.iter().all(|y| *y >= 0.0 && y.is_finite()),
        "a number of infected is negative or not a number",
    )?;
    let n = counts.len() as f64;
    let total: f64 = counts.iter().sum();
    if counts.is_empty() {
        return Err(NotEstimated::because(Why::NoData, "there is no case"));
    }
    if total == 0.0 {
        return Err(NotEstimated::because(
            Why::NoVariation,
            "nobody infected anybody",
        ));
    }
    let r = total / n;
    let ln = |k: f64| -> f64 {
        let chance = |y: &f64| match k.is_infinite() {
            true => density::poisson(*y, r),
            false => density::negative_binomial(*y, k, r),
        };
        counts.iter().map(|y| chance(y).ln()).sum()
    };
    let sums = |k: f64| {
        let add = |(a, b): (f64, f64), y: &f64| {
            let (c, d) = density::rising_sums(k, *y);
            (a + c, b + d)
        };
        counts.iter().fold((0.0, 0.0), add)
    };
    // With R at the mean the slope in k has these two terms only.
    let slope = |k: f64| sums(k).0 - n * libm::log1p(r / k);
    let k = roots::bracketed(K_MIN.ln(), K_MAX.ln(), 1e-13, |u| -slope(u.exp()))
        .map_or(f64::INFINITY, f64::exp);
    let squares: f64 = counts.iter().map(|y| (y - r).powi(2)).sum();
    let k = if squares <= total { f64::INFINITY } else { k };
    let information = sums(k).1 - n / k + n / (k + r);
    Ok(Fit {
        r,
        r_error: ((r + r * r / k) / n).sqrt(),
        k,
        k_error: (k.is_finite() && information > 0.0).then(|| information.sqrt().recip()),
        ln: ln(k),
        ln_poisson: ln(f64::INFINITY),
        ln_geometric: ln(1.0),
    })
}

/// The share of cases, most infectious first, whose infected together stay below this share of all.
pub fn share_of_cases(counts: &[f64], share: f64) -> Option<f64> {
    let total: f64 = counts.iter().sum();
    let mut counts = counts.to_vec();
    counts.sort_by(|a, b| b.total_cmp(a));
    let mut caused = 0.0;
    let below = counts.iter().take_while(|y| {
        caused += **y;
        caused < share * total
    });
    (total > 0.0).then(|| below.count() as f64 / counts.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::random::Stream;

    #[test]
    fn mean_and_dispersion_are_recovered_and_the_errors_are_right() {
        let (r, k) = (1.6, 0.35);
        let (mut inside, mut sum) = (0, 0.0);
        for replicate in 0..200 {
            let mut draws = Stream::new(7, "offspring", replicate);
            let counts: Vec<f64> = (0..600).map(|_| draws.negative_binomial(k, r)).collect();
            let fit = fit(&counts).expect("a fit");
            sum += fit.k;
            let error = fit.k_error.expect("an error");
            inside += usize::from((fit.k - k).abs() < 1.96 * error);
        }
        assert!((sum / 200.0 - k).abs() < 0.02, "{}", sum / 200.0);
        assert!((180..=199).contains(&inside), "{inside} of 200");
    }

    #[test]
    fn counts_that_vary_less_than_poisson_have_no_finite_dispersion() {
        let fit = fit(&[1.0, 1.0, 1.0, 2.0]).expect("a fit");
        assert!(fit.k.is_infinite() && fit.k_error.is_none());
        assert!((fit.ln - fit.ln_poisson).abs() < 1e-12);
    }

    #[test]
    fn nobody_or_nobody_infected_is_answered() {
        assert_eq!(fit(&[]).map_err(|e| e.why()), Err(Why::NoData));
        assert_eq!(fit(&[0.0; 9]).map_err(|e| e.why()), Err(Why::NoVariation));
        assert_eq!(
            fit(&[f64::NAN]).map_err(|e| e.why()),
            Err(Why::OutsideDomain)
        );
        assert_eq!(share_of_cases(&[0.0; 9], 0.8), None);
        assert_eq!(share_of_cases(&[5.0, 3.0, 2.0, 0.0], 0.8), Some(0.25));
    }
}
