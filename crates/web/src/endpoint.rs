//! What can be asked over HTTP: one entry per endpoint, with who may, what it takes, what it gives.
//!
//! An endpoint is mounted twice: `/x` for pages and forms, `/api/v1/x` for JSON. Its OpenAPI entry
//! comes from the types of its handler, so none can be without. Start with [`Endpoint::page`] and
//! [`Endpoint::command`]; the list of all is [`crate::pages::endpoints`].

use std::fmt;

use fangxian_app::{Action, App, AppError, FieldError, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::answer::{Answer, Done, Download, Page};
use crate::ask::Ask;
use crate::errors;
use crate::lenient::{self, Strange};

/// How it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Shows; changes nothing.
    Get,
    /// Changes something.
    Post,
}

/// Who may ask. The use case decides again, about the very thing asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without an account.
    Public,
    /// Anybody who is logged in.
    Session,
    /// Staff who may do this somewhere.
    Staff(Action),
}

/// Fields that guard a form or choose its language; every endpoint takes them.
const GUARDS: [&str; 3] = ["command_id", "form_token", "lang"];

/// Where it is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faces {
    /// As page and as JSON.
    Both,
    /// As page only: it makes no sense to a program.
    PageOnly,
}

type Handler = Box<dyn Fn(&App, &Ask) -> Result<Answer> + Send + Sync>;
type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// One thing that can be asked.
pub struct Endpoint {
    /// Its name, `<noun>.<verb>`; its words have the key with `-` for the dot.
    pub name: &'static str,
    /// How it is asked.
    pub method: Method,
    /// Where, below `/` and `/api/v1`.
    pub path: &'static str,
    /// Who may.
    pub access: Access,
    /// Whether it leaves an audit entry; the golden table and the story of the tests hold it to that.
    #[cfg_attr(not(test), expect(dead_code, reason = "a promise that tests keep"))]
    pub audited: bool,
    /// Where it is mounted.
    pub faces: Faces,
    /// The page that shows its form, by name: shown again when the input does not hold.
    pub form: Option<&'static str>,
    /// Whether a file comes with it, so that more bytes are let in.
    pub takes_file: bool,
    /// Whether a command shows its answer at once instead of leading to a page.
    pub shows: bool,
    /// The media type of what it gives, when it is a file.
    pub gives: Option<&'static str>,
    /// Texts that the handler reads besides the fields of its input.
    pub also: &'static [&'static str],
    pub(crate) input: SchemaOf,
    pub(crate) output: SchemaOf,
    pub(crate) handler: Handler,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {:?} {} {:?}",
            self.name, self.method, self.path, self.access
        )
    }
}

impl Endpoint {
    /// A page: takes a query, shows a view.
    pub fn page<I, V>(
        name: &'static str,
        path: &'static str,
        access: Access,
        show: fn(&App, &Ask, I) -> Result<V>,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        V: Page + 'static,
    {
        Self::new::<I, V>(name, Method::Get, path, access, move |app, ask| {
            Ok(Answer::View(Box::new(show(app, ask, input(ask)?)?)))
        })
    }

    /// A command: takes a form, does something, leads to a page.
    ///
    /// `form` names the page that shows the form.
    pub fn command<I, V>(
        name: &'static str,
        path: &'static str,
        access: Access,
        form: &'static str,
        run: fn(&App, &Ask, I) -> Result<Done<V>>,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        V: Serialize + JsonSchema + 'static,
    {
        let made = Self::new::<I, V>(name, Method::Post, path, access, move |app, ask| {
            Ok(run(app, ask, input(ask)?)?.answer())
        });
        Self {
            audited: true,
            form: Some(form),
            ..made
        }
    }

    /// A command whose answer is shown at once and never again: a first password.
    pub fn once<I, V>(
        name: &'static str,
        path: &'static str,
        access: Access,
        form: &'static str,
        run: fn(&App, &Ask, I) -> Result<V>,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
        V: Page + 'static,
    {
        let made = Self::new::<I, V>(name, Method::Post, path, access, move |app, ask| {
            Ok(Answer::View(Box::new(run(app, ask, input(ask)?)?)))
        });
        Self {
            audited: true,
            form: Some(form),
            shows: true,
            ..made
        }
    }

    /// A file to download.
    pub fn file<I>(
        name: &'static str,
        path: &'static str,
        access: Access,
        media: &'static str,
        make: fn(&App, &Ask, I) -> Result<Download>,
    ) -> Self
    where
        I: DeserializeOwned + JsonSchema + 'static,
    {
        let made = Self::new::<I, String>(name, Method::Get, path, access, move |app, ask| {
            Ok(Answer::File(make(app, ask, input(ask)?)?))
        });
        Self {
            gives: Some(media),
            ..made
        }
    }

    /// The same, leaving an audit entry although it only shows: it shows names.
    #[must_use]
    pub fn traced(self) -> Self {
        Self {
            audited: true,
            ..self
        }
    }

    /// The same, leaving no audit entry.
    #[must_use]
    pub fn untraced(self) -> Self {
        Self {
            audited: false,
            ..self
        }
    }

    /// The same, taking a file.
    #[must_use]
    pub fn with_file(self) -> Self {
        Self {
            takes_file: true,
            ..self
        }
    }

    /// The same, reading these texts besides the fields of its input.
    #[must_use]
    pub fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    /// The same, as a page only.
    #[must_use]
    pub fn page_only(self) -> Self {
        Self {
            faces: Faces::PageOnly,
            ..self
        }
    }

    fn new<I, V>(
        name: &'static str,
        method: Method,
        path: &'static str,
        access: Access,
        handler: impl Fn(&App, &Ask) -> Result<Answer> + Send + Sync + 'static,
    ) -> Self
    where
        I: JsonSchema,
        V: JsonSchema,
    {
        Self {
            name,
            method,
            path,
            access,
            audited: false,
            faces: Faces::Both,
            form: None,
            takes_file: false,
            shows: false,
            gives: None,
            also: &[],
            input: |schemas| schemas.subschema_for::<I>(),
            output: |schemas| schemas.subschema_for::<V>(),
            handler: Box::new(handler),
        }
    }

    /// The key of its words.
    pub fn key(&self) -> String {
        key(self.name)
    }

    /// The names between braces in its path.
    pub fn path_names(&self) -> impl Iterator<Item = &'static str> {
        self.path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
    }
}

/// The key of the words of an endpoint, by its name.
pub fn key(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}

fn input<I: DeserializeOwned>(ask: &Ask) -> Result<I> {
    let besides: Vec<&'static str> = GUARDS
        .iter()
        .chain(ask.also)
        .chain(&ask.path_names)
        .copied()
        .collect();
    let strange = if ask.strict {
        Strange::Refused(&besides)
    } else {
        Strange::Ignored
    };
    lenient::read(&ask.fields, strange).map_err(|error| match &error.field {
        Some(field) if ask.in_path(field) => AppError::not_found(),
        Some(field) => AppError::invalid(vec![FieldError {
            field: field.clone(),
            text: match error.unknown {
                None => fangxian_base::Text::new(
                    "这一栏没有填写，或格式不对，请检查。",
                    "This is missing or not in the form expected.",
                ),
                Some(lenient::Unknown { nearest: None }) => fangxian_base::Text::new(
                    "没有这一栏，请删去。接口的各栏见 /api/openapi.json。",
                    "Nothing is called so; leave it out. /api/openapi.json lists what there is.",
                ),
                Some(lenient::Unknown {
                    nearest: Some(meant),
                }) => fangxian_base::Text::new(
                    format!("没有这一栏。是否应为 `{meant}`？"),
                    format!("Nothing is called so. Is `{meant}` meant?"),
                ),
            },
        }]),
        None => errors::unreadable(),
    })
}

/// For an endpoint that takes nothing.
#[derive(Debug, Clone, Copy, serde::Deserialize, JsonSchema)]
pub struct Nothing {}
