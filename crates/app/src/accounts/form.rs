//! Reading the form of an account: every problem at once, with field and remedy.

use fangxian_authz::{AreaPath, Role};
use fangxian_base::{AreaId, ResponseId, Text, UnitId};
use fangxian_store::Tx;
use fangxian_store::accounts::GrantRow;
use fangxian_store::places::{Unit, area_fetch, unit_fetch};
use fangxian_store::responses::response_fetch;

use super::normal_login;
use super::users::{GrantInput, UserInput, path_of};
use crate::{App, AppError, FieldError, Result};

/// LIMIT: grants of one account.
const GRANTS_MAX: usize = 40;

/// The form after reading: every part exists.
pub(super) struct Parsed {
    pub(super) login: String,
    pub(super) name: String,
    pub(super) unit: Unit,
    pub(super) unit_path: AreaPath,
    pub(super) grants: Vec<GrantRow>,
}

impl App {
    pub(super) fn parse_user(&self, input: &UserInput, new: bool) -> Result<Parsed> {
        let mut wrong = Vec::new();
        let login = normal_login(&input.login);
        if new && !login_is_fine(&login) {
            wrong.push(problem(
                "login",
                "登录名用 2–40 个小写字母、数字或 . - _，以字母开头，例如 zhang.san。",
                "Use 2–40 small letters, digits or . - _, beginning with a letter, such as zhang.san.",
            ));
        }
        let name = input.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > 60 {
            wrong.push(problem(
                "name",
                "请填写姓名（最多 60 字）。",
                "Give a name of at most 60 characters.",
            ));
        }
        if input.grants.len() > GRANTS_MAX {
            wrong.push(problem(
                "grants",
                "一个账号最多 40 项授权。",
                "An account has at most 40 grants.",
            ));
        }
        let parsed = self.read(|tx| {
            let unit = match input.unit.parse::<UnitId>() {
                Ok(id) => unit_fetch(tx, id)?,
                Err(_) => None,
            };
            let Some(unit) = unit else {
                wrong.push(problem("unit", "请选择所属单位。", "Choose the unit."));
                return Ok(None);
            };
            let unit_path = path_of(tx, unit.area)?;
            let mut grants = Vec::new();
            for (n, grant) in input.grants.iter().take(GRANTS_MAX).enumerate() {
                grants.extend(self.parse_grant(tx, n, grant, &mut wrong)?);
            }
            Ok(Some((unit, unit_path, grants)))
        })?;
        match parsed {
            Some((unit, unit_path, grants)) if wrong.is_empty() => Ok(Parsed {
                login,
                name,
                unit,
                unit_path,
                grants,
            }),
            _ => Err(AppError::invalid(wrong)),
        }
    }

    fn parse_grant(
        &self,
        tx: &mut Tx<'_>,
        n: usize,
        input: &GrantInput,
        wrong: &mut Vec<FieldError>,
    ) -> Result<Option<GrantRow>> {
        let before = wrong.len();
        let mut say = |field: &str, zh: &str, en: &str| {
            wrong.push(problem(&format!("grants[{n}].{field}"), zh, en));
        };
        let role = Role::from_code(&input.role);
        if role.is_none() {
            say("role", "请选择角色。", "Choose a role.");
        }
        let area = match input.area.parse::<AreaId>() {
            Ok(id) => area_fetch(tx, id)?,
            Err(_) => None,
        };
        if area.is_none() {
            say("area", "请选择区域。", "Choose an area.");
        }
        let response = match (
            input.response.as_str(),
            input.response.parse::<ResponseId>(),
        ) {
            ("", _) => None,
            (_, Ok(id)) if response_fetch(tx, id)?.is_some() => Some(id),
            _ => {
                say("response", "没有这个响应。", "There is no such response.");
                None
            }
        };
        let until = match (
            input.until.as_str(),
            input.until.parse::<fangxian_base::Date>(),
        ) {
            ("", _) => None,
            (_, Ok(day)) if day > self.today() => Some(self.settings().zone.day_start(day)),
            _ => {
                say(
                    "until",
                    "请填写今天以后的日期，例如 2026-12-31；不限期请留空。",
                    "Give a day after today, such as 2026-12-31, or leave it empty.",
                );
                None
            }
        };
        let fine = wrong.len() == before;
        Ok(role
            .zip(area)
            .filter(|_| fine)
            .map(|(role, area)| GrantRow {
                role: role.code().to_owned(),
                area: area.id,
                path: area.path,
                response,
                until,
            }))
    }
}

/// Letters, digits and three marks, beginning with a letter.
pub(super) fn login_is_fine(login: &str) -> bool {
    (2..=40).contains(&login.len())
        && login.starts_with(|c: char| c.is_ascii_lowercase())
        && login
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c))
}

pub(super) fn problem(field: &str, zh: &str, en: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        text: Text::new(zh, en),
    }
}

pub(super) fn taken() -> AppError {
    AppError::field(
        "login",
        "这个登录名已有人使用，请换一个。",
        "This log-in name is taken, choose another one.",
    )
}
