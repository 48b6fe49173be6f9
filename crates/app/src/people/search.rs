//! Finding people by tokens of what they are known by; sealed values are never scanned.

use fangxian_authz::{Action, Resource};
use fangxian_base::{Instant, PersonId, Text};
use fangxian_domain::identifiers::DocumentKind;
use fangxian_store::imports::record_standing;
use fangxian_store::people::person_fetch;
use fangxian_store::records::{record_ids_of, token_persons};
use fangxian_store::{Scope, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{IdentityView, identity_view, person_about, purpose};
use crate::intake::identity::{document_forms, plain_name};
use crate::intake::matching::identity_of;
use crate::{App, Result, Who, scopes};

/// LIMIT: people shown for one search.
const HITS_MAX: usize = 50;
/// LIMIT: people inside the reader's areas asked for by one way of searching; one more than is
/// shown, so that the page can say that there are more.
const FOUND_MAX: i64 = 51;

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
    /// Whether all that was known of them was withdrawn.
    pub withdrawn: bool,
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

impl App {
    /// Finds people by number, phone, name, part of a name, or last four digits, inside the
    /// reader's areas.
    ///
    /// # Errors
    /// When no purpose is given, or the asker may not search.
    pub fn people_search(&self, who: &Who, search: &Search) -> Result<SearchView> {
        let purpose = purpose(&search.purpose)?;
        let reach = self.reach(who, Action::PeopleSearch, purpose)?;
        let seen = scopes(&reach);
        let today = self.today();
        let q = search.q.trim();
        let (hits, more) = self.read(|tx| {
            let mut hits = Vec::new();
            let mut more = false;
            for person in search_people(tx, q, &seen)? {
                let Some(row) = person_fetch(tx, person)? else {
                    continue;
                };
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
                    withdrawn: record_standing(tx, person)?.is_none(),
                });
            }
            Ok((hits, more))
        })?;
        let shown = hits
            .iter()
            .map(|hit| ("person", hit.person.to_string()))
            .collect();
        let asked = vec![
            ("letters", q.chars().count().into()),
            ("hits", hits.len().into()),
        ];
        self.show(who, Action::PeopleSearch, purpose, shown, asked)?;
        Ok(SearchView {
            q: q.to_owned(),
            purpose: search.purpose.clone(),
            hits,
            more,
        })
    }
}

/// Everybody inside the reader's areas whom a search text may mean, in the order of how surely.
fn search_people(tx: &mut Tx<'_>, q: &str, seen: &[Scope]) -> Result<Vec<PersonId>> {
    let number = fangxian_domain::identifiers::normalise(q);
    let name = plain_name(q);
    let mut ways: Vec<(&str, Vec<String>)> = Vec::new();
    if number.len() == 4 && number.bytes().all(|b| b.is_ascii_alphanumeric()) {
        ways.push(("tail", vec![number]));
    } else if number.len() > 4 {
        let forms = document_forms(DocumentKind::ResidentId.code(), &number);
        ways.extend(forms.into_iter().map(|form| ("number", vec![form])));
        ways.push(("phone", vec![number]));
    }
    if !name.is_empty() {
        let letters: Vec<char> = name.chars().collect();
        let pairs = letters.windows(2).map(|pair| pair.iter().collect());
        let pairs: Vec<String> = pairs.collect();
        ways.push(("name", vec![name]));
        ways.push(("name_pair", pairs));
    }
    let mut persons = Vec::new();
    for (kind, values) in ways {
        for person in token_persons(tx, kind, &values, seen, FOUND_MAX)? {
            if !persons.contains(&person) {
                persons.push(person);
            }
        }
    }
    Ok(persons)
}
