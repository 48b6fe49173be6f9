//! Reads the cells of a row and holds them against each other: what is rejected, what is odd.

use fangxian_base::{Date, Sensitive};
use fangxian_domain::identifiers::{Document, DocumentKind, IdentifierError, Mobile, ResidentForm};

use super::age::{Age, age_unit};
use super::codes::{Outcome as CaseOutcome, class, outcome, sex, test_result, yes_no};
use super::dates::{DateError, Precision, Span, When, read, resolve};
use super::field::{Field, FieldType, Kind};
use super::plan::{Column, RowReader};
use super::problem::Problem;
use super::profile::is_phone;
use super::row::Value;

/// Nobody was older.
const AGE_MAX_YEARS: u16 = 122;
/// Years by which a stated age may differ from the one counted from the birth date: one for the
/// birthday, one for 虚岁, one for the year of the list.
const AGE_TOLERANCE_YEARS: i16 = 3;
/// Pairs of dates of which the first should not lie after the second.
const SEQUENCE: [(Field, Field); 12] = [
    (Field::ExposureBegin, Field::ExposureEnd),
    (Field::BirthDate, Field::Onset),
    (Field::Exposure, Field::Onset),
    (Field::Onset, Field::ConfirmedOn),
    (Field::Onset, Field::Discharged),
    (Field::Onset, Field::Died),
    (Field::Onset, Field::OutcomeOn),
    (Field::Onset, Field::ReportedOn),
    (Field::Hospitalised, Field::Discharged),
    (Field::ConfirmedOn, Field::Discharged),
    (Field::SampledOn, Field::TestedOn),
    (Field::EventBegin, Field::EventEnd),
];

impl RowReader<'_> {
    /// Reads one filled cell.
    pub fn cell(&mut self, column: &Column, field: Field, cell: &str) {
        let value = match field.field_type() {
            FieldType::Text | FieldType::Number => {
                self.text(field, cell);
                return;
            }
            FieldType::Date => {
                self.date(column, field, cell);
                return;
            }
            FieldType::DocumentNumber => {
                self.document(column, field, cell);
                return;
            }
            FieldType::Phone => {
                self.phone(column, field, cell);
                return;
            }
            FieldType::Sex => (sex(cell).map(Value::Sex), Problem::SexUnknown),
            FieldType::Age => (
                Age::parse(cell, self.unit()).map(Value::Age),
                Problem::AgeUnreadable,
            ),
            FieldType::AgeUnit => {
                self.age_unit(column, cell);
                return;
            }
            FieldType::DocumentKind => (
                DocumentKind::from_words(cell).map(Value::DocumentKind),
                Problem::DocumentKindUnknown,
            ),
            FieldType::YesNo => (yes_no(cell).map(Value::YesNo), Problem::WordUnknown),
            FieldType::Class => (class(cell).map(Value::Class), Problem::WordUnknown),
            FieldType::Outcome => (outcome(cell).map(Value::Outcome), Problem::WordUnknown),
            FieldType::TestResult => (
                test_result(cell).map(Value::TestResult),
                Problem::WordUnknown,
            ),
        };
        match value {
            (Some(value), _) => _ = self.row.values.insert(field, value),
            (None, problem) => self.odd(column, field, cell, problem),
        }
    }

    /// A warning; the cell is kept as text.
    fn odd(&mut self, column: &Column, field: Field, cell: &str, problem: Problem) {
        self.extra(column, cell);
        self.warnings
            .push(self.finding(Some(column), Some(field), problem));
    }

    fn reject(&mut self, column: &Column, field: Field, cell: &str, problem: Problem) {
        self.extra(column, cell);
        self.rejections
            .push(self.finding(Some(column), Some(field), problem));
    }

    fn text(&mut self, field: Field, cell: &str) {
        let joined = match self.row.values.get(&field) {
            Some(Value::Text(before)) if field.joins() => format!("{} {cell}", before.expose()),
            _ => cell.to_owned(),
        };
        self.row
            .values
            .insert(field, Value::Text(Sensitive::new(joined)));
    }

    fn unit(&self) -> Option<super::age::AgeUnit> {
        match self.row.values.get(&Field::AgeUnit) {
            Some(Value::AgeUnit(unit)) => Some(*unit),
            _ => None,
        }
    }

    /// The unit may stand before or behind the age.
    fn age_unit(&mut self, column: &Column, cell: &str) {
        let Some(unit) = age_unit(cell) else {
            self.odd(column, Field::AgeUnit, cell, Problem::WordUnknown);
            return;
        };
        self.row.values.insert(Field::AgeUnit, Value::AgeUnit(unit));
        if let Some(Value::Age(age)) = self.row.values.get_mut(&Field::Age)
            && age.unit == super::age::AgeUnit::Years
        {
            age.unit = unit;
        }
    }

    fn date(&mut self, column: &Column, field: Field, cell: &str) {
        let settings = self.plan.settings(column, field);
        let today = self.plan.today;
        match resolve(&read(cell), &settings) {
            Ok(None) => {}
            Ok(Some(when)) => match after(&when, today) {
                Some(date) => self.reject(column, field, cell, Problem::DateFuture { date, today }),
                None => _ = self.row.values.insert(field, Value::When(when)),
            },
            Err(DateError::Impossible { year, month, day }) => {
                self.reject(
                    column,
                    field,
                    cell,
                    Problem::DateImpossible { year, month, day },
                );
            }
            Err(DateError::Unreadable) => self.odd(column, field, cell, Problem::DateUnreadable),
            Err(DateError::Reversed) => self.odd(column, field, cell, Problem::RangeReversed),
        }
    }

    /// A number is held against the kind that the row states, else the column, else its own look.
    fn document(&mut self, column: &Column, field: Field, cell: &str) {
        if is_no_number(cell) {
            self.row
                .values
                .insert(field, Value::Text(Sensitive::new(cell.to_owned())));
            self.warnings
                .push(self.finding(Some(column), Some(field), Problem::DocumentUnchecked));
            return;
        }
        let stated = match self.row.values.get(&Field::DocumentType) {
            Some(Value::DocumentKind(kind)) => Some(*kind),
            _ => self.stated_behind(column).or(column.document),
        };
        let read = match stated {
            Some(kind) => Document::parse(kind, cell),
            None => Document::detect(cell),
        };
        // A permit or a passport in a column of identity cards: its look decides.
        let read = match (read, stated) {
            (Err(error), Some(DocumentKind::ResidentId)) if column.document.is_some() => {
                match Document::detect(cell) {
                    Ok(
                        other @ (Document::HmTravel(_)
                        | Document::Passport(_)
                        | Document::ForeignResident(_)),
                    ) => Ok(other),
                    Ok(_) | Err(_) => Err(error),
                }
            }
            // An identity number in a column of passports has its own check all the same.
            (Err(error @ IdentifierError::Shape { .. }), _) => match Document::detect(cell) {
                Ok(Document::Other(_)) => Err(error),
                other => other,
            },
            (read, _) => read,
        };
        self.take_document(column, field, cell, read);
    }

    fn take_document(
        &mut self,
        column: &Column,
        field: Field,
        cell: &str,
        read: Result<Document, IdentifierError>,
    ) {
        match read {
            Ok(document) => {
                if document
                    .birth_date()
                    .is_some_and(|birth| birth > self.plan.today)
                {
                    self.reject(column, field, cell, Problem::DocumentFuture);
                    return;
                }
                if matches!(&document, Document::Resident(id) if id.form() == ResidentForm::Historical)
                {
                    self.warnings.push(self.finding(
                        Some(column),
                        Some(field),
                        Problem::DocumentHistorical,
                    ));
                }
                self.row.values.insert(field, Value::Document(document));
            }
            // A shape is no check of the number's own.
            Err(
                error @ (IdentifierError::Shape { .. }
                | IdentifierError::Empty
                | IdentifierError::Mobile),
            ) => {
                self.row
                    .values
                    .insert(field, Value::Text(Sensitive::new(cell.to_owned())));
                self.warnings.push(self.finding(
                    Some(column),
                    Some(field),
                    Problem::DocumentShape(error),
                ));
            }
            Err(
                error @ (IdentifierError::Length { .. }
                | IdentifierError::Character { .. }
                | IdentifierError::CheckDigit { .. }
                | IdentifierError::BirthDate
                | IdentifierError::Scientific),
            ) => self.reject(column, field, cell, Problem::Document(error)),
        }
    }

    /// Lists may state the kind in a column behind the number; it is then read ahead of its turn.
    fn stated_behind(&self, column: &Column) -> Option<DocumentKind> {
        let behind = self
            .plan
            .columns
            .iter()
            .find(|c| c.field == Some(Field::DocumentType) && c.at > column.at)?;
        DocumentKind::from_words(self.raw.cell(behind.at))
    }

    fn phone(&mut self, column: &Column, field: Field, cell: &str) {
        if let Ok(mobile) = Mobile::parse(cell) {
            self.row.values.insert(field, Value::Mobile(mobile));
            return;
        }
        let mut parts = cell
            .split(['/', ',', ';', '、', '\u{ff0c}', '\u{ff1b}', ' ', '\n'])
            .filter(|p| !p.is_empty());
        if let Some(mobile) = parts.find_map(|part| Mobile::parse(part).ok()) {
            self.row.values.insert(field, Value::Mobile(mobile));
            self.odd(column, field, cell, Problem::PhoneSeveral);
            return;
        }
        self.row
            .values
            .insert(field, Value::Text(Sensitive::new(cell.to_owned())));
        if !is_landline(cell) {
            self.warnings
                .push(self.finding(Some(column), Some(field), Problem::PhoneShape));
        }
    }

    /// Holds the cells of the row against each other.
    pub fn check(&mut self) {
        self.somebody();
        self.against_document();
        self.age();
        for (earlier, later) in SEQUENCE {
            let (Some(first), Some(second)) = (self.row.when(earlier), self.row.when(later)) else {
                continue;
            };
            if let (Some(begin), Some(end)) = (first.earliest(), second.latest())
                && begin > end
            {
                let problem = Problem::DatesOutOfOrder { earlier, later };
                self.warnings
                    .push(self.finding(None, Some(earlier), problem));
            }
        }
        let died =
            self.row.when(Field::Died).is_some() || self.row.outcome() == Some(CaseOutcome::Died);
        if died && self.row.when(Field::Discharged).is_some() {
            self.warnings.push(self.finding(
                None,
                Some(Field::Outcome),
                Problem::DischargedAndDied,
            ));
        }
    }

    /// Filled means that something stands there, right or wrong.
    fn somebody(&mut self) {
        let plan = self.plan;
        let mut identifying = plan
            .columns
            .iter()
            .filter(|c| c.field.is_some_and(Field::identifies))
            .peekable();
        if let Some(first) = identifying.peek() {
            let field = first.field;
            // A row of our own export came in once and was somebody then.
            let ours = self.row.get(Field::ListSource).is_some();
            if !ours && identifying.all(|c| super::codes::is_missing(self.raw.cell(c.at))) {
                self.rejections
                    .push(self.finding(None, field, Problem::NobodyNamed));
            }
        } else if plan.kind == Kind::Linelist
            && plan
                .columns
                .iter()
                .any(|c| c.field == Some(Field::CaseNumber))
            && self.row.get(Field::CaseNumber).is_none()
        {
            self.warnings
                .push(self.finding(None, Some(Field::CaseNumber), Problem::NumberMissing));
        }
    }

    fn against_document(&mut self) {
        let (birth, sex) = match self.row.document() {
            Some(document) => (document.birth_date(), document.sex()),
            None => return,
        };
        if let (Some(birth), Some(stated)) = (birth, self.row.when(Field::BirthDate))
            && (stated.earliest().is_some_and(|d| d > birth)
                || stated.latest().is_some_and(|d| d < birth))
        {
            self.warnings.push(self.finding(
                None,
                Some(Field::BirthDate),
                Problem::BirthAgainstDocument,
            ));
        }
        if let (Some(sex), Some(Value::Sex(stated))) = (sex, self.row.get(Field::Sex))
            && sex != *stated
        {
            self.warnings
                .push(self.finding(None, Some(Field::Sex), Problem::SexAgainstDocument));
        }
    }

    fn age(&mut self) {
        let Some(age) = self.row.age() else { return };
        if age.low_years() > AGE_MAX_YEARS {
            self.warnings
                .push(self.finding(None, Some(Field::Age), Problem::AgeOdd));
            return;
        }
        let Some(birth) = self.row.birth_date() else {
            return;
        };
        // An age is counted on the day of the list; the latest day that the row names comes nearest.
        let at = [
            Field::ReportedOn,
            Field::ConfirmedOn,
            Field::FirstVisit,
            Field::Onset,
        ]
        .into_iter()
        .find_map(|field| self.row.when(field).and_then(|when| when.latest()));
        let Some(at) = at else { return };
        let years = at.year() - birth.expose().year();
        let bounds = (
            i16::try_from(age.low_years()),
            i16::try_from(age.high_years()),
        );
        if let (Ok(low), Ok(high)) = bounds
            && (years < low - AGE_TOLERANCE_YEARS || years > high + AGE_TOLERANCE_YEARS)
        {
            self.warnings
                .push(self.finding(None, Some(Field::Age), Problem::AgeAgainstBirth));
        }
    }
}

/// The stated day that lies after today. The end of a month or a year that has begun does not.
fn after(when: &When, today: Date) -> Option<Date> {
    let stated = match (when.span, when.precision) {
        (Span::Range(begin, _), Precision::Month | Precision::Year) => [Some(begin), None],
        (Span::Range(begin, end), _) => [Some(end), Some(begin)],
        (Span::Day(day) | Span::Until(day) | Span::Since(day), _) => [Some(day), None],
    };
    stated.into_iter().flatten().find(|day| *day > today)
}

/// Words (`尚无`, `遗失`) or a number with stars in it.
fn is_no_number(cell: &str) -> bool {
    const DIGITS_MIN: usize = 4;
    cell.contains(['*', '\u{ff0a}', '•', '●', '×'].as_slice()) && !cell.ends_with('×')
        || cell.chars().filter(|c| c.is_numeric()).count() < DIGITS_MIN
}

fn is_landline(cell: &str) -> bool {
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    is_phone(cell)
        && (7..=12).contains(&digits)
        && !(digits == 11 && cell.trim_start().starts_with('1'))
}
