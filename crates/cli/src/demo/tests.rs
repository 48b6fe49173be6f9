//! The story in short, in this process.

use std::sync::Arc;

use fangxian_app::alerts::{AlertRow, AlertsFilter};
use fangxian_base::{Clock, ManualClock};
use fangxian_sim::district::staff::SCHOOL;

use super::play::Player;
use super::{FIRST_DAY, FIRST_HOUR};
use crate::{config, installation};

fn player(dir: &std::path::Path) -> Player {
    let config = config::built_in().unwrap().with_data(dir);
    let beginning = config.zone.day_start(FIRST_DAY).plus_hours(FIRST_HOUR);
    let clock = Arc::new(ManualClock::at(beginning));
    let shared: Arc<dyn Clock> = Arc::clone(&clock) as _;
    let app = installation::open_on(&config, shared, "demo").unwrap();
    if let Some(last) = super::last_moment(&app).unwrap() {
        clock.advance_to(last);
    }
    Player::new(app, clock, 1, 3_000, beginning)
}

#[test]
fn days_close_loops_raise_alerts_and_leave_a_trail_that_holds() {
    let dir = std::env::temp_dir().join(format!("fangxian-demo-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&dir);
    let mut story = player(&dir);
    story.set_up().unwrap();
    story.play_until(story.beginning().plus_hours(48), |_| {});
    for what in [
        "clinic",
        "school",
        "self_report",
        "first_look=confirm",
        "second_look=confirm",
    ] {
        assert!(story.count(what) > 0, "{what}: {}", story.told());
    }
    for what in ["decide", "receive", "fed_back=well", "close", "report"] {
        assert!(story.count(what) > 0, "{what}: {}", story.told());
    }
    // The outbreak in the school is a cluster once the clinic has seen ten of its pupils.
    story.play_until(story.beginning().plus_hours(4 * 24), |_| {});
    let duty = story.who("duty1");
    let alerts = story.app().alerts(&duty, &AlertsFilter::default()).unwrap();
    let cluster = alerts
        .rows
        .iter()
        .find(|one| one.rule == "norovirus/cluster");
    let cluster = cluster.unwrap_or_else(|| panic!("no cluster: {:?}", alerts.rows));
    assert_eq!(cluster.place.as_ref().unwrap().zh, SCHOOL);
    let event = |one: &AlertRow| one.rule == "novel-influenza/event";
    assert!(alerts.rows.iter().any(event), "{:?}", alerts.rows);
    let left_at = story.now();
    let app = story.app();
    app.store().seal().unwrap();
    let report = fangxian_store::audit::verify(app.store()).unwrap();
    assert_eq!(report.findings_total, 0, "{:?}", report.findings);
    let records = app.record_total().unwrap();
    drop((app, story));

    let mut again = player(&dir);
    again.set_up().unwrap();
    assert!(again.now() >= left_at);
    let told = again.app().record_total().unwrap();
    assert_eq!(told, records, "a second start tells nothing twice");
    drop(again);
    let _ = std::fs::remove_dir_all(&dir);
}
