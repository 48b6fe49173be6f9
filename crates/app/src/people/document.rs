//! Document numbers in full. The file hides their middle; whoever must write one down asks for it
//! here, says what for, and leaves an entry of its own.

use fangxian_authz::Action;
use fangxian_base::{PersonId, RecordId};
use fangxian_store::Author;
use fangxian_store::facts::fact_list_of_kind;
use fangxian_store::records::record_fetch;
use schemars::JsonSchema;
use serde::Serialize;

use super::purpose;
use crate::intake::{Identity, person_now};
use crate::{App, AppError, Result, Who};

/// What a number is needed in full for: the purpose, and the code of the need.
///
/// A report card carries it (report card of 2019; IDL-2025 art. 45). A written decision names whom
/// it binds. Somebody who asks about the own file is recognised by it.
pub const NEEDS: [(&str, &str); 3] = [
    ("statutory_report", "report_card"),
    ("measure_work", "written_decision"),
    ("appeal", "applicant"),
];

/// Hides the middle of a document number: nobody needs it to recognise a person.
pub(crate) fn masked(number: &str) -> String {
    let letters: Vec<char> = number.chars().collect();
    let keep = if letters.len() > 8 { 4 } else { 1 };
    letters
        .iter()
        .enumerate()
        .map(|(i, c)| {
            if i < keep || i + keep >= letters.len() {
                *c
            } else {
                '*'
            }
        })
        .collect()
}

/// A letter as numbers are compared: one width, one case.
fn plain(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    }
    .to_ascii_uppercase()
}

/// How many letters from here on spell the number, blanks and dashes inside it counted.
fn spelt(letters: &[char], number: &[char]) -> Option<usize> {
    let mut wanted = number.iter();
    let mut next = wanted.next()?;
    for (at, letter) in letters.iter().enumerate() {
        if plain(*letter) == *next {
            match wanted.next() {
                Some(more) => next = more,
                None => return Some(at + 1),
            }
        } else if at == 0 || !" -\u{3000}".contains(*letter) {
            return None;
        }
    }
    None
}

/// A text in which these numbers, and whatever looks like an identity number, are masked.
pub(crate) fn with_numbers_masked(text: &str, numbers: &[String]) -> String {
    let numbers: Vec<Vec<char>> = numbers
        .iter()
        .map(|number| number.chars().map(plain).collect())
        .collect();
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut inside) = (0, false);
    while let Some(rest) = letters.get(at..).filter(|rest| !rest.is_empty()) {
        let run = rest
            .iter()
            .take_while(|c| plain(**c).is_ascii_digit() || plain(**c) == 'X')
            .count();
        let known = numbers.iter().filter_map(|number| spelt(rest, number));
        let long = known
            .max()
            .or(Some(run).filter(|run| !inside && *run >= 15));
        let taken = long.unwrap_or(1);
        let piece: String = rest.iter().take(taken).collect();
        if long.is_some() {
            out.push_str(&masked(&piece));
        } else {
            out.push_str(&piece);
        }
        inside = long.is_none() && run > 0;
        at += taken;
    }
    out
}

/// One document, as one record has it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DocumentView {
    /// The record that says so.
    pub record: RecordId,
    /// The document kind's code.
    pub kind: String,
    /// The number in full.
    pub number: String,
    /// Whether somebody said so at the public door; nobody has looked at the document.
    pub public: bool,
}

/// The documents of a person, in full.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DocumentsView {
    /// The person.
    pub person: PersonId,
    /// The name.
    pub name: String,
    /// Each number that stands, newest first; the same one from two records only once.
    pub documents: Vec<DocumentView>,
}

impl App {
    /// Shows the document numbers of a person in full. The reading is committed before.
    ///
    /// # Errors
    /// When no purpose or no need that fits it is given, there is no such person, or the asker may
    /// not see numbers.
    pub fn person_documents(
        &self,
        who: &Who,
        id: PersonId,
        why: &str,
        need: &str,
    ) -> Result<DocumentsView> {
        let asked = purpose(why)?;
        let need = NEEDS
            .iter()
            .find(|(of, code)| *of == asked.code() && *code == need.trim())
            .map(|(_, code)| *code)
            .ok_or_else(|| {
                AppError::field(
                    "need",
                    "请说明因何需要完整号码，并与查看目的一致。",
                    "Say what the full number is needed for, in accord with the purpose.",
                )
            })?;
        let view = self.read(|tx| {
            let person = person_now(tx, id)?;
            let row = self.person_permit(who, tx, person, Action::PeopleDocument, asked)?;
            let mut records = Vec::new();
            for (record, _) in self.admitted(who, tx, &row, Action::PeopleDocument, asked)? {
                records.push(record);
            }
            let facts = fact_list_of_kind(tx, &records, "identity")?;
            let mut documents: Vec<DocumentView> = Vec::new();
            for fact in fangxian_store::facts::standing(&facts).into_iter().rev() {
                let one = std::slice::from_ref(fact);
                let Some((kind, number)) = Identity::of(one).document else {
                    continue;
                };
                let known = |view: &DocumentView| view.kind == kind && view.number == number;
                if documents.iter().any(known) || record_fetch(tx, fact.record)?.is_none() {
                    continue;
                }
                documents.push(DocumentView {
                    record: fact.record,
                    kind,
                    number,
                    public: fact.author == Author::Public.code(),
                });
            }
            Ok(DocumentsView {
                person,
                name: Identity::of(&facts).name.unwrap_or_default(),
                documents,
            })
        })?;
        let shown = vec![("person", view.person.to_string())];
        let detail = vec![
            ("need", need.into()),
            ("documents", view.documents.len().into()),
        ];
        self.show(who, Action::PeopleDocument, asked, shown, detail)?;
        Ok(view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_however_they_are_written() {
        let known = ["99010119900307123X".to_owned(), "E12345678".to_owned()];
        for (text, shown) in [
            (
                "证件 99010119900307123x，电话 13800138000",
                "证件 9901**********123x，电话 13800138000",
            ),
            (
                "９９０１０１１９９００３０７１２３Ｘ",
                "９９０１**********１２３Ｘ",
            ),
            ("990101 19900307 123X", "9901************123X"),
            ("护照 e12345678 号", "护照 e123*5678 号"),
            ("另一人 990101199003071248。", "另一人 9901**********1248。"),
            ("[\"2026-05-01\",\"39.5\"]", "[\"2026-05-01\",\"39.5\"]"),
            ("", ""),
        ] {
            assert_eq!(with_numbers_masked(text, &known), shown, "{text}");
        }
    }
}
