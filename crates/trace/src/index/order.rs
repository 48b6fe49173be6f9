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

impl<'a> Order<'a> {
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

    /// Of `rows`, those that can overlap the time from `from` to `to`.
    #[inline]
    pub(crate) fn within(
        &self,
        rows: Range<usize>,
        longest: u32,
        from: u32,
        to: u32,
    ) -> Range<usize> {
        let at = rows.start;
        let rows: &'a [Packed] = self.rows.get(rows).unwrap_or_default();
        let after = from.saturating_add(1).saturating_sub(longest);
        let first = rows.partition_point(|row| *row < self.bound(after));
        let rest = &rows[first..];
        let last = first + rest.partition_point(|row| *row < self.bound(to));
        at + first..at + last
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
            self.within(rows, longest, from, to)
        })
    }
}

/// One order with its directory, ready to be written.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    pub words: Vec<[u64; 2]>,
    pub slots: Vec<Slot>,
    pub rows: Vec<Packed>,
}

impl Sorted {
    /// Sorts rows by the number that `number` gives them, then by themselves. `rows` is run through twice.
    pub(crate) fn new<I>(rows: impl Fn() -> I) -> Self
    where
        I: Iterator<Item = (u32, Packed)>,
    {
        let mut ends: Vec<u32> = Vec::new();
        for (number, _) in rows() {
            let at = number as usize;
            if at >= ends.len() {
                ends.resize((at + 1).max(ends.len() * 2), 0);
            }
            ends[at] = ends[at].wrapping_add(1);
        }
        let used = ends.iter().rposition(|n| *n > 0).map_or(0, |last| last + 1);
        ends.truncate(used);
        let mut sum = 0_u32;
        for end in &mut ends {
            let count = *end;
            *end = sum;
            sum = sum.wrapping_add(count);
        }
        let mut sorted = vec![0; sum as usize];
        for (number, row) in rows() {
            let at = &mut ends[number as usize];
            sorted[*at as usize] = row;
            *at = at.wrapping_add(1);
        }
        let mut words = vec![[0_u64; 2]; used.div_ceil(64)];
        let mut slots = Vec::new();
        let mut first = 0;
        for (numbers, word) in ends.chunks(64).zip(&mut words) {
            word[1] = slots.len() as u64;
            for (bit, end) in numbers.iter().enumerate() {
                let end = *end as usize;
                if end > first {
                    word[0] |= 1 << bit;
                    slots.push(settle(&mut sorted[first..end], first));
                    first = end;
                }
            }
        }
        slots.push(slot(first, 0));
        Self {
            words,
            slots,
            rows: sorted,
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
