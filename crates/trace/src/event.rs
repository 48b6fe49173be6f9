//! What can be told to the visit store: events as they come in, before anything is made of them.

use crate::ids::{Area, Moment, Person, Place, Stream};

/// How a stay is known. The order is that of the codes in files; new ones go to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// The person scanned the code of the place.
    Scan,
    /// A gate or guard scanned the person.
    Gate,
    /// A ticket with a name.
    Ticket,
    /// The person said so.
    Declared,
    /// An investigator found out.
    Investigated,
    /// Signals of a telephone.
    Telephone,
    /// A camera.
    Camera,
    /// Something else.
    Other,
}

impl How {
    /// All, in the order of their codes.
    pub const ALL: [Self; 8] = [
        Self::Scan,
        Self::Gate,
        Self::Ticket,
        Self::Declared,
        Self::Investigated,
        Self::Telephone,
        Self::Camera,
        Self::Other,
    ];

    /// The code in files.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The way that has the code; `Other` for codes of later versions.
    pub fn of_code(code: u8) -> Self {
        Self::ALL
            .get(usize::from(code))
            .copied()
            .unwrap_or(Self::Other)
    }

    /// The name in lists and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Gate => "gate",
            Self::Ticket => "ticket",
            Self::Declared => "declared",
            Self::Investigated => "investigated",
            Self::Telephone => "telephone",
            Self::Camera => "camera",
            Self::Other => "other",
        }
    }

    /// The way that is called so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.name() == name)
    }
}

/// Somebody was seen somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// Who.
    pub person: Person,
    /// Where.
    pub place: Place,
    /// From when.
    pub from: Moment,
    /// Until when, if anybody knows.
    pub to: Option<Moment>,
    /// How it is known.
    pub how: How,
    /// How sure, in percent.
    pub confidence: u8,
}

/// Something told to the visit store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A stay; one with the same person, place and start replaces it.
    Seen(Stream, Sighting),
    /// There was no such stay.
    Withdrawn {
        /// Of which kind.
        stream: Stream,
        /// Whose.
        person: Person,
        /// Where.
        place: Place,
        /// The start it was told with.
        from: Moment,
    },
    /// A place lies in an area: later stays there are kept with that area's.
    Located {
        /// Of which kind.
        stream: Stream,
        /// Which place.
        place: Place,
        /// Where it lies.
        area: Area,
    },
    /// At a place, an end that nobody knows is assumed at most so many seconds after the start, whatever the
    /// store's rule for all others is; nothing: that rule holds here too.
    Assumed {
        /// Of which kind.
        stream: Stream,
        /// Which place.
        place: Place,
        /// The longest stay that is assumed.
        seconds_max: Option<u32>,
    },
    /// Two pseudonyms are one person; a pseudonym that is told to be itself stands alone again.
    Same {
        /// The pseudonym that is no person of its own.
        person: Person,
        /// The one that stands for both.
        as_person: Person,
    },
}
