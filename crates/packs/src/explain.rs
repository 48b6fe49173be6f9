//! An answer as text, for the command line and for a person who asks why.

use std::fmt::Write;

use crate::assessment::{Answer, Assessment, ContactKind, StepKind};
use crate::text::Text;

/// Writes an assessment out: outcome, reasons with facts and values, what is due, what is refused
/// and what is missing.
pub fn explain(is: &Assessment, language: &str) -> String {
    let english = language.starts_with("en");
    let say = |zh: &'static str, en: &'static str| if english { en } else { zh };
    let text = |text: &Text| text.in_language(language).to_owned();
    let mut out = String::new();
    let answer = |answer: Answer| text(&answer.text());
    let class = is
        .class
        .map_or_else(|| answer(is.case), |c| text(&c.text()));
    let contact = is
        .contact_kind
        .map_or_else(|| answer(is.contact), |k: ContactKind| text(&k.text()));
    let mut line = |head: &str, rest: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{head}{rest}");
    };
    line(
        &format!("{} {}: ", is.disease, is.on),
        &text(&is.managed.text()),
    );
    line(say("病例：", "case: "), &class);
    line(say("接触者：", "contact: "), &contact);
    for pack in &is.packs {
        line(
            say("规则包：", "pack: "),
            &format!("{} {} ({})", pack.pack, text(&pack.text), pack.from),
        );
    }
    for notice in &is.notices {
        line(say("注意：", "note: "), &text(notice));
    }
    for category in &is.categories {
        line(say("分类：", "category: "), &text(&category.text));
    }
    for reason in &is.reasons {
        line(
            say("依据：", "because: "),
            &format!("{} [{}]", text(&reason.text), reason.rule),
        );
        for criterion in &reason.because {
            line("    ", &text(criterion));
        }
        if !reason.facts.is_empty() {
            line(say("    事实 ", "    facts "), &reason.facts.join(", "));
        }
        for value in &reason.values {
            let (title, label) = (text(&value.title), text(&value.label.text()));
            let cites = value.cites.join(", ");
            let rest = format!(
                "{title} = {} {} ({}, {label}, {cites})",
                value.value, value.unit, value.from
            );
            line("    ", &rest);
            if let Some(layer) = &value.layer {
                let rest = format!(
                    "{} ({}): {}, {}",
                    text(&layer.text),
                    layer.region,
                    text(&layer.direction.text()),
                    text(&layer.allowed_by)
                );
                line("        ", &rest);
            }
        }
    }
    for due in &is.measures_due {
        let end = due
            .end
            .or(due.review_on)
            .map_or_else(String::new, |day| day.to_string());
        let rest = format!(
            "{} {} {}–{end}, {}{}",
            due.measure,
            text(&due.name),
            due.start,
            text(&due.law),
            text(&due.article)
        );
        line(say("待决定的措施：", "measure to be decided: "), &rest);
        for stage in &due.stages {
            let tests: Vec<String> = stage
                .steps
                .iter()
                .filter(|step| step.kind == StepKind::Test)
                .map(|step| step.on.to_string())
                .collect();
            let end = stage.end.map_or_else(String::new, |day| day.to_string());
            let tests = tests.join(", ");
            line(
                "    ",
                &format!("{} {}–{end} {tests}", text(&stage.text), stage.start),
            );
        }
        line(say("    救济：", "    remedy: "), &text(&due.remedy));
    }
    for refusal in &is.refused {
        let rest = format!(
            "{} {}: {} {}",
            refusal.measure,
            text(&refusal.name),
            text(&refusal.why),
            text(&refusal.article)
        );
        line(say("不予提出：", "refused: "), &rest);
        line(say("    需要：", "    needed: "), &text(&refusal.needed));
    }
    for advice in &is.advice {
        line(say("建议：", "advice: "), &text(&advice.text));
    }
    for report in &is.reports_due {
        let rest = format!(
            "{} ({} h, {})",
            text(&report.text),
            report.within_hours,
            text(&report.basis)
        );
        line(say("法定报告：", "report: "), &rest);
    }
    for task in &is.tasks_due {
        let hours = task
            .within_hours
            .map_or_else(String::new, |hours| format!(" ({hours} h)"));
        line(
            say("任务：", "task: "),
            &format!("{}{hours}", text(&task.text)),
        );
    }
    for missing in is.missing.iter().filter(|missing| missing.near) {
        let rest = format!("{} ({})", text(&missing.text), missing.kind);
        line(say("还需了解：", "would help to know: "), &rest);
    }
    if let Some(day) = is.next_change_on {
        line(
            say("下次可能变化：", "can change next on: "),
            &day.to_string(),
        );
    }
    out
}
