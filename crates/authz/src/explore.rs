//! Finds out what a kind of grant reaches by asking the rules, and remembers it.
//!
//! The rules are asked about one made-up thing for every combination of what can matter (inside or
//! outside the area, own or not, sealed or not, response open or closed); the answers are put
//! together as shapes. A rule that looks at anything else about a row needs a dimension here.
//! Start with [`Cell`] and [`Shape`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::RwLock;

use fangxian_base::{Instant, ResponseId, UnitId, UserId};
use fangxian_domain::units::UnitKind;

use crate::actions::{Action, Kind};
use crate::actor::{Actor, Grant};
use crate::areas::{AreaPath, ParseAreaPathError};
use crate::decide::Authz;
use crate::resource::{About, Resource};
use crate::roles::{Purpose, Role};
use crate::rules::Verdict;
use crate::slice::{Post, Slice};

/// Everything about a grant, beside its area and times, that rules can look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    action: Action,
    purpose: Option<Purpose>,
    role: Role,
    unit_kind: UnitKind,
    holds: Vec<Role>,
    /// The grant is for one response.
    limited: bool,
    /// The grant is for the whole jurisdiction; only kept where the installation is asked about.
    whole: bool,
}

/// One combination of what can matter about a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    outside: bool,
    own_unit: bool,
    own_task: bool,
    sealed: bool,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Unbound,
    Open,
    Closed,
}

/// A part without its area: what a grant of this kind reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    pub anywhere: bool,
    pub own_unit_only: bool,
    pub own_tasks_only: bool,
    pub sealed: bool,
    pub closed: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub shapes: Vec<Shape>,
    pub policies: BTreeSet<String>,
}

/// Answers already found. The rules never change while the program runs, so neither do they.
#[derive(Debug)]
pub(crate) struct Memory {
    root: AreaPath,
    inside: AreaPath,
    outside: AreaPath,
    me: UserId,
    other: UserId,
    mine: UnitId,
    theirs: UnitId,
    response: ResponseId,
    pub shapes: RwLock<BTreeMap<Key, Known>>,
    pub possible: RwLock<BTreeMap<Key, bool>>,
}

/// More answers than this are not kept; there are far fewer kinds of staff than that.
const REMEMBERED: usize = 20_000;

impl Memory {
    /// Nothing found yet.
    pub fn new() -> Result<Self, ParseAreaPathError> {
        let root = AreaPath::root();
        Ok(Self {
            inside: root.child("1")?,
            outside: root.child("2")?,
            root,
            me: UserId::new(),
            other: UserId::new(),
            mine: UnitId::new(),
            theirs: UnitId::new(),
            response: ResponseId::new(),
            shapes: RwLock::default(),
            possible: RwLock::default(),
        })
    }
}

pub(crate) fn recall<V: Clone>(
    map: &RwLock<BTreeMap<Key, V>>,
    key: &Key,
    find: impl FnOnce() -> V,
) -> V {
    if let Some(value) = map.read().ok().and_then(|known| known.get(key).cloned()) {
        return value;
    }
    let value = find();
    if let Ok(mut known) = map.write()
        && known.len() < REMEMBERED
    {
        known.insert(key.clone(), value.clone());
    }
    value
}

impl Authz {
    /// Asks the rules about every combination and puts the answers together.
    pub(crate) fn explore(&self, key: &Key) -> Known {
        let mut known = Known::default();
        let mut allowed = BTreeSet::new();
        for cell in Cell::all(key.action.kind()) {
            let thing = self.sample(key.action.kind(), cell);
            if let Verdict::Allowed(policies) = self.probe(key, &thing) {
                allowed.insert(cell);
                known.policies.extend(policies);
            }
        }
        let shapes = Shape::all()
            .filter(|shape| shape.cells(key).all(|cell| allowed.contains(&cell)))
            .collect();
        known.shapes = widest(shapes, |one, other| one.covers(*other));
        known
    }

    /// Asks the rules about a made-up thing for a made-up post of this kind.
    pub(crate) fn probe(&self, key: &Key, thing: &Resource) -> Verdict {
        let area = if key.whole {
            &self.memory.root
        } else {
            &self.memory.inside
        };
        let post = Post {
            user: self.memory.me,
            unit: self.memory.mine,
            unit_kind: key.unit_kind,
            role: key.role,
            area,
            response: key.limited.then_some(self.memory.response),
            until: None,
            holds: &key.holds,
        };
        let now = Instant::from_millis(0);
        let slice = Slice {
            post: &post,
            resource: thing,
            purpose: key.purpose,
            now,
        };
        self.rules.judge(key.action, &slice)
    }

    /// A thing that is as the cell says.
    fn sample(&self, kind: Kind, cell: Cell) -> Resource {
        let memory = &self.memory;
        let area = if cell.outside {
            &memory.outside
        } else {
            &memory.inside
        };
        let about = About::new(area.clone()).sealed(cell.sealed);
        let about = match cell.state {
            State::Unbound => about,
            State::Open => about.in_open(memory.response),
            State::Closed => about.in_closed(memory.response),
        };
        let submitted_by = Some(if cell.own_unit {
            memory.mine
        } else {
            memory.theirs
        });
        let assignee = Some(if cell.own_task {
            memory.me
        } else {
            memory.other
        });
        let (first_looker, second_looker) = (Some(memory.other), None);
        let area = area.clone();
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
                organ_kinds: BTreeSet::new(),
                restricts_personal: false,
                first_looker,
                second_looker,
                decided_by: Some(memory.mine),
                decider: Some(memory.other),
            },
            Kind::Appeal => Resource::Appeal {
                about,
                took_part: BTreeSet::from([memory.other]),
                assignee,
                decided_by: Some(memory.mine),
            },
            Kind::Task => Resource::Task { about, assignee },
            Kind::Report => Resource::Report {
                about,
                submitted_by,
                statutory: true,
            },
            Kind::Alert => Resource::Alert { about },
            Kind::Figures => Resource::Figures { area },
            Kind::Response => Resource::Response {
                response: Some(memory.response),
                area,
                closed: false,
                closed_by: None,
                proposed_by: Some(memory.other),
            },
            Kind::Account => Resource::Account {
                area,
                user: Some(memory.other),
            },
            Kind::Installation => Resource::Installation,
        }
    }

    /// Things about which the rules, if they allow the action at all, allow it.
    pub(crate) fn favourable(&self, key: &Key) -> Vec<Resource> {
        let cell = Cell {
            outside: false,
            own_unit: true,
            own_task: true,
            sealed: false,
            state: State::Open,
        };
        let mut thing = self.sample(key.action.kind(), cell);
        let mut also = Vec::new();
        match &mut thing {
            Resource::Measure { organ_kinds, .. } => {
                organ_kinds.insert(key.unit_kind);
                // What another unit decided is confirmed, what the own unit decided is lifted.
                let mut theirs = thing.clone();
                if let Resource::Measure { decided_by, .. } = &mut theirs {
                    *decided_by = Some(self.memory.theirs);
                }
                also.push(theirs);
            }
            Resource::Response { response, area, .. } => also.push(Resource::Response {
                response: *response,
                area: area.clone(),
                closed: true,
                closed_by: Some(self.memory.other),
                proposed_by: None,
            }),
            _ => {}
        }
        also.push(thing);
        also
    }
}

impl Key {
    pub fn of(
        actor: &Actor,
        grant: &Grant,
        action: Action,
        purpose: Option<Purpose>,
        holds: &[Role],
    ) -> Self {
        Self {
            action,
            purpose,
            role: grant.role,
            unit_kind: actor.unit_kind,
            holds: holds.to_vec(),
            limited: grant.response.is_some(),
            whole: action.kind() == Kind::Installation && grant.area == AreaPath::root(),
        }
    }
}

const BOTH: [bool; 2] = [false, true];
const NO: [bool; 1] = [false];

/// The values that can differ for this kind of thing.
fn varies(yes: bool) -> &'static [bool] {
    if yes { &BOTH } else { &NO }
}

impl Cell {
    fn all(kind: Kind) -> impl Iterator<Item = Self> {
        let (units, tasks, people) = dimensions(kind);
        let states: &[State] = if people {
            &[State::Unbound, State::Open, State::Closed]
        } else {
            &[State::Unbound]
        };
        BOTH.iter().flat_map(move |&outside| {
            varies(units).iter().flat_map(move |&own_unit| {
                varies(tasks).iter().flat_map(move |&own_task| {
                    varies(people).iter().flat_map(move |&sealed| {
                        states.iter().map(move |&state| Self {
                            outside,
                            own_unit,
                            own_task,
                            sealed,
                            state,
                        })
                    })
                })
            })
        })
    }
}

/// Whether things of this kind come from a unit, have an assignee, are about people.
const fn dimensions(kind: Kind) -> (bool, bool, bool) {
    match kind {
        Kind::Intake | Kind::Report => (true, false, true),
        Kind::Task => (false, true, true),
        Kind::Import
        | Kind::Person
        | Kind::Pair
        | Kind::Review
        | Kind::Measure
        | Kind::Appeal
        | Kind::Alert => (false, false, true),
        Kind::Figures | Kind::Response | Kind::Account | Kind::Installation => {
            (false, false, false)
        }
    }
}

/// Whether things of this kind are about people.
pub(crate) const fn about_people(kind: Kind) -> bool {
    dimensions(kind).2
}

impl Shape {
    fn all() -> impl Iterator<Item = Self> {
        (0_u8..32).map(|bits| Self {
            anywhere: bits & 1 != 0,
            own_unit_only: bits & 2 != 0,
            own_tasks_only: bits & 4 != 0,
            sealed: bits & 8 != 0,
            closed: bits & 16 != 0,
        })
    }

    /// The combinations that rows of this shape can be in.
    fn cells(self, key: &Key) -> impl Iterator<Item = Cell> {
        let (units, tasks, people) = dimensions(key.action.kind());
        let limited = key.limited;
        Cell::all(key.action.kind()).filter(move |cell| {
            (self.anywhere || !cell.outside)
                && (!units || !self.own_unit_only || cell.own_unit)
                && (!tasks || !self.own_tasks_only || cell.own_task)
                && (!people || self.sealed || !cell.sealed)
                && match cell.state {
                    State::Unbound => !people || !limited,
                    State::Open => true,
                    State::Closed => self.closed,
                }
        })
    }

    const fn covers(self, other: Self) -> bool {
        (self.anywhere || !other.anywhere)
            && (!self.own_unit_only || other.own_unit_only)
            && (!self.own_tasks_only || other.own_tasks_only)
            && (self.sealed || !other.sealed)
            && (self.closed || !other.closed)
    }
}

/// Those that no other covers, in order, each once.
pub(crate) fn widest<T: Ord + Clone>(mut all: Vec<T>, covers: impl Fn(&T, &T) -> bool) -> Vec<T> {
    all.sort();
    all.dedup();
    let covered = |one: &T| all.iter().any(|other| other != one && covers(other, one));
    all.iter().filter(|one| !covered(one)).cloned().collect()
}
