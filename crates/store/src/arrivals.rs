//! What came in with the command under way, remembered: nothing has to be asked back that was
//! written a moment ago. A stranger is a person of one such record, whom no link joins to anybody:
//! nothing was written for them but what this command wrote.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fangxian_base::{PersonId, RecordId, ResponseId};

use crate::ahead::Ahead;
use crate::approvals::Approval;
use crate::db::Tx;
use crate::facts::Fact;
use crate::records::{Record, RecordState};
use crate::responses::Response;

/// What can be written for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Written {
    Assessment,
    Review,
    Measure,
    Task,
    Clock,
    /// Somebody named the record as the case they met.
    Met,
}

/// A record that came in with the command.
#[derive(Debug)]
struct Arrival {
    /// As it stands; nothing once something else may have changed it.
    record: Option<Record>,
    facts: Vec<Fact>,
    /// Whether a link touches it.
    joined: bool,
    written: BTreeSet<Written>,
}

/// What a transaction remembers of what it wrote or read.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    arrivals: BTreeMap<RecordId, Arrival>,
    /// Arrivals by what they are searched by. A token says its kind.
    tokens: HashMap<[u8; 32], Vec<RecordId>>,
    link_tokens: HashMap<i64, Vec<RecordId>>,
    /// Assessments of strangers: person, response and scheme.
    pub(crate) assessed: BTreeSet<(PersonId, ResponseId, String)>,
    /// Responses of which it was said that their cases are to be counted again.
    pub(crate) alerts_due: BTreeSet<ResponseId>,
    /// What was asked ahead.
    pub(crate) ahead: Ahead,
    /// All responses, until one is changed.
    pub(crate) responses: Option<Vec<Response>>,
    /// Approvals of responses, until one is added or ended.
    pub(crate) approvals: BTreeMap<ResponseId, Vec<Approval>>,
}

impl Tx<'_> {
    fn arrival(&self, record: RecordId) -> Option<&Arrival> {
        self.context.memory.arrivals.get(&record)
    }

    fn arrival_mut(&mut self, record: RecordId) -> Option<&mut Arrival> {
        self.context.memory.arrivals.get_mut(&record)
    }

    /// A record came in.
    pub(crate) fn arrive(&mut self, record: Record) {
        let arrival = Arrival {
            facts: Vec::new(),
            joined: false,
            written: BTreeSet::new(),
            record: Some(record),
        };
        if let Some(record) = &arrival.record {
            self.context.memory.arrivals.insert(record.id, arrival);
        }
    }

    /// The record as it stands, when it came in with this command.
    pub(crate) fn arrived(&self, record: RecordId) -> Option<&Record> {
        self.arrival(record)?.record.as_ref()
    }

    /// Whether the record came in with this command.
    pub(crate) fn has_arrived(&self, record: RecordId) -> bool {
        self.arrival(record).is_some()
    }

    /// A record that came in can be searched by a token.
    pub(crate) fn arrived_token(&mut self, record: RecordId, token: [u8; 32]) {
        if self.has_arrived(record) {
            let with = self.context.memory.tokens.entry(token).or_default();
            with.push(record);
        }
    }

    /// What came in and can be searched by a token.
    pub(crate) fn token_arrivals(&self, token: &[u8; 32]) -> impl Iterator<Item = RecordId> {
        self.there(self.context.memory.tokens.get(token))
    }

    /// A record that came in can be found by a token of matching.
    pub(crate) fn arrived_link_token(&mut self, record: RecordId, token: i64) {
        if self.has_arrived(record) {
            let with = self.context.memory.link_tokens.entry(token).or_default();
            with.push(record);
        }
    }

    /// What came in and can be found by a token of matching.
    pub(crate) fn link_token_arrivals(&self, token: i64) -> impl Iterator<Item = RecordId> {
        self.there(self.context.memory.link_tokens.get(&token))
    }

    fn there<'t>(
        &'t self,
        records: Option<&'t Vec<RecordId>>,
    ) -> impl Iterator<Item = RecordId> + 't {
        let records = records.into_iter().flatten().copied();
        records.filter(|record| self.has_arrived(*record))
    }

    /// The facts on a record that came in with this command, in the order they were recorded.
    pub(crate) fn arrived_facts(&self, record: RecordId) -> Option<&[Fact]> {
        Some(self.arrival(record)?.facts.as_slice())
    }

    /// A fact was recorded.
    pub(crate) fn arrived_fact(&mut self, fact: &Fact) {
        if let Some(arrival) = self.arrival_mut(fact.record) {
            arrival.facts.push(fact.clone());
        }
    }

    /// A record was moved to another state.
    pub(crate) fn arrived_in_state(&mut self, record: RecordId, state: RecordState) {
        let arrival = self.arrival_mut(record);
        if let Some(record) = arrival.and_then(|arrival| arrival.record.as_mut()) {
            record.state = state;
            record.version += 1;
        }
    }

    /// Something else changed the record than what is remembered.
    pub(crate) fn arrived_otherwise(&mut self, record: RecordId) {
        if let Some(arrival) = self.arrival_mut(record) {
            arrival.record = None;
        }
    }

    /// The same for records that are not named.
    pub(crate) fn all_arrived_otherwise(&mut self) {
        for arrival in self.context.memory.arrivals.values_mut() {
            arrival.record = None;
        }
    }

    /// A record is joined with another, or held apart from it.
    pub(crate) fn joined(&mut self, record: RecordId) {
        if let Some(arrival) = self.arrival_mut(record) {
            arrival.joined = true;
            arrival.record = None;
        }
    }

    /// A record's key was destroyed: nothing of it is remembered.
    pub(crate) fn forget_arrival(&mut self, record: RecordId) {
        self.context.memory.ahead = Ahead::default();
        self.context.memory.arrivals.remove(&record);
    }

    /// Something was written for the person of a record.
    pub(crate) fn wrote(&mut self, record: RecordId, what: Written) {
        if let Some(arrival) = self.arrival_mut(record) {
            arrival.written.insert(what);
        }
    }

    fn stranger(&self, person: PersonId) -> Option<&Arrival> {
        self.arrival(person.first_record())
            .filter(|arrival| !arrival.joined)
    }

    /// Whether the person is one record that came in with this command.
    pub(crate) fn is_stranger(&self, person: PersonId) -> bool {
        self.stranger(person).is_some()
    }

    /// The only record of a stranger, as it stands.
    pub(crate) fn stranger_record(&self, person: PersonId) -> Option<&Record> {
        self.stranger(person)?.record.as_ref()
    }

    /// Whether the person is a stranger for whom nothing of the kind was written.
    pub(crate) fn is_stranger_without(&self, person: PersonId, what: Written) -> bool {
        self.stranger(person)
            .is_some_and(|arrival| !arrival.written.contains(&what))
    }
}
