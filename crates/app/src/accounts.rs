//! Accounts of staff: log-in, sessions, passwords, who holds which role where, and the first
//! administrator of a new installation.
//!
//! Secrets leave here once and are kept only as digests. Refusals at log-in never say whether an
//! account exists. Start with [`App::log_in`] and [`App::session_who`]; accounts are kept in
//! `users`, tokens of interfaces in `tokens`.

mod first;
mod form;
mod log_in;
pub(crate) mod passwords;
mod tokens;
mod users;

use std::fmt::Write;

use fangxian_authz::{Actor, AreaPath, Grant, Role};
use fangxian_base::{Instant, Text, UnitId, UserId};
use fangxian_domain::units::UnitKind;
use fangxian_store::accounts::{self as rows, Account};
use fangxian_store::places::{Unit, unit_fetch};
use fangxian_store::{DbError, Tx};
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use first::AdminInput;
pub(crate) use first::NO_CODE;
pub use log_in::{NewSession, PasswordChange};
pub use tokens::ApiTokenView;
pub use users::{GrantInput, GrantView, OneTimePassword, UserInput, UserView};

/// What a page may know about the session that it is shown in.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SessionInfo {
    /// The account.
    pub user: UserId,
    /// The log-in name.
    pub login: String,
    /// The name shown to colleagues.
    pub name: String,
    /// The unit.
    pub unit: UnitId,
    /// The unit's name.
    pub unit_name: Text,
    /// The codes of the roles held now, each once.
    pub roles: Vec<String>,
    /// What every form of this session must carry.
    pub form_token: String,
    /// Whether nothing may be done before the password is changed.
    pub must_change: bool,
    /// When the session ends in any case (wall time).
    pub expires_at: Instant,
}

/// SHA-256 of a token: what the table keeps.
fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// 256 random bits as text for a cookie, a header or an address.
fn new_token() -> crate::Result<String> {
    let bytes = passwords::random::<32>()?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// The log-in name as kept: small letters, nothing around it.
fn normal_login(typed: &str) -> String {
    typed.trim().to_lowercase()
}

/// The grants of an account that can be understood; a row that cannot grants nothing.
fn grants_of(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<Grant>, DbError> {
    Ok(rows::grant_list(tx, user)?
        .into_iter()
        .filter_map(|row| {
            let role = Role::from_code(&row.role)?;
            let area: AreaPath = row.path.parse().ok()?;
            Some(Grant {
                role,
                area,
                response: row.response,
                until: row.until,
            })
        })
        .collect())
}

fn unit_of(tx: &mut Tx<'_>, account: &Account) -> Result<Unit, DbError> {
    unit_fetch(tx, account.unit)?.ok_or(DbError::Stored {
        what: "unit of an account",
    })
}

fn actor(account: &Account, unit_kind: UnitKind, grants: Vec<Grant>) -> Actor {
    Actor {
        user: account.id,
        unit: account.unit,
        unit_kind,
        grants,
    }
}

/// A colleague by log-in name, with their grants; none when there is none or the account is disabled.
pub(crate) fn actor_by_login(tx: &mut Tx<'_>, login: &str) -> Result<Option<Actor>, DbError> {
    let account = rows::account_by_login(tx, &normal_login(login))?
        .filter(|account| account.disabled_at.is_none());
    let Some(account) = account else {
        return Ok(None);
    };
    let kind = unit_of(tx, &account)?.kind;
    let grants = grants_of(tx, account.id)?;
    Ok(Some(actor(&account, kind, grants)))
}

/// The codes of the roles that hold at `now`, each once.
fn roles_at(grants: &[Grant], now: Instant) -> Vec<Role> {
    let mut roles: Vec<Role> = grants
        .iter()
        .filter(|grant| grant.holds_at(now))
        .map(|grant| grant.role)
        .collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}
