//! A model of agreement that is given, as other programs write it: comparisons of levels with their chances.

use std::collections::BTreeMap;

use fangxian_base::days_between;

use super::{birth, text};
use crate::answer::{Estimated, require};
use crate::call::{Input, Refused};
use crate::table::is_missing;

/// What two values must fulfil for a level.
#[derive(Debug, Clone, PartialEq)]
enum Condition {
    /// One of them is missing, or no date of this form.
    Missing(Option<String>),
    /// They are equal.
    Equal,
    /// They are as similar as this after Jaro and Winkler.
    Similar(f64),
    /// So many steps lie between them at most.
    Steps(usize),
    /// The same with exchanged neighbours as one step.
    StepsExchanged(usize),
    /// So many seconds lie between them at most, read as dates of this form.
    Seconds(String, f64),
    /// All else.
    Else,
}

/// One level of a comparison.
#[derive(Debug, Clone, PartialEq)]
struct Level {
    number: f64,
    condition: Condition,
    /// Logarithm to base 2 of the chance among pairs of one person over that among others; 0 where nothing is known.
    weight: f64,
    /// The chance among others.
    by_chance: Option<f64>,
}

/// One comparison: a column and its levels, in the order in which they are tried.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The column.
    pub column: String,
    levels: Vec<Level>,
    /// How often each value occurs, where equal rare values count for more than equal common ones.
    shares: BTreeMap<String, f64>,
}

/// A model.
#[derive(Debug, Clone, PartialEq)]
pub struct Fixed {
    /// Logarithm to base 2 of the odds that two random records are of one person.
    pub start: f64,
    /// The comparisons.
    pub comparisons: Vec<Comparison>,
}

impl Condition {
    /// Reads a condition as the reference program writes it; nothing when it is of no known form.
    fn read(text: &str) -> Option<Self> {
        let quoted = || text.split('\'').nth(1).map(str::to_owned);
        let number = || text.rsplit([' ', '=']).next()?.parse::<f64>().ok();
        let steps = || number().and_then(crate::numbers::whole);
        Some(match text {
            "ELSE" => Self::Else,
            _ if text.contains(" IS NULL") => Self::Missing(quoted()),
            _ if text.starts_with("ABS(EPOCH(") => Self::Seconds(quoted()?, number()?),
            _ if text.starts_with("jaro_winkler_similarity(") => Self::Similar(number()?),
            _ if text.starts_with("levenshtein(") => Self::Steps(steps()?),
            _ if text.starts_with("damerau_levenshtein(") => Self::StepsExchanged(steps()?),
            _ if text.contains("\" = \"") => Self::Equal,
            _ => return None,
        })
    }

    fn holds(&self, a: &str, b: &str) -> bool {
        let chars = |text: &str| text.chars().collect::<Vec<char>>();
        match self {
            Self::Missing(None) => is_missing(a) || is_missing(b),
            Self::Missing(Some(form)) => date(a, form).is_none() || date(b, form).is_none(),
            Self::Equal => a == b,
            Self::Similar(least) => text::jaro_winkler(&chars(a), &chars(b)) >= *least,
            Self::Steps(most) => text::levenshtein(&chars(a), &chars(b)) <= *most,
            Self::StepsExchanged(most) => text::damerau(&chars(a), &chars(b)) <= *most,
            Self::Seconds(form, most) => date(a, form)
                .zip(date(b, form))
                .is_some_and(|(a, b)| (days_between(a, b) as f64 * 86_400.0).abs() <= *most),
            Self::Else => true,
        }
    }
}

fn date(text: &str, form: &str) -> Option<fangxian_base::Date> {
    let [year, month, day] = birth(text, form)?.map(|part| i16::try_from(part).ok());
    let small = |part: Option<i16>| part.and_then(|part| i8::try_from(part).ok());
    fangxian_base::Date::new(year?, small(month)?, small(day)?).ok()
}

impl Fixed {
    /// The model of this name from a table with columns `model`, `comparison`, `gamma` (-1 where a value is missing),
    /// `condition`, `m` and `u`, and the chance that two random records are of one person.
    pub fn read(table: &Input<'_>, name: &str, chance: f64) -> Result<Self, Refused> {
        let texts = |column| table.texts(column);
        let (models, names, conditions) =
            (texts("model")?, texts("comparison")?, texts("condition")?);
        let (gammas, m, u) = (
            table.numbers("gamma")?,
            table.maybe_numbers("m")?,
            table.maybe_numbers("u")?,
        );
        let mut comparisons: Vec<Comparison> = Vec::new();
        for row in (0..models.len()).filter(|row| models[*row] == name) {
            let condition = Condition::read(conditions[row]).ok_or_else(|| {
                table.bad(
                    "condition",
                    row,
                    conditions[row],
                    "a condition of a known form",
                )
            })?;
            let level = Level {
                number: gammas[row],
                condition,
                weight: m[row].zip(u[row]).map_or(0.0, |(m, u)| (m / u).log2()),
                by_chance: u[row],
            };
            match comparisons
                .last_mut()
                .filter(|last| last.column == names[row])
            {
                Some(last) => last.levels.push(level),
                None => comparisons.push(Comparison {
                    column: names[row].to_owned(),
                    levels: vec![level],
                    shares: BTreeMap::new(),
                }),
            }
        }
        require(
            !comparisons.is_empty(),
            "the table of models has no row of this model",
        )?;
        require(
            chance > 0.0 && chance < 1.0,
            "the chance that two records are of one person is not between 0 and 1",
        )?;
        Ok(Self {
            start: (chance / (1.0 - chance)).log2(),
            comparisons,
        })
    }

    /// Lets equal values of a column count by how rare they are among these (Winkler 2006).
    pub fn count_rarity<'t>(&mut self, column: &str, values: impl Iterator<Item = &'t str>) {
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        let mut all = 0.0;
        for value in values.filter(|value| !is_missing(value)) {
            *counts.entry(value.to_owned()).or_default() += 1.0;
            all += 1.0;
        }
        for count in counts.values_mut() {
            *count /= all;
        }
        for comparison in self.comparisons.iter_mut().filter(|c| c.column == column) {
            comparison.shares.clone_from(&counts);
        }
    }

    /// The level of each comparison and the match weight of a pair, whose values are in the order of the comparisons.
    pub fn score(&self, a: &[&str], b: &[&str]) -> (Vec<f64>, f64) {
        let mut weight = self.start;
        let level = |((comparison, a), b): ((&Comparison, &&str), &&str)| {
            let level = comparison
                .levels
                .iter()
                .find(|level| level.condition.holds(a, b));
            weight += level.map_or(0.0, |level| level.weight);
            if let Some(level) = level.filter(|level| level.condition == Condition::Equal) {
                let rarity = level.by_chance.zip(comparison.shares.get(*a));
                weight += rarity.map_or(0.0, |(chance, share)| (chance / share).log2());
            }
            level.map_or(f64::NAN, |level| level.number)
        };
        let levels = self.comparisons.iter().zip(a).zip(b).map(level).collect();
        (levels, weight)
    }
}

/// The probability behind a match weight.
pub fn probability(weight: f64) -> f64 {
    1.0 / (1.0 + libm::exp2(-weight))
}

/// Pairs of records, first below second, that agree in all columns of a rule; `split` as in [`super::train`].
pub fn blocked(
    rows: &[Vec<&str>],
    rules: &[Vec<usize>],
    split: Option<usize>,
) -> Estimated<Vec<(usize, usize)>> {
    let mut pairs = Vec::new();
    for rule in rules {
        let mut groups: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            let key: Vec<&str> = rule.iter().map(|column| row[*column]).collect();
            if !key.iter().any(|text| is_missing(text)) {
                groups.entry(key).or_default().push(at);
            }
        }
        for group in groups.values() {
            require(
                group.len() <= GROUP_MAX,
                "a rule of blocking puts more than 20,000 records together",
            )?;
            for (i, a) in group.iter().enumerate() {
                let across = |b: &&usize| split.is_none_or(|split| (*a < split) != (**b < split));
                pairs.extend(group[i + 1..].iter().filter(across).map(|b| (*a, *b)));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
    }
    Ok(pairs)
}

/// LIMIT: records that one value of a rule may put together.
const GROUP_MAX: usize = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_hold_as_written() {
        let holds = |text: &str, a: &str, b: &str| {
            Condition::read(text).is_some_and(|condition| condition.holds(a, b))
        };
        assert!(holds("\"x_l\" IS NULL OR \"x_r\" IS NULL", "", "b"));
        assert!(!holds("\"x_l\" IS NULL OR \"x_r\" IS NULL", "a", "b"));
        let missing =
            "try_strptime(\"d_l\", '%Y%m%d') IS NULL OR try_strptime(\"d_r\", '%Y%m%d') IS NULL";
        assert!(holds(missing, "19901301", "19900101"));
        assert!(holds("\"x_l\" = \"x_r\"", "a", "a") && !holds("\"x_l\" = \"x_r\"", "a", "b"));
        let similar = "jaro_winkler_similarity(\"x_l\", \"x_r\") >= 0.92";
        assert!(holds(similar, "martha", "marhta") && !holds(similar, "martha", "mother"));
        assert!(!holds("levenshtein(\"x_l\", \"x_r\") <= 1", "ab", "ba"));
        assert!(holds(
            "damerau_levenshtein(\"x_l\", \"x_r\") <= 1",
            "ab",
            "ba"
        ));
        let month = "ABS(EPOCH(try_strptime(\"d_l\", '%Y%m%d')) - EPOCH(try_strptime(\"d_r\", '%Y%m%d'))) <= 2629800.0";
        assert!(holds(month, "19900101", "19900131") && !holds(month, "19900101", "19900201"));
        assert!(Condition::read("soundex(\"x_l\") = soundex(\"x_r\")").is_none());
    }
}
