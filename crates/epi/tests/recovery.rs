//! Parameters come back from simulated data, and intervals hold them about as often as they say.

#![expect(
    clippy::cast_precision_loss,
    clippy::many_single_char_names,
    clippy::expect_used,
    clippy::needless_range_loop,
    reason = "numbers of runs are far below 2^53; a test without its fit must fail"
)]

use fangxian_base::{Date, plus_days};
use fangxian_epi::Why;
use fangxian_epi::call::Mode;
use fangxian_epi::delay::duration::Duration;
use fangxian_epi::delay::likelihood::Family;
use fangxian_epi::delay::records::{Doubly, Records, Truncated, Within};
use fangxian_epi::endemic::fit::fit;
use fangxian_epi::endemic::model::{Form, Weights};
use fangxian_epi::endemic::panel::Panel;
use fangxian_epi::nowcast::predict::{Prior, Settings, Way, nowcast};
use fangxian_epi::nowcast::triangle::{Report, Triangle};
use fangxian_epi::numbers::random::Stream;

fn draw(stream: &mut Stream, d: Duration) -> f64 {
    d.quantile(stream.unit())
}

/// Counts how often the interval of two standard errors holds the truth.
struct Held {
    runs: u32,
    inside: [u32; 2],
    sums: [f64; 2],
}

impl Held {
    fn new() -> Self {
        Self {
            runs: 0,
            inside: [0; 2],
            sums: [0.0; 2],
        }
    }

    fn add(&mut self, truth: [f64; 2], found: [f64; 2], errors: [f64; 2]) {
        self.runs += 1;
        for k in 0..2 {
            self.inside[k] += u32::from((found[k] - truth[k]).abs() <= 1.96 * errors[k]);
            self.sums[k] += found[k];
        }
    }

    fn check(&self, truth: [f64; 2], off: f64) {
        for k in 0..2 {
            let share = f64::from(self.inside[k]) / f64::from(self.runs);
            assert!((0.87..=1.0).contains(&share), "parameter {k}: {share}");
            let mean = self.sums[k] / f64::from(self.runs);
            assert!(
                (mean / truth[k] - 1.0).abs() < off,
                "parameter {k}: {mean} for {}",
                truth[k]
            );
        }
    }
}

#[test]
fn delays_come_back_from_two_windows() {
    let (truth, d) = ([1.6, 0.45], Duration::Lognormal(1.6, 0.45));
    let mut held = Held::new();
    for seed in 0..60 {
        let mut s = Stream::new(seed, "doubly", 0);
        let records: Vec<Doubly> = (0..150)
            .map(|_| {
                let open = 3.0 * s.unit();
                let begin = s.unit() * open;
                let end = begin + draw(&mut s, d);
                Doubly {
                    first: (0.0, open),
                    second: (end.floor(), end.floor() + 1.0),
                }
            })
            .collect();
        let found = Records::doubly(&records)
            .and_then(|r| r.fit(Family::Lognormal))
            .expect("a fit");
        let Duration::Lognormal(m, sd) = found.distribution else {
            panic!("another family")
        };
        let [a, _, b] = found.covariance;
        held.add(truth, [m, sd], [a.sqrt(), b.sqrt()]);
    }
    held.check(truth, 0.02);
}

#[test]
fn delays_come_back_while_the_long_ones_are_still_out_of_sight() {
    let (truth, d) = ([2.5, 2.0], Duration::Gamma(2.5, 2.0));
    let mut held = Held::new();
    let mut naive = 0.0;
    for seed in 0..60 {
        let mut s = Stream::new(seed, "truncated", 0);
        let mut records = Vec::new();
        while records.len() < 250 {
            // Growth by a tenth a day: most events are recent.
            let ago = (-s.unit().ln() / 0.1).floor().min(59.0);
            let delay = (s.unit() + draw(&mut s, d)).floor();
            if delay < ago + 1.0 {
                records.push(Truncated {
                    window: (delay, delay + 1.0),
                    primary: 1.0,
                    end: ago + 1.0,
                });
            }
        }
        naive += records.iter().map(|r| r.window.0).sum::<f64>() / 250.0 / 60.0;
        let found = Records::truncated(&records)
            .and_then(|r| r.fit(Family::Gamma))
            .expect("a fit");
        let Duration::Gamma(shape, scale) = found.distribution else {
            panic!("another family")
        };
        let [a, _, b] = found.covariance;
        held.add(truth, [shape, scale], [a.sqrt(), b.sqrt()]);
    }
    held.check(truth, 0.06);
    // The mean of whole days is 5.
    assert!(naive < 4.5, "the delays as seen are too short: {naive}");
}

#[test]
fn resampled_fits_spread_as_their_standard_errors() {
    let d = Duration::Weibull(1.8, 6.0);
    let mut s = Stream::new(5, "within", 0);
    let records: Vec<Within> = (0..200)
        .map(|_| {
            let x = draw(&mut s, d).floor();
            Within {
                left: (x > 0.0).then_some(x),
                right: Some(x + 1.0),
            }
        })
        .collect();
    let records = Records::within(&records).expect("records");
    let found = records.fit(Family::Weibull).expect("a fit");
    let again = records.resampled(&found, 200, 9);
    assert_eq!(again.len(), 200);
    let medians: Vec<f64> = again
        .iter()
        .map(|fit| fit.distribution.quantile(0.5).ln())
        .collect();
    let mean = medians.iter().sum::<f64>() / 200.0;
    let sd = (medians.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / 199.0).sqrt();
    let ratio = sd / found.quantile_error(0.5);
    assert!((0.8..1.25).contains(&ratio), "{ratio}");
    let same = records.resampled(&found, 3, 9);
    assert_eq!(same.as_slice(), &again[..3]);
}

#[test]
fn delays_that_cannot_be_told_are_not_estimated() {
    let why = |records: &[Doubly]| {
        Records::doubly(records)
            .and_then(|r| r.fit(Family::Lognormal))
            .err()
            .map(|e| e.why())
    };
    let same = Doubly {
        first: (0.0, 1.0),
        second: (5.0, 8.0),
    };
    assert_eq!(why(&[]), Some(Why::NoData));
    assert_eq!(why(&[same]), Some(Why::TooLittle));
    assert_eq!(why(&[same; 40]), Some(Why::NoVariation));
    let backwards = Doubly {
        first: (3.0, 4.0),
        second: (1.0, 2.0),
    };
    assert_eq!(why(&[same, backwards]), Some(Why::OutsideDomain));
}

fn day(n: i64) -> Date {
    let start: Date = "2021-01-01".parse().expect("a date");
    plus_days(start, n)
}

const SETTINGS: Settings = Settings {
    way: Way::Truncated,
    window: None,
    prior: Prior {
        mean: 50.0,
        variance: 3000.0,
    },
    draws: 300,
    most: 400,
    alpha: 0.05,
};

#[test]
fn nowcasts_hold_what_comes_later() {
    let delays = Duration::Gamma(2.0, 2.5);
    for (way, least) in [
        (Way::Truncated, 0.88),
        // Its normal error is too short for few reports, as its page says.
        (Way::Lawless, 0.65),
        (Way::Smooth, 0.85),
    ] {
        let (mut held, mut days, mut off, mut naive) = (0_u32, 0_u32, 0.0, 0.0);
        for seed in 0..25 {
            let mut s = Stream::new(seed, "reports", 0);
            let mut reports: Vec<Report> = Vec::new();
            let mut truth = vec![0.0; 41];
            for (t, count) in truth.iter_mut().enumerate() {
                let mean = 25.0 + 20.0 * (t as f64 / 6.0).sin();
                *count = s.poisson(mean);
                for _ in 0..fangxian_epi::numbers::whole(*count).unwrap_or(0) {
                    let late = draw(&mut s, delays).floor().min(15.0);
                    let late =
                        i64::try_from(fangxian_epi::numbers::whole(late).unwrap_or(0)).unwrap_or(0);
                    let event = i64::try_from(t).unwrap_or(0);
                    reports.push((day(event), Some(day(event + late))));
                }
            }
            let triangle = Triangle::build(&reports, day(40), 15).expect("a triangle");
            let settings = Settings { way, ..SETTINGS };
            let found =
                nowcast(&triangle, &settings, 12, Mode::Published, seed).expect("a nowcast");
            for now in found.days.iter().filter(|now| now.day < 40) {
                let (Some(median), Some(low), Some(high)) =
                    (now.median, now.limits.0, now.limits.1)
                else {
                    continue;
                };
                let came = truth[now.day];
                days += 1;
                held += u32::from((low..=high).contains(&came));
                off += (median - came).abs();
                naive += came - now.reported;
            }
        }
        assert!(days > 250, "{way:?}: {days}");
        let share = f64::from(held) / f64::from(days);
        assert!((least..=0.995).contains(&share), "{way:?}: {share}");
        assert!(off < 0.6 * naive, "{way:?}: {off} against {naive}");
    }
}

#[test]
fn nowcasts_without_reports_are_not_estimated() {
    let none = Triangle::build(&[], day(3), 5).err().map(|e| e.why());
    assert_eq!(none, Some(Why::NoData));
    let early = [(day(3), Some(day(1)))];
    let wrong = Triangle::build(&early, day(3), 5).err().map(|e| e.why());
    assert_eq!(wrong, Some(Why::OutsideDomain));
    let later = [(day(1), Some(day(9)))];
    let unknown = Triangle::build(&later, day(3), 5).err().map(|e| e.why());
    assert_eq!(unknown, Some(Why::NoData));
    // One report: the lawless way says nothing of the days without one.
    let one = [(day(0), Some(day(1)))];
    let triangle = Triangle::build(&one, day(3), 5).expect("a triangle");
    let settings = Settings {
        way: Way::Lawless,
        ..SETTINGS
    };
    let found = nowcast(&triangle, &settings, 3, Mode::Published, 1).expect("a nowcast");
    assert_eq!(found.days[3].median, None);
}

const FORM: Form = Form {
    dispersed: true,
    own: true,
    around: Some((Weights::FirstOrder, false)),
    trend: false,
    harmonics: 1,
    period: 52.0,
};

/// Places in a ring, each with two neighbours.
fn simulated(seed: u64, own: f64, around: f64, level: f64, dispersion: f64) -> Panel {
    let (places, steps) = (8, 150);
    let names: Vec<String> = (0..places).map(|p| format!("p{p}")).collect();
    let mut s = Stream::new(seed, "panel", 0);
    let mut counts: Vec<Vec<f64>> = vec![vec![2.0; places]];
    for step in 1..steps {
        let before = counts[step - 1].clone();
        let wave = 0.5 * (2.0 * std::f64::consts::PI * step as f64 / 52.0).sin();
        counts.push(
            (0..places)
                .map(|p| {
                    let sent = before[(p + 1) % places] + before[(p + places - 1) % places];
                    let mean = own * before[p] + around * sent + level * wave.exp();
                    s.negative_binomial(1.0 / dispersion, mean)
                })
                .collect(),
        );
    }
    let rows: Vec<(f64, &str, f64)> = counts
        .iter()
        .enumerate()
        .flat_map(|(step, row)| {
            let names = &names;
            row.iter()
                .enumerate()
                .map(move |(p, c)| ((step + 1) as f64, names[p].as_str(), *c))
        })
        .collect();
    let mut panel = Panel::build(&rows).expect("a panel");
    for p in 0..places {
        panel.orders[p][(p + 1) % places] = Some(1);
        panel.orders[p][(p + places - 1) % places] = Some(1);
    }
    panel
}

#[test]
fn shares_of_the_place_and_its_neighbours_come_back() {
    let mut held = Held::new();
    let truth = [0.4_f64.ln(), 0.15_f64.ln()];
    for seed in 0..40 {
        let panel = simulated(seed, 0.4, 0.15, 1.5, 0.3);
        let found = fit(&panel, FORM, None).expect("a fit");
        let [(a, sa), (b, sb)] = [found.parameters[0], found.parameters[1]];
        held.add(truth, [a, b], [sa, sb]);
        let over = found.parameters[5];
        assert!((over.0 - 0.3).abs() < 5.0 * over.1, "{over:?}");
    }
    held.check(truth, 0.05);
}

#[test]
fn panels_without_cases_or_with_gaps_are_not_estimated() {
    let quiet: Vec<(f64, &str, f64)> = (1..=20).map(|t| (f64::from(t), "p", 0.0)).collect();
    let panel = Panel::build(&quiet).expect("a panel");
    assert_eq!(
        fit(&panel, FORM, None).err().map(|e| e.why()),
        Some(Why::NoData)
    );
    let gap = [(1.0, "p", 1.0), (3.0, "p", 2.0)];
    assert_eq!(
        Panel::build(&gap).err().map(|e| e.why()),
        Some(Why::OutsideDomain)
    );
    assert_eq!(Panel::build(&[]).err().map(|e| e.why()), Some(Why::NoData));
    let short = Panel::build(&[(1.0, "p", 1.0), (2.0, "p", 2.0)]).expect("a panel");
    assert_eq!(
        fit(&short, FORM, None).err().map(|e| e.why()),
        Some(Why::TooLittle)
    );
}
