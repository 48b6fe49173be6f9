//! The strongest windows, as the cases really are.

use super::SAME;
use super::score::Score;
use super::study::{Model, Settings, Study};
use super::zones::Zones;

/// A window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    pub centre: usize,
    /// How many of its nearest places, itself included.
    pub places: usize,
    pub steps: (usize, usize),
    pub statistic: f64,
    pub cases: f64,
    pub measure: f64,
}

/// The strongest windows that share no place at the same time with a stronger one, as far down as `least`, out of the best
/// window of every centre and last step. Equal statistics: the smaller window first, then the first place, then the earlier.
pub(super) fn strongest(
    study: &Study,
    settings: &Settings,
    score: &Score,
    zones: &Zones,
    windows: &[(usize, usize)],
    least: f64,
) -> Vec<Found> {
    let mut found = Vec::new();
    let mut look = Look::new(study, settings, score, zones, windows);
    for centre in 0..zones.centres() {
        found.extend(look.around(centre, least).iter().flatten());
    }
    let key = |w: &Found| (w.statistic / SAME).round();
    found.sort_by(|a, b| {
        (key(b).total_cmp(&key(a)))
            .then(a.places.cmp(&b.places))
            .then(a.centre.cmp(&b.centre))
    });
    let mut taken: Vec<Vec<(usize, usize)>> = vec![Vec::new(); study.at.len()];
    let mut told = Vec::new();
    for window in found {
        let places = zones.places(window.centre, window.places);
        let (first, last) = window.steps;
        let meets = |(f, l): &(usize, usize)| *f <= last && *l >= first;
        if places
            .iter()
            .any(|place| taken[*place as usize].iter().any(meets))
        {
            continue;
        }
        for place in places {
            taken[*place as usize].push(window.steps);
        }
        told.push(window);
    }
    told
}

/// Looks around one centre after the other.
struct Look<'a> {
    study: &'a Study,
    settings: &'a Settings,
    score: &'a Score,
    zones: &'a Zones,
    windows: &'a [(usize, usize)],
    /// Cases up to every step.
    upto: Vec<f64>,
    /// Sums up to every step over the places of a circle: cases, measure.
    cases: Vec<f64>,
    measure: Vec<f64>,
    /// The best window of every last step.
    best: Vec<Option<Found>>,
}

impl<'a> Look<'a> {
    fn new(
        study: &'a Study,
        settings: &'a Settings,
        score: &'a Score,
        zones: &'a Zones,
        windows: &'a [(usize, usize)],
    ) -> Self {
        let mut upto = vec![0.0];
        for n in study.cases_by_step() {
            upto.push(upto[upto.len() - 1] + n);
        }
        Self {
            study,
            settings,
            score,
            zones,
            windows,
            upto,
            cases: vec![0.0; study.steps + 1],
            measure: vec![0.0; study.steps + 1],
            best: vec![None; study.steps],
        }
    }

    /// The best window around a centre of every last step, where it reaches `least`. Of equal ones the smallest.
    fn around(&mut self, centre: usize, least: f64) -> &[Option<Found>] {
        let (study, score) = (self.study, self.score);
        let fewest = f64::from(self.settings.fewest);
        self.cases.fill(0.0);
        self.measure.fill(0.0);
        self.best.fill(None);
        for (before, place) in self.zones.list(centre).iter().enumerate() {
            let here = *place as usize * study.steps..(*place as usize + 1) * study.steps;
            let mut sum = 0.0;
            for (total, n) in self.cases[1..].iter_mut().zip(&study.cases[here.clone()]) {
                sum += f64::from(*n);
                *total += sum;
            }
            if study.model != Model::Permutation {
                let mut sum = 0.0;
                for (total, m) in self.measure[1..].iter_mut().zip(&study.measure[here]) {
                    sum += m;
                    *total += sum;
                }
            }
            let all = self.cases[study.steps];
            for window in self.windows {
                let (first, last) = *window;
                let best = &mut self.best[last];
                let c = self.cases[last + 1] - self.cases[first];
                let m = match study.model {
                    Model::Permutation => {
                        all * (self.upto[last + 1] - self.upto[first]) / score.cases()
                    }
                    Model::Poisson | Model::Bernoulli => {
                        self.measure[last + 1] - self.measure[first]
                    }
                };
                let expected = score.expected(m);
                let so_far = best.map_or(least, |best| best.statistic + SAME);
                let many = c > expected && c >= fewest && score.at_most(c, m) > so_far;
                if !(many || (self.settings.low_too && c < expected)) {
                    continue;
                }
                let statistic = score.ratio(c, m);
                if statistic > so_far {
                    *best = Some(Found {
                        centre,
                        places: before + 1,
                        steps: *window,
                        statistic,
                        cases: c,
                        measure: m,
                    });
                }
            }
        }
        &self.best
    }
}
