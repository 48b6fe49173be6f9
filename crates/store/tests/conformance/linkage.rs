//! What finds and explains records of one person: tokens, models, scores, and the queue's order.

use fangxian_base::{JobId, PairId, PersonId, RecordId, UserId};
use fangxian_store::linkage::{
    LinkScore, LinkTokens, link_model_in_force, link_model_insert, link_model_list,
    link_model_release, link_model_text, link_token_complete, link_token_insert, link_token_shared,
    score_fetch, score_insert,
};
use fangxian_store::people::{
    Says, held_apart, link_insert, link_list, pair_count, pair_decide, pair_insert, pair_list,
    pair_reopen,
};
use fangxian_store::records::record_destroy;
use fangxian_store::testing::{command, each_engine, number, printed, record, response};
use fangxian_store::{AreaRange, Author, DbError, Scope, Store, Tx};

fn write<T>(store: &Store, f: impl Fn(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static) -> T
where
    T: serde::Serialize + serde::de::DeserializeOwned + Send + 'static,
{
    store
        .write::<_, DbError, _>(command("intake.submit"), f)
        .unwrap()
        .value
}

fn insert(tx: &mut Tx<'_>, record: RecordId, tokens: &[u64]) -> Result<(), DbError> {
    let tokens = LinkTokens::keyed(tx, tokens);
    link_token_insert(tx, record, &tokens)
}

fn shared(store: &Store, record: RecordId, tokens: &[u64], most: i64) -> Vec<Vec<RecordId>> {
    let mut shared = store
        .read::<_, DbError>(|tx| {
            let tokens = LinkTokens::keyed(tx, tokens);
            link_token_shared(tx, record, &tokens, most)
        })
        .unwrap();
    for holders in &mut shared {
        holders.sort_unstable();
    }
    shared
}

#[test]
fn records_are_found_by_what_they_share_and_no_token_is_kept_bare() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let [a, b, c] = [(); 3].map(|()| record(&store, response, None));
        write(&store, move |tx| {
            insert(tx, a, &[1, 2, u64::MAX])?;
            insert(tx, b, &[2, 3, u64::MAX])?;
            insert(tx, b, &[2])?;
            insert(tx, c, &[2])?;
            insert(tx, c, &[])
        });
        let mut both = shared(&store, a, &[1, 2, u64::MAX, 9], 2);
        both.sort_by_key(Vec::len);
        assert_eq!(both, [vec![b], vec![b, c]]);
        assert_eq!(
            shared(&store, a, &[2, u64::MAX], 1),
            [vec![b]],
            "2 is crowded"
        );
        assert!(shared(&store, a, &[], 9).is_empty());
        let bare = "SELECT COUNT(*) FROM link_token WHERE token IN (1, 2, 3, -1)";
        assert_eq!(number(&store, bare), 0);
    });
}

#[test]
fn tokens_and_scores_go_with_the_record() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let [a, b] = [(); 2].map(|()| record(&store, response, None));
        let score = |weight| LinkScore {
            model: None,
            weight,
            reasons: "{}".into(),
        };
        write(&store, move |tx| {
            insert(tx, a, &[7])?;
            insert(tx, b, &[7])?;
            score_insert(tx, (b, a), &score(1_000))?;
            score_insert(tx, (a, b), &score(-2_500))
        });
        let kept = store
            .read::<_, DbError>(|tx| score_fetch(tx, (b, a)))
            .unwrap();
        assert_eq!(kept.unwrap().weight, -2_500, "the last that was said");
        write(&store, move |tx| record_destroy(tx, b));
        assert!(shared(&store, a, &[7], 9).is_empty());
        let gone = store
            .read::<_, DbError>(|tx| score_fetch(tx, (a, b)))
            .unwrap();
        assert!(gone.is_none());
    });
}

#[test]
fn older_records_get_their_tokens_slice_by_slice_once() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let records: Vec<RecordId> = (0..5).map(|_| record(&store, response, None)).collect();
        let fill = || store.link_token_fill(1, 2, |_, _| Ok(vec![5])).unwrap();
        let complete = || {
            store
                .read::<_, DbError>(|tx| link_token_complete(tx, 1))
                .unwrap()
        };
        assert!(!fill() && !complete());
        let newest = shared(&store, records[0], &[5], 9);
        assert_eq!(newest, [records[3..].to_vec()], "the newest first");
        assert!(!fill() && !fill());
        assert!(fill() && complete());
        let all = shared(&store, records[0], &[5], 9);
        assert_eq!(all, [records[1..].to_vec()]);
        // What comes later brings its own; another version begins anew.
        record(&store, response, None);
        assert!(fill() && complete());
        assert!(!store.link_token_fill(2, 2, |_, _| Ok(vec![6])).unwrap());
    });
}

#[test]
fn a_model_is_in_force_when_it_was_released_and_is_not_kept_in_the_clear() {
    each_engine(|store, clock| {
        let [one, two] = [(); 2].map(|()| JobId::new());
        let user = UserId::new();
        let in_force = || {
            store
                .read::<_, DbError>(link_model_in_force)
                .unwrap()
                .map(|model| model.id)
        };
        for id in [one, two] {
            write(&store, move |tx| {
                link_model_insert(tx, id, (4, 600), Author::System, "{\"digests\":1}")
            });
        }
        assert_eq!(in_force(), None);
        assert!(write(&store, move |tx| link_model_release(tx, two, user)));
        assert_eq!(in_force(), Some(two));
        clock.advance_minutes(1);
        assert!(write(&store, move |tx| link_model_release(tx, one, user)));
        assert_eq!(in_force(), Some(one), "the one released last");
        assert!(!write(&store, |tx| link_model_release(
            tx,
            JobId::new(),
            UserId::new()
        )));
        let text = store
            .read::<_, DbError>(|tx| link_model_text(tx, one))
            .unwrap();
        assert_eq!(text.as_deref(), Some("{\"digests\":1}"));
        let listed = store
            .read::<_, DbError>(|tx| link_model_list(tx, 9))
            .unwrap();
        assert_eq!(listed.len(), 2);
        let begins = format!("{:?}", b"{\"digests");
        let begins = begins.trim_matches(['[', ']']);
        let sealed = printed(&store, "SELECT model_sealed FROM link_model");
        assert!(sealed.iter().all(|row| !row.contains(begins)), "{begins}");
    });
}

fn everywhere() -> [Scope; 1] {
    [Scope {
        range: AreaRange::everywhere(),
        response: None,
        unit: None,
        assignee: None,
        confined: true,
        closed: true,
    }]
}

#[test]
fn the_likeliest_pair_comes_first_and_a_decided_one_still_says_where_one_was() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let records: Vec<RecordId> = (0..5).map(|_| record(&store, response, None)).collect();
        let all = records.clone();
        write(&store, move |tx| {
            for (other, weight) in all[1..].iter().zip([3_000, -1_000, 9_000, 3_000]) {
                pair_insert(tx, all[0], *other, "score", weight)?;
            }
            Ok(())
        });
        let read = |after: Option<PairId>| {
            let pairs = store
                .read::<_, DbError>(|tx| pair_list(tx, &everywhere(), after, 9))
                .unwrap();
            pairs
                .into_iter()
                .map(|pair| (pair.id, pair.b))
                .collect::<Vec<_>>()
        };
        let seen = read(None);
        let order = [3, 1, 4, 2].map(|at| records[at]);
        assert!(seen.iter().map(|(_, b)| *b).eq(order));
        let (second, user) = (seen[1].0, UserId::new());
        assert!(write(&store, move |tx| pair_decide(
            tx,
            second,
            Says::Same,
            user
        )));
        assert_eq!(read(Some(second)), seen[2..], "what comes after it");
        let count = || {
            store
                .read::<_, DbError>(|tx| pair_count(tx, &everywhere(), 9))
                .unwrap()
        };
        assert_eq!(count(), 3);
        assert!(write(&store, move |tx| pair_reopen(tx, second)));
        assert!(!write(&store, move |tx| pair_reopen(tx, second)));
        assert_eq!((count(), read(None)), (4, seen));
    });
}

#[test]
fn whoever_was_held_apart_stays_so_until_the_decision_is_taken_back() {
    each_engine(|store, _| {
        let response = response(&store, "influenza");
        let [a, b, more] = [(); 3].map(|()| record(&store, response, None));
        let link = |pair, says, withdraws| {
            write(&store, move |tx| {
                link_insert(tx, pair, says, "by_hand", Author::System, withdraws)
            })
        };
        let apart = || {
            let ask =
                |tx: &mut Tx<'_>| held_apart(tx, PersonId::of_record(a), PersonId::of_record(b));
            store.read::<_, DbError>(ask).unwrap()
        };
        link((b, more), Says::Same, None);
        assert!(!apart());
        let said = link((a, more), Says::Different, None);
        assert!(
            apart(),
            "also when it was said of another record of the person"
        );
        link((a, more), Says::Same, Some(said));
        assert!(!apart(), "taken back");
        let joined = link((a, b), Says::Same, None);
        link((a, b), Says::Different, Some(joined));
        assert!(apart(), "whoever takes a link back says that they are two");
        let links = store.read::<_, DbError>(|tx| link_list(tx, &[a])).unwrap();
        assert_eq!(links.len(), 4);
    });
}
