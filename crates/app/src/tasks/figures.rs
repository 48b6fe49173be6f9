//! What is open and late, by area: the command screen's numbers for the loop. Counts without
//! names; sealed diseases are left out, since a count of one in a small place names the person.

use fangxian_authz::{Action, AreaPath, Purpose, Resource};
use fangxian_base::{AreaId, Instant, Text};
use fangxian_store::AreaRange;
use fangxian_store::places::{Area, area_root};
use fangxian_store::tasks::{AreaFigures, area_figures, figures_of_children};
use schemars::JsonSchema;
use serde::Serialize;

use crate::sight::area_of_code;
use crate::{App, AppError, Result, Who};

/// The figures of one area with everything below it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AreaFiguresView {
    /// The area.
    pub id: AreaId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: Text,
    /// Tasks waiting to be done.
    pub open: i64,
    /// Of these, past their time.
    pub overdue: i64,
    /// Of these, with a level above asked to help.
    pub raised: i64,
    /// Fed back, waiting for closing.
    pub to_close: i64,
    /// Reviews waiting for a look.
    pub reviews: i64,
    /// Statutory reports still to be sent.
    pub clocks_open: i64,
    /// Of these, past their time.
    pub clocks_late: i64,
    /// Measures before their organ.
    pub measures_proposed: i64,
    /// Measures in force today.
    pub measures_in_force: i64,
}

/// An area and the areas directly below it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FiguresView {
    /// The area itself, everything below included.
    pub area: AreaFiguresView,
    /// The areas directly below, in the order of their codes.
    pub children: Vec<AreaFiguresView>,
    /// When they were counted.
    pub at: Instant,
}

fn view(area: Area, f: AreaFigures) -> AreaFiguresView {
    AreaFiguresView {
        id: area.id,
        code: area.code,
        name: Text::new(area.name_zh, area.name_en),
        open: f.open,
        overdue: f.overdue,
        raised: f.raised,
        to_close: f.to_close,
        reviews: f.reviews,
        clocks_open: f.clocks_open,
        clocks_late: f.clocks_late,
        measures_proposed: f.measures_proposed,
        measures_in_force: f.measures_in_force,
    }
}

impl App {
    /// What is open and late in an area (by division code; empty: the whole jurisdiction) and in
    /// those directly below it.
    ///
    /// # Errors
    /// When there is no such area, or the asker may not see its figures.
    pub fn figures(&self, who: &Who, area_code: &str) -> Result<FiguresView> {
        let (now, today) = (self.now(), self.today());
        self.read(|tx| {
            let area = match area_of_code(tx, "area_code", area_code)? {
                Some(area) => area,
                None => area_root(tx)?.ok_or_else(AppError::not_found)?,
            };
            let path: AreaPath = area.path.parse().map_err(AppError::internal)?;
            let thing = Resource::Figures { area: path };
            let purposes = [Purpose::Command, Purpose::Audit];
            self.permit_for(who, Action::CommandView, &thing, &purposes)?;
            let range = AreaRange::below(&area.path);
            let children = figures_of_children(tx, area.id, false, now, today)?;
            let own = area_figures(tx, &range, false, now, today)?;
            Ok(FiguresView {
                area: view(area, own),
                children: children
                    .into_iter()
                    .map(|(area, f)| view(area, f))
                    .collect(),
                at: now,
            })
        })
    }
}
