//! Who may do what, to which thing, for which purpose: roles × area × purpose, decided by Cedar.
//!
//! The rules are text under `policies/`, checked against a schema when [`Authz::new`] loads them.
//! Three questions: [`Authz::decide`] for one thing, [`Authz::reach`] for a list (answered as area
//! ranges for SQL, found by asking the same rules), [`Authz::may`] for a menu. What no rule permits
//! is refused, and so is whatever cannot be evaluated. This crate does no IO and loads nothing
//! about people: the caller says what the thing is. Start with [`Authz`], then `policies/`.

mod actions;
mod actor;
mod areas;
mod coded;
mod decide;
mod explore;
mod reach;
mod resource;
mod roles;
mod rules;
mod slice;

pub use actions::{Action, Kind};
pub use actor::{Actor, Grant};
pub use areas::{AreaPath, AreaPrefix, ParseAreaPathError};
pub use decide::{Authz, Denied, Permit};
pub use reach::{Reach, ReachPart};
pub use resource::{About, Resource};
pub use roles::{Purpose, Role};
pub use rules::LoadError;
