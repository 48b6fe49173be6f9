//! Pages, forms and the JSON API: the only crate that knows HTTP. It contains no rules; every
//! handler asks one use case of `app` and shows what it answers.
//!
//! Start with [`endpoint`] (what can be asked), [`dispatch`] (how every request goes) and
//! [`pages`] (the list).

mod answer;
mod ask;
mod assets;
mod connections;
mod dispatch;
mod draw;
mod endpoint;
mod errors;
mod forms;
mod gather;
mod hex;
mod i18n;
mod lenient;
mod limiter;
mod menu;
mod openapi;
mod pages;
mod protect;
mod reply;
mod server;
mod shell;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::routing::{MethodRouter, get, on};
use fangxian_app::{App, AppError};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;

use crate::dispatch::dispatch;
use crate::endpoint::{Endpoint, Faces, Method};
use crate::gather::Face;
use crate::i18n::Lang;
use crate::limiter::Limiter;
use crate::reply::bytes_answer;
use crate::server::Server;

/// LIMIT: files that are held in memory at once; more are answered "not now".
const UPLOADS: usize = 8;

/// What the program is told about how it is reached.
pub struct Options {
    /// Whether browsers reach it by HTTPS: cookies then travel by nothing else.
    pub secure_cookies: bool,
    /// Whether a proxy of ours stands in front and says where requests come from.
    pub behind_proxy: bool,
    /// Public forms a minute from one address; 0 means without limit.
    pub door_per_minute: u32,
    /// Log-ins a minute from one address; 0 means without limit.
    pub log_ins_per_minute: u32,
    /// Requests at work at once; more are answered "not now".
    pub at_once: usize,
    /// Seconds between two looks of a living page.
    pub refresh_seconds: u32,
    /// Ends the server when it is done.
    pub until: Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            secure_cookies: true,
            behind_proxy: false,
            door_per_minute: 60,
            log_ins_per_minute: 20,
            at_once: 256,
            refresh_seconds: 5,
            until: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("secure_cookies", &self.secure_cookies)
            .finish_non_exhaustive()
    }
}

/// Serves until [`Options::until`] is done; requests under way are finished first.
///
/// # Errors
/// Never at present: a connection that cannot be taken is logged.
pub async fn serve(app: Arc<App>, listener: TcpListener, mut options: Options) -> io::Result<()> {
    let until = options.until.take();
    connections::run(
        router(app, options),
        listener,
        until,
        connections::Limits::default(),
    )
    .await
}

/// Every page and every API endpoint.
pub fn router(app: Arc<App>, options: Options) -> Router {
    let server = Arc::new(Server {
        app,
        turns: Arc::new(Semaphore::new(options.at_once.max(1))),
        uploads: Arc::new(Semaphore::new(UPLOADS)),
        door: Limiter::per_minute(options.door_per_minute),
        log_ins: Limiter::per_minute(options.log_ins_per_minute),
        options,
    });
    let mut router = Router::new();
    for endpoint in pages::REGISTRY.iter() {
        router = router.route(endpoint.path, mounted(&server, endpoint, Face::Page));
        if endpoint.faces == Faces::Both {
            let path = format!("/api/v1{}", endpoint.path.trim_end_matches('/'));
            router = router.route(&path, mounted(&server, endpoint, Face::Api));
        }
    }
    let ready = server.clone();
    for asset in assets::ASSETS.iter() {
        router = router.route(&asset.path, get(async move || static_file(asset)));
    }
    let lost = server.clone();
    router
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(move || readiness(ready.clone())))
        .route(
            "/api/openapi.json",
            get(async || bytes_answer(StatusCode::OK, "application/json", openapi::document())),
        )
        .fallback(move |request: Request| nowhere(lost.clone(), request))
        .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED)
        .layer(axum::middleware::map_response(guard))
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| {
                let error = AppError::internal("a request panicked");
                error.log();
                reply::plain_page(
                    &errors::problem(&error, Lang::default(), ""),
                    Lang::default(),
                )
            },
        ))
}

/// What stands in the path; nothing when it is no text.
type PathParams = Result<RawPathParams, RawPathParamsRejection>;

fn mounted(server: &Arc<Server>, endpoint: &'static Endpoint, face: Face) -> MethodRouter {
    let server = server.clone();
    let filter = match endpoint.method {
        Method::Get => axum::routing::MethodFilter::GET,
        Method::Post => axum::routing::MethodFilter::POST,
    };
    on(filter, move |params: PathParams, request: Request| {
        dispatch(server.clone(), endpoint, face, params.ok(), request)
    })
}

fn static_file(asset: &'static assets::Asset) -> Response<Body> {
    let mut shown = bytes_answer(StatusCode::OK, asset.media, asset.bytes.to_vec());
    shown.headers_mut().insert(
        CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    shown
}

/// Ready when the database answers.
async fn readiness(server: Arc<Server>) -> Response<Body> {
    let asked = tokio::task::spawn_blocking(move || server.app.ready()).await;
    match asked {
        Ok(Ok(())) => bytes_answer(StatusCode::OK, "text/plain", b"ready\n".to_vec()),
        Ok(Err(reasons)) => {
            let mut told = String::from("not ready\n");
            for reason in reasons {
                told.push_str(&reason.en);
                told.push('\n');
            }
            bytes_answer(
                StatusCode::SERVICE_UNAVAILABLE,
                "text/plain; charset=utf-8",
                told.into_bytes(),
            )
        }
        Err(_) => bytes_answer(
            StatusCode::SERVICE_UNAVAILABLE,
            "text/plain",
            b"not ready\n".to_vec(),
        ),
    }
}

/// An address that leads nowhere.
async fn nowhere(server: Arc<Server>, request: Request) -> Response<Body> {
    dispatch::lost(server, request).await
}

/// What every answer carries: nothing from elsewhere runs here, nothing frames it.
async fn guard(mut shown: Response<Body>) -> Response<Body> {
    const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    let headers = shown.headers_mut();
    let fixed: [(HeaderName, &'static str); 5] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    shown
}
