//! Places: the tree of divisions with its level names from the city pack, maps, and units.
//!
//! Areas are no secret inside the installation: whoever may see areas sees all of them. Reading a
//! file of areas and units is in `import`. Start with [`App::area_children`].

mod import;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{AreaId, Text, UnitId};
use fangxian_domain::units::UnitKind;
use fangxian_store::AreaRange;
use fangxian_store::places::{self as rows, Area, Unit};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{App, Result, Who, found};

pub use import::{AreaFile, AreaItem, PlacesImported, UnitItem};

/// An area as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AreaView {
    /// Its id.
    pub id: AreaId,
    /// The division code.
    pub code: String,
    /// The area above.
    pub parent: Option<AreaId>,
    /// The level, from 0 for the whole jurisdiction.
    pub level: i64,
    /// What this level is called here.
    pub level_name: Text,
    /// Its name.
    pub name: Text,
    /// The place in the tree, such as `a.03.12.`.
    pub path: String,
    /// How many people live there.
    pub residents: Option<i64>,
}

/// A unit as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnitView {
    /// Its id.
    pub id: UnitId,
    /// Where it stands.
    pub area: AreaId,
    /// The code of its kind.
    pub kind: String,
    /// The name of its kind.
    pub kind_name: Text,
    /// Its name.
    pub name: Text,
    /// The office telephone.
    pub phone: Option<String>,
}

impl App {
    /// What the levels are called here, from the whole jurisdiction to the doorstep.
    pub fn level_names(&self) -> Vec<Text> {
        self.packs()
            .city(&self.settings().city)
            .map_or_else(Vec::new, |city| {
                city.levels()
                    .into_iter()
                    .map(|level| crate::assess::words(&level.name))
                    .collect()
            })
    }

    /// The codes of the levels, such as `county`, `township`, `community`, `grid`.
    pub fn level_codes(&self) -> Vec<String> {
        self.packs()
            .city(&self.settings().city)
            .map_or_else(Vec::new, |city| {
                city.levels().into_iter().map(|level| level.id).collect()
            })
    }

    /// The name of the place, by its city pack.
    pub(crate) fn city_name(&self) -> Text {
        let city = &self.settings().city;
        self.packs()
            .cities()
            .find(|(id, _)| id == city)
            .map_or_else(
                || Text::new(city, city),
                |(_, name)| Text::new(&name.zh, &name.en),
            )
    }

    /// The region path of the place, such as `cn/hubei/wuhan/wuchang`.
    pub(crate) fn region(&self) -> String {
        self.packs()
            .city(&self.settings().city)
            .map_or_else(|| "cn".to_owned(), |city| city.region().to_owned())
    }

    /// The areas directly below one; without one, the whole jurisdiction alone.
    pub fn area_children(&self, who: &Who, parent: Option<AreaId>) -> Result<Vec<AreaView>> {
        self.may_see_areas(who)?;
        let areas = self.read(|tx| match parent {
            Some(parent) => Ok(rows::area_children(tx, parent)?),
            None => Ok(rows::area_root(tx)?.into_iter().collect()),
        })?;
        Ok(self.area_views(areas))
    }

    /// All areas in the order of the tree; with a level, only those of that level.
    pub fn area_list(&self, who: &Who, level: Option<i64>) -> Result<Vec<AreaView>> {
        self.may_see_areas(who)?;
        let areas = self.read(|tx| Ok(rows::area_list(tx, &[AreaRange::everywhere()], level)?))?;
        Ok(self.area_views(areas))
    }

    /// One area by its division code.
    pub fn area_by_code(&self, who: &Who, code: &str) -> Result<AreaView> {
        self.may_see_areas(who)?;
        let area = self.read(|tx| found(rows::area_by_code(tx, code.trim())))?;
        Ok(self.area_view(area))
    }

    /// An area and those above it, from the top.
    pub fn area_ancestors(&self, who: &Who, id: AreaId) -> Result<Vec<AreaView>> {
        self.may_see_areas(who)?;
        let areas = self.read(|tx| Ok(rows::area_ancestors(tx, id)?))?;
        Ok(self.area_views(areas))
    }

    /// The outlines of a level as a GeoJSON `FeatureCollection` (RFC 7946).
    pub fn area_geojson(&self, who: &Who, level: i64) -> Result<Value> {
        self.may_see_areas(who)?;
        let rings = self.read(|tx| Ok(rows::area_rings(tx, &[AreaRange::everywhere()], level)?))?;
        let features: Vec<Value> = rings
            .into_iter()
            .filter_map(|(area, ring)| {
                let geometry: Value = serde_json::from_str(&ring).ok()?;
                Some(json!({
                    "type": "Feature",
                    "id": area.id,
                    "properties": {
                        "code": area.code,
                        "level": area.level,
                        "name_zh": area.name_zh,
                        "name_en": area.name_en,
                        "residents": area.residents,
                    },
                    "geometry": geometry,
                }))
            })
            .collect();
        Ok(json!({ "type": "FeatureCollection", "features": features }))
    }

    /// Units in the order of the tree; with a kind, only those.
    pub fn unit_list(&self, who: &Who, kind: Option<UnitKind>) -> Result<Vec<UnitView>> {
        self.may_see_areas(who)?;
        let units = self.read(|tx| Ok(rows::unit_list(tx, &[AreaRange::everywhere()], kind)?))?;
        Ok(units.into_iter().map(unit_view).collect())
    }

    pub(crate) fn area_view(&self, area: Area) -> AreaView {
        let names = self.level_names();
        view_with(area, &names)
    }

    fn area_views(&self, areas: Vec<Area>) -> Vec<AreaView> {
        let names = self.level_names();
        areas
            .into_iter()
            .map(|area| view_with(area, &names))
            .collect()
    }

    fn may_see_areas(&self, who: &Who) -> Result<()> {
        self.permit(
            who,
            Action::AreasView,
            &Resource::Installation,
            Purpose::Command,
        )?;
        Ok(())
    }
}

fn view_with(area: Area, names: &[Text]) -> AreaView {
    let level_name = usize::try_from(area.level)
        .ok()
        .and_then(|n| names.get(n))
        .cloned()
        .unwrap_or_default();
    AreaView {
        id: area.id,
        code: area.code,
        parent: area.parent,
        level: area.level,
        level_name,
        name: Text::new(area.name_zh, area.name_en),
        path: area.path,
        residents: area.residents,
    }
}

fn unit_view(unit: Unit) -> UnitView {
    UnitView {
        id: unit.id,
        area: unit.area,
        kind: unit.kind.code().to_owned(),
        kind_name: Text::new(unit.kind.zh(), unit.kind.en()),
        name: Text::new(unit.name_zh, unit.name_en),
        phone: unit.phone,
    }
}
