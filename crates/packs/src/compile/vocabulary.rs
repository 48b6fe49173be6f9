//! The declared facts, by number.

use std::collections::BTreeMap;

use super::Report;
use crate::fact::{Evidence, Fact, Value};
use crate::schema::{Absence, AttrDoc, AttrType, FactKindDoc, FactsDoc};
use crate::text::Text;

/// The number of a kind of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindId(pub u16);

/// One kind of fact.
#[derive(Debug, Clone)]
pub struct FactKind {
    /// Name.
    pub name: String,
    /// For people.
    pub text: Text,
    /// Declaration.
    pub doc: FactKindDoc,
}

/// All kinds of facts.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// In the order of their numbers.
    pub kinds: Vec<FactKind>,
    by_name: BTreeMap<String, KindId>,
}

impl Vocabulary {
    /// From the file.
    pub fn new(doc: &FactsDoc, report: &mut Report<'_>) -> Self {
        let mut vocabulary = Self::default();
        for (name, kind) in &doc.facts {
            for (attr, declared) in &kind.attrs {
                let has_codes = !declared.codes.is_empty();
                if has_codes != (declared.kind == AttrType::Code) {
                    let spot = report.spot_of_key(attr);
                    let message = format!("`{name}.{attr}`: codes belong to the type `code`");
                    report.error(spot, "codes", message, String::new());
                }
            }
            let id = KindId(u16::try_from(vocabulary.kinds.len()).unwrap_or(u16::MAX));
            vocabulary.by_name.insert(name.clone(), id);
            vocabulary.kinds.push(FactKind {
                name: name.clone(),
                text: Text::new(&kind.zh, &kind.en),
                doc: kind.clone(),
            });
        }
        vocabulary
    }

    /// The number of a kind.
    pub fn id(&self, name: &str) -> Option<KindId> {
        self.by_name.get(name).copied()
    }

    /// A kind by its number.
    pub fn kind(&self, id: KindId) -> Option<&FactKind> {
        self.kinds.get(usize::from(id.0))
    }

    /// An attribute of a kind, with its place among all of them.
    pub fn attr(&self, id: KindId, attr: &str) -> Option<(usize, &AttrDoc)> {
        let mut attrs = self.kind(id)?.doc.attrs.iter().enumerate();
        attrs
            .find(|(_, (name, _))| *name == attr)
            .map(|(place, (_, doc))| (place, doc))
    }

    /// What the absence of a kind means.
    pub fn absence(&self, id: KindId) -> Absence {
        self.kind(id)
            .map_or(Absence::Unknown, |kind| kind.doc.absence)
    }

    /// Whether a fact of a kind goes on while it has no last day.
    pub fn goes_on(&self, id: KindId) -> bool {
        self.kind(id).is_some_and(|kind| kind.doc.goes_on)
    }

    /// The ways of knowing with which a kind may restrict somebody.
    pub fn restricts_with(&self, id: KindId) -> &[Evidence] {
        self.kind(id).map_or(&[], |kind| &kind.doc.restricts_with)
    }

    /// Appends the attributes of a fact in the order in which its kind declares them; what is not
    /// declared has no place.
    pub fn lay_out<'f>(&self, id: KindId, fact: &'f Fact, into: &mut Vec<Option<Given<'f>>>) {
        let Some(kind) = self.kind(id) else { return };
        // Both sides stand in the order of their names.
        let mut given = fact.attrs.iter().peekable();
        for (name, doc) in &kind.doc.attrs {
            while given.next_if(|(other, _)| *other < name).is_some() {}
            let value = given.next_if(|(other, _)| *other == name);
            into.push(value.map(|(_, value)| Given {
                value,
                code: place_of(doc, value),
            }));
        }
    }

    /// Whether nothing is wrong with a fact; says no more than [`Self::objections`], and costs less.
    fn sound(&self, id: KindId, fact: &Fact) -> bool {
        let Some(kind) = self.kind(id) else {
            return false;
        };
        // Both sides stand in the order of their names.
        let mut declared = kind.doc.attrs.iter();
        let fit = fact.attrs.iter().all(|(name, value)| {
            let doc = declared.find(|(known, _)| *known >= name);
            doc.is_some_and(|(known, doc)| known == name && fits(doc, value))
        });
        let (from, to) = (fact.from, fact.to);
        fit && !matches!((from, to), (Some(from), Some(to)) if to < from)
    }

    /// What is wrong with a fact: kind, attributes, types, codes. Empty when nothing is.
    pub fn objections(&self, fact: &Fact) -> Vec<String> {
        let Some(id) = self.id(&fact.kind) else {
            return vec![format!("unknown kind of fact `{}`", fact.kind)];
        };
        if self.sound(id, fact) {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (name, value) in &fact.attrs {
            match self.attr(id, name) {
                None => found.push(format!("`{}` has no attribute `{name}`", fact.kind)),
                Some((_, attr)) if !fits(attr, value) => {
                    found.push(format!("`{}.{name}` cannot be {value:?}", fact.kind));
                }
                Some(_) => {}
            }
        }
        if let (Some(from), Some(to)) = (fact.from, fact.to)
            && to < from
        {
            found.push(format!("`{}` ends before it begins", fact.kind));
        }
        found
    }
}

/// An attribute of a fact as rules read it.
#[derive(Debug, Clone, Copy)]
pub struct Given<'f> {
    /// What it is.
    pub value: &'f Value,
    /// Its place among the declared codes, if it has one.
    pub code: Option<u8>,
}

/// The place of a code among the declared ones, when there are few enough for a bit each.
pub fn place_of(declared: &AttrDoc, value: &Value) -> Option<u8> {
    match value {
        Value::Code(code) if declared.kind == AttrType::Code => {
            let place = declared.codes.iter().position(|known| known == code)?;
            u8::try_from(place).ok().filter(|place| *place < 64)
        }
        Value::Code(_) | Value::Bool(_) | Value::Number(_) | Value::Date(_) => None,
    }
}

/// Whether a value has the declared type.
pub fn fits(attr: &AttrDoc, value: &Value) -> bool {
    match (attr.kind, value) {
        (AttrType::Bool, Value::Bool(_))
        | (AttrType::Number, Value::Number(_))
        | (AttrType::Date, Value::Date(_))
        | (AttrType::Text, Value::Code(_)) => true,
        (AttrType::Code, Value::Code(code)) => attr.codes.contains(code),
        (
            AttrType::Bool | AttrType::Number | AttrType::Date | AttrType::Text | AttrType::Code,
            _,
        ) => false,
    }
}
