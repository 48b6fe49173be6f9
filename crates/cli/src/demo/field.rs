//! Those outside: leads of townships and communities hand work down and close it; grid workers
//! receive it, go there and feed back.

use fangxian_app::Who;
use fangxian_app::tasks::{
    CloseInput, FeedbackInput, HandDownInput, HelpInput, MyTask, ReturnInput, TaskRow, TasksFilter,
    TimeInput,
};
use fangxian_base::CommandId;
use fangxian_sim::Found;

use super::play::Player;

impl Player {
    /// Everybody in the field who looks up now.
    pub(super) fn fields(&mut self) {
        let staff: Vec<(String, Option<String>)> = self
            .world
            .staff
            .iter()
            .filter(|one| one.is("lead") || one.is("grid"))
            .map(|one| {
                let leads = one.grants.iter().find(|(role, _)| role == "lead");
                (one.login.clone(), leads.map(|(_, area)| area.clone()))
            })
            .collect();
        for (login, leads) in staff {
            match leads {
                Some(area) if self.looks_up(&login, 75, 7..22) => {
                    let who = self.who(&login);
                    self.lead(&who, &area);
                }
                None if self.looks_up(&login, 60, 8..21) => {
                    let who = self.who(&login);
                    self.grid(&who);
                }
                Some(_) | None => {}
            }
        }
    }

    fn lead(&mut self, who: &Who, area: &str) {
        let app = self.app();
        // Counts name nobody; lists are opened only when there is something in them.
        let Some(figures) = self.tried("figures", app.figures(who, area)) else {
            return;
        };
        if figures.area.open > 0 {
            for row in self.held(who, "open") {
                if self.code_of(row.holder_id) == area {
                    self.hand_down(who, area, &row);
                }
            }
        }
        if figures.area.to_close > 0 {
            for row in self.held(who, "done") {
                // Communities close their own; townships what nobody closed for long.
                let low = if area.len() > 9 { 90 } else { 900 };
                let key = format!("close|{}|{}", row.name, row.created_at);
                if self.got_round(&key, row.created_at, low, low + 500) {
                    self.close(who, &key, &row);
                }
            }
        }
        if figures.area.raised > 0 {
            let filter = TasksFilter {
                raised_to_me: true,
                ..TasksFilter::default()
            };
            let Some(page) = self.tried("raised", app.tasks(who, &filter)) else {
                return;
            };
            for row in page.rows {
                let key = format!("time|{}|{}", row.name, row.created_at);
                if area.len() == 9 && self.got_round(&key, row.due_at, 240, 900) {
                    let input = TimeInput {
                        version: row.version,
                        hours: 12,
                        note: "已安排人员协助".into(),
                    };
                    let granted = app.task_grant_time(who, CommandId::new(), row.id, &input);
                    self.tried("time_granted", granted);
                }
            }
        }
    }

    fn held(&mut self, who: &Who, state: &str) -> Vec<TaskRow> {
        let app = self.app();
        let filter = TasksFilter {
            states: vec![state.into()],
            ..TasksFilter::default()
        };
        self.tried("tasks", app.tasks(who, &filter))
            .map(|page| page.rows)
            .unwrap_or_default()
    }

    fn hand_down(&mut self, who: &Who, area: &str, row: &TaskRow) {
        let key = format!("down|{}|{}|{}", row.name, row.created_at, row.version);
        let below = self.below(area);
        let at = usize::try_from(self.habits.below(&key, below.len() as u64)).unwrap_or(0);
        let Some(to) = below.get(at) else { return };
        let input = HandDownInput {
            version: row.version,
            area_code: to.clone(),
            ..HandDownInput::default()
        };
        let app = self.app();
        self.tried(
            "hand_down",
            app.task_hand_down(who, CommandId::new(), row.id, &input),
        );
    }

    fn close(&mut self, who: &Who, key: &str, row: &TaskRow) {
        let again = row.result.as_deref() == Some("not_found") && self.habits.percent(key, 40);
        let input = CloseInput {
            version: row.version,
            reopen: again && row.version < 6,
            note: if again {
                "请晚间再去一次".into()
            } else {
                String::new()
            },
        };
        let app = self.app();
        let what = if input.reopen { "reopen" } else { "close" };
        self.tried(what, app.task_close(who, CommandId::new(), row.id, &input));
    }

    fn grid(&mut self, who: &Who) {
        let app = self.app();
        if app.my_task_count(who).unwrap_or_default() == 0 {
            return;
        }
        let Some(mine) = self.tried("my_tasks", app.my_tasks(who)) else {
            return;
        };
        for task in mine.tasks.iter().filter(|task| task.today) {
            let row = &task.row;
            let key = format!(
                "{}|{}|{}|{}",
                row.kind, row.name, row.created_at, row.holder_id
            );
            if task.receipt_asked {
                if self.got_round(&key, row.created_at, 5, 60) {
                    let received = app.task_receive(who, CommandId::new(), row.id, row.version);
                    self.tried("receive", received);
                }
            } else if self.got_round(&key, row.created_at, 45, 300) {
                self.go_there(who, &key, task);
            }
        }
    }

    fn go_there(&mut self, who: &Who, key: &str, task: &MyTask) {
        let (app, row) = (self.app(), &task.row);
        let found = match row.kind.as_str() {
            "serve_notice" => return self.feed_back(who, row, "served"),
            "sample" => return self.feed_back(who, row, "sampled"),
            "ask_facts" | "investigate" => return self.feed_back(who, row, "answered"),
            _ => self.habits.found(key),
        };
        match found {
            Found::Well => self.feed_back(who, row, "well"),
            Found::Symptoms => self.feed_back(who, row, "symptoms"),
            Found::MovedAway => self.feed_back(who, row, "moved_away"),
            Found::WrongAddress if row.version < 5 => {
                let input = ReturnInput {
                    version: row.version,
                    reason: "wrong_address".into(),
                    note: "该地址无此人".into(),
                };
                let returned = app.task_return(who, CommandId::new(), row.id, &input);
                self.tried("return", returned);
            }
            Found::NotFound | Found::WrongAddress => self.feed_back(who, row, "not_found"),
            // Time was granted after others had been asked: now somebody goes there.
            Found::Undone if row.climbs > 1 && row.raised.is_none() => {
                self.feed_back(who, row, "well");
            }
            Found::Undone if row.asked.is_none() && self.habits.percent(key, 40) => {
                let input = HelpInput {
                    version: row.version,
                    asks: "help".into(),
                    note: "人手不足，请求协助".into(),
                };
                self.tried(
                    "help",
                    app.task_ask_help(who, CommandId::new(), row.id, &input),
                );
            }
            Found::Undone => {}
        }
    }

    fn feed_back(&mut self, who: &Who, row: &TaskRow, result: &str) {
        let app = self.app();
        let mut input = FeedbackInput {
            version: row.version,
            result: result.into(),
            ..FeedbackInput::default()
        };
        match result {
            "symptoms" => {
                input.symptoms = vec!["fever".into(), "cough".into()];
                input.temperature = "38.2".into();
                input.onset_on = app.today().to_string();
            }
            "well" => input.temperature = "36.6".into(),
            _ => {}
        }
        let fed = app.task_feed_back(who, CommandId::new(), row.id, &input);
        if let Some(fed) = self.tried(&format!("fed_back={result}"), fed) {
            self.add("closed_by_itself", usize::from(fed.closed));
            self.add("reviews_from_feedback", fed.reviews.len());
        }
    }
}
