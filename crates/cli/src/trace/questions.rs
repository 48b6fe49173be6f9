//! The questions of `fangxian trace`, and how their answers are printed.

use std::num::NonZeroU32;

use fangxian_trace::ask::companions::{CompanionRule, LongStay};
use fangxian_trace::ask::explain::{Known, Meeting};
use fangxian_trace::{Answer, Ask, Case, Contact, Overlap, Person, Store, Stream, Window};
use serde_json::{Value, json};

use super::{Common, Question};
use crate::out::{self, Ended, Failed};

/// Which stays are meant.
pub fn stream(common: &Common) -> Stream {
    if common.presence {
        Stream::Presence
    } else {
        Stream::Visits
    }
}

fn window(question: &Question) -> Window {
    Window::new(question.from, question.to)
}

fn cases(question: &Question) -> Vec<Case> {
    question
        .people
        .iter()
        .map(|p| Case {
            person: Person(*p),
            window: window(question),
        })
        .collect()
}

fn shortest(question: &Question) -> Overlap {
    let seconds = NonZeroU32::new(question.minutes.saturating_mul(60)).unwrap_or(NonZeroU32::MIN);
    Overlap {
        seconds_min: seconds,
        crowd_max: question.crowd,
    }
}

/// The one person of a question that is about one.
fn only(question: &Question) -> Result<Case, Failed> {
    match cases(question)[..] {
        [case] => Ok(case),
        _ => Err(Failed::new("this question is about one person")),
    }
}

/// Asks the snapshot of now and prints the answer: an object, or a line for each row.
fn answer<T>(
    store: &Store,
    question: &Question,
    ask: impl FnOnce(&Ask<'_>) -> Answer<T>,
    row: impl Fn(&T) -> Value,
) -> Result<Ended, Failed> {
    let snapshot = store.snapshot();
    let answer = ask(&snapshot.ask(stream(&question.common)));
    let rows: Vec<Value> = answer.rows.iter().map(row).collect();
    let crowds: Vec<Value> = answer
        .crowds
        .iter()
        .map(|c| json!({ "place": c.place.0, "from": c.window.from.to_string(), "to": c.window.to.to_string(), "stays": c.stays }))
        .collect();
    let unknown: Vec<u64> = answer.unknown.iter().map(|p| p.0).collect();
    if question.common.json {
        out::json(&json!({ "rows": rows, "left_out_as_crowded": crowds, "unknown": unknown }))?;
        return Ok(Ended::Done);
    }
    rows.iter().for_each(out::line);
    for crowd in &crowds {
        out::note(format_args!("left out as crowded: {crowd}"));
    }
    for person in &unknown {
        out::note(format_args!("never seen: {person}"));
    }
    Ok(Ended::Done)
}

fn contact(c: &Contact) -> Value {
    json!({
        "person": c.person.0, "overlaps": c.overlaps, "seconds": c.seconds, "first": c.first.to_string(),
        "last": c.last.to_string(), "imputed": c.imputed,
    })
}

fn known(k: &Known) -> Value {
    json!({
        "from": k.stay.from.to_string(), "to": k.stay.to.to_string(), "how": k.how.name(),
        "confidence": k.confidence, "imputed": k.imputed,
    })
}

fn meeting(m: &Meeting) -> Value {
    json!({
        "place": m.place.0, "from": m.together.from.to_string(), "to": m.together.to.to_string(),
        "one": known(&m.one), "other": known(&m.other),
    })
}

/// Who was with somebody; or, with another, when and where.
pub fn contacts(store: &Store, question: &Question, with: Option<u64>) -> Result<Ended, Failed> {
    let (case, overlap) = (only(question)?, shortest(question));
    let Some(other) = with else {
        return answer(
            store,
            question,
            |ask| ask.contacts(&case, &overlap),
            contact,
        );
    };
    let meetings = |ask: &Ask<'_>| Answer {
        rows: ask.meetings(case.person, Person(other), case.window, &overlap),
        ..Answer::default()
    };
    answer(store, question, meetings, meeting)
}

/// Contacts of close contacts.
pub fn ring2(store: &Store, question: &Question, close_minutes: u32) -> Result<Ended, Failed> {
    let close = u64::from(close_minutes) * 60;
    answer(
        store,
        question,
        |ask| ask.ring2(&cases(question), &shortest(question), close),
        contact,
    )
}

/// Time-space companions.
pub fn companions(store: &Store, question: &Question, stay_minutes: u32) -> Result<Ended, Failed> {
    let case = only(question)?;
    let rule = CompanionRule {
        joint: shortest(question),
        stay_seconds_min: u64::from(stay_minutes) * 60,
    };
    answer(
        store,
        question,
        |ask| ask.companions(&case, &rule),
        |row| {
            let (who, seconds) = match row.because {
                LongStay::OfTheCase(seconds) => ("case", seconds),
                LongStay::OfTheOther(seconds) => ("other", seconds),
            };
            json!({
                "cell": row.cell.0, "contact": contact(&row.contact), "long_stay_of": who, "long_stay_seconds": seconds,
            })
        },
    )
}

/// Epidemic points.
pub fn points(store: &Store, question: &Question) -> Result<Ended, Failed> {
    let case = only(question)?;
    answer(
        store,
        question,
        |ask| ask.points(&case, &shortest(question)),
        |point| {
            let visitors: Vec<Value> = point.visitors.iter().map(contact).collect();
            json!({ "place": point.place.0, "visitors": visitors })
        },
    )
}

/// Which of several met, and where they all were.
pub fn overlap(store: &Store, question: &Question) -> Result<Ended, Failed> {
    let cases = cases(question);
    let snapshot = store.snapshot();
    let ask = snapshot.ask(stream(&question.common));
    let pairs = ask.case_pairs(&cases, &shortest(question));
    let shared = ask.shared_places(&cases, 2);
    let pairs_json: Vec<Value> = pairs
        .rows
        .iter()
        .map(|p| json!({ "one": p.one.0, "place": p.place.0, "other": contact(&p.other) }))
        .collect();
    let shared_json: Vec<Value> = shared
        .rows
        .iter()
        .map(|s| json!({ "place": s.place.0, "cases": s.cases, "first": s.first.to_string(), "last": s.last.to_string() }))
        .collect();
    let unknown: Vec<u64> = pairs.unknown.iter().map(|p| p.0).collect();
    out::json(&json!({ "pairs": pairs_json, "shared_places": shared_json, "unknown": unknown }))?;
    Ok(Ended::Done)
}
