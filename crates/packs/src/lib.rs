//! Rules as data: reads, checks and evaluates the packs under `packs/`.
//!
//! Pure and deterministic: no IO, no clock, no database. The same facts, packs and days give the
//! same answer for ever. Nothing here decides: an [`Assessment`] proposes, an organ decides.
//! Start with [`Library::assess`]; the language is described in `docs/packs.md`.

mod alerts;
mod assessment;
mod check;
mod compile;
mod diff;
mod eval;
mod example;
mod explain;
mod fact;
mod finding;
mod law;
mod levels;
mod library;
mod load;
mod notifiable;
mod overview;
mod schema;
mod shipped;
mod text;
mod words;

pub use alerts::{AlertKind, AlertQuestion, AlertRaised, Counted, DayCount, FirstOf, Unit};
pub use assessment::{
    Advice, Answer, Assessment, CaseClass, Category, ContactKind, EvidenceNeeded, Formality, Label,
    Managed, MeasureDue, Migration, Missing, Organ, PackUsed, Place, Quantity, Reason, Refusal,
    RefusalKind, Release, ReportDue, Stage, Step, StepKind, Target, TaskDue, ValueUsed,
};
pub use diff::{Change, PackDiff, diff};
pub use example::{Coverage, ExampleResult, due_at};
pub use explain::explain;
pub use fact::{Approval, ApprovalKind, Evidence, Fact, Input, Value};
pub use finding::{Finding, Severity};
pub use law::PermitRequest;
pub use levels::{LevelFound, LevelQuestion, LevelRefused};
pub use library::{CityView, LevelName, Library, LoadError, Loaded, Permit};
pub use load::{Loader, TestRun, check, test};
pub use notifiable::Notifiable;
pub use overview::{AttrView, FactView, PackOverview, SourceView, ValueView};
pub use schema::{Graded, Privacy};
pub use shipped::files as shipped_files;
pub use text::Text;
