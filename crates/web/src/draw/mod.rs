//! Charts and maps as SVG, from plain numbers: the same drawing on screen and on paper, readable
//! without script. Knows nothing of cases or areas beyond names and counts.

mod bars;
mod map;

pub use bars::{Bar, bars, meter};
pub use map::{legend, map, regions};

/// The ends of the steps that counts are shaded by: 0, up to 2, 5, 10, and more.
const STEPS: [u64; 4] = [0, 2, 5, 10];

/// The shade of a count: 0 for nothing, 4 for many.
fn shade(count: u64, steps: &[u64; 4]) -> usize {
    steps.iter().position(|end| count <= *end).unwrap_or(4)
}
