//! The mean of the endemic-epidemic model and the derivatives of its likelihood.

use std::f64::consts::PI;

use crate::numbers::density::{self, ln_gamma};

use super::panel::Panel;

/// How much the places around count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Weights {
    /// Each place behind one border counts 1.
    FirstOrder,
    /// A place behind `o` borders counts `o^-d`, up to this many borders; `d` is estimated.
    PowerLaw(u32),
}

/// What the model holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Form {
    /// Whether counts vary more than Poisson, by the same measure everywhere.
    pub dispersed: bool,
    /// Whether cases of the step before in the same place cause cases.
    pub own: bool,
    /// Whether those of places around do, with which weights, and whether what a place sends is shared out over those
    /// around it.
    pub around: Option<(Weights, bool)>,
    /// Whether the endemic part rises or falls with time.
    pub trend: bool,
    /// Pairs of sine and cosine.
    pub harmonics: usize,
    /// Steps in a year.
    pub period: f64,
}

impl Form {
    /// Names of the parameters in order. All are logarithms but `overdisp` and `neweights.d`.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        if self.own {
            names.push("ar.1".to_owned());
        }
        if self.around.is_some() {
            names.push("ne.1".to_owned());
        }
        names.push("end.1".to_owned());
        if self.trend {
            names.push("end.t".to_owned());
        }
        for s in 1..=self.harmonics {
            let times = if s == 1 {
                "2".to_owned()
            } else {
                (2 * s).to_string()
            };
            for wave in ["sin", "cos"] {
                names.push(format!("end.{wave}({times} * pi * t/{})", self.period));
            }
        }
        if self.decays() {
            names.push("neweights.d".to_owned());
        }
        if self.dispersed {
            names.push("overdisp".to_owned());
        }
        names
    }

    pub(super) fn decays(&self) -> bool {
        matches!(self.around, Some((Weights::PowerLaw(_), _)))
    }

    /// Where the endemic terms begin among the parameters.
    pub(super) fn endemic(&self) -> usize {
        usize::from(self.own) + usize::from(self.around.is_some())
    }

    /// Endemic terms of a step; the second step has time 1.
    fn terms(&self, step: usize, into: &mut Vec<f64>) {
        let t = step as f64;
        into.clear();
        into.push(1.0);
        if self.trend {
            into.push(t);
        }
        for s in 1..=self.harmonics {
            let angle = 2.0 * PI * s as f64 * t / self.period;
            into.extend([angle.sin(), angle.cos()]);
        }
    }
}

/// Weights from each place to each other, with the first two derivatives by the decay.
struct Spread(Vec<Vec<[f64; 3]>>);

impl Spread {
    fn new(panel: &Panel, weights: Weights, shared: bool, decay: f64) -> Self {
        let of = |order: Option<u32>| match (weights, order) {
            (Weights::FirstOrder, Some(1)) => 1.0,
            (Weights::PowerLaw(most), Some(o)) if (1..=most).contains(&o) => {
                f64::from(o).powf(-decay)
            }
            _ => 0.0,
        };
        let ln = |order: Option<u32>| match weights {
            Weights::PowerLaw(_) => order.map_or(0.0, |o| f64::from(o.max(1)).ln()),
            Weights::FirstOrder => 0.0,
        };
        let row = |orders: &Vec<Option<u32>>| {
            let total: f64 = orders.iter().map(|o| of(*o)).sum();
            let scale = if shared && total > 0.0 { total } else { 1.0 };
            // Mean and variance of the logarithm of the order, by weight.
            let (mut m, mut v) = (0.0, 0.0);
            if shared {
                m = orders.iter().map(|o| of(*o) / scale * ln(*o)).sum();
                v = orders
                    .iter()
                    .map(|o| of(*o) / scale * (ln(*o) - m).powi(2))
                    .sum();
            }
            orders
                .iter()
                .map(|o| {
                    let (w, off) = (of(*o) / scale, m - ln(*o));
                    [w, w * off, w * (off * off - v)]
                })
                .collect()
        };
        Self(panel.orders.iter().map(row).collect())
    }

    /// What reaches each place from a step's counts, with derivatives.
    fn reach(&self, counts: &[f64]) -> Vec<[f64; 3]> {
        let mut sums = vec![[0.0; 3]; counts.len()];
        for (count, row) in counts.iter().zip(&self.0) {
            if *count > 0.0 {
                for (sum, w) in sums.iter_mut().zip(row) {
                    for k in 0..3 {
                        sum[k] += count * w[k];
                    }
                }
            }
        }
        sums
    }
}

/// The log likelihood with its slope and curvature.
#[derive(Debug, Clone)]
pub(super) struct Surface {
    pub(super) value: f64,
    pub(super) slope: Vec<f64>,
    /// Second derivatives, the lower triangle filled.
    pub(super) curve: Vec<Vec<f64>>,
}

/// A mean with its parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// From the same place.
    pub own: f64,
    /// From places around.
    pub around: f64,
    /// Neither.
    pub endemic: f64,
}

impl Mean {
    /// All parts together.
    pub fn total(self) -> f64 {
        self.own + self.around + self.endemic
    }
}

/// Calls `each` with step, place, mean, the parts of the around-derivatives and the endemic terms, for the steps asked.
fn walk(
    panel: &Panel,
    form: &Form,
    x: &[f64],
    steps: std::ops::Range<usize>,
    mut each: impl FnMut(usize, usize, Mean, [f64; 3], &[f64]),
) {
    let endemic = form.endemic();
    let mut terms = Vec::new();
    form.terms(1, &mut terms);
    let width = terms.len();
    let decay = if form.decays() {
        x[endemic + width]
    } else {
        0.0
    };
    let own = if form.own { x[0].exp() } else { 0.0 };
    let send = if form.around.is_some() {
        x[endemic - 1].exp()
    } else {
        0.0
    };
    let spread = form
        .around
        .map(|(weights, shared)| Spread::new(panel, weights, shared, decay));
    for step in steps {
        form.terms(step, &mut terms);
        let level: f64 = terms
            .iter()
            .zip(&x[endemic..])
            .map(|(t, b)| t * b)
            .sum::<f64>()
            .exp();
        let before = &panel.counts[step - 1];
        let reach = spread.as_ref().map(|spread| spread.reach(before));
        for place in 0..panel.places.len() {
            let around = reach
                .as_ref()
                .map_or([0.0; 3], |reach| reach[place].map(|r| send * r));
            let mean = Mean {
                own: own * before[place],
                around: around[0],
                endemic: level * panel.offsets[place],
            };
            each(step, place, mean, around, &terms);
        }
    }
}

/// Means of the steps asked (counted from 0, the first has none), by step and place.
pub(super) fn means(
    panel: &Panel,
    form: &Form,
    x: &[f64],
    steps: std::ops::Range<usize>,
) -> Vec<(usize, usize, Mean)> {
    let mut all = Vec::new();
    walk(panel, form, x, steps, |step, place, mean, _, _| {
        all.push((step, place, mean));
    });
    all
}

/// The log likelihood at `x` (the logarithm of the overdispersion last), with derivatives.
pub(super) fn surface(panel: &Panel, form: &Form, x: &[f64]) -> Surface {
    let n = x.len();
    let mut all = Surface {
        value: 0.0,
        slope: vec![0.0; n],
        curve: vec![vec![0.0; n]; n],
    };
    let endemic = form.endemic();
    let size = form.dispersed.then(|| (-x[n - 1]).exp());
    let mut d = vec![0.0; n];
    walk(
        panel,
        form,
        x,
        1..panel.counts.len(),
        |step, place, mean, around, terms| {
            let (y, m) = (panel.counts[step][place], mean.total());
            let (first, second) = match size {
                None => {
                    all.value += y * m.ln() - m - ln_gamma(y + 1.0);
                    (y / m - 1.0, -y / (m * m))
                }
                Some(r) => {
                    all.value += density::negative_binomial(y, r, m).ln();
                    let whole = m + r;
                    (
                        y / m - (y + r) / whole,
                        -y / (m * m) + (y + r) / (whole * whole),
                    )
                }
            };
            let mut at = 0;
            if form.own {
                d[0] = mean.own;
                at = 1;
            }
            if form.around.is_some() {
                d[at] = mean.around;
            }
            for (k, t) in terms.iter().enumerate() {
                d[endemic + k] = mean.endemic * t;
            }
            let decay = endemic + terms.len();
            let mus = decay + usize::from(form.decays());
            if form.decays() {
                d[decay] = around[1];
                all.curve[decay][decay] += first * around[2];
                all.curve[decay][endemic - 1] += first * around[1];
            }
            // Second derivatives of the mean: each part is the exponential of its own terms.
            for k in 0..endemic {
                all.curve[k][k] += first * d[k];
            }
            for (i, t) in terms.iter().enumerate() {
                for j in 0..=i {
                    all.curve[endemic + i][endemic + j] += first * d[endemic + j] * t;
                }
            }
            for i in 0..mus {
                all.slope[i] += first * d[i];
                for j in 0..=i {
                    all.curve[i][j] += second * d[i] * d[j];
                }
            }
            if let Some(r) = size {
                let whole = m + r;
                let (mut by, twice) = density::rising_sums(r, y);
                let mut twice = -twice;
                // ln(r / whole) without cancellation where r is large.
                by += (m - y) / whole - libm::log1p(m / r);
                twice += m / (r * whole) - (m - y) / (whole * whole);
                all.slope[mus] -= r * by;
                all.curve[mus][mus] += r * by + r * r * twice;
                let cross = -r * (y - m) / (whole * whole);
                for j in 0..mus {
                    all.curve[mus][j] += cross * d[j];
                }
            }
        },
    );
    all
}
