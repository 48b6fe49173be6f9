//! Codes to the own file: a member of staff who has seen who somebody is gives one out, on paper, to
//! the person or to who acts for them. A document number alone opens nothing.
//!
//! Source: Personal Information Protection Law 2021, arts. 44, 45 (the person may read and copy what
//! is kept of them), 29, 31 (guardians).

use fangxian_authz::{Action, Purpose};
use fangxian_base::{CommandId, Instant, PersonId, Text};
use fangxian_domain::intake::ReceiptCode;
use fangxian_store::Tx;
use fangxian_store::file_codes::{
    FileCode, NewFileCode, file_code_end, file_code_insert, file_code_list_of,
};
use fangxian_store::records::record_ids_of;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::intake::person_now;
use crate::sight::{all_right, not_too_long, user_name};
use crate::{App, AppError, FieldError, Result, Who};

/// LIMIT: days for which a code opens a file. No source gives a number: ours.
pub const CODE_DAYS: i64 = 30;
/// Who holds a code.
pub(crate) const HOLDERS: [&str; 3] = ["self", "guardian", "agent"];
/// How it was made sure who that is.
pub(crate) const CHECKED: [&str; 2] = ["document", "visit"];

/// A code to be given out, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["holder", "checked"]))]
pub struct GiveCodeInput {
    /// Who holds it: `self`, `guardian`, `agent`.
    pub holder: String,
    /// How it was made sure who they are: `document` (seen at the counter), `visit` (at the door).
    pub checked: String,
    /// Who acts for the person and on what ground; needed unless it is the person.
    pub acting: String,
}

/// A code, shown once.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GivenCode {
    /// The person.
    pub person: PersonId,
    /// The code in groups of four; nothing when the command was only repeated.
    pub code: Option<String>,
    /// How many days it holds.
    pub days: i64,
}

/// A code as the file shows it: never the code.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CodeView {
    /// Who holds it.
    pub holder: String,
    /// How it was made sure who they are.
    pub checked: String,
    /// Who gave it out: a name.
    pub by: String,
    /// When.
    pub at: Instant,
    /// When it ends.
    pub until: Instant,
    /// Whether it opens the file now.
    pub holds: bool,
    /// How often it was used.
    pub uses: i64,
}

/// What is kept of a code.
pub(super) fn digest(code: &ReceiptCode) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"fangxian file code 1\n");
    hash.update(code.as_str().as_bytes());
    hash.finalize().into()
}

/// The codes to a file, the newest first.
pub(super) fn codes_of(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<CodeView>> {
    let now = tx.now();
    let mut views = Vec::new();
    for code in file_code_list_of(tx, person)? {
        let holds = code.holds_at(now);
        let FileCode {
            holder,
            checked,
            given_by,
            ..
        } = code;
        views.push(CodeView {
            holder,
            checked,
            by: user_name(tx, Some(given_by))?.unwrap_or_default(),
            at: code.given_at,
            until: code.ended_at.unwrap_or(code.expires_at),
            holds,
            uses: code.uses,
        });
    }
    Ok(views)
}

fn check(input: &GiveCodeInput) -> Result<()> {
    let mut wrong = Vec::new();
    let mut add = |field: &str, zh: &str, en: &str| {
        wrong.push(FieldError {
            field: field.to_owned(),
            text: Text::new(zh, en),
        });
    };
    if !HOLDERS.contains(&input.holder.trim()) {
        let (zh, en) = (
            "请选择领取人：本人、监护人或受托人。",
            "Choose who takes the code: the person, a guardian or an agent.",
        );
        add("holder", zh, en);
    } else if input.holder.trim() != "self" && input.acting.trim().is_empty() {
        let (zh, en) = (
            "请写明领取人姓名、与本人关系和依据，如户口簿、委托书。",
            "Name who takes it, their relation to the person and the ground, such as a household register or a mandate.",
        );
        add("acting", zh, en);
    }
    if !CHECKED.contains(&input.checked.trim()) {
        let (zh, en) = (
            "请说明如何核实身份：窗口查验证件，或上门核实。",
            "Say how you made sure who it is: a document at the counter, or a visit at the door.",
        );
        add("checked", zh, en);
    }
    not_too_long(&mut wrong, "acting", &input.acting);
    all_right(wrong)
}

impl App {
    /// Gives out a code to the file of a person. A code that the same kind of holder had before ends.
    ///
    /// # Errors
    /// Fields that do not hold, no such person, or the asker may not.
    pub fn file_code_give(
        &self,
        who: &Who,
        command: CommandId,
        id: PersonId,
        input: &GiveCodeInput,
    ) -> Result<GivenCode> {
        let (action, purpose) = (Action::PeopleGiveCode, Purpose::OwnFile);
        let person = self.read(|tx| {
            let person = person_now(tx, id)?;
            self.person_permit(who, tx, person, action, purpose)?;
            Ok(person)
        })?;
        check(input)?;
        let by = who.user().ok_or_else(AppError::not_found)?;
        let code = ReceiptCode::from_random(fangxian_store::random_bytes()?);
        let (digest, input) = (digest(&code), input.clone());
        let kept: [u8; 32] = self.write(who, command, action, purpose, None, move |tx| {
            let person = person_now(tx, person)?;
            let records = record_ids_of(tx, person)?;
            let record = *records.first().ok_or_else(AppError::not_found)?;
            let holder = input.holder.trim();
            file_code_end(tx, person, holder)?;
            file_code_insert(
                tx,
                &NewFileCode {
                    record,
                    digest,
                    holder,
                    checked: input.checked.trim(),
                    acting: input.acting.trim(),
                    by,
                    expires_at: tx.now().plus_hours(24 * CODE_DAYS),
                },
            )?;
            tx.note("person", person);
            tx.detail("holder", holder);
            Ok(digest)
        })?;
        Ok(GivenCode {
            person,
            // The first time it was asked, another code was given out.
            code: (kept == digest).then(|| code.to_string()),
            days: CODE_DAYS,
        })
    }
}
