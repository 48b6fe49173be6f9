//! A segment: the stays of a stream, a day and an area in both orders, as bytes with checksums.
//!
//! Everything stands at a place that follows from the counts in the header, aligned to eight bytes. The
//! body is checked block by block, so that damage can be named; nothing is read before it was checked.

use std::fmt;
use std::ops::Range;

use super::Stay;
use super::flat::{Flat, FlatRow, person_row, place_row};
use super::order::{self, Order, Packed, Parts, Plan, Room};
use crate::ids::{Area, Day, Stream};

const MAGIC: u64 = u64::from_le_bytes(*b"FXTRSEG2");
const HEADER_WORDS: usize = 32;
/// The body is checked in blocks of so many bytes.
const BLOCK: usize = 1 << 20;

/// What is wrong with the bytes of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// It does not begin like a segment, or its header does not fit its checksum.
    Header,
    /// It has another length than its header says.
    Length {
        /// What the header says.
        expected: u64,
        /// What is there.
        found: u64,
    },
    /// A block does not fit its checksum.
    Block {
        /// The first byte of the block.
        at: u64,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header => f.write_str("the header is damaged"),
            Self::Length { expected, found } => {
                write!(f, "{found} bytes long instead of {expected}")
            }
            Self::Block { at } => write!(f, "the block at byte {at} is damaged"),
        }
    }
}

/// Where each part stands, in bytes, from the counts alone.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Layout {
    parts: [Range<usize>; PARTS],
    blocks: Range<usize>,
}

const PARTS: usize = 12;

impl Layout {
    /// Clears what no part covers: the bytes may be those of another segment.
    fn clear_gaps(&self, bytes: &mut [u8]) {
        let next = self.parts.iter().skip(1).chain([&self.blocks]);
        for (part, next) in self.parts.iter().zip(next) {
            bytes[part.end..next.start].fill(0);
        }
        bytes[self.blocks.clone()].fill(0);
    }
}

/// The counts that a layout follows from, in the order of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Counts {
    rows: usize,
    long: usize,
    side: usize,
    place_words: usize,
    places: usize,
    person_words: usize,
    people: usize,
}

impl Counts {
    fn layout(self) -> Option<Layout> {
        let order = |words: usize, numbers: usize| {
            [
                (words, 16),
                (numbers + 1, size_of::<order::Slot>()),
                (self.rows, size_of::<Packed>()),
            ]
        };
        let side = if self.side == 0 {
            [0, 0]
        } else {
            [self.rows, self.long]
        };
        let mut sizes = [(0, 1); PARTS];
        sizes[..3].copy_from_slice(&order(self.place_words, self.places));
        sizes[3..6].copy_from_slice(&order(self.person_words, self.people));
        sizes[6..8].fill((self.long, 16));
        sizes[8..10].fill((side[0], 1));
        sizes[10..].fill((side[1], 1));
        let mut at = HEADER_WORDS * 8;
        let mut parts = [const { 0..0 }; PARTS];
        for (part, (count, size)) in parts.iter_mut().zip(sizes) {
            let bytes = count.checked_mul(size)?;
            *part = at..at.checked_add(bytes)?;
            at = part.end.checked_next_multiple_of(8)?;
        }
        let body = at - HEADER_WORDS * 8;
        let blocks = at..at.checked_add(
            body.div_ceil(BLOCK)
                .checked_mul(4)?
                .checked_next_multiple_of(8)?,
        )?;
        Some(Layout { parts, blocks })
    }

    fn words(self) -> [u64; 7] {
        [
            self.rows,
            self.long,
            self.side,
            self.place_words,
            self.places,
            self.person_words,
            self.people,
        ]
        .map(|n| n as u64)
    }

    fn of_words(words: &[u64]) -> Option<Self> {
        let mut next = words
            .iter()
            .map(|w| usize::try_from(*w).ok().filter(|n| *n <= 1 << 33));
        let mut take = || next.next().flatten();
        Some(Self {
            rows: take()?,
            long: take()?,
            side: take()?,
            place_words: take()?,
            places: take()?,
            person_words: take()?,
            people: take()?,
        })
    }
}

/// Bytes that a segment can lie in: a mapped file, or memory.
pub(crate) trait Bytes: Send + Sync + fmt::Debug {
    fn bytes(&self) -> &[u8];
}

/// A segment whose checksums were compared.
#[derive(Debug)]
pub(crate) struct Segment {
    bytes: Box<dyn Bytes>,
    pub day: Day,
    pub area: Area,
    counts: Counts,
    layout: Layout,
    bounds: Bounds,
}

/// What the header says of the times in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    start_min: u32,
    end_max: u32,
    /// The longest of those that stand apart.
    longest: u32,
    /// The moment that the starts of rows are counted from.
    base: u32,
}

/// A segment as questions see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SegmentView<'a> {
    pub place: Order<'a>,
    pub person: Order<'a>,
    pub long: Flat<'a>,
    pub start_min: u32,
    pub end_max: u32,
    /// How and how sure, in person order.
    pub side: [&'a [u8]; 2],
}

impl Segment {
    /// Takes bytes as a segment, after comparing every checksum.
    pub(crate) fn open(bytes: Box<dyn Bytes>) -> Result<Self, Damage> {
        let all = bytes.bytes();
        let head = all.get(..HEADER_WORDS * 8).ok_or(Damage::Header)?;
        let words: Vec<u64> = head
            .chunks_exact(8)
            .map(|c| u64::from_le_bytes(c.try_into().unwrap_or_default()))
            .collect();
        let crc = u64::from(crc32fast::hash(&head[..HEADER_WORDS * 8 - 8]));
        if words[0] != MAGIC || words[HEADER_WORDS - 1] != crc {
            return Err(Damage::Header);
        }
        let counts = Counts::of_words(&words[4..11]).ok_or(Damage::Header)?;
        let layout = counts.layout().ok_or(Damage::Header)?;
        if layout.blocks.end != all.len() {
            return Err(Damage::Length {
                expected: layout.blocks.end as u64,
                found: all.len() as u64,
            });
        }
        let table = &all[layout.blocks.clone()];
        if u64::from(crc32fast::hash(table)) != words[HEADER_WORDS - 2] {
            return Err(Damage::Block {
                at: layout.blocks.start as u64,
            });
        }
        let body = &all[HEADER_WORDS * 8..layout.blocks.start];
        for (block, (bytes, crc)) in body.chunks(BLOCK).zip(table.chunks_exact(4)).enumerate() {
            if crc32fast::hash(bytes).to_le_bytes() != crc {
                return Err(Damage::Block {
                    at: (HEADER_WORDS * 8 + block * BLOCK) as u64,
                });
            }
        }
        let low = |word: u64| u32::try_from(word & u64::from(u32::MAX)).unwrap_or_default();
        let [start_min, end_max, longest, base] = [11, 12, 13, 14].map(|at| low(words[at]));
        let segment = Self {
            day: Day(low(words[2])),
            area: Area(low(words[3])),
            counts,
            layout,
            bounds: Bounds {
                start_min,
                end_max,
                longest,
                base,
            },
            bytes,
        };
        if segment.is_aligned() {
            Ok(segment)
        } else {
            Err(Damage::Header)
        }
    }

    fn is_aligned(&self) -> bool {
        bytemuck::try_cast_slice::<u8, u64>(&self.bytes.bytes()[..HEADER_WORDS * 8]).is_ok()
    }

    pub(crate) fn rows(&self) -> usize {
        self.counts.rows + self.counts.long
    }

    /// Bytes on disk, and how many of them are the side columns.
    pub(crate) fn size(&self) -> (u64, u64) {
        let side = self.layout.parts[8..]
            .iter()
            .map(|part| part.len() as u64)
            .sum();
        (self.layout.blocks.end as u64, side)
    }

    fn part<T: bytemuck::Pod>(&self, part: usize) -> &[T] {
        bytemuck::cast_slice(&self.bytes.bytes()[self.layout.parts[part].clone()])
    }

    pub(crate) fn view(&self) -> SegmentView<'_> {
        SegmentView {
            place: self.order(0),
            person: self.order(3),
            long: Flat {
                by_place: self.part(6),
                by_person: self.part(7),
                longest: self.bounds.longest,
                side: [self.part(10), self.part(11)],
            },
            start_min: self.bounds.start_min,
            end_max: self.bounds.end_max,
            side: [self.part(8), self.part(9)],
        }
    }

    fn order(&self, first: usize) -> Order<'_> {
        Order {
            words: self.part(first),
            slots: self.part(first + 1),
            rows: self.part(first + 2),
            base: self.bounds.base,
        }
    }
}

/// The bytes of a segment, and room to make them, kept from one segment to the next.
#[derive(Debug, Default)]
pub(crate) struct Made {
    pub words: Vec<u64>,
    room: Room,
}

/// The stays of a segment while they come in, in any order.
#[derive(Debug)]
pub(crate) struct SegmentBuilder {
    base: u32,
    people: Vec<u32>,
    /// Rows in which the other is the place.
    rows: Vec<Packed>,
    long: Vec<Stay>,
    side: [Vec<u8>; 4],
}

impl SegmentBuilder {
    /// For about so many stays, none of which starts before `base`.
    pub(crate) fn with_capacity(base: u32, stays: usize) -> Self {
        Self {
            base,
            people: Vec::with_capacity(stays),
            rows: Vec::with_capacity(stays),
            long: Vec::new(),
            side: Default::default(),
        }
    }

    /// Takes a stay, without how it is known.
    #[inline]
    pub(crate) fn push(&mut self, stay: &Stay) {
        match order::pack(self.base, stay.start, stay.end, stay.place, stay.imputed) {
            Some(row) => {
                self.people.push(stay.person);
                self.rows.push(row);
            }
            None => self.long.push(*stay),
        }
    }

    /// Takes stays with how they are known.
    pub(crate) fn extend_known(&mut self, mut stays: Vec<Stay>) {
        // The side columns stand in person order, so the stays have to come in it.
        let row = |s: &Stay| order::pack(self.base, s.start, s.end, s.place, s.imputed);
        stays.sort_unstable_by_key(|s| (s.person, row(s).unwrap_or(Packed::MAX), s.start, s.place));
        for stay in &stays {
            let short = self.rows.len();
            self.push(stay);
            let first = if self.rows.len() == short { 2 } else { 0 };
            self.side[first].push(stay.how);
            self.side[first + 1].push(stay.confidence);
        }
    }

    /// Makes the bytes of the segment, and is as it was at first, its room kept. The same stays always give the
    /// same bytes.
    pub(crate) fn finish(&mut self, stream: Stream, day: Day, area: Area, made: &mut Made) {
        let Made { words, room } = made;
        let has_side = self.side.iter().any(|column| !column.is_empty());
        let places = || self.rows.iter().map(|row| order::other(*row));
        let people = || self.people.iter().copied();
        let by_place = Plan::new(self.rows.len(), places);
        let by_person = Plan::new(self.rows.len(), people);
        self.long.sort_unstable_by_key(Stay::identity);
        let long_person: Vec<FlatRow> = self.long.iter().map(person_row).collect();
        self.long.sort_unstable_by_key(Stay::by_place);
        let long_place: Vec<FlatRow> = self.long.iter().map(place_row).collect();
        let counts = Counts {
            rows: self.rows.len(),
            long: self.long.len(),
            side: usize::from(has_side),
            place_words: by_place.words(),
            places: by_place.occur,
            person_words: by_person.words(),
            people: by_person.occur,
        };
        let Some(layout) = counts.layout() else {
            words.clear();
            return;
        };
        let bounds = self.bounds();
        words.resize(layout.blocks.end / 8, 0);
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(words);
        layout.clear_gaps(bytes);
        let turned =
            |(person, row): (u32, &Packed)| (order::other(*row), order::turned(*row, person));
        by_place.write(
            people().zip(&self.rows).map(turned),
            parts(bytes, [0, 1, 2].map(|part| layout.parts[part].clone())),
            room,
        );
        by_person.write(
            people().zip(self.rows.iter().copied()),
            parts(bytes, [3, 4, 5].map(|part| layout.parts[part].clone())),
            room,
        );
        let mut write =
            |part: usize, from: &[u8]| bytes[layout.parts[part].clone()].copy_from_slice(from);
        write(6, bytemuck::cast_slice(&long_place));
        write(7, bytemuck::cast_slice(&long_person));
        for (part, column) in (8..).zip(&self.side) {
            write(part, column);
        }
        let (body, table) = bytes.split_at_mut(layout.blocks.start);
        for (block, crc) in body[HEADER_WORDS * 8..]
            .chunks(BLOCK)
            .zip(table.chunks_exact_mut(4))
        {
            crc.copy_from_slice(&crc32fast::hash(block).to_le_bytes());
        }
        let table_crc = crc32fast::hash(table);
        let mut head = [0_u64; HEADER_WORDS];
        head[0] = MAGIC;
        head[1] = stream.index() as u64;
        head[2] = u64::from(day.0);
        head[3] = u64::from(area.0);
        head[4..11].copy_from_slice(&counts.words());
        let bounds = [
            bounds.start_min,
            bounds.end_max,
            bounds.longest,
            bounds.base,
        ];
        for (word, bound) in head[11..15].iter_mut().zip(bounds) {
            *word = u64::from(bound);
        }
        head[HEADER_WORDS - 2] = u64::from(table_crc);
        head[HEADER_WORDS - 1] = u64::from(crc32fast::hash(bytemuck::cast_slice(
            &head[..HEADER_WORDS - 1],
        )));
        words[..HEADER_WORDS].copy_from_slice(&head);
        self.people.clear();
        self.rows.clear();
        self.long.clear();
        self.side.iter_mut().for_each(Vec::clear);
    }

    fn bounds(&self) -> Bounds {
        let seen = self.rows.iter().map(|row| order::unpack(self.base, *row));
        let (start_min, end_max) = seen.fold((u32::MAX, 0), |(start, end), row| {
            (start.min(row.start), end.max(row.end))
        });
        let longest = self.long.iter().map(|s| s.end - s.start).max();
        Bounds {
            start_min,
            end_max,
            longest: longest.unwrap_or(0),
            base: self.base,
        }
    }
}

/// The three parts of an order within the bytes of a segment.
fn parts(bytes: &mut [u8], [words, slots, rows]: [Range<usize>; 3]) -> Parts<'_> {
    let (before, bytes) = bytes.split_at_mut(rows.start);
    let (before, slot_bytes) = before.split_at_mut(slots.start);
    Parts {
        words: bytemuck::cast_slice_mut(&mut before[words]),
        slots: bytemuck::cast_slice_mut(&mut slot_bytes[..slots.len()]),
        rows: bytemuck::cast_slice_mut(&mut bytes[..rows.len()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug)]
    struct Owned(Vec<u64>);

    impl Bytes for Owned {
        fn bytes(&self) -> &[u8] {
            bytemuck::cast_slice(&self.0)
        }
    }

    fn bytes() -> Vec<u64> {
        let mut made = Made::default();
        make(&mut made);
        made.words
    }

    fn make(made: &mut Made) {
        let mut builder = SegmentBuilder::with_capacity(1_000, 300);
        let stay = |n: u32| Stay {
            person: n * 3,
            place: n / 10,
            start: 1_000 + n,
            end: 1_000 + n + if n % 50 == 7 { 200_000 } else { 60 },
            noted: 0,
            how: 1,
            confidence: 90,
            imputed: n.is_multiple_of(4),
        };
        builder.extend_known((0..300).rev().map(stay).collect());
        builder.finish(Stream::Visits, Day(20_000), Area(3), made);
    }

    #[test]
    fn what_was_made_before_in_the_same_room_leaves_no_trace() {
        for before in [0, 40, 100_000] {
            let mut made = Made {
                words: vec![u64::MAX; before],
                ..Made::default()
            };
            make(&mut made);
            make(&mut made);
            assert_eq!(made.words, bytes());
        }
    }

    #[test]
    fn a_segment_reads_back_what_was_pushed() {
        let segment = Segment::open(Box::new(Owned(bytes()))).unwrap();
        assert_eq!(
            (segment.rows(), segment.day, segment.area),
            (300, Day(20_000), Area(3))
        );
        let view = segment.view();
        let (rows, longest) = view.place.rows_of(view.place.slot(5).unwrap());
        assert_eq!((rows.len(), longest), (9, 60), "one of the ten is long");
        assert_eq!((view.long.by_place.len(), view.long.longest), (6, 200_000));
        let (rows, _) = view.person.rows_of(view.person.slot(12).unwrap());
        let row = order::unpack(view.person.base, view.person.rows[rows][0]);
        assert_eq!((row.other, row.start, row.end), (0, 1_004, 1_064));
        assert!(row.imputed);
        assert!(view.person.slot(13).is_none() && view.person.slot(70_000).is_none());
    }

    proptest! {
        #[test]
        fn any_change_of_any_bytes_is_found(
            at in any::<prop::sample::Index>(),
            change in 1..=u64::MAX,
            cut in any::<prop::sample::Index>(),
        ) {
            let mut changed = bytes();
            let at = at.index(changed.len());
            changed[at] ^= change;
            prop_assert!(Segment::open(Box::new(Owned(changed.clone()))).is_err());
            changed[at] ^= change;
            changed.truncate(cut.index(changed.len()));
            prop_assert!(Segment::open(Box::new(Owned(changed))).is_err());
        }

        #[test]
        fn any_bytes_can_be_opened(words in prop::collection::vec(any::<u64>(), 0..64)) {
            prop_assert!(Segment::open(Box::new(Owned(words))).is_err());
        }
    }
}
