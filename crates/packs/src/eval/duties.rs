//! Advice, statutory reports and work: what follows from an assessment without restricting anybody.

use fangxian_base::{Date, plus_days};

use super::assess::Work;
use crate::assessment::{Advice, Answer, CaseClass, Reason, ReportDue, TaskDue};
use crate::compile::disease::AdviceRule;
use crate::compile::rules::Rules;
use crate::schema::Reported;
use crate::text::Text;

impl Work<'_> {
    pub(super) fn advice(&mut self) {
        let disease = self.disease;
        for advice in disease.advice.iter().filter(|advice| advice.by_itself) {
            let applies = advice.head.applies(self.edition, self.on());
            if applies && self.deciding.answer(&advice.head.node) == Answer::Yes {
                self.advise(advice);
            }
        }
    }

    pub(super) fn advise(&mut self, advice: &AdviceRule) {
        let on = self.on();
        let lasts = advice
            .lasts
            .and_then(|id| self.disease.rules.values.get(id.0));
        let values_on = self.deciding.scope.values_on;
        let after = advice
            .after
            .and_then(|id| self.disease.rules.values.get(id.0))
            .and_then(|series| series.days(values_on))
            .unwrap_or(0);
        let rules = &self.disease.rules;
        let anchor = self
            .deciding
            .scope
            .latest(rules, &advice.anchor_latest, &advice.anchor)
            .map(|anchor| plus_days(anchor, after));
        if advice.after.is_some()
            && let Some(begins) = anchor
        {
            self.deciding.scope.may_change(plus_days(begins, 1));
            if begins >= on {
                return;
            }
        }
        let until = match (anchor, lasts.and_then(|series| series.days(values_on))) {
            (Some(anchor), Some(days)) => Some(plus_days(anchor, days)),
            _ => None,
        };
        let sampled = advice
            .tests
            .and_then(|id| self.disease.rules.values.get(id.0))
            .map_or(&[][..], |series| series.list(values_on));
        let tests = anchor.map_or_else(Vec::new, |anchor| {
            sampled.iter().map(|day| plus_days(anchor, *day)).collect()
        });
        if until.is_some_and(|until| until < on) {
            return;
        }
        let text = filled(&advice.head.text, &self.disease.rules, values_on);
        if self.explains {
            let mut reason = self.deciding.reason(&advice.head);
            let read = [advice.lasts, advice.after, advice.tests];
            for id in read.into_iter().flatten().filter(|_| until.is_some()) {
                self.deciding.value(id, &mut reason.values);
            }
            reason.text = text.clone();
            self.out.reasons.push(reason);
        }
        self.out.advice.push(Advice {
            rule: advice.head.id.clone(),
            text,
            until,
            tests,
            hours: lasts
                .filter(|series| series.unit == "hours")
                .and_then(|s| s.whole(values_on)),
        });
    }

    pub(super) fn reports(&mut self) {
        let disease = self.disease;
        let mut due: Vec<(ReportDue, Reason)> = Vec::new();
        for report in &disease.reports {
            let applies = report.head.applies(self.edition, self.on());
            if !applies || self.deciding.answer(&report.head.node) != Answer::Yes {
                continue;
            }
            let series = report.within.and_then(|id| disease.rules.values.get(id.0));
            let hours = series.and_then(|series| series.whole(self.deciding.scope.values_on));
            let Some(within_hours) = hours else { continue };
            let mut reason = self.deciding.reason(&report.head);
            report
                .within
                .iter()
                .for_each(|id| self.deciding.value(*id, &mut reason.values));
            let source = report
                .head
                .cites
                .first()
                .and_then(|key| disease.sources.get(key));
            let basis = source.map(|s| Text::new(&s.zh, &s.en)).unwrap_or_default();
            let text = report.head.text.clone();
            due.push((
                ReportDue {
                    rule: report.head.id.clone(),
                    text,
                    within_hours,
                    basis,
                },
                reason,
            ));
        }
        if self
            .out
            .class
            .is_some_and(|class| class != CaseClass::Excluded)
        {
            self.statutory(&mut due);
        }
        // One case, one statutory report: the shorter clock holds, the plan's own before the law's.
        due.sort_by_key(|(report, _)| report.within_hours);
        if let Some((report, reason)) = due.into_iter().next() {
            self.out.reports_due.push(report);
            self.out.reasons.extend(self.explains.then_some(reason));
        }
    }

    fn statutory(&self, due: &mut Vec<(ReportDue, Reason)>) {
        let (managed, class) = (self.out.managed, self.out.class);
        for law in self.library.law_packs() {
            if law.holds(self.input.on, self.input.as_of) {
                due.extend(law.reports(Reported::Case, managed, class, self.input.on));
            }
        }
    }

    pub(super) fn tasks(&mut self) {
        let disease = self.disease;
        for task in &disease.tasks {
            let applies = task.head.applies(self.edition, self.on());
            if !applies || self.deciding.answer(&task.head.node) != Answer::Yes {
                continue;
            }
            if self.explains {
                let mut reason = self.deciding.reason(&task.head);
                if let Some(id) = task.within {
                    self.deciding.value(id, &mut reason.values);
                }
                self.out.reasons.push(reason);
            }
            let series = task.within.and_then(|id| disease.rules.values.get(id.0));
            let own = series.and_then(|series| series.whole(self.deciding.scope.values_on));
            let deadlines = self.city.map_or(&[][..], |city| &city.deadlines);
            let mut here = deadlines.iter().filter(|d| d.task == task.task).peekable();
            let mut push = |within_hours, level| {
                self.out.tasks_due.push(TaskDue {
                    rule: task.head.id.clone(),
                    kind: task.task.clone(),
                    text: task.head.text.clone(),
                    on: self.input.on,
                    within_hours,
                    level,
                });
            };
            if here.peek().is_none() {
                push(own, None);
            }
            for deadline in here {
                let series = self
                    .city
                    .and_then(|city| city.rules.values.get(deadline.within.0));
                let hours = series.and_then(|series| series.whole(self.input.on));
                let shorter = [own, hours].into_iter().flatten().min();
                push(shorter, Some(deadline.level.clone()));
                if self.explains
                    && let Some(used) = series.and_then(|series| series.used(self.input.on))
                {
                    self.out.reasons.push(Reason {
                        rule: deadline.rule.clone(),
                        text: used.title.clone(),
                        because: Vec::new(),
                        facts: Vec::new(),
                        values: vec![used],
                        cites: Vec::new(),
                    });
                }
            }
        }
    }
}

/// Puts values into a text.
fn filled(text: &Text, rules: &Rules, on: Date) -> Text {
    if !text.zh.contains('{') && !text.en.contains('{') {
        return text.clone();
    }
    let (mut zh, mut en) = (text.zh.clone(), text.en.clone());
    for series in &rules.values {
        let mark = format!("{{{}}}", series.name);
        if zh.contains(&mark) || en.contains(&mark) {
            let value = series
                .used(on)
                .map(|used| used.value.to_string())
                .unwrap_or_default();
            zh = zh.replace(&mark, &value);
            en = en.replace(&mark, &value);
        }
    }
    Text::new(zh, en)
}
