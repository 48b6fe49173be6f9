//! The benchmark's questions and their checksums.

use std::num::NonZeroU32;

use super::load::{BenchCase, World};
use crate::ask::companions::{CompanionRule, CompanionScratch};
use crate::ask::contacts::Scratch;
use crate::ask::recolour::{NumberedFacts, Standing};
use crate::ask::{Ask, Case, Contact, Overlap};
use crate::ids::{Moment, Stream, Window};
use crate::index::layers::rows;

/// The names of the questions, in the order of the benchmark's table.
pub const QUERIES: [&str; 8] = [
    "q1_1", "q1_100", "q1_1000", "q2_10", "q2_100", "q3_20", "q4_1000", "q5",
];

const DAY: u32 = 86_400;
const OVERLAP_MIN: u32 = 900;
const CLOSE_MIN: u64 = 14_400;
const RISK_STAY_MAX: u32 = 14_400;
const JOINT_MIN: u32 = 601;
const LONG_STAY_MIN: u64 = 108_001;
const POINT_STAY_MIN: u32 = 3_601;
const NOW: Moment = Moment(14 * DAY);

/// Rows of an answer, and the sum of a mixture of every column of every row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Result {
    /// How many rows.
    pub rows: u64,
    /// The same in every engine that gives the same rows.
    pub checksum: u64,
}

impl Result {
    fn add(&mut self, case: usize, contact: &Contact, rank: u64) {
        let columns = [
            (case as u64, 7_919),
            (contact.person.0, 104_729),
            (u64::from(contact.overlaps), 31),
            (contact.seconds, 1_299_709),
            (u64::from(contact.first.0), 15_485_863),
            (u64::from(contact.last.0), 32_452_843),
            (rank, 49_979_687),
        ];
        let mixed = columns.iter().fold(0_u64, |sum, (value, factor)| {
            sum.wrapping_add(value.wrapping_mul(*factor))
        });
        self.rows += 1;
        self.checksum = self.checksum.wrapping_add(mixed % 1_000_000_007);
    }
}

/// What questions can be asked of, prepared once.
#[derive(Debug)]
pub struct Prepared<'a> {
    world: &'a World,
    visits: Ask<'a>,
    presence: Ask<'a>,
    facts: NumberedFacts,
}

impl World {
    /// Makes ready to ask.
    pub fn prepare(&self) -> Prepared<'_> {
        let presence = self.snapshot.ask(Stream::Presence);
        let facts = presence.number(&self.facts);
        Prepared {
            world: self,
            visits: self.snapshot.ask(Stream::Visits),
            presence,
            facts,
        }
    }
}

/// Answers a question by its name; nothing when there is none of that name.
pub fn run(prepared: &Prepared<'_>, name: &str) -> Option<Result> {
    let (question, count) = name.split_once('_').unwrap_or((name, "0"));
    let count: usize = count.parse().ok()?;
    match question {
        "q1" => Some(contacts(prepared, count)),
        "q2" => Some(second_ring(prepared, count)),
        "q3" => Some(companions(prepared, count)),
        "q4" => Some(points(prepared, count)),
        "q5" => Some(colours(prepared)),
        _ => None,
    }
}

fn overlap(seconds: u32) -> Overlap {
    Overlap::of_seconds(NonZeroU32::new(seconds).unwrap_or(NonZeroU32::MIN))
}

fn cases(world: &World, count: usize, window: fn(&BenchCase) -> Window) -> Vec<Case> {
    (0..count).filter_map(|at| world.case(at, window)).collect()
}

fn contacts(prepared: &Prepared<'_>, count: usize) -> Result {
    let mut result = Result::default();
    let cases = cases(prepared.world, count, |c| c.infectious);
    prepared.visits.contacts_of_each(
        &cases,
        &overlap(OVERLAP_MIN),
        &mut Scratch::default(),
        |at, answer| {
            for (rank, contact) in (1..).zip(&answer.rows) {
                result.add(at, contact, rank);
            }
        },
    );
    result
}

fn second_ring(prepared: &Prepared<'_>, count: usize) -> Result {
    let mut result = Result::default();
    let cases = cases(prepared.world, count, |c| c.infectious);
    let answer = prepared
        .visits
        .ring2(&cases, &overlap(OVERLAP_MIN), CLOSE_MIN);
    for (rank, contact) in (1..).zip(&answer.rows) {
        result.add(0, contact, rank);
    }
    result
}

fn companions(prepared: &Prepared<'_>, count: usize) -> Result {
    let mut result = Result::default();
    let mut scratch = CompanionScratch::default();
    let rule = CompanionRule {
        joint: overlap(JOINT_MIN),
        stay_seconds_min: LONG_STAY_MIN,
    };
    let window = |case: &BenchCase| Window::before(case.onset, 14 * DAY);
    for (at, case) in cases(prepared.world, count, window).iter().enumerate() {
        for row in &prepared
            .presence
            .companions_with(case, &rule, &mut scratch)
            .rows
        {
            result.add(at, &row.contact, row.cell.0);
        }
    }
    result
}

fn points(prepared: &Prepared<'_>, count: usize) -> Result {
    let mut result = Result::default();
    let cases = cases(prepared.world, count, |c| Window::before(c.onset, 3 * DAY));
    prepared.visits.points_of_each(
        &cases,
        &overlap(POINT_STAY_MIN),
        &mut Scratch::default(),
        |at, answer| {
            for point in &answer.rows {
                for visitor in &point.visitors {
                    result.add(at, visitor, point.place.0);
                }
            }
        },
    );
    result
}

fn colours(prepared: &Prepared<'_>) -> Result {
    let mut result = Result::default();
    let standings = prepared.presence.standings(&prepared.facts, NOW);
    prepared.presence.everybody().for_each(|(number, person)| {
        let (before, after) = (prepared.world.colours[number], colour(&standings[number]));
        if before != after {
            let (first, last) = (Moment(before.into()), Moment(after.into()));
            let row = Contact {
                person,
                overlaps: 1,
                seconds: 0,
                first,
                last,
                imputed: 0,
            };
            result.add(0, &row, 0);
        }
    });
    result
}

/// The rule of the benchmark: 3 red, 2 amber, 1 test due, 0 green.
fn colour(standing: &Standing) -> u8 {
    let (tested, positive) = standing.last_test().unwrap_or_default();
    let exposed = standing.exposed;
    if positive || standing.closely_exposed > NOW.minus(7 * DAY) {
        3
    } else if (exposed > NOW.minus(14 * DAY) && exposed.0 > 0 && tested < exposed)
        || standing.risk_seconds() > RISK_STAY_MAX
    {
        2
    } else {
        u8::from(tested < NOW.minus(10 * DAY))
    }
}

/// How many rows of the index a question reads, and facts about people; each has eight bytes.
pub fn touched(prepared: &Prepared<'_>, name: &str) -> Option<u64> {
    let (question, count) = name.split_once('_').unwrap_or((name, "0"));
    let count: usize = count.parse().ok()?;
    let (ask, window): (&Ask<'_>, fn(&BenchCase) -> Window) = match question {
        "q1" | "q2" => (&prepared.visits, |c| c.infectious),
        "q3" => (&prepared.presence, |c| Window::before(c.onset, 14 * DAY)),
        "q4" => (&prepared.visits, |c| Window::before(c.onset, 3 * DAY)),
        "q5" => {
            let read = prepared.presence.standings_read(&prepared.facts, NOW);
            return Some(read as u64);
        }
        _ => return None,
    };
    let cases = cases(prepared.world, count, window);
    let mut touched = 0;
    for case in &cases {
        let Some(person) = ask.known(case.person) else {
            continue;
        };
        let mut presences = ask.presences(person, case.window);
        if question == "q4" {
            presences.retain(|p| p.end - p.start >= POINT_STAY_MIN);
            presences.sort_unstable_by_key(|p| p.place);
            presences.dedup_by_key(|p| p.place);
            for presence in &mut presences {
                (presence.start, presence.end) = (case.window.from.0, case.window.to.0);
            }
        }
        let found = ask.others(&presences);
        touched += (0..presences.len())
            .map(|at| rows(found.of(at)) as u64)
            .sum::<u64>();
    }
    if question == "q2" {
        let (_, beyond) = ask.ring2_counted(&cases, &overlap(OVERLAP_MIN), CLOSE_MIN);
        touched += beyond as u64;
    }
    Some(touched)
}
