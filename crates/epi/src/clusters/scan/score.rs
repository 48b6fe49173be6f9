//! How a window is rated: the logarithm of the likelihood ratio.

use super::study::{Model, Study};

/// The totals that every rating needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    bernoulli: bool,
    cases: f64,
    total: f64,
    null: f64,
}

/// `x ln(x / y)`, 0 for nothing.
fn term(x: f64, y: f64) -> f64 {
    if x > 0.0 { x * (x / y).ln() } else { 0.0 }
}

impl Score {
    /// The totals of a study. The measure of a permutation is expected cases.
    pub(super) fn of(study: &Study) -> Self {
        let cases = study.total();
        let total = match study.model {
            Model::Permutation => cases,
            Model::Poisson | Model::Bernoulli => study.measure.iter().sum(),
        };
        let null = term(cases, total) + term(total - cases, total);
        let bernoulli = study.model == Model::Bernoulli;
        Self {
            bernoulli,
            cases,
            total,
            null,
        }
    }

    /// All cases.
    pub(super) const fn cases(&self) -> f64 {
        self.cases
    }

    /// The whole measure.
    pub(super) const fn total(&self) -> f64 {
        self.total
    }

    /// Cases expected where this much of the measure is.
    pub fn expected(&self, measure: f64) -> f64 {
        measure * self.cases / self.total
    }

    /// Logarithm of the likelihood ratio of a window with these cases and this measure, whether they are many or few.
    pub fn ratio(&self, cases: f64, measure: f64) -> f64 {
        let outside = self.cases - cases;
        if self.bernoulli {
            if cases > measure {
                return f64::INFINITY;
            }
            let beyond = (self.total - measure).max(outside);
            let inside = term(cases, measure) + term(measure - cases, measure);
            return inside + term(outside, beyond) + term(beyond - outside, beyond) - self.null;
        }
        let expected = self.expected(measure);
        term(cases, expected) + term(outside, self.cases - expected)
    }

    /// A number that the ratio of a window with too many cases does not exceed, quickly.
    pub(super) fn at_most(&self, cases: f64, measure: f64) -> f64 {
        let outside = self.cases - cases;
        if self.bernoulli || outside <= 0.0 {
            return f64::INFINITY;
        }
        let expected = self.expected(measure);
        let more = cases - expected;
        // The second derivative by the cases is 1 / cases + 1 / outside, largest at the ends.
        0.5 * more * more * (1.0 / expected + 1.0 / outside)
    }
}
