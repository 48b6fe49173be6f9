//! The pack language as a JSON Schema, made from the same types that read the files.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::{
    CityDoc, ConfirmedDoc, DiseaseDoc, ExamplesDoc, FactsDoc, Kind, LawDoc, LevelsDoc,
    NotifiableDoc, OverlayDoc, RetentionDoc, SchemeDoc,
};

/// A JSON Schema (2020-12) that every pack file meets, for editors and for other programs.
///
/// It says what a file may look like. What its names lead to, which days its values hold on and
/// whether its examples come out, only [`crate::check`] knows.
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let cases: Vec<Value> = Kind::ALL
        .into_iter()
        .map(|kind| {
            let file = of(kind, &mut generator);
            let is = json!({ "properties": { "kind": { "const": kind.word() } } });
            json!({ "if": is, "then": file })
        })
        .collect();
    let words = Kind::ALL.map(Kind::word);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Fangxian pack file",
        "type": "object",
        "required": ["kind"],
        "properties": { "kind": { "enum": words } },
        "allOf": cases,
        "$defs": generator.take_definitions(true),
    })
}

/// The schema of one kind of file: a reference into the definitions.
fn of(kind: Kind, generator: &mut SchemaGenerator) -> Value {
    let file = match kind {
        Kind::Facts => generator.subschema_for::<FactsDoc>(),
        Kind::Law => generator.subschema_for::<LawDoc>(),
        Kind::Disease => generator.subschema_for::<DiseaseDoc>(),
        Kind::Scheme => generator.subschema_for::<SchemeDoc>(),
        Kind::Levels => generator.subschema_for::<LevelsDoc>(),
        Kind::Overlay => generator.subschema_for::<OverlayDoc>(),
        Kind::City => generator.subschema_for::<CityDoc>(),
        Kind::Notifiable => generator.subschema_for::<NotifiableDoc>(),
        Kind::Retention => generator.subschema_for::<RetentionDoc>(),
        Kind::Examples => generator.subschema_for::<ExamplesDoc>(),
        Kind::Confirmed => generator.subschema_for::<ConfirmedDoc>(),
    };
    file.to_value()
}
