//! Where people occurred together: the institution, the community, the town, the county, the city.
//! Groups inside an institution are not recorded, so no rule that asks for one is answered.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use fangxian_base::{AreaId, Date, Text};
use fangxian_packs::{CaseClass, DayCount, Unit};
use fangxian_store::alerts::{Alike, place_code};
use fangxian_store::places::{self, Area, area_ancestors, area_root, unit_list};
use fangxian_store::{AreaRange, Tx};

use crate::Result;
use crate::assess::counting::plain_place;
use crate::assess::{Rules, from_code};

/// What a place is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Called {
    /// A unit or area that everybody knows.
    Known(Text),
    /// As somebody typed it; read when it is needed, by its code.
    Typed(String),
}

/// A place with whoever counts there.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// What kind of place the rules take it for.
    pub unit: Unit,
    /// What tells it from others.
    pub key: String,
    /// What it is called.
    pub called: Called,
    /// Where it is.
    pub area: Option<AreaId>,
    /// Those who count there.
    pub people: Vec<&'a Alike>,
    /// Of these people nothing nearer is known: they are no group, each may only count alone.
    pub apart: bool,
}

impl Place<'_> {
    /// Whether a sealed disease is concerned.
    pub fn confined(&self) -> bool {
        self.people.iter().any(|alike| alike.confined)
    }

    /// Its people by day.
    pub fn days(&self) -> BTreeMap<Date, DayCount> {
        days_of(self.people.iter().copied())
    }
}

/// How people who are alike count, as the packs ask for it.
pub(super) fn count_of(alike: &Alike, people: i64) -> DayCount {
    let n = u32::try_from(people).unwrap_or(u32::MAX);
    let class = alike.class.as_deref().and_then(from_code::<CaseClass>);
    let when = |holds: bool| if holds { n } else { 0 };
    let case = !alike.ill;
    DayCount {
        cases: when(case),
        confirmed: when(class == Some(CaseClass::Confirmed)),
        suspected: when(class == Some(CaseClass::Suspected)),
        ill: when(alike.ill),
        hospitalised: when(case && alike.hospitalised),
        deaths: when(case && alike.died),
    }
}

/// People by day.
pub(super) fn days_of<'a>(people: impl Iterator<Item = &'a Alike>) -> BTreeMap<Date, DayCount> {
    let mut days: BTreeMap<Date, DayCount> = BTreeMap::new();
    for alike in people {
        let more = count_of(alike, alike.people);
        let day = days.entry(alike.on).or_default();
        day.cases += more.cases;
        day.confirmed += more.confirmed;
        day.suspected += more.suspected;
        day.ill += more.ill;
        day.hospitalised += more.hospitalised;
        day.deaths += more.deaths;
    }
    days
}

/// The areas that hold people, each with those above it, read once.
pub(super) struct Tree {
    root: Option<Area>,
    chains: BTreeMap<AreaId, Vec<Area>>,
    community: Option<i64>,
    township: Option<i64>,
    county: Option<i64>,
    city: Option<i64>,
}

impl Tree {
    pub fn read(rules: &Rules, tx: &mut Tx<'_>, people: &[Alike]) -> Result<Self> {
        let mut chains = BTreeMap::new();
        for area in people.iter().filter_map(|alike| alike.area) {
            if let Entry::Vacant(empty) = chains.entry(area) {
                empty.insert(area_ancestors(tx, area)?);
            }
        }
        let mut level = |id: &str| -> Result<Option<i64>> {
            Ok(rules.level_of(tx, id)?.filter(|level| *level >= 0))
        };
        Ok(Self {
            community: level("community")?,
            township: level("township")?,
            county: level("county")?,
            city: level("city")?,
            chains,
            root: area_root(tx)?,
        })
    }

    /// The area and those above it, from the top; of somebody whose area is not known, the top.
    fn chain(&self, area: Option<AreaId>) -> &[Area] {
        match area.and_then(|area| self.chains.get(&area)) {
            Some(chain) => chain,
            None => self.root.as_slice(),
        }
    }

    fn at(&self, area: Option<AreaId>, level: Option<i64>) -> Option<&Area> {
        let level = level?;
        self.chain(area).iter().find(|area| area.level == level)
    }

    /// The county in which somebody lives.
    pub fn county(&self, area: Option<AreaId>) -> Option<AreaId> {
        self.at(area, self.county).map(|area| area.id)
    }

    /// The smallest area that holds all of these people, not below a town: where somebody lives is
    /// not where a place lies.
    fn around(&self, people: &[&Alike]) -> Option<AreaId> {
        let mut chains = people.iter().map(|alike| self.chain(alike.area));
        let mut shared = chains.next()?;
        for chain in chains {
            let same = shared.iter().zip(chain).take_while(|(a, b)| a.id == b.id);
            shared = shared.get(..same.count()).unwrap_or_default();
        }
        let above = |area: &&Area| self.township.is_none_or(|town| area.level <= town);
        shared.iter().rfind(above).map(|area| area.id)
    }
}

/// Collects people by place.
#[derive(Default)]
struct Sorting<'a> {
    places: BTreeMap<(Unit, String), Place<'a>>,
}

impl<'a> Sorting<'a> {
    fn put(
        &mut self,
        unit: Unit,
        key: String,
        alike: &'a Alike,
        make: impl FnOnce() -> (Called, Option<AreaId>),
        apart: bool,
    ) {
        let place = self.places.entry((unit, key.clone())).or_insert_with(|| {
            let (called, area) = make();
            Place {
                unit,
                key,
                called,
                area,
                people: Vec::new(),
                apart,
            }
        });
        place.people.push(alike);
    }

    fn put_area(&mut self, unit: Unit, area: &Area, alike: &'a Alike, apart: bool) {
        let name = || {
            let name = Text::new(area.name_zh.as_str(), area.name_en.as_str());
            (Called::Known(name), Some(area.id))
        };
        self.put(unit, format!("area/{}", area.id), alike, name, apart);
    }
}

/// Every place at which somebody counts. Who has an institution counts there and in the community
/// where they live; of whom neither is known, alone in the smallest area that is.
pub(super) fn sorted<'a>(
    tx: &mut Tx<'_>,
    tree: &Tree,
    people: &'a [Alike],
) -> Result<Vec<Place<'a>>> {
    // A name that two units bear says of neither that it is meant.
    let mut units: BTreeMap<String, Option<places::Unit>> = BTreeMap::new();
    if people.iter().any(|alike| alike.place.is_some()) {
        for unit in unit_list(tx, &[AreaRange::everywhere()], None)? {
            for name in [&unit.name_en, &unit.name_zh] {
                let Some(plain) = plain_place(name) else {
                    continue;
                };
                units
                    .entry(place_code(tx, &plain))
                    .and_modify(|known| {
                        if known.as_ref().is_some_and(|known| known.id != unit.id) {
                            *known = None;
                        }
                    })
                    .or_insert_with(|| Some(unit.clone()));
            }
        }
    }
    let mut sorting = Sorting::default();
    for alike in people {
        if let Some(code) = &alike.place {
            let unit = units.get(code).and_then(Option::as_ref);
            let key = unit.map_or_else(
                || format!("name/{code}"),
                |unit| format!("unit/{}", unit.id),
            );
            let name = || {
                unit.map_or_else(
                    || (Called::Typed(code.clone()), None),
                    |unit| {
                        let name = Text::new(unit.name_zh.as_str(), unit.name_en.as_str());
                        (Called::Known(name), Some(unit.area))
                    },
                )
            };
            sorting.put(Unit::Institution, key, alike, name, false);
        }
        let nearest = tree.chain(alike.area).last();
        match (tree.at(alike.area, tree.community), &alike.place, nearest) {
            (Some(community), ..) => {
                sorting.put_area(Unit::Institution, community, alike, false);
            }
            (None, None, Some(area)) => sorting.put_area(Unit::Institution, area, alike, true),
            (None, ..) => {}
        }
        for (unit, level) in [
            (Unit::Town, tree.township),
            (Unit::County, tree.county),
            (Unit::City, tree.city),
        ] {
            if let Some(area) = tree.at(alike.area, level) {
                sorting.put_area(unit, area, alike, false);
            }
        }
    }
    let mut all: Vec<Place<'a>> = sorting.places.into_values().collect();
    for place in all.iter_mut().filter(|place| place.area.is_none()) {
        place.area = tree.around(&place.people);
    }
    Ok(all)
}
