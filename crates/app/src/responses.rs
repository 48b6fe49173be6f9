//! Responses: opening, closing, and destroying what was personal; approvals are in `approvals`, and
//! `rounds` asks the rules again after they changed.
//!
//! The key of a response is made before its row exists. Destruction is durable in this order: the
//! row says so (nothing is read any more), tokens and sealed values go slice by slice, the log beside
//! the keys says so, the key goes; a kill in between is finished by the next upkeep. Start with [`App::response_open`].

use fangxian_authz::{Action, AreaPath, Purpose, Resource};
use fangxian_base::{CommandId, Instant, ResponseId, Text, UserId};
use fangxian_store::responses::{self as rows, NewResponse, Response};
use fangxian_store::{Author, Tx};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{App, AppError, FieldError, Kind, Result, Who, found};

mod approvals;
mod certificate;
mod closing;
mod keep;
mod rounds;

pub use approvals::{ApprovalInput, ApprovalView, ConfirmInput, EndInput, OrganName, ProposedView};
pub use certificate::{Act, Certificate, CertificateView, Figure};
pub use closing::{ClassView, ClosingView};
pub use keep::{Assessment, CopiesView, CopyView, KeepInput, KeptView};

/// The code of the response that every installation has: surveillance without end.
pub const ROUTINE: &str = "routine";
/// The region of a response that keeps lists about people elsewhere.
pub const ELSEWHERE: &str = "elsewhere";

/// A response as shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ResponseView {
    /// Its id.
    pub id: ResponseId,
    /// The code people use.
    pub code: String,
    /// The title.
    pub title: Text,
    /// The disease pack; empty for routine surveillance.
    pub disease: String,
    /// When it was opened.
    pub opened_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// When its personal records were destroyed.
    pub destroyed_at: Option<Instant>,
    /// The approvals on record.
    pub approvals: Vec<ApprovalView>,
    /// Approvals that wait for their second person.
    pub proposed: Vec<ProposedView>,
    /// The kinds of approval that the packs declare for the disease.
    pub approval_kinds: Vec<String>,
    /// The version for edits.
    pub version: i64,
}

/// The form "open a response", as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ResponseInput {
    /// The code people will use, such as `flu-2026-03`.
    pub code: String,
    /// The title in Chinese.
    pub title_zh: String,
    /// The title in English.
    pub title_en: String,
    /// The disease pack's id.
    pub disease: String,
    /// Whether it keeps lists about people elsewhere; nobody here is judged by it.
    #[serde(default)]
    pub elsewhere: bool,
}

impl App {
    /// All responses, open ones first.
    pub fn response_list(&self, who: &Who) -> Result<Vec<ResponseView>> {
        let resource = resource_of(None);
        self.permit(who, Action::ResponsesList, &resource, Purpose::Command)?;
        self.read(|tx| {
            rows::response_list(tx)?
                .into_iter()
                .map(|response| {
                    let kinds = self.approval_kinds(&response.disease);
                    view(tx, response, kinds, who.user())
                })
                .collect()
        })
    }

    /// The response that everything belongs to when no other is named.
    pub fn routine(&self) -> Result<ResponseId> {
        self.read(|tx| Ok(found(rows::response_by_code(tx, ROUTINE))?.id))
    }

    /// Opens a response to a disease that the city has a pack for.
    pub fn response_open(
        &self,
        who: &Who,
        command: CommandId,
        input: &ResponseInput,
    ) -> Result<ResponseId> {
        let resource = resource_of(None);
        self.permit(who, Action::ResponsesOpen, &resource, Purpose::Command)?;
        let input = self.checked(input)?;
        let region = if input.elsewhere {
            ELSEWHERE.to_owned()
        } else {
            self.region()
        };
        let id = ResponseId::new();
        self.store()
            .keys()
            .make_response(id)
            .map_err(AppError::internal)?;
        let opened = self.write(
            who,
            command,
            Action::ResponsesOpen,
            Purpose::Command,
            Some(id),
            move |tx| {
                if rows::response_by_code(tx, &input.code)?.is_some() {
                    return Err(AppError::field(
                        "code",
                        "这个编号已经用过，请换一个。",
                        "This code was used before, choose another one.",
                    ));
                }
                let response = NewResponse {
                    id,
                    code: &input.code,
                    title_zh: &input.title_zh,
                    title_en: &input.title_en,
                    disease: &input.disease,
                    region: &region,
                };
                rows::response_insert(tx, &response)?;
                tx.detail("disease", input.disease.as_str());
                Ok(id)
            },
        );
        let unused = match &opened {
            Ok(first) => *first != id,
            // Whether a commit took place whose answer was lost, nobody knows: the key stays.
            Err(error) => !matches!(error.kind, Kind::Unavailable | Kind::Internal),
        };
        if unused {
            // Refused, or a repetition of an earlier command: nothing will ever use this key.
            self.store().keys().discard_response(id);
        }
        opened
    }

    /// Closes a response. The routine one stays open.
    pub fn response_close(
        &self,
        who: &Who,
        command: CommandId,
        id: ResponseId,
        version: i64,
    ) -> Result<()> {
        let response = self.fetch_response(id)?;
        let routine = response.code == ROUTINE;
        let resource = resource_of(Some(response));
        self.permit(who, Action::ResponsesClose, &resource, Purpose::Command)?;
        if routine {
            return Err(AppError::conflict(
                "ROUTINE",
                "常态监测没有终止一说。",
                "Routine surveillance has no end.",
            ));
        }
        self.write(
            who,
            command,
            Action::ResponsesClose,
            Purpose::Command,
            Some(id),
            move |tx| {
                still_running(&rows::response_running(tx, id)?)?;
                if rows::response_close(tx, id, version)? {
                    Ok(())
                } else {
                    Err(AppError::stale())
                }
            },
        )
    }

    /// Destroys what was personal in a closed response. There is no way back; the audit trail and
    /// the counts stay, and copies of what a rule or two persons keep.
    ///
    /// # Errors
    /// When the asker may not, the response is open, somebody saw an older version, or something is
    /// proposed to be kept that nobody has confirmed or refused.
    pub fn response_destroy(
        &self,
        who: &Who,
        command: CommandId,
        id: ResponseId,
        version: i64,
    ) -> Result<()> {
        let resource = resource_of(Some(self.fetch_response(id)?));
        self.permit(who, Action::ResponsesDestroy, &resource, Purpose::Command)?;
        let action = Action::ResponsesDestroy;
        let closed_at = self.read(|tx| Ok(found(rows::response_fetch(tx, id))?.closed_at))?;
        let classes = self.retained(self.closed_on(closed_at));
        let by_rule = self.keys_by_rule(&classes)?;
        let made: Vec<Uuid> = by_rule.iter().map(|(kept, _)| *kept).collect();
        let written = self.write(
            who,
            command,
            action,
            Purpose::Command,
            Some(id),
            move |tx| {
                let response = found(rows::response_fetch(tx, id))?;
                if response.closed_at.is_none() {
                    return Err(AppError::conflict(
                        "NOT-CLOSED",
                        "响应尚未终止，不能销毁其个人信息。",
                        "The response is still open; close it first.",
                    ));
                }
                if response.destroyed_at.is_some() || response.version != version {
                    return Err(AppError::stale());
                }
                keep::mark_kept(tx, id, &classes, &by_rule)?;
                if rows::response_destroy(tx, id, version)? {
                    Ok(())
                } else {
                    Err(AppError::stale())
                }
            },
        );
        for kept in made {
            self.drop_unused_key(kept, &written)?;
        }
        written?;
        self.finish_destruction()
    }

    /// Goes on with destroying what responses hold whose rows say so, and then their keys; a bounded
    /// piece, the next upkeep goes on.
    pub(crate) fn finish_destruction(&self) -> Result<()> {
        self.store()
            .finish_destruction()
            .map_err(AppError::internal)
    }

    fn fetch_response(&self, id: ResponseId) -> Result<Found> {
        self.read(|tx| {
            let response = found(rows::response_fetch(tx, id))?;
            let closed_by = rows::response_closed_by(tx, id)?
                .and_then(|code| Author::from_code(&code))
                .and_then(Author::user);
            Ok(Found {
                id,
                code: response.code,
                closed: response.closed_at.is_some(),
                closed_by,
                proposed_by: None,
            })
        })
    }

    fn checked(&self, input: &ResponseInput) -> Result<ResponseInput> {
        let input = ResponseInput {
            code: input.code.trim().to_lowercase(),
            title_zh: input.title_zh.trim().to_owned(),
            title_en: input.title_en.trim().to_owned(),
            disease: input.disease.trim().to_owned(),
            elsewhere: input.elsewhere,
        };
        let mut wrong = Vec::new();
        let mut say = |field: &str, zh: &str, en: &str| {
            wrong.push(FieldError {
                field: field.to_owned(),
                text: Text::new(zh, en),
            });
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(2..=40).contains(&input.code.len()) || !input.code.chars().all(plain) {
            say(
                "code",
                "编号用 2–40 个小写字母、数字或 -，例如 flu-2026-03。",
                "Use 2–40 small letters, digits or -, such as flu-2026-03.",
            );
        }
        for (field, title) in [("title_zh", &input.title_zh), ("title_en", &input.title_en)] {
            if title.is_empty() || title.chars().count() > 120 {
                say(
                    field,
                    "请填写标题（最多 120 字）。",
                    "Give a title of at most 120 characters.",
                );
            }
        }
        if !self.packs().diseases().any(|(id, _)| id == input.disease) {
            say(
                "disease",
                "请选择已有规则包的疾病。",
                "Choose a disease that there is a pack for.",
            );
        }
        if wrong.is_empty() {
            Ok(input)
        } else {
            Err(AppError::invalid(wrong))
        }
    }
}

/// What permission looks at.
struct Found {
    id: ResponseId,
    code: String,
    closed: bool,
    closed_by: Option<UserId>,
    proposed_by: Option<UserId>,
}

fn resource_of(response: Option<Found>) -> Resource {
    Resource::Response {
        response: response.as_ref().map(|found| found.id),
        area: AreaPath::root(),
        closed: response.as_ref().is_some_and(|found| found.closed),
        proposed_by: response.as_ref().and_then(|found| found.proposed_by),
        closed_by: response.and_then(|found| found.closed_by),
    }
}

fn closed() -> AppError {
    AppError::conflict("CLOSED", "响应已终止。", "The response is closed.")
}

/// What still runs, in words: how much of what.
fn open_work(running: &rows::Running) -> Vec<Text> {
    let open = [
        (running.measures, "项措施未解除", "measures not lifted"),
        (
            running.reports,
            "份法定报告未报出",
            "statutory reports not sent",
        ),
        (running.tasks, "项任务未办结", "tasks not closed"),
        (
            running.reviews,
            "份研判待初核或复核",
            "reviews waiting for a look",
        ),
        (running.imports, "份名单正在导入", "lists being taken in"),
        (running.appeals, "件申诉未答复", "appeals without an answer"),
    ];
    let open = open.into_iter().filter(|(count, ..)| *count > 0);
    open.map(|(n, zh, en)| Text::new(format!("{n} {zh}"), format!("{n} {en}")))
        .collect()
}

/// Refuses while something runs that nobody could finish any more, and says what and how much.
fn still_running(running: &rows::Running) -> Result<()> {
    if running.is_over() {
        return Ok(());
    }
    let open = open_work(running);
    let zh: Vec<_> = open.iter().map(|one| one.zh.as_str()).collect();
    let en: Vec<_> = open.iter().map(|one| one.en.as_str()).collect();
    Err(AppError::conflict(
        "STILL-RUNNING",
        &format!(
            "还有 {}。响应终止后无法再办理，请先全部办结，再终止响应。",
            zh.join("、")
        ),
        &format!(
            "Still open: {}. Nobody can go on with them once the response is closed; finish them first.",
            en.join(", ")
        ),
    ))
}

fn view(
    tx: &mut Tx<'_>,
    response: Response,
    kinds: Vec<String>,
    reader: Option<UserId>,
) -> Result<ResponseView> {
    Ok(ResponseView {
        id: response.id,
        code: response.code,
        title: Text::new(response.title_zh, response.title_en),
        disease: response.disease,
        opened_at: response.opened_at,
        closed_at: response.closed_at,
        destroyed_at: response.destroyed_at,
        approvals: approvals::on_record(tx, response.id)?,
        proposed: approvals::waiting(tx, response.id, reader)?,
        approval_kinds: kinds,
        version: response.version,
    })
}
