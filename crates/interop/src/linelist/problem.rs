//! Everything that can be said about a list, a column or a row: stable codes, what is wrong, what
//! to do. No message carries a cell of the list, because cells hold people.

use fangxian_base::Date;
use fangxian_domain::identifiers::{IdentifierError, Wording};

use super::field::Field;

/// One remark: where, and what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Row number as the spreadsheet shows it (the header is a row too); `None`: the whole file.
    pub row: Option<u32>,
    /// Header of the column, if one is meant.
    pub column: Option<String>,
    /// What the column means, if it is mapped.
    pub field: Option<Field>,
    /// What is wrong.
    pub problem: Problem,
}

impl Finding {
    /// A remark on the whole file.
    pub const fn on_file(problem: Problem) -> Self {
        Self {
            row: None,
            column: None,
            field: None,
            problem,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.problem.code()
    }

    /// What is wrong.
    pub fn message(&self) -> Wording {
        self.problem.message()
    }

    /// What to do about it.
    pub fn remedy(&self) -> Wording {
        self.problem.remedy()
    }
}

/// What can be remarked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Bytes that are no text in the encoding of the file.
    Undecodable {
        /// How many places.
        count: usize,
    },
    /// Control or direction characters were taken out.
    ControlCharacters {
        /// How many.
        count: usize,
    },
    /// Lines above the header were passed over.
    TitleRows {
        /// How many.
        count: usize,
    },
    /// The header stands in two rows, groups above and columns below; they were joined.
    HeaderInTwoRows,
    /// The workbook has other sheets with rows.
    OtherSheets {
        /// The sheet that was read.
        read: String,
        /// The others.
        others: String,
    },
    /// A column without a name was given one.
    HeaderEmpty,
    /// A name occurs twice; the later column was given a number.
    HeaderRepeated,
    /// The header and nothing below it.
    HeaderOnly,
    /// The header stands again between the rows.
    HeaderAmongRows {
        /// How many times.
        count: usize,
    },
    /// Rows without any content were passed over.
    BlankRows {
        /// How many.
        count: usize,
    },
    /// Rows with fewer or more cells than the header.
    RaggedRows {
        /// How many.
        count: usize,
    },
    /// A quotation mark that is never closed was taken as a character.
    QuoteOpen,
    /// The mapping names a column that the file does not have.
    ColumnMissing,
    /// A column of the file that the mapping does not name; its cells are kept as extra text.
    ColumnUnmapped,
    /// Dates without a year were given one.
    YearAssumed {
        /// First day they then cover.
        first: Date,
        /// Last day they then cover.
        last: Date,
    },
    /// Nothing in the column shows whether day or month comes first.
    OrderAssumed {
        /// What was assumed.
        day_first: bool,
    },
    /// Some dates of the column have the day first, some the month.
    OrderMixed,
    /// The same row stands further up.
    RowRepeated {
        /// Where.
        of: u32,
    },
    /// The same case number stands further up with other content.
    NumberRepeated {
        /// Where.
        of: u32,
    },
    /// The document number fails its own check.
    Document(IdentifierError),
    /// The document number holds a birth date after today.
    DocumentFuture,
    /// The document number does not look like its kind, but has no check of its own.
    DocumentShape(IdentifierError),
    /// Words where a number should be, or a number with stars in it: there is nothing to check.
    DocumentUnchecked,
    /// An identity number in the old form of fifteen digits.
    DocumentHistorical,
    /// The word for the kind of document is not known.
    DocumentKindUnknown,
    /// A date that is not on the calendar.
    DateImpossible {
        /// The year, if written or settled.
        year: Option<i32>,
        /// The month as written.
        month: u32,
        /// The day as written.
        day: u32,
    },
    /// A date after today.
    DateFuture {
        /// The date.
        date: Date,
        /// Today.
        today: Date,
    },
    /// A text that is no date.
    DateUnreadable,
    /// A range that ends before it begins.
    RangeReversed,
    /// No name, no document number, no phone.
    NobodyNamed,
    /// A list of numbered cases, and no number in this row.
    NumberMissing,
    /// A word for sex that is not known.
    SexUnknown,
    /// An age that cannot be read.
    AgeUnreadable,
    /// An age that nobody reaches.
    AgeOdd,
    /// The age does not fit the birth date.
    AgeAgainstBirth,
    /// The phone has no usual shape.
    PhoneShape,
    /// Several phones; the first was taken.
    PhoneSeveral,
    /// A word that the code list of the field does not have; kept as text.
    WordUnknown,
    /// The birth date differs from the one in the document number.
    BirthAgainstDocument,
    /// The sex differs from the one in the document number.
    SexAgainstDocument,
    /// One date lies after another that should come later.
    DatesOutOfOrder {
        /// The field that should come first.
        earlier: Field,
        /// The field that should come later.
        later: Field,
    },
    /// Both discharged and dead.
    DischargedAndDied,
}

impl Problem {
    /// A stable code for reports and error files.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Undecodable { .. } => "file.undecodable",
            Self::ControlCharacters { .. } => "file.control_characters",
            Self::TitleRows { .. } => "file.title_rows",
            Self::HeaderInTwoRows => "header.two_rows",
            Self::OtherSheets { .. } => "file.other_sheets",
            Self::HeaderEmpty => "header.empty",
            Self::HeaderRepeated => "header.repeated",
            Self::HeaderOnly => "file.header_only",
            Self::HeaderAmongRows { .. } => "file.header_among_rows",
            Self::BlankRows { .. } => "file.blank_rows",
            Self::RaggedRows { .. } => "file.ragged_rows",
            Self::QuoteOpen => "file.quote_open",
            Self::ColumnMissing => "mapping.column_missing",
            Self::ColumnUnmapped => "mapping.column_unmapped",
            Self::YearAssumed { .. } => "date.year_assumed",
            Self::OrderAssumed { .. } => "date.order_assumed",
            Self::OrderMixed => "date.order_mixed",
            Self::RowRepeated { .. } => "row.repeated",
            Self::NumberRepeated { .. } => "row.number_repeated",
            Self::Document(error) => error.code(),
            Self::DocumentFuture => "identifier.birth_in_future",
            Self::DocumentShape(_) => "identifier.shape",
            Self::DocumentUnchecked => "identifier.unchecked",
            Self::DocumentHistorical => "identifier.historical",
            Self::DocumentKindUnknown => "identifier.kind_unknown",
            Self::DateImpossible { .. } => "date.impossible",
            Self::DateFuture { .. } => "date.future",
            Self::DateUnreadable => "date.unreadable",
            Self::RangeReversed => "date.range_reversed",
            Self::NobodyNamed => "row.nobody_named",
            Self::NumberMissing => "row.number_missing",
            Self::SexUnknown => "sex.unknown_word",
            Self::AgeUnreadable => "age.unreadable",
            Self::AgeOdd => "age.odd",
            Self::AgeAgainstBirth => "age.against_birth_date",
            Self::PhoneShape => "phone.shape",
            Self::PhoneSeveral => "phone.several",
            Self::WordUnknown => "code.unknown_word",
            Self::BirthAgainstDocument => "birth_date.against_document",
            Self::SexAgainstDocument => "sex.against_document",
            Self::DatesOutOfOrder { .. } => "date.out_of_order",
            Self::DischargedAndDied => "outcome.contradictory",
        }
    }

    /// What is wrong.
    pub fn message(&self) -> Wording {
        match self {
            Self::Document(error) | Self::DocumentShape(error) => error.message(),
            other => super::problem_words::message(other),
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> Wording {
        match self {
            Self::Document(error) | Self::DocumentShape(error) => error.remedy(),
            other => super::problem_words::remedy(other),
        }
    }
}
