//! What is asked about, with exactly the attributes that rules look at.
//!
//! Whoever asks loads these before deciding; a missing value means "not there", never "allowed".
//! Start with [`Resource`] and [`About`].

use std::collections::BTreeSet;

use fangxian_base::{ResponseId, UnitId, UserId};
use fangxian_domain::units::UnitKind;

use crate::actions::Kind;
use crate::areas::AreaPath;

/// What everything about people has in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Where it belongs today; the jurisdiction itself while that is not known.
    pub area: AreaPath,
    /// Whether it concerns a sealed disease.
    pub sealed: bool,
    /// The responses it was collected for that are open.
    pub open: BTreeSet<ResponseId>,
    /// The responses it was collected for that are closed.
    pub closed: BTreeSet<ResponseId>,
}

impl About {
    /// In `area`, not sealed, in no response.
    pub const fn new(area: AreaPath) -> Self {
        Self {
            area,
            sealed: false,
            open: BTreeSet::new(),
            closed: BTreeSet::new(),
        }
    }

    /// The same, sealed or not.
    #[must_use]
    pub fn sealed(self, sealed: bool) -> Self {
        Self { sealed, ..self }
    }

    /// The same, also in this open response.
    #[must_use]
    pub fn in_open(mut self, response: ResponseId) -> Self {
        self.open.insert(response);
        self
    }

    /// The same, also in this closed response.
    #[must_use]
    pub fn in_closed(mut self, response: ResponseId) -> Self {
        self.closed.insert(response);
        self
    }
}

/// A thing that an action is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// A signal. When it is being submitted, `submitted_by` is the submitter's own unit.
    Intake {
        /// What all have in common.
        about: About,
        /// The unit that handed it in; none for the public page.
        submitted_by: Option<UnitId>,
    },
    /// An imported file.
    Import {
        /// What all have in common.
        about: About,
    },
    /// A personal file.
    Person {
        /// What all have in common.
        about: About,
    },
    /// Two records that may be one person.
    Pair {
        /// What all have in common; sealed when either is, in the area that holds both.
        about: About,
    },
    /// An assessment that waits for its looks.
    Review {
        /// What all have in common.
        about: About,
        /// Who took the first look.
        first_looker: Option<UserId>,
        /// Who took the second look.
        second_looker: Option<UserId>,
    },
    /// A measure on a person.
    Measure {
        /// What all have in common.
        about: About,
        /// The kinds of unit that the law lets decide it.
        organ_kinds: BTreeSet<UnitKind>,
        /// Whether it takes liberty from a person: isolation or medical observation (M01–M03).
        restricts_personal: bool,
        /// Who took the first look at the assessment that proposed it.
        first_looker: Option<UserId>,
        /// Who took the second look.
        second_looker: Option<UserId>,
        /// The unit that decided it.
        decided_by: Option<UnitId>,
        /// Who decided it.
        decider: Option<UserId>,
    },
    /// An appeal. When it is being filed, nothing but where that happens is known.
    Appeal {
        /// What all have in common.
        about: About,
        /// Who looked at the assessment, decided the measure or lifted it.
        took_part: BTreeSet<UserId>,
        /// Who will answer.
        assignee: Option<UserId>,
        /// The unit that decided the measure.
        decided_by: Option<UnitId>,
    },
    /// A task.
    Task {
        /// What all have in common.
        about: About,
        /// Whose it is.
        assignee: Option<UserId>,
    },
    /// A report with a clock. It carries no looks, so no rule can make it wait for one.
    Report {
        /// What all have in common.
        about: About,
        /// The unit whose signal made it due.
        submitted_by: Option<UnitId>,
        /// Whether the law demands it.
        statutory: bool,
    },
    /// Cases that occurred together. It carries no looks: its report waits for none.
    Alert {
        /// What all have in common.
        about: About,
    },
    /// Counts of an area, without names.
    Figures {
        /// The area counted.
        area: AreaPath,
    },
    /// A response.
    Response {
        /// Which; none while it is being opened.
        response: Option<ResponseId>,
        /// The area it is for.
        area: AreaPath,
        /// Whether it is closed.
        closed: bool,
        /// Who closed it.
        closed_by: Option<UserId>,
        /// Who proposed the approval that is asked about.
        proposed_by: Option<UserId>,
    },
    /// An account.
    Account {
        /// The area of its unit.
        area: AreaPath,
        /// Whose; none while it is being created.
        user: Option<UserId>,
    },
    /// The installation itself: packs, areas, audit, health, jobs, backup, the own password.
    Installation,
}

impl Resource {
    /// What kind of thing it is.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Intake { .. } => Kind::Intake,
            Self::Import { .. } => Kind::Import,
            Self::Person { .. } => Kind::Person,
            Self::Pair { .. } => Kind::Pair,
            Self::Review { .. } => Kind::Review,
            Self::Measure { .. } => Kind::Measure,
            Self::Appeal { .. } => Kind::Appeal,
            Self::Task { .. } => Kind::Task,
            Self::Report { .. } => Kind::Report,
            Self::Alert { .. } => Kind::Alert,
            Self::Figures { .. } => Kind::Figures,
            Self::Response { .. } => Kind::Response,
            Self::Account { .. } => Kind::Account,
            Self::Installation => Kind::Installation,
        }
    }

    /// What it has in common with everything about people, if it is about people.
    pub const fn about(&self) -> Option<&About> {
        match self {
            Self::Intake { about, .. }
            | Self::Import { about }
            | Self::Person { about }
            | Self::Pair { about }
            | Self::Review { about, .. }
            | Self::Measure { about, .. }
            | Self::Appeal { about, .. }
            | Self::Task { about, .. }
            | Self::Report { about, .. }
            | Self::Alert { about } => Some(about),
            Self::Figures { .. }
            | Self::Response { .. }
            | Self::Account { .. }
            | Self::Installation => None,
        }
    }

    /// Where it belongs; the installation belongs to the whole jurisdiction.
    pub fn area(&self) -> AreaPath {
        match self {
            Self::Figures { area } | Self::Response { area, .. } | Self::Account { area, .. } => {
                area.clone()
            }
            Self::Installation => AreaPath::root(),
            Self::Intake { about, .. }
            | Self::Import { about }
            | Self::Person { about }
            | Self::Pair { about }
            | Self::Review { about, .. }
            | Self::Measure { about, .. }
            | Self::Appeal { about, .. }
            | Self::Task { about, .. }
            | Self::Report { about, .. }
            | Self::Alert { about } => about.area.clone(),
        }
    }

    /// The unit it came from, where that matters.
    pub const fn submitted_by(&self) -> Option<UnitId> {
        match self {
            Self::Intake { submitted_by, .. } | Self::Report { submitted_by, .. } => *submitted_by,
            _ => None,
        }
    }

    /// Whose task or appeal it is.
    pub const fn assignee(&self) -> Option<UserId> {
        match self {
            Self::Task { assignee, .. } | Self::Appeal { assignee, .. } => *assignee,
            _ => None,
        }
    }
}
