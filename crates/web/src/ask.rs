//! One request as handlers see it: who asks, in which language, with which fields and files.

use std::net::IpAddr;
use std::sync::Arc;

use fangxian_app::accounts::SessionInfo;
use fangxian_app::{App, Who};
use fangxian_base::CommandId;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::i18n::Lang;

/// What does not tell one input from another, or must not be kept in any form.
const LEFT_OUT: [&str; 7] = [
    "form_token",
    "command_id",
    "lang",
    "password",
    "again",
    "old",
    "new",
];

/// Somebody asks for something.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The program, for work that outlives the request.
    pub app: Arc<App>,
    /// Who, with what was granted.
    pub who: Who,
    /// The session, when somebody is logged in with a browser.
    pub session: Option<SessionInfo>,
    /// Whether it came with an API token instead of a cookie: then no page can forge it.
    pub bearer: bool,
    /// The session's token as the browser sent it.
    pub token: Option<String>,
    /// The number that makes asking twice harmless.
    pub command: CommandId,
    /// The language to answer in.
    pub lang: Lang,
    /// Where it came from.
    pub address: Option<IpAddr>,
    /// Everything sent: path, query and body together, later ones winning.
    pub fields: Map<String, Value>,
    /// The files that came along.
    pub files: Vec<Upload>,
    /// The names that stand in the path.
    pub path_names: Vec<&'static str>,
    /// Names of fields that the handler reads besides those of its input.
    pub also: &'static [&'static str],
    /// Whether a field that nothing knows is refused: a program asks, not a form.
    pub strict: bool,
}

impl Ask {
    pub(crate) fn in_path(&self, field: &str) -> bool {
        self.path_names.contains(&field)
    }

    /// What was sent, without what only guards the form: kept as received.
    pub fn original(&self) -> Vec<u8> {
        let mut sent = self.fields.clone();
        for guard in ["form_token", "command_id"] {
            sent.remove(guard);
        }
        serde_json::to_vec(&sent).unwrap_or_default()
    }

    /// A digest of what was sent, files by theirs; without what only guards the form, the language
    /// of the answer, and secrets, of which nothing may be kept.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut sent = self.fields.clone();
        for left_out in LEFT_OUT {
            sent.remove(left_out);
        }
        let mut hash = Sha256::new();
        let text = serde_json::to_vec(&sent).unwrap_or_default();
        hash.update(Sha256::digest(text));
        for file in &self.files {
            hash.update(Sha256::digest(&file.field));
            hash.update(Sha256::digest(&file.bytes));
        }
        hash.finalize().into()
    }

    /// One field as text.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }
}

/// A file that came along.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The form field.
    pub field: String,
    /// The file's name, as given.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}
