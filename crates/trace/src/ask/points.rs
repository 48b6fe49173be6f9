//! Epidemic points: places where a case stayed, with everybody who was there in the same days; and
//! places that several cases have in common.

use std::collections::BTreeSet;

use super::contacts::Scratch;
use super::rank::ranked;
use super::{Answer, Ask, Case, Contact, Overlap, Presence};
use crate::ids::{Moment, Place, Window};
use crate::index::layers::rows;

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

impl Ask<'_> {
    /// The places where the case had a stay of at least the shortest overlap within its window, in order
    /// of place, each with all visitors of the window.
    ///
    /// A place is left out as crowded when more stays than allowed fall into the window.
    pub fn points(&self, case: &Case, stay: &Overlap) -> Answer<Point> {
        self.points_with(case, stay, &mut Scratch::default())
    }

    /// As [`points`](Self::points), with room kept from question to question.
    pub fn points_with(&self, case: &Case, stay: &Overlap, scratch: &mut Scratch) -> Answer<Point> {
        let mut answer = Answer::default();
        let Some(person) = self.known(case.person) else {
            answer.unknown.push(case.person);
            return answer;
        };
        let (from, to) = (case.window.from.0, case.window.to.0);
        let shortest = stay.seconds_min.get();
        let presences = self.presences(person, case.window);
        let places: BTreeSet<u32> = presences
            .iter()
            .filter(|p| p.end - p.start >= shortest)
            .map(|p| p.place)
            .collect();
        let whole = |place: u32| Presence {
            place,
            start: from,
            end: to,
            imputed: false,
        };
        let points: Vec<Presence> = places.into_iter().map(whole).collect();
        let found = self.others(&points);
        for (at, point) in points.iter().enumerate() {
            let spans = found.of(at);
            if let Some(crowd) = self.crowd(point, stay, spans) {
                answer.crowds.push(crowd);
                continue;
            }
            let tally = &mut scratch.tally;
            tally.begin(rows(spans));
            for span in spans {
                span.each(|row| {
                    if row.end > from {
                        let visitor = self.aliases.canonical(row.other);
                        let (start, end) = (row.start.max(from), row.end.min(to));
                        tally.entry(visitor).add(start, end, row.imputed);
                    }
                });
            }
            answer.rows.push(Point {
                place: self.place(point.place),
                visitors: ranked(self.people, tally.entries(), &mut scratch.keys),
            });
        }
        answer.rows.sort_by_key(|point| point.place);
        answer
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
