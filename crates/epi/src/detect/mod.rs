//! Detection: is this day's or week's count more than it should be?
//!
//! Every rule sees one series and the positions to judge, and answers with a bound, an alarm, or a reason why there
//! is none. What an alarm leads to is decided elsewhere.

pub mod baseline;
pub mod cdc;
pub mod cusum;
pub mod ears;
pub mod farrington;
pub mod glr;
pub mod outbreakp;
pub mod quality;
pub mod rki_bayes;
pub mod season;
pub mod series;
