//! Nowcasts: how many have already fallen ill of whom no report has come yet?
//!
//! [`triangle`] counts reports by day and delay, [`delays`] learns the delays from it, `level` what the days around a day say
//! of it, [`predict`] what is still missing; [`named`] calls them by name.

pub mod delays;
mod level;
pub mod named;
pub mod predict;
pub mod triangle;
