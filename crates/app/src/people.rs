//! The file: one page per person, with the timeline of facts, the statuses with their reasons, and
//! who has read it. Finding people is in `search`, saying who is one and the same in `merge`.

mod categories;
mod codes;
mod correct;
mod document;
mod merge;
mod own;
mod readings;
mod search;

pub use categories::{CategoriesFilter, CategoriesPage, CategoryRow, CategoryView, SchemeView};
pub use codes::{CODE_DAYS, CodeView, GiveCodeInput, GivenCode};
pub use correct::CorrectInput;
use document::masked;
pub(crate) use document::with_numbers_masked;
pub use document::{DocumentView, DocumentsView, NEEDS};
pub use merge::{PairView, QueueView};
pub use own::{OwnFile, OwnFileInput, OwnReport, OwnStatus, OwnTask, OwnTest};
pub use readings::{Looks, Readings};
pub use search::{Hit, Search, SearchView};

use std::collections::BTreeSet;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{
    AreaId, Date, EntryId, FactId, Instant, LinkId, PersonId, RecordId, ResponseId, Text,
};
use fangxian_store::facts::{Fact, When, fact_list, met_by, standing};
use fangxian_store::imports::record_standing;
use fangxian_store::people::{Says, link_list, person_fetch};
use fangxian_store::records::{record_fetch, record_ids_of};
use fangxian_store::{Author, Tx, people};
use schemars::JsonSchema;
use serde::Serialize;

use crate::intake::{Identity, person_now};
use crate::{App, AppError, Result, Who, about, found};

/// LIMIT: named contacts shown on a file or a review.
const CONTACTS_MAX: usize = 100;

/// A fact as pages show it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FactView {
    /// Its id.
    pub id: FactId,
    /// The record it came with.
    pub record: RecordId,
    /// The kind's code.
    pub kind: String,
    /// First day it can have been.
    #[schemars(with = "Option<String>")]
    pub from: Option<Date>,
    /// Last day it can have been.
    #[schemars(with = "Option<String>")]
    pub to: Option<Date>,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Who recorded it: a name, or a word.
    pub by: String,
    /// The class of evidence.
    pub evidence: String,
    /// Attributes, name and value; `None` when its key was destroyed.
    pub attrs: Option<Vec<(String, String)>>,
    /// What the law calls the measure that it is about.
    pub measure: Option<Text>,
    /// Whether it was corrected or withdrawn later.
    pub replaced: bool,
    /// The fact that it corrects or withdraws.
    pub corrects: Option<FactId>,
    /// Whether it withdraws another.
    pub withdraws: bool,
}

/// The name of whoever is behind an author's code.
pub(crate) fn author_name(tx: &mut Tx<'_>, code: &str) -> Result<String> {
    match Author::from_code(code) {
        Some(Author::User(user)) => Ok(fangxian_store::accounts::account_fetch(tx, user)?
            .map_or_else(|| code.to_owned(), |account| account.name)),
        Some(other) => Ok(other.code()),
        None => Ok(code.to_owned()),
    }
}

/// The words for the measure that a fact is about; none when it is about none, or its content is
/// gone.
fn measure_title(tx: &mut Tx<'_>, fact: &Fact) -> Result<Option<Text>> {
    let id = fact
        .attrs
        .as_ref()
        .and_then(|attrs| attrs.get("measure_id")?.as_str()?.parse().ok());
    match id {
        Some(id) => crate::measures::title_of(tx, id),
        None => Ok(None),
    }
}

/// Turns facts into views; those that no longer stand are marked, not hidden.
pub(crate) fn fact_views(tx: &mut Tx<'_>, facts: &[Fact]) -> Result<Vec<FactView>> {
    let stand: Vec<FactId> = standing(facts).iter().map(|fact| fact.id).collect();
    let mut views = Vec::with_capacity(facts.len());
    for fact in facts {
        views.push(FactView {
            id: fact.id,
            record: fact.record,
            kind: fact.kind.clone(),
            from: fact.when.from(),
            to: match fact.when {
                When::Range(_, to) => to,
                When::Unknown | When::Day(_) | When::Moment(..) => None,
            },
            recorded_at: fact.recorded_at,
            by: author_name(tx, &fact.author)?,
            evidence: fact.evidence.clone(),
            measure: measure_title(tx, fact)?,
            attrs: fact.attrs.as_ref().map(|attrs| {
                attrs
                    .iter()
                    .map(|(key, value)| {
                        let shown = value
                            .as_str()
                            .map_or_else(|| value.to_string(), str::to_owned);
                        let shown = if key == "document_number" {
                            masked(&shown)
                        } else {
                            shown
                        };
                        (key.clone(), shown)
                    })
                    .collect()
            }),
            replaced: !stand.contains(&fact.id),
            corrects: fact.corrects,
            withdraws: fact.withdraws,
        });
    }
    Ok(views)
}

/// Who somebody is, as pages show it.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct IdentityView {
    /// Name.
    pub name: String,
    /// `male`, `female` or empty.
    pub sex: String,
    /// Birth date.
    #[schemars(with = "Option<String>")]
    pub birth_date: Option<Date>,
    /// Age in years, from the birth date or as reported.
    pub age: String,
    /// Document kind.
    pub document_kind: String,
    /// Document number, middle part hidden.
    pub document_number: String,
    /// Phone.
    pub phone: String,
    /// Address.
    pub address: String,
    /// Workplace or school.
    pub workplace: String,
}

pub(crate) fn identity_view(identity: &Identity, today: Date) -> IdentityView {
    let age = identity
        .birth_date
        .map(|birth| {
            let years = i32::from(today.year()) - i32::from(birth.year());
            let before = (today.month(), today.day()) < (birth.month(), birth.day());
            (years - i32::from(before)).to_string()
        })
        .or_else(|| identity.age.clone());
    let (document_kind, number) = identity.document.clone().unwrap_or_default();
    IdentityView {
        name: identity.name.clone().unwrap_or_default(),
        sex: identity.sex.clone().unwrap_or_default(),
        birth_date: identity.birth_date,
        age: age.unwrap_or_default(),
        document_kind,
        document_number: masked(&number),
        phone: identity.phone.clone().unwrap_or_default(),
        address: identity.address.clone().unwrap_or_default(),
        workplace: identity.workplace.clone().unwrap_or_default(),
    }
}

/// One record of a person.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SourceView {
    /// The record.
    pub record: RecordId,
    /// The channel's code.
    pub channel: String,
    /// When it was received.
    pub received_at: Instant,
    /// Code of the response it was collected for.
    pub response: String,
    /// The state's code.
    pub state: String,
}

/// A link between records, and whether it stands.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LinkView {
    /// Its id.
    pub id: LinkId,
    /// One record.
    pub a: RecordId,
    /// The other.
    pub b: RecordId,
    /// `same` or `different`.
    pub says: String,
    /// Why.
    pub basis: String,
    /// Who said so.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Whether it still stands.
    pub stands: bool,
}

/// Somebody who was named as a contact of the person.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct NamedView {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// The kind of contact, in words; none while it is not known.
    pub kind: Option<Text>,
    /// Whether a look is open about them.
    pub in_review: bool,
    /// What is missing to judge them.
    pub missing: Vec<crate::assess::MissingView>,
}

/// One person, one file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FileView {
    /// The person.
    pub person: PersonId,
    /// The version, for edits.
    pub version: i64,
    /// Whether all that was known of the person was withdrawn with the lists that it came with.
    pub withdrawn: bool,
    /// Who it is: of several sources, what was said last; the public fills only empty fields.
    pub identity: IdentityView,
    /// What came through the public door and says something else: attribute and value.
    pub disputed: Vec<(String, String)>,
    /// Where.
    pub area: Option<Text>,
    /// The area's id.
    pub area_id: Option<AreaId>,
    /// The records behind the file.
    pub sources: Vec<SourceView>,
    /// Everything recorded, by the day it happened, newest first.
    pub facts: Vec<FactView>,
    /// What the rules say today, with reasons and what is missing.
    pub statuses: Vec<crate::assess::StatusView>,
    /// Reviews, measures and tasks.
    pub reviews: Vec<crate::reviews::ReviewRow>,
    /// Measures, past and present.
    pub measures: Vec<crate::measures::MeasureRow>,
    /// Tasks, past and present.
    pub tasks: Vec<crate::tasks::TaskRow>,
    /// Who was named as a contact of this person, as far as the reader may see them.
    pub contacts: Vec<NamedView>,
    /// Links between the records.
    pub links: Vec<LinkView>,
    /// Codes with which the person, or who acts for them, reads it.
    pub codes: Vec<CodeView>,
    /// Who has read it.
    pub readings: Readings,
    /// Why it is being read now.
    pub purpose: String,
}

/// Reads a purpose's code; a file is never read without one.
fn purpose(code: &str) -> Result<Purpose> {
    Purpose::from_code(code.trim()).ok_or_else(|| {
        AppError::field(
            "purpose",
            "请说明查看目的；每次查看都会留痕，当事人可以看到。",
            "Say why you look; every look is recorded and the person can see it.",
        )
    })
}

impl App {
    pub(crate) fn person_permit(
        &self,
        who: &Who,
        tx: &mut Tx<'_>,
        person: PersonId,
        action: Action,
        purpose: Purpose,
    ) -> Result<people::Person> {
        let row = found(person_fetch(tx, person))?;
        let about = person_about(tx, &row)?;
        self.permit(who, action, &Resource::Person { about }, purpose)?;
        Ok(row)
    }

    /// Whether what belongs to one response is for the reader, for a purpose.
    fn response_admitted(
        &self,
        who: &Who,
        tx: &mut Tx<'_>,
        person: &people::Person,
        response: ResponseId,
        purpose: Purpose,
    ) -> Result<bool> {
        let about = about(tx, person.area, person.confined, Some(response))?;
        let thing = Resource::Person { about };
        Ok(self
            .permit(who, Action::PeopleRead, &thing, purpose)
            .is_ok())
    }

    /// Who was named as a contact of a person, and what is known or missing of each; only those
    /// whose own file the reader may read.
    pub(crate) fn contacts_of(
        &self,
        who: &Who,
        tx: &mut Tx<'_>,
        case: PersonId,
        purpose: Purpose,
    ) -> Result<Vec<NamedView>> {
        let named: BTreeSet<PersonId> = met_by(tx, case)?.into_iter().map(|(who, _)| who).collect();
        let mut views = Vec::new();
        for person in named.into_iter().take(CONTACTS_MAX) {
            if self
                .person_permit(who, tx, person, Action::PeopleRead, purpose)
                .is_err()
            {
                continue;
            }
            let statuses = crate::assess::statuses(tx, person)?;
            let reviews = fangxian_store::reviews::review_list_of(tx, person)?;
            views.push(NamedView {
                person,
                name: crate::reviews::name_of(tx, person)?,
                kind: statuses.iter().find_map(|one| one.contact_text.clone()),
                in_review: reviews.iter().any(|review| review.state.is_open()),
                missing: statuses
                    .iter()
                    .flat_map(|one| &one.missing)
                    .filter(|one| one.near)
                    .cloned()
                    .collect(),
            });
        }
        Ok(views)
    }

    /// The records of a person that the reader's grants and purpose cover, with their responses: a
    /// grant for one response opens nothing of another, and what is sealed stays sealed.
    fn admitted(
        &self,
        who: &Who,
        tx: &mut Tx<'_>,
        person: &people::Person,
        action: Action,
        purpose: Purpose,
    ) -> Result<Vec<(RecordId, ResponseId)>> {
        let mut all = Vec::new();
        for id in record_ids_of(tx, person.id)? {
            let Some(record) = record_fetch(tx, id)? else {
                continue;
            };
            let about = about(tx, person.area, record.confined, Some(record.response))?;
            let thing = Resource::Person { about };
            if self.permit(who, action, &thing, purpose).is_ok() {
                all.push((id, record.response));
            }
        }
        Ok(all)
    }

    /// Opens a file. The reading is committed before anything is shown.
    ///
    /// # Errors
    /// When no purpose is given, there is no such person, or the asker may not read the file.
    pub fn person_file(&self, who: &Who, id: PersonId, why: &str) -> Result<FileView> {
        self.person_file_from(who, id, why, None)
    }

    /// The same, with the readings that came before an entry: a later page of them.
    ///
    /// # Errors
    /// As [`App::person_file`].
    pub fn person_file_from(
        &self,
        who: &Who,
        id: PersonId,
        why: &str,
        readings_before: Option<EntryId>,
    ) -> Result<FileView> {
        let purpose = purpose(why)?;
        let today = self.today();
        let file = self.read(|tx| {
            let person = person_now(tx, id)?;
            let row = self.person_permit(who, tx, person, Action::PeopleRead, purpose)?;
            let records = self.admitted(who, tx, &row, Action::PeopleRead, purpose)?;
            let responses: BTreeSet<ResponseId> =
                records.iter().map(|(_, response)| *response).collect();
            let records: Vec<RecordId> = records.into_iter().map(|(record, _)| record).collect();
            let facts = fact_list(tx, &records)?;
            let (identity, mut disputed) = Identity::with_disputes(&facts);
            for (attr, value) in &mut disputed {
                if attr == "document_number" {
                    *value = masked(value);
                }
            }
            let mut shown = fact_views(tx, &facts)?;
            // What routine surveillance brought up in a response is shown with that record.
            let mut open = responses;
            for status in crate::assess::statuses(tx, person)? {
                if self.response_admitted(who, tx, &row, status.response, purpose)? {
                    open.insert(status.response);
                }
            }
            let withdrawn: BTreeSet<FactId> = facts
                .iter()
                .filter(|fact| fact.withdraws)
                .flat_map(|fact| [Some(fact.id), fact.corrects])
                .flatten()
                .collect();
            shown.retain(|fact| {
                fact.kind != "identity" || !fact.replaced || withdrawn.contains(&fact.id)
            });
            shown.sort_by_key(|fact| std::cmp::Reverse((fact.from, fact.recorded_at, fact.id)));
            Ok(FileView {
                person,
                version: row.version,
                withdrawn: record_standing(tx, person)?.is_none(),
                identity: identity_view(&identity, today),
                disputed,
                area: crate::intake::area_name(tx, row.area)?,
                area_id: row.area,
                sources: sources(tx, &records)?,
                facts: shown,
                statuses: kept(crate::assess::statuses(tx, person)?, &open, |one| {
                    one.response
                }),
                reviews: kept(crate::reviews::rows_of_person(tx, person)?, &open, |one| {
                    one.response
                }),
                measures: kept(
                    crate::measures::rows_of_person(tx, person, today)?,
                    &open,
                    |one| one.response,
                ),
                tasks: kept(crate::tasks::rows_of_person(tx, person)?, &open, |one| {
                    one.response
                }),
                contacts: self.contacts_of(who, tx, person, purpose)?,
                links: links(tx, &records)?,
                codes: codes::codes_of(tx, person)?,
                readings: readings::readings(tx, &self.settings.zone, &records, readings_before)?,
                purpose: why.to_owned(),
            })
        })?;
        self.show(
            who,
            Action::PeopleRead,
            purpose,
            with_contacts(vec![("person", file.person.to_string())], &file.contacts),
            vec![("facts", file.facts.len().into())],
        )?;
        Ok(file)
    }
}

/// What a page shows, with the persons who are named on it.
pub(crate) fn with_contacts(
    mut shown: Vec<(&'static str, String)>,
    contacts: &[NamedView],
) -> Vec<(&'static str, String)> {
    shown.extend(
        contacts
            .iter()
            .map(|one| ("person", one.person.to_string())),
    );
    shown
}

/// The rows of responses that the reader may see.
fn kept<T>(
    rows: Vec<T>,
    open: &BTreeSet<ResponseId>,
    response: impl Fn(&T) -> ResponseId,
) -> Vec<T> {
    let seen = rows.into_iter().filter(|row| open.contains(&response(row)));
    seen.collect()
}

/// What permission looks at for a person: its place, and every response it is part of.
pub(crate) fn person_about(
    tx: &mut Tx<'_>,
    person: &people::Person,
) -> Result<fangxian_authz::About> {
    let mut about = about(tx, person.area, person.confined, None)?;
    for record in record_ids_of(tx, person.id)? {
        let Some(record) = record_fetch(tx, record)? else {
            continue;
        };
        let open = fangxian_store::responses::response_fetch(tx, record.response)?
            .is_some_and(|response| response.closed_at.is_none());
        about = if open {
            about.in_open(record.response)
        } else {
            about.in_closed(record.response)
        };
    }
    Ok(about)
}

fn sources(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<Vec<SourceView>> {
    let mut views = Vec::new();
    for id in records {
        let Some(record) = record_fetch(tx, *id)? else {
            continue;
        };
        let response = fangxian_store::responses::response_fetch(tx, record.response)?;
        views.push(SourceView {
            record: record.id,
            channel: record.channel,
            received_at: record.received_at,
            response: response.map(|r| r.code).unwrap_or_default(),
            state: record.state.code().to_owned(),
        });
    }
    Ok(views)
}

fn links(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<Vec<LinkView>> {
    let links = link_list(tx, records)?;
    let mut views = Vec::new();
    for link in &links {
        views.push(LinkView {
            id: link.id,
            a: link.a,
            b: link.b,
            says: if link.says == Says::Same {
                "same"
            } else {
                "different"
            }
            .to_owned(),
            basis: link.basis.clone(),
            by: author_name(tx, &link.author)?,
            at: link.recorded_at,
            stands: link.withdraws.is_none()
                && !links.iter().any(|other| other.withdraws == Some(link.id)),
        });
    }
    Ok(views)
}
