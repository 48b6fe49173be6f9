//! Responses: opening, approvals on record, closing, and destroying what was personal.
//!
//! The key of a response is made before its row exists. Destruction is durable in this order: the
//! row says so (and search tokens go), the log beside the keys says so, the key goes; a kill in
//! between is finished by the next upkeep. Start with [`App::response_open`].

use fangxian_authz::{Action, AreaPath, Purpose, Resource};
use fangxian_base::{CommandId, Date, Instant, ResponseId, Text};
use fangxian_store::Author;
use fangxian_store::responses::{self as rows, NewApproval, NewResponse, Response};
use fangxian_store::reviews::review_persons;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::{assess_person, from_code};
use crate::{App, AppError, FieldError, Kind, Result, Who, found};

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
    /// The version for edits.
    pub version: i64,
}

/// An approval as shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ApprovalView {
    /// What was approved, by its code.
    pub kind: String,
    /// The organ that approved it.
    pub organ: String,
    /// The number of its document.
    pub document_no: String,
    /// The first day it holds.
    #[schemars(with = "String")]
    pub from_on: Date,
    /// The last day it holds.
    #[schemars(with = "Option<String>")]
    pub until_on: Option<Date>,
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

/// The form "put an approval on record", as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ApprovalInput {
    /// What was approved: a code of the packs, such as `managed_as_class_a`.
    pub kind: String,
    /// The organ that approved it.
    pub organ: String,
    /// The number of its document.
    pub document_no: String,
    /// The first day it holds.
    pub from_on: String,
    /// The last day it holds; empty for no end.
    #[serde(default)]
    pub until_on: String,
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
                    let approvals = rows::approval_list(tx, response.id)?;
                    Ok(view(response, approvals))
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

    /// Puts an approval on record, such as to manage the disease as class A.
    pub fn response_approve(
        &self,
        who: &Who,
        command: CommandId,
        id: ResponseId,
        input: &ApprovalInput,
    ) -> Result<()> {
        let resource = resource_of(Some(self.fetch_response(id)?));
        self.permit(who, Action::ResponsesOpen, &resource, Purpose::Command)?;
        let (from_on, until_on) = dates(input)?;
        if from_code::<fangxian_packs::ApprovalKind>(input.kind.trim()).is_none() {
            return Err(AppError::field(
                "kind",
                "规则包不认识这种批准，请从列表中选择。",
                "The packs know no such approval; choose one from the list.",
            ));
        }
        let (input, rules) = (input.clone(), self.rules());
        self.write(
            who,
            command,
            Action::ResponsesOpen,
            Purpose::Command,
            Some(id),
            move |tx| {
                if found(rows::response_fetch(tx, id))?.closed_at.is_some() {
                    return Err(closed());
                }
                let approval = NewApproval {
                    response: id,
                    kind: input.kind.trim(),
                    organ: input.organ.trim(),
                    document_no: input.document_no.trim(),
                    from_on,
                    until_on,
                };
                rows::approval_insert(tx, &approval)?;
                tx.detail("approval", approval.kind);
                // What the law allows has changed for everybody already known.
                for (person, record) in review_persons(tx, id)? {
                    assess_person(&rules, tx, person, Some(record))?;
                }
                Ok(())
            },
        )
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
    /// the counts stay.
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
        self.write(
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
                if rows::response_destroy(tx, id, version)? {
                    Ok(())
                } else {
                    Err(AppError::stale())
                }
            },
        )?;
        self.finish_destruction()
    }

    /// Destroys the keys of all responses whose rows say so and whose keys are still there: the
    /// second half of a destruction that was interrupted.
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
    closed_by: Option<fangxian_base::UserId>,
}

fn resource_of(response: Option<Found>) -> Resource {
    Resource::Response {
        response: response.as_ref().map(|found| found.id),
        area: AreaPath::root(),
        closed: response.as_ref().is_some_and(|found| found.closed),
        closed_by: response.and_then(|found| found.closed_by),
    }
}

fn closed() -> AppError {
    AppError::conflict("CLOSED", "响应已终止。", "The response is closed.")
}

/// Refuses while something runs that nobody could finish any more, and says what and how much.
fn still_running(running: &rows::Running) -> Result<()> {
    if running.is_over() {
        return Ok(());
    }
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
    ];
    let open: Vec<_> = open.into_iter().filter(|(count, ..)| *count > 0).collect();
    let zh: Vec<_> = open.iter().map(|(n, zh, _)| format!("{n} {zh}")).collect();
    let en: Vec<_> = open.iter().map(|(n, _, en)| format!("{n} {en}")).collect();
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

fn dates(input: &ApprovalInput) -> Result<(Date, Option<Date>)> {
    let mut wrong = Vec::new();
    let mut say = |field: &str, zh: &str, en: &str| {
        wrong.push(FieldError {
            field: field.to_owned(),
            text: Text::new(zh, en),
        });
    };
    for (field, value) in [
        ("kind", &input.kind),
        ("organ", &input.organ),
        ("document_no", &input.document_no),
    ] {
        if value.trim().is_empty() || value.chars().count() > 200 {
            say(
                field,
                "请填写（最多 200 字）。",
                "Fill this in, at most 200 characters.",
            );
        }
    }
    let from = input.from_on.trim().parse::<Date>();
    if from.is_err() {
        say(
            "from_on",
            "请填写日期，例如 2026-01-31。",
            "Give a date such as 2026-01-31.",
        );
    }
    let until = match input.until_on.trim() {
        "" => Ok(None),
        text => text.parse::<Date>().map(Some),
    };
    match (&from, &until) {
        (_, Err(_)) => {
            say(
                "until_on",
                "请填写日期，例如 2026-01-31。",
                "Give a date such as 2026-01-31.",
            );
        }
        (Ok(from), Ok(Some(until))) if until < from => {
            say(
                "until_on",
                "终止日期早于起始日期。",
                "The last day lies before the first.",
            );
        }
        _ => {}
    }
    match (from, until) {
        (Ok(from), Ok(until)) if wrong.is_empty() => Ok((from, until)),
        _ => Err(AppError::invalid(wrong)),
    }
}

fn view(response: Response, approvals: Vec<rows::Approval>) -> ResponseView {
    ResponseView {
        id: response.id,
        code: response.code,
        title: Text::new(response.title_zh, response.title_en),
        disease: response.disease,
        opened_at: response.opened_at,
        closed_at: response.closed_at,
        destroyed_at: response.destroyed_at,
        approvals: approvals
            .into_iter()
            .map(|approval| ApprovalView {
                kind: approval.kind,
                organ: approval.organ,
                document_no: approval.document_no,
                from_on: approval.from_on,
                until_on: approval.until_on,
            })
            .collect(),
        version: response.version,
    }
}
