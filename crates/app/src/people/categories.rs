//! People by category: everybody whom a scheme of the city sorts today, with what binds them and what
//! is still to be done. The list is the same for all levels, each within its areas.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{Date, PersonId, Text};
use fangxian_domain::measures::MeasureState;
use fangxian_store::categories::{CategoryFilter, InCategory, category_counts, category_list};
use fangxian_store::records::record_ids_of;
use fangxian_store::{AreaRange, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{IdentityView, identity_view};
use crate::assess::words;
use crate::intake::matching::identity_of;
use crate::sight::{PAGE, area_of_code, area_text};
use crate::{App, AppError, Result, Who, scopes};

/// For what people are listed by category.
const PURPOSES: [Purpose; 5] = [
    Purpose::Assessment,
    Purpose::Intake,
    Purpose::MeasureWork,
    Purpose::StatutoryReport,
    Purpose::Appeal,
];

/// Whom to show.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CategoriesFilter {
    /// The scheme's id; empty: the first that is in force.
    pub scheme: String,
    /// The category's id; empty: all.
    pub category: String,
    /// Division code; empty: everywhere the reader may look.
    pub area_code: String,
    /// Only whom no measure binds today.
    pub unbound: bool,
    /// How many to skip.
    pub offset: i64,
}

/// A scheme to choose.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SchemeView {
    /// Its id.
    pub code: String,
    /// Its name.
    pub title: Text,
}

/// A category with how many are in it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryView {
    /// Its id.
    pub code: String,
    /// Its name.
    pub text: Text,
    /// People in it.
    pub people: i64,
    /// Those of them whom no measure binds today.
    pub unbound: i64,
}

/// Somebody in a category.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoryRow {
    /// Who.
    pub person: PersonId,
    /// Who it is.
    pub identity: IdentityView,
    /// Where.
    pub area: Option<Text>,
    /// The category.
    pub category: Text,
    /// The day the rules were applied to.
    #[schemars(with = "String")]
    pub on: Date,
    /// Whether a measure binds them today.
    pub bound: bool,
    /// What the law calls that measure, or the one that waits for its organ.
    pub measure: Option<Text>,
    /// The state of that measure, as a code.
    pub measure_state: Option<String>,
    /// Its last day.
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
    /// The unit that decided it.
    pub organ: Option<Text>,
    /// Open work about them.
    pub open_tasks: i64,
    /// How much of it is overdue.
    pub overdue: i64,
}

/// A page of people by category.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CategoriesPage {
    /// Schemes of the city in force today.
    pub schemes: Vec<SchemeView>,
    /// The scheme shown; empty: the city has none.
    pub scheme: String,
    /// Its categories, with how many are in each.
    pub categories: Vec<CategoryView>,
    /// The people: first those whom no measure binds.
    pub rows: Vec<CategoryRow>,
    /// How many there are in all.
    pub total: i64,
    /// How many were skipped.
    pub offset: i64,
}

impl App {
    /// People whom a scheme of the city sorts today, that the reader may see.
    ///
    /// # Errors
    /// When the reader may see none, or a filter does not hold.
    pub fn people_by_category(
        &self,
        who: &Who,
        asked: &CategoriesFilter,
    ) -> Result<CategoriesPage> {
        let (reach, purpose) = self.reach_for(who, Action::PeopleSearch, &PURPOSES)?;
        let today = self.today();
        let packs = self.packs();
        let schemes: Vec<SchemeView> = self.schemes_in_force(today);
        let scheme = match asked.scheme.trim() {
            "" => schemes.first().map(|one| one.code.clone()),
            code => Some(code.to_owned()),
        };
        let Some(scheme) = scheme else {
            return Ok(CategoriesPage {
                schemes,
                scheme: String::new(),
                categories: Vec::new(),
                rows: Vec::new(),
                total: 0,
                offset: 0,
            });
        };
        if !schemes.iter().any(|one| one.code == scheme) {
            return Err(AppError::field(
                "scheme",
                "没有正在使用的这种分类方案，请从列表中选择。",
                "No such scheme is in force; choose one of the list.",
            ));
        }
        let known: Vec<(String, Text)> = packs
            .categories(&scheme)
            .map(|(code, text)| (code.to_owned(), words(text)))
            .collect();
        let category = Some(asked.category.trim()).filter(|code| !code.is_empty());
        if category.is_some_and(|code| !known.iter().any(|(known, _)| known == code)) {
            return Err(AppError::field(
                "category",
                "该方案没有这一类，请从列表中选择。",
                "The scheme has no such category; choose one of the list.",
            ));
        }
        let page = self.read(|tx| {
            let below = area_of_code(tx, "area_code", &asked.area_code)?;
            let filter = CategoryFilter {
                scopes: scopes(&reach),
                scheme: scheme.clone(),
                category: category.map(str::to_owned),
                below: below.map(|area| AreaRange::below(&area.path)),
                unbound: asked.unbound,
                today,
                limit: PAGE,
                offset: asked.offset.max(0),
            };
            let counts = category_counts(tx, &filter)?;
            let categories: Vec<CategoryView> = known
                .iter()
                .map(|(code, text)| {
                    let count = counts.iter().find(|count| count.category == *code);
                    CategoryView {
                        code: code.clone(),
                        text: text.clone(),
                        people: count.map_or(0, |count| count.people),
                        unbound: count.map_or(0, |count| count.unbound),
                    }
                })
                .collect();
            let asked_for = categories
                .iter()
                .filter(|one| category.is_none_or(|code| one.code == code));
            let total = asked_for
                .map(|one| {
                    if asked.unbound {
                        one.unbound
                    } else {
                        one.people
                    }
                })
                .sum();
            let mut rows = Vec::new();
            for found in category_list(tx, &filter)? {
                let text = known.iter().find(|(code, _)| *code == found.category);
                let text = text.map_or_else(Text::default, |(_, text)| text.clone());
                rows.push(row(tx, &found, text, today)?);
            }
            Ok(CategoriesPage {
                schemes,
                scheme,
                categories,
                rows,
                total,
                offset: filter.offset,
            })
        })?;
        let people = page
            .rows
            .iter()
            .map(|row| ("person", row.person.to_string()));
        self.show(
            who,
            Action::PeopleSearch,
            purpose,
            people.collect(),
            vec![("total", page.total.into())],
        )?;
        Ok(page)
    }

    fn schemes_in_force(&self, today: Date) -> Vec<SchemeView> {
        let packs = self.packs();
        let in_force = packs
            .city(&self.settings().city)
            .map(|city| city.schemes_on(today))
            .unwrap_or_default();
        let named = packs.schemes().filter(|(id, _)| in_force.contains(id));
        named
            .map(|(id, title)| SchemeView {
                code: id.to_owned(),
                title: words(title),
            })
            .collect()
    }
}

fn row(tx: &mut Tx<'_>, found: &InCategory, category: Text, today: Date) -> Result<CategoryRow> {
    let records = record_ids_of(tx, found.person)?;
    let mut measures = crate::measures::rows_of_person(tx, found.person, today)?;
    measures.retain(|one| {
        let state = MeasureState::from_code(&one.state);
        one.response == found.response && state.is_some_and(MeasureState::is_open)
    });
    // What binds today, or else what waits.
    let at = measures.iter().position(|one| one.in_force).unwrap_or(0);
    let measure = measures.into_iter().nth(at);
    let tasks = crate::tasks::rows_of_person(tx, found.person)?;
    let open = tasks
        .iter()
        .filter(|task| matches!(task.state.as_str(), "open" | "received"));
    let open_tasks = i64::try_from(open.clone().count()).map_err(AppError::internal)?;
    let overdue = open.filter(|task| task.overdue).count();
    Ok(CategoryRow {
        person: found.person,
        identity: identity_view(&identity_of(tx, &records)?, today),
        area: area_text(tx, found.area)?,
        category,
        on: found.on,
        bound: found.bound,
        measure_state: measure.as_ref().map(|one| one.state.clone()),
        until: measure.as_ref().map(|one| one.ends_on),
        organ: measure.as_ref().and_then(|one| one.organ.clone()),
        measure: measure.and_then(|one| one.title),
        open_tasks,
        overdue: i64::try_from(overdue).map_err(AppError::internal)?,
    })
}
