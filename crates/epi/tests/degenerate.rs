//! Nothing that is handed to a method makes it panic: empty tables, missing and odd parameters, huge and odd numbers.
#![recursion_limit = "256"]

use std::collections::BTreeMap;

use fangxian_epi::call::{Call, Mode, Params};
use fangxian_epi::registry::METHODS;
use fangxian_epi::table::Table;
use serde_json::json;

fn table(columns: &[&str], rows: &[&[&str]]) -> Table {
    let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    Table::new(own(columns), rows.iter().map(|row| own(row)).collect())
}

#[test]
fn no_method_panics_on_empty_constant_or_absurd_input() {
    let series = [
        "t",
        "observed",
        "cases",
        "local",
        "x",
        "y",
        "time",
        "k",
        "incidence",
        "upper",
        "date",
        "deaths",
        "EL",
        "ER",
        "SL",
        "SR",
        "left",
        "right",
        "pwindow",
        "D",
        "week",
        "location",
        "population_fraction",
        "from",
        "to",
        "order",
        "population",
        "neighbours",
        "id",
        "state",
        "w",
        "given_name",
        "comparison",
        "condition",
        "gamma",
        "m",
        "u",
        "model",
        "dataset",
        "probability_two_random_records_match",
    ];
    let row = |t: usize, value: &str| -> Vec<String> {
        let t = t.to_string();
        series
            .iter()
            .map(|c| {
                if ["t", "k", "week", "SR", "right", "id"].contains(c) {
                    t.clone()
                } else {
                    value.to_owned()
                }
            })
            .collect()
    };
    let columns: Vec<String> = series.iter().map(|c| (*c).to_owned()).collect();
    let mut inputs = vec![table(&[], &[]), table(&series, &[])];
    for value in [
        "0",
        "1",
        "1e9",
        "-3",
        "NA",
        "Inf",
        "2020-02-30",
        "2020-02-20",
        "x",
    ] {
        inputs.push(Table::new(
            columns.clone(),
            (1..=30).map(|t| row(t, value)).collect(),
        ));
    }
    let params = [
        json!({}),
        json!({"range": [1, 30], "mu": 2.6, "sigma": 1.5, "k": 3, "r": 1.2, "mean": 3, "cv": 0.5, "n": 4, "y": 2,
               "mean_si": 2.6, "std_si": 1.5, "eps_t": 1, "eps_s": 1, "eps_km": 1, "m": "glm", "mu0": {"s": 1},
               "date_column": "date", "admission_column": "date", "los": {"dist": "gamma", "shape": 1, "scale": 1},
               "id_column": "t", "levels": [0.5], "quantiles": [1], "samples": [1, 1], "prop_transmission": 0.8,
               "cluster_size": 2, "start_date": "2019-12-01", "end_date": "2020-12-31", "population_column": "population", "coordinates": "cartesian", "event_column": "date", "report_column": "date", "now": "2020-03-01", "d": 5,
               "predict_weeks": [20, 30], "ar": "intercept", "ne": {"f": "intercept", "weights": "powerlaw"},
               "par1": 1, "par2": 1, "origins": [20, 30], "freq": 7, "dist": "nbinom", "size": 0.5, "b": 1, "severity_baseline": 0.01}),
        json!({"dist": "gamma", "freq": 2, "bootstraps": 2, "end": {"offset": "population"}}),
        json!({"algorithm": "farrington", "control": {"b": 1}, "freq": 7, "use_dates": "t", "iterations": 40, "onset_column": "date",
               "use_sequences": true, "sequence_length": 9, "a": "", "kind": "dedupe", "inputs": ["records"], "truth_column": "x",
               "id_column": "id", "blocking": [["x"]], "model": "1", "rarity": ["x"]}),
        json!({"algorithm": "glr_negbin", "control": {"mu0": [1]}, "use_dates": "x", "iterations": 0, "kind": "link",
               "inputs": ["records", "records"], "truth": "records", "a": "\u{0}", "b": "李", "blocking": [], "model": "x"}),
        json!({"range": [30, 1], "alpha": 7, "k": -1, "r": -5, "mu": 0, "sigma": -1, "n": 0, "los": 3, "b": 900}),
    ];
    for method in METHODS {
        for table in &inputs {
            for params in &params {
                for mode in [Mode::Peer, Mode::Published] {
                    let roles = [
                        "series",
                        "incidence",
                        "events",
                        "points",
                        "linelist",
                        "cases",
                        "si",
                        "si_distr",
                    ];
                    let more = [
                        "cases_deaths",
                        "poisson_table",
                        "records",
                        "intervals",
                        "population",
                        "neighbourhood_order",
                        "geo",
                        "areas",
                        "neighbours",
                        "contacts",
                        "generation_time",
                        "snp_distance",
                        "model",
                        "prior",
                    ];
                    let inputs: BTreeMap<String, Table> = roles
                        .iter()
                        .chain(&more)
                        .map(|role| ((*role).to_owned(), table.clone()))
                        .collect();
                    let call = Call {
                        params: Params::new(params.as_object().cloned().unwrap_or_default()),
                        inputs: &inputs,
                        mode,
                        wanted: BTreeMap::new(),
                        seed: 1,
                    };
                    // Any answer will do, a refusal with its reason too.
                    if let Err(why) = (method.run)(&call) {
                        assert!(!why.to_string().is_empty());
                    }
                }
            }
        }
    }
}
