//! A table of cleaned cells, whatever file it came from: one text, and where each cell ends.
//!
//! A reader of another format (a spreadsheet) fills a `TableBuilder`.

use super::decode::Encoding;
use super::problem::Finding;

/// What a file may hold at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Rows with content.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Characters in one cell.
    pub cell_chars: usize,
}

impl Default for Limits {
    /// 200 MiB, two million rows, 512 columns, and for a cell what a spreadsheet allows.
    fn default() -> Self {
        Self {
            bytes: 200 << 20,
            rows: 2_000_000,
            columns: 512,
            cell_chars: 32_767,
        }
    }
}

/// Why a file could not be read as a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// The file is larger than allowed.
    #[error("the file has {found} bytes, more than the {allowed} allowed")]
    TooLarge {
        /// Bytes found.
        found: usize,
        /// Bytes allowed.
        allowed: usize,
    },
    /// More rows than allowed.
    #[error("the file has more than the {allowed} rows allowed")]
    TooManyRows {
        /// Rows allowed.
        allowed: usize,
    },
    /// More columns than allowed.
    #[error("row {row} has more than the {allowed} columns allowed")]
    TooManyColumns {
        /// The row.
        row: u32,
        /// Columns allowed.
        allowed: usize,
    },
    /// A cell is longer than allowed.
    #[error("a cell in row {row} is longer than the {allowed} characters allowed")]
    CellTooLong {
        /// The row.
        row: u32,
        /// Characters allowed.
        allowed: usize,
    },
    /// A workbook that unpacks to more than is allowed: no list, and perhaps an attack.
    #[error("the workbook unpacks to more than the {allowed} bytes allowed")]
    UnpacksTooLarge {
        /// Bytes allowed.
        allowed: u64,
    },
    /// A workbook that cannot be read, or an archive that is none.
    #[error("the file is no workbook (XLSX) that can be read: {why}")]
    Damaged {
        /// What stopped the reading.
        why: String,
    },
    /// The workbook has no visible sheet of that name.
    #[error("the workbook has no sheet `{wanted}`; it has {sheets}")]
    NoSuchSheet {
        /// The sheet asked for.
        wanted: String,
        /// The visible sheets.
        sheets: String,
    },
    /// Another format of documents, neither text nor XLSX.
    #[error("the file is {what}; save it as CSV or XLSX")]
    NotText {
        /// What it is.
        what: &'static str,
    },
}

/// One row as it stood in the file, cleaned.
#[derive(Clone, Copy)]
pub struct RawRow<'t> {
    /// The number of the row as a spreadsheet shows it; the header is a row too.
    pub number: u32,
    text: &'t str,
    ends: &'t [u32],
    start: u32,
}

impl std::fmt::Debug for RawRow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "row {} with {} cells", self.number, self.ends.len())
    }
}

impl<'t> RawRow<'t> {
    /// The cell in a column, from 0; missing cells are empty.
    pub fn cell(&self, column: usize) -> &'t str {
        let Some(end) = self.ends.get(column) else {
            return "";
        };
        let start = if column == 0 {
            self.start
        } else {
            self.ends[column - 1]
        };
        &self.text[start as usize..*end as usize]
    }

    /// Every cell of the row.
    pub fn cells(&self) -> impl Iterator<Item = &'t str> + use<'t> {
        let row = *self;
        (0..row.ends.len()).map(move |column| row.cell(column))
    }

    /// How many cells the row has.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the row has no cells.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// A file as rows and columns of cleaned text.
pub struct Table {
    /// How the file was written.
    pub encoding: Encoding,
    /// What separates its cells.
    pub delimiter: char,
    /// The sheet that was read, if the file is a workbook.
    pub sheet: Option<String>,
    /// The names of its columns, each one only once.
    pub header: Vec<String>,
    /// What was noticed on the way.
    pub findings: Vec<Finding>,
    pub(super) text: String,
    pub(super) ends: Vec<u32>,
    pub(super) rows: Vec<(u32, u32)>,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("header", &self.header)
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl Table {
    /// How many rows lie below the header.
    pub const fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// The row with this index, from 0.
    pub fn row(&self, index: usize) -> Option<RawRow<'_>> {
        let (number, first) = *self.rows.get(index)?;
        let last = self
            .rows
            .get(index + 1)
            .map_or(self.ends.len(), |(_, next)| *next as usize);
        let start = if first == 0 {
            0
        } else {
            self.ends[first as usize - 1]
        };
        Some(RawRow {
            number,
            text: &self.text,
            ends: &self.ends[first as usize..last],
            start,
        })
    }

    /// Every row below the header, in the order of the file.
    pub fn rows(&self) -> impl Iterator<Item = RawRow<'_>> {
        (0..self.rows.len()).filter_map(|index| self.row(index))
    }
}
