//! "Not estimated, because …": the answer of an estimator that has nothing true to say.

use std::fmt;

/// Why an estimate was not made. Not an error: the input was read, and this is what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotEstimated {
    why: Why,
    detail: String,
}

/// The kinds of reason, for programs; the words are in the display.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// There is nothing to estimate from.
    NoData,
    /// There is something, and less of it than the method needs.
    TooLittle,
    /// A number lies where the method is not defined.
    OutsideDomain,
    /// The values do not vary, or two explanations cannot be told apart.
    NoVariation,
    /// The search for the estimate did not settle.
    NotSettled,
}

impl NotEstimated {
    /// The answer with a reason that reads after "not estimated, because ".
    pub fn because(why: Why, detail: impl Into<String>) -> Self {
        Self {
            why,
            detail: detail.into(),
        }
    }

    /// The kind of the reason.
    pub const fn why(&self) -> Why {
        self.why
    }
}

impl fmt::Display for NotEstimated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not estimated, because {}", self.detail)
    }
}

impl std::error::Error for NotEstimated {}

/// What estimators return.
pub type Estimated<T> = Result<T, NotEstimated>;

/// Refuses with [`Why::OutsideDomain`] unless `holds`.
pub(crate) fn require(holds: bool, detail: &str) -> Estimated<()> {
    if holds {
        Ok(())
    } else {
        Err(NotEstimated::because(Why::OutsideDomain, detail))
    }
}
