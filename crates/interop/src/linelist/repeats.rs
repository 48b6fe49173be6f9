//! Rows that stand in a file more than once.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::table::{RawRow, Table};

/// For every later row: the number of the first row with the same key. `key` is empty for rows
/// that are not compared.
fn repeats<'t>(
    table: &'t Table,
    key: impl Fn(&RawRow<'t>) -> Option<u64>,
    same: impl Fn(&RawRow<'t>, &RawRow<'t>) -> bool,
) -> BTreeMap<u32, u32> {
    let mut first: HashMap<u64, usize> = HashMap::with_capacity(table.row_count());
    let mut found = BTreeMap::new();
    for (index, row) in table.rows().enumerate() {
        let Some(key) = key(&row) else { continue };
        match first.get(&key).and_then(|earlier| table.row(*earlier)) {
            Some(earlier) if same(&earlier, &row) => {
                found.insert(row.number, earlier.number);
            }
            Some(_) => {}
            None => {
                first.insert(key, index);
            }
        }
    }
    found
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Rows that are the same cell by cell.
pub(super) fn whole_rows(table: &Table) -> BTreeMap<u32, u32> {
    let key = |row: &RawRow<'_>| {
        let mut hasher = DefaultHasher::new();
        for cell in row.cells() {
            cell.hash(&mut hasher);
        }
        Some(hasher.finish())
    };
    repeats(table, key, |a, b| a.cells().eq(b.cells()))
}

/// Rows with the same text in one column.
pub(super) fn in_column(table: &Table, column: usize) -> BTreeMap<u32, u32> {
    let key = |row: &RawRow<'_>| {
        let cell = row.cell(column);
        (!super::codes::is_missing(cell)).then(|| hash(cell))
    };
    repeats(table, key, |a, b| a.cell(column) == b.cell(column))
}
