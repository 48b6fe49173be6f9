//! Dense numbers for keys: what segments hold instead of pseudonyms.
//!
//! A number is given at first sight, never changes and is never given again. Open addressing, because
//! this table is read for every event that comes in.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::spread::Spread;

/// Numbers leave room beside them in the rows of segments.
pub(crate) const NUMBERS_MAX: u32 = 1 << 30;

const EMPTY: u32 = u32::MAX;

/// Keys and their numbers: those of the last seal, shared, and the few given since.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbers {
    base: Arc<Base>,
    recent: Table,
}

/// Numbers that were given before the last seal.
#[derive(Debug, Default)]
struct Base {
    keys: Spread<u64>,
    gone: BTreeSet<u32>,
    slots: Spread<u32>,
}

impl Numbers {
    /// The table that gave `keys` the numbers 0, 1, 2, …, some of which were erased.
    pub(crate) fn from_parts(keys: Vec<u64>, gone: BTreeSet<u32>) -> Self {
        let slots = slots_of(&keys, &gone);
        let base = Base {
            keys: keys.into(),
            gone,
            slots: slots.into(),
        };
        Self {
            base: Arc::new(base),
            recent: Table::default(),
        }
    }

    /// How many numbers were given, erased ones too.
    pub(crate) fn len(&self) -> usize {
        self.base.keys.len() + self.recent.keys.len()
    }

    /// All keys in order of their numbers; zero where one was erased.
    pub(crate) fn keys(&self) -> impl Iterator<Item = u64> + '_ {
        self.base.keys.iter().chain(&self.recent.keys).copied()
    }

    /// As [`key`](Self::key) for many, one look beside the other.
    pub(crate) fn keys_of(&self, numbers: impl Iterator<Item = u32>, into: &mut Vec<u64>) {
        let base: &[u64] = &self.base.keys;
        let recent = |at: usize| self.recent.keys.get(at - base.len()).copied();
        into.clear();
        into.extend(numbers.map(|number| {
            let at = number as usize;
            let key = base.get(at).copied().or_else(|| recent(at));
            key.unwrap_or_default()
        }));
    }

    /// Numbers that were erased.
    pub(crate) fn gone(&self) -> &BTreeSet<u32> {
        &self.base.gone
    }

    /// The key of a number that was given.
    #[inline]
    pub(crate) fn key(&self, number: u32) -> u64 {
        let at = number as usize;
        let in_recent = || self.recent.keys.get(at - self.base.keys.len()).copied();
        self.base
            .keys
            .get(at)
            .copied()
            .or_else(in_recent)
            .unwrap_or_default()
    }

    pub(crate) fn find(&self, key: u64) -> Option<u32> {
        let recent = || self.recent.find(key).map(|n| n + self.first_recent());
        find(&self.base.slots, &self.base.keys, key).or_else(recent)
    }

    /// The number of `key`, a new one if it had none; nothing when there are no numbers left.
    pub(crate) fn number(&mut self, key: u64) -> Option<u32> {
        if let Some(number) = find(&self.base.slots, &self.base.keys, key) {
            return Some(number);
        }
        let first = self.first_recent();
        self.recent
            .number(key, NUMBERS_MAX - first)
            .map(|n| n + first)
    }

    /// Moves what is recent to the shared part, and forgets the keys of `erased`; their numbers stay used up.
    pub(crate) fn fold(&mut self, erased: &[u32]) {
        let mut gone = self.base.gone.clone();
        gone.extend(erased);
        let mut keys: Vec<u64> = self.keys().collect();
        for number in erased {
            if let Some(key) = keys.get_mut(*number as usize) {
                *key = 0;
            }
        }
        *self = Self::from_parts(keys, gone);
    }

    fn first_recent(&self) -> u32 {
        u32::try_from(self.base.keys.len()).unwrap_or(NUMBERS_MAX)
    }
}

#[derive(Debug, Clone, Default)]
struct Table {
    keys: Vec<u64>,
    slots: Vec<u32>,
}

impl Table {
    fn find(&self, key: u64) -> Option<u32> {
        find(&self.slots, &self.keys, key)
    }

    fn number(&mut self, key: u64, most: u32) -> Option<u32> {
        if (self.keys.len() + 1) * 2 > self.slots.len() {
            self.slots = slots_of(&self.keys, &BTreeSet::new());
        }
        let slot = slot(&self.slots, &self.keys, key);
        if self.slots[slot] != EMPTY {
            return Some(self.slots[slot]);
        }
        let number = u32::try_from(self.keys.len()).ok().filter(|n| *n < most)?;
        self.slots[slot] = number;
        self.keys.push(key);
        Some(number)
    }
}

fn find(slots: &[u32], keys: &[u64], key: u64) -> Option<u32> {
    if slots.is_empty() {
        return None;
    }
    let number = slots[slot(slots, keys, key)];
    (number != EMPTY).then_some(number)
}

/// The slot that holds `key`, or the free one where it belongs.
fn slot(slots: &[u32], keys: &[u64], key: u64) -> usize {
    let mask = slots.len() - 1;
    let mut at = mix(key) & mask;
    loop {
        let number = slots[at];
        if number == EMPTY || keys[number as usize] == key {
            return at;
        }
        at = (at + 1) & mask;
    }
}

/// A table for keys, with room for as many more. Those whose number is gone are not in it.
fn slots_of(keys: &[u64], gone: &BTreeSet<u32>) -> Vec<u32> {
    let size = (keys.len().max(8) * 4).next_power_of_two();
    let mut slots = vec![EMPTY; size];
    for (number, key) in (0..).zip(keys) {
        if gone.is_empty() || !gone.contains(&number) {
            let mut at = mix(*key) & (size - 1);
            while slots[at] != EMPTY {
                at = (at + 1) & (size - 1);
            }
            slots[at] = number;
        }
    }
    slots
}

/// Pseudonyms are already random; place codes need not be.
fn mix(key: u64) -> usize {
    let mixed = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(mixed >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_keeps_its_number_and_zero_is_a_key() {
        let mut numbers = Numbers::default();
        for key in (0..5_000).map(|n| n * 1_000_003) {
            assert_eq!(numbers.find(key), None);
            let number = numbers.number(key).unwrap();
            assert_eq!(
                (numbers.number(key), numbers.key(number)),
                (Some(number), key)
            );
        }
        assert_eq!(numbers.len(), 5_000);
    }

    #[test]
    fn an_erased_key_gets_a_new_number() {
        let mut numbers = Numbers::default();
        let (a, b) = (numbers.number(0).unwrap(), numbers.number(7).unwrap());
        numbers.fold(&[b]);
        assert_eq!((numbers.find(7), numbers.find(0)), (None, Some(a)));
        assert_eq!(numbers.number(7), Some(2));
        assert_eq!((numbers.key(2), numbers.len()), (7, 3));
        let again = Numbers::from_parts(numbers.keys().collect(), numbers.gone().clone());
        assert_eq!((again.find(7), again.find(0)), (Some(2), Some(0)));
    }
}
