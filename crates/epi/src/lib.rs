//! The epidemiology engine: detection, reproduction numbers, delays, nowcasts, severity, clusters, forecasts, tables.
//!
//! Pure, deterministic and seeded: no input or output, no clock, no knowledge of cases or users; plain numbers in,
//! plain numbers out. An estimator that has nothing true to say answers [`NotEstimated`] with a reason. Every one
//! carries a method card; `docs/methods` has a page for each.
//!
//! Start with [`registry::METHODS`] for what there is, [`call`] for how a method is called by name on tables,
//! and [`check`] for how the results are compared with the reference outputs of the field's own software.

#![expect(
    clippy::cast_precision_loss,
    clippy::many_single_char_names,
    reason = "counts and positions stay far below 2^53; formulas keep the letters of their papers"
)]
#![expect(
    clippy::neg_cmp_op_on_partial_ord,
    clippy::nonminimal_bool,
    clippy::float_cmp,
    reason = "what is not a number must fall on the refusing side; whole numbers and ends of intervals are equal or not"
)]
#![expect(
    clippy::match_bool,
    clippy::needless_range_loop,
    reason = "two ways of equal weight read as a table; several lists are walked by one position"
)]

mod answer;
pub mod bench;
pub mod call;
pub mod check;
pub mod numbers;
pub mod registry;
pub mod table;

pub mod chains;
pub mod clusters;
pub mod delay;
pub mod detect;
pub mod endemic;
pub mod forecast;
pub mod linkage;
pub mod nowcast;
pub mod picture;
pub mod reproduction;
pub mod severity;
pub mod tables;

pub use answer::{Estimated, NotEstimated, Why};
