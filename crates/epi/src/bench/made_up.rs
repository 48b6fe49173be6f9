//! The tables that are measured, and the work on places and delays.

use std::f64::consts::TAU;

use fangxian_base::{Date, plus_days};
use serde_json::{Map, Value, json};

use super::{Inputs, Run, SERIES, WEEKS, Work};
use crate::delay::duration::Duration;
use crate::numbers::random::Stream;
use crate::table::Table;

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn table(columns: &[&str], rows: impl Iterator<Item = Vec<f64>>) -> Table {
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    let text = |row: Vec<f64>| row.iter().map(f64::to_string).collect();
    Table::new(columns, rows.map(text).collect())
}

/// Weekly counts with a season, of districts of different size.
pub(super) fn weeks(seed: u64) -> Table {
    let rows = (1..=SERIES).flat_map(move |series| {
        let mut draws = Stream::new(seed, "bench-weeks", series as u64);
        let level = (draws.normal() + 0.5).exp();
        (1..=WEEKS).map(move |t| {
            let season = (1.5 * (TAU * t as f64 / 52.0).cos()).exp();
            vec![
                series as f64,
                t as f64,
                draws.negative_binomial(2.0, level * season),
            ]
        })
    });
    table(&["series", "t", "observed"], rows)
}

/// Daily counts of an epidemic that rises and falls.
pub(super) fn epidemic(seed: u64, n: usize, days: usize) -> Vec<f64> {
    let mut draws = Stream::new(seed, "bench-days", n as u64);
    let wave = |t: usize| 1.0 + 20.0 * (1.0 - (TAU * t as f64 / days as f64).cos());
    (1..=days).map(|t| draws.poisson(wave(t))).collect()
}

pub(super) fn by_day(days: &[f64]) -> Table {
    let rows = days.iter().enumerate();
    table(&["t", "local"], rows.map(|(t, n)| vec![(t + 1) as f64, *n]))
}

/// Places of a country, its cases, and days of the study.
const PLACES: usize = 2_796;
const CASES: usize = 20_000;
const DAYS: usize = 90;

/// The scans of a country: where, and where and when right now.
pub(super) fn scans(seed: u64) -> Vec<Work> {
    let (places, cases) = country(seed);
    let shared = json!({
        "id_column": "place", "start_date": "2020-01-01", "end_date": "2020-03-30", "replications": 999, "threads": 1,
        "population_column": "people",
    });
    let work = |name, what, more: Value| {
        let mut params = object(shared.clone());
        params.extend(object(more));
        Work {
            name,
            what,
            tables: vec![cases.clone(), places.clone()],
            run: Run::Named {
                method: "scan",
                params,
                column: "statistic",
                inputs: Inputs::Together(&["cases", "geo"]),
            },
        }
    };
    let mut now = work(
        "scan-now",
        "scan of space and time, permutation, spans of up to 28 days that end now, 2,796 places, 20,000 cases, 90 days, 999 simulations, one thread",
        json!({
            "model": "space_time_permutation", "analysis": "space_time_prospective",
            "max_spatial_percent": 10, "max_temporal": 28, "max_temporal_unit": "days",
        }),
    );
    if let Run::Named { params, .. } = &mut now.run {
        params.remove("population_column");
    }
    let whole = work(
        "scan",
        "scan of space, Poisson, circles of up to half of the people, the same places and cases, 999 simulations, one thread",
        json!({"model": "poisson", "analysis": "spatial", "max_spatial_percent": 50}),
    );
    vec![whole, now]
}

/// Places strewn over eighteen degrees, people unevenly over places, cases evenly over people but for one corner.
fn country(seed: u64) -> (Table, Table) {
    let mut draws = Stream::new(seed, "bench-country", 0);
    let places: Vec<[f64; 3]> = (0..PLACES)
        .map(|_| {
            let at = [22.0 + 18.0 * draws.unit(), 100.0 + 18.0 * draws.unit()];
            [at[0], at[1], (12.5 + 0.9 * draws.normal()).exp().round()]
        })
        .collect();
    let mut below = 0.0;
    let up_to: Vec<f64> = places
        .iter()
        .map(|[north, east, people]| {
            let risk = if *north < 24.0 && *east < 102.0 {
                1.5
            } else {
                1.0
            };
            below += risk * people;
            below
        })
        .collect();
    let first = Date::constant(2020, 1, 1);
    let cases = (0..CASES).map(|_| {
        let here = draws.unit() * below;
        let place = up_to.partition_point(|sum| *sum < here);
        let day = plus_days(first, i64::try_from(draws.below(DAYS)).unwrap_or(0));
        vec![place.to_string(), day.to_string(), "1".to_owned()]
    });
    let cases = texts(&["place", "date", "cases"], cases.collect());
    let row = |(at, [north, east, people]): (usize, &[f64; 3])| {
        [at as f64, *north, *east, *people]
            .map(|x| x.to_string())
            .to_vec()
    };
    let places = places.iter().enumerate().map(row).collect();
    let columns = ["place", "latitude", "longitude", "people"];
    (texts(&columns, places), cases)
}

fn texts(columns: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table::new(
        columns.iter().map(|column| (*column).to_owned()).collect(),
        rows,
    )
}

/// Fits of delays from windows, with limits from resampled records, and while long delays are out of sight.
pub(super) fn delays(seed: u64) -> Vec<Work> {
    let mut draws = Stream::new(seed, "bench-delays", 0);
    let mut delay = |d: Duration| d.quantile(draws.unit());
    let windows: Vec<Vec<f64>> = (0..181)
        .map(|at| {
            let open = f64::from(1 + at % 7);
            let end = (open / 2.0 + delay(Duration::Gamma(5.0, 1.1))).floor();
            vec![0.0, open, end, end + 1.0]
        })
        .collect();
    let mut seen = Vec::new();
    while seen.len() < 692 {
        let (days, end) = (
            delay(Duration::Lognormal(1.6, 0.5)).floor(),
            (seen.len() % 30) as f64 + 1.0,
        );
        if days < end {
            seen.push(vec![days, days + 1.0, 1.0, end + 1.0]);
        }
    }
    let work = |name, what, method, params, columns: &[&str], rows: Vec<Vec<f64>>| Work {
        name,
        what,
        tables: vec![table(columns, rows.into_iter())],
        run: Run::Named {
            method,
            params: object(params),
            column: "mean",
            inputs: Inputs::Each("records"),
        },
    };
    vec![
        work(
            "delay-lognormal",
            "delay from two windows, lognormal, 181 records",
            "fit_doubly_censored",
            json!({"dist": "lognormal"}),
            &["EL", "ER", "SL", "SR"],
            windows.clone(),
        ),
        work(
            "delay",
            "delay from two windows, gamma, 181 records, 100 resampled fits",
            "fit_doubly_censored",
            json!({"dist": "gamma", "bootstraps": 100}),
            &["EL", "ER", "SL", "SR"],
            windows,
        ),
        work(
            "delay-late",
            "delay while long ones are out of sight, lognormal, 692 records",
            "fit_right_truncated",
            json!({"dist": "lognormal"}),
            &["left", "right", "pwindow", "D"],
            seen,
        ),
    ]
}
