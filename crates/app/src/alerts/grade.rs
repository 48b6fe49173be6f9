//! The grade that the National Plan of 2006 would give an event: a proposal with its reasons. Who
//! designates a grade stands with it; nobody sets one here.

use std::collections::{BTreeMap, BTreeSet};

use fangxian_base::{AreaId, Text};
use fangxian_packs::{AlertKind, CaseClass, LevelQuestion, Reason};
use fangxian_store::Tx;
use fangxian_store::alerts::{Alert, Alike, counted};
use fangxian_store::responses::response_fetch;
use schemars::JsonSchema;
use serde::Serialize;

use super::places::{Tree, count_of};
use crate::assess::{Rules, approvals_of, from_code, words};
use crate::{Result, found};

/// The pack that grades events.
const PACK: &str = "event-grades";

/// A proposed grade.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GradeView {
    /// Its code; none: no grade holds, or what is not known could make it graver.
    pub level: Option<String>,
    /// In words.
    pub text: Text,
    /// Who designates it and who leads.
    pub means: Option<Text>,
    /// Why.
    pub reason: Option<Reason>,
    /// What was measured: words and number.
    pub measured: Vec<(Text, i64)>,
}

/// What was measured, by the names that the pack gives its indicators. Cases are those of the
/// response in the window of the alert; what nobody counts here stays out.
fn indicators(tree: &Tree, people: &[Alike]) -> Vec<(&'static str, Text, i64)> {
    let cases = |alike: &Alike| i64::from(count_of(alike, alike.people).cases);
    let mut counties: BTreeMap<Option<AreaId>, i64> = BTreeMap::new();
    for alike in people.iter().filter(|alike| cases(alike) > 0) {
        *counties.entry(tree.county(alike.area)).or_default() += cases(alike);
    }
    let all: i64 = counties.values().sum();
    let most = counties.values().copied().max().unwrap_or(0);
    let hit = counties.keys().flatten().collect::<BTreeSet<_>>().len();
    let suspected = people.iter().any(|alike| {
        alike.class.as_deref().and_then(from_code::<CaseClass>) == Some(CaseClass::Suspected)
    });
    vec![
        (
            "county_cases",
            Text::new("病例最多的县区的病例数", "cases in the county with most"),
            most,
        ),
        ("city_cases", Text::new("病例数合计", "cases in all"), all),
        (
            "counties_hit",
            Text::new("波及县区数", "counties concerned"),
            i64::try_from(hit).unwrap_or(i64::MAX),
        ),
        (
            "suspected",
            Text::new("有疑似病例（1为有）", "a suspected case (1: yes)"),
            suspected.into(),
        ),
    ]
}

/// The grade of an outbreak or event; none for a cluster, which no plan grades.
pub(super) fn of(rules: &Rules, tx: &mut Tx<'_>, alert: &Alert) -> Result<Option<GradeView>> {
    match from_code::<AlertKind>(&alert.kind) {
        None | Some(AlertKind::Cluster) => return Ok(None),
        Some(AlertKind::Outbreak | AlertKind::Event) => {}
    }
    let response = found(response_fetch(tx, alert.response))?;
    let approvals = approvals_of(tx, &response)?;
    let mut people = counted(tx, alert.response)?;
    people.retain(|alike| (alert.from..=alert.to).contains(&alike.on));
    let tree = Tree::read(rules, tx, &people)?;
    let measured = indicators(&tree, &people);
    #[expect(clippy::cast_precision_loss, reason = "counts of people")]
    let numbers = measured
        .iter()
        .map(|(name, _, number)| ((*name).to_owned(), *number as f64))
        .collect();
    let found = rules.packs().level(&LevelQuestion {
        pack: PACK,
        disease: &alert.disease,
        indicators: &numbers,
        measures: &[],
        approvals: &approvals,
        on: rules.today(tx),
    });
    // A pack that is not there or not in force grades nothing.
    let Ok(level) = found else { return Ok(None) };
    Ok(Some(GradeView {
        level: level.level,
        text: words(&level.text),
        means: level.means.as_ref().map(words),
        reason: level.reason,
        measured: measured
            .into_iter()
            .map(|(_, words, number)| (words, number))
            .collect(),
    }))
}
