//! Resemblance of neighbours by name.

use super::{Areas, Global, Local, autocorrelation, two_sided};
use crate::call::{Call, Method, Params, Refused};
use crate::numbers::normal;
use crate::table::{Cell, Sheet, SheetSpec};

/// Resemblance of neighbours by name.
pub const METHOD: Method = Method {
    function: "spatial_autocorrelation",
    title: "Moran, Geary, Getis-Ord: do neighbouring areas resemble each other?",
    page: "spatial-autocorrelation",
    input: Some("areas"),
    sheets: &[GLOBAL, LOCAL],
    run,
};

const GLOBAL: SheetSpec = SheetSpec {
    name: "global",
    columns: &[
        "moran_I",
        "moran_E",
        "moran_var_rand",
        "moran_z_rand",
        "moran_p_rand",
        "moran_var_norm",
        "moran_z_norm",
        "geary_C",
        "geary_var",
        "geary_z",
        "global_G",
        "global_G_E",
        "global_G_var",
        "global_G_z.V1",
        "eb_mean",
        "eb_var",
    ],
    on_request: None,
};

const LOCAL: SheetSpec = SheetSpec {
    name: "local",
    columns: &[
        "id",
        "rate",
        "eb_global",
        "eb_local",
        "local_I",
        "local_I_E",
        "local_I_var",
        "local_I_z",
        "local_I_p",
        "quadrant",
        "gi_star_z",
        "gi_z",
    ],
    on_request: None,
};

/// What is offered is what was asked for.
fn only(params: &Params, name: &str, value: &str) -> Result<(), Refused> {
    if params.text_or(name, value)? == value {
        return Ok(());
    }
    params.refuse(name, format!("is not {value}"))
}

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    only(p, "weights_moran_geary", "row_standardised")?;
    only(p, "weights_getis_ord", "binary")?;
    only(p, "moran_p", "one-sided greater")?;
    only(p, "local_p", "two-sided")?;
    if !p.flag_or("gi_star_includes_self", true)? {
        return p.refuse("gi_star_includes_self", "is not true");
    }
    let input = call.input("areas")?;
    let ids = input.texts("id")?;
    let (cases, people) = (input.numbers("cases")?, input.numbers("population")?);
    let pairs = call.input("neighbours")?;
    let place: std::collections::BTreeMap<&str, usize> =
        ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut neighbours = vec![Vec::new(); ids.len()];
    let (from, to) = (pairs.texts("from")?, pairs.texts("to")?);
    for (row, (from, to)) in from.iter().zip(&to).enumerate() {
        let find = |column: &str, id: &str| {
            let found = place.get(id).copied();
            found.ok_or_else(|| pairs.bad(column, row, id, "an area"))
        };
        neighbours[find("from", from)?].push(find("to", to)?);
    }
    for list in &mut neighbours {
        list.sort_unstable();
        list.dedup();
    }
    let per = p.number_or("rate_per", 1.0)?;
    let rates: Vec<f64> = cases
        .iter()
        .zip(&people)
        .map(|(c, n)| per * c / n)
        .collect();
    let areas = Areas {
        cases,
        people,
        neighbours,
    };
    let (global, local) = autocorrelation(&areas, &rates, call.mode)?;
    let rows = ids
        .iter()
        .zip(&rates)
        .zip(&local)
        .map(|((id, rate), local)| local_row(id, *rate, local));
    Ok(vec![
        Sheet {
            spec: &GLOBAL,
            rows: vec![global_row(&global)],
        },
        Sheet {
            spec: &LOCAL,
            rows: rows.collect(),
        },
    ])
}

fn global_row(found: &Global) -> Vec<Cell> {
    let moran = &found.moran;
    let normal_z = (moran.value - moran.mean) / found.moran_variance_normal.sqrt();
    let numbers = [
        moran.value,
        moran.mean,
        moran.variance,
        moran.z(),
        normal::cdf(-moran.z()),
        found.moran_variance_normal,
        normal_z,
        found.geary.value,
        found.geary.variance,
        // Positive where neighbours are alike.
        -found.geary.z(),
        found.g.value,
        found.g.mean,
        found.g.variance,
        found.g.z(),
        found.bayes.0,
        found.bayes.1,
    ];
    numbers.map(Cell::from).into()
}

fn local_row(id: &str, rate: f64, found: &Local) -> Vec<Cell> {
    let word = |high: bool| if high { "High" } else { "Low" };
    vec![
        id.into(),
        rate.into(),
        found.towards_all.into(),
        found.towards_neighbours.into(),
        found.moran.value.into(),
        found.moran.mean.into(),
        found.moran.variance.into(),
        found.moran.z().into(),
        two_sided(found.moran.z()).into(),
        format!("{}-{}", word(found.high.0), word(found.high.1)).into(),
        found.g.1.into(),
        found.g.0.into(),
    ]
}
