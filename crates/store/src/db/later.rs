//! Rows that wait to be written: what came in with one command is inserted together, many rows in
//! a statement, before anything else is asked and at the end.
//!
//! Whoever asks past them with [`Tx::rows_aside`] must know by itself what waits: what came in is
//! remembered (`arrivals.rs`).

use std::fmt::Write;

use fangxian_base::RecordId;

use super::{DbError, Tx, Val};

/// A table that rows may wait for.
#[derive(Debug)]
pub(crate) struct Insert {
    /// Tables that others refer to come first.
    pub(crate) rank: u8,
    pub(crate) table: &'static str,
    pub(crate) columns: &'static str,
    pub(crate) width: usize,
    /// What is done with rows that are there.
    pub(crate) tail: &'static str,
}

/// LIMIT: rows that one statement inserts.
const ROWS_MAX: usize = 64;

impl Insert {
    fn sql(&self, rows: usize) -> String {
        let mut sql = format!("INSERT INTO {} ({}) VALUES ", self.table, self.columns);
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..self.width {
                let comma = if column == 0 { "" } else { ", " };
                let _ = write!(sql, "{comma}${}", row * self.width + column + 1);
            }
            sql.push(')');
        }
        sql.push_str(self.tail);
        sql
    }
}

/// What waits, by table.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    tables: Vec<(&'static Insert, Vec<Val>)>,
}

impl Tx<'_> {
    /// Lets rows of a table wait; `values` hold one after the other.
    pub(crate) fn later(&mut self, insert: &'static Insert, values: impl IntoIterator<Item = Val>) {
        let tables = &mut self.context.waiting.tables;
        let at = match tables.binary_search_by_key(&insert.rank, |(known, _)| known.rank) {
            Ok(at) => at,
            Err(at) => {
                tables.insert(at, (insert, Vec::new()));
                at
            }
        };
        if let Some((_, waiting)) = tables.get_mut(at) {
            waiting.extend(values);
        }
    }

    /// Changes columns of a row that waits; answers whether it does.
    pub(crate) fn change_waiting(
        &mut self,
        insert: &Insert,
        id: RecordId,
        changes: &[(usize, Val)],
    ) -> bool {
        let mut tables = self.context.waiting.tables.iter_mut();
        let Some((_, values)) = tables.find(|(known, _)| known.rank == insert.rank) else {
            return false;
        };
        let id = Val::from(id);
        let mut rows = values.chunks_mut(insert.width);
        let Some(row) = rows.rfind(|row| row.first() == Some(&id)) else {
            return false;
        };
        for (column, value) in changes {
            if let Some(cell) = row.get_mut(*column) {
                *cell = value.clone();
            }
        }
        true
    }

    /// Writes what waits.
    pub(crate) fn settle(&mut self) -> Result<(), DbError> {
        if self.context.waiting.tables.is_empty() {
            return Ok(());
        }
        for (insert, values) in std::mem::take(&mut self.context.waiting).tables {
            let mut rest = values.as_slice();
            while !rest.is_empty() {
                let rows = (rest.len() / insert.width).clamp(1, ROWS_MAX);
                // Few lengths, so that few statements are prepared.
                let rows = 1_usize << rows.ilog2();
                let (these, others) = rest.split_at(rest.len().min(rows * insert.width));
                self.exec_now(&insert.sql(rows), these)?;
                rest = others;
            }
        }
        Ok(())
    }
}
