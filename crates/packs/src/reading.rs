//! From a text to typed YAML: no anchors, no merge keys, no key twice, bounded. What does not fit
//! becomes a finding with its place and what to do.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::finding::{Finding, Severity, nearest};

/// Files larger than this are refused.
const MAX_BYTES: usize = 1_000_000;

/// Reads one file as one type.
pub fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Finding> {
    let finding = |(line, column), code, message, hint| Finding {
        file: file.to_owned(),
        line,
        column,
        severity: Severity::Error,
        code,
        message,
        hint,
    };
    if text.len() > MAX_BYTES {
        let message = format!("longer than {MAX_BYTES} bytes");
        return Err(finding((0, 0), "size", message, "split the pack".into()));
    }
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_anchors: 0,
            max_aliases: 0,
            max_depth: 40,
            max_documents: 1,
        },
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
        strict_booleans: true,
        // `1E31` is a code to a person and a number to YAML: such texts stand in quotes.
        no_schema: true,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|cause| {
        let place = cause
            .location()
            .map_or((0, 0), |place| (place.line(), place.column()));
        let message = cause.without_snippet().to_string();
        let hint = hint(&message);
        finding(place, "syntax", message, hint)
    })
}

/// What a file says, whatever kind it is.
pub fn typed(file: &str, text: &str) -> Result<Value, Finding> {
    read(file, text)
}

/// The first word between backticks.
fn ticked(message: &str) -> &str {
    message.split('`').nth(1).unwrap_or_default()
}

/// The words that might have stood there: what follows `expected`, up to the place.
fn expected(message: &str) -> Vec<&str> {
    let (_, list) = message.split_once("expected ").unwrap_or_default();
    let list = list.trim_start_matches("one of ");
    let list = list.split(" at line").next().unwrap_or_default();
    let words = list.split([',', ' ']).map(|word| word.trim_matches('`'));
    words
        .filter(|word| !word.is_empty() && *word != "or")
        .collect()
}

/// What to do about what the reader says.
fn hint(message: &str) -> String {
    let first = ticked(message);
    if message.contains("unknown field") || message.contains("unknown variant") {
        let known = expected(message);
        return match nearest(first, known.iter().copied()) {
            hint if !hint.is_empty() => hint,
            _ if known.is_empty() => GENERAL.to_owned(),
            _ => format!("here may stand: {}", known.join(", ")),
        };
    }
    if message.contains("missing field") {
        return match first {
            "cites" => "every value and rule names its sources: `cites: [KEY]`".to_owned(),
            "zh" | "en" => "every text is written in both languages: `zh` and `en`".to_owned(),
            "label" => "say where it comes from: `label: official`, `local` or `ours`".to_owned(),
            "from" => "say from which day it holds: `from: 2022-06-28`".to_owned(),
            "unit" => "say what is counted: `unit: days`".to_owned(),
            "kind" => "a file begins with its kind, such as `kind: disease`".to_owned(),
            name => format!("add `{name}`"),
        };
    }
    if message.contains("variant of untagged enum Quantity") {
        return "a value is a number, or a list of whole numbers: `value: 7`, `value: [1, 4, 7]`"
            .to_owned();
    }
    if message.contains("variant of untagged enum MatchDoc") {
        return "write a value, a list of values, `{ at_least: VALUE }`, `{ below: VALUE }` or `{ known: true }`".to_owned();
    }
    if message.contains("date") || message.contains("year") || message.contains("month") {
        return "a day that exists, written 2022-06-28".to_owned();
    }
    if message.contains("must be quoted") {
        return "YAML would read it as a number or a yes: write it in double quotes".to_owned();
    }
    if message.contains("duplicate") {
        return "a key stands once; take one of the two out".to_owned();
    }
    GENERAL.to_owned()
}

const GENERAL: &str = "keys stand below each other, two spaces further in than what they belong to; see docs/packs.md for the keys of each file";
