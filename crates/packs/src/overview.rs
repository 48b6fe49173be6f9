//! Packs as a page shows them: what is in force, since when, resting on what.

use std::collections::BTreeMap;

use fangxian_base::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::assessment::{Label, Quantity};
use crate::compile::rules::Rules;
use crate::compile::vocabulary::Vocabulary;
use crate::fact::Evidence;
use crate::library::Library;
use crate::schema::{AttrType, Privacy, SourceDoc};
use crate::text::Text;

/// One pack on one day.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PackOverview {
    /// Id.
    pub id: String,
    /// `law`, `disease`, `scheme`, `levels`, `overlay` or `city`.
    pub kind: &'static str,
    /// Title.
    pub title: Text,
    /// Whether it is in force on the day.
    pub in_force: bool,
    /// The edition in force (diseases).
    pub edition: Option<Text>,
    /// First day of the edition, or of the pack.
    #[schemars(with = "Option<String>")]
    pub from: Option<Date>,
    /// Last day of the edition, or of the pack, when it has one.
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
    /// How the law manages the disease on the day, and on what that rests.
    pub managed: Option<Text>,
    /// What the edition does not cover.
    pub not_covered: Option<Text>,
    /// The weakest label among the values that hold: ours before local before official.
    pub label: Option<Label>,
    /// ICD-10 and ICD-11 codes (diseases).
    pub codes: Option<(String, String)>,
    /// Whether records are kept in a compartment of their own (diseases).
    pub sealed: bool,
    /// Sources.
    pub sources: Vec<SourceView>,
    /// Values that hold on the day.
    pub values: Vec<ValueView>,
    /// How many examples the pack carries.
    pub examples: usize,
}

/// A source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceView {
    /// Key in the pack.
    pub key: String,
    /// Title.
    pub title: Text,
    /// Day of publication.
    #[schemars(with = "Option<String>")]
    pub published: Option<Date>,
    /// How the authors know what it says.
    pub read: Option<Text>,
}

/// A value that holds on the day.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ValueView {
    /// Name in the pack.
    pub name: String,
    /// What it is.
    pub title: Text,
    /// The number.
    pub value: Quantity,
    /// Unit.
    pub unit: String,
    /// First day.
    #[schemars(with = "String")]
    pub from: Date,
    /// Sources.
    pub cites: Vec<String>,
    /// Label.
    pub label: Label,
    /// Remark.
    pub note: Option<String>,
}

/// A kind of fact, as forms and imports need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FactView {
    /// Name.
    pub kind: String,
    /// For people.
    pub text: Text,
    /// How personal it is.
    pub privacy: Privacy,
    /// Ways of knowing that suffice to restrict somebody; empty: it never restricts.
    pub restricts_with: Vec<Evidence>,
    /// Attributes.
    pub attrs: Vec<AttrView>,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AttrView {
    /// Name.
    pub name: String,
    /// For people.
    pub text: Text,
    /// `bool`, `number`, `date`, `code` or `text`.
    pub kind: &'static str,
    /// Codes.
    pub codes: Vec<String>,
    /// Unit.
    pub unit: Option<String>,
}

/// The vocabulary.
pub fn facts(vocabulary: &Vocabulary) -> Vec<FactView> {
    let attr = |(name, doc): (&String, &crate::schema::AttrDoc)| AttrView {
        name: name.clone(),
        text: Text::new(&doc.zh, &doc.en),
        kind: match doc.kind {
            AttrType::Bool => "bool",
            AttrType::Number => "number",
            AttrType::Date => "date",
            AttrType::Code => "code",
            AttrType::Text => "text",
        },
        codes: doc.codes.clone(),
        unit: doc.unit.clone(),
    };
    vocabulary
        .kinds
        .iter()
        .map(|kind| FactView {
            kind: kind.name.clone(),
            text: kind.text.clone(),
            privacy: kind.doc.privacy,
            restricts_with: kind.doc.restricts_with.clone(),
            attrs: kind.doc.attrs.iter().map(attr).collect(),
        })
        .collect()
}

/// Every pack on a day: laws, diseases, schemes, cities.
pub fn overview(library: &Library, on: Date) -> Vec<PackOverview> {
    let examples = |id: &str| library.examples.iter().filter(|e| e.pack == id).count();
    let mut all = Vec::new();
    for law in &library.laws {
        let mut pack = pack(&law.id, "law", &law.title, &law.sources, &law.rules, on);
        pack.in_force = law.from <= on && on <= law.until;
        pack.from = Some(law.from);
        pack.until = Some(law.until).filter(|until| *until < Date::MAX);
        pack.examples = examples(&law.id);
        all.push(pack);
    }
    for disease in &library.diseases {
        let edition = disease
            .edition(on, on)
            .and_then(|index| disease.editions.get(index));
        let mut pack = pack(
            &disease.id,
            "disease",
            &disease.title,
            &disease.sources,
            &disease.rules,
            on,
        );
        pack.in_force = edition.is_some();
        pack.edition = edition.map(|edition| edition.title.clone());
        pack.from = edition.map(|edition| edition.from);
        pack.until = edition
            .map(|edition| edition.until)
            .filter(|until| *until < Date::MAX);
        pack.not_covered = edition.and_then(|edition| edition.not_covered.clone());
        let management = disease.management.iter().rev().find(|m| m.from <= on);
        pack.managed = management.map(|management| management.text.clone());
        pack.codes = Some((disease.icd10.clone(), disease.icd11.clone()));
        pack.sealed = disease.sealed;
        pack.examples = examples(&disease.id);
        all.push(pack);
    }
    for scheme in &library.schemes {
        let mut pack = pack(
            &scheme.id,
            "scheme",
            &scheme.title,
            &scheme.sources,
            &scheme.rules,
            on,
        );
        pack.in_force = scheme.from <= on && on <= scheme.until;
        pack.from = Some(scheme.from);
        pack.until = Some(scheme.until).filter(|until| *until < Date::MAX);
        pack.examples = examples(&scheme.id);
        all.push(pack);
    }
    for levels in &library.levels {
        let mut pack = pack(
            &levels.id,
            "levels",
            &levels.title,
            &levels.sources,
            &levels.rules,
            on,
        );
        pack.in_force = levels.from <= on && on <= levels.until && !levels.off_by_default;
        pack.from = Some(levels.from);
        pack.until = Some(levels.until).filter(|until| *until < Date::MAX);
        pack.examples = examples(&levels.id);
        all.push(pack);
    }
    for overlay in &library.overlays {
        let (sources, rules) = (&overlay.sources, &overlay.rules);
        let mut pack = pack(&overlay.id, "overlay", &overlay.title, sources, rules, on);
        let values = rules.values.iter().flat_map(|series| &series.entries);
        let without = overlay.without.iter().map(|(without, ..)| without.days);
        let days: Vec<(Date, Date)> = values.map(|e| (e.from, e.until)).chain(without).collect();
        pack.in_force = days.iter().any(|(from, to)| *from <= on && on <= *to);
        pack.from = days.iter().map(|(from, _)| *from).min();
        let until = days.iter().map(|(_, to)| *to).max();
        pack.until = until.filter(|until| *until < Date::MAX);
        pack.examples = examples(&overlay.id);
        all.push(pack);
    }
    for city in &library.cities {
        let mut pack = pack(
            &city.id,
            "city",
            &city.title,
            &city.sources,
            &city.rules,
            on,
        );
        let ids = city.diseases.iter().chain(&city.schemes);
        pack.in_force = ids
            .clone()
            .any(|e| e.from <= on && e.until.is_none_or(|until| on <= until));
        pack.from = ids.map(|entry| entry.from).min();
        pack.examples = examples(&city.id);
        all.push(pack);
    }
    all
}

fn pack(
    id: &str,
    kind: &'static str,
    title: &Text,
    sources: &BTreeMap<String, SourceDoc>,
    rules: &Rules,
    on: Date,
) -> PackOverview {
    let values: Vec<ValueView> = rules
        .values
        .iter()
        .filter_map(|series| {
            let entry = series.entries.get(series.at(on)?)?;
            Some(ValueView {
                name: series.name.clone(),
                title: series.title.clone(),
                value: entry.value.clone(),
                unit: series.unit.clone(),
                from: entry.from,
                cites: entry.cites.clone(),
                label: entry.label,
                note: entry.note.clone(),
            })
        })
        .collect();
    PackOverview {
        id: id.to_owned(),
        kind,
        title: title.clone(),
        in_force: false,
        edition: None,
        from: None,
        until: None,
        managed: None,
        not_covered: None,
        label: values.iter().map(|value| value.label).max(),
        codes: None,
        sealed: false,
        sources: sources
            .iter()
            .map(|(key, source)| SourceView {
                key: key.clone(),
                title: Text::new(&source.zh, &source.en),
                published: source.published,
                read: source.read.clone(),
            })
            .collect(),
        values,
        examples: 0,
    }
}
