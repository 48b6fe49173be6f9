//! What comes next: projections, beds, scenarios, and how good forecasts were.

pub mod beds;
pub mod projection;
pub mod rolling;
pub mod scores;
pub mod seihrd;
