//! Overlaps added up by person: a small table of slots beside a dense list of entries.

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
const BITS: std::ops::RangeInclusive<u32> = 5..=14;

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
}

impl Tally {
    /// Forgets everything and makes room for so many rows. Small questions stay small, whatever came before.
    pub(crate) fn begin(&mut self, rows: usize) {
        let bits = rows.checked_ilog2().map_or(0, |log| log + 3);
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

    /// Adds an overlap to those of a person.
    ///
    /// Who comes again and who is new is hard to foretell, so both go the same way: the entry behind the last is
    /// made ready for whoever comes, and a slot that is free leads there.
    #[inline]
    pub(crate) fn add(&mut self, person: u32, start: u32, end: u32, imputed: bool) {
        if self.count >= self.most {
            self.grow();
        }
        let next = self.count;
        self.entries[next] = Entry::none(person);
        let slot = self.slot(person);
        let at = low(self.slots[slot]).min(next);
        self.slots[slot] = u64::from(person) << 32 | at as u64;
        self.count = next.max(at.wrapping_add(1));
        self.entries[at].add(start, end, imputed);
    }

    /// The slot that holds `person`, or the free one where it belongs. People are told apart without a look at
    /// their entries.
    #[inline]
    fn slot(&self, person: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (person.wrapping_mul(0x9E37_79B1) >> self.shift) as usize;
        loop {
            let found = self.slots[at & mask];
            if (found == FREE) | (found >> 32 == u64::from(person)) {
                return at & mask;
            }
            at = at.wrapping_add(1);
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.resize(u32::BITS - self.shift + 1);
        for at in 0..self.count {
            let person = self.entries[at].person;
            let slot = self.slot(person);
            self.slots[slot] = u64::from(person) << 32 | at as u64;
        }
    }
}

#[inline]
fn low(slot: u64) -> usize {
    usize::try_from(slot & u64::from(u32::MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_are_added_up_by_person() {
        let mut tally = Tally::default();
        tally.begin(3);
        for round in 0..3 {
            for person in 0..5_000 {
                let start = person + round * 100;
                tally.add(person * 7, start, start + 10, round == 1);
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
        tally.add(14, 7, 9, false);
        assert_eq!((tally.entries().len(), tally.entries()[0].overlaps), (1, 1));
    }
}
