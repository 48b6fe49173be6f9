//! The visit store from outside: its answers against plain loops and SQL, its files against damage and kills.
//!
//! `world` makes stays up and says what they come to in the plainest way; everything else compares with it.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where things are not as they should be"
)]

mod answers;
mod damage;
mod folder;
mod keeping;
mod kill;
mod many;
mod sql;
mod world;
