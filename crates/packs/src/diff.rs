//! What two versions of a set of packs say differently: entry by entry, and in their outcomes.
//!
//! Entries are compared by what they are called (`id`, `name`, `from`), not by where they stand, so
//! that a rule that moved has not changed. Outcomes are compared by asking the new rules for every
//! example of the old ones.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::example::{self, ExampleResult, Reached};
use crate::finding::Finding;
use crate::load::load;
use crate::regrade::{Person, Regraded, Regrading, regrade_one};

/// One entry that is there on one side only, or says something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// The pack: its kind and id.
    pub pack: String,
    /// The way to the entry inside it, such as `values/observation_days/dated/2022-06-28/value`.
    pub path: String,
    /// What it was; none: it is new.
    pub before: Option<String>,
    /// What it is; none: it is gone.
    pub after: Option<String>,
}

/// What two sets of packs say differently.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PackDiff {
    /// Entries, in the order of packs and paths. Examples are left out: they decide nothing.
    pub changes: Vec<Change>,
    /// Examples of the old set that do not come out under the new one, with what differs.
    pub outcomes: Vec<ExampleResult>,
    /// How many examples of the old set were asked.
    pub asked: usize,
    /// Persons of those examples whose answer changes, in whatever way, by the name of the example:
    /// also where the example does not look.
    pub persons: Vec<Regraded<String>>,
}

/// Compares two sets of pack files.
///
/// # Errors
/// The findings of a set that does not hold by itself; it has to be mended first.
pub fn diff(old: &[(String, String)], new: &[(String, String)]) -> Result<PackDiff, Vec<Finding>> {
    let (before, after) = (load(old), load(new));
    let mut broken = before.findings;
    broken.extend(after.findings);
    let (Some(before), Some(after)) = (before.library, after.library) else {
        return Err(broken);
    };
    let mut reached = Reached::default();
    let outcomes: Vec<ExampleResult> = before
        .examples
        .iter()
        .map(|one| example::run(&after, one, &mut reached))
        .collect();
    let asked = outcomes.len();
    let assessed = before
        .examples
        .iter()
        .filter(|one| one.doc.expect.is_some());
    let persons = assessed.filter_map(|one| {
        let input = example::question(&before, one);
        let person = Person {
            key: one.doc.name.value.clone(),
            facts: one.doc.facts.clone(),
        };
        regrade_one(&before, &after, &Regrading::from(&input), person)
    });
    let persons: Vec<Regraded<String>> = persons.collect();
    let outcomes = outcomes.into_iter().filter(|one| !one.failures.is_empty());
    Ok(PackDiff {
        changes: changes(&entries(old), &entries(new)),
        outcomes: outcomes.collect(),
        asked,
        persons,
    })
}

/// Every scalar of every pack, by pack and path.
type Entries = BTreeMap<(String, String), String>;

fn changes(before: &Entries, after: &Entries) -> Vec<Change> {
    let mut keys: Vec<&(String, String)> = before.keys().chain(after.keys()).collect();
    keys.sort();
    keys.dedup();
    let differs = keys
        .into_iter()
        .filter(|key| before.get(*key) != after.get(*key));
    differs
        .map(|key| Change {
            pack: key.0.clone(),
            path: key.1.clone(),
            before: before.get(key).cloned(),
            after: after.get(key).cloned(),
        })
        .collect()
}

fn entries(files: &[(String, String)]) -> Entries {
    let mut all = Entries::new();
    for (file, text) in files {
        // What cannot be read was told by `load`.
        let Ok(Value::Object(mut pack)) = serde_saphyr::from_str::<Value>(text) else {
            continue;
        };
        let word = |pack: &serde_json::Map<String, Value>, key: &str| {
            pack.get(key).and_then(Value::as_str).map(str::to_owned)
        };
        let kind = word(&pack, "kind").unwrap_or_default();
        if kind == "examples" || kind == "confirmed" {
            continue;
        }
        let id = word(&pack, "id").unwrap_or_else(|| file.clone());
        pack.remove("kind");
        pack.remove("examples");
        flatten(&Value::Object(pack), "", &mut |path, value| {
            all.insert((format!("{kind} {id}"), path.to_owned()), value);
        });
    }
    all
}

/// What an element of a list is called; none: its place is its name.
fn called(element: &Value) -> Option<String> {
    let of = |key: &str| element.get(key).and_then(scalar);
    of("id").or_else(|| of("name")).or_else(|| of("from"))
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::Object(_) | Value::Array(_) => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

fn flatten(value: &Value, path: &str, tell: &mut impl FnMut(&str, String)) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}/{name}")
        }
    };
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                flatten(field, &below(name), tell);
            }
        }
        Value::Array(elements) if elements.iter().all(|one| scalar(one).is_some()) => {
            let words: Vec<String> = elements.iter().filter_map(scalar).collect();
            tell(path, words.join(", "));
        }
        Value::Array(elements) => {
            let mut times: BTreeMap<String, usize> = BTreeMap::new();
            for (place, element) in elements.iter().enumerate() {
                let mut name = called(element).unwrap_or_else(|| place.to_string());
                let before = times.entry(name.clone()).or_default();
                *before += 1;
                if *before > 1 {
                    name = format!("{name}#{before}");
                }
                flatten(element, &below(&name), tell);
            }
        }
        Value::Null => tell(path, String::new()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            tell(path, scalar(value).unwrap_or_default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped::files;

    /// The shipped files, with one text replaced by another once.
    fn changed(from: &str, to: &str) -> Vec<(String, String)> {
        let mut all = files();
        let file = all.iter_mut().find(|(_, text)| text.contains(from));
        let (_, text) = file.expect("the text stands in a pack");
        *text = text.replacen(from, to, 1);
        all
    }

    #[test]
    fn the_same_packs_say_the_same() {
        let diff = diff(&files(), &files()).unwrap();
        assert_eq!(diff.changes, []);
        assert_eq!(diff.outcomes, []);
        assert_eq!(diff.persons, []);
        assert!(diff.asked > 500);
    }

    #[test]
    fn a_value_that_changed_is_named_with_the_outcomes_that_it_changes() {
        let mut new = files();
        let line = new
            .iter_mut()
            .find_map(|(file, text)| file.ends_with("novel-influenza/pack.yaml").then_some(text))
            .unwrap();
        let old = files();
        let values = entries(&old);
        let days = values
            .iter()
            .find(|((pack, path), _)| {
                pack == "disease novel-influenza"
                    && path.starts_with("values/observation_days/dated/")
                    && path.ends_with("/value")
            })
            .expect("the pack has days of observation");
        let (path, was) = (days.0.1.clone(), days.1.clone());
        let at = line.find("observation_days:").unwrap();
        let value = format!("value: {was}");
        let place = at + line[at..].find(&value).unwrap();
        line.replace_range(place..place + value.len(), "value: 6");
        // With its old examples the new set would not hold.
        new.retain(|(file, _)| !file.ends_with("novel-influenza/examples.yaml"));
        let told = diff(&old, &new).unwrap();
        assert!(
            told.outcomes
                .iter()
                .all(|one| one.pack == "novel-influenza")
        );
        assert!(!told.outcomes.is_empty());
        // Whoever is to be observed is so for other days, before as after.
        let observed = |person: &&Regraded<String>| {
            let ends = |outcome: &crate::outcome::Outcome| -> Vec<_> {
                outcome.measures.iter().map(|due| due.end).collect()
            };
            person.restricted.is_none() && ends(&person.before) != ends(&person.after)
        };
        assert!(told.persons.iter().filter(observed).count() > 0);
        let [only] = told.changes.as_slice() else {
            panic!("one entry: {:?}", told.changes)
        };
        assert_eq!(only.path, path);
        assert_eq!(only.before.as_deref(), Some(was.as_str()));
        assert_eq!(only.after.as_deref(), Some("6"));
    }

    #[test]
    fn a_set_that_does_not_hold_is_refused_with_its_findings() {
        let broken = changed("kind: law", "kind: lore");
        let findings = diff(&files(), &broken).unwrap_err();
        assert!(!findings.is_empty());
    }
}
