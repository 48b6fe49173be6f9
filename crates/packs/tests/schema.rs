//! The JSON Schema of the language: every shipped pack meets it, broken ones do not.

#![expect(clippy::expect_used, clippy::panic, reason = "a test may stop")]

use fangxian_packs::{schema, shipped_files};
use serde_json::Value;

fn said(text: &str) -> Value {
    // As editors read it, and the program: `no` is a word.
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_str_with_options(text, options).expect("the file is YAML")
}

/// Where a value does not meet a schema. Knows the keywords that ours uses and stops at any other,
/// so that none is passed over.
fn objections(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    let keywords = match schema {
        Value::Bool(true) => return found,
        Value::Bool(false) => return vec![format!("{at}: nothing may stand here")],
        Value::Object(keywords) => keywords,
        _ => panic!("no schema: {schema}"),
    };
    let below = |schema: &Value, value: &Value, name: &str| {
        objections(root, schema, value, &format!("{at}/{name}"))
    };
    let holds = |schema: &Value| objections(root, schema, value, at).is_empty();
    for (keyword, wanted) in keywords {
        let ok = match keyword.as_str() {
            "$ref" => {
                let name = wanted.as_str().expect("a text");
                let name = name.strip_prefix("#/$defs/").expect("a definition");
                found.extend(objections(root, &root["$defs"][name], value, at));
                true
            }
            "type" => {
                let types = match wanted {
                    Value::Array(types) => types.clone(),
                    one => vec![one.clone()],
                };
                types
                    .iter()
                    .any(|one| is(value, one.as_str().expect("a type")))
            }
            "enum" => wanted.as_array().expect("a list").contains(value),
            "const" => wanted == value,
            "required" => value.as_object().is_none_or(|fields| {
                let mut names = wanted.as_array().expect("a list").iter();
                names.all(|name| fields.contains_key(name.as_str().expect("a name")))
            }),
            "properties" => {
                for (name, schema) in wanted.as_object().expect("properties") {
                    if let Some(field) = value.get(name) {
                        found.extend(below(schema, field, name));
                    }
                }
                true
            }
            "additionalProperties" => {
                let named = keywords.get("properties").and_then(Value::as_object);
                for (name, field) in value.as_object().into_iter().flatten() {
                    if named.is_none_or(|named| !named.contains_key(name)) {
                        found.extend(below(wanted, field, name));
                    }
                }
                true
            }
            "items" => {
                for (index, element) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(below(wanted, element, &index.to_string()));
                }
                true
            }
            "minItems" => value
                .as_array()
                .is_none_or(|all| all.len() as u64 >= wanted.as_u64().expect("a number")),
            "minimum" => value
                .as_f64()
                .is_none_or(|n| n >= wanted.as_f64().expect("a number")),
            "anyOf" => wanted.as_array().expect("a list").iter().any(holds),
            "oneOf" => {
                wanted
                    .as_array()
                    .expect("a list")
                    .iter()
                    .filter(|s| holds(s))
                    .count()
                    == 1
            }
            "allOf" => {
                for schema in wanted.as_array().expect("a list") {
                    found.extend(objections(root, schema, value, at));
                }
                true
            }
            "if" => {
                if holds(wanted) {
                    found.extend(objections(root, &keywords["then"], value, at));
                }
                true
            }
            "format" if wanted == "date" => value
                .as_str()
                .is_none_or(|day| day.parse::<jiff::civil::Date>().is_ok()),
            "format" if wanted == "partial-date-time" => value
                .as_str()
                .is_none_or(|at| at.parse::<jiff::civil::DateTime>().is_ok()),
            "format" if wanted == "int64" || wanted == "double" || wanted == "uint32" => true,
            "$schema" | "$defs" | "title" | "description" | "default" | "then" => true,
            _ => panic!("the check does not know `{keyword}: {wanted}`"),
        };
        if !ok {
            found.push(format!("{at}: {keyword} {wanted}, but {value}"));
        }
    }
    found
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => panic!("no type: {kind}"),
    }
}

fn check(text: &str) -> Vec<String> {
    let schema = schema();
    objections(&schema, &schema, &said(text), "")
}

#[test]
fn every_shipped_pack_meets_the_schema() {
    for (file, text) in shipped_files() {
        assert_eq!(check(&text), Vec::<String>::new(), "{file}");
    }
}

/// The first shipped file that holds a text, with that text replaced.
fn with(from: &str, to: &str) -> String {
    let files = shipped_files();
    let found = files.iter().find(|(_, text)| text.contains(from));
    let (_, text) = found.expect("a shipped pack says so");
    text.replacen(from, to, 1)
}

#[test]
fn a_broken_pack_does_not() {
    let broken = [
        (
            "an unknown key",
            with("sealed: false", "sealed: false\ncolour: red"),
        ),
        ("an unknown kind", with("kind: disease", "kind: illness")),
        ("no kind", with("kind: disease\n", "")),
        (
            "a day that does not exist",
            with("published: 2015-11-16", "published: 2015-11-31"),
        ),
        (
            "a value as a text",
            with("value: 72,", "value: three days,"),
        ),
        (
            "no source",
            with("value: 72, cites: [guide-2015]", "value: 72, cites: []"),
        ),
        (
            "an unknown label",
            with("label: official", "label: certain"),
        ),
        ("an unknown unit", with("unit: per_day", "unit: daily")),
        ("one language", with("en: vomiting often enough, ", "")),
        (
            "an unknown question",
            with("{ met: pcr }", "{ meets: pcr }"),
        ),
        (
            "two questions",
            with("{ met: pcr }", "{ met: pcr, any: [] }"),
        ),
        (
            "a yes or no as a text",
            with("sealed: false", "sealed: \"no\""),
        ),
    ];
    for (what, text) in broken {
        assert_ne!(check(&text), Vec::<String>::new(), "{what}");
    }
}

#[test]
fn the_schema_knows_every_kind_of_file() {
    let schema = schema();
    let kinds = schema["properties"]["kind"]["enum"]
        .as_array()
        .expect("kinds");
    for (file, text) in shipped_files() {
        assert!(kinds.contains(&said(&text)["kind"]), "{file}");
    }
    assert_eq!(schema["allOf"].as_array().map(Vec::len), Some(kinds.len()));
}
