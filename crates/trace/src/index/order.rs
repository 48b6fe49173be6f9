//! One sorting of the stays: for each number that occurs, its rows in order of start.
//!
//! A row is eight bytes, so that one touch of memory brings all of it. `docs/methods/index-layout.md`
//! describes the rows and the directory.

use std::ops::Range;

use super::Row;

/// The longest stay that a row can hold, in seconds; longer ones stand apart.
pub(crate) const LENGTH_MAX: u32 = u16::MAX as u32;
/// Starts of one segment lie less than so many seconds apart; those beyond stand apart. A day has fewer.
const START_SPAN: u32 = (1 << 17) - 1;

const OTHER_BITS: u32 = 30;
const LENGTH_SHIFT: u32 = OTHER_BITS + 1;
const START_SHIFT: u32 = LENGTH_SHIFT + 16;

/// A row: from the top 17 bits of start since the segment's first, 16 of length, the mark of an imputed
/// end, 30 of the other number. Rows of a number are in the order of these bits, so of start first.
pub(crate) type Packed = u64;

/// The row of a stay; nothing when it has to stand apart.
#[inline]
pub(crate) fn pack(base: u32, start: u32, end: u32, other: u32, imputed: bool) -> Option<Packed> {
    let since = start.checked_sub(base).filter(|s| *s < START_SPAN)?;
    let length = end.checked_sub(start).filter(|l| *l <= LENGTH_MAX)?;
    Some(
        u64::from(since) << START_SHIFT
            | u64::from(length) << LENGTH_SHIFT
            | u64::from(imputed) << OTHER_BITS
            | u64::from(other),
    )
}

/// The row as questions see it.
#[inline]
pub(crate) fn unpack(base: u32, row: Packed) -> Row {
    let start = base.wrapping_add(low(row >> START_SHIFT));
    Row {
        other: other(row),
        start,
        end: start.wrapping_add(low(row >> LENGTH_SHIFT & u64::from(u16::MAX))),
        imputed: row >> OTHER_BITS & 1 == 1,
    }
}

/// The other number of a row.
#[inline]
pub(crate) fn other(row: Packed) -> u32 {
    low(row & ((1 << OTHER_BITS) - 1))
}

/// The same row with another number in the place of the other.
#[inline]
pub(crate) fn turned(row: Packed, number: u32) -> Packed {
    row >> OTHER_BITS << OTHER_BITS | u64::from(number)
}

#[inline]
fn low(bits: u64) -> u32 {
    u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default()
}

/// What the directory says of a number that occurs: its first row in two halves, and its longest stay.
pub(crate) type Slot = [u16; 3];

/// One order, borrowed from a segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order<'a> {
    /// For each 64 numbers: which of them occur, and how many occurred before.
    pub words: &'a [[u64; 2]],
    /// One for each number that occurs, and one for the end of the last.
    pub slots: &'a [Slot],
    pub rows: &'a [Packed],
    /// The moment that starts are counted from.
    pub base: u32,
}

impl Order<'_> {
    /// Where the directory speaks of a number; nothing when it does not occur.
    #[inline]
    pub(crate) fn slot(&self, number: u32) -> Option<usize> {
        let [word, before] = *self.words.get((number >> 6) as usize)?;
        let bit = 1_u64 << (number & 63);
        let at = low(before).wrapping_add((word & (bit - 1)).count_ones());
        (word & bit != 0).then_some(at as usize)
    }

    /// The rows of a slot, and the longest stay among them.
    #[inline]
    pub(crate) fn rows_of(&self, slot: usize) -> (Range<usize>, u32) {
        let first = |s: Slot| usize::from(s[0]) | usize::from(s[1]) << 16;
        match self.slots.get(slot..).unwrap_or_default() {
            [this, next, ..] => (first(*this)..first(*next), u32::from(this[2])),
            _ => (0..0, 0),
        }
    }

    /// The first and the last of `rows`; there is one.
    #[inline]
    pub(crate) fn ends(&self, rows: &Range<usize>) -> (Packed, Packed) {
        let at = |at: usize| self.rows.get(at).copied().unwrap_or_default();
        (at(rows.start), at(rows.end.wrapping_sub(1)))
    }

    /// Of `rows`, whose first and last are `ends`, those that can overlap the time from `from` to `to`.
    #[inline]
    pub(crate) fn within(
        &self,
        rows: Range<usize>,
        ends: (Packed, Packed),
        longest: u32,
        from: u32,
        to: u32,
    ) -> Range<usize> {
        let after = from.saturating_add(1).saturating_sub(longest);
        let first = self.first_from(rows.clone(), ends, self.bound(after));
        let last = self.first_from(rows, ends, self.bound(to));
        first.min(last)..last
    }

    /// The first of `rows` that is not below a bound. Most windows hold whole days, so the ends are looked at first.
    #[inline]
    fn first_from(&self, rows: Range<usize>, ends: (Packed, Packed), bound: Packed) -> usize {
        if ends.0 >= bound {
            rows.start
        } else if ends.1 < bound {
            rows.end
        } else {
            let between = self.rows.get(rows.clone()).unwrap_or_default();
            rows.start + between.partition_point(|row| *row < bound)
        }
    }

    /// The smallest row that could start at `moment`.
    #[inline]
    fn bound(&self, moment: u32) -> Packed {
        let since = moment.saturating_sub(self.base);
        if since < START_SPAN {
            u64::from(since) << START_SHIFT
        } else {
            u64::MAX
        }
    }

    /// The rows of `number` that can overlap the time between.
    #[inline]
    pub(crate) fn find(&self, number: u32, from: u32, to: u32) -> Range<usize> {
        self.slot(number).map_or(0..0, |slot| {
            let (rows, longest) = self.rows_of(slot);
            let ends = self.ends(&rows);
            self.within(rows, ends, longest, from, to)
        })
    }
}

/// Of so many rows on, those of one number are sorted by the digits of their starts.
const MANY: usize = 96;
/// How many bits each digit has, from the lower one on.
const DIGITS: [u32; 2] = [9, 8];
/// Rows go to their numbers in parts of about so many, and in no more parts than this: the rows of one part stay
/// near while they are put in order, and so do the ends of all parts while rows come to them.
const PART_ROWS: usize = 1 << 15;
const PARTS_MAX: usize = 1 << 7;

/// Room to make orders, kept from one to the next.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// A number and its row in two halves, by part.
    moved: Vec<[u32; 3]>,
    /// Where the next row of each number of a part goes.
    next: Vec<u32>,
    spare: Vec<Packed>,
}

/// Which numbers occur in an order, and how its rows will be put in place.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The directory, as it will be written.
    words: Vec<[u64; 2]>,
    /// How many numbers occur.
    pub occur: usize,
    /// The numbers of a part are alike but for so many bits.
    shift: u32,
    /// How many rows each part has; empty when the rows come number by number anyway.
    parts: Vec<u32>,
}

/// The parts of an order, to be written.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub words: &'a mut [[u64; 2]],
    pub slots: &'a mut [Slot],
    pub rows: &'a mut [Packed],
}

impl Plan {
    /// Looks at the numbers of `count` rows.
    pub(crate) fn new<I>(count: usize, numbers: impl Fn() -> I) -> Self
    where
        I: Iterator<Item = u32>,
    {
        let (mut most, mut before, mut is_sorted) = (None, 0, true);
        for number in numbers() {
            most = most.max(Some(number));
            is_sorted &= before <= number;
            before = number;
        }
        let size = most.map_or(0, |most| most as usize + 1);
        let part = size.div_ceil((count / PART_ROWS).clamp(1, PARTS_MAX));
        let shift = part.next_power_of_two().ilog2();
        let mut words = vec![[0, 0]; size.div_ceil(64)];
        let mut mark = |number: u32| words[number as usize / 64][0] |= 1_u64 << (number % 64);
        let mut parts = Vec::new();
        if is_sorted {
            let mut before = None;
            for number in numbers() {
                if before.replace(number) != Some(number) {
                    mark(number);
                }
            }
        } else {
            parts = vec![0_u32; size.div_ceil(1 << shift)];
            for number in numbers() {
                let count = &mut parts[(number >> shift) as usize];
                *count = count.wrapping_add(1);
                mark(number);
            }
        }
        let mut occur = 0;
        for [word, before] in &mut words {
            *before = occur;
            occur += u64::from(word.count_ones());
        }
        Self {
            words,
            occur: usize::try_from(occur).unwrap_or_default(),
            shift,
            parts,
        }
    }

    /// Words of the directory.
    pub(crate) const fn words(&self) -> usize {
        self.words.len()
    }

    /// Writes the rows, with the numbers that were looked at: by number, then in their own order.
    pub(crate) fn write(
        &self,
        rows: impl Iterator<Item = (u32, Packed)>,
        into: Parts<'_>,
        room: &mut Room,
    ) {
        let Room { moved, next, spare } = room;
        into.words.copy_from_slice(&self.words);
        let mut closing = Closing {
            slots: into.slots,
            at: 0,
            first: 0,
            spare,
        };
        if self.parts.is_empty() {
            let (mut begun, mut before) = (0, None);
            for (place, (number, row)) in rows.enumerate() {
                if before
                    .replace(number)
                    .is_some_and(|before| before != number)
                {
                    closing.close(&mut into.rows[begun..place]);
                    begun = place;
                }
                into.rows[place] = row;
            }
            if before.is_some() {
                closing.close(&mut into.rows[begun..]);
            }
        } else {
            let mut begun = 0;
            for end in self.move_to_parts(rows, moved) {
                let (moved, rows) = (&moved[begun..end], &mut into.rows[begun..end]);
                self.put_part(moved, next, rows);
                let mut first = 0;
                for end in next.iter().map(|end| *end as usize) {
                    if end > first {
                        closing.close(&mut rows[first..end]);
                        first = end;
                    }
                }
                begun = end;
            }
        }
        closing.slots[closing.at] = slot(closing.first, 0);
    }

    /// Puts the rows into parts, in the order in which they come; where each part ends.
    fn move_to_parts(
        &self,
        rows: impl Iterator<Item = (u32, Packed)>,
        moved: &mut Vec<[u32; 3]>,
    ) -> Vec<usize> {
        let mut sum = 0_usize;
        let mut next: Vec<usize> = Vec::with_capacity(self.parts.len());
        for count in &self.parts {
            next.push(sum);
            sum += *count as usize;
        }
        if moved.len() < sum {
            moved.resize(sum, [0; 3]);
        }
        for (number, row) in rows {
            let next = &mut next[(number >> self.shift) as usize];
            moved[*next] = [number, low(row), low(row >> 32)];
            *next = next.wrapping_add(1);
        }
        // What was the next is now the end.
        next
    }

    /// Puts the rows of one part to their numbers; `next` says then where those of each number end.
    fn put_part(&self, moved: &[[u32; 3]], next: &mut Vec<u32>, rows: &mut [Packed]) {
        let mask = (1_usize << self.shift) - 1;
        next.clear();
        next.resize(mask + 1, 0);
        for [number, ..] in moved {
            let count = &mut next[*number as usize & mask];
            *count = count.wrapping_add(1);
        }
        let mut sum = 0_u32;
        for next in &mut *next {
            let count = std::mem::replace(next, sum);
            sum = sum.wrapping_add(count);
        }
        for [number, lower, upper] in moved {
            let next = &mut next[*number as usize & mask];
            rows[*next as usize] = u64::from(*upper) << 32 | u64::from(*lower);
            *next = next.wrapping_add(1);
        }
    }
}

/// The directory while the rows of one number after the other are finished.
struct Closing<'a> {
    slots: &'a mut [Slot],
    /// The next slot, and its first row.
    at: usize,
    first: usize,
    spare: &'a mut Vec<Packed>,
}

impl Closing<'_> {
    /// Sorts the rows of the next number, and says in the directory where they are.
    #[inline]
    fn close(&mut self, rows: &mut [Packed]) {
        if rows.len() > 1 && !rows.is_sorted() {
            if rows.len() < MANY {
                rows.sort_unstable();
            } else {
                sort_many(rows, self.spare);
            }
        }
        let length = |row: &Packed| low(row >> LENGTH_SHIFT & u64::from(u16::MAX));
        let longest = rows.iter().map(length).max().unwrap_or(0);
        self.slots[self.at] = slot(self.first, longest);
        (self.first, self.at) = (self.first + rows.len(), self.at + 1);
    }
}

/// Sorts by the digits of the starts, then those that start together.
fn sort_many(rows: &mut [Packed], spare: &mut Vec<Packed>) {
    let [lower, upper] = DIGITS;
    let mut next = [[0_u32; 1 << DIGITS[0]], [0; 1 << DIGITS[0]]];
    let digit = |row: Packed, round: usize| {
        let shift = START_SHIFT + if round == 0 { 0 } else { lower };
        let bits = if round == 0 { lower } else { upper };
        low(row >> shift & ((1 << bits) - 1)) as usize
    };
    for row in &*rows {
        for (round, next) in next.iter_mut().enumerate() {
            let count = &mut next[digit(*row, round)];
            *count = count.wrapping_add(1);
        }
    }
    for next in &mut next {
        let mut sum = 0_u32;
        for next in next {
            let count = std::mem::replace(next, sum);
            sum = sum.wrapping_add(count);
        }
    }
    if spare.len() < rows.len() {
        spare.resize(rows.len(), 0);
    }
    let spare = &mut spare[..rows.len()];
    let [first, second] = &mut next;
    let scatter = |from: &[Packed], next: &mut [u32], round: usize, into: &mut [Packed]| {
        for row in from {
            let next = &mut next[digit(*row, round)];
            into[*next as usize] = *row;
            *next = next.wrapping_add(1);
        }
    };
    scatter(rows, first, 0, spare);
    scatter(spare, second, 1, rows);
    for together in rows.chunk_by_mut(|a, b| a >> START_SHIFT == b >> START_SHIFT) {
        if together.len() > 1 {
            together.sort_unstable();
        }
    }
}

fn slot(first: usize, longest: u32) -> Slot {
    let half = |bits: usize| u16::try_from(bits & 0xFFFF).unwrap_or_default();
    let longest = u16::try_from(longest).unwrap_or(u16::MAX);
    [half(first), half(first >> 16), longest]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An order written out: directory, slots, rows.
    fn written(rows: &[(u32, Packed)]) -> (Vec<[u64; 2]>, Vec<Slot>, Vec<Packed>) {
        let plan = Plan::new(rows.len(), || rows.iter().map(|row| row.0));
        let mut words = vec![[7, 7]; plan.words()];
        let mut slots = vec![[7; 3]; plan.occur + 1];
        let mut into = vec![7; rows.len()];
        let parts = Parts {
            words: &mut words,
            slots: &mut slots,
            rows: &mut into,
        };
        plan.write(rows.iter().copied(), parts, &mut Room::default());
        (words, slots, into)
    }

    fn row(seed: u64, starts: u64) -> Packed {
        (seed % starts) << START_SHIFT | seed >> 17 & ((1 << START_SHIFT) - 1)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        /// In parts and by digits or not: the rows stand as sorting them all would put them.
        #[test]
        fn an_order_is_sorted_however_its_rows_come(
            count in prop_oneof![Just(0_usize), 1_usize..400, 100_000_usize..140_000],
            numbers in prop_oneof![Just(1_u32), Just(5), Just(3_000), Just(200_000)],
            starts in prop_oneof![Just(1_u64), Just(40), Just(86_400), Just(1 << 17)],
            seed in any::<u64>(),
            come_sorted in any::<bool>(),
        ) {
            let mut state = seed;
            let mut rows: Vec<(u32, Packed)> = (0..count).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let mixed = (state ^ state >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                (low(mixed >> 33) % numbers, row(mixed ^ mixed >> 31, starts))
            }).collect();
            if come_sorted {
                rows.sort_by_key(|row| row.0);
            }
            let (words, slots, into) = written(&rows);
            rows.sort_unstable();
            prop_assert_eq!(&into, &rows.iter().map(|row| row.1).collect::<Vec<_>>());
            let order = Order { words: &words, slots: &slots, rows: &into, base: 0 };
            let mut first = 0;
            for of_one in rows.chunk_by(|a, b| a.0 == b.0) {
                let (found, longest) = order.rows_of(order.slot(of_one[0].0).unwrap());
                prop_assert_eq!(found, first..first + of_one.len());
                let lengths = of_one.iter().map(|(_, row)| unpack(0, *row));
                prop_assert_eq!(Some(longest), lengths.map(|row| row.end - row.start).max());
                first += of_one.len();
            }
            prop_assert_eq!(slots.len() - 1, rows.chunk_by(|a, b| a.0 == b.0).count());
        }
    }
}
