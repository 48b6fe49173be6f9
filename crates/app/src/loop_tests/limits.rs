//! Limits on decisions: what goes beyond is held, rings, and binds nobody until another organ has
//! looked. And the case of Henan: one operator, whatever the roles, restricts nobody alone.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use fangxian_authz::Role;
use fangxian_base::{CommandId, MeasureId, RecordId, ReviewId};
use fangxian_domain::intake::Channel;
use fangxian_domain::units::UnitKind;
use fangxian_store::facts::{NewFact, When, fact_list};
use fangxian_store::testing;

use super::path::decide;
use super::{World, code, day, each_world};
use crate::imports::ListFile;
use crate::intake::{Envelope, Identity, Signal};
use crate::measures::{ConfirmInput, LiftInput, MeasureView, MeasuresFilter};
use crate::reviews::{FirstLookInput, ReviewsFilter};
use crate::{Result, Who};

/// How many decisions without a link one account may bring into force in a day, by the demo city.
const FEW: usize = 5;

impl World {
    /// Somebody who arrives with these facts, and whose review is looked at twice.
    fn proposed_for(&self, n: usize, facts: Vec<NewFact>) -> MeasureId {
        let (_, review) = self.comes_with(n, facts);
        self.confirmed(review).measures[0]
    }

    fn comes_with(&self, n: usize, facts: Vec<NewFact>) -> (RecordId, ReviewId) {
        let identity = Identity {
            name: Some(format!("人员{n}")),
            phone: Some(format!("199{n:08}")),
            ..Identity::default()
        };
        let at = (None, Some(self.tree.grids[0]));
        let (record, _, assessed) = self.taken_in(self.flu, at, identity, facts);
        let review = assessed.iter().find_map(|one| one.review);
        (record, review.expect("a review"))
    }

    fn seen(&self, id: MeasureId) -> MeasureView {
        self.app.measure_read(&self.hospital, id).unwrap()
    }

    fn decides(&self, by: &Who, id: MeasureId) -> Result<bool> {
        let row = self.seen(id).row;
        let input = decide(row.version, &row.ends_on.to_string());
        let held = self.app.measure_decide(by, CommandId::new(), id, &input)?;
        Ok(held.is_some())
    }

    fn rules_on(&self, by: &Who, id: MeasureId, outcome: &str, reason: &str) -> Result<()> {
        let input = ConfirmInput {
            version: self.seen(id).row.version,
            outcome: outcome.into(),
            reason: reason.into(),
        };
        self.app.measure_confirm(by, CommandId::new(), id, &input)
    }

    /// Whether a fact says that a measure binds the person.
    fn is_bound(&self, id: MeasureId) -> bool {
        let person = self.seen(id).row.person;
        let facts = self
            .app
            .read(|tx| {
                let records = fangxian_store::records::record_ids_of(tx, person)?;
                Ok(fact_list(tx, &records)?)
            })
            .unwrap();
        facts.iter().any(|fact| fact.kind == "measure_in_force")
    }

    fn response_code(&self) -> String {
        let all = self.app.response_list(&Who::cli()).unwrap();
        let flu = all.iter().find(|one| one.id == self.flu);
        flu.unwrap().code.clone()
    }

    /// One more organ of a kind, at a unit of its own.
    pub(super) fn organ_at(&self, login: &str, kind: UnitKind) -> Who {
        let top = self.tree.district;
        let unit = (testing::unit(&self.store, top, kind), kind);
        let user = testing::user(&self.store, unit.0, login, &[(Role::Organ.code(), top)]);
        super::who(&self.store, user, unit, &[(Role::Organ, top)])
    }
}

/// A judgement that names nobody who was met; of twenty in a row no two rest on the same facts.
fn unlinked(n: usize) -> Vec<NewFact> {
    let last = [
        "2026-05-02",
        "2026-05-01",
        "2026-04-30",
        "2026-04-29",
        "2026-04-28",
    ][n % 5];
    let judged = ["2026-05-03", "2026-05-02", "2026-05-01", "2026-04-30"][n / 5 % 4];
    let on = When::Day(day(judged));
    vec![
        NewFact::new("contact_judged", on, "official")
            .with("kind", "close")
            .with("last_exposure", last),
    ]
}

/// A contact with somebody who is a case here.
fn linked(case: RecordId) -> Vec<NewFact> {
    let on = When::Day(day("2026-05-02"));
    let met = NewFact::new("contact", on, "clinical")
        .with("case_record", case.to_string())
        .with("protected", false);
    let mut facts = unlinked(0);
    facts.push(met);
    facts
}

/// A patient whom a hospital notified.
fn notified() -> Vec<NewFact> {
    let on = When::Day(day("2026-05-03"));
    vec![
        NewFact::new("onset", When::Day(day("2026-05-01")), "clinical"),
        NewFact::new("classification_notified", on, "clinical")
            .with("class", "confirmed")
            .with("by", "hospital"),
    ]
}

/// As many as the limit allows, and so many beyond it, decided by the CDC institution.
fn beyond(world: &World, more: usize) -> Vec<MeasureId> {
    world.approve();
    let all: Vec<MeasureId> = (0..FEW + more)
        .map(|n| world.proposed_for(n, unlinked(n)))
        .collect();
    let held: Vec<bool> = all
        .iter()
        .map(|id| world.decides(&world.cdc_organ, *id).unwrap())
        .collect();
    assert!(held[..FEW].iter().all(|held| !held), "{held:?}");
    assert!(held[FEW..].iter().all(|held| *held), "{held:?}");
    all[FEW..].to_vec()
}

#[test]
fn g15_what_goes_beyond_the_limit_is_held_and_rings_until_another_organ_has_looked() {
    each_world(|world| {
        let held = beyond(world, 2);
        for id in &held {
            let view = world.seen(*id);
            assert_eq!(
                (view.row.state.as_str(), view.row.in_force),
                ("held", false)
            );
            assert!(view.notice.is_none() && view.tasks.is_empty() && !world.is_bound(*id));
            let hold = view.hold.unwrap();
            assert!(
                !hold.linked && hold.limits[0].en.contains("without"),
                "{hold:?}"
            );
        }
        // It rings on the screen of everybody who may see measures; the own organ is told that
        // another one looks.
        for (who, own) in [
            (&world.government, false),
            (&world.duty, false),
            (&world.cdc_organ, true),
        ] {
            let screen = world.app.command_view(who, "").unwrap();
            let rings: Vec<_> = screen.held.iter().map(|row| (row.count, row.own)).collect();
            assert_eq!(rings, [(2, own)]);
        }
        assert!(world.app.command_view(&world.grid, "").is_err());
        // Nobody of the unit that decided, nobody who looked, nobody without the role.
        let colleague = &world.other_assessor;
        for who in [
            &world.cdc_organ,
            colleague,
            &world.duty,
            &world.desk,
            &world.township,
        ] {
            let refused = world.rules_on(who, held[0], "confirm", "");
            assert!(["FORBIDDEN", "NOT-FOUND"].contains(&code(refused)));
        }
        assert!(!world.seen(held[0]).may_decide && world.seen(held[0]).may_confirm);

        world
            .rules_on(&world.government, held[0], "confirm", "名单已核对")
            .unwrap();
        let view = world.seen(held[0]);
        assert!(view.row.in_force && world.is_bound(held[0]));
        assert!(view.notice.is_some() && view.row.appeal_code.is_some());
        assert!(view.tasks.iter().any(|task| task.kind == "serve_notice"));
        let hold = view.hold.unwrap();
        assert_eq!(hold.ruled_by.as_deref(), Some("government"));
        assert_eq!(hold.ruling.as_deref(), Some("名单已核对"));
        let lift = LiftInput {
            version: view.row.version,
            reason: "核实后排除".into(),
        };
        let other = world
            .app
            .measure_lift(&world.government, CommandId::new(), held[0], &lift);
        assert_eq!(code(other), "FORBIDDEN", "the organ that decided lifts");

        let silent = world.rules_on(&world.government, held[1], "refuse", " ");
        assert_eq!(silent.unwrap_err().fields[0].field, "reason");
        world
            .rules_on(&world.government, held[1], "refuse", "没有流行病学依据")
            .unwrap();
        let view = world.seen(held[1]);
        assert_eq!(
            (view.row.state.as_str(), view.notice.is_none()),
            ("refused", true)
        );
        assert!(!world.is_bound(held[1]));
        let again = world.rules_on(&world.government, held[1], "confirm", "");
        assert_eq!(code(again), "MEASURE-STATE");
        assert_eq!(world.open_reviews(), 0, "it is not proposed again");
        let screen = world.app.command_view(&world.government, "").unwrap();
        assert!(screen.held.is_empty());
    });
}

#[test]
fn another_account_of_the_organ_does_not_get_around_the_limit_for_long() {
    each_world(|world| {
        beyond(world, 0);
        let mut decided = 0;
        let mut held = 0;
        // The organ has fifteen a day without a link, whoever of it decides.
        for account in 0..3 {
            let login = format!("cdc{account}");
            let top = world.tree.district;
            let actor = world.cdc_organ.actor().unwrap();
            let unit = (actor.unit, actor.unit_kind);
            let user = testing::user(&world.store, unit.0, &login, &[(Role::Organ.code(), top)]);
            let who = super::who(&world.store, user, unit, &[(Role::Organ, top)]);
            for n in 0..4 {
                let n = 100 + account * 10 + n;
                let id = world.proposed_for(n, unlinked(n));
                if world.decides(&who, id).unwrap() {
                    held += 1;
                } else {
                    decided += 1;
                }
            }
        }
        assert_eq!((FEW + decided, held), (15, 2));
    });
}

#[test]
fn the_limit_is_for_a_day_and_what_was_held_stays_held() {
    each_world(|world| {
        let held = beyond(world, 1);
        world.pass_minutes(24 * 60 + 1);
        let fresh = NewFact::new("contact_judged", When::Day(day("2026-05-04")), "official")
            .with("kind", "close")
            .with("last_exposure", "2026-05-03");
        let id = world.proposed_for(50, vec![fresh]);
        assert!(!world.decides(&world.cdc_organ, id).unwrap());
        assert_eq!(world.seen(held[0]).row.state, "held");
    });
}

#[test]
fn at_night_the_limit_without_a_link_is_narrower() {
    each_world(|world| {
        world.approve();
        world.pass_minutes(13 * 60);
        let decided: Vec<bool> = (0..3)
            .map(|n| {
                let id = world.proposed_for(n, unlinked(n));
                world.decides(&world.cdc_organ, id).unwrap()
            })
            .collect();
        assert_eq!(decided, [false, false, true]);
    });
}

#[test]
fn contacts_of_a_case_and_notified_patients_are_not_held() {
    each_world(|world| {
        world.approve();
        let (case, review) = world.comes_with(0, notified());
        let patient = world.confirmed(review).measures[0];
        let mut held = vec![world.decides(&world.hospital, patient).unwrap()];
        for n in 1..=FEW + 2 {
            let id = world.proposed_for(n, linked(case));
            held.push(world.decides(&world.hospital, id).unwrap());
        }
        assert!(held.iter().all(|held| !held), "{held:?}");
        assert!(world.seen(patient).hold.is_none());
    });
}

#[test]
fn what_a_looker_or_the_decider_entered_is_no_link() {
    each_world(|world| {
        world.approve();
        let signal = Signal {
            class: "confirmed".into(),
            class_on: "2026-05-03".into(),
            hospitalised_on: "2026-05-03".into(),
            area_code: world
                .app
                .read(|tx| {
                    let area = fangxian_store::places::area_fetch(tx, world.tree.communities[0])?;
                    Ok(area.unwrap().code)
                })
                .unwrap(),
            ..Signal::default()
        };
        let flu = world.response_code();
        let mut held = Vec::new();
        for n in 0..=FEW {
            let signal = Signal {
                name: format!("编造{n}"),
                phone: format!("198{n:08}"),
                ..signal.clone()
            };
            let envelope = Envelope {
                command: CommandId::new(),
                channel: Channel::StaffForm,
                response: flu.clone(),
                original: b"{}".to_vec(),
            };
            // The desk enters them and takes the first look.
            world.app.submit(&world.desk, envelope, &signal).unwrap();
            let waiting = ReviewsFilter::default();
            let review = world.app.reviews(&world.assessor, &waiting).unwrap().rows[0].id;
            let id = world.confirmed(review).measures[0];
            held.push(world.decides(&world.hospital, id).unwrap());
        }
        assert_eq!(held.iter().filter(|held| **held).count(), 1, "{held:?}");
        assert!(held[FEW]);
    });
}

#[test]
fn what_is_held_lapses_with_its_facts_or_its_term_and_keeps_the_response_open() {
    each_world(|world| {
        let held = beyond(world, 2);
        let person = world.seen(held[0]).row.person;
        let rules = world.app.rules();
        let excluded = NewFact::new("contact_judged", When::Day(day("2026-05-03")), "official")
            .with("kind", "none");
        let record = world
            .app
            .read(|tx| Ok(fangxian_store::records::record_ids_of(tx, person)?[0]))
            .unwrap();
        let flu = world.flu;
        world
            .store
            .write::<_, crate::AppError, _>(testing::command("people.correct"), move |tx| {
                let author = fangxian_store::Author::System;
                fangxian_store::facts::fact_insert(tx, record, flu, author, &excluded)?;
                crate::assess::assess_person(&rules, tx, person, None)?;
                Ok(())
            })
            .unwrap();
        assert_eq!(world.seen(held[0]).row.state, "lapsed");
        let late = world.rules_on(&world.government, held[0], "confirm", "");
        assert_eq!(code(late), "MEASURE-STATE");
        let running = world
            .app
            .read(|tx| Ok(fangxian_store::responses::response_running(tx, flu)?))
            .unwrap();
        assert_eq!(running.measures, i64::try_from(FEW).unwrap() + 1);
        world.pass_minutes(10 * 24 * 60);
        world.app.day_sweep().unwrap();
        assert_eq!(world.seen(held[1]).row.state, "lapsed");
    });
}

#[test]
fn a_confirmed_decision_begins_on_the_day_it_is_confirmed_inside_its_term() {
    each_world(|world| {
        let held = beyond(world, 1);
        world.pass_minutes(2 * 24 * 60);
        world
            .rules_on(&world.government, held[0], "confirm", "")
            .unwrap();
        let row = world.seen(held[0]).row;
        assert_eq!(
            (row.starts_on, row.ends_on),
            (day("2026-05-05"), day("2026-05-09"))
        );
        let notice = world.seen(held[0]).notice.unwrap();
        assert_eq!(notice.signed_on, day("2026-05-05"));
    });
}

#[test]
fn g15_a_list_of_people_whom_nobody_else_knows_of_is_held_beyond_the_limit() {
    each_world(|world| {
        world.approve();
        let mut bytes = "姓名,联系电话,发病日期,确诊日期\n".to_owned();
        for n in 0..FEW + 3 {
            writeln!(bytes, "名单{n},198{n:08},2026-05-02,2026-05-03").unwrap();
        }
        let file = ListFile {
            kind: "linelist".into(),
            file_name: "list.csv".into(),
            source: "list".into(),
            response: world.response_code(),
            bytes: bytes.into_bytes().into(),
            mapping: String::new(),
        };
        // The desk hands the list in and takes the first looks.
        let (id, _) = world
            .app
            .import_start(&world.desk, CommandId::new(), &file)
            .unwrap();
        world.app.import_run(id, |_| true).unwrap();
        let reviews: Vec<ReviewId> = world
            .app
            .reviews(&world.assessor, &ReviewsFilter::default())
            .unwrap()
            .rows
            .iter()
            .map(|row| row.id)
            .collect();
        assert_eq!(reviews.len(), FEW + 3);
        let mut held = 0;
        for review in reviews {
            let id = world.confirmed(review).measures[0];
            held += usize::from(world.decides(&world.hospital, id).unwrap());
        }
        assert_eq!(held, 3);
        let filter = MeasuresFilter {
            states: vec!["held".into()],
            ..MeasuresFilter::default()
        };
        assert_eq!(
            world.app.measures(&world.cdc_organ, &filter).unwrap().total,
            3
        );
        world
            .app
            .import_undo(&Who::cli(), CommandId::new(), id, "来源不明")
            .unwrap();
        world.app.import_undo_run(id, |_| {}).unwrap();
        assert_eq!(
            world.app.measures(&world.cdc_organ, &filter).unwrap().total,
            0
        );
    });
}

#[test]
fn g15_an_operator_with_every_role_produces_no_restriction_without_evidence_and_organ() {
    each_world(|world| {
        world.approve();
        let top = world.tree.district;
        let flu = world.response_code();
        let area = world
            .app
            .read(|tx| Ok(fangxian_store::places::area_fetch(tx, top)?.unwrap().code))
            .unwrap();
        // A measure that others looked at, so that something could be decided.
        let other = world.proposed_for(900, unlinked(0));
        let every: Vec<(Role, _)> = Role::ALL.iter().map(|role| (*role, top)).collect();
        let most: Vec<(Role, _)> = every
            .iter()
            .copied()
            .filter(|(role, _)| !matches!(role, Role::Admin | Role::Integration))
            .collect();
        let mut alone = 0;
        for (n, kind) in UnitKind::ALL.into_iter().enumerate() {
            for (m, grants) in [&most, &every].into_iter().enumerate() {
                let unit = (testing::unit(&world.store, top, kind), kind);
                let rows: Vec<(&str, _)> = grants
                    .iter()
                    .map(|(role, area)| (role.code(), *area))
                    .collect();
                let login = format!("operator{n}-{m}");
                let user = testing::user(&world.store, unit.0, &login, &rows);
                let operator = super::who(&world.store, user, unit, grants);
                // Whatever is claimed of somebody: ill, a case, a contact, positive.
                let signal = Signal {
                    name: format!("储户{n}-{m}"),
                    phone: format!("197{:08}", n * 10 + m),
                    area_code: area.clone(),
                    symptoms: vec!["fever".into(), "cough".into()],
                    onset_on: "2026-05-02".into(),
                    class: "confirmed".into(),
                    class_on: "2026-05-03".into(),
                    test: "pcr".into(),
                    sample_on: "2026-05-03".into(),
                    result: "positive".into(),
                    contact_setting: "household".into(),
                    contact_from: "2026-05-02".into(),
                    contact_until: "2026-05-02".into(),
                    ..Signal::default()
                };
                let envelope = Envelope {
                    command: CommandId::new(),
                    channel: Channel::StaffForm,
                    response: flu.clone(),
                    original: b"{}".to_vec(),
                };
                let before = measures(world);
                if world.app.submit(&operator, envelope, &signal).is_ok() {
                    let filter = ReviewsFilter::default();
                    let waiting = world.app.reviews(&world.assessor, &filter).unwrap().rows;
                    for row in waiting.iter().filter(|row| row.name == signal.name) {
                        let look = FirstLookInput {
                            version: row.version,
                            outcome: "confirm".into(),
                            ..FirstLookInput::default()
                        };
                        let first =
                            world
                                .app
                                .review_first_look(&operator, CommandId::new(), row.id, &look);
                        let second = world.second_look(&operator, row.id, "confirm");
                        assert!(second.is_err(), "{kind}: one person looked twice");
                        alone += usize::from(first.is_ok());
                    }
                }
                assert_eq!(
                    measures(world),
                    before,
                    "{kind}: a measure without two people"
                );
                let lawful = matches!(kind, UnitKind::Hospital | UnitKind::CdcInstitution);
                let decided = world.decides(&operator, other);
                if !lawful || m == 1 {
                    let why = code(decided);
                    assert!(["FORBIDDEN", "NOT-FOUND"].contains(&why), "{kind}: {why}");
                }
            }
        }
        assert!(alone > 0, "somebody came as far as a first look");
    });
}

/// How many measures there are.
fn measures(world: &World) -> i64 {
    let all = fangxian_domain::measures::MeasureState::ALL;
    let filter = MeasuresFilter {
        states: all.iter().map(|state| state.code().to_owned()).collect(),
        ..MeasuresFilter::default()
    };
    world.app.measures(&world.hospital, &filter).unwrap().total
}

#[test]
#[ignore = "long: a thousand people looked at twice and decided on"]
fn long_a_thousand_at_once_are_held_and_ring_as_one_line() {
    each_world(|world| {
        world.approve();
        let all: Vec<MeasureId> = (0..1_000)
            .map(|n| world.proposed_for(n, unlinked(n)))
            .collect();
        let several: BTreeSet<bool> = all
            .iter()
            .map(|id| world.decides(&world.cdc_organ, *id).unwrap())
            .collect();
        assert_eq!(several.len(), 2);
        let screen = world.app.command_view(&world.government, "").unwrap();
        let held: i64 = screen.held.iter().map(|row| row.count).sum();
        assert_eq!(held, 1_000 - i64::try_from(FEW).unwrap());
        let bound = all.iter().filter(|id| world.is_bound(**id)).count();
        assert_eq!(bound, FEW);
        let another = world.organ_at("bureau", UnitKind::DiseaseControlAuthority);
        let last = *all.last().unwrap();
        world.rules_on(&another, last, "confirm", "").unwrap();
        assert!(world.is_bound(last));
    });
}
