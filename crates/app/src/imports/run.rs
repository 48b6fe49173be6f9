//! Taking rows in, batch by batch: going on after a kill, trying again, and saying why not.

use std::sync::Arc;
use std::time::Duration;

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, ImportId};
use fangxian_store::imports::{
    Counts, Import, import_add, import_fetch, import_file, import_finish, import_reopen,
    import_unfinished,
};
use fangxian_store::{Author, Tx, responses};

use super::{kind_of, rows};
use crate::{App, AppError, Kind, Result, Who, found};

/// Rows that share one command: one audit entry, one commit.
pub(super) const BATCH: usize = 100;
/// How often a batch is tried again while nothing can be kept, and the first pause; each is twice
/// the one before.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(250);

/// The code of a batch that is not taken because the import does not run any more.
const STOPPED: &str = "IMPORT-STOPPED";

/// Tries again while nothing can be kept, with growing pauses.
pub(super) fn patiently(mut work: impl FnMut() -> Result<()>) -> Result<()> {
    let mut tries = 0;
    loop {
        match work() {
            Err(error) if error.kind == Kind::Unavailable && tries < TRIES => {
                error.log();
                std::thread::sleep(PAUSE.saturating_mul(1 << tries));
                tries += 1;
            }
            done => return done,
        }
    }
}

impl App {
    /// Takes in the rows of an import, from where it stopped; `progress` hears of every batch and
    /// may stop it. Runs as the program itself: who handed the file in stands with every record.
    /// While nothing can be kept it waits and tries again; what cannot be done at all leaves the
    /// import `failed` with the reason.
    ///
    /// # Errors
    /// When the import is not there, its file was destroyed, its response is closed, or the store
    /// cannot keep rows.
    pub fn import_run(&self, id: ImportId, mut progress: impl FnMut(Counts) -> bool) -> Result<()> {
        let taken = patiently(|| self.import_go_on(id, &mut progress));
        match taken {
            // Somebody cancelled or undid it meanwhile, and said so.
            Err(error) if error.code == STOPPED => Ok(()),
            Err(error) => {
                self.import_failed(id, &error);
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }

    fn import_go_on(&self, id: ImportId, progress: &mut impl FnMut(Counts) -> bool) -> Result<()> {
        let (import, bytes) = self.read(|tx| {
            let import = found(import_fetch(tx, id))?;
            let bytes = import_file(tx, &import)?;
            Ok((import, bytes))
        })?;
        if import.state != "running" {
            return Ok(());
        }
        let bytes = bytes.ok_or_else(AppError::not_found)?;
        let of = (kind_of(&import.kind)?, import.source.as_str());
        let prepared = self.prepare(of, &bytes, &import.mapping)?;
        let reading =
            Arc::new(self.read(|tx| rows::Reading::load(tx, &import, &prepared.mapping))?);
        let import = Arc::new(import);
        let mut total = Counts::default();
        let mut rows = prepared.parsed();
        for number in 0_u64.. {
            let batch: Vec<rows::Parsed> = tracing::trace_span!(target: "phase", "parse")
                .in_scope(|| rows.by_ref().take(BATCH).collect());
            let batch = Arc::new(batch);
            if batch.is_empty() {
                break;
            }
            let done = self.import_batch(&import, number, batch, &reading)?;
            total = rows::sum(total, done);
            if !progress(total) {
                return self.import_end(id, "cancelled", None);
            }
        }
        self.import_end(id, "done", None)
    }

    /// Leaves the reason with the import; when not even that can be kept, it stays under way and
    /// the next start goes on with it.
    fn import_failed(&self, id: ImportId, error: &AppError) {
        error.log();
        let words = error
            .fields
            .first()
            .map_or(&error.text, |field| &field.text);
        let reason = serde_json::to_string(words).unwrap_or_default();
        if let Err(e) = self.import_end(id, "failed", Some(reason)) {
            e.log();
        }
    }

    /// Lets an import that failed go on; [`App::import_run`] then takes in what is left.
    ///
    /// # Errors
    /// When it is not there, did not fail, its response is closed, or the asker may not.
    pub fn import_reopen(&self, who: &Who, command: CommandId, id: ImportId) -> Result<()> {
        self.import_permit(who, Action::ImportCreate)?;
        self.write(
            who,
            command,
            Action::ImportCreate,
            Purpose::Intake,
            None,
            move |tx| {
                let import = found(import_fetch(tx, id))?;
                takes_rows(tx, &import)?;
                if import_reopen(tx, id)? {
                    Ok(())
                } else {
                    Err(AppError::stale())
                }
            },
        )
    }

    pub(super) fn import_batch(
        &self,
        import: &Arc<Import>,
        number: u64,
        batch: Arc<Vec<rows::Parsed>>,
        reading: &Arc<rows::Reading>,
    ) -> Result<Counts> {
        let (import, reading, rules) = (Arc::clone(import), Arc::clone(reading), self.rules());
        let who = Who::system();
        let author = Author::from_code(&import.author).unwrap_or(Author::System);
        let command = rows::batch_command(import.id, number);
        let response = Some(import.response);
        let counts: [i64; 6] = self.write(
            &who,
            command,
            Action::ImportCreate,
            Purpose::Intake,
            response,
            move |tx| {
                let _whole = tracing::trace_span!(target: "phase", "batch").entered();
                let now = found(import_fetch(tx, import.id))?;
                if now.state != "running" {
                    return Err(AppError::conflict(
                        STOPPED,
                        "这份名单已取消或撤销，其余各行不再导入。",
                        "This import was cancelled or undone; its other rows are not taken.",
                    ));
                }
                takes_rows(tx, &import)?;
                tx.detail("batch", number);
                tracing::trace_span!(target: "phase", "looking up")
                    .in_scope(|| rows::look_up(tx, &rules, &import, &batch))?;
                let mut counts = Counts::default();
                for row in batch.iter() {
                    let one = rows::take_row(tx, &rules, &import, author, &reading, row)?;
                    counts = rows::sum(counts, one);
                }
                import_add(tx, import.id, counts)?;
                tx.detail("accepted", counts.accepted);
                tx.detail("rejected", counts.rejected);
                Ok(rows::pack(counts))
            },
        )?;
        Ok(rows::unpack(counts))
    }

    fn import_end(&self, id: ImportId, state: &'static str, why: Option<String>) -> Result<()> {
        let who = Who::system();
        self.write(
            &who,
            CommandId::new(),
            Action::ImportCreate,
            Purpose::Intake,
            None,
            move |tx| Ok(import_finish(tx, id, state, why.as_deref())?),
        )
    }

    /// Goes on with every import, and every undoing of one, that a kill or a restart left under way;
    /// one that cannot go on is marked, and the others do not wait for it. Answers how many were
    /// done.
    ///
    /// # Errors
    /// When it cannot even be read which ones there are.
    pub fn import_resume(&self) -> Result<usize> {
        let open = self.read(|tx| Ok(import_unfinished(tx)?))?;
        let run = |import: &&Import| match import.state.as_str() {
            "undoing" => self.import_undo_run(import.id, |_| {}).is_ok(),
            _ => self.import_run(import.id, |_| true).is_ok(),
        };
        Ok(open.iter().filter(run).count())
    }
}

/// Whether an import's response still takes rows.
fn takes_rows(tx: &mut Tx<'_>, import: &Import) -> Result<()> {
    match responses::response_fetch(tx, import.response)? {
        Some(response) if response.closed_at.is_none() => Ok(()),
        Some(_) | None => Err(AppError::conflict(
            "RESPONSE-CLOSED",
            "这份名单所属的响应已结束，其余各行不能再导入。请选择进行中的响应重新导入。",
            "The response of this list is closed and takes no more rows. Import the list again into an open one.",
        )),
    }
}
