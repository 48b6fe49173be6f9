//! What the store promises, checked on both engines (see `fangxian_store::testing`).
//!
//! One module per promise; each test runs on SQLite and, when `FANGXIAN_TEST_POSTGRES` is set, on
//! PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops where it fails"
)]

mod alerts;
mod at_once;
mod audit;
mod backup;
mod erasing;
mod facts;
mod full_disk;
mod key_directory;
mod linkage;
mod people;
mod places;
mod queue;
mod schema;
mod writing;
