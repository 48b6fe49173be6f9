//! Whole numbers that many simulations are counted in at once.

/// Simulations that are counted at once.
pub(super) const LANES: usize = 64;

/// A count of one simulation. Sums never exceed the number of cases, which fits.
pub(super) trait Lane:
    Copy + Default + PartialEq + PartialOrd + Send + Sync + 'static
{
    const ONE: Self;
    fn plus(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    /// Something other than 0 when it is more than the other.
    fn exceeds(self, other: Self) -> Self;
    fn count(self) -> f64;
    /// The count, or the largest there is.
    fn of(count: usize) -> Self;
}

macro_rules! lane {
    ($number:ty) => {
        impl Lane for $number {
            const ONE: Self = 1;
            #[inline]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline]
            fn or(self, other: Self) -> Self {
                self | other
            }
            #[inline]
            fn exceeds(self, other: Self) -> Self {
                Self::from(self > other)
            }
            #[inline]
            fn count(self) -> f64 {
                f64::from(self)
            }
            fn of(count: usize) -> Self {
                Self::try_from(count).unwrap_or(Self::MAX)
            }
        }
    };
}

lane!(i16);
lane!(i32);
