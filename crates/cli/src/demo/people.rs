//! The staff at work: every account logs in like anybody and acts through its own session.

use std::collections::BTreeMap;
use std::sync::Arc;

use fangxian_app::accounts::{NewSession, PasswordChange};
use fangxian_app::{App, AppError, Who};
use fangxian_base::CommandId;

use super::PASSWORD;

/// The address that the sessions of the demonstration come from.
pub const ADDRESS: &str = "demo";

/// The open sessions by log-in name.
#[derive(Debug, Default)]
pub struct People {
    tokens: BTreeMap<String, String>,
}

impl People {
    /// Keeps a session for later.
    pub fn keep(&mut self, login: &str, token: String) {
        self.tokens.insert(login.to_owned(), token);
    }

    /// Somebody at work, logged in (again) where needed.
    ///
    /// # Errors
    /// When the account refuses the password: somebody changed it.
    pub fn who(&mut self, app: &App, login: &str) -> Result<Who, AppError> {
        if let Some(token) = self.tokens.get(login)
            && let Some((who, _)) = app.session_who(token)?
        {
            return Ok(who);
        }
        let session = app.log_in(login, PASSWORD, ADDRESS)?;
        let (who, _) = app
            .session_who(&session.token)?
            .ok_or_else(AppError::not_found)?;
        self.keep(login, session.token);
        Ok(who)
    }
}

/// Logs in with a first password and changes it to that of the demonstration.
pub fn first_log_in(app: &Arc<App>, login: &str, first: &str) -> Result<NewSession, AppError> {
    let session = app.log_in(login, first, ADDRESS)?;
    let (who, _) = app
        .session_who(&session.token)?
        .ok_or_else(AppError::not_found)?;
    let change = PasswordChange {
        old: first.to_owned(),
        new: PASSWORD.to_owned(),
        again: PASSWORD.to_owned(),
    };
    app.change_password(&who, CommandId::new(), &session.token, &change)?;
    Ok(session)
}
