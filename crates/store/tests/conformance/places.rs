//! The tree of areas, units in it, and lists cut to the reader's areas.

use fangxian_base::{AreaId, Date};
use fangxian_domain::units::UnitKind;
use fangxian_store::places::{
    NewArea, area_ancestors, area_at_level, area_by_code, area_children, area_insert, area_list,
    area_root, unit_list,
};
use fangxian_store::testing::{command, each_engine, tree, unit, user};
use fangxian_store::{AreaRange, DbError, accounts};

#[test]
fn paths_follow_the_tree_and_lists_follow_the_paths() {
    each_engine(|store, _| {
        let areas = tree(&store);
        store
            .read::<_, DbError>(|tx| {
                let root = area_root(tx)?.unwrap();
                assert_eq!(
                    (root.id, root.level, root.path.as_str()),
                    (areas.district, 0, "a.")
                );
                let grid = area_by_code(tx, "99010100200102")?.unwrap();
                assert_eq!(
                    (grid.id, grid.path.as_str()),
                    (areas.grids[5], "a.02.01.02.")
                );
                let above: Vec<_> = area_ancestors(tx, grid.id)?.iter().map(|a| a.id).collect();
                assert_eq!(
                    above,
                    [
                        areas.district,
                        areas.townships[1],
                        areas.communities[2],
                        grid.id
                    ]
                );
                assert_eq!(
                    area_at_level(tx, grid.id, 1)?.unwrap().id,
                    areas.townships[1]
                );
                assert_eq!(area_children(tx, areas.townships[0])?.len(), 2);
                let inside = [AreaRange::below("a.02.")];
                assert_eq!(area_list(tx, &inside, None)?.len(), 7);
                assert_eq!(area_list(tx, &inside, Some(3))?.len(), 4);
                assert_eq!(area_list(tx, &[], None)?.len(), 0);
                assert_eq!(area_list(tx, &[AreaRange::everywhere()], None)?.len(), 15);
                Ok(())
            })
            .unwrap();
    });
}

#[test]
fn a_second_root_or_an_area_under_nothing_is_not_kept() {
    each_engine(|store, _| {
        tree(&store);
        for parent in [None, Some(AreaId::new())] {
            let new = NewArea {
                id: AreaId::new(),
                code: "x".into(),
                parent,
                name_zh: "某地".into(),
                name_en: "Somewhere".into(),
                ring: None,
                residents: None,
                valid_from: Date::constant(2020, 1, 1),
            };
            let kept = store
                .write::<_, DbError, _>(command("areas.import"), move |tx| area_insert(tx, &new))
                .unwrap();
            assert_eq!(kept.value, None);
        }
    });
}

#[test]
fn units_and_accounts_are_listed_by_area() {
    each_engine(|store, _| {
        let areas = tree(&store);
        let cdc = unit(&store, areas.district, UnitKind::CdcInstitution);
        let town = unit(&store, areas.townships[1], UnitKind::Township);
        user(&store, cdc, "desk", &[("desk", areas.district)]);
        let lead = user(&store, town, "lead", &[("lead", areas.townships[1])]);
        store
            .read::<_, DbError>(|tx| {
                let inside = [AreaRange::below("a.02.")];
                assert_eq!(unit_list(tx, &inside, None)?.len(), 1);
                assert_eq!(
                    unit_list(tx, &[AreaRange::everywhere()], Some(UnitKind::Township))?.len(),
                    1
                );
                let seen = accounts::account_list(tx, &inside, None, 10)?;
                assert_eq!(seen.iter().map(|a| a.id).collect::<Vec<_>>(), [lead]);
                let holders = accounts::account_holding(tx, "lead", areas.townships[1])?;
                assert_eq!(holders.len(), 1);
                assert_eq!(
                    accounts::account_holding(tx, "lead", areas.townships[0])?.len(),
                    0
                );
                assert_eq!(accounts::grant_list(tx, lead)?[0].path, "a.02.");
                Ok(())
            })
            .unwrap();
    });
}
