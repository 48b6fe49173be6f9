//! What is scanned, and over which windows.

use crate::answer::{Estimated, NotEstimated, Why, require};

/// How chance is understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Cases fall on people at risk.
    Poisson,
    /// Cases and controls.
    Bernoulli,
    /// Dates of cases are exchanged between places.
    Permutation,
}

/// Where places lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ground {
    /// On a plane.
    Plane,
    /// On a sphere of this radius in kilometres; coordinates are latitude and longitude in degrees.
    Sphere(f64),
}

/// Places, steps of time, cases and what is expected of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// How chance is understood.
    pub model: Model,
    /// Plane or sphere.
    pub ground: Ground,
    /// The coordinates of the places.
    pub at: Vec<(f64, f64)>,
    /// Steps of time; 1 when time plays no part.
    pub steps: usize,
    /// Cases by place and step: the steps of the first place, then those of the second.
    pub cases: Vec<u32>,
    /// In the same order: Poisson, what is expected, in any unit; Bernoulli, cases and controls together; empty for a
    /// permutation, where it follows from the cases.
    pub measure: Vec<f64>,
}

/// Which windows are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Largest share of the measure (of the cases for a permutation) that a circle may hold.
    pub largest_share: f64,
    /// Longest span in steps; spans of all steps when time plays no part.
    pub longest: usize,
    /// Whether only spans that end with the last step count.
    pub until_now: bool,
    /// Whether time plays a part.
    pub in_time: bool,
    /// Whether too few cases count as well as too many.
    pub low_too: bool,
    /// Fewest cases of a window with too many.
    pub fewest: u32,
    /// Simulations.
    pub replications: usize,
    /// Threads; the result does not depend on it.
    pub threads: usize,
    /// Whether windows that every simulation surpasses follow, with a chance of 1: a check needs them, since
    /// another set of simulations may tell one.
    pub surpassed_too: bool,
}

impl Settings {
    /// The spans, first and last step.
    pub(super) fn windows(&self, steps: usize) -> Vec<(usize, usize)> {
        let last = steps.saturating_sub(1);
        if !self.in_time {
            return vec![(0, last)];
        }
        let longest = self.longest.clamp(1, steps.max(1));
        if self.until_now {
            return (1..=longest).map(|n| (last + 1 - n, last)).collect();
        }
        let ends =
            |first: usize| (first..=last.min(first + longest - 1)).map(move |end| (first, end));
        (0..steps).flat_map(ends).collect()
    }
}

impl Study {
    /// Distance between two places.
    pub fn distance(&self, a: usize, b: usize) -> f64 {
        let ((ax, ay), (bx, by)) = (self.at[a], self.at[b]);
        match self.ground {
            Ground::Plane => (ax - bx).hypot(ay - by),
            Ground::Sphere(radius) => {
                let (p, q) = (ax.to_radians(), bx.to_radians());
                let (dp, dl) = ((q - p) / 2.0, (by - ay).to_radians() / 2.0);
                let h = dp.sin().powi(2) + p.cos() * q.cos() * dl.sin().powi(2);
                2.0 * radius * h.sqrt().min(1.0).asin()
            }
        }
    }

    /// Cases of a place over all steps.
    pub(super) fn cases_of(&self, place: usize) -> f64 {
        let all = &self.cases[place * self.steps..(place + 1) * self.steps];
        all.iter().map(|n| f64::from(*n)).sum()
    }

    /// Cases of every step.
    pub(super) fn cases_by_step(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.steps];
        for place in self.cases.chunks_exact(self.steps.max(1)) {
            for (sum, n) in sums.iter_mut().zip(place) {
                *sum += f64::from(*n);
            }
        }
        sums
    }

    /// All cases.
    pub(super) fn total(&self) -> f64 {
        self.cases.iter().map(|n| f64::from(*n)).sum()
    }

    /// What a circle may hold a share of: of every place, the measure over all steps, or its cases for a permutation.
    pub(super) fn weights(&self) -> Vec<f64> {
        let weight = |place: usize| match self.model {
            Model::Permutation => self.cases_of(place),
            Model::Poisson | Model::Bernoulli => self.measure
                [place * self.steps..(place + 1) * self.steps]
                .iter()
                .sum(),
        };
        (0..self.at.len()).map(weight).collect()
    }

    /// Refuses what cannot be scanned.
    pub(super) fn check(&self, settings: &Settings) -> Estimated<()> {
        let cells = self.at.len() * self.steps;
        require(
            self.cases.len() == cells,
            "cases and places do not fit together",
        )?;
        require(
            u32::try_from(self.at.len()).is_ok(),
            "there are too many places",
        )?;
        let finite = self.at.iter().all(|(x, y)| x.is_finite() && y.is_finite());
        require(finite, "a coordinate is not a number")?;
        let share = settings.largest_share;
        require(
            share > 0.0 && share <= 1.0,
            "the largest share of a window is not above 0 and at most 1",
        )?;
        if self.model == Model::Permutation {
            require(
                self.measure.is_empty(),
                "a permutation has no measure of its own",
            )?;
            require(settings.in_time, "a permutation needs time")?;
        } else {
            require(
                self.measure.len() == cells,
                "the measure and places do not fit together",
            )?;
            let sound = self.measure.iter().all(|m| m.is_finite() && *m >= 0.0);
            require(sound, "a measure is negative or not a number")?;
            let covered = self.cases.iter().zip(&self.measure);
            require(
                covered.clone().all(|(n, m)| *n == 0 || *m > 0.0),
                "there are cases where nobody is at risk",
            )?;
            if self.model == Model::Bernoulli {
                require(
                    self.steps == 1,
                    "cases and controls are compared without time",
                )?;
                require(
                    covered
                        .clone()
                        .all(|(n, m)| f64::from(*n) <= *m && m.fract() == 0.0),
                    "people are fewer than cases or not a whole number",
                )?;
            }
        }
        if let Ground::Sphere(radius) = self.ground {
            require(
                radius > 0.0 && radius.is_finite(),
                "the radius of the Earth is not above 0",
            )?;
            let on_earth = |(lat, lon): &(f64, f64)| lat.abs() <= 90.0 && lon.abs() <= 360.0;
            require(
                self.at.iter().all(on_earth),
                "a coordinate is not one of the Earth",
            )?;
        }
        let total = self.total();
        if total < 2.0 {
            return Err(NotEstimated::because(
                Why::TooLittle,
                "there are fewer than two cases",
            ));
        }
        // LIMIT: cases are numbered in the simulations.
        require(total <= 1e9, "there are more than a thousand million cases")?;
        if self.model == Model::Bernoulli && self.measure.iter().sum::<f64>() <= total {
            return Err(NotEstimated::because(
                Why::NoVariation,
                "there are no controls",
            ));
        }
        if self.at.len() * (if settings.in_time { self.steps } else { 1 }) < 2 {
            return Err(NotEstimated::because(
                Why::TooLittle,
                "there is one place and one step only",
            ));
        }
        Ok(())
    }
}
