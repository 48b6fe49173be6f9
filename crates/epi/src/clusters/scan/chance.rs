//! The largest statistic of simulated maps.
//!
//! Sixty-four simulations are counted at once, one in each lane of short lists of whole numbers: the circles of a centre grow
//! place by place, and a place adds its cases in all simulations. A rating is computed only where the cases exceed the
//! number that could beat the best of that simulation so far; that number is looked up by the measure of the circle and the
//! best so far, both rounded to the careful side.

mod draws;
mod lanes;
mod limits;

use super::score::Score;
use super::study::{Model, Settings, Study};
use super::zones::Zones;
use draws::{Draws, Plan};
use lanes::{LANES, Lane};
use limits::Limits;

/// Blocks of simulations that share one computation of the measures.
const BLOCKS: usize = 4;

/// The largest statistic of every simulation, lowest first.
pub(super) fn maxima(
    study: &Study,
    settings: &Settings,
    score: &Score,
    zones: &Zones,
    windows: &[(usize, usize)],
    seed: u64,
) -> Vec<f64> {
    let small = score.cases() < f64::from(i16::MAX);
    let mut maxima = match small {
        true => all::<i16>(study, settings, score, zones, windows, seed),
        false => all::<i32>(study, settings, score, zones, windows, seed),
    };
    maxima.sort_by(f64::total_cmp);
    maxima
}

/// The simulated maps themselves, as tests compare them.
#[cfg(test)]
pub(super) fn maps(study: &Study, settings: &Settings, seed: u64) -> Vec<Vec<u32>> {
    let plan = Plan::of(study, &settings.windows(study.steps));
    let mut slots = plan.slots();
    let map = |number: usize| {
        let draws = plan.draw(&mut slots, seed, number as u64);
        let mut cases = vec![0; study.cases.len()];
        for step in 0..study.steps {
            for place in draws.of(step) {
                cases[*place as usize * study.steps + step] += 1;
            }
        }
        cases
    };
    (0..settings.replications).map(map).collect()
}

fn all<T: Lane>(
    study: &Study,
    settings: &Settings,
    score: &Score,
    zones: &Zones,
    windows: &[(usize, usize)],
    seed: u64,
) -> Vec<f64> {
    let run = Run {
        study,
        score,
        zones,
        windows,
        plan: Plan::of(study, windows),
        limits: Limits::<T>::of(settings, score, study),
        low_too: settings.low_too,
        seed,
    };
    let n = settings.replications;
    let group = LANES * BLOCKS;
    let groups: Vec<std::ops::Range<usize>> = (0..n)
        .step_by(group)
        .map(|first| first..n.min(first + group))
        .collect();
    let threads = settings.threads.clamp(1, groups.len().max(1));
    let share = |mine: usize| -> Vec<(usize, Vec<f64>)> {
        let mine = groups
            .iter()
            .enumerate()
            .filter(|(at, _)| at % threads == mine);
        mine.map(|(at, range)| (at, run.group(range.clone())))
            .collect()
    };
    let mut parts: Vec<(usize, Vec<f64>)> = std::thread::scope(|scope| {
        let share = &share;
        let others: Vec<_> = (1..threads)
            .map(|mine| scope.spawn(move || share(mine)))
            .collect();
        let mut parts = share(0);
        for (mine, other) in others.into_iter().enumerate() {
            // A thread that could not run is done over here.
            parts.extend(other.join().unwrap_or_else(|_| share(mine + 1)));
        }
        parts
    });
    parts.sort_by_key(|(at, _)| *at);
    parts.into_iter().flat_map(|(_, maxima)| maxima).collect()
}

/// What all threads read.
struct Run<'a, T> {
    study: &'a Study,
    score: &'a Score,
    zones: &'a Zones,
    windows: &'a [(usize, usize)],
    plan: Plan,
    limits: Limits<T>,
    low_too: bool,
    seed: u64,
}

/// Sixty-four simulations.
struct Block<T> {
    /// Cases of the span, by place.
    rows: Vec<[T; LANES]>,
    /// By bin of the measure: more cases than this could beat the best so far.
    above: Vec<[T; LANES]>,
    /// Fewer than this could, when few cases count; else empty.
    below: Vec<[T; LANES]>,
    best: [f64; LANES],
    level: [usize; LANES],
    draws: Vec<Draws>,
}

/// The measures of one span.
#[derive(Default)]
struct Layer {
    of_place: Vec<f64>,
    of_zone: Vec<f64>,
    bins: Vec<u16>,
}

impl<T: Lane> Run<'_, T> {
    /// The maxima of some simulations.
    fn group(&self, range: std::ops::Range<usize>) -> Vec<f64> {
        let n = range.len();
        let mut slots = self.plan.slots();
        let mut blocks: Vec<Block<T>> = range
            .collect::<Vec<usize>>()
            .chunks(LANES)
            .map(|numbers| {
                let draw = |number: &usize| self.plan.draw(&mut slots, self.seed, *number as u64);
                self.block(numbers.iter().map(draw).collect())
            })
            .collect();
        let mut layer = Layer::default();
        let mut previous = None;
        for window in self.windows {
            self.measure(*window, &mut layer);
            for block in &mut blocks {
                block.move_to(previous, *window);
                match self.low_too {
                    true => self.sweep::<true>(&layer, block),
                    false => self.sweep::<false>(&layer, block),
                }
            }
            previous = Some(*window);
        }
        let maxima = blocks.iter().flat_map(|block| block.best);
        maxima.take(n).collect()
    }

    fn block(&self, draws: Vec<Draws>) -> Block<T> {
        let bins = Limits::<T>::bins();
        let mut block = Block {
            rows: vec![[T::default(); LANES]; self.study.at.len()],
            above: vec![[T::default(); LANES]; bins],
            below: vec![[T::default(); LANES]; if self.low_too { bins } else { 0 }],
            best: [0.0; LANES],
            level: [0; LANES],
            draws,
        };
        for lane in 0..LANES {
            self.limits
                .write(0, lane, &mut block.above, &mut block.below);
        }
        block
    }

    /// The measures of all circles over a span.
    fn measure(&self, (first, last): (usize, usize), layer: &mut Layer) {
        let steps = self.study.steps;
        layer.of_place.clear();
        match self.study.model {
            Model::Permutation => {
                let share = self.plan.share_of(first, last);
                layer
                    .of_place
                    .extend((0..self.study.at.len()).map(|p| self.study.cases_of(p) * share));
            }
            Model::Poisson | Model::Bernoulli => {
                let of_place = |place: &[f64]| place[first..=last].iter().sum::<f64>();
                layer
                    .of_place
                    .extend(self.study.measure.chunks_exact(steps).map(of_place));
            }
        }
        layer.of_zone.clear();
        layer.bins.clear();
        for centre in 0..self.zones.centres() {
            let mut sum = 0.0;
            for place in self.zones.list(centre) {
                sum += layer.of_place[*place as usize];
                layer.of_zone.push(sum);
                layer.bins.push(self.limits.bin(sum));
            }
        }
    }

    /// Lets the circles of every centre grow and rates those that could be the best of a simulation.
    fn sweep<const LOW: bool>(&self, layer: &Layer, block: &mut Block<T>) {
        for centre in 0..self.zones.centres() {
            let mut sums = [T::default(); LANES];
            let span = self.zones.span(centre);
            let bins = &layer.bins[span.clone()];
            for ((at, place), bin) in self.zones.list(centre).iter().enumerate().zip(bins) {
                let row = &block.rows[*place as usize];
                let above = &block.above[usize::from(*bin)];
                let mut hit = T::default();
                for lane in 0..LANES {
                    sums[lane] = sums[lane].plus(row[lane]);
                    hit = hit.or(sums[lane].exceeds(above[lane]));
                }
                if LOW {
                    let below = &block.below[usize::from(*bin)];
                    for lane in 0..LANES {
                        hit = hit.or(below[lane].exceeds(sums[lane]));
                    }
                }
                if hit != T::default() {
                    let measure = layer.of_zone[span.start + at];
                    self.rate::<LOW>(block, usize::from(*bin), &sums, measure);
                }
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn rate<const LOW: bool>(
        &self,
        block: &mut Block<T>,
        bin: usize,
        sums: &[T; LANES],
        measure: f64,
    ) {
        for lane in 0..LANES {
            let many = sums[lane] > block.above[bin][lane];
            if !(many || (LOW && sums[lane] < block.below[bin][lane])) {
                continue;
            }
            let ratio = self.score.ratio(sums[lane].count(), measure);
            if ratio > block.best[lane] {
                block.best[lane] = ratio;
                let level = Limits::<T>::level(ratio);
                if level > block.level[lane] {
                    block.level[lane] = level;
                    self.limits
                        .write(level, lane, &mut block.above, &mut block.below);
                }
            }
        }
    }
}

impl<T: Lane> Block<T> {
    /// Counts the cases of another span; steps that both have in common stay counted.
    fn move_to(&mut self, previous: Option<(usize, usize)>, (first, last): (usize, usize)) {
        let added = match previous {
            Some((f, l)) if f == first && l + 1 == last => last..=last,
            Some((f, l)) if l == last && first + 1 == f => first..=first,
            _ => {
                self.rows.fill([T::default(); LANES]);
                first..=last
            }
        };
        for (lane, draws) in self.draws.iter().enumerate() {
            for step in added.clone() {
                for place in draws.of(step) {
                    let cell = &mut self.rows[*place as usize][lane];
                    *cell = cell.plus(T::ONE);
                }
            }
        }
    }
}
