//! Commands that have nothing to do with each other do not get in each other's way, nor in that of
//! the sealer: measured on the server, where every command is a transaction of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fangxian_base::RecordId;
use fangxian_store::facts::{NewFact, When, fact_insert, fact_list};
use fangxian_store::people::person_of;
use fangxian_store::records::{NewRecord, RecordState, record_fetch, record_insert, token_insert};
use fangxian_store::testing::{command, each_engine, each_place, number, response};
use fangxian_store::{Author, DbError, Engine, Store};

const WRITERS: usize = 16;
const EACH: usize = 50;

fn submit(store: &Store, response: fangxian_base::ResponseId, name: &str) {
    let (id, name) = (RecordId::new(), name.to_owned());
    store
        .write::<_, DbError, _>(command("intake.submit"), move |tx| {
            let new = NewRecord {
                id,
                response,
                channel: "staff",
                reported_on: None,
                area: None,
                unit: None,
                author: Author::System,
                import: None,
                receipt_code: None,
                state: RecordState::New,
                due_at: None,
                confined: false,
                original: name.as_bytes(),
            };
            record_insert(tx, &new)?;
            token_insert(tx, id, "name", &name)?;
            let fact = NewFact::new("temperature", When::Unknown, "measured").with("value", 39);
            fact_insert(tx, id, response, Author::System, &fact)?;
            // As a use case does: what was just written is read again.
            record_fetch(tx, id)?;
            person_of(tx, id)?;
            fact_list(tx, &[id])?;
            Ok(())
        })
        .unwrap();
}

#[test]
fn unrelated_commands_of_many_at_once_are_not_begun_anew_and_sealing_keeps_up() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let done = Arc::new(AtomicBool::new(false));
        let sealer = {
            let (store, done) = (Arc::clone(&store), Arc::clone(&done));
            std::thread::spawn(move || {
                let mut sealed = 0;
                while !done.load(Ordering::Relaxed) {
                    sealed += store.seal().unwrap().sealed;
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                sealed
            })
        };
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let store = Arc::clone(&store);
                std::thread::spawn(move || {
                    for n in 0..EACH {
                        submit(&store, response, &format!("w{writer}-{n}"));
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        let sealed = sealer.join().unwrap();
        let all = i64::try_from(WRITERS * EACH).unwrap();
        assert_eq!(number(&store, "SELECT COUNT(*) FROM record"), all);
        assert!(sealed > all / 2, "sealed {sealed} of {all} meanwhile");
        let retries = store.write_retries();
        if store.engine() == Engine::Sqlite {
            assert_eq!(retries, 0);
        }
        assert!(
            retries < u64::try_from(all).unwrap() / 10,
            "{retries} of {all} commands were begun anew"
        );
    });
}

#[test]
fn connections_that_the_server_closed_meanwhile_are_replaced_and_nobody_notices() {
    each_place(|place| {
        if place.engine() == Engine::Sqlite {
            return;
        }
        let (store, other) = (place.open(), place.open());
        let response = response(&store, "influenza");
        let open = || {
            std::thread::scope(|scope| {
                for n in 0..4 {
                    let store = &store;
                    scope.spawn(move || submit(store, response, &format!("n{n}")));
                }
            });
        };
        let close = || {
            let closed = number(
                &other,
                "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            );
            assert!(closed > 0);
        };
        open();
        close();
        submit(&store, response, "after");
        open();
        close();
        assert_eq!(number(&store, "SELECT COUNT(*) FROM record"), 9);
    });
}
