//! The detectors on labelled series: the table of `docs/methods/detection-quality.md`, computed anew when
//! `FANGXIAN_EXTERNAL_DATA` holds the folder `detection_quality`.

#![expect(clippy::expect_used, reason = "a test without its files must fail")]

#[expect(dead_code, reason = "only tables are read here")]
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fangxian_epi::call::{Call, Mode, Params};
use fangxian_epi::registry;
use fangxian_epi::table::{Cell, Table};
use serde_json::{Value, json};

/// The rows of the table: name, detector, its parameters.
fn ways() -> Vec<(&'static str, &'static str, Value)> {
    let two_years = json!({"b": 2, "w": 3, "alpha": 0.05, "weights_threshold": 1});
    let improved =
        json!({"b": 2, "w": 3, "alpha": 0.05, "no_periods": 1, "past_weeks_not_included": 0});
    let season = json!({"s": 1, "trend": false});
    vec![
        ("CDC, 2 years", "cdc", json!({"b": 2, "m": 1})),
        (
            "CUSUM, seasonal mean, Rossi",
            "cusum",
            json!({"m": "glm", "trans": "rossi"}),
        ),
        ("CUSUM, mean", "cusum", json!({"trans": "standard"})),
        (
            "Bayes 3",
            "bayes",
            json!({"b": 2, "w": 4, "act_y": false, "alpha": 0.05}),
        ),
        ("RKI 3", "rki", json!({"b": 2, "w": 4, "act_y": false})),
        ("Farrington 1996, 2 years", "farrington", two_years),
        (
            "Farrington improved, 2 years",
            "farrington_flexible",
            improved,
        ),
        (
            "GLR Poisson, seasonal mean",
            "glr_poisson",
            json!({"mu0": season, "c_arl": 5}),
        ),
        (
            "GLR negative binomial, seasonal mean",
            "glr_negbin",
            json!({"mu0": season, "c_arl": 5}),
        ),
        ("OutbreakP", "outbreakp", json!({})),
        ("EARS C1", "ears", json!({"method": "C1"})),
        ("EARS C3 as published", "ears", json!({"method": "C3"})),
    ]
}

/// Means over the series: sensitivity, false alarms a year, delay.
fn measured(input: &Table, detector: &str, control: &Value) -> [f64; 3] {
    let at = input.position("series").expect("a column");
    let names: BTreeSet<&String> = input.rows().iter().map(|row| &row[at]).collect();
    let inputs: BTreeMap<String, Table> = [("series".to_owned(), input.clone())].into();
    let method = registry::find("detection_quality").expect("the method");
    let mut sums = [(0.0, 0.0); 3];
    for name in names {
        let params = json!({
            "series": name, "algorithm": detector, "range": [113, 209], "freq": 52, "control": control,
        });
        let Value::Object(params) = params else {
            continue;
        };
        let call = Call {
            params: Params::new(params),
            inputs: &inputs,
            mode: Mode::Published,
            wanted: BTreeMap::new(),
            seed: 1,
        };
        let Ok(sheets) = (method.run)(&call) else {
            continue;
        };
        let number = |column: &str| {
            let at = sheets[0].spec.columns.iter().position(|c| *c == column)?;
            match &sheets[0].rows[0][at] {
                Cell::Number(n) => Some(*n),
                Cell::Missing | Cell::Text(_) => None,
            }
        };
        let found = [
            number("sens"),
            number("spec").map(|s| 52.0 * (1.0 - s)),
            number("mlag"),
        ];
        for (sum, found) in sums.iter_mut().zip(found) {
            if let Some(found) = found {
                *sum = (sum.0 + found, sum.1 + 1.0);
            }
        }
    }
    sums.map(|(sum, n)| sum / n)
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test asks whether the reference folders are at hand"
)]
fn the_table_of_detection_quality_is_what_the_detectors_reach() {
    let page =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/methods/detection-quality.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let Ok(root) = std::env::var("FANGXIAN_EXTERNAL_DATA") else {
        println!("FANGXIAN_EXTERNAL_DATA is not set: the table was not computed");
        return;
    };
    let folder = Path::new(&root).join("detection_quality");
    let input = reading::table(&folder.join("input.csv")).expect("the labelled series");
    let mut wrong = Vec::new();
    for (name, detector, control) in ways() {
        let [sensitivity, alarms, delay] = measured(&input, detector, &control);
        let row = format!("| {name} | {sensitivity:.2} | {alarms:.1} | {delay:.1} |");
        println!("{row}");
        if !page.contains(&row) {
            wrong.push(row);
        }
    }
    assert!(wrong.is_empty(), "the page lacks {wrong:#?}");
}
