//! Files that are cut, changed or gone: detected, named, and made anew from what is sound.

use std::fs;
use std::path::Path;

use fangxian_trace::{Case, Contact, Moment, Person, Store, Stream, TraceError, Window};

use crate::folder::{Folder, RULES};
use crate::keeping::at_the_market;
use crate::world::NOW;

fn contacts(store: &Store) -> Vec<Contact> {
    let case = Case {
        person: Person(1),
        window: Window::new(Moment(1), NOW),
    };
    let overlap = fangxian_trace::Overlap::of_seconds(std::num::NonZeroU32::MIN);
    store
        .snapshot()
        .ask(Stream::Visits)
        .contacts(&case, &overlap)
        .rows
}

fn sealed() -> (Folder, Vec<Contact>) {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let events: Vec<_> = (0..400).map(at_the_market).collect();
    store.ingest(&events, NOW).unwrap();
    store.seal().unwrap();
    let answer = contacts(&store);
    assert_eq!(answer.len(), 399);
    (folder, answer)
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    let at = at % bytes.len();
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn a_flipped_byte_anywhere_in_a_segment_is_found_and_the_segment_made_anew() {
    let (folder, answer) = sealed();
    for at in (0..9).map(|n| n * 1_237) {
        let segment = folder.files(".segment").remove(0);
        flip(&segment, at);
        let (store, opened) = folder.open();
        assert_eq!(opened.rebuilt.len(), 1, "byte {at}");
        assert!(opened.rebuilt[0].starts_with(&name(&segment)), "{opened:?}");
        assert_eq!(contacts(&store), answer);
        assert_eq!(store.verify(true).unwrap(), []);
    }
}

#[test]
fn a_cut_an_empty_and_a_missing_segment_are_made_anew() {
    let (folder, answer) = sealed();
    for left in [Some(5_000), Some(100), Some(0), None] {
        let segment = folder.files(".segment").remove(0);
        match left {
            Some(bytes) => fs::OpenOptions::new()
                .write(true)
                .open(&segment)
                .unwrap()
                .set_len(bytes)
                .unwrap(),
            None => fs::remove_file(&segment).unwrap(),
        }
        let (store, opened) = folder.open();
        assert_eq!(opened.rebuilt.len(), 1, "{left:?}: {opened:?}");
        assert_eq!(contacts(&store), answer);
    }
}

#[test]
fn each_order_of_the_record_is_made_anew_from_the_other_and_both_together_are_lost() {
    let (folder, answer) = sealed();
    for end in [".people.parquet", ".places.parquet"] {
        let file = folder.files(end).remove(0);
        flip(&file, 777);
        let (store, _) = folder.open();
        let faults = store.verify(true).unwrap();
        assert_eq!(
            faults.iter().map(|f| f.file.clone()).collect::<Vec<_>>(),
            [name(&file)]
        );
        assert_eq!(store.repair().unwrap(), faults);
        assert_eq!(store.verify(true).unwrap(), []);
        assert_eq!(contacts(&store), answer);
    }
    flip(&folder.files(".people.parquet")[0], 777);
    flip(&folder.files(".places.parquet")[0], 777);
    let (store, _) = folder.open();
    assert!(matches!(store.repair(), Err(TraceError::Lost { .. })));
    assert_eq!(contacts(&store), answer, "the index still answers");
}

#[test]
fn lost_numbers_are_given_again() {
    let (folder, answer) = sealed();
    let mut numbers = fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().path());
    let numbers = numbers.find(|p| name(p).starts_with("numbers-")).unwrap();
    flip(&numbers, 40);
    let (store, opened) = folder.open();
    assert_eq!(opened.rebuilt.len(), 2, "numbers and segment: {opened:?}");
    assert_eq!(contacts(&store), answer);
}

#[test]
fn a_torn_end_of_the_log_is_cut_and_damage_before_the_end_is_refused() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    for n in 0..20 {
        store.ingest(&[at_the_market(n)], NOW).unwrap();
    }
    drop(store);
    let log = folder.log();
    let whole = fs::read(&log).unwrap();
    fs::write(&log, &whole[..whole.len() - 7]).unwrap();
    let (store, opened) = folder.open();
    assert_eq!((opened.replayed, opened.torn_bytes > 0), (19, true));
    assert_eq!(contacts(&store).len(), 18);
    // The end was cut: the log goes on behind the last whole frame.
    store.ingest(&[at_the_market(50)], NOW).unwrap();
    drop(store);
    assert_eq!(
        folder.open().1,
        fangxian_trace::Opened {
            replayed: 20,
            ..Default::default()
        }
    );

    fs::write(&log, &whole).unwrap();
    flip(&log, 100);
    let before = fs::read(&log).unwrap();
    let Err(TraceError::Log { at, .. }) = Store::open(folder.path(), RULES) else {
        panic!("it was taken")
    };
    assert!(at < 100);
    assert_eq!(fs::read(&log).unwrap(), before, "nothing was cut");
}

#[test]
fn a_damaged_list_of_files_is_refused() {
    let (folder, _) = sealed();
    flip(&folder.path().join("manifest.json"), 60);
    assert!(matches!(
        Store::open(folder.path(), RULES),
        Err(TraceError::Manifest { .. })
    ));
}
