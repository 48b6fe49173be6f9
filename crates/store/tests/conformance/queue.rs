//! The outbox: leased, tried again with pauses, given up in the end, silenced by destruction.

use fangxian_base::{Clock, RecordId};
use fangxian_store::queue::{ATTEMPTS_MAX, NewMessage, message_insert, queue_list, queue_state};
use fangxian_store::records::record_destroy;
use fangxian_store::testing::{command, each_engine, record, response};
use fangxian_store::{DbError, Store};

fn queue(store: &Store, record: RecordId, key: &'static str) -> bool {
    store
        .write::<_, DbError, _>(command("tasks.remind"), move |tx| {
            let new = NewMessage {
                record,
                channel: "log",
                template: "reminder",
                content: "请联系".as_bytes(),
                unique_key: Some(key),
            };
            Ok(message_insert(tx, &new)?.is_some())
        })
        .unwrap()
        .value
}

#[test]
fn a_message_leaves_once_and_is_claimed_by_one_worker_at_a_time() {
    each_engine(|store, clock| {
        let response = response(&store, "influenza");
        let record = record(&store, response, None);
        assert!(queue(&store, record, "one"));
        assert!(!queue(&store, record, "one"), "the key was queued before");
        let claimed = store.message_claim(clock.now(), 10).unwrap();
        assert_eq!(claimed.len(), 1);
        assert_eq!(claimed[0].content.as_deref(), Some("请联系".as_bytes()));
        assert!(
            store.message_claim(clock.now(), 10).unwrap().is_empty(),
            "leased"
        );
        clock.advance_minutes(10);
        let again = store.message_claim(clock.now(), 10).unwrap();
        assert_eq!(again[0].attempts, 2, "the first worker died");
        store.message_sent(again[0].id, clock.now()).unwrap();
        clock.advance_minutes(10_000);
        assert!(store.message_claim(clock.now(), 10).unwrap().is_empty());
    });
}

#[test]
fn what_cannot_leave_is_tried_again_later_and_given_up_in_the_end() {
    each_engine(|store, clock| {
        let response = response(&store, "influenza");
        let record = record(&store, response, None);
        queue(&store, record, "one");
        for attempt in 1..=ATTEMPTS_MAX {
            let claimed = store.message_claim(clock.now(), 10).unwrap();
            assert_eq!(claimed.len(), 1, "attempt {attempt}");
            let dead = store
                .message_failed(&claimed[0], "timeout", false, clock.now())
                .unwrap();
            assert_eq!(dead, attempt == ATTEMPTS_MAX);
            assert!(
                store.message_claim(clock.now(), 10).unwrap().is_empty(),
                "not at once"
            );
            clock.advance_minutes(400);
        }
        let state = store.read::<_, DbError>(queue_state).unwrap();
        assert_eq!((state.waiting, state.dead), (0, 1));
        let listed = store.read::<_, DbError>(|tx| queue_list(tx, 10)).unwrap();
        assert_eq!(listed[0].last_error.as_deref(), Some("timeout"));
    });
}

#[test]
fn a_message_about_a_destroyed_record_has_no_content() {
    each_engine(|store, clock| {
        let response = response(&store, "influenza");
        let record = record(&store, response, None);
        queue(&store, record, "one");
        store
            .write::<_, DbError, _>(command("people.destroy"), move |tx| {
                record_destroy(tx, record)
            })
            .unwrap();
        assert_eq!(
            store.message_claim(clock.now(), 10).unwrap()[0].content,
            None
        );
    });
}

#[test]
fn a_nightly_job_begins_once_on_however_many_nodes() {
    each_engine(|store, _| {
        let begun = std::thread::scope(|scope| {
            let nodes: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| store.job_begin_once("sample", "sample|2025-01-16").unwrap())
                })
                .collect();
            nodes
                .into_iter()
                .filter_map(|node| node.join().unwrap())
                .collect::<Vec<_>>()
        });
        assert_eq!(begun.len(), 1);
        store.job_end(begun[0], None).unwrap();
        assert_eq!(store.read::<_, DbError>(queue_state).unwrap().waiting, 0);
    });
}
