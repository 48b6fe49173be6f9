//! Facts: append-only, corrected by other facts, and as they were known at a seal.

use fangxian_base::{Date, FactId, RecordId};
use fangxian_store::facts::{Fact, NewFact, When, as_of, fact_list, standing};
use fangxian_store::testing::{each_engine, fact, record, response};
use fangxian_store::{DbError, Store};

fn onset(day: &str) -> NewFact {
    let day: Date = day.parse().unwrap();
    NewFact::new("symptom_onset", When::Day(day), "self_report").with("symptom", "fever")
}

fn facts_of(store: &Store, record: RecordId) -> Vec<Fact> {
    store
        .read::<_, DbError>(|tx| fact_list(tx, &[record]))
        .unwrap()
}

fn known_at(store: &Store, record: RecordId, seal: i64) -> Vec<FactId> {
    store
        .read::<_, DbError>(|tx| {
            let facts = fact_list(tx, &[record])?;
            as_of(tx, facts, seal)
        })
        .unwrap()
        .iter()
        .map(|fact| fact.id)
        .collect()
}

#[test]
fn a_fact_reads_back_as_it_was_recorded() {
    each_engine(|store, clock| {
        let response = response(&store, "influenza");
        let record = record(&store, response, None);
        let day = Date::constant(2025, 1, 15);
        let kinds = [
            When::Unknown,
            When::Day(day),
            When::Moment(day, fangxian_base::Clock::now(&*clock)),
            When::Range(Some(day), None),
            When::Range(None, Some(day)),
        ];
        for when in kinds {
            let new = NewFact::new("stay", when, "register").with("room", "三〇四");
            let id = fact(&store, record, response, new);
            let found = facts_of(&store, record)
                .into_iter()
                .find(|f| f.id == id)
                .unwrap();
            assert_eq!(found.when, when);
            assert_eq!(found.attrs.unwrap()["room"], "三〇四");
            assert_eq!(found.recorded_at, fangxian_base::Clock::now(&*clock));
        }
    });
}

#[test]
fn what_was_corrected_or_withdrawn_no_longer_stands_but_is_still_there() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let record = record(&store, response, None);
        let first = fact(&store, record, response, onset("2025-01-10"));
        let better = NewFact {
            corrects: Some(first),
            ..onset("2025-01-11")
        };
        let second = fact(&store, record, response, better);
        let facts = facts_of(&store, record);
        assert_eq!(
            standing(&facts).iter().map(|f| f.id).collect::<Vec<_>>(),
            [second]
        );
        let gone = NewFact {
            corrects: Some(second),
            withdraws: true,
            ..onset("2025-01-11")
        };
        fact(&store, record, response, gone);
        let facts = facts_of(&store, record);
        assert!(standing(&facts).is_empty());
        assert_eq!(facts.len(), 3);
    });
}

#[test]
fn as_of_a_seal_only_what_was_sealed_by_then_is_known() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let record = record(&store, response, None);
        let first = fact(&store, record, response, onset("2025-01-10"));
        let early = store.seal().unwrap().last_seal;
        let second = fact(&store, record, response, onset("2025-01-11"));
        assert_eq!(
            known_at(&store, record, i64::MAX),
            [first],
            "not sealed yet: not known as of"
        );
        let late = store.seal().unwrap().last_seal;
        assert_eq!(known_at(&store, record, early), [first]);
        assert_eq!(known_at(&store, record, late), [first, second]);
        assert!(known_at(&store, record, 0).is_empty());
    });
}
