//! The division tree of the Demonstration District: city, district, streets and towns, communities
//! and villages, grids, each with its code, names and outline.
//!
//! Names are invented; codes have the official shape under a county code that was never allotted.
//! The plan (which cells belong together) is fixed; the seed only bends it.
//! Start with [`Area`] and [`plant`].

use serde::{Deserialize, Serialize};

use super::geometry::{Point, Tiling, ring_contains};

/// The code of the fictional city 示范市.
pub const CITY_CODE: &str = "990100";
/// The code of the fictional county-level district 示范区.
pub const COUNTY_CODE: &str = "990101";

/// A level of the division tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 市
    City,
    /// 区, county level
    County,
    /// 街道 or 镇, township level
    Township,
    /// 社区 or 村
    Community,
    /// 网格
    Grid,
}

impl Level {
    /// All levels from the city down.
    pub const ALL: [Self; 5] = [
        Self::City,
        Self::County,
        Self::Township,
        Self::Community,
        Self::Grid,
    ];

    /// What the level is called in this city.
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::City => "市",
            Self::County => "区",
            Self::Township => "街道·镇",
            Self::Community => "社区·村",
            Self::Grid => "网格",
        }
    }

    /// What the level is called in English.
    pub const fn name_en(self) -> &'static str {
        match self {
            Self::City => "city",
            Self::County => "district",
            Self::Township => "street or town",
            Self::Community => "community or village",
            Self::Grid => "grid",
        }
    }
}

/// Whether people live closely or in villages; it changes addresses and density.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Streets and estates.
    Urban,
    /// Villages.
    Rural,
}

/// One place in the division tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// 6 digits to the county, 9 to the street or town, 12 to the community or village; a grid adds
    /// three digits of ours.
    pub code: String,
    /// The code of the area above; none for the city.
    pub parent: Option<String>,
    /// Its level.
    pub level: Level,
    /// Name in Chinese.
    pub name_zh: String,
    /// Name in English.
    pub name_en: String,
    /// Urban or rural.
    pub setting: Setting,
    /// Residents of the synthetic district who live here.
    pub population: usize,
    /// A point inside, for a label: longitude and latitude, synthetic.
    pub centre: Point,
    /// The outline: one closed ring, anticlockwise, synthetic degrees. Exactly one here; more would
    /// be further parts.
    pub rings: Vec<Vec<Point>>,
}

impl Area {
    /// Whether the point lies in the area.
    pub fn contains(&self, point: Point) -> bool {
        self.rings.iter().any(|ring| ring_contains(ring, point))
    }
}

struct TownPlan {
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    setting: Setting,
    /// Names of the communities in Chinese and English, the kind being the last word of either.
    communities: &'static [(&'static str, &'static str)],
}

/// Streets (001…), towns (100…) and a township (200…); their communities (001…) and villages (200…).
const TOWNS: &[TownPlan] = &[
    TownPlan {
        code: "100",
        zh: "石桥镇",
        en: "Shiqiao Town",
        setting: Setting::Rural,
        communities: &[
            ("石桥社区", "Shiqiao Community"),
            ("桥头村", "Qiaotou Village"),
            ("大塘村", "Datang Village"),
            ("沙田村", "Shatian Village"),
            ("杨家湾村", "Yangjiawan Village"),
        ],
    },
    TownPlan {
        code: "003",
        zh: "东塘街道",
        en: "Dongtang Street",
        setting: Setting::Urban,
        communities: &[
            ("东塘社区", "Dongtang Community"),
            ("荷塘社区", "Hetang Community"),
            ("纺织新村社区", "Fangzhi New Village Community"),
            ("翠竹社区", "Cuizhu Community"),
            ("工农社区", "Gongnong Community"),
        ],
    },
    TownPlan {
        code: "001",
        zh: "枫林街道",
        en: "Fenglin Street",
        setting: Setting::Urban,
        communities: &[
            ("花园社区", "Huayuan Community"),
            ("书院社区", "Shuyuan Community"),
            ("枫桥社区", "Fengqiao Community"),
            ("文昌社区", "Wenchang Community"),
            ("新苑社区", "Xinyuan Community"),
            ("南门社区", "Nanmen Community"),
        ],
    },
    TownPlan {
        code: "002",
        zh: "望河街道",
        en: "Wanghe Street",
        setting: Setting::Urban,
        communities: &[
            ("滨河社区", "Binhe Community"),
            ("码头社区", "Matou Community"),
            ("望河楼社区", "Wanghelou Community"),
            ("老街社区", "Laojie Community"),
            ("青石社区", "Qingshi Community"),
            ("长堤社区", "Changdi Community"),
        ],
    },
    TownPlan {
        code: "101",
        zh: "柳溪镇",
        en: "Liuxi Town",
        setting: Setting::Rural,
        communities: &[
            ("柳溪社区", "Liuxi Community"),
            ("上柳村", "Shangliu Village"),
            ("下柳村", "Xialiu Village"),
            ("竹园村", "Zhuyuan Village"),
        ],
    },
    TownPlan {
        code: "200",
        zh: "云岭乡",
        en: "Yunling Township",
        setting: Setting::Rural,
        communities: &[
            ("云岭村", "Yunling Village"),
            ("茶山村", "Chashan Village"),
            ("松林村", "Songlin Village"),
            ("石门村", "Shimen Village"),
        ],
    },
];

/// Grids of the communities of a street or town, in turn: five on average.
const GRIDS: [usize; 6] = [5, 6, 4, 5, 6, 4];

fn grids_in(community: usize, of: usize) -> usize {
    // The last one makes the street's total five for each community.
    let before: usize = GRIDS.iter().take(of - 1).sum();
    if community + 1 == of {
        5 * of - before
    } else {
        GRIDS[community % GRIDS.len()]
    }
}

/// Builds the tree, ordered from the city down and by code within a level.
pub(crate) fn plant(tiling: &Tiling) -> Vec<Area> {
    let all: Vec<usize> = (0..tiling.len()).collect();
    let mut areas = vec![
        area(
            tiling,
            &all,
            CITY_CODE,
            None,
            Level::City,
            ["示范市", "Demonstration City"],
            Setting::Urban,
        ),
        area(
            tiling,
            &all,
            COUNTY_CODE,
            Some(CITY_CODE),
            Level::County,
            ["示范区", "Demonstration District"],
            Setting::Urban,
        ),
    ];
    for (town, cells) in TOWNS.iter().zip(town_cells(tiling)) {
        let code = format!("{COUNTY_CODE}{}", town.code);
        areas.push(area(
            tiling,
            &cells,
            &code,
            Some(COUNTY_CODE),
            Level::Township,
            [town.zh, town.en],
            town.setting,
        ));
        plant_town(tiling, town, &code, &cells, &mut areas);
    }
    areas.sort_by(|a, b| (a.level, &a.code).cmp(&(b.level, &b.code)));
    areas
}

fn plant_town(
    tiling: &Tiling,
    town: &TownPlan,
    code: &str,
    cells: &[usize],
    areas: &mut Vec<Area>,
) {
    let count = town.communities.len();
    let sizes: Vec<usize> = (0..count).map(|at| grids_in(at, count)).collect();
    let (mut urban, mut rural) = (0, 199);
    for ((zh, en), cells) in town
        .communities
        .iter()
        .zip(divide(tiling, cells.to_vec(), &sizes))
    {
        let village = zh.ends_with('村');
        let number = if village { &mut rural } else { &mut urban };
        *number += 1;
        let setting = if village {
            Setting::Rural
        } else {
            Setting::Urban
        };
        let community = format!("{code}{number:03}");
        areas.push(area(
            tiling,
            &cells,
            &community,
            Some(code),
            Level::Community,
            [zh, en],
            setting,
        ));
        for (at, cell) in cells.iter().enumerate() {
            let grid = format!("{community}{:03}", at + 1);
            let (zh, en) = (
                format!("{zh}第{}网格", at + 1),
                format!("{en}, Grid {}", at + 1),
            );
            areas.push(area(
                tiling,
                &[*cell],
                &grid,
                Some(&community),
                Level::Grid,
                [&zh, &en],
                setting,
            ));
        }
    }
}

fn area(
    tiling: &Tiling,
    cells: &[usize],
    code: &str,
    parent: Option<&str>,
    level: Level,
    [zh, en]: [&str; 2],
    setting: Setting,
) -> Area {
    Area {
        code: code.to_owned(),
        parent: parent.map(ToOwned::to_owned),
        level,
        name_zh: zh.to_owned(),
        name_en: en.to_owned(),
        setting,
        population: 0,
        centre: tiling.centre(middle_cell(cells)),
        rings: tiling.outline(cells),
    }
}

/// The cell nearest the middle of its group.
fn middle_cell(cells: &[usize]) -> usize {
    let places: Vec<Point> = cells
        .iter()
        .map(|cell| Tiling::plan_position(*cell))
        .collect();
    let (x, y): (f64, f64) = places
        .iter()
        .fold((0.0, 0.0), |(x, y), p| (x + p[0], y + p[1]));
    let count = f64::from(u32::try_from(cells.len()).unwrap_or(1).max(1));
    let (x, y) = (x / count, y / count);
    let distance = |p: &Point| (p[0] - x).powi(2) + (p[1] - y).powi(2);
    cells
        .iter()
        .zip(&places)
        .min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))
        .map_or(0, |(cell, _)| *cell)
}

/// The cells of each street and town: one town in the west, the streets in the middle from south to
/// north, the rest in the east.
fn town_cells(tiling: &Tiling) -> Vec<Vec<usize>> {
    let grids: Vec<usize> = TOWNS
        .iter()
        .map(|town| 5 * town.communities.len())
        .collect();
    let (west, middle, east) = (grids[0], grids[1..4].iter().sum(), grids[4..].iter().sum());
    let all = (0..tiling.len()).collect();
    let mut parts = slice(all, &[west, middle, east], 0).into_iter();
    let mut towns: Vec<Vec<usize>> = parts.next().into_iter().collect();
    towns.extend(slice(parts.next().unwrap_or_default(), &grids[1..4], 1));
    towns.extend(slice(parts.next().unwrap_or_default(), &grids[4..], 1));
    towns
}

/// Divides a group of touching cells into touching groups of these sizes, halving along the longer
/// side, or the other where that would tear a group apart.
fn divide(tiling: &Tiling, cells: Vec<usize>, sizes: &[usize]) -> Vec<Vec<usize>> {
    if sizes.len() < 2 {
        return vec![cells];
    }
    let (low, high) = sizes.split_at(sizes.len() / 2);
    let halves = [low.iter().sum(), high.iter().sum()];
    let longer = usize::from(extent(&cells, 1) > extent(&cells, 0));
    let mut cut = slice(cells.clone(), &halves, longer);
    if !cut.iter().all(|part| hangs_together(tiling, part)) {
        cut = slice(cells, &halves, 1 - longer);
    }
    cut.into_iter()
        .zip([low, high])
        .flat_map(|(part, sizes)| divide(tiling, part, sizes))
        .collect()
}

fn extent(cells: &[usize], axis: usize) -> f64 {
    let along = || cells.iter().map(|cell| Tiling::plan_position(*cell)[axis]);
    along().fold(f64::MIN, f64::max) - along().fold(f64::MAX, f64::min)
}

/// Cuts cells, ordered along an axis, into runs of these sizes.
fn slice(mut cells: Vec<usize>, sizes: &[usize], axis: usize) -> Vec<Vec<usize>> {
    cells.sort_by(|a, b| {
        let (a, b) = (Tiling::plan_position(*a), Tiling::plan_position(*b));
        a[axis]
            .total_cmp(&b[axis])
            .then(a[1 - axis].total_cmp(&b[1 - axis]))
    });
    let mut rest = cells.into_iter();
    sizes
        .iter()
        .map(|size| rest.by_ref().take(*size).collect())
        .collect()
}

fn hangs_together(tiling: &Tiling, cells: &[usize]) -> bool {
    let mut reached: Vec<usize> = cells.iter().take(1).copied().collect();
    let mut at = 0;
    while let Some(&cell) = reached.get(at) {
        for next in cells {
            if tiling.touch(cell, *next) && !reached.contains(next) {
                reached.push(*next);
            }
        }
        at += 1;
    }
    reached.len() == cells.len()
}
