//! Lists: which rows may somebody see? [`Authz::reach`] answers as area ranges and flags for SQL;
//! [`Authz::may`] and [`Authz::purposes`] answer for menus.
//!
//! The answer is not a second copy of the rules: see [`crate::explore`]. A property test holds that
//! a row is in the reach exactly when [`Authz::decide`] allows it.

use std::collections::BTreeSet;

use fangxian_base::{Instant, ResponseId, UnitId, UserId};

use crate::actions::{Action, Kind};
use crate::actor::{Actor, Grant};
use crate::areas::{AreaPath, AreaPrefix};
use crate::decide::{Authz, Denied, Permit, Refusal, roles_held};
use crate::explore::{Key, Shape, about_people, recall, widest};
use crate::resource::{About, Resource};
use crate::roles::Purpose;
use crate::rules::Verdict;

/// The rows that somebody may see: those that fit at least one part.
#[derive(Debug, PartialEq, Eq)]
pub struct Reach {
    permit: Permit,
    user: UserId,
    unit: UnitId,
    parts: Vec<ReachPart>,
}

/// Rows that fit every condition here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReachPart {
    /// The row's area lies in this range.
    pub prefix: AreaPrefix,
    /// When given, the row belongs to this response.
    pub response: Option<ResponseId>,
    /// The row came from [`Reach::unit`].
    pub own_unit_only: bool,
    /// The row's task is assigned to [`Reach::user`].
    pub own_tasks_only: bool,
    /// Rows about sealed diseases are included; when false they are left out.
    pub sealed: bool,
    /// Rows whose responses are all closed are included (with `response`: whether that one may be
    /// closed); when false they are left out. Rows in no response are not closed.
    pub closed: bool,
}

impl Reach {
    /// The proof that something may be seen; what is in the list was read under it.
    pub const fn permit(&self) -> &Permit {
        &self.permit
    }

    /// Whose tasks `own_tasks_only` means.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// Whose submissions `own_unit_only` means.
    pub const fn unit(&self) -> UnitId {
        self.unit
    }

    /// The parts, never empty, none contained in another.
    pub fn parts(&self) -> &[ReachPart] {
        &self.parts
    }

    /// Whether the thing is in the reach: what the SQL condition must say of its row.
    pub fn contains(&self, resource: &Resource) -> bool {
        let area = resource.area();
        self.parts.iter().any(|part| {
            part.prefix.area().holds(&area)
                && (!part.own_unit_only || resource.submitted_by() == Some(self.unit))
                && (!part.own_tasks_only || resource.assignee() == Some(self.user))
                && resource.about().is_none_or(|about| part.admits(about))
        })
    }
}

impl ReachPart {
    fn admits(&self, about: &About) -> bool {
        let response = match &self.response {
            Some(only) => about.open.contains(only) || (self.closed && about.closed.contains(only)),
            None => self.closed || !about.open.is_empty() || about.closed.is_empty(),
        };
        response && (self.sealed || !about.sealed)
    }

    /// Whether every row that fits `other` fits this part too.
    fn covers(&self, other: &Self) -> bool {
        self.prefix.area().holds(other.prefix.area())
            && (self.response == other.response
                || (self.response.is_none() && (self.closed || !other.closed)))
            && (!self.own_unit_only || other.own_unit_only)
            && (!self.own_tasks_only || other.own_tasks_only)
            && (self.sealed || !other.sealed)
            && (self.closed || !other.closed)
    }
}

impl Authz {
    /// The rows that `actor` may see by `action` for `purpose` at `now`.
    ///
    /// # Errors
    /// [`Denied`] when there can be none, and when `action` does not merely show something.
    pub fn reach(
        &self,
        actor: &Actor,
        action: Action,
        purpose: Option<Purpose>,
        now: Instant,
    ) -> Result<Reach, Denied> {
        if let Some(reach) = self.gather(actor, action, purpose, now) {
            return Ok(reach);
        }
        let why = if !action.shows() {
            Refusal::WrongKind
        } else if actor.grants.is_empty() {
            Refusal::NoGrant
        } else {
            self.why_nothing(actor, action, purpose, now)
        };
        Err(self.denied(action, purpose, why, true))
    }

    /// What the grants reach together, if anything.
    pub(crate) fn gather(
        &self,
        actor: &Actor,
        action: Action,
        purpose: Option<Purpose>,
        now: Instant,
    ) -> Option<Reach> {
        if !action.shows() {
            return None;
        }
        let holds = roles_held(actor, now);
        let mut parts: Vec<ReachPart> = Vec::new();
        let mut policies = BTreeSet::new();
        let mut first = None;
        for grant in actor.grants.iter().filter(|grant| grant.holds_at(now)) {
            let key = Key::of(actor, grant, action, purpose, &holds);
            let known = recall(&self.memory.shapes, &key, || self.explore(&key));
            if known.shapes.is_empty() {
                continue;
            }
            first = first.or(Some(grant));
            policies.extend(known.policies);
            parts.extend(
                known
                    .shapes
                    .iter()
                    .map(|shape| part(*shape, grant, action.kind())),
            );
        }
        let policies = policies.into_iter().collect();
        Some(Reach {
            permit: Permit::new(actor, action, purpose, first?, policies, now),
            user: actor.user,
            unit: actor.unit,
            parts: widest(parts, ReachPart::covers),
        })
    }

    /// Whether `actor` may do `action` to anything at all at `now`, for whatever purpose: what a
    /// menu shows. It promises nothing about any one thing.
    pub fn may(&self, actor: &Actor, action: Action, now: Instant) -> bool {
        self.may_for(actor, action, None, now)
            || Purpose::ALL
                .iter()
                .any(|&p| self.may_for(actor, action, Some(p), now))
    }

    /// The purposes for which `actor` may do `action` to anything at all: what a page offers.
    pub fn purposes(&self, actor: &Actor, action: Action, now: Instant) -> Vec<Purpose> {
        let offered = |purpose: &Purpose| self.may_for(actor, action, Some(*purpose), now);
        Purpose::ALL.iter().copied().filter(offered).collect()
    }

    /// The same for one purpose, or none.
    pub(crate) fn may_for(
        &self,
        actor: &Actor,
        action: Action,
        purpose: Option<Purpose>,
        now: Instant,
    ) -> bool {
        let holds = roles_held(actor, now);
        actor
            .grants
            .iter()
            .filter(|grant| grant.holds_at(now))
            .any(|grant| {
                let key = Key::of(actor, grant, action, purpose, &holds);
                recall(&self.memory.possible, &key, || {
                    let allowed = |thing| matches!(self.probe(&key, &thing), Verdict::Allowed(_));
                    self.favourable(&key).into_iter().any(allowed)
                })
            })
    }

    /// Why a list is refused altogether: what the rules say about the most favourable thing.
    fn why_nothing(
        &self,
        actor: &Actor,
        action: Action,
        purpose: Option<Purpose>,
        now: Instant,
    ) -> Refusal {
        let holds = roles_held(actor, now);
        let mut expired = false;
        for grant in &actor.grants {
            if !grant.holds_at(now) {
                expired = true;
                continue;
            }
            let key = Key::of(actor, grant, action, purpose, &holds);
            for thing in self.favourable(&key) {
                match self.probe(&key, &thing) {
                    Verdict::Refused(by) if !by.is_empty() => return Refusal::By(by),
                    Verdict::Failed => return Refusal::Failed,
                    Verdict::Refused(_) | Verdict::Allowed(_) => {}
                }
            }
        }
        if expired && holds.is_empty() {
            return Refusal::By(vec!["grant-expired".to_owned()]);
        }
        Refusal::By(Vec::new())
    }
}

/// What a grant of this shape reaches in its own area.
fn part(shape: Shape, grant: &Grant, kind: Kind) -> ReachPart {
    let area = if shape.anywhere {
        AreaPath::root()
    } else {
        grant.area.clone()
    };
    ReachPart {
        prefix: area.prefix(),
        response: if about_people(kind) {
            grant.response
        } else {
            None
        },
        own_unit_only: shape.own_unit_only,
        own_tasks_only: shape.own_tasks_only,
        sealed: shape.sealed,
        closed: shape.closed,
    }
}
