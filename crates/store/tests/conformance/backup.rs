//! Backup and restore: the same data on either engine, nothing lost, nothing brought back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fangxian_base::{Clock, PersonId, RecordId, ResponseId};
use fangxian_domain::units::UnitKind;
use fangxian_store::audit::{FindingKind, verify};
use fangxian_store::backup::{BackupError, RestoreReport, backup_keys, restore};
use fangxian_store::facts::{NewFact, When, fact_list};
use fangxian_store::kept::{Keeps, NewKept, kept_copies, kept_end, kept_insert, kept_mark};
use fangxian_store::people::{Says, link_insert};
use fangxian_store::records::{record_destroy, record_original, token_find};
use fangxian_store::responses::{response_close, response_destroy};
use fangxian_store::testing::{
    Place, command, each_place, engines, fact, number, printed, record, response, tamper, tree,
    unit, user,
};
use fangxian_store::{Author, DbError, Engine, Store};

const TABLES: [&str; 12] = [
    "area",
    "unit",
    "account",
    "account_grant",
    "response",
    "record",
    "record_key",
    "token",
    "fact",
    "link",
    "record_person",
    "person",
];

/// Some of everything: areas, accounts, two responses with records, facts and a link.
fn fill(store: &Store) -> (ResponseId, [RecordId; 3]) {
    let areas = tree(store);
    let cdc = unit(store, areas.district, UnitKind::CdcInstitution);
    user(store, cdc, "desk", &[("desk", areas.district)]);
    let (flu, noro) = (response(store, "influenza"), response(store, "norovirus"));
    let records = [
        record(store, flu, Some(areas.grids[0])),
        record(store, flu, None),
        record(store, noro, Some(areas.grids[1])),
    ];
    for (record, response) in [(records[0], flu), (records[2], noro)] {
        let new = NewFact::new("temperature", When::Unknown, "measured").with("value", 39.5);
        fact(store, record, response, new);
    }
    let (a, b) = (records[0], records[1]);
    store
        .write::<_, DbError, _>(command("people.merge"), move |tx| {
            link_insert(tx, (a, b), Says::Same, "by_hand", Author::System, None)
        })
        .unwrap();
    store.seal().unwrap();
    (flu, records)
}

fn made(place: &Place, store: &Store) -> (PathBuf, PathBuf) {
    let (data, keys) = (place.dir().join("backup"), place.dir().join("key-copy"));
    store.backup(&data, Author::Cli).unwrap();
    backup_keys(store.keys().dir(), &keys).unwrap();
    (data, keys)
}

fn restored(to: &Place, from: &Path, keys: Option<&Path>) -> Result<RestoreReport, BackupError> {
    let clock: Arc<dyn Clock> = to.clock.clone();
    restore(&to.config(), from, keys, clock)
}

/// The rows of a table with ids and bytes written alike on both engines.
fn rows(store: &Store, table: &str) -> Vec<String> {
    let mut rows: Vec<String> = printed(store, &format!("SELECT * FROM {table}"))
        .into_iter()
        .map(|row| unify(&row))
        .collect();
    rows.sort();
    rows
}

fn unify(row: &str) -> String {
    let mut text = row.to_owned();
    while let Some(at) = text.find("Uuid(") {
        let end = at + text[at..].find(')').unwrap();
        let id: uuid::Uuid = text[at + 5..end].parse().unwrap();
        text.replace_range(at..=end, &format!("Bytes({:?})", id.as_bytes()));
    }
    text
}

fn readable(store: &Store, record: RecordId) -> (bool, bool, bool) {
    store
        .read::<_, DbError>(|tx| {
            let original = record_original(tx, record)?.is_some();
            let facts = fact_list(tx, &[record])?;
            let facts = !facts.is_empty() && facts.iter().all(|fact| fact.attrs.is_some());
            Ok((
                original,
                facts,
                token_find(tx, "name", "王小明", 10)?.contains(&record),
            ))
        })
        .unwrap()
}

#[test]
fn a_backup_comes_back_whole_on_either_engine() {
    for from in engines() {
        for to in engines() {
            let place = Place::new(from);
            let store = place.open();
            let (_, records) = fill(&store);
            let (data, keys) = made(&place, &store);
            let target = Place::new(to);
            let report = restored(&target, &data, Some(&keys)).unwrap();
            assert!(report.verified.holds(), "{from:?} → {to:?}: {report:?}");
            assert_eq!(report.lost_entries, 0);
            let copy = target.open();
            for table in TABLES {
                assert_eq!(
                    rows(&copy, table),
                    rows(&store, table),
                    "{from:?} → {to:?}: {table}"
                );
            }
            assert_eq!(readable(&copy, records[0]), (true, true, true));
            assert!(
                verify(&copy).unwrap().holds(),
                "after the entry about the restore"
            );
            record(&copy, response(&copy, "later"), None);
            copy.seal().unwrap();
            assert!(verify(&copy).unwrap().holds());
        }
    }
}

#[test]
fn an_older_backup_brings_nothing_personal_back() {
    each_place(|place| {
        let store = place.open();
        let (flu, records) = fill(&store);
        let (data, keys) = made(place, &store);
        let single = records[2];
        store
            .write::<_, DbError, _>(command("people.destroy"), move |tx| {
                record_destroy(tx, single)
            })
            .unwrap();
        store
            .write::<_, DbError, _>(command("responses.close"), move |tx| {
                response_close(tx, flu, 1)
            })
            .unwrap();
        store
            .write::<_, DbError, _>(command("responses.destroy"), move |tx| {
                response_destroy(tx, flu, 2)
            })
            .unwrap();
        store.finish_destruction().unwrap();
        store.seal().unwrap();
        // The database is lost, the key directory is not; an old copy of the keys is given too.
        let key_dir = store.keys().dir().to_owned();
        drop(store);
        let target = Place::new(place.engine());
        copy_dir(&key_dir, &target.config().keys.unwrap());
        let report = restored(&target, &data, Some(&keys)).unwrap();
        assert_eq!(
            (report.responses_destroyed, report.records_destroyed),
            (1, 1)
        );
        assert!(report.verified.holds(), "{report:?}");
        let copy = target.open();
        for record in [records[0], single] {
            assert_eq!(readable(&copy, record), (false, false, false));
        }
        assert_eq!(
            readable(&copy, records[1]),
            (false, false, false),
            "it has no facts"
        );
        assert_eq!(number(&copy, "SELECT COUNT(*) FROM token"), 0);
        assert_eq!(number(&copy, "SELECT COUNT(*) FROM record_key"), 0);
        assert!(
            !target
                .config()
                .keys
                .unwrap()
                .join("responses")
                .join(format!("{flu}.key"))
                .exists()
        );
    });
}

#[test]
fn a_newer_backup_destroys_also_what_an_older_copy_of_the_keys_still_has() {
    each_place(|place| {
        let store = place.open();
        let (flu, records) = fill(&store);
        let keys = place.dir().join("old-keys");
        backup_keys(store.keys().dir(), &keys).unwrap();
        store
            .write::<_, DbError, _>(command("responses.close"), move |tx| {
                response_close(tx, flu, 1)
            })
            .unwrap();
        store
            .write::<_, DbError, _>(command("responses.destroy"), move |tx| {
                response_destroy(tx, flu, 2)
            })
            .unwrap();
        store.finish_destruction().unwrap();
        let data = place.dir().join("backup");
        store.backup(&data, Author::Cli).unwrap();
        let target = Place::new(place.engine());
        let report = restored(&target, &data, Some(&keys)).unwrap();
        assert_eq!(report.responses_destroyed, 1);
        let copy = target.open();
        assert_eq!(readable(&copy, records[0]), (false, false, false));
        assert!(
            !copy
                .keys()
                .dir()
                .join("responses")
                .join(format!("{flu}.key"))
                .exists()
        );
    });
}

#[test]
fn entries_that_the_heads_here_know_and_the_backup_does_not_are_counted_as_lost() {
    let place = Place::new(Engine::Sqlite);
    let store = place.open();
    fill(&store);
    let (data, _) = made(&place, &store);
    response(&store, "later");
    let told = store.seal().unwrap().last_seal;
    drop(store);
    for ending in ["db", "db-wal", "db-shm"] {
        let _ = std::fs::remove_file(place.config().data.join(format!("fangxian.{ending}")));
    }
    let report = restored(&place, &data, None).unwrap();
    assert_eq!(report.lost_entries, told - report.last_seal);
    assert!(
        report.lost_entries >= 2,
        "the later response and the entry about the backup"
    );
    assert!(verify(&place.open()).unwrap().holds());
}

#[test]
fn what_was_kept_comes_back_and_once_it_is_over_no_backup_brings_it_back() {
    each_place(|place| {
        let store = place.open();
        let (flu, records) = fill(&store);
        let id = uuid::Uuid::now_v7();
        store
            .keys()
            .make_response(ResponseId::from_uuid(id))
            .unwrap();
        let person = PersonId::of_record(records[0].min(records[1]));
        let until: fangxian_base::Date = "2030-01-01".parse().unwrap();
        store
            .write::<_, DbError, _>(command("responses.destroy"), move |tx| {
                let new = NewKept {
                    id,
                    response: flu,
                    keeps: Keeps::Person(person),
                    why: "rule",
                    until_on: until,
                    assessment: b"{}",
                    by: None,
                };
                kept_insert(tx, &new)?;
                kept_mark(tx, id, flu, Keeps::Person(person), &[])?;
                response_close(tx, flu, 1)?;
                response_destroy(tx, flu, 2)
            })
            .unwrap();
        store.finish_destruction().unwrap();
        let copies = |store: &Store| {
            let read = store.read::<_, DbError>(|tx| kept_copies(tx, id, None, 10));
            read.unwrap()
        };
        let made_copies = copies(&store);
        assert_eq!(made_copies.len(), 2, "the records of one person");
        assert!(made_copies[0].says.as_ref().unwrap().contains("王小明"));
        let (data, keys) = made(place, &store);
        let target = Place::new(place.engine());
        restored(&target, &data, Some(&keys)).unwrap();
        assert_eq!(copies(&target.open()), made_copies);

        store
            .write::<_, DbError, _>(command("responses.destroy"), move |tx| kept_end(tx, id))
            .unwrap();
        store.finish_destruction().unwrap();
        let key_dir = store.keys().dir().to_owned();
        drop(store);
        let target = Place::new(place.engine());
        copy_dir(&key_dir, &target.config().keys.unwrap());
        restored(&target, &data, Some(&keys)).unwrap();
        let copy = target.open();
        assert_eq!(copies(&copy), []);
        assert!(!copy.keys().still_holds(ResponseId::from_uuid(id)));
    });
}

#[test]
fn a_damaged_or_altered_backup_is_refused_and_nothing_is_restored() {
    let place = Place::new(Engine::Sqlite);
    let store = place.open();
    fill(&store);
    let (data, keys) = made(&place, &store);
    let refuse = |change: &dyn Fn(&Path)| {
        let copy = place.dir().join("changed");
        copy_dir(&data, &copy);
        change(&copy);
        let target = Place::new(Engine::Sqlite);
        let refused = restored(&target, &copy, Some(&keys)).unwrap_err();
        std::fs::remove_dir_all(&copy).unwrap();
        assert_eq!(number(&target.open(), "SELECT COUNT(*) FROM area"), 0);
        refused
    };
    let cut = refuse(&|dir| {
        let path = dir.join("fact.jsonl");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() / 2]).unwrap();
    });
    assert!(matches!(cut, BackupError::Damaged(part) if part == "fact.jsonl"));
    let altered = refuse(&|dir| {
        let path = dir.join("manifest.json");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("\"last_seal\"", " \"last_seal\"")).unwrap();
    });
    assert!(matches!(altered, BackupError::Signature));
    let missing = refuse(&|dir| std::fs::remove_file(dir.join("record.jsonl")).unwrap());
    assert!(matches!(missing, BackupError::File { .. }));
}

#[test]
fn a_trail_that_was_tampered_with_before_the_backup_is_told_at_the_restore() {
    let place = Place::new(Engine::Sqlite);
    let store = place.open();
    fill(&store);
    tamper(
        &store,
        "UPDATE audit_entry SET author = 'cli' WHERE seal = 2",
    );
    let (data, keys) = made(&place, &store);
    let report = restored(&Place::new(Engine::Sqlite), &data, Some(&keys)).unwrap();
    assert_eq!(report.verified.findings[0].kind, FindingKind::EntryChanged);
}

#[test]
fn an_installation_with_data_or_other_keys_or_none_is_not_restored_into() {
    let place = Place::new(Engine::Sqlite);
    let store = place.open();
    fill(&store);
    let (data, keys) = made(&place, &store);
    let full = restored(&place, &data, None).unwrap_err();
    assert!(matches!(full, BackupError::NotEmpty(_)), "{full}");
    let none = restored(&Place::new(Engine::Sqlite), &data, None).unwrap_err();
    assert!(matches!(none, BackupError::NoKeys), "{none}");
    let other = Place::new(Engine::Sqlite);
    drop(other.open());
    let other = restored(&other, &data, Some(&keys)).unwrap_err();
    assert!(matches!(other, BackupError::OtherKeys(_)), "{other}");
    let taken = store.backup(&data, Author::Cli).unwrap_err();
    assert!(matches!(taken, BackupError::Exists(_)), "{taken}");
}

fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for item in std::fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_dir(&path, &target);
        } else {
            std::fs::copy(&path, target).unwrap();
        }
    }
}
