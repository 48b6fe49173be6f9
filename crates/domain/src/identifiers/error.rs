//! What can be wrong with a number, in words that name the fault and never the number.

use super::DocumentKind;

/// One sentence in the two languages of the product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wording {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Wording {
    /// Both languages at once.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            zh: zh.into(),
            en: en.into(),
        }
    }
}

/// Why a text is not the number it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Nothing but blanks.
    #[error("the number is empty")]
    Empty,
    /// Too many or too few characters.
    #[error("{} should have {expected} characters, found {found}", kind_en(*.kind))]
    Length {
        /// What the number should be; `None` for a credit code or a phone.
        kind: Option<DocumentKind>,
        /// The lengths allowed, as text.
        expected: &'static str,
        /// Characters found.
        found: usize,
    },
    /// A character that the standard does not allow.
    #[error("character {at} is not allowed there")]
    Character {
        /// Its place, from 1.
        at: usize,
    },
    /// The check character does not fit the others.
    #[error("the check character should be {should_be}")]
    CheckDigit {
        /// What the other characters ask for.
        should_be: char,
    },
    /// The birth date inside the number does not exist.
    #[error("the birth date in the number does not exist")]
    BirthDate,
    /// A spreadsheet turned the number into something like 1.1E+17.
    #[error("a spreadsheet shortened the number to scientific notation")]
    Scientific,
    /// The shape does not fit the kind of document.
    #[error("not the shape of {}", kind_en(Some(*.kind)))]
    Shape {
        /// The kind that was asked for.
        kind: DocumentKind,
    },
    /// Not the shape of a mobile number.
    #[error("not the shape of a mobile number")]
    Mobile,
}

fn kind_en(kind: Option<DocumentKind>) -> &'static str {
    kind.map_or("the code", DocumentKind::name_en)
}

impl IdentifierError {
    /// A stable code for reports and error files.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "identifier.empty",
            Self::Length { .. } => "identifier.length",
            Self::Character { .. } => "identifier.character",
            Self::CheckDigit { .. } => "identifier.check_digit",
            Self::BirthDate => "identifier.birth_date",
            Self::Scientific => "identifier.scientific",
            Self::Shape { .. } => "identifier.shape",
            Self::Mobile => "identifier.mobile",
        }
    }

    /// What is wrong.
    pub fn message(&self) -> Wording {
        let zh = match self {
            Self::Empty => "号码为空".to_owned(),
            Self::Length {
                kind,
                expected,
                found,
            } => {
                let name = kind.map_or("代码", DocumentKind::name_zh);
                format!("{name}应为{expected}位，实为{found}位").replace(" or ", "或")
            }
            Self::Character { at } => format!("第{at}位字符不合规定"),
            Self::CheckDigit { should_be } => format!("校验码不符，按前面各位计算应为{should_be}"),
            Self::BirthDate => "号码中的出生日期不存在".to_owned(),
            Self::Scientific => "号码已被表格软件改成科学计数法，末尾数字已丢失".to_owned(),
            Self::Shape { kind } => format!("不符合{}的格式", kind.name_zh()),
            Self::Mobile => "不符合手机号码的格式".to_owned(),
        };
        Wording::new(zh, self.to_string())
    }

    /// What to do about it.
    pub fn remedy(&self) -> Wording {
        match self {
            Self::Empty => Wording::new("请补填号码", "fill in the number"),
            Self::Length { .. } => Wording::new(
                "请对照证件核对，是否漏填或多填",
                "compare with the document for missing or extra characters",
            ),
            Self::Character { at } => Wording::new(
                format!("请对照证件核对第{at}位"),
                format!("compare character {at} with the document"),
            ),
            Self::CheckDigit { .. } => Wording::new(
                "请对照证件逐位核对；可能是某一位输错，也可能是相邻两位颠倒",
                "compare every character with the document; one may be mistyped or two neighbours swapped",
            ),
            Self::BirthDate => Wording::new(
                "请对照证件核对第7至14位(15位旧号码为第7至12位)",
                "compare characters 7 to 14 with the document (7 to 12 of an old 15-digit number)",
            ),
            Self::Scientific => Wording::new(
                "请先把该列设为“文本”格式，再从原始资料重新填写",
                "format the column as text and enter the number again from the original",
            ),
            Self::Shape { .. } => Wording::new(
                "请核对证件类型和号码",
                "check the kind of document and the number",
            ),
            Self::Mobile => Wording::new(
                "请核对手机号码(11位，以1开头)",
                "check the number: eleven digits that begin with 1",
            ),
        }
    }
}
