//! A mapping is remembered: when a list of the same source with the same columns comes again, it is
//! proposed to be read as last time.

use fangxian_domain::identifiers::Wording;
use fangxian_interop::linelist::{Kind as ListKind, Mapping, Table};
use fangxian_store::imports::import_mappings;

use crate::{App, Result};

/// LIMIT: the newest lists of a source among which one with the same columns is looked for.
const LOOKED_AT: i64 = 50;

impl App {
    /// The proposal as last time, when a list of this source with these very columns was taken in
    /// before. What follows from the rows of this file, its year and its disease, stays as proposed.
    pub(super) fn as_last_time(
        &self,
        (kind, source): (ListKind, &str),
        table: &Table,
        proposed: Mapping,
    ) -> Result<Mapping> {
        let source = source.trim();
        if source.is_empty() {
            return Ok(proposed);
        }
        let before = self.read(|tx| Ok(import_mappings(tx, kind.code(), source, LOOKED_AT)?))?;
        let same = |mapping: &Mapping| {
            let mut columns = mapping.columns.iter().map(|column| &column.column);
            table.header.iter().all(|name| columns.next() == Some(name)) && columns.next().is_none()
        };
        let mut before = before.iter().filter_map(|text| Mapping::parse(text).ok());
        let Some(last) = before.find(same) else {
            return Ok(proposed);
        };
        let mut columns = last.columns;
        for column in &mut columns {
            column.why = Wording::new(
                format!("与来源“{source}”上次导入相同"),
                format!("as last time with the source {source}"),
            );
        }
        Ok(Mapping {
            columns,
            ..proposed
        })
    }
}
