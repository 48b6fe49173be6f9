//! Lists of numbers that are read all over, in pages of memory as large as the system gives.
//!
//! With small pages nearly every look first has to find out where its page is, which takes longer than the look.

use std::ops::Deref;

/// Shorter lists are left where they are.
const BYTES_MIN: usize = 4 << 20;

/// A list that does not change any more.
#[derive(Debug)]
pub(crate) enum Spread<T> {
    Plain(Vec<T>),
    /// In memory of its own, and how many there are.
    Large(memmap2::MmapMut, usize),
}

impl<T> Default for Spread<T> {
    fn default() -> Self {
        Self::Plain(Vec::new())
    }
}

impl<T: bytemuck::Pod> From<Vec<T>> for Spread<T> {
    fn from(list: Vec<T>) -> Self {
        let bytes: &[u8] = bytemuck::cast_slice(&list);
        if bytes.len() < BYTES_MIN {
            return Self::Plain(list);
        }
        // A system that has no such memory, or no large pages, does without.
        let Ok(mut large) = memmap2::MmapMut::map_anon(bytes.len()) else {
            return Self::Plain(list);
        };
        #[cfg(target_os = "linux")]
        let _ = large.advise(memmap2::Advice::HugePage);
        large.copy_from_slice(bytes);
        Self::Large(large, list.len())
    }
}

impl<T: bytemuck::Pod> Deref for Spread<T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Self::Plain(list) => list,
            Self::Large(large, count) => bytemuck::cast_slice(&large[..count * size_of::<T>()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_the_same_in_large_pages() {
        for count in [0, 5, (BYTES_MIN / 8) as u64 + 3] {
            let list: Vec<u64> = (0..count).map(|n| n * 7).collect();
            let spread = Spread::from(list.clone());
            assert_eq!(&*spread, &list[..]);
            assert_eq!(matches!(spread, Spread::Large(..)), count > 5);
        }
    }
}
