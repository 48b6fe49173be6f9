//! `fangxian import undo`: what it would touch, and with `--yes` doing it.

use fangxian_app::Who;
use fangxian_app::imports::{UndoPreview, UndoView};
use fangxian_base::CommandId;
use serde::Serialize;

use crate::args::UndoArgs;
use crate::config::Config;
use crate::installation;
use crate::out::{self, Ended, Failed};

#[derive(Serialize)]
struct Json<'a> {
    /// `undone`, or the state that it stays in while nobody said yes.
    state: &'a str,
    /// What it would have touched before.
    effects: &'a UndoPreview,
    /// What was done.
    undo: Option<&'a UndoView>,
}

/// Runs it; after a kill the same command goes on.
pub fn run(config: &Config, args: &UndoArgs) -> Result<Ended, Failed> {
    let app = installation::open(config)?;
    let effects = app.import_undo_preview(&Who::cli(), args.id)?;
    if !args.yes {
        tell(args, &effects)?;
        return Err(Failed::new("nothing was undone yet").hint("say --yes and --reason to do it"));
    }
    let reason = args.reason.as_deref().unwrap_or_default();
    app.import_undo(&Who::cli(), CommandId::new(), args.id, reason)?;
    let total = effects.records + effects.kept;
    let mut shown: Option<std::time::Instant> = None;
    app.import_undo_run(args.id, |undo| {
        if shown.is_none_or(|at| at.elapsed().as_secs() >= 2) {
            shown = Some(std::time::Instant::now());
            out::note(format_args!("{} of {total} rows", undo.rows));
        }
    })?;
    app.store().seal()?;
    let report = app.import_report(&Who::cli(), args.id)?;
    if args.json {
        out::json(&Json {
            state: &report.state,
            effects: &effects,
            undo: report.undo.as_ref(),
        })?;
    } else if let Some(undo) = &report.undo {
        out::line(format_args!(
            "已撤销：处理{0}行，撤回{1}条登记。 / Undone: {0} rows dealt with, {1} records withdrawn.",
            undo.rows, undo.records
        ));
    }
    Ok(Ended::Done)
}

fn tell(args: &UndoArgs, effects: &UndoPreview) -> Result<(), Failed> {
    if args.json {
        return out::json(&Json {
            state: &effects.state,
            effects,
            undo: None,
        });
    }
    let lines: [(&str, i64); 11] = [
        (
            "将撤回登记 / records that would be withdrawn",
            effects.records,
        ),
        (
            "其他名单上也有，保留 / rows that another list says too",
            effects.kept,
        ),
        ("将撤回事实 / facts that would be withdrawn", effects.facts),
        ("涉及人员 / people concerned", effects.people),
        (
            "其中没有其他登记的 / of these, nothing else is known of",
            effects.only_here,
        ),
        ("待审核的研判 / reviews that wait", effects.reviews),
        (
            "建议中的措施 / measures proposed",
            effects.measures_proposed,
        ),
        ("已决定的措施 / measures decided", effects.measures_decided),
        ("未办结的任务 / open tasks", effects.tasks),
        (
            "待报的法定报告 / statutory reports that wait",
            effects.reports_open,
        ),
        (
            "已报的法定报告 / statutory reports sent",
            effects.reports_sent,
        ),
    ];
    for (words, count) in lines {
        out::line(format_args!("{count:>9}  {words}"));
    }
    Ok(())
}
