//! What a response holds, as lists of the shape they come in by: cases, contacts, movements. Such a
//! file comes back through the door by itself, and says the same again.
//!
//! A row is a record; what does not fit into one row of a form stands in further rows of the same
//! person. What the form has no column for is counted and left out. Start with [`App::list_export`].

mod cells;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{AreaId, ImportId, RecordId};
use fangxian_interop::linelist::{Kind as ListKind, Language, write_list};
use fangxian_store::facts::{CASE_RECORD, Fact, fact_list, standing};
use fangxian_store::imports::import_fetch;
use fangxian_store::people::person_of;
use fangxian_store::records::{Record, records_of_response};
use fangxian_store::{Tx, places, responses};

use crate::imports::kind_of;
use crate::intake::{Identity, identity_of};
use crate::{App, AppError, Kind, Result, Who, about, found};

/// LIMIT: rows of one file.
const ROWS_MAX: usize = 200_000;
/// Records that are read at once.
const PART: i64 = 500;

/// A list as a file.
#[derive(Debug, Clone)]
pub struct Exported {
    /// UTF-8 with a byte order mark.
    pub bytes: Vec<u8>,
    /// Rows below the header.
    pub rows: usize,
    /// Facts that the form has no column for; they are not in the file.
    pub left_out: usize,
}

/// What is the same for all rows.
struct Known {
    kind: ListKind,
    language: Language,
    codes: BTreeMap<AreaId, String>,
    imports: BTreeMap<ImportId, (ListKind, String)>,
    cases: BTreeMap<RecordId, String>,
}

impl App {
    /// The rows that came to a response as cases, contacts or movements, with what is known of
    /// each: the last word, without what was corrected, withdrawn or destroyed. Rows are personal:
    /// the reading leaves an entry that names every person.
    ///
    /// # Errors
    /// When there is no such kind or response, these are too many, or the asker may not.
    pub fn list_export(
        &self,
        who: &Who,
        kind: &str,
        response: &str,
        language: Language,
    ) -> Result<Exported> {
        let kind = kind_of(kind)?;
        let (rows, persons, left_out) = self.read(|tx| {
            let response = found(responses::response_by_code(tx, response.trim()))?;
            let about = about(tx, None, false, Some(response.id))?;
            self.permit(
                who,
                Action::ImportRead,
                &Resource::Import { about },
                Purpose::Intake,
            )?;
            // What is sealed goes out only to whoever may see it.
            let sealed = crate::about(tx, None, true, Some(response.id))?;
            let sealed = Resource::Import { about: sealed };
            let sealed_too = self
                .permit(who, Action::ImportRead, &sealed, Purpose::Intake)
                .is_ok();
            let mut known = Known::load(tx, kind, language)?;
            let (mut rows, mut persons, mut left_out) = (Vec::new(), Vec::new(), 0);
            let mut after = None;
            loop {
                let records = records_of_response(tx, response.id, after, PART)?;
                let Some(last) = records.last() else { break };
                after = Some(last.id);
                let records = records.into_iter();
                let records = records.filter(|record| sealed_too || !record.confined);
                let records = records.collect();
                for record in of_kind(tx, &mut known, records)? {
                    let facts = fact_list(tx, &[record.id])?;
                    left_out += known.add(tx, &record, &facts, &mut rows)?;
                    persons.push(("person", record.person.to_string()));
                }
                if rows.len() > ROWS_MAX {
                    return Err(AppError::new(
                        Kind::TooLarge,
                        "TOO-MANY-ROWS",
                        "记录过多，无法一次导出。",
                        "These are too many for one file.",
                    ));
                }
            }
            Ok((rows, persons, left_out))
        })?;
        let count = rows.len();
        self.show(
            who,
            Action::ImportRead,
            Purpose::Intake,
            persons,
            vec![("rows", count.into()), ("list", kind.code().into())],
        )?;
        Ok(Exported {
            bytes: write_list(kind, &rows, language),
            rows: count,
            left_out,
        })
    }
}

/// The records of a part that belong into this kind of list.
fn of_kind(tx: &mut Tx<'_>, known: &mut Known, records: Vec<Record>) -> Result<Vec<Record>> {
    let mut kept = Vec::new();
    for record in records {
        let kind = match record.import {
            Some(import) => known.import(tx, import)?.map(|(kind, _)| kind),
            // What came in one by one: whoever is named as a contact is one.
            None if record.channel == "named_contact" => Some(ListKind::Contacts),
            None => Some(ListKind::Linelist),
        };
        if kind == Some(known.kind) {
            kept.push(record);
        }
    }
    Ok(kept)
}

impl Known {
    fn load(tx: &mut Tx<'_>, kind: ListKind, language: Language) -> Result<Self> {
        let areas = places::area_list(tx, &[fangxian_store::AreaRange::everywhere()], None)?;
        Ok(Self {
            kind,
            language,
            codes: areas.into_iter().map(|area| (area.id, area.code)).collect(),
            imports: BTreeMap::new(),
            cases: BTreeMap::new(),
        })
    }

    fn import(&mut self, tx: &mut Tx<'_>, id: ImportId) -> Result<Option<(ListKind, String)>> {
        if let Some(known) = self.imports.get(&id) {
            return Ok(Some(known.clone()));
        }
        let Some(import) = import_fetch(tx, id)? else {
            return Ok(None);
        };
        let known = (kind_of(&import.kind)?, import.source);
        self.imports.insert(id, known.clone());
        Ok(Some(known))
    }

    /// The number of the case that a contact names: the list's own, else that of its record.
    fn case_number(&mut self, tx: &mut Tx<'_>, case: RecordId) -> Result<String> {
        if let Some(number) = self.cases.get(&case) {
            return Ok(number.clone());
        }
        let own = identity_of(tx, &[case])?.case_number;
        let number = own.map_or_else(|| case.to_string(), |(_, number)| number);
        self.cases.insert(case, number.clone());
        Ok(number)
    }

    /// Adds the rows of a record; answers how many of its facts they do not hold.
    fn add(
        &mut self,
        tx: &mut Tx<'_>,
        record: &Record,
        facts: &[Fact],
        rows: &mut Vec<cells::Cells>,
    ) -> Result<usize> {
        if facts.iter().all(|fact| fact.attrs.is_none()) {
            // Its key was destroyed.
            return Ok(0);
        }
        let identity = Identity::of(facts);
        let source = match record.import {
            Some(import) => self.import(tx, import)?.map(|(_, source)| source),
            None => None,
        };
        let area = record.area.and_then(|area| self.codes.get(&area));
        let form = (self.kind, self.language);
        let base = cells::base(form, record, &identity, source, area.map(String::as_str));
        let mut sheet = cells::Sheet::new(form, base);
        for fact in standing(facts) {
            let named = fact.attrs.as_ref().and_then(|attrs| attrs.get(CASE_RECORD));
            let case = match named.and_then(|case| case.as_str()?.parse::<RecordId>().ok()) {
                Some(case) if person_of(tx, case)?.is_some() => Some(self.case_number(tx, case)?),
                Some(_) | None => None,
            };
            sheet.take(fact, case);
        }
        let (mut own, left_out) = sheet.rows();
        rows.append(&mut own);
        Ok(left_out)
    }
}
