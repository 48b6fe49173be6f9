//! Destruction: the data are gone, the trail holds.

use fangxian_base::RecordId;
use fangxian_store::audit::verify;
use fangxian_store::facts::{NewFact, When, fact_list};
use fangxian_store::records::{record_destroy, record_original, token_find};
use fangxian_store::responses::{response_close, response_destroy, response_fetch};
use fangxian_store::testing::{command, each_place, fact, number, record, response};
use fangxian_store::{DbError, Store};

fn readable(store: &Store, record: RecordId) -> (bool, bool, bool) {
    store
        .read::<_, DbError>(|tx| {
            let original = record_original(tx, record)?.is_some();
            let facts = fact_list(tx, &[record])?;
            let facts = !facts.is_empty() && facts.iter().all(|fact| fact.attrs.is_some());
            let found = token_find(tx, "name", "王小明", 10)?.contains(&record);
            Ok((original, facts, found))
        })
        .unwrap()
}

fn some_fact() -> NewFact {
    NewFact::new("temperature", When::Unknown, "measured").with("value", 39)
}

#[test]
fn a_destroyed_record_is_unreadable_for_good_and_its_neighbours_are_not() {
    each_place(|place| {
        let store = place.open();
        let response = response(&store, "influenza");
        let (a, b) = (
            record(&store, response, None),
            record(&store, response, None),
        );
        fact(&store, a, response, some_fact());
        fact(&store, b, response, some_fact());
        store
            .write::<_, DbError, _>(command("people.destroy"), move |tx| record_destroy(tx, a))
            .unwrap();
        store.finish_destruction().unwrap();
        assert!(store.keys().destroyed().records.contains(&a));
        store.seal().unwrap();
        drop(store);
        let store = place.open();
        assert_eq!(readable(&store, a), (false, false, false));
        assert_eq!(readable(&store, b), (true, true, true));
        assert!(verify(&store).unwrap().holds());
    });
}

fn destroy(store: &Store, id: fangxian_base::ResponseId) {
    store
        .write::<_, DbError, _>(command("responses.close"), move |tx| {
            response_close(tx, id, 1)
        })
        .unwrap();
    let done = store
        .write::<_, DbError, _>(command("responses.destroy"), move |tx| {
            response_destroy(tx, id, 2)
        })
        .unwrap();
    assert!(done.value);
}

#[test]
fn a_destroyed_response_is_unreadable_and_another_is_not() {
    each_place(|place| {
        let store = place.open();
        let (over, open) = (response(&store, "influenza"), response(&store, "norovirus"));
        let (a, b) = (record(&store, over, None), record(&store, open, None));
        fact(&store, a, over, some_fact());
        fact(&store, b, open, some_fact());
        destroy(&store, over);
        store.finish_destruction().unwrap();
        assert_eq!(readable(&store, a), (false, false, false));
        assert_eq!(readable(&store, b), (true, true, true));
        assert_eq!(number(&store, "SELECT COUNT(*) FROM token"), 1);
        store.seal().unwrap();
        assert!(verify(&store).unwrap().holds());
        let row = store
            .read::<_, DbError>(|tx| response_fetch(tx, over))
            .unwrap()
            .unwrap();
        assert!(row.destroyed_at.is_some());
    });
}

#[test]
fn an_open_response_cannot_be_destroyed() {
    each_place(|place| {
        let store = place.open();
        let open = response(&store, "influenza");
        let done = store
            .write::<_, DbError, _>(command("responses.destroy"), move |tx| {
                response_destroy(tx, open, 1)
            })
            .unwrap();
        assert!(!done.value);
        assert_eq!(number(&store, "SELECT COUNT(*) FROM erasure"), 0);
    });
}

#[test]
fn a_destruction_that_a_kill_interrupted_is_finished_later() {
    each_place(|place| {
        let store = place.open();
        let over = response(&store, "influenza");
        let a = record(&store, over, None);
        let key = store
            .keys()
            .dir()
            .join("responses")
            .join(format!("{over}.key"));
        destroy(&store, over);
        drop(store);
        assert!(key.exists(), "killed before the key went");
        let store = place.open();
        assert_eq!(
            readable(&store, a),
            (false, false, false),
            "wrapped keys and tokens are gone at once"
        );
        store.finish_destruction().unwrap();
        assert!(!key.exists());
        assert!(store.keys().destroyed().responses.contains(&over));
        drop(store);
        // Killed between the line in the log and the removal of the key file.
        std::fs::write(&key, b"left over").unwrap();
        let _store = place.open();
        assert!(!key.exists());
    });
}

#[test]
fn what_was_written_for_a_response_on_another_record_goes_with_it() {
    each_place(|place| {
        let store = place.open();
        let (routine, flu) = (response(&store, ""), response(&store, "influenza"));
        let kept = record(&store, routine, None);
        fact(&store, kept, routine, some_fact());
        fact(&store, kept, flu, some_fact());
        let count = || {
            store
                .read::<_, DbError>(|tx| {
                    let facts = fact_list(tx, &[kept])?;
                    assert!(facts.iter().all(|fact| fact.attrs.is_some()));
                    Ok(facts.len())
                })
                .unwrap()
        };
        assert_eq!(count(), 2);
        destroy(&store, flu);
        store.finish_destruction().unwrap();
        assert_eq!(count(), 1, "the routine record keeps its own fact only");
        store.seal().unwrap();
        assert!(
            verify(&store).unwrap().holds(),
            "the rows stay for the trail"
        );
    });
}
