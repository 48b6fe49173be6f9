//! Reads a study from tables.

use std::collections::BTreeMap;

use fangxian_base::{Date, days_between, plus_days};

use super::study::{Ground, Model, Study};
use crate::answer::{NotEstimated, Why};
use crate::call::{Call, Input, Params, Refused};
use crate::numbers::whole;
use crate::table::{parse_date, parse_number};

/// A study with the names of its places and the days of its steps.
pub(super) struct Named {
    pub study: Study,
    /// Names in the order of places, which is that of their text.
    pub names: Vec<String>,
    /// First and last day of every step.
    pub days: Vec<(Date, Date)>,
    /// Whether cases are known by year only.
    pub by_year: bool,
}

/// How time is cut into steps.
pub(super) struct Time {
    pub steps: Vec<(Date, Date)>,
    /// The length of a step in days, on average.
    pub unit_days: f64,
}

/// LIMIT: steps of time.
const STEPS_MAX: usize = 10_000;

/// The role of an input: the text of the parameter, or one of the usual names.
fn role(call: &Call<'_>, parameter: &str, usual: &[&str]) -> Result<String, Refused> {
    if let Some(role) = call.params.optional_text(parameter)? {
        return Ok(role);
    }
    let there = usual.iter().find(|role| call.inputs.contains_key(**role));
    Ok((*there.unwrap_or(&usual[0])).to_owned())
}

fn day_of(params: &Params, name: &str) -> Result<Date, Refused> {
    let text = params.text(name)?;
    match parse_date(&text) {
        Some(day) => Ok(day),
        None => params.refuse(name, "is not a date like 2020-01-31"),
    }
}

/// The steps of the study period; one when time plays no part.
pub(super) fn time(params: &Params, in_time: bool) -> Result<Time, Refused> {
    let (first, last) = (day_of(params, "start_date")?, day_of(params, "end_date")?);
    if last < first {
        return params.refuse("end_date", "is before start_date");
    }
    let all = days_between(first, last) + 1;
    let unit = params.text_or("time_unit", "day")?;
    let length = params.whole_or("time_length", 1)?;
    if !in_time {
        return Ok(Time {
            steps: vec![(first, last)],
            unit_days: all as f64,
        });
    }
    let length = match i64::try_from(length) {
        Ok(length) if (1..=10_000).contains(&length) => length,
        _ => return params.refuse("time_length", "is not from 1 to 10000"),
    };
    // Steps are whole at the end of the period; the first one may be shorter.
    let mut steps = Vec::new();
    let mut end = last;
    let mut count = 0_i64;
    while end >= first {
        count += 1;
        if steps.len() >= STEPS_MAX {
            return params.refuse(
                "time_length",
                format!("cuts the period into more than {STEPS_MAX} steps"),
            );
        }
        let next = match unit.as_str() {
            "day" => plus_days(last, -length * count),
            "year" => {
                let year = i64::from(last.year()) - length * count;
                let day = plus_days(last, 1);
                let found = i16::try_from(year + i64::from(day.year() - last.year())).ok();
                match found.and_then(|year| Date::new(year, day.month(), day.day().min(28)).ok()) {
                    Some(start) => plus_days(start, -1),
                    None => plus_days(first, -1),
                }
            }
            _ => return params.refuse("time_unit", "is neither day nor year"),
        };
        steps.push((plus_days(next, 1).max(first), end));
        end = next;
    }
    steps.reverse();
    let unit_days = match unit.as_str() {
        "year" => 365.25 * length as f64,
        _ => length as f64,
    };
    Ok(Time { steps, unit_days })
}

/// Reads cases and controls at points.
pub(super) fn bernoulli(call: &Call<'_>, ground: Ground, time: &Time) -> Result<Named, Refused> {
    let points = call.input(&role(call, "points", &["points"])?)?;
    let places = places(call, &points, ground)?;
    let cases = points.numbers(&call.params.text_or("case_column", "cases")?)?;
    let controls = points.numbers(&call.params.text_or("control_column", "controls")?)?;
    let n = places.names.len();
    let (mut counts, mut people) = (vec![0_u32; n], vec![0.0; n]);
    for (row, at) in places.row_of.iter().enumerate() {
        let Some(at) = *at else { continue };
        counts[at] += count(&points, "cases", row, cases[row])?;
        people[at] += cases[row] + f64::from(count(&points, "controls", row, controls[row])?);
    }
    let study = Study {
        model: Model::Bernoulli,
        ground,
        at: places.at,
        steps: 1,
        cases: counts,
        measure: people,
    };
    Ok(Named {
        study,
        names: places.names,
        days: time.steps.clone(),
        by_year: false,
    })
}

fn count(input: &Input<'_>, column: &str, row: usize, value: f64) -> Result<u32, Refused> {
    let found = whole(value)
        .filter(|n| *n as f64 == value)
        .and_then(|n| u32::try_from(n).ok());
    found.ok_or_else(|| input.bad(column, row, &value.to_string(), "a whole number of people"))
}

/// Places by name, sorted as text.
struct Places {
    names: Vec<String>,
    at: Vec<(f64, f64)>,
    /// The place of every row of the table; nothing for a row that is not kept.
    row_of: Vec<Option<usize>>,
}

fn places(call: &Call<'_>, input: &Input<'_>, ground: Ground) -> Result<Places, Refused> {
    let p = &call.params;
    let ids = input.texts(&p.text_or("id_column", "location")?)?;
    let (x, y) = match ground {
        Ground::Plane => ("x", "y"),
        Ground::Sphere(_) => ("latitude", "longitude"),
    };
    let xs = input.maybe_numbers(&p.text_or(&format!("{x}_column"), x)?)?;
    let ys = input.maybe_numbers(&p.text_or(&format!("{y}_column"), y)?)?;
    let keep = kept_rows(call, input)?;
    let mut sorted: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for (row, id) in ids.iter().enumerate().filter(|(row, _)| keep[*row]) {
        let (Some(a), Some(b)) = (xs[row], ys[row]) else {
            return Err(input.bad(x, row, "", "a coordinate"));
        };
        if sorted
            .insert(id, (a, b))
            .is_some_and(|before| before != (a, b))
        {
            return Err(input.bad(x, row, id, "a place that lies where it lay before"));
        }
    }
    let names: Vec<String> = sorted.keys().map(|id| (*id).to_owned()).collect();
    let position = |id: &str| names.binary_search_by(|name| name.as_str().cmp(id)).ok();
    let row_of = ids
        .iter()
        .zip(&keep)
        .map(|(id, keep)| position(id).filter(|_| *keep))
        .collect();
    Ok(Places {
        at: sorted.into_values().collect(),
        row_of,
        names,
    })
}

/// Which rows `keep_rows_where` keeps: `column operator number`.
fn kept_rows(call: &Call<'_>, input: &Input<'_>) -> Result<Vec<bool>, Refused> {
    let all = vec![true; input.table().rows().len()];
    let Some(text) = call.params.optional_text("keep_rows_where")? else {
        return Ok(all);
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let ([column, operator, _], Some(limit)) =
        (words.as_slice(), words.get(2).and_then(|n| parse_number(n)))
    else {
        return call
            .params
            .refuse("keep_rows_where", "is not like `population > 0`");
    };
    let holds = |value: f64| match *operator {
        ">" => Some(value > limit),
        ">=" => Some(value >= limit),
        "<" => Some(value < limit),
        "<=" => Some(value <= limit),
        "==" => Some(value == limit),
        "!=" => Some(value != limit),
        _ => None,
    };
    if holds(0.0).is_none() {
        return call
            .params
            .refuse("keep_rows_where", "compares with none of > >= < <= == !=");
    }
    let values = input.maybe_numbers(column)?;
    Ok(values
        .into_iter()
        .map(|v| v.and_then(&holds).unwrap_or(false))
        .collect())
}

/// Reads cases by place and date, and for Poisson the people at risk.
pub(super) fn dated(
    call: &Call<'_>,
    model: Model,
    ground: Ground,
    time: &Time,
) -> Result<Named, Refused> {
    let p = &call.params;
    let geo = call.input(&role(call, "geo", &["geo", "locations"])?)?;
    let places = places(call, &geo, ground)?;
    let covariates = p.texts("covariates")?;
    // Named for the reader: what is not a covariate is summed over anyway.
    p.texts("sum_over")?;
    let cases = call.input(&role(call, "cases", &["cases"])?)?;
    let read = case_rows(call, &cases, &places, &covariates, time)?;
    let steps = time.steps.len();
    let n = places.names.len();
    let mut counts = vec![0_u32; n * steps];
    let mut by_stratum: BTreeMap<String, f64> = BTreeMap::new();
    for row in &read.rows {
        let cell = &mut counts[row.place * steps + row.step];
        *cell = cell.saturating_add(row.cases);
        *by_stratum.entry(row.stratum.clone()).or_default() += f64::from(row.cases);
    }
    let measure = match model {
        Model::Poisson => expected(call, &geo, &places, &covariates, time, &by_stratum)?,
        Model::Permutation | Model::Bernoulli => Vec::new(),
    };
    let study = Study {
        model,
        ground,
        at: places.at,
        steps,
        cases: counts,
        measure,
    };
    Ok(Named {
        study,
        names: places.names,
        days: time.steps.clone(),
        by_year: read.by_year,
    })
}

struct CaseRow {
    place: usize,
    step: usize,
    cases: u32,
    stratum: String,
}

struct CaseRows {
    rows: Vec<CaseRow>,
    by_year: bool,
}

fn case_rows(
    call: &Call<'_>,
    input: &Input<'_>,
    places: &Places,
    covariates: &[String],
    time: &Time,
) -> Result<CaseRows, Refused> {
    let p = &call.params;
    let id_column = p.text_or("id_column", "location")?;
    let precision = p.text_or("case_time_precision", "day")?;
    let by_year = precision == "year";
    let ids = input.texts(&id_column)?;
    let counts = input.numbers("cases")?;
    let strata = strata(input, covariates)?;
    let dates: Vec<Option<Date>> = match precision.as_str() {
        "none" => vec![None; ids.len()],
        // A year counts as its middle.
        "year" => (input.numbers("year")?.iter())
            .map(|year| whole(*year).and_then(middle_of))
            .collect(),
        "day" => input.maybe_dates("date")?,
        _ => return p.refuse("case_time_precision", "is none of day, year, none"),
    };
    let column = if by_year { "year" } else { "date" };
    let mut rows = Vec::with_capacity(ids.len());
    for (row, id) in ids.iter().enumerate() {
        let found = places.names.binary_search_by(|name| name.as_str().cmp(id));
        let Ok(place) = found else {
            return Err(input.bad(&id_column, row, id, "a place with coordinates"));
        };
        let step = match (dates[row], precision.as_str()) {
            (None, "none") => Some(0),
            (None, _) => None,
            (Some(day), _) => time
                .steps
                .iter()
                .position(|(first, last)| (*first..=*last).contains(&day)),
        };
        let Some(step) = step else {
            let text = input.texts(column)?[row].to_owned();
            return Err(input.bad(column, row, &text, "a day between start_date and end_date"));
        };
        rows.push(CaseRow {
            place,
            step,
            cases: count(input, "cases", row, counts[row])?,
            stratum: strata[row].clone(),
        });
    }
    Ok(CaseRows { rows, by_year })
}

/// The first of July of a year; years of two digits are of the twentieth century.
fn middle_of(year: usize) -> Option<Date> {
    let year = if year < 100 { 1900 + year } else { year };
    Date::new(i16::try_from(year).ok()?, 7, 1).ok()
}

fn strata(input: &Input<'_>, covariates: &[String]) -> Result<Vec<String>, Refused> {
    let mut strata = vec![String::new(); input.table().rows().len()];
    for column in covariates {
        for (stratum, text) in strata.iter_mut().zip(input.texts(column)?) {
            stratum.push('|');
            stratum.push_str(text);
        }
    }
    Ok(strata)
}

/// What is expected by place and step: every stratum has its own rate, people count by days.
fn expected(
    call: &Call<'_>,
    geo: &Input<'_>,
    places: &Places,
    covariates: &[String],
    time: &Time,
    cases: &BTreeMap<String, f64>,
) -> Result<Vec<f64>, Refused> {
    let people = population(call, geo, places, covariates)?;
    let steps = time.steps.len();
    let mut expected = vec![0.0; places.names.len() * steps];
    for (stratum, cases) in cases {
        let Some(of_place) = people.of.get(stratum) else {
            let why = format!(
                "the stratum `{}` has cases and no people",
                stratum.trim_start_matches('|')
            );
            return Err(NotEstimated::because(Why::OutsideDomain, why).into());
        };
        let weights = weights(&people.censuses, time);
        let mut days = vec![0.0; expected.len()];
        for (place, counts) in of_place.iter().enumerate() {
            for step in 0..steps {
                days[place * steps + step] =
                    counts.iter().zip(&weights[step]).map(|(n, w)| n * w).sum();
            }
        }
        let all: f64 = days.iter().sum();
        if all <= 0.0 {
            let why = "there are cases and no people";
            return Err(NotEstimated::because(Why::OutsideDomain, why).into());
        }
        for (sum, days) in expected.iter_mut().zip(&days) {
            *sum += cases * days / all;
        }
    }
    Ok(expected)
}

/// People by stratum, place and census.
struct People {
    censuses: Vec<Date>,
    of: BTreeMap<String, Vec<Vec<f64>>>,
}

fn population(
    call: &Call<'_>,
    geo: &Input<'_>,
    places: &Places,
    covariates: &[String],
) -> Result<People, Refused> {
    let p = &call.params;
    let n = places.names.len();
    if let Some(column) = p.optional_text("population_column")? {
        let year = p.whole_or("population_year", 2000)?;
        let Some(day) = middle_of(year) else {
            return p.refuse("population_year", "is not a year");
        };
        let people = geo.maybe_numbers(&column)?;
        let mut of_place = vec![vec![0.0]; n];
        for (row, at) in places.row_of.iter().enumerate() {
            if let (Some(at), Some(people)) = (at, people[row]) {
                of_place[*at][0] += people;
            }
        }
        return Ok(People {
            censuses: vec![day],
            of: BTreeMap::from([(String::new(), of_place)]),
        });
    }
    let input = call.input(&role(call, "population", &["population"])?)?;
    let id_column = p.text_or("id_column", "location")?;
    let ids = input.texts(&id_column)?;
    let years = input.numbers("year")?;
    let people = input.numbers("population")?;
    let strata = strata(&input, covariates)?;
    let wanted = p.optional_numbers("population_years")?;
    let wants = |year: f64| wanted.as_ref().is_none_or(|wanted| wanted.contains(&year));
    let mut censuses: Vec<(Date, f64)> = Vec::new();
    for (row, year) in years.iter().enumerate().filter(|(_, year)| wants(**year)) {
        if censuses.iter().any(|(_, known)| known == year) {
            continue;
        }
        let Some(day) = whole(*year).and_then(middle_of) else {
            return Err(input.bad("year", row, &year.to_string(), "a year"));
        };
        censuses.push((day, *year));
    }
    censuses.sort_by_key(|(day, _)| *day);
    if censuses.is_empty() {
        return p.refuse("population_years", "names no year of the population");
    }
    let mut of: BTreeMap<String, Vec<Vec<f64>>> = BTreeMap::new();
    for (row, id) in ids.iter().enumerate().filter(|(row, _)| wants(years[*row])) {
        // People where no place is known are at risk nowhere.
        let Ok(place) = places.names.binary_search_by(|name| name.as_str().cmp(id)) else {
            return Err(input.bad(&id_column, row, id, "a place with coordinates"));
        };
        let Some(census) = censuses.iter().position(|(_, year)| *year == years[row]) else {
            continue;
        };
        let empty = || vec![vec![0.0; censuses.len()]; n];
        let of_place = of.entry(strata[row].clone()).or_insert_with(empty);
        of_place[place][census] += people[row];
    }
    Ok(People {
        censuses: censuses.into_iter().map(|(day, _)| day).collect(),
        of,
    })
}

/// Of every step, how many days of every census its people are: linear between censuses, level before and after.
fn weights(censuses: &[Date], time: &Time) -> Vec<Vec<f64>> {
    let mut weights = vec![vec![0.0; censuses.len()]; time.steps.len()];
    for (weights, (first, last)) in weights.iter_mut().zip(&time.steps) {
        for offset in 0..=days_between(*first, *last) {
            let day = plus_days(*first, offset);
            let after = censuses.partition_point(|census| *census <= day);
            match (after.checked_sub(1), censuses.get(after)) {
                (Some(before), Some(next)) => {
                    let length = days_between(censuses[before], *next) as f64;
                    let part = days_between(censuses[before], day) as f64 / length;
                    weights[before] += 1.0 - part;
                    weights[after] += part;
                }
                (Some(last), None) => weights[last] += 1.0,
                (None, _) => weights[0] += 1.0,
            }
        }
    }
    weights
}
