//! The pages of laws, schemes, levels, overlays and cities.

use super::parts::{cites, condition, criteria, period, row, sources, values};
use super::{PackPage, PageEntry, PageLine};
use crate::assessment::Direction;
use crate::compile::other::{City, Law, Scheme};
use crate::compile::overlay::Overlay;
use crate::levels::Levels;
use crate::library::Library;
use crate::schema::{InForce, LawMeasureDoc};
use crate::text::Text;

/// The page of a law.
pub fn law(library: &Library, pack: &Law) -> PackPage {
    let mut page = library.blank(&pack.id, "law", &pack.title);
    let (when, published) = (period(pack.from, pack.until), pack.published);
    page.say(
        format!("{}，{published} 公布", when.zh),
        format!("{}, published {published}", when.en),
    );
    let measures = pack
        .measures
        .iter()
        .map(|measure| measure_of(pack, measure));
    page.section("measures", "措施", "Measures", measures.collect());
    let absent = pack.absent.iter().map(|absent| {
        let mut entry = PageEntry::new(&absent.id.value, &absent.name);
        entry.say(&absent.says.zh, &absent.says.en);
        let needed = &absent.needed;
        entry.say(
            format!("需要：{}", needed.zh),
            format!("needed: {}", needed.en),
        );
        entry
    });
    page.section("absent", "无法律依据的措施", "In no law", absent.collect());
    let clocks = pack.clocks.iter().map(|clock| {
        let id = clock.id.split_once('/').map_or("", |(_, id)| id);
        let mut entry = PageEntry::new(id, &clock.text);
        let within = super::parts::value(&pack.rules, clock.within);
        let managed = row(clock.managed.iter().map(|managed| managed.text()));
        entry.say(
            format!("{}：{}", clock.article.zh, within.zh),
            format!("{}: within {}", clock.article.en, within.en),
        );
        entry.say(
            format!("适用：{}", managed.zh),
            format!("for diseases {}", managed.en),
        );
        if !clock.classes.is_empty() {
            let classes = row(clock.classes.iter().map(|class| class.text()));
            entry.say(&classes.zh, &classes.en);
        }
        entry.lines.push(cites(&clock.cites, &pack.sources));
        entry
    });
    page.section(
        "clocks",
        "法定报告时限",
        "Statutory reports",
        clocks.collect(),
    );
    let (article, says) = (&pack.remedy.article, &pack.remedy.says);
    let mut remedy = PageEntry::new("", says);
    remedy.say(&article.zh, &article.en);
    let routes = pack.routes.iter().map(|route| {
        let mut entry = PageEntry::new(&route.id, &route.text);
        entry.say(&route.article.zh, &route.article.en);
        if let Some(within) = route.within {
            let within = super::parts::value(&pack.rules, within);
            entry.say(&within.zh, &within.en);
        }
        entry
    });
    let remedies = std::iter::once(remedy).chain(routes).collect();
    page.section("remedy", "救济", "Remedies", remedies);
    page.section(
        "values",
        "数值",
        "Values",
        values(&pack.rules, &pack.sources),
    );
    page.section("sources", "来源", "Sources", sources(&pack.sources));
    page
}

fn measure_of(pack: &Law, measure: &LawMeasureDoc) -> PageEntry {
    let mut entry = PageEntry::new(&measure.id.value, &measure.name);
    let (article, says) = (&measure.article, &measure.says);
    entry.say(
        format!("{}：{}", article.zh, says.zh),
        format!("{}: {}", article.en, says.en),
    );
    let lists = [
        (
            "决定机关",
            "decided by",
            row(measure.organs.iter().map(|o| o.text())),
        ),
        (
            "对象",
            "applied to",
            row(measure.applies_to.iter().map(|t| t.text())),
        ),
        (
            "适用管理类别",
            "for diseases",
            row(measure.managed.iter().map(|m| m.text())),
        ),
        (
            "须有批准",
            "approvals on record",
            row(measure.needs.iter().map(|n| n.text())),
        ),
        (
            "程序",
            "formalities",
            row(measure.formalities.iter().map(|f| f.text())),
        ),
        ("期限", "term", measure.term.clone()),
        (
            "限制依据",
            "refused by",
            measure.refused_by.clone().unwrap_or_default(),
        ),
        (
            "所需条件",
            "needed",
            measure.needed.clone().unwrap_or_default(),
        ),
    ];
    for (zh, en, text) in lists.into_iter().filter(|(_, _, text)| !text.en.is_empty()) {
        entry.say(format!("{zh}：{}", text.zh), format!("{en}: {}", text.en));
    }
    for (managed, text) in &measure.needed_for {
        let managed = managed.text();
        entry.say(
            format!("{}时需要：{}", managed.zh, text.zh),
            format!("needed where {}: {}", managed.en, text.en),
        );
    }
    if measure.restricts {
        entry.say("限制个人", "restricts a person");
    }
    let keys: Vec<String> = measure
        .cites
        .iter()
        .map(|cite| cite.value.clone())
        .collect();
    entry.lines.push(cites(&keys, &pack.sources));
    entry
}

/// The page of a scheme.
pub fn scheme(library: &Library, pack: &Scheme) -> PackPage {
    let mut page = library.blank(&pack.id, "scheme", &pack.title);
    let when = period(pack.from, pack.until);
    page.say(&when.zh, &when.en);
    let diseases: Vec<&str> = pack
        .diseases
        .iter()
        .map(|name| name.value.as_str())
        .collect();
    let diseases = diseases.join(", ");
    page.say(format!("用于：{diseases}"), format!("made for {diseases}"));
    let categories = pack.categories.iter().map(|category| {
        let mut entry = PageEntry::new(&category.id, &category.text);
        let label = category.label.text();
        entry.say(&label.zh, &label.en);
        entry.say("条件", "when");
        condition(&pack.rules, &category.node, 1, &mut entry.lines);
        entry.lines.push(cites(&category.cites, &pack.sources));
        entry
    });
    page.section("categories", "类别", "Categories", categories.collect());
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

/// The page of a pack of levels.
pub fn levels(library: &Library, pack: &Levels) -> PackPage {
    let mut page = library.blank(&pack.id, "levels", &pack.title);
    let when = period(pack.from, pack.until);
    page.say(&when.zh, &when.en);
    if pack.off_by_default {
        page.say(
            "默认停用：须两个机关登记地方法律依据",
            "off until two organs have recorded a local legal basis",
        );
    }
    let steps = pack.steps.iter().map(|step| {
        let mut entry = PageEntry::new(&step.id, &step.text);
        let label = step.label.text();
        entry.say(&label.zh, &label.en);
        for text in step.colour.iter().chain(&step.means) {
            entry.say(&text.zh, &text.en);
        }
        entry.say("条件", "when");
        pack.outline(&step.node, 1, &mut |depth, text| {
            entry.lines.push(PageLine { depth, text });
        });
        entry.lines.push(cites(&step.cites, &pack.sources));
        entry
    });
    page.section("levels", "级别", "Levels", steps.collect());
    let indicators = pack.indicators.iter().map(|(name, (text, none))| {
        let mut entry = PageEntry::new(name, text);
        if *none {
            entry.say("未报视为无", "nothing said means none");
        }
        entry
    });
    page.section("indicators", "指标", "Indicators", indicators.collect());
    page.section(
        "values",
        "数值",
        "Values",
        values(&pack.rules, &pack.sources),
    );
    page.section("sources", "来源", "Sources", sources(&pack.sources));
    page
}

/// The page of an overlay.
pub fn overlay(library: &Library, pack: &Overlay) -> PackPage {
    let mut page = library.blank(&pack.id, "overlay", &pack.title);
    let (over, region) = (&pack.over, &pack.region);
    page.say(
        format!("{region}：改变 {over}"),
        format!("{region}: changes {over}"),
    );
    let mut changed = values(&pack.rules, &pack.sources);
    for entry in &mut changed {
        if let Some((direction, by)) = pack.changes.get(&entry.id) {
            entry.lines.insert(0, allowed(*direction, by));
        }
    }
    page.section("values", "不同的数值", "Other values", changed);
    let without = pack.without.iter().map(|(without, direction, by, _)| {
        let id = without.rule.split_once('/').map_or("", |(_, id)| id);
        let mut entry = PageEntry::new(id, &without.text);
        entry.lines.push(allowed(*direction, by));
        let when = period(without.days.0, without.days.1);
        entry.say(&when.zh, &when.en);
        entry.lines.push(cites(&without.cites, &pack.sources));
        entry
    });
    page.section(
        "without",
        "不适用的规则",
        "Rules that do not hold",
        without.collect(),
    );
    page.section("sources", "来源", "Sources", sources(&pack.sources));
    page
}

fn allowed(direction: Direction, by: &Text) -> PageLine {
    let direction = direction.text();
    PageLine::new(Text::new(
        format!("{}；批准：{}", direction.zh, by.zh),
        format!("{}; allowed by {}", direction.en, by.en),
    ))
}

/// The page of a city.
pub fn city(library: &Library, pack: &City) -> PackPage {
    let mut page = library.blank(&pack.id, "city", &pack.title);
    page.say(&pack.region, &pack.region);
    if pack.fictional {
        page.say("虚构，仅供演示", "made up, for demonstration only");
    }
    let levels = pack.levels.iter();
    let levels = levels.map(|level| PageEntry::new(&level.id, &Text::new(&level.zh, &level.en)));
    page.section("levels", "层级", "Levels", levels.collect());
    let title = |id: &str| {
        let mut known = library.diseases().chain(library.schemes());
        let found = known
            .find(|(pack, _)| *pack == id)
            .map(|(_, title)| title.clone());
        found.unwrap_or_default()
    };
    let in_force = |list: &[InForce]| -> Vec<PageEntry> {
        let entry = |entry: &InForce| {
            let mut line = PageEntry::new(&entry.id.value, &title(&entry.id.value));
            let when = period(entry.from, entry.until.unwrap_or(fangxian_base::Date::MAX));
            line.say(&when.zh, &when.en);
            line
        };
        list.iter().map(entry).collect()
    };
    page.section(
        "diseases",
        "启用的病种规则包",
        "Diseases",
        in_force(&pack.diseases),
    );
    page.section(
        "schemes",
        "启用的分类方案",
        "Schemes",
        in_force(&pack.schemes),
    );
    let deadlines = pack.deadlines.iter().map(|deadline| {
        let within = super::parts::value(&pack.rules, deadline.within);
        let level = pack.levels.iter().find(|level| level.id == deadline.level);
        let level = level.map_or_else(Text::default, |level| Text::new(&level.zh, &level.en));
        let id = format!("{}@{}", deadline.task, deadline.level);
        let mut entry = PageEntry::new(&id, &within);
        entry.say(
            format!("层级：{}", level.zh),
            format!("level: {}", level.en),
        );
        entry
    });
    page.section("deadlines", "任务时限", "Deadlines", deadlines.collect());
    let limits = pack.limits.iter().map(|limit| {
        let id = limit.rule.split_once('/').map_or("", |(_, id)| id);
        let mut entry = PageEntry::new(id, &limit.text);
        let within = super::parts::value(&pack.rules, limit.within);
        let at_most = super::parts::value(&pack.rules, limit.at_most);
        entry.say(
            format!("{}：{}", within.zh, at_most.zh),
            format!("{}: {}", within.en, at_most.en),
        );
        entry
    });
    page.section("limits", "批量限额", "Limits", limits.collect());
    page.section(
        "values",
        "数值",
        "Values",
        values(&pack.rules, &pack.sources),
    );
    page.section("sources", "来源", "Sources", sources(&pack.sources));
    page
}
