//! Accounts of staff, what is granted to them, their sessions and the tokens of interfaces.
//!
//! Only digests of secrets are kept. Times of sessions and locks are wall time and come in as
//! arguments, because the clock of a demonstration runs fast. Nothing here decides anything.

use std::fmt::Write as _;

use fangxian_base::{AreaId, Instant, ResponseId, UnitId, UserId};
use uuid::Uuid;

use crate::AreaRange;
use crate::db::{DbError, Row, Tx, vals};
use crate::records::within;
use crate::store::Store;

/// An account about to be made.
#[derive(Debug, Clone)]
pub struct NewAccount<'a> {
    /// Its id.
    pub id: UserId,
    /// The log-in name, unique, in small letters.
    pub login: &'a str,
    /// The name shown to colleagues.
    pub name: &'a str,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// The password's hash in PHC form.
    pub password_hash: &'a str,
    /// Whether the password must be changed before anything else.
    pub must_change: bool,
}

/// An account as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// The log-in name.
    pub login: String,
    /// The name shown to colleagues.
    pub name: String,
    /// The unit it belongs to.
    pub unit: UnitId,
    /// The password's hash in PHC form.
    pub password_hash: String,
    /// Whether the password must be changed before anything else.
    pub must_change: bool,
    /// Failed log-ins since the last good one.
    pub failures: i64,
    /// Until when no log-in is tried (wall time).
    pub locked_until: Option<Instant>,
    /// Since when it is disabled.
    pub disabled_at: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
    /// The version for edits.
    pub version: i64,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

const ACCOUNT_COLUMNS: &str = "c.id, c.login, c.name, c.unit_id, c.password_hash, c.must_change, \
     c.failures, c.locked_until, c.disabled_at, c.created_at, c.version";

fn account_from(row: &Row) -> Result<Account, DbError> {
    Ok(Account {
        id: row.get(0)?,
        login: row.get(1)?,
        name: row.get(2)?,
        unit: row.get(3)?,
        password_hash: row.get(4)?,
        must_change: row.get(5)?,
        failures: row.get(6)?,
        locked_until: row.get(7)?,
        disabled_at: row.get(8)?,
        created_at: row.get(9)?,
        version: row.get(10)?,
    })
}

/// Keeps an account. A login that is taken is [`DbError::is_duplicate`]; ask first with
/// [`account_by_login`].
pub fn account_insert(tx: &mut Tx<'_>, account: &NewAccount<'_>) -> Result<(), DbError> {
    tx.note("user", account.id);
    let now = tx.now();
    tx.exec(
        "INSERT INTO account (id, login, name, unit_id, password_hash, must_change, failures,
             created_at, version) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, 1)",
        &vals![
            account.id,
            account.login,
            account.name,
            account.unit,
            account.password_hash,
            account.must_change,
            now
        ],
    )?;
    Ok(())
}

/// How many accounts there are, disabled ones included.
pub fn account_count(tx: &mut Tx<'_>) -> Result<i64, DbError> {
    tx.value("SELECT COUNT(*) FROM account", &[])
}

/// One account.
pub fn account_fetch(tx: &mut Tx<'_>, id: UserId) -> Result<Option<Account>, DbError> {
    tx.row(
        &format!("SELECT {ACCOUNT_COLUMNS} FROM account c WHERE c.id = $1"),
        &vals![id],
    )?
    .map(|row| account_from(&row))
    .transpose()
}

/// The account with a log-in name (in small letters).
pub fn account_by_login(tx: &mut Tx<'_>, login: &str) -> Result<Option<Account>, DbError> {
    tx.row(
        &format!("SELECT {ACCOUNT_COLUMNS} FROM account c WHERE c.login = $1"),
        &vals![login],
    )?
    .map(|row| account_from(&row))
    .transpose()
}

/// Accounts whose unit lies inside the reader's areas, by log-in name.
pub fn account_list(
    tx: &mut Tx<'_>,
    areas: &[AreaRange],
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Account>, DbError> {
    let mut values = Vec::new();
    let mut condition = within(areas, "u.area_id", &mut values);
    if let Some(after) = after {
        values.push(after.into());
        let _ = write!(condition, " AND c.login > ${}", values.len());
    }
    values.push(limit.into());
    tx.rows(
        &format!(
            "SELECT {ACCOUNT_COLUMNS} FROM account c JOIN unit u ON u.id = c.unit_id
             WHERE {condition} ORDER BY c.login LIMIT ${}",
            values.len()
        ),
        &values,
    )?
    .iter()
    .map(account_from)
    .collect()
}

/// Changes name and unit; answers whether it was at `version`.
pub fn account_update(
    tx: &mut Tx<'_>,
    id: UserId,
    version: i64,
    name: &str,
    unit: UnitId,
) -> Result<bool, DbError> {
    tx.note("user", id);
    let touched = tx.exec(
        "UPDATE account SET name = $3, unit_id = $4, version = version + 1
         WHERE id = $1 AND version = $2",
        &vals![id, version, name, unit],
    )?;
    Ok(touched == 1)
}

/// Disables or enables; answers whether it was at `version`. Disabling ends all sessions.
pub fn account_set_disabled(
    tx: &mut Tx<'_>,
    id: UserId,
    version: i64,
    disabled: bool,
) -> Result<bool, DbError> {
    tx.note("user", id);
    let at = disabled.then(|| tx.now());
    let touched = tx.exec(
        "UPDATE account SET disabled_at = $3, version = version + 1 WHERE id = $1 AND version = $2",
        &vals![id, version, at],
    )?;
    if disabled && touched == 1 {
        session_delete_of(tx, id, None)?;
    }
    Ok(touched == 1)
}

/// Sets another password, lifts a lock, and ends all sessions but one.
pub fn account_set_password(
    tx: &mut Tx<'_>,
    id: UserId,
    password_hash: &str,
    must_change: bool,
    keep_session: Option<&[u8; 32]>,
) -> Result<(), DbError> {
    tx.note("user", id);
    tx.exec(
        "UPDATE account SET password_hash = $2, must_change = $3, failures = 0, locked_until = NULL,
             version = version + 1 WHERE id = $1",
        &vals![id, password_hash, must_change],
    )?;
    session_delete_of(tx, id, keep_session)
}

/// Writes down how many log-ins failed in a row, and until when no more are tried.
pub fn account_set_failures(
    tx: &mut Tx<'_>,
    id: UserId,
    failures: i64,
    locked_until: Option<Instant>,
) -> Result<(), DbError> {
    tx.note("user", id);
    tx.exec(
        "UPDATE account SET failures = $2, locked_until = $3 WHERE id = $1",
        &vals![id, failures, locked_until],
    )?;
    Ok(())
}

/// What is granted to an account; the role is a code of `authz`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// The role's code.
    pub role: String,
    /// The area with everything in it.
    pub area: AreaId,
    /// That area's path today.
    pub path: String,
    /// When given, for this response only.
    pub response: Option<ResponseId>,
    /// When given, the first moment at which it no longer holds.
    pub until: Option<Instant>,
}

/// The grants of an account, expired ones included.
pub fn grant_list(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<GrantRow>, DbError> {
    tx.rows(
        "SELECT g.role, g.area_id, x.path, g.response_id, g.until_at
         FROM account_grant g JOIN area x ON x.id = g.area_id
         WHERE g.user_id = $1 ORDER BY g.role, x.path, g.id",
        &vals![user],
    )?
    .iter()
    .map(|row| {
        Ok(GrantRow {
            role: row.get(0)?,
            area: row.get(1)?,
            path: row.get(2)?,
            response: row.get(3)?,
            until: row.get(4)?,
        })
    })
    .collect()
}

/// Replaces the grants of an account. The path in the rows is not looked at.
pub fn grant_replace(tx: &mut Tx<'_>, user: UserId, grants: &[GrantRow]) -> Result<(), DbError> {
    tx.note("user", user);
    tx.exec("DELETE FROM account_grant WHERE user_id = $1", &vals![user])?;
    for grant in grants {
        tx.exec(
            "INSERT INTO account_grant (id, user_id, role, area_id, response_id, until_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            &vals![
                Uuid::now_v7(),
                user,
                &grant.role,
                grant.area,
                grant.response,
                grant.until
            ],
        )?;
    }
    Ok(())
}

/// Enabled accounts that hold a role for exactly this area today: whom to assign or to tell.
pub fn account_holding(tx: &mut Tx<'_>, role: &str, area: AreaId) -> Result<Vec<Account>, DbError> {
    let now = tx.now();
    tx.rows(
        &format!(
            "SELECT {ACCOUNT_COLUMNS} FROM account c
             WHERE c.disabled_at IS NULL AND c.id IN (SELECT g.user_id FROM account_grant g
                 WHERE g.role = $1 AND g.area_id = $2 AND (g.until_at IS NULL OR g.until_at > $3))
             ORDER BY c.login"
        ),
        &vals![role, area, now],
    )?
    .iter()
    .map(account_from)
    .collect()
}

/// A session as stored; times are wall time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub user: UserId,
    /// What forms must carry.
    pub form_token: String,
    /// When it began.
    pub created_at: Instant,
    /// When it was last used, to about a minute.
    pub seen_at: Instant,
    /// When it ends in any case.
    pub expires_at: Instant,
}

/// Begins a session under the digest of its token.
pub fn session_insert(
    tx: &mut Tx<'_>,
    token_hash: &[u8; 32],
    session: &Session,
) -> Result<(), DbError> {
    tx.exec(
        "INSERT INTO session (token_hash, user_id, form_token, created_at, seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &vals![
            *token_hash,
            session.user,
            &session.form_token,
            session.created_at,
            session.seen_at,
            session.expires_at
        ],
    )?;
    Ok(())
}

/// The session of a token's digest, whether or not it still holds.
pub fn session_fetch(tx: &mut Tx<'_>, token_hash: &[u8; 32]) -> Result<Option<Session>, DbError> {
    tx.row(
        "SELECT user_id, form_token, created_at, seen_at, expires_at FROM session
         WHERE token_hash = $1",
        &vals![*token_hash],
    )?
    .map(|row| {
        Ok(Session {
            user: row.get(0)?,
            form_token: row.get(1)?,
            created_at: row.get(2)?,
            seen_at: row.get(3)?,
            expires_at: row.get(4)?,
        })
    })
    .transpose()
}

/// Ends a session; answers whose it was.
pub fn session_delete(tx: &mut Tx<'_>, token_hash: &[u8; 32]) -> Result<Option<UserId>, DbError> {
    let user = session_fetch(tx, token_hash)?.map(|session| session.user);
    tx.exec(
        "DELETE FROM session WHERE token_hash = $1",
        &vals![*token_hash],
    )?;
    Ok(user)
}

fn session_delete_of(
    tx: &mut Tx<'_>,
    user: UserId,
    keep: Option<&[u8; 32]>,
) -> Result<(), DbError> {
    let keep = keep.map_or_else(Vec::new, |hash| hash.to_vec());
    tx.exec(
        "DELETE FROM session WHERE user_id = $1 AND token_hash <> $2",
        &vals![user, keep],
    )?;
    Ok(())
}

impl Store {
    /// Notes that a session is in use. No command: nothing to audit, nothing to repeat.
    ///
    /// # Errors
    /// What the database said.
    pub fn session_touch(&self, token_hash: [u8; 32], at: Instant) -> Result<(), DbError> {
        self.upkeep(move |tx| {
            tx.exec(
                "UPDATE session SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2",
                &vals![token_hash, at],
            )?;
            Ok(())
        })
    }

    /// Deletes sessions that ended by `now` or were last used before `idle`; answers how many.
    ///
    /// # Errors
    /// What the database said.
    pub fn session_sweep(&self, now: Instant, idle: Instant) -> Result<u64, DbError> {
        let any: i64 = self.read(|tx| {
            tx.value(
                "SELECT COUNT(*) FROM session WHERE expires_at <= $1 OR seen_at <= $2",
                &vals![now, idle],
            )
        })?;
        if any == 0 {
            return Ok(0);
        }
        self.upkeep(move |tx| {
            tx.exec(
                "DELETE FROM session WHERE expires_at <= $1 OR seen_at <= $2",
                &vals![now, idle],
            )
        })
    }

    /// A short digest of a value that must not be written down, such as a mistyped login: the same
    /// value gives the same digest here and another one in any other installation.
    pub fn digest(&self, kind: &str, value: &str) -> String {
        let mut text = crate::audit::hex(&self.keys().token(kind, value));
        text.truncate(16);
        text
    }
}

/// The token of an interface, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// The account it acts under.
    pub user: UserId,
    /// What it is for.
    pub label: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
}

/// Keeps the digest of a new token.
pub fn api_token_insert(
    tx: &mut Tx<'_>,
    token_hash: &[u8; 32],
    user: UserId,
    label: &str,
) -> Result<(), DbError> {
    tx.note("user", user);
    let now = tx.now();
    tx.exec(
        "INSERT INTO api_token (token_hash, user_id, label, created_at) VALUES ($1, $2, $3, $4)",
        &vals![*token_hash, user, label, now],
    )?;
    Ok(())
}

/// The account that a token acts under, unless it was revoked.
pub fn api_token_user(tx: &mut Tx<'_>, token_hash: &[u8; 32]) -> Result<Option<UserId>, DbError> {
    tx.row(
        "SELECT user_id FROM api_token WHERE token_hash = $1 AND revoked_at IS NULL",
        &vals![*token_hash],
    )?
    .map(|row| row.get(0))
    .transpose()
}

/// The tokens of an account, oldest first.
pub fn api_token_list(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<ApiToken>, DbError> {
    tx.rows(
        "SELECT user_id, label, created_at, revoked_at FROM api_token WHERE user_id = $1
         ORDER BY created_at, label",
        &vals![user],
    )?
    .iter()
    .map(|row| {
        Ok(ApiToken {
            user: row.get(0)?,
            label: row.get(1)?,
            created_at: row.get(2)?,
            revoked_at: row.get(3)?,
        })
    })
    .collect()
}

/// Revokes the tokens of an account that carry a label; answers how many.
pub fn api_token_revoke(tx: &mut Tx<'_>, user: UserId, label: &str) -> Result<u64, DbError> {
    tx.note("user", user);
    let now = tx.now();
    tx.exec(
        "UPDATE api_token SET revoked_at = $3
         WHERE user_id = $1 AND label = $2 AND revoked_at IS NULL",
        &vals![user, label, now],
    )
}
