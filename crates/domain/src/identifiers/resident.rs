//! Citizen identity numbers, GB 11643-1999: eighteen characters with a MOD 11-2 check.

use fangxian_base::{Date, Sensitive};

use super::normal::is_scientific;
use super::{DocumentKind, IdentifierError, normalise};

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
/// No living person was born before; earlier years in a number are typing errors.
const BIRTH_YEAR_MIN: i16 = 1850;

/// Sex as an identity number records it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    /// 男.
    Male,
    /// 女.
    Female,
}

impl Sex {
    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

/// Which form of the number was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResidentForm {
    /// Eighteen characters.
    Current,
    /// Fifteen digits, out of use since 2013: history only, without a check digit.
    Historical,
}

/// A number that keeps GB 11643: check character right, birth date real.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResidentId {
    number: Sensitive<String>,
    birth: Date,
    sex: Sex,
    form: ResidentForm,
}

impl ResidentId {
    /// Reads a number of eighteen characters, or fifteen digits as history.
    ///
    /// # Errors
    /// When the length, a character, the birth date or the check character is wrong.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        Self::parse_as(text, DocumentKind::ResidentId)
    }

    /// The same check for other documents that carry such a number.
    pub(super) fn parse_as(text: &str, kind: DocumentKind) -> Result<Self, IdentifierError> {
        let number = normalise(text);
        if number.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if is_scientific(&number) {
            return Err(IdentifierError::Scientific);
        }
        match number.chars().count() {
            18 => Self::current(number),
            15 if kind == DocumentKind::ResidentId => Self::historical(number),
            found => {
                let expected = if kind == DocumentKind::ResidentId {
                    "18 or 15"
                } else {
                    "18"
                };
                Err(IdentifierError::Length {
                    kind: Some(kind),
                    expected,
                    found,
                })
            }
        }
    }

    fn current(number: String) -> Result<Self, IdentifierError> {
        let digits = leading_digits(&number, 17)?;
        let check = number.chars().last().unwrap_or(' ');
        if !check.is_ascii_digit() && check != 'X' {
            return Err(IdentifierError::Character { at: 18 });
        }
        let birth = birth_date(&digits[6..14])?;
        let should_be = check_character(&digits);
        if check != should_be {
            return Err(IdentifierError::CheckDigit { should_be });
        }
        Ok(Self {
            birth,
            sex: sex_of(digits[16]),
            form: ResidentForm::Current,
            number: number.into(),
        })
    }

    fn historical(number: String) -> Result<Self, IdentifierError> {
        let digits = leading_digits(&number, 15)?;
        let mut full = vec![1, 9];
        full.extend_from_slice(&digits[6..12]);
        let birth = birth_date(&full)?;
        Ok(Self {
            birth,
            sex: sex_of(digits[14]),
            form: ResidentForm::Historical,
            number: number.into(),
        })
    }

    /// The number as normalised: capitals, no blanks.
    pub const fn number(&self) -> &Sensitive<String> {
        &self.number
    }

    /// The number in eighteen characters; an old one is lengthened as GB 11643-1999 says.
    pub fn current_form(&self) -> Sensitive<String> {
        match self.form {
            ResidentForm::Current => self.number.clone(),
            ResidentForm::Historical => {
                let old = self.number.expose();
                let body = format!("{}19{}", &old[..6], &old[6..]);
                let digits: Vec<u32> = body.chars().filter_map(|c| c.to_digit(10)).collect();
                Sensitive::new(format!("{body}{}", check_character(&digits)))
            }
        }
    }

    /// The birth date inside the number.
    pub const fn birth_date(&self) -> Date {
        self.birth
    }

    /// The sex inside the number: an odd seventeenth digit is male.
    pub const fn sex(&self) -> Sex {
        self.sex
    }

    /// Current or historical.
    pub const fn form(&self) -> ResidentForm {
        self.form
    }

    /// The six-digit code of the place that issued the first number; it says nothing about where
    /// somebody lives.
    pub fn area_code(&self) -> Sensitive<&str> {
        Sensitive::new(&self.number.expose()[..6])
    }
}

/// The first `count` characters as digits; the first digit may not be zero.
fn leading_digits(number: &str, count: usize) -> Result<Vec<u32>, IdentifierError> {
    let mut digits = Vec::with_capacity(count);
    for (at, c) in number.chars().take(count).enumerate() {
        match c.to_digit(10) {
            Some(d) if at > 0 || d > 0 => digits.push(d),
            _ => return Err(IdentifierError::Character { at: at + 1 }),
        }
    }
    Ok(digits)
}

fn birth_date(digits: &[u32]) -> Result<Date, IdentifierError> {
    let number = digits.iter().fold(0, |n, d| n * 10 + d);
    let part = |n: u32| i16::try_from(n).unwrap_or(0);
    let (year, month, day) = (
        part(number / 10_000),
        part(number / 100 % 100),
        part(number % 100),
    );
    let narrow = |n: i16| i8::try_from(n).unwrap_or(0);
    match Date::new(year, narrow(month), narrow(day)) {
        Ok(date) if year >= BIRTH_YEAR_MIN => Ok(date),
        _ => Err(IdentifierError::BirthDate),
    }
}

fn check_character(digits: &[u32]) -> char {
    let sum: u32 = WEIGHTS.iter().zip(digits).map(|(w, d)| w * d).sum();
    CHECKS.get(sum as usize % 11).copied().unwrap_or('0')
}

const fn sex_of(digit: u32) -> Sex {
    if digit % 2 == 1 {
        Sex::Male
    } else {
        Sex::Female
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn g18_the_published_number_is_valid_and_with_another_check_character_is_not() {
        assert!(ResidentId::parse("11010519491231002X").is_ok());
        assert_eq!(
            ResidentId::parse("110105194912310021"),
            Err(IdentifierError::CheckDigit { should_be: 'X' })
        );
    }

    #[test]
    fn the_published_numbers_pass() {
        for number in [
            "11010519491231002X",
            "440524188001010014",
            "990101198001010014",
            "99010120000229002X",
            "990101199912310135",
            "810000199001010019",
        ] {
            assert!(ResidentId::parse(number).is_ok(), "{number}");
        }
        let id = ResidentId::parse("11010519491231002x").unwrap();
        assert_eq!(
            (id.birth_date().to_string().as_str(), id.sex()),
            ("1949-12-31", Sex::Female)
        );
        assert_eq!(*id.area_code().expose(), "110105");
    }

    #[test]
    fn each_fault_is_named_without_the_number() {
        let wrong = |text: &str| ResidentId::parse(text).unwrap_err();
        assert_eq!(
            wrong("110105194912310021"),
            IdentifierError::CheckDigit { should_be: 'X' }
        );
        assert_eq!(wrong("990101200002300020"), IdentifierError::BirthDate);
        assert_eq!(wrong("99010120010229002X"), IdentifierError::BirthDate);
        assert_eq!(
            wrong("1101051949123100"),
            IdentifierError::Length {
                kind: Some(DocumentKind::ResidentId),
                expected: "18 or 15",
                found: 16
            }
        );
        assert_eq!(
            wrong("11010519491A31002X"),
            IdentifierError::Character { at: 12 }
        );
        assert_eq!(wrong("1.10105E+17"), IdentifierError::Scientific);
        assert_eq!(wrong(" "), IdentifierError::Empty);
        let message = wrong("110105194912310021").message();
        assert_eq!(message.en, "the check character should be X");
        assert!(message.zh.contains("应为X") && !message.zh.contains("110105"));
    }

    #[test]
    fn an_old_number_is_history_and_can_be_lengthened() {
        let id = ResidentId::parse("110105491231002").unwrap();
        assert_eq!(id.form(), ResidentForm::Historical);
        assert_eq!(id.current_form().expose(), "11010519491231002X");
        assert_eq!(
            ResidentId::parse("110105491331002"),
            Err(IdentifierError::BirthDate)
        );
    }

    #[test]
    fn debug_output_does_not_show_the_number() {
        let id = ResidentId::parse("11010519491231002X").unwrap();
        assert!(!format!("{id:?}").contains("110105"));
    }

    fn valid() -> impl Strategy<Value = String> {
        (
            100_000u32..1_000_000,
            1900i16..2026,
            1i8..13,
            1i8..29,
            0u32..1000,
        )
            .prop_map(|(area, y, m, d, seq)| {
                let body = format!("{area}{y:04}{m:02}{d:02}{seq:03}");
                let digits: Vec<u32> = body.chars().filter_map(|c| c.to_digit(10)).collect();
                format!("{body}{}", check_character(&digits))
            })
    }

    proptest! {
        #[test]
        fn any_single_changed_digit_is_caught(number in valid(), at in 0usize..18, by in 1u32..10) {
            prop_assert!(ResidentId::parse(&number).is_ok());
            let mut chars: Vec<char> = number.chars().collect();
            let old = chars[at].to_digit(10).unwrap_or(0);
            chars[at] = char::from_digit((old + by) % 10, 10).unwrap();
            let changed: String = chars.into_iter().collect();
            prop_assume!(changed != number);
            prop_assert!(ResidentId::parse(&changed).is_err());
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".*") {
            let _ = ResidentId::parse(&text);
        }
    }
}
