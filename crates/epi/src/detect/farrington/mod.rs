//! Farrington's method, as first published and as improved: the same weeks of earlier years, with past outbreaks
//! weighted down.
//!
//! [`original`] and [`flexible`] share the baseline ([`reference`]), the fit ([`model`]) and the bound
//! ([`threshold`]).

pub mod flexible;
pub mod model;
pub mod original;
pub mod reference;
pub mod threshold;
