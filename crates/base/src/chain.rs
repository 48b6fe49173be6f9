//! One way to print an error together with everything that caused it.

use std::error::Error;
use std::fmt::Write;

/// Prints `error` and its sources in one line, outermost first, separated by `: `.
///
/// Messages in this workspace never repeat their source, so the line reads once.
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let _ = write!(line, ": {cause}");
        next = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);

    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("row 3 has no age")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn the_chain_reads_from_the_outside_in() {
        let Err(cause) = "x".parse::<u8>() else {
            unreachable!()
        };
        assert_eq!(
            error_chain(&Outer(cause)),
            "row 3 has no age: invalid digit found in string"
        );
    }
}
