//! How often intervals hold the truth, and detectors sound the alarm without cause, over many simulated epidemics. The
//! shares stand in `docs/methods/coverage.md`; `FANGXIAN_BLESS=1` writes them anew.

#![expect(
    clippy::cast_precision_loss,
    reason = "numbers of runs are far below 2^53"
)]
#![expect(clippy::expect_used, reason = "a test without its estimate must fail")]

use std::path::Path;

use fangxian_epi::call::Mode;
use fangxian_epi::clusters::knox::{self, Event};
use fangxian_epi::delay::duration::Duration;
use fangxian_epi::detect::ears::{self, Rule};
use fangxian_epi::detect::farrington::flexible::{self, Threshold};
use fangxian_epi::detect::farrington::model;
use fangxian_epi::detect::farrington::original::Options;
use fangxian_epi::detect::farrington::reference::{Cut, Logs};
use fangxian_epi::detect::farrington::threshold::Power;
use fangxian_epi::detect::rki_bayes::{self, Reference};
use fangxian_epi::detect::series::Series;
use fangxian_epi::forecast::projection::{self, Spread};
use fangxian_epi::numbers::random::Stream;
use fangxian_epi::numbers::whole;
use fangxian_epi::reproduction::cori::{self, Prior};
use fangxian_epi::reproduction::growth::{self, Bins};
use fangxian_epi::reproduction::incidence::Incidence;
use fangxian_epi::reproduction::uncertain::{self, Truncated};
use fangxian_epi::reproduction::{interval, wallinga_teunis};
use fangxian_epi::severity::fatality;
use fangxian_epi::tables::two_by_two::{self, Counts, Ratio};

/// How often something held.
#[derive(Default)]
struct Held {
    inside: u32,
    runs: u32,
}

impl Held {
    fn add(&mut self, (low, high): (f64, f64), truth: f64) {
        self.count(low <= truth && truth <= high);
    }

    fn count(&mut self, holds: bool) {
        self.runs += 1;
        self.inside += u32::from(holds);
    }

    fn share(&self) -> f64 {
        f64::from(self.inside) / f64::from(self.runs)
    }
}

/// A row of the page: what, in which world, what is stated, what was found, and between which it must lie.
struct Row {
    what: &'static str,
    world: &'static str,
    stated: &'static str,
    held: Held,
    bounds: (f64, f64),
}

impl Row {
    fn line(&self) -> String {
        let (share, runs) = (self.held.share(), self.held.runs);
        format!(
            "| {} | {} | {} | {share:.3} | {runs} |",
            self.what, self.world, self.stated
        )
    }
}

/// The interval of a renewal epidemic.
const INTERVAL: (f64, f64) = (4.0, 1.6);

/// Daily cases in which everybody infects `r` others on average, five a day to begin with.
fn epidemic(s: &mut Stream, w: &[f64], r: f64, days: usize) -> Vec<f64> {
    let mut cases = vec![5.0; 6];
    while cases.len() < days {
        let past: f64 = (1..w.len())
            .take(cases.len())
            .map(|k| w[k] * cases[cases.len() - k])
            .sum();
        cases.push(s.poisson(r * past));
    }
    cases
}

fn local(cases: Vec<f64>) -> Incidence {
    let imported = vec![0.0; cases.len()];
    Incidence {
        local: cases,
        imported,
    }
}

const PRIOR: Prior = Prior { mean: 5.0, sd: 5.0 };

fn reproduction(times: u64) -> Vec<Row> {
    let w = interval::discretised(INTERVAL.0, INTERVAL.1, 40).expect("an interval");
    let (mut week, mut drawn, mut cohort) = (Held::default(), Held::default(), Held::default());
    let (mean, sd) = (
        Truncated {
            mean: 4.0,
            sd: 0.6,
            low: 2.5,
            high: 5.5,
        },
        Truncated {
            mean: 1.6,
            sd: 0.3,
            low: 0.9,
            high: 2.3,
        },
    );
    for seed in 0..times {
        let mut s = Stream::new(seed, "coverage-r", 0);
        let incidence = local(epidemic(&mut s, &w, 1.2, 34));
        let found = cori::estimate(&incidence, &w, INTERVAL.0, PRIOR, &[(28, 34)]);
        let q = found[0].as_ref().expect("an estimate").quantiles();
        week.add((q[0], q[6]), 1.2);

        // An interval that nobody knows: drawn from what is believed of it.
        let mut draw = |t: Truncated| loop {
            let x = t.mean + t.sd * s.normal();
            if x > t.low && x < t.high {
                break x;
            }
        };
        let (centre, spread) = (draw(mean), draw(sd));
        let own = interval::discretised(centre, spread, 40).expect("an interval");
        let incidence = local(epidemic(&mut s, &own, 1.6, 34));
        let found = uncertain::estimate(&incidence, (mean, sd), PRIOR, &[(28, 34)], 100, seed);
        let q = found.expect("draws")[0]
            .as_ref()
            .expect("an estimate")
            .quantiles;
        drawn.add((q[0], q[6]), 1.6);

        // A tree: who infected whom is known here, and not there.
        let (cases, infected) = tree(&mut s, &w, 1.3, 45);
        let found = wallinga_teunis::estimate(&cases, &w, &[(15, 21)], 1000, None);
        let total: f64 = cases[14..21].iter().sum();
        let truth = infected[14..21].iter().sum::<f64>() / total;
        if let Ok(found) = &found[0] {
            cohort.add((found.limits.0 - 1e-9, found.limits.1 + 1e-9), truth);
        }
    }
    let row = |what, world, held, bounds| Row {
        what,
        world,
        stated: "0.95",
        held,
        bounds,
    };
    vec![
        row("`estimate_r`, week", "renewal, R 1.2", week, (0.92, 0.98)),
        row(
            "`estimate_r_uncertain_si`, week",
            "renewal, R 1.6, an interval drawn from its limits",
            drawn,
            (0.92, 0.98),
        ),
        row(
            "`wallinga_teunis`, week",
            "tree, R 1.3: the mean that these cases did infect",
            cohort,
            (0.92, 1.0),
        ),
    ]
}

/// Cases by day in which each infects a Poisson number, and how many those of each day infected.
fn tree(s: &mut Stream, w: &[f64], r: f64, days: usize) -> (Vec<f64>, Vec<f64>) {
    let total: f64 = w.iter().sum();
    let (mut cases, mut infected) = (vec![0.0; days], vec![0.0; days]);
    cases[..4].fill(4.0);
    for day in 0..days {
        for _ in 0..whole(cases[day]).unwrap_or(0) {
            for _ in 0..whole(s.poisson(r)).unwrap_or(0) {
                let mut left = s.unit() * total;
                let later = w.iter().position(|w| {
                    left -= w;
                    left <= 0.0
                });
                infected[day] += 1.0;
                if let Some(count) = cases.get_mut(day + later.unwrap_or(1)) {
                    *count += 1.0;
                }
            }
        }
    }
    (cases, infected)
}

fn growth_and_projection(times: u64) -> Vec<Row> {
    let (mut rate, mut ahead) = (Held::default(), Held::default());
    let w = interval::discretised(INTERVAL.0, INTERVAL.1, 60).expect("an interval");
    for seed in 0..times {
        let mut s = Stream::new(seed, "coverage-growth", 0);
        let counts = (0..21)
            .map(|t| s.poisson(20.0 * (0.08 * f64::from(t)).exp()))
            .collect();
        let start = "2027-03-01".parse().expect("a date");
        let found = growth::fit(
            &Bins {
                start,
                days: 1,
                counts,
            },
            0,
            21,
            0.95,
        )
        .expect("a rate");
        rate.add(found.limits, 0.08);

        let cases = epidemic(&mut s, &w, 1.2, 47);
        let found = projection::project(&cases[..33], &w, 1.2, Spread::Poisson, (14, 200), seed);
        for (day, came) in found.expect("paths").iter().zip(&cases[33..]) {
            ahead.add((day.quantiles[0], day.quantiles[2]), *came);
        }
    }
    let row = |what, world, stated, held, bounds| Row {
        what,
        world,
        stated,
        held,
        bounds,
    };
    vec![
        row(
            "`growth_rate`",
            "Poisson counts, 20 a day, growth 0.08",
            "0.95",
            rate,
            (0.92, 0.98),
        ),
        row(
            "`project_renewal`, 14 days",
            "renewal, R 1.2 and known; 200 paths; whole counts",
            "0.90",
            ahead,
            (0.87, 0.96),
        ),
    ]
}

fn severity(times: u64) -> Vec<Row> {
    let (mut crude, mut corrected) = (Held::default(), Held::default());
    let delay = Duration::Gamma(4.0, 3.0);
    for seed in 0..times {
        let mut s = Stream::new(seed, "coverage-cfr", 0);
        let deaths = (0..150).filter(|_| s.unit() < 0.08).count() as f64;
        let found = fatality::crude(deaths, 150.0).expect("a share");
        crude.add((found.low, found.high), 0.08);

        // Growth by a tenth a day, told on day 45.
        let cases: Vec<f64> = (0..45)
            .map(|t| s.poisson(3.0 * (0.1 * f64::from(t)).exp()))
            .collect();
        let mut died = 0.0;
        for (day, cases) in cases.iter().enumerate() {
            for _ in 0..whole(*cases).unwrap_or(0) {
                let dies = s.unit() < 0.08;
                let later = (delay.quantile(s.unit()) + 0.5).floor();
                died += f64::from(u8::from(dies && day as f64 + later < 45.0));
            }
        }
        let known: f64 = fatality::outcomes(&cases, delay)
            .expect("outcomes")
            .iter()
            .sum();
        let found = fatality::corrected(cases.iter().sum(), died, known, 100.0).expect("a risk");
        corrected.add((found.low, found.high), 0.08);
    }
    let row = |what, world, held, bounds| Row {
        what,
        world,
        stated: "0.95",
        held,
        bounds,
    };
    vec![
        row(
            "`cfr_static`, no delay",
            "150 cases, risk 0.08; exact limits",
            crude,
            (0.95, 1.0),
        ),
        row(
            "`cfr_static`, delay",
            "growth, told on day 45, risk 0.08",
            corrected,
            (0.92, 0.98),
        ),
    ]
}

fn tables(times: u64) -> Vec<Row> {
    let mut held: [Held; 4] = Default::default();
    let table = |s: &mut Stream, risks: (f64, f64), people: u32| {
        let mut ill = |risk: f64| (0..people).filter(|_| s.unit() < risk).count() as f64;
        let (a, c) = (ill(risks.0), ill(risks.1));
        let n = f64::from(people);
        Counts {
            a,
            b: n - a,
            c,
            d: n - c,
        }
    };
    let odds = |p: f64| p / (1.0 - p);
    let sound = |r: Ratio| (r.limits.0, r.limits.1);
    for seed in 0..times {
        let mut s = Stream::new(seed, "coverage-tables", 0);
        let t = table(&mut s, (0.4, 0.2), 60);
        held[0].add(sound(t.risk_ratio()), 2.0);
        let ratio = odds(0.4) / odds(0.2);
        held[1].add(sound(t.odds_ratio()), ratio);
        held[2].add(
            sound(t.exact(Mode::Published).expect("exact limits").odds),
            ratio,
        );
        // Strata with risks of their own and one odds ratio of 3.
        let strata: Vec<Counts> = [0.1, 0.2, 0.35, 0.5]
            .into_iter()
            .map(|low| {
                let high = 3.0 * odds(low);
                table(&mut s, (high / (1.0 + high), low), 40)
            })
            .collect();
        let (found, _) = two_by_two::mantel_haenszel(&strata, false).expect("a ratio");
        held[3].add(sound(found), 3.0);
    }
    let [risk, wald, exact, common] = held;
    let row = |what, world, held, bounds| Row {
        what,
        world,
        stated: "0.95",
        held,
        bounds,
    };
    vec![
        row(
            "`two_by_two`, risk ratio",
            "60 and 60 people, risks 0.4 and 0.2",
            risk,
            (0.92, 0.98),
        ),
        row(
            "`two_by_two`, odds ratio, Wald",
            "the same",
            wald,
            (0.92, 0.98),
        ),
        row(
            "`two_by_two`, odds ratio, exact",
            "the same",
            exact,
            (0.95, 1.0),
        ),
        row(
            "`mantel_haenszel`",
            "four strata of 80, odds ratio 3",
            common,
            (0.92, 0.98),
        ),
    ]
}

fn interaction(times: u64) -> Vec<Row> {
    let mut held = Held::default();
    for seed in 0..times {
        let mut s = Stream::new(seed, "coverage-knox", 0);
        // Places crowd in a corner, times crowd at the beginning; neither knows of the other.
        let events: Vec<Event> = (0..60)
            .map(|_| Event {
                time: (s.unit().powi(2) * 60.0).floor(),
                at: (8.0 * s.unit().powi(2), 8.0 * s.unit().powi(2)),
            })
            .collect();
        let found = knox::test(&events, 1.0, 5.0, 199, seed).expect("a test");
        held.count(found.p_permutation <= 0.05);
    }
    vec![Row {
        what: "`knox`, p at most 0.05",
        world: "60 cases, no interaction",
        stated: "0.05",
        held,
        bounds: (0.02, 0.08),
    }]
}

fn short_baselines(times: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    let worlds = [
        (20.0, "Poisson days, mean 20", [0.04, 0.12]),
        (2.0, "Poisson days, mean 2", [0.08, 0.15]),
    ];
    for (mean, world, most) in worlds {
        for (what, rule) in [
            ("`ears` C1", Rule::C1),
            ("`ears` C2", Rule::C2),
            ("`ears` C3", Rule::C3),
        ] {
            let settings = ears::Settings {
                rule,
                baseline: 7,
                min_sigma: 0.5,
                alpha: 0.001,
            };
            let mut held = Held::default();
            for seed in 0..times {
                let mut s = Stream::new(seed, "coverage-ears", 0);
                let days: Vec<f64> = (0..111).map(|_| s.poisson(mean)).collect();
                for t in 12..=days.len() {
                    let bound = ears::judge(&days, t, &settings, Mode::Published).expect("a bound");
                    held.count(days[t - 1] > bound.upper);
                }
            }
            let (stated, most) = if rule == Rule::C3 {
                ("none", most[1])
            } else {
                ("0.001", most[0])
            };
            rows.push(Row {
                what,
                world,
                stated,
                held,
                bounds: (0.001, most),
            });
        }
    }
    rows
}

fn earlier_years(times: u64) -> Vec<Row> {
    let (mut bayes, mut improved) = (Held::default(), Held::default());
    let which = Reference {
        years: 3,
        half_width: 3,
        this_year: false,
    };
    let options = Options {
        cut: Cut {
            years: 4,
            half_width: 3,
            groups: 10,
            past_left_out: 26,
        },
        fit: model::Settings {
            reweight: true,
            weights_threshold: 2.58,
            trend: true,
            trend_p: 0.05,
            years: 4,
        },
        power: Power::TwoThirds,
        alpha: 0.01,
        limit: (5.0, 4),
        population: false,
    };
    for seed in 0..times {
        let mut s = Stream::new(seed, "coverage-weeks", 0);
        let flat: Vec<f64> = (0..220).map(|_| s.poisson(10.0)).collect();
        let wave = |t: usize| 12.0 + 7.0 * (std::f64::consts::TAU * t as f64 / 52.0).cos();
        let season = (0..260)
            .map(|t| s.negative_binomial(8.0, wave(t)))
            .collect();
        let series = Series::of(season, 52);
        let logs = Logs::of(&series);
        for t in 211..=220 {
            let upper = rki_bayes::bayes(&flat, t, 52, which, 0.05).expect("a bound");
            bayes.count(flat[t - 1] > upper);
        }
        for t in (220..=260).step_by(4) {
            let judged = flexible::judge(
                &series,
                &logs,
                t,
                &options,
                Threshold::Delta,
                Mode::Published,
            );
            improved.count(judged.expect("a bound").alarm);
        }
    }
    let row = |what, world, stated, held, bounds| Row {
        what,
        world,
        stated,
        held,
        bounds,
    };
    vec![
        row(
            "`bayes`",
            "Poisson weeks, mean 10; whole counts",
            "0.05",
            bayes,
            (0.02, 0.055),
        ),
        row(
            "`farrington_flexible`",
            "season, more spread than Poisson, no outbreak",
            "0.01",
            improved,
            (0.005, 0.04),
        ),
    ]
}

fn all(times: u64) -> Vec<Row> {
    let mut rows = reproduction(2 * times);
    rows.extend(growth_and_projection(2 * times));
    rows.extend(severity(4 * times));
    rows.extend(tables(4 * times));
    rows.extend(interaction(2 * times));
    rows.extend(short_baselines(times / 2));
    rows.extend(earlier_years(times / 2));
    rows
}

fn outside(rows: &[Row]) -> Vec<String> {
    let off = |row: &&Row| !(row.bounds.0..=row.bounds.1).contains(&row.held.share());
    rows.iter().filter(off).map(Row::line).collect()
}

const BEGIN: &str = "<!-- shares:begin -->\n";
const END: &str = "<!-- shares:end -->\n";

#[test]
fn intervals_hold_the_truth_as_often_as_the_page_says() {
    let rows = all(200);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/methods/coverage.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (before, rest) = page.split_once(BEGIN).expect("a mark");
    let (_, after) = rest.split_once(END).expect("a mark");
    let lines: String = rows.iter().map(|row| row.line() + "\n").collect();
    let now = format!(
        "{before}{BEGIN}| what | world | stated | found | of |\n|---|---|---|---|---|\n{lines}{END}{after}"
    );
    if std::env::var_os("FANGXIAN_BLESS").is_some() {
        std::fs::write(&path, &now).expect("the page");
    }
    let off = outside(&rows);
    assert!(off.is_empty(), "{off:#?}");
    let written = std::fs::read_to_string(&path).expect("the page");
    assert_eq!(written, now, "FANGXIAN_BLESS=1 writes the page anew");
}

#[test]
#[ignore = "long: twenty times as many epidemics"]
fn long_intervals_hold_the_truth_over_many_more_epidemics() {
    let off = outside(&all(4_000));
    assert!(off.is_empty(), "{off:#?}");
}
