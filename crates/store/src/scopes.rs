//! What a reader may see, as a condition in SQL: area ranges with the flags that `authz` answers
//! for lists (own tasks only, own unit only, one response, sealed diseases, closed responses).
//!
//! It decides nothing; a row is listed when it fits at least one [`Scope`].

use std::fmt::Write as _;

use fangxian_base::{ResponseId, UnitId, UserId};

use crate::AreaRange;
use crate::db::{DbError, Row, Tx, Val, vals};
use crate::records::within;

/// Rows that fit every condition here.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The row's area lies here; rows without area are seen by whoever sees everything.
    pub range: AreaRange,
    /// Only of this response.
    pub response: Option<ResponseId>,
    /// Only what this unit handed in.
    pub unit: Option<UnitId>,
    /// Only what is assigned to this user.
    pub assignee: Option<UserId>,
    /// Whether rows about sealed diseases are shown.
    pub confined: bool,
    /// Whether rows of closed responses are shown.
    pub closed: bool,
}

/// The names of a table's columns that scopes look at; an empty name: the table has none, and a
/// scope that asks for it admits nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Columns<'a> {
    pub(crate) area: &'a str,
    pub(crate) response: &'a str,
    pub(crate) confined: &'a str,
    pub(crate) assignee: &'a str,
    pub(crate) unit: &'a str,
}

/// The condition for a list; no scope admits nothing.
pub(crate) fn scoped(scopes: &[Scope], columns: Columns<'_>, values: &mut Vec<Val>) -> String {
    let parts: Vec<String> = scopes
        .iter()
        .map(|scope| format!("({})", one(scope, columns, values)))
        .collect();
    if parts.is_empty() {
        "1 = 0".into()
    } else {
        format!("({})", parts.join(" OR "))
    }
}

fn one(scope: &Scope, columns: Columns<'_>, values: &mut Vec<Val>) -> String {
    let mut all = vec![within(
        std::slice::from_ref(&scope.range),
        columns.area,
        values,
    )];
    if !scope.confined {
        all.push(format!("{} = 0", columns.confined));
    }
    let wanted: [(&str, Option<Val>); 3] = [
        (columns.response, scope.response.map(Val::from)),
        (columns.unit, scope.unit.map(Val::from)),
        (columns.assignee, scope.assignee.map(Val::from)),
    ];
    for (column, value) in wanted {
        let Some(value) = value else { continue };
        if column.is_empty() {
            all.push("1 = 0".into());
        } else {
            values.push(value);
            all.push(format!("{column} = ${}", values.len()));
        }
    }
    if !scope.closed {
        // Asked of each row, so that the order of a list chooses the index: nearly every row is of
        // an open response.
        all.push(format!(
            "NOT EXISTS (SELECT 1 FROM response o
                 WHERE o.id = {} AND o.closed_at IS NOT NULL)",
            columns.response
        ));
    }
    all.join(" AND ")
}

/// The condition of a list that somebody reads, with the values that it binds: what may be seen,
/// and what was asked for.
pub(crate) struct Wanted {
    sql: String,
    values: Vec<Val>,
}

impl Wanted {
    /// What the scopes admit. `first` are values that the statement binds before the condition's.
    pub(crate) fn seen(first: &[Val], scopes: &[Scope], columns: Columns<'_>) -> Self {
        let mut values = first.to_vec();
        let sql = scoped(scopes, columns, &mut values);
        Wanted { sql, values }
    }

    /// Only rows whose `column` is one of these codes; no code: all.
    pub(crate) fn states<'a>(&mut self, column: &str, codes: impl IntoIterator<Item = &'a str>) {
        let inside = list(codes, &mut self.values);
        if !inside.is_empty() {
            self.and(&format!("{column} IN ({inside})"));
        }
    }

    /// Only rows whose area, in `column`, is this one or lies below it.
    pub(crate) fn below(&mut self, column: &str, area: Option<&AreaRange>) {
        if let Some(area) = area {
            let inside = within(std::slice::from_ref(area), column, &mut self.values);
            self.and(&inside);
        }
    }

    /// Only rows that fit a condition without values of its own.
    pub(crate) fn and(&mut self, condition: &str) {
        let _ = write!(self.sql, " AND {condition}");
    }

    /// Only rows that fit `condition`, in which `?` stands for the value.
    pub(crate) fn and_with(&mut self, condition: &str, value: impl Into<Val>) {
        self.values.push(value.into());
        let mark = format!("${}", self.values.len());
        self.and(&condition.replace('?', &mark));
    }

    /// `$n` for each code: the inside of an `IN (…)` of a condition to come.
    pub(crate) fn list<'a>(&mut self, codes: impl IntoIterator<Item = &'a str>) -> String {
        list(codes, &mut self.values)
    }

    /// The condition, to be put into a statement.
    pub(crate) fn sql(&self) -> &str {
        &self.sql
    }

    /// The rows of `select`, which ends in its order, from `offset`, at most `limit`.
    pub(crate) fn page(
        mut self,
        tx: &mut Tx<'_>,
        select: &str,
        limit: i64,
        offset: i64,
    ) -> Result<Vec<Row>, DbError> {
        self.values.extend(vals![limit, offset]);
        let n = self.values.len();
        tx.rows(
            &format!("{select} LIMIT ${} OFFSET ${n}", n - 1),
            &self.values,
        )
    }

    /// The rows of a statement of its own that is made around the condition.
    pub(crate) fn rows(
        &self,
        tx: &mut Tx<'_>,
        select: impl FnOnce(&str) -> String,
    ) -> Result<Vec<Row>, DbError> {
        tx.rows(&select(&self.sql), &self.values)
    }

    /// How many rows of `from` fit.
    pub(crate) fn count(&self, tx: &mut Tx<'_>, from: &str) -> Result<i64, DbError> {
        let select = format!("SELECT COUNT(*) FROM {from} WHERE {}", self.sql);
        tx.value(&select, &self.values)
    }

    /// How many rows of `from` fit, counted no further than the first value, which is `$1`.
    pub(crate) fn count_to_first(&self, tx: &mut Tx<'_>, from: &str) -> Result<i64, DbError> {
        let condition = &self.sql;
        let select = format!(
            "SELECT COUNT(*) FROM (SELECT 1 AS n FROM {from} WHERE {condition} LIMIT $1) counted"
        );
        tx.value(&select, &self.values)
    }
}

/// `$n` for each value, after pushing it: the inside of an `IN (…)`.
pub(crate) fn list<'a>(codes: impl IntoIterator<Item = &'a str>, values: &mut Vec<Val>) -> String {
    let marks: Vec<String> = codes
        .into_iter()
        .map(|code| {
            values.push(code.into());
            format!("${}", values.len())
        })
        .collect();
    marks.join(", ")
}

/// The same for ids, filled up with the last one to a power of two, so that few statements are
/// prepared for all the lengths there are.
pub(crate) fn padded(
    ids: impl IntoIterator<Item = impl Into<Val>>,
    values: &mut Vec<Val>,
) -> String {
    let start = values.len();
    values.extend(ids.into_iter().map(Into::into));
    let wanted = start + (values.len() - start).next_power_of_two();
    while let (true, Some(last)) = (values.len() < wanted, values.last().cloned()) {
        if values.len() == start {
            break;
        }
        values.push(last);
    }
    let marks: Vec<String> = (start + 1..=values.len())
        .map(|n| format!("${n}"))
        .collect();
    marks.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns<'static> = Columns {
        area: "t.area_id",
        response: "t.response_id",
        confined: "t.confined",
        assignee: "",
        unit: "",
    };

    #[test]
    fn no_scope_shows_nothing() {
        assert_eq!(scoped(&[], COLUMNS, &mut Vec::new()), "1 = 0");
    }

    #[test]
    fn a_scope_of_own_tasks_shows_nothing_of_a_table_without_assignee() {
        let scope = Scope {
            range: AreaRange::everywhere(),
            response: None,
            unit: None,
            assignee: Some(UserId::new()),
            confined: true,
            closed: true,
        };
        let mut values = Vec::new();
        assert_eq!(
            scoped(&[scope], COLUMNS, &mut values),
            "((1 = 1 AND 1 = 0))"
        );
        assert!(values.is_empty());
    }
}
