//! The loop end to end, on both engines: a small district with its people, and the shipped packs.

mod alerts;
mod appeals;
mod categories;
mod clocks;
mod lawful;
mod limits;
mod looks;
mod measures;
mod own_file;
mod path;
mod tasks;
mod undo;

use std::sync::Arc;

use fangxian_authz::{Actor, Grant, Role};
use fangxian_base::{
    CommandId, Date, Instant, ManualClock, PersonId, RecordId, ResponseId, ReviewId, UnitId,
    UserId, Zone,
};
use fangxian_domain::intake::Channel;
use fangxian_domain::units::UnitKind;
use fangxian_packs::Library;
use fangxian_store::approvals::{NewApproval, approval_insert};
use fangxian_store::facts::{NewFact, When};
use fangxian_store::places::area_fetch;
use fangxian_store::testing::{self, Tree, each_engine};
use fangxian_store::{Author, Store};

use crate::assess::{Assessed, assess_person};
use crate::intake::{Identity, Keep, keep};
use crate::reviews::{Confirmed, FirstLookInput, ReviewsFilter, SecondLookInput};
use crate::{App, AppError, Result, Settings, Who};

/// Nine in the morning of 3 May 2026 in China.
const MORNING: &str = "2026-05-03T01:00:00Z";

/// Everybody and everything that a test needs.
struct World {
    app: App,
    store: Arc<Store>,
    clock: Arc<ManualClock>,
    tree: Tree,
    flu: ResponseId,
    desk: Who,
    assessor: Who,
    other_assessor: Who,
    hospital: Who,
    cdc_organ: Who,
    government: Who,
    township: Who,
    community: Who,
    grid: Who,
    duty: Who,
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn moment(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Runs a test in a fresh district on every engine.
fn each_world(test: impl Fn(&World)) {
    each_engine(|store, clock| test(&World::new(store, clock)));
}

fn who(
    store: &Store,
    user: UserId,
    unit: (UnitId, UnitKind),
    grants: &[(Role, fangxian_base::AreaId)],
) -> Who {
    let grants = grants
        .iter()
        .map(|(role, area)| {
            let path = store
                .read::<_, AppError>(|tx| Ok(area_fetch(tx, *area)?.unwrap().path))
                .unwrap();
            Grant::new(*role, path.parse().unwrap())
        })
        .collect();
    Who::staff(Actor {
        user,
        unit: unit.0,
        unit_kind: unit.1,
        grants,
    })
}

impl World {
    fn new(store: Arc<Store>, clock: Arc<ManualClock>) -> Self {
        clock.advance_to(moment(MORNING));
        let tree = testing::tree(&store);
        let top = tree.district;
        let unit = |area, kind| (testing::unit(&store, area, kind), kind);
        let cdc = unit(top, UnitKind::CdcInstitution);
        let hospital = unit(top, UnitKind::Hospital);
        let government = unit(top, UnitKind::Government);
        let headquarters = unit(top, UnitKind::Headquarters);
        let town = unit(tree.townships[0], UnitKind::Township);
        let committee = unit(tree.communities[0], UnitKind::Community);
        let person = |login: &str, unit: (UnitId, UnitKind), grants: &[(Role, _)]| {
            let rows: Vec<(&str, _)> = grants
                .iter()
                .map(|(role, area)| (role.code(), *area))
                .collect();
            let user = testing::user(&store, unit.0, login, &rows);
            who(&store, user, unit, grants)
        };
        let settings = Settings {
            zone: Zone::china(),
            city: "demo".into(),
        };
        let packs = Arc::new(Library::shipped().unwrap());
        let app_clock: Arc<dyn fangxian_base::Clock> = Arc::clone(&clock) as _;
        Self {
            desk: person("desk", cdc, &[(Role::Desk, top)]),
            assessor: person("assessor", cdc, &[(Role::Assessor, top)]),
            other_assessor: person(
                "assessor2",
                cdc,
                &[(Role::Assessor, top), (Role::Organ, top)],
            ),
            hospital: person("hospital", hospital, &[(Role::Organ, top)]),
            cdc_organ: person("cdc", cdc, &[(Role::Organ, top)]),
            government: person("government", government, &[(Role::Organ, top)]),
            township: person("township", town, &[(Role::Lead, tree.townships[0])]),
            community: person("community", committee, &[(Role::Lead, tree.communities[0])]),
            grid: person("grid", committee, &[(Role::Grid, tree.grids[0])]),
            duty: person("duty", headquarters, &[(Role::Duty, top)]),
            flu: testing::response(&store, "novel-influenza"),
            app: App::new(Arc::clone(&store), packs, app_clock, settings).unwrap(),
            store,
            clock,
            tree,
        }
    }

    /// Puts the State Council's approval on record.
    fn approve(&self) {
        self.approve_until(None);
    }

    fn approve_until(&self, until_on: Option<Date>) {
        let response = self.flu;
        self.store
            .write::<_, AppError, _>(testing::command("responses.open"), move |tx| {
                approval_insert(
                    tx,
                    &NewApproval {
                        response,
                        kind: "managed_as_class_a",
                        organ: "国务院",
                        document_no: "国函〔2026〕1号",
                        from_on: day("2026-04-20"),
                        until_on,
                    },
                )?;
                Ok(())
            })
            .unwrap();
    }

    /// A record of somebody in the first grid arrives with facts, and the rules are asked.
    fn arrives(
        &self,
        response: ResponseId,
        facts: Vec<NewFact>,
    ) -> (RecordId, PersonId, Vec<Assessed>) {
        self.arrives_in(response, self.tree.grids[0], facts)
    }

    fn arrives_in(
        &self,
        response: ResponseId,
        area: fangxian_base::AreaId,
        facts: Vec<NewFact>,
    ) -> (RecordId, PersonId, Vec<Assessed>) {
        let identity = Identity {
            name: Some("王小明".into()),
            address: Some("示范路 1 号".into()),
            ..Identity::default()
        };
        self.taken_in(response, (None, Some(area)), identity, facts)
    }

    /// A record of somebody, from a unit and an area, assessed.
    fn taken_in(
        &self,
        response: ResponseId,
        (unit, area): (Option<UnitId>, Option<fangxian_base::AreaId>),
        identity: Identity,
        facts: Vec<NewFact>,
    ) -> (RecordId, PersonId, Vec<Assessed>) {
        let rules = self.app.rules();
        self.store
            .write::<_, AppError, _>(testing::command("intake.submit"), move |tx| {
                let (record, matched) = keep(
                    tx,
                    rules.matching(),
                    &Keep {
                        response,
                        channel: Channel::StaffForm,
                        author: Author::System,
                        unit,
                        area,
                        import: None,
                        receipt: None,
                        confined: false,
                        reported_on: None,
                        original: b"{}",
                        identity: &identity,
                        facts: &facts,
                    },
                )?;
                let assessed = assess_person(&rules, tx, matched.person, Some(record))?;
                Ok((record, matched.person, assessed))
            })
            .unwrap()
            .value
    }

    /// A contact whom the CDC institution judged close, last exposed the day before.
    fn close_contact(&self) -> (RecordId, PersonId, ReviewId) {
        let judged = NewFact::new("contact_judged", When::Day(day("2026-05-03")), "official")
            .with("kind", "close")
            .with("last_exposure", "2026-05-02");
        let (record, person, assessed) = self.arrives(self.flu, vec![judged]);
        let review = assessed.iter().find_map(|one| one.review).unwrap();
        (record, person, review)
    }

    fn version_of_review(&self, id: ReviewId) -> i64 {
        self.app
            .review_read(&self.assessor, id)
            .unwrap()
            .row
            .version
    }

    fn first_look(&self, by: &Who, id: ReviewId, input: FirstLookInput) -> Result<()> {
        let version = self.version_of_review(id);
        self.app.review_first_look(
            by,
            CommandId::new(),
            id,
            &FirstLookInput { version, ..input },
        )
    }

    fn second_look(&self, by: &Who, id: ReviewId, outcome: &str) -> Result<Confirmed> {
        let version = self.version_of_review(id);
        let input = SecondLookInput {
            version,
            outcome: outcome.into(),
            reason: "请再核实".into(),
            ..SecondLookInput::default()
        };
        self.app
            .review_second_look(by, CommandId::new(), id, &input)
    }

    /// Both looks agree, by the desk and an assessor.
    fn confirmed(&self, id: ReviewId) -> Confirmed {
        let input = FirstLookInput {
            outcome: "confirm".into(),
            ..FirstLookInput::default()
        };
        self.first_look(&self.desk, id, input).unwrap();
        self.second_look(&self.assessor, id, "confirm").unwrap()
    }

    fn open_reviews(&self) -> i64 {
        self.app
            .reviews(&self.assessor, &ReviewsFilter::default())
            .unwrap()
            .total
    }

    fn pass_minutes(&self, minutes: i64) {
        self.clock.advance_minutes(minutes);
    }

    fn state_of(&self, record: RecordId) -> String {
        self.store
            .read::<_, AppError>(|tx| {
                let record = fangxian_store::records::record_fetch(tx, record)?.unwrap();
                Ok(record.state.code().to_owned())
            })
            .unwrap()
    }
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    result.unwrap_err().code
}
