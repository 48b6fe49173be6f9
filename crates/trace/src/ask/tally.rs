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

    #[inline]
    pub(crate) fn add(&mut self, start: u32, end: u32, imputed: bool) {
        self.overlaps += 1;
        self.seconds += u64::from(end - start);
        self.first = self.first.min(start);
        self.last = self.last.max(end);
        self.imputed += u32::from(imputed);
    }
}

const FREE: u32 = u32::MAX;

/// Entries by person, in order of first sight.
#[derive(Debug)]
pub(crate) struct Tally {
    slots: Vec<u32>,
    shift: u32,
    entries: Vec<Entry>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            slots: vec![FREE; 1 << 10],
            shift: 32 - 10,
            entries: Vec::new(),
        }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Forgets everything, keeps the room.
    pub(crate) fn clear(&mut self) {
        self.slots.fill(FREE);
        self.entries.clear();
    }

    /// The entry of `person`, an empty one if there was none.
    #[inline]
    pub(crate) fn entry(&mut self, person: u32) -> &mut Entry {
        let slot = self.slot(person);
        let mut at = self.slots[slot];
        if at == FREE {
            at = u32::try_from(self.entries.len()).unwrap_or(FREE - 1);
            self.slots[slot] = at;
            self.entries.push(Entry::none(person));
            if self.entries.len() * 2 > self.slots.len() {
                self.grow();
            }
        }
        &mut self.entries[at as usize]
    }

    #[inline]
    fn slot(&self, person: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (person.wrapping_mul(0x9E37_79B1) >> self.shift) as usize;
        loop {
            let found = self.slots[at];
            if found == FREE || self.entries[found as usize].person == person {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.slots = vec![FREE; self.slots.len() * 4];
        self.shift -= 2;
        for at in 0..self.entries.len() {
            let slot = self.slot(self.entries[at].person);
            self.slots[slot] = u32::try_from(at).unwrap_or(FREE - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_are_added_up_by_person() {
        let mut tally = Tally::new();
        for round in 0..3 {
            for person in 0..5_000 {
                tally.entry(person * 7).add(
                    person + round * 100,
                    person + round * 100 + 10,
                    round == 1,
                );
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
        tally.clear();
        assert_eq!(tally.entries(), []);
        assert_eq!(tally.entry(14).overlaps, 0);
    }
}
