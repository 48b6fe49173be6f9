//! The trace benchmark: the same questions with the same checksums as the SQL engines beside it.
//!
//! `benches/gen.py` makes the data, `benches/queries.py` holds the questions as SQL. [`load`] builds the
//! index that ships, by day; [`run`] asks. Parameters here are the benchmark's, not anybody's rules.

mod load;
mod queries;

pub use load::{Built, World, load};
pub use queries::{Prepared, QUERIES, Result, run};
