//! From a request to an answer, the same way for every endpoint: gather, who asks, may they,
//! is the form ours, ask the use case, show. Start with [`dispatch`].

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, RawPathParams};
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, RETRY_AFTER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use fangxian_app::{AppError, Kind, Result, Who};
use fangxian_base::CommandId;
use serde_json::{Map, Value, json};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::answer::{Answer, Login};
use crate::ask::{Ask, Upload};
use crate::endpoint::{Access, Endpoint, Method};
use crate::gather::{self, Face};
use crate::i18n::Lang;
use crate::reply::{bytes_answer, download, encode, plain_page, problem_json, redirect};
use crate::server::Server;
use crate::shell::{Refill, Shell};
use crate::{Options, errors, protect};

/// A request, gathered.
struct Came {
    face: Face,
    path: String,
    query: String,
    headers: HeaderMap,
    address: Option<IpAddr>,
    path_fields: Map<String, Value>,
    fields: Map<String, Value>,
    files: Vec<Upload>,
    /// The leave to hold a file in memory, until it is answered.
    upload: Option<OwnedSemaphorePermit>,
    op: String,
}

impl Came {
    fn lang(&self) -> (Lang, bool) {
        let header = |name| {
            self.headers
                .get(name)
                .and_then(|v: &HeaderValue| v.to_str().ok())
        };
        if let Some(lang) = self
            .fields
            .get("lang")
            .and_then(Value::as_str)
            .and_then(Lang::from_tag)
        {
            return (lang, true);
        }
        let kept = protect::cookie(&self.headers, "lang").and_then(|tag| Lang::from_tag(&tag));
        let lang = kept.or_else(|| header(ACCEPT_LANGUAGE).and_then(Lang::accepted));
        (lang.unwrap_or_default(), false)
    }

    fn ask(&self, server: &Server, endpoint: &Endpoint) -> Ask {
        Ask {
            app: server.app.clone(),
            who: Who::public(),
            session: None,
            bearer: false,
            token: None,
            command: CommandId::new(),
            lang: self.lang().0,
            address: self.address,
            fields: gather::nested(&self.fields),
            files: Vec::new(),
            path_names: endpoint.path_names().collect(),
            also: endpoint.also,
            strict: self.face == Face::Api,
        }
    }
}

/// Answers one request.
pub(crate) async fn dispatch(
    server: Arc<Server>,
    endpoint: &'static Endpoint,
    face: Face,
    params: Option<RawPathParams>,
    request: Request<Body>,
) -> Response<Body> {
    let (started, op) = (Instant::now(), Uuid::now_v7().simple().to_string());
    let address = address(&server.options, &request);
    let mut came = Came {
        face,
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers: request.headers().clone(),
        address,
        path_fields: Map::new(),
        fields: Map::new(),
        files: Vec::new(),
        upload: None,
        op: op.clone(),
    };
    let readable = params.is_some();
    for (name, value) in params.iter().flatten() {
        came.path_fields
            .insert(name.to_owned(), Value::String(value.to_owned()));
    }
    let gathered = if readable {
        gather_all(&server, endpoint, &mut came, request).await
    } else {
        Err(AppError::not_found())
    };
    let shown = answer_in_its_turn(server, endpoint, came, gathered).await;
    let (status, ms) = (shown.status().as_u16(), started.elapsed().as_millis());
    if endpoint.method == Method::Post {
        tracing::info!(
            op.id = op,
            endpoint = endpoint.name,
            status,
            duration_ms = ms,
            "command answered"
        );
    } else {
        tracing::debug!(
            op.id = op,
            endpoint = endpoint.name,
            status,
            duration_ms = ms,
            "page answered"
        );
    }
    shown
}

/// Where it came from: the peer, or what the proxy in front says when there is one.
fn address(options: &Options, request: &Request<Body>) -> Option<IpAddr> {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    if !options.behind_proxy {
        return peer;
    }
    // Each proxy adds to the end: only the last address of the last line is what ours has seen.
    let lines = request.headers().get_all("x-forwarded-for");
    lines
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok())
        .and_then(|list| list.rsplit(',').next()?.trim().parse().ok())
        .or(peer)
}

async fn gather_all(
    server: &Arc<Server>,
    endpoint: &'static Endpoint,
    came: &mut Came,
    request: Request<Body>,
) -> Result<()> {
    came.fields = gather::query(request.uri())?;
    if endpoint.method == Method::Post {
        if endpoint.access == Access::Public {
            let limiter = if endpoint.name == "sessions.begin" {
                &server.log_ins
            } else {
                &server.door
            };
            if !limiter.admits(came.address, Instant::now()) {
                return Err(errors::too_often());
            }
        }
        protect::same_site(&came.headers)?;
        if endpoint.takes_file {
            admit_unread(server, endpoint, came).await?;
            let leave = server.uploads.clone().try_acquire_owned();
            came.upload = Some(leave.map_err(|e| errors::too_busy().because(e))?);
        }
        let (fields, files) = gather::body(endpoint, came.face, request).await?;
        came.fields.extend(fields);
        came.files = files;
    }
    // What stands in the path cannot be changed by a field of the same name.
    came.fields.extend(came.path_fields.clone());
    let nul = gather::no_nul(&came.fields);
    if gather::no_nul(&came.path_fields).is_err() {
        return Err(AppError::not_found());
    }
    nul
}

/// Whether whoever sends a file may, by what the headers say: nobody else's file is read.
async fn admit_unread(
    server: &Arc<Server>,
    endpoint: &'static Endpoint,
    came: &Came,
) -> Result<()> {
    let turn = server.turns.clone().try_acquire_owned();
    let turn = turn.map_err(|e| errors::too_busy().because(e))?;
    let (server, headers) = (server.clone(), came.headers.clone());
    let mut ask = came.ask(&server, endpoint);
    let work = move || {
        let _turn = turn;
        known(&server, endpoint, &headers, &mut ask)
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(AppError::internal)?
}

/// Waits for nothing: when too many are at work, the answer is "not now".
async fn answer_in_its_turn(
    server: Arc<Server>,
    endpoint: &'static Endpoint,
    came: Came,
    gathered: Result<()>,
) -> Response<Body> {
    let turn = server.turns.clone().try_acquire_owned();
    let (face, op, lang) = (came.face, came.op.clone(), came.lang().0);
    let plain = |error: &AppError| {
        let shown = errors::problem(error, lang, &op);
        let mut answer = match face {
            Face::Api => problem_json(&shown),
            Face::Page => plain_page(&shown, lang),
        };
        retry(&mut answer, error.kind);
        answer
    };
    let Ok(turn) = turn else {
        return plain(&errors::too_busy());
    };
    let work = move || {
        let _turn = turn;
        answer(&server, endpoint, came, gathered)
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(shown) => shown,
        Err(failed) => {
            let error = AppError::internal(failed);
            error.log();
            plain(&error)
        }
    }
}

fn answer(
    server: &Server,
    endpoint: &'static Endpoint,
    mut came: Came,
    gathered: Result<()>,
) -> Response<Body> {
    let mut ask = came.ask(server, endpoint);
    ask.files = std::mem::take(&mut came.files);
    if gathered.is_err() && endpoint.takes_file {
        // Refused before it was read; the page that says so knows whom it speaks to.
        let _ = known(server, endpoint, &came.headers, &mut ask);
    }
    let result = gathered
        .and_then(|()| admit(server, endpoint, &came, &mut ask))
        .and_then(|()| (endpoint.handler)(&server.app, &ask));
    let mut shown = match result {
        Ok(Answer::View(view)) => match came.face {
            Face::Api => match view.json() {
                Ok(bytes) => bytes_answer(StatusCode::OK, "application/json", bytes),
                Err(error) => problem(server, endpoint, &came, &ask, &AppError::internal(error)),
            },
            Face::Page => page(server, endpoint, &came, &ask, StatusCode::OK, |s| {
                view.html(s)
            }),
        },
        Ok(Answer::Done { to, data, login }) => done(server, endpoint, &came, &to, &data, &login),
        Ok(Answer::File(file)) => download(endpoint, file),
        Err(error) => refused(server, endpoint, &came, &ask, &error),
    };
    let (lang, chosen) = came.lang();
    if chosen
        && let Ok(value) = format!(
            "lang={}; Path=/; SameSite=Lax; Max-Age=31536000",
            lang.tag()
        )
        .parse()
    {
        shown.headers_mut().append(SET_COOKIE, value);
    }
    shown
}

/// Who asks, and whether they may at all.
fn known(server: &Server, endpoint: &Endpoint, headers: &HeaderMap, ask: &mut Ask) -> Result<()> {
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.strip_prefix("Bearer "))
        .map(str::to_owned);
    if let Some(token) = &bearer {
        ask.who = server
            .app
            .api_token_who(token)?
            .ok_or_else(errors::signed_out)?;
        ask.bearer = true;
    } else if let Some(token) = protect::cookie(headers, server.cookie()) {
        if let Some((who, info)) = server.app.session_who(&token)? {
            ask.who = who;
            ask.session = Some(info);
        }
        ask.token = Some(token);
    }
    match endpoint.access {
        Access::Public => {}
        Access::Session if ask.session.is_some() => {}
        Access::Session => return Err(errors::signed_out()),
        Access::Staff(_) if ask.who.actor().is_none() => return Err(errors::signed_out()),
        Access::Staff(action) => {
            if ask
                .session
                .as_ref()
                .is_some_and(|session| session.must_change)
            {
                return Err(errors::must_change());
            }
            if !server.app.may(&ask.who, action) {
                return Err(errors::forbidden());
            }
        }
    }
    Ok(())
}

/// Who asks, whether they may at all, and whether the form is ours.
fn admit(server: &Server, endpoint: &Endpoint, came: &Came, ask: &mut Ask) -> Result<()> {
    known(server, endpoint, &came.headers, ask)?;
    if endpoint.method == Method::Post {
        own_form(server, came, ask)?;
        let header = came
            .headers
            .get("idempotency-key")
            .and_then(|value| value.to_str().ok());
        if let Some(text) = ask.field("command_id").or(header) {
            ask.command = text
                .parse()
                .map_err(|e: fangxian_base::ParseIdError| errors::unreadable().because(e))?;
        }
        ask.who = ask.who.clone().asking(ask.digest());
    }
    Ok(())
}

fn own_form(server: &Server, came: &Came, ask: &Ask) -> Result<()> {
    let header = came
        .headers
        .get("x-form-token")
        .and_then(|value| value.to_str().ok());
    let given = ask.field("form_token").or(header).unwrap_or_default();
    let wanted = match &ask.session {
        _ if ask.bearer => return Ok(()),
        Some(session) => Some(session.form_token.clone()),
        None if came.face == Face::Api => return Ok(()),
        None => protect::cookie(&came.headers, server.door_cookie()),
    };
    if wanted.is_some_and(|wanted| protect::same(&wanted, given)) {
        Ok(())
    } else {
        Err(errors::forged())
    }
}

fn refused(
    server: &Server,
    endpoint: &'static Endpoint,
    came: &Came,
    ask: &Ask,
    error: &AppError,
) -> Response<Body> {
    error.log();
    if came.face == Face::Page {
        if error.kind == Kind::SignedOut {
            let back = if endpoint.method == Method::Get {
                came.full_path()
            } else {
                "/".to_owned()
            };
            return redirect(StatusCode::FOUND, &format!("/login?next={}", encode(&back)));
        }
        if error.code == errors::MUST_CHANGE {
            return redirect(StatusCode::FOUND, "/password");
        }
        // Somebody chose wrongly or was too late: the form again, with what was typed.
        let again = matches!(
            error.kind,
            Kind::Invalid | Kind::Conflict | Kind::Stale | Kind::Forbidden
        );
        if again
            && error.code != "FORM-TOKEN"
            && let Some(shown) = form_again(server, endpoint, came, ask, error)
        {
            return shown;
        }
    }
    problem(server, endpoint, came, ask, error)
}

/// The page with the form, as it was filled in, with what is wrong beside the fields.
fn form_again(
    server: &Server,
    endpoint: &'static Endpoint,
    came: &Came,
    ask: &Ask,
    error: &AppError,
) -> Option<Response<Body>> {
    let form = crate::pages::named(endpoint.form?)?;
    let mut asked = ask.clone();
    asked.fields.clone_from(&came.path_fields);
    asked.path_names = form.path_names().collect();
    asked.strict = false;
    // A page that is asked by a query keeps those of the typed fields that it knows.
    for (name, value) in &came.fields {
        asked
            .fields
            .entry(name.clone())
            .or_insert_with(|| value.clone());
    }
    let Ok(Answer::View(view)) = (form.handler)(&server.app, &asked) else {
        return None;
    };
    let told = errors::problem(error, ask.lang, &came.op);
    let mut values = came.fields.clone();
    values.retain(|name, _| !name.contains("password") && name != "form_token");
    let refill = Refill {
        endpoint: endpoint.name,
        values,
        errors: told.fields,
        message: told.message,
    };
    let status = errors::status(error.kind);
    let mut refill = Some(refill);
    Some(page(server, form, came, ask, status, |shell| {
        shell.refill = refill.take();
        view.html(shell)
    }))
}

fn problem(
    server: &Server,
    endpoint: &'static Endpoint,
    came: &Came,
    ask: &Ask,
    error: &AppError,
) -> Response<Body> {
    let told = errors::problem(error, ask.lang, &came.op);
    let mut shown = match came.face {
        Face::Api => problem_json(&told),
        Face::Page => page(
            server,
            endpoint,
            came,
            ask,
            errors::status(error.kind),
            |shell| told.html(shell),
        ),
    };
    retry(&mut shown, error.kind);
    shown
}

fn retry(shown: &mut Response<Body>, kind: Kind) {
    if let Some(seconds) = errors::retry_after(kind) {
        shown
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
}

fn page(
    server: &Server,
    endpoint: &'static Endpoint,
    came: &Came,
    ask: &Ask,
    status: StatusCode,
    draw: impl FnOnce(&mut Shell) -> askama::Result<String>,
) -> Response<Body> {
    let mut shell = Shell::new(&server.app, ask, endpoint, &came.path, &came.query);
    shell.refresh_seconds = server.options.refresh_seconds;
    let mut door = None;
    shell.form_token = match &ask.session {
        Some(session) => session.form_token.clone(),
        None => match protect::cookie(&came.headers, server.door_cookie()) {
            Some(token) if token.len() == 32 && token.bytes().all(|b| b.is_ascii_hexdigit()) => {
                token
            }
            _ => {
                door = protect::door_token().ok();
                door.clone().unwrap_or_default()
            }
        },
    };
    match draw(&mut shell) {
        Ok(html) => {
            let mut shown = bytes_answer(status, "text/html; charset=utf-8", html.into_bytes());
            let value =
                door.and_then(|token| server.set_cookie(server.door_cookie(), &token, 86_400));
            if let Some(value) = value {
                shown.headers_mut().append(SET_COOKIE, value);
            }
            shown
        }
        Err(error) => {
            let error = AppError::internal(error);
            error.log();
            plain_page(&errors::problem(&error, ask.lang, &came.op), ask.lang)
        }
    }
}

fn done(
    server: &Server,
    endpoint: &Endpoint,
    came: &Came,
    to: &str,
    data: &Value,
    login: &Login,
) -> Response<Body> {
    let mut shown = match came.face {
        Face::Api => {
            let body = json!({ "to": to, "data": data }).to_string();
            bytes_answer(StatusCode::OK, "application/json", body.into_bytes())
        }
        Face::Page => {
            // What is said of it is the endpoint's own word, unless the handler chose another.
            let said = match (to.contains("?done="), to.contains('?')) {
                (true, _) => String::new(),
                (false, true) => format!("&done={}", endpoint.name),
                (false, false) => format!("?done={}", endpoint.name),
            };
            let (path, mark) = to.split_once('#').unwrap_or((to, ""));
            let mark = if mark.is_empty() {
                String::new()
            } else {
                format!("#{mark}")
            };
            redirect(StatusCode::SEE_OTHER, &format!("{path}{said}{mark}"))
        }
    };
    let value = match login {
        Login::Same => None,
        Login::Begins(token) => server.set_cookie(server.cookie(), token, 12 * 3600),
        Login::Ends => server.set_cookie(server.cookie(), "", 0),
    };
    if let Some(value) = value {
        shown.headers_mut().append(SET_COOKIE, value);
    }
    shown
}

impl Came {
    fn full_path(&self) -> String {
        if self.query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.query)
        }
    }
}

/// The endpoint that stands for an address that leads nowhere.
static NOWHERE: std::sync::LazyLock<Endpoint> = std::sync::LazyLock::new(|| {
    Endpoint::page(
        "site.nowhere",
        "/",
        Access::Public,
        |_, _, _: crate::endpoint::Nothing| {
            Err::<crate::pages::home::Home, _>(AppError::not_found())
        },
    )
});

/// Answers for an address that leads nowhere.
pub(crate) async fn lost(server: Arc<Server>, request: Request<Body>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let face = if path.starts_with("/api/") {
        Face::Api
    } else {
        Face::Page
    };
    let mut came = Came {
        face,
        path,
        query: String::new(),
        headers: request.headers().clone(),
        address: None,
        path_fields: Map::new(),
        fields: Map::new(),
        files: Vec::new(),
        upload: None,
        op: Uuid::now_v7().simple().to_string(),
    };
    let gathered = gather::query(request.uri()).map(|fields| came.fields = fields);
    answer_in_its_turn(server, &NOWHERE, came, gathered).await
}
