//! The passing of days: dated steps become tasks for today and tomorrow, measures whose last day
//! has passed end. Running a sweep again is harmless.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, Date, MeasureId, Text, plus_days};
use fangxian_domain::measures::MeasureMove;
use fangxian_domain::tasks::kinds;
use fangxian_packs::{MeasureDue, StepKind};
use fangxian_store::measures::{
    Measure, MeasureChange, measure_content, measure_fetch, measure_move, measure_run_out,
    measure_running,
};
use fangxian_store::responses::response_fetch;
use fangxian_store::reviews::review_latest;
use fangxian_store::tasks::task_key_known;
use fangxian_store::{Author, Tx};
use serde::{Deserialize, Serialize};

use super::decide::ended;
use super::due_of;
use super::support::allowed;
use crate::assess::{Rules, approvals_of, assess_person};
use crate::tasks::give::{Work, give};
use crate::{App, Result, Who, found};

/// LIMIT: measures looked at in one turn.
const TURN: i64 = 200;

/// What the passing of a day led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DaySwept {
    /// Measures that ended or lapsed.
    pub ended: usize,
    /// Tasks given out.
    pub tasks: usize,
}

/// Where a sweep goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum DayPlace {
    /// At what has run out.
    #[default]
    RunOut,
    /// At the steps of measures that run on the day after so many, after this measure.
    Steps(i64, Option<MeasureId>),
}

impl App {
    /// Ends what has run out and gives out the steps of today and tomorrow.
    ///
    /// # Errors
    /// What the store said.
    pub fn day_sweep(&self) -> Result<DaySwept> {
        let mut swept = DaySwept::default();
        let mut place = Some(DayPlace::default());
        while let Some(from) = place {
            let (slice, next) = self.day_sweep_slice(from)?;
            swept.ended += slice.ended;
            swept.tasks += slice.tasks;
            place = next;
        }
        Ok(swept)
    }

    /// The next measures of a sweep; answers where to go on, or that it is done.
    pub(crate) fn day_sweep_slice(&self, place: DayPlace) -> Result<(DaySwept, Option<DayPlace>)> {
        let mut swept = DaySwept::default();
        let today = self.today();
        let (day, after) = match place {
            DayPlace::RunOut => {
                let over = self.read(|tx| Ok(measure_run_out(tx, today, TURN)?))?;
                for measure in &over {
                    swept.ended += usize::from(logged(self.run_out(measure)).unwrap_or(false));
                }
                // Those that failed stay and must not keep the steps of others waiting.
                let next = if swept.ended == 0 {
                    DayPlace::Steps(0, None)
                } else {
                    DayPlace::RunOut
                };
                return Ok((swept, Some(next)));
            }
            DayPlace::Steps(day, after) => (day, after),
        };
        let on = plus_days(today, day);
        let running = self.read(|tx| Ok(measure_running(tx, on, TURN, after)?))?;
        for measure in &running {
            logged(self.still_lawful(measure));
            swept.tasks += logged(self.steps(measure)).unwrap_or(0);
        }
        let next = match running.last() {
            Some(last) => Some(DayPlace::Steps(day, Some(last.id))),
            None if day == 0 => Some(DayPlace::Steps(1, None)),
            None => None,
        };
        Ok((swept, next))
    }

    fn run_out(&self, measure: &Measure) -> Result<bool> {
        let (rules, id) = (self.rules(), measure.id);
        let purpose = Purpose::MeasureWork;
        let response = Some(measure.response);
        let who = Who::system();
        self.write(
            &who,
            CommandId::new(),
            Action::MeasuresLift,
            purpose,
            response,
            move |tx| {
                let measure = found(measure_fetch(tx, id))?;
                let today = rules.today(tx);
                let Some(to) = measure.state.after(MeasureMove::RunOut) else {
                    return Ok(false);
                };
                if measure.ends_on >= today {
                    return Ok(false);
                }
                measure_move(tx, &measure, measure.version, to, MeasureChange::RunOut)?;
                let content = measure_content(tx, &measure)?;
                let open_ended =
                    due_of(content.proposal.as_deref()).is_some_and(|due| due.end.is_none());
                let trigger = open_ended.then_some(measure.record);
                ended(&rules, tx, &measure, Author::System, "run_out", trigger)?;
                Ok(true)
            },
        )
    }

    /// A law or an approval ends without any fact about a person: what it carried is asked about.
    fn still_lawful(&self, measure: &Measure) -> Result<()> {
        let (rules, today) = (self.rules(), self.today());
        let lawful = self.read(|tx| {
            let response = found(response_fetch(tx, measure.response))?;
            let approvals = approvals_of(tx, &response)?;
            let days = (today, today);
            Ok(allowed(&rules, &response, &approvals, &measure.kind, days))
        })?;
        let told = measure.lift_why.as_deref() == Some("unlawful");
        if lawful != told || measure.starts_on > today {
            return Ok(());
        }
        let (person, who) = (measure.person, Who::system());
        self.write(
            &who,
            CommandId::new(),
            Action::ReviewsList,
            Purpose::MeasureWork,
            Some(measure.response),
            move |tx| {
                tx.note("person", person);
                assess_person(&rules, tx, person, None)?;
                Ok(())
            },
        )
    }

    fn steps(&self, measure: &Measure) -> Result<usize> {
        let today = self.today();
        let begins = self.settings().zone.day_start(today);
        let wanted = self.read(|tx| {
            let content = measure_content(tx, measure)?;
            let Some(due) = due_of(content.proposal.as_deref()) else {
                return Ok(false);
            };
            for (day, kind) in due_on(measure, &due, today) {
                if !task_key_known(tx, &key(measure, day, kind))? {
                    return Ok(true);
                }
            }
            if measure.ends_on != today || due.end.is_some() {
                return Ok(false);
            }
            let last = review_latest(tx, measure.person, measure.response)?;
            Ok(last.is_none_or(|last| !last.state.is_open() && last.opened_at < begins))
        })?;
        if !wanted {
            return Ok(0);
        }
        let (rules, id) = (self.rules(), measure.id);
        let purpose = Purpose::MeasureWork;
        let response = Some(measure.response);
        let who = Who::system();
        self.write(
            &who,
            CommandId::new(),
            Action::TasksAssign,
            purpose,
            response,
            move |tx| {
                let measure = found(measure_fetch(tx, id))?;
                if !measure.state.is_decided() {
                    return Ok(0);
                }
                let content = measure_content(tx, &measure)?;
                let Some(due) = due_of(content.proposal.as_deref()) else {
                    return Ok(0);
                };
                let given = steps_of(&rules, tx, &measure, &due, Author::System)?;
                if measure.ends_on == rules.today(tx) && due.end.is_none() {
                    // A day of review: what the rules propose next waits for its looks before it ends.
                    assess_person(&rules, tx, measure.person, Some(measure.record))?;
                }
                Ok(given)
            },
        )
    }
}

/// What one row gave; one that fails is logged and must not keep the others waiting.
fn logged<T>(result: Result<T>) -> Option<T> {
    result.inspect_err(crate::AppError::log).ok()
}

/// The steps of a measure that fall on today or tomorrow, inside its days.
fn due_on(measure: &Measure, due: &MeasureDue, today: Date) -> Vec<(Date, StepKind)> {
    let days = [today, plus_days(today, 1)];
    let mut steps: Vec<(Date, StepKind)> = due
        .stages
        .iter()
        .flat_map(|stage| &stage.steps)
        .filter(|step| days.contains(&step.on))
        .filter(|step| measure.starts_on <= step.on && step.on <= measure.ends_on)
        .map(|step| (step.on, step.kind))
        .collect();
    steps.sort();
    steps.dedup();
    steps
}

/// One person is asked once a day for the same, whatever the number of measures.
fn key(measure: &Measure, day: Date, kind: StepKind) -> String {
    let what = match kind {
        StepKind::Test => "test",
        StepKind::HealthCheck => "health",
    };
    format!("step:{}:{}:{day}:{what}", measure.response, measure.person)
}

/// Gives out the steps of today and tomorrow; answers how many are new.
pub(super) fn steps_of(
    rules: &Rules,
    tx: &mut Tx<'_>,
    measure: &Measure,
    due: &MeasureDue,
    author: Author,
) -> Result<usize> {
    let today = rules.today(tx);
    let mut given = 0;
    for (day, kind) in due_on(measure, due, today) {
        let (code, text) = match kind {
            StepKind::Test => (
                kinds::SAMPLE,
                Text::new("按方案采样送检", "Take a sample as the plan asks"),
            ),
            StepKind::HealthCheck => (
                kinds::OBSERVE,
                Text::new("询问体温和症状", "Ask after temperature and symptoms"),
            ),
        };
        let work = Work::of_measure(measure, code, text, author);
        let work = Work {
            day: Some(day),
            unique_key: Some(key(measure, day, kind)),
            ..work
        };
        given += usize::from(give(rules, tx, &work)?.is_some());
    }
    Ok(given)
}
