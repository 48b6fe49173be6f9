//! The normal distribution.

use std::f64::consts::{PI, SQRT_2};

/// The probability that a standard normal variable is at most `x`.
pub fn cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / SQRT_2)
}

/// The density of the standard normal distribution.
pub fn pdf(x: f64) -> f64 {
    (-0.5 * x * x).exp() / (2.0 * PI).sqrt()
}

/// The quantile of the standard normal distribution.
///
/// Starts from formula 26.2.23 of Abramowitz and Stegun (off by less than 4.5e-4) and takes Halley steps, whose
/// error shrinks with the third power, until nothing changes.
pub fn quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.5 {
        return 0.0;
    }
    let tail = p.min(1.0 - p);
    if tail == 0.0 {
        return if p < 0.5 {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        };
    }
    let t = (-2.0 * tail.ln()).sqrt();
    let over = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let under = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let mut x = over / under - t;
    for _ in 0..4 {
        let off = (cdf(x) - tail) / pdf(x);
        let step = off / (1.0 + 0.5 * x * off);
        x -= step;
        if step.abs() <= 1e-16 * x.abs() {
            break;
        }
    }
    if p < 0.5 { x } else { -x }
}

/// The tail probability of chi-squared with one degree of freedom.
pub fn chi_squared_tail(x: f64) -> f64 {
    libm::erfc((x / 2.0).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_tables_are_met() {
        assert!((quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
        assert!((quantile(0.999) - 3.090_232_306_167_813).abs() < 1e-13);
        assert!((quantile(1e-12) + 7.034_483_825_301_131).abs() < 1e-9);
    }

    #[test]
    fn the_quantile_undoes_the_probability() {
        for i in 1..1000 {
            let p = f64::from(i) / 1000.0;
            assert!((cdf(quantile(p)) - p).abs() < 1e-15, "{p}");
        }
    }
}
