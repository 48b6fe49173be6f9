//! Work that the reference programs were timed on: cases of the reference folders, so that both times are of the same input.

use serde_json::{Map, Value};

use crate::call::Refused;
use crate::check::{self, Folder};

/// A case of a reference folder, and where the table of timings speaks of it.
#[derive(Debug, Clone, Copy)]
pub struct Timed {
    /// Columns `method` and `workload` of the table of timings.
    pub timing: (&'static str, &'static str),
    /// The folder.
    pub folder: &'static str,
    /// The method and the case.
    case: (&'static str, &'static str),
    /// What the timed call had beside the parameters of the case.
    more: &'static [(&'static str, i64)],
}

const fn timed(
    timing: (&'static str, &'static str),
    folder: &'static str,
    case: (&'static str, &'static str),
    more: &'static [(&'static str, i64)],
) -> Timed {
    Timed {
        timing,
        folder,
        case,
        more,
    }
}

/// On one thread, as the reference programs were timed.
const ONE: &[(&str, i64)] = &[("threads", 1)];

/// All of it.
pub const TIMED: &[Timed] = &[
    timed(
        (
            "Scan spatial Poisson",
            "2796 counties 20060 cases 999 replications",
        ),
        "spatial_scan_large",
        ("scan", "china_a_spatial_poisson"),
        ONE,
    ),
    timed(
        (
            "Scan space-time permutation prospective",
            "2796 counties 90 days 999 replications",
        ),
        "spatial_scan_large",
        ("scan", "china_a_stp_prospective"),
        ONE,
    ),
    timed(
        (
            "Scan space-time permutation retrospective",
            "NYC 192 zips x 24 days 999 replications",
        ),
        "spatial_scan",
        ("scan", "nyc_stp_retrospective"),
        ONE,
    ),
    timed(
        (
            "Scan space-time Poisson adjusted",
            "New Mexico 32 x 19 years 999 replications",
        ),
        "spatial_scan",
        ("scan", "nm_spacetime_poisson_adj"),
        ONE,
    ),
    timed(
        (
            "Scan spatial Poisson adjusted",
            "New Mexico 32 counties 999 replications",
        ),
        "spatial_scan",
        ("scan", "nm_spatial_poisson_adj"),
        ONE,
    ),
    timed(
        (
            "Delay fit lognormal doubly censored",
            "Lauer 2020 181 records",
        ),
        "delay_doubly_censored",
        ("fit_doubly_censored", "covid19_lauer2020|L"),
        &[],
    ),
    timed(
        ("Delay fit gamma 100 bootstraps", "Lauer 2020 181 records"),
        "delay_doubly_censored",
        ("fit_doubly_censored", "covid19_lauer2020|G"),
        &[("bootstraps", 100)],
    ),
    timed(
        ("Delay fit right truncated lognormal", "692 records"),
        "delay_right_truncated_fit",
        (
            "fit_right_truncated",
            "ebola_onset_to_hosp|2014-09-01|lnorm",
        ),
        &[],
    ),
    timed(
        ("R(t) uncertain SI 1000x200", "Flu2009"),
        "rt_uncertain_si",
        ("estimate_r_uncertain_si", "Flu2009"),
        &[],
    ),
    timed(
        (
            "Farrington flexible delta",
            "140 districts x 52 weeks (7280 evaluations)",
        ),
        "farrington_flexible_bulk",
        ("farrington_flexible", "fluBYBW"),
        &[],
    ),
    timed(
        ("Wallinga-Teunis 1000 simulations", "SARS2003"),
        "rt_wallinga_teunis",
        ("wallinga_teunis", "SARS2003|non_parametric_si"),
        &[],
    ),
    timed(
        ("Nowcast bayes.trunc 1000 samples", "HUS 2011-06-02 D=15"),
        "nowcast_hus",
        ("nowcast", "hus_2011-06-02_D15|bayes.trunc"),
        &[],
    ),
    timed(
        ("Knox 999 permutations", "336 events"),
        "space_time_knox",
        ("knox", "imdepi_B|30|50"),
        &[],
    ),
    timed(
        ("hhh4 power law", "17 districts x 104 weeks"),
        "hhh4",
        ("hhh4", "weserems_nb1_powerlaw"),
        &[],
    ),
    timed(
        ("Renewal projection", "20000 paths x 28 days"),
        "projection_renewal",
        ("project_renewal", "poisson|1.2|NA"),
        &[],
    ),
    timed(
        (
            "Transmission tree 10000 iterations",
            "30 cases with sequences",
        ),
        "transmission_tree_bayes",
        ("transmission_tree", "dna_dates_seed1"),
        &[],
    ),
];

impl Timed {
    /// Calls it once; tells how many rows came out, or nothing when the folder has no such case.
    pub fn run(&self, folder: &Folder) -> Option<Result<usize, Refused>> {
        let more: Map<String, Value> = (self.more.iter())
            .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
            .collect();
        let (function, case) = self.case;
        let sheets = check::call(folder, function, case, &more)?;
        Some(sheets.map(|sheets| sheets.iter().map(|sheet| sheet.rows.len()).sum()))
    }
}
