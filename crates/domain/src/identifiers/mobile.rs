//! Mobile numbers of mainland China, by shape only; several people may share one.

use fangxian_base::Sensitive;

use super::{IdentifierError, normalise};

/// Eleven digits that begin with 13 to 19.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mobile(Sensitive<String>);

impl Mobile {
    /// Reads a number, with or without +86 in front.
    ///
    /// # Errors
    /// [`IdentifierError::Empty`], [`IdentifierError::Scientific`] or [`IdentifierError::Mobile`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let all = normalise(text);
        if all.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if super::normal::is_scientific(&all) {
            return Err(IdentifierError::Scientific);
        }
        let bare: String = all
            .chars()
            .filter(|c| !matches!(c, '(' | ')' | '.'))
            .collect();
        let number = ["+86", "0086", "86"]
            .iter()
            .find_map(|prefix| bare.strip_prefix(prefix).filter(|rest| rest.len() == 11))
            .unwrap_or(&bare);
        let shape = number.len() == 11
            && number.starts_with('1')
            && number.bytes().all(|b| b.is_ascii_digit())
            && number.as_bytes().get(1).is_some_and(|b| *b >= b'3');
        if shape {
            Ok(Self(Sensitive::new(number.to_owned())))
        } else {
            Err(IdentifierError::Mobile)
        }
    }

    /// The eleven digits.
    pub const fn number(&self) -> &Sensitive<String> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mobile_is_read_however_it_is_written() {
        for text in [
            "13800138000",
            "+86 138-0013-8000",
            "８６１３８００１３８０００",
            "0086 13800138000",
        ] {
            assert_eq!(
                Mobile::parse(text).unwrap().number().expose(),
                "13800138000",
                "{text}"
            );
        }
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in [
            "12800138000",
            "1380013800",
            "0579-82312345",
            "138001380001",
            "1380013800O",
        ] {
            assert_eq!(Mobile::parse(text), Err(IdentifierError::Mobile), "{text}");
        }
        assert_eq!(Mobile::parse("1.38E+10"), Err(IdentifierError::Scientific));
    }
}
