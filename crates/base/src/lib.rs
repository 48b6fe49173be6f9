//! The ground everything stands on: typed ids, civil dates, instants, epidemiological weeks, the
//! clock, values that must not be printed, and one way to print an error with its causes.
//!
//! Nothing here does IO except [`SystemClock`] and the random half of an id; nothing here knows
//! people, rules or tables. Start with [`ids`] and [`time`].

mod chain;
mod ids;
mod nearest;
mod sensitive;
mod text;
mod time;

pub use chain::error_chain;
pub use ids::{
    AlertId, AppealId, AreaId, CommandId, EntryId, FactId, ImportId, JobId, LinkId, MeasureId,
    MessageId, PairId, ParseIdError, PersonId, RecordId, ReportClockId, ResponseId, ReviewId,
    TaskId, UnitId, UserId,
};
pub use nearest::nearest;
pub use sensitive::Sensitive;
pub use text::Text;
pub use time::{
    Clock, EpiWeek, Instant, ManualClock, ParseInstantError, SystemClock, Zone, days_between,
    plus_days,
};

/// A day on the calendar, as people say it: no hour, no zone.
pub use jiff::civil::Date;
