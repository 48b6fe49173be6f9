//! One question about facts of one kind.

use fangxian_base::{Date, days_between, plus_days};

use jiff::civil::DateTime;

use super::Scope;
use crate::assessment::Answer;
use crate::compile::rules::{Anchor, During, FactTest, Match, Rules, ValueId};
use crate::fact::{Fact, Value};
use crate::schema::Absence;

/// The answer.
pub fn answer(rules: &Rules, scope: &Scope<'_>, test: &FactTest) -> Answer {
    let candidates = candidates(rules, scope, test);
    let absence = absence(rules, scope, test);
    if let Some((wanted, apart)) = test.count {
        return run_length(
            rules,
            scope,
            test,
            &candidates,
            wanted.0,
            apart.map(|id| id.0),
        );
    }
    let mut result = match (candidates.is_empty(), absence) {
        (false, _) | (true, Absence::No) => Answer::No,
        (true, Absence::Unknown) => Answer::Unknown,
    };
    for (fact, sure) in candidates {
        match verdict(rules, scope, test, fact) {
            Answer::Yes if sure => result = Answer::Yes,
            Answer::Yes | Answer::Unknown if result == Answer::No => result = Answer::Unknown,
            Answer::Yes | Answer::Unknown | Answer::No => {}
        }
    }
    result
}

/// What it means that no fact is meant: nothing later than a known day is a no.
fn absence(rules: &Rules, scope: &Scope<'_>, test: &FactTest) -> Absence {
    if scope.anchor(rules, &test.later_than, None).is_some() {
        Absence::No
    } else {
        scope.vocabulary.absence(test.kind)
    }
}

/// The facts that make it a yes.
pub fn meeting<'a>(rules: &Rules, scope: &Scope<'a>, test: &FactTest) -> Vec<&'a Fact> {
    candidates(rules, scope, test)
        .into_iter()
        .filter(|(fact, sure)| *sure && verdict(rules, scope, test, fact) == Answer::Yes)
        .map(|(fact, _)| fact)
        .collect()
}

/// What would decide an open question: kind, and attribute if only that is missing.
pub fn missing(rules: &Rules, scope: &Scope<'_>, test: &FactTest) -> Vec<(String, Option<String>)> {
    let name = |kind| {
        scope
            .vocabulary
            .kind(kind)
            .map(|k| k.name.clone())
            .unwrap_or_default()
    };
    let candidates = candidates(rules, scope, test);
    let own = name(test.kind);
    let mut found = Vec::new();
    if candidates.is_empty() || test.count.is_some() {
        found.push((own.clone(), None));
    }
    for (fact, _) in &candidates {
        for (attr, _) in test.filter.iter().chain(&test.is) {
            if !fact.attrs.contains_key(attr) {
                found.push((own.clone(), Some(attr.clone())));
            }
        }
        if test.during.is_some() && fact.from.or(fact.to).is_none() {
            found.push((own.clone(), Some("from".to_owned())));
        }
    }
    if let Some(during) = &test.during {
        let known = candidates
            .iter()
            .any(|(fact, _)| scope.anchor(rules, &during.start, Some(fact)).is_some());
        if !known {
            for anchor in &during.start {
                match anchor {
                    Anchor::First(kind, attr) | Anchor::Last(kind, attr)
                        if scope
                            .anchor(rules, std::slice::from_ref(anchor), None)
                            .is_none() =>
                    {
                        found.push((name(*kind), attr.clone()));
                    }
                    Anchor::Attr(attr) if !candidates.is_empty() => {
                        found.push((own.clone(), Some(attr.clone())));
                    }
                    Anchor::First(..)
                    | Anchor::Last(..)
                    | Anchor::FirstMeeting(_)
                    | Anchor::LastMeeting(_)
                    | Anchor::Attr(_)
                    | Anchor::Today => {}
                }
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Facts that the question is about; `false` when an attribute that would tell is missing.
fn candidates<'a>(rules: &Rules, scope: &Scope<'a>, test: &FactTest) -> Vec<(&'a Fact, bool)> {
    let left_out = |fact: &Fact| {
        !test.unless.is_empty() && all_match(rules, scope, &test.unless, fact) == Answer::Yes
    };
    let mut found: Vec<(&Fact, bool)> = scope
        .of(test.kind)
        .filter(|fact| !left_out(fact))
        .filter_map(|fact| match all_match(rules, scope, &test.filter, fact) {
            Answer::Yes => Some((fact, true)),
            Answer::Unknown => Some((fact, false)),
            Answer::No => None,
        })
        .collect();
    if let Some(bound) = scope.anchor(rules, &test.later_than, None) {
        let goes_on = scope.vocabulary.goes_on(test.kind);
        found = found
            .into_iter()
            .filter_map(|(fact, sure)| match last_day(scope, fact, goes_on) {
                Some(last) => (last > bound).then_some((fact, sure)),
                None => Some((fact, false)),
            })
            .collect();
    }
    if test.latest
        && let Some(last) = found.iter().map(|(fact, _)| fact.from).max()
    {
        found.retain(|(fact, _)| fact.from == last);
    }
    found
}

/// The last day of a fact; what goes on has lasted until today.
fn last_day(scope: &Scope<'_>, fact: &Fact, goes_on: bool) -> Option<Date> {
    match (fact.to, fact.from) {
        (Some(to), _) => Some(to),
        (None, Some(from)) if goes_on => Some(scope.on.max(from)),
        (None, from) => from,
    }
}

/// The first or the last day of the facts that make it a yes. The last day lies inside the window:
/// what went on after it does not count.
pub fn day_of_meeting(
    rules: &Rules,
    scope: &Scope<'_>,
    test: &FactTest,
    first: bool,
) -> Option<Date> {
    let met = meeting(rules, scope, test);
    if first {
        return met.iter().filter_map(|fact| fact.from.or(fact.to)).min();
    }
    let goes_on = scope.vocabulary.goes_on(test.kind);
    met.iter()
        .filter_map(|fact| {
            let last = last_day(scope, fact, goes_on)?;
            let window = test.during.as_ref().and_then(|during| {
                let after = days(rules, scope, during.days_after).unwrap_or(0);
                let end = scope.anchor(rules, &during.end, Some(fact))?;
                Some(plus_days(end, after))
            });
            Some(window.map_or(last, |window| last.min(window)))
        })
        .max()
}

/// How many facts, from a day on, meet the question in an unbroken run that reaches to the latest.
pub fn run_since(rules: &Rules, scope: &Scope<'_>, test: &FactTest, since: Date) -> usize {
    let mut dated: Vec<_> = candidates(rules, scope, test)
        .into_iter()
        .filter_map(|(fact, sure)| Some((fact.from?, fact, sure)))
        .filter(|(from, ..)| *from >= since)
        .collect();
    dated.sort_by_key(|(from, ..)| std::cmp::Reverse(*from));
    dated
        .into_iter()
        .take_while(|(_, fact, sure)| *sure && verdict(rules, scope, test, fact) == Answer::Yes)
        .count()
}

fn days(rules: &Rules, scope: &Scope<'_>, id: Option<ValueId>) -> Option<i64> {
    match id {
        None => Some(0),
        Some(id) => rules
            .values
            .get(id.0)
            .and_then(|series| series.days(scope.values_on)),
    }
}

fn verdict(rules: &Rules, scope: &Scope<'_>, test: &FactTest, fact: &Fact) -> Answer {
    let mut is = all_match(rules, scope, &test.is, fact);
    if !test.or_is.is_empty() {
        is = match (is, all_match(rules, scope, &test.or_is, fact)) {
            (Answer::Yes, _) | (_, Answer::Yes) => Answer::Yes,
            (Answer::No, Answer::No) => Answer::No,
            _ => Answer::Unknown,
        };
    }
    let goes_on = scope.vocabulary.goes_on(test.kind);
    let during = test.during.as_ref().map_or(Answer::Yes, |during| {
        in_window(rules, scope, during, fact, goes_on)
    });
    match (is, during) {
        (Answer::No, _) | (_, Answer::No) => Answer::No,
        (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
        (Answer::Yes, Answer::Yes) => Answer::Yes,
    }
}

fn all_match(rules: &Rules, scope: &Scope<'_>, wanted: &[(String, Match)], fact: &Fact) -> Answer {
    let mut all = Answer::Yes;
    for (attr, wanted) in wanted {
        match fact.attrs.get(attr) {
            None => all = Answer::Unknown,
            Some(value) => match matches(rules, scope, wanted, value) {
                Answer::No => return Answer::No,
                Answer::Unknown => all = Answer::Unknown,
                Answer::Yes => {}
            },
        }
    }
    all
}

fn matches(rules: &Rules, scope: &Scope<'_>, wanted: &Match, value: &Value) -> Answer {
    let number = |id: usize| {
        rules
            .values
            .get(id)
            .and_then(|series| series.number(scope.values_on))
    };
    let compared = match (wanted, value) {
        (Match::OneOf(values), _) => Some(values.contains(value)),
        (Match::Known, _) => Some(true),
        (Match::AtLeast(id), Value::Number(n)) => number(id.0).map(|limit| *n >= limit),
        (Match::Below(id), Value::Number(n)) => number(id.0).map(|limit| *n < limit),
        (Match::AtLeast(_) | Match::Below(_), Value::Bool(_) | Value::Date(_) | Value::Code(_)) => {
            None
        }
    };
    compared.map_or(Answer::Unknown, super::yes_if)
}

fn in_window(
    rules: &Rules,
    scope: &Scope<'_>,
    during: &During,
    fact: &Fact,
    goes_on: bool,
) -> Answer {
    let days = |id: Option<ValueId>| days(rules, scope, id);
    let (Some(before), Some(later), Some(after)) = (
        days(during.days_before),
        days(during.days_later),
        days(during.days_after),
    ) else {
        return Answer::Unknown;
    };
    let Some(from) = fact.from.or(fact.to) else {
        return Answer::Unknown;
    };
    let to = match fact.to {
        Some(to) => to,
        None if goes_on => scope.on.max(from),
        None => from,
    };
    let known = during.start.iter().find(|anchor| {
        scope
            .anchor(rules, std::slice::from_ref(*anchor), Some(fact))
            .is_some()
    });
    let Some(anchor) = known else {
        return Answer::Unknown;
    };
    let Some(start) = scope.anchor(rules, std::slice::from_ref(anchor), Some(fact)) else {
        return Answer::Unknown;
    };
    if *anchor == Anchor::Today {
        scope.may_change(plus_days(to, before.saturating_add(1)));
    }
    let ended = scope
        .anchor(rules, &during.end, Some(fact))
        .is_some_and(|end| from > plus_days(end, after));
    super::yes_if(to >= plus_days(start, later - before) && !ended)
}

/// So many in an unbroken run that reaches to the latest, so many days apart.
fn run_length(
    rules: &Rules,
    scope: &Scope<'_>,
    test: &FactTest,
    candidates: &[(&Fact, bool)],
    wanted: usize,
    apart_id: Option<usize>,
) -> Answer {
    let whole = |id: usize| {
        rules
            .values
            .get(id)
            .and_then(|series| series.days(scope.values_on))
    };
    let Some(wanted) = whole(wanted) else {
        return Answer::Unknown;
    };
    let apart = apart_id.map_or(Some(0), whole);
    let Some(apart) = apart else {
        return Answer::Unknown;
    };
    if candidates.is_empty() && absence(rules, scope, test) == Absence::Unknown {
        return Answer::Unknown;
    }
    let hours = apart_id
        .and_then(|id| rules.values.get(id))
        .filter(|series| series.unit == "hours")
        .and_then(|series| series.whole(scope.values_on));
    let mut dated: Vec<_> = candidates
        .iter()
        .filter_map(|(fact, _)| fact.from.map(|from| (from, *fact)))
        .collect();
    dated.sort_by_key(|(from, fact)| std::cmp::Reverse((*from, fact.at)));
    let (mut count, mut last) = (0, None::<(Date, Option<DateTime>)>);
    // Where both moments are known, hours are hours; otherwise whole days stand for them.
    let far = |(from, at): (Date, Option<DateTime>), (later, then): (Date, Option<DateTime>)| match (
        hours, at, then,
    ) {
        (Some(hours), Some(at), Some(then)) => {
            then.duration_since(at).as_secs() >= hours.saturating_mul(3600)
        }
        _ => days_between(from, later) >= apart,
    };
    for (from, fact) in dated {
        if verdict(rules, scope, test, fact) != Answer::Yes {
            break;
        }
        if last.is_none_or(|last| far((from, fact.at), last)) {
            count += 1;
            last = Some((from, fact.at));
        }
    }
    super::yes_if(count >= wanted)
}
