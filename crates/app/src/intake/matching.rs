//! Exact matching on arrival: same number, or same phone and name, is the same person; less than
//! that waits in the queue for the doubtful. Every link says on what it rests and can be undone.

use fangxian_base::{Date, PersonId, RecordId};
use fangxian_store::facts::{Fact, standing};
use fangxian_store::people::{Says, link_insert, pair_insert, person_of};
use fangxian_store::records::{token_find, token_insert};
use fangxian_store::{Author, Tx};

use crate::Result;

/// LIMIT: records with the same token that are looked at.
const CANDIDATES_MAX: i64 = 20;

/// What a person is known by, from one record or the best of several.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Name.
    pub name: Option<String>,
    /// `male` or `female`.
    pub sex: Option<String>,
    /// Birth date.
    pub birth_date: Option<Date>,
    /// Age in years as reported, when no birth date is known.
    pub age: Option<String>,
    /// Document kind and number.
    pub document: Option<(String, String)>,
    /// Phone.
    pub phone: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// Workplace or school.
    pub workplace: Option<String>,
    /// Namespace and the list's own case number.
    pub case_number: Option<(String, String)>,
}

/// The attribute names of an `identity` fact.
const ATTRS: [&str; 10] = [
    "name",
    "sex",
    "birth_date",
    "age",
    "document_kind",
    "document_number",
    "phone",
    "address",
    "workplace",
    "case_number",
];

impl Identity {
    /// The attributes as an `identity` fact carries them.
    pub fn attrs(&self) -> serde_json::Map<String, serde_json::Value> {
        let values = [
            self.name.clone(),
            self.sex.clone(),
            self.birth_date.map(|d| d.to_string()),
            self.age.clone(),
            self.document.as_ref().map(|(kind, _)| kind.clone()),
            self.document.as_ref().map(|(_, number)| number.clone()),
            self.phone.clone(),
            self.address.clone(),
            self.workplace.clone(),
            self.case_number
                .as_ref()
                .map(|(space, number)| format!("{space}#{number}")),
        ];
        ATTRS
            .iter()
            .zip(values)
            .filter_map(|(key, value)| Some(((*key).to_owned(), value?.into())))
            .collect()
    }

    fn take(&mut self, attrs: &serde_json::Map<String, serde_json::Value>) {
        let get = |key: &str| attrs.get(key).and_then(|v| v.as_str()).map(str::to_owned);
        let replace = |slot: &mut Option<String>, key: &str| {
            if let Some(value) = get(key) {
                *slot = Some(value);
            }
        };
        replace(&mut self.name, "name");
        replace(&mut self.sex, "sex");
        replace(&mut self.age, "age");
        replace(&mut self.phone, "phone");
        replace(&mut self.address, "address");
        replace(&mut self.workplace, "workplace");
        if let Some(day) = get("birth_date").and_then(|d| d.parse().ok()) {
            self.birth_date = Some(day);
        }
        if let (Some(kind), Some(number)) = (get("document_kind"), get("document_number")) {
            self.document = Some((kind, number));
        }
        if let Some(number) = get("case_number")
            && let Some((space, number)) = number.split_once('#')
        {
            self.case_number = Some((space.to_owned(), number.to_owned()));
        }
    }

    /// The identity that these facts give: what was said last stands.
    pub fn of(facts: &[Fact]) -> Self {
        let mut identity = Self::default();
        for fact in standing(facts) {
            if let ("identity", Some(attrs)) = (fact.kind.as_str(), &fact.attrs) {
                identity.take(attrs);
            }
        }
        identity
    }
}

/// A name as it is compared: without blanks and dots, in one width and case.
pub fn plain_name(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_whitespace() && !"·.・•-'’".contains(*c))
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// The tokens that a record can be searched by.
pub fn tokens(identity: &Identity) -> Vec<(&'static str, String)> {
    let mut tokens = Vec::new();
    if let Some((kind, number)) = &identity.document {
        tokens.push(("document", format!("{kind}|{number}")));
        tokens.push(("number", number.clone()));
        if let Some(tail) = number.len().checked_sub(4).and_then(|at| number.get(at..)) {
            tokens.push(("tail", tail.to_owned()));
        }
    }
    if let Some(phone) = &identity.phone {
        tokens.push(("phone", phone.clone()));
        if let Some(tail) = phone.len().checked_sub(4).and_then(|at| phone.get(at..)) {
            tokens.push(("tail", tail.to_owned()));
        }
    }
    if let Some(name) = identity
        .name
        .as_deref()
        .map(plain_name)
        .filter(|n| !n.is_empty())
    {
        let letters: Vec<char> = name.chars().collect();
        for pair in letters.windows(2) {
            tokens.push(("name_pair", pair.iter().collect()));
        }
        if let Some(birth) = identity.birth_date {
            tokens.push(("name_birth", format!("{name}|{birth}")));
        }
        tokens.push(("name", name));
    }
    if let Some((space, number)) = &identity.case_number {
        tokens.push(("case_number", format!("{space}#{number}")));
    }
    tokens
}

/// What matching made of a new record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The person that the record belongs to now.
    pub person: PersonId,
    /// Whether it was linked to a person known before.
    pub linked: bool,
    /// Whether it waits in the queue for the doubtful.
    pub queued: bool,
}

/// How sure two identities make us.
enum Verdict {
    Same(&'static str),
    Doubtful(&'static str),
    Nothing,
}

fn differ<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a != b)
}

fn same<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a == b)
}

/// Compares a new identity with a known one.
fn compare(new: &Identity, known: &Identity) -> Verdict {
    let (name_a, name_b) = (
        new.name.as_deref().map(plain_name),
        known.name.as_deref().map(plain_name),
    );
    let names_differ = differ(name_a.as_ref(), name_b.as_ref());
    let contradicted = differ(new.birth_date.as_ref(), known.birth_date.as_ref())
        || differ(new.sex.as_ref(), known.sex.as_ref());
    let documents_differ = differ(new.document.as_ref(), known.document.as_ref())
        && new.document.as_ref().map(|d| &d.0) == known.document.as_ref().map(|d| &d.0);
    if same(new.case_number.as_ref(), known.case_number.as_ref()) {
        return Verdict::Same("case_number");
    }
    if same(new.document.as_ref(), known.document.as_ref()) {
        return if names_differ {
            Verdict::Doubtful("document")
        } else {
            Verdict::Same("document")
        };
    }
    if documents_differ {
        return Verdict::Nothing;
    }
    let same_name = same(name_a.as_ref(), name_b.as_ref());
    if same(new.phone.as_ref(), known.phone.as_ref()) {
        return match (same_name, contradicted) {
            (true, false) => Verdict::Same("phone+name"),
            (true, true) => Verdict::Doubtful("phone+name"),
            (false, _) if names_differ => Verdict::Nothing,
            (false, false) => Verdict::Doubtful("phone"),
            (false, true) => Verdict::Nothing,
        };
    }
    if same_name && same(new.birth_date.as_ref(), known.birth_date.as_ref()) && !contradicted {
        return Verdict::Doubtful("name+birth_date");
    }
    Verdict::Nothing
}

/// The identity of one record.
pub fn identity_of(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<Identity> {
    Ok(Identity::of(&fangxian_store::facts::fact_list(
        tx, records,
    )?))
}

/// Gives a new record its tokens, and links it to the person it certainly is, or queues it.
pub fn match_record(
    tx: &mut Tx<'_>,
    record: RecordId,
    identity: &Identity,
    author: Author,
) -> Result<Matched> {
    let mut candidates: Vec<RecordId> = Vec::new();
    for (kind, value) in tokens(identity) {
        if matches!(kind, "document" | "phone" | "name_birth" | "case_number") {
            for other in token_find(tx, kind, &value, CANDIDATES_MAX)? {
                if other != record && !candidates.contains(&other) {
                    candidates.push(other);
                }
            }
        }
        token_insert(tx, record, kind, &value)?;
    }
    let (mut linked, mut queued) = (false, false);
    let mut seen: Vec<PersonId> = Vec::new();
    for other in candidates {
        let Some(person) = person_of(tx, other)? else {
            continue;
        };
        let known = identity_of(tx, &[other])?;
        match compare(identity, &known) {
            Verdict::Same(basis) if !linked => {
                link_insert(tx, (record, other), Says::Same, basis, author, None)?;
                tx.detail("match", basis);
                linked = true;
                seen.push(person);
            }
            Verdict::Same(basis) | Verdict::Doubtful(basis) if !seen.contains(&person) => {
                queued |= pair_insert(tx, record, other, basis)?;
                seen.push(person);
            }
            Verdict::Same(_) | Verdict::Doubtful(_) | Verdict::Nothing => {}
        }
    }
    let person = person_of(tx, record)?.unwrap_or(PersonId::of_record(record));
    Ok(Matched {
        person,
        linked,
        queued,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Identity {
        Identity {
            name: Some("欧阳 明".into()),
            birth_date: Some("1980-01-01".parse().unwrap()),
            document: Some(("resident_id".into(), "990101198001010014".into())),
            phone: Some("13800000000".into()),
            ..Identity::default()
        }
    }

    fn verdict(change: impl FnOnce(&mut Identity)) -> &'static str {
        let mut new = known();
        change(&mut new);
        match compare(&new, &known()) {
            Verdict::Same(basis) => basis,
            Verdict::Doubtful("document") => "doubtful document",
            Verdict::Doubtful(_) => "doubtful",
            Verdict::Nothing => "nothing",
        }
    }

    #[test]
    fn what_is_certain_is_linked_and_what_is_not_waits() {
        assert_eq!(verdict(|_| {}), "document");
        assert_eq!(verdict(|n| n.name = Some("欧阳·明".into())), "document");
        assert_eq!(
            verdict(|n| n.name = Some("别人".into())),
            "doubtful document"
        );
        assert_eq!(verdict(|n| n.document = None), "phone+name");
        // Two different numbers of one kind are two persons, whatever else agrees.
        assert_eq!(
            verdict(|n| n.document = Some(("resident_id".into(), "x".into()))),
            "nothing"
        );
        // One phone in a household.
        assert_eq!(
            verdict(|n| {
                n.document = None;
                n.name = Some("家人".into());
            }),
            "nothing"
        );
        assert_eq!(
            verdict(|n| {
                n.document = None;
                n.name = None;
            }),
            "doubtful"
        );
        assert_eq!(
            verdict(|n| {
                n.document = None;
                n.phone = None;
            }),
            "doubtful"
        );
    }

    #[test]
    fn an_identity_reads_back_from_its_fact() {
        let mut read = Identity::default();
        read.take(&known().attrs());
        assert_eq!(read, known());
    }
}
