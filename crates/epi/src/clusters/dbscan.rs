//! DBSCAN: places where cases are dense, of any shape; what is sparse is noise.

use std::collections::BTreeMap;

use fangxian_base::{Date, days_between};

use crate::answer::{Estimated, require};
use crate::call::{Call, Method, Refused};
use crate::table::{Cell, Sheet, SheetSpec};

/// A case with a place, and a day where days matter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Days from any first one.
    pub day: i64,
}

/// What makes two points neighbours.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reach {
    /// Great-circle distance.
    pub km: f64,
    /// Days apart; nothing when days do not matter.
    pub days: Option<i64>,
    /// Radius of the sphere.
    pub radius_km: f64,
}

/// The mean radius of the Earth.
pub const EARTH_KM: f64 = 6371.0088;

/// The cluster of a point, and whether it is a core point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Number of the cluster, from 0; nothing for noise.
    pub cluster: Option<usize>,
    /// Whether it has enough neighbours itself.
    pub core: bool,
}

fn distance_km(a: &Point, b: &Point, radius: f64) -> f64 {
    let (p, q) = (a.latitude.to_radians(), b.latitude.to_radians());
    let (dp, dl) = (
        (q - p) / 2.0,
        (b.longitude - a.longitude).to_radians() / 2.0,
    );
    let h = dp.sin().powi(2) + p.cos() * q.cos() * dl.sin().powi(2);
    2.0 * radius * h.sqrt().min(1.0).asin()
}

/// Groups points by density.
///
/// - Quantity: for every point its cluster, or noise.
/// - Method: a point with at least `least` points within reach (itself included) is a core point; core points within reach
///   of each other are one cluster; other points within reach of a core point join the first that finds them. Neighbours
///   are looked up in bands of latitude.
/// - Units: degrees, kilometres, days.
/// - Interval: none; the result has no measure of chance.
/// - Assumes: one density separates clusters from background everywhere.
/// - Do not use: to say that there are more cases than expected: towns are dense too. Scan statistics ask that.
/// - Source: Ester, Kriegel, Sander, Xu 1996.
/// - Differs from source: not.
/// - Checked by: the reference folder `dbscan`.
pub fn cluster(points: &[Point], reach: Reach, least: usize) -> Estimated<Vec<Label>> {
    require(
        reach.km >= 0.0 && reach.radius_km > 0.0,
        "the reach is negative",
    )?;
    let sound = |p: &Point| p.latitude.abs() <= 90.0 && p.longitude.abs() <= 360.0;
    require(
        points.iter().all(sound),
        "a coordinate is not one of the Earth",
    )?;
    // A band is a little higher than the reach, so that neighbours lie in the same or the next one.
    let band_degrees = (reach.km / reach.radius_km).to_degrees() * 1.000_001 + 1e-9;
    let band =
        |p: &Point| crate::numbers::whole((p.latitude + 90.0) / band_degrees - 0.5).unwrap_or(0);
    let mut bands: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, point) in points.iter().enumerate() {
        bands.entry(band(point)).or_default().push(i);
    }
    let neighbours = |i: usize| -> Vec<usize> {
        let here = band(&points[i]);
        let near = |j: &&usize| {
            let (a, b) = (&points[i], &points[**j]);
            reach.days.is_none_or(|days| (a.day - b.day).abs() <= days)
                && distance_km(a, b, reach.radius_km) <= reach.km
        };
        bands
            .range(here.saturating_sub(1)..=here + 1)
            .flat_map(|(_, list)| list)
            .filter(near)
            .copied()
            .collect()
    };
    let lists: Vec<Vec<usize>> = (0..points.len()).map(neighbours).collect();
    let mut labels: Vec<Label> = lists
        .iter()
        .map(|list| Label {
            cluster: None,
            core: list.len() >= least,
        })
        .collect();
    let mut next = 0;
    for i in 0..points.len() {
        if !labels[i].core || labels[i].cluster.is_some() {
            continue;
        }
        labels[i].cluster = Some(next);
        let mut open = vec![i];
        while let Some(from) = open.pop() {
            for j in &lists[from] {
                if labels[*j].cluster.is_none() {
                    labels[*j].cluster = Some(next);
                    if labels[*j].core {
                        open.push(*j);
                    }
                }
            }
        }
        next += 1;
    }
    Ok(labels)
}

/// DBSCAN by name.
pub const METHOD: Method = Method {
    function: "dbscan",
    title: "DBSCAN: where are cases dense?",
    page: "dbscan",
    input: Some("points"),
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "labels",
    columns: &["{id_column}", "label", "core"],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let input = call.input("points")?;
    let p = &call.params;
    if p.text_or("metric", "great_circle")? != "great_circle" {
        return p.refuse("metric", "is not great_circle");
    }
    let days = p.optional_number("eps_days")?;
    let reach = Reach {
        km: p.number("eps_km")?,
        days: days
            .and_then(|d| crate::numbers::whole(d.floor()))
            .and_then(|d| i64::try_from(d).ok()),
        radius_km: p.number_or("radius_km", EARTH_KM)?,
    };
    let latitude = input.maybe_numbers(&p.text_or("latitude_column", "latitude")?)?;
    let longitude = input.maybe_numbers(&p.text_or("longitude_column", "longitude")?)?;
    let ids = input.texts(&p.text_or("id_column", "id_column")?)?;
    let mut dates: Vec<Option<Date>> = vec![None; ids.len()];
    if let Some(column) = p.optional_text("date_column")? {
        dates = input.maybe_dates(&column)?;
    }
    let mut keep = vec![true; ids.len()];
    for column in p.texts("drop_rows_missing")? {
        for (keep, text) in keep.iter_mut().zip(input.texts(&column)?) {
            *keep &= !crate::table::is_missing(text);
        }
    }
    let first = dates.iter().flatten().min().copied();
    let (mut points, mut kept) = (Vec::new(), Vec::new());
    for (i, id) in ids.iter().enumerate().filter(|(i, _)| keep[*i]) {
        let (Some(latitude), Some(longitude)) = (latitude[i], longitude[i]) else {
            continue;
        };
        let day = first
            .zip(dates[i])
            .map_or(0, |(first, date)| days_between(first, date));
        points.push(Point {
            latitude,
            longitude,
            day,
        });
        kept.push(*id);
    }
    let labels = cluster(&points, reach, p.whole_or("min_samples", 5)?)?;
    let row = |(id, label): (&&str, Label)| {
        let cluster = label.cluster.map_or(Cell::Number(-1.0), Cell::whole);
        vec![(*id).into(), cluster, Cell::flag(label.core)]
    };
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: kept.iter().zip(labels).map(row).collect(),
    }])
}
