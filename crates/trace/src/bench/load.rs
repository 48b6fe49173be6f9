//! From the benchmark's Parquet files to mapped segments by day.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ask::Case;
use crate::ask::recolour::Facts;
use crate::disk::map;
use crate::disk::numbers::Dictionary;
use crate::disk::parquet::Columns;
use crate::error::TraceError;
use crate::ids::{Area, Moment, Person, Place, Stream, Window};
use crate::index::Stay;
use crate::index::segment::{Made, Segment, SegmentBuilder};
use crate::numbers::Numbers;
use crate::snapshot::Snapshot;
use crate::tail::{Sealed, Track};

/// A case of the benchmark.
#[derive(Debug, Clone, Copy)]
pub(super) struct BenchCase {
    pub person: Person,
    pub infectious: Window,
    pub onset: Moment,
}

/// The data of one directory, indexed.
#[derive(Debug)]
pub struct World {
    pub(super) snapshot: Snapshot,
    pub(super) cases: Vec<BenchCase>,
    pub(super) facts: Facts,
    /// Colour of the day before, by person.
    pub(super) colours: Vec<u8>,
    files: Vec<PathBuf>,
}

/// What the index came to.
#[derive(Debug, Clone, Default)]
pub struct Built {
    /// Stays of both streams.
    pub stays: u64,
    /// Bytes of the index, without side columns.
    pub bytes: u64,
    /// Segments.
    pub segments: u64,
}

const DAY_SECONDS: u32 = 86_400;
/// So many rows are decoded before they go to their days: they are still near then.
const PIECE: usize = 1 << 13;
const VISITS: [&str; 4] = ["person_id", "place_id", "enter_ts", "leave_ts"];
const CELLS: [&str; 4] = ["person_id", "cell_id", "start_ts", "end_ts"];

/// The stays of one directory, indexed.
#[derive(Debug)]
pub struct Index {
    /// By stream: the segments, and the last number of a place.
    tracks: [(Track, u32); 2],
    files: Vec<PathBuf>,
}

/// Builds the index of a benchmark directory in the folder `work`, which must not hold one.
pub fn build(dir: &Path, work: &Path) -> Result<(Index, Built), TraceError> {
    let (mut built, mut files, mut days) = (Built::default(), Vec::new(), Vec::new());
    let mut of_stream = |stream, name, columns| {
        let path = dir.join(format!("{name}.parquet"));
        track(
            &path, work, stream, columns, &mut days, &mut built, &mut files,
        )
    };
    let tracks = [
        of_stream(Stream::Visits, "visits_person", &VISITS)?,
        of_stream(Stream::Presence, "cells_person", &CELLS)?,
    ];
    Ok((Index { tracks, files }, built))
}

impl Index {
    /// Reads whatever else of the directory the questions need.
    pub fn with_facts(self, dir: &Path) -> Result<World, TraceError> {
        let small = |name: &str, columns: &[&str]| all(dir, name, columns);
        let persons = small("persons", &["person_id", "colour"])?;
        let mut people = Numbers::default();
        let mut colours = Vec::new();
        for (person, colour) in persons[0].iter().zip(&persons[1]) {
            people.number(key(*person)).ok_or(TraceError::Full)?;
            colours.push(u8::try_from(*colour).unwrap_or_default());
        }
        people.fold(&[]);
        let places =
            |last: u32| Numbers::from_parts((0..=u64::from(last)).collect(), BTreeSet::new());
        let [visits, cells] = self.tracks;
        let dictionary = Dictionary {
            people,
            places: [places(visits.1), places(cells.1)],
            ..Dictionary::default()
        };
        let snapshot = Snapshot {
            dictionary: Arc::new(dictionary),
            tracks: [visits.0, cells.0],
            ..Snapshot::default()
        };

        let rows = small(
            "cases",
            &["case_id", "person_id", "win_start", "win_end", "onset_ts"],
        )?;
        let mut cases: Vec<(i32, BenchCase)> = (0..rows[0].len())
            .map(|at| {
                let moment = |column: usize| Moment(number(rows[column][at]));
                let infectious = Window::new(moment(2), moment(3));
                (
                    rows[0][at],
                    BenchCase {
                        person: Person(key(rows[1][at])),
                        infectious,
                        onset: moment(4),
                    },
                )
            })
            .collect();
        cases.sort_by_key(|(id, _)| *id);

        let fact = |columns: &[Vec<i32>], yes: i32| -> Vec<(Person, Moment, bool)> {
            let rows = columns[0].iter().zip(&columns[1]).zip(&columns[2]);
            rows.map(|((person, at), bit)| (Person(key(*person)), Moment(number(*at)), *bit == yes))
                .collect()
        };
        let risk = small("risk_cells", &["cell_id", "since_ts"])?;
        let facts = Facts {
            tests: fact(&small("tests", &["person_id", "ts", "result"])?, 1),
            exposures: fact(&small("exposures", &["person_id", "ts", "level"])?, 1),
            risk_cells: risk[0]
                .iter()
                .zip(&risk[1])
                .map(|(c, t)| (Place(key(*c)), Moment(number(*t))))
                .collect(),
        };
        Ok(World {
            snapshot,
            cases: cases.into_iter().map(|(_, case)| case).collect(),
            facts,
            colours,
            files: self.files,
        })
    }
}

impl World {
    /// Does again what a start does with sealed stays: maps every segment, compares every checksum, and
    /// makes the table of people. How many stays there are.
    pub fn start_again(&self) -> Result<u64, TraceError> {
        let opened = open_all(&self.files)?;
        let people: Vec<u64> = self.snapshot.dictionary.people.keys().collect();
        let people = Numbers::from_parts(people, BTreeSet::new());
        let rows: usize = opened.iter().map(Segment::rows).sum();
        Ok(if people.len() == 0 { 0 } else { rows as u64 })
    }

    pub(super) fn case(&self, at: usize, window: impl Fn(&BenchCase) -> Window) -> Option<Case> {
        self.cases.get(at).map(|case| Case {
            person: case.person,
            window: window(case),
        })
    }
}

/// Columns of the benchmark are never negative.
fn number(value: i32) -> u32 {
    u32::try_from(value).unwrap_or_default()
}

fn key(value: i32) -> u64 {
    u64::from(number(value))
}

fn all(dir: &Path, name: &str, columns: &[&str]) -> Result<Vec<Vec<i32>>, TraceError> {
    let file = Columns::open(&dir.join(format!("{name}.parquet")), columns)?;
    let mut read = vec![Vec::new(); columns.len()];
    let mut group_columns = Vec::new();
    for group in 0..file.groups() {
        file.read::<i32>(group, &mut group_columns)?;
        for (whole, part) in read.iter_mut().zip(&group_columns) {
            whole.extend_from_slice(part);
        }
    }
    Ok(read)
}

/// One stream: read in person order, cut by day, written in both orders and mapped.
fn track(
    path: &Path,
    work: &Path,
    stream: Stream,
    columns: &[&str],
    days: &mut Vec<SegmentBuilder>,
    built: &mut Built,
    files: &mut Vec<PathBuf>,
) -> Result<(Track, u32), TraceError> {
    let mut last_place = 0;
    let file = Columns::open(path, columns)?;
    let expected = file.rows() / 13;
    let mut read = Vec::new();
    for group in 0..file.groups() {
        file.read_pieces::<i32>(group, PIECE, &mut read, |read| {
            let [people, places, starts, ends] = read else {
                return;
            };
            for (((person, place), start), end) in people.iter().zip(places).zip(starts).zip(ends) {
                let stay = Stay {
                    person: number(*person),
                    place: number(*place),
                    start: number(*start),
                    end: number(*end),
                    noted: 0,
                    how: 0,
                    confidence: 0,
                    imputed: false,
                };
                last_place = last_place.max(stay.place);
                let day = (stay.start / DAY_SECONDS) as usize;
                while days.len() <= day {
                    let base = u32::try_from(days.len()).unwrap_or(0) * DAY_SECONDS;
                    days.push(SegmentBuilder::with_capacity(base, expected));
                }
                days[day].push(&stay);
            }
            built.stays += people.len() as u64;
        })?;
    }
    let (mut track, mut made) = (Track::default(), Made::default());
    for (day, builder) in (0..).zip(days) {
        builder.finish(stream, crate::ids::Day(day), Area::default(), &mut made);
        let path = work.join(format!("{}-{day}.segment", stream.name()));
        crate::disk::files::write_unsynced(&path, bytemuck::cast_slice(&made.words))?;
        let segment = map::segment(&path)?;
        let (bytes, side) = segment.size();
        built.bytes += bytes - side;
        built.segments += 1;
        files.push(path);
        track.sealed.push(Sealed {
            segment: Arc::new(segment),
            hidden: Arc::default(),
        });
    }
    Ok((track, last_place))
}

fn open_all(files: &[PathBuf]) -> Result<Vec<Segment>, TraceError> {
    map::segments(files).into_iter().collect()
}
