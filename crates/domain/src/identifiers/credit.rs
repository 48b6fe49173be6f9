//! Unified social credit codes of organisations, GB 32100-2015: eighteen characters, MOD 31.

use std::fmt;

use super::{IdentifierError, normalise};

const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const WEIGHTS: [usize; 17] = [
    1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
];

/// A code whose check character is right. It names an organisation, so it may be printed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode(String);

impl CreditCode {
    /// Reads a code.
    ///
    /// # Errors
    /// When the length, a character (I, O, S, V and Z do not occur) or the check is wrong.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let code = normalise(text);
        let found = code.chars().count();
        if found == 0 {
            return Err(IdentifierError::Empty);
        }
        if found != 18 {
            return Err(IdentifierError::Length {
                kind: None,
                expected: "18",
                found,
            });
        }
        let mut values = Vec::with_capacity(18);
        for (at, c) in code.chars().enumerate() {
            let value = ALPHABET.chars().position(|a| a == c);
            let digit_only = (2..8).contains(&at);
            match value {
                Some(v) if !digit_only || v < 10 => values.push(v),
                _ => return Err(IdentifierError::Character { at: at + 1 }),
            }
        }
        let sum: usize = WEIGHTS.iter().zip(&values).map(|(w, v)| w * v).sum();
        let check = (31 - sum % 31) % 31;
        if values.last() == Some(&check) {
            return Ok(Self(code));
        }
        let should_be = ALPHABET.chars().nth(check).unwrap_or('0');
        Err(IdentifierError::CheckDigit { should_be })
    }

    /// The code in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_published_codes_pass_with_letters_as_check_character() {
        for code in [
            "91350100M000100Y43",
            "91330701MA0000000R",
            "12330700000000000D",
        ] {
            assert_eq!(CreditCode::parse(code).unwrap().as_str(), code);
        }
        assert!(CreditCode::parse("91350100m000100y43").is_ok());
    }

    #[test]
    fn each_fault_is_named() {
        let wrong = |text: &str| CreditCode::parse(text).unwrap_err();
        assert_eq!(
            wrong("91350100M000100Y44"),
            IdentifierError::CheckDigit { should_be: '3' }
        );
        assert_eq!(
            wrong("91350100O000100Y43"),
            IdentifierError::Character { at: 9 }
        );
        assert_eq!(
            wrong("91350100"),
            IdentifierError::Length {
                kind: None,
                expected: "18",
                found: 8
            }
        );
    }

    proptest! {
        #[test]
        fn any_single_changed_character_is_caught(at in 0usize..18, by in 1usize..31) {
            let mut chars: Vec<char> = "91350100M000100Y43".chars().collect();
            let old = ALPHABET.chars().position(|a| a == chars[at]).unwrap();
            chars[at] = ALPHABET.chars().nth((old + by) % 31).unwrap();
            let changed: String = chars.into_iter().collect();
            prop_assert!(CreditCode::parse(&changed).is_err());
        }
    }
}
