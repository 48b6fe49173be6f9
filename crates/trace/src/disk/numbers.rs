//! The file of numbers: keys of people and places in order of their numbers, and the areas of places.

use std::collections::BTreeSet;

use crate::numbers::Numbers;

/// Everything that has a number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dictionary {
    pub people: Numbers,
    /// By stream.
    pub places: [Numbers; 2],
    /// By stream, by number of the place.
    pub areas: [Vec<u32>; 2],
}

impl Dictionary {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut list = |values: &mut dyn Iterator<Item = u64>| {
            let at = bytes.len();
            bytes.extend_from_slice(&[0; 8]);
            let mut count = 0_u64;
            for value in values {
                bytes.extend_from_slice(&value.to_le_bytes());
                count += 1;
            }
            bytes[at..at + 8].copy_from_slice(&count.to_le_bytes());
        };
        list(&mut self.people.keys());
        list(&mut self.people.gone().iter().map(|n| u64::from(*n)));
        for (places, areas) in self.places.iter().zip(&self.areas) {
            list(&mut places.keys());
            list(&mut areas.iter().map(|a| u64::from(*a)));
        }
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote; nothing when it is something else.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut list = || {
            let (count, after) = rest.split_first_chunk::<8>()?;
            let size = usize::try_from(u64::from_le_bytes(*count))
                .ok()?
                .checked_mul(8)?;
            let values = after.get(..size)?;
            rest = after.get(size..)?;
            let value = |c: &[u8]| u64::from_le_bytes(c.try_into().unwrap_or_default());
            Some(values.chunks_exact(8).map(value).collect::<Vec<u64>>())
        };
        let people = list()?;
        let small = |values: Vec<u64>| -> Option<Vec<u32>> {
            values.into_iter().map(|v| u32::try_from(v).ok()).collect()
        };
        let gone: BTreeSet<u32> = small(list()?)?.into_iter().collect();
        let mut dictionary = Self {
            people: Numbers::from_parts(people, gone),
            ..Self::default()
        };
        for stream in 0..2 {
            dictionary.places[stream] = Numbers::from_parts(list()?, BTreeSet::new());
            dictionary.areas[stream] = small(list()?)?;
        }
        rest.is_empty().then_some(dictionary)
    }
}
