//! From a fitted mean to a bound: a normal interval after a power transformation, or a negative binomial quantile.

use crate::numbers::{discrete, normal};

/// The power in which counts are taken for normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Two thirds: takes out the skewness.
    TwoThirds,
    /// One half: evens out the variance.
    Half,
    /// None.
    One,
}

impl Power {
    /// From its name in parameters.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "2/3" => Some(Self::TwoThirds),
            "1/2" => Some(Self::Half),
            "none" => Some(Self::One),
            _ => None,
        }
    }

    fn exponent(self) -> f64 {
        match self {
            Self::TwoThirds => 2.0 / 3.0,
            Self::Half => 0.5,
            Self::One => 1.0,
        }
    }
}

/// The predictive distribution of a count as a normal one after a power.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Predicted {
    centre: f64,
    sd: f64,
    exponent: f64,
}

impl Predicted {
    /// From the mean, the dispersion and the standard error of the logarithm of the mean.
    pub fn new(mean: f64, phi: f64, error: f64, power: Power) -> Self {
        let exponent = power.exponent();
        let tau = phi + error * error * mean;
        let sd = exponent * (mean.powf(2.0 * exponent - 1.0) * tau).sqrt();
        Self {
            centre: mean.powf(exponent),
            sd,
            exponent,
        }
    }

    /// The count that is not exceeded with probability `p`; 0 where it would be negative.
    pub fn quantile(self, p: f64) -> f64 {
        (self.centre + normal::quantile(p) * self.sd)
            .max(0.0)
            .powf(1.0 / self.exponent)
    }

    /// The probability that `x` is not exceeded.
    pub fn cdf(self, x: f64) -> f64 {
        normal::cdf((x.powf(self.exponent) - self.centre) / self.sd)
    }

    /// The probability that `x` is exceeded, exact for small ones.
    pub fn tail(self, x: f64) -> f64 {
        normal::cdf((self.centre - x.powf(self.exponent)) / self.sd)
    }
}

/// The quantile of a count with this mean and dispersion: negative binomial, or Poisson when the dispersion is 1.
pub fn count_quantile(p: f64, mean: f64, phi: f64) -> f64 {
    if phi > 1.0 {
        discrete::negative_binomial_quantile(p, mean / (phi - 1.0), mean)
    } else {
        discrete::poisson_quantile(p, mean)
    }
}

/// The probability that such a count is at least `x`.
pub fn count_tail(x: f64, mean: f64, phi: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if phi > 1.0 {
        let size = mean / (phi - 1.0);
        crate::numbers::beta::incomplete(size, x, size / (size + mean)).1
    } else {
        crate::numbers::gamma::incomplete(x, mean).0
    }
}
