//! Units: the organisations and offices that staff belong to.
//!
//! The kind of a unit decides what its people may lawfully do: a hospital may isolate, a township
//! may only help. This module says what kinds there are; it decides nothing (see `authz`).
//! Start with [`UnitKind`].

use std::fmt;

/// What a unit is.
///
/// Since 2021 China has two disease-control bodies with different powers, so they are two kinds:
/// the authority (疾控局, publishes and proposes) and the institution (疾控中心, investigates and
/// judges contacts). Source: Infectious Diseases Law 2025, arts. 53, 57, 58, 62.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    /// The command headquarters: organises, decides no measure on a person.
    Headquarters,
    /// The disease control authority, 疾控局.
    DiseaseControlAuthority,
    /// The disease control institution, 疾控中心.
    CdcInstitution,
    /// A hospital or clinic.
    Hospital,
    /// A laboratory.
    Laboratory,
    /// A school or kindergarten.
    School,
    /// A township government or subdistrict office.
    Township,
    /// A residents' or villagers' committee: assists (IDL 2025 art. 15).
    Community,
    /// A people's government of county level or above.
    Government,
    /// A people's police post: alone may check ID cards (ID Card Law art. 15).
    Police,
    /// Anything else.
    Other,
}

impl UnitKind {
    /// Every kind, in the order in which lists show them.
    pub const ALL: [Self; 11] = [
        Self::Headquarters,
        Self::DiseaseControlAuthority,
        Self::CdcInstitution,
        Self::Hospital,
        Self::Laboratory,
        Self::School,
        Self::Township,
        Self::Community,
        Self::Government,
        Self::Police,
        Self::Other,
    ];

    /// The stable code, as stored and as written in policies.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Headquarters => "headquarters",
            Self::DiseaseControlAuthority => "disease_control_authority",
            Self::CdcInstitution => "cdc_institution",
            Self::Hospital => "hospital",
            Self::Laboratory => "laboratory",
            Self::School => "school",
            Self::Township => "township",
            Self::Community => "community",
            Self::Government => "government",
            Self::Police => "police",
            Self::Other => "other",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Headquarters => "指挥部",
            Self::DiseaseControlAuthority => "疾控局",
            Self::CdcInstitution => "疾控中心",
            Self::Hospital => "医疗机构",
            Self::Laboratory => "检测机构",
            Self::School => "学校",
            Self::Township => "乡镇(街道)",
            Self::Community => "村(社区)",
            Self::Government => "人民政府",
            Self::Police => "公安机关",
            Self::Other => "其他单位",
        }
    }

    /// The name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Headquarters => "headquarters",
            Self::DiseaseControlAuthority => "disease control authority",
            Self::CdcInstitution => "CDC",
            Self::Hospital => "hospital or clinic",
            Self::Laboratory => "laboratory",
            Self::School => "school",
            Self::Township => "township",
            Self::Community => "community",
            Self::Government => "government",
            Self::Police => "police",
            Self::Other => "other unit",
        }
    }
}

impl fmt::Display for UnitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_again_by_its_code() {
        for kind in UnitKind::ALL {
            assert_eq!(UnitKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(UnitKind::from_code("CDC"), None);
    }
}
