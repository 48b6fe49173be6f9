//! Runs the examples that packs carry: given these facts, on this day, expect this, because of
//! that rule. An example asserts outcomes (classes, days, moments), never a parameter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fangxian_base::Date;
use jiff::ToSpan;
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::alerts::AlertQuestion;
use crate::assessment::{Answer, Assessment, MeasureDue, Reason, StepKind, ValueUsed};
use crate::fact::Input;
use crate::law::PermitRequest;
use crate::levels::{LevelQuestion, LevelRefused};
use crate::library::Library;
use crate::load::Example;
use crate::reachable::reachable;
use crate::schema::{
    ClockCase, DeadlineCase, ExampleDoc, Expect, ExpectMeasure, ExpectTask, LimitCase,
};

/// What came of one example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ExampleResult {
    /// The pack it belongs to.
    pub pack: String,
    /// Its file.
    pub file: String,
    /// Line of its name.
    pub line: u64,
    /// What it shows.
    pub name: String,
    /// The agreed case that it holds.
    pub golden: Option<String>,
    /// What did not come out; empty when everything did.
    pub failures: Vec<String>,
}

/// Rules (`pack/rule`) and values (`pack/name@from`) that examples have reached.
#[derive(Debug, Clone, Default)]
pub struct Reached(BTreeMap<String, usize>);

impl Reached {
    /// Whether something was reached.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn reason(&mut self, reason: &Reason) {
        self.add(reason.rule.clone());
        self.values(&reason.rule, &reason.values);
    }

    fn values(&mut self, rule: &str, values: &[Arc<ValueUsed>]) {
        let pack = rule.split('/').next().unwrap_or_default();
        for value in values {
            let pack = value.layer.as_ref().map_or(pack, |layer| &layer.pack);
            self.add(format!("{pack}/{}@{}", value.name, value.from));
        }
    }

    fn add(&mut self, name: String) {
        *self.0.entry(name).or_insert(0) += 1;
    }
}

/// The question that an example puts to the rules.
pub fn question<'a>(library: &'a Library, example: &'a Example) -> Input<'a> {
    let doc = &example.doc;
    let overlay = library.overlays.iter().find(|o| o.id == example.pack);
    let own = overlay.map_or(example.pack.as_str(), |overlay| overlay.over.as_str());
    let disease = doc.disease.as_deref().unwrap_or(own);
    let city = library
        .city_pack(&doc.city)
        .map(|city| city.region.as_str());
    let region = match (doc.region.as_str(), city, overlay) {
        ("", None, Some(overlay)) => overlay.region.as_str(),
        ("", Some(city), _) => city,
        (region, ..) => region,
    };
    Input {
        disease,
        city: &doc.city,
        region,
        facts: &doc.facts,
        approvals: &doc.approvals,
        on: doc.on,
        as_of: doc.as_of.unwrap_or(doc.on),
    }
}

/// Runs one example.
pub fn run(library: &Library, example: &Example, reached: &mut Reached) -> ExampleResult {
    let doc = &example.doc;
    let mut failures = Vec::new();
    let input = question(library, example);
    let Input {
        disease,
        region,
        as_of,
        ..
    } = input;
    if doc.expect.is_none()
        && doc.alert.is_none()
        && doc.permit.is_none()
        && doc.clock.is_none()
        && doc.level.is_none()
        && doc.deadline.is_none()
        && doc.routes.is_none()
        && doc.limit.is_none()
    {
        failures.push("expects nothing".to_owned());
    }
    let assessment = library.assess(&input);
    let mut rules: BTreeSet<String> = BTreeSet::new();
    if doc.expect.is_some() || doc.clock.is_some() {
        for reason in &assessment.reasons {
            rules.insert(reason.rule.clone());
            reached.reason(reason);
        }
        for due in &assessment.measures_due {
            reached.add(format!("{}/{}", due.regime, due.measure));
        }
        for refusal in &assessment.refused {
            reached.add(format!("{}/{}", refusal.regime, refusal.measure));
        }
    }
    if let Some(expect) = &doc.expect {
        compare(&assessment, expect, &mut failures);
    }
    if let Some(clock) = &doc.clock {
        clock_case(&assessment, clock, &mut failures);
    }
    if let Some(case) = &doc.permit {
        let request = PermitRequest {
            disease,
            measure: &case.measure,
            organ: case.organ,
            on: doc.on,
            as_of,
            approvals: &doc.approvals,
        };
        let answer = library.permit(&request);
        let (regime, obstacle) = match &answer {
            Ok(permit) => (&permit.regime, None),
            Err(refusal) => (&refusal.regime, Some(refusal.kind)),
        };
        reached.add(format!("{regime}/{}", case.measure));
        rules.insert(format!("{regime}/{}", case.measure));
        same("permit refused", &obstacle, &case.refused, &mut failures);
    }
    if let Some(case) = &doc.deadline {
        rules.extend(deadline_case(library, doc, case, reached, &mut failures));
    }
    if let Some(case) = &doc.limit {
        rules.extend(limit_case(library, doc, case, reached, &mut failures));
    }
    if let Some(wanted) = &doc.routes {
        rules.extend(routes_case(
            library,
            example,
            wanted,
            reached,
            &mut failures,
        ));
    }
    if let Some(case) = &doc.level {
        let question = LevelQuestion {
            pack: &example.pack,
            disease: doc.disease.as_deref().unwrap_or_default(),
            indicators: &case.indicators,
            measures: &case.measures,
            approvals: &doc.approvals,
            on: doc.on,
        };
        let answer = library.level(&question);
        let got = match &answer {
            Ok(found) => match &found.level {
                Some(level) => level.as_str(),
                None if found.missing.is_empty() => "none",
                None => "unknown",
            },
            Err(LevelRefused::Off(_)) => "off",
            Err(LevelRefused::NotInForce { .. }) => "not_in_force",
            Err(LevelRefused::Unknown(_)) => "no_pack",
        };
        same("level", &got, &case.expect.as_str(), &mut failures);
        if let Ok(found) = &answer
            && let Some(reason) = &found.reason
        {
            rules.insert(reason.rule.clone());
            reached.reason(reason);
        }
    }
    if let Some(case) = &doc.alert {
        let raised = library.alerts(&AlertQuestion {
            disease,
            unit: case.unit,
            region,
            days: &case.days(),
            approvals: &doc.approvals,
            on: doc.on,
            as_of,
        });
        let ids: Vec<String> = raised.iter().map(|alert| alert.rule.clone()).collect();
        same("alerts", &ids, &case.expect, &mut failures);
        for alert in &raised {
            rules.insert(alert.rule.clone());
            reached.add(alert.rule.clone());
            reached.values(&alert.rule, &alert.values);
            for reason in &alert.reasons {
                rules.insert(reason.rule.clone());
                reached.reason(reason);
            }
        }
        if let Some(wanted) = &case.reports {
            let reports = raised.iter().flat_map(|alert| &alert.reports);
            let got: BTreeSet<String> = reports.map(|report| report.rule.clone()).collect();
            let wanted = wanted.iter().cloned().collect();
            same("alert reports", &got, &wanted, &mut failures);
        }
        if let (Some(found), Some(due)) = (case.found, case.due) {
            let hours = raised.iter().filter_map(|alert| alert.within_hours).min();
            same(
                "alert due",
                &hours.map(|hours| due_at(found, hours)),
                &Some(due),
                &mut failures,
            );
        }
    }
    for rule in doc
        .because
        .iter()
        .filter(|rule| !rules.contains(&rule.value))
    {
        failures.push(format!("`{}` is not among the reasons", rule.value));
    }
    ExampleResult {
        pack: example.pack.clone(),
        file: example.file.clone(),
        line: doc.name.spot().line,
        name: doc.name.value.clone(),
        golden: doc.golden.clone(),
        failures,
    }
}

/// The moment a clock of so many hours runs out.
pub fn due_at(opened: DateTime, hours: i64) -> DateTime {
    opened.saturating_add(hours.clamp(-100_000, 100_000).hours())
}

fn clock_case(assessment: &Assessment, case: &ClockCase, failures: &mut Vec<String>) {
    let Some(report) = assessment.reports_due.first() else {
        failures.push("no report is due".to_owned());
        return;
    };
    let due = due_at(case.found, report.within_hours);
    let late = (case.reported - due)
        .total(jiff::Unit::Minute)
        .unwrap_or(0.0)
        .max(0.0);
    #[expect(clippy::cast_possible_truncation, reason = "minutes of a few days")]
    same("minutes late", &(late as i64), &case.late_minutes, failures);
}

/// A deadline of the city, asked for by itself; answers its rule.
fn deadline_case(
    library: &Library,
    doc: &ExampleDoc,
    case: &DeadlineCase,
    reached: &mut Reached,
    failures: &mut Vec<String>,
) -> Option<String> {
    let city = library.city_pack(&doc.city)?;
    let hours = library
        .city(&doc.city)
        .and_then(|city| city.deadline_hours(&case.task, &case.level, doc.on));
    let due = hours.map(|hours| due_at(case.opened, hours));
    same("deadline", &due, &Some(case.due), failures);
    let rule = city
        .deadlines
        .iter()
        .find(|rule| rule.task == case.task && rule.level == case.level)?;
    reached.add(rule.rule.clone());
    let used = city.rules.values.get(rule.within.0)?.used(doc.on);
    reached.values(&rule.rule, &Vec::from_iter(used));
    Some(rule.rule.clone())
}

/// Whether limits of the city hold a decision; answers those that do.
fn limit_case(
    library: &Library,
    doc: &ExampleDoc,
    case: &LimitCase,
    reached: &mut Reached,
    failures: &mut Vec<String>,
) -> Vec<String> {
    let Some(city) = library.city(&doc.city) else {
        failures.push("a limit is asked of no city".to_owned());
        return Vec::new();
    };
    let (holding, read) = city.held(case);
    same("held", &!holding.is_empty(), &case.held, failures);
    for (rule, values) in &read {
        reached.add(rule.clone());
        reached.values(rule, values);
    }
    holding
}

/// The ways that stand open after a refusal; answers their rules.
fn routes_case(
    library: &Library,
    example: &Example,
    wanted: &BTreeMap<String, Date>,
    reached: &mut Reached,
    failures: &mut Vec<String>,
) -> Vec<String> {
    let on = example.doc.on;
    let open = library.routes(&example.pack, on).into_iter();
    let got: BTreeMap<String, Date> = open.filter_map(|r| Some((r.id, r.until?))).collect();
    same("routes", &got, wanted, failures);
    let Some(law) = library
        .law_packs()
        .iter()
        .find(|law| law.id == example.pack)
    else {
        return Vec::new();
    };
    for route in &law.routes {
        reached.add(route.rule.clone());
        let series = route.within.and_then(|id| law.rules.values.get(id.0));
        let used = series.and_then(|series| series.used(on));
        reached.values(&route.rule, &Vec::from_iter(used));
    }
    law.routes.iter().map(|route| route.rule.clone()).collect()
}

fn same<T: PartialEq + Serialize>(what: &str, is: &T, wanted: &T, failures: &mut Vec<String>) {
    if is != wanted {
        let (wanted, is) = (as_written(wanted), as_written(is));
        failures.push(format!("{what}: expected {wanted}, got {is}"));
    }
}

/// A value as an author writes it in a pack.
fn as_written(value: &impl Serialize) -> String {
    fn flow(value: &Value) -> String {
        match value {
            Value::Null => "none".to_owned(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::String(text) => text.clone(),
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(flow).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Object(fields) => {
                let fields = fields.iter();
                let fields: Vec<String> = fields
                    .map(|(name, value)| format!("{name}: {}", flow(value)))
                    .collect();
                format!("{{ {} }}", fields.join(", "))
            }
        }
    }
    serde_json::to_value(value).map_or_else(|e| e.to_string(), |value| flow(&value))
}

fn compare(is: &Assessment, expect: &Expect, failures: &mut Vec<String>) {
    if let Some(class) = expect.class {
        let wanted = as_written(&class);
        let got = match (is.class, is.case) {
            (Some(class), _) => as_written(&class),
            (None, Answer::Unknown) => "unknown".to_owned(),
            (None, Answer::No | Answer::Yes) => "none".to_owned(),
        };
        same("class", &got, &wanted, failures);
    }
    if let Some(contact) = expect.contact {
        let wanted = as_written(&contact);
        let got = match (is.contact_kind, is.contact) {
            (Some(kind), _) => as_written(&kind),
            (None, Answer::Unknown) => "unknown".to_owned(),
            (None, Answer::No | Answer::Yes) => "none".to_owned(),
        };
        same("contact", &got, &wanted, failures);
    }
    if let Some(managed) = expect.managed {
        same("managed", &is.managed, &managed, failures);
    }
    if let Some(categories) = &expect.categories {
        let got: Vec<String> = is
            .categories
            .iter()
            .map(|c| format!("{}/{}", c.scheme, c.category))
            .collect();
        same("categories", &got, categories, failures);
    }
    if let Some(measures) = &expect.measures {
        let got: Vec<&str> = is
            .measures_due
            .iter()
            .map(|due| due.measure.as_str())
            .collect();
        let wanted: Vec<&str> = measures.iter().map(|m| m.measure.as_str()).collect();
        same("measures", &got, &wanted, failures);
        for (due, wanted) in is.measures_due.iter().zip(measures) {
            measure(due, wanted, failures);
        }
    }
    if let Some(refused) = &expect.refused {
        let got: Vec<_> = is
            .refused
            .iter()
            .map(|r| (r.measure.clone(), r.kind))
            .collect();
        let wanted: Vec<_> = refused
            .iter()
            .map(|r| (r.measure.clone(), r.kind))
            .collect();
        same("refused", &got, &wanted, failures);
    }
    if let Some(advice) = &expect.advice {
        let got: Vec<(&str, Option<Date>)> = is
            .advice
            .iter()
            .map(|a| (a.rule.as_str(), a.until))
            .collect();
        let wanted: Vec<_> = advice.iter().map(|a| (a.rule.as_str(), a.until)).collect();
        same("advice", &got, &wanted, failures);
        for (given, wanted) in is.advice.iter().zip(advice) {
            if let Some(tests) = &wanted.tests {
                same("advised samples", &given.tests, tests, failures);
            }
            if let (Some(opened), Some(due)) = (wanted.opened, wanted.due) {
                let got = given.hours.map(|hours| due_at(opened, hours));
                same("advice due", &got, &Some(due), failures);
            }
        }
    }
    if let Some(reports) = &expect.reports {
        let got = is
            .reports_due
            .iter()
            .map(|r| (r.rule.as_str(), Some(r.within_hours)))
            .collect();
        clocks("reports", got, reports, failures);
    }
    if let Some(tasks) = &expect.tasks {
        let got = is
            .tasks_due
            .iter()
            .map(|t| (t.rule.as_str(), t.within_hours))
            .collect();
        clocks("tasks", got, tasks, failures);
    }
    if let Some(released) = expect.released {
        let got = is.release.iter().any(|release| release.ready);
        same("released", &got, &released, failures);
    }
    if let Some(day) = expect.next_change_on {
        same("next change", &is.next_change_on, &Some(day), failures);
    }
    if let Some(missing) = &expect.missing {
        let near = is.missing.iter().filter(|m| m.near).map(|m| m.kind.clone());
        let got: BTreeSet<String> = near.collect();
        same(
            "missing",
            &got,
            &missing.iter().cloned().collect(),
            failures,
        );
    }
    if let Some(migrations) = &expect.migrations {
        let got: Vec<String> = is.migrations.iter().map(|m| m.rule.clone()).collect();
        same("migrations", &got, migrations, failures);
    }
    if let Some(lift) = &expect.lift_at_once {
        let at_once = is.migrations.iter().filter(|m| m.lift_at_once);
        let got: Vec<String> = at_once.map(|m| m.rule.clone()).collect();
        same("lift at once", &got, lift, failures);
    }
    if let Some(not_covered) = expect.not_covered {
        same(
            "not covered",
            &!is.notices.is_empty(),
            &not_covered,
            failures,
        );
    }
}

fn clocks(
    what: &str,
    got: Vec<(&str, Option<i64>)>,
    wanted: &[ExpectTask],
    failures: &mut Vec<String>,
) {
    let names: Vec<&str> = got.iter().map(|(rule, _)| *rule).collect();
    same(
        what,
        &names,
        &wanted.iter().map(|w| w.rule.as_str()).collect(),
        failures,
    );
    for ((rule, hours), wanted) in got.iter().zip(wanted) {
        if let (Some(opened), Some(due)) = (wanted.opened, wanted.due) {
            let got = hours.map(|hours| due_at(opened, hours));
            same(&format!("{rule} due"), &got, &Some(due), failures);
        }
    }
}

fn measure(due: &MeasureDue, wanted: &ExpectMeasure, failures: &mut Vec<String>) {
    if let Some(start) = wanted.start {
        same("start", &due.start, &start, failures);
    }
    if wanted.end.is_some() {
        same("end", &due.end, &wanted.end, failures);
    }
    if wanted.review_on.is_some() {
        same("review", &due.review_on, &wanted.review_on, failures);
    }
    if let Some(regime) = &wanted.regime {
        same("regime", &due.regime, regime, failures);
    }
    if let Some(organs) = &wanted.organs {
        same("organs", &due.organs, organs, failures);
    }
    if let Some(stages) = &wanted.stages {
        let got: Vec<(Date, Option<Date>, Vec<Date>)> = due
            .stages
            .iter()
            .map(|stage| {
                let tests = stage
                    .steps
                    .iter()
                    .filter(|step| step.kind == StepKind::Test);
                (stage.start, stage.end, tests.map(|step| step.on).collect())
            })
            .collect();
        let wanted: Vec<_> = stages
            .iter()
            .map(|s| (s.start, s.end, s.tests.clone()))
            .collect();
        same("stages", &got, &wanted, failures);
    }
}

/// How many times examples reach a rule or value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Coverage {
    /// `pack/rule` or `pack/value@from`.
    pub name: String,
    /// Line in the pack.
    pub line: u64,
    /// How often.
    pub reached: usize,
}

impl Library {
    /// How often examples reach each rule and each dated value.
    pub fn coverage(&self) -> Vec<Coverage> {
        let mut reached = Reached::default();
        for example in &self.examples {
            run(self, example, &mut reached);
        }
        let count = |name: &str| reached.0.get(name).copied().unwrap_or(0);
        reachable(self)
            .into_iter()
            .map(|item| Coverage {
                reached: count(&item.name),
                name: item.name,
                line: item.spot.line,
            })
            .collect()
    }

    /// Runs every example.
    pub fn test(&self) -> Vec<ExampleResult> {
        let mut reached = Reached::default();
        self.examples
            .iter()
            .map(|example| run(self, example, &mut reached))
            .collect()
    }
}
