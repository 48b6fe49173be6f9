//! What each event does to the stays: repeated, corrected, withdrawn, ends imputed.
//!
//! Pure. The outcome follows from what was told and not from the order in which it came, so reading the
//! log again gives the same stays. People are gone through in order of their numbers, each layer once, so
//! that a batch touches memory side by side; what was told of one person keeps its order. Start with
//! [`Batch::finish`].

use crate::index::layers::{Layers, Walk};
use crate::index::{Identity, Stay};

/// What an event did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Did {
    Added,
    Changed,
    Nothing,
}

/// What an event says of a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// It was, until its end.
    Was,
    /// It was, and nobody knows until when; its `end` says nothing.
    WasOpen,
    /// There was no such stay.
    WasNot,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    stay: Stay,
    says: Says,
    /// Which caller told it.
    by: usize,
}

/// Events of one stream on their way in.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    told: Vec<Told>,
}

/// What a batch came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// New and changed stays, in person order.
    pub stays: Vec<Stay>,
    /// What they replace, each with the layer that holds it.
    pub replaced: Vec<(usize, Identity)>,
}

/// A stay that is there, or that was spoken of.
#[derive(Debug, Clone, Copy)]
struct Known {
    stay: Stay,
    is_there: bool,
    /// The layer that held it before the batch.
    layer: Option<usize>,
    changed: bool,
}

impl Batch {
    /// Takes what one of the callers said.
    pub(crate) fn tell(&mut self, stay: Stay, says: Says, by: usize) {
        self.told.push(Told { stay, says, by });
    }

    /// What the events come to on top of the layers. `imputed_max` is the longest stay that is assumed when
    /// nobody knows its end; `did` is told, for each event, who told it and what it did.
    pub(crate) fn finish(
        &self,
        layers: &Layers<'_>,
        imputed_max: u32,
        mut did: impl FnMut(usize, Did),
    ) -> Outcome {
        let mut order: Vec<(u32, usize)> =
            (self.told.iter().map(|t| t.stay.person)).zip(0..).collect();
        order.sort_unstable();
        let mut outcome = Outcome {
            stays: Vec::with_capacity(order.len()),
            replaced: Vec::new(),
        };
        let mut walk = Walk::default();
        let mut person = OnePerson {
            known: Vec::new(),
            imputed_max,
        };
        for of_one in order.chunk_by(|a, b| a.0 == b.0) {
            let told = || of_one.iter().map(|(_, at)| &self.told[*at]);
            person.begin(layers, &mut walk, of_one[0].0, || told().map(|t| &t.stay));
            for told in told() {
                did(told.by, person.hear(told));
            }
            person.end(&mut outcome);
        }
        outcome
    }
}

/// The stays of one person that bear upon what was told.
#[derive(Debug)]
struct OnePerson {
    /// In order of start and place.
    known: Vec<Known>,
    imputed_max: u32,
}

impl OnePerson {
    fn begin<'s, I>(
        &mut self,
        layers: &Layers<'_>,
        walk: &mut Walk,
        person: u32,
        told: impl Fn() -> I,
    ) where
        I: Iterator<Item = &'s Stay>,
    {
        let starts = || told().map(|stay| stay.start);
        let first = starts().min().unwrap_or(0).saturating_sub(self.imputed_max);
        let last = starts().max().unwrap_or(0).saturating_add(self.imputed_max);
        let known = &mut self.known;
        known.clear();
        layers.starting(walk, person, first, last, |layer, row, how, confidence| {
            known.push(Known {
                stay: Stay {
                    person,
                    place: row.other,
                    start: row.start,
                    end: row.end,
                    noted: 0,
                    how,
                    confidence,
                    imputed: row.imputed,
                },
                is_there: true,
                layer: Some(layer),
                changed: false,
            });
        });
        known.extend(told().map(|stay| Known {
            stay: *stay,
            is_there: false,
            layer: None,
            changed: false,
        }));
        if known.len() > 1 {
            // What is there comes before what is only spoken of, and stays.
            known.sort_by_key(|k| (k.stay.start, k.stay.place));
            known.dedup_by_key(|k| k.stay.identity());
        }
    }

    fn hear(&mut self, told: &Told) -> Did {
        let Told { stay, says, .. } = *told;
        let at = |k: &Known| (k.stay.start, k.stay.place);
        let Ok(at) = self
            .known
            .binary_search_by_key(&(stay.start, stay.place), at)
        else {
            return Did::Nothing;
        };
        match says {
            Says::Was => self.see(at, stay),
            Says::WasOpen if self.known[at].is_there && !self.known[at].stay.imputed => {
                Did::Nothing
            }
            Says::WasOpen => {
                let end = self.imputed_end(at);
                let imputed = true;
                self.see(
                    at,
                    Stay {
                        end,
                        imputed,
                        ..stay
                    },
                )
            }
            Says::WasNot => self.withdraw(at, stay.noted),
        }
    }

    fn see(&mut self, at: usize, stay: Stay) -> Did {
        let known = &mut self.known[at];
        let noted = known.stay.noted;
        if known.is_there && (Stay { noted, ..stay }) == known.stay {
            return Did::Nothing;
        }
        known.stay = stay;
        known.changed = true;
        if std::mem::replace(&mut known.is_there, true) {
            return Did::Changed;
        }
        self.impute_before(at, stay.noted);
        Did::Added
    }

    fn withdraw(&mut self, at: usize, noted: u32) -> Did {
        let known = &mut self.known[at];
        if !std::mem::replace(&mut known.is_there, false) {
            return Did::Nothing;
        }
        known.changed = true;
        self.impute_before(at, noted);
        Did::Changed
    }

    /// Gives the stays before the one at `at` the ends that follow now, where nobody knows them.
    fn impute_before(&mut self, at: usize, noted: u32) {
        let start = self.known[at].stay.start;
        let first = start.saturating_sub(self.imputed_max);
        for earlier in (0..at).rev() {
            let Known { stay, is_there, .. } = self.known[earlier];
            if stay.start < first {
                break;
            }
            if is_there && stay.imputed && stay.start < start {
                let end = self.imputed_end(earlier);
                if end != stay.end {
                    let known = &mut self.known[earlier];
                    known.stay = Stay { end, noted, ..stay };
                    known.changed = true;
                }
            }
        }
    }

    /// The next start of the person, but not later than the longest stay that is assumed.
    fn imputed_end(&self, at: usize) -> u32 {
        let start = self.known[at].stay.start;
        let mut later = self.known[at + 1..].iter();
        let next = later.find(|k| k.is_there && k.stay.start > start);
        start
            .saturating_add(self.imputed_max)
            .min(next.map_or(u32::MAX, |k| k.stay.start))
    }

    fn end(&self, outcome: &mut Outcome) {
        for known in self.known.iter().filter(|k| k.changed) {
            if known.is_there {
                outcome.stays.push(known.stay);
            }
            if let Some(layer) = known.layer {
                outcome.replaced.push((layer, known.stay.identity()));
            }
        }
    }
}
