//! Lists as files for a spreadsheet: UTF-8 with a byte order mark, a header in the reader's
//! language, no cell that a spreadsheet would run. A list is cut by permission as on its page, and
//! each part that is read leaves its entry as on its page. Start with [`Sheet`].

mod sheet;

use fangxian_app::accounts::UserView;
use fangxian_app::alerts::{AlertRow, AlertsFilter};
use fangxian_app::audit_trail::{AuditQuery, EntryView};
use fangxian_app::clocks::{ClockRow, ClocksFilter};
use fangxian_app::intake::{InboxFilter, InboxRow};
use fangxian_app::measures::{MeasureRow, MeasuresFilter};
use fangxian_app::people::{CategoriesFilter, CategoryRow, Hit, IdentityView, PairView, Search};
use fangxian_app::places::AreaView;
use fangxian_app::tasks::{TaskRow, TasksFilter};
use fangxian_app::{Action, App, AppError, Kind, Result};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::answer::Download;
use crate::ask::Ask;
use crate::endpoint::{Access, Endpoint, Nothing};
use sheet::{Columns, Reader, Sheet, pages, parts};

fn tasks(app: &App, ask: &Ask, mut filter: TasksFilter) -> Result<Download> {
    const COLUMNS: &Columns<TaskRow> = &[
        ("export-id", |_, row| row.id.to_string()),
        ("task-what", |r, row| match &row.text {
            Some(text) => format!("{} {}", r.text(&row.kind_text), r.text(text)),
            None => r.text(&row.kind_text),
        }),
        ("person-name", |_, row| row.name.clone()),
        ("task-holder", |r, row| r.maybe(row.holder.as_ref())),
        ("export-assignee", |_, row| {
            row.assignee.clone().unwrap_or_default()
        }),
        ("task-state", |r, row| r.code("task-state", &row.state)),
        ("export-result", |r, row| {
            row.result
                .as_ref()
                .map(|code| r.code("result", code))
                .unwrap_or_default()
        }),
        ("export-created", |r, row| r.time(Some(row.created_at))),
        ("task-due", |r, row| r.time(Some(row.due_at))),
    ];
    pages(app, ask, "tasks", COLUMNS, |offset| {
        filter.offset = offset;
        let page = app.tasks(&ask.who, &filter)?;
        Ok((page.rows, page.total))
    })
}

fn inbox(app: &App, ask: &Ask, mut filter: InboxFilter) -> Result<Download> {
    const COLUMNS: &Columns<InboxRow> = &[
        ("export-id", |_, row| row.id.to_string()),
        ("person-name", |_, row| row.name.clone()),
        ("record-channel", |r, row| r.code("channel", &row.channel)),
        ("export-area", |r, row| r.maybe(row.area.as_ref())),
        ("record-received", |r, row| r.time(Some(row.received_at))),
        ("record-state", |r, row| r.code("record-state", &row.state)),
        ("record-due", |r, row| r.time(row.due_at)),
    ];
    let reader = Reader::of(app, ask);
    let mut sheet = Sheet::begin(&reader, COLUMNS);
    (filter.page, filter.before) = (1, None);
    loop {
        let page = app.inbox(&ask.who, &filter)?;
        sheet.add(&reader, COLUMNS, &page.rows)?;
        (filter.page, filter.before) = (page.page + 1, page.next);
        if page.next.is_none() && page.page >= page.pages {
            return Ok(sheet.end(app, "inbox"));
        }
    }
}

fn people(app: &App, ask: &Ask, search: Search) -> Result<Download> {
    const COLUMNS: &Columns<Hit> = &[
        ("export-id", |_, row| row.person.to_string()),
        ("person-name", |_, row| row.identity.name.clone()),
        ("person-sex", |r, row| r.code("sex", &row.identity.sex)),
        ("export-age", |_, row| row.identity.age.clone()),
        ("person-phone", |_, row| row.identity.phone.clone()),
        ("export-document", |_, row| {
            row.identity.document_number.clone()
        }),
        ("person-address", |_, row| row.identity.address.clone()),
        ("export-area", |r, row| r.maybe(row.area.as_ref())),
        ("person-changed", |r, row| r.time(Some(row.changed_at))),
    ];
    let reader = Reader::of(app, ask);
    let mut sheet = Sheet::begin(&reader, COLUMNS);
    // As on the page: nothing asked, nobody found; there is no list of everybody.
    if search.q.trim().is_empty() {
        return Ok(sheet.end(app, "people"));
    }
    let found = app.people_search(&ask.who, &search)?;
    if found.more {
        return Err(AppError::new(
            Kind::TooLarge,
            "TOO-MANY-ROWS",
            "找到的人过多，名单不完整，不予导出。请补充条件（如全名、电话或完整号码）。",
            "Too many people were found and the list would not be whole. Say more: the full name, the phone or the whole number.",
        ));
    }
    sheet.add(&reader, COLUMNS, &found.hits)?;
    Ok(sheet.end(app, "people"))
}

fn categories(app: &App, ask: &Ask, mut filter: CategoriesFilter) -> Result<Download> {
    const COLUMNS: &Columns<CategoryRow> = &[
        ("export-id", |_, row| row.person.to_string()),
        ("person-name", |_, row| row.identity.name.clone()),
        ("person-phone", |_, row| row.identity.phone.clone()),
        ("categories-category", |r, row| r.text(&row.category)),
        ("export-area", |r, row| r.maybe(row.area.as_ref())),
        ("categories-measure", |r, row| r.maybe(row.measure.as_ref())),
        ("measure-state", |r, row| {
            let state = row.measure_state.as_ref();
            state.map_or_else(String::new, |code| r.code("measure-state", code))
        }),
        ("categories-organ", |r, row| r.maybe(row.organ.as_ref())),
        ("export-until", |_, row| cell_of(&row.until)),
        ("categories-work", |_, row| row.open_tasks.to_string()),
    ];
    pages(app, ask, "categories", COLUMNS, |offset| {
        filter.offset = offset;
        let page = app.people_by_category(&ask.who, &filter)?;
        Ok((page.rows, page.total))
    })
}

/// One of the two of a pair in one cell: name, sex, birth date, phone and address.
fn one_of(reader: &Reader, one: &IdentityView) -> String {
    let sex = if one.sex.is_empty() {
        String::new()
    } else {
        reader.code("sex", &one.sex)
    };
    let all = [
        one.name.clone(),
        sex,
        cell_of(&one.birth_date),
        one.phone.clone(),
        one.document_number.clone(),
        one.address.clone(),
    ];
    let said: Vec<String> = all.into_iter().filter(|text| !text.is_empty()).collect();
    said.join(" · ")
}

fn pairs(app: &App, ask: &Ask, _: Nothing) -> Result<Download> {
    const COLUMNS: &Columns<PairView> = &[
        ("export-id", |_, row| row.id.to_string()),
        ("export-share", |r, row| r.code("basis", &row.basis)),
        ("export-since", |r, row| r.time(Some(row.created_at))),
        ("export-older", |r, row| one_of(r, &row.a)),
        ("export-older-file", |_, row| row.a_person.to_string()),
        ("export-newer", |r, row| one_of(r, &row.b)),
        ("export-newer-file", |_, row| row.b_person.to_string()),
    ];
    parts(app, ask, "pairs", COLUMNS, |after| {
        app.pairs(&ask.who, after)
    })
}

fn measures(app: &App, ask: &Ask, mut filter: MeasuresFilter) -> Result<Download> {
    const COLUMNS: &Columns<MeasureRow> = &[
        ("export-id", |_, row| row.id.to_string()),
        ("measure-what", |r, row| r.maybe(row.title.as_ref())),
        ("person-name", |_, row| row.name.clone()),
        ("export-area", |r, row| r.maybe(row.area.as_ref())),
        ("measure-basis", |r, row| r.maybe(row.basis.as_ref())),
        ("measure-organ", |r, row| r.maybe(row.organ.as_ref())),
        ("measure-document", |_, row| {
            row.document_no.clone().unwrap_or_default()
        }),
        ("measure-state", |r, row| {
            r.code("measure-state", &row.state)
        }),
        ("export-from", |_, row| cell_of(&row.starts_on)),
        ("export-until", |_, row| cell_of(&row.ends_on)),
        ("export-decided", |r, row| r.time(row.decided_at)),
    ];
    pages(app, ask, "measures", COLUMNS, |offset| {
        filter.offset = offset;
        let page = app.measures(&ask.who, &filter)?;
        Ok((page.rows, page.total))
    })
}

/// A date as JSON writes it, or nothing.
fn cell_of(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn reports(app: &App, ask: &Ask, mut filter: ClocksFilter) -> Result<Download> {
    const COLUMNS: &Columns<ClockRow> = &[
        ("export-id", |_, row| row.id.to_string()),
        ("person-name", |r, row| match &row.alert_text {
            Some(text) => r.text(text),
            None => row.name.clone(),
        }),
        ("export-area", |r, row| r.maybe(row.area.as_ref())),
        ("export-disease", |r, row| r.code("disease", &row.disease)),
        ("clock-class", |r, row| r.maybe(row.class_text.as_ref())),
        ("clock-basis", |r, row| r.text(&row.basis)),
        ("record-received", |r, row| r.time(Some(row.started_at))),
        ("clock-due", |r, row| r.time(Some(row.due_at))),
        ("clock-sent", |r, row| r.time(row.sent_at)),
        ("clock-reference", |_, row| {
            row.reference.clone().unwrap_or_default()
        }),
    ];
    pages(app, ask, "reports", COLUMNS, |offset| {
        filter.offset = offset;
        let page = app.clocks(&ask.who, &filter)?;
        Ok((page.rows, page.total))
    })
}

fn alerts(app: &App, ask: &Ask, mut filter: AlertsFilter) -> Result<Download> {
    const COLUMNS: &Columns<AlertRow> = &[
        ("export-id", |_, row| row.id.to_string()),
        ("alert-what", |r, row| r.maybe(row.title.as_ref())),
        ("export-alert-kind", |r, row| {
            r.code("alert-kind", &row.kind)
        }),
        ("export-disease", |r, row| r.code("disease", &row.disease)),
        ("alert-place", |r, row| r.maybe(row.place.as_ref())),
        ("export-area", |r, row| r.maybe(row.area.as_ref())),
        ("alert-cases", |_, row| row.cases.to_string()),
        ("export-from", |_, row| cell_of(&row.from)),
        ("export-until", |_, row| cell_of(&row.to)),
        ("alert-raised", |r, row| r.time(Some(row.raised_at))),
        ("alert-due", |r, row| r.time(row.due_at)),
        ("alert-state", |r, row| r.code("alert-state", &row.state)),
    ];
    pages(app, ask, "alerts", COLUMNS, |offset| {
        filter.offset = offset;
        let page = app.alerts(&ask.who, &filter)?;
        Ok((page.rows, page.total))
    })
}

fn audit(app: &App, ask: &Ask, mut query: AuditQuery) -> Result<Download> {
    const COLUMNS: &Columns<EntryView> = &[
        ("audit-seal", |_, row| {
            row.seal.map(|n| n.to_string()).unwrap_or_default()
        }),
        ("export-id", |_, row| row.id.to_string()),
        ("audit-at", |r, row| r.time(Some(row.at))),
        ("audit-who", |r, row| match &row.author_name {
            Some(name) => name.clone(),
            None => r.code("author", &row.author),
        }),
        ("audit-action", |r, row| r.text(&row.action_name)),
        ("audit-purpose", |r, row| r.text(&row.purpose_name)),
        ("audit-refers", |_, row| {
            let all = row.references.iter();
            all.map(|(kind, id)| format!("{kind}:{id}"))
                .collect::<Vec<_>>()
                .join(" ")
        }),
        ("export-detail", |_, row| super::audit::detail(&row.detail)),
    ];
    let reader = Reader::of(app, ask);
    let mut sheet = Sheet::begin(&reader, COLUMNS);
    loop {
        let page = app.audit_list(&ask.who, &query)?;
        sheet.add(&reader, COLUMNS, &page.entries)?;
        let Some(next) = page.next else {
            return Ok(sheet.end(app, "audit"));
        };
        query.before = next.to_string();
    }
}

fn users(app: &App, ask: &Ask, _: Nothing) -> Result<Download> {
    const COLUMNS: &Columns<UserView> = &[
        ("login-name", |_, row| row.login.clone()),
        ("user-name", |_, row| row.name.clone()),
        ("user-unit", |r, row| r.text(&row.unit_name)),
        ("user-grants", |r, row| {
            let all = row.grants.iter().map(|grant| {
                let mut line = format!(
                    "{} · {}",
                    r.text(&grant.role_name),
                    r.text(&grant.area_name)
                );
                for more in [r.maybe(grant.response_name.as_ref()), r.time(grant.until)] {
                    if !more.is_empty() {
                        line.push_str(" · ");
                        line.push_str(&more);
                    }
                }
                line
            });
            all.collect::<Vec<_>>().join("; ")
        }),
        ("user-disabled", |r, row| r.time(row.disabled_at)),
        ("user-created", |r, row| r.time(Some(row.created_at))),
    ];
    parts(app, ask, "users", COLUMNS, |after: Option<String>| {
        app.user_list(&ask.who, after.as_deref())
    })
}

fn areas(app: &App, ask: &Ask, _: Nothing) -> Result<Download> {
    const COLUMNS: &Columns<AreaView> = &[
        ("area-code", |_, row| row.code.clone()),
        ("area-name", |r, row| r.text(&row.name)),
        ("export-level", |r, row| r.text(&row.level_name)),
        ("area-residents", |_, row| {
            row.residents.map(|n| n.to_string()).unwrap_or_default()
        }),
    ];
    let rows = app.area_list(&ask.who, None)?;
    let all = i64::try_from(rows.len()).map_err(AppError::internal)?;
    let mut rows = Some(rows);
    pages(app, ask, "areas", COLUMNS, |_| {
        Ok((rows.take().unwrap_or_default(), all))
    })
}

/// Which list, of which response.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
struct ListOf {
    /// `linelist`, `contacts` or `movements`; empty: cases.
    kind: String,
    /// Code of the response; empty: routine surveillance.
    response: String,
}

/// A list in the shape it comes in by: it can be imported again as it is.
fn list(app: &App, ask: &Ask, of: ListOf) -> Result<Download> {
    let or = |text: &str, other: &str| match text.trim() {
        "" => other.to_owned(),
        text => text.to_owned(),
    };
    let kind = or(&of.kind, "linelist");
    let response = or(&of.response, "routine");
    let language = super::imports::language(ask);
    let list = app.list_export(&ask.who, &kind, &response, language)?;
    Ok(Download {
        name: format!("{response}-{kind}-{}.csv", app.today()),
        bytes: list.bytes,
    })
}

/// Their endpoints.
pub fn endpoints() -> Vec<Endpoint> {
    const CSV: &str = "text/csv; charset=utf-8";
    let on = Access::Staff;
    vec![
        Endpoint::file(
            "intake.export",
            "/inbox.csv",
            on(Action::IntakeList),
            CSV,
            inbox,
        )
        .traced(),
        Endpoint::file(
            "people.export",
            "/people.csv",
            on(Action::PeopleSearch),
            CSV,
            people,
        )
        .traced(),
        Endpoint::file(
            "categories.export",
            "/categories.csv",
            on(Action::PeopleSearch),
            CSV,
            categories,
        )
        .traced(),
        Endpoint::file(
            "pairs.export",
            "/pairs.csv",
            on(Action::PairsList),
            CSV,
            pairs,
        )
        .traced(),
        Endpoint::file(
            "tasks.export",
            "/tasks.csv",
            on(Action::TasksList),
            CSV,
            tasks,
        )
        .traced(),
        Endpoint::file(
            "measures.export",
            "/measures.csv",
            on(Action::MeasuresList),
            CSV,
            measures,
        )
        .traced(),
        Endpoint::file(
            "reports.export",
            "/reports.csv",
            on(Action::ReportsList),
            CSV,
            reports,
        )
        .traced(),
        Endpoint::file(
            "alerts.export",
            "/alerts.csv",
            on(Action::AlertsList),
            CSV,
            alerts,
        )
        .traced(),
        Endpoint::file(
            "audit.export",
            "/audit.csv",
            on(Action::AuditRead),
            CSV,
            audit,
        )
        .traced(),
        Endpoint::file(
            "users.export",
            "/users.csv",
            on(Action::UsersList),
            CSV,
            users,
        )
        .traced(),
        Endpoint::file(
            "lists.export",
            "/lists.csv",
            on(Action::ImportRead),
            CSV,
            list,
        )
        .traced(),
        Endpoint::file(
            "areas.export",
            "/areas.csv",
            on(Action::AreasView),
            CSV,
            areas,
        ),
    ]
}
