//! Statutory reports and their clocks. Nothing here waits for a look.

use fangxian_app::clocks::{ClocksFilter, ClocksPage, SentInput};
use fangxian_app::{Action, App, AppError, Result};
use fangxian_base::ReportClockId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::{Done, Html, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint};
use crate::shell::Shell;

/// Statutory reports.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Clocks {
    /// The clocks.
    list: ClocksPage,
    /// Also those that were sent.
    all: bool,
    /// Only those that are, or were sent, late.
    late: bool,
}

page!(Clocks, "clocks.html");

/// The pages before and after, of the same view.
pub fn pager(s: &Shell, v: &Clocks) -> Html {
    let on = |yes: bool| if yes { "on" } else { "" };
    let kept = [("all", on(v.all)), ("late", on(v.late))];
    super::pager(s, &v.list.total, &v.list.offset, &kept)
}

fn list(app: &App, ask: &Ask, input: ClocksFilter) -> Result<Clocks> {
    let (all, late) = (input.all, input.late);
    Ok(Clocks {
        list: app.clocks(&ask.who, &input)?,
        all,
        late,
    })
}

fn sent(app: &App, ask: &Ask, input: SentInput) -> Result<Done<()>> {
    let id: ReportClockId = ask
        .field("id")
        .and_then(|id| id.parse().ok())
        .ok_or_else(AppError::not_found)?;
    app.clock_mark_sent(&ask.who, ask.command, id, &input)?;
    Ok(Done::then("/reports", ()))
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let on = Access::Staff;
    vec![
        Endpoint::page("reports.list", "/reports", on(Action::ReportsList), list).traced(),
        Endpoint::command(
            "reports.mark_sent",
            "/reports/{id}/sent",
            on(Action::ReportsMarkSent),
            "reports.list",
            sent,
        ),
    ]
}
