//! Stays in plain sorted rows: the tail in memory, and the long stays of a segment.

use std::borrow::Cow;
use std::ops::Range;

use super::{IMPUTED, Identity, Row, Stay};

/// Number, start, end, other number with its mark.
pub(crate) type FlatRow = [u32; 4];

/// Rows in both orders, borrowed.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flat<'a> {
    pub by_place: &'a [FlatRow],
    pub by_person: &'a [FlatRow],
    /// The longest of all, in seconds.
    pub longest: u32,
    /// How and how sure, in person order; empty when nobody asks.
    pub side: [&'a [u8]; 2],
}

/// The rows of `number` that can overlap the time from `from` to `to`.
pub(crate) fn within(
    rows: &[FlatRow],
    longest: u32,
    number: u32,
    from: u32,
    to: u32,
) -> Range<usize> {
    if rows.is_empty() {
        return 0..0;
    }
    let first = rows.partition_point(|r| {
        (r[0], u64::from(r[1]) + u64::from(longest)) <= (number, u64::from(from))
    });
    let rest = &rows[first..];
    first..first + rest.partition_point(|r| (r[0], r[1]) < (number, to))
}

/// The first row from `at` on that is not before `number` and `start`. Near rows are found soon.
pub(crate) fn first_from(rows: &[FlatRow], at: usize, number: u32, start: u32) -> usize {
    let before = |r: &FlatRow| (r[0], r[1]) < (number, start);
    let (mut at, mut step) = (at, 1);
    while rows.get(at + step).is_some_and(before) {
        at += step;
        step *= 2;
    }
    let rest = &rows[at..rows.len().min(at + step)];
    at + rest.partition_point(before)
}

/// A flat row as questions see it.
#[inline]
pub(crate) fn row(r: &FlatRow) -> Row {
    Row {
        other: r[3] & !IMPUTED,
        start: r[1],
        end: r[2],
        imputed: r[3] & IMPUTED != 0,
    }
}

fn mark(stay: &Stay) -> u32 {
    if stay.imputed { IMPUTED } else { 0 }
}

pub(crate) fn place_row(stay: &Stay) -> FlatRow {
    [stay.place, stay.start, stay.end, stay.person | mark(stay)]
}

pub(crate) fn person_row(stay: &Stay) -> FlatRow {
    [stay.person, stay.start, stay.end, stay.place | mark(stay)]
}

/// Stays in memory, in both orders; no two with the same identity.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// In person order, with everything that is known of them.
    pub stays: Vec<Stay>,
    by_place: Vec<FlatRow>,
    by_person: Vec<FlatRow>,
    side: [Vec<u8>; 2],
    longest: u32,
}

impl Run {
    /// From stays in person order.
    pub(crate) fn new(stays: Vec<Stay>) -> Self {
        let mut by_place: Vec<FlatRow> = stays.iter().map(place_row).collect();
        by_place.sort_unstable_by_key(in_order);
        Self::of_sorted(stays, by_place)
    }

    /// What is to be seen of two runs.
    pub(crate) fn merged(one: (&Self, &Hidden), other: (&Self, &Hidden)) -> Self {
        let stays = [one, other].map(|(run, hidden)| -> Cow<'_, [Stay]> {
            if hidden.is_empty() {
                Cow::Borrowed(&run.stays)
            } else {
                run.seen(hidden).copied().collect()
            }
        });
        let by_place = [one, other].map(|(run, hidden)| -> Cow<'_, [FlatRow]> {
            let seen = |r: &&FlatRow| !hidden.has((r[3] & !IMPUTED, r[1], r[0]));
            if hidden.is_empty() {
                Cow::Borrowed(&run.by_place)
            } else {
                run.by_place.iter().filter(seen).copied().collect()
            }
        });
        Self::of_sorted(
            merge(&stays[0], &stays[1], Stay::identity),
            merge(&by_place[0], &by_place[1], in_order),
        )
    }

    fn of_sorted(stays: Vec<Stay>, by_place: Vec<FlatRow>) -> Self {
        let by_person = stays.iter().map(person_row).collect();
        let longest = stays.iter().map(|s| s.end - s.start).max().unwrap_or(0);
        let side = [
            stays.iter().map(|s| s.how).collect(),
            stays.iter().map(|s| s.confidence).collect(),
        ];
        Self {
            stays,
            by_place,
            by_person,
            side,
            longest,
        }
    }

    /// The stays that are to be seen, in person order.
    pub(crate) fn seen<'a>(&'a self, hidden: &'a Hidden) -> impl Iterator<Item = &'a Stay> {
        let all = hidden.is_empty();
        self.stays
            .iter()
            .filter(move |s| all || !hidden.has(s.identity()))
    }

    pub(crate) fn flat(&self) -> Flat<'_> {
        Flat {
            by_place: &self.by_place,
            by_person: &self.by_person,
            longest: self.longest,
            side: [&self.side[0], &self.side[1]],
        }
    }
}

/// The order of flat rows: number, start, other number.
fn in_order(row: &FlatRow) -> (u64, u32) {
    (
        u64::from(row[0]) << 32 | u64::from(row[1]),
        row[3] & !IMPUTED,
    )
}

/// Two sorted lists as one.
fn merge<T: Copy, K: Ord>(one: &[T], other: &[T], key: impl Fn(&T) -> K) -> Vec<T> {
    let mut merged = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one, other);
    while let ([a, more_a @ ..], [b, more_b @ ..]) = (one, other) {
        if key(a) <= key(b) {
            merged.push(*a);
            one = more_a;
        } else {
            merged.push(*b);
            other = more_b;
        }
    }
    merged.extend_from_slice(one);
    merged.extend_from_slice(other);
    merged
}

/// Stays of one layer that later events replaced or withdrew: not to be seen any more.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hidden {
    by_place: Vec<(u32, u32, u32)>,
    by_person: Vec<Identity>,
}

impl Hidden {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_person.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_person.len()
    }

    pub(crate) fn has(&self, identity: Identity) -> bool {
        self.by_person.binary_search(&identity).is_ok()
    }

    /// What is hidden at a place, in order of start and person.
    #[inline]
    pub(crate) fn at_place(&self, place: u32) -> &[(u32, u32, u32)] {
        of_number(&self.by_place, place)
    }

    /// What is hidden of a person, in order of start and place.
    #[inline]
    pub(crate) fn of_person(&self, person: u32) -> &[Identity] {
        of_number(&self.by_person, person)
    }

    /// Hides more.
    pub(crate) fn extend(&mut self, more: &[Identity]) {
        self.by_person.extend_from_slice(more);
        self.by_person.sort_unstable();
        self.by_person.dedup();
        self.by_place = self
            .by_person
            .iter()
            .map(|(person, start, place)| (*place, *start, *person))
            .collect();
        self.by_place.sort_unstable();
    }
}

#[inline]
fn of_number(sorted: &[(u32, u32, u32)], number: u32) -> &[(u32, u32, u32)] {
    if sorted.is_empty() {
        return &[];
    }
    let first = sorted.partition_point(|h| h.0 < number);
    let rest = &sorted[first..];
    &rest[..rest.partition_point(|h| h.0 == number)]
}
