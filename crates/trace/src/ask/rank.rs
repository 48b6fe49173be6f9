//! The longest together first.

use std::cmp::Reverse;

use super::Contact;
use super::tally::Entry;
use crate::ids::{Moment, Person};
use crate::numbers::Numbers;

/// Fewer keys than this are sorted by comparing.
const FEW: usize = 64;
/// Keys are sorted by at most so many bits at a time.
const DIGIT_BITS_MAX: u32 = 10;

/// Room that many rankings in a row can share.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    /// What to sort by (of a ranking the seconds that are lacking to the most), then where the entry is.
    pub(super) order: Vec<u64>,
    spare: Vec<u64>,
    /// The pseudonym of each entry.
    people: Vec<u64>,
    /// Where the keys of each digit end.
    ends: Vec<u32>,
}

/// Where the entry of a key is.
#[inline]
pub(super) fn place(key: u64) -> usize {
    usize::try_from(key & u64::from(u32::MAX)).unwrap_or_default()
}

/// What a key is sorted by.
#[inline]
pub(super) fn upper(key: u64) -> u32 {
    u32::try_from(key >> 32).unwrap_or_default()
}

/// As much of a sum of seconds as is sorted by digits.
#[inline]
fn sorted_seconds(seconds: u64) -> u32 {
    u32::try_from(seconds).unwrap_or(u32::MAX)
}

/// The longest together first; equal ones in order of pseudonym, whatever their numbers are.
pub(crate) fn ranked(people: &Numbers, entries: &[Entry], room: &mut Keys) -> Vec<Contact> {
    order_by_seconds(entries.iter().map(|entry| entry.seconds), room);
    // Looked up here, one beside the other and with nothing between: each is far away.
    people.keys_of(entries.iter().map(|entry| entry.person), &mut room.people);
    let contact = |key: &u64| {
        let entry = &entries[place(*key)];
        Contact {
            person: Person(room.people[place(*key)]),
            overlaps: entry.overlaps,
            seconds: entry.seconds,
            first: Moment(entry.first),
            last: Moment(entry.last),
            imputed: entry.imputed,
        }
    };
    let mut contacts: Vec<Contact> = room.order.iter().map(contact).collect();
    let alike = |a: &Contact, b: &Contact| sorted_seconds(a.seconds) == sorted_seconds(b.seconds);
    for equal in contacts.chunk_by_mut(alike) {
        if equal.len() > 1 {
            equal.sort_unstable_by_key(|c| (Reverse(c.seconds), c.person));
        }
    }
    contacts
}

/// As [`ranked`], for contacts that come in order of pseudonym.
pub(crate) fn ranked_in_order(contacts: &[Contact], room: &mut Keys) -> Vec<Contact> {
    order_by_seconds(contacts.iter().map(|contact| contact.seconds), room);
    let mut ranked: Vec<Contact> = room.order.iter().map(|key| contacts[place(*key)]).collect();
    // Equal ones have stayed in order; only sums that are too large were not told apart.
    if ranked
        .first()
        .is_some_and(|most| most.seconds >= u64::from(u32::MAX))
    {
        ranked.sort_by_key(|contact| Reverse(contact.seconds));
    }
    ranked
}

/// Orders the places of sums of seconds, the most first and equal ones as they come.
fn order_by_seconds(seconds: impl Iterator<Item = u64> + Clone, room: &mut Keys) {
    let seconds = seconds.map(sorted_seconds);
    let most = seconds.clone().max().unwrap_or(0);
    room.order.clear();
    room.order.extend(
        (0_u64..)
            .zip(seconds)
            .map(|(at, seconds)| u64::from(most - seconds) << 32 | at),
    );
    if room.order.len() < FEW {
        room.order.sort_unstable();
    } else {
        sort_by_digits(room);
    }
}

/// Sorts by the upper halves, of which only the lower bits differ; equal ones stay in order. The more keys, the
/// larger the digits and the fewer the rounds.
pub(super) fn sort_by_digits(room: &mut Keys) {
    let Keys {
        order, spare, ends, ..
    } = room;
    let all = order.iter().fold(0, |all, key| all | key >> 32);
    let bits = u64::BITS - all.leading_zeros();
    let size = order.len().checked_ilog2().unwrap_or(0);
    let rounds = bits.div_ceil(size.clamp(8, DIGIT_BITS_MAX));
    let digit_bits = bits.div_ceil(rounds.max(1)).max(1);
    spare.clear();
    spare.resize(order.len(), 0);
    for shift in (0..bits).step_by(digit_bits as usize) {
        let mask = (1_u64 << digit_bits) - 1;
        let digit = |key: u64| place(key >> (32 + shift) & mask);
        ends.clear();
        ends.resize(1 << digit_bits, 0);
        for key in &*order {
            let count = &mut ends[digit(*key)];
            *count = count.wrapping_add(1);
        }
        let mut sum = 0_u32;
        for end in &mut *ends {
            let count = std::mem::replace(end, sum);
            sum = sum.wrapping_add(count);
        }
        for key in &*order {
            let at = &mut ends[digit(*key)];
            spare[*at as usize] = *key;
            *at = at.wrapping_add(1);
        }
        std::mem::swap(order, spare);
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
            let keys: Vec<u64> = (0..).zip(seed).map(|(at, n)| (n % top) << 32 | at).collect();
            let mut expected = keys.clone();
            expected.sort_unstable();
            let mut room = Keys {
                order: keys,
                ..Keys::default()
            };
            sort_by_digits(&mut room);
            prop_assert_eq!(room.order, expected);
        }
    }
}
