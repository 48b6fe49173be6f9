//! Units and the people who work in them: who holds which post for which area. All invented.

use serde::{Deserialize, Serialize};

use super::areas::{Area, CITY_CODE, COUNTY_CODE, Level};
use crate::names::NameBook;
use crate::person::Sex;
use crate::streams::Stream;

/// An organisation or office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// The name in Chinese, unique in the district.
    pub zh: String,
    /// The name in English.
    pub en: String,
    /// The code of its kind, as `fangxian-domain` has it.
    pub kind: String,
    /// The code of the area where it stands.
    pub area: String,
}

/// Somebody with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// The log-in name.
    pub login: String,
    /// The name shown to colleagues.
    pub name: String,
    /// The Chinese name of the unit.
    pub unit: String,
    /// The post in words, for the list of accounts.
    pub post: String,
    /// Role and area code of every grant.
    pub grants: Vec<(String, String)>,
}

impl Staff {
    /// Whether this is the grid worker of an area.
    pub fn works_in(&self, area: &str) -> bool {
        self.grants
            .iter()
            .any(|(role, code)| role == "grid" && code == area)
    }

    /// Whether somebody holds this role anywhere.
    pub fn is(&self, role: &str) -> bool {
        self.grants.iter().any(|(held, _)| held == role)
    }
}

/// The primary school of the outbreak.
pub const SCHOOL: &str = "示范区实验小学";
/// The hospital whose fever clinic reports the imported case.
pub const HOSPITAL: &str = "示范区人民医院";

/// Name in Chinese and English, kind, area.
const UNITS: [(&str, &str, &str, &str); 10] = [
    (
        "示范区疫情防控指挥部数据专班",
        "Data Desk of the Headquarters",
        "headquarters",
        COUNTY_CODE,
    ),
    (
        "示范区疫情防控指挥部值班室",
        "Duty Office of the Headquarters",
        "headquarters",
        COUNTY_CODE,
    ),
    (
        "示范区疾病预防控制局",
        "District Disease Control Authority",
        "disease_control_authority",
        COUNTY_CODE,
    ),
    (
        "示范区疾病预防控制中心",
        "District CDC",
        "cdc_institution",
        COUNTY_CODE,
    ),
    (
        HOSPITAL,
        "District People's Hospital",
        "hospital",
        COUNTY_CODE,
    ),
    (
        "示范区中医医院",
        "District Hospital of Chinese Medicine",
        "hospital",
        COUNTY_CODE,
    ),
    (
        "示范市医学检验所",
        "City Medical Laboratory",
        "laboratory",
        CITY_CODE,
    ),
    (SCHOOL, "Experimental Primary School", "school", COUNTY_CODE),
    (
        "示范区人民政府",
        "District People's Government",
        "government",
        COUNTY_CODE,
    ),
    (
        "示范区审计局",
        "District Audit Office",
        "other",
        COUNTY_CODE,
    ),
];

/// The office of a township or the committee of a community.
fn office(area: &Area) -> (String, String, &'static str) {
    if area.level == Level::Township {
        let kind = if area.name_zh.ends_with("街道") {
            "办事处"
        } else {
            "人民政府"
        };
        (
            format!("{}{kind}", area.name_zh),
            format!("{} Office", area.name_en),
            "township",
        )
    } else {
        let kind = if area.name_zh.ends_with('村') {
            "村民委员会"
        } else {
            "居民委员会"
        };
        (
            format!("{}{kind}", area.name_zh),
            format!("{} Committee", area.name_en),
            "community",
        )
    }
}

fn local(areas: &[Area]) -> impl Iterator<Item = &Area> {
    areas
        .iter()
        .filter(|area| matches!(area.level, Level::Township | Level::Community))
}

/// All units.
pub(super) fn units(areas: &[Area]) -> Vec<Unit> {
    let fixed = UNITS.iter().map(|(zh, en, kind, area)| Unit {
        zh: (*zh).to_owned(),
        en: (*en).to_owned(),
        kind: (*kind).to_owned(),
        area: (*area).to_owned(),
    });
    let offices = local(areas).map(|area| {
        let (zh, en, kind) = office(area);
        Unit {
            zh,
            en,
            kind: kind.to_owned(),
            area: area.code.clone(),
        }
    });
    fixed.chain(offices).collect()
}

/// Log-in name, number of the unit in [`UNITS`], role, post. All for the whole city.
const POSTS: [(&str, usize, &str, &str); 13] = [
    ("desk1", 0, "desk", "数据专班"),
    ("desk2", 0, "desk", "数据专班"),
    ("duty1", 1, "duty", "值班员"),
    ("cdc1", 3, "assessor", "研判复核员"),
    ("cdc2", 3, "assessor", "研判复核员"),
    ("organ1", 3, "organ", "疾控中心措施决定人"),
    ("organ2", 4, "organ", "医院措施决定人"),
    ("clinic1", 4, "reporter", "发热门诊报告人"),
    ("clinic2", 5, "reporter", "发热门诊报告人"),
    ("lab1", 6, "reporter", "检测报告人"),
    ("school1", 7, "reporter", "校医"),
    ("bureau1", 2, "organ", "疾控局"),
    ("audit1", 9, "auditor", "审计员"),
];

/// `Shiqiao Town` → `shiqiao-town` for a township, `Fangzhi New Village Community` → `fangzhi`.
fn slug(area: &Area) -> String {
    let mut words = area.name_en.split_whitespace();
    let first = words.next().unwrap_or_default().to_lowercase();
    match area.level {
        Level::Township => format!(
            "{first}-{}",
            words.next_back().unwrap_or_default().to_lowercase()
        ),
        _ => first,
    }
}

/// All staff: the posts of the district, a lead for every township and community, one grid worker
/// for the grids of each community.
pub(super) fn staff(areas: &[Area], book: &mut NameBook, stream: &mut Stream) -> Vec<Staff> {
    let mut name = || {
        let sex = if stream.percent(50) {
            Sex::Female
        } else {
            Sex::Male
        };
        let born = i16::try_from(stream.between(1966, 1998)).unwrap_or(1980);
        book.anybody(sex, born).zh
    };
    let mut all: Vec<Staff> = POSTS
        .iter()
        .map(|(login, unit, role, post)| Staff {
            login: (*login).to_owned(),
            name: name(),
            unit: UNITS
                .get(*unit)
                .map_or_else(String::new, |unit| unit.0.to_owned()),
            post: (*post).to_owned(),
            grants: vec![((*role).to_owned(), CITY_CODE.to_owned())],
        })
        .collect();
    for area in local(areas) {
        let (unit, ..) = office(area);
        let slug = slug(area);
        all.push(Staff {
            login: format!("lead-{slug}"),
            name: name(),
            unit: unit.clone(),
            post: format!("{}负责人", area.name_zh),
            grants: vec![("lead".to_owned(), area.code.clone())],
        });
        if area.level == Level::Community {
            let grids = areas
                .iter()
                .filter(|grid| grid.parent.as_ref() == Some(&area.code));
            all.push(Staff {
                login: format!("grid-{slug}"),
                name: name(),
                unit,
                post: format!("{}网格员", area.name_zh),
                grants: grids
                    .map(|grid| ("grid".to_owned(), grid.code.clone()))
                    .collect(),
            });
        }
    }
    all
}
