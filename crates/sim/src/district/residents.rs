//! Residents in households: names, ages, numbers, phones, addresses. Nobody exists.

use fangxian_base::Date;
use serde::{Deserialize, Serialize};

use super::areas::{Area, Level, Setting};
use crate::names::{NameBook, Surname};
use crate::person::{Numbers, Sex};
use crate::streams::{Stream, Streams};

/// Ages are counted from this day.
const TODAY: Date = Date::constant(2026, 3, 2);

/// Somebody who lives in the district.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resident {
    /// The name.
    pub name: String,
    /// The sex.
    pub sex: Sex,
    /// The birth date.
    pub birth: Date,
    /// The document number, area code 990101.
    pub id_number: String,
    /// A mobile number; children have that of a parent.
    pub phone: String,
    /// The address as people say it.
    pub address: String,
    /// Code of the grid.
    pub grid: String,
    /// The number of the household; its members stand beside each other.
    pub household: usize,
}

impl Resident {
    /// Age in whole years on a day.
    pub fn age(&self, on: Date) -> i16 {
        let had = (on.month(), on.day()) >= (self.birth.month(), self.birth.day());
        on.year() - self.birth.year() - i16::from(!had)
    }

    /// Code of the community: the grid's without its own three digits.
    pub fn community(&self) -> &str {
        self.grid.get(..12).unwrap_or(&self.grid)
    }
}

struct Registry<'a> {
    stream: Stream,
    numbers: Numbers,
    book: &'a mut NameBook,
    all: Vec<Resident>,
    households: usize,
}

/// Fills the grids with households until there are so many people.
pub(super) fn settle(
    streams: Streams,
    areas: &[Area],
    book: &mut NameBook,
    count: usize,
) -> Vec<Resident> {
    let grids: Vec<&Area> = areas
        .iter()
        .filter(|area| area.level == Level::Grid)
        .collect();
    let mut registry = Registry {
        stream: streams.named("residents"),
        numbers: Numbers::new(streams.named("numbers")),
        book,
        all: Vec::with_capacity(count + 8),
        households: 0,
    };
    // Urban grids hold about twice as many people.
    let weights: Vec<u32> = grids
        .iter()
        .map(|g| if g.setting == Setting::Urban { 2 } else { 1 })
        .collect();
    while registry.all.len() < count && !grids.is_empty() {
        let at = registry.stream.weighted(weights.iter().copied());
        if let Some(grid) = grids.get(at) {
            registry.household(grid);
        }
    }
    registry.all
}

impl Registry<'_> {
    fn household(&mut self, grid: &Area) {
        self.households += 1;
        let address = self.address(grid);
        let (his, hers) = (self.book.surname(), self.book.surname());
        let parents = self.stream.between(24, 72);
        let single = self.stream.percent(24);
        let phone = self.numbers.phone();
        let first = if single && self.stream.percent(50) {
            Sex::Female
        } else {
            Sex::Male
        };
        self.person(his, first, parents, phone.clone(), &address, grid);
        if single {
            return;
        }
        let other = self.numbers.phone();
        let younger = self.stream.between(-2, 5);
        self.person(
            hers,
            Sex::Female,
            (parents - younger).max(22),
            other,
            &address,
            grid,
        );
        if parents < 55 {
            for _ in 0..self.stream.weighted([4, 5, 2].into_iter()) {
                let age = (parents - self.stream.between(24, 36)).max(0);
                let sex = if self.stream.percent(52) {
                    Sex::Male
                } else {
                    Sex::Female
                };
                let surname = self.book.inherited(his, hers);
                let own = if age < 14 {
                    phone.clone()
                } else {
                    self.numbers.phone()
                };
                self.person(surname, sex, age, own, &address, grid);
            }
            if self.stream.percent(18) {
                let age = parents + self.stream.between(22, 32);
                let own = self.numbers.phone();
                let surname = self.book.surname();
                self.person(surname, Sex::Female, age.min(96), own, &address, grid);
            }
        }
    }

    fn person(
        &mut self,
        surname: Surname,
        sex: Sex,
        age: i64,
        phone: String,
        address: &str,
        grid: &Area,
    ) {
        let days = age * 365 + age / 4 + self.stream.between(1, 364);
        let birth = fangxian_base::plus_days(TODAY, -days);
        let name = self.book.draw(surname, sex, birth.year());
        self.all.push(Resident {
            name: name.zh,
            sex,
            birth,
            id_number: self.numbers.id(birth, sex),
            phone,
            address: address.to_owned(),
            grid: grid.code.clone(),
            household: self.households,
        });
    }

    fn address(&mut self, grid: &Area) -> String {
        // 花园社区第3网格 → 花园社区
        let place = grid.name_zh.split('第').next().unwrap_or(&grid.name_zh);
        match grid.setting {
            Setting::Urban => format!(
                "{place}{}栋{}单元{}{:02}室",
                self.stream.between(1, 28),
                self.stream.between(1, 3),
                self.stream.between(1, 11),
                self.stream.between(1, 4)
            ),
            Setting::Rural => format!(
                "{place}{}组{}号",
                self.stream.between(1, 12),
                self.stream.between(1, 90)
            ),
        }
    }
}
