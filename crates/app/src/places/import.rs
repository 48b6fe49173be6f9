//! Reading a file of areas and units: JSON, all or nothing, and harmless when read twice.
//!
//! Areas are known by their division code, units by name and area. An area that is there is brought
//! up to date; moving one to another parent is refused, because permission follows the path.

use std::collections::BTreeMap;

use fangxian_base::{AreaId, CommandId, Date, UnitId};
use fangxian_domain::units::UnitKind;
use fangxian_store::places::{self as rows, NewArea, Unit};
use fangxian_store::{Author, Command, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::accounts::NO_CODE;
use crate::{App, AppError, FieldError, Kind, Result, Who};
use fangxian_base::Text;

/// LIMIT: problems told at a time.
const PROBLEMS_MAX: usize = 50;

/// A file of areas and units.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaFile {
    /// The areas, each after the one above it; the first is the whole jurisdiction.
    #[serde(default)]
    pub areas: Vec<AreaItem>,
    /// The units.
    #[serde(default)]
    pub units: Vec<UnitItem>,
}

/// One area of the file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaItem {
    /// The division code.
    pub code: String,
    /// The code of the area above; absent for the whole jurisdiction.
    #[serde(default)]
    pub parent: Option<String>,
    /// The name in Chinese.
    pub zh: String,
    /// The name in English.
    pub en: String,
    /// How many people live there.
    #[serde(default)]
    pub residents: Option<i64>,
    /// The outline: a GeoJSON `Polygon` or `MultiPolygon`, WGS 84.
    #[serde(default)]
    pub geometry: Option<serde_json::Value>,
    /// The first day on which the division exists; absent: since ever.
    #[serde(default)]
    pub valid_from: Option<String>,
}

/// One unit of the file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitItem {
    /// The name in Chinese.
    pub zh: String,
    /// The name in English.
    pub en: String,
    /// The code of its kind, such as `hospital`.
    pub kind: String,
    /// The code of the area where it stands.
    pub area: String,
    /// The office telephone.
    #[serde(default)]
    pub phone: Option<String>,
}

/// What reading a file did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlacesImported {
    /// Areas that are new.
    pub areas_added: u64,
    /// Areas that were there and were brought up to date.
    pub areas_updated: u64,
    /// Units that are new.
    pub units_added: u64,
    /// Units that were there and were brought up to date.
    pub units_updated: u64,
}

struct CheckedArea {
    item: AreaItem,
    ring: Option<String>,
    valid_from: Date,
}

struct Checked {
    areas: Vec<CheckedArea>,
    units: Vec<(UnitItem, UnitKind)>,
}

impl App {
    /// Reads areas and units from JSON. Only the command line and the program itself may.
    ///
    /// # Errors
    /// Every problem with its place in the file; nothing was changed.
    pub fn places_import(
        &self,
        who: &Who,
        command: CommandId,
        text: &str,
    ) -> Result<PlacesImported> {
        match who.author() {
            Author::System | Author::Cli => {}
            Author::Public | Author::User(_) => {
                return Err(AppError::new(
                    Kind::Forbidden,
                    "FORBIDDEN",
                    "区域只能在服务器上用命令导入。",
                    "Areas are imported with the command line on the server.",
                ));
            }
        }
        let file: AreaFile = serde_json::from_str(text).map_err(|e| {
            AppError::field(
                "file",
                "文件不是约定的 JSON 格式。",
                &format!("The file is not the agreed JSON: {e}."),
            )
        })?;
        let checked = check(file)?;
        let head = Command {
            id: command,
            author: who.author(),
            action: "areas.import",
            purpose: "administration",
            response: None,
            input: None,
        };
        let written = self.store().write(head, move |tx| keep(tx, &checked))?;
        Ok(written.value)
    }
}

fn wrong(field: String, zh: &str, en: &str) -> FieldError {
    FieldError {
        field,
        text: Text::new(zh, en),
    }
}

fn check(file: AreaFile) -> Result<Checked> {
    let mut problems = Vec::new();
    let mut areas = Vec::new();
    let mut seen = BTreeMap::new();
    for (n, item) in file.areas.into_iter().enumerate() {
        let at = |field: &str| format!("areas[{n}].{field}");
        if item.code.trim().is_empty() || item.code == NO_CODE {
            problems.push(wrong(
                at("code"),
                "缺少区划代码。",
                "The division code is missing.",
            ));
        }
        if item.zh.trim().is_empty() || item.en.trim().is_empty() {
            problems.push(wrong(
                at("zh"),
                "缺少中文或英文名称。",
                "A name is missing.",
            ));
        }
        if item.residents.is_some_and(|count| count < 0) {
            problems.push(wrong(
                at("residents"),
                "人口数不能为负。",
                "Residents cannot be negative.",
            ));
        }
        if seen.insert(item.code.clone(), n).is_some() {
            let en = format!("The code `{}` occurs twice.", item.code);
            problems.push(wrong(at("code"), "区划代码重复。", &en));
        }
        let shape = item
            .geometry
            .as_ref()
            .map(|g| g["type"].as_str().unwrap_or_default());
        if !matches!(shape, None | Some("Polygon" | "MultiPolygon")) {
            problems.push(wrong(
                at("geometry"),
                "边界应为 GeoJSON 的 Polygon 或 MultiPolygon。",
                "The outline must be a GeoJSON Polygon or MultiPolygon.",
            ));
        }
        let valid_from = match item.valid_from.as_deref().map(str::parse::<Date>) {
            None => Date::constant(1949, 10, 1),
            Some(Ok(day)) => day,
            Some(Err(_)) => {
                problems.push(wrong(
                    at("valid_from"),
                    "日期应如 2020-01-01。",
                    "Give a date such as 2020-01-01.",
                ));
                continue;
            }
        };
        let ring = item.geometry.as_ref().map(ToString::to_string);
        areas.push(CheckedArea {
            item,
            ring,
            valid_from,
        });
    }
    let mut units = Vec::new();
    for (n, item) in file.units.into_iter().enumerate() {
        match UnitKind::from_code(&item.kind) {
            Some(kind) if !item.zh.trim().is_empty() => units.push((item, kind)),
            _ => {
                let en = format!(
                    "`{}` is no kind of unit, or the name is missing.",
                    item.kind
                );
                problems.push(wrong(
                    format!("units[{n}].kind"),
                    "单位类型不存在或缺少名称。",
                    &en,
                ));
            }
        }
    }
    refuse(problems)?;
    Ok(Checked { areas, units })
}

fn refuse(mut problems: Vec<FieldError>) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    problems.truncate(PROBLEMS_MAX);
    Err(AppError::invalid(problems))
}

fn keep(tx: &mut Tx<'_>, checked: &Checked) -> Result<PlacesImported> {
    let mut done = PlacesImported::default();
    let mut problems = Vec::new();
    for (n, area) in checked.areas.iter().enumerate() {
        if let Err(problem) = keep_area(tx, area, &mut done)? {
            problems.push(FieldError {
                field: format!("areas[{n}].parent"),
                text: problem,
            });
        }
    }
    for (n, (unit, kind)) in checked.units.iter().enumerate() {
        let Some(area) = rows::area_by_code(tx, &unit.area)? else {
            let en = format!("There is no area `{}`.", unit.area);
            problems.push(wrong(format!("units[{n}].area"), "没有这个区划代码。", &en));
            continue;
        };
        keep_unit(tx, unit, *kind, area.id, &mut done)?;
    }
    refuse(problems)?;
    tx.detail("areas", done.areas_added + done.areas_updated);
    tx.detail("units", done.units_added + done.units_updated);
    Ok(done)
}

/// Keeps one area; the inner error is a problem of the file.
fn keep_area(
    tx: &mut Tx<'_>,
    area: &CheckedArea,
    done: &mut PlacesImported,
) -> Result<Result<(), Text>> {
    let item = &area.item;
    let parent = match &item.parent {
        None => None,
        Some(code) => {
            let Some(above) = rows::area_by_code(tx, code)? else {
                let en = format!("There is no area `{code}` above; put it before this one.");
                return Ok(Err(Text::new("上级区划不存在，应排在本条之前。", en)));
            };
            Some(above.id)
        }
    };
    let mut new = NewArea {
        id: AreaId::new(),
        code: item.code.clone(),
        parent,
        name_zh: item.zh.trim().to_owned(),
        name_en: item.en.trim().to_owned(),
        ring: area.ring.clone(),
        residents: item.residents,
        valid_from: area.valid_from,
    };
    let mut there = rows::area_by_code(tx, &item.code)?;
    if there.is_none() && parent.is_none() {
        // The root that every installation begins with takes its real code now.
        there = rows::area_root(tx)?.filter(|root| root.code == NO_CODE);
        if there.is_none() && rows::area_root(tx)?.is_some() {
            return Ok(Err(Text::new(
                "辖区（最上级）已经存在，且代码不同。",
                "The whole jurisdiction is there already, under another code.",
            )));
        }
    }
    match there {
        None => {
            rows::area_insert(tx, &new)?;
            done.areas_added += 1;
        }
        Some(there) if there.parent == parent => {
            new.id = there.id;
            rows::area_update(tx, &new)?;
            done.areas_updated += 1;
        }
        Some(_) => {
            return Ok(Err(Text::new(
                "该区划已存在于另一上级之下；调整隶属关系请新建区划。",
                "This area is there under another parent; make a new area instead of moving it.",
            )));
        }
    }
    Ok(Ok(()))
}

fn keep_unit(
    tx: &mut Tx<'_>,
    item: &UnitItem,
    kind: UnitKind,
    area: AreaId,
    done: &mut PlacesImported,
) -> Result<()> {
    let there = rows::unit_by_name(tx, item.zh.trim())?
        .into_iter()
        .find(|unit| unit.area == area);
    let unit = Unit {
        id: there.as_ref().map_or_else(UnitId::new, |unit| unit.id),
        area,
        kind,
        name_zh: item.zh.trim().to_owned(),
        name_en: item.en.trim().to_owned(),
        phone: item.phone.clone().filter(|phone| !phone.trim().is_empty()),
    };
    if there.is_some() {
        rows::unit_update(tx, &unit)?;
        done.units_updated += 1;
    } else {
        rows::unit_insert(tx, &unit)?;
        done.units_added += 1;
    }
    Ok(())
}
