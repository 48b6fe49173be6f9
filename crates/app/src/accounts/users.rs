//! Keeping accounts: list, create, change, disable, first password.
//!
//! Whoever keeps accounts can act only on accounts that hold nothing beyond the own area and
//! response, grant nothing beyond the own area, response and end, and change nothing of the own
//! account (the policy `own-account`). A first password is shown once; repeating the command does
//! not show it again.

use fangxian_authz::{Action, Actor, AreaPath, Purpose, Resource, Role};
use fangxian_base::{AreaId, CommandId, Instant, ResponseId, Text, UnitId, UserId};
use fangxian_store::accounts::{self as rows, Account, GrantRow, NewAccount};
use fangxian_store::places::area_fetch;
use fangxian_store::responses::response_fetch;
use fangxian_store::{Author, Command, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::form::taken;
use super::{passwords, unit_of};
use crate::part::and_one;
use crate::{App, AppError, Kind, Part, Result, Who, found, ranges};

/// LIMIT: accounts shown in one list.
const LIST_MAX: usize = 100;

/// The form of an account, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct UserInput {
    /// The log-in name; only looked at when the account is created.
    #[serde(default)]
    pub login: String,
    /// The name shown to colleagues.
    pub name: String,
    /// The unit's id.
    pub unit: String,
    /// What is granted.
    #[serde(default)]
    pub grants: Vec<GrantInput>,
}

/// One grant in the form.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct GrantInput {
    /// The role's code.
    pub role: String,
    /// The area's id.
    pub area: String,
    /// The response's id; empty for all.
    #[serde(default)]
    pub response: String,
    /// The first day on which it no longer holds; empty for no end.
    #[serde(default)]
    pub until: String,
}

/// An account as shown to whoever keeps accounts.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UserView {
    /// The account.
    pub id: UserId,
    /// The log-in name.
    pub login: String,
    /// The name shown to colleagues.
    pub name: String,
    /// The unit.
    pub unit: UnitId,
    /// The unit's name.
    pub unit_name: Text,
    /// What is granted.
    pub grants: Vec<GrantView>,
    /// Since when it is disabled.
    pub disabled_at: Option<Instant>,
    /// Until when it is locked after failed log-ins (wall time).
    pub locked_until: Option<Instant>,
    /// Whether its first password still waits to be changed.
    pub must_change: bool,
    /// When it was made.
    pub created_at: Instant,
    /// The version for edits.
    pub version: i64,
}

/// One grant as shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GrantView {
    /// The role's code.
    pub role: String,
    /// The role's name.
    pub role_name: Text,
    /// The area.
    pub area: AreaId,
    /// The area's name.
    pub area_name: Text,
    /// When given, for this response only.
    pub response: Option<ResponseId>,
    /// The title of that response.
    pub response_name: Option<Text>,
    /// When given, the first moment at which it no longer holds.
    pub until: Option<Instant>,
}

/// A first password, shown once.
#[derive(Clone, Serialize, JsonSchema)]
pub struct OneTimePassword {
    /// Whose it is.
    pub user: UserId,
    /// The password; nothing when the command was only repeated.
    pub password: Option<String>,
}

impl std::fmt::Debug for OneTimePassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneTimePassword")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl App {
    /// Accounts inside the reader's areas, by log-in name, from a name on.
    pub fn user_list(&self, who: &Who, after: Option<&str>) -> Result<Part<UserView, String>> {
        let areas = ranges(&self.reach(who, Action::UsersList, Purpose::Administration)?);
        let part = self.read(|tx| {
            let accounts = rows::account_list(tx, &areas, after, and_one(LIST_MAX))?;
            Part::cut(accounts, LIST_MAX, |a| a.login.clone()).map(|a| view(tx, &a))
        })?;
        let shown = vec![("count", part.rows.len().into())];
        self.show(
            who,
            Action::UsersList,
            Purpose::Administration,
            Vec::new(),
            shown,
        )?;
        Ok(part)
    }

    /// One account.
    pub fn user_view(&self, who: &Who, id: UserId) -> Result<UserView> {
        let (view, area) = self.read(|tx| {
            let account = found(rows::account_fetch(tx, id))?;
            Ok((view(tx, &account)?, area_of(tx, &account)?))
        })?;
        let resource = Resource::Account {
            area,
            user: Some(id),
        };
        self.permit(who, Action::UsersList, &resource, Purpose::Administration)?;
        let shown = vec![("user", id.to_string())];
        self.show(
            who,
            Action::UsersList,
            Purpose::Administration,
            shown,
            Vec::new(),
        )?;
        Ok(view)
    }

    /// Creates an account; it must change the password shown here at its first log-in.
    pub fn user_create(
        &self,
        who: &Who,
        id: CommandId,
        input: &UserInput,
    ) -> Result<OneTimePassword> {
        let parsed = self.parse_user(input, true)?;
        let resource = Resource::Account {
            area: parsed.unit_path.clone(),
            user: None,
        };
        self.permit(who, Action::UsersCreate, &resource, Purpose::Administration)?;
        self.may_grant(who, Action::UsersCreate, None, &parsed.grants)?;
        let password = passwords::one_time()?;
        let kept = self.turns().hash(&password)?;
        let made = UserId::new();
        let written = self.store().write(
            users_head(who, id, Action::UsersCreate),
            move |tx| -> Result<UserId> {
                if rows::account_by_login(tx, &parsed.login)?.is_some() {
                    return Err(taken());
                }
                let account = NewAccount {
                    id: made,
                    login: &parsed.login,
                    name: &parsed.name,
                    unit: parsed.unit.id,
                    password_hash: &kept,
                    must_change: true,
                };
                rows::account_insert(tx, &account)?;
                rows::grant_replace(tx, made, &parsed.grants)?;
                detail_roles(tx, &parsed.grants);
                Ok(made)
            },
        )?;
        let password = (!written.repeated).then_some(password);
        Ok(OneTimePassword {
            user: written.value,
            password,
        })
    }

    /// Changes name, unit and grants of an account.
    pub fn user_update(
        &self,
        who: &Who,
        command: CommandId,
        id: UserId,
        version: i64,
        input: &UserInput,
    ) -> Result<()> {
        let held = self.may_keep(who, Action::UsersUpdate, id)?;
        let parsed = self.parse_user(input, false)?;
        let resource = Resource::Account {
            area: parsed.unit_path.clone(),
            user: Some(id),
        };
        self.permit(who, Action::UsersUpdate, &resource, Purpose::Administration)?;
        // What is held already and stays as it is, is not granted anew.
        let mut new = parsed.grants.clone();
        new.retain(|grant| !held.contains(grant));
        self.may_grant(who, Action::UsersUpdate, Some(id), &new)?;
        self.write(
            who,
            command,
            Action::UsersUpdate,
            Purpose::Administration,
            None,
            move |tx| {
                unchanged(tx, id, &held)?;
                if !rows::account_update(tx, id, version, &parsed.name, parsed.unit.id)? {
                    return Err(AppError::stale());
                }
                rows::grant_replace(tx, id, &parsed.grants)?;
                detail_roles(tx, &parsed.grants);
                Ok(())
            },
        )
    }

    /// Disables an account, which ends its sessions, or enables it again.
    pub fn user_disable(
        &self,
        who: &Who,
        command: CommandId,
        id: UserId,
        version: i64,
        disabled: bool,
    ) -> Result<()> {
        let held = self.may_keep(who, Action::UsersDisable, id)?;
        self.write(
            who,
            command,
            Action::UsersDisable,
            Purpose::Administration,
            None,
            move |tx| {
                unchanged(tx, id, &held)?;
                tx.detail("disabled", disabled);
                if rows::account_set_disabled(tx, id, version, disabled)? {
                    Ok(())
                } else {
                    Err(AppError::stale())
                }
            },
        )
    }

    /// Gives an account a new first password, shown once; its sessions end, a lock is lifted.
    pub fn user_reset(&self, who: &Who, command: CommandId, id: UserId) -> Result<OneTimePassword> {
        let held = self.may_keep(who, Action::UsersResetPassword, id)?;
        let password = passwords::one_time()?;
        let kept = self.turns().hash(&password)?;
        let written = self.store().write(
            users_head(who, command, Action::UsersResetPassword),
            move |tx| -> Result<()> {
                unchanged(tx, id, &held)?;
                Ok(rows::account_set_password(tx, id, &kept, true, None)?)
            },
        )?;
        Ok(OneTimePassword {
            user: id,
            password: (!written.repeated).then_some(password),
        })
    }

    pub(super) fn account_area(&self, id: UserId) -> Result<AreaPath> {
        self.read(|tx| {
            let account = found(rows::account_fetch(tx, id))?;
            area_of(tx, &account)
        })
    }

    /// Permits an action on an account, also for everything that the account holds: whoever may
    /// not grant as much cannot take it over, lock it out or strip it. Answers what it holds.
    pub(super) fn may_keep(
        &self,
        who: &Who,
        action: Action,
        user: UserId,
    ) -> Result<Vec<GrantRow>> {
        let (area, held) = self.read(|tx| {
            let account = found(rows::account_fetch(tx, user))?;
            Ok((area_of(tx, &account)?, rows::grant_list(tx, user)?))
        })?;
        let resource = Resource::Account {
            area,
            user: Some(user),
        };
        self.permit(who, action, &resource, Purpose::Administration)?;
        let now = self.now();
        let wider = held
            .iter()
            .filter(|grant| grant.until.is_none_or(|until| now < until))
            .any(|grant| !self.covers(who, action, Some(user), grant, false));
        if wider {
            return Err(AppError::new(
                Kind::Forbidden,
                "WIDER-GRANTS",
                "该账号的权限超出您管理的区域或响应，请联系上级管理员办理。",
                "This account holds more than your area or response. Ask an administrator whose area covers all of it.",
            ));
        }
        Ok(held)
    }

    /// Permits granting: nothing reaches further or lasts longer than what the granter holds.
    fn may_grant(
        &self,
        who: &Who,
        action: Action,
        user: Option<UserId>,
        grants: &[GrantRow],
    ) -> Result<()> {
        if grants
            .iter()
            .all(|grant| self.covers(who, action, user, grant, true))
        {
            return Ok(());
        }
        Err(AppError::field(
            "grants",
            "不能授予超出您本人管理区域、响应或期限的权限。",
            "You cannot grant beyond your own area, response or last day.",
        ))
    }

    /// Whether a single grant of `who` permits the action for the whole of another grant.
    fn covers(
        &self,
        who: &Who,
        action: Action,
        user: Option<UserId>,
        grant: &GrantRow,
        to_its_end: bool,
    ) -> bool {
        let (Author::User(_), Some(actor)) = (who.author(), who.actor()) else {
            // The command line and the program itself; `permit` has refused everybody else.
            return true;
        };
        let Ok(area) = grant.path.parse::<AreaPath>() else {
            return false;
        };
        let resource = Resource::Account { area, user };
        actor.grants.iter().any(|own| {
            let wide = own.response.is_none() || own.response == grant.response;
            let long = !to_its_end
                || own
                    .until
                    .is_none_or(|end| grant.until.is_some_and(|until| until <= end));
            let alone = Actor {
                grants: vec![own.clone()],
                ..actor.clone()
            };
            wide && long
                && self
                    .permit(
                        &Who::staff(alone),
                        action,
                        &resource,
                        Purpose::Administration,
                    )
                    .is_ok()
        })
    }
}

/// The grants are still those that permission was asked for.
pub(super) fn unchanged(tx: &mut Tx<'_>, user: UserId, held: &[GrantRow]) -> Result<()> {
    if rows::grant_list(tx, user)? == held {
        Ok(())
    } else {
        Err(AppError::stale())
    }
}

pub(super) fn users_head(who: &Who, id: CommandId, action: Action) -> Command {
    Command {
        id,
        author: who.author(),
        action: action.code(),
        purpose: Purpose::Administration.code(),
        response: None,
        input: who.input(),
    }
}

fn detail_roles(tx: &mut Tx<'_>, grants: &[GrantRow]) {
    let roles: Vec<String> = grants
        .iter()
        .map(|grant| format!("{}@{}", grant.role, grant.path))
        .collect();
    tx.detail("grants", roles);
}

pub(super) fn path_of(tx: &mut Tx<'_>, area: AreaId) -> Result<AreaPath> {
    found(area_fetch(tx, area))?
        .path
        .parse()
        .map_err(AppError::internal)
}

fn area_of(tx: &mut Tx<'_>, account: &Account) -> Result<AreaPath> {
    let unit = unit_of(tx, account)?;
    path_of(tx, unit.area)
}

fn view(tx: &mut Tx<'_>, account: &Account) -> Result<UserView> {
    let unit = unit_of(tx, account)?;
    let mut grants = Vec::new();
    for row in rows::grant_list(tx, account.id)? {
        let area = found(area_fetch(tx, row.area))?;
        let role_name = Role::from_code(&row.role).map_or_else(
            || Text::new(&row.role, &row.role),
            |role| Text::new(role.zh(), role.en()),
        );
        let response = match row.response {
            Some(id) => response_fetch(tx, id)?,
            None => None,
        };
        grants.push(GrantView {
            role: row.role,
            role_name,
            area: row.area,
            area_name: Text::new(area.name_zh, area.name_en),
            response: row.response,
            response_name: response.map(|one| Text::new(one.title_zh, one.title_en)),
            until: row.until,
        });
    }
    Ok(UserView {
        id: account.id,
        login: account.login.clone(),
        name: account.name.clone(),
        unit: account.unit,
        unit_name: Text::new(unit.name_zh, unit.name_en),
        grants,
        disabled_at: account.disabled_at,
        locked_until: account.locked_until,
        must_change: account.must_change,
        created_at: account.created_at,
        version: account.version,
    })
}
