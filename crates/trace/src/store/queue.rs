//! Whoever comes while the disk is busy goes along with the next sync.
//!
//! Callers who wait for one sync come back together. The first of them would go alone and the rest after it, at two
//! syncs for each round; so it waits a little for as many as went together the last time.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};
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
    done: Condvar,
    /// Those who were waited for are there.
    complete: Condvar,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    waiting: Vec<(u64, Vec<Event>)>,
    /// Answers for those who wait; nothing means that the disk did not take theirs.
    answers: BTreeMap<u64, Option<Ingested>>,
    busy: bool,
    /// How many callers went together the last time, and how long that took.
    together: usize,
    took: Duration,
}

impl Queue {
    /// Hands `events` to `write`, alone or with those of others, and returns what became of them.
    pub(super) fn pass(
        &self,
        events: Vec<Event>,
        now: Moment,
        write: impl Fn(&[&[Event]], Moment) -> Result<Vec<Ingested>, TraceError>,
    ) -> Result<Ingested, TraceError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = state.next;
        state.next += 1;
        state.waiting.push((ticket, events));
        if state.waiting.len() == state.together {
            self.complete.notify_one();
        }
        loop {
            if let Some(answer) = state.answers.remove(&ticket) {
                return answer.ok_or(TraceError::Poisoned);
            }
            if state.busy {
                state = self
                    .done
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.busy = true;
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
            let batches: Vec<&[Event]> =
                group.iter().map(|(_, events)| events.as_slice()).collect();
            let result = write(&batches, now);
            state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            (state.together, state.took) = (group.len(), begun.elapsed());
            state.busy = false;
            self.done.notify_all();
            match result {
                Ok(answers) => {
                    let answers = answers.into_iter().map(Some);
                    state
                        .answers
                        .extend(group.iter().map(|(ticket, _)| *ticket).zip(answers));
                }
                Err(error) => {
                    state
                        .answers
                        .extend(group.iter().map(|(ticket, _)| (*ticket, None)));
                    if state.answers.remove(&ticket).is_some() {
                        return Err(error);
                    }
                }
            }
        }
    }
}

impl State {
    /// The first in the queue, as many as go together. Whoever asks may have to wait for the next group.
    fn take_group(&mut self) -> Vec<(u64, Vec<Event>)> {
        let mut size = 0;
        let fits = |(_, events): &&(u64, Vec<Event>)| {
            size += events.len();
            size <= TOGETHER_MAX
        };
        let count = self.waiting.iter().take_while(fits).count().max(1);
        self.waiting.drain(..count).collect()
    }
}
