//! A small cast and its things, shared by the tests of this crate.
#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]
#![allow(dead_code, reason = "every test file uses a part of it")]

use std::collections::BTreeSet;

use fangxian_authz::{About, Action, Actor, AreaPath, Grant, Kind, Purpose, Resource, Role};
use fangxian_base::{Instant, ResponseId, UnitId, UserId};
use fangxian_domain::units::UnitKind;

pub const NOW: Instant = Instant::from_millis(1_790_000_000_000);

pub fn path(text: &str) -> AreaPath {
    text.parse().unwrap()
}

/// Ids that mean something to a reader of a test.
#[derive(Debug, Clone, Copy)]
pub struct World {
    pub me: UserId,
    pub other: UserId,
    pub mine: UnitId,
    pub theirs: UnitId,
    pub response: ResponseId,
    pub elsewhere: ResponseId,
}

impl World {
    pub fn new() -> Self {
        Self {
            me: UserId::new(),
            other: UserId::new(),
            mine: UnitId::new(),
            theirs: UnitId::new(),
            response: ResponseId::new(),
            elsewhere: ResponseId::new(),
        }
    }

    pub fn actor(&self, unit_kind: UnitKind, grants: &[Grant]) -> Actor {
        Actor {
            user: self.me,
            unit: self.mine,
            unit_kind,
            grants: grants.to_vec(),
        }
    }

    pub fn one(&self, role: Role, unit_kind: UnitKind, area: &str) -> Actor {
        self.actor(unit_kind, &[Grant::new(role, path(area))])
    }

    /// A thing of this kind in `about`'s area that has nothing to do with the actor.
    pub fn strange(&self, kind: Kind, about: About) -> Resource {
        let area = about.area.clone();
        let submitted_by = Some(self.theirs);
        let (first_looker, second_looker) = (Some(self.other), None);
        match kind {
            Kind::Intake => Resource::Intake {
                about,
                submitted_by,
            },
            Kind::Import => Resource::Import { about },
            Kind::Person => Resource::Person { about },
            Kind::Pair => Resource::Pair { about },
            Kind::Review => Resource::Review {
                about,
                first_looker,
                second_looker,
            },
            Kind::Measure => Resource::Measure {
                about,
                organ_kinds: BTreeSet::from([UnitKind::Hospital, UnitKind::CdcInstitution]),
                restricts_personal: true,
                first_looker,
                second_looker,
                decided_by: Some(self.theirs),
                decider: Some(self.other),
            },
            Kind::Appeal => Resource::Appeal {
                about,
                took_part: BTreeSet::from([self.other]),
                assignee: Some(self.other),
                decided_by: Some(self.theirs),
            },
            Kind::Task => Resource::Task {
                about,
                assignee: Some(self.other),
            },
            Kind::Report => Resource::Report {
                about,
                submitted_by,
                statutory: true,
            },
            Kind::Alert => Resource::Alert { about },
            Kind::Figures => Resource::Figures { area },
            Kind::Response => Resource::Response {
                response: Some(self.response),
                area,
                closed: false,
                closed_by: None,
                proposed_by: Some(self.other),
            },
            Kind::Account => Resource::Account {
                area,
                user: Some(self.other),
            },
            Kind::Installation => Resource::Installation,
        }
    }

    /// The same thing as far as it can be the actor's: submitted by, decided by, assigned to.
    pub fn own(&self, kind: Kind, about: About) -> Resource {
        let mut thing = self.strange(kind, about);
        match &mut thing {
            Resource::Intake { submitted_by, .. } | Resource::Report { submitted_by, .. } => {
                *submitted_by = Some(self.mine);
            }
            Resource::Measure {
                decided_by,
                decider,
                ..
            } => (*decided_by, *decider) = (Some(self.mine), Some(self.me)),
            Resource::Appeal {
                assignee,
                decided_by,
                ..
            } => (*assignee, *decided_by) = (Some(self.me), Some(self.mine)),
            Resource::Task { assignee, .. } => *assignee = Some(self.me),
            Resource::Account { user, .. } => *user = Some(self.me),
            Resource::Review { first_looker, .. } => *first_looker = Some(self.me),
            Resource::Import { .. }
            | Resource::Person { .. }
            | Resource::Pair { .. }
            | Resource::Alert { .. }
            | Resource::Figures { .. }
            | Resource::Response { .. }
            | Resource::Installation => {}
        }
        thing
    }
}

/// The unit that somebody with this role usually belongs to.
pub const fn usual_unit(role: Role) -> UnitKind {
    match role {
        Role::Admin | Role::Duty => UnitKind::Headquarters,
        Role::Desk | Role::Assessor => UnitKind::CdcInstitution,
        Role::Organ | Role::Reporter => UnitKind::Hospital,
        Role::Lead => UnitKind::Township,
        Role::Grid => UnitKind::Community,
        Role::Auditor => UnitKind::Government,
        Role::Integration => UnitKind::Other,
    }
}

/// The letter that stands for a purpose in the golden table.
pub const fn letter(purpose: Option<Purpose>) -> char {
    match purpose {
        None => '-',
        Some(Purpose::Intake) => 'i',
        Some(Purpose::Assessment) => 'a',
        Some(Purpose::TaskWork) => 't',
        Some(Purpose::MeasureWork) => 'm',
        Some(Purpose::Command) => 'c',
        Some(Purpose::StatutoryReport) => 's',
        Some(Purpose::Administration) => 'd',
        Some(Purpose::Audit) => 'u',
        Some(Purpose::Appeal) => 'p',
        Some(Purpose::OwnFile) => 'o',
    }
}

/// No purpose, and every purpose.
pub fn purposes() -> impl Iterator<Item = Option<Purpose>> {
    std::iter::once(None).chain(Purpose::ALL.iter().copied().map(Some))
}

pub fn actions() -> impl Iterator<Item = Action> {
    Action::ALL.iter().copied()
}
