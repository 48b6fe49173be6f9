//! The menu: what somebody may do somewhere, in groups. It promises nothing about any one thing.

use fangxian_app::{Action, App};

use crate::ask::Ask;
use crate::endpoint::key;
use crate::i18n;

/// A group of the menu.
#[derive(Debug)]
pub struct Group {
    /// Its name.
    pub label: String,
    /// What is in it.
    pub items: Vec<Item>,
}

/// One entry.
#[derive(Debug)]
pub struct Item {
    /// Where it leads.
    pub path: &'static str,
    /// Its name.
    pub label: String,
    /// Whether it is the page shown.
    pub here: bool,
}

type Entry = (&'static str, &'static str, Action);

const MENU: &[(&str, &[Entry])] = &[
    (
        "menu-desk",
        &[
            ("command.view", "/desk", Action::CommandView),
            ("tasks.mine", "/tasks/mine", Action::TasksList),
            ("reports.list", "/reports", Action::ReportsList),
            ("alerts.list", "/alerts", Action::AlertsList),
        ],
    ),
    (
        "menu-in",
        &[
            ("intake.list", "/inbox", Action::IntakeList),
            ("intake.new", "/inbox/new", Action::IntakeSubmit),
            ("imports.list", "/imports", Action::ImportRead),
            ("pairs.list", "/pairs", Action::PairsList),
        ],
    ),
    (
        "menu-work",
        &[
            ("people.search", "/people", Action::PeopleSearch),
            ("categories.list", "/categories", Action::PeopleSearch),
            ("reviews.list", "/reviews", Action::ReviewsList),
            ("measures.list", "/measures", Action::MeasuresList),
            ("appeals.list", "/appeals", Action::AppealsList),
            ("tasks.list", "/tasks", Action::TasksList),
        ],
    ),
    (
        "menu-reference",
        &[
            ("areas.list", "/areas", Action::AreasView),
            ("packs.list", "/packs", Action::PacksView),
            ("responses.list", "/responses", Action::ResponsesList),
        ],
    ),
    (
        "menu-admin",
        &[
            ("users.list", "/users", Action::UsersList),
            ("audit.list", "/audit", Action::AuditRead),
            ("health.view", "/health", Action::HealthView),
        ],
    ),
];

/// The menu of whoever asks, on the page `here`.
pub fn of(app: &App, ask: &Ask, here: &str) -> Vec<Group> {
    if ask.session.is_none() {
        return Vec::new();
    }
    let noun = here.split('.').next().unwrap_or(here);
    // One entry in the whole menu is marked: the page itself, or else the first of its noun.
    let mut all = MENU.iter().flat_map(|(_, entries)| entries.iter());
    let exact = all.any(|(name, ..)| *name == here);
    let mut marked = false;
    MENU.iter()
        .filter_map(|(label, entries)| {
            let known = |name: &str| crate::pages::REGISTRY.iter().any(|one| one.name == name);
            let items: Vec<Item> = entries
                .iter()
                .filter(|(name, _, action)| known(name) && app.may(&ask.who, *action))
                .map(|(name, path, _)| {
                    let fits = if exact {
                        *name == here
                    } else {
                        name.split('.').next() == Some(noun)
                    };
                    let first = fits && !marked;
                    marked |= first;
                    Item {
                        path,
                        label: i18n::word(ask.lang, &key(name), &[]),
                        here: first,
                    }
                })
                .collect();
            (!items.is_empty()).then(|| Group {
                label: i18n::word(ask.lang, label, &[]),
                items,
            })
        })
        .collect()
}
