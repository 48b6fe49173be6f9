//! Clusters: are cases near each other, in space or in space and time, more than chance puts them?

pub mod autocorrelation;
pub mod dbscan;
pub mod knox;
pub mod scan;
