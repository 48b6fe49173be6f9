//! The log's frames as bytes.
//!
//! A frame: length, checksum, sequence, time, events. Reading says what is whole, what is torn at the
//! end, and whether anything whole stands behind something that is not: that is damage, not a torn end.

use crate::event::{Event, How, Sighting};
use crate::ids::{Area, Moment, Person, Place, Stream};

/// Bytes before the events of a frame: length, checksum, sequence, time.
const HEAD: usize = 4 + 4 + 8 + 4;
/// A frame is never longer.
pub(crate) const FRAME_MAX: usize = 64 << 20;

/// What stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    Told(Event),
    /// Everything about this person goes.
    Erased(Person),
}

/// Entries that went to disk together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub sequence: u64,
    pub at: Moment,
    pub entries: Vec<Entry>,
}

/// What follows the last whole frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    Nothing,
    /// So many bytes of a frame that was never acknowledged.
    Torn(usize),
    /// A frame at this byte is damaged, and whole ones stand behind it.
    Damaged(usize),
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scan {
    pub frames: Vec<Frame>,
    /// Bytes of whole frames.
    pub whole: usize,
    pub rest: Rest,
}

/// Writes a frame into `bytes`, in the place of what was there.
pub(crate) fn encode(
    sequence: u64,
    at: Moment,
    entries: impl Iterator<Item = Entry>,
    bytes: &mut Vec<u8>,
) {
    bytes.clear();
    bytes.extend_from_slice(&[0; 8]);
    bytes.extend_from_slice(&sequence.to_le_bytes());
    bytes.extend_from_slice(&at.0.to_le_bytes());
    for entry in entries {
        put(bytes, &entry);
    }
    let length = u32::try_from(bytes.len() - HEAD).unwrap_or(u32::MAX);
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    let crc = crc32fast::hash(&bytes[8..]);
    bytes[4..8].copy_from_slice(&crc.to_le_bytes());
}

/// Reads frames whose sequences follow one another from `sequence`.
pub(crate) fn scan(bytes: &[u8], mut sequence: u64) -> Scan {
    let mut frames = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let Some((frame, length)) = decode(&bytes[at..]).filter(|(f, _)| f.sequence == sequence)
        else {
            break;
        };
        frames.push(frame);
        at += length;
        sequence += 1;
    }
    let rest = &bytes[at..];
    let behind = (1..rest.len()).any(|skip| is_later_frame(&rest[skip..], sequence));
    let rest = match (rest.len(), behind) {
        (0, _) => Rest::Nothing,
        (_, true) => Rest::Damaged(at),
        (torn, false) => Rest::Torn(torn),
    };
    Scan {
        frames,
        whole: at,
        rest,
    }
}

fn is_later_frame(bytes: &[u8], sequence: u64) -> bool {
    let Some(found) = bytes.get(8..16) else {
        return false;
    };
    let found = u64::from_le_bytes(found.try_into().unwrap_or_default());
    // A look at the sequence first, so that this stays cheap.
    (sequence..sequence + (1 << 24)).contains(&found) && decode(bytes).is_some()
}

fn decode(bytes: &[u8]) -> Option<(Frame, usize)> {
    let mut reader = Reader(bytes);
    let length = usize::try_from(u32::from_le_bytes(reader.take()?)).ok()?;
    let crc = u32::from_le_bytes(reader.take()?);
    let whole = length.checked_add(HEAD).filter(|n| *n <= FRAME_MAX)?;
    if crc32fast::hash(bytes.get(8..whole)?) != crc {
        return None;
    }
    let sequence = u64::from_le_bytes(reader.take()?);
    let at = Moment(u32::from_le_bytes(reader.take()?));
    let mut reader = Reader(&bytes[HEAD..whole]);
    let mut entries = Vec::new();
    while !reader.0.is_empty() {
        entries.push(get(&mut reader)?);
    }
    Some((
        Frame {
            sequence,
            at,
            entries,
        },
        whole,
    ))
}

const SEEN: u8 = 1;
const SEEN_OPEN: u8 = 2;
const WITHDRAWN: u8 = 3;
const LOCATED: u8 = 4;
const SAME: u8 = 5;
const ERASED: u8 = 6;
const ASSUMED: u8 = 7;
/// In the place of seconds: none.
const NO_SECONDS: u64 = u64::MAX;

fn put(bytes: &mut Vec<u8>, entry: &Entry) {
    let stream_code = |stream: Stream| u8::try_from(stream.index()).unwrap_or_default();
    // Put together first: the list of bytes then grows once for each entry.
    let mut fixed = [0; 1 + 8 + 8 + 4 + 4 + 3];
    let mut length = 0;
    let mut put = |part: &[u8]| {
        fixed[length..length + part.len()].copy_from_slice(part);
        length += part.len();
    };
    let mut key = |tag: u8, one: u64, other: u64| {
        put(&[tag]);
        put(&one.to_le_bytes());
        put(&other.to_le_bytes());
    };
    match *entry {
        Entry::Told(Event::Seen(stream, s)) => {
            let tag = if s.to.is_some() { SEEN } else { SEEN_OPEN };
            key(tag, s.person.0, s.place.0);
            put(&s.from.0.to_le_bytes());
            if let Some(to) = s.to {
                put(&to.0.to_le_bytes());
            }
            put(&[stream_code(stream), s.how.code(), s.confidence]);
        }
        Entry::Told(Event::Withdrawn {
            stream,
            person,
            place,
            from,
        }) => {
            key(WITHDRAWN, person.0, place.0);
            put(&from.0.to_le_bytes());
            put(&[stream_code(stream)]);
        }
        Entry::Told(Event::Located {
            stream,
            place,
            area,
        }) => {
            key(LOCATED, place.0, u64::from(area.0));
            put(&[stream_code(stream)]);
        }
        Entry::Told(Event::Assumed {
            stream,
            place,
            seconds_max,
        }) => {
            key(ASSUMED, place.0, seconds_max.map_or(NO_SECONDS, u64::from));
            put(&[stream_code(stream)]);
        }
        Entry::Told(Event::Same { person, as_person }) => key(SAME, person.0, as_person.0),
        Entry::Erased(person) => key(ERASED, person.0, 0),
    }
    bytes.extend_from_slice(&fixed[..length]);
}

fn get(reader: &mut Reader<'_>) -> Option<Entry> {
    let [tag] = reader.take()?;
    let one = u64::from_le_bytes(reader.take()?);
    let other = u64::from_le_bytes(reader.take()?);
    let (person, place) = (Person(one), Place(other));
    Some(match tag {
        SEEN | SEEN_OPEN => {
            let from = reader.moment()?;
            let to = if tag == SEEN {
                Some(reader.moment()?)
            } else {
                None
            };
            let stream = reader.stream()?;
            let [how, confidence] = reader.take()?;
            let how = How::of_code(how);
            Entry::Told(Event::Seen(
                stream,
                Sighting {
                    person,
                    place,
                    from,
                    to,
                    how,
                    confidence,
                },
            ))
        }
        WITHDRAWN => {
            let from = reader.moment()?;
            Entry::Told(Event::Withdrawn {
                stream: reader.stream()?,
                person,
                place,
                from,
            })
        }
        LOCATED => {
            let area = Area(u32::try_from(other).ok()?);
            Entry::Told(Event::Located {
                stream: reader.stream()?,
                place: Place(one),
                area,
            })
        }
        SAME => Entry::Told(Event::Same {
            person,
            as_person: Person(other),
        }),
        ASSUMED => {
            let seconds_max = match other {
                NO_SECONDS => None,
                seconds => Some(u32::try_from(seconds).ok()?),
            };
            Entry::Told(Event::Assumed {
                stream: reader.stream()?,
                place: Place(one),
                seconds_max,
            })
        }
        ERASED => Entry::Erased(person),
        _ => return None,
    })
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn moment(&mut self) -> Option<Moment> {
        self.take().map(|bytes| Moment(u32::from_le_bytes(bytes)))
    }

    fn stream(&mut self) -> Option<Stream> {
        let [code] = self.take()?;
        Stream::ALL.get(usize::from(code)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames(count: u64) -> (Vec<Frame>, Vec<u8>) {
        let mut bytes = Vec::new();
        let mut frames = Vec::new();
        for n in 0..count {
            let sighting = Sighting {
                person: Person(n),
                place: Place(n * 7),
                from: Moment(100),
                to: (n % 2 == 0).then_some(Moment(200)),
                how: How::Gate,
                confidence: 90,
            };
            let (person, place, stream) = (Person(n), Place(9), Stream::Presence);
            let entries = vec![
                Entry::Told(Event::Seen(Stream::Visits, sighting)),
                Entry::Told(Event::Withdrawn {
                    stream,
                    person,
                    place,
                    from: Moment(5),
                }),
                Entry::Told(Event::Located {
                    stream,
                    place,
                    area: Area(4),
                }),
                Entry::Told(Event::Same {
                    person,
                    as_person: Person(1),
                }),
                Entry::Told(Event::Assumed {
                    stream,
                    place,
                    seconds_max: (n % 2 == 0).then_some(900),
                }),
                Entry::Erased(Person(77)),
            ];
            let frame = Frame {
                sequence: 10 + n,
                at: Moment(7),
                entries,
            };
            let mut written = Vec::new();
            let entries = frame.entries.iter().copied();
            encode(frame.sequence, frame.at, entries, &mut written);
            bytes.extend(written);
            frames.push(frame);
        }
        (frames, bytes)
    }

    #[test]
    fn frames_read_back_as_they_were_written() {
        let (frames, bytes) = frames(5);
        assert_eq!(
            scan(&bytes, 10),
            Scan {
                frames,
                whole: bytes.len(),
                rest: Rest::Nothing
            }
        );
    }

    proptest! {
        #[test]
        fn a_torn_end_loses_only_the_torn_frame(cut in 0_usize..2_000) {
            let (frames, bytes) = frames(8);
            let each = bytes.len() / 8;
            let cut = cut % bytes.len();
            let scan = scan(&bytes[..cut], 10);
            prop_assert!(scan.frames[..] == frames[..scan.frames.len()]);
            prop_assert!(scan.whole <= cut && cut - scan.whole < each + 10);
            let torn = cut - scan.whole;
            prop_assert_eq!(scan.rest, if torn == 0 { Rest::Nothing } else { Rest::Torn(torn) });
        }

        #[test]
        fn a_flipped_bit_is_never_taken_for_a_torn_end_while_frames_follow(at in 0_usize..2_000, bit in 0..8) {
            let (frames, mut bytes) = frames(8);
            let at = at % bytes.len();
            bytes[at] ^= 1_u8 << bit;
            let scan = scan(&bytes, 10);
            prop_assert!(scan.frames.len() < 8 && scan.frames[..] == frames[..scan.frames.len()]);
            if scan.frames.len() < 7 {
                prop_assert_eq!(scan.rest, Rest::Damaged(scan.whole));
            }
        }

        #[test]
        fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = scan(&bytes, 0);
        }
    }
}
