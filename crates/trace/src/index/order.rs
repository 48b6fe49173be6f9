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

/// How large an order will be, and where the rows of each number go.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Where the next row of each number goes; empty when the rows come number by number anyway.
    next: Vec<u32>,
    /// All numbers are below this.
    size: usize,
    /// How many numbers occur.
    pub occur: usize,
}

/// The parts of an order, to be written.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    /// All zero.
    pub words: &'a mut [[u64; 2]],
    pub slots: &'a mut [Slot],
    pub rows: &'a mut [Packed],
}

impl Plan {
    /// Counts the rows of each number.
    pub(crate) fn new<I>(numbers: impl Fn() -> I) -> Self
    where
        I: Iterator<Item = u32>,
    {
        let size = numbers().max().map_or(0, |most| most as usize + 1);
        let (mut occur, mut before) = (0, None);
        if numbers().is_sorted() {
            for number in numbers() {
                occur += usize::from(before.replace(number) != Some(number));
            }
            let next = Vec::new();
            return Self { next, size, occur };
        }
        let mut next = vec![0_u32; size];
        for number in numbers() {
            let count = &mut next[number as usize];
            *count = count.wrapping_add(1);
        }
        let mut sum = 0_u32;
        for next in &mut next {
            occur += usize::from(*next > 0);
            let count = std::mem::replace(next, sum);
            sum = sum.wrapping_add(count);
        }
        Self { next, size, occur }
    }

    /// Words of the directory.
    pub(crate) const fn words(&self) -> usize {
        self.size.div_ceil(64)
    }

    /// Writes the rows, with the numbers that were counted: by number, then in their own order.
    pub(crate) fn write(mut self, rows: impl Iterator<Item = (u32, Packed)>, parts: Parts<'_>) {
        let Parts {
            words,
            slots,
            rows: into,
        } = parts;
        let (mut first, mut at) = (0, 0);
        // The rows from `first` on are those of a number.
        let mut close = |number: usize, rows: &mut [Packed]| {
            words[number / 64][0] |= 1 << (number % 64);
            slots[at] = settle(rows, first);
            (first, at) = (first + rows.len(), at + 1);
        };
        if self.next.is_empty() {
            let (mut begun, mut before) = (0, None);
            for (place, (number, row)) in rows.enumerate() {
                if let Some(before) = before.replace(number).filter(|before| *before != number) {
                    close(before as usize, &mut into[begun..place]);
                    begun = place;
                }
                into[place] = row;
            }
            if let Some(last) = before {
                close(last as usize, &mut into[begun..]);
            }
        } else {
            for (number, row) in rows {
                let next = &mut self.next[number as usize];
                into[*next as usize] = row;
                *next = next.wrapping_add(1);
            }
            // What was the next is now the end.
            let mut begun = 0;
            for (number, end) in self.next.iter().enumerate() {
                let end = *end as usize;
                if end > begun {
                    close(number, &mut into[begun..end]);
                    begun = end;
                }
            }
        }
        slots[at] = slot(first, 0);
        let mut before = 0;
        for word in words {
            word[1] = before;
            before += u64::from(word[0].count_ones());
        }
    }
}

/// Sorts the rows of one number; what the directory says of them.
fn settle(rows: &mut [Packed], first: usize) -> Slot {
    if rows.len() > 1 && !rows.is_sorted() {
        rows.sort_unstable();
    }
    let length = |row: &Packed| low(row >> LENGTH_SHIFT & u64::from(u16::MAX));
    slot(first, rows.iter().map(length).max().unwrap_or(0))
}

fn slot(first: usize, longest: u32) -> Slot {
    let half = |bits: usize| u16::try_from(bits & 0xFFFF).unwrap_or_default();
    let longest = u16::try_from(longest).unwrap_or(u16::MAX);
    [half(first), half(first >> 16), longest]
}
