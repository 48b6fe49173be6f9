//! What becomes of the loop when the list that began it is undone.

use fangxian_base::CommandId;
use fangxian_store::measures::measure_list_of;
use fangxian_store::reviews::review_list_of;

use super::path::decide;
use super::{World, each_world};
use crate::Who;
use crate::imports::ListFile;

const CASE: &str = "姓名,联系电话,发病日期,确诊日期\n王小明,19900000001,2026-05-02,2026-05-03\n";

/// A list with one confirmed case of today is taken in.
fn listed(world: &World) -> fangxian_base::ImportId {
    let all = world.app.response_list(&Who::cli()).unwrap();
    let flu = all.iter().find(|one| one.id == world.flu).unwrap();
    let file = ListFile {
        kind: "linelist".into(),
        file_name: "cases.csv".into(),
        source: "hospital".into(),
        response: flu.code.clone(),
        bytes: CASE.as_bytes().into(),
        mapping: String::new(),
    };
    let (id, _) = world
        .app
        .import_start(&Who::cli(), CommandId::new(), &file)
        .unwrap();
    world.app.import_run(id, |_| true).unwrap();
    id
}

#[test]
fn a_decided_measure_stands_before_its_organ_when_its_list_is_undone() {
    each_world(|world| {
        world.approve();
        let import = listed(world);
        let filter = crate::reviews::ReviewsFilter::default();
        let review = world.app.reviews(&world.assessor, &filter).unwrap().rows[0].id;
        let measure = world.confirmed(review).measures[0];
        let seen = world.app.measure_read(&world.hospital, measure).unwrap();
        let input = decide(seen.row.version, "2026-05-05");
        world
            .app
            .measure_decide(&world.hospital, CommandId::new(), measure, &input)
            .unwrap();
        let effects = world.app.import_undo_preview(&Who::cli(), import).unwrap();
        assert_eq!((effects.measures_decided, effects.people), (1, 1));
        world
            .app
            .import_undo(&Who::cli(), CommandId::new(), import, "张冠李戴")
            .unwrap();
        world.app.import_undo_run(import, |_| {}).unwrap();
        let (measures, reviews) = world
            .app
            .read(|tx| {
                let person = seen.row.person;
                Ok((measure_list_of(tx, person)?, review_list_of(tx, person)?))
            })
            .unwrap();
        let kept = measures.iter().find(|one| one.id == measure).unwrap();
        assert!(kept.state.is_decided(), "nobody is released by a program");
        assert_eq!(kept.lift_why.as_deref(), Some("unsupported"));
        assert!(reviews.iter().all(|one| !one.state.is_open()));
    });
}
