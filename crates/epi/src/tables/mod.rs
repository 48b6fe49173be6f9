//! Tables of an outbreak: who was exposed, who fell ill, and what that says.

pub mod two_by_two;
