//! The visit store: who was where and when, by pseudonym, and from one case to everyone who was there.
//!
//! Must not know names, document numbers, cases or users. Input and output happen in `disk` and nowhere
//! else; `index` and `ask` are pure. Start with `docs/design/trace.md`, then [`Ask::contacts`].

#[cfg(target_endian = "big")]
compile_error!("files are mapped as they are, and they are little-endian");

pub mod ask;
mod batch;
pub mod bench;
mod disk;
mod error;
mod event;
mod ids;
mod index;
mod numbers;
mod snapshot;
mod spread;
mod store;
mod tail;
mod wire;

pub use ask::{Answer, Ask, Case, Contact, Crowd, Overlap};
pub use error::TraceError;
pub use event::{Event, How, Sighting};
pub use ids::{Area, Calendar, Day, Moment, Person, Place, Stream, Window};
pub use index::segment::Damage;
pub use snapshot::Snapshot;
pub use store::{
    Fault, Ingested, Opened, Receipt, Refusal, Rules, Sealing, Stats, Store, StreamStats,
};
