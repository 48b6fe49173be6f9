//! The first filling: places, accounts, responses, and the list of real cases elsewhere. Every step
//! may be repeated, so that a filling that was stopped goes on.

use std::sync::Arc;

use fangxian_app::accounts::{AdminInput, GrantInput, UserInput};
use fangxian_app::imports::ListFile;
use fangxian_app::places::{AreaView, UnitView};
use fangxian_app::responses::{ApprovalInput, ConfirmInput, ResponseInput};
use fangxian_app::{App, AppError, Who};
use fangxian_base::CommandId;
use fangxian_sim::Behaviour;
use fangxian_sim::district::staff::Staff;
use serde_json::json;

use super::PASSWORD;
use super::people::first_log_in;
use super::play::{FLU, LISTS, NORO, Player, command};
use crate::out::Failed;

/// 1,460 real cases of early 2020, CC BY 4.0; origin in `testdata/linelist-bets`.
const CASES: &[u8] = include_bytes!("../../../../testdata/linelist-bets/cases.csv");
/// The year of the list's last days.
const CASES_YEAR: i16 = 2020;

impl Player {
    /// Brings everything that a demonstration begins with.
    ///
    /// # Errors
    /// What the application refused; nothing of that may happen.
    pub fn set_up(&mut self) -> Result<(), Failed> {
        let app = self.app();
        // The last thing that a first filling makes before its list.
        let there = app.response_list(&Who::cli())?;
        if !there.iter().any(|response| response.code == LISTS) {
            self.places(&app)?;
            self.accounts(&app)?;
            let duty = self.people.who(&app, "duty1")?;
            let bureau = self.people.who(&app, "bureau1")?;
            responses(&app, &duty, &bureau, self.habits)?;
        }
        list(&app, self.habits)?;
        self.know_places(app.area_list(&Who::cli(), None)?);
        Ok(())
    }

    fn places(&self, app: &App) -> Result<(), AppError> {
        let areas: Vec<_> = self
            .world
            .areas
            .iter()
            .map(|area| {
                let shapes: Vec<_> = area.rings.iter().map(|ring| json!([ring])).collect();
                json!({
                    "code": area.code, "parent": area.parent,
                    "zh": area.name_zh, "en": area.name_en, "residents": area.population,
                    "geometry": { "type": "MultiPolygon", "coordinates": shapes },
                })
            })
            .collect();
        let units: Vec<_> = self
            .world
            .units
            .iter()
            .map(|u| json!({ "zh": u.zh, "en": u.en, "kind": u.kind, "area": u.area }))
            .collect();
        let file = json!({ "areas": areas, "units": units }).to_string();
        app.places_import(&Who::cli(), command(self.habits, "places"), &file)?;
        Ok(())
    }

    fn accounts(&mut self, app: &Arc<App>) -> Result<(), AppError> {
        let admin = AdminInput {
            login: "admin".into(),
            name: "系统管理员".into(),
            password: PASSWORD.into(),
            again: PASSWORD.into(),
        };
        app.admin_create(command(self.habits, "admin"), &admin)?;
        let who = self.people.who(app, "admin")?;
        let (areas, units) = (app.area_list(&who, None)?, app.unit_list(&who, None)?);
        let habits = self.habits;
        // One after the other: memory for hashing on several threads would stay with each of them.
        for one in &self.world.staff {
            let token = account(app, &who, habits, one, &areas, &units)?;
            if let Some(token) = token {
                self.people.keep(&one.login, token);
            }
        }
        Ok(())
    }
}

/// One account with its password; the session when one was begun.
fn account(
    app: &Arc<App>,
    admin: &Who,
    habits: Behaviour,
    staff: &Staff,
    areas: &[AreaView],
    units: &[UnitView],
) -> Result<Option<String>, AppError> {
    let unit = units.iter().find(|unit| unit.name.zh == staff.unit);
    let unit = unit.ok_or_else(AppError::not_found)?;
    let grants = staff.grants.iter().filter_map(|(role, code)| {
        let area = areas.iter().find(|area| area.code == *code)?;
        Some(GrantInput {
            role: role.clone(),
            area: area.id.to_string(),
            ..GrantInput::default()
        })
    });
    let input = UserInput {
        login: staff.login.clone(),
        name: format!("{}（{}）", staff.name, staff.post),
        unit: unit.id.to_string(),
        grants: grants.collect(),
    };
    let key = format!("account|{}", staff.login);
    let made = app.user_create(admin, command(habits, &key), &input)?;
    let first = match made.password {
        Some(first) => first,
        // An earlier filling was stopped; it may have come as far as the password.
        None if app
            .log_in(&staff.login, PASSWORD, super::people::ADDRESS)
            .is_ok() =>
        {
            return Ok(None);
        }
        None => app
            .user_reset(admin, CommandId::new(), made.user)?
            .password
            .ok_or_else(AppError::stale)?,
    };
    let session = first_log_in(app, &staff.login, &first)?;
    Ok(Some(session.token))
}

fn responses(app: &App, duty: &Who, bureau: &Who, habits: Behaviour) -> Result<(), AppError> {
    let open = |code: &str, zh: &str, en: &str, disease: &str| {
        let input = ResponseInput {
            code: code.into(),
            title_zh: zh.into(),
            title_en: en.into(),
            disease: disease.into(),
            elsewhere: code == LISTS,
        };
        app.response_open(duty, command(habits, &format!("response|{code}")), &input)
    };
    let flu = open(
        FLU,
        "输入性人感染新亚型流感疫情处置",
        "Imported novel-subtype influenza",
        "novel-influenza",
    )?;
    let approval = ApprovalInput {
        kind: "managed_as_class_a".into(),
        organ: "state_council".into(),
        document_no: "国函〔2026〕99号（虚构，仅供演示）".into(),
        from_on: "2026-02-20".into(),
        until_on: String::new(),
    };
    let proposed = app.response_approve(duty, command(habits, "approval"), flu, &approval)?;
    let confirm = ConfirmInput {
        decision: "confirm".into(),
    };
    app.response_confirm(bureau, command(habits, "confirm"), proposed, &confirm)?;
    open(
        NORO,
        "实验小学诺如病毒聚集性疫情处置",
        "Norovirus in the Experimental Primary School",
        "norovirus",
    )?;
    open(
        LISTS,
        "新冠肺炎：外地病例名单",
        "COVID-19: lists of cases elsewhere",
        "covid-19",
    )?;
    Ok(())
}

/// The same file twice is one import.
fn list(app: &App, habits: Behaviour) -> Result<(), AppError> {
    let desk = &Who::cli();
    let mut file = ListFile {
        kind: "linelist".into(),
        file_name: "cases.csv".into(),
        source: "linelist-bets".into(),
        response: LISTS.into(),
        bytes: Arc::from(CASES),
        mapping: String::new(),
    };
    let proposed = app.import_preview(desk, &file)?.mapping;
    let mut lines: Vec<String> = proposed
        .lines()
        .filter(|line| !line.trim_start_matches(['#', ' ']).starts_with("year ="))
        .map(str::to_owned)
        .collect();
    lines.insert(1.min(lines.len()), format!("year = {CASES_YEAR}"));
    file.mapping = lines.join("\n");
    let (id, _) = app.import_start(desk, command(habits, "list"), &file)?;
    app.import_run(id, |_| true)
}
