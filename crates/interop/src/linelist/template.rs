//! Empty workbooks to fill in: the columns of a kind of list, with drop-downs for every code list,
//! numbers of documents and phones kept as text so that no digit is lost, and a note on each header.
//! What comes back filled maps by itself.

use fangxian_domain::identifiers::Wording;
use rust_xlsxwriter::{
    DataValidation, DocProperties, ExcelDateTime, Format, Note, Workbook, XlsxError,
};

use super::field::{Field, FieldType, Kind};
use super::write::Language;

/// The last row that carries formats and drop-downs.
const ROWS: u32 = 5_000;

/// Fields that other fields of the form say already: parts of a name, an age's unit, days that the
/// form asks for as begin and end. And what only our own exports say.
const LEFT_OUT: [Field; 11] = [
    Field::FamilyName,
    Field::GivenName,
    Field::AgeUnit,
    Field::Exposure,
    Field::TestedOn,
    Field::Cluster,
    Field::Sequence,
    Field::TestKind,
    Field::AreaCode,
    Field::ListSource,
    Field::Evidence,
];

/// The columns of the form for a kind of list, in the order of the report card.
pub fn template_fields(kind: Kind) -> Vec<Field> {
    let all = Field::ALL.iter().copied();
    all.filter(|field| field.fits(kind) && !LEFT_OUT.contains(field))
        .collect()
}

/// A workbook with one empty sheet for lists of a kind; the same bytes each time.
///
/// # Errors
/// When the workbook cannot be written.
pub fn template(kind: Kind, language: Language) -> Result<Vec<u8>, TemplateError> {
    written(kind, language).map_err(TemplateError)
}

/// Why a template could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the workbook cannot be written")]
pub struct TemplateError(#[source] XlsxError);

fn written(kind: Kind, language: Language) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The time of writing would make every copy another file.
    let made = ExcelDateTime::from_ymd(2026, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let sheet = book.add_worksheet();
    sheet.set_name(language.of(title(kind)))?;
    sheet.set_freeze_panes(1, 0)?;
    let header = Format::new().set_bold();
    for (column, field) in (0..).zip(template_fields(kind)) {
        let name = language.of(field.label());
        sheet.write_string_with_format(0, column, &name, &header)?;
        sheet.set_column_width(column, 16)?;
        let (format, how) = filled(field);
        if let Some(format) = format {
            sheet.set_column_format(column, &format)?;
        }
        sheet.insert_note(0, column, &Note::new(language.of(how)))?;
        let words: Vec<String> = words(field.field_type())
            .into_iter()
            .map(|word| language.one_of(word))
            .collect();
        if !words.is_empty() {
            let list = DataValidation::new().allow_list_strings(&words)?;
            sheet.add_data_validation(1, column, ROWS, column, &list)?;
        }
    }
    book.save_to_buffer()
}

fn title(kind: Kind) -> Wording {
    match kind {
        Kind::Linelist => Wording::new("病例", "cases"),
        Kind::Contacts => Wording::new("接触者", "contacts"),
        Kind::Movements => Wording::new("行程", "movements"),
    }
}

/// How cells of a field are kept and what the note on its header says.
fn filled(field: Field) -> (Option<Format>, Wording) {
    let as_text = || Some(Format::new().set_num_format("@"));
    match field.field_type() {
        FieldType::Date => (
            Some(Format::new().set_num_format("yyyy-mm-dd")),
            Wording::new(
                "日期，如 2026-01-23；不详可留空",
                "a day such as 2026-01-23; leave it empty when unknown",
            ),
        ),
        FieldType::DocumentNumber => (
            as_text(),
            Wording::new(
                "按文本填写完整号码；本人不愿出示可留空",
                "the whole number, as text; empty when it was not shown",
            ),
        ),
        FieldType::Phone => (
            as_text(),
            Wording::new("11 位手机号", "a mobile number of 11 digits"),
        ),
        FieldType::Number => (
            as_text(),
            Wording::new(
                "本表自编的病例编号，同一来源内不重复",
                "the list's own number of the case, used once in a source",
            ),
        ),
        FieldType::Age => (
            None,
            Wording::new(
                "岁；不满一岁写“8月”“20天”",
                "years; below one year `8 months`, `20 days`",
            ),
        ),
        FieldType::Sex
        | FieldType::YesNo
        | FieldType::Class
        | FieldType::Outcome
        | FieldType::TestResult
        | FieldType::DocumentKind => (
            None,
            Wording::new("请从下拉列表中选择", "choose from the list"),
        ),
        FieldType::Text | FieldType::AgeUnit => (None, field.label()),
    }
}

/// The words of a drop-down; none: free.
fn words(field_type: FieldType) -> Vec<Wording> {
    let all: &[(&str, &str)] = match field_type {
        FieldType::Sex => &[("男", "male"), ("女", "female")],
        FieldType::YesNo => &[("是", "yes"), ("否", "no")],
        FieldType::Class => &[
            ("确诊病例", "confirmed"),
            ("临床诊断病例", "clinically diagnosed"),
            ("疑似病例", "suspected"),
            ("无症状感染者", "asymptomatic"),
            ("病原携带者", "carrier"),
            ("排除", "excluded"),
        ],
        FieldType::Outcome => &[
            ("在治", "under treatment"),
            ("治愈", "recovered"),
            ("死亡", "died"),
            ("失访", "lost to follow-up"),
        ],
        FieldType::TestResult => &[
            ("阳性", "positive"),
            ("阴性", "negative"),
            ("可疑", "indeterminate"),
        ],
        FieldType::DocumentKind => &[
            ("居民身份证", "identity card"),
            ("护照", "passport"),
            ("港澳居民来往内地通行证", "Hong Kong or Macau travel permit"),
            ("台湾居民来往大陆通行证", "Taiwan travel permit"),
            ("港澳台居民居住证", "residence permit"),
            ("外国人永久居留身份证", "foreign permanent resident"),
            ("其他", "other"),
        ],
        FieldType::Text
        | FieldType::Number
        | FieldType::Date
        | FieldType::Age
        | FieldType::AgeUnit
        | FieldType::DocumentNumber
        | FieldType::Phone => &[],
    };
    all.iter().map(|(zh, en)| Wording::new(*zh, *en)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::codes;
    use super::super::{DiseaseNames, Limits, propose_mapping, read_table};
    use super::*;
    use fangxian_domain::identifiers::DocumentKind;

    #[test]
    fn a_template_maps_by_itself_column_by_column() {
        for kind in [Kind::Linelist, Kind::Contacts, Kind::Movements] {
            for language in [Language::Zh, Language::En] {
                let bytes = template(kind, language).unwrap_or_default();
                let Ok(table) = read_table(&bytes, Limits::default()) else {
                    unreachable!("{kind:?} in {language:?} reads");
                };
                let mapping = propose_mapping(kind, &table, &DiseaseNames::default());
                let mapped: Vec<_> = mapping.columns.iter().map(|c| c.field).collect();
                let asked: Vec<_> = template_fields(kind).into_iter().map(Some).collect();
                assert_eq!(mapped, asked, "{kind:?} in {language:?}");
            }
        }
    }

    #[test]
    fn every_word_of_a_drop_down_is_understood_in_both_languages() {
        let read = |field_type, word: &str| match field_type {
            FieldType::Sex => codes::sex(word).is_some(),
            FieldType::YesNo => codes::yes_no(word).is_some(),
            FieldType::Class => codes::class(word).is_some(),
            FieldType::Outcome => codes::outcome(word).is_some(),
            FieldType::TestResult => codes::test_result(word).is_some(),
            FieldType::DocumentKind => DocumentKind::from_words(word).is_some(),
            _ => false,
        };
        for field in Field::ALL {
            for word in words(field.field_type()) {
                assert!(read(field.field_type(), &word.zh), "{}", word.zh);
                assert!(read(field.field_type(), &word.en), "{}", word.en);
            }
        }
    }

    #[test]
    fn the_same_template_is_the_same_file() {
        let bytes = || template(Kind::Linelist, Language::Zh).unwrap_or_default();
        assert!(!bytes().is_empty());
        assert_eq!(bytes(), bytes());
    }
}
