//! Norovirus in the primary school: the school doctor reports pupils and teachers day by day; many
//! are seen at the clinic, whose samples the laboratory tests.

use fangxian_base::{Date, plus_days};

use super::{Event, Report, Response, Source, day_of};
use crate::district::District;
use crate::district::residents::Resident;
use crate::district::staff::SCHOOL;
use crate::streams::{Stream, Streams};

/// Reports on each school day: twenty-five, two of them teachers.
const PER_DAY: [usize; 5] = [4, 9, 7, 3, 2];
const TEACHERS: usize = 2;

pub(super) fn school(district: &District, streams: Streams, start: Date) -> Vec<Event> {
    let mut stream = streams.named("school");
    let aged = |low: i16, high: i16| -> Vec<&Resident> {
        let of_age = district
            .residents
            .iter()
            .filter(|r| (low..=high).contains(&r.age(start)));
        of_age.collect()
    };
    let (mut pupils, mut teachers) = (aged(6, 11), aged(26, 52));
    stream.shuffle(&mut pupils);
    stream.shuffle(&mut teachers);
    let total: usize = PER_DAY.iter().sum();
    let mut ill: Vec<&Resident> = pupils.into_iter().take(total - TEACHERS).collect();
    // The teachers fall ill on the second and third day.
    for (at, teacher) in [8, 15].into_iter().zip(teachers) {
        ill.insert(at.min(ill.len()), teacher);
    }
    let mut events = Vec::new();
    let mut rest = ill.into_iter();
    for (day, count) in PER_DAY.into_iter().enumerate() {
        for person in rest.by_ref().take(count) {
            let n = events.len();
            one(&mut stream, start, person, (day, n), &mut events);
        }
    }
    events
}

fn one(
    stream: &mut Stream,
    start: Date,
    person: &Resident,
    (day, n): (usize, usize),
    events: &mut Vec<Event>,
) {
    let at = i64::try_from(day).unwrap_or(0) * 24 * 60 + stream.between(8 * 60 + 5, 15 * 60 + 30);
    let today = day_of(start, at);
    let onset = plus_days(today, -stream.between(0, 1));
    let symptoms: &[&str] = match stream.below(4) {
        0 => &["vomiting", "diarrhoea"],
        1 => &["diarrhoea"],
        2 => &["vomiting"],
        _ => &["vomiting", "fever"],
    };
    let report = Report {
        workplace: SCHOOL.to_owned(),
        note: format!("{}年级，晨午检发现。", (person.age(start) - 5).clamp(1, 6)),
        ..Report::of(person).ill(symptoms, onset)
    };
    let mut told = |key: &str, at_minute, source, report| {
        events.push(Event {
            key: format!("noro/{n}/{key}"),
            at_minute,
            source,
            response: Response::Norovirus,
            contact_of: None,
            refused: false,
            report,
        });
    };
    told("school", at, Source::School, report.clone());
    if stream.percent(60) {
        let seen = at + stream.between(90, 300);
        let diagnosed = Report {
            visited_on: today.to_string(),
            class: "clinically_diagnosed".to_owned(),
            class_on: today.to_string(),
            note: String::new(),
            ..report.clone()
        };
        told("clinic", seen, Source::Clinic, diagnosed);
        if stream.percent(55) {
            let found = seen + stream.between(5 * 60, 20 * 60);
            let tested = Report {
                test: "pcr".to_owned(),
                sample_on: today.to_string(),
                result: "positive".to_owned(),
                note: String::new(),
                ..report
            };
            told("laboratory", found, Source::Laboratory, tested);
        }
    }
}
