//! The duty desk: what is open, where help is needed, which clocks run, by area. Counts only.

use fangxian_app::command::CommandView;
use fangxian_app::tasks::AreaFiguresView;
use fangxian_app::{Action, App, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::{Html, page};
use crate::ask::Ask;
use crate::draw;
use crate::endpoint::{Access, Endpoint};
use crate::i18n::Lang;
use crate::shell::Shell;

#[derive(Deserialize, JsonSchema)]
struct Place {
    /// The division code of the area to show; without one, the whole jurisdiction.
    code: Option<String>,
}

/// The duty desk.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Desk {
    /// What came in, is open, is late, happened last.
    command: CommandView,
    /// Outlines of the areas below.
    outlines: Value,
}

page!(Desk, "command.html");

fn desk(app: &App, ask: &Ask, input: Place) -> Result<Desk> {
    let command = app.command_view(&ask.who, input.code.as_deref().unwrap_or_default())?;
    let figures = &command.figures;
    let mut outlines = json!({ "type": "FeatureCollection", "features": [] });
    if app.may(&ask.who, Action::AreasView) {
        let area = app.area_by_code(&ask.who, &figures.area.code)?;
        outlines = app.area_geojson(&ask.who, area.level + 1)?;
        if let Some(features) = outlines.get_mut("features").and_then(Value::as_array_mut) {
            features.retain(|feature| {
                let code = feature.pointer("/properties/code").and_then(Value::as_str);
                figures
                    .children
                    .iter()
                    .any(|child| Some(child.code.as_str()) == code)
            });
        }
    }
    Ok(Desk { command, outlines })
}

/// A count, never below zero.
fn plain(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// The map of the areas below, shaded by open tasks, each leading to its own desk.
pub fn map(s: &Shell, v: &Desk) -> Html {
    let mut regions = draw::regions(&v.outlines, s.lang == Lang::En);
    for region in &mut regions {
        region.href = format!("/desk?code={}", region.code);
        if let Some(figures) = v
            .command
            .figures
            .children
            .iter()
            .find(|child| child.code == region.code)
        {
            region.count = plain(figures.open);
            region.words = format!("{} {}", s.t("command-open"), figures.open);
        }
    }
    let title = s.t1("area-map-of", "area", s.text(&v.command.figures.area.name));
    draw::map(&regions, &title, &s.t("command-map-text"))
}

/// What the shades of the map mean.
pub fn legend(s: &Shell) -> Html {
    draw::legend(&s.t("none"), &s.t("command-map-more"))
}

/// The share of open tasks that an area holds, as a bar beside its number.
pub fn share(v: &Desk, child: &AreaFiguresView) -> Html {
    let most = v
        .command
        .figures
        .children
        .iter()
        .map(|one| one.open)
        .max()
        .unwrap_or(0);
    draw::meter(plain(child.open), plain(most))
}

/// What came in, day by day; the last day is not over.
pub fn trend(s: &Shell, v: &Desk) -> Html {
    let last = v.command.days.len().saturating_sub(1);
    let days: Vec<draw::Bar> = v
        .command
        .days
        .iter()
        .enumerate()
        .map(|(n, day)| draw::Bar {
            label: day.day.to_string(),
            count: plain(day.count),
            unfinished: n == last,
        })
        .collect();
    draw::bars(&days, &s.t("command-trend"), &s.t("command-trend-text"))
}

/// Its endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::page(
        "command.view",
        "/desk",
        Access::Staff(Action::CommandView),
        desk,
    )]
}
