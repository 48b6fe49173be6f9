//! Controls of a form: label, hint, what was typed before, message and their ties for screen
//! readers, always in the same way. Templates write `{{ f.text("phone").label("report-phone") }}`.

use std::fmt::{self, Write as _};

use crate::answer::{Html, escape};
use crate::shell::{Shell, control_id};

/// The form of one endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    pub(crate) shell: &'a Shell,
    /// Nearly everything may be left empty, so it is said once on top and not beside each field.
    pub(crate) free: bool,
    pub(crate) endpoint: &'static str,
}

/// What kind of control.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Input(&'static str),
    Area,
    Select,
    Checks,
    Radios,
    Tick,
}

/// One control.
#[derive(Debug, Clone)]
pub struct Control<'a> {
    form: Form<'a>,
    kind: Kind,
    name: String,
    label: String,
    hint: Option<String>,
    values: Vec<String>,
    choices: Vec<Choice>,
    required: bool,
    attributes: String,
}

/// One thing to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Under which heading of a select it stands; empty: under none.
    pub group: String,
}

impl Choice {
    /// What is sent and what is read.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            group: String::new(),
        }
    }

    /// The same under a heading.
    #[must_use]
    pub fn under(self, group: impl Into<String>) -> Self {
        Self {
            group: group.into(),
            ..self
        }
    }
}

impl<'a> Form<'a> {
    /// The same without "(optional)" beside each field: the page says it once.
    #[must_use]
    pub fn free(self) -> Self {
        Self { free: true, ..self }
    }

    fn control(self, kind: Kind, name: impl Into<String>) -> Control<'a> {
        let name = name.into();
        let typed = self.refill().and_then(|refill| refill.values.get(&name));
        let values = match typed {
            Some(serde_json::Value::String(text)) => vec![text.clone()],
            Some(serde_json::Value::Array(items)) => items
                .iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        };
        Control {
            form: self,
            kind,
            label: name.clone(),
            name,
            hint: None,
            values,
            choices: Vec::new(),
            required: false,
            attributes: String::new(),
        }
    }

    fn refill(self) -> Option<&'a crate::shell::Refill> {
        self.shell
            .refill
            .as_ref()
            .filter(|refill| refill.endpoint == self.endpoint)
    }

    /// One line of text.
    pub fn text(self, name: impl Into<String>) -> Control<'a> {
        self.control(Kind::Input("text"), name)
    }

    /// A telephone number.
    pub fn phone(self, name: impl Into<String>) -> Control<'a> {
        self.control(Kind::Input("tel"), name)
            .attr("inputmode", "tel")
    }

    /// A whole number or a decimal one: text with a numeric keyboard, so that nothing scrolls away.
    pub fn number(self, name: impl Into<String>) -> Control<'a> {
        self.control(Kind::Input("text"), name)
            .attr("inputmode", "decimal")
    }

    /// A day.
    pub fn date(self, name: impl Into<String>) -> Control<'a> {
        self.control(Kind::Input("date"), name)
    }

    /// A password; never shown again.
    pub fn password(self, name: impl Into<String>) -> Control<'a> {
        let mut control = self.control(Kind::Input("password"), name);
        control.values.clear();
        control
    }

    /// A search box.
    pub fn search(self, name: impl Into<String>) -> Control<'a> {
        self.control(Kind::Input("search"), name)
    }

    /// A file.
    pub fn file(self, name: impl Into<String>) -> Control<'a> {
        let mut control = self.control(Kind::Input("file"), name);
        control.values.clear();
        control
    }

    /// Several lines of text.
    pub fn area(self, name: impl Into<String>) -> Control<'a> {
        self.control(Kind::Area, name)
    }

    /// One of a list.
    pub fn select(self, name: impl Into<String>, choices: Vec<Choice>) -> Control<'a> {
        Control {
            choices,
            ..self.control(Kind::Select, name)
        }
    }

    /// Any of a list.
    pub fn checks(self, name: impl Into<String>, choices: Vec<Choice>) -> Control<'a> {
        Control {
            choices,
            ..self.control(Kind::Checks, name)
        }
    }

    /// One of a short list, all in sight.
    pub fn radios(self, name: impl Into<String>, choices: Vec<Choice>) -> Control<'a> {
        Control {
            choices,
            ..self.control(Kind::Radios, name)
        }
    }

    /// Yes or no.
    pub fn tick(self, name: impl Into<String>) -> Control<'a> {
        self.control(Kind::Tick, name)
    }

    /// A field that is sent but not seen.
    #[expect(
        clippy::unused_self,
        reason = "templates write every control of a form alike"
    )]
    pub fn carry(self, name: impl AsRef<str>, value: impl fmt::Display) -> Html {
        Html(format!(
            "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
            escape(name.as_ref()),
            escape(&value.to_string())
        ))
    }
}

impl Control<'_> {
    /// Its label, by key.
    #[must_use]
    pub fn label(self, key: &str) -> Self {
        let label = self.form.shell.t(key);
        Self { label, ..self }
    }

    /// What to write, by key.
    #[must_use]
    pub fn hint(self, key: &str) -> Self {
        let hint = Some(self.form.shell.t(key));
        Self { hint, ..self }
    }

    /// Its label, as it stands: the words of somebody else.
    #[must_use]
    pub fn named(self, label: impl Into<String>) -> Self {
        let label = label.into();
        Self { label, ..self }
    }

    /// A remark under its label, as it stands.
    #[must_use]
    pub fn remark(self, remark: impl Into<String>) -> Self {
        let hint = Some(remark.into());
        Self { hint, ..self }
    }

    /// It must be filled in.
    #[must_use]
    pub fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// What stands in it at first; what was typed wins.
    #[must_use]
    pub fn value(mut self, value: impl fmt::Display) -> Self {
        if self.form.refill().is_none() {
            let value = value.to_string();
            if !value.is_empty() {
                self.values.push(value);
            }
        }
        self
    }

    /// One more attribute.
    #[must_use]
    pub fn attr(mut self, name: &str, value: impl fmt::Display) -> Self {
        let _ = write!(
            self.attributes,
            " {name}=\"{}\"",
            escape(&value.to_string())
        );
        self
    }

    /// What the browser may fill in.
    #[must_use]
    pub fn auto(self, what: &str) -> Self {
        self.attr("autocomplete", what)
    }

    fn error(&self) -> Option<&str> {
        let refill = self.form.refill()?;
        let wrong = refill
            .errors
            .iter()
            .find(|error| error.field == self.name)?;
        Some(&wrong.message)
    }

    fn has(&self, value: &str) -> bool {
        self.values.iter().any(|one| one == value)
    }
}

impl askama::filters::HtmlSafe for Control<'_> {}

impl fmt::Display for Control<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = control_id(self.form.endpoint, &self.name);
        let (label, error) = (escape(&self.label), self.error());
        let mut ties = String::new();
        if self.hint.is_some() {
            let _ = write!(ties, "{id}--hint ");
        }
        if error.is_some() {
            let _ = write!(ties, "{id}--error");
        }
        let mut attributes = self.attributes.clone();
        if !ties.is_empty() {
            let _ = write!(attributes, " aria-describedby=\"{}\"", ties.trim_end());
        }
        if error.is_some() {
            attributes.push_str(" aria-invalid=\"true\"");
        }
        if self.required {
            attributes.push_str(" required");
        }
        let optional =
            if self.required || self.form.free || matches!(self.kind, Kind::Tick | Kind::Checks) {
                String::new()
            } else {
                format!(
                    " <span class=\"optional\">{}</span>",
                    escape(&self.form.shell.t("form-optional"))
                )
            };
        let class = if error.is_some() {
            "field wrong"
        } else {
            "field"
        };
        let group = matches!(self.kind, Kind::Checks | Kind::Radios);
        if group {
            write!(
                f,
                "<fieldset class=\"{class}\" id=\"{id}\"><legend>{label}{optional}</legend>"
            )?;
        } else {
            write!(f, "<div class=\"{class}\">")?;
            if self.kind != Kind::Tick {
                write!(f, "<label for=\"{id}\">{label}{optional}</label>")?;
            }
        }
        if let Some(hint) = &self.hint {
            write!(
                f,
                "<p class=\"hint\" id=\"{id}--hint\">{}</p>",
                escape(hint)
            )?;
        }
        if let Some(error) = error {
            write!(
                f,
                "<p class=\"error\" id=\"{id}--error\">{}</p>",
                escape(error)
            )?;
        }
        self.body(f, &id, &attributes, &label)?;
        f.write_str(if group { "</fieldset>" } else { "</div>" })
    }
}

impl Control<'_> {
    fn body(
        &self,
        f: &mut fmt::Formatter<'_>,
        id: &str,
        attributes: &str,
        label: &str,
    ) -> fmt::Result {
        let name = escape(&self.name);
        let value = escape(self.values.first().map_or("", String::as_str));
        match self.kind {
            Kind::Input(kind) => {
                let value = if value.is_empty() {
                    value
                } else {
                    format!(" value=\"{value}\"")
                };
                write!(
                    f,
                    "<input id=\"{id}\" name=\"{name}\" type=\"{kind}\"{value}{attributes}>"
                )
            }
            Kind::Area => {
                write!(
                    f,
                    "<textarea id=\"{id}\" name=\"{name}\"{attributes}>{value}</textarea>"
                )
            }
            Kind::Select => {
                write!(f, "<select id=\"{id}\" name=\"{name}\"{attributes}>")?;
                let mut group = "";
                for choice in &self.choices {
                    if choice.group != group {
                        if !group.is_empty() {
                            f.write_str("</optgroup>")?;
                        }
                        group = &choice.group;
                        if !group.is_empty() {
                            write!(f, "<optgroup label=\"{}\">", escape(group))?;
                        }
                    }
                    let chosen = if self.has(&choice.value) {
                        " selected"
                    } else {
                        ""
                    };
                    let (sent, read) = (escape(&choice.value), escape(&choice.label));
                    write!(f, "<option value=\"{sent}\"{chosen}>{read}</option>")?;
                }
                if !group.is_empty() {
                    f.write_str("</optgroup>")?;
                }
                f.write_str("</select>")
            }
            Kind::Checks | Kind::Radios => {
                let kind = if self.kind == Kind::Checks {
                    "checkbox"
                } else {
                    "radio"
                };
                let required = if self.required && self.kind == Kind::Radios {
                    " required"
                } else {
                    ""
                };
                f.write_str("<div class=\"choices\">")?;
                for choice in &self.choices {
                    let chosen = if self.has(&choice.value) {
                        " checked"
                    } else {
                        ""
                    };
                    let (sent, read) = (escape(&choice.value), escape(&choice.label));
                    write!(
                        f,
                        "<label class=\"choice\"><input type=\"{kind}\" name=\"{name}\" value=\"{sent}\"{chosen}{required}><span>{read}</span></label>"
                    )?;
                }
                f.write_str("</div>")
            }
            Kind::Tick => {
                let chosen = if self.values.is_empty() {
                    ""
                } else {
                    " checked"
                };
                write!(
                    f,
                    "<label class=\"choice\"><input type=\"checkbox\" id=\"{id}\" name=\"{name}\" value=\"on\"{chosen}{attributes}><span>{label}</span></label>"
                )
            }
        }
    }
}
