//! The audit trail: whatever was changed, cut, moved or slipped in is named.

use std::sync::Arc;

use fangxian_base::{Date, FactId, RecordId};
use fangxian_store::approvals::{NewApproval, approval_insert};
use fangxian_store::audit::{FindingKind, VerifyReport, verify};
use fangxian_store::facts::{NewFact, When};
use fangxian_store::people::{Says, link_insert};
use fangxian_store::testing::{
    command, each_engine, fact, number, record, response, sql_id, tamper,
};
use fangxian_store::{Author, DbError, Store};

/// A store with some sealed work: eight entries in three batches, four of them with facts.
fn worked() -> impl Fn(&Arc<Store>) -> (RecordId, Vec<FactId>) {
    |store| {
        let response = response(store, "influenza");
        let record = record(store, response, None);
        store.seal().unwrap();
        let facts = (0..4)
            .map(|n| {
                let new =
                    NewFact::new("temperature", When::Unknown, "measured").with("value", 36 + n);
                let id = fact(store, record, response, new);
                if n == 1 {
                    store.seal().unwrap();
                }
                id
            })
            .collect();
        store.seal().unwrap();
        (record, facts)
    }
}

fn kinds(report: &VerifyReport) -> Vec<FindingKind> {
    report.findings.iter().map(|finding| finding.kind).collect()
}

#[test]
fn an_untouched_trail_verifies_and_counts() {
    each_engine(|store, _| {
        worked()(&store);
        let report = verify(&store).unwrap();
        assert!(report.holds(), "{report:?}");
        assert_eq!((report.last_seal, report.entries, report.facts), (6, 6, 4));
        assert_eq!((report.unsealed, report.told_up_to), (0, 6));
        response(&store, "later");
        assert_eq!(verify(&store).unwrap().unsealed, 1);
    });
}

#[test]
fn sealing_twice_changes_nothing() {
    each_engine(|store, _| {
        worked()(&store);
        let again = store.seal().unwrap();
        assert_eq!((again.sealed, again.last_seal), (0, 6));
        assert!(verify(&store).unwrap().holds());
    });
}

#[test]
fn a_changed_entry_is_named() {
    each_engine(|store, _| {
        worked()(&store);
        tamper(
            &store,
            "UPDATE audit_entry SET author = 'user:somebody' WHERE seal = 3",
        );
        let report = verify(&store).unwrap();
        assert_eq!(kinds(&report), [FindingKind::EntryChanged]);
        assert_eq!(report.findings[0].seal, Some(3));
    });
}

#[test]
fn a_deleted_entry_is_named() {
    each_engine(|store, _| {
        worked()(&store);
        tamper(&store, "DELETE FROM audit_entry WHERE seal = 2");
        let report = verify(&store).unwrap();
        assert_eq!(kinds(&report), [FindingKind::EntryMissing]);
        assert_eq!(report.findings[0].seal, Some(2));
    });
}

#[test]
fn a_cut_tail_is_named_even_when_the_state_was_set_back() {
    each_engine(|store, _| {
        let (_, facts) = worked()(&store);
        tamper(
            &store,
            &format!(
                "DELETE FROM fact WHERE id IN ({}, {});
                 DELETE FROM audit_entry WHERE seal > 4;
                 DELETE FROM seal_batch WHERE last_seal > 4;
                 UPDATE seal_state SET last_seal = 4,
                     head = (SELECT hash FROM audit_entry WHERE seal = 4)",
                sql_id(&store, facts[2].uuid()),
                sql_id(&store, facts[3].uuid()),
            ),
        );
        let report = verify(&store).unwrap();
        assert_eq!(kinds(&report), [FindingKind::TrailCut]);
        assert_eq!(report.findings[0].seal, Some(6));
    });
}

#[test]
fn swapped_entries_are_named() {
    for (a, b) in [(3, 4), (2, 5)] {
        for with_hash in [false, true] {
            each_engine(|store, _| {
                worked()(&store);
                let hashes = if with_hash {
                    format!(
                        "CREATE TABLE swap AS SELECT id, hash FROM audit_entry WHERE seal IN ({a}, {b});
                         UPDATE audit_entry SET hash =
                             (SELECT s.hash FROM swap s WHERE s.id <> audit_entry.id)
                         WHERE seal IN ({a}, {b});
                         DROP TABLE swap;"
                    )
                } else {
                    String::new()
                };
                tamper(
                    &store,
                    &format!(
                        "{hashes} UPDATE audit_entry SET seal = -1 WHERE seal = {a};
                         UPDATE audit_entry SET seal = {a} WHERE seal = {b};
                         UPDATE audit_entry SET seal = {b} WHERE seal = -1;"
                    ),
                );
                let report = verify(&store).unwrap();
                let moved: Vec<_> = report
                    .findings
                    .iter()
                    .filter(|f| f.kind == FindingKind::EntryReordered)
                    .map(|f| f.seal)
                    .collect();
                assert!(
                    moved.contains(&Some(a)) && moved.contains(&Some(b)),
                    "{a} {b}: {report:?}"
                );
            });
        }
    }
}

#[test]
fn a_chain_made_anew_without_the_key_is_named_also_without_the_heads_outside() {
    each_engine(|store, _| {
        worked()(&store);
        std::fs::remove_file(store.data_dir().join("audit").join("heads.jsonl")).unwrap();
        let report = verify(&store).unwrap();
        assert_eq!(kinds(&report), [FindingKind::HeadsMissing]);
        tamper(
            &store,
            "UPDATE seal_batch SET head = (SELECT hash FROM audit_entry WHERE seal = 3) WHERE last_seal = 4",
        );
        let report = verify(&store).unwrap();
        assert!(
            kinds(&report).contains(&FindingKind::SignatureWrong),
            "{report:?}"
        );
        tamper(&store, "DELETE FROM seal_batch WHERE last_seal > 4");
        let report = verify(&store).unwrap();
        assert!(
            kinds(&report).contains(&FindingKind::TrailUnsigned),
            "{report:?}"
        );
    });
}

#[test]
fn a_changed_fact_row_is_named() {
    each_engine(|store, _| {
        let (_, facts) = worked()(&store);
        let id = sql_id(&store, facts[1].uuid());
        for change in [
            "evidence = 'laboratory'",
            "at = 1",
            "withdraws = 1",
            "kind = 'x'",
        ] {
            let before = verify(&store).unwrap();
            tamper(&store, &format!("UPDATE fact SET {change} WHERE id = {id}"));
            let report = verify(&store).unwrap();
            assert_eq!(
                kinds(&report),
                [FindingKind::FactChanged],
                "{change} {before:?}"
            );
            assert_eq!(report.findings[0].id, Some(facts[1].to_string()));
        }
    });
}

#[test]
fn a_deleted_fact_row_is_named() {
    each_engine(|store, _| {
        let (_, facts) = worked()(&store);
        tamper(
            &store,
            &format!(
                "DELETE FROM fact WHERE id = {}",
                sql_id(&store, facts[0].uuid())
            ),
        );
        let report = verify(&store).unwrap();
        assert_eq!(kinds(&report), [FindingKind::FactMissing]);
        assert_eq!(report.findings[0].id, Some(facts[0].to_string()));
    });
}

#[test]
fn a_fact_that_was_slipped_in_is_named_also_in_place_of_another() {
    each_engine(|store, _| {
        let (_, facts) = worked()(&store);
        let stray = FactId::new();
        tamper(
            &store,
            &format!(
                "INSERT INTO fact SELECT {}, record_id, response_id, kind, from_on, to_on, at,
                     time_kind, reported_on, recorded_at, author, evidence, corrects, withdraws,
                     attrs_sealed, entry_id FROM fact WHERE id = {}",
                sql_id(&store, stray.uuid()),
                sql_id(&store, facts[0].uuid()),
            ),
        );
        let report = verify(&store).unwrap();
        assert_eq!(kinds(&report), [FindingKind::FactUnaccounted]);
        assert_eq!(report.findings[0].id, Some(stray.to_string()));
        tamper(
            &store,
            &format!(
                "DELETE FROM fact WHERE id = {}",
                sql_id(&store, facts[0].uuid())
            ),
        );
        let mut named = kinds(&verify(&store).unwrap());
        named.sort_by_key(|kind| format!("{kind:?}"));
        assert_eq!(
            named,
            [FindingKind::FactMissing, FindingKind::FactUnaccounted]
        );
    });
}

#[test]
fn heads_that_a_kill_kept_inside_are_told_at_the_next_sealing() {
    each_engine(|store, _| {
        worked()(&store);
        let path = store.data_dir().join("audit").join("heads.jsonl");
        let text = std::fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        // The second line was cut in the middle of a write.
        std::fs::write(
            &path,
            format!("{first}\n{}", &text[first.len() + 1..first.len() + 20]),
        )
        .unwrap();
        store.seal().unwrap();
        let report = verify(&store).unwrap();
        assert!(report.holds(), "{report:?}");
        assert_eq!(
            report.told_up_to,
            number(&store, "SELECT last_seal FROM seal_state")
        );
    });
}

#[test]
fn a_changed_link_or_approval_is_named() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let (a, b) = (
            record(&store, response, None),
            record(&store, response, None),
        );
        store
            .write::<_, DbError, _>(command("people.merge"), move |tx| {
                link_insert(tx, (a, b), Says::Same, "by_hand", Author::System, None)?;
                let approval = NewApproval {
                    response,
                    kind: "managed_as_class_a",
                    organ: "国务院",
                    document_no: "示范〔2025〕1号",
                    from_on: Date::constant(2025, 1, 16),
                    until_on: None,
                };
                approval_insert(tx, &approval).map(|_| ())
            })
            .unwrap();
        store.seal().unwrap();
        let report = verify(&store).unwrap();
        assert!(report.holds(), "{report:?}");
        assert_eq!(report.rows, 2);
        tamper(&store, "UPDATE link SET says = 'different'");
        tamper(&store, "UPDATE approval SET until_on = '2025-02-01'");
        assert_eq!(
            kinds(&verify(&store).unwrap()),
            [FindingKind::LinkChanged, FindingKind::ApprovalChanged]
        );
        tamper(&store, "DELETE FROM link");
        tamper(
            &store,
            "UPDATE approval SET id = (SELECT r.id FROM record r LIMIT 1)",
        );
        assert_eq!(
            kinds(&verify(&store).unwrap()),
            [
                FindingKind::LinkMissing,
                FindingKind::ApprovalMissing,
                FindingKind::ApprovalUnaccounted
            ]
        );
    });
}
