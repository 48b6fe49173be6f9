//! Opening: files that are sound, made sound or named; the log read again; what a kill interrupted, finished.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Rules;
use super::seal::{Key, numbered, segment_bytes};
use super::writer::{Writer, number_place};
use crate::disk::files;
use crate::disk::log::Log;
use crate::disk::manifest::{Manifest, Partition, StoredRules};
use crate::disk::map;
use crate::disk::numbers::Dictionary;
use crate::error::TraceError;
use crate::event::Event;
use crate::ids::{Calendar, Person, Place, Stream};
use crate::index::segment::Segment;
use crate::tail::{Sealed, Track};
use crate::wire::{Entry, Frame};

/// What opening found and did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opened {
    /// Bytes of a frame that was never acknowledged, cut from the end of the log.
    pub torn_bytes: u64,
    /// Events read again from the log.
    pub replayed: u64,
    /// Files that were damaged or missing and were made anew, each with what was wrong.
    pub rebuilt: Vec<String>,
    /// Files of an interrupted write, removed.
    pub swept: Vec<String>,
    /// Erasures that a kill interrupted, finished.
    pub erasures_finished: u64,
}

impl Writer {
    pub(super) fn open(folder: &Path, rules: Rules) -> Result<(Self, Log, Opened), TraceError> {
        let lock = files::lock_folder(folder)?;
        let mut opened = Opened::default();
        let manifest = match Manifest::read(folder)? {
            Some(manifest) => manifest,
            None => first(folder, rules)?,
        };
        opened.swept = manifest.sweep(folder)?;
        let (mut log, frames, torn_bytes) = Log::open(&folder.join(&manifest.log))?;
        opened.torn_bytes = torn_bytes;
        let mut writer = Self {
            folder: folder.to_path_buf(),
            _lock: lock,
            rules: Rules {
                imputed_seconds_max: manifest.rules.imputed_seconds_max,
                future_seconds_max: manifest.rules.future_seconds_max,
                calendar: Calendar {
                    ahead_seconds: manifest.rules.ahead_seconds,
                },
            },
            same: manifest.aliases.clone(),
            manifest,
            dictionary: Arc::default(),
            tracks: [Track::default(), Track::default()],
            aliases: Arc::default(),
            assumed: [BTreeMap::new(), BTreeMap::new()],
            waiting_since: None,
        };
        writer.load(&mut opened)?;
        writer.number_aliases();
        writer.number_assumed()?;
        writer.replay(&mut log, &frames, &mut opened)?;
        Ok((writer, log, opened))
    }

    /// Numbers and segments, made anew where they are not sound.
    fn load(&mut self, opened: &mut Opened) -> Result<(), TraceError> {
        let mut changed = false;
        let numbers = match self.manifest.numbers.clone() {
            None => Some(Dictionary::default()),
            Some(listed) => {
                let path = self.path(&listed.name);
                let sound = files::sum(&path)? == Some((listed.bytes, listed.crc));
                let bytes = if sound {
                    files::read(&path)?
                } else {
                    Vec::new()
                };
                Dictionary::decode(&bytes).filter(|_| sound)
            }
        };
        let all_anew = numbers.is_none();
        let dictionary = if let Some(dictionary) = numbers {
            dictionary
        } else {
            let dictionary = self.number_again()?;
            let name = self.manifest.name("numbers", "");
            opened
                .rebuilt
                .push(format!("{name}: the numbers were damaged"));
            self.manifest.numbers = Some(self.write_listed(name, &dictionary.encode())?);
            changed = true;
            dictionary
        };
        self.dictionary = Arc::new(dictionary);
        let listed = self.manifest.partitions.iter();
        let paths: Vec<PathBuf> = listed.map(|p| self.path(&p.segment.name)).collect();
        let mut mapped = map::segments(if all_anew { &[] } else { &paths }).into_iter();
        for at in 0..self.manifest.partitions.len() {
            let partition = self.manifest.partitions[at].clone();
            let found = match mapped.next() {
                Some(mapped) => sound_segment(&partition, mapped)?,
                None => Err("its numbers changed".to_owned()),
            };
            let segment = match found {
                Ok(segment) => segment,
                Err(why) => {
                    opened
                        .rebuilt
                        .push(format!("{}: {why}", partition.segment.name));
                    changed = true;
                    self.rebuild(at)?
                }
            };
            self.tracks[partition.stream].sealed.push(Sealed {
                segment: Arc::new(segment),
                hidden: Arc::default(),
            });
        }
        if changed {
            self.manifest.commit(&self.folder)?;
            self.manifest.sweep(&self.folder)?;
        }
        Ok(())
    }

    /// The places with a longest assumed stay of their own, by number. They keep one when the numbers were lost.
    fn number_assumed(&mut self) -> Result<(), TraceError> {
        for stream in Stream::ALL {
            for (place, seconds) in &self.manifest.assumed[stream.index()] {
                let number = number_place(&mut self.dictionary, stream, Place(*place));
                self.assumed[stream.index()].insert(number.ok_or(TraceError::Full)?, *seconds);
            }
        }
        Ok(())
    }

    fn rebuild(&mut self, at: usize) -> Result<Segment, TraceError> {
        let partition = self.manifest.partitions[at].clone();
        let recorded = self.read_record(&partition)?;
        let stays = numbered(&self.dictionary, partition.stream, &recorded);
        let key = partition.key();
        let stem = Manifest::stem(Stream::ALL[partition.stream], key.1, key.2);
        let name = self.manifest.name(&stem, ".segment");
        let listed = self.write_listed(name, bytemuck::cast_slice(&segment_bytes(key, stays)))?;
        let segment = self.open_segment(&listed)?;
        self.manifest.partitions[at].segment = listed;
        Ok(segment)
    }

    /// Numbers for everything in the record, when the old ones are lost. Areas of places without a stay
    /// are lost with them.
    fn number_again(&self) -> Result<Dictionary, TraceError> {
        let mut dictionary = Dictionary::default();
        for partition in &self.manifest.partitions {
            let recorded = self.read_record(partition)?;
            let places = &mut dictionary.places[partition.stream];
            for stay in &recorded {
                dictionary
                    .people
                    .number(stay.person)
                    .ok_or(TraceError::Full)?;
                let place = places.number(stay.place).ok_or(TraceError::Full)?;
                let areas = &mut dictionary.areas[partition.stream];
                areas.resize(areas.len().max(place as usize + 1), 0);
                areas[place as usize] = partition.area;
            }
        }
        for key in self.same.iter().flat_map(|(a, b)| [*a, *b]) {
            dictionary.people.number(key).ok_or(TraceError::Full)?;
        }
        Ok(dictionary)
    }

    /// Applies the log again, and finishes erasures in it.
    fn replay(
        &mut self,
        log: &mut Log,
        frames: &[Frame],
        opened: &mut Opened,
    ) -> Result<(), TraceError> {
        let mut erased = BTreeSet::new();
        for frame in frames {
            let told = |entry: &Entry| match entry {
                Entry::Told(event) => Some(*event),
                Entry::Erased(_) => None,
            };
            let events: Vec<Event> = frame.entries.iter().filter_map(told).collect();
            opened.replayed += events.len() as u64;
            self.apply(&[&events], frame.at)?;
            for entry in &frame.entries {
                if let Entry::Erased(Person(key)) = entry {
                    erased.extend(self.dictionary.people.find(*key));
                }
            }
        }
        if !erased.is_empty() {
            opened.erasures_finished = erased.len() as u64;
            self.finish_erasing(log, &erased)?;
        }
        Ok(())
    }
}

/// The segment of a partition, or why it cannot be used.
fn sound_segment(
    partition: &Partition,
    mapped: Result<Segment, TraceError>,
) -> Result<Result<Segment, String>, TraceError> {
    match mapped {
        Ok(segment) => {
            let key: Key = (partition.stream, segment.day, segment.area);
            let fits = key == partition.key() && segment.rows() as u64 == partition.rows;
            Ok(if fits {
                Ok(segment)
            } else {
                Err("it is the segment of something else".to_owned())
            })
        }
        Err(TraceError::Segment { damage, .. }) => Ok(Err(damage.to_string())),
        Err(TraceError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Ok(Err("the file is missing".to_owned()))
        }
        Err(TraceError::Io { source, .. }) if source.kind() == std::io::ErrorKind::InvalidInput => {
            Ok(Err("the file is empty".to_owned()))
        }
        Err(error) => Err(error),
    }
}

fn first(folder: &Path, rules: Rules) -> Result<Manifest, TraceError> {
    let stored = StoredRules {
        imputed_seconds_max: rules.imputed_seconds_max,
        future_seconds_max: rules.future_seconds_max,
        ahead_seconds: rules.calendar.ahead_seconds,
    };
    let name = "log-1".to_owned();
    // A first start that was killed may have left its log behind.
    files::remove(&folder.join(&name))?;
    Log::create(&folder.join(&name))?;
    let manifest = Manifest::new(name, stored);
    manifest.commit(folder)?;
    Ok(manifest)
}
