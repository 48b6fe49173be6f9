//! When a cell of ours agrees with the expected one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::table::{Cell, parse_date, parse_number};

/// The rule of a column. An empty one compares nothing but the set of keys.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub abs: Option<f64>,
    pub rel: Option<f64>,
    rel_to: Option<String>,
    #[serde(default)]
    exact: bool,
    split: Option<String>,
    unless_close: Option<[String; 2]>,
    within: Option<f64>,
    #[serde(default)]
    missing_only: bool,
    #[serde(default)]
    pub partition: bool,
    noise: Option<Value>,
    mc_p: Option<f64>,
    se_row: Option<BTreeMap<String, Value>>,
    se_from: Option<SeFrom>,
    max_z: Option<f64>,
}

/// The standard error is a cell over the root of a number of replications.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeFrom {
    column: String,
    replications: f64,
}

/// What a rule may look up beside the two cells.
pub(super) trait Around {
    /// A number of the expected row, or with `param:` of its case.
    fn number(&self, name: &str) -> Option<f64>;
    /// The number in the same column of the expected row whose key differs as said.
    fn sibling(&self, change: &BTreeMap<String, Value>) -> Option<f64>;
}

/// How a comparison ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    Agrees,
    /// The rule says that this cell is not to be judged.
    NotJudged,
    /// With what was allowed, in words.
    Differs(String),
    /// The rule asks for something that is not there.
    Unusable(String),
}

impl Rule {
    /// Compares `got` with the text `want`, which is `missing` or not.
    pub fn judge(&self, want: &str, missing: bool, got: &Cell, around: &impl Around) -> Outcome {
        if let (Some([p, q]), Some(within)) = (&self.unless_close, self.within)
            && let (Some(p), Some(q)) = (around.number(p), around.number(q))
            && (p - q).abs() < within
        {
            return Outcome::NotJudged;
        }
        let absent = *got == Cell::Missing;
        if missing || absent {
            return match missing == absent {
                true => Outcome::Agrees,
                false => Outcome::Differs("missing on both sides or on neither".to_owned()),
            };
        }
        if self.missing_only || self.partition {
            return Outcome::Agrees;
        }
        if let Some(noise) = &self.noise {
            let noise = text_of(noise);
            return agree(
                same(want, &noise) == same(&got.to_string(), &noise),
                "noise on both sides or on neither",
            );
        }
        if self.exact {
            let got = got.to_string();
            let equal = match self.split.as_deref() {
                None => same(want, &got),
                Some(by) => {
                    let (want, got): (Vec<&str>, Vec<&str>) =
                        (want.split(by).collect(), got.split(by).collect());
                    want.len() == got.len() && want.iter().zip(&got).all(|(w, g)| same(w, g))
                }
            };
            return agree(equal, "equal");
        }
        let Some(wanted) = parse_number(want) else {
            return Outcome::Unusable(format!("`{want}` is not a number"));
        };
        let number = match got {
            Cell::Number(number) => *number,
            Cell::Text(text) => parse_number(text).unwrap_or(f64::NAN),
            Cell::Missing => f64::NAN,
        };
        if !wanted.is_finite() || !number.is_finite() {
            return agree(same(want, &got.to_string()), "the same infinity");
        }
        match self.allowed(wanted, around) {
            Err(why) => Outcome::Unusable(why),
            Ok(allowed) if (number - wanted).abs() <= allowed => Outcome::Agrees,
            Ok(allowed) => Outcome::Differs(format!("within {allowed:e}")),
        }
    }

    /// Whether the column holds chances by simulation.
    pub const fn is_of_simulations(&self) -> bool {
        self.mc_p.is_some()
    }

    /// Whether a chance of this size could as well have come out as 1, by the tolerance for simulations; a rule without one
    /// says nothing of it.
    pub fn as_good_as_one(&self, p: f64) -> bool {
        let (Some(n), Some(z)) = (self.mc_p, self.max_z) else {
            return false;
        };
        let spread = (p * (1.0 - p) / n).max(0.0).sqrt();
        1.0 - p <= self.abs.unwrap_or(0.0) + z * spread
    }

    fn allowed(&self, want: f64, around: &impl Around) -> Result<f64, String> {
        let base = match &self.rel_to {
            None => want,
            Some(name) => around
                .number(name)
                .ok_or_else(|| format!("`{name}` is not a number"))?,
        };
        let mut allowed = self
            .abs
            .unwrap_or(0.0)
            .max(self.rel.unwrap_or(0.0) * base.abs());
        let z = || self.max_z.ok_or("max_z is missing");
        if let Some(n) = self.mc_p {
            allowed += z()? * (want * (1.0 - want) / n).max(0.0).sqrt();
        }
        if let Some(change) = &self.se_row {
            allowed += z()?
                * around
                    .sibling(change)
                    .ok_or("the row with the standard error is missing")?;
        }
        if let Some(from) = &self.se_from {
            let sd = around
                .number(&from.column)
                .ok_or("the column of the standard error is missing")?;
            allowed += z()? * sd / from.replications.sqrt();
        }
        Ok(allowed)
    }
}

fn agree(equal: bool, allowed: &str) -> Outcome {
    if equal {
        Outcome::Agrees
    } else {
        Outcome::Differs(allowed.to_owned())
    }
}

/// Equal as text, as numbers or as dates.
pub(super) fn same(a: &str, b: &str) -> bool {
    let number = |text| numeral(text).map(canonical);
    a == b
        || number(a).is_some_and(|a| Some(a) == number(b))
        || parse_date(a).is_some_and(|a| Some(a) == parse_date(b))
}

/// The number that a text is; nothing for names that only look like one: `007`, or `56e22` where a table of numbers would have
/// `5.6e+23`.
fn numeral(text: &str) -> Option<f64> {
    let plain = text.trim().trim_start_matches('-');
    let padded = plain.starts_with('0') && plain[1..].starts_with(|c: char| c.is_ascii_digit());
    let exponent = plain.split_once(['e', 'E']).map(|(_, exponent)| exponent);
    let named = exponent.is_some_and(|e| e.starts_with(|c: char| c.is_ascii_digit()));
    (!padded && !named).then(|| parse_number(text)).flatten()
}

/// A number as bits that are equal when the numbers are.
fn canonical(x: f64) -> u64 {
    if x.is_nan() {
        f64::NAN.to_bits()
    } else {
        (x + 0.0).to_bits()
    }
}

/// A cell of a key: numbers in one spelling, text as it is.
pub(super) fn key_text(text: &str) -> String {
    match numeral(text) {
        Some(number) if number.is_finite() => format!("{}", number + 0.0),
        _ => text.to_owned(),
    }
}

/// A JSON value as the text that a table would hold.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row;

    impl Around for Row {
        fn number(&self, name: &str) -> Option<f64> {
            match name {
                "sd" => Some(2.0),
                "param:population" => Some(1e6),
                "near" => Some(5.0),
                "far" => Some(9.0),
                _ => None,
            }
        }
        fn sibling(&self, change: &BTreeMap<String, Value>) -> Option<f64> {
            change.contains_key("stat").then_some(0.5)
        }
    }

    fn check(rule: &str, want: &str, got: Cell, agrees: bool) {
        let rule: Rule = serde_json::from_str(rule).expect("a rule");
        let outcome = rule.judge(want, want == "NA", &got, &Row);
        assert_eq!(
            outcome == Outcome::Agrees,
            agrees,
            "{want} {got:?}: {outcome:?}"
        );
    }

    #[test]
    fn every_rule_agrees_and_differs_where_it_should() {
        let number = Cell::Number;
        for (rule, want, near, far) in [
            (r#"{"abs": 0.1}"#, "1", number(1.05), number(1.2)),
            (r#"{"rel": 0.1}"#, "10", number(10.9), number(11.1)),
            (
                r#"{"abs": 0.5, "rel": 0.001}"#,
                "10",
                number(10.4),
                number(10.6),
            ),
            (
                r#"{"rel": 1e-6, "rel_to": "param:population"}"#,
                "3",
                number(3.9),
                number(4.1),
            ),
            (r#"{"exact": true}"#, "1", number(1.0), number(1.000_000_1)),
            (
                r#"{"exact": true}"#,
                "2014-09-22",
                "2014-09-22".into(),
                "2014-09-23".into(),
            ),
            (
                r#"{"exact": true, "split": "|"}"#,
                "1|2",
                "1.0|2".into(),
                "1|2|3".into(),
            ),
            (
                r#"{"missing_only": true}"#,
                "7",
                number(99.0),
                Cell::Missing,
            ),
            (r#"{"noise": "-1"}"#, "-1", number(-1.0), number(2.0)),
            (r#"{"noise": "-1"}"#, "3", number(5.0), number(-1.0)),
            (
                r#"{"mc_p": 100, "max_z": 4}"#,
                "0.5",
                number(0.69),
                number(0.71),
            ),
            (
                r#"{"se_row": {"stat": "sd"}, "max_z": 2, "rel": 0.1}"#,
                "10",
                number(11.9),
                number(12.1),
            ),
            (
                r#"{"se_from": {"column": "sd", "replications": 4}, "max_z": 3}"#,
                "1",
                number(3.9),
                number(4.1),
            ),
            (r#"{"abs": 1}"#, "Inf", number(f64::INFINITY), number(1e300)),
            (r#"{"abs": 1}"#, "NA", Cell::Missing, number(0.0)),
        ] {
            check(rule, want, near, true);
            check(rule, want, far, false);
        }
    }

    #[test]
    fn a_cell_near_its_limit_is_not_judged_when_the_rule_says_so() {
        let rule: Rule = serde_json::from_str(
            r#"{"exact": true, "unless_close": ["near", "near"], "within": 1e-6}"#,
        )
        .expect("a rule");
        assert_eq!(
            rule.judge("1", false, &Cell::Number(0.0), &Row),
            Outcome::NotJudged
        );
        let rule: Rule = serde_json::from_str(
            r#"{"exact": true, "unless_close": ["near", "far"], "within": 1e-6}"#,
        )
        .expect("a rule");
        assert!(matches!(
            rule.judge("1", false, &Cell::Number(0.0), &Row),
            Outcome::Differs(_)
        ));
    }

    #[test]
    fn a_chance_is_as_good_as_one_by_the_tolerance_for_simulations_only() {
        let rule = |text: &str| -> Rule { serde_json::from_str(text).expect("a rule") };
        let stated = rule(r#"{"abs": 0.002, "mc_p": 999, "max_z": 4}"#);
        for (p, may) in [(1.0, true), (0.99, true), (0.97, false), (0.05, false)] {
            assert_eq!(stated.as_good_as_one(p), may, "{p}");
        }
        assert!(!rule(r#"{"abs": 0.5}"#).as_good_as_one(1.0));
    }

    #[test]
    fn an_unknown_rule_is_refused() {
        assert!(serde_json::from_str::<Rule>(r#"{"about": 3}"#).is_err());
    }
}
