//! Two looks by two people; what they may change and what they may not.

use fangxian_base::CommandId;
use fangxian_packs::PermitRequest;
use fangxian_store::facts::{NewFact, When};
use fangxian_store::testing;

use super::{World, code, day, each_world};
use crate::measures::MeasuresFilter;
use crate::reviews::{DropInput, FirstLookInput, SecondLookInput};
use crate::tasks::TasksFilter;

fn look(outcome: &str) -> FirstLookInput {
    FirstLookInput {
        outcome: outcome.into(),
        reason: "说明".into(),
        ..FirstLookInput::default()
    }
}

pub(super) fn confirmed_case(world: &World) -> Vec<NewFact> {
    let _ = world;
    vec![
        NewFact::new(
            "classification_notified",
            When::Day(day("2026-05-03")),
            "clinical",
        )
        .with("class", "confirmed")
        .with("by", "hospital"),
    ]
}

#[test]
fn whoever_took_the_first_look_cannot_take_the_second() {
    each_world(|world| {
        world.approve();
        let (.., review) = world.close_contact();
        world
            .first_look(&world.assessor, review, look("confirm"))
            .unwrap();
        assert_eq!(
            code(world.second_look(&world.assessor, review, "confirm")),
            "FORBIDDEN"
        );
        let view = world.app.review_read(&world.assessor, review).unwrap();
        assert_eq!(
            (view.row.state.as_str(), view.may_second),
            ("second_look", false)
        );
        assert!(
            world
                .second_look(&world.other_assessor, review, "confirm")
                .is_ok()
        );
    });
}

#[test]
fn nothing_goes_out_before_the_second_look() {
    each_world(|world| {
        world.approve();
        let (.., review) = world.close_contact();
        world
            .first_look(&world.desk, review, look("confirm"))
            .unwrap();
        let view = world.app.review_read(&world.desk, review).unwrap();
        assert!(view.measures.is_empty() && view.tasks.is_empty());
        assert_eq!(world.app.my_tasks(&world.grid).unwrap().tasks.len(), 0);
    });
}

#[test]
fn a_returned_review_goes_back_to_the_first_look_with_its_reason() {
    each_world(|world| {
        world.approve();
        let (.., review) = world.close_contact();
        world
            .first_look(&world.desk, review, look("confirm"))
            .unwrap();
        let empty = SecondLookInput {
            version: world.version_of_review(review),
            outcome: "return".into(),
            reason: " ".into(),
            ..SecondLookInput::default()
        };
        let refused =
            world
                .app
                .review_second_look(&world.assessor, CommandId::new(), review, &empty);
        assert_eq!(refused.unwrap_err().fields[0].field, "reason");
        world
            .second_look(&world.assessor, review, "return")
            .unwrap();
        let view = world.app.review_read(&world.desk, review).unwrap();
        assert_eq!(view.row.state, "first_look");
        assert_eq!(view.second.unwrap().reason.as_deref(), Some("请再核实"));
        assert!(view.may_first);
        assert_eq!(world.confirmed(review).measures.len(), 1);
    });
}

#[test]
fn an_amended_review_drops_a_measure_with_a_reason_and_adds_a_standard_call() {
    each_world(|world| {
        world.approve();
        let (.., review) = world.close_contact();
        let rule = "novel-influenza/observation".to_owned();
        let amend = |drop: Vec<DropInput>, add: &[&str]| FirstLookInput {
            drop,
            add: add.iter().map(|kind| (*kind).to_owned()).collect(),
            ..look("amend")
        };
        let silent = DropInput {
            rule: rule.clone(),
            reason: String::new(),
        };
        let refused = world.first_look(&world.desk, review, amend(vec![silent], &["arrest"]));
        let fields: Vec<_> = refused
            .unwrap_err()
            .fields
            .into_iter()
            .map(|field| field.field)
            .collect();
        assert_eq!(fields, ["drop.0.reason", "add"]);
        let unknown = DropInput {
            rule: "x/y".into(),
            reason: "不需要".into(),
        };
        assert_eq!(
            code(world.first_look(&world.desk, review, amend(vec![unknown], &[]))),
            "INPUT"
        );
        let drop = DropInput {
            rule,
            reason: "已在外地接受观察".into(),
        };
        world
            .first_look(&world.desk, review, amend(vec![drop], &["phone_check"]))
            .unwrap();
        let confirmed = world
            .second_look(&world.assessor, review, "confirm")
            .unwrap();
        assert!(confirmed.measures.is_empty());
        assert_eq!(confirmed.tasks.len(), 2);
        let page = world
            .app
            .tasks(&world.community, &TasksFilter::default())
            .unwrap();
        let mut kinds: Vec<_> = page.rows.iter().map(|row| row.kind.as_str()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, ["phone_check", "visit"]);
    });
}

#[test]
fn a_question_sends_somebody_and_the_answer_brings_the_review_back() {
    each_world(|world| {
        world.approve();
        let (.., review) = world.close_contact();
        world.first_look(&world.desk, review, look("ask")).unwrap();
        let view = world.app.review_read(&world.desk, review).unwrap();
        assert_eq!(view.row.state, "asked");
        let mine = world.app.my_tasks(&world.grid).unwrap();
        assert_eq!(mine.tasks[0].row.kind, "ask_facts");
        let input = super::path::feedback(&mine.tasks[0], "answered");
        let id = mine.tasks[0].row.id;
        let fed = world
            .app
            .task_feed_back(&world.grid, CommandId::new(), id, &input)
            .unwrap();
        assert_eq!(fed.reviews, [review]);
        let view = world.app.review_read(&world.desk, review).unwrap();
        assert_eq!(view.row.state, "first_look");
        assert_eq!(view.proposal.unwrap().note.as_deref(), Some("answered"));
    });
}

#[test]
fn what_needs_no_follow_up_is_set_aside_and_the_record_is_handled() {
    each_world(|world| {
        let (record, _, review) = world.close_contact();
        world
            .first_look(&world.desk, review, look("no_follow_up"))
            .unwrap();
        assert_eq!(world.state_of(record), "handled");
        assert_eq!(world.open_reviews(), 0);
        let late = world.first_look(&world.desk, review, look("confirm"));
        assert_eq!(code(late), "REVIEW-STATE");
    });
}

#[test]
fn what_proposes_a_measure_is_set_aside_by_two_people_only() {
    each_world(|world| {
        world.approve();
        let (record, _, review) = world.close_contact();
        world
            .first_look(&world.desk, review, look("no_follow_up"))
            .unwrap();
        let view = world.app.review_read(&world.assessor, review).unwrap();
        assert_eq!(view.row.state, "second_look");
        assert!(view.proposal.unwrap().aside);
        assert_eq!(world.state_of(record), "in_review");
        world
            .second_look(&world.assessor, review, "return")
            .unwrap();
        world
            .first_look(&world.desk, review, look("no_follow_up"))
            .unwrap();
        let confirmed = world
            .second_look(&world.assessor, review, "confirm")
            .unwrap();
        assert_eq!((confirmed.measures.len(), confirmed.tasks.len()), (0, 0));
        let view = world.app.review_read(&world.assessor, review).unwrap();
        assert_eq!(view.row.state, "set_aside");
        assert_eq!(world.state_of(record), "handled");
    });
}

#[test]
fn the_second_look_amends_as_the_first_can() {
    each_world(|world| {
        world.approve();
        let (.., review) = world.close_contact();
        world
            .first_look(&world.desk, review, look("confirm"))
            .unwrap();
        let view = world.app.review_read(&world.assessor, review).unwrap();
        let rule = view.proposal.unwrap().measures[0].due.rule.clone();
        let amend = |drop: &str| SecondLookInput {
            version: view.row.version,
            outcome: "amend".into(),
            drop: vec![DropInput {
                rule: drop.into(),
                reason: "已在外地隔离".into(),
            }],
            add: vec!["phone_check".into()],
            ..SecondLookInput::default()
        };
        let take = |input: &SecondLookInput| {
            let app = &world.app;
            app.review_second_look(&world.assessor, CommandId::new(), review, input)
        };
        assert_eq!(take(&amend("nothing")).unwrap_err().fields[0].field, "drop");
        let confirmed = take(&amend(&rule)).unwrap();
        assert_eq!((confirmed.measures.len(), confirmed.tasks.len()), (0, 2));
        let view = world.app.review_read(&world.assessor, review).unwrap();
        assert_eq!(view.row.second_outcome.as_deref(), Some("amended"));
    });
}

#[test]
fn a_named_contact_about_whom_something_is_missing_is_looked_at() {
    each_world(|world| {
        world.approve();
        let (case, ..) = world.arrives(world.flu, confirmed_case(world));
        let before = world.open_reviews();
        let met = NewFact::new("contact", When::Day(day("2026-05-02")), "clinical")
            .with("case_record", case.to_string());
        let (record, _, assessed) = world.arrives(world.flu, vec![met]);
        let review = assessed[0].review.expect("somebody looks");
        assert_eq!(world.open_reviews(), before + 1);
        assert_eq!(world.state_of(record), "in_review");
        let view = world.app.review_read(&world.desk, review).unwrap();
        assert!(!view.proposal.unwrap().missing.is_empty());
    });
}

#[test]
fn contacts_are_asked_about_again_when_their_case_changes() {
    each_world(|world| {
        world.approve();
        let (case, person, _) = world.arrives(world.flu, Vec::new());
        let met = NewFact::new("contact", When::Day(day("2026-05-02")), "official")
            .with("case_record", case.to_string())
            .with("protected", false);
        let (_, contact, _) = world.arrives(world.flu, vec![met]);
        let mut facts = confirmed_case(world);
        facts.push(NewFact::new(
            "onset",
            When::Day(day("2026-05-02")),
            "clinical",
        ));
        for fact in facts {
            testing::fact(&world.store, case, world.flu, fact);
        }
        let rules = world.app.rules();
        world
            .store
            .write::<_, crate::AppError, _>(testing::command("intake.submit"), move |tx| {
                crate::assess::assess_person(&rules, tx, person, Some(case))
            })
            .unwrap();
        while world.app.reassess_due(10).unwrap() > 0 {}
        let reviews = world
            .app
            .read(|tx| crate::reviews::rows_of_person(tx, contact))
            .unwrap();
        assert_eq!(reviews[0].category.as_deref(), Some("close"));
    });
}

#[test]
fn new_facts_after_the_first_look_bring_the_review_back_with_a_note() {
    each_world(|world| {
        world.approve();
        let (record, person, review) = world.close_contact();
        world
            .first_look(&world.desk, review, look("confirm"))
            .unwrap();
        let rules = world.app.rules();
        let flu = world.flu;
        let fact = confirmed_case(world).remove(0);
        testing::fact(&world.store, record, flu, fact);
        world
            .store
            .write::<_, crate::AppError, _>(testing::command("intake.submit"), move |tx| {
                crate::assess::assess_person(&rules, tx, person, Some(record))
            })
            .unwrap();
        let view = world.app.review_read(&world.desk, review).unwrap();
        assert_eq!(view.row.state, "first_look");
        assert!(view.first.is_none());
        let proposal = view.proposal.unwrap();
        assert_eq!(proposal.note.as_deref(), Some("new_facts_after_first_look"));
        assert_eq!(proposal.class.as_deref(), Some("confirmed"));
        assert_eq!(world.open_reviews(), 1);
    });
}

#[test]
fn a_looker_who_saw_an_older_version_is_told_so() {
    each_world(|world| {
        world.approve();
        let (.., review) = world.close_contact();
        let version = world.version_of_review(review);
        world
            .first_look(&world.desk, review, look("confirm"))
            .unwrap();
        let input = SecondLookInput {
            version,
            outcome: "confirm".into(),
            reason: String::new(),
            ..SecondLookInput::default()
        };
        let stale = world
            .app
            .review_second_look(&world.assessor, CommandId::new(), review, &input);
        assert_eq!(code(stale), "STALE");
    });
}

#[test]
fn norovirus_brings_a_visit_and_advice_and_no_measure_can_be_made() {
    each_world(|world| {
        let noro = testing::response(&world.store, "norovirus");
        let (.., assessed) = world.arrives(noro, confirmed_case(world));
        let review = assessed[0].review.unwrap();
        let view = world.app.review_read(&world.desk, review).unwrap();
        let proposal = view.proposal.unwrap();
        assert!(proposal.measures.is_empty());
        assert!(!proposal.advice.is_empty());
        let confirmed = world.confirmed(review);
        assert_eq!((confirmed.measures.len(), confirmed.tasks.len()), (0, 1));
        let today = world.app.today();
        for measure in ["M01", "M02", "M03"] {
            let request = PermitRequest {
                disease: "norovirus",
                measure,
                organ: None,
                on: today,
                as_of: today,
                approvals: &[],
            };
            assert!(world.app.packs().permit(&request).is_err(), "{measure}");
        }
    });
}

#[test]
fn novel_influenza_is_refused_without_approval_and_offered_with_it() {
    each_world(|world| {
        let (.., review) = world.close_contact();
        let proposal = world
            .app
            .review_read(&world.desk, review)
            .unwrap()
            .proposal
            .unwrap();
        assert!(proposal.measures.is_empty());
        assert_eq!(proposal.refused[0].measure, "M03");
        assert!(!proposal.refused[0].article.zh.is_empty());
        assert!(world.confirmed(review).measures.is_empty());
        world.approve();
        let (.., second) = world.close_contact();
        let proposal = world
            .app
            .review_read(&world.desk, second)
            .unwrap()
            .proposal
            .unwrap();
        assert_eq!(proposal.measures.len(), 1);
        assert!(proposal.refused.is_empty());
    });
}

#[test]
fn after_an_approval_everybody_is_asked_about_again_in_pieces_that_go_on() {
    each_world(|world| {
        let reviews: Vec<_> = (0..3).map(|_| world.close_contact().2).collect();
        let offered = || {
            let read = |id: &_| world.app.review_read(&world.desk, *id).unwrap();
            let proposals = reviews.iter().map(|id| read(id).proposal.unwrap());
            proposals.map(|one| one.measures.len()).collect::<Vec<_>>()
        };
        assert_eq!(offered(), [0, 0, 0]);
        world.approve();
        let flu = world.flu;
        world
            .store
            .write::<_, crate::AppError, _>(testing::command("responses.confirm"), move |tx| {
                Ok(fangxian_store::approvals::round_begin(tx, flu)?)
            })
            .unwrap();
        let mut rounds = 0;
        while world.app.round_slice(1).unwrap() > 0 {
            rounds += 1;
            assert!(rounds < 20, "it comes to an end");
            if rounds == 1 {
                assert!(offered().contains(&0), "one person at a time");
            }
        }
        assert!(rounds >= 3);
        assert_eq!(offered(), [1, 1, 1]);
    });
}

#[test]
fn an_approval_that_ends_before_the_second_look_leaves_nothing_to_decide() {
    each_world(|world| {
        world.approve_until(Some(world.app.today()));
        let (.., review) = world.close_contact();
        let proposal = world
            .app
            .review_read(&world.desk, review)
            .unwrap()
            .proposal
            .unwrap();
        assert_eq!(proposal.measures.len(), 1);
        world.pass_minutes(24 * 60);
        let confirmed = world.confirmed(review);
        assert_eq!((confirmed.measures.len(), confirmed.tasks.len()), (0, 1));
        assert_eq!(
            world
                .app
                .measures(&world.hospital, &MeasuresFilter::default())
                .unwrap()
                .total,
            0
        );
    });
}

#[test]
fn a_stranger_learns_nothing_from_a_receipt_and_answers_no_question() {
    each_world(|world| {
        let app = &world.app;
        let submit = |who: &crate::Who, channel, response: &str, signal: &crate::intake::Signal| {
            let envelope = crate::intake::Envelope {
                command: CommandId::new(),
                channel,
                response: response.into(),
                original: b"{}".to_vec(),
            };
            app.submit(who, envelope, signal).unwrap()
        };
        let stranger = crate::intake::Signal {
            name: "王小明".into(),
            phone: "19900000001".into(),
            ..Default::default()
        };
        let notified = crate::intake::Signal {
            class: "confirmed".into(),
            class_on: "2026-05-03".into(),
            ..stranger.clone()
        };
        let responses = app.response_list(&world.desk).unwrap();
        let flu = responses.iter().find(|one| one.id == world.flu).unwrap();
        let channel = fangxian_domain::intake::Channel::StaffForm;
        submit(&world.desk, channel, &flu.code, &notified);
        let reviews = app.reviews(&world.assessor, &crate::reviews::ReviewsFilter::default());
        let review = reviews.unwrap().rows[0].id;
        world.first_look(&world.desk, review, look("ask")).unwrap();
        world.pass_minutes(1);
        let channel = fangxian_domain::intake::Channel::SelfReport;
        let told = submit(&crate::Who::public(), channel, &flu.code, &stranger);
        let state = || app.review_read(&world.assessor, review).unwrap().row.state;
        assert_eq!(state(), "asked", "what the public says is no answer");
        let seen = app.receipt(&told.receipt).unwrap().state;
        assert_eq!(seen, crate::intake::ReceiptState::Received);
        // Staff know more: the same by the desk is the answer.
        let channel = fangxian_domain::intake::Channel::StaffForm;
        submit(&world.desk, channel, &flu.code, &stranger);
        assert_eq!(state(), "first_look");
    });
}
