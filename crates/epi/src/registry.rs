//! Every method by name. A new method is a file in its family and a row here.

use crate::call::Method;
use crate::chains::{infectors, superspreading, transmission};
use crate::delay::named as delay;
use crate::endemic::named as endemic;
use crate::forecast::{beds, projection, rolling, scores, seihrd};
use crate::linkage::named as linkage;
use crate::nowcast::named as nowcast;
use crate::reproduction as r;
use crate::severity::cfr;
use crate::tables::two_by_two;
use crate::{clusters, detect};

/// All methods, by family.
pub const METHODS: &[&Method] = &[
    &detect::ears::METHOD,
    &detect::cusum::METHOD,
    &detect::rki_bayes::RKI,
    &detect::rki_bayes::BAYES,
    &detect::cdc::METHOD,
    &detect::outbreakp::METHOD,
    &detect::farrington::original::METHOD,
    &detect::farrington::flexible::METHOD,
    &detect::glr::POISSON,
    &detect::glr::NEGATIVE_BINOMIAL,
    &detect::quality::METHOD,
    &r::interval::METHOD,
    &r::cori::METHOD,
    &r::cori::INFECTIVITY,
    &r::wallinga_teunis::METHOD,
    &r::uncertain::METHOD,
    &r::growth::GROWTH,
    &r::growth::SPLIT,
    &r::growth::TO_R,
    &delay::DOUBLY,
    &delay::LIKELIHOOD,
    &delay::WITHIN,
    &delay::TRUNCATED,
    &delay::MASS,
    &nowcast::NOWCAST,
    &nowcast::TRIANGLE,
    &nowcast::QUALITY,
    &endemic::MODEL,
    &endemic::AHEAD,
    &two_by_two::TABLE,
    &two_by_two::STRATIFIED,
    &cfr::STATIC,
    &cfr::ROLLING,
    &cfr::VARYING,
    &cfr::OUTCOMES,
    &cfr::ASCERTAINMENT,
    &clusters::dbscan::METHOD,
    &clusters::knox::METHOD,
    &clusters::scan::METHOD,
    &clusters::autocorrelation::METHOD,
    &transmission::METHOD,
    &infectors::METHOD,
    &superspreading::PROBABILITY,
    &superspreading::CONTAIN,
    &superspreading::CONCENTRATION,
    &superspreading::CLUSTERS,
    &superspreading::CHAIN,
    &linkage::QUALITY,
    &linkage::FIXED,
    &linkage::SIMILARITY,
    &beds::OCCUPANCY,
    &beds::CENSUS,
    &projection::METHOD,
    &rolling::METHOD,
    &scores::CRPS,
    &scores::SAMPLE,
    &scores::WIS,
    &seihrd::METHOD,
];

/// The method with this name.
pub fn find(function: &str) -> Option<&'static Method> {
    METHODS
        .iter()
        .copied()
        .find(|method| method.function == function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = METHODS.iter().map(|method| method.function).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), METHODS.len());
    }
}
