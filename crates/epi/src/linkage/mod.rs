//! Record linkage: which records are of one person?
//!
//! # Design principles
//!
//! - *Scope*: comparing what records say of persons, learning how much each agreement counts, telling why. Not:
//!   storing, merging, undoing; these belong to `app`.
//! - *In*: [`Person`]s, in one list or two, and a seed. *Out*: a [`Model`] and scored pairs. The truth is never
//!   asked for; [`quality`] measures with it afterwards.
//! - *Decisions*: five kinds of pair instead of two, so that a household is no duplicate; one ladder of steps per
//!   field; equal values count by their rarity; the model keeps no value that occurs fewer than
//!   [`model::Frequencies::TOLD`] times, and others as digests only.
//! - *One record at a time*: [`Scorer::prepare`] the record, look up others by [`Prepared::tokens`], and
//!   [`Scorer::score`] or [`Scorer::explain`] each.

pub mod fixed;
pub mod levels;
pub mod model;
pub mod named;
mod person;
pub mod phonetic;
pub mod quality;
mod sound;
pub mod task;
pub mod text;
mod thresholds;
mod tokens;
mod train;

pub use model::{BadModel, Explained, Kind, Model, Prepared, Score, Scorer, tokens};
pub use person::{Person, birth};
pub use train::{Linked, Trained, train};
