//! Matching on arrival. The same number, or the same phone and name, is the same person; beyond that
//! the model in force says how likely it is ([`super::scored`]). What is not certain waits in the queue for the doubtful. Every link says on what it rests and can be undone.

use std::collections::BTreeMap;

use fangxian_base::{PersonId, RecordId};
use fangxian_epi::linkage::Explained;
use fangxian_store::ahead::{facts_ahead, link_tokens_ahead, tokens_ahead};
use fangxian_store::facts::{Fact, fact_list_of_kind};
use fangxian_store::linkage::LinkTokens;
use fangxian_store::people::{Says, held_apart, link_insert, pair_insert, person_of};
use fangxian_store::records::{persons_of, records_of, tokens_find, tokens_insert};
use fangxian_store::{Author, Tx};

use super::identity::{Identity, canonical, document_forms, plain_name};
use super::scored::{HOLDERS_MAX, Judged, SCORE, Weigher};
use crate::Result;
use crate::linkage::Matching;

/// LIMIT: records with the same token that are looked at.
const CANDIDATES_MAX: i64 = 20;

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
pub(super) enum Verdict {
    Same(&'static str),
    Doubtful(&'static str),
    Nothing,
}

impl Verdict {
    /// What it rests on.
    pub(super) const fn basis(self) -> Option<&'static str> {
        match self {
            Self::Same(basis) | Self::Doubtful(basis) => Some(basis),
            Self::Nothing => None,
        }
    }

    /// Whether it rests on a number, which no score outweighs.
    pub(super) fn on_number(self) -> bool {
        matches!(self.basis(), Some("document" | "case_number"))
    }
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
pub(super) fn documents_differ(a: &Identity, b: &Identity) -> bool {
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
fn against_all(verdict: Verdict, new: &Identity, all: &[&Identity]) -> Verdict {
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
    Ok(Identity::of(&fact_list_of_kind(tx, records, "identity")?))
}

/// What an identity is looked up by: what proves most comes first, so that a phone which half a
/// dormitory gives does not crowd out the one who bears the name.
fn asked_by(identity: &Identity) -> Vec<(&'static str, String)> {
    let mut asked: Vec<(&'static str, String)> = Vec::new();
    if let Some((kind, number)) = &identity.document {
        let forms = document_forms(kind, number).into_iter();
        asked.extend(forms.map(|form| ("document", format!("{kind}|{form}"))));
    }
    let own = tokens(identity);
    for wanted in ["case_number", "phone_name", "name_birth", "phone"] {
        asked.extend(own.iter().filter(|(kind, _)| *kind == wanted).cloned());
    }
    asked
}

fn pairs<'t>(tokens: &'t [(&'static str, String)]) -> Vec<(&'t str, &'t str)> {
    let pairs = tokens.iter().map(|(kind, value)| (*kind, value.as_str()));
    pairs.collect()
}

/// Records that share something with an identity.
fn candidates(tx: &mut Tx<'_>, record: RecordId, identity: &Identity) -> Result<Vec<RecordId>> {
    let asked = asked_by(identity);
    let mut found = tokens_find(tx, &pairs(&asked), CANDIDATES_MAX)?;
    found.retain(|other| *other != record);
    Ok(found)
}

/// Looks up what [`match_record`] is going to ask about many records, and `more`, at once.
pub fn look_ahead(
    tx: &mut Tx<'_>,
    matching: &Matching,
    identities: &[&Identity],
    more: &[(&'static str, String)],
) -> Result<()> {
    let mut asked: Vec<(&'static str, String)> = more.to_vec();
    let mut weighers = Vec::new();
    for identity in identities {
        asked.extend(asked_by(identity));
        let weigher = Weigher::new(matching, identity);
        let tokens = weigher.keyed(tx);
        weighers.push((weigher, tokens));
    }
    tokens_ahead(tx, &pairs(&asked), CANDIDATES_MAX)?;
    let all: Vec<LinkTokens> = weighers.iter().map(|(_, tokens)| tokens.clone()).collect();
    link_tokens_ahead(tx, &all, HOLDERS_MAX)?;
    let nobody = RecordId::new();
    let mut candidates = tokens_find(tx, &pairs(&asked), CANDIDATES_MAX)?;
    for (weigher, tokens) in &weighers {
        candidates.extend(weigher.sharing(tx, nobody, tokens)?);
    }
    candidates.sort_unstable();
    candidates.dedup();
    Ok(facts_ahead(tx, &candidates, "identity")?)
}

/// The identities of several records, each by itself.
fn identities_of(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<BTreeMap<RecordId, Identity>> {
    let mut facts: BTreeMap<RecordId, Vec<Fact>> = BTreeMap::new();
    for fact in fact_list_of_kind(tx, records, "identity")? {
        facts.entry(fact.record).or_default().push(fact);
    }
    let identities = records.iter().map(|record| {
        let said = facts.get(record).map(Vec::as_slice).unwrap_or_default();
        (*record, Identity::of(said))
    });
    Ok(identities.collect())
}

/// A person whom a new record may be of: the record that speaks most for it.
struct Likely {
    person: PersonId,
    record: RecordId,
    verdict: Verdict,
    /// Thousandths of a bit.
    weight: i64,
    /// How the weight comes about.
    explained: Option<Explained>,
}

/// Gives a new record its tokens, and links it to the person it certainly is, or queues it.
///
/// What a rule is sure of decides by itself; what the model is sure of only where nobody else comes
/// into question.
/// Whom somebody held apart from the person found is not asked about again.
pub fn match_record(
    tx: &mut Tx<'_>,
    matching: &Matching,
    record: RecordId,
    identity: &Identity,
    author: Author,
) -> Result<Matched> {
    let weigher = Weigher::new(matching, identity);
    let mut candidates = candidates(tx, record, identity)?;
    for other in weigher.candidates(tx, record)? {
        if !candidates.contains(&other) {
            candidates.push(other);
        }
    }
    tokens_insert(tx, record, &pairs(&tokens(identity)))?;
    let found = likely(tx, &weigher, identity, &candidates)?;
    let alone = found.len() == 1;
    let decides = |one: &Likely| {
        matches!(one.verdict, Verdict::Same(_)) && (alone || one.verdict.basis() != Some(SCORE))
    };
    let linked = found.iter().position(decides).and_then(|at| found.get(at));
    let mut queued = false;
    if let Some(one) = linked {
        let basis = one.verdict.basis().unwrap_or_default();
        link_insert(tx, (record, one.record), Says::Same, basis, author, None)?;
        weigher.keep(tx, (record, one.record), one.explained.as_ref())?;
        tx.detail("match", basis);
    }
    for other in &found {
        let known = match linked {
            Some(one) if one.person == other.person => true,
            Some(one) => held_apart(tx, one.person, other.person)?,
            None => false,
        };
        if let (false, Some(basis)) = (known, other.verdict.basis()) {
            queued |= pair_insert(tx, record, other.record, basis, other.weight)?;
            weigher.keep(tx, (record, other.record), other.explained.as_ref())?;
        }
    }
    let person = person_of(tx, record)?.unwrap_or(PersonId::of_record(record));
    Ok(Matched {
        person,
        linked: linked.is_some(),
        queued,
    })
}

/// The persons that candidates speak for, the likeliest first.
fn likely(
    tx: &mut Tx<'_>,
    weigher: &Weigher<'_>,
    identity: &Identity,
    candidates: &[RecordId],
) -> Result<Vec<Likely>> {
    let rank = |verdict: Verdict| match verdict {
        Verdict::Same(_) => 2,
        Verdict::Doubtful(_) => 1,
        Verdict::Nothing => 0,
    };
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let mut found: Vec<Likely> = Vec::new();
    let mut known = identities_of(tx, candidates)?;
    let judged: Vec<(RecordId, Judged)> = candidates
        .iter()
        .filter_map(|other| {
            let known = known.get(other)?;
            let judged = weigher.judge(identity, known, compare(identity, known));
            (judged.verdict != Verdict::Nothing).then_some((*other, judged))
        })
        .collect();
    let speaking: Vec<RecordId> = judged.iter().map(|(other, _)| *other).collect();
    let persons = persons_of(tx, &speaking)?;
    for (other, judged) in judged {
        let Some(person) = persons.get(&other).copied() else {
            continue;
        };
        let Judged {
            verdict,
            weight,
            explained,
        } = judged;
        let one = Likely {
            person,
            record: other,
            verdict,
            weight,
            explained,
        };
        match found.iter_mut().find(|best| best.person == person) {
            Some(best) if (rank(verdict), weight) > (rank(best.verdict), best.weight) => {
                *best = one;
            }
            Some(_) => {}
            None => found.push(one),
        }
    }
    let persons: Vec<PersonId> = found.iter().map(|one| one.person).collect();
    let records = records_of(tx, &persons)?;
    let unread: Vec<RecordId> = records
        .iter()
        .map(|(_, record)| *record)
        .filter(|record| !known.contains_key(record))
        .collect();
    known.append(&mut identities_of(tx, &unread)?);
    for one in &mut found {
        let of_person = records.iter().filter(|(person, _)| *person == one.person);
        let all: Vec<&Identity> = of_person
            .filter_map(|(_, record)| known.get(record))
            .collect();
        one.verdict = against_all(one.verdict, identity, &all);
    }
    found.retain(|one| one.verdict != Verdict::Nothing);
    found.sort_by_key(|one| std::cmp::Reverse((rank(one.verdict), one.weight)));
    Ok(found)
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
}
