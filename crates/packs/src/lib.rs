//! Rules as data: reads, checks and evaluates the packs under `packs/`.
//!
//! Pure and deterministic: no IO, no clock, no database. The same facts, packs and days give the
//! same answer for ever. Nothing here decides: an [`Assessment`] proposes, an organ decides.
//! Start with [`Library::assess`]; the language is described in `docs/packs.md`.

mod alerts;
mod assessment;
mod cases;
mod check;
mod compile;
mod diff;
mod eval;
mod example;
mod explain;
mod fact;
mod finding;
mod law;
mod layout;
mod levels;
mod library;
mod limits;
mod load;
mod notifiable;
mod outcome;
mod overview;
mod page;
mod reachable;
mod reading;
mod regrade;
mod retention;
mod schema;
mod shipped;
mod signing;
mod slips;
mod text;
mod words;

pub use alerts::{AlertKind, AlertQuestion, AlertRaised, Counted, DayCount, FirstOf, Unit};
pub use assessment::{
    Advice, Answer, Assessment, CaseClass, Category, ContactKind, Direction, EvidenceNeeded,
    Formality, Label, Layer, Managed, MeasureDue, Migration, Missing, Organ, PackUsed, Place,
    Quantity, Reason, Refusal, RefusalKind, Release, ReportDue, Stage, Step, StepKind, Target,
    TaskDue, ValueUsed,
};
pub use cases::{Case, CaseState};
pub use diff::{Change, PackDiff, diff};
pub use example::{Coverage, ExampleResult, due_at};
pub use explain::explain;
pub use fact::{Approval, ApprovalKind, Evidence, Fact, Input, Value};
pub use finding::{Finding, Severity};
pub use law::PermitRequest;
pub use layout::{layout, layout_finding};
pub use levels::{LevelFound, LevelQuestion, LevelRefused};
pub use library::{CityView, LevelName, Library, LoadError, Loaded, Permit, RouteOpen};
pub use limits::Limit;
pub use load::{Loader, TestRun, check, test};
pub use notifiable::Notifiable;
pub use outcome::{MeasureSaid, Outcome};
pub use overview::{AttrView, FactView, PackOverview, SourceView, ValueView};
pub use page::{PackPage, PageEntry, PageLine, PageSection};
pub use regrade::{Person, RegradeCount, Regraded, Regrading, regrade, regrade_one};
pub use retention::{Retained, Retention};
pub use schema::{Graded, LimitOf, Privacy, schema};
pub use shipped::files as shipped_files;
pub use signing::{NotSigned, Signed, SigningPerson, Statement, digest, effective};
pub use text::Text;
