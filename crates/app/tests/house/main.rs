//! The house itself, on both engines: accounts and sessions, places, responses, upkeep, audit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops where it fails"
)]

mod accounts;
mod closing;
mod law;
mod linkage;
mod places;
mod responses;
mod sealed;
mod upkeep;

use std::sync::{Arc, OnceLock};

use fangxian_app::accounts::{AdminInput, GrantInput, NewSession, PasswordChange, UserInput};
use fangxian_app::{App, AppError, Settings, Who};
use fangxian_base::{AreaId, Clock, CommandId, ManualClock, UnitId, UserId, Zone};
use fangxian_domain::units::UnitKind;
use fangxian_packs::Library;
use fangxian_store::Store;
use fangxian_store::testing::{BEGIN, Tree, each_engine, tree, unit};

/// A password that is accepted.
const PASSWORD: &str = "three green umbrellas";

/// An installation with areas, an office and a logged-in administrator.
struct House {
    app: Arc<App>,
    store: Arc<Store>,
    /// The installation's clock.
    clock: Arc<ManualClock>,
    /// The clock of sessions and locks.
    wall: Arc<ManualClock>,
    areas: Tree,
    office: UnitId,
    admin: Who,
}

fn packs() -> Arc<Library> {
    static PACKS: OnceLock<Arc<Library>> = OnceLock::new();
    Arc::clone(PACKS.get_or_init(|| Arc::new(Library::shipped().unwrap())))
}

fn app(store: &Arc<Store>, clock: &Arc<ManualClock>, wall: &Arc<ManualClock>) -> Arc<App> {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    let wall: Arc<dyn Clock> = Arc::clone(wall) as _;
    let settings = Settings {
        zone: Zone::china(),
        city: "demo".into(),
    };
    Arc::new(
        App::new(Arc::clone(store), packs(), clock, settings)
            .unwrap()
            .with_wall(wall),
    )
}

/// Runs a test in a new house on every engine.
fn each_house(test: impl Fn(House)) {
    each_engine(|store, clock| {
        let wall = Arc::new(ManualClock::at(BEGIN));
        let app = app(&store, &clock, &wall);
        let areas = tree(&store);
        let office = unit(&store, areas.district, UnitKind::Headquarters);
        app.admin_create(CommandId::new(), &admin_input("root"))
            .unwrap();
        let admin = enter(&app, "root", PASSWORD).1;
        test(House {
            app,
            store,
            clock,
            wall,
            areas,
            office,
            admin,
        });
    });
}

fn admin_input(login: &str) -> AdminInput {
    AdminInput {
        login: login.into(),
        name: "管理员".into(),
        password: PASSWORD.into(),
        again: PASSWORD.into(),
    }
}

/// Logs in.
fn enter(app: &App, login: &str, password: &str) -> (NewSession, Who) {
    let session = app.log_in(login, password, "192.0.2.1").unwrap();
    let (who, _) = app.session_who(&session.token).unwrap().unwrap();
    (session, who)
}

impl House {
    /// An account with one role, its first password changed, logged in.
    fn staff(&self, login: &str, role: &str, area: AreaId) -> (UserId, NewSession, Who) {
        self.staff_of(self.office, login, role, area)
    }

    /// The same in another unit.
    fn staff_of(
        &self,
        unit: UnitId,
        login: &str,
        role: &str,
        area: AreaId,
    ) -> (UserId, NewSession, Who) {
        let input = user_input(login, unit, role, area);
        let made = self
            .app
            .user_create(&self.admin, CommandId::new(), &input)
            .unwrap();
        let first = made.password.unwrap();
        let (session, who) = enter(&self.app, login, &first);
        let change = PasswordChange {
            old: first,
            new: PASSWORD.into(),
            again: PASSWORD.into(),
        };
        self.app
            .change_password(&who, CommandId::new(), &session.token, &change)
            .unwrap();
        let (session, who) = enter(&self.app, login, PASSWORD);
        (made.user, session, who)
    }
}

fn user_input(login: &str, unit: UnitId, role: &str, area: AreaId) -> UserInput {
    UserInput {
        login: login.into(),
        name: "张三".into(),
        unit: unit.to_string(),
        grants: vec![GrantInput {
            role: role.into(),
            area: area.to_string(),
            ..GrantInput::default()
        }],
    }
}

/// The names of the fields that an error speaks of.
fn fields(error: &AppError) -> Vec<&str> {
    error
        .fields
        .iter()
        .map(|field| field.field.as_str())
        .collect()
}
