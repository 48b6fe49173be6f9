//! One sorting of the stays: for each number that occurs, its rows in order of start.
//!
//! A row is ten bytes: the other number with the mark of an imputed end, the start, the length.
//! `docs/methods/index-layout.md` describes the directory.

use std::ops::Range;

/// The longest stay that a row can hold, in seconds; longer ones stand apart.
pub(crate) const LENGTH_MAX: u32 = u16::MAX as u32;

/// Columns of one order, borrowed from a segment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order<'a> {
    /// For each 64 numbers: which of them occur, and how many occurred before.
    pub words: &'a [[u64; 2]],
    /// First row of each number that occurs, and the end of the last.
    pub offsets: &'a [u32],
    /// Longest stay of each number that occurs, in seconds.
    pub longest: &'a [u16],
    pub other: &'a [u32],
    pub start: &'a [u32],
    pub length: &'a [u16],
}

impl<'a> Order<'a> {
    /// The rows of a number, and its longest stay.
    #[inline]
    pub(crate) fn rows(&self, number: u32) -> Option<(Range<usize>, u32)> {
        let [word, before] = *self.words.get((number >> 6) as usize)?;
        let bit = 1_u64 << (number & 63);
        if word & bit == 0 {
            return None;
        }
        let at = usize::try_from(before).ok()? + (word & (bit - 1)).count_ones() as usize;
        let rows = self.offsets[at] as usize..self.offsets[at + 1] as usize;
        Some((rows, u32::from(self.longest[at])))
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
        let starts: &'a [u32] = &self.start[rows.clone()];
        let first = starts.partition_point(|start| start.saturating_add(longest) <= from);
        let rest = &starts[first..];
        let last = first + rest.partition_point(|start| *start < to);
        rows.start + first..rows.start + last
    }
}

/// Columns of one order while they grow.
#[derive(Debug, Default)]
pub(crate) struct OrderBuilder {
    numbers: Vec<u32>,
    offsets: Vec<u32>,
    longest: Vec<u16>,
    pub other: Vec<u32>,
    pub start: Vec<u32>,
    pub length: Vec<u16>,
}

impl OrderBuilder {
    pub(crate) fn with_capacity(rows: usize) -> Self {
        Self {
            other: Vec::with_capacity(rows),
            start: Vec::with_capacity(rows),
            length: Vec::with_capacity(rows),
            ..Self::default()
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.start.len()
    }

    /// Takes the next row; numbers come in order, and the starts of one number too.
    #[inline]
    pub(crate) fn push(&mut self, number: u32, other: u32, start: u32, length: u16) {
        if self.numbers.last() != Some(&number) {
            debug_assert!(
                self.numbers.last().is_none_or(|last| *last < number),
                "numbers in order"
            );
            self.numbers.push(number);
            self.offsets
                .push(u32::try_from(self.start.len()).unwrap_or(u32::MAX));
            self.longest.push(0);
        }
        if let Some(longest) = self.longest.last_mut() {
            *longest = (*longest).max(length);
        }
        self.other.push(other);
        self.start.push(start);
        self.length.push(length);
    }

    pub(crate) fn occurring(&self) -> usize {
        self.numbers.len()
    }

    /// How many words the bitmap needs.
    pub(crate) fn words_len(&self) -> usize {
        self.numbers
            .last()
            .map_or(0, |last| (*last >> 6) as usize + 1)
    }

    pub(crate) fn words(&self) -> Vec<[u64; 2]> {
        let mut words = vec![[0_u64; 2]; self.words_len()];
        for number in &self.numbers {
            words[(number >> 6) as usize][0] |= 1 << (number & 63);
        }
        let mut before = 0;
        for word in &mut words {
            word[1] = before;
            before += u64::from(word[0].count_ones());
        }
        words
    }

    /// The offsets with the end of the last number.
    pub(crate) fn offsets(&self) -> Vec<u32> {
        let mut offsets = self.offsets.clone();
        offsets.push(u32::try_from(self.start.len()).unwrap_or(u32::MAX));
        offsets
    }

    pub(crate) fn longest(&self) -> &[u16] {
        &self.longest
    }
}
