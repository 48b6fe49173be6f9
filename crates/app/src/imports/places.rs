//! Areas by the names that lists use.

use std::collections::BTreeMap;

use fangxian_base::AreaId;
use fangxian_store::{Tx, places};

use crate::Result;

/// Finds areas by the names that lists use.
#[derive(Debug)]
pub(crate) struct PlaceIndex {
    /// Name in Chinese and English → areas of that name, with their level and parent.
    by_name: BTreeMap<String, Vec<(i64, AreaId, Option<AreaId>)>>,
    parents: BTreeMap<AreaId, Option<AreaId>>,
}

impl PlaceIndex {
    /// Reads all areas.
    pub(crate) fn load(tx: &mut Tx<'_>) -> Result<Self> {
        let mut by_name: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let mut parents = BTreeMap::new();
        for area in places::area_list(tx, &[fangxian_store::AreaRange::everywhere()], None)? {
            parents.insert(area.id, area.parent);
            for name in [area.code, area.name_zh, area.name_en] {
                by_name
                    .entry(name)
                    .or_default()
                    .push((area.level, area.id, area.parent));
            }
        }
        Ok(Self { by_name, parents })
    }

    fn below(&self, area: AreaId, ancestor: AreaId) -> bool {
        let mut at = Some(area);
        while let Some(here) = at {
            if here == ancestor {
                return true;
            }
            at = self.parents.get(&here).copied().flatten();
        }
        false
    }

    /// The lowest area that these names, from the top down, name without contradiction. A name
    /// that two areas share decides nothing by itself.
    pub(crate) fn find(&self, names: &[Option<&str>]) -> Option<AreaId> {
        let mut found: Option<AreaId> = None;
        for name in names.iter().flatten() {
            let Some(areas) = self.by_name.get(name.trim()) else {
                continue;
            };
            let fits: Vec<AreaId> = areas
                .iter()
                .map(|(_, id, _)| *id)
                .filter(|id| found.is_none_or(|above| self.below(*id, above)))
                .collect();
            if let [one] = fits.as_slice() {
                found = Some(*one);
            }
        }
        found
    }
}
