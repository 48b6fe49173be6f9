//! `fangxian pack coverage`: what examples reach, the cases around every change of the rules, and what
//! persons have confirmed of them.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use fangxian_base::{Clock, SystemClock};
use fangxian_packs::{Case, CaseState, Coverage, Library};
use serde::Serialize;

use super::files;
use super::tools::replace;
use crate::args::CoverageArgs;
use crate::config;
use crate::out::{self, Ended, Failed};

/// How often examples reach each rule and value, and which cases nobody has confirmed. A finding, when
/// a rule is never reached or a case says something else than was confirmed; with `--check` also when
/// a case is not confirmed.
pub fn run(args: &CoverageArgs) -> Result<Ended, Failed> {
    #[derive(Serialize)]
    struct Json<'a> {
        reached: &'a [Coverage],
        cases: &'a [Case],
    }
    let loaded = Library::from_files(files(args.dir.as_deref())?);
    let Some(library) = loaded.library else {
        loaded.findings.iter().for_each(out::note);
        return Err(Failed::new(format!("{} findings", loaded.findings.len()))
            .hint("mend them first: fangxian pack check DIR"));
    };
    let cases = library.cases();
    if let Some(ids) = &args.confirm {
        return confirm(args, &library, &cases, ids);
    }
    let reached = library.coverage();
    let never = reached.iter().filter(|item| item.reached == 0).count();
    let count = |holds: fn(&CaseState) -> bool| {
        let all = cases.iter().filter(|case| holds(&case.state));
        all.count()
    };
    let unconfirmed = count(|state| *state == CaseState::Unconfirmed);
    let changed = count(|state| matches!(state, CaseState::Changed { .. }));
    let gone = count(|state| matches!(state, CaseState::Gone { .. }));
    if args.json {
        out::json(&Json {
            reached: &reached,
            cases: &cases,
        })?;
    } else {
        for item in &reached {
            out::line(format_args!("{:6}  {}", item.reached, item.name));
        }
        for case in &cases {
            show(case);
        }
        out::line(format_args!(
            "{} rules and values, {never} without an example",
            reached.len()
        ));
        out::line(format_args!(
            "{} cases around changes: {unconfirmed} that nobody has confirmed, {changed} changed since, {gone} gone since",
            cases.len()
        ));
    }
    let open = args.check && unconfirmed > 0;
    Ok(if never + changed + gone == 0 && !open {
        Ended::Done
    } else {
        Ended::Finding
    })
}

fn show(case: &Case) {
    let state = match &case.state {
        CaseState::Unconfirmed => "not confirmed".to_owned(),
        CaseState::Confirmed { by, confirmed_on } => format!("confirmed by {by} on {confirmed_on}"),
        CaseState::Changed {
            by, confirmed_on, ..
        } => format!("changed since {by} confirmed it on {confirmed_on}"),
        CaseState::Gone { by, confirmed_on } => {
            format!("not made any more; {by} confirmed it on {confirmed_on}")
        }
    };
    out::line(format_args!(
        "{} {}: {}: {state}",
        case.id, case.example, case.on
    ));
    if !case.about.is_empty() {
        out::line(format_args!(
            "    change of {}: {}",
            case.change,
            case.about.join(", ")
        ));
    }
    if let CaseState::Changed { was, .. } = &case.state {
        out::line(format_args!("    was {was}"));
    }
    out::line(format_args!("    {}", case.outcome));
}

/// Writes down that a person confirms the cases named, or, at a terminal, those shown and agreed to.
fn confirm(
    args: &CoverageArgs,
    library: &Library,
    cases: &[Case],
    ids: &[String],
) -> Result<Ended, Failed> {
    let (Some(dir), Some(by)) = (args.dir.as_deref(), args.by.as_deref()) else {
        return Err(Failed::new("the shipped packs are not confirmed here")
            .hint("name the folder with all packs, and who confirms: --by NAME"));
    };
    if by.trim().is_empty() {
        return Err(Failed::new("nobody confirms").hint("name a person: --by NAME"));
    }
    let chosen = if ids.is_empty() {
        agreed(cases)?
    } else {
        named(cases, ids)?
    };
    let today = config::built_in()?.zone.date(SystemClock.now());
    let mut packs: Vec<&str> = chosen.iter().map(|case| case.pack.as_str()).collect();
    packs.sort_unstable();
    packs.dedup();
    for pack in packs {
        let own: Vec<&Case> = chosen
            .iter()
            .copied()
            .filter(|case| case.pack == pack)
            .collect();
        let file = library.confirmations_file(pack);
        replace(
            &dir.join(Path::new(&file)),
            &library.confirmations(pack, &own, by.trim(), today),
        )?;
        out::line(format_args!("{file}: {} confirmed by {by}", own.len()));
    }
    Ok(Ended::Done)
}

fn named<'c>(cases: &'c [Case], ids: &[String]) -> Result<Vec<&'c Case>, Failed> {
    let find = |id: &String| {
        let mut all = cases.iter().filter(|case| !case.id.is_empty());
        all.find(|case| case.id == *id).ok_or_else(|| {
            Failed::new(format!("there is no case `{id}`"))
                .hint("`fangxian pack coverage DIR` lists them")
        })
    };
    ids.iter().map(find).collect()
}

/// Shows every case that is open, and takes those that are agreed to.
fn agreed(cases: &[Case]) -> Result<Vec<&Case>, Failed> {
    if !std::io::stdin().is_terminal() {
        return Err(Failed::new("no case is named").hint(
            "name what is confirmed: --confirm ID …; at a terminal each is shown and asked",
        ));
    }
    let open = cases.iter().filter(|case| {
        matches!(
            case.state,
            CaseState::Unconfirmed | CaseState::Changed { .. }
        )
    });
    let mut lines = std::io::stdin().lock().lines();
    let mut chosen = Vec::new();
    for case in open {
        show(case);
        out::note("right? y, n, or q to stop here");
        std::io::stderr().flush()?;
        match lines.next().transpose()?.as_deref().map(str::trim) {
            Some("y") => chosen.push(case),
            Some("q") | None => break,
            Some(_) => {}
        }
    }
    Ok(chosen)
}
