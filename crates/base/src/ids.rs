//! Typed ids: a task's id can never be passed where a person's is meant.
//!
//! Every id is a UUID version 7, made in the program, so ids sort roughly by the time they were
//! made and no database sequence is needed.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// The text was not an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseIdError {
    kind: &'static str,
}

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a {} id", self.kind)
    }
}

impl std::error::Error for ParseIdError {}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes a new id.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "a new id is never a default value")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }

            /// Wraps a stored value.
            pub const fn from_uuid(value: Uuid) -> Self {
                Self(value)
            }

            /// The stored value.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                text.parse().map(Self).map_err(|_: uuid::Error| ParseIdError { kind: $kind })
            }
        }
    )*};
}

ids! {
    /// Cases that occurred together in one place.
    AlertId = "alert";
    /// An appeal against a measure, or a request to correct a fact.
    AppealId = "appeal";
    /// A place in the division tree: city, county, township, community or grid.
    AreaId = "area";
    /// A command: made by whoever asks, so that asking twice is harmless.
    CommandId = "command";
    /// An entry in the audit trail.
    EntryId = "audit entry";
    /// One recorded fact.
    FactId = "fact";
    /// One imported file.
    ImportId = "import";
    /// One background job.
    JobId = "job";
    /// One statement that two records are, or are not, the same person.
    LinkId = "link";
    /// A measure on a person.
    MeasureId = "measure";
    /// A message waiting to leave.
    MessageId = "message";
    /// Two records that may be the same person and wait for somebody to look.
    PairId = "pair";
    /// A person: the oldest record among the records that link facts join.
    PersonId = "person";
    /// A source record: one thing that came in through the door.
    RecordId = "record";
    /// A statutory report that is due or was sent.
    ReportClockId = "report clock";
    /// A response: what facts, tasks and measures were collected for.
    ResponseId = "response";
    /// An assessment waiting for, or having had, its two looks.
    ReviewId = "review";
    /// A piece of work with one owner and a clock.
    TaskId = "task";
    /// An organisation or office.
    UnitId = "unit";
    /// A member of staff with an account.
    UserId = "user";
}

impl PersonId {
    /// The person that a record stands for as long as nothing is joined to it.
    pub const fn of_record(record: RecordId) -> Self {
        Self(record.0)
    }

    /// The record that gave the person its id.
    pub const fn first_record(self) -> RecordId {
        RecordId(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_printed() {
        let id = TaskId::new();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(
            "x".parse::<TaskId>().unwrap_err().to_string(),
            "not a task id"
        );
    }

    #[test]
    fn later_ids_sort_later() {
        let (a, b) = (FactId::new(), FactId::new());
        assert!(a < b);
    }
}
