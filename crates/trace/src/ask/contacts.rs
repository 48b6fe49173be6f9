//! Who was at the same place at the same time as a case, ranked.

use super::rank::{Keys, ranked};
use super::roll::RollRoom;
use super::tally::Tally;
use super::{Answer, Ask, CASES_TOGETHER, Case, Contact, Overlap, Presence};
use crate::ids::Window;
use crate::index::layers::{Cut, Span, rows};

/// Room that many questions in a row can share.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(super) tally: Tally,
    pub(super) keys: Keys,
    pub(super) roll: RollRoom,
}

impl<'a> Ask<'a> {
    /// The contacts of a case: everybody else whose stay overlapped one of the case's stays within the
    /// window for long enough, the longest together first, equal ones by pseudonym.
    pub fn contacts(&self, case: &Case, overlap: &Overlap) -> Answer<Contact> {
        self.contacts_with(case, overlap, &mut Scratch::default())
    }

    /// As [`contacts`](Self::contacts), with room kept from question to question.
    pub fn contacts_with(
        &self,
        case: &Case,
        overlap: &Overlap,
        scratch: &mut Scratch,
    ) -> Answer<Contact> {
        let mut only = Answer::default();
        self.contacts_of_each(std::slice::from_ref(case), overlap, scratch, |_, answer| {
            only = answer;
        });
        only
    }

    /// The contacts of many cases, each handed over with the place of its case in the list, in the order of the
    /// list. Quicker than one question for each: several cases are looked up side by side.
    pub fn contacts_of_each(
        &self,
        cases: &[Case],
        overlap: &Overlap,
        scratch: &mut Scratch,
        mut take: impl FnMut(usize, Answer<Contact>),
    ) {
        let Scratch { tally, keys, .. } = scratch;
        self.tally_contacts(cases, overlap, tally, |at, tally, mut answer| {
            answer.rows = ranked(self.people, tally.entries(), keys);
            take(at, answer);
        });
    }

    /// Adds up the contacts of each case without ranking them, and hands them over with what was left out.
    pub(super) fn tally_contacts(
        &self,
        cases: &[Case],
        overlap: &Overlap,
        tally: &mut Tally,
        mut take: impl FnMut(usize, &Tally, Answer<Contact>),
    ) {
        let shortest = overlap.seconds_min.get();
        let mut first = 0;
        for together in cases.chunks(CASES_TOGETHER) {
            let who: Vec<(Option<u32>, Window)> = together
                .iter()
                .map(|case| (self.known(case.person), case.window))
                .collect();
            let (mut presences, mut ends) = (Vec::new(), vec![0; who.len()]);
            self.each_presence(&who, |at, presence| {
                if presence.end - presence.start >= shortest {
                    presences.push(presence);
                }
                ends[at] = presences.len();
            });
            let found = self.others(&presences);
            let mut begin = 0;
            for ((case, (person, _)), end) in together.iter().zip(&who).zip(ends) {
                let mut answer = Answer::default();
                // Somebody without a stay has no end of their own.
                let looks = begin..end.max(begin);
                begin = looks.end;
                tally.begin(looks.clone().map(|look| rows(found.of(look))).sum());
                match *person {
                    None => answer.unknown.push(case.person),
                    Some(person) => {
                        for look in looks {
                            let (presence, spans) = (&presences[look], found.of(look));
                            match self.crowd(presence, overlap, spans) {
                                Some(crowd) => answer.crowds.push(crowd),
                                None => self.add_joint(person, presence, shortest, spans, tally),
                            }
                        }
                    }
                }
                take(first, tally, answer);
                first += 1;
            }
        }
    }

    /// Adds up the overlaps of everybody else in `spans` with one presence of `person`.
    #[inline]
    pub(super) fn add_joint(
        &self,
        person: u32,
        at: &Presence,
        shortest: u32,
        spans: &[Span<'a>],
        tally: &mut Tally,
    ) {
        let cut = Cut {
            from: at.start,
            to: at.end,
            shortest,
            without: Some(person),
        };
        self.add_cut(&cut, at.imputed, spans, tally);
    }

    /// Adds up what the rows in `spans` have in common with a time.
    #[inline]
    pub(super) fn add_cut(&self, cut: &Cut, imputed: bool, spans: &[Span<'a>], tally: &mut Tally) {
        let mut kept = tally.kept.take().unwrap_or_default();
        let who = |number| self.aliases.canonical(number);
        for span in spans {
            span.overlaps(cut, who, &mut kept, |rows| tally.add(rows, imputed));
        }
        tally.kept = Some(kept);
    }
}
