//! The one who writes: what the log took, into the stays in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Ingested, Rules, Sealing};
use crate::ask::Aliases;
use crate::batch::{Assumed, Batch, Did, Says};
use crate::disk::manifest::Manifest;
use crate::disk::numbers::Dictionary;
use crate::error::TraceError;
use crate::event::{Event, Sighting};
use crate::ids::{Area, Day, Moment, Person, Place, Stream};
use crate::index::Stay;
use crate::snapshot::Snapshot;
use crate::tail::Track;

/// Everything that changes.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) folder: PathBuf,
    pub(super) _lock: File,
    pub(super) manifest: Manifest,
    pub(super) rules: Rules,
    pub(super) dictionary: Arc<Dictionary>,
    pub(super) tracks: [Track; 2],
    /// Who is told to be whom, by pseudonym.
    pub(super) same: BTreeMap<u64, u64>,
    pub(super) aliases: Arc<Aliases>,
    /// By stream: the longest assumed stays of places that have one of their own, by number.
    pub(super) assumed: [BTreeMap<u32, u32>; 2],
    /// When the first event was told that is not sealed.
    pub(super) waiting_since: Option<Moment>,
}

impl Writer {
    pub(super) const fn rules(&self) -> Rules {
        self.rules
    }

    pub(super) const fn oldest_day(&self) -> Day {
        Day(self.manifest.oldest_day)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        Path::new(&self.folder).join(name)
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot {
            dictionary: Arc::clone(&self.dictionary),
            tracks: self.tracks.clone(),
            aliases: Arc::clone(&self.aliases),
        }
    }

    pub(super) fn tail_len(&self) -> usize {
        self.tracks.iter().map(Track::tail_len).sum()
    }

    pub(super) fn is_due(&self, sealing: Sealing, now: Moment) -> bool {
        let old = |since: Moment| now >= since.plus(sealing.age_seconds_max);
        self.waiting_since.is_some_and(old) || self.tail_len() >= sealing.stays_max.max(1)
    }

    /// What events do to the stays; how many did what, for each batch.
    pub(super) fn apply(
        &mut self,
        batches: &[&[Event]],
        now: Moment,
    ) -> Result<Vec<Ingested>, TraceError> {
        self.waiting_since.get_or_insert(now);
        let mut dictionary = Arc::clone(&self.dictionary);
        // The writer's own hold is let go, so that numbers are added in place unless a snapshot needs them.
        self.dictionary = Arc::default();
        let mut pending = [Batch::default(), Batch::default()];
        let mut answers = vec![Ingested::default(); batches.len()];
        let mut failed = None;
        let mut renamed = false;
        let mut anew = [BTreeSet::new(), BTreeSet::new()];
        for (by, events) in batches.iter().enumerate() {
            for event in *events {
                let told = match *event {
                    Event::Seen(stream, sighting) => {
                        let told = see(&mut dictionary, stream, &sighting, now);
                        told.map(|(stay, says)| pending[stream.index()].tell(stay, says, by))
                    }
                    Event::Withdrawn {
                        stream,
                        person,
                        place,
                        from,
                    } => {
                        match withdraw(&dictionary, stream, (person, place, from), now) {
                            Some(stay) => pending[stream.index()].tell(stay, Says::WasNot, by),
                            None => answers[by].count(Did::Nothing),
                        }
                        Some(())
                    }
                    Event::Located {
                        stream,
                        place,
                        area,
                    } => locate(&mut dictionary, stream, place, area)
                        .map(|did| answers[by].count(did)),
                    Event::Assumed {
                        stream,
                        place,
                        seconds_max,
                    } => number_place(&mut dictionary, stream, place).map(|place| {
                        let assumed = &mut self.assumed[stream.index()];
                        let did = assume(assumed, place, seconds_max);
                        answers[by].count(did);
                        if did != Did::Nothing {
                            anew[stream.index()].insert(place);
                        }
                    }),
                    Event::Same { person, as_person } => {
                        let did = same(&mut self.same, person, as_person);
                        renamed |= did != Did::Nothing;
                        number_person(&mut dictionary, person)
                            .and(number_person(&mut dictionary, as_person))
                            .map(|_| answers[by].count(did))
                    }
                };
                if told.is_none() {
                    failed = Some(TraceError::Full);
                }
            }
        }
        for (stream, (track, mut batch)) in self.tracks.iter_mut().zip(pending).enumerate() {
            // Whatever came before or after it in the batch, what is assumed now counts.
            let assumed = &self.assumed[stream];
            let assumed = Assumed::new(self.rules.imputed_seconds_max, assumed);
            let layers = track.layers();
            for place in &anew[stream] {
                batch.assume_anew(&layers, *place, now.0);
            }
            let outcome = batch.finish(&layers, &assumed, |by, did| answers[by].count(did));
            drop(layers);
            track.take(outcome);
        }
        self.dictionary = dictionary;
        if renamed {
            self.number_aliases();
        }
        failed.map_or(Ok(answers), Err)
    }

    /// Makes the table of aliases from what was told.
    pub(super) fn number_aliases(&mut self) {
        let people = &self.dictionary.people;
        let number = |(a, b): (&u64, &u64)| Some((people.find(*a)?, people.find(*b)?));
        let pairs = self.same.iter().filter_map(number).collect();
        self.aliases = Arc::new(Aliases::new(&pairs));
    }
}

fn number_person(dictionary: &mut Arc<Dictionary>, person: Person) -> Option<u32> {
    match dictionary.people.find(person.0) {
        Some(number) => Some(number),
        None => Arc::make_mut(dictionary).people.number(person.0),
    }
}

pub(super) fn number_place(
    dictionary: &mut Arc<Dictionary>,
    stream: Stream,
    place: Place,
) -> Option<u32> {
    let at = stream.index();
    if let Some(number) = dictionary.places[at].find(place.0) {
        return Some(number);
    }
    let dictionary = Arc::make_mut(dictionary);
    dictionary.areas[at].push(Area::default().0);
    dictionary.places[at].number(place.0)
}

/// What a sighting says, in numbers; nothing when there are none left.
fn see(
    dictionary: &mut Arc<Dictionary>,
    stream: Stream,
    sighting: &Sighting,
    now: Moment,
) -> Option<(Stay, Says)> {
    // An end before the start is a clock fault: the start is kept, the end is as good as missing.
    let to = sighting.to.filter(|to| *to >= sighting.from);
    let stay = Stay {
        person: number_person(dictionary, sighting.person)?,
        place: number_place(dictionary, stream, sighting.place)?,
        start: sighting.from.0,
        end: to.unwrap_or(sighting.from).0,
        noted: now.0,
        how: sighting.how.code(),
        confidence: sighting.confidence,
        imputed: false,
    };
    Some((
        stay,
        if to.is_some() {
            Says::Was
        } else {
            Says::WasOpen
        },
    ))
}

/// The stay that is taken back, as far as it has to be known; nothing when nobody ever told of it.
fn withdraw(
    dictionary: &Dictionary,
    stream: Stream,
    (person, place, from): (Person, Place, Moment),
    now: Moment,
) -> Option<Stay> {
    Some(Stay {
        person: dictionary.people.find(person.0)?,
        place: dictionary.places[stream.index()].find(place.0)?,
        start: from.0,
        end: from.0,
        noted: now.0,
        how: 0,
        confidence: 0,
        imputed: false,
    })
}

fn locate(
    dictionary: &mut Arc<Dictionary>,
    stream: Stream,
    place: Place,
    area: Area,
) -> Option<Did> {
    let known = dictionary.places[stream.index()].find(place.0).is_some();
    let number = number_place(dictionary, stream, place)? as usize;
    if dictionary.areas[stream.index()].get(number) == Some(&area.0) {
        return Some(if known { Did::Nothing } else { Did::Added });
    }
    if let Some(kept) = Arc::make_mut(dictionary).areas[stream.index()].get_mut(number) {
        *kept = area.0;
    }
    Some(if known { Did::Changed } else { Did::Added })
}

/// Notes the longest stay that is assumed at a place.
fn assume(assumed: &mut BTreeMap<u32, u32>, place: u32, seconds_max: Option<u32>) -> Did {
    let before = match seconds_max {
        Some(seconds) => assumed.insert(place, seconds),
        None => assumed.remove(&place),
    };
    match (before, seconds_max) {
        (None, None) => Did::Nothing,
        (None, Some(_)) => Did::Added,
        (Some(before), now) if now == Some(before) => Did::Nothing,
        (Some(_), _) => Did::Changed,
    }
}

/// Notes that a pseudonym is another's, following what is known, so that no ring can come about.
fn same(told: &mut BTreeMap<u64, u64>, person: Person, as_person: Person) -> Did {
    if person == as_person {
        return if told.remove(&person.0).is_some() {
            Did::Changed
        } else {
            Did::Nothing
        };
    }
    let mut end = as_person.0;
    while let Some(next) = told.get(&end) {
        end = *next;
    }
    if end == person.0 {
        // Already one person, told the other way round.
        return Did::Nothing;
    }
    match told.insert(person.0, end) {
        None => Did::Added,
        Some(before) if before == end => Did::Nothing,
        Some(_) => Did::Changed,
    }
}
