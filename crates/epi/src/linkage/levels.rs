//! How far two persons agree, field by field, on ladders of few steps.

use serde::{Deserialize, Serialize};

use super::person::{Known, Name, Number, Word};
use super::text;

/// What is compared. Parts of the address follow one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Family name.
    Family,
    /// Given name.
    Given,
    /// Middle initial.
    Middle,
    /// Date of birth.
    Birth,
    /// Number of a document.
    Number,
    /// Sex.
    Sex,
    /// Telephone.
    Phone,
    /// A part of the address, counted from 0.
    Address(u8),
}

/// No comparison: one of the two says nothing.
pub const UNKNOWN: u8 = 15;
/// Most parts of an address that are compared one by one; further ones are not.
pub const PARTS: usize = 8;
/// Fields before the address.
pub(super) const FIXED: usize = 7;
/// The position of the telephone.
pub(super) const PHONE: usize = 6;

impl Field {
    /// All fields with this many parts of the address, in the order of patterns.
    pub fn all(parts: usize) -> Vec<Self> {
        let fixed = [
            Self::Family,
            Self::Given,
            Self::Middle,
            Self::Birth,
            Self::Number,
            Self::Sex,
            Self::Phone,
        ];
        let address = (0..parts.min(PARTS))
            .filter_map(|part| u8::try_from(part).ok())
            .map(Self::Address);
        fixed.into_iter().chain(address).collect()
    }

    /// The steps of its ladder, from "different" to "the same".
    pub const fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Family => &["different", "alike", "close", "the same"],
            Self::Given => &[
                "different",
                "partly",
                "alike",
                "close",
                "exchanged with the family name",
                "the same",
            ],
            Self::Middle | Self::Sex => &["different", "the same"],
            Self::Birth => &[
                "different",
                "same year",
                "two of three parts",
                "one slip",
                "day and month exchanged",
                "the same",
            ],
            Self::Number => &[
                "different",
                "same place and birth, other serial",
                "similar",
                "two slips",
                "one slip",
                "the same",
            ],
            Self::Phone => &["different", "two slips", "one slip", "the same"],
            Self::Address(_) => &["different", "partly", "close", "one slip", "the same"],
        }
    }

    /// Whether it says where somebody can be reached, which a household shares.
    pub(super) const fn is_contact(self) -> bool {
        matches!(self, Self::Phone | Self::Address(_))
    }

    /// The step that means equality.
    pub(super) fn top(self) -> u8 {
        u8::try_from(self.steps().len() - 1).unwrap_or(0)
    }
}

/// The steps of all fields of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(u64);

impl Pattern {
    /// Nothing known.
    pub const EMPTY: Self = Self(u64::MAX);

    /// The step of the field at a position.
    pub fn step(self, at: usize) -> u8 {
        u8::try_from(self.0 >> (at * 4) & 15).unwrap_or(UNKNOWN)
    }

    fn set(&mut self, at: usize, step: u8) {
        self.0 = self.0 & !(15 << (at * 4)) | u64::from(step) << (at * 4);
    }
}

fn both<'a, T>(a: Option<&'a T>, b: Option<&'a T>) -> Option<(&'a T, &'a T)> {
    Some((a?, b?))
}

fn family(a: &Name, b: &Name) -> u8 {
    if a.word.key == b.word.key {
        return 3;
    }
    if a.sound == b.sound {
        return 2;
    }
    if a.chinese && b.chinese {
        return u8::from(a.rough == b.rough);
    }
    if slips(&a.word.chars, &b.word.chars, 1) <= 1 && a.word.chars.len().min(b.word.chars.len()) > 3
    {
        return 2;
    }
    match winkler(&a.word.chars, &b.word.chars) {
        like if like >= 0.92 => 2,
        like if like >= 0.8 => 1,
        _ => u8::from(a.rough == b.rough),
    }
}

fn given(a: &Name, b: &Name) -> u8 {
    if a.word.key == b.word.key {
        return 5;
    }
    if a.sound == b.sound {
        return 3;
    }
    let (x, y) = (&a.word.chars, &b.word.chars);
    if a.chinese && b.chinese {
        if a.rough == b.rough {
            return 2;
        }
        return u8::from(
            x.len().max(y.len()) > 1
                && (x.iter().any(|c| y.contains(c)) || a.initials == b.initials),
        );
    }
    if a.chinese != b.chinese {
        return u8::from(a.initials == b.initials);
    }
    if slips(x, y, 1) <= 1 && x.len().min(y.len()) > 3 {
        return 3;
    }
    match winkler(x, y) {
        like if like >= 0.92 => 3,
        like if like >= 0.82 => 2,
        _ if x.starts_with(y) || y.starts_with(x) => 1,
        _ => u8::from(a.rough == b.rough),
    }
}

/// Jaro and Winkler's similarity, which depends a little on who comes first; here the smaller does.
fn winkler(a: &[char], b: &[char]) -> f64 {
    let (first, second) = if a <= b { (a, b) } else { (b, a) };
    text::jaro_winkler(first, second)
}

/// Steps between two texts when these are at most `most`, else more than `most`.
fn slips(a: &[char], b: &[char], most: usize) -> usize {
    if a.len().abs_diff(b.len()) > most {
        return most + 1;
    }
    text::alignment_within(a, b, most)
}

fn birth(a: [u16; 3], b: [u16; 3]) -> u8 {
    let [ay, am, ad] = a;
    let [by, bm, bd] = b;
    if a == b {
        return 5;
    }
    if ay == by && am == bd && ad == bm {
        return 4;
    }
    let written = |[y, m, d]: [u16; 3]| -> [u16; 8] {
        [
            y / 1000,
            y / 100 % 10,
            y / 10 % 10,
            y % 10,
            m / 10,
            m % 10,
            d / 10,
            d % 10,
        ]
    };
    let (x, y) = (written(a), written(b));
    let wrong: Vec<usize> = (0..8).filter(|at| x[*at] != y[*at]).collect();
    let turned = |i: usize, j: usize| j == i + 1 && x[i] == y[j] && x[j] == y[i];
    match wrong.as_slice() {
        [_] => 3,
        [i, j] if turned(*i, *j) => 3,
        _ if u8::from(ay == by) + u8::from(am == bm) + u8::from(ad == bd) == 2 => 2,
        _ => u8::from(ay == by),
    }
}

fn number(a: &Number, b: &Number) -> u8 {
    if a.key == b.key {
        return 5;
    }
    if let (Some(x), Some(y)) = (a.card, b.card) {
        if a.chars[..14] == b.chars[..14]
            && (x.valid && y.valid || slips(&a.chars[14..], &b.chars[14..], 1) > 1)
        {
            return 1;
        }
        // A slip breaks the check: two numbers that both hold are two numbers.
        if x.valid && y.valid {
            return 0;
        }
    }
    match slips(&a.chars, &b.chars, 4) {
        0 | 1 => 4,
        2 => 3,
        3 | 4 if a.chars.len().min(b.chars.len()) > 8 => 2,
        _ => 0,
    }
}

fn phone(a: &Word, b: &Word) -> u8 {
    if a.key == b.key {
        return 3;
    }
    match slips(&a.chars, &b.chars, 2) {
        0 | 1 => 2,
        2 => 1,
        _ => 0,
    }
}

fn part(a: &Word, b: &Word) -> u8 {
    if a.key == b.key {
        return 4;
    }
    let (short, long) = (
        a.chars.len().min(b.chars.len()),
        a.chars.len().max(b.chars.len()),
    );
    if long - short <= 1 && long > 2 && slips(&a.chars, &b.chars, 1) <= 1 {
        return 3;
    }
    if short < 3 || long < 6 {
        return u8::from(short > 2 && slips(&a.chars, &b.chars, 2) <= 2);
    }
    match text::dice(&a.pieces, &b.pieces) {
        like if like >= 0.7 => 2,
        like if like >= 0.4 => 1,
        _ => 0,
    }
}

/// Compares two persons on all fields.
pub(super) fn compare(a: &Known, b: &Known, parts: usize) -> Pattern {
    let mut pattern = Pattern::EMPTY;
    let mut told = |at: usize, step: Option<u8>| {
        if let Some(step) = step {
            pattern.set(at, step);
        }
    };
    let families = both(a.family.as_ref(), b.family.as_ref()).map(|(a, b)| family(a, b));
    let givens = both(a.given.as_ref(), b.given.as_ref()).map(|(a, b)| given(a, b));
    let crossed = |a: &Known, b: &Known, alike: fn(&Name, &Name) -> bool| {
        both(a.family.as_ref(), b.given.as_ref()).is_some_and(|(x, y)| alike(x, y))
    };
    // Nobody knows which word of a passport is the family name.
    let spelt: fn(&Name, &Name) -> bool = |x, y| x.chinese != y.chinese && x.sound == y.sound;
    let equal: fn(&Name, &Name) -> bool = |x, y| x.word.key == y.word.key;
    if crossed(a, b, spelt) && crossed(b, a, spelt) {
        told(0, Some(2));
        told(1, Some(3));
    } else if families.is_none_or(|step| step == 0)
        && givens.is_none_or(|step| step < 2)
        && (crossed(a, b, equal) || crossed(b, a, equal))
    {
        told(1, Some(4));
    } else {
        told(0, families);
        told(1, givens);
    }
    told(
        2,
        both(a.middle.as_ref(), b.middle.as_ref()).map(|(a, b)| u8::from(a == b)),
    );
    // A card and a passport of one person have two numbers.
    let numbers = both(a.number.as_ref(), b.number.as_ref())
        .filter(|(a, b)| {
            a.letters_first == b.letters_first && a.card.is_some() == b.card.is_some()
                || slips(&a.chars, &b.chars, 2) <= 2
        })
        .map(|(a, b)| number(a, b));
    told(4, numbers);
    let (births, sexes) = if numbers.is_some() {
        (a.birth.zip(b.birth), a.sex.zip(b.sex))
    } else {
        (
            a.birth_or_card().zip(b.birth_or_card()),
            a.sex_or_card().zip(b.sex_or_card()),
        )
    };
    told(3, births.map(|(a, b)| birth(a, b)));
    told(5, sexes.map(|(a, b)| u8::from(a == b)));
    told(
        PHONE,
        both(a.phone.as_ref(), b.phone.as_ref()).map(|(a, b)| phone(a, b)),
    );
    for (at, (a, b)) in a.address.iter().zip(&b.address).take(parts).enumerate() {
        told(
            FIXED + at,
            both(a.as_ref(), b.as_ref()).map(|(a, b)| part(a, b)),
        );
    }
    pattern
}
