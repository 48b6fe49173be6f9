//! Which column is which field, as proposed, as people correct it, and as a file for the next time.

use std::fmt::Write;

use fangxian_domain::identifiers::{DocumentKind, Wording};
use serde::Deserialize;

use super::dates::Order;
use super::disease::DiseaseMapping;
use super::field::{Field, Kind};

/// What one column means.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnMapping {
    /// The header of the column.
    pub column: String,
    /// Its field; `None`: the cells are kept as extra text.
    pub field: Option<Field>,
    /// How sure the proposal is, from 0 to 1; 1 for what a person wrote.
    pub confidence: f32,
    /// Why.
    pub why: Wording,
    /// The kind of document in a column of document numbers, if all are of one kind.
    pub document: Option<DocumentKind>,
    /// Day or month first, if a person settled it.
    pub order: Option<Order>,
}

/// What the columns of a list mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// What a row is.
    pub kind: Kind,
    /// The sheet to read, if the file is a workbook.
    pub sheet: Option<String>,
    /// The year of the last dates that are written without one.
    pub year: Option<i16>,
    /// The disease that the list is about, when it is of cases of one.
    pub disease: Option<DiseaseMapping>,
    /// The columns, in the order of the file.
    pub columns: Vec<ColumnMapping>,
}

/// Why a text is no mapping.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not the syntax of a mapping.
    #[error("the mapping is not valid TOML")]
    Syntax(#[source] Box<toml::de::Error>),
    /// An unknown kind of list.
    #[error("`{0}` is no kind of list; use linelist, contacts or movements")]
    Kind(String),
    /// An unknown field.
    #[error("column `{column}` names the unknown field `{field}`")]
    Field {
        /// The column.
        column: String,
        /// What was written.
        field: String,
    },
    /// A field that such lists do not have.
    #[error("a {kind} list has no field `{field}`")]
    FieldOfOtherKind {
        /// The kind of list.
        kind: &'static str,
        /// The field.
        field: &'static str,
    },
    /// A field that may stand once stands twice.
    #[error("field `{0}` is given to two columns")]
    FieldTwice(&'static str),
    /// A column stands twice.
    #[error("column `{0}` stands twice in the mapping")]
    ColumnTwice(String),
    /// An unknown order of dates.
    #[error("`{0}` is no order of dates; use dmy, mdy or ymd")]
    Order(String),
    /// An unknown kind of document.
    #[error("`{0}` is no kind of document")]
    Document(String),
    /// A year out of range.
    #[error("`{0}` is no year of a list")]
    Year(i64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    kind: String,
    sheet: Option<String>,
    year: Option<i64>,
    disease: Option<String>,
    #[serde(default)]
    column: Vec<ColumnForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnForm {
    name: String,
    field: Option<String>,
    document: Option<String>,
    dates: Option<String>,
}

impl Mapping {
    /// Reads the file form.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let form: FileForm = toml::from_str(text).map_err(|e| MappingError::Syntax(Box::new(e)))?;
        let kind = Kind::from_code(&form.kind).ok_or(MappingError::Kind(form.kind))?;
        let year = match form.year {
            None => None,
            Some(year) => match i16::try_from(year) {
                Ok(y) if (1800..=2200).contains(&y) => Some(y),
                _ => return Err(MappingError::Year(year)),
            },
        };
        let columns = form
            .column
            .into_iter()
            .map(column)
            .collect::<Result<_, _>>()?;
        let disease = form
            .disease
            .map(|code| code.trim().to_owned())
            .filter(|code| !code.is_empty())
            .map(|code| DiseaseMapping {
                code,
                confidence: 1.0,
                why: written(),
            });
        let mapping = Self {
            kind,
            sheet: form.sheet,
            year,
            disease,
            columns,
        };
        mapping.check()?;
        Ok(mapping)
    }

    /// Whether every field fits the kind of list and stands once.
    ///
    /// # Errors
    /// The first field or column that does not.
    pub fn check(&self) -> Result<(), MappingError> {
        for (at, column) in self.columns.iter().enumerate() {
            let before = &self.columns[..at];
            if before.iter().any(|c| c.column == column.column) {
                return Err(MappingError::ColumnTwice(column.column.clone()));
            }
            let Some(field) = column.field else { continue };
            if !field.fits(self.kind) {
                return Err(MappingError::FieldOfOtherKind {
                    kind: self.kind.code(),
                    field: field.code(),
                });
            }
            if !field.joins() && before.iter().any(|c| c.field == Some(field)) {
                return Err(MappingError::FieldTwice(field.code()));
            }
        }
        Ok(())
    }

    /// The file form, with the reasons as comments.
    pub fn print(&self) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let mut out = format!("kind = \"{}\"\n", self.kind.code());
        if let Some(sheet) = &self.sheet {
            let _ = writeln!(out, "sheet = {}", quoted(sheet));
        }
        match self.year {
            Some(year) => _ = writeln!(out, "year = {year}"),
            None => out.push_str(
                "# year = 2020  (the year of the last dates that are written without one)\n",
            ),
        }
        if let Some(disease) = &self.disease {
            let why = disease.why.en.replace(['\n', '\r'], " ");
            let (code, sure) = (quoted(&disease.code), disease.confidence);
            _ = writeln!(out, "disease = {code}  # {sure:.2}: {why}");
        }
        for column in &self.columns {
            let why = column.why.en.replace(['\n', '\r'], " ");
            let _ = write!(out, "\n[[column]]\nname = {}\n", quoted(&column.column));
            match column.field {
                Some(field) => {
                    _ = writeln!(
                        out,
                        "field = \"{}\"  # {:.2}: {why}",
                        field.code(),
                        column.confidence
                    );
                }
                None => _ = writeln!(out, "# no field: {why}"),
            }
            if let Some(document) = column.document {
                let _ = writeln!(out, "document = \"{}\"", document.code());
            }
            if let Some(order) = column.order {
                let _ = writeln!(out, "dates = \"{}\"", order.code());
            }
        }
        out
    }

    /// The column that carries a field.
    pub fn column_of(&self, field: Field) -> Option<&ColumnMapping> {
        self.columns.iter().find(|c| c.field == Some(field))
    }
}

fn written() -> Wording {
    Wording::new("人工指定", "set by hand")
}

fn column(form: ColumnForm) -> Result<ColumnMapping, MappingError> {
    let field = match form.field {
        None => None,
        Some(code) => Some(Field::from_code(&code).ok_or_else(|| MappingError::Field {
            column: form.name.clone(),
            field: code,
        })?),
    };
    let document = match form.document {
        None => None,
        Some(code) => Some(DocumentKind::from_code(&code).ok_or(MappingError::Document(code))?),
    };
    let order = match form.dates {
        None => None,
        Some(code) => Some(Order::from_code(&code).ok_or(MappingError::Order(code))?),
    };
    Ok(ColumnMapping {
        column: form.name,
        field,
        confidence: 1.0,
        why: written(),
        document,
        order,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_reads_back_as_it_was_printed() {
        let text = "kind = \"linelist\"\nsheet = \"病例 \\\"1\\\"\"\nyear = 2020\ndisease = \"norovirus\"\n\n[[column]]\nname = \"发病 \\\"日\\\"\"\nfield = \"onset\"\ndates = \"dmy\"\n\n\
                    [[column]]\nname = \"证件\"\nfield = \"document_number\"\ndocument = \"passport\"\n\n[[column]]\nname = \"x\"\n";
        let mapping = Mapping::parse(text).unwrap();
        assert_eq!(Mapping::parse(&mapping.print()).unwrap(), mapping);
        assert_eq!(mapping.columns[2].field, None);
    }

    #[test]
    fn each_mistake_in_a_mapping_is_named() {
        let wrong = |text: &str| Mapping::parse(text).unwrap_err().to_string();
        assert_eq!(
            wrong("kind = \"cases\""),
            "`cases` is no kind of list; use linelist, contacts or movements"
        );
        let column = |body: &str| format!("kind = \"linelist\"\n[[column]]\nname = \"a\"\n{body}");
        assert_eq!(
            wrong(&column("field = \"onest\"")),
            "column `a` names the unknown field `onest`"
        );
        assert_eq!(
            wrong(&column("field = \"transport\"")),
            "a linelist list has no field `transport`"
        );
        let twice = column("field = \"onset\"\n[[column]]\nname = \"b\"\nfield = \"onset\"");
        assert_eq!(wrong(&twice), "field `onset` is given to two columns");
        assert_eq!(
            wrong(&column("colour = 1")),
            "the mapping is not valid TOML"
        );
    }
}
