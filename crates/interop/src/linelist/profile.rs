//! What the cells of a column look like, counted over a sample; headers alone can deceive.

use fangxian_domain::identifiers::{Document, IdentifierError, Mobile, normalise};

use super::age::{Age, age_unit};
use super::codes::{class, is_missing, outcome, sex, test_result, yes_no};
use super::dates::{Tally, read};
use super::field::FieldType;
use super::table::Table;

/// Rows looked at, spread over the file.
const SAMPLE_ROWS: usize = 400;

/// Shares of the filled cells of a column, from 0 to 1.
#[derive(Debug, Clone, Default)]
pub(super) struct Profile {
    pub filled: usize,
    pub dates: f32,
    pub sexes: f32,
    pub ages: f32,
    pub age_units: f32,
    pub classes: f32,
    pub outcomes: f32,
    pub yes_no: f32,
    pub results: f32,
    pub residents: f32,
    pub documents: f32,
    pub mobiles: f32,
    pub phones: f32,
    pub numeric: f32,
}

impl Profile {
    /// Looks at one column.
    pub fn of(table: &Table, column: usize) -> Self {
        let step = (table.row_count() / SAMPLE_ROWS).max(1);
        let cells: Vec<&str> = (0..table.row_count())
            .step_by(step)
            .filter_map(|index| table.row(index))
            .map(|row| row.cell(column))
            .filter(|cell| !is_missing(cell))
            .collect();
        let share = |test: &dyn Fn(&str) -> bool| {
            ratio(cells.iter().filter(|c| test(c)).count(), cells.len())
        };
        let mut tally = Tally::default();
        for cell in &cells {
            tally.add(&read(cell));
        }
        Self {
            filled: cells.len(),
            dates: ratio(tally.percent(), 100),
            sexes: share(&|c| sex(c).is_some()),
            ages: share(&|c| Age::parse(c, None).is_some_and(|a| a.low_years() <= 120)),
            age_units: share(&|c| age_unit(c).is_some()),
            classes: share(&|c| class(c).is_some()),
            outcomes: share(&|c| outcome(c).is_some()),
            yes_no: share(&|c| yes_no(c).is_some()),
            results: share(&|c| test_result(c).is_some()),
            residents: share(&is_resident),
            documents: share(&|c| is_resident(c) || Document::detect(c).is_ok() && c.len() >= 5),
            mobiles: share(&|c| Mobile::parse(c).is_ok()),
            phones: share(&is_phone),
            numeric: share(&|c| c.chars().all(|c| c.is_ascii_digit() || c == '.')),
        }
    }

    /// How well the cells fit a field of this type, from 0 to 1; an empty column fits everything.
    pub fn fits(&self, field_type: FieldType) -> f32 {
        if self.filled == 0 {
            return 0.85;
        }
        match field_type {
            FieldType::Date => self.dates,
            FieldType::Sex => self.sexes,
            FieldType::Age => self.ages,
            FieldType::AgeUnit => self.age_units,
            FieldType::Class => self.classes,
            FieldType::Outcome => self.outcomes,
            FieldType::YesNo => self.yes_no,
            FieldType::TestResult => self.results,
            FieldType::DocumentNumber => self.documents,
            FieldType::Phone => self.phones,
            FieldType::Number if self.residents > 0.5 || self.mobiles > 0.5 => 0.2,
            FieldType::Text if self.dates > 0.8 && self.numeric < 0.8 => 0.3,
            FieldType::Text | FieldType::Number | FieldType::DocumentKind => 1.0,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share of a few hundred cells")]
fn ratio(part: usize, all: usize) -> f32 {
    if all == 0 {
        0.0
    } else {
        part as f32 / all as f32
    }
}

/// Has the form of an identity number, right or mistyped.
fn is_resident(cell: &str) -> bool {
    let number = normalise(cell);
    let len = number.len();
    let body = number.strip_suffix('X').unwrap_or(&number);
    (len == 18 || len == 15)
        && body.bytes().all(|b| b.is_ascii_digit())
        && !matches!(
            Document::detect(&number),
            Err(IdentifierError::BirthDate | IdentifierError::Character { .. })
        )
}

pub(super) fn is_phone(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    (7..=26).contains(&digits)
        && cell.chars().all(|c| {
            c.is_ascii_digit()
                || c.is_whitespace()
                || "+-()/,;、\u{ff0c}\u{ff1b}\u{ff08}\u{ff09}－—转".contains(c)
        })
}
