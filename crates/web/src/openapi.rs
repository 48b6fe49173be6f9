//! The OpenAPI 3.1 document, made from the list of endpoints and the schemas of their types.
//!
//! JSON Schema 2020-12 is OpenAPI 3.1's own schema language, so schemas go in as they are.

use std::sync::LazyLock;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::answer::Problem;
use crate::endpoint::{Access, Endpoint, Faces, Method};
use crate::i18n::{self, Lang};
use crate::pages;

static DOCUMENT: LazyLock<Vec<u8>> =
    LazyLock::new(|| serde_json::to_vec_pretty(&build()).unwrap_or_default());

/// The document.
pub fn document() -> Vec<u8> {
    DOCUMENT.clone()
}

fn build() -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut schemas = SchemaGenerator::new(settings);
    let problem = schemas.subschema_for::<Problem>().to_value();
    let mut paths = Map::new();
    for endpoint in pages::REGISTRY
        .iter()
        .filter(|one| one.faces == Faces::Both)
    {
        let path = format!("/api/v1{}", endpoint.path.trim_end_matches('/'));
        let entry = operation(endpoint, &mut schemas, &problem);
        let method = match endpoint.method {
            Method::Get => "get",
            Method::Post => "post",
        };
        let slot = paths.entry(path).or_insert_with(|| json!({}));
        if let Value::Object(methods) = slot {
            methods.insert(method.to_owned(), entry);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Fangxian",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every page of the program as JSON. A session cookie needs the header X-Form-Token with everything that changes something; an API token does not. A field that is not listed is refused with the nearest name that is.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" }
        },
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "__Host-fx" },
                "token": { "type": "http", "scheme": "bearer" }
            }
        }
    })
}

fn operation(endpoint: &Endpoint, schemas: &mut SchemaGenerator, problem: &Value) -> Value {
    let input = flat((endpoint.input)(schemas).to_value(), schemas);
    let output = (endpoint.output)(schemas).to_value();
    let in_path: Vec<&str> = endpoint.path_names().collect();
    let fields = input
        .get("properties")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let required: Vec<Value> = input
        .get("required")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let mut parameters: Vec<Value> = in_path
        .iter()
        .map(|name| {
            let schema = fields
                .get(*name)
                .cloned()
                .unwrap_or_else(|| json!({ "type": "string" }));
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    let text = json!({ "type": "string" });
    let also = endpoint
        .also
        .iter()
        .map(|name| ((*name).to_owned(), text.clone()));
    let fields: Map<String, Value> = fields.into_iter().chain(also).collect();
    let rest = fields
        .iter()
        .filter(|(name, _)| !in_path.contains(&name.as_str()));
    let mut entry = json!({
        "operationId": endpoint.name,
        "summary": i18n::word(Lang::En, &endpoint.key(), &[]),
        "tags": [endpoint.name.split('.').next().unwrap_or_default()],
    });
    let secured = match endpoint.access {
        Access::Public => json!([]),
        Access::Session => json!([{ "session": [] }]),
        Access::Staff(_) => json!([{ "session": [] }, { "token": [] }]),
    };
    entry["security"] = secured;
    match endpoint.method {
        Method::Get => {
            parameters.extend(rest.map(|(name, schema)| {
                json!({ "name": name, "in": "query", "required": required.iter().any(|r| r == name), "schema": schema })
            }));
            let content = match endpoint.gives {
                Some(media) => {
                    let is = if media.ends_with("json") {
                        "object"
                    } else {
                        "string"
                    };
                    json!({ media: { "schema": { "type": is } } })
                }
                None => json!({ "application/json": { "schema": output } }),
            };
            entry["responses"]["200"] = json!({ "description": "Shown.", "content": content });
        }
        Method::Post => {
            for header in ["X-Form-Token", "Idempotency-Key"] {
                parameters.push(json!({ "name": header, "in": "header", "required": false, "schema": { "type": "string" } }));
            }
            let mut body: Map<String, Value> = rest.map(|(k, v)| (k.clone(), v.clone())).collect();
            let command = json!({ "type": "string", "format": "uuid", "description": "Made by the sender; the same command again gets the first answer. The header Idempotency-Key says the same." });
            body.entry("command_id").or_insert(command);
            let needed: Vec<&Value> = required
                .iter()
                .filter(|r| body.contains_key(r.as_str().unwrap_or_default()))
                .collect();
            let schema = json!({ "type": "object", "properties": body, "required": needed });
            let media = if endpoint.takes_file {
                "multipart/form-data"
            } else {
                "application/json"
            };
            entry["requestBody"] = json!({ "required": !needed.is_empty(), "content": { media: { "schema": schema } } });
            let shown = if endpoint.shows {
                output
            } else {
                json!({
                    "type": "object",
                    "properties": { "to": { "type": "string" }, "data": output },
                    "required": ["to", "data"]
                })
            };
            entry["responses"]["200"] = json!({ "description": "Done.", "content": { "application/json": { "schema": shown } } });
        }
    }
    entry["parameters"] = Value::Array(parameters);
    let refused = json!({ "description": "Refused; says why.", "content": { "application/json": { "schema": problem } } });
    for status in ["401", "403", "404", "409", "413", "422", "429", "503"] {
        entry["responses"][status] = refused.clone();
    }
    entry
}

/// The schema itself, where it stands as a reference.
fn flat(schema: Value, schemas: &SchemaGenerator) -> Value {
    let name = schema
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|path| path.rsplit('/').next())
        .map(str::to_owned);
    name.and_then(|name| schemas.definitions().get(&name).cloned())
        .unwrap_or(schema)
}
