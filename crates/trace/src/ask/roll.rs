//! A place that many cases have in common, made ready once: its rows with people told by their place in the order of
//! pseudonyms.
//!
//! For each case then neither people nor pseudonyms have to be looked up, and people who stayed equally long come
//! in their order by themselves.

use super::Contact;
use super::rank::{Keys, sort_by_digits};
use crate::ids::{Moment, Person};
use crate::index::Row;
use crate::index::layers::Span;
use crate::numbers::Numbers;

/// The rows of one place, layer by layer.
#[derive(Debug)]
pub(crate) struct Roll {
    /// Pseudonyms of everybody who was there, in order.
    people: Vec<Person>,
    sheets: Vec<Sheet>,
}

/// The rows of one layer in order of people, `other` being a place in the list of people.
#[derive(Debug)]
struct Sheet {
    rows: Vec<Row>,
    start_min: u32,
    end_max: u32,
}

/// What somebody without an overlap has.
const NONE: Contact = Contact {
    person: Person(0),
    overlaps: 0,
    seconds: 0,
    first: Moment(u32::MAX),
    last: Moment(0),
    imputed: 0,
};

/// Room that many additions in a row can share.
#[derive(Debug, Default)]
pub(crate) struct RollRoom {
    /// By place in the list of people; between two additions all of them are empty.
    sums: Vec<Contact>,
    /// What came out: those who have overlaps, in order of pseudonym, and one more.
    contacts: Vec<Contact>,
    count: usize,
}

impl RollRoom {
    /// Everybody who has overlaps, in order of pseudonym.
    pub(crate) fn contacts(&self) -> &[Contact] {
        &self.contacts[..self.count]
    }
}

impl Roll {
    /// From all rows that can matter. `who` says which number stands for a number.
    pub(crate) fn new(
        spans: &[Span<'_>],
        people: &Numbers,
        who: impl Fn(u32) -> u32,
        keys: &mut Keys,
    ) -> Self {
        let mut sheets: Vec<Sheet> = Vec::with_capacity(spans.len());
        let mut present = vec![0_u64; people.len().div_ceil(64)];
        for span in spans {
            let mut sheet = Sheet {
                rows: Vec::with_capacity(span.len()),
                start_min: u32::MAX,
                end_max: 0,
            };
            span.each(|row| {
                let other = who(row.other);
                present[(other >> 6) as usize] |= 1 << (other & 63);
                sheet.start_min = sheet.start_min.min(row.start);
                sheet.end_max = sheet.end_max.max(row.end);
                sheet.rows.push(Row { other, ..row });
            });
            sheets.push(sheet);
        }
        let (mut before, mut numbers) = (Vec::with_capacity(present.len()), Vec::new());
        for (word, bits) in (0_u32..).zip(&present) {
            before.push(numbers.len());
            let mut bits = *bits;
            while bits != 0 {
                numbers.push(word << 6 | bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
        let mut pseudonyms = Vec::new();
        people.keys_of(numbers.into_iter(), &mut pseudonyms);
        let mut order: Vec<(u64, u32)> = pseudonyms.into_iter().zip(0..).collect();
        order.sort_unstable();
        let mut places = vec![0_u32; order.len()];
        for (place, (_, at)) in (0..).zip(&order) {
            places[*at as usize] = place;
        }
        let place = |number: u32| {
            let (word, bit) = ((number >> 6) as usize, 1_u64 << (number & 63));
            let lower = (present[word] & (bit - 1)).count_ones() as usize;
            places[before[word] + lower]
        };
        for sheet in &mut sheets {
            keys.order.clear();
            let by_place = (0_u64..)
                .zip(&sheet.rows)
                .map(|(at, row)| u64::from(place(row.other)) << 32 | at);
            keys.order.extend(by_place);
            sort_by_digits(keys);
            let sorted = keys.order.iter().map(|key| {
                let row = sheet.rows[super::rank::place(*key)];
                let other = super::rank::upper(*key);
                Row { other, ..row }
            });
            sheet.rows = sorted.collect();
        }
        Self {
            people: order.into_iter().map(|(key, _)| Person(key)).collect(),
            sheets,
        }
    }

    /// Adds up, for everybody, what the rows have in common with a time.
    #[inline(never)]
    pub(crate) fn add_up(&self, from: u32, to: u32, room: &mut RollRoom) {
        if room.sums.len() < self.people.len() {
            room.sums.resize(self.people.len(), NONE);
            room.contacts.resize(self.people.len() + 1, NONE);
        }
        let sums = &mut room.sums[..self.people.len()];
        for sheet in self
            .sheets
            .iter()
            .filter(|s| s.start_min < to && s.end_max > from)
        {
            for row in &sheet.rows {
                // Which rows count is hard to foretell where the time begins and ends: all go the same way.
                let counts = u32::from(row.end > from) & u32::from(row.start < to);
                let mask = 0_u32.wrapping_sub(counts);
                let (start, end) = (row.start.max(from), row.end.min(to));
                let sum = &mut sums[row.other as usize];
                sum.overlaps = sum.overlaps.wrapping_add(counts);
                sum.seconds = (sum.seconds).wrapping_add(u64::from(end.wrapping_sub(start) & mask));
                sum.first.0 = sum.first.0.min(start | !mask);
                sum.last.0 = sum.last.0.max(end & mask);
                sum.imputed = sum.imputed.wrapping_add(counts & u32::from(row.imputed));
            }
        }
        let contacts = &mut room.contacts[..=self.people.len()];
        let mut count = 0;
        for (sum, person) in sums.iter_mut().zip(&self.people) {
            let sum = std::mem::replace(sum, NONE);
            contacts[count] = Contact {
                person: *person,
                ..sum
            };
            count = count.wrapping_add(usize::from(sum.overlaps > 0));
        }
        room.count = count;
    }
}
