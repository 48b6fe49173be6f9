//! Tokens of interfaces: a hospital system or a sentinel that hands in signals by machine.
//!
//! A token acts under an account and holds only that account's grants of the role `integration`,
//! so a lost token can hand something in and can see nothing.

use fangxian_authz::{Action, Purpose, Resource, Role};
use fangxian_base::{CommandId, Instant, UserId};
use fangxian_store::accounts as rows;
use schemars::JsonSchema;
use serde::Serialize;

use super::users::{unchanged, users_head};
use super::{actor, digest, grants_of, new_token, unit_of};
use crate::{App, AppError, Result, Who};

/// A token as shown: never its secret.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ApiTokenView {
    /// What it is for.
    pub label: String,
    /// When it was made.
    pub created_at: Instant,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
}

impl App {
    /// Makes a token for an account; the answer is shown once, and not again when the command is
    /// repeated.
    pub fn api_token_create(
        &self,
        who: &Who,
        command: CommandId,
        user: UserId,
        label: &str,
    ) -> Result<Option<String>> {
        let label = label.trim().to_owned();
        if label.is_empty() || label.chars().count() > 60 {
            return Err(AppError::field(
                "label",
                "请写明用途（最多 60 字）。",
                "Say what it is for, in at most 60 characters.",
            ));
        }
        let held = self.may_keep(who, Action::UsersUpdate, user)?;
        let token = format!("fx_{}", new_token()?);
        let hash = digest(&token);
        let head = users_head(who, command, Action::UsersUpdate);
        let written = self.store().write(head, move |tx| -> Result<()> {
            unchanged(tx, user, &held)?;
            tx.detail("api_token", "created");
            Ok(rows::api_token_insert(tx, &hash, user, &label)?)
        })?;
        Ok((!written.repeated).then_some(token))
    }

    /// Revokes the tokens of an account that carry a label; answers how many there were.
    pub fn api_token_revoke(
        &self,
        who: &Who,
        command: CommandId,
        user: UserId,
        label: &str,
    ) -> Result<u64> {
        let held = self.may_keep(who, Action::UsersUpdate, user)?;
        let label = label.trim().to_owned();
        self.write(
            who,
            command,
            Action::UsersUpdate,
            Purpose::Administration,
            None,
            move |tx| {
                unchanged(tx, user, &held)?;
                tx.detail("api_token", "revoked");
                Ok(rows::api_token_revoke(tx, user, &label)?)
            },
        )
    }

    /// The tokens of an account.
    pub fn api_token_list(&self, who: &Who, user: UserId) -> Result<Vec<ApiTokenView>> {
        let resource = Resource::Account {
            area: self.account_area(user)?,
            user: Some(user),
        };
        self.permit(who, Action::UsersList, &resource, Purpose::Administration)?;
        let tokens = self.read(|tx| Ok(rows::api_token_list(tx, user)?))?;
        Ok(tokens
            .into_iter()
            .map(|token| ApiTokenView {
                label: token.label,
                created_at: token.created_at,
                revoked_at: token.revoked_at,
            })
            .collect())
    }

    /// Who a token stands for, if it and its account still hold.
    pub fn api_token_who(&self, token: &str) -> Result<Option<Who>> {
        let hash = digest(token);
        self.read(|tx| {
            let Some(user) = rows::api_token_user(tx, &hash)? else {
                return Ok(None);
            };
            let account = rows::account_fetch(tx, user)?.filter(|a| a.disabled_at.is_none());
            let Some(account) = account else {
                return Ok(None);
            };
            let unit = unit_of(tx, &account)?;
            let mut grants = grants_of(tx, user)?;
            grants.retain(|grant| grant.role == Role::Integration);
            Ok(Some(Who::staff(actor(&account, unit.kind, grants))))
        })
    }
}
