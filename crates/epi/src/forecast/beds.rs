//! Beds: how many are taken, from admissions and length of stay, or from the stays themselves.

use fangxian_base::{Date, days_between, plus_days};

use crate::answer::{Estimated, NotEstimated, Why, require};
use crate::call::{Call, Method, Refused};
use crate::table::{Cell, Sheet, SheetSpec};

use crate::delay::duration::Duration;

/// Expected beds taken on every day, `after` days after its start.
///
/// - Quantity: expected number of patients in a bed.
/// - Method: admissions of every day, each times the chance of staying longer.
/// - Units: patients per day in; beds out.
/// - Interval: none: an expected value; chance in stays is not shown.
/// - Assumes: all stays follow one distribution; there is a bed for everybody.
/// - Do not use: when beds are full: then stays and admissions change.
/// - Source: definition.
/// - Differs from source: not.
/// - Checked by: the reference folder `bed_occupancy`.
pub fn occupancy(admissions: &[f64], stay: Duration, after: f64) -> Estimated<Vec<f64>> {
    require(stay.is_sound(), "the length of stay is not a distribution")?;
    let survival: Vec<f64> = (0..admissions.len())
        .map(|d| stay.survival(d as f64 + after))
        .collect();
    let on = |day: usize| {
        (0..=day)
            .map(|from| admissions[from] * survival[day - from])
            .sum()
    };
    Ok((0..admissions.len()).map(on).collect())
}

/// Beds taken at midnight on every day from the first admission to the last event: admitted on the day counts,
/// discharged on the day does not.
///
/// - Quantity: number of patients in a bed at midnight.
/// - Method: counting. Stays without an end count to the last day; those that end before they begin are left out.
/// - Units: dates in; beds out.
/// - Interval: none; a count.
/// - Assumes: dates are right.
/// - Do not use: with many stays whose end was not recorded.
/// - Source: definition.
/// - Differs from source: not.
/// - Checked by: the reference folder `bed_occupancy`.
pub fn census(stays: &[(Date, Date)]) -> Estimated<Vec<(Date, usize)>> {
    let first = stays.iter().map(|(from, _)| *from).min();
    let last = stays.iter().map(|(_, to)| *to).max();
    let Some((first, last)) = first.zip(last) else {
        return Err(NotEstimated::because(Why::NoData, "no stay has both dates"));
    };
    let days = usize::try_from(days_between(first, last)).unwrap_or(0) + 1;
    require(
        days <= DAYS_MAX,
        "the stays span more days than are counted",
    )?;
    let mut change = vec![0_i64; days + 1];
    let place = |day: Date| {
        usize::try_from(days_between(first, day))
            .unwrap_or(0)
            .min(days)
    };
    for (from, to) in stays {
        change[place(*from)] += 1;
        change[place(*to)] -= 1;
    }
    let mut taken = 0;
    let count = |(day, change): (usize, i64)| {
        taken += change;
        (
            plus_days(first, i64::try_from(day).unwrap_or(0)),
            usize::try_from(taken).unwrap_or(0),
        )
    };
    Ok(change
        .into_iter()
        .take(days)
        .enumerate()
        .map(count)
        .collect())
}

/// LIMIT: days between the first and the last event: a typing error in a year must not fill the memory.
pub const DAYS_MAX: usize = 100_000;

/// The expected occupancy by name.
pub const OCCUPANCY: Method = Method {
    function: "bed_occupancy",
    title: "How many beds do admissions take?",
    page: "bed_occupancy",
    input: Some("linelist"),
    sheets: &[BEDS],
    run: run_occupancy,
};

/// The census by name.
pub const CENSUS: Method = Method {
    function: "bed_census_from_linelist",
    title: "How many beds were taken at midnight?",
    page: "bed_occupancy",
    input: Some("linelist"),
    sheets: &[MIDNIGHT],
    run: run_census,
};

const BEDS: SheetSpec = SheetSpec {
    name: "beds",
    columns: &[
        "date",
        "admissions",
        "occupancy_start_of_day",
        "occupancy_midday",
    ],
    on_request: None,
};
const MIDNIGHT: SheetSpec = SheetSpec {
    name: "census",
    columns: &["date", "census_midnight"],
    on_request: None,
};

fn run_occupancy(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let input = call.input("linelist")?;
    let dates = input.maybe_dates(&call.params.text("admission_column")?)?;
    let dates: Vec<Date> = dates.into_iter().flatten().collect();
    let Some(stay) = call.params.inner("los")? else {
        return Err(Refused::NoParameter("los".to_owned()));
    };
    let stay = Duration::read(&stay)?;
    let (first, last) = match (dates.iter().min(), dates.iter().max()) {
        (Some(first), Some(last)) => (*first, *last),
        _ => {
            return Err(
                NotEstimated::because(Why::NoData, "no row has a date of admission").into(),
            );
        }
    };
    let place = |date: Date| usize::try_from(days_between(first, date)).unwrap_or(0);
    require(
        place(last) < DAYS_MAX,
        "the admissions span more days than are counted",
    )?;
    let mut admissions = vec![0.0; place(last) + 1];
    for date in dates {
        admissions[place(date)] += 1.0;
    }
    let (start, midday) = (
        occupancy(&admissions, stay, 0.0)?,
        occupancy(&admissions, stay, 0.5)?,
    );
    let row = |day: usize| {
        let date = plus_days(first, i64::try_from(day).unwrap_or(0)).to_string();
        vec![
            date.into(),
            admissions[day].into(),
            start[day].into(),
            midday[day].into(),
        ]
    };
    Ok(vec![Sheet {
        spec: &BEDS,
        rows: (0..admissions.len()).map(row).collect(),
    }])
}

fn run_census(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let input = call.input("linelist")?;
    let from = input.maybe_dates(&call.params.text("admission_column")?)?;
    let to = input.maybe_dates(&call.params.text("discharge_column")?)?;
    let drop = call
        .params
        .flag_or("drop_if_outcome_before_admission", true)?;
    let pairs = from
        .into_iter()
        .zip(to)
        .filter_map(|(from, to)| from.zip(to));
    let stays: Vec<(Date, Date)> = pairs.filter(|(from, to)| !drop || from <= to).collect();
    let row = |(date, taken): (Date, usize)| vec![date.to_string().into(), Cell::whole(taken)];
    Ok(vec![Sheet {
        spec: &MIDNIGHT,
        rows: census(&stays)?.into_iter().map(row).collect(),
    }])
}
