//! Severity: what share of cases dies, when some of the outcomes are still to come?

pub mod cfr;
pub mod fatality;
