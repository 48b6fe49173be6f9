//! What the program does by itself, and how it says how it is.

use fangxian_base::Clock;
use fangxian_store::DbError;
use fangxian_store::queue::{NewMessage, message_insert};
use fangxian_store::testing::{command, lose_persons, record};

use super::{House, each_house};

fn queue(house: &House, channel: &'static str) {
    let routine = house.app.routine().unwrap();
    let record = record(&house.store, routine, None);
    house
        .store
        .write::<_, DbError, _>(command("tasks.remind"), move |tx| {
            let new = NewMessage {
                record,
                channel,
                template: "reminder",
                content: b"{}",
                unique_key: None,
            };
            message_insert(tx, &new).map(|_| ())
        })
        .unwrap();
}

#[test]
fn a_round_seals_and_delivers_and_the_next_has_nothing_to_do() {
    each_house(|house| {
        queue(&house, "log");
        let report = house.app.upkeep_once(house.clock.now());
        assert_eq!((report.failed.as_slice(), report.sent), (&[][..], 1));
        assert!(report.sealed > 0);
        let report = house.app.upkeep_once(house.clock.now());
        assert_eq!((report.sealed, report.sent), (0, 0));
    });
}

#[test]
fn a_message_for_a_channel_that_is_not_here_is_given_up_and_shown() {
    each_house(|house| {
        queue(&house, "pigeon");
        house.app.upkeep_once(house.clock.now());
        let waiting = house.app.queue_list(&house.admin).unwrap();
        assert_eq!(
            (waiting[0].state.as_str(), waiting[0].attempts),
            ("dead", 1)
        );
        assert_eq!(house.app.health(&house.admin).unwrap().queue_dead, 1);
    });
}

#[test]
fn the_nightly_sample_finds_a_damaged_projection_once() {
    each_house(|house| {
        let routine = house.app.routine().unwrap();
        record(&house.store, routine, None);
        lose_persons(&house.store);
        house.app.upkeep_once(house.clock.now());
        house.app.upkeep_once(house.clock.now());
        assert_eq!(house.app.health_now().unwrap().queue_dead, 1);
        house.clock.advance_minutes(24 * 60);
        house.app.upkeep_once(house.clock.now());
        assert_eq!(house.app.health_now().unwrap().queue_dead, 2);
    });
}

#[test]
fn the_installation_is_ready_unless_sealing_stands_still() {
    each_house(|house| {
        house.app.upkeep_once(house.clock.now());
        assert_eq!(house.app.ready(), Ok(()));
        let view = house.app.health(&house.admin).unwrap();
        let schema = house.store.schema_version().unwrap();
        assert_eq!(
            (view.unsealed, view.queue_dead, view.schema),
            (0, 0, schema)
        );
        assert!(view.disk_free.is_some_and(|free| free > 0));
        queue(&house, "log");
        house.clock.advance_minutes(10);
        let why = house.app.ready().unwrap_err();
        assert_eq!(why.len(), 1);
        assert_eq!(why[0].en, "audit entries are not being sealed");
        assert!(!why[0].zh.is_empty());
    });
}
