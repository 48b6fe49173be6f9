//! Endemic-epidemic regression: which part of the cases comes from the place itself, from its neighbours, from elsewhere?
//!
//! [`panel`] holds counts by step and place and how places lie to each other, [`model`] the mean and its derivatives,
//! [`fit`] the search, [`named`] the methods by name.

pub mod fit;
pub mod model;
pub mod named;
pub mod panel;
