//! Approvals of a response: one person proposes, another confirms, one can end it early.
//!
//! An approval lets measures be decided that the law does not allow without it, so what is typed is
//! held against the packs (which kinds the disease knows, which organ can give it) and no single
//! person puts one on record. Start with [`App::response_approve`].

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, Date, ResponseId, Text, plus_days};
use fangxian_packs::{ApprovalKind, Organ};
use fangxian_store::Tx;
use fangxian_store::approvals::{self as rows, Approval, NewApproval, Proposed};
use fangxian_store::responses::response_fetch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{closed, resource_of};
use crate::assess::{code_of, from_code, words};
use crate::sight::{staff, user_name};
use crate::{App, AppError, FieldError, Result, Who, found};

/// An approval on record, as shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ApprovalView {
    /// Its id.
    pub id: Uuid,
    /// What was approved, by its code.
    pub kind: String,
    /// The organ that approved it, by its code.
    pub organ: String,
    /// The name of the organ.
    pub organ_name: Text,
    /// The number of its document.
    pub document_no: String,
    /// The first day it holds.
    #[schemars(with = "String")]
    pub from_on: Date,
    /// The last day it holds, by its document or because it was ended.
    #[schemars(with = "Option<String>")]
    pub until_on: Option<Date>,
    /// Why it was ended early.
    pub ended_reason: Option<String>,
}

/// An approval that waits for its second person, as shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProposedView {
    /// What is approved, with the id of the proposal.
    #[serde(flatten)]
    pub approval: ApprovalView,
    /// Who proposed it.
    pub by: Option<String>,
    /// Whether that is the reader, who cannot confirm it.
    pub own: bool,
}

/// An organ that gives approvals.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OrganName {
    /// Its code, such as `state_council`.
    pub code: String,
    /// Its name.
    pub name: Text,
}

/// The form "propose an approval", as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ApprovalInput {
    /// What was approved: a code of the packs, such as `managed_as_class_a`.
    pub kind: String,
    /// The organ that approved it, such as `state_council`.
    pub organ: String,
    /// The number of its document.
    pub document_no: String,
    /// The first day it holds.
    pub from_on: String,
    /// The last day it holds; empty for no end.
    #[serde(default)]
    pub until_on: String,
}

/// What the second person says of a proposed approval.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct ConfirmInput {
    /// `confirm` or `refuse`.
    pub decision: String,
}

/// The form "end an approval early", as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct EndInput {
    /// The last day it holds; the day before its first when it never was one.
    pub last_on: String,
    /// Why.
    pub reason: String,
}

/// Whether a second person confirms.
pub(super) fn decision_of(input: &ConfirmInput) -> Result<bool> {
    match input.decision.trim() {
        "confirm" => Ok(true),
        "refuse" => Ok(false),
        _ => Err(AppError::field(
            "decision",
            "请选择确认（confirm）或不予确认（refuse）。",
            "Choose confirm or refuse.",
        )),
    }
}

impl App {
    /// The kinds of approval that the packs declare for a disease, by their codes.
    pub(super) fn approval_kinds(&self, disease: &str) -> Vec<String> {
        let kinds = self.packs().approval_kinds(disease);
        kinds.iter().map(code_of).collect()
    }

    /// The organs that can give an approval of any kind.
    pub fn approving_organs(&self) -> Vec<OrganName> {
        let organs = ApprovalKind::ALL.iter().flat_map(|kind| kind.organs());
        let organs: std::collections::BTreeSet<Organ> = organs.copied().collect();
        let named = organs.iter().map(|organ| OrganName {
            code: code_of(organ),
            name: words(&organ.text()),
        });
        named.collect()
    }

    /// Proposes an approval, such as to manage the disease as class A. It counts for nothing before
    /// another person confirmed it.
    ///
    /// # Errors
    /// When the asker may not, the response is closed, or a field does not hold.
    pub fn response_approve(
        &self,
        who: &Who,
        command: CommandId,
        id: ResponseId,
        input: &ApprovalInput,
    ) -> Result<Uuid> {
        let response = self.fetch_response(id)?;
        let resource = resource_of(Some(response));
        let action = Action::ResponsesApprove;
        self.permit(who, action, &resource, Purpose::Command)?;
        let by = staff(who)?;
        let disease = self.read(|tx| Ok(found(response_fetch(tx, id))?.disease))?;
        let (from_on, until_on) = self.checked_approval(&disease, input)?;
        let input = input.clone();
        self.write(
            who,
            command,
            action,
            Purpose::Command,
            Some(id),
            move |tx| {
                still_open(tx, id)?;
                let approval = NewApproval {
                    response: id,
                    kind: input.kind.trim(),
                    organ: input.organ.trim(),
                    document_no: input.document_no.trim(),
                    from_on,
                    until_on,
                };
                tx.detail("approval", approval.kind);
                Ok(rows::approval_propose(tx, &approval, by)?)
            },
        )
    }

    /// Confirms an approval that somebody else proposed, so that it is on record, or refuses it.
    /// Everybody whom the response judged is asked about again, in bounded pieces.
    ///
    /// # Errors
    /// When the asker may not or proposed it, it was decided before, or the response is closed.
    pub fn response_confirm(
        &self,
        who: &Who,
        command: CommandId,
        id: Uuid,
        input: &ConfirmInput,
    ) -> Result<()> {
        let proposed = self.read(|tx| found(rows::proposed_fetch(tx, id)))?;
        let mut response = self.fetch_response(proposed.response)?;
        response.proposed_by = Some(proposed.by);
        let resource = resource_of(Some(response));
        let action = Action::ResponsesConfirm;
        self.permit(who, action, &resource, Purpose::Command)?;
        let by = staff(who)?;
        let confirmed = decision_of(input)?;
        self.write(
            who,
            command,
            action,
            Purpose::Command,
            Some(proposed.response),
            move |tx| {
                still_open(tx, proposed.response)?;
                if !rows::proposed_decide(tx, &proposed, by, confirmed)? {
                    return Err(AppError::conflict(
                        "DECIDED",
                        "这份批准文件已有人复核，请刷新页面查看结果。",
                        "Somebody decided on this approval already; reload to see how.",
                    ));
                }
                tx.detail("approval", proposed.kind.as_str());
                tx.detail("decision", if confirmed { "confirm" } else { "refuse" });
                if confirmed {
                    record(tx, &proposed)?;
                    rows::round_begin(tx, proposed.response)?;
                }
                Ok(())
            },
        )?;
        self.round_now();
        Ok(())
    }

    /// Ends an approval early. It takes one person: what an approval carried falls away, nothing new
    /// is allowed. Everybody whom the response judged is asked about again, in bounded pieces.
    ///
    /// # Errors
    /// When the asker may not, the response is closed, or a field does not hold.
    pub fn response_end_approval(
        &self,
        who: &Who,
        command: CommandId,
        id: Uuid,
        input: &EndInput,
    ) -> Result<()> {
        let response = self.read(|tx| found(rows::approval_response(tx, id)))?;
        let resource = resource_of(Some(self.fetch_response(response)?));
        let action = Action::ResponsesEndApproval;
        self.permit(who, action, &resource, Purpose::Command)?;
        let reason = input.reason.trim().to_owned();
        let last_on = input.last_on.trim().parse::<Date>();
        let mut wrong = Vec::new();
        if last_on.is_err() {
            wrong.push(day_wanted("last_on"));
        }
        if reason.is_empty() || reason.chars().count() > 200 {
            wrong.push(wanted("reason"));
        }
        let (Ok(last_on), true) = (last_on, wrong.is_empty()) else {
            return Err(AppError::invalid(wrong));
        };
        self.write(
            who,
            command,
            action,
            Purpose::Command,
            Some(response),
            move |tx| {
                still_open(tx, response)?;
                let approval = found(
                    rows::approval_list(tx, response)
                        .map(|all| all.into_iter().find(|one| one.id == id)),
                )?;
                ends_earlier(&approval, last_on)?;
                rows::approval_end(tx, &approval, last_on, &reason)?;
                rows::round_begin(tx, response)?;
                tx.detail("approval", approval.kind.as_str());
                Ok(())
            },
        )?;
        self.round_now();
        Ok(())
    }

    /// The days of an approval, once every field holds.
    fn checked_approval(
        &self,
        disease: &str,
        input: &ApprovalInput,
    ) -> Result<(Date, Option<Date>)> {
        let mut wrong = Vec::new();
        let kind = from_code::<ApprovalKind>(input.kind.trim())
            .filter(|kind| self.packs().approval_kinds(disease).contains(kind));
        if kind.is_none() {
            wrong.push(said(
                "kind",
                "该病种的规则包没有这种批准，请从列表中选择。",
                "The packs of this disease know no such approval; choose one from the list.",
            ));
        }
        let organ = from_code::<Organ>(input.organ.trim());
        match (kind, organ) {
            (_, None) => wrong.push(said(
                "organ",
                "请从列表中选择批准机关。",
                "Choose the approving organ from the list.",
            )),
            (Some(kind), Some(organ)) if !kind.organs().contains(&organ) => {
                let names: Vec<_> = kind.organs().iter().map(|organ| organ.text()).collect();
                let zh: Vec<_> = names.iter().map(|name| name.zh.as_str()).collect();
                let en: Vec<_> = names.iter().map(|name| name.en.as_str()).collect();
                wrong.push(said(
                    "organ",
                    &format!("该事项只能由{}批准，请更正批准机关。", zh.join("、")),
                    &format!(
                        "Only these can give it: {}; correct the organ.",
                        en.join(", ")
                    ),
                ));
            }
            _ => {}
        }
        if input.document_no.trim().is_empty() || input.document_no.chars().count() > 200 {
            wrong.push(wanted("document_no"));
        }
        let from = input.from_on.trim().parse::<Date>();
        if from.is_err() {
            wrong.push(day_wanted("from_on"));
        }
        let until = match input.until_on.trim() {
            "" => Ok(None),
            text => text.parse::<Date>().map(Some),
        };
        match (&from, &until) {
            (_, Err(_)) => wrong.push(day_wanted("until_on")),
            (Ok(from), Ok(Some(until))) if until < from => wrong.push(said(
                "until_on",
                "终止日期早于起始日期，请更正。",
                "The last day lies before the first; correct one of them.",
            )),
            _ => {}
        }
        match (from, until) {
            (Ok(from), Ok(until)) if wrong.is_empty() => Ok((from, until)),
            _ => Err(AppError::invalid(wrong)),
        }
    }
}

fn said(field: &str, zh: &str, en: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        text: Text::new(zh, en),
    }
}

fn wanted(field: &str) -> FieldError {
    said(
        field,
        "请填写（最多 200 字）。",
        "Fill this in, at most 200 characters.",
    )
}

fn day_wanted(field: &str) -> FieldError {
    said(
        field,
        "请填写日期，例如 2026-01-31。",
        "Give a date such as 2026-01-31.",
    )
}

fn still_open(tx: &mut Tx<'_>, id: ResponseId) -> Result<()> {
    if found(response_fetch(tx, id))?.closed_at.is_some() {
        return Err(closed());
    }
    Ok(())
}

/// An end lies between the day before the first (it never was one) and the last day known so far.
fn ends_earlier(approval: &Approval, last_on: Date) -> Result<()> {
    let never = plus_days(approval.from_on, -1);
    if last_on < never {
        return Err(AppError::field(
            "last_on",
            "早于批准的起始日期；如批准自始无效，请填起始日期的前一天。",
            "It lies before the approval began; if it never was one, give the day before its first.",
        ));
    }
    if approval.last_day().is_some_and(|known| last_on >= known) {
        return Err(AppError::field(
            "last_on",
            "批准到那天已经终止，请填更早的日期。",
            "The approval has ended by then anyway; give an earlier day.",
        ));
    }
    Ok(())
}

fn record(tx: &mut Tx<'_>, proposed: &Proposed) -> Result<()> {
    let approval = NewApproval {
        response: proposed.response,
        kind: &proposed.kind,
        organ: &proposed.organ,
        document_no: &proposed.document_no,
        from_on: proposed.from_on,
        until_on: proposed.until_on,
    };
    rows::approval_insert(tx, &approval)?;
    Ok(())
}

/// The name of an organ; what older programs let people type stays as it was typed.
fn organ_name(code: &str) -> Text {
    from_code::<Organ>(code).map_or_else(|| Text::new(code, code), |organ| words(&organ.text()))
}

/// The approvals on record of a response.
pub(super) fn on_record(tx: &mut Tx<'_>, response: ResponseId) -> Result<Vec<ApprovalView>> {
    let all = rows::approval_list(tx, response)?;
    Ok(all
        .into_iter()
        .map(|approval| ApprovalView {
            id: approval.id,
            organ_name: organ_name(&approval.organ),
            until_on: approval.last_day(),
            kind: approval.kind,
            organ: approval.organ,
            document_no: approval.document_no,
            from_on: approval.from_on,
            ended_reason: approval.ended_reason,
        })
        .collect())
}

/// The approvals of a response that wait for their second person.
pub(super) fn waiting(
    tx: &mut Tx<'_>,
    response: ResponseId,
    reader: Option<fangxian_base::UserId>,
) -> Result<Vec<ProposedView>> {
    let mut all = Vec::new();
    for one in rows::proposed_list(tx, response)? {
        all.push(ProposedView {
            own: reader == Some(one.by),
            by: user_name(tx, Some(one.by))?,
            approval: ApprovalView {
                id: one.id,
                organ_name: organ_name(&one.organ),
                kind: one.kind,
                organ: one.organ,
                document_no: one.document_no,
                from_on: one.from_on,
                until_on: one.until_on,
                ended_reason: None,
            },
        });
    }
    Ok(all)
}
