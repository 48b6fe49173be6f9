//! Resemblance of neighbours against permuted maps, and degenerate input.

use super::*;
use crate::numbers::random::Stream;
use crate::numbers::summary::{mean, sd};

/// Areas in a ring of nine with a chord, so that numbers of neighbours differ.
fn ring(values: &[f64]) -> Areas {
    let n = values.len();
    let mut neighbours: Vec<Vec<usize>> =
        (0..n).map(|i| vec![(i + n - 1) % n, (i + 1) % n]).collect();
    neighbours[0].push(4);
    neighbours[4].push(0);
    Areas {
        cases: values.to_vec(),
        people: vec![1000.0; n],
        neighbours,
    }
}

#[test]
fn means_and_variances_are_those_of_permuted_maps() {
    let mut values = vec![1.0, 2.0, 2.5, 7.0, 3.0, 9.0, 4.0, 0.5, 6.0];
    let areas = ring(&values);
    let (want, _) = autocorrelation(&areas, &values, Mode::Published).expect("statistics");
    let mut stream = Stream::new(3, "autocorrelation test", 0);
    let mut drawn: [Vec<f64>; 3] = Default::default();
    for _ in 0..20_000 {
        stream.shuffle(&mut values);
        let (got, _) = autocorrelation(&areas, &values, Mode::Published).expect("statistics");
        for (list, tested) in drawn.iter_mut().zip([got.moran, got.geary, got.g]) {
            list.push(tested.value);
        }
    }
    for (list, tested) in drawn.iter().zip([want.moran, want.geary, want.g]) {
        assert!((mean(list) - tested.mean).abs() < 5.0 * (tested.variance / 20_000.0).sqrt());
        assert!(
            (sd(list).powi(2) / tested.variance - 1.0).abs() < 0.05,
            "{tested:?}"
        );
    }
}

#[test]
fn a_local_index_has_the_moments_of_maps_in_which_the_area_keeps_its_value() {
    let values = [1.0, 2.0, 2.5, 7.0, 3.0, 9.0, 4.0, 0.5, 6.0];
    let areas = ring(&values);
    let (_, want) = autocorrelation(&areas, &values, Mode::Published).expect("statistics");
    let mut stream = Stream::new(4, "autocorrelation test", 0);
    let mut others = values[1..].to_vec();
    let mut drawn = Vec::new();
    for _ in 0..20_000 {
        stream.shuffle(&mut others);
        let map: Vec<f64> = values[..1].iter().chain(&others).copied().collect();
        let (_, local) = autocorrelation(&areas, &map, Mode::Published).expect("statistics");
        drawn.push(local[0].moran.value);
    }
    let tested = want[0].moran;
    assert!((mean(&drawn) - tested.mean).abs() < 5.0 * (tested.variance / 20_000.0).sqrt());
    assert!(
        (sd(&drawn).powi(2) / tested.variance - 1.0).abs() < 0.05,
        "{tested:?}"
    );
}

#[test]
fn degenerate_input_is_not_estimated_with_a_reason() {
    let flat = [2.0; 9];
    let varied = [1.0, 2.0, 2.5, 7.0, 3.0, 9.0, 4.0, 0.5, 6.0];
    let mut alone = ring(&varied);
    alone.neighbours[3].clear();
    let mut nobody = ring(&varied);
    nobody.people[2] = 0.0;
    for (areas, values, words) in [
        (ring(&flat), flat, "same value"),
        (alone, varied, "no neighbour"),
        (nobody, varied, "no people"),
    ] {
        let why = autocorrelation(&areas, &values, Mode::Published)
            .expect_err("a reason")
            .to_string();
        assert!(why.contains(words), "{why}");
    }
}
