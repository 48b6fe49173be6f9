//! The door: whatever arrives is kept as received, once, under a receipt; becomes facts; is matched
//! to a person; and is assessed, all in the command that acknowledges it.
//!
//! Start with [`App::submit`]; the inbox is in [`inbox`], matching in [`matching`] and [`scored`].

mod check;
mod facts;
pub(crate) mod identity;
mod inbox;
pub(crate) mod matching;
mod scored;
#[cfg(test)]
mod scored_tests;
mod signal;
#[cfg(test)]
mod tests;

use fangxian_authz::{Action, Purpose, Resource};
use fangxian_base::{AreaId, CommandId, Date, ImportId, PersonId, RecordId, ResponseId, UnitId};
use fangxian_domain::intake::{Channel, ReceiptCode};
use fangxian_store::facts::{NewFact, When, facts_insert};
use fangxian_store::records::{
    NewRecord, RecordState, record_by_receipt, record_fetch, record_insert,
};
use fangxian_store::{Author, Tx, places, responses};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::assess::{Rules, assess_person};
use crate::linkage::Matching;
use crate::{App, AppError, Result, Who};

pub(crate) use check::{Checked, check, check_disease};
pub(crate) use facts::{DISEASE, Evidence, facts_of};
pub(crate) use identity::{Identity, plain_name};
pub(crate) use inbox::area_name;
pub use inbox::{
    Candidate, InboxFilter, InboxPage, InboxRow, ReceiptState, ReceiptView, RecordView,
};
pub(crate) use matching::{Matched, identity_of, look_ahead, match_record};
pub(crate) use scored::{linking_tokens, person as matching_person};
pub use signal::{ANIMALS, CLASSES, NamedContact, SETTINGS, SYMPTOMS, Signal, TESTS};

/// Hours within which somebody looks at a report that came by itself.
/// `ours`: no source names a number; the statutory clocks run apart from it and are shorter.
const LOOK_HOURS: i64 = 4;

/// The answer to whoever reported. Holds nothing personal, so it can be given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Submitted {
    /// The record.
    pub record: RecordId,
    /// The receipt number, in groups of four.
    pub receipt: String,
    /// Whether it could be linked to a person known before; never told at the public door.
    pub matched: bool,
    /// Whether a possible double waits for somebody to look; never told at the public door.
    pub queued: bool,
}

/// A division that a form offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DoorArea {
    /// Its code.
    pub code: String,
    /// Its name, with the township's before it.
    pub name: fangxian_base::Text,
}

/// One thing to keep, whatever channel it came by.
pub(crate) struct Keep<'a> {
    pub response: ResponseId,
    pub channel: Channel,
    pub author: Author,
    pub unit: Option<UnitId>,
    pub area: Option<AreaId>,
    pub import: Option<(ImportId, i64)>,
    pub receipt: Option<&'a ReceiptCode>,
    pub confined: bool,
    pub reported_on: Option<Date>,
    pub original: &'a [u8],
    pub identity: &'a Identity,
    pub facts: &'a [NewFact],
}

/// Keeps a record with its identity and facts, and matches it.
pub(crate) fn keep(
    tx: &mut Tx<'_>,
    matching: &Matching,
    new: &Keep<'_>,
) -> Result<(RecordId, Matched)> {
    let storing = tracing::trace_span!(target: "phase", "record and facts").entered();
    let id = RecordId::new();
    let looked_at = new.channel.needs_a_look();
    let due_at = looked_at.then(|| tx.now().plus_hours(LOOK_HOURS));
    record_insert(
        tx,
        &NewRecord {
            id,
            response: new.response,
            channel: new.channel.code(),
            reported_on: new.reported_on,
            area: new.area,
            unit: new.unit,
            author: new.author,
            import: new.import,
            receipt_code: new.receipt.map(ReceiptCode::as_str),
            state: if looked_at {
                RecordState::New
            } else {
                RecordState::Handled
            },
            due_at,
            confined: new.confined,
            original: new.original,
        },
    )?;
    let mut identity = None;
    let attrs = new.identity.attrs();
    if !attrs.is_empty() {
        let mut fact = NewFact::new("identity", When::Unknown, "declared");
        fact.attrs = attrs;
        identity = Some(fact);
    }
    let facts: Vec<&NewFact> = identity.iter().chain(new.facts).collect();
    facts_insert(tx, id, new.response, new.author, &facts)?;
    drop(storing);
    let matched = tracing::trace_span!(target: "phase", "matching")
        .in_scope(|| match_record(tx, matching, id, new.identity, new.author))?;
    tx.note("person", matched.person);
    Ok((id, matched))
}

/// The response that a signal belongs to: the one asked for, or routine surveillance.
pub(crate) fn response_for(tx: &mut Tx<'_>, code: &str) -> Result<responses::Response> {
    let code = if code.trim().is_empty() {
        "routine"
    } else {
        code.trim()
    };
    match responses::response_by_code(tx, code)? {
        Some(response) if response.closed_at.is_none() => Ok(response),
        Some(_) => Err(AppError::field(
            "response",
            "该响应已结束，不能再登记。请选择进行中的响应或“常态监测”。",
            "This response is closed and takes nothing more. Choose an open one, or routine surveillance.",
        )),
        None => Err(AppError::field(
            "response",
            "没有这个响应。请从列表中选择。",
            "There is no such response. Choose one from the list.",
        )),
    }
}

/// The area for a chosen code; unknown codes are an error on the field.
fn area_for(tx: &mut Tx<'_>, field: &str, code: Option<&str>) -> Result<Option<places::Area>> {
    let Some(code) = code else { return Ok(None) };
    places::area_by_code(tx, code)?.map(Some).ok_or_else(|| {
        AppError::field(
            field,
            "没有这个区划代码，请从列表中选择。",
            "There is no such division; choose one from the list.",
        )
    })
}

/// What a submission is asked with, apart from the signal itself.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// Made by whoever asks; repeating it is harmless.
    pub command: CommandId,
    /// The channel.
    pub channel: Channel,
    /// Code of the response; empty: routine surveillance.
    pub response: String,
    /// What was received, byte for byte.
    pub original: Vec<u8>,
}

impl App {
    /// Whether the asker's post may ask people for their document number (ID Card Law art. 15;
    /// statutory reporters need it for the report card).
    pub fn may_ask_document(&self, who: &Who) -> bool {
        matches!(who.author(), Author::Public | Author::Cli | Author::System)
            || self.may(who, Action::IdentityAsk)
    }

    /// Takes a signal in: durable when this returns, harmless when repeated.
    ///
    /// # Errors
    /// Fields that do not hold, no permission, or the store cannot keep it now.
    pub fn submit(&self, who: &Who, envelope: Envelope, signal: &Signal) -> Result<Submitted> {
        let unit = who.actor().map(|actor| actor.unit);
        self.permit(
            who,
            Action::IntakeSubmit,
            &Resource::Intake {
                about: submit_about(who),
                submitted_by: unit,
            },
            Purpose::Intake,
        )?;
        if !signal.document_number.trim().is_empty() && !self.may_ask_document(who) {
            return Err(AppError::field(
                "document_number",
                "本岗位无权查问证件号码，请留空，用姓名和电话登记即可。",
                "This post may not ask for a document number. Leave it empty; name and phone are enough.",
            ));
        }
        let checked = self.read_signal(&envelope.response, signal)?;
        let random = fangxian_store::random_bytes()?;
        let (rules, author) = (self.rules(), who.author());
        let evidence = Evidence::of(who.actor().map(|actor| actor.unit_kind));
        let Envelope {
            command,
            channel,
            response,
            original,
        } = envelope;
        self.write(
            who,
            command,
            Action::IntakeSubmit,
            Purpose::Intake,
            None,
            move |tx| {
                let receipt = ReceiptCode::from_random(random);
                let response = response_for(tx, &response)?;
                tx.detail("channel", channel.code());
                let submitted = Submission {
                    rules: &rules,
                    author,
                    unit,
                    evidence,
                    channel,
                    response: &response,
                    receipt: &receipt,
                    original: &original,
                }
                .take_in(tx, &checked)?;
                Ok(submitted)
            },
        )
    }

    /// Reads a signal that is meant for a response.
    fn read_signal(&self, response: &str, signal: &Signal) -> Result<Checked> {
        let of_response = self.read(|tx| Ok(responses::response_by_code(tx, response.trim())?))?;
        let of_response = of_response.map(|response| response.disease);
        let known: Vec<(&str, &str)> = self
            .packs
            .diseases()
            .map(|(id, name)| (id, name.zh.as_str()))
            .collect();
        let disease = check_disease(signal, &known, of_response.as_deref().unwrap_or_default());
        match (check(signal, self.today()), disease) {
            (Ok(checked), None) => Ok(checked),
            (Ok(_), Some(wrong)) => Err(AppError::invalid(vec![wrong])),
            (Err(mut all), wrong) => {
                all.extend(wrong);
                Err(AppError::invalid(all))
            }
        }
    }

    /// The divisions that a form offers: townships and communities, by their place in the tree.
    /// Public: divisions are no secret, and the door needs no account.
    ///
    /// # Errors
    /// What the store said.
    pub fn door_areas(&self) -> Result<Vec<DoorArea>> {
        let rules = self.rules();
        let (all, levels) = self.read(|tx| {
            let township = rules.level_of(tx, "township")?.unwrap_or(1);
            let community = rules.level_of(tx, "community")?.unwrap_or(township + 1);
            let everywhere = fangxian_store::AreaRange::everywhere();
            Ok((
                places::area_list(tx, &[everywhere], None)?,
                township..=community,
            ))
        })?;
        let name = |path: &str| all.iter().find(|area| area.path == path);
        let shown = all.iter().filter(|area| levels.contains(&area.level));
        Ok(shown
            .map(|area| {
                let above: Vec<&places::Area> = area
                    .path
                    .match_indices('.')
                    .filter_map(|(at, _)| name(area.path.get(..=at)?))
                    .filter(|above| levels.contains(&above.level))
                    .collect();
                let join = |of: &dyn Fn(&places::Area) -> String| {
                    above
                        .iter()
                        .map(|area| of(area))
                        .collect::<Vec<_>>()
                        .join(" · ")
                };
                DoorArea {
                    code: area.code.clone(),
                    name: fangxian_base::Text::new(
                        join(&|area| area.name_zh.clone()),
                        join(&|area| area.name_en.clone()),
                    ),
                }
            })
            .collect())
    }

    /// What the resident sees for a receipt number: a state in plain words, never a name.
    ///
    /// # Errors
    /// When the number cannot be one, or nothing was given out under it.
    pub fn receipt(&self, typed: &str) -> Result<ReceiptView> {
        let Some(code) = ReceiptCode::parse(typed) else {
            return Err(AppError::field(
                "receipt",
                "回执号不对：应为 12 位字母和数字，请对照回执逐位核对。",
                "Not a receipt number: it has 12 letters and digits; check it against your receipt.",
            ));
        };
        let rules = self.rules();
        self.read(|tx| {
            let record = record_by_receipt(tx, code.as_str())?.ok_or_else(AppError::not_found)?;
            inbox::receipt_view(&rules, tx, &record, &code)
        })
    }
}

/// Where a submission is judged to happen: staff submit for their own area, the public for the
/// jurisdiction.
pub(crate) fn submit_about(who: &Who) -> fangxian_authz::About {
    let area = who
        .actor()
        .and_then(|actor| actor.grants.first())
        .map_or_else(fangxian_authz::AreaPath::root, |grant| grant.area.clone());
    fangxian_authz::About::new(area)
}

/// The case that a reporter says they met: a receipt number or a record id.
fn case_of(tx: &mut Tx<'_>, checked: &Checked) -> Result<Option<RecordId>> {
    let Some(of) = checked
        .contact
        .as_ref()
        .and_then(|contact| contact.of.as_deref())
    else {
        return Ok(None);
    };
    let known = if let Some(code) = ReceiptCode::parse(of) {
        record_by_receipt(tx, code.as_str())?
    } else if let Ok(id) = of.parse() {
        record_fetch(tx, id)?
    } else {
        None
    };
    match known {
        Some(record) => Ok(Some(record.id)),
        None => Err(AppError::field(
            "contact_of",
            "没有这个回执号或记录，请核对；不知道就留空，把病例姓名写在备注里。",
            "Nothing is known under this receipt or record; check it, or leave it empty and write the name of the case into the note.",
        )),
    }
}

/// A checked signal on its way in.
struct Submission<'a> {
    rules: &'a Rules,
    author: Author,
    unit: Option<UnitId>,
    evidence: Evidence,
    channel: Channel,
    response: &'a responses::Response,
    receipt: &'a ReceiptCode,
    original: &'a [u8],
}

impl Submission<'_> {
    /// Whether what comes in is about a disease that few may see: the one that is named, else that of
    /// the response.
    fn sealed(&self, checked: &Checked) -> bool {
        let disease = checked.disease.as_deref();
        self.rules
            .packs()
            .sealed(disease.unwrap_or(&self.response.disease))
    }

    fn take_in(&self, tx: &mut Tx<'_>, checked: &Checked) -> Result<Submitted> {
        let area = area_for(tx, "area_code", checked.area_code.as_deref())?;
        let case = case_of(tx, checked)?;
        let facts = facts_of(checked, self.evidence, case);
        let identity = identity_from(checked);
        let (record, matched) = keep(
            tx,
            self.rules.matching(),
            &Keep {
                response: self.response.id,
                channel: self.channel,
                author: self.author,
                unit: self.unit,
                area: area.as_ref().map(|area| area.id),
                import: None,
                receipt: Some(self.receipt),
                confined: self.sealed(checked),
                reported_on: None,
                original: self.original,
                identity: &identity,
                facts: &facts,
            },
        )?;
        assess_person(self.rules, tx, matched.person, Some(record))?;
        self.take_contacts(tx, checked, record, area.map(|area| area.id))?;
        // Whoever stands at the public door is not told whether somebody is known here.
        let staff = self.author != Author::Public;
        Ok(Submitted {
            record,
            receipt: self.receipt.to_string(),
            matched: staff && matched.linked,
            queued: staff && matched.queued,
        })
    }

    /// Opens a file for every named contact, each as a record of its own.
    fn take_contacts(
        &self,
        tx: &mut Tx<'_>,
        checked: &Checked,
        case: RecordId,
        case_area: Option<AreaId>,
    ) -> Result<()> {
        for (i, named) in checked.contacts.iter().enumerate() {
            let field = format!("contacts.{i}.area_code");
            let area = area_for(tx, &field, named.area_code.as_deref())?;
            let contact = Checked {
                name: named.name.clone(),
                phone: named.phone.clone(),
                address: named.address.clone(),
                contact: Some(named.contact.clone()),
                ..Checked::default()
            };
            let identity = identity_from(&contact);
            let facts = facts_of(&contact, self.evidence, Some(case));
            let (record, matched) = keep(
                tx,
                self.rules.matching(),
                &Keep {
                    response: self.response.id,
                    channel: Channel::NamedContact,
                    author: self.author,
                    unit: self.unit,
                    area: area.map(|area| area.id).or(case_area),
                    import: None,
                    receipt: None,
                    confined: self.sealed(checked),
                    reported_on: None,
                    original: &[],
                    identity: &identity,
                    facts: &facts,
                },
            )?;
            assess_person(self.rules, tx, matched.person, Some(record))?;
        }
        Ok(())
    }
}

/// What a checked signal says of who the person is.
fn identity_from(checked: &Checked) -> Identity {
    Identity {
        name: checked.name.clone(),
        sex: checked.sex.map(|sex| sex.code().to_owned()),
        birth_date: checked.birth_date,
        age: checked.age.map(|age| age.to_string()),
        document: checked
            .document
            .as_ref()
            .map(|(kind, number)| (kind.code().to_owned(), number.clone())),
        phone: checked.phone.clone(),
        address: checked.address.clone(),
        workplace: checked.workplace.clone(),
        case_number: None,
    }
}

/// The person that an id on a page or in the interface stands for today.
pub(crate) fn person_now(tx: &mut Tx<'_>, id: PersonId) -> Result<PersonId> {
    fangxian_store::people::person_of(tx, id.first_record())?.ok_or_else(AppError::not_found)
}
