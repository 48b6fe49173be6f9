//! Distributions of counts: probabilities up to a value, and the smallest value that reaches a probability.

use super::{beta, density, gamma, normal, whole};

/// LIMIT: counts searched from the first guess before the search gives up.
const SEARCH_MAX: usize = 10_000_000;

/// The probability that a Poisson count with mean `m` is at most `x`.
pub fn poisson_cdf(x: f64, m: f64) -> f64 {
    match x.floor() {
        x if x < 0.0 => 0.0,
        x => gamma::incomplete(x + 1.0, m).1,
    }
}

/// The probability that a negative binomial count of this `size` and mean is at most `x`.
pub fn negative_binomial_cdf(x: f64, size: f64, mean: f64) -> f64 {
    match x.floor() {
        x if x < 0.0 => 0.0,
        x => beta::incomplete(size, x + 1.0, size / (size + mean)).0,
    }
}

/// The smallest Poisson count whose probability of not being exceeded is at least `p`.
pub fn poisson_quantile(p: f64, mean: f64) -> f64 {
    let guess = mean + normal::quantile(p) * mean.sqrt();
    smallest(
        p,
        guess,
        |x| poisson_cdf(x, mean),
        |x| density::poisson(x, mean),
    )
}

/// The smallest negative binomial count whose probability of not being exceeded is at least `p`.
pub fn negative_binomial_quantile(p: f64, size: f64, mean: f64) -> f64 {
    let guess = mean + normal::quantile(p) * (mean + mean * mean / size).sqrt();
    let cdf = |x| negative_binomial_cdf(x, size, mean);
    smallest(p, guess, cdf, |x| density::negative_binomial(x, size, mean))
}

fn smallest(p: f64, guess: f64, cdf: impl Fn(f64) -> f64, pmf: impl Fn(f64) -> f64) -> f64 {
    if p.is_nan() || guess.is_nan() {
        return f64::NAN;
    }
    // A probability that is reached up to rounding counts as reached.
    let p = p * (1.0 - 64.0 * f64::EPSILON);
    let mut x = whole(guess).map_or(0.0, |g| g as f64);
    let mut below = cdf(x);
    if below >= p {
        while x > 0.0 && below - pmf(x) >= p {
            below -= pmf(x);
            x -= 1.0;
        }
        return x;
    }
    for _ in 0..SEARCH_MAX {
        x += 1.0;
        below += pmf(x);
        if below >= p {
            return x;
        }
    }
    f64::NAN
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_quantile_is_the_smallest_that_reaches(m in 0.01_f64..3e3, size in 0.05_f64..1e3, p in 0.001_f64..0.999) {
            let x = negative_binomial_quantile(p, size, m);
            prop_assert!(negative_binomial_cdf(x, size, m) >= p - 1e-12);
            prop_assert!(x == 0.0 || negative_binomial_cdf(x - 1.0, size, m) < p + 1e-12);
            let y = poisson_quantile(p, m);
            prop_assert!(poisson_cdf(y, m) >= p - 1e-12);
            prop_assert!(y == 0.0 || poisson_cdf(y - 1.0, m) < p + 1e-12);
        }

        #[test]
        fn sums_of_probabilities_meet_the_integral(m in 0.01_f64..50.0, size in 0.05_f64..50.0, x in 0_u32..60) {
            let sum: f64 = (0..=x).map(|k| density::negative_binomial(f64::from(k), size, m)).sum();
            prop_assert!((sum - negative_binomial_cdf(f64::from(x), size, m)).abs() < 1e-12);
        }
    }
}
