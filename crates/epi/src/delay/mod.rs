//! Delays: distributions of durations, and their estimates from records that give windows instead of moments.
//!
//! [`duration`] holds the distributions, [`likelihood`] what every fit shares, [`records`] the three kinds of records,
//! [`named`] the methods by name.

pub mod duration;
pub mod likelihood;
pub mod named;
pub mod records;
