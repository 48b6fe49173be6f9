//! What is asked of a keeper: forget by day, erase one person, verify, repair, count.

use std::collections::BTreeSet;

use super::Store;
use super::seal::{Key, numbered, segment_bytes};
use super::writer::Writer;
use crate::disk::files;
use crate::disk::log::Log;
use crate::disk::manifest::{Listed, Partition};
use crate::error::TraceError;
use crate::ids::{Day, Moment, Person, Stream};
use crate::wire::Entry;

/// What an erasure did. Holds nothing about the person; whoever asked keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The how-manieth erasure of this store.
    pub number: u64,
    /// When.
    pub at: Moment,
    /// Stays erased, by stream.
    pub stays: [u64; 2],
    /// Pseudonyms of the person that were erased.
    pub pseudonyms: u64,
    /// Files that held something and are gone.
    pub removed: Vec<String>,
    /// Files written in their place.
    pub written: Vec<String>,
}

/// A file that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which file.
    pub file: String,
    /// What is wrong.
    pub what: String,
}

/// Counts of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamStats {
    /// Stays in the record.
    pub sealed: u64,
    /// Stays in the log only.
    pub waiting: u64,
    /// Days and areas.
    pub partitions: u64,
    /// Bytes of the record, both orders.
    pub record_bytes: u64,
    /// Bytes of the index without side columns.
    pub index_bytes: u64,
    /// Bytes of the side columns: how a stay is known.
    pub side_bytes: u64,
    /// Places that were ever named.
    pub places: u64,
}

/// Counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// By stream.
    pub streams: [StreamStats; 2],
    /// Pseudonyms that were ever named, erased ones too.
    pub people: u64,
    /// Erasures so far.
    pub erasures: u64,
    /// Days before this one are forgotten.
    pub oldest_day: u32,
}

impl Store {
    /// Erases a person under all pseudonyms: stays, numbers, aliases. Every file that held any of it is
    /// written anew. A kill does not stop it: what has begun is finished at the next start.
    ///
    /// LIMIT: a pseudonym that is told again afterwards is taken as somebody new.
    pub fn erase(&self, person: Person, now: Moment) -> Result<Receipt, TraceError> {
        self.exclusive(|writer, log| writer.erase(log, person, now))
    }

    /// Compares every file with its checksum, and with `deep` every segment with its record.
    pub fn verify(&self, deep: bool) -> Result<Vec<Fault>, TraceError> {
        self.exclusive(|writer, _| writer.verify(deep))
    }

    /// Makes anew what [`verify`](Self::verify) finds, from what is sound; what it was.
    ///
    /// # Errors
    /// When no sound copy of something is left.
    pub fn repair(&self) -> Result<Vec<Fault>, TraceError> {
        self.exclusive(Writer::repair)
    }

    /// Counts stays, files and bytes.
    pub fn stats(&self) -> Stats {
        self.lock().stats()
    }
}

impl Writer {
    pub(super) fn forget_before(&mut self, log: &mut Log, day: Day) -> Result<u64, TraceError> {
        self.manifest.oldest_day = self.manifest.oldest_day.max(day.0);
        Ok(self.seal(log, &[])?.forgotten)
    }

    fn erase(&mut self, log: &mut Log, person: Person, now: Moment) -> Result<Receipt, TraceError> {
        let found = self
            .dictionary
            .people
            .find(person.0)
            .map(|number| self.aliases.canonical(number));
        let numbers: BTreeSet<u32> = found
            .into_iter()
            .flat_map(|number| self.aliases.numbers_of(number).collect::<Vec<_>>())
            .collect();
        let entries: Vec<Entry> = numbers
            .iter()
            .map(|number| Entry::Erased(Person(self.dictionary.people.key(*number))))
            .collect();
        let mut receipt = Receipt {
            number: self.manifest.erasures,
            at: now,
            stays: [0; 2],
            pseudonyms: numbers.len() as u64,
            removed: Vec::new(),
            written: Vec::new(),
        };
        if entries.is_empty() {
            return Ok(receipt);
        }
        log.append(now, entries.into_iter())?;
        let (stays, turnover) = self.finish_erasing(log, &numbers)?;
        receipt.number = self.manifest.erasures;
        (receipt.stays, receipt.removed, receipt.written) =
            (stays, turnover.removed, turnover.written);
        Ok(receipt)
    }

    /// Hides the stays, then writes everything that holds any of it anew.
    pub(super) fn finish_erasing(
        &mut self,
        log: &mut Log,
        numbers: &BTreeSet<u32>,
    ) -> Result<([u64; 2], super::seal::Turnover), TraceError> {
        let mut stays = [0; 2];
        for (count, track) in stays.iter_mut().zip(&mut self.tracks) {
            *count = numbers
                .iter()
                .map(|number| track.hide_person(*number) as u64)
                .sum();
        }
        let keys: BTreeSet<u64> = numbers
            .iter()
            .map(|number| self.dictionary.people.key(*number))
            .collect();
        self.same
            .retain(|a, b| !keys.contains(a) && !keys.contains(b));
        self.manifest.erasures += 1;
        let numbers: Vec<u32> = numbers.iter().copied().collect();
        Ok((stays, self.seal_without(log, &[], &numbers)?))
    }

    fn verify(&self, deep: bool) -> Result<Vec<Fault>, TraceError> {
        let mut faults = Vec::new();
        let partitions = self.manifest.partitions.iter();
        let listed = partitions
            .clone()
            .flat_map(Partition::files)
            .chain(&self.manifest.numbers);
        for file in listed {
            if let Some(what) = self.fault(file)? {
                faults.push(Fault {
                    file: file.name.clone(),
                    what,
                });
            }
        }
        let to_compare = if deep && faults.is_empty() {
            &self.manifest.partitions[..]
        } else {
            &[]
        };
        for partition in to_compare {
            let stays = numbered(
                &self.dictionary,
                partition.stream,
                &self.read_record(partition)?,
            );
            let expected = segment_bytes(partition.key(), stays);
            if crc32fast::hash(bytemuck::cast_slice(&expected)) != partition.segment.crc {
                let what = "it does not hold what its record holds".to_owned();
                faults.push(Fault {
                    file: partition.segment.name.clone(),
                    what,
                });
            }
        }
        Ok(faults)
    }

    fn fault(&self, listed: &Listed) -> Result<Option<String>, TraceError> {
        Ok(match files::sum(&self.path(&listed.name))? {
            None => Some("the file is missing".to_owned()),
            Some((bytes, _)) if bytes != listed.bytes => {
                Some(format!("{bytes} bytes long instead of {}", listed.bytes))
            }
            Some((_, crc)) if crc != listed.crc => Some("it does not fit its checksum".to_owned()),
            Some(_) => None,
        })
    }

    fn repair(&mut self, log: &mut Log) -> Result<Vec<Fault>, TraceError> {
        let faults = self.verify(true)?;
        let broken = |partition: &&Partition| {
            partition
                .files()
                .iter()
                .any(|file| faults.iter().any(|fault| fault.file == file.name))
        };
        let keys: Vec<Key> = self
            .manifest
            .partitions
            .iter()
            .filter(broken)
            .map(Partition::key)
            .collect();
        if !faults.is_empty() {
            self.seal_all(log, &keys)?;
        }
        Ok(faults)
    }

    fn stats(&self) -> Stats {
        let mut stats = Stats {
            people: self.dictionary.people.len() as u64,
            erasures: self.manifest.erasures,
            oldest_day: self.manifest.oldest_day,
            ..Stats::default()
        };
        for stream in Stream::ALL {
            let at = stream.index();
            let counts = &mut stats.streams[at];
            counts.waiting = self.tracks[at].tail_len() as u64;
            counts.places = self.dictionary.places[at].len() as u64;
            for partition in self.manifest.partitions.iter().filter(|p| p.stream == at) {
                counts.sealed += partition.rows;
                counts.partitions += 1;
                counts.record_bytes += partition.by_person.bytes + partition.by_place.bytes;
            }
            for sealed in &self.tracks[at].sealed {
                let (bytes, side) = sealed.segment.size();
                counts.index_bytes += bytes - side;
                counts.side_bytes += side;
            }
        }
        stats
    }
}
