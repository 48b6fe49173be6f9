//! What is known of a person as it was written, and its reading into values that can be compared.

use serde::{Deserialize, Serialize};

use super::sound;
use super::text;

/// What a record says of a person. A value that is not there, or blank, says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Person {
    /// Family name and given name in one, as Chinese names are written; used where the two are not given.
    pub full_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Given name.
    pub given_name: Option<String>,
    /// Middle name or its initial.
    pub middle_name: Option<String>,
    /// Date of birth as year, month and day, of which some may be impossible: they are compared, not corrected.
    pub birth: Option<[u16; 3]>,
    /// Number of an identity card, passport, permit, or insurance.
    pub number: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Address, in one part or in several whose meaning depends on the position (street, town …).
    pub address: Vec<Option<String>>,
    /// Sex, in any spelling whose first letter tells.
    pub sex: Option<String>,
}

/// A person's values, ready to be compared.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub family: Option<Name>,
    pub given: Option<Name>,
    pub middle: Option<char>,
    pub birth: Option<[u16; 3]>,
    pub number: Option<Number>,
    pub phone: Option<Word>,
    pub address: Vec<Option<Word>>,
    pub sex: Option<char>,
    /// All parts of the address in one, with how often the whole occurs.
    pub home: Option<(u64, f64)>,
}

/// A text with its digest for equality and how often it occurs among all that have one.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub key: u64,
    pub chars: Box<[char]>,
    pub pieces: Box<[u64]>,
    pub share: f64,
}

/// A name with its sound.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub word: Word,
    pub chinese: bool,
    /// Pinyin without tones, or the letters themselves: the same for 李 and `LI`.
    pub sound: u64,
    /// The sound with what is often confused made equal (zh and z, ng and n, l and n).
    pub rough: u64,
    /// First letters of the syllables; of one name in letters, its first letter.
    pub initials: u64,
}

/// The number of a document.
#[derive(Debug, Clone)]
pub(super) struct Number {
    pub key: u64,
    pub chars: Box<[char]>,
    /// What an identity card number says: its check holds, birth date, sex.
    pub card: Option<Card>,
    pub letters_first: bool,
}

/// What stands in a number of an identity card.
#[derive(Debug, Clone, Copy)]
pub(super) struct Card {
    pub valid: bool,
    pub birth: [u16; 3],
    pub sex: char,
}

/// Digest of a text, the same everywhere (FNV-1a).
pub(super) fn digest(kind: u8, text: impl IntoIterator<Item = char>) -> u64 {
    let step = |hash: u64, c: u32| (hash ^ u64::from(c)).wrapping_mul(0x0000_0100_0000_01b3);
    text.into_iter()
        .fold(step(0xcbf2_9ce4_8422_2325, u32::from(kind)), |hash, c| {
            step(hash, u32::from(c))
        })
}

/// Lower case, full-width forms made plain, runs of blanks made one.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.trim().chars() {
        let c = match c {
            '\u{3000}' => ' ',
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            other if other.is_whitespace() => ' ',
            other => other,
        };
        if c == ' ' && plain.ends_with(' ') || c.is_control() {
            continue;
        }
        plain.extend(c.to_lowercase());
    }
    plain
}

fn said(text: Option<&String>) -> Option<String> {
    text.map(|text| plain(text)).filter(|text| !text.is_empty())
}

fn word(text: String) -> Word {
    let chars: Box<[char]> = text.chars().collect();
    Word {
        key: digest(0, chars.iter().copied()),
        pieces: text::pieces(&chars).into(),
        chars,
        share: 1.0,
    }
}

fn name(text: &str) -> Option<Name> {
    let letters: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    if letters.is_empty() {
        return None;
    }
    let sound = sound::of(&letters);
    Some(Name {
        chinese: sound.chinese,
        sound: digest(1, sound.full.chars()),
        rough: digest(2, sound.rough.chars()),
        initials: digest(3, sound.initials.chars()),
        word: word(letters),
    })
}

/// The date of birth that a text holds, in the order that `format` gives with `%Y`, `%m` and `%d`. Nothing when
/// it does not have this form; an impossible month or day is kept, because a slip of the hand can be compared.
pub fn birth(text: &str, format: &str) -> Option<[u16; 3]> {
    let text: Vec<char> = plain(text).chars().collect();
    let mut rest = text.as_slice();
    let mut found = [0_u16; 3];
    let mut pattern = format.chars();
    while let Some(c) = pattern.next() {
        if c != '%' {
            rest = rest.strip_prefix(&[c])?;
            continue;
        }
        let (at, width) = match pattern.next()? {
            'Y' => (0, 4),
            'm' => (1, 2),
            'd' => (2, 2),
            _ => return None,
        };
        let digits = rest.iter().take(width).take_while(|c| c.is_ascii_digit());
        let digits: String = digits.collect();
        rest = rest.get(digits.len()..)?;
        found[at] = digits.parse().ok()?;
    }
    (rest.is_empty() && found[0] > 0).then_some(found)
}

fn card(chars: &[char]) -> Option<Card> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let body: Option<Vec<u32>> = chars.get(..17)?.iter().map(|c| c.to_digit(10)).collect();
    let body = body?;
    let sum: u32 = body
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let check = "10x98765432".chars().nth((sum % 11) as usize)?;
    let number = |digits: &[u32]| {
        digits
            .iter()
            .fold(0_u16, |n, d| n * 10 + u16::try_from(*d).unwrap_or(0))
    };
    Some(Card {
        valid: chars.get(17) == Some(&check),
        birth: [
            number(&body[6..10]),
            number(&body[10..12]),
            number(&body[12..14]),
        ],
        sex: if body[16] % 2 == 1 { 'm' } else { 'f' },
    })
}

/// A number with letters and digits alone; fifteen digits of an old identity card become eighteen.
fn number(text: &str) -> Option<Number> {
    let mut chars: Vec<char> = plain(text)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    if chars.is_empty() {
        return None;
    }
    if chars.len() == 15 && chars.iter().all(char::is_ascii_digit) {
        chars.splice(6..6, ['1', '9']);
        let sum = "10x98765432".chars().find(|check| {
            let mut whole = chars.clone();
            whole.push(*check);
            card(&whole).is_some_and(|card| card.valid)
        });
        chars.extend(sum);
    }
    let card = if chars.len() == 18 {
        card(&chars)
    } else {
        None
    };
    Some(Number {
        key: digest(4, chars.iter().copied()),
        card,
        letters_first: chars[0].is_alphabetic(),
        chars: chars.into(),
    })
}

/// A telephone number without the prefix of the country and without separators.
fn phone(text: &str) -> Option<Word> {
    let digits: String = plain(text).chars().filter(char::is_ascii_digit).collect();
    let short = digits
        .strip_prefix("0086")
        .or_else(|| digits.strip_prefix("86"));
    let digits = match short {
        Some(short) if short.len() == 11 => short.to_owned(),
        _ => digits,
    };
    (!digits.is_empty()).then(|| word(digits))
}

fn sex(text: &str) -> Option<char> {
    match text.chars().next()? {
        '男' | 'm' | '1' => Some('m'),
        '女' | 'f' | 'w' | '2' => Some('f'),
        _ => None,
    }
}

impl Known {
    /// Reads what a record says. Values of no known form are left out.
    pub fn read(person: &Person) -> Self {
        let mut family = said(person.family_name.as_ref());
        let mut given = said(person.given_name.as_ref());
        if let (None, None, Some(full)) = (&family, &given, said(person.full_name.as_ref())) {
            let (first, last) = sound::split(&full);
            family = first;
            given = last;
        }
        let address: Vec<Option<Word>> = person
            .address
            .iter()
            .map(|part| said(part.as_ref()).map(word))
            .collect();
        let parts: Vec<u64> = address
            .iter()
            .map(|part| part.as_ref().map_or(0, |part| part.key))
            .collect();
        let known = parts.iter().any(|key| *key != 0);
        let home = parts.iter().fold(digest(5, []), |hash, key| {
            (hash ^ key)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(23)
        });
        Self {
            family: family.as_deref().and_then(name),
            given: given.as_deref().and_then(name),
            middle: said(person.middle_name.as_ref()).and_then(|text| text.chars().next()),
            birth: person.birth,
            number: said(person.number.as_ref()).and_then(|text| number(&text)),
            phone: said(person.phone.as_ref()).and_then(|text| phone(&text)),
            sex: said(person.sex.as_ref()).and_then(|text| sex(&text)),
            home: known.then_some((home, 1.0)),
            address,
        }
    }

    /// The date of birth, from the number where it is not told.
    pub fn birth_or_card(&self) -> Option<[u16; 3]> {
        let card = self.number.as_ref().and_then(|number| number.card);
        self.birth
            .or_else(|| card.filter(|card| card.valid).map(|card| card.birth))
    }

    /// Sex, from the number where it is not told.
    pub fn sex_or_card(&self) -> Option<char> {
        let card = self.number.as_ref().and_then(|number| number.card);
        self.sex
            .or_else(|| card.filter(|card| card.valid).map(|card| card.sex))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_number_becomes_the_new_one_and_its_check_is_known() {
        let old = number("11010519491231002").expect("a number");
        assert!(old.card.is_none());
        let new = number("11010519491231002x")
            .expect("a number")
            .card
            .expect("a card");
        assert!(new.valid);
        assert_eq!((new.birth, new.sex), ([1949, 12, 31], 'f'));
        let slip = number("11010519491231020X")
            .expect("a number")
            .card
            .expect("a card");
        assert!(!slip.valid);
        let fifteen = number("110105491231002").expect("a number");
        assert_eq!(
            fifteen.key,
            number("11010519491231002X").expect("a number").key
        );
        assert!(number("E1234567").expect("a passport").letters_first);
    }

    #[test]
    fn dates_keep_what_is_written_and_refuse_other_forms() {
        assert_eq!(birth("05/06/1994", "%m/%d/%Y"), Some([1994, 5, 6]));
        assert_eq!(birth("19943106", "%Y%m%d"), Some([1994, 31, 6]));
        assert_eq!(birth("1994-05-06", "%Y%m%d"), None);
        assert_eq!(birth("", "%Y-%m-%d"), None);
        assert_eq!(birth("1994-05-06 12:00", "%Y-%m-%d"), None);
    }

    #[test]
    fn prefixes_and_widths_of_numbers_do_not_matter() {
        let key = |text: &str| phone(text).map(|word| word.key);
        assert_eq!(key("+86 138-0000-1111"), key("１３８００００１１１１"));
        assert_eq!(key("无"), None);
    }
}
