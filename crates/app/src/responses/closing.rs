//! What becomes of a closed response: by class of data, what is destroyed and what is kept, and why.
//! Start with [`App::response_closing`].

use std::collections::BTreeMap;

use fangxian_authz::{Action, Purpose};
use fangxian_base::{Date, Instant, ResponseId, Text};
use fangxian_packs::Retained;
use fangxian_store::closing::{self as counted, DataClass};
use fangxian_store::kept as rows;
use fangxian_store::responses::response_fetch;
use fangxian_store::{Author, Tx};
use schemars::JsonSchema;
use serde::Serialize;

use super::keep::{KeptView, RULE, kept_view};
use super::resource_of;
use crate::assess::words;
use crate::sight::user_name;
use crate::{App, Result, Who, found};

/// What becomes of a response, as shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClosingView {
    /// Its id.
    pub id: ResponseId,
    /// The code people use.
    pub code: String,
    /// The title.
    pub title: Text,
    /// When it was opened.
    pub opened_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// Who closed it.
    pub closed_by: Option<String>,
    /// Whether that is the reader, who cannot have it destroyed.
    pub closed_own: bool,
    /// When its destruction was ordered.
    pub destroyed_at: Option<Instant>,
    /// When the key was gone.
    pub gone_at: Option<Instant>,
    /// What is still open, in words; it cannot be closed before.
    pub open: Vec<Text>,
    /// The classes of data.
    pub classes: Vec<ClassView>,
    /// What is to be kept, or was.
    pub kept: Vec<KeptView>,
    /// The last day that an exception may run to.
    #[schemars(with = "String")]
    pub longest: Date,
    /// The version for edits.
    pub version: i64,
}

/// A class of data of a response.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ClassView {
    /// Its id.
    pub id: String,
    /// What it is.
    pub text: Text,
    /// Records that are there, or were when they were destroyed.
    pub records: i64,
    /// Persons they are about.
    pub persons: i64,
    /// The last day that copies are kept by rule; none: destroyed with the response.
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
    /// Why.
    pub says: Text,
    /// Whose rule that is.
    pub label: Option<Text>,
    /// The sources.
    pub sources: Vec<Text>,
}

/// The classes as the store counts them.
pub(super) fn as_stored(classes: &[Retained]) -> Vec<DataClass<'_>> {
    classes
        .iter()
        .map(|class| DataClass {
            id: &class.class,
            facts: class.facts.iter().map(String::as_str).collect(),
        })
        .collect()
}

impl App {
    /// What becomes of each class of data of a response that is closed on a day. Where no pack says
    /// anything, all of it is destroyed.
    pub(super) fn retained(&self, closed_on: Date) -> Vec<Retained> {
        let classes = self.packs().retention().map(|rules| rules.on(closed_on));
        classes.unwrap_or_else(|| {
            vec![Retained {
                class: "all".to_owned(),
                text: fangxian_packs::Text::new("全部个人信息", "all personal data"),
                facts: Vec::new(),
                until: None,
                says: fangxian_packs::Text::new(
                    "规则包未规定保存，随响应销毁",
                    "no pack keeps anything",
                ),
                label: None,
                sources: Vec::new(),
            }]
        })
    }

    /// The last day that an exception may run to; the day of closing where no pack says.
    pub(super) fn longest(&self, closed_on: Date) -> Date {
        let rules = self.packs().retention();
        rules.map_or(closed_on, |rules| rules.at_most(closed_on))
    }

    /// The day a response was closed on, or today while it is open.
    pub(super) fn closed_on(&self, closed_at: Option<Instant>) -> Date {
        closed_at.map_or_else(|| self.today(), |at| self.settings().zone.date(at))
    }

    /// What becomes of a response: what is open, what each class of data holds and what the rules do
    /// with it, what is kept beyond that.
    ///
    /// # Errors
    /// When the asker may not, or there is no such response.
    pub fn response_closing(&self, who: &Who, id: ResponseId) -> Result<ClosingView> {
        let resource = resource_of(Some(self.fetch_response(id)?));
        self.permit(who, Action::ResponsesList, &resource, Purpose::Command)?;
        self.read(|tx| self.closing_view(tx, id, who))
    }

    pub(super) fn closing_view(
        &self,
        tx: &mut Tx<'_>,
        id: ResponseId,
        who: &Who,
    ) -> Result<ClosingView> {
        let response = found(response_fetch(tx, id))?;
        let closed_on = self.closed_on(response.closed_at);
        let classes = self.retained(closed_on);
        let counts = if response.destroyed_at.is_some() {
            let all = counted::count_list(tx, id)?;
            let of = |figure: &str, name: &str| {
                let one = all.iter().find(|c| c.figure == figure && c.name == name);
                one.map_or(0, |count| count.value)
            };
            classes
                .iter()
                .map(|c| (of("records", &c.class), of("persons_by_class", &c.class)))
                .collect()
        } else {
            counted::class_counts(tx, id, &as_stored(&classes))?
        };
        let closed_by = fangxian_store::responses::response_closed_by(tx, id)?
            .and_then(|code| Author::from_code(&code))
            .and_then(Author::user);
        let kept = rows::kept_list(tx, id)?;
        let by_rule: BTreeMap<String, Date> = kept
            .iter()
            .filter(|one| one.why == RULE)
            .map(|one| (one.class.clone(), one.until_on))
            .collect();
        let named = [Action::ResponsesKeep, Action::ResponsesReadKept];
        let named = named.into_iter().any(|action| self.may(who, action));
        let kept = kept
            .into_iter()
            .map(|one| {
                let mut view = kept_view(tx, one, who)?;
                // Whose file it is concerns those who decide about it.
                view.person = view.person.filter(|_| named);
                Ok(view)
            })
            .collect::<Result<_>>()?;
        let running = fangxian_store::responses::response_running(tx, id)?;
        Ok(ClosingView {
            id,
            code: response.code,
            title: Text::new(response.title_zh, response.title_en),
            opened_at: response.opened_at,
            closed_at: response.closed_at,
            closed_own: closed_by.is_some() && closed_by == who.user(),
            closed_by: user_name(tx, closed_by.filter(|_| response.closed_at.is_some()))?,
            destroyed_at: response.destroyed_at,
            gone_at: counted::gone_at(tx, id)?,
            open: super::open_work(&running),
            classes: classes
                .iter()
                .zip(counts)
                .map(|(class, (records, persons))| ClassView {
                    id: class.class.clone(),
                    text: words(&class.text),
                    records,
                    persons,
                    // Once it is destroyed, what was kept counts, not what the rules say today.
                    until: match response.destroyed_at {
                        Some(_) => by_rule.get(&class.class).copied(),
                        None => class.until,
                    },
                    says: words(&class.says),
                    label: class.label.map(|label| words(&label.text())),
                    sources: class.sources.iter().map(words).collect(),
                })
                .collect(),
            kept,
            longest: self.longest(closed_on),
            version: response.version,
        })
    }
}
