//! What every page knows beside its view: language, who is logged in, the menu, the form being
//! shown again, the time. Templates call it `s`.

#![expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "templates hand over references"
)]
#![expect(clippy::ref_option, reason = "templates hand over references")]
#![expect(clippy::unused_self, reason = "templates know one name only, `s`")]

use std::fmt::Write as _;

use fangxian_app::App;
use fangxian_base::{CommandId, Date, Instant, Text, Zone};
use serde_json::{Map, Value};

use crate::answer::{Html, ProblemField, escape};
use crate::ask::Ask;
use crate::assets;
use crate::endpoint::{Endpoint, key};
use crate::forms::Form;
use crate::i18n::{self, Lang};
use crate::menu::{self, Group};

/// What every page knows.
#[derive(Debug)]
pub struct Shell {
    /// The language.
    pub lang: Lang,
    /// The endpoint shown.
    pub name: &'static str,
    /// The path asked for.
    pub path: String,
    query: String,
    /// Who is logged in: name and unit.
    pub user: Option<(String, Text)>,
    /// The menu.
    pub menu: Vec<Group>,
    /// What was just done, in words.
    pub done: Option<String>,
    pub(crate) refill: Option<Refill>,
    pub(crate) form_token: String,
    now: Instant,
    zone: Zone,
    /// Seconds between two looks of a living page.
    pub refresh_seconds: u32,
}

/// A form that did not hold, shown again with what was typed.
#[derive(Debug)]
pub struct Refill {
    pub(crate) endpoint: &'static str,
    pub(crate) values: Map<String, Value>,
    pub(crate) errors: Vec<ProblemField>,
    /// What is to be done.
    pub message: String,
}

impl Shell {
    /// What a page of `endpoint` knows.
    pub fn new(app: &App, ask: &Ask, endpoint: &Endpoint, path: &str, query: &str) -> Self {
        Self {
            lang: ask.lang,
            name: endpoint.name,
            path: path.to_owned(),
            query: query.to_owned(),
            user: ask
                .session
                .as_ref()
                .map(|s| (s.name.clone(), s.unit_name.clone())),
            menu: menu::of(app, ask, endpoint.name),
            done: ask
                .field("done")
                .and_then(|name| i18n::find(ask.lang, &format!("{}-done", key(name)), &[])),
            refill: None,
            form_token: String::new(),
            now: app.now(),
            zone: app.settings().zone.clone(),
            refresh_seconds: 5,
        }
    }

    /// The word with a key.
    pub fn t(&self, key: &str) -> String {
        i18n::word(self.lang, key, &[])
    }

    /// The word with a key and one value in it.
    pub fn t1(&self, key: &str, name: &str, value: impl ToString) -> String {
        i18n::word(self.lang, key, &[(name, value.to_string())])
    }

    /// The word with a key and two values in it: name, value, name, value.
    pub fn t2(&self, key: &str, a: &str, x: impl ToString, b: &str, y: impl ToString) -> String {
        i18n::word(self.lang, key, &[(a, x.to_string()), (b, y.to_string())])
    }

    /// The word for a code of some list; the code itself where no word is known.
    pub fn code(&self, list: &str, code: &str) -> String {
        let key = format!("{list}-{}", key(code));
        i18n::find(self.lang, &key, &[]).unwrap_or_else(|| code.to_owned())
    }

    /// A text in the language of the page.
    pub fn text<'a>(&self, text: &'a Text) -> &'a str {
        text.in_language(self.lang.tag())
    }

    /// One of two texts.
    pub fn either<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        if self.lang == Lang::Zh { zh } else { en }
    }

    /// The name of the page.
    pub fn title(&self) -> String {
        self.t(&key(self.name))
    }

    /// The address of a static file.
    pub fn asset(&self, name: &str) -> &'static str {
        assets::path(name)
    }

    /// This page in the other language.
    pub fn other_language(&self) -> String {
        let mut kept = String::new();
        for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
            if !pair.starts_with("lang=") && !pair.starts_with("done=") {
                let _ = write!(kept, "{pair}&");
            }
        }
        format!("{}?{kept}lang={}", self.path, self.lang.other().tag())
    }

    /// The moment the page was made.
    pub fn now(&self) -> Html {
        self.time(&self.now)
    }

    /// Today.
    pub fn today(&self) -> Date {
        self.zone.date(self.now)
    }

    /// A moment, shortly.
    pub fn time(&self, moment: &Instant) -> Html {
        let long = self.zone.show(*moment);
        let this_year = self.zone.show(self.now);
        let same_year = long.get(..5) == this_year.get(..5);
        let short = if same_year {
            long.get(5..).unwrap_or(&long)
        } else {
            &long
        };
        Html(format!(
            "<time datetime=\"{moment}\" title=\"{long}\">{short}</time>"
        ))
    }

    /// A moment, if there is one.
    pub fn maybe_time(&self, moment: &Option<Instant>) -> Html {
        moment
            .as_ref()
            .map_or_else(|| Html("–".to_owned()), |moment| self.time(moment))
    }

    /// The day of a moment.
    pub fn day(&self, moment: &Instant) -> String {
        self.zone.date(*moment).to_string()
    }

    /// A moment with its year, as a document needs it.
    pub fn moment(&self, moment: &Instant) -> String {
        self.zone.show(*moment)
    }

    /// How long ago.
    pub fn ago(&self, moment: &Instant) -> String {
        let minutes = self.now.minutes_since(*moment);
        if minutes < 1 {
            self.t("time-now")
        } else {
            self.t1("time-ago", "span", self.span(minutes))
        }
    }

    /// How long until a moment, or that help is needed since.
    pub fn due(&self, moment: &Instant) -> Html {
        let left = moment.minutes_since(self.now);
        let (class, key) = if left < 0 {
            ("need", "time-help-since")
        } else if left < 60 {
            ("soon", "time-left")
        } else {
            ("calm", "time-left")
        };
        let words = self.t1(key, "span", self.span(left.abs()));
        Html(format!(
            "<time class=\"clock {class}\" datetime=\"{moment}\" title=\"{}\">{}</time>",
            self.zone.show(*moment),
            escape(&words)
        ))
    }

    /// Minutes as days, hours and minutes: the two largest.
    pub fn span(&self, minutes: i64) -> String {
        let (days, hours, rest) = (minutes / 1440, minutes % 1440 / 60, minutes % 60);
        let part = |count: i64, key: &str| self.t1(key, "count", count);
        match (days, hours, rest) {
            (0, 0, _) => part(rest, "time-minutes"),
            (0, _, 0) => part(hours, "time-hours"),
            (0, _, _) => format!(
                "{} {}",
                part(hours, "time-hours"),
                part(rest, "time-minutes")
            ),
            (_, 0, _) => part(days, "time-days"),
            _ => format!("{} {}", part(days, "time-days"), part(hours, "time-hours")),
        }
    }

    /// A form's controls: for the endpoint with this name.
    pub fn form(&self, endpoint: &'static str) -> Form<'_> {
        Form {
            shell: self,
            free: false,
            endpoint,
        }
    }

    /// The hidden half of every form: its token and the number that makes sending it twice harmless.
    pub fn hidden(&self) -> Html {
        let typed = self
            .refill
            .as_ref()
            .and_then(|refill| refill.values.get("command_id")?.as_str())
            .and_then(|text| text.parse().ok());
        let command: CommandId = typed.unwrap_or_else(CommandId::new);
        Html(format!(
            "<input type=\"hidden\" name=\"form_token\" value=\"{}\"><input type=\"hidden\" name=\"command_id\" value=\"{command}\">",
            escape(&self.form_token)
        ))
    }

    /// The form being shown again, when it did not hold.
    pub fn again(&self) -> Option<Again<'_>> {
        self.refill.as_ref().map(|refill| Again {
            message: &refill.message,
            errors: refill
                .errors
                .iter()
                .map(|error| {
                    (
                        control_id(refill.endpoint, &error.field),
                        error.message.as_str(),
                    )
                })
                .collect(),
        })
    }
}

/// What the top of a form that did not hold says.
#[derive(Debug)]
pub struct Again<'a> {
    /// What is to be done.
    pub message: &'a str,
    /// Control and message.
    pub errors: Vec<(String, &'a str)>,
}

/// The id of a control on the page.
pub(crate) fn control_id(endpoint: &str, field: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!(
        "{}--{}",
        key(endpoint),
        field.chars().map(plain).collect::<String>()
    )
}
