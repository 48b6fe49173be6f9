//! The stays as they were at one moment. Writing goes on beside it and does not change it.

use std::sync::Arc;

use crate::ask::{Aliases, Ask};
use crate::disk::numbers::Dictionary;
use crate::ids::Stream;
use crate::tail::Track;

/// Everything that questions need.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub(crate) dictionary: Arc<Dictionary>,
    pub(crate) tracks: [Track; 2],
    pub(crate) aliases: Arc<Aliases>,
}

impl Snapshot {
    /// One of the streams, ready to be asked.
    pub fn ask(&self, stream: Stream) -> Ask<'_> {
        Ask {
            layers: self.tracks[stream.index()].layers(),
            people: &self.dictionary.people,
            places: &self.dictionary.places[stream.index()],
            aliases: &self.aliases,
        }
    }
}
