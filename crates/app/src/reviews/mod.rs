//! Reviews: what waits for a look, and what was looked at. The looks themselves are in [`looks`],
//! what follows from the second in [`follow`]. Nothing here touches a report clock.

mod follow;
mod looks;
mod views;

use std::collections::BTreeSet;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{PersonId, ReviewId, Text};
use fangxian_domain::reviews::ReviewState;
use fangxian_packs::{CaseClass, ContactKind};
use fangxian_store::people::person_fetch;
use fangxian_store::records::record_ids_of;
use fangxian_store::responses::response_fetch;
use fangxian_store::reviews::{
    Review, review_content, review_count, review_fetch, review_list, review_list_of,
};
use fangxian_store::{AreaRange, Tx};

use crate::assess::proposal::Proposal;
use crate::assess::{facts_of_person, from_code, words};
use crate::intake::{Identity, identity_of};
use crate::people::{fact_views, identity_view, person_about, with_contacts};
use crate::sight::{PAGE, area_of_code, area_text, minutes_left, shown, user_name};
use crate::{App, Result, Who, about, found, scopes};

pub use follow::Confirmed;
pub(crate) use follow::settle;
pub use looks::{DropInput, FirstLookInput, SecondLookInput};
pub use views::{
    LookView, ProposalView, ProposedMeasure, ProposedTask, ReviewRow, ReviewView, ReviewsFilter,
    ReviewsPage,
};
use views::{look, proposal_view};

/// For what the looks are read and taken.
const PURPOSES: [Purpose; 4] = [
    Purpose::Assessment,
    Purpose::MeasureWork,
    Purpose::Command,
    Purpose::Appeal,
];

/// Class, kind of contact or category in words.
fn category_text(code: &str) -> Option<Text> {
    from_code::<CaseClass>(code)
        .map(|class| words(&class.text()))
        .or_else(|| from_code::<ContactKind>(code).map(|kind| words(&kind.text())))
}

/// The name that a person's file shows.
pub(crate) fn name_of(tx: &mut Tx<'_>, person: PersonId) -> Result<String> {
    let records = record_ids_of(tx, person)?;
    Ok(identity_of(tx, &records)?.name.unwrap_or_default())
}

fn row(tx: &mut Tx<'_>, review: &Review) -> Result<ReviewRow> {
    let now = tx.now();
    let title = response_fetch(tx, review.response)?
        .map(|r| Text::new(r.title_zh, r.title_en))
        .unwrap_or_default();
    Ok(ReviewRow {
        id: review.id,
        response: review.response,
        response_title: title,
        person: review.person,
        name: name_of(tx, review.person)?,
        record: review.record,
        area: area_text(tx, review.area)?,
        state: review.state.code().to_owned(),
        category: review.category.clone(),
        category_text: review.category.as_deref().and_then(category_text),
        opened_at: review.opened_at,
        due_at: review.due_at,
        minutes_left: minutes_left(review.due_at, now),
        late: review.state.is_open() && review.due_at < now,
        first_by: user_name(tx, review.first_by)?,
        first_outcome: review.first_outcome.clone(),
        second_by: user_name(tx, review.second_by)?,
        second_outcome: review.second_outcome.clone(),
        version: review.version,
    })
}

/// The reviews of a person, newest first, for the file.
pub(crate) fn rows_of_person(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<ReviewRow>> {
    review_list_of(tx, person)?
        .iter()
        .map(|review| row(tx, review))
        .collect()
}

/// A review as permission looks at it.
pub(crate) fn resource(tx: &mut Tx<'_>, review: &Review) -> Result<Resource> {
    Ok(Resource::Review {
        about: about(tx, review.area, review.confined, Some(review.response))?,
        first_looker: review.first_by,
        second_looker: review.second_by,
    })
}

impl App {
    /// Reviews that the reader may see, the most urgent first.
    ///
    /// # Errors
    /// When the reader may see none, or a filter does not hold.
    pub fn reviews(&self, who: &Who, filter: &ReviewsFilter) -> Result<ReviewsPage> {
        let (reach, purpose) = self.reach_for(who, Action::ReviewsList, &PURPOSES)?;
        let states: BTreeSet<ReviewState> = filter
            .states
            .iter()
            .filter_map(|code| ReviewState::from_code(code))
            .collect();
        let states = if states.is_empty() {
            ReviewState::ALL
                .into_iter()
                .filter(|state| state.is_open())
                .collect()
        } else {
            states.into_iter().collect()
        };
        let now = self.now();
        let page = self.read(|tx| {
            let below = area_of_code(tx, "area_code", &filter.area_code)?;
            let wanted = fangxian_store::reviews::ReviewFilter {
                scopes: scopes(&reach),
                states,
                below: below.map(|area| AreaRange::below(&area.path)),
                late_at: filter.late.then_some(now),
                limit: PAGE,
                offset: filter.offset.max(0),
            };
            let total = review_count(tx, &wanted)?;
            let found = review_list(tx, &wanted)?;
            let rows = found
                .iter()
                .map(|review| row(tx, review))
                .collect::<Result<_>>()?;
            Ok(ReviewsPage {
                rows,
                total,
                offset: wanted.offset,
            })
        })?;
        let shown = shown(
            "review",
            page.rows
                .iter()
                .map(|row| (row.id.to_string(), &row.person)),
        );
        self.show(
            who,
            Action::ReviewsList,
            purpose,
            shown,
            vec![("total", page.total.into())],
        )?;
        Ok(page)
    }

    /// One review with facts, reasons, what is missing and what is refused.
    ///
    /// # Errors
    /// When it is not there, or the reader may not read the person's file for this.
    pub fn review_read(&self, who: &Who, id: ReviewId) -> Result<ReviewView> {
        let today = self.today();
        let (view, purpose) = self.read(|tx| {
            let review = found(review_fetch(tx, id))?;
            let thing = resource(tx, &review)?;
            let file = found(person_fetch(tx, review.person))?;
            let person = Resource::Person {
                about: person_about(tx, &file)?,
            };
            self.permit_for(who, Action::ReviewsList, &thing, &PURPOSES)?;
            let purpose = self.permit_for(
                who,
                Action::PeopleRead,
                &person,
                &[Purpose::Assessment, Purpose::MeasureWork, Purpose::Appeal],
            )?;
            let may = |action| {
                who.actor().is_some()
                    && self
                        .permit(who, action, &thing, Purpose::Assessment)
                        .is_ok()
            };
            let at_first = matches!(review.state, ReviewState::FirstLook | ReviewState::Asked);
            let may_first = at_first && may(Action::ReviewsFirstLook);
            let may_second =
                review.state == ReviewState::SecondLook && may(Action::ReviewsSecondLook);
            let mut view = whole(tx, &review, today)?;
            (view.may_first, view.may_second) = (may_first, may_second);
            view.contacts = self.contacts_of(who, tx, review.person, purpose)?;
            Ok((view, purpose))
        })?;
        let shown = vec![
            ("review", id.to_string()),
            ("person", view.row.person.to_string()),
        ];
        self.show(
            who,
            Action::PeopleRead,
            purpose,
            with_contacts(shown, &view.contacts),
            vec![("page", "review".into())],
        )?;
        Ok(view)
    }
}

/// Everything a looker needs on one page, except what the reader may do.
fn whole(tx: &mut Tx<'_>, review: &Review, today: fangxian_base::Date) -> Result<ReviewView> {
    let facts = facts_of_person(tx, review.person)?;
    let mut shown = fact_views(tx, &facts)?;
    shown.sort_by_key(|fact| std::cmp::Reverse((fact.from, fact.recorded_at, fact.id)));
    let content = review_content(tx, review)?;
    let proposal = match Proposal::of(&content) {
        Some(proposal) => Some(proposal_view(tx, review, &proposal)?),
        None => None,
    };
    let row = row(tx, review)?;
    let (first_by, second_by) = (row.first_by.as_deref(), row.second_by.as_deref());
    let (first, second) = (row.first_outcome.as_deref(), row.second_outcome.as_deref());
    Ok(ReviewView {
        area_id: review.area,
        identity: identity_view(&Identity::of(&facts), today),
        facts: shown,
        contacts: Vec::new(),
        proposal,
        first: look(first_by, review.first_at, first, content.first_reason),
        second: look(second_by, review.second_at, second, content.second_reason),
        measures: crate::measures::rows_of_review(tx, review.id, today)?,
        tasks: crate::tasks::rows_of_review(tx, review.id)?,
        clocks: crate::clocks::rows_of_person(tx, review.person)?,
        row,
        may_first: false,
        may_second: false,
    })
}
