//! Who is known to have infected whom: degrees, chains, generations, serial intervals.

use std::collections::{BTreeMap, VecDeque};

use fangxian_base::days_between;

use crate::answer::{Estimated, NotEstimated, Why};
use crate::call::{Call, Input, Method, Refused};
use crate::numbers::summary;
use crate::table::{Cell, Sheet, SheetSpec, is_missing};

use super::offspring;

/// Persons by position, and who infected whom among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// Number of persons.
    pub persons: usize,
    /// Infector and infected.
    pub links: Vec<(usize, usize)>,
}

/// The first person of the chain of a person, as far as it is put together.
fn find(leader: &mut [usize], mut at: usize) -> usize {
    while leader[at] != at {
        leader[at] = leader[leader[at]];
        at = leader[at];
    }
    at
}

impl Graph {
    /// How many infected each person, and how many each person infected.
    pub fn degrees(&self) -> Vec<(usize, usize)> {
        let mut degrees = vec![(0, 0); self.persons];
        for (from, to) in &self.links {
            degrees[*from].1 += 1;
            degrees[*to].0 += 1;
        }
        degrees
    }

    /// The chain of each person, as the position of its first person.
    pub fn chains(&self) -> Vec<usize> {
        let mut leader: Vec<usize> = (0..self.persons).collect();
        for (from, to) in &self.links {
            let (a, b) = (find(&mut leader, *from), find(&mut leader, *to));
            leader[a.max(b)] = a.min(b);
        }
        (0..self.persons).map(|at| find(&mut leader, at)).collect()
    }

    /// For each person the generation and the person at the root, along the shortest way up; nothing inside and behind a
    /// ring that has no root.
    pub fn generations(&self) -> Vec<Option<(usize, usize)>> {
        let mut infected: Vec<Vec<usize>> = vec![Vec::new(); self.persons];
        for (from, to) in &self.links {
            infected[*from].push(*to);
        }
        let degrees = self.degrees();
        let mut found: Vec<Option<(usize, usize)>> = degrees
            .iter()
            .enumerate()
            .map(|(at, (sources, _))| (*sources == 0).then_some((0, at)))
            .collect();
        let mut queue: VecDeque<usize> = (0..self.persons)
            .filter(|at| found[*at].is_some())
            .collect();
        while let Some(at) = queue.pop_front() {
            let Some((generation, root)) = found[at] else {
                continue;
            };
            for next in &infected[at] {
                if found[*next].is_none() {
                    found[*next] = Some((generation + 1, root));
                    queue.push_back(*next);
                }
            }
        }
        found
    }
}

/// Chains by name.
///
/// - Quantity: for each case how many infected it and how many it infected, its chain, generation and root; for each link the
///   days between onsets; the distribution of offspring ([`offspring::fit`]).
/// - Method: the graph of the links; chains are its connected parts, generations its shortest ways from a root.
/// - Units: persons, days.
/// - Interval: none; standard errors of R and k.
/// - Assumes: links name the infector, not just a contact.
/// - Do not use: to read serial intervals off a growing outbreak as they are: long ones are still to come.
/// - Source: Nagraj and others 2018; Lloyd-Smith and others 2005.
/// - Differs from source: not.
/// - Checked by: the reference folder `transmission_chains`.
pub const METHOD: Method = Method {
    function: "transmission_chains",
    title: "Who infected whom: chains, generations, serial intervals, offspring",
    page: "transmission-chains",
    input: Some("linelist"),
    sheets: &[
        SUMMARY,
        DEGREES,
        CHAINS,
        GENERATIONS,
        INTERVALS,
        OFFSPRING,
        COUNTS,
    ],
    run,
};

const fn sheet(name: &'static str, columns: &'static [&'static str]) -> SheetSpec {
    SheetSpec {
        name,
        columns,
        on_request: None,
    }
}

const SUMMARY: SheetSpec = sheet(
    "summary",
    &[
        "n_linelist",
        "n_contacts",
        "n_ids_contacts",
        "n_ids_all",
        "n_ids_common",
        "n_clusters",
        "max_cluster",
        "si_n",
        "si_mean",
        "si_sd",
        "si_median",
        "si_min",
        "si_max",
    ],
);
const DEGREES: SheetSpec = sheet("degrees", &["id", "degree_in", "degree_out", "degree_both"]);
const CHAINS: SheetSpec = sheet("chains", &["id", "cluster_member", "cluster_size"]);
const GENERATIONS: SheetSpec = sheet("generations", &["id", "generation", "root"]);
const INTERVALS: SheetSpec = sheet("intervals", &["from", "to", "onset_difference_days"]);
const OFFSPRING: SheetSpec = sheet(
    "offspring",
    &[
        "n",
        "n_zero",
        "max",
        "R_mean",
        "k_size",
        "R_se",
        "k_se",
        "loglik_nb",
        "aic_nb",
        "R_pois",
        "loglik_pois",
        "loglik_geom",
        "prop_cases_for_80pct_data",
    ],
);
const COUNTS: SheetSpec = sheet("counts", &["n_secondary", "N"]);

/// The persons of a line list, then those whom only contacts name, and the links between them.
struct Read<'a> {
    names: Vec<&'a str>,
    listed: usize,
    named_by_contacts: Vec<bool>,
    graph: Graph,
    /// Days from the onset of the infector to that of the infected, for each link.
    intervals: Vec<Option<f64>>,
}

fn read<'a>(
    call: &Call<'_>,
    list: &'a Input<'_>,
    contacts: &'a Input<'_>,
) -> Result<Read<'a>, Refused> {
    let p = &call.params;
    let id = p.text_or("id_column", "id")?;
    let (from, to) = (
        p.text_or("from_column", "from")?,
        p.text_or("to_column", "to")?,
    );
    let onset = p.text_or("onset_column", "onset")?;
    if !p.flag_or("directed", true)? {
        return p.refuse(
            "directed",
            "is false, and only links with a direction have chains",
        );
    }
    let mut names = list.texts(&id)?;
    let mut position: BTreeMap<&str, usize> = BTreeMap::new();
    for (row, name) in names.iter().enumerate() {
        if is_missing(name) {
            return Err(list.bad(&id, row, name, "the name of a case"));
        }
        if position.insert(name, row).is_some() {
            return Err(list.bad(&id, row, name, "new: another row has it"));
        }
    }
    let listed = names.len();
    let mut links = Vec::new();
    for (row, pair) in contacts
        .texts(&from)?
        .into_iter()
        .zip(contacts.texts(&to)?)
        .enumerate()
    {
        // A row without infector says that nobody knows.
        if is_missing(pair.0) || is_missing(pair.1) {
            continue;
        }
        if pair.0 == pair.1 {
            return Err(contacts.bad(&to, row, pair.1, "somebody else than the infector"));
        }
        let mut place = |name: &'a str| {
            *position.entry(name).or_insert_with(|| {
                names.push(name);
                names.len() - 1
            })
        };
        links.push((place(pair.0), place(pair.1)));
    }
    let mut named_by_contacts = vec![false; names.len()];
    for (from, to) in &links {
        named_by_contacts[*from] = true;
        named_by_contacts[*to] = true;
    }
    let onsets = match list.has(&onset) {
        true => list.maybe_dates(&onset)?,
        false => vec![None; listed],
    };
    let of = |at: usize| onsets.get(at).copied().flatten();
    let interval = |(from, to): &(usize, usize)| Some(days_between(of(*from)?, of(*to)?) as f64);
    Ok(Read {
        listed,
        named_by_contacts,
        intervals: links.iter().map(interval).collect(),
        graph: Graph {
            persons: names.len(),
            links,
        },
        names,
    })
}

fn run(call: &Call<'_>) -> Result<Vec<Sheet>, Refused> {
    let list = call.input(&call.params.text_or("linelist", "linelist")?)?;
    let contacts = call.input(&call.params.text_or("contacts", "contacts")?)?;
    let read = read(call, &list, &contacts)?;
    let everybody = call
        .params
        .one_of(
            "offspring_over",
            &[("line list", false), ("everybody", true)],
        )?
        .unwrap_or(false);
    if read.names.is_empty() {
        return Err(NotEstimated::because(Why::NoData, "there is no case").into());
    }
    let degrees = read.graph.degrees();
    let chains = read.graph.chains();
    let mut sizes = vec![0_usize; read.names.len()];
    for chain in &chains {
        sizes[*chain] += 1;
    }
    let counted = &degrees[..if everybody {
        degrees.len()
    } else {
        read.listed
    }];
    let counts: Vec<f64> = counted.iter().map(|(_, out)| *out as f64).collect();
    let generations = read.graph.generations();
    let name = |at: usize| Cell::from(read.names[at]);
    let listed = 0..read.listed;
    Ok(vec![
        Sheet {
            spec: &SUMMARY,
            rows: vec![summary_row(&read, &sizes)],
        },
        Sheet {
            spec: &DEGREES,
            rows: listed
                .clone()
                .map(|at| {
                    let (sources, infected) = degrees[at];
                    let counts = [sources, infected, sources + infected];
                    std::iter::once(name(at))
                        .chain(counts.map(Cell::whole))
                        .collect()
                })
                .collect(),
        },
        Sheet {
            spec: &CHAINS,
            rows: (0..read.names.len())
                .map(|at| vec![name(at), name(chains[at]), Cell::whole(sizes[chains[at]])])
                .collect(),
        },
        Sheet {
            spec: &GENERATIONS,
            rows: listed
                .map(|at| match generations[at] {
                    Some((generation, root)) => {
                        vec![name(at), Cell::whole(generation), name(root)]
                    }
                    None => vec![name(at), Cell::Missing, Cell::Missing],
                })
                .collect(),
        },
        Sheet {
            spec: &INTERVALS,
            rows: read
                .graph
                .links
                .iter()
                .zip(&read.intervals)
                .map(|((from, to), days)| vec![name(*from), name(*to), Cell::maybe(*days)])
                .collect(),
        },
        Sheet {
            spec: &OFFSPRING,
            rows: vec![offspring_row(&counts)],
        },
        Sheet {
            spec: &COUNTS,
            rows: count_rows(counted),
        },
    ])
}

fn summary_row(read: &Read<'_>, sizes: &[usize]) -> Vec<Cell> {
    let mut days: Vec<f64> = read.intervals.iter().copied().flatten().collect();
    days.sort_by(f64::total_cmp);
    let of = |value: &dyn Fn(&[f64]) -> f64| Cell::maybe((!days.is_empty()).then(|| value(&days)));
    let named = |range: std::ops::Range<usize>| {
        Cell::whole(read.named_by_contacts[range].iter().filter(|n| **n).count())
    };
    vec![
        Cell::whole(read.listed),
        Cell::whole(read.graph.links.len()),
        named(0..read.names.len()),
        Cell::whole(read.names.len()),
        named(0..read.listed),
        Cell::whole(sizes.iter().filter(|size| **size > 0).count()),
        Cell::whole(sizes.iter().copied().max().unwrap_or(0)),
        Cell::whole(days.len()),
        of(&summary::mean),
        of(&summary::sd),
        of(&|days| summary::quantile(days, 0.5)),
        of(&|days| days[0]),
        of(&|days| days[days.len() - 1]),
    ]
}

fn offspring_row(counts: &[f64]) -> Vec<Cell> {
    let fit: Estimated<offspring::Fit> = offspring::fit(counts);
    let of =
        |value: fn(&offspring::Fit) -> Option<f64>| Cell::maybe(fit.as_ref().ok().and_then(value));
    vec![
        Cell::whole(counts.len()),
        Cell::whole(counts.iter().filter(|y| **y == 0.0).count()),
        Cell::maybe(counts.iter().copied().reduce(f64::max)),
        of(|fit| Some(fit.r)),
        of(|fit| Some(fit.k)),
        of(|fit| Some(fit.r_error)),
        of(|fit| fit.k_error),
        of(|fit| Some(fit.ln)),
        of(|fit| Some(fit.aic())),
        of(|fit| Some(fit.r)),
        of(|fit| Some(fit.ln_poisson)),
        of(|fit| Some(fit.ln_geometric)),
        Cell::maybe(offspring::share_of_cases(counts, 0.8)),
    ]
}

fn count_rows(degrees: &[(usize, usize)]) -> Vec<Vec<Cell>> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, infected) in degrees {
        *counts.entry(*infected).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|(infected, cases)| vec![Cell::whole(infected), Cell::whole(cases)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_has_no_root_and_two_sources_make_the_shorter_way() {
        let graph = Graph {
            persons: 8,
            // 0 > 1 > 2 > 3 and 0 > 3; 4 > 5 > 6 > 4; 7 alone.
            links: vec![(0, 1), (1, 2), (2, 3), (0, 3), (4, 5), (5, 6), (6, 4)],
        };
        assert_eq!(graph.chains(), [0, 0, 0, 0, 4, 4, 4, 7]);
        let first = [Some((0, 0)), Some((1, 0)), Some((2, 0)), Some((1, 0))];
        assert_eq!(graph.generations()[..4], first);
        assert_eq!(graph.generations()[4..], [None, None, None, Some((0, 7))]);
        assert_eq!(graph.degrees()[3], (2, 0));
    }
}
