//! Where chance puts the cases.

use super::super::study::{Model, Study};
use crate::numbers::random::Stream;
use crate::numbers::whole;

/// The places of the cases of one simulation, step by step.
pub(super) struct Draws {
    places: Vec<u32>,
    /// Where every step begins, and the end of the last.
    starts: Vec<usize>,
}

impl Draws {
    /// The places of the cases of a step.
    pub fn of(&self, step: usize) -> &[u32] {
        &self.places[self.starts[step]..self.starts[step + 1]]
    }
}

/// How cases are drawn.
pub(super) struct Plan {
    steps: usize,
    cases: usize,
    how: How,
    /// Cases up to every step.
    upto: Vec<usize>,
}

enum How {
    /// Every case falls into a cell of place and step by its measure (the alias method of Walker 1977 in the form of Vose 1991).
    Independent { keep: Vec<f64>, other: Vec<u32> },
    /// Cases are given to different people, or dates to different cases; the places of all of them.
    Exchanged { places: Vec<u32>, from: usize },
}

impl Plan {
    pub fn of(study: &Study, windows: &[(usize, usize)]) -> Self {
        let cases = whole(study.total()).unwrap_or(0);
        let mut upto = vec![0];
        for n in study.cases_by_step() {
            upto.push(upto.last().copied().unwrap_or(0) + whole(n).unwrap_or(0));
        }
        // Steps before every window are not drawn.
        let from = windows.iter().map(|(first, _)| *first).min().unwrap_or(0);
        let repeated = |of: &dyn Fn(usize) -> f64| -> Vec<u32> {
            (0_u32..)
                .take(study.at.len())
                .flat_map(|p| std::iter::repeat_n(p, whole(of(p as usize)).unwrap_or(0)))
                .collect()
        };
        let how = match study.model {
            Model::Poisson => alias(&study.measure),
            Model::Bernoulli => How::Exchanged {
                places: repeated(&|p| study.measure[p]),
                from,
            },
            Model::Permutation => How::Exchanged {
                places: repeated(&|p| study.cases_of(p)),
                from,
            },
        };
        Self {
            steps: study.steps,
            cases,
            how,
            upto,
        }
    }

    /// The share of all cases that a span holds.
    pub fn share_of(&self, first: usize, last: usize) -> f64 {
        (self.upto[last + 1] - self.upto[first]) as f64 / self.cases as f64
    }

    /// Places to shuffle, for [`Plan::draw`].
    pub fn slots(&self) -> Vec<u32> {
        match &self.how {
            How::Independent { .. } => Vec::new(),
            How::Exchanged { places, .. } => places.clone(),
        }
    }

    /// The simulation of this number. `slots` are left as they were.
    pub fn draw(&self, slots: &mut [u32], seed: u64, number: u64) -> Draws {
        let mut stream = Stream::new(seed, "scan", number);
        match &self.how {
            How::Independent { keep, other } => self.independent(&mut stream, keep, other),
            How::Exchanged { from, .. } => {
                let skipped = self.upto[*from];
                let wanted = (self.cases - skipped).min(slots.len());
                let mut swaps = Vec::with_capacity(wanted);
                let mut places = Vec::with_capacity(wanted);
                for at in 0..wanted {
                    let with = at + stream.below(slots.len() - at);
                    slots.swap(at, with);
                    swaps.push(with);
                    places.push(slots[at]);
                }
                for (at, with) in swaps.into_iter().enumerate().rev() {
                    slots.swap(at, with);
                }
                let starts = self
                    .upto
                    .iter()
                    .map(|n| n.saturating_sub(skipped))
                    .collect();
                Draws { places, starts }
            }
        }
    }

    fn independent(&self, stream: &mut Stream, keep: &[f64], other: &[u32]) -> Draws {
        let cells = keep.len();
        let steps = u32::try_from(self.steps).unwrap_or(1).max(1);
        let mut drawn = Vec::with_capacity(self.cases);
        for _ in 0..self.cases {
            let at = stream.unit() * cells as f64;
            let cell = cell_of(at).min(cells - 1);
            let stays = at - cell as f64 <= keep[cell];
            drawn.push(if stays {
                u32::try_from(cell).unwrap_or(0)
            } else {
                other[cell]
            });
        }
        let mut starts = vec![0_usize; self.steps + 1];
        for cell in &drawn {
            starts[(cell % steps) as usize + 1] += 1;
        }
        for step in 0..self.steps {
            starts[step + 1] += starts[step];
        }
        if self.steps == 1 {
            return Draws {
                places: drawn,
                starts,
            };
        }
        let mut next = starts.clone();
        let mut places = vec![0; drawn.len()];
        for cell in drawn {
            let at = &mut next[(cell % steps) as usize];
            places[*at] = cell / steps;
            *at += 1;
        }
        Draws { places, starts }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and the number of cells"
)]
fn cell_of(at: f64) -> usize {
    at as usize
}

fn alias(weights: &[f64]) -> How {
    let n = weights.len();
    let mean = weights.iter().sum::<f64>() / n as f64;
    let mut keep: Vec<f64> = weights.iter().map(|w| w / mean).collect();
    let mut other: Vec<u32> = (0_u32..).take(n).collect();
    let (mut small, mut large): (Vec<u32>, Vec<u32>) =
        other.iter().partition(|cell| keep[**cell as usize] < 1.0);
    loop {
        match (small.pop(), large.pop()) {
            (Some(less), Some(more)) => {
                other[less as usize] = more;
                let missing = 1.0 - keep[less as usize];
                keep[more as usize] -= missing;
                match keep[more as usize] < 1.0 {
                    true => small.push(more),
                    false => large.push(more),
                }
            }
            // What is left differs from 1 by rounding.
            (Some(cell), None) | (None, Some(cell)) => keep[cell as usize] = 1.0,
            (None, None) => break,
        }
    }
    How::Independent { keep, other }
}
