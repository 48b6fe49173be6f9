//! The fixed words of the field: classes, contacts, organs, formalities, places, labels. Each knows
//! its own name in both languages; the words keep quarantine and treatment apart.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Text;

/// What a case is, by the definition of its day.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CaseClass {
    /// 确诊病例
    Confirmed,
    /// 临床诊断病例
    ClinicallyDiagnosed,
    /// 疑似病例
    Suspected,
    /// 无症状感染者
    Asymptomatic,
    /// 已排除: was notified as excluded.
    Excluded,
}

impl CaseClass {
    /// The field's own words.
    pub fn text(self) -> Text {
        match self {
            Self::Confirmed => Text::new("确诊病例", "confirmed case"),
            Self::ClinicallyDiagnosed => Text::new("临床诊断病例", "clinically diagnosed case"),
            Self::Suspected => Text::new("疑似病例", "suspected case"),
            Self::Asymptomatic => Text::new("无症状感染者", "asymptomatic infection"),
            Self::Excluded => Text::new("已排除", "excluded"),
        }
    }
}

/// Which way a place goes otherwise than the layer above it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// 从严
    Stricter,
    /// 放宽
    Looser,
}

impl Direction {
    /// For the page.
    pub fn text(self) -> Text {
        match self {
            Self::Stricter => Text::new("从严", "stricter"),
            Self::Looser => Text::new("放宽", "looser"),
        }
    }
}

/// What a contact is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ContactKind {
    /// 密切接触者
    Close,
    /// 密接的密接
    OfContact,
    /// 一般接触者
    General,
}

impl ContactKind {
    /// The field's own words.
    pub fn text(self) -> Text {
        match self {
            Self::Close => Text::new("密切接触者", "close contact"),
            Self::OfContact => Text::new("密接的密接", "contact of a close contact"),
            Self::General => Text::new("一般接触者", "general contact"),
        }
    }
}

/// Who may decide. The headquarters and the street can never be one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Organ {
    /// 医疗机构
    Hospital,
    /// 疾病预防控制机构 (疾控中心)
    CdcInstitution,
    /// 疾病预防控制部门 (疾控局)
    CdcAuthority,
    /// 卫生健康（行政）部门
    HealthAuthority,
    /// 县级人民政府
    CountyGovernment,
    /// 设区的市级人民政府
    CityGovernment,
    /// 省级人民政府
    ProvincialGovernment,
    /// 国务院
    StateCouncil,
    /// The people's police.
    Police,
    /// Authority for railways, roads, ships or aircraft.
    TransportAuthority,
    /// Customs, at ports of entry.
    Customs,
}

impl Organ {
    /// The law's own words.
    pub fn text(self) -> Text {
        match self {
            Self::Hospital => Text::new("医疗机构", "hospital"),
            Self::CdcInstitution => Text::new("疾控中心（疾病预防控制机构）", "CDC institution"),
            Self::CdcAuthority => {
                Text::new("疾控局（疾病预防控制部门）", "disease control authority")
            }
            Self::HealthAuthority => Text::new("卫生健康部门", "health authority"),
            Self::CountyGovernment => Text::new("县级人民政府", "county government"),
            Self::CityGovernment => Text::new("市级人民政府", "city government"),
            Self::ProvincialGovernment => Text::new("省级人民政府", "provincial government"),
            Self::StateCouncil => Text::new("国务院", "State Council"),
            Self::Police => Text::new("公安机关人民警察", "the police"),
            Self::TransportAuthority => {
                Text::new("铁路、交通、民航主管部门", "transport authority")
            }
            Self::Customs => Text::new("海关", "customs"),
        }
    }
}

/// What must be done so that a measure is lawful.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Formality {
    /// Written notice to the person.
    WrittenNotice,
    /// A report to the next level at the same time.
    UpwardReport,
    /// A report to the disease control authority of the county or above.
    AuthorityReport,
    /// The next level decides beforehand.
    PriorDecision,
    /// A public notice with content, area and term.
    PublicNotice,
    /// The police help when it is refused.
    PoliceHelp,
    /// Fair compensation.
    Compensation,
    /// Two officers who show their papers.
    TwoOfficers,
    /// An end, or a day on which it is reviewed.
    EndOrReview,
}

impl Formality {
    /// What it means, for the person who prepares the decision.
    pub fn text(self) -> Text {
        match self {
            Self::WrittenNotice => Text::new("书面告知本人", "written notice to the person"),
            Self::UpwardReport => Text::new(
                "同时向上一级报告",
                "report to the next level at the same time",
            ),
            Self::AuthorityReport => Text::new(
                "向县级以上疾控部门报告",
                "report to the disease control authority of the county or above",
            ),
            Self::PriorDecision => {
                Text::new("事先报上一级决定", "the next level decides beforehand")
            }
            Self::PublicNotice => Text::new("向社会公告", "public notice"),
            Self::PoliceHelp => Text::new(
                "拒绝的由公安机关协助",
                "the police assist when it is refused",
            ),
            Self::Compensation => Text::new("依法给予补偿", "fair compensation"),
            Self::TwoOfficers => {
                Text::new("两人以上并出示证件", "two officers who show their papers")
            }
            Self::EndOrReview => {
                Text::new("写明期限或复核日期", "an end or a review date is stated")
            }
        }
    }
}

/// Where a stage of a measure is spent. The words keep quarantine and treatment apart.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// 医院: isolation and treatment.
    Hospital,
    /// 集中隔离点: quarantine (medical observation).
    Central,
    /// 居家: quarantine or health monitoring at home.
    Home,
    /// At a place that the organ designates (指定场所), not nearer described.
    Designated,
}

impl Place {
    /// The field's own words.
    pub fn text(self) -> Text {
        match self {
            Self::Hospital => Text::new("医院", "hospital"),
            Self::Central => Text::new("集中隔离点", "central quarantine site"),
            Self::Home => Text::new("居家", "home"),
            Self::Designated => Text::new("指定场所", "designated place"),
        }
    }
}

/// Where a number comes from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// A national rule.
    Official,
    /// A rule of this place.
    Local,
    /// The sources give none: chosen by the authors of the pack, openly.
    Ours,
}

impl Label {
    /// For the page.
    pub fn text(self) -> Text {
        match self {
            Self::Official => Text::new("国家规定", "official"),
            Self::Local => Text::new("地方规定", "local"),
            Self::Ours => Text::new("本系统自定", "ours"),
        }
    }
}

/// How strictly the law lets the disease be managed on the day.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Managed {
    /// Class A, or class B with class A measures.
    A,
    /// Class B.
    B,
    /// Class C.
    C,
    /// Not notifiable on the day.
    None,
}

impl Managed {
    /// The law's own words.
    pub fn text(self) -> Text {
        match self {
            Self::A => Text::new("按甲类管理", "managed as class A"),
            Self::B => Text::new("按乙类管理", "managed as class B"),
            Self::C => Text::new("按丙类管理", "managed as class C"),
            Self::None => Text::new("当日尚未列入法定管理", "not notifiable on that day"),
        }
    }
}

/// What a measure is applied to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// One person.
    Person,
    /// A building, site or venue with the people in it.
    Place,
    /// An area.
    Area,
    /// A firm, school or other unit.
    Unit,
    /// Goods, food, water, premises or equipment.
    Good,
    /// Animals.
    Animal,
    /// A vehicle, vessel or aircraft and those aboard.
    Conveyance,
    /// Everybody: publication, warning, response.
    Public,
}

impl Target {
    /// For the page.
    pub fn text(self) -> Text {
        match self {
            Self::Person => Text::new("个人", "person"),
            Self::Place => Text::new("场所", "place"),
            Self::Area => Text::new("区域", "area"),
            Self::Unit => Text::new("单位", "unit"),
            Self::Good => Text::new("物品、财产", "goods and property"),
            Self::Animal => Text::new("动物", "animals"),
            Self::Conveyance => Text::new("交通工具", "conveyance"),
            Self::Public => Text::new("社会公众", "the public"),
        }
    }
}
