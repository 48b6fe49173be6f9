//! What goes to the terminal: results on standard output, complaints on standard error, no colour.

use std::any::Any;
use std::fmt::Display;
use std::io::Write;

use fangxian_app::{AppError, FieldError};
use serde::Serialize;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It did what it should.
    Done,
    /// It did, and something does not hold.
    Finding,
    /// It did what it could, and not everything was compared.
    Incomplete,
}

/// A command could not be done: usage, or something unreadable.
#[derive(Debug)]
pub struct Failed {
    message: String,
    hint: Option<String>,
}

impl Failed {
    /// With a message that reads after "fangxian: ".
    pub fn new(message: impl Display) -> Self {
        Self {
            message: message.to_string(),
            hint: None,
        }
    }

    /// The same with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }
}

impl<E: std::error::Error + 'static> From<E> for Failed {
    fn from(error: E) -> Self {
        let any: &dyn Any = &error;
        let fields = any.downcast_ref().map(|refused: &AppError| &refused.fields);
        match fields {
            // A page shows what is wrong beside the field; here it is all there is to say.
            Some(fields) if !fields.is_empty() => {
                let told = |one: &FieldError| format!("{}: {}", one.field, one.text.en);
                Self::new(fields.iter().map(told).collect::<Vec<_>>().join("\n"))
            }
            _ => Self::new(fangxian_base::error_chain(&error)),
        }
    }
}

/// Prints a line of the result; a reader that went away (`| head`) is no error.
pub fn line(text: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints the one object of `--json`.
pub fn json(value: &impl Serialize) -> Result<(), Failed> {
    line(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Says something on standard error that is not the result.
pub fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Says on standard error why a command could not be done.
pub fn complain(failed: &Failed) {
    note(format_args!("fangxian: {}", failed.message));
    if let Some(hint) = &failed.hint {
        note(format_args!("  {hint}"));
    }
}
