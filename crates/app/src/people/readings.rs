//! Who has read a file, and why: by day, unit and purpose, as the person may see it too.

use std::collections::BTreeMap;

use fangxian_base::{Date, EntryId, Instant, PersonId, RecordId, Text, UserId, Zone};
use fangxian_store::audit::entries_about;
use fangxian_store::{Author, Tx};
use schemars::JsonSchema;
use serde::Serialize;

use crate::Result;

/// LIMIT: readings on one page of a file.
const READINGS_MAX: usize = 200;

/// One reading.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Reading {
    /// When.
    pub at: Instant,
    /// The action's code.
    pub action: String,
}

/// The readings of one day by one unit for one purpose.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Looks {
    /// The day, in the zone of the installation.
    #[schemars(with = "String")]
    pub on: Date,
    /// The unit, or a word.
    pub unit: Text,
    /// The purpose's code.
    pub purpose: String,
    /// Each of them, newest first.
    pub each: Vec<Reading>,
}

/// A page of the readings of a file.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct Readings {
    /// By day, unit and purpose, newest first.
    pub looks: Vec<Looks>,
    /// What to give as `readings_before` for the page after; none: this was the last.
    pub next: Option<EntryId>,
}

/// The unit of a member of staff: what a reading shows instead of a person.
fn unit_name(tx: &mut Tx<'_>, user: UserId) -> Result<Text> {
    let Some(account) = fangxian_store::accounts::account_fetch(tx, user)? else {
        return Ok(Text::default());
    };
    let unit = fangxian_store::places::unit_fetch(tx, account.unit)?;
    Ok(unit
        .map(|unit| Text::new(unit.name_zh, unit.name_en))
        .unwrap_or_default())
}

/// A page of the readings of the file that these records make.
pub(super) fn readings(
    tx: &mut Tx<'_>,
    zone: &Zone,
    records: &[RecordId],
    before: Option<EntryId>,
) -> Result<Readings> {
    let actions: Vec<&str> = crate::READING.iter().map(|action| action.code()).collect();
    let of = records.iter().map(|record| PersonId::of_record(*record));
    let of: Vec<PersonId> = of.collect();
    let limit = i64::try_from(READINGS_MAX).map_err(crate::AppError::internal)? + 1;
    let mut entries = entries_about(tx, &of, &actions, before, limit)?;
    let more = entries.len() > READINGS_MAX;
    entries.truncate(READINGS_MAX);
    let next = entries.last().filter(|_| more).map(|entry| entry.id);
    let mut units: BTreeMap<String, Text> = BTreeMap::new();
    let mut looks: Vec<Looks> = Vec::new();
    for entry in entries {
        let unit = if let Some(unit) = units.get(&entry.author) {
            unit.clone()
        } else {
            let unit = match Author::from_code(&entry.author).and_then(Author::user) {
                Some(user) => unit_name(tx, user)?,
                None => Text::new(entry.author.as_str(), entry.author.as_str()),
            };
            units.insert(entry.author.clone(), unit.clone());
            unit
        };
        let on = zone.date(entry.at);
        let reading = Reading {
            at: entry.at,
            action: entry.action,
        };
        let same =
            |one: &&mut Looks| one.on == on && one.unit == unit && one.purpose == entry.purpose;
        match looks.iter_mut().find(same) {
            Some(one) => one.each.push(reading),
            None => looks.push(Looks {
                on,
                unit,
                purpose: entry.purpose,
                each: vec![reading],
            }),
        }
    }
    Ok(Readings { looks, next })
}
