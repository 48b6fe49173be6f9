//! Everyday reports at the public door: fever, cough, stomach; some twice, some without a document
//! number, some with a slip in it.

use fangxian_base::{Date, plus_days};

use super::{Event, Report, Response, Source, day_of, in_order};
use crate::district::District;
use crate::district::residents::Resident;
use crate::streams::{Stream, Streams};

/// Reports a day, not counting doubles.
const PER_DAY: i64 = 48;
/// Weights of the hours of a day.
const HOURS: [u32; 24] = [
    1, 0, 0, 0, 0, 1, 3, 7, 11, 12, 11, 9, 7, 6, 7, 8, 8, 8, 9, 11, 12, 9, 5, 2,
];

/// Reports of residents over some days, in the order of their time.
pub fn background(district: &District, seed: u64, start: Date, days: i64) -> Vec<Event> {
    let mut stream = Streams::of(seed).named("background");
    let mut events = Vec::new();
    for day in 0..days {
        for n in 0..PER_DAY + stream.between(-8, 8) {
            let hour = i64::try_from(stream.weighted(HOURS.into_iter())).unwrap_or(12);
            let at = (day * 24 + hour) * 60 + stream.between(0, 59);
            let Some(person) = stream.pick(&district.residents) else {
                return events;
            };
            let key = format!("background/{seed}/{day}/{n}");
            one(&mut stream, start, days, person, key, at, &mut events);
        }
    }
    in_order(&mut events);
    events
}

fn one(
    stream: &mut Stream,
    start: Date,
    days: i64,
    person: &Resident,
    key: String,
    at: i64,
    events: &mut Vec<Event>,
) {
    let report = report(stream, start, person, at);
    let mut told = |key: String, at_minute, report: Report, refused| {
        events.push(Event {
            key,
            at_minute,
            source: Source::Resident,
            response: Response::Routine,
            contact_of: None,
            refused,
            report,
        });
    };
    match stream.below(100) {
        // A slip in the last place; most correct it at once.
        0..4 => {
            let wrong = Report {
                document_number: slip(&person.id_number),
                ..report.clone()
            };
            told(format!("{key}/slip"), at, wrong, true);
            told(key, at + 2, report, false);
        }
        // The same person once more, some hours later, less carefully.
        4..11 => {
            let again = Report {
                document_number: String::new(),
                // With the phone it is the same person; by name and birth date alone it may be.
                phone: if stream.percent(40) {
                    report.phone.clone()
                } else {
                    String::new()
                },
                ..report.clone()
            };
            told(key.clone(), at, report, false);
            let later = at + stream.between(40, 400);
            if later < days * 24 * 60 {
                told(format!("{key}/again"), later, again, false);
            }
        }
        _ => told(key, at, report, false),
    }
}

fn report(stream: &mut Stream, start: Date, person: &Resident, at: i64) -> Report {
    let (symptoms, fever): (&[&str], bool) = match stream.below(10) {
        0..2 => (&["fever", "cough"], true),
        2 => (&["fever"], true),
        3..6 => (&["cough"], false),
        6..8 => (&["sore_throat"], false),
        8 => (&["diarrhoea"], false),
        _ => (&["other"], false),
    };
    let onset = plus_days(day_of(start, at), -stream.between(0, 3));
    let mut report = Report::of(person).ill(symptoms, onset);
    if fever && stream.percent(80) {
        report.temperature = format!("38.{}", stream.between(0, 9));
    }
    if stream.percent(55) {
        report.document_number.clone_from(&person.id_number);
    }
    if stream.percent(20) {
        report.address.clear();
    }
    if stream.percent(12) {
        report.area_code.clear();
    }
    report
}

/// The number with another last place.
fn slip(number: &str) -> String {
    let (head, last) = number.split_at(number.len().saturating_sub(1));
    let other = if last == "3" { '4' } else { '3' };
    format!("{head}{other}")
}
