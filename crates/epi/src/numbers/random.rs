//! Named random streams and the draws on top of them.
//!
//! A stream's key holds the seed of the run, the name of the component and the number of the replicate, so that
//! one more draw in one of them moves nothing in another, and any number of threads gives the same results. The
//! generator is `ChaCha8`, whose output its authors promise to keep; the draws are written here, so that an
//! upgrade cannot change a result.

use std::f64::consts::PI;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};

use super::density::ln_gamma;

/// One stream of draws.
#[derive(Debug, Clone)]
pub struct Stream {
    rng: ChaCha8Rng,
    spare: Option<f64>,
}

impl Stream {
    /// The stream of this run, component and replicate.
    pub fn new(seed: u64, name: &str, replicate: u64) -> Self {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut key = [0_u8; 32];
        for (part, word) in key.chunks_exact_mut(8).zip([seed, hash, replicate]) {
            part.copy_from_slice(&word.to_le_bytes());
        }
        Self {
            rng: ChaCha8Rng::from_seed(key),
            spare: None,
        }
    }

    /// A number above 0 and below 1, in steps of 2^-52.
    pub fn unit(&mut self) -> f64 {
        let bits = self.rng.next_u64() >> 12;
        f64::from_bits(0x3ff0_0000_0000_0000 | bits) - 1.0 + f64::EPSILON / 2.0
    }

    /// A position from 0 to `n - 1`; 0 when `n` is 0. The bias is below `n / 2^64`.
    pub fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.rng.next_u64()) * (n as u128);
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// Puts the values in a random order.
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            let other = self.below(last + 1);
            values.swap(last, other);
        }
    }

    /// A standard normal draw (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let radius = (-2.0 * self.unit().ln()).sqrt();
        let angle = 2.0 * PI * self.unit();
        self.spare = Some(radius * angle.sin());
        radius * angle.cos()
    }

    /// A gamma draw of this shape and scale one (Marsaglia and Tsang 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = self.unit().powf(1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// A Poisson draw: by inversion below 30, above by the transformed rejection of Hörmann (1993).
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if !(mean > 0.0) || mean.is_infinite() {
            return 0.0;
        }
        if mean < 30.0 {
            let mut left = self.unit();
            let mut p = (-mean).exp();
            let mut k = 0.0;
            // The tail beyond 1e-17 cannot be told from rounding.
            while left > p && k < 1_000.0 {
                left -= p;
                k += 1.0;
                p *= mean / k;
            }
            return k;
        }
        let b = 0.931 + 2.53 * mean.sqrt();
        let a = -0.059 + 0.024_83 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let limit = 0.9277 - 3.6224 / (b - 2.0);
        loop {
            let u = self.unit() - 0.5;
            let v = self.unit();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + mean + 0.43).floor();
            if us >= 0.07 && v <= limit {
                return k;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let accept = (v * inverse_alpha / (a / (us * us) + b)).ln();
            if accept <= -mean + k * mean.ln() - ln_gamma(k + 1.0) {
                return k;
            }
        }
    }

    /// A negative binomial draw of this size and mean, as a Poisson draw with a gamma mean.
    pub fn negative_binomial(&mut self, size: f64, mean: f64) -> f64 {
        if !(mean > 0.0) {
            return 0.0;
        }
        let mixed = self.gamma(size) * mean / size;
        self.poisson(mixed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::summary::{mean, sd};

    #[test]
    fn streams_are_told_apart_by_seed_name_and_replicate() {
        let first = |seed, name, n| Stream::new(seed, name, n).unit().to_bits();
        assert_eq!(first(1, "a", 0), first(1, "a", 0));
        for other in [first(2, "a", 0), first(1, "b", 0), first(1, "a", 1)] {
            assert_ne!(first(1, "a", 0), other);
        }
    }

    fn check(what: &str, want_mean: f64, want_variance: f64, mut draw: impl FnMut() -> f64) {
        let draws: Vec<f64> = (0..40_000).map(|_| draw()).collect();
        let (m, s) = (mean(&draws), sd(&draws));
        let error = want_variance.sqrt() / 200.0;
        assert!(
            (m - want_mean).abs() < 5.0 * error,
            "{what}: mean {m}, {want_mean}"
        );
        assert!(
            (s * s / want_variance - 1.0).abs() < 0.1,
            "{what}: variance {}",
            s * s
        );
    }

    #[test]
    fn draws_have_the_moments_they_should() {
        let mut s = Stream::new(7, "moments", 0);
        check("unit", 0.5, 1.0 / 12.0, || s.unit());
        check("normal", 0.0, 1.0, || s.normal());
        for shape in [0.3, 1.0, 7.5] {
            check("gamma", shape, shape, || s.gamma(shape));
        }
        for m in [0.2, 5.0, 29.0, 31.0, 400.0] {
            check("poisson", m, m, || s.poisson(m));
        }
        check("negative binomial", 4.0, 12.0, || {
            s.negative_binomial(2.0, 4.0)
        });
    }
}
