//! A district as a whole: its division tree, its units, the staff and the residents.

pub mod areas;
pub mod geometry;
pub mod residents;
pub mod staff;

use geometry::{Point, Tiling};

use crate::names::NameBook;
use crate::streams::Streams;
use areas::{Area, Level};
use residents::Resident;
use staff::{Staff, Unit};

/// A district with everybody in it.
#[derive(Debug, Clone)]
pub struct District {
    /// The division tree, from the city down; an area comes after the one above it.
    pub areas: Vec<Area>,
    /// The units.
    pub units: Vec<Unit>,
    /// The staff with an account, without the administrator.
    pub staff: Vec<Staff>,
    /// The residents, household by household.
    pub residents: Vec<Resident>,
}

impl District {
    /// Makes a district of about so many residents: the last household is never cut.
    pub fn generate(seed: u64, residents: usize) -> Self {
        let streams = Streams::of(seed);
        let mut areas = areas(seed);
        let mut book = NameBook::new(streams.named("names"));
        let residents = residents::settle(streams, &areas, &mut book, residents);
        for area in &mut areas {
            let below = residents.iter().filter(|r| r.grid.starts_with(&area.code));
            area.population = below.count();
        }
        // The city's code is no beginning of its district's.
        let all = residents.len();
        for area in areas.iter_mut().filter(|area| area.level == Level::City) {
            area.population = all;
        }
        let units = staff::units(&areas);
        let mut names = NameBook::new(streams.named("staff"));
        let staff = staff::staff(&areas, &mut names, &mut streams.named("staff.sex"));
        Self {
            areas,
            units,
            staff,
            residents,
        }
    }

    /// The areas of a level.
    pub fn level(&self, level: Level) -> impl Iterator<Item = &Area> {
        self.areas.iter().filter(move |area| area.level == level)
    }
}

/// The division tree alone.
pub fn areas(seed: u64) -> Vec<Area> {
    areas::plant(&Tiling::new(Streams::of(seed)))
}

/// The line of the river.
pub fn river(seed: u64) -> Vec<Point> {
    geometry::river(Streams::of(seed))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::person::id_number_holds;

    #[test]
    fn the_same_seed_makes_the_same_district() {
        let (a, b) = (District::generate(3, 900), District::generate(3, 900));
        assert_eq!(a.residents, b.residents);
        assert_eq!(a.staff, b.staff);
        assert_ne!(a.residents, District::generate(4, 900).residents);
    }

    #[test]
    fn every_resident_has_a_number_that_holds_and_nobody_elses() {
        let district = District::generate(1, 3_000);
        let ids: BTreeSet<&str> = district
            .residents
            .iter()
            .map(|r| r.id_number.as_str())
            .collect();
        assert_eq!(ids.len(), district.residents.len());
        assert!(ids.iter().all(|id| id_number_holds(id)));
    }

    #[test]
    fn the_counts_of_areas_add_up_to_the_residents() {
        let district = District::generate(1, 3_000);
        let all = district.residents.len();
        assert!((3_000..3_010).contains(&all));
        for level in Level::ALL {
            let sum: usize = district.level(level).map(|area| area.population).sum();
            assert_eq!(sum, all, "{level:?}");
        }
    }

    #[test]
    fn every_grid_has_one_worker_and_every_login_is_given_once() {
        let district = District::generate(1, 500);
        let logins: BTreeSet<&str> = district.staff.iter().map(|s| s.login.as_str()).collect();
        assert_eq!(logins.len(), district.staff.len());
        for grid in district.level(Level::Grid) {
            let workers = district.staff.iter().filter(|s| s.works_in(&grid.code));
            assert_eq!(workers.count(), 1, "{}", grid.code);
        }
        for staff in &district.staff {
            assert!(
                district.units.iter().any(|unit| unit.zh == staff.unit),
                "{}",
                staff.unit
            );
        }
    }
}
