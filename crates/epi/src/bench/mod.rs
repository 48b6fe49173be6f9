//! Work of the size of a city, made up and seeded, to be measured: what is run, not how long it takes.

mod made_up;
pub mod reference;

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use serde_json::{Map, Value, json};

use crate::call::{Call, Mode, Params, Refused};
use crate::detect::farrington::flexible::{self, Threshold};
use crate::detect::farrington::model::Settings;
use crate::detect::farrington::original::{self, Options};
use crate::detect::farrington::reference::{Cut, Logs};
use crate::detect::farrington::threshold::Power;
use crate::detect::rki_bayes::{POISSON_UPPER, Reference, bayes, rki};
use crate::detect::season::{self, Season};
use crate::detect::series::Series;
use crate::detect::{cdc, cusum, ears, glr, outbreakp};
use crate::numbers::random::Stream;
use crate::numbers::summary;
use crate::registry;
use crate::reproduction::cori::{self, Prior};
use crate::reproduction::incidence::{self, Incidence};
use crate::reproduction::interval;
use crate::table::{Cell, Table};
use made_up::{by_day, epidemic, object, weeks};

/// Calls of one method.
#[derive(Debug)]
pub struct Work {
    /// Its name.
    pub name: &'static str,
    /// What is run.
    pub what: &'static str,
    tables: Vec<Table>,
    run: Run,
}

/// How it is run.
#[derive(Debug)]
enum Run {
    /// By name; numbers of this column are summed.
    Named {
        method: &'static str,
        params: Map<String, Value>,
        column: &'static str,
        inputs: Inputs,
    },
    /// R after Cori of many series, with one serial interval.
    Cori(Vec<Incidence>),
}

/// What a method that is called by name is given.
#[derive(Debug)]
enum Inputs {
    /// One table after the other in this role.
    Each(&'static str),
    /// All tables at once, in these roles.
    Together(&'static [&'static str]),
}

/// Mean and standard deviation of the serial interval of many series.
const INTERVAL: (f64, f64) = (4.7, 2.9);

/// What came out: numbers of a column and their sum.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sum {
    /// Numbers.
    pub count: usize,
    /// Their sum.
    pub sum: f64,
}

/// Series of the improved Farrington method, and steps of each.
const SERIES: usize = 140;
const WEEKS: usize = 416;

/// Series of reproduction numbers, and days of each.
const EPIDEMICS: usize = 1_000;
const DAYS: usize = 200;

impl Work {
    /// All work.
    pub fn all(seed: u64) -> Vec<Self> {
        let farrington = json!({
            "series_column": "series", "n_epochs": WEEKS, "range": [365, WEEKS], "b": 4, "w": 3, "alpha": 0.01,
            "no_periods": 10, "past_weeks_not_included": 26, "p_threshold_trend": 1, "weights_threshold": 2.58,
        });
        let uncertain = json!({
            "mean_si": 2.6, "std_mean_si": 1, "min_mean_si": 1, "max_mean_si": 4.2,
            "std_si": 1.5, "std_std_si": 0.5, "min_std_si": 0.5, "max_std_si": 2.5, "n1": 1000, "n2": 200,
        });
        let epidemics: Vec<Vec<f64>> = (0..EPIDEMICS).map(|n| epidemic(seed, n, DAYS)).collect();
        let incidence = |days: &Vec<f64>| Incidence {
            local: days.clone(),
            imported: vec![0.0; days.len()],
        };
        let tables: Vec<Table> = epidemics.iter().map(|days| by_day(days)).collect();
        let named = |method, params, column, inputs| Run::Named {
            method,
            params: object(params),
            column,
            inputs,
        };
        let mut all = vec![
            Self {
                name: "farrington",
                what: "improved Farrington method, 140 series of 416 weeks, the last 52 judged",
                tables: vec![weeks(seed)],
                run: named(
                    "farrington_flexible",
                    farrington,
                    "upperbound",
                    Inputs::Each("series"),
                ),
            },
            Self {
                name: "r",
                what: "R after Cori, 1,000 series of 200 days, sliding weeks",
                tables: tables.clone(),
                run: Run::Cori(epidemics.iter().map(incidence).collect()),
            },
            Self {
                name: "r-named",
                what: "the same, called by name, one table after the other",
                tables,
                run: named(
                    "estimate_r",
                    json!({"mean_si": INTERVAL.0, "std_si": INTERVAL.1}),
                    "mean",
                    Inputs::Each("incidence"),
                ),
            },
            Self {
                name: "r-uncertain",
                what: "R with an uncertain serial interval, 107 days, 1000 × 200 draws",
                tables: vec![by_day(&epidemic(seed, EPIDEMICS, 107))],
                run: named(
                    "estimate_r_uncertain_si",
                    uncertain,
                    "mean",
                    Inputs::Each("incidence"),
                ),
            },
        ];
        all.extend(made_up::scans(seed));
        all.extend(made_up::delays(seed));
        all
    }

    /// The tables, one for each series where there are several.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter()
    }

    /// Runs it, in the form that imitates the reference program.
    pub fn run(&self, seed: u64) -> Result<Sum, Refused> {
        match &self.run {
            Run::Cori(series) => many(series),
            Run::Named {
                method,
                params,
                column,
                inputs: Inputs::Together(roles),
            } => {
                let pairs = roles.iter().copied().zip(&self.tables);
                named(method, params, column, pairs, seed)
            }
            Run::Named {
                method,
                params,
                column,
                inputs: Inputs::Each(role),
            } => {
                let mut sum = Sum::default();
                for table in &self.tables {
                    let one = named(method, params, column, [(*role, table)], seed)?;
                    sum.count += one.count;
                    sum.sum += one.sum;
                }
                Ok(sum)
            }
        }
    }
}

fn named<'a>(
    method: &str,
    params: &Map<String, Value>,
    column: &str,
    inputs: impl IntoIterator<Item = (&'a str, &'a Table)>,
    seed: u64,
) -> Result<Sum, Refused> {
    let mut sum = Sum::default();
    let Some(method) = registry::find(method) else {
        return Err(Refused::NoInput(method.to_owned()));
    };
    let inputs = inputs
        .into_iter()
        .map(|(role, table)| (role.to_owned(), table.clone()))
        .collect();
    let call = Call {
        params: Params::new(params.clone()),
        inputs: &inputs,
        mode: Mode::Peer,
        wanted: BTreeMap::new(),
        seed,
    };
    for sheet in (method.run)(&call)? {
        let at = sheet.spec.columns.iter().position(|name| *name == column);
        for row in &sheet.rows {
            if let Some(Cell::Number(n)) = at.and_then(|at| row.get(at)) {
                sum.count += 1;
                sum.sum += n;
            }
        }
    }
    Ok(sum)
}

/// Means, with all quantiles computed beside them as the peer does.
fn many(series: &[Incidence]) -> Result<Sum, Refused> {
    let w = interval::discretised(INTERVAL.0, INTERVAL.1, DAYS - 1)?;
    let prior = Prior::read(&Params::default())?;
    let windows = incidence::windows(&Params::default(), DAYS)?;
    let mut sum = Sum::default();
    let mut beside = 0.0;
    for incidence in series {
        for posterior in cori::estimate(incidence, &w, INTERVAL.0, prior, &windows)
            .into_iter()
            .flatten()
        {
            sum.count += 1;
            sum.sum += posterior.mean();
            beside += posterior.quantiles().iter().sum::<f64>();
        }
    }
    std::hint::black_box(beside);
    Ok(sum)
}

/// A city's day: series by area, syndrome and age group, five years of days each, all detectors.
#[derive(Debug)]
pub struct City {
    /// Daily counts.
    days: Vec<Vec<f64>>,
}

/// Series that are made; each stands for ten.
pub const CITY_SERIES: usize = 2_400;
/// Areas × syndromes × age groups.
pub const CITY_JUDGED: usize = 24_000;
const CITY_DAYS: usize = 5 * 365;

impl City {
    /// Makes the series.
    pub fn new(seed: u64) -> Self {
        let series = |n: usize| {
            let mut draws = Stream::new(seed, "bench-city", n as u64);
            let level = (draws.normal() - 1.0).exp();
            let day = |t: usize| {
                let season = (0.8 * (TAU * t as f64 / 365.0).cos()).exp();
                draws.negative_binomial(3.0, level * season)
            };
            (0..CITY_DAYS).map(day).collect()
        };
        Self {
            days: (0..CITY_SERIES).map(series).collect(),
        }
    }

    /// Judges the last day, and the last seven days as a week, of all series with all detectors; each series ten times, with
    /// one day less every time. Gives the alarms. One share of `shares`, so that threads can divide the work.
    pub fn judge(&self, share: usize, shares: usize) -> usize {
        let mine = self
            .days
            .iter()
            .enumerate()
            .filter(|(n, _)| n % shares == share);
        let times = CITY_JUDGED / CITY_SERIES;
        mine.map(|(_, days)| {
            (0..times)
                .map(|less| alarms(&days[..days.len() - less]))
                .sum::<usize>()
        })
        .sum()
    }
}

/// How many detectors sound the alarm on the last day or week of a series.
fn alarms(days: &[f64]) -> usize {
    let weeks: Vec<f64> = days
        .rchunks_exact(7)
        .rev()
        .map(|week| week.iter().sum())
        .collect();
    let series = Series::of(weeks, 52);
    let (weeks, t) = (&series.counts, series.counts.len());
    let now = weeks[t - 1];
    let logs = Logs::of(&series);
    let rules = [ears::Rule::C1, ears::Rule::C2, ears::Rule::C3].map(|rule| ears::Settings {
        rule,
        baseline: 7,
        min_sigma: 0.1,
        alpha: 0.001,
    });
    let today = days[days.len() - 1];
    let early = rules.map(|rule| {
        ears::judge(days, days.len(), &rule, Mode::Published).is_ok_and(|bound| today > bound.upper)
    });
    let options = |groups: usize, past: usize, threshold: f64| Options {
        cut: Cut {
            years: 4,
            half_width: 3,
            groups,
            past_left_out: past,
        },
        fit: Settings {
            reweight: true,
            weights_threshold: threshold,
            trend: true,
            trend_p: 0.05,
            years: 4,
        },
        power: Power::TwoThirds,
        alpha: 0.01,
        limit: (5.0, 4),
        population: false,
    };
    let old = original::judge(&series, &logs, t, &options(1, 0, 1.0));
    let improved = flexible::judge(
        &series,
        &logs,
        t,
        &options(10, 26, 2.58),
        Threshold::Delta,
        Mode::Published,
    );
    let years = Reference {
        years: 3,
        half_width: 4,
        this_year: false,
    };
    let blocks = cdc::Settings {
        years: 4,
        blocks_around: 1,
        alpha: 0.025,
    };
    let season = Season {
        harmonics: 1,
        trend: false,
        per_year: 52,
    };
    let first = t - 51;
    let means = season::means(weeks, first, t, season, Some(0.0)).map(|(means, _)| means);
    let change = glr::Settings {
        change: glr::Change::Intercept,
        rise: true,
        alpha: 0.0,
        window: Some(26),
        least: 1,
        limit: 5.0,
    };
    let year = &weeks[first - 1..];
    let path = means
        .clone()
        .and_then(|means| glr::follow(year, &means, weeks[first - 2], &change, Mode::Published));
    let level = vec![summary::mean(&weeks[..first - 1]).max(0.01); year.len()];
    let sums = cusum::follow(year, &level, 1.04, 2.26, cusum::Standardisation::Rossi);
    let rise = outbreakp::log_statistics(year);
    let told = [
        old.is_ok_and(|judged| judged.alarm),
        improved.is_ok_and(|judged| judged.alarm),
        rki(weeks, t, 52, years, &POISSON_UPPER).is_ok_and(|upper| now > upper),
        bayes(weeks, t, 52, years, 0.05).is_ok_and(|upper| now > upper),
        cdc::judge(weeks, t, 52, &blocks).is_ok_and(|(cases, upper)| cases > upper),
        path.is_ok_and(|path| path.last().is_some_and(|(_, alarm)| *alarm)),
        sums.is_ok_and(|steps| steps.last().is_some_and(|step| step.alarm)),
        rise.is_ok_and(|list| list.last().is_some_and(|ln| *ln > 100_f64.ln())),
    ];
    early.into_iter().chain(told).filter(|alarm| *alarm).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "long: scans of a country"]
    fn long_all_that_is_measured_comes_to_numbers() {
        for work in Work::all(1) {
            let sum = work.run(1).expect(work.name);
            assert!(sum.count > 0 && sum.sum.is_finite(), "{}", work.name);
        }
    }

    #[test]
    fn shares_of_a_city_make_up_the_whole_and_outbreaks_are_seen() {
        let mut city = City::new(1);
        city.days.truncate(12);
        let whole = city.judge(0, 1);
        assert_eq!(whole, city.judge(0, 2) + city.judge(1, 2));
        for days in &mut city.days {
            for count in days.iter_mut().rev().take(17) {
                *count += 40.0;
            }
        }
        assert!(city.judge(0, 1) > whole + 200, "{whole}");
    }
}
