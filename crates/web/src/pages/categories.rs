//! People by category: whom the schemes of the city sort today, and what binds them.

use fangxian_app::people::{CategoriesFilter, CategoriesPage, CategoryView};
use fangxian_app::{Action, App, Result};
use schemars::JsonSchema;
use serde::Serialize;

use crate::answer::{Html, page};
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint};
use crate::shell::Shell;

/// People by category.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Categories {
    /// The people, and how many are in each category.
    list: CategoriesPage,
    /// The category asked for; empty: all.
    category: String,
    /// The division asked for.
    area_code: String,
    /// Only whom no measure binds today.
    unbound: bool,
}

page!(Categories, "categories.html");

fn list(app: &App, ask: &Ask, input: CategoriesFilter) -> Result<Categories> {
    Ok(Categories {
        list: app.people_by_category(&ask.who, &input)?,
        category: input.category,
        area_code: input.area_code,
        unbound: input.unbound,
    })
}

/// The query of a category, of the same scheme and area.
pub fn query(v: &Categories, category: &str, unbound: bool) -> String {
    let mut query = format!("scheme={}&category={category}", v.list.scheme);
    if !v.area_code.is_empty() {
        query.push_str("&area_code=");
        query.push_str(&v.area_code);
    }
    if unbound {
        query.push_str("&unbound=on");
    }
    query
}

/// Whether this tile is the one shown.
pub fn here(v: &Categories, one: &CategoryView) -> bool {
    v.category == one.code
}

/// The pages before and after, of the same view.
pub fn pager(s: &Shell, v: &Categories) -> Html {
    let unbound = if v.unbound { "on" } else { "" };
    let kept = [
        ("scheme", v.list.scheme.as_str()),
        ("category", v.category.as_str()),
        ("area_code", v.area_code.as_str()),
        ("unbound", unbound),
    ];
    super::pager(s, &v.list.total, &v.list.offset, &kept)
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    let search = Access::Staff(Action::PeopleSearch);
    vec![Endpoint::page("categories.list", "/categories", search, list).traced()]
}
