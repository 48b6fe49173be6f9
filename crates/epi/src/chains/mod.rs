//! Chains of transmission: how unevenly people infect, and what follows for outbreaks.

pub mod superspreading;
