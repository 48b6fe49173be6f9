//! Small things that every page of the loop needs: the purpose under which a page that serves
//! several is read, names for ids, and fields that must hold.

use fangxian_authz::{Action, Purpose, Reach, Resource};
use fangxian_base::{AreaId, Instant, PersonId, Text, UserId};
use fangxian_store::{Tx, accounts, places};

use crate::{App, AppError, FieldError, Kind, Result, Who};

/// LIMIT: rows on one page of a list.
pub(crate) const PAGE: i64 = 100;

impl App {
    /// The reach for the first of these purposes that gives one.
    pub(crate) fn reach_for(
        &self,
        who: &Who,
        action: Action,
        purposes: &[Purpose],
    ) -> Result<(Reach, Purpose)> {
        let mut last = AppError::not_found();
        for purpose in purposes {
            match self.reach(who, action, *purpose) {
                Ok(reach) => return Ok((reach, *purpose)),
                Err(e) => last = e,
            }
        }
        Err(last)
    }

    /// The first of these purposes for which it is allowed; the plainest refusal otherwise.
    pub(crate) fn permit_for(
        &self,
        who: &Who,
        action: Action,
        resource: &Resource,
        purposes: &[Purpose],
    ) -> Result<Purpose> {
        let mut last: Option<AppError> = None;
        for purpose in purposes {
            match self.permit(who, action, resource, *purpose) {
                Ok(_) => return Ok(*purpose),
                Err(e) if last.is_none() || e.kind == Kind::Forbidden => last = Some(e),
                Err(_) => {}
            }
        }
        Err(last.unwrap_or_else(AppError::not_found))
    }
}

/// The member of staff who asks.
pub(crate) fn staff(who: &Who) -> Result<UserId> {
    who.user().ok_or_else(|| {
        AppError::new(
            Kind::SignedOut,
            "SIGNED-OUT",
            "请先登录。",
            "Please log in first.",
        )
    })
}

/// The area with a division code chosen in a form; empty: none.
pub(crate) fn area_of_code(
    tx: &mut Tx<'_>,
    field: &str,
    code: &str,
) -> Result<Option<places::Area>> {
    let code = code.trim();
    if code.is_empty() {
        return Ok(None);
    }
    places::area_by_code(tx, code)?.map(Some).ok_or_else(|| {
        AppError::field(
            field,
            "没有这个区划代码，请从列表中选择。",
            "There is no such division; choose one from the list.",
        )
    })
}

/// An area's name; nothing while the place is not known.
pub(crate) fn area_text(tx: &mut Tx<'_>, area: Option<AreaId>) -> Result<Option<Text>> {
    let Some(area) = area else { return Ok(None) };
    Ok(places::area_fetch(tx, area)?.map(|area| Text::new(area.name_zh, area.name_en)))
}

/// A colleague's name.
pub(crate) fn user_name(tx: &mut Tx<'_>, user: Option<UserId>) -> Result<Option<String>> {
    let Some(user) = user else { return Ok(None) };
    Ok(accounts::account_fetch(tx, user)?.map(|account| account.name))
}

/// What a list shows, for its read entry: the rows and the persons whose names stand in them.
pub(crate) fn shown<'a>(
    kind: &'static str,
    rows: impl Iterator<Item = (String, &'a PersonId)>,
) -> Vec<(&'static str, String)> {
    let mut all = Vec::new();
    for (id, person) in rows {
        all.push((kind, id));
        all.push(("person", person.to_string()));
    }
    all
}

/// Minutes until a moment; negative once it has passed.
pub(crate) const fn minutes_left(due: Instant, now: Instant) -> i64 {
    due.minutes_since(now)
}

/// Words that must be there, trimmed; `None` and one more finding when they are not.
pub(crate) fn required(
    wrong: &mut Vec<FieldError>,
    field: &str,
    typed: &str,
    zh: &str,
    en: &str,
) -> Option<String> {
    let typed = typed.trim();
    if typed.is_empty() {
        wrong.push(FieldError {
            field: field.to_owned(),
            text: Text::new(zh, en),
        });
        return None;
    }
    Some(typed.to_owned())
}

/// LIMIT: characters of a reason or note.
const WORDS_MAX: usize = 2_000;

/// Refuses words that are too long for a reason or a note.
pub(crate) fn not_too_long(wrong: &mut Vec<FieldError>, field: &str, typed: &str) {
    if typed.chars().count() > WORDS_MAX {
        wrong.push(FieldError {
            field: field.to_owned(),
            text: Text::new(
                format!("最多 {WORDS_MAX} 个字，请缩短。"),
                format!("At most {WORDS_MAX} characters; please shorten it."),
            ),
        });
    }
}

/// Every finding at once, or nothing.
pub(crate) fn all_right(wrong: Vec<FieldError>) -> Result<()> {
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(AppError::invalid(wrong))
    }
}
