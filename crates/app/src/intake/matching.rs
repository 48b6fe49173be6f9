//! Exact matching on arrival: same number, or same phone and name, is the same person; less than
//! that waits in the queue for the doubtful. Every link says on what it rests and can be undone.

use fangxian_base::{Date, PersonId, RecordId};
use fangxian_domain::identifiers::{DocumentKind, ResidentId};
use fangxian_store::facts::{Fact, standing};
use fangxian_store::people::{Says, link_insert, pair_insert, person_of};
use fangxian_store::records::{record_ids_of, token_find, token_insert};
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

    /// Puts a value where nothing stands yet, and tells of those that say something else.
    fn fill(&mut self, other: Self, disputed: &mut Vec<(String, String)>) {
        let (stands, said) = (self.attrs(), other.attrs());
        for (key, value) in &said {
            let differs = match (key.as_str(), stands.get(key)) {
                (_, None) | ("document_kind", _) => false,
                ("name", Some(known)) => {
                    let plain = |v: &serde_json::Value| v.as_str().map(plain_name);
                    plain(known) != plain(value)
                }
                (_, Some(known)) => known != value,
            };
            if differs && let Some(value) = value.as_str() {
                let one = (key.clone(), value.to_owned());
                if !disputed.contains(&one) {
                    disputed.push(one);
                }
            }
        }
        self.name = self.name.take().or(other.name);
        self.sex = self.sex.take().or(other.sex);
        self.birth_date = self.birth_date.or(other.birth_date);
        self.age = self.age.take().or(other.age);
        self.document = self.document.take().or(other.document);
        self.phone = self.phone.take().or(other.phone);
        self.address = self.address.take().or(other.address);
        self.workplace = self.workplace.take().or(other.workplace);
        self.case_number = self.case_number.take().or(other.case_number);
    }

    /// The identity that these facts give: of what staff and lists brought, what was said last;
    /// what somebody at the public door says fills only what nobody has said before.
    pub fn of(facts: &[Fact]) -> Self {
        Self::with_disputes(facts).0
    }

    /// The same, and what the public door says otherwise: attribute and value.
    pub fn with_disputes(facts: &[Fact]) -> (Self, Vec<(String, String)>) {
        let mut identity = Self::default();
        let standing = standing(facts);
        let said = standing
            .iter()
            .filter(|fact| fact.kind == "identity")
            .filter_map(|fact| Some((fact.author == Author::Public.code(), fact.attrs.as_ref()?)));
        let (public, known): (Vec<_>, Vec<_>) = said.partition(|(public, _)| *public);
        for (_, attrs) in known {
            identity.take(attrs);
        }
        let mut disputed = Vec::new();
        for (_, attrs) in public {
            let mut other = Self::default();
            other.take(attrs);
            identity.fill(other, &mut disputed);
        }
        (identity, disputed)
    }
}

/// A document number as it is compared: an old identity number in its eighteen characters.
fn canonical(kind: &str, number: &str) -> String {
    if kind == DocumentKind::ResidentId.code()
        && let Ok(id) = ResidentId::parse(number)
    {
        return id.current_form().into_inner();
    }
    number.to_owned()
}

/// Every form under which a document may have been kept: the one it is compared in, as it was
/// given, and an identity number of the last century in its old fifteen digits.
pub fn document_forms(kind: &str, number: &str) -> Vec<String> {
    let current = canonical(kind, number);
    let mut forms = vec![current.clone()];
    if kind == DocumentKind::ResidentId.code()
        && let (Some(place), Some("19"), Some(rest)) =
            (current.get(..6), current.get(6..8), current.get(8..17))
    {
        forms.push(format!("{place}{rest}"));
    }
    if !forms.iter().any(|form| form == number) {
        forms.push(number.to_owned());
    }
    forms
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
        let current = canonical(kind, number);
        tokens.push(("document", format!("{kind}|{current}")));
        if current != *number {
            tokens.push(("number", current));
        }
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
        if let Some(phone) = &identity.phone {
            tokens.push(("phone_name", format!("{phone}|{name}")));
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// Kind and number as they are compared.
fn document(of: &Identity) -> Option<(&str, String)> {
    let (kind, number) = of.document.as_ref()?;
    Some((kind, canonical(kind, number)))
}

/// Two different numbers of one kind.
fn documents_differ(a: &Identity, b: &Identity) -> bool {
    matches!((document(a), document(b)), (Some(a), Some(b)) if a.0 == b.0 && a.1 != b.1)
}

/// Another birth date or sex.
fn contradicts(a: &Identity, b: &Identity) -> bool {
    differ(a.birth_date.as_ref(), b.birth_date.as_ref()) || differ(a.sex.as_ref(), b.sex.as_ref())
}

/// Compares a new identity with a known one.
fn compare(new: &Identity, known: &Identity) -> Verdict {
    let (name_a, name_b) = (
        new.name.as_deref().map(plain_name),
        known.name.as_deref().map(plain_name),
    );
    let names_differ = differ(name_a.as_ref(), name_b.as_ref());
    let contradicted = contradicts(new, known);
    let documents_differ = documents_differ(new, known);
    if same(document(new).as_ref(), document(known).as_ref()) {
        return if names_differ {
            Verdict::Doubtful("document")
        } else {
            Verdict::Same("document")
        };
    }
    if same(new.case_number.as_ref(), known.case_number.as_ref()) {
        // A number that the list gave is no proof against what stands beside it.
        return if names_differ || contradicted || documents_differ {
            Verdict::Doubtful("case_number")
        } else {
            Verdict::Same("case_number")
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

/// What one record of a person suggests, held against all the others: whoever has another document
/// of the same kind, birth date or sex anywhere is not linked without a look.
fn against_all(verdict: Verdict, new: &Identity, all: &[Identity]) -> Verdict {
    let documents = all.iter().any(|known| documents_differ(new, known));
    let contradicted = all.iter().any(|known| contradicts(new, known));
    match verdict {
        Verdict::Same(basis) if documents => Verdict::Doubtful(basis),
        Verdict::Same(basis) if contradicted && basis != "document" => Verdict::Doubtful(basis),
        Verdict::Doubtful("phone" | "name+birth_date") if documents => Verdict::Nothing,
        Verdict::Same(_) | Verdict::Doubtful(_) | Verdict::Nothing => verdict,
    }
}

/// The identity of one record.
pub fn identity_of(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<Identity> {
    Ok(Identity::of(&fangxian_store::facts::identity_list(
        tx, records,
    )?))
}

/// Records that share something with an identity: what proves most comes first, so that a phone
/// which half a dormitory gives does not crowd out the one who bears the name.
fn candidates(tx: &mut Tx<'_>, record: RecordId, identity: &Identity) -> Result<Vec<RecordId>> {
    let mut asked: Vec<(&'static str, String)> = Vec::new();
    if let Some((kind, number)) = &identity.document {
        let forms = document_forms(kind, number).into_iter();
        asked.extend(forms.map(|form| ("document", format!("{kind}|{form}"))));
    }
    let own = tokens(identity);
    for wanted in ["case_number", "phone_name", "name_birth", "phone"] {
        asked.extend(own.iter().filter(|(kind, _)| *kind == wanted).cloned());
    }
    let mut found: Vec<RecordId> = Vec::new();
    for (kind, value) in asked {
        for other in token_find(tx, kind, &value, CANDIDATES_MAX)? {
            if other != record && !found.contains(&other) {
                found.push(other);
            }
        }
    }
    Ok(found)
}

/// Gives a new record its tokens, and links it to the person it certainly is, or queues it.
pub fn match_record(
    tx: &mut Tx<'_>,
    record: RecordId,
    identity: &Identity,
    author: Author,
) -> Result<Matched> {
    let candidates = candidates(tx, record, identity)?;
    for (kind, value) in tokens(identity) {
        token_insert(tx, record, kind, &value)?;
    }
    let (mut linked, mut queued) = (false, false);
    let mut seen: Vec<PersonId> = Vec::new();
    for other in candidates {
        let Some(person) = person_of(tx, other)? else {
            continue;
        };
        if seen.contains(&person) {
            continue;
        }
        let mut verdict = compare(identity, &identity_of(tx, &[other])?);
        if verdict != Verdict::Nothing {
            let mut all = Vec::new();
            for one in record_ids_of(tx, person)? {
                all.push(identity_of(tx, &[one])?);
            }
            verdict = against_all(verdict, identity, &all);
        }
        match verdict {
            Verdict::Same(basis) if !linked => {
                link_insert(tx, (record, other), Says::Same, basis, author, None)?;
                tx.detail("match", basis);
                linked = true;
                // The person may have got the id of the new record's group.
                seen.push(person_of(tx, other)?.unwrap_or(person));
                seen.push(person);
            }
            Verdict::Same(basis) | Verdict::Doubtful(basis) => {
                queued |= pair_insert(tx, record, other, basis)?;
                seen.push(person);
            }
            Verdict::Nothing => {}
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
            Verdict::Doubtful("case_number") => "doubtful case number",
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
    fn a_number_of_a_list_links_nobody_whom_something_contradicts() {
        let numbered = |change: fn(&mut Identity)| {
            let mut one = Identity {
                case_number: Some(("list".into(), "1".into())),
                ..Identity::default()
            };
            change(&mut one);
            one
        };
        let known = numbered(|n| {
            n.name = Some("王小明".into());
            n.sex = Some("male".into());
            n.birth_date = Some("1980-01-01".parse().unwrap());
            n.document = Some(("passport".into(), "E10000037".into()));
        });
        assert_eq!(
            compare(&numbered(|_| {}), &known),
            Verdict::Same("case_number")
        );
        let contradictions: [fn(&mut Identity); 4] = [
            |n| n.name = Some("李雷".into()),
            |n| n.sex = Some("female".into()),
            |n| n.birth_date = Some("1981-01-01".parse().unwrap()),
            |n| n.document = Some(("passport".into(), "E10000074".into())),
        ];
        for change in contradictions {
            assert_eq!(
                compare(&numbered(change), &known),
                Verdict::Doubtful("case_number")
            );
        }
    }

    #[test]
    fn an_old_and_a_current_identity_number_are_one() {
        let id = |number: &str| Identity {
            document: Some(("resident_id".into(), number.into())),
            ..Identity::default()
        };
        let (old, new) = (id("110105491231002"), id("11010519491231002X"));
        assert_eq!(compare(&old, &new), Verdict::Same("document"));
        assert_eq!(tokens(&old)[0], tokens(&new)[0]);
        assert!(
            document_forms("resident_id", "11010519491231002X").contains(&"110105491231002".into())
        );
    }

    #[test]
    fn an_identity_reads_back_from_its_fact() {
        let mut read = Identity::default();
        read.take(&known().attrs());
        assert_eq!(read, known());
    }
}
