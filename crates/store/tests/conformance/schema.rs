//! Tables from nothing, opened again, and never those of a newer program.

use fangxian_store::testing::{each_place, number, response, tamper};
use fangxian_store::{OpenError, Store};

#[test]
fn an_empty_database_is_made_ready_and_opens_again_as_it_was() {
    each_place(|place| {
        let store = place.open();
        let version = number(&store, "SELECT MAX(version) FROM schema_version");
        response(&store, "influenza");
        drop(store);
        let store = place.open();
        assert_eq!(
            number(&store, "SELECT MAX(version) FROM schema_version"),
            version
        );
        assert_eq!(number(&store, "SELECT COUNT(*) FROM response"), 1);
    });
}

#[test]
fn two_programs_that_open_an_empty_database_at_once_make_it_ready_once() {
    each_place(|place| {
        std::thread::scope(|scope| {
            let openers: Vec<_> = (0..4).map(|_| scope.spawn(|| drop(place.open()))).collect();
            for opener in openers {
                opener.join().unwrap();
            }
        });
        let store = place.open();
        let steps = number(&store, "SELECT COUNT(*) FROM schema_version");
        assert_eq!(
            number(&store, "SELECT COUNT(DISTINCT version) FROM schema_version"),
            steps
        );
    });
}

#[test]
fn the_tables_of_a_newer_program_are_left_alone() {
    each_place(|place| {
        tamper(
            &place.open(),
            "INSERT INTO schema_version (version) VALUES (900)",
        );
        let clock: std::sync::Arc<dyn fangxian_base::Clock> = place.clock.clone();
        let refused = Store::open(&place.config(), clock);
        assert!(
            matches!(refused, Err(OpenError::Newer { found: 900, .. })),
            "{refused:?}"
        );
    });
}
