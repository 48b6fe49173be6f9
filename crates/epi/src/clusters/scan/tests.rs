//! Scans against a slow twin, planted outbreaks, maps of chance, and degenerate input.

use super::study::{Ground, Model};
use super::*;
use crate::numbers::random::Stream;

fn study(model: Model, places: usize, steps: usize, seed: u64) -> Study {
    let mut stream = Stream::new(seed, "scan test", 0);
    let at = (0..places)
        .map(|_| (stream.unit(), stream.unit()))
        .collect();
    let cases = (0..places * steps)
        .map(|_| u32::try_from(stream.below(4)).unwrap_or(0))
        .collect();
    let measure = match model {
        Model::Permutation => Vec::new(),
        Model::Bernoulli => (0..places * steps)
            .map(|_| 4.0 + stream.below(9) as f64)
            .collect(),
        Model::Poisson => (0..places * steps).map(|_| 0.1 + stream.unit()).collect(),
    };
    Study {
        model,
        ground: Ground::Plane,
        at,
        steps,
        cases,
        measure,
    }
}

fn settings(in_time: bool) -> Settings {
    Settings {
        largest_share: 0.5,
        longest: 3,
        until_now: false,
        in_time,
        low_too: false,
        fewest: 2,
        replications: 99,
        threads: 1,
        surpassed_too: false,
    }
}

/// The largest ratio of all windows, by going through them all and writing the formula out.
fn slow(study: &Study, settings: &Settings) -> f64 {
    let score = Score::of(study);
    let zones = Zones::around(study, settings);
    let by_step = study.cases_by_step();
    let mut best = 0.0_f64;
    for centre in 0..study.at.len() {
        for many in 1..=zones.list(centre).len() {
            for (first, last) in settings.windows(study.steps) {
                let (mut c, mut m) = (0.0, 0.0);
                for place in zones.places(centre, many) {
                    let place = *place as usize;
                    for step in first..=last {
                        c += f64::from(study.cases[place * study.steps + step]);
                        m += match study.model {
                            Model::Permutation => {
                                study.cases_of(place) * by_step[step] / score.cases()
                            }
                            _ => study.measure[place * study.steps + step],
                        };
                    }
                }
                let many = c > score.expected(m) && c >= f64::from(settings.fewest);
                if many || (settings.low_too && c < score.expected(m)) {
                    best = best.max(score.ratio(c, m));
                }
            }
        }
    }
    best
}

#[test]
fn the_strongest_cluster_is_that_of_the_slow_twin() {
    for seed in 0..6 {
        for (model, steps) in [
            (Model::Poisson, 1),
            (Model::Bernoulli, 1),
            (Model::Poisson, 6),
            (Model::Permutation, 6),
        ] {
            let study = study(model, 12, steps, seed);
            let settings = Settings {
                low_too: seed % 2 == 1,
                ..settings(steps > 1)
            };
            let found = scan(&study, &settings, seed).expect("a scan");
            if let Some(first) = found.clusters.first() {
                assert!(
                    (first.statistic - slow(&study, &settings)).abs() < 1e-9,
                    "{model:?} {seed}"
                );
            }
        }
    }
}

/// A simulated map put back as if it were real must have the largest ratio that was counted for it.
#[test]
fn the_largest_ratio_of_a_simulated_map_is_that_of_the_slow_twin() {
    for (model, steps) in [
        (Model::Poisson, 1),
        (Model::Bernoulli, 1),
        (Model::Poisson, 6),
        (Model::Permutation, 6),
    ] {
        for low_too in [false, true] {
            let study = study(model, 15, steps, 3);
            let settings = Settings {
                low_too,
                replications: 70,
                ..settings(steps > 1)
            };
            let mut want: Vec<f64> = chance::maps(&study, &settings, 9)
                .into_iter()
                .map(|cases| {
                    slow(
                        &Study {
                            cases,
                            ..study.clone()
                        },
                        &settings,
                    )
                })
                .collect();
            want.sort_by(f64::total_cmp);
            let got = scan(&study, &settings, 9).expect("a scan").chance;
            assert_eq!(got.len(), 70);
            for (got, want) in got.iter().zip(&want) {
                assert!(
                    (got - want).abs() < 1e-9,
                    "{model:?} {low_too}: {got} {want}"
                );
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    let study = study(Model::Permutation, 30, 8, 5);
    let one = Settings {
        replications: 600,
        ..settings(true)
    };
    let results: Vec<Scan> = [1, 2, 3, 7]
        .map(|threads| scan(&study, &Settings { threads, ..one }, 2).expect("a scan"))
        .into();
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_planted_outbreak_is_found_and_chance_alone_seldom_is() {
    let mut by_chance = 0;
    for seed in 0..100 {
        let mut study = study(Model::Poisson, 20, 1, seed);
        // What chance alone puts there, with the same expectation.
        study.cases = chance::maps(&study, &settings(false), seed + 1000).swap_remove(0);
        let found = scan(&study, &settings(false), seed).expect("a scan");
        by_chance += usize::from(found.clusters.first().is_some_and(|c| c.p <= 0.05));
        let mut planted = study.clone();
        planted.cases[7] += 30;
        let found = scan(&planted, &settings(false), seed).expect("a scan");
        let first = &found.clusters[0];
        assert!(
            first.places.contains(&7) && first.p <= 0.05,
            "{seed}: {first:?}"
        );
    }
    // 5 of 100 are expected; 13 or more happen once in a thousand times.
    assert!(by_chance <= 12, "{by_chance}");
}

#[test]
fn degenerate_input_is_not_estimated_with_a_reason() {
    let sound = study(Model::Poisson, 5, 1, 1);
    let no_cases = Study {
        cases: vec![0; 5],
        ..sound.clone()
    };
    let nobody = Study {
        measure: vec![0.0; 5],
        ..sound.clone()
    };
    let all_ill = Study {
        model: Model::Bernoulli,
        measure: sound.cases.iter().map(|n| f64::from(*n)).collect(),
        ..sound.clone()
    };
    let one_place = study(Model::Poisson, 1, 1, 1);
    let nowhere = Study {
        at: vec![(f64::NAN, 0.0); 5],
        ..sound.clone()
    };
    for (bad, words) in [
        (no_cases, "fewer than two cases"),
        (nobody, "nobody is at risk"),
        (all_ill, "no controls"),
        (one_place, "one place"),
        (nowhere, "not a number"),
    ] {
        let why = scan(&bad, &settings(false), 1)
            .expect_err("a reason")
            .to_string();
        assert!(why.contains(words), "{why}");
    }
    let tight = Settings {
        largest_share: 1e-6,
        ..settings(false)
    };
    assert!(scan(&sound, &tight, 1).is_err());
    // Large counts are counted in wider lanes.
    let huge = Study {
        cases: vec![20_000; 5],
        ..sound
    };
    assert!(scan(&huge, &settings(false), 1).is_ok());
}
