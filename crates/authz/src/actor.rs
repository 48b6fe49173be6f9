//! Who asks: a member of staff (or a source with a token), the unit, and the grants held.

use fangxian_base::{Instant, ResponseId, UnitId, UserId};
use fangxian_domain::units::UnitKind;

use crate::areas::AreaPath;
use crate::roles::Role;

/// Somebody who asks, with everything that was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub user: UserId,
    /// The unit the account belongs to.
    pub unit: UnitId,
    /// What that unit is.
    pub unit_kind: UnitKind,
    /// The grants, expired ones included: the rules look at the time.
    pub grants: Vec<Grant>,
}

/// A role for an area, for one response or for all, until some moment or without end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The area with everything in it, in today's tree.
    pub area: AreaPath,
    /// When given, the grant holds for this response only.
    pub response: Option<ResponseId>,
    /// When given, the first moment at which the grant no longer holds.
    pub until: Option<Instant>,
}

impl Grant {
    /// A grant for every response and without end.
    pub const fn new(role: Role, area: AreaPath) -> Self {
        Self {
            role,
            area,
            response: None,
            until: None,
        }
    }

    /// The same for one response only.
    #[must_use]
    pub fn for_response(self, response: ResponseId) -> Self {
        Self {
            response: Some(response),
            ..self
        }
    }

    /// The same, ending at `until`.
    #[must_use]
    pub fn until(self, until: Instant) -> Self {
        Self {
            until: Some(until),
            ..self
        }
    }

    /// Whether it still holds at `now`.
    pub fn holds_at(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}
