//! Epidemic points: places where a case stayed, with everybody who was there in the same days; and
//! places that several cases have in common.

use super::contacts::Scratch;
use super::rank::ranked;
use super::{Answer, Ask, CASES_TOGETHER, Case, Contact, Overlap, Presence};
use crate::ids::{Moment, Place, Window};
use crate::index::layers::{Cut, Span, rows};

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
    /// Quicker than one question for each: several cases are looked up side by side.
    pub fn points_of_each(
        &self,
        cases: &[Case],
        stay: &Overlap,
        scratch: &mut Scratch,
        mut take: impl FnMut(usize, Answer<Point>),
    ) {
        let mut first = 0;
        for together in cases.chunks(CASES_TOGETHER) {
            let who: Vec<(Option<u32>, Window)> = together
                .iter()
                .map(|case| (self.known(case.person), case.window))
                .collect();
            // The case, and the place for the whole window.
            let mut points: Vec<(usize, u32)> = Vec::new();
            self.each_presence(&who, |at, presence| {
                if presence.end - presence.start >= stay.seconds_min.get() {
                    points.push((at, presence.place));
                }
            });
            points.sort_unstable();
            points.dedup();
            let whole = |(at, place): &(usize, u32)| Presence {
                place: *place,
                start: who[*at].1.from.0,
                end: who[*at].1.to.0,
                imputed: false,
            };
            let wholes: Vec<Presence> = points.iter().map(whole).collect();
            let found = self.others(&wholes);
            let mut look = 0;
            for (at, (case, (person, _))) in together.iter().zip(&who).enumerate() {
                let mut answer = Answer::default();
                if person.is_none() {
                    answer.unknown.push(case.person);
                }
                while points.get(look).is_some_and(|(of, _)| *of == at) {
                    let (point, spans) = (&wholes[look], found.of(look));
                    look += 1;
                    match self.crowd(point, stay, spans) {
                        Some(crowd) => answer.crowds.push(crowd),
                        None => answer.rows.push(self.point(point, spans, scratch)),
                    }
                }
                answer.rows.sort_by_key(|point| point.place);
                take(first, answer);
                first += 1;
            }
        }
    }

    /// A place with everybody who was there, from its rows.
    fn point(&self, whole: &Presence, spans: &[Span<'a>], scratch: &mut Scratch) -> Point {
        let Scratch { tally, keys } = scratch;
        let cut = Cut {
            from: whole.start,
            to: whole.end,
            shortest: 0,
            without: None,
        };
        tally.begin(rows(spans));
        self.add_cut(&cut, false, spans, tally);
        Point {
            place: self.place(whole.place),
            visitors: ranked(self.people, tally.entries(), keys),
        }
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
