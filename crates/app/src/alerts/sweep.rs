//! Counting: what changed since the last time, response by response. Only what follows from the
//! counts is written; counting again at once writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

use fangxian_authz::{Action, Purpose};
use fangxian_base::{AlertId, CommandId, Date, Instant, ResponseId, Text, plus_days};
use fangxian_domain::alerts::AlertState;
use fangxian_packs::{AlertQuestion, AlertRaised, Approval, DayCount};
use fangxian_store::Tx;
use fangxian_store::alerts::{
    Alert, Count, NewAlert, alert_fetch, alert_insert, alert_recount, alert_running, counted,
    due_list, someone_at,
};
use fangxian_store::clocks::{NewAlertClock, alert_clock_insert};
use fangxian_store::responses::{Response, response_fetch, response_list};
use serde::{Deserialize, Serialize};

use super::places::{self, Called, Place, Tree, count_of};
use crate::assess::counting::institution;
use crate::assess::{Rules, approvals_of, code_of, facts_of_person};
use crate::responses::ELSEWHERE;
use crate::{App, AppError, Result, Who, found};

/// Minutes between the first change and the next counting, so that a list is counted once.
/// `ours`: short beside the shortest clock of two hours.
const SETTLE_MINUTES: i64 = 1;
/// All responses are counted again after so many minutes: windows pass, packs and places change.
const AGAIN_MINUTES: i64 = 30;
/// Days after its end in which an alert is the same one when its window comes to run again.
const REACH_DAYS: i64 = 60;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AlertsSwept {
    /// Alerts raised.
    pub raised: usize,
    /// Alerts with other counts than before.
    pub changed: usize,
}

/// Place, days and reasons of an alert, as they are sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Content {
    /// What the place is called; none where nobody can say any more.
    pub place: Option<Text>,
    /// Whether it is a unit or an area that everybody knows.
    pub known: bool,
    /// People by day, in the window.
    pub days: BTreeMap<Date, DayCount>,
    /// What the packs said when the threshold was reached last.
    pub raised: AlertRaised,
}

impl Content {
    /// Reads what was sealed; none when the key was destroyed.
    pub fn of(alert: &Alert) -> Option<Self> {
        serde_json::from_slice(alert.content.as_deref()?).ok()
    }
}

/// What is to be written about one rule at one place.
struct Change {
    /// The alert that is brought up to date; none: one is raised.
    alert: Option<Alert>,
    key: String,
    unit: String,
    area: Option<fangxian_base::AreaId>,
    confined: bool,
    cases: i64,
    met: bool,
    content: Content,
}

impl App {
    /// Counts where somebody was assessed since, and now and then everywhere. Running it again at
    /// the same moment does nothing.
    ///
    /// # Errors
    /// What the store said.
    pub fn alerts_sweep(&self) -> Result<AlertsSwept> {
        let now = self.now();
        let mut swept = AlertsSwept::default();
        let due = self.read(|tx| Ok(due_list(tx, now.plus_minutes(-SETTLE_MINUTES))?))?;
        let mut wanted: BTreeMap<ResponseId, Option<i64>> = BTreeMap::new();
        if self.alerts_all_due(now) {
            let all = self.read(|tx| Ok(response_list(tx)?))?;
            wanted.extend(all.iter().map(|response| (response.id, None)));
        }
        wanted.extend(due.into_iter().map(|(id, times)| (id, Some(times))));
        for (response, times) in wanted {
            // One response that cannot be counted must not keep the others waiting.
            match self.alerts_count(response) {
                Ok(one) => {
                    swept.raised += one.raised;
                    swept.changed += one.changed;
                    if let Some(times) = times {
                        self.store().alerts_counted(response, times)?;
                    }
                }
                Err(e) => e.log(),
            }
        }
        Ok(swept)
    }

    /// Whether everything is to be counted; from then on it is not for a while.
    fn alerts_all_due(&self, now: Instant) -> bool {
        let zone = &self.settings().zone;
        let counted = self.alerts_counted_at();
        let mut last = counted.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.is_none_or(|last| {
            now >= last.plus_minutes(AGAIN_MINUTES) || zone.date(now) != zone.date(last)
        });
        if due {
            *last = Some(now);
        }
        due
    }

    /// Counts one response; writes when something changed.
    fn alerts_count(&self, response: ResponseId) -> Result<AlertsSwept> {
        let rules = self.rules();
        if self.read(|tx| changes(&rules, tx, response))?.is_empty() {
            return Ok(AlertsSwept::default());
        }
        let (raised, changed) = self.write(
            &Who::system(),
            CommandId::new(),
            Action::AlertsRaise,
            Purpose::StatutoryReport,
            Some(response),
            move |tx| {
                let (mut raised, mut changed) = (0, 0);
                for change in changes(&rules, tx, response)? {
                    if change.alert.is_some() {
                        changed += 1;
                    } else {
                        raised += 1;
                    }
                    write(&rules, tx, response, change)?;
                }
                tx.detail("raised", raised);
                Ok((raised, changed))
            },
        )?;
        let count = |n: i64| usize::try_from(n).unwrap_or(usize::MAX);
        Ok(AlertsSwept {
            raised: count(raised),
            changed: count(changed),
        })
    }
}

/// The question about one place.
struct Asking<'a> {
    rules: &'a Rules,
    response: &'a Response,
    approvals: &'a [Approval],
    today: Date,
}

impl Asking<'_> {
    fn ask(&self, place: &Place<'_>, days: &BTreeMap<Date, DayCount>) -> Vec<AlertRaised> {
        self.rules.packs().alerts(&AlertQuestion {
            disease: &self.response.disease,
            unit: place.unit,
            region: &self.response.region,
            days,
            approvals: self.approvals,
            on: self.today,
            as_of: self.today,
        })
    }

    /// What the people of a place amount to. Where they share nothing but that nobody knows more of
    /// them, only what one of them alone amounts to counts.
    fn raised(&self, place: &Place<'_>) -> Vec<AlertRaised> {
        let mut all = self.ask(place, &place.days());
        if place.apart {
            let alone: BTreeSet<String> = place
                .people
                .iter()
                .flat_map(|alike| {
                    let one = BTreeMap::from([(alike.on, count_of(alike, 1))]);
                    self.ask(place, &one)
                })
                .map(|raised| raised.rule)
                .collect();
            all.retain(|raised| alone.contains(&raised.rule));
        }
        all
    }
}

/// What differs between the counts and the alerts that are kept.
fn changes(rules: &Rules, tx: &mut Tx<'_>, response: ResponseId) -> Result<Vec<Change>> {
    let response = found(response_fetch(tx, response))?;
    if response.closed_at.is_some() || response.disease.is_empty() || response.region == ELSEWHERE {
        return Ok(Vec::new());
    }
    let today = rules.today(tx);
    let mut kept = alert_running(tx, response.id, plus_days(today, -REACH_DAYS))?;
    let people = counted(tx, response.id)?;
    if people.is_empty() && kept.is_empty() {
        return Ok(Vec::new());
    }
    let tree = Tree::read(rules, tx, &people)?;
    let places = places::sorted(tx, &tree, &people)?;
    let approvals = approvals_of(tx, &response)?;
    let asking = Asking {
        rules,
        response: &response,
        approvals: &approvals,
        today,
    };
    let told: Vec<(&Place<'_>, AlertRaised)> = places
        .iter()
        .flat_map(|place| {
            asking
                .raised(place)
                .into_iter()
                .map(move |raised| (place, raised))
        })
        .collect();
    let mut all = Vec::new();
    // Of several of one rule at one place, the latest is meant.
    for (place, raised) in &told {
        let same = kept.iter().rposition(|alert| {
            alert.rule == raised.rule
                && alert.place == place.key
                && (alert.until >= today || alert.until >= raised.from)
        });
        let alert = same.map(|at| kept.remove(at));
        if alert.is_none() && told_elsewhere(place, raised, &told) {
            continue;
        }
        let content = Content {
            place: name(tx, &response, &place.called, alert.as_ref())?,
            known: matches!(place.called, Called::Known(_)),
            days: within(&place.days(), raised.from, raised.to),
            raised: raised.clone(),
        };
        all.extend(change(alert, Some(place), content)?);
    }
    // Fewer than the threshold now, for one because a case was withdrawn: told with its new count
    // until its window has passed.
    for alert in kept.into_iter().filter(|alert| alert.until >= today) {
        let Some(content) = Content::of(&alert) else {
            continue;
        };
        let place = places.iter().find(|place| place.key == alert.place);
        let days = place.map(Place::days).unwrap_or_default();
        let content = Content {
            days: within(&days, alert.from, alert.to),
            ..content
        };
        all.extend(change_below(alert, content)?);
    }
    Ok(all)
}

fn within(days: &BTreeMap<Date, DayCount>, from: Date, to: Date) -> BTreeMap<Date, DayCount> {
    let inside = days.range(from..=to.max(from));
    inside.map(|(day, count)| (*day, *count)).collect()
}

/// Whether the cases of a community are all of one institution that is told of them already.
fn told_elsewhere(
    place: &Place<'_>,
    raised: &AlertRaised,
    told: &[(&Place<'_>, AlertRaised)],
) -> bool {
    if !place.key.starts_with("area/") || place.unit != fangxian_packs::Unit::Institution {
        return false;
    }
    let cases = place.people.iter().filter(|alike| {
        (raised.from..=raised.to).contains(&alike.on)
            && count_of(alike, alike.people).of(raised.counts) > 0
    });
    let at: BTreeSet<Option<&str>> = cases.map(|alike| alike.place.as_deref()).collect();
    let mut at = at.into_iter();
    let (Some(Some(code)), None) = (at.next(), at.next()) else {
        return false;
    };
    told.iter().any(|(other, one)| {
        one.rule == raised.rule
            && other.key != place.key
            && !other.key.starts_with("area/")
            && other
                .people
                .iter()
                .all(|alike| alike.place.as_deref() == Some(code))
    })
}

/// What a place is called; the name that somebody typed is read from one who counts there.
fn name(
    tx: &mut Tx<'_>,
    response: &Response,
    called: &Called,
    alert: Option<&Alert>,
) -> Result<Option<Text>> {
    let code = match called {
        Called::Known(name) => return Ok(Some(name.clone())),
        Called::Typed(code) => code,
    };
    if let Some(known) = alert.and_then(Content::of) {
        return Ok(known.place);
    }
    let Some(person) = someone_at(tx, response.id, code)? else {
        return Ok(None);
    };
    let known = facts_of_person(tx, person)?;
    Ok(institution(tx, &known)?.map(|name| Text::new(name.clone(), name)))
}

/// The change that makes an alert say what was counted; none when it says so already.
fn change(
    alert: Option<Alert>,
    place: Option<&Place<'_>>,
    content: Content,
) -> Result<Option<Change>> {
    let cases = i64::try_from(content.raised.cases).unwrap_or(i64::MAX);
    let same = match &alert {
        Some(alert) => alert.met && alert.cases == cases && same_content(alert, &content)?,
        None => false,
    };
    Ok((!same).then(|| Change {
        key: place.map(|place| place.key.clone()).unwrap_or_default(),
        unit: place.map(|place| code_of(&place.unit)).unwrap_or_default(),
        area: place.and_then(|place| place.area),
        confined: place.is_some_and(Place::confined),
        cases,
        met: true,
        alert,
        content,
    }))
}

/// The same for an alert whose threshold is not reached any more.
fn change_below(alert: Alert, content: Content) -> Result<Option<Change>> {
    let counts = content.raised.counts;
    let cases: u64 = content.days.values().map(|day| day.of(counts)).sum();
    let cases = i64::try_from(cases).unwrap_or(i64::MAX);
    let same = !alert.met && alert.cases == cases && same_content(&alert, &content)?;
    Ok((!same).then(|| Change {
        key: alert.place.clone(),
        unit: alert.unit.clone(),
        area: alert.area,
        confined: alert.confined,
        cases,
        met: false,
        alert: Some(alert),
        content,
    }))
}

fn bytes(content: &Content) -> Result<Vec<u8>> {
    serde_json::to_vec(content).map_err(AppError::internal)
}

fn same_content(alert: &Alert, content: &Content) -> Result<bool> {
    Ok(alert.content.as_deref() == Some(bytes(content)?.as_slice()))
}

fn write(rules: &Rules, tx: &mut Tx<'_>, response: ResponseId, change: Change) -> Result<()> {
    let raised = &change.content.raised;
    let content = bytes(&change.content)?;
    let count = Count {
        cases: change.cases,
        met: change.met,
        from: raised.from,
        to: raised.to,
        until: raised.until,
        content: &content,
    };
    let id = if let Some(alert) = &change.alert {
        alert_recount(tx, alert, count, change.confined)?;
        alert.id
    } else {
        let id = AlertId::new();
        alert_insert(
            tx,
            &NewAlert {
                id,
                response,
                rule: &raised.rule,
                kind: &code_of(&raised.kind),
                unit: &change.unit,
                place: &change.key,
                area: change.area,
                confined: change.confined,
                count,
            },
        )?;
        id
    };
    let alert = found(alert_fetch(tx, id))?;
    let today = rules.today(tx);
    let state = AlertState::of(alert.acknowledged, alert.cases, alert.until, today);
    if change.met && state == AlertState::Raised {
        start_clocks(tx, &alert, raised)?;
    }
    Ok(())
}

/// The statutory reports of an outbreak or event run from the moment it is raised. A plan that asks
/// for its report sooner than the law shortens the clock.
fn start_clocks(tx: &mut Tx<'_>, alert: &Alert, raised: &AlertRaised) -> Result<()> {
    for report in &raised.reports {
        let hours = raised.within_hours.unwrap_or(report.within_hours);
        alert_clock_insert(
            tx,
            &NewAlertClock {
                alert,
                rule: &report.rule,
                hours: hours.min(report.within_hours),
                basis: &format!("{}\n{}", report.basis.zh, report.basis.en),
            },
        )?;
    }
    if let (true, Some(hours)) = (raised.reports.is_empty(), raised.within_hours) {
        alert_clock_insert(
            tx,
            &NewAlertClock {
                alert,
                rule: &raised.rule,
                hours,
                basis: &format!("{}\n{}", raised.text.zh, raised.text.en),
            },
        )?;
    }
    Ok(())
}
