//! Overlaps added up by person: a small table of slots beside a dense list of entries.

/// Overlaps of one person, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Tables begin with between these powers of two of slots, as many as the rows that may come.
const BITS: std::ops::RangeInclusive<u32> = 5..=13;

/// Entries by person, in order of first sight.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    slots: Vec<u64>,
    shift: u32,
    entries: Vec<Entry>,
}

impl Tally {
    /// Forgets everything and makes room for so many rows. Small questions stay small, whatever came before.
    pub(crate) fn begin(&mut self, rows: usize) {
        let bits = rows.checked_ilog2().map_or(0, |log| log + 2);
        self.resize(bits.clamp(*BITS.start(), *BITS.end()));
        self.entries.clear();
    }

    fn resize(&mut self, bits: u32) {
        self.slots.clear();
        self.slots.resize(1 << bits, FREE);
        self.shift = u32::BITS - bits;
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of `person`, an empty one if there was none.
    #[inline]
    pub(crate) fn entry(&mut self, person: u32) -> &mut Entry {
        let slot = self.slot(person);
        let found = self.slots[slot];
        let at = if found == FREE {
            let at = self.entries.len();
            self.slots[slot] = u64::from(person) << 32 | at as u64;
            self.entries.push(Entry::none(person));
            if self.entries.len() * 2 > self.slots.len() {
                self.grow();
            }
            at
        } else {
            low(found)
        };
        &mut self.entries[at]
    }

    /// The slot that holds `person`, or the free one where it belongs. People are told apart without a look at
    /// their entries.
    #[inline]
    fn slot(&self, person: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (person.wrapping_mul(0x9E37_79B1) >> self.shift) as usize;
        loop {
            let found = self.slots[at];
            if found == FREE || found >> 32 == u64::from(person) {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.resize(u32::BITS - self.shift + 1);
        for at in 0..self.entries.len() {
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
                tally.entry(person * 7).add(start, start + 10, round == 1);
            }
        }
        assert_eq!(tally.entries().len(), 5_000);
        let entry = *tally.entry(14);
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
        assert_eq!(tally.entry(14).overlaps, 0);
    }
}
