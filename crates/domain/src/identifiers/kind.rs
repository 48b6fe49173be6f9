//! The kinds of identity document, and the words people use for them.

use super::normalise;

/// A kind of identity document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKind {
    /// 居民身份证.
    ResidentId,
    /// 港澳台居民居住证: area 81, 82 or 83 in front, same check.
    HmtResidencePermit,
    /// 港澳居民来往内地通行证.
    HmTravelPermit,
    /// 台湾居民来往大陆通行证.
    TaiwanTravelPermit,
    /// 外国人永久居留身份证.
    ForeignResidentCard,
    /// 护照.
    Passport,
    /// 军官证、士兵证.
    Military,
    /// Anything else: birth certificate, household register, a number given for the time being.
    Other,
}

/// Words in front of others that contain them; compared without blanks and in capitals.
const WORDS: [(&str, DocumentKind); 40] = [
    ("港澳台居民居住证", DocumentKind::HmtResidencePermit),
    ("居住证", DocumentKind::HmtResidencePermit),
    ("RESIDENCEPERMIT", DocumentKind::HmtResidencePermit),
    ("外国人永久居留", DocumentKind::ForeignResidentCard),
    ("永久居留", DocumentKind::ForeignResidentCard),
    ("外国人居留", DocumentKind::ForeignResidentCard),
    ("PERMANENTRESIDENT", DocumentKind::ForeignResidentCard),
    ("FOREIGNRESIDENT", DocumentKind::ForeignResidentCard),
    ("港澳居民来往内地", DocumentKind::HmTravelPermit),
    ("港澳通行证", DocumentKind::HmTravelPermit),
    ("港澳", DocumentKind::HmTravelPermit),
    ("回乡证", DocumentKind::HmTravelPermit),
    ("HONGKONG", DocumentKind::HmTravelPermit),
    ("HMTRAVEL", DocumentKind::HmTravelPermit),
    ("台湾居民来往大陆", DocumentKind::TaiwanTravelPermit),
    ("台胞证", DocumentKind::TaiwanTravelPermit),
    ("台湾", DocumentKind::TaiwanTravelPermit),
    ("TAIWAN", DocumentKind::TaiwanTravelPermit),
    ("护照", DocumentKind::Passport),
    ("PASSPORT", DocumentKind::Passport),
    ("HUZHAO", DocumentKind::Passport),
    ("军官证", DocumentKind::Military),
    ("士兵证", DocumentKind::Military),
    ("军人", DocumentKind::Military),
    ("MILITARY", DocumentKind::Military),
    ("身份证", DocumentKind::ResidentId),
    ("公民身份", DocumentKind::ResidentId),
    ("RESIDENTID", DocumentKind::ResidentId),
    ("NATIONALID", DocumentKind::ResidentId),
    ("CITIZENID", DocumentKind::ResidentId),
    ("IDENTITYCARD", DocumentKind::ResidentId),
    ("IDCARD", DocumentKind::ResidentId),
    ("SHENFENZHENG", DocumentKind::ResidentId),
    ("SFZ", DocumentKind::ResidentId),
    ("出生", DocumentKind::Other),
    ("户口", DocumentKind::Other),
    ("驾驶", DocumentKind::Other),
    ("其他", DocumentKind::Other),
    ("其它", DocumentKind::Other),
    ("OTHER", DocumentKind::Other),
];

/// Value set CV02.01.101 of WS 364.3: kinds of identity document.
const CODES: [(&str, DocumentKind); 8] = [
    ("01", DocumentKind::ResidentId),
    ("02", DocumentKind::Other),
    ("03", DocumentKind::Passport),
    ("04", DocumentKind::Military),
    ("05", DocumentKind::Other),
    ("06", DocumentKind::HmTravelPermit),
    ("07", DocumentKind::TaiwanTravelPermit),
    ("99", DocumentKind::Other),
];

impl DocumentKind {
    /// Every kind, in the order of the list on a form.
    pub const ALL: [Self; 8] = [
        Self::ResidentId,
        Self::HmtResidencePermit,
        Self::HmTravelPermit,
        Self::TaiwanTravelPermit,
        Self::ForeignResidentCard,
        Self::Passport,
        Self::Military,
        Self::Other,
    ];

    /// The stable name in files and tables.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ResidentId => "resident_id",
            Self::HmtResidencePermit => "hmt_residence_permit",
            Self::HmTravelPermit => "hm_travel_permit",
            Self::TaiwanTravelPermit => "taiwan_travel_permit",
            Self::ForeignResidentCard => "foreign_resident_card",
            Self::Passport => "passport",
            Self::Military => "military",
            Self::Other => "other",
        }
    }

    /// The kind with this stable name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Its name in Chinese.
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::ResidentId => "居民身份证号码",
            Self::HmtResidencePermit => "港澳台居民居住证号码",
            Self::HmTravelPermit => "港澳居民来往内地通行证号码",
            Self::TaiwanTravelPermit => "台湾居民来往大陆通行证号码",
            Self::ForeignResidentCard => "外国人永久居留身份证号码",
            Self::Passport => "护照号码",
            Self::Military => "军人证件号码",
            Self::Other => "其他证件号码",
        }
    }

    /// Its name in English.
    pub const fn name_en(self) -> &'static str {
        match self {
            Self::ResidentId => "a resident identity number",
            Self::HmtResidencePermit => {
                "a residence permit number of Hong Kong, Macau or Taiwan residents"
            }
            Self::HmTravelPermit => {
                "a mainland travel permit number of Hong Kong or Macau residents"
            }
            Self::TaiwanTravelPermit => "a mainland travel permit number of Taiwan residents",
            Self::ForeignResidentCard => "a foreign permanent resident card number",
            Self::Passport => "a passport number",
            Self::Military => "a military document number",
            Self::Other => "another document number",
        }
    }

    /// The kind that a word on a form or in a list means, e.g. `身份证`, `Passport`, `01`.
    pub fn from_words(text: &str) -> Option<Self> {
        let word: String = normalise(text).chars().filter(|c| *c != '_').collect();
        if let Some((_, kind)) = CODES.iter().find(|(code, _)| *code == word) {
            return Some(*kind);
        }
        if word == "ID" {
            return Some(Self::ResidentId);
        }
        WORDS
            .iter()
            .find(|(part, _)| word.contains(part))
            .map(|(_, kind)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_forms_name_their_kind() {
        for (text, kind) in [
            ("居民身份证", DocumentKind::ResidentId),
            ("ID card", DocumentKind::ResidentId),
            ("外国人永久居留身份证", DocumentKind::ForeignResidentCard),
            ("港澳台居民居住证", DocumentKind::HmtResidencePermit),
            ("台胞证", DocumentKind::TaiwanTravelPermit),
            ("Passport", DocumentKind::Passport),
            ("06", DocumentKind::HmTravelPermit),
        ] {
            assert_eq!(DocumentKind::from_words(text), Some(kind), "{text}");
        }
        assert_eq!(DocumentKind::from_words("library ticket"), None);
    }

    #[test]
    fn every_code_reads_back() {
        for kind in DocumentKind::ALL {
            assert_eq!(DocumentKind::from_code(kind.code()), Some(kind));
            assert_eq!(
                DocumentKind::from_words(kind.code()),
                Some(kind),
                "{}",
                kind.code()
            );
        }
    }
}
