//! `fangxian bench import`: a long list into a store that knows many people already, through the
//! same door as any list, with the share of each phase.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use fangxian_app::imports::ListFile;
use fangxian_app::responses::ResponseInput;
use fangxian_app::{App, Who};
use fangxian_base::{CommandId, Date, plus_days};
use fangxian_sim::District;
use fangxian_sim::district::residents::Resident;
use fangxian_sim::person::Sex;
use serde::Serialize;
use serde_json::json;

use super::phases::{Phases, Shares};
use crate::args::ImportMeasured;
use crate::config;
use crate::installation;
use crate::out::{self, Ended, Failed};

/// People in one of the lists that fill the store.
const FILL: usize = 50_000;
/// Of a hundred rows that are measured, so many are of people whom the store knows.
const KNOWN: usize = 30;
/// The disease of both responses.
const DISEASE: &str = "covid-19";

#[derive(Serialize)]
struct Measured {
    engine: &'static str,
    persons: i64,
    fill_rows_per_second: f64,
    rows: i64,
    accepted: i64,
    matched: i64,
    queued: i64,
    seconds: f64,
    rows_per_second: f64,
    peak_memory_mb: Option<f64>,
    phases: Shares,
}

/// Fills a store of its own, takes the list in, and prints what came of it.
pub fn run(args: &ImportMeasured, phases: &Phases) -> Result<Ended, Failed> {
    let dir = std::env::temp_dir().join(format!("fangxian-bench-{}", std::process::id()));
    let config = config::built_in()?.with_data(&dir);
    let config = match &args.postgres {
        Some(address) => config.with_database(address),
        None => config,
    };
    let app = installation::open(&config)?;
    let measured = measure(&app, args, phases);
    drop(app);
    std::fs::remove_dir_all(&dir)?;
    let measured = measured?;
    out::json(&measured)?;
    Ok(if measured.accepted == measured.rows {
        Ended::Done
    } else {
        Ended::Finding
    })
}

fn measure(app: &Arc<App>, args: &ImportMeasured, phases: &Phases) -> Result<Measured, Failed> {
    if app.record_total()? > 0 {
        return Err(Failed::new("the database is not empty")
            .hint("name one that was made for this measurement; it is left filled"));
    }
    let new = args.rows - args.rows * KNOWN / 100;
    let world = District::generate(args.seed, args.persons + new);
    let (known, strangers) = world.residents.split_at(args.persons);
    places(app, &world)?;
    respond(app, "fill", true)?;
    respond(app, "bench", false)?;
    let today = app.today();
    let began = Instant::now();
    for (number, part) in known.chunks(FILL).enumerate() {
        let text = list(part.iter(), plus_days(today, -700), &world);
        take_in(app, &format!("fill-{number}"), "fill", &text)?;
        out::note(format_args!(
            "{} of {} people, {:.0} s",
            (number + 1) * FILL,
            args.persons,
            began.elapsed().as_secs_f64()
        ));
    }
    let filled = began.elapsed().as_secs_f64();
    let upkeep = Instant::now();
    while app.upkeep_once(app.now()).sealed > 0 {}
    out::note(format_args!(
        "sealed in {:.0} s",
        upkeep.elapsed().as_secs_f64()
    ));
    let every = args.persons / (args.rows - new).max(1);
    let met = known.iter().step_by(every.max(1)).take(args.rows - new);
    // Known and new people come mixed, as on any list.
    let mut met: Vec<&Resident> = met.chain(strangers.iter().take(new)).collect();
    met.sort_by_key(|resident| resident.phone.chars().rev().collect::<String>());
    let text = list(met.into_iter(), plus_days(today, -1), &world);
    let persons = app.record_total()?;
    forget_peak();
    phases.begin();
    let began = Instant::now();
    let report = take_in(app, "bench", "bench", &text)?;
    let seconds = began.elapsed().as_secs_f64();
    Ok(Measured {
        engine: if args.postgres.is_some() {
            "postgresql"
        } else {
            "sqlite"
        },
        persons,
        fill_rows_per_second: rate(persons, filled),
        rows: report.read,
        accepted: report.accepted,
        matched: report.matched,
        queued: report.queued,
        seconds,
        rows_per_second: rate(report.read, seconds),
        peak_memory_mb: peak(),
        phases: phases.shares(seconds),
    })
}

fn rate(count: i64, seconds: f64) -> f64 {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    f64::from(count) / seconds
}

fn places(app: &App, world: &District) -> Result<(), Failed> {
    let areas: Vec<_> = world
        .areas
        .iter()
        .map(|area| {
            json!({
                "code": area.code, "parent": area.parent, "zh": area.name_zh,
                "en": area.name_en, "residents": area.population,
            })
        })
        .collect();
    let units: Vec<_> = world
        .units
        .iter()
        .map(|unit| json!({ "zh": unit.zh, "en": unit.en, "kind": unit.kind, "area": unit.area }))
        .collect();
    let file = json!({ "areas": areas, "units": units }).to_string();
    app.places_import(&Who::cli(), CommandId::new(), &file)?;
    Ok(())
}

fn respond(app: &App, code: &str, elsewhere: bool) -> Result<(), Failed> {
    let input = ResponseInput {
        code: code.to_owned(),
        title_zh: code.to_owned(),
        title_en: code.to_owned(),
        disease: DISEASE.to_owned(),
        elsewhere,
    };
    app.response_open(&Who::cli(), CommandId::new(), &input)?;
    Ok(())
}

/// A list as a hospital writes it: every third row without a document number, cases of the last ten
/// days before `last`.
fn list<'a>(people: impl Iterator<Item = &'a Resident>, last: Date, world: &District) -> String {
    let names: std::collections::BTreeMap<&str, &str> = world
        .areas
        .iter()
        .map(|area| (area.code.as_str(), area.name_zh.as_str()))
        .collect();
    let name = |code: &str, length: usize| {
        let code = code.get(..length).unwrap_or_default();
        names.get(code).copied().unwrap_or_default()
    };
    let mut text = String::from(
        "姓名,性别,出生日期,身份证号,联系电话,现住县区,现住乡镇,现住村居,详细地址,发病日期,确诊日期,病例分类\n",
    );
    for (n, one) in people.enumerate() {
        let sex = match one.sex {
            Sex::Female => "女",
            Sex::Male => "男",
        };
        let back = i64::try_from(n % 10).unwrap_or_default();
        let number = if n % 3 == 0 { "" } else { &one.id_number };
        let class = if n % 4 == 0 {
            "无症状感染者"
        } else {
            "确诊病例"
        };
        let _ = writeln!(
            text,
            "{},{sex},{},{number},{},{},{},{},{},{},{},{class}",
            one.name,
            one.birth,
            one.phone,
            name(&one.grid, 6),
            name(&one.grid, 9),
            name(&one.grid, 12),
            one.address.replace(',', " "),
            plus_days(last, -back - 1),
            plus_days(last, -back),
        );
    }
    text
}

fn take_in(
    app: &App,
    source: &str,
    response: &str,
    text: &str,
) -> Result<fangxian_app::imports::Report, Failed> {
    let file = ListFile {
        kind: "linelist".to_owned(),
        file_name: format!("{source}.csv"),
        source: source.to_owned(),
        response: response.to_owned(),
        bytes: Arc::from(text.as_bytes()),
        mapping: String::new(),
    };
    let (id, _) = app.import_start(&Who::cli(), CommandId::new(), &file)?;
    app.import_run(id, |_| true)?;
    Ok(app.import_report(&Who::cli(), id)?)
}

/// Lets the peak of memory be counted from now on, where the system can.
pub(super) fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this program held, where the system tells.
pub(super) fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}
