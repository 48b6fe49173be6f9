//! Likely infectors by name.

use super::{Infector, Outbreak, Search, seek};
use crate::call::{Call, Method, Refused};
use crate::table::{Cell, Sheet, SheetSpec, is_missing};

/// Likely infectors by name: inputs `cases` (`id` and the column of days that `use_dates` names), `generation_time` (`w` from
/// day 1 on) and `snp_distance` (column `id` and one column for each case). A column `true_infector` is never looked at
/// before the search is over; then it tells how many infectors were right.
pub const METHOD: Method = Method {
    function: "transmission_tree",
    title: "Who is likely to have infected whom?",
    page: "transmission-tree",
    input: Some("cases"),
    sheets: &[INFECTORS, SUMMARY],
    run,
};

const INFECTORS: SheetSpec = SheetSpec {
    name: "infectors",
    columns: &["id", "infector", "support", "generations", "outside"],
    on_request: None,
};

const SUMMARY: SheetSpec = SheetSpec {
    name: "summary",
    columns: &[
        "mutations",
        "mutations_per_site",
        "seen",
        "accuracy",
        "mean_support",
    ],
    on_request: None,
};

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let p = &call.params;
    let cases = call.input("cases")?;
    let ids = cases.texts("id")?;
    let column = p.text_or("use_dates", "onset_day")?;
    let days = cases.numbers(&column)?;
    let day = |(row, day): (usize, &f64)| {
        let whole = crate::numbers::whole(day.abs()).and_then(|whole| i64::try_from(whole).ok());
        match whole.filter(|whole| *whole < 1_000_000 && *whole as f64 == day.abs()) {
            Some(whole) => Ok(if *day < 0.0 { -whole } else { whole }),
            None => Err(cases.bad(&column, row, &day.to_string(), "a whole number of days")),
        }
    };
    let days: Vec<i64> = days.iter().enumerate().map(day).collect::<Result<_, _>>()?;
    let differences = match p.flag_or("use_sequences", false)? {
        false => None,
        true => {
            let table = call.input("snp_distance")?;
            let rows = table.texts("id")?;
            let columns: Vec<Vec<f64>> = ids
                .iter()
                .map(|id| table.numbers(id))
                .collect::<Result<_, _>>()?;
            let row = |(at, id): (usize, &&str)| {
                let found = rows.iter().position(|row| row == id);
                let found =
                    found.ok_or_else(|| cases.bad("id", at, id, "a row of `snp_distance`"))?;
                Ok::<_, Refused>(columns.iter().map(|column| column[found]).collect())
            };
            Some(ids.iter().enumerate().map(row).collect::<Result<_, _>>()?)
        }
    };
    let sites = p.optional_number("sequence_length")?;
    if differences.is_some() && sites.is_none() {
        return Err(Refused::NoParameter("sequence_length".to_owned()));
    }
    let outbreak = Outbreak {
        days,
        generation: call.input("generation_time")?.numbers("w")?,
        differences,
        sites: sites.unwrap_or(1.0),
    };
    let rounds = p.whole_or("iterations", 10_000)?;
    let search = Search {
        rounds,
        forgotten: p.whole_or("burn_in", rounds / 5)?,
        every: p.whole_or("sample_every", 10)?,
        find_outside: p.flag_or("find_imported", true)?,
        seed: p
            .optional_whole("seed")?
            .map_or(call.seed, |seed| seed as u64),
    };
    let tree = seek(&outbreak, &search)?;
    let n = ids.len() as f64;
    let right = match cases.has("true_infector") {
        true => {
            let truth = cases.texts("true_infector")?;
            let told = truth
                .iter()
                .zip(&tree.infectors)
                .filter(|(truth, infector)| {
                    let truth = (!is_missing(truth)).then_some(**truth);
                    infector.from.map(|from| ids[from]) == truth
                });
            Some(told.count() as f64 / n)
        }
        false => None,
    };
    let row = |(id, infector): (&&str, &Infector)| {
        vec![
            Cell::from(*id),
            infector.from.map_or(Cell::Missing, |from| ids[from].into()),
            infector.support.into(),
            Cell::maybe(infector.generations),
            infector.outside.into(),
        ]
    };
    let support: f64 = tree.infectors.iter().map(|infector| infector.support).sum();
    Ok(vec![
        Sheet {
            spec: &INFECTORS,
            rows: ids.iter().zip(&tree.infectors).map(row).collect(),
        },
        Sheet {
            spec: &SUMMARY,
            rows: vec![vec![
                Cell::maybe(tree.mutations),
                Cell::maybe(tree.mutations.zip(sites).map(|(mean, sites)| mean / sites)),
                tree.seen.into(),
                Cell::maybe(right),
                (support / n).into(),
            ]],
        },
    ])
}
