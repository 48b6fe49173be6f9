//! One question, one answer: [`Authz::decide`] with its [`Permit`] or [`Denied`].
//!
//! Every grant is put to the rules on its own; one that is allowed suffices. Answers carry the ids
//! of the policies that decided, for the audit trail.

use fangxian_base::{Instant, UserId};
use thiserror::Error;

use crate::actions::Action;
use crate::actor::{Actor, Grant};
use crate::areas::AreaPath;
use crate::explore::Memory;
use crate::resource::Resource;
use crate::roles::{Purpose, Role};
use crate::rules::{LoadError, Rules, Verdict};
use crate::slice::{Post, Slice};

/// The loaded rules, ready to decide. Make one at start and share it.
#[derive(Debug)]
pub struct Authz {
    pub(crate) rules: Rules,
    pub(crate) memory: Memory,
}

/// Proof that something was allowed. Only [`Authz`] makes one, so a function that takes a permit
/// cannot be called without having asked.
#[derive(Debug, PartialEq, Eq)]
pub struct Permit {
    user: UserId,
    action: Action,
    purpose: Option<Purpose>,
    role: Role,
    area: AreaPath,
    policies: Vec<String>,
    at: Instant,
}

impl Permit {
    pub(crate) fn new(
        actor: &Actor,
        action: Action,
        purpose: Option<Purpose>,
        grant: &Grant,
        policies: Vec<String>,
        at: Instant,
    ) -> Self {
        Self {
            user: actor.user,
            action,
            purpose,
            role: grant.role,
            area: grant.area.clone(),
            policies,
            at,
        }
    }

    /// Who was allowed.
    pub const fn user(&self) -> UserId {
        self.user
    }

    /// What was allowed.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// For which purpose.
    pub const fn purpose(&self) -> Option<Purpose> {
        self.purpose
    }

    /// In which role.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The area of the grant that was used.
    pub const fn area(&self) -> &AreaPath {
        &self.area
    }

    /// The ids of the policies that permitted it.
    pub fn policies(&self) -> &[String] {
        &self.policies
    }

    /// When it was decided.
    pub const fn at(&self) -> Instant {
        self.at
    }
}

/// A refusal.
///
/// [`Denied::code`] and the reasons are fit for the person who asked: when they may not even know
/// that the thing exists, they say "not found". [`Denied::cause`] and [`Denied::policies`] are for
/// the audit trail only.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{action}` refused: {}", self.reason_en())]
pub struct Denied {
    action: Action,
    purpose: Option<Purpose>,
    cause: String,
    zh: String,
    en: String,
    pub(crate) policies: Vec<String>,
    may_know: bool,
}

impl Denied {
    /// What was asked for.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// For which purpose.
    pub const fn purpose(&self) -> Option<Purpose> {
        self.purpose
    }

    /// Whether the person may know that the thing exists: 403 if so, 404 if not.
    pub const fn may_know(&self) -> bool {
        self.may_know
    }

    /// The code to show: the id of the refusing policy, `no-grant`, `not-permitted`,
    /// `not-evaluated`, `wrong-kind`, or `not-found` when existence itself is withheld.
    pub fn code(&self) -> &str {
        if self.may_know {
            &self.cause
        } else {
            "not-found"
        }
    }

    /// The reason in Chinese, to show.
    pub fn reason_zh(&self) -> &str {
        if self.may_know { &self.zh } else { "未找到" }
    }

    /// The reason in English, to show.
    pub fn reason_en(&self) -> &str {
        if self.may_know { &self.en } else { "not found" }
    }

    /// The true code, for the audit trail; may reveal that something exists or is sealed.
    pub fn cause(&self) -> &str {
        &self.cause
    }

    /// The ids of the policies that refused, for the audit trail; empty when nothing permitted it.
    pub fn policies(&self) -> &[String] {
        &self.policies
    }
}

/// Why all grants together were not enough.
#[derive(Debug)]
pub(crate) enum Refusal {
    NoGrant,
    WrongKind,
    Failed,
    By(Vec<String>),
}

/// A way to ask about one thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub actor: &'a Actor,
    pub action: Action,
    pub resource: &'a Resource,
    pub purpose: Option<Purpose>,
    pub now: Instant,
}

impl Authz {
    /// Loads and validates the rules that are built into the program.
    ///
    /// # Errors
    /// When a policy does not parse, does not fit the schema, or lacks its id or reasons; the
    /// program must not start then.
    pub fn new() -> Result<Self, LoadError> {
        Ok(Self {
            rules: Rules::load()?,
            memory: Memory::new()?,
        })
    }

    /// Decides whether `actor` may do `action` to `resource` for `purpose` at `now`.
    ///
    /// # Errors
    /// [`Denied`] whenever no grant is allowed, and whenever the rules cannot be evaluated.
    pub fn decide(
        &self,
        actor: &Actor,
        action: Action,
        resource: &Resource,
        purpose: Option<Purpose>,
        now: Instant,
    ) -> Result<Permit, Denied> {
        let question = Question {
            actor,
            action,
            resource,
            purpose,
            now,
        };
        match self.ask(question) {
            Ok((grant, policies)) => Ok(Permit::new(actor, action, purpose, grant, policies, now)),
            Err(refusal) => {
                let may_know = creates(action) || self.sees(question);
                Err(self.denied(action, purpose, refusal, may_know))
            }
        }
    }

    /// Puts every grant to the rules; the first that is allowed, or the nearest miss.
    fn ask<'a>(&self, q: Question<'a>) -> Result<(&'a Grant, Vec<String>), Refusal> {
        if q.resource.kind() != q.action.kind() {
            return Err(Refusal::WrongKind);
        }
        let holds = roles_held(q.actor, q.now);
        let mut nearest: Option<Vec<String>> = None;
        let mut failed = false;
        for grant in &q.actor.grants {
            let post = Post {
                user: q.actor.user,
                unit: q.actor.unit,
                unit_kind: q.actor.unit_kind,
                role: grant.role,
                area: &grant.area,
                response: grant.response,
                until: grant.until,
                holds: &holds,
            };
            let slice = Slice {
                post: &post,
                resource: q.resource,
                purpose: q.purpose,
                now: q.now,
            };
            match self.rules.judge(q.action, &slice) {
                Verdict::Allowed(policies) => return Ok((grant, policies)),
                Verdict::Refused(by) => {
                    if nearest.as_ref().is_none_or(|best| nearer(&by, best)) {
                        nearest = Some(by);
                    }
                }
                Verdict::Failed => failed = true,
            }
        }
        Err(match nearest {
            _ if failed => Refusal::Failed,
            Some(by) => Refusal::By(by),
            None => Refusal::NoGrant,
        })
    }

    /// Whether anything lets the actor know that the thing exists, whatever the purpose.
    fn sees(&self, q: Question<'_>) -> bool {
        let sight = q.resource.kind().sight();
        let seen = |action: Action, purpose: Purpose| {
            self.may_for(q.actor, action, Some(purpose), q.now)
                && self
                    .ask(Question {
                        action,
                        purpose: Some(purpose),
                        ..q
                    })
                    .is_ok()
        };
        sight.is_empty()
            || sight
                .iter()
                .any(|&action| Purpose::ALL.iter().any(|&why| seen(action, why)))
    }

    /// Words a refusal.
    pub(crate) fn denied(
        &self,
        action: Action,
        purpose: Option<Purpose>,
        refusal: Refusal,
        may_know: bool,
    ) -> Denied {
        let (cause, zh, en, policies) = match refusal {
            Refusal::NoGrant => (
                "no-grant",
                "尚未授予任何角色",
                "no role has been granted",
                vec![],
            ),
            Refusal::WrongKind => (
                "wrong-kind",
                "操作与对象不符",
                "the action does not apply to this",
                vec![],
            ),
            Refusal::Failed => (
                "not-evaluated",
                "权限无法判定,按拒绝处理",
                "could not be decided, hence refused",
                vec![],
            ),
            Refusal::By(policies) => match policies.first().and_then(|id| self.rules.reason(id)) {
                Some(reason) => {
                    let cause = policies.first().cloned().unwrap_or_default();
                    let (zh, en) = (reason.zh.clone(), reason.en.clone());
                    return Denied {
                        action,
                        purpose,
                        cause,
                        zh,
                        en,
                        policies,
                        may_know,
                    };
                }
                None => (
                    "not-permitted",
                    "所持角色没有此项权限",
                    "no role held permits this",
                    policies,
                ),
            },
        };
        let (cause, zh, en) = (cause.to_owned(), zh.to_owned(), en.to_owned());
        Denied {
            action,
            purpose,
            cause,
            zh,
            en,
            policies,
            may_know,
        }
    }
}

/// The roles held at `now`, each once, in order.
pub(crate) fn roles_held(actor: &Actor, now: Instant) -> Vec<Role> {
    let live = actor.grants.iter().filter(|grant| grant.holds_at(now));
    let mut roles: Vec<Role> = live.map(|grant| grant.role).collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// Whether a refusal is nearer to an allowance than another: fewer boundaries in the way; one that
/// names a boundary explains more than one that only lacks a permission.
fn nearer(one: &[String], other: &[String]) -> bool {
    match (one.len(), other.len()) {
        (0, _) => false,
        (_, 0) => true,
        (a, b) => a < b,
    }
}

/// Whether the thing comes into being with the action, so that there is nothing to hide.
const fn creates(action: Action) -> bool {
    matches!(
        action,
        Action::IntakeSubmit
            | Action::ImportCreate
            | Action::AppealsFile
            | Action::UsersCreate
            | Action::ResponsesOpen
    )
}
