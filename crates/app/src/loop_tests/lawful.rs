//! Measure × disease class × organ through the use cases: what the law lets be decided stands before
//! its organ and is decided by it; everything else is refused with the reason and the article. The
//! whole table is in the packs; here it goes through the doors.

use fangxian_base::{CommandId, MeasureId};
use fangxian_domain::units::UnitKind;
use fangxian_packs::{Organ, PermitRequest};
use fangxian_store::approvals::approval_list;
use fangxian_store::facts::{NewFact, When};
use fangxian_store::testing;

use super::path::decide;
use super::{World, code, day, each_world};
use crate::intake::Identity;
use crate::measures::unit_kind;

/// A disease, how it is managed, and whether its class A measures are approved.
const DISEASES: [(&str, bool); 6] = [
    ("cholera", false),
    ("sars", false),
    ("measles", false),
    ("hand-foot-mouth", false),
    ("novel-influenza", false),
    ("novel-influenza", true),
];

/// A patient, a suspected one, a contact.
fn people() -> [Vec<NewFact>; 3] {
    let on = When::Day(day("2026-05-03"));
    let notified = |class: &str| {
        vec![
            NewFact::new("classification_notified", on, "clinical")
                .with("class", class)
                .with("by", "hospital"),
        ]
    };
    let judged = NewFact::new("contact_judged", on, "official")
        .with("kind", "close")
        .with("last_exposure", "2026-05-02");
    [notified("confirmed"), notified("suspected"), vec![judged]]
}

#[test]
fn each_measure_is_decided_by_its_organs_alone_and_every_refusal_names_law_and_article() {
    each_world(|world| {
        let (mut decided, mut refused) = (0, 0);
        for (n, (disease, approved)) in DISEASES.into_iter().enumerate() {
            if approved {
                world.approve();
            }
            let response = if disease == "novel-influenza" {
                world.flu
            } else {
                testing::response(&world.store, disease)
            };
            for (m, facts) in people().into_iter().enumerate() {
                let identity = Identity {
                    name: Some(format!("人员{n}{m}")),
                    phone: Some(format!("19{n}{m:08}")),
                    ..Identity::default()
                };
                let at = (None, Some(world.tree.grids[0]));
                let (.., assessed) = world.taken_in(response, at, identity, facts);
                let own = assessed.iter().find(|one| one.response == response);
                let Some(review) = own.and_then(|one| one.review) else {
                    continue;
                };
                let view = world.app.review_read(&world.assessor, review).unwrap();
                for refusal in view.proposal.iter().flat_map(|one| &one.refused) {
                    assert!(!refusal.why.zh.is_empty() && !refusal.why.en.is_empty());
                    assert!(!refusal.article.zh.is_empty(), "{disease}: {refusal:?}");
                    refused += 1;
                }
                for id in world.confirmed(review).measures {
                    decided += through_every_organ(world, id, disease);
                }
            }
        }
        assert!(
            decided >= 9 && refused >= 3,
            "{decided} decided, {refused} refused"
        );
    });
}

/// Lets a unit of every kind try; those that the packs do not name get nowhere and are told why.
/// Answers how many decided.
fn through_every_organ(world: &World, id: MeasureId, disease: &str) -> usize {
    let row = world.app.measure_read(&world.hospital, id).unwrap().row;
    let response = row.response;
    let today = world.app.today();
    let approvals = world
        .app
        .read(|tx| {
            let response = fangxian_store::responses::response_fetch(tx, response)?.unwrap();
            assert_eq!(response.disease, disease);
            let on_record = approval_list(tx, response.id)?.len();
            let all = crate::assess::approvals_of(tx, &response)?;
            assert_eq!(all.len(), on_record);
            Ok(all)
        })
        .unwrap();
    let may = |kind: UnitKind| {
        let organs = [
            Organ::Hospital,
            Organ::CdcInstitution,
            Organ::CdcAuthority,
            Organ::CountyGovernment,
        ];
        organs.into_iter().any(|organ| {
            let request = PermitRequest {
                disease,
                measure: &row.kind,
                organ: Some(organ),
                on: today,
                as_of: today,
                approvals: &approvals,
            };
            unit_kind(organ) == Some(kind) && world.app.packs.permit(&request).is_ok()
        })
    };
    let (organs, others): (Vec<UnitKind>, Vec<UnitKind>) =
        UnitKind::ALL.into_iter().partition(|kind| may(*kind));
    assert!(
        !organs.is_empty(),
        "{disease} {}: nobody may decide",
        row.kind
    );
    let ends_on = row.ends_on.to_string();
    for (n, kind) in others.into_iter().chain(organs).enumerate() {
        let by = world.organ_at(&format!("{id}-{n}"), kind);
        let lawful = may(kind);
        let version = world
            .app
            .measure_read(&world.hospital, id)
            .unwrap()
            .row
            .version;
        let input = decide(version, &ends_on);
        let answer = world.app.measure_decide(&by, CommandId::new(), id, &input);
        if lawful {
            answer.unwrap();
            return 1;
        }
        let error = answer.unwrap_err();
        if error.code == "NOT-FOUND" {
            // The police and others who may not know of it are told nothing.
            continue;
        }
        assert_eq!(error.code, "FORBIDDEN", "{kind}: {error}");
        assert!(
            error.text.zh.contains("《中华人民共和国传染病防治法》"),
            "{kind}: {error}"
        );
        assert!(error.text.en.contains("article 58"), "{kind}: {error}");
    }
    0
}

#[test]
fn what_the_law_of_the_day_does_not_allow_any_more_cannot_be_decided() {
    each_world(|world| {
        world.approve_until(Some(day("2026-05-09")));
        let (.., review) = world.close_contact();
        let id = world.confirmed(review).measures[0];
        world.pass_minutes(7 * 24 * 60);
        let version = world
            .app
            .measure_read(&world.hospital, id)
            .unwrap()
            .row
            .version;
        let input = decide(version, "2026-05-10");
        let answer = world
            .app
            .measure_decide(&world.hospital, CommandId::new(), id, &input);
        let error = answer.unwrap_err();
        assert_eq!(error.code, "NOT-LAWFUL");
        assert!(error.text.zh.contains('条'), "{error}");
        assert_eq!(code(Err::<(), _>(error)), "NOT-LAWFUL");
    });
}
