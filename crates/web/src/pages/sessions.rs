//! Log-in, log-out, the own password, and the first administrator.

use fangxian_app::accounts::{AdminInput, PasswordChange, SessionInfo};
use fangxian_app::{Action, App, AppError, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Done, Login, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint, Nothing};
use crate::{errors, protect};

/// Where log-in leads.
#[derive(Debug, Deserialize, JsonSchema)]
struct Next {
    /// The page wanted.
    next: Option<String>,
}

/// The log-in page.
#[derive(Debug, Serialize, JsonSchema)]
struct LogInPage {
    /// The page wanted afterwards.
    next: String,
    /// Whether somebody is logged in already.
    logged_in: bool,
}

page!(LogInPage, "login.html");

fn log_in_page(_: &App, ask: &Ask, input: Next) -> Result<LogInPage> {
    let next = input
        .next
        .as_deref()
        .and_then(protect::own_path)
        .unwrap_or("/");
    Ok(LogInPage {
        next: next.to_owned(),
        logged_in: ask.session.is_some(),
    })
}

#[derive(Deserialize, JsonSchema)]
struct LogIn {
    /// The log-in name.
    username: String,
    /// The password.
    password: String,
    /// The page wanted afterwards.
    next: Option<String>,
}

/// A session has begun.
#[derive(Debug, Serialize, JsonSchema)]
struct Begun {
    /// To be sent as `X-Form-Token` with everything that changes something.
    form_token: String,
    /// Whether the password must be changed first.
    must_change: bool,
}

/// Where the day begins: at the duty desk, with the own tasks, or at the menu.
fn start(app: &App, token: &str) -> Result<&'static str> {
    let Some((who, _)) = app.session_who(token)? else {
        return Ok("/");
    };
    let first = [
        (Action::CommandView, "/desk"),
        (Action::TasksList, "/tasks/mine"),
        (Action::UsersList, "/users"),
    ];
    Ok(first
        .into_iter()
        .find(|(action, _)| app.may(&who, *action))
        .map_or("/", |(_, path)| path))
}

fn log_in(app: &App, ask: &Ask, input: LogIn) -> Result<Done<Begun>> {
    let address = ask
        .address
        .map(|address| address.to_string())
        .unwrap_or_default();
    let begun = app.log_in(&input.username, &input.password, &address)?;
    let to = if begun.must_change {
        "/password"
    } else {
        match input.next.as_deref().and_then(protect::own_path) {
            Some(next) if next != "/" => next,
            _ => start(app, &begun.token)?,
        }
    };
    Ok(Done {
        to: to.to_owned(),
        data: Begun {
            form_token: begun.form_token,
            must_change: begun.must_change,
        },
        login: Login::Begins(begun.token),
    })
}

fn log_out(app: &App, ask: &Ask, _: Nothing) -> Result<Done<()>> {
    if let Some(token) = &ask.token {
        app.log_out(token)?;
    }
    Ok(Done {
        to: "/".to_owned(),
        data: (),
        login: Login::Ends,
    })
}

/// The page to change the own password.
#[derive(Debug, Serialize, JsonSchema)]
struct PasswordPage {
    /// Whose session it is.
    session: SessionInfo,
}

page!(PasswordPage, "password.html");

fn password_page(_: &App, ask: &Ask, _: Nothing) -> Result<PasswordPage> {
    let session = ask.session.clone().ok_or_else(errors::signed_out)?;
    Ok(PasswordPage { session })
}

fn password(app: &App, ask: &Ask, input: PasswordChange) -> Result<Done<()>> {
    let token = ask.token.as_deref().ok_or_else(errors::signed_out)?;
    app.change_password(&ask.who, ask.command, token, &input)?;
    Ok(Done::then("/", ()))
}

#[derive(Deserialize, JsonSchema)]
struct Key {
    /// The token in the address that the program printed when it started.
    #[serde(default)]
    token: String,
}

/// The page that makes the first administrator.
#[derive(Debug, Serialize, JsonSchema)]
struct SetupPage {
    /// The token, as given.
    token: String,
}

page!(SetupPage, "setup.html");

fn setup_page(app: &App, _: &Ask, input: Key) -> Result<SetupPage> {
    let known = app.setup_token()?.ok_or_else(AppError::not_found)?;
    if !protect::same(&known, &input.token) {
        return Err(AppError::not_found());
    }
    Ok(SetupPage { token: input.token })
}

fn setup(app: &App, ask: &Ask, input: AdminInput) -> Result<Done<()>> {
    app.setup_admin(ask.field("token").unwrap_or_default(), ask.command, &input)?;
    Ok(Done::then("/login", ()))
}

/// Its endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("sessions.page", "/login", Access::Public, log_in_page).page_only(),
        Endpoint::command(
            "sessions.begin",
            "/login",
            Access::Public,
            "sessions.page",
            log_in,
        ),
        Endpoint::command(
            "sessions.end",
            "/logout",
            Access::Session,
            "site.home",
            log_out,
        ),
        Endpoint::page("self.page", "/password", Access::Session, password_page),
        Endpoint::command(
            "self.password",
            "/password",
            Access::Session,
            "self.page",
            password,
        ),
        Endpoint::page("setup.page", "/setup", Access::Public, setup_page).page_only(),
        Endpoint::command(
            "setup.create",
            "/setup",
            Access::Public,
            "setup.page",
            setup,
        ),
    ]
}
