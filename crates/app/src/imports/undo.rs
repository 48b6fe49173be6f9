//! Undoing an import: everything that came with it is withdrawn by facts that name it, slice by
//! slice, and the rules are asked again about each person. Nothing is deleted; what an organ has
//! decided stands before it.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, ImportId, PersonId, RecordId};
use fangxian_store::clocks::clock_end;
use fangxian_store::imports::{
    Import, Undo, clocks_begun, import_cancel, import_fetch, listed_contacts, on_another_list,
    record_withdraw, undo_begin, undo_effect, undo_end, undo_fetch, undo_next, undo_step,
    undo_stopped,
};
use fangxian_store::records::{Record, RecordState, record_fetch, token_insert};
use fangxian_store::{Author, Tx, responses};

use super::run::patiently;
use super::sources::AWAITS;
use super::views::{UndoPreview, UndoView};
use crate::assess::{Rules, assess_withdrawn, report_is_due};
use crate::intake::identity_of;
use crate::people::author_name;
use crate::sight::{all_right, not_too_long, required};
use crate::{App, AppError, Result, Who, found};

/// Rows that are withdrawn in one transaction.
pub(super) const SLICE: i64 = 50;

impl App {
    /// Stops an import that runs, or gives up one that failed. What was taken in stays until it is
    /// undone.
    ///
    /// # Errors
    /// When it is over already, or the asker may not.
    pub fn import_cancel(&self, who: &Who, command: CommandId, id: ImportId) -> Result<()> {
        self.import_permit(who, Action::ImportCreate)?;
        let (action, purpose) = (Action::ImportCreate, Purpose::Intake);
        self.write(who, command, action, purpose, None, move |tx| {
            let import = found(import_fetch(tx, id))?;
            if import_cancel(tx, id)? || import.state == "cancelled" {
                Ok(())
            } else {
                Err(AppError::conflict(
                    "IMPORT-OVER",
                    "这份名单已经导入完毕，不能取消；如需收回，请用“撤销导入”。",
                    "This import is over and cannot be cancelled. To take it back, undo it.",
                ))
            }
        })
    }

    /// What undoing an import would touch; changes nothing.
    ///
    /// # Errors
    /// When there is no such import, or the asker may not import.
    pub fn import_undo_preview(&self, who: &Who, id: ImportId) -> Result<UndoPreview> {
        self.import_permit(who, Action::ImportCreate)?;
        self.read(|tx| {
            let import = found(import_fetch(tx, id))?;
            let effect = undo_effect(tx, &import)?;
            Ok(UndoPreview {
                import: id,
                file_name: import.file_name.clone(),
                state: import.state.clone(),
                records: effect.records,
                kept: effect.kept,
                facts: effect.facts,
                people: effect.people,
                only_here: effect.only_here,
                reviews: effect.reviews,
                measures_proposed: effect.proposed,
                measures_decided: effect.decided,
                tasks: effect.tasks,
                reports_open: effect.reports_open,
                reports_sent: effect.reports_sent,
            })
        })
    }

    /// Begins to undo an import, also one that still runs, which stops; [`App::import_undo_run`]
    /// withdraws its rows. One that is being undone, or was, stays as it is.
    ///
    /// # Errors
    /// When no reason is given, its response is closed, there is no such import, or the asker may
    /// not import.
    pub fn import_undo(
        &self,
        who: &Who,
        command: CommandId,
        id: ImportId,
        reason: &str,
    ) -> Result<()> {
        self.import_permit(who, Action::ImportCreate)?;
        let mut wrong = Vec::new();
        not_too_long(&mut wrong, "reason", reason);
        let (zh, en) = (
            "请写明撤销的理由，会记入每一条被撤回的内容。",
            "Say why it is undone; it will stand beside everything that is withdrawn.",
        );
        let reason = required(&mut wrong, "reason", reason, zh, en).unwrap_or_default();
        all_right(wrong)?;
        let author = who.author();
        let (action, purpose) = (Action::ImportCreate, Purpose::Intake);
        self.write(who, command, action, purpose, None, move |tx| {
            let import = found(import_fetch(tx, id))?;
            if matches!(import.state.as_str(), "undoing" | "undone") {
                return Ok(());
            }
            open(tx, &import)?;
            if undo_begin(tx, &import, &reason, author)? {
                Ok(())
            } else {
                Err(AppError::stale())
            }
        })
    }

    /// Withdraws the rows of an import that is being undone, from where that stopped; `progress`
    /// hears of every slice. Runs as the program itself: who asked stands with every withdrawal.
    ///
    /// # Errors
    /// When the import is not there, or the store cannot keep a slice; the reason stays with the
    /// import, and running it again goes on.
    pub fn import_undo_run(&self, id: ImportId, mut progress: impl FnMut(&UndoView)) -> Result<()> {
        let gone = patiently(|| {
            loop {
                let more = self.import_undo_slice(id)?;
                if let Some(undo) = self.import_undo_view(id)? {
                    progress(&undo);
                }
                if !more {
                    return Ok(());
                }
            }
        });
        if let Err(error) = &gone {
            error.log();
            self.import_undo_stopped(id, error);
        }
        gone
    }

    fn import_undo_view(&self, id: ImportId) -> Result<Option<UndoView>> {
        self.read(|tx| {
            let import = found(import_fetch(tx, id))?;
            undo_view(tx, &import)
        })
    }

    /// One slice; answers whether there is more to do.
    pub(super) fn import_undo_slice(&self, id: ImportId) -> Result<bool> {
        let import = self.read(|tx| found(import_fetch(tx, id)))?;
        let rules = self.rules();
        let (action, purpose) = (Action::ImportCreate, Purpose::Intake);
        let (who, response) = (Who::system(), Some(import.response));
        self.write(
            &who,
            CommandId::new(),
            action,
            purpose,
            response,
            move |tx| {
                let import = found(import_fetch(tx, id))?;
                let undo = undo_fetch(tx, &import)?.filter(|_| import.state == "undoing");
                let Some(undo) = undo else { return Ok(false) };
                let rows = undo_next(tx, id, SLICE)?;
                let Some((last, _)) = rows.last() else {
                    undo_end(tx, id)?;
                    return Ok(false);
                };
                let (mut records, mut facts) = (0, 0);
                for (_, record) in &rows {
                    if let Some(gone) = withdraw(tx, &rules, &import, &undo, *record)? {
                        records += 1;
                        facts += gone;
                    }
                }
                tx.detail("rows", rows.len());
                tx.detail("withdrawn", facts);
                let rows = i64::try_from(rows.len()).unwrap_or(SLICE);
                undo_step(tx, id, *last, (rows, records))?;
                Ok(true)
            },
        )
    }

    fn import_undo_stopped(&self, id: ImportId, error: &AppError) {
        let words = error
            .fields
            .first()
            .map_or(&error.text, |field| &field.text);
        let why = serde_json::to_string(words).unwrap_or_default();
        let (action, purpose) = (Action::ImportCreate, Purpose::Intake);
        let noted = self.write(
            &Who::system(),
            CommandId::new(),
            action,
            purpose,
            None,
            move |tx| Ok(undo_stopped(tx, id, &why)?),
        );
        if let Err(e) = noted {
            e.log();
        }
    }
}

/// How far the undoing of an import has come.
pub(super) fn undo_view(tx: &mut Tx<'_>, import: &Import) -> Result<Option<UndoView>> {
    let Some(undo) = undo_fetch(tx, import)? else {
        return Ok(None);
    };
    Ok(Some(UndoView {
        by: author_name(tx, &undo.by)?,
        at: undo.at,
        reason: undo.reason.unwrap_or_default(),
        rows: undo.rows,
        records: undo.records,
    }))
}

/// Why an import was undone; `None` when it was not, or the words were destroyed.
pub(crate) fn why_undone(tx: &mut Tx<'_>, id: ImportId) -> Result<Option<String>> {
    let Some(import) = import_fetch(tx, id)? else {
        return Ok(None);
    };
    Ok(undo_fetch(tx, &import)?.and_then(|undo| undo.reason))
}

/// Whether the response of an import is open: what a closed one came to stays until it is destroyed.
fn open(tx: &mut Tx<'_>, import: &Import) -> Result<()> {
    match responses::response_fetch(tx, import.response)? {
        Some(response) if response.closed_at.is_none() => Ok(()),
        Some(_) | None => Err(AppError::conflict(
            "RESPONSE-CLOSED",
            "这份名单所属的响应已结束，不能整份撤销。个别内容有误的，请在个人档案中更正。",
            "The response of this list is closed, and the list cannot be undone as a whole. Correct what is wrong in the files of the people.",
        )),
    }
}

/// Withdraws one record and asks the rules again about its person; answers how many facts that were,
/// `None` when it stays because another list says the same, or was withdrawn before.
fn withdraw(
    tx: &mut Tx<'_>,
    rules: &Rules,
    import: &Import,
    undo: &Undo,
    id: RecordId,
) -> Result<Option<usize>> {
    let Some(record) = record_fetch(tx, id)? else {
        return Ok(None);
    };
    let stands = record.state != RecordState::Withdrawn;
    if !stands || on_another_list(tx, import.id, id)? {
        return Ok(None);
    }
    let number = identity_of(tx, &[id])?.case_number;
    let author = Author::from_code(&undo.by).unwrap_or(Author::System);
    let facts = record_withdraw(
        tx,
        &record,
        author,
        undo.reason.as_deref().unwrap_or_default(),
    )?;
    if let Some((space, number)) = number {
        // A corrected list may bring the case again: its contacts wait for it under its number.
        for contact in listed_contacts(tx, id)? {
            token_insert(tx, contact, AWAITS, &format!("{space}#{number}"))?;
        }
    }
    assess_withdrawn(rules, tx, record.person)?;
    end_clocks(tx, rules, import.id, record.person, &record)?;
    Ok(Some(facts))
}

/// Ends the report clocks that the record began, unless what else is known asks for them.
fn end_clocks(
    tx: &mut Tx<'_>,
    rules: &Rules,
    import: ImportId,
    person: PersonId,
    record: &Record,
) -> Result<()> {
    for clock in clocks_begun(tx, record)? {
        if !report_is_due(rules, tx, person, &clock)? {
            clock_end(tx, clock.id, import)?;
        }
    }
    Ok(())
}
