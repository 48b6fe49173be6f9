//! A proposed mapping as somebody corrects it: for each column, what it means.

use fangxian_base::Text;
use fangxian_interop::linelist::{Field, Kind as ListKind, Mapping, MappingError, Wording};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{parsed, text, unsound};
use crate::sight::all_right;
use crate::{AppError, FieldError, Result};

/// What one column is said to mean.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["name"]))]
pub struct ColumnInput {
    /// The header of the column.
    pub name: String,
    /// The field's code; empty: the cells are kept as extra text.
    pub field: String,
}

/// A field that a column may mean.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FieldView {
    /// Its code.
    pub code: String,
    /// Its name.
    pub label: Text,
}

/// The fields that lists of a kind have, in the order of a form.
pub(super) fn fields(kind: ListKind) -> Vec<FieldView> {
    let all = Field::ALL.iter().filter(|field| field.fits(kind));
    all.map(|field| FieldView {
        code: field.code().to_owned(),
        label: text(field.label()),
    })
    .collect()
}

/// A mapping in its file form with the columns as somebody says; columns that are not named stay.
///
/// # Errors
/// The mapping does not hold, or a column: there is none of that name, no such field, a field that
/// such lists do not have, or one that stands twice.
pub fn with_columns(mapping: &str, columns: &[ColumnInput]) -> Result<String> {
    let mut mapping = parsed(mapping)?;
    let kind = mapping.kind;
    let mut wrong = Vec::new();
    for (at, said) in columns.iter().enumerate() {
        let mut add = |part: &str, zh: String, en: String| {
            wrong.push(FieldError {
                field: format!("columns[{at}].{part}"),
                text: Text::new(zh, en),
            });
        };
        let name = &said.name;
        let Some(column) = mapping.columns.iter_mut().find(|c| c.column == *name) else {
            add(
                "name",
                format!("文件中没有“{name}”这一列，请重新预览。"),
                format!("The file has no column “{name}”; preview it again."),
            );
            continue;
        };
        let code = said.field.trim();
        let field = Field::from_code(code).filter(|field| field.fits(kind));
        if field.is_none() && !code.is_empty() {
            add(
                "field",
                format!("“{name}”：这种表格没有“{code}”这个项目，请从列表中选择。"),
                format!("“{name}”: such lists have no field “{code}”; choose one."),
            );
            continue;
        }
        if column.field != field {
            column.field = field;
            column.document = None;
            column.order = None;
            column.confidence = 1.0;
            column.why = Wording::new("由经办人指定", "said by hand");
        }
    }
    all_right(wrong)?;
    match mapping.check() {
        Ok(()) => Ok(mapping.print()),
        Err(MappingError::FieldTwice(code)) => Err(twice(&mapping, columns, code)),
        Err(other) => Err(unsound(other)),
    }
}

/// Says which columns carry a field that one of them may carry, at the last that was given it.
fn twice(mapping: &Mapping, columns: &[ColumnInput], code: &str) -> AppError {
    let field = Field::from_code(code);
    let label = field.map_or_else(|| Wording::new(code, code), Field::label);
    let carry = mapping.columns.iter().filter(|c| c.field == field);
    let names: Vec<String> = carry.map(|c| format!("“{}”", c.column)).collect();
    let last = columns.iter().rposition(|said| said.field.trim() == code);
    AppError::field(
        &last.map_or_else(|| "mapping".to_owned(), |at| format!("columns[{at}].field")),
        &format!("{}不能都是“{}”，请只留一列。", names.join("、"), label.zh),
        &format!(
            "Only one of {} can be “{}”; keep one.",
            names.join(", "),
            label.en
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPPING: &str = "kind = \"linelist\"\n\n[[column]]\nname = \"患者\"\nfield = \"name\"\n\n\
         [[column]]\nname = \"甲\"\n\n[[column]]\nname = \"电话一\"\nfield = \"phone\"\n";

    fn said(columns: &[(&str, &str)]) -> Result<String> {
        let columns: Vec<ColumnInput> = columns
            .iter()
            .map(|(name, field)| ColumnInput {
                name: (*name).to_owned(),
                field: (*field).to_owned(),
            })
            .collect();
        with_columns(MAPPING, &columns)
    }

    fn refused(columns: &[(&str, &str)]) -> Vec<(String, String)> {
        let error = said(columns).expect_err("refused");
        let fields = error.fields.into_iter();
        fields.map(|f| (f.field, f.text.zh)).collect()
    }

    #[test]
    fn a_column_means_what_somebody_says_and_the_others_stay() {
        let text = said(&[("甲", "address"), ("电话一", "")]).expect("a mapping");
        let mapping = Mapping::parse(&text).expect("it reads back");
        let fields: Vec<_> = mapping.columns.iter().map(|c| c.field).collect();
        assert_eq!(fields, [Some(Field::Name), Some(Field::Address), None]);
    }

    #[test]
    fn two_columns_of_one_field_are_refused_at_the_last_of_them() {
        let found = refused(&[("甲", "phone"), ("电话一", "phone")]);
        let [(field, zh)] = found.as_slice() else {
            panic!("one finding, not {found:?}")
        };
        assert_eq!(field, "columns[1].field");
        assert!(
            zh.contains("“甲”、“电话一”") && zh.contains("联系电话"),
            "{zh}"
        );
    }

    #[test]
    fn a_field_of_another_kind_of_list_or_of_none_is_refused() {
        let found = refused(&[("甲", "from_case"), ("乙", ""), ("患者", "nome")]);
        let fields: Vec<_> = found.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(
            fields,
            ["columns[0].field", "columns[1].name", "columns[2].field"]
        );
    }
}
