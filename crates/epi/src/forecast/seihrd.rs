//! A deterministic compartment model with one change of contact: what a scenario implies.

use crate::answer::{Estimated, require};
use crate::call::{Call, Method, Refused};
use crate::table::{Cell, Sheet, SheetSpec};

/// Rates per day and shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Infections per infectious person and day among susceptibles.
    pub beta: f64,
    /// One over the latent period.
    pub sigma: f64,
    /// One over the infectious period.
    pub gamma: f64,
    /// Share of cases in hospital.
    pub hospital: f64,
    /// One over the stay.
    pub delta: f64,
    /// Share of deaths in hospital.
    pub death: f64,
    /// Day from which contacts change.
    pub change_on: f64,
    /// Share of contacts taken away.
    pub effect: f64,
}

/// Susceptible, exposed, infectious, in hospital, recovered, dead, and all ever infected.
pub type State = [f64; 7];

fn slope(state: &State, rates: &Rates, beta: f64) -> State {
    let [s, e, i, h, r, d, _] = *state;
    let living = s + e + i + h + r + d;
    let new = if living > 0.0 {
        beta * s * i / living
    } else {
        0.0
    };
    let (ill, over, leaves) = (rates.sigma * e, rates.gamma * i, rates.delta * h);
    [
        -new,
        new - ill,
        ill - over,
        rates.hospital * over - leaves,
        (1.0 - rates.hospital) * over + (1.0 - rates.death) * leaves,
        rates.death * leaves,
        new,
    ]
}

/// Steps of the integration in a day.
const STEPS_PER_DAY: u32 = 100;

/// Follows the model at every whole day from `from` to `to`.
///
/// - Quantity: expected people in each compartment.
/// - Method: classical Runge–Kutta steps of fourth order, broken at the change.
/// - Units: people, days.
/// - Interval: none: a scenario, not a forecast.
/// - Assumes: everybody meets everybody; stages last exponential times; one change.
/// - Do not use: for small numbers, or to forecast.
/// - Source: standard compartment model.
/// - Differs from source: not.
/// - Checked by: the reference folder `seihrd_ode`.
pub fn follow(
    start: State,
    rates: &Rates,
    from: usize,
    to: usize,
) -> Estimated<Vec<(usize, State)>> {
    let list = [rates.beta, rates.sigma, rates.gamma, rates.delta];
    require(
        list.iter()
            .all(|x| *x >= 0.0 && *x < f64::from(STEPS_PER_DAY) / 4.0),
        "a rate is negative or too fast",
    )?;
    require(
        start.iter().all(|x| *x >= 0.0 && x.is_finite()),
        "a compartment starts below 0",
    )?;
    require(
        to >= from && to - from <= 100_000,
        "the days do not rise, or are too many",
    )?;
    let mut state = start;
    let mut out = vec![(from, state)];
    for day in from..to {
        let (begin, end) = (day as f64, day as f64 + 1.0);
        let cut = rates.change_on.clamp(begin, end);
        state = integrate(state, rates, rates.beta, cut - begin);
        state = integrate(state, rates, rates.beta * (1.0 - rates.effect), end - cut);
        out.push((day + 1, state));
    }
    Ok(out)
}

fn integrate(mut state: State, rates: &Rates, beta: f64, length: f64) -> State {
    if length <= 0.0 {
        return state;
    }
    let step = length / f64::from(STEPS_PER_DAY);
    let plus =
        |a: &State, b: &State, by: f64| -> State { std::array::from_fn(|i| a[i] + by * b[i]) };
    for _ in 0..STEPS_PER_DAY {
        let k1 = slope(&state, rates, beta);
        let k2 = slope(&plus(&state, &k1, step / 2.0), rates, beta);
        let k3 = slope(&plus(&state, &k2, step / 2.0), rates, beta);
        let k4 = slope(&plus(&state, &k3, step), rates, beta);
        state = std::array::from_fn(|i| {
            state[i] + step / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i])
        });
    }
    state
}

/// The model by name.
pub const METHOD: Method = Method {
    function: "seihrd",
    title: "A scenario of infections, hospital stays and deaths with one change of contacts",
    page: "seihrd",
    input: None,
    sheets: &[SHEET],
    run,
};

const NAMES: [&str; 7] = ["S", "E", "I", "H", "R", "D", "cuminf"];
const SHEET: SheetSpec = SheetSpec {
    name: "days",
    columns: &["time", "S", "E", "I", "H", "R", "D", "cuminf"],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    let rates = Rates {
        beta: p.number("beta")?,
        sigma: p.number("sigma")?,
        gamma: p.number("gamma")?,
        hospital: p.number("phosp")?,
        delta: p.number("delta")?,
        death: p.number("pdeath")?,
        change_on: p.number_or("tint", f64::INFINITY)?,
        effect: p.number_or("eff", 0.0)?,
    };
    let Some(initial) = p.inner("initial")? else {
        return Err(Refused::NoParameter("initial".to_owned()));
    };
    let mut start = [0.0; 7];
    for (value, name) in start.iter_mut().zip(NAMES) {
        *value = initial.number_or(name, 0.0)?;
    }
    if let Some(population) = p.optional_number("population")? {
        let total: f64 = start.iter().take(6).sum();
        if (population - total).abs() > 1e-6 * population {
            return p.refuse("population", format!("the start has {total} people"));
        }
    }
    let times = p.wholes("times")?;
    let [from, to] = times.as_slice() else {
        return p.refuse("times", "is not [first, last]");
    };
    let row = |(day, state): (usize, State)| {
        std::iter::once(Cell::whole(day))
            .chain(state.into_iter().map(Cell::from))
            .collect()
    };
    Ok(vec![Sheet {
        spec: &SHEET,
        rows: follow(start, &rates, *from, *to)?
            .into_iter()
            .map(row)
            .collect(),
    }])
}
