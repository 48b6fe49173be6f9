//! Pictures of results as SVG: series with bounds and bands, chains, maps of scans.
//!
//! A picture is drawn from the tables that a method made and from nothing else; whatever it shows can be read in a table.
//! Values stand beside their marks as titles, so that a reader of the text meets the same numbers. The same tables give the
//! same bytes. Start with [`of`].

mod chains;
mod map;
mod series;
mod svg;

use crate::table::{Cell, Sheet};

/// The language of the words in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Chinese, simplified.
    Chinese,
    /// English.
    English,
}

impl Language {
    const fn of(self, chinese: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

/// Why there is no picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDrawn {
    /// The method makes no tables that can be drawn.
    #[error("there is no picture of `{0}`; write the table instead")]
    NoPicture(String),
    /// The tables hold nothing.
    #[error("there is no picture, because the result holds no value")]
    Empty,
    /// Several series in one table.
    #[error("there is no picture, because the result holds several series; choose one")]
    Several,
    /// LIMIT: more than fits.
    #[error(
        "there is no picture of {found} marks, because {most} is the most; choose a shorter range or a part"
    )]
    TooMuch {
        /// Marks.
        found: usize,
        /// The most there may be.
        most: usize,
    },
}

/// The picture of a method's tables.
pub fn of(function: &str, sheets: &[Sheet], language: Language) -> Result<String, NotDrawn> {
    if let Some(view) = series::VIEWS
        .iter()
        .find(|view| view.functions.contains(&function))
    {
        return series::draw(view, sheets, language);
    }
    match function {
        "transmission_chains" => chains::known(sheets, language),
        "transmission_tree" => chains::likely(sheets, language),
        "scan" => map::draw(sheets, language),
        _ => Err(NotDrawn::NoPicture(function.to_owned())),
    }
}

/// A table by columns.
struct Columns<'a> {
    sheet: &'a Sheet,
}

impl<'a> Columns<'a> {
    /// The first table that has all these columns.
    fn find(sheets: &'a [Sheet], columns: &[&str]) -> Option<Self> {
        let has = |sheet: &&Sheet| columns.iter().all(|c| sheet.spec.columns.contains(c));
        sheets.iter().find(has).map(|sheet| Self { sheet })
    }

    fn cells(&self, column: &str) -> impl Iterator<Item = &'a Cell> + use<'a> {
        let at = self.sheet.spec.columns.iter().position(|c| *c == column);
        self.sheet.rows.iter().filter_map(move |row| row.get(at?))
    }

    /// The finite numbers of a column, nothing where there is none.
    fn numbers(&self, column: &str) -> Vec<Option<f64>> {
        self.cells(column)
            .map(|cell| match cell {
                Cell::Number(n) if n.is_finite() => Some(*n),
                Cell::Number(_) | Cell::Missing | Cell::Text(_) => None,
            })
            .collect()
    }

    fn texts(&self, column: &str) -> Vec<String> {
        self.cells(column).map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests;
