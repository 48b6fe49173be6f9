//! Line lists as people send them: cases, contacts, movements.
//!
//! The way of a file: [`read_table`] turns bytes into a [`Table`]; [`propose_mapping`] says which
//! column is which [`Field`]; [`Plan::new`] settles what only the whole file can tell (order of
//! day and month, the missing year, repeated rows); [`Plan::parse_row`] accepts or rejects each row;
//! [`write_errors`] gives back what was rejected. Nothing is stored and nothing is looked up here.

mod age;
mod builder;
mod check;
mod clean;
mod codes;
mod dates;
mod decode;
mod delimiter;
mod disease;
mod field;
mod headers;
mod mapping;
mod plan;
mod problem;
mod problem_words;
mod profile;
mod propose;
mod read;
mod repeats;
mod row;
mod table;
mod template;
mod workbook;
mod write;

pub use age::{Age, AgeUnit};
pub use builder::TableBuilder;
pub use codes::{CaseClass, Outcome as CaseOutcome, TestResult};
pub use dates::{Order, Precision, Span, Style, When, YearRule};
pub use decode::Encoding;
pub use disease::{DiseaseMapping, DiseaseNames};
pub use field::{Field, FieldType, Kind};
pub use mapping::{ColumnMapping, Mapping, MappingError};
pub use plan::Plan;
pub use problem::{Finding, Problem};
pub use propose::propose_mapping;
pub use read::{read_sheet, read_table};
pub use row::{Outcome, Row, Value};
pub use table::{Limits, RawRow, ReadError, Table};
pub use template::{TemplateError, template, template_fields};
pub use write::{Language, write_csv, write_errors, write_list};

pub use fangxian_domain::identifiers::Wording;
