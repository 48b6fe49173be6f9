//! Reading a file of areas and units, and showing the tree.

use std::sync::Arc;

use fangxian_app::{Kind, Who};
use fangxian_base::{CommandId, ManualClock};
use fangxian_store::testing::{BEGIN, count, each_engine};
use serde_json::json;

use super::{app, each_house, fields};

fn file() -> serde_json::Value {
    let ring = json!([[[119.6, 29.1], [119.7, 29.1], [119.7, 29.2], [119.6, 29.1]]]);
    json!({
        "areas": [
            { "code": "990101", "zh": "示范区", "en": "Demo District", "residents": 20000 },
            { "code": "990101001", "parent": "990101", "zh": "东镇", "en": "East Town",
              "residents": 9000, "geometry": { "type": "Polygon", "coordinates": ring } },
            { "code": "990101001001", "parent": "990101001", "zh": "一村", "en": "First Village" },
        ],
        "units": [
            { "zh": "示范区疾控中心", "en": "Demo CDC", "kind": "cdc_institution", "area": "990101" },
        ],
    })
}

#[test]
fn a_file_is_read_whole_takes_the_place_of_the_first_root_and_may_be_read_again() {
    each_engine(|store, clock| {
        let app = app(&store, &clock, &Arc::new(ManualClock::at(BEGIN)));
        app.first_start().unwrap();
        app.first_start().unwrap();
        assert_eq!(count(&store, "response"), 1);
        let cli = Who::cli();
        let done = app
            .places_import(&cli, CommandId::new(), &file().to_string())
            .unwrap();
        assert_eq!(
            (done.areas_added, done.areas_updated, done.units_added),
            (2, 1, 1)
        );
        let done = app
            .places_import(&cli, CommandId::new(), &file().to_string())
            .unwrap();
        assert_eq!(
            (done.areas_added, done.areas_updated, done.units_updated),
            (0, 3, 1)
        );
        let village = app.area_by_code(&cli, " 990101001001 ").unwrap();
        assert_eq!(village.path, "a.01.01.");
        assert_eq!(village.level_name, app.level_names()[2]);
        let chain = app.area_ancestors(&cli, village.id).unwrap();
        assert_eq!(
            chain.iter().map(|a| a.name.zh.as_str()).collect::<Vec<_>>(),
            ["示范区", "东镇", "一村"]
        );
        let root = app.area_children(&cli, None).unwrap();
        assert_eq!(app.area_children(&cli, Some(root[0].id)).unwrap().len(), 1);
        let map = app.area_geojson(&cli, 1).unwrap();
        assert_eq!(map["features"][0]["properties"]["code"], "990101001");
        assert_eq!(map["features"][0]["geometry"]["type"], "Polygon");
    });
}

#[test]
fn every_problem_of_a_file_is_told_and_nothing_of_it_is_kept() {
    each_engine(|store, clock| {
        let app = app(&store, &clock, &Arc::new(ManualClock::at(BEGIN)));
        let mut wrong = file();
        wrong["areas"][1]["residents"] = json!(-1);
        wrong["areas"][2]["geometry"] = json!({ "type": "Point", "coordinates": [1, 2] });
        wrong["units"][0]["kind"] = json!("castle");
        let error = app
            .places_import(&Who::cli(), CommandId::new(), &wrong.to_string())
            .unwrap_err();
        assert_eq!(
            fields(&error),
            ["areas[1].residents", "areas[2].geometry", "units[0].kind"]
        );
        let mut lost = file();
        lost["areas"][2]["parent"] = json!("990109");
        let error = app
            .places_import(&Who::cli(), CommandId::new(), &lost.to_string())
            .unwrap_err();
        assert_eq!(fields(&error), ["areas[2].parent"]);
        let unknown = file().to_string().replace("residents", "residence");
        assert_eq!(
            app.places_import(&Who::cli(), CommandId::new(), &unknown)
                .unwrap_err()
                .kind,
            Kind::Invalid
        );
        assert_eq!(count(&store, "area"), 0);
    });
}

#[test]
fn areas_are_imported_on_the_machine_and_seen_by_staff() {
    each_house(|house| {
        let error = house
            .app
            .places_import(&house.admin, CommandId::new(), &file().to_string())
            .unwrap_err();
        assert_eq!(error.kind, Kind::Forbidden);
        let (_, _, grid) = house.staff("grid1", "grid", house.areas.grids[0]);
        assert_eq!(house.app.area_list(&grid, Some(3)).unwrap().len(), 8);
        assert_eq!(
            house.app.area_list(&Who::public(), None).unwrap_err().kind,
            Kind::SignedOut
        );
    });
}
