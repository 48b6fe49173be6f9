//! Which tables there are, in an order that respects references, and values as JSON.

use serde_json::{Value, json};

use crate::audit::{hex, unhex};
use crate::db::{DbError, Engine, Tx, Val, vals};
use crate::schema::MIGRATIONS;

/// Left out of backups: nobody should be logged in by a restore.
const LEFT_OUT: &[&str] = &["session"];

/// A table to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    /// The columns by which it is read page by page; rows come before rows that refer to them.
    pub(super) order: Vec<String>,
}

/// Every table of the schema but those left out, in the order they are created in.
pub(super) fn all() -> Vec<Table> {
    let mut tables = Vec::new();
    for (_, text) in MIGRATIONS {
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let Some(name) = line
                .strip_prefix("CREATE TABLE ")
                .and_then(|l| l.split(' ').next())
            else {
                continue;
            };
            let body = lines.by_ref().take_while(|line| !line.starts_with(')'));
            let order = if name == "area" {
                let _ = body.count();
                vec!["path".to_owned()]
            } else {
                primary_key(body)
            };
            if !LEFT_OUT.contains(&name) {
                tables.push(Table {
                    name: name.to_owned(),
                    order,
                });
            }
        }
    }
    tables
}

fn primary_key<'t>(body: impl Iterator<Item = &'t str>) -> Vec<String> {
    let mut key = Vec::new();
    for line in body {
        let line = line.trim();
        if let Some(list) = line.strip_prefix("PRIMARY KEY (") {
            key = list
                .trim_end_matches([')', ','])
                .split(", ")
                .map(str::to_owned)
                .collect();
        } else if line.contains(" PRIMARY KEY") {
            key = line
                .split(' ')
                .next()
                .map(str::to_owned)
                .into_iter()
                .collect();
        }
    }
    key
}

/// The columns of a table, as the database has them.
pub(super) fn columns(tx: &mut Tx<'_>, table: &str) -> Result<Vec<String>, DbError> {
    let sql = match tx.engine() {
        Engine::Sqlite => "SELECT name FROM pragma_table_info($1) ORDER BY cid",
        Engine::Postgres => {
            "SELECT CAST(column_name AS TEXT) FROM information_schema.columns
             WHERE table_schema = CURRENT_SCHEMA AND table_name = $1 ORDER BY ordinal_position"
        }
    };
    tx.rows(sql, &vals![table])?
        .iter()
        .map(|row| row.get(0))
        .collect()
}

/// A value as both engines understand it: ids and bytes are hex, for they are the same thing here.
pub(super) fn to_json(value: &Val) -> Value {
    match value {
        Val::Null => Value::Null,
        Val::Int(v) => json!(v),
        Val::Real(v) => json!({ "r": v.to_string() }),
        Val::Text(v) => json!(v),
        Val::Bytes(v) => json!({ "x": hex(v) }),
        Val::Uuid(v) => json!({ "x": hex(v.as_bytes()) }),
    }
}

pub(super) fn from_json(value: &Value) -> Option<Val> {
    match value {
        Value::Null => Some(Val::Null),
        Value::Number(n) => n.as_i64().map(Val::Int),
        Value::String(text) => Some(Val::Text(text.clone())),
        Value::Object(map) => match (map.get("x"), map.get("r")) {
            (Some(Value::String(text)), None) => unhex(text).map(Val::Bytes),
            (None, Some(Value::String(text))) => text.parse().ok().map(Val::Real),
            _ => None,
        },
        Value::Bool(_) | Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_the_schema_is_known_with_a_key() {
        let tables = all();
        let created: usize = MIGRATIONS
            .iter()
            .map(|(_, text)| text.matches("CREATE TABLE ").count())
            .sum();
        assert_eq!(tables.len() + LEFT_OUT.len(), created);
        for table in &tables {
            assert!(!table.order.is_empty(), "{}", table.name);
        }
        let token = tables.iter().find(|table| table.name == "token").unwrap();
        assert_eq!(token.order, ["token", "kind", "record_id"]);
    }

    #[test]
    fn values_come_back_as_they_were() {
        let values = [
            Val::Null,
            Val::Int(i64::MIN),
            Val::Real(0.1),
            Val::Text("王\n\"小\"明".into()),
            Val::Bytes(vec![0, 255, 7]),
            Val::Bytes(Vec::new()),
        ];
        for value in values {
            assert_eq!(from_json(&to_json(&value)), Some(value));
        }
    }
}
