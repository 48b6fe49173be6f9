//! `fangxian demo`: a made-up district that lives. Everything happens through the use cases that
//! real people use, with the posts of made-up staff; nothing here writes to the database itself.
//!
//! Start with [`run`]. Filling is in [`setup`], what people do in [`office`] and [`field`].

mod field;
mod home;
mod office;
mod people;
mod play;
mod setup;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant as Stopwatch};

use fangxian_app::{App, AppError};
use fangxian_base::{Clock, Date, Instant, ManualClock};
use fangxian_store::audit::{EntryFilter, entry_list};

use crate::args::DemoArgs;
use crate::config::Config;
use crate::installation;
use crate::out::{self, Ended, Failed};
use home::Home;
use play::Player;

/// The first day of the story, a Monday.
pub const FIRST_DAY: Date = Date::constant(2026, 3, 2);
/// The hour of that day at which it begins.
const FIRST_HOUR: i64 = 8;
/// Hours of the story that have passed when somebody first looks.
const FILLED_HOURS: i64 = 4 * 24 + 6;
/// The story goes on in steps of so many milliseconds of real time.
const STEP: Duration = Duration::from_millis(250);
/// Every demonstration account has this password.
pub const PASSWORD: &str = "fangxian-demo-2026";

/// Runs the demonstration.
pub fn run(config: &Config, args: &DemoArgs) -> Result<Ended, Failed> {
    let began = Stopwatch::now();
    let home = Home::prepare(config, args)?;
    let mut player = open(&home)?;
    let filled_at = player.beginning().plus_hours(FILLED_HOURS);
    if player.now() < filled_at {
        out::note(format_args!(
            "Filling the Demonstration District with {} residents …",
            player.residents()
        ));
        player.set_up()?;
        player.play_until(filled_at, |day| out::note(format_args!("  {day}")));
    } else {
        player.set_up()?;
    }
    tracing::info!(
        seconds = began.elapsed().as_secs(),
        done = player.told(),
        "the demonstration is ready"
    );
    let app = player.app();
    let stop = Arc::new(AtomicBool::new(false));
    let (told, pace) = (Arc::clone(&stop), i64::from(args.pace));
    let living = std::thread::Builder::new()
        .name("demo".into())
        .spawn(move || {
            live(&mut player, pace, &told);
            player.told()
        })?;
    let served = crate::serve::pages(&app, &home.config, listen(config, args), ready);
    stop.store(true, Ordering::Relaxed);
    if let Ok(done) = living.join() {
        tracing::info!(done, "the demonstration stops");
    }
    served
}

/// Opens the installation at the moment at which it was left.
fn open(home: &Home) -> Result<Player, Failed> {
    let beginning = home.config.zone.day_start(FIRST_DAY).plus_hours(FIRST_HOUR);
    let clock = Arc::new(ManualClock::at(beginning));
    let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
    let app = installation::open_on(&home.config, shared, &home.city)?;
    if let Some(last) = last_moment(&app)? {
        clock.advance_to(last);
    }
    app.import_resume()?;
    Ok(Player::new(
        app,
        clock,
        home.seed,
        home.residents,
        beginning,
    ))
}

/// When the last entry of the audit trail was written, in the district's time.
fn last_moment(app: &App) -> Result<Option<Instant>, AppError> {
    let filter = EntryFilter {
        author: None,
        action: None,
        refers_to: None,
        before: None,
        limit: 1,
    };
    app.store()
        .read(|tx| Ok(entry_list(tx, &filter)?.first().map(|entry| entry.at)))
}

/// Lets time pass until told to stop.
fn live(player: &mut Player, pace: i64, stop: &AtomicBool) {
    let step = i64::try_from(STEP.as_millis()).unwrap_or(250);
    while !stop.load(Ordering::Relaxed) {
        let began = Stopwatch::now();
        // `pace` minutes a second are as many times 60 ms a millisecond.
        let next = Instant::from_millis(player.now().millis() + step * pace * 60);
        player.step(next);
        std::thread::sleep(STEP.saturating_sub(began.elapsed()));
    }
}

fn listen(config: &Config, args: &DemoArgs) -> SocketAddr {
    let port = match args.port {
        Some(port) => port,
        None if config.listen_was_set() => config.listen.port(),
        None => 8080,
    };
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn ready(address: SocketAddr) {
    out::line(format_args!("http://{address}/"));
    out::note("");
    out::note("示范区：人物、地点、疫情均为虚构。All people, places and outbreaks are made up.");
    out::note(format_args!("Accounts (password of all: {PASSWORD})"));
    out::note("  duty1   值班员 duty officer: the command screen, statutory reports");
    out::note("  desk1   数据专班 data desk: inbox, first look");
    out::note("  cdc1    疾控中心 CDC: second look");
    out::note("  organ2  医院 hospital: decides measures");
    out::note("  lead-huayuan  社区负责人 community lead     grid-huayuan  网格员 grid worker");
    out::note("  clinic1, school1  报告人 reporters     audit1  审计员     admin  系统管理员");
    out::note(format_args!(
        "Look first: log in as duty1, the desk at http://{address}/desk; then desk1, the inbox."
    ));
    out::note(format_args!("Without an account: http://{address}/report"));
    out::note("Stop: Ctrl-C. Started again it goes on where it stopped; --fresh begins anew.");
}
