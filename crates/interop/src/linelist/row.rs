//! A row that was read: values by field, and whether the list door takes it.

use std::collections::BTreeMap;
use std::fmt;

use fangxian_base::{Date, Sensitive};
use fangxian_domain::identifiers::{Document, DocumentKind, Mobile, Sex};

use super::age::{Age, AgeUnit};
use super::codes::{CaseClass, Outcome as CaseOutcome, TestResult};
use super::dates::When;
use super::field::Field;
use super::problem::Finding;

/// What a cell meant.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Words, numbers of the list's own, and what could not be read as something better.
    Text(Sensitive<String>),
    /// A time.
    When(When),
    /// A sex.
    Sex(Sex),
    /// An age.
    Age(Age),
    /// The unit of a separate age column.
    AgeUnit(AgeUnit),
    /// A kind of document.
    DocumentKind(DocumentKind),
    /// A checked document.
    Document(Document),
    /// A mobile number.
    Mobile(Mobile),
    /// Yes or no.
    YesNo(bool),
    /// A class of case.
    Class(CaseClass),
    /// How it ended.
    Outcome(CaseOutcome),
    /// What a test said.
    TestResult(TestResult),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<withheld>")
    }
}

/// A row of a list in the terms of its fields. Printing it shows which fields are filled, never
/// with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The number of the row as a spreadsheet shows it.
    pub number: u32,
    /// Cells of columns that mean no field, and cells that could not be read, by header.
    pub extras: Vec<(String, Sensitive<String>)>,
    pub(super) values: BTreeMap<Field, Value>,
}

impl Row {
    /// The value of a field.
    pub fn get(&self, field: Field) -> Option<&Value> {
        self.values.get(&field)
    }

    /// Every filled field.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &Value)> {
        self.values.iter().map(|(field, value)| (*field, value))
    }

    /// The text of a field that holds text.
    pub fn text(&self, field: Field) -> Option<&Sensitive<String>> {
        match self.get(field)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The time in a date field.
    pub fn when(&self, field: Field) -> Option<When> {
        match self.get(field)? {
            Value::When(when) => Some(*when),
            _ => None,
        }
    }

    /// The whole name, put together from its parts where it came in parts.
    pub fn name(&self) -> Option<Sensitive<String>> {
        if let Some(name) = self.text(Field::Name) {
            return Some(name.clone());
        }
        let part = |field| self.text(field).map_or("", |t| t.expose().as_str());
        let (family, given) = (part(Field::FamilyName), part(Field::GivenName));
        let han = |text: &str| text.chars().all(|c| ('\u{3400}'..='\u{9fff}').contains(&c));
        let name = match (family, given) {
            ("", "") => return None,
            ("", name) | (name, "") => name.to_owned(),
            (family, given) if han(family) && han(given) => format!("{family}{given}"),
            (family, given) => format!("{given} {family}"),
        };
        Some(Sensitive::new(name))
    }

    /// The sex, as stated, else as the document number says.
    pub fn sex(&self) -> Option<Sex> {
        match self.get(Field::Sex) {
            Some(Value::Sex(sex)) => Some(*sex),
            _ => self.document().and_then(Document::sex),
        }
    }

    /// The age.
    pub fn age(&self) -> Option<Age> {
        match self.get(Field::Age)? {
            Value::Age(age) => Some(*age),
            _ => None,
        }
    }

    /// The birth date, as stated, else as the document number says.
    pub fn birth_date(&self) -> Option<Sensitive<Date>> {
        self.when(Field::BirthDate)
            .and_then(|when| when.day())
            .or_else(|| self.document().and_then(Document::birth_date))
            .map(Sensitive::new)
    }

    /// The checked document.
    pub fn document(&self) -> Option<&Document> {
        match self.get(Field::DocumentNumber)? {
            Value::Document(document) => Some(document),
            _ => None,
        }
    }

    /// The mobile number; a phone of another shape is only [`Row::text`].
    pub fn mobile(&self) -> Option<&Mobile> {
        match self.get(Field::Phone)? {
            Value::Mobile(mobile) => Some(mobile),
            _ => None,
        }
    }

    /// The phone in whatever shape: the mobile's digits, else the text as it stood.
    pub fn phone(&self) -> Option<&Sensitive<String>> {
        self.mobile()
            .map(Mobile::number)
            .or_else(|| self.text(Field::Phone))
    }

    /// The class of the case.
    pub fn class(&self) -> Option<CaseClass> {
        match self.get(Field::Class)? {
            Value::Class(class) => Some(*class),
            _ => None,
        }
    }

    /// How the illness ended: as stated, else as dates of death or discharge say.
    pub fn outcome(&self) -> Option<CaseOutcome> {
        match self.get(Field::Outcome) {
            Some(Value::Outcome(outcome)) => Some(*outcome),
            _ if self.when(Field::Died).is_some() => Some(CaseOutcome::Died),
            _ if self.when(Field::Discharged).is_some() => Some(CaseOutcome::Recovered),
            _ => None,
        }
    }

    /// A yes or no.
    pub fn yes_no(&self, field: Field) -> Option<bool> {
        match self.get(field)? {
            Value::YesNo(yes) => Some(*yes),
            _ => None,
        }
    }

    /// What the test said.
    pub fn test_result(&self) -> Option<TestResult> {
        match self.get(Field::TestResult)? {
            Value::TestResult(result) => Some(*result),
            _ => None,
        }
    }
}

/// Whether the door takes a row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// Taken, with what is odd about it.
    Accepted(Row, Vec<Finding>),
    /// Not taken: kept in the error file and on a work list, with every reason.
    Rejected(Row, Vec<Finding>),
}

impl Outcome {
    /// Whether it is taken.
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(..))
    }

    /// The row, taken or not.
    pub const fn row(&self) -> &Row {
        match self {
            Self::Accepted(row, _) | Self::Rejected(row, _) => row,
        }
    }

    /// Warnings of an accepted row, reasons of a rejected one.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Accepted(_, findings) | Self::Rejected(_, findings) => findings,
        }
    }
}
