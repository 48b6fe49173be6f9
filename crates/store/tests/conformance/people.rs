//! Persons: joined and parted by links, the same whether counted step by step or from nothing.

use std::cell::RefCell;

use fangxian_base::{LinkId, PersonId, RecordId};
use fangxian_store::people::{
    Says, link_insert, link_list, pair_insert, pair_list, person_fetch, person_of, rebuild,
};
use fangxian_store::testing::{command, each_engine, printed, record, response, tamper, tree};
use fangxian_store::{AreaRange, Author, DbError, Scope, Store};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const PERSONS: &str = "SELECT id, area_id, confined FROM person ORDER BY id";
const BELONGS: &str = "SELECT record_id, person_id FROM record_person ORDER BY record_id";

fn link(store: &Store, a: RecordId, b: RecordId, says: Says, withdraws: Option<LinkId>) -> LinkId {
    store
        .write::<_, DbError, _>(command("people.merge"), move |tx| {
            link_insert(tx, (a, b), says, "by_hand", Author::System, withdraws)
        })
        .unwrap()
        .value
}

fn person(store: &Store, record: RecordId) -> PersonId {
    store
        .read::<_, DbError>(|tx| person_of(tx, record))
        .unwrap()
        .unwrap()
}

fn rebuilt(store: &Store) -> i64 {
    store
        .write::<_, DbError, _>(command("people.rebuild"), rebuild)
        .unwrap()
        .value
}

#[test]
fn the_queue_is_read_from_one_pair_to_the_next() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let records: Vec<RecordId> = (0..4).map(|_| record(&store, response, None)).collect();
        let (first, rest) = (records[0], records[1..].to_vec());
        store
            .write::<_, DbError, _>(command("intake.submit"), move |tx| {
                for other in &rest {
                    pair_insert(tx, first, *other, "phone", 0)?;
                }
                Ok(())
            })
            .unwrap();
        let everywhere = [Scope {
            range: AreaRange::everywhere(),
            response: None,
            unit: None,
            assignee: None,
            confined: true,
            closed: true,
        }];
        let read = |after| {
            let pairs = store.read::<_, DbError>(|tx| pair_list(tx, &everywhere, after, 2));
            pairs.unwrap()
        };
        let begin = read(None);
        let end = read(Some(begin[1].id));
        let newer: Vec<RecordId> = begin.iter().chain(&end).map(|pair| pair.b).collect();
        assert_eq!(newer, records[1..]);
    });
}

#[test]
fn merging_joins_two_files_and_unmerging_parts_them_again() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let areas = tree(&store);
        let a = record(&store, response, Some(areas.grids[0]));
        let b = record(&store, response, Some(areas.grids[3]));
        let c = record(&store, response, None);
        link(&store, b, a, Says::Same, None);
        link(&store, b, c, Says::Same, None);
        let joined = PersonId::of_record(a);
        assert!([a, b, c].iter().all(|r| person(&store, *r) == joined));
        let row = store
            .read::<_, DbError>(|tx| person_fetch(tx, joined))
            .unwrap()
            .unwrap();
        assert_eq!(
            row.area,
            Some(areas.grids[3]),
            "the newest record with an area says where"
        );
        link(&store, a, b, Says::Different, None);
        assert_eq!(person(&store, a), joined);
        assert_eq!(person(&store, b), PersonId::of_record(b));
        assert_eq!(person(&store, c), PersonId::of_record(b));
        let row = store
            .read::<_, DbError>(|tx| person_fetch(tx, joined))
            .unwrap()
            .unwrap();
        assert_eq!(row.area, Some(areas.grids[0]));
        assert_eq!(rebuilt(&store), 0);
    });
}

#[test]
fn taking_back_a_link_restores_what_was_said_before() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let (a, b) = (
            record(&store, response, None),
            record(&store, response, None),
        );
        link(&store, a, b, Says::Same, None);
        let wrong = link(&store, a, b, Says::Different, None);
        assert_ne!(person(&store, a), person(&store, b));
        link(&store, a, b, Says::Same, Some(wrong));
        assert_eq!(person(&store, a), person(&store, b));
        let links = store.read::<_, DbError>(|tx| link_list(tx, &[a])).unwrap();
        assert_eq!(links.len(), 3, "nothing is rewritten");
        assert_eq!(rebuilt(&store), 0);
    });
}

#[test]
fn a_damaged_projection_is_made_again_from_nothing() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let records: Vec<_> = (0..4).map(|_| record(&store, response, None)).collect();
        link(&store, records[0], records[2], Says::Same, None);
        let (persons, belongs) = (printed(&store, PERSONS), printed(&store, BELONGS));
        for damage in [
            "UPDATE record_person SET person_id = record_id",
            "DELETE FROM record_person",
            "DELETE FROM person",
        ] {
            tamper(&store, damage);
            assert!(rebuilt(&store) > 0, "{damage}");
            assert_eq!(printed(&store, PERSONS), persons, "{damage}");
            assert_eq!(printed(&store, BELONGS), belongs, "{damage}");
        }
    });
}

#[derive(Debug, Clone)]
enum Op {
    Say(usize, usize, bool),
    TakeBack(usize),
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => (0..6_usize, 0..6_usize, any::<bool>()).prop_map(|(a, b, same)| Op::Say(a, b, same)),
        1 => (0..20_usize).prop_map(Op::TakeBack),
    ];
    proptest::collection::vec(op, 1..16)
}

#[test]
fn step_by_step_and_from_nothing_give_the_same_persons() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let store = RefCell::new(store);
        let config = Config {
            cases: 24,
            failure_persistence: None,
            ..Config::default()
        };
        TestRunner::new(config)
            .run(&ops(), |ops| {
                let store = store.borrow();
                let records: Vec<_> = (0..6).map(|_| record(&store, response, None)).collect();
                let mut links: Vec<(LinkId, RecordId, RecordId)> = Vec::new();
                for op in ops {
                    match op {
                        Op::Say(a, b, same) if a != b => {
                            let says = if same { Says::Same } else { Says::Different };
                            let (a, b) = (records[a], records[b]);
                            links.push((link(&store, a, b, says, None), a, b));
                        }
                        Op::TakeBack(n) if !links.is_empty() => {
                            let (id, a, b) = links[n % links.len()];
                            link(&store, a, b, Says::Same, Some(id));
                        }
                        _ => {}
                    }
                }
                let (persons, belongs) = (printed(&store, PERSONS), printed(&store, BELONGS));
                prop_assert_eq!(rebuilt(&store), 0);
                tamper(&store, "DELETE FROM record_person; DELETE FROM person");
                rebuilt(&store);
                prop_assert_eq!(printed(&store, PERSONS), persons);
                prop_assert_eq!(printed(&store, BELONGS), belongs);
                Ok(())
            })
            .unwrap();
    });
}
