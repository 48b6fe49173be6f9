//! The pages, one file per feature; each lists its endpoints. [`REGISTRY`] is the list of all.

#![expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::ref_option,
    reason = "templates hand over references"
)]
#![expect(clippy::unnecessary_wraps, reason = "handlers all have one shape")]
#![expect(
    clippy::struct_field_names,
    reason = "fields are named for readers of the interface"
)]

mod alerts;
mod appeals;
mod areas;
mod audit;
mod categories;
mod clocks;
mod closing;
mod command;
mod exports;
mod health;
pub mod home;
mod imports;
mod inbox;
mod law;
mod measures;
mod own_file;
mod packs;
mod pairs;
mod people;
mod report;
mod responses;
mod reviews;
mod sessions;
mod tasks;
mod users;

use std::fmt::Write as _;
use std::sync::LazyLock;

use crate::answer::{Html, escape};
use crate::endpoint::Endpoint;
use crate::shell::Shell;

/// Every endpoint there is.
pub static REGISTRY: LazyLock<Vec<Endpoint>> = LazyLock::new(|| {
    [
        home::endpoints(),
        report::endpoints(),
        own_file::endpoints(),
        sessions::endpoints(),
        command::endpoints(),
        inbox::endpoints(),
        imports::endpoints(),
        people::endpoints(),
        categories::endpoints(),
        pairs::endpoints(),
        reviews::endpoints(),
        measures::endpoints(),
        appeals::endpoints(),
        tasks::endpoints(),
        clocks::endpoints(),
        alerts::endpoints(),
        areas::endpoints(),
        packs::endpoints(),
        law::endpoints(),
        responses::endpoints(),
        closing::endpoints(),
        users::endpoints(),
        audit::endpoints(),
        exports::endpoints(),
        health::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
});

/// The endpoint with this name.
pub fn named(name: &str) -> Option<&'static Endpoint> {
    REGISTRY.iter().find(|endpoint| endpoint.name == name)
}

/// The end of an id, enough to tell two apart at a glance.
pub fn short(id: &str) -> &str {
    id.get(id.len().saturating_sub(6)..).unwrap_or(id)
}

/// LIMIT: rows on a page, as the use cases cut them.
const PAGE: i64 = 100;

/// How many there are, and the pages before and after; `kept` is what the query keeps.
pub fn pager(s: &Shell, total: &i64, offset: &i64, kept: &[(&str, &str)]) -> Html {
    let mut query = String::new();
    for (name, value) in kept.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(query, "{}={}&amp;", escape(name), escape(value));
    }
    let mut html = format!(
        "<nav class=\"pager\" aria-label=\"{}\"><span>{}</span><span class=\"row\">",
        escape(&s.t("pages")),
        escape(&s.t1("total", "count", total))
    );
    let mut step = |to: i64, words: String| {
        let _ = write!(
            html,
            "<a href=\"?{query}offset={to}\">{}</a> ",
            escape(&words)
        );
    };
    if *offset > 0 {
        step((offset - PAGE).max(0), format!("← {}", s.t("page-before")));
    }
    if offset + PAGE < *total {
        step(offset + PAGE, format!("{} →", s.t("page-after")));
    }
    html.push_str("</span>");
    html.push_str(&export(s, &query).0);
    html.push_str("</nav>");
    Html(html)
}

/// The way to the next part of a list that is read from one key to the next, and the list as a
/// file; `key` is the field that takes `next`, `kept` is what the query keeps.
pub fn onward<K: std::fmt::Display>(
    s: &Shell,
    key: &str,
    next: &Option<K>,
    kept: &[(&str, &str)],
) -> Html {
    let mut query = String::new();
    for (name, value) in kept.iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(query, "{}={}&amp;", escape(name), escape(value));
    }
    let file = export(s, &query).0;
    if next.is_none() && file.is_empty() {
        return Html(String::new());
    }
    let mut html = format!(
        "<nav class=\"pager\" aria-label=\"{}\">",
        escape(&s.t("pages"))
    );
    if let Some(next) = next {
        let _ = write!(
            html,
            "<a href=\"?{query}{key}={}\">{} →</a>",
            escape(&next.to_string()),
            escape(&s.t("page-after"))
        );
    }
    html.push_str(&file);
    html.push_str("</nav>");
    Html(html)
}

/// The link to the whole list as a file, where there is one.
pub fn export(s: &Shell, query: &str) -> Html {
    let noun = s.name.split('.').next().unwrap_or_default();
    let Some(endpoint) = named(&format!("{noun}.export")) else {
        return Html(String::new());
    };
    Html(format!(
        "<a href=\"{}?{query}\">{}</a>",
        endpoint.path,
        escape(&s.t(&endpoint.key()))
    ))
}
