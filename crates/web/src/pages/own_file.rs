//! The own file: asked with a code each time, so that nothing stays open on a borrowed telephone.

use fangxian_app::people::{CODE_DAYS, OwnFile, OwnFileInput};
use fangxian_app::{App, Result};
use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::page;
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint, Nothing};

/// The form for the code.
#[derive(Debug, Serialize, JsonSchema)]
struct OwnForm {
    /// For how many days a code holds.
    days: i64,
}

page!(OwnForm, "own-form.html");

fn form(_: &App, _: &Ask, _: Nothing) -> Result<OwnForm> {
    Ok(OwnForm { days: CODE_DAYS })
}

/// The own file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Own(OwnFile);

page!(Own, "own-file.html");

fn read(app: &App, ask: &Ask, input: OwnFileInput) -> Result<Own> {
    app.own_file(&ask.who, ask.command, &input).map(Own)
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::page("own_file.form", "/my", Access::Public, form),
        Endpoint::once(
            "own_file.read",
            "/my",
            Access::Public,
            "own_file.form",
            read,
        ),
    ]
}
