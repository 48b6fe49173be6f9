//! The store: one writer, any number of readers.
//!
//! [`Store::ingest`] acknowledges what is on disk; [`Store::snapshot`] is what to ask. How files come
//! and go is in [`seal`] and [`open`]; what each event does to the stays is in `batch`.

mod keep;
mod open;
mod queue;
mod seal;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::batch::Did;
use crate::disk::log::Log;
use crate::error::TraceError;
use crate::event::Event;
use crate::ids::{Calendar, Day, Moment};
use crate::snapshot::Snapshot;
use crate::wire::Entry;

pub use keep::{Fault, Receipt, Stats, StreamStats};
pub use open::Opened;
use queue::Queue;
use writer::Writer;

/// What an installation decides once, when its store is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A stay whose end nobody knows is assumed to last until the person's next start, and at most so
    /// many seconds.
    pub imputed_seconds_max: u32,
    /// A start may lie so many seconds after the moment it is told: clocks differ.
    pub future_seconds_max: u32,
    /// Where civil days are cut.
    pub calendar: Calendar,
}

impl Default for Rules {
    /// Two hours, ten minutes, China Standard Time. The choice is ours: no source gives numbers for these.
    fn default() -> Self {
        Self {
            imputed_seconds_max: 7_200,
            future_seconds_max: 600,
            calendar: Calendar::CHINA,
        }
    }
}

/// When a store seals by itself, at the end of a call of [`Store::ingest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealing {
    /// When so many stays wait.
    pub stays_max: usize,
    /// When the first event that waits was told so many seconds ago.
    pub age_seconds_max: u32,
}

impl Default for Sealing {
    /// A million stays, six hours. The choice is ours: the log stays short enough to be read again in seconds.
    fn default() -> Self {
        Self {
            stays_max: 1_000_000,
            age_seconds_max: 21_600,
        }
    }
}

/// Why an event was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It starts too far in the future.
    Future,
    /// Its day has been forgotten.
    Forgotten,
    /// Its start is outside the range of moments.
    OutOfRange,
    /// A confidence above a hundred percent.
    Confidence,
}

/// What became of events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ingested {
    /// New stays and statements.
    pub added: u64,
    /// Stays that now say something else, or nothing.
    pub changed: u64,
    /// Events that said what was known.
    pub repeated: u64,
    /// Events not taken: which, counted from 0, and why.
    pub refused: Vec<(usize, Refusal)>,
    /// The store was to seal afterwards and could not, and why. The events are on disk all the same; nothing
    /// more is taken until the store is opened again.
    pub not_sealed: Option<String>,
}

impl Ingested {
    const fn count(&mut self, did: Did) {
        match did {
            Did::Added => self.added += 1,
            Did::Changed => self.changed += 1,
            Did::Nothing => self.repeated += 1,
        }
    }
}

/// A directory of stays.
#[derive(Debug)]
pub struct Store {
    /// Taken before the writer, and held while the disk is busy, so that readers need not wait for it.
    log: Mutex<Log>,
    writer: Mutex<Writer>,
    queue: Queue,
    /// What to read while the writer is busy for long; the stays do not change then. Taken before the writer.
    meanwhile: RwLock<Option<Arc<Snapshot>>>,
    oldest_day: AtomicU32,
    rules: Rules,
    sealing: Sealing,
}

impl Store {
    /// Opens the store in a folder, an empty one when there is none; `rules` count for a new one only.
    ///
    /// Reads the log again, cuts a torn end, makes damaged segments anew and finishes what a kill
    /// interrupted; the answer says what of this was done.
    ///
    /// # Errors
    /// When something acknowledged cannot be read. Nothing is changed then.
    pub fn open(folder: &Path, rules: Rules) -> Result<(Self, Opened), TraceError> {
        let (writer, log, opened) = Writer::open(folder, rules)?;
        let store = Self {
            oldest_day: AtomicU32::new(writer.oldest_day().0),
            rules: writer.rules(),
            log: Mutex::new(log),
            writer: Mutex::new(writer),
            sealing: Sealing::default(),
            queue: Queue::default(),
            meanwhile: RwLock::default(),
        };
        Ok((store, opened))
    }

    /// The same store, sealing by itself at another time.
    #[must_use]
    pub const fn with_sealing(mut self, sealing: Sealing) -> Self {
        self.sealing = sealing;
        self
    }

    /// The rules that the store was made with.
    pub const fn rules(&self) -> Rules {
        self.rules
    }

    /// Takes events; they are on disk, and in every later snapshot, when this returns.
    ///
    /// Callers on several threads share one sync. The same event again changes nothing.
    ///
    /// # Errors
    /// When the disk does not take them. None is acknowledged then, some may turn out to be there.
    pub fn ingest(&self, events: &[Event], now: Moment) -> Result<Ingested, TraceError> {
        let mut refused = Vec::new();
        let mut taken = Vec::with_capacity(events.len());
        for (at, event) in events.iter().enumerate() {
            match self.refuse(event, now) {
                Some(why) => refused.push((at, why)),
                None => taken.push(*event),
            }
        }
        let mut ingested = Ingested::default();
        if !taken.is_empty() {
            ingested = self
                .queue
                .pass(taken, now, |batches, now| self.write(batches, now))?;
        }
        ingested.refused = refused;
        ingested.not_sealed = self.seal_if_due(now).err().map(|error| error.to_string());
        Ok(ingested)
    }

    /// The stays as they are now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        let meanwhile = self
            .meanwhile
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = &*meanwhile {
            return Arc::clone(snapshot);
        }
        // Still holding `meanwhile`: nothing that takes long can begin before this has the writer.
        Arc::new(self.lock().snapshot())
    }

    /// Moves everything from the log to the record and its index.
    pub fn seal(&self) -> Result<(), TraceError> {
        self.exclusive(|writer, log| writer.seal(log, &[]).map(|_| ()))
    }

    /// Seals when so many wait, or for so long, as the store was told; whether it did.
    pub fn seal_if_due(&self, now: Moment) -> Result<bool, TraceError> {
        let due = |writer: &Writer| writer.is_due(self.sealing, now);
        if !due(&self.lock()) {
            return Ok(false);
        }
        self.exclusive(|writer, log| {
            // Somebody else may have been quicker.
            let due = due(writer);
            if due {
                writer.seal(log, &[])?;
            }
            Ok(due)
        })
    }

    /// Stays that wait to be sealed.
    pub fn waiting(&self) -> usize {
        self.lock().tail_len()
    }

    /// Forgets every stay that began before `day`, and refuses such from now on; how many there were.
    pub fn forget_before(&self, day: Day) -> Result<u64, TraceError> {
        self.oldest_day.fetch_max(day.0, Ordering::SeqCst);
        self.exclusive(|writer, log| writer.forget_before(log, day))
    }

    fn refuse(&self, event: &Event, now: Moment) -> Option<Refusal> {
        let (Event::Seen(_, crate::event::Sighting { from, .. }) | Event::Withdrawn { from, .. }) =
            event
        else {
            return None;
        };
        if from.0 == 0 || from.0 >= u32::MAX - 86_400 {
            return Some(Refusal::OutOfRange);
        }
        if *from > now.plus(self.rules.future_seconds_max) {
            return Some(Refusal::Future);
        }
        if self.rules.calendar.day(*from).0 < self.oldest_day.load(Ordering::SeqCst) {
            return Some(Refusal::Forgotten);
        }
        match event {
            Event::Seen(_, sighting) if sighting.confidence > 100 => Some(Refusal::Confidence),
            _ => None,
        }
    }

    /// Logs events that were checked, and applies them when they are on disk.
    fn write(&self, batches: &[&[Event]], now: Moment) -> Result<Vec<Ingested>, TraceError> {
        let told = batches.iter().flat_map(|b| b.iter());
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.append(now, told.map(|event| Entry::Told(*event)))?;
        self.lock().apply(batches, now)
    }

    fn lock(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something that takes long, while readers see the stays as they were.
    fn exclusive<T>(
        &self,
        work: impl FnOnce(&mut Writer, &mut Log) -> Result<T, TraceError>,
    ) -> Result<T, TraceError> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let meanwhile = || {
            self.meanwhile
                .write()
                .unwrap_or_else(PoisonError::into_inner)
        };
        let mut shown = meanwhile();
        let mut writer = self.lock();
        *shown = Some(Arc::new(writer.snapshot()));
        drop(shown);
        let done = work(&mut writer, &mut log);
        // Nobody who holds `meanwhile` waits for the writer now: they found a snapshot in it.
        *meanwhile() = None;
        done
    }
}
