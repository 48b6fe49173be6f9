//! The work list of rejected rows: no case is lost to a typo.

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, ImportId};
use fangxian_store::imports::{import_fetch, open_row_count, open_rows, row_decide};
use fangxian_store::{Author, Tx, responses};

use super::{RejectedRow, RejectedRows};
use crate::{App, AppError, Result, Who, found};

/// LIMIT: characters of the reason with a rejected row.
const REASON_MAX: usize = 500;
/// LIMIT: rows on one page of the work list.
const WORK_PAGE: i64 = 100;
/// LIMIT: the last page of the work list that can be asked for.
const WORK_PAGE_MAX: i64 = 100_000;

impl App {
    /// The rejected rows of all imports that nobody has dealt with.
    ///
    /// # Errors
    /// When the asker may not see imports.
    pub fn import_rejected(&self, who: &Who, page: i64) -> Result<RejectedRows> {
        self.import_permit(who, Action::ImportRead)?;
        let page = page.clamp(1, WORK_PAGE_MAX);
        self.read(|tx| {
            let total = open_row_count(tx)?;
            let mut rows = Vec::new();
            for row in open_rows(tx, WORK_PAGE, (page - 1) * WORK_PAGE)? {
                let response = responses::response_fetch(tx, row.response)?;
                rows.push(RejectedRow {
                    import: row.import,
                    file_name: row.file_name,
                    response: response.map(|response| response.code).unwrap_or_default(),
                    unit: unit_of(tx, &row.author)?,
                    since: row.since,
                    row: row.row_no,
                    remarks: serde_json::from_str(&row.findings).map_err(AppError::internal)?,
                });
            }
            Ok(RejectedRows {
                rows,
                total,
                page,
                pages: (total + WORK_PAGE - 1) / WORK_PAGE,
            })
        })
    }

    /// Takes a rejected row off the work list: `corrected`, or `dismissed` with the reason.
    ///
    /// # Errors
    /// When somebody did already, no reason is given, or the asker may not.
    pub fn import_row_decide(
        &self,
        who: &Who,
        command: CommandId,
        (id, row): (ImportId, i64),
        outcome: &str,
        reason: &str,
    ) -> Result<()> {
        self.import_permit(who, Action::ImportCreate)?;
        let outcome = match outcome.trim() {
            "corrected" => "corrected",
            "dismissed" => "dismissed",
            _ => {
                return Err(AppError::field(
                    "outcome",
                    "请选择“已更正”或“不再处理”。",
                    "Choose corrected or dismissed.",
                ));
            }
        };
        let reason = reason.trim().to_owned();
        if reason.is_empty() || reason.chars().count() > REASON_MAX {
            return Err(AppError::field(
                "reason",
                "请写明理由或更正后的去处，最多 500 字。",
                "Say why, or where the corrected row went, in at most 500 characters.",
            ));
        }
        let user = crate::sight::staff(who)?;
        self.write(
            who,
            command,
            Action::ImportCreate,
            Purpose::Intake,
            None,
            move |tx| {
                let import = found(import_fetch(tx, id))?;
                if row_decide(tx, &import, row, outcome, &reason, user)? {
                    Ok(())
                } else {
                    Err(AppError::stale())
                }
            },
        )
    }
}

/// The unit of whoever handed a file in.
fn unit_of(tx: &mut Tx<'_>, author: &str) -> Result<String> {
    let Some(user) = Author::from_code(author).and_then(Author::user) else {
        return Ok(String::new());
    };
    let Some(account) = fangxian_store::accounts::account_fetch(tx, user)? else {
        return Ok(String::new());
    };
    let unit = fangxian_store::places::unit_fetch(tx, account.unit)?;
    Ok(unit.map(|unit| unit.name_zh).unwrap_or_default())
}
