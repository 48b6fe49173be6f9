//! The packs in force, and one pack with its values, sources and labels.

use fangxian_app::rulebook::{PackOverview, PageSection};
use fangxian_app::{Action, App, AppError, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::answer::page;
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint};

#[derive(Deserialize, JsonSchema)]
struct Day {
    /// The day asked about; empty: today.
    #[serde(default)]
    on: String,
}

/// Packs as they stand on a day.
#[derive(Debug, Serialize, JsonSchema)]
struct Packs {
    /// The day.
    on: String,
    /// The packs.
    packs: Vec<PackOverview>,
}

page!(Packs, "packs.html");

fn list(app: &App, ask: &Ask, input: Day) -> Result<Packs> {
    let (on, packs) = app.packs_on(&ask.who, &input.on)?;
    Ok(Packs {
        on: on.to_string(),
        packs,
    })
}

#[derive(Deserialize, JsonSchema)]
struct Which {
    /// The pack's id.
    id: String,
    /// The day asked about; empty: today.
    #[serde(default)]
    on: String,
}

/// One pack on a day.
#[derive(Debug, Serialize, JsonSchema)]
struct Pack {
    /// The day.
    on: String,
    /// The pack.
    pack: PackOverview,
    /// Its rules in words, with those of other days.
    rules: Vec<PageSection>,
}

page!(Pack, "pack.html");

fn one(app: &App, ask: &Ask, input: Which) -> Result<Pack> {
    let (on, packs) = app.packs_on(&ask.who, &input.on)?;
    let pack = packs
        .into_iter()
        .find(|pack| pack.id == input.id)
        .ok_or_else(AppError::not_found)?;
    // The day's values and the sources stand on the page already.
    let mut rules = app.pack_rules(&ask.who, &input.id)?;
    rules.retain(|section| section.key != "values" && section.key != "sources");
    Ok(Pack {
        on: on.to_string(),
        pack,
        rules,
    })
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let staff = Access::Staff(Action::PacksView);
    vec![
        Endpoint::page("packs.list", "/packs", staff, list),
        Endpoint::page("packs.view", "/packs/{id}", staff, one),
    ]
}
