//! Distributions of durations, as parameters name them.

use crate::call::{Params, Refused};
use crate::numbers::{density, gamma, normal};

/// A distribution of a duration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Duration {
    /// Gamma, by shape and scale.
    Gamma(f64, f64),
    /// Lognormal, by mean and standard deviation of the logarithm.
    Lognormal(f64, f64),
    /// Weibull, by shape and scale.
    Weibull(f64, f64),
}

impl Duration {
    /// Reads `{dist, …}`.
    pub fn read(p: &Params) -> Result<Self, Refused> {
        match p.text("dist")?.as_str() {
            "gamma" => {
                let shape = p.number("shape")?;
                let scale = match p.optional_number("rate")? {
                    Some(rate) => 1.0 / rate,
                    None => p.number("scale")?,
                };
                Ok(Self::Gamma(shape, scale))
            }
            "lognormal" => Ok(Self::Lognormal(p.number("meanlog")?, p.number("sdlog")?)),
            "weibull" => Ok(Self::Weibull(p.number("shape")?, p.number("scale")?)),
            _ => p.refuse("dist", "is not gamma, lognormal or weibull"),
        }
    }

    /// Whether the parameters make a distribution.
    pub fn is_sound(self) -> bool {
        match self {
            Self::Gamma(a, b) | Self::Weibull(a, b) => {
                a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite()
            }
            Self::Lognormal(m, s) => m.is_finite() && s > 0.0 && s.is_finite(),
        }
    }

    /// The chance of lasting longer than `x`.
    pub fn survival(self, x: f64) -> f64 {
        self.probability(x).1
    }

    /// The chance of lasting at most `x`, and of lasting longer.
    pub fn probability(self, x: f64) -> (f64, f64) {
        if x <= 0.0 {
            return (0.0, 1.0);
        }
        match self {
            Self::Gamma(shape, scale) => gamma::incomplete(shape, x / scale),
            Self::Lognormal(m, s) => {
                let z = (x.ln() - m) / s;
                (normal::cdf(z), normal::cdf(-z))
            }
            Self::Weibull(shape, scale) => {
                let h = (x / scale).powf(shape);
                (-libm::expm1(-h), (-h).exp())
            }
        }
    }

    /// The mean; infinite where it is too large for a number.
    pub fn mean(self) -> f64 {
        match self {
            Self::Gamma(shape, scale) => shape * scale,
            Self::Lognormal(m, s) => (m + 0.5 * s * s).exp(),
            Self::Weibull(shape, scale) => scale * density::ln_gamma(1.0 + 1.0 / shape).exp(),
        }
    }

    /// The integral of the distribution function from 0 to `x`, and of the survival from `x` on.
    ///
    /// They are the mean of `x - T` over delays `T` shorter than `x`, and of `T - x` over the longer ones, so that the
    /// first is the second plus `x` minus the mean.
    pub fn integrals(self, x: f64) -> (f64, f64) {
        let mean = self.mean();
        if x <= 0.0 {
            return (0.0, mean - x);
        }
        if x.is_infinite() {
            return (f64::INFINITY, 0.0);
        }
        let (below, above) = self.probability(x);
        // Shares of the mean that come from delays up to `x` and beyond.
        let (short, long) = match self {
            Self::Gamma(shape, scale) => gamma::incomplete(shape + 1.0, x / scale),
            Self::Lognormal(m, s) => {
                let z = (x.ln() - m) / s - s;
                (normal::cdf(z), normal::cdf(-z))
            }
            Self::Weibull(shape, scale) => {
                gamma::incomplete(1.0 + 1.0 / shape, (x / scale).powf(shape))
            }
        };
        (
            (x * below - mean * short).max(0.0),
            (mean * long - x * above).max(0.0),
        )
    }

    /// The delay that is not exceeded with probability `p`.
    pub fn quantile(self, p: f64) -> f64 {
        match self {
            Self::Gamma(shape, scale) => gamma::quantile(p, shape) * scale,
            Self::Lognormal(m, s) => (m + s * normal::quantile(p)).exp(),
            Self::Weibull(shape, scale) => scale * (-libm::log1p(-p)).powf(1.0 / shape),
        }
    }

    /// The density at `x`.
    pub fn density(self, x: f64) -> f64 {
        match self {
            Self::Gamma(shape, scale) => gamma::pdf(x, shape, scale),
            Self::Lognormal(..) | Self::Weibull(..) if x <= 0.0 => 0.0,
            Self::Lognormal(m, s) => normal::pdf((x.ln() - m) / s) / (s * x),
            Self::Weibull(shape, scale) => shape / x * (x / scale).powf(shape) * self.survival(x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Duration; 3] = [
        Duration::Gamma(2.3, 1.7),
        Duration::Lognormal(1.6, 0.4),
        Duration::Weibull(1.7, 6.0),
    ];

    #[test]
    fn integrals_are_those_of_the_distribution_function() {
        for d in ALL {
            let steps = 20_000;
            let h = 12.0 / f64::from(steps);
            let sum: f64 = (0..steps)
                .map(|i| d.probability((f64::from(i) + 0.5) * h).0 * h)
                .sum();
            let (below, above) = d.integrals(12.0);
            assert!((below - sum).abs() < 1e-6, "{d:?} {below} {sum}");
            assert!((below - above - 12.0 + d.mean()).abs() < 1e-12, "{d:?}");
        }
    }

    #[test]
    fn the_quantile_undoes_the_probability() {
        for d in ALL {
            for p in [0.01, 0.5, 0.975] {
                assert!(
                    (d.probability(d.quantile(p)).0 - p).abs() < 1e-12,
                    "{d:?} {p}"
                );
            }
        }
    }
}
