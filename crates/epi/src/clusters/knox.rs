//! The Knox test: are cases that are close in space also close in time?

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Mode, Refused};
use crate::numbers::gamma;
use crate::numbers::random::Stream;
use crate::table::{Cell, Sheet, SheetSpec};

/// An event in time and on a plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// Time, in any unit.
    pub time: f64,
    /// Coordinates, in any unit.
    pub at: (f64, f64),
}

/// The result of the test.
#[derive(Debug, Clone, PartialEq)]
pub struct Knox {
    /// Pairs close in both, in space only, in time only, in neither.
    pub pairs: [usize; 4],
    /// Pairs close in both that independence gives on average.
    pub expected: f64,
    /// Chance of as many or more, by permuting times.
    pub p_permutation: f64,
    /// The same for a Poisson count.
    pub p_poisson: f64,
}

/// Tests for interaction of space and time.
///
/// - Quantity: number of pairs closer than `near` in space and `soon` in time, and how surprising it is.
/// - Method: times are permuted over places; pairs close in space are found once and only they are counted again.
/// - Units: those of the input.
/// - Interval: none; p-values are one-sided, the permuted one `(1 + as many or more) / (1 + permutations)`.
/// - Assumes: under no interaction every time goes with every place.
/// - Do not use: where the population grew in some places only, or watching changed with time and place.
/// - Source: Knox 1964; Mantel 1967 for permutation.
/// - Differs from source: not. By name in [`Mode::Peer`], the Poisson p-value counts more pairs only, not as many.
/// - Checked by: the reference folder `space_time_knox`.
pub fn test(
    events: &[Event],
    near: f64,
    soon: f64,
    permutations: usize,
    seed: u64,
) -> Estimated<Knox> {
    require(near >= 0.0 && soon >= 0.0, "a distance is negative")?;
    if events.len() < 2 {
        return Err(NotEstimated::because(
            Why::TooLittle,
            "there are fewer than two events",
        ));
    }
    let n = events.len();
    let mut close_in_space = Vec::new();
    let mut in_time = 0;
    for i in 0..n {
        for j in i + 1..n {
            let (dx, dy) = (
                events[i].at.0 - events[j].at.0,
                events[i].at.1 - events[j].at.1,
            );
            if dx.hypot(dy) <= near {
                close_in_space.push((i, j));
            }
            in_time += usize::from((events[i].time - events[j].time).abs() <= soon);
        }
    }
    let mut times: Vec<f64> = events.iter().map(|event| event.time).collect();
    let count = |times: &[f64]| {
        close_in_space
            .iter()
            .filter(|(i, j)| (times[*i] - times[*j]).abs() <= soon)
            .count()
    };
    let both = count(&times);
    let all = n * (n - 1) / 2;
    let expected = close_in_space.len() as f64 * in_time as f64 / all as f64;
    let mut stream = Stream::new(seed, "knox", 0);
    let mut as_many = 0;
    for _ in 0..permutations {
        stream.shuffle(&mut times);
        as_many += usize::from(count(&times) >= both);
    }
    let space_only = close_in_space.len() - both;
    let time_only = in_time - both;
    Ok(Knox {
        pairs: [
            both,
            space_only,
            time_only,
            all - both - space_only - time_only,
        ],
        expected,
        p_permutation: (1 + as_many) as f64 / (1 + permutations) as f64,
        p_poisson: if both == 0 {
            1.0
        } else {
            gamma::incomplete(both as f64, expected).0
        },
    })
}

/// The Knox test by name.
pub const METHOD: Method = Method {
    function: "knox",
    title: "Knox: are cases close in space also close in time?",
    page: "knox",
    input: Some("events"),
    sheets: &[SHEET],
    run,
};

const SHEET: SheetSpec = SheetSpec {
    name: "test",
    columns: &[
        "n",
        "knox_stat",
        "expected_poisson",
        "p_monte_carlo",
        "p_poisson",
        "table",
    ],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let input = call.input("events")?;
    if call.params.text_or("metric", "euclidean")? != "euclidean" {
        return call.params.refuse("metric", "is not euclidean");
    }
    let places = input.numbers("x")?.into_iter().zip(input.numbers("y")?);
    let events: Vec<Event> = input
        .numbers("time")?
        .into_iter()
        .zip(places)
        .map(|(time, at)| Event { time, at })
        .collect();
    let (soon, near) = (call.params.number("eps_t")?, call.params.number("eps_s")?);
    let permutations = call.params.whole_or("replications", 999)?.min(10_000_000);
    let found = test(&events, near, soon, permutations, call.seed)?;
    let [both, ..] = found.pairs;
    let table = found.pairs.map(|n| n.to_string()).join("|");
    let p_poisson = match call.mode {
        Mode::Published => found.p_poisson,
        Mode::Peer => gamma::incomplete(both as f64 + 1.0, found.expected).0,
    };
    let row = vec![
        Cell::whole(events.len()),
        Cell::whole(both),
        found.expected.into(),
        found.p_permutation.into(),
        p_poisson.into(),
        table.into(),
    ];
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: vec![row],
    }])
}
