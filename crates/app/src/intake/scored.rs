//! Weighing candidates with the model in force: who shares tokens, how likely it is the same person,
//! and why. The engine is `fangxian_epi::linkage`; which rules go before it is in [`super::matching`].

use std::collections::BTreeMap;

use fangxian_base::RecordId;
use fangxian_domain::identifiers::{DocumentKind, ResidentId};
use fangxian_epi::linkage::levels::Field;
use fangxian_epi::linkage::model::Reason;
use fangxian_epi::linkage::{self, Explained, Person, Prepared, Scorer};
use fangxian_store::Tx;
use fangxian_store::linkage::{
    LinkScore, LinkTokens, link_token_insert, link_token_shared, score_insert,
};

use super::identity::Identity;
use super::matching::{Verdict, documents_differ};
use crate::linkage::{Matching, Told};
use crate::{AppError, Result};

/// LIMIT: records that may share a token before it is left out: a large house, not a district.
pub(super) const HOLDERS_MAX: i64 = 40;
/// A candidate shares so many tokens at least. A pair that the model is sure of always does
/// (`crates/epi/tests/linkage.rs`); one alone is a common name or a birth date.
const SHARED_MIN: usize = 2;
/// LIMIT: candidates whose values are read, those that share most and rarest first.
const READ_MAX: usize = 8;

/// The basis of what the model alone says.
pub(super) const SCORE: &str = "score";
/// The shipped model links by itself only where so many of birth date, telephone and address are
/// the same. `ours`: it has seen no real person, and equal names are commoner than it knows.
const SHIPPED_AGREEMENTS: usize = 2;

/// How many of birth date, telephone and address are the same.
fn agreements(explained: &Explained) -> usize {
    let counts = |field: Field| matches!(field, Field::Birth | Field::Phone | Field::Address(_));
    let same = |reason: &&Reason| {
        counts(reason.field) && reason.field.steps().last() == Some(&reason.step)
    };
    explained.reasons.iter().filter(same).count()
}

/// What the engine compares of an identity.
pub(crate) fn person(identity: &Identity) -> Person {
    let birth = identity.birth_date.and_then(|day| {
        let part = |n: i8| u16::try_from(n).ok();
        Some([
            u16::try_from(day.year()).ok()?,
            part(day.month())?,
            part(day.day())?,
        ])
    });
    let number = identity.document.as_ref().map(|(kind, number)| {
        let resident = kind == DocumentKind::ResidentId.code();
        let current = ResidentId::parse(number).ok().filter(|_| resident);
        current.map_or_else(|| number.clone(), |id| id.current_form().into_inner())
    });
    Person {
        full_name: identity.name.clone(),
        birth,
        number,
        phone: identity.phone.clone(),
        address: vec![identity.address.clone()],
        sex: identity.sex.clone(),
        ..Person::default()
    }
}

/// The tokens by which a record's person is looked up, each once.
pub(crate) fn linking_tokens(identity: &Identity) -> Vec<u64> {
    once(linkage::tokens(&person(identity)))
}

fn once(mut tokens: Vec<u64>) -> Vec<u64> {
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// A new record ready to be weighed against others.
pub(super) struct Weigher<'m> {
    matching: &'m Matching,
    scorer: Option<(Scorer<'m>, Prepared)>,
    tokens: Vec<u64>,
}

impl<'m> Weigher<'m> {
    pub(super) fn new(matching: &'m Matching, identity: &Identity) -> Self {
        let person = person(identity);
        let scorer = matching.model().map(|model| {
            let scorer = Scorer::new(model);
            let prepared = scorer.prepare(&person);
            (scorer, prepared)
        });
        let tokens = match &scorer {
            Some((_, prepared)) => prepared.tokens(),
            None => linkage::tokens(&person),
        };
        Self {
            matching,
            scorer,
            tokens: once(tokens),
        }
    }

    /// The tokens as they are kept.
    pub(super) fn keyed(&self, tx: &Tx<'_>) -> LinkTokens {
        LinkTokens::keyed(tx, &self.tokens)
    }

    /// Records worth reading, by what they share. The record gets its tokens also where no model is
    /// in force: one may come.
    pub(super) fn candidates(&self, tx: &mut Tx<'_>, record: RecordId) -> Result<Vec<RecordId>> {
        let tokens = self.keyed(tx);
        link_token_insert(tx, record, &tokens)?;
        self.sharing(tx, record, &tokens)
    }

    /// The same of somebody who has not come in yet, with `record` as nobody's.
    pub(super) fn sharing(
        &self,
        tx: &mut Tx<'_>,
        record: RecordId,
        tokens: &LinkTokens,
    ) -> Result<Vec<RecordId>> {
        if self.scorer.is_none() {
            return Ok(Vec::new());
        }
        let mut shared: BTreeMap<RecordId, (usize, f64)> = BTreeMap::new();
        for holders in link_token_shared(tx, record, tokens, HOLDERS_MAX)? {
            let rare = 1.0 / f64::from(u32::try_from(holders.len()).unwrap_or(u32::MAX));
            for holder in holders {
                let (count, weight) = shared.entry(holder).or_default();
                *count += 1;
                *weight += rare;
            }
        }
        let mut worth: Vec<(RecordId, f64)> = shared
            .into_iter()
            .filter(|(_, (count, _))| *count >= SHARED_MIN)
            .map(|(record, (_, weight))| (record, weight))
            .collect();
        worth.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        worth.truncate(READ_MAX);
        Ok(worth.into_iter().map(|(record, _)| record).collect())
    }

    fn explained(&self, known: &Identity) -> Option<Explained> {
        let (scorer, new) = self.scorer.as_ref()?;
        Some(scorer.explain(&scorer.prepare(&person(known)), new))
    }

    /// What the rules and the model make of a candidate together. What a rule is sure of stands, and
    /// what it asks about is asked about, however unlikely; two different numbers are never linked
    /// without a look.
    pub(super) fn judge(&self, new: &Identity, known: &Identity, exact: Verdict) -> Judged {
        let (Some(explained), Some(model)) = (self.explained(known), self.matching.model()) else {
            return Judged {
                verdict: exact,
                weight: 0,
                explained: None,
            };
        };
        let sure = explained.probability >= model.automatic
            && (self.matching.id().is_some() || agreements(&explained) >= SHIPPED_AGREEMENTS);
        let stands = matches!(exact, Verdict::Same(_)) || exact.on_number();
        let verdict = if stands || explained.probability < model.threshold {
            exact
        } else if sure && !documents_differ(new, known) {
            Verdict::Same(SCORE)
        } else {
            Verdict::Doubtful(exact.basis().unwrap_or(SCORE))
        };
        Judged {
            verdict,
            weight: explained.thousandths(),
            explained: Some(explained),
        }
    }

    /// Keeps why a pair was linked or queued.
    pub(super) fn keep(
        &self,
        tx: &mut Tx<'_>,
        pair: (RecordId, RecordId),
        explained: Option<&Explained>,
    ) -> Result<()> {
        let Some(explained) = explained.cloned() else {
            return Ok(());
        };
        let weight = explained.thousandths();
        let told = Told::from(explained);
        let score = LinkScore {
            model: self.matching.id(),
            weight,
            reasons: serde_json::to_string(&told).map_err(AppError::internal)?,
        };
        Ok(score_insert(tx, pair, &score)?)
    }
}

/// What is made of a candidate.
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    /// Thousandths of a bit.
    pub(super) weight: i64,
    /// How the weight comes about; nothing where no model is in force.
    pub(super) explained: Option<Explained>,
}
