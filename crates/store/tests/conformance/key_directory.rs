//! The key directory belongs to its database: another one, or one with a part missing, is refused
//! before anything is written, and nothing in it is ever removed.

use std::path::{Path, PathBuf};

use fangxian_base::Clock;
use fangxian_store::testing::{Place, each_place, record, response, tamper};
use fangxian_store::{OpenError, Store};

fn again(place: &Place) -> Result<Store, OpenError> {
    let clock: std::sync::Arc<dyn Clock> = place.clock.clone();
    Store::open(&place.config(), clock)
}

fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for item in std::fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_file() {
            files.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    files.sort();
    files
}

/// An installation that something was kept in.
fn used(place: &Place) -> PathBuf {
    let store = place.open();
    let response = response(&store, "influenza");
    record(&store, response, None);
    store.seal().unwrap();
    store.keys().dir().to_owned()
}

#[test]
fn a_missing_key_is_named_and_never_made_anew() {
    each_place(|place| {
        let dir = used(place);
        for name in ["search.key", "audit.key", "master.key"] {
            let kept = std::fs::read(dir.join(name)).unwrap();
            std::fs::remove_file(dir.join(name)).unwrap();
            let before = files(&dir);
            match again(place) {
                Err(OpenError::KeysGone { names, .. }) => assert_eq!(names, name),
                other => panic!("{other:?}"),
            }
            assert_eq!(files(&dir), before, "nothing was made or removed");
            std::fs::write(dir.join(name), kept).unwrap();
        }
        again(place).unwrap();
    });
}

#[test]
fn the_keys_of_another_database_are_refused_and_left_alone() {
    each_place(|place| {
        let dir = used(place);
        let other = Place::new(fangxian_store::Engine::Sqlite);
        let strange = used(&other);
        for name in ["search.key", "audit.key", "master.key"] {
            let kept = std::fs::read(dir.join(name)).unwrap();
            std::fs::copy(strange.join(name), dir.join(name)).unwrap();
            let before = files(&dir);
            match again(place) {
                Err(OpenError::KeysDiffer { names, .. }) => assert_eq!(names, name),
                other => panic!("{other:?}"),
            }
            assert_eq!(files(&dir), before);
            std::fs::write(dir.join(name), kept).unwrap();
        }
        again(place).unwrap();
    });
}

#[test]
fn a_database_from_before_the_marks_is_asked_by_its_response_keys_and_its_last_head() {
    each_place(|place| {
        let dir = used(place);
        let unmark = || tamper(&place.open(), "DELETE FROM key_mark");
        unmark();
        again(place).unwrap();
        let other = Place::new(fangxian_store::Engine::Sqlite);
        let strange = used(&other);
        for name in ["audit.key", "master.key"] {
            unmark();
            let kept = std::fs::read(dir.join(name)).unwrap();
            std::fs::copy(strange.join(name), dir.join(name)).unwrap();
            let refused = again(place);
            assert!(
                matches!(refused, Err(OpenError::KeysDiffer { .. })),
                "{name}: {refused:?}"
            );
            std::fs::write(dir.join(name), kept).unwrap();
            again(place).unwrap();
        }
    });
}

#[test]
fn the_key_of_an_open_response_must_be_there() {
    each_place(|place| {
        let dir = used(place).join("responses");
        let (path, bytes) = files(&dir).remove(0);
        std::fs::remove_file(&path).unwrap();
        let refused = again(place);
        assert!(
            matches!(refused, Err(OpenError::KeysGone { .. })),
            "{refused:?}"
        );
        std::fs::write(path, bytes).unwrap();
        again(place).unwrap();
    });
}
