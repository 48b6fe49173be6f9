//! The binary as a whole: killed in the middle, fed with lists, asked to verify itself.
//!
//! Every test runs the built program in a directory of its own; the slow ones carry `long_` or
//! `random_kill` in their names (see `docs/testing.md`).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where things are not as they should be"
)]

#[path = "../src/http.rs"]
mod http;
mod kill;
mod lists;
mod packs;
mod program;
