//! Why two people are a pair: where, when, how long, and how each stay is known.

use super::{Ask, Overlap, Presence};
use crate::event::How;
use crate::ids::{Moment, Person, Place, Window};

/// One side of an overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The whole stay.
    pub stay: Window,
    /// How it is known.
    pub how: How,
    /// How sure, in percent.
    pub confidence: u8,
    /// Whether its end was imputed.
    pub imputed: bool,
}

/// One overlap of two people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meeting {
    /// Where.
    pub place: Place,
    /// From when to when they were both there, within the window.
    pub together: Window,
    /// How the first one's stay is known.
    pub one: Known,
    /// How the other's stay is known.
    pub other: Known,
}

impl Ask<'_> {
    /// Every overlap of two people within a window, in order of time and place.
    ///
    /// The sums of a contact are the sums of these, with the same window and shortest overlap.
    pub fn meetings(
        &self,
        one: Person,
        other: Person,
        window: Window,
        overlap: &Overlap,
    ) -> Vec<Meeting> {
        let (Some(a), Some(b)) = (self.known(one), self.known(other)) else {
            return Vec::new();
        };
        if a == b {
            return Vec::new();
        }
        let shortest = overlap.seconds_min.get();
        let (ours, theirs) = (self.known_stays(a, window), self.known_stays(b, window));
        let mut found = Vec::new();
        for (mine, mine_known) in &ours {
            for (their, their_known) in theirs.iter().filter(|(their, _)| their.place == mine.place)
            {
                let (start, end) = (mine.start.max(their.start), mine.end.min(their.end));
                if start.saturating_add(shortest) <= end {
                    found.push(Meeting {
                        place: self.place(mine.place),
                        together: Window::new(Moment(start), Moment(end)),
                        one: *mine_known,
                        other: *their_known,
                    });
                }
            }
        }
        found.sort_by_key(|m| {
            (
                m.together.from,
                m.together.to,
                m.place,
                m.one.stay.from,
                m.other.stay.from,
            )
        });
        found
    }

    fn known_stays(&self, person: u32, window: Window) -> Vec<(Presence, Known)> {
        let mut found = Vec::new();
        let (from, to) = (window.from.0, window.to.0);
        for number in self.aliases.numbers_of(person) {
            self.layers
                .of_person_known(number, from, to, |row, how, confidence| {
                    let presence = Presence {
                        place: row.other,
                        start: row.start.max(from),
                        end: row.end.min(to),
                        imputed: row.imputed,
                    };
                    let known = Known {
                        stay: Window::new(Moment(row.start), Moment(row.end)),
                        how: How::of_code(how),
                        confidence,
                        imputed: row.imputed,
                    };
                    found.push((presence, known));
                });
        }
        found
    }
}
