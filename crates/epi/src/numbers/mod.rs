//! The arithmetic under the estimators: special functions, distributions, least squares, random draws.
//!
//! Nothing here knows what a case or a week is. Every function is total: arguments outside the domain give
//! `NaN`, never a panic. Why these are ours and not a library's: docs/decisions/0008-epi-arithmetic.md.
//! Start with [`density`], on which the incomplete integrals in [`gamma`] and [`beta`] rest.

pub mod beta;
pub mod density;
pub mod discrete;
pub mod gamma;
pub mod glm;
pub mod linear;
pub mod mersenne;
pub mod normal;
pub mod quadrature;
pub mod random;
pub mod roots;
pub mod summary;

/// The whole number nearest to `x`, when there is one that a position or a count can hold.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be finite, not negative and below 2^53"
)]
pub fn whole(x: f64) -> Option<usize> {
    const LIMIT: f64 = 9_007_199_254_740_992.0;
    (x.is_finite() && (0.0..LIMIT).contains(&x)).then(|| x.round() as usize)
}
