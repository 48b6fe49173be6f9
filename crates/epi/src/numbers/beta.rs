//! The incomplete beta integral and what follows from it: exact limits of a proportion, Student's t.

use super::density::binomial;
use super::normal;
use super::roots::monotone;

/// LIMIT: steps of the continued fraction; about the square root of the larger argument are needed.
const STEPS_MAX: u32 = 200_000;

/// The regularised incomplete beta integral `I_x(a, b)` and its complement.
pub fn incomplete(a: f64, b: f64, x: f64) -> (f64, f64) {
    if !(a > 0.0 && b > 0.0) || x.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    if x >= 1.0 {
        return (1.0, 0.0);
    }
    // x^a (1 - x)^b / B(a, b), by way of a binomial probability.
    let front = binomial(a, a + b, x, 1.0 - x) * (a / (a + b)) * b;
    if x < (a + 1.0) / (a + b + 2.0) {
        let p = (front / a * fraction(a, b, x)).min(1.0);
        (p, 1.0 - p)
    } else {
        let q = (front / b * fraction(b, a, 1.0 - x)).min(1.0);
        (1.0 - q, q)
    }
}

/// The continued fraction by the method of Lentz.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let keep = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / keep(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..STEPS_MAX {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / keep(1.0 + even * d);
        c = keep(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / keep(1.0 + odd * d);
        c = keep(1.0 + odd / c);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    h
}

/// The quantile of the beta distribution.
pub fn quantile(p: f64, a: f64, b: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || !(a > 0.0 && b > 0.0) {
        return f64::NAN;
    }
    if p == 0.0 || p >= 1.0 {
        return p;
    }
    let mean = a / (a + b);
    let spread = (mean * (1.0 - mean) / (a + b + 1.0)).sqrt();
    let start = (mean + normal::quantile(p) * spread).clamp(mean * 1e-3, 1.0 - (1.0 - mean) * 1e-3);
    monotone(start, 0.0, 1.0, |x| {
        let (below, above) = incomplete(a, b, x);
        let off = if p > 0.5 {
            (1.0 - p) - above
        } else {
            below - p
        };
        let front = binomial(a, a + b, x, 1.0 - x) * (a / (a + b)) * b;
        (off, front / (x * (1.0 - x)))
    })
}

/// The exact limits of a proportion after Clopper and Pearson (1934): `x` of `n`, each tail with `tail`.
pub fn exact_limits(x: f64, n: f64, tail: f64) -> (f64, f64) {
    let low = if x <= 0.0 {
        0.0
    } else {
        quantile(tail, x, n - x + 1.0)
    };
    let high = if x >= n {
        1.0
    } else {
        quantile(1.0 - tail, x + 1.0, n - x)
    };
    (low, high)
}

/// The two-sided tail probability of Student's t with `df` degrees of freedom.
pub fn student_two_sided(t: f64, df: f64) -> f64 {
    incomplete(df / 2.0, 0.5, df / (df + t * t)).0
}

/// The quantile of Student's t.
pub fn student_quantile(p: f64, df: f64) -> f64 {
    if !(p > 0.0 && p < 1.0) || !(df > 0.0) {
        return f64::NAN;
    }
    let tail = p.min(1.0 - p);
    if tail == 0.5 {
        return 0.0;
    }
    let x = quantile(2.0 * tail, df / 2.0, 0.5);
    let t = (df * (1.0 - x) / x).sqrt();
    if p < 0.5 { -t } else { t }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_symmetric_however_large_the_arguments() {
        for a in [0.5, 5.0, 500.0, 50_000.0, 300_000.0] {
            assert!((incomplete(a, a, 0.5).0 - 0.5).abs() < 1e-12, "{a}");
        }
    }

    #[test]
    fn tables_of_students_t_are_met() {
        assert!((student_quantile(0.975, 10.0) - 2.228_138_851_986_273).abs() < 1e-12);
        assert!((student_two_sided(1.0, 1.0) - 0.5).abs() < 1e-14);
    }

    proptest! {
        #[test]
        fn the_quantile_undoes_the_integral(a in 0.1_f64..3e5, b in 0.1_f64..3e5, p in 1e-4_f64..0.9999) {
            let x = quantile(p, a, b);
            prop_assert!((incomplete(a, b, x).0 - p).abs() < 1e-9, "{a} {b} {p} {x}");
        }
    }
}
