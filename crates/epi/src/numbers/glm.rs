//! Poisson and negative binomial regression with a logarithmic link, by iteratively weighted least squares.
//!
//! For models with few columns and any design. The fast twin for group means with a common slope is
//! `detect::baseline`.

use super::linear::{self, Fit};
use super::roots::monotone;

/// LIMIT: steps of a fit; a well-posed one needs fewer than ten.
const STEPS_MAX: usize = 50;

/// A fitted regression of counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    /// The least-squares problem of the last step: coefficients of the logarithm of the mean.
    pub fit: Fit,
    /// Fitted means.
    pub means: Vec<f64>,
}

impl Regression {
    /// The mean that the model gives to a row.
    pub fn mean(&self, row: &[f64]) -> f64 {
        self.fit.predict(row).exp()
    }
}

/// Fits a Poisson regression; nothing when the columns are dependent or the fit runs away.
pub fn poisson(x: &[Vec<f64>], y: &[f64]) -> Option<Regression> {
    counts(x, y, 0.0)
}

/// Fits a regression of counts whose variance is `m + overdispersion m²`, until nothing changes.
fn counts(x: &[Vec<f64>], y: &[f64], overdispersion: f64) -> Option<Regression> {
    let start = y.iter().map(|y| y + 0.1).collect();
    steps(x, y, overdispersion, start, |last, next| {
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-13 * (1.0 + b.abs());
        last.fit
            .coefficients
            .iter()
            .zip(&next.fit.coefficients)
            .all(close)
    })
}

/// The same with a known overdispersion, stopping as the usual program does: when the deviance changes by less than
/// 1e-8 of itself. The steps close in slowly when counts vary much, so that the last digits depend on the rule.
pub fn counts_known(x: &[Vec<f64>], y: &[f64], overdispersion: f64) -> Option<Regression> {
    let start = y
        .iter()
        .map(|y| if *y > 0.0 { *y } else { 1.0 / 6.0 })
        .collect();
    steps(x, y, overdispersion, start, |last, next| {
        let (before, after) = (
            deviance(y, &last.means, overdispersion),
            deviance(y, &next.means, overdispersion),
        );
        (after - before).abs() / (after.abs() + 0.1) < 1e-8
    })
}

fn deviance(y: &[f64], means: &[f64], overdispersion: f64) -> f64 {
    let size = 1.0 / overdispersion;
    let one = |(y, m): (&f64, &f64)| {
        let first = if *y > 0.0 { y * (y / m).ln() } else { 0.0 };
        first - (y + size) * ((y + size) / (m + size)).ln()
    };
    2.0 * y.iter().zip(means).map(one).sum::<f64>()
}

fn steps(
    x: &[Vec<f64>],
    y: &[f64],
    overdispersion: f64,
    start: Vec<f64>,
    settled: impl Fn(&Regression, &Regression) -> bool,
) -> Option<Regression> {
    let mut means = start;
    let mut last: Option<Regression> = None;
    for _ in 0..STEPS_MAX {
        let working: Vec<f64> = y
            .iter()
            .zip(&means)
            .map(|(y, m)| m.ln() + (y - m) / m)
            .collect();
        let weights: Vec<f64> = means
            .iter()
            .map(|m| m / (1.0 + overdispersion * m))
            .collect();
        let fit = linear::least_squares(x, &working, &weights)?;
        means = x.iter().map(|row| fit.predict(row).exp()).collect();
        if means.iter().any(|m| !m.is_finite() || *m <= 0.0) {
            return None;
        }
        let next = Regression {
            fit,
            means: means.clone(),
        };
        if last.as_ref().is_some_and(|last| settled(last, &next)) {
            return Some(next);
        }
        last = Some(next);
    }
    None
}

/// Fits means and overdispersion together by maximum likelihood, alternating until both settle.
///
/// Returns the overdispersion `alpha` of the variance `m + alpha m²`, 0 when the counts vary less than Poisson.
pub fn negative_binomial(x: &[Vec<f64>], y: &[f64]) -> Option<(Regression, f64)> {
    let mut regression = poisson(x, y)?;
    let mut alpha = 0.0;
    for _ in 0..STEPS_MAX {
        let next = overdispersion(y, &regression.means);
        regression = counts(x, y, next)?;
        if (next - alpha).abs() <= 1e-11 * (1.0 + next) {
            return Some((regression, next));
        }
        alpha = next;
    }
    Some((regression, alpha))
}

/// The likeliest overdispersion given the means; 0 when the likelihood falls from there.
pub fn overdispersion(y: &[f64], means: &[f64]) -> f64 {
    // At 0 the slope in alpha is half the sum of (y - m)² - y.
    let at_zero: f64 = y
        .iter()
        .zip(means)
        .map(|(y, m)| (y - m) * (y - m) - y)
        .sum();
    if !(at_zero > 0.0) {
        return 0.0;
    }
    let score = |theta: f64| {
        let (mut value, mut slope) = (0.0, 0.0);
        for (y, m) in y.iter().zip(means) {
            // Sums over 1/(theta + i) replace the digamma function: counts are whole.
            let mut i = 0.0;
            while i < *y {
                value += 1.0 / (theta + i);
                slope -= 1.0 / ((theta + i) * (theta + i));
                i += 1.0;
            }
            value += (theta / (theta + m)).ln() + 1.0 - (theta + y) / (theta + m);
            slope += 1.0 / theta - 2.0 / (theta + m) + (theta + y) / ((theta + m) * (theta + m));
        }
        (value, slope)
    };
    let squares: f64 = y
        .iter()
        .zip(means)
        .map(|(y, m)| (y / m - 1.0).powi(2))
        .sum();
    let start = (y.len() as f64 / squares).clamp(1e-3, 1e5);
    // In the logarithm of theta, with the sign turned, so that the function rises through its root.
    let ln_theta = monotone(start.ln(), -30.0, 30.0, |t| {
        let theta = t.exp();
        let (value, slope) = score(theta);
        (-value, -slope * theta)
    });
    (-ln_theta).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_alone_is_the_average() {
        let x = vec![vec![1.0]; 4];
        let fit = poisson(&x, &[1.0, 2.0, 4.0, 9.0]).expect("a fit");
        assert!((fit.mean(&[1.0]) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn overdispersion_is_where_the_likelihood_is_highest() {
        let y = [0.0, 1.0, 0.0, 7.0, 2.0, 0.0, 12.0, 1.0];
        let means = [2.875; 8];
        let alpha = overdispersion(&y, &means);
        let likelihood = |alpha: f64| -> f64 {
            let size = 1.0 / alpha;
            let ln = |y: &f64| super::super::density::negative_binomial(*y, size, 2.875).ln();
            y.iter().map(ln).sum()
        };
        assert!(likelihood(alpha) > likelihood(alpha * 1.001));
        assert!(likelihood(alpha) > likelihood(alpha * 0.999));
        assert_eq!(overdispersion(&[3.0, 3.0, 3.0], &[3.0; 3]), 0.0);
    }
}
