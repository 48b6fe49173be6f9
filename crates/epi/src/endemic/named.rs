//! The endemic-epidemic methods by name.

use crate::call::{Call, Method, Params, Refused};
use crate::forecast::scores::{Predictive, crps_and_log};
use crate::table::{Cell, Sheet, SheetSpec};

use super::fit::{Fit, fit, one_step_ahead};
use super::model::{Form, Weights};
use super::panel::Panel;

/// The model by name.
pub const MODEL: Method = Method {
    function: "hhh4",
    title: "Do cases come from the place itself, from its neighbours, or from elsewhere?",
    page: "hhh4",
    input: Some("cases"),
    sheets: &[COEFFICIENTS, FIT, FITTED, PARTS],
    run: run_model,
};

/// Its forecasts by name.
pub const AHEAD: Method = Method {
    function: "hhh4_one_step_ahead",
    title: "How many cases come next in each place, and how good would such forecasts have been?",
    page: "hhh4",
    input: Some("cases"),
    sheets: &[STEPS, SCORES],
    run: run_ahead,
};

const COEFFICIENTS: SheetSpec = SheetSpec {
    name: "coefficients",
    columns: &["parameter", "estimate", "se"],
    on_request: None,
};
const FIT: SheetSpec = SheetSpec {
    name: "fit",
    columns: &["loglik", "npar", "aic", "bic"],
    on_request: None,
};
const FITTED: SheetSpec = SheetSpec {
    name: "fitted",
    columns: &["week", "location", "fitted", "own", "around", "endemic"],
    on_request: None,
};
const PARTS: SheetSpec = SheetSpec {
    name: "parts",
    columns: &["part", "cases", "share"],
    on_request: None,
};
const STEPS: SheetSpec = SheetSpec {
    name: "forecasts",
    columns: &["week", "location", "pred_mean", "observed"],
    on_request: None,
};
const SCORES: SheetSpec = SheetSpec {
    name: "scores",
    columns: &["score", "mean"],
    on_request: None,
};

fn panel(call: &Call<'_>, offset: bool) -> Result<Panel, Refused> {
    let input = call.input("cases")?;
    let (weeks, places) = (input.numbers("week")?, input.texts("location")?);
    let counts = input.numbers("cases")?;
    let rows: Vec<(f64, &str, f64)> = weeks
        .into_iter()
        .zip(places)
        .zip(counts)
        .map(|((week, place), count)| (week, place, count))
        .collect();
    let mut panel = Panel::build(&rows)?;
    if offset {
        let input = call.input("population")?;
        panel.offsets.fill(f64::NAN);
        let shares = input.numbers("population_fraction")?;
        for (place, share) in input.texts("location")?.into_iter().zip(shares) {
            if let Some(at) = panel.place(place) {
                panel.offsets[at] = share;
            }
        }
    }
    Ok(panel)
}

fn orders(call: &Call<'_>, panel: &mut Panel) -> Result<(), Refused> {
    let input = call.input("neighbourhood_order")?;
    let (from, to) = (input.texts("from")?, input.texts("to")?);
    let orders = input.maybe_numbers("order")?;
    for ((from, to), order) in from.into_iter().zip(to).zip(orders) {
        let Some((from, to)) = panel.place(from).zip(panel.place(to)) else {
            continue;
        };
        panel.orders[from][to] = order
            .and_then(crate::numbers::whole)
            .and_then(|order| u32::try_from(order).ok());
    }
    Ok(())
}

/// The form of the model, and whether the endemic part goes with population.
fn form(p: &Params) -> Result<(Form, bool), Refused> {
    let dispersed = p
        .one_of("family", &[("negbin1", true), ("poisson", false)])?
        .unwrap_or(true);
    let part = |inner: &Params, key: &str| {
        let found = inner.one_of(key, &[("none", false), ("intercept", true)]);
        found.map(|part| part.unwrap_or(false))
    };
    let own = part(p, "ar")?;
    let around = match p.inner("ne")? {
        None => None,
        Some(ne) if !part(&ne, "f")? => None,
        Some(ne) => {
            let weights = match ne.text_or("weights", "first_order")?.as_str() {
                "first_order" => Weights::FirstOrder,
                "powerlaw" => {
                    let most = ne.whole_or("max_lag", 5)?;
                    match u32::try_from(most) {
                        Ok(most) if most >= 2 => Weights::PowerLaw(most),
                        _ => return ne.refuse("max_lag", "is below 2: there is no decay to see"),
                    }
                }
                _ => return ne.refuse("weights", "is not first_order or powerlaw"),
            };
            let shared = match ne.value("normalise").map(ToString::to_string).as_deref() {
                None | Some("false") => false,
                Some("true" | "\"rows\"") => true,
                Some(_) => return ne.refuse("normalise", "is not rows or false"),
            };
            Some((weights, shared))
        }
    };
    let mut form = Form {
        dispersed,
        own,
        around,
        trend: false,
        harmonics: 1,
        period: 52.0,
    };
    let mut offset = false;
    if let Some(end) = p.inner("end")? {
        if !end.flag_or("intercept", true)? {
            return end.refuse("intercept", "is false: the endemic part needs a level");
        }
        form.trend = end.flag_or("trend", false)?;
        form.harmonics = end.whole_or("harmonics", 1)?;
        form.period = end.number_or("period", 52.0)?;
        offset = end
            .one_of("offset", &[("none", false), ("population", true)])?
            .unwrap_or(false);
    }
    if form.harmonics > 26 {
        return p.refuse("end", "has more than 26 harmonics");
    }
    if !p.flag_or("first_week_only_lag", true)? {
        return p.refuse(
            "first_week_only_lag",
            "is false: the first step has none before",
        );
    }
    if p.number_or("t_of_week_2", 1.0)? != 1.0 {
        return p.refuse("t_of_week_2", "is not 1");
    }
    Ok((form, offset))
}

fn read(call: &Call<'_>) -> Result<(Panel, Form), Refused> {
    let (form, offset) = form(&call.params)?;
    let mut panel = panel(call, offset)?;
    if form.around.is_some() {
        orders(call, &mut panel)?;
    }
    Ok((panel, form))
}

fn run_model(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let (panel, form) = read(call)?;
    let found: Fit = fit(&panel, form, None)?;
    let means = found.means(&panel, 1..panel.counts.len());
    let coefficient = |(name, (value, error)): (String, &(f64, f64))| {
        vec![name.into(), (*value).into(), (*error).into()]
    };
    let mut sums = [0.0; 3];
    for (.., mean) in &means {
        for (sum, part) in sums.iter_mut().zip([mean.own, mean.around, mean.endemic]) {
            *sum += part;
        }
    }
    let total: f64 = sums.iter().sum();
    let part = |(name, sum): (&str, &f64)| vec![name.into(), (*sum).into(), (sum / total).into()];
    Ok(vec![
        Sheet {
            spec: &COEFFICIENTS,
            rows: form
                .names()
                .into_iter()
                .zip(&found.parameters)
                .map(coefficient)
                .collect(),
        },
        Sheet {
            spec: &FIT,
            rows: vec![vec![
                found.log_likelihood.into(),
                Cell::whole(found.parameters.len()),
                found.aic().into(),
                found.bic().into(),
            ]],
        },
        Sheet {
            spec: &FITTED,
            rows: means
                .iter()
                .map(|(step, place, mean)| {
                    vec![
                        Cell::whole(step + 1),
                        panel.places[*place].as_str().into(),
                        mean.total().into(),
                        mean.own.into(),
                        mean.around.into(),
                        mean.endemic.into(),
                    ]
                })
                .collect(),
        },
        Sheet {
            spec: &PARTS,
            rows: ["own", "around", "endemic"]
                .into_iter()
                .zip(&sums)
                .map(part)
                .collect(),
        },
    ])
}

fn run_ahead(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    let (panel, form) = read(call)?;
    // A name for the reader only.
    let _ = p.optional_text("model")?;
    let (first, last) = p.range("predict_weeks")?;
    if first < 3 || last > panel.counts.len() {
        return p.refuse(
            "predict_weeks",
            "begin before week 3 or end after the last week",
        );
    }
    if !p.text_or("refit", "every week")?.starts_with("every week") {
        return p.refuse("refit", "is not every week");
    }
    let asked = p.texts("scores")?;
    let found = one_step_ahead(&panel, form, first - 1..last)?;
    let mut sums = [0.0; 4];
    let mut rows = Vec::with_capacity(found.len());
    for (step, place, mean, dispersion) in &found {
        let y = panel.counts[*step][*place];
        let predictive = match *dispersion > 0.0 {
            true => Predictive::NegativeBinomial(*mean, 1.0 / dispersion),
            false => Predictive::Poisson(*mean),
        };
        let (rps, logs) = crps_and_log(predictive, y)?;
        let variance = mean + dispersion * mean * mean;
        let squared = (y - mean).powi(2);
        let dss = squared / variance + variance.ln();
        for (sum, score) in sums.iter_mut().zip([logs, rps, dss, squared]) {
            *sum += score;
        }
        rows.push(vec![
            Cell::whole(step + 1),
            panel.places[*place].as_str().into(),
            (*mean).into(),
            y.into(),
        ]);
    }
    let n = found.len() as f64;
    let scores = ["logs", "rps", "dss", "ses"].into_iter().zip(sums);
    let wanted = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
    Ok(vec![
        Sheet { spec: &STEPS, rows },
        Sheet {
            spec: &SCORES,
            rows: scores
                .filter(|(name, _)| wanted(name))
                .map(|(name, sum)| vec![name.into(), (sum / n).into()])
                .collect(),
        },
    ])
}
