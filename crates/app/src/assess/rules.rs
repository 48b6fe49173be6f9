//! The packs of an installation, with what they need to know of it: zone, city, and where its tree
//! of areas stands among the city's levels.

use std::sync::Arc;

use fangxian_base::{Date, Zone};
use fangxian_interop::linelist::DiseaseNames;
use fangxian_packs::{Approval, Assessment, Input, LevelName, Library, Limit};
use fangxian_store::Tx;
use fangxian_store::places::area_root;
use fangxian_store::responses::Response;

use crate::Result;
use crate::linkage::Matching;

/// What rules and matching need to know of the installation; cheap to clone into write closures.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(super) packs: Arc<Library>,
    pub(super) names: Arc<DiseaseNames>,
    pub(super) zone: Zone,
    pub(super) city: String,
    pub(super) matching: Arc<Matching>,
}

impl Rules {
    /// Today, at the moment the transaction began.
    pub fn today(&self, tx: &Tx<'_>) -> Date {
        self.zone.date(tx.now())
    }

    /// The installation's zone.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The packs.
    pub fn packs(&self) -> &Library {
        &self.packs
    }

    /// The model that records are matched with.
    pub fn matching(&self) -> &Matching {
        &self.matching
    }

    /// What the packs call their diseases.
    pub fn names(&self) -> &DiseaseNames {
        &self.names
    }

    fn levels(&self) -> Vec<LevelName> {
        self.packs
            .city(&self.city)
            .map(|city| city.levels())
            .unwrap_or_default()
    }

    /// Where the tree's top stands among the city's levels: an installation may be a city or a
    /// county, and its division code says which (GB/T 2260: six digits, a city's end in 00).
    fn offset(&self, tx: &mut Tx<'_>) -> Result<i64> {
        let Some(root) = area_root(tx)? else {
            return Ok(0);
        };
        let id = match (root.code.len(), root.code.ends_with("00")) {
            (6, true) => "city",
            (6, false) => "county",
            (9, _) => "township",
            (12, _) => "community",
            _ => return Ok(0),
        };
        let at = self.levels().iter().position(|level| level.id == id);
        Ok(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(0))
    }

    /// The city's level for a level of the tree, counted from 0 at the top.
    pub fn level(&self, tx: &mut Tx<'_>, level: i64) -> Result<Option<LevelName>> {
        let at = usize::try_from(level + self.offset(tx)?).unwrap_or(usize::MAX);
        Ok(self.levels().into_iter().nth(at))
    }

    /// The level of the tree that the city pack calls so; negative when it lies above the tree.
    pub fn level_of(&self, tx: &mut Tx<'_>, id: &str) -> Result<Option<i64>> {
        let at = self.levels().iter().position(|level| level.id == id);
        let Some(at) = at.and_then(|at| i64::try_from(at).ok()) else {
            return Ok(None);
        };
        Ok(Some(at - self.offset(tx)?))
    }

    /// Hours that the city gives a level of the tree for a kind of task.
    pub fn deadline_hours(
        &self,
        tx: &mut Tx<'_>,
        kind: &str,
        level: i64,
        on: Date,
    ) -> Result<Option<i64>> {
        let Some(level) = self.level(tx, level)? else {
            return Ok(None);
        };
        let city = self.packs.city(&self.city);
        Ok(city.and_then(|city| city.deadline_hours(kind, &level.id, on)))
    }

    /// The limits on decisions that the city gives on a day.
    pub fn limits_on(&self, on: Date) -> Vec<Limit> {
        let city = self.packs.city(&self.city);
        city.map(|city| city.limits_on(on)).unwrap_or_default()
    }

    /// Puts one disease's rules to facts that are already in the packs' form.
    pub(super) fn assess(
        &self,
        response: &Response,
        facts: &[fangxian_packs::Fact],
        approvals: &[Approval],
        on: Date,
    ) -> Assessment {
        self.packs.assess(&Input {
            disease: &response.disease,
            city: &self.city,
            region: &response.region,
            facts,
            approvals,
            on,
            as_of: on,
        })
    }
}
