//! The one way to write: once, whole, or not at all.

use std::sync::Arc;

use fangxian_base::{CommandId, ResponseId};
use fangxian_store::responses::{NewResponse, response_insert, response_list};
use fangxian_store::testing::{command, each_engine, number};
use fangxian_store::{Author, Command, DbError, Store, Tx, WriteError};

fn open(tx: &mut Tx<'_>, id: ResponseId, code: &str) -> Result<String, DbError> {
    let new = NewResponse {
        id,
        code,
        title_zh: "试",
        title_en: "Test",
        disease: "",
        region: "cn",
    };
    response_insert(tx, &new)?;
    Ok(code.to_owned())
}

fn write(store: &Store, head: Command, code: &str) -> Result<(String, bool), WriteError<DbError>> {
    let (id, code) = (ResponseId::new(), code.to_owned());
    store
        .write(head, move |tx| open(tx, id, &code))
        .map(|written| (written.value, written.repeated))
}

#[test]
fn a_command_that_is_repeated_gets_the_first_answer_and_does_nothing() {
    each_engine(|store, _| {
        let head = command("responses.open");
        assert_eq!(
            write(&store, head.clone(), "one").unwrap(),
            ("one".into(), false)
        );
        assert_eq!(write(&store, head, "two").unwrap(), ("one".into(), true));
        assert_eq!(number(&store, "SELECT COUNT(*) FROM response"), 1);
        assert_eq!(number(&store, "SELECT COUNT(*) FROM audit_entry"), 1);
    });
}

#[test]
fn a_command_id_cannot_be_used_for_another_action_or_by_somebody_else() {
    each_engine(|store, _| {
        let head = command("responses.open");
        write(&store, head.clone(), "one").unwrap();
        let other = Command {
            action: "responses.close",
            ..head.clone()
        };
        assert!(matches!(
            write(&store, other, "two"),
            Err(WriteError::CommandReused)
        ));
        let other = Command {
            author: Author::Cli,
            ..head
        };
        assert!(matches!(
            write(&store, other, "two"),
            Err(WriteError::CommandReused)
        ));
        assert_eq!(number(&store, "SELECT COUNT(*) FROM response"), 1);
    });
}

#[test]
fn the_same_id_with_something_else_typed_is_another_command() {
    each_engine(|store, _| {
        let head = Command {
            input: Some([1; 32]),
            ..command("responses.open")
        };
        write(&store, head.clone(), "one").unwrap();
        assert_eq!(
            write(&store, head.clone(), "two").unwrap(),
            ("one".into(), true),
            "the same again gets the first answer"
        );
        let other = Command {
            input: Some([2; 32]),
            ..head.clone()
        };
        assert!(matches!(
            write(&store, other, "two"),
            Err(WriteError::CommandReused)
        ));
        let kept = fangxian_store::testing::printed(&store, "SELECT input FROM receipt");
        assert!(
            !kept[0].contains("1, 1, 1, 1"),
            "what is kept is made with a key: {kept:?}"
        );
        assert_eq!(number(&store, "SELECT COUNT(*) FROM response"), 1);
    });
}

#[test]
fn a_refusal_leaves_nothing_behind() {
    each_engine(|store, _| {
        let head = command("responses.open");
        let refused = store.write(head.clone(), |tx| -> Result<(), DbError> {
            open(tx, ResponseId::new(), "one")?;
            Err(DbError::Overloaded)
        });
        assert!(matches!(
            refused,
            Err(WriteError::Refused(DbError::Overloaded))
        ));
        for table in ["response", "audit_entry", "receipt"] {
            assert_eq!(
                number(&store, &format!("SELECT COUNT(*) FROM {table}")),
                0,
                "{table}"
            );
        }
        assert!(
            !write(&store, head, "one").unwrap().1,
            "the same id may still be used"
        );
    });
}

#[test]
fn a_panic_in_one_command_hurts_no_other() {
    each_engine(|store, _| {
        let others: Vec<_> = (0..8)
            .map(|n| {
                let store = Arc::clone(&store);
                std::thread::spawn(move || {
                    write(&store, command("responses.open"), &format!("r{n}"))
                })
            })
            .collect();
        let head = command("responses.open");
        let fell = store.write(head.clone(), |tx| -> Result<(), DbError> {
            open(tx, ResponseId::new(), "lost")?;
            panic!("on purpose")
        });
        assert!(matches!(fell, Err(WriteError::Panicked)), "{fell:?}");
        for other in others {
            assert!(other.join().unwrap().is_ok());
        }
        assert_eq!(number(&store, "SELECT COUNT(*) FROM response"), 8);
        assert!(write(&store, head, "after").is_ok());
    });
}

#[test]
fn of_sixteen_writers_every_command_is_present_exactly_once() {
    const WRITERS: usize = 16;
    const EACH: usize = 50;
    each_engine(|store, _| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let store = Arc::clone(&store);
                std::thread::spawn(move || {
                    for n in 0..EACH {
                        let head = command("responses.open");
                        let code = format!("w{writer}-{n}");
                        loop {
                            match write(&store, head.clone(), &code) {
                                Ok(_) => break,
                                Err(WriteError::Db(DbError::Overloaded)) => {}
                                Err(e) => panic!("{e}: {e:?}"),
                            }
                        }
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        let all = i64::try_from(WRITERS * EACH).unwrap();
        assert_eq!(number(&store, "SELECT COUNT(*) FROM response"), all);
        assert_eq!(
            number(&store, "SELECT COUNT(DISTINCT code) FROM response"),
            all
        );
        assert_eq!(number(&store, "SELECT COUNT(*) FROM audit_entry"), all);
        assert_eq!(number(&store, "SELECT COUNT(*) FROM receipt"), all);
    });
}

#[test]
fn the_same_command_from_many_at_once_happens_once() {
    each_engine(|store, _| {
        let id = CommandId::new();
        let askers: Vec<_> = (0..8)
            .map(|n| {
                let store = Arc::clone(&store);
                std::thread::spawn(move || {
                    let head = Command {
                        id,
                        ..command("responses.open")
                    };
                    write(&store, head, &format!("r{n}")).unwrap()
                })
            })
            .collect();
        let answers: Vec<_> = askers
            .into_iter()
            .map(|asker| asker.join().unwrap())
            .collect();
        assert_eq!(answers.iter().filter(|(_, repeated)| !repeated).count(), 1);
        assert!(answers.iter().all(|(code, _)| *code == answers[0].0));
        assert_eq!(number(&store, "SELECT COUNT(*) FROM response"), 1);
    });
}

#[test]
fn a_read_sees_one_state_from_beginning_to_end() {
    each_engine(|store, _| {
        write(&store, command("responses.open"), "one").unwrap();
        let writer = Arc::clone(&store);
        let (before, after) = store
            .read::<_, DbError>(move |tx| {
                let before = response_list(tx)?.len();
                write(&writer, command("responses.open"), "two").unwrap();
                Ok((before, response_list(tx)?.len()))
            })
            .unwrap();
        assert_eq!((before, after), (1, 1));
        assert_eq!(number(&store, "SELECT COUNT(*) FROM response"), 2);
    });
}
