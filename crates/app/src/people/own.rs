//! The own file: what the person concerned reads with a code. Every look is asked with the code and
//! leaves a trace; there is no session that could be left open. Reasons name what the rules say,
//! with day and kind of contact, and never another person.

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{CommandId, Date, Instant, PersonId, RecordId, ResponseId, Text};
use fangxian_domain::intake::ReceiptCode;
use fangxian_packs::{Advice, Release};
use fangxian_store::facts::{fact_list, standing};
use fangxian_store::file_codes::{FileCode, file_code_acting, file_code_by_digest, file_code_used};
use fangxian_store::people::person_fetch;
use fangxian_store::records::{record_fetch, record_ids_of};
use fangxian_store::{Tx, responses};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::codes::digest;
use super::readings::{Readings, readings};
use super::{IdentityView, identity_view, person_about};
use crate::appeals::AppealProgress;
use crate::assess::words;
use crate::intake::Identity;
use crate::measures::Paper;
use crate::{App, AppError, Result, Who, found};

/// A look at the own file, as typed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["code"]))]
pub struct OwnFileInput {
    /// The code that was given out.
    pub code: String,
}

/// What the rules say, for the person.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OwnStatus {
    /// The response.
    pub title: Text,
    /// On which day the rules were applied.
    #[schemars(with = "String")]
    pub on: Date,
    /// What one is taken for: class, kind of contact, categories; empty: nothing.
    pub says: Vec<Text>,
    /// Why.
    pub why: Vec<Text>,
    /// What one is advised to do; nobody is compelled by it.
    pub advice: Vec<Advice>,
    /// When it ends.
    pub ends: Vec<Release>,
    /// The next day on which that can change by itself.
    #[schemars(with = "Option<String>")]
    pub next_change_on: Option<Date>,
}

/// A test.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OwnTest {
    /// The day of the sample.
    #[schemars(with = "Option<String>")]
    pub on: Option<Date>,
    /// What was tested, as a code.
    pub kind: String,
    /// The result, as a code; empty: not there yet.
    pub result: String,
}

/// What somebody will do for or with the person.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OwnTask {
    /// What.
    pub text: Text,
    /// Until when.
    pub due_at: Instant,
}

/// What was handed in.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OwnReport {
    /// The channel's code.
    pub channel: String,
    /// When it arrived.
    pub received_at: Instant,
    /// The state's code.
    pub state: String,
    /// The appeal that it is, if it is one.
    pub appeal: Option<AppealProgress>,
}

/// The own file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OwnFile {
    /// Who looks: `self`, `guardian`, `agent`.
    pub holder: String,
    /// Who that is, when it is not the person.
    pub acting: Option<String>,
    /// Until when the code opens the file.
    pub until: Instant,
    /// Who the file is about.
    pub identity: IdentityView,
    /// Where.
    pub area: Option<Text>,
    /// What the rules say today.
    pub statuses: Vec<OwnStatus>,
    /// Decided measures with their notices, those in force first.
    pub measures: Vec<Paper>,
    /// Tests, the newest first.
    pub tests: Vec<OwnTest>,
    /// Open work.
    pub tasks: Vec<OwnTask>,
    /// What was handed in, the newest first.
    pub reports: Vec<OwnReport>,
    /// Who has read the file, and why.
    pub readings: Readings,
}

fn wrong_code() -> AppError {
    AppError::field(
        "code",
        "查阅码不对、已过期或已作废：请逐位核对，或到社区、疾控窗口重新领取。",
        "This code is wrong, too old or was ended. Check it letter by letter, or get a new one at the counter.",
    )
}

fn statuses(tx: &mut Tx<'_>, person: PersonId) -> Result<Vec<OwnStatus>> {
    let all = crate::assess::statuses(tx, person)?.into_iter();
    Ok(all
        .filter(|status| !status.destroyed)
        .map(|status| {
            let categories = status.categories.iter().map(|one| words(&one.text));
            OwnStatus {
                title: status.title,
                on: status.on,
                says: [status.class_text, status.contact_text]
                    .into_iter()
                    .flatten()
                    .chain(categories)
                    .collect(),
                why: status.reasons.iter().map(|one| words(&one.text)).collect(),
                advice: status.advice,
                ends: status.release,
                next_change_on: status.next_change_on,
            }
        })
        .collect())
}

fn tests(tx: &mut Tx<'_>, records: &[RecordId]) -> Result<Vec<OwnTest>> {
    let facts = fact_list(tx, records)?;
    let mut tests: Vec<OwnTest> = standing(&facts)
        .into_iter()
        .filter(|fact| fact.kind == "test")
        .map(|fact| {
            let said = |name: &str| fact.attrs.as_ref()?.get(name)?.as_str().map(str::to_owned);
            OwnTest {
                on: fact.when.from(),
                kind: said("kind").unwrap_or_default(),
                result: said("result").unwrap_or_default(),
            }
        })
        .collect();
    tests.sort_by_key(|test| std::cmp::Reverse(test.on));
    Ok(tests)
}

impl App {
    /// Reads the own file with a code. The look is kept before anything is shown.
    ///
    /// # Errors
    /// When the code opens nothing.
    pub fn own_file(&self, who: &Who, command: CommandId, input: &OwnFileInput) -> Result<OwnFile> {
        let code = ReceiptCode::parse(&input.code).ok_or_else(wrong_code)?;
        let digest = digest(&code);
        let (action, purpose) = (Action::PeopleReadOwn, Purpose::OwnFile);
        let (file, code) = self.read(|tx| {
            let now = tx.now();
            let code = file_code_by_digest(tx, &digest)?.filter(|code| code.holds_at(now));
            let code = code.ok_or_else(wrong_code)?;
            let row = found(person_fetch(tx, code.person))?;
            let about = person_about(tx, &row)?;
            self.permit(who, action, &Resource::Person { about }, purpose)?;
            Ok((self.own(tx, &code, row.area)?, code))
        })?;
        let (id, person) = (code.id, code.person);
        self.write(who, command, action, purpose, None, move |tx| {
            tx.note("person", person);
            file_code_used(tx, id)?;
            Ok(())
        })?;
        Ok(file)
    }

    fn own(
        &self,
        tx: &mut Tx<'_>,
        code: &FileCode,
        area: Option<fangxian_base::AreaId>,
    ) -> Result<OwnFile> {
        let (person, today, zone) = (code.person, self.today(), &self.settings.zone);
        let records: Vec<RecordId> = record_ids_of(tx, person)?
            .into_iter()
            .filter_map(|id| still_kept(tx, id).transpose())
            .collect::<Result<_>>()?;
        let facts = fact_list(tx, &records)?;
        let mut measures = crate::measures::papers_of(tx, person, today, zone)?;
        measures.sort_by_key(|paper| (!paper.in_force, std::cmp::Reverse(paper.starts_on)));
        let tasks = crate::tasks::rows_of_person(tx, person)?.into_iter();
        Ok(OwnFile {
            holder: code.holder.clone(),
            acting: file_code_acting(tx, code)?,
            until: code.expires_at,
            identity: identity_view(&Identity::of(&facts), today),
            area: crate::intake::area_name(tx, area)?,
            statuses: statuses(tx, person)?,
            measures,
            tests: tests(tx, &records)?,
            tasks: tasks
                .filter(|task| matches!(task.state.as_str(), "open" | "received"))
                .map(|task| OwnTask {
                    text: task.kind_text,
                    due_at: task.due_at,
                })
                .collect(),
            reports: self.own_reports(tx, &records)?,
            readings: readings(tx, zone, &records, None)?,
        })
    }

    fn own_reports(&self, tx: &mut Tx<'_>, records: &[RecordId]) -> Result<Vec<OwnReport>> {
        let rules = self.rules();
        let mut reports = Vec::new();
        for id in records {
            let Some(record) = record_fetch(tx, *id)? else {
                continue;
            };
            reports.push(OwnReport {
                appeal: crate::appeals::progress(&rules, tx, &record)?,
                channel: record.channel,
                received_at: record.received_at,
                state: record.state.code().to_owned(),
            });
        }
        reports.sort_by_key(|report| std::cmp::Reverse(report.received_at));
        Ok(reports)
    }
}

/// A record, unless the response that it was collected for was destroyed.
fn still_kept(tx: &mut Tx<'_>, id: RecordId) -> Result<Option<RecordId>> {
    let Some(record) = record_fetch(tx, id)? else {
        return Ok(None);
    };
    let response: ResponseId = record.response;
    let kept =
        responses::response_fetch(tx, response)?.is_some_and(|one| one.destroyed_at.is_none());
    Ok(kept.then_some(id))
}
