//! The scan by name.

use super::read::{self, Named, Time};
use super::study::{Ground, Model, Settings};
use super::{Scan, scan};
use crate::call::{Call, Method, Mode, Params, Refused};
use crate::numbers::summary::quantile;
use crate::numbers::whole;
use crate::table::{Cell, Sheet, SheetSpec};

/// The scan by name.
pub const METHOD: Method = Method {
    function: "scan",
    title: "Scan statistics: where, and when, are there more cases than chance puts there?",
    page: "scan",
    input: Some("cases"),
    sheets: &[CLUSTERS, MEMBERS, PLACES, CHANCE],
    run,
};

const CLUSTERS: SheetSpec = SheetSpec {
    name: "clusters",
    columns: &[
        "cluster",
        "center",
        "radius",
        "radius_km",
        "n_locations",
        "start",
        "end",
        "statistic",
        "p_value",
        "observed",
        "expected",
        "obs_over_exp",
        "rel_risk",
        "recurrence_days",
    ],
    on_request: None,
};

const MEMBERS: SheetSpec = SheetSpec {
    name: "members",
    columns: &["cluster", "location"],
    on_request: None,
};

const PLACES: SheetSpec = SheetSpec {
    name: "places",
    columns: &[
        "LOC_ID", "OBSERVED", "EXPECTED", "ODE", "REL_RISK", "EAST", "NORTH",
    ],
    on_request: None,
};

const CHANCE: SheetSpec = SheetSpec {
    name: "chance",
    columns: &["n", "q50", "q90", "q95", "q99", "max"],
    on_request: None,
};

/// LIMIT: simulations of one call.
const REPLICATIONS_MAX: usize = 100_000;

/// What the parameter `analysis` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Analysis {
    Spatial,
    Temporal,
    Retrospective,
    Prospective,
}

fn analysis(params: &Params) -> Result<Analysis, Refused> {
    let known = [
        ("spatial", Analysis::Spatial),
        ("temporal", Analysis::Temporal),
        ("space_time_retrospective", Analysis::Retrospective),
        ("space_time_prospective", Analysis::Prospective),
    ];
    Ok(params
        .one_of("analysis", &known)?
        .unwrap_or(Analysis::Spatial))
}

fn model(params: &Params) -> Result<Model, Refused> {
    let known = [
        ("poisson", Model::Poisson),
        ("bernoulli", Model::Bernoulli),
        ("space_time_permutation", Model::Permutation),
    ];
    Ok(params.one_of("model", &known)?.unwrap_or(Model::Poisson))
}

fn ground(params: &Params) -> Result<Ground, Refused> {
    let radius = params.number_or("earth_radius_km", crate::clusters::dbscan::EARTH_KM)?;
    let known = [
        ("latitude_longitude", Ground::Sphere(radius)),
        ("cartesian", Ground::Plane),
    ];
    Ok(params
        .one_of("coordinates", &known)?
        .unwrap_or(Ground::Sphere(radius)))
}

/// The longest span in steps.
fn longest(params: &Params, time: &Time) -> Result<usize, Refused> {
    let limit = params.number_or("max_temporal", 50.0)?;
    let steps = time.steps.len() as f64;
    let longest = match params
        .text_or("max_temporal_unit", "percent_of_study_period")?
        .as_str()
    {
        "percent_of_study_period" if limit <= 100.0 => steps * limit / 100.0,
        "percent_of_study_period" => {
            return params.refuse("max_temporal", "is more than 100 percent");
        }
        "days" => limit / time.unit_days,
        _ => {
            return params.refuse(
                "max_temporal_unit",
                "is neither percent_of_study_period nor days",
            );
        }
    };
    match whole(longest.floor()) {
        Some(longest) if longest >= 1 => Ok(longest),
        _ => params.refuse("max_temporal", "is shorter than one step"),
    }
}

fn settings(
    params: &Params,
    analysis: Analysis,
    time: &Time,
    mode: Mode,
) -> Result<Settings, Refused> {
    let low_too = params
        .one_of("areas", &[("high", false), ("both", true)])?
        .unwrap_or(false);
    if params.text_or("secondary_clusters", "no_geographic_overlap")? != "no_geographic_overlap" {
        return params.refuse("secondary_clusters", "is not no_geographic_overlap");
    }
    let in_time = analysis != Analysis::Spatial;
    if let Some(start) = params.optional_text("prospective_start")? {
        let last = time.steps.last().map(|(_, last)| *last);
        if crate::table::parse_date(&start) != last {
            return params.refuse(
                "prospective_start",
                "is not end_date: spans end with the last day only",
            );
        }
    }
    let share = params.number_or("max_spatial_percent", 50.0)? / 100.0;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let longest = if in_time { longest(params, time)? } else { 1 };
    let replications = params.whole_or("replications", 999)?;
    if replications > REPLICATIONS_MAX {
        return params.refuse("replications", format!("is more than {REPLICATIONS_MAX}"));
    }
    Ok(Settings {
        largest_share: share,
        longest,
        until_now: analysis == Analysis::Prospective,
        in_time,
        low_too,
        fewest: u32::try_from(params.whole_or("min_cases_high", 2)?).unwrap_or(u32::MAX),
        replications,
        threads: params.whole_or("threads", threads)?,
        surpassed_too: mode == Mode::Peer,
    })
}

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    let (model, analysis, ground) = (model(p)?, analysis(p)?, ground(p)?);
    let time = read::time(p, analysis != Analysis::Spatial)?;
    let mut named = match model {
        Model::Bernoulli => read::bernoulli(call, ground, &time)?,
        Model::Poisson | Model::Permutation => read::dated(call, model, ground, &time)?,
    };
    let settings = settings(p, analysis, &time, call.mode)?;
    p.optional_text("case_time_precision")?;
    let temporal = analysis == Analysis::Temporal;
    if temporal {
        one_place(&mut named);
    }
    let found = scan(&named.study, &settings, call.seed)?;
    let unit = (analysis == Analysis::Prospective).then_some(time.unit_days);
    let sheet = |spec, rows| Sheet { spec, rows };
    Ok(vec![
        sheet(&CLUSTERS, cluster_rows(&named, &found, temporal, unit)),
        sheet(
            &MEMBERS,
            if temporal {
                Vec::new()
            } else {
                member_rows(&named, &found)
            },
        ),
        sheet(
            &PLACES,
            if temporal {
                Vec::new()
            } else {
                place_rows(&named, &found)
            },
        ),
        sheet(&CHANCE, vec![chance_row(&found)]),
    ])
}

/// Puts all places together: only time is scanned.
fn one_place(named: &mut Named) {
    let study = &mut named.study;
    let steps = study.steps;
    let mut cases = vec![0_u32; steps];
    for (at, n) in study.cases.iter().enumerate() {
        cases[at % steps] = cases[at % steps].saturating_add(*n);
    }
    let mut measure = vec![0.0; if study.measure.is_empty() { 0 } else { steps }];
    for (at, m) in study.measure.iter().enumerate() {
        measure[at % steps] += m;
    }
    study.cases = cases;
    study.measure = measure;
    study.at = vec![(0.0, 0.0)];
    named.names = vec!["All".to_owned()];
}

/// The ratio of the risks inside and outside.
fn relative_risk(observed: f64, expected: f64, total: f64) -> Option<f64> {
    let outside = (total - observed) / (total - expected);
    (expected > 0.0 && outside.is_finite()).then(|| observed / expected / outside)
}

fn cluster_rows(
    named: &Named,
    found: &Scan,
    temporal: bool,
    unit_days: Option<f64>,
) -> Vec<Vec<Cell>> {
    let total = named.study.total();
    let row = |(at, cluster): (usize, &super::Cluster)| {
        let day = |day: fangxian_base::Date| match temporal && named.by_year {
            true => Cell::Number(f64::from(day.year())),
            false => day.to_string().into(),
        };
        let (first, last) = cluster.steps;
        let known = |radius: f64, here: bool| match here && !temporal {
            true => Cell::Number(radius),
            false => Cell::Missing,
        };
        let sphere = named.study.ground != Ground::Plane;
        let risk = match named.study.model {
            Model::Permutation => None,
            Model::Poisson | Model::Bernoulli => {
                relative_risk(cluster.observed, cluster.expected, total)
            }
        };
        vec![
            Cell::whole(at + 1),
            named.names[cluster.centre].as_str().into(),
            known(cluster.radius, true),
            known(cluster.radius, sphere),
            Cell::whole(cluster.places.len()),
            day(named.days[first].0),
            day(named.days[last].1),
            cluster.statistic.into(),
            cluster.p.into(),
            cluster.observed.into(),
            cluster.expected.into(),
            (cluster.observed / cluster.expected).into(),
            Cell::maybe(risk),
            Cell::maybe(unit_days.map(|days| days / cluster.p)),
        ]
    };
    found.clusters.iter().enumerate().map(row).collect()
}

fn member_rows(named: &Named, found: &Scan) -> Vec<Vec<Cell>> {
    let rows = found.clusters.iter().enumerate().flat_map(|(at, cluster)| {
        let of = cluster.places.iter();
        of.map(move |place| vec![Cell::whole(at + 1), named.names[*place].as_str().into()])
    });
    rows.collect()
}

/// Cases and expected cases of every place; of a permutation within the span of the strongest cluster, because over all
/// steps the two are equal.
fn place_rows(named: &Named, found: &Scan) -> Vec<Vec<Cell>> {
    let study = &named.study;
    let total = study.total();
    let measure: f64 = study.measure.iter().sum();
    let weights = study.weights();
    let span = (found.clusters.first()).map_or((0, study.steps - 1), |cluster| cluster.steps);
    let in_span: f64 = study.cases_by_step()[span.0..=span.1].iter().sum();
    let row = |(place, name): (usize, &String)| {
        let (observed, expected, risk) = match study.model {
            Model::Permutation => {
                let all = &study.cases[place * study.steps..];
                let here = all[span.0..=span.1].iter().map(|n| f64::from(*n)).sum();
                (here, weights[place] * in_span / total, None)
            }
            Model::Poisson | Model::Bernoulli => {
                let observed = study.cases_of(place);
                let expected = weights[place] * total / measure;
                (observed, expected, relative_risk(observed, expected, total))
            }
        };
        // Places on the globe are latitude and longitude, those on a plane east and north.
        let (east, north) = match (study.ground, study.at[place]) {
            (Ground::Plane, (x, y)) => (x, y),
            (Ground::Sphere(_), (latitude, longitude)) => (longitude, latitude),
        };
        vec![
            name.as_str().into(),
            observed.into(),
            expected.into(),
            (observed / expected).into(),
            Cell::maybe(risk),
            east.into(),
            north.into(),
        ]
    };
    named.names.iter().enumerate().map(row).collect()
}

fn chance_row(found: &Scan) -> Vec<Cell> {
    let at = |p: f64| Cell::from(quantile(&found.chance, p));
    vec![
        Cell::whole(found.chance.len()),
        at(0.5),
        at(0.9),
        at(0.95),
        at(0.99),
        at(1.0),
    ]
}
