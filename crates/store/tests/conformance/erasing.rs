//! Destruction: the data are gone, the trail holds.

use fangxian_base::{RecordId, ReviewId};
use fangxian_store::audit::verify;
use fangxian_store::facts::{NewFact, When, fact_list};
use fangxian_store::people::{Says, link_insert, person_of};
use fangxian_store::records::{record_destroy, record_original, token_find};
use fangxian_store::responses::{response_destroy, response_fetch};
use fangxian_store::reviews::{NewReview, review_content, review_fetch, review_insert};
use fangxian_store::testing::{
    command, destroy_response as destroy, each_place, fact, number, record, response, tamper,
};
use fangxian_store::{Author, DbError, Store};

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
fn a_large_destruction_goes_in_slices_and_a_kill_between_them_loses_nothing() {
    each_place(|place| {
        let mut store = place.open();
        let (over, open) = (response(&store, "influenza"), response(&store, ""));
        let gone: Vec<_> = (0..7).map(|_| record(&store, over, None)).collect();
        let kept = record(&store, open, None);
        destroy(&store, over);
        for slice in 1..=3 {
            assert!(!store.erase_slices(1, 2).unwrap());
            let left = number(&store, "SELECT COUNT(*) FROM record_key");
            assert_eq!(left, 8 - 2 * slice, "a transaction takes two records");
            for record in &gone {
                assert_eq!(readable(&store, *record), (false, false, false));
            }
            assert_eq!(
                number(&store, "SELECT COUNT(*) FROM erasure"),
                0,
                "the key stays while something may still be kept with it"
            );
            drop(store);
            store = place.open();
        }
        store.finish_destruction().unwrap();
        assert_eq!(number(&store, "SELECT COUNT(*) FROM record_key"), 1);
        assert_eq!(number(&store, "SELECT COUNT(*) FROM token"), 1);
        assert!(store.keys().destroyed().responses.contains(&over));
        assert!(readable(&store, kept).0);
        store.seal().unwrap();
        assert!(verify(&store).unwrap().holds());
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

#[test]
fn what_an_open_response_keeps_under_a_record_of_another_survives_its_destruction() {
    each_place(|place| {
        let store = place.open();
        let (over, open) = (response(&store, "influenza"), response(&store, "norovirus"));
        let (a, b) = (record(&store, over, None), record(&store, open, None));
        let id = ReviewId::new();
        store
            .write::<_, DbError, _>(command("people.merge"), move |tx| {
                link_insert(tx, (a, b), Says::Same, "by_hand", Author::System, None)?;
                let person = person_of(tx, b)?.unwrap();
                review_insert(
                    tx,
                    &NewReview {
                        id,
                        response: open,
                        person,
                        record: a,
                        area: None,
                        confined: false,
                        category: None,
                        digest: "d",
                        proposal: b"what is proposed",
                        due_at: tx.now(),
                    },
                )
            })
            .unwrap();
        destroy(&store, over);
        store.finish_destruction().unwrap();
        let (record, content) = store
            .read::<_, DbError>(|tx| {
                let review = review_fetch(tx, id)?.unwrap();
                Ok((review.record, review_content(tx, &review)?.proposal))
            })
            .unwrap();
        assert_eq!(record, b);
        assert_eq!(content.as_deref(), Some(b"what is proposed".as_slice()));
        assert!(!readable(&store, a).0);
    });
}

#[test]
fn a_line_that_was_cut_does_not_hide_the_next_destruction() {
    each_place(|place| {
        let store = place.open();
        let over = response(&store, "influenza");
        record(&store, over, None);
        let log = store.keys().dir().join("destroyed.log");
        std::fs::write(&log, b"response 0192").unwrap();
        destroy(&store, over);
        store.finish_destruction().unwrap();
        assert!(store.keys().destroyed().responses.contains(&over));
        let text = std::fs::read_to_string(&log).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
    });
}

#[test]
fn what_the_log_names_is_destroyed_again_at_the_next_start() {
    each_place(|place| {
        let store = place.open();
        let over = response(&store, "influenza");
        record(&store, over, None);
        destroy(&store, over);
        store.finish_destruction().unwrap();
        // As after a restore of an older backup that was killed on its way.
        tamper(&store, "UPDATE response SET destroyed_at = NULL");
        tamper(&store, "DELETE FROM erasure");
        drop(store);
        let store = place.open();
        let row = store
            .read::<_, DbError>(|tx| response_fetch(tx, over))
            .unwrap()
            .unwrap();
        assert!(row.destroyed_at.is_some());
        assert_eq!(number(&store, "SELECT COUNT(*) FROM erasure"), 1);
    });
}

#[test]
fn another_node_forgets_the_key_in_its_next_round() {
    each_place(|place| {
        let (one, two) = (place.open(), place.open());
        let over = response(&one, "influenza");
        let known = record(&two, over, None);
        assert!(readable(&two, known).0, "the key is in its memory");
        destroy(&one, over);
        one.finish_destruction().unwrap();
        assert!(two.keys().still_holds(over));
        two.finish_destruction().unwrap();
        assert!(!two.keys().still_holds(over));
    });
}
