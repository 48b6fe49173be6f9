//! How the installation is: for people. Machines ask `/healthz` and `/readyz`.

use fangxian_app::health::{HealthView, QueuedView};
use fangxian_app::{Action, App, Result};
use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::page;
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint, Nothing};

/// How the installation is.
#[derive(Debug, Serialize, JsonSchema)]
struct Health {
    /// The figures.
    health: HealthView,
    /// Messages and jobs that wait or were given up, for whoever may see them.
    queue: Vec<QueuedView>,
}

page!(Health, "health.html");

fn health(app: &App, ask: &Ask, _: Nothing) -> Result<Health> {
    let queue = if app.may(&ask.who, Action::JobsView) {
        app.queue_list(&ask.who)?
    } else {
        Vec::new()
    };
    Ok(Health {
        health: app.health(&ask.who)?,
        queue,
    })
}

/// Bytes as gigabytes with one decimal.
pub fn gigabytes(bytes: &u64) -> String {
    let tenths = bytes / 107_374_182;
    format!("{}.{} GB", tenths / 10, tenths % 10)
}

/// Its endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::page(
        "health.view",
        "/health",
        Access::Staff(Action::HealthView),
        health,
    )]
}
