//! All layers of a stream together: sealed segments and the tail, each less what is hidden in it.

use super::flat::{self, Flat, FlatRow, Hidden};
use super::order::Order;
use super::segment::SegmentView;
use super::{IMPUTED, Row};

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
    layers: Vec<Layer<'a>>,
    /// First start and last end of each segment's rows, side by side for a quick look.
    bounds: Vec<(u32, u32)>,
}

/// Rows of one place or person in one layer that start in time, in order of start.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Span<'a> {
    Columns {
        other: &'a [u32],
        start: &'a [u32],
        length: &'a [u16],
        hidden: &'a [(u32, u32, u32)],
    },
    Rows {
        rows: &'a [FlatRow],
        hidden: &'a [(u32, u32, u32)],
    },
}

impl Span<'_> {
    /// Hands over every row that is not hidden. Rows may end before the time that was asked for.
    #[inline]
    pub(crate) fn each(&self, mut take: impl FnMut(Row)) {
        match *self {
            Span::Columns {
                other,
                start,
                length,
                hidden: [],
            } => {
                for ((other, start), length) in other.iter().zip(start).zip(length) {
                    take(column_row(*other, *start, *length));
                }
            }
            Span::Columns {
                other,
                start,
                length,
                hidden,
            } => {
                for ((other, start), length) in other.iter().zip(start).zip(length) {
                    let row = column_row(*other, *start, *length);
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

#[inline]
fn column_row(other: u32, start: u32, length: u16) -> Row {
    Row {
        other: other & !IMPUTED,
        start,
        end: start + u32::from(length),
        imputed: other & IMPUTED != 0,
    }
}

fn is_seen(hidden: &[(u32, u32, u32)], row: &Row) -> bool {
    hidden
        .binary_search_by_key(&(row.start, row.other), |h| (h.1, h.2))
        .is_err()
}

impl<'a> Layers<'a> {
    pub(crate) fn new(layers: Vec<Layer<'a>>) -> Self {
        let bounds = layers.iter().map(|l| {
            l.segment
                .map_or((u32::MAX, 0), |s| (s.start_min, s.end_max))
        });
        Self {
            bounds: bounds.collect(),
            layers,
        }
    }

    /// Collects the rows at `place` that can overlap the time between; answers how many there are.
    #[inline]
    pub(crate) fn at_place(
        &self,
        place: u32,
        from: u32,
        to: u32,
        spans: &mut Vec<Span<'a>>,
    ) -> usize {
        spans.clear();
        let mut count = 0;
        for (layer, (start_min, end_max)) in self.layers.iter().zip(&self.bounds) {
            if let Some(segment) = &layer.segment
                && *start_min < to
                && *end_max > from
                && let Some((rows, longest)) = segment.place.rows(place)
            {
                let rows = segment.place.within(rows, longest, from, to);
                if !rows.is_empty() {
                    count += rows.len();
                    spans.push(columns(&segment.place, rows, layer.hidden.at_place(place)));
                }
            }
            let rows = &layer.flat.by_place
                [flat::within(layer.flat.by_place, layer.flat.longest, place, from, to)];
            if !rows.is_empty() {
                count += rows.len();
                spans.push(Span::Rows {
                    rows,
                    hidden: layer.hidden.at_place(place),
                });
            }
        }
        count
    }

    /// Hands over the stays of `person` that overlap the time between.
    #[inline]
    pub(crate) fn of_person(&self, person: u32, from: u32, to: u32, mut take: impl FnMut(Row)) {
        for (layer, (start_min, end_max)) in self.layers.iter().zip(&self.bounds) {
            let seen = |row: &Row| {
                layer.hidden.is_empty() || !layer.hidden.has((person, row.start, row.other))
            };
            if let Some(segment) = &layer.segment
                && *start_min < to
                && *end_max > from
                && let Some((rows, longest)) = segment.person.rows(person)
            {
                let rows = segment.person.within(rows, longest, from, to);
                columns(&segment.person, rows, &[]).each(|row| {
                    if row.end > from && seen(&row) {
                        take(row);
                    }
                });
            }
            let rows = flat::within(layer.flat.by_person, layer.flat.longest, person, from, to);
            for row in layer.flat.by_person[rows].iter().map(flat::row) {
                if row.end > from && seen(&row) {
                    take(row);
                }
            }
        }
    }

    /// As [`of_person`](Self::of_person), with how and how sure.
    pub(crate) fn of_person_known(
        &self,
        person: u32,
        from: u32,
        to: u32,
        mut take: impl FnMut(Row, u8, u8),
    ) {
        for layer in &self.layers {
            let seen =
                |row: &Row| row.end > from && !layer.hidden.has((person, row.start, row.other));
            let side = |columns: [&[u8]; 2], at: usize| {
                columns.map(|c| c.get(at).copied().unwrap_or_default())
            };
            if let Some(segment) = &layer.segment
                && let Some((rows, longest)) = segment.person.rows(person)
            {
                let order = &segment.person;
                for at in order.within(rows, longest, from, to) {
                    let row = column_row(order.other[at], order.start[at], order.length[at]);
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
}

fn columns<'a>(
    order: &Order<'a>,
    rows: std::ops::Range<usize>,
    hidden: &'a [(u32, u32, u32)],
) -> Span<'a> {
    Span::Columns {
        other: &order.other[rows.clone()],
        start: &order.start[rows.clone()],
        length: &order.length[rows],
        hidden,
    }
}
