//! Places and units: rows of the dated tree of divisions, and the offices that stand in it.
//!
//! Rows elsewhere hold an area id; the path lives here and is made here, as `a.` for the whole
//! jurisdiction and one label for each level below. Start with [`area_insert`] and [`area_list`].

use fangxian_base::{AreaId, Date, UnitId};
use fangxian_domain::units::UnitKind;

use crate::areas::{AreaRange, ROOT_PATH};
use crate::db::{DbError, Row, Tx, Val, vals};
use crate::records::within;

/// An area about to be put into the tree.
#[derive(Debug, Clone)]
pub struct NewArea {
    /// Its id.
    pub id: AreaId,
    /// The official or local division code, unique.
    pub code: String,
    /// The area above; none for the whole jurisdiction.
    pub parent: Option<AreaId>,
    /// The name in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
    /// The outline: a GeoJSON geometry as text.
    pub ring: Option<String>,
    /// How many people live there.
    pub residents: Option<i64>,
    /// The first day on which the division exists.
    pub valid_from: Date,
}

/// An area as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// Its id.
    pub id: AreaId,
    /// The division code.
    pub code: String,
    /// The area above.
    pub parent: Option<AreaId>,
    /// The level, from 0 for the whole jurisdiction.
    pub level: i64,
    /// The name in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
    /// The place in the tree, such as `a.03.12.`.
    pub path: String,
    /// How many people live there.
    pub residents: Option<i64>,
}

const AREA_COLUMNS: &str =
    "x.id, x.code, x.parent_id, x.level, x.name_zh, x.name_en, x.path, x.residents";

fn area_from(row: &Row) -> Result<Area, DbError> {
    Ok(Area {
        id: row.get(0)?,
        code: row.get(1)?,
        parent: row.get(2)?,
        level: row.get(3)?,
        name_zh: row.get(4)?,
        name_en: row.get(5)?,
        path: row.get(6)?,
        residents: row.get(7)?,
    })
}

/// A label of a path for the `n`th area below the same one: two characters of `0-9a-z`, three from
/// the 1,297th on. Labels need not sort; they must only differ.
fn label(n: i64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut rest = usize::try_from(n).unwrap_or(0);
    let mut text = Vec::new();
    while rest > 0 || text.len() < 2 {
        text.push(DIGITS[rest % 36]);
        rest /= 36;
    }
    text.iter().rev().map(|digit| char::from(*digit)).collect()
}

/// Puts an area into the tree; answers the path it got, or `None` when its parent is not there or
/// there is a root already.
///
/// # Errors
/// A duplicate code is [`DbError::is_duplicate`].
pub fn area_insert(tx: &mut Tx<'_>, area: &NewArea) -> Result<Option<String>, DbError> {
    let (level, path) = match area.parent {
        None => {
            let roots: i64 = tx.value("SELECT COUNT(*) FROM area WHERE parent_id IS NULL", &[])?;
            if roots > 0 {
                return Ok(None);
            }
            (0, ROOT_PATH.to_owned())
        }
        Some(parent) => {
            let Some(above) = area_fetch(tx, parent)? else {
                return Ok(None);
            };
            let siblings: i64 = tx.value(
                "SELECT COUNT(*) FROM area WHERE parent_id = $1",
                &vals![parent],
            )?;
            (
                above.level + 1,
                format!("{}{}.", above.path, label(siblings + 1)),
            )
        }
    };
    tx.exec(
        "INSERT INTO area (id, code, parent_id, level, name_zh, name_en, path, ring, residents,
             valid_from) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &vals![
            area.id,
            &area.code,
            area.parent,
            level,
            &area.name_zh,
            &area.name_en,
            &path,
            area.ring.as_ref(),
            area.residents,
            area.valid_from
        ],
    )?;
    Ok(Some(path))
}

/// Brings code, names, outline and residents of an area up to date; its place stays.
pub fn area_update(tx: &mut Tx<'_>, area: &NewArea) -> Result<(), DbError> {
    tx.note("area", area.id);
    tx.exec(
        "UPDATE area SET code = $2, name_zh = $3, name_en = $4, ring = COALESCE($5, ring),
             residents = COALESCE($6, residents) WHERE id = $1",
        &vals![
            area.id,
            &area.code,
            &area.name_zh,
            &area.name_en,
            area.ring.as_ref(),
            area.residents
        ],
    )?;
    Ok(())
}

fn one_area(tx: &mut Tx<'_>, condition: &str, values: &[Val]) -> Result<Option<Area>, DbError> {
    tx.row(
        &format!("SELECT {AREA_COLUMNS} FROM area x WHERE {condition}"),
        values,
    )?
    .map(|row| area_from(&row))
    .transpose()
}

/// One area.
pub fn area_fetch(tx: &mut Tx<'_>, id: AreaId) -> Result<Option<Area>, DbError> {
    one_area(tx, "x.id = $1", &vals![id])
}

/// The area with a division code.
pub fn area_by_code(tx: &mut Tx<'_>, code: &str) -> Result<Option<Area>, DbError> {
    one_area(tx, "x.code = $1", &vals![code])
}

/// The area at a path.
pub fn area_by_path(tx: &mut Tx<'_>, path: &str) -> Result<Option<Area>, DbError> {
    one_area(tx, "x.path = $1", &vals![path])
}

/// The whole jurisdiction, once areas are there.
pub fn area_root(tx: &mut Tx<'_>) -> Result<Option<Area>, DbError> {
    area_by_path(tx, ROOT_PATH)
}

/// The areas directly below one, in the order of their codes.
pub fn area_children(tx: &mut Tx<'_>, parent: AreaId) -> Result<Vec<Area>, DbError> {
    tx.rows(
        &format!("SELECT {AREA_COLUMNS} FROM area x WHERE x.parent_id = $1 ORDER BY x.code"),
        &vals![parent],
    )?
    .iter()
    .map(area_from)
    .collect()
}

/// An area and those above it, from the top; empty when it is not there.
pub fn area_ancestors(tx: &mut Tx<'_>, id: AreaId) -> Result<Vec<Area>, DbError> {
    let mut chain = Vec::new();
    let mut next = Some(id);
    while let Some(id) = next {
        let Some(area) = area_fetch(tx, id)? else {
            break;
        };
        next = area.parent;
        chain.push(area);
    }
    chain.reverse();
    Ok(chain)
}

/// The area of a level that holds another, or is it.
pub fn area_at_level(tx: &mut Tx<'_>, id: AreaId, level: i64) -> Result<Option<Area>, DbError> {
    Ok(area_ancestors(tx, id)?
        .into_iter()
        .find(|area| area.level == level))
}

/// Areas inside the reader's, in the order of the tree; with a level, only those of that level.
pub fn area_list(
    tx: &mut Tx<'_>,
    areas: &[AreaRange],
    level: Option<i64>,
) -> Result<Vec<Area>, DbError> {
    let mut values = Vec::new();
    let condition = within(areas, "x.id", &mut values);
    values.push(level.into());
    tx.rows(
        &format!(
            "SELECT {AREA_COLUMNS} FROM area x
             WHERE {condition} AND x.level = COALESCE(${}, x.level) ORDER BY x.path",
            values.len()
        ),
        &values,
    )?
    .iter()
    .map(area_from)
    .collect()
}

/// The outlines of a level inside the reader's areas: area and GeoJSON geometry as text.
pub fn area_rings(
    tx: &mut Tx<'_>,
    areas: &[AreaRange],
    level: i64,
) -> Result<Vec<(Area, String)>, DbError> {
    let mut values = Vec::new();
    let condition = within(areas, "x.id", &mut values);
    values.push(level.into());
    tx.rows(
        &format!(
            "SELECT {AREA_COLUMNS}, x.ring FROM area x
             WHERE {condition} AND x.level = ${} AND x.ring IS NOT NULL ORDER BY x.path",
            values.len()
        ),
        &values,
    )?
    .iter()
    .map(|row| Ok((area_from(row)?, row.get(8)?)))
    .collect()
}

/// How many areas there are.
pub fn area_count(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.value("SELECT COUNT(*) FROM area", &[])
}

/// A unit: an organisation or office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: UnitId,
    /// Where it stands.
    pub area: AreaId,
    /// What it is.
    pub kind: UnitKind,
    /// The name in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
    /// The office telephone.
    pub phone: Option<String>,
}

const UNIT_COLUMNS: &str = "u.id, u.area_id, u.kind, u.name_zh, u.name_en, u.phone";

fn unit_from(row: &Row) -> Result<Unit, DbError> {
    Ok(Unit {
        id: row.get(0)?,
        area: row.get(1)?,
        kind: UnitKind::from_code(&row.get::<String>(2)?).ok_or(DbError::Stored {
            what: "kind of unit",
        })?,
        name_zh: row.get(3)?,
        name_en: row.get(4)?,
        phone: row.get(5)?,
    })
}

/// Keeps a unit.
pub fn unit_insert(tx: &mut Tx<'_>, unit: &Unit) -> Result<(), DbError> {
    tx.note("unit", unit.id);
    tx.exec(
        "INSERT INTO unit (id, area_id, kind, name_zh, name_en, phone)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &vals![
            unit.id,
            unit.area,
            unit.kind.code(),
            &unit.name_zh,
            &unit.name_en,
            unit.phone.as_ref()
        ],
    )?;
    Ok(())
}

/// Brings kind, names and telephone of a unit up to date; it stays where it stands.
pub fn unit_update(tx: &mut Tx<'_>, unit: &Unit) -> Result<(), DbError> {
    tx.note("unit", unit.id);
    tx.exec(
        "UPDATE unit SET kind = $2, name_zh = $3, name_en = $4, phone = $5 WHERE id = $1",
        &vals![
            unit.id,
            unit.kind.code(),
            &unit.name_zh,
            &unit.name_en,
            unit.phone.as_ref()
        ],
    )?;
    Ok(())
}

/// One unit.
pub fn unit_fetch(tx: &mut Tx<'_>, id: UnitId) -> Result<Option<Unit>, DbError> {
    tx.row(
        &format!("SELECT {UNIT_COLUMNS} FROM unit u WHERE u.id = $1"),
        &vals![id],
    )?
    .map(|row| unit_from(&row))
    .transpose()
}

/// Units inside the reader's areas, in the order of the tree; with a kind, only those.
pub fn unit_list(
    tx: &mut Tx<'_>,
    areas: &[AreaRange],
    kind: Option<UnitKind>,
) -> Result<Vec<Unit>, DbError> {
    let mut values = Vec::new();
    let condition = within(areas, "u.area_id", &mut values);
    values.push(kind.map(UnitKind::code).into());
    tx.rows(
        &format!(
            "SELECT {UNIT_COLUMNS} FROM unit u JOIN area y ON y.id = u.area_id
             WHERE {condition} AND u.kind = COALESCE(${}, u.kind) ORDER BY y.path, u.name_zh, u.id",
            values.len()
        ),
        &values,
    )?
    .iter()
    .map(unit_from)
    .collect()
}

/// Units with exactly this name in Chinese, oldest first.
pub fn unit_by_name(tx: &mut Tx<'_>, name_zh: &str) -> Result<Vec<Unit>, DbError> {
    tx.rows(
        &format!("SELECT {UNIT_COLUMNS} FROM unit u WHERE u.name_zh = $1 ORDER BY u.id"),
        &vals![name_zh],
    )?
    .iter()
    .map(unit_from)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn labels_are_short_and_never_the_same() {
        let labels: std::collections::BTreeSet<String> = (1..2_000).map(label).collect();
        assert_eq!(labels.len(), 1_999);
        assert_eq!(
            (label(1), label(36), label(1_296)),
            ("01".into(), "10".into(), "100".into())
        );
    }
}
