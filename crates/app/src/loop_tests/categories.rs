//! People by category: sorted by rules, first those whom no measure binds, within the reader's areas.

use fangxian_base::CommandId;

use super::path::decide;
use super::{World, code, each_world};
use crate::Who;
use crate::people::{CategoriesFilter, CategoriesPage};

fn page(world: &World, by: &Who, filter: &CategoriesFilter) -> crate::Result<CategoriesPage> {
    world.app.people_by_category(by, filter)
}

fn unbound() -> CategoriesFilter {
    CategoriesFilter {
        unbound: true,
        ..CategoriesFilter::default()
    }
}

#[test]
fn a_contact_stands_without_a_measure_until_the_organ_has_decided() {
    each_world(|world| {
        world.approve();
        let (_, person, review) = world.close_contact();
        let seen = page(world, &world.desk, &unbound()).unwrap();
        assert!(!seen.scheme.is_empty());
        assert_eq!(seen.rows.len(), 1, "nothing binds before the decision");
        assert_eq!((seen.total, seen.rows[0].person), (1, person));
        assert!(!seen.rows[0].bound && !seen.rows[0].category.zh.is_empty());

        let id = world.confirmed(review).measures[0];
        let waits = page(world, &world.desk, &unbound()).unwrap();
        assert_eq!(waits.rows[0].measure_state.as_deref(), Some("proposed"));
        let row = world.app.measure_read(&world.hospital, id).unwrap().row;
        let input = decide(row.version, "2026-05-09");
        world
            .app
            .measure_decide(&world.hospital, CommandId::new(), id, &input)
            .unwrap();

        let seen = page(world, &world.desk, &unbound()).unwrap();
        assert_eq!((seen.rows.len(), seen.total), (0, 0));
        let all = page(world, &world.desk, &CategoriesFilter::default()).unwrap();
        assert!(all.rows[0].bound && all.rows[0].organ.is_some());
        let counted: i64 = all.categories.iter().map(|one| one.people).sum();
        assert_eq!((counted, all.total), (1, 1));
        let other = all.categories.iter().find(|one| one.people == 0).unwrap();
        let filter = CategoriesFilter {
            category: other.code.clone(),
            ..CategoriesFilter::default()
        };
        assert_eq!(page(world, &world.desk, &filter).unwrap().total, 0);
    });
}

#[test]
fn whoever_may_not_search_sees_nobody_and_what_does_not_exist_is_said() {
    each_world(|world| {
        let all = CategoriesFilter::default();
        assert_eq!(code(page(world, &world.grid, &all)), "FORBIDDEN");
        assert_eq!(code(page(world, &Who::public(), &all)), "SIGNED-OUT");
        for (scheme, category, field) in [("none", "", "scheme"), ("", "none", "category")] {
            let filter = CategoriesFilter {
                scheme: scheme.into(),
                category: category.into(),
                ..CategoriesFilter::default()
            };
            let error = page(world, &world.desk, &filter).unwrap_err();
            assert_eq!(error.fields[0].field, field);
        }
    });
}
