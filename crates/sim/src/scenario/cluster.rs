//! The imported cluster: somebody comes home ill from a live-bird market; the fever clinic reports;
//! of those met, two fall ill. Delays are those of real cases, cut to what fits a week.

use fangxian_base::{Date, plus_days};

use super::{Contact, Event, Report, Response, Source, day_of};
use crate::delays::{Delay, Delays};
use crate::district::District;
use crate::district::residents::Resident;
use crate::streams::{Stream, Streams};

/// The clinic reports the index case on the first morning.
const INDEX_AT: i64 = 8 * 60 + 35;
/// Days before onset from which people met are named.
const NAMED_DAYS: i64 = 2;
/// LIMIT: days from onset to visit that are used, so that the story fits its days.
const VISIT_MAX: i64 = 5;

struct Story<'a> {
    stream: Stream,
    delays: &'a Delays,
    start: Date,
    events: Vec<Event>,
}

pub(super) fn cluster(
    district: &District,
    streams: Streams,
    delays: &Delays,
    start: Date,
) -> Vec<Event> {
    let mut stream = streams.named("cluster");
    let adults: Vec<&Resident> = district
        .residents
        .iter()
        .filter(|r| (45..65).contains(&r.age(start)))
        .filter(|r| {
            district
                .residents
                .iter()
                .filter(|o| o.household == r.household)
                .count()
                > 2
        })
        .collect();
    let Some(index) = stream.pick(&adults).copied() else {
        return Vec::new();
    };
    let home: Vec<&Resident> = district
        .residents
        .iter()
        .filter(|r| r.household == index.household && r.id_number != index.id_number)
        .collect();
    let mut work: Vec<&Resident> = district
        .residents
        .iter()
        .filter(|r| (24..58).contains(&r.age(start)) && r.household != index.household)
        .collect();
    stream.shuffle(&mut work);
    work.truncate(6);
    let mut story = Story {
        stream,
        delays,
        start,
        events: Vec::new(),
    };
    story.index(index, &home, &work);
    let ill = home.iter().find(|r| r.age(start) > 16).or(home.first());
    for (n, (contact, setting)) in [
        (ill.copied(), "household"),
        (work.first().copied(), "workplace"),
    ]
    .into_iter()
    .enumerate()
    {
        if let Some(contact) = contact {
            story.falls_ill(contact, setting, n);
        }
    }
    story.events
}

impl Story<'_> {
    /// Delays whose visit comes within a few days.
    fn delay(&mut self) -> Delay {
        for _ in 0..40 {
            let delay = self.delays.draw(&mut self.stream);
            if delay
                .visit
                .is_some_and(|days| (1..=VISIT_MAX).contains(&days))
            {
                return delay;
            }
        }
        Delay {
            visit: Some(2),
            admission: Some(2),
            confirmation: 4,
        }
    }

    fn told(&mut self, key: String, at_minute: i64, report: Report, contact_of: Option<String>) {
        self.events.push(Event {
            key,
            at_minute,
            source: Source::Clinic,
            response: Response::Influenza,
            contact_of,
            refused: false,
            report,
        });
    }

    fn index(&mut self, person: &Resident, home: &[&Resident], work: &[&Resident]) {
        let today = self.start;
        let onset = plus_days(today, -self.delay().visit.unwrap_or(3));
        let market = plus_days(onset, -self.stream.between(3, 6));
        let day = |date: Date| date.to_string();
        let named = |other: &Resident, setting: &str, last: i64| Contact {
            name: other.name.clone(),
            phone: other.phone.clone(),
            address: other.address.clone(),
            area_code: other.community().to_owned(),
            setting: setting.to_owned(),
            protected: "no".to_owned(),
            from: day(plus_days(onset, -NAMED_DAYS)),
            until: day(plus_days(today, -last)),
        };
        let mut contacts: Vec<Contact> = home.iter().map(|r| named(r, "household", 0)).collect();
        contacts.extend(work.iter().map(|r| named(r, "workplace", 1)));
        let report = Report {
            document_number: person.id_number.clone(),
            area_code: person.grid.clone(),
            workplace: "示范区东塘农贸市场".to_owned(),
            temperature: "39.1".to_owned(),
            visited_on: day(today),
            hospitalised_on: day(today),
            class: "confirmed".to_owned(),
            class_on: day(today),
            animals: "live_bird_market".to_owned(),
            animals_on: day(market),
            pneumonia: "yes".to_owned(),
            test: "pcr".to_owned(),
            sample_on: day(today),
            result: "positive".to_owned(),
            note: "外省返回，发病前去过活禽市场。".to_owned(),
            contacts,
            ..Report::of(person).ill(&["fever", "cough", "breathless"], onset)
        };
        self.told("flu/index".to_owned(), INDEX_AT, report, None);
    }

    /// First as suspected, with the next day's laboratory result as confirmed.
    fn falls_ill(&mut self, person: &Resident, setting: &str, n: usize) {
        let later = i64::try_from(n).unwrap_or(0);
        let at = (1 + later) * 24 * 60 + self.stream.between(9 * 60, 16 * 60);
        let today = day_of(self.start, at);
        let onset = plus_days(today, -self.delay().visit.map_or(1, |days| days.min(2)));
        let met = plus_days(onset, -2);
        let base = Report {
            document_number: person.id_number.clone(),
            area_code: person.grid.clone(),
            temperature: "38.6".to_owned(),
            contact_setting: setting.to_owned(),
            contact_protected: "no".to_owned(),
            contact_from: met.to_string(),
            contact_until: plus_days(self.start, -1).max(met).to_string(),
            visited_on: today.to_string(),
            hospitalised_on: today.to_string(),
            ..Report::of(person).ill(&["fever", "cough"], onset)
        };
        let index = || Some("flu/index".to_owned());
        let suspected = Report {
            class: "suspected".to_owned(),
            class_on: today.to_string(),
            pneumonia: "no".to_owned(),
            ..base.clone()
        };
        self.told(format!("flu/contact-{n}/suspected"), at, suspected, index());
        let found = at + self.stream.between(14 * 60, 22 * 60);
        let confirmed = Report {
            class: "confirmed".to_owned(),
            class_on: day_of(self.start, found).to_string(),
            test: "pcr".to_owned(),
            sample_on: today.to_string(),
            result: "positive".to_owned(),
            ..base
        };
        self.told(
            format!("flu/contact-{n}/confirmed"),
            found,
            confirmed,
            index(),
        );
    }
}
