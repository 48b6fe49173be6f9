//! Reproduction numbers: how many people does one case infect, and is that more than one?
//!
//! Start with [`cori`] for the present, [`wallinga_teunis`] for cohorts of cases, [`growth`] for the speed of growth.

pub mod cori;
pub mod growth;
pub mod incidence;
pub mod interval;
pub mod uncertain;
pub mod wallinga_teunis;
