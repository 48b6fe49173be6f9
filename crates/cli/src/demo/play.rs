//! The passing of time: events are told at the door, people act when they would.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use fangxian_app::intake::{Envelope, Signal};
use fangxian_app::places::AreaView;
use fangxian_app::{App, AppError, Who};
use fangxian_base::{AreaId, Clock, CommandId, Instant, ManualClock};
use fangxian_domain::intake::Channel;
use fangxian_sim::scenario::{Report, background};
use fangxian_sim::{Behaviour, District, Event, Response, Scenario, Source};

use super::FIRST_DAY;
use super::people::People;

/// The response to the imported cluster.
pub const FLU: &str = "flu-2026-03";
/// The response to the outbreak in the school.
pub const NORO: &str = "noro-2026-03";
/// The response that keeps the list of real cases elsewhere.
pub const LISTS: &str = "lists-covid-19";

/// Days of a stretch of events; after the first, everyday reports alone.
const STRETCH_DAYS: i64 = 5;
/// Minutes of a step while filling.
const FILL_STEP: i64 = 10;
/// While filling, upkeep runs after so many minutes.
const UPKEEP_EVERY: i64 = 30;
/// LIMIT: overdue tasks that climb in one sweep while filling.
const CLIMBS: i64 = 200;
/// After a restart, events of so many minutes are told once more; repeating them is harmless.
const TOLD_AGAIN: i64 = 6 * 60;

/// Whoever plays the story.
#[derive(Debug)]
pub struct Player {
    app: Arc<App>,
    clock: Arc<ManualClock>,
    pub(super) world: District,
    pub(super) habits: Behaviour,
    pub(super) people: People,
    seed: u64,
    beginning: Instant,
    midnight: Instant,
    /// What is still to be told of the present stretch.
    events: VecDeque<Event>,
    stretch: i64,
    receipts: BTreeMap<String, String>,
    /// When somebody looks up from other things next.
    wakes: BTreeMap<String, Instant>,
    areas: BTreeMap<AreaId, AreaView>,
    /// What was done, and what was refused with which code.
    done: BTreeMap<String, u64>,
}

/// A command's id from a text, the same in every run of the same seed.
pub fn command(habits: Behaviour, key: &str) -> CommandId {
    habits
        .command(key)
        .parse()
        .unwrap_or_else(|_: fangxian_base::ParseIdError| CommandId::new())
}

impl Player {
    /// Makes one for a district, at the clock's present moment.
    pub fn new(
        app: Arc<App>,
        clock: Arc<ManualClock>,
        seed: u64,
        residents: usize,
        beginning: Instant,
    ) -> Self {
        let midnight = app.settings().zone.day_start(FIRST_DAY);
        let mut player = Self {
            app,
            clock,
            world: District::generate(seed, residents),
            habits: Behaviour::new(seed),
            people: People::default(),
            seed,
            beginning,
            midnight,
            events: VecDeque::new(),
            stretch: 0,
            receipts: BTreeMap::new(),
            wakes: BTreeMap::new(),
            areas: BTreeMap::new(),
            done: BTreeMap::new(),
        };
        player.stretch = player.minute().max(0) / (STRETCH_DAYS * 24 * 60);
        player.fetch_stretch();
        let told = player.minute() - TOLD_AGAIN;
        player.events.retain(|event| event.at_minute >= told);
        player
    }

    /// The application.
    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.app)
    }

    /// The present moment of the story.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The first moment of the story.
    pub const fn beginning(&self) -> Instant {
        self.beginning
    }

    /// How many residents there are.
    pub fn residents(&self) -> usize {
        self.world.residents.len()
    }

    /// What was done and refused, for the log.
    pub fn told(&self) -> String {
        self.done
            .iter()
            .map(|(what, n)| format!("{what}={n}"))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// How often something was done or refused.
    #[cfg(test)]
    pub fn count(&self, what: &str) -> u64 {
        self.done.get(what).copied().unwrap_or_default()
    }

    /// Plays without waiting; `day` hears every new day.
    pub fn play_until(&mut self, end: Instant, day: impl Fn(fangxian_base::Date)) {
        let mut told = None;
        let mut upkeep = self.now();
        let mut days = None;
        while self.now() < end {
            let today = self.app.today();
            if told != Some(today) {
                told = Some(today);
                day(today);
            }
            self.step(self.now().plus_minutes(FILL_STEP));
            if self.now() >= upkeep {
                upkeep = self.now().plus_minutes(UPKEEP_EVERY);
                // What changes by the clock, and once a day what changes by the calendar.
                let late = self.app.overdue_sweep(CLIMBS);
                self.tried("overdue_sweep", late);
                let swept = self.app.day_sweep();
                self.tried("day_sweep", swept);
                let counted = self.app.alerts_sweep();
                self.tried("alerts_sweep", counted);
                if days != told {
                    days = told;
                    self.app.upkeep_once(self.now());
                }
            }
        }
        self.app.upkeep_once(self.now());
    }

    /// Moves time forward, tells what is due, lets everybody act.
    pub fn step(&mut self, to: Instant) {
        self.clock.advance_to(to);
        if self.minute() >= (self.stretch + 1) * STRETCH_DAYS * 24 * 60 {
            self.stretch += 1;
            self.fetch_stretch();
        }
        while self
            .events
            .front()
            .is_some_and(|event| event.at_minute <= self.minute())
        {
            if let Some(event) = self.events.pop_front() {
                self.tell(&event);
            }
        }
        self.offices();
        self.fields();
    }

    /// Minutes since the first day's midnight.
    fn minute(&self) -> i64 {
        self.now().minutes_since(self.midnight)
    }

    fn fetch_stretch(&mut self) {
        let mut events = if self.stretch == 0 {
            Scenario::generate(&self.world, self.seed, FIRST_DAY, STRETCH_DAYS)
        } else {
            let seed = self
                .seed
                .wrapping_add(u64::try_from(self.stretch).unwrap_or_default());
            let days = self.stretch * STRETCH_DAYS;
            let start = fangxian_base::plus_days(FIRST_DAY, days);
            let mut later = background(&self.world, seed, start, STRETCH_DAYS);
            for event in &mut later {
                event.at_minute += days * 24 * 60;
            }
            later
        };
        // What lies before the beginning was never told.
        let first = self.beginning.minutes_since(self.midnight);
        events.retain(|event| event.at_minute >= first);
        self.events.extend(events);
    }

    fn tell(&mut self, event: &Event) {
        let of = event
            .contact_of
            .as_deref()
            .and_then(|key| self.receipt_of(key));
        let report = Report {
            contact_of: of.unwrap_or_default(),
            ..event.report.clone()
        };
        let (login, channel, what) = match event.source {
            Source::Resident => (None, Channel::SelfReport, "self_report"),
            Source::Clinic => (Some("clinic1"), Channel::StaffForm, "clinic"),
            Source::School => (Some("school1"), Channel::StaffForm, "school"),
            Source::Laboratory => (Some("lab1"), Channel::StaffForm, "laboratory"),
        };
        let response = match event.response {
            Response::Routine => "",
            Response::Influenza => FLU,
            Response::Norovirus => NORO,
        };
        let who = login.map_or_else(Who::public, |login| self.who(login));
        let told = self.submit(&who, event, channel, response, &report);
        if let Some(receipt) = self.tried(what, told) {
            self.receipts.insert(event.key.clone(), receipt);
        }
    }

    fn submit(
        &self,
        who: &Who,
        event: &Event,
        channel: Channel,
        response: &str,
        report: &Report,
    ) -> Result<String, AppError> {
        let original = serde_json::to_vec(report).map_err(AppError::internal)?;
        let signal: Signal = serde_json::from_slice(&original).map_err(AppError::internal)?;
        let envelope = Envelope {
            command: command(self.habits, &event.key),
            channel,
            response: response.to_owned(),
            original,
        };
        Ok(self.app.submit(who, envelope, &signal)?.receipt)
    }

    /// The receipt of an earlier event; after a restart it is asked for once more.
    fn receipt_of(&mut self, key: &str) -> Option<String> {
        if let Some(receipt) = self.receipts.get(key) {
            return Some(receipt.clone());
        }
        let all = Scenario::generate(&self.world, self.seed, FIRST_DAY, STRETCH_DAYS);
        let event = all.into_iter().find(|event| event.key == key)?;
        self.tell(&event);
        self.receipts.get(key).cloned()
    }

    /// Somebody at work; whoever cannot log in is nobody and is refused everything.
    pub(super) fn who(&mut self, login: &str) -> Who {
        match self.people.who(&self.app, login) {
            Ok(who) => who,
            Err(e) => {
                self.count_refusal("log_in", &e);
                Who::public()
            }
        }
    }

    /// Counts what came of something.
    pub(super) fn tried<T>(&mut self, what: &str, result: Result<T, AppError>) -> Option<T> {
        match result {
            Ok(value) => {
                *self.done.entry(what.to_owned()).or_default() += 1;
                Some(value)
            }
            Err(e) => {
                self.count_refusal(what, &e);
                None
            }
        }
    }

    pub(super) fn add(&mut self, what: &str, n: usize) {
        *self.done.entry(what.to_owned()).or_default() += n as u64;
    }

    fn count_refusal(&mut self, what: &str, error: &AppError) {
        let fields: Vec<&str> = error
            .fields
            .iter()
            .map(|field| field.field.as_str())
            .collect();
        tracing::debug!(
            what,
            code = error.code,
            ?fields,
            "the demonstration was refused"
        );
        *self
            .done
            .entry(format!("{what}:{}", error.code))
            .or_default() += 1;
    }

    /// Whether somebody looks up now: every so many minutes, between two hours of the day.
    pub(super) fn looks_up(&mut self, who: &str, every: i64, hours: std::ops::Range<i64>) -> bool {
        let now = self.now();
        if !hours.contains(&self.hour()) || self.wakes.get(who).is_some_and(|next| *next > now) {
            return false;
        }
        let first = !self.wakes.contains_key(who);
        let wait = if first {
            self.habits.minutes(who, 0, every)
        } else {
            every
        };
        self.wakes.insert(who.to_owned(), now.plus_minutes(wait));
        !first
    }

    /// The hour of the day.
    pub(super) fn hour(&self) -> i64 {
        self.minute().rem_euclid(24 * 60) / 60
    }

    /// Whether somebody has got round to something that waits since a moment.
    pub(super) fn got_round(&self, key: &str, since: Instant, low: i64, high: i64) -> bool {
        self.now() >= since.plus_minutes(self.habits.minutes(key, low, high))
    }

    /// Remembers the division tree as the application knows it.
    pub(super) fn know_places(&mut self, areas: Vec<AreaView>) {
        self.areas = areas.into_iter().map(|area| (area.id, area)).collect();
    }

    /// The division code of an area.
    pub(super) fn code_of(&self, area: AreaId) -> String {
        self.areas
            .get(&area)
            .map(|area| area.code.clone())
            .unwrap_or_default()
    }

    /// The areas directly below a code, in the order of their codes.
    pub(super) fn below(&self, code: &str) -> Vec<String> {
        let children = self
            .world
            .areas
            .iter()
            .filter(|a| a.parent.as_deref() == Some(code));
        children.map(|area| area.code.clone()).collect()
    }
}
