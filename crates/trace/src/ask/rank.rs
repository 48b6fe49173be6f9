//! The longest together first.

use std::cmp::Reverse;

use super::tally::Entry;
use super::{Ask, Contact};
use crate::ids::{Moment, Person};

/// Fewer keys than this are sorted by comparing.
const FEW: usize = 64;
/// Keys are sorted by so many bits at a time.
const DIGIT_BITS: u32 = 8;

/// Room that many rankings in a row can share.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// The seconds that are lacking to the most, then where the entry is.
    order: Vec<u64>,
    spare: Vec<u64>,
    /// The pseudonym of each entry.
    people: Vec<u64>,
}

/// Where the entry of a key is.
#[inline]
fn place(key: u64) -> usize {
    usize::try_from(key & u64::from(u32::MAX)).unwrap_or_default()
}

impl Ask<'_> {
    /// The longest together first; equal ones in order of pseudonym, whatever their numbers are.
    pub(crate) fn ranked(&self, entries: &[Entry], room: &mut Keys) -> Vec<Contact> {
        let Keys {
            order: keys,
            spare,
            people,
        } = room;
        let seconds = |entry: &Entry| u32::try_from(entry.seconds).unwrap_or(u32::MAX);
        let most = entries.iter().map(seconds).max().unwrap_or(0);
        keys.clear();
        keys.extend(
            (0_u64..)
                .zip(entries)
                .map(|(at, entry)| u64::from(most - seconds(entry)) << 32 | at),
        );
        // Looked up here, one beside the other: each is far away, and is needed twice below.
        people.clear();
        people.extend(entries.iter().map(|entry| self.people.key(entry.person)));
        if keys.len() < FEW {
            keys.sort_unstable();
        } else {
            sort_by_digits(keys, spare);
        }
        for equal in keys.chunk_by_mut(|a, b| a >> 32 == b >> 32) {
            if equal.len() > 1 {
                let order =
                    |key: &u64| (Reverse(entries[place(*key)].seconds), people[place(*key)]);
                equal.sort_unstable_by_key(order);
            }
        }
        let contact = |key: &u64| {
            let entry = &entries[place(*key)];
            Contact {
                person: Person(people[place(*key)]),
                overlaps: entry.overlaps,
                seconds: entry.seconds,
                first: Moment(entry.first),
                last: Moment(entry.last),
                imputed: entry.imputed,
            }
        };
        keys.iter().map(contact).collect()
    }
}

/// Sorts by the upper halves, which differ in their lower bits only; equal ones stay in order.
fn sort_by_digits(keys: &mut Vec<u64>, spare: &mut Vec<u64>) {
    let all = keys.iter().fold(0, |all, key| all | key >> 32);
    spare.clear();
    spare.resize(keys.len(), 0);
    let mut shift = 32;
    while all >> (shift - 32) != 0 {
        let digit = |key: u64| (key >> shift & ((1 << DIGIT_BITS) - 1)) as usize;
        let mut ends = [0_u32; 1 << DIGIT_BITS];
        for key in &*keys {
            ends[digit(*key)] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += std::mem::replace(end, sum);
        }
        for key in &*keys {
            let at = &mut ends[digit(*key)];
            spare[*at as usize] = *key;
            *at += 1;
        }
        std::mem::swap(keys, spare);
        shift += DIGIT_BITS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn digits_sort_as_comparing_does(
            top in prop_oneof![Just(1_u64), Just(300), Just(1 << 20), Just(1 << 32)],
            seed in prop::collection::vec(any::<u64>(), 0..300),
        ) {
            let mut keys: Vec<u64> = (0..).zip(seed).map(|(at, n)| (n % top) << 32 | at).collect();
            let mut expected = keys.clone();
            expected.sort_unstable();
            sort_by_digits(&mut keys, &mut Vec::new());
            prop_assert_eq!(keys, expected);
        }
    }
}
