//! Who is in a category of a scheme today, and whether a measure binds them: lists and counts over
//! the current assessments. Nothing here is typed by anybody.

use fangxian_base::{AreaId, Date, PersonId, ResponseId};

use crate::AreaRange;
use crate::db::{DbError, Tx, vals};
use crate::scopes::{Columns, Scope, Wanted};

/// Whom to list.
#[derive(Debug, Clone)]
pub struct CategoryFilter {
    /// What the reader may see.
    pub scopes: Vec<Scope>,
    /// The scheme.
    pub scheme: String,
    /// Only in this category; none: in any of the scheme.
    pub category: Option<String>,
    /// Only in and below this area.
    pub below: Option<AreaRange>,
    /// Only whom no measure binds today.
    pub unbound: bool,
    /// The day.
    pub today: Date,
    /// LIMIT: how many at most.
    pub limit: i64,
    /// How many to skip.
    pub offset: i64,
}

/// Somebody in a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InCategory {
    /// Who.
    pub person: PersonId,
    /// In which response.
    pub response: ResponseId,
    /// Which category.
    pub category: String,
    /// Where they are.
    pub area: Option<AreaId>,
    /// The day the rules were applied to.
    pub on: Date,
    /// Whether a measure binds them today.
    pub bound: bool,
}

/// How many are in a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryCount {
    /// The category.
    pub category: String,
    /// People.
    pub people: i64,
    /// Those of them whom no measure binds today.
    pub unbound: i64,
}

const SCOPED: Columns<'static> = Columns {
    area: "p.area_id",
    response: "a.response_id",
    confined: "p.confined",
    assignee: "",
    unit: "",
};
const FROM: &str = "assessment a JOIN person p ON p.id = a.person_id \
     JOIN response o ON o.id = a.response_id AND o.closed_at IS NULL";
/// Today is the first value of every statement.
const BOUND: &str = "EXISTS (SELECT 1 FROM measure m JOIN record_person q ON q.record_id = m.record_id \
     WHERE q.person_id = a.person_id AND m.response_id = a.response_id \
     AND m.state IN ('decided', 'served') AND m.starts_on <= $1 AND m.ends_on >= $1 \
     AND m.suspended_at IS NULL)";

fn wanted(filter: &CategoryFilter) -> Wanted {
    let mut wanted = Wanted::seen(&vals![filter.today], &filter.scopes, SCOPED);
    wanted.and_with("a.scheme = ?", filter.scheme.as_str());
    wanted.and("a.category IS NOT NULL");
    wanted.below("p.area_id", filter.below.as_ref());
    wanted
}

/// People in a category: first those whom no measure binds, then by category.
pub fn category_list(tx: &mut Tx<'_>, filter: &CategoryFilter) -> Result<Vec<InCategory>, DbError> {
    let mut wanted = wanted(filter);
    if let Some(category) = &filter.category {
        wanted.and_with("a.category = ?", category.as_str());
    }
    if filter.unbound {
        wanted.and(&format!("NOT {BOUND}"));
    }
    let select = format!(
        "SELECT a.person_id, a.response_id, a.category, p.area_id, a.on_day,
             CASE WHEN {BOUND} THEN 1 ELSE 0 END AS bound
         FROM {FROM} WHERE {} ORDER BY bound, a.category, a.person_id, a.response_id",
        wanted.sql()
    );
    let rows = wanted.page(tx, &select, filter.limit, filter.offset)?;
    rows.iter()
        .map(|row| {
            Ok(InCategory {
                person: row.get(0)?,
                response: row.get(1)?,
                category: row.get(2)?,
                area: row.get(3)?,
                on: row.get(4)?,
                bound: row.get::<i64>(5)? != 0,
            })
        })
        .collect()
}

/// How many are in each category of the scheme, whatever single category is asked for.
pub fn category_counts(
    tx: &mut Tx<'_>,
    filter: &CategoryFilter,
) -> Result<Vec<CategoryCount>, DbError> {
    let rows = wanted(filter).rows(tx, |condition| {
        format!(
            "SELECT a.category, COUNT(*),
                 CAST(SUM(CASE WHEN {BOUND} THEN 0 ELSE 1 END) AS BIGINT)
             FROM {FROM} WHERE {condition} GROUP BY a.category ORDER BY a.category"
        )
    })?;
    rows.iter()
        .map(|row| {
            Ok(CategoryCount {
                category: row.get(0)?,
                people: row.get(1)?,
                unbound: row.get(2)?,
            })
        })
        .collect()
}
