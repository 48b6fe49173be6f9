//! Log-in, sessions, log-out, and changing the own password.
//!
//! A session is a random token in the browser and its digest in a table. Its times are wall time.
//! While a first password waits to be changed, the session holds no grants at all.

use fangxian_base::{CommandId, Instant, Text, UserId};
use fangxian_store::accounts::{self as rows, Account, Session};
use fangxian_store::{Author, Command};
use serde::{Deserialize, Serialize};

use super::{
    SessionInfo, actor, digest, grants_of, new_token, normal_login, passwords, roles_at, unit_of,
};
use crate::{App, AppError, FieldError, Kind, Result, Who};
use fangxian_authz::Role;

/// A session ends so many hours after log-in in any case.
const HOURS_MAX: i64 = 12;
/// At a desk it ends after so many minutes without use; on a phone in the field it does not.
const IDLE_MINUTES_DESK: i64 = 30;
/// After so many failures in a row an account is locked.
const FAILURES_MAX: i64 = 5;
/// The first lock; each further round of failures doubles it.
const LOCK_MINUTES: i64 = 15;
/// LIMIT: the longest lock, so that a stranger cannot keep somebody out for days.
const LOCK_MINUTES_MAX: i64 = 240;
/// The time of last use is written at most this often.
const TOUCH_MINUTES: i64 = 1;

/// A session that has just begun. The token is for the cookie and for nobody else.
#[derive(Clone)]
pub struct NewSession {
    /// The secret.
    pub token: String,
    /// The account.
    pub user: UserId,
    /// What every form of this session must carry.
    pub form_token: String,
    /// Whether nothing may be done before the password is changed.
    pub must_change: bool,
    /// When the session ends in any case (wall time).
    pub expires_at: Instant,
}

impl std::fmt::Debug for NewSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSession")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// The form "change my password".
#[derive(Clone, Deserialize, schemars::JsonSchema)]
pub struct PasswordChange {
    /// The password used until now.
    pub old: String,
    /// The new one.
    pub new: String,
    /// The new one once more.
    pub again: String,
}

impl std::fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordChange")
    }
}

/// What the check of a log-in found, decided inside the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Verdict {
    Welcome,
    Refused,
}

/// One answer for every reason, so that nobody learns which accounts exist.
fn refused() -> AppError {
    AppError::new(
        Kind::Forbidden,
        "LOG-IN",
        "登录名或密码不正确，或账号因多次输错被暂时锁定（15 分钟起）。请核对后再试；仍不行请联系管理员。",
        "Log-in name or password is wrong, or the account is locked for a while after wrong attempts (from 15 minutes). Check and try again, or ask the administrator.",
    )
}

/// How long an account is locked after so many failures in a row; not at all before the fifth.
fn lock_minutes(failures: i64) -> Option<i64> {
    if failures < FAILURES_MAX || failures % FAILURES_MAX != 0 {
        return None;
    }
    let rounds = (failures / FAILURES_MAX - 1).min(8);
    Some((LOCK_MINUTES << rounds).min(LOCK_MINUTES_MAX))
}

/// Whether the account may begin a session now.
fn may_enter(account: &Account, wall: Instant) -> bool {
    account.disabled_at.is_none() && account.locked_until.is_none_or(|until| until <= wall)
}

impl App {
    /// Begins a session. `address` is where the request came from; only its digest is kept.
    ///
    /// # Errors
    /// One and the same refusal for an unknown name, a wrong password, a locked or disabled account.
    pub fn log_in(&self, login: &str, password: &str, address: &str) -> Result<NewSession> {
        let login = normal_login(login);
        let wall = self.wall_now();
        let account = self.read(|tx| Ok(rows::account_by_login(tx, &login)?))?;
        let open = account.as_ref().filter(|account| may_enter(account, wall));
        let too_long = password.chars().count() > passwords::LENGTH_MAX;
        let kept = open
            .filter(|_| !too_long)
            .map(|account| account.password_hash.as_str());
        let typed = if too_long { "" } else { password };
        let fits = self.turns().fits(typed, kept)?;
        let Some(account) = account.filter(|_| fits) else {
            self.write_failure(&login, address, wall)?;
            return Err(refused());
        };
        let (token, form_token) = (new_token()?, new_token()?);
        let expires_at = wall.plus_hours(HOURS_MAX);
        let session = Session {
            user: account.id,
            form_token: form_token.clone(),
            created_at: wall,
            seen_at: wall,
            expires_at,
        };
        let (hash, seen, from) = (
            digest(&token),
            account.clone(),
            self.store().digest("address", address),
        );
        let head = head(Author::User(account.id), "sessions.begin");
        let verdict = self.store().write(head, move |tx| -> Result<Verdict> {
            tx.detail("address", from.as_str());
            // Somebody may have disabled it or changed the password while it was being checked.
            let now_there = rows::account_fetch(tx, seen.id)?
                .filter(|a| may_enter(a, wall) && a.password_hash == seen.password_hash);
            if now_there.is_none() {
                return Ok(Verdict::Refused);
            }
            rows::account_set_failures(tx, seen.id, 0, None)?;
            rows::session_insert(tx, &hash, &session)?;
            Ok(Verdict::Welcome)
        })?;
        match verdict.value {
            Verdict::Welcome => Ok(NewSession {
                token,
                user: account.id,
                form_token,
                must_change: account.must_change,
                expires_at,
            }),
            Verdict::Refused => Err(refused()),
        }
    }

    fn write_failure(&self, login: &str, address: &str, wall: Instant) -> Result<()> {
        let (login, typed) = (login.to_owned(), self.store().digest("login", login));
        let from = self.store().digest("address", address);
        let head = head(Author::Public, "sessions.refuse");
        self.store().write(head, move |tx| -> Result<()> {
            tx.detail("login", typed.as_str());
            tx.detail("address", from.as_str());
            let Some(account) = rows::account_by_login(tx, &login)? else {
                return Ok(());
            };
            if !may_enter(&account, wall) {
                return Ok(());
            }
            let failures = account.failures + 1;
            let lock = lock_minutes(failures).map(|minutes| wall.plus_minutes(minutes));
            if lock.is_some() {
                tx.detail("locked", true);
            }
            rows::account_set_failures(tx, account.id, failures, lock)?;
            Ok(())
        })?;
        Ok(())
    }

    /// Who a session's token stands for, if it still holds; using it keeps it alive.
    ///
    /// # Errors
    /// Only when the database fails: a session that ended is `None`.
    pub fn session_who(&self, token: &str) -> Result<Option<(Who, SessionInfo)>> {
        let (hash, wall, now) = (digest(token), self.wall_now(), self.now());
        let found = self.read(|tx| {
            let Some(session) = rows::session_fetch(tx, &hash)? else {
                return Ok(None);
            };
            let Some(account) = rows::account_fetch(tx, session.user)? else {
                return Ok(None);
            };
            let unit = unit_of(tx, &account)?;
            let grants = grants_of(tx, account.id)?;
            Ok(Some((session, account, unit, grants)))
        })?;
        let Some((session, account, unit, mut grants)) = found else {
            return Ok(None);
        };
        let roles = roles_at(&grants, now);
        if account.disabled_at.is_some() || ended(&session, &roles, wall) {
            return Ok(None);
        }
        if wall.minutes_since(session.seen_at) >= TOUCH_MINUTES {
            // A session that cannot be kept alive just now is no reason to show no page.
            let _ = self.store().session_touch(hash, wall);
        }
        if account.must_change {
            grants.clear();
        }
        let info = SessionInfo {
            user: account.id,
            login: account.login.clone(),
            name: account.name.clone(),
            unit: unit.id,
            unit_name: Text::new(unit.name_zh, unit.name_en),
            roles: roles.iter().map(|role| role.code().to_owned()).collect(),
            form_token: session.form_token,
            must_change: account.must_change,
            expires_at: session.expires_at,
        };
        Ok(Some((Who::staff(actor(&account, unit.kind, grants)), info)))
    }

    /// Ends a session; a token that stands for none is no error.
    pub fn log_out(&self, token: &str) -> Result<()> {
        let hash = digest(token);
        let Some(session) = self.read(|tx| Ok(rows::session_fetch(tx, &hash)?))? else {
            return Ok(());
        };
        let head = head(Author::User(session.user), "sessions.end");
        self.store().write(head, move |tx| -> Result<()> {
            rows::session_delete(tx, &hash)?;
            Ok(())
        })?;
        Ok(())
    }

    /// Changes the own password. All other sessions of the account end; this one goes on.
    ///
    /// # Errors
    /// When the old one is wrong, which counts like a failed log-in, or the new one is not accepted.
    pub fn change_password(
        &self,
        who: &Who,
        command: CommandId,
        token: &str,
        input: &PasswordChange,
    ) -> Result<()> {
        let Some(user) = who.user() else {
            return Err(signed_out());
        };
        let hash = digest(token);
        let wall = self.wall_now();
        let account = self.read(|tx| {
            let own = rows::session_fetch(tx, &hash)?.is_some_and(|session| session.user == user);
            Ok(rows::account_fetch(tx, user)?.filter(|account| own && may_enter(account, wall)))
        })?;
        let Some(account) = account else {
            return Err(signed_out());
        };
        let mut wrong = Vec::new();
        let mut say = |field: &str, text: Text| {
            wrong.push(FieldError {
                field: field.to_owned(),
                text,
            });
        };
        if let Some(text) = passwords::objection(&input.new, &account.login) {
            say("new", text);
        } else if input.new == input.old {
            say(
                "new",
                Text::new(
                    "新密码不能与原密码相同。",
                    "The new password must differ from the old one.",
                ),
            );
        }
        if input.again != input.new {
            say(
                "again",
                Text::new("两次输入的新密码不一致。", "The two new passwords differ."),
            );
        }
        let old = if input.old.chars().count() > passwords::LENGTH_MAX {
            ""
        } else {
            &input.old
        };
        if !self.turns().fits(old, Some(&account.password_hash))? {
            self.write_failure(&account.login, "", wall)?;
            say(
                "old",
                Text::new("原密码不正确。", "The old password is wrong."),
            );
        }
        if !wrong.is_empty() {
            return Err(AppError::invalid(wrong));
        }
        let kept = self.turns().hash(&input.new)?;
        let head = Command {
            id: command,
            ..head(Author::User(user), "self.password")
        };
        self.store().write(head, move |tx| -> Result<()> {
            rows::account_set_password(tx, user, &kept, false, Some(&hash))?;
            Ok(())
        })?;
        Ok(())
    }

    /// Deletes sessions that ended; answers how many.
    pub(crate) fn sweep_sessions(&self) -> Result<u64> {
        let wall = self.wall_now();
        Ok(self
            .store()
            .session_sweep(wall, wall.plus_hours(-HOURS_MAX))?)
    }
}

/// The head of a command that is about accounts and needs no grant.
pub(super) fn head(author: Author, action: &'static str) -> Command {
    Command {
        id: CommandId::new(),
        author,
        action,
        purpose: "administration",
        response: None,
        input: None,
    }
}

fn signed_out() -> AppError {
    AppError::new(
        Kind::SignedOut,
        "SIGNED-OUT",
        "请先登录。",
        "Please log in first.",
    )
}

/// Whether a session is over. People in the field look at a phone now and then all day long.
fn ended(session: &Session, roles: &[Role], wall: Instant) -> bool {
    let field = !roles.is_empty()
        && roles
            .iter()
            .all(|role| matches!(role, Role::Grid | Role::Lead));
    let idle = if field {
        HOURS_MAX * 60
    } else {
        IDLE_MINUTES_DESK
    };
    wall >= session.expires_at || wall >= session.seen_at.plus_minutes(idle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_begin_at_the_fifth_failure_and_grow_up_to_a_limit() {
        assert_eq!(lock_minutes(4), None);
        assert_eq!(lock_minutes(5), Some(15));
        assert_eq!(lock_minutes(6), None);
        assert_eq!(lock_minutes(10), Some(30));
        assert_eq!(lock_minutes(500), Some(240));
    }
}
