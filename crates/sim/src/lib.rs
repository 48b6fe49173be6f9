//! wip
pub mod district;
mod names;
pub mod person;
pub mod streams;
