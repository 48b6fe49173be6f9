//! Fills a [`Table`] row by row: header, titles, blank rows, repeated headers and limits are dealt
//! with here, once for all formats.

use std::collections::BTreeSet;

use super::clean::push_clean;
use super::decode::Encoding;
use super::headers::Header;
use super::problem::{Finding, Problem};
use super::table::{Limits, ReadError, Table};

/// Builds a [`Table`] row by row.
#[derive(Debug)]
pub struct TableBuilder {
    table: Table,
    limits: Limits,
    names: BTreeSet<String>,
    waiting: Option<(u32, Vec<String>)>,
    /// A header line with gaps: groups, if the next line names their columns.
    groups: Option<Vec<String>>,
    blank: usize,
    titles: usize,
    removed: usize,
    repeated_headers: usize,
    ragged: (usize, Option<u32>),
    /// Cells of the header line, and the most cells with content in any row.
    header_cells: usize,
    widest: usize,
}

impl TableBuilder {
    /// An empty table.
    pub const fn new(encoding: Encoding, delimiter: char, limits: Limits) -> Self {
        let table = Table {
            encoding,
            delimiter,
            sheet: None,
            header: Vec::new(),
            findings: Vec::new(),
            text: String::new(),
            ends: Vec::new(),
            rows: Vec::new(),
        };
        Self {
            table,
            limits,
            names: BTreeSet::new(),
            waiting: None,
            groups: None,
            blank: 0,
            titles: 0,
            removed: 0,
            repeated_headers: 0,
            ragged: (0, None),
            header_cells: 0,
            widest: 0,
        }
    }

    /// Adds a remark.
    pub fn remark(&mut self, finding: Finding) {
        self.table.findings.push(finding);
    }

    /// Adds the next row; the first with content becomes the header.
    ///
    /// # Errors
    /// When a limit is passed.
    pub fn push<'c>(
        &mut self,
        number: u32,
        cells: impl Iterator<Item = &'c str>,
    ) -> Result<(), ReadError> {
        let (text_mark, ends_mark) = (self.table.text.len(), self.table.ends.len());
        for (column, cell) in cells.enumerate() {
            if column >= self.limits.columns {
                return Err(ReadError::TooManyColumns {
                    row: number,
                    allowed: self.limits.columns,
                });
            }
            if cell.len() > self.limits.cell_chars && cell.chars().count() > self.limits.cell_chars
            {
                return Err(ReadError::CellTooLong {
                    row: number,
                    allowed: self.limits.cell_chars,
                });
            }
            self.removed += push_clean(&mut self.table.text, cell);
            self.table
                .ends
                .push(u32::try_from(self.table.text.len()).unwrap_or(u32::MAX));
        }
        if self.table.text.len() == text_mark {
            self.table.ends.truncate(ends_mark);
            self.blank += 1;
            return Ok(());
        }
        if !self.table.header.is_empty() {
            return self.take_row(number, text_mark, ends_mark);
        }
        match self.groups.take() {
            None => self.take_header(number, text_mark, ends_mark),
            Some(groups) => self.take_columns(&groups, number, text_mark, ends_mark)?,
        }
        Ok(())
    }

    /// The line below a header with gaps: the names of the columns, or the first row.
    fn take_columns(
        &mut self,
        groups: &[String],
        number: u32,
        text_mark: usize,
        ends_mark: usize,
    ) -> Result<(), ReadError> {
        let cells = self.cells_from(text_mark, ends_mark);
        if let Some(names) = joined(groups, &cells) {
            self.table.ends.truncate(ends_mark);
            self.table.text.truncate(text_mark);
            self.remark(Finding::on_file(Problem::HeaderInTwoRows));
            self.set_header(names);
            return Ok(());
        }
        self.set_header(groups.to_vec());
        self.take_row(number, text_mark, ends_mark)
    }

    /// The cells just pushed.
    fn cells_from(&self, text_mark: usize, ends_mark: usize) -> Vec<String> {
        let mut start = text_mark;
        self.table.ends[ends_mark..]
            .iter()
            .map(|end| {
                let cell = self.table.text[start..*end as usize].to_owned();
                start = *end as usize;
                cell
            })
            .collect()
    }

    /// A line with one filled cell above a line with several is a title, not the header.
    fn take_header(&mut self, number: u32, text_mark: usize, ends_mark: usize) {
        let cells = self.cells_from(text_mark, ends_mark);
        self.table.ends.truncate(ends_mark);
        self.table.text.truncate(text_mark);
        let filled = |cells: &[String]| cells.iter().filter(|c| !c.is_empty()).count();
        match self.waiting.take() {
            None if filled(&cells) > 1 => self.header_or_groups(cells),
            None => self.waiting = Some((number, cells)),
            Some(_) if filled(&cells) > 2 => {
                self.titles += 1;
                self.header_or_groups(cells);
            }
            Some((_, header)) => {
                self.set_header(header);
                let row = cells;
                for cell in &row {
                    self.table.text.push_str(cell);
                    self.table
                        .ends
                        .push(u32::try_from(self.table.text.len()).unwrap_or(u32::MAX));
                }
                // The limits hold: the cells were checked when they came in.
                let _ = self.take_row(number, text_mark, ends_mark);
            }
        }
    }

    /// A line with gaps may only name groups of columns; the next line tells.
    fn header_or_groups(&mut self, cells: Vec<String>) {
        let filled = cells.iter().rposition(|cell| !cell.is_empty());
        if filled.is_some_and(|last| cells[..last].iter().any(String::is_empty)) {
            self.groups = Some(cells);
        } else {
            self.set_header(cells);
        }
    }

    fn set_header(&mut self, cells: Vec<String>) {
        self.header_cells = cells.len();
        let mut cells = cells;
        while cells.last().is_some_and(String::is_empty) {
            cells.pop();
        }
        for cell in cells {
            self.add_column(&cell);
        }
    }

    /// Names the next column; a name that is missing or taken gets a number.
    fn add_column(&mut self, cell: &str) {
        let header = &mut self.table.header;
        let base = if cell.is_empty() {
            format!("({})", header.len() + 1)
        } else {
            cell.replace('\n', " ")
        };
        let mut problem = cell.is_empty().then_some(Problem::HeaderEmpty);
        let mut name = base.clone();
        let mut copy = 1;
        while !self.names.insert(name.clone()) {
            copy += 1;
            name = format!("{base} ({copy})");
            problem = Some(Problem::HeaderRepeated);
        }
        header.push(name.clone());
        if let Some(problem) = problem {
            self.remark(Finding {
                row: None,
                column: Some(name),
                field: None,
                problem,
            });
        }
    }

    fn take_row(
        &mut self,
        number: u32,
        text_mark: usize,
        ends_mark: usize,
    ) -> Result<(), ReadError> {
        let table = &mut self.table;
        let width = table.header.len();
        let all = table.ends.len() - ends_mark;
        // Empty cells beyond the header say nothing.
        while table.ends.len() - ends_mark > width
            && table.ends[table.ends.len() - 1] == table.ends[table.ends.len() - 2]
        {
            table.ends.pop();
        }
        let found = table.ends.len() - ends_mark;
        let mut start = text_mark;
        let again = found == width
            && table.ends[ends_mark..]
                .iter()
                .zip(&table.header)
                .all(|(end, name)| {
                    let cell = &table.text[start..*end as usize];
                    start = *end as usize;
                    cell == name
                });
        if again {
            table.ends.truncate(ends_mark);
            table.text.truncate(text_mark);
            self.repeated_headers += 1;
            return Ok(());
        }
        if table.rows.len() >= self.limits.rows {
            return Err(ReadError::TooManyRows {
                allowed: self.limits.rows,
            });
        }
        self.widest = self.widest.max(found);
        // A workbook has no cells after the last that is filled; a text has its delimiters.
        let short = all < self.header_cells && table.encoding != Encoding::Xlsx;
        if short || found > self.header_cells {
            self.ragged.0 += 1;
            self.ragged.1.get_or_insert(number);
        }
        table
            .rows
            .push((number, u32::try_from(ends_mark).unwrap_or(u32::MAX)));
        Ok(())
    }

    /// The finished table.
    ///
    /// # Errors
    /// [`ReadError::Empty`] when not even a header came.
    pub fn finish(mut self) -> Result<Table, ReadError> {
        if let Some(header) = self.groups.take() {
            self.set_header(header);
        }
        if let Some((_, header)) = self.waiting.take() {
            self.set_header(header);
        }
        if self.table.header.is_empty() {
            return Err(ReadError::Empty);
        }
        // What stands beyond the header is kept in columns without a name.
        while self.table.header.len() < self.widest {
            self.add_column("");
        }
        let counted = [
            (
                self.removed,
                Problem::ControlCharacters {
                    count: self.removed,
                },
                None,
            ),
            (self.titles, Problem::TitleRows { count: self.titles }, None),
            (
                self.repeated_headers,
                Problem::HeaderAmongRows {
                    count: self.repeated_headers,
                },
                None,
            ),
            (self.blank, Problem::BlankRows { count: self.blank }, None),
            (
                self.ragged.0,
                Problem::RaggedRows {
                    count: self.ragged.0,
                },
                self.ragged.1,
            ),
            (
                usize::from(self.table.rows.is_empty()),
                Problem::HeaderOnly,
                None,
            ),
        ];
        for (count, problem, row) in counted {
            if count > 0 {
                self.table.findings.push(Finding {
                    row,
                    column: None,
                    field: None,
                    problem,
                });
            }
        }
        Ok(self.table)
    }
}

/// Names of columns from a line of groups and the line below it; `None` when that line is a row.
/// It names columns when most of its cells are words that a list's header has.
fn joined(groups: &[String], cells: &[String]) -> Option<Vec<String>> {
    let known = |name: &str| {
        let fields = Header::new(name).fields();
        fields
            .into_iter()
            .map(|(_, score)| score)
            .fold(0.0, f32::max)
    };
    let mut names = Vec::new();
    let mut group = "";
    let (mut below, mut recognised) = (0_usize, 0_usize);
    for at in 0..groups.len().max(cells.len()) {
        let at_group = groups.get(at).map_or("", String::as_str);
        let cell = cells.get(at).map_or("", String::as_str);
        if !at_group.is_empty() {
            group = at_group;
        }
        if cell.is_empty() || cell == group {
            names.push(at_group.to_owned());
            continue;
        }
        below += 1;
        let says_little = SAYS_LITTLE.contains(&cell.to_lowercase().as_str());
        recognised += usize::from(says_little || known(cell) >= KNOWN_MIN);
        let unique = cells.iter().filter(|other| *other == cell).count() == 1;
        names.push(if says_little || !unique {
            format!("{group}{cell}")
        } else {
            cell.to_owned()
        });
    }
    (below > 1 && recognised * 2 >= below).then_some(names)
}

/// A word of a header is known from here on.
const KNOWN_MIN: f32 = 0.6;
/// Words that name a column only together with the group above.
const SAYS_LITTLE: [&str; 13] = [
    "日期", "时间", "地点", "编号", "单位", "结果", "名称", "方式", "date", "time", "place",
    "number", "result",
];

#[cfg(test)]
mod tests {
    use super::super::{Limits, read_table};

    fn header(text: &str) -> Vec<String> {
        read_table(text.as_bytes(), Limits::default())
            .map(|table| table.header)
            .unwrap_or_default()
    }

    #[test]
    fn groups_above_columns_are_joined_where_the_column_alone_says_too_little() {
        assert_eq!(
            header(
                "序号,基本信息,,发病,,诊断,\n,姓名,性别,日期,地点,日期,医院\n1,张三,男,2020-01-02,甲,2020-01-05,乙\n"
            ),
            [
                "序号",
                "姓名",
                "性别",
                "发病日期",
                "发病地点",
                "诊断日期",
                "医院"
            ]
        );
    }

    #[test]
    fn a_row_below_a_header_with_a_gap_stays_a_row() {
        assert_eq!(
            header("姓名,,发病日期\n张三,x,2020-01-02\n"),
            ["姓名", "(2)", "发病日期"]
        );
    }
}
