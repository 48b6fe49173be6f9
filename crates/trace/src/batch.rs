//! What each event does to the stays: repeated, corrected, withdrawn, ends imputed.
//!
//! Pure. The outcome follows from what was told and not from the order in which it came, so reading the
//! log again gives the same stays. People are gone through in order of their numbers, each layer once, so
//! that a batch touches memory side by side; what was told of one person keeps its order. Start with
//! [`Batch::finish`].

use std::collections::BTreeMap;

use crate::index::layers::{By, Found, Layers, Look, Walk};
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
    /// The longest stay that is assumed at its place changed.
    AssumedAnew,
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

/// The longest stays that are assumed when nobody knows the end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Assumed<'a> {
    /// At places that have none of their own.
    pub rule: u32,
    /// By number of the place.
    pub places: &'a BTreeMap<u32, u32>,
    /// The longest of all.
    pub longest: u32,
}

impl<'a> Assumed<'a> {
    pub(crate) fn new(rule: u32, places: &'a BTreeMap<u32, u32>) -> Self {
        let longest = places.values().fold(rule, |longest, own| longest.max(*own));
        Self {
            rule,
            places,
            longest,
        }
    }

    fn at(&self, place: u32) -> u32 {
        if self.places.is_empty() {
            return self.rule;
        }
        self.places.get(&place).copied().unwrap_or(self.rule)
    }
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

    /// Has every stay at a place whose end was imputed looked at again.
    pub(crate) fn assume_anew(&mut self, layers: &Layers<'_>, place: u32, noted: u32) {
        let whole = Look {
            number: place,
            from: 0,
            to: u32::MAX,
        };
        let mut found = Found::default();
        layers.find(By::Place, &[whole], &mut found);
        for span in found.of(0) {
            span.each(|row| {
                if row.imputed {
                    let stay = Stay {
                        person: row.other,
                        place,
                        start: row.start,
                        end: row.end,
                        noted,
                        how: 0,
                        confidence: 0,
                        imputed: true,
                    };
                    // Nobody told it: nothing is said of it to anybody.
                    self.tell(stay, Says::AssumedAnew, 0);
                }
            });
        }
    }

    /// What the events come to on top of the layers; `did` is told, for each event, who told it and what it did.
    pub(crate) fn finish(
        &self,
        layers: &Layers<'_>,
        assumed: &Assumed<'_>,
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
            assumed,
        };
        for of_one in order.chunk_by(|a, b| a.0 == b.0) {
            let told = || of_one.iter().map(|(_, at)| &self.told[*at]);
            person.begin(layers, &mut walk, of_one[0].0, || told().map(|t| &t.stay));
            for told in told() {
                if let Some(done) = person.hear(told) {
                    did(told.by, done);
                }
            }
            person.end(&mut outcome);
        }
        outcome
    }
}

/// The stays of one person that bear upon what was told.
#[derive(Debug)]
struct OnePerson<'a> {
    /// In order of start and place.
    known: Vec<Known>,
    assumed: &'a Assumed<'a>,
}

impl OnePerson<'_> {
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
        let first = starts()
            .min()
            .unwrap_or(0)
            .saturating_sub(self.assumed.longest);
        let last = starts()
            .max()
            .unwrap_or(0)
            .saturating_add(self.assumed.longest);
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

    /// What was told, done; nothing to say of a stay that is only looked at again.
    fn hear(&mut self, told: &Told) -> Option<Did> {
        let Told { stay, says, .. } = *told;
        let place = |k: &Known| (k.stay.start, k.stay.place);
        let found = self
            .known
            .binary_search_by_key(&(stay.start, stay.place), place);
        let Ok(at) = found else {
            return Some(Did::Nothing);
        };
        match says {
            Says::Was => Some(self.see(at, stay)),
            Says::WasOpen if self.known[at].is_there && !self.known[at].stay.imputed => {
                Some(Did::Nothing)
            }
            Says::WasOpen => {
                let end = self.imputed_end(at);
                let imputed = true;
                Some(self.see(
                    at,
                    Stay {
                        end,
                        imputed,
                        ..stay
                    },
                ))
            }
            Says::WasNot => Some(self.withdraw(at, stay.noted)),
            Says::AssumedAnew => {
                self.impute(at, stay.noted);
                None
            }
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
        let first = start.saturating_sub(self.assumed.longest);
        for earlier in (0..at).rev() {
            let earlier_start = self.known[earlier].stay.start;
            if earlier_start < first {
                break;
            }
            if earlier_start < start {
                self.impute(earlier, noted);
            }
        }
    }

    /// Gives a stay the end that follows now, where nobody knows it.
    fn impute(&mut self, at: usize, noted: u32) {
        let end = self.imputed_end(at);
        let known = &mut self.known[at];
        if known.is_there && known.stay.imputed && known.stay.end != end {
            known.stay.end = end;
            known.stay.noted = noted;
            known.changed = true;
        }
    }

    /// The next start of the person, but not later than the longest stay that is assumed.
    fn imputed_end(&self, at: usize) -> u32 {
        let Stay { start, place, .. } = self.known[at].stay;
        let mut later = self.known[at + 1..].iter();
        let next = later.find(|k| k.is_there && k.stay.start > start);
        start
            .saturating_add(self.assumed.at(place))
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
