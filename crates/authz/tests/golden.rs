//! The whole of the rules as one table: role × action × kind of thing → purposes allowed.
//!
//! A change of a rule shows as a change of `tests/golden/roles.txt`. After reading the difference
//! and agreeing with it, write the table anew with
//! `FANGXIAN_BLESS=1 cargo test -p fangxian-authz --test golden`.

#![allow(clippy::unwrap_used, reason = "a test stops where it fails")]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use common::{NOW, World, letter, path, purposes, usual_unit};
use fangxian_authz::{About, Action, Actor, Authz, Grant, Resource, Role};
use fangxian_domain::units::UnitKind;

/// One block of the table.
struct Scene {
    title: &'static str,
    actor: fn(&World, Role) -> Actor,
    thing: fn(&World, Action) -> Resource,
    /// Whether actions that nobody may do here are left out.
    short: bool,
}

fn usual(world: &World, role: Role) -> Actor {
    world.one(role, usual_unit(role), "a.03.")
}

fn whole(world: &World, role: Role) -> Actor {
    world.one(role, usual_unit(role), "a.")
}

fn inside() -> About {
    About::new(path("a.03.12."))
}

fn strange(world: &World, action: Action) -> Resource {
    world.strange(action.kind(), inside())
}

fn scenes() -> Vec<Scene> {
    vec![
        Scene {
            title: "inside the area, somebody else's",
            actor: usual,
            thing: strange,
            short: false,
        },
        Scene {
            title: "inside the area, own: submitted or decided by the own unit, assigned to me, \
                    first look taken by me, my account",
            actor: usual,
            thing: |world, action| world.own(action.kind(), inside()),
            short: false,
        },
        Scene {
            title: "a grant for the whole jurisdiction, somebody else's",
            actor: whole,
            thing: strange,
            short: true,
        },
        Scene {
            title: "outside the area, own",
            actor: usual,
            thing: |world, action| world.own(action.kind(), About::new(path("a.04."))),
            short: true,
        },
        Scene {
            title: "sealed disease, somebody else's",
            actor: whole,
            thing: |world, action| world.strange(action.kind(), inside().sealed(true)),
            short: true,
        },
        Scene {
            title: "sealed disease, own",
            actor: whole,
            thing: |world, action| world.own(action.kind(), inside().sealed(true)),
            short: true,
        },
        Scene {
            title: "response closed, somebody else's; the response itself closed by another",
            actor: whole,
            thing: |world, action| {
                let mut thing = world.strange(action.kind(), inside().in_closed(world.response));
                if let Resource::Response {
                    closed, closed_by, ..
                } = &mut thing
                {
                    (*closed, *closed_by) = (true, Some(world.other));
                }
                thing
            },
            short: true,
        },
        Scene {
            title: "the grant has expired, own",
            actor: |world, role| {
                let grant = Grant::new(role, path("a.")).until(NOW);
                world.actor(usual_unit(role), &[grant])
            },
            thing: |world, action| world.own(action.kind(), inside()),
            short: true,
        },
        Scene {
            title: "also an administrator, own",
            actor: |world, role| {
                let grants = [
                    Grant::new(role, path("a.")),
                    Grant::new(Role::Admin, path("a.")),
                ];
                world.actor(usual_unit(role), &grants)
            },
            thing: |world, action| world.own(action.kind(), inside()),
            short: true,
        },
        Scene {
            title: "everybody at a hospital, somebody else's",
            actor: |world, role| world.one(role, UnitKind::Hospital, "a."),
            thing: strange,
            short: true,
        },
        Scene {
            title: "everybody at the CDC institution, somebody else's",
            actor: |world, role| world.one(role, UnitKind::CdcInstitution, "a."),
            thing: strange,
            short: true,
        },
        Scene {
            title: "everybody at the disease control authority; measures that restrict no person",
            actor: |world, role| world.one(role, UnitKind::DiseaseControlAuthority, "a."),
            thing: |world, action| {
                let mut thing = world.own(action.kind(), inside());
                if let Resource::Measure {
                    organ_kinds,
                    restricts_personal,
                    ..
                } = &mut thing
                {
                    *organ_kinds = BTreeSet::from([UnitKind::DiseaseControlAuthority]);
                    *restricts_personal = false;
                }
                thing
            },
            short: true,
        },
        Scene {
            title: "everybody at headquarters, somebody else's",
            actor: |world, role| world.one(role, UnitKind::Headquarters, "a."),
            thing: strange,
            short: true,
        },
        Scene {
            title: "everybody at a police post, own",
            actor: |world, role| world.one(role, UnitKind::Police, "a."),
            thing: |world, action| world.own(action.kind(), inside()),
            short: true,
        },
        Scene {
            title: "second look taken by me: the measure that came of it",
            actor: |world, role| world.one(role, UnitKind::CdcInstitution, "a."),
            thing: |world, action| {
                let mut thing = world.own(action.kind(), inside());
                if let Resource::Measure { second_looker, .. } = &mut thing {
                    *second_looker = Some(world.me);
                }
                thing
            },
            short: true,
        },
    ]
}

fn cell(authz: &Authz, actor: &Actor, action: Action, thing: &Resource) -> String {
    let allowed: String = purposes()
        .filter(|purpose| authz.decide(actor, action, thing, *purpose, NOW).is_ok())
        .map(letter)
        .collect();
    if allowed.is_empty() {
        ".".to_owned()
    } else {
        allowed
    }
}

fn render() -> String {
    let (authz, world) = (Authz::new().unwrap(), World::new());
    let mut out = String::from(
        "Who may do what, for which purposes.\n\
         Letters: - no purpose given, i intake, a assessment, t task_work, m measure_work, \
         c command, s statutory_report, d administration, u audit, p appeal. A dot: refused.\n\
         Unless a block says otherwise: grant for a.03., thing in a.03.12., and units are\n",
    );
    for &role in Role::ALL {
        writeln!(out, "  {role}: {}", usual_unit(role)).unwrap();
    }
    for scene in scenes() {
        writeln!(out, "\n== {} ==", scene.title).unwrap();
        let mut head = format!("{:<21}", "");
        for role in Role::ALL {
            write!(head, " {:<11}", role.code()).unwrap();
        }
        writeln!(out, "{}", head.trim_end()).unwrap();
        for action in common::actions() {
            let thing = (scene.thing)(&world, action);
            let cells: Vec<String> = Role::ALL
                .iter()
                .map(|&role| cell(&authz, &(scene.actor)(&world, role), action, &thing))
                .collect();
            if scene.short && cells.iter().all(|cell| cell == ".") {
                continue;
            }
            let mut line = format!("{:<21}", action.code());
            for cell in cells {
                write!(line, " {cell:<11}").unwrap();
            }
            writeln!(out, "{}", line.trim_end()).unwrap();
        }
    }
    out
}

/// The lines that differ, each under the title of its block.
fn differences(old: &str, new: &str) -> String {
    fn titled(text: &str) -> Vec<(String, String)> {
        let mut title = String::new();
        let mut lines = Vec::new();
        for line in text.lines() {
            if line.starts_with("==") {
                line.clone_into(&mut title);
            }
            lines.push((title.clone(), line.to_owned()));
        }
        lines
    }
    let (old, new) = (titled(old), titled(new));
    let mut out = String::new();
    for (sign, these, those) in [('-', &old, &new), ('+', &new, &old)] {
        let known: BTreeSet<_> = those.iter().collect();
        for (title, line) in these.iter().filter(|line| !known.contains(line)) {
            writeln!(out, "{sign} {line}\n    {title}").unwrap();
        }
    }
    out
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "blessing the table is asked for by variable"
)]
fn the_rules_are_those_of_the_golden_table() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/roles.txt");
    let new = render();
    if std::env::var("FANGXIAN_BLESS").is_ok() {
        std::fs::write(&file, &new).unwrap();
        return;
    }
    let old = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        old == new,
        "the rules changed; if that is meant, bless the table (see the top of this file)\n{}",
        differences(&old, &new)
    );
}
