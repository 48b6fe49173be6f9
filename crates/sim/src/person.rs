//! What identifies an invented person: sex, birth date, document number, phone.
//!
//! Numbers here are shaped like real ones and belong to nobody: the area code 990101 was never
//! allotted, nor was the mobile prefix. Start with [`id_number`].

use std::collections::BTreeSet;

use fangxian_base::Date;
use serde::{Deserialize, Serialize};

use crate::streams::Stream;

/// Sex as the document says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    /// 男
    Male,
    /// 女
    Female,
}

/// The area code of every invented citizen number: not allotted to any county.
pub const AREA_CODE: &str = "990101";

/// The first three digits of every invented mobile number.
///
/// No operator had been given 154 when lists of prefixes were looked at (2022); the shape is right
/// (`1[3-9]` and nine more digits), the number rings nowhere. Never send to it.
pub const PHONE_PREFIX: &str = "154";

/// The check character of a citizen number's first 17 digits (GB 11643, ISO 7064 MOD 11-2), or
/// `None` when they are not 17 digits.
pub fn check_character(first_17: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHARACTERS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    if first_17.chars().count() != WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (digit, weight) in first_17.chars().zip(WEIGHTS) {
        sum += digit.to_digit(10)? * weight;
    }
    CHARACTERS.get((sum % 11) as usize).copied()
}

/// A citizen number with area code [`AREA_CODE`]; `sequence` is 0 to 999, odd for men.
pub fn id_number(birth: Date, sequence: u16) -> String {
    let mut number = format!(
        "{AREA_CODE}{:04}{:02}{:02}{:03}",
        birth.year(),
        birth.month(),
        birth.day(),
        sequence % 1000
    );
    if let Some(check) = check_character(&number) {
        number.push(check);
    }
    number
}

/// Whether a text is a citizen number whose check character is right.
pub fn id_number_holds(text: &str) -> bool {
    match text.char_indices().nth(17) {
        Some((at, check)) if text.chars().count() == 18 => {
            text.get(..at).and_then(check_character) == Some(check)
        }
        _ => false,
    }
}

/// Hands out citizen numbers and phones, none of them twice.
#[derive(Debug)]
pub(crate) struct Numbers {
    stream: Stream,
    ids: BTreeSet<(Date, u16)>,
    phones: BTreeSet<usize>,
}

impl Numbers {
    pub(crate) const fn new(stream: Stream) -> Self {
        Self {
            stream,
            ids: BTreeSet::new(),
            phones: BTreeSet::new(),
        }
    }

    /// A number nobody in this world has yet. A day holds 500 of either sex.
    pub(crate) fn id(&mut self, birth: Date, sex: Sex) -> String {
        let odd = u16::from(sex == Sex::Male);
        let first = u16::try_from(self.stream.below(500)).unwrap_or(0);
        let free = (0..500)
            .map(|step| (first + step) % 500 * 2 + odd)
            .find(|sequence| self.ids.insert((birth, *sequence)));
        id_number(birth, free.unwrap_or(odd))
    }

    /// A phone number nobody in this world has yet.
    pub(crate) fn phone(&mut self) -> String {
        let mut number = self.stream.below(100_000_000);
        while !self.phones.insert(number) {
            number = (number + 1) % 100_000_000;
        }
        format!("{PHONE_PREFIX}{number:08}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn check_characters_agree_with_the_standards_own_examples() {
        assert!(id_number_holds("11010519491231002X"));
        assert!(id_number_holds("440524188001010014"));
        assert!(!id_number_holds("440524188001010015"));
        assert!(!id_number_holds("44052418800101001"));
        assert!(!id_number_holds("病"));
    }

    #[test]
    fn invented_numbers_agree_with_worked_ones() {
        assert_eq!(id_number(date(1980, 1, 1), 1), "990101198001010014");
        assert_eq!(id_number(date(2000, 2, 29), 2), "99010120000229002X");
        assert_eq!(id_number(date(1999, 12, 31), 13), "990101199912310135");
    }
}
