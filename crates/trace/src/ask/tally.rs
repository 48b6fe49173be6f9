//! Overlaps added up by person: a small table of slots beside a dense list of entries.

use crate::index::Row;
use crate::index::layers::Kept;

/// Overlaps of one person, added up. Two lie in a line of memory, none across two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(32))]
pub(crate) struct Entry {
    pub person: u32,
    pub overlaps: u32,
    pub seconds: u64,
    pub first: u32,
    pub last: u32,
    pub imputed: u32,
}

impl Entry {
    pub(crate) const fn none(person: u32) -> Self {
        Self {
            person,
            overlaps: 0,
            seconds: 0,
            first: u32::MAX,
            last: 0,
            imputed: 0,
        }
    }

    /// Adds an overlap. One person has far fewer than the numbers here can count.
    #[inline]
    pub(crate) fn add(&mut self, start: u32, end: u32, imputed: bool) {
        self.overlaps = self.overlaps.wrapping_add(1);
        self.seconds = self
            .seconds
            .wrapping_add(u64::from(end.wrapping_sub(start)));
        self.first = self.first.min(start);
        self.last = self.last.max(end);
        self.imputed = self.imputed.wrapping_add(u32::from(imputed));
    }
}

/// A slot: a person, and where the entry is. No entry is ever at the end of the range.
const FREE: u64 = u64::MAX;

/// Tables begin with between these powers of two of slots, some for each row that may come.
const BITS: std::ops::RangeInclusive<u32> = 6..=14;

/// Entries by person, in order of first sight.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    slots: Vec<u64>,
    shift: u32,
    /// The entries, and at least one that is free behind them.
    entries: Vec<Entry>,
    count: usize,
    /// No more than this without more slots.
    most: usize,
    /// Room for the rows that come.
    pub kept: Option<Box<Kept>>,
}

impl Tally {
    /// Forgets everything and makes room for so many rows. Small questions stay small, whatever came before.
    pub(crate) fn begin(&mut self, rows: usize) {
        let bits = rows.checked_ilog2().map_or(0, |log| log + 2);
        self.resize(bits.clamp(*BITS.start(), *BITS.end()));
        self.count = 0;
    }

    fn resize(&mut self, bits: u32) {
        self.slots.clear();
        self.slots.resize(1 << bits, FREE);
        self.shift = u32::BITS - bits;
        self.most = self.slots.len() / 2;
        if self.entries.len() <= self.most {
            self.entries.resize(self.most + 1, Entry::none(0));
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries[..self.count]
    }

    /// Adds overlaps to those of their people, all of them as imputed when the other side of each is.
    ///
    /// Who comes again and who is new is hard to foretell, so both go the same way: the entry behind the last is
    /// made ready for whoever comes, and a slot that is free leads there.
    #[inline(never)]
    pub(crate) fn add(&mut self, rows: &[Row], imputed: bool) {
        while self.count + rows.len() > self.most {
            self.grow();
        }
        let (slots, shift) = (self.slots.as_mut_slice(), self.shift);
        let entries = self.entries.as_mut_slice();
        let mut next = self.count;
        for row in rows {
            entries[next] = Entry::none(row.other);
            let slot = slot(slots, shift, row.other);
            let at = low(slots[slot]).min(next);
            slots[slot] = filled(row.other, at);
            next = next.max(at.wrapping_add(1));
            entries[at].add(row.start, row.end, imputed || row.imputed);
        }
        self.count = next;
    }

    #[cold]
    fn grow(&mut self) {
        self.resize(u32::BITS - self.shift + 1);
        for at in 0..self.count {
            let person = self.entries[at].person;
            let slot = slot(&self.slots, self.shift, person);
            self.slots[slot] = filled(person, at);
        }
    }
}

/// The slot that holds `person`, or the free one where it belongs. People are told apart without a look at their
/// entries, and whoever is there from what is free by one comparison.
#[inline]
fn slot(slots: &[u64], shift: u32, person: u32) -> usize {
    let mask = slots.len().wrapping_sub(1);
    let mut at = (person.wrapping_mul(0x9E37_79B1) >> shift) as usize & mask;
    loop {
        let found = slots[at];
        if (found >> 32 ^ u64::from(person)).min(found.wrapping_add(1)) == 0 {
            return at;
        }
        at = at.wrapping_add(1) & mask;
    }
}

#[inline]
fn filled(person: u32, at: usize) -> u64 {
    u64::from(person) << 32 | at as u64
}

#[inline]
fn low(slot: u64) -> usize {
    usize::try_from(slot & u64::from(u32::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn row(other: u32, start: u32, end: u32, imputed: bool) -> Row {
        Row {
            other,
            start,
            end,
            imputed,
        }
    }

    #[test]
    fn overlaps_are_added_up_by_person() {
        let mut tally = Tally::default();
        tally.begin(3);
        for round in 0..3 {
            let mut rows = Vec::new();
            for person in 0..5_000 {
                let start = person + round * 100;
                rows.push(row(person * 7, start, start + 10, round == 1));
            }
            for rows in rows.chunks(100) {
                tally.add(rows, false);
            }
        }
        assert_eq!(tally.entries().len(), 5_000);
        let entry = tally.entries()[2];
        assert_eq!(entry.person, 14);
        assert_eq!(
            (
                entry.overlaps,
                entry.seconds,
                entry.first,
                entry.last,
                entry.imputed
            ),
            (3, 30, 2, 212, 1)
        );
        tally.begin(0);
        assert_eq!(tally.entries(), []);
        tally.add(&[row(14, 7, 9, false)], true);
        let entry = tally.entries()[0];
        assert_eq!(
            (tally.entries().len(), entry.overlaps, entry.imputed),
            (1, 1, 1)
        );
    }
}
