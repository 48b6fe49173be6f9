//! One question about facts of one kind.

use fangxian_base::{days_between, plus_days};

use super::Scope;
use crate::assessment::Answer;
use crate::compile::rules::{Anchor, During, FactTest, Match, Rules};
use crate::fact::{Fact, Value};
use crate::schema::Absence;

/// The answer.
pub fn answer(rules: &Rules, scope: &Scope<'_>, test: &FactTest) -> Answer {
    let candidates = candidates(rules, scope, test);
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
    let mut result = match (candidates.is_empty(), scope.vocabulary.absence(test.kind)) {
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
            .any(|(fact, _)| scope.anchor(&during.start, Some(fact)).is_some());
        if !known {
            for anchor in &during.start {
                match anchor {
                    Anchor::First(kind, attr) | Anchor::Last(kind, attr)
                        if scope.anchor(std::slice::from_ref(anchor), None).is_none() =>
                    {
                        found.push((name(*kind), attr.clone()));
                    }
                    Anchor::Attr(attr) if !candidates.is_empty() => {
                        found.push((own.clone(), Some(attr.clone())));
                    }
                    Anchor::First(..) | Anchor::Last(..) | Anchor::Attr(_) | Anchor::Today => {}
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
    let mut found: Vec<(&Fact, bool)> = scope
        .of(test.kind)
        .filter_map(|fact| match all_match(rules, scope, &test.filter, fact) {
            Answer::Yes => Some((fact, true)),
            Answer::Unknown => Some((fact, false)),
            Answer::No => None,
        })
        .collect();
    if test.latest
        && let Some(last) = found.iter().map(|(fact, _)| fact.from).max()
    {
        found.retain(|(fact, _)| fact.from == last);
    }
    found
}

fn verdict(rules: &Rules, scope: &Scope<'_>, test: &FactTest, fact: &Fact) -> Answer {
    let is = all_match(rules, scope, &test.is, fact);
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
    let days = |id: &Option<crate::compile::rules::ValueId>| match id {
        None => Some(0),
        Some(id) => rules
            .values
            .get(id.0)
            .and_then(|series| series.days(scope.values_on)),
    };
    let (Some(before), Some(after)) = (days(&during.days_before), days(&during.days_after)) else {
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
            .anchor(std::slice::from_ref(*anchor), Some(fact))
            .is_some()
    });
    let Some(anchor) = known else {
        return Answer::Unknown;
    };
    let Some(start) = scope.anchor(std::slice::from_ref(anchor), Some(fact)) else {
        return Answer::Unknown;
    };
    if *anchor == Anchor::Today {
        scope.may_change(plus_days(to, before.saturating_add(1)));
    }
    let ended = scope
        .anchor(&during.end, Some(fact))
        .is_some_and(|end| from > plus_days(end, after));
    super::yes_if(to >= plus_days(start, -before) && !ended)
}

/// So many in an unbroken run that reaches to the latest, so many days apart.
fn run_length(
    rules: &Rules,
    scope: &Scope<'_>,
    test: &FactTest,
    candidates: &[(&Fact, bool)],
    wanted: usize,
    apart: Option<usize>,
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
    let apart = apart.map_or(Some(0), whole);
    let Some(apart) = apart else {
        return Answer::Unknown;
    };
    if candidates.is_empty() && scope.vocabulary.absence(test.kind) == Absence::Unknown {
        return Answer::Unknown;
    }
    let mut dated: Vec<_> = candidates
        .iter()
        .filter_map(|(fact, _)| fact.from.map(|from| (from, *fact)))
        .collect();
    dated.sort_by_key(|(from, _)| std::cmp::Reverse(*from));
    let (mut count, mut last) = (0, None);
    for (from, fact) in dated {
        if verdict(rules, scope, test, fact) != Answer::Yes {
            break;
        }
        if last.is_none_or(|last| days_between(from, last) >= apart) {
            count += 1;
            last = Some(from);
        }
    }
    super::yes_if(count >= wanted)
}
