//! Areas as a table and a map, and their outlines as GeoJSON.

use fangxian_app::places::{AreaView, UnitView};
use fangxian_app::{Action, App, AppError, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::answer::{Download, Html, page};
use crate::ask::Ask;
use crate::draw;
use crate::endpoint::{Access, Endpoint};
use crate::i18n::Lang;
use crate::shell::Shell;

#[derive(Deserialize, JsonSchema)]
struct Place {
    /// The division code of the area to show; without one, the whole jurisdiction.
    code: Option<String>,
}

/// An area with those above and below it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AreaPage {
    /// The area.
    area: AreaView,
    /// Those above it, from the top.
    above: Vec<AreaView>,
    /// Those directly below it.
    below: Vec<AreaView>,
    /// The units in it, not below.
    units: Vec<UnitView>,
    /// Outlines of those below.
    outlines: Value,
}

page!(AreaPage, "areas.html");

fn areas(app: &App, ask: &Ask, input: Place) -> Result<AreaPage> {
    let who = &ask.who;
    let area = match input.code.as_deref() {
        Some(code) => app.area_by_code(who, code)?,
        None => app
            .area_children(who, None)?
            .into_iter()
            .next()
            .ok_or_else(AppError::not_found)?,
    };
    let above = app
        .area_ancestors(who, area.id)?
        .into_iter()
        .filter(|one| one.id != area.id)
        .collect();
    let below = app.area_children(who, Some(area.id))?;
    let units = app
        .unit_list(who, None)?
        .into_iter()
        .filter(|unit| unit.area == area.id)
        .collect();
    let mut outlines = app.area_geojson(who, area.level + 1)?;
    if let Some(features) = outlines.get_mut("features").and_then(Value::as_array_mut) {
        features.retain(|feature| {
            let code = feature.pointer("/properties/code").and_then(Value::as_str);
            below.iter().any(|one| Some(one.code.as_str()) == code)
        });
    }
    Ok(AreaPage {
        area,
        above,
        below,
        units,
        outlines,
    })
}

/// The map of those below, each leading to its page.
pub fn map(s: &Shell, v: &AreaPage) -> Html {
    let mut regions = draw::regions(&v.outlines, s.lang == Lang::En);
    for region in &mut regions {
        region.href = format!("/areas?code={}", region.code);
        let area = v.below.iter().find(|area| area.code == region.code);
        let residents = area.and_then(|area| area.residents);
        region.words =
            residents.map_or_else(String::new, |n| s.t1("area-residents-count", "count", n));
    }
    draw::map(
        &regions,
        &s.t1("area-map-of", "area", s.text(&v.area.name)),
        &s.t("area-map-text"),
    )
}

#[derive(Deserialize, JsonSchema)]
struct Level {
    /// The level: 0 the whole jurisdiction, 1 the level below, and so on. Default 1.
    level: Option<i64>,
}

fn geojson(app: &App, ask: &Ask, input: Level) -> Result<Download> {
    let outlines = app.area_geojson(&ask.who, input.level.unwrap_or(1))?;
    let bytes = serde_json::to_vec(&outlines).map_err(AppError::internal)?;
    Ok(Download {
        name: String::new(),
        bytes,
    })
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let staff = Access::Staff(Action::AreasView);
    vec![
        Endpoint::page("areas.list", "/areas", staff, areas),
        Endpoint::file(
            "areas.geojson",
            "/areas.geojson",
            staff,
            "application/geo+json",
            geojson,
        ),
    ]
}
