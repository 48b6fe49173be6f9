//! The only crate that speaks SQL: tables, queries, the one way to write, the audit trail, keys,
//! backup. SQLite (embedded) and PostgreSQL carry the same text; one suite checks both.
//!
//! It decides nothing: use cases in `app` do. Start with [`Store::write`] and [`records`].

pub mod accounts;
pub mod ahead;
pub mod alerts;
pub mod appeals;
pub mod approvals;
mod areas;
mod arrivals;
pub mod assessments;
pub mod audit;
pub mod backup;
pub mod categories;
pub mod clocks;
pub mod closing;
pub mod command;
mod db;
mod erase;
pub mod facts;
pub mod file_codes;
pub mod holds;
pub mod imports;
pub mod kept;
pub mod keys;
pub mod linkage;
mod marks;
pub mod measures;
pub mod people;
pub mod places;
pub mod queue;
pub mod records;
pub mod responses;
pub mod reviews;
mod schema;
mod scopes;
mod store;
pub mod tasks;
#[doc(hidden)]
pub mod testing;
mod write;

pub use areas::{AreaRange, ROOT_PATH};
pub use db::{DbError, Engine, Tx};
pub use erase::EraseError;
pub use scopes::Scope;
pub use store::{OpenError, Store, StoreConfig};
pub use write::{Author, Command, WriteError, Written};

/// Sixteen random bytes, for numbers that nobody may guess.
///
/// # Errors
/// When the system gives none.
pub fn random_bytes() -> Result<[u8; 16], DbError> {
    Ok(keys::random()?)
}
