//! A map of areas from their outlines, shaded by a count in a few neutral steps.

use std::fmt::Write as _;

use serde_json::Value;

use crate::answer::{Html, escape};
use crate::draw::{STEPS, shade};

/// One area to draw.
#[derive(Debug, Clone)]
pub struct Region {
    /// Its code, for finding its count.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where it leads.
    pub href: String,
    /// What is counted in it.
    pub count: u64,
    /// The count in words, read out and shown on pointing.
    pub words: String,
    /// Outlines: longitude and latitude.
    pub rings: Vec<Vec<[f64; 2]>>,
}

/// The areas of a GeoJSON `FeatureCollection`; `english` chooses the names.
pub fn regions(collection: &Value, english: bool) -> Vec<Region> {
    let features = collection.get("features").and_then(Value::as_array);
    features
        .into_iter()
        .flatten()
        .map(|feature| {
            let text = |name: &str| {
                let value = feature.pointer(&format!("/properties/{name}"));
                value.and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            Region {
                code: text("code"),
                name: text(if english { "name_en" } else { "name_zh" }),
                href: String::new(),
                count: 0,
                words: String::new(),
                rings: feature.get("geometry").map(rings).unwrap_or_default(),
            }
        })
        .collect()
}

fn rings(geometry: &Value) -> Vec<Vec<[f64; 2]>> {
    let coordinates = geometry.get("coordinates").and_then(Value::as_array);
    let polygons: Vec<&Value> = match geometry.get("type").and_then(Value::as_str) {
        Some("MultiPolygon") => coordinates
            .into_iter()
            .flatten()
            .filter_map(Value::as_array)
            .flatten()
            .collect(),
        _ => coordinates.into_iter().flatten().collect(),
    };
    polygons
        .into_iter()
        .filter_map(Value::as_array)
        .map(|ring| {
            ring.iter()
                .filter_map(|point| Some([point.get(0)?.as_f64()?, point.get(1)?.as_f64()?]))
                .collect()
        })
        .collect()
}

const WIDTH: f64 = 420.0;

/// The map; `title` and `text` are read out. Put a table and [`legend`] beside it.
pub fn map(regions: &[Region], title: &str, text: &str) -> Html {
    let points = || regions.iter().flat_map(|r| r.rings.iter().flatten());
    let (mut west, mut south, mut east, mut north) = (
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    );
    for [x, y] in points() {
        (west, east) = (west.min(*x), east.max(*x));
        (south, north) = (south.min(*y), north.max(*y));
    }
    if !(east > west && north > south) {
        return Html(String::new());
    }
    // Equirectangular about the middle latitude: right enough for one city.
    let squeeze = f64::midpoint(south, north).to_radians().cos();
    let unit = WIDTH / ((east - west) * squeeze);
    let height = (north - south) * unit;
    let place = |[x, y]: [f64; 2]| ((x - west) * squeeze * unit, (north - y) * unit);
    let mut svg = format!(
        "<svg class=\"drawing\" viewBox=\"-4 -4 {:.0} {:.0}\" role=\"group\" aria-label=\"{}\"><desc>{}</desc>",
        WIDTH + 8.0,
        height + 8.0,
        escape(title),
        escape(text)
    );
    let mut names = String::new();
    for region in regions {
        let mut path = String::new();
        for ring in &region.rings {
            for (n, point) in ring.iter().enumerate() {
                let (x, y) = place(*point);
                let _ = write!(path, "{}{x:.1} {y:.1}", if n == 0 { 'M' } else { 'L' });
            }
            path.push('Z');
        }
        let words = escape(&format!("{}: {}", region.name, region.words));
        let drawn = format!(
            "<path class=\"area s{}\" d=\"{path}\"><title>{words}</title></path>",
            shade(region.count, &STEPS)
        );
        if region.href.is_empty() {
            svg.push_str(&drawn);
        } else {
            let _ = write!(
                svg,
                "<a href=\"{}\" aria-label=\"{words}\">{drawn}</a>",
                escape(&region.href)
            );
        }
        if regions.len() <= 40
            && let Some(ring) = region.rings.first()
        {
            let (x, y) = place(middle(ring));
            let _ = write!(
                names,
                "<text class=\"name\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
                escape(&region.name)
            );
        }
    }
    let _ = write!(svg, "<g aria-hidden=\"true\">{names}</g></svg>");
    Html(svg)
}

/// The centre of gravity of an outline.
fn middle(ring: &[[f64; 2]]) -> [f64; 2] {
    let (mut area, mut x, mut y) = (0.0, 0.0, 0.0);
    for pair in ring.windows(2) {
        if let [[x0, y0], [x1, y1]] = pair {
            let cross = x0 * y1 - x1 * y0;
            area += cross;
            x += (x0 + x1) * cross;
            y += (y0 + y1) * cross;
        }
    }
    if area.abs() < f64::EPSILON {
        return ring.first().copied().unwrap_or_default();
    }
    [x / (3.0 * area), y / (3.0 * area)]
}

/// What the shades mean.
pub fn legend(none: &str, more: &str) -> Html {
    let [zero, few, some, many] = STEPS;
    let words = [
        none.to_owned(),
        format!("{}–{few}", zero + 1),
        format!("{}–{some}", few + 1),
        format!("{}–{many}", some + 1),
        format!("{} {more}", many + 1),
    ];
    let mut list = String::from("<ul class=\"legend\">");
    for (n, word) in words.iter().enumerate() {
        let _ = write!(
            list,
            "<li><svg viewBox=\"0 0 10 6\" aria-hidden=\"true\"><rect class=\"s{n}\" width=\"10\" height=\"6\"/></svg>{}</li>",
            escape(word)
        );
    }
    list.push_str("</ul>");
    Html(list)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn square() -> Value {
        json!({ "type": "FeatureCollection", "features": [{
            "type": "Feature",
            "properties": { "code": "9901", "name_zh": "甲<乡>", "name_en": "A" },
            "geometry": { "type": "Polygon", "coordinates": [[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]] }
        }]})
    }

    #[test]
    fn an_outline_becomes_a_shaded_path_with_its_name() {
        let mut found = regions(&square(), false);
        found[0].count = 4;
        found[0].words = "4 open".into();
        let svg = map(&found, "map", "text").0;
        assert!(
            svg.contains("class=\"area s2\"") && svg.contains("甲&lt;乡&gt;: 4 open"),
            "{svg}"
        );
        let centre = middle(&found[0].rings[0]);
        assert!((centre[0] - 0.5).abs() < 1e-9 && (centre[1] - 0.5).abs() < 1e-9);
    }

    #[test]
    fn nothing_to_draw_draws_nothing() {
        assert_eq!(map(&[], "map", "text").0, "");
    }
}
