//! The first page: report, look up a receipt, log in. Whoever is logged in sees what waits.

use fangxian_app::{App, Result};
use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::page;
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint, Nothing};

/// The first page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Home {
    /// Whether somebody is logged in.
    pub logged_in: bool,
    /// What every form of the session carries, for programs that use a session.
    pub form_token: Option<String>,
}

page!(Home, "home.html");

fn home(_: &App, ask: &Ask, _: Nothing) -> Result<Home> {
    Ok(Home {
        logged_in: ask.session.is_some(),
        form_token: ask
            .session
            .as_ref()
            .map(|session| session.form_token.clone()),
    })
}

/// Who asks, for programs.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct About {
    /// The version of the program.
    version: &'static str,
    /// What words like "official", "local" and "ours" mean is told here.
    labels: Vec<&'static str>,
}

page!(About, "about.html");

fn about(_: &App, _: &Ask, _: Nothing) -> Result<About> {
    Ok(About {
        version: env!("CARGO_PKG_VERSION"),
        labels: vec!["official", "local", "ours"],
    })
}

/// Its endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("site.home", "/", Access::Public, home),
        Endpoint::page("site.about", "/about", Access::Public, about),
    ]
}
