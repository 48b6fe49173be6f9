//! Values that must not reach a log, an error or an audit entry by accident.

use std::fmt;

/// A personal value: name, document number, phone, address, free text.
///
/// `Debug` and `Display` print only that something is there; there is no serialisation, so a value
/// leaves the program only where [`Sensitive::expose`] is written out.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Hands the value out; every call is a place where a reviewer looks.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Unwraps the value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<withheld>")
    }
}

impl<T> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<withheld>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_never_shows_the_value() {
        let name = Sensitive::new("王小明");
        assert_eq!(format!("{name} {name:?}"), "<withheld> <withheld>");
        assert_eq!(*name.expose(), "王小明");
    }
}
