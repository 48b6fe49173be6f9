//! What a case, contact, task or measure *is*: types, states and invariants. Pure: no IO, no SQL,
//! no HTTP. Start with [`identifiers`] and [`intake`].

pub mod alerts;
pub mod appeals;
pub mod identifiers;
pub mod intake;
pub mod measures;
pub mod reviews;
pub mod tasks;
pub mod units;
