//! Many stays at one place, prepared so that one more stay can be compared with all of them at once.
//!
//! `docs/methods/second-ring.md` derives the sums. Searches go through a table of equal steps, so that
//! a look-up costs the same for ten sources as for ten thousand.

use super::Presence;

/// Sorted moments with a table that says where to begin looking.
#[derive(Debug, Default)]
struct Sorted {
    values: Vec<u32>,
    /// Index of the first value of each step.
    steps: Vec<u32>,
    base: u32,
    shift: u32,
}

impl Sorted {
    fn fill(&mut self, values: impl Iterator<Item = u32>) {
        self.values.clear();
        self.values.extend(values);
        self.values.sort_unstable();
        self.steps.clear();
        let (Some(first), Some(last)) = (self.values.first(), self.values.last()) else {
            return;
        };
        self.base = *first;
        let span = last - first;
        let wanted = u32::try_from(self.values.len())
            .unwrap_or(u32::MAX)
            .next_power_of_two();
        self.shift = (span / wanted).checked_ilog2().map_or(0, |log| log + 1);
        let mut at = 0;
        for step in 0..=(span >> self.shift) {
            while self.values[at as usize] - self.base < step << self.shift {
                at += 1;
            }
            self.steps.push(at);
        }
    }

    /// How many values are smaller than `value`.
    #[inline]
    fn below(&self, value: u32) -> usize {
        let Some(distance) = value.checked_sub(self.base) else {
            return 0;
        };
        let Some(step) = self.steps.get((distance >> self.shift) as usize) else {
            return self.values.len();
        };
        let mut at = *step as usize;
        while self.values.get(at).is_some_and(|v| *v < value) {
            at += 1;
        }
        at
    }
}

/// Stays at one place, each at least as long as the shortest overlap that counts.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    starts: Sorted,
    ends: Sorted,
    /// Sums of the first starts and ends.
    start_sums: Vec<u64>,
    end_sums: Vec<u64>,
    /// Smallest start among the sources from an end on; largest end among those up to a start.
    start_min: Vec<u32>,
    end_max: Vec<u32>,
    pairs: Vec<(u32, u32)>,
}

/// A few stays at one place: comparing each is quicker than preparing them.
#[derive(Debug, Default)]
pub(crate) struct Few {
    sources: Vec<Presence>,
}

/// So many are few.
const FEW: usize = 12;

impl Few {
    /// Takes the sources of another place, if they are few.
    pub(crate) fn fill(&mut self, sources: &[Presence]) -> bool {
        self.sources.clear();
        let few = sources.len() <= FEW;
        if few {
            self.sources.extend_from_slice(sources);
        }
        few
    }

    /// Compares a stay with each source: the sum of the overlaps, and how many of them are with a source
    /// whose end was imputed.
    #[inline]
    pub(crate) fn overlaps(&self, start: u32, end: u32, shortest: u32) -> Option<(Sum, u32)> {
        let mut sum = Sum {
            overlaps: 0,
            seconds: 0,
            first: u32::MAX,
            last: 0,
        };
        let mut imputed = 0_u32;
        for source in &self.sources {
            let (from, to) = (source.start.max(start), source.end.min(end));
            let counts = to.saturating_sub(from) >= shortest;
            sum.overlaps = sum.overlaps.wrapping_add(u32::from(counts));
            let seconds = if counts { to.wrapping_sub(from) } else { 0 };
            sum.seconds = sum.seconds.wrapping_add(u64::from(seconds));
            sum.first = sum.first.min(if counts { from } else { u32::MAX });
            sum.last = sum.last.max(if counts { to } else { 0 });
            imputed = imputed.wrapping_add(u32::from(counts && source.imputed));
        }
        (sum.overlaps > 0).then_some((sum, imputed))
    }
}

/// All overlaps of one stay with the sources together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sum {
    pub overlaps: u32,
    pub seconds: u64,
    pub first: u32,
    pub last: u32,
}

impl Sources {
    /// Takes the sources of another place. None is shorter than the shortest overlap.
    pub(crate) fn fill(&mut self, sources: impl Iterator<Item = (u32, u32)>) {
        self.pairs.clear();
        self.pairs.extend(sources);
        self.pairs.sort_unstable();
        self.starts.fill(self.pairs.iter().map(|s| s.0));
        self.ends.fill(self.pairs.iter().map(|s| s.1));
        prefix(&self.starts.values, &mut self.start_sums);
        prefix(&self.ends.values, &mut self.end_sums);
        self.end_max.clear();
        self.end_max.push(0);
        let mut most = 0;
        for (_, end) in &self.pairs {
            most = most.max(*end);
            self.end_max.push(most);
        }
        self.pairs.sort_unstable_by_key(|(_, end)| *end);
        self.start_min.clear();
        self.start_min.resize(self.pairs.len() + 1, u32::MAX);
        let mut least = u32::MAX;
        for at in (0..self.pairs.len()).rev() {
            least = least.min(self.pairs[at].0);
            self.start_min[at] = least;
        }
    }

    /// Compares a stay that is at least `shortest` (at least a second) long with all sources.
    #[inline]
    pub(crate) fn overlaps(&self, start: u32, end: u32, shortest: u32) -> Option<Sum> {
        let all = self.starts.values.len();
        let too_early = self.ends.below(start.saturating_add(shortest));
        let in_time = self.starts.below((end - shortest).saturating_add(1));
        // The sources that end too early and those that start too late are different ones.
        let overlaps = in_time.checked_sub(too_early).filter(|n| *n > 0)?;
        let too_late = all - in_time;
        let ending_before = self.ends.below(end);
        let starting_before = self.starts.below(start);
        let ends = self.end_sums[ending_before] - self.end_sums[too_early]
            + u64::from(end) * (all - ending_before - too_late) as u64;
        let begun = (starting_before as u64).wrapping_sub(too_early as u64);
        let starts = (self.start_sums[in_time] - self.start_sums[starting_before])
            .wrapping_add(u64::from(start).wrapping_mul(begun));
        Some(Sum {
            overlaps: u32::try_from(overlaps).unwrap_or(u32::MAX),
            seconds: ends.wrapping_sub(starts),
            first: self.start_min[too_early].max(start),
            last: self.end_max[in_time].min(end),
        })
    }
}

fn prefix(values: &[u32], sums: &mut Vec<u64>) {
    sums.clear();
    sums.push(0);
    let mut sum = 0;
    for value in values {
        sum += u64::from(*value);
        sums.push(sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plainly(sources: &[(u32, u32)], start: u32, end: u32, shortest: u32) -> Option<Sum> {
        let mut sum = Sum {
            overlaps: 0,
            seconds: 0,
            first: u32::MAX,
            last: 0,
        };
        for (s, e) in sources {
            let (s, e) = ((*s).max(start), (*e).min(end));
            if s + shortest <= e {
                sum.overlaps += 1;
                sum.seconds += u64::from(e - s);
                sum.first = sum.first.min(s);
                sum.last = sum.last.max(e);
            }
        }
        (sum.overlaps > 0).then_some(sum)
    }

    proptest! {
        #[test]
        fn the_sums_are_those_of_comparing_each(
            shortest in 1_u32..40,
            sources in prop::collection::vec((0_u32..3_000, 0_u32..300), 0..60),
            stays in prop::collection::vec((0_u32..3_000, 0_u32..300), 1..60),
        ) {
            let long_enough = |&(s, length): &(u32, u32)| (length >= shortest).then_some((s, s + length));
            let sources: Vec<_> = sources.iter().filter_map(long_enough).collect();
            let mut prepared = Sources::default();
            prepared.fill(sources.iter().copied());
            let presence = |(at, (start, end)): (usize, &(u32, u32))| Presence {
                place: 0,
                start: *start,
                end: *end,
                imputed: at % 2 == 1,
            };
            let presences: Vec<Presence> = sources.iter().enumerate().map(presence).collect();
            let mut few = Few::default();
            prop_assert_eq!(few.fill(&presences), presences.len() <= FEW);
            for (start, end) in stays.iter().filter_map(long_enough) {
                let expected = plainly(&sources, start, end, shortest);
                prop_assert_eq!(prepared.overlaps(start, end, shortest), expected);
                if presences.len() <= FEW {
                    let odd: Vec<_> = sources.iter().copied().skip(1).step_by(2).collect();
                    let imputed = plainly(&odd, start, end, shortest).map_or(0, |s| s.overlaps);
                    let found = few.overlaps(start, end, shortest);
                    prop_assert_eq!(found, expected.map(|sum| (sum, imputed)));
                }
            }
        }
    }
}
