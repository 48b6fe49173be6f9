//! The trace benchmark: the same questions with the same checksums as the SQL engines beside it.
//!
//! `benches/gen.py` makes the data, `benches/queries.py` holds the questions as SQL. [`build`] makes the
//! index that ships, by day; [`run`] asks. Parameters here are the benchmark's, not anybody's rules.

mod load;
mod make;
mod queries;

pub use load::{Built, Index, World, build};
pub use make::{Size, make};
pub use queries::{Prepared, QUERIES, Result, run, touched};

/// The questions as SQL in DuckDB: a script and what it imports, by file name. `duck.py DIR QUERY…` prints
/// the version, then for each query name, rows, checksum and CPU seconds, then its peak memory in KiB.
pub const PEER: [(&str, &str); 2] = [
    ("duck.py", include_str!("../../benches/duck.py")),
    ("queries.py", include_str!("../../benches/queries.py")),
];
