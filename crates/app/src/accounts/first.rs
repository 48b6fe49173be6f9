//! The first start: what every installation has from the beginning, and its first administrator.
//!
//! As long as no account exists, a random token that lives only in this process opens the page that
//! creates the administrator; whoever can read the console may. Start with [`App::first_start`].

use fangxian_authz::Role;
use fangxian_base::{AreaId, CommandId, UnitId, UserId};
use fangxian_domain::units::UnitKind;
use fangxian_store::accounts::{self as rows, GrantRow, NewAccount};
use fangxian_store::places::{NewArea, Unit, area_insert, area_root, unit_by_name, unit_insert};
use fangxian_store::responses::{NewResponse, response_by_code, response_insert};
use fangxian_store::{Author, Command, ROOT_PATH, Tx};
use serde::Deserialize;

use super::form::{login_is_fine, problem, taken};
use super::log_in::head;
use super::{new_token, normal_login, passwords};
use crate::{App, AppError, FieldError, Kind, Result};

/// The division code of a jurisdiction whose areas were not imported yet.
pub(crate) const NO_CODE: &str = "-";
/// The unit that administrators belong to.
const OFFICE_ZH: &str = "系统管理";
const OFFICE_EN: &str = "System administration";

/// The form of the first administrator.
#[derive(Clone, Default, Deserialize, schemars::JsonSchema)]
pub struct AdminInput {
    /// The log-in name.
    pub login: String,
    /// The name shown to colleagues.
    pub name: String,
    /// The password.
    pub password: String,
    /// The password once more.
    pub again: String,
}

impl std::fmt::Debug for AdminInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminInput")
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Makes what every installation has: the root of the areas, the administration's unit, the
    /// response `routine`. Harmless when they are there.
    pub fn first_start(&self) -> Result<()> {
        let there = self.read(|tx| {
            Ok(area_root(tx)?.is_some()
                && response_by_code(tx, crate::responses::ROUTINE)?.is_some()
                && !unit_by_name(tx, OFFICE_ZH)?.is_empty())
        })?;
        if there {
            return Ok(());
        }
        let routine = fangxian_base::ResponseId::new();
        self.store()
            .keys()
            .make_response(routine)
            .map_err(AppError::internal)?;
        let (area, unit) = (AreaId::new(), UnitId::new());
        let (name, region, today) = (self.city_name(), self.region(), self.today());
        let head = head(Author::System, "installation.begin");
        self.store().write(head, move |tx| -> Result<()> {
            let root = if let Some(root) = area_root(tx)? {
                root.id
            } else {
                let root = NewArea {
                    id: area,
                    code: NO_CODE.to_owned(),
                    parent: None,
                    name_zh: name.zh.clone(),
                    name_en: name.en.clone(),
                    ring: None,
                    residents: None,
                    valid_from: today,
                };
                area_insert(tx, &root)?;
                area
            };
            if unit_by_name(tx, OFFICE_ZH)?.is_empty() {
                let office = Unit {
                    id: unit,
                    area: root,
                    kind: UnitKind::Other,
                    name_zh: OFFICE_ZH.to_owned(),
                    name_en: OFFICE_EN.to_owned(),
                    phone: None,
                };
                unit_insert(tx, &office)?;
            }
            if response_by_code(tx, crate::responses::ROUTINE)?.is_none() {
                let response = NewResponse {
                    id: routine,
                    code: crate::responses::ROUTINE,
                    title_zh: "常态监测",
                    title_en: "Routine surveillance",
                    disease: "",
                    region: &region,
                };
                response_insert(tx, &response)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// The token of the set-up page, the same during the life of this process; none once an
    /// account exists.
    pub fn setup_token(&self) -> Result<Option<String>> {
        if self.read(|tx| Ok(rows::account_count(tx)?))? > 0 {
            return Ok(None);
        }
        if self.setup().get().is_none() {
            let _ = self.setup().set(new_token()?);
        }
        Ok(self.setup().get().cloned())
    }

    /// Creates the first administrator from the set-up page. Of several at once, one succeeds.
    ///
    /// # Errors
    /// "Not found" for a wrong token or when an account exists.
    pub fn setup_admin(
        &self,
        token: &str,
        command: CommandId,
        input: &AdminInput,
    ) -> Result<UserId> {
        let right = self
            .setup_token()?
            .is_some_and(|known| same_secret(&known, token));
        if !right {
            return Err(AppError::not_found());
        }
        self.admin_insert(Author::Public, command, input, true)
    }

    /// Creates an administrator from the command line, at any time: whoever runs it holds the data.
    pub fn admin_create(&self, command: CommandId, input: &AdminInput) -> Result<UserId> {
        self.admin_insert(Author::Cli, command, input, false)
    }

    fn admin_insert(
        &self,
        author: Author,
        command: CommandId,
        input: &AdminInput,
        only_first: bool,
    ) -> Result<UserId> {
        let login = normal_login(&input.login);
        let name = input.name.trim().to_owned();
        let wrong = wrong_in(input, &login, &name);
        if !wrong.is_empty() {
            return Err(AppError::invalid(wrong));
        }
        self.first_start()?;
        let kept = self.turns().hash(&input.password)?;
        let id = UserId::new();
        let head = Command {
            id: command,
            ..head(author, "users.create")
        };
        let written = self.store().write(head, move |tx| -> Result<UserId> {
            if only_first && rows::account_count(tx)? > 0 {
                return Err(too_late());
            }
            if rows::account_by_login(tx, &login)?.is_some() {
                return Err(taken());
            }
            insert(tx, id, &login, &name, &kept)?;
            Ok(id)
        })?;
        Ok(written.value)
    }
}

fn insert(tx: &mut Tx<'_>, id: UserId, login: &str, name: &str, kept: &str) -> Result<()> {
    let (Some(root), Some(office)) = (
        area_root(tx)?,
        unit_by_name(tx, OFFICE_ZH)?.into_iter().next(),
    ) else {
        return Err(AppError::internal("the installation has no root area"));
    };
    let account = NewAccount {
        id,
        login,
        name,
        unit: office.id,
        password_hash: kept,
        must_change: false,
    };
    rows::account_insert(tx, &account)?;
    let grant = GrantRow {
        role: Role::Admin.code().to_owned(),
        area: root.id,
        path: ROOT_PATH.to_owned(),
        response: None,
        until: None,
    };
    rows::grant_replace(tx, id, &[grant])?;
    tx.detail("first_administrator", true);
    Ok(())
}

fn wrong_in(input: &AdminInput, login: &str, name: &str) -> Vec<FieldError> {
    let mut wrong = Vec::new();
    if !login_is_fine(login) {
        wrong.push(problem(
            "login",
            "登录名用 2–40 个小写字母、数字或 . - _，以字母开头。",
            "Use 2–40 small letters, digits or . - _, beginning with a letter.",
        ));
    }
    if name.is_empty() || name.chars().count() > 60 {
        wrong.push(problem(
            "name",
            "请填写姓名（最多 60 字）。",
            "Give a name of at most 60 characters.",
        ));
    }
    if let Some(text) = passwords::objection(&input.password, login) {
        wrong.push(FieldError {
            field: "password".to_owned(),
            text,
        });
    }
    if input.again != input.password {
        wrong.push(problem(
            "again",
            "两次输入的密码不一致。",
            "The two passwords differ.",
        ));
    }
    wrong
}

fn too_late() -> AppError {
    AppError::new(
        Kind::Conflict,
        "SET-UP-DONE",
        "管理员账号已经建立，请直接登录。",
        "The administrator exists already; log in.",
    )
}

/// Compares digests, so that the time says nothing about the secret.
fn same_secret(a: &str, b: &str) -> bool {
    super::digest(a) == super::digest(b)
}
