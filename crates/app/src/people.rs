//! The file: one page per person. Timeline of facts, statuses with reasons, who has read it;
//! search, merge and unmerge, and the queue for the doubtful. Merging writes links, never rows.

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{
    AreaId, CommandId, Date, FactId, Instant, LinkId, PairId, PersonId, RecordId, Text,
};
use fangxian_store::audit::{EntryFilter, entry_list};
use fangxian_store::facts::{Fact, When, fact_list, standing};
use fangxian_store::people::{
    Says, link_insert, link_list, pair_decide, pair_fetch, pair_list, person_fetch,
};
use fangxian_store::records::{record_fetch, record_ids_of, token_find};
use fangxian_store::{Author, Tx, people};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::intake::matching::{identity_of, plain_name};
use crate::intake::{Candidate, Identity, person_now};
use crate::{App, AppError, Result, Who, about, found, scopes};

/// LIMIT: people shown for one search.
const HITS_MAX: usize = 50;
/// LIMIT: records looked at for one search token.
const TOKENS_MAX: i64 = 500;
/// LIMIT: pairs shown at once.
const PAIRS_MAX: i64 = 50;
/// LIMIT: readings shown on a file.
const READINGS_MAX: i64 = 100;

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
    /// Whether it was corrected or withdrawn later.
    pub replaced: bool,
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
            attrs: fact.attrs.as_ref().map(|attrs| {
                attrs
                    .iter()
                    .map(|(key, value)| {
                        let shown =
                            value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                        (key.clone(), shown)
                    })
                    .collect()
            }),
            replaced: !stand.contains(&fact.id),
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

/// Hides the middle of a document number: nobody needs it to recognise a person.
fn masked(number: &str) -> String {
    let letters: Vec<char> = number.chars().collect();
    let keep = if letters.len() > 8 { 4 } else { 1 };
    letters
        .iter()
        .enumerate()
        .map(|(i, c)| if i < keep || i + keep >= letters.len() { *c } else { '*' })
        .collect()
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

/// A search.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Search {
    /// A whole document number, a phone, a name or part of one, or the last four digits.
    pub q: String,
    /// Why: a purpose's code.
    pub purpose: String,
}

/// A person found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Hit {
    /// The person.
    pub person: PersonId,
    /// Who it is.
    pub identity: IdentityView,
    /// Where.
    pub area: Option<Text>,
    /// When something last changed.
    pub changed_at: Instant,
}

/// What a search answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SearchView {
    /// What was asked.
    pub q: String,
    /// The purpose it was asked for.
    pub purpose: String,
    /// The people found inside the reader's areas.
    pub hits: Vec<Hit>,
    /// Whether there may be more.
    pub more: bool,
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

/// Who has read a file, and why: the unit and the purpose.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Reading {
    /// When.
    pub at: Instant,
    /// The unit, or a word.
    pub unit: String,
    /// The action's code.
    pub action: String,
    /// The purpose's code.
    pub purpose: String,
}

/// One person, one file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FileView {
    /// The person.
    pub person: PersonId,
    /// The version, for edits.
    pub version: i64,
    /// Who it is: of several sources, what was said last.
    pub identity: IdentityView,
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
    /// Links between the records.
    pub links: Vec<LinkView>,
    /// Who has read it.
    pub readings: Vec<Reading>,
    /// Why it is being read now.
    pub purpose: String,
}

/// A pair in the queue for the doubtful, side by side.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PairView {
    /// The pair.
    pub id: PairId,
    /// What the two share.
    pub basis: String,
    /// Since when it waits.
    pub created_at: Instant,
    /// The older record.
    pub a: IdentityView,
    /// The person it belongs to.
    pub a_person: PersonId,
    /// The newer record.
    pub b: IdentityView,
    /// The person it belongs to.
    pub b_person: PersonId,
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
    /// Finds people by number, phone, name, part of a name, or last four digits, inside the
    /// reader's areas.
    ///
    /// # Errors
    /// When no purpose is given, or the asker may not search.
    pub fn people_search(&self, who: &Who, search: &Search) -> Result<SearchView> {
        let purpose = purpose(&search.purpose)?;
        let reach = self.reach(who, Action::PeopleSearch, purpose)?;
        let today = self.today();
        let q = search.q.trim();
        let (hits, more) = self.read(|tx| {
            let mut hits = Vec::new();
            let mut more = false;
            for person in search_people(tx, q)? {
                let Some(row) = person_fetch(tx, person)? else { continue };
                let about = person_about(tx, &row)?;
                if !reach.contains(&Resource::Person { about }) {
                    continue;
                }
                if hits.len() == HITS_MAX {
                    more = true;
                    break;
                }
                let records = record_ids_of(tx, person)?;
                hits.push(Hit {
                    person,
                    identity: identity_view(&identity_of(tx, &records)?, today),
                    area: crate::intake::area_name(tx, row.area)?,
                    changed_at: row.changed_at,
                });
            }
            Ok((hits, more))
        })?;
        let shown = hits.iter().map(|hit| ("person", hit.person.to_string())).collect();
        let asked = vec![("letters", q.chars().count().into()), ("hits", hits.len().into())];
        self.show(who, Action::PeopleSearch, purpose, shown, asked)?;
        Ok(SearchView { q: q.to_owned(), purpose: search.purpose.clone(), hits, more })
    }

    fn person_permit(
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

    /// Opens a file. The reading is committed before anything is shown.
    ///
    /// # Errors
    /// When no purpose is given, there is no such person, or the asker may not read the file.
    pub fn person_file(&self, who: &Who, id: PersonId, why: &str) -> Result<FileView> {
        let purpose = purpose(why)?;
        let today = self.today();
        let file = self.read(|tx| {
            let person = person_now(tx, id)?;
            let row = self.person_permit(who, tx, person, Action::PeopleRead, purpose)?;
            let records = record_ids_of(tx, person)?;
            let facts = fact_list(tx, &records)?;
            let mut shown = fact_views(tx, &facts)?;
            shown.retain(|fact| fact.kind != "identity" || !fact.replaced);
            shown.sort_by_key(|fact| {
                std::cmp::Reverse((fact.from, fact.recorded_at, fact.id))
            });
            Ok(FileView {
                person,
                version: row.version,
                identity: identity_view(&Identity::of(&facts), today),
                area: crate::intake::area_name(tx, row.area)?,
                area_id: row.area,
                sources: sources(tx, &records)?,
                facts: shown,
                statuses: crate::assess::statuses(tx, person)?,
                reviews: crate::reviews::rows_of_person(tx, person)?,
                measures: crate::measures::rows_of_person(tx, person, today)?,
                tasks: crate::tasks::rows_of_person(tx, person)?,
                links: links(tx, &records)?,
                readings: readings(tx, &records)?,
                purpose: why.to_owned(),
            })
        })?;
        self.show(
            who,
            Action::PeopleRead,
            purpose,
            vec![("person", file.person.to_string())],
            vec![("facts", file.facts.len().into())],
        )?;
        Ok(file)
    }

    /// Says that two persons are one, by hand.
    ///
    /// # Errors
    /// When either is not there, or the asker may not merge.
    pub fn people_merge(
        &self,
        who: &Who,
        command: CommandId,
        (a, b): (PersonId, PersonId),
    ) -> Result<PersonId> {
        self.read(|tx| {
            for id in [a, b] {
                let person = person_now(tx, id)?;
                self.person_permit(who, tx, person, Action::PeopleMerge, Purpose::Intake)?;
            }
            Ok(())
        })?;
        let (author, rules) = (who.author(), self.rules());
        self.write(who, command, Action::PeopleMerge, Purpose::Intake, None, move |tx| {
            let (a, b) = (person_now(tx, a)?, person_now(tx, b)?);
            if a == b {
                return Err(AppError::conflict(
                    "ONE-PERSON",
                    "这两条已经是同一个人的档案。",
                    "These two are one person's file already.",
                ));
            }
            let pair = (a.first_record(), b.first_record());
            link_insert(tx, pair, Says::Same, "by_hand", author, None)?;
            let person = person_now(tx, a)?;
            crate::assess::assess_person(&rules, tx, person, None)?;
            Ok(person)
        })
    }

    /// Takes a link back: the records it joined stand apart again, with what each brought.
    ///
    /// # Errors
    /// When the link is not there, was taken back already, or the asker may not.
    pub fn people_unmerge(
        &self,
        who: &Who,
        command: CommandId,
        person: PersonId,
        link: LinkId,
    ) -> Result<()> {
        self.read(|tx| {
            let person = person_now(tx, person)?;
            self.person_permit(who, tx, person, Action::PeopleUnmerge, Purpose::Intake).map(drop)
        })?;
        let (author, rules) = (who.author(), self.rules());
        self.write(who, command, Action::PeopleUnmerge, Purpose::Intake, None, move |tx| {
            let person = person_now(tx, person)?;
            let records = record_ids_of(tx, person)?;
            let links = link_list(tx, &records)?;
            let stands = |id| !links.iter().any(|link| link.withdraws == Some(id));
            let old = links
                .iter()
                .find(|old| old.id == link && old.says == Says::Same && stands(old.id))
                .ok_or_else(AppError::stale)?;
            link_insert(tx, (old.a, old.b), Says::Different, "by_hand", author, Some(old.id))?;
            for record in [old.a, old.b] {
                let person = person_now(tx, PersonId::of_record(record))?;
                crate::assess::assess_person(&rules, tx, person, None)?;
            }
            Ok(())
        })
    }

    /// The queue for the doubtful, oldest first.
    ///
    /// # Errors
    /// When the asker may not see it.
    pub fn pairs(&self, who: &Who) -> Result<Vec<PairView>> {
        let reach = self.reach(who, Action::PairsList, Purpose::Intake)?;
        let seen = scopes(&reach);
        let today = self.today();
        let views = self.read(|tx| {
            let mut views = Vec::new();
            for pair in pair_list(tx, &seen, PAIRS_MAX)? {
                let person = |tx: &mut Tx<'_>, record| {
                    person_now(tx, PersonId::of_record(record))
                };
                views.push(PairView {
                    id: pair.id,
                    basis: pair.basis.clone(),
                    created_at: pair.created_at,
                    a: identity_view(&identity_of(tx, &[pair.a])?, today),
                    a_person: person(tx, pair.a)?,
                    b: identity_view(&identity_of(tx, &[pair.b])?, today),
                    b_person: person(tx, pair.b)?,
                });
            }
            Ok(views)
        })?;
        let shown = views
            .iter()
            .flat_map(|view| [("person", view.a_person), ("person", view.b_person)])
            .map(|(kind, id)| (kind, id.to_string()))
            .collect();
        self.show(who, Action::PairsList, Purpose::Intake, shown, vec![])?;
        Ok(views)
    }

    /// Decides whether a doubtful pair is one person.
    ///
    /// # Errors
    /// When somebody decided it already, or the asker may not.
    pub fn pair_decide(
        &self,
        who: &Who,
        command: CommandId,
        id: PairId,
        same: bool,
    ) -> Result<()> {
        self.read(|tx| {
            let pair = found(pair_fetch(tx, id))?;
            let record = found(record_fetch(tx, pair.b))?;
            let about = about(tx, record.area, record.confined, Some(record.response))?;
            self.permit(who, Action::PairsDecide, &Resource::Pair { about }, Purpose::Intake)
                .map(drop)
        })?;
        let Some(user) = who.user() else { return Err(AppError::not_found()) };
        let (author, rules) = (who.author(), self.rules());
        self.write(who, command, Action::PairsDecide, Purpose::Intake, None, move |tx| {
            let pair = found(pair_fetch(tx, id))?;
            let says = if same { Says::Same } else { Says::Different };
            if !pair_decide(tx, id, says, user)? {
                return Err(AppError::stale());
            }
            link_insert(tx, (pair.a, pair.b), says, &pair.basis, author, None)?;
            tx.detail("same", same);
            let person = person_now(tx, PersonId::of_record(pair.a))?;
            crate::assess::assess_person(&rules, tx, person, None)?;
            Ok(())
        })
    }

    /// Records that may be the same person as a record in the inbox.
    ///
    /// # Errors
    /// When the asker may not see pairs.
    pub fn candidates(&self, who: &Who, record: RecordId) -> Result<Vec<Candidate>> {
        let reach = self.reach(who, Action::PairsList, Purpose::Intake)?;
        let seen = scopes(&reach);
        self.read(|tx| {
            let mut candidates = Vec::new();
            for pair in pair_list(tx, &seen, 1_000)? {
                let other = match (pair.a == record, pair.b == record) {
                    (true, _) => pair.b,
                    (_, true) => pair.a,
                    (false, false) => continue,
                };
                candidates.push(Candidate {
                    record: other,
                    person: person_now(tx, PersonId::of_record(other))?,
                    name: identity_of(tx, &[other])?.name.unwrap_or_default(),
                    basis: pair.basis,
                    pair: Some(pair.id),
                });
            }
            Ok(candidates)
        })
    }
}

/// What permission looks at for a person: its place, and every response it is part of.
fn person_about(tx: &mut Tx<'_>, person: &people::Person) -> Result<fangxian_authz::About> {
    let mut about = about(tx, person.area, person.confined, None)?;
    for record in record_ids_of(tx, person.id)? {
        let Some(record) = record_fetch(tx, record)? else { continue };
        let open = fangxian_store::responses::response_fetch(tx, record.response)?
            .is_some_and(|response| response.closed_at.is_none());
        about = if open { about.in_open(record.response) } else { about.in_closed(record.response) };
    }
    Ok(about)
}

/// Everybody whom a search text may mean, in the order of how surely.
fn search_people(tx: &mut Tx<'_>, q: &str) -> Result<Vec<PersonId>> {
    let number = fangxian_domain::identifiers::normalise(q);
    let name = plain_name(q);
    let mut records = Vec::new();
    let mut add = |more: Vec<RecordId>| records.extend(more);
    if number.len() == 4 && number.bytes().all(|b| b.is_ascii_alphanumeric()) {
        add(token_find(tx, "tail", &number, TOKENS_MAX)?);
    } else if number.len() > 4 {
        add(token_find(tx, "number", &number, TOKENS_MAX)?);
        add(token_find(tx, "phone", &number, TOKENS_MAX)?);
    }
    if !name.is_empty() {
        add(token_find(tx, "name", &name, TOKENS_MAX)?);
        let letters: Vec<char> = name.chars().collect();
        let mut common: Option<Vec<RecordId>> = None;
        for pair in letters.windows(2) {
            let text: String = pair.iter().collect();
            let found = token_find(tx, "name_pair", &text, TOKENS_MAX)?;
            common = Some(match common {
                None => found,
                Some(before) => before.into_iter().filter(|r| found.contains(r)).collect(),
            });
        }
        add(common.unwrap_or_default());
    }
    let mut persons = Vec::new();
    for record in records {
        if let Some(person) = people::person_of(tx, record)?
            && !persons.contains(&person)
        {
            persons.push(person);
        }
    }
    Ok(persons)
}

fn sources(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<Vec<SourceView>> {
    let mut views = Vec::new();
    for id in records {
        let Some(record) = record_fetch(tx, *id)? else { continue };
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
            says: if link.says == Says::Same { "same" } else { "different" }.to_owned(),
            basis: link.basis.clone(),
            by: author_name(tx, &link.author)?,
            at: link.recorded_at,
            stands: link.withdraws.is_none()
                && !links.iter().any(|other| other.withdraws == Some(link.id)),
        });
    }
    Ok(views)
}

/// The unit of a member of staff: what a reading shows instead of a person.
fn unit_name(tx: &mut Tx<'_>, user: fangxian_base::UserId) -> Result<String> {
    let Some(account) = fangxian_store::accounts::account_fetch(tx, user)? else {
        return Ok(String::new());
    };
    let unit = fangxian_store::places::unit_fetch(tx, account.unit)?;
    Ok(unit.map(|unit| unit.name_zh).unwrap_or_default())
}

/// Who has read any of these records' file: by unit and purpose, as the person may see it too.
fn readings(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<Vec<Reading>> {
    let mut readings = Vec::new();
    for record in records {
        let filter = EntryFilter {
            refers_to: Some(("person".into(), record.to_string())),
            limit: READINGS_MAX,
            ..EntryFilter::default()
        };
        for entry in entry_list(tx, &filter)? {
            if !crate::reads_names(&entry.action) {
                continue;
            }
            let unit = match Author::from_code(&entry.author).and_then(Author::user) {
                Some(user) => unit_name(tx, user)?,
                None => entry.author.clone(),
            };
            readings.push(Reading {
                at: entry.at,
                unit,
                action: entry.action,
                purpose: entry.purpose,
            });
        }
    }
    readings.sort_by_key(|reading| std::cmp::Reverse(reading.at));
    Ok(readings)
}
