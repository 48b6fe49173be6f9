//! The index: stays by place and by person, as bytes that can be mapped, and views over them.
//!
//! Pure: bytes in, bytes out. Must not read or write files. [`order`] is one sorting of the stays,
//! [`segment`] a file of two, [`flat`] the same for the few that are in memory, [`layers`] all of them together.

pub(crate) mod flat;
pub(crate) mod layers;
pub(crate) mod order;
pub(crate) mod segment;

/// In a column of numbers: the end of this stay was imputed.
pub(crate) const IMPUTED: u32 = 1 << 31;

/// A stay with numbers for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stay {
    pub person: u32,
    pub place: u32,
    pub start: u32,
    pub end: u32,
    /// When it was recorded.
    pub noted: u32,
    pub how: u8,
    pub confidence: u8,
    pub imputed: bool,
}

impl Stay {
    /// What makes it this stay and no other, in person order.
    pub(crate) fn identity(&self) -> Identity {
        (self.person, self.start, self.place)
    }

    /// Its place in place order.
    pub(crate) fn by_place(&self) -> (u32, u32, u32) {
        (self.place, self.start, self.person)
    }
}

/// Person, start, place.
pub(crate) type Identity = (u32, u32, u32);

/// One row as questions see it. `other` is the person in place order, the place in person order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub other: u32,
    pub start: u32,
    pub end: u32,
    pub imputed: bool,
}
