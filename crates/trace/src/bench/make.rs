//! Made-up movements of a city, the same for the same seed, in the files that [`build`](super::build()) reads.
//!
//! A person has a household, most have a place of work and two vehicles, and all visit venues of which a
//! few draw most. A day has six slots: night at home, ride, work, ride, two venues. How much of a person is
//! recorded differs from nearly nothing to everything. Simpler than `benches/gen.py`, which makes the data
//! of the reference checksums; for numbers to quote use that.

use std::path::Path;

use crate::disk::parquet;
use crate::error::TraceError;

const DAY: i32 = 86_400;
const DAYS: i32 = 14;
/// Stays of somebody who is recorded wholly, about.
const WHOLE: f64 = 75.0;

/// What to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// About so many stays, and as many in grid cells.
    pub events: u32,
    /// So many people.
    pub people: u32,
    /// Other seeds, other movements.
    pub seed: u64,
}

/// splitmix64 by S. Vigna: enough for movements, not for secrets.
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Up to, and without, one.
    fn unit(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or_default();
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }

    fn between(&mut self, low: i32, high: i32) -> i32 {
        let span = u64::try_from(high - low).unwrap_or(1).max(1);
        low + i32::try_from(self.next() % span).unwrap_or_default()
    }

    /// One of `count`, the first ones far more often.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a share of a count of places"
    )]
    fn popular(&mut self, count: i32) -> i32 {
        (f64::from(count) * self.unit().powi(3)) as i32
    }

    /// A cell of the 60 by 60, those in the middle more often.
    fn cell(&mut self) -> i32 {
        let mut across = || (self.between(0, 30) + self.between(0, 31)).min(59);
        across() * 60 + across()
    }
}

/// Columns: person, place, cell, from, to.
#[derive(Debug, Default)]
struct Stays([Vec<i32>; 5]);

impl Stays {
    fn push(&mut self, row: [i32; 5]) {
        for (column, value) in self.0.iter_mut().zip(row) {
            column.push(value);
        }
    }

    /// Four columns, sorted by one of them and the start.
    fn sorted(&self, place: usize, by: usize) -> [Vec<i32>; 4] {
        let mut order: Vec<usize> = (0..self.0[0].len()).collect();
        order.sort_by_key(|at| (self.0[by][*at], self.0[3][*at]));
        [0, place, 3, 4].map(|column| order.iter().map(|at| self.0[column][*at]).collect())
    }
}

/// Writes the files of a made-up city into a folder.
///
/// # Errors
/// When a file cannot be written.
pub fn make(folder: &Path, size: Size) -> Result<(), TraceError> {
    let people = i32::try_from(size.people.max(1_000)).unwrap_or(i32::MAX);
    let mut random = Random(size.seed);
    let (stays, cases) = stays(people, f64::from(size.events), &mut random);
    let write = |name: &str, columns: &[(&str, &[i32])]| {
        parquet::write(&folder.join(format!("{name}.parquet")), columns)
    };
    for (name, place, by, [what, from, to]) in [
        ("visits_place", 1, 1, ["place_id", "enter_ts", "leave_ts"]),
        ("visits_person", 1, 0, ["place_id", "enter_ts", "leave_ts"]),
        ("cells_cell", 2, 2, ["cell_id", "start_ts", "end_ts"]),
        ("cells_person", 2, 0, ["cell_id", "start_ts", "end_ts"]),
    ] {
        let [person, places, starts, ends] = stays.sorted(place, by);
        let columns: [(&str, &[i32]); 4] = [
            ("person_id", &person),
            (what, &places),
            (from, &starts),
            (to, &ends),
        ];
        write(name, &columns)?;
    }
    let onsets: Vec<i32> = cases
        .iter()
        .map(|_| random.between(7 * DAY, 12 * DAY))
        .collect();
    let ids: Vec<i32> = (0..).take(cases.len()).collect();
    let begin: Vec<i32> = onsets.iter().map(|t| t - 4 * DAY).collect();
    let end: Vec<i32> = onsets
        .iter()
        .map(|t| (t + 3 * DAY).min(DAYS * DAY))
        .collect();
    write(
        "cases",
        &[
            ("case_id", &ids),
            ("person_id", &cases),
            ("win_start", &begin),
            ("win_end", &end),
            ("onset_ts", &onsets),
        ],
    )?;
    let mut column = |rows: i32, low: i32, high: i32| -> Vec<i32> {
        (0..rows).map(|_| random.between(low, high)).collect()
    };
    let (tests, exposures) = (people / 5 * 12, people / 4);
    let whom = [column(tests, 0, people), column(exposures, 0, people)];
    let when = [
        column(tests, 0, DAYS * DAY),
        column(exposures, 0, DAYS * DAY),
    ];
    let results: Vec<i32> = column(tests, 0, 500)
        .iter()
        .map(|n| i32::from(*n == 0))
        .collect();
    let levels: Vec<i32> = column(exposures, 0, 5)
        .iter()
        .map(|n| 2 - i32::from(*n == 0))
        .collect();
    write(
        "tests",
        &[
            ("person_id", &whom[0]),
            ("ts", &when[0]),
            ("result", &results),
        ],
    )?;
    write(
        "exposures",
        &[
            ("person_id", &whom[1]),
            ("ts", &when[1]),
            ("level", &levels),
        ],
    )?;
    let cells: Vec<i32> = (0..25).map(|n| n * 144 % 3_600 + 30).collect();
    let since = column(25, 0, 10 * DAY);
    write("risk_cells", &[("cell_id", &cells), ("since_ts", &since)])?;
    let everybody: Vec<i32> = (0..people).collect();
    // Everybody was green the day before.
    let colours = vec![0; everybody.len()];
    write(
        "persons",
        &[("person_id", &everybody), ("colour", &colours)],
    )
}

/// The stays in order of person and time, and a thousand people who are recorded well.
fn stays(people: i32, events: f64, random: &mut Random) -> (Stays, Vec<i32>) {
    let (works, vehicles, venues) = (people / 16, people / 64 + 1, people / 21);
    let first_work = people;
    let first_vehicle = first_work + works;
    let first_venue = first_vehicle + vehicles;
    let work_cells: Vec<i32> = (0..works).map(|_| random.cell()).collect();
    let venue_cells: Vec<i32> = (0..venues).map(|_| random.cell()).collect();
    let share = (events / (f64::from(people) * WHOLE)).clamp(1e-4, 0.99);
    let mut stays = Stays::default();
    let mut recorded: Vec<(f64, i32)> = Vec::new();
    let (mut home, mut members, mut home_cell) = (0, 0, 0);
    for person in 0..people {
        if members == 0 {
            (home, members, home_cell) = (person, random.between(1, 6), random.cell());
        }
        members -= 1;
        let record = random.unit().powf(1.0 / share - 1.0);
        recorded.push((record, person));
        let works_at = (random.unit() < 0.7).then(|| random.popular(works));
        let rides = [0, 1].map(|_| first_vehicle + random.between(0, vehicles));
        let cell_of = |cells: &[i32], at: i32| {
            usize::try_from(at)
                .ok()
                .and_then(|at| cells.get(at).copied())
                .unwrap_or_default()
        };
        for day in 0..DAYS {
            let at_work = works_at.filter(|_| day % 7 < 5);
            let work_cell = at_work.map_or(home_cell, |work| cell_of(&work_cells, work));
            for slot in 0..6 {
                if random.unit() >= record || ((1..4).contains(&slot) && at_work.is_none()) {
                    continue;
                }
                let (place, cell, start, length) = match slot {
                    1 => (
                        rides[0],
                        home_cell,
                        random.between(25_800, 28_200),
                        random.between(300, 2_700),
                    ),
                    2 => (
                        first_work + at_work.unwrap_or_default(),
                        work_cell,
                        random.between(30_900, 33_600),
                        random.between(14_400, 26_700),
                    ),
                    3 => (
                        rides[1],
                        work_cell,
                        random.between(60_000, 61_200),
                        random.between(300, 2_700),
                    ),
                    4 | 5 => {
                        let venue = random.popular(venues);
                        let low = if slot == 4 { 63_900 } else { 68_400 };
                        (
                            first_venue + venue,
                            cell_of(&venue_cells, venue),
                            random.between(low, low + 1_500),
                            random.between(420, 3_000),
                        )
                    }
                    _ => (
                        home,
                        home_cell,
                        random.between(72_000, 75_600),
                        random.between(32_400, 39_000),
                    ),
                };
                let start = day * DAY + start;
                stays.push([person, place, cell, start, start + length]);
            }
        }
    }
    recorded.sort_by(|a, b| b.0.total_cmp(&a.0));
    (
        stays,
        recorded
            .iter()
            .take(1_000)
            .map(|(_, person)| *person)
            .collect(),
    )
}
