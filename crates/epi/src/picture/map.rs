//! The map of a scan: places with their cases, clusters as circles around their places.

use std::collections::BTreeMap;

use super::svg::{ALARM, BAR, LINE, Scale, Svg, WIDTH, told};
use super::{Columns, Language, NotDrawn};
use crate::table::Sheet;

/// LIMIT: places in a picture.
const PLACES_MAX: usize = 10_000;

/// A cluster below this chance is drawn as a finding, others pale: the usual five percent.
const FINDING: f64 = 0.05;

const HEIGHT: f64 = 640.0;
const MARGIN: f64 = 40.0;
const TOP: f64 = 72.0;

/// Draws places and clusters. East is to the right and north is up; degrees of longitude are shortened as at the middle of
/// the map.
pub(super) fn draw(sheets: &[Sheet], language: Language) -> Result<String, NotDrawn> {
    let table = Columns::find(sheets, &["LOC_ID", "OBSERVED", "EXPECTED", "EAST", "NORTH"])
        .ok_or(NotDrawn::Empty)?;
    let names = table.texts("LOC_ID");
    let (observed, expected) = (table.numbers("OBSERVED"), table.numbers("EXPECTED"));
    let at: Vec<Option<(f64, f64)>> = table
        .numbers("EAST")
        .into_iter()
        .zip(table.numbers("NORTH"))
        .map(|(east, north)| east.zip(north))
        .collect();
    if names.len() > PLACES_MAX {
        return Err(NotDrawn::TooMuch {
            found: names.len(),
            most: PLACES_MAX,
        });
    }
    let known: Vec<(f64, f64)> = at.iter().copied().flatten().collect();
    if known.is_empty() {
        return Err(NotDrawn::Empty);
    }
    let ends = |part: fn(&(f64, f64)) -> f64| {
        let values = || known.iter().map(part);
        (
            values().fold(f64::INFINITY, f64::min),
            values().fold(f64::NEG_INFINITY, f64::max),
        )
    };
    let (west, east) = ends(|p| p.0);
    let (south, north) = ends(|p| p.1);
    let degrees = Columns::find(sheets, &["cluster", "radius_km"])
        .is_some_and(|table| table.numbers("radius_km").iter().any(Option::is_some));
    let shorter = if degrees {
        f64::midpoint(south, north).to_radians().cos()
    } else {
        1.0
    };
    let (width, height) = (WIDTH - 2.0 * MARGIN, HEIGHT - TOP - MARGIN);
    let unit = ((east - west) * shorter / width).max((north - south) / height);
    let unit = if unit > 0.0 { unit } else { 1.0 };
    let scale = |low: f64, high: f64, share: f64, from: f64, sign: f64| Scale {
        low,
        high,
        from,
        to: from + sign * (high - low) * share / unit,
    };
    let (x, y) = (
        scale(west, east, shorter, MARGIN, 1.0),
        scale(south, north, 1.0, HEIGHT - MARGIN, -1.0),
    );
    let place = |(east, north): (f64, f64)| (x.at(east), y.at(north));

    let clusters = Columns::find(sheets, &["cluster", "p_value", "observed", "expected"]);
    let chances = clusters
        .as_ref()
        .map(|table| table.numbers("p_value"))
        .unwrap_or_default();
    let found = chances.iter().flatten().filter(|p| **p < FINDING).count();
    // A window that every simulation surpasses is told to checks only.
    let clusters_told = chances.iter().filter(|p| told_at_all(**p)).count();
    let places = names.len();
    let what = match language {
        Language::Chinese => {
            format!(
                "{places} 个地点，聚集区 {clusters_told} 个，其中 p < {FINDING} 的 {found} 个。"
            )
        }
        Language::English => {
            format!("{places} places, {clusters_told} clusters, {found} with p < {FINDING}.")
        }
    };
    let mut svg = Svg::new(
        HEIGHT,
        language.of("zh-CN", "en"),
        language.of("扫描统计：聚集区", "Scan statistic: clusters"),
        &what,
    );
    svg.words(WIDTH / 2.0, 36.0, "middle", &what);
    let key = match language {
        Language::Chinese => format!("点越大，病例越多；红圈：p < {FINDING}；蓝圈：其余聚集区"),
        Language::English => {
            format!("larger dots, more cases; red: p < {FINDING}; blue: other clusters")
        }
    };
    svg.words(WIDTH / 2.0, 52.0, "middle", &key);
    let most = observed.iter().flatten().copied().fold(0.0, f64::max);
    for ((name, at), (observed, expected)) in
        names.iter().zip(&at).zip(observed.iter().zip(&expected))
    {
        let Some(at) = at else { continue };
        let cases = observed.unwrap_or(0.0);
        let r = 1.5
            + if most > 0.0 {
                8.5 * (cases / most).sqrt()
            } else {
                0.0
            };
        let told = format!(
            "{name}: {} {}, {} {}",
            language.of("病例", "cases"),
            told(cases),
            language.of("期望", "expected"),
            expected.map_or_else(|| "NA".to_owned(), told)
        );
        svg.dot(place(*at), r, BAR, &told);
    }
    svg.within(TOP - MARGIN / 4.0, HEIGHT);
    if let Some(clusters) = clusters {
        rings(&mut svg, &clusters, sheets, &names, &at, &place, language);
    }
    svg.end();
    Ok(svg.done())
}

/// Whether a cluster with this chance is one that the scan tells.
fn told_at_all(p: Option<f64>) -> bool {
    p.is_none_or(|p| p < 1.0)
}

/// A circle around the places of each cluster, weak ones first so that findings lie on top.
fn rings(
    svg: &mut Svg,
    clusters: &Columns<'_>,
    sheets: &[Sheet],
    names: &[String],
    at: &[Option<(f64, f64)>],
    place: &dyn Fn((f64, f64)) -> (f64, f64),
    language: Language,
) {
    let position: BTreeMap<&str, (f64, f64)> = names
        .iter()
        .map(String::as_str)
        .zip(at)
        .filter_map(|(name, at)| Some((name, (*at)?)))
        .collect();
    let mut members: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    if let Some(table) = Columns::find(sheets, &["cluster", "location"]) {
        for (cluster, name) in table
            .texts("cluster")
            .into_iter()
            .zip(table.texts("location"))
        {
            members
                .entry(cluster)
                .or_default()
                .extend(position.get(name.as_str()).map(|at| place(*at)));
        }
    }
    let numbers = clusters
        .texts("cluster")
        .into_iter()
        .zip(clusters.texts("center"));
    let values = clusters
        .numbers("observed")
        .into_iter()
        .zip(clusters.numbers("expected"));
    let rows: Vec<_> = numbers
        .zip(clusters.numbers("p_value"))
        .zip(values)
        .collect();
    for (((number, centre), p), (observed, expected)) in rows.into_iter().rev() {
        let Some((x, y)) = position.get(centre.as_str()).map(|at| place(*at)) else {
            continue;
        };
        let far = members.get(&number).into_iter().flatten();
        let r = far.map(|(a, b)| (a - x).hypot(b - y)).fold(0.0, f64::max) + 12.0;
        let text = |value: Option<f64>| value.map_or_else(|| "NA".to_owned(), told);
        let words = format!(
            "{number}: {centre}, {} {}, {} {}, p = {}",
            language.of("病例", "cases"),
            text(observed),
            language.of("期望", "expected"),
            text(expected),
            text(p)
        );
        let finding = p.is_some_and(|p| p < FINDING);
        if !told_at_all(p) {
            continue;
        }
        svg.ring((x, y), r, if finding { ALARM } else { LINE }, &words);
        if finding {
            svg.words_over(x, y - r - 4.0, &words);
        }
    }
}
