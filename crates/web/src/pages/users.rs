//! Accounts of staff: list, create, change, disable, first passwords, tokens of interfaces.

use fangxian_app::accounts::{ApiTokenView, OneTimePassword, UserInput, UserView};
use fangxian_app::places::{AreaView, UnitView};
use fangxian_app::{Action, App, Result, Role};
use fangxian_base::{ResponseId, Text, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::{Done, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint, Nothing};
use crate::forms::Choice;
use crate::shell::Shell;

/// Rows for grants in the form.
const GRANT_ROWS: usize = 3;

/// Accounts.
#[derive(Debug, Serialize, JsonSchema)]
struct UserList {
    /// The accounts.
    users: Vec<UserView>,
    /// What to give as `after` for the next page; none: this was the last.
    next: Option<String>,
    /// Whether the asker may create one.
    may_create: bool,
}

page!(UserList, "users.html");

#[derive(Deserialize, JsonSchema)]
struct After {
    /// Only log-in names that come after this one: the next page.
    after: Option<String>,
}

fn list(app: &App, ask: &Ask, input: After) -> Result<UserList> {
    let may_create = app.may(&ask.who, Action::UsersCreate);
    let part = app.user_list(&ask.who, input.after.as_deref())?;
    Ok(UserList {
        users: part.rows,
        next: part.next,
        may_create,
    })
}

/// What the form of an account offers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserForm {
    /// Units.
    units: Vec<UnitView>,
    /// Areas.
    areas: Vec<AreaView>,
    /// Open responses, to which a grant can be limited.
    responses: Vec<ResponseName>,
    /// The account, when it exists.
    user: Option<UserView>,
    /// The tokens of its interfaces.
    tokens: Vec<ApiTokenView>,
}

/// A response by id and title.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ResponseName {
    /// Its id.
    id: ResponseId,
    /// Its title.
    title: Text,
}

page!(UserForm, "user.html");

fn offer(app: &App, ask: &Ask, user: Option<UserView>) -> Result<UserForm> {
    let tokens = match &user {
        Some(user) => app.api_token_list(&ask.who, user.id)?,
        None => Vec::new(),
    };
    let responses = app.response_list(&ask.who)?.into_iter();
    let open = responses.filter(|one| one.closed_at.is_none());
    Ok(UserForm {
        responses: open
            .map(|one| ResponseName {
                id: one.id,
                title: one.title,
            })
            .collect(),
        units: app.unit_list(&ask.who, None)?,
        areas: app.area_list(&ask.who, None)?,
        user,
        tokens,
    })
}

fn new(app: &App, ask: &Ask, _: Nothing) -> Result<UserForm> {
    offer(app, ask, None)
}

#[derive(Deserialize, JsonSchema)]
struct Which {
    /// The account.
    id: UserId,
}

fn one(app: &App, ask: &Ask, input: Which) -> Result<UserForm> {
    let user = app.user_view(&ask.who, input.id)?;
    offer(app, ask, Some(user))
}

/// The endpoint that the form belongs to.
pub fn form_name(v: &UserForm) -> &'static str {
    if v.user.is_some() {
        "users.update"
    } else {
        "users.create"
    }
}

/// Units as choices.
pub fn units(s: &Shell, v: &UserForm) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", s.t("choose"))];
    choices.extend(
        v.units
            .iter()
            .map(|unit| Choice::new(unit.id.to_string(), s.text(&unit.name))),
    );
    choices
}

/// Areas as choices, indented by level.
pub fn areas(s: &Shell, areas: &[AreaView]) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", s.t("choose"))];
    choices.extend(areas.iter().map(|area| {
        let depth = usize::try_from(area.level).unwrap_or(0);
        Choice::new(
            area.id.to_string(),
            format!("{}{}", "\u{3000}".repeat(depth), s.text(&area.name)),
        )
    }));
    choices
}

/// Roles as choices.
pub fn roles(s: &Shell) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", s.t("choose"))];
    choices.extend(
        Role::ALL
            .iter()
            .map(|role| Choice::new(role.code(), s.either(role.zh(), role.en()))),
    );
    choices
}

/// Responses as choices: every one, the open ones, and the one that is held even if it is closed.
pub fn responses(s: &Shell, v: &UserForm, held: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", s.t("user-response-all"))];
    let open = v.responses.iter().map(|one| (one.id, &one.title));
    let grants = v.user.iter().flat_map(|user| &user.grants);
    let kept = grants.filter_map(|grant| Some((grant.response?, grant.response_name.as_ref()?)));
    for (id, title) in open.chain(kept.filter(|(id, _)| id.to_string() == held)) {
        let id = id.to_string();
        if choices.iter().all(|choice| choice.value != id) {
            choices.push(Choice::new(id, s.text(title)));
        }
    }
    choices
}

/// One row of grants in the form: its number and what stands in it.
pub struct GrantRow {
    /// Names of its fields.
    pub names: [String; 4],
    /// The role.
    pub role: String,
    /// The area.
    pub area: String,
    /// The last day.
    pub until: String,
    /// The response, when it holds for one only.
    pub response: String,
}

/// The rows of grants: those there are and a few empty ones.
pub fn grant_rows(s: &Shell, v: &UserForm) -> Vec<GrantRow> {
    let held = v.user.as_ref().map_or(&[][..], |user| &user.grants);
    (0..held.len() + GRANT_ROWS)
        .map(|n| {
            let grant = held.get(n);
            GrantRow {
                names: ["role", "area", "until", "response"]
                    .map(|field| format!("grants[{n}].{field}")),
                role: grant.map(|grant| grant.role.clone()).unwrap_or_default(),
                area: grant
                    .map(|grant| grant.area.to_string())
                    .unwrap_or_default(),
                until: grant
                    .and_then(|grant| grant.until)
                    .map(|until| s.day(&until))
                    .unwrap_or_default(),
                response: grant
                    .and_then(|grant| grant.response)
                    .map(|response| response.to_string())
                    .unwrap_or_default(),
            }
        })
        .collect()
}

/// A first password, shown once.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct FirstPassword(OneTimePassword);

page!(FirstPassword, "first-password.html");

fn create(app: &App, ask: &Ask, input: UserInput) -> Result<FirstPassword> {
    app.user_create(&ask.who, ask.command, &input)
        .map(FirstPassword)
}

#[derive(Deserialize, JsonSchema)]
struct Change {
    /// The account.
    id: UserId,
    /// The version seen.
    version: i64,
    /// The name shown to colleagues.
    name: String,
    /// The unit's id.
    unit: String,
    /// What is granted.
    #[serde(default)]
    grants: Vec<fangxian_app::accounts::GrantInput>,
}

fn update(app: &App, ask: &Ask, input: Change) -> Result<Done<UserId>> {
    let user = UserInput {
        login: String::new(),
        name: input.name,
        unit: input.unit,
        grants: input.grants,
    };
    app.user_update(&ask.who, ask.command, input.id, input.version, &user)?;
    Ok(Done::then(format!("/users/{}", input.id), input.id))
}

#[derive(Deserialize, JsonSchema)]
struct Disable {
    /// The account.
    id: UserId,
    /// The version seen.
    version: i64,
    /// Whether it shall be disabled; otherwise it is enabled again.
    #[serde(default)]
    disabled: bool,
}

fn disable(app: &App, ask: &Ask, input: Disable) -> Result<Done<UserId>> {
    app.user_disable(
        &ask.who,
        ask.command,
        input.id,
        input.version,
        input.disabled,
    )?;
    Ok(Done::then(format!("/users/{}", input.id), input.id))
}

fn reset(app: &App, ask: &Ask, input: Which) -> Result<FirstPassword> {
    app.user_reset(&ask.who, ask.command, input.id)
        .map(FirstPassword)
}

#[derive(Deserialize, JsonSchema)]
struct Token {
    /// The account.
    id: UserId,
    /// What the token is for.
    label: String,
}

/// A token, shown once.
#[derive(Debug, Serialize, JsonSchema)]
struct NewToken {
    /// Whose it is.
    user: UserId,
    /// The token; nothing when the command was only repeated.
    token: Option<String>,
}

page!(NewToken, "new-token.html");

fn token(app: &App, ask: &Ask, input: Token) -> Result<NewToken> {
    let token = app.api_token_create(&ask.who, ask.command, input.id, &input.label)?;
    Ok(NewToken {
        user: input.id,
        token,
    })
}

fn revoke(app: &App, ask: &Ask, input: Token) -> Result<Done<u64>> {
    let count = app.api_token_revoke(&ask.who, ask.command, input.id, &input.label)?;
    Ok(Done::then(format!("/users/{}", input.id), count))
}

/// The name of a grant's area and role in one line.
pub fn grant_line(s: &Shell, role: &Text, area: &Text) -> String {
    format!("{} · {}", s.text(role), s.text(area))
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let on = Access::Staff;
    vec![
        Endpoint::page("users.list", "/users", on(Action::UsersList), list).traced(),
        Endpoint::page("users.new", "/users/new", on(Action::UsersCreate), new),
        Endpoint::once(
            "users.create",
            "/users/new",
            on(Action::UsersCreate),
            "users.new",
            create,
        ),
        Endpoint::page("users.view", "/users/{id}", on(Action::UsersList), one).traced(),
        Endpoint::command(
            "users.update",
            "/users/{id}",
            on(Action::UsersUpdate),
            "users.view",
            update,
        ),
        Endpoint::command(
            "users.disable",
            "/users/{id}/disable",
            on(Action::UsersDisable),
            "users.view",
            disable,
        ),
        Endpoint::once(
            "users.reset",
            "/users/{id}/reset",
            on(Action::UsersResetPassword),
            "users.view",
            reset,
        ),
        Endpoint::once(
            "users.token",
            "/users/{id}/tokens",
            on(Action::UsersUpdate),
            "users.view",
            token,
        ),
        Endpoint::command(
            "users.revoke",
            "/users/{id}/tokens/revoke",
            on(Action::UsersUpdate),
            "users.view",
            revoke,
        ),
    ]
}
