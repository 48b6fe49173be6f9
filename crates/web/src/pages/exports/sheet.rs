//! A list as a file, line by line: header, cells, pages and parts until all of it was read.

use fangxian_app::{App, AppError, Kind, Part, Result};
use fangxian_base::{Instant, Text, Zone};

use crate::answer::Download;
use crate::ask::Ask;
use crate::endpoint::key;
use crate::i18n::{self, Lang};

/// LIMIT: rows of one file.
const ROWS_MAX: usize = 20_000;

/// In which language and zone a file is written.
pub(super) struct Reader {
    lang: Lang,
    zone: Zone,
}

impl Reader {
    pub(super) fn of(app: &App, ask: &Ask) -> Self {
        Self {
            lang: ask.lang,
            zone: app.settings().zone.clone(),
        }
    }

    pub(super) fn text(&self, text: &Text) -> String {
        text.in_language(self.lang.tag()).to_owned()
    }

    pub(super) fn maybe(&self, text: Option<&Text>) -> String {
        text.map(|text| self.text(text)).unwrap_or_default()
    }

    pub(super) fn code(&self, list: &str, code: &str) -> String {
        i18n::find(self.lang, &format!("{list}-{}", key(code)), &[])
            .unwrap_or_else(|| code.to_owned())
    }

    pub(super) fn time(&self, at: Option<Instant>) -> String {
        at.map(|at| self.zone.show(at)).unwrap_or_default()
    }
}

/// The columns of a file: the key of each header, and what stands below it.
pub(super) type Columns<R> = [(&'static str, fn(&Reader, &R) -> String)];

/// A file under way.
pub(super) struct Sheet {
    text: String,
    rows: usize,
}

impl Sheet {
    pub(super) fn begin<R>(reader: &Reader, columns: &Columns<R>) -> Self {
        let mut sheet = Self {
            text: String::from('\u{feff}'),
            rows: 0,
        };
        let header = columns.iter();
        sheet.line(header.map(|(words, _)| i18n::word(reader.lang, words, &[])));
        sheet
    }

    pub(super) fn add<R>(
        &mut self,
        reader: &Reader,
        columns: &Columns<R>,
        rows: &[R],
    ) -> Result<()> {
        self.rows += rows.len();
        if self.rows > ROWS_MAX {
            return Err(AppError::new(
                Kind::TooLarge,
                "TOO-MANY-ROWS",
                "记录过多，无法一次导出。请缩小范围（区域、状态或操作）后再导出。",
                "These are too many for one file. Narrow the list (area, state or action) and export again.",
            ));
        }
        for row in rows {
            self.line(columns.iter().map(|(_, cell)| cell(reader, row)));
        }
        Ok(())
    }

    pub(super) fn line(&mut self, cells: impl Iterator<Item = String>) {
        for (n, text) in cells.enumerate() {
            if n > 0 {
                self.text.push(',');
            }
            self.text.push_str(&cell(&text));
        }
        self.text.push_str("\r\n");
    }

    pub(super) fn end(self, app: &App, noun: &str) -> Download {
        Download {
            name: format!("{noun}-{}.csv", app.today()),
            bytes: self.text.into_bytes(),
        }
    }
}

/// A cell as it stands in the file: quoted where needed, never a formula.
pub(super) fn cell(text: &str) -> String {
    const RUNS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    let guard = if text.starts_with(RUNS) { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

/// Page after page of a list, until all of it was read.
pub(super) fn pages<R>(
    app: &App,
    ask: &Ask,
    noun: &str,
    columns: &Columns<R>,
    mut page: impl FnMut(i64) -> Result<(Vec<R>, i64)>,
) -> Result<Download> {
    let reader = Reader::of(app, ask);
    let mut sheet = Sheet::begin(&reader, columns);
    let mut offset = 0;
    loop {
        let (rows, total) = page(offset)?;
        sheet.add(&reader, columns, &rows)?;
        offset += i64::try_from(rows.len()).map_err(AppError::internal)?;
        if rows.is_empty() || offset >= total {
            return Ok(sheet.end(app, noun));
        }
    }
}

/// Part after part of a list that is read from one key to the next.
pub(super) fn parts<R, K>(
    app: &App,
    ask: &Ask,
    noun: &str,
    columns: &Columns<R>,
    mut part: impl FnMut(Option<K>) -> Result<Part<R, K>>,
) -> Result<Download> {
    let reader = Reader::of(app, ask);
    let mut sheet = Sheet::begin(&reader, columns);
    let mut from = None;
    loop {
        let read = part(from)?;
        sheet.add(&reader, columns, &read.rows)?;
        from = read.next;
        if from.is_none() {
            return Ok(sheet.end(app, noun));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_or_breaks_the_line() {
        for (text, wanted) in [
            ("王小明", "王小明"),
            ("=1+1", "'=1+1"),
            ("＠x", "'＠x"),
            ("a,b", "\"a,b\""),
            ("-\"x\"\r\n", "\"'-\"\"x\"\"\r\n\""),
        ] {
            assert_eq!(cell(text), wanted);
        }
    }
}
