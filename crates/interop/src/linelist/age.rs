//! Ages as lists write them: years, months, days, bands.

use super::codes::plain;

/// The unit an age is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AgeUnit {
    /// 岁.
    Years,
    /// 月龄.
    Months,
    /// 日龄.
    Days,
}

pub(super) fn age_unit(text: &str) -> Option<AgeUnit> {
    match plain(text).as_str() {
        "岁" | "周岁" | "年" | "y" | "yr" | "yrs" | "year" | "years" | "yearold" | "yearsold"
        | "yo" | "sui" | "1" => Some(AgeUnit::Years),
        "月" | "个月" | "月龄" | "m" | "mo" | "mon" | "mth" | "month" | "months" | "2" => {
            Some(AgeUnit::Months)
        }
        "天" | "日" | "日龄" | "d" | "day" | "days" | "3" => Some(AgeUnit::Days),
        _ => None,
    }
}

/// An age in whole units, from `low` to `high`; both are equal unless a band was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age {
    /// The unit of both ends.
    pub unit: AgeUnit,
    /// The least the age can be.
    pub low: u16,
    /// The most the age can be.
    pub high: u16,
}

/// Upper end of an open band such as `80+`.
const OPEN_BAND_YEARS: u16 = 120;

impl Age {
    /// An exact age.
    pub const fn exact(unit: AgeUnit, value: u16) -> Self {
        Self {
            unit,
            low: value,
            high: value,
        }
    }

    /// Reads `39`, `39岁`, `3个月`, `3岁2个月`, `0.5`, `30s`, `60-69`, `80+`; `unit` is that of a
    /// column of its own.
    pub fn parse(text: &str, unit: Option<AgeUnit>) -> Option<Self> {
        let text = plain_age(text);
        let default = unit.unwrap_or(AgeUnit::Years);
        if let Some(decade) = text
            .strip_suffix("0s")
            .or_else(|| text.strip_suffix("0多岁"))
        {
            let low = whole(decade)?.checked_mul(10)?;
            return Some(Self {
                unit: default,
                low,
                high: low.checked_add(9)?,
            });
        }
        if let Some(low) = text
            .strip_suffix('+')
            .or_else(|| text.strip_suffix("岁以上"))
            .and_then(whole)
        {
            return Some(Self {
                unit: default,
                low,
                high: low.max(OPEN_BAND_YEARS),
            });
        }
        if let Some((low, high)) = text.split_once(['-', '~', '至', '–', '～']) {
            let (low, high) = (
                whole(low.trim_end_matches('岁'))?,
                whole(high.trim_end_matches('岁'))?,
            );
            return (low <= high).then_some(Self {
                unit: default,
                low,
                high,
            });
        }
        if let Some((years, months)) = text.split_once('岁')
            && !months.is_empty()
        {
            let months = months.trim_end_matches("个月").trim_end_matches('月');
            let total = if months == "半" { 6 } else { whole(months)? };
            return Some(Self::exact(
                AgeUnit::Months,
                whole(years)?.checked_mul(12)?.checked_add(total)?,
            ));
        }
        let digits = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, rest) = text.split_at(digits);
        let unit = if rest.is_empty() {
            default
        } else {
            age_unit(rest)?
        };
        match (whole(number), unit) {
            (Some(value), _) => Some(Self::exact(unit, value)),
            (None, AgeUnit::Years) => {
                let years: f64 = number.parse().ok()?;
                if years >= 3.0 {
                    return Some(Self::exact(AgeUnit::Years, float_floor(years)?));
                }
                Some(Self::exact(AgeUnit::Months, float_floor(years * 12.0)?))
            }
            (None, AgeUnit::Months | AgeUnit::Days) => {
                Some(Self::exact(unit, float_floor(number.parse().ok()?)?))
            }
        }
    }

    /// The most this age can be, in years, rounded down.
    pub const fn high_years(self) -> u16 {
        match self.unit {
            AgeUnit::Years => self.high,
            AgeUnit::Months => self.high / 12,
            AgeUnit::Days => self.high / 365,
        }
    }

    /// The least this age can be, in years, rounded down.
    pub const fn low_years(self) -> u16 {
        match self.unit {
            AgeUnit::Years => self.low,
            AgeUnit::Months => self.low / 12,
            AgeUnit::Days => self.low / 365,
        }
    }
}

fn plain_age(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

fn whole(text: &str) -> Option<u16> {
    let text = text.strip_suffix(".0").unwrap_or(text);
    if text.is_empty() || text.len() > 5 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked first"
)]
fn float_floor(value: f64) -> Option<u16> {
    (0.0..=50_000.0)
        .contains(&value)
        .then(|| value.floor() as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_as_people_write_them() {
        use AgeUnit::{Days, Months, Years};
        for (text, unit, low, high) in [
            ("39", Years, 39, 39),
            ("３９ 岁", Years, 39, 39),
            ("39.0", Years, 39, 39),
            ("0.5", Months, 6, 6),
            ("3个月", Months, 3, 3),
            ("20天", Days, 20, 20),
            ("3岁2个月", Months, 38, 38),
            ("1岁半", Months, 18, 18),
            ("30s", Years, 30, 39),
            ("60-69", Years, 60, 69),
            ("80+", Years, 80, 120),
            ("2 months", Months, 2, 2),
        ] {
            assert_eq!(
                Age::parse(text, None),
                Some(Age { unit, low, high }),
                "{text}"
            );
        }
        assert_eq!(Age::parse("5", Some(Months)), Some(Age::exact(Months, 5)));
        for text in ["", "成人", "-3", "1e5", "70000"] {
            assert_eq!(Age::parse(text, None), None, "{text}");
        }
    }
}
