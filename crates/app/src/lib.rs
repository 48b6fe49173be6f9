//! Use cases: authorise → load → decide → write → audit → enqueue. The only place where the
//! engines meet the data; knows nothing of HTTP.
//!
//! Every use case is a method of [`App`] and takes [`Who`] asks. Writes go through one door,
//! [`App::write`]; whatever shows names commits its read entry first, through [`App::show`].

pub mod accounts;
pub mod alerts;
pub mod appeals;
pub mod assess;
pub mod audit_trail;
pub mod clocks;
pub mod command;
mod error;
pub mod health;
pub mod imports;
pub mod intake;
pub mod linkage;
pub mod lists;
#[cfg(test)]
mod loop_tests;
pub mod measures;
mod part;
pub mod people;
pub mod places;
pub mod responses;
pub mod reviews;
pub mod rulebook;
mod sight;
pub mod tasks;
pub mod upkeep;
mod who;

use std::sync::Arc;

use fangxian_authz::{About, AreaPath, Authz, Denied, Permit, Reach, Resource};
pub use fangxian_authz::{Action, Purpose, Role};
use fangxian_base::{Clock, CommandId, Date, Instant, ResponseId, Zone};
use fangxian_interop::linelist::DiseaseNames;
use fangxian_packs::Library;
use fangxian_store::{AreaRange, Author, Command, DbError, Scope, Store, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::{AppError, FieldError, Kind, Result};
pub use part::Part;
pub use who::Who;

/// What an installation is told at the start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The civil time zone.
    pub zone: Zone,
    /// The city pack, such as `demo`.
    pub city: String,
}

/// The program without its pages: everything it can do.
#[derive(Debug)]
pub struct App {
    store: Arc<Store>,
    packs: Arc<Library>,
    names: Arc<DiseaseNames>,
    authz: Authz,
    clock: Arc<dyn Clock>,
    /// The time of sessions and locks; `clock` runs fast in a demonstration.
    wall: Arc<dyn Clock>,
    settings: Settings,
    turns: accounts::passwords::Turns,
    setup: std::sync::OnceLock<String>,
    /// The ways out of the house.
    channels: Vec<Box<dyn upkeep::Channel>>,
    /// How far the look at running measures has come.
    swept: std::sync::Mutex<upkeep::Swept>,
    /// When cases were counted everywhere.
    alerts_counted_at: std::sync::Mutex<Option<Instant>>,
    /// Held by whoever verifies the trail.
    verifying: std::sync::Mutex<()>,
    /// The model that records are matched with.
    matching: std::sync::RwLock<Arc<linkage::Matching>>,
}

impl App {
    /// Puts the parts together.
    ///
    /// # Errors
    /// When the policies do not load, or the store does not answer.
    pub fn new(
        store: Arc<Store>,
        packs: Arc<Library>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Self> {
        let authz = Authz::new().map_err(AppError::internal)?;
        let wall: Arc<dyn Clock> = Arc::new(fangxian_base::SystemClock);
        let (turns, setup, swept, alerts_counted_at, verifying) = Default::default();
        let channels: Vec<Box<dyn upkeep::Channel>> = vec![Box::new(upkeep::LogChannel)];
        let matching = store.read(linkage::Matching::load)?;
        Ok(Self {
            store,
            names: Arc::new(DiseaseNames::new(packs.disease_names())),
            packs,
            authz,
            clock,
            wall,
            settings,
            turns,
            setup,
            channels,
            swept,
            alerts_counted_at,
            verifying,
            matching: std::sync::RwLock::new(Arc::new(matching)),
        })
    }

    /// The same with another clock for sessions and locks than the machine's.
    #[must_use]
    pub fn with_wall(mut self, wall: Arc<dyn Clock>) -> Self {
        self.wall = wall;
        self
    }

    /// The same with one more way out for messages.
    #[must_use]
    pub fn with_channel(mut self, channel: Box<dyn upkeep::Channel>) -> Self {
        self.channels.push(channel);
        self
    }

    pub(crate) fn channels(&self) -> &[Box<dyn upkeep::Channel>] {
        &self.channels
    }

    /// The present moment for sessions and locks.
    pub(crate) fn wall_now(&self) -> Instant {
        self.wall.now()
    }

    pub(crate) const fn turns(&self) -> &accounts::passwords::Turns {
        &self.turns
    }

    pub(crate) const fn swept(&self) -> &std::sync::Mutex<upkeep::Swept> {
        &self.swept
    }

    pub(crate) const fn alerts_counted_at(&self) -> &std::sync::Mutex<Option<Instant>> {
        &self.alerts_counted_at
    }

    pub(crate) const fn verifying(&self) -> &std::sync::Mutex<()> {
        &self.verifying
    }

    pub(crate) const fn setup(&self) -> &std::sync::OnceLock<String> {
        &self.setup
    }

    /// The present moment.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Today, in the installation's zone.
    pub fn today(&self) -> Date {
        self.settings.zone.date(self.now())
    }

    /// What the installation was told at the start.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The packs in force.
    pub fn packs(&self) -> &Library {
        &self.packs
    }

    /// The store, for upkeep by the binary.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Asks whether `who` may do `action` to `resource` for `purpose`.
    ///
    /// The program itself and the command line on the machine need no grant: the first acts by
    /// rules, the second holds the data directory. The public may hand in a signal or an appeal
    /// and no more.
    pub(crate) fn permit(
        &self,
        who: &Who,
        action: Action,
        resource: &Resource,
        purpose: Purpose,
    ) -> Result<Option<Permit>> {
        match (who.author(), who.actor()) {
            (Author::User(_), Some(actor)) => self
                .authz
                .decide(actor, action, resource, Some(purpose), self.now())
                .map(Some)
                .map_err(refused),
            (Author::System | Author::Cli, _) => Ok(None),
            (Author::Public, _) if by_anybody(action) => Ok(None),
            (Author::Public | Author::User(_), _) => Err(AppError::new(
                Kind::SignedOut,
                "SIGNED-OUT",
                "请先登录。",
                "Please log in first.",
            )),
        }
    }

    /// Where `who` may see what `action` lists.
    pub(crate) fn reach(&self, who: &Who, action: Action, purpose: Purpose) -> Result<Reach> {
        let Some(actor) = who.actor() else {
            return Err(AppError::new(
                Kind::SignedOut,
                "SIGNED-OUT",
                "请先登录。",
                "Please log in first.",
            ));
        };
        self.authz
            .reach(actor, action, Some(purpose), self.now())
            .map_err(refused)
    }

    /// Whether `who` may do `action` anywhere at all: for menus, never instead of a decision.
    pub fn may(&self, who: &Who, action: Action) -> bool {
        who.actor()
            .is_some_and(|actor| self.authz.may(actor, action, self.now()))
    }

    /// Runs a command once, durably, with its audit entry.
    pub(crate) fn write<T, F>(
        &self,
        who: &Who,
        id: CommandId,
        action: Action,
        purpose: Purpose,
        response: Option<ResponseId>,
        f: F,
    ) -> Result<T>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let command = Command {
            id,
            author: who.author(),
            action: action.code(),
            purpose: purpose.code(),
            response,
            input: who.input(),
        };
        Ok(self.store.write(command, f)?.value)
    }

    /// Reads on one snapshot.
    pub(crate) fn read<T>(&self, f: impl FnOnce(&mut Tx<'_>) -> Result<T>) -> Result<T> {
        self.store.read(f)
    }

    /// Commits the entry that says who is about to see what, and why. Call it before names leave.
    pub(crate) fn show(
        &self,
        who: &Who,
        action: Action,
        purpose: Purpose,
        shown: Vec<(&'static str, String)>,
        detail: Vec<(&'static str, serde_json::Value)>,
    ) -> Result<()> {
        self.write(who, CommandId::new(), action, purpose, None, move |tx| {
            for (kind, id) in &shown {
                tx.note(kind, id);
            }
            for (key, value) in &detail {
                tx.detail(key, value.clone());
            }
            Ok(())
        })
    }
}

/// What is asked without an account: handing in a signal or an appeal, and reading the own file with
/// a code, which the use case looks at.
const fn by_anybody(action: Action) -> bool {
    matches!(
        action,
        Action::IntakeSubmit | Action::AppealsFile | Action::PeopleReadOwn
    )
}

/// Words for a refusal; who may not know that the thing exists is told that it is not there.
fn refused(denied: Denied) -> AppError {
    let error = if denied.may_know() {
        AppError::new(
            Kind::Forbidden,
            "FORBIDDEN",
            denied.reason_zh(),
            denied.reason_en(),
        )
    } else {
        AppError::not_found()
    };
    error.because(denied.cause().to_owned())
}

/// What a reader may see, as the store filters lists by it.
pub(crate) fn scopes(reach: &Reach) -> Vec<Scope> {
    reach
        .parts()
        .iter()
        .map(|part| Scope {
            range: AreaRange::below(part.prefix.lower()),
            response: part.response,
            unit: part.own_unit_only.then(|| reach.unit()),
            assignee: part.own_tasks_only.then(|| reach.user()),
            confined: part.sealed,
            closed: part.closed,
        })
        .collect()
}

/// The areas of what a reader may see, for lists of places and units, which know nothing finer.
pub(crate) fn ranges(reach: &Reach) -> Vec<AreaRange> {
    reach
        .parts()
        .iter()
        .map(|part| AreaRange::below(part.prefix.lower()))
        .collect()
}

/// A row that must be there: its absence is a plain "not found".
pub(crate) fn found<T>(row: std::result::Result<Option<T>, DbError>) -> Result<T> {
    row?.ok_or_else(AppError::not_found)
}

/// What the rules of permission look at for anything about a person: its place (the jurisdiction
/// while that is unknown), whether it belongs to a sealed disease, and the response it is part of.
pub(crate) fn about(
    tx: &mut Tx<'_>,
    area: Option<fangxian_base::AreaId>,
    confined: bool,
    response: Option<ResponseId>,
) -> Result<About> {
    let path = match area {
        Some(area) => fangxian_store::places::area_fetch(tx, area)?.map(|area| area.path),
        None => None,
    };
    let path = path
        .and_then(|path| path.parse().ok())
        .unwrap_or_else(AreaPath::root);
    let about = About::new(path).sealed(confined);
    let Some(response) = response else {
        return Ok(about);
    };
    let open = fangxian_store::responses::response_fetch(tx, response)?
        .is_some_and(|response| response.closed_at.is_none());
    Ok(if open {
        about.in_open(response)
    } else {
        about.in_closed(response)
    })
}

/// The actions that show somebody's name or file, so that the person concerned sees them in the
/// list of who has read.
pub(crate) const READING: [Action; 16] = [
    Action::PeopleReadOwn,
    Action::PeopleRead,
    Action::PeopleDocument,
    Action::PeopleSearch,
    Action::IntakeList,
    Action::IntakeRead,
    Action::PairsList,
    Action::ReviewsList,
    Action::MeasuresList,
    Action::MeasuresRead,
    Action::AppealsList,
    Action::AppealsRead,
    Action::TasksList,
    Action::TasksRead,
    Action::ReportsList,
    Action::ImportRead,
];
