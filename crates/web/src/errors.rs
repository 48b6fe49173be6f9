//! The one mapping from what went wrong to a status and a page.

use axum::http::StatusCode;
use fangxian_app::{AppError, FieldError, Kind};
use fangxian_base::Text;

use crate::answer::{Problem, ProblemField};
use crate::i18n::Lang;

/// The status of a kind of error: nowhere else is one chosen.
pub fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::SignedOut => StatusCode::UNAUTHORIZED,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Conflict | Kind::Stale => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Seconds after which it makes sense to ask again.
pub fn retry_after(kind: Kind) -> Option<u32> {
    match kind {
        Kind::Unavailable => Some(5),
        Kind::RateLimited => Some(30),
        _ => None,
    }
}

/// What whoever asked is told.
pub fn problem(error: &AppError, lang: Lang, op: &str) -> Problem {
    Problem {
        code: error.code.to_owned(),
        message: error.text.in_language(lang.tag()).to_owned(),
        fields: error
            .fields
            .iter()
            .map(|field| ProblemField {
                field: field.field.clone(),
                message: field.text.in_language(lang.tag()).to_owned(),
            })
            .collect(),
        op: op.to_owned(),
        status: status(error.kind).as_u16(),
    }
}

/// A form without its token, or sent from another site.
pub fn forged() -> AppError {
    AppError::new(
        Kind::Forbidden,
        "FORM-TOKEN",
        "这份表单已过期，或不是从本系统页面提交的。请返回上一页刷新后重新提交；操作未生效。",
        "This form has expired or did not come from a page of this system. Go back, reload and send it again; nothing was done.",
    )
}

/// Nobody is logged in.
pub fn signed_out() -> AppError {
    AppError::new(
        Kind::SignedOut,
        "SIGNED-OUT",
        "请先登录。",
        "Please log in first.",
    )
}

/// Somebody is logged in who may not.
pub fn forbidden() -> AppError {
    AppError::new(
        Kind::Forbidden,
        "FORBIDDEN",
        "您的岗位没有这项权限。如工作需要，请联系本单位管理员。",
        "Your post does not include this. If your work needs it, ask your unit's administrator.",
    )
}

/// The code of [`must_change`].
pub const MUST_CHANGE: &str = "PASSWORD-FIRST";

/// A first password waits to be changed.
pub fn must_change() -> AppError {
    AppError::new(
        Kind::Forbidden,
        MUST_CHANGE,
        "请先修改初始密码，再继续使用。",
        "Please change your first password before going on.",
    )
}

/// Too often from one address.
pub fn too_often() -> AppError {
    AppError::new(
        Kind::RateLimited,
        "TOO-OFTEN",
        "操作过于频繁，请半分钟后再试。",
        "Too many attempts. Please try again in half a minute.",
    )
}

/// Too many at once.
pub fn too_busy() -> AppError {
    AppError::new(
        Kind::Unavailable,
        "OVERLOADED",
        "系统正忙，本次未受理。请稍等片刻再提交，不会重复登记。",
        "Too busy to take this now; nothing was kept. Send it again in a moment, it will not be counted twice.",
    )
}

/// More bytes than are let in.
pub fn too_large() -> AppError {
    AppError::new(
        Kind::TooLarge,
        "TOO-LARGE",
        "提交的内容超过大小上限。请分成几份提交。",
        "This is larger than the limit. Please send it in several parts.",
    )
}

/// A body that is not what it says it is.
pub fn unreadable() -> AppError {
    AppError::new(
        Kind::Invalid,
        "UNREADABLE",
        "提交的内容无法读取，请刷新页面重新填写。",
        "What was sent cannot be read. Reload the page and try again.",
    )
}

/// A body that claims to be JSON.
pub fn unreadable_json() -> AppError {
    AppError::new(
        Kind::Invalid,
        "UNREADABLE",
        "无法读取请求内容：应为一个 JSON 对象，且 Content-Type 为 application/json。",
        "The body cannot be read. Send one JSON object, with Content-Type application/json.",
    )
}

/// A text that no database keeps.
pub fn no_text(field: String) -> AppError {
    AppError::invalid(vec![FieldError {
        field,
        text: Text::new(
            "含有无法保存的字符（U+0000），请删去后重新提交。",
            "This holds a character that cannot be kept (U+0000). Take it out and send again.",
        ),
    }])
}

/// A body that did not come in time.
pub fn too_slow() -> AppError {
    AppError::new(
        Kind::Unavailable,
        "TOO-SLOW",
        "内容未能及时传完，本次未受理。请检查网络后重新提交，不会重复登记。",
        "This did not arrive in time; nothing was kept. Check the connection and send it again, it will not be counted twice.",
    )
}
