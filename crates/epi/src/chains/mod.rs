//! Chains of transmission: who infected whom, how unevenly people infect, and what follows for outbreaks.

pub mod infectors;
pub mod offspring;
pub mod superspreading;
pub mod transmission;
