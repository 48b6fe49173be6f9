//! Documents without a published check character: their shape is all that can be said, except for
//! the foreign permanent resident card, whose form since December 2023 has the check of GB 11643.

use fangxian_base::{Date, Sensitive};

use super::{DocumentKind, IdentifierError, ResidentId, Sex, normalise};

macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident, $kind:ident, $fits:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Sensitive<String>);

        impl $name {
            /// Reads a number.
            ///
            /// # Errors
            /// [`IdentifierError::Empty`] or [`IdentifierError::Shape`].
            pub fn parse(text: &str) -> Result<Self, IdentifierError> {
                let number = normalise(text);
                if number.is_empty() {
                    Err(IdentifierError::Empty)
                } else if $fits(&number) {
                    Ok(Self(Sensitive::new(number)))
                } else {
                    Err(IdentifierError::Shape { kind: DocumentKind::$kind })
                }
            }

            /// The number in capitals, without blanks.
            pub const fn number(&self) -> &Sensitive<String> {
                &self.0
            }
        }
    )*};
}

shapes! {
    /// A passport of any country: five to fifteen letters and digits, at least one digit.
    Passport, Passport, is_passport;
    /// H or M and eight digits; older cards carry two more.
    HmTravelPermit, HmTravelPermit, is_hm_permit;
    /// Eight digits; older permits ten, or letters behind.
    TaiwanTravelPermit, TaiwanTravelPermit, is_taiwan_permit;
    /// Free form, because several series are in use.
    MilitaryDocument, Military, is_military;
    /// Anything short that holds a letter or a digit.
    OtherDocument, Other, is_other;
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_passport(number: &str) -> bool {
    (5..=15).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_alphanumeric())
        && number.bytes().any(|b| b.is_ascii_digit())
        && !super::normal::is_scientific(number)
}

fn is_hm_permit(number: &str) -> bool {
    number
        .strip_prefix(['H', 'M'])
        .is_some_and(|rest| digits(rest) && matches!(rest.len(), 8 | 10))
}

fn is_taiwan_permit(number: &str) -> bool {
    let rest = number.trim_end_matches(|c: char| c.is_ascii_uppercase() || matches!(c, '(' | ')'));
    digits(rest) && matches!(rest.len(), 8 | 10 | 11) && number.len() - rest.len() <= 4
}

fn is_military(number: &str) -> bool {
    let count = number.chars().count();
    (4..=30).contains(&count) && number.chars().any(|c| c.is_ascii_digit())
}

fn is_other(number: &str) -> bool {
    number.chars().count() <= 64 && number.chars().any(char::is_alphanumeric)
}

/// 外国人永久居留身份证: eighteen characters that begin with 9 and keep the check of GB 11643
/// (since 1 December 2023), or three letters and twelve digits before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForeignResidentCard {
    /// The form with a check character.
    Current(ResidentId),
    /// The older form.
    Earlier(Sensitive<String>),
}

impl ForeignResidentCard {
    /// Reads a number in either form.
    ///
    /// # Errors
    /// When the length, the shape, the birth date or the check character is wrong.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let kind = DocumentKind::ForeignResidentCard;
        let number = normalise(text);
        match number.chars().count() {
            0 => Err(IdentifierError::Empty),
            15 => {
                let old = number.is_ascii()
                    && number.bytes().take(3).all(|b| b.is_ascii_uppercase())
                    && number.bytes().skip(3).all(|b| b.is_ascii_digit());
                if old {
                    Ok(Self::Earlier(number.into()))
                } else {
                    Err(IdentifierError::Shape { kind })
                }
            }
            18 if !number.starts_with('9') => Err(IdentifierError::Character { at: 1 }),
            18 => ResidentId::parse_as(&number, kind).map(Self::Current),
            found => Err(IdentifierError::Length {
                kind: Some(kind),
                expected: "18 or 15",
                found,
            }),
        }
    }

    /// The number in capitals, without blanks.
    pub const fn number(&self) -> &Sensitive<String> {
        match self {
            Self::Current(id) => id.number(),
            Self::Earlier(number) => number,
        }
    }

    /// The birth date, which only the current form holds whole.
    pub const fn birth_date(&self) -> Option<Date> {
        match self {
            Self::Current(id) => Some(id.birth_date()),
            Self::Earlier(_) => None,
        }
    }

    /// The sex, which only the current form holds.
    pub const fn sex(&self) -> Option<Sex> {
        match self {
            Self::Current(id) => Some(id.sex()),
            Self::Earlier(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passports_and_permits_are_known_by_shape() {
        assert!(Passport::parse("E12345678").is_ok());
        assert!(Passport::parse("ea 1234567").is_ok());
        assert!(Passport::parse("ABCDEF").is_err());
        assert!(HmTravelPermit::parse("H1234567890").is_ok());
        assert!(HmTravelPermit::parse("H12345678").is_ok());
        assert!(HmTravelPermit::parse("K12345678").is_err());
        assert!(TaiwanTravelPermit::parse("12345678").is_ok());
        assert!(TaiwanTravelPermit::parse("1234567890(B)").is_ok());
        assert!(MilitaryDocument::parse("军字第1234567号").is_ok());
        assert!(OtherDocument::parse("—").is_err());
    }

    #[test]
    fn the_card_of_foreign_residents_has_an_old_and_a_new_form() {
        let old = ForeignResidentCard::parse("USA310099061512").unwrap();
        assert!(matches!(old, ForeignResidentCard::Earlier(_)));
        assert!(old.birth_date().is_none());
        let new = ForeignResidentCard::parse("931840198001010017").unwrap();
        assert_eq!(
            new.birth_date().map(|d| d.to_string()).as_deref(),
            Some("1980-01-01")
        );
        assert!(matches!(
            ForeignResidentCard::parse("931840198001010011"),
            Err(IdentifierError::CheckDigit { .. })
        ));
        assert_eq!(
            ForeignResidentCard::parse("11010519491231002X"),
            Err(IdentifierError::Character { at: 1 })
        );
    }
}
