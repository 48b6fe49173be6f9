//! What the program does by itself: seal, sweep clocks, deliver messages, end sessions, look at a
//! sample of the projection every night, take up a released model, give older records their tokens.
//!
//! [`App::upkeep_once`] is called about every second by one thread of the server; several nodes may
//! do so at once. Every step stands alone: one that fails is told and tried again, the others run.

mod outbox;

use std::sync::PoisonError;

use fangxian_base::{Instant, RecordId};
use fangxian_store::people::projection_differs;
use serde::Serialize;

use crate::measures::DayPlace;
use crate::{App, Result};

pub use outbox::{Channel, LogChannel, SendError};

/// LIMIT: overdue tasks, and overdue appeals, that climb in one round.
const CLIMBS: i64 = 200;
/// LIMIT: assessments made anew in one round because their time has come.
const ASSESSMENTS: i64 = 200;
/// Running measures are looked at again after so many minutes of the installation's time.
const DAY_SWEEP_MINUTES: i64 = 30;
/// LIMIT: records compared with their links each night.
const SAMPLE: i64 = 2_000;
/// The hour of the night from which the sample is looked at.
const SAMPLE_HOUR: i64 = 3;

/// How far the look at running measures has come.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    /// When the last one began.
    began_at: Option<Instant>,
    /// Where it goes on; none: it is done.
    place: Option<DayPlace>,
}

/// What one round of upkeep did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct UpkeepReport {
    /// Audit entries sealed.
    pub sealed: i64,
    /// Messages that left.
    pub sent: usize,
    /// Sessions ended.
    pub sessions: u64,
    /// Steps that failed, by name; they are tried again.
    pub failed: Vec<&'static str>,
}

impl App {
    /// One round of upkeep.
    pub fn upkeep_once(&self, now: Instant) -> UpkeepReport {
        let mut report = UpkeepReport::default();
        let failed = &mut report.failed;
        step(failed, "destruction", || self.finish_destruction());
        step(failed, "kept", || self.kept_sweep());
        step(failed, "overdue", || self.overdue_sweep(CLIMBS));
        step(failed, "appeals", || self.appeals_sweep(CLIMBS));
        step(failed, "day", || self.day_slice(now));
        step(failed, "round", || self.round_slice(ASSESSMENTS));
        step(failed, "assess", || self.reassess_due(ASSESSMENTS));
        // After the assessments, so that what they changed is counted.
        step(failed, "alerts", || self.alerts_sweep());
        report.sent = step(failed, "outbox", || self.deliver(now)).unwrap_or_default();
        report.sessions = step(failed, "sessions", || self.sweep_sessions()).unwrap_or_default();
        step(failed, "sample", || self.nightly_sample(now));
        step(failed, "matching", || self.matching_refresh());
        step(failed, "tokens", || self.linkage_fill());
        // Last, so that what this round did is sealed within it.
        let sealed = step(failed, "seal", || {
            self.store().seal().map_err(crate::AppError::internal)
        });
        report.sealed = sealed.map_or(0, |sealed| sealed.sealed);
        report
    }

    /// One slice of the look at all running measures, which begins at the start, after midnight,
    /// and now and then; the next round goes on where this one ended.
    fn day_slice(&self, now: Instant) -> Result<()> {
        let zone = &self.settings().zone;
        let mut swept = self.swept().lock().unwrap_or_else(PoisonError::into_inner);
        let due = swept.began_at.is_none_or(|last| {
            now >= last.plus_minutes(DAY_SWEEP_MINUTES) || zone.date(now) != zone.date(last)
        });
        if swept.place.is_none() && due {
            *swept = Swept {
                began_at: Some(now),
                place: Some(DayPlace::default()),
            };
        }
        if let Some(place) = swept.place.take() {
            // What failed is tried from the same place in the next round.
            swept.place = Some(place);
            swept.place = self.day_sweep_slice(place)?.1;
        }
        Ok(())
    }

    /// Once a night, on one node: compares a sample of the projection `record → person` with the
    /// links. A difference ends the job as dead, which the health page shows.
    fn nightly_sample(&self, now: Instant) -> Result<()> {
        let zone = &self.settings().zone;
        let day = zone.date(now);
        if now < zone.day_start(day).plus_hours(SAMPLE_HOUR) {
            return Ok(());
        }
        let Some(job) = self
            .store()
            .job_begin_once("projection_sample", &format!("projection_sample|{day}"))?
        else {
            return Ok(());
        };
        let from = RecordId::from_uuid(self.sample_start()?);
        let differ = self.read(|tx| Ok(projection_differs(tx, from, SAMPLE)?))?;
        let error = (!differ.is_empty()).then(|| format!("{} records differ", differ.len()));
        if let Some(error) = &error {
            tracing::error!(first = %differ[0], "the projection of persons differs from its links: {error}");
        }
        Ok(self.store().job_end(job, error.as_deref())?)
    }

    /// A place in the order of records where tonight's sample begins: ids sort by time, so a share
    /// of the time between the first and the last record.
    fn sample_start(&self) -> Result<uuid::Uuid> {
        let bounds = self.read(|tx| Ok(fangxian_store::records::record_bounds(tx)?))?;
        let Some((first, last)) = bounds else {
            return Ok(uuid::Uuid::nil());
        };
        let (first, last) = (first.uuid().as_u128(), last.uuid().as_u128());
        let random = u128::from_be_bytes(fangxian_store::random_bytes()?);
        Ok(uuid::Uuid::from_u128(first + random % (last - first + 1)))
    }
}

/// Runs one step; a failure is told and named.
fn step<T>(
    failed: &mut Vec<&'static str>,
    name: &'static str,
    f: impl FnOnce() -> Result<T>,
) -> Option<T> {
    match f() {
        Ok(value) => Some(value),
        Err(error) => {
            tracing::warn!(step = name, error = %fangxian_base::error_chain(&error), "upkeep");
            failed.push(name);
            None
        }
    }
}
