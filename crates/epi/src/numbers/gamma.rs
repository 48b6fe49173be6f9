//! The incomplete gamma integral, its inverse, and the gamma distribution.

use super::density::poisson;
use super::normal;
use super::roots::monotone;

/// LIMIT: steps of the series and of the continued fraction; about the square root of the argument are needed.
const STEPS_MAX: u32 = 200_000;

/// The lower regularised incomplete gamma integral `P(a, x)` and its complement, each to full precision.
pub fn incomplete(a: f64, x: f64) -> (f64, f64) {
    if !(a > 0.0) || x.is_nan() || a.is_infinite() {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x.is_infinite() {
        return (1.0, 0.0);
    }
    let front = poisson(a, x);
    if x < a + 1.0 {
        let (mut sum, mut term, mut n) = (1.0, 1.0, a);
        for _ in 0..STEPS_MAX {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term < sum * 1e-17 {
                break;
            }
        }
        let p = (front * sum).min(1.0);
        (p, 1.0 - p)
    } else {
        let q = (front * a * fraction(a, x)).min(1.0);
        (1.0 - q, q)
    }
}

/// The continued fraction of Legendre by the method of Lentz.
fn fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / if b == 0.0 { TINY } else { b };
    let mut h = d;
    for i in 1..STEPS_MAX {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = an * d + b;
        d = 1.0 / if d.abs() < TINY { TINY } else { d };
        c = b + an / c;
        c = if c.abs() < TINY { TINY } else { c };
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    h
}

/// The probability that a gamma variable of this shape and scale is at most `x`.
pub fn cdf(x: f64, shape: f64, scale: f64) -> f64 {
    incomplete(shape, x / scale).0
}

/// The density of the gamma distribution.
pub fn pdf(x: f64, shape: f64, scale: f64) -> f64 {
    if x < 0.0 {
        return 0.0;
    }
    if x == 0.0 {
        return match shape {
            s if s > 1.0 => 0.0,
            s if s < 1.0 => f64::INFINITY,
            _ => 1.0 / scale,
        };
    }
    if shape < 1.0 {
        return poisson(shape, x / scale) * shape / x;
    }
    poisson(shape - 1.0, x / scale) / scale
}

/// The quantile of the gamma distribution of scale one.
pub fn quantile(p: f64, shape: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || !(shape > 0.0) {
        return f64::NAN;
    }
    if p == 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    // Wilson and Hilferty's cube, or the first term of the series where the cube is useless.
    let cube = 1.0 - 1.0 / (9.0 * shape) + normal::quantile(p) / (3.0 * shape.sqrt());
    let start = shape * cube.powi(3);
    let small = ((p.ln() + super::density::ln_gamma(shape + 1.0)) / shape).exp();
    let start = if cube > 0.1 && start > small {
        start
    } else {
        small.max(1e-300)
    };
    let upper = p > 0.5;
    monotone(start, 0.0, f64::INFINITY, |x| {
        let (below, above) = incomplete(shape, x);
        let off = if upper { (1.0 - p) - above } else { below - p };
        (off, pdf(x, shape, 1.0))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_exponential_and_the_normal_are_special_cases() {
        for i in 1..400 {
            let x = f64::from(i) / 10.0;
            assert!((incomplete(1.0, x).0 + (-x).exp() - 1.0).abs() < 2e-15);
            let erf = libm::erf(x.sqrt());
            assert!((incomplete(0.5, x).0 - erf).abs() < 4e-15, "{x}");
        }
    }

    proptest! {
        #[test]
        fn the_quantile_undoes_the_integral(shape in 0.05_f64..5e4, p in 1e-6_f64..0.999_999) {
            let x = quantile(p, shape);
            let (below, _) = incomplete(shape, x);
            prop_assert!((below - p).abs() < 1e-11, "{shape} {p} {x} {below}");
        }

        #[test]
        fn neighbours_differ_by_one_probability(shape in 0.1_f64..1e5, ratio in 0.5_f64..2.0) {
            let x = shape * ratio;
            let step = incomplete(shape, x).0 - incomplete(shape + 1.0, x).0;
            prop_assert!((step - poisson(shape, x)).abs() < 1e-13);
        }
    }
}
