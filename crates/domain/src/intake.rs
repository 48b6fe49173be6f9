//! What comes in through the door: channels and receipt numbers. Pure; where a record is kept and
//! who may hand one in is decided elsewhere. Start with [`Channel`].

use std::fmt;

/// The way a signal came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// The public page: a resident reports for themselves or somebody near.
    SelfReport,
    /// A form filled in by staff: clinic, school, checkpoint, hotline.
    StaffForm,
    /// Another program, through the JSON interface.
    Interface,
    /// A row of an imported list.
    LineList,
    /// A contact named by somebody else's report.
    NamedContact,
    /// What a task's visit or call found.
    TaskFeedback,
    /// An appeal against a measure, or a request to correct a fact.
    Appeal,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 7] = [
        Self::SelfReport,
        Self::StaffForm,
        Self::Interface,
        Self::LineList,
        Self::NamedContact,
        Self::TaskFeedback,
        Self::Appeal,
    ];

    /// The stored code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SelfReport => "self_report",
            Self::StaffForm => "staff_form",
            Self::Interface => "interface",
            Self::LineList => "line_list",
            Self::NamedContact => "named_contact",
            Self::TaskFeedback => "task_feedback",
            Self::Appeal => "appeal",
        }
    }

    /// Reads a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.code() == code)
    }

    /// Whether somebody must look at each record by itself. Rows of lists, named contacts, task
    /// feedback and appeals are looked at through their list, their case, their task and their own
    /// list.
    pub const fn needs_a_look(self) -> bool {
        match self {
            Self::SelfReport | Self::StaffForm | Self::Interface => true,
            Self::LineList | Self::NamedContact | Self::TaskFeedback | Self::Appeal => false,
        }
    }
}

/// Letters of receipt numbers: no vowels, nothing that looks like something else.
const LETTERS: &[u8; 25] = b"BCDFGHJKMNPQRTVWXY2346789";
/// Letters drawn at random; 25^11 is about 2^51, far too many to try out.
const DRAWN: usize = 11;

/// The number given to whoever reported: eleven random letters and a check letter, in groups of
/// four. It opens nothing but the state of that report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptCode(String);

impl ReceiptCode {
    /// Makes a number from random bytes.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        let mut number = u128::from_be_bytes(bytes);
        let mut letters = Vec::with_capacity(DRAWN + 1);
        for _ in 0..DRAWN {
            letters.push(letter(number));
            number /= LETTERS.len() as u128;
        }
        letters.push(check(&letters));
        Self(String::from_utf8_lossy(&letters).into_owned())
    }

    /// Reads a number as people type it: any case, with or without blanks and dashes.
    ///
    /// `None` when it cannot be one: wrong length, a letter that is never used, a slip of the hand.
    pub fn parse(text: &str) -> Option<Self> {
        let letters: Vec<u8> = text
            .bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|b| b.to_ascii_uppercase())
            .collect();
        let (last, drawn) = letters.split_last()?;
        let fits = drawn.len() == DRAWN
            && letters.iter().all(|b| LETTERS.contains(b))
            && check(drawn) == *last;
        fits.then(|| Self(String::from_utf8_lossy(&letters).into_owned()))
    }

    /// The stored form: twelve letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn letter(number: u128) -> u8 {
    let place = usize::try_from(number % LETTERS.len() as u128).unwrap_or_default();
    LETTERS.get(place).copied().unwrap_or(b'B')
}

/// Weighted sum over a prime-free alphabet: catches every single slip, as each weight is odd and
/// not a multiple of five.
fn check(letters: &[u8]) -> u8 {
    let sum: usize = letters
        .iter()
        .zip([1_usize, 3, 7, 9, 11, 13, 17, 19, 21, 23, 27])
        .map(|(b, weight)| weight * LETTERS.iter().position(|l| l == b).unwrap_or_default())
        .sum();
    letter(sum as u128)
}

impl fmt::Display for ReceiptCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, letter) in self.0.chars().enumerate() {
            if i > 0 && i % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_number_reads_back_however_it_is_typed() {
        let code = ReceiptCode::from_random([7; 16]);
        let shown = code.to_string();
        assert_eq!(shown.len(), 14);
        assert_eq!(ReceiptCode::parse(&shown), Some(code.clone()));
        assert_eq!(
            ReceiptCode::parse(&shown.to_lowercase().replace('-', " ")),
            Some(code)
        );
    }

    #[test]
    fn every_slip_of_one_letter_is_noticed() {
        let code = ReceiptCode::from_random([201; 16]);
        for place in 0..12 {
            for wrong in LETTERS {
                let mut letters = code.as_str().as_bytes().to_vec();
                if letters[place] != *wrong {
                    letters[place] = *wrong;
                    assert_eq!(
                        ReceiptCode::parse(std::str::from_utf8(&letters).unwrap()),
                        None
                    );
                }
            }
        }
    }

    #[test]
    fn channels_read_back() {
        for channel in Channel::ALL {
            assert_eq!(Channel::from_code(channel.code()), Some(channel));
        }
    }
}
