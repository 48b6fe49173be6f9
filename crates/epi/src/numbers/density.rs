//! Densities that stay exact to the last digits for any size of argument.
//!
//! The saddle-point form of Loader (2000), "Fast and accurate computation of binomial probabilities": the
//! large terms of the logarithm cancel on paper instead of in the machine. Arguments may be real numbers, so
//! that the same functions serve as prefixes of the incomplete gamma and beta integrals.

use std::f64::consts::PI;

/// Half the logarithm of two pi.
const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;

/// The logarithm of the gamma function, for `x > 0`.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The sums of `1 / (r + i)` and of `1 / (r + i)²` over `i` from 0 to `y - 1`, for whole `y`.
///
/// They are differences of the first two derivatives of the logarithm of the gamma function. The first terms are added one
/// by one, those beyond 30 by the asymptotic series.
pub fn rising_sums(r: f64, y: f64) -> (f64, f64) {
    let (mut first, mut second, mut i) = (0.0, 0.0, 0.0);
    while i < y && r + i < 30.0 {
        let term = 1.0 / (r + i);
        first += term;
        second += term * term;
        i += 1.0;
    }
    if i < y {
        let ends = |x: f64| {
            let z = 1.0 / x;
            let zz = z * z;
            (
                x.ln() - 0.5 * z - zz * (1.0 / 12.0 - zz * (1.0 / 120.0 - zz / 252.0)),
                z + 0.5 * zz + z * zz * (1.0 / 6.0 - zz * (1.0 / 30.0 - zz / 42.0)),
            )
        };
        let (low, high) = (ends(r + i), ends(r + y));
        first += high.0 - low.0;
        second += low.1 - high.1;
    }
    (first, second)
}

/// The error of Stirling's formula for the logarithm of `n!`.
fn stirling_error(n: f64) -> f64 {
    if n < 16.0 {
        return ln_gamma(n + 1.0) - (n + 0.5) * n.ln() + n - LN_SQRT_2PI;
    }
    let nn = n * n;
    // Terms of the asymptotic series: B(2k) / (2k (2k - 1)).
    let tail = 1.0 / 1680.0 - (1.0 / 1188.0 - 691.0 / 360_360.0 / nn) / nn;
    (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - tail / nn) / nn) / nn) / n
}

/// `x ln(x / m) + m - x`, without cancellation where `x` is near `m`.
fn deviance_half(x: f64, m: f64) -> f64 {
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() + m - x;
    }
    let v = (x - m) / (x + m);
    let mut sum = (x - m) * v;
    let mut term = 2.0 * x * v;
    for j in 1..1000_u32 {
        term *= v * v;
        let next = sum + term / f64::from(2 * j + 1);
        if next.to_bits() == sum.to_bits() {
            break;
        }
        sum = next;
    }
    sum
}

/// `m^x e^-m / Γ(x + 1)` for real `x ≥ 0`: the Poisson probability when `x` is whole.
pub fn poisson(x: f64, m: f64) -> f64 {
    if m < 0.0 || x < 0.0 || m.is_nan() || x.is_nan() {
        return f64::NAN;
    }
    if m == 0.0 {
        return if x == 0.0 { 1.0 } else { 0.0 };
    }
    if x == 0.0 {
        return (-m).exp();
    }
    if m.is_infinite() || x.is_infinite() {
        return 0.0;
    }
    (-stirling_error(x) - deviance_half(x, m)).exp() / (2.0 * PI * x).sqrt()
}

/// `Γ(n + 1) / (Γ(x + 1) Γ(n - x + 1)) p^x q^(n - x)` for real `0 ≤ x ≤ n`.
///
/// `q` is `1 - p`, given apart so that it may be exact where `p` is near one.
pub fn binomial(x: f64, n: f64, p: f64, q: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || !(x >= 0.0 && x <= n) {
        return f64::NAN;
    }
    if p == 0.0 {
        return if x == 0.0 { 1.0 } else { 0.0 };
    }
    if q == 0.0 {
        return if x >= n { 1.0 } else { 0.0 };
    }
    if x == 0.0 {
        return (n * libm::log1p(-p)).exp();
    }
    if x >= n {
        return (n * libm::log1p(-q)).exp();
    }
    let y = n - x;
    let ln = stirling_error(n)
        - stirling_error(x)
        - stirling_error(y)
        - deviance_half(x, n * p)
        - deviance_half(y, n * q);
    ln.exp() * (n / (2.0 * PI * x * y)).sqrt()
}

/// The negative binomial probability of `x` with this `size` and mean `m`.
pub fn negative_binomial(x: f64, size: f64, m: f64) -> f64 {
    if m == 0.0 {
        return if x == 0.0 { 1.0 } else { 0.0 };
    }
    let p = size / (size + m);
    if x == 0.0 {
        return (-size * libm::log1p(m / size)).exp();
    }
    binomial(size, x + size, p, m / (size + m)) * size / (size + x)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() <= 2e-14 * want.abs(), "{got} {want}");
    }

    #[test]
    fn probabilities_are_those_of_exact_fractions() {
        near(poisson(3.0, 2.0), (-2.0_f64).exp() * 8.0 / 6.0);
        near(binomial(2.0, 5.0, 0.5, 0.5), 10.0 / 32.0);
        near(negative_binomial(2.0, 1.0, 1.0), 1.0 / 8.0);
    }

    #[test]
    fn large_arguments_still_sum_to_one() {
        let m = 250_000.0;
        let sum: f64 = (0..20_000)
            .map(|i| poisson(m - 10_000.0 + f64::from(i), m))
            .sum();
        assert!((sum - 1.0).abs() < 1e-11, "{sum}");
    }

    #[test]
    fn rising_sums_are_sums() {
        for r in [0.01_f64, 3.3, 80.0] {
            let terms = |power: i32| {
                (0..500)
                    .map(|i| (r + f64::from(i)).powi(power))
                    .sum::<f64>()
            };
            let (first, second) = rising_sums(r, 500.0);
            assert!((first - terms(-1)).abs() < 1e-12 * first, "{r}");
            assert!((second - terms(-2)).abs() < 1e-11 * second, "{r}");
        }
        assert_eq!(rising_sums(2.0, 0.0), (0.0, 0.0));
    }

    #[test]
    fn stirling_pieces_meet() {
        let left = stirling_error(15.999_999_999);
        let right = stirling_error(16.0);
        assert!((left - right).abs() < 1e-12, "{left} {right}");
    }
}
