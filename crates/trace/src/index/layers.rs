//! All layers of a stream together: sealed segments and the tail, each less what is hidden in it.

use std::ops::Range;

use super::Row;
use super::flat::{self, Flat, FlatRow, Hidden};
use super::order::{self, Order, Packed};
use super::segment::SegmentView;

/// One layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layer<'a> {
    pub segment: Option<SegmentView<'a>>,
    pub flat: Flat<'a>,
    pub hidden: &'a Hidden,
}

/// The layers of a stream, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers<'a> {
    all: Vec<Layer<'a>>,
    /// First start and last end of each segment's rows, side by side for a quick look.
    bounds: Vec<(u32, u32)>,
    /// Layers that have plain rows.
    flats: Vec<usize>,
}

/// Rows of one place or person in one layer that start in time, in order of start.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Span<'a> {
    Packed {
        rows: &'a [Packed],
        base: u32,
        hidden: &'a [(u32, u32, u32)],
    },
    Rows {
        rows: &'a [FlatRow],
        hidden: &'a [(u32, u32, u32)],
    },
}

/// Rows are compared in pieces of so many before those that overlap are handed over.
const PIECE: usize = 128;
/// Of each span so many rows are fetched ahead, one of every line of memory; behind them the processor sees by
/// itself that more are wanted.
const AHEAD: usize = 64;
const LINE_ROWS: usize = 8;

/// Room for the rows of a piece.
#[derive(Debug)]
pub(crate) struct Kept([Row; PIECE]);

impl Default for Kept {
    fn default() -> Self {
        Self([Row::default(); PIECE])
    }
}

/// A time that rows are cut to, and which of them count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub from: u32,
    pub to: u32,
    /// Seconds within the time that a row has to last.
    pub shortest: u32,
    /// Rows of this number do not count.
    pub without: Option<u32>,
}

impl Cut {
    /// The part of a row within the time, and whether it counts.
    #[inline]
    fn of(&self, row: Row, who: impl Fn(u32) -> u32) -> (Row, bool) {
        let other = who(row.other);
        let (start, end) = (row.start.max(self.from), row.end.min(self.to));
        // No number is as large as what stands for none.
        let is_other = other != self.without.unwrap_or(u32::MAX);
        let long_enough = end.saturating_sub(start) >= self.shortest;
        let counts = [is_other, row.end > self.from, long_enough];
        let row = Row {
            other,
            start,
            end,
            ..row
        };
        (row, counts.iter().fold(true, |all, one| all & one))
    }
}

impl Span<'_> {
    /// How many rows it has, hidden ones with them.
    pub(crate) fn len(&self) -> usize {
        match self {
            Span::Packed { rows, .. } => rows.len(),
            Span::Rows { rows, .. } => rows.len(),
        }
    }

    /// Hands over, in pieces, what every row that is not hidden has in common with the time of the cut, when that
    /// is long enough. `who` says which number stands for a number.
    #[inline]
    pub(crate) fn overlaps(
        &self,
        cut: &Cut,
        who: impl Fn(u32) -> u32,
        kept: &mut Kept,
        mut take: impl FnMut(&[Row]),
    ) {
        let Kept(kept) = kept;
        if let Span::Packed {
            rows,
            base,
            hidden: [],
        } = *self
        {
            // Which rows overlap is hard to foretell, so they are put together without a branch first.
            for piece in rows.chunks(PIECE) {
                let mut count = 0;
                for row in piece {
                    let (row, counts) = cut.of(order::unpack(base, *row), &who);
                    kept[count & (PIECE - 1)] = row;
                    count = count.wrapping_add(usize::from(counts));
                }
                take(&kept[..count]);
            }
        } else {
            self.each(|row| {
                let (row, counts) = cut.of(row, &who);
                if counts {
                    take(&[row]);
                }
            });
        }
    }

    /// Hands over every row that is not hidden. Rows may end before the time that was asked for.
    #[inline]
    pub(crate) fn each(&self, mut take: impl FnMut(Row)) {
        match *self {
            Span::Packed {
                rows,
                base,
                hidden: [],
            } => {
                for row in rows {
                    take(order::unpack(base, *row));
                }
            }
            Span::Packed { rows, base, hidden } => {
                for row in rows.iter().map(|row| order::unpack(base, *row)) {
                    if is_seen(hidden, &row) {
                        take(row);
                    }
                }
            }
            Span::Rows { rows, hidden } => {
                for row in rows.iter().map(flat::row) {
                    if hidden.is_empty() || is_seen(hidden, &row) {
                        take(row);
                    }
                }
            }
        }
    }
}

fn is_seen(hidden: &[(u32, u32, u32)], row: &Row) -> bool {
    hidden
        .binary_search_by_key(&(row.start, row.other), |h| (h.1, h.2))
        .is_err()
}

/// A number and a time to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    pub number: u32,
    pub from: u32,
    pub to: u32,
}

/// How far a walk through the people has come in the plain rows of each layer.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    at: Vec<usize>,
}

/// Which of the two orders is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    Place,
    Person,
}

/// What several looks found, and the room for it.
#[derive(Debug, Default)]
pub(crate) struct Found<'a> {
    spans: Vec<Span<'a>>,
    /// For each look, where its spans end.
    ends: Vec<usize>,
    probes: Vec<Probe>,
}

/// A number that occurs in a segment.
#[derive(Debug, Clone, Copy)]
struct Probe {
    look: u32,
    layer: u32,
    slot: usize,
    rows: (usize, usize),
    /// The first and the last row.
    ends: (Packed, Packed),
    longest: u32,
}

impl<'a> Found<'a> {
    /// The spans of the look that was given so many looks after the first.
    pub(crate) fn of(&self, look: usize) -> &[Span<'a>] {
        let first = look.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.spans[first..self.ends[look]]
    }

    /// Touches the first rows of what several looks found, so that they come side by side and not when each is read.
    pub(crate) fn fetch(&self, looks: Range<usize>) {
        for look in looks {
            fetch(self.of(look));
        }
    }
}

fn fetch(spans: &[Span<'_>]) {
    let mut all = 0;
    for span in spans {
        if let Span::Packed { rows, .. } = span {
            let first = rows.iter().take(AHEAD).step_by(LINE_ROWS);
            all = first.fold(all, |all, row| all | row);
        }
    }
    std::hint::black_box(all);
}

/// How many rows spans have, hidden ones and those that end too early with them.
pub(crate) fn rows(spans: &[Span<'_>]) -> usize {
    spans.iter().map(Span::len).sum()
}

impl<'a> Layer<'a> {
    fn order(&self, by: By) -> Option<&Order<'a>> {
        self.segment.as_ref().map(|segment| match by {
            By::Place => &segment.place,
            By::Person => &segment.person,
        })
    }

    fn flat(&self, by: By) -> &'a [FlatRow] {
        match by {
            By::Place => self.flat.by_place,
            By::Person => self.flat.by_person,
        }
    }

    fn hidden(&self, by: By, number: u32) -> &'a [(u32, u32, u32)] {
        match by {
            By::Place => self.hidden.at_place(number),
            By::Person => self.hidden.of_person(number),
        }
    }
}

impl<'a> Layers<'a> {
    pub(crate) fn new(layers: Vec<Layer<'a>>) -> Self {
        let bounds = layers.iter().map(|l| {
            l.segment
                .as_ref()
                .map_or((u32::MAX, 0), |s| (s.start_min, s.end_max))
        });
        let flats = (0..).zip(&layers);
        Self {
            bounds: bounds.collect(),
            flats: flats
                .filter(|(_, l)| !l.flat.by_place.is_empty())
                .map(|(at, _)| at)
                .collect(),
            all: layers,
        }
    }

    /// Finds the rows of all `looks` that can overlap their times, and touches the first of each.
    pub(crate) fn find(&self, by: By, looks: &[Look], found: &mut Found<'a>) {
        self.locate(by, looks, found);
        fetch(&found.spans);
    }

    /// As [`find`](Self::find), for looks that are too many to touch the rows of all.
    ///
    /// Step by step for all of them, so that the memory they touch is fetched side by side and not one
    /// after the other.
    pub(crate) fn locate(&self, by: By, looks: &[Look], found: &mut Found<'a>) {
        let Found {
            spans,
            ends,
            probes,
        } = found;
        spans.clear();
        ends.clear();
        probes.clear();
        for (look, wanted) in (0..).zip(looks) {
            for (layer, (start_min, end_max)) in (0..).zip(&self.bounds) {
                if *start_min < wanted.to && *end_max > wanted.from {
                    probes.push(Probe {
                        look,
                        layer,
                        slot: 0,
                        rows: (0, 0),
                        ends: (0, 0),
                        longest: 0,
                    });
                }
            }
        }
        let mut count = 0;
        for at in 0..probes.len() {
            let mut probe = probes[at];
            let order = self.all[probe.layer as usize].order(by);
            let slot = order.and_then(|order| order.slot(looks[probe.look as usize].number));
            // Written whether it occurs or not: a branch on what comes from far away costs a wait.
            probe.slot = slot.unwrap_or_default();
            probes[count] = probe;
            count += usize::from(slot.is_some());
        }
        probes.truncate(count);
        for probe in &mut *probes {
            if let Some(order) = self.all[probe.layer as usize].order(by) {
                let (rows, longest) = order.rows_of(probe.slot);
                (probe.rows, probe.longest) = ((rows.start, rows.end), longest);
            }
        }
        for probe in &mut *probes {
            if let Some(order) = self.all[probe.layer as usize].order(by) {
                probe.ends = order.ends(&(probe.rows.0..probe.rows.1));
            }
        }
        let mut probes = probes.iter().peekable();
        for (at, look) in (0..).zip(looks) {
            while let Some(probe) = probes.next_if(|probe| probe.look == at) {
                let layer = &self.all[probe.layer as usize];
                let Some(order) = layer.order(by) else {
                    continue;
                };
                let rows = order.within(
                    probe.rows.0..probe.rows.1,
                    probe.ends,
                    probe.longest,
                    look.from,
                    look.to,
                );
                if !rows.is_empty() {
                    spans.push(Span::Packed {
                        rows: &order.rows[rows],
                        base: order.base,
                        hidden: layer.hidden(by, look.number),
                    });
                }
            }
            for layer in self.flats.iter().map(|at| &self.all[*at]) {
                let rows = layer.flat(by);
                let rows =
                    &rows[flat::within(rows, layer.flat.longest, look.number, look.from, look.to)];
                if !rows.is_empty() {
                    spans.push(Span::Rows {
                        rows,
                        hidden: layer.hidden(by, look.number),
                    });
                }
            }
            ends.push(spans.len());
        }
    }

    /// Hands over the stays of `person` that overlap the time between, with how and how sure.
    pub(crate) fn of_person_known(
        &self,
        person: u32,
        from: u32,
        to: u32,
        mut take: impl FnMut(Row, u8, u8),
    ) {
        for (layer, (start_min, end_max)) in self.all.iter().zip(&self.bounds) {
            let seen =
                |row: &Row| row.end > from && !layer.hidden.has((person, row.start, row.other));
            let side = |columns: [&[u8]; 2], at: usize| {
                columns.map(|c| c.get(at).copied().unwrap_or_default())
            };
            if let Some(segment) = &layer.segment
                && *start_min < to
                && *end_max > from
            {
                let order = &segment.person;
                for at in order.find(person, from, to) {
                    let row = order::unpack(order.base, order.rows[at]);
                    let [how, confidence] = side(segment.side, at);
                    if seen(&row) {
                        take(row, how, confidence);
                    }
                }
            }
            for at in flat::within(layer.flat.by_person, layer.flat.longest, person, from, to) {
                let row = flat::row(&layer.flat.by_person[at]);
                let [how, confidence] = side(layer.flat.side, at);
                if seen(&row) {
                    take(row, how, confidence);
                }
            }
        }
    }

    /// Hands over the stays of `person` that start between, the last moment too: with their layer, how, and
    /// how sure. People come in order of their numbers, each with moments after those of the one before.
    pub(crate) fn starting(
        &self,
        walk: &mut Walk,
        person: u32,
        first: u32,
        last: u32,
        mut take: impl FnMut(usize, Row, u8, u8),
    ) {
        walk.at.resize(self.all.len(), 0);
        let layers = self.all.iter().zip(&self.bounds).zip(&mut walk.at);
        for (at, ((layer, (start_min, end_max)), rows_at)) in layers.enumerate() {
            let mut take = |row: Row, columns: [&[u8]; 2], side: usize| {
                let between = first <= row.start && row.start <= last;
                if between && !layer.hidden.has((person, row.start, row.other)) {
                    let [how, confidence] = columns.map(|c| c.get(side).copied());
                    take(
                        at,
                        row,
                        how.unwrap_or_default(),
                        confidence.unwrap_or_default(),
                    );
                }
            };
            if let Some(segment) = &layer.segment
                && *start_min <= last
                && *end_max >= first
            {
                let order = &segment.person;
                let (from, to) = (first.saturating_sub(1), last.saturating_add(1));
                for at in order.find(person, from, to) {
                    take(order::unpack(order.base, order.rows[at]), segment.side, at);
                }
            }
            let rows = layer.flat.by_person;
            if rows.is_empty() {
                continue;
            }
            *rows_at = flat::first_from(rows, *rows_at, person, first);
            for (at, row) in (*rows_at..).zip(&rows[*rows_at..]) {
                if row[0] != person || row[1] > last {
                    break;
                }
                take(flat::row(row), layer.flat.side, at);
            }
        }
    }
}
