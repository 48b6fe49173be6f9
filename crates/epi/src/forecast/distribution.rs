//! Distributions of durations, as parameters name them.

use crate::call::{Params, Refused};
use crate::numbers::{gamma, normal};

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
        if x <= 0.0 {
            return 1.0;
        }
        match self {
            Self::Gamma(shape, scale) => gamma::incomplete(shape, x / scale).1,
            Self::Lognormal(m, s) => normal::cdf(-(x.ln() - m) / s),
            Self::Weibull(shape, scale) => (-(x / scale).powf(shape)).exp(),
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
