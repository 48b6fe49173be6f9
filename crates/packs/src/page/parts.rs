//! What pages of all kinds share: periods, sources, values, criteria, conditions in words.

use std::collections::BTreeMap;

use fangxian_base::Date;

use super::{PageEntry, PageLine};
use crate::compile::rules::{Anchor, Attr, Criterion, FactTest, Match, Node, Rules, Test, ValueId};
use crate::compile::vocabulary::{KindId, Vocabulary};
use crate::fact::Value;
use crate::schema::SourceDoc;
use crate::text::Text;

/// A period; open ends are left open.
pub fn period(from: Date, until: Date) -> Text {
    match (from > Date::MIN, until < Date::MAX) {
        (true, true) => Text::new(format!("{from} 至 {until}"), format!("{from} to {until}")),
        (true, false) => Text::new(format!("自 {from} 起"), format!("from {from}")),
        (false, true) => Text::new(format!("至 {until} 止"), format!("until {until}")),
        (false, false) => Text::new("始终", "always"),
    }
}

/// Several texts in a row.
pub fn row(texts: impl IntoIterator<Item = Text>) -> Text {
    let texts: Vec<Text> = texts.into_iter().collect();
    let zh: Vec<&str> = texts.iter().map(|text| text.zh.as_str()).collect();
    let en: Vec<&str> = texts.iter().map(|text| text.en.as_str()).collect();
    Text::new(zh.join("、"), en.join(", "))
}

/// The sources.
pub fn sources(docs: &BTreeMap<String, SourceDoc>) -> Vec<PageEntry> {
    let entry = |(key, doc): (&String, &SourceDoc)| {
        let mut entry = PageEntry::new(key, &Text::new(&doc.zh, &doc.en));
        if let Some(day) = doc.published {
            entry.say(format!("发布：{day}"), format!("published {day}"));
        }
        if let Some(read) = &doc.read {
            let (zh, en) = (&read.zh, &read.en);
            entry.say(format!("依据：{zh}"), format!("how it is known: {en}"));
        }
        entry
    };
    docs.iter().map(entry).collect()
}

/// Where a rule or value comes from.
pub fn cites(keys: &[String], docs: &BTreeMap<String, SourceDoc>) -> PageLine {
    let title = |key: &String| {
        let doc = docs.get(key);
        doc.map_or_else(|| Text::new(key, key), |doc| Text::new(&doc.zh, &doc.en))
    };
    let titles = row(keys.iter().map(title));
    PageLine::new(Text::new(
        format!("出处：{}", titles.zh),
        format!("source: {}", titles.en),
    ))
}

/// Every value with what it was, when, and where it comes from.
pub fn values(rules: &Rules, docs: &BTreeMap<String, SourceDoc>) -> Vec<PageEntry> {
    let mut all = Vec::new();
    for series in &rules.values {
        let mut entry = PageEntry::new(&series.name, &series.title);
        for dated in &series.entries {
            let (value, unit) = (&dated.value, &series.unit);
            let (when, label) = (period(dated.from, dated.until), dated.label.text());
            entry.say(
                format!("{value} {unit}，{}，{}", when.zh, label.zh),
                format!("{value} {unit}, {}, {}", when.en, label.en),
            );
            entry.lines.push(PageLine {
                depth: 1,
                ..cites(&dated.cites, docs)
            });
            if let Some(note) = &dated.note {
                let text = Text::new(format!("说明：{note}"), format!("note: {note}"));
                entry.lines.push(PageLine { depth: 1, text });
            }
        }
        all.push(entry);
    }
    all
}

/// The name of a value, for a sentence.
pub fn value(rules: &Rules, id: ValueId) -> Text {
    let series = rules.values.get(id.0);
    series.map_or_else(Text::default, |series| {
        Text::new(
            format!("{}（{}）", series.title.zh, series.name),
            format!("{} ({})", series.title.en, series.name),
        )
    })
}

/// A condition as an outline.
pub fn condition(rules: &Rules, node: &Node, depth: usize, into: &mut Vec<PageLine>) {
    let mut say = |text: Text| into.push(PageLine { depth, text });
    let parts = match node {
        Node::All(parts) => {
            say(Text::new("同时满足", "all of"));
            parts.as_slice()
        }
        Node::Any(parts) => {
            say(Text::new("满足任一项", "any of"));
            parts.as_slice()
        }
        Node::AtLeast(count, parts) => {
            let count = value(rules, *count);
            say(Text::new(
                format!("至少满足下列若干项：{}", count.zh),
                format!("at least so many of these: {}", count.en),
            ));
            parts.as_slice()
        }
        Node::Not(part) => {
            say(Text::new("不满足", "not"));
            std::slice::from_ref(&**part)
        }
        Node::Met(id) => {
            let found = rules.criteria.get(id.0);
            say(found.map_or_else(Text::default, |found| found.text.clone()));
            &[]
        }
        Node::Class(classes) => {
            let names = row(classes.iter().map(|class| class.text()));
            say(Text::new(
                format!("病例分类：{}", names.zh),
                format!("class of the case: {}", names.en),
            ));
            &[]
        }
        Node::Contact(kinds) => {
            let names = row(kinds.iter().map(|kind| kind.text()));
            say(Text::new(
                format!("接触者类别：{}", names.zh),
                format!("kind of contact: {}", names.en),
            ));
            &[]
        }
        Node::Region(regions) => {
            let names = regions.join(", ");
            say(Text::new(
                format!("地区：{names}"),
                format!("the place lies in {names}"),
            ));
            &[]
        }
        Node::Over(measures) => {
            let names = measures.join(", ");
            say(Text::new(
                format!("措施日程已满：{names}"),
                format!("the calendar has run its course under {names}"),
            ));
            &[]
        }
    };
    for part in parts {
        condition(rules, part, depth + 1, into);
    }
}

/// Every criterion: which facts it asks about and what must hold of them.
pub fn criteria(vocabulary: &Vocabulary, rules: &Rules) -> Vec<PageEntry> {
    let entry = |criterion: &Criterion| {
        let mut entry = PageEntry::new(&criterion.name, &criterion.text);
        match &criterion.test {
            Test::When(node) => condition(rules, node, 0, &mut entry.lines),
            Test::Facts(test) => question(vocabulary, rules, test, &mut entry),
        }
        entry
    };
    rules.criteria.iter().map(entry).collect()
}

fn question(vocabulary: &Vocabulary, rules: &Rules, test: &FactTest, entry: &mut PageEntry) {
    let kind = vocabulary.kind(test.kind);
    if let Some(kind) = kind {
        let latest = |yes, no| if test.latest { yes } else { no };
        entry.say(
            format!("事实：{}{}", latest("最近一次", ""), kind.text.zh),
            format!("{}: {}", latest("latest fact", "facts"), kind.text.en),
        );
    }
    let sides = [
        ("其中", "of those where", &test.filter),
        ("不含", "leaving out those where", &test.unless),
        ("须为", "must be", &test.is),
        ("或为", "or be", &test.or_is),
    ];
    for (zh, en, matches) in sides {
        for (attr, wanted) in matches {
            let name = attr_text(vocabulary, test.kind, attr);
            let wanted = wanted_text(rules, wanted);
            entry.say(
                format!("{zh}：{} {}", name.zh, wanted.zh),
                format!("{en}: {} {}", name.en, wanted.en),
            );
        }
    }
    if !test.later_than.is_empty() {
        let day = anchors(vocabulary, rules, test.kind, &test.later_than);
        entry.say(
            format!("晚于：{}", day.zh),
            format!("later than {}", day.en),
        );
    }
    if let Some(during) = &test.during {
        let start = anchors(vocabulary, rules, test.kind, &during.start);
        entry.say(
            format!("起：{}", start.zh),
            format!("window starts: {}", start.en),
        );
        let moves = [
            ("提前", "earlier by", during.days_before),
            ("推后", "later by", during.days_later),
            ("末日推后", "its end later by", during.days_after),
        ];
        if !during.end.is_empty() {
            let end = anchors(vocabulary, rules, test.kind, &during.end);
            entry.say(
                format!("止：{}", end.zh),
                format!("window ends: {}", end.en),
            );
        }
        for (zh, en, id) in moves {
            if let Some(days) = id.map(|id| value(rules, id)) {
                entry.say(format!("{zh}：{}", days.zh), format!("{en} {}", days.en));
            }
        }
    }
    if let Some((count, apart)) = &test.count {
        let count = value(rules, *count);
        entry.say(
            format!("连续次数：{}", count.zh),
            format!("in a row: {}", count.en),
        );
        if let Some(apart) = apart.map(|id| value(rules, id)) {
            entry.say(
                format!("间隔：{}", apart.zh),
                format!("apart: {}", apart.en),
            );
        }
    }
}

fn wanted_text(rules: &Rules, wanted: &Match) -> Text {
    let word = |value: &Value| match value {
        Value::Bool(true) => Text::new("是", "yes"),
        Value::Bool(false) => Text::new("否", "no"),
        Value::Number(number) => Text::new(number.to_string(), number.to_string()),
        Value::Date(day) => Text::new(day.to_string(), day.to_string()),
        Value::Code(code) => Text::new(code, code),
    };
    match wanted {
        Match::OneOf(values) | Match::Codes(values, _) => {
            let values = row(values.iter().map(word));
            Text::new(format!("= {}", values.zh), format!("= {}", values.en))
        }
        Match::AtLeast(id) => {
            let limit = value(rules, *id);
            Text::new(format!("≥ {}", limit.zh), format!("≥ {}", limit.en))
        }
        Match::Below(id) => {
            let limit = value(rules, *id);
            Text::new(format!("< {}", limit.zh), format!("< {}", limit.en))
        }
        Match::Known => Text::new("已知", "is known"),
    }
}

fn attr_text(vocabulary: &Vocabulary, kind: KindId, attr: &Attr) -> Text {
    let (name, doc) = (&attr.name, vocabulary.attr(kind, &attr.name));
    doc.map_or_else(
        || Text::new(name, name),
        |(_, doc)| Text::new(&doc.zh, &doc.en),
    )
}

/// Days that something is counted from.
pub fn anchors(vocabulary: &Vocabulary, rules: &Rules, own: KindId, all: &[Anchor]) -> Text {
    let kind = |id: KindId| {
        vocabulary
            .kind(id)
            .map_or_else(Text::default, |k| k.text.clone())
    };
    let of = |id: KindId, attr: &Option<Attr>, zh: &str, en: &str| {
        let what = kind(id);
        match attr.as_ref().map(|attr| attr_text(vocabulary, id, attr)) {
            None => Text::new(format!("{zh}{}", what.zh), format!("{en} {}", what.en)),
            Some(day) => Text::new(
                format!("{zh}{}的{}", what.zh, day.zh),
                format!("{en} {} of {}", day.en, what.en),
            ),
        }
    };
    let meeting = |index: usize, zh: &str, en: &str| {
        let criterion = rules.criteria.get(index);
        let text = criterion.map_or_else(Text::default, |c| c.text.clone());
        Text::new(
            format!("{zh}符合“{}”的事实", text.zh),
            format!("{en} fact that meets “{}”", text.en),
        )
    };
    row(all.iter().map(|anchor| match anchor {
        Anchor::Today => Text::new("当日", "the day asked about"),
        Anchor::Attr(attr) => attr_text(vocabulary, own, attr),
        Anchor::First(id, name) => of(*id, name, "最早", "first"),
        Anchor::Last(id, name) => of(*id, name, "最近", "last"),
        Anchor::FirstMeeting(id) => meeting(id.0, "最早", "first"),
        Anchor::LastMeeting(id) => meeting(id.0, "最近", "last"),
    }))
}
