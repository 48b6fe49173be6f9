//! Stores for tests: the same test body runs on both engines, each time on a database of its own.
//!
//! SQLite always; PostgreSQL too when `FANGXIAN_TEST_POSTGRES` names a server, such as
//! `postgres://postgres@127.0.0.1:5432`. Not for production: everything here panics on failure.
//! Start with [`each_engine`]; [`each_place`] is for tests that close and open again.
#![expect(
    clippy::expect_used,
    reason = "a test that cannot be set up should stop at once"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fangxian_base::{
    AreaId, CommandId, Date, FactId, Instant, ManualClock, RecordId, ResponseId, UnitId, UserId,
};
use fangxian_domain::units::UnitKind;

use crate::accounts::{GrantRow, NewAccount, account_insert, grant_replace};
use crate::db::{DbError, Engine};
use crate::facts::{NewFact, fact_insert};
use crate::places::{NewArea, Unit, area_insert, unit_insert};
use crate::records::{NewRecord, RecordState, record_insert, token_insert};
use crate::responses::{NewResponse, response_insert};
use crate::{Author, Command, Store, StoreConfig};

/// When the clock of a test begins: a Thursday morning in China.
pub const BEGIN: Instant = Instant::from_millis(1_736_992_800_000);

/// A directory that goes away with the value.
#[derive(Debug)]
pub struct TempDir(PathBuf);

impl TempDir {
    /// Makes a new, empty one.
    #[expect(clippy::new_without_default, reason = "it makes a directory")]
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("fangxian-test-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&path).expect("a temporary directory");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The server that tests may use, if one.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment which server they may use"
)]
pub fn server() -> Option<String> {
    std::env::var("FANGXIAN_TEST_POSTGRES")
        .ok()
        .filter(|address| !address.is_empty())
}

/// A database of its own on the test server; dropped with the value.
#[derive(Debug)]
struct ServerDatabase {
    server: String,
    name: String,
}

impl ServerDatabase {
    fn new(server: &str) -> Self {
        let name = format!("fx_test_{}", uuid::Uuid::now_v7().simple());
        let made = Self {
            server: server.trim_end_matches('/').to_owned(),
            name,
        };
        made.administer(&format!("CREATE DATABASE {}", made.name));
        made
    }

    fn address(&self) -> String {
        format!("{}/{}", self.server, self.name)
    }

    fn administer(&self, sql: &str) {
        let mut client =
            postgres::Client::connect(&format!("{}/postgres", self.server), postgres::NoTls)
                .expect("the test server");
        client.batch_execute(sql).expect("a test database");
    }
}

impl Drop for ServerDatabase {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.administer(&format!(
                "DROP DATABASE IF EXISTS {} WITH (FORCE)",
                self.name
            ));
        }
    }
}

/// An installation for a test: directories and, on a server, a database; opened as often as needed.
#[derive(Debug)]
pub struct Place {
    dir: TempDir,
    server: Option<ServerDatabase>,
    /// The clock that every store opened here asks.
    pub clock: Arc<ManualClock>,
}

impl Place {
    /// A new, empty installation on an engine. PostgreSQL needs the test server.
    pub fn new(engine: Engine) -> Self {
        let server = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(ServerDatabase::new(
                &server().expect("FANGXIAN_TEST_POSTGRES"),
            )),
        };
        Self {
            dir: TempDir::new(),
            server,
            clock: Arc::new(ManualClock::at(BEGIN)),
        }
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Which engine it is on.
    pub fn engine(&self) -> Engine {
        if self.server.is_some() {
            Engine::Postgres
        } else {
            Engine::Sqlite
        }
    }

    /// How a store is opened here.
    pub fn config(&self) -> StoreConfig {
        StoreConfig {
            data: self.dir.path().join("data"),
            keys: Some(self.dir.path().join("keys")),
            postgres: self.server.as_ref().map(ServerDatabase::address),
        }
    }

    /// Opens the store.
    pub fn open(&self) -> Arc<Store> {
        let clock: Arc<dyn fangxian_base::Clock> = Arc::clone(&self.clock) as _;
        Arc::new(Store::open(&self.config(), clock).expect("a test store"))
    }
}

/// The engines that can be tested here.
pub fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::Sqlite];
    engines.extend(server().map(|_| Engine::Postgres));
    engines
}

/// Says which engine a test failed on.
struct FailedOn(Engine);

impl Drop for FailedOn {
    #[expect(clippy::print_stderr, reason = "a failing test says where it failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("failed on {:?}", self.0);
        }
    }
}

/// Runs a test on an empty installation of every engine.
pub fn each_place(test: impl Fn(&Place)) {
    for engine in engines() {
        let place = Place::new(engine);
        let failed = FailedOn(engine);
        test(&place);
        drop(failed);
    }
}

/// Runs a test on an empty store of every engine, with the clock it asks.
pub fn each_engine(test: impl Fn(Arc<Store>, Arc<ManualClock>)) {
    each_place(|place| test(place.open(), Arc::clone(&place.clock)));
}

/// The head of a command by the program itself.
pub fn command(action: &'static str) -> Command {
    Command {
        id: CommandId::new(),
        author: Author::System,
        action,
        purpose: "administration",
        response: None,
        input: None,
    }
}

/// Opens a response on a disease, with its key.
pub fn response(store: &Store, disease: &str) -> ResponseId {
    let id = ResponseId::new();
    store.keys().make_response(id).expect("a response key");
    let code = format!("{disease}-{}", id.uuid().simple());
    let disease = disease.to_owned();
    store
        .write::<_, DbError, _>(command("responses.open"), move |tx| {
            response_insert(
                tx,
                &NewResponse {
                    id,
                    code: &code,
                    title_zh: "测试响应",
                    title_en: "Test response",
                    disease: &disease,
                    region: "cn/demo",
                },
            )
        })
        .expect("a response");
    id
}

/// The response with a code.
pub fn response_named(store: &Store, code: &str) -> ResponseId {
    store
        .read::<_, DbError>(|tx| crate::responses::response_by_code(tx, code))
        .expect("a database")
        .expect("a response of that code")
        .id
}

/// Closes a response that was never changed, and commits that it is destroyed; nothing is deleted
/// yet.
pub fn destroy_response(store: &Store, id: ResponseId) {
    for (action, version) in [("responses.close", 1), ("responses.destroy", 2)] {
        let done = store
            .write::<_, DbError, _>(command(action), move |tx| match version {
                1 => crate::responses::response_close(tx, id, version),
                _ => crate::responses::response_destroy(tx, id, version),
            })
            .expect("a response");
        assert!(done.value, "{action} found another version");
    }
}

/// Four levels of areas: a district with two townships, each with two communities of two grids.
#[derive(Debug, Clone)]
pub struct Tree {
    /// The whole jurisdiction, `a.`, code `990101`.
    pub district: AreaId,
    /// Codes `990101001` and `990101002`.
    pub townships: [AreaId; 2],
    /// Two of the first township, then two of the second.
    pub communities: [AreaId; 4],
    /// Two of each community, in the same order.
    pub grids: [AreaId; 8],
}

/// Puts a [`Tree`] into an empty store.
pub fn tree(store: &Store) -> Tree {
    let tree = Tree {
        district: AreaId::new(),
        townships: std::array::from_fn(|_| AreaId::new()),
        communities: std::array::from_fn(|_| AreaId::new()),
        grids: std::array::from_fn(|_| AreaId::new()),
    };
    let mut areas = vec![area(
        tree.district,
        "990101",
        None,
        "示范区",
        "Demo District",
    )];
    for (n, id) in tree.townships.iter().enumerate() {
        let code = format!("990101{:03}", n + 1);
        areas.push(area(
            *id,
            &code,
            Some(tree.district),
            &format!("镇{n}"),
            &format!("Township {n}"),
        ));
    }
    for (n, id) in tree.communities.iter().enumerate() {
        let code = format!("990101{:03}{:03}", n / 2 + 1, n % 2 + 1);
        let above = tree.townships[n / 2];
        areas.push(area(
            *id,
            &code,
            Some(above),
            &format!("社区{n}"),
            &format!("Community {n}"),
        ));
    }
    for (n, id) in tree.grids.iter().enumerate() {
        let code = format!("990101{:03}{:03}{:02}", n / 4 + 1, n / 2 % 2 + 1, n % 2 + 1);
        let above = tree.communities[n / 2];
        areas.push(area(
            *id,
            &code,
            Some(above),
            &format!("网格{n}"),
            &format!("Grid {n}"),
        ));
    }
    store
        .write::<_, DbError, _>(command("areas.import"), move |tx| {
            for area in &areas {
                area_insert(tx, area)?.ok_or(DbError::Stored { what: "area above" })?;
            }
            Ok(())
        })
        .expect("a tree of areas");
    tree
}

fn area(id: AreaId, code: &str, parent: Option<AreaId>, zh: &str, en: &str) -> NewArea {
    NewArea {
        id,
        code: code.to_owned(),
        parent,
        name_zh: zh.to_owned(),
        name_en: en.to_owned(),
        ring: None,
        residents: Some(1_000),
        valid_from: Date::constant(2020, 1, 1),
    }
}

/// A unit of a kind in an area.
pub fn unit(store: &Store, area: AreaId, kind: UnitKind) -> UnitId {
    let id = UnitId::new();
    let unit = Unit {
        id,
        area,
        kind,
        name_zh: format!("{}（测试）", kind.zh()),
        name_en: format!("Test {}", kind.en()),
        phone: None,
    };
    store
        .write::<_, DbError, _>(command("units.create"), move |tx| unit_insert(tx, &unit))
        .expect("a unit");
    id
}

/// An account in a unit with grants (role code and area); its password is not usable.
pub fn user(store: &Store, unit: UnitId, login: &str, grants: &[(&str, AreaId)]) -> UserId {
    let id = UserId::new();
    let login = login.to_owned();
    let grants: Vec<GrantRow> = grants
        .iter()
        .map(|(role, area)| GrantRow {
            role: (*role).to_owned(),
            area: *area,
            path: String::new(),
            response: None,
            until: None,
        })
        .collect();
    store
        .write::<_, DbError, _>(command("users.create"), move |tx| {
            let account = NewAccount {
                id,
                login: &login,
                name: &login,
                unit,
                password_hash: "!",
                must_change: false,
            };
            account_insert(tx, &account)?;
            grant_replace(tx, id, &grants)
        })
        .expect("an account");
    id
}

/// A record of a response, in an area or nowhere, with an original and one search token.
pub fn record(store: &Store, response: ResponseId, area: Option<AreaId>) -> RecordId {
    let id = RecordId::new();
    store
        .write::<_, DbError, _>(command("intake.submit"), move |tx| {
            let new = NewRecord {
                id,
                response,
                channel: "staff",
                reported_on: None,
                area,
                unit: None,
                author: Author::System,
                import: None,
                receipt_code: None,
                state: RecordState::New,
                due_at: None,
                confined: false,
                original: "姓名：王小明".as_bytes(),
            };
            record_insert(tx, &new)?;
            token_insert(tx, id, "name", "王小明")
        })
        .expect("a record");
    id
}

/// A fact on a record.
pub fn fact(store: &Store, record: RecordId, response: ResponseId, fact: NewFact) -> FactId {
    store
        .write::<_, DbError, _>(command("people.record_fact"), move |tx| {
            fact_insert(tx, record, response, Author::System, &fact)
        })
        .expect("a fact")
        .value
}

/// Changes rows behind the program's back.
pub fn tamper(store: &Store, sql: &str) {
    let sql = sql.to_owned();
    store.upkeep(move |tx| tx.script(&sql)).expect("tampering");
}

/// Gives every early end of an approval another reason.
pub fn approval_ends_rewrite(store: &Store) {
    tamper(store, "UPDATE approval_end SET reason = 'x'");
}

/// Calls every task of a kind off.
pub fn tasks_call_off(store: &Store, kind: &str) {
    let set = "UPDATE task SET state = 'cancelled', unique_key = NULL";
    tamper(store, &format!("{set} WHERE kind = '{kind}'"));
}

/// Tasks that were called off and still keep others of their key from being given out.
pub fn tasks_in_the_way(store: &Store) -> i64 {
    let sql = "SELECT COUNT(*) FROM task WHERE state = 'cancelled' AND unique_key IS NOT NULL";
    number(store, sql)
}

/// The single number that a query answers.
pub fn number(store: &Store, sql: &str) -> i64 {
    store
        .read::<i64, DbError>(|tx| tx.value(sql, &[]))
        .expect("a number")
}

/// Every row of a query, printed: for comparing two states of a table.
pub fn printed(store: &Store, sql: &str) -> Vec<String> {
    store
        .read::<_, DbError>(|tx| {
            Ok(tx
                .rows(sql, &[])?
                .iter()
                .map(|row| format!("{:?}", row.0))
                .collect())
        })
        .expect("rows")
}

/// How many rows a table has.
pub fn count(store: &Store, table: &str) -> i64 {
    number(store, &format!("SELECT COUNT(*) FROM {table}"))
}

/// Every row of a table, printed.
pub fn dump(store: &Store, table: &str) -> Vec<String> {
    printed(store, &format!("SELECT * FROM {table}"))
}

/// Damages the projection of persons behind the program's back.
pub fn lose_persons(store: &Store) {
    tamper(store, "DELETE FROM record_person");
}

/// How an id is written in SQL text on this engine.
pub fn sql_id(store: &Store, id: uuid::Uuid) -> String {
    match store.engine() {
        Engine::Sqlite => format!("x'{}'", id.simple()),
        Engine::Postgres => format!("'{id}'"),
    }
}

/// Takes from every record what it is found by, as if it had been kept by an older release.
pub fn lose_link_tokens(store: &Store) {
    tamper(store, "DELETE FROM link_token; DELETE FROM link_fill");
}
