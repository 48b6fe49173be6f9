//! What a handler gives back: a view (page or JSON), a command done (then a redirect), a file.

use askama::Template;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::shell::Shell;

/// A view that is also a page.
pub trait Page: Serialize + JsonSchema + Send {
    /// The page.
    ///
    /// # Errors
    /// When the template fails.
    fn html(&self, shell: &Shell) -> askama::Result<String>;
}

/// Ties a view to its template, where `s` is the [`Shell`] and `v` the view.
macro_rules! page {
    ($view:ty, $path:tt) => {
        const _: () = {
            #[derive(askama::Template)]
            #[template(path = $path)]
            struct Drawn<'a> {
                s: &'a $crate::shell::Shell,
                v: &'a $view,
            }

            impl $crate::answer::Page for $view {
                fn html(&self, shell: &$crate::shell::Shell) -> askama::Result<String> {
                    askama::Template::render(&Drawn { s: shell, v: self })
                }
            }
        };
    };
}
pub(crate) use page;

/// A page whose type is forgotten.
pub(crate) trait AnyPage: Send {
    fn html(&self, shell: &Shell) -> askama::Result<String>;
    fn json(&self) -> serde_json::Result<Vec<u8>>;
}

impl<P: Page> AnyPage for P {
    fn html(&self, shell: &Shell) -> askama::Result<String> {
        Page::html(self, shell)
    }

    fn json(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

/// What a handler gives back.
pub(crate) enum Answer {
    View(Box<dyn AnyPage>),
    Done {
        to: String,
        data: Value,
        login: Login,
    },
    File(Download),
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::View(_) => "view",
            Self::Done { .. } => "done",
            Self::File(_) => "file",
        })
    }
}

/// What a command does to the session of whoever gave it.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// Nothing.
    Same,
    /// It begins; this is its token.
    Begins(String),
    /// It ends.
    Ends,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Same => "same",
            Self::Begins(_) => "begins",
            Self::Ends => "ends",
        })
    }
}

/// A command was done.
#[derive(Debug)]
pub struct Done<V> {
    /// The page that follows.
    pub to: String,
    /// What a program is told.
    pub data: V,
    /// What became of the session.
    pub login: Login,
}

impl<V: Serialize> Done<V> {
    /// Done, and this page follows.
    pub fn then(to: impl Into<String>, data: V) -> Self {
        Self {
            to: to.into(),
            data,
            login: Login::Same,
        }
    }

    pub(crate) fn answer(self) -> Answer {
        let data = serde_json::to_value(self.data).unwrap_or(Value::Null);
        Answer::Done {
            to: self.to,
            data,
            login: self.login,
        }
    }
}

/// A file to download.
#[derive(Debug)]
pub struct Download {
    /// The name to save it under.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// HTML that was built by us from escaped parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Html(pub(crate) String);

impl Html {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Display for Html {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Html {}

/// Text with what HTML takes for its own written out.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The page that says that something did not work.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// A stable code that may be reported.
    pub code: String,
    /// What happened and what to do, in the language asked for.
    pub message: String,
    /// What is wrong field by field.
    pub fields: Vec<ProblemField>,
    /// The number of this operation in the log.
    pub op: String,
    #[serde(skip)]
    pub(crate) status: u16,
}

/// What is wrong with one field.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProblemField {
    /// The field.
    pub field: String,
    /// What is wrong and what to do.
    pub message: String,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    s: &'a Shell,
    v: &'a Problem,
}

impl Problem {
    pub(crate) fn html(&self, shell: &Shell) -> askama::Result<String> {
        ProblemPage { s: shell, v: self }.render()
    }
}
