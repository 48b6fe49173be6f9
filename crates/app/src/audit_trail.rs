//! Reading and verifying the audit trail. Reading it is itself an entry.
//!
//! Entries hold references, codes and counts; the names of colleagues are added for the reader.

use std::collections::BTreeMap;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{EntryId, Instant, ResponseId, Text, UserId};
use fangxian_store::audit::{self as trail, Entry, EntryFilter, VerifyReport};
use fangxian_store::{Author, Tx, accounts};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{App, AppError, Kind, Result, Who};

/// LIMIT: entries on one page.
const PAGE_MAX: i64 = 200;

/// Which entries to show, as typed. Empty fields do not narrow.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AuditQuery {
    /// Only of this author: `user:<id>`, `public`, `system`, `cli`.
    pub author: String,
    /// Only of this action's code.
    pub action: String,
    /// Only what refers to this kind of thing; needs `id`.
    pub kind: String,
    /// Only what refers to this id; needs `kind`.
    pub id: String,
    /// Only entries older than this one: for the next page.
    pub before: String,
}

/// An entry as shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EntryView {
    /// Its id.
    pub id: EntryId,
    /// When it was recorded.
    pub at: Instant,
    /// Who, by code.
    pub author: String,
    /// Who, by name, when it is a colleague.
    pub author_name: Option<String>,
    /// What was done, by code.
    pub action: String,
    /// What was done, in words.
    pub action_name: Text,
    /// The purpose, by code.
    pub purpose: String,
    /// The purpose, in words.
    pub purpose_name: Text,
    /// The response it belongs to.
    pub response: Option<ResponseId>,
    /// What it refers to: kind and id.
    pub references: Vec<(String, String)>,
    /// Codes and counts.
    pub detail: serde_json::Value,
    /// Its place in the sealed order; none: not sealed yet.
    pub seal: Option<i64>,
}

/// A page of entries.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<EntryView>,
    /// What to give as `before` for the next page; none: this was the last.
    pub next: Option<EntryId>,
    /// The last place in the sealed order.
    pub last_seal: i64,
    /// Entries not sealed yet.
    pub unsealed: i64,
}

impl App {
    /// Entries, newest first, page by page.
    pub fn audit_list(&self, who: &Who, query: &AuditQuery) -> Result<AuditPage> {
        self.permit(
            who,
            Action::AuditRead,
            &Resource::Installation,
            Purpose::Audit,
        )?;
        let filter = filter(query)?;
        let page = self.read(|tx| {
            let rows = trail::entry_list(tx, &filter)?;
            let mut names = BTreeMap::new();
            let full = i64::try_from(rows.len()).is_ok_and(|n| n == PAGE_MAX);
            let next = rows.last().filter(|_| full).map(|entry| entry.id);
            let entries = rows
                .into_iter()
                .map(|entry| view(tx, entry, &mut names))
                .collect::<Result<_>>()?;
            let (last_seal, unsealed) = (trail::last_seal(tx)?, trail::unsealed_count(tx)?);
            Ok(AuditPage {
                entries,
                next,
                last_seal,
                unsealed,
            })
        })?;
        let shown = vec![("count", page.entries.len().into())];
        self.show(who, Action::AuditRead, Purpose::Audit, Vec::new(), shown)?;
        Ok(page)
    }

    /// Verifies the whole trail: chain, signatures, heads told outside, fact rows. May take a while.
    pub fn audit_verify(&self, who: &Who) -> Result<VerifyReport> {
        self.permit(
            who,
            Action::AuditVerify,
            &Resource::Installation,
            Purpose::Audit,
        )?;
        // It reads everything: one at a time is enough.
        let Ok(_alone) = self.verifying().try_lock() else {
            return Err(AppError::new(
                Kind::Unavailable,
                "VERIFYING",
                "审计记录正在核验中，请等待其完成后再试。",
                "The trail is being verified already; try again when that is done.",
            ));
        };
        let report = trail::verify(self.store())?;
        let shown = vec![("findings", report.findings_total.into())];
        self.show(who, Action::AuditVerify, Purpose::Audit, Vec::new(), shown)?;
        Ok(report)
    }
}

fn filter(query: &AuditQuery) -> Result<EntryFilter> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let before = match given(&query.before).map(|text| text.parse::<EntryId>()) {
        None => None,
        Some(Ok(id)) => Some(id),
        Some(Err(_)) => {
            return Err(AppError::field(
                "before",
                "页码无效，请回到第一页。",
                "Not a page; go back to the first.",
            ));
        }
    };
    let plain = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
    };
    let refers_to = given(&query.kind).zip(given(&query.id));
    if refers_to
        .as_ref()
        .is_some_and(|(kind, id)| !plain(kind) || !plain(id))
    {
        return Err(AppError::field("id", "编号格式不对。", "Not an id."));
    }
    Ok(EntryFilter {
        author: given(&query.author),
        action: given(&query.action),
        refers_to,
        before,
        limit: PAGE_MAX,
    })
}

fn view(
    tx: &mut Tx<'_>,
    entry: Entry,
    names: &mut BTreeMap<UserId, Option<String>>,
) -> Result<EntryView> {
    let user = Author::from_code(&entry.author).and_then(Author::user);
    let author_name = match user {
        None => None,
        Some(user) => {
            if let Some(name) = names.get(&user) {
                name.clone()
            } else {
                let name = accounts::account_fetch(tx, user)?.map(|account| account.name);
                names.insert(user, name.clone());
                name
            }
        }
    };
    let action_name = Action::from_code(&entry.action).map_or_else(
        || by_itself(&entry.action),
        |action| Text::new(action.zh(), action.en()),
    );
    let purpose_name = Purpose::from_code(&entry.purpose).map_or_else(
        || Text::new(&entry.purpose, &entry.purpose),
        |purpose| Text::new(purpose.zh(), purpose.en()),
    );
    Ok(EntryView {
        id: entry.id,
        at: entry.at,
        author: entry.author,
        author_name,
        action_name,
        action: entry.action,
        purpose_name,
        purpose: entry.purpose,
        response: entry.response,
        references: entry
            .references
            .into_iter()
            .map(|r| (r.kind, r.id))
            .collect(),
        detail: entry.detail,
        seal: entry.seal,
    })
}

/// Words for what the program does without a permission of its own.
fn by_itself(code: &str) -> Text {
    match code {
        "sessions.begin" => Text::new("登录", "log in"),
        "sessions.refuse" => Text::new("登录失败", "failed log-in"),
        "sessions.end" => Text::new("退出", "log out"),
        "installation.begin" => Text::new("系统初始化", "first start"),
        "areas.import" => Text::new("导入区划和单位", "import areas and units"),
        "backup.restore" => Text::new("恢复备份", "restore a backup"),
        other => Text::new(other, other),
    }
}
