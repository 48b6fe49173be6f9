//! The own file: a code from the counter opens it, and it alone; every look leaves a trace that the
//! person sees; nobody else is named.

use fangxian_base::{CommandId, PersonId};
use fangxian_store::facts::{NewFact, When};

use super::path::decide;
use super::{World, day, each_world};
use crate::Who;
use crate::intake::Identity;
use crate::people::{GiveCodeInput, OwnFile, OwnFileInput};

fn input(holder: &str, acting: &str) -> GiveCodeInput {
    GiveCodeInput {
        holder: holder.into(),
        checked: "document".into(),
        acting: acting.into(),
    }
}

fn given(world: &World, person: PersonId) -> String {
    let input = input("self", "");
    let given = world
        .app
        .file_code_give(&world.desk, CommandId::new(), person, &input)
        .unwrap();
    given.code.unwrap()
}

fn open(world: &World, code: &str) -> crate::Result<OwnFile> {
    let input = OwnFileInput { code: code.into() };
    world.app.own_file(&Who::public(), CommandId::new(), &input)
}

fn refused(world: &World, code: &str) -> bool {
    let error = open(world, code).unwrap_err();
    error
        .fields
        .first()
        .is_some_and(|field| field.field == "code")
}

/// A contact with a measure decided on them.
fn observed(world: &World) -> PersonId {
    world.approve();
    let (_, person, review) = world.close_contact();
    let id = world.confirmed(review).measures[0];
    let version = world
        .app
        .measure_read(&world.hospital, id)
        .unwrap()
        .row
        .version;
    world
        .app
        .measure_decide(
            &world.hospital,
            CommandId::new(),
            id,
            &decide(version, "2026-05-09"),
        )
        .unwrap();
    person
}

#[test]
fn a_code_from_the_counter_shows_the_person_what_is_kept_and_who_looked() {
    each_world(|world| {
        let person = observed(world);
        let code = given(world, person);
        let file = open(world, &code.to_lowercase().replace('-', " ")).unwrap();
        assert_eq!(file.holder, "self");
        let [paper] = file.measures.as_slice() else {
            panic!("one measure, not {}", file.measures.len())
        };
        assert!(paper.in_force);
        let notice = paper.notice.as_ref().unwrap();
        assert!(!notice.basis.zh.is_empty() && notice.appeal_code.is_some());
        assert!(!file.statuses.is_empty());
        assert!(file.statuses.iter().any(|status| !status.why.is_empty()));
        // The look is on record, for the next time and for the auditor.
        let again = open(world, &code).unwrap();
        let own = again
            .readings
            .looks
            .iter()
            .find(|looks| looks.purpose == "own_file");
        assert_eq!(
            own.unwrap().each.len(),
            1,
            "the first look, not yet this one"
        );
        let page = world
            .app
            .person_file(&world.desk, person, "intake")
            .unwrap();
        assert_eq!(page.codes.len(), 1);
        assert_eq!((page.codes[0].holds, page.codes[0].uses), (true, 2));
    });
}

#[test]
fn the_case_that_was_met_stands_nowhere_in_the_file_of_the_contact() {
    each_world(|world| {
        world.approve();
        let patient = Identity {
            name: Some("周病例".into()),
            phone: Some("13700137000".into()),
            ..Identity::default()
        };
        let grid = world.tree.grids[0];
        let facts = super::looks::confirmed_case(world);
        let (case, patient, _) = world.taken_in(world.flu, (None, Some(grid)), patient, facts);
        let met = NewFact::new("contact", When::Day(day("2026-05-02")), "official")
            .with("case_record", case.to_string())
            .with("protected", false);
        let (_, person, _) = world.arrives(world.flu, vec![met]);
        let file = open(world, &given(world, person)).unwrap();
        assert!(!file.statuses.is_empty());
        let text = serde_json::to_string(&file).unwrap();
        for secret in [
            "周病例",
            "13700137000",
            &case.to_string(),
            &patient.to_string(),
        ] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    });
}

#[test]
fn a_wrong_an_old_and_an_ended_code_open_nothing() {
    each_world(|world| {
        let person = observed(world);
        let first = given(world, person);
        assert!(refused(world, "AAAA-AAAA-AAAA"), "no code");
        let strange = fangxian_domain::intake::ReceiptCode::from_random([9; 16]).to_string();
        assert!(refused(world, &strange), "nobody's code");
        let second = given(world, person);
        assert!(refused(world, &first), "a new code ends the one before");
        // One of a guardian stands beside the person's own.
        let guardian = input("guardian", "王大明，父亲，户口簿");
        let guardian = world
            .app
            .file_code_give(&world.desk, CommandId::new(), person, &guardian)
            .unwrap();
        let file = open(world, &guardian.code.unwrap()).unwrap();
        assert_eq!(file.acting.as_deref(), Some("王大明，父亲，户口簿"));
        assert!(open(world, &second).is_ok());
        world.pass_minutes(60 * 24 * 30);
        assert!(refused(world, &second), "thirty days");
    });
}

#[test]
fn a_code_is_given_out_once_by_whoever_may_and_says_what_is_missing() {
    each_world(|world| {
        let person = observed(world);
        let command = CommandId::new();
        let say = |by: &Who, command, input: &GiveCodeInput| {
            world.app.file_code_give(by, command, person, input)
        };
        let own = input("self", "");
        let first = say(&world.desk, command, &own).unwrap();
        let again = say(&world.desk, command, &own).unwrap();
        assert!(first.code.is_some() && again.code.is_none());
        let code = first.code.unwrap();
        assert!(open(world, &code).is_ok(), "asking twice ends nothing");
        for who in [&world.hospital, &world.grid, &world.duty, &Who::public()] {
            assert!(say(who, CommandId::new(), &own).is_err());
        }
        let fields = |input: &GiveCodeInput| {
            let error = say(&world.desk, CommandId::new(), input).unwrap_err();
            let fields = error.fields.into_iter().map(|f| f.field);
            fields.collect::<Vec<_>>()
        };
        assert_eq!(fields(&input("agent", " ")), ["acting"]);
        assert_eq!(fields(&GiveCodeInput::default()), ["holder", "checked"]);
        let nobody = PersonId::of_record(fangxian_base::RecordId::new());
        let refused = world
            .app
            .file_code_give(&world.desk, CommandId::new(), nobody, &own);
        assert_eq!(super::code(refused), "NOT-FOUND");
    });
}
