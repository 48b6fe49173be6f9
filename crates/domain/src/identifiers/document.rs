//! One identity document of any kind: read as a stated kind, or recognised from the number alone.

use fangxian_base::{Date, Sensitive};

use super::{
    DocumentKind, ForeignResidentCard, HmTravelPermit, IdentifierError, MilitaryDocument,
    OtherDocument, Passport, ResidentId, Sex, TaiwanTravelPermit, normalise,
};

/// A number of fourteen to twenty digits can only be meant as an identity number.
const MEANT_AS_RESIDENT: std::ops::RangeInclusive<usize> = 14..=20;
/// First two digits of the area codes of mainland provinces (GB/T 2260).
const PROVINCES: [&str; 31] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41",
    "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65",
];

/// A checked identity document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Document {
    /// 居民身份证.
    Resident(ResidentId),
    /// 港澳台居民居住证.
    HmtResidence(ResidentId),
    /// 港澳居民来往内地通行证.
    HmTravel(HmTravelPermit),
    /// 台湾居民来往大陆通行证.
    TaiwanTravel(TaiwanTravelPermit),
    /// 外国人永久居留身份证.
    ForeignResident(ForeignResidentCard),
    /// 护照.
    Passport(Passport),
    /// 军人证件.
    Military(MilitaryDocument),
    /// Anything else.
    Other(OtherDocument),
}

impl Document {
    /// Reads `text` as a document of the stated kind.
    ///
    /// A number that says by itself that it is a residence permit or a foreign resident's card is
    /// taken as that, even where the form says identity card, because people write so.
    ///
    /// # Errors
    /// What is wrong with the number.
    pub fn parse(kind: DocumentKind, text: &str) -> Result<Self, IdentifierError> {
        match kind {
            DocumentKind::ResidentId => match own_kind(&normalise(text)) {
                Some(DocumentKind::HmtResidencePermit) => residence(text),
                Some(DocumentKind::ForeignResidentCard) => {
                    ForeignResidentCard::parse(text).map(Self::ForeignResident)
                }
                _ => ResidentId::parse(text).map(Self::Resident),
            },
            DocumentKind::HmtResidencePermit => residence(text),
            DocumentKind::HmTravelPermit => HmTravelPermit::parse(text).map(Self::HmTravel),
            DocumentKind::TaiwanTravelPermit => {
                TaiwanTravelPermit::parse(text).map(Self::TaiwanTravel)
            }
            DocumentKind::ForeignResidentCard => {
                ForeignResidentCard::parse(text).map(Self::ForeignResident)
            }
            DocumentKind::Passport => Passport::parse(text).map(Self::Passport),
            DocumentKind::Military => MilitaryDocument::parse(text).map(Self::Military),
            DocumentKind::Other => OtherDocument::parse(text).map(Self::Other),
        }
    }

    /// Recognises a number whose kind nobody stated.
    ///
    /// What can only be meant as an identity number is read as one; letters with digits are taken
    /// for a permit or a passport; short digits alone say nothing and become [`Document::Other`].
    ///
    /// # Errors
    /// What is wrong with a number that has a check of its own.
    pub fn detect(text: &str) -> Result<Self, IdentifierError> {
        let number = normalise(text);
        if number.is_empty() {
            return Err(IdentifierError::Empty);
        }
        if super::normal::is_scientific(&number) {
            return Err(IdentifierError::Scientific);
        }
        if meant_as_resident(&number) {
            return Self::parse(DocumentKind::ResidentId, &number);
        }
        if let Ok(card @ ForeignResidentCard::Earlier(_)) = ForeignResidentCard::parse(&number) {
            return Ok(Self::ForeignResident(card));
        }
        if let Ok(permit) = HmTravelPermit::parse(&number) {
            return Ok(Self::HmTravel(permit));
        }
        if number.bytes().any(|b| b.is_ascii_uppercase())
            && let Ok(passport) = Passport::parse(&number)
        {
            return Ok(Self::Passport(passport));
        }
        OtherDocument::parse(&number).map(Self::Other)
    }

    /// Its kind.
    pub const fn kind(&self) -> DocumentKind {
        match self {
            Self::Resident(_) => DocumentKind::ResidentId,
            Self::HmtResidence(_) => DocumentKind::HmtResidencePermit,
            Self::HmTravel(_) => DocumentKind::HmTravelPermit,
            Self::TaiwanTravel(_) => DocumentKind::TaiwanTravelPermit,
            Self::ForeignResident(_) => DocumentKind::ForeignResidentCard,
            Self::Passport(_) => DocumentKind::Passport,
            Self::Military(_) => DocumentKind::Military,
            Self::Other(_) => DocumentKind::Other,
        }
    }

    /// The number in capitals, without blanks.
    pub const fn number(&self) -> &Sensitive<String> {
        match self {
            Self::Resident(id) | Self::HmtResidence(id) => id.number(),
            Self::HmTravel(permit) => permit.number(),
            Self::TaiwanTravel(permit) => permit.number(),
            Self::ForeignResident(card) => card.number(),
            Self::Passport(passport) => passport.number(),
            Self::Military(document) => document.number(),
            Self::Other(document) => document.number(),
        }
    }

    /// The birth date, where the number holds one.
    pub const fn birth_date(&self) -> Option<Date> {
        match self {
            Self::Resident(id) | Self::HmtResidence(id) => Some(id.birth_date()),
            Self::ForeignResident(card) => card.birth_date(),
            Self::HmTravel(_)
            | Self::TaiwanTravel(_)
            | Self::Passport(_)
            | Self::Military(_)
            | Self::Other(_) => None,
        }
    }

    /// The sex, where the number holds one.
    pub const fn sex(&self) -> Option<Sex> {
        match self {
            Self::Resident(id) | Self::HmtResidence(id) => Some(id.sex()),
            Self::ForeignResident(card) => card.sex(),
            Self::HmTravel(_)
            | Self::TaiwanTravel(_)
            | Self::Passport(_)
            | Self::Military(_)
            | Self::Other(_) => None,
        }
    }
}

fn residence(text: &str) -> Result<Document, IdentifierError> {
    let id = ResidentId::parse_as(text, DocumentKind::HmtResidencePermit)?;
    if ["81", "82", "83"]
        .iter()
        .any(|area| id.number().expose().starts_with(area))
    {
        Ok(Document::HmtResidence(id))
    } else {
        Err(IdentifierError::Shape {
            kind: DocumentKind::HmtResidencePermit,
        })
    }
}

/// What eighteen characters say they are by how they begin.
fn own_kind(number: &str) -> Option<DocumentKind> {
    if number.len() != 18 || !number.is_ascii() {
        return None;
    }
    match (&number[..2], number.strip_prefix('9')) {
        ("81" | "82" | "83", _) => Some(DocumentKind::HmtResidencePermit),
        // Area 99 is unallocated: synthetic test numbers begin so.
        (_, Some(rest)) if PROVINCES.contains(&&rest[..2]) => {
            Some(DocumentKind::ForeignResidentCard)
        }
        _ => None,
    }
}

/// Digits throughout, but for one mistyped character or an X out of place.
fn meant_as_resident(number: &str) -> bool {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let marks = number.bytes().filter(|b| *b == b'X').count();
    let len = number.chars().count();
    MEANT_AS_RESIDENT.contains(&len)
        && number.starts_with(|c: char| c.is_ascii_digit())
        && (digits + 1 >= len || digits + marks == len && marks == 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(text: &str) -> Result<DocumentKind, &'static str> {
        Document::detect(text)
            .map(|d| d.kind())
            .map_err(|e| e.code())
    }

    #[test]
    fn a_number_is_recognised_without_its_kind() {
        assert_eq!(kind("990101198001010014"), Ok(DocumentKind::ResidentId));
        assert_eq!(kind("110105491231002"), Ok(DocumentKind::ResidentId));
        assert_eq!(
            kind("810000199001010019"),
            Ok(DocumentKind::HmtResidencePermit)
        );
        assert_eq!(
            kind("931840198001010017"),
            Ok(DocumentKind::ForeignResidentCard)
        );
        assert_eq!(kind("H12345678"), Ok(DocumentKind::HmTravelPermit));
        assert_eq!(kind("E12345678"), Ok(DocumentKind::Passport));
        assert_eq!(
            kind("USA310099061512"),
            Ok(DocumentKind::ForeignResidentCard)
        );
        assert_eq!(kind("军字第1234567号"), Ok(DocumentKind::Other));
        assert_eq!(kind("6988048"), Ok(DocumentKind::Other));
        assert_eq!(kind("99010119800101001"), Err("identifier.length"));
        assert_eq!(kind("1.10105E+17"), Err("identifier.scientific"));
        assert_eq!(kind("990101198001010015"), Err("identifier.check_digit"));
        assert_eq!(kind("9901012000022900X2"), Err("identifier.character"));
        assert_eq!(kind("99010119800101OO14"), Ok(DocumentKind::Other));
        assert_eq!(kind("9901011980010100I4"), Err("identifier.character"));
    }

    #[test]
    fn a_permit_written_as_identity_card_is_taken_as_the_permit() {
        let document = Document::parse(DocumentKind::ResidentId, "810000199001010019").unwrap();
        assert_eq!(document.kind(), DocumentKind::HmtResidencePermit);
        assert!(document.birth_date().is_some());
        assert_eq!(
            Document::parse(DocumentKind::HmtResidencePermit, "11010519491231002X"),
            Err(IdentifierError::Shape {
                kind: DocumentKind::HmtResidencePermit
            })
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_detection_panic(text in ".*") {
            let _ = Document::detect(&text);
            for kind in DocumentKind::ALL {
                let _ = Document::parse(kind, &text);
            }
        }
    }
}
