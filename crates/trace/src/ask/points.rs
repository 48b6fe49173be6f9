//! Epidemic points: places where a case stayed, with everybody who was there in the same days; and
//! places that several cases have in common.

use std::collections::BTreeMap;

use super::contacts::Scratch;
use super::rank::{Keys, ranked, ranked_in_order};
use super::roll::Roll;
use super::{Answer, Ask, CASES_TOGETHER, Case, Contact, Overlap, Presence};
use crate::ids::{Moment, Place, Window};
use crate::index::layers::{By, Cut, Found, Look, Span, rows};

/// A place where a case stayed, and its visitors within the case's window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Where.
    pub place: Place,
    /// Everybody there within the window, the case too, the longest there first.
    pub visitors: Vec<Contact>,
}

/// A place that several cases have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedPlace {
    /// Where.
    pub place: Place,
    /// How many of the cases were there within their windows.
    pub cases: u32,
    /// Start of the first of their stays.
    pub first: Moment,
    /// End of the last.
    pub last: Moment,
}

/// Of so many cases at most the places that they have in common are made ready.
const CASES_SHARING: usize = 1 << 10;
/// A place is made ready when its rows would otherwise be read so many times, and not when they are few. The choice
/// is ours.
const ROLL_TIMES: usize = 2;
const ROLL_ROWS_MIN: usize = 1 << 12;

impl<'a> Ask<'a> {
    /// The places where the case had a stay of at least the shortest overlap within its window, in order
    /// of place, each with all visitors of the window.
    ///
    /// A place is left out as crowded when more stays than allowed fall into the window.
    pub fn points(&self, case: &Case, stay: &Overlap) -> Answer<Point> {
        self.points_with(case, stay, &mut Scratch::default())
    }

    /// As [`points`](Self::points), with room kept from question to question.
    pub fn points_with(&self, case: &Case, stay: &Overlap, scratch: &mut Scratch) -> Answer<Point> {
        let mut only = Answer::default();
        self.points_of_each(std::slice::from_ref(case), stay, scratch, |_, answer| {
            only = answer;
        });
        only
    }

    /// The points of many cases, each handed over with the place of its case in the list, in the order of the list.
    /// Quicker than one question for each: several cases are looked up side by side, and a place that many of
    /// them have in common is made ready once.
    pub fn points_of_each(
        &self,
        cases: &[Case],
        stay: &Overlap,
        scratch: &mut Scratch,
        mut take: impl FnMut(usize, Answer<Point>),
    ) {
        let mut first = 0;
        for sharing in cases.chunks(CASES_SHARING) {
            let who: Vec<(Option<u32>, Window)> = sharing
                .iter()
                .map(|case| (self.known(case.person), case.window))
                .collect();
            let stayed = self.stayed(&who, stay.seconds_min.get());
            let whole = |(at, place): &(usize, u32)| Look {
                number: *place,
                from: who[*at].1.from.0,
                to: who[*at].1.to.0,
            };
            let looks: Vec<Look> = stayed.iter().map(whole).collect();
            let mut found = Found::default();
            self.layers.locate(By::Place, &looks, &mut found);
            let rolls = self.rolls(&looks, &found, &mut scratch.keys);
            let mut look = 0;
            for (at, (case, (person, _))) in sharing.iter().zip(&who).enumerate() {
                if at % CASES_TOGETHER == 0 {
                    let behind = at + CASES_TOGETHER;
                    found.fetch(look..stayed.partition_point(|(of, _)| *of < behind));
                }
                let mut answer = Answer::default();
                if person.is_none() {
                    answer.unknown.push(case.person);
                }
                while stayed.get(look).is_some_and(|(of, _)| *of == at) {
                    let (point, spans) = (&looks[look], found.of(look));
                    look += 1;
                    let presence = Presence {
                        place: point.number,
                        start: point.from,
                        end: point.to,
                        imputed: false,
                    };
                    if let Some(crowd) = self.crowd(&presence, stay, spans) {
                        answer.crowds.push(crowd);
                        continue;
                    }
                    let visitors = match rolls.get(&point.number) {
                        Some(roll) => visitors_of_roll(roll, point, scratch),
                        None => self.visitors(point, spans, scratch),
                    };
                    let place = self.place(point.number);
                    answer.rows.push(Point { place, visitors });
                }
                answer.rows.sort_by_key(|point| point.place);
                take(first + at, answer);
            }
            first += sharing.len();
        }
    }

    /// Where each of several people stayed long enough at once: the place of the person in the list, and the number of
    /// the place, in order.
    fn stayed(&self, who: &[(Option<u32>, Window)], shortest: u32) -> Vec<(usize, u32)> {
        let mut stayed = Vec::new();
        for (piece, together) in who.chunks(CASES_TOGETHER).enumerate() {
            self.each_presence(together, |at, presence| {
                if presence.end - presence.start >= shortest {
                    stayed.push((piece * CASES_TOGETHER + at, presence.place));
                }
            });
        }
        stayed.sort_unstable();
        stayed.dedup();
        stayed
    }

    /// Makes ready the places that are looked at so often that it is worth it.
    fn rolls(&self, looks: &[Look], found: &Found<'_>, keys: &mut Keys) -> BTreeMap<u32, Roll> {
        let mut rolls = BTreeMap::new();
        let mut order: Vec<usize> = (0..looks.len()).collect();
        order.sort_unstable_by_key(|at| looks[*at].number);
        for same in order.chunk_by(|a, b| looks[*a].number == looks[*b].number) {
            let rows_read: usize = same.iter().map(|at| rows(found.of(*at))).sum();
            if same.len() < ROLL_TIMES || rows_read < ROLL_ROWS_MIN {
                continue;
            }
            let times = same.iter().map(|at| looks[*at]);
            let Some(all) = times.reduce(|all, look| Look {
                from: all.from.min(look.from),
                to: all.to.max(look.to),
                ..all
            }) else {
                continue;
            };
            let mut found = Found::default();
            self.layers.find(By::Place, &[all], &mut found);
            let spans = found.of(0);
            if rows_read / ROLL_TIMES >= rows(spans) {
                let who = |number| self.aliases.canonical(number);
                let roll = Roll::new(spans, self.people, who, keys);
                rolls.insert(all.number, roll);
            }
        }
        rolls
    }

    /// Everybody who was at a place, from its rows.
    fn visitors(&self, at: &Look, spans: &[Span<'a>], scratch: &mut Scratch) -> Vec<Contact> {
        let Scratch { tally, keys, .. } = scratch;
        let cut = Cut {
            from: at.from,
            to: at.to,
            shortest: 0,
            without: None,
        };
        tally.begin(rows(spans));
        self.add_cut(&cut, false, spans, tally);
        ranked(self.people, tally.entries(), keys)
    }

    /// Places where at least `cases_min` of the cases were within their windows, most cases first, then
    /// in order of place.
    pub fn shared_places(&self, cases: &[Case], cases_min: u32) -> Answer<SharedPlace> {
        let mut answer = Answer::default();
        let mut stays: Vec<(u32, u32, Window)> = Vec::new();
        for case in cases {
            let Some(person) = self.known(case.person) else {
                answer.unknown.push(case.person);
                continue;
            };
            let presences = self.presences(person, case.window);
            let within = |p: &Presence| Window::new(Moment(p.start), Moment(p.end));
            stays.extend(presences.iter().map(|p| (p.place, person, within(p))));
        }
        stays.sort_unstable_by_key(|(place, person, _)| (*place, *person));
        for group in stays.chunk_by(|a, b| a.0 == b.0) {
            let people = group.chunk_by(|a, b| a.1 == b.1).count();
            let cases = u32::try_from(people).unwrap_or(u32::MAX);
            if cases >= cases_min {
                answer.rows.push(SharedPlace {
                    place: self.place(group[0].0),
                    cases,
                    first: group.iter().map(|s| s.2.from).min().unwrap_or_default(),
                    last: group.iter().map(|s| s.2.to).max().unwrap_or_default(),
                });
            }
        }
        answer
            .rows
            .sort_by_key(|row| (std::cmp::Reverse(row.cases), row.place));
        answer
    }
}

/// Everybody who was at a place that was made ready.
fn visitors_of_roll(roll: &Roll, at: &Look, scratch: &mut Scratch) -> Vec<Contact> {
    let Scratch {
        keys, roll: room, ..
    } = scratch;
    roll.add_up(at.from, at.to, room);
    ranked_in_order(room.contacts(), keys)
}
