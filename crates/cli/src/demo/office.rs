//! Those at desks: the first look, the second, decisions of organs, statutory reports.

use fangxian_app::clocks::{ClocksFilter, SentInput};
use fangxian_app::intake::InboxFilter;
use fangxian_app::measures::{DecideInput, MeasuresFilter};
use fangxian_app::reviews::{FirstLookInput, ReviewView, ReviewsFilter, SecondLookInput};
use fangxian_app::tasks::{CloseInput, FeedbackInput, HandDownInput, TasksFilter};
use fangxian_app::{App, AppError, Who};
use fangxian_base::CommandId;

use super::play::Player;

impl Player {
    /// Everybody at a desk who looks up now.
    pub(super) fn offices(&mut self) {
        for desk in ["desk1", "desk2"] {
            if self.looks_up(desk, 30, 7..23) || self.looks_up(desk, 120, 0..24) {
                let who = self.who(desk);
                self.first_looks(&who);
                self.inbox(&who);
                self.desk_tasks(&who);
            }
        }
        if self.looks_up("pairs", 180, 8..20) {
            let who = self.who("desk2");
            self.pairs(&who);
        }
        for assessor in ["cdc1", "cdc2"] {
            if self.looks_up(assessor, 30, 7..23) || self.looks_up(assessor, 120, 0..24) {
                let who = self.who(assessor);
                self.second_looks(&who);
                self.investigations(&who);
            }
        }
        for organ in ["organ2", "organ1"] {
            if self.looks_up(organ, 60, 7..22) {
                let who = self.who(organ);
                self.decisions(&who, organ);
            }
        }
        if self.looks_up("duty1", 20, 0..24) {
            let who = self.who("duty1");
            self.reports(&who);
        }
    }

    fn first_looks(&mut self, who: &Who) {
        let app = self.app();
        let filter = ReviewsFilter {
            states: vec!["first_look".into()],
            ..ReviewsFilter::default()
        };
        let Some(page) = self.tried("reviews", app.reviews(who, &filter)) else {
            return;
        };
        for row in page.rows {
            let key = format!("first|{}|{}|{}", row.name, row.opened_at, row.version);
            if !self.got_round(&key, row.opened_at, 10, 110) {
                continue;
            }
            let Some(view) = self.tried("review_read", app.review_read(who, row.id)) else {
                continue;
            };
            if !view.may_first {
                continue;
            }
            let input = self.first_look(&key, &view);
            let what = format!("first_look={}", input.outcome);
            let looked = app.review_first_look(who, CommandId::new(), row.id, &input);
            self.tried(&what, looked);
        }
    }

    /// What somebody at the desk makes of a proposal.
    fn first_look(&self, key: &str, view: &ReviewView) -> FirstLookInput {
        let version = view.row.version;
        let area_code = match view.row.area {
            Some(_) => String::new(),
            None => self.place_of(&view.identity.address, key),
        };
        let look = |outcome: &str, reason: &str| FirstLookInput {
            version,
            outcome: outcome.into(),
            reason: reason.into(),
            area_code: area_code.clone(),
            ..FirstLookInput::default()
        };
        let proposes = view.proposal.as_ref().is_some_and(|proposal| {
            proposal.measures.iter().any(|measure| measure.is_new)
                || proposal.tasks.iter().any(|task| task.is_new)
        });
        let call = |kind: &str| FirstLookInput {
            add: vec![kind.to_owned()],
            ..look("amend", "")
        };
        match self.habits.below(key, 100) {
            _ if proposes && area_code.is_empty() => look("confirm", ""),
            _ if proposes => look("amend", ""),
            0..46 => call("phone_check"),
            46..74 => call("door_visit"),
            74..82 if view.row.state == "first_look" && version < 3 => {
                look("ask", "请补问最近十天是否接触过禽类、有无同住人发热")
            }
            _ => look(
                "no_follow_up",
                "一般感冒症状，无流行病学史，已告知就医和休息",
            ),
        }
    }

    /// The community that an address names; otherwise one that somebody guesses.
    fn place_of(&self, address: &str, key: &str) -> String {
        let communities: Vec<_> = self
            .world
            .areas
            .iter()
            .filter(|a| a.code.len() == 12)
            .collect();
        let named = communities.iter().find(|a| address.starts_with(&a.name_zh));
        let guess = || {
            let at = self.habits.below(key, communities.len() as u64);
            communities.get(usize::try_from(at).unwrap_or(0))
        };
        named
            .or_else(guess)
            .map(|area| area.code.clone())
            .unwrap_or_default()
    }

    fn inbox(&mut self, who: &Who) {
        let app = self.app();
        let filter = InboxFilter {
            state: "new".into(),
            ..InboxFilter::default()
        };
        let Some(page) = self.tried("inbox", app.inbox(who, &filter)) else {
            return;
        };
        for row in page.rows {
            let key = format!("inbox|{}|{}", row.name, row.received_at);
            if !self.got_round(&key, row.received_at, 20, 230) {
                continue;
            }
            let Some(view) = self.tried("record_read", app.record(who, row.id)) else {
                continue;
            };
            let reason = if row.channel == "staff_form" {
                "暂不符合病例定义，校医已告知居家休息和消毒，出现加重再报"
            } else {
                "症状轻微，无流行病学史，电话告知居家休息、必要时就医"
            };
            let aside = app.record_set_aside(who, CommandId::new(), row.id, view.version, reason);
            self.tried("set_aside", aside);
        }
    }

    fn pairs(&mut self, who: &Who) {
        let app = self.app();
        let Some(pairs) = self.tried("pairs", app.pairs(who, None)) else {
            return;
        };
        for pair in pairs.rows {
            let same = pair.a.name == pair.b.name && pair.a.address == pair.b.address;
            self.tried(
                "pair",
                app.pair_decide(who, CommandId::new(), pair.id, same),
            );
        }
    }

    /// Work that stays with the district: investigations go to the CDC; what was fed back is closed.
    fn desk_tasks(&mut self, who: &Who) {
        let app = self.app();
        for state in ["open", "done"] {
            let filter = TasksFilter {
                states: vec![state.into()],
                ..TasksFilter::default()
            };
            let Some(page) = self.tried("tasks", app.tasks(who, &filter)) else {
                return;
            };
            for row in page.rows {
                let at_the_top = self.code_of(row.holder_id).len() == 6;
                let key = format!("desk|{state}|{}|{}", row.name, row.created_at);
                if !at_the_top || !self.got_round(&key, row.created_at, 10, 60) {
                    continue;
                }
                if state == "done" {
                    let input = CloseInput {
                        version: row.version,
                        ..CloseInput::default()
                    };
                    self.tried(
                        "close",
                        app.task_close(who, CommandId::new(), row.id, &input),
                    );
                } else if row.assignee.is_none() {
                    let login = if self.habits.percent(&key, 50) {
                        "cdc1"
                    } else {
                        "cdc2"
                    };
                    let input = HandDownInput {
                        version: row.version,
                        login: login.into(),
                        ..HandDownInput::default()
                    };
                    let assigned = app.task_hand_down(who, CommandId::new(), row.id, &input);
                    self.tried("assign", assigned);
                }
            }
        }
    }

    fn second_looks(&mut self, who: &Who) {
        let app = self.app();
        let filter = ReviewsFilter {
            states: vec!["second_look".into()],
            ..ReviewsFilter::default()
        };
        let Some(page) = self.tried("reviews", app.reviews(who, &filter)) else {
            return;
        };
        for row in page.rows {
            let key = format!("second|{}|{}|{}", row.name, row.opened_at, row.version);
            // What is only a fever gives somebody a visit: not one in the evening.
            let routine = row.category.as_deref() == Some("fever");
            let may_wait = routine && !(8..17).contains(&self.hour());
            if may_wait || !self.got_round(&key, row.opened_at, 30, 180) {
                continue;
            }
            let Some(view) = self.tried("review_read", app.review_read(who, row.id)) else {
                continue;
            };
            if !view.may_second {
                continue;
            }
            let back = row.version < 4 && self.habits.percent(&key, 5);
            let input = SecondLookInput {
                version: view.row.version,
                outcome: if back { "return" } else { "confirm" }.into(),
                reason: if back {
                    "请核对住址后再报".into()
                } else {
                    String::new()
                },
                ..SecondLookInput::default()
            };
            let what = format!("second_look={}", input.outcome);
            let looked = app.review_second_look(who, CommandId::new(), row.id, &input);
            if let Some(confirmed) = self.tried(&what, looked) {
                self.add("measures_proposed", confirmed.measures.len());
                self.add("tasks_given", confirmed.tasks.len());
            }
        }
    }

    /// Case investigations of the CDC institution.
    fn investigations(&mut self, who: &Who) {
        let app = self.app();
        if app.my_task_count(who).unwrap_or_default() == 0 {
            return;
        }
        let Some(mine) = self.tried("my_tasks", app.my_tasks(who)) else {
            return;
        };
        for task in mine.tasks {
            let row = task.row;
            let key = format!("investigate|{}|{}", row.name, row.created_at);
            if !self.got_round(&key, row.created_at, 150, 700) {
                continue;
            }
            let input = FeedbackInput {
                version: row.version,
                result: "answered".into(),
                note: "已完成个案调查，密切接触者已登记。".into(),
                ..FeedbackInput::default()
            };
            let fed = app.task_feed_back(who, CommandId::new(), row.id, &input);
            self.tried("investigated", fed);
        }
    }

    fn decisions(&mut self, who: &Who, organ: &str) {
        let app = self.app();
        let filter = MeasuresFilter {
            states: vec!["proposed".into()],
            ..MeasuresFilter::default()
        };
        let Some(page) = self.tried("measures", app.measures(who, &filter)) else {
            return;
        };
        for row in page.rows {
            let key = format!("decide|{}|{}", row.name, row.proposed_at);
            // Hospitals isolate the ill; contacts are the CDC institution's.
            let ours = (row.kind == "M03") == (organ == "organ1");
            if !ours || !self.got_round(&key, row.proposed_at, 15, 90) {
                continue;
            }
            let decided = decide(&app, who, &row, self.habits.below(&key, 900) + 100);
            self.tried("decide", decided);
        }
    }

    fn reports(&mut self, who: &Who) {
        let app = self.app();
        let Some(page) = self.tried("clocks", app.clocks(who, &ClocksFilter::default())) else {
            return;
        };
        for row in page.rows {
            let key = format!("report|{}|{}|{}", row.name, row.disease, row.started_at);
            // Most are sent well within two hours, a few are late.
            if !self.got_round(&key, row.started_at, 10, 160) {
                continue;
            }
            let number = self.habits.below(&key, 900_000) + 100_000;
            let input = SentInput {
                version: row.version,
                reference: format!("NR-2026-{number}"),
            };
            self.tried(
                "report",
                app.clock_mark_sent(who, CommandId::new(), row.id, &input),
            );
        }
    }
}

fn decide(
    app: &App,
    who: &Who,
    row: &fangxian_app::measures::MeasureRow,
    number: u64,
) -> Result<(), AppError> {
    let view = app.measure_read(who, row.id)?;
    let input = DecideInput {
        version: view.row.version,
        outcome: "decide".into(),
        document_no: format!("示疾控隔〔2026〕{number}号"),
        ends_on: view.row.ends_on.to_string(),
        ..DecideInput::default()
    };
    app.measure_decide(who, CommandId::new(), row.id, &input)?;
    Ok(())
}
