//! Whose answer another set of rules would change, and how: person by person, as many as there are,
//! in the order in which they come. Start with [`regrade`].
//!
//! Memory holds a few thousand persons at a time, however many come. The answers do not depend on the
//! number of threads.

use std::num::NonZeroUsize;
use std::thread;

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::fact::{Approval, Fact, Input};
use crate::library::Library;
use crate::outcome::Outcome;

/// Persons that one thread takes at a time. `ours`: enough to make the handing over cheap, few enough
/// to stay small.
const AT_A_TIME: usize = 1024;

/// What both sets of rules are asked of everybody.
#[derive(Debug, Clone, Copy)]
pub struct Regrading<'a> {
    /// The disease pack.
    pub disease: &'a str,
    /// The city pack; empty for none.
    pub city: &'a str,
    /// The place, as a path; empty for the city's own.
    pub region: &'a str,
    /// Approvals on record.
    pub approvals: &'a [Approval],
    /// The day.
    pub on: Date,
    /// Only what had been published by this day counts.
    pub as_of: Date,
}

impl<'a> From<&Input<'a>> for Regrading<'a> {
    fn from(input: &Input<'a>) -> Self {
        Self {
            disease: input.disease,
            city: input.city,
            region: input.region,
            approvals: input.approvals,
            on: input.on,
            as_of: input.as_of,
        }
    }
}

/// A person, as rules see one.
#[derive(Debug, Clone, PartialEq)]
pub struct Person<K> {
    /// Whatever the caller wants to find again.
    pub key: K,
    /// What is known.
    pub facts: Vec<Fact>,
}

/// A person whose answer changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Regraded<K> {
    /// The person.
    pub key: K,
    /// What the old rules say.
    pub before: Outcome,
    /// What the new ones say.
    pub after: Outcome,
    /// Whether a measure that restricts is proposed only by the new rules (`true`), only by the old
    /// ones (`false`), or by both or neither.
    pub restricted: Option<bool>,
}

/// How many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct RegradeCount {
    /// Persons asked about.
    pub persons: u64,
    /// Their facts.
    pub facts: u64,
    /// Persons whose answer changes.
    pub changed: u64,
    /// Persons restricted by the new rules alone.
    pub more_restricted: u64,
    /// Persons restricted by the old rules alone.
    pub less_restricted: u64,
}

/// Asks old and new rules about one person; none when they agree.
pub fn regrade_one<K>(
    old: &Library,
    new: &Library,
    asked: &Regrading<'_>,
    person: Person<K>,
) -> Option<Regraded<K>> {
    let input = Input {
        disease: asked.disease,
        city: asked.city,
        region: asked.region,
        facts: &person.facts,
        approvals: asked.approvals,
        on: asked.on,
        as_of: asked.as_of,
    };
    let (before, after) = (old.outcome(&input), new.outcome(&input));
    if before == after {
        return None;
    }
    let restricts = |library: &Library, outcome: &Outcome| {
        let mut all = outcome.measures.iter();
        all.any(|due| library.restricts(&due.regime, &due.measure))
    };
    let restricted = match (restricts(old, &before), restricts(new, &after)) {
        (false, true) => Some(true),
        (true, false) => Some(false),
        (true, true) | (false, false) => None,
    };
    Some(Regraded {
        key: person.key,
        before,
        after,
        restricted,
    })
}

/// Asks old and new rules about everybody; tells each change in the order of the persons, and how many
/// there were. While threads work, the next persons are fetched.
pub fn regrade<K: Send>(
    old: &Library,
    new: &Library,
    asked: &Regrading<'_>,
    persons: impl IntoIterator<Item = Person<K>>,
    threads: NonZeroUsize,
    mut each: impl FnMut(Regraded<K>),
) -> RegradeCount {
    let mut persons = persons.into_iter();
    let mut fetch = || -> Vec<Vec<Person<K>>> {
        let batch = |_| persons.by_ref().take(AT_A_TIME).collect::<Vec<_>>();
        let batches = (0..threads.get()).map(batch);
        batches.filter(|batch| !batch.is_empty()).collect()
    };
    let mut count = RegradeCount::default();
    let mut batches = fetch();
    while !batches.is_empty() {
        for batch in &batches {
            count.persons += batch.len() as u64;
            count.facts += batch.iter().map(|p| p.facts.len() as u64).sum::<u64>();
        }
        let work = |batch: Vec<Person<K>>| -> Vec<Regraded<K>> {
            let one = |person| regrade_one(old, new, asked, person);
            batch.into_iter().filter_map(one).collect()
        };
        let changes = thread::scope(|scope| {
            let running: Vec<_> = batches
                .drain(..)
                .map(|batch| scope.spawn(|| work(batch)))
                .collect();
            batches = fetch();
            let done = running.into_iter().map(|thread| match thread.join() {
                Ok(changes) => changes,
                // What went wrong there goes wrong here.
                Err(panic) => std::panic::resume_unwind(panic),
            });
            done.flatten().collect::<Vec<_>>()
        });
        for change in changes {
            count.changed += 1;
            count.more_restricted += u64::from(change.restricted == Some(true));
            count.less_restricted += u64::from(change.restricted == Some(false));
            each(change);
        }
    }
    count
}
