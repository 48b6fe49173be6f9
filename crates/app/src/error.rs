//! One error for all use cases: what kind, a stable code, words for whoever asked, and what the
//! operator may know. The inner half is printed only by [`AppError::log`].

use std::error::Error;

use fangxian_base::{Text, error_chain};
use fangxian_store::{DbError, WriteError};
use serde::Serialize;

/// What kind of refusal or failure it is; pages and exit codes follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Nobody is logged in, or the session ended.
    SignedOut,
    /// It does not exist, or the person asking may not know that it does.
    NotFound,
    /// It exists, and the person asking may not do that.
    Forbidden,
    /// The input does not hold; see the fields.
    Invalid,
    /// It cannot be done in the present state.
    Conflict,
    /// Somebody changed it in the meantime.
    Stale,
    /// More than a written limit allows.
    TooLarge,
    /// Too often.
    RateLimited,
    /// Not now: overload, full disk, database away. Nothing was kept; try again.
    Unavailable,
    /// A mistake of ours.
    Internal,
}

/// What is wrong with one field, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// The field's name, as in the form and the API.
    pub field: String,
    /// What is wrong and what to do.
    pub text: Text,
}

/// A use case did not do what was asked.
#[derive(Debug)]
pub struct AppError {
    /// What kind.
    pub kind: Kind,
    /// A stable code that a user may report.
    pub code: &'static str,
    /// What happened and what to do, for whoever asked.
    pub text: Text,
    /// The fields, when the input does not hold.
    pub fields: Vec<FieldError>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What a use case answers.
pub type Result<T, E = AppError> = std::result::Result<T, E>;

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.text.en)
    }
}

impl Error for AppError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|e| e as &(dyn Error + 'static))
    }
}

impl AppError {
    /// An error of a kind, with its code and words.
    pub fn new(kind: Kind, code: &'static str, zh: &str, en: &str) -> Self {
        Self {
            kind,
            code,
            text: Text::new(zh, en),
            fields: Vec::new(),
            source: None,
        }
    }

    /// The same with what caused it.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Input that does not hold; the list names every field.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(
            Kind::Invalid,
            "INPUT",
            "填写有误，请按各栏提示改正后重新提交；已填内容未丢失。",
            "Some fields need another look; what you typed is still there.",
        );
        error.fields = fields;
        error
    }

    /// One field that does not hold.
    pub fn field(field: &str, zh: &str, en: &str) -> Self {
        Self::invalid(vec![FieldError {
            field: field.to_owned(),
            text: Text::new(zh, en),
        }])
    }

    /// It is not there, or the person asking may not know that it is.
    pub fn not_found() -> Self {
        Self::new(
            Kind::NotFound,
            "NOT-FOUND",
            "没有找到，或您无权知道它是否存在。",
            "Not found, or not for you to know whether it exists.",
        )
    }

    /// Somebody changed it in the meantime.
    pub fn stale() -> Self {
        Self::new(
            Kind::Stale,
            "STALE",
            "这条记录刚被他人修改过。请刷新后重新查看再决定；您的操作未生效。",
            "Somebody changed this a moment ago. Reload, look again and decide; nothing was done.",
        )
    }

    /// It cannot be done in the present state.
    pub fn conflict(code: &'static str, zh: &str, en: &str) -> Self {
        Self::new(Kind::Conflict, code, zh, en)
    }

    /// A mistake of ours.
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(
            Kind::Internal,
            "INTERNAL",
            "系统内部出错，操作未生效。请重试；若仍出错，请把页面上的编号告诉管理员。",
            "Something went wrong on our side and nothing was done. Try again; if it fails again, give the number on the page to the administrator.",
        )
        .because(source)
    }

    /// Writes the whole chain to the log, once, where the error is handled.
    pub fn log(&self) {
        match self.kind {
            Kind::Internal => {
                tracing::error!(error.code = self.code, error = %error_chain(self), "a use case failed");
            }
            Kind::Unavailable => {
                tracing::warn!(error.code = self.code, error = %error_chain(self), "not available");
            }
            _ => tracing::debug!(error.code = self.code, error = %error_chain(self), "refused"),
        }
    }
}

impl From<DbError> for AppError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Overloaded => Self::new(
                Kind::Unavailable,
                "OVERLOADED",
                "系统正忙，本次未受理。请稍等片刻再提交，不会重复登记。",
                "Too busy to take this now; nothing was kept. Send it again in a moment, it will not be counted twice.",
            ),
            DbError::DiskFull => Self::new(
                Kind::Unavailable,
                "DISK-FULL",
                "存储空间已满，本次未受理。请稍后再提交，或改用电话报告。",
                "The disk is full and nothing was kept. Send it later, or report by telephone.",
            ),
            DbError::Unavailable => Self::new(
                Kind::Unavailable,
                "DATABASE-AWAY",
                "数据库暂时不可用，本次未受理。请稍后再提交。",
                "The database cannot be reached and nothing was kept. Send it later.",
            ),
            DbError::Crypt(fangxian_store::keys::CryptError::Destroyed) => Self::new(
                Kind::Conflict,
                "DESTROYED",
                "该部分个人信息已依法销毁，无法再读取或补充。",
                "These personal records were destroyed as the law asks; nothing can be read or added.",
            ),
            other if other.is_transient() => Self::new(
                Kind::Unavailable,
                "DATABASE-BUSY",
                "数据库此刻忙碌或连接中断，未能确认本次是否受理。请稍等片刻，用同一表单再提交一次，不会重复登记。",
                "The database is busy or the connection was lost. Send the same form again in a moment; it will not be counted twice.",
            )
            .because(other),
            other => Self::internal(other),
        }
    }
}

impl From<WriteError<Self>> for AppError {
    fn from(error: WriteError<Self>) -> Self {
        match error {
            WriteError::Refused(error) => error,
            WriteError::Db(error) => error.into(),
            WriteError::CommandReused => Self::conflict(
                "COMMAND-REUSED",
                "这份表单此前已提交并受理，但内容与本次不同，本次未受理。请重新打开页面，核对已有记录；如仍需提交，请在新表单中填写。",
                "This form was sent and taken before with something else in it; nothing was done now. Open the page anew, look at what is there, and fill in the new form if it is still needed.",
            ),
            WriteError::Panicked => Self::internal("a command panicked"),
        }
    }
}
