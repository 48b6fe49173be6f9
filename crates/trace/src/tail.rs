//! What each event does to the stays: repeated, corrected, withdrawn, ends imputed.
//!
//! Pure. The outcome follows from what was told and not from the order in which it came, so reading the
//! log again gives the same stays. Start with [`Batch::see`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::index::flat::{Hidden, Run};
use crate::index::layers::{Layer, Layers};
use crate::index::segment::Segment;
use crate::index::{Identity, Stay};

static NOTHING_HIDDEN: Hidden = Hidden::NONE;

/// A sealed segment, and what has been hidden in it since.
#[derive(Debug, Clone)]
pub(crate) struct Sealed {
    pub segment: Arc<Segment>,
    pub hidden: Arc<Hidden>,
}

/// The layers of one stream as they are at a moment. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Track {
    pub sealed: Vec<Sealed>,
    pub runs: Vec<(Arc<Run>, Arc<Hidden>)>,
}

/// What an event did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Did {
    Added,
    Changed,
    Nothing,
}

impl Track {
    pub(crate) fn layers(&self) -> Layers<'_> {
        let sealed = self.sealed.iter().map(|s| {
            let view = s.segment.view();
            Layer {
                segment: Some(view),
                flat: view.long,
                hidden: &s.hidden,
            }
        });
        let runs = self.runs.iter().map(|(run, hidden)| Layer {
            segment: None,
            flat: run.flat(),
            hidden,
        });
        Layers::new(sealed.chain(runs).collect())
    }

    /// The stays of the tail that are to be seen.
    pub(crate) fn tail(&self) -> impl Iterator<Item = &Stay> + '_ {
        self.runs
            .iter()
            .flat_map(|(run, hidden)| run.stays.iter().filter(|s| !hidden.has(s.identity())))
    }

    pub(crate) fn tail_len(&self) -> usize {
        self.runs
            .iter()
            .map(|(run, hidden)| run.stays.len() - hidden.len())
            .sum()
    }

    /// Takes what a batch came to: hides what it replaced, adds what it added.
    fn take(&mut self, stays: Vec<Stay>, replaced: &BTreeSet<Identity>) {
        if !replaced.is_empty() {
            for Sealed { segment, hidden } in &mut self.sealed {
                let view = segment.view();
                let layers = Layers::new(vec![Layer {
                    segment: Some(view),
                    flat: view.long,
                    hidden: &NOTHING_HIDDEN,
                }]);
                hide(hidden, replaced.iter().filter(|id| has(&layers, **id)));
            }
            for (run, hidden) in &mut self.runs {
                hide(
                    hidden,
                    replaced.iter().filter(|id| run.find(**id).is_some()),
                );
            }
        }
        if !stays.is_empty() {
            self.runs.push((Arc::new(Run::new(stays)), Arc::default()));
        }
        while let [.., (before, _), (last, _)] = &self.runs[..]
            && before.stays.len() <= 2 * last.stays.len()
        {
            self.merge_last();
        }
    }

    fn merge_last(&mut self) {
        let Some(((last, hidden), (before, hidden_before))) = self.runs.pop().zip(self.runs.pop())
        else {
            return;
        };
        let seen = |run: &Run, hidden: &Hidden| {
            run.stays
                .iter()
                .filter(|s| !hidden.has(s.identity()))
                .copied()
                .collect::<Vec<_>>()
        };
        let mut stays = seen(&before, &hidden_before);
        stays.extend(seen(&last, &hidden));
        stays.sort_by_key(Stay::identity);
        if !stays.is_empty() {
            self.runs.push((Arc::new(Run::new(stays)), Arc::default()));
        }
    }
}

fn hide<'a>(hidden: &mut Arc<Hidden>, ids: impl Iterator<Item = &'a Identity>) {
    let more: Vec<Identity> = ids.copied().collect();
    if !more.is_empty() {
        Arc::make_mut(hidden).extend(&more);
    }
}

fn has(layers: &Layers<'_>, (person, start, place): Identity) -> bool {
    let mut found = false;
    let (before, after) = (start.saturating_sub(1), start.saturating_add(1));
    layers.of_person_known(person, before, after, |row, _, _| {
        found |= row.start == start && row.other == place;
    });
    found
}

/// Events of one stream on their way in. Sees the layers below and what it has done itself.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    layers: Layers<'a>,
    stays: BTreeMap<Identity, Stay>,
    replaced: BTreeSet<Identity>,
    /// The longest stay that is assumed when nobody knows its end.
    imputed_max: u32,
}

/// What a batch came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    stays: Vec<Stay>,
    replaced: BTreeSet<Identity>,
}

impl Outcome {
    pub(crate) fn apply(self, track: &mut Track) {
        track.take(self.stays, &self.replaced);
    }
}

impl<'a> Batch<'a> {
    pub(crate) fn new(layers: Layers<'a>, imputed_max: u32) -> Self {
        Self {
            layers,
            stays: BTreeMap::new(),
            replaced: BTreeSet::new(),
            imputed_max,
        }
    }

    pub(crate) fn finish(self) -> Outcome {
        Outcome {
            stays: self.stays.into_values().collect(),
            replaced: self.replaced,
        }
    }

    /// Takes a stay. Its `end` counts only when `end_known`.
    pub(crate) fn see(&mut self, mut stay: Stay, end_known: bool) -> Did {
        let near = self.near(stay.person, stay.start);
        let before = near
            .iter()
            .find(|s| s.identity() == stay.identity())
            .copied();
        stay.imputed = !end_known;
        if !end_known {
            if before.is_some_and(|b| !b.imputed) {
                return Did::Nothing;
            }
            stay.end = self.imputed_end(stay.start, &near);
        }
        if before.is_some_and(|b| {
            Stay {
                noted: b.noted,
                ..stay
            } == b
        }) {
            return Did::Nothing;
        }
        if before.is_some() {
            self.put(stay);
            return Did::Changed;
        }
        self.stays.insert(stay.identity(), stay);
        for earlier in near
            .iter()
            .filter(|s| s.imputed && s.start < stay.start && s.end > stay.start)
        {
            self.put(Stay {
                end: stay.start,
                noted: stay.noted,
                ..*earlier
            });
        }
        Did::Added
    }

    /// Takes a stay back.
    pub(crate) fn withdraw(&mut self, identity: Identity, noted: u32) -> Did {
        let (person, start, _) = identity;
        let mut near = self.near(person, start);
        let count = near.len();
        near.retain(|s| s.identity() != identity);
        if near.len() == count {
            return Did::Nothing;
        }
        self.stays.remove(&identity);
        self.replaced.insert(identity);
        for earlier in near.iter().filter(|s| s.imputed && s.start < start) {
            let end = self.imputed_end(earlier.start, &near);
            if end != earlier.end {
                self.put(Stay {
                    end,
                    noted,
                    ..*earlier
                });
            }
        }
        Did::Changed
    }

    fn put(&mut self, stay: Stay) {
        self.replaced.insert(stay.identity());
        self.stays.insert(stay.identity(), stay);
    }

    /// The next start of the person, but not later than the longest stay that is assumed.
    fn imputed_end(&self, start: u32, near: &[Stay]) -> u32 {
        let next = near.iter().map(|s| s.start).filter(|s| *s > start).min();
        start
            .saturating_add(self.imputed_max)
            .min(next.unwrap_or(u32::MAX))
    }

    /// The person's stays that start close enough to bear upon an imputed end.
    fn near(&self, person: u32, start: u32) -> Vec<Stay> {
        let (first, last) = (
            start.saturating_sub(self.imputed_max),
            start.saturating_add(self.imputed_max),
        );
        let own = self
            .stays
            .range((person, first, 0)..=(person, last, u32::MAX));
        let mut near: Vec<Stay> = own.map(|(_, stay)| *stay).collect();
        self.layers.of_person_known(
            person,
            first.saturating_sub(1),
            last.saturating_add(1),
            |row, how, confidence| {
                let stay = Stay {
                    person,
                    place: row.other,
                    start: row.start,
                    end: row.end,
                    noted: 0,
                    how,
                    confidence,
                    imputed: row.imputed,
                };
                if row.start >= first && !self.replaced.contains(&stay.identity()) {
                    near.push(stay);
                }
            },
        );
        near
    }
}

impl Track {
    /// Hides every stay of a person; how many there were.
    pub(crate) fn hide_person(&mut self, person: u32) -> usize {
        let mut all = BTreeSet::new();
        self.layers()
            .of_person_known(person, 0, u32::MAX, |row, _, _| {
                all.insert((person, row.start, row.other));
            });
        let count = all.len();
        self.take(Vec::new(), &all);
        count
    }
}
