//! Whoever comes while the disk is busy goes along with the next sync.
//!
//! Callers who wait for one sync come back together. The first of them would go alone and the rest after it, at two
//! syncs for each round; so it waits a little for as many as went together the last time.
//!
//! One of those who wait leads: it writes for all. Each of the others sleeps on a seat of its own, so that they wake
//! without standing in each other's way.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use super::Ingested;
use crate::error::TraceError;
use crate::event::Event;
use crate::ids::Moment;

/// So many events at most go to disk together.
const TOGETHER_MAX: usize = 1 << 17;
/// Nobody waits longer for the others.
const PATIENCE_MAX: Duration = Duration::from_millis(2);

#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// Those who were waited for are there.
    complete: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// In order of coming. While nobody leads nobody waits, so whoever leads is the first.
    waiting: Vec<(Vec<Event>, Arc<Seat>)>,
    /// Whether somebody leads.
    busy: bool,
    /// How many callers went together the last time, and how long that took.
    together: usize,
    took: Duration,
}

/// Where a caller waits.
#[derive(Debug)]
struct Seat {
    turn: Mutex<Option<Turn>>,
    thread: Thread,
}

/// What a caller is told.
#[derive(Debug)]
enum Turn {
    /// To write for those who wait.
    Lead,
    /// What became of the events; nothing means that the disk did not take them.
    Done(Option<Ingested>),
}

impl Seat {
    fn new() -> Self {
        Self {
            turn: Mutex::default(),
            thread: std::thread::current(),
        }
    }

    fn tell(&self, turn: Turn) {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = Some(turn);
        self.thread.unpark();
    }

    fn wait(&self) -> Turn {
        loop {
            let told = self
                .turn
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            if let Some(turn) = told {
                return turn;
            }
            std::thread::park();
        }
    }
}

impl Queue {
    /// Hands `events` to `write`, alone or with those of others, and returns what became of them.
    pub(super) fn pass(
        &self,
        events: Vec<Event>,
        now: Moment,
        write: impl Fn(&[&[Event]], Moment) -> Result<Vec<Ingested>, TraceError>,
    ) -> Result<Ingested, TraceError> {
        let seat = Arc::new(Seat::new());
        let mut state = self.lock();
        state.waiting.push((events, Arc::clone(&seat)));
        if state.waiting.len() == state.together {
            self.complete.notify_one();
        }
        let leads = !std::mem::replace(&mut state.busy, true);
        drop(state);
        if !leads && let Turn::Done(answer) = seat.wait() {
            return answer.ok_or(TraceError::Poisoned);
        }
        self.lead(now, write)
    }

    /// Writes for those who wait, of whom the caller is the first, and lets the next one lead.
    fn lead(
        &self,
        now: Moment,
        write: impl Fn(&[&[Event]], Moment) -> Result<Vec<Ingested>, TraceError>,
    ) -> Result<Ingested, TraceError> {
        let mut state = self.lock();
        let patience = (state.took / 2).min(PATIENCE_MAX);
        let missing = |s: &mut State| s.waiting.len() < s.together;
        state = self
            .complete
            .wait_timeout_while(state, patience, missing)
            .unwrap_or_else(PoisonError::into_inner)
            .0;
        let group = state.take_group();
        drop(state);
        let begun = Instant::now();
        let batches: Vec<&[Event]> = group.iter().map(|(events, _)| events.as_slice()).collect();
        let result = write(&batches, now);
        let mut state = self.lock();
        (state.together, state.took) = (group.len(), begun.elapsed());
        let next = state.waiting.first().map(|(_, seat)| Arc::clone(seat));
        state.busy = next.is_some();
        drop(state);
        if let Some(next) = next {
            next.tell(Turn::Lead);
        }
        let (mut answers, failed) = match result {
            Ok(answers) => (answers.into_iter(), None),
            Err(error) => (Vec::new().into_iter(), Some(error)),
        };
        let own = answers.next();
        for (_, seat) in group.iter().skip(1) {
            seat.tell(Turn::Done(answers.next()));
        }
        own.ok_or(failed.unwrap_or(TraceError::Poisoned))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The first in the queue, as many as go together.
    fn take_group(&mut self) -> Vec<(Vec<Event>, Arc<Seat>)> {
        let mut size = 0;
        let fits = |(events, _): &&(Vec<Event>, Arc<Seat>)| {
            size += events.len();
            size <= TOGETHER_MAX
        };
        let count = self.waiting.iter().take_while(fits).count().max(1);
        self.waiting.drain(..count).collect()
    }
}
