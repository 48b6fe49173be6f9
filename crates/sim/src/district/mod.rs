//! wip
pub mod areas;
pub mod geometry;
pub fn areas(seed: u64) -> Vec<areas::Area> {
    areas::plant(&geometry::Tiling::new(crate::streams::Streams::of(seed)))
}
pub fn river(seed: u64) -> Vec<[f64; 2]> {
    geometry::river(crate::streams::Streams::of(seed))
}
