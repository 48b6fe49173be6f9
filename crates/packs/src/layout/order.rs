//! Puts keys into the order in which the types of the language name them.

use std::sync::LazyLock;

use serde_json::Value;

use super::tree::{Entry, Node};

static SCHEMA: LazyLock<Value> = LazyLock::new(crate::schema::schema);

/// Sorts the keys of a file. Names that the authors chose (of values, criteria, sources) stay in
/// the authors' order, and so does what the language does not know.
pub(super) fn sort(root: &mut Node) {
    let Node::Map(_, entries) = &*root else {
        return;
    };
    let kind = entries.iter().find(|entry| entry.key == "kind");
    let Some(Node::Word(kind)) = kind.map(|entry| &entry.value) else {
        return;
    };
    let files = SCHEMA["allOf"].as_array().map_or(&[][..], Vec::as_slice);
    let file = files
        .iter()
        .find(|file| file["if"]["properties"]["kind"]["const"] == kind.as_str());
    if let Some(file) = file {
        by(root, &file["then"]);
    }
}

fn by(node: &mut Node, schema: &Value) {
    match node {
        Node::Word(_) => {}
        Node::List(_, entries) => {
            let Some(items) = shapes(schema).into_iter().find(|s| !s["items"].is_null()) else {
                return;
            };
            for entry in entries {
                by(&mut entry.value, &items["items"]);
                lift(entry);
            }
        }
        Node::Map(_, entries) => {
            let fits = |shape: &&Value| {
                entries
                    .iter()
                    .all(|entry| part(shape, &entry.key).is_some())
            };
            let Some(shape) = shapes(schema).into_iter().find(fits) else {
                return;
            };
            for entry in entries.iter_mut() {
                if let Some(schema) = part(shape, &entry.key) {
                    by(&mut entry.value, schema);
                }
            }
            if let Some(properties) = shape["properties"].as_object() {
                let place = |entry: &Entry| properties.keys().position(|key| *key == entry.key);
                entries.sort_by_key(place);
            }
        }
    }
}

/// The comments above a key that has become the first of its element stand above the element.
fn lift(entry: &mut Entry) {
    if let Node::Map(_, inner) = &mut entry.value
        && let Some(first) = inner.first_mut()
    {
        entry.before.append(&mut first.before);
    }
}

/// What a schema allows, alternatives and references followed.
fn shapes(schema: &Value) -> Vec<&Value> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.trim_start_matches("#/$defs/");
        return shapes(&SCHEMA["$defs"][name]);
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(alternatives) = schema[key].as_array() {
            return alternatives.iter().flat_map(shapes).collect();
        }
    }
    vec![schema]
}

/// The schema of a key.
fn part<'s>(shape: &'s Value, key: &str) -> Option<&'s Value> {
    let named = shape["properties"].get(key);
    named.or_else(|| Some(&shape["additionalProperties"]).filter(|other| other.is_object()))
}
