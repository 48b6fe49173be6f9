//! A series of counts, as all detectors read it.

use fangxian_base::Date;

use crate::call::{Call, Refused};

/// Counts at equal steps of time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// The counts, first to last.
    pub counts: Vec<f64>,
    /// The dates of the steps, when they are known.
    pub dates: Option<Vec<Date>>,
    /// People under observation at each step; 1 where unknown.
    pub population: Vec<f64>,
    /// Steps in a year.
    pub per_year: usize,
}

impl Series {
    /// Counts without dates and population.
    pub fn of(counts: Vec<f64>, per_year: usize) -> Self {
        let population = vec![1.0; counts.len()];
        Self {
            counts,
            dates: None,
            population,
            per_year,
        }
    }

    /// The series that a call means: input `series`, the rows whose column `series` holds the parameter's text.
    ///
    /// Columns: `t` from 1 without gaps, `observed`, and where present `epoch` (dates or numbers), `population`,
    /// `freq`.
    pub fn read(call: &Call<'_>) -> Result<Self, Refused> {
        let input = call.selected("series", "series")?;
        let counts = input.numbers("observed")?;
        let t = input.numbers("t")?;
        let gap = t.iter().enumerate().find(|(i, t)| **t != (i + 1) as f64);
        if let Some((row, t)) = gap {
            return Err(Refused::BadCell {
                input: "series".to_owned(),
                column: "t".to_owned(),
                row: row + 1,
                text: t.to_string(),
                expected: "the next step: 1, 2, 3, … without gaps",
            });
        }
        let population = match input.has("population") {
            true => input.numbers("population")?,
            false => vec![1.0; counts.len()],
        };
        let dates = match input.has("epoch")
            && input.texts("epoch")?.iter().any(|text| text.contains('-'))
        {
            true => input.maybe_dates("epoch")?.into_iter().collect(),
            false => None,
        };
        let per_year = match input.has("freq") {
            true => input
                .numbers("freq")?
                .first()
                .copied()
                .and_then(crate::numbers::whole),
            false => call.params.optional_whole("freq")?,
        };
        Ok(Self {
            counts,
            dates,
            population,
            per_year: per_year.unwrap_or(52),
        })
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}

/// The positions to judge, counted from 1: parameter `range`, or every position.
pub fn range(call: &Call<'_>, series: &Series) -> Result<std::ops::RangeInclusive<usize>, Refused> {
    if call.params.value("range").is_none() {
        return Ok(1..=series.len());
    }
    let (first, last) = call.params.range("range")?;
    if last > series.len() {
        return call.params.refuse(
            "range",
            format!("ends after the last of {} steps", series.len()),
        );
    }
    Ok(first..=last)
}
