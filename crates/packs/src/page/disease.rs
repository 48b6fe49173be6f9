//! The page of a disease.

use super::parts::{anchors, cites, condition, criteria, period, row, sources, value, values};
use super::{PackPage, PageEntry, PageLine};
use crate::compile::disease::{AdviceRule, Disease, Head, Pathway, Stage, Threshold, Timed};
use crate::compile::rules::{Anchor, Node};
use crate::compile::vocabulary::KindId;
use crate::library::Library;
use crate::schema::Covers;
use crate::text::Text;

/// The page of a disease.
pub fn disease(library: &Library, pack: &Disease) -> PackPage {
    let mut page = library.blank(&pack.id, "disease", &pack.title);
    let codes = format!("ICD-10 {}, ICD-11 {}", pack.icd10, pack.icd11);
    page.say(codes.clone(), codes);
    if !pack.also_called.is_empty() {
        let names = pack.also_called.join(", ");
        page.say(format!("又称：{names}"), format!("also called: {names}"));
    }
    if pack.sealed {
        page.say(
            "记录单独封存",
            "records are kept in a compartment of their own",
        );
    }
    for entry in &pack.management {
        let (from, managed, text) = (entry.from, entry.managed.text(), &entry.text);
        page.say(
            format!("自 {from} 起：{}（{}）", managed.zh, text.zh),
            format!("from {from}: {} ({})", managed.en, text.en),
        );
    }
    let of = Page { library, pack };
    page.section("editions", "方案版本", "Editions", of.editions());
    let classes = pack.classes.iter();
    let classes = classes.map(|(class, head)| of.rule(head, &class.text()));
    page.section("classes", "病例定义", "Case definitions", classes.collect());
    let contacts = pack.contacts.iter();
    let contacts = contacts.map(|(kind, head)| of.rule(head, &kind.text()));
    page.section(
        "contacts",
        "接触者定义",
        "Contact definitions",
        contacts.collect(),
    );
    let pathways = pack.pathways.iter().map(|rule| of.pathway(rule));
    page.section(
        "pathways",
        "措施日程",
        "Measures and their calendars",
        pathways.collect(),
    );
    let declines = pack.declines.iter().map(|(measure, head)| {
        let mut entry = of.rule(head, &Text::new("不采取", "not to be taken"));
        entry.lines.extend(of.measure(measure));
        entry
    });
    page.section(
        "declines",
        "方案不采取的措施",
        "Not provided for",
        declines.collect(),
    );
    let advice = pack.advice.iter().map(|rule| of.advice(rule));
    page.section("advice", "建议", "Advice", advice.collect());
    let reports = pack.reports.iter().map(|rule| of.timed(rule));
    page.section("reports", "报告时限", "Reports", reports.collect());
    let tasks = pack.tasks.iter().map(|rule| of.timed(rule));
    page.section("tasks", "任务", "Tasks", tasks.collect());
    let alerts = pack.alerts.iter().map(|rule| of.alert(rule));
    page.section("alerts", "预警", "Alerts", alerts.collect());
    let asked = criteria(library.vocabulary(), &pack.rules);
    page.section("criteria", "判定条件", "Criteria", asked);
    page.section(
        "values",
        "数值",
        "Values",
        values(&pack.rules, &pack.sources),
    );
    page.section("sources", "来源", "Sources", sources(&pack.sources));
    page
}

struct Page<'a> {
    library: &'a Library,
    pack: &'a Disease,
}

impl Page<'_> {
    fn editions(&self) -> Vec<PageEntry> {
        let mut all = Vec::new();
        for edition in &self.pack.editions {
            let mut entry = PageEntry::new(&edition.id, &edition.title);
            let (when, published) = (period(edition.from, edition.until), edition.published);
            entry.say(
                format!("{}，{published} 发布", when.zh),
                format!("{}, published {published}", when.en),
            );
            match edition.covers {
                Covers::Full => {}
                Covers::Partial => entry.say("部分收录", "carried in part"),
                Covers::None => entry.say("未收录", "not carried"),
            }
            if let Some(gap) = &edition.not_covered {
                entry.say(&gap.zh, &gap.en);
            }
            all.push(entry);
        }
        all
    }

    /// What every rule has: what it gives, when it holds, for whom, and where it comes from.
    fn rule(&self, head: &Head, gives: &Text) -> PageEntry {
        let id = head.id.split_once('/').map_or("", |(_, id)| id);
        let mut entry = PageEntry::new(id, &head.text);
        if !gives.en.is_empty() {
            entry.say(&gives.zh, &gives.en);
        }
        let editions = self.pack.editions.iter().enumerate();
        let editions = editions.filter(|(index, _)| head.editions & (1_u64 << index.min(&63)) != 0);
        let names = row(editions.map(|(_, edition)| edition.title.clone()));
        entry.say(
            format!("版本：{}", names.zh),
            format!("editions: {}", names.en),
        );
        if head.days.0 > fangxian_base::Date::MIN || head.days.1 < fangxian_base::Date::MAX {
            let when = period(head.days.0, head.days.1);
            entry.say(format!("期间：{}", when.zh), format!("only {}", when.en));
        }
        if !matches!(&head.node, Node::Any(parts) if parts.is_empty()) {
            entry.say("条件", "when");
            condition(&self.pack.rules, &head.node, 1, &mut entry.lines);
        }
        entry.lines.push(cites(&head.cites, &self.pack.sources));
        entry
    }

    /// The measure in every law that knows it: article, organs, managements.
    fn measure(&self, number: &str) -> Vec<PageLine> {
        let mut lines = vec![PageLine::new(Text::new(
            format!("措施编号 {number}"),
            format!("measure {number}"),
        ))];
        for law in &self.library.laws {
            for measure in law.measures.iter().filter(|m| m.id.value == number) {
                let (when, article) = (period(law.from, law.until), &measure.article);
                let organs = row(measure.organs.iter().map(|organ| organ.text()));
                let managed = row(measure.managed.iter().map(|managed| managed.text()));
                let zh = format!(
                    "{}{}（{}）：{}；由{}决定；适用：{}",
                    law.title.zh, article.zh, when.zh, measure.name.zh, organs.zh, managed.zh
                );
                let en = format!(
                    "{}, {} ({}): {}; decided by {}; for diseases {}",
                    law.title.en, article.en, when.en, measure.name.en, organs.en, managed.en
                );
                let text = Text::new(zh, en);
                lines.push(PageLine { depth: 1, text });
            }
        }
        lines
    }

    fn value(&self, id: crate::compile::rules::ValueId) -> Text {
        value(&self.pack.rules, id)
    }

    fn counted_from(&self, latest: &[Anchor], others: &[Anchor]) -> Text {
        let (vocabulary, rules) = (self.library.vocabulary(), &self.pack.rules);
        // Outside a criterion no anchor is an attribute of the fact itself.
        let words = |all| anchors(vocabulary, rules, KindId(u16::MAX), all);
        row([words(latest), words(others)]
            .into_iter()
            .filter(|text| !text.en.is_empty()))
    }

    fn pathway(&self, rule: &Pathway) -> PageEntry {
        let mut entry = self.rule(&rule.head, &Text::default());
        entry.lines.extend(self.measure(&rule.measure));
        let from = self.counted_from(&rule.anchor_latest, &rule.anchor);
        let day = self.value(rule.anchor_is_day);
        entry.say(
            format!("自{}起算；{}", from.zh, day.zh),
            format!("counted from {}; {}", from.en, day.en),
        );
        for stage in &rule.stages {
            self.stage(stage, &mut entry);
        }
        if let Some(id) = rule.review_every {
            let days = self.value(id);
            entry.say(
                format!("复核间隔：{}", days.zh),
                format!("reviewed every {}", days.en),
            );
        }
        if !rule.release.is_empty() {
            entry.say("解除条件", "released when");
            for node in &rule.release {
                condition(&self.pack.rules, node, 1, &mut entry.lines);
            }
        }
        if let Some(days) = rule.least_days.map(|id| self.value(id)) {
            entry.say(
                format!("至少：{}", days.zh),
                format!("not before {}", days.en),
            );
        }
        if let Some((met, samples)) = rule.last_test {
            let (samples, rules) = (self.value(samples), &self.pack.rules);
            let met = rules
                .criteria
                .get(met.0)
                .map_or_else(Text::default, |c| c.text.clone());
            entry.say(
                format!("末次采样：{}，{}", met.zh, samples.zh),
                format!("the last sample: {}, {}", met.en, samples.en),
            );
        }
        entry
    }

    fn stage(&self, stage: &Stage, entry: &mut PageEntry) {
        let place = stage.place.text();
        let days = stage
            .days
            .map_or_else(|| Text::new("至解除", "until release"), |id| self.value(id));
        entry.say(
            format!("{}（{}）：{}", stage.text.zh, place.zh, days.zh),
            format!("{} ({}): {}", stage.text.en, place.en, days.en),
        );
        let mut below = Vec::new();
        if let Some(tests) = stage.tests.map(|id| self.value(id)) {
            below.push(Text::new(
                format!("采样：{}", tests.zh),
                format!("samples: {}", tests.en),
            ));
        }
        if stage.health_check {
            below.push(Text::new("每日询问健康状况", "health is asked every day"));
        }
        entry
            .lines
            .extend(below.into_iter().map(|text| PageLine { depth: 1, text }));
    }

    fn advice(&self, rule: &AdviceRule) -> PageEntry {
        let mut entry = self.rule(&rule.head, &Text::default());
        let from = self.counted_from(&rule.anchor_latest, &rule.anchor);
        if !from.en.is_empty() {
            entry.say(
                format!("自{}起算", from.zh),
                format!("counted from {}", from.en),
            );
        }
        let spans = [
            ("推后", "begins after", rule.after),
            ("期限", "lasts", rule.lasts),
            ("采样", "samples", rule.tests),
        ];
        for (zh, en, id) in spans {
            if let Some(span) = id.map(|id| self.value(id)) {
                entry.say(format!("{zh}：{}", span.zh), format!("{en} {}", span.en));
            }
        }
        entry
    }

    fn timed(&self, rule: &Timed) -> PageEntry {
        let mut entry = self.rule(&rule.head, &Text::default());
        let within = rule.within.map_or_else(
            || Text::new("按城市规则包时限", "the city's deadline"),
            |id| self.value(id),
        );
        entry.say(
            format!("时限：{}", within.zh),
            format!("within {}", within.en),
        );
        entry
    }

    fn alert(&self, rule: &Threshold) -> PageEntry {
        let mut entry = self.rule(&rule.head, &Text::default());
        let (cases, days) = (self.value(rule.cases), self.value(rule.days));
        entry.say(
            format!("{}；{}", cases.zh, days.zh),
            format!("{}; {}", cases.en, days.en),
        );
        if let Some((_, besides)) = rule.besides {
            let besides = self.value(besides);
            entry.say(
                format!("并有：{}", besides.zh),
                format!("besides {}", besides.en),
            );
        }
        if let Some(within) = rule.within.map(|id| self.value(id)) {
            entry.say(
                format!("报告时限：{}", within.zh),
                format!("reported within {}", within.en),
            );
        }
        entry
    }
}
