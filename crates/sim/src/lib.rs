//! The Demonstration District: places, units, staff and residents who do not exist, what befalls
//! them, and how the people at work behave.
//!
//! Pure and seeded: no clock, no files, no application. Everything follows from a seed and a day.
//! Start with [`District::generate`], then [`Scenario::generate`].

pub mod behaviour;
pub mod delays;
pub mod district;
mod names;
pub mod person;
pub mod scenario;
pub mod streams;

pub use behaviour::{Behaviour, Found};
pub use delays::{Delay, Delays};
pub use district::District;
pub use scenario::{Event, Response, Scenario, Source};
