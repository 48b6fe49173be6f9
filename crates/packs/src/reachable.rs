//! What examples can reach: every rule and dated value of a library, with its place.

use crate::compile::rules::Rules;
use crate::finding::Spot;
use crate::library::Library;

/// Something an example can reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reachable {
    /// `pack/rule` or `pack/value@from`.
    pub name: String,
    /// Its place in the pack.
    pub spot: Spot,
}

/// Every rule and every dated value.
pub fn reachable(library: &Library) -> Vec<Reachable> {
    let mut all = Vec::new();
    let mut series = |pack: &str, rules: &Rules| {
        for series in &rules.values {
            all.extend(series.entries.iter().map(|entry| Reachable {
                name: format!("{pack}/{}@{}", series.name, entry.from),
                spot: entry.spot,
            }));
        }
    };
    library
        .laws
        .iter()
        .for_each(|pack| series(&pack.id, &pack.rules));
    library
        .diseases
        .iter()
        .for_each(|pack| series(&pack.id, &pack.rules));
    library
        .schemes
        .iter()
        .for_each(|pack| series(&pack.id, &pack.rules));
    library
        .levels
        .iter()
        .for_each(|pack| series(&pack.id, &pack.rules));
    library
        .overlays
        .iter()
        .for_each(|pack| series(&pack.id, &pack.rules));
    library
        .cities
        .iter()
        .for_each(|pack| series(&pack.id, &pack.rules));
    for pack in &library.levels {
        all.extend(pack.steps.iter().map(|level| Reachable {
            name: level.rule.clone(),
            spot: level.spot,
        }));
    }
    for law in &library.laws {
        all.extend(law.clocks.iter().map(|c| Reachable {
            name: c.id.clone(),
            spot: c.spot,
        }));
        all.extend(law.routes.iter().map(|route| Reachable {
            name: route.rule.clone(),
            spot: route.spot,
        }));
        all.extend(law.measures.iter().map(|measure| Reachable {
            name: format!("{}/{}", law.id, measure.id.value),
            spot: measure.id.spot(),
        }));
    }
    for disease in &library.diseases {
        all.extend(disease.heads().into_iter().map(|(head, _)| Reachable {
            name: head.id.clone(),
            spot: head.spot,
        }));
    }
    for overlay in &library.overlays {
        all.extend(overlay.without.iter().map(|(without, .., spot)| Reachable {
            name: without.id.clone(),
            spot: *spot,
        }));
    }
    for scheme in &library.schemes {
        all.extend(scheme.categories.iter().map(|category| Reachable {
            name: category.rule.clone(),
            spot: category.spot,
        }));
    }
    for city in &library.cities {
        all.extend(city.deadlines.iter().map(|d| Reachable {
            name: d.rule.clone(),
            spot: d.spot,
        }));
        all.extend(city.limits.iter().map(|limit| Reachable {
            name: limit.rule.clone(),
            spot: limit.spot,
        }));
    }
    all
}
