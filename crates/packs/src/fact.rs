//! What goes in: plain facts, approvals and the two dates. The app turns its records into these.
//!
//! Nothing here knows where a fact is kept or whose it is.

use std::collections::BTreeMap;

use fangxian_base::Date;
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::text::Text;
use crate::words::Organ;

/// A value of a fact's attribute. Which of the four it must be is declared in `facts.yaml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A number, in the unit that the vocabulary declares.
    Number(f64),
    /// A day.
    Date(#[schemars(with = "String")] Date),
    /// A code from the declared list, or free text where the vocabulary allows it.
    Code(String),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Code(text.to_owned())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Date> for Value {
    fn from(value: Date) -> Self {
        Self::Date(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

/// How a fact is known. Facts that restrict people need one of the classes that the vocabulary
/// names for their kind.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Not said.
    #[default]
    Unstated,
    /// The person, or somebody for the person, says so.
    Declared,
    /// A member of staff saw it.
    Observed,
    /// A visit record, instrument or register shows it.
    Register,
    /// A clinician's record.
    Clinical,
    /// A laboratory's result.
    Laboratory,
    /// A written finding or notice of a hospital, CDC or authority.
    Official,
}

impl Evidence {
    /// For the page.
    pub fn text(self) -> Text {
        match self {
            Self::Unstated => Text::new("未说明", "not said"),
            Self::Declared => Text::new("本人或他人陈述", "declared"),
            Self::Observed => Text::new("工作人员现场核实", "seen by staff"),
            Self::Register => Text::new("登记或设备记录", "register or instrument"),
            Self::Clinical => Text::new("临床记录", "clinical record"),
            Self::Laboratory => Text::new("检验报告", "laboratory result"),
            Self::Official => Text::new(
                "医疗机构、疾控机构或主管部门文书",
                "official finding or notice",
            ),
        }
    }
}

/// One thing that happened or was found, about one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Whatever the caller wants to find again in [`crate::Reason::facts`].
    #[serde(default)]
    pub id: String,
    /// A kind that `facts.yaml` declares.
    pub kind: String,
    /// First day; none when unknown.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub from: Option<Date>,
    /// Last day; none when it was one day, or still goes on where the kind says so.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub to: Option<Date>,
    /// The moment, where it is known, in the zone of the installation.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub at: Option<DateTime>,
    /// The declared attributes that are known.
    #[serde(default)]
    pub attrs: BTreeMap<String, Value>,
    /// How it is known.
    #[serde(default)]
    pub evidence: Evidence,
}

impl Fact {
    /// A fact of one day, without attributes.
    pub fn new(id: impl Into<String>, kind: impl Into<String>, from: Option<Date>) -> Self {
        Self {
            id: id.into(),
            kind: kind.into(),
            from,
            to: None,
            at: None,
            attrs: BTreeMap::new(),
            evidence: Evidence::Unstated,
        }
    }

    /// The same fact with one attribute more.
    #[must_use]
    pub fn with(mut self, attr: impl Into<String>, value: impl Into<Value>) -> Self {
        self.attrs.insert(attr.into(), value.into());
        self
    }

    /// The same fact, known in this way.
    #[must_use]
    pub const fn known_by(mut self, evidence: Evidence) -> Self {
        self.evidence = evidence;
        self
    }
}

/// A decision by an authority, on record, that some measures need beforehand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// What was approved.
    pub kind: ApprovalKind,
    /// For which disease; none: for all.
    #[serde(default)]
    pub disease: Option<String>,
    /// First day.
    #[schemars(with = "String")]
    pub from: Date,
    /// Last day; none while it stands.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
    /// Where to find the document.
    #[serde(default)]
    pub reference: String,
    /// The organ that recorded it.
    #[serde(default)]
    pub by: String,
}

/// The approvals that the law packs know.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalKind {
    /// The State Council approved class A measures for a class B disease.
    ManagedAsClassA,
    /// A government activated an emergency response.
    ResponseActive,
    /// The competent government decided the measure.
    GovernmentDecision,
    /// The legal office signed.
    LegalSignoff,
    /// A local legal basis of a code of persons.
    LocalBasis,
    /// The next higher government decided beforehand.
    PriorDecision,
    /// An assessment found the measure necessary.
    Assessment,
    /// An affected area was declared.
    AffectedArea,
}

impl ApprovalKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::ManagedAsClassA,
        Self::ResponseActive,
        Self::GovernmentDecision,
        Self::LegalSignoff,
        Self::LocalBasis,
        Self::PriorDecision,
        Self::Assessment,
        Self::AffectedArea,
    ];

    /// The organs that can give it. Class A measures for a class B disease: the State Council alone
    /// (Infectious Diseases Law of 2025, art. 4). A response is activated, and a measure of the
    /// emergency law decided, by a government of the county or above (Public Health Emergency
    /// Response Law). An affected area is declared by such a government (Infectious Diseases Law of
    /// 2013, art. 43), which also finds that a measure is necessary (of 2025, art. 65); what the
    /// next higher government decides beforehand comes from above the county (of 2013, art. 42; of
    /// 2025, art. 66). `ours`: the legal office signs for the authority or government it serves; a
    /// local basis is that of a city or a province.
    pub const fn organs(self) -> &'static [Organ] {
        match self {
            Self::ManagedAsClassA => &[Organ::StateCouncil],
            Self::ResponseActive
            | Self::GovernmentDecision
            | Self::Assessment
            | Self::AffectedArea => &[
                Organ::CountyGovernment,
                Organ::CityGovernment,
                Organ::ProvincialGovernment,
                Organ::StateCouncil,
            ],
            Self::LegalSignoff => &[
                Organ::CdcAuthority,
                Organ::HealthAuthority,
                Organ::CountyGovernment,
                Organ::CityGovernment,
                Organ::ProvincialGovernment,
            ],
            Self::LocalBasis => &[Organ::CityGovernment, Organ::ProvincialGovernment],
            Self::PriorDecision => &[
                Organ::CityGovernment,
                Organ::ProvincialGovernment,
                Organ::StateCouncil,
            ],
        }
    }

    /// For the page.
    pub fn text(self) -> Text {
        match self {
            Self::ManagedAsClassA => Text::new(
                "国务院批准采取甲类传染病预防、控制措施",
                "approval of class A measures by the State Council",
            ),
            Self::ResponseActive => Text::new("已启动应急响应", "an active emergency response"),
            Self::GovernmentDecision => Text::new("政府决定", "a decision of the government"),
            Self::LegalSignoff => Text::new("法制机构审核意见", "the legal office's signature"),
            Self::LocalBasis => Text::new(
                "经机关登记的地方性法规依据",
                "a local legal basis, recorded by an organ",
            ),
            Self::PriorDecision => Text::new(
                "上一级人民政府的决定",
                "a decision of the next higher government",
            ),
            Self::Assessment => Text::new(
                "认定确有必要的评估",
                "an assessment that found it necessary",
            ),
            Self::AffectedArea => Text::new("已宣布疫区", "a declared epidemic zone"),
        }
    }
}

/// One question to the rules.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// The disease pack's id.
    pub disease: &'a str,
    /// The city pack's id; empty for none (no schemes, no city deadlines).
    pub city: &'a str,
    /// Where, as a path such as `cn/hubei/wuhan`; empty for the city's own.
    pub region: &'a str,
    /// What is known about the person.
    pub facts: &'a [Fact],
    /// Approvals on record.
    pub approvals: &'a [Approval],
    /// The day the rules are applied to.
    pub on: Date,
    /// Only what had been published by this day counts.
    pub as_of: Date,
}
