//! From the tail to the record and its index; the same path serves retention, erasure and repair.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::writer::Writer;
use crate::disk::log::Log;
use crate::disk::manifest::{Listed, Manifest, Partition};
use crate::disk::numbers::Dictionary;
use crate::disk::record::{self, Recorded};
use crate::disk::{files, map};
use crate::error::TraceError;
use crate::ids::{Area, Day, Moment, Stream};
use crate::index::Stay;
use crate::index::segment::{Made, Segment, SegmentBuilder};
use crate::tail::{Sealed, Track};

/// Stream, day, area.
pub(super) type Key = (usize, Day, Area);

/// Which files a seal took away and made.
#[derive(Debug, Default)]
pub(super) struct Turnover {
    pub removed: Vec<String>,
    pub written: Vec<String>,
    /// Rows of days that are forgotten.
    pub forgotten: u64,
}

impl Writer {
    /// Seals the tail, and writes the partitions `also` anew.
    pub(super) fn seal(&mut self, log: &mut Log, also: &[Key]) -> Result<Turnover, TraceError> {
        self.seal_without(log, also, &[])
    }

    /// As [`seal`](Self::seal), also when there seems to be nothing to do: the numbers may need it.
    pub(super) fn seal_all(&mut self, log: &mut Log, also: &[Key]) -> Result<Turnover, TraceError> {
        self.manifest.numbers = None;
        self.seal_without(log, also, &[])
    }

    /// Seals, and takes the keys of erased people out of the numbers.
    pub(super) fn seal_without(
        &mut self,
        log: &mut Log,
        also: &[Key],
        erased: &[u32],
    ) -> Result<Turnover, TraceError> {
        let mut manifest = self.manifest.clone();
        let sealed = self.try_seal(log, &mut manifest, also, erased);
        // Names that were used stay used, whatever became of the rest.
        self.manifest.next = manifest.next;
        if sealed.is_err() {
            log.poison();
        }
        sealed
    }

    fn try_seal(
        &mut self,
        log: &mut Log,
        manifest: &mut Manifest,
        also: &[Key],
        erased: &[u32],
    ) -> Result<Turnover, TraceError> {
        let oldest = Day(manifest.oldest_day);
        let mut turnover = Turnover::default();
        let mut fresh = self.tail_by_key();
        let mut touched: BTreeSet<Key> = fresh.keys().chain(also).copied().collect();
        for (stream, track) in self.tracks.iter().enumerate() {
            let hidden = track.sealed.iter().filter(|s| !s.hidden.is_empty());
            touched.extend(hidden.map(|s| (stream, s.segment.day, s.segment.area)));
        }
        touched.extend(
            manifest
                .partitions
                .iter()
                .map(Partition::key)
                .filter(|key| key.1 < oldest),
        );
        if touched.is_empty() && erased.is_empty() && log.is_empty() && manifest.numbers.is_some() {
            return Ok(turnover);
        }
        let mut dictionary = Dictionary::clone(&self.dictionary);
        dictionary.people.fold(erased);
        for places in &mut dictionary.places {
            places.fold(&[]);
        }
        let mut segments: BTreeMap<Key, Arc<Segment>> = BTreeMap::new();
        for key in touched {
            let old = manifest
                .partitions
                .iter()
                .position(|p| p.key() == key)
                .map(|at| manifest.partitions.remove(at));
            let mut stays = match &old {
                Some(old) => self.kept(old)?,
                None => Vec::new(),
            };
            stays.extend(fresh.remove(&key).unwrap_or_default());
            if key.1 < oldest {
                turnover.forgotten += stays.len() as u64;
                continue;
            }
            if stays.is_empty() {
                continue;
            }
            let partition = self.write_partition(manifest, &dictionary, key, &stays)?;
            turnover
                .written
                .extend(partition.files().map(|f| f.name.clone()));
            segments.insert(key, Arc::new(self.open_segment(&partition.segment)?));
            manifest.partitions.push(partition);
        }
        manifest.partitions.sort_by_key(Partition::key);
        let name = manifest.name("numbers", "");
        manifest.numbers = Some(self.write_listed(name, &dictionary.encode())?);
        manifest.log = manifest.name("log", "");
        manifest.aliases.clone_from(&self.same);
        for (stream, assumed) in self.assumed.iter().enumerate() {
            let key =
                |(place, seconds): (&u32, &u32)| (dictionary.places[stream].key(*place), *seconds);
            manifest.assumed[stream] = assumed.iter().map(key).collect();
        }
        let fresh_log = Log::create(&self.path(&manifest.log))?;
        files::sync_folder(&self.path(&manifest.log))?;
        manifest.commit(&self.folder)?;

        self.manifest = manifest.clone();
        self.waiting_since = None;
        *log = fresh_log;
        self.dictionary = Arc::new(dictionary);
        for (stream, track) in self.tracks.iter_mut().enumerate() {
            *track = retrack(track, stream, &self.manifest, &segments);
        }
        self.number_aliases();
        turnover.removed = self.manifest.sweep(&self.folder)?;
        Ok(turnover)
    }

    /// The tail by the files it belongs to.
    fn tail_by_key(&self) -> BTreeMap<Key, Vec<Stay>> {
        let mut by_key: BTreeMap<Key, Vec<Stay>> = BTreeMap::new();
        for (stream, track) in self.tracks.iter().enumerate() {
            for stay in track.tail() {
                let area = self.dictionary.areas[stream]
                    .get(stay.place as usize)
                    .copied()
                    .unwrap_or_default();
                let day = self.rules.calendar.day(Moment(stay.start));
                by_key
                    .entry((stream, day, Area(area)))
                    .or_default()
                    .push(*stay);
            }
        }
        by_key
    }

    /// The stays of a partition that nothing hides, from its record.
    fn kept(&self, partition: &Partition) -> Result<Vec<Stay>, TraceError> {
        let key = partition.key();
        let track = &self.tracks[partition.stream];
        let of_key = |s: &&Sealed| (partition.stream, s.segment.day, s.segment.area) == key;
        let hidden = track
            .sealed
            .iter()
            .find(of_key)
            .map(|s| Arc::clone(&s.hidden))
            .unwrap_or_default();
        let mut stays = numbered(
            &self.dictionary,
            partition.stream,
            &self.read_record(partition)?,
        );
        stays.retain(|stay| !hidden.has(stay.identity()));
        Ok(stays)
    }

    /// The record of a partition, from the order that is sound.
    pub(super) fn read_record(&self, partition: &Partition) -> Result<Vec<Recorded>, TraceError> {
        for listed in [&partition.by_person, &partition.by_place] {
            if files::sum(&self.path(&listed.name))? == Some((listed.bytes, listed.crc)) {
                return record::read(&self.folder, &listed.name);
            }
        }
        Err(TraceError::Lost {
            path: self.path(&partition.by_person.name),
        })
    }

    pub(super) fn write_partition(
        &self,
        manifest: &mut Manifest,
        dictionary: &Dictionary,
        key: Key,
        stays: &[Stay],
    ) -> Result<Partition, TraceError> {
        let (stream, day, area) = key;
        let stem = Manifest::stem(Stream::ALL[stream], day, area);
        let mut recorded: Vec<Recorded> = stays
            .iter()
            .map(|stay| keyed(dictionary, stream, stay))
            .collect();
        recorded.sort_by_key(Recorded::by_person);
        let by_person = record::write(
            &self.folder,
            manifest.name(&stem, ".people.parquet"),
            &recorded,
            "person",
        )?;
        recorded.sort_by_key(Recorded::by_place);
        let by_place = record::write(
            &self.folder,
            manifest.name(&stem, ".places.parquet"),
            &recorded,
            "place",
        )?;
        drop(recorded);
        let bytes = segment_bytes(key, stays.to_vec());
        let name = manifest.name(&stem, ".segment");
        let segment = self.write_listed(name, bytemuck::cast_slice(&bytes))?;
        Ok(Partition {
            stream,
            day: day.0,
            area: area.0,
            rows: stays.len() as u64,
            by_person,
            by_place,
            segment,
        })
    }

    pub(super) fn write_listed(&self, name: String, bytes: &[u8]) -> Result<Listed, TraceError> {
        files::write_new(&self.path(&name), bytes)?;
        Ok(Listed {
            name,
            bytes: bytes.len() as u64,
            crc: crc32fast::hash(bytes),
        })
    }

    pub(super) fn open_segment(&self, listed: &Listed) -> Result<Segment, TraceError> {
        map::segment(&self.path(&listed.name))
    }
}

/// The bytes of a segment that holds `stays`: the same stays always give the same bytes.
pub(super) fn segment_bytes((stream, day, area): Key, stays: Vec<Stay>) -> Vec<u64> {
    let base = stays.iter().map(|stay| stay.start).min().unwrap_or(0);
    let mut builder = SegmentBuilder::with_capacity(base, stays.len());
    builder.extend_known(stays);
    let mut made = Made::default();
    builder.finish(Stream::ALL[stream], day, area, &mut made);
    made.words
}

fn retrack(
    track: &Track,
    stream: usize,
    manifest: &Manifest,
    new: &BTreeMap<Key, Arc<Segment>>,
) -> Track {
    let of_stream = manifest
        .partitions
        .iter()
        .map(Partition::key)
        .filter(|key| key.0 == stream);
    let sealed = of_stream.filter_map(|key| {
        let old = || {
            track
                .sealed
                .iter()
                .find(|s| (s.segment.day, s.segment.area) == (key.1, key.2))
        };
        let segment = new.get(&key).or_else(|| old().map(|s| &s.segment))?;
        Some(Sealed {
            segment: Arc::clone(segment),
            hidden: Arc::default(),
        })
    });
    Track {
        sealed: sealed.collect(),
        runs: Vec::new(),
    }
}

fn keyed(dictionary: &Dictionary, stream: usize, stay: &Stay) -> Recorded {
    Recorded {
        person: dictionary.people.key(stay.person),
        place: dictionary.places[stream].key(stay.place),
        start: stay.start,
        end: stay.end,
        noted: stay.noted,
        how: stay.how,
        confidence: stay.confidence,
        imputed: stay.imputed,
    }
}

/// Stays of a record with the numbers of their keys; all of them have one.
pub(super) fn numbered(dictionary: &Dictionary, stream: usize, recorded: &[Recorded]) -> Vec<Stay> {
    let number = |r: &Recorded| {
        Some(Stay {
            person: dictionary.people.find(r.person)?,
            place: dictionary.places[stream].find(r.place)?,
            start: r.start,
            end: r.end,
            noted: r.noted,
            how: r.how,
            confidence: r.confidence,
            imputed: r.imputed,
        })
    };
    recorded.iter().filter_map(number).collect()
}
