//! What is kept of a closed response beyond what its rules destroy: exceptions, proposed by one person
//! with an assessment and confirmed by another, the copies that stay, and their end. Start with
//! [`App::response_keep`].

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, Date, PersonId, RecordId, ResponseId, Text};
use fangxian_domain::units::UnitKind;
use fangxian_packs::Retained;
use fangxian_store::Tx;
use fangxian_store::closing as counted;
use fangxian_store::kept::{self as rows, Keeps, Kept, NewKept};
use fangxian_store::responses::response_fetch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::approvals::decision_of;
use super::closing::as_stored;
use super::{ConfirmInput, resource_of};
use crate::part::and_one;
use crate::sight::{all_right, not_too_long, required, staff, user_name};
use crate::{App, AppError, FieldError, Part, Result, Who, found};

/// The code of a decision to keep that a rule of the packs makes.
pub(super) const RULE: &str = "rule";
/// Why two persons may keep something (突发事件应对法 2024 art. 85): as evidence, or to evaluate.
const REASONS: [&str; 2] = ["evidence", "evaluation"];
/// LIMIT: copies shown at once.
const COPIES: usize = 50;
/// LIMIT: decisions whose last day is over that one round of upkeep ends.
const OVER: i64 = 50;

/// Why somebody keeps something: each of the three that the law asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Assessment {
    /// Why it is lawful.
    pub lawful: String,
    /// Why it is necessary.
    pub necessary: String,
    /// Why it is secure.
    pub secure: String,
}

/// A decision to keep something, as shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KeptView {
    /// Its id.
    pub id: Uuid,
    /// The class of data; none: the records of one person.
    pub class: Option<String>,
    /// The file whose records are kept.
    pub person: Option<PersonId>,
    /// Why: `rule`, `evidence`, `evaluation`.
    pub why: String,
    /// The last day.
    #[schemars(with = "String")]
    pub until_on: Date,
    /// Where it stands: `waits`, `confirmed`, `refused`, `over`.
    pub state: String,
    /// Who proposed it.
    pub by: Option<String>,
    /// Whether that is the reader, who cannot confirm it.
    pub own: bool,
    /// Who confirmed or refused it.
    pub decided_by: Option<String>,
    /// The assessment; none when it went with what was kept.
    pub assessment: Option<Assessment>,
    /// Copies that there are.
    pub copies: i64,
}

/// The form "keep something", as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
pub struct KeepInput {
    /// The class of data; empty when one person's records are meant.
    #[serde(default)]
    pub class: String,
    /// The id of the file whose records are meant; empty when a class is.
    #[serde(default)]
    pub person: String,
    /// `evidence` or `evaluation`.
    pub why: String,
    /// The last day.
    pub until_on: String,
    /// Why it is lawful.
    pub lawful: String,
    /// Why it is necessary.
    pub necessary: String,
    /// Why it is secure: where it lies, who may read it.
    pub secure: String,
}

/// What was kept of a response, as shown to whoever has to answer for it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CopiesView {
    /// The decision.
    pub kept: KeptView,
    /// The response.
    pub response: ResponseId,
    /// Its code.
    pub code: String,
    /// The copies.
    pub copies: Part<CopyView, RecordId>,
}

/// One copy.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CopyView {
    /// The record it was made of.
    pub record: RecordId,
    /// Whether it is of a sealed disease, which the reader may not see.
    pub sealed: bool,
    /// What it says; none while it is being made, or when its key went.
    pub says: Option<serde_json::Value>,
}

impl App {
    /// Proposes to keep something of a closed response, with an assessment that it is lawful,
    /// necessary and secure. It counts for nothing before another person confirmed it.
    ///
    /// # Errors
    /// When the asker may not, the response is open or destroyed, or a field does not hold.
    pub fn response_keep(
        &self,
        who: &Who,
        command: CommandId,
        id: ResponseId,
        input: &KeepInput,
    ) -> Result<Uuid> {
        let resource = resource_of(Some(self.fetch_response(id)?));
        let action = Action::ResponsesKeep;
        self.permit(who, action, &resource, Purpose::Command)?;
        let by = staff(who)?;
        let closed_at = self.read(|tx| Ok(found(response_fetch(tx, id))?.closed_at))?;
        let classes = self.retained(self.closed_on(closed_at));
        let checked = self.checked_keep(self.closed_on(closed_at), input)?;
        let kept = Uuid::now_v7();
        let key = ResponseId::from_uuid(kept);
        self.store()
            .keys()
            .make_response(key)
            .map_err(AppError::internal)?;
        let assessment = serde_json::to_vec(&checked.assessment).map_err(AppError::internal)?;
        let written = self.write(
            who,
            command,
            action,
            Purpose::Command,
            Some(id),
            move |tx| {
                let response = found(response_fetch(tx, id))?;
                if response.destroyed_at.is_some() {
                    return Err(gone());
                }
                let (keeps, field) = match checked.person {
                    Some(person) => (Keeps::Person(person), "person"),
                    None => (Keeps::Class(&checked.class), "class"),
                };
                if rows::kept_reach(tx, id, keeps, &as_stored(&classes))? == 0 {
                    return Err(AppError::field(
                        field,
                        "这一响应中没有这样的记录，请核对数据类别或档案编号。",
                        "The response has no such record; check the class or the id of the file.",
                    ));
                }
                let new = NewKept {
                    id: kept,
                    response: id,
                    keeps,
                    why: &checked.why,
                    until_on: checked.until_on,
                    assessment: &assessment,
                    by: Some(by),
                };
                rows::kept_insert(tx, &new)?;
                tx.detail("why", checked.why.as_str());
                Ok(kept)
            },
        );
        self.drop_unused_key(kept, &written)?;
        written
    }

    /// Takes back a key that was made for a row that is not there.
    pub(super) fn drop_unused_key<T>(&self, id: Uuid, written: &Result<T>) -> Result<()> {
        let lost = written.as_ref().is_err_and(|error| {
            matches!(error.kind, crate::Kind::Unavailable | crate::Kind::Internal)
        });
        // Whether a commit took place whose answer was lost, nobody knows: the key stays.
        if !lost && self.read(|tx| Ok(rows::kept_fetch(tx, id)?))?.is_none() {
            self.store()
                .keys()
                .discard_response(ResponseId::from_uuid(id));
        }
        Ok(())
    }

    fn checked_keep(&self, closed_on: Date, input: &KeepInput) -> Result<Checked> {
        let mut wrong = Vec::new();
        let mut say = |field: &str, zh: String, en: String| {
            wrong.push(FieldError {
                field: field.to_owned(),
                text: Text::new(zh, en),
            });
        };
        let class = input.class.trim().to_owned();
        let known = self.retained(closed_on);
        let person = match (class.as_str(), input.person.trim()) {
            ("", "") => {
                say(
                    "class",
                    "请选择一类数据，或填写一份档案的编号。".into(),
                    "Choose a class of data, or give the id of one file.".into(),
                );
                None
            }
            ("", id) => {
                let id = id.rsplit('/').next().unwrap_or(id);
                let person = id.parse::<PersonId>().ok();
                if person.is_none() {
                    say(
                        "person",
                        "档案编号不正确，请从档案页面的网址复制。".into(),
                        "This is no id of a file; copy it from the address of the file's page."
                            .into(),
                    );
                }
                person
            }
            (class, "") => {
                if !known.iter().any(|one| one.class == class) {
                    say(
                        "class",
                        "没有这一类数据，请从列表中选择。".into(),
                        "There is no such class of data; choose one from the list.".into(),
                    );
                }
                None
            }
            _ => {
                say(
                    "person",
                    "一次只能选一类数据或一份档案，请清空其中一项。".into(),
                    "Either a class of data or one file, not both; clear one of the two.".into(),
                );
                None
            }
        };
        let why = input.why.trim().to_owned();
        if !REASONS.contains(&why.as_str()) {
            say(
                "why",
                "请选择作为证据（evidence）或调查评估（evaluation）；法律不允许其他理由。".into(),
                "Choose evidence or evaluation; the law knows no other reason.".into(),
            );
        }
        let (today, longest) = (self.today(), self.longest(closed_on));
        if longest < today {
            return Err(AppError::conflict(
                "TOO-LATE",
                "这一响应的数据已不能再申请保存：最长保存期限已过，或规则包不允许。",
                "Nothing of this response can be kept any more: the longest time is over, or no pack allows it.",
            ));
        }
        let until_on = input.until_on.trim().parse::<Date>().ok();
        let until_on = until_on.filter(|day| (today..=longest).contains(day));
        if until_on.is_none() {
            say(
                "until_on",
                format!("请填写 {today} 至 {longest} 之间的日期，例如 {longest}。"),
                format!("Give a day from {today} to {longest}, such as {longest}."),
            );
        }
        let mut part = |field: &str, typed: &str| {
            not_too_long(&mut wrong, field, typed);
            required(
                &mut wrong,
                field,
                typed,
                "请写明理由；合法性、必要性、安全性三项都要评估。请勿写姓名。",
                "Say why; lawfulness, necessity and security are all assessed. Name nobody.",
            )
            .unwrap_or_default()
        };
        let assessment = Assessment {
            lawful: part("lawful", &input.lawful),
            necessary: part("necessary", &input.necessary),
            secure: part("secure", &input.secure),
        };
        all_right(wrong)?;
        Ok(Checked {
            class,
            person,
            why,
            until_on: until_on.unwrap_or(longest),
            assessment,
        })
    }

    /// Confirms that something is kept, as a second person, or refuses it.
    ///
    /// # Errors
    /// When the asker may not or proposed it, it was decided before, or the response was destroyed.
    pub fn response_confirm_keep(
        &self,
        who: &Who,
        command: CommandId,
        id: Uuid,
        input: &ConfirmInput,
    ) -> Result<()> {
        let kept = self.read(|tx| found(rows::kept_fetch(tx, id)))?;
        let mut response = self.fetch_response(kept.response)?;
        response.proposed_by = kept.proposed_by;
        let resource = resource_of(Some(response));
        let action = Action::ResponsesConfirmKeep;
        self.permit(who, action, &resource, Purpose::Command)?;
        let by = staff(who)?;
        let confirmed = decision_of(input)?;
        let response = Some(kept.response);
        self.write(
            who,
            command,
            action,
            Purpose::Command,
            response,
            move |tx| {
                if found(response_fetch(tx, kept.response))?
                    .destroyed_at
                    .is_some()
                {
                    return Err(gone());
                }
                if !rows::kept_decide(tx, &kept, by, confirmed)? {
                    return Err(AppError::conflict(
                        "DECIDED",
                        "这项保存已有人复核，请刷新页面查看结果。",
                        "Somebody decided on this already; reload to see how.",
                    ));
                }
                tx.detail("decision", if confirmed { "confirm" } else { "refuse" });
                Ok(())
            },
        )?;
        self.finish_destruction()
    }

    /// What was kept, copy by copy, for whoever has to answer for the response; the read entry comes
    /// first.
    ///
    /// # Errors
    /// When the asker may not, or there is no such decision.
    pub fn response_kept(
        &self,
        who: &Who,
        id: Uuid,
        after: Option<RecordId>,
    ) -> Result<CopiesView> {
        let kept = self.read(|tx| found(rows::kept_fetch(tx, id)))?;
        let resource = resource_of(Some(self.fetch_response(kept.response)?));
        let action = Action::ResponsesReadKept;
        self.permit(who, action, &resource, Purpose::Audit)?;
        let copies = self.read(|tx| Ok(rows::kept_copies(tx, id, after, and_one(COPIES))?))?;
        let part = Part::cut(copies, COPIES, |copy| copy.record);
        // What was sealed stays so: the disease control institution alone reads it.
        let cdc = who
            .actor()
            .is_some_and(|actor| actor.unit_kind == UnitKind::CdcInstitution);
        let mut shown = vec![("kept", id.to_string())];
        for copy in part.rows.iter().filter(|copy| cdc || !copy.confined) {
            shown.push(("record", copy.record.to_string()));
            shown.extend(copy.person.map(|person| ("person", person.to_string())));
        }
        self.show(who, action, Purpose::Audit, shown, Vec::new())?;
        self.read(|tx| {
            let response = found(response_fetch(tx, kept.response))?;
            Ok(CopiesView {
                kept: kept_view(tx, kept.clone(), who)?,
                response: kept.response,
                code: response.code,
                copies: part.clone().map(|copy| {
                    let sealed = copy.confined && !cdc;
                    let says = copy.says.filter(|_| !sealed);
                    Ok(CopyView {
                        record: copy.record,
                        sealed,
                        says: says.and_then(|text| serde_json::from_str(&text).ok()),
                    })
                })?,
            })
        })
    }

    /// Makes the keys of what the rules keep of a response, before anything is written.
    pub(super) fn keys_by_rule(&self, classes: &[Retained]) -> Result<Vec<(Uuid, Retained)>> {
        let today = self.today();
        let kept = classes
            .iter()
            .filter(|class| class.until.is_some_and(|day| day >= today));
        kept.map(|class| {
            let id = Uuid::now_v7();
            let keys = self.store().keys();
            keys.make_response(ResponseId::from_uuid(id))
                .map_err(AppError::internal)?;
            Ok((id, class.clone()))
        })
        .collect()
    }

    /// Ends what was kept when its last day is over: the copies go, then their key.
    pub(crate) fn kept_sweep(&self) -> Result<()> {
        let today = self.today();
        let over = self.read(|tx| Ok(rows::kept_over(tx, today, OVER)?))?;
        for kept in &over {
            let (id, response) = (kept.id, kept.response);
            let who = Who::system();
            let action = Action::ResponsesDestroy;
            let ended = self.write(
                &who,
                CommandId::new(),
                action,
                Purpose::Command,
                Some(response),
                move |tx| {
                    tx.note("kept", id);
                    Ok(rows::kept_end(tx, id)?)
                },
            );
            if let Err(error) = ended {
                // One that fails must not keep the others waiting.
                error.log();
            }
        }
        if over.is_empty() {
            return Ok(());
        }
        self.finish_destruction()
    }
}

/// Counts what is about to go, and writes down which records are copied before: those that a rule
/// keeps, and those that two persons decided to keep.
pub(super) fn mark_kept(
    tx: &mut Tx<'_>,
    id: ResponseId,
    classes: &[Retained],
    by_rule: &[(Uuid, Retained)],
) -> Result<()> {
    let stored = as_stored(classes);
    let decided = rows::kept_list(tx, id)?;
    if decided
        .iter()
        .any(|kept| kept.waits() && kept.ended_at.is_none())
    {
        return Err(AppError::conflict(
            "KEEP-WAITS",
            "有保存申请尚未复核，请先确认或不予确认，再销毁。",
            "Something proposed to be kept waits for its second person; confirm or refuse it first.",
        ));
    }
    let sizes = counted::class_counts(tx, id, &stored)?;
    counted::count_all(tx, id, &stored, &sizes)?;
    for (kept, rule) in by_rule {
        let index = classes.iter().position(|class| class.class == rule.class);
        let records = index
            .and_then(|index| sizes.get(index))
            .map_or(0, |size| size.0);
        let (Some(until_on), true) = (rule.until, records > 0) else {
            continue;
        };
        let says = serde_json::json!({
            "says": [&rule.says.zh, &rule.says.en],
            "sources": rule.sources.iter().map(|one| [&one.zh, &one.en]).collect::<Vec<_>>(),
        })
        .to_string();
        let new = NewKept {
            id: *kept,
            response: id,
            keeps: Keeps::Class(&rule.class),
            why: RULE,
            until_on,
            assessment: says.as_bytes(),
            by: None,
        };
        rows::kept_insert(tx, &new)?;
        rows::kept_mark(tx, *kept, id, Keeps::Class(&rule.class), &stored)?;
    }
    for kept in decided
        .iter()
        .filter(|kept| kept.confirmed && kept.ended_at.is_none())
    {
        let keeps = match kept.person {
            Some(person) => Keeps::Person(person),
            None => Keeps::Class(&kept.class),
        };
        rows::kept_mark(tx, kept.id, id, keeps, &stored)?;
    }
    Ok(())
}

/// What was typed to keep something, once it holds.
struct Checked {
    class: String,
    person: Option<PersonId>,
    why: String,
    until_on: Date,
    assessment: Assessment,
}

fn gone() -> AppError {
    AppError::conflict(
        "DESTROYED",
        "这一响应的个人信息已经销毁，没有可以保存的内容。",
        "The personal data of this response were destroyed; there is nothing left to keep.",
    )
}

pub(super) fn kept_view(tx: &mut Tx<'_>, kept: Kept, who: &Who) -> Result<KeptView> {
    let state = if kept.waits() && kept.ended_at.is_none() {
        "waits"
    } else if !kept.confirmed {
        "refused"
    } else if kept.ended_at.is_some() {
        "over"
    } else {
        "confirmed"
    };
    let assessment = rows::kept_assessment(tx, kept.id)?;
    Ok(KeptView {
        id: kept.id,
        class: Some(kept.class).filter(|class| !class.is_empty()),
        person: kept.person,
        until_on: kept.until_on,
        state: state.to_owned(),
        by: user_name(tx, kept.proposed_by)?,
        own: kept.proposed_by.is_some() && kept.proposed_by == who.user(),
        decided_by: user_name(tx, kept.decided_by)?,
        assessment: assessment
            .filter(|_| kept.why != RULE)
            .and_then(|bytes| serde_json::from_slice(&bytes).ok()),
        copies: rows::kept_count(tx, kept.id)?,
        why: kept.why,
    })
}
