//! What a keeper relies on: late events, forgetting by day, erasing one person, one writer at a time.

use std::fs;
use std::path::PathBuf;

use fangxian_trace::{
    Case, Day, Event, How, Moment, Overlap, Person, Place, Refusal, Sighting, Store, Stream,
    TraceError, Window,
};

use crate::folder::{Folder, RULES};
use crate::world::{FIRST, NOW};

/// Person `n` at the market on the first morning, ten hours long.
pub fn at_the_market(n: u64) -> Event {
    visit(n, 7, FIRST + 8 * 3_600, Some(36_000))
}

pub fn visit(person: u64, place: u64, from: u32, length: Option<u32>) -> Event {
    let to = length.map(|length| Moment(from + length));
    let (person, place, from) = (Person(person), Place(place), Moment(from));
    Event::Seen(
        Stream::Visits,
        Sighting {
            person,
            place,
            from,
            to,
            how: How::Scan,
            confidence: 100,
        },
    )
}

fn others(store: &Store, person: u64) -> Vec<(u64, u64, u32)> {
    let case = Case {
        person: Person(person),
        window: Window::new(Moment(1), NOW),
    };
    let rows = store
        .snapshot()
        .ask(Stream::Visits)
        .contacts(&case, &Overlap::of_seconds(std::num::NonZeroU32::MIN))
        .rows;
    rows.iter()
        .map(|c| (c.person.0, c.seconds, c.imputed))
        .collect()
}

#[test]
fn a_missing_end_is_imputed_marked_shortened_and_lengthened() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    store
        .ingest(
            &[visit(1, 5, FIRST, Some(36_000)), visit(2, 5, FIRST, None)],
            NOW,
        )
        .unwrap();
    assert_eq!(others(&store, 1), [(2, 3_600, 1)]);
    // Somebody sees person 2 elsewhere after a quarter of an hour; and takes it back.
    store
        .ingest(&[visit(2, 6, FIRST + 900, Some(60))], NOW)
        .unwrap();
    assert_eq!(others(&store, 1), [(2, 900, 1)]);
    store.seal().unwrap();
    let (stream, person, place) = (Stream::Visits, Person(2), Place(6));
    store
        .ingest(
            &[Event::Withdrawn {
                stream,
                person,
                place,
                from: Moment(FIRST + 900),
            }],
            NOW,
        )
        .unwrap();
    assert_eq!(others(&store, 1), [(2, 3_600, 1)]);
    // The end becomes known, and an entry scan that comes late does not unmake it.
    store
        .ingest(
            &[visit(2, 5, FIRST, Some(5_000)), visit(2, 5, FIRST, None)],
            NOW,
        )
        .unwrap();
    assert_eq!(others(&store, 1), [(2, 5_000, 0)]);
}

#[test]
fn a_place_can_have_a_longest_assumed_stay_of_its_own() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let assumed = |seconds_max| Event::Assumed {
        stream: Stream::Visits,
        place: Place(5),
        seconds_max,
    };
    let (long, open) = (visit(1, 5, FIRST, Some(36_000)), visit(2, 5, FIRST, None));
    store.ingest(&[long, open], NOW).unwrap();
    store.seal().unwrap();
    let done = store.ingest(&[assumed(Some(600))], NOW).unwrap();
    assert_eq!((done.added, others(&store, 1)), (1, vec![(2, 600, 1)]));
    store.seal().unwrap();
    drop(store);
    // It outlives a restart, also one without the file of numbers.
    let files = folder.files("");
    let is_numbers = |path: &&PathBuf| path.to_string_lossy().contains("numbers-");
    fs::remove_file(files.iter().find(is_numbers).unwrap()).unwrap();
    let (store, _) = folder.open();
    store.ingest(&[visit(3, 5, FIRST + 60, None)], NOW).unwrap();
    assert_eq!(others(&store, 1), [(2, 600, 1), (3, 600, 1)]);
    let done = store.ingest(&[assumed(None), assumed(None)], NOW).unwrap();
    assert_eq!((done.changed, done.repeated), (1, 1));
    assert_eq!(others(&store, 1), [(2, 3_600, 1), (3, 3_600, 1)]);
}

#[test]
fn late_events_change_a_sealed_day_and_leave_the_others_alone() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    store
        .ingest(
            &[at_the_market(1), visit(1, 7, FIRST + 86_400, Some(60))],
            NOW,
        )
        .unwrap();
    store.seal().unwrap();
    let before = folder.files(".segment");
    assert_eq!(before.len(), 2);
    store.ingest(&[at_the_market(2)], NOW).unwrap();
    assert_eq!(others(&store, 1), [(2, 36_000, 0)]);
    store.seal().unwrap();
    let after = folder.files(".segment");
    assert_eq!(after.iter().filter(|file| before.contains(file)).count(), 1);
    assert_eq!(others(&store, 1), [(2, 36_000, 0)]);
    assert_eq!(store.waiting(), 0);
}

#[test]
fn forgotten_days_are_gone_and_refused() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let second = visit(3, 7, FIRST + 86_400, Some(60));
    store
        .ingest(&[at_the_market(1), at_the_market(2), second], NOW)
        .unwrap();
    store.seal().unwrap();
    store.ingest(&[at_the_market(4)], NOW).unwrap();
    let Day(first) = RULES.calendar.day(Moment(FIRST));
    assert_eq!(store.forget_before(Day(first + 1)).unwrap(), 3);
    drop(store);
    let (store, _) = folder.open();
    assert_eq!(others(&store, 1), []);
    assert_eq!(store.stats().streams[0].sealed, 1);
    let again = store.ingest(&[at_the_market(1)], NOW).unwrap();
    assert_eq!(
        (again.added, again.refused),
        (0, vec![(0, Refusal::Forgotten)])
    );
    let late = visit(1, 7, NOW.0 + 601, None);
    assert_eq!(
        store.ingest(&[late], NOW).unwrap().refused,
        [(0, Refusal::Future)]
    );
}

#[test]
fn an_erased_person_is_in_no_file_and_the_receipt_says_what_went() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let secret = 0x5EC2_E7C0_FFEE_1234;
    let alias = 0x0A11_A511_FE11_0E55;
    store
        .ingest(
            &[at_the_market(1), at_the_market(secret), at_the_market(2)],
            NOW,
        )
        .unwrap();
    store.seal().unwrap();
    let same = Event::Same {
        person: Person(alias),
        as_person: Person(secret),
    };
    store
        .ingest(&[visit(alias, 9, FIRST, Some(60)), same], NOW)
        .unwrap();
    let before = folder.files("");
    let receipt = store.erase(Person(secret), NOW).unwrap();
    assert_eq!(
        (receipt.number, receipt.stays, receipt.pseudonyms),
        (1, [2, 0], 2)
    );
    assert_eq!(others(&store, 1), [(2, 36_000, 0)]);
    for file in &receipt.removed {
        assert!(
            before.iter().any(|path| path.ends_with(file)) && !folder.path().join(file).exists()
        );
    }
    for file in folder.files("") {
        let bytes = fs::read(&file).unwrap();
        for key in [secret, alias] {
            assert!(
                !bytes.windows(8).any(|w| w == key.to_le_bytes()),
                "{} holds {key}",
                file.display()
            );
            let text = key.to_string();
            assert!(
                !bytes.windows(text.len()).any(|w| w == text.as_bytes()),
                "{}",
                file.display()
            );
        }
    }
    assert_eq!(store.verify(true).unwrap(), []);
    assert_eq!(store.erase(Person(secret), NOW).unwrap().stays, [0, 0]);
}

#[test]
fn a_store_has_one_writer() {
    let folder = Folder::new();
    let (_store, _) = folder.open();
    assert!(matches!(
        Store::open(folder.path(), RULES),
        Err(TraceError::InUse { .. })
    ));
}

#[test]
fn a_snapshot_does_not_change_and_many_write_at_once() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    store
        .ingest(&[at_the_market(1), at_the_market(2)], NOW)
        .unwrap();
    let snapshot = store.snapshot();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for n in 0..25 {
                    let done = store
                        .ingest(&[at_the_market(100 + thread * 25 + n)], NOW)
                        .unwrap();
                    assert_eq!((done.added, done.repeated), (1, 0));
                }
            });
        }
    });
    let case = Case {
        person: Person(1),
        window: Window::new(Moment(1), NOW),
    };
    let overlap = Overlap::of_seconds(std::num::NonZeroU32::MIN);
    assert_eq!(
        snapshot
            .ask(Stream::Visits)
            .contacts(&case, &overlap)
            .rows
            .len(),
        1
    );
    assert_eq!(others(&store, 1).len(), 101);
}

#[test]
fn a_store_seals_by_itself_when_many_wait_or_one_has_waited_long() {
    use fangxian_trace::Sealing;
    let folder = Folder::new();
    let sealing = Sealing {
        stays_max: 3,
        age_seconds_max: 60,
    };
    let store = folder.open().0.with_sealing(sealing);
    let tell = |people: std::ops::Range<u64>, now: Moment| {
        let events: Vec<Event> = people.map(at_the_market).collect();
        assert_eq!(store.ingest(&events, now).unwrap().not_sealed, None);
        store.waiting()
    };
    assert_eq!(tell(0..2, NOW), 2, "two may wait");
    assert_eq!(tell(2..3, NOW), 0, "three may not");
    assert_eq!(tell(3..4, NOW), 1);
    assert_eq!(tell(4..5, NOW.plus(59)), 2);
    assert_eq!(tell(5..6, NOW.plus(59)), 0, "three again");
    assert_eq!(tell(6..7, NOW.plus(59)), 1);
    assert!(!store.seal_if_due(NOW.plus(118)).unwrap());
    assert!(store.seal_if_due(NOW.plus(119)).unwrap(), "one minute old");
    assert!(!store.seal_if_due(NOW.plus(999)).unwrap(), "nothing waits");
    assert_eq!(others(&store, 0).len(), 6);
    assert_eq!(store.stats().streams[0].sealed, 7);
}
