//! One question about facts of one kind.

use fangxian_base::{Date, days_between, plus_days};

use jiff::civil::DateTime;

use super::{Scope, Seen};
use crate::assessment::Answer;
use crate::compile::rules::{Anchor, Attr, During, FactTest, Match, Rules, ValueId};
use crate::compile::vocabulary::Given;
use crate::fact::{Fact, Value};
use crate::schema::Absence;

/// The answer.
pub fn answer(rules: &Rules, scope: &Scope<'_>, test: &FactTest) -> Answer {
    let absence = absence(rules, scope, test);
    if let Some((wanted, apart)) = test.count {
        return run_length(rules, scope, test, wanted.0, apart.map(|id| id.0), absence);
    }
    let mut result = None;
    candidates(rules, scope, test, |seen, sure| {
        let so_far = result.unwrap_or(Answer::No);
        let now = match (verdict(rules, scope, test, seen), so_far) {
            (Answer::Yes, _) if sure => Answer::Yes,
            (Answer::Yes | Answer::Unknown, Answer::No) => Answer::Unknown,
            (Answer::Yes | Answer::Unknown | Answer::No, so_far) => so_far,
        };
        result = Some(now);
    });
    result.unwrap_or(match absence {
        Absence::No => Answer::No,
        Absence::Unknown => Answer::Unknown,
    })
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
pub fn meeting<'a>(
    rules: &Rules,
    scope: &Scope<'a>,
    test: &FactTest,
    mut each: impl FnMut(&Seen<'a>),
) {
    candidates(rules, scope, test, |seen, sure| {
        if sure && verdict(rules, scope, test, seen) == Answer::Yes {
            each(seen);
        }
    });
}

/// What would decide an open question: kind, and attribute if only that is missing; in order.
pub fn missing(
    rules: &Rules,
    scope: &Scope<'_>,
    test: &FactTest,
    mut each: impl FnMut(&str, Option<&str>),
) {
    let name = |kind| scope.vocabulary.kind(kind).map_or("", |k| k.name.as_str());
    let own = name(test.kind);
    let mut found: Vec<(&str, Option<&str>)> = Vec::new();
    let (mut none, mut start_known) = (true, false);
    candidates(rules, scope, test, |seen, _| {
        none = false;
        for (attr, _) in test.filter.iter().chain(&test.is) {
            if scope.attr(seen, attr).is_none() {
                found.push((own, Some(&attr.name)));
            }
        }
        if let Some(during) = &test.during {
            if seen.fact.from.or(seen.fact.to).is_none() {
                found.push((own, Some("from")));
            }
            start_known |= scope.anchor(rules, &during.start, Some(seen)).is_some();
        }
    });
    if none || test.count.is_some() {
        found.push((own, None));
    }
    if let Some(during) = test.during.as_ref().filter(|_| !start_known) {
        for anchor in &during.start {
            match anchor {
                Anchor::First(kind, attr) | Anchor::Last(kind, attr)
                    if scope.day(rules, anchor, None).is_none() =>
                {
                    found.push((name(*kind), attr.as_ref().map(|attr| attr.name.as_str())));
                }
                Anchor::Attr(attr) if !none => found.push((own, Some(&attr.name))),
                Anchor::First(..)
                | Anchor::Last(..)
                | Anchor::FirstMeeting(_)
                | Anchor::LastMeeting(_)
                | Anchor::Attr(_)
                | Anchor::Today => {}
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    for (kind, attr) in found {
        each(kind, attr);
    }
}

/// Facts that the question is about; `false` when an attribute that would tell is missing.
fn candidates<'a>(
    rules: &Rules,
    scope: &Scope<'a>,
    test: &FactTest,
    mut each: impl FnMut(&Seen<'a>, bool),
) {
    let all = scope.of(test.kind);
    if all.is_empty() {
        return;
    }
    let bound = scope.anchor(rules, &test.later_than, None);
    let goes_on = scope.vocabulary.goes_on(test.kind);
    let meant = |seen: &Seen<'a>| -> Option<bool> {
        if !test.unless.is_empty() && all_match(rules, scope, &test.unless, seen) == Answer::Yes {
            return None;
        }
        let sure = match all_match(rules, scope, &test.filter, seen) {
            Answer::Yes => true,
            Answer::Unknown => false,
            Answer::No => return None,
        };
        match (bound, last_day(scope, seen.fact, goes_on)) {
            (None, _) => Some(sure),
            (Some(_), None) => Some(false),
            (Some(bound), Some(last)) => (last > bound).then_some(sure),
        }
    };
    let latest = if test.latest {
        let days = all.iter().filter(|seen| meant(seen).is_some());
        days.map(|seen| seen.fact.from).max()
    } else {
        None
    };
    for seen in all {
        if latest.is_none_or(|latest| seen.fact.from == latest)
            && let Some(sure) = meant(seen)
        {
            each(seen, sure);
        }
    }
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
    let goes_on = scope.vocabulary.goes_on(test.kind);
    let last = |seen: &Seen<'_>| {
        let last = last_day(scope, seen.fact, goes_on)?;
        let window = test.during.as_ref().and_then(|during| {
            let after = days(rules, scope, during.days_after).unwrap_or(0);
            let end = scope.anchor(rules, &during.end, Some(seen))?;
            Some(plus_days(end, after))
        });
        Some(window.map_or(last, |window| last.min(window)))
    };
    let mut found: Option<Date> = None;
    meeting(rules, scope, test, |seen| {
        let day = if first {
            seen.fact.from.or(seen.fact.to)
        } else {
            last(seen)
        };
        found = match (found, day) {
            (Some(found), Some(day)) if first => Some(found.min(day)),
            (Some(found), Some(day)) => Some(found.max(day)),
            (found, day) => found.or(day),
        };
    });
    found
}

/// How many facts, from a day on, meet the question in an unbroken run that reaches to the latest.
pub fn run_since(rules: &Rules, scope: &Scope<'_>, test: &FactTest, since: Date) -> usize {
    let mut dated = Vec::new();
    candidates(rules, scope, test, |seen, sure| {
        if let Some(from) = seen.fact.from.filter(|from| *from >= since) {
            dated.push((from, *seen, sure));
        }
    });
    dated.sort_by_key(|(from, ..)| std::cmp::Reverse(*from));
    dated
        .into_iter()
        .take_while(|(_, seen, sure)| *sure && verdict(rules, scope, test, seen) == Answer::Yes)
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

fn verdict<'a>(rules: &Rules, scope: &Scope<'a>, test: &FactTest, seen: &Seen<'a>) -> Answer {
    let mut is = all_match(rules, scope, &test.is, seen);
    if !test.or_is.is_empty() && is != Answer::Yes {
        is = match (is, all_match(rules, scope, &test.or_is, seen)) {
            (_, Answer::Yes) => Answer::Yes,
            (Answer::No, Answer::No) => Answer::No,
            _ => Answer::Unknown,
        };
    }
    let goes_on = scope.vocabulary.goes_on(test.kind);
    // The window is asked in any case: it knows when the answer can change.
    let during = test.during.as_ref().map_or(Answer::Yes, |during| {
        in_window(rules, scope, during, seen, goes_on)
    });
    match (is, during) {
        (Answer::No, _) | (_, Answer::No) => Answer::No,
        (Answer::Unknown, _) | (_, Answer::Unknown) => Answer::Unknown,
        (Answer::Yes, Answer::Yes) => Answer::Yes,
    }
}

fn all_match<'a>(
    rules: &Rules,
    scope: &Scope<'a>,
    wanted: &[(Attr, Match)],
    seen: &Seen<'a>,
) -> Answer {
    let mut all = Answer::Yes;
    for (attr, wanted) in wanted {
        match scope.attr(seen, attr) {
            None => all = Answer::Unknown,
            Some(given) => match matches(rules, scope, wanted, given) {
                Answer::No => return Answer::No,
                Answer::Unknown => all = Answer::Unknown,
                Answer::Yes => {}
            },
        }
    }
    all
}

fn matches(rules: &Rules, scope: &Scope<'_>, wanted: &Match, given: Given<'_>) -> Answer {
    let number = |id: &ValueId| {
        let series = rules.values.get(id.0);
        series.and_then(|series| series.number(scope.values_on))
    };
    let compared = match (wanted, given.value) {
        (Match::Codes(_, bits), _) => Some(given.code.is_some_and(|code| bits >> code & 1 == 1)),
        (Match::OneOf(values), value) => Some(values.contains(value)),
        (Match::Known, _) => Some(true),
        (Match::AtLeast(id), Value::Number(n)) => number(id).map(|limit| *n >= limit),
        (Match::Below(id), Value::Number(n)) => number(id).map(|limit| *n < limit),
        (Match::AtLeast(_) | Match::Below(_), Value::Bool(_) | Value::Date(_) | Value::Code(_)) => {
            None
        }
    };
    compared.map_or(Answer::Unknown, super::yes_if)
}

fn in_window<'a>(
    rules: &Rules,
    scope: &Scope<'a>,
    during: &During,
    seen: &Seen<'a>,
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
    let fact = seen.fact;
    let Some(from) = fact.from.or(fact.to) else {
        return Answer::Unknown;
    };
    let to = match fact.to {
        Some(to) => to,
        None if goes_on => scope.on.max(from),
        None => from,
    };
    let mut known = during.start.iter().filter_map(|anchor| {
        let day = scope.day(rules, anchor, Some(seen))?;
        Some((anchor, day))
    });
    let Some((anchor, start)) = known.next() else {
        return Answer::Unknown;
    };
    if *anchor == Anchor::Today {
        scope.may_change(plus_days(to, before.saturating_add(1)));
    }
    let ended = scope
        .anchor(rules, &during.end, Some(seen))
        .is_some_and(|end| from > plus_days(end, after));
    super::yes_if(to >= plus_days(start, later - before) && !ended)
}

/// So many in an unbroken run that reaches to the latest, so many days apart.
fn run_length(
    rules: &Rules,
    scope: &Scope<'_>,
    test: &FactTest,
    wanted: usize,
    apart_id: Option<usize>,
    absence: Absence,
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
    let (mut none, mut dated) = (true, Vec::new());
    candidates(rules, scope, test, |seen, _| {
        none = false;
        dated.extend(seen.fact.from.map(|from| (from, *seen)));
    });
    if none && absence == Absence::Unknown {
        return Answer::Unknown;
    }
    let hours = apart_id
        .and_then(|id| rules.values.get(id))
        .filter(|series| series.unit == "hours")
        .and_then(|series| series.whole(scope.values_on));
    dated.sort_by_key(|(from, seen)| std::cmp::Reverse((*from, seen.fact.at)));
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
    for (from, seen) in dated {
        if verdict(rules, scope, test, &seen) != Answer::Yes {
            break;
        }
        if last.is_none_or(|last| far((from, seen.fact.at), last)) {
            count += 1;
            last = Some((from, seen.fact.at));
        }
    }
    super::yes_if(count >= wanted)
}
